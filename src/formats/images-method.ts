/**
 * Method 4, `latent`: images by a learned model, which is named by its hash and not in the archive. docs/format.md
 * describes every byte.
 */
import { MEMORY_UNIT } from '../container/header.ts';
import { Cursor, pushVarint } from '../container/varint.ts';
import { SurprisalError } from '../errors.ts';
import { fastParameters, onlineMemory } from '../sequence/online.ts';
import type { Method } from './method.ts';

/** What the parameters of the method say. */
export interface LatentParameters {
  /** SHA-256 of the model, in hex. */
  readonly hash: string;
  /** What the model was called; information only. */
  readonly model: string;
  /** Number of the model's weights. */
  readonly weights: number;
  /** The bytes that the values 0 and 1 of a model of two levels stand for; undefined for models of 256 levels. */
  readonly two: readonly [number, number] | undefined;
  /** Whether the images came from one IDX file. */
  readonly idx: boolean;
  readonly order: 'bb-ans' | 'bit-swap' | undefined;
  readonly latentBits: number | undefined;
  readonly observationBits: number | undefined;
  readonly steps: number | undefined;
  /** Number of images. */
  readonly images: number;
  /** Bytes of pixels of all images together. */
  readonly pixels: number;
  /** Bytes of the names of the images, a zero after each; 0 where they have none. */
  readonly names: number;
}

/** Most bytes of names. */
export const MAX_NAMES = 2 ** 24;

const ORDERS = [undefined, 'bb-ans', 'bit-swap'] as const;
const damaged = (what: string): SurprisalError => new SurprisalError('corrupt', `The archive is damaged: ${what}.`);

/** The parameters as the header holds them. */
export function latentBytes(parameters: LatentParameters): Uint8Array {
  const { hash, model, weights, two, idx, order, latentBits, observationBits, steps, images, pixels, names } =
    parameters;
  const bytes: number[] = [];
  for (let i = 0; i < 32; i++) bytes.push(Number.parseInt(hash.slice(2 * i, 2 * i + 2), 16));
  const name = new TextEncoder().encode(model);
  pushVarint(bytes, name.length);
  bytes.push(...name);
  const flags = (idx ? 1 : 0) + (two === undefined ? 0 : 2);
  const number = ORDERS.indexOf(order);
  for (const value of [
    flags,
    weights,
    number,
    latentBits ?? 0,
    observationBits ?? 0,
    steps ?? 0,
    images,
    pixels,
    names,
  ])
    pushVarint(bytes, value);
  if (two !== undefined) bytes.push(...two);
  return Uint8Array.from(bytes);
}

/**
 * The parameters that a header holds.
 *
 * @throws SurprisalError `corrupt` when there are no such.
 */
export function parseLatent(bytes: Uint8Array): LatentParameters {
  const cursor = new Cursor(bytes);
  const none = damaged('parameters of method latent that are none');
  const hash = cursor.take(32);
  const length = cursor.varint();
  const name = length === undefined || length < 1 || length > 255 ? undefined : cursor.take(length);
  const values = Array.from({ length: 9 }, () => cursor.varint());
  if (hash === undefined || name === undefined || values.includes(undefined)) throw none;
  const [flags, weights, order, latentBits, observationBits, steps, images, pixels, names] = values as number[];
  const two = flags >= 2 ? cursor.take(2) : undefined;
  const good =
    cursor.at === bytes.length &&
    flags < 4 &&
    weights <= 2 ** 40 &&
    order < ORDERS.length &&
    latentBits <= 24 &&
    observationBits <= 24 &&
    steps <= 65536 &&
    images >= 1 &&
    images <= 2 ** 26 &&
    pixels >= images &&
    pixels <= 2 ** 40 &&
    (names === 0 || (names >= images && names <= MAX_NAMES)) &&
    (flags < 2 || (two !== undefined && two[0] < two[1]));
  if (!good) throw none;
  let model: string;
  try {
    model = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(name);
  } catch {
    throw none;
  }
  return {
    hash: Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join(''),
    model,
    weights,
    two: two === undefined ? undefined : [two[0], two[1]],
    idx: flags % 2 === 1,
    order: ORDERS[order],
    latentBits: latentBits || undefined,
    observationBits: observationBits || undefined,
    steps: steps || undefined,
    images,
    pixels,
    names,
  };
}

/** Bytes of memory that a decoder takes: weights and what they compute, images, the code. */
export function latentMemory({ weights, images, pixels, names }: LatentParameters): number {
  const own = 2 ** 24 + 16 * weights + 512 * images + 4 * pixels + 4 * names;
  return Math.ceil(own / MEMORY_UNIT) * MEMORY_UNIT + (names === 0 ? 0 : onlineMemory(fastParameters(names)));
}

/** Method 4. It is known to listings; its archives are opened by `decompressImages`, which is given the model. */
export const latentMethod: Method = {
  id: 4,
  name: 'latent',
  revision: 0,
  kind: 3,
  describe(bytes): Record<string, number> {
    try {
      const { images, pixels, weights } = parseLatent(bytes);
      return { images, size: pixels, weights };
    } catch {
      return {};
    }
  },
  open() {
    throw new SurprisalError('unsupported', 'Archives of images are opened with a model.');
  },
};
