/**
 * `npm run bench:networks -- [--mnist DIR] [--python PATH] [--jax DIR] [--rounds R] [--epochs E] [--out FILE] [--smoke]`
 *
 * Training steps of two networks, and products of matrices, beside PyTorch and jax-js's WASM backend, one thread each,
 * on the same arrays in the same run, in turns; medians of all steps are kept. After the first two steps the losses of
 * all sides are compared: they do the same work. Then the paper's binary model for so many epochs, here alone, where
 * `--mnist` names the folder of the idx files. About four minutes.
 *
 * `--python` is a Python with torch and numpy, else one is made in .cache/ (some gigabytes); `--jax` is a folder with
 * @jax-js/jax in its node_modules, else it is installed in .cache/. A side that cannot be had is left out.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../src/kernels/random.ts';
import { modelKind } from '../src/latent/kinds.ts';
import { ImageTraining } from '../src/latent/training.ts';
import { relu } from '../src/networks/activations.ts';
import { add, affine } from '../src/networks/arithmetic.ts';
import { convolution } from '../src/networks/convolution.ts';
import { linear, multiplyInto } from '../src/networks/linear.ts';
import { bernoulliLoss, gaussianDivergence, sampleGaussian, squaredError } from '../src/networks/losses.ts';
import { Adam, constantRate } from '../src/networks/optimisers.ts';
import { type Parameter, Parameters, zeros } from '../src/networks/parameters.ts';
import { split } from '../src/networks/shape.ts';
import { Tape, type Tensor } from '../src/networks/tape.ts';
import { Trainer } from '../src/networks/training.ts';
import { Workspace } from '../src/networks/workspace.ts';
import { first, mnist } from './image-sets.ts';
import { type Machine, machine, median } from './measure.ts';
import { type Arrays, jaxFolder, type StepKind, StepPeer, type StepSide, type Steps } from './peers/networks.ts';
import { pythonWith } from './peers/python.ts';
import { table } from './table.ts';

/** Milliseconds of each side. */
export interface NetworkRow {
  id: string;
  title: string;
  /** Floating-point operations of a step's products, in millions. */
  megaflops: number;
  /** Median milliseconds by side; a side that was not there is missing. */
  milliseconds: Record<string, number>;
  /** The fastest step. */
  least: Record<string, number>;
  /** The loss after the first two steps, by side. */
  value: Record<string, number>;
}

/** What is written to bench/results/networks.json. */
export interface NetworkResults {
  date: string;
  machine: Machine;
  rounds: number;
  versions: Record<string, string>;
  rows: NetworkRow[];
  /** The paper's binary model, 784-100-40, batches of 100, trained here. */
  training: { epochs: number; images: number; seconds: number; nats: number } | null;
}

const RATE = 1e-3;
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

interface Case {
  id: string;
  kind: StepKind;
  title: string;
  megaflops: number;
  arrays: Arrays;
  /** Steps of a round on each side. */
  steps: Record<string, number>;
  /** PyTorch's layout of images: channels last where that is faster. */
  last: boolean;
  sides: readonly string[];
}

/** Numbers for a network of these shapes: weights by fan-in, [out, ..., in]; biases 0; bits for `x`. */
function drawn(shapes: readonly (readonly [string, readonly number[]])[]): Arrays {
  return shapes.map(([name, shape], i) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    const random = new Random(7, i);
    if (name === 'x') for (const j of data.keys()) data[j] = random.uniform() < 0.2 ? 1 : 0;
    else if (!name.endsWith('bias')) random.normals(data);
    const scale = name.endsWith('weight') ? Math.sqrt((2 * shape[0]!) / data.length) : 1;
    for (const j of data.keys()) data[j]! *= scale;
    return { name, shape, data };
  });
}

const dense = [
  ['encoder.0', 784, 200],
  ['encoder.1', 200, 200],
  ['posterior', 200, 80],
  ['decoder.0', 40, 200],
  ['decoder.1', 200, 200],
  ['pixels', 200, 784],
] as const;
const channels = [1, 32, 32, 1] as const;

