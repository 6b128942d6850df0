import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChainCoder } from '../src/coders/chain.ts';
import { Categorical } from '../src/models/categorical.ts';
import type { EntropyModel, ModelFamily } from '../src/models/model.ts';
import { QuantizedGaussian } from '../src/models/quantized.ts';
import { ReferenceChain, widths } from './reference/coders.ts';
import { randomOf } from './support/random.ts';
import { type Call, callOf, type Segment } from './support/streams.ts';
import { anyWords, cumulative, tableModel, tables } from './support/tables.ts';
import gaussians from './vectors/constriction_gaussian_streams.json' with { type: 'json' };
import vectors from './vectors/constriction_streams.json' with { type: 'json' };

const seed = 20261121;
const presets = [
  { preset: 'default', precision: 24, small: false },
  { preset: 'small', precision: 12, small: true },
] as const;

/** The parts of what a coder returns as one array. */
const join = <A extends Uint32Array | Uint16Array>([first, second]: readonly [A, A]): number[] => [...first, ...second];

describe("constriction's words", () => {
  const documented = vectors.documented.filter((one) => one.coder.startsWith('Chain'));

  it.each(documented.map((one) => [one.id, one] as const))('%s', (_, one) => {
    const seal = one.coder.endsWith('(seal=True)');
    const words = Uint32Array.from(one.words);
    const coder = new ChainCoder(words, { seal });
    const singly = new ChainCoder(words, { seal });
    for (const { symbols, source, parameters, models } of (one.segments as Segment[]).map(callOf) as Call[]) {
      const decoded =
        'checkRows' in source
          ? coder.decode(source, parameters[0], symbols.length)
          : coder.decode(source as ModelFamily, ...parameters);
      expect(decoded).toEqual(symbols);
      expect(models.map((model) => singly.decode(model as EntropyModel))).toEqual([...symbols]);
    }
    expect(singly.getRemainders()).toEqual(coder.getRemainders());
  });

  it('for bits-back coding', () => {
    for (const one of gaussians.bitsback) {
      const words = Uint32Array.from(one.data);
      const seal = one.sealed ?? true;
      const coder = new ChainCoder(words, { seal });
      const family = one.means ? new QuantizedGaussian(one.min!, one.max!) : undefined;
      const parameters = family ? [Float64Array.from(one.means!), Float64Array.from(one.stds!)] : [];
      const model = family ?? new Categorical(one.probs!, { perfect: false });
      const symbols = family
        ? coder.decode(family, ...parameters)
        : coder.decode(model as EntropyModel, one.chain_symbols.length);
      expect([...symbols]).toEqual(one.chain_symbols);
      const [prefix, suffix] = coder.getRemainders();
      expect([...prefix]).toEqual(one.chain_remainders_prefix);
      expect([...suffix]).toEqual(one.chain_remainders_suffix);
      // The second part alone is enough; the first then stays apart. The cases have one way or the other.
      for (const remainders of [suffix, Uint32Array.from([...prefix, ...suffix])]) {
        const back = new ChainCoder(remainders, { isRemainders: true });
        back.encodeReverse(symbols, model as ModelFamily, ...parameters);
        const data = join(back.getData({ unseal: seal }));
        expect(remainders === suffix ? [...prefix, ...data] : data).toEqual(one.data);
        if ((remainders === suffix) === (family === undefined)) {
          expect([...back.getData({ unseal: seal })[0]]).toEqual(one.chain_data_prefix);
          expect([...back.getData({ unseal: seal })[1]]).toEqual(one.chain_data_suffix);
        }
      }
    }
  });
});

