// Losses of pixel values 0 to max under the distributions that src/models codes them with, in nats, with their slopes.
import { exp, log } from '../math/index';
import { exp4, log4 } from './functions';
import { read, write } from './losses';

/** Logarithms of scales count as the nearer end of [-8, 8]. */
// @ts-ignore: decorator
@inline
const LOG_SCALE: f32 = 8;

/** One float from each of up to four places; what is missing is as the first. */
// @ts-ignore: decorator
@inline
function gather(at: usize, stride: usize, count: usize): v128 {
  let v = v128.load_splat<f32>(at);
  if (count > 1) v = f32x4.replace_lane(v, 1, load<f32>(at + stride));
  if (count > 2) v = f32x4.replace_lane(v, 2, load<f32>(at + 2 * stride));
  if (count > 3) v = f32x4.replace_lane(v, 3, load<f32>(at + 3 * stride));
  return v;
}

// @ts-ignore: decorator
@inline
function scatter(at: usize, stride: usize, count: usize, v: v128): void {
  store<f32>(at, f32x4.extract_lane(v, 0));
  if (count > 1) store<f32>(at + stride, f32x4.extract_lane(v, 1));
  if (count > 2) store<f32>(at + 2 * stride, f32x4.extract_lane(v, 2));
  if (count > 3) store<f32>(at + 3 * stride, f32x4.extract_lane(v, 3));
}

/** (1 - e^-u) / u for u in [0, 1/2]. */
// @ts-ignore: decorator
@inline
function relativeRise(u: v128): v128 {
  let p = f32x4.splat(-1.0 / 40320.0);
  p = f32x4.add(f32x4.mul(p, u), f32x4.splat(1.0 / 5040.0));
  p = f32x4.add(f32x4.mul(p, u), f32x4.splat(-1.0 / 720.0));
  p = f32x4.add(f32x4.mul(p, u), f32x4.splat(1.0 / 120.0));
  p = f32x4.add(f32x4.mul(p, u), f32x4.splat(-1.0 / 24.0));
  p = f32x4.add(f32x4.mul(p, u), f32x4.splat(1.0 / 6.0));
  p = f32x4.add(f32x4.mul(p, u), f32x4.splat(-0.5));
  return f32x4.add(f32x4.mul(p, u), f32x4.splat(1));
}

/**
 * Values x from 0 to `most` under mixtures of `components` logistics, cut to the grid: the mass between x - 1/2 and
 * x + 1/2 is x's, what lies outside is the first and the last value's.
 *
 * A component's mean is centre + spread m, its scale spread e^s. The numbers of a value are `stride` bytes after those
 * of the value before it, a component's `step` bytes after the component before it. Scratch: 64 bytes a component. An
 * address of 0 for dm means no derivatives; for one component, w is not looked at, and dw may be 0.
 *
 * With u = 1 / scale, a = (x + 1/2 - mean) u and b = a - u, the mass is
 *   sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - e^-u),
 * where nothing cancels, and the last factor and one of the sigmoids are missing at the ends.
 */
