/**
 * Multisets of what has a codec of its own: ids, and vectors.
 *
 *     npx tsx examples/multiset.ts
 *
 * In a project of your own, import from 'surprisal/structures/multiset.js' and so on in place of '../src/'.
 *
 * A set of 10,000 random ids of 32 bits holds less than 320,000 bits: whoever writes them down in some order also writes
 * down that order, log2(10000!) = 118,458 bits of it, which nobody asked for. And 10,000 vectors with a codec for their
 * coordinates are no different: `multiset` takes any codec, and gives the order's bits back (Severo, Townsend, Khisti,
 * Makhzani and Ullrich, "Compressing multisets with large alphabets", arXiv:2107.09202, 2022).
 */
import type { Codec } from '../src/codecs/codec.ts';
import { repeat } from '../src/codecs/compose.ts';
import { uniform } from '../src/codecs/integers.ts';
import { log2 } from '../src/codecs/log2.ts';
import { fromModel } from '../src/codecs/models.ts';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { QuantizedGaussian } from '../src/models/quantized.ts';
import { multiset } from '../src/structures/multiset.ts';

/** What a list of elements takes with its order and without, in bits. */
export interface Cost {
  readonly ordered: number;
  readonly unordered: number;
  /** log2(n! / (m1! m2! ...)), what an order holds. */
  readonly order: number;
}

/** Codes the elements as a list and as a multiset, and checks that the multiset comes back. */
export function costOf<T>(element: Codec<T>, list: readonly T[], compare?: (a: T, b: T) => number): Cost {
  const size = list.length;
  const ordered = new BitStack();
  repeat(element, size).push(ordered, [...list]);
  const codec = multiset(element, { size, compare });
  const unordered = new BitStack({ initial: randomWords(1, 1) });
  codec.push(unordered, [...list]);
  const bits = unordered.netBits();
  const back = codec.pop(unordered);
  if (unordered.netBits() !== 0 || back.length !== size) throw new Error('the multiset does not come back');
  let order = 0;
  const copies = new Map<string, number>();
  for (const [i, value] of back.entries()) {
    const name = String(value);
    copies.set(name, (copies.get(name) ?? 0) + 1);
    order += log2(i + 1) - log2(copies.get(name)!);
  }
  return { ordered: ordered.netBits(), unordered: bits, order };
}

/** Runs the example; what it finds is printed line by line. */
export function multisets(print: (line: string) => void): { ids: Cost; vectors: Cost } {
  const say = (what: string, { ordered, unordered, order }: Cost): void =>
    print(
      `${what}: ${ordered} bits in order, ${unordered} without; saved ${ordered - unordered}, an order holds ${order.toFixed(1)}`,
    );
  const n = 10_000;
  const ids = costOf(uniform(2 ** 32), [...randomWords(n, 7)]);
  say('10,000 ids of 32 bits', ids);
  // Vectors of four coordinates in steps of 1, each Gaussian.
  const coordinate = new QuantizedGaussian(-64, 64, 0, 9);
  const source = new BitStack({ initial: randomWords(8 * n, 3) });
  const vector = repeat(fromModel(coordinate), 4);
  const sampled = repeat(vector, n).pop(source);
  const vectors = costOf(vector, sampled);
  say('10,000 vectors of 4 coordinates', vectors);
  return { ids, vectors };
}

if (typeof process !== 'undefined' && process.argv?.[1]?.replaceAll('\\', '/').endsWith('examples/multiset.ts'))
  multisets(console.log);
