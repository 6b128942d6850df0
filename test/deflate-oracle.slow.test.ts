import { describe, expect, it } from 'vitest';
import { DeflateOracle } from '../src/sampling/deflate.ts';
import { canonicalBits, structured } from './support/deflate.ts';
import { randomOf } from './support/random.ts';

const ALL = Array.from({ length: 256 }, (_, byte) => byte);
const PARTS = 20;
const INPUTS = 5000;

/** Most are small, every hundredth may fill several blocks, every thousandth several windows. */
function sizeOf(below: (n: number) => number, i: number): number {
  if (i % 1000 === 0) return below(300_001);
  if (i % 100 === 0) return below(70_000);
  return below([20, 100, 500, 2500, 6000][i % 5]);
}

describe.each(Array.from({ length: PARTS }, (_, part) => part))('part %i', (part) => {
  it(`${INPUTS} inputs have the lengths of canonical zlib, with rollbacks between`, { timeout: 600_000 }, () => {
    const below = randomOf(1000 + part);
    // One oracle a level for all inputs: each is taken back when it is done.
    const oracles = Array.from({ length: 9 }, (_, i) => new DeflateOracle({ level: i + 1, format: 'raw' }));
    const lengths = new Float64Array(256);
    for (let i = 0; i < INPUTS; i++) {
      const level = 1 + below(9);
      const oracle = oracles[level - 1];
      const data = structured(below, sizeOf(below, i));
      const where = `part ${part}, input ${i}: level ${level}, ${data.length} bytes`;
      const start = oracle.mark();
      // Wrong ways are taken at two places, one within the other, and kept or taken back.
      const forks = [below(data.length + 1), below(data.length + 1)].sort((a, b) => a - b);
      let at = 0;
      const go = (to: number) => {
        for (; at < to; at++) oracle.push(data[at]);
      };
      for (const fork of forks) {
        go(fork);
        const mark = oracle.mark();
        const from = below(data.length + 1);
        for (let k = 0; k < Math.min(below(600), data.length - from); k++) oracle.push(data[from + k]);
        if (below(2)) oracle.bits();
        const inner = oracle.mark();
        for (let k = below(300); k > 0; k--) oracle.push(below(256));
        if (below(2)) oracle.release(inner);
        oracle.rollback(mark);
      }
      if (below(10) === 0) {
        // Candidates here, all against push and rollback, one against zlib.
        oracle.bitsAfter(ALL, lengths);
        for (const byte of ALL) {
          const mark = oracle.mark();
          oracle.push(byte);
          if (oracle.bits() !== lengths[byte]) expect(lengths[byte], `${where}, then ${byte}`).toBe(oracle.bits());
          oracle.rollback(mark);
        }
        const byte = below(256);
        const expected = canonicalBits([...data.subarray(0, at), byte], level);
        if (lengths[byte] !== expected) expect(lengths[byte], `${where}, ${at} of them, then ${byte}`).toBe(expected);
      }
      go(data.length);
      const expected = canonicalBits(data, level);
      const bits = oracle.bits();
      if (bits !== expected || oracle.length !== data.length) expect(bits, where).toBe(expected);
      oracle.rollback(start);
    }
    for (const oracle of oracles) expect(oracle.bits()).toBe(10);
  });
});
