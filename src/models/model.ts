/**
 * What an entropy model is: a map between symbols and intervals of integers.
 *
 * A model of precision 24 cuts [0, 2^24) into one interval a symbol, [left, left + probability), none of them empty; a
 * coder knows nothing else of it. A *model* has its parameters; a *family* gets them with the symbols, one set each.
 */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import type { Coding } from '../kernels/coding.ts';

/** Bits of a model's probabilities: 24 with the coders' default preset, 12 with the small one. */
export type Precision = 12 | 24;

/** An interval [left, left + probability) of [0, 2^precision). Callers reuse one object for many calls. */
export interface Interval {
  /** Where the interval starts. */
  left: number;
  /** Its size, at least 1. */
  probability: number;
}

/** What models that leave the precision open take as their last argument. */
export interface ModelOptions {
  /** Bits of the probabilities. Default 24. */
  readonly precision?: Precision;
}

/** Cumulative frequencies, resident in the kernels: entry i is the left end of symbol `min + i`, the last 2^precision. */
export interface TableKernel {
  /** n + 1 entries for n symbols, strictly increasing, from 0 to 2^precision. Never written to. */
  readonly table: Uint32Array;
  /** The first symbol. Default 0. */
  readonly min?: number;
}

/** A family of distributions that the kernels compute, with its parameters. */
export interface FamilyKernel {
  /** Which family: see {@link Kind}. */
  readonly kind: number;
  /** The first symbol. */
  readonly min: number;
  /** The last symbol. */
  readonly max: number;
  /** The first parameter, 0 where there is none. */
  readonly a: number;
  /** The second parameter, 0 where there is none. */
  readonly b: number;
  /** The kernel with the family's loops. */
  readonly loops: () => Coding;
  /** Numbers that the kernel needs beside the parameters, as the file of the kind in assembly/coding says. */
  readonly constants?: Uint32Array | undefined;
}

/** A mixture that the kernels compute, with its parameters. */
export interface MixtureKernel {
  /** Which family: see {@link Kind}. */
  readonly kind: number;
  /** The first symbol. */
  readonly min: number;
  /** The last symbol. */
  readonly max: number;
  /** The kernel with the family's loops. */
  readonly loops: () => Coding;
  /** Number of components. */
  readonly components: number;
  /** All weights, all means, all scales, one after another. Never written to. */
  readonly parameters: Float64Array;
}

/** An alias table, resident in the kernels. */
export interface AliasKernel {
  /** The table, as assembly/coding/alias.ts describes it. Never written to. */
  readonly slots: Uint32Array;
  /** Number of buckets. */
  readonly buckets: number;
  /** Bits of a bucket's size. */
  readonly shift: number;
  /** Number of symbols, from 0 on. */
  readonly symbols: number;
}

/**
 * Where the units of symbols are when they do not lie side by side. Unit u of a symbol is what `interval` calls
 * left + u; its slot, an integer in [0, 2^precision), is what a coder writes and what `symbolAt` takes.
 */
export interface Slots {
  /** The slot of unit `unit`, from 0 to probability - 1, of a symbol that the model has. */
  slotOf(symbol: number, unit: number): number;
  /** Which of its symbol's units the slot is. */
  unitAt(slot: number): number;
}

/** Families by the number that the kernels know them by. */
export const Kind = {
  /** mean, standard deviation */
  gaussian: 0,
  /** mean, scale */
  laplace: 1,
  /** location, scale */
  cauchy: 2,
  /** mean, scale */
  logistic: 3,
  /** number of trials, probability of success */
  binomial: 4,
  /** probability of a 1 */
  bernoulli: 5,
  /** number of symbols */
  uniform: 6,
  /** mean */
  poisson: 7,
  /** probability of success */
  geometric: 8,
  /** probability of a 1, quantised the fast way */
  bernoulliFast: 9,
  /** probability of success, with `max` trials */
  binomialOfP: 10,
  /** location, scale; the degrees of freedom are in the constants */
  student: 11,
  /** alpha, beta, with `max` trials */
  betaBinomial: 16,
  /** none: counts are the constants, and change */
  adaptive: 17,
  /** left end and probability themselves, for encoding */
  given: 18,
  /** log odds of a 1 */
  bernoulliLogits: 19,
  /** mean, standard deviation; the constants are the edges of buckets */
  bucketedGaussian: 32,
  /** mean, scale; buckets */
  bucketedLaplace: 33,
  /** mean, scale; buckets */
  bucketedLogistic: 35,
  /** weights, means, scales */
  logisticMixture: 64,
  /** weights, means, standard deviations */
  gaussianMixture: 65,
} as const;

/** A model with its parameters: symbol <-> interval. Immutable. */
export interface EntropyModel {
  /** Bits of the probabilities: that of the coder's preset. */
  readonly precision: Precision;
  /**
   * Writes the interval of a symbol to `into`.
   *
   * @throws SurprisalError with code 'impossible-symbol' when the model does not have the symbol.
   */
  interval(symbol: number, into: Interval): void;
  /** The symbol whose interval holds `quantile`, an integer in [0, 2^precision); its interval goes to `into`. */
  symbolAt(quantile: number, into: Interval): number;
  /** What bulk calls hand to the kernels. Undefined when the model works by single calls only. */
  readonly kernel: TableKernel | FamilyKernel | MixtureKernel | AliasKernel | undefined;
  /**
   * How to get from a symbol's units to quantiles, for models that scatter them; absent where quantile left + u is
   * unit u. Coders that need whole intervals refuse models that have it.
   */
  readonly slots?: Slots;
}

