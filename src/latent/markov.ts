/**
 * Images by a convolutional hierarchy that is a Markov chain in both directions, as Bit-Swap wants it (Kingma, Abbeel and
 * Ho 2019, arXiv:1905.06845; ours is much smaller, and its latents are normal instead of logistic). It codes images of
 * any size, and in either order: see bit-swap.ts.
 *
 * All layers are at a quarter of the image's sides. A network between two layers of as many latents says by how much one
 * differs from the other.
 */

import type { Random } from '../kernels/random.ts';
import { relu } from '../networks/activations.ts';
import { add, affine, subtract } from '../networks/arithmetic.ts';
import { gaussianDivergence, gaussianLogDensity, sampleGaussian } from '../networks/losses.ts';
import { Parameters } from '../networks/parameters.ts';
import { split } from '../networks/shape.ts';
import { Tape, type Tensor } from '../networks/tape.ts';
import type { Workspace } from '../networks/workspace.ts';
import { bitSwap, type MarkovModel } from './bit-swap.ts';
import { bent, Convolution, type ResidualBlock, residualBlocks, throughBlocks } from './blocks.ts';
import { type Diagonal, diagonalOf, type Watch } from './hierarchy.ts';
import { likelihood, observationBitsOf } from './likelihoods.ts';
import type { CodingOptions, ImageBatch, ImageCodec, ImageLoss, ImageModel, ImageShape, ModelConfig } from './model.ts';
import { type ModelKind, oneOf, wholeNumber } from './saved.ts';
import {
  checkShape,
  headBias,
  imageCodec,
  imageTensor,
  mixtureLoss,
  squeeze,
  squeezedPixels,
  squeezedShape,
} from './squeezed.ts';
import { meanOf, noiseLike, numbersOf, warmUp } from './training-aids.ts';

/** How a {@link MarkovImages} is made. */
export interface MarkovOptions {
  /** Numbers that a pixel has. Default 1. */
  readonly channels?: number;
  /** Channels of the networks between image and latents, at half the sides. Default 16. */
  readonly fineWidth?: number;
  /** The same at a quarter of the sides. Default 32. */
  readonly coarseWidth?: number;
  /** Channels of the networks between layers of latents. Default 24. */
  readonly chainWidth?: number;
  /** Latents of a place, for each layer, that next to the pixels first and the top one last. Default 3, 3, 3 and 2. */
  readonly latents?: readonly number[];
  /** Residual blocks of a network and scale. Default 1. */
  readonly blocks?: number;
  /** Logistic distributions that a pixel's is made of. Default 3. */
  readonly components?: number;
}

/** How far logarithms of scales go: a posterior has a few bins even when it is narrow. */
const MOST = 2;
/** Where logarithms of scales start: of the posterior next to the pixels, of those above, and of priors. */
const STARTS = { see: -1, up: -0.7, down: -0.3 } as const;
/** How much of a layer is in the next one before anything is learned. */
const KEPT = 0.7;
/** Latents below the top are cut between minus and plus this; beyond lie the end bins. */
const RANGE = 8;

/** Means, and logarithms of scales. */
type Bell = readonly [means: Tensor, logs: Tensor];

/** From one layer to another: means and logarithms of scales. */
class Transition {
  private readonly into: Convolution;
  private readonly blocks: readonly ResidualBlock[];
  private readonly out: Convolution;
  private readonly latents: number;
  private readonly start: number;
  private readonly alike: boolean;

  constructor(
    parameters: Parameters,
    name: string,
    from: number,
    to: number,
    { chainWidth, blocks }: Required<MarkovOptions>,
    start: number,
  ) {
    this.into = new Convolution(parameters, `${name}.into`, { from, to: chainWidth });
    this.blocks = residualBlocks(parameters, `${name}.blocks`, chainWidth, blocks);
    this.out = new Convolution(parameters, `${name}.out`, { from: chainWidth, to: 2 * to, gain: 0.3 });
    this.latents = to;
    this.start = start;
    this.alike = from === to;
  }

