/** Coding of images, several side by side, with an autoregressive model. */
import { codec } from '../codecs/codec.ts';
import { log2 } from '../codecs/log2.ts';
import type { BitStack } from '../codecs/stack.ts';
import { rangeError } from '../errors.ts';
import { BernoulliLogits } from '../models/bernoulli.ts';
import type { ModelFamily } from '../models/model.ts';
import { reshape } from '../networks/shape.ts';
import { Tape } from '../networks/tape.ts';
import {
  type CodingOptions,
  checkPixels,
  type ImageCodec,
  type ImageShape,
  pixelsOf,
  sameShape,
  shapeName,
} from './model.ts';
import {
  addRow,
  neighbours,
  type PlacedImages,
  placed,
  placedImages,
  pointingMasses,
  resident,
} from './pixel-operations.ts';
import type { PixelsModel } from './pixels.ts';

/** Images that are coded side by side. Decides the order of what is coded. */
const GROUP = 256;
/** Images that an encoder looks at at once, and pixels above 0 whose values are asked for at once. */
const CHUNK = 8;
const LIST = 1024;
/** Log odds stay within this: a coin has 24 bits. */
const MOST = 80;

/** What an encoder finds out before it pushes: for each pixel all images, one after another. */
interface Distributions {
  readonly drawn: Int32Array;
  readonly logits: Float32Array;
  /** Intervals of values, where a pixel is above 0. */
  readonly left: Uint32Array;
  readonly mass: Uint32Array;
  readonly total: Uint32Array;
}

/**
 * The codec of a {@link PixelsModel}. Groups of 256 images are coded side by side.
 *
 * @throws RangeError for a shape that is not the model's.
 */
export function pixelsCodec(model: PixelsModel, shape: ImageShape, options: CodingOptions = {}): ImageCodec {
  if (!sameShape(shape, model.shape))
    throw rangeError(`the model codes images of ${shapeName(model.shape)}, not of ${shapeName(shape)}`);
  if (options.observationBits !== undefined && options.observationBits !== 24)
    throw rangeError(`autoregressive models code pixels with 24 bits, not ${options.observationBits}`);
  const size = pixelsOf(shape);
  const family = new BernoulliLogits();
  const check = (images: readonly Uint8Array[]): void => {
    for (const pixels of images) checkPixels(pixels, shape, model.levels);
  };

  const pushGroup = (stack: BitStack, images: readonly Uint8Array[]): void => {
    const count = images.length;
    const { drawn, logits, left, mass, total } = distributionsOf(model, images, size);
    for (let p = size - 1; p >= 0; p--) {
      const [from, to] = [p * count, (p + 1) * count];
      for (let i = to - 1; i >= from; i--) if (mass[i] > 0) stack.pushInterval(left[i], mass[i], total[i]);
      stack.encodeReverse(drawn.subarray(from, to), family, logits.subarray(from, to));
    }
  };

  const pushAll = (stack: BitStack, images: readonly Uint8Array[], done?: (count: number) => void): void => {
    check(images);
    stack.atomic(() => {
      for (let start = GROUP * Math.ceil(images.length / GROUP - 1); start >= 0; start -= GROUP) {
        pushGroup(stack, images.slice(start, start + GROUP));
        done?.(images.length - start);
      }
    });
  };

  const popAll = (stack: BitStack, count: number): Uint8Array[] =>
    stack.atomic(() => {
      const images: Uint8Array[] = [];
      for (let start = 0; start < count; start += GROUP)
        images.push(...popGroup(model, stack, Math.min(GROUP, count - start), family));
      return images;
    });

  return {
    ...codec<Uint8Array>({
      push: (stack, pixels) => pushAll(stack, [pixels]),
      pop: (stack) => popAll(stack, 1)[0],
      bits(pixels) {
        check([pixels]);
        const { drawn, logits, mass, total } = distributionsOf(model, [pixels], size);
        let bits = 0;
        const interval = { left: 0, probability: 0 };
        for (let p = 0; p < size; p++) {
          family.model(logits[p]).interval(drawn[p], interval);
          bits += 24 - log2(interval.probability);
          if (mass[p] > 0) bits += log2(total[p]) - log2(mass[p]);
        }
        return bits;
      },
    }),
    shape,
    group: GROUP,
    pushAll,
    popAll,
  };
}

/** A network's numbers as log odds that a coin takes. */
function tame(logits: Float32Array): Float32Array {
  for (let i = 0; i < logits.length; i++) {
    const x = logits[i];
    logits[i] = x > -MOST ? (x < MOST ? x : MOST) : -MOST;
  }
  return logits;
}

