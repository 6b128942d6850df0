/** Sequential Monte Carlo against enumeration. */
import { describe, expect, it } from 'vitest';
import type { LengthOracle } from '../src/sampling/oracle.ts';
import { particleSteps, type Resampling, sampleParticles } from '../src/sampling/particles.ts';
import { exp2, log2, weigh } from '../src/sampling/powers.ts';
import { resampleSpans, spanSteps } from '../src/sampling/spans.ts';
import { type Mark, Marks } from '../src/sequence/model.ts';

/** A code whose lengths are a hash of the whole string: one step says little about the next. */
class Rough implements LengthOracle {
  readonly alphabetSize: number;
  private readonly string: number[] = [];
  private readonly marks = new Marks();

  constructor(alphabetSize: number) {
    this.alphabetSize = alphabetSize;
  }

  push(symbol: number): void {
    if (!(Number.isInteger(symbol) && symbol >= 0 && symbol < this.alphabetSize))
      throw new RangeError('no such symbol');
    this.string.push(symbol);
  }

  bits(): number {
    let bits = 3;
    let hash = 0x12345;
    for (const symbol of this.string) {
      hash = Math.imul(hash ^ (symbol + 1), 0x9e3779b1);
      hash ^= hash >>> 15;
      bits += ((hash >>> 3) & 1) * 2 + ((hash >>> 7) & 1) + 0.75;
    }
    return bits;
  }

  mark(): Mark {
    return this.marks.add(this.string.length);
  }

  rollback(mark: Mark): void {
    this.string.length = this.marks.drop(mark);
  }

  release(mark: Mark): void {
    this.marks.drop(mark);
  }
}

/** Lengths of all strings of n symbols, by their number in base alphabetSize. */
function enumerate(create: () => LengthOracle, prompt: readonly number[], n: number): Float64Array {
  const k = create().alphabetSize;
  return Float64Array.from({ length: k ** n }, (_, number) => {
    const oracle = create();
    for (const symbol of prompt) oracle.push(symbol);
    for (let i = n - 1; i >= 0; i--) oracle.push(Math.floor(number / k ** i) % k);
    return oracle.bits();
  });
}

const numberOf = (tokens: readonly number[], k: number) => tokens.reduce((sum, token) => sum * k + token, 0);

/** Mean of what many runs say of each string, mean of Z, and its variance, beside the truth. */
function trial(particles: number, resampling: Resampling, runs: number, n: number, temperature = 1) {
  const create = () => new Rough(3);
  const prompt = [1, 0];
  const lengths = enumerate(create, prompt, n);
  const truth = new Float64Array(lengths.length);
  const least = weigh(lengths, truth, 1 / temperature);
  const sum = truth.reduce((a, b) => a + b, 0);
  const oracle = create();
  for (const symbol of prompt) oracle.push(symbol);
  const z = exp2(log2(sum) - least + oracle.bits() / temperature);
  const mean = new Float64Array(lengths.length);
  const estimates: number[] = [];
  for (let seed = 0; seed < runs; seed++) {
    const result = sampleParticles(oracle, [], { n, particles, resampling, seed, temperature });
    for (const { tokens, weight } of result.strings) mean[numberOf(tokens, 3)] += weight / runs;
    estimates.push(exp2(result.log2Z) / z);
  }
  const variation = mean.reduce((total, p, i) => total + Math.abs(p - truth[i] / sum), 0) / 2;
  const ratio = estimates.reduce((a, b) => a + b, 0) / runs;
  const variance = estimates.reduce((a, b) => a + (b - ratio) ** 2, 0) / (runs - 1);
  return { variation, ratio, variance, error: Math.sqrt(variance / runs) };
}

