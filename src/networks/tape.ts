/**
 * Tensors of f32 and the tape that records what was done to them, so that gradients can flow back.
 *
 * A pass makes a tape, puts inputs and parameters on it, applies the functions of this room, calls
 * {@link Tape.backward}, and resets it. All is row-major; images are [batch, height, width, channels]. The same
 * operations in the same order give the same bits everywhere, and row i of a result has the same bits whatever the
 * other rows of the batch are, except where a function says that it looks at the whole batch (batch normalisation).
 */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import type { Parameter } from './parameters.ts';
import type { NetworkKernel, Workspace } from './workspace.ts';

/** Numbers that can be put into a tensor. */
export type Values = Float32Array | Float64Array | Uint8Array | Int32Array | readonly number[];

/** Elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/** An array of floats with a shape, on a tape. Made by {@link Tape} and by the functions of this room. */
export class Tensor {
  /** The tape that it belongs to. */
  readonly tape: Tape;
  /** Its dimensions, the last of which varies fastest. */
  readonly shape: readonly number[];
  /** Number of elements. */
  readonly size: number;
  /** Address of the first element. */
  readonly pointer: number;
  /** True when a gradient flows through it. */
  readonly traced: boolean;
  /** Address of its gradient; 0 before {@link gradient}. */
  private gradientAt: number;

  /** Made by {@link Tape}. */
  constructor(tape: Tape, shape: readonly number[], pointer: number, traced: boolean, gradientAt = 0) {
    this.tape = tape;
    this.shape = shape;
    this.size = sizeOf(shape);
    this.pointer = pointer;
    this.traced = traced;
    this.gradientAt = gradientAt;
  }

  /** Size of the last dimension. */
  get columns(): number {
    return this.shape[this.shape.length - 1];
  }

  /** Product of all dimensions but the last. */
  get rows(): number {
    return this.size / this.columns;
  }

  /** True when something has flowed back to it. */
  get reached(): boolean {
    return this.gradientAt !== 0;
  }

  /** Address of the gradient, zeros at the first call. */
  gradient(): number {
    if (this.gradientAt === 0) {
      const { workspace } = this.tape;
      this.gradientAt = workspace.allocate(this.size);
      workspace.floats(this.gradientAt, this.size).fill(0);
    }
    return this.gradientAt;
  }

  /** Its elements: a view, until the next operation. */
  get values(): Float32Array {
    return this.tape.workspace.floats(this.pointer, this.size);
  }

  /** A copy of its elements. */
  copy(): Float32Array {
    return this.values.slice();
  }

  /** A copy of its gradient: zeros when nothing has flowed back. */
  gradientValues(): Float32Array {
    return this.gradientAt === 0
      ? new Float32Array(this.size)
      : this.tape.workspace.floats(this.gradientAt, this.size).slice();
  }
}

/** What a tape is for. */
export interface TapeOptions {
  /** False when no gradients are wanted: nothing is recorded. Default true. */
  readonly gradients?: boolean;
  /** True while training: what layers do that behave otherwise then (batch normalisation). Default: `gradients`. */
  readonly training?: boolean;
}

/**
 * Records one pass at a time.
 *
 * @example
 * const tape = new Tape(workspace);
 * const y = relu(linear(tape.input(pixels, [100, 784]), tape.parameter(weight), tape.parameter(bias)));
 * tape.backward(crossEntropy(y, labels), 1 / 100);
 * tape.reset();
 */
export class Tape {
  /** Where the tensors lie. */
  readonly workspace: Workspace;
  /** Whether gradients are recorded. */
  readonly gradients: boolean;
  /** Whether layers behave as in training. */
  readonly training: boolean;
  private readonly steps: (() => void)[] = [];
  private readonly start: number;

  /** A tape on a workspace; what is already there stays below it. */
  constructor(workspace: Workspace, { gradients = true, training = gradients }: TapeOptions = {}) {
    this.workspace = workspace;
    this.gradients = gradients;
    this.training = training;
    this.start = workspace.mark();
  }

  /** The kernels. */
  get kernel(): NetworkKernel {
    return this.workspace.kernel;
  }

