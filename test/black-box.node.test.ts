import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { type BlackBoxOracle, blackBox, type OpaqueCodec } from '../src/sampling/black-box.ts';
import { nodeZlib } from '../src/sampling/black-box-node.ts';
import {
  type BrotliModule,
  type Bzip2Module,
  brotliCodec,
  bzip2Codec,
  type LzmaModule,
  lzmaCodec,
  type ZstdModule,
  zstdCodec,
} from '../src/sampling/black-box-wasm.ts';
import { textBytes } from './support/random.ts';

const require = createRequire(import.meta.url);
const text = textBytes(3000, 1);

function of(codec: OpaqueCodec): BlackBoxOracle {
  const oracle = blackBox(codec);
  for (const byte of text) oracle.push(byte);
  return oracle;
}

/** Lengths are those of something that compresses, and asking changes nothing. */
function check(codec: OpaqueCodec): void {
  const oracle = of(codec);
  const bits = oracle.bits();
  expect(bits % 8).toBe(0);
  expect(bits).toBeGreaterThan(8 * 300);
  expect(bits).toBeLessThan(8 * 1800);
  const lengths = new Float64Array(2);
  oracle.bitsAfter([text[0], 200], lengths);
  for (const length of lengths) expect(Math.abs(length - bits)).toBeLessThanOrEqual(8 * 8);
  expect(oracle.bits()).toBe(bits);
}

describe('WASM builds from npm', () => {
  test('brotli', () => {
    check(brotliCodec(require('brotli-wasm') as BrotliModule));
  });

  test('zstd', async () => {
    const zstd = require('@bokuweb/zstd-wasm') as ZstdModule & { init(): Promise<void> };
    await zstd.init();
    check(zstdCodec(zstd));
  });

  test('bzip2', async () => {
    const make = require('libbzip2-wasm') as () => { then?: (made: (module: Bzip2Module) => void) => void };
    const bzip2 = await new Promise<Bzip2Module>((resolve) => {
      make().then!((made) => {
        delete (made as { then?: unknown }).then;
        resolve(made);
      });
    });
    check(bzip2Codec(bzip2));
  });

  test('LZMA, in JavaScript', async () => {
    // Its types are TypeScript, which stricter settings than its own refuse.
    const name = 'lzma1';
    check(lzmaCodec((await import(name)) as LzmaModule));
  });
});

test('node:zlib', async () => {
  const zlib = await nodeZlib();
  for (const codec of [zlib.deflate(), zlib.deflateRaw(), zlib.gzip(), zlib.brotli(), zlib.zstd?.()])
    if (codec !== undefined) {
      expect(codec.name).toContain('estimate: depends on the build of Node');
      check(codec);
    }
  expect(of(zlib.deflate(9)).bits() - of(zlib.deflateRaw(9)).bits()).toBe(48);
});
