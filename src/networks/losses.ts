/**
 * What networks are trained by: code lengths in nats, one number for each row of a batch.
 *
 * A row is all that belongs to one index of the first dimension: [batch, pixels] and [batch, height, width, channels]
 * both give [batch]. For other groups reshape first. A number's loss has the same bits wherever in a batch it stands;
 * a row's loss is the sum of four sums over every fourth number. Derivatives are found on the way forwards, where they
 * share most of the work, and only when a gradient is wanted.
 *
 * All are finite for finite outputs of a network up to 10^10: logarithms of scales count as the nearer end of
 * [-15, 15], and what flows back past an end is the derivative at the end, so that training finds its way back.
 *
 * Losses of pixels, with what the codecs do with the same outputs: likelihoods.ts.
 */
import { rangeError } from '../errors.ts';
import { type Tensor, tapeOf } from './tape.ts';
import type { NetworkKernel } from './workspace.ts';

/**
 * The sum over each row of a loss for each of `count` numbers, with derivatives by the inputs that are kept until they
 * are scaled by what flows back to the row. For functions that add losses.
 *
 * @param run - Writes the losses, and the derivatives by each input where its address is not 0.
 */
export function rowLoss(
  inputs: readonly Tensor[],
  count: number,
  run: (kernel: NetworkKernel, losses: number, derivatives: readonly number[]) => void,
): Tensor {
  const tape = tapeOf(...inputs);
  const { kernel, workspace } = tape;
  const rows = inputs[0].shape[0];
  const loss = tape.result([rows], ...inputs);
  const derivatives = inputs.map((t) => (loss.traced && t.traced ? workspace.allocate(t.size) : 0));
  if (count === rows) run(kernel, loss.pointer, derivatives);
  else {
    const mark = workspace.mark();
    const losses = workspace.allocate(count);
    run(kernel, losses, derivatives);
    kernel.rowSums(rows, count / rows, losses, loss.pointer);
    workspace.release(mark);
  }
  tape.record(loss, () => {
    for (const [i, input] of inputs.entries())
      if (derivatives[i])
        kernel.addRowScaled(rows, input.size / rows, derivatives[i], loss.gradient(), input.gradient());
  });
  return loss;
}

/** @throws RangeError (`invalid-argument`) unless all have one shape. */
export function sameShape(what: string, ...tensors: readonly Tensor[]): void {
  const [{ shape }] = tensors;
  for (const { shape: other } of tensors)
    if (other.length !== shape.length || other.some((d, i) => d !== shape[i]))
      throw rangeError(`${what} takes tensors of one shape, not of ${shape.join(' x ')} and ${other.join(' x ')}`);
}

/**
 * Bits under their log odds: -log p(x), where p(1) = 1 / (1 + e^-logit). What `BernoulliLogits` codes them with.
 *
 * @param logits - Log odds of a 1.
 * @param x - 0 or 1; a share between the two is the expectation over bits that are 1 with it. No gradient flows to it.
 * @returns [batch], nats.
 * @throws RangeError (`invalid-argument`) for shapes that differ, and for an x outside of [0, 1].
 * @example
 * tape.backward(bernoulliLoss(decoder(z), pixels), 1 / batch);
 */
export function bernoulliLoss(logits: Tensor, x: Tensor): Tensor {
  sameShape('bernoulliLoss', logits, x);
  tapeOf(logits, x);
  checkRange('bernoulliLoss', x, 0, 1, false);
  return rowLoss([logits], logits.size, (kernel, losses, [dl]) =>
    kernel.bernoulli(logits.size, logits.pointer, x.pointer, losses, dl),
  );
}

/** Holds the numbers of a tensor against a range. */
export function checkRange(what: string, x: Tensor, low: number, high: number, whole: boolean): void {
  const at = x.tape.kernel.firstOutside(x.size, x.pointer, low, high, whole ? 1 : 0);
  if (at === x.size) return;
  const numbers = whole ? 'whole numbers' : 'numbers';
  throw rangeError(`${what}: x has ${numbers} from ${low} to ${high}, not ${x.values[at]}, which is at index ${at}`);
}

/**
 * KL(q || p) from a diagonal normal distribution to the standard one: what latents cost beyond the bits that they
 * give back, in expectation.
 *
 * @param means - Means of q.
 * @param logScales - Logarithms of its standard deviations.
 * @returns [batch], nats.
 * @throws RangeError (`invalid-argument`) for shapes that differ.
 */
export function gaussianDivergence(means: Tensor, logScales: Tensor): Tensor {
  sameShape('gaussianDivergence', means, logScales);
  return rowLoss([means, logScales], means.size, (kernel, losses, [dm, ds]) =>
    kernel.divergence(means.size, means.pointer, logScales.pointer, losses, dm, ds),
  );
}

/**
 * KL(q || p) between two diagonal normal distributions.
 *
 * @param means - Means of q.
 * @param logScales - Logarithms of its standard deviations.
 * @param priorMeans - Means of p.
 * @param priorLogScales - Logarithms of its standard deviations.
 * @returns [batch], nats.
 * @throws RangeError (`invalid-argument`) for shapes that differ.
 */
export function gaussianDivergenceBetween(
  means: Tensor,
  logScales: Tensor,
  priorMeans: Tensor,
  priorLogScales: Tensor,
): Tensor {
  const all = [means, logScales, priorMeans, priorLogScales];
  sameShape('gaussianDivergenceBetween', ...all);
  const [m, s, p, t] = all.map((tensor) => tensor.pointer);
  return rowLoss(all, means.size, (kernel, losses, [dm, ds, dp, dt]) =>
    kernel.divergenceBetween(means.size, m, s, p, t, losses, dm, ds, dp, dt),
  );
}

