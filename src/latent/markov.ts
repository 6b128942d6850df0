/**
 * Images by a convolutional hierarchy that is a Markov chain in both directions, as Bit-Swap wants it (Kingma, Abbeel and
 * Ho 2019, arXiv:1905.06845; ours is much smaller, and its latents are normal instead of logistic). It codes images of
 * any size, and in either order: see bit-swap.ts.
 *
 * The fine layers, at half the image's sides, are next to the pixels; the coarse ones, at a quarter, above them. A network
 * between two layers of the same shape says by how much one differs from the other.
 */
import { relu } from '../networks/activations.ts';
import { add, affine, subtract } from '../networks/arithmetic.ts';
import { gaussianDivergence, gaussianLogDensity, sampleGaussian } from '../networks/losses.ts';
import { Parameters } from '../networks/parameters.ts';
import type { Random } from '../networks/random.ts';
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
  type Squeezed,
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
  /** Channels of the networks between layers of latents. Default 12. */
  readonly chainWidth?: number;
  /** Latents of a place, for each layer at half the sides, that next to the pixels first. Default three layers of 1. */
  readonly fineLatents?: readonly number[];
  /** Latents of a place, for each layer at a quarter of the sides, the top one last. Default one layer of 2. */
  readonly coarseLatents?: readonly number[];
  /** Residual blocks of a network and scale. Default 1. */
  readonly blocks?: number;
  /** Logistic distributions that a pixel's is made of. Default 3. */
  readonly components?: number;
}

/** How far logarithms of scales go. */
const MOST = 3;
/** Where logarithms of scales start: of the posterior next to the pixels, of those above, and of priors. */
const STARTS = { see: -1, up: -0.7, down: -0.3 } as const;
/** How much of a layer is in the next one before anything is learned. */
const KEPT = 0.7;
/** Latents below the top are cut between minus and plus this; beyond lie the end bins. */
const RANGE = 8;

/** Numbers at one scale. */
interface Grid {
  readonly fine: boolean;
  readonly latents: number;
}

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
    from: Grid,
    to: Grid,
    width: number,
    blocks: number,
    start: number,
  ) {
    const scale = from.fine === to.fine ? undefined : to.fine ? 'up' : 'down';
    this.into = new Convolution(parameters, `${name}.into`, {
      from: from.latents,
      to: width,
      ...(scale === undefined ? {} : { scale }),
    });
    this.blocks = residualBlocks(parameters, `${name}.blocks`, width, blocks);
    this.out = new Convolution(parameters, `${name}.out`, { from: width, to: 2 * to.latents, gain: 0.3 });
    this.latents = to.latents;
    this.start = start;
    this.alike = scale === undefined && from.latents === to.latents;
  }

  apply(x: Tensor): Bell {
    const found = this.out.apply(relu(throughBlocks(this.blocks, this.into.apply(x))));
    const [means, logs] = split(found, this.latents, this.latents);
    return [this.alike ? add(means, affine(x, KEPT)) : means, bent(logs, MOST, this.start)];
  }
}

/** A stack of blocks at half the sides, with a way by a quarter of them beside it. */
class Trunk {
  private readonly first: Convolution;
  private readonly fine: readonly ResidualBlock[];
  private readonly halve: Convolution;
  private readonly coarse: readonly ResidualBlock[];
  private readonly double: Convolution;
  private readonly last: readonly ResidualBlock[];

  constructor(parameters: Parameters, name: string, from: number, { fineWidth, coarseWidth, blocks }: Widths) {
    this.first = new Convolution(parameters, `${name}.first`, { from, to: fineWidth });
    this.fine = residualBlocks(parameters, `${name}.fine`, fineWidth, blocks);
    this.halve = new Convolution(parameters, `${name}.halve`, { from: fineWidth, to: coarseWidth, scale: 'down' });
    this.coarse = residualBlocks(parameters, `${name}.coarse`, coarseWidth, blocks);
    this.double = new Convolution(parameters, `${name}.double`, {
      from: coarseWidth,
      to: fineWidth,
      scale: 'up',
      gain: 0.3,
    });
    this.last = residualBlocks(parameters, `${name}.last`, fineWidth, blocks);
  }

