// What products of matrices and convolutions are made of: tiles of 4 or 1 rows by 8 or 4 columns, held in registers
// while k runs. A tile adds a product, rounded, to each of its sums for every k in rising order, and nothing else, so
// that which tile an element falls into never shows.

/** Bytes of an edge: where a tile goes that has fewer columns than it could. */
export const EDGE: usize = 128;

/** Columns of the panel that begins at column j of n: 8, or 4 where no more are left. */
// @ts-ignore: decorator
@inline
export function panelWidth(j: usize, n: usize): usize {
  return n - j > 4 ? 8 : 4;
}

/** Floats that n columns take in panels, for each k. */
// @ts-ignore: decorator
@inline
export function panelsWidth(n: usize): usize {
  return (n + 3) & ~3;
}

/** 4 runs of 4 floats as 4 runs of the first, second, third and fourth of each. */
// @ts-ignore: decorator
@inline
function transpose4(from: usize, strideFrom: usize, to: usize, strideTo: usize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from + strideFrom);
  const r2 = v128.load(from + 2 * strideFrom);
  const r3 = v128.load(from + 3 * strideFrom);
  const a = i32x4.shuffle(r0, r1, 0, 4, 1, 5);
  const b = i32x4.shuffle(r0, r1, 2, 6, 3, 7);
  const c = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
  const d = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
  v128.store(to, i32x4.shuffle(a, c, 0, 1, 4, 5));
  v128.store(to + strideTo, i32x4.shuffle(a, c, 2, 3, 6, 7));
  v128.store(to + 2 * strideTo, i32x4.shuffle(b, d, 0, 1, 4, 5));
  v128.store(to + 3 * strideTo, i32x4.shuffle(b, d, 2, 3, 6, 7));
}

/** Copies `depth` rows of B side by side into a panel of `width` columns, of which those missing are zeros. */
export function pack(
  b: usize,
  strideK: usize,
  strideN: usize,
  depth: usize,
  columns: usize,
  width: usize,
  to: usize,
): void {
  if (columns == width && strideN == 4) {
    if (width == 8) {
      for (let k: usize = 0; k < depth; k++) {
        v128.store(to, v128.load(b));
        v128.store(to, v128.load(b, 16), 16);
        b += strideK;
        to += 32;
      }
    } else {
      for (let k: usize = 0; k < depth; k++) {
        v128.store(to, v128.load(b));
        b += strideK;
        to += 16;
      }
    }
    return;
  }
  const row = width << 2;
  const fours = strideK == 4 && columns == width ? depth & ~3 : 0;
  if (fours) {
    for (let j: usize = 0; j < width; j += 4) {
      const from = b + j * strideN;
      for (let k: usize = 0; k < fours; k += 4)
        transpose4(from + (k << 2), strideN, to + k * row + (j << 2), row);
    }
  }
  for (let j: usize = 0; j < width; j++) {
    let from = b + j * strideN + fours * strideK;
    let at = to + (j << 2) + fours * row;
    for (let k: usize = fours; k < depth; k++) {
      store<f32>(at, j < columns ? load<f32>(from) : 0);
      from += strideK;
      at += row;
    }
  }
}

/**
 * Packs `depth` rows of B into all panels of n columns, where they are rows `first` and on of `total`. The panel that
 * begins at column j lies at j * total floats.
 */
export function packPanels(
  depth: usize,
  n: usize,
  b: usize,
  strideK: usize,
  strideN: usize,
  first: usize,
  total: usize,
  panels: usize,
): void {
  for (let j: usize = 0; j < n; j += 8) {
    const width = panelWidth(j, n);
    const to = panels + ((j * total + first * width) << 2);
    pack(b + j * strideN, strideK, strideN, depth, min(width, n - j), width, to);
  }
}

/**
 * Rows a0 to a3 times a panel of 8 columns: c0 to c3 = (fresh) or += the sums, then + bias where there is one. The rows
 * are read `segments` times for `depth` values that lie `step` bytes apart, `jump` bytes from the end of one segment to
 * the beginning of the next.
 */
