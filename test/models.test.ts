import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bernoulli } from '../src/models/bernoulli.ts';
import { Binomial } from '../src/models/binomial.ts';
import { Categorical } from '../src/models/categorical.ts';
import { CustomModel } from '../src/models/custom.ts';
import { Geometric } from '../src/models/geometric.ts';
import { type EntropyModel, isFamily, isRowFamily, type Precision } from '../src/models/model.ts';
import { Poisson } from '../src/models/poisson.ts';
import {
  type LocationScale,
  QuantizedCauchy,
  QuantizedGaussian,
  QuantizedLaplace,
  QuantizedLogistic,
} from '../src/models/quantized.ts';
import { Uniform } from '../src/models/uniform.ts';
import { checkModel } from './support/models.ts';
import families from './vectors/constriction_families.json' with { type: 'json' };
import models from './vectors/constriction_models.json' with { type: 'json' };
import streams from './vectors/constriction_streams.json' with { type: 'json' };

const parameters = { seed: 3, numRuns: 60 };
const UNIT = 2 ** 24;

function lefts(model: EntropyModel, min: number, max: number): number[] {
  const interval = { left: 0, probability: 0 };
  const found: number[] = [];
  for (let symbol = min; symbol <= max; symbol++) {
    model.interval(symbol, interval);
    expect(found.length === 0 || found.at(-1) === interval.left).toBe(true);
    if (found.length === 0) found.push(interval.left);
    found.push(interval.left + interval.probability);
  }
  return found;
}

function symbolsAt(model: EntropyModel, quantiles: readonly number[]): number[] {
  const interval = { left: 0, probability: 0 };
  return quantiles.map((quantile) => model.symbolAt(quantile, interval));
}

/** The table that bulk calls use. */
function tableOf(model: EntropyModel): number[] {
  const { kernel } = model;
  if (kernel === undefined || !('table' in kernel)) throw new Error('no table');
  return [...kernel.table];
}

const quantized: Record<string, LocationScale> = {
  gaussian: QuantizedGaussian,
  laplace: QuantizedLaplace,
  cauchy: QuantizedCauchy,
  logistic: QuantizedLogistic,
};

