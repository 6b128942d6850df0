/** The payload of an archive of images: checksum, shapes, names, and the words of the stack. */
import { Cursor, pushUint32, pushVarint } from '../container/varint.ts';
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { type ImageShape, pixelsOf } from '../latent/model.ts';
import { fastParameters, OnlineDecoder, OnlineEncoder } from '../sequence/online.ts';
import { type LatentParameters, MAX_NAMES } from './images-method.ts';

/** Images in a row that have one shape. */
export interface ShapeRun {
  readonly shape: ImageShape;
  readonly count: number;
}

/** What the payload holds. */
export interface ImagesPayload {
  /** CRC-32C of all pixels, image after image. */
  readonly crc: number;
  /** Words that the stack started with. */
  readonly initial: number;
  readonly runs: readonly ShapeRun[];
  /** The names, coded; empty where there are none. */
  readonly names: Uint8Array;
  /** The stack. */
  readonly words: Uint32Array;
}

const damaged = (what: string, cause?: unknown): SurprisalError =>
  new SurprisalError('corrupt', `The archive is damaged: ${what}.`, { cause });

/** The payload's bytes. */
export function imagesPayload({ crc, initial, runs, names, words }: ImagesPayload): Uint8Array {
  const start: number[] = [];
  pushUint32(start, crc);
  pushVarint(start, initial);
  pushVarint(start, runs.length);
  for (const { shape, count } of runs)
    for (const value of [shape.height, shape.width, shape.channels, count]) pushVarint(start, value);
  pushVarint(start, names.length);
  const payload = new Uint8Array(start.length + names.length + 4 * words.length);
  payload.set(start);
  payload.set(names, start.length);
  const view = new DataView(payload.buffer, start.length + names.length);
  for (let i = 0; i < words.length; i++) view.setUint32(4 * i, words[i], true);
  return payload;
}

/**
 * Reads a payload.
 *
 * @param pieces - its bytes in order
 * @throws SurprisalError `corrupt` for what is none, or not one of these parameters.
 */
export function parsePayload(pieces: readonly Uint8Array[], parameters: LatentParameters): ImagesPayload {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  const cursor = new Cursor(bytes);
  const crc = cursor.uint32();
  const [initial, count] = [cursor.varint(), cursor.varint()];
  // Each run takes four bytes at least, and has an image at least.
  if (crc === undefined || initial === undefined || count === undefined || count > parameters.images)
    throw damaged('images that do not begin as such');
  const runs: ShapeRun[] = [];
  let [images, pixels] = [0, 0];
  for (let i = 0; i < count; i++) {
    const values = Array.from({ length: 4 }, () => cursor.varint());
    const [height = 0, width = 0, channels = 0, number = 0] = values;
    const good = [height, width, channels, number].every((value) => value >= 1 && value < 2 ** 26) && channels < 256;
    if (!good) throw damaged('a shape that no image has');
    const shape = { height, width, channels };
    runs.push({ shape, count: number });
    images += number;
    pixels += number * pixelsOf(shape);
  }
  const length = cursor.varint();
  const names = length === undefined ? undefined : cursor.take(length);
  const left = bytes.length - cursor.at;
  if (names === undefined || left % 4 !== 0 || left < 8 || 4 * initial > left)
    throw damaged('images that end where they should not');
  if (images !== parameters.images || pixels !== parameters.pixels || names.length > 0 !== parameters.names > 0)
    throw damaged('shapes of other images than its header says');
  const words = new Uint32Array(left / 4);
  for (let i = 0; i < words.length; i++) words[i] = cursor.uint32()!;
  if (words[words.length - 1] === 0) throw damaged('a stack that ends with 0');
  return { crc, initial, runs, names, words };
}

/**
 * Codes names, each ended by a zero, with the model that learns as it goes.
 *
 * @returns the coded bytes, and how many went in
 * @throws TypeError or RangeError for names that are empty, hold a zero or half of a surrogate pair, or are too long in
 *   all.
 */
export function namesOf(names: readonly string[]): { readonly coded: Uint8Array; readonly size: number } {
  for (const name of names) {
    if (typeof name !== 'string') throw typeError('the names of images are strings');
    if (name === '' || name.includes('\0') || /\p{Cs}/u.test(name))
      throw rangeError(`'${name}' is no name: it is empty, or no UTF-8 without zeros`);
  }
  const raw = new TextEncoder().encode(names.map((name) => `${name}\0`).join(''));
  if (raw.length > MAX_NAMES) throw rangeError(`names take at most ${MAX_NAMES} bytes, not ${raw.length}`);
  const encoder = new OnlineEncoder(fastParameters(raw.length));
  encoder.begin();
  encoder.encode(raw);
  return { coded: encoder.end(), size: raw.length };
}

/**
 * The names that {@link namesOf} has coded.
 *
 * @throws SurprisalError `corrupt`.
 */
export function namesFrom(coded: Uint8Array, { names, images }: LatentParameters): string[] {
  const decoder = new OnlineDecoder(fastParameters(names));
  const raw = new Uint8Array(names);
  decoder.begin(coded);
  decoder.decode(raw);
  if (!decoder.finished || raw[raw.length - 1] !== 0) throw damaged('names that end where they should not');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch (error) {
    throw damaged('names that are no UTF-8', error);
  }
  const found = text.split('\0');
  found.pop();
  if (found.length !== images || found.includes('')) throw damaged('names of other images than its header says');
  return found;
}
