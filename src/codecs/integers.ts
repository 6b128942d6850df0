/** Codecs of whole numbers: equally likely ones of any size, and codes that make small ones short. */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { type Codec, codec } from './codec.ts';
import { log2 } from './log2.ts';
import { MAX_TOTAL } from './stack.ts';

const DIGIT_BITS = 24;

function impossible(value: unknown, min: number | bigint, max: number | bigint): SurprisalError {
  return new SurprisalError(
    'impossible-symbol',
    `a whole number from ${min} to ${max} is wanted, not ${String(value)}`,
  );
}

/**
 * The numbers 0 to n - 1, all equally likely: log2(n) bits, with no loss up to 2^24 and less than 0.001 bits above.
 *
 * @param n - How many numbers, from 1 to 2^53.
 * @throws RangeError for another n.
 */
export function uniform(n: number): Codec<number> {
  if (!(Number.isInteger(n) && n >= 1 && n <= 2 ** 53))
    throw rangeError(`uniform takes a whole number from 1 to 2^53, not ${n}: above that, use uniformBig`);
  if (n > MAX_TOTAL) {
    const big = uniformBig(BigInt(n));
    return {
      push(stack, value) {
        if (!(Number.isInteger(value) && value >= 0 && value < n)) throw impossible(value, 0, n - 1);
        big.push(stack, BigInt(value));
      },
      pop: (stack) => Number(big.pop(stack)),
      bits: (value) => big.bits(BigInt(value)),
    };
  }
  return {
    push: (stack, value) => stack.pushUniform(value, n),
    pop: (stack) => stack.popUniform(n),
    bits: () => log2(n),
  };
}

/** Numbers of `count` bits: {@link uniform} of 2^count, for 0 to 53. */
export function bits(count: number): Codec<number> {
  if (!(Number.isInteger(count) && count >= 0 && count <= 53))
    throw rangeError(`a number of bits is a whole number from 0 to 53, not ${count}`);
  return uniform(2 ** count);
}

/** true and false, equally likely. */
export const boolean: Codec<boolean> = {
  push(stack, value) {
    if (typeof value !== 'boolean') throw new SurprisalError('impossible-symbol', `true or false, not ${typeof value}`);
    stack.pushUniform(value ? 1 : 0, 2);
  },
  pop: (stack) => stack.popUniform(2) === 1,
  bits: () => 1,
};

/**
 * The numbers 0 to n - 1 as bigints, all equally likely, for n of any size. A number goes digit by digit: the top one
 * with the probabilities that n leaves to it, rounded to 2^-24, the others exactly. That loses less than 0.001 bits.
 *
 * @param n - How many numbers, from 1.
 * @throws RangeError for n below 1, TypeError when it is no bigint.
 */
export function uniformBig(n: bigint): Codec<bigint> {
  if (typeof n !== 'bigint') throw typeError(`uniformBig takes a bigint, not ${typeof n}`);
  if (n < 1n) throw rangeError(`uniformBig takes a bigint from 1, not ${n}`);
  const digits = digitsOf(n);
  const check = (value: bigint): void => {
    if (typeof value !== 'bigint' || value < 0n || value >= n) throw impossible(value, 0, n - 1n);
  };
  return codec<bigint>({
    push(stack, value) {
      check(value);
      // The digit popped last is the lowest one: it is pushed first.
      for (let i = digits.length - 1; i >= 0; i--) {
        const digit = digitOf(value, digits[i]);
        if (onEdge(value, digits[i])) pushEdge(stack, digit, digits[i]);
        else stack.pushUniform(digit, 2 ** digits[i].bits);
      }
    },
    pop(stack) {
      let value = 0n;
      let edge = true;
      for (const digit of digits) {
        const found: number = edge ? popEdge(stack, digit) : stack.popUniform(2 ** digit.bits);
        edge &&= found === digit.top;
        value = (value << BigInt(digit.bits)) | BigInt(found);
      }
      return value;
    },
    bits(value) {
      check(value);
      return digits.reduce(
        (sum, each) => sum + (onEdge(value, each) ? edgeBits(digitOf(value, each), each) : each.bits),
        0,
      );
    },
  });
}

interface Digit {
  /** Bits below this digit. */
  readonly shift: number;
  /** Bits of this digit. */
  readonly bits: number;
  /** (n - 1) >> shift: the digits down to this one of the largest number. */
  readonly last: bigint;
  /** This digit of the largest number. */
  readonly top: number;
  /** Where the largest digit's interval starts, of 2^24: those before it share what lies below equally. */
  readonly cut: number;
}

/** The digits of n - 1, highest first. The top one is short, so that rounding its probabilities costs nothing to speak of. */
function digitsOf(n: bigint): Digit[] {
  const most = n - 1n;
  const length = most.toString(2).length;
  // 10 bits at the top leave 2^14 units to each of its values; the edge matters less and less below.
  const sizes: number[] = [];
  for (let left = length; left > 0; left -= sizes[sizes.length - 1])
    sizes.push(Math.min([10, 12][sizes.length] ?? DIGIT_BITS, left));
  let shift = length;
  return sizes.map((bits) => {
    shift -= bits;
    const last = most >> BigInt(shift);
    const top = Number(last & ((1n << BigInt(bits)) - 1n));
    return { shift, bits, last, top, cut: cutOf(n, shift, bits, top) };
  });
}