describe('the numbers of constriction', () => {
  test.each(['gaussian', 'laplace', 'cauchy'])('quantized %s', (name) => {
    const cases = families.leaky.filter(({ family }) => family === name);
    expect(cases).toHaveLength(40);
    for (const { param1, param2, min, max, cdf, quantiles, symbols } of cases) {
      const model = new quantized[name](min, max, param1, param2);
      expect(lefts(model, min, max)).toEqual(cdf);
      expect(tableOf(model)).toEqual(cdf);
      expect(symbolsAt(model, quantiles)).toEqual(symbols);
      expect(lefts(new quantized[name](min, max).model(param1, param2), min, max)).toEqual(cdf);
    }
  });

  test('binomial', () => {
    expect(families.binomial).toHaveLength(30);
    for (const { n, p, cdf, quantiles, symbols } of families.binomial) {
      const model = new Binomial(n, p);
      expect(tableOf(model)).toEqual(cdf);
      expect(lefts(new Binomial(n).model(p), 0, n)).toEqual(cdf);
      expect(tableOf(new Binomial(n).model(p))).toEqual(cdf);
      for (const one of [model, new Binomial().model(n, p), new Binomial(n).model(p)])
        expect(symbolsAt(one, quantiles)).toEqual(symbols);
    }
  });

  test('uniform', () => {
    const interval = { left: 0, probability: 0 };
    for (const { size, quantiles, symbol_left_prob: want } of families.uniform)
      for (const model of [new Uniform(size), new Uniform().model(size)])
        expect(quantiles.map((q) => [model.symbolAt(q, interval), interval.left, interval.probability])).toEqual(want);
  });

  test('categorical, fast, lazy and perfect, in double and in single precision', () => {
    let refused = 0;
    for (const one of models.categorical) {
      const cases = [
        [Float64Array.from(one.probs_f64), one.cdf_fast_f64, one.cdf_perfect_f64],
        [Float32Array.from(one.probs_f64), one.cdf_fast_f32, one.cdf_perfect_f32],
      ] as const;
      for (const [probabilities, fast, perfect] of cases) {
        const last = probabilities.length - 1;
        const model = new Categorical(probabilities, { perfect: true });
        expect(tableOf(model)).toEqual(perfect);
        expect(lefts(model, 0, last)).toEqual(perfect);
        if (fast.some((left, i) => i > 0 && left <= fast[i - 1])) {
          refused += 1;
          expect(() => new Categorical(probabilities, { perfect: false })).toThrow(/symbol 1, of probability 0,/);
          continue;
        }
        expect(tableOf(new Categorical(probabilities, { perfect: false }))).toEqual(fast);
        const lazy = new Categorical(probabilities, { lazy: true });
        expect(lefts(lazy, 0, last)).toEqual(fast);
        expect(tableOf(lazy)).toEqual(fast);
        const quantiles = fast.slice(0, -1).flatMap((left, i) => [left, fast[i + 1] - 1]);
        expect(symbolsAt(lazy, quantiles)).toEqual(quantiles.map((_, i) => i >> 1));
      }
    }
    expect(refused).toBe(1);
  });

  test('what its own documentation codes', () => {
    const interval = { left: 0, probability: 0 };
    let held = 0;
    for (const one of streams.documented) {
      const want = one.left_cumulative_and_probability_24bit;
      if (want === undefined) continue;
      const got = one.segments.flatMap((segment) => {
        const symbols = segment.symbols as number[];
        return symbols.map((symbol, i) => {
          if ('probabilities' in segment) {
            const { iid, probabilities, dtype, perfect = false } = segment;
            const numbers = (iid ? probabilities : probabilities?.[i]) as number[];
            const row = dtype === 'float32' ? Float32Array.from(numbers) : Float64Array.from(numbers);
            const model = iid ? new Categorical(row, { perfect }) : new Categorical({ perfect }).row(row);
            model.interval(symbol, interval);
          } else {
            const {
              model: name,
              min,
              max,
              param1,
              param2,
              param_dtype: type,
            } = segment as unknown as {
              model: string;
              min: number;
              max: number;
              param1: number[];
              param2: number[];
              param_dtype: string;
            };
            const round = type === 'float32' ? Math.fround : (x: number) => x;
            const Model = quantized[name.replace('Quantized', '').toLowerCase()];
            // One case has the scale 0, which the Python package refuses too; the smallest scale has its numbers.
            new Model(min, max, round(param1[i]), round(param2[i]) || Number.MIN_VALUE).interval(symbol, interval);
          }
          return [interval.left, interval.probability];
        });
      });
      expect(got, one.id).toEqual(want);
      held += 1;
    }
    expect(held).toBeGreaterThan(30);
  });
});

