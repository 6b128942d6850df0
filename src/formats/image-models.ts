/** Learned models of images as files: opened with all their claims checked, and told apart by what is in them. */
import { startSha256 } from '../container/checksums.ts';
import { rangeError, SurprisalError } from '../errors.ts';
import { IMAGE_MODELS } from '../latent/kinds.ts';
import type { ConfigValue, ImageModel } from '../latent/model.ts';
import { METADATA_KEY, type ModelKind, readModel } from '../latent/saved.ts';
import { readSafetensors, type SafetensorsLimits, writeSafetensors } from '../networks/safetensors.ts';
import { checkedBytes } from './options.ts';

/** A model with its file's facts. */
export interface ImageModelFile {
  readonly model: ImageModel;
  /** SHA-256 of what the model is, in hex: see {@link modelHash}. */
  readonly hash: string;
  /** What people call it; information only. */
  readonly name: string;
  /** Bytes of the file. */
  readonly size: number;
}

/** How a model is opened. */
export interface OpenModelOptions extends SafetensorsLimits {
  /** What people call the model. Default: its kind. */
  readonly name?: string;
  /** The kinds to choose from. Default: all that this package has. */
  readonly kinds?: readonly ModelKind[];
}

/** JSON whose names are in order: equal values are equal texts. */
function canonical(value: ConfigValue): string {
  if (Array.isArray(value)) return `[${value.map((one) => canonical(one)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value as { readonly [name: string]: ConfigValue });
  fields.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${fields.map(([name, one]) => `${JSON.stringify(name)}:${canonical(one)}`).join(',')}}`;
}

/**
 * What tells a model from all others: the SHA-256, in hex, of a file of its tensors as F32 in the order of their
 * names, and of its kind, revision and config in JSON with names in order, and nothing else. So the order of tensors, other
 * metadata, and the width of the numbers in the file do not count as long as the numbers are the same.
 *
 * @param file - a file of safetensors
 * @throws SurprisalError as {@link readSafetensors} does; `corrupt` without a description of the model.
 */
export function modelHash(file: Uint8Array, limits: SafetensorsLimits = {}): string {
  const { tensors, metadata } = readSafetensors(file, limits);
  let about: ConfigValue;
  try {
    about = JSON.parse(metadata.get(METADATA_KEY) ?? '');
    // Deep nesting would overflow the stack here as it does not in the parser.
    about = canonical(about);
  } catch (cause) {
    throw new SurprisalError('corrupt', 'no model of ours: its metadata do not describe one', { cause });
  }
  const whole = writeSafetensors(
    [...tensors.values()].map((tensor) => ({ name: tensor.name, shape: tensor.shape, data: tensor.float32() })),
    { [METADATA_KEY]: about },
  );
  const hash = startSha256();
  hash.update(whole);
  return Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Opens a model. Nothing in the file is trusted: sizes, types, names and numbers are checked before memory is set aside
 * for them.
 *
 * @throws SurprisalError `corrupt`, `truncated`, `limit`, `unsupported` or `wrong-model`, saying what is wrong with it.
 * @example
 * ```ts
 * const model = openImageModel(await readFile('model.safetensors'), { name: 'mine' });
 * const { archive } = await compressImages(images, model);
 * ```
 */
export function openImageModel(file: Uint8Array, options: OpenModelOptions = {}): ImageModelFile {
  const bytes = checkedBytes('a model', file);
  const { name, kinds = IMAGE_MODELS, ...limits } = options;
  const model = readModel(bytes, kinds, limits);
  const called = name ?? model.kind;
  const length = new TextEncoder().encode(called).length;
  if (length < 1 || length > 255) throw rangeError(`a model's name takes 1 to 255 bytes of UTF-8, not ${length}`);
  return { model, hash: modelHash(bytes, limits), name: called, size: bytes.length };
}
