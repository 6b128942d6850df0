// Adaptive probabilities: 22 bits of probability and 10 bits of count in a word. The step is about 1 / (count + 1.6),
// so that a cell is the mean of what it saw until the count reaches its limit, and forgets slowly from then on.
import { RECIPROCAL } from './layout';
import { put32 } from './journal';

// @ts-ignore: decorator
@inline
export function adapt(address: u32, bit: u32, limit: u32): void {
  const cell = load<u32>(address);
  const n = cell & 1023;
  const p = cell >> 10;
  const target = (0 - bit) & 0x3fffff;
  const step = <i32>((<i64>(<i32>target - <i32>p) * <i64>load<u32>(RECIPROCAL + (n << 2))) >> 16);
  put32(address, ((p + step) << 10) | (n + <u32>(n < limit)));
}

/** A mixed hash of two words. */
// @ts-ignore: decorator
@inline
export function hash2(a: u32, b: u32): u32 {
  let h = a * 0x9e3779b1 + b * 0x85ebca6b + 0x27d4eb2f;
  h ^= h >> 15;
  h *= 0x2c1b3c6d;
  return h ^ (h >> 13);
}
