/**
 * The convenience entry: compress and decompress, in one call, sliced so that a page stays alive, or as a stream.
 */
import type { CompressOptions, DecodeOptions, DecompressOptions, EncodeOptions } from './formats/options.ts';

export { SurprisalError, type SurprisalErrorCode } from './errors.ts';
export type {
  CompressOptions,
  DecodeOptions,
  DecompressOptions,
  EncodeOptions,
  Level,
  Progress,
} from './formats/options.ts';

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Compresses bytes to an archive, giving way to the event loop at least every 50 ms. */
export async function compress(bytes: Uint8Array, options: CompressOptions = {}): Promise<Uint8Array> {
  void bytes, void options;
  throw new Error('to come');
}
/** Compresses bytes to an archive in one go. */
export function compressSync(bytes: Uint8Array, options: EncodeOptions = {}): Uint8Array {
  void bytes, void options;
  throw new Error('to come');
}
/** A stream that compresses what is written to it. */
export function compressStream(options: CompressOptions = {}): TransformStream<Uint8Array, Uint8Array> {
  void options;
  throw new Error('to come');
}
/** Compresses chunks, however they are cut, and yields the archive in pieces. */
export async function* compressChunks(
  chunks: Chunks,
  options: CompressOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  void chunks, void options;
  yield* [];
  throw new Error('to come');
}
export async function decompress(archive: Uint8Array, options: DecompressOptions = {}): Promise<Uint8Array> {
  void archive, void options;
  throw new Error('to come');
}
export function decompressSync(archive: Uint8Array, options: DecodeOptions = {}): Uint8Array {
  void archive, void options;
  throw new Error('to come');
}
export function decompressStream(options: DecompressOptions = {}): TransformStream<Uint8Array, Uint8Array> {
  void options;
  throw new Error('to come');
}
export async function* decompressChunks(
  chunks: Chunks,
  options: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  void chunks, void options;
  yield* [];
  throw new Error('to come');
}
