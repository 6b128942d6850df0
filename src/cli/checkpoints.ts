/** Checkpoints of a training: a file of tensors with the model, the optimiser's arrays, and in JSON what was asked for. */
import type { ImageModel, ModelConfig } from '../latent/model.ts';
import type { TrainingPlan } from '../latent/training.ts';
import type { NamedTensor } from '../networks/parameters.ts';
import { readSafetensors, writeSafetensors } from '../networks/safetensors.ts';
import type { CurvePoint } from './curves.ts';
import { CliError, shown } from './messages.ts';

/** What a training goes on from. */
export interface Checkpoint {
  readonly kind: string;
  readonly config: ModelConfig;
  readonly plan: TrainingPlan;
  /** The images, by their number and hash. */
  readonly data: { readonly images: number; readonly sha256: string; readonly tiles: readonly number[] | null };
  readonly curve: readonly CurvePoint[];
  readonly step: number;
  /** Of the model. */
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  /** Of the optimiser. */
  readonly arrays: readonly Float32Array[];
}

const KEY = 'surprisal checkpoint';
const ARRAY = 'training/';

/** Infinity is none of JSON's numbers. */
const NO_LIMIT = 'none';

/** The bytes of a checkpoint of a model as it is now. */
export function writeCheckpoint(model: ImageModel, checkpoint: Omit<Checkpoint, 'tensors'>): Uint8Array {
  const { arrays, plan, ...rest } = checkpoint;
  const clip = Number.isFinite(plan.clip) ? plan.clip : NO_LIMIT;
  return writeSafetensors(
    [
      ...[...model.parameters.tensors()].map(([name, tensor]) => ({ name: `model/${name}`, ...tensor })),
      ...arrays.map((data, i) => ({ name: `${ARRAY}${i}`, shape: [data.length], data })),
    ],
    { [KEY]: JSON.stringify({ ...rest, plan: { ...plan, clip } }) },
  );
}

/**
 * Reads a checkpoint.
 *
 * @throws CliError for a file that is none.
 */
export function readCheckpoint(bytes: Uint8Array, path: string): Checkpoint {
  const wrong = (why: string): CliError => new CliError('corrupt', `${shown(path)} is no checkpoint: ${why}`);
  try {
    const { tensors, metadata } = readSafetensors(bytes);
    const about = metadata.get(KEY);
    if (about === undefined) throw wrong('nothing in it says so');
    const { plan, ...rest } = JSON.parse(about);
    const model = new Map<string, NamedTensor>();
    const arrays: Float32Array[] = [];
    for (const [name, tensor] of tensors) {
      const data = tensor.float32();
      if (name.startsWith('model/')) model.set(name.slice('model/'.length), { shape: tensor.shape, data });
      else arrays[Number(name.slice(ARRAY.length))] = data;
    }
    if (typeof rest.kind !== 'string' || !Array.isArray(rest.curve) || !Number.isInteger(rest.step))
      throw wrong('it does not say of what');
    return {
      ...rest,
      plan: { ...plan, clip: plan.clip === NO_LIMIT ? Number.POSITIVE_INFINITY : plan.clip },
      tensors: model,
      arrays,
    };
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw wrong((error as Error).message);
  }
}
