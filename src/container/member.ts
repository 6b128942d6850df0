/**
 * What must hold between the frames of one member: sizes that add up, segments in order. One class, so that reading a
 * stream and walking a file refuse the same archives.
 */
import { SurprisalError } from '../errors.ts';
import { type BlockHead, type EndHead, encodeIndex, type SegmentHead } from './frames.ts';
import type { ParsedHeader } from './header.ts';

/** Follows a member from its header to its end. */
export class MemberState {
  readonly header: ParsedHeader;
  /** Raw bytes of the blocks so far. */
  rawOffset = 0;
  /** Number of the current segment. */
  segment = 0;
  private segmentStart: number;
  private readonly lengths: number[] = [];

  /** @param start offset in the archive of what follows the header */
  constructor(header: ParsedHeader, start: number) {
    this.header = header;
    this.segmentStart = start;
  }

  /**
   * A block must fit its segment and the stated size: to be called before anything is allocated for it.
   *
   * @throws SurprisalError `corrupt`.
   */
  block(head: BlockHead, offset: number): void {
    const { size, segmentSize } = this.header.header;
    const end = this.rawOffset + head.rawLength;
    if (size !== undefined && end > size) throw corrupt(`more than the stated ${size} raw bytes`, offset);
    if (segmentSize !== undefined && end > (this.segment + 1) * segmentSize)
      throw corrupt(`more than the stated ${segmentSize} raw bytes in segment ${this.segment}`, offset);
    if (!Number.isSafeInteger(end)) throw corrupt('2^53 raw bytes or more', offset);
  }

  /** Notes that the block has been passed. */
  passed(head: BlockHead): void {
    this.rawOffset += head.rawLength;
  }

  /** @throws SurprisalError `corrupt` when the segment is not the one that must follow. */
  next(head: SegmentHead, offset: number): void {
    const { segmentSize } = this.header.header;
    if (head.headerCrc !== this.header.crc || head.number !== this.segment + 1)
      throw corrupt(`a segment that does not belong here (number ${head.number} after ${this.segment})`, offset);
    // Every segment but the last is exactly of the stated size.
    if (segmentSize === undefined || this.rawOffset !== head.number * segmentSize)
      throw corrupt(`a segment (number ${head.number}) after ${this.rawOffset} raw bytes`, offset);
    this.lengths.push(offset - this.segmentStart);
    this.segmentStart = offset;
    this.segment = head.number;
  }

  /**
   * The bytes of the index and footer that must follow the end frame: none for a single segment.
   *
   * @throws SurprisalError `corrupt` when the end does not fit what came before.
   */
  end(head: EndHead, offset: number): Uint8Array {
    const { size } = this.header.header;
    if (head.size !== this.rawOffset || (size !== undefined && size !== head.size))
      throw corrupt(`an end after ${size ?? head.size} raw bytes where ${this.rawOffset} have been found,`, offset);
    if (head.indexed !== this.segment > 0)
      throw corrupt(`an end ${head.indexed ? 'with' : 'without'} an index after ${this.segment + 1} segments,`, offset);
    this.lengths.push(offset - this.segmentStart);
    if (!head.indexed) return new Uint8Array(0);
    return encodeIndex({ header: this.header, size: head.size, segmentLengths: this.lengths });
  }
}

/** The error for something wrong at an offset of the archive. */
export function corrupt(what: string, offset: number): SurprisalError {
  return new SurprisalError('corrupt', `The archive is damaged: ${what} at byte ${offset}.`, { offset });
}

/** The error for bytes after the end that start no member. */
export function trailing(offset: number): SurprisalError {
  return new SurprisalError('corrupt', `Bytes that belong to no archive follow its end at byte ${offset}.`, { offset });
}

/** The error for an archive that ends too soon. */
export function truncated(offset: number): SurprisalError {
  return new SurprisalError(
    'truncated',
    offset === 0 ? 'The archive is empty: not one byte.' : `The archive ends too soon, after ${offset} bytes.`,
    { offset },
  );
}