function logDensity(what: string, logistic: number, z: Tensor, means: Tensor, logScales: Tensor): Tensor {
  sameShape(what, z, means, logScales);
  return rowLoss([z, means, logScales], z.size, (kernel, values, [dz, dm, ds]) =>
    kernel.logDensity(logistic, z.size, z.pointer, means.pointer, logScales.pointer, values, dz, dm, ds),
  );
}

/**
 * log N(z; means, e^logScales), summed over a row. Not a loss but its opposite: subtract it, or give {@link affine} a
 * factor of -1. Gradients flow to all three.
 *
 * @returns [batch], nats.
 * @throws RangeError (`invalid-argument`) for shapes that differ.
 */
export function gaussianLogDensity(z: Tensor, means: Tensor, logScales: Tensor): Tensor {
  return logDensity('gaussianLogDensity', 0, z, means, logScales);
}

/**
 * The logarithm of logistic densities, e^-d / (scale (1 + e^-d)^2) with d = (z - mean) / scale, summed over a row. As
 * {@link gaussianLogDensity}; the latents of Bit-Swap are logistic (Kingma, Abbeel and Ho 2019, arXiv 1905.06845).
 *
 * @returns [batch], nats.
 * @throws RangeError (`invalid-argument`) for shapes that differ.
 */
export function logisticLogDensity(z: Tensor, means: Tensor, logScales: Tensor): Tensor {
  return logDensity('logisticLogDensity', 1, z, means, logScales);
}

/**
 * mean + scale x noise: a sample through which gradients flow to mean and scale (Kingma and Welling 2014,
 * arXiv 1312.6114).
 *
 * @param noise - Standard normal numbers. No gradient flows to them.
 * @returns Samples, of the means' shape.
 * @throws RangeError (`invalid-argument`) for shapes that differ.
 */
export function sampleGaussian(means: Tensor, logScales: Tensor, noise: Tensor): Tensor {
  sameShape('a sample', means, logScales, noise);
  const tape = tapeOf(means, logScales, noise);
  const { kernel } = tape;
  const n = means.size;
  const y = tape.result(means.shape, means, logScales);
  kernel.sample(n, means.pointer, logScales.pointer, noise.pointer, y.pointer);
  tape.record(y, () => {
    if (means.traced) kernel.addScaled(n, y.gradient(), 1, means.gradient());
    if (logScales.traced)
      kernel.sampleBackward(n, logScales.pointer, noise.pointer, y.gradient(), logScales.gradient());
  });
  return y;
}

/**
 * mean + scale x log(u / (1 - u)): a logistic sample, as {@link sampleGaussian}.
 *
 * @param uniform - Uniform numbers of [0, 1]; they count as the nearer end of [2^-24, 1 - 2^-24].
 * @returns Samples, of the means' shape.
 * @throws RangeError (`invalid-argument`) for shapes that differ.
 */
export function sampleLogistic(means: Tensor, logScales: Tensor, uniform: Tensor): Tensor {
  const tape = tapeOf(means, logScales, uniform);
  const noise = tape.result(uniform.shape);
  tape.kernel.logits(uniform.size, uniform.pointer, noise.pointer);
  return sampleGaussian(means, logScales, noise);
}

/**
 * Labels under a softmax: log(sum of e^logits) - logits[label], summed over the groups of a row.
 *
 * @param logits - [batch, classes], or [batch, ..., classes] for several labels a row.
 * @param labels - One for each group of logits, from 0 to classes - 1.
 * @returns [batch], nats.
 * @throws RangeError (`invalid-argument`) for labels that are too few, too many or no classes.
 * @example
 * softmaxCrossEntropy(linear(h, weight, bias), Int32Array.of(7, 2, 1));
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Int32Array | Uint8Array): Tensor {
  const { rows, columns, tape } = logits;
  if (logits.shape.length < 2) throw rangeError('logits are [batch, classes] or [batch, ..., classes]');
  if (labels.length !== rows)
    throw rangeError(`${logits.shape.join(' x ')} logits have ${rows} labels, not ${labels.length}`);
  const at = labels.findIndex((label) => label < 0 || label >= columns);
  if (at >= 0) throw rangeError(`a label is from 0 to ${columns - 1}, not ${labels[at]}, which is at index ${at}`);
  const place = tape.workspace.allocate(rows);
  tape.workspace.integers(place, rows).set(labels);
  return rowLoss([logits], rows, (kernel, losses, [dx]) =>
    kernel.crossEntropy(rows, columns, logits.pointer, place, losses, dx),
  );
}

/**
 * The sum of (x - y)^2 over a row of n numbers. Gradients flow to both. For the mean, `affine(loss, 1 / n)`; for
 * -log N(x; y, sigma) with a sigma that is not learned, `affine(loss, 1 / (2 sigma^2), n log(sigma sqrt(2 pi)))`.
 *
 * @returns [batch].
 * @throws RangeError (`invalid-argument`) for shapes that differ.
 */
export function squaredError(x: Tensor, y: Tensor): Tensor {
  sameShape('squaredError', x, y);
  return rowLoss([x, y], x.size, (kernel, losses, [dx, dy]) =>
    kernel.squaredDifference(x.size, x.pointer, y.pointer, losses, dx, dy),
  );
}
