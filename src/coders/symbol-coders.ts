/**
 * Symbol codes: each symbol has a codeword of its own, a whole number of bits, so nothing is shared between symbols.
 *
 * That is simpler and faster than a stream coder, and up to a bit a symbol longer. A codebook (a Huffman code, an
 * exponential Golomb code) says which bits; the coders of this module say where they go:
 *
 * - {@link QueueEncoder} and {@link QueueDecoder}: first in, first out. The words end in zeros up to a multiple of 32
 *   bits, so the number of symbols has to be known from elsewhere.
 * - {@link StackCoder}: last in, first out. Codewords go on back to front, which turns a prefix code into a suffix code
 *   that reads forwards from the end; one more bit, a 1, seals the words, so that the end can be found again.
 *
 * The words are those of constriction 0.5.0's `symbol` module (Bamler, "Understanding Entropy Coding With Asymmetric
 * Numeral Systems (ANS): a Statistician's Perspective", 2022, arXiv:2201.01741), with one difference: there a
 * StackCoder looks for its seal from the wrong end of the last word, so that reloading fails; here it works.
 */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { BitBuffer, checkBitCount, copyWords, lowBits, reverseBits } from './bits.ts';

/** Where a codebook writes the bits of a codeword. */
export interface BitSink {
  /** Appends the lowest `count` bits (0 to 32) of `value`, the lowest first. */
  writeBits(value: number, count: number): void;
}

/** Where a codebook reads the bits of a codeword. */
export interface BitSource {
  /** The next `count` bits (0 to 32), the first one lowest, without taking them; past the end there are zeros. */
  peekBits(count: number): number;
  /** Takes `count` bits, any number; throws, and takes none, where there are not so many. */
  skipBits(count: number): void;
}

/** Symbols into codewords. */
export interface EncoderCodebook {
  /**
   * Writes the symbol's codeword, first bit first.
   *
   * @throws SurprisalError (`impossible-symbol`) for a symbol that has no codeword.
   */
  encode(symbol: number, sink: BitSink): void;
}

/** Codewords into symbols. */
export interface DecoderCodebook {
  /**
   * Reads one codeword and gives its symbol.
   *
   * @throws SurprisalError: `corrupt` for bits that are no codeword, and what the source throws at its end.
   */
  decode(source: BitSource): number;
}

/** The bits of a codeword, kept aside until all of them are there. */
class Codeword implements BitSink {
  readonly bits = new BitBuffer();

  writeBits(value: number, count: number): void {
    this.bits.push(value, count);
  }
}

/**
 * A symbol's codeword as a string of 0 and 1, the first bit first: for looking at codes.
 *
 * @throws SurprisalError (`impossible-symbol`) for a symbol that has no codeword.
 *
 * @example
 * codewordOf(new ExpGolomb(), 3); // '00100'
 */
export function codewordOf(codebook: EncoderCodebook, symbol: number): string {
  const word = new Codeword();
  codebook.encode(symbol, word);
  let text = '';
  for (let at = 0; at < word.bits.length; at++) text += word.bits.window(at) & 1;
  return text;
}

function isList(codebook: unknown): codebook is readonly unknown[] {
  return Array.isArray(codebook);
}

function checkEncoder(codebook: EncoderCodebook): void {
  if (typeof codebook?.encode !== 'function')
    throw typeError('encoding needs a codebook that encodes, such as an EncoderHuffmanTree');
}

function checkDecoder(codebook: DecoderCodebook): void {
  if (typeof codebook?.decode !== 'function')
    throw typeError('decoding needs a codebook that decodes, such as a DecoderHuffmanTree');
}

/** The codebook for each symbol: one for all, or a list as long as the symbols. */
function codebookAt<C>(codebooks: C | readonly C[], at: number): C {
  return isList(codebooks) ? (codebooks[at] as C) : (codebooks as C);
}

function checkEncoding(symbols: ArrayLike<number>, codebooks: EncoderCodebook | readonly EncoderCodebook[]): void {
  if (typeof symbols?.length !== 'number') throw typeError('symbols come as an array or a typed array');
  if (isList(codebooks) && codebooks.length !== symbols.length)
    throw rangeError(`${symbols.length} symbols need as many codebooks, not ${codebooks.length}`);
}

function decodingCount(codebooks: unknown, count: number | undefined): number {
  if (isList(codebooks)) {
    if (count !== undefined && count !== codebooks.length)
      throw rangeError(`${count} symbols need as many codebooks, not ${codebooks.length}`);
    return codebooks.length;
  }
  if (!(Number.isSafeInteger(count) && count! >= 0))
    throw rangeError(`the number of symbols to decode is a whole number from 0, not ${count}`);
  return count!;
}