describe('the law of models', () => {
  const precision = fc.constantFrom<Precision>(24, 12);
  const location = fc.oneof(
    fc.double({ min: -300, max: 300, noNaN: true }),
    fc.constantFrom(0, 0.5, -0, 2.5, 1e9, -1e300, 1.7e308, 5e-324),
    fc.integer({ min: -120, max: 120 }),
  );
  const scale = fc.oneof(
    fc.double({ min: -12, max: 12, noNaN: true }).map((e) => 10 ** e),
    fc.constantFrom(5e-324, 1e-300, 1e300, 1.7e308, 1, 0.5, 1e16),
  );
  const support = fc
    .tuple(fc.integer({ min: -200, max: 200 }), fc.integer({ min: 1, max: 400 }))
    .map(([min, size]) => ({ min, max: min + size }));

  test.each(Object.keys(quantized))('quantized %s', (name) => {
    fc.assert(
      fc.property(precision, support, location, scale, (bits, { min, max }, a, b) => {
        checkModel(new quantized[name](min, max, a, b, { precision: bits }), { min, max });
      }),
      parameters,
    );
  });

  test.each(Object.keys(quantized))('quantized %s on two symbols and on all that there are', (name) => {
    const Model = quantized[name];
    for (const [a, b] of [
      [0, 1],
      [3e5, 2e4],
      [-7e6, 1e300],
      [0.25, 1e-300],
      [8e6, 3e6],
    ]) {
      checkModel(new Model(-1, 0, a, b), { min: -1, max: 0 });
      checkModel(new Model(2 ** 31 - 2, 2 ** 31 - 1, a, b), { min: 2 ** 31 - 2, max: 2 ** 31 - 1 });
      checkModel(new Model(-(2 ** 31), 1 - 2 ** 31, a, b), { min: -(2 ** 31), max: 1 - 2 ** 31 });
      for (const size of [UNIT, UNIT - 2, UNIT - 4096, 2 ** 23]) {
        const max = size / 2 - 1;
        checkModel(new Model(max + 1 - size, max, a, b), { min: max + 1 - size, max });
      }
      checkModel(new Model(-2048, 2047, a, b, { precision: 12 }), { min: -2048, max: 2047 });
    }
  });

  test('binomial', () => {
    const n = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 3000 }));
    const p = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1, 0.5, 5e-324, 1 - 2 ** -53));
    fc.assert(
      fc.property(precision, n, p, (bits, trials, chance) => {
        checkModel(new Binomial(trials, chance, { precision: bits }), { min: 0, max: trials, all: 80 });
        checkModel(new Binomial(trials, { precision: bits }).model(chance), { min: 0, max: trials, all: 80 });
      }),
      parameters,
    );
    checkModel(new Binomial(UNIT - 1, 0.3), { min: 0, max: UNIT - 1, all: 8 });
  });

  test('Bernoulli', () => {
    const p = fc.oneof(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 24, noNaN: true }).map((e) => 2 ** -e),
      fc.constantFrom(0, 1, 0.5, 5e-324, 1 - 2 ** -53, 2 ** -24, 3 * 2 ** -25),
    );
    fc.assert(
      fc.property(precision, p, fc.boolean(), (bits, chance, perfect) => {
        const options = { precision: bits, perfect };
        const model = new Bernoulli(chance, options);
        checkModel(model, { min: 0, max: 1 });
        checkModel(new Bernoulli(options).model(chance), { min: 0, max: 1 });
        expect(tableOf(model)).toEqual(tableOf(new Categorical([1 - chance, chance], options)));
      }),
      { ...parameters, numRuns: 400 },
    );
  });

  test('uniform', () => {
    for (const bits of [12, 24] as const)
      for (const size of [2, 3, 255, 4095, 4096, ...(bits === 24 ? [65537, UNIT - 2, UNIT - 1, UNIT] : [])])
        checkModel(new Uniform(size, { precision: bits }), { min: 0, max: size - 1 });
  });

  test('categorical', () => {
    const weight = fc.oneof(
      fc.constantFrom(0, 0, 1, 5e-324, 1e-20, 1e300),
      fc.double({ min: -30, max: 3, noNaN: true }).map((e) => 2 ** e),
    );
    const row = fc.array(weight, { minLength: 2, maxLength: 60 }).filter((p) => {
      const sum = p.reduce((a, b) => a + b, 0);
      return sum > 1e-300 && sum < 1e308;
    });
    fc.assert(
      fc.property(precision, row, fc.boolean(), (bits, p, perfect) => {
        const min = 0;
        const max = p.length - 1;
        checkModel(new Categorical(p, { perfect, precision: bits }), { min, max });
        checkModel(new Categorical(p, { lazy: true, precision: bits }), { min, max });
        checkModel(new Categorical({ perfect, precision: bits }).row(Float64Array.from(p)), { min, max });
        const single = Float32Array.from(p, (x) => Math.min(x, 1e30));
        if (single.reduce((a, b) => a + b, 0) > 1e-30)
          checkModel(new Categorical(single, { perfect: true, precision: bits }), { min, max });
      }),
      parameters,
    );
  });

  test('perfect probabilities cost no more than any one unit moved would', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 12 }), (p) => {
        fc.pre(p.reduce((a, b) => a + b, 0) > 1e-6);
        const table = tableOf(new Categorical(p, { perfect: true, precision: 12 }));
        const weights = table.slice(1).map((end, i) => end - table[i]);
        const cost = (w: readonly number[]) => -p.reduce((sum, x, i) => sum + x * Math.log2(w[i]), 0);
        const least = cost(weights);
        for (const [i, w] of weights.entries())
          for (const j of weights.keys())
            if (i !== j && w > 1)
              expect(cost(weights.map((x, k) => x - (k === i ? 1 : 0) + (k === j ? 1 : 0)))).toBeGreaterThan(
                least - 1e-9,
              );
      }),
      parameters,
    );
  });

  test('a categorical model of the most symbols that there can be', () => {
    const n = UNIT - 2;
    const even = new Float32Array(n).fill(1);
    checkModel(new Categorical(even, { perfect: false }), { min: 0, max: n - 1 });
    const most = 2 ** 12 - 2;
    const few = Float64Array.from({ length: most }, (_, i) => (i % 7) * 1e-9);
    checkModel(new Categorical(few, { perfect: true, precision: 12 }), { min: 0, max: most - 1 });
    checkModel(new Categorical(few, { perfect: false, precision: 12 }), { min: 0, max: most - 1 });
  });

  test('a perfect model of more symbols than the resident memory holds', () => {
    const n = 40_000;
    const p = Float64Array.from({ length: n }, (_, i) => 1 / (i + 1));
    checkModel(new Categorical(p, { perfect: true }), { min: 0, max: n - 1 });
  });

  test('Poisson', () => {
    const mean = fc.oneof(
      fc.double({ min: -6, max: 5, noNaN: true }).map((e) => 10 ** e),
      fc.constantFrom(5e-324, 1e-300, 1, 100, 2 ** 31),
    );
    fc.assert(
      fc.property(precision, fc.integer({ min: 1, max: 4000 }), mean, (bits, max, m) => {
        checkModel(new Poisson(max, m, { precision: bits }), { min: 0, max, all: 120 });
      }),
      parameters,
    );
    checkModel(new Poisson(UNIT - 1, 1e6), { min: 0, max: UNIT - 1, all: 16 });
  });

  test('geometric', () => {
    const p = fc.oneof(fc.double({ min: 5e-324, max: 1, noNaN: true }), fc.constantFrom(5e-324, 1e-300, 1e-6, 1, 0.5));
    fc.assert(
      fc.property(precision, fc.integer({ min: 1, max: 4000 }), p, (bits, max, chance) => {
        checkModel(new Geometric(max, chance, { precision: bits }), { min: 0, max, all: 300 });
      }),
      parameters,
    );
  });

  test('custom', () => {
    const cdf = (x: number) => (x <= -10 ? 0 : x >= 10 ? 1 : (x + 10) / 20);
    for (const inverse of [undefined, (p: number) => 20 * p - 10, () => Number.NaN, () => -1e9, (p: number) => 3 - p])
      for (const [min, max] of [
        [-9, 9],
        [0, 1],
        [-100, 4],
        [-70000, 70000],
      ]) {
        checkModel(new CustomModel(cdf, inverse, min, max), { min, max });
        if (max < 4096)
          checkModel(new CustomModel(cdf, inverse, min, max, { precision: max - min < 4096 ? 12 : 24 }), { min, max });
      }
  });
});

