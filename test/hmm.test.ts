/** Hidden Markov models: their codec, and their fit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { markovFilter } from '../src/kernels/markov.ts';
import { HiddenMarkov, type HmmParameters } from '../src/structures/hmm.ts';
import { fitHmm } from '../src/structures/hmm-fit.ts';
import { referenceFilter } from './reference/markov.ts';
import { checkCodec } from './support/codecs.ts';

function rows(count: number, columns: number, seed: number, sharp = 1): Float64Array {
  const words = randomWords(count * columns, seed);
  return Float64Array.from(words, (word) => 1e-4 + (word / 2 ** 32) * (word / 2 ** 32 > 1 - 1 / sharp ? 1 : 0.02));
}

function parameters(states: number, symbols: number, seed = 1): HmmParameters {
  return {
    initial: rows(1, states, seed, 3),
    transition: rows(states, states, seed + 1, 8),
    emission: rows(states, symbols, seed + 2, 8),
  };
}

/** Symbols that the model itself draws: what popping random bits gives. */
function drawn(model: HiddenMarkov, length: number, seed = 7): Int32Array {
  return model.codec(length).pop(new BitStack({ initial: randomWords(length + 8, seed) }));
}

/** -log2 of the sum over all sequences of states, straight from the definition. */
function bruteForce({ initial, transition, emission }: HmmParameters, values: readonly number[]): number {
  const states = initial.length;
  const symbols = emission.length / states;
  const normal = (all: Float64Array, row: number, columns: number, c: number): number =>
    all[row * columns + c] / all.subarray(row * columns, (row + 1) * columns).reduce((a, b) => a + b);
  let sum = 0;
  const visit = (t: number, before: number, p: number): void => {
    if (t === values.length) {
      sum += p;
      return;
    }
    for (let z = 0; z < states; z++)
      visit(
        t + 1,
        z,
        p *
          (t === 0 ? normal(initial, 0, states, z) : normal(transition, before, states, z)) *
          normal(emission, z, symbols, values[t]),
      );
  };
  visit(0, 0, 1);
  return -Math.log2(sum);
}

