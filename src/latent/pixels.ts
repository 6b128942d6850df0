/**
 * Images by an autoregressive model: each pixel given all before it, row by row, with no latent variables and so no
 * initial bits.
 *
 * What a pixel is told from is cheap to compute again, so that decoding costs what encoding does: a window of pixels
 * around it, and a context that depends on all rows above, which is computed once a row. The context's first layer is a
 * sum over rows, as in the neural autoregressive distribution estimator (Larochelle and Murray 2011); van den Oord,
 * Kalchbrenner and Kavukcuoglu (2016, arXiv:1601.06759) is where two such views of an image meet first.
 *
 * A model of two levels asks whether the pixel is 1. A model of 256 levels asks whether it is above 0, and if so which
 * value it has: a softmax over 255 values and over pointers to neighbours, told in addition which levels the image has
 * used before. Grey digits are black-and-white ones made smaller, and their greys repeat.
 *
 * Several images are coded side by side: pixel by pixel, and within a pixel image by image, so that networks run for
 * all of them at once in both directions.
 */

import type { Random } from '../kernels/random.ts';
import { type Activation, activate } from '../networks/activations.ts';
import { add } from '../networks/arithmetic.ts';
import { linear } from '../networks/linear.ts';
import { bernoulliLoss } from '../networks/losses.ts';
import { he, type Initialiser, normal, type Parameter, Parameters, zeros } from '../networks/parameters.ts';
import { reshape } from '../networks/shape.ts';
import type { Tape, Tensor } from '../networks/tape.ts';
import type { Workspace } from '../networks/workspace.ts';
import type { CodingOptions, ImageBatch, ImageCodec, ImageLoss, ImageModel, ImageShape, ModelConfig } from './model.ts';
import {
  drawnNear,
  lossByImage,
  MOST_NEIGHBOURS,
  neighbours,
  type Placed,
  type PlacedImages,
  picked,
  placed,
  placedImages,
  pointingLoss,
  type Surroundings,
  sumsAbove,
  surroundings,
  surroundingsSize,
  withValues,
} from './pixel-operations.ts';
import { pixelsCodec } from './pixels-codec.ts';
import { type ModelKind, wholeNumber } from './saved.ts';

/** Hyperparameters of {@link PixelsModel}. */
export type PixelsConfig = ModelConfig & {
  /** Size of all images, up to 128 x 128. Default 28 x 28. */
  readonly height: number;
  readonly width: number;
  /** Width and number of the layers that look at all rows above. Default 192 and 2. */
  readonly above: number;
  readonly aboveLayers: number;
  /** Numbers that each pixel gets from the rows above. Default 24. */
  readonly context: number;
  /** Rows and columns around a pixel from which it is told whether it is 0. Default 6 and 6. */
  readonly up: number;
  readonly side: number;
  /** Width and number of the layers that tell it. Default 128, or 96 with 256 levels, and 2. */
  readonly hidden: number;
  readonly layers: number;
  /** The same four for the values from 1 to 255. Default 5, 5, 192 and 3; absent with two levels. */
  readonly valueUp?: number;
  readonly valueSide?: number;
  readonly valueHidden?: number;
  readonly valueLayers?: number;
  /** Neighbours that are pointed at, up to 16, and neighbours that are looked up by their exact values. 16 and 6. */
  readonly pointers?: number;
  readonly exact?: number;
};

/** Values from 1 to 255. */
const VALUES = 255;
/** Part of the pixels with nothing drawn near them that a training step looks at; they count for the others. */
const KEPT = 0.2;
const RELU: Activation = 'relu';