  apply(x: Tensor): Bell {
    const found = this.out.apply(relu(throughBlocks(this.blocks, this.into.apply(x))));
    const [means, logs] = split(found, this.latents, this.latents);
    return [this.alike ? add(means, affine(x, KEPT)) : means, bent(logs, MOST, this.start)];
  }
}

/** The networks, for any number of images of any size. */
class Networks {
  readonly latents: readonly number[];
  private readonly first: Convolution;
  private readonly fineUp: readonly ResidualBlock[];
  private readonly halve: Convolution;
  private readonly coarseUp: readonly ResidualBlock[];
  private readonly encoded: Convolution;
  private readonly ups: readonly Transition[];
  private readonly downs: readonly Transition[];
  private readonly decoded: Convolution;
  private readonly coarseDown: readonly ResidualBlock[];
  private readonly double: Convolution;
  private readonly fineDown: readonly ResidualBlock[];
  private readonly head: Convolution;

  constructor(parameters: Parameters, options: Required<MarkovOptions>) {
    const { channels, fineWidth, coarseWidth, latents, blocks, components } = options;
    this.latents = latents;
    const above = latents.slice(1);
    this.first = new Convolution(parameters, 'encoder.first', { from: 4 * channels, to: fineWidth });
    this.fineUp = residualBlocks(parameters, 'encoder.fine', fineWidth, blocks);
    this.halve = new Convolution(parameters, 'encoder.halve', { from: fineWidth, to: coarseWidth, scale: 'down' });
    this.coarseUp = residualBlocks(parameters, 'encoder.coarse', coarseWidth, blocks);
    this.encoded = new Convolution(parameters, 'encoder.out', {
      from: coarseWidth,
      to: 2 * latents[0],
      taps: 1,
      gain: 0.3,
    });
    this.ups = above.map((to, i) => new Transition(parameters, `up.${i}`, latents[i], to, options, STARTS.up));
    this.downs = above.map(
      (from, i) => new Transition(parameters, `down.${i}`, from, latents[i], options, STARTS.down),
    );
    this.decoded = new Convolution(parameters, 'decoder.first', { from: latents[0], to: coarseWidth });
    this.coarseDown = residualBlocks(parameters, 'decoder.coarse', coarseWidth, blocks);
    this.double = new Convolution(parameters, 'decoder.double', { from: coarseWidth, to: fineWidth, scale: 'up' });
    this.fineDown = residualBlocks(parameters, 'decoder.fine', fineWidth, 2 * blocks);
    this.head = new Convolution(parameters, 'decoder.head', {
      from: fineWidth,
      to: 4 * channels * 3 * components,
      gain: 0.3,
      bias: headBias(components),
    });
  }

  /** q of the layer next to the pixels. */
  see(images: Tensor): Bell {
    const fine = throughBlocks(this.fineUp, this.first.apply(images));
    const coarse = throughBlocks(this.coarseUp, this.halve.apply(relu(fine)));
    const [means, logs] = split(this.encoded.apply(relu(coarse)), this.latents[0], this.latents[0]);
    return [means, bent(logs, MOST, STARTS.see)];
  }

  /** q of the layer above this one. */
  up(layer: number, latents: Tensor): Bell {
    return this.ups[layer].apply(latents);
  }

  /** p of the layer below this one. */
  down(layer: number, latents: Tensor): Bell {
    return this.downs[layer - 1].apply(latents);
  }

  /** What {@link mixtureLoss} takes. */
  pixels(latents: Tensor): Tensor {
    const coarse = throughBlocks(this.coarseDown, this.decoded.apply(latents));
    return this.head.apply(relu(throughBlocks(this.fineDown, this.double.apply(relu(coarse)))));
  }
}

/**
 * A hierarchy of latents that is a Markov chain both ways, for images of any size with 256 levels.
 *
 * @example
 * const model = new MarkovImages({ latents: [3, 3, 3, 3, 3, 3, 3, 2] }, new Workspace()); // eight layers
 * model.parameters.initialise(1);
 */
export class MarkovImages implements ImageModel {
  readonly kind = 'bitswap';
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  readonly shape = undefined;
  readonly levels = 256;
  private readonly options: Required<MarkovOptions>;
  private readonly networks: Networks;

