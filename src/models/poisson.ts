/** Counts of rare events. */
import { checkSupport, KernelFamily, type Rule, splitArguments } from './family.ts';
import { type EntropyModel, Kind, type ModelFamily, type ModelOptions, precisionOf } from './model.ts';

/** Makes the family of Poisson distributions, or one of them. */
export interface PoissonConstructor {
  /**
   * A family: the mean comes with each symbol.
   *
   * @param max - The last symbol; what lies above it counts for it.
   */
  new (max: number, options?: ModelOptions): ModelFamily;
  /**
   * A model of the symbols 0 to `max`.
   *
   * @param mean - Above 0, up to 2^31.
   * @throws RangeError when max or mean is out of range.
   */
  new (max: number, mean: number, options?: ModelOptions): EntropyModel;
}

const MEAN: Rule = {
  name: 'mean',
  least: Number.MIN_VALUE,
  most: 2 ** 31,
  says: 'a number above 0 and at most 2147483648',
};

function build(max: number, ...args: (number | ModelOptions | undefined)[]): EntropyModel | ModelFamily {
  const { numbers, options } = splitArguments('Poisson', args);
  const precision = precisionOf(options);
  checkSupport('Poisson', 0, max, precision);
  const family = new KernelFamily({ name: 'Poisson', kind: Kind.poisson, min: 0, max, precision, rules: [MEAN] });
  return numbers.length === 0 ? family : family.model(...numbers);
}

/**
 * Poisson distributions on 0 to `max`, quantised leakily. `new Poisson(max)` is a family with the parameter `mean`.
 * The sums are incomplete gamma functions and take time that grows with the square root of the mean.
 * Every symbol needs a unit of its own, so that the support has an end, as all of constriction's quantisers have: for
 * counts without a bound, encode what is above `max` by an escape, such as an Exp-Golomb codeword.
 *
 * @example
 * new Poisson(50, 4.2);
 */
export const Poisson: PoissonConstructor = build as unknown as PoissonConstructor;
