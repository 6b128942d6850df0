import { describe, expect, it } from 'vitest';
import { BitStack } from '../src/codecs/stack.ts';
import { Random } from '../src/kernels/random.ts';
import { decodeImages, encodeImages } from '../src/latent/images.ts';
import type { Image, ModelConfig } from '../src/latent/model.ts';
import { placed, pointingLoss, pointingMasses } from '../src/latent/pixel-operations.ts';
import { PixelsModel, pixelsBinaryKind, pixelsKind } from '../src/latent/pixels.ts';
import { readModel, writeModel } from '../src/latent/saved.ts';
import { ImageTraining } from '../src/latent/training.ts';
import { Tape } from '../src/networks/tape.ts';
import { Workspace } from '../src/networks/workspace.ts';

const HEIGHT = 7;
const WIDTH = 6;
const SIZE = HEIGHT * WIDTH;
const SMALL: ModelConfig = { height: HEIGHT, width: WIDTH, above: 8, context: 4, up: 2, side: 2, hidden: 12 };
const GREY: ModelConfig = {
  ...SMALL,
  valueUp: 2,
  valueSide: 2,
  valueHidden: 12,
  valueLayers: 2,
  pointers: 5,
  exact: 3,
};

/** A model whose weights are random, those too that begin as zeros. */
function modelOf(levels: 2 | 256, seed = 3, config: ModelConfig = {}): PixelsModel {
  const model = new PixelsModel(levels, { ...(levels === 2 ? SMALL : GREY), ...config }, new Workspace());
  model.parameters.initialise(seed);
  const random = new Random(seed);
  for (const { name, values } of model.parameters.all)
    if (/bias|places/.test(name)) for (let i = 0; i < values.length; i++) values[i] += 0.1 * random.normal();
  return model;
}

/** Images with few levels, so that there is something to point at. */
function imagesOf(levels: 2 | 256, count: number, seed = 5): Uint8Array[] {
  const random = new Random(seed);
  const greys = [250, 252, 253, 7, 9, 1, 255];
  return Array.from({ length: count }, () =>
    Uint8Array.from({ length: SIZE }, () => {
      if (random.uniform() < 0.5) return 0;
      return levels === 2 ? 1 : greys[random.below(greys.length)];
    }),
  );
}

function whole(images: readonly Uint8Array[]): Uint8Array {
  const pixels = new Uint8Array(images.length * SIZE);
  images.forEach((image, i) => void pixels.set(image, i * SIZE));
  return pixels;
}

