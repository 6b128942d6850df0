/**
 * Images by a convolutional autoencoder with a hierarchy of latents, which codes images of any size (HiLLoC: Townsend,
 * Bird, Kunze and Barber 2020, arXiv:1912.09953; the networks' form: Sønderby et al. 2016, arXiv:1602.02282, and Kingma
 * et al. 2016, arXiv:1606.04934; ours are much smaller).
 *
 * Going up, the image is squeezed to half its sides and then to a quarter. Going down, each layer's prior is a function of
 * the latents above, and its posterior of those and of what the way up found at the same scale; the coarse layers come
 * first, then the fine ones. A posterior is given relative to its prior, so that a layer that has nothing to say is free.
 */
import { rangeError } from '../errors.ts';
import type { Random } from '../kernels/random.ts';
import { exp, relu } from '../networks/activations.ts';
import { add, affine, multiply } from '../networks/arithmetic.ts';
import { gaussianDivergence, sampleGaussian } from '../networks/losses.ts';
import { type Parameter, Parameters, zeros } from '../networks/parameters.ts';
import { concatenate, split } from '../networks/shape.ts';
import { Tape, type Tensor } from '../networks/tape.ts';
import type { Workspace } from '../networks/workspace.ts';
import { bent, Convolution, type ResidualBlock, residualBlocks, throughBlocks } from './blocks.ts';
import { type Diagonal, diagonalOf, type TopDownModel, type TopDownPass, topDown, type Watch } from './hierarchy.ts';
import { type Likelihood, likelihood, observationBitsOf } from './likelihoods.ts';
import type { CodingOptions, ImageBatch, ImageCodec, ImageLoss, ImageModel, ImageShape, ModelConfig } from './model.ts';
import { type ModelKind, wholeNumber } from './saved.ts';
import {
  checkShape,
  headBias,
  imageCodec,
  imageTensor,
  mixtureLoss,
  type Squeezed,
  squeeze,
  squeezedPixels,
  squeezedShape,
} from './squeezed.ts';
import { meanOf, noiseLike, numbersOf, warmUp } from './training-aids.ts';

/** How a {@link Hilloc} is made. */
export interface HillocOptions {
  /** Numbers that a pixel has. Default 1. */
  readonly channels?: number;
  /** Channels of the networks at half the sides. Default 16. */
  readonly fineWidth?: number;
  /** Channels of the networks at a quarter of the sides. Default 32. */
  readonly coarseWidth?: number;
  /** Latents of a place, for each layer at a quarter of the sides, the top one first. Default three layers of 8. */
  readonly coarseLatents?: readonly number[];
  /** Latents of a place, for each layer at half the sides. Default one layer of 2. */
  readonly fineLatents?: readonly number[];
  /** Residual blocks of each way up and after each layer. Default 1. */
  readonly blocks?: number;
  /** Residual blocks between the last layer and the pixels, beside those. Default 1. */
  readonly last?: number;
  /** Logistic distributions that a pixel's is made of. Default 3. */
  readonly components?: number;
}

/** How far logarithms of scales go. */
const MOST = 4;
/** A posterior starts at exp(-1/2) of its prior's scale. */
const NARROWER = -0.5;
/** Nats that a layer above the last may carry for nothing while the training begins, lest it fall silent for good. */
const FREE = 8;
/** Part of the training in which that is so. */
const FREE_UNTIL = 0.2;

/** One layer: what its prior and posterior are, and what its latents do to the way down. */
class Layer {
  readonly fine: boolean;
  readonly latents: number;
  private readonly prior: Convolution;
  private readonly posterior: Convolution;
  private readonly back: Convolution;
  private readonly blocks: readonly ResidualBlock[];

  constructor(parameters: Parameters, name: string, fine: boolean, width: number, latents: number, blocks: number) {
    this.fine = fine;
    this.latents = latents;
    this.prior = new Convolution(parameters, `${name}.prior`, { from: width, to: 2 * latents, taps: 1, gain: 0.3 });
    this.posterior = new Convolution(parameters, `${name}.posterior`, {
      from: 2 * width,
      to: 2 * latents,
      taps: 1,
      gain: 0.3,
    });
    this.back = new Convolution(parameters, `${name}.back`, { from: latents, to: width, taps: 1, gain: 0.5 });
    this.blocks = residualBlocks(parameters, `${name}.blocks`, width, blocks);
  }

  /** Means and logarithms of deviations, given the way down so far. */
  priorOf(down: Tensor): [Tensor, Tensor] {
    const [means, logs] = split(this.prior.apply(relu(down)), this.latents, this.latents);
    return [means, bent(logs, MOST)];
  }

  /** The posterior's, in units of the prior: 0 and 0 would be the prior itself. */
  posteriorOf(down: Tensor, up: Tensor): [Tensor, Tensor] {
    const [means, logs] = split(this.posterior.apply(relu(concatenate(down, up))), this.latents, this.latents);
    return [means, bent(logs, MOST, NARROWER)];
  }

