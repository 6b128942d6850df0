/** Laws of models of sequences and of length oracles: every instance is tested with these. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { bitsAfter, type LengthOracle } from '../../src/sampling/oracle.ts';
import { decodeSymbols, encodeSymbols } from '../../src/sequence/coding.ts';
import type { Mark, SequenceModel, Undoable } from '../../src/sequence/model.ts';
import { sumOfIntervals } from './interval_sums.ts';

export { sumOfIntervals } from './interval_sums.ts';

/** Options of the checkers. */
export interface SequenceCheckOptions {
  seed: number;
  /** Programs of marks, symbols and rollbacks that are run. */
  runs: number;
  /** Symbols learnt before each program. */
  warm?: ArrayLike<number>;
  /** Symbols that programs draw from: at least 1. By default a line of text, modulo the alphabet. */
  data?: ArrayLike<number>;
  /** Symbols after which the two are compared once more. Default 32. */
  probe?: number;
  /** Most symbols of one step of a program. Default 20. */
  step?: number;
}

const LINE = new TextEncoder().encode('she sells sea shells, she sells sea shells by the sea; aaaaaaaaaaaaaaab');

function dataOf(options: SequenceCheckOptions, alphabetSize: number): ArrayLike<number> {
  return options.data ?? Array.from(LINE, (byte) => byte % alphabetSize);
}

type Verb = 'mark' | 'rollback' | 'release';
type Step =
  | { readonly do: 'symbols'; readonly n: number; readonly from: number }
  | { readonly do: Verb; readonly i: number };

const verb = (name: Verb, weight: number) => ({
  weight,
  arbitrary: fc.record({ do: fc.constant(name), i: fc.nat(20) }),
});

const programs = (length: number, step: number): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof<{ weight: number; arbitrary: fc.Arbitrary<Step> }[]>(
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constant('symbols'),
          n: fc.integer({ min: 1, max: step }),
          from: fc.nat(length),
        }),
      },
      verb('mark', 4),
      verb('rollback', 3),
      verb('release', 1),
    ),
    { minLength: 3, maxLength: 30 },
  );

/** Runs a program; `see` gives a symbol and returns what was observed before it, which is compared in the end. */
function run<T extends Undoable>(
  create: () => T,
  see: (thing: T, symbol: number) => unknown,
  program: readonly Step[],
  data: ArrayLike<number>,
  options: SequenceCheckOptions,
): void {
  const { warm = [], probe = 32 } = options;
  const thing = create();
  for (let i = 0; i < warm.length; i++) see(thing, warm[i]);
  // What has happened and was not taken back.
  const symbols: number[] = [];
  const seen: unknown[] = [];
  let marks: { mark: Mark; length: number }[] = [];
  const go = (symbol: number) => {
    seen.push(see(thing, symbol));
    symbols.push(symbol);
  };
  for (const step of program) {
    if (step.do === 'symbols') for (let k = 0; k < step.n; k++) go(data[(step.from + k) % data.length]);
    else if (step.do === 'mark') marks.push({ mark: thing.mark(), length: symbols.length });
    else if (marks.length > 0) {
      const i = step.i % marks.length;
      if (step.do === 'release') thing.release(marks[i].mark);
      else {
        thing.rollback(marks[i].mark);
        symbols.length = seen.length = marks[i].length;
      }
      for (const { mark } of marks.slice(i)) {
        expect(() => thing.rollback(mark), 'a mark that is gone').toThrow(RangeError);
        expect(() => thing.release(mark), 'a mark that is gone').toThrow(RangeError);
      }
      marks = marks.slice(0, i);
    }
  }
  for (let k = 0; k < probe; k++) go(data[k % data.length]);
  const fresh = create();
  for (let i = 0; i < warm.length; i++) see(fresh, warm[i]);
  expect(seen).toEqual(symbols.map((symbol) => see(fresh, symbol)));
}

/**
 * Intervals tile [0, 2^24), none is empty, and neither asking for them nor not asking changes anything; a symbol that is none is refused and
 * changes nothing; after any program of symbols, nested marks, rollbacks and releases the model is to the bit what a new
 * one is that never saw what was taken back; what it codes through the range coder comes back.
 */
