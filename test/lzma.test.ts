import { describe, expect, it } from 'vitest';
import { SurprisalError } from '../src/errors.ts';
import { LzmaOracle, type LzmaParameters } from '../src/sampling/lzma.ts';
import { lzmaDecode } from '../src/sampling/lzma-decode.ts';
import { lzmaEncode } from '../src/sampling/lzma-encode.ts';
import { crc32, put32 } from '../src/sampling/lzma-xz.ts';
import { bitsAfter } from '../src/sampling/oracle.ts';
import { readLzma } from './reference/lzma.ts';
import { copies, records, texts } from './support/lzma.ts';
import { randomOf, textBytes } from './support/random.ts';
import { checkOracle } from './support/sequences.ts';

const parameters: Record<string, LzmaParameters> = {
  default: {},
  'lc 0, lp 2, pb 0, a small window, short matches': {
    lc: 0,
    lp: 2,
    pb: 0,
    dictionarySize: 4096,
    niceLength: 8,
    depth: 3,
  },
  'lc 4, pb 4, the longest matches': { lc: 4, lp: 0, pb: 4, dictionarySize: 65536, niceLength: 273, depth: 200 },
};

const GOLDEN_ALONE = '5d000010000d000000000000000031184a2bfebcaf3c738000';
const GOLDEN_XZ =
  'fd377a585a0000016922de360200210110000000a8708e8601000c62616e616e612062616e616e610000000063debf1b0001210d75dca8d29042990d010000000001595a';
/** Costs in 2^-20 bits, and checksums of files. */
const GOLDEN_SUMS: unknown[] = [
  ['nothing', 0, 11232342],
  ['one byte', 9437184, 1855597361],
  ['text', 5034097908, 3933256507],
  ['noise', 17034319750, 2732094209],
  ['zeros', 116321162, 1723800565],
  ['records', 4319118271, 3443437033],
  ['copies', 2758930617, 1624070154],
  ['two letters', 3056537664, 371745510],
];

const measured = (text: Uint8Array, options: object): LzmaOracle => {
  const oracle = new LzmaOracle(options);
  oracle.pushAll(text);
  return oracle;
};

/** The error of a call, which there must be. */
function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe.each(Object.entries(parameters))('LZMA with parameters %s', (_, options) => {
  it.each(Object.entries(texts(2500)))('codes what it measures: %s', (_name, text) => {
    const file = lzmaEncode(text, { ...options, format: 'alone' });
    const { bytes, cost } = readLzma(file);
    expect(bytes).toEqual([...text]);
    const bits = measured(text, options).bits();
    expect(bits, 'the plain model on the same decisions').toBe(cost / 2 ** 20);
    // The range coder rounds down the sizes of intervals.
    expect(Math.abs(file.length - 13 - 5 - bits / 8)).toBeLessThan(1 + text.length / 4000);
    expect(lzmaDecode(file)).toEqual(text);
    for (const check of ['none', 'crc32', 'crc64'] as const)
      expect(lzmaDecode(lzmaEncode(text, { ...options, check }))).toEqual(text);
  });

  it('is an oracle with undo', () => {
    checkOracle(() => new LzmaOracle(options), { seed: 1, runs: 12 });
    checkOracle(() => new LzmaOracle({ ...options, format: 'xz' }), { seed: 1, runs: 2 });
    checkOracle(() => new LzmaOracle({ ...options, format: 'alone' }), { seed: 1, runs: 2 });
    checkOracle(() => new LzmaOracle(options), {
      seed: 2,
      runs: 4,
      warm: copies(1500, 8),
      data: copies(3000, 8),
      step: 400,
    });
    checkOracle(() => new LzmaOracle(options), {
      seed: 3,
      runs: 3,
      warm: new Uint8Array(400),
      data: new Uint8Array(9),
      step: 300,
    });
  });

  it('takes much back', () => {
    const oracle = measured(copies(2000, 3), options);
    const before = oracle.bits();
    const mark = oracle.mark();
    oracle.pushAll(copies(20_000, 4));
    const inner = oracle.mark();
    oracle.pushAll(new Uint8Array(2000));
    oracle.rollback(inner);
    const after = oracle.bits();
    oracle.rollback(mark);
    expect(oracle.bits()).toBe(before);
    oracle.pushAll(copies(20_000, 4));
    expect(oracle.bits()).toBe(after);
  });

  it.each(Object.entries(texts(600)))('measures all bytes at once as one by one: %s', (_name, text) => {
    const oracle = new LzmaOracle(options);
    const all = Array.from({ length: 256 }, (_, byte) => byte);
    const bulk = new Float64Array(256);
    const random = randomOf(5);
    for (const byte of text) {
      if (random(30) === 0) {
        bitsAfter(oracle, all, bulk);
        const single = all.map((candidate) => {
          const mark = oracle.mark();
          oracle.push(candidate);
          const bits = oracle.bits();
          oracle.rollback(mark);
          return bits;
        });
        expect([...bulk]).toEqual(single);
      }
      oracle.push(byte);
    }
    expect(oracle.bits()).toBe(measured(text, options).bits());
  });
});

