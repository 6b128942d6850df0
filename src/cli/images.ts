/** `surprisal images`: lossless images by learned models. */
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isatty } from 'node:tty';
import { writeImages } from '../formats/image-files.ts';
import type { ImageModelFile } from '../formats/image-models.ts';
import {
  type CodingOptions,
  compressImages,
  decompressImages,
  type ImagesInfo,
  imagesInfo,
} from '../formats/images.ts';
import { DEFAULT_MAX_MEMORY } from '../formats/options.ts';
import { importVae } from '../latent/import.ts';
import { shapeName } from '../latent/model.ts';
import { writeModel } from '../latent/saved.ts';
import { readSafetensors } from '../networks/safetensors.ts';
import { explain, notAnArchive } from './archive.ts';
import { type OutputOptions, SUFFIX } from './compress.ts';
import type { CommonOptions, Context } from './context.ts';
import type { ReadOptions } from './decompress.ts';
import { findModel, openModel, packagedModels } from './image-models.ts';
import { filesOf, findImages, isRealFolder, thresholded } from './image-sources.ts';
import { CliError, shown } from './messages.ts';
import { formatSize } from './sizes.ts';
import { openSource } from './source.ts';
import { forgetTemporary, openTarget, standardOutput, type Target, trackTemporary } from './target.ts';

export interface ImagesCommandOptions extends OutputOptions, CodingOptions {
  model: string;
  threshold?: number;
  verify: boolean;
  name: boolean;
}

export interface ImagesDecompressOptions extends OutputOptions, ReadOptions {
  model?: string;
  format?: 'png' | 'pnm' | 'idx';
}

export interface ImportCommandOptions extends CommonOptions {
  layers: string;
  output: string;
  force?: boolean;
  half?: boolean;
}

/** An archive of images, as `--json` tells it. */
export interface ImagesFacts {
  images: number;
  /** Bytes of pixels. */
  pixels: number;
  shapes: { height: number; width: number; channels: number; count: number }[];
  named: boolean;
  idx: boolean;
  model: { name: string; hash: string; weights: number; file?: number };
  two: readonly [number, number] | null;
  coding: Record<string, string | number>;
  /** `net`: what the images have added; `initial`: what the stack began with; `stream`: both; `archive`: all there is. */
  bits: { net: number; initial: number; names: number; stream: number; archive: number };
  bitsPerDimension: { net: number; stream: number; archive: number };
}

export interface ImagesResult extends ImagesFacts {
  file: string;
  output: string;
  /** Bytes of the files that were read or written. */
  raw: number;
  coded: number;
  seconds: number;
  verified?: boolean;
  barShown: boolean;
}

function factsOf(info: ImagesInfo, coded: number, model?: ImageModelFile): ImagesFacts {
  const { images, pixels, bits } = info;
  const each = (all: number): number => Number((all / pixels).toFixed(5));
  return {
    images,
    pixels,
    shapes: info.shapes.map(({ shape, count }) => ({ ...shape, count })),
    named: info.named,
    idx: info.idx,
    model: { ...info.model, ...(model === undefined ? {} : { file: model.size }) },
    two: info.two ?? null,
    coding: Object.fromEntries(Object.entries(info.coding).filter(([, value]) => value !== undefined)),
    bits: { ...bits, archive: 8 * coded },
    bitsPerDimension: { net: each(bits.net), stream: each(bits.stream), archive: each(8 * coded) },
  };
}

/** What is in an archive, in lines. */
export function imagesLines(facts: ImagesFacts): string[] {
  const { images, pixels, shapes, model, bits, bitsPerDimension, coding } = facts;
  const kinds = new Map<string, number>();
  for (const { count, ...shape } of shapes) kinds.set(shapeName(shape), (kinds.get(shapeName(shape)) ?? 0) + count);
  const sizes =
    kinds.size === 1
      ? `of ${[...kinds.keys()][0]}`
      : `of ${kinds.size} sizes, ${[...kinds.keys()].slice(0, 3).join(', ')}…`;
  const lines = [
    `${images} image${images === 1 ? '' : 's'} ${sizes}${facts.two === null ? '' : `, two greys (${facts.two.join(' and ')})`}; ` +
      `model ${shown(model.name)} (SHA-256 ${model.hash.slice(0, 12)}…, ${model.weights} weights)`,
    `bits a dimension: net ${bitsPerDimension.net.toFixed(4)}, with initial bits ${bitsPerDimension.stream.toFixed(4)}, ` +
      `whole archive ${bitsPerDimension.archive.toFixed(4)}`,
    `bits: net ${bits.net}, initial ${bits.initial}, names ${bits.names}, archive ${bits.archive}`,
  ];
  if (model.file !== undefined)
    lines.push(
      `with the model's file of ${formatSize(model.file)}: ${((bits.archive + 8 * model.file) / pixels).toFixed(4)}`,
    );
  const choices = Object.entries(coding).map(([name, value]) => `${name} ${value}`);
  if (choices.length > 0) lines.push(`coded with ${choices.join(', ')}`);
  return lines;
}

