/** Saving what is left of a damaged archive. */
import { crc32c, type Hash, startSha256 } from '../container/checksums.ts';
import {
  type BlockHead,
  FOOTER_LENGTH,
  FOOTER_MAGIC,
  type Index,
  indexedMember,
  parseFooter,
  parseIndex,
  SEGMENT_MARKER,
} from '../container/frames.ts';
import { MAGIC, MAX_HEADER, type ParsedHeader, parseHeader } from '../container/header.ts';
import { corrupt, MemberState, truncated } from '../container/member.ts';
import { varintLength } from '../container/varint.ts';
import { SurprisalError } from '../errors.ts';
import { Pacer, paced } from './drive.ts';
import { SegmentDecoder, type Work } from './file.ts';
import type { Model } from './method.ts';
import { Coders, modelOf } from './methods.ts';
import { checkDecodeOptions, DEFAULT_MAX_MEMORY, type DecompressOptions } from './options.ts';
import { Access, type ByteSource } from './source.ts';

/** A piece of a damaged archive: bytes whose checksums hold, or a gap. They come in order of the archive. */
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

/** A fault of the data, which recovering goes round; anything else is the caller's to know. */
function damage(error: unknown): SurprisalError {
  if (error instanceof SurprisalError && ['corrupt', 'truncated', 'not-srp'].includes(error.code)) return error;
  throw error;
}

/** Longest index that is read whole, in bytes: that of some ten million segments. */
const MAX_INDEX = 2 ** 26;
/** Bytes looked through at a time. */
const SCAN = 65536;

/** Offsets from `from` at which one of `marks` stands. */
async function* find(access: Access, from: number, marks: readonly Uint8Array[]): AsyncGenerator<number, void, void> {
  const longest = Math.max(...marks.map((mark) => mark.length));
  for (let at = from; at < access.size; at += SCAN) {
    const window = (await access.read(at, SCAN + longest - 1)).slice();
    for (let i = 0; i < Math.min(SCAN, window.length); i++)
      for (const mark of marks) {
        let same = 0;
        while (same < mark.length && window[i + same] === mark[same]) same++;
        if (same === mark.length) yield at + i;
      }
  }
}

async function headerAt(access: Access, offset: number): Promise<ParsedHeader> {
  const bytes = await access.read(offset, MAX_HEADER);
  const header = bytes.length === 0 ? undefined : parseHeader(bytes, 0, bytes.length, offset);
  if (header === undefined) throw truncated(access.size);
  return header;
}

async function payloadOf(access: Access, head: BlockHead, offset: number): Promise<Uint8Array> {
  const payload = (await access.read(offset + head.headLength, head.payloadLength)).slice();
  if (payload.length < head.payloadLength) throw truncated(access.size);
  if (crc32c(payload, head.startCrc) !== head.crc)
    throw corrupt("a block's checksum does not match, in the block", offset);
  return payload;
}

interface Found {
  readonly index: Index;
  /** Offset of the member by the index: exact for what follows any damage. */
  readonly offset: number;
  /** Offsets of the segments by the index. */
  readonly segments: readonly number[];
  /** Offset behind the footer. */
  readonly end: number;
}

/** The index whose footer ends at `end`, or undefined. */
async function indexBefore(access: Access, end: number): Promise<Found | undefined> {
  const footerAt = end - FOOTER_LENGTH;
  if (footerAt < 0) return undefined;
  const distance = parseFooter((await access.read(footerAt, FOOTER_LENGTH)).slice());
  if (distance === undefined || distance > footerAt || distance > MAX_INDEX) return undefined;
  try {
    const indexAt = footerAt - distance;
    const index = parseIndex((await access.read(indexAt, distance)).slice(), indexAt);
    return { index, ...indexedMember(index, indexAt), end };
  } catch (error) {
    damage(error);
    return undefined;
  }
}

/** The index of the member at `start`: the file's last one if it says so, else the next behind `from`. */
async function findIndex(access: Access, start: number, from: number): Promise<Found | undefined> {
  const last = await indexBefore(access, access.size);
  if (last?.offset === start) return last;
  for await (const at of find(access, from, [FOOTER_MAGIC, MAGIC])) {
    const found = await indexBefore(access, at + FOOTER_MAGIC.length);
    if (found !== undefined) return found;
    if (at > start && (await startsMember(access, at))) return undefined;
  }
  return undefined;
}

/** Whether a member starts at `offset`. */
async function startsMember(access: Access, offset: number): Promise<boolean> {
  try {
    await headerAt(access, offset);
    return true;
  } catch (error) {
    if (error instanceof SurprisalError && error.code === 'unsupported') return true;
    damage(error);
    return false;
  }
}

