import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AncestralOptions, ancestral } from '../src/sampling/ancestral.ts';
import { beamSearch } from '../src/sampling/beam.ts';
import { complete, stableSelect } from '../src/sampling/complete.ts';
import {
  allowed,
  automaton,
  both,
  type Constraint,
  callback,
  printable,
  stateAfter,
  utf8Valid,
} from '../src/sampling/constraints.ts';
import { nextTokens } from '../src/sampling/next-tokens.ts';
import { bitsAfter, type LengthOracle, ModelOracle } from '../src/sampling/oracle.ts';
import { bytes, characters, chunks, indexed, symbols, tokens, vocabulary } from '../src/sampling/tokens.ts';
import { topK } from '../src/sampling/top-k.ts';
import { PlainOracle } from './support/bytes_oracle.ts';
import { CountModel } from './support/count_model.ts';
import { lengthOf, lumpy, oracle, strings, surprise, utf8 } from './support/sampling.ts';

describe('alphabets', () => {
  it('are lists of strings of symbols', () => {
    expect(bytes().count).toBe(256);
    expect(symbols(10).symbolsOf(9)).toEqual([9]);
    const some = tokens(['ab', 'é', [1, 2, 3]]);
    expect([0, 1, 2].map((token) => some.symbolsOf(token))).toEqual([
      [97, 98],
      [0xc3, 0xa9],
      [1, 2, 3],
    ]);
    expect(some.symbols([2, 0])).toEqual([1, 2, 3, 97, 98]);
    expect([...some.bytes([1])]).toEqual([0xc3, 0xa9]);
    expect([some.count, some.alphabetSize, some.single]).toEqual([3, 0xc4, false]);
    const text = characters('aé€😀a');
    expect([text.count, ...text.split('😀a').map((token) => text.bytesOf(token).length)]).toEqual([4, 4, 1]);
    expect(tokens(['ab', 'a', 'b']).split('aab')).toEqual([1, 0]);
  });

  it("can be pieces whose numbers are pushed: the notebook's pairs", () => {
    const pieces = chunks('to be or not to be', 2);
    const pairs = indexed(vocabulary(pieces));
    const list = pairs.split('to be or not to be');
    expect(list.length).toBe(9);
    expect(pairs.symbols(list)).toEqual(list);
    expect(new TextDecoder().decode(pairs.bytes(list))).toBe('to be or not to be');
  });

  it('give the lengths after all or some of them, as if each were pushed', () => {
    const list = tokens(['she', 'sh', 's', 'she sells', ' ', 'e', 'ells']);
    const one = oracle();
    for (const byte of utf8('the ')) one.push(byte);
    const before = one.bits();
    for (const which of [undefined, [3, 0, 5], [6]]) {
      const expected = (which ?? [0, 1, 2, 3, 4, 5, 6]).map((token) => lengthOf(one, list.symbolsOf(token)));
      const lengths = new Float64Array(7);
      list.lengths(one, which, lengths);
      expect([...lengths.subarray(0, expected.length)]).toEqual(expected);
    }
    const few = new Float64Array(2);
    bytes().lengths(one, [104, 101], few);
    expect([...few]).toEqual([lengthOf(one, [104]), lengthOf(one, [101])]);
    expect(one.bits()).toBe(before);
  });

  it('refuse what is no alphabet', () => {
    expect(() => tokens([])).toThrow(RangeError);
    expect(() => tokens(['a', ''])).toThrow(RangeError);
    expect(() => tokens(['a', 'b', 'a'])).toThrow(/tokens 0 and 2 are the same/);
    expect(() => tokens([[70000]])).toThrow(RangeError);
    expect(() => tokens([7 as never])).toThrow(TypeError);
    expect(() => symbols(0)).toThrow(RangeError);
    expect(() => characters('a\ud800')).toThrow(RangeError);
    expect(() => tokens(['a']).split('ab')).toThrow(/no token fits at offset 1/);
    expect(() => tokens([[300]]).bytesOf(0)).toThrow(RangeError);
    expect(() => complete(lumpy(), [], { tokens: bytes(), length: 1 })).toThrow(/alphabet ends at 3/);
    const one = lumpy();
    expect(() => tokens([[1, 9]]).push(one, 0)).toThrow(RangeError);
    expect(one.held).toEqual([]);
  });
});