export function tile4x8(
  a0: usize,
  a1: usize,
  a2: usize,
  a3: usize,
  step: usize,
  depth: usize,
  segments: usize,
  jump: usize,
  panel: usize,
  c0: usize,
  c1: usize,
  c2: usize,
  c3: usize,
  fresh: bool,
  bias: usize,
): void {
  let s00 = f32x4.splat(0);
  let s01 = f32x4.splat(0);
  let s10 = f32x4.splat(0);
  let s11 = f32x4.splat(0);
  let s20 = f32x4.splat(0);
  let s21 = f32x4.splat(0);
  let s30 = f32x4.splat(0);
  let s31 = f32x4.splat(0);
  if (!fresh) {
    s00 = v128.load(c0);
    s01 = v128.load(c0, 16);
    s10 = v128.load(c1);
    s11 = v128.load(c1, 16);
    s20 = v128.load(c2);
    s21 = v128.load(c2, 16);
    s30 = v128.load(c3);
    s31 = v128.load(c3, 16);
  }
  const size = depth << 5;
  do {
    const end = panel + size;
    while (panel < end) {
      const b0 = v128.load(panel);
      const b1 = v128.load(panel, 16);
      const x0 = v128.load_splat<f32>(a0);
      s00 = f32x4.add(s00, f32x4.mul(x0, b0));
      s01 = f32x4.add(s01, f32x4.mul(x0, b1));
      const x1 = v128.load_splat<f32>(a1);
      s10 = f32x4.add(s10, f32x4.mul(x1, b0));
      s11 = f32x4.add(s11, f32x4.mul(x1, b1));
      const x2 = v128.load_splat<f32>(a2);
      s20 = f32x4.add(s20, f32x4.mul(x2, b0));
      s21 = f32x4.add(s21, f32x4.mul(x2, b1));
      const x3 = v128.load_splat<f32>(a3);
      s30 = f32x4.add(s30, f32x4.mul(x3, b0));
      s31 = f32x4.add(s31, f32x4.mul(x3, b1));
      a0 += step;
      a1 += step;
      a2 += step;
      a3 += step;
      panel += 32;
    }
    a0 += jump;
    a1 += jump;
    a2 += jump;
    a3 += jump;
  } while (--segments);
  if (bias) {
    const b0 = v128.load(bias);
    const b1 = v128.load(bias, 16);
    s00 = f32x4.add(s00, b0);
    s01 = f32x4.add(s01, b1);
    s10 = f32x4.add(s10, b0);
    s11 = f32x4.add(s11, b1);
    s20 = f32x4.add(s20, b0);
    s21 = f32x4.add(s21, b1);
    s30 = f32x4.add(s30, b0);
    s31 = f32x4.add(s31, b1);
  }
  v128.store(c0, s00);
  v128.store(c0, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
}

/** {@link tile4x8} for a panel of 4 columns. */
export function tile4x4(
  a0: usize,
  a1: usize,
  a2: usize,
  a3: usize,
  step: usize,
  depth: usize,
  segments: usize,
  jump: usize,
  panel: usize,
  c0: usize,
  c1: usize,
  c2: usize,
  c3: usize,
  fresh: bool,
  bias: usize,
): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  if (!fresh) {
    s0 = v128.load(c0);
    s1 = v128.load(c1);
    s2 = v128.load(c2);
    s3 = v128.load(c3);
  }
  const size = depth << 4;
  do {
    const end = panel + size;
    while (panel < end) {
      const b = v128.load(panel);
      s0 = f32x4.add(s0, f32x4.mul(v128.load_splat<f32>(a0), b));
      s1 = f32x4.add(s1, f32x4.mul(v128.load_splat<f32>(a1), b));
      s2 = f32x4.add(s2, f32x4.mul(v128.load_splat<f32>(a2), b));
      s3 = f32x4.add(s3, f32x4.mul(v128.load_splat<f32>(a3), b));
      a0 += step;
      a1 += step;
      a2 += step;
      a3 += step;
      panel += 16;
    }
    a0 += jump;
    a1 += jump;
    a2 += jump;
    a3 += jump;
  } while (--segments);
  if (bias) {
    const b = v128.load(bias);
    s0 = f32x4.add(s0, b);
    s1 = f32x4.add(s1, b);
    s2 = f32x4.add(s2, b);
    s3 = f32x4.add(s3, b);
  }
  v128.store(c0, s0);
  v128.store(c1, s1);
  v128.store(c2, s2);
  v128.store(c3, s3);
}