/** The next member's offset from `from` on, or undefined. */
async function nextMember(access: Access, from: number): Promise<number | undefined> {
  for await (const at of find(access, from, [MAGIC])) if (await startsMember(access, at)) return at;
  return undefined;
}

/** Where a segment goes on: the offset of its first block. */
interface Resumed {
  readonly number: number;
  readonly blocks: number;
}

/**
 * The first segment after number `after` that can be found from `from` on: by its mark, or by the index where its mark
 * is damaged but its first block is not.
 */
async function nextSegment(
  access: Access,
  header: ParsedHeader,
  after: number,
  from: number,
  found: Found | undefined,
): Promise<Resumed | undefined> {
  if (header.header.segmentSize === undefined) return undefined;
  let marked: Resumed | undefined;
  for await (const at of find(access, from, [SEGMENT_MARKER, MAGIC])) {
    const first = await access.read(at, 1);
    if (first[0] === MAGIC[0]) {
      if (await startsMember(access, at)) break;
      continue;
    }
    try {
      const head = await access.head(at);
      if (head.type !== 'segment' || head.headerCrc !== header.crc || head.number <= after) continue;
      marked = { number: head.number, blocks: at + head.headLength };
      break;
    } catch (error) {
      damage(error);
    }
  }
  for (
    let number = after + 1;
    found && number < Math.min(marked?.number ?? Infinity, found.segments.length);
    number++
  ) {
    const offset = found.segments[number];
    if (offset < from) continue;
    const blocks = offset + SEGMENT_MARKER.length + varintLength(number) + 8;
    try {
      const head = await access.head(blocks);
      if (head.type !== 'block') continue;
      await payloadOf(access, head, blocks);
      return { number, blocks };
    } catch (error) {
      damage(error);
    }
  }
  return marked;
}

/**
 * Saves the intact segments of a damaged archive, and the intact beginnings of damaged ones: after damage it goes on at
 * the next segment, found by its mark or by the index, and then at the next member. Says which raw bytes are lost.
 * `maxOutputSize` is Infinity by default.
 *
 * @throws SurprisalError `unsupported` or `limit`, or the signal's reason; damage is reported as a piece.
 * @example
 * ```ts
 * for await (const piece of recover(archive))
 *   if (piece.type === 'lost') console.log(`lost ${piece.from}..${piece.to}: ${piece.reason}`);
 *   else await file.write(piece.bytes, piece.rawOffset);
 * ```
 */
export async function* recover(
  source: Uint8Array | ByteSource,
  options: DecompressOptions = {},
): AsyncGenerator<RecoveredPiece, void, void> {
  checkDecodeOptions(options);
  const access = new Access(source);
  const run: Run = {
    done: 0,
    limits: options,
    pacer: new Pacer(options, () => ({ done: run.done })),
    coders: new Coders(),
  };
  let at: number | undefined = 0;
  for (let member = 0; at !== undefined; member++) {
    at = yield* recoverMember(access, at, member, run);
    if (at === access.size) break;
  }
  run.pacer.finish();
}

interface Run {
  done: number;
  readonly limits: DecompressOptions;
  readonly pacer: Pacer;
  readonly coders: Coders;
}

