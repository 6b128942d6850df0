// What the host calls for one symbol, one number or one model, and what its tests hold libm.ts to.

import { familyInterval, familySymbolAt, left, probability, setInterval } from './families';
import { mixtureInterval, mixtureLeft, mixtureSymbolAt, mixtureWidth } from './mixtures';

export { binomialSum, incompleteBeta, poissonSum } from './beta';
export { betaBinomialTable } from './beta-binomial';
export { cdf, guess } from './families';
export { atan, erf, erfc, exp, lgamma, log, log1p, pow } from './libm';
export { tableCdf } from './locations';
export { fillMixtureTable, shapeMixture } from './mixtures';
export { fillTable, scratch } from './quantize';
export { normalQuantile } from './quantile';
export { studentTable } from './student';

/** An interval in one number: left 2^25 + probability. */
// @ts-ignore: decorator
@inline
function packed(): f64 {
  return <f64>left * 33554432.0 + <f64>probability;
}

// Where a family's interval is left, its left end before its size: reading two numbers there costs the host less than
// taking one apart.
const FOUND: usize = memory.data(8, 8);

export function found(): usize {
  return FOUND;
}

/** Whether a model has a symbol, whose interval goes to {@link found}. */
export function intervalOf(kind: u32, symbol: i32, min: i32, max: i32, bits: u32, a: f64, b: f64): bool {
  if (!familyInterval(kind, symbol, min, max, bits, a, b)) return false;
  store<u32>(FOUND, left);
  store<u32>(FOUND, probability, 4);
  return true;
}

/** The symbol at a quantile; its interval goes to {@link found}. */
export function symbolAt(kind: u32, quantile: u32, min: i32, max: i32, bits: u32, a: f64, b: f64): i32 {
  const symbol = familySymbolAt(kind, quantile, min, max, bits, a, b);
  store<u32>(FOUND, left);
  store<u32>(FOUND, probability, 4);
  return symbol;
}

/** The packed interval that the last {@link mixtureSymbolOf} found. */
export function lastInterval(): f64 {
  return packed();
}

/** The packed interval of a symbol of a mixture, whose parameters are at `row`. */
export function mixtureIntervalOf(row: usize, kind: u32, symbol: i32, min: i32, max: i32, bits: u32): f64 {
  const found = mixtureInterval(row, kind, symbol, min, max, bits);
  setInterval(mixtureLeft, mixtureWidth);
  return found ? packed() : 0.0;
}

/** The symbol of a mixture at a quantile; {@link lastInterval} is its interval. */
export function mixtureSymbolOf(row: usize, kind: u32, quantile: u32, min: i32, max: i32, bits: u32): i32 {
  const symbol = mixtureSymbolAt(row, kind, quantile, min, max, bits);
  setInterval(mixtureLeft, mixtureWidth);
  return symbol;
}