describe('the document that it comes from', () => {
  const data = Uint32Array.of(0x80d14131, 0xdda97c6c, 0x5017a640, 0x01170a3e);
  const rows = [0.1, 0.7, 0.1, 0.1, 0.2, 0.2, 0.1, 0.5, 0.2, 0.1, 0.4, 0.3];

  it('has no ripple', () => {
    const family = new Categorical({ perfect: false });
    const matrix = Float64Array.from(rows);
    expect([...new ChainCoder(data, { seal: true }).decode(family, matrix, 3)]).toEqual([0, 3, 3]);
    matrix.set([0.09, 0.71, 0.1, 0.1]);
    expect([...new ChainCoder(data, { seal: true }).decode(family, matrix, 3)]).toEqual([1, 3, 3]);
  });

  it('brings side information there and back', () => {
    const family = new QuantizedGaussian(-100, 100);
    const parameters = [Float64Array.of(3.2, -14.3, 5.7), Float64Array.of(6.4, 4.2, 3.9)];
    const random = randomOf(123);
    const side = Uint32Array.from({ length: 10 }, () => random(2 ** 32));
    const coder = new ChainCoder(side, { seal: true });
    const symbols = coder.decode(family, ...parameters);
    const [untouched, remainders] = coder.getRemainders();
    const whole = new ChainCoder(Uint32Array.from([...untouched, ...remainders]), { isRemainders: true });
    whole.encodeReverse(symbols, family, ...parameters);
    expect(join(whole.getData({ unseal: true }))).toEqual([...side]);
    const alone = new ChainCoder(remainders, { isRemainders: true });
    alone.encodeReverse(symbols, family, ...parameters);
    expect([...untouched, ...join(alone.getData({ unseal: true }))]).toEqual([...side]);
  });

  it('serves inference and quantisation: means that follow from what was decoded stay local', () => {
    // Side information becomes a quantised latent under a prior, and goes back in exactly as it came out. The latent's
    // posterior is then refined: another model for symbol 0 alone must not change what the others decode to.
    const prior = new QuantizedGaussian(-100, 100);
    const words = Uint32Array.from({ length: 8 }, (_, i) => Math.imul(i + 1, 0x9e3779b1));
    const means = Float64Array.of(0, 10, -20, 5, 5);
    const stds = Float64Array.of(4, 4, 4, 9, 2);
    const before = new ChainCoder(words, { seal: true }).decode(prior, means, stds);
    means[0] += 30;
    stds[0] *= 2;
    const after = new ChainCoder(words, { seal: true });
    const symbols = after.decode(prior, means, stds);
    expect(symbols[0]).not.toBe(before[0]);
    expect(symbols.subarray(1)).toEqual(before.subarray(1));
    const back = new ChainCoder(after.getRemainders()[1], { isRemainders: true });
    back.encodeReverse(symbols, prior, means, stds);
    expect([...after.getRemainders()[0], ...join(back.getData({ unseal: true }))]).toEqual([...words]);
  });
});

