/**
 * Images as fully convolutional models see them: squeezed to half their sides and four times their channels, any size
 * padded to whole fours; and mixtures of logistics for their bytes.
 */
import { type Codec, codec } from '../codecs/codec.ts';
import type { BitStack } from '../codecs/stack.ts';
import { rangeError } from '../errors.ts';
import { rowLoss } from '../networks/losses.ts';
import type { Initialiser } from '../networks/parameters.ts';
import { reshape } from '../networks/shape.ts';
import type { Tape, Tensor } from '../networks/tape.ts';
import { type Likelihood, popPixels, pushPixels } from './likelihoods.ts';
import { checkPixels, type ImageCodec, type ImageShape, pixelsOf } from './model.ts';

/** Sides are padded to a multiple of this: twice halved. */
const STRIDE = 4;

/** Where an image's bytes go when it is squeezed: [height / 2, width / 2, 4 x channels], sides padded to whole fours. */
export interface Squeezed {
  /** Rows of the squeezed image. */
  readonly height: number;
  /** Pixels of its rows. */
  readonly width: number;
  /** Numbers of its pixels: four pixels' channels. */
  readonly channels: number;
  /** For each number of the squeezed image the byte that it is; what is beyond an edge is as the edge. */
  readonly bytes: Int32Array;
  /** Places of the numbers that are no padding. */
  readonly real: Int32Array;
}

/** The most bytes of an image: its networks take some hundred times as many. */
const MOST_BYTES = 2 ** 22;

/**
 * Refuses what is no shape of images with so many channels.
 *
 * @throws RangeError for a shape that is missing, empty, of other channels, or of more than 2^22 bytes.
 */
export function checkShape(shape: ImageShape | undefined, channels: number): ImageShape {
  if (shape === undefined) throw rangeError('the model codes images of any size: say which');
  const sizes = [shape.height, shape.width, shape.channels];
  if (!sizes.every((size) => Number.isInteger(size) && size >= 1))
    throw rangeError(`height, width and channels are whole numbers from 1, not ${sizes.join(', ')}`);
  if (shape.channels !== channels)
    throw rangeError(`the model codes images of ${channels} channels, not ${shape.channels}`);
  if (pixelsOf(shape) > MOST_BYTES)
    throw rangeError(`an image has at most ${MOST_BYTES} bytes, not ${pixelsOf(shape)}: cut it into tiles`);
  return shape;
}

/** How images of a shape are squeezed. */
export function squeezedShape(shape: ImageShape): Squeezed {
  const { height: h, width: w, channels: c } = shape;
  const height = (Math.ceil(h / STRIDE) * STRIDE) / 2;
  const width = (Math.ceil(w / STRIDE) * STRIDE) / 2;
  const bytes = new Int32Array(height * width * 4 * c);
  const real = new Int32Array(pixelsOf(shape));
  let to = 0;
  let found = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let part = 0; part < 4; part++)
        for (let k = 0; k < c; k++) {
          const row = 2 * y + (part >> 1);
          const column = 2 * x + (part & 1);
          if (row < h && column < w) real[found++] = to;
          bytes[to++] = (Math.min(row, h - 1) * w + Math.min(column, w - 1)) * c + k;
        }
  return { height, width, channels: 4 * c, bytes, real };
}

/** Images' bytes in the order of {@link Squeezed}. */
export function squeeze({ bytes }: Squeezed, shape: ImageShape, pixels: Uint8Array): Uint8Array {
  const size = pixelsOf(shape);
  const count = pixels.length / size;
  const out = new Uint8Array(count * bytes.length);
  for (let i = 0; i < count; i++)
    for (let j = 0; j < bytes.length; j++) out[i * bytes.length + j] = pixels[i * size + bytes[j]];
  return out;
}

/** Squeezed images as a tensor of numbers from -1 to 1. */
export function imageTensor(tape: Tape, { height, width, channels }: Squeezed, squeezed: Uint8Array): Tensor {
  const values = Float32Array.from(squeezed, (byte) => byte / 127.5 - 1);
  return tape.input(values, [squeezed.length / (height * width * channels), height, width, channels]);
}

/** Grey values that logistic distributions are centred on, and that their scales are measured in. */
const HALF = 127.5;

