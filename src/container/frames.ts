/**
 * The frames after the header: blocks, segment starts, the end, the index and its footer. Each function writes or
 * reads one; docs/format.md describes every byte.
 *
 * A frame begins with a varint whose lowest two bits are its type (0 control, 1 coded block, 2 stored block) and whose
 * other bits are the raw length of a block or the sort of control frame: a tiny archive must not grow by the byte.
 */
import { SurprisalError } from '../errors.ts';
import { crc32c } from './checksums.ts';
import { MAGIC, MAX_HEADER, type ParsedHeader, parseHeader } from './header.ts';
import { Cursor, pushUint32, pushVarint, varintLength } from './varint.ts';

/** Most raw bytes to a block, and so most coded bytes too. */
export const MAX_BLOCK = 1048576;
/** Most bytes of a frame before its payload. */
export const MAX_HEAD = 48;
/** What a segment frame begins with: the number 8 (control, sort 2) and SEG. */
export const SEGMENT_MARKER = Uint8Array.of(0x08, 0x53, 0x45, 0x47);
/** Bytes of the footer. */
export const FOOTER_LENGTH = 16;
/** The footer's last four bytes. */
export const FOOTER_MAGIC = Uint8Array.of(0x53, 0x52, 0x50, 0x1a);

const CODED = 1;
const STORED = 2;
const END = 0;
const END_INDEXED = 4;
const SEGMENT = 8;

/** A block's head: what comes before its payload. */
export interface BlockHead {
  readonly type: 'block';
  readonly stored: boolean;
  readonly rawLength: number;
  /** Bytes of payload that follow the head. */
  readonly payloadLength: number;
  /** CRC-32C of the head before it and of the payload. */
  readonly crc: number;
  /** CRC-32C of the raw bytes; undefined where the payload is the raw bytes. */
  readonly rawCrc: number | undefined;
  /** CRC-32C of the head's covered bytes, to go on from over the payload. */
  readonly startCrc: number;
  readonly headLength: number;
}

/** The frame that starts a segment. */
export interface SegmentHead {
  readonly type: 'segment';
  readonly number: number;
  /** CRC of the header of the member that it belongs to. */
  readonly headerCrc: number;
  readonly headLength: number;
}

/** The frame that ends a member. */
export interface EndHead {
  readonly type: 'end';
  readonly indexed: boolean;
  /** Raw bytes of the member. */
  readonly size: number;
  readonly sha256: Uint8Array;
  readonly headLength: number;
}

/** The head of any frame. */
export type FrameHead = BlockHead | SegmentHead | EndHead;

/** Bytes that a stored block of `length` raw bytes takes. */
export const storedFrameLength = (length: number): number => varintLength(length * 4 + STORED) + 4 + length;

/** Bytes that a coded block takes. */
export const codedFrameLength = (rawLength: number, codedLength: number): number =>
  varintLength(rawLength * 4 + CODED) + varintLength(codedLength) + 8 + codedLength;

/** Writes a coded block. */
export function codedFrame(raw: Uint8Array, coded: Uint8Array): Uint8Array {
  const head: number[] = [];
  pushVarint(head, raw.length * 4 + CODED);
  pushVarint(head, coded.length);
  pushUint32(head, crc32c(raw));
  return withPayload(head, coded);
}

/** Writes a stored block. */
export function storedFrame(raw: Uint8Array): Uint8Array {
  const head: number[] = [];
  pushVarint(head, raw.length * 4 + STORED);
  return withPayload(head, raw);
}

function withPayload(head: number[], payload: Uint8Array): Uint8Array {
  pushUint32(head, crc32c(payload, crc32c(Uint8Array.from(head))));
  const frame = new Uint8Array(head.length + payload.length);
  frame.set(head);
  frame.set(payload, head.length);
  return frame;
}

/** Writes the frame that starts segment `number` (1 or more: the first follows the header without one). */
export function segmentFrame(number: number, headerCrc: number): Uint8Array {
  const bytes = [...SEGMENT_MARKER];
  pushVarint(bytes, number);
  pushUint32(bytes, headerCrc);
  pushUint32(bytes, crc32c(Uint8Array.from(bytes)));
  return Uint8Array.from(bytes);
}

