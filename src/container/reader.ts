/**
 * Reading an archive's frames from a stream: bytes are pushed in whatever pieces they come, events come out. At most
 * one block is held, a block's payload is allocated only after its length has been checked against the block limit,
 * and nothing is handed out before its checksum holds.
 */
import { SurprisalError } from '../errors.ts';
import { crc32c } from './checksums.ts';
import { type BlockHead, encodeIndex, MAX_HEAD, parseHead } from './frames.ts';
import { MAGIC, MAX_FIELDS, type ParsedHeader, parseHeader, startsLikeMagic } from './header.ts';
import { Cursor } from './varint.ts';

export type ContainerEvent =
  | { readonly type: 'header'; readonly header: ParsedHeader; readonly offset: number }
  | { readonly type: 'segment'; readonly number: number; readonly offset: number }
  | {
      readonly type: 'block';
      readonly head: BlockHead;
      /** The payload, its checksum verified. The reader keeps no hold of it. */
      readonly payload: Uint8Array;
      readonly offset: number;
      /** Offset of its first byte in the member's raw bytes. */
      readonly rawOffset: number;
    }
  | { readonly type: 'end'; readonly size: number; readonly sha256: Uint8Array; readonly offset: number };

type State = 'header' | 'frame' | 'payload' | 'index';

/** Most bytes of a header: magic, version, length, fields, CRC. */
const MAX_HEADER = MAGIC.length + 1 + 3 + MAX_FIELDS + 4;

/** A parser of one or more concatenated members. After it has thrown it cannot be used again. */
export class ContainerReader {
  private state: State = 'header';
  /** Bytes not yet consumed of an incomplete header or frame head. */
  private held: Uint8Array = new Uint8Array(0);
  /** Offset in the archive of the next byte to be consumed. */
  private offset = 0;
  private members = 0;
  private member: ParsedHeader | undefined;
  private rawOffset = 0;
  private segment = 0;
  private segmentStart = 0;
  private readonly segmentLengths: number[] = [];
  private head: BlockHead | undefined;
  private payload: Uint8Array = new Uint8Array(0);
  private filled = 0;
  private expected: Uint8Array = new Uint8Array(0);

  /** Bytes of the archive consumed so far. */
  get position(): number {
    return this.offset;
  }

  /**
   * Takes bytes and yields what they complete.
   *
   * @throws SurprisalError
   */
  *push(bytes: Uint8Array): Generator<ContainerEvent, void, void> {
    let at = 0;
    while (at < bytes.length) {
      if (this.state === 'payload') {
        const n = Math.min(bytes.length - at, this.payload.length - this.filled);
        this.payload.set(bytes.subarray(at, at + n), this.filled);
        this.filled += n;
        at += n;
        if (this.filled === this.payload.length) yield* this.block();
      } else if (this.state === 'index') {
        at = this.index(bytes, at);
      } else {
        const limit = this.state === 'header' ? MAX_HEADER : MAX_HEAD;
        const had = this.held.length;
        const n = Math.min(bytes.length - at, limit - had);
        const window = had === 0 ? bytes.subarray(at, at + n) : joined(this.held, bytes.subarray(at, at + n));
        const consumed = this.state === 'header' ? yield* this.header(window) : yield* this.frame(window);
        if (consumed === 0) {
          // A window that is full always holds a whole header or head, so it was too short and is kept.
          this.held = had === 0 ? window.slice() : window;
          at += n;
        } else {
          this.held = new Uint8Array(0);
          at += consumed - had;
        }
        // A coded block may have no payload at all, and must not wait for more input.
        if ((this.state as State) === 'payload' && this.payload.length === 0) yield* this.block();
      }
    }
  }

  /**
   * Says that no more bytes come.
   *
   * @throws SurprisalError `truncated` when the archive is not complete.
   */
  end(): void {
    if (this.state === 'header' && this.held.length === 0 && this.members > 0) return;
    const offset = this.offset + (this.state === 'payload' ? this.filled : 0) + this.held.length;
    throw new SurprisalError(
      'truncated',
      offset === 0 ? 'The archive is empty: not one byte.' : `The archive ends too soon, after ${offset} bytes.`,
      { offset },
    );
  }

