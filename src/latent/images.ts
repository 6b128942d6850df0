/** Lists of images on one stack: each pays for the latents of the one before it, and only the first needs other bits. */
import type { Codec } from '../codecs/codec.ts';
import { BitStack, randomWords } from '../codecs/stack.ts';
import { SurprisalError } from '../errors.ts';
import {
  type CodingOptions,
  type Image,
  type ImageCodec,
  type ImageModel,
  type ImageShape,
  sameShape,
  shapeName,
} from './model.ts';

/** What {@link encodeImages} returns. */
export interface EncodedImages {
  /** The stack's words, from which {@link decodeImages} makes the images. */
  readonly words: Uint32Array;
  /** Bits that the stack was started with, so that the first latents could be popped; part of the words. */
  readonly initialBits: number;
  /** Bits that the images have added. */
  readonly netBits: number;
  /** Numbers coded: bits a dimension are netBits / dimensions. */
  readonly dimensions: number;
}

/** What images are coded with besides the model. */
export interface EncodeOptions extends CodingOptions {
  /** Called now and then with the number of images done. */
  readonly progress?: (done: number, total: number) => void;
}

/** Seed of the words that stacks start with. */
const SEED = 0x62697473;
/** No model needs more: 2^22 words are 16 MiB. */
const MAX_INITIAL_WORDS = 2 ** 22;
/**
 * A stack with so many words under its state, which looks random too: a state of 2^32 would make the first latent that
 * is popped the lowest there is, and that image dear.
 */
function startOf(count: number): BitStack {
  const words = new Uint32Array(count + 2).fill(1);
  words.set(randomWords(count + 1, SEED));
  return BitStack.from(words);
}

/** Images that are pushed in one call. */
const RUN = 64;

/**
 * Codes images on one stack, the last one first, so that they come back in their order. The stack starts with as few
 * words as the first push can do with, which look random and are part of what is returned.
 *
 * @throws SurprisalError (`impossible-symbol`) for an image that the model cannot have.
 * @example
 * const { words } = encodeImages(model, images);
 * decodeImages(model, words, images.map(({ shape }) => shape));
 */
export function encodeImages(model: ImageModel, images: readonly Image[], options: EncodeOptions = {}): EncodedImages {
  return driven(encodingSteps(model, images, options), images.length, options);
}

/** {@link encodeImages} step by step, for who has something else to do in between: yields how many images are pushed. */
export function* encodingSteps(
  model: ImageModel,
  images: readonly Image[],
  options: CodingOptions = {},
): Generator<number, EncodedImages, void> {
  const codecOf = codecs(model, options);
  const total = images.length;
  const dimensions = images.reduce((sum, { pixels }) => sum + pixels.length, 0);
  const spans = spansOf(
    images.map(({ shape }) => shape),
    codecOf,
  );
  for (let initial = total === 0 ? 0 : initialWords(codecOf(images[total - 1].shape), images[total - 1].pixels); ; ) {
    const stack = startOf(initial);
    const initialBits = stack.numValidBits();
    try {
      for (const { start, end } of spans.toReversed()) {
        codecOf(images[start].shape).pushAll(
          stack,
          images.slice(start, end).map(({ pixels }) => pixels),
        );
        yield total - start;
      }
    } catch (error) {
      // A later image may need more bits than those before it have left.
      if (!(error instanceof SurprisalError && error.code === 'out-of-data') || initial >= MAX_INITIAL_WORDS)
        throw error;
      initial = Math.min(MAX_INITIAL_WORDS, 2 * initial + 1);
      continue;
    }
    return { words: stack.getCompressed(), initialBits, netBits: stack.numValidBits() - initialBits, dimensions };
  }
}

/**
 * The images that {@link encodeImages} has coded with the same model and options.
 *
 * @param shapes - One for each image, in their order.
 * @throws SurprisalError (`corrupt`) when what is left is not what the stack was started with, (`out-of-data`) when the
 *   words end too early: damage, or another model.
 */
export function decodeImages(
  model: ImageModel,
  words: Uint32Array,
  shapes: readonly ImageShape[],
  options: EncodeOptions = {},
): Image[] {
  return driven(decodingSteps(model, words, shapes, options), shapes.length, options);
}

/** {@link decodeImages} step by step: yields how many images there are. */
export function* decodingSteps(
  model: ImageModel,
  words: Uint32Array,
  shapes: readonly ImageShape[],
  options: CodingOptions = {},
): Generator<number, Image[], void> {
  const codecOf = codecs(model, options);
  const stack = BitStack.from(words);
  const images: Image[] = [];
  for (const { start, end } of spansOf(shapes, codecOf)) {
    const shape = shapes[start];
    const codec = codecOf(shape);
    if (codec.popAll !== undefined) {
      for (const pixels of codec.popAll(stack, end - start)) images.push({ shape, pixels });
      yield images.length;
      continue;
    }
    for (let i = start; i < end; i++) {
      images.push({ shape, pixels: codec.pop(stack) });
      yield images.length;
    }
  }
  const left = stack.getCompressed();
  const expected = startOf(Math.max(0, left.length - 2)).getCompressed();
  if (left.length !== expected.length || left.some((word, i) => word !== expected[i]))
    throw new SurprisalError(
      'corrupt',
      'after the last image the stack is not as it was started: the words are damaged, or another model wrote them',
    );
  return images;
}

/** Runs of images of one shape, cut into what is pushed in one call: a codec's group, where it has one. */
function spansOf(
  shapes: readonly ImageShape[],
  codecOf: (shape: ImageShape) => ImageCodec,
): { readonly start: number; readonly end: number }[] {
  const spans: { start: number; end: number }[] = [];
  for (let start = 0; start < shapes.length; ) {
    const most = start + (codecOf(shapes[start]).group ?? RUN);
    let end = start + 1;
    while (end < shapes.length && end < most && sameShape(shapes[start], shapes[end])) end++;
    spans.push({ start, end });
    start = end;
  }
  return spans;
}

/** Runs a job to its end. */
function driven<T>(job: Generator<number, T, void>, total: number, { progress }: EncodeOptions): T {
  for (;;) {
    const step = job.next();
    if (step.done === true) return step.value;
    progress?.(step.value, total);
  }
}

/** The model's codec by shape, each made once. */
function codecs(model: ImageModel, options: CodingOptions): (shape: ImageShape) => ImageCodec {
  const made = new Map<string, ImageCodec>();
  return (shape) => {
    const name = shapeName(shape);
    let found = made.get(name);
    if (found === undefined) {
      found = model.codec(shape, options);
      made.set(name, found);
    }
    return found;
  };
}

/**
 * The least number of words that a push of the image needs under it.
 *
 * @throws SurprisalError (`impossible-symbol`) for an image that the codec cannot have.
 */
export function initialWords(codec: Codec<Uint8Array>, pixels: Uint8Array): number {
  const enough = (count: number): boolean => {
    try {
      codec.push(startOf(count), pixels);
      return true;
    } catch (error) {
      if (error instanceof SurprisalError && error.code === 'out-of-data' && count < MAX_INITIAL_WORDS) return false;
      throw error;
    }
  };
  if (enough(0)) return 0;
  let high = 1;
  while (!enough(high)) high *= 2;
  let low = high >>> 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
