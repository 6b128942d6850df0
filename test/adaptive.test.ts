import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAdaptive, encodeAdaptive } from '../src/coders/adaptive.ts';
import { AnsCoder } from '../src/coders/ans.ts';
import { ChainCoder } from '../src/coders/chain.ts';
import { RangeDecoder, RangeEncoder } from '../src/coders/range.ts';
import { AdaptiveModel, type AdaptiveOptions } from '../src/models/adaptive.ts';
import type { Precision } from '../src/models/model.ts';
import { PlainCounts } from './reference/distributions.ts';
import { checkModel } from './support/models.ts';
import { randomOf } from './support/random.ts';

const numbers = { seed: 11, numRuns: 60 };

/** Settings that are allowed, the narrowest included. */
const setting = fc
  .record({
    precision: fc.constantFrom<Precision>(24, 12),
    n: fc.integer({ min: 2, max: 300 }),
    increment: fc.integer({ min: 1, max: 200 }),
    initial: fc.integer({ min: 1, max: 9 }),
    room: fc.constantFrom(0, 1, 100, 1e9),
  })
  .map(({ precision, n, increment, initial, room }) => ({
    n,
    options: {
      precision,
      increment,
      initial,
      limit: Math.min(2 ** precision, Math.max(n + increment, n * initial) + room),
    } satisfies AdaptiveOptions,
  }));

/** Symbols that lean to one side, and then to the other. */
function leaning(n: number, length: number, seed: number): Int32Array {
  const random = randomOf(seed);
  return Int32Array.from({ length }, (_, i) => {
    const x = Math.min(random(n), random(n), random(n));
    return i < length / 2 ? x : n - 1 - x;
  });
}

function lefts(model: AdaptiveModel): number[] {
  const at = { left: 0, probability: 0 };
  const found = [0];
  for (let symbol = 0; symbol < model.size; symbol++) {
    model.interval(symbol, at);
    found.push(at.left + at.probability);
  }
  return found;
}

const failing = (code: string, text = '') => expect.objectContaining({ code, message: expect.stringContaining(text) });

describe('the model', () => {
  test('the law of models, and plain counts, at every stage of learning', () => {
    fc.assert(
      fc.property(setting, fc.integer({ min: 0, max: 300 }), fc.integer(), ({ n, options }, length, seed) => {
        const model = new AdaptiveModel(n, options);
        const plain = new PlainCounts(n, options.precision, options.increment, options.limit, options.initial);
        for (const symbol of leaning(n, length, seed)) {
          model.update(symbol);
          plain.update(symbol);
        }
        checkModel(model, { min: 0, max: n - 1 });
        expect(lefts(model)).toEqual(plain.lefts());
        expect(plain.counts).toEqual(plain.counts.map((_, symbol) => model.count(symbol)));
        expect(model.total).toBe(plain.counts.reduce((a, b) => a + b, 0));
        expect(model.total).toBeLessThanOrEqual(options.limit);
      }),
      numbers,
    );
  });

  test('as many symbols as there can be, and counts up to the last unit', () => {
    const many = new AdaptiveModel(65536, { increment: 2 ** 23, limit: 2 ** 24 });
    for (const symbol of [0, 65535, 7, 7, 32768]) {
      many.update(symbol);
      checkModel(many, { min: 0, max: 65535, all: 200 });
    }
    const small = new AdaptiveModel(4095, { precision: 12 });
    small.update(17);
    checkModel(small, { min: 0, max: 4094 });
    const two = new AdaptiveModel(2, { increment: 2 ** 24 - 2, limit: 2 ** 24 });
    two.update(1);
    checkModel(two, { min: 0, max: 1 });
    expect(lefts(two)).toEqual([0, 1, 2 ** 24]);
  });

  test('a clone goes its own way', () => {
    const model = new AdaptiveModel(5, { increment: 3, limit: 40 });
    model.update(2);
    const clone = model.clone();
    for (let i = 0; i < 20; i++) clone.update(4);
    expect([0, 1, 2, 3, 4].map((s) => model.count(s))).toEqual([1, 1, 4, 1, 1]);
    expect(clone.total).toBeLessThanOrEqual(40);
    expect(lefts(clone)).not.toEqual(lefts(model));
  });

  test('misuse', () => {
    for (const n of [1, 0, 2.5, 65537, Number.NaN])
      expect(() => new AdaptiveModel(n)).toThrow(failing('invalid-argument', `from 2 to 65536, not ${n}`));
    expect(() => new AdaptiveModel(4096, { precision: 12 })).toThrow(failing('invalid-argument', 'from 2 to 4095'));
    for (const bad of [0, -1, 0.5, 2 ** 24])
      expect(() => new AdaptiveModel(9, { increment: bad })).toThrow(
        failing('invalid-argument', 'increment is a whole'),
      );
    for (const bad of [0, -1, 0.5, 2 ** 24])
      expect(() => new AdaptiveModel(9, { initial: bad })).toThrow(failing('invalid-argument', 'initial is a whole'));
    for (const bad of [40, 2 ** 24 + 1, 50.5])
      expect(() => new AdaptiveModel(9, { limit: bad })).toThrow(
        failing('invalid-argument', `from 41, which the counts need at least, to 16777216, not ${bad}`),
      );
    const model = new AdaptiveModel(9);
    for (const bad of [-1, 9, 1.5, Number.NaN]) {
      expect(() => model.update(bad)).toThrow(failing('impossible-symbol', `symbol ${bad}`));
      expect(() => model.count(bad)).toThrow(failing('impossible-symbol'));
    }
    expect(model.total).toBe(9);
  });
});

