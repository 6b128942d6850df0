/** `surprisal images train`: epochs with a bar, a curve of the loss, and checkpoints from which it goes on to the same bits. */
import { lstat, readFile, unlink } from 'node:fs/promises';
import { Random } from '../kernels/random.ts';
import { encodeImages } from '../latent/images.ts';
import { modelKind } from '../latent/kinds.ts';
import {
  binarised,
  type Image,
  type ImageModel,
  type ImageShape,
  type ModelConfig,
  pixelsOf,
  sameShape,
} from '../latent/model.ts';
import { writeModel } from '../latent/saved.ts';
import {
  ImageTraining,
  type ImageTrainingOptions,
  type StepReport,
  type TrainingPlan,
  trainingPlan,
} from '../latent/training.ts';
import { Workspace } from '../networks/workspace.ts';
import { TrainingThreads } from '../trainer.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoints.ts';
import type { CommonOptions, Context } from './context.ts';
import { type CurvePoint, curveFile, sparkline } from './curves.ts';
import { findImages, oneShape, tiles } from './image-sources.ts';
import { CliError, say, shown } from './messages.ts';
import { openTarget } from './target.ts';

export interface TrainCommandOptions extends CommonOptions, ImageTrainingOptions {
  data: string[];
  model: string;
  output: string;
  force?: boolean;
  set?: Record<string, unknown>;
  tiles?: readonly [number, number];
  test?: string;
  testImages: number;
  curve?: string;
  resume?: boolean;
  stop?: number;
  half?: boolean;
}

/** What a training has come to, as `--json` tells it. */
export interface TrainResult {
  output: string;
  kind: string;
  weights: number;
  images: number;
  steps: number;
  epochs: number;
  /** Whether all epochs are done: otherwise there is a checkpoint and no model. */
  finished: boolean;
  /** Mean of the last epoch: the bound, in bits a dimension. */
  bound: number;
  /** Net bits a dimension of test images as coded, where they were asked for. */
  test: number | null;
  seconds: number;
  curve: readonly CurvePoint[];
  barShown: boolean;
}

/** Kinds whose one set of weights codes images of any size: of the data they only take the channels. */
const ANY_SIZE = ['hilloc', 'bitswap', 'diffusion'];
/** Words that name the random stream of test images: none that training uses. */
const TEST_STREAM = 0x74657374;
/** Milliseconds between turns for others. */
const SLICE = 50;
const BITS = 1 / Math.LN2;

/** The checkpoint that belongs to a model's file. */
const checkpointOf = (output: string): string => `${output}.checkpoint`;

function configOf(kind: string, shape: ImageShape, set: Record<string, unknown>): ModelConfig {
  const { height, width, channels } = shape;
  const own = ANY_SIZE.includes(kind) ? { channels } : { height, width, channels };
  return { ...own, ...set } as ModelConfig;
}

/** One array of all images, greys spread to 0..255 where a model of two levels is to be trained with 0 and 1. */
function pixelsFor(model: ImageModel, images: readonly Image[]): Uint8Array {
  const whole = new Uint8Array(images.reduce((sum, { pixels }) => sum + pixels.length, 0));
  let at = 0;
  let most = 0;
  for (const { pixels } of images) {
    whole.set(pixels, at);
    at += pixels.length;
    for (const value of pixels) if (value > most) most = value;
  }
  if (model.levels === 2 && most === 1) for (let i = 0; i < whole.length; i++) whole[i] *= 255;
  return whole;
}

/** Net bits a dimension of images as they are coded, on a stack that has been started already. */
function codedBits(model: ImageModel, images: readonly Image[]): number {
  const { netBits, dimensions } = encodeImages(model, images);
  return netBits / dimensions;
}

function buildModel(kind: string, config: ModelConfig, maxMemory: number): ImageModel {
  try {
    return modelKind(kind).build(config, new Workspace({ maxMemory }));
  } catch (error) {
    throw new CliError((error as { code?: string }).code ?? 'model', `--model ${kind}: ${(error as Error).message}`);
  }
}

