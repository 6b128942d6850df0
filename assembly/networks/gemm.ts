// Products of matrices in f32. Every element of the result is a sum over k in rising order that starts at +0 (or at
// what was there, to accumulate), a product rounded before it is added: a plain loop with Math.fround gives the same
// bits. Blocks and panels change which sum is taken when, never the order within one, so row i of a product is the
// same whatever the other rows are and however many there are.
//
// A sum that starts at +0 is never -0, so leaving out products with a zero changes nothing as long as the other factor
// is finite. The loop for few rows does that: half of what follows a rectifier is zeros.

/** Values of k in a block: a panel of 8 columns then takes 12 KB, and stays in the first cache. */
const DEPTH: usize = 384;
/** Rows in a block: with DEPTH, what stays in the second cache. */
const ROWS: usize = 128;

/** Bytes of scratch that a product of n columns needs. */
export function gemmScratch(n: usize): usize {
  return ((n + 7) & ~7) * DEPTH * 4 + 128;
}

/** Copies kc rows of B, columns j to j + 7 (missing ones are zeros), side by side. */
// @ts-ignore: decorator
@inline
function pack(b: usize, strideK: usize, strideN: usize, kc: usize, columns: usize, to: usize): void {
  if (columns == 8 && strideN == 4) {
    for (let k: usize = 0; k < kc; k++) {
      v128.store(to, v128.load(b));
      v128.store(to, v128.load(b, 16), 16);
      b += strideK;
      to += 32;
    }
    return;
  }
  for (let k: usize = 0; k < kc; k++) {
    for (let j: usize = 0; j < 8; j++)
      store<f32>(to + (j << 2), j < columns ? load<f32>(b + j * strideN) : <f32>0);
    b += strideK;
    to += 32;
  }
}

/** 4 rows by 8 columns: c (+)= a * panel. */
// @ts-ignore: decorator
@inline
function tile4(a: usize, rowA: usize, stepA: usize, panel: usize, kc: usize, c: usize, rowC: usize, fresh: bool): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  if (!fresh) {
    c00 = v128.load(c);
    c01 = v128.load(c, 16);
    c10 = v128.load(c + rowC);
    c11 = v128.load(c + rowC, 16);
    c20 = v128.load(c + 2 * rowC);
    c21 = v128.load(c + 2 * rowC, 16);
    c30 = v128.load(c + 3 * rowC);
    c31 = v128.load(c + 3 * rowC, 16);
  }
  let a1 = a + rowA;
  let a2 = a1 + rowA;
  let a3 = a2 + rowA;
  const end = panel + (kc << 5);
  while (panel < end) {
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    const x0 = v128.load_splat<f32>(a);
    c00 = f32x4.add(c00, f32x4.mul(x0, b0));
    c01 = f32x4.add(c01, f32x4.mul(x0, b1));
    const x1 = v128.load_splat<f32>(a1);
    c10 = f32x4.add(c10, f32x4.mul(x1, b0));
    c11 = f32x4.add(c11, f32x4.mul(x1, b1));
    const x2 = v128.load_splat<f32>(a2);
    c20 = f32x4.add(c20, f32x4.mul(x2, b0));
    c21 = f32x4.add(c21, f32x4.mul(x2, b1));
    const x3 = v128.load_splat<f32>(a3);
    c30 = f32x4.add(c30, f32x4.mul(x3, b0));
    c31 = f32x4.add(c31, f32x4.mul(x3, b1));
    a += stepA;
    a1 += stepA;
    a2 += stepA;
    a3 += stepA;
    panel += 32;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c + rowC, c10);
  v128.store(c + rowC, c11, 16);
  v128.store(c + 2 * rowC, c20);
  v128.store(c + 2 * rowC, c21, 16);
  v128.store(c + 3 * rowC, c30);
  v128.store(c + 3 * rowC, c31, 16);
}

/** 1 row by 8 columns. */
// @ts-ignore: decorator
@inline
function tile1(a: usize, stepA: usize, panel: usize, kc: usize, c: usize, fresh: bool): void {
  let c0 = f32x4.splat(0);
  let c1 = f32x4.splat(0);
  if (!fresh) {
    c0 = v128.load(c);
    c1 = v128.load(c, 16);
  }
  const end = panel + (kc << 5);
  while (panel < end) {
    const x = v128.load_splat<f32>(a);
    c0 = f32x4.add(c0, f32x4.mul(x, v128.load(panel)));
    c1 = f32x4.add(c1, f32x4.mul(x, v128.load(panel, 16)));
    a += stepA;
    panel += 32;
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
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
  const panels = scratch + 128;
  for (let k0: usize = 0; k0 < k; k0 += DEPTH) {
    const kc = min(DEPTH, k - k0);
    const fresh = k0 == 0 && !accumulate;
    for (let j: usize = 0; j < n; j += 8)
      pack(b + k0 * strideK + j * strideN, strideK, strideN, kc, min<usize>(8, n - j), panels + (j * kc << 2));
    for (let i0: usize = 0; i0 < m; i0 += ROWS) {
      const i1 = min(i0 + ROWS, m);
      for (let j: usize = 0; j < n; j += 8) {
        const panel = panels + (j * kc << 2);
        const columns = min<usize>(8, n - j);
        let i = i0;
        if (columns == 8) {
          for (; i + 4 <= i1; i += 4)
            tile4(a + i * rowA + k0 * stepA, rowA, stepA, panel, kc, c + i * rowC + (j << 2), rowC, fresh);
          for (; i < i1; i++) tile1(a + i * rowA + k0 * stepA, stepA, panel, kc, c + i * rowC + (j << 2), fresh);
        } else {
          const bytes = columns << 2;
          for (; i + 4 <= i1; i += 4) {
            const to = c + i * rowC + (j << 2);
            if (!fresh) for (let r: usize = 0; r < 4; r++) memory.copy(edge + (r << 5), to + r * rowC, bytes);
            tile4(a + i * rowA + k0 * stepA, rowA, stepA, panel, kc, edge, 32, fresh);
            for (let r: usize = 0; r < 4; r++) memory.copy(to + r * rowC, edge + (r << 5), bytes);
          }
          for (; i < i1; i++) {
            const to = c + i * rowC + (j << 2);
            if (!fresh) memory.copy(edge, to, bytes);
            tile1(a + i * rowA + k0 * stepA, stepA, panel, kc, edge, fresh);
            memory.copy(to, edge, bytes);
          }
        }
      }
    }
  }
}
