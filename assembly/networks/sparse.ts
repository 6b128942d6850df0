// Rows of which much is zero, as what follows a rectifier, or the pixels of a digit: a list of what is not zero, times
// panels. A sum that starts at +0 is never -0, so a product with a zero never changes it, and leaving it out gives the
// same bits as long as the other factor is finite.
import { panelWidth } from './tiles';

/** Rows whose lists are made at a time, so that the panels of 32 columns stay in the first cache for all of them. */
export const LIST_ROWS: usize = 32;

/** Bytes that the lists of rows of `depth` values take. */
export function listBytes(depth: usize): usize {
  return LIST_ROWS * (depth + 1) * 8;
}

/**
 * Whether lists are worth while for n columns, to judge by one row in sixteen. Measured: for 64 columns and more, lists
 * of up to 0.6 of a row take less time than tiles, of a half 0.83 of it, of 0.15 a third; for 32 columns, up to 0.4.
 */
export function isSparse(rows: usize, n: usize, depth: usize, a: usize, rowA: usize, stepA: usize): bool {
  const least: usize = n < 64 ? 65 : 45;
  let zeros: usize = 0;
  let seen: usize = 0;
  for (let i: usize = 0; i < rows; i += 16) {
    let at = a + i * rowA;
    for (let k: usize = 0; k < depth; k++) {
      zeros += <usize>(load<f32>(at) == 0);
      at += stepA;
    }
    seen += depth;
  }
  return zeros * 100 > seen * least;
}

/** Lists the values of a row that are not zero, with where they find their row of a panel. Returns the list's end. */
export function listRow(depth: usize, a: usize, stepA: usize, list: usize): usize {
  for (let k: usize = 0; k < depth; k++) {
    const value = load<f32>(a);
    store<f32>(list, value);
    store<u32>(list, <u32>(k << 5), 4);
    list += <usize>(value != 0) << 3;
    a += stepA;
  }
  return list;
}

/** c (32 columns) = or += a list times four panels of 8, each `size` bytes. */
function list32(list: usize, end: usize, panel: usize, size: usize, c: usize, fresh: bool): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let s4 = f32x4.splat(0);
  let s5 = f32x4.splat(0);
  let s6 = f32x4.splat(0);
  let s7 = f32x4.splat(0);
  if (!fresh) {
    s0 = v128.load(c);
    s1 = v128.load(c, 16);
    s2 = v128.load(c, 32);
    s3 = v128.load(c, 48);
    s4 = v128.load(c, 64);
    s5 = v128.load(c, 80);
    s6 = v128.load(c, 96);
    s7 = v128.load(c, 112);
  }
  while (list < end) {
    const x = v128.load_splat<f32>(list);
    const p0 = panel + load<u32>(list, 4);
    const p1 = p0 + size;
    const p2 = p1 + size;
    const p3 = p2 + size;
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(p0)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(p0, 16)));
    s2 = f32x4.add(s2, f32x4.mul(x, v128.load(p1)));
    s3 = f32x4.add(s3, f32x4.mul(x, v128.load(p1, 16)));
    s4 = f32x4.add(s4, f32x4.mul(x, v128.load(p2)));
    s5 = f32x4.add(s5, f32x4.mul(x, v128.load(p2, 16)));
    s6 = f32x4.add(s6, f32x4.mul(x, v128.load(p3)));
    s7 = f32x4.add(s7, f32x4.mul(x, v128.load(p3, 16)));
    list += 8;
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
  v128.store(c, s4, 64);
  v128.store(c, s5, 80);
  v128.store(c, s6, 96);
  v128.store(c, s7, 112);
}

/** c (8 columns) = or += a list times a panel of 8. */
function list8(list: usize, end: usize, panel: usize, c: usize, fresh: bool): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  if (!fresh) {
    s0 = v128.load(c);
    s1 = v128.load(c, 16);
  }
  while (list < end) {
    const x = v128.load_splat<f32>(list);
    const p = panel + load<u32>(list, 4);
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(p)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(p, 16)));
    list += 8;
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
}

/** c (1 to 7 columns) = or += a list times a panel of 8, or of 4. */
function listPart(list: usize, end: usize, panel: usize, narrow: u32, columns: usize, c: usize, fresh: bool): void {
  for (let j: usize = 0; j < columns; j++) {
    const at = c + (j << 2);
    let sum: f32 = fresh ? 0 : load<f32>(at);
    for (let l = list; l < end; l += 8)
      sum += load<f32>(l) * load<f32>(panel + (load<u32>(l, 4) >> narrow) + (j << 2));
    store<f32>(at, sum);
  }
}

/** Up to {@link LIST_ROWS} rows of C (n columns) = or += rows of A, as lists in scratch, times panels. */
export function sparseRows(
  rows: usize,
  n: usize,
  depth: usize,
  a: usize,
  rowA: usize,
  stepA: usize,
  panels: usize,
  c: usize,
  rowC: usize,
  fresh: bool,
  lists: usize,
): void {
  const listSize = (depth + 1) << 3;
  for (let i: usize = 0; i < rows; i++) {
    const list = lists + i * listSize;
    // The list's end lies before it.
    store<u32>(list, <u32>listRow(depth, a + i * rowA, stepA, list + 8));
  }
  const size = depth << 5;
  let j: usize = 0;
  for (; j + 32 <= n; j += 32)
    for (let i: usize = 0; i < rows; i++) {
      const list = lists + i * listSize;
      list32(list + 8, load<u32>(list), panels + (j * depth << 2), size, c + i * rowC + (j << 2), fresh);
    }
  for (; j < n; j += 8) {
    const width = panelWidth(j, n);
    const columns = min(width, n - j);
    const panel = panels + (j * depth << 2);
    for (let i: usize = 0; i < rows; i++) {
      const list = lists + i * listSize;
      const end: usize = load<u32>(list);
      const to = c + i * rowC + (j << 2);
      if (columns == 8) list8(list + 8, end, panel, to, fresh);
      else listPart(list + 8, end, panel, width == 8 ? 0 : 1, columns, to, fresh);
    }
  }
}