describe('constraints', () => {
  const follows = <S>(constraint: Constraint<S>, list: ArrayLike<number>): boolean => {
    let state: S | undefined = constraint.start;
    for (let i = 0; i < list.length && state !== undefined; i++) state = constraint.step(state, list[i]);
    return state !== undefined && (constraint.accepts?.(state) ?? true);
  };
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const isValid = (list: ArrayLike<number>): boolean => {
    try {
      decoder.decode(Uint8Array.from(list as number[]));
      return true;
    } catch {
      return false;
    }
  };

  it('keep UTF-8 valid, as the decoder of the platform sees it', () => {
    const valid = utf8Valid();
    const wrong: number[][] = [];
    for (let a = 0; a < 256; a++)
      for (let b = 0; b < 256; b++) if (follows(valid, [a, b]) !== isValid([a, b])) wrong.push([a, b]);
    expect(wrong).toEqual([]);
    for (const a of [0xe0, 0xe1, 0xed, 0xee, 0xef])
      for (let b = 0x7f; b < 0xc1; b++) expect(follows(valid, [a, b, 0x80])).toBe(isValid([a, b, 0x80]));
    for (const a of [0xf0, 0xf1, 0xf3, 0xf4, 0xf5])
      for (let b = 0x7f; b < 0xc1; b++) expect(follows(valid, [a, b, 0x80, 0xbf])).toBe(isValid([a, b, 0x80, 0xbf]));
    const byte = fc.constantFrom(0x41, 0x7f, 0x80, 0x8f, 0x90, 0xa0, 0xbf, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4);
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 6 }), (list) => follows(valid, list) === isValid(list)),
      { seed: 1, numRuns: 2000 },
    );
    expect(follows(utf8Valid(bytes(), [0xe2, 0x82]), [0xac])).toBe(true);
    expect(() => utf8Valid(bytes(), [0xff])).toThrow(RangeError);
  });

  it('know how many tokens an open character needs, whatever the tokens are', () => {
    const valid = utf8Valid();
    expect([[], [0xc3], [0xe0], [0xf0], [0xf0, 0x90]].map((list) => valid.shortest!(stateAfter(valid, list)))).toEqual([
      0, 1, 2, 3, 2,
    ]);
    // Half characters that nothing completes are never begun.
    const halves = tokens([[0xe2], [0x82, 0xac], [0xc3]]);
    expect(follows(utf8Valid(halves), [0, 1])).toBe(true);
    expect(utf8Valid(halves).step(0, 2)).toBe(undefined);
  });

  it('are masks, functions, automata, and two at once', () => {
    expect([...'ab\n\0'].map((char) => follows(printable(), utf8(char)))).toEqual([true, true, true, false]);
    expect([0, 1, 2].map((token) => follows(allowed([0, 2]), [token]))).toEqual([true, false, true]);
    const seen: string[] = [];
    const noTwins = callback((prefix, token) => {
      seen.push(prefix.join(''));
      return prefix.at(-1) !== token;
    });
    const state = stateAfter(noTwins, [1, 2, 1]);
    expect(noTwins.step(state, 1)).toBe(undefined);
    expect(noTwins.step(noTwins.start, 1)).not.toBe(undefined);
    expect(noTwins.step(stateAfter(noTwins, [3, 4]), 4)).toBe(undefined);
    expect(seen).toEqual(['', '1', '12', '121', '', '', '3', '34']);
    const evens = automaton(2, [0, 1, 1, 0], 0, (at) => at === 0);
    expect([follows(evens, [1, 0, 1]), follows(evens, [1, 0])]).toEqual([true, false]);
    // A state without a way to an end is never entered.
    const trap = automaton(2, [0, 1, 1, 1], 0, (at) => at === 0);
    expect(trap.step(0, 1)).toBe(undefined);
    const pair = both(evens, noTwins);
    expect([follows(pair, [1, 0, 1]), follows(pair, [1, 1]), follows(pair, [1])]).toEqual([true, false, false]);
    expect(() => automaton(2, [0, 1, 7, 0])).toThrow(RangeError);
  });
});

