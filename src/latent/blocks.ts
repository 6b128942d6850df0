/** Parts of fully convolutional models: convolutions with names, residual blocks. No part knows how large an image is. */
import { relu, tanh } from '../networks/activations.ts';
import { add, affine } from '../networks/arithmetic.ts';
import { convolution, transposedConvolution } from '../networks/convolution.ts';
import { type Initialiser, normal, type Parameter, type Parameters, zeros } from '../networks/parameters.ts';
import type { Tensor } from '../networks/tape.ts';

/** x + shift, bent so that it stays within -most and most: near 0 nearly itself. Logarithms of scales are kept so. */
export function bent(x: Tensor, most: number, shift = 0): Tensor {
  return affine(tanh(affine(x, 1 / most, shift / most)), most);
}

/** Settings of {@link Convolution}. */
export interface ConvolutionShape {
  /** Channels that come in. */
  readonly from: number;
  /** Channels that go out. */
  readonly to: number;
  /** Taps a side. Default 3. */
  readonly taps?: number;
  /** What the initial weights are multiplied by. Default 1: the variance stays through a rectifier. */
  readonly gain?: number;
  /** 'down' halves the sides with 2 x 2 taps, 'up' doubles them. Default: they stay. */
  readonly scale?: 'down' | 'up';
  /** Fills the bias. Default zeros. */
  readonly bias?: Initialiser;
}

/** A convolution with weights and a bias of its own. */
export class Convolution {
  private readonly weight: Parameter;
  private readonly bias: Parameter;
  private readonly scale: 'down' | 'up' | undefined;

  /** Declares `name.weight` and `name.bias`. */
  constructor(
    parameters: Parameters,
    name: string,
    { from, to, taps = 3, gain = 1, scale, bias = zeros }: ConvolutionShape,
  ) {
    const k = scale === undefined ? taps : 2;
    // Each output of an 'up' is reached by a single tap.
    const inputs = scale === 'up' ? from : k * k * from;
    const shape = scale === 'up' ? [k, k, to, from] : [k, k, from, to];
    this.weight = parameters.declare(`${name}.weight`, shape, normal(gain * Math.sqrt(2 / inputs)));
    this.bias = parameters.declare(`${name}.bias`, [to], bias);
    this.scale = scale;
  }

  /** [batch, h, w, from] to [batch, h', w', to]. */
  apply(x: Tensor): Tensor {
    const { tape } = x;
    const weight = tape.parameter(this.weight);
    const bias = tape.parameter(this.bias);
    if (this.scale === 'up') return transposedConvolution(x, weight, bias, { stride: 2 });
    return convolution(x, weight, bias, this.scale === 'down' ? { stride: 2, padding: 'valid' } : {});
  }
}

/** x + what a 3 x 3 and a 1 x 1 convolution make of it, little at first (He, Zhang, Ren and Sun 2016, arXiv:1603.05027). */
export class ResidualBlock {
  private readonly first: Convolution;
  private readonly second: Convolution;

  /** Declares `name.first` and `name.second`. */
  constructor(parameters: Parameters, name: string, width: number) {
    this.first = new Convolution(parameters, `${name}.first`, { from: width, to: width });
    this.second = new Convolution(parameters, `${name}.second`, { from: width, to: width, taps: 1, gain: 0.1 });
  }

  /** [batch, h, w, width] to the same. */
  apply(x: Tensor): Tensor {
    return add(x, this.second.apply(relu(this.first.apply(relu(x)))));
  }
}

/** Residual blocks in a row, `name.0` and on. */
export function residualBlocks(parameters: Parameters, name: string, width: number, count: number): ResidualBlock[] {
  return Array.from({ length: count }, (_, i) => new ResidualBlock(parameters, `${name}.${i}`, width));
}

/** All blocks, one after another. */
export function throughBlocks(blocks: readonly ResidualBlock[], x: Tensor): Tensor {
  return blocks.reduce((y, block) => block.apply(y), x);
}
