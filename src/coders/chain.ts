/**
 * A chain coder: a stack in which every symbol stands for itself (Bamler, "Understanding entropy coding with
 * asymmetric numeral systems (ANS): a statistician's perspective", arXiv:2201.01741, 2022), word for word as
 * constriction's `ChainCoder` has it.
 *
 * Decoding a symbol takes exactly 24 bits from the data (12 with preset `small`), whatever its model, and puts what
 * the symbol was worth less than that on a second stack, the remainders. So a changed model, or a changed bit, stays
 * where it is; an AnsCoder lets it ripple through all symbols that follow. Encoding runs backwards: it takes
 * remainders and gives the data back. It serves bits-back coding with inference and quantisation.
 */
import { rangeError, SurprisalError } from '../errors.ts';
import { type Coding, Slot, type SourceMode } from '../kernels/coding.ts';
import type { EntropyModel, MixtureFamily, ModelFamily, RowFamily } from '../models/model.ts';
import type { UnsealOptions } from './ans.ts';
import {
  type Mark,
  outOfData,
  outOfRemainders,
  type Parameters,
  type Source,
  StreamCoder,
  type Symbols,
} from './stream.ts';
import { divide, rest as left, multiplyAdd, product } from './wide.ts';
import { bitLength, checkWords, noWords, type Preset, type WordArray, Words, wordsOf, zeroEnd } from './words.ts';

/** How a {@link ChainCoder} is set up. */
export interface ChainOptions<P extends Preset = Preset> {
  /** The words are what {@link ChainCoder.getRemainders} returned, to encode with. Default false: data, to decode. */
  readonly isRemainders?: boolean;
  /** Take the data as it is, whatever it ends in: for words that no coder has written. Default false. */
  readonly seal?: boolean;
  /** Widths of words, state and probabilities. Default `default`. */
  readonly preset?: P;
}

/**
 * A last-in-first-out entropy coder between two stacks of words. A call that fails leaves it as it was.
 *
 * @example
 * const coder = new ChainCoder(sideInformation, { seal: true });
 * const symbols = coder.decode(family, means, stds);
 * const [, remainders] = coder.getRemainders();
 *
 * const back = new ChainCoder(remainders, { isRemainders: true });
 * back.encodeReverse(symbols, family, means, stds);
 * const [first, second] = back.getData({ unseal: true }); // together the end of sideInformation
 */
export class ChainCoder<P extends Preset = 'default'> extends StreamCoder<P> {
  /** Data: decoding takes from it, encoding adds to it. */
  private data: Words;
  /** Remainders: decoding adds to them, encoding takes from them. */
  private remainders: Words;
  /** Bits of the data that are read and not used, below a leading 1: from 1 to less than a word's range. */
  private head = 1;
  /** What the remainders start with: from 2^8 to less than 2^40 (2^4 to 2^20 with preset `small`). */
  private rest = 0;

  /**
   * A coder on data to decode, or on remainders to encode with. The words are copied.
   *
   * @param words - A Uint32Array, or a Uint16Array with preset `small`.
   * @throws TypeError (`invalid-type`) for words of another type.
   * @throws RangeError (`invalid-argument`) for both `isRemainders` and `seal`.
   * @throws SurprisalError (`out-of-data`) for too few words, (`corrupt`) when the last is 0 and `seal` is not set.
   */
  constructor(words: WordArray<P>, options: ChainOptions<P> = {}) {
    super(options.preset ?? ('default' as P));
    checkWords(words, this.small);
    const { isRemainders = false, seal = false } = options;
    if (isRemainders && seal) throw rangeError('remainders are not sealed: they end in a word that is not 0');
    const given = new Words(words);
    this.data = isRemainders ? new Words(noWords(this.small)) : given;
    this.remainders = isRemainders ? given : new Words(noWords(this.small));
    const pop = (what: string, least: number) => {
      if (given.length === 0)
        throw new SurprisalError('out-of-data', `${words.length} words are too few to start a chain coder with`);
      const word = given.pop();
      if (word < least) throw zeroEnd(what);
      return word;
    };
    if (isRemainders) this.head = pop('remainders', 1);
    this.rest = seal ? 1 : pop(isRemainders ? 'remainders, but for one,' : 'data', 1);
    const radix = 2 ** this.wordBits;
    while (this.rest < 2 ** (this.wordBits - this.precision)) this.rest = this.rest * radix + pop('', 0);
  }

