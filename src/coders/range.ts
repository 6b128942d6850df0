/**
 * A queue of bits: range coding (Martin, "Range encoding: an algorithm for removing redundancy from a digitised
 * message", 1979), word for word as constriction's `RangeEncoder` and `RangeDecoder` have it.
 *
 * What is encoded first is decoded first. The encoder narrows an interval of 64-bit integers; while it straddles a
 * multiple of 2^64 (the situation that constriction calls inverted) finished words are counted, not written, because
 * a carry may still run through them.
 */
import { rangeError, typeError } from '../errors.ts';
import { type Coding, Slot, type SourceMode } from '../kernels/coding.ts';
import type { EntropyModel, MixtureFamily, ModelFamily, RowFamily } from '../models/model.ts';
import {
  invalidData,
  type Mark,
  outOfData,
  type Parameters,
  type Source,
  StreamCoder,
  type Symbols,
} from './stream.ts';
import { join, multiplyAdd, product } from './wide.ts';
import { checkWords, noWords, type Preset, type WordArray, Words } from './words.ts';

/** How a range coder is set up. */
export interface RangeOptions<P extends Preset = Preset> {
  /** Widths of words, state and probabilities. Default `default`. */
  readonly preset?: P;
}

/** The interval that a range coder has narrowed: its lower end and its size. */
export type RangeState = readonly [lower: bigint, range: bigint];

/**
 * The encoder of a first-in-first-out entropy coder. A call that fails leaves it as it was.
 *
 * @example
 * const model = new Categorical(Float64Array.of(0.1, 0.6, 0.3));
 * const encoder = new RangeEncoder();
 * encoder.encode(Int32Array.of(0, 2, 1), model);
 * encoder.encode(1, model);
 * new RangeDecoder(encoder.getCompressed()).decode(model, 4); // Int32Array [0, 2, 1, 1]
 */
export class RangeEncoder<P extends Preset = 'default'> extends StreamCoder<P> {
  private words: Words;
  /** Low and high half of the interval's lower end. */
  private readonly lower = new Uint32Array(2);
  /** Low and high half of the interval's size, at least one word's range between symbols. */
  private readonly range = new Uint32Array(2);
  /** Words held back, 0 in the normal situation; the first of them is `first` or one more. */
  private inverted = 0;
  private first = 0;

  /** An empty encoder. */
  constructor(options: RangeOptions<P> = {}) {
    super(options.preset ?? ('default' as P));
    this.words = new Words(noWords(this.small));
    this.clear();
  }

  /** Empties the encoder. */
  clear(): void {
    this.words.length = 0;
    this.inverted = 0;
    this.first = 0;
    this.lower.fill(0);
    this.range[0] = 0xffffffff;
    this.range[1] = this.small ? 0 : 0xffffffff;
  }

  /**
   * Encodes one symbol.
   *
   * @throws SurprisalError (`impossible-symbol`) for a symbol without an interval.
   * @throws RangeError (`invalid-argument`) when the model's precision is not that of the preset.
   */
  encode(symbol: number, model: EntropyModel): void;
  /** Encodes symbols, the first one first: all with one model, or each with its own. */
  encode(symbols: Symbols, model: EntropyModel | readonly EntropyModel[]): void;
  /**
   * Encodes symbols, the first one first, each with parameters of its own.
   *
   * @example
   * encoder.encode(symbols, new QuantizedGaussian(-100, 100), means, stds);
   */
  encode(symbols: Symbols, family: ModelFamily | MixtureFamily, ...parameters: Parameters[]): void;
  /** Encodes symbols, each with a row of the matrix, whose rows lie one after another. */
  encode(symbols: Symbols, family: RowFamily, matrix: Parameters): void;
  /** All of these forms. */
  encode(symbols: number | Symbols, source: Source, ...parameters: Parameters[]): void {
    this.encodeAny(symbols, source, parameters, false);
  }

  /** The words of all that is encoded. Changes nothing: encoding may go on. */
  getCompressed(): WordArray<P> {
    return this.words.with(this.ending()) as WordArray<P>;
  }

  /** Words that finish the message: those held back, and the shortest that lie in the interval with zeros after them. */
  private ending(): number[] {
    if (this.isEmpty()) return [];
    const { small } = this;
    const most = small ? 0xffff : 0xffffffff;
    const radix = most + 1;
    const [lower, range] = [this.lower, this.range];
    const low = small ? lower[0] & most : lower[0];
    const high = small ? lower[0] >>> 16 : lower[1];
    // lower rounded up to a whole word; what a wrap means is a carry into the words held back.
    const up = low > 0 ? high + 1 : high;
    const carry = up === radix;
    const point = carry ? 0 : up;
    const words = this.heldBack(carry);
    words.push(point);
    const sum = low + (small ? range[0] & most : range[0]) >= radix ? 1 : 0;
    const top = (high + (small ? range[0] >>> 16 : range[1]) + sum) % radix;
    if (top === point) words.push(0);
    return words;
  }

