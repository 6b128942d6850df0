/**
 * Run lengths: a symbol and how often it comes in a row.
 *
 * Two codes. `decimal` is the one of the notebook "Codecs As Generative Models": the symbol as a byte, then, where a run
 * is longer than 1, its length in decimal digits, as ASCII. It cannot be decoded where symbols may be the digits' own
 * bytes (48 to 57), nor is its end marked: lengths are all it is good for. `gamma` is a code that can be decoded.
 */

import { rangeError, SurprisalError } from '../errors.ts';
import { checkAlphabetSize, checkSymbol, type Mark, Marks } from '../sequence/model.ts';
import { BitReader, BitWriter, type CodedBits, checkSymbols, MAX_OUTPUT, Output, widthOf } from './bits.ts';
import type { LengthOracle } from './oracle.ts';

/** `decimal`: bytes and ASCII digits, the notebook's. `gamma`: symbols of fixed width and Elias's gamma code. */
export type RleCode = 'decimal' | 'gamma';

/** What a code of runs must know. */
export interface RleOptions {
  /** Number of symbols: 1 to 65,536, and at most 256 in the code `decimal`. 256 unless given. */
  readonly alphabetSize?: number;
}

/** Options of {@link RleOracle}. */
export interface RleOracleOptions extends RleOptions {
  /** `gamma` unless given. */
  readonly code?: RleCode;
}

/** Options of {@link rleDecode}. */
export interface RleDecodeOptions extends RleOptions {
  /** Symbols that there may be; 2^28 unless given. */
  readonly maxOutputSize?: number;
}

/** Bits of Elias's gamma code of a number from 1: 2 floor(log2 n) + 1. */
function gammaBits(n: number): number {
  // Runs of 2^32 symbols are beyond what a decoder reads, yet may be asked for.
  let bits = 1;
  let rest = n;
  while (rest >= 4294967296) {
    rest = Math.floor(rest / 2);
    bits += 2;
  }
  return bits + 2 * (31 - Math.clz32(rest));
}

/** Bits of a run in the notebook's code: 8, and 8 for each digit of a length above 1. */
function decimalBits(run: number): number {
  let bits = 8;
  if (run > 1) for (let rest = run; rest >= 1; rest = Math.floor(rest / 10)) bits += 8;
  return bits;
}

/**
 * Exact length of a string in a code of runs. Everything takes constant time.
 *
 * In `gamma` a string is a run of symbol 0, which may be empty, and then other runs. Of each run comes the symbol in
 * ceil(log2 alphabetSize) bits (but not of the first), then the length, as Elias's gamma code (Elias 1975) of the length,
 * or of the first run's length + 1. The symbol of a run is another than the one before: the same again is the end. No
 * code is the beginning of another, and over 2, 4, 8, ... symbols every sequence of bits is made of such codes.
 *
 * In `decimal` the empty string has length 0, which the notebook's encoder refuses.
 *
 * @example
 * const oracle = new RleOracle({ code: 'decimal', alphabetSize: 10 });
 * pushAll(oracle, [1, 8, 8, 8]);
 * oracle.bits(); // 24: the bytes 1, 8 and '3'
 */
export class RleOracle implements LengthOracle {
  readonly alphabetSize: number;
  /** Which code this is the length in. */
  readonly code: RleCode;
  /** Bits of a symbol in `gamma`. */
  private readonly width: number;
  /** Bits of all runs but the last. */
  private closed = 0;
  /** The symbol of the last run; -1 in `decimal` before there is one. */
  private symbol: number;
  /** Its length, 0 where there is none; counted from 1 for the first of `gamma`, whose code is that of 1 more. */
  private run: number;
  private readonly marks = new Marks();
  /** State at the marks that are held, three numbers each. */
  private readonly saved: number[] = [];

  /** @throws RangeError (`invalid-argument`) for an alphabet that the code does not have. */
  constructor(options: RleOracleOptions = {}) {
    const { alphabetSize = 256, code = 'gamma' } = options;
    checkAlphabetSize(alphabetSize);
    if (code !== 'decimal' && code !== 'gamma') throw rangeError(`codes of runs are decimal and gamma, not ${code}`);
    if (code === 'decimal' && alphabetSize > 256)
      throw rangeError(`symbols of the code decimal are bytes: there are no more than 256, not ${alphabetSize}`);
    this.alphabetSize = alphabetSize;
    this.code = code;
    this.width = widthOf(alphabetSize);
    this.symbol = code === 'gamma' ? 0 : -1;
    this.run = code === 'gamma' ? 1 : 0;
  }

  /** Appends a symbol. */
  push(symbol: number): void {
    checkSymbol(symbol, this.alphabetSize);
    if (symbol === this.symbol) {
      this.run++;
      return;
    }
    this.closed = this.before();
    this.symbol = symbol;
    this.run = 1;
  }

  /** Length in bits; in `gamma` with the end. */
  bits(): number {
    return this.closed + this.cost(this.run) + (this.code === 'gamma' ? this.width : 0);
  }

  /** Lengths in bits after each of some symbols. */
  bitsAfter(symbols: ArrayLike<number>, into: Float64Array): void {
    const end = this.code === 'gamma' ? this.width : 0;
    const same = this.closed + this.cost(this.run + 1) + end;
    const other = this.before() + this.cost(1) + end;
    for (let i = 0; i < symbols.length; i++) {
      const symbol = symbols[i];
      checkSymbol(symbol, this.alphabetSize);
      into[i] = symbol === this.symbol ? same : other;
    }
  }