/** Trains a model as the options say and writes its file. */
export async function trainImages(options: TrainCommandOptions, context: Context): Promise<TrainResult> {
  const began = performance.now();
  const { output, model: kind } = options;
  const checkpoint = checkpointOf(output);
  if (!options.force && !options.resume) {
    for (const path of [output, checkpoint])
      if (await lstat(path).catch(() => undefined))
        throw new CliError(
          'exists',
          `${shown(path)} already exists`,
          path === checkpoint
            ? 'Go on from it with --resume, or start anew with -f.'
            : 'Use -f to overwrite it, or -o to write to another file.',
        );
  }
  const maxMemory = options.memory ?? 2 ** 31;
  const { images, names, sha256, skipped } = await findImages(options.data, 2 ** 30);
  if (skipped > 0) context.warn(`${skipped} file${skipped === 1 ? '' : 's'} that are no images left out`);
  if (images.length === 0) throw new CliError('images', 'no images there');
  const list = options.tiles === undefined ? images : tiles(images, ...options.tiles);
  const shape = oneShape(list, options.tiles === undefined ? names : undefined);
  const data = { images: list.length, sha256, tiles: options.tiles ?? null };
  const plan = planOf(options);
  const saved = options.resume ? await resumed(checkpoint, { kind, plan, data, options }) : undefined;
  const config = saved?.config ?? configOf(kind, shape, options.set ?? {});
  const model = buildModel(kind, config, maxMemory);
  if (model.shape !== undefined && !sameShape(model.shape, shape))
    throw new CliError('model', `the model is for other images than those of ${options.data.map(shown).join(', ')}`);
  const test = options.test === undefined ? undefined : await testImages(options.test, options.testImages, model, plan);
  model.parameters.initialise(plan.seed);
  if (saved !== undefined) model.parameters.load(saved.tensors);
  const training = new ImageTraining(model, { shape, pixels: pixelsFor(model, list) }, saved?.plan ?? plan);
  if (saved !== undefined) training.restore({ step: saved.step, arrays: saved.arrays });
  const curve: CurvePoint[] = [...(saved?.curve ?? [])];
  const threads =
    options.threads > 1
      ? await TrainingThreads.start(model, { shape, seed: training.plan.seed, threads: options.threads, maxMemory })
      : undefined;
  const perDimension = BITS / pixelsOf(shape);
  let last: StepReport | undefined;
  const bar = context.startBar(`${kind} ${output}`, () => ({
    raw: 0,
    coded: 0,
    ratioRaw: 0,
    done: training.position,
    total: training.steps,
    facts: (rate) => [
      `epoch ${Math.min(training.plan.epochs, Math.floor(last?.epoch ?? 0) + 1)}/${training.plan.epochs}`,
      `${(rate * training.plan.batch).toFixed(0)} images/s`,
      ...(last === undefined ? [] : [`${(last.loss * perDimension).toFixed(4)} bits/dim`]),
    ],
  }));
  const stop = Math.min(options.stop ?? Number.POSITIVE_INFINITY, training.plan.epochs) * training.stepsPerEpoch;
  try {
    let [sum, steps] = [0, 0];
    let turn = performance.now() + SLICE;
    while (training.position < stop) {
      last = threads === undefined ? training.step() : await training.stepWith(threads);
      sum += last.loss;
      steps++;
      if (performance.now() >= turn) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        turn = performance.now() + SLICE;
      }
      if (training.position % training.stepsPerEpoch !== 0) continue;
      const point: CurvePoint = {
        epoch: Math.round(last.epoch),
        bound: (sum / steps) * perDimension,
        ...(test === undefined ? {} : { test: training.measured(() => codedBits(model, test)) }),
      };
      curve.push(point);
      [sum, steps] = [0, 0];
      if (options.verbose)
        say(
          `epoch ${point.epoch}/${training.plan.epochs}: bound ${point.bound.toFixed(4)} bits a dimension` +
            `${point.test === undefined ? '' : `, test images as coded ${point.test.toFixed(4)}`}, ${((performance.now() - began) / 1000).toFixed(0)} s`,
        );
      if (!training.done)
        await writeFileSafely(
          checkpoint,
          writeCheckpoint(model, { kind, config: model.config, plan: training.plan, data, curve, ...training.state() }),
        );
      if (options.curve !== undefined) await writeFileSafely(options.curve, curveFile(options.curve, curve, kind));
    }
    if (training.done) {
      training.keep();
      const about = { ...training.plan, images: data.images, data: data.sha256, curve };
      await writeFileSafely(
        output,
        writeModel(model, { type: options.half ? 'F16' : 'F32', metadata: { training: JSON.stringify(about) } }),
        options.force === true || options.resume === true,
      );
      await unlink(checkpoint).catch(() => {});
    }
    const end = curve.at(-1);
    return {
      output: training.done ? output : checkpoint,
      kind,
      weights: model.parameters.count,
      images: data.images,
      steps: training.position,
      epochs: Math.round(training.position / training.stepsPerEpoch),
      finished: training.done,
      bound: end?.bound ?? 0,
      test: end?.test ?? null,
      seconds: (performance.now() - began) / 1000,
      curve,
      barShown: bar.drawn,
    };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (error instanceof CliError || code === undefined) throw error;
    throw new CliError(code, message.replace(/\.$/, ''));
  } finally {
    bar.stop();
    await threads?.terminate();
  }
}