describe('distributions', () => {
  const share = (model: EntropyModel, symbol: number) => {
    const interval = { left: 0, probability: 0 };
    model.interval(symbol, interval);
    return interval.probability / UNIT;
  };

  test('a Poisson variable has its probabilities', () => {
    let p = Math.exp(-4.2);
    for (let k = 0; k < 30; k++) {
      expect(Math.abs(share(new Poisson(60, 4.2), k) - p)).toBeLessThan(1e-5);
      p *= 4.2 / (k + 1);
    }
  });

  test('a geometric variable has its probabilities', () => {
    for (let k = 0; k < 30; k++) expect(Math.abs(share(new Geometric(60, 0.3), k) - 0.3 * 0.7 ** k)).toBeLessThan(1e-5);
  });

  test('a logistic variable has its probabilities', () => {
    const at = (x: number) => 1 / (1 + Math.exp(-(x - 3.25) / 2));
    for (let s = -20; s <= 20; s++)
      expect(Math.abs(share(new QuantizedLogistic(-60, 60, 3.25, 2), s) - at(s + 0.5) + at(s - 0.5))).toBeLessThan(
        1e-5,
      );
  });

  test('a custom model of a Gaussian cdf is near the model', () => {
    const steep = (x: number) => 1 / (1 + Math.exp(-1.702 * x));
    const own = new CustomModel(steep, undefined, -5, 5);
    for (let s = -5; s <= 5; s++)
      expect(Math.abs(share(own, s) - share(new QuantizedGaussian(-5, 5, 0, 1), s))).toBeLessThan(0.02);
  });
});

