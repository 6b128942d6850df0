/**
 * A model that learns from what it codes: frequencies are counts of the symbols so far, kept in a tree of partial sums
 * (Fenwick, "A new data structure for cumulative frequency tables", Software: Practice and Experience 24(3), 1994).
 *
 * Only integers decide: left(s) = floor(2^precision * sum(s) / total), where sum(s) counts the symbols below s and
 * total <= limit <= 2^precision, so that each symbol has a unit at least. A double computes it exactly: the product is
 * a whole number below 2^49; its quotient is at least 1 / total >= 2^-24 away from the next whole number above, and
 * rounding moves it by 2^-30 at most, since quotients are below 2^24 and one bit of them is 2^-29 or less.
 */
import { rangeError, SurprisalError } from '../errors.ts';
import { checkParameter, count } from './family.ts';
import {
  checkQuantile,
  type EntropyModel,
  type Interval,
  impossibleSymbol,
  type ModelOptions,
  type Precision,
  precisionOf,
} from './model.ts';

/** How an {@link AdaptiveModel} learns. Both sides must use the same. */
export interface AdaptiveOptions extends ModelOptions {
  /** What a symbol's count grows by when it is coded. Default 32. */
  readonly increment?: number;
  /**
   * The total above which all counts are halved: the smaller, the faster the model forgets. From n + increment to
   * 2^precision. Default 65,536 (4,096 with 12 bits), or twice the smallest where that is more and still allowed.
   */
  readonly limit?: number;
  /** The count that each symbol starts with. Default 1. */
  readonly initial?: number;
}

// The state, as assembly/coding/adaptive.ts has it.
const SIZE = 0;
const INCREMENT = 1;
const LIMIT = 2;
const TOTAL = 3;
const TOP = 4;
const COUNTS = 8;

const NAME = 'AdaptiveModel';

/**
 * Adaptive frequencies of the symbols 0 to n - 1. Unlike other models it changes, by {@link AdaptiveModel.update}: a
 * decoder has to make the same updates with what it has decoded. Coders do not call it: `encodeAdaptive` and
 * `decodeAdaptive` of `surprisal/coders/adaptive.js` do.
 *
 * @example
 * const model = new AdaptiveModel(256);
 * for (const symbol of symbols) {
 *   encoder.encode(symbol, model);
 *   model.update(symbol);
 * }
 */
export class AdaptiveModel implements EntropyModel {
  readonly precision: Precision;
  /** None: bulk calls with an unchanging model would not be what it is for. */
  readonly kernel: undefined;
  private state: Uint32Array;

  /**
   * A model that has seen nothing yet.
   *
   * @param n - The number of symbols, from 2 to 65,536 (fewer than 4,096 with 12 bits).
   * @throws RangeError when a number is out of range.
   */
  constructor(n: number, options: AdaptiveOptions = {}) {
    this.precision = precisionOf(options);
    const units = 2 ** this.precision;
    checkParameter(NAME, count('n', 2, Math.min(65536, units - 1)), n);
    const { increment = Math.min(32, units - n), initial = 1 } = options;
    checkParameter(NAME, count('increment', 1, units - n), increment);
    checkParameter(NAME, count('initial', 1, Math.floor(units / n)), initial);
    const least = Math.max(n + increment, n * initial);
    const { limit = Math.min(units, Math.max(65536, 2 * least)) } = options;
    if (!(Number.isInteger(limit) && limit >= least && limit <= units))
      throw rangeError(
        `${NAME}: limit is a whole number from ${least}, which the counts need at least, to ${units}, not ${limit}`,
      );
    const state = new Uint32Array(COUNTS + 2 * n + 1);
    state[SIZE] = n;
    state[INCREMENT] = increment;
    state[LIMIT] = limit;
    state[TOP] = 2 ** (31 - Math.clz32(n));
    state.fill(initial, COUNTS, COUNTS + n);
    this.state = state;
    this.rebuild();
  }

  /** The number of symbols. */
  get size(): number {
    return this.state[SIZE];
  }

  /** The sum of all counts, up to the limit. */
  get total(): number {
    return this.state[TOTAL];
  }

  /**
   * The count of a symbol: its probability is about count / total.
   *
   * @throws SurprisalError with code 'impossible-symbol' when there is no such symbol.
   */
  count(symbol: number): number {
    this.check(symbol);
    return this.state[COUNTS + symbol];
  }

  /** Sums of the counts, from the counts. */
  private rebuild(): void {
    const { state } = this;
    const n = state[SIZE];
    const tree = COUNTS + n;
    state.fill(0, tree);
    let sum = 0;
    for (let i = 1; i <= n; i++) {
      const one = state[COUNTS + i - 1];
      sum += one;
      state[tree + i] += one;
      const parent = i + (i & -i);
      if (parent <= n) state[tree + parent] += state[tree + i];
    }
    state[TOTAL] = sum;
  }

  private check(symbol: number): void {
    const n = this.state[SIZE];
    if (!(Number.isInteger(symbol) && symbol >= 0 && symbol < n)) throw impossibleSymbol(symbol, 0, n - 1);
  }

