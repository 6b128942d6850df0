/**
 * Bytes packed with interleaved states, block by block, each block with a table of its own where that pays.
 *
 * An order-0 coder: it knows how often each byte occurs, not what comes after what. As the last stage behind a
 * transform, or for data that have no more structure than that, it is fast: docs/interleaved.md has the figures and
 * the format.
 */
import { rangeError, SurprisalError } from '../errors.ts';
import { survey } from '../kernels/interleaved.ts';
import { checkBytes, decodeInto, encodeInterleaved, InterleavedModel } from './interleaved.ts';

/** How {@link packBytes} packs. */
export interface PackOptions {
  /** Bytes of a block, a power of two from 2^10 to 2^20: 2^17 when it is not said. Smaller ones adapt sooner. */
  readonly blockSize?: number;
}

/** How {@link unpackBytes} unpacks. */
export interface UnpackOptions {
  /** Most bytes that may come out: 2^30 when it is not said. */
  readonly maxLength?: number;
}

/** `ILB` and the version. */
const MAGIC = [0x49, 0x4c, 0x42, 1];
const STORED = 0;
const CODED = 1;
const AGAIN = 2;

/** Bytes of a block at least: its kind and the hash. */
const LEAST_BLOCK = 5;

/** Bits that a symbol of each frequency costs, in 2^-16. */
let costs: Float64Array | undefined;

/** log2(4096 / frequency) by squaring: the same in every engine, unlike Math.log2. */
function costTable(): Float64Array {
  const table = new Float64Array(4097);
  table[0] = Number.POSITIVE_INFINITY;
  for (let frequency = 1; frequency <= 4096; frequency++) {
    let log = 31 - Math.clz32(frequency);
    let x = frequency / 2 ** log;
    for (let i = 0; i < 16; i++) {
      x *= x;
      log *= 2;
      if (x >= 2) {
        x /= 2;
        log++;
      }
    }
    table[frequency] = 12 * 2 ** 16 - log;
  }
  return table;
}

/** Bytes that the states and words of these counts will take, near enough. */
function estimate(counts: Float64Array, model: InterleavedModel): number {
  if (model.only !== undefined && counts[model.only] > 0) {
    for (let s = 0; s < 256; s++) if (counts[s] > 0 && s !== model.only) return Number.POSITIVE_INFINITY;
    return 0;
  }
  costs ??= costTable();
  let bits = 0;
  for (let s = 0; s < 256; s++) if (counts[s] > 0) bits += counts[s] * costs[model.frequencies[s]];
  return bits / 2 ** 19 + 96;
}

/**
 * Packs bytes into something that {@link unpackBytes} needs nothing else for.
 *
 * @returns the blocks; never more than 6 bytes for each block and 14 in all above the input.
 * @throws RangeError when the size of blocks is none; TypeError when `bytes` is no Uint8Array.
 * @example
 * const packed = packBytes(new Uint8Array(1_000_000)); // 64 bytes or so
 * unpackBytes(packed); // a million zeros
 */
export function packBytes(bytes: Uint8Array, options: PackOptions = {}): Uint8Array<ArrayBuffer> {
  checkBytes(bytes, 'bytes');
  const { blockSize = 2 ** 17 } = options;
  const exponent = 31 - Math.clz32(blockSize);
  if (exponent < 10 || exponent > 20 || 2 ** exponent !== blockSize)
    throw rangeError(`blockSize is a power of two from 2^10 to 2^20, not ${blockSize}`);
  const header = [...MAGIC, exponent];
  pushVarint(header, bytes.length);
  const pieces: Uint8Array[] = [Uint8Array.from(header)];
  let last: InterleavedModel | undefined;
  for (let at = 0; at < bytes.length; at += blockSize) {
    const block = bytes.subarray(at, at + blockSize);
    const { counts, hash } = survey(block);
    let model = new InterleavedModel(counts);
    let table: Uint8Array = model.toBytes();
    if (last !== undefined && estimate(counts, last) <= estimate(counts, model) + table.length) {
      model = last;
      table = new Uint8Array(0);
    }
    const data = estimate(counts, model) + table.length < block.length ? encodeInterleaved(block, model) : undefined;
    const head: number[] = [];
    if (data !== undefined && data.length + table.length + 3 < block.length) {
      head.push(table.length > 0 ? CODED : AGAIN);
      pushVarint(head, data.length);
      pieces.push(Uint8Array.from(head), table, data);
      last = model;
    } else {
      pieces.push(Uint8Array.of(STORED), block);
    }
    pieces.push(Uint8Array.of(hash, hash >>> 8, hash >>> 16, hash >>> 24));
  }
  const packed = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let end = 0;
  for (const piece of pieces) {
    packed.set(piece, end);
    end += piece.length;
  }
  return packed;
}

