/**
 * Diffusion models as hierarchies of latent variables (Kingma, Salimans, Poole and Ho, "Variational diffusion models",
 * arXiv:2107.00630, 2021; Sohl-Dickstein et al., arXiv:1503.03585, 2015).
 *
 * The latents are the image with more and more noise. What the posterior does is known in closed form; the network says
 * what the image was, from an image with noise and the amount of it. How many layers there are is chosen when coding:
 * the more, the nearer to the network's best, the more time and initial bits. The network is a U-net of convolutions,
 * told its noise by a shift of each channel, so one model codes images of any size that is a multiple of 4. Beside z it
 * sees how far each number is from black and from white, counted in deviations of the noise: with little noise that tells
 * a pixel which is exactly black from one that is nearly so, which the number alone, next to others near 1, does not.
 *
 * It gives F, from which the image is c_skip z + c_out F: as much of z as noise allows, and a correction of unit size
 * (Karras, Aittala, Aila and Laine, arXiv:2206.00364, 2022).
 */
import type { BitStack } from '../codecs/stack.ts';
import { rangeError, SurprisalError } from '../errors.ts';
import { exp, log } from '../kernels/math.ts';
import type { Random } from '../kernels/random.ts';
import { QuantizedGaussian } from '../models/quantized.ts';
import { activate } from '../networks/activations.ts';
import { add, multiply } from '../networks/arithmetic.ts';
import { convolution, transposedConvolution } from '../networks/convolution.ts';
import { linear } from '../networks/linear.ts';
import { squaredError } from '../networks/losses.ts';
import { he, type Initialiser, normal, type Parameter, Parameters, zeros } from '../networks/parameters.ts';
import { concatenate, reshape } from '../networks/shape.ts';
import { Tape, type Tensor } from '../networks/tape.ts';
import type { Workspace } from '../networks/workspace.ts';
import { bitSwap, type MarkovModel } from './bit-swap.ts';
import { type Diagonal, type TopDownModel, topDown, type Watch } from './hierarchy.ts';
import {
  type CodingOptions,
  checkPixels,
  type ImageBatch,
  type ImageCodec,
  type ImageLoss,
  type ImageModel,
  type ImageShape,
  type ModelConfig,
  pixelsOf,
} from './model.ts';
import {
  KNOTS,
  LEAST_GAMMA,
  MOST_GAMMA,
  type NoiseLevel,
  noiseLevel,
  noiseLevels,
  type Step,
  stepDown,
  stepUp,
} from './noise.ts';
import { type ModelKind, wholeNumber } from './saved.ts';

/** Hyperparameters. */
export interface DiffusionConfig {
  /** Channels of a pixel: 1 or 3. Default 1. */
  readonly channels: number;
  /** Channels of the network at half the size; twice as many at a quarter. Default 24. */
  readonly width: number;
}

/** Steps that images are coded in unless the options say otherwise. */
export const USUAL_STEPS = 20;
/** Hat functions of gamma that tell the network how much noise there is. */
const HATS = 16;
/**
 * Scales of the prior that bins go to either side: with few steps, the posterior of a pixel that the network takes for
 * black and that is white lies so far from the prior. A bin is an eighth of a scale wide, and takes a unit of 2^-24 of the
 * prior's mass: with many steps half as many bins lose less than they spare.
 */
const FEW = { reach: 64, latentBits: 10 } as const;
const MANY = { reach: 32, latentBits: 9 } as const;
/** Steps from which on there are many. */
const MANY_STEPS = 40;
/** The same for fixed bins, in windows' usual reach of 5.4 scales. */
const STRETCH = 4;
/** How fast the known errors follow: the part of the old that a new one replaces. */
const FOLLOW = 0.02;
/** Variance of grey values from -1 to 1 that the shares of z and F are worked out for. */
const VARIANCE = 0.5;

