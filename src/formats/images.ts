/**
 * Content kind `images`: lossless images, coded by a learned model that both sides have. The archive names the model by
 * its hash and does not hold it.
 */
import { BitStack, randomWords } from '../codecs/stack.ts';
import { crc32c, startSha256 } from '../container/checksums.ts';
import { ContainerReader } from '../container/reader.ts';
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { decodingSteps, encodingSteps } from '../latent/images.ts';
import {
  type CodingOptions,
  type Image,
  type ImageModel,
  type ImageShape,
  pixelsOf,
  sameShape,
  shapeName,
} from '../latent/model.ts';
import { checkSha256 } from './file.ts';
import type { ImageModelFile } from './image-models.ts';
import { type LatentParameters, latentBytes, latentMemory, latentMethod, parseLatent } from './images-method.ts';
import {
  type ImagesPayload,
  imagesPayload,
  namesFrom,
  namesOf,
  parsePayload,
  type ShapeRun,
} from './images-payload.ts';
import { checkMemory, KIND_IMAGES } from './methods.ts';
import {
  checkDecodeOptions,
  checkEncodeOptions,
  checkedBytes,
  DEFAULT_MAX_BUFFER,
  DEFAULT_MAX_MEMORY,
  type DecompressOptions,
  type Progress,
} from './options.ts';
import { storedArchive } from './stored.ts';

export type { CodingOptions, Image, ImageShape } from '../latent/model.ts';
export type { ImageModelFile } from './image-models.ts';

/** Options of {@link compressImages}. */
export interface ImagesOptions extends CodingOptions {
  /** Names to keep, one for each image, such as paths below a folder. Information: no reader uses them as paths. */
  readonly names?: readonly string[];
  /** Says that the images came from one IDX file, for whoever writes them again. Default false. */
  readonly idx?: boolean;
  /** Decodes and compares before anything is given out. Default true. */
  readonly verify?: boolean;
  /** As in `compress`. */
  readonly maxMemory?: number;
  /** A file name to keep. */
  readonly name?: string;
  /** Time of last change to keep, in whole milliseconds since 1970 (UTC). */
  readonly mtime?: number;
  /** Stops the job between images: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Counts images coded, and again when they are verified, not bytes. */
  readonly progress?: (progress: Progress) => void;
}

/** What an archive of images says of itself, for which no model is needed. */
export interface ImagesInfo {
  readonly images: number;
  /** Bytes of pixels: the dimensions of all images together. */
  readonly pixels: number;
  /** Shapes in the images' order, each with how many images in a row have it. */
  readonly shapes: readonly ShapeRun[];
  /** Whether the images have names. */
  readonly named: boolean;
  /** Whether they came from one IDX file. */
  readonly idx: boolean;
  /** The model: its hash in hex, what it was called, its number of weights. */
  readonly model: { readonly hash: string; readonly name: string; readonly weights: number };
  /** The two greys of images that a model of two levels has coded. */
  readonly two: readonly [number, number] | undefined;
  readonly coding: CodingOptions;
  /**
   * Where the bits go: what the images have added to the stack, what it started with, and both, in whole words; and
   * what the names take.
   */
  readonly bits: { readonly net: number; readonly initial: number; readonly stream: number; readonly names: number };
}

/** What {@link compressImages} gives. */
export interface CompressedImages extends ImagesInfo {
  readonly archive: Uint8Array;
}

/** What {@link decompressImages} gives. */
export interface DecompressedImages extends ImagesInfo {
  /** In the order in which they were given. */
  readonly content: readonly Image[];
  /** Their names, where they have any. */
  readonly names: readonly string[] | undefined;
}

/** What an archive asks for. */
export interface WantedModel {
  readonly hash: string;
  readonly name: string;
}

/** Where models come from: the one, or whoever has many. */
export type ModelSource =
  | ImageModelFile
  | ((wanted: WantedModel) => ImageModelFile | undefined | Promise<ImageModelFile | undefined>);

/** A job's turn for others, 25 times a second. */
async function finished<T>(
  work: Generator<number, T, void>,
  signal: AbortSignal | undefined,
  report: (done: number) => void,
): Promise<T> {
  let next = performance.now() + 40;
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) return step.value;
    if (performance.now() < next) continue;
    report(step.value);
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
    next = performance.now() + 40;
  }
}

