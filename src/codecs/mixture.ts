/** Mixtures: p(x) = sum of c_k p_k(x), with the component as the latent variable. */
import { rangeError } from '../errors.ts';
import { Categorical } from '../models/categorical.ts';
import type { EntropyModel, Interval } from '../models/model.ts';
import { bitsBack } from './bits-back.ts';
import type { Codec } from './codec.ts';
import { log2 } from './log2.ts';
import { fromModel } from './models.ts';

const interval: Interval = { left: 0, probability: 0 };

/**
 * A mixture of models of the same symbols, coded by bits-back: no cumulative distribution of the mixture is needed, and
 * any models will do. The posterior is exact but for its rounding, so the cost is that of the marginal.
 *
 * @param weights - How likely each component is, in any scale, one or more.
 * @param models - The components, of precision 24, all with the same symbols.
 * @throws RangeError when there are not as many weights as models.
 * @example
 * const gaussians = mixture([0.3, 0.7], [new QuantizedGaussian(-99, 99, -20, 5), new QuantizedGaussian(-99, 99, 30, 9)]);
 * gaussians.bits(28);
 */
export function mixture(weights: readonly number[], models: readonly EntropyModel[]): Codec<number> {
  if (weights.length !== models.length || models.length === 0)
    throw rangeError(`a mixture takes a weight for each model, not ${weights.length} for ${models.length}`);
  if (models.length === 1) return fromModel(models[0]);
  const prior = new Categorical(weights, { perfect: true });
  const likelihoods = models.map(fromModel);
  const masses = models.map((_, k) => {
    prior.interval(k, interval);
    return interval.probability;
  });
  // Products of two masses: whole numbers below 2^48, so doubles hold them exactly.
  const joint = (symbol: number): Float64Array =>
    Float64Array.from(models, (model, k) => {
      model.interval(symbol, interval);
      return masses[k] * interval.probability;
    });
  const codec = bitsBack<number, number>({
    prior: fromModel(prior),
    likelihood: (k) => likelihoods[k],
    posterior: (symbol) => fromModel(new Categorical(joint(symbol), { perfect: false })),
  });
  return { ...codec, bits: (symbol) => 48 - log2(joint(symbol).reduce((sum, mass) => sum + mass, 0)) };
}
