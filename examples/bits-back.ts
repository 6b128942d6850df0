/**
 * Bits-back coding from beginning to end on images that it draws itself: a small variational autoencoder is trained,
 * its three distributions become a codec, and a chain of images goes on one stack. What docs/bits-back.md shows comes
 * from here, and is the same on every machine.
 *
 *     npx tsx examples/bits-back.ts
 */
import { bitsBack } from '../src/codecs/bits-back.ts';
import type { Codec } from '../src/codecs/codec.ts';
import { fromFamily, symbolsOf } from '../src/codecs/models.ts';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { mapMath } from '../src/kernels/math.ts';
import { Random } from '../src/kernels/random.ts';
import { type Bell, bitSwap, type MarkovModel } from '../src/latent/bit-swap.ts';
import type { Diagonal, Watch } from '../src/latent/hierarchy.ts';
import { BernoulliLogits } from '../src/models/bernoulli.ts';
import { BucketedGaussian, equalMassCentres, equalMassEdges } from '../src/models/buckets.ts';
import { QuantizedGaussian } from '../src/models/quantized.ts';
import { Uniform } from '../src/models/uniform.ts';
import { relu } from '../src/networks/activations.ts';
import { add } from '../src/networks/arithmetic.ts';
import { Dense } from '../src/networks/layers.ts';
import { bernoulliLoss, gaussianDivergence, sampleGaussian } from '../src/networks/losses.ts';
import { Adam } from '../src/networks/optimisers.ts';
import { Parameters } from '../src/networks/parameters.ts';
import { Tape, type Tensor } from '../src/networks/tape.ts';
import { Workspace } from '../src/networks/workspace.ts';

/** Pixels of a side. */
export const SIDE = 12;
const PIXELS = SIDE * SIDE;
/** Numbers in the code of an image. */
export const LATENTS = 6;
const WIDTH = 64;

/** Black and white drawings: a disc, a ring, a bar or a cross, of any size, anywhere. */
export function drawings(count: number, ...stream: readonly number[]): Int32Array[] {
  const random = new Random(...stream);
  return Array.from({ length: count }, () => {
    const shape = random.below(4);
    const radius = 2 + 2.5 * random.uniform();
    const at = (): number => radius + (SIDE - 1 - 2 * radius) * random.uniform();
    const [x, y] = [at(), at()];
    const image = new Int32Array(PIXELS);
    for (let i = 0; i < PIXELS; i++) {
      const [dx, dy] = [Math.abs((i % SIDE) - x), Math.abs(Math.floor(i / SIDE) - y)];
      const distance = Math.sqrt(dx * dx + dy * dy);
      const inside = [
        distance <= radius,
        distance <= radius && distance > radius - 1.5,
        dx <= radius && dy <= 1,
        Math.max(dx, dy) <= radius && Math.min(dx, dy) < 1,
      ];
      if (inside[shape]) image[i] = 1;
    }
    return image;
  });
}

/** A trained autoencoder, as functions. */
export interface Autoencoder {
  /** q(z | x): mean and standard deviation of each latent. */
  posterior(image: Int32Array): { means: Float32Array; deviations: Float32Array };
  /** p(x | z): the log odds of each pixel's being white. */
  logits(latents: Float32Array): Float32Array;
  /** The bound that it was trained on, -ELBO, in bits an image, with one sample of the latents for each. */
  bound(images: readonly Int32Array[]): number;
  /** The bound in bits an image, mean over each tenth of the training. */
  readonly curve: number[];
}

