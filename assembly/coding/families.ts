// Families of distributions as intervals of integers: symbol <-> [left, left + probability) of [0, 2^bits).
//
// A distribution's cdf is cut at s - 1/2 and s + 1/2 and, leakily, each symbol of [min, max] gets one unit on top, so
// that none is impossible: constriction's LeakyQuantizer, with libm's functions in its order of operations. Intervals
// come from one function, the left end of a symbol; the right end is the left end of the next. Decoding searches that
// function from a guess, so that the guess decides only the time and never the symbol.

import { binomialSum, poissonSum } from './beta';
import { atan, erf, exp, log, log1p } from './libm';
import { locationInterval, locationSymbolAt } from './locations';
import { normalQuantile } from './quantile';
import { FIRST_RESIDENT, residentInterval, residentSymbolAt } from './resident';
import { studentCdf, studentQuantile } from './student';

// The host's names for these: src/models/model.ts.
const GAUSSIAN: u32 = 0;
const LAPLACE: u32 = 1;
const CAUCHY: u32 = 2;
const LOGISTIC: u32 = 3;
const BINOMIAL: u32 = 4;
const BERNOULLI: u32 = 5;
const UNIFORM: u32 = 6;
const POISSON: u32 = 7;
const GEOMETRIC: u32 = 8;
const BERNOULLI_FAST: u32 = 9;
/** Trials fixed by `max`, the probability of success as the only parameter. */
const BINOMIAL_OF_P: u32 = 10;
const STUDENT: u32 = 11;

/** The interval last asked for. */
export let left: u32 = 0;
export let probability: u32 = 0;

/** Makes what another file has computed the interval last asked for. */
// @ts-ignore: decorator
@inline
export function setInterval(start: u32, width: u32): void {
  left = start;
  probability = width;
}

/** Where a symbol is put that a function finds beside its interval. */
const FOUND: usize = memory.data(8, 8);

const SQRT_2: f64 = 1.4142135623730951;
const INV_PI: f64 = 0.3183098861837907;

/** P(X <= x) */
export function cdf(kind: u32, x: f64, a: f64, b: f64): f64 {
  switch (kind) {
    case GAUSSIAN:
      return (1.0 + erf((x - a) / (b * SQRT_2))) / 2.0;
    case LAPLACE:
      return x <= a ? 0.5 * exp((x - a) / b) : 1.0 - 0.5 * exp(-(x - a) / b);
    case CAUCHY:
      return INV_PI * atan((x - a) / b) + 0.5;
    case LOGISTIC:
      return 1.0 / (1.0 + exp(-(x - a) / b));
    case STUDENT:
      return studentCdf((x - a) / b);
    case BINOMIAL:
      return binomialSum(floor(x), a, b);
    case POISSON:
      return poissonSum(floor(x), a);
    default: {
      // Geometric: what is left after k failures is (1 - p)^(k + 1).
      const tail = exp((floor(x) + 1.0) * log1p(-a));
      return tail < 1.0 ? 1.0 - tail : 0.0;
    }
  }
}

/** The left end of a symbol that is not the first. */
// @ts-ignore: decorator
@inline
function leftOf(kind: u32, symbol: i32, min: i32, weight: f64, a: f64, b: f64): u32 {
  return <u32>(weight * cdf(kind, <f64>symbol - 0.5, a, b)) + <u32>(symbol - min);
}

/** What the cdf's values are multiplied by: all but one unit a symbol, and one for the rounding. */
// @ts-ignore: decorator
@inline
function freeWeight(min: i32, max: i32, bits: u32): f64 {
  return <f64>((1 << bits) - 1 - (max - min));
}

