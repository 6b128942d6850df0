import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeDecoder, RangeEncoder, type RangeState } from '../src/coders/range.ts';
import { Categorical } from '../src/models/categorical.ts';
import type { EntropyModel, ModelFamily } from '../src/models/model.ts';
import { QuantizedGaussian } from '../src/models/quantized.ts';
import { ReferenceRangeDecoder, ReferenceRangeEncoder, widths } from './reference/coders.ts';
import { type Call, callOf, type Segment } from './support/streams.ts';
import { anyWords, cumulative, messages, tableModel, tables } from './support/tables.ts';
import gaussians from './vectors/constriction_gaussian_streams.json' with { type: 'json' };
import vectors from './vectors/constriction_streams.json' with { type: 'json' };

const seed = 20261121;
const presets = [
  { preset: 'default', precision: 24, small: false },
  { preset: 'small', precision: 12, small: true },
] as const;

const encode = (coder: RangeEncoder, { symbols, source, parameters }: Call) =>
  coder.encode(symbols, source as ModelFamily, ...parameters);
const decode = (coder: RangeDecoder, { symbols, source, parameters }: Call) =>
  'checkRows' in source
    ? coder.decode(source, parameters[0], symbols.length)
    : parameters.length > 0
      ? coder.decode(source as ModelFamily, ...parameters)
      : coder.decode(source as EntropyModel, symbols.length);