/** Trains an autoencoder of 144-64-(6 + 6) and 6-64-144 on 8,000 drawings. */
export function train({ steps = 1500, batch = 64, rate = 3e-3, seed = 1 } = {}): Autoencoder {
  const workspace = new Workspace();
  const parameters = new Parameters(workspace);
  const layer = (name: string, inputs: number, outputs: number): Dense => new Dense(parameters, name, inputs, outputs);
  const hidden = layer('encoder', PIXELS, WIDTH);
  const mean = layer('mean', WIDTH, LATENTS);
  const scale = layer('scale', WIDTH, LATENTS);
  const back = layer('decoder', LATENTS, WIDTH);
  const pixel = layer('pixel', WIDTH, PIXELS);
  parameters.initialise(seed);

  const encode = (x: Tensor): { means: Tensor; logScales: Tensor } => {
    const h = relu(hidden.apply(x));
    return { means: mean.apply(h), logScales: scale.apply(h) };
  };
  const decode = (z: Tensor): Tensor => pixel.apply(relu(back.apply(z)));
  /** log q(z | x) - log p(z) in expectation, less log p(x | z): an image each, in nats. */
  const loss = (tape: Tape, images: readonly Int32Array[], random: Random): Tensor => {
    const pixels = new Float32Array(images.length * PIXELS);
    for (const [i, image] of images.entries()) pixels.set(image, i * PIXELS);
    const x = tape.input(pixels, [images.length, PIXELS]);
    const { means, logScales } = encode(x);
    const noise = tape.input(random.normals(new Float32Array(images.length * LATENTS)), means.shape);
    const logits = decode(sampleGaussian(means, logScales, noise));
    return add(bernoulliLoss(logits, x), gaussianDivergence(means, logScales));
  };
  const bitsOf = (nats: Tensor): number => nats.values.reduce((sum, one) => sum + one, 0) / nats.size / Math.LN2;

  const optimiser = new Adam(parameters);
  const training = new Tape(workspace);
  const examples = drawings(8000, seed);
  const curve = new Array<number>(10).fill(0);
  for (let step = 0; step < steps; step++) {
    parameters.clearGradients();
    const first = (batch * step) % (examples.length - batch + 1);
    const nats = loss(training, examples.slice(first, first + batch), new Random(seed, step, 1));
    curve[Math.floor((10 * step) / steps)] += (10 * bitsOf(nats)) / steps;
    training.backward(nats, 1 / batch);
    training.reset();
    optimiser.step(rate * (step < 0.8 * steps ? 1 : 0.2));
  }

  const tape = new Tape(workspace, { gradients: false });
  const pass = <T>(run: () => T): T => {
    const result = run();
    tape.reset();
    return result;
  };
  return {
    posterior: (image) =>
      pass(() => {
        const { means, logScales } = encode(tape.input(image, [1, PIXELS]));
        return { means: means.copy(), deviations: mapMath('exp', logScales.copy()) };
      }),
    logits: (latents) => pass(() => decode(tape.input(latents, [1, LATENTS])).copy()),
    bound: (images) => pass(() => bitsOf(loss(tape, images, new Random(seed, 0, 2)))),
    curve,
  };
}

/**
 * A stack of so many random words. The state is random too: that of a `BitStack` made with words is 2^32, so that its
 * lowest bits, which the first latent comes from, are zeros.
 */
export function randomStack(words: number, seed = 1): BitStack {
  return BitStack.from(Uint32Array.of(...randomWords(words, seed), 1));
}

let kept: Autoencoder | undefined;

/** The autoencoder that all figures are from, trained at the first call. */
export function trained(): Autoencoder {
  kept ??= train();
  return kept;
}

/** A step of coding: what was done, and the bits on the stack after it. */
export interface Step {
  readonly what: 'pop z' | 'push x' | 'push z' | 'pop x';
  readonly bits: number;
}

/** Tells what a codec does to a stack. */
function told<T>(codec: Codec<T>, name: 'x' | 'z', log?: Step[]): Codec<T> {
  if (log === undefined) return codec;
  return {
    bits: codec.bits,
    push(stack, value) {
      codec.push(stack, value);
      log.push({ what: `push ${name}`, bits: stack.exactBits() });
    },
    pop(stack) {
      const value = codec.pop(stack);
      log.push({ what: `pop ${name}`, bits: stack.exactBits() });
      return value;
    },
  };
}

/** Prior, likelihood and posterior of the autoencoder on 2^latentBits buckets a latent, joined by bits-back. */
export function imageCodec(model: Autoencoder, latentBits = 10, log?: Step[]): Codec<Int32Array> {
  const buckets = 2 ** latentBits;
  const centres = equalMassCentres('gaussian', buckets);
  const normals = new BucketedGaussian(equalMassEdges('gaussian', buckets));
  const pixels = new BernoulliLogits();
  return bitsBack<Int32Array, Int32Array>({
    prior: told(symbolsOf(new Uniform(buckets), LATENTS), 'z', log),
    likelihood: (z) => told(fromFamily(pixels, model.logits(Float32Array.from(z, (i) => centres[i]))), 'x', log),
    posterior: (x) => {
      const { means, deviations } = model.posterior(x);
      return told(fromFamily(normals, means, deviations), 'z', log);
    },
  });
}

/** A chain of images on one stack. */
export interface Chain {
  /** Bits that the stack began with. */
  readonly initialBits: number;
  readonly steps: readonly Step[];
}

/** Pushes images on a stack of random words, and notes each step. */
export function chain(model: Autoencoder, images: readonly Int32Array[], latentBits = 10): Chain {
  const stack = randomStack(4);
  const initialBits = stack.exactBits();
  const steps: Step[] = [];
  const codec = imageCodec(model, latentBits, steps);
  for (const image of images) codec.push(stack, image);
  return { initialBits, steps };
}