  /**
   * A model whose parameters have no numbers yet.
   *
   * @throws RangeError for options that make no model.
   */
  constructor(options: MarkovOptions, workspace: Workspace) {
    const all: Required<MarkovOptions> = {
      channels: wholeNumber('channels', options.channels ?? 1, 1, 4),
      fineWidth: wholeNumber('fineWidth', options.fineWidth ?? 16, 1, 1024),
      coarseWidth: wholeNumber('coarseWidth', options.coarseWidth ?? 32, 1, 1024),
      chainWidth: wholeNumber('chainWidth', options.chainWidth ?? 24, 1, 1024),
      latents: numbersOf('latents', options.latents ?? [3, 3, 3, 2], 1, 64, 1),
      blocks: wholeNumber('blocks', options.blocks ?? 1, 0, 16),
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
    let posterior = networks.see(imageTensor(tape, squeezed, bytes));
    let latents = sampleGaussian(...posterior, noiseLike(tape, posterior[0], random));
    const data = mixtureLoss(networks.pixels(latents), bytes, components);
    const parts: Record<string, number> = { likelihood: meanOf(data) };
    let total = data;
    const weight = warmUp(progress);
    const last = networks.latents.length - 1;
    for (let layer = 0; layer <= last; layer++) {
      let cost: Tensor;
      if (layer === last) cost = gaussianDivergence(...posterior);
      else {
        const next = networks.up(layer, latents);
        const above = sampleGaussian(...next, noiseLike(tape, next[0], random));
        const back = gaussianLogDensity(latents, ...posterior);
        cost = subtract(back, gaussianLogDensity(latents, ...networks.down(layer + 1, above)));
        [posterior, latents] = [next, above];
      }
      parts[`latents${layer}`] = meanOf(cost);
      total = add(total, affine(cost, weight));
    }
    return { total, parts };
  }

  /** See {@link ImageModel.codec}. The order is Bit-Swap's, and a latent has 10 bits, unless told otherwise. */
  codec(shape?: ImageShape, options: CodingOptions & { readonly watch?: Watch } = {}): ImageCodec {
    const { channels, components } = this.options;
    const size = checkShape(shape, channels);
    const order = oneOf('the order', options.order ?? 'bit-swap', ['bit-swap', 'bb-ans'] as const);
    const bytes = likelihood('logistic-mixture', components);
    const bits = observationBitsOf(options.observationBits);
    const tape = new Tape(this.parameters.workspace, { gradients: false });
    const { networks } = this;
    const squeezed = squeezedShape(size);
    const run = <T>(action: () => T): T => {
      tape.reset();
      try {
        return action();
      } finally {
        tape.reset();
      }
    };
    const diagonal = ([means, logs]: Bell): Diagonal => diagonalOf(means.copy(), logs.copy());
    const tensor = (layer: number, values: Float32Array): Tensor =>
      tape.input(values, [1, squeezed.height / 2, squeezed.width / 2, networks.latents[layer]]);
    const model: MarkovModel<Uint8Array> = {
      bell: 'gaussian',
      ranges: networks.latents.slice(1).map(() => [-RANGE, RANGE] as const),
      top: ((squeezed.height * squeezed.width) / 4) * networks.latents[networks.latents.length - 1],
      see: (pixels) => run(() => diagonal(networks.see(imageTensor(tape, squeezed, squeeze(squeezed, size, pixels))))),
      up: (layer, latents) => run(() => diagonal(networks.up(layer, tensor(layer, latents)))),
      down: (layer, latents) => run(() => diagonal(networks.down(layer, tensor(layer, latents)))),
      likelihood: (latents) =>
        run(() => squeezedPixels(squeezed, networks.pixels(tensor(0, latents)).copy(), bytes, bits)),
    };
    return imageCodec(size, bitSwap(model, { ...options, order }));
  }
}

/** Makes {@link MarkovImages} models from a config. */
export const bitswapKind: ModelKind = {
  kind: 'bitswap',
  build: (options, workspace) => new MarkovImages(options as MarkovOptions, workspace),
};
