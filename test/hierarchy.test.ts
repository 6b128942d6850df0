/** Hierarchies of latent variables, with small networks of random weights. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFamily } from '../src/codecs/models.ts';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { mapMath } from '../src/kernels/math.ts';
import { equalWidthBins } from '../src/latent/bins.ts';
import { type BitSwapOptions, bitSwap, type MarkovModel } from '../src/latent/bit-swap.ts';
import {
  type CodingStep,
  type Diagonal,
  diagonalOf,
  type HierarchyOptions,
  type TopDownModel,
  topDown,
} from '../src/latent/hierarchy.ts';
import { QuantizedLogistic } from '../src/models/quantized.ts';
import { checkCodec, stateOf } from './support/codecs.ts';

const PIXELS = 6;
const levels = new QuantizedLogistic(0, 255);

/** A dense layer with random weights, tanh at the end: sums in f64 in a fixed order, so the same everywhere. */
function dense(from: number, to: number, seed: number, gain = 1): (x: ArrayLike<number>) => Float32Array {
  const weights = Float64Array.from(randomWords(from * to, seed), (word) => (word / 2 ** 31 - 1) * gain);
  return (x) => {
    const out = new Float32Array(to);
    for (let j = 0; j < to; j++) {
      let sum = 0;
      for (let i = 0; i < from; i++) sum += x[i] * weights[j * from + i];
      out[j] = sum;
    }
    return mapMath('tanh', out);
  };
}

/** Means in (-2, 2) and standard deviations about exp(shift). */
function bell(out: Float32Array, shift: number): Diagonal {
  const n = out.length / 2;
  return diagonalOf(
    out.subarray(0, n).map((x) => 2 * x),
    out.subarray(n).map((x) => x + shift),
  );
}

const scaled = (image: Uint8Array): Float32Array => Float32Array.from(image, (x) => x / 128 - 1);

function pixels(out: Float32Array): ReturnType<typeof fromFamily> {
  const means = Float64Array.from(out.subarray(0, PIXELS), (x) => 127.5 + 128 * x);
  return fromFamily(
    levels,
    means,
    mapMath(
      'exp',
      Float64Array.from(out.subarray(PIXELS), (x) => 2 + x),
    ),
  );
}

const asBytes = (inner: ReturnType<typeof fromFamily>) => ({
  push: (stack: BitStack, image: Uint8Array) => inner.push(stack, Int32Array.from(image)),
  pop: (stack: BitStack) => Uint8Array.from(inner.pop(stack)),
  bits: () => undefined,
});

/** Layer l has the sizes given; everything above and the value go into each posterior. */
function topDownModel(sizes: readonly number[], seed: number): TopDownModel<Uint8Array> {
  const above = sizes.map((_, l) => sizes.slice(0, l).reduce((sum, n) => sum + n, 0));
  const all = sizes.reduce((sum, n) => sum + n, 0);
  const priors = sizes.map((n, l) => dense(above[l] + 1, 2 * n, seed + l));
  const posteriors = sizes.map((n, l) => dense(above[l] + PIXELS, 2 * n, seed + 100 + l));
  const out = dense(all, 2 * PIXELS, seed + 200, 0.7);
  return {
    layers: sizes.length,
    begin() {
      let seen: Float32Array | undefined;
      const latents: number[] = [];
      const upTo = (l: number): number[] => latents.slice(0, above[l]);
      return {
        see(image) {
          seen = scaled(image);
        },
        prior: (l) => bell(priors[l]([...upTo(l), 1]), 0),
        posterior: (l) => bell(posteriors[l]([...upTo(l), ...seen!]), -1.5),
        descend(l, values) {
          latents.length = above[l];
          latents.push(...values);
        },
        likelihood: () => asBytes(pixels(out(latents))),
      };
    },
  };
}

function markovModel(
  sizes: readonly number[],
  seed: number,
  shape: 'gaussian' | 'logistic',
  width = -1.5,
): MarkovModel<Uint8Array> {
  const see = dense(PIXELS, 2 * sizes[0], seed);
  const ups = sizes.slice(1).map((n, l) => dense(sizes[l], 2 * n, seed + 1 + l));
  const downs = sizes.slice(1).map((n, l) => dense(n, 2 * sizes[l], seed + 100 + l));
  const out = dense(sizes[0], 2 * PIXELS, seed + 200);
  return {
    bell: shape,
    ranges: sizes.slice(1).map(() => [-6, 6.5]),
    top: sizes[sizes.length - 1],
    see: (image) => bell(see(scaled(image)), width),
    up: (l, latents) => bell(ups[l](latents), width),
    down: (l, latents) => bell(downs[l - 1](latents), -0.5),
    likelihood: (latents) => asBytes(pixels(out(latents))),
  };
}

const images = fc.uint8Array({ minLength: PIXELS, maxLength: PIXELS });
/** What codecs of images of this size refuse. */
const refuses = [new Uint8Array(PIXELS - 1)];
const law = { values: images, runs: 20, words: 100 };