/** The same error, which also says at which of several symbols it arose. */
function atIndex(error: unknown, index: number): unknown {
  if (!(error instanceof SurprisalError)) return error;
  return new SurprisalError(error.code, `${error.message} (at index ${index})`, { cause: error });
}

/** What decoding several symbols is for both ends: all of them, or an error and the source where it was. */
function decodeAll(
  codebooks: DecoderCodebook | readonly DecoderCodebook[],
  count: number | undefined,
  source: { decodeSymbol(codebook: DecoderCodebook): number },
): Uint32Array {
  const symbols = new Uint32Array(decodingCount(codebooks, count));
  for (let at = 0; at < symbols.length; at++) {
    try {
      symbols[at] = source.decodeSymbol(codebookAt(codebooks, at));
    } catch (error) {
      throw atIndex(error, at);
    }
  }
  return symbols;
}

/**
 * Appends codewords; a {@link QueueDecoder} reads them in the same order.
 *
 * @example
 * const probabilities = [0.3, 0.2, 0.4, 0.1];
 * const encoder = new QueueEncoder();
 * encoder.encodeSymbols([1, 3, 2, 3, 0], new EncoderHuffmanTree(probabilities));
 * const decoder = new QueueDecoder(encoder.getCompressed());
 * decoder.decodeSymbols(new DecoderHuffmanTree(probabilities), 5); // [1, 3, 2, 3, 0]
 */
export class QueueEncoder implements BitSink {
  private bits = new BitBuffer();

  /**
   * Appends the symbol's codeword.
   *
   * @throws SurprisalError (`impossible-symbol`) for a symbol that has no codeword, TypeError (`invalid-type`) for a
   *   codebook that does not encode; nothing is appended then.
   */
  encodeSymbol(symbol: number, codebook: EncoderCodebook): void {
    checkEncoder(codebook);
    const before = this.bits.length;
    try {
      codebook.encode(symbol, this);
    } catch (error) {
      this.bits.length = before;
      throw error;
    }
  }

  /**
   * Appends the codewords of several symbols, with one codebook for all or one for each.
   *
   * @throws SurprisalError (`impossible-symbol`, with the index in its message) for a symbol that has no codeword,
   *   RangeError (`invalid-argument`) for lists of different lengths; nothing is appended then.
   */
  encodeSymbols(symbols: ArrayLike<number>, codebook: EncoderCodebook | readonly EncoderCodebook[]): void {
    checkEncoding(symbols, codebook);
    const before = this.bits.length;
    for (let at = 0; at < symbols.length; at++) {
      try {
        this.encodeSymbol(symbols[at], codebookAt(codebook, at));
      } catch (error) {
        this.bits.length = before;
        throw atIndex(error, at);
      }
    }
  }

  /** Appends the lowest `count` bits (0 to 32) of `value`, the lowest first: what codebooks call. */
  writeBits(value: number, count: number): void {
    checkBitCount(count);
    this.bits.push(value, count);
  }

  /** A copy of the words, the last one filled up with zeros. Empty when nothing was encoded. */
  getCompressed(): Uint32Array {
    return this.bits.toWords();
  }

  /** The words and how many of their bits carry information, as constriction's method of this name gives them. */
  getCompressedAndBitrate(): [compressed: Uint32Array, bitrate: number] {
    return [this.getCompressed(), this.numBits()];
  }

  /** A decoder of what has been encoded so far; later symbols do not reach it. */
  getDecoder(): QueueDecoder {
    return new QueueDecoder(this.getCompressed());
  }

  /** How many bits have been encoded. */
  numBits(): number {
    return this.bits.length;
  }

  /** How many words `getCompressed` gives. */
  numWords(): number {
    return Math.ceil(this.bits.length / 32);
  }

  /** Whether no bit has been encoded. (A Huffman code of one symbol takes no bits.) */
  isEmpty(): boolean {
    return this.bits.length === 0;
  }

  /** Forgets everything. */
  clear(): void {
    this.bits.length = 0;
  }

  /** An independent copy. */
  clone(): QueueEncoder {
    const copy = new QueueEncoder();
    copy.bits = this.bits.clone();
    return copy;
  }
}

