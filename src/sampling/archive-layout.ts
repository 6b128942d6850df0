/** The bytes of an archive of a sequence model: see {@link encodeArchive} in archive.ts for the layout. */

import CRC32C from 'crc-32/crc32c.js';
import { rangeError, SurprisalError, typeError } from '../errors.ts';

/** Parameters of a codec: names of letters and digits, and numbers, strings or booleans. */
export type ArchiveParameters = Readonly<Record<string, number | string | boolean>>;

/** What an archive says about itself. */
export interface ArchiveHeader {
  /** Name of the codec. */
  readonly codec: string;
  /** Its parameters. */
  readonly parameters: ArchiveParameters;
  /** First 8 bytes of the SHA-256 of its kernels, in hexadecimal digits, or 'pure' for integer TypeScript. */
  readonly kernel: string;
  /** Number of symbols of the alphabet. */
  readonly alphabetSize: number;
  /** Number of symbols that are coded. */
  readonly count: number;
  /** CRC-32C of the symbols: a byte each, or two, the low one first, for alphabets of more than 256. */
  readonly checksum: number;
}

/** An archive in parts. */
export interface ArchiveParts extends ArchiveHeader {
  /** Words of the range coder. */
  readonly words: Uint32Array;
}

const MAGIC = [0x93, 0x53, 0x51, 0x4d];
const VERSION = 1;
const MOST_NAME = 64;
const MOST_PARAMETERS = 4096;
/** What a kernel's hash is cut to. */
export const HASH_BYTES = 8;

/** CRC-32C of bytes, 0 to 2^32 - 1. */
export function crc32c(bytes: Uint8Array): number {
  return CRC32C.buf(bytes, 0) >>> 0;
}

/** CRC-32C of symbols. */
export function checksumOf(symbols: ArrayLike<number>, alphabetSize: number): number {
  if (alphabetSize <= 256) return crc32c(Uint8Array.from(symbols));
  const bytes = new Uint8Array(2 * symbols.length);
  for (let i = 0; i < symbols.length; i++) {
    bytes[2 * i] = symbols[i] & 255;
    bytes[2 * i + 1] = symbols[i] >> 8;
  }
  return crc32c(bytes);
}

/**
 * Parameters as canonical JSON: names in order, no spaces.
 *
 * @throws TypeError or RangeError for what cannot be a parameter.
 */
function parametersText(parameters: ArchiveParameters): string {
  const names = Object.keys(parameters).sort((a, b) => (a < b ? -1 : 1));
  const parts = names.map((name) => {
    const value: unknown = parameters[name];
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name))
      throw rangeError(`a parameter has a name of letters and digits, not '${name}'`);
    if (typeof value === 'number' && !Number.isFinite(value)) throw rangeError(`parameter '${name}' is ${value}`);
    if (!['number', 'string', 'boolean'].includes(typeof value))
      throw typeError(`parameter '${name}' is a number, a string or a boolean, not ${typeof value}`);
    return `${JSON.stringify(name)}:${JSON.stringify(Object.is(value, -0) ? 0 : value)}`;
  });
  return `{${parts.join(',')}}`;
}

const nameHolds = (name: string) => /^[a-z0-9][a-z0-9+:.-]*$/.test(name) && name.length <= MOST_NAME;

/** @throws RangeError (`invalid-argument`) for what cannot be a codec's name. */
function checkName(name: string): void {
  if (!nameHolds(name))
    throw rangeError(
      `a codec's name has 1 to ${MOST_NAME} of a-z, 0-9 and +:.- and begins with a letter or digit, not '${name}'`,
    );
}

class Writer {
  readonly bytes: number[] = [];
  varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.bytes.push((rest % 128) | 128);
    this.bytes.push(rest);
  }
  uint32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.bytes.push((value >>> shift) & 255);
  }
  text(text: string): number {
    const bytes = new TextEncoder().encode(text);
    this.varint(bytes.length);
    this.bytes.push(...bytes);
    return bytes.length;
  }
}

/** Writes an archive. */
export function writeArchive(parts: ArchiveParts): Uint8Array {
  const { codec, parameters, kernel, alphabetSize, count, checksum, words } = parts;
  checkName(codec);
  const writer = new Writer();
  writer.bytes.push(...MAGIC, VERSION);
  writer.text(codec);
  if (writer.text(parametersText(parameters)) > MOST_PARAMETERS)
    throw rangeError(`parameters take at most ${MOST_PARAMETERS} bytes as JSON`);
  const hash = kernel === 'pure' ? [] : (kernel.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16));
  writer.bytes.push(hash.length, ...hash);
  writer.varint(alphabetSize);
  writer.varint(count);
  writer.uint32(checksum);
  writer.varint(words.length);
  const coded = new Uint8Array(4 * words.length);
  const view = new DataView(coded.buffer);
  for (let i = 0; i < words.length; i++) view.setUint32(4 * i, words[i], true);
  writer.uint32(crc32c(coded));
  writer.uint32(crc32c(Uint8Array.from(writer.bytes)));
  const all = new Uint8Array(writer.bytes.length + coded.length);
  all.set(writer.bytes);
  all.set(coded, writer.bytes.length);
  return all;
}

