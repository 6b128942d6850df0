import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnsCoder } from '../src/coders/ans.ts';
import type { Parameters } from '../src/coders/stream.ts';
import { Categorical } from '../src/models/categorical.ts';
import type { EntropyModel, ModelFamily } from '../src/models/model.ts';
import { QuantizedGaussian } from '../src/models/quantized.ts';
import { ReferenceAns, widths } from './reference/coders.ts';
import { type Call, callOf, type Segment } from './support/streams.ts';
import { anyWords, cumulative, messages, tableModel, tables } from './support/tables.ts';
import gaussians from './vectors/constriction_gaussian_streams.json' with { type: 'json' };
import vectors from './vectors/constriction_streams.json' with { type: 'json' };

const seed = 20261121;
const presets = [
  { preset: 'default', precision: 24, small: false, most: 0xffffffff },
  { preset: 'small', precision: 12, small: true, most: 0xffff },
] as const;

// The overloads take one kind of source each; here it is a variable.
const encode = (coder: AnsCoder, { symbols, source, parameters }: Call) =>
  coder.encodeReverse(symbols, source as ModelFamily, ...parameters);
const decode = (coder: AnsCoder, { symbols, source, parameters }: Call) =>
  'checkRows' in source
    ? coder.decode(source, parameters[0], symbols.length)
    : parameters.length > 0
      ? coder.decode(source as ModelFamily, ...parameters)
      : coder.decode(source as EntropyModel, symbols.length);

describe("constriction's words", () => {
  const documented = vectors.documented.filter((one) => one.coder.startsWith('AnsCoder'));

  it.each(documented.map((one) => [one.id, one] as const))('%s', (_, one) => {
    const calls = (one.segments as Segment[]).map(callOf) as Call[];
    const words = Uint32Array.from(one.words);
    if (one.op === 'encode') {
      const coder = new AnsCoder();
      const singly = new AnsCoder();
      for (const call of [...calls].reverse()) {
        encode(coder, call);
        for (let i = call.symbols.length - 1; i >= 0; i--)
          singly.encodeReverse(call.symbols[i], call.models[i] as EntropyModel);
      }
      expect(coder.getCompressed()).toEqual(words);
      expect(singly.getCompressed()).toEqual(words);
      const { num_bits, num_valid_bits } = one as { num_bits?: number; num_valid_bits?: number };
      if (num_bits !== undefined) expect(coder.numBits()).toBe(num_bits);
      if (num_valid_bits !== undefined) expect(coder.numValidBits()).toBe(num_valid_bits);
    }
    const seal = one.coder.endsWith('(seal=True)');
    const coder = new AnsCoder(words, { seal });
    const singly = new AnsCoder(words, { seal });
    for (const call of calls) {
      expect(decode(coder, call)).toEqual(call.symbols);
      expect(call.models.map((model) => singly.decode(model as EntropyModel))).toEqual([...call.symbols]);
    }
    if (one.op === 'encode') expect(coder.isEmpty()).toBe(true);
  });

  it('for categorical models', () => {
    for (const one of vectors.categorical) {
      const model = new Categorical(one.probs, { perfect: one.perfect });
      const symbols = Int32Array.from(one.symbols);
      const coder = new AnsCoder();
      coder.encodeReverse(symbols, model);
      expect([...coder.getCompressed()]).toEqual(one.ans_words);
      expect(coder.numValidBits()).toBe(one.ans_num_valid_bits);
      expect(coder.pos()).toEqual([one.ans_pos, BigInt(one.ans_state)]);
      expect(coder.decode(model, symbols.length)).toEqual(symbols);
      expect(coder.isEmpty()).toBe(true);
    }
  });

  it('for a Gaussian of its own for each symbol', () => {
    for (const { min, max, means, stds, symbols, ans_words } of gaussians.gaussian) {
      const family = new QuantizedGaussian(min, max);
      const parameters = [Float64Array.from(means), Float64Array.from(stds)];
      const coder = new AnsCoder();
      coder.encodeReverse(Int32Array.from(symbols), family, ...parameters);
      expect([...coder.getCompressed()]).toEqual(ans_words);
      expect([...coder.decode(family, ...parameters)]).toEqual(symbols);
    }
  });

  it('for bits-back coding', () => {
    for (const one of gaussians.bitsback) {
      const words = Uint32Array.from(one.data);
      const seal = one.sealed ?? true;
      const coder = new AnsCoder(words, { seal });
      const n = one.ans_symbols.length;
      const family = one.means ? new QuantizedGaussian(one.min!, one.max!) : undefined;
      const parameters: Parameters[] = family ? [Float64Array.from(one.means!), Float64Array.from(one.stds!)] : [];
      const model = family ?? new Categorical(one.probs!, { perfect: false });
      if (one.ans_initial_state) expect(coder.pos()[1]).toBe(BigInt(one.ans_initial_state));
      const symbols = family ? coder.decode(family, ...parameters) : coder.decode(model as EntropyModel, n);
      expect([...symbols]).toEqual(one.ans_symbols);
      expect([...coder.getCompressed()]).toEqual(one.ans_remaining_words);
      coder.encodeReverse(symbols, model as ModelFamily, ...parameters);
      expect(coder.getCompressed({ unseal: seal })).toEqual(words);
    }
  });

  it('for the small preset', () => {
    for (const one of vectors.small) {
      const model = tableModel(Uint32Array.from([...one.left_cdf_12bit, 4096]), 12);
      const coder = new AnsCoder(undefined, { preset: 'small' });
      coder.encodeReverse(Int32Array.from(one.symbols), model);
      expect(coder.getCompressed()).toEqual(Uint16Array.from(one.small_ans_words16));
      expect([...coder.decode(model, one.symbols.length)]).toEqual(one.symbols);
    }
  });

  it('for checkpoints', () => {
    for (const one of vectors.seek) {
      const model = new Categorical(one.probs, { perfect: false });
      const coder = new AnsCoder();
      const marks: [number, bigint][] = [];
      for (const chunk of [...one.chunks].reverse()) {
        coder.encodeReverse(Int32Array.from(chunk), model);
        marks.push(coder.pos());
      }
      const expected = one.ans_checkpoints_after_encoding_chunks_in_reverse;
      expect(marks).toEqual(expected.map(([position, state]) => [position, BigInt(state)]));
      expect([...coder.getCompressed()]).toEqual(one.ans_words);
      // A stack can only be left downwards: to later chunks.
      for (const [i, chunk] of one.chunks.entries()) {
        coder.seek(...marks[one.chunks.length - 1 - i]);
        expect([...coder.clone().decode(model, chunk.length)]).toEqual(chunk);
      }
    }
  });
});

