/**
 * Losses of pixels: the code length of values 0 to `most` under the distributions that src/models codes them with, and
 * what parameters those get from the same outputs of a network.
 *
 * An output counts as the nearer end of a range where e is raised to it; what flows back past an end is the derivative
 * at the end. With the defaults, centre = spread = most / 2, a mean of -1 stands for the value 0 and 1 for the last
 * one, so that the outputs of a fresh network are of the right size; with centre 0 and spread 1 means and scales are in
 * units of the grid themselves.
 *
 * | loss | model | its parameters |
 * | --- | --- | --- |
 * | {@link bernoulliLoss} | `BernoulliLogits` | logit |
 * | {@link softmaxCrossEntropy} | `Categorical` | e^logit |
 * | {@link logisticLoss} | `QuantizedLogistic(0, most)` | centre + spread m, spread e^s, s within +-8 |
 * | {@link logisticMixtureLoss} | `LogisticMixture(0, most, K)` | e^w, centre + spread m, spread e^s, s within +-8 |
 * | {@link betaBinomialLoss} | `BetaBinomial(trials)` | e^a, e^b, a and b within +-10 |
 *
 * A model gives every symbol one unit of 2^-24 at least, which no loss counts: a loss is above the code length where a
 * symbol's mass is below that, and otherwise the two differ by a few parts in 10^5.
 */
import { rangeError } from '../errors.ts';
import { checkRange, rowLoss, sameShape } from './losses.ts';
import { type Tensor, tapeOf } from './tape.ts';

/** What unit means and scales of logistics are in. */
export interface LogisticOptions {
  /** The last value. Default 255. */
  readonly most?: number;
  /** The value that a mean of 0 stands for. Default most / 2. */
  readonly centre?: number;
  /** Values for a mean or a scale of 1. Default most / 2. */
  readonly spread?: number;
}

/** How outputs make mixtures. */
export interface MixtureOptions extends LogisticOptions {
  /** Logistics in a mixture, from 1 to 1024. */
  readonly components: number;
  /**
   * How a row of outputs lies. `pixels`: 3 K numbers for each value, its K log weights, then K means, then K logarithms
   * of scales, as convolutions give them. `planes`: the first log weight of all values, the second of all, and so on.
   * Default `pixels`.
   */
  readonly layout?: 'pixels' | 'planes';
}

function grid(what: string, { most = 255, centre = most / 2, spread = most / 2 }: LogisticOptions): number[] {
  if (!(Number.isInteger(most) && most >= 1 && most < 2 ** 20))
    throw rangeError(`${what}: the last value is a whole number from 1 to 2^20 - 1, not ${most}`);
  if (!(Number.isFinite(centre) && spread > 0 && spread <= 2 ** 20))
    throw rangeError(`${what} takes a finite centre and a spread from above 0 to 2^20, not ${centre} and ${spread}`);
  return [most, centre, spread];
}

/**
 * Values under logistic distributions cut to the grid: the mass between x - 1/2 and x + 1/2 is x's, and what lies
 * outside is the first and the last value's (Salimans, Karpathy, Chen and Kingma 2017, arXiv 1701.05517).
 *
 * @param x - Whole numbers from 0 to `most`. No gradient flows to them.
 * @param means - A mean for each.
 * @param logScales - Logarithms of scales.
 * @returns [batch], nats.
 * @throws RangeError (`invalid-argument`) for shapes that differ, options out of range, or an x that is no value.
 */
export function logisticLoss(x: Tensor, means: Tensor, logScales: Tensor, options: LogisticOptions = {}): Tensor {
  const [most, centre, spread] = grid('logisticLoss', options);
  sameShape('logisticLoss', x, means, logScales);
  const { workspace } = tapeOf(x, means, logScales);
  checkRange('logisticLoss', x, 0, most, true);
  const scratch = workspace.scratch(64);
  const [m, s] = [means.pointer, logScales.pointer];
  return rowLoss([means, logScales], x.size, (kernel, losses, [dm, ds]) => {
    // One address says whether derivatives are wanted: room for those of an input that wants none.
    const mark = workspace.mark();
    const spare = dm || ds ? (dm && ds ? 0 : workspace.allocate(x.size)) : 0;
    kernel.logisticMixtures(
      x.size,
      1,
      x.pointer,
      most,
      0,
      m,
      s,
      4,
      4,
      centre,
      spread,
      losses,
      0,
      dm || spare,
      ds || spare,
      scratch,
    );
    workspace.release(mark);
  });
}

