/**
 * Bits in 32-bit words, the ground under the symbol coders: they fill each word from its low end, as constriction's
 * do. A group of bits travels as one number whose lowest bit comes first.
 */
import { rangeError, typeError } from '../errors.ts';

/**
 * The lowest `count` bits of `value` in the opposite order, as an unsigned number; `count` is 0 to 32.
 *
 * @example
 * reverseBits(0b001, 3); // 0b100
 */
export function reverseBits(value: number, count: number): number {
  if (count === 0) return 0;
  let v = value;
  v = ((v >>> 1) & 0x55555555) | ((v & 0x55555555) << 1);
  v = ((v >>> 2) & 0x33333333) | ((v & 0x33333333) << 2);
  v = ((v >>> 4) & 0x0f0f0f0f) | ((v & 0x0f0f0f0f) << 4);
  v = ((v >>> 8) & 0x00ff00ff) | ((v & 0x00ff00ff) << 8);
  v = (v >>> 16) | (v << 16);
  return v >>> (32 - count);
}

/** The lowest `count` bits of `value` as an unsigned number; `count` is 0 to 32. */
export function lowBits(value: number, count: number): number {
  // A shift by 32 would be a shift by 0.
  return count === 32 ? value >>> 0 : (value & ((1 << count) - 1)) >>> 0;
}

/** How many zeros lie below the lowest 1 of a 32-bit word: 0 to 31, and 32 for the word 0. */
export function trailingZeros(word: number): number {
  return word === 0 ? 32 : 31 - Math.clz32(word & -word);
}

/** A growing row of bits that is written at its end and may be cut back. */
export class BitBuffer {
  /** Bits from `length` on are whatever was written there before a cut: `push` overwrites them, `toWords` clears. */
  private words: Uint32Array;
  /** How many bits there are. */
  length = 0;

  constructor(words: Uint32Array = new Uint32Array(4), length = 0) {
    this.words = words;
    this.length = length;
  }

  /** Appends the lowest `count` bits (0 to 32) of `value`, the lowest first. */
  push(value: number, count: number): void {
    if (count === 0) return;
    const offset = this.length % 32;
    const at = (this.length - offset) / 32;
    if (at + 2 > this.words.length) this.grow(at + 2);
    const bits = lowBits(value, count);
    if (offset === 0) this.words[at] = bits;
    else {
      this.words[at] = lowBits(this.words[at], offset) | (bits << offset);
      if (offset + count > 32) this.words[at + 1] = bits >>> (32 - offset);
    }
    this.length += count;
  }

  /** The 32 bits from bit `at` on, the first of them lowest; those at or beyond the end are zeros. */
  window(at: number): number {
    const offset = at % 32;
    const word = (at - offset) / 32;
    if (at >= this.length) return 0;
    let bits = this.words[word] >>> offset;
    if (offset > 0 && word + 1 < this.words.length) bits |= this.words[word + 1] << (32 - offset);
    const left = this.length - at;
    return left < 32 ? lowBits(bits, left) : bits >>> 0;
  }

  /** The words, the last one filled up with zeros: a copy. */
  toWords(): Uint32Array {
    const offset = this.length % 32;
    const words = this.words.slice(0, Math.ceil(this.length / 32));
    if (offset > 0) words[words.length - 1] = lowBits(words[words.length - 1], offset);
    return words;
  }

  /** A copy that shares nothing with this one. */
  clone(): BitBuffer {
    return new BitBuffer(this.words.slice(), this.length);
  }

  private grow(least: number): void {
    const words = new Uint32Array(Math.max(least, this.words.length * 2));
    words.set(this.words);
    this.words = words;
  }
}

/** A copy of compressed words, refused unless they come as a Uint32Array. */
export function copyWords(words: Uint32Array, owner: string): Uint32Array {
  if (!(words instanceof Uint32Array)) throw typeError(`${owner} reads a Uint32Array of words`);
  return words.slice();
}

/** Refuses a group of bits that is not 0 to 32 bits long. */
export function checkBitCount(count: number): void {
  if (!(Number.isInteger(count) && count >= 0 && count <= 32))
    throw rangeError(`bits are read and written 0 to 32 at a time, not ${count}`);
}

/**
 * Refuses what is not a whole number. Whether the code has that symbol is another question, with another error.
 *
 * @throws TypeError (`invalid-type`) for what is no number, RangeError (`invalid-argument`) for one that is not whole.
 */
export function checkSymbol(symbol: number): void {
  if (typeof symbol !== 'number') throw typeError(`a symbol is a whole number, not a value of type ${typeof symbol}`);
  if (!Number.isInteger(symbol)) throw rangeError(`a symbol is a whole number, not ${symbol}`);
}
