/** Mixtures as intervals, in plain doubles: what assembly/coding/mixtures.ts is equal to bit for bit. */
import { modelKernel } from '../../src/kernels/models.ts';

const { erfc, exp } = modelKernel();

/** What a mixture is: `normal` for normal distributions, else logistic ones. */
export interface Mixture {
  readonly normal: boolean;
  readonly min: number;
  readonly max: number;
  readonly bits: number;
  readonly weights: ArrayLike<number>;
  readonly means: ArrayLike<number>;
  readonly scales: ArrayLike<number>;
}

const TERMS = 6;

function logisticPiece(j: number): number[] {
  const y = [1 / (1 + exp(-(j - 512) / 16))];
  for (let n = 0; n < TERMS - 1; n++) {
    let square = 0;
    for (let i = 0; i <= n; i++) square += y[i] * y[n - i];
    y.push((y[n] - square) / ((n + 1) * 16));
  }
  return y;
}

function normalPiece(j: number): number[] {
  const z = (j - 256) / 32;
  const y = [0.5 * erfc(-z * Math.SQRT1_2)];
  let before = 0;
  let density = (exp(-0.5 * z * z) * 0.3989422804014327) / 32;
  for (let n = 1; n < TERMS; n++) {
    y.push(density / n);
    const next = -(z * density + before / 32) / (n * 32);
    before = density;
    density = next;
  }
  return y;
}

const pieces = new Map<string, number[]>();

function pieceOf(normal: boolean, j: number): number[] {
  const key = `${normal} ${j}`;
  const made = pieces.get(key) ?? (normal ? normalPiece(j) : logisticPiece(j));
  pieces.set(key, made);
  return made;
}

/** A component's cdf at z units of its scale. */
export function componentCdf(normal: boolean, z: number): number {
  const [scale, least] = normal ? [32, 256] : [16, 512];
  const cut = Math.max(-least, Math.min(least, z * scale));
  // To the nearest whole number of 2^-28 of a unit: a sum with 1.5 2^52 of these has no room for more.
  const grid = 1.5 * 2 ** 24 * scale;
  const place = cut + grid - grid;
  const below = -Math.abs(place);
  const whole = below + 1.5 * 2 ** 52 - 1.5 * 2 ** 52;
  const t = below - whole;
  const u = t * t;
  const c = pieceOf(normal, whole + least);
  const even = c[0] + u * (c[2] + u * c[4]);
  const odd = c[1] + u * (c[3] + u * c[5]);
  const half = 0.5 - (even + t * odd);
  return place < 0 ? 0.5 - half : 0.5 + half;
}

/** The left end of a symbol, or of the one after the last. */
export function mixtureLeft({ normal, min, max, bits, weights, means, scales }: Mixture, symbol: number): number {
  if (symbol === min) return 0;
  if (symbol > max) return 2 ** bits;
  let total = 0;
  let sum = 0;
  for (let k = 0; k < weights.length; k++) {
    total += weights[k];
    sum += weights[k] * componentCdf(normal, (symbol - 0.5 - means[k]) / scales[k]);
  }
  return Math.trunc((2 ** bits - 1 - (max - min)) * (sum / total)) + (symbol - min);
}
