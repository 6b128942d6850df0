import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnsCoder } from '../src/coders/ans.ts';
import { ChainCoder } from '../src/coders/chain.ts';
import { RangeEncoder } from '../src/coders/range.ts';
import { foundInterval, modelKernel } from '../src/kernels/models.ts';
import { BetaBinomial } from '../src/models/beta-binomial.ts';
import {
  BucketedGaussian,
  BucketedLaplace,
  BucketedLogistic,
  equalMassCentres,
  equalMassEdges,
} from '../src/models/buckets.ts';
import { type EntropyModel, Kind, type ModelFamily, type Precision } from '../src/models/model.ts';
import { QuantizedCauchy, QuantizedGaussian } from '../src/models/quantized.ts';
import { QuantizedStudentT } from '../src/models/student.ts';
import { betaBinomialLefts, bucketLefts, studentCdf, studentLefts } from './reference/distributions.ts';
import { checkModel } from './support/models.ts';
import { randomOf } from './support/random.ts';

const parameters = { seed: 5, numRuns: 60 };
const UNIT = 2 ** 24;
const precision = fc.constantFrom<Precision>(24, 12);
const buckets = { gaussian: BucketedGaussian, laplace: BucketedLaplace, logistic: BucketedLogistic };
type Name = keyof typeof buckets;
const names = Object.keys(buckets) as Name[];

const location = fc.oneof(
  fc.double({ min: -300, max: 300, noNaN: true }),
  fc.constantFrom(0, 0.5, -0, 2.5, 1e9, -1e300, 1.7e308, 5e-324),
);
const scale = fc.oneof(
  fc.double({ min: -12, max: 12, noNaN: true }).map((e) => 10 ** e),
  fc.constantFrom(5e-324, 1e-300, 1e300, 1.7e308, 1, 0.5, 1e16),
);
const shape = fc.oneof(
  fc.double({ min: -6, max: 6, noNaN: true }).map((e) => 10 ** e),
  fc.constantFrom(5e-324, 1e-300, 1e-40, 2 ** -60, 2 ** -120, 0.5, 1, 2, 2 ** 60, 2 ** 120, 1e40, 1e300, 1.7e308),
);
const freedom = fc.oneof(
  fc.double({ min: -1, max: 6, noNaN: true }).map((e) => Math.max(0.1, 10 ** e)),
  fc.constantFrom(0.1, 1, 2, 3, 30, 1e10, 1e300),
);
const rising = fc
  .array(fc.double({ min: -300, max: 300, noNaN: true }), { minLength: 1, maxLength: 80 })
  .map((edges) => Float64Array.from(new Set(edges.map((x) => x + 0))).sort());

function lefts(model: EntropyModel, min: number, max: number): number[] {
  const interval = { left: 0, probability: 0 };
  const found = [0];
  for (let symbol = min; symbol <= max; symbol++) {
    model.interval(symbol, interval);
    expect(interval.left).toBe(found.at(-1));
    found.push(interval.left + interval.probability);
  }
  return found;
}

/** Bulk calls have the words and the symbols of single calls, with all coders. */
function checkBulk(family: ModelFamily, sets: readonly (readonly [number, number])[], seed: number): void {
  const random = randomOf(seed);
  const at = { left: 0, probability: 0 };
  const arrays = [0, 1].map((i) => Float64Array.from(sets, (set) => set[i]));
  const models = sets.map((set) => family.model(...set));
  // Symbols that are likely, with a unit's own quantiles among them.
  const symbols = Int32Array.from(models, (model, i) =>
    i % 7 === 0 ? family.min + random(family.max - family.min + 1) : model.symbolAt(random(2 ** family.precision), at),
  );
  const preset = family.precision === 12 ? 'small' : 'default';
  const coder = () => new AnsCoder(undefined, { preset });
  const bulk = coder();
  const single = coder();
  bulk.encodeReverse(symbols, family, ...arrays);
  for (let i = symbols.length - 1; i >= 0; i--) single.encodeReverse(symbols[i], models[i]);
  expect(bulk.getCompressed()).toEqual(single.getCompressed());
  expect(bulk.clone().decode(family, ...arrays)).toEqual(symbols);
  expect(bulk.decode(models)).toEqual(symbols);

  const encoder = new RangeEncoder({ preset });
  const steps = new RangeEncoder({ preset });
  encoder.encode(symbols, family, ...arrays);
  for (const [i, model] of models.entries()) steps.encode(symbols[i], model);
  expect(encoder.getCompressed()).toEqual(steps.getCompressed());
  expect(encoder.getDecoder().decode(family, ...arrays)).toEqual(symbols);

  const data = Array.from({ length: symbols.length + 20 }, () => random(preset === 'small' ? 2 ** 16 : 2 ** 32));
  const words = preset === 'small' ? Uint16Array.from(data) : Uint32Array.from(data);
  const chain = () => new ChainCoder(words as Uint32Array, { seal: true, preset: preset as 'default' });
  const [one, other] = [chain(), chain()];
  expect(one.decode(family, ...arrays)).toEqual(other.decode(models));
  expect(one.getRemainders()).toEqual(other.getRemainders());
}

