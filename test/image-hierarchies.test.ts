/** Convolutional hierarchies of latents: images of any size, in both orders. */
import { describe, expect, it } from 'vitest';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { Random } from '../src/kernels/random.ts';
import type { CodingStep, Watch } from '../src/latent/hierarchy.ts';
import { Hilloc, hillocKind } from '../src/latent/hilloc.ts';
import { bitswapKind, MarkovImages } from '../src/latent/markov.ts';
import { type ImageModel, type ImageShape, pixelsOf } from '../src/latent/model.ts';
import { readModel, writeModel } from '../src/latent/saved.ts';
import { squeeze, squeezedShape } from '../src/latent/squeezed.ts';
import { ImageTraining } from '../src/latent/training.ts';
import { Tape } from '../src/networks/tape.ts';
import { Workspace } from '../src/networks/workspace.ts';
import { stateOf } from './support/codecs.ts';

/** Smooth blobs with a little noise. */
function blobs({ height, width, channels }: ImageShape, count: number, seed: number): Uint8Array {
  const random = new Random(seed);
  const pixels = new Uint8Array(count * height * width * channels);
  let to = 0;
  for (let i = 0; i < count; i++) {
    const [cx, cy] = [random.uniform() * width, random.uniform() * height];
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < channels; c++) {
          const far = (x - cx) * (x - cx) + (y - cy) * (y - cy);
          pixels[to++] =
            Math.max(0, 255 - 8 * far * (c + 1)) + random.below(3) * (far < 20 ? -1 : 1) * (far < 32 ? 1 : 0);
        }
  }
  return pixels;
}

const tiny = { fineWidth: 8, coarseWidth: 8 };
const make = {
  hilloc: (channels: number): ImageModel =>
    new Hilloc({ ...tiny, channels, coarseLatents: [2, 3], fineLatents: [1], components: 2 }, new Workspace()),
  bitswap: (channels: number): ImageModel =>
    new MarkovImages({ ...tiny, channels, chainWidth: 4, components: 2 }, new Workspace()),
};
const names = ['hilloc', 'bitswap'] as const;

const grey: ImageShape = { height: 8, width: 12, channels: 1 };
/** Sides that are no multiples of 4, one pixel, colours. */
const shapes: ImageShape[] = [grey, { height: 5, width: 7, channels: 1 }, { height: 1, width: 1, channels: 1 }];

describe('squeezed images', () => {
  it('have each byte once, and edges beside them', () => {
    const shape = { height: 3, width: 5, channels: 2 };
    const squeezed = squeezedShape(shape);
    expect([squeezed.height, squeezed.width, squeezed.channels]).toEqual([2, 4, 8]);
    const pixels = Uint8Array.from({ length: 30 }, (_, i) => i);
    const bytes = squeeze(squeezed, shape, pixels);
    expect([...bytes.subarray(0, 8)]).toEqual([0, 1, 2, 3, 10, 11, 12, 13]);
    expect([...squeezed.real].map((at) => bytes[at]).sort((a, b) => a - b)).toEqual([...pixels]);
    // The last row and column go on beyond the edge.
    expect([...bytes.subarray(56, 64)]).toEqual([28, 29, 28, 29, 28, 29, 28, 29]);
  });
});