  private heldBack(carry: boolean): number[] {
    if (this.inverted === 0) return [];
    const most = this.small ? 0xffff : 0xffffffff;
    const words = new Array<number>(this.inverted).fill(carry ? 0 : most);
    words[0] = carry ? this.first + 1 : this.first;
    return words;
  }

  /** Number of words that {@link getCompressed} returns. */
  numWords(): number {
    return this.words.length + this.ending().length;
  }

  /** Size of the compressed data in bits, in whole words. */
  numBits(): number {
    return this.wordBits * this.numWords();
  }

  /** Whether nothing has been encoded. */
  isEmpty(): boolean {
    return this.range[0] === 0xffffffff && this.range[1] === (this.small ? 0 : 0xffffffff);
  }

  /**
   * Where the encoder stands: how many words it has finished, and its interval. For {@link RangeDecoder.seek}.
   *
   * @example
   * const [position, state] = encoder.pos();
   */
  pos(): [position: number, state: RangeState] {
    const { lower, range } = this;
    return [this.words.length + this.inverted, [join(lower[1], lower[0]), join(range[1], range[0])]];
  }

  /** A decoder of what has been encoded so far. */
  getDecoder(): RangeDecoder<P> {
    return new RangeDecoder<P>(this.getCompressed(), { preset: this.preset });
  }

  /** An independent copy. */
  clone(): RangeEncoder<P> {
    const copy = new RangeEncoder<P>({ preset: this.preset });
    copy.words = this.words.clone();
    copy.restore(this.mark());
    return copy;
  }

  protected override get contiguous(): boolean {
    return true;
  }

  protected override mark(): Mark {
    const { lower, range } = this;
    return [this.words.length, lower[0], lower[1], range[0], range[1], this.inverted, this.first];
  }

  protected override restore(mark: Mark): void {
    this.words.length = mark[0];
    this.lower.set(mark.slice(1, 3));
    this.range.set(mark.slice(3, 5));
    this.inverted = mark[5];
    this.first = mark[6];
  }

  protected override encodeInterval(left: number, p: number): void {
    if (this.small) this.encodeSmall(left, p);
    else this.encodeDefault(left, p);
  }

  private encodeDefault(left: number, p: number): void {
    const { lower, range } = this;
    const scale = range[1] * 256 + (range[0] >>> 24);
    multiplyAdd(scale, left, 0);
    const lowSum = lower[0] + product[0];
    const highSum = lower[1] + product[1] + (lowSum > 0xffffffff ? 1 : 0);
    let low = lowSum >>> 0;
    let high = highSum >>> 0;
    const carry = highSum > 0xffffffff;
    multiplyAdd(scale, p, 0);
    let size = product[0];
    let sizeHigh = product[1];
    if (this.inverted > 0 && !wraps(low, high, size, sizeHigh)) this.release(carry);
    if (sizeHigh === 0) {
      const word = high;
      sizeHigh = size;
      size = 0;
      high = low;
      low = 0;
      this.finish(word, wraps(low, high, size, sizeHigh));
    }
    lower[0] = low;
    lower[1] = high;
    range[0] = size;
    range[1] = sizeHigh;
  }

  private encodeSmall(left: number, p: number): void {
    const scale = this.range[0] >>> 12;
    const sum = this.lower[0] + scale * left;
    let lower = sum >>> 0;
    let range = scale * p;
    if (this.inverted > 0 && lower + range <= 0xffffffff) this.release(sum > 0xffffffff);
    if (range < 65536) {
      const word = lower >>> 16;
      range *= 65536;
      lower = (lower << 16) >>> 0;
      this.finish(word, lower + range > 0xffffffff);
    }
    this.lower[0] = lower;
    this.range[0] = range;
  }

  /** Writes the words held back, now that their carry is known. */
  private release(carry: boolean): void {
    for (const word of this.heldBack(carry)) this.words.push(word);
    this.inverted = 0;
  }

  /** Writes a finished word, or holds it back while a carry is still open. */
  private finish(word: number, open: boolean): void {
    if (this.inverted > 0) this.inverted++;
    else if (open) {
      this.inverted = 1;
      this.first = word;
    } else this.words.push(word);
  }

  protected override stepwise(to: Coding): boolean {
    return this.inverted > to.chunk;
  }

