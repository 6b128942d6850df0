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
import { Collector, collected, drained, running, standing } from './formats/drive.ts';
import { FileDecoder, FileEncoder } from './formats/file.ts';
import {
  type Chunks,
  type CompressOptions,
  checkChunks,
  checkDecodeOptions,
  checkEncodeOptions,
  checkedBytes,
  DEFAULT_MAX_BUFFER,
  type DecodeOptions,
  type DecompressOptions,
  type EncodeOptions,
  sized,
} from './formats/options.ts';
import { streamThrough } from './formats/streams.ts';

export { SurprisalError, type SurprisalErrorCode } from './errors.ts';
export type {
  CompressOptions,
  DecodeOptions,
  DecompressOptions,
  EncodeOptions,
  Level,
  Progress,
} from './formats/options.ts';

/**
 * Compresses bytes to a .srp archive, giving way to the event loop at least every 50 ms or so. The bytes must stay as
 * they are until the promise settles.
 *
 * @throws TypeError or RangeError with a `code` on wrong arguments, SurprisalError `limit` when the model takes more than
 * `maxMemory`, the signal's reason when it is aborted.
 * @example
 * ```ts
 * const stop = new AbortController();
 * const archive = await compress(bytes, {
 *   signal: stop.signal,
 *   progress: ({ done, total }) => console.log(`${done} of ${total} bytes`),
 * });
 * ```
 */
export async function compress(bytes: Uint8Array, options: CompressOptions = {}): Promise<Uint8Array> {
  return collected(compressChunks([bytes], sized(bytes, options)), new Collector());
}

/**
 * Compresses bytes to a .srp archive in one go, about 2 s a megabyte.
 *
 * @throws TypeError or RangeError with a `code` on wrong arguments, SurprisalError `limit` when the model takes more than
 * `maxMemory`.
 * @example
 * ```ts
 * const archive = compressSync(new TextEncoder().encode('to be or not to be'), { name: 'hamlet.txt' });
 * ```
 */
export function compressSync(bytes: Uint8Array, options: EncodeOptions = {}): Uint8Array {
  const encoder = new FileEncoder(sized(bytes, options));
  return drained([encoder.push(bytes), encoder.end()], new Collector());
}

/**
 * Compresses chunks, however they are cut, and yields the archive in pieces. A chunk may be reused once the next is
 * asked for. The archive is the one that {@link compressSync} makes when `size` is told, or when all chunks together
 * are no more than 1 MiB.
 *
 * @throws TypeError or RangeError with a `code` on wrong arguments; once iterated, as {@link compress}.
 * @example
 * ```ts
 * import { createReadStream } from 'node:fs';
 * for await (const piece of compressChunks(createReadStream('book.txt'))) process.stdout.write(piece);
 * ```
 */
export function compressChunks(chunks: Chunks, options: CompressOptions = {}): AsyncGenerator<Uint8Array, void, void> {
  checkChunks(chunks);
  const encoder = new FileEncoder(options);
  return running(chunks, encoder, options, standing(encoder));
}

/**
 * A stream that compresses what is written to it; see {@link compressChunks}. It waits for its reader and holds about
 * 1 MiB of the input. A chunk may be reused once its `write` has resolved.
 *
 * @throws TypeError or RangeError with a `code` on wrong options. Faults of the data fail both sides.
 * @example
 * ```ts
 * const archive = await new Response(new Blob([bytes]).stream().pipeThrough(compressStream())).arrayBuffer();
 * ```
 */
export function compressStream(options: CompressOptions = {}): TransformStream<Uint8Array, Uint8Array> {
  checkEncodeOptions(options);
  return streamThrough((chunks) => compressChunks(chunks, options));
}

/**
 * Decompresses a .srp archive, giving way to the event loop at least every 50 ms or so. The archive must stay as it is
 * until the promise settles.
 *
 * @throws TypeError or RangeError with a `code` on wrong arguments; SurprisalError `not-srp`, `corrupt`, `truncated`,
 * `unsupported`, or `limit` when the archive needs more than `maxMemory` or `maxOutputSize`; the signal's reason when
 * it is aborted.
 * @example
 * ```ts
 * try {
 *   const bytes = await decompress(upload, { maxOutputSize: 50e6, maxMemory: 256 * 2 ** 20 });
 * } catch (error) {
 *   if (error instanceof SurprisalError && error.code === 'limit') console.log('too large for this server');
 *   else throw error;
 * }
 * ```
 */
export async function decompress(archive: Uint8Array, options: DecompressOptions = {}): Promise<Uint8Array> {
  const decoder = bounded(options);
  const pieces = running([checkedBytes('the archive', archive)], decoder, options, standing(decoder));
  return collected(pieces, new Collector(() => decoder.total));
}

/**
 * Decompresses a .srp archive in one go; takes as long as compressing did.
 *
 * @throws as {@link decompress}.
 * @example
 * ```ts
 * const text = new TextDecoder().decode(decompressSync(archive));
 * ```
 */
export function decompressSync(archive: Uint8Array, options: DecodeOptions = {}): Uint8Array {
  const decoder = bounded(options);
  return drained([decoder.push(archive), decoder.end()], new Collector(() => decoder.total));
}

/** A decoder whose output is to fit one buffer. */
function bounded(options: DecodeOptions): FileDecoder {
  checkDecodeOptions(options);
  return new FileDecoder({ ...options, maxOutputSize: options.maxOutputSize ?? DEFAULT_MAX_BUFFER });
}

/**
 * Decompresses an archive that comes in chunks and yields its bytes, each block once it is verified. `maxOutputSize` is
 * Infinity by default. What has been yielded is certain only when the iteration ends without an error.
 *
 * @throws TypeError or RangeError with a `code` on wrong arguments; once iterated, as {@link decompress}.
 * @example
 * ```ts
 * import { createReadStream } from 'node:fs';
 * for await (const piece of decompressChunks(createReadStream('book.txt.srp'))) process.stdout.write(piece);
 * ```
 */
export function decompressChunks(
  chunks: Chunks,
  options: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  checkChunks(chunks);
  const decoder = new FileDecoder(options);
  return running(chunks, decoder, options, standing(decoder));
}

/**
 * A stream that decompresses what is written to it; see {@link decompressChunks}. It waits for its reader and holds one
 * block, at most 1 MiB.
 *
 * @throws TypeError or RangeError with a `code` on wrong options. Faults of the archive fail both sides.
 * @example
 * ```ts
 * const { body } = await fetch('book.txt.srp');
 * const text = await new Response(body.pipeThrough(decompressStream())).text();
 * ```
 */
export function decompressStream(options: DecompressOptions = {}): TransformStream<Uint8Array, Uint8Array> {
  checkDecodeOptions(options);
  return streamThrough((chunks) => decompressChunks(chunks, options));
}