/** Shares of z and F in the image, and of z in what the network sees. */
function shares({ alpha, sigma }: NoiseLevel): { skip: number; out: number; into: number } {
  const total = alpha * alpha * VARIANCE + sigma * sigma;
  const root = Math.sqrt(total);
  return { skip: (alpha * VARIANCE) / total, out: (sigma * Math.sqrt(VARIANCE)) / root, into: 1 / root };
}

/** Hat functions at one gamma, two of which are not 0. */
function hats(gamma: number, into: Float32Array): void {
  const place = ((gamma - LEAST_GAMMA) / (MOST_GAMMA - LEAST_GAMMA)) * (HATS - 1);
  const i = Math.max(0, Math.min(HATS - 2, Math.floor(place)));
  into.fill(0);
  into[i] = 1 - (place - i);
  into[i + 1] = place - i;
}

/** Adds row b of `shift` to each pixel of image b. */
function addToPixels(x: Tensor, shift: Tensor): Tensor {
  const { tape } = x;
  const { kernel } = tape;
  const [batch] = x.shape;
  const c = x.columns;
  const pixels = x.rows / batch;
  const y = tape.result(x.shape, x, shift);
  for (let b = 0; b < batch; b++) {
    const at = 4 * b * pixels * c;
    kernel.binary(0, pixels, c, x.pointer + at, shift.pointer + 4 * b * c, 0, y.pointer + at);
  }
  tape.record(y, () => {
    if (x.traced) kernel.addScaled(x.size, y.gradient(), 1, x.gradient());
    if (!shift.traced) return;
    const to = shift.gradient();
    for (let b = 0; b < batch; b++)
      kernel.addColumnSums(pixels, c, y.gradient() + 4 * b * pixels * c, 1, to + 4 * b * c);
  });
  return y;
}

/** The network: F for images with noise. */
class UNet {
  private readonly layers = new Map<string, readonly Parameter[]>();

  constructor(parameters: Parameters, { channels: c, width: w }: DiffusionConfig) {
    const layer = (name: string, shape: readonly number[], outputs: number, initialiser: Initialiser): void => {
      this.layers.set(name, [
        parameters.declare(`${name}.weight`, shape, initialiser),
        parameters.declare(`${name}.bias`, [outputs], zeros),
      ]);
    };
    const small = normal(0.02);
    const seen = SEEN * c;
    const half = Math.ceil(w / 2);
    layer('in', [5, 5, seen, w], w, he);
    layer('noise.in', [HATS, w], w, normal(0.2));
    layer('fine.0', [3, 3, w, w], w, he);
    layer('fine.1', [3, 3, w, w], w, small);
    layer('down', [3, 3, w, 2 * w], 2 * w, he);
    layer('noise.coarse', [HATS, 2 * w], 2 * w, normal(0.2));
    layer('coarse.0', [3, 3, 2 * w, 2 * w], 2 * w, he);
    layer('coarse.1', [3, 3, 2 * w, 2 * w], 2 * w, small);
    layer('coarse.2', [3, 3, 2 * w, 2 * w], 2 * w, he);
    layer('coarse.3', [3, 3, 2 * w, 2 * w], 2 * w, small);
    layer('up', [2, 2, w, 2 * w], w, normal(Math.sqrt(1 / w)));
    layer('join', [3, 3, 2 * w, w], w, he);
    layer('noise.out', [HATS, w], w, normal(0.2));
    layer('last.0', [3, 3, w, w], w, he);
    layer('last.1', [3, 3, w, w], w, small);
    layer('pixels', [4, 4, half, w], half, normal(Math.sqrt(1 / (4 * w))));
    layer('see', [3, 3, half + seen, w], w, he);
    layer('out', [1, 1, w, c], c, small);
  }

