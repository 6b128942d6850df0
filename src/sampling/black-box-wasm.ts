/**
 * Compressors of npm packages as black boxes. The packages are the caller's to install, load and hand over: none of them
 * comes with this one.
 */

import { SurprisalError, typeError } from '../errors.ts';
import type { OpaqueCodec } from './black-box.ts';

/** What is used of `brotli-wasm` 3: the module that its default export, a promise, gives. */
export interface BrotliModule {
  /** Compresses. */
  compress(bytes: Uint8Array, options?: { quality?: number }): Uint8Array;
}

/** What is used of `@bokuweb/zstd-wasm` 0.0.27, after its `init()`. */
export interface ZstdModule {
  /** Compresses. */
  compress(bytes: Uint8Array, level?: number): Uint8Array;
}

/** What is used of `lzma1` 0.3, or of any other with such a function. */
export interface LzmaModule {
  /** Compresses, in the format .lzma or .xz. */
  compress(bytes: Uint8Array, mode?: number): Uint8Array;
}

/** What is used of `libbzip2-wasm` 0.0.4: the module that its function makes. */
export interface Bzip2Module {
  /** Compresses. */
  compressBZ2(bytes: Uint8Array, blockSize: number, workFactor: number): Bzip2Result;
}

/** What {@link Bzip2Module} returns: an object in WASM's memory. */
export interface Bzip2Result {
  /** 0 when all went well. */
  readonly error: number;
  /** Why not. */
  readonly errorMsg?: string;
  /** The compressed bytes. */
  readonly output: ArrayLike<number>;
  /** Frees it. */
  delete?(): void;
}

function check(has: boolean, what: string): void {
  if (!has) throw typeError(`${what}, loaded, has to be handed over: it has no such function`);
}

/**
 * Brotli.
 *
 * @param quality - 0 to 11, the best, which is the default.
 * @throws TypeError (`invalid-type`) for what cannot compress.
 * @example
 * const oracle = blackBox(brotliCodec(await brotliPromise));
 */
export function brotliCodec(brotli: BrotliModule, quality = 11): OpaqueCodec {
  check(typeof brotli?.compress === 'function', 'brotli-wasm');
  const options = { quality };
  return { name: `brotli ${quality}`, lengthInBytes: (bytes) => brotli.compress(bytes, options).length };
}

/**
 * Zstandard.
 *
 * @param level - 1 to 22; 19 is the default.
 * @throws TypeError (`invalid-type`) for what cannot compress.
 * @example
 * import * as zstd from '@bokuweb/zstd-wasm';
 * await zstd.init();
 * const oracle = blackBox(zstdCodec(zstd));
 */
export function zstdCodec(zstd: ZstdModule, level = 19): OpaqueCodec {
  check(typeof zstd?.compress === 'function', '@bokuweb/zstd-wasm');
  return { name: `zstd ${level}`, lengthInBytes: (bytes) => zstd.compress(bytes, level).length };
}

/**
 * LZMA, or xz, whichever the module writes. (LZMA with exact bits: `surprisal/sampling/lzma.js`.)
 *
 * @param mode - 1 to 9, the best, which is the default.
 * @throws TypeError (`invalid-type`) for what cannot compress.
 * @example
 * import * as lzma from 'lzma1';
 * const oracle = blackBox(lzmaCodec(lzma));
 */
export function lzmaCodec(lzma: LzmaModule, mode = 9, name = `lzma ${mode}`): OpaqueCodec {
  check(typeof lzma?.compress === 'function', 'lzma1');
  return { name, lengthInBytes: (bytes) => lzma.compress(bytes, mode).length };
}

/**
 * bzip2.
 *
 * @param blockSize - Size of blocks in 100 kB, 1 to 9, which is the default.
 * @throws TypeError (`invalid-type`) for what cannot compress; SurprisalError (`unsupported`) later, where it fails.
 * @example
 * const module = await new Promise((resolve) =>
 *   libbzip2().then((made) => {
 *     delete made.then; // or awaiting it never ends
 *     resolve(made);
 *   }),
 * );
 * const oracle = blackBox(bzip2Codec(module));
 */
export function bzip2Codec(bzip2: Bzip2Module, blockSize = 9): OpaqueCodec {
  check(typeof bzip2?.compressBZ2 === 'function', 'libbzip2-wasm');
  return {
    name: `bzip2 ${blockSize}`,
    lengthInBytes: (bytes) => {
      const result = bzip2.compressBZ2(bytes, blockSize, 0);
      try {
        if (result.error !== 0) throw new SurprisalError('unsupported', `bzip2 failed: ${result.errorMsg}`);
        return result.output.length;
      } finally {
        result.delete?.();
      }
    },
  };
}