describe('complete', () => {
  /** The notebook's words, with its lists and queue. */
  function plain(oracle: LengthOracle, count: number, prompt: number[], length: number, width: number, height: number) {
    const queue = [prompt];
    const result: number[][] = [];
    for (let sequence = queue.pop(); sequence !== undefined; sequence = queue.pop()) {
      const lengths = Float64Array.from({ length: count }, (_, token) => lengthOf(oracle, [...sequence, token]));
      for (const place of stableSelect(lengths, width)) {
        const child = [...sequence, place];
        (child.length === length ? result : queue).push(child);
      }
    }
    const best = stableSelect(
      Float64Array.from(result, (string) => lengthOf(oracle, string)),
      height,
    );
    return Array.from(best, (place) => result[place]);
  }

  it('finds what the plain search finds, and leaves the oracle as it was', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(3), { maxLength: 3 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 12 }),
        (prompt, add, width, height) => {
          const one = lumpy();
          one.push(2);
          const found = complete(one, prompt, { length: prompt.length + add, width, height });
          expect(found.completions.map((each) => [...each.symbols])).toEqual(
            plain(one, 4, prompt, prompt.length + add, width, height),
          );
          for (const { symbols, bits } of found.completions) expect(bits).toBe(lengthOf(one, [...symbols]));
          expect(one.held).toEqual([2]);
          expect(found.distribution).toBe('search');
        },
      ),
      { seed: 2, numRuns: 100 },
    );
  });

  it('gives back symbols, stops at the length of the prompt, and has no more leaves than there are', () => {
    const words = tokens([[1, 2], [3], [0, 0, 0]]);
    const { completions, leaves } = complete(lumpy(), [0], { tokens: words, length: 3, width: 9, height: 100 });
    expect([completions.length, leaves]).toEqual([9, 9]);
    for (const { tokens, symbols, bits } of completions) {
      expect(symbols).toEqual(words.symbols(tokens));
      expect(bits).toBe(lengthOf(lumpy(), [...symbols]));
    }
    const whole = complete(lumpy(), [1, 2], { length: 2 });
    expect(whole.completions).toEqual([{ tokens: [1, 2], symbols: [1, 2], bits: lengthOf(lumpy(), [1, 2]) }]);
  });

  it('counts whole bytes where asked to', () => {
    for (const { bits } of complete(lumpy(), [], { length: 3, unit: 'bytes' }).completions) expect(bits % 8).toBe(0);
  });

  it('says what it would cost before it starts', () => {
    expect(() => complete(lumpy(), [], { length: 40 })).toThrow(/2\^40 leaves/);
    expect(() => complete(lumpy(), [], { length: 3, maxLeaves: 7 })).toThrow(RangeError);
    expect(complete(lumpy(), [], { length: 500, width: 1 }).completions[0].tokens.length).toBe(500);
    expect(() => complete(lumpy(), [1, 2, 3], { length: 2 })).toThrow(RangeError);
    expect(() => complete(lumpy(), [9], { length: 2 })).toThrow(RangeError);
    expect(() => complete(lumpy(), [], { width: 0 })).toThrow(RangeError);
    expect(() => complete(lumpy(), [], { unit: 'nats' as never })).toThrow(RangeError);
  });

  it('obeys a constraint', () => {
    const evens = automaton(4, [0, 1, 0, 1, 1, 0, 1, 0], 0, (at) => at === 0);
    const { completions } = complete(lumpy(), [1], { length: 4, width: 3, height: 50, constraint: evens });
    for (const { tokens } of completions) expect(tokens.reduce((sum, token) => sum + token) % 2).toBe(0);
    const never = { length: 2, constraint: callback((prefix) => prefix.length < 1) };
    expect(() => complete(lumpy(), [], never)).toThrow(/allows no token/);
    expect(() => complete(lumpy(), [1], { constraint: allowed([2]) })).toThrow(/forbids token 1/);
  });

  it('selects the smallest, of equal ones the first', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { minLength: 1, maxLength: 90 }), fc.integer({ min: 0, max: 60 }), (list, k) => {
        const expected = list.map((_, i) => i).sort((a, b) => list[a] - list[b] || a - b);
        expect([...stableSelect(Float64Array.from(list), k)]).toEqual(expected.slice(0, k));
      }),
      { seed: 3 },
    );
  });
});