  /** @param noise - [batch, HATS] */
  apply(x: Tensor, noise: Tensor): Tensor {
    const { tape } = x;
    const of = (name: string): [Tensor, Tensor] => {
      const [weight, bias] = this.layers.get(name)!;
      return [tape.parameter(weight), tape.parameter(bias)];
    };
    const conv = (name: string, t: Tensor, stride = 1): Tensor => convolution(t, ...of(name), { stride });
    const shifted = (name: string, t: Tensor): Tensor => addToPixels(t, linear(noise, ...of(name)));
    const silu = (t: Tensor): Tensor => activate('silu', t);
    const residual = (name: string, first: number, t: Tensor): Tensor =>
      add(t, conv(`${name}.${first + 1}`, silu(conv(`${name}.${first}`, silu(t)))));
    const fine = residual('fine', 0, shifted('noise.in', conv('in', x, 2)));
    let coarse = shifted('noise.coarse', conv('down', silu(fine), 2));
    coarse = residual('coarse', 2, residual('coarse', 0, coarse));
    const up = transposedConvolution(silu(coarse), ...of('up'), { stride: 2 });
    const joined = shifted('noise.out', conv('join', concatenate(up, silu(fine))));
    const pixels = transposedConvolution(silu(residual('last', 0, joined)), ...of('pixels'), { stride: 2 });
    return conv('out', silu(conv('see', concatenate(silu(pixels), x))));
  }
}

/** Numbers that the network sees of each number of an image. */
const SEEN = 3;
/** Deviations beyond which a distance is just far. */
const FAR = 4;

/** What the network sees of images at a level of noise, into `to`: z, and the distances from black and from white. */
function look(z: Float32Array, { alpha, sigma }: NoiseLevel, into: number, to: Float32Array, channels: number): void {
  for (let i = 0; i < z.length; i++) {
    const channel = i % channels;
    const at = SEEN * (i - channel) + channel;
    to[at] = into * z[i];
    const black = (z[i] + alpha) / sigma;
    const white = (alpha - z[i]) / sigma;
    to[at + channels] = (black > FAR ? FAR : black < -FAR ? -FAR : black) / 2;
    to[at + 2 * channels] = (white > FAR ? FAR : white < -FAR ? -FAR : white) / 2;
  }
}

/** Grey values as numbers from -1 to 1. */
function numbersOf(pixels: Uint8Array): Float32Array {
  const x = new Float32Array(pixels.length);
  for (let i = 0; i < x.length; i++) x[i] = (pixels[i] - 127.5) / 127.5;
  return x;
}

/** A diffusion model of images. */
export class Diffusion implements ImageModel {
  readonly kind = 'diffusion';
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  readonly shape: undefined;
  readonly levels = 256;
  private readonly channels: number;
  private readonly network: UNet;
  private readonly errors: Parameter;
  private readonly meanSquare: Parameter;

  /** Made by {@link diffusionKind}. */
  constructor(config: DiffusionConfig, workspace: Workspace) {
    const parameters = new Parameters(workspace);
    this.config = { ...config };
    this.channels = config.channels;
    this.parameters = parameters;
    this.network = new UNet(parameters, config);
    this.errors = parameters.declare('errors', [KNOTS], (into) => void into.fill(0.25), false);
    this.meanSquare = parameters.declare('mean_square', [1], (into) => void into.fill(1), false);
  }

