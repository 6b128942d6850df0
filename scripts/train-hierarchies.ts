/**
 * Trains the hierarchies of latents for 28 x 28 digits that the package comes with, in one thread.
 *
 *     npx tsx scripts/train-hierarchies.ts --model hilloc --until 3468 --images train-images-idx3-ubyte.gz -o weights/mnist-hilloc.safetensors
 *     npx tsx scripts/train-hierarchies.ts --model bitswap --images train-images-idx3-ubyte.gz -o weights/mnist-bitswap.safetensors
 *
 * What is written is the average of the weights in 16-bit floats. `--epochs`, `--batch`, `--rate`, `--seed` and `--set
 * JSON`, for hyperparameters, change what decides the weights. So does `--until STEP`: the training ends there, and
 * goes on with half the rate, which falls to zero over one pass through the first `--cool` images.
 *
 * The last 500 images of `--test` are measured now and then; nothing is learned from them. `--weights FILE` starts with
 * weights of before, and `--keep FILE` writes those of now, not averaged, now and then.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Random } from '../src/kernels/random.ts';
import { hillocKind } from '../src/latent/hilloc.ts';
import { bitswapKind } from '../src/latent/markov.ts';
import type { ImageBatch, ImageModel } from '../src/latent/model.ts';
import { readModel, writeModel } from '../src/latent/saved.ts';
import { ImageTraining, type ImageTrainingOptions } from '../src/latent/training.ts';
import { Tape } from '../src/networks/tape.ts';
import { Workspace } from '../src/networks/workspace.ts';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'hilloc' },
    images: { type: 'string' },
    test: { type: 'string' },
    output: { type: 'string', short: 'o' },
    weights: { type: 'string' },
    keep: { type: 'string' },
    epochs: { type: 'string', default: '4' },
    batch: { type: 'string', default: '32' },
    rate: { type: 'string', default: '3e-3' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '60000' },
    until: { type: 'string', default: 'Infinity' },
    cool: { type: 'string', default: '12000' },
    set: { type: 'string', default: '{}' },
    every: { type: 'string', default: '60' },
  },
});
if (options.images === undefined || options.output === undefined) throw new Error('give --images and --output');

const shape = { height: 28, width: 28, channels: 1 };
const SIZE = 784;
const read = (file: string): Uint8Array => new Uint8Array(gunzipSync(readFileSync(file))).subarray(16);
const images = read(options.images);
const held = options.test === undefined ? undefined : read(options.test).slice(-500 * SIZE);
const kinds = [hillocKind, bitswapKind];
const kind = kinds.find((each) => each.kind === options.model);
if (kind === undefined) throw new Error(`no model '${options.model}'`);
const model =
  options.weights === undefined
    ? kind.build(JSON.parse(options.set), new Workspace())
    : readModel(new Uint8Array(readFileSync(options.weights)), kinds);
const seed = Number(options.seed);
if (options.weights === undefined) model.parameters.initialise(seed);
console.log(`${model.kind} ${JSON.stringify(model.config)}: ${model.parameters.count} weights`);

const BITS = 1 / Math.LN2 / SIZE;

/** -ELBO of the held images, in bits a pixel. */
function measure(pixels: Uint8Array): number {
  const tape = new Tape(model.parameters.workspace, { gradients: false });
  const count = pixels.length / SIZE;
  let sum = 0;
  for (let i = 0; i < count; i += 50) {
    const batch = { shape, count: 50, pixels: pixels.subarray(i * SIZE, (i + 50) * SIZE) };
    for (const loss of model.loss(tape, batch, new Random(7, i)).total.values) sum += loss;
    tape.reset();
  }
  return (sum / count) * BITS;
}

/** One training, to its end or to a step. */
function train(learner: ImageModel, count: number, plan: ImageTrainingOptions, until: number): void {
  const training = new ImageTraining(learner, { shape, pixels: images.subarray(0, count * SIZE) }, plan);
  const began = performance.now();
  let next = Number(options.every);
  let sum = 0;
  let steps = 0;
  while (!training.done && training.position < until) {
    sum += training.step().loss;
    steps++;
    const seconds = (performance.now() - began) / 1000;
    if (seconds < next) continue;
    next = seconds + Number(options.every);
    const test = held === undefined ? '' : `, held back ${training.measured(() => measure(held)).toFixed(4)}`;
    console.log(
      `${seconds.toFixed(0)} s, step ${training.position} of ${training.steps}: ${((sum / steps) * BITS).toFixed(4)}${test}`,
    );
    if (options.keep !== undefined) writeFileSync(options.keep, writeModel(model));
    sum = 0;
    steps = 0;
  }
  if (training.done) training.keep();
}

const plan: ImageTrainingOptions = {
  epochs: Number(options.epochs),
  batch: Number(options.batch),
  rate: Number(options.rate),
  schedule: 'cosine',
  warmup: 200,
  average: 0.998,
  clip: 200,
  shards: 1,
  seed,
};
const until = Number(options.until);
if (options.weights === undefined) train(model, Number(options.count), plan, until);
if (Number.isFinite(until) || options.weights !== undefined) {
  const cooling = { ...plan, epochs: 1, rate: Number(options.rate) / 2, warmup: 0, average: 0.99 };
  // What is milder at the beginning of a training must not be so again.
  const settled: ImageModel = Object.create(model, {
    loss: { value: (tape: Tape, batch: ImageBatch, random: Random) => model.loss(tape, batch, random) },
  });
  train(settled, Number(options.cool), cooling, Number.POSITIVE_INFINITY);
}
writeFileSync(options.output, writeModel(model, { type: 'F16' }));