  private *header(window: Uint8Array): Generator<ContainerEvent, number, void> {
    if (this.members > 0 && !startsLikeMagic(window, 0, window.length))
      throw new SurprisalError('corrupt', `Bytes that belong to no archive follow its end at byte ${this.offset}.`, {
        offset: this.offset,
      });
    const parsed = parseHeader(window, 0, window.length, this.offset);
    if (parsed === undefined) return 0;
    const offset = this.offset;
    this.offset += parsed.length;
    this.members++;
    this.member = parsed;
    this.rawOffset = 0;
    this.segment = 0;
    this.segmentStart = this.offset;
    this.segmentLengths.length = 0;
    this.state = 'frame';
    yield { type: 'header', header: parsed, offset };
    return parsed.length;
  }

  private *frame(window: Uint8Array): Generator<ContainerEvent, number, void> {
    const cursor = new Cursor(window, 0, window.length, this.offset);
    const head = parseHead(cursor);
    if (head === undefined) return 0;
    const { header } = this.member!;
    const offset = this.offset;
    if (head.type === 'block') {
      this.checkRoom(head.rawLength);
      this.head = head;
      this.payload = new Uint8Array(head.payloadLength);
      this.filled = 0;
      this.state = 'payload';
    } else if (head.type === 'segment') {
      if (head.headerCrc !== this.member!.crc || head.number !== this.segment + 1)
        throw this.corrupt(`a segment that does not belong here (number ${head.number} after ${this.segment})`);
      // Every segment but the last is exactly of the stated size.
      if (header.segmentSize === undefined || this.rawOffset !== head.number * header.segmentSize)
        throw this.corrupt(`segment ${head.number} starts after ${this.rawOffset} raw bytes`);
      this.segmentLengths.push(offset - this.segmentStart);
      this.segmentStart = offset;
      this.segment = head.number;
      yield { type: 'segment', number: head.number, offset };
    } else {
      if (head.size !== this.rawOffset || (header.size !== undefined && header.size !== head.size))
        throw this.corrupt(`a stated size of ${header.size ?? head.size} raw bytes against ${this.rawOffset} found`);
      if (head.indexed !== this.segment > 0)
        throw this.corrupt(`${this.segment + 1} segments ${head.indexed ? 'with' : 'without'} an index`);
      this.segmentLengths.push(offset - this.segmentStart);
      this.state = 'header';
      if (head.indexed) {
        this.state = 'index';
        this.filled = 0;
        this.expected = encodeIndex({ header: this.member!, size: head.size, segmentLengths: this.segmentLengths });
      }
      yield { type: 'end', size: head.size, sha256: head.sha256, offset };
    }
    this.offset += head.headLength;
    return head.headLength;
  }

  /** A block must fit its segment and the stated size: checked before anything is allocated for it. */
  private checkRoom(rawLength: number): void {
    const { size, segmentSize } = this.member!.header;
    const end = this.rawOffset + rawLength;
    if (size !== undefined && end > size) throw this.corrupt(`more than the stated ${size} raw bytes`);
    if (segmentSize !== undefined && end > (this.segment + 1) * segmentSize)
      throw this.corrupt(`more than the stated ${segmentSize} raw bytes in segment ${this.segment}`);
  }

  private *block(): Generator<ContainerEvent, void, void> {
    const head = this.head!;
    if (crc32c(this.payload, head.startCrc) !== head.crc)
      throw this.corrupt("a block's checksum does not match, in the block");
    const offset = this.offset - head.headLength;
    const rawOffset = this.rawOffset;
    this.offset += head.payloadLength;
    this.rawOffset += head.rawLength;
    this.filled = 0;
    this.state = 'frame';
    yield { type: 'block', head, payload: this.payload, offset, rawOffset };
    this.payload = new Uint8Array(0);
  }

  /** The index says nothing that the frames before it did not: it is compared, byte for byte, and never held. */
  private index(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && this.filled < this.expected.length) {
      if (bytes[at] !== this.expected[this.filled]) throw this.corrupt('an index that does not match the segments');
      at++;
      this.filled++;
      this.offset++;
    }
    if (this.filled === this.expected.length) {
      this.expected = new Uint8Array(0);
      this.filled = 0;
      this.state = 'header';
    }
    return at;
  }

  private corrupt(what: string): SurprisalError {
    return new Cursor(this.held, 0, 0, this.offset).corrupt(what);
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
