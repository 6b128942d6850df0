/** Failures before a success. */
import { checkSupport, KernelFamily, type Rule, splitArguments } from './family.ts';
import { type EntropyModel, Kind, type ModelFamily, type ModelOptions, precisionOf } from './model.ts';

/** Makes the family of geometric distributions, or one of them. */
export interface GeometricConstructor {
  /**
   * A family: the probability of success comes with each symbol.
   *
   * @param max - The last symbol; what lies above it counts for it.
   */
  new (max: number, options?: ModelOptions): ModelFamily;
  /**
   * A model of the symbols 0 to `max`.
   *
   * @param p - The probability of success, above 0, up to 1.
   * @throws RangeError when max or p is out of range.
   */
  new (max: number, p: number, options?: ModelOptions): EntropyModel;
}

const P: Rule = { name: 'p', least: Number.MIN_VALUE, most: 1, says: 'a number above 0 and at most 1' };

function build(max: number, ...args: (number | ModelOptions | undefined)[]): EntropyModel | ModelFamily {
  const { numbers, options } = splitArguments('Geometric', args);
  const precision = precisionOf(options);
  checkSupport('Geometric', 0, max, precision);
  const family = new KernelFamily({ name: 'Geometric', kind: Kind.geometric, min: 0, max, precision, rules: [P] });
  return numbers.length === 0 ? family : family.model(...numbers);
}

/**
 * Geometric distributions on 0 to `max`: the number of failures before the first success, quantised leakily.
 * `new Geometric(max)` is a family with the parameter `p`.
 * Every symbol needs a unit of its own, so that the support has an end, as all of constriction's quantisers have: for
 * counts without a bound, encode what is above `max` by an escape, such as an Exp-Golomb codeword.
 *
 * @example
 * new Geometric(255, 0.8); // 0 has probability 0.8, 1 has 0.16, ...
 */
export const Geometric: GeometricConstructor = build as unknown as GeometricConstructor;
