/**
 * LZMA as a measure of length: what its adaptive probabilities make of a text, in fractions of a bit, with undo.
 *
 * LZMA (Igor Pavlov; its specification is in the public domain) codes literals, matches and repeats of the last four
 * distances with adaptive binary probabilities of 11 bits. How a text is cut into these is the encoder's choice; here it
 * is the cheapest way that a forward search finds, so that a byte more costs only what it adds: decisions that all ways
 * have in common are made for good, and the rest, a tail of some dozens of bytes, is a few sources that run. The same
 * decisions make the code that `lzmaEncode` writes and every LZMA decoder reads.
 *
 * As a model of what comes next LZMA believes that texts repeat: at recent distances most of all, then anywhere in the
 * window; and that other bytes follow the high bits of the byte before.
 */
import { typeError } from '../errors.ts';
import { checkSymbol, type Mark, Marks } from '../sequence/model.ts';
import { fullParameters, LzmaKernel, type LzmaParameters, noMemory } from './lzma-kernel.ts';
import { ALONE_HEADER, CODER_BYTES, type LzmaFormat, storedBytes, xzBytes } from './lzma-xz.ts';
import type { LengthOracle } from './oracle.ts';

export type { LzmaParameters } from './lzma-kernel.ts';
export type { LzmaFormat, XzCheck } from './lzma-xz.ts';

/** Options of {@link LzmaOracle}. */
export interface LzmaOracleOptions extends LzmaParameters {
  /**
   * What a length counts. `raw` (default): the model's bits alone, a sum of -log2 of the probabilities that bits had, in
   * units of 2^-20 bits, which nothing rounds further. `alone`: a .lzma file: 13 bytes of header and 5 of the range coder
   * more. `xz`: an .xz file with CRC32: its headers, index and footer, and those of each LZMA2 chunk, or what it takes to
   * store the text where that is shorter; without padding to 4 bytes. A chunk that has just been filled (every 64 kB)
   * counts the next one's header too. The files that are really written differ by less than 5 bytes and padding.
   */
  readonly format?: 'raw' | LzmaFormat;
}

/** At most this many symbols are tried one by one; for more all 256 are measured at once. */
const FEW = 4;

/**
 * The length of a text under LZMA, byte by byte, with undo. Mostly it grows with every byte; a byte that makes a match
 * possible can also make it shorter by a little.
 *
 * Under marks the undo log takes 150 to 600 bytes for a byte pushed; together with the rest it may fill 1 GiB.
 *
 * @example
 * const oracle = new LzmaOracle();
 * pushAll(oracle, 'banana banana');
 * oracle.bits(); // 60.87, of 104
 */
export class LzmaOracle implements LengthOracle {
  readonly alphabetSize = 256;
  private readonly kernel: LzmaKernel;
  private readonly format: 'raw' | LzmaFormat;
  private readonly marks = new Marks();
  /** Bytes pushed, now and at the marks that are held. */
  private length = 0;
  private readonly lengths: number[] = [];

  /**
   * @throws RangeError (`invalid-argument`) for options out of range, TypeError (`invalid-type`) for an unknown format.
   * @throws SurprisalError (`limit`) when there is not enough memory for the window.
   */
  constructor(options: LzmaOracleOptions = {}) {
    const { format = 'raw' } = options;
    if (format !== 'raw' && format !== 'alone' && format !== 'xz')
      throw typeError(`the format is 'raw', 'alone' or 'xz', not ${String(format)}`);
    this.format = format;
    this.kernel = new LzmaKernel(fullParameters(options, format === 'xz'), format === 'xz');
  }

  /**
   * Appends a byte.
   *
   * @throws RangeError when it is none; SurprisalError (`limit`) when the undo log has no room. The oracle is as before.
   */
  push(symbol: number): void {
    checkSymbol(symbol, 256);
    if (!this.kernel.exports.push(symbol)) throw noMemory();
    this.length++;
  }

  /**
   * Appends bytes: as push of each, and faster.
   *
   * @throws RangeError when one of them is none; the oracle is as before. SurprisalError (`limit`) when the undo log has
   * no room; roll back to a mark then.
   */
  pushAll(bytes: ArrayLike<number>): void {
    if (!(bytes instanceof Uint8Array)) for (let i = 0; i < bytes.length; i++) checkSymbol(bytes[i], 256);
    this.kernel.append(bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes));
    this.length += bytes.length;
  }

  /** Length in bits: see {@link LzmaOracleOptions.format}. */
  bits(): number {
    const bits = this.kernel.exports.bits();
    if (bits < 0) throw noMemory();
    return this.whole(bits, this.length);
  }

  /**
   * Lengths in bits after each of some bytes. All 256 cost little more than one: the tail is common to them.
   *
   * @throws RangeError for what is no byte.
   */
  bitsAfter(symbols: ArrayLike<number>, into: Float64Array): void {
    for (let i = 0; i < symbols.length; i++) checkSymbol(symbols[i], 256);
    if (symbols.length <= FEW) {
      for (let i = 0; i < symbols.length; i++) {
        const mark = this.mark();
        try {
          this.push(symbols[i]);
          into[i] = this.bits();
        } finally {
          this.rollback(mark);
        }
      }
      return;
    }
    const { kernel } = this;
    if (!kernel.exports.candidates()) throw noMemory();
    const all = kernel.results();
    for (let i = 0; i < symbols.length; i++) into[i] = this.whole(all[symbols[i]], this.length + 1);
  }

  /** Marks the present state. */
  mark(): Mark {
    const place = this.kernel.exports.mark();
    if (place === 0) throw noMemory();
    this.lengths.push(this.length);
    return this.marks.add(place);
  }

  /** Goes back to a mark, to the bit, and forgets it and all later ones. */
  rollback(mark: Mark): void {
    const place = this.marks.drop(mark);
    const { held } = this.marks;
    this.kernel.exports.rollback(place, Number(held > 0));
    this.length = this.lengths[held];
    this.lengths.length = held;
  }

  /** Forgets a mark and all later ones, and keeps what came after them. */
  release(mark: Mark): void {
    this.marks.drop(mark);
    const { held } = this.marks;
    this.lengths.length = held;
    if (held === 0) this.kernel.exports.release();
  }

  /** The model's bits and what the format adds. */
  private whole(bits: number, length: number): number {
    if (this.format === 'raw') return bits;
    if (this.format === 'alone') return bits + 8 * (ALONE_HEADER + CODER_BYTES);
    if (length === 0) return 8 * xzBytes(0, 0);
    const chunks = this.kernel.chunksOf(bits, length);
    // Each chunk has 5 bytes of header, the first one more; and a zero ends them.
    const lzma2 = bits / 8 + (5 + CODER_BYTES) * chunks + 2;
    const stored = storedBytes(length);
    if (lzma2 >= stored) return 8 * xzBytes(stored, length);
    const bytes = Math.floor(lzma2);
    return 8 * (xzBytes(bytes, length) + lzma2 - bytes);
  }
}