class Reader {
  at = 0;
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  take(count: number): Uint8Array {
    if (count > this.bytes.length - this.at)
      throw new SurprisalError(
        'truncated',
        `the archive ends after ${this.bytes.length} bytes, before it is complete`,
        {
          offset: this.bytes.length,
        },
      );
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let nth = 0; ; nth++) {
      const [byte] = this.take(1);
      if (nth === 7 && byte > 15) throw this.corrupt('a number of 2^53 or more');
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (byte === 0 && nth > 0) throw this.corrupt('a number that is longer than it need be');
        return value;
      }
      scale *= 128;
    }
  }
  uint32(): number {
    const bytes = this.take(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  }
  text(most: number, what: string): string {
    const length = this.varint();
    if (length > most) throw this.corrupt(`${what} of ${length} bytes`);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.take(length));
    } catch (error) {
      if (error instanceof SurprisalError) throw error;
      throw this.corrupt(`${what} that is not UTF-8`);
    }
  }
  corrupt(what: string): SurprisalError {
    return new SurprisalError('corrupt', `the archive's header is damaged: ${what}, before byte ${this.at}`, {
      offset: this.at,
    });
  }
}

function parseParameters(text: string, reader: Reader): ArchiveParameters {
  try {
    const parsed = JSON.parse(text) as ArchiveParameters;
    if (typeof parsed === 'object' && parsed !== null && parametersText(parsed) === text) return parsed;
  } catch {
    // Said below.
  }
  throw reader.corrupt('parameters that are none');
}

/**
 * Reads an archive, and checks all of it but the symbols.
 *
 * @throws SurprisalError `not-srp` for other data, `unsupported` for another version, `truncated`, `corrupt`.
 */
export function readParts(bytes: Uint8Array): ArchiveParts {
  for (let i = 0; i < Math.min(MAGIC.length, bytes.length); i++)
    if (bytes[i] !== MAGIC[i])
      throw new SurprisalError('not-srp', 'this is no archive of a sequence model: it begins with other bytes', {
        offset: 0,
      });
  const reader = new Reader(bytes);
  reader.take(MAGIC.length);
  const [version] = reader.take(1);
  if (version !== VERSION)
    throw new SurprisalError('unsupported', `the archive is of version ${version}; this package reads ${VERSION}`);
  const codec = reader.text(MOST_NAME, 'a name');
  const parametersAre = reader.text(MOST_PARAMETERS, 'parameters');
  const [hashLength] = reader.take(1);
  if (hashLength !== 0 && hashLength !== HASH_BYTES) throw reader.corrupt(`a hash of ${hashLength} bytes`);
  const hash = Array.from(reader.take(hashLength), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const alphabetSize = reader.varint();
  const count = reader.varint();
  const checksum = reader.uint32();
  const wordCount = reader.varint();
  const codedChecksum = reader.uint32();
  const end = reader.at;
  if (reader.uint32() !== crc32c(bytes.subarray(0, end))) throw reader.corrupt('its checksum is another');
  // From here on the header is what somebody wrote.
  if (!nameHolds(codec)) throw reader.corrupt(`the name '${codec}'`);
  const parameters = parseParameters(parametersAre, reader);
  if (alphabetSize < 1 || alphabetSize > 65536) throw reader.corrupt(`an alphabet of ${alphabetSize} symbols`);
  const coded = reader.take(4 * wordCount);
  if (reader.at !== bytes.length)
    throw new SurprisalError(
      'corrupt',
      `the archive ends at byte ${reader.at}; ${bytes.length - reader.at} bytes follow`,
      {
        offset: reader.at,
      },
    );
  if (crc32c(coded) !== codedChecksum)
    throw new SurprisalError('corrupt', 'the coded data is damaged: its checksum is another', { offset: end + 4 });
  const view = new DataView(coded.buffer, coded.byteOffset, coded.length);
  const words = Uint32Array.from({ length: wordCount }, (_, i) => view.getUint32(4 * i, true));
  return { codec, parameters, kernel: hashLength === 0 ? 'pure' : hash, alphabetSize, count, checksum, words };
}