/** Faults of the library that are about the input and not about its use. */
function explained(error: unknown, maxMemory: number, head: Uint8Array = new Uint8Array(0)): unknown {
  if (error instanceof CliError) return error;
  const { code, message } = error as { code?: string; message: string };
  const said = message.replace(/\.$/, '');
  if (code === 'wrong-model')
    return new CliError(
      code,
      `${said[0].toLowerCase()}${said.slice(1)}`,
      /archive/.test(message) ? 'Name the file of the right model with -m.' : undefined,
    );
  if (code === 'impossible-symbol')
    return new CliError(
      code,
      `${said[0].toLowerCase()}${said.slice(1)}`,
      'Take a model for greys, or --threshold 128, which makes them black and white for good.',
    );
  if (code === 'invalid-argument' || code === 'invalid-type') return new CliError('images', said);
  return explain(error, head, maxMemory);
}

/** Compresses all images of some files and folders to one archive. */
export async function compressImageFiles(
  paths: readonly string[],
  options: ImagesCommandOptions,
  context: Context,
): Promise<ImagesResult> {
  const began = performance.now();
  const [first] = paths;
  const toStdout = options.stdout === true || (first === '-' && options.output === undefined);
  const maxMemory = options.memory ?? DEFAULT_MAX_MEMORY;
  if (paths.length > 1 && options.output === undefined && !toStdout)
    throw new CliError('usage', 'several files become one archive', 'Name it with -o.');
  if (first !== '-' && first.toLowerCase().endsWith(SUFFIX) && !options.force)
    throw new CliError('has-suffix', `already has the suffix ${SUFFIX}`, 'Use -f to compress it all the same.');
  if (toStdout && isatty(1) && !options.force)
    throw new CliError(
      'terminal',
      'compressed data is not written to a terminal',
      'Name a file with -o; -f forces it.',
    );
  let target: Target | undefined;
  let [done, total] = [0, 1];
  const title = first === '-' ? 'standard input' : first;
  const bar = context.startBar(title, () => ({
    raw: 0,
    coded: 0,
    ratioRaw: 0,
    done,
    total,
    facts: (rate) => [`${rate.toFixed(rate < 10 ? 1 : 0)} images/s`],
  }));
  try {
    const model = await openModel(options.model);
    const output = options.output ?? first.replace(/\/+$/, '') + SUFFIX;
    target = toStdout
      ? standardOutput()
      : await openTarget(output, options.force === true, first === '-' ? undefined : await stat(first));
    const { images, names, bytes, skipped } = await findImages(paths, Math.floor(maxMemory / 4));
    if (skipped > 0) context.warn(`${skipped} file${skipped === 1 ? '' : 's'} that are no images left out`);
    if (images.length === 0) throw new CliError('images', 'holds no images');
    const list = options.threshold === undefined ? images : thresholded(images, options.threshold);
    const found = await compressImages(list, model, {
      names,
      idx: names === undefined,
      verify: options.verify,
      order: options.order,
      latentBits: options.latentBits,
      observationBits: options.observationBits,
      steps: options.steps,
      maxMemory,
      name: options.name && first !== '-' && paths.length === 1 ? first.replace(/^.*\/(?=.)/, '') : undefined,
      progress: (now) => {
        done = now.done;
        total = now.total!;
      },
    });
    await target.write(found.archive);
    await target.commit({});
    return {
      file: title,
      output: target.name,
      raw: bytes,
      coded: found.archive.length,
      seconds: (performance.now() - began) / 1000,
      verified: options.verify,
      ...factsOf(found, found.archive.length, model),
      barShown: bar.drawn,
    };
  } catch (error) {
    await target?.abandon();
    throw explained(error, maxMemory);
  } finally {
    bar.stop();
  }
}

async function archiveOf(path: string): Promise<{ archive: Uint8Array; name: string }> {
  const source = await openSource(path, { links: true, special: true, single: false });
  try {
    const pieces: Uint8Array[] = [];
    for await (const chunk of source.chunks()) pieces.push(chunk.slice());
    return { archive: new Uint8Array(Buffer.concat(pieces)), name: source.name };
  } finally {
    await source.close();
  }
}