/**
 * Unpacks what {@link packBytes} packed.
 *
 * Every block is held against its hash, XXH32: damage is found but for one time in 2^32.
 *
 * @returns the bytes. At most 2^20 times as many are allocated as there are in `packed`, and never above `maxLength`.
 * @throws SurprisalError `unsupported` for another version, `limit` when it is longer than allowed, `truncated` when it
 *   is cut short, `corrupt` when it is damaged or no such thing.
 * @throws RangeError when the limit is none; TypeError when `packed` is no Uint8Array.
 */
export function unpackBytes(packed: Uint8Array, options: UnpackOptions = {}): Uint8Array<ArrayBuffer> {
  checkBytes(packed, 'packed');
  const { maxLength = 2 ** 30 } = options;
  if (!(maxLength >= 0)) throw rangeError(`maxLength is a number from 0 on, not ${maxLength}`);
  const reader = new Reader(packed);
  for (const [i, byte] of MAGIC.entries()) {
    const found = reader.byte();
    if (found !== byte && i < 3) throw corrupt(i, 'they begin otherwise');
    if (found !== byte) throw new SurprisalError('unsupported', `Packed bytes of version ${found}, not 1.`);
  }
  const exponent = reader.byte();
  if (exponent < 10 || exponent > 20) throw corrupt(4, `blocks of 2^${exponent} bytes`);
  const blockSize = 2 ** exponent;
  const length = reader.varint();
  if (length > maxLength)
    throw new SurprisalError('limit', `Unpacking gives ${length} bytes, and the limit is ${maxLength}.`);
  // Before anything is allocated: a claim of many blocks needs as many.
  const blocks = Math.ceil(length / blockSize);
  if (packed.length - reader.at < LEAST_BLOCK * blocks) throw reader.truncated(`it has no room for ${blocks} blocks`);
  const bytes = new Uint8Array(length);
  let model: InterleavedModel | undefined;
  for (let at = 0; at < length; at += blockSize) {
    const block = bytes.subarray(at, at + blockSize);
    const start = reader.at;
    const kind = reader.byte();
    let hash: number | undefined;
    if (kind === STORED) {
      block.set(reader.take(block.length));
    } else if (kind === CODED || kind === AGAIN) {
      const size = reader.varint();
      if (kind === CODED) ({ model, end: reader.at } = InterleavedModel.read(packed, reader.at));
      if (model === undefined) throw corrupt(start, 'a block uses the table of one before it, and there is none');
      const from = reader.at;
      hash = decodeInto(block, reader.take(size), model, true, from);
    } else {
      throw corrupt(start, `a block of kind ${kind}`);
    }
    hash ??= survey(block).hash;
    const expected = reader.uint32();
    if (hash !== expected) throw corrupt(start, `the block there unpacks to bytes with another hash than it says`);
  }
  if (reader.at < packed.length) throw corrupt(reader.at, `${packed.length - reader.at} bytes are left over`);
  return bytes;
}

/** Seven bits to a byte, the low ones first, the high bit set on all but the last. */
function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
}

class Reader {
  private readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  byte(): number {
    if (this.at >= this.bytes.length) throw this.truncated('a byte is missing');
    return this.bytes[this.at++];
  }

  /** A number below 2^49, in the one way to write it. */
  varint(): number {
    let value = 0;
    for (let i = 0; i < 7; i++) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** (7 * i);
      if (byte === 0 && i > 0) break;
      if (byte < 128) return value;
    }
    throw corrupt(this.at, 'a number is too large or has more bytes than it needs');
  }

  uint32(): number {
    return this.byte() + this.byte() * 2 ** 8 + this.byte() * 2 ** 16 + this.byte() * 2 ** 24;
  }

  take(length: number): Uint8Array {
    if (this.bytes.length - this.at < length) throw this.truncated(`${length} bytes should follow byte ${this.at}`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  truncated(what: string): SurprisalError {
    return new SurprisalError('truncated', `The packed bytes are cut short: ${what}.`, { offset: this.bytes.length });
  }
}

function corrupt(offset: number, what: string): SurprisalError {
  return new SurprisalError('corrupt', `The packed bytes are damaged at byte ${offset}: ${what}.`, { offset });
}
