/**
 * Bits-back coding with a stack: a latent variable makes a distribution easy to sample from, and so to compress with.
 *
 * The identity behind it is H(X) = H(X, Z) - H(Z | X). To push x: pop z with the posterior, which takes bits off, push
 * x given z, push z with the prior (Hinton and van Camp 1993; Frey 1997; with a stack: Townsend, Bird, Barber,
 * "Practical lossless compression with latent variables using bits back coding", arXiv:1901.04866, 2019).
 */
import { type Codec, codec, sumOfBits } from './codec.ts';

/** The three parts of a model with a latent variable. */
export interface LatentModel<X, Z> {
  /** p(z) */
  readonly prior: Codec<Z>;
  /** p(x | z) */
  readonly likelihood: (latent: Z) => Codec<X>;
  /**
   * q(z | x): the nearer to p(z | x), the fewer bits. It must give bits to no latent that prior and likelihood exclude,
   * and both sides have to compute it alike.
   */
  readonly posterior: (value: X) => Codec<Z>;
  /**
   * Set when the posterior is exact, so that bits(x) is the same whatever the latent: any latent then tells it. Give
   * one that is possible for x.
   */
  readonly example?: (value: X) => Z;
}

/**
 * The codec of x alone under p(x) = sum over z of p(x | z) p(z). Pushing costs -log2 p(x) bits on average, plus the
 * divergence of q from the exact posterior; the bits that z costs come back from the stack.
 *
 * @example
 * // A mixture of two dice: the component is latent.
 * bitsBack({
 *   prior: uniform(2),
 *   likelihood: (z) => fromModel(dice[z]),
 *   posterior: (x) => fromModel(posteriors[x]),
 * });
 */
export function bitsBack<X, Z>({ prior, likelihood, posterior, example }: LatentModel<X, Z>): Codec<X> {
  return codec<X>({
    push(stack, value) {
      const latent = posterior(value).pop(stack);
      likelihood(latent).push(stack, value);
      prior.push(stack, latent);
    },
    pop(stack) {
      const latent = prior.pop(stack);
      const value = likelihood(latent).pop(stack);
      posterior(value).push(stack, latent);
      return value;
    },
    bits(value) {
      if (example === undefined) return undefined;
      const latent = example(value);
      const back = posterior(value).bits(latent);
      return sumOfBits([prior.bits(latent), likelihood(latent).bits(value), back === undefined ? undefined : -back]);
    },
  });
}