describe('formats', () => {
  const text = textBytes(5000, 3);

  it('measures whole files', () => {
    for (const length of [0, 1, 20, 5000]) {
      const part = text.subarray(0, length);
      for (const format of ['alone', 'xz'] as const) {
        const bits = measured(part, { format }).bits();
        const file = lzmaEncode(part, { format });
        expect(file.length - bits / 8, `${format}, ${length} bytes`).toBeGreaterThan(-3);
        expect(file.length - bits / 8, `${format}, ${length} bytes`).toBeLessThan(9);
      }
    }
  });

  it('counts chunks, and stores what does not shrink', () => {
    const noise = texts(80_000).noise;
    const bits = measured(noise, { format: 'xz' }).bits();
    const file = lzmaEncode(noise, { format: 'xz' });
    expect(Math.abs(file.length - bits / 8)).toBeLessThan(8);
    expect(file.length).toBeLessThan(80_090);
    const mixed = records(130_000, 6);
    for (let i = 0; i < mixed.length; i += 2) mixed[i] = noise[i >> 1];
    const mixedBits = measured(mixed, { format: 'xz' }).bits();
    const mixedFile = lzmaEncode(mixed, { format: 'xz' });
    expect(mixedFile.length).toBeLessThan(120_000);
    expect(mixedFile.length).toBeGreaterThan(66_000);
    expect(Math.abs(mixedFile.length - mixedBits / 8)).toBeLessThan(12);
    expect(lzmaDecode(mixedFile)).toEqual(mixed);
  });

  it('gives golden bits and files', () => {
    const banana = new TextEncoder().encode('banana banana');
    expect(measured(banana, {}).bits()).toBe(60.869635581970215);
    const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    expect(hex(lzmaEncode(banana, { format: 'alone' }))).toBe(GOLDEN_ALONE);
    expect(hex(lzmaEncode(banana))).toBe(GOLDEN_XZ);
    const sums = Object.entries(texts(2000)).map(([name, text]) => [
      name,
      measured(text, {}).bits() * 2 ** 20,
      crc32(lzmaEncode(text)),
    ]);
    expect(sums).toEqual(GOLDEN_SUMS);
  });
});

