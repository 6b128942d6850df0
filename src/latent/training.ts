/**
 * Training of image models: epochs, batches, checkpoints. The same seed gives the same weights to the bit, in one thread
 * or several, in one go or resumed.
 */
import { rangeError, SurprisalError } from '../errors.ts';
import { Random } from '../kernels/random.ts';
import { Adam, constantRate, cosineRate, type Schedule, WeightAverage } from '../networks/optimisers.ts';
import { Tape } from '../networks/tape.ts';
import { gradientsOf, Trainer } from '../networks/training.ts';
import { binarised, type ImageBatch, type ImageModel, type ImageShape, pixelsOf } from './model.ts';

/** How a model is trained. All of it decides the weights. */
export interface ImageTrainingOptions {
  /** Passes through the data. Default 20. */
  readonly epochs?: number;
  /** Images a step. Default 100. */
  readonly batch?: number;
  /** Learning rate of Adam. Default 1e-3. */
  readonly rate?: number;
  /** How the rate falls: not at all, or along half a cosine to zero. Default `constant`. */
  readonly schedule?: 'constant' | 'cosine';
  /** Steps during which the rate rises. Default 0. */
  readonly warmup?: number;
  /** Decoupled weight decay. Default 0. */
  readonly decay?: number;
  /** Decay of the average of the weights, which is what is kept in the end; 0 for none. Default 0. */
  readonly average?: number;
  /** The longest gradient. Default: no limit. */
  readonly clip?: number;
  /** Parts of a batch that can be computed at once. Default 2. */
  readonly shards?: number;
  /** Seed of weights, order and noise. Default 1. */
  readonly seed?: number;
}

/** A part of a batch, as it is sent to whoever computes it. */
export interface Shard {
  /** Which part. */
  readonly shard: number;
  /** Number of the step, from 0. */
  readonly step: number;
  /** Part of the training that is done, from 0 to 1. */
  readonly progress: number;
  /** 1 / images of the batch. */
  readonly weight: number;
  /** The images, grey where the model has two levels: they are binarised anew. */
  readonly pixels: Uint8Array;
  /** Number of images. */
  readonly count: number;
}

/** What a shard gives: gradients, what is kept besides, and the sums of losses in nats. */
export interface ShardResult {
  readonly gradients: Float32Array;
  readonly fixed: Float32Array;
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
}

/** Computes shards elsewhere: threads that have the same model. */
export interface ShardThreads {
  /**
   * The results of all shards, in their order.
   *
   * @param values - The learned parameters.
   * @param fixed - Those that are not learned.
   */
  run(values: Float32Array, fixed: Float32Array, shards: readonly Shard[]): Promise<readonly ShardResult[]>;
}

/** What a step did. */
export interface StepReport {
  /** Steps done. */
  readonly step: number;
  /** Steps of the whole training. */
  readonly steps: number;
  /** Epochs done, with their fraction. */
  readonly epoch: number;
  /** Mean loss of the batch, in nats an image. */
  readonly loss: number;
  /** What it consists of. */
  readonly parts: Readonly<Record<string, number>>;
  /** Length of the gradient. */
  readonly gradient: number;
}

/** Images to train with: one shape, grey values where the model has two levels. */
export interface TrainingData {
  readonly shape: ImageShape;
  /** One image after another. */
  readonly pixels: Uint8Array;
}

/** Streams of random numbers of one seed. */
const ORDER = 1;
const NOISE = 2;
const LEVELS = 3;

/** All options, defaults included. */
export type TrainingPlan = Required<ImageTrainingOptions>;

/**
 * Completes and checks options.
 *
 * @throws RangeError (`invalid-argument`) for a number that makes no sense.
 */