/**
 * Reads codewords in the order in which a {@link QueueEncoder} appended them.
 *
 * The words end in up to 31 zeros that mean nothing, so decoding more symbols than were encoded may give some before
 * it fails: keep the number of symbols.
 *
 * @example
 * // The codewords 1 and 011, the first bit lowest:
 * new QueueDecoder(Uint32Array.of(0b110_1)).decodeSymbols(new ExpGolomb(), 2); // [0, 2]
 */
export class QueueDecoder implements BitSource {
  private readonly bits: BitBuffer;
  /** The next bit to be read: 0 to `bits.length`. */
  private at = 0;

  /**
   * @param compressed the words; they are copied.
   * @throws TypeError (`invalid-type`) for anything but a Uint32Array.
   */
  constructor(compressed: Uint32Array) {
    const words = copyWords(compressed, 'a QueueDecoder');
    this.bits = new BitBuffer(words, words.length * 32);
  }

  /**
   * Reads one codeword.
   *
   * @throws SurprisalError: `truncated` where the words end within a codeword, `corrupt` for bits that are no
   *   codeword; TypeError (`invalid-type`) for a codebook that does not decode. The decoder is as it was then.
   */
  decodeSymbol(codebook: DecoderCodebook): number {
    checkDecoder(codebook);
    const before = this.at;
    try {
      return codebook.decode(this);
    } catch (error) {
      this.at = before;
      throw error;
    }
  }

  /**
   * Reads `count` codewords of one codebook, or one codeword of each of several.
   *
   * @throws as `decodeSymbol`, with the index in the message, and the decoder is as it was before the first;
   *   RangeError (`invalid-argument`) for a count that is none.
   */
  decodeSymbols(codebook: DecoderCodebook | readonly DecoderCodebook[], count?: number): Uint32Array {
    const before = this.at;
    try {
      return decodeAll(codebook, count, this);
    } catch (error) {
      this.at = before;
      throw error;
    }
  }

  /** The next `count` bits (0 to 32), the first one lowest, without taking them: what codebooks call. */
  peekBits(count: number): number {
    return lowBits(this.bits.window(this.at), count);
  }

  /** Takes `count` bits: what codebooks call. @throws SurprisalError (`truncated`) past the end. */
  skipBits(count: number): void {
    if (count > this.bits.length - this.at)
      throw new SurprisalError('truncated', 'the compressed words end within a codeword', {
        offset: this.bits.length / 8,
      });
    this.at += count;
  }

  /** How many bits have been read. */
  pos(): number {
    return this.at;
  }

  /**
   * Goes to a place that `pos` gave, here or on an encoder (`numBits`) before it went on.
   *
   * @throws RangeError (`invalid-argument`) for a place outside the words.
   */
  seek(pos: number): void {
    if (!(Number.isInteger(pos) && pos >= 0 && pos <= this.bits.length))
      throw rangeError(`a place is a whole number of bits from 0 to ${this.bits.length}, not ${pos}`);
    this.at = pos;
  }

  /** Whether nothing is left but padding: fewer than 32 bits, all zeros. False is certain; true may be a codeword. */
  maybeExhausted(): boolean {
    return this.bits.length - this.at < 32 && this.bits.window(this.at) === 0;
  }

  /** An independent copy, at the same place. */
  clone(): QueueDecoder {
    const copy = new QueueDecoder(this.bits.toWords());
    copy.at = this.at;
    return copy;
  }
}

/**
 * A stack of codewords: what was encoded last is decoded first, and encoding may go on after decoding.
 *
 * @example
 * const coder = new StackCoder();
 * coder.encodeReverse([1, 3, 2], new EncoderHuffmanTree([0.3, 0.2, 0.4, 0.1]));
 * const words = coder.getCompressed(); // sealed by one more bit
 * new StackCoder(words).decodeSymbols(new DecoderHuffmanTree([0.3, 0.2, 0.4, 0.1]), 3); // [1, 3, 2]
 */
export class StackCoder implements BitSource {
  private bits = new BitBuffer();
  private readonly word = new Codeword();

  /**
   * @param compressed words that `getCompressed` gave (copied); an empty coder without them, or for no words at all.
   * @throws TypeError (`invalid-type`) for anything but a Uint32Array; SurprisalError (`corrupt`) if the last word is
   *   0, for then the seal is missing.
   */
  constructor(compressed?: Uint32Array) {
    if (compressed === undefined) return;
    const words = copyWords(compressed, 'a StackCoder');
    if (words.length === 0) return;
    const last = words[words.length - 1];
    if (last === 0)
      throw new SurprisalError('corrupt', 'the last word of a stack is 0, so the bit that seals it is missing', {
        offset: (words.length - 1) * 4,
      });
    // The seal is the highest 1 of all, for it was written last.
    this.bits = new BitBuffer(words, words.length * 32 - Math.clz32(last) - 1);
  }