export function checkSequenceModel(create: () => SequenceModel, options: SequenceCheckOptions): void {
  const { alphabetSize } = create();
  const data = dataOf(options, alphabetSize);
  const cuts = new Uint32Array(alphabetSize + 3).fill(77);
  const see = (model: SequenceModel, symbol: number): number => {
    const hash = sumOfIntervals(model, cuts);
    if (sumOfIntervals(model, cuts) !== hash) throw new Error('asking for intervals changed them');
    if (model.frequencyOf !== undefined) {
      for (const s of [symbol, 0, alphabetSize - 1])
        if (model.frequencyOf(s) !== cuts[s + 1] - cuts[s]) throw new Error(`the frequency of symbol ${s}`);
      if (sumOfIntervals(model, cuts) !== hash) throw new Error('asking for a frequency changed the prediction');
    }
    model.update(symbol);
    return hash;
  };
  fc.assert(
    fc.property(programs(data.length, options.step ?? 20), (program) => run(create, see, program, data, options)),
    { seed: options.seed, numRuns: options.runs },
  );
  expect([cuts[alphabetSize + 1], cuts[alphabetSize + 2]], 'nothing is written past the intervals').toEqual([77, 77]);
  // What is learnt does not depend on being asked: these were never asked, or only now and then.
  const asked = create();
  for (const every of [Infinity, 7]) {
    const other = create();
    for (let k = 0; k < data.length; k++) {
      if (every === Infinity) see(asked, data[k]);
      else if (k % every === 3) other.intervals(cuts);
      other.update(data[k]);
    }
    expect(sumOfIntervals(other, cuts), 'learning depends on being asked').toBe(sumOfIntervals(asked, cuts));
  }
  const model = create();
  for (let k = 0; k < 8; k++) model.update(data[k % data.length]);
  const before = sumOfIntervals(model, cuts);
  for (const wrong of [-1, alphabetSize, 0.5, NaN]) expect(() => model.update(wrong), `${wrong}`).toThrow(RangeError);
  expect(sumOfIntervals(model, cuts)).toBe(before);
  const all = Array.from({ length: data.length }, (_, i) => data[i]);
  expect([...decodeSymbols(create(), encodeSymbols(create(), all), all.length)]).toEqual(all);
}

/**
 * Asking for lengths changes nothing; lengths of several symbols at once are what push would give; rollback restores the
 * length to the bit; and, where `exact` is given, lengths are those of the real codec.
 *
 * @param exact - Bits of a whole string with the codec itself.
 */
export function checkOracle(
  create: () => LengthOracle,
  options: SequenceCheckOptions,
  exact?: (symbols: number[]) => number,
): void {
  const { alphabetSize } = create();
  const data = dataOf(options, alphabetSize);
  const candidates = Array.from({ length: Math.min(alphabetSize, 256) }, (_, i) => (i * 37 + 11) % alphabetSize);
  const bulk = new Float64Array(candidates.length + 1).fill(-5);
  const see = (oracle: LengthOracle, symbol: number): number => {
    const before = oracle.bits();
    expect(oracle.bits(), 'asking again').toBe(before);
    expect(Number.isFinite(before) && before >= 0, `length ${before}`).toBe(true);
    oracle.push(symbol);
    return before;
  };
  fc.assert(
    fc.property(programs(data.length, options.step ?? 20), (program) => run(create, see, program, data, options)),
    { seed: options.seed, numRuns: options.runs },
  );
  const oracle = create();
  const pushed: number[] = [];
  for (let k = 0; k < 40; k++) {
    if (k % 13 === 7) {
      const before = oracle.bits();
      bitsAfter(oracle, candidates, bulk);
      expect(oracle.bits(), 'lengths of several symbols changed the state').toBe(before);
      expect(bulk[candidates.length], 'nothing is written past the lengths').toBe(-5);
      for (const [i, symbol] of candidates.entries()) {
        const mark = oracle.mark();
        oracle.push(symbol);
        expect(bulk[i], `bitsAfter symbol ${symbol}`).toBe(oracle.bits());
        if (exact !== undefined && i % 17 === 0) expect(bulk[i]).toBe(exact([...pushed, symbol]));
        oracle.rollback(mark);
      }
      for (const wrong of [-1, alphabetSize, 0.5, NaN]) {
        expect(() => oracle.push(wrong), `${wrong}`).toThrow(RangeError);
        expect(() => bitsAfter(oracle, [wrong], bulk), `${wrong}`).toThrow(RangeError);
      }
      expect(oracle.bits()).toBe(before);
    }
    if (exact !== undefined) expect(oracle.bits(), `length of ${pushed}`).toBe(exact(pushed));
    const symbol = data[(k * 3 + (k >> 2)) % data.length];
    oracle.push(symbol);
    pushed.push(symbol);
  }
}
