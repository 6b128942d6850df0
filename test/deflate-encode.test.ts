import CRC32 from 'crc-32';
import { deflate, deflateRaw, gzip, inflate, inflateRaw as pakoInflateRaw, ungzip } from 'pako';
import { describe, expect, it } from 'vitest';
import { deflateCode, kraftSum } from '../src/sampling/canonical.ts';
import { DeflateOracle } from '../src/sampling/deflate.ts';
import { deflateEncode, deflateEncoder } from '../src/sampling/deflate-encode.ts';
import { inflateRaw } from '../src/sampling/inflate.ts';
import { canonicalFile, FORMATS, structured, walk } from './support/deflate.ts';
import { json, noise, records, runs, words } from './support/inputs.ts';
import { randomBytes, randomOf, textBytes } from './support/random.ts';

const LEVELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** CRC-32 of what Python with zlib 1.2.13 makes of one input, by format and level. */
const GOLDEN = {
  raw: [
    671090915, 2822585211, 2442607663, 925517302, 3715808957, 1107036052, 2411889264, 3066962868, 2427778656,
    2427778656,
  ],
  zlib: [
    2938684383, 346734191, 1225374971, 3357586533, 2795600437, 1733613597, 2644538653, 1026451434, 2107318790,
    2107318790,
  ],
  gzip: [
    3862576008, 1460374393, 2272047352, 2054156641, 1554358610, 456951010, 4143237232, 4142890823, 1327236508,
    1166107024,
  ],
};

/** Codes with every level in one format, which must be what zlib writes. */
function checkAll(data: Uint8Array, format: (typeof FORMATS)[number], levels = LEVELS): void {
  for (const level of levels) {
    const code = deflateEncode(data, { level, format });
    const expected = canonicalFile(data, level, format);
    const at = code.findIndex((byte, i) => byte !== expected[i]);
    expect([code.length, at], `${format}, level ${level}, ${data.length} bytes`).toEqual([expected.length, -1]);
  }
}

describe('deflate', () => {
  it('is that of canonical zlib to the byte, at every level and in every format', () => {
    const below = randomOf(1);
    for (let round = 0; round < 60; round++)
      checkAll(structured(below, below([8, 40, 600, 5000][round % 4])), FORMATS[round % 3]);
  });

  it('is so over several blocks and windows', () => {
    const below = randomOf(2);
    for (const format of FORMATS) checkAll(structured(below, 100_000 + below(100_000)), format);
  });

  it('is so where bytes are stored, whatever the place in the buffer', () => {
    const found = { stored: 0, fixed: 0, dynamic: 0 };
    const below = randomOf(3);
    for (const size of [16_382, 16_383, 16_384, 65_535, 65_536, 131_070, 200_000]) {
      const data = randomBytes(size, size);
      // A part that can be coded moves the blocks.
      data.fill(7, below(size / 2), size / 2);
      checkAll(data, 'raw', [0, 1, 6]);
      const { blocks } = walk(deflateEncode(data, { format: 'raw' }));
      for (const type of ['stored', 'fixed', 'dynamic'] as const) found[type] += blocks[type];
    }
    expect(found.stored).toBeGreaterThan(10);
    expect(found.dynamic).toBeGreaterThan(0);
  });

  it('is so at every length of the input', () => {
    const data = structured(randomOf(4), 200);
    for (let size = 0; size <= data.length; size++)
      checkAll(data.subarray(0, size), FORMATS[size % 3], [0, 1, 4, 6, 9]);
  });

  it('is so where the input comes in parts', () => {
    const data = textBytes(98_305, 5);
    for (const size of [32_767, 32_768, 32_769, 65_536, 98_304, 98_305])
      checkAll(data.subarray(0, size), 'raw', [1, 6]);
  });

  it('is as long as the oracle says', () => {
    const below = randomOf(6);
    for (const level of LEVELS)
      for (const format of FORMATS) {
        const data = structured(below, below(3000));
        const oracle = new DeflateOracle({ level, format });
        for (const byte of data) oracle.push(byte);
        expect(deflateEncode(data, { level, format }).length).toBe(oracle.bytes());
      }
  });

  it('is read by inflate', () => {
    const below = randomOf(7);
    for (const level of LEVELS) {
      const data = structured(below, 4000);
      const raw = deflateEncode(data, { level, format: 'raw' });
      const { symbols, bits } = inflateRaw(raw);
      expect(symbols).toEqual(data);
      expect(Math.ceil(bits / 8)).toBe(raw.length);
      expect(pakoInflateRaw(raw)).toEqual(data);
      expect(inflate(deflateEncode(data, { level }))).toEqual(data);
      expect(ungzip(deflateEncode(data, { level, format: 'gzip' }))).toEqual(data);
    }
  });

  it('is the same everywhere', () => {
    const data = Uint8Array.of(...words(1900), ...json(1700), ...records(1500), ...runs(1300), ...noise(1200));
    for (const format of FORMATS) {
      const codes = LEVELS.map((level) => CRC32.buf(deflateEncode(data, { level, format }), 0) >>> 0);
      expect(codes, format).toEqual(GOLDEN[format]);
    }
  });
});

describe('an encoder of deflate', () => {
  it('starts anew with every input', () => {
    const below = randomOf(8);
    for (const level of [0, 1, 6, 9]) {
      const encode = deflateEncoder({ level });
      for (const size of [50_000, 0, 3, 70_000, 20_000]) {
        const data = structured(below, size);
        expect(CRC32.buf(encode(data), 0)).toBe(CRC32.buf(canonicalFile(data, level, 'zlib'), 0));
      }
    }
  });

  it('takes zlib and level 6 unless told otherwise, and leaves its input as it was', () => {
    const data = textBytes(1000, 9);
    const before = data.slice();
    expect(deflateEncode(data)).toEqual(deflate(data, { level: 6, legacyHash: true }));
    expect(deflateEncode(data, { format: 'gzip' })).toEqual(gzip(data, { level: 6, legacyHash: true }));
    expect(data).toEqual(before);
    const shifted = new Uint8Array(data.buffer, 3, 500);
    expect(deflateEncode(shifted)).toEqual(deflate(shifted.slice(), { legacyHash: true }));
  });

  it('is what canonical codes are compared with', () => {
    const options = { tries: 10_000, maxBytes: 64, seed: 2 };
    const found = kraftSum(deflateCode(), options);
    expect(found).toEqual(
      kraftSum(
        deflateCode((bytes) => deflateRaw(bytes, { legacyHash: true })),
        options,
      ),
    );
    expect(found.canonical).toBeGreaterThan(10);
  });

  it('refuses what it cannot do', () => {
    const none = new Uint8Array(0);
    for (const level of [-1, 10, 1.5, NaN]) expect(() => deflateEncode(none, { level })).toThrow(RangeError);
    expect(() => deflateEncoder({ format: 'zip' as 'zlib' })).toThrow(TypeError);
    expect(() => deflateEncode('text' as unknown as Uint8Array)).toThrow(TypeError);
    expect(() => deflateEncode([1, 2] as unknown as Uint8Array)).toThrow(TypeError);
  });
});
