/**
 * Ziv and Lempel's code of 1978: exact lengths, an encoder and a decoder.
 *
 * The input is cut into phrases, each the longest phrase there was and one symbol more. (Ziv, Lempel, "Compression of
 * individual sequences via variable-rate coding", IEEE Transactions on Information Theory 24 (1978).) What the same
 * phrases give as a model with exact conditionals is `Lz78Model` in `surprisal/sequence/lz78.js`.
 */

import { rangeError, SurprisalError } from '../errors.ts';
import { checkAlphabetSize, checkSymbol, type Mark, Marks } from '../sequence/model.ts';
import { BitReader, BitWriter, type CodedBits, checkSymbols, MAX_OUTPUT, Output, widthOf } from './bits.ts';
import type { LengthOracle } from './oracle.ts';
import { Children, Trie } from './trie.ts';

/** What the code must know. */
export interface Lz78CodeOptions {
  /** Number of symbols: 1 to 65,536. 256 unless given. */
  readonly alphabetSize?: number;
}

/** Options of {@link lz78Decode}. */
export interface Lz78DecodeOptions extends Lz78CodeOptions {
  /** Symbols that there may be; 2^28 unless given. */
  readonly maxOutputSize?: number;
}

/**
 * Exact length of a string in LZ78. Constant time a symbol, and for all symbols at once hardly more than for one.
 *
 * With j phrases before it, the empty one included, a phrase is the number of the one it extends, in ceil(log2 j) bits,
 * and its last symbol in ceil(log2 alphabetSize) bits. What the input ends with may be a phrase that there is already:
 * it is that one's number alone. As in all of the theory, the decoder is told the number of symbols: among strings of
 * the same length no code is the beginning of another, and 2^-bits sums to at most 1.
 *
 * @example
 * const oracle = new Lz78Oracle({ alphabetSize: 2 });
 * pushAll(oracle, [0, 0, 1, 0, 0]);
 * oracle.bits(); // 5: 0; 1 and 1; phrase 1 and 0, of 0 + 1, 1 + 1 and 2 bits
 */
export class Lz78Oracle implements LengthOracle {
  readonly alphabetSize: number;
  /** Bits of a symbol. */
  private readonly width: number;
  /** Phrases; node 0 is the empty one. */
  private readonly trie = new Trie();
  private readonly children: Children;
  private readonly marks = new Marks();
  /** State at the marks that are held, three numbers each. */
  private readonly saved: number[] = [];
  /** Bits of the phrases written. */
  private done = 0;
  /** The phrase that the input goes on with. */
  private node: number;

  /** @throws RangeError (`invalid-argument`) for an alphabet of no or more than 2^16 symbols. */
  constructor(options: Lz78CodeOptions = {}) {
    const { alphabetSize = 256 } = options;
    checkAlphabetSize(alphabetSize);
    this.alphabetSize = alphabetSize;
    this.width = widthOf(alphabetSize);
    this.children = new Children(alphabetSize);
    this.node = this.trie.addRoot();
  }

  /** Number of phrases so far, without the empty one and what the input ends with. */
  get phrases(): number {
    return this.trie.size - 1;
  }

  /** Appends a symbol. */
  push(symbol: number): void {
    checkSymbol(symbol, this.alphabetSize);
    const { trie, node } = this;
    const child = trie.find(node, symbol);
    if (child >= 0) {
      this.node = child;
      return;
    }
    this.done += widthOf(trie.size) + this.width;
    trie.add(node, symbol);
    this.node = 0;
  }

  /** Length in bits. */
  bits(): number {
    return this.done + (this.node === 0 ? 0 : widthOf(this.trie.size));
  }

  /** Lengths in bits after each of some symbols. */
  bitsAfter(symbols: ArrayLike<number>, into: Float64Array): void {
    const { children } = this;
    const found = this.done + widthOf(this.trie.size);
    const other = found + this.width;
    children.of(this.trie, this.node);
    for (let i = 0; i < symbols.length; i++) {
      const symbol = symbols[i];
      checkSymbol(symbol, this.alphabetSize);
      into[i] = children.has(symbol) ? found : other;
    }
  }

  /** Marks the present state. */
  mark(): Mark {
    this.saved.push(this.trie.size, this.done, this.node);
    return this.marks.add(this.saved.length - 3);
  }