/** Bits of the stack that a push digs up: how far below its start the stack gets. */
function initialBits(make: (options: HierarchyOptions) => { push(stack: BitStack, image: Uint8Array): void }): number {
  const stack = new BitStack({ initial: randomWords(1000, 3) });
  const start = stack.exactBits();
  let least = start;
  const watch = (at: BitStack): void => {
    least = Math.min(least, at.exactBits());
  };
  make({ watch }).push(stack, Uint8Array.of(3, 200, 17, 90, 255, 0));
  return start - least;
}

describe('a hierarchy with a posterior from the top down', () => {
  it.each([[[4]], [[2, 3]], [[1, 2, 3, 4]]])('is a codec with layers of %j latents', (sizes) => {
    for (const latentBits of [1, 10, 12])
      checkCodec(topDown(topDownModel(sizes, 7), { latentBits }), { ...law, runs: 6, refuses });
  });

  it('is a codec with wide bins and on a scrambled stack', () => {
    const model = topDownModel([2, 3], 7);
    for (const options of [{ reach: 16 }, { scramble: true }, { reach: 64, latentBits: 12, scramble: true }])
      checkCodec(topDown(model, options), { ...law, runs: 6 });
    for (const reach of [0, -1, 2000, Number.NaN]) expect(() => topDown(model, { reach })).toThrow(RangeError);
  });

  it('pops all layers, pushes the value, and pushes all layers', () => {
    const steps: CodingStep[] = [];
    const codec = topDown(topDownModel([2, 3], 7), { watch: (_, step) => steps.push(step) });
    codec.push(new BitStack({ initial: randomWords(50) }), new Uint8Array(PIXELS));
    expect(steps.map(({ action, by, layer }) => `${action} ${by} ${layer}`)).toEqual([
      'pop posterior 0',
      'pop posterior 1',
      'push likelihood undefined',
      'push prior 1',
      'push prior 0',
    ]);
  });

  it('has about the same net length with coarse and fine bins', () => {
    const model = topDownModel([3], 5);
    const lengths = [8, 12].map((latentBits) => {
      const codec = topDown(model, { latentBits });
      const stack = new BitStack({ initial: randomWords(4000, 1) });
      const start = stack.exactBits();
      for (let i = 0; i < 300; i++) codec.push(stack, Uint8Array.of(3, 200, 17, 90, 255, 0));
      return (stack.exactBits() - start) / 300;
    });
    expect(Math.abs(lengths[0] - lengths[1])).toBeLessThan(0.02 * lengths[1]);
  });

  it('leaves the stack as it was when it runs out half-way', () => {
    const codec = topDown(topDownModel([8, 16], 7));
    for (const words of [0, 1, 2, 3]) {
      const stack = new BitStack({ initial: randomWords(words) });
      const before = stateOf(stack);
      expect(() => codec.push(stack, new Uint8Array(PIXELS))).toThrow(expect.objectContaining({ code: 'out-of-data' }));
      expect(stateOf(stack)).toEqual(before);
    }
  });

  it('refuses what is no hierarchy', () => {
    const model = topDownModel([2], 7);
    expect(() => topDown({ ...model, layers: 0 })).toThrow(RangeError);
    for (const latentBits of [0, 17, 1.5, Number.NaN]) expect(() => topDown(model, { latentBits })).toThrow(RangeError);
    expect(() => diagonalOf(new Float32Array(2), new Float32Array(1))).toThrow(RangeError);
    expect(() => diagonalOf(Float32Array.of(Number.NaN), Float32Array.of(0))).toThrow(
      expect.objectContaining({ code: 'impossible-symbol' }),
    );
    expect(() => diagonalOf(Float32Array.of(0), Float32Array.of(Number.POSITIVE_INFINITY))).toThrow(/finite/);
  });

  it('cuts scales off where they would be 0 or infinite', () => {
    const { scales } = diagonalOf(new Float32Array(2), Float32Array.of(-1e30, 1e30));
    expect(scales[0]).toBeCloseTo(4.54e-5, 7);
    expect(scales[1]).toBeCloseTo(22026.47, 2);
  });
});