export function trainingPlan(options: ImageTrainingOptions = {}): TrainingPlan {
  const plan: TrainingPlan = {
    epochs: 20,
    batch: 100,
    rate: 1e-3,
    schedule: 'constant',
    warmup: 0,
    decay: 0,
    average: 0,
    clip: Number.POSITIVE_INFINITY,
    shards: 2,
    seed: 1,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  };
  const whole = (name: keyof TrainingPlan, least: number, most: number): void => {
    const value = plan[name] as number;
    if (!(Number.isSafeInteger(value) && value >= least && value <= most))
      throw rangeError(`${name} is a whole number from ${least} to ${most}, not ${String(value)}`);
  };
  whole('epochs', 1, 1e6);
  whole('batch', 1, 1e6);
  whole('warmup', 0, 1e9);
  whole('shards', 1, 1024);
  whole('seed', 0, Number.MAX_SAFE_INTEGER);
  if (!(plan.rate > 0 && plan.rate < 10)) throw rangeError(`the learning rate is above 0, not ${plan.rate}`);
  if (!(plan.decay >= 0 && plan.decay < 1))
    throw rangeError(`the weight decay is from 0 to below 1, not ${plan.decay}`);
  if (!(plan.average >= 0 && plan.average < 1))
    throw rangeError(`the decay of the average is from 0 to below 1, not ${plan.average}`);
  if (!(plan.clip > 0)) throw rangeError(`the longest gradient is longer than 0, not ${plan.clip}`);
  if (plan.schedule !== 'constant' && plan.schedule !== 'cosine')
    throw rangeError(`the schedule is 'constant' or 'cosine', not '${String(plan.schedule)}'`);
  return plan;
}

/** One shard's losses on a tape: what every thread does alike. */
export function shardLoss(
  model: ImageModel,
  shape: ImageShape,
  seed: number,
  tape: Tape,
  { shard, step, progress, weight, pixels, count }: Shard,
): { readonly loss: number; readonly parts: Readonly<Record<string, number>> } {
  let batch: ImageBatch = { shape, count, pixels };
  if (model.levels === 2)
    batch = { shape, count, pixels: binarised(pixels, new Random(seed, LEVELS, step, shard)), greys: pixels };
  let parts: Readonly<Record<string, number>> = {};
  const total = gradientsOf(
    model.parameters,
    tape,
    () => {
      const loss = model.loss(tape, batch, new Random(seed, NOISE, step, shard), progress);
      parts = loss.parts;
      return loss.total;
    },
    weight,
  );
  let loss = 0;
  for (const value of total.values) loss += value;
  return { loss, parts: Object.fromEntries(Object.entries(parts).map(([name, mean]) => [name, mean * count])) };
}

/**
 * Trains a model, step by step. The model's parameters are what has been learned so far.
 *
 * @example
 * const training = new ImageTraining(model, { shape, pixels }, { epochs: 20 });
 * while (!training.done) training.step();
 * training.keep();
 */
export class ImageTraining {
  /** All options. */
  readonly plan: TrainingPlan;
  /** Steps of the whole training. */
  readonly steps: number;
  /** Steps of an epoch. */
  readonly stepsPerEpoch: number;
  private readonly model: ImageModel;
  private readonly data: TrainingData;
  private readonly count: number;
  private readonly optimiser: Adam;
  private readonly average: WeightAverage | undefined;
  private readonly trainer: Trainer;
  private readonly tape: Tape;
  private order: Uint32Array = new Uint32Array(0);
  private orderOf = -1;

  /**
   * A training that begins with the parameters as they are.
   *
   * @throws RangeError (`invalid-argument`) for options or data that make no sense.
   */
  constructor(model: ImageModel, data: TrainingData, options: ImageTrainingOptions = {}) {
    const plan = trainingPlan(options);
    const size = pixelsOf(data.shape);
    if (data.pixels.length === 0 || data.pixels.length % size !== 0)
      throw rangeError(`images of ${size} bytes each are needed, not ${data.pixels.length} bytes in all`);
    this.plan = plan;
    this.model = model;
    this.data = data;
    this.count = data.pixels.length / size;
    this.stepsPerEpoch = Math.ceil(this.count / plan.batch);
    this.steps = plan.epochs * this.stepsPerEpoch;
    const { parameters } = model;
    this.optimiser = new Adam(parameters, { decay: plan.decay });
    this.average = plan.average > 0 ? new WeightAverage(parameters, plan.average) : undefined;
    this.trainer = new Trainer(parameters, {
      optimiser: this.optimiser,
      schedule: scheduleOf(plan, this.steps),
      shards: plan.shards,
      clip: plan.clip,
      average: this.average,
    });
    this.tape = new Tape(parameters.workspace);
  }

  /** True after the last step. */
  get done(): boolean {
    return this.optimiser.steps >= this.steps;
  }

  /** Steps done. */
  get position(): number {
    return this.optimiser.steps;
  }