/** Recovers the member at `start`; returns where the next one may start, or undefined when nothing follows. */
async function* recoverMember(
  access: Access,
  start: number,
  member: number,
  run: Run,
): AsyncGenerator<RecoveredPiece, number | undefined, void> {
  const lost = (from: number, to: number | undefined, reason: string): RecoveredPiece => ({
    type: 'lost',
    member,
    from,
    to,
    reason,
  });
  let found: Found | undefined;
  /** Whether the index has been looked for: once is enough. */
  let looked = false;
  let header: ParsedHeader;
  let at: number;
  try {
    header = await headerAt(access, start);
    at = start + header.length;
  } catch (error) {
    const { message } = damage(error);
    // The index carries a copy of the header.
    found = await findIndex(access, start, start);
    looked = true;
    if (found === undefined || found.offset + found.index.header.length < start) {
      yield lost(0, undefined, message);
      return nextMember(access, start + 1);
    }
    header = found.index.header;
    at = found.segments[0];
  }
  const { maxMemory = DEFAULT_MAX_MEMORY, maxOutputSize = Number.POSITIVE_INFINITY } = run.limits;
  const model: Model = modelOf(header.header, maxMemory);
  if (model.expansion !== undefined)
    throw new SurprisalError(
      'unsupported',
      `The archive holds ${model.method.name === 'shuffle' ? 'graphs, which come' : 'a multiset of records, which comes'} back whole or not at all: there are no parts of it to save.`,
    );
  let state = new MemberState(header, at);
  let decoder = new SegmentDecoder(model, run.coders);
  let hash: Hash | undefined = startSha256();
  for (;;) {
    let reason: string;
    try {
      const head = await access.head(at);
      if (head.type === 'end') {
        const index = hash === undefined ? undefined : state.end(head, at);
        const sha256 = hash?.digest();
        if (sha256 !== undefined && !sha256.every((byte, i) => byte === head.sha256[i]))
          yield lost(
            head.size,
            head.size,
            "every block's checksum holds, but the SHA-256 of all bytes does not: the end is damaged, or hardly likely a block",
          );
        if (hash === undefined && head.size !== state.rawOffset)
          yield lost(
            Math.min(state.rawOffset, head.size),
            Math.max(state.rawOffset, head.size),
            'the sizes do not add up',
          );
        at += head.headLength;
        return yield* behind(access, at, index?.length, head.indexed, member);
      }
      if (head.type === 'segment') {
        state.next(head, at);
        decoder = new SegmentDecoder(model, run.coders);
        at += head.headLength;
        continue;
      }
      state.block(head, at);
      if (run.done + head.rawLength > maxOutputSize)
        throw new SurprisalError('limit', `The archive holds more than the limit of ${maxOutputSize} bytes.`);
      const payload = await payloadOf(access, head, at);
      const holder: { raw: Uint8Array } = { raw: payload };
      for await (const _ of paced(decode(decoder, head, payload, at, holder), run.pacer));
      hash?.update(holder.raw);
      run.done += head.rawLength;
      yield { type: 'data', member, rawOffset: state.rawOffset, bytes: holder.raw };
      state.passed(head);
      at += head.headLength + head.payloadLength;
      continue;
    } catch (error) {
      reason = damage(error).message;
    }
    hash = undefined;
    if (!looked) found = await findIndex(access, start, at);
    looked = true;
    if (found !== undefined && found.index.header.crc !== header.crc) found = undefined;
    const next = await nextSegment(access, header, state.segment, at, found);
    const from = state.rawOffset;
    if (next === undefined) {
      const chained = await chainedEnd(access, at, state);
      const to = header.header.size ?? found?.index.size ?? chained?.size;
      // What is damaged may be the end itself: then every byte has been saved.
      if (to === undefined || to > from) yield lost(from, to, reason);
      return found?.end ?? nextMember(access, chained?.end ?? at + 1);
    }
    const { segmentSize } = header.header;
    const to = next.number * segmentSize!;
    if (to > from) yield lost(from, to, reason);
    state = new MemberState(header, next.blocks);
    state.segment = next.number;
    state.rawOffset = to;
    decoder = new SegmentDecoder(model, run.coders);
    at = next.blocks;
  }
}

function* decode(
  decoder: SegmentDecoder,
  head: BlockHead,
  payload: Uint8Array,
  offset: number,
  into: { raw: Uint8Array },
): Work {
  if (head.rawCrc === undefined) yield* decoder.stored(payload);
  else into.raw = yield* decoder.coded(payload, head.rawLength, head.rawCrc, offset);
}

/** Follows the frames from a damaged block to the member's end, if their lengths lead there and add up. */
async function chainedEnd(
  access: Access,
  from: number,
  state: MemberState,
): Promise<{ size: number; end: number } | undefined> {
  let at = from;
  let raw = state.rawOffset;
  try {
    for (;;) {
      const head = await access.head(at);
      if (head.type === 'end') return head.size === raw ? { size: head.size, end: at + head.headLength } : undefined;
      at += head.headLength;
      if (head.type === 'block') {
        at += head.payloadLength;
        raw += head.rawLength;
      }
    }
  } catch (error) {
    damage(error);
    return undefined;
  }
}

/** Behind the end frame: passes the index, and says so when other bytes follow. */
async function* behind(
  access: Access,
  end: number,
  indexLength: number | undefined,
  indexed: boolean,
  member: number,
): AsyncGenerator<RecoveredPiece, number | undefined, void> {
  let at = end;
  if (indexed) at = indexLength === undefined ? ((await findIndex(access, end, end))?.end ?? end) : end + indexLength;
  if (at >= access.size || (indexed && indexLength === undefined && at === end)) return nextMember(access, end);
  const start = await access.read(at, MAGIC.length);
  if (MAGIC.every((byte, i) => start[i] === byte)) return at;
  const next = await nextMember(access, at);
  if (next === undefined)
    yield {
      type: 'lost',
      member: member + 1,
      from: 0,
      to: undefined,
      reason: `bytes from ${at} on belong to no archive`,
    };
  return next;
}