export function logisticMixtures(
  n: usize,
  components: usize,
  x: usize,
  most: f32,
  w: usize,
  m: usize,
  s: usize,
  stride: usize,
  step: usize,
  centre: f32,
  spread: f32,
  loss: usize,
  dw: usize,
  dm: usize,
  ds: usize,
  scratch: usize,
): void {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  const half = f32x4.splat(0.5);
  const end = scratch + (components << 6);
  for (let i: usize = 0; i < n; i += 4) {
    const count = min<usize>(4, n - i);
    const value = read(x, count);
    const inner = f32x4.gt(value, zero);
    const outer = f32x4.lt(value, f32x4.splat(most));
    const between = v128.and(inner, outer);
    const above = f32x4.sub(f32x4.add(value, half), f32x4.splat(centre));
    let best = f32x4.splat(-Infinity);
    let heaviest = f32x4.splat(-Infinity);
    let offset: usize = 0;
    for (let at = scratch; at < end; at += 64) {
      let logScale = gather(s + offset, stride, count);
      logScale = f32x4.max(f32x4.min(logScale, f32x4.splat(LOG_SCALE)), f32x4.splat(-LOG_SCALE));
      const u = f32x4.mul(exp4(f32x4.neg(logScale)), f32x4.splat(<f32>1 / spread));
      const far = f32x4.sub(above, f32x4.mul(gather(m + offset, stride, count), f32x4.splat(spread)));
      const a = f32x4.mul(far, u);
      const b = f32x4.mul(f32x4.sub(far, one), u);
      const ea = exp4(f32x4.neg(f32x4.abs(a)));
      const eb = exp4(f32x4.neg(f32x4.abs(b)));
      const eu = exp4(f32x4.neg(u));
      const rise = v128.bitselect(f32x4.mul(u, relativeRise(u)), f32x4.sub(one, eu), f32x4.lt(u, half));
      const da = f32x4.add(one, ea);
      const db = f32x4.add(one, eb);
      // -log sigmoid(a) - log sigmoid(-b) - log(1 - e^-u), the logarithms in one.
      const large = f32x4.add(
        v128.and(f32x4.max(f32x4.neg(a), zero), outer),
        v128.and(f32x4.max(b, zero), inner),
      );
      const ratio = f32x4.div(
        f32x4.mul(v128.bitselect(da, one, outer), v128.bitselect(db, one, inner)),
        v128.bitselect(rise, one, between),
      );
      const bits = f32x4.add(large, log4(ratio));
      const logit = components > 1 ? gather(w + offset, stride, count) : zero;
      const t = f32x4.sub(logit, bits);
      best = f32x4.max(best, t);
      heaviest = f32x4.max(heaviest, logit);
      v128.store(at, t);
      v128.store(at, logit, 16);
      if (dm) {
        // What the loss falls with as a rises, and rises with as b does.
        const fall = v128.and(f32x4.div(v128.bitselect(ea, one, f32x4.ge(a, zero)), da), outer);
        const growth = v128.and(f32x4.div(v128.bitselect(one, eb, f32x4.ge(b, zero)), db), inner);
        const byMean = f32x4.mul(f32x4.mul(f32x4.sub(fall, growth), u), f32x4.splat(spread));
        const byScale = f32x4.sub(f32x4.mul(fall, a), f32x4.mul(growth, b));
        const byWidth = v128.and(f32x4.div(f32x4.mul(u, eu), rise), between);
        v128.store(at, byMean, 32);
        v128.store(at, f32x4.add(byScale, byWidth), 48);
      }
      offset += step;
    }
    if (components == 1) {
      write(loss, count, f32x4.neg(best));
      if (dm) {
        if (dw) scatter(dw, stride, count, zero);
        scatter(dm, stride, count, v128.load(scratch, 32));
        scatter(ds, stride, count, v128.load(scratch, 48));
      }
    } else {
      let total = zero;
      let weights = zero;
      for (let at = scratch; at < end; at += 64) {
        const share = exp4(f32x4.sub(v128.load(at), best));
        const weight = exp4(f32x4.sub(v128.load(at, 16), heaviest));
        total = f32x4.add(total, share);
        weights = f32x4.add(weights, weight);
        v128.store(at, share);
        v128.store(at, weight, 16);
      }
      const logs = log4(f32x4.div(weights, total));
      write(loss, count, f32x4.add(logs, f32x4.sub(heaviest, best)));
      if (dm) {
        const share = f32x4.div(one, total);
        const weight = f32x4.div(one, weights);
        offset = 0;
        for (let at = scratch; at < end; at += 64) {
          const responsible = f32x4.mul(v128.load(at), share);
          scatter(dw + offset, stride, count, f32x4.sub(f32x4.mul(v128.load(at, 16), weight), responsible));
          scatter(dm + offset, stride, count, f32x4.mul(v128.load(at, 32), responsible));
          scatter(ds + offset, stride, count, f32x4.mul(v128.load(at, 48), responsible));
          offset += step;
        }
      }
    }
    x += 16;
    loss += 16;
    w += stride << 2;
    m += stride << 2;
    s += stride << 2;
    if (dw) dw += stride << 2;
    if (dm) {
      dm += stride << 2;
      ds += stride << 2;
    }
  }
}

