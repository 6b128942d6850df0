import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArithmeticCoder, ArithmeticDecoder, ArithmeticEncoder, StaticModel } from '../src/coders/arithmetic.ts';

const text = (bits: Iterable<number>) => [...bits].join('');

/** The same coder in BigInt, as Project Nayuki writes it down: masks and exclusive ors, no comparisons. */
function reference(symbols: readonly number[], frequencies: readonly number[], stateBits: number): string {
  const n = BigInt(stateBits);
  const [full, half, quarter] = [1n << n, 1n << (n - 1n), 1n << (n - 2n)];
  const mask = full - 1n;
  const cumulative = [0n];
  for (const f of frequencies) cumulative.push(cumulative[cumulative.length - 1] + BigInt(f));
  const total = cumulative[frequencies.length];
  let [low, high, pending, out] = [0n, mask, 0, ''];
  for (const s of symbols) {
    const range = high - low + 1n;
    high = low + (cumulative[s + 1] * range) / total - 1n;
    low = low + (cumulative[s] * range) / total;
    while (((low ^ high) & half) === 0n) {
      const bit = Number(low >> (n - 1n));
      out += bit + String(bit ^ 1).repeat(pending);
      pending = 0;
      low = (low << 1n) & mask;
      high = ((high << 1n) & mask) | 1n;
    }
    while ((low & ~high & quarter) !== 0n) {
      pending++;
      low = (low << 1n) ^ half;
      high = ((high ^ half) << 1n) | half | 1n;
    }
  }
  return out + '1';
}

describe('the notebook', () => {
  const model = StaticModel.fromProbabilities([0.8, 0.2]);
  test('six zeros at 0.8 are 01, a ratio of 3', () => {
    expect([model.frequency(0), model.frequency(1), model.total]).toEqual([3277, 819, 4096]);
    const coder = new ArithmeticCoder(model);
    const bits = coder.compress([0, 0, 0, 0, 0, 0]);
    expect(text(bits)).toBe('01');
    expect((6 / bits.length).toFixed(2)).toBe('3.00');
    expect(text(coder.decompress(bits, 6))).toBe('000000');
  });
});

describe('round trips', () => {
  const limit = (stateBits: number) => Math.min(2 ** (stateBits - 2) + 2, 2 ** (53 - stateBits));
  /** Alphabets from 1 to some thousand symbols, flat to extremely skewed, impossible symbols among them. */
  const cases = fc
    .record({
      stateBits: fc.integer({ min: 8, max: 32 }),
      size: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3000 })),
      skew: fc.integer({ min: 0, max: 40 }),
      seed: fc.integer(),
      length: fc.integer({ min: 0, max: 400 }),
    })
    .map(({ stateBits, size, skew, seed, length }) => {
      let state = seed | 1;
      const next = () => {
        state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
        return (state ^ (state >>> 13)) >>> 0;
      };
      const raw = Array.from({ length: size }, () => (next() / 2 ** 32) ** skew);
      const sum = raw.reduce((a, b) => a + b, 0);
      const frequencies = raw.map((r) => Math.floor((r / sum) * limit(stateBits)));
      frequencies[next() % size] ||= 1;
      const possible = frequencies.flatMap((f, s) => (f > 0 ? [s] : []));
      const likely = frequencies.indexOf(Math.max(...frequencies));
      const even = next() & 1;
      const symbols = Array.from({ length }, () => (even && next() & 7 ? likely : possible[next() % possible.length]));
      return { stateBits, frequencies, symbols };
    })
    .filter(({ stateBits, frequencies }) => frequencies.reduce((a, b) => a + b, 0) <= limit(stateBits));

  test('decoding undoes coding, and the bits are those of the BigInt reference', () => {
    fc.assert(
      fc.property(cases, ({ stateBits, frequencies, symbols }) => {
        const coder = new ArithmeticCoder(StaticModel.fromFrequencies(frequencies), { stateBits });
        const bits = coder.compress(symbols);
        expect(text(bits)).toBe(reference(symbols, frequencies, stateBits));
        expect([...coder.decompress(bits, symbols.length)]).toEqual(symbols);
      }),
      { seed: 2, numRuns: 1500 },
    );
  });

  test('every message of up to 9 bits, at every probability and the narrowest state, survives its single-bit end', () => {
    for (let f = 1; f < 66; f += 4) {
      const coder = new ArithmeticCoder(StaticModel.fromFrequencies([f, 66 - f]), { stateBits: 8 });
      for (let length = 0; length <= 9; length++) {
        for (let value = 0; value < 1 << length; value++) {
          const message = Array.from({ length }, (_, i) => (value >> i) & 1);
          expect([...coder.decompress(coder.compress(message), length)]).toEqual(message);
        }
      }
    }
  });

  test('the length is the information content but for its end', () => {
    const model = StaticModel.fromFrequencies([3000, 900, 150, 46]);
    const symbols = Array.from({ length: 4096 }, (_, i) => {
      const value = (Math.imul(i, 0x9e3779b1) >>> 0) % 4096;
      return model.symbolAt(value);
    });
    const information = symbols.reduce((sum, s) => sum - Math.log2(model.frequency(s) / model.total), 0);
    const bits = new ArithmeticCoder(model, { stateBits: 32 }).compress(symbols);
    // Zeros past the end are free, so it may even be a little shorter.
    expect(bits.length - information).toBeGreaterThan(-8);
    expect(bits.length - information).toBeLessThan(3);
  });

  test('models may change from symbol to symbol, and an encoder starts anew after its end', () => {
    const models = [2, 3, 7, 256].map((n) => StaticModel.fromFrequencies(Array.from({ length: n }, (_, i) => i + 1)));
    const symbols = Array.from({ length: 500 }, (_, i) => (i * 7) % models[i & 3].size);
    const encoder = new ArithmeticEncoder({ stateBits: 24 });
    const code = () => {
      symbols.forEach((s, i) => {
        encoder.encode(s, models[i & 3]);
      });
      return encoder.finish();
    };
    const bits = code();
    expect(code()).toEqual(bits);
    const decoder = new ArithmeticDecoder(bits, { stateBits: 24 });
    expect(symbols.map((_, i) => decoder.decode(models[i & 3]))).toEqual(symbols);
  });

  test('any bits decode to something', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 200 }), (bits) => {
        const decoded = new ArithmeticCoder(StaticModel.fromFrequencies([0, 5, 0, 1, 90, 0])).decompress(bits, 300);
        expect(decoded.every((s) => s === 1 || s === 3 || s === 4)).toBe(true);
      }),
      { seed: 3, numRuns: 300 },
    );
  });
});

