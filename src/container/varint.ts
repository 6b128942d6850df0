/**
 * Variable-length integers: seven bits to a byte, least significant first, the high bit set on all but the last
 * (LEB128), below 2^53, one encoding for each value: an overlong one is refused, so that equal archives are equal bytes.
 */
import { rangeError, SurprisalError } from '../errors.ts';

/** Most bytes that a varint takes: 53 bits. */
export const MAX_VARINT_BYTES = 8;

/** Bytes that the varint of `value` takes, 1..8. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}

/**
 * Appends the varint of `value` to `bytes`.
 *
 * @throws RangeError when `value` is no whole number of 0..2^53-1.
 */
export function pushVarint(bytes: number[], value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw rangeError(`a varint holds 0..2^53-1, not ${value}`);
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

/**
 * Reads varints and bytes one after another; past the end it returns undefined and stays where it was.
 *
 * @throws SurprisalError `corrupt` on an overlong varint or one of 2^53 or more.
 */
export class Cursor {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;
  /** Offset of `bytes[0]` in the archive, for messages. */
  readonly base: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length, base = 0) {
    this.bytes = plainBytes(bytes);
    this.at = at;
    this.end = end;
    this.base = base;
  }

  /** Reads a varint; undefined, and nothing read, where the bytes end before it does. */
  varint(): number | undefined {
    let value = 0;
    let scale = 1;
    for (let i = this.at; i < this.end; i++) {
      const byte = this.bytes[i];
      const nth = i - this.at;
      // 7 bytes give 49 bits; an eighth may add four more and must be the last.
      if (nth === MAX_VARINT_BYTES - 1 && byte > 15) throw this.corrupt('a number of 2^53 or more');
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) {
        if (byte === 0 && nth > 0) throw this.corrupt('an overlong number');
        this.at = i + 1;
        return value;
      }
    }
    return undefined;
  }

  /** Reads an unsigned 32-bit integer, least significant byte first; undefined where the bytes end. */
  uint32(): number | undefined {
    if (this.end - this.at < 4) return undefined;
    const { bytes, at } = this;
    this.at += 4;
    return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
  }

  /** Reads `length` bytes, a view and no copy; undefined where there are fewer. */
  take(length: number): Uint8Array | undefined {
    if (this.end - this.at < length) return undefined;
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** The error that says what is wrong at this place; for the caller to throw. */
  corrupt(what: string): SurprisalError {
    const offset = this.base + this.at;
    return new SurprisalError('corrupt', `The archive is damaged: ${what} at byte ${offset}.`, { offset });
  }
}

/**
 * The same bytes as a plain Uint8Array, without copying: `slice` of a Node Buffer would be a view that its owner can
 * overwrite.
 */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Appends an unsigned 32-bit integer, least significant byte first. */
export function pushUint32(bytes: number[], value: number): void {
  bytes.push(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
}
