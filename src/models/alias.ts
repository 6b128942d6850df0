/**
 * Categorical distributions whose decoding needs no search: Walker's alias method.
 *
 * The 2^precision quantiles are cut into buckets of one size. Each bucket holds units of one symbol or of two, so that
 * the bucket's number and one comparison name the symbol (A. J. Walker, Electronics Letters 10, 1974; made in linear
 * time: M. D. Vose, IEEE Transactions on Software Engineering 17, 1991; in an entropy coder: F. Giesen, arXiv
 * 1402.3392, 2014). The price is paid by the encoder: a symbol's units lie scattered, and it has to find the slot of one.
 */
import { Categorical, type Probabilities } from './categorical.ts';
import {
  type AliasKernel,
  checkQuantile,
  type EntropyModel,
  type Interval,
  impossibleSymbol,
  type ModelOptions,
  type Precision,
  type Slots,
  type TableKernel,
} from './model.ts';

/** How probabilities become units: see {@link Categorical}. */
export interface AliasOptions extends ModelOptions {
  /** true: the least cross entropy; false: rounded sums, much faster. It decides the words. */
  readonly perfect: boolean;
}

/** 32-bit numbers of a bucket's record: two sides of three, the first slot of the second side, a spare. */
const RECORD = 8;
const SIDE = 3;

/**
 * A categorical distribution of the symbols 0 to n - 1, decoded with two reads of memory and no search. Its words are
 * not those of a {@link Categorical} of the same probabilities, as long as those: each symbol has as many units, in
 * other places.
 *
 * For `AnsCoder` and `ChainCoder`. Range coders need whole intervals and refuse it.
 *
 * There are as many buckets as the first power of two from n on, and the table takes 32 to 96 bytes a symbol. Made with
 * integers alone, so it is the same everywhere.
 *
 * @example
 * const model = new AliasCategorical([0.2, 0.4, 0.1, 0.3], { perfect: true });
 * const coder = new AnsCoder();
 * coder.encodeReverse(Int32Array.of(1, 3, 0), model);
 * coder.decode(model, 3); // Int32Array [1, 3, 0]
 */
export class AliasCategorical implements EntropyModel {
  readonly precision: Precision;
  /** The table for bulk calls. */
  readonly kernel: AliasKernel;
  /** How a symbol's units are scattered. */
  readonly slots: Slots;
  private readonly table: Uint32Array;

  /**
   * @param probabilities - n of them, from 2 to 2^precision - 2: finite, none negative, in any scale.
   * @throws RangeError for a number that is no probability, with its index, and where {@link Categorical} throws one.
   */
  constructor(probabilities: Probabilities, options: AliasOptions) {
    const categorical = new Categorical(probabilities, { perfect: options?.perfect, precision: options?.precision });
    const { precision } = categorical;
    const { table } = categorical.kernel as TableKernel;
    const symbols = table.length - 1;
    const bits = 32 - Math.clz32(symbols - 1);
    const buckets = 2 ** bits;
    const shift = precision - bits;
    this.precision = precision;
    this.table = table;
    const slots = layOut(table, buckets, 2 ** shift);
    this.kernel = { slots, buckets, shift, symbols };
    const pairs = RECORD * buckets;
    const pieces = pairs + 2 * (symbols + 1);
    this.slots = {
      slotOf(symbol, unit) {
        let low = slots[pairs + 2 * symbol];
        let end = slots[pairs + 2 * symbol + 2];
        while (end - low > 1) {
          const middle = (low + end) >>> 1;
          if (slots[pieces + 2 * middle] <= unit) low = middle;
          else end = middle;
        }
        return slots[pieces + 2 * low + 1] + (unit - slots[pieces + 2 * low]);
      },
      unitAt: (slot) => (slot - slots[sideOf(slots, slot, shift)]) >>> 0,
    };
  }