/** Writes the end frame. */
export function endFrame(size: number, sha256: Uint8Array, indexed: boolean): Uint8Array {
  const bytes: number[] = [];
  pushVarint(bytes, indexed ? END_INDEXED : END);
  pushVarint(bytes, size);
  bytes.push(...sha256);
  return Uint8Array.from(bytes);
}

/** Bytes of an end frame. */
export const endFrameLength = (size: number): number => 1 + varintLength(size) + 32;

/**
 * Reads the head of the frame at the cursor and moves behind it; undefined when the bytes end before it does.
 *
 * @throws SurprisalError `corrupt`.
 */
export function parseHead(cursor: Cursor): FrameHead | undefined {
  const start = cursor.at;
  const head = parse(cursor);
  if (head === undefined) cursor.at = start;
  return head;
}

function parse(cursor: Cursor): FrameHead | undefined {
  const start = cursor.at;
  const first = cursor.varint();
  if (first === undefined) return undefined;
  const type = first % 4;
  if (type === CODED || type === STORED) return parseBlock(cursor, start, first);
  if (first === END || first === END_INDEXED) {
    const size = cursor.varint();
    if (size === undefined) return undefined;
    const sha256 = cursor.take(32)?.slice();
    if (sha256 === undefined) return undefined;
    return { type: 'end', indexed: first === END_INDEXED, size, sha256, headLength: cursor.at - start };
  }
  if (first !== SEGMENT)
    throw new Cursor(cursor.bytes, start, cursor.end, cursor.base).corrupt(`a frame of type ${first}`);
  for (let i = 1; i < SEGMENT_MARKER.length; i++) {
    if (start + i >= cursor.end) return undefined;
    if (cursor.bytes[start + i] !== SEGMENT_MARKER[i]) throw cursor.corrupt('a segment mark that is none');
  }
  cursor.at = start + SEGMENT_MARKER.length;
  const number = cursor.varint();
  if (number === undefined) return undefined;
  const headerCrc = cursor.uint32();
  if (headerCrc === undefined) return undefined;
  const covered = cursor.at;
  const crc = cursor.uint32();
  if (crc === undefined) return undefined;
  if (crc !== crc32c(cursor.bytes.subarray(start, covered)))
    throw new Cursor(cursor.bytes, start, cursor.end, cursor.base).corrupt("a segment mark's checksum does not match,");
  return { type: 'segment', number, headerCrc, headLength: cursor.at - start };
}

function parseBlock(cursor: Cursor, start: number, first: number): BlockHead | undefined {
  const rawLength = Math.floor(first / 4);
  const stored = first % 4 === STORED;
  if (rawLength === 0 || rawLength > MAX_BLOCK)
    throw cursor.corrupt(`a block of ${rawLength} raw bytes, not 1 to ${MAX_BLOCK},`);
  let payloadLength = rawLength;
  let rawCrc: number | undefined;
  if (!stored) {
    const coded = cursor.varint();
    if (coded === undefined) return undefined;
    // A block that does not shrink is stored, so this is no block that any writer makes.
    if (coded >= rawLength) throw cursor.corrupt(`a block of ${rawLength} raw bytes coded in ${coded}`);
    payloadLength = coded;
    rawCrc = cursor.uint32();
    if (rawCrc === undefined) return undefined;
  }
  const covered = cursor.at;
  const crc = cursor.uint32();
  if (crc === undefined) return undefined;
  const startCrc = crc32c(cursor.bytes.subarray(start, covered));
  return { type: 'block', stored, rawLength, payloadLength, crc, rawCrc, startCrc, headLength: cursor.at - start };
}

/** What an index says. */
export interface Index {
  readonly header: ParsedHeader;
  /** Raw bytes of the member. */
  readonly size: number;
  /** Archive bytes of each segment, its segment frame included. */
  readonly segmentLengths: readonly number[];
}

