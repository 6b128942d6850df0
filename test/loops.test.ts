import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnsCoder } from '../src/coders/ans.ts';
import { ChainCoder } from '../src/coders/chain.ts';
import { RangeDecoder, RangeEncoder } from '../src/coders/range.ts';
import { divide, multiplyAdd, product, rest } from '../src/coders/wide.ts';
import { Categorical } from '../src/models/categorical.ts';
import type { EntropyModel } from '../src/models/model.ts';

const parameters = { seed: 11, numRuns: 80 };

/** Whole numbers up to the bound, those at its powers of two as likely as all others. */
function upTo(bound: bigint): fc.Arbitrary<bigint> {
  const bits = bound.toString(2).length;
  const near = fc
    .tuple(fc.nat(bits), fc.integer({ min: -2, max: 2 }))
    .map(([power, by]) => (1n << BigInt(power)) + BigInt(by))
    .map((x) => (x < 0n ? 0n : x > bound ? bound - (x % 3n) : x));
  return fc.oneof(fc.bigInt(0n, bound), near);
}

describe('arithmetic of single calls', () => {
  test('products', () => {
    fc.assert(
      fc.property(upTo(2n ** 40n - 1n), upTo(2n ** 24n - 1n), upTo(2n ** 32n - 1n), (a, b, c) => {
        multiplyAdd(Number(a), Number(b), Number(c));
        const exact = BigInt.asUintN(64, a * b + c);
        expect([...product]).toEqual([Number(exact & 0xffffffffn), Number(exact >> 32n)]);
      }),
      { ...parameters, numRuns: 3000 },
    );
  });

  test('quotients', () => {
    fc.assert(
      fc.property(upTo(2n ** 24n - 2n), upTo(2n ** 40n - 1n), upTo(2n ** 24n), (d, q, r) => {
        const p = d + 1n;
        const x = q * p + (r < p ? r : p - 1n);
        expect(divide(Number(x >> 32n), Number(x & 0xffffffffn), Number(p))).toBe(Number(x / p));
        expect(rest[0]).toBe(Number(x % p));
      }),
      { ...parameters, numRuns: 3000 },
    );
  });
});

/** 2^(64 + s) - m d as assembly/coding/divisors.ts has it: above 2^23 for large d, the plain reciprocal goes wrong. */
function excess(d: bigint): bigint {
  const power = 1n << BigInt(63 + d.toString(2).length);
  return power - ((power - 1n) / d) * d;
}

test('reciprocals divide exactly, next to every multiple of the divisor and up to the largest states', () => {
  const sizes = fc.oneof(
    upTo(2n ** 24n - 3n).map((d) => d + 1n),
    fc.bigInt(2n ** 23n, 2n ** 24n - 2n).filter((d) => excess(d) > 2n ** 23n),
  );
  const quotients = fc.oneof(
    upTo(2n ** 40n - 1n),
    fc.nat(100).map((k) => 2n ** 40n - 1n - BigInt(k)),
  );
  let hard = 0;
  fc.assert(
    fc.property(sizes, fc.array(fc.tuple(quotients, fc.nat(3)), { minLength: 10, maxLength: 10 }), (d, cases) => {
      if (excess(d) > 2n ** 23n) hard++;
      const model = new Categorical([Number(d), 2 ** 24 - Number(d)], { perfect: true });
      const coder = new AnsCoder();
      coder.encodeReverse(new Int32Array(100), model);
      coder.clear();
      for (const [q, near] of cases) {
        const x = q * d + [0n, d - 1n, d >> 1n, 1n % d][near];
        coder.seek(0, x);
        coder.encodeReverse(Int32Array.of(0), model);
        expect(coder.pos()).toEqual([0, ((x / d) << 24n) + (x % d)]);
      }
    }),
    parameters,
  );
  expect(hard).toBeGreaterThan(20);
});

const some = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const shapes = fc.oneof(
  // All kinds of sizes.
  fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 2, maxLength: 40 }),
  // Powers of two and what is next to them, down to single units.
  fc.array(
    fc.nat(20).chain((power) => fc.integer({ min: -1, max: 1 }).map((by) => Math.max(1, 2 ** power + by))),
    { minLength: 2, maxLength: 20 },
  ),
  // One symbol with nearly everything.
  fc.integer({ min: 5_000_000, max: 16_777_000 }).map((most) => [1, most, 2, 16_777_216 - most]),
  fc.constantFrom([1, 1], new Array(256).fill(1), [1, 16_777_215], [8_388_607, 8_388_609], [8_388_608, 1, 2]),
);

