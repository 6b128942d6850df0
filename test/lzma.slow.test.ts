import { expect, test } from 'vitest';
import dom from '../node_modules/typescript/lib/lib.dom.d.ts?raw';
import { LzmaOracle } from '../src/sampling/lzma.ts';
import { lzmaDecode } from '../src/sampling/lzma-decode.ts';
import { lzmaEncode } from '../src/sampling/lzma-encode.ts';
import { readLzma } from './reference/lzma.ts';
import { copies, records, texts } from './support/lzma.ts';
import { randomOf } from './support/random.ts';

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