  /**
   * Puts the symbol's codeword on the stack.
   *
   * @throws SurprisalError (`impossible-symbol`) for a symbol that has no codeword, TypeError (`invalid-type`) for a
   *   codebook that does not encode; the stack is as it was then.
   */
  encodeSymbol(symbol: number, codebook: EncoderCodebook): void {
    checkEncoder(codebook);
    const { bits: word } = this.word;
    word.length = 0;
    codebook.encode(symbol, this.word);
    for (let left = word.length; left > 0; ) {
      const count = Math.min(32, left);
      left -= count;
      this.bits.push(reverseBits(word.window(left), count), count);
    }
  }

  /**
   * Puts several symbols on the stack, the last one first, so that `decodeSymbols` gives them in their order; with one
   * codebook for all or one for each.
   *
   * @throws SurprisalError (`impossible-symbol`, with the index in its message) for a symbol that has no codeword,
   *   RangeError (`invalid-argument`) for lists of different lengths; the stack is as it was then.
   */
  encodeReverse(symbols: ArrayLike<number>, codebook: EncoderCodebook | readonly EncoderCodebook[]): void {
    checkEncoding(symbols, codebook);
    const before = this.bits.length;
    for (let at = symbols.length - 1; at >= 0; at--) {
      try {
        this.encodeSymbol(symbols[at], codebookAt(codebook, at));
      } catch (error) {
        this.bits.length = before;
        throw atIndex(error, at);
      }
    }
  }

  /**
   * Takes one codeword off the stack.
   *
   * @throws SurprisalError: `out-of-data` where the stack ends within a codeword, `corrupt` for bits that are no
   *   codeword; TypeError (`invalid-type`) for a codebook that does not decode. The stack is as it was then.
   */
  decodeSymbol(codebook: DecoderCodebook): number {
    checkDecoder(codebook);
    const before = this.bits.length;
    try {
      return codebook.decode(this);
    } catch (error) {
      this.bits.length = before;
      throw error;
    }
  }

  /**
   * Takes `count` codewords of one codebook off the stack, or one codeword of each of several.
   *
   * @throws as `decodeSymbol`, with the index in the message, and the stack is as it was before the first;
   *   RangeError (`invalid-argument`) for a count that is none.
   */
  decodeSymbols(codebook: DecoderCodebook | readonly DecoderCodebook[], count?: number): Uint32Array {
    const before = this.bits.length;
    try {
      return decodeAll(codebook, count, this);
    } catch (error) {
      this.bits.length = before;
      throw error;
    }
  }

  /** The top `count` bits (0 to 32), the topmost lowest, without taking them: what codebooks call. */
  peekBits(count: number): number {
    const { length } = this.bits;
    const top = length >= 32 ? this.bits.window(length - 32) : this.bits.window(0) << (32 - length);
    return length === 0 ? 0 : lowBits(reverseBits(top, 32), count);
  }

  /** Takes `count` bits off: what codebooks call. @throws SurprisalError (`out-of-data`) for more than there are. */
  skipBits(count: number): void {
    if (count > this.bits.length)
      throw new SurprisalError('out-of-data', 'the stack of bits ends within a codeword', { offset: 0 });
    this.bits.length -= count;
  }

  /** A copy of the words with the bit that seals them: never empty. */
  getCompressed(): Uint32Array {
    this.bits.push(1, 1);
    const words = this.bits.toWords();
    this.bits.length -= 1;
    return words;
  }

  /** The sealed words and how many bits carry information (the seal is not counted), as constriction gives them. */
  getCompressedAndBitrate(): [compressed: Uint32Array, bitrate: number] {
    return [this.getCompressed(), this.numBits()];
  }

  /** How many bits are on the stack, the seal not counted. */
  numBits(): number {
    return this.bits.length;
  }

  /** How many words `getCompressed` gives. */
  numWords(): number {
    return Math.ceil((this.bits.length + 1) / 32);
  }

  /** Whether no bit is on the stack. (A Huffman code of one symbol takes no bits.) */
  isEmpty(): boolean {
    return this.bits.length === 0;
  }

  /** Takes everything off. */
  clear(): void {
    this.bits.length = 0;
  }

  /** An independent copy. */
  clone(): StackCoder {
    const copy = new StackCoder();
    copy.bits = this.bits.clone();
    return copy;
  }
}