  protected override encodeChunk(to: Coding, n: number, mode: SourceMode): number {
    const { slots } = to;
    slots.set(this.lower, Slot.state);
    slots.set(this.range, Slot.range);
    slots[Slot.inverted] = this.inverted;
    slots[Slot.first] = this.first;
    const failed = to.kernel.rangeEncode(n, this.small, mode);
    if (failed >= 0) return failed;
    this.lower.set(slots.subarray(Slot.state, Slot.state + 2));
    this.range.set(slots.subarray(Slot.range, Slot.range + 2));
    this.inverted = slots[Slot.inverted];
    this.first = slots[Slot.first];
    this.words.append(to.words, slots[Slot.wordCount], this.remaining / n);
    return -1;
  }
}

/** Whether low + size reaches past 2^64, or exactly to it. */
function wraps(low: number, high: number, size: number, sizeHigh: number): boolean {
  return high + sizeHigh + (low + size > 0xffffffff ? 1 : 0) > 0xffffffff;
}

/**
 * The decoder of what a {@link RangeEncoder} has written. A call that fails leaves it as it was.
 *
 * @example
 * const decoder = new RangeDecoder(words);
 * decoder.decode(new QuantizedGaussian(-100, 100), means, stds);
 */
export class RangeDecoder<P extends Preset = 'default'> extends StreamCoder<P> {
  private readonly words: Uint32Array | Uint16Array;
  /** Words read, without those read past the end. */
  private position = 0;
  /** Zeros read past the end. An intact message needs one at most; without any word there are two, and no symbol. */
  private padded = 0;
  /** Low and high half of the interval's size. */
  private readonly range = new Uint32Array(2);
  /** Low and high half of where in the interval the words read so far point. Its lower end itself decides nothing. */
  private readonly offset = new Uint32Array(2);

  /**
   * A decoder at the beginning of these words, which are copied.
   *
   * @param compressed - A Uint32Array, or a Uint16Array with preset `small`.
   * @throws TypeError (`invalid-type`) for words of another type.
   */
  constructor(compressed: WordArray<P>, options: RangeOptions<P> = {}) {
    super(options.preset ?? ('default' as P));
    checkWords(compressed, this.small);
    this.words = compressed.slice();
    this.range[0] = 0xffffffff;
    this.range[1] = this.small ? 0 : 0xffffffff;
    this.start(0);
  }

  /** Reads two words from `position` on. */
  private start(position: number): void {
    const { words, offset } = this;
    const [high = 0, low = 0] = words.subarray(position, position + 2);
    if (this.small) offset[0] = high * 65536 + low;
    else {
      offset[1] = high;
      offset[0] = low;
    }
    this.position = Math.min(words.length, position + 2);
    this.padded = position + 2 - this.position;
  }

  /**
   * Decodes one symbol.
   *
   * @throws SurprisalError (`corrupt`) when no encoder writes such data, (`out-of-data`) when the message is over for
   *   certain. Just past its end symbols may come that were never encoded: see {@link maybeExhausted}.
   * @throws RangeError (`invalid-argument`) when the model's precision is not that of the preset.
   */
  decode(model: EntropyModel): number;
  /** Decodes that many symbols with one model. */
  decode(model: EntropyModel, count: number): Int32Array;
  /**
   * Fills an array with symbols of one model, and returns it.
   *
   * @throws RangeError (`invalid-argument`) for a symbol that the array cannot hold.
   */
  decode<S extends Symbols>(model: EntropyModel, into: S): S;
  /** Decodes one symbol with each of the models. */
  decode(models: readonly EntropyModel[]): Int32Array;
  /** Decodes a symbol for each set of parameters. */
  decode(family: ModelFamily | MixtureFamily, ...parameters: Parameters[]): Int32Array;
  /** Decodes `count` symbols, each with a row of the matrix. */
  decode(family: RowFamily, matrix: Parameters, count: number): Int32Array;
  /** All of these forms. */
  decode(source: Source, ...rest: readonly (number | Symbols | Parameters)[]): number | Symbols {
    return this.decodeForms(source, rest);
  }

  /**
   * Whether all data may have been decoded. False is certain; true is not, since a range coder does not mark the end:
   * a message of unknown length needs a symbol of its own for that.
   */
  maybeExhausted(): boolean {
    if (this.position < this.words.length) return false;
    const { range, offset } = this;
    if (range[0] === 0xffffffff && range[1] === (this.small ? 0 : 0xffffffff)) return true;
    if (this.small) return offset[0] < 2 ** 17 - 1;
    return offset[1] === 0 || (offset[1] === 1 && offset[0] !== 0xffffffff);
  }