describe('beta-binomial', () => {
  test('the law of models, and the plain sums', () => {
    fc.assert(
      fc.property(precision, fc.integer({ min: 1, max: 700 }), shape, shape, (bits, n, alpha, beta) => {
        const model = new BetaBinomial(n, alpha, beta, { precision: bits });
        checkModel(model, { min: 0, max: n });
        expect(lefts(model, 0, n)).toEqual(betaBinomialLefts(n, bits, alpha, beta));
      }),
      { ...parameters, numRuns: 120 },
    );
  });

  test('two symbols, and as many as there can be', () => {
    for (const [a, b] of [
      [1, 1],
      [0.01, 0.02],
      [300, 2e5],
      [1e300, 1e-300],
      [5e-324, 5e-324],
    ] as const)
      for (const bits of [12, 24] as const)
        for (const n of [1, 4095, ...(bits === 24 ? [65535] : [])])
          checkModel(new BetaBinomial(n, a, b, { precision: bits }), { min: 0, max: n });
  });

  test('bulk calls are single calls', () => {
    for (const bits of [12, 24] as const)
      for (const n of [1, 2, 63, 64, 255, 1000])
        checkBulk(
          new BetaBinomial(n, { precision: bits }),
          fc.sample(fc.tuple(shape, shape), { seed: n, numRuns: 60 }),
          n,
        );
    checkBulk(
      new BetaBinomial(65535),
      [
        [0.3, 0.4],
        [2e4, 3e5],
        [1e300, 1e299],
        [5e-324, 1e-320],
      ],
      1,
    );
  });

  test('a weight that is at its largest just before the last symbol', () => {
    // Weights are scaled down at 2^500: here that happens on the last steps or just does not.
    const { intervalOf, symbolAt } = modelKernel();
    for (let alpha = 20; alpha < 420; alpha += alpha > 240 && alpha < 260 ? 0.05 : 1)
      for (const beta of [0.55, 0.7, 0.8763208985328674, 0.95])
        for (let k = 246; k <= 255; k++) {
          expect(intervalOf(Kind.betaBinomial, k, 0, 255, 24, alpha, beta)).toBeTruthy();
          const [left, probability] = foundInterval();
          for (const quantile of [left, left + probability - 1])
            expect([symbolAt(Kind.betaBinomial, quantile, 0, 255, 24, alpha, beta), ...foundInterval()]).toEqual([
              k,
              left,
              probability,
            ]);
        }
    const family = new BetaBinomial(255);
    checkBulk(
      family,
      Array.from({ length: 200 }, (_, i) => [249.5 + i / 100, 0.8763208985328674]),
      255,
    );
  });

  test('its probabilities are those of its definition', () => {
    const { lgamma, exp } = modelKernel();
    const at = { left: 0, probability: 0 };
    const logBeta = (a: number, b: number) => lgamma(a) + lgamma(b) - lgamma(a + b);
    for (const [n, a, b] of [
      [255, 3.5, 0.8],
      [255, 0.2, 0.3],
      [40, 1e-3, 2e-3],
      [300, 700, 90],
      [10, 1, 1],
    ] as const) {
      const model = new BetaBinomial(n, a, b);
      let bits = 0;
      let entropy = 0;
      for (let k = 0; k <= n; k++) {
        model.interval(k, at);
        const choose = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
        const p = exp(choose + logBeta(k + a, n - k + b) - logBeta(a, b));
        expect(Math.abs(at.probability / UNIT - p)).toBeLessThan(2e-5 * p + 2 / UNIT);
        bits -= p * Math.log2(at.probability / UNIT);
        entropy -= p * Math.log2(p);
      }
      expect(bits - entropy).toBeGreaterThan(-1e-9);
      expect(bits - entropy).toBeLessThan(1e-4);
    }
  });

  test('misuse', () => {
    const invalid = (text: string) =>
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining(text) });
    for (const n of [0, -1, 1.5, 65536, Number.NaN])
      expect(() => new BetaBinomial(n, 1, 1)).toThrow(invalid(`n is a whole number from 1 to 65535, not ${n}`));
    expect(() => new BetaBinomial(4096, { precision: 12 })).toThrow(invalid('from 1 to 4095, not 4096'));
    for (const bad of [0, -1, Infinity, Number.NaN]) {
      expect(() => new BetaBinomial(9, bad, 1)).toThrow(invalid(`alpha is a finite number above 0, not ${bad}`));
      expect(() => new BetaBinomial(9, 1, bad)).toThrow(invalid(`beta is a finite number above 0, not ${bad}`));
      const family = new BetaBinomial(9);
      expect(() => family.check([Float64Array.of(1, 1), Float64Array.of(1, bad)], 2)).toThrow(
        invalid(`beta is a finite number above 0, not ${bad}, which is at 1`),
      );
    }
    const type = expect.objectContaining({ code: 'invalid-type' });
    expect(() => new BetaBinomial('9' as unknown as number)).toThrow(type);
    expect(() => new (BetaBinomial as unknown as new (...x: number[]) => EntropyModel)(9, 1)).toThrow(type);
  });
});

