import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { exp, log } from '../src/kernels/math.ts';
import { modelKernel } from '../src/kernels/models.ts';
import { Random } from '../src/kernels/random.ts';
import { decodeImages, encodeImages, initialWords } from '../src/latent/images.ts';
import { latentBuckets } from '../src/latent/latents.ts';
import { LIKELIHOODS, type Likelihood, likelihood } from '../src/latent/likelihoods.ts';
import { checkPixels, type ImageModel, type ImageShape } from '../src/latent/model.ts';
import { type VaeNetworks, vaeCodec } from '../src/latent/vae.ts';
import { BernoulliLogits } from '../src/models/bernoulli.ts';
import { QuantizedGaussian } from '../src/models/quantized.ts';
import { checkCodec, stateOf } from './support/codecs.ts';
import { checkModel } from './support/models.ts';

const UNIT = 2 ** 24;

/** Networks of one layer each: sums in plain loops, rounded at every step. */
function linearNetworks(pixels: number, latents: number, planes: number, seed: number, levels: number): VaeNetworks {
  const random = new Random(seed);
  const encoder = random.normals(new Float32Array(pixels * 2 * latents));
  const decoder = random.normals(new Float32Array(latents * planes * pixels));
  const bias = random.normals(new Float32Array(planes * pixels));
  return {
    latents,
    encode(images, count) {
      const means = new Float32Array(count * latents);
      const deviations = new Float32Array(count * latents);
      for (let n = 0; n < count; n++)
        for (let j = 0; j < latents; j++) {
          let mean = 0;
          let log2Deviation = 0;
          for (let i = 0; i < pixels; i++) {
            const x = images[n * pixels + i] / (levels - 1) - 0.5;
            mean = Math.fround(mean + Math.fround(x * encoder[i * 2 * latents + j]));
            log2Deviation = Math.fround(log2Deviation + Math.fround(x * encoder[i * 2 * latents + latents + j]));
          }
          means[n * latents + j] = mean;
          deviations[n * latents + j] = 2 ** Math.max(-4, Math.min(1, Math.round(log2Deviation)));
        }
      return { means, deviations };
    },
    decode(z) {
      const outputs = bias.slice();
      for (let j = 0; j < latents; j++)
        for (let i = 0; i < outputs.length; i++)
          outputs[i] = Math.fround(outputs[i] + Math.fround(z[j] * decoder[j * outputs.length + i]));
      return outputs;
    },
  };
}

const square: ImageShape = { height: 4, width: 4, channels: 1 };
const images = (levels: number) =>
  fc.uint8Array({ minLength: 16, maxLength: 16, max: levels - 1 }).map((values) => new Uint8Array(values));

describe('coins by their log odds', () => {
  test('have the interval nearest to the logistic function', () => {
    const { intervalOf, found } = modelKernel();
    expect(found()).toBeGreaterThan(0);
    fc.assert(
      fc.property(fc.double({ min: -45, max: 45, noNaN: true }), (x) => {
        const model = new BernoulliLogits(x);
        const interval = { left: 0, probability: 0 };
        model.interval(0, interval);
        const exact = Math.min(UNIT - 1, Math.max(1, UNIT / (1 + exp(x))));
        expect(Math.abs(interval.probability - exact)).toBeLessThan(0.5001);
        model.interval(1, interval);
        expect(interval.left + interval.probability).toBe(UNIT);
        checkModel(model, { min: 0, max: 1 });
        expect(intervalOf(19, 2, 0, 1, 24, x, 0)).toBeFalsy();
      }),
      { seed: 1, numRuns: 100 },
    );
    for (const x of [-1e300, -80, 80, 1e300]) {
      const interval = { left: 0, probability: 0 };
      new BernoulliLogits(x).interval(1, interval);
      expect(interval.probability).toBe(x < 0 ? 1 : UNIT - 1);
    }
    expect(() => new BernoulliLogits(Number.NaN)).toThrow(/logit is a finite number/);
  });

  test('have the words of single calls in bulk', () => {
    for (const n of [1, 2, 3, 784, 4096, 4097]) {
      const random = new Random(n);
      const logits = random.normals(new Float32Array(n)).map((x) => 4 * x);
      const pixels = Int32Array.from(logits, (x) => (random.uniform() < 1 / (1 + exp(-x)) ? 1 : 0));
      const bulk = new BitStack({ initial: randomWords(4) });
      const single = bulk.clone();
      bulk.encodeReverse(pixels, new BernoulliLogits(), logits);
      for (let i = n - 1; i >= 0; i--) single.encodeReverse(pixels[i], new BernoulliLogits(logits[i]));
      expect(stateOf(bulk)).toEqual(stateOf(single));
      expect(bulk.decode(new BernoulliLogits(), logits)).toEqual(pixels);
      for (let i = 0; i < n; i++) expect(single.decode(new BernoulliLogits(logits[i]))).toBe(pixels[i]);
    }
    expect(() => new BitStack().encodeReverse([2] as never, new BernoulliLogits(), Float32Array.of(0))).toThrow();
    expect(() => new BitStack().encodeReverse(Int32Array.of(2), new BernoulliLogits(), Float32Array.of(0))).toThrow(
      expect.objectContaining({ code: 'impossible-symbol' }),
    );
  });
});