  /**
   * Encodes one symbol.
   *
   * @throws SurprisalError (`impossible-symbol`) for a symbol without an interval, (`out-of-data`) when no remainders
   *   are left.
   * @throws RangeError (`invalid-argument`) when the model's precision is not that of the preset.
   */
  encodeReverse(symbol: number, model: EntropyModel): void;
  /** Encodes symbols, the last one first, so that they are decoded in their order: all with one model, or each with its own. */
  encodeReverse(symbols: Symbols, model: EntropyModel | readonly EntropyModel[]): void;
  /** Encodes symbols, the last one first, each with parameters of its own. */
  encodeReverse(symbols: Symbols, family: ModelFamily | MixtureFamily, ...parameters: Parameters[]): void;
  /** Encodes symbols, each with a row of the matrix, whose rows lie one after another. */
  encodeReverse(symbols: Symbols, family: RowFamily, matrix: Parameters): void;
  /** All of these forms. */
  encodeReverse(symbols: number | Symbols, source: Source, ...parameters: Parameters[]): void {
    this.encodeAny(symbols, source, parameters, true);
  }

  /**
   * Decodes one symbol, which takes exactly 24 bits of the data (12 with preset `small`).
   *
   * @throws SurprisalError (`out-of-data`) when fewer are left.
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
   * What is left after decoding, in two parts: data not touched, and all that a coder needs to encode again. The
   * second is enough for that; both together, one after the other, are as good.
   */
  getRemainders(): [untouched: WordArray<P>, remainders: WordArray<P>] {
    const ending = [...wordsOf(this.rest, this.wordBits), this.head];
    return [this.data.with([]) as WordArray<P>, this.remainders.with(ending) as WordArray<P>];
  }

  /**
   * The data after encoding, in two parts: remainders not touched, and the data that encoding gave back. One after the
   * other they are what was decoded from.
   *
   * @throws SurprisalError (`corrupt`) unless the data is whole words (and, with `unseal`, ends in the seal): what was
   *   encoded is not what was decoded.
   */
  getData(options: UnsealOptions = {}): [untouched: WordArray<P>, data: WordArray<P>] {
    const { unseal = false } = options;
    if (this.head !== 1 || (unseal && (bitLength(this.rest) - 1) % this.wordBits !== 0))
      throw new SurprisalError(
        'corrupt',
        this.head !== 1
          ? 'the data is no whole number of words: encode as many symbols as were decoded'
          : 'the data does not end in a seal: encode what was decoded from a coder made with { seal: true }',
      );
    const ending = wordsOf(this.rest, this.wordBits);
    if (unseal) ending.pop();
    return [this.remainders.with([]) as WordArray<P>, this.data.with(ending) as WordArray<P>];
  }

  /** Whether the data is a whole number of words, as {@link getData} needs it. */
  isWhole(): boolean {
    return this.head === 1;
  }

  /** An independent copy. */
  clone(): ChainCoder<P> {
    const copy = new ChainCoder<P>((this.small ? Uint16Array : Uint32Array).of(1, 1, 1) as WordArray<P>, {
      preset: this.preset,
    });
    copy.data = this.data.clone();
    copy.remainders = this.remainders.clone();
    copy.head = this.head;
    copy.rest = this.rest;
    return copy;
  }

  protected override mark(): Mark {
    return [this.data.length, this.remainders.length, this.head, this.rest];
  }

  protected override restore([data, remainders, head, rest]: Mark): void {
    this.data.length = data;
    this.remainders.length = remainders;
    this.head = head;
    this.rest = rest;
  }

