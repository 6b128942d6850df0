/** What gradients do to parameters: optimisers, averages of weights, and schedules of the learning rate. */
import { rangeError, SurprisalError } from '../errors.ts';
import { exp } from '../kernels/math.ts';
import type { Parameters } from './parameters.ts';

/** Updates parameters from their gradients. */
export interface Optimiser {
  /** Steps taken so far. */
  readonly steps: number;
  /**
   * One step with the gradients that the parameters have; they stay.
   *
   * @param rate - The learning rate of this step.
   */
  step(rate: number): void;
  /** Copies of what a checkpoint needs besides the parameters. */
  state(): Float32Array[];
  /**
   * Goes back to a saved state.
   *
   * @throws SurprisalError (`corrupt`) when the state is not one of this network's.
   */
  restore(steps: number, state: readonly Float32Array[]): void;
}

/** Settings of {@link Adam}. */
export interface AdamOptions {
  /** Decay of the first moment. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment. Default 1e-8. */
  readonly epsilon?: number;
  /** Decoupled weight decay, as in AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101). Default 0. */
  readonly decay?: number;
}

/** Slots of numbers beside the parameters, one for each learned number. */
class Moments {
  private readonly parameters: Parameters;
  readonly at: readonly number[];

  constructor(parameters: Parameters, slots: number) {
    parameters.places();
    this.parameters = parameters;
    this.at = Array.from({ length: slots }, () => parameters.workspace.reserve(parameters.length));
  }

  copies(): Float32Array[] {
    return this.at.map((at) => this.parameters.workspace.floats(at, this.parameters.length).slice());
  }

  restore(state: readonly Float32Array[]): void {
    if (
      state.length !== this.at.length ||
      state.some((s) => s.length !== this.parameters.length || !s.every(Number.isFinite))
    )
      throw new SurprisalError('corrupt', 'The state of the optimiser is not one of this network.');
    this.at.forEach((at, i) => void this.parameters.workspace.floats(at, state[i].length).set(state[i]));
  }
}

/**
 * Adam (Kingma and Ba 2015, arXiv 1412.6980); with `decay`, AdamW.
 *
 * @example
 * const optimiser = new Adam(parameters);
 * optimiser.step(1e-3);
 */
export class Adam implements Optimiser {
  steps = 0;
  private readonly parameters: Parameters;
  private readonly options: Required<AdamOptions>;
  private readonly moments: Moments;
  private power1 = 1;
  private power2 = 1;

  /** Adam on parameters that have their place, outside a pass. */
  constructor(parameters: Parameters, { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decay = 0 }: AdamOptions = {}) {
    if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0 && decay >= 0))
      throw rangeError('Adam takes betas from 0 to below 1, a positive epsilon and a decay from 0');
    this.parameters = parameters;
    this.options = { beta1, beta2, epsilon, decay };
    this.moments = new Moments(parameters, 2);
  }

  /** One step with the gradients that the parameters have. */
  step(rate: number): void {
    const { parameters, options, moments } = this;
    const { beta1, beta2, epsilon, decay } = options;
    this.steps++;
    this.power1 *= beta1;
    this.power2 *= beta2;
    const { values, gradients } = parameters.places();
    parameters.workspace.kernel.adam(
      parameters.length,
      values,
      gradients,
      moments.at[0],
      moments.at[1],
      rate,
      beta1,
      beta2,
      epsilon,
      1 / (1 - this.power1),
      1 / (1 - this.power2),
      decay,
    );
  }

  /** Copies of the moments. */
  state(): Float32Array[] {
    return this.moments.copies();
  }

  /** @throws SurprisalError (`corrupt`) when the state is not one of this network's. */
  restore(steps: number, state: readonly Float32Array[]): void {
    this.moments.restore(state);
    this.steps = steps;
    this.power1 = 1;
    this.power2 = 1;
    for (let i = 0; i < steps; i++) {
      this.power1 *= this.options.beta1;
      this.power2 *= this.options.beta2;
    }
  }
}

/** Settings of {@link Sgd}. */
export interface SgdOptions {
  /** How much of the last step is kept. Default 0. */
  readonly momentum?: number;
  /** Weight decay, added to the gradient. Default 0. */
  readonly decay?: number;
}

/** Stochastic gradient descent with momentum: m = momentum m + g + decay w, then w -= rate m. */
export class Sgd implements Optimiser {
  steps = 0;
  private readonly parameters: Parameters;
  private readonly momentum: number;
  private readonly decay: number;
  private readonly moments: Moments;

