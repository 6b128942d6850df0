/**
 * Training steps whose result does not depend on how many threads compute them.
 *
 * A batch is cut into shards, as many as the training says and not as there are threads. Each shard's gradients start
 * at zero; they are added in the order of the shards, and so is what batch normalisation keeps. Whoever computes the
 * shards, here or elsewhere, the sums are the same to the bit.
 */
import { rangeError, SurprisalError } from '../errors.ts';
import type { Optimiser, Schedule, WeightAverage } from './optimisers.ts';
import type { Parameters } from './parameters.ts';
import type { Tape, Tensor } from './tape.ts';

/** What a {@link Trainer} needs. */
export interface TrainerOptions {
  /** Updates the parameters. */
  readonly optimiser: Optimiser;
  /** The learning rate of each step. */
  readonly schedule: Schedule;
  /** Parts that a batch is cut into. Decides bits. Default 1. */
  readonly shards?: number;
  /** The longest gradient, as a Euclidean norm: longer ones are scaled down to it. Default: no limit. */
  readonly clip?: number;
  /** An average of the weights that follows them. */
  readonly average?: WeightAverage;
}

/**
 * Collects the gradients of a batch's shards, and takes the step.
 *
 * @example
 * const trainer = new Trainer(parameters, { optimiser: new Adam(parameters), schedule: constantRate(1e-3) });
 * trainer.begin();
 * for (let s = 0; s < trainer.shards; s++) trainer.compute(tape, () => lossOf(s), 1 / batch);
 * trainer.finish();
 */
export class Trainer {
  /** Parts that a batch is cut into. */
  readonly shards: number;
  private readonly parameters: Parameters;
  private readonly optimiser: Optimiser;
  private readonly schedule: Schedule;
  private readonly clip: number;
  private readonly average: WeightAverage | undefined;
  private readonly sum: number;
  private fixedBefore = new Float32Array(0);
  private fixedSum = new Float32Array(0);
  private taken = 0;

  /** A trainer of parameters that have their place, outside a pass. */
  constructor(
    parameters: Parameters,
    { optimiser, schedule, shards = 1, clip = Number.POSITIVE_INFINITY, average }: TrainerOptions,
  ) {
    if (!(Number.isInteger(shards) && shards >= 1 && shards <= 1024))
      throw rangeError(`a batch is cut into 1 to 1024 shards, not ${shards}`);
    if (!(clip > 0)) throw rangeError(`the longest gradient is longer than 0, not ${clip}`);
    parameters.places();
    this.parameters = parameters;
    this.optimiser = optimiser;
    this.schedule = schedule;
    this.shards = shards;
    this.clip = clip;
    this.average = average;
    this.sum = parameters.workspace.reserve(parameters.length);
  }

  /** Begins a step. */
  begin(): void {
    this.taken = 0;
    this.fixedBefore = this.parameters.fixed.slice();
    this.fixedSum = new Float32Array(this.fixedBefore.length);
  }

  /**
   * Computes the gradients of the next shard here, and takes them.
   *
   * @param loss - Records the shard's losses on the tape, which was reset before.
   * @param weight - Of each loss: 1 / batch for their mean.
   * @returns what `loss` gave; the tape holds it until the next shard.
   */
  compute(tape: Tape, loss: () => Tensor, weight: number): Tensor {
    const tensor = gradientsOf(this.parameters, tape, loss, weight);
    this.takeHere();
    return tensor;
  }

  /** Takes the gradients that the parameters have now as those of the next shard. */
  takeHere(): void {
    const { parameters } = this;
    this.takeFixed(parameters.fixed);
    const { gradients } = parameters.places();
    if (this.taken++ === 0) this.copySum(gradients);
    else parameters.workspace.kernel.addScaled(parameters.length, gradients, 1, this.sum);
  }

  /** Takes the next shard's gradients, computed elsewhere, and what it left in the parameters that are not learned. */
  take(gradients: Float32Array, fixed: Float32Array): void {
    if (gradients.length !== this.parameters.length || fixed.length !== this.fixedBefore.length)
      throw rangeError('the gradients are not those of these parameters');
    this.parameters.gradients.set(gradients);
    this.parameters.fixed.set(fixed);
    this.takeHere();
  }

  /**
   * Takes the step.
   *
   * @returns the length of the gradient, before it was clipped.
   * @throws SurprisalError (`limit`) when the gradient is not finite: the training has diverged. Nothing is changed.
   */
  finish(): number {
    const { parameters, optimiser } = this;
    const { kernel } = parameters.workspace;
    const norm = Math.sqrt(kernel.squareSum(parameters.length, this.sum));
    if (!Number.isFinite(norm))
      throw new SurprisalError(
        'limit',
        `The training has diverged at step ${optimiser.steps}: the gradient is not finite. Lower the learning rate, or clip gradients.`,
      );
    const { gradients } = parameters.places();
    kernel.affine(parameters.length, this.sum, norm > this.clip ? this.clip / norm : 1, 0, gradients);
    for (let i = 0; i < this.fixedSum.length; i++) this.fixedSum[i] /= this.taken;
    parameters.fixed.set(this.fixedSum);
    optimiser.step(this.schedule(optimiser.steps));
    this.average?.update();
    return norm;
  }

  private copySum(gradients: number): void {
    const { workspace, length } = this.parameters;
    workspace.floats(this.sum, length).set(workspace.floats(gradients, length));
  }

  /** Each shard starts from what was kept before the step; the step keeps the mean of what they leave. */
  private takeFixed(fixed: Float32Array): void {
    for (let i = 0; i < fixed.length; i++) this.fixedSum[i] += fixed[i];
    this.parameters.fixed.set(this.fixedBefore);
  }
}

/** The gradients of one shard, into the parameters': what a thread does. */
export function gradientsOf(parameters: Parameters, tape: Tape, loss: () => Tensor, weight: number): Tensor {
  tape.reset();
  parameters.clearGradients();
  const tensor = loss();
  tape.backward(tensor, weight);
  return tensor;
}
