import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { exp } from '../src/kernels/math.ts';
import { Random } from '../src/kernels/random.ts';
import { diffusionKind } from '../src/latent/diffusion.ts';
import type { CodingStep } from '../src/latent/hierarchy.ts';
import { decodeImages, encodeImages } from '../src/latent/images.ts';
import type { ImageShape } from '../src/latent/model.ts';
import { KNOTS, LEAST_GAMMA, MOST_GAMMA, noiseLevel, noiseLevels, stepDown, stepUp } from '../src/latent/noise.ts';
import { readModel, writeModel } from '../src/latent/saved.ts';
import { ImageTraining } from '../src/latent/training.ts';
import { Tape } from '../src/networks/tape.ts';
import { Workspace } from '../src/networks/workspace.ts';
import { checkCodec } from './support/codecs.ts';

const shape: ImageShape = { height: 8, width: 8, channels: 1 };

/** Black images with a bright square. */
function squares(count: number, seed: number): Uint8Array {
  const random = new Random(seed);
  const pixels = new Uint8Array(count * 64);
  for (let n = 0; n < count; n++) {
    const [top, left, grey] = [random.below(5), random.below(5), 128 + random.below(128)];
    for (let y = 0; y < 4; y++) for (let x = 0; x < 4; x++) pixels[n * 64 + (top + y) * 8 + left + x] = grey;
  }
  return pixels;
}

function trained(epochs: number) {
  const model = diffusionKind.build({ width: 4 }, new Workspace());
  model.parameters.initialise(1);
  const training = new ImageTraining(
    model,
    { shape, pixels: squares(64, 1) },
    { epochs, batch: 16, rate: 5e-3, schedule: 'cosine' },
  );
  const losses: number[] = [];
  while (!training.done) losses.push(training.step().loss);
  return { model, losses };
}

const { model, losses } = trained(25);

