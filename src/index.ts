/**
 * The convenience entry: compress and decompress, in one call, in slices that keep a page alive, or as a stream.
 *
 * @example
 * ```ts
 * import { compress, decompress } from 'surprisal';
 * const archive = await compress(new TextEncoder().encode('to be or not to be'));
 * const text = new TextDecoder().decode(await decompress(archive));
 * ```
 */
import { Collector, Pacer, paced } from './formats/drive.ts';
import { FileDecoder, FileEncoder, type Work } from './formats/file.ts';
import {
  type Chunks,
  type CompressOptions,
  checkBytes,
  checkChunks,
  checkDecodeOptions,
  checkEncodeOptions,
  DEFAULT_MAX_BUFFER,
  type DecodeOptions,
  type DecompressOptions,
  type EncodeOptions,
  sized,
} from './formats/options.ts';
import { abortableChunks, streamThrough } from './formats/streams.ts';

export { SurprisalError, type SurprisalErrorCode } from './errors.ts';
export type {
  CompressOptions,
  DecodeOptions,
  DecompressOptions,
  EncodeOptions,
  Level,
  Progress,
} from './formats/options.ts';

function drain(works: Iterable<Work>, into: Collector): Uint8Array {
  for (const work of works) for (const piece of work) if (piece !== undefined) into.add(piece);
  return into.finish();
}

/**
 * Compresses bytes to a .srp archive, giving way to the event loop at least every 50 ms or so.
 *
 * @throws TypeError or RangeError with a `code` on wrong arguments, SurprisalError `limit` when the model takes more than
 * `maxMemory`, the signal's reason when it is aborted.
 */
export async function compress(bytes: Uint8Array, options: CompressOptions = {}): Promise<Uint8Array> {
  const encoder = new FileEncoder(sized(bytes, options));
  const pacer = new Pacer(options, () => ({ done: encoder.done, total: bytes.length }));
  const collector = new Collector();
  for await (const piece of paced(encoder.push(bytes), pacer)) collector.add(piece);
  for await (const piece of paced(encoder.end(), pacer)) collector.add(piece);
  pacer.finish();
  return collector.finish();
}

/**
 * Compresses bytes to a .srp archive in one go, about 2 s a megabyte.
 *
 * @throws TypeError or RangeError with a `code` on wrong arguments, SurprisalError `limit` when the model takes more than
 * `maxMemory`.
 */
export function compressSync(bytes: Uint8Array, options: EncodeOptions = {}): Uint8Array {
  const encoder = new FileEncoder(sized(bytes, options));
  return drain([encoder.push(bytes), encoder.end()], new Collector());
}

/**
 * Compresses chunks, however they are cut, and yields the archive in pieces. The archive is the one that
 * {@link compressSync} makes when `size` is told, or when all chunks together are no more than 1 MiB.
 *
 * @throws as {@link compress}, once iterated.
 */
export function compressChunks(chunks: Chunks, options: CompressOptions = {}): AsyncGenerator<Uint8Array, void, void> {
  checkChunks(chunks);
  checkEncodeOptions(options);
  const encoder = new FileEncoder(options);
  const total = options.size;
  return run(chunks, encoder, options, () =>
    total === undefined ? { done: encoder.done } : { done: encoder.done, total },
  );
}

/** A stream that compresses what is written to it; see {@link compressChunks}. */
export function compressStream(options: CompressOptions = {}): TransformStream<Uint8Array, Uint8Array> {
  checkEncodeOptions(options);
  return streamThrough((chunks) => compressChunks(chunks, options));
}

async function* run(
  chunks: Chunks,
  coder: FileEncoder | FileDecoder,
  options: CompressOptions | DecompressOptions,
  state: () => { done: number; total?: number },
): AsyncGenerator<Uint8Array, void, void> {
  const pacer = new Pacer(options, state);
  for await (const chunk of abortableChunks(chunks, options.signal)) yield* paced(coder.push(chunk), pacer);
  yield* paced(coder.end(), pacer);
  pacer.finish();
}

function stateOf(decoder: FileDecoder): () => { done: number; total?: number } {
  return () => {
    const { done, total } = decoder;
    return total === undefined ? { done } : { done, total };
  };
}

/**
 * Decompresses a .srp archive, giving way to the event loop at least every 50 ms or so.
 *
 * @throws TypeError or RangeError with a `code` on wrong arguments; SurprisalError `not-srp`, `corrupt`, `truncated`,
 * `unsupported`, or `limit` when the archive needs more than `maxMemory` or `maxOutputSize`; the signal's reason when
 * it is aborted.
 */
export async function decompress(archive: Uint8Array, options: DecompressOptions = {}): Promise<Uint8Array> {
  checkBytes('the archive', archive);
  checkDecodeOptions(options);
  const decoder = new FileDecoder({ ...options, maxOutputSize: options.maxOutputSize ?? DEFAULT_MAX_BUFFER });
  const collector = new Collector(() => decoder.total);
  for await (const piece of run([archive], decoder, options, stateOf(decoder))) collector.add(piece);
  return collector.finish();
}

/** Decompresses a .srp archive in one go; throws as {@link decompress}. */
export function decompressSync(archive: Uint8Array, options: DecodeOptions = {}): Uint8Array {
  checkBytes('the archive', archive);
  checkDecodeOptions(options);
  const decoder = new FileDecoder({ ...options, maxOutputSize: options.maxOutputSize ?? DEFAULT_MAX_BUFFER });
  return drain([decoder.push(archive), decoder.end()], new Collector(() => decoder.total));
}

/**
 * Decompresses an archive that comes in chunks and yields its bytes, each block once it is verified. `maxOutputSize` is
 * Infinity by default. What has been yielded is certain only when the iteration ends without an error.
 *
 * @throws as {@link decompress}, once iterated.
 */
export function decompressChunks(
  chunks: Chunks,
  options: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  checkChunks(chunks);
  const decoder = new FileDecoder(options);
  return run(chunks, decoder, options, stateOf(decoder));
}

/** A stream that decompresses what is written to it; see {@link decompressChunks}. */
export function decompressStream(options: DecompressOptions = {}): TransformStream<Uint8Array, Uint8Array> {
  checkDecodeOptions(options);
  return streamThrough((chunks) => decompressChunks(chunks, options));
}