  /**
   * One level of noise for each image, spread evenly: an unbiased estimate of the bound for infinitely many steps, but
   * for what the top layer and the pixels given the bottom one cost, which training does not change.
   */
  loss(tape: Tape, { shape, count, pixels }: ImageBatch, random: Random): ImageLoss {
    this.check(shape);
    const n = pixelsOf(shape);
    const x = numbersOf(pixels);
    const noise = random.normals(new Float32Array(x.length));
    const z = new Float32Array(x.length);
    const seen = new Float32Array(SEEN * x.length);
    const target = new Float32Array(x.length);
    const told = new Float32Array(count * HATS);
    const weights = new Float32Array(count);
    const start = random.uniform();
    const gammas = new Float64Array(count);
    const outs = new Float64Array(count);
    for (let b = 0; b < count; b++) {
      const gamma = LEAST_GAMMA + ((MOST_GAMMA - LEAST_GAMMA) * (b + start)) / count;
      const level = noiseLevel(gamma);
      const { alpha, sigma } = level;
      const { skip, out, into } = shares(level);
      hats(gamma, told.subarray(b * HATS, (b + 1) * HATS));
      for (let i = b * n; i < (b + 1) * n; i++) {
        z[i] = alpha * x[i] + sigma * noise[i];
        target[i] = (x[i] - skip * z[i]) / out;
      }
      look(
        z.subarray(b * n, (b + 1) * n),
        level,
        into,
        seen.subarray(SEEN * b * n, SEEN * (b + 1) * n),
        shape.channels,
      );
      weights[b] = ((MOST_GAMMA - LEAST_GAMMA) / 2) * exp(-gamma) * out * out;
      gammas[b] = gamma;
      outs[b] = out;
    }
    const { height, width, channels } = shape;
    const f = this.network.apply(
      tape.input(seen, [count, height, width, SEEN * channels]),
      tape.input(told, [count, HATS]),
    );
    const error = squaredError(reshape(f, [count, n]), tape.input(target, [count, n]));
    if (tape.training) this.follow(x, error.copy(), gammas, outs, n);
    const total = multiply(error, tape.input(weights, [count]));
    return { total, parts: {} };
  }

  /**
   * The codec of images of one shape. `steps` is T, 20 by default; `order` is `bb-ans` (bins that follow the prior, 10
   * bits for 64 scales to either side, 9 for 32 from 40 steps on; the default) or `bit-swap` (fixed bins, 12 bits).
   */
  codec(shape?: ImageShape, options: CodingOptions & { readonly watch?: Watch } = {}): ImageCodec {
    if (shape === undefined) throw rangeError('a diffusion model codes images of any size: say which');
    this.check(shape);
    const { steps = USUAL_STEPS, order = 'bb-ans', watch } = options;
    const levels = noiseLevels(steps, this.errors.values, this.meanSquare.values[0]);
    const bins = steps < MANY_STEPS ? FEW : MANY;
    const likelihood = this.pixels(shape, levels[0]);
    const single =
      order === 'bb-ans'
        ? topDown(this.fromTheTop(shape, levels, likelihood), {
            latentBits: options.latentBits ?? bins.latentBits,
            reach: bins.reach,
            scramble: true,
            watch,
          })
        : bitSwap(this.chain(shape, levels, likelihood), {
            latentBits: options.latentBits ?? 12,
            order,
            scramble: true,
            watch,
          });
    return {
      ...single,
      push(stack, pixels) {
        checkPixels(pixels, shape, 256);
        single.push(stack, pixels);
      },
      shape,
      pushAll(stack: BitStack, images: readonly Uint8Array[], done?: (count: number) => void): void {
        for (const pixels of images) checkPixels(pixels, shape, 256);
        stack.atomic(() => {
          for (let i = images.length - 1; i >= 0; i--) {
            single.push(stack, images[i]);
            done?.(images.length - i);
          }
        });
      },
    };
  }

  /**
   * The bound that coding in so many steps reaches, averaged over images: nats an image, from one draw of the noise of
   * each layer.
   *
   * @param batch - Some images; in portions of a hundred or so.
   * @param steps - T.
   */
  bound({ shape, count, pixels }: ImageBatch, steps: number, random: Random): number {
    this.check(shape);
    const levels = noiseLevels(steps, this.errors.values, this.meanSquare.values[0]);
    const n = pixelsOf(shape);
    const x = numbersOf(pixels);
    const normals = new Float32Array(x.length);
    const at = (level: NoiseLevel): Float32Array => {
      random.normals(normals);
      return Float32Array.from(x, (value, i) => level.alpha * value + level.sigma * normals[i]);
    };
    const top = levels[steps];
    let nats = 0;
    const variance = top.sigma * top.sigma;
    for (const value of x) nats += (top.alpha * top.alpha * value * value + variance - 1) / 2;
    nats -= (x.length * log(variance)) / 2;
    for (let t = steps; t >= 1; t--) {
      const images = this.denoise(at(levels[t]), count, shape, levels[t]);
      let error = 0;
      for (let i = 0; i < x.length; i++) error += (x[i] - images[i]) * (x[i] - images[i]);
      nats += ((exp(-levels[t - 1].gamma) - exp(-levels[t].gamma)) * error) / 2;
    }
    const given = this.pixels(shape, levels[0]);
    const latents = at(levels[0]);
    for (let i = 0; i < count; i++)
      nats += Math.LN2 * given(latents.slice(i * n, (i + 1) * n)).bits(pixels.subarray(i * n, (i + 1) * n))!;
    return nats / count;
  }