function configOf(options: ModelConfig, levels: 2 | 256): PixelsConfig {
  const whole = (name: string, fallback: number, least: number, most: number): number =>
    wholeNumber(name, options[name] ?? fallback, least, most);
  whole('channels', 1, 1, 1);
  return {
    height: whole('height', 28, 1, 128),
    width: whole('width', 28, 1, 128),
    above: whole('above', 192, 1, 4096),
    aboveLayers: whole('aboveLayers', 2, 1, 16),
    context: whole('context', 24, 1, 1024),
    up: whole('up', 6, 0, 32),
    side: whole('side', 6, 1, 32),
    hidden: whole('hidden', levels === 2 ? 128 : 96, 1, 4096),
    layers: whole('layers', 2, 1, 16),
    ...(levels === 2
      ? {}
      : {
          valueUp: whole('valueUp', 5, 0, 32),
          valueSide: whole('valueSide', 5, 1, 32),
          valueHidden: whole('valueHidden', 192, 1, 4096),
          valueLayers: whole('valueLayers', 3, 1, 16),
          pointers: whole('pointers', MOST_NEIGHBOURS, 0, MOST_NEIGHBOURS),
          exact: whole('exact', 6, 0, MOST_NEIGHBOURS),
        }),
  };
}

/** x W + b, by its parameters. */
interface Affine {
  readonly weight: Parameter;
  readonly bias?: Parameter;
}

/** The layers that one question is answered by. */
interface Question {
  readonly of: Surroundings;
  readonly window: Affine;
  readonly context: Affine;
  readonly exact: Parameter | undefined;
  readonly hidden: readonly Affine[];
  readonly out: Affine;
}

/** Pixels of which something is asked. */
export interface Asked {
  /** The pixels: image * height * width + row * width + column. */
  readonly list: Placed;
  /** Their row of the contexts. */
  readonly context: Placed;
  /** Their place in the image. */
  readonly place: Placed;
}

/** An autoregressive model of images of one size. */
export class PixelsModel implements ImageModel {
  readonly kind: 'pixels-binary' | 'pixels';
  readonly config: PixelsConfig;
  readonly parameters: Parameters;
  readonly shape: ImageShape;
  readonly levels: 2 | 256;
  private readonly rows: Parameter;
  private readonly rowBias: Parameter;
  private readonly rowLayers: readonly Affine[];
  private readonly rowOut: Affine;
  private readonly places: Parameter;
  private readonly drawn: Question;
  private readonly value: Question | undefined;

  /**
   * A model without numbers.
   *
   * @param levels - Values that a pixel may have.
   * @throws RangeError for options that make no model.
   */
  constructor(levels: 2 | 256, options: ModelConfig, workspace: Workspace) {
    const config = configOf(options, levels);
    const { height, width, above, context, up, side } = config;
    this.kind = levels === 2 ? 'pixels-binary' : 'pixels';
    this.config = config;
    this.levels = levels;
    this.shape = { height, width, channels: 1 };
    const parameters = new Parameters(workspace);
    this.parameters = parameters;
    const affine = (name: string, inputs: number, outputs: number, by: Initialiser = he, bias = true): Affine => ({
      weight: parameters.declare(`${name}.weight`, [inputs, outputs], by),
      ...(bias ? { bias: parameters.declare(`${name}.bias`, [outputs], zeros) } : {}),
    });
    this.rows = parameters.declare('rows.weight', [height, width, above], normal(0.03));
    this.rowBias = parameters.declare('rows.bias', [height, above], normal(0.1));
    this.rowLayers = Array.from({ length: config.aboveLayers - 1 }, (_, i) =>
      affine(`rows.${i + 1}`, above, above, residual),
    );
    this.rowOut = affine('rows.out', above, width * context, normal(1 / Math.sqrt(3 * above)));
    this.places = parameters.declare('places', [height * width, context], zeros);
    const question = (
      name: string,
      of: Surroundings,
      { width: wide, layers, outputs, exact }: { width: number; layers: number; outputs: number; exact: number },
    ): Question => ({
      of,
      window: affine(`${name}.window`, surroundingsSize(workspace, of), wide),
      context: affine(`${name}.context`, context, wide, normal(1 / Math.sqrt(3 * context)), false),
      exact: exact > 0 ? parameters.declare(`${name}.exact`, [256 * exact, wide], normal(0.02)) : undefined,
      hidden: Array.from({ length: layers - 1 }, (_, i) => affine(`${name}.${i + 1}`, wide, wide, residual)),
      out: {
        weight: parameters.declare(`${name}.out.weight`, [wide, outputs], normal(0.3 / Math.sqrt(3 * wide))),
        bias: parameters.declare(`${name}.out.bias`, [outputs], outputs > 1 ? likely : zeros),
      },
    });
    this.drawn = question(
      'drawn',
      { up, side, channels: levels === 2 ? 1 : 2, greys: false },
      { width: config.hidden, layers: config.layers, outputs: 1, exact: 0 },
    );
    if (levels === 256) {
      const { valueUp, valueSide, valueHidden, valueLayers, pointers, exact } = config as Required<PixelsConfig>;
      this.value = question(
        'value',
        { up: valueUp, side: valueSide, channels: 3, greys: true },
        { width: valueHidden, layers: valueLayers, outputs: VALUES + pointers, exact },
      );
    }
  }