describe('sequential Monte Carlo', () => {
  it.each<Resampling>(['optimal', 'systematic', 'multinomial'])(
    'is right: %s resampling, against enumeration',
    (resampling) => {
      const few = trial(4, resampling, 500, 4);
      const some = trial(16, resampling, 500, 4);
      const many = trial(64, resampling, 1500, 4);
      for (const { ratio, error } of [few, some, many]) expect(Math.abs(ratio - 1)).toBeLessThan(4 * error + 1e-9);
      expect(some.variance).toBeLessThan(few.variance);
      expect(many.variance).toBeLessThan(some.variance);
      expect(many.variation).toBeLessThan(0.02);
      expect(few.variation).toBeGreaterThan(many.variation);
    },
  );

  it('takes a temperature', () => {
    for (const temperature of [0.5, 3]) {
      const { variation, ratio, error } = trial(64, 'optimal', 400, 4, temperature);
      expect(variation).toBeLessThan(0.02);
      expect(Math.abs(ratio - 1)).toBeLessThan(4 * error + 1e-9);
    }
  });

  it('enumerates when particles are enough', () => {
    const create = () => new Rough(2);
    const lengths = enumerate(create, [], 6);
    const { strings, log2Z, steps } = sampleParticles(create(), [], { n: 6, particles: 64 });
    expect(strings.length).toBe(64);
    const weights = new Float64Array(64);
    const least = weigh(lengths, weights);
    const sum = weights.reduce((a, b) => a + b, 0);
    for (const { tokens, weight, bits } of strings) {
      expect(bits).toBe(lengths[numberOf(tokens, 2)]);
      expect(weight).toBeCloseTo(weights[numberOf(tokens, 2)] / sum, 12);
    }
    expect(log2Z).toBeCloseTo(log2(sum) - least + 3, 12);
    expect(steps.map((step) => step.distinct)).toEqual([2, 4, 8, 16, 32, 64]);
    expect(steps.some((step) => step.resampled)).toBe(false);
  });

  it('keeps to a constraint, to its end', () => {
    // No two equal tokens in a row, and the last is a 2: states are the last token.
    const constraint = {
      start: -1,
      step: (state: number, token: number) => (token === state ? undefined : token),
      accepts: (state: number) => state === 2,
    };
    for (const resampling of ['optimal', 'systematic'] as const) {
      const result = sampleParticles(new Rough(3), [], {
        n: 5,
        particles: 40,
        constraint,
        resampling,
        seed: 3,
      });
      for (const { tokens } of result.strings) {
        expect(tokens[4]).toBe(2);
        for (let i = 1; i < 5; i++) expect(tokens[i]).not.toBe(tokens[i - 1]);
      }
    }
    const nothing = { start: 0, step: () => undefined };
    expect(() => sampleParticles(new Rough(3), [], { n: 2, constraint: nothing })).toThrow(/allows no token/);
  });

  it('says what is settled while it runs', () => {
    for (const resampling of ['optimal', 'systematic'] as const) {
      const steps = particleSteps(new Rough(3), [], { n: 40, particles: 5, resampling, seed: 4 });
      const settled: (readonly number[])[] = [];
      for (;;) {
        const { done, value } = steps.next();
        if (done) {
          for (const { tokens } of value.strings)
            for (const beginning of settled) expect(tokens.slice(0, beginning.length)).toEqual(beginning);
          expect(settled.at(-2)!.length).toBeGreaterThan(10);
          break;
        }
        settled.push(value.settled);
      }
    }
  });

  it('leaves the oracle as it was, draws by weight, and repeats with its seed', () => {
    const oracle = new Rough(3);
    oracle.push(2);
    const before = oracle.bits();
    const one = sampleParticles(oracle, [], { n: 7, particles: 12, seed: 5 });
    expect(oracle.bits()).toBe(before);
    expect(sampleParticles(oracle, [], { n: 7, particles: 12, seed: 5 })).toEqual(one);
    expect(one.strings).toContainEqual(one.sample);
    expect(one.strings.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    for (let i = 1; i < one.strings.length; i++)
      expect(one.strings[i].weight).toBeLessThanOrEqual(one.strings[i - 1].weight);
    const samples = new Set<string>();
    for (let seed = 0; seed < 20; seed++) samples.add(sampleParticles(oracle, [], { n: 7, seed }).sample.tokens.join());
    expect(samples.size).toBeGreaterThan(5);
    expect(sampleParticles(oracle, [], { n: 0 }).sample).toEqual({ tokens: [], bits: before, weight: 1 });
  });

  it('says what is wrong with its options', () => {
    const oracle = new Rough(3);
    for (const wrong of [{ n: -1 }, { n: 2, particles: 0 }, { n: 2, temperature: 0 }, { n: 2, threshold: 2 }])
      expect(() => sampleParticles(oracle, [], wrong)).toThrow(RangeError);
  });
});

describe('span resampling', () => {
  const starting = (prompt: readonly number[]) => {
    const oracle = new Rough(3);
    for (const symbol of prompt) oracle.push(symbol);
    return oracle;
  };

  it.each([
    { name: 'a string', suffix: [] as number[], temperature: 1 },
    { name: 'a gap before a suffix, at another temperature', suffix: [1, 0, 2], temperature: 2 },
  ])('has the right stationary distribution: $name', ({ suffix, temperature }) => {
    const n = 4;
    const truth = new Float64Array(3 ** n);
    const lengths = truth.map((_, number) => {
      const digits = Array.from({ length: n }, (_, i) => Math.floor(number / 3 ** (n - 1 - i)) % 3);
      return starting([2, ...digits, ...suffix]).bits();
    });
    weigh(lengths, truth, 1 / temperature);
    const sum = truth.reduce((a, b) => a + b, 0);
    const seen = new Float64Array(truth.length);
    const steps = 40_000;
    const options = { suffix, temperature, steps, span: 3, seed: 1 };
    for (const step of spanSteps(starting([2]), [0, 0, 0, 0], options)) seen[numberOf(step.tokens, 3)] += 1 / steps;
    expect(seen.reduce((total, p, i) => total + Math.abs(p - truth[i] / sum), 0) / 2).toBeLessThan(0.03);
  });

  it('keeps to a constraint, says how often it moved, and leaves the oracle as it was', () => {
    const constraint = {
      start: -1,
      step: (state: number, token: number) => (token === state ? undefined : token),
      accepts: (state: number) => state === 2,
    };
    const oracle = starting([1]);
    const before = oracle.bits();
    const start = [0, 1, 0, 1, 2];
    const options = { constraint, steps: 300, seed: 2 };
    let moves = 0;
    const seen = new Set<string>();
    for (const { tokens, accepted, bits } of spanSteps(oracle, start, options)) {
      expect(tokens[4]).toBe(2);
      for (let i = 1; i < 5; i++) expect(tokens[i]).not.toBe(tokens[i - 1]);
      expect(bits).toBe(starting([1, ...tokens]).bits());
      moves += Number(accepted);
      seen.add(tokens.join());
    }
    expect(seen.size).toBeGreaterThan(4);
    const result = resampleSpans(oracle, start, options);
    expect(result.acceptance).toBe(moves / 300);
    expect(oracle.bits()).toBe(before);
    expect(() => resampleSpans(oracle, [0, 0], options)).toThrow(/forbids token/);
    expect(() => resampleSpans(oracle, [0, 1], options)).toThrow(/not end/);
    expect(() => resampleSpans(oracle, [], options)).toThrow(RangeError);
  });
});

describe('powers of two', () => {
  it('are exact where they are whole', () => {
    for (const x of [-1074, -50, -1, 0, 1, 52, 1023]) {
      expect(exp2(x)).toBe(2 ** x);
      expect(log2(2 ** x)).toBe(x);
    }
    expect(exp2(-5000)).toBe(0);
    expect(exp2(0.5)).toBeCloseTo(Math.SQRT2, 14);
    expect(log2(0)).toBe(-Infinity);
    expect(log2(10)).toBeCloseTo(3.321928094887362, 14);
    expect(Number.isNaN(log2(-1))).toBe(true);
  });

  it('weigh lengths', () => {
    const weights = new Float64Array(4);
    expect(weigh([5, 3, Infinity, 4], weights)).toBe(3);
    expect([...weights]).toEqual([0.25, 1, 0, 0.5]);
    expect(weigh([Infinity], weights)).toBe(Infinity);
  });
});