/** Faults of an archive, with the command that opens what is not for this one. */
function ofArchive(error: unknown, path: string, archive: Uint8Array, maxMemory: number): unknown {
  const { code, message } = error as { code?: string; message: string };
  if (code === 'unsupported' && /holds no images/.test(message))
    return new CliError('unsupported', 'holds no images', `Use 'surprisal decompress ${shown(path)}'.`);
  return explained(error, maxMemory, archive.subarray(0, 512));
}

/** Decompresses one archive to a folder, an IDX file, or an image. */
export async function decompressImagesFile(
  path: string,
  options: ImagesDecompressOptions,
  context: Context,
): Promise<ImagesResult> {
  const began = performance.now();
  const maxMemory = options.memory ?? DEFAULT_MAX_MEMORY;
  const { archive, name: title } = await archiveOf(path);
  let [done, total] = [0, 1];
  const bar = context.startBar(title, () => ({
    raw: 0,
    coded: 0,
    ratioRaw: 0,
    done,
    total,
    facts: (rate) => [`${rate.toFixed(rate < 10 ? 1 : 0)} images/s`],
  }));
  try {
    if (archive.length === 0) throw notAnArchive(archive);
    const found = await decompressImages(
      archive,
      options.model === undefined ? findModel : await openModel(options.model),
      {
        maxMemory,
        maxOutputSize: options.maxOutput ?? Number.POSITIVE_INFINITY,
        progress: (now) => {
          done = now.done;
          total = now.total!;
        },
      },
    );
    const { content, names } = found;
    const idx = options.format === 'idx' || (options.format === undefined && found.idx);
    const single = content.length === 1 && !idx;
    const toStdout = options.stdout === true || (path === '-' && options.output === undefined);
    if (toStdout && !idx && !single)
      throw new CliError('images', 'many images do not go to the standard output', 'Use -o FOLDER, or --format idx.');
    let output = options.output;
    if (!toStdout && output === undefined) {
      output = path.toLowerCase().endsWith(SUFFIX) ? path.slice(0, -SUFFIX.length) : '';
      // What was gzipped comes back plain.
      if (idx) output = output.replace(/\.gz$/i, '');
      if (output === '' || output.endsWith('/'))
        throw new CliError('unknown-suffix', `its name does not end in ${SUFFIX}`, 'Name the result with -o.');
    }
    const format = options.format === 'idx' ? undefined : options.format;
    let raw = 0;
    if (idx || single) {
      const bytes = idx ? writeImages(content, 'idx') : [...filesOf(content, names, format)][0].bytes;
      const target = toStdout ? standardOutput() : await openTarget(output!, options.force === true);
      try {
        await target.write(bytes);
        await target.commit({});
      } catch (error) {
        await target.abandon();
        throw error;
      }
      raw = bytes.length;
    } else raw = await writeFolder(output!, filesOf(content, names, format), options.force === true);
    return {
      file: title,
      output: toStdout ? 'standard output' : output!,
      raw,
      coded: archive.length,
      seconds: (performance.now() - began) / 1000,
      ...factsOf(found, archive.length),
      barShown: bar.drawn,
    };
  } catch (error) {
    throw ofArchive(error, path, archive, maxMemory);
  } finally {
    bar.stop();
  }
}

/** Writes files into a new folder, which appears when it is complete; with `force` also into one that is there. */
async function writeFolder(
  path: string,
  files: Iterable<{ readonly name: string; readonly bytes: Uint8Array }>,
  force: boolean,
): Promise<number> {
  const folder = path.replace(/(?<=.)\/+$/, '');
  const there = await isRealFolder(folder).catch(() => undefined);
  if (there !== undefined && !(force && there))
    throw new CliError(
      'exists',
      `${shown(folder)} already exists`,
      there
        ? 'Use -f to write into it, overwriting files of the same names, or -o for another.'
        : 'Name another with -o.',
    );
  const into = there === undefined ? trackTemporary(folder) : folder;
  let raw = 0;
  const made = new Set<string>();
  try {
    if (there === undefined) await mkdir(into);
    for (const { name, bytes } of files) {
      const below = dirname(name);
      for (let at = 0; below !== '.' && at <= below.length; at++) {
        if (at < below.length && below[at] !== '/') continue;
        const part = join(into, below.slice(0, at));
        if (made.has(part)) continue;
        await mkdir(part).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error;
        });
        if (!(await isRealFolder(part))) throw new CliError('exists', `${shown(part)} is no folder`);
        made.add(part);
      }
      if (there === undefined) await writeFile(join(into, name), bytes, { flag: 'wx' });
      else {
        const target = await openTarget(join(into, name), true);
        await target.write(bytes);
        await target.commit({});
      }
      raw += bytes.length;
    }
    if (there === undefined) await rename(into, folder);
    return raw;
  } catch (error) {
    if (there === undefined) await rm(into, { recursive: true, force: true });
    throw error;
  } finally {
    if (there === undefined) forgetTemporary(into);
  }
}

