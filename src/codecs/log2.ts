/** Logarithms for figures. */
import { log } from '../kernels/math.ts';

/** log2 x for x > 0, the same in every engine and exact for powers of two. For figures: it decides no bit. */
export function log2(x: number): number {
  let power = 0;
  let y = x;
  for (; y >= 4294967296; y /= 4294967296) power += 32;
  for (; y >= 2; y /= 2) power++;
  return power + log(y) * Math.LOG2E;
}