describe("constriction's words", () => {
  const documented = vectors.documented.filter((one) => one.coder.startsWith('Range'));

  it.each(documented.map((one) => [one.id, one] as const))('%s', (_, one) => {
    const calls = (one.segments as Segment[]).map(callOf);
    if (one.id === 'issue38-laplace') {
      // A scale of 0, which constriction has refused since: the coder is held to it by its intervals.
      const intervals = one.left_cumulative_and_probability_24bit!;
      const encoder = new RangeEncoder();
      for (const [left, p] of intervals) encoder.encode(1, tableModel(Uint32Array.of(0, left, left + p, 2 ** 24)));
      expect([...encoder.getCompressed()]).toEqual(one.words);
      expect(calls).toEqual([undefined]);
      return;
    }
    const words = Uint32Array.from(one.words);
    if (one.op === 'encode') {
      const encoder = new RangeEncoder();
      const singly = new RangeEncoder();
      for (const call of calls as Call[]) {
        encode(encoder, call);
        call.symbols.forEach((symbol, i) => void singly.encode(symbol, call.models[i] as EntropyModel));
      }
      expect(encoder.getCompressed()).toEqual(words);
      expect(singly.getCompressed()).toEqual(words);
      expect(encoder.numBits()).toBe(32 * words.length);
    }
    const decoder = new RangeDecoder(words);
    const singly = new RangeDecoder(words);
    for (const call of calls as Call[]) {
      expect(decode(decoder, call)).toEqual(call.symbols);
      expect(call.models.map((model) => singly.decode(model as EntropyModel))).toEqual([...call.symbols]);
    }
    if (one.op === 'encode') expect(decoder.maybeExhausted()).toBe(true);
  });

  it('for categorical models', () => {
    for (const one of vectors.categorical) {
      const model = new Categorical(one.probs, { perfect: one.perfect });
      const symbols = Int32Array.from(one.symbols);
      const encoder = new RangeEncoder();
      encoder.encode(symbols, model);
      expect([...encoder.getCompressed()]).toEqual(one.range_words);
      // JSON numbers of that size are rounded; the strings of the checkpoints below are exact.
      const [position, [lower, range]] = encoder.pos();
      expect([position, Number(lower), Number(range)]).toEqual([
        one.range_pos,
        Number(one.range_lower),
        Number(one.range_range),
      ]);
      const decoder = encoder.getDecoder();
      expect(decoder.decode(model, symbols.length)).toEqual(symbols);
      expect(decoder.maybeExhausted()).toBe(true);
    }
  });

  it('for a Gaussian of its own for each symbol', () => {
    for (const { min, max, means, stds, symbols, range_words } of gaussians.gaussian) {
      const family = new QuantizedGaussian(min, max);
      const parameters = [Float64Array.from(means), Float64Array.from(stds)];
      const encoder = new RangeEncoder();
      encoder.encode(Int32Array.from(symbols), family, ...parameters);
      expect([...encoder.getCompressed()]).toEqual(range_words);
      expect([...encoder.getDecoder().decode(family, ...parameters)]).toEqual(symbols);
    }
  });

  it('in inverted situations, state by state', () => {
    for (const one of vectors.inverted) {
      const model = tableModel(cumulative(one.weights));
      const encoder = new RangeEncoder();
      const bulk = new RangeEncoder();
      one.symbols.forEach((symbol, i) => {
        encoder.encode(symbol, model);
        bulk.encode(Int32Array.of(symbol), model);
        const at = one.trace_bulkLen_lower_range_numInverted_firstInverted?.[i];
        if (at !== undefined) {
          const [written, lower, range, inverted] = at;
          const state: RangeState = [BigInt(lower), BigInt(range)];
          expect(encoder.pos()).toEqual([Number(written) + Number(inverted), state]);
        }
        expect(bulk.pos()).toEqual(encoder.pos());
      });
      expect([...encoder.getCompressed()]).toEqual(one.words);
      expect([...bulk.getCompressed()]).toEqual(one.words);
      expect([...encoder.clone().getDecoder().decode(model, one.symbols.length)]).toEqual(one.symbols);
      // Whatever was held back, a cleared encoder is as new.
      encoder.clear();
      expect([encoder.isEmpty(), encoder.numWords()]).toEqual([true, 0]);
      encoder.encode(Int32Array.from(one.symbols), model);
      expect([...encoder.getCompressed()]).toEqual(one.words);
    }
  });

  it('for the small preset', () => {
    for (const one of vectors.small) {
      const model = tableModel(Uint32Array.from([...one.left_cdf_12bit, 4096]), 12);
      const encoder = new RangeEncoder({ preset: 'small' });
      encoder.encode(Int32Array.from(one.symbols), model);
      expect(encoder.getCompressed()).toEqual(Uint16Array.from(one.small_range_words16));
      expect([...encoder.getDecoder().decode(model, one.symbols.length)]).toEqual(one.symbols);
    }
  });

  it('for checkpoints', () => {
    for (const one of vectors.seek) {
      const model = new Categorical(one.probs, { perfect: false });
      const encoder = new RangeEncoder();
      const marks = one.chunks.map((chunk) => {
        const mark = encoder.pos();
        encoder.encode(Int32Array.from(chunk), model);
        return mark;
      });
      const expected = one.range_checkpoints_before_chunk as [number, [string, string]][];
      expect(marks).toEqual(expected.map(([position, [lower, range]]) => [position, [BigInt(lower), BigInt(range)]]));
      expect([...encoder.getCompressed()]).toEqual(one.range_words);
      const decoder = encoder.getDecoder();
      for (const i of [3, 7, 0, 5, 5, 1]) {
        decoder.seek(...marks[i]);
        expect([...decoder.decode(model, one.chunks[i].length)]).toEqual(one.chunks[i]);
      }
    }
  });
});