  private check({ height, width, channels }: ImageShape): void {
    if (channels !== this.channels)
      throw rangeError(`this diffusion model codes images of ${this.channels} channels, not ${channels}`);
    if (height % 4 !== 0 || width % 4 !== 0)
      throw rangeError(`a diffusion model codes images whose sides are multiples of 4, not ${width} x ${height}`);
  }

  /** Lets the known errors follow those of a batch, level by level. */
  private follow(x: Float32Array, errors: Float32Array, gammas: Float64Array, outs: Float64Array, n: number): void {
    const known = this.errors.values;
    for (let b = 0; b < errors.length; b++) {
      const k = Math.floor(((gammas[b] - LEAST_GAMMA) / (MOST_GAMMA - LEAST_GAMMA)) * (KNOTS - 1) + 0.5);
      known[k] += FOLLOW * ((errors[b] * outs[b] * outs[b]) / n - known[k]);
    }
    let square = 0;
    for (const value of x) square += value * value;
    const mean = this.meanSquare.values;
    mean[0] += FOLLOW * (square / x.length - mean[0]);
  }

  /** What the network makes of images with noise. Row by row the same, whatever the others are. */
  private denoise(z: Float32Array, count: number, shape: ImageShape, level: NoiseLevel): Float64Array {
    const { skip, out, into } = shares(level);
    const tape = new Tape(this.parameters.workspace, { gradients: false });
    try {
      const told = new Float32Array(count * HATS);
      for (let b = 0; b < count; b++) hats(level.gamma, told.subarray(b * HATS, (b + 1) * HATS));
      const { height, width, channels } = shape;
      const seen = new Float32Array(SEEN * z.length);
      look(z, level, into, seen, channels);
      const f = this.network.apply(
        tape.input(seen, [count, height, width, SEEN * channels]),
        tape.input(told, [count, HATS]),
      );
      tape.finite(f, 'what the network says of an image');
      const { values } = f;
      const images = new Float64Array(z.length);
      for (let i = 0; i < images.length; i++) {
        const value = skip * z[i] + out * values[i];
        // No image is beyond black and white.
        images[i] = value < -1 ? -1 : value > 1 ? 1 : value;
      }
      return images;
    } finally {
      tape.reset();
    }
  }

  /** The pixels given the layer with the least noise. */
  private pixels(shape: ImageShape, level: NoiseLevel): (latents: Float32Array) => PixelCodec {
    const n = pixelsOf(shape);
    const family = new QuantizedGaussian(0, 255);
    const deviations = new Float64Array(n).fill((127.5 * level.sigma) / level.alpha);
    return (latents) => {
      const means = Float64Array.from(latents, (z) => (z / level.alpha + 1) * 127.5);
      return {
        push: (stack, pixels) => stack.encodeReverse(pixels, family, means, deviations),
        pop: (stack) => Uint8Array.from(stack.decode(family, means, deviations)),
        bits(pixels) {
          let bits = 0;
          for (let i = 0; i < n; i++) bits -= bitsOf(family.model(means[i], deviations[0]), pixels[i]);
          return bits;
        },
      };
    };
  }

