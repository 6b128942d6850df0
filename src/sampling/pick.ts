/** Seeded choices. */
import { rangeError } from '../errors.ts';
import type { Random } from '../kernels/random.ts';

/** A number from 0 to below 1, a multiple of 2^-53: two calls of the generator. */
export function uniform53(random: Random): number {
  const high = random.next();
  return (high * 2097152 + (random.next() >>> 11)) / 9007199254740992;
}

/**
 * A place, each as likely as its weight. Sums are taken from left to right, so that every engine picks the same.
 *
 * @param weights - Weights of n places, at least 0 and finite, not all 0.
 * @param n - Number of places. Default all of `weights`.
 * @throws RangeError when the weights have no finite sum above 0.
 */
export function pick(random: Random, weights: ArrayLike<number>, n: number = weights.length): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += weights[i];
  if (!(total > 0 && total < Infinity)) throw rangeError(`weights add up to a finite number above 0, not ${total}`);
  const at = uniform53(random) * total;
  let sum = 0;
  let last = 0;
  for (let i = 0; i < n; i++) {
    if (weights[i] === 0) continue;
    sum += weights[i];
    last = i;
    if (at < sum) return i;
  }
  // Reached only where rounding put `at` on the total itself.
  return last;
}