  /** Neighbours that pointers point at. */
  get pointers(): number {
    return this.config.pointers ?? 0;
  }

  /** A hidden row of sums, with its bias: what is made of it for each pixel of the row, [..., width * context]. */
  contexts(sums: Tensor, rows: Placed): Tensor {
    const { tape } = sums;
    let h = activate(RELU, add(sums, picked(tape.parameter(this.rowBias), rows)));
    for (const layer of this.rowLayers) h = add(h, activate(RELU, apply(layer, h)));
    return apply(this.rowOut, h);
  }

  /** Weights of the sums over the rows above: [height, width, n]. */
  rowWeights(tape: Tape): Tensor {
    return tape.parameter(this.rows);
  }

  /** Log odds that pixels are above 0: [pixels, 1]. */
  drawnLogits(images: PlacedImages, contexts: Tensor, asked: Asked): Tensor {
    return this.answer(this.drawn, images, contexts, asked);
  }

  /** The numbers of the softmax over the values of pixels that are above 0: [pixels, 255 + pointers]. */
  valueLogits(images: PlacedImages, contexts: Tensor, asked: Asked): Tensor {
    return this.answer(this.value as Question, images, contexts, asked);
  }

  private answer(question: Question, images: PlacedImages, contexts: Tensor, { list, context, place }: Asked): Tensor {
    const { tape } = contexts;
    const known = add(picked(contexts, context), picked(tape.parameter(this.places), place));
    const window = surroundings(tape, images, list, question.of);
    let before = add(apply(question.window, window), apply(question.context, known));
    if (question.exact !== undefined)
      before = withValues(
        before,
        tape.parameter(question.exact),
        neighbours(tape, images, list, question.exact.shape[0] / 256),
      );
    let h = activate(RELU, before);
    for (const layer of question.hidden) h = add(h, activate(RELU, apply(layer, h)));
    return apply(question.out, h);
  }

  /** The contexts of all pixels of images that are known: [height * images * width, context]. */
  allContexts(tape: Tape, pixels: Uint8Array, count: number): Tensor {
    const { height, width, context } = this.config;
    const { levels } = this;
    const scaled = new Float32Array(pixels.length);
    const rows = new Int32Array(height * count);
    for (let r = 0, to = 0; r < height; r++)
      for (let b = 0; b < count; b++) {
        rows[r * count + b] = r;
        const from = (b * height + r) * width;
        for (let c = 0; c < width; c++) scaled[to++] = levels === 2 ? pixels[from + c] : pixels[from + c] / 255;
      }
    const sums = sumsAbove(tape.input(scaled, [height, count, width]), this.rowWeights(tape));
    return reshape(this.contexts(sums, placed(tape, rows)), [height * count * width, context]);
  }

  /** Names pixels to ask about, in images whose contexts {@link allContexts} has made. */
  ask(tape: Tape, pixels: Int32Array | readonly number[], count: number): Asked {
    const { height, width } = this.config;
    const size = height * width;
    const context = new Int32Array(pixels.length);
    const place = new Int32Array(pixels.length);
    for (let i = 0; i < context.length; i++) {
      const within = pixels[i] % size;
      const image = (pixels[i] - within) / size;
      const column = within % width;
      context[i] = (((within - column) / width) * count + image) * width + column;
      place[i] = within;
    }
    return { list: placed(tape, pixels), context: placed(tape, context), place: placed(tape, place) };
  }

