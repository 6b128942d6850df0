/**
 * Hierarchies of latent variables with a posterior that goes from the top down, coded in the order of BB-ANS: pop the
 * latents of all layers, push the value, push the latents of all layers (HiLLoC: Townsend, Bird, Kunze and Barber,
 * "HiLLoC: Lossless image compression with hierarchical latent variable models", arXiv:1912.09953, 2020).
 *
 * The layers are z_1 at the top to z_L next to the value, and layer l hangs on all above it in both directions:
 * p(z_l | z_1 .. z_(l-1)) and q(z_l | z_1 .. z_(l-1), x). So the bins of a layer can follow its prior, which both sides
 * know by then: bin i stands for mean + scale times quantile (i + 1/2) / n of the standard normal distribution. Under
 * the prior all bins are equally likely, and are coded without any loss. Under the posterior bin i has the mass of a
 * normal distribution between two edges, rounded to 2^-24. No range has to be set beforehand, and no bin is wasted.
 *
 * What both sides compute decides bits: a model must give the same numbers for the same latents, to the last bit.
 */
import { type Codec, codec } from '../codecs/codec.ts';
import { fromFamily } from '../codecs/models.ts';
import type { BitStack } from '../codecs/stack.ts';
import { rangeError, SurprisalError } from '../errors.ts';
import { mapMath } from '../kernels/math.ts';
import { BucketedGaussian, equalMassCentres, equalMassEdges } from '../models/buckets.ts';
import { QuantizedGaussian } from '../models/quantized.ts';
import { equalWidthBins } from './bins.ts';

/** Independent bell-shaped distributions, one for each number of a layer. Means are finite, scales finite and above 0. */
export interface Diagonal {
  /** Where the middles are. */
  readonly means: Float64Array | Float32Array;
  /** How wide they are: standard deviations, or the scales of logistic distributions. As many as means. */
  readonly scales: Float64Array | Float32Array;
}

/** How far exponents of scales go: from exp(-10) to exp(10). */
const MOST_EXPONENT = 10;

/**
 * Means and scales of what a network gives: means and logarithms of scales. The exponential is the kernels', in
 * doubles; logarithms beyond +-10 are cut off there, so that no scale is 0 or infinite.
 *
 * @param means - Means, in 32-bit floats.
 * @param logScales - Natural logarithms of scales, as many as means.
 * @throws SurprisalError (`impossible-symbol`) when a number is not finite: the network has no answer to this value.
 * @throws RangeError when there are not as many logarithms as means.
 * @example
 * diagonalOf(Float32Array.of(0.5, -1), Float32Array.of(0, -2)).scales; // 1, 0.1353…
 */
export function diagonalOf(means: Float32Array, logScales: Float32Array): Diagonal {
  if (means.length !== logScales.length)
    throw rangeError(`a scale for each mean is wanted, not ${logScales.length} for ${means.length}`);
  const scales = new Float64Array(means.length);
  for (let i = 0; i < means.length; i++) {
    const x = logScales[i];
    // x - x is 0 for finite numbers alone.
    if (means[i] - means[i] !== 0 || x - x !== 0)
      throw new SurprisalError('impossible-symbol', `the model gives latent ${i} a mean or a scale that is not finite`);
    scales[i] = x > MOST_EXPONENT ? MOST_EXPONENT : x < -MOST_EXPONENT ? -MOST_EXPONENT : x;
  }
  mapMath('exp', scales, scales);
  return { means: Float64Array.from(means), scales };
}

/** A step of coding, told to whom it may concern. */
export interface CodingStep {
  /** What was done. */
  readonly action: 'push' | 'pop';
  /** With which distribution. */
  readonly by: 'prior' | 'likelihood' | 'posterior';
  /** The layer whose latents it was, from 0 on in the model's order; undefined for the value itself. */
  readonly layer: number | undefined;
}

/** Is told each step after it was done. To be looked at, not to be written to: the stack is being worked on. */
export type Watch = (stack: BitStack, step: CodingStep) => void;

