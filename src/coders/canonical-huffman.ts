/**
 * Canonical Huffman codes: codes that their codeword lengths alone determine, as in DEFLATE (RFC 1951).
 *
 * Codewords of one length are consecutive binary numbers in the order of their symbols, and longer ones follow shorter
 * ones. So a byte for each symbol stores the code, and a table decodes up to 11 bits at once. The lengths come from
 * the package-merge algorithm, which finds the best ones under a limit: Larmore and Hirschberg, "A fast algorithm for
 * optimal length-limited Huffman codes", Journal of the ACM 37 (1990). Canonical codes: Schwartz and Kallick,
 * "Generating a canonical prefix encoding", Communications of the ACM 7 (1964).
 */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { checkSymbol, reverseBits } from './bits.ts';
import { checkWeights, symbolsByWeight } from './huffman.ts';
import type { BitSink, BitSource, DecoderCodebook, EncoderCodebook } from './symbol-coders.ts';

/** The longest codewords there can be. */
const longest = 32;

/** Codewords up to this length decode by one look-up: 2^11 entries of 5 bytes stay in the first cache. */
const tableBits = 11;

function checkMaxLength(maxLength: number): void {
  if (!(Number.isInteger(maxLength) && maxLength >= 1 && maxLength <= longest))
    throw rangeError(`the limit of codeword lengths is a whole number from 1 to ${longest}, not ${maxLength}`);
}

/**
 * The codeword lengths that make `sum of weight * length` least, none above `maxLength` bits: package-merge.
 *
 * A symbol of weight 0 gets length 0, no codeword; where only one symbol has a weight, its length is 1. With whole
 * weights whose sum times `maxLength` is below 2^53 the result is exactly optimal; other sums are rounded, in a fixed
 * order, so that the lengths are the same on every machine. Time and memory grow as the symbols times `maxLength`.
 *
 * @param weights counts or probabilities, one for each symbol, in any scale.
 * @param maxLength a whole number from 1 to 32.
 * @throws RangeError (`invalid-argument`) for no symbols, weights that are negative, infinite or not numbers, a sum of
 *   0 or infinity, and for more symbols than `maxLength` bits can tell apart.
 *
 * @example
 * limitedLengths([1, 1, 2, 4, 8], 3); // [3, 3, 3, 3, 1]: without a limit [4, 4, 3, 2, 1]
 */
export function limitedLengths(weights: ArrayLike<number>, maxLength: number): Uint8Array {
  checkWeights(weights, 'weights');
  checkMaxLength(maxLength);
  const order = symbolsByWeight(weights);
  let absent = 0;
  while (weights[order[absent]] === 0) absent++;
  const symbols = order.subarray(absent);
  const n = symbols.length;
  if (n > 2 ** maxLength) throw rangeError(`${n} symbols cannot all have codewords of at most ${maxLength} bits`);
  const lengths = new Uint8Array(weights.length);
  if (n === 1) {
    lengths[symbols[0]] = 1;
    return lengths;
  }
  // Without a limit no codeword of n symbols has n bits: rows beyond that change nothing.
  const levels = Math.min(maxLength, n - 1);
  // Each row holds the symbols and the pairs of the row before, by weight; only which of them are pairs is kept.
  const rows: Uint8Array[] = [];
  let row: Float64Array = Float64Array.from(symbols, (s) => weights[s]);
  rows.push(new Uint8Array(n));
  for (let level = 2; level <= levels; level++) {
    const pairs = Math.floor(row.length / 2);
    const merged = new Float64Array(n + pairs);
    const isPair = new Uint8Array(n + pairs);
    let leaf = 0;
    for (let at = 0, pair = 0; at < merged.length; at++) {
      const weight = pair < pairs ? row[2 * pair] + row[2 * pair + 1] : Infinity;
      // Of equals the symbol comes first.
      if (leaf < n && weights[symbols[leaf]] <= weight) merged[at] = weights[symbols[leaf++]];
      else {
        merged[at] = weight;
        isPair[at] = 1;
        pair++;
      }
    }
    row = merged;
    rows.push(isPair);
  }
  // The first 2 n - 2 items of the last row are the solution: a symbol's length is how often it is among them, in the
  // pairs too. The pairs among the first items of a row are the first pairs, made of the first items of the row before.
  let taken = 2 * n - 2;
  for (let level = levels - 1; level >= 0 && taken > 0; level--) {
    let pairs = 0;
    for (let at = 0; at < taken; at++) pairs += rows[level][at];
    for (let leaf = 0; leaf < taken - pairs; leaf++) lengths[symbols[leaf]]++;
    taken = 2 * pairs;
  }
  return lengths;
}

/** What a canonical code is made with. */
export interface CanonicalHuffmanOptions {
  /** The most bits that a codeword may have, 1 to 32. 32 unless given; 11 or fewer decode by a single look-up. */
  readonly maxLength?: number;
}

/**
 * A canonical Huffman code, for encoding and decoding. Immutable.
 *
 * @example
 * const code = CanonicalHuffman.fromWeights([45, 13, 12, 16, 9, 5], { maxLength: 11 });
 * const encoder = new QueueEncoder();
 * encoder.encodeSymbols(symbols, code);
 * // A decoder needs the lengths alone:
 * encoder.getDecoder().decodeSymbols(new CanonicalHuffman(code.lengths()), symbols.length);
 */
