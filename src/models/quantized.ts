/**
 * Continuous distributions on the whole numbers from `min` to `max`: the mass between s - 1/2 and s + 1/2 goes to s,
 * and every symbol gets a unit of 2^-precision on top, so that none is impossible ("leaky", as in constriction, whose
 * words these models reproduce: Bamler 2022, arXiv 2201.01741). What lies outside goes to the first and the last.
 */
import { checkSupport, finite, KernelFamily, positive, type Rule, splitArguments } from './family.ts';
import { type EntropyModel, Kind, type ModelFamily, type ModelOptions, precisionOf } from './model.ts';

/** Makes a family from a support, or a model from a support and both parameters. */
export interface LocationScale {
  /**
   * A family: the parameters come with the symbols.
   *
   * @param min - The first symbol, a 32-bit integer.
   * @param max - The last symbol, above `min`.
   * @throws RangeError when there are more symbols than units.
   */
  new (min: number, max: number, options?: ModelOptions): ModelFamily;
  /**
   * A model.
   *
   * @param location - Where the distribution's middle is: any finite number, in the support or not.
   * @param scale - How wide it is: any finite number above 0.
   * @throws RangeError when a parameter is out of range.
   */
  new (min: number, max: number, location: number, scale: number, options?: ModelOptions): EntropyModel;
}

function locationScale(name: string, kind: number, rules: readonly [Rule, Rule]): LocationScale {
  function build(min: number, max: number, ...args: (number | ModelOptions | undefined)[]): EntropyModel | ModelFamily {
    const { numbers, options } = splitArguments(name, args);
    const precision = precisionOf(options);
    checkSupport(name, min, max, precision);
    const family = new KernelFamily({ name, kind, min, max, precision, rules });
    return numbers.length === 0 ? family : family.model(...numbers);
  }
  return build as unknown as LocationScale;
}

/**
 * Normal distributions: `new QuantizedGaussian(min, max)` is a family with parameters `mean` and `std` for each
 * symbol, `new QuantizedGaussian(min, max, mean, std)` a model. The same words as constriction's.
 *
 * @example
 * const model = new QuantizedGaussian(-100, 100, 3.2, 9.6);
 * const interval = { left: 0, probability: 0 };
 * model.interval(6, interval); // { left: 9976949, probability: 667886 }
 */
export const QuantizedGaussian: LocationScale = locationScale('QuantizedGaussian', Kind.gaussian, [
  finite('mean'),
  positive('std'),
]);

/**
 * Laplace distributions: parameters `mean` and `scale`, where the density is exp(-|x - mean| / scale) / (2 scale).
 * The same words as constriction's.
 *
 * @example
 * new QuantizedLaplace(-100, 100); // a family
 */
export const QuantizedLaplace: LocationScale = locationScale('QuantizedLaplace', Kind.laplace, [
  finite('mean'),
  positive('scale'),
]);

/**
 * Cauchy distributions: parameters `loc`, the median, and `scale`, half the distance between the quartiles. The same
 * words as constriction's.
 *
 * @example
 * new QuantizedCauchy(-100, 100, 0.5, 2.25); // a model
 */
export const QuantizedCauchy: LocationScale = locationScale('QuantizedCauchy', Kind.cauchy, [
  finite('loc'),
  positive('scale'),
]);

/**
 * Logistic distributions: parameters `mean` and `scale`, where the cdf is 1 / (1 + exp(-(x - mean) / scale)). Not in
 * constriction's Python package.
 *
 * @example
 * new QuantizedLogistic(0, 255, 127.5, 12); // a model
 */
export const QuantizedLogistic: LocationScale = locationScale('QuantizedLogistic', Kind.logistic, [
  finite('mean'),
  positive('scale'),
]);