function cases(): Case[] {
  const product = (m: number, k: number, n: number): Case => ({
    id: `product-${m}-${k}-${n}`,
    kind: 'product',
    title: `product ${m} x ${k} by ${k} x ${n}`,
    megaflops: (2 * m * k * n) / 1e6,
    arrays: drawn([
      ['a', [m, k]],
      ['b', [k, n]],
    ]),
    steps: { surprisal: 30, PyTorch: 30, 'jax-js': 10 },
    last: false,
    sides: ['surprisal', 'PyTorch', 'jax-js'],
  });
  const layers = range(3).map((i) => [String(i), channels[i]!, channels[i + 1]!] as const);
  const convolutions = (last: boolean): Case => ({
    id: last ? 'convolutions' : 'convolutions-first',
    kind: 'convolutions',
    title: `convolutions 1-32-32-1, 3 x 3, 16 images of 28 x 28${last ? '' : ", PyTorch's channels first"}`,
    // No slopes of the images.
    megaflops: (2 * 16 * 784 * 9 * (3 * (32 + 1024 + 32) - 32)) / 1e6,
    arrays: drawn([
      ['x', [16, 28, 28, 1]],
      ...layers.flatMap(([name, i, o]): [string, number[]][] => [
        [`${name}.weight`, [o, 3, 3, i]],
        [`${name}.bias`, [o]],
      ]),
    ]),
    steps: { surprisal: 8, PyTorch: 8, 'jax-js': 1 },
    last,
    sides: last ? ['surprisal', 'PyTorch', 'jax-js'] : ['PyTorch'],
  });
  const weights = dense.reduce((sum, [, i, o]) => sum + i * o, 0);
  return [
    {
      id: 'vae',
      kind: 'vae',
      title: 'autoencoder 784-200-200-(40+40)-200-200-784, batch 100',
      megaflops: (2 * 100 * (3 * weights - 784 * 200)) / 1e6,
      arrays: drawn([
        ['x', [100, 784]],
        ['noise', [100, 40]],
        ...dense.flatMap(([name, i, o]): [string, number[]][] => [
          [`${name}.weight`, [o, i]],
          [`${name}.bias`, [o]],
        ]),
      ]),
      steps: { surprisal: 30, PyTorch: 30, 'jax-js': 10 },
      last: false,
      sides: ['surprisal', 'PyTorch', 'jax-js'],
    },
    convolutions(true),
    convolutions(false),
    product(512, 512, 512),
    product(100, 784, 200),
  ];
}

/** [out, ..., in] to [..., in, out]. */
function turned(data: Float32Array, outputs: number): Float32Array {
  const inputs = data.length / outputs;
  return Float32Array.from(data, (_, i) => data[(i % outputs) * inputs + Math.floor(i / outputs)]!);
}

/** This package, in this process and thread, as its own training makes steps. */
class Ours implements StepSide {
  readonly name = 'surprisal';
  readonly versions = { node: process.version };
  private step: () => number = () => 0;

  async load(kind: StepKind, arrays: Arrays, { rate }: { rate: number; last: boolean }): Promise<void> {
    const workspace = new Workspace();
    if (kind === 'product') {
      this.step = product(workspace, arrays);
      return;
    }
    const parameters = new Parameters(workspace);
    const given = new Map(arrays.map((array) => [array.name, array]));
    const made = new Map<string, Parameter>();
    for (const { name, shape } of arrays)
      if (name !== 'x' && name !== 'noise') {
        const last = shape.length > 1 ? [...shape.slice(1), shape[0]!] : shape;
        made.set(name, parameters.declare(name, last, zeros));
      }
    parameters.initialise(1);
    for (const [name, parameter] of made) {
      const { data, shape } = given.get(name)!;
      parameter.values.set(shape.length > 1 ? turned(data, shape[0]!) : data);
    }
    const trainer = new Trainer(parameters, { optimiser: new Adam(parameters), schedule: constantRate(rate) });
    const tape = new Tape(workspace);
    const loss = { vae, convolutions: autoencoder }[kind];
    const x = given.get('x')!;
    const layers = (name: string): [Tensor, Tensor] => [
      tape.parameter(made.get(`${name}.weight`)!),
      tape.parameter(made.get(`${name}.bias`)!),
    ];
    this.step = () => {
      trainer.begin();
      const total = trainer.compute(
        tape,
        () => loss(tape.input(x.data, x.shape), layers, given.get('noise')?.data),
        1 / x.shape[0]!,
      );
      const value = total.values.reduce((a, b) => a + b) / total.size;
      tape.reset();
      trainer.finish();
      return value;
    };
  }