describe('hidden Markov models', () => {
  it('are codecs', () => {
    for (const [states, symbols, length] of [
      [2, 2, 0],
      [2, 3, 1],
      [3, 5, 9],
      [17, 40, 30],
    ])
      checkCodec(new HiddenMarkov(parameters(states, symbols)).codec(length), {
        values: fc
          .array(fc.nat(symbols - 1), { minLength: length, maxLength: length })
          .map((list) => Int32Array.from(list)),
        refuses: [new Int32Array(length + 1), ...(length > 0 ? [new Int32Array(length).fill(symbols)] : [])],
      });
  });

  it('know the marginal likelihood', () => {
    const given = parameters(3, 4);
    const model = new HiddenMarkov(given);
    for (const values of [[0], [3, 1], [1, 1, 2, 0, 3], [2, 2, 2, 2, 2, 2, 0]])
      expect(model.marginalBits(Int32Array.from(values))).toBeCloseTo(bruteForce(given, values), 4);
  });

  it('reach it, with the same initial bits at every length', () => {
    const model = new HiddenMarkov(parameters(16, 32));
    const least = (values: Int32Array): number => {
      for (let words = 0; ; words++) {
        try {
          model.codec(values.length).push(new BitStack({ initial: randomWords(words, 3) }), values);
          return words;
        } catch (error) {
          expect(error).toMatchObject({ code: 'out-of-data' });
        }
      }
    };
    for (const length of [100, 1000, 5000]) {
      const values = drawn(model, length);
      const stack = new BitStack({ initial: randomWords(4, 3) });
      const before = stack.exactBits();
      model.codec(length).push(stack, values);
      const ideal = model.marginalBits(values);
      expect(stack.exactBits() - before).toBeLessThan(ideal * 1.001 + 2);
      expect(stack.exactBits() - before).toBeGreaterThan(ideal * 0.999 - 2);
      expect(model.codec(length).pop(stack)).toEqual(values);
      expect(stack.netBits()).toBe(0);
      expect(least(values)).toBeLessThanOrEqual(1);
    }
  });

  it('refuse what makes no model', () => {
    const good = parameters(3, 4);
    const bad: [Partial<Record<keyof HmmParameters, unknown>>, string][] = [
      [{ initial: [1, 2, 3] }, 'invalid-type'],
      [{ initial: new Float64Array(1) }, 'invalid-argument'],
      [{ initial: new Float64Array(8193) }, 'invalid-argument'],
      [{ transition: new Float64Array(8) }, 'invalid-argument'],
      [{ emission: new Float64Array(3) }, 'invalid-argument'],
      [{ emission: new Float64Array(13) }, 'invalid-argument'],
      [{ initial: Float64Array.of(1, Number.NaN, 1) }, 'invalid-argument'],
      [{ initial: new Float64Array(3) }, 'invalid-argument'],
      [{ transition: new Float64Array(9).fill(-1) }, 'invalid-argument'],
    ];
    for (const [change, code] of bad)
      expect(() => new HiddenMarkov({ ...good, ...change } as HmmParameters)).toThrow(
        expect.objectContaining({ code }),
      );
    const model = new HiddenMarkov(good);
    expect(() => model.codec(-1)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(() => model.marginalBits(Int32Array.of(4))).toThrow(expect.objectContaining({ code: 'impossible-symbol' }));
  });
});

describe('the filter in the kernel', () => {
  /** Whole numbers that sum to 2^24, some of them 1. */
  const masses = (count: number, seed: number): number[] => {
    const words = [...randomWords(count, seed)].map((word) => (word % 3 === 0 ? 1 : 1 + word / 2 ** 16));
    const sum = words.reduce((a, b) => a + b);
    const whole = words.map((word) => Math.max(1, Math.floor((word / sum) * (2 ** 24 - count))));
    whole[0] += 2 ** 24 - whole.reduce((a, b) => a + b);
    return whole;
  };

  it.each([2, 3, 4, 5, 6, 7, 8, 9, 31, 64, 513])('is the plain one, with %d states', (states) => {
    const symbols = 5;
    const initial = masses(states, 1);
    const rowsOf = (columns: number, seed: number) =>
      Array.from({ length: states }, (_, i) => masses(columns, seed + i));
    const transition = rowsOf(states, 100);
    const emission = rowsOf(symbols, 1000);
    const values = [0, 1, 2, 3, 4, 4, 4, 0, 2, 1];
    const filter = markovFilter(states);
    const emitting = Float64Array.from({ length: symbols * states }, (_, k) => emission[k % states][(k / states) | 0]);
    filter.use(Float64Array.from({ length: states * states }, (_, k) => transition[k % states][(k / states) | 0]));
    const found = values.map((value, t) => {
      if (t === 0) filter.begin(Float64Array.from(initial), emitting, value * states);
      else filter.step(emitting, value * states);
      return [...filter.cumulative];
    });
    expect(found).toEqual(referenceFilter(initial, transition, emission, values));
  });

  it('serves models of one size in turns', () => {
    const [a, b] = [1, 9].map((seed) => new HiddenMarkov(parameters(6, 5, seed)));
    const values = drawn(a, 40);
    const alone = new BitStack({ initial: randomWords(4, 1) });
    a.codec(40).push(alone, values);
    b.codec(40).push(new BitStack({ initial: randomWords(4, 1) }), values);
    const again = new BitStack({ initial: randomWords(4, 1) });
    a.codec(40).push(again, values);
    expect(again.getCompressed()).toEqual(alone.getCompressed());
  });

  it('leaves the words as they are', () => {
    const model = new HiddenMarkov(parameters(13, 7));
    const stack = new BitStack({ initial: randomWords(2, 1) });
    model.codec(500).push(stack, drawn(model, 500));
    let hash = 0;
    for (const word of stack.getCompressed()) hash = (Math.imul(hash, 31) + word) | 0;
    expect(hash).toMatchInlineSnapshot(`-1678455642`);
  });
});

/** A sum over the bits of the parameters. */
function hashOf({ initial, transition, emission }: HmmParameters): number {
  let hash = 0;
  for (const values of [initial, transition, emission])
    for (const word of new Uint32Array(values.buffer)) hash = (Math.imul(hash, 31) + word) | 0;
  return hash;
}

describe('fitting one', () => {
  const model = new HiddenMarkov(parameters(4, 8));
  const sequences = [drawn(model, 2000, 1), drawn(model, 1500, 2), drawn(model, 3, 3)];

  it('saves bits in every round, and comes near to the truth', () => {
    const rounds: number[] = [];
    const fit = fitHmm(sequences, {
      states: 4,
      symbols: 8,
      iterations: 60,
      smoothing: 0,
      onIteration: (_, bits) => rounds.push(bits),
    });
    for (let i = 1; i < rounds.length; i++) expect(rounds[i]).toBeLessThanOrEqual(rounds[i - 1] + 1e-6);
    const fitted = new HiddenMarkov(fit);
    const bitsOf = (one: HiddenMarkov): number => sequences.reduce((sum, each) => sum + one.marginalBits(each), 0);
    expect(bitsOf(fitted)).toBeLessThan(bitsOf(model) * 1.02);
    expect(fit.iterations).toBe(rounds.length);
    expect(fit.bits).toBe(rounds[rounds.length - 1]);
  });

  it('repeats to the bit', () => {
    const options = { states: 3, symbols: 8, iterations: 5, seed: 11 };
    const fit = fitHmm(sequences, options);
    expect(fitHmm(sequences, options)).toEqual(fit);
    // The same digits in every engine.
    expect(hashOf(fit)).toBe(308664919);
  });

  it('gives 32 states of a text the same bits everywhere', () => {
    const words = ['war', 'and', 'peace', 'the', 'prince', 'said', 'nothing', 'of', 'it', 'again,', 'Anna', 'smiled.'];
    const picked = [...randomWords(900, 5)].map((word) => words[(word >>> 8) % words.length]);
    const text = new TextEncoder().encode(picked.join(' '));
    const rounds: number[] = [];
    for (const [states, hash] of [
      [32, -1178165898],
      [6, -200595109],
    ]) {
      const fit = fitHmm([text], { states, symbols: 256, iterations: 4, onIteration: (_, bits) => rounds.push(bits) });
      expect([states, hashOf(fit)]).toEqual([states, hash]);
    }
    for (let i = 1; i < 4; i++) expect(rounds[i]).toBeLessThan(rounds[i - 1]);
  });

  it('refuses what it cannot fit', () => {
    for (const options of [
      { states: 1, symbols: 8 },
      { states: 2, symbols: 1 },
      { states: 2, symbols: 7 },
      { states: 2, symbols: 8, iterations: -1 },
      { states: 2, symbols: 8, smoothing: Number.NaN },
    ])
      expect(() => fitHmm(sequences, options)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    for (const none of [[], [new Int32Array(0)], 'x', [[1, 2]]])
      expect(() => fitHmm(none as never, { states: 2, symbols: 8 })).toThrow(
        expect.objectContaining({ code: 'invalid-type' }),
      );
  });
});