describe.each(presets)('preset $preset', ({ preset, precision, small }) => {
  const w = widths[preset];
  type Options = { readonly isRemainders?: boolean; readonly seal?: boolean };
  const on = (words: Uint32Array | Uint16Array, options: Options = {}) =>
    new ChainCoder<'default' | 'small'>(words, { preset, ...options });
  const wordsOf = (list: readonly number[]) => (small ? Uint16Array.from(list) : Uint32Array.from(list));
  /** Symbols that a number of words is enough for. */
  const enough = (n: number) => Math.floor((n * Number(w.W)) / precision);

  it('equals the reference in both directions: bulk, single and sequences', () => {
    fc.assert(
      fc.property(
        anyWords(small, 3),
        fc.array(tables(precision), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        fc.boolean(),
        (words, list, count, kernel) => {
          const n = count % (enough(words.length - 1) + 1);
          const of = (i: number) => Math.floor((i * list.length) / Math.max(n, 1));
          const models = list.map((table) => tableModel(table, precision, 0, kernel));
          const reference = new ReferenceChain(w, words, 'sealed');
          const expected = Array.from({ length: n }, (_, i) => reference.decode(list[of(i)])!);
          const bulk = on(words, { seal: true });
          const parts = models.map((model, j) => bulk.decode(model, expected.filter((_, i) => of(i) === j).length));
          expect(parts.flatMap((part) => [...part])).toEqual(expected);
          const single = on(words, { seal: true });
          expect(expected.map((_, i) => single.decode(models[of(i)]))).toEqual(expected);
          const sequence = on(words, { seal: true });
          const each = expected.map((_, i) => models[of(i)]);
          expect([...sequence.decode(each)]).toEqual(expected);
          for (const coder of [bulk, single, sequence])
            expect(coder.getRemainders().map((part) => [...part])).toEqual(reference.remaining());

          // The same coders go on encoding; a new one needs the second part alone.
          const [untouched, remainders] = bulk.getRemainders();
          const back = on(remainders, { isRemainders: true });
          back.encodeReverse(Int32Array.from(expected), each);
          expect([...untouched, ...join(back.getData({ unseal: true }))]).toEqual([...words]);
          for (let j = models.length - 1; j >= 0; j--) bulk.encodeReverse(parts[j], models[j]);
          for (let i = n - 1; i >= 0; i--) {
            single.encodeReverse(expected[i], models[of(i)]);
            reference.encode(expected[i], list[of(i)]);
          }
          for (const coder of [bulk, single]) {
            expect(coder.getData({ unseal: true }).map((part) => [...part])).toEqual(reference.all(true));
            expect(join(coder.getData({ unseal: true }))).toEqual([...words]);
          }
        },
      ),
      { seed, numRuns: 300 },
    );
  });

  it('encodes any symbols with any remainders as the reference does', () => {
    const start = small ? 4 : 2;
    fc.assert(
      fc.property(anyWords(small, start), tables(precision), fc.array(fc.nat()), (random, table, raw) => {
        const words = wordsOf([...random, 1 + (random[0] % 100), 1]);
        const model = tableModel(table, precision);
        const symbols = Int32Array.from(raw, (x) => x % (table.length - 1));
        const reference = new ReferenceChain(w, words, 'remainders');
        const single = on(words, { isRemainders: true });
        let done = symbols.length;
        while (done > 0 && reference.encode(symbols[done - 1], table)) single.encodeReverse(symbols[--done], model);
        const bulk = on(words, { isRemainders: true });
        if (done > 0) {
          const before = bulk.getRemainders();
          expect(() => single.encodeReverse(symbols[done - 1], model)).toThrow(/no remainders are left/);
          expect(() => bulk.encodeReverse(symbols, model)).toThrow(
            expect.objectContaining({ code: 'out-of-data', message: expect.stringMatching(`index ${done - 1} `) }),
          );
          expect(bulk.getRemainders()).toEqual(before);
        }
        bulk.encodeReverse(symbols.subarray(done), model);
        for (const coder of [single, bulk])
          expect(coder.getRemainders().map((part) => [...part])).toEqual(reference.remaining());
        expect(bulk.isWhole()).toBe(reference.head === 1n);
        if (!bulk.isWhole()) expect(() => bulk.getData()).toThrow(expect.objectContaining({ code: 'corrupt' }));
        else expect(bulk.getData().map((part) => [...part])).toEqual(reference.all(false));
      }),
      { seed, numRuns: 300 },
    );
  });

  it('keeps a changed model and a changed bit where they are', () => {
    fc.assert(
      fc.property(
        anyWords(small, 12, 40),
        tables(precision),
        tables(precision),
        fc.nat(),
        fc.nat(),
        (words, table, other, at, bit) => {
          const n = enough(words.length - 1);
          const models = Array.from({ length: n }, () => tableModel(table, precision));
          const before = on(words, { seal: true }).decode(models);
          const changed = models.with(at % n, tableModel(other, precision));
          const after = on(words, { seal: true }).decode(changed);
          for (let i = 0; i < n; i++) if (i !== at % n) expect(after[i]).toBe(before[i]);
          const flipped = words.slice();
          flipped[(bit >>> 5) % words.length] ^= 1 << (bit % Number(w.W));
          const damaged = on(flipped, { seal: true }).decode(models);
          expect(before.filter((symbol, i) => symbol !== damaged[i]).length).toBeLessThanOrEqual(1);
        },
      ),
      { seed, numRuns: 200 },
    );
  });

  it(`takes exactly ${precision} bits a symbol, until the data is used up`, () => {
    const model = tableModel(cumulative([1, 2 ** (precision - 1), 3], precision), precision);
    for (const n of [3, 4, 5, 24, 25, 30]) {
      const words = wordsOf(Array.from({ length: n }, (_, i) => Math.imul(i + 1, 0x9e3779b1)));
      const taken = 1; // one word starts the remainders, above the seal
      const symbols = Math.floor(((n - taken) * Number(w.W)) / precision);
      const coder = on(words, { seal: true });
      for (let i = 1; i <= symbols; i++) {
        coder.decode(model);
        const bits = i * precision;
        const [untouched, remainders] = coder.getRemainders();
        expect(untouched.length).toBe(n - taken - Math.ceil(bits / Number(w.W)));
        // What is read and not used yet is in the last word, below its leading 1.
        const head = remainders[remainders.length - 1];
        expect(31 - Math.clz32(head)).toBe((Number(w.W) - (bits % Number(w.W))) % Number(w.W));
      }
      const copy = coder.getRemainders();
      for (const decode of [() => coder.decode(model), () => coder.decode(model, 1), () => coder.decode([model])])
        expect(decode).toThrow(expect.objectContaining({ code: 'out-of-data' }));
      expect(coder.getRemainders()).toEqual(copy);
      expect(() => on(words, { seal: true }).decode(model, symbols + 1)).toThrow(new RegExp(`index ${symbols}`));
    }
  });

  it('passes over the borders of chunks', () => {
    const table = cumulative([1, 2 ** (precision - 1), 5, 2 ** (precision - 3), 9], precision);
    const model = tableModel(table, precision, -2);
    const words = wordsOf(Array.from({ length: 12_001 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 3));
    const n = enough(12_000);
    const reference = new ReferenceChain(w, words, 'sealed');
    const expected = Int32Array.from({ length: n }, () => reference.decode(table)! - 2);
    const coder = on(words, { seal: true });
    expect(coder.decode(model, n)).toEqual(expected);
    expect(coder.getRemainders().map((part) => [...part])).toEqual(reference.remaining());
    const copy = coder.clone();
    copy.encodeReverse(expected, model);
    expect(join(copy.getData({ unseal: true }))).toEqual([...words]);
    expect(coder.getRemainders().map((part) => [...part])).toEqual(reference.remaining());
  });

  it('refuses misuse and broken words', () => {
    const model = tableModel(cumulative([1, 1], precision), precision);
    const other = tableModel(cumulative([1, 1], small ? 24 : 12), small ? 24 : 12);
    const fine = wordsOf([1, 2, 3, 4, 5]);
    const misuse: [() => unknown, RegExp][] = [
      [() => on(fine, { isRemainders: true, seal: true }), /remainders are not sealed/],
      [() => on(fine).decode(other), /precision/],
      [() => on(fine).encodeReverse(Int32Array.of(0), other), /precision/],
      [() => on(small ? new Uint32Array(4) : new Uint16Array(4)), /Array/],
    ];
    for (const [call, says] of misuse) {
      expect(call).toThrow(says);
      expect(call).toThrow(expect.objectContaining({ code: expect.stringMatching(/^invalid-/) }));
    }
    const code = (call: () => unknown, expected: string) =>
      expect(call).toThrow(expect.objectContaining({ code: expected }));
    code(() => on(wordsOf([])), 'out-of-data');
    code(() => on(wordsOf([]), { seal: true }), 'out-of-data');
    code(() => on(wordsOf([1])), 'out-of-data');
    code(() => on(wordsOf([7]), { isRemainders: true }), 'out-of-data');
    code(() => on(wordsOf([5, 0])), 'corrupt');
    code(() => on(wordsOf([5, 5, 0]), { isRemainders: true }), 'corrupt');
    code(() => on(wordsOf([5, 0, 5]), { isRemainders: true }), 'corrupt');
    code(() => on(fine).encodeReverse(2, model), 'impossible-symbol');
    code(() => on(fine).encodeReverse(Int32Array.of(0, 2), model), 'impossible-symbol');
    const coder = on(wordsOf([1, 2, 3, 4, 0x4321]));
    code(() => coder.getData({ unseal: true }), 'corrupt');
    coder.decode(model);
    code(() => coder.getData(), 'corrupt');
  });
});
