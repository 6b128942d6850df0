// Statistics of columns and rows, and what is normalised by them. Sums are taken in doubles, over the rows in their
// order, or over the even and the odd columns of a row apart; then they are rounded to f32.
import { loadPart, storePart } from './functions';

// @ts-ignore: decorator
@inline
function high(v: v128): v128 {
  return f64x2.promote_low_f32x4(i32x4.shuffle(v, v, 2, 3, 2, 3));
}

// @ts-ignore: decorator
@inline
function loadUpTo4(at: usize, part: usize): v128 {
  return part == 4 ? v128.load(at) : loadPart(at, part);
}

// @ts-ignore: decorator
@inline
function storeUpTo4(at: usize, part: usize, v: v128): void {
  if (part == 4) v128.store(at, v);
  else storePart(at, part, v);
}

/** All bits of the first `part` lanes. */
// @ts-ignore: decorator
@inline
function first(part: usize): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(<i32>part));
}

/** out[j] = the sum over rows i of a[i][j] (b[i][j] - mean[j]) times factor; b - mean counts as 1 where b is 0. */
export function columnDots(m: usize, n: usize, a: usize, b: usize, mean: usize, factor: f64, out: usize): void {
  const row = n << 2;
  for (let j: usize = 0; j < n; j += 4) {
    const part = min<usize>(4, n - j);
    const middle = mean ? loadUpTo4(mean + (j << 2), part) : f32x4.splat(0);
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let p = a + (j << 2);
    if (b) {
      let q = b + (j << 2);
      for (let i: usize = 0; i < m; i++) {
        const x = loadUpTo4(p, part);
        const y = f32x4.sub(loadUpTo4(q, part), middle);
        // Products of two f32 are exact in doubles.
        s0 = f64x2.add(s0, f64x2.mul(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y)));
        s1 = f64x2.add(s1, f64x2.mul(high(x), high(y)));
        p += row;
        q += row;
      }
    } else {
      for (let i: usize = 0; i < m; i++) {
        const x = loadUpTo4(p, part);
        s0 = f64x2.add(s0, f64x2.promote_low_f32x4(x));
        s1 = f64x2.add(s1, high(x));
        p += row;
      }
    }
    const f = f64x2.splat(factor);
    const low = f32x4.demote_f64x2_zero(f64x2.mul(s0, f));
    const top = f32x4.demote_f64x2_zero(f64x2.mul(s1, f));
    storeUpTo4(out + (j << 2), part, i32x4.shuffle(low, top, 0, 1, 4, 5));
  }
}

/** out[j] = the sum over rows i of (x[i][j] - mean[j])^2 times factor; mean may be 0 for none. */
export function columnSquares(m: usize, n: usize, x: usize, mean: usize, factor: f64, out: usize): void {
  const row = n << 2;
  for (let j: usize = 0; j < n; j += 4) {
    const part = min<usize>(4, n - j);
    const middle = mean ? loadUpTo4(mean + (j << 2), part) : f32x4.splat(0);
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let p = x + (j << 2);
    for (let i: usize = 0; i < m; i++) {
      const d = f32x4.sub(loadUpTo4(p, part), middle);
      const low = f64x2.promote_low_f32x4(d);
      const top = high(d);
      s0 = f64x2.add(s0, f64x2.mul(low, low));
      s1 = f64x2.add(s1, f64x2.mul(top, top));
      p += row;
    }
    const f = f64x2.splat(factor);
    const low = f32x4.demote_f64x2_zero(f64x2.mul(s0, f));
    const top = f32x4.demote_f64x2_zero(f64x2.mul(s1, f));
    storeUpTo4(out + (j << 2), part, i32x4.shuffle(low, top, 0, 1, 4, 5));
  }
}

/** y = (x - mean) scale + shift, each of which is a row. */
export function normaliseColumns(
  m: usize,
  n: usize,
  x: usize,
  mean: usize,
  scale: usize,
  shift: usize,
  y: usize,
): void {
  for (let i: usize = 0; i < m; i++) {
    for (let j: usize = 0; j < n; j += 4) {
      const at = j << 2;
      const part = min<usize>(4, n - j);
      const d = f32x4.sub(loadUpTo4(x + at, part), loadUpTo4(mean + at, part));
      const v = f32x4.add(f32x4.mul(d, loadUpTo4(scale + at, part)), loadUpTo4(shift + at, part));
      storeUpTo4(y + at, part, v);
    }
    x += n << 2;
    y += n << 2;
  }
}

/** dx += (dy by0 + (x - mean) by1) + by2, where mean and the factors are rows. */
export function addNormalisedColumns(
  m: usize,
  n: usize,
  dy: usize,
  x: usize,
  mean: usize,
  by0: usize,
  by1: usize,
  by2: usize,
  dx: usize,
): void {
  for (let i: usize = 0; i < m; i++) {
    for (let j: usize = 0; j < n; j += 4) {
      const at = j << 2;
      const part = min<usize>(4, n - j);
      const d = f32x4.sub(loadUpTo4(x + at, part), loadUpTo4(mean + at, part));
      const v = f32x4.add(
        f32x4.mul(loadUpTo4(dy + at, part), loadUpTo4(by0 + at, part)),
        f32x4.mul(d, loadUpTo4(by1 + at, part)),
      );
      const sum = f32x4.add(v, loadUpTo4(by2 + at, part));
      storeUpTo4(dx + at, part, f32x4.add(loadUpTo4(dx + at, part), sum));
    }
    x += n << 2;
    dy += n << 2;
    dx += n << 2;
  }
}

