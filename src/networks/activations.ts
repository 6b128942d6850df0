/**
 * Functions of each number by itself, and their slopes.
 *
 * They consist of IEEE operations in a fixed order, so that they are the same everywhere. Largest errors against exact
 * values, over numbers of all sizes and evenly drawn ones, in units of 2^-24 of the value (half a place, which is what
 * rounding alone costs, is 1) or as they are:
 *
 * | function | from | to | error |
 * | --- | --- | --- | --- |
 * | relu | | | 0 |
 * | square | | | 1 |
 * | leakyRelu | | | 1.4 |
 * | exp | -87.3 | 88.3 | 1.5 |
 * | log | 1.2e-38 | 3.4e38 | 1.5 |
 * | tanh | | | 2.4 |
 * | sigmoid | -87 | | 2.5 |
 * | softplus | -87 | | 3.0 |
 * | silu | -87 | | 3.2 |
 * | elu | | | 6e-8 absolute, none above 0 |
 * | gelu, against its tanh form | | | 9e-8 (1 + value) |
 */
import { type Tensor, tapeOf } from './tape.ts';

/** Names of the functions in the order of the kernel's numbers. */
export const UNARY = [
  'relu',
  'sigmoid',
  'tanh',
  'softplus',
  'exp',
  'log',
  'square',
  'elu',
  'silu',
  'gelu',
  'leakyRelu',
] as const;

/** Name of one of the functions. */
export type Activation = (typeof UNARY)[number];

/**
 * A function by its name, for each number of a tensor.
 *
 * @example
 * activate('tanh', x);
 */
export function activate(name: Activation, x: Tensor): Tensor {
  const tape = tapeOf(x);
  const op = UNARY.indexOf(name);
  const y = tape.result(x.shape, x);
  tape.kernel.unary(op, x.size, x.pointer, y.pointer);
  tape.record(y, () => tape.kernel.unaryBackward(op, x.size, x.pointer, y.pointer, y.gradient(), x.gradient()));
  return y;
}

/** max(x, 0). */
export const relu = (x: Tensor): Tensor => activate('relu', x);
/** 1 / (1 + e^-x). */
export const sigmoid = (x: Tensor): Tensor => activate('sigmoid', x);
/** Hyperbolic tangent. */
export const tanh = (x: Tensor): Tensor => activate('tanh', x);
/** ln(1 + e^x). */
export const softplus = (x: Tensor): Tensor => activate('softplus', x);
/** e^x, for x from -87.3 to 88.3; other x count as the nearer end. */
export const exp = (x: Tensor): Tensor => activate('exp', x);
/** Natural logarithm; what is below 2^-126 counts as that. */
export const log = (x: Tensor): Tensor => activate('log', x);
/** x^2. */
export const square = (x: Tensor): Tensor => activate('square', x);
/** x where positive, else e^x - 1 (Clevert, Unterthiner and Hochreiter 2016, arXiv 1511.07289). */
export const elu = (x: Tensor): Tensor => activate('elu', x);
/** x / (1 + e^-x), also called swish. */
export const silu = (x: Tensor): Tensor => activate('silu', x);
/** The Gaussian error linear unit in its tanh form (Hendrycks and Gimpel 2016, arXiv 1606.08415). */
export const gelu = (x: Tensor): Tensor => activate('gelu', x);
/** x where positive, else x / 100. */
export const leakyRelu = (x: Tensor): Tensor => activate('leakyRelu', x);