/** Sets `left` and `probability`; false when the model has no such symbol. */
export function familyInterval(kind: u32, symbol: i32, min: i32, max: i32, bits: u32, a: f64, b: f64): bool {
  if (kind <= LOGISTIC) {
    const found = locationInterval(kind, symbol, min, max, bits, a, b);
    setInterval(<u32>found, <u32>(found >> 32));
    return found != 0;
  }
  if (kind >= FIRST_RESIDENT) return residentInterval(kind, symbol, max, bits, a, b);
  if (kind == BINOMIAL) {
    min = 0;
    max = <i32>a;
  } else if (kind == BINOMIAL_OF_P) {
    kind = BINOMIAL;
    b = a;
    a = <f64>max;
  } else if (kind == UNIFORM) {
    return uniformInterval(symbol, bits, a);
  } else if (kind == BERNOULLI || kind == BERNOULLI_FAST) {
    const cut = bernoulliCut(kind == BERNOULLI, bits, a);
    left = symbol == 0 ? 0 : cut;
    probability = symbol == 0 ? cut : (1 << bits) - cut;
    return symbol == 0 || symbol == 1;
  }
  if (symbol < min || symbol > max) return false;
  const weight = freeWeight(min, max, bits);
  const from: u32 = symbol == min ? 0 : leftOf(kind, symbol, min, weight, a, b);
  const to = symbol == max ? <u32>1 << bits : leftOf(kind, symbol + 1, min, weight, a, b);
  left = from;
  probability = to - from;
  // A cdf that is out of order by its last bit can leave a symbol no interval.
  return to > from;
}

/** The symbol whose interval holds `quantile` < 2^bits; sets `left` and `probability`, never empty. */
export function familySymbolAt(kind: u32, quantile: u32, min: i32, max: i32, bits: u32, a: f64, b: f64): i32 {
  if (kind <= LOGISTIC) {
    const found = locationSymbolAt(kind, quantile, min, max, bits, a, b, FOUND);
    setInterval(<u32>found, <u32>(found >> 32));
    return load<i32>(FOUND);
  }
  if (kind >= FIRST_RESIDENT) return residentSymbolAt(kind, quantile, max, bits, a, b);
  if (kind == BINOMIAL) {
    min = 0;
    max = <i32>a;
  } else if (kind == BINOMIAL_OF_P) {
    kind = BINOMIAL;
    b = a;
    a = <f64>max;
  } else if (kind == UNIFORM) {
    const each = (<u32>1 << bits) / <u32>a;
    const symbol = <i32>min32(quantile / each, <u32>a - 1);
    uniformInterval(symbol, bits, a);
    return symbol;
  } else if (kind == BERNOULLI || kind == BERNOULLI_FAST) {
    const cut = bernoulliCut(kind == BERNOULLI, bits, a);
    const symbol = quantile < cut ? 0 : 1;
    left = symbol ? cut : 0;
    probability = symbol ? (1 << bits) - cut : cut;
    return symbol;
  }

  const weight = freeWeight(min, max, bits);
  // Of the quantile about (symbol - min) units are the symbols' own: with many symbols the guess has to leave them out.
  let x = guess(kind, (<f64>quantile + 0.5) / <f64>(<u32>1 << bits), a, b);
  if (max - min > 1 << (bits - 12) && weight > 0.0) {
    const units = within(x, min, max) - <f64>min;
    const share = (<f64>quantile + 0.5 - units) / weight;
    if (share > 0.0 && share < 1.0) x = guess(kind, share, a, b);
  }
  let low = <i32>within(x, min, max);
  let from: u32 = low == min ? 0 : leftOf(kind, low, min, weight, a, b);
  let high: i32;
  let to: u32;
  if (from > quantile) {
    // Steps down that double, until the left end is low enough. The first symbol's is 0.
    high = low;
    to = from;
    for (let step: i64 = 1; ; step <<= 1) {
      low = <i32>max64(<i64>high - step, min);
      from = low == min ? 0 : leftOf(kind, low, min, weight, a, b);
      if (from <= quantile) break;
      high = low;
      to = from;
    }
  } else {
    for (let step: i64 = 1; ; step <<= 1) {
      if (low == max) {
        left = from;
        probability = (1 << bits) - from;
        return low;
      }
      high = <i32>min64(<i64>low + step, max);
      to = leftOf(kind, high, min, weight, a, b);
      if (to > quantile) break;
      low = high;
      from = to;
    }
  }
  // from = left(low) <= quantile < left(high) = to
  while (<u32>(high - low) > 1) {
    const middle = low + <i32>(<u32>(high - low) >> 1);
    const at = leftOf(kind, middle, min, weight, a, b);
    if (at <= quantile) {
      low = middle;
      from = at;
    } else {
      high = middle;
      to = at;
    }
  }
  left = from;
  probability = to - from;
  return low;
}

// @ts-ignore: decorator
@inline
function min32(a: u32, b: u32): u32 {
  return a < b ? a : b;
}