  /**
   * The code length of images, in nats. While training, of the pixels with nothing drawn near them only a random fifth
   * is looked at, and counts five times.
   *
   * @param random - What chooses pixels.
   */
  loss(tape: Tape, { pixels, count, greys }: ImageBatch, random: Random): ImageLoss {
    const { height, width } = this.config;
    const size = height * width;
    const images = placedImages(tape, pixels, count, height, width);
    const all = Int32Array.from({ length: count * size }, (_, i) => i);
    let list = all;
    let weight = new Float32Array(all.length).fill(1);
    if (tape.training) {
      const near = drawnNear(tape, images, placed(tape, all));
      let n = 0;
      for (let i = 0; i < all.length; i++) {
        if (near[i] === 0 && random.uniform() >= KEPT) continue;
        weight[n] = near[i] === 0 ? 1 / KEPT : 1;
        all[n++] = i;
      }
      list = all.slice(0, n);
      weight = weight.slice(0, n);
    }
    const contexts = this.allContexts(tape, pixels, count);
    const imageOf = (pixel: number): number => Math.floor(pixel / size);
    // Given the greys, a pixel's draw does not depend on those of the pixels that it is told from: so its expectation
    // takes the draw's place, and gradients are less noisy.
    const soft = tape.training && this.levels === 2 ? greys : undefined;
    const drawn = Float32Array.from(list, (i) => (soft === undefined ? (pixels[i] > 0 ? 1 : 0) : soft[i] / 255));
    const logits = this.drawnLogits(images, contexts, this.ask(tape, list, count));
    const parts = [
      { losses: bernoulliLoss(logits, tape.input(drawn, [list.length, 1])), image: list.map(imageOf), weight },
    ];
    const inked = this.value === undefined ? new Int32Array(0) : list.filter((i) => pixels[i] > 0);
    if (inked.length > 0) {
      const asked = this.ask(tape, inked, count);
      const numbers = this.valueLogits(images, contexts, asked);
      const targets = placed(
        tape,
        inked.map((i) => pixels[i]),
      );
      const losses = pointingLoss(numbers, targets, neighbours(tape, images, asked.list, this.pointers));
      parts.push({ losses, image: inked.map(imageOf), weight: new Float32Array(inked.length).fill(1) });
    }
    const total = lossByImage(tape, count, parts);
    const mean = ({ losses, weight: w }: (typeof parts)[number]): number =>
      losses.values.reduce((sum, loss, i) => sum + loss * w[i], 0) / count;
    return {
      total,
      parts: { drawn: mean(parts[0]), ...(this.value === undefined ? {} : { values: parts[1] ? mean(parts[1]) : 0 }) },
    };
  }

  /**
   * The codec of this model's images.
   *
   * @throws RangeError for another shape.
   */
  codec(shape: ImageShape = this.shape, options: CodingOptions = {}): ImageCodec {
    return pixelsCodec(this, shape, options);
  }
}

/** The brightest values and the pointers begin likelier than the other values, as they are in most images. */
const likely: Initialiser = (into) => {
  into.fill(0).fill(3, 250);
};

/** Small at first: a residual layer begins as nearly nothing. */
const residual: Initialiser = (into, shape, random) => normal(1 / Math.sqrt(3 * shape[0]))(into, shape, random);

function apply({ weight, bias }: Affine, x: Tensor): Tensor {
  const { tape } = x;
  return linear(x, tape.parameter(weight), bias === undefined ? undefined : tape.parameter(bias));
}

/** Black-and-white images by an autoregressive model: {@link PixelsConfig} says what it takes. */
export const pixelsBinaryKind: ModelKind = {
  kind: 'pixels-binary',
  build: (options, workspace) => new PixelsModel(2, options, workspace),
};

/** Grey images by an autoregressive model: {@link PixelsConfig} says what it takes. */
export const pixelsKind: ModelKind = {
  kind: 'pixels',
  build: (options, workspace) => new PixelsModel(256, options, workspace),
};
