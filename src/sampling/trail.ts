/** One oracle shared by many strings: beams and particles walk from string to string through their common prefix. */

import { rangeError } from '../errors.ts';
import type { LengthOracle, Mark } from './oracle.ts';

/**
 * Moves an oracle from string to string. Every symbol it pushes stands under a mark of its own, so that going to another
 * string costs the symbols in which they differ. Copies of an oracle are never needed.
 *
 * @example
 * const trail = new Trail(oracle);
 * trail.go([1, 2, 3]);
 * trail.go([1, 2, 5, 8]); // one symbol back, two on
 * trail.go([]); // as it was
 */
export class Trail {
  /** The oracle. While the trail is in use nothing else may push to it. */
  readonly oracle: LengthOracle;
  private readonly symbols: number[] = [];
  private readonly marks: Mark[] = [];

  constructor(oracle: LengthOracle) {
    this.oracle = oracle;
  }

  /** Number of symbols pushed since the trail began. */
  get length(): number {
    return this.symbols.length;
  }

  /** Goes to a string of symbols, counted from where the trail began. */
  go(string: ArrayLike<number>): void {
    const { symbols } = this;
    let common = 0;
    while (common < symbols.length && common < string.length && symbols[common] === string[common]) common++;
    this.back(symbols.length - common);
    for (let i = common; i < string.length; i++) this.push(string[i]);
  }

  /** Appends a symbol. */
  push(symbol: number): void {
    const mark = this.oracle.mark();
    try {
      this.oracle.push(symbol);
    } catch (error) {
      this.oracle.rollback(mark);
      throw error;
    }
    this.symbols.push(symbol);
    this.marks.push(mark);
  }

  /**
   * Takes the last symbols back.
   *
   * @throws RangeError when the trail is shorter.
   */
  back(count = 1): void {
    const { symbols, marks } = this;
    if (!(Number.isInteger(count) && count >= 0 && count <= symbols.length))
      throw rangeError(`a trail of ${symbols.length} symbols cannot go back by ${count}`);
    if (count === 0) return;
    const to = symbols.length - count;
    this.oracle.rollback(marks[to]);
    symbols.length = to;
    marks.length = to;
  }

  /** Keeps what was pushed, and begins anew from here. */
  keep(): void {
    if (this.marks.length === 0) return;
    this.oracle.release(this.marks[0]);
    this.symbols.length = 0;
    this.marks.length = 0;
  }
}
