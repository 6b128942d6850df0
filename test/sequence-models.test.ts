/** LZ78, LZW, n-grams and mixtures: laws, plain references, full memories, and golden sums. */
import { describe, expect, test } from 'vitest';
import { Random } from '../src/kernels/random.ts';
import { Lz78Model } from '../src/sequence/lz78.ts';
import { LzwModel } from '../src/sequence/lzw.ts';
import { GeometricMixtureModel, MixtureModel } from '../src/sequence/mixture.ts';
import { type SequenceModel, TOTAL } from '../src/sequence/model.ts';
import { NgramModel } from '../src/sequence/ngram.ts';
import { PlainLz78, PlainLzw, PlainMixture, type PlainModel, PlainNgram } from './reference/sequence_models.ts';
import { randomOf, textBytes } from './support/random.ts';
import { sequenceModels, sequenceModelsGolden } from './support/sequence_models_golden.ts';
import { checkSequenceModel } from './support/sequences.ts';
import golden from './vectors/sequence_models_golden.json' with { type: 'json' };

/** Symbols that repeat, of an alphabet of n. */
function symbols(length: number, n: number): number[] {
  const random = randomOf(n);
  const all: number[] = [];
  while (all.length < length) {
    const from = Math.max(0, all.length - 1 - random(40));
    if (random(3) === 0 || all.length < 4) all.push(random(n));
    else for (let i = 0; i < 3 + random(8); i++) all.push(all[from + i]);
  }
  return all.slice(0, length);
}

const small: Record<string, () => SequenceModel> = {
  'lz78 of 2': () => new Lz78Model({ alphabetSize: 2 }),
  'lz78 of 3, full': () => new Lz78Model({ alphabetSize: 3, maxNodes: 9, backShift: 2, base: 'root' }),
  'lz78 of 1': () => new Lz78Model({ alphabetSize: 1 }),
  'lz78 of 300': () => new Lz78Model({ alphabetSize: 300, base: 'root', backShift: 16 }),
  'lzw of 2, cleared': () => new LzwModel({ alphabetSize: 2, maxEntries: 12, whenFull: 'clear' }),
  'lzw of 1, full': () => new LzwModel({ alphabetSize: 1, maxEntries: 5 }),
  'lzw of 300': () => new LzwModel({ alphabetSize: 300 }),
  'kneser-ney of 3, full': () => new NgramModel({ alphabetSize: 3, order: 3, maxNodes: 30 }),
  'witten-bell of order 0': () => new NgramModel({ alphabetSize: 5, order: 0, smoothing: 'witten-bell' }),
  'kneser-ney of order 16': () => new NgramModel({ alphabetSize: 300, order: 16 }),
  'mixture of mixtures': () =>
    new MixtureModel({
      models: [
        new MixtureModel({ models: [new LzwModel({ alphabetSize: 4 })] }),
        new NgramModel({ alphabetSize: 4, order: 1 }),
      ],
      share: 0,
      weights: [3, 1],
    }),
};

describe('laws', () => {
  for (const [name, create] of Object.entries({ ...sequenceModels, ...small }))
    test(name, () => {
      const n = create().alphabetSize;
      checkSequenceModel(create, { seed: 1, runs: 8, warm: n === 256 ? textBytes(300, 1) : symbols(50, n) });
    });
});