// @ts-ignore: decorator
@inline
function min64(a: i64, b: i64): i64 {
  return a < b ? a : b;
}

// @ts-ignore: decorator
@inline
function max64(a: i64, b: i64): i64 {
  return a > b ? a : b;
}

/** x as a symbol, NaN and all. */
// @ts-ignore: decorator
@inline
function within(x: f64, min: i32, max: i32): f64 {
  x = floor(x + 0.5);
  if (!(x > <f64>min)) return <f64>min;
  return x < <f64>max ? x : <f64>max;
}

/** Where the cdf is about p: right to a symbol or so where the arithmetic allows it. */
export function guess(kind: u32, p: f64, a: f64, b: f64): f64 {
  switch (kind) {
    case GAUSSIAN:
      return a + b * normalQuantile(p);
    case LAPLACE:
      return p > 0.5 ? a - b * log(2.0 - 2.0 * p) : a + b * log(2.0 * p);
    case CAUCHY:
      return a + b * tanPi(p - 0.5);
    case LOGISTIC:
      return a + b * log(p / (1.0 - p));
    case STUDENT:
      return a + b * studentQuantile(p);
    case BINOMIAL:
      return a * b + sqrt(a * b * (1.0 - b)) * normalQuantile(p);
    case POISSON: {
      const z = normalQuantile(p);
      return a + sqrt(a) * z + (z * z - 1.0) / 6.0;
    }
    default:
      return a < 1.0 ? log1p(-p) / log1p(-a) - 0.5 : 0.0;
  }
}

/** tan(pi t) for |t| < 1/2, to a relative 1e-9 or so. */
function tanPi(t: f64): f64 {
  const size = abs(t);
  const steep = size > 0.25;
  const x = (steep ? 0.5 - size : size) * 3.141592653589793;
  const z = x * x;
  const sin =
    x * (1.0 - (z / 6.0) * (1.0 - (z / 20.0) * (1.0 - (z / 42.0) * (1.0 - (z / 72.0) * (1.0 - z / 110.0)))));
  const cos = 1.0 - (z / 2.0) * (1.0 - (z / 12.0) * (1.0 - (z / 30.0) * (1.0 - (z / 56.0) * (1.0 - z / 90.0))));
  const y = steep ? cos / sin : sin / cos;
  return t < 0.0 ? -y : y;
}

function uniformInterval(symbol: i32, bits: u32, size: f64): bool {
  const last = <u32>size - 1;
  if (<u32>symbol > last) return false;
  const each = (<u32>1 << bits) / <u32>size;
  left = <u32>symbol * each;
  probability = <u32>symbol == last ? (<u32>1 << bits) - left : each;
  return true;
}

/** Where the intervals of 0 and 1 meet, for probabilities 1 - p and p, as quantize.ts does it for any number. */
function bernoulliCut(perfect: bool, bits: u32, p: f64): u32 {
  const p0 = 1.0 - p;
  const free = (<u32>1 << bits) - 2;
  const scale = <f64>free / (p0 + p);
  let w0 = <u32>(p0 * scale) + 1;
  if (!perfect) return w0;
  let w1 = <u32>(p * scale) + 1;
  const rest = <i32>free + 2 - <i32>(w0 + w1);
  // Two units left go one to each; one goes where it lowers the cross entropy more, to the 0 in a tie.
  if (rest == 2) {
    w0 += 1;
    w1 += 1;
  } else if (rest == 1) {
    if (p * log1p(1.0 / <f64>w1) > p0 * log1p(1.0 / <f64>w0)) w1 += 1;
    else w0 += 1;
  } else if (rest < 0) {
    if (w0 > w1) w0 -= 1;
    else w1 -= 1;
  }
  // Then they trade for as long as both gain: each only ever buys or only sells.
  const win0 = p0 * log1p(1.0 / <f64>w0);
  const win1 = p * log1p(1.0 / <f64>w1);
  if (win0 > win1) {
    while (w1 > 1 && p0 * log1p(1.0 / <f64>w0) > -p * log1p(-1.0 / <f64>w1)) {
      w0 += 1;
      w1 -= 1;
    }
  } else {
    while (w0 > 1 && p * log1p(1.0 / <f64>w1) > -p0 * log1p(-1.0 / <f64>w0)) {
      w0 -= 1;
      w1 += 1;
    }
  }
  return w0;
}