/** Writes the index and its footer: what follows the end frame of a member of two segments or more. */
export function encodeIndex(index: Index): Uint8Array {
  const content: number[] = [];
  // Without its magic, so that the magic stands only where a member starts.
  for (const byte of index.header.bytes.subarray(MAGIC.length)) content.push(byte);
  pushVarint(content, index.size);
  pushVarint(content, index.segmentLengths.length);
  for (const length of index.segmentLengths) pushVarint(content, length);
  const bytes: number[] = [];
  pushVarint(bytes, content.length);
  for (const byte of content) bytes.push(byte);
  pushUint32(bytes, crc32c(Uint8Array.from(bytes)));
  const distance = bytes.length;
  const footer: number[] = [];
  pushUint32(footer, distance % 2 ** 32);
  pushUint32(footer, Math.floor(distance / 2 ** 32));
  pushUint32(footer, crc32c(Uint8Array.from(footer)));
  for (const byte of footer) bytes.push(byte);
  bytes.push(...FOOTER_MAGIC);
  return Uint8Array.from(bytes);
}

/**
 * Bytes from the start of the index to the footer, as the 16 bytes of a footer say; undefined when they are no footer.
 */
export function parseFooter(bytes: Uint8Array): number | undefined {
  if (bytes.length !== FOOTER_LENGTH) return undefined;
  for (let i = 0; i < 4; i++) if (bytes[12 + i] !== FOOTER_MAGIC[i]) return undefined;
  const cursor = new Cursor(bytes);
  const distance = cursor.uint32()! + cursor.uint32()! * 2 ** 32;
  if (cursor.uint32() !== crc32c(bytes.subarray(0, 8)) || distance >= 2 ** 53) return undefined;
  return distance;
}

/**
 * Reads an index (without its footer).
 *
 * @throws SurprisalError `corrupt`.
 */
export function parseIndex(bytes: Uint8Array, base = 0): Index {
  const cursor = new Cursor(bytes, 0, bytes.length, base);
  const bad = () => new Cursor(bytes, 0, bytes.length, base).corrupt('an index that does not hold together');
  const length = cursor.varint();
  if (length === undefined || cursor.at + length + 4 !== bytes.length) throw bad();
  const end = cursor.at + length;
  if (new Cursor(bytes, end).uint32() !== crc32c(bytes.subarray(0, end))) throw bad();
  const inner = new Cursor(bytes, cursor.at, end, base);
  const copy = new Uint8Array(MAGIC.length + Math.min(end - inner.at, MAX_HEADER));
  copy.set(MAGIC);
  copy.set(bytes.subarray(inner.at, inner.at + copy.length - MAGIC.length), MAGIC.length);
  const header = parseHeader(copy, 0, copy.length, base);
  if (header === undefined) throw bad();
  inner.at += header.length - MAGIC.length;
  const size = inner.varint();
  const count = inner.varint();
  if (size === undefined || count === undefined) throw bad();
  const segmentLengths: number[] = [];
  // The loop ends at the last byte at the latest: the count alone allocates nothing.
  for (let i = 0; i < count; i++) {
    const segmentLength = inner.varint();
    if (segmentLength === undefined) throw bad();
    segmentLengths.push(segmentLength);
  }
  if (inner.at !== end) throw bad();
  return { header, size, segmentLengths };
}

/** Where an index says that its member lies, from the offset at which the index begins. */
export function indexedMember(index: Index, indexOffset: number): { offset: number; segments: number[] } {
  const total = index.segmentLengths.reduce((sum, length) => sum + length, 0);
  const offset = indexOffset - endFrameLength(index.size) - total - index.header.length;
  if (offset < 0)
    throw new SurprisalError('corrupt', 'The archive is damaged: its index describes more bytes than there are.', {
      offset: indexOffset,
    });
  const segments: number[] = [];
  let at = offset + index.header.length;
  for (const length of index.segmentLengths) {
    segments.push(at);
    at += length;
  }
  return { offset, segments };
}