  /** The way down with the layer's latents. */
  descend(down: Tensor, latents: Tensor): Tensor {
    return throughBlocks(this.blocks, add(down, this.back.apply(latents)));
  }
}

/** What the way up found at both scales. */
interface Found {
  readonly fine: Tensor;
  readonly coarse: Tensor;
}

/** The networks, for any number of images of any size. */
class Networks {
  readonly layers: readonly Layer[];
  private readonly first: Convolution;
  private readonly fineUp: readonly ResidualBlock[];
  private readonly halve: Convolution;
  private readonly coarseUp: readonly ResidualBlock[];
  private readonly top: Parameter;
  private readonly width: number;
  private readonly double: Convolution;
  private readonly last: readonly ResidualBlock[];
  private readonly head: Convolution;

  constructor(parameters: Parameters, options: Required<HillocOptions>) {
    const { channels, fineWidth, coarseWidth, coarseLatents, fineLatents, blocks, last, components } = options;
    this.width = coarseWidth;
    this.first = new Convolution(parameters, 'up.first', { from: 4 * channels, to: fineWidth });
    this.fineUp = residualBlocks(parameters, 'up.fine', fineWidth, blocks);
    this.halve = new Convolution(parameters, 'up.halve', { from: fineWidth, to: coarseWidth, scale: 'down' });
    this.coarseUp = residualBlocks(parameters, 'up.coarse', coarseWidth, blocks);
    this.top = parameters.declare('top', [coarseWidth], zeros);
    this.layers = [
      ...coarseLatents.map((n, i) => new Layer(parameters, `coarse.${i}`, false, coarseWidth, n, blocks)),
      ...fineLatents.map((n, i) => new Layer(parameters, `fine.${i}`, true, fineWidth, n, blocks)),
    ];
    this.double = new Convolution(parameters, 'double', { from: coarseWidth, to: fineWidth, scale: 'up' });
    this.last = residualBlocks(parameters, 'last', fineWidth, last);
    this.head = new Convolution(parameters, 'head', {
      from: fineWidth,
      to: 4 * channels * 3 * components,
      gain: 0.3,
      bias: headBias(components),
    });
  }

  up(images: Tensor): Found {
    const fine = throughBlocks(this.fineUp, this.first.apply(images));
    return { fine, coarse: throughBlocks(this.coarseUp, this.halve.apply(relu(fine))) };
  }

  /** Where the way down begins. */
  begin(tape: Tape, count: number, { height, width }: Squeezed): Tensor {
    const shape = [count, height / 2, width / 2, this.width];
    const size = count * (height / 2) * (width / 2) * this.width;
    return add(tape.input(new Float32Array(size), shape), tape.parameter(this.top));
  }

  /** The way down past the latents of a layer, to where the next one's prior is asked. */
  descend(layer: number, down: Tensor, latents: Tensor): Tensor {
    const next = this.layers[layer].descend(down, latents);
    const isLast = layer + 1 === this.layers.length;
    const goesUp = !this.layers[layer].fine && (isLast || this.layers[layer + 1].fine);
    return goesUp ? this.double.apply(relu(next)) : next;
  }

  /** What {@link mixtureLoss} takes, from the end of the way down. */
  pixels(down: Tensor): Tensor {
    return this.head.apply(relu(throughBlocks(this.last, down)));
  }
}

/** One image's way, for coding. */
class CodingPass implements TopDownPass<Uint8Array> {
  private readonly networks: Networks;
  private readonly tape: Tape;
  private readonly shape: ImageShape;
  private readonly squeezed: Squeezed;
  private readonly bytes: Likelihood;
  private readonly bits: number;
  private readonly downs: Tensor[] = [];
  private readonly priors: Diagonal[] = [];
  private found: Found | undefined;

  constructor(networks: Networks, tape: Tape, shape: ImageShape, squeezed: Squeezed, bytes: Likelihood, bits: number) {
    this.networks = networks;
    this.tape = tape;
    this.shape = shape;
    this.squeezed = squeezed;
    this.bytes = bytes;
    this.bits = bits;
    tape.reset();
    this.downs.push(networks.begin(tape, 1, squeezed));
  }

  see(image: Uint8Array): void {
    this.found = this.networks.up(imageTensor(this.tape, this.squeezed, squeeze(this.squeezed, this.shape, image)));
  }

  prior(layer: number): Diagonal {
    const [means, logs] = this.networks.layers[layer].priorOf(this.downs[layer]);
    this.priors[layer] = diagonalOf(means.copy(), logs.copy());
    return this.priors[layer];
  }

  posterior(layer: number): Diagonal {
    const { fine, coarse } = this.found!;
    const one = this.networks.layers[layer];
    const [means, logs] = one.posteriorOf(this.downs[layer], one.fine ? fine : coarse);
    const relative = diagonalOf(means.copy(), logs.copy());
    const prior = this.priors[layer];
    return {
      means: prior.means.map((mean: number, i: number) => mean + prior.scales[i] * relative.means[i]),
      scales: prior.scales.map((scale: number, i: number) => scale * relative.scales[i]),
    };
  }

