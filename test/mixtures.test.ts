import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnsCoder } from '../src/coders/ans.ts';
import { ChainCoder } from '../src/coders/chain.ts';
import { RangeEncoder } from '../src/coders/range.ts';
import { erf, exp } from '../src/kernels/math.ts';
import { GaussianMixture, LogisticMixture } from '../src/models/mixture.ts';
import type { Precision } from '../src/models/model.ts';
import { componentCdf, type Mixture, mixtureLeft } from './reference/mixtures.ts';
import { checkModel } from './support/models.ts';
import { randomOf } from './support/random.ts';

const kinds = [
  ['logistic', LogisticMixture],
  ['gaussian', GaussianMixture],
] as const;
const at = { left: 0, probability: 0 };

const golden = {
  logistic: [
    3238002710, 2330934070, 1634100850, 33550133, 3305111501, 2126072955, 1392508970, 2331376144, 3539992710,
    1962934324, 1799553512, 3710161588, 1694498919, 4127195165, 1879048171, 3685495140, 2080374856, 1054319819,
    1291845580, 253896574, 620757033, 738197504, 3921,
  ],
  gaussian: [
    4026531862, 2197676925, 1281779314, 124786086, 4177526774, 1539790499, 3254779987, 3607034505, 3609498323,
    529637568, 2885681204, 333198811, 2753860276, 690899655, 369098731, 1823787220, 3760493205, 3758096456, 1373826149,
    3422552228, 1998874610, 4160749609, 0, 15,
  ],
};

/** Numbers of any size, with the extremes among them. */
const anyMean = fc.oneof(
  fc.double({ min: -300, max: 300, noNaN: true }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(-1.7e308, 1.7e308, 0, 1e15),
);
const anyScale = fc.oneof(
  fc.double({ min: 0.05, max: 60, noNaN: true }),
  fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(1e-300, 1e300, Number.MIN_VALUE, Number.MAX_VALUE, 1e7),
);
const anyWeight = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1e-320, 1e300, 1));
const anyMixture = fc
  .record({
    normal: fc.boolean(),
    bits: fc.constantFrom<Precision>(12, 24),
    min: fc.integer({ min: -400, max: 400 }),
    size: fc.oneof(fc.integer({ min: 2, max: 300 }), fc.constantFrom(2, 3, 256, 4095, 2 ** 24 - 2)),
    rows: fc.array(fc.tuple(anyWeight, anyMean, anyScale), { minLength: 1, maxLength: 12 }),
  })
  .map(({ normal, bits, min, size, rows }): Mixture => {
    const weights: number[] = rows.map(([w]) => w);
    if (!weights.some((w) => w > 0)) weights[0] = 1;
    const max = min + Math.min(size, 2 ** bits - 2) - 1;
    return { normal, bits, min, max, weights, means: rows.map(([, m]) => m), scales: rows.map(([, , s]) => s) };
  });

function modelOf({ normal, bits, min, max, weights, means, scales }: Mixture) {
  const Kind = normal ? GaussianMixture : LogisticMixture;
  const numbers = [weights, means, scales].map((row) => Array.from(row));
  return new Kind(min, max, weights.length, numbers[0], numbers[1], numbers[2], { precision: bits as Precision });
}

test('intervals are those of the reference, bit for bit', () => {
  fc.assert(
    fc.property(anyMixture, fc.integer({ min: 1 }), (mixture, seed) => {
      const model = modelOf(mixture);
      const random = randomOf(seed);
      for (let i = 0; i < 30; i++) {
        const symbol =
          i < 8 ? mixture.min + (random(2) ? 0 : random(2)) : mixture.min + random(mixture.max - mixture.min + 1);
        model.interval(symbol, at);
        const left = mixtureLeft(mixture, symbol);
        expect([at.left, at.left + at.probability]).toEqual([left, mixtureLeft(mixture, symbol + 1)]);
      }
    }),
    { seed: 5, numRuns: 300 },
  );
});

test('the law of models, extreme parameters included', () => {
  fc.assert(
    fc.property(anyMixture, ({ ...mixture }) => {
      checkModel(modelOf(mixture), { min: mixture.min, max: mixture.max, all: 300 });
    }),
    { seed: 6, numRuns: 150 },
  );
});

test.each([
  ['logistic', false],
  ['gaussian', true],
] as const)('the cdf of a %s component is right and never falls', (_, normal) => {
  const exact = (z: number): number => (normal ? 0.5 * (1 + erf(z / Math.SQRT2)) : 1 / (1 + exp(-z)));
  for (let z = -34; z < 34; z += 0.0137) {
    const error = Math.abs(componentCdf(normal, z) - exact(z));
    expect(error).toBeLessThan(2 ** -29);
  }
  // Step by step of the grid, at the borders of pieces and all over: what the tiling rests on.
  const scale = normal ? 32 : 16;
  const random = randomOf(7);
  for (let i = 0; i < 3000; i++) {
    const border = (random(normal ? 256 : 512) + 0.5) / scale;
    const from = i % 2 === 0 ? -border : -random(2 ** 20) / 2 ** (normal ? 17 : 15);
    let before = componentCdf(normal, from - 8 * 2 ** -28);
    for (let step = -7; step <= 8; step++) {
      const here = componentCdf(normal, from + step * 2 ** -28);
      if (here < before) expect.fail(`${here} after ${before} at ${from} + ${step} 2^-28`);
      before = here;
    }
  }
});

