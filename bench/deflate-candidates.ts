// Microseconds a candidate: how long each of the 256 bytes that could come next would make a deflate stream. Ours to
// the bit, and all again in whole bytes with zlib as the notebook does it: Node's deflateSync and pako.
//
//   npx tsx bench/deflate-candidates.ts [FILE] [--level 6] [--states 40]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { deflateSync } from 'node:zlib';
import { deflate as pakoDeflate } from 'pako';
import { DeflateOracle } from '../src/sampling/deflate.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    level: { type: 'string', default: '6' },
    states: { type: 'string', default: '40' },
    sizes: { type: 'string', default: '500,2000,30000' },
  },
});
const level = Number(values.level);
const states = Number(values.states);
const file = positionals[0] ?? new URL('../node_modules/typescript/lib/lib.dom.d.ts', import.meta.url);
const data = readFileSync(file);

function median(numbers: number[]): number {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[sorted.length >> 1];
}

/** Microseconds a candidate of what is run on prompts of `size` bytes at several places of the file. */
function measure(size: number, runs: number, prepare: (at: number) => () => unknown): number {
  const times: number[] = [];
  for (let i = 0; i < runs + 3; i++) {
    const run = prepare(Math.floor((i * (data.length - size - runs - 4)) / (runs + 3)));
    const start = performance.now();
    run();
    if (i >= 3) times.push(((performance.now() - start) * 1000) / 256);
  }
  return median(times);
}

const ALL = Array.from({ length: 256 }, (_, byte) => byte);
const lengths = new Float64Array(256);
const wide = (text: string, width = 12) => text.padStart(width);

console.log(`${file}, level ${level}: median microseconds a candidate, 256 candidates`);
console.log(
  ['prompt', 'ours', 'push+bits', 'deflateSync', 'pako', 'deflateSync/ours'].map((t) => wide(t, 17)).join(''),
);
for (const size of values.sizes.split(',').map(Number)) {
  const oracle = new DeflateOracle({ level });
  // Warm.
  for (const byte of data.subarray(0, 3000)) oracle.push(byte);
  for (let i = 0; i < 200; i++) oracle.bitsAfter(ALL, lengths);
  const ours = measure(size, states, (at) => {
    const oracle = new DeflateOracle({ level });
    for (const byte of data.subarray(at, at + size)) oracle.push(byte);
    oracle.bits();
    return () => oracle.bitsAfter(ALL, lengths);
  });
  const alone = measure(size, Math.min(states, 20), (at) => {
    const oracle = new DeflateOracle({ level });
    for (const byte of data.subarray(at, at + size)) oracle.push(byte);
    oracle.bits();
    return () => {
      for (const byte of ALL) {
        const mark = oracle.mark();
        oracle.push(byte);
        lengths[byte] = oracle.bits();
        oracle.rollback(mark);
      }
    };
  });
  const naive = (code: (bytes: Uint8Array) => unknown, runs: number) =>
    measure(size, runs, (at) => {
      const bytes = Uint8Array.from(data.subarray(at, at + size + 1));
      return () => {
        for (const byte of ALL) {
          bytes[size] = byte;
          code(bytes);
        }
      };
    });
  const node = naive((bytes) => deflateSync(bytes, { level }), 7);
  const pako = naive((bytes) => pakoDeflate(bytes, { level: level as 6, legacyHash: true }), 3);
  console.log(
    [`${size}`, ours.toFixed(2), alone.toFixed(2), node.toFixed(1), pako.toFixed(1), (node / ours).toFixed(0)]
      .map((t) => wide(t, 17))
      .join(''),
  );
}
