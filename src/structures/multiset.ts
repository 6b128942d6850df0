/**
 * Multisets: what has elements but no order. Severo, Townsend, Khisti, Makhzani and Ullrich, "Compressing multisets
 * with large alphabets", arXiv:2107.09202 (2022).
 *
 * The order is the latent variable. To push a multiset: while it has elements, pop one of them from the stack, each
 * copy equally likely, remove it, and push it with its own codec. What choosing takes off the stack,
 * log2(n! / (m1! m2! ...)) bits, is what an order would have cost.
 */
import { type Codec, codec } from '../codecs/codec.ts';
import { naturals, uniform } from '../codecs/integers.ts';
import { log2 } from '../codecs/log2.ts';
import { type BitStack, MAX_TOTAL } from '../codecs/stack.ts';
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { byBigint, byElements, byNumber, byText, type Compare, OrderedMultiset, sortedBy } from './ordered.ts';

/** How a multiset is coded. One of `size` and `maxSize` has to be there. */
export interface MultisetOptions<T> {
  /** Number of elements, when both sides know it. */
  readonly size?: number;
  /** The most elements: then their number is coded too. */
  readonly maxSize?: number;
  /**
   * A total order of the elements. 0 means that two are one and the same, and only either of them comes back. Default:
   * numbers, bigints, texts and arrays of numbers by their values.
   */
  readonly compare?: Compare<T>;
}

/** The order of whatever values these are. */
function naturalOrder(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return byNumber(a, b);
  if (typeof a === 'string' && typeof b === 'string') return byText(a, b);
  if (typeof a === 'bigint' && typeof b === 'bigint') return byBigint(a, b);
  if (isNumbers(a) && isNumbers(b)) return byElements(a, b);
  throw typeError('these elements have no order of their own: give the multiset a compare function');
}

function isNumbers(value: unknown): value is ArrayLike<number> {
  return (
    (Array.isArray(value) && value.every((x) => typeof x === 'number')) ||
    (ArrayBuffer.isView(value) && !(value instanceof DataView))
  );
}

/**
 * The codec of multisets of elements that `element` codes. Pushed arrays may be in any order; popped ones are sorted.
 * A push pops bits before it pushes any: at most log2 of the size of them, so one initial word is enough.
 *
 * @throws RangeError for a size that is none, TypeError when neither `size` nor `maxSize` is given.
 * @example
 * const codec = multiset(uniform(1000), { size: 4 });
 * codec.push(stack, [7, 3, 7, 900]);
 * codec.pop(stack); // [3, 7, 7, 900]
 */
export function multiset<T>(element: Codec<T>, options: MultisetOptions<T>): Codec<T[]> {
  const { size, maxSize, compare = naturalOrder as Compare<T> } = options;
  if ((size === undefined) === (maxSize === undefined)) throw typeError('a multiset takes either a size or a maxSize');
  const most = (size ?? maxSize)!;
  if (!(Number.isInteger(most) && most >= 0 && most <= 2 ** 31))
    throw rangeError(`the size of a multiset is a whole number from 0 to 2^31, not ${most}`);
  const length = maxSize === undefined ? undefined : naturals({ max: maxSize });
  const check = (values: readonly T[]): void => {
    if (!Array.isArray(values)) throw new SurprisalError('impossible-symbol', 'a multiset is given as an array');
    if (size !== undefined ? values.length !== size : values.length > most)
      throw new SurprisalError(
        'impossible-symbol',
        `the multiset has ${values.length} elements, not ${size === undefined ? `at most ${most}` : size}`,
      );
    for (const value of values)
      if (typeof value === 'number' && Number.isNaN(value))
        throw new SurprisalError('impossible-symbol', 'NaN has no place in an order');
  };
  return codec<T[]>({
    push(stack, values) {
      check(values);
      const left = OrderedMultiset.of(values, compare);
      while (left.size > 0) element.push(stack, sampleFrom(stack, left));
      length?.push(stack, values.length);
    },
    pop(stack) {
      const count = length === undefined ? size! : length.pop(stack);
      const found = new OrderedMultiset(compare);
      for (let i = 0; i < count; i++) returnTo(stack, found, element.pop(stack));
      return found.values();
    },
    bits(values) {
      check(values);
      let sum: number | undefined = length?.bits(values.length) ?? 0;
      const sorted = sortedBy(values, compare);
      let copies = 0;
      for (let i = 0; i < sorted.length; i++) {
        const each = element.bits(sorted[i]);
        if (each === undefined) return undefined;
        copies = i > 0 && compare(sorted[i - 1], sorted[i]) === 0 ? copies + 1 : 1;
        sum += each - log2(i + 1) + log2(copies);
      }
      return sum;
    },
  });
}

/** Pops one of the elements, each copy equally likely, and removes it: sampling without replacement. */
export function sampleFrom<T>(stack: BitStack, from: Pick<OrderedMultiset<T>, 'size' | 'removeAt'>): T {
  const { size } = from;
  if (size <= MAX_TOTAL) {
    const { value, below, count } = from.removeAt(stack.peek(size));
    stack.take(below, count, size);
    return value;
  }
  // Totals that no single step has: the rank is popped whole, and where it lies among the copies goes back.
  const rank = uniform(size).pop(stack);
  const { value, below, count } = from.removeAt(rank);
  uniform(count).push(stack, rank - below);
  return value;
}

/** Undoes {@link sampleFrom}: adds the element and pushes which of them it is. Returns how many copies there are now. */
export function returnTo<T>(stack: BitStack, to: OrderedMultiset<T>, value: T): number {
  const { below, count } = to.add(value);
  const { size } = to;
  if (size <= MAX_TOTAL) stack.pushInterval(below, count, size);
  else uniform(size).push(stack, below + uniform(count).pop(stack));
  return count;
}