  /** Sets the interval of a symbol with so many counts below it. */
  private cut(symbol: number, before: number, into: Interval): void {
    const { state } = this;
    const units = this.precision === 24 ? 0x1000000 : 0x1000;
    const left = Math.floor((before * units) / state[TOTAL]);
    into.left = left;
    into.probability = Math.floor(((before + state[COUNTS + symbol]) * units) / state[TOTAL]) - left;
  }

  /**
   * Writes the interval of a symbol to `into`: about log2(n) steps.
   *
   * @throws SurprisalError with code 'impossible-symbol' when there is no such symbol.
   */
  interval(symbol: number, into: Interval): void {
    this.check(symbol);
    const { state } = this;
    const tree = COUNTS + state[SIZE];
    let before = 0;
    for (let i = symbol; i !== 0; i &= i - 1) before += state[tree + i];
    this.cut(symbol, before, into);
  }

  /** The symbol whose interval holds `quantile`; its interval goes to `into`. About log2(n) steps. */
  symbolAt(quantile: number, into: Interval): number {
    checkQuantile(quantile, this.precision);
    const { state } = this;
    const n = state[SIZE];
    const tree = COUNTS + n;
    // The symbol below which the most counts lie that leave floor(counts 2^precision / total) <= quantile.
    const most = Math.ceil(((quantile + 1) * state[TOTAL]) / 2 ** this.precision) - 1;
    let rest = most;
    let symbol = 0;
    for (let step = state[TOP]; step !== 0; step >>= 1) {
      const next = symbol + step;
      if (next <= n && state[tree + next] <= rest) {
        symbol = next;
        rest -= state[tree + next];
      }
    }
    this.cut(symbol, most - rest, into);
    return symbol;
  }

  /**
   * Counts a symbol; beyond the limit all counts are halved, rounding up. About log2(n) steps, n for a halving.
   *
   * @throws SurprisalError with code 'impossible-symbol' when there is no such symbol.
   */
  update(symbol: number): void {
    this.check(symbol);
    const { state } = this;
    const n = state[SIZE];
    const increment = state[INCREMENT];
    state[COUNTS + symbol] += increment;
    state[TOTAL] += increment;
    if (state[TOTAL] > state[LIMIT]) {
      for (let i = COUNTS; i < COUNTS + n; i++) state[i] = (state[i] + 1) >>> 1;
      this.rebuild();
      return;
    }
    const tree = COUNTS + n;
    for (let i = symbol + 1; i <= n; i += i & -i) state[tree + i] += increment;
  }

  /**
   * Holds symbols against the model.
   *
   * @throws SurprisalError with code 'impossible-symbol' for the first that it does not have, with its index.
   */
  checkAll(symbols: ArrayLike<number>): void {
    const n = this.state[SIZE];
    for (let i = 0; i < symbols.length; i++) {
      if (symbols[i] >= 0 && symbols[i] < n) continue;
      const error = impossibleSymbol(symbols[i], 0, n - 1);
      throw new SurprisalError(error.code, `symbol at index ${i}: ${error.message}`, { cause: error });
    }
  }

  /**
   * Learns from symbols, which {@link AdaptiveModel.checkAll} has seen, and leaves the interval that each had before.
   *
   * @param lefts - Where the left ends go: a number for each symbol, as below.
   * @param probabilities - Where the probabilities go. Both fit a float exactly.
   */
  learn(symbols: ArrayLike<number>, lefts: Float32Array, probabilities: Float32Array): void {
    const { state } = this;
    const n = state[SIZE];
    const tree = COUNTS + n;
    const increment = state[INCREMENT];
    const limit = state[LIMIT];
    const units = 2 ** this.precision;
    for (let k = 0; k < symbols.length; k++) {
      const symbol = symbols[k];
      const total = state[TOTAL];
      const one = state[COUNTS + symbol];
      let before = 0;
      for (let i = symbol; i !== 0; i &= i - 1) before += state[tree + i];
      const left = Math.floor((before * units) / total);
      lefts[k] = left;
      probabilities[k] = Math.floor(((before + one) * units) / total) - left;
      if (total + increment > limit) {
        this.update(symbol);
      } else {
        state[COUNTS + symbol] = one + increment;
        state[TOTAL] = total + increment;
        for (let i = symbol + 1; i <= n; i += i & -i) state[tree + i] += increment;
      }
    }
  }

  /** An independent copy. */
  clone(): AdaptiveModel {
    const { state, precision } = this;
    const copy = new AdaptiveModel(state[SIZE], { precision, increment: state[INCREMENT], limit: state[LIMIT] });
    return copy.assign(this.snapshot());
  }

  /** A copy of the counts, as the kernels have them: for {@link AdaptiveModel.assign}. */
  snapshot(): Uint32Array {
    return this.state.slice();
  }

  /**
   * Takes over what {@link AdaptiveModel.snapshot} gave; the array must not be used after.
   *
   * @returns the model itself.
   */
  assign(snapshot: Uint32Array): this {
    this.state = snapshot;
    return this;
  }
}
