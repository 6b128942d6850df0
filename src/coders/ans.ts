/**
 * A stack of bits: asymmetric numeral systems (Duda, "Asymmetric numeral systems", arXiv:0902.0271, 2009), word for
 * word as constriction's `AnsCoder` has it (Bamler, arXiv:2201.01741, 2022).
 *
 * What is encoded last is decoded first. Encoding and decoding are exactly inverse to each other in both orders, so
 * that data may be decoded with any model and encoded again: what bits-back coding is built on.
 */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { type Coding, Slot, type SourceMode } from '../kernels/coding.ts';
import type { EntropyModel, MixtureFamily, ModelFamily, RowFamily } from '../models/model.ts';
import { type Mark, type Parameters, type Source, StreamCoder, type Symbols } from './stream.ts';
import { divide, join, multiplyAdd, product, rest } from './wide.ts';
import { checkWords, noWords, type Preset, type WordArray, Words, zeroEnd } from './words.ts';

/** How an {@link AnsCoder} is set up. */
export interface AnsOptions<P extends Preset = Preset> {
  /** Take the words as they are, whatever they end in: for data that no AnsCoder has written. Default false. */
  readonly seal?: boolean;
  /** Widths of words, state and probabilities. Default `default`. */
  readonly preset?: P;
}

/** What {@link AnsCoder.getCompressed} takes. */
export interface UnsealOptions {
  /** Give back what a sealed coder was made from: everything decoded must have been encoded again. Default false. */
  readonly unseal?: boolean;
}

/**
 * A last-in-first-out entropy coder. A call that fails leaves it as it was.
 *
 * @example
 * const model = new Categorical(Float64Array.of(0.1, 0.6, 0.3));
 * const coder = new AnsCoder();
 * coder.encodeReverse(Int32Array.of(0, 2, 1, 1), model);
 * const words = coder.getCompressed();
 * new AnsCoder(words).decode(model, 4); // Int32Array [0, 2, 1, 1]
 */
export class AnsCoder<P extends Preset = 'default'> extends StreamCoder<P> {
  /** Words below the state, top one last. */
  protected words: Words;
  /** Low and high half of the state, which is at least one word's range unless there are no words. */
  protected readonly state = new Uint32Array(2);

  /**
   * An empty coder, or one on words that a coder has written (or any, if `seal`). The words are copied.
   *
   * @param compressed - A Uint32Array, or a Uint16Array with preset `small`.
   * @throws TypeError (`invalid-type`) for words of another type.
   * @throws SurprisalError (`corrupt`) when the last word is 0 and `seal` is not set.
   */
  constructor(compressed?: WordArray<P>, options: AnsOptions<P> = {}) {
    super(options.preset ?? ('default' as P));
    const given = compressed ?? noWords(this.small);
    checkWords(given, this.small);
    const { seal = false } = options;
    if (seal && compressed === undefined) throw typeError('there is nothing to seal without words');
    if (!seal && given.length > 0 && given[given.length - 1] === 0) throw zeroEnd('compressed data');
    this.words = new Words(given);
    if (seal) this.set(0, 1);
    this.refill();
  }

  /** Moves words into the state until it is full or none are left. */
  private refill(): void {
    const { state, words } = this;
    if (this.small) {
      while (state[0] < 65536 && words.length > 0) state[0] = state[0] * 65536 + words.pop();
    } else {
      while (state[1] === 0 && words.length > 0) this.set(state[0], words.pop());
    }
  }

  protected set(high: number, low: number): void {
    this.state[1] = high;
    this.state[0] = low;
  }

  /**
   * Encodes one symbol.
   *
   * @throws SurprisalError (`impossible-symbol`) for a symbol without an interval.
   * @throws RangeError (`invalid-argument`) when the model's precision is not that of the preset.
   */
  encodeReverse(symbol: number, model: EntropyModel): void;
  /** Encodes symbols, the last one first, so that they are decoded in their order: all with one model, or each with its own. */
  encodeReverse(symbols: Symbols, model: EntropyModel | readonly EntropyModel[]): void;
  /**
   * Encodes symbols, the last one first, each with parameters of its own.
   *
   * @example
   * coder.encodeReverse(symbols, new QuantizedGaussian(-100, 100), means, stds);
   */
  encodeReverse(symbols: Symbols, family: ModelFamily | MixtureFamily, ...parameters: Parameters[]): void;
  /** Encodes symbols, each with a row of the matrix, whose rows lie one after another. */
  encodeReverse(symbols: Symbols, family: RowFamily, matrix: Parameters): void;
  /** All of these forms. */
  encodeReverse(symbols: number | Symbols, source: Source, ...parameters: Parameters[]): void {
    this.encodeAny(symbols, source, parameters, true);
  }

  /**
   * Decodes one symbol. An empty coder is not an error: it decodes as if there were zeros without end.
   *
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
   * The words of all that is encoded. Changes nothing: encoding may go on.
   *
   * @throws SurprisalError (`corrupt`) with `unseal` when the coder does not stand where it was sealed.
   */
  getCompressed(options: UnsealOptions = {}): WordArray<P> {
    const { words } = this;
    const chunks = this.chunks();
    if (options.unseal === true && chunks.pop() !== 1)
      throw new SurprisalError(
        'corrupt',
        'the coder does not end in a seal: it was made without { seal: true }, or not all that was decoded has been encoded again',
      );
    return words.with(chunks) as WordArray<P>;
  }

