/**
 * Reading an archive's frames from a stream: bytes are pushed in whatever pieces they come, events come out. At most
 * one block is held, a block's payload is allocated only after its length has been checked against the block limit,
 * and nothing is handed out before its checksum holds.
 */
import { crc32c } from './checksums.ts';
import { type BlockHead, MAX_HEAD, parseHead } from './frames.ts';
import { MAX_HEADER, type ParsedHeader, parseHeader, startsLikeMagic } from './header.ts';
import { corrupt, MemberState, trailing, truncated } from './member.ts';
import { Cursor, plainBytes } from './varint.ts';

/** What the reader finds, in the order of the archive. Offsets are in the archive, in bytes. */
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

/** A parser of one or more concatenated members. After it has thrown it cannot be used again. */
export class ContainerReader {
  private state: State = 'header';
  /** Bytes not yet consumed of an incomplete header or frame head. */
  private held: Uint8Array = new Uint8Array(0);
  /** Offset in the archive of the next byte to be consumed. */
  private offset = 0;
  private members = 0;
  private member: MemberState | undefined;
  private head: BlockHead | undefined;
  private payload: Uint8Array = new Uint8Array(0);
  private filled = 0;
  private expected: Uint8Array = new Uint8Array(0);

  /** Bytes of the archive consumed so far. */
  get position(): number {
    return this.offset;
  }

  /**
   * Takes bytes and yields what they complete. They may be reused once the generator is drained.
   *
   * @throws SurprisalError `not-srp`, `corrupt` or `unsupported`.
   */
  *push(input: Uint8Array): Generator<ContainerEvent, void, void> {
    const bytes = plainBytes(input);
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
    throw truncated(offset);
  }

  private *header(window: Uint8Array): Generator<ContainerEvent, number, void> {
    if (this.members > 0 && !startsLikeMagic(window, 0, window.length)) throw trailing(this.offset);
    const parsed = parseHeader(window, 0, window.length, this.offset);
    if (parsed === undefined) return 0;
    const offset = this.offset;
    this.offset += parsed.length;
    this.members++;
    this.member = new MemberState(parsed, this.offset);
    this.state = 'frame';
    yield { type: 'header', header: parsed, offset };
    return parsed.length;
  }

  private *frame(window: Uint8Array): Generator<ContainerEvent, number, void> {
    const head = parseHead(new Cursor(window, 0, window.length, this.offset));
    if (head === undefined) return 0;
    const member = this.member!;
    const { offset } = this;
    if (head.type === 'block') {
      member.block(head, offset);
      this.head = head;
      this.payload = new Uint8Array(head.payloadLength);
      this.filled = 0;
      this.state = 'payload';
    } else if (head.type === 'segment') {
      member.next(head, offset);
      yield { type: 'segment', number: head.number, offset };
    } else {
      this.expected = member.end(head, offset);
      this.filled = 0;
      this.state = head.indexed ? 'index' : 'header';
      yield { type: 'end', size: head.size, sha256: head.sha256, offset };
    }
    this.offset += head.headLength;
    return head.headLength;
  }

  private *block(): Generator<ContainerEvent, void, void> {
    const head = this.head!;
    const { payload } = this;
    const member = this.member!;
    const offset = this.offset - head.headLength;
    if (crc32c(payload, head.startCrc) !== head.crc)
      throw corrupt("a block's checksum does not match, in the block", offset);
    const { rawOffset } = member;
    member.passed(head);
    this.offset += head.payloadLength;
    this.payload = new Uint8Array(0);
    this.filled = 0;
    this.state = 'frame';
    yield { type: 'block', head, payload, offset, rawOffset };
  }

  /** The index says nothing that the frames before it did not: it is compared, byte for byte, and never held. */
  private index(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && this.filled < this.expected.length) {
      if (bytes[at] !== this.expected[this.filled])
        throw corrupt('an index that does not match the segments', this.offset);
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
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
