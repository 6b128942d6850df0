/**
 * Ancestral sampling: token after token from p(b | x) proportional to 2^-L(xb), the one-step distribution, with the
 * usual ways to sharpen it.
 */
import { rangeError } from '../errors.ts';
import { Random } from '../kernels/random.ts';
import { Choices, checkCount, type SamplerOptions } from './choices.ts';
import { deadEnd, mayEnd } from './constraints.ts';
import { type Prompt, pushAll, type Samplable } from './oracle.ts';
import { pick } from './pick.ts';
import { log2, weigh } from './powers.ts';
import type { Sampled } from './top-k.ts';

/** How a distribution over the next token is sharpened. */
export interface Shape {
  /** Lengths are divided by it: below 1 is more likely the likely, 0 is greedy. Default 1. */
  readonly temperature?: number;
  /** Only the k likeliest tokens. Default all. */
  readonly topK?: number;
  /** Only the likeliest tokens that together have at least this probability, 0 to 1. Default 1: all. */
  readonly topP?: number;
  /** Only tokens at least this fraction, 0 to 1, as likely as the likeliest. Default 0: all. */
  readonly minP?: number;
  /** From 1: the probability of a token among the last `window` is taken to this power. Default 1: nothing. */
  readonly repetitionPenalty?: number;
  /** Bits that a token costs more for every time it is among the last `window`. Default 0. */
  readonly frequencyPenalty?: number;
  /** Tokens that the two penalties look back, the prompt's included. Default 64. */
  readonly window?: number;
}

/** How {@link ancestral} samples. */
export interface AncestralOptions extends SamplerOptions, Shape {
  /** Tokens to add; Infinity for as many as are taken. Default 100. */
  readonly n?: number;
  /** Seed of the choices. Default 0. */
  readonly seed?: number;
  /** Leaves what was sampled, and the prompt, in the oracle. Default false: the oracle ends as it began. */
  readonly keep?: boolean;
}

/**
 * Samples token after token. In this order: the penalties change p(b | x) = 2^-L(xb) / sum over c of 2^-L(xc) to
 * p(b | x)^`repetitionPenalty` and 2^-(`frequencyPenalty` * times) of it for tokens that came lately; then lengths are
 * divided by the temperature; then topK, topP of what it left, and minP. Equal weights are told apart by the smaller
 * token. Where nothing may follow, the text ends early.
 *
 * It draws from 2^-L over whole strings only where a code's lengths are those of a model with exact conditionals (then
 * {@link exactStream} is faster). Others look no further than the next token, deflate above all: no byte is shorter
 * for beginning a match that is worth it only three bytes on.
 *
 * @param codec - An oracle, or a model. What it holds already is a condition.
 * @param prompt - What comes first: tokens, or a text, which is cut into tokens. A condition too: it is not given back.
 * @throws RangeError for options out of range and for a prompt that is not allowed.
 * @throws SurprisalError (`impossible-symbol`) where nothing may follow and the text may not end.
 * @example
 * for (const { symbols } of ancestral(oracle, 'Call me ', { n: 200, temperature: 0.7, seed: 1 })) write(symbols);
 */
export function* ancestral(
  codec: Samplable,
  prompt: Prompt,
  options: AncestralOptions = {},
): Generator<Sampled, void, undefined> {
  const { n = 100, seed = 0, keep = false } = options;
  if (n !== Infinity) checkCount('n', n, 0);
  const random = new Random(seed);
  const choices = new Choices(codec, options);
  const { oracle, tokens } = choices;
  const start = choices.prompt(prompt);
  const shaper = new Shaper(tokens.count, options);
  const mark = keep ? undefined : oracle.mark();
  try {
    let state = choices.after(start);
    pushAll(oracle, tokens.symbols(start));
    for (const token of start) shaper.came(token);
    for (let step = 0; step < n; step++) {
      const count = choices.look(state, n - step);
      if (!choices.possible(count)) {
        if (mayEnd(choices.constraint, state)) return;
        throw deadEnd(start.length + step);
      }
      const weights = shaper.weights(choices, count);
      const place = shaper.greedy ? weights.indexOf(1) : pick(random, weights, count);
      let total = 0;
      for (let i = 0; i < count; i++) total += weights[i];
      const token = choices.tokenAt(place);
      const bits = choices.lengths[place];
      state = choices.stateAt(place);
      tokens.push(oracle, token);
      shaper.came(token);
      const symbols = tokens.symbolsOf(token);
      yield { token, symbols, bits, probability: weights[place] / total, distribution: 'one-step' };
    }
  } finally {
    if (mark !== undefined) oracle.rollback(mark);
  }
}

