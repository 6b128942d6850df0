/**
 * Variational autoencoders as image models: an encoder, a head with means and one with logarithms of deviations, a
 * decoder, each a list of layers. The code of an image is standard normal a priori.
 *
 * Three kinds share this: `vae-binary` and `vae` are the two networks of Townsend, Bird and Barber (arXiv:1901.04866,
 * 2019), of which a few numbers can be chosen; `vae-layers` has all its layers in its config.
 */
import { rangeError, typeError } from '../errors.ts';
import { mapMath } from '../kernels/math.ts';
import type { Random } from '../kernels/random.ts';
import { add, affine } from '../networks/arithmetic.ts';
import { betaBinomialLoss, logisticLoss, logisticMixtureLoss } from '../networks/likelihoods.ts';
import { bernoulliLoss, gaussianDivergence, sampleGaussian } from '../networks/losses.ts';
import { Parameters } from '../networks/parameters.ts';
import { columns, concatenate, reshape } from '../networks/shape.ts';
import { Tape, type Tensor } from '../networks/tape.ts';
import type { Workspace } from '../networks/workspace.ts';
import { type Layer, Network } from './layers.ts';
import { LIKELIHOODS, type Likelihood, type LikelihoodName, likelihood } from './likelihoods.ts';
import {
  type CodingOptions,
  type ConfigValue,
  type ImageBatch,
  type ImageCodec,
  type ImageLoss,
  type ImageModel,
  type ImageShape,
  type ModelConfig,
  pixelsOf,
  sameShape,
  shapeName,
} from './model.ts';
import { type ModelKind, oneOf, wholeNumber } from './saved.ts';
import { type VaeNetworks, vaeCodec } from './vae.ts';

/** An autoencoder in words that JSON has: the config of the kind `vae-layers`. */
export interface VaeDescription {
  /** Shape of the images. */
  readonly image: ImageShape;
  /** What the encoder sees of a byte x: scale x + offset. Default: from 0 to 1. */
  readonly input?: { readonly scale: number; readonly offset: number };
  /** Numbers in the code of an image. */
  readonly latents: number;
  /** From an image to what both heads take. Sees [height, width, channels], or a row of pixels when it starts flat. */
  readonly encoder: readonly Layer[];
  /** From there to the means; left out when the encoder ends in means and scales side by side. */
  readonly mean?: readonly Layer[];
  /** From there to what {@link scaleIs} says; left out together with `mean`. */
  readonly scale?: readonly Layer[];
  /** What the scale head gives: the logarithm of the deviation, or of its square. Default `logDeviation`. */
  readonly scaleIs?: 'logDeviation' | 'logVariance';
  /** From a code to the likelihood's numbers: plane by plane, or as the channels of an image, those of a plane together. */
  readonly decoder: readonly Layer[];
  /** Distribution of a pixel. */
  readonly likelihood: LikelihoodName;
  /** Components of a mixture. Default 5. */
  readonly components?: number;
}

/** Logarithms of deviations stay within this. */
const MOST_EXPONENT = 10;

/** A variational autoencoder. Made by the kinds below, and by `importVae`. */
export class VaeModel implements ImageModel {
  /** Which of the kinds made it. */
  readonly kind: string;
  /** All hyperparameters. */
  readonly config: ModelConfig;
  /** Weights, and running statistics of batch normalisation. */
  readonly parameters: Parameters;
  /** Shape of all its images. */
  readonly shape: ImageShape;
  /** 2 for Bernoulli pixels, else 256. */
  readonly levels: 2 | 256;
  private readonly latents: number;
  private readonly likelihood: Likelihood;
  private readonly components: number;
  private readonly input: { readonly scale: number; readonly offset: number };
  private readonly scaleFactor: number;
  private readonly encoder: Network;
  private readonly mean: Network | undefined;
  private readonly scale: Network | undefined;
  private readonly decoder: Network;
  private readonly flat: boolean;

