/**
 * Sequential Monte Carlo: samples of whole strings from the distribution that a codec's lengths stand for.
 *
 * The encoder's distribution is p(x) proportional to 2^(-L(x) / T) over the continuations x of a prompt of a given number
 * of tokens. Taking one token after another from p(b | x) proportional to 2^(-L(xb) / T) is something else: it never asks
 * whether x can be continued well. Particles are strings with weights; a string's weight grows by the sum over b of
 * 2^(-L(xb) / T), over 2^(-L(x) / T), before it is extended, and heavy strings replace light ones. The mean weight
 * estimates Z, the sum of 2^(-(L(x) - L(prompt)) / T) over all x, without bias.
 *
 * Gordon, Salmond and Smith 1993; fully adapted proposals: Pitt and Shephard 1999; systematic resampling when the
 * effective sample size falls: Kong, Liu and Wong 1994, Kitagawa 1996; resampling of discrete particles that keeps the
 * heavy children and thins out the light ones: Fearnhead and Clifford 2003, "On-line inference for hidden Markov models
 * via particle filters". Here equal strings are one particle, which is what makes the last of these possible.
 */
import { rangeError } from '../errors.ts';
import { Random } from '../kernels/random.ts';
import { Choices, checkCount, checkTemperature, type SamplerOptions } from './choices.ts';
import { deadEnd, mayEnd } from './constraints.ts';
import { type Prompt, pushAll, type Samplable } from './oracle.ts';
import { exp2, log2, weigh } from './powers.ts';
import { Trail } from './trail.ts';

/**
 * How particles are chosen.
 * - `optimal`: all children of all strings are weighed; those above a threshold stay as they are, of the others some stay
 *   with the threshold as their weight (Fearnhead and Clifford 2003). No two particles are alike, and a small set of
 *   strings is enumerated. The default.
 * - `systematic`: particles are drawn in proportion to their weights, with one random number for all, when the effective
 *   sample size has fallen below the threshold; then each draws its next token.
 * - `multinomial`: the same with a random number for each, which is plainer and noisier.
 */
export type Resampling = 'optimal' | 'systematic' | 'multinomial';

/** Options of {@link particleSteps} and {@link sampleParticles}. */
export interface ParticleOptions extends SamplerOptions {
  /** Tokens to add. Default 10. */
  readonly n?: number;
  /** Number of particles, 1 to 65,536. Default 64. One particle is one-step sampling. */
  readonly particles?: number;
  /** T in 2^(-L / T), from 2^-900. Default 1: the codec's own distribution. */
  readonly temperature?: number;
  /** How particles are chosen. Default `optimal`. */
  readonly resampling?: Resampling;
  /** `systematic` and `multinomial` resample when the effective sample size is below this share of the particles. Default 0.5. */
  readonly threshold?: number;
  /** A whole number from 0. Default 0. */
  readonly seed?: number;
}

/** What is known after a step. */
export interface ParticleStep {
  /** Tokens that all strings have now. */
  readonly length: number;
  /** Strings that differ. */
  readonly distinct: number;
  /** Effective sample size, (sum of weights)^2 / sum of squares, after this step's weighing. */
  readonly effectiveSampleSize: number;
  /** Whether particles were resampled before they were extended. */
  readonly resampled: boolean;
  /** Estimate of log2 Z so far, in bits: of the strings of this length. */
  readonly log2Z: number;
  /** Tokens that all strings begin with: the sample will, too, so that they may be shown already. */
  readonly settled: readonly number[];
}

/** A string of the last generation. */
export interface WeightedString {
  /** The new tokens, without the prompt. */
  readonly tokens: readonly number[];
  /** Length of prompt and string together, in bits. */
  readonly bits: number;
  /** Its share of the weights, which add up to 1. */
  readonly weight: number;
}

/** What {@link sampleParticles} returns. */
export interface ParticleResult {
  /** p(x) proportional to 2^(-L(x) / T). */
  readonly distribution: 'encoder';
  /** One string drawn by weight: the sample. */
  readonly sample: WeightedString;
  /** All strings that differ, heaviest first. Expectations are sums over these. */
  readonly strings: readonly WeightedString[];
  /** Estimate of log2 of Z, the sum over all strings of 2^(-(L(x) - L(prompt)) / T). Its power of two is unbiased. */
  readonly log2Z: number;
  /** Effective sample size of the last generation. */
  readonly effectiveSampleSize: number;
  /** The steps, first to last. */
  readonly steps: readonly ParticleStep[];
}

