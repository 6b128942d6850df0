/** Functions of each number by itself, and their slopes. */
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
