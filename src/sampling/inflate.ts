/**
 * Decoding raw deflate (Deutsch 1996, RFC 1951), one string of bits in, one string of bytes out: what canonical rejection
 * asks of a decoder. It says how many bits it read, is as strict as zlib, and gives up rather than grow without bound.
 */
import { SurprisalError, typeError } from '../errors.ts';
import { checkCount } from './choices.ts';

/** What {@link inflateRaw} read. */
export interface Inflated {
  /** The bytes that were coded. */
  readonly symbols: Uint8Array;
  /** Bits of the code, up to the end of its last block. What follows was not read. */
  readonly bits: number;
}

/** Why a code was given up. */
type Failure = 'corrupt' | 'truncated' | 'limit';

const LENGTH_BASE = Uint16Array.of(
  ...[
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ],
);
const LENGTH_EXTRA = Uint8Array.of(
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
);
const CODE_ORDER = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15);

/** A Huffman code: how many codes there are of each length, and the symbols in the order of their codes. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

/** The code of some lengths; `undefined` where zlib finds fault with them. */
function codeOf(lengths: Uint8Array, isCodeLengths: boolean): Code | undefined {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length]++;
  counts[0] = 0;
  let longest = 15;
  while (longest > 0 && counts[longest] === 0) longest--;
  let left = 1;
  for (let length = 1; length <= 15; length++) {
    left = 2 * left - counts[length];
    if (left < 0) return undefined;
  }
  // A code with gaps is allowed when it is empty, or of one bit (and is not that of the code lengths).
  if (longest > 0 && left > 0 && (isCodeLengths || longest !== 1)) return undefined;
  const offsets = new Uint16Array(17);
  for (let length = 1; length <= 15; length++) offsets[length + 1] = offsets[length] + counts[length];
  const symbols = new Uint16Array(offsets[16]);
  for (let symbol = 0; symbol < lengths.length; symbol++)
    if (lengths[symbol] > 0) symbols[offsets[lengths[symbol]]++] = symbol;
  return { counts, symbols };
}

let fixed: { readonly literals: Code; readonly distances: Code } | undefined;

function fixedCodes(): { readonly literals: Code; readonly distances: Code } {
  if (fixed === undefined) {
    const lengths = new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280);
    fixed = {
      literals: codeOf(lengths, false) as Code,
      distances: codeOf(new Uint8Array(32).fill(5), false) as Code,
    };
  }
  return fixed;
}

/** Reads one code; `failure` says why it stopped. */
class Inflater {
  at = 0;
  length = 0;
  output: Uint8Array;
  failure: Failure = 'corrupt';
  private readonly input: Uint8Array;
  private readonly end: number;
  private readonly most: number;

  constructor(input: Uint8Array, most: number) {
    this.input = input;
    this.end = 8 * input.length;
    this.most = most;
    this.output = new Uint8Array(Math.min(256, most));
  }

  /** Whether the code was read to its end. */
  run(): boolean {
    for (let last = 0; last === 0; ) {
      last = this.bits(1);
      const type = this.bits(2);
      if (last < 0 || type < 0) return false;
      const fine = type === 0 ? this.stored() : type === 1 ? this.coded(fixedCodes()) : type === 2 && this.dynamic();
      if (!fine) return false;
    }
    return true;
  }

  private fail(failure: Failure): false {
    this.failure = failure;
    return false;
  }

  /** A number of up to 16 bits, the lowest first; -1 when there are fewer. */
  private bits(count: number): number {
    if (this.at + count > this.end) {
      this.failure = 'truncated';
      return -1;
    }
    let value = 0;
    // From 512 MiB on places in bits have more than 32 bits themselves.
    for (let i = 0; i < count; i++, this.at++)
      value |= ((this.input[Math.floor(this.at / 8)] >>> (this.at & 7)) & 1) << i;
    return value;
  }

