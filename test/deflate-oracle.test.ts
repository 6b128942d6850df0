import { deflate, gzip } from 'pako';
import { describe, expect, it } from 'vitest';
import { DeflateOracle } from '../src/sampling/deflate.ts';
import type { Mark } from '../src/sequence/model.ts';
import { canonical, canonicalBits, structured, walk } from './support/deflate.ts';
import { randomBytes, randomOf, textBytes } from './support/random.ts';
import { checkOracle } from './support/sequences.ts';

const LEVELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const ALL = Array.from({ length: 256 }, (_, byte) => byte);

function oracleOf(data: Uint8Array, level: number): DeflateOracle {
  const oracle = new DeflateOracle({ level, format: 'raw' });
  for (const byte of data) oracle.push(byte);
  return oracle;
}

describe('lengths of deflate', () => {
  it('are those of canonical zlib to the bit, at every level', () => {
    const below = randomOf(1);
    for (let round = 0; round < 12; round++)
      for (const level of LEVELS) {
        const data = structured(below, below([40, 600, 5000][round % 3]));
        expect(oracleOf(data, level).bits(), `level ${level}, ${data.length} bytes`).toBe(canonicalBits(data, level));
      }
  });

  it('are so over several blocks and windows', () => {
    const below = randomOf(2);
    for (const level of LEVELS) {
      const data = structured(below, 40_000 + below(40_000));
      expect(oracleOf(data, level).bits(), `level ${level}, ${data.length} bytes`).toBe(canonicalBits(data, level));
    }
    const blocks = { stored: 0, fixed: 0, dynamic: 0 };
    for (const data of [randomBytes(50_000, 3), randomBytes(40_000, 4).map((byte) => byte & 63)]) {
      const found = walk(canonical(data, 6)).blocks;
      for (const type of ['stored', 'fixed', 'dynamic'] as const) blocks[type] += found[type];
      expect(oracleOf(data, 6).bits()).toBe(canonicalBits(data, 6));
    }
    expect(blocks.stored).toBeGreaterThan(1);
    expect(blocks.dynamic).toBeGreaterThan(1);
  });

  it('are so where the window moves on, whose place depends on the end of the input', () => {
    // The start of the window is where no match may begin: the strings around it occur there and then at the largest
    // distance, in an input that ends before and after zlib would ask for more.
    const below = randomOf(5);
    for (const level of [1, 6]) {
      const data = new Uint8Array(66_000);
      for (let i = 0; i < data.length; i++) data[i] = below(256);
      data.copyWithin(65_268, 32_762, 32_790);
      const oracle = new DeflateOracle({ level, format: 'raw' });
      for (let i = 0; i < 65_262; i++) oracle.push(data[i]);
      for (let end = 65_262; end < 65_600; end++) {
        if (end % 97 === 0 || (end > 65_268 && end < 65_280) || (end > 65_530 && end < 65_540))
          expect(oracle.bits(), `level ${level}, ${end} bytes`).toBe(canonicalBits(data.subarray(0, end), level));
        oracle.push(data[end]);
      }
    }
  });

  it('are so at every prefix', () => {
    const below = randomOf(6);
    for (const level of LEVELS) {
      const data = structured(below, 150);
      const oracle = new DeflateOracle({ level, format: 'raw' });
      for (let i = 0; i < data.length; i++) {
        expect(oracle.bits(), `level ${level}, ${i} bytes`).toBe(canonicalBits(data.subarray(0, i), level));
        oracle.push(data[i]);
      }
    }
  });

  it('of 256 candidates at once are those of each alone', () => {
    const below = randomOf(7);
    const lengths = new Float64Array(256);
    for (const level of LEVELS)
      for (const size of [0, 2, 3, 50, 1000, 20_000]) {
        const data = structured(below, size);
        const oracle = oracleOf(data, level);
        oracle.bitsAfter(ALL, lengths);
        for (const byte of ALL) {
          const mark = oracle.mark();
          oracle.push(byte);
          expect(oracle.bits(), `level ${level}, ${size} bytes, then ${byte}`).toBe(lengths[byte]);
          oracle.rollback(mark);
        }
        const byte = below(256);
        expect(lengths[byte]).toBe(canonicalBits([...data, byte], level));
      }
  });

  it('of candidates are right where a block fills up', () => {
    const lengths = new Float64Array(256);
    for (const level of [1, 6]) {
      const data = randomBytes(16_390, 8);
      const oracle = oracleOf(data.subarray(0, 16_376), level);
      for (let n = 16_376; n < data.length; n++) {
        oracle.bitsAfter(ALL, lengths);
        for (const byte of [0, data[n]])
          expect(lengths[byte], `${n} bytes, then ${byte}`).toBe(canonicalBits([...data.subarray(0, n), byte], level));
        oracle.push(data[n]);
      }
    }
  });

  it('come back with a rollback, over blocks and windows', () => {
    const below = randomOf(9);
    for (const level of [0, 1, 3, 4, 6, 9]) {
      const data = structured(below, 40_000);
      const other = structured(below, 70_000);
      const oracle = oracleOf(data.subarray(0, 30_000), level);
      const mark = oracle.mark();
      const inner: Mark[] = [];
      for (const [i, byte] of other.entries()) {
        if (i % 9000 === 0) inner.push(oracle.mark());
        oracle.push(byte);
      }
      oracle.release(inner[5]);
      oracle.rollback(inner[2]);
      oracle.rollback(mark);
      expect(oracle.length).toBe(30_000);
      expect(oracle.bits()).toBe(canonicalBits(data.subarray(0, 30_000), level));
      for (const byte of data.subarray(30_000)) oracle.push(byte);
      expect(oracle.bits()).toBe(canonicalBits(data, level));
    }
  });

  it('keep the laws of oracles', () => {
    for (const level of LEVELS)
      checkOracle(
        () => new DeflateOracle({ level, format: 'raw' }),
        { seed: 10 + level, runs: 10 },
        (symbols) => canonicalBits(symbols, level),
      );
  });

  it('count headers and trailers, and whole bytes', () => {
    const data = textBytes(2000, 11);
    for (const [format, coded] of [
      ['zlib', deflate(data, { legacyHash: true })],
      ['gzip', gzip(data, { legacyHash: true })],
      ['raw', canonical(data, 6)],
    ] as const) {
      const oracle = new DeflateOracle({ format });
      for (const byte of data) oracle.push(byte);
      expect(oracle.bytes(), format).toBe(coded.length);
      expect(oracle.bits()).toBe(canonicalBits(data, 6) + { zlib: 48, gzip: 144, raw: 0 }[format]);
    }
  });
});

