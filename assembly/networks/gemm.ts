// Products of matrices in f32. Every element of the result is a sum over k in rising order that starts at +0 (or at
// what was there, to accumulate), a product rounded before it is added: a plain loop with Math.fround gives the same
// bits. Blocks and panels change which sum is taken when, never the order within one, so row i of a product is the
// same whatever the other rows are and however many there are.
//
// A sum that starts at +0 is never -0, so leaving out products with a zero changes nothing as long as the other factor
// is finite. The loop for few rows does that, and so do the lists of sparse.ts: half of what follows a rectifier is zeros.
import { isSparse, LIST_ROWS, listBytes, sparseRows } from './sparse';
import { EDGE, packPanels, panelWidth, panelsWidth, tile4, tileRow } from './tiles';

/** Values of k in a block: a panel of 8 columns then takes 12 KB, and stays in the first cache. */
const DEPTH: usize = 384;
/** Rows in a block: with DEPTH, what stays in the second cache. */
const ROWS: usize = 128;

/** Bytes of lists for a product of n columns, where it is wide enough to look for zeros. */
// @ts-ignore: decorator
@inline
function listsFor(n: usize): usize {
  return n >= 32 ? listBytes(DEPTH) : 0;
}

/** Bytes of scratch that a product of n columns needs. */
export function gemmScratch(n: usize): usize {
  return listsFor(n) + panelsWidth(n) * DEPTH * 4 + EDGE;
}

/** One row of the result where rows of B lie dense: columns in registers, products with a zero left out. */
function rowDense(k: usize, n: usize, a: usize, stepA: usize, b: usize, strideK: usize, c: usize, fresh: bool): void {
  let j: usize = 0;
  for (; j + 32 <= n; j += 32) {
    const at = c + (j << 2);
    let c0 = f32x4.splat(0);
    let c1 = f32x4.splat(0);
    let c2 = f32x4.splat(0);
    let c3 = f32x4.splat(0);
    let c4 = f32x4.splat(0);
    let c5 = f32x4.splat(0);
    let c6 = f32x4.splat(0);
    let c7 = f32x4.splat(0);
    if (!fresh) {
      c0 = v128.load(at);
      c1 = v128.load(at, 16);
      c2 = v128.load(at, 32);
      c3 = v128.load(at, 48);
      c4 = v128.load(at, 64);
      c5 = v128.load(at, 80);
      c6 = v128.load(at, 96);
      c7 = v128.load(at, 112);
    }
    let from = b + (j << 2);
    let x = a;
    for (let i: usize = 0; i < k; i++) {
      const value = load<f32>(x);
      if (value != 0) {
        const s = f32x4.splat(value);
        c0 = f32x4.add(c0, f32x4.mul(s, v128.load(from)));
        c1 = f32x4.add(c1, f32x4.mul(s, v128.load(from, 16)));
        c2 = f32x4.add(c2, f32x4.mul(s, v128.load(from, 32)));
        c3 = f32x4.add(c3, f32x4.mul(s, v128.load(from, 48)));
        c4 = f32x4.add(c4, f32x4.mul(s, v128.load(from, 64)));
        c5 = f32x4.add(c5, f32x4.mul(s, v128.load(from, 80)));
        c6 = f32x4.add(c6, f32x4.mul(s, v128.load(from, 96)));
        c7 = f32x4.add(c7, f32x4.mul(s, v128.load(from, 112)));
      }
      x += stepA;
      from += strideK;
    }
    v128.store(at, c0);
    v128.store(at, c1, 16);
    v128.store(at, c2, 32);
    v128.store(at, c3, 48);
    v128.store(at, c4, 64);
    v128.store(at, c5, 80);
    v128.store(at, c6, 96);
    v128.store(at, c7, 112);
  }
  for (; j + 4 <= n; j += 4) {
    const at = c + (j << 2);
    let c0 = fresh ? f32x4.splat(0) : v128.load(at);
    let from = b + (j << 2);
    let x = a;
    for (let i: usize = 0; i < k; i++) {
      const value = load<f32>(x);
      if (value != 0) c0 = f32x4.add(c0, f32x4.mul(f32x4.splat(value), v128.load(from)));
      x += stepA;
      from += strideK;
    }
    v128.store(at, c0);
  }
  for (; j < n; j++) {
    const at = c + (j << 2);
    let sum: f32 = fresh ? 0 : load<f32>(at);
    let from = b + (j << 2);
    let x = a;
    for (let i: usize = 0; i < k; i++) {
      const value = load<f32>(x);
      if (value != 0) sum += value * load<f32>(from);
      x += stepA;
      from += strideK;
    }
    store<f32>(at, sum);
  }
}

/**
 * C (m x n, rows of rowC bytes) = or += A (m x k) * B (k x n). An element (i, k) of A lies at a + i * rowA + k * stepA,
 * (k, j) of B at b + k * strideK + j * strideN, all in bytes, so that either may be a transpose.
 */
export function gemm(
  m: usize,
  n: usize,
  k: usize,
  a: usize,
  rowA: usize,
  stepA: usize,
  b: usize,
  strideK: usize,
  strideN: usize,
  c: usize,
  rowC: usize,
  accumulate: bool,
  scratch: usize,
): void {
  if (k == 0) {
    if (!accumulate) for (let i: usize = 0; i < m; i++) memory.fill(c + i * rowC, 0, n << 2);
    return;
  }
  if (m < 4 && strideN == 4) {
    for (let i: usize = 0; i < m; i++) rowDense(k, n, a + i * rowA, stepA, b, strideK, c + i * rowC, !accumulate);
    return;
  }
  const edge = scratch;
  const lists = scratch + EDGE;
  const panels = lists + listsFor(n);
  for (let k0: usize = 0; k0 < k; k0 += DEPTH) {
    const kc = min(DEPTH, k - k0);
    const fresh = k0 == 0 && !accumulate;
    packPanels(kc, n, b + k0 * strideK, strideK, strideN, 0, kc, panels);
    let i1: usize = 0;
    for (let i0: usize = 0; i0 < m; i0 = i1) {
      if (n >= 32) {
        const from = a + i0 * rowA + k0 * stepA;
        i1 = min(i0 + LIST_ROWS, m);
        if (isSparse(i1 - i0, n, kc, from, rowA, stepA)) {
          sparseRows(i1 - i0, n, kc, from, rowA, stepA, panels, c + i0 * rowC, rowC, fresh, lists);
          continue;
        }
      } else i1 = min(i0 + ROWS, m);
      for (let j: usize = 0; j < n; j += 8) {
        const width = panelWidth(j, n);
        const columns = min(width, n - j);
        const panel = panels + (j * kc << 2);
        let from = a + i0 * rowA + k0 * stepA;
        let to = c + i0 * rowC + (j << 2);
        let i = i0;
        for (; i + 4 <= i1; i += 4) {
          const a2 = from + 2 * rowA;
          const c2 = to + 2 * rowC;
          tile4(
            from,
            from + rowA,
            a2,
            a2 + rowA,
            stepA,
            kc,
            1,
            0,
            panel,
            width,
            columns,
            to,
            to + rowC,
            c2,
            c2 + rowC,
            fresh,
            0,
            edge,
          );
          from += 4 * rowA;
          to += 4 * rowC;
        }
        for (; i < i1; i++) {
          tileRow(from, stepA, kc, 1, 0, panel, width, columns, to, fresh, 0, edge);
          from += rowA;
          to += rowC;
        }
      }
    }
  }
}
