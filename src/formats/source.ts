/** Random access to an archive's bytes. */
import { type FrameHead, MAX_HEAD, parseHead } from '../container/frames.ts';
import { truncated } from '../container/member.ts';
import { Cursor } from '../container/varint.ts';
import { SurprisalError, typeError } from '../errors.ts';
import { checkedBytes } from './options.ts';

/** Random access to the bytes of an archive: an open file, a Blob, a server that answers ranges. */
export interface ByteSource {
  /** Size in bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`; never asked beyond the end. */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
}

/** Bytes read at once where only a few are needed: frames of small blocks lie close together. */
const WINDOW = 4096;

/** A source with a small cache, whose reads end at the end. */
export class Access {
  readonly size: number;
  private readonly source: ByteSource | undefined;
  private readonly bytes: Uint8Array | undefined;
  private cache: Uint8Array = new Uint8Array(0);
  private cacheAt = 0;

  /** @throws TypeError when it is neither bytes nor a source. */
  constructor(source: Uint8Array | ByteSource) {
    if (ArrayBuffer.isView(source)) this.bytes = checkedBytes('the archive', source);
    else if (typeof source === 'object' && source !== null && typeof source.read === 'function') this.source = source;
    else throw typeError('the archive must be a Uint8Array or a ByteSource');
    this.size = this.bytes?.length ?? (source as ByteSource).size;
    if (!Number.isSafeInteger(this.size) || this.size < 0)
      throw typeError('the size of a ByteSource is a whole number');
  }

  /** Up to `length` bytes from `offset`: fewer only at the end. Valid until the next call. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const n = Math.max(0, Math.min(length, this.size - offset));
    if (this.bytes !== undefined) return this.bytes.subarray(offset, offset + n);
    if (offset < this.cacheAt || offset + n > this.cacheAt + this.cache.length) {
      const wanted = Math.min(Math.max(n, WINDOW), this.size - offset);
      const bytes = checkedBytes('what a ByteSource reads', await this.source!.read(offset, wanted));
      if (bytes.length !== wanted)
        throw new SurprisalError('truncated', `The source gave fewer bytes at ${offset} than its size promises.`, {
          offset,
        });
      this.cache = bytes;
      this.cacheAt = offset;
    }
    return this.cache.subarray(offset - this.cacheAt, offset - this.cacheAt + n);
  }

  /**
   * The head of the frame at `offset`.
   *
   * @throws SurprisalError `corrupt`, or `truncated` when the archive ends before it does.
   */
  async head(offset: number): Promise<FrameHead> {
    const bytes = await this.read(offset, MAX_HEAD);
    const head = parseHead(new Cursor(bytes, 0, bytes.length, offset));
    if (head === undefined) throw truncated(this.size);
    return head;
  }

  /** All bytes from the start, in pieces of 64 KiB. */
  async *chunks(): AsyncGenerator<Uint8Array, void, void> {
    for (let at = 0; at < this.size; at += 65536) yield this.read(at, 65536);
  }
}
