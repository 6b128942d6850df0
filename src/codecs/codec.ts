/**
 * A codec is two functions on a stack of bits, inverse to each other: push puts a value on, pop takes it off again.
 *
 * What makes codecs an algebra is that pop also makes sense on bits that no push has put there: it samples. So a value
 * may be popped with one codec and pushed with another, and a hard distribution becomes easy by way of a latent
 * variable (Townsend, "A tutorial on the range variant of asymmetric numeral systems", arXiv:2001.09186, 2020).
 */
import type { BitStack } from './stack.ts';

/**
 * Puts values on a stack and takes them off. Both calls change nothing when they throw.
 *
 * @example
 * const stack = new BitStack();
 * const codec = tuple(uniform(6), uniform(52));
 * codec.push(stack, [3, 17]);
 * codec.pop(stack); // [3, 17]
 */
export interface Codec<T> {
  /**
   * Puts a value on the stack.
   *
   * @throws SurprisalError (`impossible-symbol`) for a value that the codec does not have; (`out-of-data`) when a
   *   codec with latent variables needs more bits than the stack has.
   */
  push(stack: BitStack, value: T): void;
  /**
   * Takes a value off the stack.
   *
   * @throws SurprisalError (`out-of-data`) when the stack has not enough bits.
   */
  pop(stack: BitStack): T;
  /**
   * Bits by which pushing the value makes the stack longer, on average over stacks, for the probabilities as they are
   * rounded. Undefined where nothing short of pushing tells.
   */
  bits(value: T): number | undefined;
}

/** What a codec codes. */
export type Coded<C> = C extends Codec<infer T> ? T : never;

/** A codec of its three functions, each call of it whole or not at all. */
export function codec<T>(functions: Codec<T>): Codec<T> {
  const { push, pop, bits } = functions;
  return {
    push: (stack, value) => stack.atomic(() => push(stack, value)),
    pop: (stack) => stack.atomic(() => pop(stack)),
    bits,
  };
}

/** The sum of bits, undefined when one of them is. */
export function sumOfBits(parts: Iterable<number | undefined>): number | undefined {
  let sum = 0;
  for (const part of parts) {
    if (part === undefined) return undefined;
    sum += part;
  }
  return sum;
}