/** Only what was given: a training that goes on has its own. */
function given(options: TrainCommandOptions): ImageTrainingOptions {
  const { epochs, batch, rate, schedule, warmup, decay, average, clip, shards, seed } = options;
  const all = { epochs, batch, rate, schedule, warmup, decay, average, clip, shards, seed };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function planOf(options: TrainCommandOptions): TrainingPlan {
  try {
    return trainingPlan(given(options));
  } catch (error) {
    throw new CliError('usage', (error as Error).message);
  }
}

/** The checkpoint, if it is one of the training that the options ask for. */
async function resumed(
  path: string,
  wanted: { kind: string; plan: TrainingPlan; data: Checkpoint['data']; options: TrainCommandOptions },
): Promise<Checkpoint> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new CliError('no-checkpoint', `there is no checkpoint ${shown(path)} to go on from`, 'Leave out --resume.');
  }
  const saved = readCheckpoint(bytes, path);
  const other = (what: string): CliError =>
    new CliError(
      'other-training',
      `${shown(path)} is of a training with ${what}`,
      'Give the same, or start anew with -f.',
    );
  if (saved.kind !== wanted.kind) throw other(`--model ${saved.kind}`);
  if (saved.data.sha256 !== wanted.data.sha256 || String(saved.data.tiles) !== String(wanted.data.tiles))
    throw other('other images');
  for (const [name, value] of Object.entries(given(wanted.options))) {
    const had = saved.plan[name as keyof TrainingPlan];
    if (had !== value) throw other(`--${name} ${had}`);
  }
  for (const [name, value] of Object.entries(wanted.options.set ?? {}))
    if (JSON.stringify(saved.config[name]) !== JSON.stringify(value))
      throw other(`--set ${name}=${JSON.stringify(saved.config[name])}`);
  return saved;
}

/** The first so many images of a file or folder, black and white where the model codes no more. */
async function testImages(path: string, count: number, model: ImageModel, plan: TrainingPlan): Promise<Image[]> {
  const { images } = await findImages([path], 2 ** 30);
  const first = images.slice(0, count);
  if (model.levels !== 2) return first;
  const random = new Random(plan.seed, TEST_STREAM);
  return first.map((image) => ({ shape: image.shape, pixels: binarised(pixelsFor(model, [image]), random) }));
}

async function writeFileSafely(path: string, bytes: Uint8Array, force = true): Promise<void> {
  const target = await openTarget(path, force);
  try {
    await target.write(bytes);
    await target.commit({});
  } catch (error) {
    await target.abandon();
    throw error;
  }
}

/** What a training has come to, in lines. */
export function trainLines({
  output,
  kind,
  weights,
  images,
  epochs,
  finished,
  bound,
  test,
  seconds,
  curve,
}: TrainResult): string[] {
  const values = curve.map((point) => point.bound);
  return [
    `${shown(output)}: ${finished ? `${kind}, ${weights} weights` : 'a checkpoint: go on with --resume'}, ` +
      `${epochs} epoch${epochs === 1 ? '' : 's'} of ${images} images, ${seconds.toFixed(seconds < 9.95 ? 1 : 0)} s`,
    `bound ${bound.toFixed(4)} bits a dimension${test === null ? '' : `, test images as coded ${test.toFixed(4)} net`}` +
      (values.length > 1 ? `   ${values[0].toFixed(3)} ${sparkline(values)} ${bound.toFixed(3)}` : ''),
  ];
}
