/**
 * Content kind `file`: bytes coded by a method, in segments and blocks.
 *
 * Everything here is synchronous and cut into slices: a generator yields pieces of output, and `undefined` between
 * slices, so that the same code serves the blocking, the cooperative and the worker variants and gives the same bytes.
 */
import { crc32c, type Hash, startSha256 } from '../container/checksums.ts';
import { codedFrame, codedFrameLength, MAX_BLOCK, storedFrame, storedFrameLength } from '../container/frames.ts';
import { encodeHeader, type Header } from '../container/header.ts';
import { ContainerReader } from '../container/reader.ts';
import { ContainerWriter } from '../container/writer.ts';
import { rangeError, SurprisalError } from '../errors.ts';
import type { BlockDecoder, BlockEncoder, Expansion, Model } from './method.ts';
import { Coders, checkMemory, KIND_FILE, levelModel, modelOf, storedMethod } from './methods.ts';
import {
  checkDecodeOptions,
  checkEncodeOptions,
  checkedBytes,
  DEFAULT_MAX_MEMORY,
  type DecodeOptions,
  type EncodeOptions,
} from './options.ts';

/**
 * What a coder does when pushed: it yields pieces of output, and `undefined` now and then (every 4 KiB of work, some
 * 10 ms) so that whoever drives it can look after the event loop, progress and cancelling. Drain it to the end.
 */
export type Work = Generator<Uint8Array | undefined, void, void>;

/** Raw bytes of work between two pauses. */
const SLICE = 4096;

/** A method with what the header will say. */
export interface Plan {
  readonly header: Header;
  readonly model: Model;
}

/**
 * Decides method and header for an input of `size` bytes, or of unknown size (then of more than a block).
 *
 * @throws SurprisalError `limit` when the model takes more than `maxMemory`.
 */
export function planFile(size: number | undefined, options: EncodeOptions = {}): Plan {
  const { level = 'fast', segmentSize, sizeHint, name, mtime, maxMemory = DEFAULT_MAX_MEMORY } = options;
  const segmented = segmentSize !== undefined && (size === undefined || size > segmentSize);
  const expected = size ?? sizeHint;
  const model = levelModel(level, segmented ? Math.min(segmentSize, expected ?? segmentSize) : expected);
  checkMemory(model.memory, maxMemory);
  const { method, parameters, memory } = model;
  return {
    model,
    header: {
      kind: KIND_FILE,
      method: method.id,
      revision: method.revision,
      parameters,
      memory,
      name,
      mtime,
      size,
      segmentSize: segmented ? segmentSize : undefined,
    },
  };
}

/** Codes the blocks of one segment, which starts with a fresh model. */
export class SegmentEncoder {
  private readonly encoder: BlockEncoder | undefined;
  private sliceDone = 0;

  /** @param coders used again for the segments that follow, one after another */
  constructor(model: Model, coders: Coders) {
    this.encoder = coders.encoder(model);
  }

  /** Raw bytes of this segment coded so far. */
  get done(): number {
    return this.sliceDone;
  }

  /** Codes a block of 1..1,048,576 bytes, pausing between slices; returns its frame, coded or stored. */
  *block(raw: Uint8Array): Generator<undefined, Uint8Array, void> {
    const { encoder } = this;
    if (encoder === undefined) {
      this.sliceDone += raw.length;
      return storedFrame(raw);
    }
    encoder.begin();
    for (let at = 0; at < raw.length; at += SLICE) {
      const part = raw.subarray(at, at + SLICE);
      encoder.encode(part);
      this.sliceDone += part.length;
      yield undefined;
    }
    const coded = encoder.end();
    return codedFrameLength(raw.length, coded.length) < storedFrameLength(raw.length)
      ? codedFrame(raw, coded)
      : storedFrame(raw);
  }
}

/** A block of raw bytes, cut from the input. */
export interface Cut {
  /** Valid until the next cut. */
  readonly raw: Uint8Array;
  /** Whether it is the first of its segment. */
  readonly starts: boolean;
}

/** Cuts the input into blocks and segments, however it comes: the one place that decides where. */
export class BlockCutter {
  private readonly size: number | undefined;
  private readonly segmentSize: number;
  private buffer: Uint8Array = new Uint8Array(0);
  private filled = 0;
  /** Raw bytes before the current block. */
  private before = 0;
  private taken = 0;
  private ended = false;

