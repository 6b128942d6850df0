/**
 * The header of an archive member: magic, format version, and type-length-value fields under a CRC of their own.
 * docs/format.md describes every byte.
 */
import { rangeError, SurprisalError } from '../errors.ts';
import { crc32c } from './checksums.ts';
import { Cursor, plainBytes, pushUint32, pushVarint } from './varint.ts';

/** The first eight bytes: a high bit, SRP, and the line ends that text modes mangle (PNG's idea). */
export const MAGIC = Uint8Array.of(0x89, 0x53, 0x52, 0x50, 0x0d, 0x0a, 0x1a, 0x0a);
/** The format version that this package writes and reads. */
export const FORMAT_VERSION = 1;
/** Most bytes of header fields: what a reader must be ready to hold. */
export const MAX_FIELDS = 65535;
/** Most bytes of a header: magic, version, length, fields, CRC. */
export const MAX_HEADER = MAGIC.length + 1 + 3 + MAX_FIELDS + 4;
/** Memory is stated in units of a WebAssembly page, in bytes. */
export const MEMORY_UNIT = 65536;
/** Longest name, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 4096;

/** What an archive member says about itself before its first block. */
export interface Header {
  /** Content kind: 0 file, 1 records, 2 graphs, 3 images. */
  readonly kind: number;
  /** Id of the method that coded it. */
  readonly method: number;
  /** Revision of the method. */
  readonly revision: number;
  /** The method's parameters, in the method's own encoding. */
  readonly parameters: Uint8Array;
  /** Memory that the model takes, in bytes: a multiple of 65,536. */
  readonly memory: number;
  /** Raw bytes in all, where known when the header was written. */
  readonly size?: number;
  /** Raw bytes to a segment; absent when all is one segment. */
  readonly segmentSize?: number;
  /** A file name, information only. */
  readonly name?: string;
  /** Time of last change, whole milliseconds since 1970. */
  readonly mtime?: number;
}

/** A header with its place in the bytes. */
export interface ParsedHeader {
  readonly header: Header;
  /** Bytes from the magic to the CRC, both included. */
  readonly length: number;
  /** The header's CRC-32C, by which later segments name their member. */
  readonly crc: number;
  /** The header's bytes, a copy. */
  readonly bytes: Uint8Array;
}

const IDENTITY = 0;
const NAME = 1;
const MEMORY = 2;
const MTIME = 3;
const SIZE = 4;
const SEGMENT_SIZE = 6;

/** Writes a header: the magic, the version, the fields and their CRC. */
export function encodeHeader(header: Header): Uint8Array {
  const fields: number[] = [];
  const field = (type: number, value: number[]) => {
    pushVarint(fields, type);
    pushVarint(fields, value.length);
    for (const byte of value) fields.push(byte);
  };
  const varint = (value: number) => {
    const bytes: number[] = [];
    pushVarint(bytes, value);
    return bytes;
  };
  field(IDENTITY, [...varint(header.kind), ...varint(header.method), ...varint(header.revision), ...header.parameters]);
  if (header.name !== undefined) field(NAME, [...new TextEncoder().encode(header.name)]);
  if (header.memory % MEMORY_UNIT !== 0)
    throw rangeError(`memory is a multiple of ${MEMORY_UNIT} bytes, not ${header.memory}`);
  if (header.memory > 0) field(MEMORY, varint(header.memory / MEMORY_UNIT));
  // Zigzag: a time before 1970 is an odd number.
  if (header.mtime !== undefined) field(MTIME, varint(header.mtime >= 0 ? header.mtime * 2 : -header.mtime * 2 - 1));
  if (header.size !== undefined) field(SIZE, varint(header.size));
  if (header.segmentSize !== undefined) field(SEGMENT_SIZE, varint(header.segmentSize));
  if (fields.length > MAX_FIELDS)
    throw rangeError(`a header holds ${MAX_FIELDS} bytes of fields, not ${fields.length}`);
  const bytes: number[] = [...MAGIC, FORMAT_VERSION];
  pushVarint(bytes, fields.length);
  for (const byte of fields) bytes.push(byte);
  pushUint32(bytes, crc32c(Uint8Array.from(bytes)));
  return Uint8Array.from(bytes);
}

/** Whether `bytes` from `at` could be the magic's beginning, or more. */
export function startsLikeMagic(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = 0; i < MAGIC.length && at + i < end; i++) if (bytes[at + i] !== MAGIC[i]) return false;
  return true;
}