export class CanonicalHuffman implements EncoderCodebook, DecoderCodebook {
  /** The length of each symbol's codeword, 0 for none. */
  private readonly sizes: Uint8Array;
  /** Each symbol's codeword, its first bit lowest. */
  private readonly codes: Uint32Array;
  /** The symbols by (length, index): codewords in ascending order. */
  private readonly sorted: Uint32Array;
  /** How many codewords have each length, 0 to 32. */
  private readonly counts: Uint32Array;
  /** The length of the longest codeword. */
  private readonly most: number;
  /** By the next `bits` bits: the symbol and its length, or length 0 where the codeword is longer, or is none. */
  private readonly table: { readonly bits: number; readonly symbols: Uint32Array; readonly lengths: Uint8Array };

  /**
   * The code with these lengths, 0 for symbols without a codeword. Lengths may leave codewords unused; decoding an
   * unused one is an error.
   *
   * @param lengths a whole number from 0 to 32 for each symbol.
   * @throws RangeError (`invalid-argument`) for other lengths, for no codeword at all, and for lengths that are too
   *   short for a prefix code (Kraft's inequality: the sum of 2^-length is at most 1).
   */
  constructor(lengths: ArrayLike<number>) {
    if (typeof lengths !== 'object' || typeof lengths?.length !== 'number')
      throw typeError('codeword lengths come as an array or a typed array of numbers');
    this.counts = new Uint32Array(longest + 1);
    for (let s = 0; s < lengths.length; s++) {
      const length = lengths[s];
      if (!(Number.isInteger(length) && length >= 0 && length <= longest))
        throw rangeError(`a codeword length is a whole number from 0 to ${longest}, not ${length} (symbol ${s})`);
      this.counts[length]++;
    }
    this.counts[0] = 0;
    this.sizes = Uint8Array.from(lengths);

    // Codewords of each length that are still free, and the places of the first symbols in `sorted`.
    let free = 1;
    let most = 0;
    const places = new Uint32Array(longest + 2);
    const next = new Float64Array(longest + 1);
    for (let length = 1; length <= longest; length++) {
      free = free * 2 - this.counts[length];
      if (free < 0) throw rangeError(`too many codewords of ${length} or fewer bits: this is no prefix code`);
      if (this.counts[length] > 0) most = length;
      places[length + 1] = places[length] + this.counts[length];
      next[length] = (next[length - 1] + this.counts[length - 1]) * 2;
    }
    this.most = most;
    if (most === 0) throw rangeError('at least one symbol needs a codeword');

    this.codes = new Uint32Array(lengths.length);
    this.sorted = new Uint32Array(places[longest + 1]);
    const bits = Math.min(most, tableBits);
    this.table = { bits, symbols: new Uint32Array(2 ** bits), lengths: new Uint8Array(2 ** bits) };
    for (let s = 0; s < this.sizes.length; s++) {
      const length = this.sizes[s];
      if (length === 0) continue;
      this.sorted[places[length]++] = s;
      const code = reverseBits(next[length]++, length);
      this.codes[s] = code;
      if (length > bits) continue;
      for (let at = code; at < 2 ** bits; at += 2 ** length) {
        this.table.symbols[at] = s;
        this.table.lengths[at] = length;
      }
    }
  }

  /**
   * The best canonical code for these weights, with no codeword above `maxLength` bits. A symbol of weight 0 has no
   * codeword, and an only symbol takes one bit.
   *
   * @throws as {@link limitedLengths}.
   *
   * @example
   * CanonicalHuffman.fromWeights([3, 1, 1]).lengths(); // [1, 2, 2]
   */
  static fromWeights(weights: ArrayLike<number>, options: CanonicalHuffmanOptions = {}): CanonicalHuffman {
    return new CanonicalHuffman(limitedLengths(weights, options.maxLength ?? longest));
  }

  /** How many symbols there are, those without a codeword too. */
  numSymbols(): number {
    return this.sizes.length;
  }

  /** The length of each symbol's codeword, 0 for none: all that a decoder needs to be told. A copy. */
  lengths(): Uint8Array {
    return this.sizes.slice();
  }

  /**
   * Writes the symbol's codeword.
   *
   * @throws SurprisalError (`impossible-symbol`) for a symbol outside the code or without a codeword.
   */
  encode(symbol: number, sink: BitSink): void {
    checkSymbol(symbol);
    const n = this.sizes.length;
    if (symbol < 0 || symbol >= n)
      throw new SurprisalError('impossible-symbol', `the code has the symbols 0 to ${n - 1}, not ${symbol}`);
    if (this.sizes[symbol] === 0)
      throw new SurprisalError('impossible-symbol', `symbol ${symbol} has no codeword: its weight was 0`);
    sink.writeBits(this.codes[symbol], this.sizes[symbol]);
  }

  /**
   * Reads one codeword.
   *
   * @throws SurprisalError (`corrupt`) for bits that are no codeword, which only an incomplete code has.
   */
  decode(source: BitSource): number {
    const { table } = this;
    const entry = source.peekBits(table.bits);
    const length = table.lengths[entry];
    if (length > 0) {
      source.skipBits(length);
      return table.symbols[entry];
    }
    return this.decodeLong(source);
  }

  /** Codewords beyond the table: among those of each length the canonical ones are consecutive numbers. */
  private decodeLong(source: BitSource): number {
    const window = source.peekBits(32);
    let code = 0;
    let first = 0;
    let place = 0;
    for (let length = 1; length <= this.most; length++) {
      // Not shifts: a codeword may have 32 bits, and `first` one more.
      code = code * 2 + ((window >>> (length - 1)) & 1);
      first *= 2;
      const count = this.counts[length];
      if (code - first < count) {
        source.skipBits(length);
        return this.sorted[place + code - first];
      }
      first += count;
      place += count;
    }
    // Where the words end first, that is what is wrong.
    source.skipBits(this.most);
    throw new SurprisalError('corrupt', 'the bits are no codeword of this code');
  }
}