const shortHash = (hash: string): string => `${hash.slice(0, 12)}…`;

/** What messages call an image. */
function titled(i: number, names: readonly string[] | undefined): string {
  return names === undefined ? `image ${i}` : `'${names[i]}'`;
}

function checkImages(images: readonly Image[], model: ImageModel, names: readonly string[] | undefined): void {
  if (!Array.isArray(images)) throw typeError('images are a list');
  if (images.length === 0) throw rangeError('an archive of images holds one or more');
  if (names !== undefined && names.length !== images.length)
    throw rangeError(`${names.length} names for ${images.length} images`);
  images.forEach(({ shape, pixels }, i) => {
    const { height, width, channels } = shape;
    const sizes = [height, width, channels].every((size) => Number.isInteger(size) && size >= 1 && size < 2 ** 24);
    if (!(pixels instanceof Uint8Array) || !sizes || channels > 255 || pixels.length !== pixelsOf(shape))
      throw rangeError(`${titled(i, names)} is no image: its bytes are not those of its shape`);
    if (model.shape !== undefined && !sameShape(model.shape, shape))
      throw new SurprisalError(
        'wrong-model',
        `${titled(i, names)} is ${shapeName(shape)}; the model codes images of ${shapeName(model.shape)}.`,
      );
  });
}

/** The two greys of all images, or undefined for a model of 256 levels. */
function greysOf(
  images: readonly Image[],
  model: ImageModel,
  names: readonly string[] | undefined,
): readonly [number, number] | undefined {
  if (model.levels === 256) return undefined;
  const found = new Set<number>();
  images.forEach(({ pixels }, i) => {
    for (const value of pixels) if (!found.has(value)) found.add(value);
    if (found.size > 2)
      throw new SurprisalError(
        'impossible-symbol',
        `The model codes images of two values, black and white, and up to ${titled(i, names)} there are ${found.size}: make them black and white first, or take a model for greys.`,
      );
  });
  const [a = 0, b] = [...found];
  // A single grey goes with the pair that it usually belongs to.
  const other = b ?? (a === 0 ? 255 : a === 255 || a === 1 ? 0 : a < 255 ? 255 : 0);
  return a < other ? [a, other] : [other, a];
}

/**
 * Compresses images with a learned model. Their pixels are decoded again and compared before anything is given out.
 *
 * @param images - of the model's shape, where it has one; they come back in their order
 * @throws SurprisalError `wrong-model` for images of another shape, `impossible-symbol` for greys where the model has
 *   two levels, `limit` for more memory than allowed; TypeError or RangeError for misuse.
 * @example
 * ```ts
 * const model = openImageModel(await readFile('model.safetensors'));
 * const { archive, bits, pixels } = await compressImages(images, model);
 * console.log(bits.net / pixels, 'bits a dimension,', bits.initial, 'bits to start with');
 * ```
 */
export async function compressImages(
  images: readonly Image[],
  { model, hash, name: modelName }: ImageModelFile,
  options: ImagesOptions = {},
): Promise<CompressedImages> {
  if (typeof options !== 'object' || options === null) throw typeError('options are an object');
  const { names, idx = false, verify = true, maxMemory = DEFAULT_MAX_MEMORY, name, mtime, signal, progress } = options;
  checkEncodeOptions({ name, mtime, maxMemory, signal, progress });
  checkImages(images, model, names);
  const two = greysOf(images, model, names);
  const list = two === undefined ? images : images.map((image) => toLevels(image, two[1]));
  const coding = codingOf(options);
  const named = names === undefined ? undefined : namesOf(names);
  const runs = runsOf(images);
  const parameters: LatentParameters = {
    hash,
    model: modelName,
    weights: model.parameters.count,
    two,
    idx,
    order: coding.order,
    latentBits: coding.latentBits,
    observationBits: coding.observationBits,
    steps: coding.steps,
    images: images.length,
    pixels: images.reduce((sum, { pixels }) => sum + pixels.length, 0),
    names: named?.size ?? 0,
  };
  const memory = latentMemory(parameters);
  checkMemory(memory, maxMemory);
  const total = images.length * (verify ? 2 : 1);
  const { words, initialBits } = await finished(encodingSteps(model, list, coding), signal, (done) =>
    progress?.({ done, total }),
  );
  // 33 bits: the state that an empty stack has.
  const payload: ImagesPayload = {
    crc: crcOf(images),
    initial: Math.floor(initialBits / 32) - 1,
    runs,
    names: named?.coded ?? new Uint8Array(0),
    words,
  };
  if (verify) {
    const back = await finished(decodingSteps(model, words, shapesOf(runs), coding), signal, (done) =>
      progress?.({ done: images.length + done, total }),
    );
    if (!back.every(({ pixels }, i) => list[i].pixels.every((value, at) => pixels[at] === value)))
      throw new SurprisalError(
        'corrupt',
        'The images decoded are not those that went in: please report it with the model.',
      );
  }
  progress?.({ done: total, total });
  const archive = storedArchive(
    {
      kind: KIND_IMAGES,
      method: latentMethod.id,
      revision: latentMethod.revision,
      parameters: latentBytes(parameters),
      memory,
      name,
      mtime,
    },
    imagesPayload(payload),
  );
  return { ...infoOf(parameters, payload), archive };
}

