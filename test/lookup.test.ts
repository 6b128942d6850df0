import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AnsCoder } from '../src/coders/ans.ts';
import { RangeEncoder } from '../src/coders/range.ts';
import { AliasCategorical } from '../src/models/alias.ts';
import { Categorical } from '../src/models/categorical.ts';
import { CustomModel } from '../src/models/custom.ts';
import { lookupDecoder } from '../src/models/lookup.ts';
import { GaussianMixture } from '../src/models/mixture.ts';
import type { EntropyModel } from '../src/models/model.ts';
import { NonContiguousCategorical } from '../src/models/noncontiguous.ts';
import { QuantizedCauchy, QuantizedGaussian } from '../src/models/quantized.ts';
import { Uniform } from '../src/models/uniform.ts';
import { checkModel } from './support/models.ts';
import { randomOf } from './support/random.ts';

const steps = (x: number) => Math.min(1, Math.max(0, (x + 50_000) / 100_000));
const models: [string, EntropyModel, number, number][] = [
  ['a categorical one', new Categorical([3, 0, 1, 2], { perfect: true }), 0, 3],
  ['a lazy one', new Categorical([3, 0, 1, 2], { lazy: true, precision: 12 }), 0, 3],
  ['two symbols', new Categorical([1, 1e-9], { perfect: true }), 0, 1],
  ['a family with a table', new QuantizedGaussian(-100, 100, 3.2, 9.6), -100, 100],
  ['12 bits', new QuantizedGaussian(-100, 1900, 3.2, 9.6, { precision: 12 }), -100, 1900],
  ['a family without one', new QuantizedCauchy(-30_000, 9000, 5, 100), -30_000, 9000],
  ['a mixture', new GaussianMixture(-3000, 3000, 2, [1, 2], [0, 900], [0.01, 50]), -3000, 3000],
  ['many symbols', new Uniform(100_000), 0, 99_999],
  ["a cdf of one's own", new CustomModel(steps, undefined, -50_000, 49_999), -50_000, 49_999],
];

test.each(models)('%s, looked up: the same intervals', (_, model, min, max) => {
  for (const found of [lookupDecoder(model), lookupDecoder(model, { full: true })]) {
    checkModel(found, { min, max });
    const random = randomOf(3);
    const [a, b] = [
      { left: 0, probability: 0 },
      { left: 0, probability: 0 },
    ];
    for (let i = 0; i < 500; i++) {
      const quantile = random(2 ** model.precision);
      expect([found.symbolAt(quantile, a), a]).toEqual([model.symbolAt(quantile, b), b]);
    }
  }
});

test('words are those of the model, in bulk and singly', () => {
  const model = new QuantizedGaussian(-100, 100, 3.2, 9.6);
  const symbols = Int32Array.from({ length: 3000 }, (_, i) => ((i * i) % 41) - 17);
  const coder = new AnsCoder();
  coder.encodeReverse(symbols, model);
  const words = coder.getCompressed();
  const found = lookupDecoder(model);
  expect(new AnsCoder(words).decode(found, symbols.length)).toEqual(symbols);
  const single = new AnsCoder(words);
  for (const symbol of symbols) expect(single.decode(found)).toBe(symbol);
  for (const symbol of [...symbols].reverse()) single.encodeReverse(symbol, found);
  expect(single.getCompressed()).toEqual(words);
});

test('any symbols: the words of their places', () => {
  const anyList = fc.uniqueArray(fc.tuple(fc.integer(), fc.double({ min: 0, max: 1, noNaN: true })), {
    minLength: 2,
    maxLength: 60,
    selector: ([symbol]) => symbol,
  });
  fc.assert(
    fc.property(anyList, fc.boolean(), fc.constantFrom<12 | 24>(12, 24), (list, perfect, precision) => {
      const symbols = list.map(([symbol]) => symbol);
      const probabilities = list.map(([, p]) => p + 1e-3);
      const model = new NonContiguousCategorical(symbols, probabilities, { perfect, precision });
      const plain = new Categorical(probabilities, { perfect, precision });
      const preset = precision === 24 ? 'default' : 'small';
      const places = Int32Array.from({ length: 200 }, (_, i) => (i * i) % list.length);
      const named = places.map((place) => symbols[place]);
      const [coder, other] = [new AnsCoder(undefined, { preset }), new AnsCoder(undefined, { preset })];
      coder.encodeReverse(named, model);
      other.encodeReverse(places, plain);
      expect(coder.getCompressed()).toEqual(other.getCompressed());
      expect(coder.decode(model, 200)).toEqual(named);
      const range = new RangeEncoder({ preset });
      range.encode(named, lookupDecoder(model));
      expect(range.getDecoder().decode(model, 200)).toEqual(named);
      const unknown = symbols.includes(5) ? symbols.find((s) => !symbols.includes(s + 1))! + 1 : 5;
      expect(() => coder.encodeReverse(unknown, model)).toThrow(/none of the \d+ symbols/);
    }),
    { seed: 2, numRuns: 60 },
  );
});

test('misuse', () => {
  expect(() => lookupDecoder(new Uniform(2 ** 20 + 1))).toThrow(/2\^20/);
  expect(() => lookupDecoder(new Categorical(new Float64Array(2 ** 20 + 1).fill(1), { perfect: false }))).toThrow(
    /1048577/,
  );
  expect(() => lookupDecoder(new QuantizedGaussian(0, 9) as never)).toThrow(/family/);
  expect(() => lookupDecoder(undefined as never)).toThrow(expect.objectContaining({ code: 'invalid-type' }));
  expect(() => lookupDecoder(new AliasCategorical([1, 2], { perfect: true }))).toThrow(/alias/);
  const make = (symbols: number[], probabilities: number[]) => () =>
    new NonContiguousCategorical(symbols, probabilities, { perfect: true });
  expect(make([1, 2, 1], [1, 1, 1])).toThrow(/symbol 1 comes twice, at 0 and at 2/);
  expect(make([1, 0.5], [1, 1])).toThrow(/not 0.5, which is at 1/);
  expect(make([1, 2 ** 31], [1, 1])).toThrow(/not 2147483648, which is at 1/);
  expect(make([1, 2, 3], [1, 1])).toThrow(/3 symbols and 2 probabilities/);
  expect(make([1, 2], [1, Number.NaN])).toThrow(/NaN/);
  expect(() => new NonContiguousCategorical(7 as never, [1, 1], { perfect: true })).toThrow(/list/);
});
