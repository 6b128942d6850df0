import fc from 'fast-check';
import { deflateSync, gzipSync } from 'fflate';
import { deflate } from 'pako';
import { describe, expect, test } from 'vitest';
import { SurprisalError } from '../src/errors.ts';
import { blackBox } from '../src/sampling/black-box.ts';
import { brotliCodec, bzip2Codec, lzmaCodec, zstdCodec } from '../src/sampling/black-box-wasm.ts';
import { Lz78Oracle, lz78Decode, lz78Encode } from '../src/sampling/lz78.ts';
import { bitsAfter } from '../src/sampling/oracle.ts';
import { Trail } from '../src/sampling/trail.ts';
import { randomBytes, randomOf, textBytes } from './support/random.ts';
import { checkOracle } from './support/sequences.ts';

const codeOf = (call: () => unknown): string | undefined => {
  try {
    call();
  } catch (error) {
    return (error as SurprisalError).code;
  }
  return undefined;
};

/** LZ78 as it is told: a list of phrases as strings. */
function plainLz78(symbols: readonly number[], alphabetSize: number): number {
  const ceilLog2 = (n: number) => {
    let bits = 0;
    while (2 ** bits < n) bits++;
    return bits;
  };
  const phrases = new Set(['']);
  let bits = 0;
  let phrase = '';
  for (const symbol of symbols) {
    phrase += `${symbol} `;
    if (phrases.has(phrase)) continue;
    bits += ceilLog2(phrases.size) + ceilLog2(alphabetSize);
    phrases.add(phrase);
    phrase = '';
  }
  return bits + (phrase === '' ? 0 : ceilLog2(phrases.size));
}

describe('LZ78', () => {
  test('lengths', () => {
    for (const alphabetSize of [1, 2, 3, 256, 300, 65536])
      checkOracle(
        () => new Lz78Oracle({ alphabetSize }),
        { seed: 1, runs: 12 },
        (symbols) => {
          const { bits } = lz78Encode(symbols, { alphabetSize });
          expect(bits).toBe(plainLz78(symbols, alphabetSize));
          return bits;
        },
      );
    const text = textBytes(20_000, 1);
    const oracle = new Lz78Oracle();
    for (const byte of text) oracle.push(byte);
    expect(oracle.bits()).toBe(lz78Encode(text).bits);
    expect(oracle.bits()).toBe(plainLz78([...text], 256));
    expect(oracle.phrases).toBeGreaterThan(1000);
  });

  test('comes back', () => {
    for (const alphabetSize of [1, 2, 5, 256, 1000])
      fc.assert(
        fc.property(fc.array(fc.nat(alphabetSize - 1), { maxLength: 300 }), (symbols) => {
          const { bytes, bits } = lz78Encode(symbols, { alphabetSize });
          expect(bytes.length).toBe(Math.ceil(bits / 8));
          expect([...lz78Decode(bytes, symbols.length, { alphabetSize })]).toEqual(symbols);
        }),
        { seed: 2, numRuns: 50 },
      );
    const text = Uint8Array.from([...textBytes(30_000, 2), ...new Uint8Array(3000)]);
    expect(lz78Decode(lz78Encode(text).bytes, text.length)).toEqual(text);
  });

  test('is a code for strings of a length', () => {
    // Codes of strings of one length: none is the beginning of another, so that 2^-bits sums to at most 1.
    for (const [alphabetSize, length] of [
      [2, 9],
      [3, 6],
      [4, 5],
    ]) {
      let kraft = 0;
      const oracle = new Lz78Oracle({ alphabetSize });
      const walk = (depth: number) => {
        if (depth === length) {
          kraft += 2 ** -oracle.bits();
          return;
        }
        for (let symbol = 0; symbol < alphabetSize; symbol++) {
          const mark = oracle.mark();
          oracle.push(symbol);
          walk(depth + 1);
          oracle.rollback(mark);
        }
      };
      walk(0);
      expect(kraft).toBeLessThanOrEqual(1);
      expect(kraft).toBeGreaterThan(0.05);
    }
  });

  test('of damaged bytes', () => {
    const random = randomOf(1);
    for (const alphabetSize of [1, 5, 256]) {
      const symbols = Array.from(textBytes(300, 1), (byte) => byte % alphabetSize);
      const { bytes } = lz78Encode(symbols, { alphabetSize });
      for (let i = 0; i < 300; i++) {
        const damaged = i % 4 === 0 ? randomBytes(random(60), i) : bytes.slice(0, i % 3 === 0 ? random(40) : undefined);
        if (damaged.length > 0 && i % 4 !== 0) damaged[random(damaged.length)] = random(256);
        try {
          lz78Decode(damaged, i % 5 === 0 ? random(1e5) : 300, { alphabetSize });
        } catch (error) {
          expect(error).toBeInstanceOf(SurprisalError);
          expect(['truncated', 'corrupt']).toContain((error as SurprisalError).code);
        }
      }
    }
    expect(codeOf(() => lz78Decode(new Uint8Array(9), 1e9))).toBe('limit');
    expect(codeOf(() => lz78Decode(new Uint8Array(9), 1.5))).toBe('invalid-argument');
    expect(codeOf(() => lz78Decode(new Uint8Array(9), 0))).toBe('corrupt');
    expect(lz78Decode(new Uint8Array(0), 0).length).toBe(0);
  });
});