/** What of the options the decoder has to know. */
function codingOf({ order, latentBits, observationBits, steps }: CodingOptions): CodingOptions {
  const whole = (name: string, value: number | undefined, most: number): void => {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= most))
      throw rangeError(`${name} is a whole number from 1 to ${most}, not ${value}`);
  };
  whole('latentBits', latentBits, 24);
  whole('observationBits', observationBits, 24);
  whole('steps', steps, 65536);
  if (order !== undefined && order !== 'bb-ans' && order !== 'bit-swap')
    throw rangeError(`the order is bb-ans or bit-swap, not '${String(order)}'`);
  return { order, latentBits, observationBits, steps };
}

function toLevels({ shape, pixels }: Image, light: number): Image {
  return { shape, pixels: pixels.map((value) => (value === light ? 1 : 0)) };
}

function runsOf(images: readonly Image[]): ShapeRun[] {
  const runs: { shape: ImageShape; count: number }[] = [];
  for (const { shape } of images) {
    const last = runs.at(-1);
    if (last !== undefined && sameShape(last.shape, shape)) last.count++;
    else runs.push({ shape, count: 1 });
  }
  return runs;
}

function shapesOf(runs: readonly ShapeRun[]): ImageShape[] {
  return runs.flatMap(({ shape, count }) => Array.from({ length: count }, () => shape));
}

function crcOf(images: readonly Image[]): number {
  let crc = 0;
  for (const { pixels } of images) crc = crc32c(pixels, crc);
  return crc;
}

function infoOf(parameters: LatentParameters, { initial, runs, names, words }: ImagesPayload): ImagesInfo {
  const { hash, model, weights, two, idx, order, latentBits, observationBits, steps, images, pixels } = parameters;
  const stack = BitStack.from(words);
  const start = new BitStack({ initial: randomWords(initial) }).numValidBits();
  return {
    images,
    pixels,
    shapes: runs,
    named: parameters.names > 0,
    idx,
    model: { hash, name: model, weights },
    two,
    coding: { order, latentBits, observationBits, steps },
    bits: {
      net: stack.numValidBits() - start,
      initial: 32 * initial,
      stream: 32 * words.length,
      names: 8 * names.length,
    },
  };
}

interface Opened {
  readonly parameters: LatentParameters;
  readonly payload: ImagesPayload;
}

