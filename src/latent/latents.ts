/**
 * Latents in buckets of equal mass under the standard normal distribution: under that prior all buckets are equally
 * likely, and cost a whole number of bits (Townsend, Bird and Barber 2019, arXiv:1901.04866).
 *
 * Too few buckets lose what the posterior knows, and initial bits grow with their number. Too many lose as well: each
 * keeps a unit of 2^-24 under any posterior, so that with 2^16 of them one latent in 256 is one of no likelihood at
 * all. From 2^6 to 2^12 both losses are below a five-hundredth on the binary model of that paper; the usual 2^10 is what
 * later papers use.
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