describe('the plain references agree to the bit', () => {
  const mixed = (): [PlainModel[], SequenceModel[]] => [
    [new PlainLz78(7, 2 / 7), new PlainLzw(7, 500), new PlainNgram(7, 2, true)],
    [
      new Lz78Model({ alphabetSize: 7 }),
      new LzwModel({ alphabetSize: 7, maxEntries: 500 }),
      new NgramModel({ alphabetSize: 7, order: 2 }),
    ],
  ];
  const pairs: Record<string, () => [PlainModel, SequenceModel]> = {
    lz78: () => [new PlainLz78(256, 2 / 256), new Lz78Model()],
    'lz78 of 2': () => [new PlainLz78(2, 0.5), new Lz78Model({ alphabetSize: 2 })],
    'lz78 with back-shift': () => [
      new PlainLz78(9, 0.1, 3),
      new Lz78Model({ alphabetSize: 9, gamma: 0.1, backShift: 3 }),
    ],
    'lz78 with all': () => [
      new PlainLz78(9, 0.1, 4, true, 60),
      new Lz78Model({ alphabetSize: 9, gamma: 0.1, backShift: 4, base: 'root', maxNodes: 60 }),
    ],
    lzw: () => [new PlainLzw(256, 65536), new LzwModel()],
    'lzw of 3': () => [new PlainLzw(3, 65536), new LzwModel({ alphabetSize: 3 })],
    'lzw, full': () => [new PlainLzw(3, 20), new LzwModel({ alphabetSize: 3, maxEntries: 20 })],
    'lzw that clears': () => [
      new PlainLzw(3, 20, true),
      new LzwModel({ alphabetSize: 3, maxEntries: 20, whenFull: 'clear' }),
    ],
    'witten-bell': () => [new PlainNgram(256, 4, false), new NgramModel({ smoothing: 'witten-bell' })],
    'kneser-ney': () => [new PlainNgram(256, 6, true), new NgramModel()],
    'kneser-ney, full': () => [
      new PlainNgram(5, 3, true, 70),
      new NgramModel({ alphabetSize: 5, order: 3, maxNodes: 70 }),
    ],
    mixture: () => {
      const [plain, models] = mixed();
      return [new PlainMixture(plain, 0.05), new MixtureModel({ models, share: 0.05 })];
    },
  };
  for (const [name, create] of Object.entries(pairs))
    test(name, () => {
      const [plain, model] = create();
      const n = model.alphabetSize;
      const data = n === 256 ? textBytes(250, 2) : symbols(400, n);
      const expected = new Uint32Array(n + 1);
      const cuts = new Uint32Array(n + 1);
      for (const [i, symbol] of data.entries()) {
        plain.intervals(expected);
        model.intervals(cuts);
        expect(cuts, `after ${i} symbols`).toEqual(expected);
        plain.update(symbol);
        model.update(symbol);
      }
    });
});

test('a symbol by its quantile is the one of the intervals', () => {
  const models: (Lz78Model | LzwModel)[] = [
    new Lz78Model(),
    new Lz78Model({ base: 'root', backShift: 3 }),
    new Lz78Model({ gamma: 1e-9 }),
    new Lz78Model({ gamma: 1000 }),
    new Lz78Model({ alphabetSize: 2 }),
    new Lz78Model({ alphabetSize: 1 }),
    new Lz78Model({ alphabetSize: 65536, base: 'root' }),
    new LzwModel(),
    new LzwModel({ alphabetSize: 2, maxEntries: 30, whenFull: 'clear' }),
    new LzwModel({ alphabetSize: 1 }),
    new LzwModel({ alphabetSize: 300 }),
  ];
  const random = new Random(3);
  for (const model of models) {
    const n = model.alphabetSize;
    const data = n === 256 ? textBytes(400, 3) : symbols(n > 1000 ? 8 : 200, n);
    const cuts = new Uint32Array(n + 1);
    for (const [i, symbol] of data.entries()) {
      model.intervals(cuts);
      const ask = [0, TOTAL - 1, cuts[symbol], cuts[symbol + 1] - 1];
      for (let k = 0; k < 6; k++) ask.push(random.below(TOTAL));
      if (i % 50 === 7) for (let s = 0; s < n; s++) ask.push(cuts[s], cuts[s + 1] - 1);
      for (const quantile of ask) {
        const s = model.symbolAt(quantile);
        if (!(cuts[s] <= quantile && quantile < cuts[s + 1])) throw new Error(`${quantile} gave symbol ${s}`);
      }
      model.update(symbol);
    }
    for (const wrong of [-1, TOTAL, 0.5, NaN]) expect(() => model.symbolAt(wrong)).toThrow(RangeError);
  }
});

/** Bits of a text by a model. */
function bitsOf(model: SequenceModel, text: ArrayLike<number>): number {
  const cuts = new Uint32Array(model.alphabetSize + 1);
  let bits = 0;
  for (let i = 0; i < text.length; i++) {
    model.intervals(cuts);
    bits -= Math.log2((cuts[text[i] + 1] - cuts[text[i]]) / TOTAL);
    model.update(text[i]);
  }
  return bits;
}