  apply(x: Tensor): Tensor {
    const fine = throughBlocks(this.fine, this.first.apply(x));
    const coarse = throughBlocks(this.coarse, this.halve.apply(relu(fine)));
    return throughBlocks(this.last, add(fine, this.double.apply(relu(coarse))));
  }
}

interface Widths {
  readonly fineWidth: number;
  readonly coarseWidth: number;
  readonly blocks: number;
}

/** The networks, for any number of images of any size. */
class Networks {
  readonly layers: readonly Grid[];
  private readonly encoder: Trunk;
  private readonly encoded: Convolution;
  private readonly ups: readonly Transition[];
  private readonly downs: readonly Transition[];
  private readonly decoder: Trunk;
  private readonly head: Convolution;

  constructor(parameters: Parameters, options: Required<MarkovOptions>) {
    const { channels, fineWidth, chainWidth, fineLatents, coarseLatents, blocks, components } = options;
    this.layers = [
      ...fineLatents.map((latents) => ({ fine: true, latents })),
      ...coarseLatents.map((latents) => ({ fine: false, latents })),
    ];
    const [nearest] = fineLatents;
    this.encoder = new Trunk(parameters, 'encoder', 4 * channels, options);
    this.encoded = new Convolution(parameters, 'encoded', { from: fineWidth, to: 2 * nearest, taps: 1, gain: 0.3 });
    const above = this.layers.slice(1);
    this.ups = above.map(
      (to, i) => new Transition(parameters, `up.${i}`, this.layers[i], to, chainWidth, blocks, STARTS.up),
    );
    this.downs = above.map(
      (from, i) => new Transition(parameters, `down.${i}`, from, this.layers[i], chainWidth, blocks, STARTS.down),
    );
    this.decoder = new Trunk(parameters, 'decoder', nearest, options);
    this.head = new Convolution(parameters, 'head', {
      from: fineWidth,
      to: 4 * channels * 3 * components,
      gain: 0.3,
      bias: headBias(components),
    });
  }

  /** q of the layer next to the pixels. */
  see(images: Tensor): Bell {
    const { latents } = this.layers[0];
    const [means, logs] = split(this.encoded.apply(relu(this.encoder.apply(images))), latents, latents);
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
    return this.head.apply(relu(this.decoder.apply(latents)));
  }
}

/**
 * A hierarchy of latents that is a Markov chain both ways, for images of any size with 256 levels.
 *
 * @example
 * const model = new MarkovImages({ fineLatents: [1, 1, 1, 1, 1, 1, 1] }, new Workspace()); // eight layers
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
      chainWidth: wholeNumber('chainWidth', options.chainWidth ?? 12, 1, 1024),
      fineLatents: numbersOf('fineLatents', options.fineLatents ?? [1, 1, 1], 1, 64, 1),
      coarseLatents: numbersOf('coarseLatents', options.coarseLatents ?? [2], 1, 64, 0),
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
    const last = networks.layers.length - 1;
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
      tape.input(values, gridOf(networks.layers[layer], squeezed));
    const model: MarkovModel<Uint8Array> = {
      bell: 'gaussian',
      ranges: networks.layers.slice(1).map(() => [-RANGE, RANGE] as const),
      top: gridOf(networks.layers[networks.layers.length - 1], squeezed).reduce((n, side) => n * side, 1),
      see: (pixels) => run(() => diagonal(networks.see(imageTensor(tape, squeezed, squeeze(squeezed, size, pixels))))),
      up: (layer, latents) => run(() => diagonal(networks.up(layer, tensor(layer, latents)))),
      down: (layer, latents) => run(() => diagonal(networks.down(layer, tensor(layer, latents)))),
      likelihood: (latents) =>
        run(() => squeezedPixels(squeezed, networks.pixels(tensor(0, latents)).copy(), bytes, bits)),
    };
    return imageCodec(size, bitSwap(model, { ...options, order }));
  }
}

/** The shape of a layer's latents for one image. */
function gridOf({ fine, latents }: Grid, { height, width }: Squeezed): number[] {
  return fine ? [1, height, width, latents] : [1, height / 2, width / 2, latents];
}

/** Makes {@link MarkovImages} models from a config. */
export const bitswapKind: ModelKind = {
  kind: 'bitswap',
  build: (options, workspace) => new MarkovImages(options as MarkovOptions, workspace),
};
