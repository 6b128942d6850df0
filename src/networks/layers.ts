/**
 * Layers: functions of this room with the parameters that they learn.
 *
 * A layer declares its parameters under a name when it is made, and puts them on the tape of what it is applied to.
 * Names end as PyTorch's do: weight, bias, weight_g, weight_v, running_mean, running_var.
 */
import { rangeError } from '../errors.ts';
import { type Activation, activate } from './activations.ts';
import { add, multiply } from './arithmetic.ts';
import {
  type ConvolutionOptions,
  convolution,
  type TransposedConvolutionOptions,
  transposedConvolution,
} from './convolution.ts';
import { embedding } from './embedding.ts';
import { linear } from './linear.ts';
import { batchNorm, layerNorm, weightNorm } from './normalisation.ts';
import { constant, he, type Initialiser, normal, ones, type Parameter, type Parameters, zeros } from './parameters.ts';
import { sizeOf, type Tensor } from './tape.ts';

/** What can be applied to a tensor. */
export interface Layer {
  /**
   * The layer's result, on the tape of x.
   *
   * @throws RangeError (`invalid-argument`) when x is not of a shape for it.
   */
  apply(x: Tensor): Tensor;
}

/** Settings of layers with weights. */
export interface WeightOptions {
  /** How weights begin. Default: {@link he}. */
  readonly initialiser?: Initialiser;
  /** False for no bias. Default true. */
  readonly bias?: boolean;
  /**
   * Weight normalisation: weight_v has the directions and weight_g the lengths, which begin at the number given, or at
   * sqrt 2 for true (what {@link he} gives them on average). Default false.
   */
  readonly weightNorm?: boolean | number;
}

/** A weight with its bias, in one of two parametrisations. */
class Weight {
  private readonly weight: Parameter;
  private readonly gain: Parameter | undefined;
  private readonly biases: Parameter | undefined;

  constructor(
    parameters: Parameters,
    name: string,
    shape: readonly number[],
    outputs: number,
    { initialiser = he, bias = true, weightNorm: gain = false }: WeightOptions,
  ) {
    this.weight = parameters.declare(`${name}.${gain === false ? 'weight' : 'weight_v'}`, shape, initialiser);
    if (gain !== false) {
      const length = gain === true ? Math.SQRT2 : gain;
      this.gain = parameters.declare(`${name}.weight_g`, [shape[shape.length - 1]], constant(length));
    }
    this.biases = bias ? parameters.declare(`${name}.bias`, [outputs], zeros) : undefined;
  }

  on({ tape }: Tensor): { weight: Tensor; bias: Tensor | undefined } {
    const weight = tape.parameter(this.weight);
    return {
      weight: this.gain === undefined ? weight : weightNorm(weight, tape.parameter(this.gain)),
      bias: this.biases === undefined ? undefined : tape.parameter(this.biases),
    };
  }
}

/**
 * x W + b: [..., in] to [..., out].
 *
 * @example
 * const hidden = new Dense(parameters, 'hidden', 784, 100);
 * relu(hidden.apply(x));
 */
export class Dense implements Layer {
  private readonly weight: Weight;

  /** Declares `name`.weight [in, out] and `name`.bias [out]. */
  constructor(parameters: Parameters, name: string, inputs: number, outputs: number, options: WeightOptions = {}) {
    this.weight = new Weight(parameters, name, [inputs, outputs], outputs, options);
  }

  /** [..., in] to [..., out]. */
  apply(x: Tensor): Tensor {
    const { weight, bias } = this.weight.on(x);
    return linear(x, weight, bias);
  }
}

/** Taps of a convolution: the same both ways, or [down, across]. */
export type Taps = number | readonly [number, number];

const bothWays = (taps: Taps): readonly [number, number] => (typeof taps === 'number' ? [taps, taps] : taps);

/** Settings of {@link Convolution}. */
export interface ConvolutionLayerOptions extends WeightOptions, ConvolutionOptions {
  /** Default 3. */
  readonly taps?: Taps;
  /** Ones where weights count and zeros where they do not, of the weights' shape: {@link causalMask}. */
  readonly mask?: Float32Array;
}

