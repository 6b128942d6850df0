// Location-scale families at speed: the cdf from a table of polynomials, with a certificate that the integer is the
// exact path's; where that is lacking, the exact path itself.
//
// An interval's end is trunc(W F(x)) + whole units, where W is a whole number up to 2^24, and the words of all coders
// hang on that integer. The exact path is cdf() of families.ts: libm's functions in constriction's order. It takes some
// 40 ns for both ends of an interval. Here y = (x - a) (8 / b), F is read from a table with steps of 1, and its integer
// is taken only if W F is farther from the nearest whole number than any error of the two paths together. In about one
// case of 4000 it is not.
//
// The error of W F, as parts of W = 2^24 (a smaller W has a smaller one):
// - The arguments. Both paths have the same x - a. The exact one has three roundings more, that of sqrt(2) among them,
//   this one two: apart by a relative 5 2^-53 at most. |u F'(u)| <= 1/4 for each of the distributions, u = y / 8, which
//   makes 1.25 2^-53; y + 1/2 is rounded once more, and t is exact. Cauchy's half angle w = u / (1 + sqrt(1 + u^2)) has
//   four roundings, and |w F'(w)| <= 1 / pi. Together below 2^-51.
// - The exact path's functions are within 1 ulp, and each operation after them within half an ulp of a number up to 2,
//   the product with W included: below 2^-51.
// - The table: 6 Chebyshev nodes on steps of 2 h leave max |F^(6)| h^6 / (6! 2^5). With h = 1/16 this is 5.97e-12 for
//   the normal distribution (where F^(6) = -He5 phi is 2.307 at most), 1.3e-12 for Laplace's (1/2; its kink is between
//   two steps), less for the logistic (0.26); with h = 1/64 of w it is 4.9e-14 for Cauchy's (below (2 / pi) 5!).
// - Values at the nodes within 2^-51 become coefficients whose errors, each times the power of t that it stands by,
//   are below 2^-44 in sum, with those of the polynomial's own roundings, since |t| <= 1/2.
// - The sum with 2^28 rounds W F to multiples of 2^-24: half of 2^-24, which is 2^-49 of W.
// All together that is below 6.1e-12, and TOLERANCE is 2^-37 = 7.3e-12; test/locations.test.ts measures 5.93e-12.
//
// Beyond the table no polynomial is needed. Left of it W F < 1: the end is 0. Right of it W (1 - F) < 1, so the end is
// W - 1 as long as F is below 1 by some ulps, and W once its distance from 1 is far below half an ulp; between these
// two, and in Cauchy's tails, it is the exact path's. So it is with scales outside [1e-300, 1e300], where 1 / b or
// b sqrt(2) may leave the normal numbers, and with W = 0.
//
// Vectors of both ends at once are slower: their coefficients come from two places.

import { cdf, guess } from './families';
import { atan } from './libm';

export const GAUSSIAN: u32 = 0;
export const LAPLACE: u32 = 1;
export const CAUCHY: u32 = 2;
export const LOGISTIC: u32 = 3;

/** In multiples of 2^-24: what W F has to be away from whole numbers, 2^-37 of the largest W. */
const TOLERANCE: u32 = 2048;

// A table's step is 1/8 of its argument; an entry has the 6 coefficients of a polynomial in t, from -1/2 to 1/2. There
// is one entry more than steps, since an argument next to the end may be rounded to it.
const STEPS: f64 = 8.0;
const ENTRY: usize = 48;
const GAUSSIAN_REACH: f64 = 5.5;
const EXPONENTIAL_REACH: f64 = 17.0;
const CAUCHY_REACH: f64 = 4.0;
const GAUSSIAN_TABLE: usize = memory.data(89 * 48, 16);
const LAPLACE_TABLE: usize = memory.data(273 * 48, 16);
const LOGISTIC_TABLE: usize = memory.data(273 * 48, 16);
const CAUCHY_TABLE: usize = memory.data(65 * 48, 16);