  /**
   * Declares the parameters.
   *
   * @throws TypeError or RangeError for a description that makes no model.
   */
  constructor(kind: string, config: ModelConfig, description: VaeDescription, workspace: Workspace) {
    this.kind = kind;
    this.config = config;
    this.parameters = new Parameters(workspace);
    this.shape = shapeOf(description.image);
    this.latents = wholeNumber('latents', description.latents, 1, 65536);
    this.components = wholeNumber('components', description.components ?? 5, 1, 64);
    this.likelihood = likelihood(description.likelihood, this.components);
    this.levels = this.likelihood.levels;
    this.input = inputOf(description.input, this.levels);
    this.scaleFactor =
      oneOf('scaleIs', description.scaleIs ?? 'logDeviation', ['logDeviation', 'logVariance']) === 'logDeviation'
        ? 1
        : 0.5;
    const { height, width, channels } = this.shape;
    const { parameters } = this;
    const [first] = Array.isArray(description.encoder) ? description.encoder : [];
    this.flat = first?.type === 'linear' || first?.type === 'batchNorm';
    this.encoder = new Network(
      parameters,
      'the encoder',
      description.encoder,
      this.flat ? [height * width * channels] : [height, width, channels],
    );
    const { mean, scale } = description;
    if ((mean === undefined) !== (scale === undefined))
      throw rangeError('mean and scale are two heads, or there is neither');
    const heads =
      mean === undefined
        ? [this.encoder]
        : [mean, scale].map((layers, i) => new Network(parameters, ['mean', 'scale'][i], layers, this.encoder.output));
    this.mean = mean && heads[0];
    this.scale = scale && heads[1];
    for (const head of heads) {
      const wanted = mean === undefined ? 2 * this.latents : this.latents;
      if (head.output.length !== 1 || head.outputs !== wanted)
        throw rangeError(
          `the encoder ends in ${wanted} numbers for ${this.latents} latents, not ${head.output.join(' x ')}`,
        );
    }
    this.decoder = new Network(parameters, 'the decoder', description.decoder, [this.latents]);
    const { output } = this.decoder;
    const { planes } = this.likelihood;
    const wanted = output.length === 1 ? [planes * pixelsOf(this.shape)] : [height, width, planes * channels];
    if (output.some((size, i) => size !== wanted[i]))
      throw rangeError(
        `the decoder ends in ${wanted.join(' x ')} numbers for ${shapeName(this.shape)} pixels by ${description.likelihood}, not ${output.join(' x ')}`,
      );
  }

  /** The negative of the evidence lower bound, with `likelihood` and `latents` as its parts. */
  loss(tape: Tape, { shape, count, pixels }: ImageBatch, random: Random): ImageLoss {
    this.checkShape(shape);
    const size = pixelsOf(shape);
    const { means, logScales } = this.posterior(tape, pixels, count);
    const noise = tape.input(random.normals(new Float32Array(count * this.latents)), [count, this.latents]);
    const outputs = this.outputs(sampleGaussian(means, logScales, noise));
    const x = tape.input(pixels, [count, size]);
    const plane = (i: number): Tensor => columns(outputs, i * size, (i + 1) * size);
    const cost =
      this.likelihood.name === 'bernoulli'
        ? bernoulliLoss(outputs, x)
        : this.likelihood.name === 'beta-binomial'
          ? betaBinomialLoss(x, plane(0), plane(1))
          : this.likelihood.name === 'logistic'
            ? logisticLoss(x, plane(0), plane(1))
            : logisticMixtureLoss(x, outputs, { components: this.components, layout: 'planes' });
    const latents = gaussianDivergence(means, logScales);
    return {
      total: add(cost, latents),
      parts: { likelihood: meanOf(cost), latents: meanOf(latents) },
    };
  }