  /**
   * A constant: no gradient flows into it.
   *
   * @throws TypeError (`invalid-type`) when the numbers are not as many as the shape says.
   */
  input(values: Values, shape: readonly number[]): Tensor {
    checkShape(shape);
    const size = sizeOf(shape);
    if (values.length !== size)
      throw typeError(`a tensor of ${shape.join(' x ')} has ${size} numbers, not ${values.length}`);
    const tensor = new Tensor(this, shape, this.workspace.allocate(size), false);
    tensor.values.set(values);
    return tensor;
  }

  /** A leaf that a gradient flows into, to look at in {@link Tensor.gradientValues}. */
  variable(values: Values, shape: readonly number[]): Tensor {
    const { pointer } = this.input(values, shape);
    return new Tensor(this, shape, pointer, this.gradients);
  }

  /** A parameter: its gradient is added to what the parameter has. */
  parameter(parameter: Parameter): Tensor {
    const { pointer, gradient } = parameter.place(this.workspace);
    return new Tensor(this, parameter.shape, pointer, this.gradients, gradient);
  }

  /** An uninitialised tensor for the result of an operation. For functions that add operations. */
  result(shape: readonly number[], ...from: readonly Tensor[]): Tensor {
    const traced = this.gradients && from.some((t) => t.traced);
    return new Tensor(this, shape, this.workspace.allocate(sizeOf(shape)), traced);
  }

  /** The same elements under another shape, and the same gradient. */
  alias(tensor: Tensor, shape: readonly number[]): Tensor {
    if (sizeOf(shape) !== tensor.size)
      throw rangeError(`${tensor.shape.join(' x ')} has not as many elements as ${shape.join(' x ')}`);
    return new Tensor(this, shape, tensor.pointer, tensor.traced, tensor.traced ? tensor.gradient() : 0);
  }

  /** Remembers how gradients flow back from a result; called in the opposite order by {@link backward}. */
  record(result: Tensor, step: () => void): void {
    if (result.traced)
      this.steps.push(() => {
        if (result.reached) step();
      });
  }

  /**
   * Lets the gradient of `weight` times the sum of the tensor's elements flow back.
   *
   * @param loss - Such as one loss for each row of a batch, in nats.
   * @param weight - Such as 1 / batch.
   */
  backward(loss: Tensor, weight = 1): void {
    if (!loss.traced) return;
    const at = loss.gradient();
    const gradient = this.workspace.floats(at, loss.size);
    for (let i = 0; i < gradient.length; i++) gradient[i] += weight;
    for (let i = this.steps.length - 1; i >= 0; i--) this.steps[i]();
    this.steps.length = 0;
  }

  /** Forgets the pass and gives its space back. Tensors of before must not be used any more. */
  reset(): void {
    this.steps.length = 0;
    this.workspace.release(this.start);
  }

  /**
   * Checks that a tensor is finite, which what is coded, hashed or saved has to be.
   *
   * @throws SurprisalError (`wrong-model`), naming what it is and where.
   */
  finite(tensor: Tensor, what: string): Tensor {
    const at = this.kernel.firstNotFinite(tensor.size, tensor.pointer);
    if (at < tensor.size)
      throw new SurprisalError(
        'wrong-model',
        `${what} is not a finite number at index ${at}. The weights do not fit the data.`,
      );
    return tensor;
  }
}

/** @throws RangeError (`invalid-argument`) for what is no shape. */
export function checkShape(shape: readonly number[]): void {
  if (!Array.isArray(shape) || shape.length === 0 || shape.some((d) => !(Number.isInteger(d) && d >= 1)))
    throw rangeError(`a shape is an array of whole numbers from 1, not ${JSON.stringify(shape)}`);
  if (sizeOf(shape) >= 2 ** 30) throw rangeError(`a tensor has fewer than 2^30 numbers, not ${shape.join(' x ')}`);
}

/** Checks that tensors are of one tape, and returns it. */
export function tapeOf(...tensors: readonly Tensor[]): Tape {
  const { tape } = tensors[0];
  for (const tensor of tensors) if (tensor.tape !== tape) throw rangeError('tensors of two tapes do not mix');
  return tape;
}
