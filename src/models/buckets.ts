/**
 * Distributions over buckets with any edges, for latent variables of bits-back coding: the prior's buckets of equal
 * mass are the alphabet, and the posterior, a Gaussian with its own mean and width for each latent, is cut at the same
 * edges (Townsend, Bird and Barber 2019, arXiv:1901.04866; HiLLoC: Townsend, Bird, Kunze and Barber 2020,
 * arXiv:1912.09953). Under the prior each bucket then is a symbol of `new Uniform(n)`.
 *
 * Symbol i is the bucket from edge i to edge i + 1, where the first and the last edge are infinite. Quantised leakily:
 * each bucket gets a unit on top, so that none is impossible. With 24 bits of probability, 2^16 buckets take 0.4 % of
 * the units for that.
 */
import { rangeError, typeError } from '../errors.ts';
import { familyCoding } from '../kernels/families.ts';
import { modelKernel } from '../kernels/models.ts';
import { CutModel } from './cut.ts';
import { checkSupport, finite, KernelFamily, positive, type Rule, splitArguments } from './family.ts';
import { type EntropyModel, Kind, type ModelFamily, type ModelOptions, precisionOf } from './model.ts';

/** Makes the family of distributions over buckets with these edges, or one of them. */
export interface BucketedConstructor {
  /**
   * A family: location and scale come with each symbol, in this order.
   *
   * @param edges - n - 1 inner edges for n buckets, finite and rising. Copied.
   * @throws TypeError for edges of another type, RangeError for edges that do not rise (with the index), and for more
   *   buckets than units.
   */
  new (edges: Float64Array, options?: ModelOptions): ModelFamily;
  /**
   * A model of the buckets 0 to n - 1.
   *
   * @param location - Where the distribution's middle is: any finite number.
   * @param scale - How wide it is: any finite number above 0.
   * @throws RangeError when a parameter is out of range.
   */
  new (edges: Float64Array, location: number, scale: number, options?: ModelOptions): EntropyModel;
}

/** Names of the standard distributions that there are buckets of equal mass for. */
export type StandardDistribution = 'gaussian' | 'laplace' | 'logistic';

function checkEdges(name: string, edges: unknown): Float64Array {
  if (!(edges instanceof Float64Array)) throw typeError(`${name}: the edges are a Float64Array`);
  if (edges.length === 0) throw rangeError(`${name}: at least one edge is needed, between two buckets`);
  for (let i = 0; i < edges.length; i++) {
    if (!Number.isFinite(edges[i]))
      throw rangeError(`${name}: the inner edges are finite, not ${edges[i]}, which is at ${i}`);
    if (i > 0 && edges[i] <= edges[i - 1])
      throw rangeError(`${name}: the edges rise, but ${edges[i]}, which is at ${i}, follows ${edges[i - 1]}`);
  }
  return edges.slice();
}

/** How many of the edges are <= x. */
function bucketOf(edges: Float64Array, x: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (edges[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

function bucketed(name: string, kind: number, base: number, rules: readonly [Rule, Rule]): BucketedConstructor {
  function build(given: Float64Array, ...args: (number | ModelOptions | undefined)[]): EntropyModel | ModelFamily {
    const { numbers, options } = splitArguments(name, args);
    const precision = precisionOf(options);
    const edges = checkEdges(name, given);
    const min = 0;
    const max = edges.length;
    checkSupport(name, min, max, precision);
    const constants = new Uint32Array(edges.buffer);
    const family = new KernelFamily({
      name,
      kind,
      min,
      max,
      precision,
      rules,
      constants,
      make: ([a, b]) => {
        const { cdf, guess } = modelKernel();
        return new CutModel({
          precision,
          family: { kind, min, max, a, b, constants, loops: familyCoding },
          below: (symbol) => cdf(base, edges[symbol - 1], a, b),
          guess: (p) => bucketOf(edges, guess(base, p, a, b)),
        });
      },
    });
    return numbers.length === 0 ? family : family.model(...numbers);
  }
  return build as unknown as BucketedConstructor;
}

/**
 * Normal distributions over buckets: parameters `mean` and `std`.
 *
 * @example
 * const edges = equalMassEdges('gaussian', 4096);
 * coder.decode(new BucketedGaussian(edges), means, stds); // a bucket of the posterior for each latent
 */
export const BucketedGaussian: BucketedConstructor = bucketed(
  'BucketedGaussian',
  Kind.bucketedGaussian,
  Kind.gaussian,
  [finite('mean'), positive('std')],
);

/**
 * Laplace distributions over buckets: parameters `mean` and `scale`.
 *
 * @example
 * new BucketedLaplace(Float64Array.of(-1, 0, 1)); // four buckets
 */
export const BucketedLaplace: BucketedConstructor = bucketed('BucketedLaplace', Kind.bucketedLaplace, Kind.laplace, [
  finite('mean'),
  positive('scale'),
]);

/**
 * Logistic distributions over buckets: parameters `mean` and `scale`.
 *
 * @example
 * new BucketedLogistic(equalMassEdges('logistic', 256), 0.3, 0.05); // a model
 */
export const BucketedLogistic: BucketedConstructor = bucketed(
  'BucketedLogistic',
  Kind.bucketedLogistic,
  Kind.logistic,
  [finite('mean'), positive('scale')],
);

/** Quantile functions of the lower half, at part / whole. */
const quantiles: Record<StandardDistribution, (part: number, whole: number) => number> = {
  gaussian: (part, whole) => modelKernel().normalQuantile(part / whole),
  laplace: (part, whole) => modelKernel().log((2 * part) / whole),
  logistic: (part, whole) => modelKernel().log(part / (whole - part)),
};

/** Quantiles at first / whole, (first + step) / whole, ..., mirrored at the middle, so that they are symmetric. */
function spread(name: StandardDistribution, n: number, count: number, first: number, step: number, whole: number) {
  const quantile = quantiles[name];
  if (quantile === undefined)
    throw rangeError(`no distribution '${name}': there are ${Object.keys(quantiles).join(', ')}`);
  if (!(Number.isInteger(n) && n >= 2 && n <= 2 ** 24))
    throw rangeError(`a number of buckets is a whole number from 2 to ${2 ** 24}, not ${n}`);
  const values = new Float64Array(count);
  for (let i = 0; i < count >>> 1; i++) {
    values[i] = quantile(first + i * step, whole);
    values[count - 1 - i] = -values[i];
  }
  return values;
}

/**
 * The n - 1 inner edges of n buckets that have the same mass under a standard distribution: location 0 and scale 1. The
 * same numbers on every machine.
 *
 * @param name - 'gaussian', 'laplace' or 'logistic'.
 * @param n - The number of buckets, from 2 to 2^24; latents usually get 2^12 to 2^16.
 * @throws RangeError for another name or number.
 *
 * @example
 * equalMassEdges('gaussian', 4); // Float64Array [-0.674…, 0, 0.674…]
 */
export function equalMassEdges(name: StandardDistribution, n: number): Float64Array {
  return spread(name, n, n - 1, 1, 1, n);
}

/**
 * The medians of the same n buckets: a value to stand for each of them.
 *
 * @param name - 'gaussian', 'laplace' or 'logistic'.
 * @param n - The number of buckets, from 2 to 2^24.
 * @throws RangeError for another name or number.
 *
 * @example
 * equalMassCentres('logistic', 2); // Float64Array [-1.098…, 1.098…]
 */
export function equalMassCentres(name: StandardDistribution, n: number): Float64Array {
  return spread(name, n, n, 1, 2, 2 * n);
}