  /** The next symbol of a code; -1 when there is none. */
  private symbol({ counts, symbols }: Code): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= 15; length++) {
      const bit = this.bits(1);
      if (bit < 0) return -1;
      code |= bit;
      const count = counts[length];
      if (code - count < first) return symbols[index + (code - first)];
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    this.failure = 'corrupt';
    return -1;
  }

  /** Makes room for more bytes; false when there would be too many. */
  private grow(count: number): boolean {
    const end = this.length + count;
    if (end > this.most) return this.fail('limit');
    if (end > this.output.length) {
      const output = new Uint8Array(Math.min(this.most, Math.max(end, 2 * this.output.length)));
      output.set(this.output.subarray(0, this.length));
      this.output = output;
    }
    return true;
  }

  private stored(): boolean {
    this.at += -this.at & 7;
    const length = this.bits(16);
    const check = this.bits(16);
    if (length < 0 || check < 0) return false;
    if ((length ^ check) !== 0xffff) return this.fail('corrupt');
    if (this.at + 8 * length > this.end) return this.fail('truncated');
    if (!this.grow(length)) return false;
    const from = this.at / 8;
    this.output.set(this.input.subarray(from, from + length), this.length);
    this.length += length;
    this.at += 8 * length;
    return true;
  }

  private dynamic(): boolean {
    const literals = this.bits(5) + 257;
    const distances = this.bits(5) + 1;
    const given = this.bits(4) + 4;
    if (literals < 257 || distances < 1 || given < 4) return false;
    if (literals > 286 || distances > 30) return this.fail('corrupt');
    const order = new Uint8Array(19);
    for (let i = 0; i < given; i++) {
      const length = this.bits(3);
      if (length < 0) return false;
      order[CODE_ORDER[i]] = length;
    }
    const code = codeOf(order, true);
    if (code === undefined) return this.fail('corrupt');
    const lengths = new Uint8Array(literals + distances);
    for (let i = 0; i < lengths.length; ) {
      const symbol = this.symbol(code);
      if (symbol < 0) return false;
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      if (symbol === 16 && i === 0) return this.fail('corrupt');
      const more = symbol === 16 ? this.bits(2) : this.bits(symbol === 17 ? 3 : 7);
      if (more < 0) return false;
      const times = more + (symbol === 18 ? 11 : 3);
      if (i + times > lengths.length) return this.fail('corrupt');
      lengths.fill(symbol === 16 ? lengths[i - 1] : 0, i, i + times);
      i += times;
    }
    if (lengths[256] === 0) return this.fail('corrupt');
    const codes = {
      literals: codeOf(lengths.subarray(0, literals), false),
      distances: codeOf(lengths.subarray(literals), false),
    };
    if (codes.literals === undefined || codes.distances === undefined) return this.fail('corrupt');
    return this.coded({ literals: codes.literals, distances: codes.distances });
  }

  private coded({ literals, distances }: { readonly literals: Code; readonly distances: Code }): boolean {
    for (;;) {
      const symbol = this.symbol(literals);
      if (symbol < 0) return false;
      if (symbol === 256) return true;
      if (symbol < 256) {
        if (!this.grow(1)) return false;
        this.output[this.length++] = symbol;
        continue;
      }
      if (symbol > 285) return this.fail('corrupt');
      const extra = this.bits(LENGTH_EXTRA[symbol - 257]);
      if (extra < 0) return false;
      const length = LENGTH_BASE[symbol - 257] + extra;
      const code = this.symbol(distances);
      if (code < 0) return false;
      if (code > 29) return this.fail('corrupt');
      const more = code < 4 ? 0 : (code >> 1) - 1;
      const low = this.bits(more);
      if (low < 0) return false;
      const distance = code < 4 ? code + 1 : ((2 + (code & 1)) << more) + 1 + low;
      if (distance > this.length) return this.fail('corrupt');
      if (!this.grow(length)) return false;
      const { output } = this;
      for (let i = 0; i < length; i++, this.length++) output[this.length] = output[this.length - distance];
    }
  }
}

const MESSAGES: Record<Failure, (at: number, most: number) => string> = {
  corrupt: (at) => `this is no deflate code, at bit ${at}`,
  truncated: (at) => `the code is not at its end after ${at} bits, and there are no more`,
  limit: (_, most) => `there are more than ${most} bytes; allow more with maxOutputSize`,
};

/** Limits of {@link inflateRaw}. */
export interface InflateOptions {
  /** Bytes that there may be. Default 2^24. */
  readonly maxOutputSize?: number;
}

/**
 * Decodes one raw deflate code, and says how long it was. What follows it is not looked at.
 *
 * @throws SurprisalError (`corrupt`) for what is no such code, (`truncated`) when it ends too soon, (`limit`) for more
 *   than `maxOutputSize` bytes.
 * @example
 * inflateRaw(Uint8Array.of(0x4b, 0x04, 0x00)); // { symbols: [97], bits: 18 }
 */
export function inflateRaw(code: Uint8Array, options: InflateOptions = {}): Inflated {
  const { maxOutputSize = 1 << 24 } = options;
  checkCount('maxOutputSize', maxOutputSize, 0, 2 ** 32);
  if (!(code instanceof Uint8Array)) throw typeError('a decoder reads a Uint8Array');
  const inflater = new Inflater(code, maxOutputSize);
  if (!inflater.run())
    throw new SurprisalError(inflater.failure, MESSAGES[inflater.failure](inflater.at, maxOutputSize), {
      offset: Math.floor(inflater.at / 8),
    });
  return { symbols: inflater.output.slice(0, inflater.length), bits: inflater.at };
}

/** {@link inflateRaw} without errors: `undefined` for whatever cannot be decoded within the limit. */
export function tryInflate(code: Uint8Array, options: InflateOptions = {}): Inflated | undefined {
  const { maxOutputSize = 1 << 24 } = options;
  checkCount('maxOutputSize', maxOutputSize, 0, 2 ** 32);
  const inflater = new Inflater(code, maxOutputSize);
  return inflater.run() ? { symbols: inflater.output.slice(0, inflater.length), bits: inflater.at } : undefined;
}