  /** Words of the state up to its highest bit, low one first. */
  private chunks(): number[] {
    const { state } = this;
    const halves = this.small ? [state[0] & 0xffff, state[0] >>> 16] : [state[0], state[1]];
    while (halves.length > 0 && halves[halves.length - 1] === 0) halves.pop();
    return halves;
  }

  /** Number of words that {@link getCompressed} returns. */
  numWords(): number {
    return this.words.length + this.chunks().length;
  }

  /** Size of the compressed data in bits, in whole words. */
  numBits(): number {
    return this.wordBits * this.numWords();
  }

  /** Size of the compressed data in bits, without what is left free in the last word. */
  numValidBits(): number {
    const { state } = this;
    const bits = state[1] > 0 ? 64 - Math.clz32(state[1]) : 32 - Math.clz32(state[0]);
    return this.wordBits * this.words.length + Math.max(bits, 1) - 1;
  }

  /** Whether the coder is as a new one without words. */
  isEmpty(): boolean {
    return this.words.length === 0 && this.state[0] === 0 && this.state[1] === 0;
  }

  /**
   * Where the coder stands: how many words lie below the state, and the state. For {@link seek}.
   *
   * @example
   * const [position, state] = coder.pos();
   */
  pos(): [position: number, state: bigint] {
    return [this.words.length, join(this.state[1], this.state[0])];
  }

  /**
   * Goes to where {@link pos} was taken while encoding, dropping the words above it. Only downwards: a stack does not
   * keep what was taken from it.
   *
   * @throws RangeError (`invalid-argument`) when there are fewer words than that, or for a state that is none.
   */
  seek(position: number, state: bigint): void {
    if (!(Number.isInteger(position) && position >= 0 && position <= this.words.length))
      throw rangeError(`a position is a whole number from 0 to the ${this.words.length} words left, not ${position}`);
    const least = position > 0 ? 1n << BigInt(this.wordBits) : 0n;
    if (typeof state !== 'bigint') throw typeError(`a state is a bigint, not ${typeof state}`);
    if (state < least || state >> BigInt(2 * this.wordBits) !== 0n)
      throw rangeError(`the state at ${position} words is from ${least} to 2^${2 * this.wordBits} - 1, not ${state}`);
    this.words.length = position;
    this.set(Number(state >> 32n), Number(state & 0xffffffffn));
  }

  /** An independent copy. */
  clone(): AnsCoder<P> {
    const copy = new AnsCoder<P>(undefined, { preset: this.preset });
    copy.words = this.words.clone();
    copy.state.set(this.state);
    return copy;
  }

  /** Empties the coder. */
  clear(): void {
    this.words.length = 0;
    this.set(0, 0);
  }

  protected override mark(): Mark {
    return [this.words.length, this.state[0], this.state[1]];
  }

  protected override restore([length, low, high]: Mark): void {
    this.words.length = length;
    this.set(high, low);
  }

  protected override encodeInterval(left: number, p: number): void {
    const { state } = this;
    if (this.small) {
      let x = state[0];
      if (x >>> 20 >= p) {
        this.words.push(x & 0xffff);
        x >>>= 16;
      }
      const quotient = Math.floor(x / p);
      state[0] = quotient * 4096 + left + (x - quotient * p);
      return;
    }
    let low = state[0];
    let high = state[1];
    if (high >>> 8 >= p) {
      this.words.push(low);
      low = high;
      high = 0;
    }
    const quotient = divide(high, low, p);
    state[1] = quotient / 256;
    state[0] = (quotient << 24) | (left + rest[0]);
  }

  protected override unitOf(p: number): number {
    const [low, high] = this.state;
    if (this.small) return (low >>> 20 >= p ? low >>> 16 : low) % p;
    if (high >>> 8 >= p) divide(0, high, p);
    else divide(high, low, p);
    return rest[0];
  }

  protected override quantile(): number {
    return this.state[0] & (this.small ? 0xfff : 0xffffff);
  }

  protected override advance(quantile: number, left: number, p: number): void {
    const { state, words } = this;
    if (this.small) {
      const x = (state[0] >>> 12) * p + (quantile - left);
      state[0] = x < 65536 && words.length > 0 ? x * 65536 + words.pop() : x;
      return;
    }
    multiplyAdd(state[1] * 256 + (state[0] >>> 24), p, quantile - left);
    if (product[1] === 0 && words.length > 0) this.set(product[0], words.pop());
    else this.set(product[1], product[0]);
  }

  protected override encodeChunk(to: Coding, n: number, mode: SourceMode): number {
    to.slots.set(this.state, Slot.state);
    const failed = to.kernel.ansEncode(n, this.small, to.dividing(mode, n));
    if (failed >= 0) return failed;
    this.set(to.slots[Slot.state + 1], to.slots[Slot.state]);
    this.words.append(to.words, to.slots[Slot.wordCount], this.remaining / n);
    return -1;
  }

  protected override decodeChunk(to: Coding, n: number, mode: SourceMode): number {
    const { words } = this;
    const offered = Math.min(n, words.length);
    to.slots.set(this.state, Slot.state);
    to.slots[Slot.wordCount] = offered;
    words.copyLast(offered, to.words);
    const failed = to.kernel.ansDecode(n, this.small, mode);
    if (failed >= 0) return failed;
    this.set(to.slots[Slot.state + 1], to.slots[Slot.state]);
    words.drop(offered - to.slots[Slot.wordCount]);
    return -1;
  }
}
