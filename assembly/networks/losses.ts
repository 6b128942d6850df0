// Losses of single numbers, in nats, and their slopes: each kernel writes a loss for every number and, where an address
// is not 0, the derivatives. Sums over rows are rowSums of elementwise.ts, so that a number's bits do not depend on
// where in a batch it stands.
import { exp4, loadPart, log4, sigmoid4, softplus4, storePart } from './functions';

/** Logarithms of scales count as the nearer end of [-15, 15]: 0.0000003 to 3,270,000. */
// @ts-ignore: decorator
@inline
const LOG_SCALE: f32 = 15;

// @ts-ignore: decorator
@inline
const HALF_LN_2PI: f32 = 0.9189385332;

// @ts-ignore: decorator
@inline
export function read(at: usize, count: usize): v128 {
  return count == 4 ? v128.load(at) : loadPart(at, count);
}

// @ts-ignore: decorator
@inline
export function write(at: usize, count: usize, v: v128): void {
  if (count == 4) v128.store(at, v);
  else storePart(at, count, v);
}

// @ts-ignore: decorator
@inline
function clamped(x: v128): v128 {
  return f32x4.max(f32x4.min(x, f32x4.splat(LOG_SCALE)), f32x4.splat(-LOG_SCALE));
}

/** A bit x, or a share of 1 in [0, 1], under the logit l: softplus(l) - l x, and sigmoid(l) - x. */
export function bernoulli(n: usize, l: usize, x: usize, loss: usize, dl: usize): void {
  const end = n << 2;
  for (let i: usize = 0; i < end; i += 16) {
    const count = min<usize>(4, (end - i) >> 2);
    const logit = read(l + i, count);
    const share = read(x + i, count);
    write(loss + i, count, f32x4.sub(softplus4(logit), f32x4.mul(logit, share)));
    if (dl) write(dl + i, count, f32x4.sub(sigmoid4(logit), share));
  }
}

/** KL(N(m, e^s) || N(0, 1)) = (m^2 + e^2s - 1) / 2 - s. */
export function divergence(n: usize, m: usize, s: usize, loss: usize, dm: usize, ds: usize): void {
  const end = n << 2;
  const one = f32x4.splat(1);
  for (let i: usize = 0; i < end; i += 16) {
    const count = min<usize>(4, (end - i) >> 2);
    const mean = read(m + i, count);
    const log = clamped(read(s + i, count));
    const excess = f32x4.sub(exp4(f32x4.add(log, log)), one);
    const half = f32x4.mul(f32x4.splat(0.5), f32x4.add(f32x4.mul(mean, mean), excess));
    write(loss + i, count, f32x4.sub(half, log));
    if (dm) write(dm + i, count, mean);
    if (ds) write(ds + i, count, excess);
  }
}

/**
 * KL(N(m, e^s) || N(p, e^t)): with v = e^2(s - t) and d = (m - p) / e^t, (v + d^2 - 1) / 2 - (s - t). Derivatives of all
 * four.
 */
export function divergenceBetween(
  n: usize,
  m: usize,
  s: usize,
  p: usize,
  t: usize,
  loss: usize,
  dm: usize,
  ds: usize,
  dp: usize,
  dt: usize,
): void {
  const end = n << 2;
  const one = f32x4.splat(1);
  for (let i: usize = 0; i < end; i += 16) {
    const count = min<usize>(4, (end - i) >> 2);
    const log = clamped(read(t + i, count));
    const difference = f32x4.sub(clamped(read(s + i, count)), log);
    const inverse = exp4(f32x4.neg(log));
    const d = f32x4.mul(f32x4.sub(read(m + i, count), read(p + i, count)), inverse);
    const square = f32x4.mul(d, d);
    const excess = f32x4.sub(exp4(f32x4.add(difference, difference)), one);
    write(loss + i, count, f32x4.sub(f32x4.mul(f32x4.splat(0.5), f32x4.add(square, excess)), difference));
    const slope = f32x4.mul(d, inverse);
    if (dm) write(dm + i, count, slope);
    if (ds) write(ds + i, count, excess);
    if (dp) write(dp + i, count, f32x4.neg(slope));
    if (dt) write(dt + i, count, f32x4.neg(f32x4.add(excess, square)));
  }
}

/** The logarithm of the density at z, normal or logistic, with mean m and scale e^s. Derivatives of all three. */
export function logDensity(
  logistic: bool,
  n: usize,
  z: usize,
  m: usize,
  s: usize,
  value: usize,
  dz: usize,
  dm: usize,
  ds: usize,
): void {
  const end = n << 2;
  const one = f32x4.splat(1);
  for (let i: usize = 0; i < end; i += 16) {
    const count = min<usize>(4, (end - i) >> 2);
    const log = clamped(read(s + i, count));
    const inverse = exp4(f32x4.neg(log));
    const d = f32x4.mul(f32x4.sub(read(z + i, count), read(m + i, count)), inverse);
    // The derivative by d, and the value less -log.
    let by: v128;
    let shape: v128;
    if (logistic) {
      const far = f32x4.abs(d);
      const tail = softplus4(f32x4.neg(far));
      shape = f32x4.neg(f32x4.add(far, f32x4.add(tail, tail)));
      const share = sigmoid4(d);
      by = f32x4.sub(one, f32x4.add(share, share));
    } else {
      shape = f32x4.neg(f32x4.add(f32x4.mul(f32x4.splat(0.5), f32x4.mul(d, d)), f32x4.splat(HALF_LN_2PI)));
      by = f32x4.neg(d);
    }
    write(value + i, count, f32x4.sub(shape, log));
    const slope = f32x4.mul(by, inverse);
    if (dz) write(dz + i, count, slope);
    if (dm) write(dm + i, count, f32x4.neg(slope));
    if (ds) write(ds + i, count, f32x4.neg(f32x4.add(one, f32x4.mul(by, d))));
  }
}

