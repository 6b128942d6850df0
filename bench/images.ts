/**
 * `npm run bench:images -- --mnist DIR --binarized DIR [--craystack DIR] [--python PATH] [--weights DIR] [--only NAME]
 * [--images N] [--threads N] [--out FILE]`
 *
 * The models that come with the package, over MNIST's whole test set: archives as `surprisal images compress` writes
 * them, decoded again and compared, with the evidence bound beside, initial bits apart, and the weights counted. Models of
 * two levels take the static binarisation, the others the greys. Then what precision costs, what the two orders of a
 * hierarchy cost at the start, diffusion in more and fewer steps, and craystack on the same binary autoencoder.
 *
 * `--only` measures one model (the name of its file without the ending) or one of `craystack`, `precision`; what was
 * measured before stays in the results. `--images` takes the first so many, and is meant for trying. What other
 * compressors come to is in bench/images-baselines.ts.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ImageModelFile, openImageModel } from '../src/formats/image-models.ts';
import { compressImages, decompressImages } from '../src/formats/images.ts';
import { Random } from '../src/kernels/random.ts';
import { encodeImages } from '../src/latent/images.ts';
import type { CodingOptions, Image, ImageBatch, ImageModel } from '../src/latent/model.ts';
import { Tape } from '../src/networks/tape.ts';
import { binarised, first, type ImageSet, mnist } from './image-sets.ts';
import { type Machine, machine } from './measure.ts';
import { python } from './peers/craystack.ts';
import { CraystackVae } from './peers/craystack-vae.ts';
import { table } from './table.ts';

/** Which images: the static binarisation or the greys. */
export type SetName = 'binarised' | 'raw';

/** One model with one way of coding, over one set. Bits are of all images together. */
export interface ImageRow {
  /** The model file's name without its ending. */
  model: string;
  kind: string;
  set: SetName;
  images: number;
  pixels: number;
  options: CodingOptions;
  /** Bytes of the model file, and weights in it. */
  file: number;
  weights: number;
  /** -log2 p(x) or the bound on it, by sampling latents: what the model was trained for. */
  bound: number;
  /** What the images added to the stack, and what it started with. */
  net: number;
  initial: number;
  /** What a single image needs to start with, as the mean of some, where orders are compared. */
  initialAlone?: number;
  /** The whole archive. */
  archive: number;
  seconds: { compress: number; decompress: number };
}

/** craystack's BB-ANS beside ours, on the same weights and images. */
export interface CraystackRow {
  model: string;
  images: number;
  versions: Record<string, string>;
  lanes: number;
  seconds: { compress: number; decompress: number };
  /** Its whole message, and that without the heads that it starts with. */
  stream: number;
  net: number;
}

/** What is written to bench/results/images.json. */
export interface ImageResults {
  date: string;
  machine: Machine;
  /** Each model as it is coded when nothing is chosen. */
  models: ImageRow[];
  /** Choices: orders, steps of diffusion, bits of latents and of observations. */
  variants: ImageRow[];
  craystack: CraystackRow[];
}

/** Images that a bound is computed for at once. */
const BATCH = 100;
/** Images that diffusion is measured on: each takes a network's pass for each step. */
const DIFFUSION = 1000;
/** Images whose initial bits are found one by one. */
const ALONE = 20;
const SHAPE = { height: 28, width: 28, channels: 1 };

const listOf = ({ images, pixels }: ImageSet): Image[] =>
  Array.from({ length: images }, (_, i) => ({ shape: SHAPE, pixels: pixels.subarray(784 * i, 784 * (i + 1)) }));

/** The model's own loss over the images, in bits. Diffusion has one for each number of steps. */
function boundOf(model: ImageModel, set: ImageSet, { steps }: CodingOptions): number {
  const tape = new Tape(model.parameters.workspace, { gradients: false });
  const stepwise = model as ImageModel & { bound?(batch: ImageBatch, steps: number, random: Random): number };
  let nats = 0;
  for (let from = 0; from < set.images; from += BATCH) {
    const count = Math.min(BATCH, set.images - from);
    const batch = { shape: SHAPE, count, pixels: set.pixels.subarray(784 * from, 784 * (from + count)) };
    const random = new Random(11, from);
    if (stepwise.bound !== undefined) nats += count * stepwise.bound(batch, steps ?? 20, random);
    else {
      for (const value of model.loss(tape, batch, random, 1).total.values) nats += value;
      tape.reset();
    }
  }
  return nats / Math.LN2;
}

