/**
 * Any compressor as a length oracle, through a function from whole strings to lengths.
 *
 * Lengths are in whole bytes, so that most symbols tie, and each is a compression from the start: see the exact oracles
 * for what can be had better. Compressors differ from version to version; lengths of theirs are estimates, to be looked
 * at and never to decode by.
 */

import { rangeError, typeError } from '../errors.ts';
import { checkSymbol, type Mark, Marks } from '../sequence/model.ts';
import type { LengthOracle } from './oracle.ts';

/**
 * Length of some bytes, compressed, in bytes. The array is lent: it must not be kept or written to.
 */
export type LengthInBytes = (bytes: Uint8Array) => number;

/** A compressor that one cannot look into. */
export interface OpaqueCodec {
  /** For people: `brotli 11`. */
  readonly name: string;
  /** Length of some bytes, compressed. */
  readonly lengthInBytes: LengthInBytes;
}

/** Options of {@link blackBox}. */
export interface BlackBoxOptions {
  /** For people. That of the codec, or `black box`, unless given. */
  readonly name?: string;
  /** Number of symbols, which are bytes: at most 256. 256 unless given. */
  readonly alphabetSize?: number;
  /** Whether lengths may differ between versions and machines. True unless given. */
  readonly estimate?: boolean;
}

/**
 * A length oracle of a compressor that one cannot look into: see {@link blackBox}.
 *
 * What was compressed is remembered along the string, one length a place and those after the last place that symbols
 * were asked for, so that going back, pushing what was asked for and asking again cost nothing.
 */
export class BlackBoxOracle implements LengthOracle {
  readonly alphabetSize: number;
  /** For people. */
  readonly name: string;
  /** Whether lengths may differ between versions and machines. */
  readonly estimate: boolean;
  private readonly lengthInBytes: LengthInBytes;
  private bytes = new Uint8Array(256);
  private length = 0;
  /** Bytes of each beginning of the string that was asked for, by its length; -1 or nothing for the others. */
  private readonly known: number[] = [];
  /** Bytes after each symbol at a place, -1 for those not asked for; the place is -1 when the string below has changed. */
  private readonly after: Int32Array;
  private place = -1;
  private readonly marks = new Marks();

  constructor(codec: LengthInBytes | OpaqueCodec, options: BlackBoxOptions = {}) {
    const { alphabetSize = 256, estimate = true } = options;
    if (!(Number.isInteger(alphabetSize) && alphabetSize >= 1 && alphabetSize <= 256))
      throw rangeError(`symbols of a black box are bytes: 1 to 256, not ${alphabetSize}`);
    const lengthInBytes = typeof codec === 'function' ? codec : codec?.lengthInBytes;
    if (typeof lengthInBytes !== 'function')
      throw typeError('a black box is a function from bytes to a length, or an object with such a lengthInBytes');
    this.alphabetSize = alphabetSize;
    this.name = options.name ?? (typeof codec === 'function' ? 'black box' : codec.name);
    this.estimate = estimate;
    this.lengthInBytes = lengthInBytes;
    this.after = new Int32Array(alphabetSize);
  }

  /** Appends a symbol. */
  push(symbol: number): void {
    checkSymbol(symbol, this.alphabetSize);
    const bytes = this.room();
    const at = this.length++;
    bytes[at] = symbol;
    this.known.length = Math.min(this.known.length, at + 1);
    if (this.place > at) this.place = -1;
    // Where its length was asked for with others, it is known.
    if (this.place === at && this.after[symbol] >= 0) this.remember(at + 1, this.after[symbol]);
  }

  /** 8 times the length in bytes. */
  bits(): number {
    const { known, length } = this;
    const before = known[length];
    if (before !== undefined && before >= 0) return 8 * before;
    const bytes = this.ask(length);
    this.remember(length, bytes);
    return 8 * bytes;
  }

  /** Lengths in bits after each of some symbols. */
  bitsAfter(symbols: ArrayLike<number>, into: Float64Array): void {
    const at = this.length;
    if (this.place !== at) {
      this.after.fill(-1);
      this.place = at;
    }
    const bytes = this.room();
    // What stands past the end means nothing: marks are never of a longer string.
    for (let i = 0; i < symbols.length; i++) {
      const symbol = symbols[i];
      checkSymbol(symbol, this.alphabetSize);
      if (this.after[symbol] < 0) {
        bytes[at] = symbol;
        this.after[symbol] = this.ask(at + 1);
      }
      into[i] = 8 * this.after[symbol];
    }
  }

  /** Marks the present state. */
  mark(): Mark {
    return this.marks.add(this.length);
  }

  /** Goes back to a mark, and forgets it and all later ones. */
  rollback(mark: Mark): void {
    this.length = this.marks.drop(mark);
    this.known.length = Math.min(this.known.length, this.length + 1);
    if (this.place > this.length) this.place = -1;
  }

  /** Forgets a mark and all later ones, and keeps what came after them. */
  release(mark: Mark): void {
    this.marks.drop(mark);
  }

  private remember(length: number, bytes: number): void {
    const { known } = this;
    while (known.length < length) known.push(-1);
    known[length] = bytes;
  }

  private ask(length: number): number {
    const bytes: unknown = this.lengthInBytes(this.bytes.subarray(0, length));
    if (typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0 && bytes <= 0x7fffffff) return bytes;
    const hint = bytes instanceof Promise ? '; it must not be asynchronous' : '';
    throw typeError(`the function behind ${this.name} returned no length in bytes, but ${bytes}${hint}`);
  }

  /** The string, with room for one symbol more. */
  private room(): Uint8Array {
    if (this.length === this.bytes.length) {
      const bytes = new Uint8Array(this.length * 2);
      bytes.set(this.bytes);
      this.bytes = bytes;
    }
    return this.bytes;
  }
}

/**
 * Makes a length oracle of any compressor.
 *
 * @param codec - Length of some bytes, compressed, in bytes; or an adaptor's codec (`black-box-wasm.js`,
 *   `black-box-node.js`).
 * @throws TypeError (`invalid-type`) for anything else, and later where what the function returns is no length;
 *   RangeError (`invalid-argument`) for more than 256 symbols.
 * @example
 * const oracle = blackBox((bytes) => pako.deflate(bytes).length, { name: 'pako 6' });
 * pushAll(oracle, text);
 * oracle.bits(); // a multiple of 8
 */
export function blackBox(codec: LengthInBytes | OpaqueCodec, options: BlackBoxOptions = {}): BlackBoxOracle {
  return new BlackBoxOracle(codec, options);
}