function distributionsOf(model: PixelsModel, images: readonly Uint8Array[], size: number): Distributions {
  const { height, width } = model.shape;
  const count = images.length;
  const length = size * count;
  const grey = model.levels === 256;
  const result = {
    drawn: new Int32Array(length),
    logits: new Float32Array(length),
    left: new Uint32Array(length),
    mass: new Uint32Array(length),
    total: new Uint32Array(length),
  };
  const tape = new Tape(model.parameters.workspace, { gradients: false });
  try {
    for (let start = 0; start < count; start += CHUNK) {
      tape.reset();
      const n = Math.min(CHUNK, count - start);
      const pixels = new Uint8Array(n * size);
      for (let i = 0; i < n; i++) pixels.set(images[start + i], i * size);
      const placedHere = placedImages(tape, pixels, n, height, width);
      const contexts = model.allContexts(tape, pixels, n);
      const all = Int32Array.from({ length: n * size }, (_, i) => i);
      const logits = tame(model.drawnLogits(placedHere, contexts, model.ask(tape, all, n)).values);
      // Where pixel i of this chunk lies among those of the group.
      const place = (i: number): number => (i % size) * count + start + Math.floor(i / size);
      for (let i = 0; i < pixels.length; i++) {
        result.drawn[place(i)] = pixels[i] > 0 ? 1 : 0;
        result.logits[place(i)] = logits[i];
      }
      if (!grey) continue;
      const inked = all.filter((i) => pixels[i] > 0);
      for (let from = 0; from < inked.length; from += LIST) {
        const list = inked.subarray(from, from + LIST);
        const part = new Tape(model.parameters.workspace, { gradients: false });
        const asked = model.ask(part, list, n);
        const numbers = model.valueLogits(placedHere, resident(part, contexts.pointer, contexts.shape), asked);
        const sums = pointingMasses(numbers, neighbours(part, placedHere, asked.list, model.pointers));
        for (let i = 0; i < list.length; i++) {
          const at = place(list[i]);
          const row = 256 * i;
          const value = pixels[list[i]];
          result.left[at] = sums[row + value - 1];
          result.mass[at] = sums[row + value] - sums[row + value - 1];
          result.total[at] = sums[row + 255];
        }
        part.reset();
      }
    }
  } finally {
    tape.reset();
  }
  return result;
}

/** Pops images that were pushed side by side: pixel by pixel, a network's pass for all of them at once. */
function popGroup(model: PixelsModel, stack: BitStack, count: number, family: ModelFamily): Uint8Array[] {
  const { height, width } = model.shape;
  const { context, above } = model.config;
  const { workspace } = model.parameters;
  const size = height * width;
  const grey = model.levels === 256;
  const tape = new Tape(workspace, { gradients: false });
  try {
    const images = placedImages(tape, new Uint8Array(count * size), count, height, width);
    const sums = workspace.allocate(count * above);
    workspace.floats(sums, count * above).fill(0);
    const weights = model.rowWeights(tape).pointer;
    for (let r = 0; r < height; r++) {
      const row = new Tape(workspace, { gradients: false });
      const values = new Float32Array(count * width);
      const hidden = model.contexts(resident(row, sums, [count, above]), placed(row, new Int32Array(count).fill(r)));
      const contexts = reshape(hidden, [count * width, context]);
      for (let c = 0; c < width; c++) popPixels(model, stack, { images, contexts, row: r, column: c, family });
      const pixels = workspace.view(images.at, count * size);
      for (let b = 0; b < count; b++)
        for (let c = 0; c < width; c++) {
          const value = pixels[b * size + r * width + c];
          values[b * width + c] = grey ? value / 255 : value;
        }
      const x = row.input(values, [count, width]);
      addRow(row, count, width, x.pointer, weights + 4 * r * width * above, above, sums, sums);
      row.reset();
    }
    const pixels = workspace.view(images.at, count * size);
    return Array.from({ length: count }, (_, b) => pixels.slice(b * size, (b + 1) * size));
  } finally {
    tape.reset();
  }
}

/** Pops one pixel of all images. */
function popPixels(
  model: PixelsModel,
  stack: BitStack,
  at: {
    readonly images: PlacedImages;
    readonly contexts: ReturnType<typeof reshape>;
    readonly row: number;
    readonly column: number;
    readonly family: ModelFamily;
  },
): void {
  const { images, contexts, row, column, family } = at;
  const { count, height, width } = images;
  const { workspace } = model.parameters;
  const place = row * width + column;
  const tape = new Tape(workspace, { gradients: false });
  const here = resident(tape, contexts.pointer, contexts.shape);
  const ask = (which: readonly number[] | Int32Array): Parameters<PixelsModel['drawnLogits']>[2] => ({
    list: placed(
      tape,
      Int32Array.from(which, (b) => b * height * width + place),
    ),
    context: placed(
      tape,
      Int32Array.from(which, (b) => b * width + column),
    ),
    place: placed(tape, new Int32Array(which.length).fill(place)),
  });
  const everyone = Int32Array.from({ length: count }, (_, b) => b);
  const logits = tame(model.drawnLogits(images, here, ask(everyone)).copy());
  const drawn = stack.decode(family, logits);
  const first = images.at + place;
  const step = height * width;
  const pixels = workspace.view(first, (count - 1) * step + 1);
  if (model.levels === 2) {
    for (let b = 0; b < count; b++) pixels[b * step] = drawn[b];
  } else {
    const inked = everyone.filter((b) => drawn[b] > 0);
    if (inked.length > 0) {
      const asked = ask(inked);
      const numbers = model.valueLogits(images, here, asked);
      const sums = pointingMasses(numbers, neighbours(tape, images, asked.list, model.pointers));
      const found = workspace.view(first, (count - 1) * step + 1);
      for (let i = 0; i < inked.length; i++) found[inked[i] * step] = popValue(stack, sums, 256 * i);
    }
  }
  tape.reset();
}

/** Pops a value from 1 to 255 by the sums of masses that begin at `row`. */
function popValue(stack: BitStack, sums: Uint32Array, row: number): number {
  const total = sums[row + 255];
  const slot = stack.peek(total);
  let low = 0;
  let high = 255;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (sums[row + middle] <= slot) low = middle;
    else high = middle;
  }
  stack.take(sums[row + low], sums[row + low + 1] - sums[row + low], total);
  return low + 1;
}