  /** From the most noise to the least: layer 0 is pure noise, the last is next to the image. */
  private fromTheTop(
    shape: ImageShape,
    levels: readonly NoiseLevel[],
    likelihood: (latents: Float32Array) => PixelCodec,
  ): TopDownModel<Uint8Array> {
    const n = pixelsOf(shape);
    const last = levels.length - 1;
    const noiseOf = (layer: number): NoiseLevel => levels[last - layer];
    return {
      layers: levels.length,
      begin: () => {
        let x: Float32Array = new Float32Array(0);
        const latents: Float32Array[] = [];
        const down = (layer: number, image: ArrayLike<number>): Diagonal =>
          along(stepDown(noiseOf(layer), noiseOf(layer - 1)), latents[layer - 1], image);
        return {
          see(value) {
            x = numbersOf(value);
          },
          prior: (layer) =>
            layer === 0
              ? { means: new Float64Array(n), scales: new Float64Array(n).fill(1) }
              : down(layer, this.denoise(latents[layer - 1], 1, shape, noiseOf(layer - 1))),
          posterior: (layer) =>
            layer === 0
              ? along({ latent: 0, image: noiseOf(0).alpha, deviation: noiseOf(0).sigma }, x, x)
              : down(layer, x),
          descend(layer, values) {
            latents[layer] = values;
          },
          likelihood: () => likelihood(latents[last]),
        };
      },
    };
  }

  /** The same layers as a Markov chain from the image up: layer 0 has the least noise. */
  private chain(
    shape: ImageShape,
    levels: readonly NoiseLevel[],
    likelihood: (latents: Float32Array) => PixelCodec,
  ): MarkovModel<Uint8Array> {
    return {
      bell: 'gaussian',
      stretch: STRETCH,
      ranges: levels.slice(0, -1).map(({ alpha, sigma }) => [-alpha - 4.5 * sigma, alpha + 4.5 * sigma] as const),
      top: pixelsOf(shape),
      see(value) {
        const x = numbersOf(value);
        return along({ latent: 0, image: levels[0].alpha, deviation: levels[0].sigma }, x, x);
      },
      up: (layer, latents) => along(stepUp(levels[layer], levels[layer + 1]), latents, latents),
      down: (layer, latents) =>
        along(stepDown(levels[layer - 1], levels[layer]), latents, this.denoise(latents, 1, shape, levels[layer])),
      likelihood,
    };
  }
}

/** A codec of pixels that always knows its length. */
interface PixelCodec {
  push(stack: BitStack, pixels: Uint8Array): void;
  pop(stack: BitStack): Uint8Array;
  bits(pixels: Uint8Array): number;
}

const place = { left: 0, probability: 0 };

/** The logarithm to base 2 of a symbol's probability. */
function bitsOf(
  model: { precision: number; interval(symbol: number, into: typeof place): unknown },
  symbol: number,
): number {
  model.interval(symbol, place);
  return log(place.probability) / Math.LN2 - model.precision;
}

function along({ latent, image, deviation }: Step, z: Float32Array, x: ArrayLike<number>): Diagonal {
  const means = new Float64Array(z.length);
  for (let i = 0; i < means.length; i++) {
    means[i] = latent * z[i] + image * x[i];
    // What is not finite has no place: weights from elsewhere may have made it.
    if (means[i] - means[i] !== 0)
      throw new SurprisalError('impossible-symbol', `the model gives latent ${i} a mean that is not finite`);
  }
  return { means, scales: new Float64Array(means.length).fill(deviation) };
}

/** Makes diffusion models. Options: `channels` (1 or 3), `width` (4 to 256). */
export const diffusionKind = {
  kind: 'diffusion',
  build({ channels = 1, width = 24 }: ModelConfig, workspace: Workspace): Diffusion {
    return new Diffusion(
      { channels: wholeNumber('channels', channels, 1, 4), width: wholeNumber('width', width, 4, 256) },
      workspace,
    );
  },
} satisfies ModelKind;
