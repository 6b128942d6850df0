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
import { Choices, checkCount, checkTemperature, type SamplerOptions } from './choices.ts';
import { mayEnd, stateAfter } from './constraints.ts';
import type { Prompt, Samplable } from './oracle.ts';
import { exp2, log2, weigh } from './powers.ts';
import { Trail } from './trail.ts';

/** Options of {@link spanSteps} and {@link resampleSpans}. */
export interface SpanOptions extends SamplerOptions {
  /** What comes after the string and stays: tokens, or a text, which is cut into tokens. Default nothing. */
  readonly suffix?: Prompt;
  /** Spans to propose. Default 100. */
  readonly steps?: number;
  /** Most tokens of a span; each has 1 to so many. Default 4. */
  readonly span?: number;
  /** T in 2^(-L / T), from 2^-900. Default 1. */
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
 * {@link resampleSpans}, a step at a time.
 *
 * @throws RangeError for options out of range, and when the constraint forbids the string to begin with.
 */
export function* spanSteps(
  codec: Samplable,
  start: Prompt,
  options: SpanOptions = {},
): Generator<SpanStep, SpanResult, undefined> {
  const { steps = 100, span: most = 4, temperature = 1, constraint } = options;
  checkCount('steps', steps, 0);
  checkCount('span', most, 1);
  checkTemperature(temperature);
  const choices = new Choices(codec, options);
  const alphabet = choices.tokens;
  let tokens = choices.prompt(start);
  const suffix = choices.prompt(options.suffix ?? []);
  if (tokens.length === 0) throw rangeError('the string to begin with has at least one token');
  if (constraint !== undefined && !mayEnd(constraint, stateAfter(constraint, [...tokens, ...suffix])))
    throw rangeError('the constraint lets the string to begin with not end where it does');
  const scale = 1 / temperature;
  const random = new Random(options.seed ?? 0, 2);
  const trail = new Trail(choices.oracle);
  const weights = new Float64Array(alphabet.count);
  // log2 of what the proposals give each token after those before it; NaN where that is not known.
  const chances = new Float64Array(tokens.length).fill(NaN);
  let least = 0;
  /** Weighs what may come after the string that the oracle is at; returns the weights' sum. */
  const weighNext = (n: number): number => {
    least = weigh(choices.lengths.subarray(0, n), weights, scale);
    let sum = 0;
    for (let c = 0; c < n; c++) sum += weights[c];
    return sum;
  };
  /** Notes the chance of the present string's token at a place, one of the n that were weighed; returns which it is. */
  const note = (at: number, n: number, sum: number): number => {
    let own = -1;
    for (let c = 0; c < n; c++) if (choices.tokenAt(c) === tokens[at]) own = c;
    // Where it is cold a weight may be too small for a number, and its logarithm is none the less finite.
    chances[at] = weights[own] > 0 ? log2(weights[own] / sum) : least - choices.lengths[own] * scale - log2(sum);
    return own;
  };
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
      const gave = new Float64Array(span);
      let same = true;
      for (let i = 0; i < span && proposal.length === from + i; i++) {
        go(proposal);
        const n = choices.look(state);
        if (!choices.possible(n)) break;
        const sum = weighNext(n);
        // As long as nothing differs the old token is among these.
        if (same && Number.isNaN(chances[from + i])) note(from + i, n, sum);
        const chosen = pick(weights, n, sum, random);
        gave[i] = log2(weights[chosen] / sum);
        forth += gave[i];
        same &&= choices.tokenAt(chosen) === tokens[from + i];
        state = choices.stateAt(chosen);
        proposal.push(choices.tokenAt(chosen));
      }
      const complete = proposal.length === from + span;
      let taken = complete && proposal.every((token, i) => token === tokens[i]);
      if (complete && !taken) {
        const next = proposal.concat(tokens.slice(from + span));
        if (allows(options, [...next, ...suffix])) {
          for (let i = from; i < from + span; i++) {
            if (Number.isNaN(chances[i])) {
              go(tokens.slice(0, i));
              const n = choices.look(choices.after(tokens.slice(0, i)));
              note(i, n, weighNext(n));
            }
            back += chances[i];
          }
          const length = whole(next);
          const ratio = (bits - length) * scale + back - forth;
          if (ratio >= 0 || (random.next() + 0.5) / 4294967296 < exp2(ratio)) {
            taken = true;
            tokens = next;
            bits = length;
            // What follows the span comes after something else now.
            chances.set(gave, from);
            chances.fill(NaN, from + span);
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
 * @param codec - An oracle, or a model. What it holds already is a condition (see {@link pushAll}); it is left as it was.
 * @param start - The string to begin with, at least a token: tokens, or a text, which is cut into tokens.
 * @throws RangeError for options out of range, and when the constraint forbids the string to begin with.
 * @example
 * const { tokens, acceptance } = resampleSpans(oracle, 'some text', { steps: 1000, seed: 1 });
 */
export function resampleSpans(codec: Samplable, start: Prompt, options: SpanOptions = {}): SpanResult {
  const steps = spanSteps(codec, start, options);
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
function allows({ constraint }: SamplerOptions, list: readonly number[]): boolean {
  if (constraint === undefined) return true;
  let state = constraint.start;
  for (const token of list) {
    state = constraint.step(state, token);
    if (state === undefined) return false;
  }
  return mayEnd(constraint, state);
}