describe.each(presets)('preset $preset', ({ preset, precision, small }) => {
  const w = widths[preset];
  const empty = () => new RangeEncoder<'default' | 'small'>({ preset });
  const on = (words: Uint32Array | Uint16Array) => new RangeDecoder<'default' | 'small'>(words, { preset });
  // The middle symbol leads into inverted situations and keeps the coder there.
  const narrow = cumulative([2 ** (precision - 1) - 1, 2, 2 ** (precision - 1) - 1], precision);
  const narrows = fc
    .array(fc.constantFrom(0, 1, 1, 1, 1, 1, 2), { maxLength: 200 })
    .map((list) => ({ table: narrow, symbols: Int32Array.from(list) }));

  it('equals the reference: bulk, single and interleaved calls', () => {
    const part = fc.oneof(messages(precision), narrows);
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), fc.boolean(), (parts, kernel) => {
        const reference = new ReferenceRangeEncoder(w);
        const bulk = empty();
        const single = empty();
        const sequence = empty();
        for (const { table, symbols } of parts) {
          const model = tableModel(table, precision, 0, kernel);
          for (const symbol of symbols) {
            reference.encode(symbol, table);
            single.encode(symbol, model);
          }
          bulk.encode(symbols, model);
          sequence.encode(
            symbols,
            Array.from(symbols, () => model),
          );
        }
        const words = reference.compressed();
        const decoders = [bulk, single, sequence].map((encoder) => {
          expect([...encoder.getCompressed()]).toEqual(words);
          expect(encoder.pos()).toEqual([
            reference.words.length + reference.inverted,
            [reference.lower, reference.range],
          ]);
          expect(encoder.numWords()).toBe(words.length);
          expect(encoder.isEmpty()).toBe(words.length === 0);
          return encoder.getDecoder();
        });
        for (const { table, symbols } of parts) {
          const model = tableModel(table, precision, 0, kernel);
          expect(decoders[0].decode(model, symbols.length)).toEqual(symbols);
          expect(Array.from(symbols, () => decoders[1].decode(model))).toEqual([...symbols]);
          expect(decoders[2].decode(Array.from(symbols, () => model))).toEqual(symbols);
        }
        for (const decoder of decoders) expect(decoder.maybeExhausted()).toBe(true);
      }),
      { seed, numRuns: 200 },
    );
  });

  it('decodes any words as the reference does, until they are none or over', () => {
    fc.assert(
      fc.property(anyWords(small), tables(precision), (words, table) => {
        const model = tableModel(table, precision);
        const reference = new ReferenceRangeDecoder(w, words);
        const single = on(words);
        const symbols: number[] = [];
        let code = '';
        for (let i = 0; i < 400 && code === ''; i++) {
          try {
            symbols.push(single.decode(model));
          } catch (error) {
            code = (error as { code: string }).code;
          }
        }
        expect(['', 'corrupt', 'out-of-data']).toContain(code);
        expect(symbols).toEqual(symbols.map(() => reference.decode(table)));
        if (code === 'corrupt') expect(reference.decode(table)).toBe(undefined);
        const bulk = on(words);
        expect([...bulk.decode(model, symbols.length)]).toEqual(symbols);
        if (code === '') return;
        // One more fails in every form and leaves the decoder where it is.
        const copy = bulk.clone();
        expect(() => bulk.decode(model, 1)).toThrow(expect.objectContaining({ code }));
        expect(() => bulk.decode([model])).toThrow(expect.objectContaining({ code }));
        const again = on(words);
        expect(() => again.decode(model, symbols.length + 1)).toThrow(expect.objectContaining({ code }));
        expect([...again.decode(model, symbols.length)]).toEqual(symbols);
        expect(bulk).toEqual(copy);
        expect(again).toEqual(copy);
      }),
      { seed, numRuns: 300 },
    );
  });

  it('holds back more words than a chunk makes', () => {
    const model = tableModel(narrow, precision);
    const encoder = empty();
    // Scaled to the middle again and again, the interval keeps the carry open.
    const symbols: number[] = [];
    const reference = new ReferenceRangeEncoder(w);
    const all = (1n << (2n * w.W)) - 1n;
    const adaptive: Uint32Array[] = [];
    const middle = (at: number) => Uint32Array.of(0, at - 1, at + 1, 2 ** precision);
    for (let i = 0; i < 9000; i++) {
      // A narrow interval about the place that the carry hangs on.
      const scale = reference.range >> w.P;
      const over = (all + 1n - reference.lower) / scale;
      const at = Math.min(2 ** precision - 2, Math.max(2, Number(over)));
      const table = reference.inverted === 0 ? narrow : middle(at);
      adaptive.push(table);
      symbols.push(1);
      reference.encode(1, table);
    }
    expect(reference.inverted).toBeGreaterThan(4200);
    encoder.encode(
      Int32Array.from(symbols),
      adaptive.map((table) => tableModel(table, precision)),
    );
    for (const tail of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 1, 0],
    ]) {
      const bulk = encoder.clone();
      const expected = Object.assign(new ReferenceRangeEncoder(w), reference, { words: [...reference.words] });
      for (const symbol of tail) expected.encode(symbol, narrow);
      bulk.encode(Int32Array.from(tail), model);
      expect([...bulk.getCompressed()]).toEqual(expected.compressed());
    }
  });

  it('passes over the borders of chunks', () => {
    const table = cumulative([1, 2 ** (precision - 1), 5, 2 ** (precision - 3), 9], precision);
    const model = tableModel(table, precision, -2);
    const symbols = Int32Array.from({ length: 20_000 }, (_, i) => ((Math.imul(i, 0x9e3779b1) >>> 8) % 5) - 2);
    const reference = new ReferenceRangeEncoder(w);
    for (const symbol of symbols) reference.encode(symbol + 2, table);
    const encoder = empty();
    encoder.encode(symbols, model);
    expect([...encoder.getCompressed()]).toEqual(reference.compressed());
    const decoder = encoder.getDecoder();
    expect(decoder.decode(model, new Int16Array(symbols.length))).toEqual(Int16Array.from(symbols));
    expect(decoder.maybeExhausted()).toBe(true);
  });

  it('says that the end is past', () => {
    const model = tableModel(cumulative([2 ** (precision - 2), 1, 2 ** (precision - 2)], precision), precision);
    const symbols = Int32Array.from({ length: 100 }, (_, i) => i % 3);
    const encoder = empty();
    encoder.encode(symbols, model);
    for (const decode of [
      (decoder: RangeDecoder<'default' | 'small'>) => decoder.decode(model, 1000),
      (decoder: RangeDecoder<'default' | 'small'>) => {
        for (let i = 0; i < 1000; i++) decoder.decode(model);
      },
    ])
      expect(() => decode(encoder.getDecoder())).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/out-of-data|corrupt/) }),
      );
    const none = on(small ? new Uint16Array(0) : new Uint32Array(0));
    expect(none.maybeExhausted()).toBe(true);
    expect(none.decode(model, 0)).toEqual(new Int32Array(0));
    expect(() => none.decode(model)).toThrow(expect.objectContaining({ code: 'out-of-data' }));
    expect(() => none.decode(model, 1)).toThrow(expect.objectContaining({ code: 'out-of-data' }));
  });

  it('is left as it was by what fails', () => {
    const model = tableModel(cumulative([2 ** (precision - 1), 3, 7], precision), precision);
    const encoder = empty();
    encoder.encode(Int32Array.of(1, 1, 2, 0, 1), model);
    const copy = encoder.clone();
    const bad = new Int32Array(9000);
    bad[8999] = 3;
    const sequence = Array.from(bad, () => model);
    for (const fail of [
      () => encoder.encode(bad, model),
      () => encoder.encode(bad, sequence),
      () => encoder.encode(-1, model),
    ])
      expect(fail).toThrow(expect.objectContaining({ code: 'impossible-symbol' }));
    expect(() => encoder.encode(bad, model)).toThrow(/index 8999/);
    expect(encoder.pos()).toEqual(copy.pos());
    expect(encoder.getCompressed()).toEqual(copy.getCompressed());
    const wide = tableModel(cumulative([1, 1], precision), precision, 300);
    const decoder = encoder.getDecoder();
    expect(() => decoder.decode(wide, new Uint8Array(2))).toThrow(/does not fit/);
    expect([...decoder.decode(model, 5)]).toEqual([1, 1, 2, 0, 1]);
  });

  it('refuses misuse with words that help', () => {
    const other = tableModel(cumulative([1, 1], small ? 24 : 12), small ? 24 : 12);
    const decoder = on(small ? Uint16Array.of(1) : Uint32Array.of(1));
    const misuse: [() => unknown, RegExp][] = [
      [() => empty().encode(0, other), /precision/],
      [() => decoder.decode(other, 2), /precision/],
      [() => on(small ? Uint32Array.of(1) : Uint16Array.of(1)), /Array/],
      [() => decoder.seek(2, [0n, 2n ** 17n]), /0 to the 1 words/],
      [() => decoder.seek(0, [0n, 0n]), /interval of size 0/],
      [() => decoder.seek(0, [-1n, 2n ** 40n]), /interval/],
      [() => decoder.seek(0, [0, 1] as unknown as RangeState), /bigints/],
    ];
    for (const [call, says] of misuse) {
      expect(call).toThrow(says);
      expect(call).toThrow(expect.objectContaining({ code: expect.stringMatching(/^invalid-/) }));
    }
  });
});