// @ts-ignore: decorator
@inline
function both(sum: v128): f64 {
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/**
 * y = (x - mean of the row) / sqrt(variance of the row + epsilon) for m rows of n, times the row `weight` plus the row
 * `bias`, where they are not 0. Means go to stats[2 i], 1 / deviation to stats[2 i + 1].
 */
export function layerNorm(
  m: usize,
  n: usize,
  x: usize,
  weight: usize,
  bias: usize,
  epsilon: f64,
  y: usize,
  stats: usize,
): void {
  for (let i: usize = 0; i < m; i++) {
    let s = f64x2.splat(0);
    for (let j: usize = 0; j < n; j += 4) {
      const v = loadUpTo4(x + (j << 2), min<usize>(4, n - j));
      s = f64x2.add(f64x2.add(s, f64x2.promote_low_f32x4(v)), high(v));
    }
    const mean = <f32>(both(s) / <f64>n);
    const middle = f32x4.splat(mean);
    s = f64x2.splat(0);
    for (let j: usize = 0; j < n; j += 4) {
      const part = min<usize>(4, n - j);
      // What is not there would count as -mean.
      const d = v128.and(f32x4.sub(loadUpTo4(x + (j << 2), part), middle), first(part));
      const low = f64x2.promote_low_f32x4(d);
      const top = high(d);
      s = f64x2.add(f64x2.add(s, f64x2.mul(low, low)), f64x2.mul(top, top));
    }
    const inverse = <f32>(1 / sqrt<f64>(both(s) / <f64>n + epsilon));
    const by = f32x4.splat(inverse);
    for (let j: usize = 0; j < n; j += 4) {
      const at = j << 2;
      const part = min<usize>(4, n - j);
      let v = f32x4.mul(f32x4.sub(loadUpTo4(x + at, part), middle), by);
      if (weight) v = f32x4.mul(v, loadUpTo4(weight + at, part));
      if (bias) v = f32x4.add(v, loadUpTo4(bias + at, part));
      storeUpTo4(y + at, part, v);
    }
    store<f32>(stats, mean);
    store<f32>(stats, inverse, 4);
    stats += 8;
    x += n << 2;
    y += n << 2;
  }
}

/**
 * Back through {@link layerNorm}: dx (where it is not 0), dweight and dbias (where they are not 0) grow. With g = dy
 * weight and h = (x - mean) / deviation, dx += ((g - mean of g) - h mean of g h) / deviation.
 */
export function layerNormBackward(
  m: usize,
  n: usize,
  x: usize,
  weight: usize,
  stats: usize,
  dy: usize,
  dx: usize,
  dweight: usize,
  dbias: usize,
): void {
  const one = f32x4.splat(1);
  for (let i: usize = 0; i < m; i++) {
    const mean = f32x4.splat(load<f32>(stats));
    const by = f32x4.splat(load<f32>(stats, 4));
    let s = f64x2.splat(0);
    let t = f64x2.splat(0);
    for (let j: usize = 0; j < n; j += 4) {
      const at = j << 2;
      const part = min<usize>(4, n - j);
      const h = f32x4.mul(f32x4.sub(loadUpTo4(x + at, part), mean), by);
      const d = loadUpTo4(dy + at, part);
      const g = f32x4.mul(d, weight ? loadUpTo4(weight + at, part) : one);
      // Lanes that are not there have a slope of 0.
      const low = f64x2.promote_low_f32x4(g);
      const top = high(g);
      s = f64x2.add(f64x2.add(s, low), top);
      t = f64x2.add(
        f64x2.add(t, f64x2.mul(low, f64x2.promote_low_f32x4(h))),
        f64x2.mul(top, high(h)),
      );
      if (dweight) {
        const sum = f32x4.add(loadUpTo4(dweight + at, part), f32x4.mul(d, h));
        storeUpTo4(dweight + at, part, sum);
      }
      if (dbias) storeUpTo4(dbias + at, part, f32x4.add(loadUpTo4(dbias + at, part), d));
    }
    if (dx) {
      const a = f32x4.splat(<f32>(both(s) / <f64>n));
      const b = f32x4.splat(<f32>(both(t) / <f64>n));
      for (let j: usize = 0; j < n; j += 4) {
        const at = j << 2;
        const part = min<usize>(4, n - j);
        const h = f32x4.mul(f32x4.sub(loadUpTo4(x + at, part), mean), by);
        const g = f32x4.mul(loadUpTo4(dy + at, part), weight ? loadUpTo4(weight + at, part) : one);
        const v = f32x4.mul(f32x4.sub(f32x4.sub(g, a), f32x4.mul(h, b)), by);
        storeUpTo4(dx + at, part, f32x4.add(loadUpTo4(dx + at, part), v));
      }
      dx += n << 2;
    }
    stats += 8;
    x += n << 2;
    dy += n << 2;
  }
}