  descend(layer: number, latents: Float32Array): void {
    const down = this.downs[layer];
    const shape = [...down.shape.slice(0, -1), this.networks.layers[layer].latents];
    this.downs[layer + 1] = this.networks.descend(layer, down, this.tape.input(latents, shape));
  }

  likelihood(): ReturnType<typeof squeezedPixels> {
    const outputs = this.networks.pixels(this.downs[this.networks.layers.length]).copy();
    return squeezedPixels(this.squeezed, outputs, this.bytes, this.bits);
  }

  end(): void {
    this.tape.reset();
  }
}

/**
 * A hierarchy of latents with posteriors from the top down, for images of any size with 256 levels.
 *
 * @example
 * const model = new Hilloc({ channels: 3 }, new Workspace());
 * model.parameters.initialise(1);
 */
export class Hilloc implements ImageModel {
  readonly kind = 'hilloc';
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  readonly shape = undefined;
  readonly levels = 256;
  private readonly options: Required<HillocOptions>;
  private readonly networks: Networks;

  /**
   * A model whose parameters have no numbers yet.
   *
   * @throws RangeError for options that make no model.
   */
  constructor(options: HillocOptions, workspace: Workspace) {
    const all: Required<HillocOptions> = {
      channels: wholeNumber('channels', options.channels ?? 1, 1, 4),
      fineWidth: wholeNumber('fineWidth', options.fineWidth ?? 16, 1, 1024),
      coarseWidth: wholeNumber('coarseWidth', options.coarseWidth ?? 32, 1, 1024),
      coarseLatents: numbersOf('coarseLatents', options.coarseLatents ?? [8, 8, 8], 1, 64, 1),
      fineLatents: numbersOf('fineLatents', options.fineLatents ?? [2], 1, 64, 0),
      blocks: wholeNumber('blocks', options.blocks ?? 1, 0, 16),
      last: wholeNumber('last', options.last ?? 1, 0, 16),
      components: wholeNumber('components', options.components ?? 3, 1, 64),
    };
    this.options = all;
    this.config = { ...all };
    this.parameters = new Parameters(workspace);
    this.networks = new Networks(this.parameters, all);
  }

  /** See {@link ImageModel.loss}. Images whose sides are no multiples of 4 are measured with their padding. */
  loss(tape: Tape, batch: ImageBatch, random: Random, progress = 1): ImageLoss {
    const { channels, components } = this.options;
    checkShape(batch.shape, channels);
    const { networks } = this;
    const squeezed = squeezedShape(batch.shape);
    const bytes = squeeze(squeezed, batch.shape, batch.pixels);
    const { fine, coarse } = networks.up(imageTensor(tape, squeezed, bytes));
    let down = networks.begin(tape, batch.count, squeezed);
    const divergences = networks.layers.map((layer, i) => {
      const [priorMeans, priorLogs] = layer.priorOf(down);
      const [means, logs] = layer.posteriorOf(down, layer.fine ? fine : coarse);
      const standard = sampleGaussian(means, logs, noiseLike(tape, means, random));
      down = networks.descend(i, down, add(priorMeans, multiply(exp(priorLogs), standard)));
      return gaussianDivergence(means, logs);
    });
    const data = mixtureLoss(networks.pixels(down), bytes, components);
    const parts: Record<string, number> = { likelihood: meanOf(data) };
    let total = data;
    for (const [i, divergence] of divergences.entries()) {
      const mean = meanOf(divergence);
      parts[`latents${i}`] = mean;
      const free = progress < FREE_UNTIL && i + 1 < divergences.length && mean < FREE;
      total = add(total, free ? affine(divergence, 0) : affine(divergence, warmUp(progress)));
    }
    return { total, parts };
  }

  /** See {@link ImageModel.codec}. The order is that of BB-ANS; a latent has 10 bits unless told otherwise. */
  codec(shape?: ImageShape, options: CodingOptions & { readonly watch?: Watch } = {}): ImageCodec {
    const { channels, components } = this.options;
    const size = checkShape(shape, channels);
    if (options.order !== undefined && options.order !== 'bb-ans')
      throw rangeError(`posteriors from the top down are coded in the order 'bb-ans', not '${options.order}'`);
    const { networks } = this;
    const tape = new Tape(this.parameters.workspace, { gradients: false });
    const squeezed = squeezedShape(size);
    const bytes = likelihood('logistic-mixture', components);
    const bits = observationBitsOf(options.observationBits);
    const model: TopDownModel<Uint8Array> = {
      layers: networks.layers.length,
      begin: () => new CodingPass(networks, tape, size, squeezed, bytes, bits),
    };
    return imageCodec(size, topDown(model, options));
  }
}

/** Makes {@link Hilloc} models from a config. */
export const hillocKind: ModelKind = {
  kind: 'hilloc',
  build: (options, workspace) => new Hilloc(options as HillocOptions, workspace),
};