  async run(steps: number): Promise<Steps> {
    let value = 0;
    const ns = range(steps).map(() => {
      const start = performance.now();
      value = this.step();
      return (performance.now() - start) * 1e6;
    });
    return { ns, value };
  }

  stop(): void {}
}

type Layers = (name: string) => [Tensor, Tensor];

function vae(x: Tensor, layers: Layers, noise?: Float32Array): Tensor {
  let h = relu(linear(x, ...layers('encoder.0')));
  h = relu(linear(h, ...layers('encoder.1')));
  const code = linear(h, ...layers('posterior'));
  const [mean, logVariance] = split(code, 40, 40) as [Tensor, Tensor];
  const logScale = affine(logVariance, 0.5);
  const z = sampleGaussian(mean, logScale, x.tape.input(noise!, mean.shape));
  h = relu(linear(z, ...layers('decoder.0')));
  h = relu(linear(h, ...layers('decoder.1')));
  return add(bernoulliLoss(linear(h, ...layers('pixels')), x), gaussianDivergence(mean, logScale));
}

function autoencoder(x: Tensor, layers: Layers): Tensor {
  let h = x;
  for (const layer of range(3)) {
    h = convolution(h, ...layers(String(layer)));
    if (layer < 2) h = relu(h);
  }
  return affine(squaredError(h, x), 1 / 784);
}

function product(workspace: Workspace, [a, b]: Arrays): () => number {
  const tape = new Tape(workspace, { gradients: false });
  const [m, k, n] = [a!.shape[0]!, a!.shape[1]!, b!.shape[1]!];
  return () => {
    tape.reset();
    const left = tape.input(a!.data, a!.shape);
    const right = tape.input(b!.data, b!.shape);
    const c = tape.result([m, n]);
    const from = (t: Tensor) => ({ at: t.pointer, row: t.columns, step: 1 });
    multiplyInto(tape, [m, n, k], from(left), from(right), c.pointer, false);
    return c.values[m * n - 1]!;
  };
}

/** All sides in turns. */
async function compare(one: Case, sides: readonly StepSide[], rounds: number): Promise<NetworkRow> {
  const there = sides.filter((side) => one.sides.includes(side.name));
  const value: Record<string, number> = {};
  for (const side of there) {
    process.stderr.write(`${one.title}: ${side.name} begins\n`);
    await side.load(one.kind, one.arrays, { rate: RATE, last: one.last });
    ({ value: value[side.name] } = await side.run(2));
    const [wanted, found] = [value[there[0]!.name]!, value[side.name]!];
    if (Math.abs(found - wanted) > 1e-3 * Math.abs(wanted))
      throw new Error(`${one.title}: ${side.name} comes to ${found}, ${there[0]!.name} to ${wanted}`);
  }
  const all: Record<string, number[]> = {};
  for (const round of range(rounds)) {
    process.stderr.write(`${one.title}: round ${round + 1} of ${rounds}\n`);
    for (const side of there) (all[side.name] ??= []).push(...(await side.run(one.steps[side.name]!)).ns);
  }
  const each = (pick: (ns: number[]) => number) =>
    Object.fromEntries(Object.entries(all).map(([name, ns]) => [name, pick(ns) / 1e6]));
  const { id, title, megaflops } = one;
  return { id, title, megaflops, milliseconds: each(median), least: each((ns) => Math.min(...ns)), value };
}

