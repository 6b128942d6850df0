// Beta-binomial distributions: n trials whose probability of success has itself a beta distribution.
//
// Weights come from the ratio of neighbours, w(k + 1) / w(k) = (n - k)(k + a) / ((k + 1)(n - k - 1 + b)), from k = 0 on.
// A weight that grows too large is scaled down by a power of two with all sums so far, which rounds nothing that
// counts; what gets too small is nothing beside the others. Sums never fall, so that the left ends,
// trunc(free * sum(k - 1) / total) + k, rise by one at least.

import { setInterval } from './families';
import { scratch } from './quantize';

/** Weights above this are scaled down. */
const MUCH: f64 = reinterpret<f64>((<u64>(500 + 1023)) << 52);
const LITTLE: f64 = reinterpret<f64>((<u64>(1023 - 500)) << 52);
const TWO_120: f64 = reinterpret<f64>((<u64>(120 + 1023)) << 52);
const TWO_60: f64 = reinterpret<f64>((<u64>(60 + 1023)) << 52);
/** A weight this much smaller than the sum does not change it. */
const NOTHING: f64 = reinterpret<f64>((<u64>(1023 - 55)) << 52);

/** Places on the way that decoding remembers, so that it need not go all of it twice: weight, sum and scalings. */
const POINTS: i32 = 64;
const points: usize = memory.data(64 * 24, 8);

let trials: f64 = 0;
let alpha: f64 = 0;
let beta: f64 = 0;
/** NOTHING for a single peak, past which a weight that adds nothing is followed by none that does; else 0. */
let nothing: f64 = 0;
// Where the run is: the weight that comes next, the sum before it, and how often both were scaled down.
let weight: f64 = 0;
let sum: f64 = 0;
let scalings: i32 = 0;

/**
 * Starts at k = 0. When both parameters are huge only their ratio counts, and so it does when both are tiny; when just
 * one is, it might as well be 2^120 or 2^-120. So all positive doubles are allowed, a ratio of weights is at most
 * 2^256 (2^136 but for the last), and two of them and 2^500 do not overflow.
 */
function begin(n: i32, a: f64, b: f64): void {
  if (a > TWO_60 && b > TWO_60) {
    const factor = TWO_60 / min(a, b);
    a *= factor;
    b *= factor;
  } else if (a < 1.0 / TWO_60 && b < 1.0 / TWO_60) {
    const factor = 1.0 / TWO_60 / max(a, b);
    a *= factor;
    b *= factor;
  }
  trials = <f64>n;
  alpha = min(max(a, 1.0 / TWO_120), TWO_120);
  beta = min(max(b, 1.0 / TWO_120), TWO_120);
  nothing = alpha >= 1.0 && beta >= 1.0 ? NOTHING : 0.0;
  weight = 1.0;
  sum = 0.0;
  scalings = 0;
}

/** Adds the weights of `k` to `end` - 1: two ratios at a time, since they are what takes time. */
function run(k: i32, end: i32): void {
  const n = f64x2.splat(trials);
  const a = f64x2.splat(alpha);
  const b = f64x2.splat(beta);
  const one = f64x2.splat(1.0);
  const two = f64x2.splat(2.0);
  const least = nothing;
  let at = f64x2(<f64>k, <f64>k + 1.0);
  let w = weight;
  let s = sum;
  let count = scalings;
  while (k < end) {
    const left = f64x2.sub(n, at);
    const ratio = f64x2.div(
      f64x2.mul(left, f64x2.add(at, a)),
      f64x2.mul(f64x2.add(at, one), f64x2.add(f64x2.sub(left, one), b)),
    );
    at = f64x2.add(at, two);
    s += w;
    w *= f64x2.extract_lane(ratio, 0);
    k += 2;
    if (k <= end) {
      s += w;
      w *= f64x2.extract_lane(ratio, 1);
    }
    if (w > MUCH) {
      w *= LITTLE;
      s *= LITTLE;
      count++;
    }
    if (w < s * least) break;
  }
  weight = w;
  sum = s;
  scalings = count;
}

/** Units that are not the symbols' own, for each unit of the whole sum. */
// @ts-ignore: decorator
@inline
function scaleOf(n: i32, bits: u32): f64 {
  return <f64>((1 << bits) - 1 - n) / sum;
}

/**
 * The left end of `k` from the sum before it, which is to be scaled down another `rest` times: 2^-1000 leaves nothing.
 * Or up again once: a run in short pieces may have looked at a weight at its largest, which a run in one went past.
 */
// @ts-ignore: decorator
@inline
function leftEnd(before: f64, rest: i32, scale: f64, k: i32): u32 {
  const factor = rest == 0 ? scale : rest == 1 ? scale * LITTLE : rest < 0 ? scale * MUCH : 0.0;
  return <u32>(before * factor) + k;
}

/** Sets the interval of a symbol of 0 to n; false outside. */
export function betaBinomialInterval(symbol: i32, n: i32, bits: u32, a: f64, b: f64): bool {
  if (<u32>symbol > <u32>n) return false;
  begin(n, a, b);
  run(0, symbol);
  const from = sum;
  const fromScalings = scalings;
  run(symbol, symbol + 1);
  const to = sum;
  const toScalings = scalings;
  run(symbol + 1, n + 1);
  const scale = scaleOf(n, bits);
  const start = leftEnd(from, scalings - fromScalings, scale, symbol);
  const end = symbol == n ? <u32>1 << bits : leftEnd(to, scalings - toScalings, scale, symbol + 1);
  setInterval(start, end - start);
  return true;
}

/** The symbol at a quantile; sets its interval. */
export function betaBinomialSymbolAt(quantile: u32, n: i32, bits: u32, a: f64, b: f64): i32 {
  begin(n, a, b);
  const step = (n + POINTS) / POINTS;
  let high: i32 = 0;
  for (let k: i32 = 0; k <= n; k += step) {
    const point = points + <usize>high * 24;
    store<f64>(point, weight);
    store<f64>(point, sum, 8);
    store<i32>(point, scalings, 16);
    high++;
    run(k, k + step <= n ? k + step : n + 1);
  }
  const scale = scaleOf(n, bits);
  const whole = scalings;
  // The last point whose left end is not above the quantile.
  let low: i32 = 0;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const point = points + <usize>middle * 24;
    const at = leftEnd(load<f64>(point, 8), whole - load<i32>(point, 16), scale, middle * step);
    if (at <= quantile) low = middle;
    else high = middle;
  }
  const point = points + <usize>low * 24;
  weight = load<f64>(point);
  sum = load<f64>(point, 8);
  scalings = load<i32>(point, 16);
  let k = low * step;
  let from = leftEnd(sum, whole - scalings, scale, k);
  for (; k < n; k++) {
    run(k, k + 1);
    const to = leftEnd(sum, whole - scalings, scale, k + 1);
    if (to > quantile) {
      setInterval(from, to - from);
      return k;
    }
    from = to;
  }
  setInterval(from, (<u32>1 << bits) - from);
  return k;
}

/** Writes all n + 2 left ends at scratch(). */
export function betaBinomialTable(n: i32, bits: u32, a: f64, b: f64): void {
  begin(n, a, b);
  run(0, n + 1);
  const scale = scaleOf(n, bits);
  const whole = scalings;
  begin(n, a, b);
  const at = scratch();
  for (let k: i32 = 0; k <= n; k++) {
    store<u32>(at + (<usize>k << 2), leftEnd(sum, whole - scalings, scale, k));
    run(k, k + 1);
  }
  store<u32>(at + (<usize>(n + 1) << 2), 1 << bits);
}