describe.each(presets)('preset $preset', ({ preset, precision, small, most }) => {
  const w = widths[preset];
  const empty = () => new AnsCoder<'default' | 'small'>(undefined, { preset });
  const on = (words: Uint32Array | Uint16Array, seal = false) =>
    new AnsCoder<'default' | 'small'>(words, { preset, seal });

  it('equals the reference: bulk, single and interleaved calls', () => {
    fc.assert(
      fc.property(fc.array(messages(precision), { maxLength: 5 }), fc.boolean(), (parts, kernel) => {
        const reference = new ReferenceAns(w);
        const bulk = empty();
        const single = empty();
        const sequence = empty();
        for (const { table, symbols } of parts) {
          const model = tableModel(table, precision, 0, kernel);
          for (let i = symbols.length - 1; i >= 0; i--) {
            reference.encode(symbols[i], table);
            single.encodeReverse(symbols[i], model);
          }
          bulk.encodeReverse(symbols, model);
          sequence.encodeReverse(
            symbols,
            Array.from(symbols, () => model),
          );
        }
        const words = reference.compressed();
        for (const coder of [bulk, single, sequence]) {
          expect([...coder.getCompressed()]).toEqual(words);
          expect(coder.pos()).toEqual([reference.words.length, reference.state]);
          expect(coder.numWords()).toBe(words.length);
          expect(coder.numValidBits()).toBe(reference.validBits());
        }
        for (const { table, symbols } of [...parts].reverse()) {
          const model = tableModel(table, precision);
          expect(bulk.decode(model, symbols.length)).toEqual(symbols);
          expect(Array.from(symbols, () => single.decode(model))).toEqual([...symbols]);
          expect(sequence.decode(Array.from(symbols, () => model))).toEqual(symbols);
        }
        for (const coder of [bulk, single, sequence]) expect(coder.isEmpty()).toBe(true);
      }),
      { seed, numRuns: 150 },
    );
  });

  it('decodes any words as the reference does, and encoding gives them back', () => {
    fc.assert(
      fc.property(anyWords(small), tables(precision), fc.nat(200), (words, table, n) => {
        const model = tableModel(table, precision);
        const reference = new ReferenceAns(w, words, true);
        const bulk = on(words, true);
        const single = on(words, true);
        const symbols = bulk.decode(model, n);
        expect([...symbols]).toEqual(Array.from({ length: n }, () => reference.decode(table)));
        expect([...symbols]).toEqual(Array.from({ length: n }, () => single.decode(model)));
        expect([...bulk.getCompressed()]).toEqual(reference.compressed());
        expect(single.pos()).toEqual(bulk.pos());
        // Past the end nothing is lost either, unless the state has run out of its first bit.
        if (bulk.pos()[1] < 1n << w.W) return;
        bulk.encodeReverse(symbols, model);
        for (const symbol of [...symbols].reverse()) single.encodeReverse(symbol, model);
        expect(bulk.getCompressed({ unseal: true })).toEqual(words);
        expect(single.getCompressed({ unseal: true })).toEqual(words);
      }),
      { seed, numRuns: 300 },
    );
  });

  it('passes over the borders of chunks', () => {
    const table = cumulative([1, 2 ** (precision - 1), 5, 2 ** (precision - 3), 9], precision);
    const model = tableModel(table, precision, -2);
    const symbols = Int32Array.from({ length: 20_000 }, (_, i) => ((Math.imul(i, 0x9e3779b1) >>> 8) % 5) - 2);
    const reference = new ReferenceAns(w);
    for (let i = symbols.length - 1; i >= 0; i--) reference.encode(symbols[i] + 2, table);
    const coder = empty();
    coder.encodeReverse(symbols, model);
    expect([...coder.getCompressed()]).toEqual(reference.compressed());
    const copy = coder.clone();
    expect(coder.decode(model, symbols.length)).toEqual(symbols);
    expect(coder.isEmpty()).toBe(true);
    const narrow = new Int8Array(symbols.length);
    expect(copy.decode(model, narrow)).toBe(narrow);
    expect([...narrow]).toEqual([...symbols]);
    copy.encodeReverse(narrow, model);
    expect([...copy.getCompressed()]).toEqual(reference.compressed());
  });

  it('is left as it was by what fails', () => {
    const table = cumulative([2 ** (precision - 1), 3, 7], precision);
    const model = tableModel(table, precision);
    const coder = on(small ? Uint16Array.of(1, 2, 3, 4) : Uint32Array.of(1, 2, 3, 4));
    const before = [coder.pos(), coder.getCompressed()];
    const bad = new Int32Array(9000);
    bad[11] = 3;
    const failing = [
      () => coder.encodeReverse(bad, model),
      () => coder.encodeReverse(bad, tableModel(table, precision, 0, false)),
      () => coder.encodeReverse(Int32Array.of(-1), model),
      () => coder.encodeReverse(3, model),
      () =>
        coder.encodeReverse(
          bad,
          Array.from(bad, () => model),
        ),
    ];
    for (const fail of failing) {
      expect(fail).toThrow(expect.objectContaining({ code: 'impossible-symbol' }));
      expect([coder.pos(), coder.getCompressed()]).toEqual(before);
    }
    expect(() => coder.encodeReverse(bad, model)).toThrow(/index 11.*symbol 3.*0 to 2/);
    const wide = tableModel(cumulative([1, 1], precision), precision, 300);
    expect(() => coder.decode(wide, new Uint8Array(3))).toThrow(/301 at index 0 does not fit in a Uint8Array/);
    expect([coder.pos(), coder.getCompressed()]).toEqual(before);
    expect(most).toBeGreaterThan(0);
  });

  it('refuses misuse with words that help', () => {
    const model = tableModel(cumulative([1, 1], precision), precision);
    const other = tableModel(cumulative([1, 1], small ? 24 : 12), small ? 24 : 12);
    const coder = empty();
    const misuse: [() => unknown, RegExp][] = [
      [() => coder.encodeReverse(0, other), /24|12/],
      [() => coder.encodeReverse(Int32Array.of(0), other), /precision/],
      [() => coder.decode(other), /precision/],
      [() => coder.decode(other, 3), /precision/],
      [() => coder.decode([model, other]), /precision/],
      [() => coder.decode(model, -1), /whole number from 0/],
      [() => coder.decode(model, 1.5), /whole number from 0/],
      [() => coder.encodeReverse(Int32Array.of(0, 0), [model]), /2 symbols, but 1 models/],
      [() => coder.encodeReverse([0, 1] as unknown as Int32Array, model), /not Array/],
      [() => coder.encodeReverse(0, [model] as unknown as EntropyModel), /sequence of models/],
      [() => coder.decode(undefined as unknown as EntropyModel), /not an entropy model but undefined/],
      [() => coder.decode({} as EntropyModel), /not an entropy model/],
      [() => on(small ? Uint32Array.of(1) : Uint16Array.of(1)), /Array/],
      [() => new AnsCoder(undefined, { preset: 'tiny' as 'small' }), /'default' or 'small', not 'tiny'/],
      [() => coder.seek(1, 2n ** 20n), /0 words left/],
      [() => coder.seek(0, -1n), /state/],
    ];
    for (const [call, says] of misuse) {
      expect(call).toThrow(says);
      expect(call).toThrow(expect.objectContaining({ code: expect.stringMatching(/^invalid-/) }));
    }
    const zero = small ? Uint16Array.of(5, 0) : Uint32Array.of(5, 0);
    expect(() => on(zero)).toThrow(expect.objectContaining({ code: 'corrupt' }));
    expect(on(zero, true).getCompressed({ unseal: true })).toEqual(zero);
    expect(() => empty().getCompressed({ unseal: true })).toThrow(/seal/);
    const sealed = on(small ? Uint16Array.of(5, 6, 7) : Uint32Array.of(5, 6, 7), true);
    sealed.decode(model);
    expect(() => sealed.getCompressed({ unseal: true })).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  it('clears and copies', () => {
    const model = tableModel(cumulative([1, 1], precision), precision);
    const coder = empty();
    coder.encodeReverse(new Int32Array(100), model);
    const copy = coder.clone();
    copy.clear();
    expect([copy.isEmpty(), copy.numWords(), copy.numBits(), copy.numValidBits()]).toEqual([true, 0, 0, 0]);
    expect(coder.decode(model, 100)).toEqual(new Int32Array(100));
  });
});

describe('families', () => {
  it('give the same words by bulk calls, single calls and sequences of models', () => {
    const family = new QuantizedGaussian(-50, 50);
    const parameter = fc.record({
      mean: fc.double({ min: -60, max: 60, noNaN: true }),
      std: fc.double({ min: 1e-3, max: 100, noNaN: true }),
      symbol: fc.integer({ min: -50, max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(parameter, { maxLength: 100 }), (list) => {
        const symbols = Int32Array.from(list, ({ symbol }) => symbol);
        const means = Float64Array.from(list, ({ mean }) => mean);
        const stds = Float64Array.from(list, ({ std }) => std);
        const models = list.map(({ mean, std }) => family.model(mean, std));
        const bulk = new AnsCoder();
        const single = new AnsCoder();
        const sequence = new AnsCoder();
        bulk.encodeReverse(symbols, family, means, stds);
        for (let i = list.length - 1; i >= 0; i--) single.encodeReverse(symbols[i], models[i]);
        sequence.encodeReverse(symbols, models);
        expect(single.getCompressed()).toEqual(bulk.getCompressed());
        expect(sequence.getCompressed()).toEqual(bulk.getCompressed());
        expect(bulk.decode(family, means, stds)).toEqual(symbols);
        expect(single.decode(models)).toEqual(symbols);
        expect(models.map((model) => sequence.decode(model))).toEqual([...symbols]);
      }),
      { seed, numRuns: 60 },
    );
  });

  it('say what is wrong with their parameters', () => {
    const family = new QuantizedGaussian(-50, 50);
    const symbols = Int32Array.of(1, 2);
    const fine = Float64Array.of(1, 1);
    const coder = new AnsCoder();
    expect(() => coder.encodeReverse(symbols, family, fine)).toThrow(/2 arrays of parameters, not 1/);
    expect(() => coder.encodeReverse(symbols, family, fine, Float64Array.of(1))).toThrow(RangeError);
    expect(() => coder.encodeReverse(symbols, family, fine, Float64Array.of(1, 0))).toThrow(RangeError);
    expect(() => coder.encodeReverse(symbols, family, Float64Array.of(Number.NaN, 1), fine)).toThrow(RangeError);
    expect(() => coder.decode(family, fine)).toThrow(/2 arrays of parameters, not 1/);
    expect(() => coder.decode(family as unknown as EntropyModel)).toThrow(/parameters/);
    expect(() => coder.encodeReverse(Int32Array.of(1, 51), family, fine, fine)).toThrow(/index 1.*51/);
    expect(() => coder.encodeReverse(1, family as unknown as EntropyModel)).toThrow(/parameters/);
    expect(coder.isEmpty()).toBe(true);
  });

  it('of one model for many symbols equal single calls', () => {
    const model = new QuantizedGaussian(-20, 20, 1.5, 3);
    const symbols = Int32Array.from({ length: 5000 }, (_, i) => ((Math.imul(i, 0x9e3779b1) >>> 16) % 41) - 20);
    const bulk = new AnsCoder();
    const single = new AnsCoder();
    bulk.encodeReverse(symbols, model);
    for (let i = symbols.length - 1; i >= 0; i--) single.encodeReverse(symbols[i], model);
    expect(bulk.getCompressed()).toEqual(single.getCompressed());
    expect(bulk.decode(model, symbols.length)).toEqual(symbols);
  });
});

describe('resident tables', () => {
  it('are searched right at every quantile, whatever their shape', () => {
    for (const n of [2, 3, 17, 256, 5000]) {
      const even = Math.floor(2 ** 24 / n) - 1;
      for (const widthsOf of [() => 1, () => even, (i: number) => (i % 7 === 0 ? 1 : even)]) {
        const table = cumulative(
          Array.from({ length: n }, (_, i) => widthsOf(i)),
          24,
        );
        const quantiles = Array.from({ length: n }, (_, s) => [table[s], table[s + 1] - 1]).flat();
        const model = tableModel(table);
        const into = { left: 0, probability: 0 };
        // A coder of one word and a zero state above shows the quantile that is its low bits.
        for (const quantile of quantiles.slice(0, 2000)) {
          const bulk = new AnsCoder(Uint32Array.of(quantile || 1)).decode(model, 1);
          if (quantile > 0) expect(bulk[0]).toBe(model.symbolAt(quantile, into));
        }
      }
    }
  });

  it('make room for one another', () => {
    const coder = new AnsCoder();
    const models = Array.from({ length: 12 }, (_, j) =>
      tableModel(cumulative(Array.from({ length: 250_000 }, (_, i) => ((i + j) % 60) + 1))),
    );
    const symbols = Int32Array.from({ length: 50 }, (_, i) => Math.imul(i, 4999));
    for (let round = 0; round < 2; round++) for (const model of models) coder.encodeReverse(symbols, model);
    for (let round = 0; round < 2; round++)
      for (const model of [...models].reverse()) expect(coder.decode(model, symbols.length)).toEqual(symbols);
    expect(coder.isEmpty()).toBe(true);
  });

  it('may be larger than the room there is', () => {
    const model = tableModel(cumulative(new Array(3_000_000).fill(5)));
    const symbols = Int32Array.of(0, 2_999_999, 17, 1_234_567);
    const coder = new AnsCoder();
    coder.encodeReverse(symbols, model);
    expect(coder.decode(model, 4)).toEqual(symbols);
  });
});

it('lets a changed model ripple through all symbols that follow', () => {
  const data = Uint32Array.of(0x80d14131, 0xdda97c6c, 0x5017a640, 0x01170a3e);
  const family = new Categorical({ perfect: false });
  const rows = Float64Array.of(0.1, 0.7, 0.1, 0.1, 0.2, 0.2, 0.1, 0.5, 0.2, 0.1, 0.4, 0.3);
  expect([...new AnsCoder(data, { seal: true }).decode(family, rows, 3)]).toEqual([0, 0, 2]);
  rows.set([0.09, 0.71, 0.1, 0.1]);
  expect([...new AnsCoder(data, { seal: true }).decode(family, rows, 3)]).toEqual([1, 0, 0]);
});
