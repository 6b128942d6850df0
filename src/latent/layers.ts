/**
 * Feed-forward networks by a list of their layers, which JSON can hold: what a model in a file says of itself, and what
 * a network that was trained elsewhere is described by.
 */
import { rangeError, typeError } from '../errors.ts';
import { type Activation, activate, UNARY } from '../networks/activations.ts';
import { convolution, transposedConvolution } from '../networks/convolution.ts';
import { linear } from '../networks/linear.ts';
import { batchNorm } from '../networks/normalisation.ts';
import { glorot, type Initialiser, ones, type Parameter, type Parameters, zeros } from '../networks/parameters.ts';
import { reshape } from '../networks/shape.ts';
import type { Tensor } from '../networks/tape.ts';
import type { ConfigValue } from './model.ts';
import { wholeNumber } from './saved.ts';

/** x W + b: `name.weight` [inputs, outputs], `name.bias`. */
export interface LinearLayer {
  readonly type: 'linear';
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Default true. */
  readonly bias?: boolean;
}

/** A convolution: `name.weight` [taps, taps, inputs, outputs], `name.bias`; zeros on all sides. */
export interface ConvolutionLayer {
  readonly type: 'conv2d';
  readonly name: string;
  /** Channels that come in. */
  readonly inputs: number;
  /** Channels that go out. */
  readonly outputs: number;
  /** Taps a side. */
  readonly kernel: number;
  /** Default 1. */
  readonly stride?: number;
  /** Rows and columns of zeros on each side. Default 0. */
  readonly padding?: number;
  /** Default true. */
  readonly bias?: boolean;
}

/** The transpose of a convolution: `name.weight` [taps, taps, outputs, inputs], `name.bias`. */
export interface TransposedConvolutionLayer extends Omit<ConvolutionLayer, 'type'> {
  readonly type: 'convTranspose2d';
  /** Rows and columns more at the bottom and at the right. Default 0. */
  readonly outputPadding?: number;
}

/** Batch normalisation over features or channels: `name.weight`, `name.bias`, `name.running_mean`, `name.running_var`. */
export interface BatchNormLayer {
  readonly type: 'batchNorm';
  readonly name: string;
  /** Numbers, or channels. */
  readonly features: number;
  /** Added to variances. Default 1e-5. */
  readonly epsilon?: number;
}

/** From [height, width, channels] to a row of numbers. */
export interface FlattenLayer {
  readonly type: 'flatten';
}

/** From a row of numbers to [height, width, channels]. */
export interface UnflattenLayer {
  readonly type: 'unflatten';
  /** Height, width and channels. */
  readonly shape: readonly [number, number, number];
}

/** A function of each number. */
export interface ActivationLayer {
  readonly type: Activation;
}

/** A layer of a network. */
export type Layer =
  | LinearLayer
  | ConvolutionLayer
  | TransposedConvolutionLayer
  | BatchNormLayer
  | FlattenLayer
  | UnflattenLayer
  | ActivationLayer;

const MOST = 2 ** 20;
const MOST_LAYERS = 256;

/** One layer, ready to be applied. */
type Step = (x: Tensor) => Tensor;

const fail = (at: string, problem: string): Error => rangeError(`${at}: ${problem}`);

/**
 * A network of layers one after another.
 *
 * @example
 * const encoder = new Network(parameters, 'encoder', layers, [784]);
 * encoder.apply(tape.input(pixels, [100, 784]));
 */
export class Network {
  /** What comes out for one image: [numbers] or [height, width, channels]. */
  readonly output: readonly number[];
  /** The layers, defaults left out or not as they were given. */
  readonly layers: readonly Layer[];
  private readonly steps: readonly Step[];

  /**
   * Declares the parameters of all layers.
   *
   * @param what - What messages call the network.
   * @param layers - Layers, as JSON has them: everything in them is checked.
   * @param input - What comes in for one image: [numbers] or [height, width, channels].
   * @throws TypeError or RangeError for layers that are none or do not fit together, naming the layer.
   */
  constructor(parameters: Parameters, what: string, layers: unknown, input: readonly number[]) {
    if (!Array.isArray(layers)) throw typeError(`${what} is a list of layers`);
    if (layers.length > MOST_LAYERS)
      throw rangeError(`${what} has at most ${MOST_LAYERS} layers, not ${layers.length}`);
    const steps: Step[] = [];
    let shape = input;
    for (const [i, layer] of layers.entries()) {
      const at = `layer ${i} of ${what}`;
      if (typeof layer !== 'object' || layer === null) throw typeError(`${at} is an object with a type`);
      const made = build(parameters, at, layer as Record<string, unknown>, shape);
      steps.push(made.step);
      shape = made.output;
      if (shape.reduce((n, d) => n * d, 1) > MOST * 16) throw fail(at, `${shape.join(' x ')} numbers are too many`);
    }
    this.layers = layers as readonly Layer[];
    this.steps = steps;
    this.output = shape;
  }

  /** Numbers that come out for one image. */
  get outputs(): number {
    return this.output.reduce((n, d) => n * d, 1);
  }

  /** From [batch, ...input] to [batch, ...output]. */
  apply(x: Tensor): Tensor {
    return this.steps.reduce((y, step) => step(y), x);
  }
}