describe.each([2, 256] as const)('an autoregressive model of %d levels', (levels) => {
  it('brings images back, and takes the bits that its loss says', () => {
    const model = modelOf(levels);
    const images = imagesOf(levels, 9);
    const codec = model.codec();
    const stack = new BitStack();
    codec.pushAll(stack, images);
    const bits = stack.exactBits() - 32;
    expect(codec.popAll?.(stack, 9)).toEqual(images);
    expect(stack.netBits()).toBe(0);
    const tape = new Tape(model.parameters.workspace, { gradients: false });
    const batch = { shape: model.shape, count: 9, pixels: whole(images) };
    const loss = model.loss(tape, batch, new Random(1)).total.copy();
    const nats = loss.reduce((a, b) => a + b, 0);
    expect(Math.abs(bits - nats / Math.LN2)).toBeLessThan(1);
    for (const [i, image] of images.entries())
      expect(Math.abs((codec.bits(image) ?? 0) - loss[i] / Math.LN2)).toBeLessThan(0.1);
  });

  it('says the same of an image whatever stands beside it', () => {
    const model = modelOf(levels);
    const images = imagesOf(levels, 5);
    const tape = new Tape(model.parameters.workspace, { gradients: false });
    const losses = (some: Uint8Array[]): Float32Array => {
      tape.reset();
      const batch = { shape: model.shape, count: some.length, pixels: whole(some) };
      return model.loss(tape, batch, new Random(1)).total.copy();
    };
    const together = losses(images);
    expect(images.map((image) => losses([image])[0])).toEqual([...together]);
  });

  it('codes lists in groups, and refuses a damaged one or leaves it different', () => {
    const model = modelOf(levels);
    const list: Image[] = imagesOf(levels, 300).map((pixels) => ({ shape: model.shape, pixels }));
    const shapes = list.map(({ shape }) => shape);
    const { words, initialBits } = encodeImages(model, list);
    expect(initialBits).toBeLessThanOrEqual(33);
    expect(decodeImages(model, words, shapes)).toEqual(list);
    const damaged = words.slice();
    damaged[words.length >> 1] ^= 4;
    let found: Image[] = [];
    try {
      found = decodeImages(model, damaged, shapes);
    } catch (error) {
      expect((error as { code?: string }).code).toMatch(/^(corrupt|out-of-data)$/);
    }
    expect(found).not.toEqual(list);
  });

  it('has the gradient of its loss', () => {
    const model = modelOf(levels);
    const pixels = whole(imagesOf(levels, 6));
    const batch = { shape: model.shape, count: 6, pixels };
    const { parameters } = model;
    const tape = new Tape(parameters.workspace, { training: false });
    const lossOf = (): number => {
      tape.reset();
      const { total } = model.loss(tape, batch, new Random(1));
      return total.values.reduce((a, b) => a + b, 0);
    };
    tape.reset();
    parameters.clearGradients();
    tape.backward(model.loss(tape, batch, new Random(1)).total);
    tape.reset();
    const gradients = parameters.gradients.slice();
    // Along the gradient itself: single numbers drown in the rounding of f32 and the kinks of rectifiers.
    for (const { name, offset, size } of parameters.all) {
      const own = gradients.slice(offset, offset + size);
      const length = Math.sqrt(own.reduce((sum, g) => sum + g * g, 0));
      const before = parameters.values.slice();
      const at = (step: number): number => {
        for (let i = 0; i < size; i++) parameters.values[offset + i] = before[offset + i] + (step * own[i]) / length;
        return lossOf();
      };
      const slope = (at(4e-3) - at(-4e-3)) / 8e-3;
      parameters.values.set(before);
      expect(Math.abs(slope - length), `${name}: ${slope}, not ${length}`).toBeLessThan(0.02 * length + 0.02);
    }
  });

  it('learns, and is read from a file as it was written', () => {
    const model = modelOf(levels);
    const pixels = whole(imagesOf(levels, 40).map((image) => image.map((value, i) => (i % 3 === 0 ? 0 : value))));
    const data = { shape: model.shape, pixels: levels === 2 ? pixels.map((x) => 255 * x) : pixels };
    const training = new ImageTraining(model, data, { epochs: 6, batch: 8, rate: 1e-2, shards: 1 });
    const losses: number[] = [];
    while (!training.done) losses.push(training.step().loss);
    expect(losses[losses.length - 1]).toBeLessThan(0.9 * losses[0]);
    const image = pixels.subarray(0, SIZE);
    const back = readModel(writeModel(model), [pixelsBinaryKind, pixelsKind]);
    expect(back.levels).toBe(levels);
    expect(back.codec().bits(image)).toBe(model.codec().bits(image));
  });

  it('refuses other images and options out of range', () => {
    const model = modelOf(levels);
    const codec = model.codec();
    expect(() => codec.push(new BitStack(), new Uint8Array(SIZE - 1))).toThrow(/41/);
    if (levels === 2) expect(() => codec.push(new BitStack(), new Uint8Array(SIZE).fill(2))).toThrow(/below 2/);
    expect(() => model.codec({ height: WIDTH, width: HEIGHT, channels: 1 })).toThrow(/7 x 6|6 x 7/);
    expect(() => model.codec(model.shape, { observationBits: 16 })).toThrow(RangeError);
    expect(() => modelOf(levels, 1, { hidden: 0 })).toThrow(RangeError);
    expect(() => modelOf(levels, 1, { channels: 3 })).toThrow(RangeError);
    expect(() => codec.pop(new BitStack())).toThrow(expect.objectContaining({ code: 'out-of-data' }));
  });
});

describe('softmaxes that point', () => {
  const tape = new Tape(new Workspace(), { gradients: false });

  it('have masses that fit their losses, one unit at least each', () => {
    const random = new Random(11);
    const numbers = Float32Array.from({ length: 3 * 259 }, (_, i) => (i < 259 ? 40 : 2) * random.normal());
    const x = tape.input(numbers, [3, 259]);
    const sources = placed(tape, [7, 7, 0, 255, 1, 2, 3, 4, 0, 0, 0, 0]);
    const masses = pointingMasses(x, sources).slice();
    for (let row = 0; row < 3; row++) {
      const sums = masses.subarray(256 * row, 256 * row + 256);
      expect(sums[0]).toBe(0);
      expect(sums[255]).toBeLessThanOrEqual(2 ** 24);
      for (const value of [1, 4, 7, 100, 255]) {
        const mass = sums[value] - sums[value - 1];
        expect(mass).toBeGreaterThanOrEqual(1);
        const loss = pointingLoss(x, placed(tape, [value, value, value]), sources).copy()[row];
        if (mass > 1000) expect(Math.log(sums[255] / mass)).toBeCloseTo(loss, 2);
      }
    }
    tape.reset();
  });

  it('keep their bounds whatever a network says', () => {
    const numbers = new Float32Array(2 * 255).fill(Number.NaN);
    numbers.fill(Number.POSITIVE_INFINITY, 255);
    const masses = pointingMasses(tape.input(numbers, [2, 255]), placed(tape, []));
    for (let row = 0; row < 2; row++) {
      const sums = masses.subarray(256 * row, 256 * row + 256);
      for (let i = 1; i < 256; i++) expect(sums[i]).toBeGreaterThan(sums[i - 1]);
      expect(sums[255]).toBeLessThanOrEqual(2 ** 24);
    }
  });
});
