/**
 * What every learned model of images is to the rest of the package: named parameters, a loss to train them by, and a
 * codec of images on a stack of bits.
 *
 * An image is an array of bytes, row by row, the channels of a pixel side by side. A model of two levels codes the
 * values 0 and 1, one of 256 levels every byte.
 */
import type { Codec } from '../codecs/codec.ts';
import type { BitStack } from '../codecs/stack.ts';
import { SurprisalError, typeError } from '../errors.ts';
import type { Random } from '../kernels/random.ts';
import type { Parameters } from '../networks/parameters.ts';
import type { Tape, Tensor } from '../networks/tape.ts';

/** Size of an image in pixels, and numbers that each has. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** One image: height x width x channels bytes. */
export interface Image {
  readonly shape: ImageShape;
  /** Row by row, the channels of a pixel side by side. */
  readonly pixels: Uint8Array;
}

/** Images of one shape, one after another. */
export interface ImageBatch {
  readonly shape: ImageShape;
  /** Number of images. */
  readonly count: number;
  /** count x height x width x channels bytes, each below the model's number of levels. */
  readonly pixels: Uint8Array;
  /**
   * The grey values that pixels of 0 and 1 were drawn from while training. A loss may take the expectation over a draw
   * in place of the draw where it does not depend on other things that were drawn.
   */
  readonly greys?: Uint8Array;
}

/** A loss as the tape has it, and what it is made of. */
export interface ImageLoss {
  /** One number an image: an upper bound on -log p(x), in nats, to be minimised with a weight of 1 / count. */
  readonly total: Tensor;
  /** What it consists of, for reports: nats an image, mean over the batch, such as `likelihood` and `latents`. */
  readonly parts: Readonly<Record<string, number>>;
}

/** Choices that are made when coding, and that the decoder must make alike: they belong into a file's header. */
export interface CodingOptions {
  /** Bits of a latent's grid: 2^latentBits buckets. Each kind has a default. */
  readonly latentBits?: number;
  /** Bits of a pixel's probabilities, at most 24. Default 24. */
  readonly observationBits?: number;
  /** Order of pops and pushes, for hierarchies. */
  readonly order?: 'bb-ans' | 'bit-swap';
  /** Number of latent layers, for models that leave it open. */
  readonly steps?: number;
}

/** Codes images of one shape. Pushing takes bits off the stack before it puts more on, where there are latents. */
export interface ImageCodec extends Codec<Uint8Array> {
  /** Shape of all images. */
  readonly shape: ImageShape;
  /**
   * Pushes images from the last to the first: the words of single pushes, in less time since networks run in batches,
   * unless the codec has a {@link group}.
   *
   * @param done - Called with the number of images pushed so far.
   */
  pushAll(stack: BitStack, images: readonly Uint8Array[], done?: (count: number) => void): void;
  /**
   * Images that are coded side by side, where a codec does that: the words of {@link pushAll} are then those of groups
   * of so many images, the last one of what is left, and only {@link popAll} takes them off again.
   */
  readonly group?: number;
  /** Pops what {@link pushAll} has pushed in one call, where images are coded side by side. */
  popAll?(stack: BitStack, count: number): Uint8Array[];
}

/** A model's hyperparameters: what JSON can hold, and all that is needed to make the model beside its parameters. */
export type ModelConfig = { readonly [name: string]: ConfigValue };

/** A value in a {@link ModelConfig}. */
export type ConfigValue =
  | string
  | number
  | boolean
  | null
  | readonly ConfigValue[]
  | { readonly [name: string]: ConfigValue };

/** A learned model of images. */
export interface ImageModel {
  /** Which kind, as the registry names it. */
  readonly kind: string;
  /** All hyperparameters, defaults included. */
  readonly config: ModelConfig;
  /** What it has learned, and what it keeps besides. Training changes the numbers and nothing else. */
  readonly parameters: Parameters;
  /** The shape of all its images, or undefined when one model codes any size. */
  readonly shape: ImageShape | undefined;
  /** Values that a pixel may have: 2 or 256. */
  readonly levels: 2 | 256;
  /**
   * The negative of the evidence lower bound, in nats an image.
   *
   * @param tape - Where the operations are recorded.
   * @param batch - Images with the model's levels.
   * @param random - What latents are sampled with.
   * @param progress - Part of the training that is done, from 0 to 1, for losses that begin milder than they end; 1, the
   *   bound itself, unless given.
   */
  loss(tape: Tape, batch: ImageBatch, random: Random, progress?: number): ImageLoss;
  /**
   * The codec of images of one shape, with the parameters as they are now: they must not change while it is in use.
   *
   * @param shape - May be left out where the model has one.
   * @throws RangeError for a shape or an option that the model does not have.
   */
  codec(shape?: ImageShape, options?: CodingOptions): ImageCodec;
}

/** Bytes of an image of this shape. */
export function pixelsOf({ height, width, channels }: ImageShape): number {
  return height * width * channels;
}

/** Whether two shapes are the same. */
export function sameShape(a: ImageShape, b: ImageShape): boolean {
  return a.height === b.height && a.width === b.width && a.channels === b.channels;
}

/** A shape in words, as messages have it. */
export function shapeName({ height, width, channels }: ImageShape): string {
  return `${width} x ${height}${channels === 1 ? '' : ` x ${channels}`}`;
}

/**
 * Refuses what is no image of this shape and these levels.
 *
 * @throws TypeError for anything but a Uint8Array, SurprisalError (`impossible-symbol`) for another length or a byte that
 *   is no level.
 */
export function checkPixels(pixels: Uint8Array, shape: ImageShape, levels: number): void {
  if (!(pixels instanceof Uint8Array)) throw typeError('the pixels of an image are a Uint8Array');
  if (pixels.length !== pixelsOf(shape))
    throw new SurprisalError(
      'impossible-symbol',
      `an image of ${shapeName(shape)} has ${pixelsOf(shape)} bytes, not ${pixels.length}`,
    );
  if (levels === 256) return;
  for (let i = 0; i < pixels.length; i++)
    if (pixels[i] >= levels)
      throw new SurprisalError(
        'impossible-symbol',
        `the model codes bytes below ${levels}, not the ${pixels[i]} at ${i}`,
      );
}

/**
 * Draws 0 or 1 for each grey value: 1 with a probability of grey / 255. What a model of two levels is trained with, anew
 * in each epoch (Salakhutdinov and Murray 2008).
 */
export function binarised(grey: Uint8Array, random: Random): Uint8Array {
  const pixels = new Uint8Array(grey.length);
  for (let i = 0; i < pixels.length; i++) {
    const value = grey[i];
    if (value > 0 && random.uniform() * 255 < value) pixels[i] = 1;
  }
  return pixels;
}