describe('decoding what others damaged', () => {
  const text = textBytes(700, 9);
  const files = [
    lzmaEncode(text, { format: 'alone' }),
    lzmaEncode(text),
    lzmaEncode(text, { check: 'none' }),
    lzmaEncode(texts(300).noise, { check: 'crc64' }),
    lzmaEncode(new Uint8Array(0)),
  ];

  it('says so when the end is missing', () => {
    for (const file of files)
      for (let length = 0; length < file.length; length++) {
        const error = errorOf(() => lzmaDecode(file.subarray(0, length)));
        expect(error).toBeInstanceOf(SurprisalError);
        expect((error as SurprisalError).code).toBe('truncated');
      }
  });

  it('never hangs and never throws anything else', () => {
    const random = randomOf(77);
    for (let i = 0; i < 1500; i++) {
      const file = files[i % files.length].slice();
      for (let k = 1 + random(3); k > 0; k--) file[random(file.length)] ^= 1 << random(8);
      try {
        expect(lzmaDecode(file, { maxOutputSize: 100_000 }).length).toBeLessThanOrEqual(100_000);
      } catch (error) {
        if (!(error instanceof SurprisalError)) throw error;
        expect(['corrupt', 'truncated', 'unsupported', 'limit']).toContain(error.code);
      }
    }
  });

  it('finds out what checksums do not', () => {
    const random = randomOf(78);
    const indexSize = 8;
    for (let i = 0; i < 1500; i++) {
      const file = files[1 + (i % 3)].slice();
      const index = file.length - 12 - indexSize - 4;
      // The parts that have checksums of their own: the ends of the stream, a block's header, the index.
      const parts = [
        [6, 8],
        [12, 20],
        [index, index + indexSize],
        [file.length - 8, file.length - 2],
      ];
      const which = random(4);
      const [from, to] = parts[which];
      for (let k = 1 + random(3); k > 0; k--)
        file[from + random(to - from)] = random(2) === 0 ? random(5) : random(256);
      put32(file, which === 3 ? file.length - 12 : to, crc32(file.subarray(from, to)));
      try {
        lzmaDecode(file, { maxOutputSize: 100_000 });
      } catch (error) {
        if (!(error instanceof SurprisalError)) throw error;
        expect(['corrupt', 'truncated', 'unsupported', 'limit']).toContain(error.code);
      }
    }
  });

  it('finds every damaged byte of an .xz file with a check', () => {
    const file = lzmaEncode(text, { check: 'crc64' });
    for (let at = 0; at < file.length; at++) {
      const damaged = file.slice();
      damaged[at] ^= 4;
      expect(errorOf(() => lzmaDecode(damaged))).toBeInstanceOf(SurprisalError);
    }
  });

  it('keeps to its limit', () => {
    const zeros = new Uint8Array(50_000);
    for (const format of ['alone', 'xz'] as const) {
      const file = lzmaEncode(zeros, { format });
      expect(errorOf(() => lzmaDecode(file, { maxOutputSize: 49_999 }))).toMatchObject({ code: 'limit' });
      expect(lzmaDecode(file, { maxOutputSize: 50_000 })).toEqual(zeros);
    }
    // A header of unknown length, and nothing but the limit to end it.
    const endless = lzmaEncode(zeros, { format: 'alone' });
    endless.fill(255, 5, 13);
    expect(errorOf(() => lzmaDecode(endless, { maxOutputSize: 100 }))).toMatchObject({ code: 'limit' });
  });

  it('decodes several streams with padding between them', () => {
    const one = lzmaEncode(text);
    const two = new Uint8Array(2 * one.length + 8);
    two.set(one);
    two.set(one, one.length + 8);
    const out = lzmaDecode(two);
    expect(out.length).toBe(2 * text.length);
    expect(out.subarray(text.length)).toEqual(text);
    expect(errorOf(() => lzmaDecode(two.subarray(0, one.length + 3)))).toMatchObject({ code: 'corrupt' });
  });
});

it('refuses misuse', () => {
  for (const wrong of [{ lc: 9 }, { lp: -1 }, { pb: 1.5 }, { dictionarySize: 5000 }, { niceLength: 7 }, { depth: 0 }]) {
    expect(() => new LzmaOracle(wrong)).toThrow(RangeError);
    expect(() => lzmaEncode(new Uint8Array(1), wrong)).toThrow(RangeError);
  }
  expect(() => new LzmaOracle({ lc: 4, lp: 1, format: 'xz' })).toThrow(RangeError);
  expect(() => new LzmaOracle({ lc: '3' as never })).toThrow(TypeError);
  expect(() => new LzmaOracle({ format: 'zip' as never })).toThrow(TypeError);
  expect(() => lzmaEncode('text' as never)).toThrow(TypeError);
  expect(() => lzmaEncode(new Uint8Array(1), { check: 'toString' as never })).toThrow(TypeError);
  expect(() => lzmaDecode([] as never)).toThrow(TypeError);
  expect(() => lzmaDecode(new Uint8Array(1), { maxOutputSize: -1 })).toThrow(RangeError);
});