/** Units of 2^24 that the digits below `top` get together, among numbers that agree with n - 1 above. */
function cutOf(n: bigint, shift: number, bits: number, top: number): number {
  if (top === 0) return 0;
  const above = ((n - 1n) >> BigInt(shift + bits)) << BigInt(shift + bits);
  const all = n - above;
  const below = BigInt(top) << BigInt(shift);
  if (shift === 0) return 0;
  const each = Number((below << BigInt(DIGIT_BITS)) / all / BigInt(top));
  return Math.max(1, Math.min(each, Math.floor((MAX_TOTAL - 1) / top))) * top;
}

function pushEdge(stack: Parameters<Codec<bigint>['push']>[0], digit: number, { top, cut, shift }: Digit): void {
  if (shift === 0) stack.pushUniform(digit, top + 1);
  else if (digit === top) stack.pushInterval(cut, MAX_TOTAL - cut, MAX_TOTAL);
  else stack.pushInterval(digit * (cut / top), cut / top, MAX_TOTAL);
}

function popEdge(stack: Parameters<Codec<bigint>['pop']>[0], { top, cut, shift }: Digit): number {
  if (shift === 0) return stack.popUniform(top + 1);
  const slot = stack.peek(MAX_TOTAL);
  if (slot >= cut) {
    stack.take(cut, MAX_TOTAL - cut, MAX_TOTAL);
    return top;
  }
  const each = cut / top;
  const digit = Math.floor(slot / each);
  stack.take(digit * each, each, MAX_TOTAL);
  return digit;
}

function edgeBits(digit: number, { top, cut, shift }: Digit): number {
  if (shift === 0) return log2(top + 1);
  return DIGIT_BITS - log2(digit === top ? MAX_TOTAL - cut : cut / top);
}

function digitOf(value: bigint, { shift, bits }: Digit): number {
  return Number((value >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n));
}

/** Whether the digits above agree with those of the largest number, so that this one may not pass its. */
function onEdge(value: bigint, { shift, bits, last }: Digit): boolean {
  return value >> BigInt(shift + bits) === last >> BigInt(bits);
}

/** Options of {@link naturals}. */
export interface NaturalsOptions {
  /** The largest number, up to 2^53 - 2. It keeps hostile bits from asking for gigabytes. */
  readonly max: number;
}

/**
 * Whole numbers from 0 when no distribution is known: as many bits for the number's length as for any other length,
 * then its digits. P(x) is about 1 / ((x + 1) ln(max)), Benford's law, so that no order of magnitude is preferred.
 * What to code a length or a size with.
 *
 * @throws RangeError for a maximum that is none.
 * @example
 * naturals({ max: 1000 }).bits(0); // log2(10): ten lengths
 */
export function naturals({ max }: NaturalsOptions): Codec<number> {
  if (!(Number.isInteger(max) && max >= 0 && max <= 2 ** 53 - 2))
    throw rangeError(`a maximum is a whole number from 0 to 2^53 - 2, not ${max}`);
  // x + 1 has `length` bits, the highest of them 1: length - 1 more follow, fewer possibilities where max cuts them.
  const lengths = bitLength(max + 1);
  const range = (length: number): number => Math.min(2 ** length - 1, max + 1) - 2 ** (length - 1) + 1;
  const rest = Array.from({ length: lengths }, (_, i) => uniform(range(i + 1)));
  return codec<number>({
    push(stack, value) {
      if (!(Number.isInteger(value) && value >= 0 && value <= max)) throw impossible(value, 0, max);
      const length = bitLength(value + 1);
      rest[length - 1].push(stack, value + 1 - 2 ** (length - 1));
      stack.pushUniform(length - 1, lengths);
    },
    pop(stack) {
      const length = stack.popUniform(lengths) + 1;
      return rest[length - 1].pop(stack) + 2 ** (length - 1) - 1;
    },
    bits(value) {
      const length = bitLength(value + 1);
      return log2(lengths) + rest[length - 1].bits(value + 1 - 2 ** (length - 1))!;
    },
  });
}

/**
 * Whole numbers of either sign, by {@link naturals} in the order 0, -1, 1, -2, 2 and so on.
 *
 * @param options - The largest absolute value, up to 2^52 - 2.
 */
export function integers({ max }: NaturalsOptions): Codec<number> {
  if (!(Number.isInteger(max) && max >= 0 && max <= 2 ** 52 - 2))
    throw rangeError(`a maximum is a whole number from 0 to 2^52 - 2, not ${max}`);
  const inner = naturals({ max: 2 * max });
  const fold = (value: number): number => {
    if (!(Number.isInteger(value) && value >= -max && value <= max)) throw impossible(value, -max, max);
    return value < 0 ? -2 * value - 1 : 2 * value;
  };
  return {
    push: (stack, value) => inner.push(stack, fold(value)),
    pop(stack) {
      const folded = inner.pop(stack);
      return folded % 2 === 1 ? -(folded + 1) / 2 : folded / 2;
    },
    bits: (value) => inner.bits(fold(value)),
  };
}

/** Bits up to the highest that is set, below 2^53. */
function bitLength(x: number): number {
  const high = Math.floor(x / 4294967296);
  return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(x);
}