test('LZW as a model takes less than LZW, whose code words are whole bits', () => {
  const text = textBytes(6000, 5);
  const dictionary = new Map<string, number>();
  let entries = 256;
  let bits = 0;
  let phrase = '';
  for (const byte of text) {
    if (phrase === '' || dictionary.has(`${phrase},${byte}`)) {
      phrase = phrase === '' ? `${byte}` : `${phrase},${byte}`;
      continue;
    }
    bits += Math.log2(entries);
    dictionary.set(`${phrase},${byte}`, entries++);
    phrase = `${byte}`;
  }
  bits += Math.log2(entries);
  const model = new LzwModel();
  const own = bitsOf(model, text);
  expect(model.size).toBe(entries);
  expect(own).toBeLessThan(bits);
  expect(own).toBeGreaterThan(0.9 * bits);
});

test('a Bayesian mixture costs at most the choice more than any of its models', () => {
  const text = textBytes(3000, 6);
  const make = [
    () => new Lz78Model(),
    () => new LzwModel(),
    () => new NgramModel({ order: 2 }),
    () => new NgramModel({ order: 5, smoothing: 'witten-bell' }),
  ];
  const alone = make.map((create) => bitsOf(create(), text));
  const mixture = new MixtureModel({ models: make.map((create) => create()), share: 0 });
  expect(bitsOf(mixture, text)).toBeLessThan(Math.min(...alone) + 2 + 0.1);
  expect(mixture.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  const product = new GeometricMixtureModel({ models: make.map((create) => create()) });
  expect(bitsOf(product, text)).toBeLessThan(Math.min(...alone));
});

test('options change what they say', () => {
  const text = textBytes(20000, 7);
  const plain = bitsOf(new Lz78Model(), text);
  const shifted = bitsOf(new Lz78Model({ backShift: 3 }), text);
  const both = bitsOf(new Lz78Model({ backShift: 3, base: 'root' }), text);
  expect(shifted).toBeLessThan(plain);
  expect(both).toBeLessThan(shifted);
  const full = new Lz78Model({ maxNodes: 100 });
  bitsOf(full, text);
  expect(full.size).toBe(100);
  expect(new Lz78Model().size).toBe(0);
  const counted = new NgramModel({ order: 3, maxNodes: 500 });
  bitsOf(counted, text);
  expect(counted.size).toBe(500);
});

test('misuse', () => {
  const wrong: (() => unknown)[] = [
    () => new Lz78Model({ alphabetSize: 0 }),
    () => new Lz78Model({ gamma: 0 }),
    () => new Lz78Model({ gamma: NaN }),
    () => new Lz78Model({ backShift: 17 }),
    () => new Lz78Model({ base: 'leaf' as 'root' }),
    () => new Lz78Model({ maxNodes: 0 }),
    () => new LzwModel({ alphabetSize: 70000 }),
    () => new LzwModel({ maxEntries: 255 }),
    () => new LzwModel({ whenFull: 'stop' as 'clear' }),
    () => new NgramModel({ order: 17 }),
    () => new NgramModel({ alphabetSize: 1.5 }),
    () => new NgramModel({ smoothing: 'none' as 'kneser-ney' }),
    () => new NgramModel({ maxNodes: 1.5 }),
    () => new MixtureModel({ models: [new LzwModel(), new LzwModel({ alphabetSize: 3 })] }),
    () => new MixtureModel({ models: [new LzwModel()], weights: [1, 2] }),
    () => new MixtureModel({ models: [new LzwModel()], weights: [0] }),
    () => new MixtureModel({ models: [new LzwModel()], share: 2 }),
    () => new GeometricMixtureModel({ models: [new LzwModel()], rate: -1 }),
    () => new GeometricMixtureModel({ models: [new LzwModel()], weights: [NaN] }),
  ];
  for (const [i, make] of wrong.entries()) expect(make, `${i}`).toThrow(RangeError);
  expect(() => new MixtureModel({ models: [] })).toThrow(TypeError);
  const same = new LzwModel();
  expect(() => new MixtureModel({ models: [same, same] })).toThrow(RangeError);
});

test('golden sums', () => {
  expect(sequenceModelsGolden()).toEqual(golden);
});