/** Takes an archive apart and checks all but the images. */
function opened(archive: Uint8Array, maxMemory: number, maxOutputSize: number): Opened {
  const bytes = checkedBytes('the archive', archive);
  const reader = new ContainerReader();
  const pieces: Uint8Array[] = [];
  const hash = startSha256();
  let parameters: LatentParameters | undefined;
  for (const event of reader.push(bytes)) {
    if (event.type === 'header') {
      if (parameters !== undefined)
        throw new SurprisalError('unsupported', 'Several archives of images in one file: split them first.');
      const { header } = event.header;
      if (header.kind !== KIND_IMAGES)
        throw new SurprisalError('unsupported', 'The archive holds no images: decompress it as a file.');
      if (header.method !== latentMethod.id || header.revision !== latentMethod.revision)
        throw new SurprisalError(
          'unsupported',
          `The archive was written by method ${header.method}, revision ${header.revision}; this version reads images of method ${latentMethod.id}, revision ${latentMethod.revision}.`,
        );
      parameters = parseLatent(header.parameters);
      const memory = latentMemory(parameters);
      if (header.memory !== memory || header.segmentSize !== undefined)
        throw new SurprisalError('corrupt', 'The archive is damaged: it claims another memory than its images take.');
      checkMemory(memory, maxMemory);
      if (parameters.pixels > maxOutputSize)
        throw new SurprisalError(
          'limit',
          `The archive holds images of ${parameters.pixels} bytes, more than the limit of ${maxOutputSize}. Raise maxOutputSize to go on.`,
        );
    } else if (event.type === 'block') {
      if (!event.head.stored) throw new SurprisalError('corrupt', 'The archive is damaged: images in a coded block.');
      hash.update(event.payload);
      pieces.push(event.payload.slice());
    } else if (event.type === 'end') checkSha256(hash, event.sha256, event.offset);
  }
  reader.end();
  return { parameters: parameters!, payload: parsePayload(pieces, parameters!) };
}

/**
 * What an archive of images says of itself. Its checksums are verified; no model is needed, and nothing is decoded.
 *
 * @throws SurprisalError as {@link decompressImages}, but for what concerns the model.
 */
export function imagesInfo(archive: Uint8Array, options: DecompressOptions = {}): ImagesInfo {
  checkDecodeOptions(options);
  const { maxMemory = DEFAULT_MAX_MEMORY, maxOutputSize = DEFAULT_MAX_BUFFER } = options;
  const { parameters, payload } = opened(archive, maxMemory, maxOutputSize);
  return infoOf(parameters, payload);
}

/**
 * Decompresses an archive of images.
 *
 * @param models - the model that it was compressed with, or a function that finds it by its hash
 * @param options - `maxOutputSize` bounds the bytes of pixels
 * @throws SurprisalError `wrong-model` without the right model, naming it; `corrupt` or `truncated` for a damaged
 *   archive, `limit` for more memory or output than allowed, `unsupported` for an archive of something else.
 * @example
 * ```ts
 * const { content, names } = await decompressImages(archive, model);
 * content[0].pixels; // row by row
 * ```
 */
export async function decompressImages(
  archive: Uint8Array,
  models: ModelSource,
  options: DecompressOptions = {},
): Promise<DecompressedImages> {
  checkDecodeOptions(options);
  const { maxMemory = DEFAULT_MAX_MEMORY, maxOutputSize = DEFAULT_MAX_BUFFER, signal, progress } = options;
  const { parameters, payload } = opened(archive, maxMemory, maxOutputSize);
  const { hash, model: called, two, images, weights } = parameters;
  const found = typeof models === 'function' ? await models({ hash, name: called }) : models;
  if (found === undefined || found.hash !== hash)
    throw new SurprisalError(
      'wrong-model',
      `The archive was compressed with the model '${called}' (SHA-256 ${shortHash(hash)})` +
        (found === undefined ? ', which is not here.' : `, not with '${found.name}' (${shortHash(found.hash)}).`),
    );
  const damaged = (what: string, cause?: unknown): SurprisalError =>
    new SurprisalError('corrupt', `The archive is damaged: ${what}.`, { cause });
  const { model } = found;
  if (weights !== model.parameters.count || (two === undefined) !== (model.levels === 256))
    throw damaged('its parameters are not those of its model');
  const names = parameters.names === 0 ? undefined : namesFrom(payload.names, parameters);
  const coding = codingOf(parameters);
  let content: Image[];
  try {
    content = await finished(decodingSteps(model, payload.words, shapesOf(payload.runs), coding), signal, (done) =>
      progress?.({ done, total: images }),
    );
  } catch (error) {
    // What no push has written; an aborted job is not that.
    const { code, message } = error as { code?: string; message: string };
    if (code === undefined || code === 'limit' || signal?.aborted) throw error;
    throw damaged(message.replace(/\.$/, ''), error);
  }
  if (two !== undefined)
    content = content.map(({ shape, pixels }) => ({ shape, pixels: pixels.map((value) => two[value]) }));
  if (crcOf(content) !== payload.crc) throw damaged('the checksum of the images does not match');
  progress?.({ done: images, total: images });
  return { ...infoOf(parameters, payload), content, names };
}