describe('a black box', () => {
  const length = (bytes: Uint8Array) => deflate(bytes).length;

  test('has the lengths of its function', () => {
    checkOracle(
      () => blackBox(length),
      { seed: 1, runs: 3, step: 8, probe: 4 },
      (symbols) => 8 * length(Uint8Array.from(symbols)),
    );
    checkOracle(
      () => blackBox((bytes) => gzipSync(bytes, { mtime: 0 }).length, { alphabetSize: 4 }),
      { seed: 2, runs: 3, step: 8, probe: 4 },
      (symbols) => 8 * gzipSync(Uint8Array.from(symbols), { mtime: 0 }).length,
    );
  });

  test('remembers what was asked for', () => {
    let asked = 0;
    const oracle = blackBox((bytes) => {
      asked++;
      return deflateSync(bytes).length;
    });
    const text = textBytes(400, 1);
    for (const byte of text) oracle.push(byte);
    oracle.bits();
    oracle.bits();
    expect(asked).toBe(1);
    const all = Array.from({ length: 256 }, (_, i) => i);
    const lengths = new Float64Array(256);
    bitsAfter(oracle, all, lengths);
    bitsAfter(oracle, all, lengths);
    expect(asked).toBe(257);
    const mark = oracle.mark();
    oracle.push(77);
    expect(oracle.bits()).toBe(lengths[77]);
    oracle.rollback(mark);
    bitsAfter(oracle, all, lengths);
    expect(asked).toBe(257);
    // After other symbols what was known is known no more.
    const random = randomOf(2);
    const trail = new Trail(oracle);
    for (let i = 0; i < 300; i++) {
      trail.go(Array.from({ length: random(4) }, () => random(3)));
      const string = Uint8Array.from([...text, ...trailOf(trail)]);
      if (i % 3 === 0) bitsAfter(oracle, [0, 1, 2], lengths);
      if (i % 3 === 0) expect(lengths[1]).toBe(8 * deflateSync(Uint8Array.from([...string, 1])).length);
      else expect(oracle.bits()).toBe(8 * deflateSync(string).length);
    }
    expect(asked).toBeLessThan(257 + 1000);
  });

  test('says what it is', () => {
    expect([blackBox(length).name, blackBox(length).estimate]).toEqual(['black box', true]);
    expect(blackBox(length, { name: 'pako', estimate: false })).toMatchObject({ name: 'pako', estimate: false });
    const compress = (bytes: Uint8Array) => deflate(bytes);
    expect(blackBox(brotliCodec({ compress }, 5)).name).toBe('brotli 5');
    expect(blackBox(zstdCodec({ compress })).name).toBe('zstd 19');
    expect(blackBox(lzmaCodec({ compress })).name).toBe('lzma 9');
  });

  test('misused', () => {
    expect(() => blackBox(5 as never)).toThrow(TypeError);
    expect(() => blackBox(length, { alphabetSize: 257 })).toThrow(RangeError);
    expect(() => blackBox((() => Promise.resolve(5)) as never).bits()).toThrow(/asynchronous/);
    for (const wrong of [NaN, -1, 0.5, '5', undefined])
      expect(() => blackBox(() => wrong as number).bits(), `${wrong}`).toThrow(TypeError);
    expect(() => brotliCodec({} as never)).toThrow(TypeError);
    expect(() => zstdCodec(undefined as never)).toThrow(TypeError);
    expect(() => bzip2Codec(null as never)).toThrow(TypeError);
    const failing = bzip2Codec({ compressBZ2: () => ({ error: -3, errorMsg: 'no memory', output: [] }) });
    expect(codeOf(() => blackBox(failing).bits())).toBe('unsupported');
  });
});

/** The symbols of a trail. */
function trailOf(trail: Trail): number[] {
  return [...(trail as unknown as { symbols: number[] }).symbols];
}
