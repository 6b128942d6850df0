/**
 * Latents in buckets of equal mass under the standard normal distribution: under that prior all buckets are equally
 * likely, and cost a whole number of bits (Townsend, Bird and Barber 2019, arXiv:1901.04866).
 */
import { BucketedGaussian, equalMassCentres, equalMassEdges } from '../models/buckets.ts';
import type { EntropyModel, ModelFamily } from '../models/model.ts';
import { Uniform } from '../models/uniform.ts';
import { wholeNumber } from './saved.ts';

/** The least and the most bits of a latent. */
export const LATENT_BITS = { least: 4, most: 16, usual: 10 } as const;

/** Buckets that latents are cut into. */
export interface LatentBuckets {
  /** Bits of a latent: there are 2^bits buckets. */
  readonly bits: number;
  /** What a network is given for each bucket: its median. */
  readonly centres: Float32Array;
  /** The standard normal distribution on the buckets: all are equally likely. */
  readonly prior: EntropyModel;
  /** Normal distributions on the buckets, with mean and standard deviation for each latent: posteriors. */
  readonly posterior: ModelFamily;
}

const made = new Map<number, LatentBuckets>();

/**
 * 2^bits buckets, made once and kept.
 *
 * @param bits - From 4 to 16.
 * @throws RangeError for other numbers.
 * @example
 * const { posterior, centres } = latentBuckets(10);
 * const buckets = stack.decode(posterior, means, deviations);
 * const z = Float32Array.from(buckets, (i) => centres[i]);
 */
export function latentBuckets(bits: number = LATENT_BITS.usual): LatentBuckets {
  wholeNumber('latentBits', bits, LATENT_BITS.least, LATENT_BITS.most);
  let found = made.get(bits);
  if (found === undefined) {
    const n = 2 ** bits;
    found = {
      bits,
      centres: Float32Array.from(equalMassCentres('gaussian', n)),
      prior: new Uniform(n),
      posterior: new BucketedGaussian(equalMassEdges('gaussian', n)),
    };
    made.set(bits, found);
  }
  return found;
}
