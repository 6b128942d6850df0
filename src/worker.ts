/** Compressing and decompressing off the main thread, in Node, browsers, Bun and Deno. */
import type { CompressOptions, DecompressOptions } from './formats/options.ts';

export interface PoolOptions {
  /** Threads at most; default 1. They start when needed. */
  readonly threads?: number;
}

export interface TransferOption {
  /** Hands the input's buffer over to the worker instead of copying it: it is empty afterwards. Default false. */
  readonly transfer?: boolean;
}

/**
 * Threads that compress and decompress. With several, the segments of one input are coded side by side (`segmentSize`
 * decides the bytes; the number of threads never does).
 */
export class WorkerPool {
  constructor(options: PoolOptions = {}) {
    void options;
  }
  compress(bytes: Uint8Array, options: CompressOptions & TransferOption = {}): Promise<Uint8Array> {
    void bytes, void options;
    throw new Error('to come');
  }
  decompress(archive: Uint8Array, options: DecompressOptions & TransferOption = {}): Promise<Uint8Array> {
    void archive, void options;
    throw new Error('to come');
  }
  compressStream(options: CompressOptions = {}): TransformStream<Uint8Array, Uint8Array> {
    void options;
    throw new Error('to come');
  }
  decompressStream(options: DecompressOptions = {}): TransformStream<Uint8Array, Uint8Array> {
    void options;
    throw new Error('to come');
  }
  compressChunks(
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options: CompressOptions = {},
  ): AsyncGenerator<Uint8Array, void, void> {
    void chunks, void options;
    throw new Error('to come');
  }
  decompressChunks(
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options: DecompressOptions = {},
  ): AsyncGenerator<Uint8Array, void, void> {
    void chunks, void options;
    throw new Error('to come');
  }
  /** Ends all threads; jobs under way reject. */
  terminate(): Promise<void> {
    throw new Error('to come');
  }
}