describe('an oracle of deflate', () => {
  it('refuses what it cannot do', () => {
    for (const level of [-1, 10, 1.5, NaN]) expect(() => new DeflateOracle({ level })).toThrow(RangeError);
    expect(() => new DeflateOracle({ format: 'zip' as 'zlib' })).toThrow(TypeError);
    expect(() => new DeflateOracle({ format: 'toString' as 'zlib' })).toThrow(TypeError);
    expect(() => new DeflateOracle({ journalBytes: 100 })).toThrow(RangeError);
  });

  it('says when its undo log is full, and is as before', () => {
    const oracle = new DeflateOracle({ journalBytes: 2 ** 17 });
    const before = oracle.memoryBytes;
    const mark = oracle.mark();
    const data = randomBytes(5000, 12);
    let n = 0;
    expect(() => {
      for (; n < data.length; n++) oracle.push(data[n]);
    }).toThrow(/undo log is full/);
    expect(n).toBeGreaterThan(500);
    expect(oracle.length).toBe(n);
    expect(oracle.bits()).toBe(canonicalBits(data.subarray(0, n), 6) + 48);
    expect(oracle.memoryBytes).toBeLessThanOrEqual(before + 2 ** 17);
    expect(() => {
      for (;;) oracle.mark();
    }).toThrow(/undo log is full/);
    oracle.rollback(mark);
    expect(oracle.bits()).toBe(48 + 10);
    for (const byte of data) oracle.push(byte);
    expect(oracle.bits()).toBe(canonicalBits(data, 6) + 48);
  });
});
