/** Cdfs cut into intervals by single calls, for families whose kernels need more than two numbers. */
import { SurprisalError } from '../errors.ts';
import {
  checkQuantile,
  type EntropyModel,
  type FamilyKernel,
  type Interval,
  impossibleSymbol,
  type Precision,
  type TableKernel,
} from './model.ts';

/** What a {@link CutModel} is made of. */
export interface Cut {
  readonly precision: Precision;
  /** What bulk calls hand to the kernels where there are too many symbols for a table; it says the support too. */
  readonly family: FamilyKernel;
  /** The cdf at the lower end of a symbol that is not the first: never falling from symbol to symbol, from 0 to 1. */
  below(symbol: number): number;
  /** About which symbol lies where the cdf is p: it decides only the time. */
  guess(p: number): number;
}

/** Symbols up to which a model that is used in bulk gets a table. */
const TABLE_SYMBOLS = 4096;

/** A leaky model: each symbol has its share of the units that are left once every symbol has one. */
export class CutModel implements EntropyModel {
  readonly precision: Precision;
  private readonly cut: Cut;
  private readonly weight: number;
  private made: TableKernel | FamilyKernel | undefined;

  constructor(cut: Cut) {
    this.cut = cut;
    this.precision = cut.precision;
    this.weight = 2 ** cut.precision - 1 - (cut.family.max - cut.family.min);
  }

  /** A table where there are few symbols, since it is faster than the family. Made when it is first asked for. */
  get kernel(): TableKernel | FamilyKernel {
    this.made ??= this.table() ?? this.cut.family;
    return this.made;
  }

  private table(): TableKernel | undefined {
    const { min, max } = this.cut.family;
    const size = max - min + 1;
    if (size > TABLE_SYMBOLS) return undefined;
    const table = new Uint32Array(size + 1);
    for (let i = 1; i <= size; i++) {
      table[i] = this.left(min + i);
      if (table[i] <= table[i - 1]) return undefined;
    }
    return { table, min };
  }

  /** The left end of a symbol, or the right end of the last. */
  private left(symbol: number): number {
    const { min, max } = this.cut.family;
    if (symbol === min) return 0;
    if (symbol > max) return 2 ** this.precision;
    return Math.floor(this.weight * this.cut.below(symbol)) + (symbol - min);
  }

  /** Writes the interval of a symbol to `into`. */
  interval(symbol: number, into: Interval): void {
    const { min, max } = this.cut.family;
    if (!(Number.isInteger(symbol) && symbol >= min && symbol <= max)) throw impossibleSymbol(symbol, min, max);
    const left = this.left(symbol);
    const end = this.left(symbol + 1);
    if (end <= left)
      throw new SurprisalError('impossible-symbol', `rounding leaves symbol ${symbol} no interval in this model`);
    into.left = left;
    into.probability = end - left;
  }

  /** The symbol whose interval holds `quantile`; its interval goes to `into`. */
  symbolAt(quantile: number, into: Interval): number {
    checkQuantile(quantile, this.precision);
    const { min, max } = this.cut.family;
    let next = this.first((quantile + 0.5) / 2 ** this.precision);
    if (max - min > 2 ** (this.precision - 12) && this.weight > 0) {
      // Of the quantile about next - min units are the symbols' own.
      const share = (quantile + 0.5 - (next - min)) / this.weight;
      if (share > 0 && share < 1) next = this.first(share);
    }
    return searchLeftEnds((symbol) => this.left(symbol), min, max, quantile, next, this.precision, into);
  }

  private first(p: number): number {
    const { min, max } = this.cut.family;
    const symbol = Math.floor(this.cut.guess(p) + 0.5);
    return symbol > min + 1 ? Math.min(symbol, max) : min + 1;
  }
}

/**
 * The symbol whose interval holds `quantile`, by the left ends of intervals, which rise from 0 at `min`; its interval
 * goes to `into`. From the guess `next` in steps that double while it lies inside, then by halves: the guess decides
 * only the time.
 */
export function searchLeftEnds(
  left: (symbol: number) => number,
  min: number,
  max: number,
  quantile: number,
  guess: number,
  precision: Precision,
  into: Interval,
): number {
  // left(low) <= quantile < left(high) from here on.
  let low = min;
  let high = max + 1;
  let from = 0;
  let to = 2 ** precision;
  let next = guess;
  for (let step = 1; high - low > 1; step *= 2) {
    const inside = next > low && next < high;
    const middle = inside ? next : low + Math.floor((high - low) / 2);
    const at = left(middle);
    if (at <= quantile) {
      low = middle;
      from = at;
      next = inside ? middle + step : Number.NaN;
    } else {
      high = middle;
      to = at;
      next = inside ? middle - step : Number.NaN;
    }
  }
  into.left = from;
  into.probability = to - from;
  return low;
}
