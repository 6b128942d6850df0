/** Models in files: safetensors, whose metadata say in JSON what the tensors are the weights of. */
import { rangeError, SurprisalError } from '../errors.ts';
import type { NamedTensor } from '../networks/parameters.ts';
import { readSafetensors, type SafetensorsLimits, writeSafetensors } from '../networks/safetensors.ts';
import { Workspace } from '../networks/workspace.ts';
import type { ImageModel, ModelConfig } from './model.ts';

/** Makes models of one kind. */
export interface ModelKind {
  /** The kind's name. */
  readonly kind: string;
  /**
   * A model whose parameters have no numbers yet: `parameters.initialise(seed)` or `parameters.load(tensors)` is next.
   *
   * @param options - Hyperparameters, as {@link ImageModel.config} has them; those left out have defaults.
   * @param workspace - Where it computes.
   * @throws TypeError or RangeError for options that make no model.
   */
  build(options: ModelConfig, workspace: Workspace): ImageModel;
}

/** Under which the metadata of a file say what the model is: JSON with kind, revision and config. */
export const METADATA_KEY = 'surprisal';

/** Raised when a change makes models of before code other bits. */
const REVISION = 1;

/** How a model is written. */
export interface WriteModelOptions {
  /** Width of the numbers: F16 halves the file, and rounds. What codes has to be read from the file then. Default F32. */
  readonly type?: 'F32' | 'F16';
  /** More texts for the metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The model as a file of safetensors.
 *
 * @throws RangeError for numbers that are not finite, or too large for F16.
 * @example
 * await writeFile('model.safetensors', writeModel(model));
 */
export function writeModel(model: ImageModel, { type = 'F32', metadata = {} }: WriteModelOptions = {}): Uint8Array {
  const about = JSON.stringify({ kind: model.kind, revision: REVISION, config: model.config });
  return writeSafetensors(
    [...model.parameters.tensors()].map(([name, tensor]) => ({ name, ...tensor, type })),
    { ...metadata, [METADATA_KEY]: about },
  );
}

/** How a model is read. */
export interface ReadModelOptions extends SafetensorsLimits {
  /** Where it computes. Default: a workspace of its own. */
  readonly workspace?: Workspace;
}

/**
 * The model that {@link writeModel} has written.
 *
 * @param kinds - Those to choose from.
 * @throws SurprisalError (`corrupt`, `truncated`, `limit`) for a file that is damaged or none of a model, (`unsupported`)
 *   for a kind or a revision that is not known, (`wrong-model`) for tensors that are not those of the config.
 */
export function readModel(file: Uint8Array, kinds: readonly ModelKind[], options: ReadModelOptions = {}): ImageModel {
  const { tensors, metadata } = readSafetensors(file, options);
  const { kind, config } = aboutOf(metadata);
  const found = kinds.find((each) => each.kind === kind);
  if (found === undefined)
    throw new SurprisalError(
      'unsupported',
      `no kind of model '${kind}': there are ${kinds.map((each) => each.kind).join(', ')}`,
    );
  let model: ImageModel;
  try {
    model = found.build(config, options.workspace ?? new Workspace());
  } catch (cause) {
    if (cause instanceof SurprisalError) throw cause;
    throw new SurprisalError('corrupt', `the model's config makes no model: ${(cause as Error).message}`, { cause });
  }
  // Before anything is set aside: a config from a stranger can ask for any size, and its tensors have to be there.
  for (const { name, shape } of model.parameters.all) {
    const given = tensors.get(name)?.shape;
    if (given === undefined || given.length !== shape.length || given.some((size, i) => size !== shape[i]))
      throw new SurprisalError(
        'wrong-model',
        `the tensor ${name} is ${given === undefined ? 'missing' : `[${given}]`}; the config wants [${shape}]`,
      );
  }
  const numbers = new Map<string, NamedTensor>();
  for (const [name, tensor] of tensors) numbers.set(name, { shape: tensor.shape, data: tensor.float32() });
  model.parameters.load(numbers);
  return model;
}

/** What the metadata say. */
function aboutOf(metadata: ReadonlyMap<string, string>): { kind: string; config: ModelConfig } {
  const text = metadata.get(METADATA_KEY);
  if (text === undefined)
    throw new SurprisalError(
      'corrupt',
      `no model of ours: the metadata have no '${METADATA_KEY}', which says what it is`,
    );
  let said: { kind?: unknown; revision?: unknown; config?: unknown } | null;
  try {
    said = JSON.parse(text);
  } catch (cause) {
    throw new SurprisalError('corrupt', `the model's metadata '${METADATA_KEY}' are no JSON`, { cause });
  }
  const { kind, revision, config } = said ?? {};
  if (typeof kind !== 'string' || typeof config !== 'object' || config === null || Array.isArray(config))
    throw new SurprisalError('corrupt', `the model's metadata '${METADATA_KEY}' have no kind or no config`);
  if (revision !== REVISION)
    throw new SurprisalError(
      'unsupported',
      `the model is of revision ${String(revision)}; this version reads ${REVISION}`,
    );
  return { kind, config: config as ModelConfig };
}

/**
 * An option that is a whole number.
 *
 * @throws RangeError for anything else, or one out of bounds.
 */
export function wholeNumber(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw rangeError(`${name} is a whole number from ${least} to ${most}, not ${String(value)}`);
  return value;
}

/**
 * An option that is one of several words.
 *
 * @throws RangeError for anything else.
 */
export function oneOf<W extends string>(name: string, value: unknown, words: readonly W[]): W {
  if (!words.includes(value as W)) throw rangeError(`${name} is one of ${words.join(', ')}, not ${String(value)}`);
  return value as W;
}
