import { expect, test } from 'vitest';
import dom from '../node_modules/typescript/lib/lib.dom.d.ts?raw';
import { LzmaOracle } from '../src/sampling/lzma.ts';
import { lzmaDecode } from '../src/sampling/lzma-decode.ts';
import { lzmaEncode } from '../src/sampling/lzma-encode.ts';
import { readLzma } from './reference/lzma.ts';
import { copies, records, texts } from './support/lzma.ts';
import { randomBytes, randomOf } from './support/random.ts';

const all = Array.from({ length: 256 }, (_, byte) => byte);
const large: [string, Uint8Array][] = [
  ['declarations', new TextEncoder().encode(dom).subarray(0, 700_000)],
  ['copies', copies(500_000, 1)],
  ['records', records(500_000, 2)],
];

test.each(large)('the model equals the plain one: %s', (_, text) => {
  for (const options of [{}, { lc: 0, lp: 3, pb: 1, dictionarySize: 2 ** 13, depth: 20, niceLength: 100 }]) {
    const file = lzmaEncode(text, { ...options, format: 'alone' });
    const { bytes, cost } = readLzma(file);
    expect(Uint8Array.from(bytes)).toEqual(text);
    const oracle = new LzmaOracle(options);
    oracle.pushAll(text);
    expect(oracle.bits()).toBe(cost / 2 ** 20);
    expect(Math.abs(file.length - 18 - oracle.bits() / 8)).toBeLessThan(5);
    expect(lzmaDecode(file)).toEqual(text);
    expect(lzmaDecode(lzmaEncode(text, options))).toEqual(text);
  }
});

test.each([...large, ...Object.entries(texts(20_000))])('all bytes at once are as one by one: %s', (_, text) => {
  const random = randomOf(3);
  const bulk = new Float64Array(256);
  for (const options of [{}, { niceLength: 12, depth: 8, dictionarySize: 2 ** 12 }, { niceLength: 273, pb: 0 }]) {
    const oracle = new LzmaOracle(options);
    for (const byte of text.subarray(0, 60_000)) {
      if (random(60) === 0) {
        oracle.bitsAfter(all, bulk);
        for (const candidate of all) {
          const mark = oracle.mark();
          oracle.push(candidate);
          if (oracle.bits() !== bulk[candidate])
            throw new Error(`byte ${candidate}: ${oracle.bits()}, ${bulk[candidate]}`);
          oracle.rollback(mark);
        }
      }
      oracle.push(byte);
    }
  }
});

test('a prompt of 700 kB is taken back and comes again', () => {
  const [[, text]] = large;
  const oracle = new LzmaOracle();
  oracle.pushAll(text.subarray(0, 1000));
  const mark = oracle.mark();
  oracle.pushAll(text.subarray(1000));
  const bits = oracle.bits();
  oracle.rollback(mark);
  oracle.pushAll(text.subarray(1000));
  expect(oracle.bits()).toBe(bits);
});

test('chunks are counted as they are written', () => {
  const [[, text]] = large;
  const oracle = new LzmaOracle({ format: 'xz' });
  const bulk = new Float64Array(256);
  const twice = new Uint8Array(2 * text.length);
  twice.set(copies(text.length, 12));
  twice.set(text, text.length);
  let from = 0;
  for (const length of [100_000, 250_000, 500_000, 700_000, 900_000, 1_400_000]) {
    oracle.pushAll(twice.subarray(from, length));
    from = length;
    const file = lzmaEncode(twice.subarray(0, length), { dictionarySize: 2 ** 20 });
    expect(Math.abs(file.length - oracle.bits() / 8)).toBeLessThan(10);
  }
  // Past where a chunk ends, byte by byte.
  const crossing = new LzmaOracle({ format: 'xz' });
  crossing.pushAll(copies(500_000, 14));
  for (const [i, byte] of randomBytes(70_000, 15).entries()) {
    const look = i % 20 === 0;
    if (look) crossing.bitsAfter(all, bulk);
    crossing.push(byte);
    if (look && crossing.bits() !== bulk[byte]) throw new Error(`${crossing.bits()} and ${bulk[byte]} at ${i}`);
  }
});