function nameOf(at: string, layer: Record<string, unknown>): string {
  const { name } = layer;
  if (typeof name !== 'string' || name.length === 0 || name.length > 200)
    throw fail(at, 'a layer with parameters has a name');
  return name;
}

function biasOf(at: string, layer: Record<string, unknown>): boolean {
  const { bias = true } = layer;
  if (typeof bias !== 'boolean') throw fail(at, `bias is true or false, not ${String(bias)}`);
  return bias;
}

function build(
  parameters: Parameters,
  at: string,
  layer: Record<string, unknown>,
  shape: readonly number[],
): { step: Step; output: readonly number[] } {
  const number = (name: string, least: number, most: number, otherwise?: number): number =>
    wholeNumber(`${at}: ${name}`, layer[name] ?? otherwise, least, most);
  const flat = (): number => {
    if (shape.length !== 1) throw fail(at, `it takes a row of numbers, not ${shape.join(' x ')}: flatten comes first`);
    return shape[0];
  };
  const spatial = (): readonly [number, number, number] => {
    if (shape.length !== 3) throw fail(at, `it takes height x width x channels, not ${shape.join(' x ')} numbers`);
    return shape as unknown as readonly [number, number, number];
  };
  const fits = (name: string, given: number, wanted: number): void => {
    if (given !== wanted) throw fail(at, `${name} is ${wanted}, what comes in, not ${given}`);
  };
  const declare = (
    suffix: string,
    dimensions: readonly number[],
    initialiser: Initialiser,
    learned = true,
  ): Parameter => parameters.declare(`${nameOf(at, layer)}.${suffix}`, dimensions, initialiser, learned);
  const declareBias = (size: number): Parameter | undefined =>
    biasOf(at, layer) ? declare('bias', [size], zeros) : undefined;
  const { type } = layer;

  if (type === 'linear') {
    const inputs = number('inputs', 1, MOST);
    const outputs = number('outputs', 1, MOST);
    fits('inputs', inputs, flat());
    const weight = declare('weight', [inputs, outputs], glorot);
    const bias = declareBias(outputs);
    return {
      step: (x) => linear(x, x.tape.parameter(weight), bias && x.tape.parameter(bias)),
      output: [outputs],
    };
  }
  if (type === 'conv2d' || type === 'convTranspose2d') {
    const [h, w, c] = spatial();
    const inputs = number('inputs', 1, 65536);
    const outputs = number('outputs', 1, 65536);
    const kernel = number('kernel', 1, 64);
    const stride = number('stride', 1, 64, 1);
    const padding = number('padding', 0, 64, 0);
    fits('inputs', inputs, c);
    const transposed = type === 'convTranspose2d';
    const extra = transposed ? number('outputPadding', 0, stride - 1, 0) : 0;
    const side = (size: number): number =>
      transposed
        ? (size - 1) * stride - 2 * padding + kernel + extra
        : Math.floor((size + 2 * padding - kernel) / stride) + 1;
    const output = [side(h), side(w), outputs];
    if (output[0] < 1 || output[1] < 1) throw fail(at, `nothing is left of ${h} x ${w} pixels`);
    const weight = declare(
      'weight',
      transposed ? [kernel, kernel, outputs, inputs] : [kernel, kernel, inputs, outputs],
      glorot,
    );
    const bias = declareBias(outputs);
    const apply = transposed ? transposedConvolution : convolution;
    return {
      step: (x) =>
        apply(x, x.tape.parameter(weight), bias && x.tape.parameter(bias), {
          stride,
          padding,
          ...(transposed ? { extra } : {}),
        }),
      output,
    };
  }
  if (type === 'batchNorm') {
    const features = number('features', 1, MOST);
    fits('features', features, shape[shape.length - 1]);
    const { epsilon = 1e-5 } = layer;
    if (typeof epsilon !== 'number' || !(epsilon > 0 && epsilon < 1))
      throw fail(at, `epsilon lies between 0 and 1, not ${String(epsilon)}`);
    const [weight, bias] = [declare('weight', [features], ones), declare('bias', [features], zeros)];
    const mean = declare('running_mean', [features], zeros, false);
    const variance = declare('running_var', [features], ones, false);
    return {
      step: (x) => batchNorm(x, x.tape.parameter(weight), x.tape.parameter(bias), { mean, variance, epsilon }),
      output: shape,
    };
  }
  if (type === 'flatten') {
    const size = shape.reduce((n, d) => n * d, 1);
    return { step: (x) => reshape(x, [x.shape[0], size]), output: [size] };
  }
  if (type === 'unflatten') {
    const to = layer.shape as ConfigValue;
    if (!Array.isArray(to) || to.length !== 3) throw fail(at, 'shape is [height, width, channels]');
    for (const size of to) wholeNumber(`${at}: a side`, size, 1, 65536);
    const output = to as number[];
    fits('the product of the shape', output[0] * output[1] * output[2], flat());
    return { step: (x) => reshape(x, [x.shape[0], ...output]), output };
  }
  if (!UNARY.includes(type as Activation))
    throw fail(
      at,
      `no type '${String(type)}': there are linear, conv2d, convTranspose2d, batchNorm, flatten, unflatten, ${UNARY.join(', ')}`,
    );
  return { step: (x) => activate(type as Activation, x), output: shape };
}