describe('beam search', () => {
  it('is exhaustive when it is wide, and its order is total', () => {
    const one = lumpy();
    const all = strings(4, 4).map((string, place) => ({ string, place, bits: lengthOf(one, [1, ...string]) }));
    all.sort((a, b) => a.bits - b.bits || a.place - b.place);
    const { completions, distribution } = beamSearch(one, [1], { n: 4, width: 256, best: 256 });
    expect(distribution).toBe('search');
    expect(completions.map(({ bits }) => bits)).toEqual(all.map(({ bits }) => bits));
    expect(new Set(completions.map(({ symbols }) => symbols.join()))).toEqual(
      new Set(all.map(({ string }) => [1, ...string].join())),
    );
    for (const { symbols, bits } of completions) expect(bits).toBe(lengthOf(one, [...symbols]));
    expect(one.held).toEqual([]);
  });

  it('is greedy with a width of 1, and better the wider it is', () => {
    const greedy = [...ancestral(lumpy(), [], { n: 12, temperature: 0 })];
    const found = beamSearch(lumpy(), [], { n: 12, width: 1 }).completions[0];
    expect(found.tokens).toEqual(greedy.map(({ token }) => token));
    const wide = beamSearch(lumpy(), [], { n: 12, width: 200 }).completions[0];
    expect(wide.bits).toBeLessThan(found.bits);
  });

  it('tells what is settled, and keeps text valid', () => {
    const steps: number[] = [];
    const { completions } = beamSearch(oracle(), [...utf8('she ')], {
      n: 12,
      width: 8,
      best: 3,
      constraint: utf8Valid(),
      onStep: ({ length, tokens, settled }) => {
        expect(tokens.length).toBe(length);
        expect(settled).toBeLessThanOrEqual(length);
        steps.push(length);
      },
    });
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(completions.length).toBe(3);
    expect(new TextDecoder().decode(Uint8Array.from(completions[0].symbols))).toMatch(/^she s/);
  });

  it('gives the oracle back when a listener throws', () => {
    const one = lumpy();
    const onStep = () => {
      throw new Error('enough');
    };
    expect(() => beamSearch(one, [1], { onStep })).toThrow('enough');
    expect(one.held).toEqual([]);
  });

  it('searches among any tokens, and refuses a search for nothing', () => {
    const words = tokens(['she ', 'sells ', 'sea ', 'xyz']);
    const { completions } = beamSearch(oracle(), [0], { n: 3, width: 4, tokens: words });
    expect(completions[0].symbols).toEqual(words.symbols(completions[0].tokens));
    expect(completions[0].tokens).not.toContain(3);
    expect(() => beamSearch(lumpy(), [], { width: 0 })).toThrow(RangeError);
    expect(() => beamSearch(lumpy(), [], { width: 2, best: 3 })).toThrow(RangeError);
    expect(() => beamSearch(lumpy(), [], { constraint: allowed([]) })).toThrow(/allows no token/);
  });
});