/**
 * A convolution: [batch, h, w, in] to [batch, h', w', out].
 *
 * @example
 * const down = new Convolution(parameters, 'down', 32, 64, { stride: 2 });
 */
export class Convolution implements Layer {
  private readonly weight: Weight;
  private readonly options: ConvolutionLayerOptions;

  /** Declares `name`.weight [down, across, in, out] and `name`.bias [out]. */
  constructor(
    parameters: Parameters,
    name: string,
    inputs: number,
    outputs: number,
    options: ConvolutionLayerOptions = {},
  ) {
    const shape = [...bothWays(options.taps ?? 3), inputs, outputs];
    if (options.mask !== undefined && options.mask.length !== sizeOf(shape))
      throw rangeError(`a mask of ${options.mask.length} numbers is not one for weights of ${shape.join(' x ')}`);
    this.weight = new Weight(parameters, name, shape, outputs, options);
    this.options = options;
  }

  /** [batch, h, w, in] to [batch, h', w', out]. */
  apply(x: Tensor): Tensor {
    const { weight, bias } = this.weight.on(x);
    const { mask } = this.options;
    const masked = mask === undefined ? weight : multiply(weight, x.tape.input(mask, weight.shape));
    return convolution(x, masked, bias, this.options);
  }
}

/**
 * A mask for convolutions that look only at pixels before the one they stand on, in the order of a page (van den Oord,
 * Kalchbrenner and Kavukcuoglu 2016, arXiv 1601.06759). With 'same' padding and an odd number of taps.
 *
 * @param shape - The weights': [down, across, in, out].
 * @param itself - Whether the pixel in the middle counts: false for the first layer, true for those on top.
 */
export function causalMask(shape: readonly [number, number, number, number], itself: boolean): Float32Array {
  const [kh, kw, cin, cout] = shape;
  if (kh % 2 === 0 || kw % 2 === 0) throw rangeError(`${kh} x ${kw} taps have no middle`);
  const mask = new Float32Array(kh * kw * cin * cout);
  const middle = (kh >> 1) * kw + (kw >> 1);
  mask.fill(1, 0, (itself ? middle + 1 : middle) * cin * cout);
  return mask;
}

/** Settings of {@link TransposedConvolution}. */
export interface TransposedConvolutionLayerOptions extends WeightOptions, TransposedConvolutionOptions {
  /** Default 3. */
  readonly taps?: Taps;
}

/**
 * A transposed convolution: [batch, h, w, in] to [batch, h', w', out], larger by the stride.
 *
 * @example
 * const up = new TransposedConvolution(parameters, 'up', 64, 32, { taps: 4, stride: 2 });
 */
export class TransposedConvolution implements Layer {
  private readonly weight: Weight;
  private readonly options: TransposedConvolutionLayerOptions;

  /** Declares `name`.weight [down, across, out, in] and `name`.bias [out]. */
  constructor(
    parameters: Parameters,
    name: string,
    inputs: number,
    outputs: number,
    options: TransposedConvolutionLayerOptions = {},
  ) {
    const [kh, kw] = bothWays(options.taps ?? 3);
    // What reaches one output: of the taps, one in stride^2.
    const { stride = 1 } = options;
    const fan = (kh * kw * inputs) / (stride * stride);
    if (options.weightNorm) throw rangeError('weight normalisation is not for transposed convolutions');
    this.weight = new Weight(parameters, name, [kh, kw, outputs, inputs], outputs, {
      initialiser: normal(Math.sqrt(2 / fan)),
      ...options,
    });
    this.options = options;
  }

  /** [batch, h, w, in] to [batch, h', w', out]. */
  apply(x: Tensor): Tensor {
    const { weight, bias } = this.weight.on(x);
    return transposedConvolution(x, weight, bias, this.options);
  }
}

/** Settings of {@link BatchNorm}. */
export interface BatchNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** How much a pass in training moves the running statistics. Default 0.1. */
  readonly momentum?: number;
}

/** Batch normalisation of the last dimension. */
export class BatchNorm implements Layer {
  private readonly weight: Parameter;
  private readonly bias: Parameter;
  private readonly mean: Parameter;
  private readonly variance: Parameter;
  private readonly options: BatchNormLayerOptions;

