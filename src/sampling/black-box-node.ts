/**
 * The compressors that come with Node, Bun and Deno as black boxes.
 *
 * Their builds differ (Node's zlib is a fork that finds other matches), so that lengths are for display: a result that
 * has to be the same elsewhere takes the exact oracles.
 */

import { SurprisalError } from '../errors.ts';
import type { OpaqueCodec } from './black-box.ts';

/** What {@link nodeZlib} found. Levels and qualities are those of `node:zlib`. */
export interface NodeZlib {
  /** zlib's format; level 0 to 9, 6 unless given. */
  deflate(level?: number): OpaqueCodec;
  /** Deflate without header and checksum; level 0 to 9, 6 unless given. */
  deflateRaw(level?: number): OpaqueCodec;
  /** gzip's format; level 0 to 9, 9 unless given, as in Python. */
  gzip(level?: number): OpaqueCodec;
  /** Brotli; quality 0 to 11, the default. */
  brotli(quality?: number): OpaqueCodec;
  /** Zstandard, from Node 22.15 on; undefined before. Level 1 to 22, 19 unless given. */
  zstd?(level?: number): OpaqueCodec;
}

/**
 * Loads `node:zlib`.
 *
 * @throws SurprisalError (`unsupported`) where there is none: in browsers.
 * @example
 * const zlib = await nodeZlib();
 * const oracle = blackBox(zlib.gzip());
 */
export async function nodeZlib(): Promise<NodeZlib> {
  const none = () => new SurprisalError('unsupported', 'there is no node:zlib here; hand over a WASM build instead');
  // Bundlers put something empty in the place of what browsers lack.
  if (typeof process === 'undefined' || process.versions?.node === undefined) throw none();
  const zlib: typeof import('node:zlib') & {
    zstdCompressSync?(bytes: Uint8Array, options: { params: Record<number, number> }): Uint8Array;
  } = await import('node:zlib');
  if (typeof zlib.deflateSync !== 'function') throw none();
  const { constants, zstdCompressSync } = zlib;
  const name = (codec: string, level: number) => `${codec} ${level}, estimate: depends on the build of Node`;
  return {
    deflate: (level = 6) => ({
      name: name('zlib', level),
      lengthInBytes: (bytes) => zlib.deflateSync(bytes, { level }).length,
    }),
    deflateRaw: (level = 6) => ({
      name: name('deflate', level),
      lengthInBytes: (bytes) => zlib.deflateRawSync(bytes, { level }).length,
    }),
    gzip: (level = 9) => ({
      name: name('gzip', level),
      lengthInBytes: (bytes) => zlib.gzipSync(bytes, { level }).length,
    }),
    brotli: (quality = 11) => ({
      name: name('brotli', quality),
      lengthInBytes: (bytes) =>
        zlib.brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }).length,
    }),
    ...(zstdCompressSync && {
      zstd: (level = 19) => ({
        name: name('zstd', level),
        lengthInBytes: (bytes: Uint8Array) =>
          // 100 is ZSTD_c_compressionLevel, for which the types of older versions have no constant.
          zstdCompressSync(bytes, { params: { 100: level } }).length,
      }),
    }),
  };
}