// Quantile functions, piecewise linear in the distance from the nearer of 0 and 1, in 8 pieces for each power of two
// from 2^-25 to 2^-1; first those left of the median, then those right of it.
const PIECES: u32 = 192;
const QUANTILES: usize = memory.data(4 * 2 * 192 * 16, 16);

/** A bit for each kind whose tables are there. */
let ready: u32 = 0;

/** The magic numbers whose sums with small numbers are rounded: to whole ones, and to multiples of 2^-24. */
const WHOLE: f64 = 6755399441055744.0;
const FRACTIONS: f64 = 268435456.0;

// @ts-ignore: decorator
@inline
function reachOf(kind: u32): f64 {
  return kind == GAUSSIAN ? GAUSSIAN_REACH : kind == CAUCHY ? CAUCHY_REACH : EXPONENTIAL_REACH;
}

/** Where the entry would lie whose argument is from -1/8 to 0: number 0 of those that y + 1/2 is rounded to. */
// @ts-ignore: decorator
@inline
function middleOf(kind: u32): usize {
  if (kind == GAUSSIAN) return GAUSSIAN_TABLE + 43 * ENTRY;
  if (kind == CAUCHY) return CAUCHY_TABLE + 31 * ENTRY;
  return (kind == LAPLACE ? LAPLACE_TABLE : LOGISTIC_TABLE) + 135 * ENTRY;
}

/** F as the tables have it: Cauchy's argument is 4 tan(arctan(u) / 2), which has an end. */
function valueAt(kind: u32, u: f64): f64 {
  return kind == CAUCHY ? 0.5 + 0.6366197723675814 * atan(u * 0.25) : cdf(kind, u, 0.0, 1.0);
}

// The nodes' squares: (cos(k pi / 12) / 2)^2 for k = 1, 3, 5.
const S0: f64 = 0.23325317547305485;
const S1: f64 = 0.125;
const S2: f64 = 0.016746824526945165;

/** Stores a + b s + c s^2 through three points (s, y) at every other coefficient. */
// @ts-ignore: decorator
@inline
function interpolate(at: usize, y0: f64, y1: f64, y2: f64): void {
  const first = (y1 - y0) / (S1 - S0);
  const second = ((y2 - y1) / (S2 - S1) - first) / (S2 - S0);
  store<f64>(at, y0 - S0 * (first - S1 * second));
  store<f64>(at, first - (S0 + S1) * second, 16);
  store<f64>(at, second, 32);
}

function build(kind: u32): void {
  ready |= 1 << kind;
  const half = <i32>(reachOf(kind) * STEPS);
  for (let k = -half; k <= half; k++) {
    const at = middleOf(kind) + <usize>(k + 1) * ENTRY;
    // The even and the odd part at the nodes, each a polynomial in their squares.
    for (let odd: u32 = 0; odd < 2; odd++) {
      const y0 = part(kind, k, sqrt(S0), odd);
      const y1 = part(kind, k, sqrt(S1), odd);
      const y2 = part(kind, k, sqrt(S2), odd);
      interpolate(at + <usize>(odd << 3), y0, y1, y2);
    }
  }
  for (let i: u32 = 0; i < PIECES; i++) {
    const p0 = edge(i);
    const p1 = edge(i + 1);
    const x0 = guess(kind, p0 * 2.98023223876953125e-8, 0.0, 1.0);
    const x1 = guess(kind, p1 * 2.98023223876953125e-8, 0.0, 1.0);
    const slope = (x1 - x0) / (p1 - p0);
    const at = QUANTILES + <usize>(kind * 2 * PIECES + i) * 16;
    store<f64>(at, x0 - slope * p0);
    store<f64>(at, slope, 8);
    store<f64>(at, slope * p0 - x0, <usize>PIECES * 16);
    store<f64>(at, -slope, <usize>PIECES * 16 + 8);
  }
}

function part(kind: u32, k: i32, t: f64, odd: u32): f64 {
  const right = valueAt(kind, (<f64>k + 0.5 + t) / STEPS);
  const left = valueAt(kind, (<f64>k + 0.5 - t) / STEPS);
  return odd ? (right - left) / (2.0 * t) : (right + left) / 2.0;
}

