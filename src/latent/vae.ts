/**
 * Images by a variational autoencoder: bits-back coding with asymmetric numeral systems (BB-ANS: Townsend, Bird and
 * Barber, "Practical lossless compression with latent variables using bits back coding", arXiv:1901.04866, 2019).
 *
 * To push an image: pop latents with the posterior that the encoder network gives, push the pixels given the decoder's
 * numbers for those latents, push the latents under the prior. On average that costs the negative of the evidence lower
 * bound which the networks were trained for (Kingma and Welling, arXiv:1312.6114, 2013), and a little for the latents'
 * grid. Images in a row pay for one another's latents; only the first needs bits that are there beforehand.
 */
import { codec } from '../codecs/codec.ts';
import type { BitStack } from '../codecs/stack.ts';
import { rangeError } from '../errors.ts';
import { latentBuckets } from './latents.ts';
import { type Likelihood, observationBitsOf, popPixels, pushPixels } from './likelihoods.ts';
import { type CodingOptions, checkPixels, type ImageCodec, type ImageShape, pixelsOf } from './model.ts';

/** What an encoder says of several images: `latents` numbers each, one image after another. */
export interface Posteriors {
  /** Means of normal distributions. */
  readonly means: Float32Array;
  /** Their standard deviations, above 0. */
  readonly deviations: Float32Array;
}

/** The two networks of an autoencoder, as functions. Their results decide bits: the same arguments, the same bits. */
export interface VaeNetworks {
  /** Numbers in the code of an image. */
  readonly latents: number;
  /**
   * q(z | x) of several images. What it says of one must not depend on the others.
   *
   * @param pixels - `count` images, one after another.
   */
  encode(pixels: Uint8Array, count: number): Posteriors;
  /**
   * The numbers that the likelihood takes, plane by plane, for one image.
   *
   * @param latents - Its code.
   */
  decode(latents: Float32Array): Float32Array;
}

/** What {@link vaeCodec} needs. */
export interface VaeCodecOptions extends CodingOptions {
  /** Shape of the images. */
  readonly shape: ImageShape;
  /** The networks. */
  readonly networks: VaeNetworks;
  /** Distribution of a pixel. */
  readonly likelihood: Likelihood;
}

/** Images that the encoder sees at once. */
const BATCH = 64;

/** Means stay within this: far outside all buckets but the outermost. */
const MOST_MEAN = 1e6;
/** Deviations stay within 1 / this and this. */
const MOST_DEVIATION = 1e6;

/** Numbers with which every bucket can be coded, whatever the network gave. */
function tame({ means, deviations }: Posteriors, count: number): Posteriors {
  if (means.length !== count || deviations.length !== count)
    throw rangeError(
      `the encoder gives ${means.length} means and ${deviations.length} deviations, not ${count} of each`,
    );
  for (let i = 0; i < count; i++) {
    const mean = means[i];
    if (!(mean > -MOST_MEAN && mean < MOST_MEAN)) means[i] = mean > 0 ? MOST_MEAN : -MOST_MEAN;
    const deviation = deviations[i];
    if (!(deviation > 1 / MOST_DEVIATION)) deviations[i] = 1 / MOST_DEVIATION;
    else if (!(deviation < MOST_DEVIATION)) deviations[i] = MOST_DEVIATION;
  }
  return { means, deviations };
}

/**
 * The codec of images under an autoencoder whose latents are standard normal a priori.
 *
 * @throws RangeError for bits of latents that are not from 4 to 16, or bits of observations not from 10 to 24.
 * @example
 * const codec = vaeCodec({ shape: { height: 28, width: 28, channels: 1 }, networks, likelihood: likelihood('bernoulli') });
 * codec.push(stack, pixels);
 */
export function vaeCodec(options: VaeCodecOptions): ImageCodec {
  const { shape, networks, likelihood } = options;
  const { latents } = networks;
  const { centres, prior, posterior } = latentBuckets(options.latentBits);
  const observationBits = observationBitsOf(options.observationBits);
  const size = pixelsOf(shape);

  const outputsOf = (buckets: Int32Array): Float32Array => {
    const z = new Float32Array(latents);
    for (let i = 0; i < latents; i++) z[i] = centres[buckets[i]];
    const outputs = networks.decode(z);
    if (outputs.length !== size * likelihood.planes)
      throw rangeError(
        `the decoder gives ${outputs.length} numbers, and ${size} pixels want ${likelihood.planes} each`,
      );
    return outputs;
  };

  const pushOne = (stack: BitStack, pixels: Uint8Array, means: Float32Array, deviations: Float32Array): void => {
    const buckets = stack.decode(posterior, means, deviations);
    pushPixels(stack, pixels, likelihood, outputsOf(buckets), observationBits);
    stack.encodeReverse(buckets, prior);
  };

  const pushAll = (stack: BitStack, images: readonly Uint8Array[], done?: (count: number) => void): void => {
    for (const pixels of images) checkPixels(pixels, shape, likelihood.levels);
    stack.atomic(() => {
      for (let end = images.length; end > 0; end -= BATCH) {
        const start = Math.max(0, end - BATCH);
        const batch = new Uint8Array((end - start) * size);
        for (let i = start; i < end; i++) batch.set(images[i], (i - start) * size);
        const { means, deviations } = tame(networks.encode(batch, end - start), (end - start) * latents);
        for (let i = end - 1; i >= start; i--) {
          const [from, to] = [(i - start) * latents, (i - start + 1) * latents];
          pushOne(stack, images[i], means.subarray(from, to), deviations.subarray(from, to));
        }
        done?.(images.length - start);
      }
    });
  };

  return {
    ...codec<Uint8Array>({
      push: (stack, pixels) => pushAll(stack, [pixels]),
      pop(stack) {
        const buckets = stack.decode(prior, latents);
        const pixels = popPixels(stack, likelihood, outputsOf(buckets), observationBits);
        const { means, deviations } = tame(networks.encode(pixels, 1), latents);
        stack.encodeReverse(buckets, posterior, means, deviations);
        return pixels;
      },
      bits: () => undefined,
    }),
    shape,
    pushAll,
  };
}