  constructor({ size, segmentSize }: EncodeOptions) {
    this.size = size;
    this.segmentSize = segmentSize ?? Number.POSITIVE_INFINITY;
  }

  /** Takes input and yields the blocks that are full and not the last: a block is cut only when a byte follows. */
  *push(input: Uint8Array): Generator<Cut, void, void> {
    const bytes = checkedBytes('the input', input);
    if (this.ended) throw rangeError('the encoder has ended: make a new one for the next archive');
    this.taken += bytes.length;
    if (this.size !== undefined && this.taken > this.size) throw this.wrongSize('at least ');
    for (let at = 0; at < bytes.length; ) {
      if (this.filled === this.room()) yield this.cut();
      const n = Math.min(bytes.length - at, this.room() - this.filled);
      this.reserve(this.filled + n);
      this.buffer.set(bytes.subarray(at, at + n), this.filled);
      this.filled += n;
      at += n;
    }
  }

  /** The last block, empty only when the whole input is. */
  end(): Cut {
    if (this.ended) throw rangeError('the encoder has ended: make a new one for the next archive');
    this.ended = true;
    if (this.size !== undefined && this.taken !== this.size) throw this.wrongSize('');
    return this.cut();
  }

  private cut(): Cut {
    const cut = { raw: this.buffer.subarray(0, this.filled), starts: this.before % this.segmentSize === 0 };
    this.before += this.filled;
    this.filled = 0;
    return cut;
  }

  private room(): number {
    return Math.min(MAX_BLOCK, this.segmentSize - (this.before % this.segmentSize));
  }

  private reserve(length: number): void {
    if (length <= this.buffer.length) return;
    const grown = new Uint8Array(Math.min(MAX_BLOCK, Math.max(length, this.buffer.length * 2)));
    grown.set(this.buffer.subarray(0, this.filled));
    this.buffer = grown;
  }

  private wrongSize(atLeast: string): RangeError {
    return rangeError(`size says ${this.size} bytes, the input has ${atLeast}${this.taken}`);
  }
}

/**
 * The archive of an input of one block or none: whichever is smaller of the coded one and the stored one, which needs
 * no model at all.
 *
 * @param frame the block's frame under the method of `planFile(raw.length, options)`; undefined for an empty input
 */
export function* singleBlock(raw: Uint8Array, frame: Uint8Array | undefined, options: EncodeOptions): Work {
  const coded = planFile(raw.length, options).header;
  const { kind, name, mtime, size } = coded;
  const { id: method, revision } = storedMethod;
  let header: Header = { kind, method, revision, parameters: new Uint8Array(0), memory: 0, name, mtime, size };
  let best: Uint8Array | undefined;
  if (frame !== undefined) {
    best = storedFrame(raw);
    if (encodeHeader(coded).length + frame.length < encodeHeader(header).length + best.length) {
      header = coded;
      best = frame;
    }
  }
  const writer = new ContainerWriter(header);
  yield writer.start;
  if (best !== undefined) {
    writer.raw(raw);
    writer.segment();
    yield writer.block(best);
  }
  yield writer.end();
}

/**
 * Compresses a stream of bytes into one archive member. How the input is cut into pushes never changes a byte. An
 * input that ends within its first block (1 MiB) gives the same archive whether its size was told or not.
 *
 * @throws TypeError or RangeError with a `code` when an option is wrong.
 * @example
 * ```ts
 * const encoder = new FileEncoder({ name: 'notes.txt' });
 * for (const work of [encoder.push(first), encoder.push(second), encoder.end()])
 *   for (const piece of work) if (piece) output.write(piece);
 * ```
 */
export class FileEncoder {
  private readonly options: EncodeOptions;
  private readonly cutter: BlockCutter;
  private plan: Plan | undefined;
  private writer: ContainerWriter | undefined;
  private readonly coders = new Coders();
  private segment: SegmentEncoder | undefined;
  /** Raw bytes before the current segment. */
  private before = 0;

  constructor(options: EncodeOptions = {}) {
    checkEncodeOptions(options);
    this.options = options;
    this.cutter = new BlockCutter(options);
    // A model that is too large is known before any input is read, where the size is.
    if (options.size !== undefined) planFile(options.size, options);
  }

