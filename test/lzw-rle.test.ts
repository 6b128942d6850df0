import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import fc from 'fast-check';
// @ts-expect-error has no types
import omggif from 'omggif';
import { describe, expect, test } from 'vitest';
import { SurprisalError } from '../src/errors.ts';
import { type LzwCodeOptions, LzwOracle, lzwDecode, lzwEncode } from '../src/sampling/lzw.ts';
import { bitsAfter } from '../src/sampling/oracle.ts';
import { RleOracle, rleDecimal, rleDecode, rleEncode } from '../src/sampling/rle.ts';
import { lzwInput } from './support/lzw_vectors.ts';
import { randomBytes, randomOf, textBytes } from './support/random.ts';
import { checkOracle } from './support/sequences.ts';
import vectors from './vectors/lzw.json' with { type: 'json' };

const { GifReader, GifWriter } = omggif;

const concat = (...parts: ArrayLike<number>[]) => Uint8Array.from(parts.flatMap((part) => Array.from(part)));

/** Symbols in runs and repeats. */
const symbolsOf = (alphabetSize: number) =>
  fc
    .array(
      fc.oneof(
        fc.tuple(fc.nat(alphabetSize - 1), fc.integer({ min: 1, max: 40 })).map(([s, n]) => Array<number>(n).fill(s)),
        fc.array(fc.nat(alphabetSize - 1), { maxLength: 30 }),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.flat());

/** Damaged and random bytes give symbols or a SurprisalError, and never much memory. */
function fuzz(decode: (bytes: Uint8Array) => unknown, sample: Uint8Array): void {
  const random = randomOf(5);
  for (let i = 0; i < 300; i++) {
    const damaged =
      i % 4 === 0 ? randomBytes(random(60), i) : sample.slice(0, i % 3 === 0 ? random(sample.length) : undefined);
    if (i % 4 !== 0) for (let k = random(4); k >= 0; k--) damaged[random(damaged.length)] = random(256);
    try {
      decode(damaged);
    } catch (error) {
      expect(error).toBeInstanceOf(SurprisalError);
      expect(['truncated', 'corrupt', 'unsupported', 'limit']).toContain((error as SurprisalError).code);
    }
  }
}

const codeOf = (call: () => unknown): string | undefined => {
  try {
    call();
  } catch (error) {
    return (error as SurprisalError).code;
  }
  return undefined;
};

describe('run lengths', () => {
  test('of the notebook', () => {
    for (const alphabetSize of [10, 256])
      checkOracle(
        () => new RleOracle({ code: 'decimal', alphabetSize }),
        { seed: 1, runs: 20 },
        (symbols) => 8 * rleDecimal(symbols).length,
      );
    expect([...rleDecimal([])]).toEqual([]);
    expect([...rleDecimal([7, 5, 5, ...Array(123).fill(48), 0])]).toEqual([7, 5, 50, 48, 49, 50, 51, 0]);
    const oracle = new RleOracle({ code: 'decimal' });
    const bytes: number[] = [];
    for (let run = 1; run < 2000; run++) {
      oracle.push(9);
      bytes.push(oracle.bits() / 8);
    }
    expect([1, 2, 9, 10, 99, 100, 999, 1000].map((run) => bytes[run - 1])).toEqual([1, 2, 2, 3, 3, 4, 4, 5]);
  });

  test('in gamma codes', () => {
    for (const alphabetSize of [1, 2, 3, 10, 256, 257, 65536])
      checkOracle(
        () => new RleOracle({ alphabetSize }),
        { seed: 2, runs: 8 },
        (symbols) => rleEncode(symbols, { alphabetSize }).bits,
      );
  });

  test('come back', () => {
    for (const alphabetSize of [1, 2, 5, 256, 1000])
      fc.assert(
        fc.property(symbolsOf(alphabetSize), (symbols) => {
          const { bytes, bits } = rleEncode(symbols, { alphabetSize });
          expect(bytes.length).toBe(Math.ceil(bits / 8));
          expect([...rleDecode(bytes, { alphabetSize })]).toEqual(symbols);
          expect(codeOf(() => rleDecode(bytes.subarray(0, bytes.length - 1), { alphabetSize }))).toBe('truncated');
        }),
        { seed: 3, numRuns: 60 },
      );
    expect(rleEncode(new Uint8Array(1e6), { alphabetSize: 2 }).bits).toBe(40);
  });

  test('have no code that is the beginning of another', () => {
    const bitsOf = (symbols: number[]) => {
      const { bytes, bits } = rleEncode(symbols, { alphabetSize: 2 });
      return Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0'))
        .join('')
        .slice(0, bits);
    };
    const codes = Array.from({ length: 511 }, (_, n) =>
      bitsOf([...(n + 1).toString(2).slice(1)].map(Number)).padEnd(64, '.'),
    );
    // In order, a code would stand right before what it is the beginning of.
    codes.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    for (let i = 1; i < codes.length; i++) expect(codes[i].startsWith(codes[i - 1].replaceAll('.', ''))).toBe(false);
  });

  test('of damaged bytes', () => {
    for (const alphabetSize of [1, 5, 256]) {
      const { bytes } = rleEncode(
        Array.from(textBytes(60, 1), (byte) => byte % alphabetSize),
        { alphabetSize },
      );
      fuzz((damaged) => rleDecode(damaged, { alphabetSize, maxOutputSize: 1e5 }), bytes);
    }
    expect(codeOf(() => rleDecode(new Uint8Array(20)))).toBe('corrupt');
    expect(codeOf(() => rleDecode(rleEncode(new Uint8Array(1001)).bytes, { maxOutputSize: 1000 }))).toBe('limit');
  });

  test('misused', () => {
    expect(() => new RleOracle({ code: 'decimal', alphabetSize: 257 })).toThrow(RangeError);
    expect(() => new RleOracle({ alphabetSize: 0 })).toThrow(RangeError);
    expect(() => new RleOracle({ code: 'x' as 'gamma' })).toThrow(/decimal and gamma/);
    expect(() => rleEncode([256])).toThrow(RangeError);
    expect(() => rleDecode([1] as unknown as Uint8Array)).toThrow(TypeError);
    expect(() => rleDecode(new Uint8Array(4), { maxOutputSize: NaN })).toThrow(RangeError);
  });
});

/** Bits of the code stream of a GIF that omggif wrote: what its sub-blocks hold. */
function gifCodes(symbols: Uint8Array, colours: number): Uint8Array {
  const buffer = new Uint8Array(symbols.length * 2 + 2000);
  const writer = new GifWriter(buffer, symbols.length, 1, { palette: Array(colours).fill(0) });
  writer.addFrame(0, 0, symbols.length, 1, symbols);
  const end = writer.end();
  // Header 13, palette, image descriptor 10, width of symbols 1; then blocks that begin with their length.
  const parts: Uint8Array[] = [];
  for (let at = 13 + 3 * colours + 10 + 1; buffer[at] !== 0 && at < end; at += buffer[at] + 1)
    parts.push(buffer.subarray(at + 1, at + 1 + buffer[at]));
  return concat(...parts);
}

/** A GIF of one row with a given code stream. */
function gifWith(codes: Uint8Array, length: number, width: number): Uint8Array {
  const blocks: number[] = [];
  for (let at = 0; at < codes.length; at += 255)
    blocks.push(Math.min(255, codes.length - at), ...codes.subarray(at, at + 255));
  const size = [length & 255, length >> 8, 1, 0];
  const header = [71, 73, 70, 56, 57, 97, ...size, 0xf7, 0, 0, ...Array(768).fill(0)];
  return concat(header, [0x2c, 0, 0, 0, 0, ...size, 0, width], blocks, [0, 0x3b]);
}

const pixels = (gif: Uint8Array, length: number): number[] => {
  // The reader gives colours: a palette of greys tells symbols apart.
  for (let i = 0; i < 256; i++) gif.fill(i, 13 + 3 * i, 16 + 3 * i);
  const rgba = new Uint8Array(length * 4);
  new GifReader(gif).decodeAndBlitFrameRGBA(0, rgba);
  return Array.from({ length }, (_, i) => rgba[4 * i]);
};

const conventions: (LzwCodeOptions & { alphabetSize?: number })[] = [
  {},
  { convention: 'gif' },
  { convention: 'gif', alphabetSize: 2 },
  { convention: 'gif', alphabetSize: 10 },
  { convention: 'gif', alphabetSize: 10, early: true },
  { convention: 'compress' },
  { convention: 'compress', maxBits: 10 },
];

describe('LZW', () => {
  test.for(conventions)('lengths in %j', (options) => {
    checkOracle(
      () => new LzwOracle(options),
      { seed: 4, runs: 20 },
      (symbols) => lzwEncode(symbols, options).bits,
    );
  });

  test.for(conventions)('comes back in %j', (options) => {
    fc.assert(
      fc.property(symbolsOf(options.alphabetSize ?? 256), (symbols) => {
        const { bytes } = lzwEncode(symbols, options);
        expect([...lzwDecode(bytes, options)]).toEqual(symbols);
      }),
      { seed: 5, numRuns: 60 },
    );
    for (const n of [253, 254, 255, 256, 257, 258, 600, 9000, 40_000]) {
      const symbols = randomBytes(n, n).map((byte) => byte % (options.alphabetSize ?? 256));
      const { bytes, bits } = lzwEncode(symbols, options);
      expect(bytes.length).toBe(options.convention === undefined ? Math.floor(bits / 8) + 1 : Math.ceil(bits / 8));
      const back = lzwDecode(bytes, options);
      expect(back.length).toBe(n);
      expect(back.findIndex((byte, i) => byte !== symbols[i])).toBe(-1);
      const oracle = new LzwOracle(options);
      for (const symbol of symbols) oracle.push(symbol);
      expect(oracle.bits()).toBe(bits);
    }
  });

  test('is that of lzw3, which cannot decode all of it', () => {
    for (const { input, bytes, sha256: sum } of vectors.lzw3) {
      const symbols = lzwInput(input);
      const coded = lzwEncode(symbols).bytes;
      expect([coded.length, bytesToHex(sha256(coded))]).toEqual([bytes, sum]);
      expect(lzwDecode(coded)).toEqual(symbols);
    }
  });

  test('is that of ncompress', () => {
    for (const { input, max_bits: maxBits, bytes, sha256: sum } of vectors.compress) {
      const symbols = lzwInput(input);
      const { bytes: coded, bits } = lzwEncode(symbols, { convention: 'compress', maxBits });
      expect([coded.length, bytesToHex(sha256(coded))], `${input}`).toEqual([bytes, sum]);
      const back = lzwDecode(coded, { convention: 'compress' });
      expect(back.findIndex((byte, i) => byte !== symbols[i])).toBe(-1);
      const oracle = new LzwOracle({ convention: 'compress', maxBits });
      for (const symbol of symbols) oracle.push(symbol);
      expect(oracle.bits()).toBe(bits);
    }
  });

  test('is that of omggif', () => {
    for (const [length, colours] of [
      [1, 4],
      [300, 4],
      [5000, 16],
      [20_000, 256],
      [60_000, 256],
    ]) {
      const symbols = randomBytes(length, length).map((byte) => (byte * byte) % colours);
      const options = { convention: 'gif', alphabetSize: colours } as const;
      const { bytes } = lzwEncode(symbols, options);
      expect(bytes).toEqual(gifCodes(symbols, colours));
      const width = Math.log2(colours);
      expect(pixels(gifWith(bytes, length, width), length)).toEqual([...symbols]);
    }
  });

  test('begins anew while marks are held, and goes back', () => {
    // Text, then noise: compress looks at its ratio at 10,000 and 20,000 symbols, GIF clears every few thousand.
    const data = concat(textBytes(10_000, 1), randomBytes(11_000, 2));
    for (const options of [{ convention: 'gif' }, { convention: 'compress', maxBits: 10 }] as const) {
      const oracle = new LzwOracle(options);
      for (let i = 0; i < 9_900; i++) oracle.push(data[i]);
      const all = Array.from({ length: 256 }, (_, i) => i);
      const lengths = new Float64Array(256);
      const outer = oracle.mark();
      const before = oracle.bits();
      let asked = 0;
      for (let i = 9_900; i < data.length; i++) {
        if (i % 1009 === 0 || (i > 9_997 && i < 10_003) || (i > 19_997 && i < 20_008)) {
          bitsAfter(oracle, all, lengths);
          for (const symbol of [data[i], 3, 200]) {
            const exact = lzwEncode([...data.subarray(0, i), symbol], options).bits;
            const mark = oracle.mark();
            oracle.push(symbol);
            expect([lengths[symbol], oracle.bits()]).toEqual([exact, exact]);
            oracle.rollback(mark);
            asked++;
          }
        }
        oracle.push(data[i]);
      }
      expect(asked).toBeGreaterThan(60);
      expect(oracle.bits()).toBe(lzwEncode(data, options).bits);
      oracle.rollback(outer);
      expect(oracle.bits()).toBe(before);
      for (let i = 9_900; i < data.length; i++) oracle.push(data[i]);
      expect(oracle.bits()).toBe(lzwEncode(data, options).bits);
    }
  });

  test('of damaged bytes', () => {
    for (const options of conventions) {
      const alphabetSize = options.alphabetSize ?? 256;
      for (const size of [40, 700]) {
        const { bytes } = lzwEncode(
          textBytes(size, 1).map((byte) => byte % alphabetSize),
          options,
        );
        fuzz((damaged) => lzwDecode(damaged, { ...options, maxOutputSize: 1e5 }), bytes);
      }
      const { bytes } = lzwEncode(new Uint8Array(2000), options);
      expect(codeOf(() => lzwDecode(bytes, { ...options, maxOutputSize: 1999 }))).toBe('limit');
    }
    expect(codeOf(() => lzwDecode(new Uint8Array(5), { convention: 'compress' }))).toBe('corrupt');
    expect(codeOf(() => lzwDecode(Uint8Array.of(0x1f, 0x9d), { convention: 'compress' }))).toBe('truncated');
    expect(codeOf(() => lzwDecode(Uint8Array.of(0x1f, 0x9d, 0x91), { convention: 'compress' }))).toBe('unsupported');
    expect(codeOf(() => lzwDecode(new Uint8Array(0)))).toBe('truncated');
  });

  test('misused', () => {
    expect(() => new LzwOracle({ convention: 'zip' as 'gif' })).toThrow(/lzw3, gif and compress/);
    expect(() => new LzwOracle({ alphabetSize: 10 })).toThrow(RangeError);
    expect(() => new LzwOracle({ convention: 'gif', alphabetSize: 257 })).toThrow(RangeError);
    expect(() => new LzwOracle({ convention: 'compress', maxBits: 9 })).toThrow(RangeError);
    expect(() => lzwEncode([300])).toThrow(RangeError);
    expect(() => lzwDecode('x' as unknown as Uint8Array)).toThrow(TypeError);
  });
});
