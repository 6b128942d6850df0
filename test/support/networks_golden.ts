/** A small training run through all layers, losses and optimisers, as hashes: every engine must come to the same. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { Random } from '../../src/kernels/random.ts';
import { activate } from '../../src/networks/activations.ts';
import { add, affine, sumRows } from '../../src/networks/arithmetic.ts';
import { gatherRows } from '../../src/networks/embedding.ts';
import {
  Activate,
  BatchNorm,
  Convolution,
  causalMask,
  Dense,
  Embedding,
  type Layer,
  LayerNorm,
  Residual,
  Sequential,
  TransposedConvolution,
} from '../../src/networks/layers.ts';
import { betaBinomialLoss, logisticLoss, logisticMixtureLoss } from '../../src/networks/likelihoods.ts';
import {
  bernoulliLoss,
  gaussianDivergence,
  logisticLogDensity,
  sampleGaussian,
  softmaxCrossEntropy,
  squaredError,
} from '../../src/networks/losses.ts';
import { Adam, cosineRate, Sgd, WeightAverage } from '../../src/networks/optimisers.ts';
import { Parameters } from '../../src/networks/parameters.ts';
import { averagePool, depthToSpace, spaceToDepth, upsample } from '../../src/networks/pixels.ts';
import { columns, concatenate, reshape, split } from '../../src/networks/shape.ts';
import { Tape, type Tensor } from '../../src/networks/tape.ts';
import { Trainer } from '../../src/networks/training.ts';
import { Workspace } from '../../src/networks/workspace.ts';

const STEPS = 20;
const SHARDS = 2;
const ROWS = 5;
const PIXELS = 64;
const LATENTS = 5;
const CLASSES = 3;

const hash = (...arrays: readonly Float32Array[]): string => {
  const all = sha256.create();
  for (const a of arrays) all.update(new Uint8Array(a.buffer, a.byteOffset, a.byteLength));
  return bytesToHex(all.digest());
};

/** Images of 8 x 8 with their labels, drawn from a stream. */
function draw(random: Random): { pixels: Float32Array; labels: Int32Array; noise: Float32Array } {
  const labels = Int32Array.from({ length: ROWS }, () => random.below(CLASSES));
  const pixels = Float32Array.from({ length: ROWS * PIXELS }, (_, i) =>
    Math.min(255, labels[Math.floor(i / PIXELS)] * 60 + (i % 8) * 8 + random.below(40)),
  );
  return { pixels, labels, noise: random.normals(new Float32Array(ROWS * LATENTS)) };
}

/** An encoder and a decoder of images that have one of everything. */
class Network {
  readonly parameters = new Parameters(new Workspace());
  private readonly encoder: Layer;
  private readonly labels: Embedding;
  private readonly decoder: Layer;
  private readonly painter: Layer;
  private readonly judge: Layer;

  constructor() {
    const p = this.parameters;
    this.encoder = new Sequential(
      new Convolution(p, 'encoder.0', 1, 6),
      new Activate('elu'),
      new Convolution(p, 'encoder.2', 6, 8, { stride: 2, weightNorm: true }),
      new BatchNorm(p, 'encoder.3', 8),
      new Activate('silu'),
    );
    this.labels = new Embedding(p, 'labels', CLASSES, LATENTS);
    this.decoder = new Sequential(
      new Dense(p, 'decoder.0', LATENTS, 19, { weightNorm: 0.7 }),
      new Activate('gelu'),
      new LayerNorm(p, 'decoder.2', 19),
      new Dense(p, 'decoder.3', 19, 128),
      new Activate('softplus'),
    );
    this.painter = new Sequential(
      new TransposedConvolution(p, 'painter.0', 8, 6, { stride: 2, taps: 4, padding: 1 }),
      new Residual(
        new Sequential(
          new Activate('tanh'),
          new Convolution(p, 'painter.1', 6, 6, { mask: causalMask([3, 3, 6, 6], true) }),
        ),
      ),
      new Activate('leakyRelu'),
      new Convolution(p, 'painter.3', 6, 11, { taps: 1 }),
    );
    this.judge = new Sequential(
      new Dense(p, 'judge.0', 128, 7),
      new Activate('relu'),
      new Dense(p, 'judge.2', 7, CLASSES),
    );
    p.declare('means', [1, 2 * LATENTS], (w, _, random) => void random.normals(w));
    p.initialise(2026);
  }