/** The tokens of a string, last first. */
interface Link {
  readonly token: number;
  readonly before: Link | undefined;
}

interface Particle {
  readonly last: Link | undefined;
  /** The constraint's. */
  readonly state: unknown;
  /** Particles that are this string. */
  count: number;
  /** log2 of the weight of each of them. */
  weight: number;
  /** Length of prompt and string, in bits. */
  readonly bits: number;
}

/** What all strings begin with. They are in the order of a dictionary, so the first and the last tell. */
function settledOf(generation: readonly Particle[], length: number): number[] {
  const first = unlink(generation[0].last, length);
  const last = unlink(generation[generation.length - 1].last, length);
  let common = 0;
  while (common < length && first[common] === last[common]) common++;
  return first.slice(0, common);
}

/** What a particle may become. */
interface Children {
  readonly tokens: readonly number[] | undefined;
  readonly states: readonly unknown[];
  /** Length of prompt and string after each. */
  readonly bits: Float64Array;
  /** Relative weights, the largest 1. */
  readonly weights: Float64Array;
  /** Of the weights. */
  readonly sum: number;
  /** log2 of the sum over tokens of 2^(-L(xb) / T), over 2^(-L(x) / T). */
  readonly gain: number;
}

const MOST_CHILDREN = 1 << 25;

function unlink(last: Link | undefined, length: number): number[] {
  const tokens = new Array<number>(length);
  let i = length;
  for (let link = last; link !== undefined; link = link.before) tokens[--i] = link.token;
  return tokens;
}

/**
 * {@link sampleParticles}, a generation at a time, so that a caller may show how far it is, or stop.
 *
 * @throws RangeError for options out of range.
 * @throws SurprisalError (`impossible-symbol`) when the constraint leaves no string, or no particle has found one.
 */
export function* particleSteps(
  codec: Samplable,
  prompt: Prompt,
  options: ParticleOptions = {},
): Generator<ParticleStep, ParticleResult, undefined> {
  const { n = 10, particles = 64, temperature = 1, resampling = 'optimal', threshold = 0.5 } = options;
  checkCount('n', n, 0);
  checkCount('particles', particles, 1, 65536);
  checkTemperature(temperature);
  if (!(threshold >= 0 && threshold <= 1)) throw rangeError(`threshold is from 0 to 1, not ${threshold}`);
  if (!['optimal', 'systematic', 'multinomial'].includes(resampling))
    throw rangeError(`resampling is 'optimal', 'systematic' or 'multinomial', not '${resampling}'`);
  const choices = new Choices(codec, options);
  const { oracle, tokens } = choices;
  const start = choices.prompt(prompt);
  if (particles * tokens.count > MOST_CHILDREN)
    throw rangeError(`${particles} particles with ${tokens.count} tokens each are more than ${MOST_CHILDREN} children`);
  const scale = 1 / temperature;
  const random = new Random(options.seed ?? 0, 1);
  const trail = new Trail(oracle);
  const steps: ParticleStep[] = [];
  const count = resampling === 'optimal' ? 1 : particles;
  let generation: Particle[] = [];
  /** log2 of what resampling has taken out of the weights. */
  let factor = -log2(count);
  const state = choices.after(start);
  const mark = oracle.mark();
  try {
    pushAll(oracle, tokens.symbols(start));
    generation = [{ last: undefined, state, count, weight: 0, bits: choices.bits() }];
    for (let t = 0; t < n; t++) {
      const children = generation.map((particle) => {
        trail.go(tokens.symbols(unlink(particle.last, t)));
        return weighChildren(particle, choices, n - t, scale);
      });
      let resampled = false;
      let effective: number;
      if (resampling === 'optimal') {
        [generation, resampled] = thin(generation, children, particles, random);
        effective = effectiveSize(generation);
      } else {
        generation.forEach((particle, i) => {
          particle.weight += children[i].gain;
        });
        effective = effectiveSize(generation);
        resampled = effective < threshold * particles;
        if (resampled) factor += resample(generation, particles, random, resampling);
        generation = extend(generation, children, random, resampling);
      }
      if (generation.length === 0) throw deadEnd(start.length + t);
      const step: ParticleStep = {
        length: t + 1,
        distinct: generation.length,
        effectiveSampleSize: effective,
        resampled,
        log2Z: factor + logSum(generation),
        settled: settledOf(generation, t + 1),
      };
      steps.push(step);
      yield step;
    }
  } finally {
    oracle.rollback(mark);
  }
  const total = logSum(generation);
  const strings: WeightedString[] = generation.map((particle) => ({
    tokens: unlink(particle.last, n),
    bits: particle.bits,
    weight: particle.count * exp2(particle.weight - total),
  }));
  const sample = strings[drawn(strings, random)];
  const order = strings.map((_, i) => i).sort((a, b) => strings[b].weight - strings[a].weight || a - b);
  return {
    distribution: 'encoder',
    sample,
    strings: order.map((i) => strings[i]),
    log2Z: factor + total,
    effectiveSampleSize: effectiveSize(generation),
    steps,
  };
}