async function measure(file: ImageModelFile, set: ImageSet, options: CodingOptions, bound?: number): Promise<ImageRow> {
  const { model, name } = file;
  const images = listOf(set);
  const text = Object.entries(options).map(([key, value]) => ` ${key} ${value}`);
  process.stderr.write(`${name}${text.join(',')}: ${images.length} images\n`);
  const start = performance.now();
  const { archive, bits } = await compressImages(images, file, { ...options, verify: false });
  const compress = (performance.now() - start) / 1000;
  const middle = performance.now();
  const { content } = await decompressImages(archive, file);
  const decompress = (performance.now() - middle) / 1000;
  const same = content.every(({ pixels }, i) => Buffer.compare(pixels, images[i]!.pixels) === 0);
  if (!same || content.length !== images.length)
    throw new Error(`${name} did not restore the images: its figures are void`);
  const alone = images.slice(0, model.kind === 'bitswap' && options.order !== undefined ? ALONE : 0);
  const initialAlone = alone.reduce((sum, image) => sum + encodeImages(model, [image], options).initialBits, 0) / ALONE;
  return {
    ...{ model: name, kind: model.kind, set: model.levels === 2 ? 'binarised' : 'raw' },
    ...{ images: images.length, pixels: set.pixels.length, options, file: file.size, weights: model.parameters.count },
    ...{ bound: bound ?? boundOf(model, set, options), net: bits.net, initial: bits.initial },
    ...(alone.length === ALONE ? { initialAlone } : {}),
    archive: 8 * archive.length,
    seconds: { compress, decompress },
  };
}

/** What is measured of a model besides what it does by itself, and on how many images at most. */
function variantsOf({ model }: ImageModelFile, all: boolean): { options: CodingOptions; images: number }[] {
  if (model.kind === 'diffusion')
    return [10, 20, 50, 100].flatMap((steps) =>
      (['bb-ans', 'bit-swap'] as const).map((order) => ({ options: { steps, order }, images: 20000 / steps })),
    );
  if (model.kind.startsWith('vae')) {
    if (model.kind === 'vae-layers' && !all) return [];
    const bits = (options: CodingOptions) => ({ options, images: 10_000 });
    return model.levels === 2
      ? [4, 5, 6, 8, 10, 12].map((latentBits) => bits({ latentBits }))
      : [14, 16, 18, 24].map((observationBits) => bits({ observationBits }));
  }
  if (model.kind !== 'bitswap') return [];
  return (['bit-swap', 'bb-ans'] as const).map((order) => ({ options: { order }, images: 1000 }));
}

const sameOptions = (a: CodingOptions, b: CodingOptions) =>
  (['latentBits', 'observationBits', 'order', 'steps'] as const).every((key) => a[key] === b[key]);

/** The rows of before with these in place of those of the same model and options. */
function merged(before: readonly ImageRow[], now: readonly ImageRow[]): ImageRow[] {
  const rest = before.filter(
    (old) => !now.some((one) => one.model === old.model && sameOptions(one.options, old.options)),
  );
  return [...rest, ...now].sort((a, b) =>
    a.set === b.set ? a.archive / a.pixels - b.archive / b.pixels : a.set < b.set ? -1 : 1,
  );
}