  /** Declares `name`.weight, .bias, .running_mean and .running_var, each [channels]; the last two are not learned. */
  constructor(parameters: Parameters, name: string, channels: number, options: BatchNormLayerOptions = {}) {
    this.weight = parameters.declare(`${name}.weight`, [channels], ones);
    this.bias = parameters.declare(`${name}.bias`, [channels], zeros);
    this.mean = parameters.declare(`${name}.running_mean`, [channels], zeros, false);
    this.variance = parameters.declare(`${name}.running_var`, [channels], ones, false);
    this.options = options;
  }

  /** [..., channels] to the same. */
  apply(x: Tensor): Tensor {
    const { mean, variance } = this;
    return batchNorm(x, x.tape.parameter(this.weight), x.tape.parameter(this.bias), {
      ...this.options,
      mean,
      variance,
    });
  }
}

/** Layer normalisation of the last dimension. */
export class LayerNorm implements Layer {
  private readonly weight: Parameter;
  private readonly bias: Parameter;
  private readonly epsilon: number;

  /** Declares `name`.weight and `name`.bias, each [size]. */
  constructor(parameters: Parameters, name: string, size: number, { epsilon = 1e-5 } = {}) {
    this.weight = parameters.declare(`${name}.weight`, [size], ones);
    this.bias = parameters.declare(`${name}.bias`, [size], zeros);
    this.epsilon = epsilon;
  }

  /** [..., size] to the same. */
  apply(x: Tensor): Tensor {
    return layerNorm(x, x.tape.parameter(this.weight), x.tape.parameter(this.bias), this.epsilon);
  }
}

/** A table of vectors, one for each symbol. */
export class Embedding {
  private readonly table: Parameter;

  /** Declares `name`.weight [symbols, size]. */
  constructor(
    parameters: Parameters,
    name: string,
    symbols: number,
    size: number,
    { initialiser = normal(1) }: { readonly initialiser?: Initialiser } = {},
  ) {
    this.table = parameters.declare(`${name}.weight`, [symbols, size], initialiser);
  }

  /**
   * The vectors of symbols, [...shape, size].
   *
   * @param on - Any tensor of the tape that they go on.
   * @throws RangeError (`invalid-argument`) for a symbol that is none.
   */
  lookup(on: Tensor, symbols: Int32Array | Uint8Array, shape?: readonly number[]): Tensor {
    return embedding(on.tape.parameter(this.table), symbols, shape);
  }
}

/** A function of each number as a layer. */
export class Activate implements Layer {
  private readonly name: Activation;

  /** One of the functions of `activations.ts`, by its name. */
  constructor(name: Activation) {
    this.name = name;
  }

  /** The function of each number of x. */
  apply(x: Tensor): Tensor {
    return activate(this.name, x);
  }
}

/**
 * Layers one after another.
 *
 * @example
 * const encoder = new Sequential(new Dense(p, 'encoder.0', 784, 100), new Activate('relu'), new Dense(p, 'encoder.2', 100, 40));
 */
export class Sequential implements Layer {
  private readonly layers: readonly Layer[];

  /** The layers in the order in which they are applied. */
  constructor(...layers: readonly Layer[]) {
    this.layers = layers;
  }

  /** What the last layer makes of what the one before makes of x. */
  apply(x: Tensor): Tensor {
    return this.layers.reduce((y, layer) => layer.apply(y), x);
  }
}

/**
 * A residual block (He, Zhang, Ren and Sun 2016, arXiv 1512.03385): what the layer gives, added to what it was given.
 *
 * @example
 * new Residual(new Sequential(new Activate('elu'), new Convolution(p, 'block.0', 32, 32)));
 */
export class Residual implements Layer {
  private readonly layer: Layer;
  private readonly shortcut: Layer | undefined;

  /**
   * @param shortcut - What x goes through before the sum, where the layer gives another shape.
   */
  constructor(layer: Layer, shortcut?: Layer) {
    this.layer = layer;
    this.shortcut = shortcut;
  }

  /** x, or its short cut, plus what the layer makes of x. */
  apply(x: Tensor): Tensor {
    return add(this.shortcut === undefined ? x : this.shortcut.apply(x), this.layer.apply(x));
  }
}
