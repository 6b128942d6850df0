/** Writing an archive member's frames in order, with what the end must know: lengths, sizes and the hash. */
import { type Hash, startSha256 } from './checksums.ts';
import { encodeIndex, endFrame, segmentFrame } from './frames.ts';
import { encodeHeader, type Header, type ParsedHeader, parseHeader } from './header.ts';

/** Makes the bytes of one member. Whatever its methods return goes to the archive, in that order. */
export class ContainerWriter {
  /** The header's bytes: they come first. */
  readonly start: Uint8Array;
  private readonly header: ParsedHeader;
  private readonly hash: Hash = startSha256();
  private readonly lengths: number[] = [];
  private size = 0;

  constructor(header: Header) {
    this.start = encodeHeader(header);
    this.header = parseHeader(this.start, 0, this.start.length)!;
  }

  /** Takes note of raw bytes, in order; their frames may come later. */
  raw(bytes: Uint8Array): void {
    this.size += bytes.length;
    this.hash.update(bytes);
  }

  /** Starts the next segment. Nothing is written for the first, and an archive of nothing has none. */
  segment(): Uint8Array {
    const number = this.lengths.length;
    const frame = number === 0 ? new Uint8Array(0) : segmentFrame(number, this.header.crc);
    this.lengths.push(frame.length);
    return frame;
  }

  /** Takes note of a block's frame, which belongs to the current segment, and returns it. */
  block(frame: Uint8Array): Uint8Array {
    this.lengths[this.lengths.length - 1] += frame.length;
    return frame;
  }

  /** The end frame, and the index and footer of a member of two segments or more. */
  end(): Uint8Array {
    const indexed = this.lengths.length > 1;
    const end = endFrame(this.size, this.hash.digest(), indexed);
    if (!indexed) return end;
    const index = encodeIndex({ header: this.header, size: this.size, segmentLengths: this.lengths });
    const whole = new Uint8Array(end.length + index.length);
    whole.set(end);
    whole.set(index, end.length);
    return whole;
  }
}
