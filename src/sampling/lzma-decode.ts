/** Reads .xz files (LZMA2, any number of streams and blocks) and .lzma files. */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { LzmaDecoder, Output, truncated } from './lzma-decoder.ts';
import {
  ALONE_HEADER,
  CHECKS,
  checkOf,
  crc32,
  LZMA2_FILTER,
  XZ_END,
  XZ_ENDS,
  XZ_MAGIC,
  type XzCheck,
} from './lzma-xz.ts';

/** Options of {@link lzmaDecode}. */
export interface LzmaDecodeOptions {
  /** Most bytes that may come out. Default 2^28. Memory is at most three times this and 25 MB. */
  readonly maxOutputSize?: number;
}

const DEFAULT_MAX_OUTPUT = 2 ** 28;
/** The longest Uint8Array that every engine has. */
const LONGEST = 2 ** 31 - 1;

/**
 * Decompresses an .xz or a .lzma file. All checksums of .xz are verified; filters other than LZMA2 and the check SHA-256
 * are not known.
 *
 * @returns All bytes: the window is not kept apart, so that the size of the dictionary costs nothing.
 * @throws SurprisalError `corrupt`, `truncated`, `unsupported`, or `limit` for more output than allowed.
 * @example
 * lzmaDecode(lzmaEncode(bytes)); // bytes
 */
export function lzmaDecode(bytes: Uint8Array, options: LzmaDecodeOptions = {}): Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw typeError('bytes to decompress are a Uint8Array');
  const { maxOutputSize = DEFAULT_MAX_OUTPUT } = options;
  if (!(maxOutputSize >= 0)) throw rangeError(`maxOutputSize is at least 0, not ${maxOutputSize}`);
  const output = new Output(Math.min(Math.floor(maxOutputSize), LONGEST));
  // An .xz file starts with 0xfd, which no .lzma file does: the properties of LZMA are below 225.
  if (bytes[0] === XZ_MAGIC[0]) new XzReader(bytes, output).read();
  else readAlone(bytes, output);
  return output.bytes.slice(0, output.length);
}

function corrupt(message: string, offset: number): SurprisalError {
  return new SurprisalError('corrupt', message, { offset });
}

function get32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

function readAlone(bytes: Uint8Array, output: Output): void {
  if (bytes.length < ALONE_HEADER) throw truncated(bytes.length);
  const decoder = new LzmaDecoder(bytes, output, get32(bytes, 1));
  if (!decoder.setProperties(bytes[0], 12)) throw corrupt('this is neither .xz nor .lzma', 0);
  const low = get32(bytes, 5);
  const high = get32(bytes, 9);
  const known = low !== 0xffffffff || high !== 0xffffffff;
  const size = low + high * 2 ** 32;
  if (known && size > output.limit)
    throw new SurprisalError('limit', `the file has ${size} bytes: pass a maxOutputSize of as many`, { offset: 5 });
  decoder.startCoder(ALONE_HEADER, bytes.length);
  const ended = decoder.decode(known ? size : Infinity);
  if (ended && known) throw corrupt(`${output.length} bytes came out, not ${size}`, decoder.at);
  if (!decoder.finished && !(known && decoder.decodeEnd()))
    throw corrupt('LZMA data does not end as it should', decoder.at);
  if (decoder.at !== bytes.length) throw corrupt('there is more after the end of the LZMA data', decoder.at);
}

/** A block as the index has it. */
interface Sizes {
  readonly unpadded: number;
  readonly raw: number;
}

class XzReader {
  private readonly bytes: Uint8Array;
  private readonly output: Output;
  private at = 0;

  constructor(bytes: Uint8Array, output: Output) {
    this.bytes = bytes;
    this.output = output;
  }

  read(): void {
    const { bytes } = this;
    do {
      this.stream();
      const padding = this.at;
      while (this.at < bytes.length && bytes[this.at] === 0) this.at++;
      if (((this.at - padding) & 3) !== 0) throw corrupt('padding after a stream is of 4 bytes or a multiple', padding);
    } while (this.at < bytes.length);
  }

  private need(count: number): void {
    if (this.at + count > this.bytes.length) throw truncated(this.bytes.length);
  }

  private stream(): void {
    const { bytes } = this;
    const from = this.at;
    for (let i = 0; i < XZ_MAGIC.length; i++) {
      this.need(i + 1);
      if (bytes[from + i] !== XZ_MAGIC[i]) throw corrupt('an .xz stream does not start here', from + i);
    }
    this.need(XZ_ENDS);
    if (get32(bytes, from + 8) !== crc32(bytes.subarray(from + 6, from + 8)))
      throw corrupt('the checksum of a stream header is wrong', from);
    const check = (Object.keys(CHECKS) as XzCheck[]).find((name) => CHECKS[name].id === bytes[from + 7]);
    if (bytes[from + 6] !== 0 || check === undefined)
      throw new SurprisalError('unsupported', `a stream with flags ${bytes[from + 6]}, ${bytes[from + 7]}`, {
        offset: from + 6,
      });
    this.at += XZ_ENDS;
    const blocks: Sizes[] = [];
    for (;;) {
      this.need(1);
      if (bytes[this.at] === 0) break;
      blocks.push(this.block(check));
    }
    this.index(blocks, from);
  }

  /** A number in groups of 7 bits, at most 2^53, before `end`. */
  private number(end: number): number {
    let value = 0;
    for (let i = 0, scale = 1; i < 9; i++, scale *= 128) {
      if (this.at >= end) throw end === this.bytes.length ? truncated(end) : corrupt('a number is cut off', this.at);
      const byte = this.bytes[this.at++];
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (byte === 0 && i > 0) break;
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
    }
    throw corrupt('a number is not written as it should be', this.at);
  }

