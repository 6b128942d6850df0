/**
 * Deflate, zlib and gzip as canonical zlib 1.2.13 writes them, byte for byte, at every level: the other side of
 * `inflateRaw`, with the decisions of `DeflateOracle`.
 *
 * The formats are RFC 1950, 1951 and 1952 (Deutsch 1996).
 */
import CRC32 from 'crc-32';
import { rangeError, typeError } from '../errors.ts';
import { hex } from '../kernels/generated/deflate_encode.ts';
import { instantiate, kernelModule } from '../kernels/load.ts';
import { checkLevel, type DeflateFormat, LEVELS, LONGEST, WRAPPERS } from './deflate-levels.ts';

export type { DeflateFormat } from './deflate-levels.ts';

interface Kernel {
  fixedMemory(): number;
  inputPointer(): number;
  outputPointer(): number;
  init(level: number, good: number, lazy: number, nice: number, chain: number, size: number): void;
  encode(size: number): number;
  finish(): number;
}

/** Bytes that the kernel takes at once. */
const INPUT_SIZE = 32768;
/** The kernel's memory: what the oracle has, the symbols of a block, what goes in and comes out. */
const PAGES = 12;
/** Most bytes of a stored block. */
const STORED = 65535;

/** Options of {@link deflateEncode}. */
export interface DeflateEncodeOptions {
  /** Level, 0 to 9, as zlib's. Default 6. */
  readonly level?: number;
  /** What is around the stream. Default `zlib`. */
  readonly format?: DeflateFormat;
}

/**
 * Codes bytes as zlib's deflate does with windows of 32 KiB and memLevel 8, given all at once: of any size up to 2^31
 * bytes. A gzip header has no name and no time, and names Unix as the system.
 *
 * @throws RangeError when there is no such level, or there are more bytes.
 * @throws TypeError when there is no such format, or the bytes are no Uint8Array.
 * @example
 * ```ts
 * import { deflateEncode } from 'surprisal/sampling/deflate-encode.js';
 *
 * deflateEncode(new TextEncoder().encode('abcabcabc'), { level: 9, format: 'gzip' }).length; // 25
 * ```
 */
export function deflateEncode(bytes: Uint8Array, options: DeflateEncodeOptions = {}): Uint8Array {
  return deflateEncoder(options)(bytes);
}

/**
 * {@link deflateEncode} for many strings: it keeps its 768 KiB from one to the next.
 *
 * @throws RangeError when there is no such level.
 * @throws TypeError when there is no such format.
 */
export function deflateEncoder(options: DeflateEncodeOptions = {}): (bytes: Uint8Array) => Uint8Array {
  const { level = 6, format = 'zlib' } = options;
  checkLevel(level, format);
  let encode: ((bytes: Uint8Array, pieces: Uint8Array[]) => void) | undefined;
  return (bytes) => {
    if (!(bytes instanceof Uint8Array)) throw typeError('an encoder takes a Uint8Array');
    if (bytes.length > LONGEST) throw rangeError(`at most ${LONGEST} bytes can be coded, not ${bytes.length}`);
    encode ??= level === 0 ? store : streamOf(level);
    const pieces = [headerOf(level, format)];
    encode(bytes, pieces);
    pieces.push(trailerOf(bytes, format));
    const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  };
}

/** Level 0: bytes as they are. */
function store(bytes: Uint8Array, pieces: Uint8Array[]): void {
  let from = 0;
  do {
    const part = bytes.subarray(from, from + STORED);
    const { length } = part;
    from += length;
    pieces.push(Uint8Array.of(from < bytes.length ? 0 : 1, length, length >>> 8, ~length, ~length >>> 8), part);
  } while (from < bytes.length);
}

/** The other levels, by a kernel of their own. */
function streamOf(level: number): (bytes: Uint8Array, pieces: Uint8Array[]) => void {
  const { exports: kernel, memory } = instantiate<Kernel>(kernelModule('deflate_encode', hex), PAGES);
  const input = new Uint8Array(memory.buffer, kernel.inputPointer(), INPUT_SIZE);
  const [good, lazy, nice, chain] = LEVELS[level];
  return (bytes, pieces) => {
    const output = (size: number) => {
      if (size > 0) pieces.push(new Uint8Array(memory.buffer, kernel.outputPointer(), size).slice());
    };
    kernel.init(level, good, lazy, nice, chain, bytes.length);
    for (let from = 0; from < bytes.length; from += INPUT_SIZE) {
      const part = bytes.subarray(from, from + INPUT_SIZE);
      input.set(part);
      output(kernel.encode(part.length));
    }
    output(kernel.finish());
  };
}

function headerOf(level: number, format: DeflateFormat): Uint8Array {
  if (format === 'raw') return new Uint8Array(0);
  if (format === 'gzip') return Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, level === 9 ? 2 : level < 2 ? 4 : 0, 3);
  const start = (0x78 << 8) | ((level < 2 ? 0 : level < 6 ? 1 : level === 6 ? 2 : 3) << 6);
  const checked = start + 31 - (start % 31);
  return Uint8Array.of(checked >>> 8, checked);
}

function trailerOf(bytes: Uint8Array, format: DeflateFormat): Uint8Array {
  const trailer = new Uint8Array(WRAPPERS[format][1]);
  const view = new DataView(trailer.buffer);
  if (format === 'zlib') view.setUint32(0, adler32(bytes));
  if (format === 'gzip') {
    view.setInt32(0, CRC32.buf(bytes, 0), true);
    view.setUint32(4, bytes.length, true);
  }
  return trailer;
}

/** RFC 1950's checksum. */
function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let from = 0; from < bytes.length; ) {
    // So many bytes can be added up before the sums must be reduced.
    const end = Math.min(bytes.length, from + 4096);
    for (; from < end; from++) {
      a += bytes[from];
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}