describe.each(kinds)('a family of %s mixtures', (name, Kind) => {
  const random = randomOf(9);
  const draw = (n: number, components: number, of: () => number) => Float32Array.from({ length: n * components }, of);
  const unit = (): number => random(2 ** 20) / 2 ** 20;

  test.each([
    ['default', 24, 5, 256, 700],
    ['small', 12, 3, 256, 900],
    ['default', 24, 1, 2, 50],
    ['default', 24, 1024, 100, 9],
    ['default', 24, 4, 2 ** 24 - 2, 100],
  ] as const)(
    'bulk calls, preset %s: the words of single calls (%d bits, %d components)',
    (preset, precision, k, size, n) => {
      const min = -100;
      const max = min + size - 1;
      const family = new Kind(min, max, k, { precision });
      const weights = draw(n, k, unit);
      const means = draw(n, k, () => min + unit() * size);
      const scales = draw(n, k, () => 0.01 + unit() * unit() * Math.min(size, 40));
      const symbols = Int32Array.from({ length: n }, (_, i) =>
        Math.min(max, Math.max(min, Math.round(means[i * k] + (unit() - 0.5) * scales[i * k] * 4))),
      );
      const matrices = [weights, means, scales];
      const row = (rows: Float32Array, i: number) => rows.subarray(i * k, (i + 1) * k);
      const models = Array.from(symbols, (_, i) => family.model(row(weights, i), row(means, i), row(scales, i)));

      const ans = new AnsCoder(undefined, { preset });
      ans.encodeReverse(symbols, family, ...matrices);
      const single = new AnsCoder(undefined, { preset });
      for (let i = n - 1; i >= 0; i--) single.encodeReverse(symbols[i], models[i]);
      const words = ans.getCompressed();
      expect(words).toEqual(single.getCompressed());
      expect(ans.decode(family, ...matrices)).toEqual(symbols);
      expect(Int32Array.from(models, (model) => single.decode(model))).toEqual(symbols);
      // The same numbers as doubles are the same parameters.
      ans.encodeReverse(symbols, family, ...matrices.map((rows) => Float64Array.from(rows)));
      expect(ans.getCompressed()).toEqual(words);

      const range = new RangeEncoder({ preset });
      range.encode(symbols, family, ...matrices);
      const steps = new RangeEncoder({ preset });
      for (const [i, model] of models.entries()) steps.encode(symbols[i], model);
      expect(range.getCompressed()).toEqual(steps.getCompressed());
      expect(range.getDecoder().decode(family, ...matrices)).toEqual(symbols);

      const data = precision === 24 ? new Uint32Array(2 * n + 9) : new Uint16Array(2 * n + 9);
      for (let i = 0; i < data.length; i++) data[i] = random(2 ** 32);
      const chain = new ChainCoder(data, { preset });
      const stepped = new ChainCoder(data, { preset });
      const found = chain.decode(family, ...matrices);
      expect(found).toEqual(Int32Array.from(models, (model) => stepped.decode(model)));
      expect(chain.getRemainders()).toEqual(stepped.getRemainders());
      chain.encodeReverse(found, family, ...matrices);
      const [untouched, rest] = chain.getData();
      expect([...untouched, ...rest]).toEqual([...data]);
    },
  );

  test('words that must not change', () => {
    const rows = (of: (i: number) => number) => Float64Array.from({ length: 120 }, (_, i) => of(i));
    const matrices = [rows((i) => i % 7), rows((i) => ((i * 37) % 256) + 0.125), rows((i) => 2 ** ((i % 11) - 4))];
    const symbols = Int32Array.from({ length: 40 }, (_, i) => (i * 41) % 256);
    const coder = new AnsCoder();
    coder.encodeReverse(symbols, new Kind(0, 255, 3), ...matrices);
    expect([...coder.getCompressed()]).toEqual(golden[name]);
  });

  test('a model of many symbols, in bulk and singly', () => {
    const model = new Kind(-50_000, 50_000, 3, [1, 2, 3], [-40_000, 7, 900.5], [3, 2000, 50]);
    const symbols = Int32Array.from({ length: 5000 }, (_, i) => (i % 2 === 0 ? i - 2500 : 900 - (i % 80)));
    const coder = new AnsCoder();
    const single = new AnsCoder();
    coder.encodeReverse(symbols, model);
    for (const symbol of [...symbols].reverse()) single.encodeReverse(symbol, model);
    expect(coder.getCompressed()).toEqual(single.getCompressed());
    expect(coder.decode(model, symbols.length)).toEqual(symbols);
  });

  test('costs about what the mixture says', () => {
    const [weights, means, scales] = [
      [2, 1],
      [40, 160.3],
      [9, 3],
    ];
    const model = new Kind(0, 255, 2, weights, means, scales);
    for (const symbol of [20, 40, 41, 100, 155, 160, 161]) {
      let share = 0;
      for (const [k, weight] of weights.entries()) {
        const cdf = (x: number): number => {
          const z = (x - means[k]) / scales[k];
          return name === 'gaussian' ? 0.5 * (1 + erf(z / Math.SQRT2)) : 1 / (1 + exp(-z));
        };
        share += (weight / 3) * (cdf(symbol + 0.5) - cdf(symbol - 0.5));
      }
      model.interval(symbol, at);
      expect(Math.abs(at.probability - share * 2 ** 24)).toBeLessThan(share * 256 + 2.5);
    }
  });

  test('says which parameter is wrong, and leaves the coder as it was', () => {
    const family = new Kind(0, 255, 2);
    const scale = name === 'gaussian' ? 'std' : 'scale';
    const rows = (...list: number[]) => Float64Array.from(list);
    const cases: [Float64Array[], RegExp][] = [
      [
        [rows(1, 1, 1), rows(5, 9, 5, 9), rows(2, 2, 2, 2)],
        /weights are 2 numbers for each of 2 symbols, 4 in all, not 3/,
      ],
      [
        [rows(1, 1, 1, -1), rows(5, 9, 5, 9), rows(2, 2, 2, 2)],
        /weight is .* not -1, which is at index 3: symbol 1, component 1/,
      ],
      [[rows(1, 1, 0, 0), rows(5, 9, 5, 9), rows(2, 2, 2, 2)], /weights of symbol 1 sum to 0/],
      [[rows(1e308, 1e308, 1, 0), rows(5, 9, 5, 9), rows(2, 2, 2, 2)], /weights of symbol 0 sum to Infinity/],
      [
        [rows(1, 1, 1, 1), rows(5, Number.NaN, 5, 9), rows(2, 2, 2, 2)],
        /mean is a finite number, not NaN, which is at index 1: symbol 0, component 1/,
      ],
      [
        [rows(1, 1, 1, 1), rows(5, 9, 5, 9), rows(2, 2, 0, 2)],
        new RegExp(`${scale} is .* not 0, which is at index 2: symbol 1, component 0`),
      ],
      [[rows(1, 1, 1, 1), rows(5, 9, 5, 9), rows(2, 2, 2, Number.POSITIVE_INFINITY)], /not Infinity/],
    ];
    const symbols = Int32Array.of(4, 9);
    for (const [matrices, message] of cases) {
      const coder = new AnsCoder(Uint32Array.of(1, 2, 3, 4));
      expect(() => coder.encodeReverse(symbols, family, ...matrices)).toThrow(message);
      const count = matrices[0].length === 3 ? /3/ : message;
      expect(() => coder.decode(family, ...matrices)).toThrow(count);
      expect(coder.getCompressed()).toEqual(Uint32Array.of(1, 2, 3, 4));
    }
    const three = new Float64Array(3).fill(1);
    expect(() => new AnsCoder().decode(family, three, three, three)).toThrow(/3 make no whole rows/);
    // Far into the array, and after chunks that were coded already.
    const n = 20_000;
    const many = (x: number) => new Float32Array(2 * n).fill(x);
    const bad = many(1);
    bad[7] = -3;
    const coder = new AnsCoder(Uint32Array.of(1, 2, 3, 4));
    const encode = () => coder.encodeReverse(new Uint8Array(n), family, many(1), many(3), bad);
    expect(encode).toThrow(/-3, which is at index 7: symbol 3, component 1/);
    expect(() =>
      coder.encodeReverse(Int32Array.of(4, 256), family, rows(1, 1, 1, 1), rows(1, 1, 1, 1), rows(1, 1, 1, 1)),
    ).toThrow(/index 1: no interval for symbol 256/);
    expect(coder.getCompressed()).toEqual(Uint32Array.of(1, 2, 3, 4));
  });

  test('misuse', () => {
    const invalid = expect.objectContaining({ code: 'invalid-argument' });
    const wrong = expect.objectContaining({ code: 'invalid-type' });
    expect(() => new Kind(0, 255, 0)).toThrow(invalid);
    expect(() => new Kind(0, 255, 1025)).toThrow(invalid);
    expect(() => new Kind(5, 5, 2)).toThrow(invalid);
    expect(() => new Kind(0, 255, 2, [1], [1, 2], [1, 2])).toThrow(/weights are 2 numbers, not 1/);
    expect(() => new Kind(0, 255, 2, [1, 1], [1, 2], [1, 0])).toThrow(/not 0/);
    expect(() => new Kind(0, 255, 2, [0, 0], [1, 2], [1, 1])).toThrow(/sum to 0/);
    expect(() => new (Kind as never as new (...a: unknown[]) => unknown)(0, 255, 2, [1, 1], [1, 2])).toThrow(wrong);
    expect(() => new (Kind as never as new (...a: unknown[]) => unknown)(0, 255, 2, 1, 2, 3)).toThrow(wrong);
    expect(() => new AnsCoder().decode(new Kind(0, 255, 2), new Float64Array(2))).toThrow(wrong);
  });
});