/** {@link tile4x8} or {@link tile4x4} of one row. */
export function tile1(
  width: usize,
  a: usize,
  step: usize,
  depth: usize,
  segments: usize,
  jump: usize,
  panel: usize,
  c: usize,
  fresh: bool,
  bias: usize,
): void {
  const row = width << 2;
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  if (!fresh) {
    s0 = v128.load(c);
    if (width == 8) s1 = v128.load(c, 16);
  }
  do {
    const end = panel + depth * row;
    if (width == 8) {
      while (panel < end) {
        const x = v128.load_splat<f32>(a);
        s0 = f32x4.add(s0, f32x4.mul(x, v128.load(panel)));
        s1 = f32x4.add(s1, f32x4.mul(x, v128.load(panel, 16)));
        a += step;
        panel += 32;
      }
    } else {
      while (panel < end) {
        s0 = f32x4.add(s0, f32x4.mul(v128.load_splat<f32>(a), v128.load(panel)));
        a += step;
        panel += 16;
      }
    }
    a += jump;
  } while (--segments);
  if (bias) s0 = f32x4.add(s0, v128.load(bias));
  v128.store(c, s0);
  if (width == 8) {
    if (bias) s1 = f32x4.add(s1, v128.load(bias, 16));
    v128.store(c, s1, 16);
  }
}

/** A tile of 4 rows with any number of columns up to the panel's width: through an edge where they are fewer. */
// @ts-ignore: decorator
@inline
export function tile4(
  a0: usize,
  a1: usize,
  a2: usize,
  a3: usize,
  step: usize,
  depth: usize,
  segments: usize,
  jump: usize,
  panel: usize,
  width: usize,
  columns: usize,
  c0: usize,
  c1: usize,
  c2: usize,
  c3: usize,
  fresh: bool,
  bias: usize,
  edge: usize,
): void {
  if (columns == width) {
    if (width == 8) tile4x8(a0, a1, a2, a3, step, depth, segments, jump, panel, c0, c1, c2, c3, fresh, bias);
    else tile4x4(a0, a1, a2, a3, step, depth, segments, jump, panel, c0, c1, c2, c3, fresh, bias);
    return;
  }
  const e1 = edge + 32;
  const e2 = edge + 64;
  const e3 = edge + 96;
  if (!fresh) {
    copyFloats(edge, c0, columns);
    copyFloats(e1, c1, columns);
    copyFloats(e2, c2, columns);
    copyFloats(e3, c3, columns);
  }
  if (width == 8) tile4x8(a0, a1, a2, a3, step, depth, segments, jump, panel, edge, e1, e2, e3, fresh, bias);
  else tile4x4(a0, a1, a2, a3, step, depth, segments, jump, panel, edge, e1, e2, e3, fresh, bias);
  copyFloats(c0, edge, columns);
  copyFloats(c1, e1, columns);
  copyFloats(c2, e2, columns);
  copyFloats(c3, e3, columns);
}

/** Copies 1 to 7 floats: a call of memory.copy would take longer than the tile. */
function copyFloats(to: usize, from: usize, count: usize): void {
  for (let i: usize = 0; i < count; i++) store<f32>(to + (i << 2), load<f32>(from + (i << 2)));
}

/** {@link tile4} of one row. */
// @ts-ignore: decorator
@inline
export function tileRow(
  a: usize,
  step: usize,
  depth: usize,
  segments: usize,
  jump: usize,
  panel: usize,
  width: usize,
  columns: usize,
  c: usize,
  fresh: bool,
  bias: usize,
  edge: usize,
): void {
  if (columns == width) {
    tile1(width, a, step, depth, segments, jump, panel, c, fresh, bias);
    return;
  }
  if (!fresh) copyFloats(edge, c, columns);
  tile1(width, a, step, depth, segments, jump, panel, edge, fresh, bias);
  copyFloats(c, edge, columns);
}
