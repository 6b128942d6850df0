/** Distributions of your own. */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { searchLeftEnds } from './cut.ts';
import { checkSupport } from './family.ts';
import {
  checkQuantile,
  type EntropyModel,
  type Interval,
  impossibleSymbol,
  type ModelOptions,
  type Precision,
  precisionOf,
  type TableKernel,
} from './model.ts';

/** Symbols up to which bulk calls get a table. */
const TABLE_SYMBOLS = 65536;

/**
 * A distribution given by a cdf in TypeScript, quantised leakily to the whole numbers from `min` to `max`, as
 * constriction's CustomModel.
 *
 * **A warning on portability.** The cdf decides coded bits. `Math.exp`, `Math.log`, `Math.tanh` and their like differ
 * between engines in the last place (Node 20 and Chromium 156 on up to a tenth of the arguments), so that what one
 * machine has coded with them another may not decode, without an error. Use only `+ - * /`, `Math.sqrt` and integers,
 * or the functions of `surprisal/kernels/math.js`, which are the same everywhere. The inverse only has to be near: it
 * decides how long decoding takes and never what comes out.
 *
 * @example
 * // A triangle on (-10, 10): nothing but arithmetic.
 * const cdf = (x: number) =>
 *   x <= -10 ? 0 : x >= 10 ? 1 : x < 0 ? ((x + 10) * (x + 10)) / 200 : 1 - ((10 - x) * (10 - x)) / 200;
 * const model = new CustomModel(cdf, undefined, -9, 9);
 */
export class CustomModel implements EntropyModel {
  readonly precision: Precision;
  private readonly cdf: (x: number) => number;
  private readonly inverse: ((p: number) => number) | undefined;
  private readonly min: number;
  private readonly max: number;
  private readonly weight: number;
  private made: TableKernel | undefined;

  /**
   * @param cdf - P(X <= x), called at half-integers between the symbols: from 0 to 1, and never falling.
   * @param approximateInverseCdf - About where the cdf is p; undefined: decoding halves the support instead.
   * @param min - The first symbol, a 32-bit integer.
   * @param max - The last symbol, above `min`.
   * @throws TypeError when a cdf is no function, RangeError when there are more symbols than units.
   */
  constructor(
    cdf: (x: number) => number,
    approximateInverseCdf: ((p: number) => number) | undefined,
    min: number,
    max: number,
    options?: ModelOptions,
  ) {
    if (typeof cdf !== 'function') throw typeError(`CustomModel: cdf is a function, not a ${typeof cdf}`);
    if (approximateInverseCdf !== undefined && typeof approximateInverseCdf !== 'function')
      throw typeError(`CustomModel: the inverse is a function or undefined, not a ${typeof approximateInverseCdf}`);
    this.precision = precisionOf(options);
    checkSupport('CustomModel', min, max, this.precision);
    this.cdf = cdf;
    this.inverse = approximateInverseCdf;
    this.min = min;
    this.max = max;
    this.weight = 2 ** this.precision - 1 - (max - min);
  }

  /**
   * A table for bulk calls, made when it is first asked for; undefined above 65,536 symbols, which are coded by single
   * calls.
   *
   * @throws RangeError where the cdf falls or leaves the range from 0 to 1.
   */
  get kernel(): TableKernel | undefined {
    const { min, max } = this;
    const size = max - min + 1;
    if (this.made !== undefined || size > TABLE_SYMBOLS) return this.made;
    const table = new Uint32Array(size + 1);
    for (let i = 1; i <= size; i++) {
      table[i] = this.left(min + i);
      if (table[i] <= table[i - 1]) throw rangeError(this.falls(min + i - 1));
    }
    this.made = { table, min };
    return this.made;
  }

  /**
   * Writes the interval of a symbol to `into`: two calls of the cdf.
   *
   * @throws SurprisalError with code 'impossible-symbol' outside the support, and where the cdf falls.
   */
  interval(symbol: number, into: Interval): void {
    const { min, max } = this;
    if (!(Number.isInteger(symbol) && symbol >= min && symbol <= max)) throw impossibleSymbol(symbol, min, max);
    const left = this.left(symbol);
    const end = this.left(symbol + 1);
    if (end <= left) throw new SurprisalError('impossible-symbol', this.falls(symbol));
    into.left = left;
    into.probability = end - left;
  }

  /** The symbol whose interval holds `quantile`; its interval goes to `into`. */
  symbolAt(quantile: number, into: Interval): number {
    checkQuantile(quantile, this.precision);
    const p = (quantile + 0.5) / 2 ** this.precision;
    const guess = this.inverse === undefined ? Number.NaN : this.guess(this.inverse(p));
    return searchLeftEnds((symbol) => this.left(symbol), this.min, this.max, quantile, guess, this.precision, into);
  }

  /** A first symbol to try, inside the support where that has an inside. */
  private guess(x: number): number {
    return Math.min(Math.max(Math.floor(x + 0.5), this.min + 1), this.max);
  }

  /** The left end of a symbol, or the right end of the last. */
  private left(symbol: number): number {
    if (symbol === this.min) return 0;
    if (symbol > this.max) return 2 ** this.precision;
    const share = this.cdf(symbol - 0.5);
    if (!(share >= 0 && share <= 1))
      throw rangeError(`CustomModel: a cdf goes from 0 to 1; this one is ${share} at ${symbol - 0.5}`);
    return Math.floor(this.weight * share) + (symbol - this.min);
  }

  private falls(symbol: number): string {
    return `CustomModel: symbol ${symbol} has no interval, since the cdf falls from ${symbol - 0.5} to ${symbol + 0.5}`;
  }
}