async function besideCraystack(
  clone: string,
  path: string,
  file: ImageModelFile,
  set: ImageSet,
): Promise<CraystackRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'surprisal-craystack-'));
  const peer = await CraystackVae.start(path, clone, folder);
  try {
    const rows: CraystackRow[] = [];
    for (const lanes of [1, 10, 100]) {
      if (set.images % lanes !== 0) continue;
      process.stderr.write(`craystack, ${lanes} images side by side\n`);
      await peer.load(file.model.parameters.tensors(), set.pixels, 784, lanes);
      const run = await peer.run();
      if (!run.restored) throw new Error('craystack did not restore the images: its figures are void');
      rows.push({
        ...{ model: file.name, images: set.images, versions: { ...peer.versions }, lanes },
        seconds: { compress: run.encode / 1e9, decompress: run.decode / 1e9 },
        ...{ stream: run.streamBits, net: run.streamBits - run.startBits },
      });
    }
    return rows;
  } finally {
    peer.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function printed({ models, variants, craystack }: ImageResults): string {
  const lines = [...models, ...variants].map((row) => {
    const { pixels, options } = row;
    const text = Object.entries(options).map(([key, value]) => `${key} ${value}`);
    return [
      `${row.set}: ${[row.model, ...text].join(', ')}`,
      String(row.images),
      (row.bound / pixels).toFixed(4),
      (row.net / pixels).toFixed(4),
      `${((row.net / row.bound - 1) * 100).toFixed(2)} %`,
      (row.archive / pixels).toFixed(4),
      String(row.initial),
      ((row.archive + 8 * row.file) / pixels).toFixed(4),
      `${row.seconds.compress.toFixed(1)} / ${row.seconds.decompress.toFixed(1)}`,
    ];
  });
  const head = ['', 'images', '-ELBO', 'net', 'over it', 'archive', 'initial bits', 'with weights', 'seconds'];
  const others = craystack.map(
    ({ lanes, seconds, stream, images }) =>
      `craystack, ${lanes} side by side: ${(stream / images / 784).toFixed(4)} bits a pixel, ${seconds.compress.toFixed(2)} / ${seconds.decompress.toFixed(2)} s`,
  );
  return [table(head, lines), ...others].join('\n');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      mnist: { type: 'string' },
      binarized: { type: 'string' },
      craystack: { type: 'string' },
      python: { type: 'string' },
      weights: { type: 'string', default: join(import.meta.dirname, '../weights') },
      only: { type: 'string' },
      images: { type: 'string', default: '10000' },
      variants: { type: 'boolean', default: true },
      out: { type: 'string', default: 'bench/results/images.json' },
    },
    allowNegative: true,
  });
  if (values.mnist === undefined || values.binarized === undefined)
    throw new Error('--mnist names the folder of the idx files, --binarized the one with test.packed');
  const count = Number(values.images);
  const sets = {
    binarised: first(binarised(values.binarized, 'test'), count),
    raw: first(mnist(values.mnist, 't10k'), count),
  };
  const setOf = (model: ImageModel) => sets[model.levels === 2 ? 'binarised' : 'raw'];
  const before: ImageResults | undefined =
    values.only !== undefined && existsSync(values.out) ? JSON.parse(readFileSync(values.out, 'utf8')) : undefined;
  const results: ImageResults = {
    ...{ date: new Date().toISOString().slice(0, 10), machine: machine() },
    ...{ models: before?.models ?? [], variants: before?.variants ?? [], craystack: before?.craystack ?? [] },
  };
  const save = () => {
    mkdirSync(dirname(values.out), { recursive: true });
    writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`);
  };
  const names = readdirSync(values.weights).filter((name) => name.endsWith('.safetensors'));
  for (const each of names.sort()) {
    const name = basename(each, '.safetensors');
    const file = openImageModel(new Uint8Array(readFileSync(join(values.weights, each))), { name });
    if (values.only === undefined || values.only === name) {
      const set = first(setOf(file.model), file.model.kind === 'diffusion' ? DIFFUSION : count);
      results.models = merged(results.models, [await measure(file, set, {})]);
      save();
    }
    if (values.variants && [undefined, name, 'variants'].includes(values.only)) {
      let bound: number | undefined;
      for (const { options, images } of variantsOf(file, values.only === name)) {
        const set = first(setOf(file.model), images);
        // Precision does not change the bound.
        if (options.steps !== undefined) bound = undefined;
        const row = await measure(file, set, options, bound);
        bound = row.bound;
        results.variants = merged(results.variants, [row]);
        save();
      }
    }
    const compared = file.model.kind === 'vae-binary' && [undefined, 'craystack'].includes(values.only);
    if (compared && values.craystack !== undefined) {
      const found = values.python === undefined ? python() : { path: values.python };
      if ('missing' in found) process.stderr.write(`without craystack: ${found.missing}\n`);
      else results.craystack = await besideCraystack(values.craystack, found.path, file, setOf(file.model));
      save();
    }
  }
  save();
  console.log(printed(results));
}

if (process.argv[1] === import.meta.filename) await main();
