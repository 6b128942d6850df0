/** Looking into an archive without decoding it, testing it, and saving what is left of a damaged one. */
import type { Header } from '../container/header.ts';
import type { DecompressOptions } from './options.ts';

/** Random access to the bytes of an archive: an open file, a Blob, a server that answers ranges. */
export interface ByteSource {
  /** Size in bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`; never asked beyond the end. */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
}

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

export interface SegmentListing {
  readonly number: number;
  readonly offset: number;
  readonly length: number;
  readonly rawOffset: number;
  readonly rawLength: number;
  readonly blocks: readonly BlockListing[];
}

export interface MemberListing {
  readonly header: Header;
  /** `stored`, `online`, or `unknown`. */
  readonly methodName: string;
  /** `file`, `records`, `graphs`, `images`, or `unknown`. */
  readonly kindName: string;
  readonly offset: number;
  readonly length: number;
  readonly rawSize: number;
  /** SHA-256 of the raw bytes, in hex, as the archive states it. */
  readonly sha256: string;
  /** Whether the member has an index. */
  readonly indexed: boolean;
  readonly segments: readonly SegmentListing[];
}

export interface ArchiveListing {
  readonly members: readonly MemberListing[];
  /** Bytes of the archive. */
  readonly size: number;
  readonly rawSize: number;
}

/**
 * Lists an archive by walking its frames: nothing is decoded and no payload is read.
 *
 * @throws SurprisalError `not-srp`, `corrupt`, `truncated`, `unsupported`.
 */
export async function list(source: Uint8Array | ByteSource): Promise<ArchiveListing> {
  void source;
  throw new Error('to come');
}

/** Decodes an archive and checks everything, keeping nothing. Resolves to the number of raw bytes; rejects as decompress does. */
export async function test(source: Uint8Array | ByteSource, options: DecompressOptions = {}): Promise<number> {
  void source;
  void options;
  throw new Error('to come');
}

/** A piece of a damaged archive: bytes that are certain (their checksums hold), or a gap. In order of the archive. */
export type RecoveredPiece =
  | {
      readonly type: 'data';
      /** Which of the concatenated members, from 0. */
      readonly member: number;
      /** Offset in the member's raw bytes. */
      readonly rawOffset: number;
      readonly bytes: Uint8Array;
    }
  | {
      readonly type: 'lost';
      readonly member: number;
      /** First raw byte lost. */
      readonly from: number;
      /** Raw byte after the last one lost; undefined where the archive does not tell. */
      readonly to: number | undefined;
      /** What was wrong. */
      readonly reason: string;
    };

/** Saves all intact segments, and the intact beginnings of damaged ones, going on at the next segment after damage. */
export async function* recover(
  source: Uint8Array | ByteSource,
  options: DecompressOptions = {},
): AsyncGenerator<RecoveredPiece, void, void> {
  void source;
  void options;
  yield* [];
  throw new Error('to come');
}