/**
 * Values under mixtures of logistics, each cut to the grid as by {@link logisticLoss}.
 *
 * @param x - [batch, ...], whole numbers from 0 to `most`. No gradient flows to them.
 * @param outputs - 3 K numbers for each value of x, in the layout of the options: [batch, ..., 3 K] for `pixels`.
 * @returns [batch], nats.
 * @throws RangeError (`invalid-argument`) for outputs that are too few or too many, options out of range, or an x that
 *   is no value.
 * @example
 * logisticMixtureLoss(tape.input(images, [100, 784]), outputs, { components: 5 });
 */
export function logisticMixtureLoss(x: Tensor, outputs: Tensor, options: MixtureOptions): Tensor {
  const { components: count, layout = 'pixels' } = options;
  const [most, centre, spread] = grid('logisticMixtureLoss', options);
  if (!(Number.isInteger(count) && count >= 1 && count <= 1024))
    throw rangeError(`a mixture has from 1 to 1024 components, not ${count}`);
  if (layout !== 'pixels' && layout !== 'planes') throw rangeError(`a layout is pixels or planes, not ${layout}`);
  const rows = x.shape[0];
  if (outputs.shape[0] !== rows || outputs.size !== 3 * count * x.size)
    throw rangeError(
      `${x.shape.join(' x ')} values have ${3 * count} outputs each, which ${outputs.shape.join(' x ')} are not`,
    );
  const { workspace } = tapeOf(x, outputs);
  checkRange('logisticMixtureLoss', x, 0, most, true);
  const scratch = workspace.scratch(64 * count);
  // Planes are another matrix for each row; pixels are one list.
  const values = layout === 'pixels' ? x.size : x.size / rows;
  const [stride, step] = layout === 'pixels' ? [12 * count, 4] : [4, 4 * values];
  const part = step * count;
  return rowLoss([outputs], x.size, (kernel, losses, [d]) => {
    for (let first = 0; first < x.size; first += values) {
      const w = outputs.pointer + 12 * count * first;
      const dw = d && d + 12 * count * first;
      kernel.logisticMixtures(
        values,
        count,
        x.pointer + 4 * first,
        most,
        w,
        w + part,
        w + 2 * part,
        stride,
        step,
        centre,
        spread,
        losses + 4 * first,
        dw,
        dw && dw + part,
        dw && dw + 2 * part,
        scratch,
      );
    }
  });
}

/**
 * Values under beta-binomial distributions: the successes of `trials` trials whose probability is itself drawn from a
 * beta distribution (Townsend, Bird and Barber 2019, arXiv 1901.04866). Computed in doubles.
 *
 * @param x - Whole numbers from 0 to `trials`. No gradient flows to them.
 * @param logAlphas - Logarithms of alpha.
 * @param logBetas - Logarithms of beta.
 * @param trials - From 1 to 65,535. Default 255.
 * @returns [batch], nats.
 * @throws RangeError (`invalid-argument`) for shapes that differ, or an x that is no value.
 */
export function betaBinomialLoss(x: Tensor, logAlphas: Tensor, logBetas: Tensor, trials = 255): Tensor {
  if (!(Number.isInteger(trials) && trials >= 1 && trials <= 65535))
    throw rangeError(`a beta-binomial distribution has from 1 to 65535 trials, not ${trials}`);
  sameShape('betaBinomialLoss', x, logAlphas, logBetas);
  const { workspace } = tapeOf(x, logAlphas, logBetas);
  checkRange('betaBinomialLoss', x, 0, trials, true);
  return rowLoss([logAlphas, logBetas], x.size, (kernel, losses, [da, db]) => {
    const mark = workspace.mark();
    const choices = workspace.allocate(2 * (trials + 1));
    kernel.logChoices(trials, choices);
    const spare = da || db ? (da && db ? 0 : workspace.allocate(x.size)) : 0;
    const [a, b] = [logAlphas.pointer, logBetas.pointer];
    kernel.betaBinomials(x.size, trials, choices, a, b, x.pointer, losses, da || spare, db || spare);
    workspace.release(mark);
  });
}