/** Where piece i starts, in units of 2^-25: (1 + (i mod 8) / 8) 2^(i div 8). */
// @ts-ignore: decorator
@inline
function edge(i: u32): f64 {
  return reinterpret<f64>((<u64>(i + (1023 << 3))) << 49);
}

/** What the cdf's values are multiplied by: all but one unit a symbol, and one for the rounding. */
// @ts-ignore: decorator
@inline
function weightOf(min: i32, max: i32, bits: u32): f64 {
  return <f64>((1 << bits) - 1 - (max - min));
}

/** What (x - a) is multiplied by for the table's argument in steps, or NaN where the exact path has to do it. */
// @ts-ignore: decorator
@inline
function factorOf(kind: u32, b: f64): f64 {
  return b > 1e-300 && b < 1e300 ? (kind == CAUCHY ? 1.0 : STEPS) / b : NaN;
}

/** Whether the table has y = (x - a) factor. */
// @ts-ignore: decorator
@inline
function inTable(kind: u32, y: f64): bool {
  return abs(y) < (kind == CAUCHY ? 16777216.0 : reachOf(kind) * STEPS);
}

/** F from the table. */
// @ts-ignore: decorator
@inline
function value(kind: u32, y: f64): f64 {
  if (kind == CAUCHY) y = (CAUCHY_REACH * STEPS * y) / (1.0 + sqrt(1.0 + y * y));
  y += 0.5;
  const near = y + WHOLE;
  const t = y - (near - WHOLE);
  const at = middleOf(kind) + <usize>reinterpret<u64>(near) * ENTRY;
  const tt = t * t;
  return (
    load<f64>(at) + load<f64>(at, 8) * t + (load<f64>(at, 16) + load<f64>(at, 24) * t) * tt +
    (load<f64>(at, 32) + load<f64>(at, 40) * t) * (tt * tt)
  );
}

/** trunc(weight F(x)), exactly that of the exact path. */
// @ts-ignore: decorator
@inline
function whole(kind: u32, x: f64, a: f64, b: f64, factor: f64, weight: f64): u32 {
  const y = (x - a) * factor;
  if (inTable(kind, y)) {
    const fixed = reinterpret<u64>(weight * value(kind, y) + FRACTIONS);
    if (((<u32>fixed + TOLERANCE) & 0xffffff) >= 2 * TOLERANCE) return <u32>(fixed >> 24) & 0xfffffff;
  }
  return beyond(kind, x, a, b, y, weight);
}

/** F(x) from the table, NaN where it is not in the table: for tests of what is said above. */
export function tableCdf(kind: u32, x: f64, a: f64, b: f64): f64 {
  if ((ready & (1 << kind)) == 0) build(kind);
  const y = (x - a) * factorOf(kind, b);
  return inTable(kind, y) ? value(kind, y) : NaN;
}

/** {@link whole} where the table does not have it. */
function beyond(kind: u32, x: f64, a: f64, b: f64, y: f64, weight: f64): u32 {
  if (kind != CAUCHY && weight >= 1.0) {
    const u = y / STEPS;
    const reach = reachOf(kind);
    const normal = kind == GAUSSIAN;
    if (u <= -reach) return 0;
    if (u >= reach && u <= (normal ? 7.75 : 34.0)) return <u32>weight - 1;
    if (u >= (normal ? 8.5 : 40.0)) return <u32>weight;
  }
  return <u32>(weight * cdf(kind, x, a, b));
}

/** {@link whole} for searches. */
function wholeOf(kind: u32, x: f64, a: f64, b: f64, weight: f64): u32 {
  return whole(kind, x, a, b, factorOf(kind, b), weight);
}