describe('levels of noise', () => {
  it('keep the variance, step by step', () => {
    fc.assert(
      fc.property(
        fc.double({ min: LEAST_GAMMA, max: MOST_GAMMA, noNaN: true }),
        fc.double({ min: 0.01, max: 5, noNaN: true }),
        (gamma, more) => {
          const [s, t] = [noiseLevel(gamma), noiseLevel(gamma + more)];
          expect(s.alpha ** 2 + s.sigma ** 2).toBeCloseTo(1, 12);
          expect(s.sigma ** 2 / s.alpha ** 2 / exp(gamma)).toBeCloseTo(1, 10);
          const up = stepUp(s, t);
          expect(up.latent * s.alpha).toBeCloseTo(t.alpha, 12);
          expect((up.latent * s.sigma) ** 2 + up.deviation ** 2).toBeCloseTo(t.sigma ** 2, 10);
          // From z_t = alpha_t x + sigma_t e down to z_s = alpha_s x + sigma_s e'.
          const down = stepDown(s, t);
          expect(down.latent * t.alpha + down.image).toBeCloseTo(s.alpha, 10);
          expect((down.latent * t.sigma) ** 2 + down.deviation ** 2).toBeCloseTo(s.sigma ** 2, 10);
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  it('are the cheapest of all ways', () => {
    // The error of a normal distribution's best estimate: what a perfect network would reach.
    const errors = Array.from({ length: KNOTS }, (_, i) => {
      const { alpha, sigma } = noiseLevel(LEAST_GAMMA + ((MOST_GAMMA - LEAST_GAMMA) * i) / (KNOTS - 1));
      return (0.5 * sigma * sigma) / (alpha * alpha * 0.5 + sigma * sigma);
    });
    const costOf = (gammas: readonly number[]): number => {
      let cost = 0;
      for (let i = 1; i < gammas.length; i++) {
        const { alpha, sigma } = noiseLevel(gammas[i]);
        const error = (0.5 * sigma * sigma) / (alpha * alpha * 0.5 + sigma * sigma);
        cost += ((exp(-gammas[i - 1]) - exp(-gammas[i])) * error) / 2;
      }
      return cost;
    };
    for (const steps of [1, 2, 5, 20, 100]) {
      const gammas = noiseLevels(steps, errors, 0.5).map(({ gamma }) => gamma);
      expect(gammas).toHaveLength(steps + 1);
      for (let i = 1; i <= steps; i++) expect(gammas[i]).toBeGreaterThan(gammas[i - 1]);
      const even = gammas.map((_, i) => gammas[0] + ((gammas[steps] - gammas[0]) * i) / steps);
      expect(costOf(gammas)).toBeLessThan(costOf(even) + 1e-3);
    }
    expect(() => noiseLevels(0, errors, 0.5)).toThrow(RangeError);
    expect(() => noiseLevels(301, errors, 0.5)).toThrow(RangeError);
  });
});

describe('diffusion models', () => {
  it('learn', () => {
    const mean = (from: number, to: number) => losses.slice(from, to).reduce((a, b) => a + b, 0) / (to - from);
    expect(mean(losses.length - 20, losses.length)).toBeLessThan(0.95 * mean(0, 10));
  });

  const image = fc.uint8Array({ minLength: 64, maxLength: 64 }).map((values) => new Uint8Array(values));
  it.each(['bb-ans', 'bit-swap'] as const)('are codecs, in the order %s', (order) => {
    checkCodec(model.codec(shape, { steps: 3, order }), {
      values: image,
      runs: 10,
      words: 300,
      complete: false,
      refuses: [new Uint8Array(63), [1, 2, 3]],
    });
  });

  it('code at the cost of their bound', () => {
    const count = 40;
    const pixels = squares(count, 2);
    const images = Array.from({ length: count }, (_, i) => ({ shape, pixels: pixels.slice(64 * i, 64 * i + 64) }));
    for (const steps of [4, 12]) {
      let bound = 0;
      for (let i = 0; i < 5; i++) bound += model.bound({ shape, count, pixels }, steps, new Random(i)) / Math.LN2 / 5;
      const { words, netBits } = encodeImages(model, images, { steps });
      expect(Math.abs(netBits / count / bound - 1)).toBeLessThan(0.03);
      expect(
        decodeImages(
          model,
          words,
          images.map((each) => each.shape),
          { steps },
        ),
      ).toEqual(images);
    }
  });

  it('need few initial bits in turns, many otherwise', () => {
    const dip = (order: 'bb-ans' | 'bit-swap'): number => {
      const stack = new BitStack({ initial: randomWords(2000, 3) });
      const before = stack.exactBits();
      let least = before;
      const watch = (now: BitStack, _: CodingStep) => {
        least = Math.min(least, now.exactBits());
      };
      const options = { steps: 8, order, latentBits: 12, watch };
      model.codec(shape, options).push(stack, squares(1, 4));
      return before - least;
    };
    expect(dip('bit-swap')).toBeLessThan(0.4 * dip('bb-ans'));
  });

  it('give each image of a batch the same bits', () => {
    const pixels = squares(5, 6);
    const all = new BitStack({ initial: randomWords(500, 1) });
    const single = all.clone();
    const codec = model.codec(shape, { steps: 2 });
    const images = Array.from({ length: 5 }, (_, i) => pixels.slice(64 * i, 64 * i + 64));
    codec.pushAll(all, images);
    for (const each of images.toReversed()) codec.push(single, each);
    expect(all.getCompressed()).toEqual(single.getCompressed());
  });

  it('are written and read', () => {
    const read = readModel(writeModel(model), [diffusionKind]);
    const stack = new BitStack({ initial: randomWords(500, 1) });
    model.codec(shape).push(stack, squares(1, 7));
    expect(read.codec(shape).pop(stack)).toEqual(squares(1, 7));
  });

  it('train to the same bits again', () => {
    const [a, b] = [trained(1).model, trained(1).model];
    expect(a.parameters.values).toEqual(b.parameters.values);
    expect(a.parameters.fixed).toEqual(b.parameters.fixed);
  });

  it('refuse shapes that they do not have, and weights that are not finite', () => {
    expect(() => model.codec({ height: 8, width: 6, channels: 1 })).toThrow(/multiples of 4/);
    expect(() => model.codec({ height: 8, width: 8, channels: 3 })).toThrow(/channels/);
    expect(() => model.codec()).toThrow(/say which/);
    const wild = diffusionKind.build({ width: 4 }, new Workspace());
    wild.parameters.initialise(1);
    wild.parameters.values.fill(1e38);
    const stack = new BitStack({ initial: randomWords(500, 1) });
    const before = stack.getCompressed();
    expect(() => wild.codec(shape).push(stack, squares(1, 1))).toThrow(/not a finite number|not finite/);
    expect(stack.getCompressed()).toEqual(before);
    expect(wild.parameters.workspace.busy).toBe(false);
  });

  it('have gradients', () => {
    const tape = new Tape(model.parameters.workspace);
    model.parameters.clearGradients();
    const { total } = model.loss(tape, { shape, count: 4, pixels: squares(4, 9) }, new Random(1));
    tape.backward(total, 0.25);
    for (const parameter of model.parameters.all)
      if (parameter.learned) {
        const at = parameter.offset;
        const gradient = model.parameters.gradients.slice(at, at + parameter.size);
        expect(gradient.some((g) => g !== 0)).toBe(true);
      }
    tape.reset();
  });
});