describe('ancestral sampling', () => {
  /** How often each token comes first, over many seeds. */
  function firsts(options: AncestralOptions, prompt: readonly number[], n: number): Float64Array {
    const counts = new Float64Array(4);
    const one = lumpy();
    for (let seed = 0; seed < n; seed++) counts[[...ancestral(one, prompt, { ...options, n: 1, seed })][0].token]++;
    return counts;
  }
  const prompt = [3, 1, 2];
  const lengths = [0, 1, 2, 3].map((token) => lengthOf(lumpy(), [...prompt, token]));
  const normal = (weights: number[]) => weights.map((w) => w / weights.reduce((sum, other) => sum + other));

  it('draws from 2^-(L / T), whatever is cut off', () => {
    const p = (T: number) => normal(lengths.map((length) => 2 ** (-length / T)));
    const sorted = (T: number) => [...p(T)].sort((a, b) => b - a);
    const keep = (T: number, least: number) => normal(p(T).map((each) => (each >= least ? each : 0)));
    const cases: [AncestralOptions, number[]][] = [
      [{ temperature: 3 }, p(3)],
      [{ temperature: 8 }, p(8)],
      [{ temperature: 8, topK: 2 }, keep(8, sorted(8)[1])],
      [{ temperature: 8, topP: sorted(8)[0] + sorted(8)[1] + 1e-9 }, keep(8, sorted(8)[2])],
      [{ temperature: 8, minP: sorted(8)[1] / sorted(8)[0] - 1e-9 }, keep(8, sorted(8)[1])],
    ];
    for (const [options, expected] of cases) {
      const [first] = ancestral(lumpy(), prompt, { ...options, n: 1 });
      expect(first.probability).toBeCloseTo(expected[first.token], 12);
      expect(first.distribution).toBe('one-step');
      const counts = firsts(options, prompt, 2000);
      for (let i = 0; i < 4; i++) if (expected[i] === 0) expect(counts[i]).toBe(0);
      if (expected.filter((each) => each > 0).length > 1) expect(surprise(counts, expected, 2000)).toBeLessThan(4);
    }
  });

  it('makes what came lately dearer', () => {
    // p(b)^2 2^-times for the tokens in the window.
    const p = normal(lengths.map((length) => 2 ** -length));
    const expected = normal(
      p.map((each, token) => {
        const surprisal = -Math.log2(each);
        const raised = prompt.includes(token) ? 2 * surprisal + 1 : surprisal;
        return 2 ** (-raised / 8);
      }),
    );
    const options = { temperature: 8, repetitionPenalty: 2, frequencyPenalty: 1 };
    for (let seed = 0; seed < 5; seed++) {
      const [first] = ancestral(lumpy(), prompt, { ...options, seed, n: 1 });
      expect(first.probability).toBeCloseTo(expected[first.token], 10);
    }
    const run = (repetition: Partial<AncestralOptions>) =>
      [...ancestral(new ModelOracle(new CountModel(3, 0.1)), [1], { n: 30, temperature: 0, ...repetition })].map(
        ({ token }) => token,
      );
    expect(new Set(run({})).size).toBe(1);
    expect(new Set(run({ frequencyPenalty: 2, window: 8 }))).toEqual(new Set([0, 1, 2]));
  });

  it('leaves the oracle as it was, also when the reader has had enough, or keeps what it did', () => {
    const one = lumpy();
    one.push(1);
    for (const _ of ancestral(one, [2], { n: Infinity })) if (one.held.length > 20) break;
    expect(one.held).toEqual([1]);
    const list = [...ancestral(one, [2], { n: 5, keep: true })];
    expect(one.held).toEqual([1, 2, ...list.map(({ token }) => token)]);
    expect(list[4].bits).toBe(one.bits());
  });

  it('ends text where it may end', () => {
    // Bytes at random, were it not for the constraint.
    const noise = new PlainOracle((held) => 8 * held.length);
    for (let seed = 0; seed < 40; seed++) {
      const list = [...ancestral(noise, [], { n: 1 + (seed % 7), seed, constraint: utf8Valid() })];
      const text = Uint8Array.from(list, ({ token }) => token);
      expect(text.length).toBe(1 + (seed % 7));
      expect(() => new TextDecoder('utf-8', { fatal: true }).decode(text)).not.toThrow();
    }
    const three = callback((prefix) => prefix.length < 3);
    expect([...ancestral(lumpy(), [], { constraint: three })].length).toBe(3);
    const stuck = automaton(4, [1, 1, 1, 1, -1, -1, -1, -1], 0, () => false);
    expect(() => [...ancestral(lumpy(), [], { constraint: stuck })]).toThrow(/allows no token/);
  });

  it('refuses what is no setting', () => {
    for (const options of [
      { temperature: -1 },
      { temperature: Number.NaN },
      { topK: 0 },
      { topP: 0 },
      { topP: 1.1 },
      { minP: -0.1 },
      { repetitionPenalty: 0.5 },
      { frequencyPenalty: Infinity },
      { window: -1 },
      { n: 1.5 },
      { seed: -1 },
    ])
      expect(() => [...ancestral(lumpy(), [], options)]).toThrow(RangeError);
  });
});

