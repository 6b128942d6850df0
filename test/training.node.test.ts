/** Training in Node's threads, which are those of the built package. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Random } from '../src/kernels/random.ts';
import { modelKind } from '../src/latent/kinds.ts';
import { ImageTraining } from '../src/latent/training.ts';
import { Workspace } from '../src/networks/workspace.ts';

const built = new URL('../dist/trainer.js', import.meta.url);
const missing = !existsSync(built);
if (missing) console.warn('dist/trainer.js is missing: run `npm run build` to have the threads tested');

const shape = { height: 8, width: 8, channels: 1 };
const random = new Random(3);
const data = { shape, pixels: Uint8Array.from({ length: 40 * 64 }, () => random.below(256)) };
const options = { epochs: 2, batch: 10, shards: 4, seed: 2 };

function fresh() {
  const model = modelKind('vae').build({ height: 8, width: 8, hidden: [12], latents: 3 }, new Workspace());
  model.parameters.initialise(2);
  return { model, training: new ImageTraining(model, data, options) };
}

test.skipIf(missing)('threads give the same weights, whatever their number', async () => {
  const { TrainingThreads } = (await import(built.href)) as typeof import('../src/trainer.ts');
  const alone = fresh();
  while (!alone.training.done) alone.training.step();
  for (const count of [1, 3, 6]) {
    const { model, training } = fresh();
    const threads = await TrainingThreads.start(model, { shape, seed: 2, threads: count });
    while (!training.done) await training.stepWith(threads);
    await threads.terminate();
    expect(model.parameters.values).toEqual(alone.model.parameters.values);
    expect(model.parameters.fixed).toEqual(alone.model.parameters.fixed);
  }
});

test.skipIf(missing)('a thread that fails says so, and so does one that has ended', async () => {
  const { TrainingThreads } = (await import(built.href)) as typeof import('../src/trainer.ts');
  const { model, training } = fresh();
  const wrong = { ...model, kind: 'none', config: {} } as typeof model;
  const broken = await TrainingThreads.start(wrong, { shape, seed: 2, threads: 1 });
  await expect(training.stepWith(broken)).rejects.toMatchObject({ code: 'unsupported' });
  await broken.terminate();
  await expect(training.stepWith(broken)).rejects.toMatchObject({ name: 'SurprisalError' });
  await expect(TrainingThreads.start(model, { shape, seed: 2, threads: 0 })).rejects.toThrow(RangeError);
});