/** The interval of a symbol, left + 2^32 probability; 0 when it has none. */
// @ts-ignore: decorator
@inline
function interval(kind: u32, symbol: i32, min: i32, max: i32, bits: u32, weight: f64, a: f64, b: f64): u64 {
  if (symbol < min || symbol > max) return 0;
  const x = <f64>symbol - 0.5;
  const factor = factorOf(kind, b);
  const units = <u32>(symbol - min);
  const from: u32 = symbol == min ? 0 : whole(kind, x, a, b, factor, weight) + units;
  const to = symbol == max ? <u32>1 << bits : whole(kind, x + 1.0, a, b, factor, weight) + units + 1;
  // A cdf that is out of order by its last bit can leave a symbol no interval.
  return to > from ? ((<u64>(to - from)) << 32) | from : 0;
}

/** The interval of a symbol, left + 2^32 probability; 0 when it has none. */
export function locationInterval(kind: u32, symbol: i32, min: i32, max: i32, bits: u32, a: f64, b: f64): u64 {
  if ((ready & (1 << kind)) == 0) build(kind);
  return interval(kind, symbol, min, max, bits, weightOf(min, max, bits), a, b);
}

/** The intervals of `n` symbols, with parameters `stride` bytes apart, the second ones `spacing` after the first. */
export function locationIntervals(
  kind: u32, n: i32, symbols: usize, parameters: usize, spacing: usize, stride: usize, min: i32, max: i32, bits: u32,
  to: usize,
): void {
  if ((ready & (1 << kind)) == 0) build(kind);
  if (kind == GAUSSIAN) intervals<u8>(kind, n, symbols, parameters, spacing, stride, min, max, bits, to);
  else if (kind == CAUCHY) intervals<u32>(kind, n, symbols, parameters, spacing, stride, min, max, bits, to);
  else intervals<u16>(kind, n, symbols, parameters, spacing, stride, min, max, bits, to);
}

/** The same for a kind that is known here: K is u8 for the Gaussian, u32 for Cauchy's, u16 for the two others. */
function intervals<K>(
  kind: u32, n: i32, symbols: usize, parameters: usize, spacing: usize, stride: usize, min: i32, max: i32, bits: u32,
  to: usize,
): void {
  const weight = weightOf(min, max, bits);
  const end = symbols + (<usize>n << 2);
  while (symbols < end) {
    const a = load<f64>(parameters);
    const b = load<f64>(parameters + spacing);
    const symbol = load<i32>(symbols);
    store<u64>(to, interval(known<K>(kind), symbol, min, max, bits, weight, a, b));
    symbols += 4;
    parameters += stride;
    to += 8;
  }
}

// @ts-ignore: decorator
@inline
function known<K>(kind: u32): u32 {
  if (sizeof<K>() == 1) return GAUSSIAN;
  if (sizeof<K>() == 4) return CAUCHY;
  return kind == LAPLACE ? LAPLACE : LOGISTIC;
}

/** About where the cdf is `quantile` 2^-24. */
// @ts-ignore: decorator
@inline
function about(kind: u32, quantile: u32, a: f64, b: f64): f64 {
  const right: u32 = -(quantile >> 23);
  const p = <f64>(((quantile ^ right) & 0xffffff) * 2 + 1);
  const piece = <u32>(reinterpret<u64>(p) >> 49) - (1023 << 3) + (right & PIECES) + kind * 2 * PIECES;
  const at = QUANTILES + (<usize>piece << 4);
  return load<f64>(at) * b + a + load<f64>(at, 8) * p * b;
}

/** x as a symbol, NaN and all. */
// @ts-ignore: decorator
@inline
function within(x: f64, min: i32, max: i32): f64 {
  if (!(x > <f64>min)) return <f64>min;
  return x < <f64>max ? x + WHOLE - WHOLE : <f64>max;
}

/** Stores the symbol whose interval holds `quantile` < 2^bits; returns its interval, left + 2^32 probability. */
export function locationSymbolAt(
  kind: u32, quantile: u32, min: i32, max: i32, bits: u32, a: f64, b: f64, into: usize,
): u64 {
  if ((ready & (1 << kind)) == 0) build(kind);
  if (kind == GAUSSIAN) return symbolAt<u8>(kind, quantile, min, max, bits, a, b, into);
  if (kind == CAUCHY) return symbolAt<u32>(kind, quantile, min, max, bits, a, b, into);
  return symbolAt<u16>(kind, quantile, min, max, bits, a, b, into);
}