  /** Gradient descent on parameters that have their place, outside a pass. */
  constructor(parameters: Parameters, { momentum = 0, decay = 0 }: SgdOptions = {}) {
    if (!(momentum >= 0 && momentum < 1 && decay >= 0))
      throw rangeError('the momentum is from 0 to below 1, the decay from 0');
    this.parameters = parameters;
    this.momentum = momentum;
    this.decay = decay;
    this.moments = new Moments(parameters, 1);
  }

  /** One step with the gradients that the parameters have. */
  step(rate: number): void {
    const { parameters, moments, momentum, decay } = this;
    this.steps++;
    const { values, gradients } = parameters.places();
    parameters.workspace.kernel.sgd(parameters.length, values, gradients, moments.at[0], rate, momentum, decay);
  }

  /** Copies of the moments. */
  state(): Float32Array[] {
    return this.moments.copies();
  }

  /** @throws SurprisalError (`corrupt`) when the state is not one of this network's. */
  restore(steps: number, state: readonly Float32Array[]): void {
    this.moments.restore(state);
    this.steps = steps;
  }
}

/**
 * An exponential moving average of the weights (Polyak and Juditsky 1992), often better than the weights themselves.
 *
 * Young averages forget faster: the decay of step t is at most (1 + t) / (10 + t).
 */
export class WeightAverage {
  steps = 0;
  private readonly parameters: Parameters;
  private readonly decay: number;
  private readonly moments: Moments;

  /**
   * An average that starts at the weights of now.
   *
   * @param decay - How much of the average each step keeps, such as 0.999.
   */
  constructor(parameters: Parameters, decay = 0.999) {
    if (!(decay >= 0 && decay < 1)) throw rangeError(`the decay is from 0 to below 1, not ${decay}`);
    this.parameters = parameters;
    this.decay = decay;
    this.moments = new Moments(parameters, 1);
    parameters.workspace.floats(this.moments.at[0], parameters.length).set(parameters.values);
  }

  /** Takes in the weights of now. */
  update(): void {
    const { parameters, moments } = this;
    this.steps++;
    const decay = Math.min(this.decay, (1 + this.steps) / (10 + this.steps));
    parameters.workspace.kernel.average(parameters.length, parameters.places().values, moments.at[0], 1 - decay);
  }

  /** Exchanges weights and average: before something is measured with it, and again after. */
  swap(): void {
    const { parameters, moments } = this;
    const average = parameters.workspace.floats(moments.at[0], parameters.length);
    const weights = parameters.values.slice();
    parameters.values.set(average);
    average.set(weights);
  }

  /** A copy of the average, for a checkpoint. */
  state(): Float32Array[] {
    return this.moments.copies();
  }

  /** @throws SurprisalError (`corrupt`) when the state is not one of this network's. */
  restore(steps: number, state: readonly Float32Array[]): void {
    this.moments.restore(state);
    this.steps = steps;
  }
}

/** The learning rate of a step, the first of which is 0. */
export type Schedule = (step: number) => number;

/** cos(pi x) for x from 0 to 1, by its series around the nearer quarter: no host function decides a weight. */
function cosinePi(x: number): number {
  // sin of the distance from the middle, in an odd series that is exact to 1e-15 there.
  const t = (0.5 - x) * Math.PI;
  let term = t;
  let sum = t;
  for (let k = 1; k < 12; k++) {
    term *= (-t * t) / (2 * k * (2 * k + 1));
    sum += term;
  }
  return sum;
}

/** The same rate always. */
export const constantRate =
  (rate: number): Schedule =>
  () =>
    rate;

/**
 * Rises linearly for `warmup` steps, then falls along half a cosine to `end` at step `steps` (Loshchilov and Hutter 2017,
 * arXiv 1608.03983).
 */
export function cosineRate(rate: number, steps: number, { warmup = 0, end = 0 } = {}): Schedule {
  return (step) => {
    if (step < warmup) return (rate * (step + 1)) / warmup;
    const part = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
    return end + ((rate - end) * (1 + cosinePi(part))) / 2;
  };
}

/** Rises linearly for `warmup` steps, then falls by half every `half` steps. */
export function exponentialRate(rate: number, half: number, { warmup = 0 } = {}): Schedule {
  return (step) => (step < warmup ? (rate * (step + 1)) / warmup : rate * exp((-Math.LN2 * (step - warmup)) / half));
}

/** Linearly from `rate` at the first step to `end` at step `steps`. */
export function linearRate(rate: number, steps: number, { end = 0 } = {}): Schedule {
  return (step) => rate + ((end - rate) * Math.min(step, steps)) / steps;
}