  /**
   * BB-ANS. Of the options it takes latentBits and observationBits.
   *
   * @throws RangeError for another shape, or options that it does not have.
   */
  codec(shape: ImageShape = this.shape, options: CodingOptions = {}): ImageCodec {
    this.checkShape(shape);
    if (options.order === 'bit-swap') throw rangeError('a single layer of latents has one order only');
    if (options.steps !== undefined) throw rangeError('an autoencoder has no number of steps');
    return vaeCodec({ ...options, shape, likelihood: this.likelihood, networks: this.networks() });
  }

  /**
   * Both networks as functions, with the parameters as they are at each call: to look at codes, or to draw images.
   *
   * @example
   * model.networks().encode(pixels, 1).means; // the code of an image
   */
  networks(): VaeNetworks {
    const tape = new Tape(this.parameters.workspace, { gradients: false });
    const pass = <T>(run: () => T): T => {
      try {
        return run();
      } finally {
        tape.reset();
      }
    };
    return {
      latents: this.latents,
      encode: (pixels, count) =>
        pass(() => {
          const { means, logScales } = this.posterior(tape, pixels, count);
          const deviations = logScales.values.slice();
          for (let i = 0; i < deviations.length; i++) {
            const x = deviations[i];
            deviations[i] = x > -MOST_EXPONENT ? (x < MOST_EXPONENT ? x : MOST_EXPONENT) : -MOST_EXPONENT;
          }
          return { means: means.values.slice(), deviations: mapMath('exp', deviations, deviations) };
        }),
      decode: (latents) => pass(() => this.outputs(tape.input(latents, [1, this.latents])).values.slice()),
    };
  }

  private checkShape(shape: ImageShape): void {
    if (!sameShape(shape, this.shape))
      throw rangeError(`the model codes images of ${shapeName(this.shape)}, not of ${shapeName(shape)}`);
  }

  private posterior(tape: Tape, pixels: Uint8Array, count: number): { means: Tensor; logScales: Tensor } {
    const { height, width, channels } = this.shape;
    const { scale, offset } = this.input;
    let x = tape.input(pixels, this.flat ? [count, height * width * channels] : [count, height, width, channels]);
    if (scale !== 1 || offset !== 0) x = affine(x, scale, offset);
    const h = this.encoder.apply(x);
    const means = this.mean?.apply(h) ?? columns(h, 0, this.latents);
    const scales = this.scale?.apply(h) ?? columns(h, this.latents, 2 * this.latents);
    return { means, logScales: this.scaleFactor === 1 ? scales : affine(scales, this.scaleFactor, 0) };
  }

  /** The likelihood's numbers, plane by plane. */
  private outputs(latents: Tensor): Tensor {
    const y = this.decoder.apply(latents);
    const size = pixelsOf(this.shape);
    const { planes } = this.likelihood;
    if (y.shape.length === 2) return y;
    if (planes === 1) return reshape(y, [y.shape[0], size]);
    const { channels } = this.shape;
    return concatenate(
      ...Array.from({ length: planes }, (_, i) =>
        reshape(columns(y, i * channels, (i + 1) * channels), [y.shape[0], size]),
      ),
    );
  }
}

function meanOf(tensor: Tensor): number {
  let sum = 0;
  for (const value of tensor.values) sum += value;
  return sum / tensor.size;
}

function shapeOf(image: unknown): ImageShape {
  const { height, width, channels } = (image ?? {}) as Record<string, unknown>;
  return {
    height: wholeNumber('height', height, 1, 65536),
    width: wholeNumber('width', width, 1, 65536),
    channels: wholeNumber('channels', channels, 1, 4),
  };
}

function inputOf(input: unknown, levels: number): { scale: number; offset: number } {
  if (input === undefined) return { scale: levels === 2 ? 1 : 1 / 255, offset: 0 };
  const { scale, offset } = (input ?? {}) as Record<string, unknown>;
  for (const [name, x] of Object.entries({ scale, offset }))
    if (typeof x !== 'number' || !(Math.abs(x) <= 1e6))
      throw rangeError(`the input's ${name} is a number, not ${String(x)}`);
  return { scale: scale as number, offset: offset as number };
}

