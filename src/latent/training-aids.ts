/** What losses of hierarchies share. */
import { rangeError, typeError } from '../errors.ts';
import type { Random } from '../kernels/random.ts';
import type { Tape, Tensor } from '../networks/tape.ts';
import { wholeNumber } from './saved.ts';

/** Part of a training in which latents come to count in full (Sønderby et al. 2016, arXiv:1602.02282). */
const WARM_UP = 0.03;

/** What latents are multiplied by in the loss: less than 1 only at the beginning. */
export function warmUp(progress: number): number {
  return progress < WARM_UP ? progress / WARM_UP : 1;
}

/** Standard normal numbers of a tensor's shape. */
export function noiseLike(tape: Tape, { shape, size }: Tensor, random: Random): Tensor {
  return tape.input(random.normals(new Float32Array(size)), shape);
}

/** The mean of a tensor's numbers, for reports and for what a training does at its beginning: the same everywhere. */
export function meanOf({ values, size }: Tensor): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / size;
}

/**
 * An option that is a list of whole numbers.
 *
 * @param fewest - How many there have to be.
 * @throws TypeError for what is no list, RangeError for a number out of bounds, for too few or more than 64.
 */
export function numbersOf(name: string, value: unknown, least: number, most: number, fewest: number): number[] {
  if (!Array.isArray(value)) throw typeError(`${name} is a list of whole numbers`);
  if (value.length < fewest || value.length > 64)
    throw rangeError(`${name} has from ${fewest} to 64 numbers, not ${value.length}`);
  return value.map((each, i) => wholeNumber(`${name}[${i}]`, each, least, most));
}
