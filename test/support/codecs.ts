/** The laws of codecs. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Codec } from '../../src/codecs/codec.ts';
import { BitStack, randomWords } from '../../src/codecs/stack.ts';

/** What {@link checkCodec} needs beside the codec. */
export interface CodecCheck<T> {
  /** Values that the codec has. */
  readonly values: fc.Arbitrary<T>;
  readonly seed?: number;
  readonly runs?: number;
  /** Whether whatever is popped can be pushed back: every stack is then a value's. Default true. */
  readonly complete?: boolean;
  /** Words that a pop may need at most. Default 64. */
  readonly words?: number;
  /** How a value is compared. Default toEqual. */
  readonly equal?: (a: T, b: T) => void;
  /** Bits by which a single push may miss `bits(value)`: rounding of rare latents, and of a state that is small. Default 0.05. */
  readonly slack?: number;
  /** Values that the codec must refuse, with 'impossible-symbol' or a TypeError. */
  readonly refuses?: readonly unknown[];
}

/** Values of a stack that must be the same for it to be the same. */
export function stateOf(stack: BitStack): readonly number[] {
  return [...stack.getCompressed()];
}

/**
 * On random stacks: pop undoes push; push undoes pop where the codec is complete; a push costs `bits(value)` where that
 * is known, but for the little that a state of 64 bits loses; a pop that runs out and a push that fails change nothing.
 */
export function checkCodec<T>(codec: Codec<T>, check: CodecCheck<T>): void {
  const { values, seed = 1, runs = 50, complete = true, words = 64, refuses = [], slack = 0.05 } = check;
  const equal = check.equal ?? ((a: T, b: T) => expect(a).toEqual(b));
  fc.assert(
    fc.property(values, fc.integer(), fc.integer({ min: 4, max: words }), (value, chance, size) => {
      const stack = new BitStack({ initial: randomWords(Math.max(size, 4), chance) });
      const before = stateOf(stack);
      const exact = stack.exactBits();
      try {
        codec.push(stack, value);
      } catch (error) {
        expect(error).toMatchObject({ code: 'out-of-data' });
        expect(stateOf(stack)).toEqual(before);
        return;
      }
      const known = codec.bits(value);
      if (known !== undefined) expect(Math.abs(stack.exactBits() - exact - known)).toBeLessThan(slack + known * 1e-4);
      equal(codec.pop(stack), value);
      expect(stateOf(stack)).toEqual(before);
    }),
    { seed, numRuns: runs },
  );
  fc.assert(
    fc.property(fc.integer(), (chance) => {
      const stack = new BitStack({ initial: randomWords(words, chance) });
      const before = stateOf(stack);
      let value: T;
      try {
        value = codec.pop(stack);
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^(out-of-data|corrupt)$/);
        expect(stateOf(stack)).toEqual(before);
        return;
      }
      if (!complete) return;
      codec.push(stack, value);
      expect(stateOf(stack)).toEqual(before);
    }),
    { seed, numRuns: runs },
  );
  // Down to nothing, one value after another: the end is an error, and leaves what was there.
  const stack = new BitStack({ initial: randomWords(8, seed) });
  for (let i = 0; i < 2000; i++) {
    const before = stateOf(stack);
    try {
      codec.pop(stack);
    } catch (error) {
      expect((error as { code?: string }).code).toMatch(/^(out-of-data|corrupt)$/);
      expect(stateOf(stack)).toEqual(before);
      break;
    }
  }
  for (const value of refuses) {
    const fresh = new BitStack({ initial: randomWords(words, seed) });
    const before = stateOf(fresh);
    expect(() => codec.push(fresh, value as T)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(impossible-symbol|invalid-type)$/) }),
    );
    expect(stateOf(fresh)).toEqual(before);
  }
}