/** (x - y)^2 and its derivatives. */
export function squaredDifference(n: usize, x: usize, y: usize, loss: usize, dx: usize, dy: usize): void {
  const end = n << 2;
  for (let i: usize = 0; i < end; i += 16) {
    const count = min<usize>(4, (end - i) >> 2);
    const d = f32x4.sub(read(x + i, count), read(y + i, count));
    write(loss + i, count, f32x4.mul(d, d));
    const slope = f32x4.add(d, d);
    if (dx) write(dx + i, count, slope);
    if (dy) write(dy + i, count, f32x4.neg(slope));
  }
}

/** y = m + e^s noise. */
export function sample(n: usize, m: usize, s: usize, noise: usize, y: usize): void {
  const end = n << 2;
  for (let i: usize = 0; i < end; i += 16) {
    const count = min<usize>(4, (end - i) >> 2);
    const by = f32x4.mul(exp4(clamped(read(s + i, count))), read(noise + i, count));
    write(y + i, count, f32x4.add(read(m + i, count), by));
  }
}

/** ds += dy e^s noise. */
export function sampleBackward(n: usize, s: usize, noise: usize, dy: usize, ds: usize): void {
  const end = n << 2;
  for (let i: usize = 0; i < end; i += 16) {
    const count = min<usize>(4, (end - i) >> 2);
    const by = f32x4.mul(exp4(clamped(read(s + i, count))), read(noise + i, count));
    write(ds + i, count, f32x4.add(read(ds + i, count), f32x4.mul(by, read(dy + i, count))));
  }
}

/** y = log(u / (1 - u)), where u counts as the nearer end of [2^-24, 1 - 2^-24]. */
export function logits(n: usize, u: usize, y: usize): void {
  const end = n << 2;
  const one = f32x4.splat(1);
  const least = f32x4.splat(5.9604645e-8);
  for (let i: usize = 0; i < end; i += 16) {
    const count = min<usize>(4, (end - i) >> 2);
    const share = f32x4.min(f32x4.max(read(u + i, count), least), f32x4.sub(one, least));
    write(y + i, count, f32x4.sub(log4(share), log4(f32x4.sub(one, share))));
  }
}

/** log(sum of e^x) - x[label] for each of m rows of n, and softmax(x) less 1 at the label. */
export function crossEntropy(m: usize, n: usize, x: usize, labels: usize, loss: usize, dx: usize): void {
  for (let i: usize = 0; i < m; i++) {
    let most = f32x4.splat(-Infinity);
    let j: usize = 0;
    for (; j + 4 <= n; j += 4) most = f32x4.max(most, v128.load(x + (j << 2)));
    let highest: f32 = max(
      max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
      max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
    );
    for (; j < n; j++) highest = max(highest, load<f32>(x + (j << 2)));
    const top = f32x4.splat(highest);
    let total = f32x4.splat(0);
    for (j = 0; j < n; j += 4) {
      const count = min<usize>(4, n - j);
      const e = exp4(f32x4.sub(read(x + (j << 2), count), top));
      total = f32x4.add(total, v128.and(e, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(<i32>count))));
      if (dx) write(dx + (j << 2), count, e);
    }
    const sum =
      f32x4.extract_lane(total, 0) +
      f32x4.extract_lane(total, 1) +
      (f32x4.extract_lane(total, 2) + f32x4.extract_lane(total, 3));
    const at = <usize>load<i32>(labels) << 2;
    store<f32>(loss, f32x4.extract_lane(log4(f32x4.splat(sum)), 0) + (highest - load<f32>(x + at)));
    if (dx) {
      const inverse = f32x4.splat(<f32>1 / sum);
      for (j = 0; j < n; j += 4) {
        const count = min<usize>(4, n - j);
        const to = dx + (j << 2);
        write(to, count, f32x4.mul(read(to, count), inverse));
      }
      store<f32>(dx + at, load<f32>(dx + at) - 1);
      dx += n << 2;
    }
    x += n << 2;
    labels += 4;
    loss += 4;
  }
}

/** The index of the first number that is not in [low, high], or not whole where it has to be; n if there is none. */
export function firstOutside(n: usize, x: usize, low: f32, high: f32, whole: bool): usize {
  for (let i: usize = 0; i < n; i++) {
    const value = load<f32>(x + (i << 2));
    if (!(value >= low && value <= high) || (whole && nearest<f32>(value) != value)) return i;
  }
  return n;
}