/**
 * Reads the header at `at`; undefined when the bytes end before it does.
 *
 * @param base offset of `bytes[0]` in the archive, for messages
 * @throws SurprisalError `not-srp`, `unsupported` or `corrupt`.
 */
export function parseHeader(bytes: Uint8Array, at: number, end: number, base = 0): ParsedHeader | undefined {
  const offset = base + at;
  if (!startsLikeMagic(bytes, at, end))
    throw new SurprisalError('not-srp', `There is no .srp archive at byte ${offset}: it starts with other bytes.`, {
      offset,
    });
  const cursor = new Cursor(bytes, at + MAGIC.length, end, base);
  const version = cursor.varint();
  if (version === undefined) return undefined;
  if (version !== FORMAT_VERSION)
    throw new SurprisalError(
      'unsupported',
      `The archive has format version ${version}; this package reads version ${FORMAT_VERSION}. Try another version of it.`,
      { offset: base + at + MAGIC.length },
    );
  const length = cursor.varint();
  if (length === undefined) return undefined;
  if (length > MAX_FIELDS) throw cursor.corrupt(`a header of ${length} bytes, more than ${MAX_FIELDS},`);
  const start = cursor.at;
  if (cursor.take(length) === undefined) return undefined;
  const found = cursor.uint32();
  if (found === undefined) return undefined;
  const crc = crc32c(bytes.subarray(at, start + length));
  if (crc !== found) throw new Cursor(bytes, at, end, base).corrupt("the header's checksum does not match,");
  const header = parseFields(new Cursor(bytes, start, start + length, base));
  return { header, length: cursor.at - at, crc, bytes: plainBytes(bytes).slice(at, cursor.at) };
}

/** A value inside a field: the CRC holds, so whatever is missing was never there. */
function need<T>(value: T | undefined, cursor: Cursor): T {
  if (value === undefined) throw cursor.corrupt('a header field ends too soon');
  return value;
}

function parseFields(cursor: Cursor): Header {
  const found: { -readonly [Key in keyof Header]?: Header[Key] } = {};
  let last = -1;
  while (cursor.at < cursor.end) {
    const type = need(cursor.varint(), cursor);
    if (type <= last) throw cursor.corrupt(`header field ${type} after field ${last}`);
    last = type;
    const length = need(cursor.varint(), cursor);
    const value = need(cursor.take(length), cursor);
    const inner = new Cursor(cursor.bytes, cursor.at - length, cursor.at, cursor.base);
    const number = () => {
      const n = need(inner.varint(), inner);
      if (inner.at !== inner.end) throw inner.corrupt(`header field ${type} is too long`);
      return n;
    };
    switch (type) {
      case IDENTITY:
        found.kind = need(inner.varint(), inner);
        found.method = need(inner.varint(), inner);
        found.revision = need(inner.varint(), inner);
        found.parameters = value.slice(value.length - (inner.end - inner.at));
        break;
      case NAME:
        found.name = parseName(value, inner);
        break;
      case MEMORY: {
        const pages = number();
        if (pages === 0 || pages > Number.MAX_SAFE_INTEGER / MEMORY_UNIT)
          throw inner.corrupt(`a memory of ${pages} pages`);
        found.memory = pages * MEMORY_UNIT;
        break;
      }
      case MTIME: {
        const zigzag = number();
        found.mtime = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
        break;
      }
      case SIZE:
        found.size = number();
        break;
      case SEGMENT_SIZE:
        found.segmentSize = number();
        if (found.segmentSize === 0) throw inner.corrupt('a segment size of 0');
        break;
      default:
        // An odd type may be skipped; an even one changes what the bytes mean.
        if (type % 2 === 0)
          throw new SurprisalError(
            'unsupported',
            `The archive needs header field ${type}, which this version of the package does not know. Try a newer one.`,
            { offset: cursor.base + cursor.at - length },
          );
    }
  }
  const { kind, method, revision, parameters } = found;
  if (kind === undefined || method === undefined || revision === undefined || parameters === undefined)
    throw cursor.corrupt('a header that does not say its method ends');
  return { ...found, kind, method, revision, parameters, memory: found.memory ?? 0 };
}

function parseName(value: Uint8Array, cursor: Cursor): string {
  if (value.length === 0 || value.length > MAX_NAME_BYTES)
    throw cursor.corrupt(`a name of ${value.length} bytes, not 1 to ${MAX_NAME_BYTES},`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    throw cursor.corrupt('a name that is not UTF-8');
  }
}