  /** Raw bytes coded so far. */
  get done(): number {
    return this.before + (this.segment?.done ?? 0);
  }

  /** Raw bytes in all, where the options state it. */
  get total(): number | undefined {
    return this.options.size;
  }

  /**
   * Takes input. The bytes may be reused once the generator is drained.
   *
   * @throws RangeError when the input exceeds the size that the options state.
   * @throws SurprisalError `limit` when the model takes more than `maxMemory`.
   */
  *push(bytes: Uint8Array): Work {
    for (const cut of this.cutter.push(bytes)) {
      if (this.writer === undefined) {
        this.plan = planFile(this.options.size, this.options);
        this.writer = new ContainerWriter(this.plan.header);
        yield this.writer.start;
      }
      yield* this.block(cut, this.plan!, this.writer);
    }
  }

  /**
   * Codes what is left and the archive's end.
   *
   * @throws RangeError when the input is shorter than the size that the options state.
   */
  *end(): Work {
    const cut = this.cutter.end();
    if (this.writer !== undefined) {
      yield* this.block(cut, this.plan!, this.writer);
      yield this.writer.end();
    } else {
      let frame: Uint8Array | undefined;
      if (cut.raw.length > 0) {
        this.segment = new SegmentEncoder(planFile(cut.raw.length, this.options).model, this.coders);
        frame = yield* this.segment.block(cut.raw);
      }
      yield* singleBlock(cut.raw, frame, this.options);
    }
    this.count();
    this.coders.drop();
  }

  private *block({ raw, starts }: Cut, plan: Plan, writer: ContainerWriter): Work {
    writer.raw(raw);
    if (starts) {
      this.count();
      const mark = writer.segment();
      if (mark.length > 0) yield mark;
      this.segment = new SegmentEncoder(plan.model, this.coders);
    }
    yield writer.block(yield* this.segment!.block(raw));
  }

  /** The current segment is over. */
  private count(): void {
    this.before = this.done;
    this.segment = undefined;
  }
}

/**
 * Decodes the blocks of one segment; also what several threads do side by side.
 */
export class SegmentDecoder {
  private readonly model: Model;
  private readonly coders: Coders;
  private decoder: BlockDecoder | undefined;

  /** @param coders used again for the segments that follow, one after another */
  constructor(model: Model, coders: Coders) {
    this.model = model;
    this.coders = coders;
  }

  /**
   * Decodes a coded block, pausing between slices; returns its raw bytes, verified.
   *
   * @param offset of the block in the archive, for messages
   * @throws SurprisalError `corrupt`.
   */
  *coded(coded: Uint8Array, rawLength: number, rawCrc: number, offset: number): Generator<undefined, Uint8Array, void> {
    const decoder = (this.decoder ??= this.coders.decoder(this.model));
    if (decoder === undefined)
      throw new SurprisalError('corrupt', 'The archive is damaged: a coded block where all blocks are stored.', {
        offset,
      });
    decoder.begin(coded);
    const raw = new Uint8Array(rawLength);
    for (let at = 0; at < rawLength; at += SLICE) {
      decoder.decode(raw.subarray(at, at + SLICE));
      // Lengths may be forged: no more is decoded than the coded bytes are good for.
      if (decoder.overrun) break;
      yield undefined;
    }
    if (!decoder.finished || crc32c(raw) !== rawCrc)
      throw new SurprisalError(
        'corrupt',
        `The archive is damaged: the block at byte ${offset} does not decode to what was coded.`,
        { offset },
      );
    return raw;
  }

  /** Learns a stored block, pausing between slices. */
  *stored(raw: Uint8Array): Generator<undefined, void, void> {
    const decoder = (this.decoder ??= this.coders.decoder(this.model));
    if (decoder === undefined) return;
    for (let at = 0; at < raw.length; at += SLICE) {
      decoder.learn(raw.subarray(at, at + SLICE));
      yield undefined;
    }
  }
}

/**
 * Decompresses a stream of archive bytes, concatenated members included. Each block is put out only once its checksums
 * hold; the last bytes are certain only when {@link end} has been drained without an error.
 *
 * @throws TypeError or RangeError with a `code` when an option is wrong.
 */