describe.each(names)('%s', (name) => {
  it.each(shapes)('codes images of $height x $width', (shape) => {
    const model = make[name](1);
    model.parameters.initialise(3);
    const pixels = blobs(shape, 3, 1);
    const size = pixelsOf(shape);
    const images = [0, 1, 2].map((i) => pixels.slice(i * size, (i + 1) * size));
    for (const order of name === 'hilloc' ? (['bb-ans'] as const) : (['bb-ans', 'bit-swap'] as const)) {
      const codec = model.codec(shape, { order });
      const stack = new BitStack({ initial: randomWords(300, 1) });
      const before = stateOf(stack);
      codec.pushAll(stack, images);
      const one = new BitStack({ initial: randomWords(300, 1) });
      for (const image of [...images].reverse()) codec.push(one, image);
      expect(stateOf(one)).toEqual(stateOf(stack));
      for (const image of images) expect(codec.pop(stack)).toEqual(image);
      expect(stateOf(stack)).toEqual(before);
      // And the other way: whatever is popped can be pushed back.
      const found = codec.pop(stack);
      codec.push(stack, found);
      expect(stateOf(stack)).toEqual(before);
    }
  });

  it('codes colours', () => {
    const shape = { height: 4, width: 8, channels: 3 };
    const model = make[name](3);
    model.parameters.initialise(4);
    const codec = model.codec(shape, { latentBits: 8, observationBits: 16 });
    const stack = new BitStack({ initial: randomWords(300, 1) });
    const image = blobs(shape, 1, 2);
    codec.push(stack, image);
    expect(codec.pop(stack)).toEqual(image);
  });

  it('learns, repeats, and is the same from a file', { timeout: 20000 }, () => {
    const files = [0, 1].map(() => {
      const model = make[name](1);
      model.parameters.initialise(1);
      const training = new ImageTraining(
        model,
        { shape: grey, pixels: blobs(grey, 40, 5) },
        { epochs: 8, batch: 10, rate: 3e-3, clip: 200 },
      );
      const losses: number[] = [];
      while (!training.done) losses.push(training.step().loss);
      expect(losses[losses.length - 1]).toBeLessThan(0.7 * losses[0]);
      return writeModel(model);
    });
    expect(files[0]).toEqual(files[1]);
    const [model, again] = files.map((file) => readModel(file, [hillocKind, bitswapKind]));
    const stacks = [model, again].map((one) => {
      const stack = new BitStack({ initial: randomWords(300, 1) });
      one.codec(grey).push(stack, blobs(grey, 1, 9));
      return stateOf(stack);
    });
    expect(stacks[0]).toEqual(stacks[1]);
  });

  it('codes with about as many bits as the bound says', { timeout: 20000 }, () => {
    const model = make[name](1);
    model.parameters.initialise(1);
    const count = 200;
    const pixels = blobs(grey, count, 6);
    // Not without training: what has less than 2^-24 costs more in the bound than in the stream.
    const training = new ImageTraining(model, { shape: grey, pixels }, { epochs: 4, batch: 10, rate: 3e-3, clip: 200 });
    while (!training.done) training.step();
    const tape = new Tape(model.parameters.workspace, { gradients: false });
    const { total, parts } = model.loss(tape, { shape: grey, count, pixels }, new Random(1));
    const bound = total.values.reduce((sum, x) => sum + x, 0) / Math.LN2;
    const sum = Object.values(parts).reduce((all, x) => all + x, 0);
    expect(Math.abs((sum * count) / Math.LN2 / bound - 1)).toBeLessThan(1e-5);
    tape.reset();
    const stack = new BitStack({ initial: randomWords(300, 1) });
    const size = pixelsOf(grey);
    const images = Array.from({ length: count }, (_, i) => pixels.slice(i * size, (i + 1) * size));
    model.codec(grey).pushAll(stack, images);
    expect(Math.abs(stack.netBits() / bound - 1)).toBeLessThan(0.02);
  });

  it('leaves the stack as it was when it runs out, and refuses other images', () => {
    const model = make[name](1);
    model.parameters.initialise(3);
    const codec = model.codec(grey);
    const stack = new BitStack({ initial: randomWords(3, 1) });
    const before = stateOf(stack);
    expect(() => codec.push(stack, blobs(grey, 1, 1))).toThrow(expect.objectContaining({ code: 'out-of-data' }));
    expect(() => codec.push(stack, new Uint8Array(5))).toThrow(expect.objectContaining({ code: 'impossible-symbol' }));
    expect(() => codec.pop(stack)).toThrow(expect.objectContaining({ code: 'out-of-data' }));
    expect(stateOf(stack)).toEqual(before);
    expect(model.parameters.workspace.busy).toBe(false);
    for (const shape of [undefined, { ...grey, channels: 3 }, { ...grey, width: 0 }, { ...grey, height: 2 ** 24 }])
      expect(() => model.codec(shape)).toThrow(RangeError);
    expect(() => model.codec(grey, { latentBits: 20 })).toThrow(RangeError);
  });
});

describe('orders', () => {
  it('are those that a model has', () => {
    expect(() => make.hilloc(1).codec(grey, { order: 'bit-swap' })).toThrow(RangeError);
    expect(() => make.bitswap(1).codec(grey, { order: 'sideways' as never })).toThrow(RangeError);
  });

  it('differ in the bits that they need beforehand', () => {
    const model = new MarkovImages({ ...tiny, chainWidth: 4, latents: [2, 2, 2, 2, 2, 2, 2, 2] }, new Workspace());
    model.parameters.initialise(1);
    const [swap, before] = (['bit-swap', 'bb-ans'] as const).map((order) => {
      const stack = new BitStack({ initial: randomWords(1000, 1) });
      const start = stack.exactBits();
      let least = start;
      const steps: CodingStep[] = [];
      const watch: Watch = (at, step) => {
        least = Math.min(least, at.exactBits());
        steps.push(step);
      };
      model.codec(grey, { order, watch }).push(stack, blobs(grey, 1, 1));
      expect(steps.length).toBe(8 + 8 + 1);
      return start - least;
    });
    expect(swap).toBeLessThan(0.25 * before);
  });
});

describe('options', () => {
  it.each([
    { fineLatents: [0], latents: [0] },
    { fineLatents: [1.5], latents: [1.5] },
    { coarseLatents: new Array(65).fill(1), latents: new Array(65).fill(1) },
    { fineWidth: 0 },
    { components: 65 },
    { channels: 5 },
  ])('are refused where they make no model: %j', (options) => {
    expect(() => new Hilloc(options, new Workspace())).toThrow(RangeError);
    expect(() => new MarkovImages(options, new Workspace())).toThrow(RangeError);
  });

  it('are lists where lists are wanted', () => {
    expect(() => new Hilloc({ coarseLatents: 3 as never }, new Workspace())).toThrow(TypeError);
    expect(() => new MarkovImages({ latents: [] }, new Workspace())).toThrow(RangeError);
  });
});