  /**
   * Writes where a symbol's units would be if they lay side by side, as those of a {@link Categorical} do: unit u is
   * left + u, and {@link slots} says where it is in truth.
   *
   * @throws SurprisalError with code 'impossible-symbol' when the model does not have the symbol.
   */
  interval(symbol: number, into: Interval): void {
    const { table } = this;
    const last = table.length - 2;
    if (!(Number.isInteger(symbol) && symbol >= 0 && symbol <= last)) throw impossibleSymbol(symbol, 0, last);
    into.left = table[symbol];
    into.probability = table[symbol + 1] - table[symbol];
  }

  /** The symbol that one of the slots, from 0 to 2^precision - 1, belongs to; {@link interval} of it goes to `into`. */
  symbolAt(slot: number, into: Interval): number {
    checkQuantile(slot, this.precision);
    const { slots, shift } = this.kernel;
    const side = sideOf(slots, slot, shift);
    const symbol = slots[side + 2];
    into.left = this.table[symbol];
    into.probability = slots[side + 1];
    return symbol;
  }
}

/** Where the three numbers are that belong to the slot. */
function sideOf(slots: Uint32Array, slot: number, shift: number): number {
  const record = RECORD * (slot >>> shift);
  return slot >= slots[record + 2 * SIDE] ? record + SIDE : record;
}

/**
 * The table, as assembly/coding/alias.ts describes it. Vose's way: a symbol short of a bucket has its own bucket filled
 * up by one that has too much, which may then be short itself.
 */
function layOut(table: Uint32Array, buckets: number, size: number): Uint32Array {
  const symbols = table.length - 1;
  // What of a symbol is still to be placed; buckets without a symbol have nothing.
  const left = new Uint32Array(buckets);
  const other = Uint32Array.from({ length: buckets }, (_, bucket) => bucket);
  const short: number[] = [];
  const long: number[] = [];
  for (let bucket = buckets - 1; bucket >= 0; bucket--) {
    if (bucket < symbols) left[bucket] = table[bucket + 1] - table[bucket];
    if (left[bucket] < size) short.push(bucket);
    else if (left[bucket] > size) long.push(bucket);
  }
  while (short.length > 0) {
    const bucket = short.pop() as number;
    // The units are as many as there is room: while one is short, another has too much.
    const giver = long[long.length - 1];
    other[bucket] = giver;
    left[giver] -= size - left[bucket];
    if (left[giver] > size) continue;
    long.pop();
    if (left[giver] < size) short.push(giver);
  }

  // Pieces of each symbol, in the order of the buckets: those of its own and those it was given to fill.
  const counts = new Uint32Array(symbols + 1);
  const eachPiece = (piece: (symbol: number, slot: number, units: number, side: number) => void): void => {
    for (let bucket = 0; bucket < buckets; bucket++) {
      const own = other[bucket] === bucket ? size : left[bucket];
      if (own > 0) piece(bucket, bucket * size, own, RECORD * bucket);
      if (own < size) piece(other[bucket], bucket * size + own, size - own, RECORD * bucket + SIDE);
    }
  };
  eachPiece((symbol) => {
    counts[symbol + 1]++;
  });
  for (let symbol = 0; symbol < symbols; symbol++) counts[symbol + 1] += counts[symbol];
  const pairs = RECORD * buckets;
  const pieces = pairs + 2 * (symbols + 1);
  const made = new Uint32Array(pieces + 2 * counts[symbols]);
  for (let bucket = 0; bucket < buckets; bucket++)
    made[RECORD * bucket + 2 * SIDE] = bucket * size + (other[bucket] === bucket ? size : left[bucket]);
  for (let symbol = 0; symbol <= symbols; symbol++) {
    made[pairs + 2 * symbol] = counts[symbol];
    if (symbol < symbols) made[pairs + 2 * symbol + 1] = table[symbol + 1] - table[symbol];
  }
  const units = new Uint32Array(symbols);
  eachPiece((symbol, slot, count, side) => {
    made[side] = slot - units[symbol];
    made[side + 1] = table[symbol + 1] - table[symbol];
    made[side + 2] = symbol;
    made[pieces + 2 * counts[symbol]] = units[symbol];
    made[pieces + 2 * counts[symbol]++ + 1] = slot;
    units[symbol] += count;
  });
  return made;
}