export class FileDecoder {
  private readonly reader = new ContainerReader();
  private readonly maxMemory: number;
  private readonly maxOutputSize: number;
  private current: Header | undefined;
  private model: Model | undefined;
  private readonly coders = new Coders();
  private segment: SegmentDecoder | undefined;
  private hash: Hash | undefined;
  private expansion: Expansion | undefined;
  private out = 0;
  /** Raw bytes that the members before the current one held. */
  private finished = 0;

  /** `maxOutputSize` is Infinity by default: no more than a block is held. */
  constructor(options: DecodeOptions = {}) {
    checkDecodeOptions(options);
    this.maxMemory = options.maxMemory ?? DEFAULT_MAX_MEMORY;
    this.maxOutputSize = options.maxOutputSize ?? Number.POSITIVE_INFINITY;
  }

  /** Raw bytes put out so far. */
  get done(): number {
    return this.out + (this.expansion?.done ?? 0);
  }

  /** Raw bytes up to the end of the current member, where its header states a size. */
  get total(): number | undefined {
    if (this.expansion !== undefined) return this.finished + this.expansion.size;
    return this.current?.size === undefined ? undefined : this.finished + this.current.size;
  }

  /** The header of the member being decoded, once it has been read. */
  get header(): Header | undefined {
    return this.current;
  }

  /**
   * Takes bytes of the archive. After an error the decoder cannot be used again.
   *
   * @throws SurprisalError `not-srp`, `corrupt`, `unsupported` or `limit`.
   */
  *push(bytes: Uint8Array): Work {
    for (const event of this.reader.push(checkedBytes('the archive', bytes))) {
      switch (event.type) {
        case 'header':
          this.current = event.header.header;
          this.finished = this.out;
          this.model = modelOf(this.current, this.maxMemory);
          this.hash = startSha256();
          this.expansion = this.model.expansion?.();
          if (this.total !== undefined) checkOutput(this.total, this.maxOutputSize);
          this.segment = new SegmentDecoder(this.model, this.coders);
          break;
        case 'segment':
          this.segment = new SegmentDecoder(this.model!, this.coders);
          break;
        case 'block': {
          const { head, payload, offset } = event;
          if (this.expansion === undefined)
            checkOutput(this.finished + event.rawOffset + head.rawLength, this.maxOutputSize);
          let raw = payload;
          if (head.rawCrc === undefined) yield* this.segment!.stored(payload);
          else raw = yield* this.segment!.coded(payload, head.rawLength, head.rawCrc, offset);
          this.hash!.update(raw);
          if (this.expansion !== undefined) {
            this.expansion.push(raw);
            break;
          }
          this.out += raw.length;
          yield raw;
          break;
        }
        case 'end': {
          checkSha256(this.hash!, event.sha256, event.offset);
          this.segment = undefined;
          const { expansion } = this;
          if (expansion === undefined) break;
          for (const piece of expansion.end()) {
            if (piece !== undefined) {
              this.expansion = undefined;
              this.out += piece.length;
            }
            yield piece;
          }
          break;
        }
      }
    }
  }

  /** @throws SurprisalError `truncated` when the archive is not complete. */
  // biome-ignore lint/correctness/useYield: it is driven like push, and a later version may have output to give.
  *end(): Work {
    this.reader.end();
    this.coders.drop();
  }
}

/** @throws SurprisalError `limit` when an archive holds more raw bytes than it may. */
export function checkOutput(size: number, maxOutputSize: number): void {
  if (size > maxOutputSize)
    throw new SurprisalError(
      'limit',
      `The archive holds at least ${size} bytes, more than the limit of ${maxOutputSize}. Raise maxOutputSize to go on.`,
    );
}

/** @throws SurprisalError `corrupt` when the hash is not the one that stands at `offset` of the archive. */
export function checkSha256(hash: Hash, stated: Uint8Array, offset: number): void {
  const sha256 = hash.digest();
  if (!sha256.every((byte, i) => byte === stated[i]))
    throw new SurprisalError(
      'corrupt',
      `The archive is damaged: the SHA-256 of all its bytes does not match the one at byte ${offset}.`,
      { offset },
    );
}
