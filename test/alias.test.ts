import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AnsCoder } from '../src/coders/ans.ts';
import { ChainCoder } from '../src/coders/chain.ts';
import { RangeDecoder, RangeEncoder } from '../src/coders/range.ts';
import { AliasCategorical } from '../src/models/alias.ts';
import { Categorical } from '../src/models/categorical.ts';
import { checkModel } from './support/models.ts';
import { randomOf } from './support/random.ts';

const anyProbabilities = fc
  .array(fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1e-9, 1, 1000)), {
    minLength: 2,
    maxLength: 70,
  })
  .map((list) => (list.some((p) => p > 0) ? list : [...list, 1]));

const zipf = (n: number) => Float64Array.from({ length: n }, (_, i) => 1 / (i + 1));

/** Symbols drawn by the probabilities. */
function draw(probabilities: ArrayLike<number>, count: number, seed: number): Int32Array {
  const random = randomOf(seed);
  const sum = Array.from(probabilities).reduce((a, b) => a + b, 0);
  return Int32Array.from({ length: count }, () => {
    let x = (random(2 ** 30) / 2 ** 30) * sum;
    let symbol = 0;
    while (symbol < probabilities.length - 1 && x >= probabilities[symbol]) x -= probabilities[symbol++];
    return symbol;
  });
}

test('the law of models', () => {
  fc.assert(
    fc.property(anyProbabilities, fc.constantFrom<12 | 24>(12, 24), fc.boolean(), (list, precision, perfect) => {
      const model = new AliasCategorical(list, { perfect, precision });
      checkModel(model, { min: 0, max: list.length - 1 });
      // As many units as the table has, which is what the words' length rests on.
      const same = new Categorical(list, { perfect, precision });
      const [a, b] = [
        { left: 0, probability: 0 },
        { left: 0, probability: 0 },
      ];
      for (const [symbol] of list.entries()) {
        model.interval(symbol, a);
        same.interval(symbol, b);
        expect(a).toEqual(b);
      }
    }),
    { seed: 4, numRuns: 150 },
  );
});

test.each([
  ['as many symbols as buckets', zipf(256), 24],
  ['one more', zipf(257), 24],
  ['equal ones', new Float64Array(1024).fill(1), 24],
  ['two', Float64Array.of(1, 1e-9), 24],
  ['one for all but the rest', Float64Array.of(...new Float64Array(255), 1), 24],
  ['as many as there are units', new Float64Array(4094).fill(1), 12],
  ['more than the kernels have room for', zipf(300_000), 24],
] as const)('the law of models: %s', (_, probabilities, precision) => {
  const model = new AliasCategorical(probabilities, { perfect: false, precision });
  checkModel(model, { min: 0, max: probabilities.length - 1 });
});

test.each([
  ['default', 256, 20_000],
  ['default', 300_000, 300],
  ['small', 100, 20_000],
] as const)('bulk calls have the words of single ones, preset %s, %d symbols', (preset, n, count) => {
  const probabilities = zipf(n);
  const model = new AliasCategorical(probabilities, { perfect: false, precision: preset === 'small' ? 12 : 24 });
  const symbols = draw(probabilities, count, 3);
  const bulk = new AnsCoder(undefined, { preset });
  const single = new AnsCoder(undefined, { preset });
  bulk.encodeReverse(symbols, model);
  for (let i = count - 1; i >= 0; i--) single.encodeReverse(symbols[i], model);
  expect(bulk.getCompressed()).toEqual(single.getCompressed());
  expect(bulk.decode(model, count)).toEqual(symbols);
  expect(Int32Array.from({ length: count }, () => single.decode(model))).toEqual(symbols);
  expect([bulk.isEmpty(), single.isEmpty()]).toEqual([true, true]);

  const random = randomOf(8);
  const data = preset === 'small' ? new Uint16Array(count + 9) : new Uint32Array(count + 9);
  for (let i = 0; i < data.length; i++) data[i] = random(2 ** 32);
  const chain = new ChainCoder(data, { preset });
  const stepped = new ChainCoder(data, { preset });
  const found = chain.decode(model, count);
  for (const symbol of found) expect(stepped.decode(model)).toBe(symbol);
  expect(chain.getRemainders()).toEqual(stepped.getRemainders());
  chain.encodeReverse(found, model);
  for (let i = count - 1; i >= 0; i--) stepped.encodeReverse(found[i], model);
  for (const coder of [chain, stepped]) {
    const [untouched, rest] = coder.getData();
    expect([...untouched, ...rest]).toEqual([...data]);
  }
});

test('as many bits as a categorical model, in other words', () => {
  const probabilities = zipf(256);
  const symbols = draw(probabilities, 50_000, 5);
  const [alias, plain] = [new AnsCoder(), new AnsCoder()];
  alias.encodeReverse(symbols, new AliasCategorical(probabilities, { perfect: true }));
  plain.encodeReverse(symbols, new Categorical(probabilities, { perfect: true }));
  expect(Math.abs(alias.numValidBits() - plain.numValidBits())).toBeLessThan(8);
  expect(alias.getCompressed()).not.toEqual(plain.getCompressed());
});

test('words that must not change', () => {
  const model = new AliasCategorical([0.2, 0.4, 0.1, 0.3, 0.05], { perfect: true });
  const coder = new AnsCoder();
  coder.encodeReverse(
    Int32Array.from({ length: 40 }, (_, i) => (i * i) % 5),
    model,
  );
  expect([...coder.getCompressed()]).toEqual([3266900161, 3884049292, 3431393332, 3428698423, 5]);
});

test('misuse', () => {
  const model = new AliasCategorical([1, 2, 3], { perfect: true });
  const refused = expect.objectContaining({
    code: 'invalid-type',
    message: expect.stringMatching(/range coder needs .* Categorical .* AnsCoder/),
  });
  const encoder = new RangeEncoder();
  for (const call of [
    () => encoder.encode(1, model),
    () => encoder.encode(Int32Array.of(1, 2), model),
    () => encoder.encode(Int32Array.of(1), [model]),
    () => new RangeDecoder(Uint32Array.of(1, 2)).decode(model),
    () => new RangeDecoder(Uint32Array.of(1, 2)).decode(model, 3),
    () => new RangeDecoder(Uint32Array.of(1, 2)).decode([model]),
  ])
    expect(call).toThrow(refused);
  expect(encoder.isEmpty()).toBe(true);

  const coder = new AnsCoder(Uint32Array.of(5, 6, 7));
  for (const symbols of [3, -1, 0.5])
    expect(() => coder.encodeReverse(symbols, model)).toThrow(/no interval for symbol/);
  expect(() => coder.encodeReverse(Int32Array.of(0, 3, 1), model)).toThrow(/index 1: no interval for symbol 3/);
  expect(() => new AnsCoder(undefined, { preset: 'small' }).encodeReverse(1, model)).toThrow(/24-bit/);
  expect(coder.getCompressed()).toEqual(Uint32Array.of(5, 6, 7));
  const chain = new ChainCoder(Uint32Array.of(5, 6, 7));
  expect(() => chain.encodeReverse(new Int32Array(90), model)).toThrow(/no remainders/);
  const encodeSingly = () => {
    for (let i = 0; i < 90; i++) chain.encodeReverse(0, model);
  };
  expect(encodeSingly).toThrow(/no remainders/);
  expect(() => new AliasCategorical([1, -1], { perfect: true })).toThrow(/-1/);
  expect(() => new AliasCategorical([1, 1], {} as never)).toThrow(/perfect/);
});
