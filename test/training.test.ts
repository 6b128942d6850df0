import { describe, expect, it, test } from 'vitest';
import { SurprisalError } from '../src/errors.ts';
import { Random } from '../src/kernels/random.ts';
import { modelKind } from '../src/latent/kinds.ts';
import type { ImageModel, ImageShape } from '../src/latent/model.ts';
import { ImageTraining, type ImageTrainingOptions, type StepReport, trainingPlan } from '../src/latent/training.ts';
import { Workspace } from '../src/networks/workspace.ts';
import { TrainingThreads } from '../src/trainer.ts';

const shape: ImageShape = { height: 8, width: 8, channels: 1 };
const options: ImageTrainingOptions = { epochs: 3, batch: 10, shards: 3, average: 0.9, rate: 3e-3, warmup: 3, seed: 7 };

function pixels(count: number): Uint8Array {
  const random = new Random(5);
  return Uint8Array.from({ length: count * 64 }, (_, i) => ((i % 8) * 16 + random.below(64)) & 255);
}
const data = { shape, pixels: pixels(37) };

function fresh(kind: string): ImageModel {
  const sizes = { height: 8, width: 8, hidden: [12], latents: 3 };
  const model = modelKind(kind).build(kind === 'diffusion' ? { width: 4 } : sizes, new Workspace());
  model.parameters.initialise(7);
  return model;
}

/** The numbers of a model, as they would be saved. */
const numbers = (model: ImageModel) => [model.parameters.values.slice(), model.parameters.fixed.slice()];

describe.each(['vae', 'vae-binary', 'diffusion'])('the training of %s', (kind) => {
  const whole = fresh(kind);
  const training = new ImageTraining(whole, data, options);
  const reports: StepReport[] = [];
  while (!training.done) reports.push(training.step());
  training.keep();

  it('reports what it does', () => {
    expect(reports).toHaveLength(12);
    expect(reports[3]).toMatchObject({ step: 4, steps: 12, epoch: 1 });
    for (const { loss, gradient } of reports) expect([Number.isFinite(loss), gradient > 0]).toEqual([true, true]);
    expect(() => training.step()).toThrow(/over/);
  });

  it('gives the same weights after a stop in the middle', () => {
    const first = fresh(kind);
    const before = new ImageTraining(first, data, options);
    for (let i = 0; i < 5; i++) before.step();
    const [tensors, state] = [first.parameters.tensors(), before.state()];
    const second = modelKind(kind).build(first.config, new Workspace());
    second.parameters.load(tensors);
    const after = new ImageTraining(second, data, options);
    after.restore(state);
    expect(after.position).toBe(5);
    while (!after.done) after.step();
    after.keep();
    expect(numbers(second)).toEqual(numbers(whole));
  });

  it('measures with the average, and goes on with the weights', () => {
    const model = fresh(kind);
    const some = new ImageTraining(model, data, options);
    for (let i = 0; i < 4; i++) some.step();
    const before = model.parameters.values.slice();
    expect(some.measured(() => model.parameters.values.slice())).not.toEqual(before);
    expect(model.parameters.values).toEqual(before);
  });

  test.skipIf(typeof Worker === 'undefined')('is the same with threads', async () => {
    const model = fresh(kind);
    const threaded = new ImageTraining(model, data, options);
    const threads = await TrainingThreads.start(model, { shape, seed: 7, threads: 2 });
    while (!threaded.done) await threaded.stepWith(threads);
    threaded.keep();
    await threads.terminate();
    expect(numbers(model)).toEqual(numbers(whole));
  });
});

describe('trainings', () => {
  it('depend on the seed', () => {
    const of = (seed: number) => {
      const model = fresh('vae-binary');
      const training = new ImageTraining(model, data, { ...options, seed });
      training.step();
      return numbers(model);
    };
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  it('say when they have diverged, and change nothing then', () => {
    const model = fresh('vae-binary');
    const training = new ImageTraining(model, data, { epochs: 1000, rate: 9.9 });
    let error: unknown;
    let before: Float32Array[] = [];
    try {
      model.parameters.values.fill(1e30);
      before = numbers(model);
      training.step();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(SurprisalError);
    expect(error).toMatchObject({ code: 'limit', message: expect.stringMatching(/diverged at step 0/) });
    expect(numbers(model)).toEqual(before);
  });

  it('refuse options and data that make no sense', () => {
    for (const wrong of [{ epochs: 0 }, { batch: 1.5 }, { rate: 0 }, { average: 1 }, { shards: 0 }, { clip: -1 }])
      expect(() => trainingPlan(wrong)).toThrow(RangeError);
    expect(() => trainingPlan({ schedule: 'sine' as 'cosine' })).toThrow(/schedule/);
    const model = fresh('vae');
    expect(() => new ImageTraining(model, { shape, pixels: new Uint8Array(63) })).toThrow(/64 bytes/);
    const training = new ImageTraining(model, data, options);
    expect(() => training.restore({ step: 1, arrays: [] })).toThrow(/checkpoint/);
    expect(() => training.restore({ step: 1, arrays: [1, 2, 3].map(() => new Float32Array(3)) })).toThrow(/optimiser/);
  });
});