  /** Goes back to a mark, and forgets it and all later ones. */
  rollback(mark: Mark): void {
    const { saved } = this;
    const at = this.marks.drop(mark);
    this.trie.cut(saved[at]);
    this.done = saved[at + 1];
    this.node = saved[at + 2];
    saved.length = at;
  }

  /** Forgets a mark and all later ones, and keeps what came after them. */
  release(mark: Mark): void {
    this.saved.length = this.marks.drop(mark);
  }
}

/**
 * Codes symbols; the bits are those that {@link Lz78Oracle} tells. Bits fill bytes from the highest.
 *
 * @throws RangeError (`invalid-argument`) for a number that is not a symbol.
 * @example
 * const { bytes, bits } = lz78Encode([0, 0, 1, 0, 0], { alphabetSize: 2 });
 */
export function lz78Encode(symbols: ArrayLike<number>, options: Lz78CodeOptions = {}): CodedBits {
  const { alphabetSize = 256 } = options;
  checkAlphabetSize(alphabetSize);
  checkSymbols(symbols, alphabetSize);
  const writer = new BitWriter('msb');
  const trie = new Trie();
  const root = trie.addRoot();
  let node = root;
  for (let i = 0; i < symbols.length; i++) {
    const child = trie.find(node, symbols[i]);
    if (child >= 0) {
      node = child;
      continue;
    }
    writer.write(node, widthOf(trie.size));
    writer.write(symbols[i], widthOf(alphabetSize));
    trie.add(node, symbols[i]);
    node = root;
  }
  if (node !== root) writer.write(node, widthOf(trie.size));
  return writer.result();
}

/**
 * Decodes what {@link lz78Encode} wrote.
 *
 * @param length - Number of symbols.
 * @returns The symbols: Uint16Array when the alphabet has more than 256.
 * @throws SurprisalError (`truncated`, `corrupt`, or `limit` for more than maxOutputSize symbols); RangeError
 *   (`invalid-argument`) for a length that is none.
 * @example
 * lz78Decode(lz78Encode(bytes).bytes, bytes.length); // the bytes
 */
export function lz78Decode(
  bytes: Uint8Array,
  length: number,
  options: Lz78DecodeOptions = {},
): Uint8Array | Uint16Array {
  const reader = new BitReader(bytes, 'msb');
  const symbols = lz78Read(reader, length, options);
  reader.finish();
  return symbols;
}

/**
 * Decodes one code of {@link lz78Encode} where a reader of order `msb` stands, and leaves the reader behind it.
 *
 * @param length - Number of symbols.
 * @throws SurprisalError, RangeError as {@link lz78Decode}.
 */
export function lz78Read(reader: BitReader, length: number, options: Lz78DecodeOptions = {}): Uint8Array | Uint16Array {
  const { alphabetSize = 256, maxOutputSize = MAX_OUTPUT } = options;
  checkAlphabetSize(alphabetSize);
  if (!(Number.isSafeInteger(length) && length >= 0))
    throw rangeError(`a number of symbols is a whole number from 0, not ${length}`);
  if (length > maxOutputSize)
    throw new SurprisalError(
      'limit',
      `${length} symbols are more than ${maxOutputSize}; allow more with maxOutputSize`,
    );
  const width = widthOf(alphabetSize);
  const output = new Output(alphabetSize, maxOutputSize);
  // Where in the output each phrase stands: it ends where the next one starts.
  const starts: number[] = [0, 0];
  while (output.length < length) {
    const phrases = starts.length - 1;
    const { offset } = reader;
    const phrase = reader.read(widthOf(phrases));
    const start = output.length;
    const from = starts[phrase];
    const count = phrase === 0 ? 0 : starts[phrase + 1] - from;
    if (phrase >= phrases || count > length - start)
      throw new SurprisalError('corrupt', `at byte ${offset} stands phrase ${phrase}, which cannot be there`, {
        offset,
      });
    const whole = start + count < length;
    const symbols = output.grow(whole ? count + 1 : count);
    symbols.copyWithin(start, from, from + count);
    if (!whole) break;
    const symbol = reader.read(width);
    if (symbol >= alphabetSize)
      throw new SurprisalError('corrupt', `at byte ${offset} stands symbol ${symbol} of ${alphabetSize}`, { offset });
    symbols[start + count] = symbol;
    starts.push(output.length);
  }
  return output.result();
}