describe('a hierarchy that is a Markov chain', () => {
  const orders: BitSwapOptions['order'][] = ['bit-swap', 'bb-ans'];
  it.each(orders)('is a codec in %s order', (order) => {
    for (const shape of ['gaussian', 'logistic'] as const)
      for (const sizes of [[4], [3, 2], [2, 2, 2, 2]])
        checkCodec(bitSwap(markovModel(sizes, 9, shape), { order, latentBits: 10 }), { ...law, runs: 5, refuses });
    for (const latentBits of [1, 4, 12])
      checkCodec(bitSwap(markovModel([3, 4], 9, 'logistic'), { order, latentBits }), { ...law, runs: 5 });
    const far = { ...markovModel([3, 4], 9, 'gaussian'), stretch: 4 };
    checkCodec(bitSwap(far, { order, scramble: true }), { ...law, runs: 5 });
  });

  it('goes up in turns, or first of all', () => {
    const stepsOf = (order: BitSwapOptions['order']): string[] => {
      const steps: string[] = [];
      const watch = (_: BitStack, { action, by, layer }: CodingStep): void => {
        steps.push(`${action} ${by === 'likelihood' ? 'x' : `z${layer}`}`);
      };
      bitSwap(markovModel([3, 3, 3], 9, 'logistic'), { order, watch }).push(
        new BitStack({ initial: randomWords(50) }),
        new Uint8Array(PIXELS),
      );
      return steps;
    };
    expect(stepsOf('bit-swap').join(', ')).toBe('pop z0, push x, pop z1, push z0, pop z2, push z1, push z2');
    expect(stepsOf('bb-ans').join(', ')).toBe('pop z0, pop z1, pop z2, push x, push z0, push z1, push z2');
  });

  it('needs few initial bits in turns, however many layers', () => {
    for (const layers of [4, 8]) {
      const model = markovModel(new Array(layers).fill(4), 11, 'logistic');
      const swap = initialBits((options) => bitSwap(model, options));
      const before = initialBits((options) => bitSwap(model, { ...options, order: 'bb-ans' }));
      expect(swap).toBeLessThan((1.6 / layers) * before);
    }
  });

  it('has the same net length in both orders', () => {
    const model = markovModel([4, 4, 4], 13, 'gaussian', -4);
    const lengths = orders.map((order) => {
      const codec = bitSwap(model, { order });
      const stack = new BitStack({ initial: randomWords(4000, 1) });
      const start = stack.exactBits();
      for (let i = 0; i < 300; i++) codec.push(stack, Uint8Array.of(3, 200, 17, 90, 255, 0));
      return (stack.exactBits() - start) / 300;
    });
    expect(Math.abs(lengths[0] / lengths[1] - 1)).toBeLessThan(0.1);
  });

  it('leaves the stack as it was when it runs out half-way', () => {
    for (const order of orders) {
      const codec = bitSwap(markovModel([6, 6], 9, 'logistic'), { order });
      for (const words of [0, 1]) {
        const stack = new BitStack({ initial: randomWords(words) });
        const before = stateOf(stack);
        expect(() => codec.push(stack, new Uint8Array(PIXELS))).toThrow(
          expect.objectContaining({ code: 'out-of-data' }),
        );
        expect(stateOf(stack)).toEqual(before);
      }
    }
  });

  it('refuses orders, shapes and ranges that are none', () => {
    const model = markovModel([2, 2], 9, 'logistic');
    expect(() => bitSwap(model, { order: 'swap' as never })).toThrow(RangeError);
    expect(() => bitSwap({ ...model, bell: 'uniform' as never })).toThrow(RangeError);
    for (const range of [
      [1, 1],
      [2, 1],
      [Number.NaN, 1],
      [0, Number.POSITIVE_INFINITY],
    ] as const)
      expect(() => bitSwap({ ...model, ranges: [range] })).toThrow(RangeError);
  });
});

describe('bins of equal width', () => {
  const means = Float64Array.of(0, -7.9, 7.99, 3.3, -1e9, 1e300, 0.01);
  const scales = Float64Array.of(1, 0.2, 1e-6, 0.01, 0.5, 4, 1e9);
  it.each([2, 4, 16, 1024, 65536])('are a codec, %i of them, wherever the mean is', (n) => {
    for (const bell of ['gaussian', 'logistic'] as const)
      checkCodec(equalWidthBins(bell, n, -8, 8).codec({ means, scales }), {
        values: fc.array(fc.nat({ max: n - 1 }), { minLength: 7, maxLength: 7 }).map((bins) => Int32Array.from(bins)),
        runs: 10,
        words: 40,
        refuses: [new Int32Array(6), Int32Array.of(0, 0, 0, 0, 0, 0, n), Int32Array.of(-1, 0, 0, 0, 0, 0, 0)],
      });
  });

  it('hold nearly all of a distribution in a window about its mean', () => {
    const n = 65536;
    const narrow = equalWidthBins('gaussian', n, -8, 8);
    const count = 2000;
    const codec = narrow.codec({ means: new Float64Array(count), scales: new Float64Array(count).fill(0.01) });
    const stack = new BitStack({ initial: randomWords(2000, 5) });
    const before = stack.exactBits();
    const latents = narrow.latents(codec.pop(stack));
    // With a unit of 2^-24 for each bin, eight of the latents would lie anywhere.
    expect(Math.max(...latents.map(Math.abs))).toBeLessThan(0.1);
    // As many bits as such a distribution has in bins this wide: log2(0.01 sqrt(2 pi e) / width) each.
    expect((before - stack.exactBits()) / count).toBeCloseTo(7.403, 1);
  });

  it('have a range', () => {
    for (const [low, high] of [
      [1, 1],
      [0, Number.POSITIVE_INFINITY],
      [Number.NaN, 1],
    ])
      expect(() => equalWidthBins('gaussian', 16, low, high)).toThrow(RangeError);
  });
});