  private block(check: XzCheck): Sizes {
    const { bytes, output } = this;
    const from = this.at;
    const header = 4 * (bytes[from] + 1);
    this.need(header);
    const end = from + header - 4;
    if (get32(bytes, end) !== crc32(bytes.subarray(from, end)))
      throw corrupt('the checksum of a block header is wrong', from);
    const flags = bytes[from + 1];
    this.at = from + 2;
    const packed = (flags & 0x40) !== 0 ? this.number(end) : undefined;
    const raw = (flags & 0x80) !== 0 ? this.number(end) : undefined;
    const filter = this.number(end);
    if ((flags & 0x3f) !== 0 || filter !== LZMA2_FILTER)
      throw new SurprisalError('unsupported', 'a block with filters other than LZMA2', { offset: from });
    const propertyBytes = this.number(end);
    if (propertyBytes !== 1 || this.at >= end) throw corrupt('the properties of LZMA2 are one byte', this.at);
    const size = bytes[this.at++];
    if (size > 40) throw corrupt(`a dictionary of size ${size}`, this.at - 1);
    for (; this.at < end; this.at++)
      if (bytes[this.at] !== 0) throw corrupt('a block header is not padded by 0', this.at);
    if (raw !== undefined && output.length + raw > output.limit)
      throw new SurprisalError('limit', `a block of ${raw} bytes: pass a higher maxOutputSize`, { offset: from });

    this.at = from + header;
    const data = this.at;
    const start = output.length;
    this.chunks(size === 40 ? 0xffffffff : (2 | (size & 1)) * 2 ** ((size >> 1) + 11));
    const length = this.at - data;
    if ((packed !== undefined && packed !== length) || (raw !== undefined && raw !== output.length - start))
      throw corrupt('a block is not as long as its header says', from);
    for (; ((this.at - data) & 3) !== 0; this.at++) {
      this.need(1);
      if (bytes[this.at] !== 0) throw corrupt('a block is not padded by 0', this.at);
    }
    const sum = checkOf(check, output.bytes.subarray(start, output.length));
    this.need(sum.length);
    for (const byte of sum)
      if (bytes[this.at++] !== byte) throw corrupt(`the ${check} of a block is wrong`, this.at - 1);
    return { unpadded: header + length + sum.length, raw: output.length - start };
  }

  /** The chunks of LZMA2, up to the zero that ends them. */
  private chunks(dictionarySize: number): void {
    const { bytes, output } = this;
    const decoder = new LzmaDecoder(bytes, output, dictionarySize);
    // What must be reset before anything else: the window; the properties; the state.
    let windowless = true;
    let unset = true;
    let stale = false;
    for (;;) {
      this.need(1);
      const from = this.at;
      const control = bytes[from];
      if (control === 0) {
        this.at++;
        return;
      }
      if (control >= 0xe0 || control === 1) {
        windowless = false;
        decoder.resetWindow();
      } else if (windowless) throw corrupt('the first chunk does not reset the window', from);
      if (control < 0x80) {
        if (control > 2) throw corrupt(`a chunk of kind ${control}`, from);
        this.need(3);
        const length = bytes[from + 1] * 256 + bytes[from + 2] + 1;
        this.at += 3;
        this.need(length);
        output.reserve(length);
        output.bytes.set(bytes.subarray(this.at, this.at + length), output.length);
        output.length += length;
        this.at += length;
        stale = true;
        continue;
      }
      const header = control >= 0xc0 ? 6 : 5;
      this.need(header);
      const raw = (control & 31) * 65536 + bytes[from + 1] * 256 + bytes[from + 2] + 1;
      const length = bytes[from + 3] * 256 + bytes[from + 4] + 1;
      if (control >= 0xc0) {
        if (!decoder.setProperties(bytes[from + 5], 4)) throw corrupt('these are no properties of LZMA2', from + 5);
        unset = false;
        stale = false;
      } else if (unset) throw corrupt('a chunk without properties', from);
      else if (control >= 0xa0) {
        decoder.resetState();
        stale = false;
      } else if (stale) throw corrupt('a chunk that does not reset the state', from);
      this.at += header;
      this.need(length);
      decoder.startCoder(this.at, this.at + length);
      this.at += length;
      if (decoder.decode(raw) || decoder.at !== this.at || !decoder.finished)
        throw corrupt('a chunk does not end as it should', decoder.at);
    }
  }

  private index(blocks: readonly Sizes[], stream: number): void {
    const { bytes } = this;
    const from = this.at++;
    const wrong = () => corrupt('the index is not that of the blocks', from);
    if (this.number(bytes.length) !== blocks.length) throw wrong();
    for (const { unpadded, raw } of blocks)
      if (this.number(bytes.length) !== unpadded || this.number(bytes.length) !== raw) throw wrong();
    for (; ((this.at - from) & 3) !== 0; this.at++) {
      this.need(1);
      if (bytes[this.at] !== 0) throw wrong();
    }
    const size = this.at - from;
    this.need(4 + XZ_ENDS);
    if (get32(bytes, this.at) !== crc32(bytes.subarray(from, this.at)))
      throw corrupt('the checksum of the index is wrong', from);
    const footer = this.at + 4;
    if (get32(bytes, footer) !== crc32(bytes.subarray(footer + 4, footer + 10)))
      throw corrupt('the checksum of a stream footer is wrong', footer);
    if (get32(bytes, footer + 4) !== size / 4)
      throw corrupt('a stream footer has another size of the index', footer + 4);
    for (let i = 0; i < 2; i++)
      if (bytes[footer + 8 + i] !== bytes[stream + 6 + i] || bytes[footer + 10 + i] !== XZ_END[i])
        throw corrupt('a stream does not end as it began', footer + 8);
    this.at = footer + XZ_ENDS;
  }
}