/** Symbols as the model has them, with runs of its rarest. */
function symbolsOf(model: EntropyModel, seed: number, count: number): Int32Array {
  const into = { left: 0, probability: 0 };
  let state = seed;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const size = (model.kernel as { table: Uint32Array }).table.length - 1;
  let rare = false;
  return Int32Array.from({ length: count }, () => {
    if (next() < 0.02) rare = !rare;
    return rare ? Math.floor(next() * size) : model.symbolAt(Math.floor(next() * 2 ** model.precision), into);
  });
}

describe.each([24, 12] as const)('bulk calls with tables of %i bits equal single calls', (precision) => {
  const preset = precision === 24 ? 'default' : 'small';
  const run = (check: (model: EntropyModel, symbols: Int32Array, seed: number) => void) =>
    fc.assert(
      fc.property(shapes, some, (units, seed) => {
        const model = new Categorical(units, { perfect: true, precision });
        // Twice as long as it takes for a table to get reciprocals, and over the border of a chunk now and then.
        const count = 16 * units.length + (seed % 8 === 0 ? 9000 : 300);
        check(model, symbolsOf(model, seed, count), seed);
      }),
      parameters,
    );

  test('AnsCoder', () =>
    run((model, symbols) => {
      const single = new AnsCoder(undefined, { preset });
      for (let i = symbols.length - 1; i >= 0; i--) single.encodeReverse(symbols[i], model);
      const bulk = new AnsCoder(undefined, { preset });
      for (let end = symbols.length; end > 0; end -= 4500)
        bulk.encodeReverse(symbols.subarray(Math.max(0, end - 4500), end), model);
      expect(bulk.getCompressed()).toEqual(single.getCompressed());
      expect(bulk.pos()).toEqual(single.pos());
      expect(bulk.decode(model, symbols.length)).toEqual(symbols);
      expect(Int32Array.from(symbols, () => single.decode(model))).toEqual(symbols);
      expect(bulk.isEmpty() && single.isEmpty()).toBe(true);
    }));

  test('range coder, whose carries run over the borders of chunks', () =>
    run((model, symbols, seed) => {
      const single = new RangeEncoder({ preset });
      for (const symbol of symbols) single.encode(symbol, model);
      const bulk = new RangeEncoder({ preset });
      const step = 1 + (seed % 97);
      for (let at = 0; at < symbols.length; at += step) {
        bulk.encode(symbols.subarray(at, at + step), model);
      }
      expect(bulk.getCompressed()).toEqual(single.getCompressed());
      expect(bulk.pos()).toEqual(single.pos());
      const whole = new RangeEncoder({ preset });
      whole.encode(symbols, model);
      expect(whole.getCompressed()).toEqual(single.getCompressed());
      expect(whole.getDecoder().decode(model, symbols.length)).toEqual(symbols);
      const decoder = new RangeDecoder(single.getCompressed(), { preset });
      expect(Int32Array.from(symbols, () => decoder.decode(model))).toEqual(symbols);
    }));

  test('ChainCoder', () =>
    run((model, symbols, seed) => {
      const words = Uint32Array.from(symbols, (_, i) => Math.imul(seed + i, 2654435761) ^ Math.imul(i, 40503));
      const data = (precision === 24 ? words : new Uint16Array(words)) as Uint32Array;
      const options = { preset: preset as 'default', seal: true };
      const single = new ChainCoder(data, options);
      const decoded = Int32Array.from({ length: symbols.length }, () => single.decode(model));
      const bulk = new ChainCoder(data, options);
      expect(bulk.decode(model, symbols.length)).toEqual(decoded);
      expect(bulk.getRemainders()).toEqual(single.getRemainders());
      for (let i = decoded.length - 1; i >= 0; i--) single.encodeReverse(decoded[i], model);
      bulk.encodeReverse(decoded, model);
      expect(bulk.getData({ unseal: true })).toEqual(single.getData({ unseal: true }));
      // Other symbols than those decoded take what there is of remainders, to the same end.
      const [first, second] = [bulk.clone(), single.clone()];
      const tried = (f: () => void): boolean => {
        try {
          f();
          return true;
        } catch {
          return false;
        }
      };
      first.decode(model, symbols.length);
      second.decode(model, symbols.length);
      const other = symbols.subarray(0, symbols.length >> 1);
      const done = tried(() => first.encodeReverse(other, model));
      const same = tried(() => {
        for (let i = other.length - 1; i >= 0; i--) second.encodeReverse(other[i], model);
      });
      expect(done).toBe(same);
      if (done) expect(first.getRemainders()).toEqual(second.getRemainders());
    }));
});
