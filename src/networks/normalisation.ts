/**
 * Normalisation: of channels over a batch, of each row by itself, of weights.
 *
 * Statistics are sums in doubles in a fixed order (over rows as they come; of a row, even and odd columns apart), rounded
 * to f32. Only batch normalisation in training looks at more than one row.
 */
import { rangeError } from '../errors.ts';
import type { Parameter } from './parameters.ts';
import { type Tensor, tapeOf } from './tape.ts';

/** Running statistics and settings of {@link batchNorm}. */
export interface BatchNormOptions {
  /** The running mean: a parameter [c] that is not learned, from 0. */
  readonly mean: Parameter;
  /** The running variance: a parameter [c] that is not learned, from 1. */
  readonly variance: Parameter;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** How much a pass in training moves the running statistics. Default 0.1. */
  readonly momentum?: number;
}

const checkRow = (what: string, t: Tensor | undefined, n: number): void => {
  if (t !== undefined && t.size !== n) throw rangeError(`${what} for ${n} columns has as many numbers, not ${t.size}`);
};

/**
 * Batch normalisation (Ioffe and Szegedy 2015, arXiv 1502.03167): (x - mean) / sqrt(variance + epsilon) weight + bias
 * for each column.
 *
 * While the tape is training, statistics are those of all rows of x, and the running ones move towards them (the
 * variance divided by rows - 1, as PyTorch keeps it). Where a batch is cut into shards, each has statistics of its own.
 * Otherwise the running ones count, and a row does not depend on the others.
 *
 * @param x - [..., c]
 * @param weight - [c]
 * @param bias - [c]
 * @throws RangeError (`invalid-argument`) for shapes that do not fit, or a single row in training.
 */
export function batchNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { mean, variance, epsilon = 1e-5, momentum = 0.1 }: BatchNormOptions,
): Tensor {
  const tape = tapeOf(x, weight, bias);
  const { kernel, workspace, training } = tape;
  const { rows, columns: n } = x;
  for (const [what, t] of Object.entries({ weight, bias })) checkRow(`a ${what}`, t, n);
  if (mean.size !== n || variance.size !== n)
    throw rangeError(`running statistics of ${n} columns have as many numbers, not ${mean.size} and ${variance.size}`);
  if (training && rows < 2) throw rangeError('batch normalisation in training takes at least two rows');
  const y = tape.result(x.shape, x, weight, bias);
  const [middle, spread, scale] = [workspace.allocate(n), workspace.allocate(n), workspace.allocate(n)];
  const [runningMean, runningVariance] = [mean.place(workspace).pointer, variance.place(workspace).pointer];
  if (training) {
    kernel.columnDots(rows, n, x.pointer, 0, 0, 1 / rows, middle);
    kernel.columnSquares(rows, n, x.pointer, middle, 1 / rows, spread);
    const unbiased = rows / (rows - 1);
    const [m, v] = [workspace.floats(middle, n), workspace.floats(spread, n)];
    const [rm, rv] = [workspace.floats(runningMean, n), workspace.floats(runningVariance, n)];
    for (let j = 0; j < n; j++) {
      rm[j] += (m[j] - rm[j]) * momentum;
      rv[j] += (v[j] * unbiased - rv[j]) * momentum;
    }
  } else {
    workspace.floats(middle, n).set(workspace.floats(runningMean, n));
    workspace.floats(spread, n).set(workspace.floats(runningVariance, n));
  }
  // From here on 1 / deviation.
  const inverse = workspace.floats(spread, n);
  const scales = workspace.floats(scale, n);
  const weights = weight.values;
  for (let j = 0; j < n; j++) {
    inverse[j] = 1 / Math.sqrt(inverse[j] + epsilon);
    scales[j] = weights[j] * inverse[j];
  }
  kernel.normaliseColumns(rows, n, x.pointer, middle, scale, bias.pointer, y.pointer);
  tape.record(y, () => {
    const dy = y.gradient();
    const dx = x.traced ? x.gradient() : 0;
    const slopes = weight.traced ? weight.gradient() : 0;
    const shifts = bias.traced ? bias.gradient() : 0;
    const mark = workspace.mark();
    const sum = workspace.allocate(n);
    const dot = workspace.allocate(n);
    kernel.columnDots(rows, n, dy, 0, 0, 1, sum);
    kernel.columnDots(rows, n, dy, x.pointer, middle, 1, dot);
    const sums = workspace.floats(sum, n);
    const dots = workspace.floats(dot, n);
    const by = workspace.floats(spread, n);
    const w = workspace.floats(scale, n);
    if (slopes) {
      const to = workspace.floats(slopes, n);
      for (let j = 0; j < n; j++) to[j] += dots[j] * by[j];
    }
    if (shifts) kernel.addScaled(n, sum, 1, shifts);
    if (dx) {
      // With h = (x - mean) / deviation: scale (dy - mean of dy - h mean of dy h); statistics that run are constants.
      for (let j = 0; j < n; j++) {
        dots[j] = training ? (-w[j] * by[j] * by[j] * dots[j]) / rows : 0;
        sums[j] = training ? (-w[j] * sums[j]) / rows : 0;
      }
      kernel.addNormalisedColumns(rows, n, dy, x.pointer, middle, scale, dot, sum, dx);
    }
    workspace.release(mark);
  });
  return y;
}

