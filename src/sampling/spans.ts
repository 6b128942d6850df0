/**
 * Span resampling: a Markov chain over whole strings that rewrites a few tokens at a time and keeps what follows them.
 *
 * Its stationary distribution is the encoder's, p(x) proportional to 2^(-L(prompt x suffix) / T) over strings of as many
 * tokens as it was given. A span is proposed token by token from 2^(-L / T) of the string up to there, and accepted by
 * Metropolis and Hastings (1953, 1970): with the ratio of what the whole strings weigh, over the ratio of what the
 * proposals gave the two spans. The suffix, where there is one, is fixed: so gaps are filled.
 */
import { rangeError } from '../errors.ts';
import { Random } from '../kernels/random.ts';
import { Choices, checkCount, type SamplerOptions } from './choices.ts';
import { mayEnd, stateAfter } from './constraints.ts';
import type { LengthOracle } from './oracle.ts';
import { exp2, log2, weigh } from './powers.ts';
import { Trail } from './trail.ts';

/** Options of {@link spanSteps} and {@link resampleSpans}. */
export interface SpanOptions extends SamplerOptions {
  /** The codec, which has the prompt already. It is left as it was. */
  readonly oracle: LengthOracle;
  /** The string to begin with, as tokens: at least one. */
  readonly start: ArrayLike<number>;
  /** Tokens that come after the string and stay. Default none. */
  readonly suffix?: ArrayLike<number>;
  /** Spans to propose. Default 100. */
  readonly steps?: number;
  /** Most tokens of a span; each has 1 to so many. Default 4. */
  readonly span?: number;
  /** T in 2^(-L / T). Default 1. */
  readonly temperature?: number;
  /** A whole number from 0. Default 0. */
  readonly seed?: number;
}

/** What a step did. */
export interface SpanStep {
  /** The first token of the span, counted in the string. */
  readonly from: number;
  /** Tokens of the span. */
  readonly span: number;
  /** Whether the proposal was taken. One that is equal to what was there counts as taken. */
  readonly accepted: boolean;
  /** Length of prompt, string and suffix now, in bits. */
  readonly bits: number;
  /** The string now. Not to be written to. */
  readonly tokens: readonly number[];
}

/** What {@link resampleSpans} returns. */
export interface SpanResult {
  /** p(x) proportional to 2^(-L(x) / T), in the limit of many steps. */
  readonly distribution: 'encoder';
  /** The string after the last step. */
  readonly tokens: readonly number[];
  /** Length of prompt, string and suffix, in bits. */
  readonly bits: number;
  /** Share of the proposals that were taken. */
  readonly acceptance: number;
}

/**
 * Runs the chain, a step at a time.
 *
 * @throws RangeError for options out of range, and when the constraint forbids the string to begin with.
 */
export function* spanSteps(options: SpanOptions): Generator<SpanStep, SpanResult, undefined> {
  const { oracle, steps = 100, span: most = 4, temperature = 1, constraint } = options;
  let tokens = Array.from(options.start);
  const suffix = Array.from(options.suffix ?? []);
  checkCount('steps', steps, 0);
  checkCount('span', most, 1);
  if (tokens.length === 0) throw rangeError('the string to begin with has at least one token');
  if (!(temperature > 0 && temperature < Infinity)) throw rangeError(`a temperature is above 0, not ${temperature}`);
  const choices = new Choices(oracle, options);
  const alphabet = choices.tokens;
  if (constraint !== undefined && !mayEnd(constraint, stateAfter(constraint, [...tokens, ...suffix])))
    throw rangeError('the constraint lets the string to begin with not end where it does');
  const scale = 1 / temperature;
  const random = new Random(options.seed ?? 0, 2);
  const trail = new Trail(oracle);
  const weights = new Float64Array(alphabet.count);
  const go = (list: readonly number[]) => trail.go(alphabet.symbols(list));
  const whole = (list: readonly number[]): number => {
    go(suffix.length === 0 ? list : [...list, ...suffix]);
    return choices.bits();
  };
  let accepted = 0;
  try {
    let bits = whole(tokens);
    for (let step = 0; step < steps; step++) {
      const span = 1 + random.below(Math.min(most, tokens.length));
      const from = random.below(tokens.length - span + 1);
      const proposal = tokens.slice(0, from);
      let state = choices.after(proposal);
      // log2 of what the proposals give the new span and, from the same place on, the old one.
      let forth = 0;
      let back = 0;
      for (let i = 0; i < span && proposal.length === from + i; i++) {
        go(proposal);
        const n = choices.look(state);
        const least = weigh(choices.lengths.subarray(0, n), weights, scale);
        let sum = 0;
        for (let c = 0; c < n; c++) sum += weights[c];
        if (n === 0 || least === Infinity) break;
        const chosen = pick(weights, n, sum, random);
        forth += log2(weights[chosen] / sum);
        state = choices.stateAt(chosen);
        proposal.push(choices.tokenAt(chosen));
      }
      const complete = proposal.length === from + span;
      let taken = complete && proposal.every((token, i) => token === tokens[i]);
      if (complete && !taken) {
        const next = proposal.concat(tokens.slice(from + span));
        if (allows(options, [...next, ...suffix])) {
          let before = choices.after(tokens.slice(0, from));
          for (let i = 0; i < span; i++) {
            go(tokens.slice(0, from + i));
            const n = choices.look(before);
            weigh(choices.lengths.subarray(0, n), weights, scale);
            let sum = 0;
            let own = -1;
            for (let c = 0; c < n; c++) {
              sum += weights[c];
              if (choices.tokenAt(c) === tokens[from + i]) own = c;
            }
            back += log2(weights[own] / sum);
            before = choices.stateAt(own);
          }
          const length = whole(next);
          const ratio = (bits - length) * scale + back - forth;
          if (ratio >= 0 || (random.next() + 0.5) / 4294967296 < exp2(ratio)) {
            taken = true;
            tokens = next;
            bits = length;
          }
        }
      }
      if (taken) accepted++;
      yield { from, span, accepted: taken, bits, tokens };
    }
    return { distribution: 'encoder', tokens, bits, acceptance: steps === 0 ? 1 : accepted / steps };
  } finally {
    trail.go([]);
  }
}

/**
 * Rewrites a string by span resampling.
 *
 * @throws RangeError for options out of range, and when the constraint forbids the string to begin with.
 * @example
 * const { tokens, acceptance } = resampleSpans({ oracle, start: [...bytes], steps: 1000, seed: 1 });
 */
export function resampleSpans(options: SpanOptions): SpanResult {
  const steps = spanSteps(options);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

function pick(weights: Float64Array, n: number, sum: number, random: Random): number {
  const point = ((random.next() + 0.5) / 4294967296) * sum;
  let reached = 0;
  let last = 0;
  for (let i = 0; i < n; i++) {
    if (weights[i] === 0) continue;
    last = i;
    reached += weights[i];
    if (point < reached) break;
  }
  return last;
}

/** Whether the constraint allows a whole string. */
function allows({ constraint }: SpanOptions, list: readonly number[]): boolean {
  if (constraint === undefined) return true;
  let state = constraint.start;
  for (const token of list) {
    state = constraint.step(state, token);
    if (state === undefined) return false;
  }
  return mayEnd(constraint, state);
}
