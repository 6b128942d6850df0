/**
 * Trains the autoregressive models of 28 x 28 digits that the package comes with, in one thread.
 *
 *     npx tsx scripts/train-pixels.ts --levels 2 --epochs 6 --images train-images-idx3-ubyte.gz -o binary.safetensors
 *     npx tsx scripts/train-pixels.ts --levels 256 --epochs 1 --images train-images-idx3-ubyte.gz -o grey.safetensors
 *
 * The last 500 images are not trained with: their code length is printed now and then. What is written is the average of
 * the weights in 16-bit floats. `--epochs`, `--batch`, `--rate`, `--count`, `--seed` and `--set name=number`, for
 * hyperparameters, change what decides the weights; `--from` goes on from a file of weights, with a fresh schedule.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Random } from '../src/kernels/random.ts';
import { binarised } from '../src/latent/model.ts';
import { PixelsModel } from '../src/latent/pixels.ts';
import { writeModel } from '../src/latent/saved.ts';
import { ImageTraining } from '../src/latent/training.ts';
import type { NamedTensor } from '../src/networks/parameters.ts';
import { readSafetensors } from '../src/networks/safetensors.ts';
import { Tape } from '../src/networks/tape.ts';
import { Workspace } from '../src/networks/workspace.ts';

const { values: options } = parseArgs({
  options: {
    levels: { type: 'string', default: '2' },
    images: { type: 'string' },
    output: { type: 'string', short: 'o' },
    epochs: { type: 'string', default: '2' },
    batch: { type: 'string', default: '32' },
    rate: { type: 'string', default: '2e-3' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string' },
    count: { type: 'string', default: '59500' },
    set: { type: 'string', multiple: true, default: [] },
    every: { type: 'string', default: '120' },
  },
});
if (options.images === undefined || options.output === undefined) throw new Error('give --images and --output');

const shape = { height: 28, width: 28, channels: 1 };
const SIZE = 784;
const file = readFileSync(options.images);
const grey = new Uint8Array(gunzipSync(file)).subarray(16);
const count = Number(options.count);
const held = grey.subarray(59500 * SIZE, 60000 * SIZE);
const levels = options.levels === '256' ? 256 : 2;
const config = Object.fromEntries(options.set.map((pair) => [pair.split('=')[0], Number(pair.split('=')[1])]));
const model = new PixelsModel(levels, config, new Workspace());
const seed = Number(options.seed);
model.parameters.initialise(seed);
if (options.from !== undefined) {
  const tensors = new Map<string, NamedTensor>();
  for (const [name, tensor] of readSafetensors(readFileSync(options.from)).tensors)
    tensors.set(name, { shape: tensor.shape, data: tensor.float32() });
  model.parameters.load(tensors);
}
const training = new ImageTraining(
  model,
  { shape, pixels: grey.subarray(0, count * SIZE) },
  {
    epochs: Number(options.epochs),
    batch: Number(options.batch),
    rate: Number(options.rate),
    schedule: 'cosine',
    warmup: 200,
    average: 0.998,
    clip: 1000,
    shards: 1,
    seed,
  },
);
console.log(JSON.stringify(model.config), `${model.parameters.count} weights, ${training.steps} steps`);

const BITS = 1 / (SIZE * Math.LN2);
const heldOut = levels === 2 ? binarised(held, new Random(seed, 99)) : held;

/** Bits a pixel of the images held out. */
function measure(): string {
  const tape = new Tape(model.parameters.workspace, { gradients: false });
  const sums: Record<string, number> = {};
  for (let from = 0; from < 500; from += 10) {
    tape.reset();
    const pixels = heldOut.subarray(from * SIZE, (from + 10) * SIZE);
    const { parts } = model.loss(tape, { shape, count: 10, pixels }, new Random(1));
    for (const [name, nats] of Object.entries(parts)) sums[name] = (sums[name] ?? 0) + nats / 50;
  }
  tape.reset();
  const total = Object.values(sums).reduce((a, b) => a + b, 0);
  const parts = Object.entries(sums).map(([name, nats]) => `${name} ${(nats * BITS).toFixed(4)}`);
  return `${(total * BITS).toFixed(4)} (${parts.join(', ')})`;
}

const save = (): void => writeFileSync(options.output as string, writeModel(model, { type: 'F16' }));
const began = process.cpuUsage().user;
const seconds = (): number => (process.cpuUsage().user - began) / 1e6;
let next = Number(options.every);
let loss = 0;
let steps = 0;
while (!training.done) {
  loss += training.step().loss;
  steps++;
  if (seconds() < next && !training.done) continue;
  next = seconds() + Number(options.every);
  const held = training.measured(() => {
    save();
    return measure();
  });
  console.log(
    `${seconds().toFixed(0)} s of CPU, step ${training.position}, training ${((loss / steps) * BITS).toFixed(4)}, held out ${held} bits a pixel`,
  );
  loss = 0;
  steps = 0;
}
training.keep();
save();
console.log(`written after ${seconds().toFixed(0)} s of CPU, ${measure()} bits a pixel held out`);