/** Logarithms of alpha and beta count as the nearer end of [-10, 10]: 0.000045 to 22,026. */
const MOST_LOG: f32 = 10;

const LN2_HI: f64 = reinterpret<f64>(0x3fe62e42fee00000);
const LN2_LO: f64 = 1.9082149292705877e-10;

/** log x of two normal x > 0, to 2e-15 relative or so. */
// @ts-ignore: decorator
@inline
function log2(x: v128): v128 {
  const shifted = i64x2.sub(x, i64x2.splat(0x3fe6a09e00000000));
  const e = i64x2.shr_s(shifted, 52);
  const f = f64x2.sub(i64x2.sub(x, i64x2.shl(e, 52)), f64x2.splat(1));
  const s = f64x2.div(f, f64x2.add(f, f64x2.splat(2)));
  const z = f64x2.mul(s, s);
  let p = f64x2.splat(2.0 / 19.0);
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(2.0 / 17.0));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(2.0 / 15.0));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(2.0 / 13.0));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(2.0 / 11.0));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(2.0 / 9.0));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(2.0 / 7.0));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(2.0 / 5.0));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(2.0 / 3.0));
  const tail = f64x2.mul(s, f64x2.sub(f, f64x2.mul(z, p)));
  // A whole number to a double: in the low bits of 1.5 2^52.
  const k = f64x2.sub(i64x2.add(e, i64x2.splat(0x4338000000000000)), f64x2.splat(6755399441055744.0));
  const low = f64x2.sub(f64x2.mul(k, f64x2.splat(LN2_LO)), tail);
  return f64x2.add(f64x2.mul(k, f64x2.splat(LN2_HI)), f64x2.add(f, low));
}

/** Writes log(n choose k) for k from 0 to n, as doubles. */
export function logChoices(n: i32, to: usize): void {
  let sum: f64 = 0;
  for (let k: i32 = 0; k <= n; k++) {
    store<f64>(to + (<usize>k << 3), sum);
    sum += log(<f64>(n - k) / <f64>(k + 1));
  }
}

// What `gammas` finds for two arguments: x (x + 1) ... (x + 7), log gamma(x) + the logarithm of that, and digamma.
let product: v128 = f64x2.splat(0);
let logGamma: v128 = f64x2.splat(0);
let slopes: v128 = f64x2.splat(0);

/**
 * Stirling's series at y = x + 8. Digamma is its derivative, less that of the product's logarithm, which is the
 * product's derivative over the product.
 */