  protected override unitOf(p: number): number {
    const refill = this.rest < p * (this.small ? 16 : 256);
    if (refill && this.remainders.length === 0) throw outOfRemainders();
    const { array, length } = this.remainders;
    if (this.small) return (refill ? this.rest * 65536 + array[length - 1] : this.rest) % p;
    if (refill) divide(this.rest, array[length - 1], p);
    else divide(Math.floor(this.rest / 4294967296), this.rest % 4294967296, p);
    return left[0];
  }

  protected override encodeInterval(start: number, p: number): void {
    const refill = this.rest < p * (this.small ? 16 : 256);
    if (refill && this.remainders.length === 0) throw outOfRemainders();
    let quantile: number;
    if (this.small) {
      const rest = refill ? this.rest * 65536 + this.remainders.pop() : this.rest;
      this.rest = Math.floor(rest / p);
      quantile = start + (rest - this.rest * p);
    } else {
      const high = refill ? this.rest : Math.floor(this.rest / 4294967296);
      const low = refill ? this.remainders.pop() : this.rest % 4294967296;
      this.rest = divide(high, low, p);
      quantile = start + left[0];
    }
    const { head } = this;
    if (head < (this.small ? 16 : 256)) {
      this.head = head * (this.small ? 4096 : 16777216) + quantile;
    } else if (this.small) {
      this.data.push(((head << 12) | quantile) & 0xffff);
      this.head = head >>> 4;
    } else {
      this.data.push(((head << 24) | quantile) >>> 0);
      this.head = head >>> 8;
    }
  }

  protected override quantile(): number {
    const mask = this.small ? 0xfff : 0xffffff;
    if (this.head > mask) return this.head & mask;
    if (this.data.length === 0) throw outOfData();
    return this.data.array[this.data.length - 1] & mask;
  }

  protected override advance(quantile: number, start: number, p: number): void {
    if (this.small) {
      this.head = this.head > 0xfff ? this.head >>> 12 : this.head * 16 + (this.data.pop() >>> 12);
      const rest = this.rest * p + (quantile - start);
      if (rest >= 0x100000) this.remainders.push(rest & 0xffff);
      this.rest = rest >= 0x100000 ? rest >>> 16 : rest;
      return;
    }
    this.head = this.head > 0xffffff ? this.head >>> 24 : this.head * 256 + (this.data.pop() >>> 24);
    multiplyAdd(this.rest, p, quantile - start);
    if (product[1] >= 256) {
      this.remainders.push(product[0]);
      this.rest = product[1];
    } else {
      this.rest = product[1] * 4294967296 + product[0];
    }
  }

  protected override encodeChunk(to: Coding, n: number, mode: SourceMode): number {
    const { remainders } = this;
    const offered = Math.min(n, remainders.length);
    remainders.copyLast(offered, to.others);
    this.enter(to, 0, offered);
    const failed = to.kernel.chainEncode(n, this.small, to.dividing(mode, n));
    if (failed >= 0) return failed;
    this.leave(to);
    remainders.length -= offered - to.slots[Slot.otherCount];
    this.data.append(to.words, to.slots[Slot.wordCount], this.remaining / n);
    return -1;
  }

  protected override decodeChunk(to: Coding, n: number, mode: SourceMode): number {
    const { data } = this;
    const offered = Math.min(n, data.length);
    data.copyLast(offered, to.words);
    this.enter(to, offered, 0);
    const failed = to.kernel.chainDecode(n, this.small, mode);
    if (failed >= 0) return failed;
    this.leave(to);
    data.length -= offered - to.slots[Slot.wordCount];
    this.remainders.append(to.others, to.slots[Slot.otherCount], this.remaining / n);
    return -1;
  }

  private enter({ slots }: Coding, words: number, others: number): void {
    slots[Slot.state] = this.rest % 4294967296;
    slots[Slot.state + 1] = Math.floor(this.rest / 4294967296);
    slots[Slot.head] = this.head;
    slots[Slot.wordCount] = words;
    slots[Slot.otherCount] = others;
  }

  private leave({ slots }: Coding): void {
    this.rest = slots[Slot.state + 1] * 4294967296 + slots[Slot.state];
    this.head = slots[Slot.head];
  }
}
