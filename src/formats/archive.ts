/** Looking into an archive without decoding it, and testing it. Saving what is left of a damaged one: recover.ts. */
import { type Header, MAX_HEADER, parseHeader, startsLikeMagic } from '../container/header.ts';
import { corrupt, MemberState, trailing, truncated } from '../container/member.ts';
import { running, standing } from './drive.ts';
import { FileDecoder } from './file.ts';
import { KINDS, methodOf } from './methods.ts';
import type { DecompressOptions } from './options.ts';
import { Access, type ByteSource } from './source.ts';

export { type RecoveredPiece, recover } from './recover.ts';
export type { ByteSource } from './source.ts';

/** One block of a segment. */
export interface BlockListing {
  /** Offset of the block's frame in the archive. */
  readonly offset: number;
  /** Bytes of the block's frame. */
  readonly length: number;
  /** Offset of the block's bytes in the member's raw bytes. */
  readonly rawOffset: number;
  readonly rawLength: number;
  /** Whether the bytes are stored as they are. */
  readonly stored: boolean;
}

/** One segment of a member. */
export interface SegmentListing {
  readonly number: number;
  /** Offset in the archive: of the first block, or of the segment frame before it. */
  readonly offset: number;
  /** Bytes of the segment in the archive. */
  readonly length: number;
  /** Offset of the segment's bytes in the member's raw bytes. */
  readonly rawOffset: number;
  readonly rawLength: number;
  readonly blocks: readonly BlockListing[];
}

/** One of the archives that were written one after another. */
export interface MemberListing {
  readonly header: Header;
  /** `stored`, `online`, or `unknown`. */
  readonly methodName: string;
  /** `file`, `records`, `graphs`, `images`, or `unknown`. */
  readonly kindName: string;
  /** Offset of the member in the archive. */
  readonly offset: number;
  /** Bytes of the member in the archive, index and footer included. */
  readonly length: number;
  readonly rawSize: number;
  /** SHA-256 of the raw bytes, in hex, as the archive states it. */
  readonly sha256: string;
  /** Whether the member has an index. */
  readonly indexed: boolean;
  readonly segments: readonly SegmentListing[];
}

/** What an archive holds. */
export interface ArchiveListing {
  readonly members: readonly MemberListing[];
  /** Bytes of the archive. */
  readonly size: number;
  readonly rawSize: number;
}

/**
 * Lists an archive by walking its frames: nothing is decoded, no payload is read, and damage inside one goes unseen.
 * Archives of unknown methods are listed too.
 *
 * @throws SurprisalError `not-srp`, `corrupt`, `truncated`, or `unsupported` for another format version.
 * @example
 * ```ts
 * const { members } = await list(archive);
 * for (const { rawSize, length, segments } of members) console.log(rawSize, length, segments.length);
 * ```
 */
export async function list(source: Uint8Array | ByteSource): Promise<ArchiveListing> {
  const access = new Access(source);
  const members: MemberListing[] = [];
  let at = 0;
  while (at < access.size || members.length === 0) {
    const member = await listMember(access, at, members.length === 0);
    members.push(member);
    at += member.length;
  }
  return { members, size: access.size, rawSize: members.reduce((sum, member) => sum + member.rawSize, 0) };
}

async function listMember(access: Access, offset: number, first: boolean): Promise<MemberListing> {
  const start = await access.read(offset, MAX_HEADER);
  if (!first && !startsLikeMagic(start, 0, start.length)) throw trailing(offset);
  // An empty archive starts like anything.
  const parsed = start.length === 0 ? undefined : parseHeader(start, 0, start.length, offset);
  if (parsed === undefined) throw truncated(access.size);
  let at = offset + parsed.length;
  const state = new MemberState(parsed, at);
  const segments: { number: number; offset: number; blocks: BlockListing[] }[] = [
    { number: 0, offset: at, blocks: [] },
  ];
  for (;;) {
    const head = await access.head(at);
    if (head.type === 'block') {
      state.block(head, at);
      const length = head.headLength + head.payloadLength;
      if (at + length > access.size) throw truncated(access.size);
      const { rawLength, stored } = head;
      segments[segments.length - 1].blocks.push({ offset: at, length, rawOffset: state.rawOffset, rawLength, stored });
      state.passed(head);
      at += length;
    } else if (head.type === 'segment') {
      state.next(head, at);
      segments.push({ number: head.number, offset: at, blocks: [] });
      at += head.headLength;
    } else {
      const index = state.end(head, at);
      const end = at;
      at += head.headLength;
      const found = await access.read(at, index.length);
      if (found.length < index.length) throw truncated(access.size);
      if (!index.every((byte, i) => byte === found[i])) throw corrupt('an index that does not match the segments', at);
      at += index.length;
      if (head.size === 0) segments.pop();
      return {
        header: parsed.header,
        methodName: methodOf(parsed.header.method)?.name ?? 'unknown',
        kindName: KINDS[parsed.header.kind] ?? 'unknown',
        offset,
        length: at - offset,
        rawSize: head.size,
        sha256: Array.from(head.sha256, (byte) => byte.toString(16).padStart(2, '0')).join(''),
        indexed: head.indexed,
        segments: segments.map((segment, i) => {
          const rawOffset = segment.blocks[0]?.rawOffset ?? head.size;
          const { rawOffset: last, rawLength } = segment.blocks.at(-1) ?? { rawOffset, rawLength: 0 };
          return {
            ...segment,
            length: (segments[i + 1]?.offset ?? end) - segment.offset,
            rawOffset,
            rawLength: last + rawLength - rawOffset,
          };
        }),
      };
    }
  }
}

/**
 * Decodes an archive and checks everything, keeping nothing. `maxOutputSize` is Infinity by default.
 *
 * @returns the number of raw bytes
 * @throws what {@link FileDecoder} throws, or the signal's reason.
 * @example
 * ```ts
 * const rawBytes = await test(archive, { maxMemory: 256 * 2 ** 20 });
 * ```
 */
export async function test(source: Uint8Array | ByteSource, options: DecompressOptions = {}): Promise<number> {
  const decoder = new FileDecoder(options);
  for await (const _ of running(new Access(source).chunks(), decoder, options, standing(decoder)));
  return decoder.done;
}