/** What is known of an archive, or of a model. */
export type ImagesInfoResult = ({ file: string; coded: number } & ImagesFacts) | ModelFacts;

/** A model, as `info` and `models` tell it. */
export interface ModelFacts {
  file: string;
  /** Bytes of its file. */
  coded: number;
  kind: string;
  hash: string;
  weights: number;
  levels: number;
  /** The one shape that it codes, or null where it codes any. */
  shape: { height: number; width: number; channels: number } | null;
  config: object;
}

async function modelFacts(path: string): Promise<ModelFacts> {
  const { model, hash, size } = await openModel(path);
  const { kind, config, levels, parameters, shape = null } = model;
  return { file: path, coded: size, kind, hash, weights: parameters.count, levels, shape, config };
}

/** Makes a model's file of an autoencoder's tensors and the description of its layers. */
export async function importModelFile(path: string, options: ImportCommandOptions): Promise<void> {
  const text = await readFile(options.layers, 'utf8');
  const bytes = new Uint8Array(await readFile(path));
  let file: Uint8Array;
  try {
    const model = importVae(JSON.parse(text), readSafetensors(bytes).tensors);
    file = writeModel(model, { type: options.half ? 'F16' : 'F32' });
  } catch (error) {
    if (error instanceof SyntaxError) throw new CliError('layers', `${shown(options.layers)} is no JSON`);
    throw new CliError((error as { code?: string }).code ?? 'layers', (error as Error).message.replace(/\.$/, ''));
  }
  const target = await openTarget(options.output, options.force === true, await stat(path));
  try {
    await target.write(file);
    await target.commit({});
  } catch (error) {
    await target.abandon();
    throw error;
  }
}

/** The models that come along. */
export async function describeModels(): Promise<ModelFacts[]> {
  const found: ModelFacts[] = [];
  for (const name of packagedModels()) found.push(await modelFacts(name));
  return found;
}

/** {@link describeModels} as a table. */
export function modelTable(models: readonly ModelFacts[]): string {
  if (models.length === 0) return "no models come along: make one with 'surprisal images train'\n";
  const rows = models.map(({ file, kind, shape, levels, coded, hash }) => [
    file,
    kind,
    shape === null ? 'any size' : shapeName(shape),
    levels === 2 ? 'black and white' : '256 levels',
    formatSize(coded),
    `SHA-256 ${hash.slice(0, 12)}…`,
  ]);
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) => `${row.map((cell, i) => cell.padEnd(widths[i])).join('  ')}\n`).join('');
}

/** Describes an archive, for which no model is needed, or a model. */
export async function describeImages(path: string, options: ReadOptions): Promise<ImagesInfoResult> {
  const maxMemory = options.memory ?? DEFAULT_MAX_MEMORY;
  const bytes = path === '-' ? undefined : await readFile(path).catch(() => undefined);
  if (bytes === undefined || /\.safetensors$/i.test(path)) {
    if (path !== '-') return modelFacts(path);
  }
  const { archive, name } =
    bytes === undefined ? await archiveOf(path) : { archive: new Uint8Array(bytes), name: path };
  try {
    if (archive.length === 0) throw notAnArchive(archive);
    const info = imagesInfo(archive, { maxMemory, maxOutputSize: options.maxOutput ?? Number.POSITIVE_INFINITY });
    return { file: name, coded: archive.length, ...factsOf(info, archive.length) };
  } catch (error) {
    throw ofArchive(error, path, archive, maxMemory);
  }
}

/** {@link describeImages} in lines. */
export function infoLines(result: ImagesInfoResult): string[] {
  if (!('config' in result)) return imagesLines(result);
  const { kind, hash, weights, levels, config, coded } = result;
  return [
    `model of kind ${kind}, ${weights} weights, ${formatSize(coded)}, ${levels === 2 ? 'black and white' : '256 levels'}`,
    `SHA-256 ${hash}`,
    ...Object.entries(config).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
  ];
}
