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
const TWO_200: f64 = reinterpret<f64>((<u64>(200 + 1023)) << 52);
const TWO_100: f64 = reinterpret<f64>((<u64>(100 + 1023)) << 52);
/** A weight this much smaller than the sum does not change it. */
const NOTHING: f64 = reinterpret<f64>((<u64>(1023 - 55)) << 52);

// The parameters, reduced to where ratios are far from overflow; and what `survey` finds.
let alpha: f64 = 0;
let beta: f64 = 0;
/** How often the sums are scaled down. */
let scalings: i32 = 0;

/**
 * When both parameters are huge only their ratio counts, and so it does when both are tiny; when just one is, it might
 * as well be 2^200 or 2^-200. So the whole range of positive doubles is allowed.
 */
function reduce(a: f64, b: f64): void {
  if (a > TWO_100 && b > TWO_100) {
    const factor = TWO_100 / min(a, b);
    a *= factor;
    b *= factor;
  } else if (a < 1.0 / TWO_100 && b < 1.0 / TWO_100) {
    const factor = 1.0 / TWO_100 / max(a, b);
    a *= factor;
    b *= factor;
  }
  alpha = min(max(a, 1.0 / TWO_200), TWO_200);
  beta = min(max(b, 1.0 / TWO_200), TWO_200);
}

/** The weight of k + 1 over that of k. */
// @ts-ignore: decorator
@inline
function ratio(k: f64, n: f64, a: f64, b: f64): f64 {
  return ((n - k) * (k + a)) / ((k + 1.0) * (n - k - 1.0 + b));
}

/** Units that are not the symbols' own. */
// @ts-ignore: decorator
@inline
function freeUnits(n: i32, bits: u32): f64 {
  return <f64>((1 << bits) - 1 - n);
}

/** Sets the interval of a symbol of 0 to n; false outside. */
export function betaBinomialInterval(symbol: i32, n: i32, bits: u32, a: f64, b: f64): bool {
  if (<u32>symbol > <u32>n) return false;
  reduce(a, b);
  a = alpha;
  b = beta;
  const trials = <f64>n;
  const peaked = a >= 1.0 && b >= 1.0;
  let w: f64 = 1.0;
  let sum: f64 = 0.0;
  let from: f64 = 0.0;
  let to: f64 = 0.0;
  for (let k: i32 = 0; ; k++) {
    if (k == symbol) {
      from = sum;
      to = sum + w;
    }
    sum += w;
    // Past the peak the rest adds nothing, to the last bit.
    if (k == n || (peaked && w < sum * NOTHING && k >= symbol)) break;
    w *= ratio(<f64>k, trials, a, b);
    if (w > MUCH) {
      w *= LITTLE;
      sum *= LITTLE;
      from *= LITTLE;
      to *= LITTLE;
    }
  }
  const scale = freeUnits(n, bits) / sum;
  const start = <u32>(from * scale) + symbol;
  const end = symbol == n ? <u32>1 << bits : <u32>(to * scale) + symbol + 1;
  setInterval(start, end - start);
  return true;
}

/** Units for each unit of the final sum; sets {@link scalings}. */
function survey(n: i32, bits: u32): f64 {
  const a = alpha;
  const b = beta;
  const trials = <f64>n;
  const peaked = a >= 1.0 && b >= 1.0;
  let w: f64 = 1.0;
  let sum: f64 = 0.0;
  let count = 0;
  for (let k: i32 = 0; ; k++) {
    sum += w;
    if (k == n || (peaked && w < sum * NOTHING)) break;
    w *= ratio(<f64>k, trials, a, b);
    if (w > MUCH) {
      w *= LITTLE;
      sum *= LITTLE;
      count++;
    }
  }
  scalings = count;
  return freeUnits(n, bits) / sum;
}

/** What a sum is multiplied by that is scaled down another `rest` times: all of a second time is below one unit. */
// @ts-ignore: decorator
@inline
function scaleAfter(rest: i32, scale: f64): f64 {
  return rest == 0 ? scale : rest == 1 ? scale * LITTLE : 0.0;
}

/** The symbol at a quantile; sets its interval. Two passes: one for the total, one to where the quantile is. */
export function betaBinomialSymbolAt(quantile: u32, n: i32, bits: u32, a: f64, b: f64): i32 {
  reduce(a, b);
  const scale = survey(n, bits);
  let rest = scalings;
  let now = scaleAfter(rest, scale);
  a = alpha;
  b = beta;
  const trials = <f64>n;
  let w: f64 = 1.0;
  let sum: f64 = 0.0;
  let start: u32 = 0;
  let k: i32 = 0;
  for (; k < n; k++) {
    const next = sum + w;
    // left(k + 1) > quantile
    if (next * now >= <f64>quantile - <f64>k) {
      start = <u32>(sum * now) + k;
      setInterval(start, <u32>(next * now) + k + 1 - start);
      return k;
    }
    sum = next;
    w *= ratio(<f64>k, trials, a, b);
    if (w > MUCH) {
      w *= LITTLE;
      sum *= LITTLE;
      now = scaleAfter(--rest, scale);
    }
  }
  start = <u32>(sum * now) + k;
  setInterval(start, (<u32>1 << bits) - start);
  return k;
}

/** Writes all n + 2 left ends at scratch(). */
export function betaBinomialTable(n: i32, bits: u32, a: f64, b: f64): void {
  reduce(a, b);
  const scale = survey(n, bits);
  let rest = scalings;
  let now = scaleAfter(rest, scale);
  a = alpha;
  b = beta;
  const trials = <f64>n;
  let w: f64 = 1.0;
  let sum: f64 = 0.0;
  const at = scratch();
  for (let k: i32 = 0; k <= n; k++) {
    store<u32>(at + (<usize>k << 2), <u32>(sum * now) + k);
    sum += w;
    w *= ratio(<f64>k, trials, a, b);
    if (w > MUCH) {
      w *= LITTLE;
      sum *= LITTLE;
      now = scaleAfter(--rest, scale);
    }
  }
  store<u32>(at + (<usize>(n + 1) << 2), 1 << bits);
}