describe("Student's t", () => {
  const support = fc
    .tuple(fc.integer({ min: -200, max: 200 }), fc.integer({ min: 1, max: 400 }))
    .map(([min, size]) => ({ min, max: min + size }));

  test('the law of models, and the plain table', () => {
    fc.assert(
      fc.property(precision, support, freedom, location, scale, (bits, { min, max }, df, a, b) => {
        const model = new QuantizedStudentT(min, max, df, a, b, { precision: bits });
        checkModel(model, { min, max });
        expect(lefts(model, min, max)).toEqual(studentLefts(min, max, bits, studentCdf(df), a, b));
      }),
      parameters,
    );
  });

  test('two symbols, and all that there are', () => {
    for (const df of [0.1, 3, 1e300])
      for (const [a, b] of [
        [0, 1],
        [3e5, 2e4],
        [-7e6, 1e300],
        [0.25, 1e-300],
      ] as const) {
        checkModel(new QuantizedStudentT(-1, 0, df, a, b), { min: -1, max: 0 });
        for (const size of [UNIT, UNIT - 2, 2 ** 23])
          checkModel(new QuantizedStudentT(-size / 2, size / 2 - 1, df, a, b), {
            min: -size / 2,
            max: size / 2 - 1,
            all: 200,
          });
        checkModel(new QuantizedStudentT(-2048, 2047, df, a, b, { precision: 12 }), { min: -2048, max: 2047 });
      }
  });

  test('bulk calls are single calls', () => {
    for (const bits of [12, 24] as const)
      for (const df of [0.1, 1, 2.5, 40, 1e300]) {
        const sets = fc.sample(fc.tuple(location, scale), { seed: 7, numRuns: 100 });
        checkBulk(new QuantizedStudentT(-150, 149, df, { precision: bits }), sets, 3);
      }
    checkBulk(
      new QuantizedStudentT(-(2 ** 22), 2 ** 22, 3),
      [
        [0, 1],
        [1e5, 1e5],
        [-3e6, 1e-9],
        [0, 1e300],
      ],
      4,
    );
  });

  test('the cdf is within 5e-9 of the incomplete beta function', () => {
    const { incompleteBeta } = modelKernel();
    for (const df of [0.1, 0.7, 1, 2, 3, 7.5, 30, 1000]) {
      const cdf = studentCdf(df);
      for (let i = 0; i < 2000; i++) {
        const t = 10 ** (-5 + i / 150);
        const tail = 0.5 * incompleteBeta(df / (df + t * t), df / 2, 0.5);
        expect(Math.abs(cdf(-t) - tail), `df ${df} at ${t}`).toBeLessThan(5e-9);
        expect(Math.abs(cdf(t) + cdf(-t) - 1)).toBeLessThan(2e-16);
      }
    }
  });

  test('the cdf never falls, between doubles next to one another and at its knots', () => {
    const random = randomOf(6);
    const next = new Float64Array(1);
    const bits = new BigUint64Array(next.buffer);
    for (const df of [0.1, 1, 3, 50, 1e300]) {
      const cdf = studentCdf(df);
      for (let i = 0; i < 300; i++) {
        next[0] = (1 + random(128) / 128) * 2 ** (random(34) - 14);
        if (i % 2 === 0) next[0] *= 1 + random(2 ** 30) / 2 ** 30;
        bits[0] -= 10n;
        let before = cdf(next[0]);
        for (let j = 0; j < 20; j++) {
          bits[0] += 1n;
          const here = cdf(next[0]);
          expect(here).toBeGreaterThanOrEqual(before);
          before = here;
        }
      }
    }
  });

  test('one degree of freedom is Cauchy, and many are normal', () => {
    for (const [df, Model] of [
      [1, QuantizedCauchy],
      [1e12, QuantizedGaussian],
    ] as const) {
      const got = lefts(new QuantizedStudentT(-50, 50, df, 3.2, 5), -50, 50);
      for (const [i, left] of lefts(new Model(-50, 50, 3.2, 5), -50, 50).entries())
        expect(Math.abs(got[i] - left)).toBeLessThanOrEqual(1);
    }
  });

  test('misuse', () => {
    const invalid = (text: string) =>
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining(text) });
    for (const df of [0, 0.09, -1, Infinity, Number.NaN])
      expect(() => new QuantizedStudentT(0, 9, df)).toThrow(invalid(`df is a number from 0.1 to 1e300, not ${df}`));
    for (const bad of [0, -1, Infinity, Number.NaN])
      expect(() => new QuantizedStudentT(0, 9, 3, 0, bad)).toThrow(
        invalid(`scale is a finite number above 0, not ${bad}`),
      );
    expect(() => new QuantizedStudentT(0, 9, 3, Infinity, 1)).toThrow(invalid('loc is a finite number, not Infinity'));
    expect(() => new QuantizedStudentT(9, 9, 3)).toThrow(invalid('at least two symbols'));
    expect(() => new (QuantizedStudentT as unknown as new (...x: number[]) => EntropyModel)(0, 9)).toThrow(
      expect.objectContaining({ code: 'invalid-type', message: expect.stringContaining('df is a number from 0.1') }),
    );
  });
});

