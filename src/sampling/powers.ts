/** Powers of two and logarithms, the same in every engine: they decide what is sampled. */
import { exp, log } from '../kernels/math.ts';

/**
 * 2^x, exact for whole x. Whole powers scale the result, so that lengths in whole bits meet no rounding.
 *
 * @example
 * exp2(-3); // 0.125
 */
export function exp2(x: number): number {
  if (x === Infinity || x === -Infinity) return x < 0 ? 0 : x;
  const whole = Math.floor(x);
  const rest = x - whole;
  const power = 2 ** Math.max(-1100, Math.min(1100, whole));
  return rest === 0 ? power : power * exp(rest * Math.LN2);
}

/** log2 x for x > 0, exact for whole powers of two. */
export function log2(x: number): number {
  if (x === Infinity) return Infinity;
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  let power = 0;
  let y = x;
  for (; y >= 4294967296; y /= 4294967296) power += 32;
  for (; y < 1 / 4294967296; y *= 4294967296) power -= 32;
  for (; y >= 2; y /= 2) power++;
  for (; y < 1; y *= 2) power--;
  return y === 1 ? power : power + log(y) * Math.LOG2E;
}

/**
 * What lengths weigh against each other: 2^-(bits - least) for each, so that the largest weight is 1. Infinite lengths,
 * which stand for what may not be, weigh nothing.
 *
 * @param bits - Lengths in bits.
 * @param into - As many entries at least.
 * @param scale - What lengths are multiplied by first: 1 / temperature. Default 1.
 * @returns the least of the scaled lengths, or Infinity when nothing may be.
 */
export function weigh(bits: ArrayLike<number>, into: Float64Array, scale = 1): number {
  let least = Infinity;
  for (let i = 0; i < bits.length; i++) if (bits[i] < least) least = bits[i];
  if (least === Infinity) {
    into.fill(0, 0, bits.length);
    return least;
  }
  for (let i = 0; i < bits.length; i++) into[i] = bits[i] === Infinity ? 0 : exp2((least - bits[i]) * scale);
  return least * scale;
}