/** Weights of the next token, sharpened. */
class Shaper {
  readonly greedy: boolean;
  private readonly temperature: number;
  private readonly topK: number;
  private readonly topP: number;
  private readonly minP: number;
  private readonly power: number;
  private readonly toll: number;
  private readonly window: number;
  private readonly lengths: Float64Array;
  private readonly result: Float64Array;
  /** How often each token is among the last ones, and those: a ring, the oldest at `oldest`. */
  private readonly times: Uint32Array;
  private readonly lately: number[] = [];
  private oldest = 0;

  constructor(count: number, shape: Shape) {
    const {
      temperature = 1,
      topK = count,
      topP = 1,
      minP = 0,
      repetitionPenalty = 1,
      frequencyPenalty = 0,
      window = 64,
    } = shape;
    if (!(temperature >= 0 && temperature < Infinity))
      throw rangeError(`a temperature is a finite number from 0, not ${temperature}`);
    checkCount('topK', topK, 1);
    if (!(topP > 0 && topP <= 1)) throw rangeError(`topP is above 0 and at most 1, not ${topP}`);
    if (!(minP >= 0 && minP <= 1)) throw rangeError(`minP is from 0 to 1, not ${minP}`);
    if (!(repetitionPenalty >= 1 && repetitionPenalty < Infinity))
      throw rangeError(`repetitionPenalty is a finite number from 1, not ${repetitionPenalty}`);
    if (!(frequencyPenalty >= 0 && frequencyPenalty < Infinity))
      throw rangeError(`frequencyPenalty is a finite number of bits from 0, not ${frequencyPenalty}`);
    checkCount('window', window, 0, 1 << 24);
    // Where 1 / temperature is infinite in the least, the limit is meant.
    this.greedy = !(1 / temperature < 2 ** 900);
    this.temperature = temperature;
    this.topK = topK;
    this.topP = topP;
    this.minP = minP;
    this.power = repetitionPenalty;
    this.toll = frequencyPenalty;
    this.window = window;
    this.lengths = new Float64Array(count);
    this.result = new Float64Array(count);
    this.times = new Uint32Array(count);
  }

  /** A token has come. */
  came(token: number): void {
    const { lately, times, window } = this;
    if (window === 0 || (this.power === 1 && this.toll === 0)) return;
    times[token]++;
    if (lately.length < window) {
      lately.push(token);
      return;
    }
    times[lately[this.oldest]]--;
    lately[this.oldest] = token;
    this.oldest = (this.oldest + 1) % window;
  }

  /** Weights of the choices: the largest is 1, those that are out 0; where greedy, only the first of the likeliest is in. */
  weights(choices: Choices, n: number): Float64Array {
    const { result } = this;
    const weights = result.subarray(0, n);
    let lengths = choices.lengths.subarray(0, n);
    if (this.lately.length > 0) lengths = this.penalised(choices, lengths, weights);
    if (this.greedy) {
      let best = 0;
      for (let i = 1; i < n; i++) if (lengths[i] < lengths[best]) best = i;
      weights.fill(0);
      weights[best] = 1;
      return weights;
    }
    weigh(lengths, weights, 1 / this.temperature);
    if (this.topK < n || this.topP < 1) this.cut(weights);
    if (this.minP > 0) for (let i = 0; i < n; i++) if (weights[i] < this.minP) weights[i] = 0;
    return weights;
  }

  /** Surprisals in bits, those of tokens that came lately raised. */
  private penalised(choices: Choices, lengths: Float64Array, scratch: Float64Array): Float64Array {
    const n = lengths.length;
    const least = weigh(lengths, scratch);
    let total = 0;
    for (let i = 0; i < n; i++) total += scratch[i];
    const norm = least - log2(total);
    const raised = this.lengths.subarray(0, n);
    for (let i = 0; i < n; i++) {
      const times = this.times[choices.tokenAt(i)];
      const surprisal = lengths[i] - norm;
      raised[i] = times === 0 ? surprisal : surprisal * this.power + times * this.toll;
    }
    return raised;
  }

  /** Keeps the topK likeliest, and of these the likeliest that have topP of their probability. */
  private cut(weights: Float64Array): void {
    const order = new Uint32Array(weights.length);
    for (let i = 0; i < order.length; i++) order[i] = i;
    // The places differ, so the order is total.
    order.sort((a, b) => weights[b] - weights[a] || a - b);
    const most = Math.min(this.topK, order.length);
    let total = 0;
    for (let i = 0; i < most; i++) total += weights[order[i]];
    const enough = total * this.topP;
    let sum = 0;
    let kept = 0;
    while (kept < most && (kept === 0 || sum < enough)) sum += weights[order[kept++]];
    for (let i = kept; i < order.length; i++) weights[order[i]] = 0;
  }
}
