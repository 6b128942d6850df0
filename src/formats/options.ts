/**
 * The options of compressing and decompressing, and their validation: one place, so that the buffer, stream and worker
 * variants take the same ones and refuse the same mistakes.
 */
import { MAX_NAME_BYTES } from '../container/header.ts';
import { plainBytes } from '../container/varint.ts';
import { rangeError, typeError } from '../errors.ts';

/** Levels of compression. Only `fast` exists at present; a level is never written to an archive, its method is. */
export type Level = 'fast';

/** How far a job is, in raw (uncompressed) bytes. */
export interface Progress {
  /** Raw bytes coded or decoded so far. */
  readonly done: number;
  /** Raw bytes in all, where known: for an archive, as its headers state. */
  readonly total?: number;
}

/** What decides the bytes of an archive. */
export interface EncodeOptions {
  /** Default `fast`. */
  readonly level?: Level;
  /**
   * Raw bytes to a segment, 65,536 or more; by default the whole input is one. A segment starts with a fresh model: it
   * can be coded and decoded on its own thread and survives damage to the others, and costs compression.
   */
  readonly segmentSize?: number;
  /** Exact size of the input in bytes, which the header then states; an input of another size is a RangeError. */
  readonly size?: number;
  /** About how large the input is, in bytes, where the exact size is unknown: the model's tables follow it. */
  readonly sizeHint?: number;
  /** A file name to keep, at most 4,096 bytes of UTF-8. Information only: no reader uses it as a path. */
  readonly name?: string;
  /** Time of last change to keep, in whole milliseconds since 1970 (UTC). */
  readonly mtime?: number;
  /** Most bytes of memory that the model may take; default 512 MiB. More is refused before it is allocated. */
  readonly maxMemory?: number;
}

/** What bounds the decoding of an archive that comes from outside. */
export interface DecodeOptions {
  /** Most bytes of memory that the model may take; default 512 MiB. More is refused before it is allocated. */
  readonly maxMemory?: number;
  /**
   * Most raw bytes to put out. Default for buffers 2^31; for streams, which hold no more than a block at a time,
   * Infinity.
   */
  readonly maxOutputSize?: number;
}

/** What a caller may watch and stop. */
export interface JobOptions {
  /** Called at most about 20 times a second, and once at the end. */
  readonly progress?: (progress: Progress) => void;
  /** Stops the job: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Options of compressing, sliced or streaming. */
export interface CompressOptions extends EncodeOptions, JobOptions {}
/** Options of decompressing, sliced or streaming. */
export interface DecompressOptions extends DecodeOptions, JobOptions {}

/** Default of `maxMemory`, in bytes. */
export const DEFAULT_MAX_MEMORY = 512 * 1024 * 1024;
/** Default of `maxOutputSize` where the output is one buffer, in bytes. */
export const DEFAULT_MAX_BUFFER = 2 ** 31;
/** Fewest raw bytes to a segment. */
export const MIN_SEGMENT_SIZE = 65536;

const LEVELS = ['fast'] as const;
const PLANNED = ['default', 'max'];

function object(options: unknown): void {
  if (options !== undefined && (typeof options !== 'object' || options === null))
    throw typeError(`options are an object, not ${options === null ? 'null' : typeof options}`);
}

function whole(name: string, value: number | undefined, least: number, infinity = false): void {
  if (value === undefined) return;
  if (typeof value !== 'number') throw typeError(`${name} is a number, not a ${typeof value}`);
  if (infinity && value === Number.POSITIVE_INFINITY) return;
  if (!Number.isSafeInteger(value) || value < least)
    throw rangeError(`${name} is a whole number of at least ${least}${infinity ? ' or Infinity' : ''}, not ${value}`);
}

/**
 * The bytes as a plain Uint8Array on the same memory, where they are a Uint8Array of any sort: a Node Buffer, or one of
 * another realm (a frame, a sandbox).
 *
 * @throws TypeError (with a `code`) when they are not.
 */
export function checkedBytes(name: string, bytes: unknown): Uint8Array {
  if (!ArrayBuffer.isView(bytes) || Object.prototype.toString.call(bytes) !== '[object Uint8Array]')
    throw typeError(`${name} must be a Uint8Array`);
  return plainBytes(bytes as Uint8Array);
}

function checkJob(options: JobOptions): void {
  if (options.progress !== undefined && typeof options.progress !== 'function')
    throw typeError(`progress is a function, not a ${typeof options.progress}`);
  const signal: unknown = options.signal;
  if (signal !== undefined && (typeof signal !== 'object' || signal === null || !('aborted' in signal)))
    throw typeError('signal must be an AbortSignal');
}

/** @throws TypeError or RangeError (with a `code`) when an option of compressing is wrong. */
export function checkEncodeOptions(options: CompressOptions | undefined): void {
  object(options);
  if (options === undefined) return;
  const level: unknown = options.level;
  if (level !== undefined && !LEVELS.includes(level as Level)) {
    if (typeof level !== 'string') throw typeError(`level is a string, not a ${typeof level}`);
    throw rangeError(
      PLANNED.includes(level)
        ? `level '${level}' is planned and not there yet: use 'fast', the only one so far and the default`
        : `there is no level '${level}': use 'fast', the only one so far and the default`,
    );
  }
  whole('segmentSize', options.segmentSize, MIN_SEGMENT_SIZE);
  whole('size', options.size, 0);
  whole('sizeHint', options.sizeHint, 0);
  whole('maxMemory', options.maxMemory, 0, true);
  if (options.name !== undefined) {
    if (typeof options.name !== 'string') throw typeError(`name is a string, not a ${typeof options.name}`);
    const length = new TextEncoder().encode(options.name).length;
    if (length === 0 || length > MAX_NAME_BYTES)
      throw rangeError(`name takes from 1 to ${MAX_NAME_BYTES} bytes of UTF-8, not ${length}`);
  }
  if (options.mtime !== undefined) {
    if (typeof options.mtime !== 'number') throw typeError(`mtime is a number, not a ${typeof options.mtime}`);
    if (!Number.isInteger(options.mtime) || Math.abs(options.mtime) > 8.64e15 / 2)
      throw rangeError(`mtime is a whole number of milliseconds since 1970, not ${options.mtime}`);
  }
  checkJob(options);
}

/** @throws TypeError or RangeError (with a `code`) when an option of decompressing is wrong. */
export function checkDecodeOptions(options: DecompressOptions | undefined): void {
  object(options);
  if (options === undefined) return;
  whole('maxMemory', options.maxMemory, 0, true);
  whole('maxOutputSize', options.maxOutputSize, 0, true);
  checkJob(options);
}

/** Bytes in pieces. */
export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** @throws TypeError (with a `code`) when `chunks` cannot be iterated for Uint8Arrays. */
export function checkChunks(chunks: unknown): asserts chunks is Chunks {
  const iterable =
    typeof chunks === 'object' && chunks !== null && (Symbol.asyncIterator in chunks || Symbol.iterator in chunks);
  // A Uint8Array iterates over numbers: one of its own was meant to be in an array.
  if (!iterable || ArrayBuffer.isView(chunks)) throw typeError('chunks must be an iterable of Uint8Arrays');
}

/** The options of compressing one buffer, whose size is known. */
export function sized<Options extends EncodeOptions>(bytes: Uint8Array, options: Options): Options {
  checkedBytes('the input', bytes);
  checkEncodeOptions(options);
  if (options.size !== undefined && options.size !== bytes.length)
    throw rangeError(`size says ${options.size} bytes, the input has ${bytes.length}`);
  return { ...options, size: bytes.length };
}
