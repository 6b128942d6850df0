/** The uniform distribution. */
import { count, KernelFamily, splitArguments } from './family.ts';
import { type EntropyModel, Kind, type ModelFamily, type ModelOptions, precisionOf } from './model.ts';

/** Makes the family of uniform distributions, or one of them. */
export interface UniformConstructor {
  /** A family: a size comes with each symbol. */
  new (options?: ModelOptions): ModelFamily;
  /**
   * A model of the symbols 0 to `size` - 1.
   *
   * @param size - A whole number from 2 to 2^precision.
   * @throws RangeError when the size is out of range.
   */
  new (size: number, options?: ModelOptions): EntropyModel;
}

function build(...args: (number | ModelOptions | undefined)[]): EntropyModel | ModelFamily {
  const { numbers, options } = splitArguments('Uniform', args);
  const precision = precisionOf(options);
  const most = 2 ** precision;
  const family = new KernelFamily({
    name: 'Uniform',
    kind: Kind.uniform,
    min: 0,
    max: most - 1,
    precision,
    rules: [count('size', 2, most)],
    support: ([size]) => [0, size - 1],
  });
  return numbers.length === 0 ? family : family.model(...numbers);
}

/**
 * The uniform distribution on 0 to size - 1: each symbol has 2^precision div size units, the last one has the rest
 * too. `new Uniform()` is a family with the parameter `size`. The same words as constriction's.
 *
 * @example
 * new Uniform(6); // a die
 */
export const Uniform: UniformConstructor = build as unknown as UniformConstructor;
