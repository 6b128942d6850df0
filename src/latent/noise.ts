/**
 * How much noise each layer of a diffusion model has, and which layers to code with.
 *
 * Noise is told by gamma, the logarithm of the ratio of noise to signal: z = alpha x + sigma e, where alpha^2 =
 * 1 / (1 + e^gamma), sigma^2 = 1 / (1 + e^-gamma) (Kingma, Salimans, Poole and Ho, "Variational diffusion models",
 * arXiv:2107.00630, 2021). A network that is told gamma can be coded with at any levels. Coding with the levels s < t next
 * to each other costs (e^-s - e^-t) / 2 times the squared error of what the network makes of z_t: so the best T levels
 * are a shortest path, found by dynamic programming (Watson, Ho, Norouzi and Chan, "Learning to efficiently sample from
 * diffusion probabilistic models", arXiv:2106.03802, 2021).
 */
import { rangeError } from '../errors.ts';
import { erf, exp, log, logistic, normalQuantile } from '../kernels/math.ts';

/** The least gamma: a noise of a fifth of a grey value. */
export const LEAST_GAMMA = -13;
/** The most: hardly any signal. */
export const MOST_GAMMA = 5;
/** Places at which the network's error is known: the ends and those between them, evenly. */
export const KNOTS = 61;
/** Levels to choose from: five for each knot. */
const GRID = 5 * (KNOTS - 1) + 1;

/** Weights of signal and noise. */
export interface NoiseLevel {
  /** ln(sigma^2 / alpha^2). */
  readonly gamma: number;
  /** Weight of the image. */
  readonly alpha: number;
  /** Standard deviation of the noise. */
  readonly sigma: number;
}

/** The level of a gamma. */
export function noiseLevel(gamma: number): NoiseLevel {
  return { gamma, alpha: Math.sqrt(logistic(-gamma)), sigma: Math.sqrt(logistic(gamma)) };
}

/** A normal distribution whose mean is `latent` z + `image` x. */
export interface Step {
  readonly latent: number;
  readonly image: number;
  readonly deviation: number;
}

/** q(z_s | z_t, x): one level down, for s below t. */
export function stepDown(s: NoiseLevel, t: NoiseLevel): Step {
  const ratio = t.alpha / s.alpha;
  const between = t.sigma * t.sigma - ratio * ratio * s.sigma * s.sigma;
  return {
    latent: (ratio * s.sigma * s.sigma) / (t.sigma * t.sigma),
    image: (s.alpha * between) / (t.sigma * t.sigma),
    deviation: (Math.sqrt(between) * s.sigma) / t.sigma,
  };
}

/** q(z_t | z_s): one level up, for s below t. */
export function stepUp(s: NoiseLevel, t: NoiseLevel): Step {
  const ratio = t.alpha / s.alpha;
  return { latent: ratio, image: 0, deviation: Math.sqrt(t.sigma * t.sigma - ratio * ratio * s.sigma * s.sigma) };
}

/** The errors at any gamma: on straight lines between the knots. */
function errorAt(errors: ArrayLike<number>, gamma: number): number {
  const place = ((gamma - LEAST_GAMMA) / (MOST_GAMMA - LEAST_GAMMA)) * (KNOTS - 1);
  const i = Math.min(KNOTS - 2, Math.floor(place));
  return errors[i] + (place - i) * (errors[i + 1] - errors[i]);
}

/** Nats that a pixel costs given z at a level: a normal distribution on the grey values, 127.5 of which are 1. */
function pixelNats(level: NoiseLevel): number {
  const deviation = (127.5 * level.sigma) / level.alpha;
  const POINTS = 256;
  let sum = 0;
  for (let i = 0; i < POINTS; i++) {
    const off = normalQuantile((i + 0.5) / POINTS) * deviation;
    const mass = (erf((off + 0.5) / (deviation * Math.SQRT2)) - erf((off - 0.5) / (deviation * Math.SQRT2))) / 2;
    sum -= log(mass > 1e-7 ? mass : 1e-7);
  }
  return sum / POINTS;
}

/** Nats that the top layer costs: from N(alpha x, sigma^2) to N(0, 1). */
function topNats({ alpha, sigma }: NoiseLevel, meanSquare: number): number {
  const variance = sigma * sigma;
  return (alpha * alpha * meanSquare + variance - 1 - log(variance)) / 2;
}

/**
 * The levels to code with, from the least noise to the most: T + 1 of them for T steps.
 *
 * @param steps - T, from 1 to 300.
 * @param errors - Mean squared error of the network's image at each of the {@link KNOTS}, grey values being -1 to 1.
 * @param meanSquare - Mean of x^2.
 * @throws RangeError (`invalid-argument`) for another number of steps.
 */
export function noiseLevels(steps: number, errors: ArrayLike<number>, meanSquare: number): NoiseLevel[] {
  if (!(Number.isInteger(steps) && steps >= 1 && steps < GRID))
    throw rangeError(`a diffusion is coded in 1 to ${GRID - 1} steps, not ${steps}`);
  const grid = Array.from({ length: GRID }, (_, i) =>
    noiseLevel(LEAST_GAMMA + ((MOST_GAMMA - LEAST_GAMMA) * i) / (GRID - 1)),
  );
  const signal = grid.map(({ gamma }) => exp(-gamma));
  const half = grid.map(({ gamma }) => errorAt(errors, gamma) / 2);
  // The cheapest way to each level in so many steps, and the level before it.
  let cost = grid.map(pixelNats);
  const from: Int16Array[] = [];
  for (let step = 0; step < steps; step++) {
    const next = new Array<number>(GRID).fill(Number.POSITIVE_INFINITY);
    const before = new Int16Array(GRID).fill(-1);
    for (let t = step + 1; t < GRID; t++)
      for (let s = step; s < t; s++) {
        const sum = cost[s] + (signal[s] - signal[t]) * half[t];
        if (sum < next[t]) {
          next[t] = sum;
          before[t] = s;
        }
      }
    cost = next;
    from.push(before);
  }
  let best = GRID - 1;
  for (let t = steps; t < GRID; t++)
    if (cost[t] + topNats(grid[t], meanSquare) < cost[best] + topNats(grid[best], meanSquare)) best = t;
  const path = [grid[best]];
  for (let step = steps - 1; step >= 0; step--) {
    best = from[step][best];
    path.push(grid[best]);
  }
  return path.reverse();
}