describe('bulk calls', () => {
  test('are single calls, with all coders', () => {
    fc.assert(
      fc.property(setting, fc.constantFrom(0, 1, 100, 5000), fc.integer(), ({ n, options }, length, seed) => {
        const preset = options.precision === 12 ? ('small' as const) : ('default' as const);
        const symbols = leaning(n, length, seed);
        const fresh = () => new AdaptiveModel(n, options);
        const learnt = fresh();
        const stages = Array.from(symbols, (symbol) => {
          const stage = learnt.clone();
          learnt.update(symbol);
          return stage;
        });
        const same = (model: AdaptiveModel) => expect(model.snapshot()).toEqual(learnt.snapshot());

        const [range, step] = [new RangeEncoder({ preset }), new RangeEncoder({ preset })];
        const model = fresh();
        encodeAdaptive(range, symbols, model);
        for (const [i, stage] of stages.entries()) step.encode(symbols[i], stage);
        expect(range.getCompressed()).toEqual(step.getCompressed());
        same(model);
        const reader = fresh();
        expect(decodeAdaptive(range.getDecoder(), length, reader)).toEqual(symbols);
        same(reader);
        const decoder = range.getDecoder();
        expect(Int32Array.from(stages, (stage) => decoder.decode(stage))).toEqual(symbols);

        const [ans, one] = [new AnsCoder(undefined, { preset }), new AnsCoder(undefined, { preset })];
        const writer = fresh();
        encodeAdaptive(ans, symbols, writer);
        for (let i = length - 1; i >= 0; i--) one.encodeReverse(symbols[i], stages[i]);
        expect(ans.getCompressed()).toEqual(one.getCompressed());
        same(writer);
        const other = fresh();
        expect(decodeAdaptive(ans, length, other)).toEqual(symbols);
        same(other);
        expect(ans.isEmpty()).toBe(true);
      }),
      { ...numbers, numRuns: 30 },
    );
  });

  test('a chain coder decodes data and gives it back', () => {
    const random = randomOf(2);
    const data = Uint32Array.from({ length: 900 }, () => random(2 ** 32));
    const chain = new ChainCoder(data, { seal: true });
    const first = new AdaptiveModel(50);
    const symbols = decodeAdaptive(chain, 1000, first);
    const remainders = chain.getRemainders();
    const back = new ChainCoder(Uint32Array.from([...remainders[0], ...remainders[1]]), { isRemainders: true });
    const second = new AdaptiveModel(50);
    encodeAdaptive(back, symbols, second);
    expect(second.snapshot()).toEqual(first.snapshot());
    const [before, after] = back.getData({ unseal: true });
    expect([...before, ...after]).toEqual([...data]);
    const spare = new AdaptiveModel(50);
    const snapshot = spare.snapshot();
    expect(() => encodeAdaptive(back, symbols, spare)).toThrow(failing('out-of-data', 'no remainders'));
    expect(spare.snapshot()).toEqual(snapshot);
  });

  test('learns what single frequencies do not know', () => {
    const symbols = leaning(256, 60_000, 4);
    const encoder = new RangeEncoder();
    encodeAdaptive(encoder, symbols, new AdaptiveModel(256));
    // The entropy with the true frequencies of either half, which overlap little.
    let bits = 0;
    for (const half of [symbols.subarray(0, 30_000), symbols.subarray(30_000)]) {
      const counts = new Float64Array(256);
      for (const symbol of half) counts[symbol]++;
      for (const count of counts) if (count > 0) bits -= count * Math.log2(count / half.length);
    }
    expect(encoder.numBits()).toBeGreaterThan(bits);
    expect(encoder.numBits()).toBeLessThan(1.05 * bits);
  });

  test('arrays of all types, over several batches, goes on where it stopped', () => {
    const random = randomOf(8);
    const bytes = Uint8Array.from({ length: 150_001 }, () => Math.min(random(256), random(256)));
    const encoder = new RangeEncoder();
    const model = new AdaptiveModel(256);
    encodeAdaptive(encoder, bytes, model);
    encodeAdaptive(encoder, Int16Array.of(255, 0), model);
    const decoder = new RangeDecoder(encoder.getCompressed());
    const reader = new AdaptiveModel(256);
    const got = new Uint8Array(bytes.length);
    expect(decodeAdaptive(decoder, got, reader)).toBe(got);
    expect(got).toEqual(bytes);
    expect(decodeAdaptive(decoder, 2, reader)).toEqual(Int32Array.of(255, 0));
  });

  test('after an error coder and model are as they were', () => {
    const encoder = new RangeEncoder();
    const model = new AdaptiveModel(10);
    encodeAdaptive(encoder, Int32Array.of(1, 2, 3), model);
    const [words, counts] = [encoder.getCompressed(), model.snapshot()];
    const bad = new Int32Array(70_000);
    bad[69_000] = 10;
    expect(() => encodeAdaptive(encoder, bad, model)).toThrow(failing('impossible-symbol', 'index 69000'));
    bad[69_000] = -1;
    expect(() => encodeAdaptive(new AnsCoder(), bad, model)).toThrow(failing('impossible-symbol', 'symbol -1'));
    expect(() => encodeAdaptive(encoder, [1] as unknown as Int32Array, model)).toThrow(failing('invalid-type'));
    expect(() => encodeAdaptive(encoder, Float64Array.of(1) as unknown as Int32Array, model)).toThrow(
      failing('invalid-type'),
    );
    expect(() => encodeAdaptive(encoder, bad, new AdaptiveModel(10, { precision: 12 }))).toThrow(
      failing('invalid-argument', 'create the model with { precision: 24 }'),
    );
    expect(encoder.getCompressed()).toEqual(words);
    expect(model.snapshot()).toEqual(counts);

    const decoder = new RangeDecoder(Uint32Array.of(5, 6));
    const reader = new AdaptiveModel(65536);
    const fresh = reader.snapshot();
    expect(() => decodeAdaptive(decoder, 1000, reader)).toThrow(failing('out-of-data'));
    expect(() => decodeAdaptive(new RangeDecoder(Uint32Array.of(2 ** 32 - 1, 0)), new Int8Array(1), reader)).toThrow(
      failing('invalid-argument', 'does not fit'),
    );
    expect(() => decodeAdaptive(decoder, 1, new AdaptiveModel(9, { precision: 12 }))).toThrow(
      failing('invalid-argument'),
    );
    expect(reader.snapshot()).toEqual(fresh);
    const again = new RangeDecoder(Uint32Array.of(5, 6));
    expect(decodeAdaptive(decoder, 1, reader)).toEqual(decodeAdaptive(again, 1, new AdaptiveModel(65536)));
  });
});
