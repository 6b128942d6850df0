/** Models as named tensors and a line of JSON, which is what files of weights hold, and back. */
import { rangeError, SurprisalError } from '../errors.ts';
import type { ImageModel, ModelConfig, NamedTensor, Noise } from './model.ts';

/** Makes models of one kind. */
export interface ModelKind {
  /** The kind's name. */
  readonly kind: string;
  /**
   * A fresh model.
   *
   * @param options - Hyperparameters; those left out have defaults.
   * @param noise - What the parameters are drawn from.
   * @throws RangeError for options that make no model.
   */
  create(options: ModelConfig, noise: Noise): ImageModel;
  /**
   * The model with these numbers, which are copied.
   *
   * @param config - As {@link ImageModel.config} had it.
   * @param tensors - Parameters and buffers by name.
   * @throws SurprisalError (`corrupt`) for tensors that are missing, too many, or of another shape.
   */
  load(config: ModelConfig, tensors: ReadonlyMap<string, NamedTensor>): ImageModel;
}

/** Under which a saved model says in the metadata of its file what it is. */
export const METADATA_KEY = 'surprisal';

/** What a file of tensors has to hold for {@link modelFrom}. */
export interface SavedModel {
  /** Parameters and buffers by name. */
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  /** Strings by name; the one at {@link METADATA_KEY} is JSON with kind, revision and config. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Raised when models of before code other bits. */
const REVISION = 1;

/** A model as tensors and metadata, to be written to a file. */
export function saved(model: ImageModel): SavedModel {
  return {
    tensors: new Map([...model.parameters, ...model.buffers]),
    metadata: { [METADATA_KEY]: JSON.stringify({ kind: model.kind, revision: REVISION, config: model.config }) },
  };
}

/**
 * The model that {@link saved} has taken apart.
 *
 * @param kinds - Those to choose from.
 * @throws SurprisalError (`corrupt`) for metadata or tensors that are none of a model, (`unsupported`) for a kind or a
 *   revision that is not known.
 */
export function modelFrom({ tensors, metadata }: SavedModel, kinds: readonly ModelKind[]): ImageModel {
  const text = Object.hasOwn(metadata, METADATA_KEY) ? metadata[METADATA_KEY] : undefined;
  if (text === undefined)
    throw new SurprisalError(
      'corrupt',
      `no model of ours: the metadata has no '${METADATA_KEY}', which says what it is`,
    );
  let said: { kind?: unknown; revision?: unknown; config?: unknown };
  try {
    said = JSON.parse(text);
  } catch (cause) {
    throw new SurprisalError('corrupt', `the model's metadata '${METADATA_KEY}' is no JSON`, { cause });
  }
  const { kind, revision, config } = said ?? {};
  if (typeof kind !== 'string' || typeof config !== 'object' || config === null || Array.isArray(config))
    throw new SurprisalError('corrupt', `the model's metadata '${METADATA_KEY}' has no kind or no config`);
  if (revision !== REVISION)
    throw new SurprisalError('unsupported', `the model is of revision ${revision}; this version reads ${REVISION}`);
  const found = kinds.find((each) => each.kind === kind);
  if (found === undefined)
    throw new SurprisalError(
      'unsupported',
      `no kind of model '${kind}': there are ${kinds.map((each) => each.kind).join(', ')}`,
    );
  try {
    return found.load(config as ModelConfig, tensors);
  } catch (error) {
    if (error instanceof SurprisalError) throw error;
    throw new SurprisalError('corrupt', `the model's config makes no model: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/**
 * Tensors of the names and shapes wanted, copied out of a file's.
 *
 * @throws SurprisalError (`corrupt`) for a name that is missing, one too many, another shape, or a number that is not
 *   finite.
 */
export function takeTensors(
  tensors: ReadonlyMap<string, NamedTensor>,
  wanted: ReadonlyMap<string, readonly number[]>,
): Map<string, NamedTensor> {
  for (const name of tensors.keys())
    if (!wanted.has(name)) throw new SurprisalError('corrupt', `the model has no tensor '${name}'`);
  const taken = new Map<string, NamedTensor>();
  for (const [name, shape] of wanted) {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new SurprisalError('corrupt', `the tensor '${name}' is missing`);
    if (tensor.shape.length !== shape.length || shape.some((size, i) => size !== tensor.shape[i]))
      throw new SurprisalError('corrupt', `the tensor '${name}' is [${tensor.shape}], and the model's is [${shape}]`);
    const bad = tensor.data.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0) throw new SurprisalError('corrupt', `the tensor '${name}' has ${tensor.data[bad]} at ${bad}`);
    taken.set(name, { shape: [...shape], data: Float32Array.from(tensor.data) });
  }
  return taken;
}

/** Refuses options that are no whole number within bounds. */
export function wholeNumber(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw rangeError(`${name} is a whole number from ${least} to ${most}, not ${String(value)}`);
  return value;
}
