/**
 * What a model of sequences is: it predicts the next symbol, learns it, and can go back.
 *
 * A symbol is a whole number from 0 to `alphabetSize - 1`; a byte model has 256. Predictions are integers, so that
 * they may decide coded bits: cumulative frequencies that cut [0, 2^24) into one interval a symbol, none of them empty.
 */
import { rangeError, typeError } from '../errors.ts';

/**
 * A model that predicts one bit at a time.
 */
export interface BitModel {
  /** Probability that the next bit is a 1, in 1/65536: 1..65535. */
  predict(): number;
  /** Learns the next bit, 0 or 1. */
  update(bit: number): void;
}

/** A state to go back to. Good until it, or an older one, is rolled back to or released. */
export type Mark = number & { readonly mark: unique symbol };

/** What can go back to an earlier state, the last marked first. */
export interface Undoable {
  /** Marks the present state. */
  mark(): Mark;
  /**
   * Goes back to a mark, to the bit, and forgets it and all later ones.
   *
   * @throws RangeError when it is not a mark that is held.
   */
  rollback(mark: Mark): void;
  /**
   * Forgets a mark and all later ones, and keeps what came after them.
   *
   * @throws RangeError when it is not a mark that is held.
   */
  release(mark: Mark): void;
}

/** A {@link BitModel} with a way back. */
export interface UndoableBitModel extends BitModel, Undoable {}

/**
 * Next-symbol prediction that learns.
 */
export interface SequenceModel extends Undoable {
  /** Number of symbols, from 1 to 2^16: they are 0 to alphabetSize - 1. */
  readonly alphabetSize: number;
  /**
   * Fills in cumulative frequencies of the next symbol: symbol s has the interval from `into[s]` to below
   * `into[s + 1]`, of at least 1; `into[0]` is 0 and `into[alphabetSize]` is 2^24. Asking changes nothing that a later
   * prediction depends on.
   *
   * @param into - alphabetSize + 1 entries at least.
   */
  intervals(into: Uint32Array): void;
  /**
   * The symbol whose interval holds a quantile, a whole number from 0 to 2^24 - 1: only where that is faster than to
   * fill in all intervals, and always what these would give.
   *
   * @throws RangeError for another quantile.
   */
  symbolAt?(quantile: number): number;
  /**
   * The size of a symbol's interval, in 1/2^24: only where that is faster than to fill in all intervals, and always what
   * these would give.
   *
   * @throws RangeError when there is no such symbol.
   */
  frequencyOf?(symbol: number): number;
  /**
   * Learns the next symbol.
   *
   * @throws RangeError when there is no such symbol; the model is as before.
   */
  update(symbol: number): void;
  /**
   * Learns many symbols, one after another: only where that is faster than to update with each, and always the same.
   *
   * @throws RangeError when one of them is no symbol; the model is as before.
   */
  learn?(symbols: ArrayLike<number>): void;
}

/** Bits of a prediction: intervals tile [0, 2^24). */
export const PRECISION = 24;
/** 2^24, the sum of a prediction's frequencies. */
export const TOTAL = 1 << PRECISION;

/**
 * Cuts [0, 2^24) in proportion to weights, leaving no interval empty: entry s + 1 is floor(w_0 + ... + w_s, scaled to
 * 2^24 - n) + s + 1. Sums are taken from left to right, so that every engine gets the same integers; where a symbol has
 * weight 0 its interval is 1 or 2 units.
 *
 * @param weights - Weights of n symbols, at least 0 and finite, not all 0.
 * @param into - n + 1 entries at least.
 * @param n - Number of symbols. Default all of `weights`.
 * @throws RangeError when the weights have no finite sum above 0.
 */
export function tile(weights: ArrayLike<number>, into: Uint32Array, n: number = weights.length): void {
  let total = 0;
  for (let s = 0; s < n; s++) total += weights[s];
  if (!(total > 0 && total < Infinity)) throw rangeError(`weights add up to a finite number above 0, not ${total}`);
  const free = TOTAL - n;
  // Of the smallest numbers no quotient is finite; times a power of 2 they keep their proportions.
  const lift = total < 2 ** -960 ? 2 ** 160 : 1;
  const scale = free / (total * lift);
  let sum = 0;
  into[0] = 0;
  for (let s = 0; s < n; s++) {
    sum += weights[s] * lift;
    const at = Math.floor(sum * scale);
    into[s + 1] = (at < free ? at : free) + s + 1;
  }
  into[n] = TOTAL;
}

/** The symbol whose interval holds a quantile, an integer from 0 to 2^24 - 1. */
export function symbolAt(intervals: Uint32Array, quantile: number, alphabetSize: number): number {
  let low = 0;
  let high = alphabetSize;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (intervals[middle] <= quantile) low = middle;
    else high = middle;
  }
  return low;
}

/** @throws RangeError (`invalid-argument`) for what is not a symbol of the alphabet. */
export function checkSymbol(symbol: number, alphabetSize: number): void {
  if (!(Number.isInteger(symbol) && symbol >= 0 && symbol < alphabetSize))
    throw rangeError(`a symbol is a whole number from 0 to ${alphabetSize - 1}, not ${symbol}`);
}

/** @throws RangeError (`invalid-argument`) for what is not a size of an alphabet: a whole number from 1 to 2^16. */
export function checkAlphabetSize(size: number): void {
  if (!(Number.isInteger(size) && size >= 1 && size <= 65536))
    throw rangeError(`an alphabet has 1 to 65,536 symbols, not ${size}`);
}

/** @throws TypeError (`invalid-type`) for what is neither 0 nor 1. */
export function checkBit(bit: number): void {
  if (bit !== 0 && bit !== 1) throw typeError(`a bit is 0 or 1, not ${bit}`);
}

/**
 * Marks by number, for models that keep their own undo log: which are held, and where in the log each stands.
 * Numbers never return, so that a stale mark is always found out.
 */
export class Marks {
  private readonly numbers: number[] = [];
  private readonly places: number[] = [];
  private last = 0;

  /** Number of marks that are held. */
  get held(): number {
    return this.numbers.length;
  }

  /** Holds a new mark at a place. */
  add(place: number): Mark {
    this.numbers.push(++this.last);
    this.places.push(place);
    return this.last as Mark;
  }

  /**
   * Forgets a mark and all later ones, and returns its place.
   *
   * @throws RangeError (`invalid-argument`) when it is not held.
   */
  drop(mark: Mark): number {
    const { numbers, places } = this;
    // Nearly always the newest.
    let i = numbers.length - 1;
    while (i >= 0 && numbers[i] > mark) i--;
    if (i < 0 || numbers[i] !== mark) throw rangeError('this mark is not held: it was rolled back or released');
    const place = places[i];
    numbers.length = i;
    places.length = i;
    return place;
  }
}
