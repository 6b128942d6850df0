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

/** The packed interval of a symbol; 0 when the model has no such symbol. */
export function intervalOf(kind: u32, symbol: i32, min: i32, max: i32, bits: u32, a: f64, b: f64): f64 {
  return familyInterval(kind, symbol, min, max, bits, a, b) ? packed() : 0.0;
}

/** The symbol at a quantile; {@link lastInterval} is its interval. */
export function symbolAt(kind: u32, quantile: u32, min: i32, max: i32, bits: u32, a: f64, b: f64): i32 {
  return familySymbolAt(kind, quantile, min, max, bits, a, b);
}

/** The packed interval that the last {@link symbolAt} found. */
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
