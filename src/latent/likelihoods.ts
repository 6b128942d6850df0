/**
 * Distributions of pixels, with the parameters that a network gives for each of them.
 *
 * A network's numbers come plane by plane: the first parameter of all pixels, the second of all pixels, and so on.
 * Whatever they are, NaN and infinities included, each is brought into a range in which every pixel can be coded, so
 * that no weights make data that cannot be read.
 */
import type { BitStack } from '../codecs/stack.ts';
import { rangeError } from '../errors.ts';
import { mapMath } from '../kernels/math.ts';
import { BernoulliLogits } from '../models/bernoulli.ts';
import { BetaBinomial } from '../models/beta-binomial.ts';
import { LogisticMixture } from '../models/mixture.ts';
import type { EntropyModel, Interval, MixtureFamily, ModelFamily } from '../models/model.ts';
import { QuantizedLogistic } from '../models/quantized.ts';
import { oneOf, wholeNumber } from './saved.ts';

/** Names of the likelihoods. */
export const LIKELIHOODS = ['bernoulli', 'beta-binomial', 'logistic', 'logistic-mixture'] as const;

/** Name of one of the likelihoods. */
export type LikelihoodName = (typeof LIKELIHOODS)[number];

/** A distribution of pixels that leaves its parameters to a network. */
export interface Likelihood {
  /** Its name. */
  readonly name: LikelihoodName;
  /** Values of a pixel, from 0 on. */
  readonly levels: 2 | 256;
  /** Numbers that it takes for each pixel. */
  readonly planes: number;
  /** The family, whose parameters are those of {@link parameters}. */
  readonly family: ModelFamily | MixtureFamily;
  /**
   * The family's parameters.
   *
   * @param outputs - What the network gives: planes x pixels numbers.
   */
  parameters(outputs: Float32Array): Float32Array[];
}

/** x, brought to -most to most; a NaN to -most. */
function limited(outputs: Float32Array, most: number): Float32Array {
  const y = new Float32Array(outputs.length);
  for (let i = 0; i < y.length; i++) {
    const x = outputs[i];
    y[i] = x > -most ? (x < most ? x : most) : -most;
  }
  return y;
}

/** e^x for x from -`most` to `most`. */
const exponential = (outputs: Float32Array, most: number): Float32Array => {
  const y = limited(outputs, most);
  return mapMath('exp', y, y);
};

/** Means from -1 to 1 (and somewhat beyond) as grey values. */
function grey(outputs: Float32Array): Float32Array {
  const y = limited(outputs, 8);
  for (let i = 0; i < y.length; i++) y[i] = (y[i] + 1) * 127.5;
  return y;
}

/** Logarithms of scales, in units of half the grey values, as scales in grey values. */
function spread(outputs: Float32Array): Float32Array {
  const y = exponential(outputs, 8);
  for (let i = 0; i < y.length; i++) y[i] *= 127.5;
  return y;
}

/** Planes as rows: all numbers of the first pixel, then all of the second. */
function rows(planes: Float32Array, count: number): Float32Array {
  const pixels = planes.length / count;
  const y = new Float32Array(planes.length);
  for (let j = 0; j < count; j++) for (let i = 0; i < pixels; i++) y[i * count + j] = planes[j * pixels + i];
  return y;
}

/** e^(x - the largest x of the row): weights that need not sum to 1. */
function weights(logits: Float32Array, columns: number): Float32Array {
  const y = limited(logits, 80);
  for (let i = 0; i < y.length; i += columns) {
    let most = y[i];
    for (let j = 1; j < columns; j++) if (y[i + j] > most) most = y[i + j];
    for (let j = 0; j < columns; j++) y[i + j] -= most;
  }
  return mapMath('exp', y, y);
}

/**
 * A likelihood by its name.
 *
 * - `bernoulli`: black or white; the log odds of white.
 * - `beta-binomial`: 255 trials; logarithms of alpha and beta, brought to +-10 (Townsend, Bird and Barber 2019).
 * - `logistic`: logistic distributions, what lies beyond the ends given to 0 and 255; mean, where -1 stands for 0 and 1
 *   for 255, and logarithm of the scale in the same unit (Kingma et al. 2016, arXiv:1606.04934).
 * - `logistic-mixture`: `components` of them; all log weights, all means, all logarithms of scales (Salimans, Karpathy,
 *   Chen and Kingma 2017, arXiv:1701.05517).
 *
 * @param components - Of the mixture. Default 5.
 * @throws RangeError for another name, or a number of components that is not from 1 to 64.
 */