function symbolAt<K>(
  which: u32, quantile: u32, min: i32, max: i32, bits: u32, a: f64, b: f64, into: usize,
): u64 {
  const kind = known<K>(which);
  const weight = weightOf(min, max, bits);
  const factor = factorOf(kind, b);
  let x = within(about(kind, bits == 24 ? quantile : (quantile << 12) + 2048, a, b), min, max);
  // Of the quantile about (symbol - min) units are the symbols' own: with many symbols the guess has to leave them out.
  if (max - min > 1 << (bits - 12) && weight > 0.0) {
    const share = (<f64>quantile + 0.5 - (x - <f64>min)) / weight;
    if (share > 0.0 && share < 1.0) x = within(about(kind, <u32>(share * 16777216.0), a, b), min, max);
  }
  const symbol = <i32>x;
  const units = <u32>(symbol - min);
  const from: u32 = symbol == min ? 0 : whole(kind, x - 0.5, a, b, factor, weight) + units;
  const to = symbol == max ? <u32>1 << bits : whole(kind, x + 0.5, a, b, factor, weight) + units + 1;
  if (from <= quantile && quantile < to) {
    store<i32>(into, symbol);
    return ((<u64>(to - from)) << 32) | from;
  }
  return search(kind, quantile, min, max, bits, a, b, symbol, from, to, into);
}

/** The same where the first guess, with the interval from..to, is wrong: a second one, steps that double, then halves. */
function search(
  kind: u32, quantile: u32, min: i32, max: i32, bits: u32, a: f64, b: f64, symbol: i32, from: u32, to: u32, into: usize,
): u64 {
  const weight = weightOf(min, max, bits);
  let low = symbol;
  let high: i32;
  // With a large scale the guess may be some symbols off: as many as are as wide as this one.
  const jump = floor((<f64>quantile - <f64>from) / <f64>(<i32>(to - from)));
  if (abs(jump) >= 2.0 && abs(jump) <= 4096.0) {
    const x = <f64>symbol + jump;
    if (x > <f64>min && x < <f64>max) {
      low = <i32>x;
      from = wholeOf(kind, x - 0.5, a, b, weight) + <u32>(low - min);
      to = wholeOf(kind, x + 0.5, a, b, weight) + <u32>(low - min) + 1;
      if (from <= quantile && quantile < to) {
        store<i32>(into, low);
        return ((<u64>(to - from)) << 32) | from;
      }
    }
  }
  if (from > quantile) {
    // The first symbol's left end is 0.
    high = low;
    to = from;
    for (let step: i64 = 1; ; step <<= 1) {
      const next = <i64>high - step;
      low = next > <i64>min ? <i32>next : min;
      from = low == min ? 0 : wholeOf(kind, <f64>low - 0.5, a, b, weight) + <u32>(low - min);
      if (from <= quantile) break;
      high = low;
      to = from;
    }
  } else {
    // quantile >= to, the left end of a symbol that is there, since the last one's interval ends at 2^bits.
    low += 1;
    from = to;
    for (let step: i64 = 1; ; step <<= 1) {
      if (low == max) {
        store<i32>(into, low);
        return ((<u64>((1 << bits) - from)) << 32) | from;
      }
      const next = <i64>low + step;
      high = next < <i64>max ? <i32>next : max;
      to = wholeOf(kind, <f64>high - 0.5, a, b, weight) + <u32>(high - min);
      if (to > quantile) break;
      low = high;
      from = to;
    }
  }
  // from = left(low) <= quantile < left(high) = to
  while (<u32>(high - low) > 1) {
    const middle = low + <i32>(<u32>(high - low) >> 1);
    const at = wholeOf(kind, <f64>middle - 0.5, a, b, weight) + <u32>(middle - min);
    if (at <= quantile) {
      low = middle;
      from = at;
    } else {
      high = middle;
      to = at;
    }
  }
  store<i32>(into, low);
  return ((<u64>(to - from)) << 32) | from;
}