/** Hyperparameters of `vae-binary` and `vae`. */
interface DenseDefaults {
  readonly hidden: readonly number[];
  readonly latents: number;
  readonly likelihood: LikelihoodName;
  readonly batchNorm: boolean;
}

/** A kind whose networks are dense: hidden layers of the sizes given, in the decoder the other way round. */
function denseKind(kind: string, defaults: DenseDefaults): ModelKind {
  return {
    kind,
    build(options, workspace) {
      const known = [
        'height',
        'width',
        'channels',
        'hidden',
        'latents',
        'likelihood',
        'batchNorm',
        'activation',
        'components',
      ];
      for (const name of Object.keys(options))
        if (!known.includes(name)) throw rangeError(`${kind} has no option '${name}': there are ${known.join(', ')}`);
      const { height = 28, width = 28, channels = 1 } = options;
      const image = shapeOf({ height, width, channels });
      const hidden = options.hidden ?? defaults.hidden;
      if (!Array.isArray(hidden) || hidden.length === 0 || hidden.length > 16)
        throw typeError('hidden is a list of 1 to 16 sizes');
      for (const size of hidden) wholeNumber('a hidden size', size, 1, 65536);
      const latents = wholeNumber('latents', options.latents ?? defaults.latents, 1, 65536);
      const name = oneOf('likelihood', options.likelihood ?? defaults.likelihood, LIKELIHOODS);
      const components = wholeNumber('components', options.components ?? 5, 1, 64);
      const activation = oneOf('activation', options.activation ?? 'relu', [
        'relu',
        'elu',
        'silu',
        'gelu',
        'tanh',
        'leakyRelu',
      ]);
      const batchNorm = options.batchNorm ?? defaults.batchNorm;
      if (typeof batchNorm !== 'boolean') throw typeError('batchNorm is true or false');
      const config = {
        ...image,
        hidden: hidden as number[],
        latents,
        likelihood: name,
        components,
        activation,
        batchNorm,
      };
      const stack = (side: string, sizes: readonly number[]): Layer[] =>
        sizes
          .slice(1)
          .flatMap((outputs, i): Layer[] => [
            { type: 'linear', name: `${side}.${i}`, inputs: sizes[i], outputs },
            ...(batchNorm ? [{ type: 'batchNorm', name: `${side}.norm${i}`, features: outputs } as const] : []),
            { type: activation },
          ]);
      const last = hidden[hidden.length - 1];
      const pixels = pixelsOf(image);
      const head = (side: string): Layer[] => [{ type: 'linear', name: side, inputs: last, outputs: latents }];
      const { planes } = likelihood(name, components);
      return new VaeModel(
        kind,
        config,
        {
          image,
          latents,
          encoder: stack('encoder', [pixels, ...hidden]),
          mean: head('mean'),
          scale: head('scale'),
          decoder: [
            ...stack('decoder', [latents, ...[...hidden].reverse()]),
            { type: 'linear', name: 'pixels', inputs: hidden[0], outputs: planes * pixels },
          ],
          likelihood: name,
          components,
        },
        workspace,
      );
    },
  };
}

/** Black and white pixels: 784-100-(40 + 40) and 40-100-784 with rectifiers unless the options say otherwise. */
export const vaeBinaryKind: ModelKind = denseKind('vae-binary', {
  hidden: [100],
  latents: 40,
  likelihood: 'bernoulli',
  batchNorm: false,
});

/** Grey values: 784-200-(50 + 50) and 50-200-(2 x 784) with batch normalisation, beta-binomial pixels. */
export const vaeKind: ModelKind = denseKind('vae', {
  hidden: [200],
  latents: 50,
  likelihood: 'beta-binomial',
  batchNorm: true,
});

/** Any layers: the config is a {@link VaeDescription}. */
export const vaeLayersKind: ModelKind = {
  kind: 'vae-layers',
  build: (config, workspace) =>
    new VaeModel(
      'vae-layers',
      config,
      config as unknown as VaeDescription & { [name: string]: ConfigValue },
      workspace,
    ),
};