describe('frequencies and errors', () => {
  test('halves round to the even number, and least lifts what is rare', () => {
    const of = (p: number[], options = {}) => {
      const model = StaticModel.fromProbabilities(p, options);
      return p.map((_, s) => model.frequency(s));
    };
    expect(of([0.5 / 4096, 1.5 / 4096, 2.5 / 4096, 0.999])).toEqual([0, 2, 2, 4092]);
    expect(of([0.00001, 0.99999], { least: 1 })).toEqual([1, 4096]);
    expect(of([0.25, 0.75], { scale: 10 })).toEqual([2, 8]);
  });

  test('a symbol without probability is refused and the encoder goes on', () => {
    const model = StaticModel.fromFrequencies([1, 0, 3]);
    const encoder = new ArithmeticEncoder();
    encoder.encode(2, model);
    expect(() => encoder.encode(1, model)).toThrow(expect.objectContaining({ code: 'impossible-symbol' }));
    encoder.encode(0, model);
    expect(text(encoder.finish())).toBe(text(new ArithmeticCoder(model).compress([2, 0])));
  });

  test('misuse and corrupt bits have their codes', () => {
    const misuse = expect.objectContaining({ code: 'invalid-argument' });
    const model = StaticModel.fromFrequencies([1, 1]);
    for (const bad of [[-1], [0.5], [NaN], [0, 0], []]) expect(() => StaticModel.fromFrequencies(bad)).toThrow(misuse);
    for (const bad of [[-0.1], [1.1], [NaN]]) expect(() => StaticModel.fromProbabilities(bad)).toThrow(misuse);
    expect(() => StaticModel.fromProbabilities([1], { scale: 0 })).toThrow(misuse);
    expect(() => StaticModel.fromProbabilities([1], { least: -1 })).toThrow(misuse);
    for (const stateBits of [7, 33, 16.5]) expect(() => new ArithmeticEncoder({ stateBits })).toThrow(misuse);
    for (const symbol of [-1, 2, 0.5, NaN]) expect(() => new ArithmeticEncoder().encode(symbol, model)).toThrow(misuse);
    const large = StaticModel.fromFrequencies([16386, 1]);
    expect(() => new ArithmeticEncoder().encode(0, large)).toThrow(misuse);
    expect(() => new ArithmeticDecoder([1]).decode(large)).toThrow(misuse);
    expect(() => new ArithmeticCoder(model).decompress([1], -1)).toThrow(misuse);
    expect(() => new ArithmeticCoder({} as StaticModel).compress([1])).toThrow(
      expect.objectContaining({ code: 'invalid-type' }),
    );
    expect(() => new ArithmeticDecoder([0, 2])).toThrow(expect.objectContaining({ code: 'corrupt', offset: 1 }));
  });
});