/** The paper's binary model, as `surprisal images train` trains it on one thread. */
function train(folder: string, epochs: number, images: number): NetworkResults['training'] {
  const set = first(mnist(folder, 'train'), images);
  const shape = { height: set.height, width: set.width, channels: 1 };
  const model = modelKind('vae-binary').build({ ...shape, hidden: [100], latents: 40 }, new Workspace());
  model.parameters.initialise(1);
  const training = new ImageTraining(model, { shape, pixels: set.pixels }, { epochs, shards: 1 });
  const start = performance.now();
  let sum = 0;
  let last = 0;
  while (!training.done) {
    const { loss, step, epoch } = training.step();
    if (epoch > epochs - 1) {
      sum += loss;
      last++;
    }
    if (step % training.stepsPerEpoch === 0) process.stderr.write(`training: epoch ${epoch} of ${epochs}\n`);
  }
  training.keep();
  return { epochs, images: set.images, seconds: (performance.now() - start) / 1000, nats: sum / last };
}

const two = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(value < 10 ? 2 : 1));

function printed({ rows, training }: NetworkResults): string {
  const lines = rows.map(({ title, megaflops, milliseconds: ms }) => {
    const [ours, torch, jax] = [ms.surprisal, ms.PyTorch, ms['jax-js']];
    return [
      title,
      two(ours),
      two(torch),
      two(jax),
      ours === undefined ? '–' : two(megaflops / ours),
      ours && torch ? two(torch / ours) : '–',
      ours && jax ? two(jax / ours) : '–',
    ];
  });
  const head = ['', 'ours ms', 'PyTorch ms', 'jax-js ms', 'our GFLOP/s', 'x PyTorch', 'x jax-js'];
  const trained =
    training === null
      ? ''
      : `\n\n${training.epochs} epochs of ${training.images} images: ${training.seconds.toFixed(1)} s, ${(training.nats / 784 / Math.LN2).toFixed(4)} bits a pixel in the last`;
  return table(head, lines) + trained;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      mnist: { type: 'string' },
      python: { type: 'string' },
      jax: { type: 'string' },
      rounds: { type: 'string' },
      epochs: { type: 'string' },
      only: { type: 'string' },
      out: { type: 'string', default: 'bench/results/networks.json' },
      smoke: { type: 'boolean', default: false },
    },
  });
  const { smoke } = values;
  const rounds = Number(values.rounds ?? (smoke ? 1 : 7));
  const epochs = Number(values.epochs ?? (smoke ? 1 : 20));
  if (![rounds, epochs].every((n) => Number.isInteger(n) && n >= 1))
    throw new Error('--rounds and --epochs are whole numbers from 1');
  const folder = mkdtempSync(join(tmpdir(), 'surprisal-networks-'));
  const sides: StepSide[] = [new Ours()];
  const begin = async (name: 'PyTorch' | 'jax-js', found: { path: string } | { missing: string }) => {
    if ('missing' in found) process.stderr.write(`without ${name}: ${found.missing}\n`);
    else sides.push(await StepPeer.start(name, found.path, folder));
  };
  try {
    if (!smoke || values.python)
      await begin('PyTorch', values.python ? { path: values.python } : pythonWith('networks', ['numpy', 'torch']));
    if (!smoke || values.jax) await begin('jax-js', values.jax ? { path: values.jax } : jaxFolder());
    const rows: NetworkRow[] = [];
    for (const one of cases())
      if ((values.only ?? one.id) === one.id && one.sides.some((name) => sides.some((side) => side.name === name)))
        rows.push(await compare(one, sides, rounds));
    const results: NetworkResults = {
      date: new Date().toISOString().slice(0, 10),
      machine: machine(),
      rounds,
      versions: Object.assign({}, ...sides.map((side) => side.versions)),
      rows,
      training: values.mnist === undefined ? null : train(values.mnist, epochs, smoke ? 1000 : 60_000),
    };
    mkdirSync(dirname(values.out), { recursive: true });
    writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`);
    console.log(printed(results));
  } finally {
    for (const side of sides) side.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) await main();