describe('misuse', () => {
  const invalid = (text: string | RegExp) =>
    expect.objectContaining({
      code: 'invalid-argument',
      message: typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text),
    });
  const wrongType = (text: string) =>
    expect.objectContaining({ code: 'invalid-type', message: expect.stringContaining(text) });

  test.each(Object.keys(quantized))('quantized %s', (name) => {
    const Model = quantized[name];
    const own = name === 'gaussian' ? 'std' : 'scale';
    for (const bad of [0, -1, -0, Number.NaN, Infinity, -Infinity])
      expect(() => new Model(-5, 5, 0, bad)).toThrow(invalid(`: ${own} is a finite number above 0, not ${bad}`));
    for (const bad of [Number.NaN, Infinity, -Infinity])
      expect(() => new Model(-5, 5, bad, 1)).toThrow(invalid(`is a finite number, not ${bad}`));
    expect(() => new Model(5, 5)).toThrow(invalid('at least two symbols; not 5 to 5'));
    expect(() => new Model(6, 5)).toThrow(invalid('at least two symbols'));
    expect(() => new Model(0, UNIT)).toThrow(invalid('are 16777217 symbols, and 24 bits give at most 16777216'));
    expect(() => new Model(0, 4096, { precision: 12 })).toThrow(invalid('are 4097 symbols, and 12 bits'));
    expect(() => new Model(0, 2 ** 31)).toThrow(invalid('max is a whole number from -2147483648 to 2147483647'));
    expect(() => new Model(0.5, 3)).toThrow(invalid('min is a whole number'));
    expect(() => new Model(0, 3, { precision: 16 as 12 })).toThrow(invalid('precision is 24 or 12, not 16'));
    expect(() => new (Model as unknown as new (...x: number[]) => EntropyModel)(0, 3, 1)).toThrow(wrongType('1 were'));
    expect(() => new Model(0, 3, 1, '2' as unknown as number)).toThrow(wrongType('not string'));

    const family = new Model(-5, 5);
    expect([isFamily(family), isRowFamily(family), isFamily(family.model(0, 1))]).toEqual([true, false, false]);
    const ones = new Float64Array(9).fill(1);
    family.check([ones, Float32Array.from(ones)], 9);
    const holed = ones.slice();
    holed[6] = Number.NaN;
    expect(() => family.check([holed, ones], 9)).toThrow(invalid(/is a finite number, not NaN, which is at 6$/));
    holed[6] = -3;
    family.check([holed, ones], 9);
    expect(() => family.check([ones, holed], 9)).toThrow(
      invalid(`${own} is a finite number above 0, not -3, which is at 6`),
    );
    expect(() => family.check([ones, ones], 8)).toThrow(invalid('has 9 numbers for 8 symbols'));
    expect(() => family.check([ones], 9)).toThrow(wrongType('1 arrays were given'));
    expect(() => family.check([ones, [1] as unknown as Float64Array], 9)).toThrow(wrongType('Float64Array'));
    expect(() => family.model(1)).toThrow(wrongType('1 were given'));
  });

  test('counts and probabilities', () => {
    for (const bad of [-0.1, 1.1, Number.NaN, Infinity]) {
      expect(() => new Bernoulli(bad)).toThrow(invalid(`p is a number from 0 to 1, not ${bad}`));
      expect(() => new Binomial(3, bad)).toThrow(invalid(`p is a number from 0 to 1, not ${bad}`));
      expect(() => new Geometric(3, bad)).toThrow(invalid(`p is a number above 0 and at most 1, not ${bad}`));
    }
    expect(() => new Geometric(3, 0)).toThrow(invalid('not 0'));
    for (const bad of [0, -1, 1.5, UNIT, Number.NaN]) {
      expect(() => new Binomial(bad, 0.5)).toThrow(invalid('n is a whole number from 1 to 16777215'));
      expect(() => new Binomial(bad)).toThrow(invalid('n is a whole number from 1 to 16777215'));
    }
    for (const bad of [1, 0, 2.5, UNIT + 1, Number.NaN])
      expect(() => new Uniform(bad)).toThrow(invalid('size is a whole number from 2 to 16777216'));
    expect(() => new Uniform().check([Float64Array.of(2, 3.5)], 2)).toThrow(invalid('not 3.5, which is at 1'));
    for (const bad of [0, -2, Number.NaN, 2 ** 32])
      expect(() => new Poisson(9, bad)).toThrow(invalid('mean is a number above 0 and at most 2147483648'));
    expect(() => new Poisson(0, 1)).toThrow(invalid('at least two symbols'));
    expect(() => new Geometric(UNIT, 0.5)).toThrow(invalid('16777217 symbols'));
  });

  test('categorical', () => {
    const make = (p: number[], options = { perfect: false }) => new Categorical(p, options);
    for (const perfect of [false, true]) {
      expect(() => make([1, -0.5, 1], { perfect })).toThrow(invalid('not -0.5, which is at 1'));
      expect(() => make([1, 1, Number.NaN], { perfect })).toThrow(invalid('not NaN, which is at 2'));
      expect(() => make([Infinity, 1], { perfect })).toThrow(invalid('not Infinity, which is at 0'));
      expect(() => make([0, 0], { perfect })).toThrow(invalid('sum to 0'));
      expect(() => make([1e308, 1e308], { perfect })).toThrow(invalid('sum to Infinity'));
      expect(() => make([1], { perfect })).toThrow(invalid('from 2 to 16777214 symbols, not 1'));
      expect(() => make([], { perfect })).toThrow(invalid('not 0'));
    }
    expect(() => new Categorical(new Float32Array(4095), { perfect: true, precision: 12 })).toThrow(invalid('4094'));
    expect(() => new Categorical([1, 1], {} as { perfect: boolean })).toThrow(wrongType('say { perfect: true }'));
    expect(() => new Categorical([1, 1], { lazy: true, perfect: true as false })).toThrow(
      wrongType('cannot be perfect'),
    );

    const family = new Categorical({ perfect: false });
    expect([isFamily(family), isRowFamily(family)]).toEqual([false, true]);
    expect(family.checkRows(Float32Array.of(1, 2, 3, 4, 5, 6), 2)).toBe(3);
    expect(() => family.checkRows(Float32Array.of(1, 2, 3, 4, -5, 6), 2)).toThrow(invalid('at row 1, column 1'));
    expect(() => family.checkRows(new Float64Array(7), 2)).toThrow(invalid('7 probabilities make no 2 rows'));
  });

  test('single precision that leaves a symbol nothing', () => {
    const row = Float32Array.of(0.7390873432159424, 0);
    const at = { left: 0, probability: 0 };
    expect(() => new Categorical(row, { perfect: false })).toThrow(invalid('use a Float64Array or { perfect: true }'));
    const lazy = new Categorical(row, { lazy: true });
    lazy.interval(0, at);
    expect(at).toEqual({ left: 0, probability: UNIT });
    expect(() => lazy.interval(1, at)).toThrow(expect.objectContaining({ code: 'impossible-symbol' }));
  });

  test('custom', () => {
    const falling = new CustomModel((x) => (x < 0 ? 0.5 : 0.25), undefined, -3, 3);
    const at = { left: 0, probability: 0 };
    expect(() => falling.kernel).toThrow(invalid('falls from -0.5 to 0.5'));
    expect(() => falling.interval(0, at)).toThrow(expect.objectContaining({ code: 'impossible-symbol' }));
    for (const bad of [Number.NaN, -0.1, 1.5])
      expect(() => new CustomModel(() => bad, undefined, 0, 4).interval(2, at)).toThrow(
        invalid(`this one is ${bad} at`),
      );
    expect(() => new CustomModel(3 as unknown as () => number, undefined, 0, 4)).toThrow(wrongType('a function'));
    expect(() => new CustomModel(() => 0, 3 as unknown as () => number, 0, 4)).toThrow(wrongType('a function'));
    expect(() => new CustomModel(() => 0, undefined, 4, 4)).toThrow(invalid('two symbols'));
  });
});