describe('buckets', () => {
  test.each(names)('%s: the law of models, and the plain cuts', (name) => {
    fc.assert(
      fc.property(precision, rising, location, scale, (bits, edges, a, b) => {
        const model = new buckets[name](edges, a, b, { precision: bits });
        checkModel(model, { min: 0, max: edges.length });
        expect(lefts(model, 0, edges.length)).toEqual(bucketLefts(name, edges, bits, a, b));
      }),
      parameters,
    );
  });

  test.each(names)('%s: two buckets, and many', (name) => {
    for (const [a, b] of [
      [0, 1],
      [0.3, 0.01],
      [-2, 1e-300],
      [1e9, 1e300],
      [0.7, 40],
    ] as const)
      for (const n of [2, 3, 4096, 65536, 300_000]) {
        const edges = equalMassEdges(name, n);
        checkModel(new buckets[name](edges, a, b), { min: 0, max: n - 1, all: 200 });
        if (n <= 4096) checkModel(new buckets[name](edges, a, b, { precision: 12 }), { min: 0, max: n - 1, all: 200 });
      }
  });

  test.each(names)('%s: bulk calls are single calls', (name) => {
    const sets = fc.sample(fc.tuple(location, scale), { seed: 7, numRuns: 80 });
    const usual = fc.sample(
      fc.tuple(fc.double({ min: -3, max: 3, noNaN: true }), fc.double({ min: 0.001, max: 1, noNaN: true })),
      { seed: 8, numRuns: 80 },
    );
    for (const bits of [12, 24] as const)
      for (const n of [2, 3, 256, 4095, ...(bits === 24 ? [65536] : [])])
        checkBulk(new buckets[name](equalMassEdges(name, n), { precision: bits }), [...sets, ...usual], n);
    checkBulk(new buckets[name](Float64Array.of(-1e300, -1, -1 + 2 ** -50, 5e-324, 1e300)), sets, 2);
  });

  test('edges that the resident memory cannot hold are coded all the same', () => {
    const family = new BucketedGaussian(equalMassEdges('gaussian', 1_500_000));
    checkBulk(
      family,
      [
        [0, 1],
        [0.5, 0.01],
        [-1, 1e-4],
      ],
      3,
    );
  });

  test('buckets of equal mass have equal mass under their own distribution', () => {
    for (const name of names)
      for (const n of [2, 5, 256, 4096]) {
        const edges = equalMassEdges(name, n);
        expect(edges).toHaveLength(n - 1);
        const interval = { left: 0, probability: 0 };
        const model = new buckets[name](edges, 0, 1);
        const centres = equalMassCentres(name, n);
        for (let i = 0; i < n; i++) {
          model.interval(i, interval);
          expect(Math.abs(interval.probability - UNIT / n)).toBeLessThanOrEqual(2);
          expect(centres[i]).toBeGreaterThan(i === 0 ? -Infinity : edges[i - 1]);
          expect(centres[i]).toBeLessThan(i === n - 1 ? Infinity : edges[i]);
          expect(centres[i] + centres[n - 1 - i]).toBe(0);
        }
      }
    expect([...equalMassEdges('logistic', 4)]).toEqual([-1.0986122886681098, 0, 1.0986122886681098]);
  });

  test('buckets of width 1 are the quantised distribution', () => {
    const edges = Float64Array.from({ length: 40 }, (_, i) => i - 19.5);
    const model = lefts(new BucketedGaussian(edges, 1.7, 4.5), 0, 40);
    expect(model).toEqual(lefts(new QuantizedGaussian(-20, 20, 1.7, 4.5), -20, 20));
  });

  test('misuse', () => {
    const invalid = (text: string) =>
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining(text) });
    expect(() => new BucketedGaussian(new Float64Array(0))).toThrow(invalid('at least one edge'));
    expect(() => new BucketedGaussian(Float64Array.of(0, 1, 1))).toThrow(invalid('1, which is at 2, follows 1'));
    expect(() => new BucketedGaussian(Float64Array.of(0, Number.NaN))).toThrow(invalid('not NaN, which is at 1'));
    expect(() => new BucketedLaplace(Float64Array.of(-Infinity, 0))).toThrow(invalid('not -Infinity, which is at 0'));
    expect(() => new BucketedLogistic(equalMassEdges('logistic', 4097), { precision: 12 })).toThrow(
      invalid('4097 symbols, and 12 bits'),
    );
    expect(() => new BucketedGaussian(Float64Array.of(0), 0, 0)).toThrow(
      invalid('std is a finite number above 0, not 0'),
    );
    expect(() => new BucketedGaussian([0] as unknown as Float64Array)).toThrow(
      expect.objectContaining({ code: 'invalid-type' }),
    );
    expect(() => equalMassEdges('cauchy' as 'gaussian', 4)).toThrow(invalid("no distribution 'cauchy'"));
    for (const n of [1, 2.5, 2 ** 24 + 1, Number.NaN])
      expect(() => equalMassEdges('gaussian', n)).toThrow(invalid(`from 2 to 16777216, not ${n}`));
    const edges = Float64Array.of(0, 1);
    const model = new BucketedGaussian(edges, 0, 1);
    const before = lefts(model, 0, 2);
    edges[0] = 0.9;
    expect(lefts(model, 0, 2)).toEqual(before);
  });
});