// @ts-ignore: decorator
@inline
function gammas(x: v128): void {
  const one = f64x2.splat(1);
  let factor = x;
  let p = x;
  let dp = one;
  for (let i = 0; i < 7; i++) {
    factor = f64x2.add(factor, one);
    dp = f64x2.add(f64x2.mul(dp, factor), p);
    p = f64x2.mul(p, factor);
  }
  const y = f64x2.add(x, f64x2.splat(8));
  const inverse = f64x2.div(one, y);
  const v = f64x2.mul(inverse, inverse);
  const l = log2(y);
  let series = f64x2.splat(-691.0 / 360360.0);
  series = f64x2.add(f64x2.mul(series, v), f64x2.splat(1.0 / 1188.0));
  series = f64x2.add(f64x2.mul(series, v), f64x2.splat(-1.0 / 1680.0));
  series = f64x2.add(f64x2.mul(series, v), f64x2.splat(1.0 / 1260.0));
  series = f64x2.add(f64x2.mul(series, v), f64x2.splat(-1.0 / 360.0));
  series = f64x2.add(f64x2.mul(series, v), f64x2.splat(1.0 / 12.0));
  const half = f64x2.splat(0.5);
  // Without the constant log(2 pi) / 2, of which there are as many added as taken off.
  logGamma = f64x2.add(
    f64x2.sub(f64x2.mul(f64x2.sub(y, half), l), y),
    f64x2.mul(series, inverse),
  );
  let rest = f64x2.splat(-691.0 / 32760.0);
  rest = f64x2.add(f64x2.mul(rest, v), f64x2.splat(1.0 / 132.0));
  rest = f64x2.add(f64x2.mul(rest, v), f64x2.splat(-1.0 / 240.0));
  rest = f64x2.add(f64x2.mul(rest, v), f64x2.splat(1.0 / 252.0));
  rest = f64x2.add(f64x2.mul(rest, v), f64x2.splat(-1.0 / 120.0));
  rest = f64x2.add(f64x2.mul(rest, v), f64x2.splat(1.0 / 12.0));
  rest = f64x2.add(f64x2.mul(rest, v), f64x2.mul(half, inverse));
  product = p;
  slopes = f64x2.sub(f64x2.sub(l, rest), f64x2.div(dp, p));
}

/**
 * Values x from 0 to `trials` under beta-binomial distributions with alpha = e^a and beta = e^b:
 *   -log P(x) = -log(trials choose x) - log B(x + alpha, trials - x + beta) + log B(alpha, beta).
 * In doubles; the lanes are alpha's side and beta's.
 */
export function betaBinomials(
  n: usize,
  trials: i32,
  choices: usize,
  a: usize,
  b: usize,
  x: usize,
  loss: usize,
  da: usize,
  db: usize,
): void {
  for (let i: usize = 0; i < n; i++) {
    const k = load<f32>(x);
    const alpha = exp(<f64>max(min(load<f32>(a), MOST_LOG), -MOST_LOG));
    const beta = exp(<f64>max(min(load<f32>(b), MOST_LOG), -MOST_LOG));
    const both = f64x2(alpha, beta);
    gammas(both);
    const p0 = product;
    const l0 = logGamma;
    const s0 = slopes;
    gammas(f64x2.add(both, f64x2(<f64>k, <f64>trials - <f64>k)));
    const p1 = product;
    const l1 = logGamma;
    const s1 = slopes;
    const sum = alpha + beta;
    gammas(f64x2(sum, sum + <f64>trials));
    // log gamma(x + alpha) - log gamma(alpha), and beta's; then log gamma(alpha + beta) less that of all together.
    const risen = f64x2.sub(l1, l0);
    const taken = f64x2.extract_lane(logGamma, 0) - f64x2.extract_lane(logGamma, 1);
    const above = f64x2.extract_lane(p0, 0) * f64x2.extract_lane(p0, 1) * f64x2.extract_lane(product, 1);
    const below = f64x2.extract_lane(p1, 0) * f64x2.extract_lane(p1, 1) * f64x2.extract_lane(product, 0);
    const likelihood =
      load<f64>(choices + (<usize>k << 3)) +
      (f64x2.extract_lane(risen, 0) + f64x2.extract_lane(risen, 1) + taken) +
      log(above / below);
    store<f32>(loss, <f32>-likelihood);
    if (da) {
      const shared = f64x2.extract_lane(slopes, 0) - f64x2.extract_lane(slopes, 1);
      const by = f64x2.mul(both, f64x2.add(f64x2.sub(s1, s0), f64x2.splat(shared)));
      store<f32>(da, <f32>-f64x2.extract_lane(by, 0));
      store<f32>(db, <f32>-f64x2.extract_lane(by, 1));
      da += 4;
      db += 4;
    }
    a += 4;
    b += 4;
    x += 4;
    loss += 4;
  }
}