/** How a codec of a hierarchy works. */
export interface HierarchyOptions {
  /**
   * Each layer's numbers are cut into 2^latentBits bins: from 1 to 16, 10 by default. More bins lose less over the
   * bound and take more initial bits, one for each latent and bit; the length of what is coded hardly changes.
   */
  readonly latentBits?: number;
  /**
   * For a posterior from the top down: bins of one width, so many scales of the prior to either side, in place of bins of
   * equal mass. For posteriors that may be far from their priors.
   */
  readonly reach?: number;
  /**
   * Scrambles the top of the stack before latents are popped: {@link BitStack.scramble}. For priors that latents do not
   * keep to on average, as the few layers of a short diffusion: what was pushed with them is not random enough. Default
   * false.
   */
  readonly scramble?: boolean;
  /** Is told each step of a push: to measure initial bits, or to draw the stack's progress. */
  readonly watch?: Watch;
}

/** Scrambles as many bits as popping `latents` of a layer may take, or undoes it. */
export function scrambleFor(stack: BitStack, latents: number, layer: number): void {
  stack.scramble(Math.ceil(latents / 2) + 8, layer);
}

/** The number of bins that options ask for. */
export function binsOf({ latentBits = 10 }: HierarchyOptions): number {
  if (!(Number.isInteger(latentBits) && latentBits >= 1 && latentBits <= 16))
    throw rangeError(`the bits of a latent are a whole number from 1 to 16, not ${latentBits}`);
  return 2 ** latentBits;
}

/**
 * One way from the top of a hierarchy to its value. Calls come in the order of the layers: for layer 0, then 1 and so
 * on `prior` and `descend`, `likelihood` at the end. Once the value has been seen, `posterior` may be asked for every
 * layer whose layers above have got their latents.
 */
export interface TopDownPass<X> {
  /** Tells the value, which the posterior hangs on. */
  see(value: X): void;
  /** p(z_l | latents above). */
  prior(layer: number): Diagonal;
  /** q(z_l | latents above, value): as many numbers as the prior's. */
  posterior(layer: number): Diagonal;
  /** Gives a layer its latents, in 32-bit floats. */
  descend(layer: number, latents: Float32Array): void;
  /** p(value | all latents). */
  likelihood(): Codec<X>;
  /** Called when the pass is over, whatever has happened, to give back what it holds. */
  end?(): void;
}

/** A hierarchy with a posterior from the top down. */
export interface TopDownModel<X> {
  /** Number of layers, at least one. */
  readonly layers: number;
  /** Begins a pass. A pass must not change what another one computes. */
  begin(): TopDownPass<X>;
}

/** How latents are cut, as seen from their prior: its mean is 0 there, and its scale 1. */
interface Bins {
  /** Where bins lie. */
  readonly centres: Float64Array;
  /** The mass of normal distributions on them. */
  posterior(means: Float64Array, scales: Float64Array): Codec<Int32Array>;
  /** The prior's masses. */
  push(stack: BitStack, bins: Int32Array): void;
  pop(stack: BitStack, length: number): Int32Array;
}

/** Cut where the standard normal distribution has equal masses: all bins are equally likely, and cost nothing extra. */
function equalMassBins(n: number): Bins {
  const family = new BucketedGaussian(equalMassEdges('gaussian', n));
  return {
    centres: equalMassCentres('gaussian', n),
    posterior: (means, scales) => fromFamily(family, means, scales),
    push: (stack, bins) => pushUniform(stack, n, bins),
    pop: (stack, length) => popUniform(stack, n, length),
  };
}

/**
 * Bins of one width, so many scales of the prior to either side. A posterior may lie anywhere among them, where the last
 * bin of equal mass would hold it off; under the prior the far ones cost 24 bits.
 */
function wideBins(n: number, reach: number): Bins {
  if (!(reach > 0 && reach <= 1024)) throw rangeError(`bins reach up to 1,024 scales, not ${reach}`);
  const bins = equalWidthBins('gaussian', n, -reach, reach);
  const prior = new QuantizedGaussian(0, n - 1, (n - 1) / 2, n / (2 * reach));
  return {
    centres: Float64Array.from(bins.latents(Int32Array.from({ length: n }, (_, i) => i))),
    posterior: (means, scales) => bins.codec({ means, scales }),
    push: (stack, symbols) => stack.encodeReverse(symbols, prior),
    pop: (stack, length) => stack.decode(prior, length),
  };
}