  /** The losses of one shard, one a row, in nats. */
  losses(tape: Tape, random: Random): Tensor {
    const { pixels, labels, noise } = draw(random);
    const whole = tape.input(pixels, [ROWS, 8, 8, 1]);
    const x = affine(whole, 1 / 127.5, -1);
    const features = reshape(this.encoder.apply(x), [ROWS, 128]);
    const [means, scales] = this.posterior(features);
    const latents = sampleGaussian(means, scales, tape.input(noise, [ROWS, LATENTS]));
    const z = add(latents, this.labels.lookup(x, labels));
    const painted = this.painter.apply(reshape(this.decoder.apply(z), [ROWS, 4, 4, 8]));
    const [mixture, coin, spread, alpha, beta] = split(painted, 6, 1, 2, 1, 1);
    const bits = pixels.map((v) => (v > 100 ? 1 : 0));
    const low = averagePool(x);
    const order = [...labels.keys()].reverse();
    const all = [
      logisticMixtureLoss(whole, mixture, { components: 2 }),
      bernoulliLoss(coin, tape.input(bits, coin.shape)),
      logisticLoss(whole, ...(split(spread, 1, 1) as [Tensor, Tensor])),
      betaBinomialLoss(whole, alpha, beta),
      gaussianDivergence(means, scales),
      affine(logisticLogDensity(latents, means, scales), -0.1),
      softmaxCrossEntropy(this.judge.apply(features), labels),
      squaredError(reshape(coin, [ROWS, PIXELS]), reshape(upsample(low), [ROWS, PIXELS])),
      squaredError(
        gatherRows(reshape(depthToSpace(spaceToDepth(alpha)), [ROWS, PIXELS]), order),
        reshape(x, [ROWS, PIXELS]),
      ),
    ].map((t) => reshape(t, [ROWS, 1]));
    return sumRows(concatenate(...all, activate('square', columns(z, 0, 2))));
  }

  private posterior(features: Tensor): [Tensor, Tensor] {
    const part = columns(features, 0, 2 * LATENTS);
    const means = this.parameters.all.find(({ name }) => name === 'means')!;
    const shifted = add(activate('sigmoid', part), features.tape.parameter(means));
    const [mean, scale] = split(shifted, LATENTS, LATENTS);
    return [mean, affine(scale, 0.25)];
  }
}

/** Hashes of what the run gives: losses of each step, weights, statistics, moments, averages, and a pass with them. */
export function networksGolden(): Record<string, string> {
  const network = new Network();
  const { parameters } = network;
  const hashes: Record<string, string> = { 'initial weights': hash(parameters.values) };
  const optimiser = new Adam(parameters, { decay: 0.01 });
  const average = new WeightAverage(parameters, 0.9);
  const schedule = cosineRate(0.01, STEPS, { warmup: 4 });
  const trainer = new Trainer(parameters, { optimiser, schedule, shards: SHARDS, clip: 200, average });
  const tape = new Tape(parameters.workspace);
  const losses = new Float32Array(STEPS * SHARDS * ROWS);
  for (let step = 0; step < STEPS; step++) {
    trainer.begin();
    for (let shard = 0; shard < SHARDS; shard++) {
      const values = trainer.compute(tape, () => network.losses(tape, new Random(1, step, shard)), 1 / (SHARDS * ROWS));
      losses.set(values.values, (step * SHARDS + shard) * ROWS);
    }
    tape.reset();
    trainer.finish();
  }
  hashes.losses = hash(losses);
  hashes.weights = hash(parameters.values);
  hashes.statistics = hash(parameters.fixed);
  hashes.moments = hash(...optimiser.state());
  hashes.averages = hash(...average.state());
  average.swap();
  const quiet = new Tape(parameters.workspace, { gradients: false });
  hashes['losses afterwards'] = hash(network.losses(quiet, new Random(2)).copy());
  quiet.reset();
  const descent = new Sgd(parameters, { momentum: 0.9 });
  parameters.clearGradients();
  tape.backward(network.losses(tape, new Random(3)), 1e-5);
  tape.reset();
  descent.step(0.01);
  hashes['weights after descent'] = hash(parameters.values);
  const falls = losses.subarray(0, 10).every(Number.isFinite) && losses.every(Number.isFinite);
  const mean = (part: Float32Array): number => part.reduce((s, v) => s + v, 0) / part.length;
  hashes['has learned'] = String(falls && mean(losses.subarray(-10)) < 0.9 * mean(losses.subarray(0, 10)));
  return hashes;
}