  /**
   * Goes to where {@link RangeEncoder.pos} was taken while encoding, forwards or back.
   *
   * @throws RangeError (`invalid-argument`) for a position past the end or a state that is none.
   */
  seek(position: number, state: RangeState): void {
    const { wordBits } = this;
    if (!(Number.isInteger(position) && position >= 0 && position <= this.words.length))
      throw rangeError(`a position is a whole number from 0 to the ${this.words.length} words, not ${position}`);
    const [lower, range] = state;
    if (typeof lower !== 'bigint' || typeof range !== 'bigint') throw typeError('a state is a pair of bigints');
    const bits = BigInt(2 * wordBits);
    if (lower < 0n || lower >> bits !== 0n || range >> BigInt(wordBits) <= 0n || range >> bits !== 0n)
      throw rangeError(`no range coder has an interval of size ${range} at ${lower}`);
    this.range.set([Number(range & 0xffffffffn), Number(range >> 32n)]);
    this.start(position);
    const ahead = BigInt.asUintN(2 * wordBits, join(this.offset[1], this.offset[0]) - lower);
    this.offset.set([Number(ahead & 0xffffffffn), Number(ahead >> 32n)]);
  }

  /** An independent copy. */
  clone(): RangeDecoder<P> {
    const copy = new RangeDecoder<P>(this.words as WordArray<P>, { preset: this.preset });
    copy.restore(this.mark());
    return copy;
  }

  protected override get contiguous(): boolean {
    return true;
  }

  protected override mark(): Mark {
    const { range, offset } = this;
    return [this.position, this.padded, range[0], range[1], offset[0], offset[1]];
  }

  protected override restore(mark: Mark): void {
    this.position = mark[0];
    this.padded = mark[1];
    this.range.set(mark.slice(2, 4));
    this.offset.set(mark.slice(4, 6));
  }

  protected override quantile(): number {
    if (this.padded > 1) throw outOfData();
    const { range, offset } = this;
    const low = offset[0];
    if (this.small) {
      const quantile = Math.floor(low / (range[0] >>> 12));
      if (quantile > 0xfff) throw invalidData();
      return quantile;
    }
    const high = offset[1];
    const scale = range[1] * 256 + (range[0] >>> 24);
    // Two roundings: the quotient is wrong by less than 2^-27, so that it decides unless it is that close to an integer.
    const ratio = (high * 4294967296 + low) / scale;
    if (ratio > 0x1000000) throw invalidData();
    let quantile = Math.floor(ratio);
    if (Math.abs(ratio - quantile - 0.5) > 0.49999999) {
      multiplyAdd(scale, quantile, 0);
      const left = (high - product[1]) * 4294967296 + (low - product[0]);
      if (left < 0) quantile--;
      else if (left >= scale) quantile++;
    }
    if (quantile > 0xffffff) throw invalidData();
    return quantile;
  }

  protected override advance(_quantile: number, left: number, p: number): void {
    const { range, offset } = this;
    if (this.small) {
      const scale = range[0] >>> 12;
      const size = scale * p;
      const ahead = offset[0] - scale * left;
      const word = size < 65536 ? this.next() : -1;
      range[0] = word < 0 ? size : size * 65536;
      offset[0] = word < 0 ? ahead : ahead * 65536 + word;
      return;
    }
    const scale = range[1] * 256 + (range[0] >>> 24);
    multiplyAdd(scale, p, 0);
    const size = product[0];
    const sizeHigh = product[1];
    const word = sizeHigh === 0 ? this.next() : 0;
    multiplyAdd(scale, left, 0);
    const low = offset[0] - product[0];
    if (sizeHigh === 0) {
      range[1] = size;
      range[0] = 0;
      offset[1] = low;
      offset[0] = word;
    } else {
      range[1] = sizeHigh;
      range[0] = size;
      offset[1] = offset[1] - product[1] - (low < 0 ? 1 : 0);
      offset[0] = low;
    }
  }

  /** The next word, or a zero where it may be one past the end. */
  private next(): number {
    if (this.position < this.words.length) return this.words[this.position++];
    if (this.padded >= 1) throw outOfData();
    this.padded++;
    return 0;
  }

  protected override decodeChunk(to: Coding, n: number, mode: SourceMode): number {
    if (this.padded > 1) throw outOfData(0);
    const { slots } = to;
    const offered = Math.min(n, this.words.length - this.position);
    to.words.set(this.words.subarray(this.position, this.position + offered));
    slots.set(this.range, Slot.range);
    slots.set(this.offset, Slot.offset);
    slots[Slot.wordCount] = offered;
    slots[Slot.padded] = this.padded;
    const failed = to.kernel.rangeDecode(n, this.small, mode);
    if (failed >= 0) return failed;
    this.range.set(slots.subarray(Slot.range, Slot.range + 2));
    this.offset.set(slots.subarray(Slot.offset, Slot.offset + 2));
    this.padded = slots[Slot.padded];
    this.position += slots[Slot.wordCount];
    return -1;
  }
}