/**
 * Where a head's components start: spread over the grey values, each as wide as an eighth of them, and the last one
 * narrow and at white, which scans of paper are full of. Numbers of a byte lie side by side: log weights, means,
 * logarithms of scales.
 */
export function headBias(components: number): Initialiser {
  return (into) => {
    for (let i = 0; i < into.length; i++) {
      const at = i % (3 * components);
      const k = at % components;
      const last = components > 1 && k === components - 1;
      const mean = components === 1 ? 0 : last ? 0.984 : (2 * k) / (components - 1) - 1;
      into[i] = at < components ? 0 : at < 2 * components ? mean : last ? -4 : -2.5;
    }
  };
}

/**
 * -log p of squeezed images under mixtures of logistics, in nats an image.
 *
 * @param outputs - [batch, height, width, channels x 3 x components]: for each byte its log weights, its means (-1 for 0, 1
 *   for 255), its logarithms of scales.
 * @param squeezed - The bytes.
 */
export function mixtureLoss(outputs: Tensor, squeezed: Uint8Array, components: number): Tensor {
  const { tape } = outputs;
  const [batch] = outputs.shape;
  const count = outputs.size / (3 * components);
  if (count !== squeezed.length) throw rangeError(`outputs for ${count} bytes, but ${squeezed.length} bytes`);
  const rows = reshape(outputs, [batch, outputs.size / batch]);
  const values = tape.input(squeezed, [count]);
  const row = 4 * 3 * components;
  const part = 4 * components;
  return rowLoss([rows], count, (kernel, losses, [slope]) => {
    const at = rows.pointer;
    kernel.logisticMixtures(
      count,
      components,
      values.pointer,
      255,
      at,
      at + part,
      at + 2 * part,
      row,
      4,
      HALF,
      HALF,
      losses,
      slope,
      slope === 0 ? 0 : slope + part,
      slope === 0 ? 0 : slope + 2 * part,
      tape.workspace.scratch(64 * components),
    );
  });
}

/**
 * Outputs of one image as the likelihoods of likelihoods.ts take them: parameter by parameter, for all bytes that are no
 * padding.
 */
export function headPlanes(outputs: Float32Array, { real }: Squeezed, planes: number): Float32Array {
  const result = new Float32Array(real.length * planes);
  for (let i = 0; i < real.length; i++)
    for (let j = 0; j < planes; j++) result[j * real.length + i] = outputs[real[i] * planes + j];
  return result;
}

/**
 * The codec of one image's bytes, given what a network says of them.
 *
 * @param outputs - As {@link mixtureLoss} has them, for one image.
 * @param bits - Bits of the probabilities, from 10 to 24.
 */
export function squeezedPixels(
  squeezed: Squeezed,
  outputs: Float32Array,
  likelihood: Likelihood,
  bits: number,
): Codec<Uint8Array> {
  const { real, bytes } = squeezed;
  const planes = headPlanes(outputs, squeezed, likelihood.planes);
  return {
    push: (stack, pixels) =>
      pushPixels(
        stack,
        Uint8Array.from(real, (at) => pixels[bytes[at]]),
        likelihood,
        planes,
        bits,
      ),
    pop(stack) {
      const found = popPixels(stack, likelihood, planes, bits);
      const pixels = new Uint8Array(real.length);
      for (let i = 0; i < real.length; i++) pixels[bytes[real[i]]] = found[i];
      return pixels;
    },
    bits: () => undefined,
  };
}

/** A codec of images with all that an {@link ImageCodec} has: images are checked before anything is done. */
export function imageCodec(shape: ImageShape, inner: Codec<Uint8Array>): ImageCodec {
  return {
    ...codec<Uint8Array>({
      push(stack, pixels) {
        checkPixels(pixels, shape, 256);
        inner.push(stack, pixels);
      },
      pop: (stack) => inner.pop(stack),
      bits: () => undefined,
    }),
    shape,
    pushAll(stack: BitStack, images, done) {
      for (const pixels of images) checkPixels(pixels, shape, 256);
      stack.atomic(() => {
        for (let i = images.length - 1; i >= 0; i--) {
          inner.push(stack, images[i]);
          done?.(images.length - i);
        }
      });
    },
  };
}