/** Net bits an image, and the bits that the first one pops, for some precisions of the latents. */
export function precisions(
  model: Autoencoder,
  images: readonly Int32Array[],
  bits: readonly number[],
): { latentBits: number; net: string; popped: string }[] {
  return bits.map((latentBits) => {
    const stack = randomStack(8);
    const steps: Step[] = [];
    const start = stack.exactBits();
    const codec = imageCodec(model, latentBits, steps);
    for (const image of images) codec.push(stack, image);
    const net = (stack.exactBits() - start) / images.length;
    return { latentBits, net: net.toFixed(2), popped: (start - steps[0].bits).toFixed(1) };
  });
}

/**
 * A hierarchy whose posterior is exact: `layers` layers of `size` numbers, each layer the one above it times 0.8 and
 * noise, all standard normal by themselves; the value's bytes are noisy too.
 */
export function ladder(layers: number, size: number): MarkovModel<Int32Array> {
  const [keep, noise, sigma, grey] = [0.8, 0.6, 8, 40];
  const family = new QuantizedGaussian(0, 255);
  const step = (latents: Float32Array): Diagonal => ({
    means: latents.map((z) => keep * z),
    scales: new Float64Array(size).fill(noise),
  });
  // Precisions of normal distributions add up: 1 of the prior, (grey / sigma)^2 of what was seen.
  const seen = (grey / sigma) ** 2;
  return {
    bell: 'gaussian' as Bell,
    ranges: Array.from({ length: layers - 1 }, () => [-5, 5] as const),
    top: size,
    see: (value) => ({
      means: Float32Array.from(value, (x) => ((x - 127.5) / grey) * (seen / (1 + seen))),
      scales: new Float64Array(size).fill(Math.sqrt(1 / (1 + seen))),
    }),
    up: (_, latents) => step(latents),
    down: (_, latents) => step(latents),
    likelihood: (latents) =>
      fromFamily(
        family,
        Float64Array.from(latents, (z) => 127.5 + grey * z),
        new Float64Array(size).fill(sigma),
      ),
  };
}

/** Bits on the stack after each step of one push, relative to where it began, in either order. */
export function heights(order: 'bit-swap' | 'bb-ans', layers = 4, size = 64): { name: string; bits: number }[] {
  const stack = randomStack(400);
  const start = stack.exactBits();
  const found: { name: string; bits: number }[] = [];
  const watch: Watch = (at, { action, layer }) => {
    found.push({ name: `${action} ${layer === undefined ? 'x' : `z${layer + 1}`}`, bits: at.exactBits() - start });
  };
  const random = new Random(5);
  const value = Int32Array.from({ length: size }, () =>
    Math.min(255, Math.max(0, Math.round(127.5 + 40.8 * random.normal()))),
  );
  bitSwap(ladder(layers, size), { order, watch }).push(stack, value);
  return found;
}

/** What the page says, line by line. */
export function story(say: (line: string) => void): void {
  const model = trained();
  say(`bound in training, bits an image: ${model.curve.map((bits) => bits.toFixed(1)).join(' ')}`);
  const images = drawings(1000, 8);
  const { initialBits, steps } = chain(model, images.slice(0, 4));
  say(`on the stack: ${initialBits.toFixed(1)}`);
  let bits = initialBits;
  for (const step of steps) {
    say(`${step.what}: ${(step.bits - bits).toFixed(1)}, on the stack ${step.bits.toFixed(1)}`);
    bits = step.bits;
  }
  const codec = imageCodec(model);
  const stack = randomStack(4);
  const start = stack.exactBits();
  for (const image of images) codec.push(stack, image);
  const net = (stack.exactBits() - start) / images.length;
  say(`1000 images: ${net.toFixed(2)} bits each, bound ${model.bound(images).toFixed(2)}`);
  const same = [...images].reverse().every((image) => codec.pop(stack).every((pixel, i) => pixel === image[i]));
  say(`all back: ${same}, the stack as before: ${stack.exactBits() === start}`);
  for (const one of precisions(model, images, [2, 4, 6, 8, 10, 12]))
    say(`latents of ${one.latentBits} bits: ${one.net} bits an image, the first pops ${one.popped}`);
  for (const order of ['bb-ans', 'bit-swap'] as const) {
    const least = Math.min(...heights(order).map((step) => step.bits));
    say(
      `${order}: ${heights(order)
        .map((step) => `${step.name} ${step.bits.toFixed(0)}`)
        .join(', ')}; least ${least.toFixed(0)}`,
    );
  }
}

if (typeof process !== 'undefined' && process.argv?.[1]?.replaceAll('\\', '/').endsWith('examples/bits-back.ts'))
  story(console.log);