/** A model without its parameters: they come with the symbols. Immutable. */
export interface ModelFamily {
  /** Bits of the probabilities. */
  readonly precision: Precision;
  /** Parameters that each symbol comes with, 1 or 2. */
  readonly parameterCount: number;
  /** Which family: see {@link Kind}. */
  readonly kind: number;
  /** First symbol of the support; ignored by kinds whose support follows from the parameters. */
  readonly min: number;
  /** Last symbol of the support; ignored by kinds whose support follows from the parameters. */
  readonly max: number;
  /** The kernel with the family's loops. */
  readonly loops: () => Coding;
  /** Numbers that the kernel needs beside the parameters. */
  readonly constants?: Uint32Array | undefined;
  /** The least and the most of each parameter, where {@link check} holds numbers to nothing else. */
  readonly limits?: readonly (readonly [number, number])[] | undefined;
  /**
   * The model with these parameters.
   *
   * @throws TypeError when their number or type is wrong, RangeError when one is out of range.
   */
  model(...parameters: number[]): EntropyModel;
  /**
   * Validates the number, types and lengths of the arrays, and none of the numbers: with `limits`, kernels look at those.
   *
   * @param length - Symbols to be coded with them.
   * @throws TypeError or RangeError naming the parameter.
   */
  checkShape?(parameters: readonly (Float64Array | Float32Array)[], length: number): void;
  /**
   * Validates arrays of parameters before any is used. A Float32Array is widened exactly.
   *
   * @param length - Symbols to be coded with them: the length that each array has to have.
   * @throws TypeError or RangeError naming the parameter, the first bad value and its index.
   */
  check(parameters: readonly (Float64Array | Float32Array)[], length: number): void;
}

/** A family of mixtures: each symbol comes with a row of weights, one of means and one of scales. Immutable. */
export interface MixtureFamily {
  /** Bits of the probabilities. */
  readonly precision: Precision;
  /** Arrays of parameters: weights, means and scales. */
  readonly parameterCount: 3;
  /** Numbers that a symbol takes of each array. */
  readonly components: number;
  /** Which family: see {@link Kind}. */
  readonly kind: number;
  /** The kernel with the family's loops. */
  readonly loops: () => Coding;
  /** First symbol of the support. */
  readonly min: number;
  /** Last symbol of the support. */
  readonly max: number;
  /**
   * The model with these parameters, `components` of each.
   *
   * @throws TypeError when their type is wrong, RangeError when their number is, or one is out of range.
   */
  model(weights: ArrayLike<number>, means: ArrayLike<number>, scales: ArrayLike<number>): EntropyModel;
  /**
   * Validates the types and lengths of the arrays, `components` numbers a symbol, and none of the numbers.
   *
   * @param length - Symbols to be coded with them.
   * @throws TypeError or RangeError naming the parameter.
   */
  checkShape(parameters: readonly (Float64Array | Float32Array)[], length: number): void;
  /**
   * Validates arrays of parameters, `components` numbers a symbol.
   *
   * @param length - Symbols to be coded with them.
   * @throws TypeError or RangeError naming the parameter, the first bad value, its symbol and its component.
   */
  check(parameters: readonly (Float64Array | Float32Array)[], length: number): void;
}

/** A family whose parameters are a row of numbers for each symbol: categorical distributions. Immutable. */
export interface RowFamily {
  /** Bits of the probabilities. */
  readonly precision: Precision;
  /** The model of one row. The row must not change while the model is in use. */
  row(parameters: Float64Array | Float32Array): EntropyModel;
  /**
   * Holds a matrix of `count` rows, one after another, against what the family takes.
   *
   * @returns The length of a row.
   * @throws RangeError naming row, column and value of the first bad number.
   */
  checkRows(matrix: Float64Array | Float32Array, count: number): number;
}

/** Whether something is a family of a few parameters rather than a model. */
export function isFamily(
  model: EntropyModel | ModelFamily | MixtureFamily | RowFamily,
): model is ModelFamily | MixtureFamily {
  return 'parameterCount' in model;
}

/** Whether something is a family of mixtures. */
export function isMixture(model: EntropyModel | ModelFamily | MixtureFamily | RowFamily): model is MixtureFamily {
  return 'components' in model;
}

/** Whether something is a family whose parameters are rows. */
export function isRowFamily(model: EntropyModel | ModelFamily | MixtureFamily | RowFamily): model is RowFamily {
  return 'checkRows' in model;
}

/** The precision that options ask for, 24 by default. */
export function precisionOf(options: ModelOptions | undefined): Precision {
  const precision = options?.precision ?? 24;
  if (precision !== 24 && precision !== 12) throw rangeError(`precision is 24 or 12, not ${precision}`);
  return precision;
}

/** The error for a symbol that a model of the symbols `min` to `max` does not have. */
export function impossibleSymbol(symbol: number, min: number, max: number): SurprisalError {
  const range = `the model's symbols are the whole numbers from ${min} to ${max}`;
  return new SurprisalError('impossible-symbol', `no interval for symbol ${symbol}: ${range}`);
}

/** Refuses what is not a quantile of this precision. */
export function checkQuantile(quantile: number, precision: Precision): void {
  if (typeof quantile !== 'number') throw typeError(`a quantile is a number, not ${typeof quantile}`);
  if (!(Number.isInteger(quantile) && quantile >= 0 && quantile < 2 ** precision))
    throw rangeError(`a quantile is a whole number from 0 to ${2 ** precision - 1}, not ${quantile}`);
}