  /** Marks the present state. */
  mark(): Mark {
    this.saved.push(this.closed, this.symbol, this.run);
    return this.marks.add(this.saved.length - 3);
  }

  /** Goes back to a mark, and forgets it and all later ones. */
  rollback(mark: Mark): void {
    const { saved } = this;
    const at = this.marks.drop(mark);
    this.closed = saved[at];
    this.symbol = saved[at + 1];
    this.run = saved[at + 2];
    saved.length = at;
  }

  /** Forgets a mark and all later ones, and keeps what came after them. */
  release(mark: Mark): void {
    this.saved.length = this.marks.drop(mark);
  }

  /** Bits of the last run's length, and in `decimal` of its symbol. */
  private cost(run: number): number {
    if (this.code === 'gamma') return gammaBits(run);
    return run === 0 ? 0 : decimalBits(run);
  }

  /** Bits of everything before another run's length. */
  private before(): number {
    return this.closed + this.cost(this.run) + (this.code === 'gamma' ? this.width : 0);
  }
}

/** Writes Elias's gamma code of a number from 1 to 2^32 - 1. */
function writeGamma(writer: BitWriter, n: number): void {
  const below = 31 - Math.clz32(n);
  writer.write(0, below);
  writer.write(n, below + 1);
}

/** Reads one. */
function readGamma(reader: BitReader): number {
  let below = 0;
  while (reader.read(1) === 0)
    if (++below > 31) {
      const { offset } = reader;
      throw new SurprisalError('corrupt', `at byte ${offset} a run has 2^32 symbols or more`, { offset });
    }
  return 2 ** below + reader.read(below);
}

/**
 * Codes symbols in the code `gamma` of {@link RleOracle}, whose length the oracle tells. Bits fill bytes from the
 * highest.
 *
 * @throws RangeError (`invalid-argument`) for a number that is not a symbol, or a run of 2^32 - 1 symbols.
 * @example
 * const { bytes, bits } = rleEncode([1, 1, 1, 0], { alphabetSize: 2 });
 */
export function rleEncode(symbols: ArrayLike<number>, options: RleOptions = {}): CodedBits {
  const { alphabetSize = 256 } = options;
  checkAlphabetSize(alphabetSize);
  checkSymbols(symbols, alphabetSize);
  const width = widthOf(alphabetSize);
  const writer = new BitWriter('msb');
  let symbol = 0;
  let at = 0;
  for (;;) {
    let end = at;
    while (end < symbols.length && symbols[end] === symbol) end++;
    // Only the first run may be empty.
    const count = writer.bits === 0 ? end + 1 : end - at;
    if (count > 0xffffffff) throw rangeError('a run has fewer than 2^32 - 1 symbols');
    writeGamma(writer, count);
    at = end;
    if (at === symbols.length) break;
    symbol = symbols[at];
    writer.write(symbol, width);
  }
  writer.write(symbol, width);
  return writer.result();
}

/**
 * Decodes what {@link rleEncode} wrote.
 *
 * @returns The symbols: Uint16Array when the alphabet has more than 256.
 * @throws SurprisalError (`truncated`, `corrupt`, or `limit` for more than maxOutputSize symbols).
 * @example
 * rleDecode(rleEncode(bytes).bytes); // the bytes
 */
export function rleDecode(bytes: Uint8Array, options: RleDecodeOptions = {}): Uint8Array | Uint16Array {
  const reader = new BitReader(bytes, 'msb');
  const symbols = rleRead(reader, options);
  reader.finish();
  return symbols;
}

/**
 * Decodes one code of {@link rleEncode} where a reader stands, and leaves the reader behind it.
 *
 * @throws SurprisalError (`truncated`, `corrupt`, or `limit` for more than maxOutputSize symbols).
 */
export function rleRead(reader: BitReader, options: RleDecodeOptions = {}): Uint8Array | Uint16Array {
  const { alphabetSize = 256, maxOutputSize = MAX_OUTPUT } = options;
  checkAlphabetSize(alphabetSize);
  const width = widthOf(alphabetSize);
  const output = new Output(alphabetSize, maxOutputSize);
  let symbol = 0;
  let count = readGamma(reader) - 1;
  for (;;) {
    const start = output.length;
    output.grow(count).fill(symbol, start, start + count);
    const { offset } = reader;
    const next = reader.read(width);
    if (next === symbol) break;
    if (next >= alphabetSize)
      throw new SurprisalError('corrupt', `at byte ${offset} stands symbol ${next} of ${alphabetSize}`, { offset });
    symbol = next;
    count = readGamma(reader);
  }
  return output.result();
}

/**
 * The notebook's `rle_encoder`: each run as its symbol, a byte, and its length in ASCII digits when it is above 1. The
 * code `decimal` of {@link RleOracle}; there is no decoder (digits are bytes like others).
 *
 * @param symbols - Whole numbers from 0 to 255.
 * @throws RangeError (`invalid-argument`) for other numbers.
 * @example
 * rleDecimal([7, 7, 7, 5]); // 7, 51 ('3'), 5
 */
export function rleDecimal(symbols: ArrayLike<number>): Uint8Array {
  checkSymbols(symbols, 256);
  const bytes: number[] = [];
  for (let at = 0; at < symbols.length; ) {
    let end = at + 1;
    while (end < symbols.length && symbols[end] === symbols[at]) end++;
    bytes.push(symbols[at]);
    if (end - at > 1) for (const digit of `${end - at}`) bytes.push(digit.charCodeAt(0));
    at = end;
  }
  return Uint8Array.from(bytes);
}
