/** Bits in bytes, for codes that write one symbol after the other. */

import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { checkSymbol } from '../sequence/model.ts';

/** Which bit of a byte comes first: its highest (`msb`: JPEG, lzw3) or its lowest (`lsb`: deflate, GIF). */
export type BitOrder = 'msb' | 'lsb';

/** What an encoder wrote. */
export interface CodedBits {
  /** The code; what fills the last byte is zeros. */
  readonly bytes: Uint8Array;
  /** Length of the code in bits, without what fills the last byte. */
  readonly bits: number;
}

/** What decoders allow unless told otherwise: 2^28 symbols. */
export const MAX_OUTPUT = 2 ** 28;

/** Symbols that grow at their end, up to a limit. */
export class Output {
  /** Number of symbols. */
  length = 0;
  private symbols: Uint8Array | Uint16Array;
  private readonly limit: number;

  /**
   * @param alphabetSize - Bytes are enough for 256 symbols.
   * @param limit - Symbols that there may be.
   */
  constructor(alphabetSize: number, limit: number) {
    if (!(limit >= 0)) throw rangeError(`a limit on the output is a number from 0, not ${limit}`);
    this.symbols = alphabetSize > 256 ? new Uint16Array(256) : new Uint8Array(256);
    this.limit = limit;
  }

  /**
   * Makes room for more symbols, and returns where they go.
   *
   * @throws SurprisalError (`limit`) when there would be too many.
   */
  grow(count: number): Uint8Array | Uint16Array {
    const end = this.length + count;
    if (end > this.limit)
      throw new SurprisalError(
        'limit',
        `the output has more than ${this.limit} symbols; allow more with maxOutputSize`,
      );
    if (end > this.symbols.length) {
      const size = Math.max(end, Math.min(this.symbols.length * 2, this.limit));
      const symbols = this.symbols instanceof Uint16Array ? new Uint16Array(size) : new Uint8Array(size);
      symbols.set(this.symbols.subarray(0, this.length));
      this.symbols = symbols;
    }
    this.length = end;
    return this.symbols;
  }

  /** All symbols: Uint16Array when the alphabet has more than 256. */
  result(): Uint8Array | Uint16Array {
    return this.symbols.slice(0, this.length);
  }
}

/** Writes numbers of up to 32 bits one after the other. */
export class BitWriter {
  private bytes = new Uint8Array(64);
  private length = 0;
  private readonly order: BitOrder;

  constructor(order: BitOrder) {
    this.order = order;
  }

  /** Number of bits so far. */
  get bits(): number {
    return this.length;
  }

  /** Appends the lowest `count` bits (0 to 32) of a number: its highest bit first in `msb`, its lowest in `lsb`. */
  write(value: number, count: number): void {
    const end = this.length + count;
    if (end > this.bytes.length * 8) {
      const bytes = new Uint8Array(this.bytes.length * 2);
      bytes.set(this.bytes);
      this.bytes = bytes;
    }
    const { bytes } = this;
    let at = this.length;
    let left = count;
    while (left > 0) {
      const used = at % 8;
      const taken = Math.min(8 - used, left);
      const mask = (1 << taken) - 1;
      const byte = (at - used) / 8;
      if (this.order === 'msb') bytes[byte] |= ((value >>> (left - taken)) & mask) << (8 - used - taken);
      else bytes[byte] |= ((value >>> (count - left)) & mask) << used;
      at += taken;
      left -= taken;
    }
    this.length = end;
  }

  /** Appends zeros. */
  skip(count: number): void {
    for (let left = count; left > 0; left -= 32) this.write(0, Math.min(left, 32));
  }

  /** What was written: a copy. */
  result(): CodedBits {
    return { bytes: this.bytes.slice(0, Math.ceil(this.length / 8)), bits: this.length };
  }
}

/** Reads what {@link BitWriter} writes. */
export class BitReader {
  /** Bits read so far. */
  at = 0;
  /** Number of bits there are. */
  readonly end: number;
  private readonly bytes: Uint8Array;
  private readonly order: BitOrder;

  /** @throws TypeError (`invalid-type`) for anything but bytes. */
  constructor(bytes: Uint8Array, order: BitOrder) {
    if (!(bytes instanceof Uint8Array)) throw typeError('a decoder reads a Uint8Array');
    this.bytes = bytes;
    this.end = bytes.length * 8;
    this.order = order;
  }

  /** Bits that are left. */
  get left(): number {
    return this.end - this.at;
  }

  /**
   * Reads a number of `count` bits, 0 to 32.
   *
   * @throws SurprisalError (`truncated`) when fewer are left; none is read.
   */
  read(count: number): number {
    if (count > this.left)
      throw new SurprisalError('truncated', 'the code ends before the end of what it stands for', {
        offset: this.bytes.length,
      });
    let value = 0;
    let done = 0;
    while (done < count) {
      const used = this.at % 8;
      const taken = Math.min(8 - used, count - done);
      const byte = this.bytes[(this.at - used) / 8];
      const mask = (1 << taken) - 1;
      if (this.order === 'msb') value = (value << taken) | ((byte >>> (8 - used - taken)) & mask);
      else value |= ((byte >>> used) & mask) << done;
      this.at += taken;
      done += taken;
    }
    return value >>> 0;
  }

  /** Offset in bytes of what comes next, for messages. */
  get offset(): number {
    return Math.floor(this.at / 8);
  }

  /** @throws SurprisalError (`corrupt`) unless all that is left are fewer than 8 zeros. */
  finish(): void {
    const { offset, left } = this;
    if (left >= 8) throw new SurprisalError('corrupt', `there are bytes after the end, at ${offset + 1}`, { offset });
    if (this.read(left) !== 0)
      throw new SurprisalError('corrupt', 'the last byte is not filled up with zeros', { offset });
  }
}

/** Bits that tell `count` things apart: ceil(log2 count), 0 for a single one. */
export function widthOf(count: number): number {
  return count <= 1 ? 0 : 32 - Math.clz32(count - 1);
}

/** Checks symbols that are to be encoded, and throws as {@link checkSymbol} does. */
export function checkSymbols(symbols: ArrayLike<number>, alphabetSize: number): void {
  for (let i = 0; i < symbols.length; i++) checkSymbol(symbols[i], alphabetSize);
}