describe('buckets of latents', () => {
  test('are cached, symmetric and of equal mass', () => {
    for (const bits of [4, 8, 16]) {
      const buckets = latentBuckets(bits);
      expect(latentBuckets(bits)).toBe(buckets);
      expect(buckets.centres.length).toBe(2 ** bits);
      expect(buckets.centres[0]).toBe(-buckets.centres[2 ** bits - 1]);
      const interval = { left: 0, probability: 0 };
      buckets.posterior.model(0, 1).interval(3, interval);
      expect(Math.abs(interval.probability * 2 ** bits - UNIT) / UNIT).toBeLessThan(2 ** (bits - 23));
    }
    for (const bits of [3, 17, 8.5, Number.NaN]) expect(() => latentBuckets(bits)).toThrow(/latentBits/);
  });
});

describe('an autoencoder as a codec', () => {
  for (const name of LIKELIHOODS)
    test(`${name}: pop undoes push, push undoes pop`, () => {
      const chosen = likelihood(name, 3);
      for (const [latentBits, observationBits] of [
        [4, 24],
        [10, 24],
        [8, 14],
        [16, 16],
      ])
        checkCodec(
          vaeCodec({
            shape: square,
            networks: linearNetworks(16, 3, chosen.planes, 5, chosen.levels),
            likelihood: chosen,
            latentBits,
            observationBits,
          }),
          {
            values: images(chosen.levels),
            runs: 10,
            refuses: [new Uint8Array(15), [1, 2, 3], ...(chosen.levels === 2 ? [new Uint8Array(16).fill(2)] : [])],
          },
        );
    });

  test('networks without an answer still code every image', () => {
    for (const name of LIKELIHOODS)
      for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, -3e38]) {
        const chosen = likelihood(name, 2);
        const networks: VaeNetworks = {
          latents: 2,
          encode: (_, count) => ({
            means: new Float32Array(2 * count).fill(odd),
            deviations: new Float32Array(2 * count).fill(odd),
          }),
          decode: () => new Float32Array(16 * chosen.planes).fill(odd),
        };
        const codec = vaeCodec({ shape: square, networks, likelihood: chosen });
        const stack = new BitStack({ initial: randomWords(30) });
        const pixels = Uint8Array.from({ length: 16 }, (_, i) => (i * 37) % chosen.levels);
        codec.push(stack, pixels);
        expect(codec.pop(stack)).toEqual(pixels);
        expect(stateOf(stack)).toEqual(stateOf(new BitStack({ initial: randomWords(30) })));
      }
  });

  test('many images have the words of one by one, and a list of them comes back', () => {
    const chosen = likelihood('bernoulli');
    const networks = linearNetworks(16, 3, 1, 9, 2);
    const codec = vaeCodec({ shape: square, networks, likelihood: chosen });
    const random = new Random(3);
    const pixels = Array.from({ length: 150 }, () => Uint8Array.from({ length: 16 }, () => random.below(2)));
    const all = new BitStack({ initial: randomWords(8) });
    const single = all.clone();
    const seen: number[] = [];
    codec.pushAll(all, pixels, (count) => seen.push(count));
    for (let i = 149; i >= 0; i--) codec.push(single, pixels[i]);
    expect(stateOf(all)).toEqual(stateOf(single));
    expect(seen).toEqual([64, 128, 150]);
    const before = stateOf(all);
    expect(() => codec.pushAll(all, [...pixels, new Uint8Array(3)])).toThrow(/16 bytes, not 3/);
    expect(stateOf(all)).toEqual(before);

    const model = { codec: () => codec } as unknown as ImageModel;
    const list = pixels.map((each) => ({ shape: square, pixels: each }));
    const { words, initialBits, netBits, dimensions } = encodeImages(model, list);
    expect(dimensions).toBe(2400);
    expect(initialBits).toBe(32 * (initialWords(codec, pixels[149]) + 1));
    expect(Math.abs(words.length * 32 - initialBits - netBits)).toBeLessThan(64);
    const shapes = list.map(({ shape }) => shape);
    expect(decodeImages(model, words, shapes)).toEqual(list);
    expect(decodeImages(model, encodeImages(model, []).words, [])).toEqual([]);
    // One bit of damage, an image too few, another model: none passes as the list.
    const damaged = words.slice();
    damaged[words.length >>> 1] ^= 4;
    const other = linearNetworks(16, 3, 1, 10, 2);
    const stranger = { codec: () => vaeCodec({ shape: square, networks: other, likelihood: chosen }) };
    const codes = expect.objectContaining({ code: expect.stringMatching(/^(corrupt|out-of-data)$/) });
    expect(() => decodeImages(model, damaged, shapes)).toThrow(codes);
    expect(() => decodeImages(model, words, shapes.slice(1))).toThrow(codes);
    expect(() => decodeImages(stranger as unknown as ImageModel, words, shapes)).toThrow(codes);
  });

  test('an exact posterior costs the evidence of a linear Gaussian model, image by image', () => {
    // x = 128 + w z + noise of deviation s: x is normal with covariance w w' + s^2, cut at whole numbers.
    const s = 5;
    const weights = Float32Array.from({ length: 16 }, (_, i) => 12 * ((i % 5) - 1.5));
    const power = weights.reduce((sum, w) => sum + w * w, 0);
    const precision = 1 + power / (s * s);
    const networks: VaeNetworks = {
      latents: 1,
      encode: (x, count) => ({
        means: Float32Array.from({ length: count }, (_, n) => {
          let sum = 0;
          for (let i = 0; i < 16; i++) sum += weights[i] * (x[16 * n + i] - 128);
          return sum / (s * s) / precision;
        }),
        deviations: new Float32Array(count).fill(1 / Math.sqrt(precision)),
      }),
      decode: (z) => weights.map((w) => 128 + w * z[0]),
    };
    const chosen: Likelihood = {
      name: 'logistic',
      levels: 256,
      planes: 1,
      family: new QuantizedGaussian(0, 255),
      parameters: (means) => [means, new Float32Array(16).fill(s)],
    };
    const random = new Random(7);
    let evidence = 0;
    const list = Array.from({ length: 400 }, () => {
      const z = random.normal();
      const x = Uint8Array.from(weights, (w) =>
        Math.max(0, Math.min(255, Math.round(128 + w * z + s * random.normal()))),
      );
      // By the lemma on determinants: |w w' + s^2| = s^32 (1 + w'w / s^2).
      let squares = 0;
      let along = 0;
      for (let i = 0; i < 16; i++) {
        squares += (x[i] - 128) * (x[i] - 128);
        along += weights[i] * (x[i] - 128);
      }
      const distance = (squares - (along * along) / (s * s) / precision) / (s * s);
      evidence += (distance + 16 * log(2 * Math.PI * s * s) + log(precision)) / (2 * log(2));
      return { shape: square, pixels: x };
    });
    for (const latentBits of [8, 10]) {
      const codec = vaeCodec({ shape: square, networks, likelihood: chosen, latentBits });
      const { netBits } = encodeImages({ codec: () => codec } as unknown as ImageModel, list);
      expect(Math.abs(netBits / evidence - 1)).toBeLessThan(0.002);
    }
  });

  test('shapes and pixels are checked', () => {
    expect(() => checkPixels(new Uint8Array(16).fill(3), square, 2)).toThrow(/below 2, not the 3 at 0/);
    expect(() => checkPixels([0] as never, square, 2)).toThrow(TypeError);
    const chosen = likelihood('bernoulli');
    const codec = vaeCodec({ shape: square, networks: linearNetworks(15, 3, 1, 9, 2), likelihood: chosen });
    expect(() => codec.push(new BitStack({ initial: randomWords(9) }), new Uint8Array(16))).toThrow(/16 pixels want 1/);
    expect(() => likelihood('poisson' as never)).toThrow(/is one of bernoulli/);
    expect(() => likelihood('logistic-mixture', 0)).toThrow(/components/);
  });
});