export function likelihood(name: LikelihoodName, components = 5): Likelihood {
  switch (oneOf('a likelihood', name, LIKELIHOODS)) {
    case 'bernoulli':
      return {
        name,
        levels: 2,
        planes: 1,
        family: new BernoulliLogits(),
        parameters: (outputs) => [limited(outputs, 80)],
      };
    case 'beta-binomial':
      return {
        name,
        levels: 256,
        planes: 2,
        family: new BetaBinomial(255),
        parameters(outputs) {
          const pixels = outputs.length / 2;
          const y = exponential(outputs, 10);
          return [y.subarray(0, pixels), y.subarray(pixels)];
        },
      };
    case 'logistic':
      return {
        name,
        levels: 256,
        planes: 2,
        family: new QuantizedLogistic(0, 255),
        parameters(outputs) {
          const pixels = outputs.length / 2;
          return [grey(outputs.subarray(0, pixels)), spread(outputs.subarray(pixels))];
        },
      };
    case 'logistic-mixture': {
      wholeNumber('components', components, 1, 64);
      return {
        name,
        levels: 256,
        planes: 3 * components,
        family: new LogisticMixture(0, 255, components),
        parameters(outputs) {
          const third = outputs.length / 3;
          const part = (i: number): Float32Array => rows(outputs.subarray(i * third, (i + 1) * third), components);
          return [weights(part(0), components), grey(part(1)), spread(part(2))];
        },
      };
    }
  }
}

/** Bits of a pixel's probabilities: the coder's own, or fewer to see what they cost. */
export const OBSERVATION_BITS = { least: 10, most: 24 } as const;

/**
 * The bits of probabilities that an option asks for.
 *
 * @throws RangeError for a number that is not from 10 to 24.
 */
export function observationBitsOf(bits: number | undefined): number {
  return wholeNumber('observationBits', bits ?? 24, OBSERVATION_BITS.least, OBSERVATION_BITS.most);
}

/**
 * Pushes pixels.
 *
 * @param outputs - What the network gives for them.
 * @param bits - Bits of the probabilities. Below 24 it takes some ten times as long.
 * @throws SurprisalError (`impossible-symbol`) for a byte that is no level.
 */
export function pushPixels(
  stack: BitStack,
  pixels: Uint8Array,
  { family, levels, parameters }: Likelihood,
  outputs: Float32Array,
  bits = 24,
): void {
  const numbers = parameters(outputs);
  if (bits === 24) {
    stack.encodeReverse(pixels, family, ...numbers);
    return;
  }
  for (let i = pixels.length - 1; i >= 0; i--) {
    const model = modelAt(family, numbers, i);
    const left = coarse(model, pixels[i], levels, bits);
    stack.pushInterval(left, coarse(model, pixels[i] + 1, levels, bits) - left, 2 ** bits);
  }
}

/**
 * Pops as many pixels as there are outputs for. See {@link pushPixels}.
 *
 * @throws SurprisalError (`out-of-data`) when the stack has not enough bits.
 */
export function popPixels(
  stack: BitStack,
  { family, levels, planes, parameters }: Likelihood,
  outputs: Float32Array,
  bits = 24,
): Uint8Array {
  const numbers = parameters(outputs);
  if (bits === 24) return Uint8Array.from(stack.decode(family, ...numbers));
  const pixels = new Uint8Array(outputs.length / planes);
  for (let i = 0; i < pixels.length; i++) {
    const model = modelAt(family, numbers, i);
    const slot = stack.peek(2 ** bits);
    let low = 0;
    let high: number = levels;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (coarse(model, middle, levels, bits) <= slot) low = middle;
      else high = middle;
    }
    const left = coarse(model, low, levels, bits);
    stack.take(left, coarse(model, high, levels, bits) - left, 2 ** bits);
    pixels[i] = low;
  }
  return pixels;
}

function modelAt(family: ModelFamily | MixtureFamily, numbers: readonly Float32Array[], i: number): EntropyModel {
  if (!('components' in family)) return family.model(...numbers.map((values) => values[i]));
  const { components } = family;
  const [weight, mean, scale] = numbers.map((values) => values.subarray(i * components, (i + 1) * components));
  return family.model(weight, mean, scale);
}

const interval: Interval = { left: 0, probability: 0 };

/** Where the interval of a symbol starts when there are 2^bits units, one of them for each symbol in any case. */
function coarse(model: EntropyModel, symbol: number, levels: number, bits: number): number {
  if (symbol === levels) return 2 ** bits;
  if (symbol > levels) throw rangeError(`no pixel is above ${levels - 1}`);
  model.interval(symbol, interval);
  return Math.floor((interval.left * (2 ** bits - levels)) / 16777216) + symbol;
}