/**
 * Layer normalisation (Ba, Kiros and Hinton 2016, arXiv 1607.06450): each row minus its mean, by its deviation, then
 * weight and bias.
 *
 * @param x - [..., n]
 * @param weight - [n], or undefined for ones
 * @param bias - [n], or undefined for zeros
 * @param epsilon - Added to the variance. Default 1e-5.
 * @throws RangeError (`invalid-argument`) for shapes that do not fit.
 */
export function layerNorm(x: Tensor, weight?: Tensor, bias?: Tensor, epsilon = 1e-5): Tensor {
  const from = [x, weight, bias].filter((t) => t !== undefined);
  const tape = tapeOf(...from);
  const { kernel, workspace } = tape;
  const { rows, columns: n } = x;
  checkRow('a weight', weight, n);
  checkRow('a bias', bias, n);
  const y = tape.result(x.shape, ...from);
  const stats = workspace.allocate(2 * rows);
  const w = weight?.pointer ?? 0;
  kernel.layerNorm(rows, n, x.pointer, w, bias?.pointer ?? 0, epsilon, y.pointer, stats);
  tape.record(y, () => {
    const dy = y.gradient();
    const dx = x.traced ? x.gradient() : 0;
    const slopes = weight?.traced ? weight.gradient() : 0;
    const shifts = bias?.traced ? bias.gradient() : 0;
    kernel.layerNormBackward(rows, n, x.pointer, w, stats, dy, dx, slopes, shifts);
  });
  return y;
}

/**
 * Weight normalisation (Salimans and Kingma 2016, arXiv 1602.07868): g v / |v| for each output, the last dimension.
 *
 * @param v - [..., out]
 * @param g - [out]
 * @returns Weights of v's shape.
 * @throws RangeError (`invalid-argument`) for shapes that do not fit.
 */
export function weightNorm(v: Tensor, g: Tensor): Tensor {
  const tape = tapeOf(v, g);
  const { kernel, workspace } = tape;
  const { rows, columns: n } = v;
  checkRow('a gain', g, n);
  const y = tape.result(v.shape, v, g);
  const [inverse, scale] = [workspace.allocate(n), workspace.allocate(n)];
  kernel.columnSquares(rows, n, v.pointer, 0, 1, inverse);
  const by = workspace.floats(inverse, n);
  const scales = workspace.floats(scale, n);
  const gains = g.values;
  for (let j = 0; j < n; j++) {
    by[j] = 1 / Math.sqrt(Math.max(by[j], 1e-30));
    scales[j] = gains[j] * by[j];
  }
  kernel.binary(2, rows, n, v.pointer, scale, 0, y.pointer);
  tape.record(y, () => {
    const dy = y.gradient();
    const dv = v.traced ? v.gradient() : 0;
    const dg = g.traced ? g.gradient() : 0;
    const mark = workspace.mark();
    const [dot, zero, minus] = [workspace.allocate(n), workspace.allocate(n), workspace.allocate(n)];
    kernel.columnDots(rows, n, dy, v.pointer, 0, 1, dot);
    const dots = workspace.floats(dot, n);
    const lengths = workspace.floats(inverse, n);
    const w = workspace.floats(scale, n);
    if (dg) {
      const to = workspace.floats(dg, n);
      for (let j = 0; j < n; j++) to[j] += dots[j] * lengths[j];
    }
    if (dv) {
      // g / |v| (dy - v (dy . v) / |v|^2).
      workspace.floats(zero, n).fill(0);
      const to = workspace.floats(minus, n);
      for (let j = 0; j < n; j++) to[j] = -w[j] * lengths[j] * lengths[j] * dots[j];
      kernel.addNormalisedColumns(rows, n, dy, v.pointer, zero, scale, minus, zero, dv);
    }
    workspace.release(mark);
  });
  return y;
}