/** The posterior's masses on the prior's bins: those of a normal distribution seen from the prior. */
function overBins(bins: Bins, prior: Diagonal, posterior: Diagonal): Codec<Int32Array> {
  const { length } = prior.means;
  if (posterior.means.length !== length)
    throw rangeError(`prior and posterior are of the same latents, not of ${length} and ${posterior.means.length}`);
  const means = new Float64Array(length);
  const scales = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    means[i] = (posterior.means[i] - prior.means[i]) / prior.scales[i];
    scales[i] = posterior.scales[i] / prior.scales[i];
  }
  return bins.posterior(means, scales);
}

/** The latents that bins stand for. */
function latentsOf({ centres }: Bins, { means, scales }: Diagonal, bins: Int32Array): Float32Array {
  return Float32Array.from(bins, (bin, i) => means[i] + scales[i] * centres[bin]);
}

function pushUniform(stack: BitStack, n: number, bins: Int32Array): void {
  for (let i = bins.length - 1; i >= 0; i--) stack.pushUniform(bins[i], n);
}

function popUniform(stack: BitStack, n: number, length: number): Int32Array {
  const bins = new Int32Array(length);
  for (let i = 0; i < length; i++) bins[i] = stack.popUniform(n);
  return bins;
}

/**
 * The codec of a hierarchy whose posterior goes from the top down. Pushing costs what the model's bound (-ELBO) says
 * for the value, and some hundredths of a bit for a latent, which the bins lose; it takes `-log2 q` of the latents of
 * all layers from the stack before anything is put on it, so start a stack with `latentBits` bits for each latent.
 *
 * @throws RangeError for options out of range, and for a model without layers.
 * @example
 * const images = topDown(model, { latentBits: 12 });
 * const stack = new BitStack({ initial: randomWords(1000) });
 * for (const image of all) images.push(stack, image);
 */
export function topDown<X>(model: TopDownModel<X>, options: HierarchyOptions = {}): Codec<X> {
  const n = binsOf(options);
  const { layers } = model;
  if (!(Number.isInteger(layers) && layers >= 1)) throw rangeError(`a hierarchy has at least one layer, not ${layers}`);
  const bins = options.reach === undefined ? equalMassBins(n) : wideBins(n, options.reach);
  const { watch, scramble = false } = options;
  const passing = <T>(action: (pass: TopDownPass<X>) => T): T => {
    const pass = model.begin();
    try {
      return action(pass);
    } finally {
      pass.end?.();
    }
  };
  const functions = {
    push(pass: TopDownPass<X>, stack: BitStack, value: X): void {
      pass.see(value);
      const latents: Int32Array[] = [];
      for (let layer = 0; layer < layers; layer++) {
        const prior = pass.prior(layer);
        if (scramble) scrambleFor(stack, prior.means.length, layer);
        latents.push(overBins(bins, prior, pass.posterior(layer)).pop(stack));
        pass.descend(layer, latentsOf(bins, prior, latents[layer]));
        watch?.(stack, { action: 'pop', by: 'posterior', layer });
      }
      pass.likelihood().push(stack, value);
      watch?.(stack, { action: 'push', by: 'likelihood', layer: undefined });
      for (let layer = layers - 1; layer >= 0; layer--) {
        bins.push(stack, latents[layer]);
        watch?.(stack, { action: 'push', by: 'prior', layer });
      }
    },
    pop(pass: TopDownPass<X>, stack: BitStack): X {
      const latents: Int32Array[] = [];
      const priors: Diagonal[] = [];
      for (let layer = 0; layer < layers; layer++) {
        const prior = pass.prior(layer);
        priors.push(prior);
        latents.push(bins.pop(stack, prior.means.length));
        pass.descend(layer, latentsOf(bins, prior, latents[layer]));
      }
      const value = pass.likelihood().pop(stack);
      pass.see(value);
      for (let layer = layers - 1; layer >= 0; layer--) {
        overBins(bins, priors[layer], pass.posterior(layer)).push(stack, latents[layer]);
        if (scramble) scrambleFor(stack, latents[layer].length, layer);
      }
      return value;
    },
  };
  return codec<X>({
    push: (stack, value) => passing((pass) => functions.push(pass, stack, value)),
    pop: (stack) => passing((pass) => functions.pop(pass, stack)),
    bits: () => undefined,
  });
}
