/** Models of bits as models of symbols. */

import { rangeError } from '../errors.ts';
import { checkSymbol, type Mark, type SequenceModel, TOTAL, type UndoableBitModel } from './model.ts';

/**
 * A model of bits as a model of symbols of `width` bits, most significant bit first: 2^width - 1 predictions under a
 * mark give the next symbol's distribution. That is right for searching and far too slow for compressing.
 *
 * A symbol's share of [0, 2^24) is the product of its bits' probabilities, rounded on the way down the tree so that no
 * interval is empty: a node of n units gives its zeros n (65536 - p) / 65536 of them, and each side at least as many
 * units as it has symbols.
 *
 * @example
 * const model = new BitTreeModel(new OnlineModel());
 * const cuts = new Uint32Array(257);
 * model.intervals(cuts); // the distribution of the next byte
 */
export class BitTreeModel implements SequenceModel {
  readonly alphabetSize: number;
  /** The model of bits. Between symbols it may be asked and taught directly, whole symbols at a time. */
  readonly bits: UndoableBitModel;
  private readonly width: number;

  /**
   * @param bits - A model that stands between two symbols.
   * @param width - Bits of a symbol, 1 to 16. Default 8: bytes.
   * @throws RangeError for another width.
   */
  constructor(bits: UndoableBitModel, width = 8) {
    if (!(Number.isInteger(width) && width >= 1 && width <= 16))
      throw rangeError(`a symbol has 1 to 16 bits, not ${width}`);
    this.bits = bits;
    this.width = width;
    this.alphabetSize = 1 << width;
  }

  /** Fills in cumulative frequencies of the next symbol: see {@link SequenceModel.intervals}. */
  intervals(into: Uint32Array): void {
    into[0] = 0;
    this.fill(into, 0, this.alphabetSize, 0, TOTAL);
    into[this.alphabetSize] = TOTAL;
  }

  /**
   * The size of a symbol's interval, in 1/2^24: `width` predictions, where all intervals take 2^width - 1.
   *
   * @throws RangeError when there is no such symbol.
   */
  frequencyOf(symbol: number): number {
    checkSymbol(symbol, this.alphabetSize);
    const mark = this.bits.mark();
    try {
      let units = TOTAL;
      for (let i = this.width - 1; i >= 0; i--) {
        const zeros = splitUnits(units, this.bits.predict(), 1 << i);
        const bit = (symbol >> i) & 1;
        units = bit === 0 ? zeros : units - zeros;
        if (i > 0) this.bits.update(bit);
      }
      return units;
    } finally {
      this.bits.rollback(mark);
    }
  }

  /** Learns the next symbol, bit by bit. */
  update(symbol: number): void {
    checkSymbol(symbol, this.alphabetSize);
    for (let i = this.width - 1; i >= 0; i--) this.bits.update((symbol >> i) & 1);
  }

  /** Marks the present state. */
  mark(): Mark {
    return this.bits.mark();
  }

  /** Goes back to a mark, to the bit, and forgets it and all later ones. */
  rollback(mark: Mark): void {
    this.bits.rollback(mark);
  }

  /** Forgets a mark and all later ones, and keeps what came after them. */
  release(mark: Mark): void {
    this.bits.release(mark);
  }

  /** The symbols from `first` on, `count` of them, share `units` units from `left` on. */
  private fill(into: Uint32Array, first: number, count: number, left: number, units: number): void {
    const half = count / 2;
    const zeros = splitUnits(units, this.bits.predict(), half);
    into[first + half] = left + zeros;
    if (half === 1) return;
    for (let bit = 0; bit < 2; bit++) {
      const mark = this.bits.mark();
      try {
        this.bits.update(bit);
        if (bit === 0) this.fill(into, first, half, left, zeros);
        else this.fill(into, first + half, half, left + zeros, units - zeros);
      } finally {
        this.bits.rollback(mark);
      }
    }
  }
}

/**
 * How many of a node's units go to a 0.
 *
 * @param units - The node's, at least 2 `least`, at most 2^24.
 * @param one - Probability of a 1, in 1/65536: 1..65535.
 * @param least - Units that either side needs.
 */
export function splitUnits(units: number, one: number, least: number): number {
  // At most 2^40, exact in a double.
  const zeros = Math.floor((units * (65536 - one)) / 65536);
  return Math.min(Math.max(zeros, least), units - least);
}