/**
 * Samples strings from p(x) proportional to 2^(-L(prompt x) / T) by sequential Monte Carlo.
 *
 * @param codec - An oracle, or a model. What it holds already is a condition; it is left as it was.
 * @param prompt - What comes first: tokens, or a text, which is cut into tokens. A condition too: it is not given back.
 * @throws RangeError for options out of range, and for a prompt that is not allowed.
 * @throws SurprisalError (`impossible-symbol`) when the constraint leaves no string, or no particle has found one.
 * @example
 * const { sample, log2Z } = sampleParticles(new DeflateOracle(), text, { n: 24, particles: 64, seed: 1 });
 * String.fromCharCode(...sample.tokens);
 */
export function sampleParticles(codec: Samplable, prompt: Prompt, options: ParticleOptions = {}): ParticleResult {
  const steps = particleSteps(codec, prompt, options);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Weighs all that a particle may become; the oracle stands at the particle. */
function weighChildren(particle: Particle, choices: Choices, left: number, scale: number): Children {
  const n = choices.look(particle.state, left);
  const { constraint } = choices;
  const bits = choices.lengths.slice(0, n);
  const numbers = Array.from({ length: constraint === undefined ? 0 : n }, (_, i) => i);
  const states = numbers.map((i) => choices.stateAt(i));
  if (left === 1) for (const i of numbers) if (!mayEnd(constraint, states[i])) bits[i] = Infinity;
  const weights = new Float64Array(n);
  const least = weigh(bits, weights, scale);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += weights[i];
  return {
    tokens: constraint === undefined ? undefined : numbers.map((i) => choices.tokenAt(i)),
    states,
    bits,
    weights,
    sum,
    gain: sum === 0 ? -Infinity : log2(sum) - least + particle.bits * scale,
  };
}

function child(parent: Particle, children: Children, i: number, count: number, weight: number): Particle {
  const { tokens, states, bits } = children;
  const token = tokens === undefined ? i : tokens[i];
  return { last: { token, before: parent.last }, state: states[i], count, weight, bits: bits[i] };
}

/** log2 of the sum of all weights. */
function logSum(generation: readonly { count: number; weight: number }[]): number {
  let most = -Infinity;
  for (const { count, weight } of generation) if (count > 0 && weight > most) most = weight;
  if (most === -Infinity) return most;
  let sum = 0;
  for (const { count, weight } of generation) sum += count * exp2(weight - most);
  return most + log2(sum);
}

function effectiveSize(generation: readonly { count: number; weight: number }[]): number {
  let most = -Infinity;
  for (const { weight } of generation) if (weight > most) most = weight;
  if (most === -Infinity) return 0;
  let sum = 0;
  let squares = 0;
  for (const { count, weight } of generation) {
    const w = exp2(weight - most);
    sum += count * w;
    squares += count * w * w;
  }
  return (sum * sum) / squares;
}

/** A number above 0 and below 1. */
const fraction = (random: Random): number => (random.next() + 0.5) / 4294967296;

/** How often each of some weights is drawn, `draws` times in all: in proportion, with one random number or with many. */
function allot(weights: ArrayLike<number>, sum: number, draws: number, random: Random, kind: Resampling): Uint32Array {
  const counts = new Uint32Array(weights.length);
  const points = new Float64Array(draws);
  if (kind === 'multinomial') {
    for (let i = 0; i < draws; i++) points[i] = fraction(random);
    points.sort();
  } else {
    const first = fraction(random);
    for (let i = 0; i < draws; i++) points[i] = (i + first) / draws;
  }
  let at = 0;
  let reached = 0;
  let last = 0;
  for (let i = 0; i < weights.length && at < draws; i++) {
    if (weights[i] === 0) continue;
    last = i;
    reached += weights[i];
    while (at < draws && points[at] * sum < reached) {
      counts[i]++;
      at++;
    }
  }
  // Rounding may leave the last point just above the sum.
  counts[last] += draws - at;
  return counts;
}

/** Draws the particles anew by weight; all weigh the same then. Returns log2 of the mean weight, which is taken out. */
function resample(generation: Particle[], particles: number, random: Random, kind: Resampling): number {
  const total = logSum(generation);
  if (total === -Infinity) {
    for (const particle of generation) particle.count = 0;
    return 0;
  }
  const weights = generation.map(({ count, weight }) => count * exp2(weight - total));
  const sum = weights.reduce((all, weight) => all + weight, 0);
  allot(weights, sum, particles, random, kind).forEach((count, i) => {
    generation[i].count = count;
    generation[i].weight = 0;
  });
  return total - log2(particles);
}

/** Every particle draws its next token. */
function extend(
  generation: readonly Particle[],
  children: readonly Children[],
  random: Random,
  kind: Resampling,
): Particle[] {
  const result: Particle[] = [];
  generation.forEach((parent, i) => {
    const { weights, sum } = children[i];
    if (parent.count === 0 || sum === 0) return;
    allot(weights, sum, parent.count, random, kind).forEach((count, j) => {
      if (count > 0) result.push(child(parent, children[i], j, count, parent.weight));
    });
  });
  return result;
}

/** All children of all particles, thinned out to the number of particles. */
function thin(
  generation: readonly Particle[],
  children: readonly Children[],
  particles: number,
  random: Random,
): [Particle[], boolean] {
  // The weight of a child is its parent's, times the gain, times its share: relative to the heaviest parent.
  let most = -Infinity;
  generation.forEach(({ weight }, i) => {
    most = Math.max(most, weight + children[i].gain);
  });
  if (most === -Infinity) return [[], false];
  const weights = new Float64Array(children.reduce((sum, { weights }) => sum + weights.length, 0));
  let at = 0;
  generation.forEach(({ weight }, i) => {
    const { weights: own, sum, gain } = children[i];
    const share = sum === 0 ? 0 : exp2(weight + gain - most) / sum;
    for (let j = 0; j < own.length; j++) weights[at++] = own[j] * share;
  });
  const cut = cutAt(weights, particles);
  const slots = weights.map((weight) => (weight < cut ? weight : 0));
  const light = slots.reduce((sum, weight) => sum + weight, 0);
  const draws = cut === 0 ? 0 : Math.round(light / cut);
  const chosen = draws === 0 ? undefined : allot(slots, light, draws, random, 'systematic');
  const kept: Particle[] = [];
  at = 0;
  generation.forEach((parent, i) => {
    const own = children[i];
    for (let j = 0; j < own.bits.length; j++, at++) {
      const heavy = weights[at] > 0 && weights[at] >= cut;
      const count = heavy ? 1 : (chosen?.[at] ?? 0);
      if (count > 0) kept.push(child(parent, own, j, count, most + log2(heavy ? weights[at] : light / draws)));
    }
  });
  return [kept, cut > 0];
}

/**
 * The weight c for which the sum of min(w / c, 1) is `most`: heavier children stay, lighter ones stay with probability
 * w / c. 0 when there are no more than `most` children of any weight.
 */
function cutAt(weights: Float64Array, most: number): number {
  const sorted = weights.filter((weight) => weight > 0).sort();
  if (sorted.length <= most) return 0;
  // With the k heaviest kept, c is the sum of the others over most - k; it holds when c is above the others and not
  // above the kept.
  const below = new Float64Array(sorted.length + 1);
  for (let i = 0; i < sorted.length; i++) below[i + 1] = below[i] + sorted[i];
  for (let k = 0; k < most; k++) {
    const others = sorted.length - k;
    const c = below[others] / (most - k);
    if (sorted[others - 1] < c) return c;
  }
  // Only by rounding: the lightest of those that are kept.
  return sorted[sorted.length - most];
}

/** An index drawn by weight, the weights adding up to about 1. */
function drawn(strings: readonly WeightedString[], random: Random): number {
  const sum = strings.reduce((all, { weight }) => all + weight, 0);
  const point = fraction(random) * sum;
  let reached = 0;
  for (let i = 0; i < strings.length; i++) {
    reached += strings[i].weight;
    if (point < reached) return i;
  }
  return strings.length - 1;
}