  /**
   * One step, in this thread.
   *
   * @throws SurprisalError (`limit`) when the training has diverged.
   */
  step(): StepReport {
    const shards = this.shards();
    this.trainer.begin();
    const results = shards.map((shard) => {
      const { loss, parts } = shardLoss(this.model, this.data.shape, this.plan.seed, this.tape, shard);
      this.trainer.takeHere();
      return { loss, parts };
    });
    this.tape.reset();
    return this.report(shards, results, this.trainer.finish());
  }

  /** One step, computed by threads: the same weights as {@link step} gives. */
  async stepWith(threads: ShardThreads): Promise<StepReport> {
    const shards = this.shards();
    const { parameters } = this.model;
    this.trainer.begin();
    const results = await threads.run(parameters.values.slice(), parameters.fixed.slice(), shards);
    for (const { gradients, fixed } of results) this.trainer.take(gradients, fixed);
    return this.report(shards, results, this.trainer.finish());
  }

  /** Ends the training: the average of the weights, where there is one, takes the place of the last ones. */
  keep(): void {
    this.average?.swap();
  }

  /** Runs `measure` with the weights that {@link keep} would keep. */
  measured<T>(measure: () => T): T {
    this.average?.swap();
    try {
      return measure();
    } finally {
      this.average?.swap();
    }
  }

  /** What a checkpoint has to hold besides the model: the number of steps, and arrays. */
  state(): { readonly step: number; readonly arrays: readonly Float32Array[] } {
    return {
      step: this.optimiser.steps,
      arrays: [...this.optimiser.state(), ...(this.average?.state() ?? [])],
    };
  }

  /**
   * Goes on from a checkpoint, whose parameters the model has been loaded with already.
   *
   * @throws SurprisalError (`corrupt`) when the arrays are not this training's.
   */
  restore({ step, arrays }: { readonly step: number; readonly arrays: readonly Float32Array[] }): void {
    const wanted = this.average === undefined ? 2 : 3;
    if (!(Number.isInteger(step) && step >= 0 && step <= this.steps) || arrays.length !== wanted)
      throw new SurprisalError('corrupt', 'The checkpoint is not one of a training with these options.');
    this.optimiser.restore(step, arrays.slice(0, 2));
    this.average?.restore(step, arrays.slice(2));
  }

  private shards(): Shard[] {
    const { batch, shards, seed } = this.plan;
    const step = this.optimiser.steps;
    if (this.done) throw rangeError('the training is over');
    const epoch = Math.floor(step / this.stepsPerEpoch);
    if (epoch !== this.orderOf) {
      this.order = new Random(seed, ORDER, epoch).permutation(this.count);
      this.orderOf = epoch;
    }
    const first = (step % this.stepsPerEpoch) * batch;
    const rows = this.order.subarray(first, first + batch);
    const size = pixelsOf(this.data.shape);
    const parts: Shard[] = [];
    for (let shard = 0; shard < shards; shard++) {
      const from = Math.floor((rows.length * shard) / shards);
      const to = Math.floor((rows.length * (shard + 1)) / shards);
      if (to === from) continue;
      const pixels = new Uint8Array((to - from) * size);
      for (let i = from; i < to; i++) {
        const at = rows[i] * size;
        pixels.set(this.data.pixels.subarray(at, at + size), (i - from) * size);
      }
      const progress = step / this.steps;
      parts.push({ shard, step, progress, weight: 1 / rows.length, pixels, count: to - from });
    }
    return parts;
  }

  private report(
    shards: readonly Shard[],
    results: readonly { readonly loss: number; readonly parts: Readonly<Record<string, number>> }[],
    gradient: number,
  ): StepReport {
    const count = shards.reduce((n, shard) => n + shard.count, 0);
    const parts: Record<string, number> = {};
    let loss = 0;
    for (const result of results) {
      loss += result.loss / count;
      for (const [name, sum] of Object.entries(result.parts)) parts[name] = (parts[name] ?? 0) + sum / count;
    }
    const step = this.optimiser.steps;
    return { step, steps: this.steps, epoch: step / this.stepsPerEpoch, loss, parts, gradient };
  }
}

function scheduleOf({ schedule, rate, warmup }: TrainingPlan, steps: number): Schedule {
  if (schedule === 'cosine') return cosineRate(rate, steps, { warmup });
  const constant = constantRate(rate);
  return warmup === 0 ? constant : (step) => (step < warmup ? (rate * (step + 1)) / warmup : rate);
}