describe("the notebook's top-k", () => {
  it('draws among the k shortest by lengths divided by that of the sequence', () => {
    const prompt = [3, 1];
    const lengths = [0, 1, 2, 3].map((token) => 8 * Math.ceil(lengthOf(lumpy(), [...prompt, token]) / 8));
    const best = [...stableSelect(Float64Array.from(lengths), 3)];
    for (const normalise of [true, false]) {
      const seen: number[][] = [];
      const choose = (weights: Float64Array) => {
        seen.push([...weights]);
        return 1;
      };
      const [first] = topK(lumpy(), prompt, { k: 3, n: 1, unit: 'bytes', normalise, choose });
      expect(first.token).toBe(best[1]);
      const expected = best.map((i) => 1 / 2 ** (normalise ? 8 * (lengths[i] / prompt.length) : lengths[i]));
      const total = expected.reduce((sum, each) => sum + each);
      const sum = seen[0].reduce((a, b) => a + b);
      seen[0].forEach((weight, i) => {
        expect(weight / sum).toBeCloseTo(expected[i] / total, 12);
      });
    }
    expect(() => [...topK(lumpy(), [])]).toThrow(/give a prompt/);
    expect([...topK(lumpy(), [], { normalise: false, n: 3 })].length).toBe(3);
  });
});

describe('rounds of completions', () => {
  it('add one of the completions a round', () => {
    const one = lumpy();
    const choices: number[] = [];
    for (const round of nextTokens(one, [1, 2], { n: 6, seed: 5, width: 3 })) {
      expect(round.tokens.length).toBe(3);
      expect(round.choices).toBe(2);
      choices.push(round.choice);
    }
    expect(new Set(choices).size).toBe(2);
    expect(one.held).toEqual([]);
    expect(() => [...nextTokens(one, [], { choose: () => 2 })]).toThrow(RangeError);
    expect(one.held).toEqual([]);
  });
});

describe('what a codec cannot code', () => {
  /** Nothing but 1s and 2s, and those at most three times. */
  const picky = () =>
    new PlainOracle((held) => (held.length > 3 || held.includes(0) || held.includes(3) ? Infinity : held.length), 4);

  it('is never sampled, and is not a number to be reckoned with', () => {
    for (const temperature of [0, 1])
      for (const { token } of ancestral(picky(), [], { n: 3, temperature, seed: 4 })) expect([1, 2]).toContain(token);
    for (const { token } of topK(picky(), [], { n: 3, k: 4, normalise: false })) expect([1, 2]).toContain(token);
    expect(beamSearch(picky(), [], { n: 3, width: 64, best: 64 }).completions.length).toBe(8);
    expect(complete(picky(), [], { length: 3, width: 4, height: 64 }).completions.length).toBe(8);
    // Where nothing may follow a text ends early; a search of a given length fails.
    expect([...ancestral(picky(), [], { n: 9, constraint: allowed([1]) })]).toHaveLength(3);
    const failure = expect.objectContaining({ code: 'impossible-symbol' });
    expect(() => beamSearch(picky(), [], { n: 4 })).toThrow(failure);
    expect(() => complete(picky(), [], { length: 4 })).toThrow(failure);
  });
});

it('a model as an oracle is asked once for all lengths', () => {
  const lengths = new Float64Array(256);
  bitsAfter(
    oracle(),
    Uint8Array.from({ length: 256 }, (_, i) => i),
    lengths,
  );
  const all = new Float64Array(256);
  bytes().lengths(oracle(), undefined, all);
  expect(all).toEqual(lengths);
});
