/** Multisets, and the order statistics below them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tuple } from '../src/codecs/compose.ts';
import { uniform, uniformBig } from '../src/codecs/integers.ts';
import { fromModel } from '../src/codecs/models.ts';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { text } from '../src/codecs/text.ts';
import { Categorical } from '../src/models/categorical.ts';
import { multiset } from '../src/structures/multiset.ts';
import { byNumber, byText, OrderedMultiset } from '../src/structures/ordered.ts';
import { checkCodec } from './support/codecs.ts';

describe('an ordered multiset', () => {
  it('is what a sorted array is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 400 }),
        fc.array(fc.tuple(fc.boolean(), fc.nat()), { maxLength: 600 }),
        (initial, steps) => {
          const set = OrderedMultiset.of(initial, byNumber);
          const plain = [...initial].sort(byNumber);
          for (const [add, x] of steps) {
            if (add || plain.length === 0) {
              const value = x % 1000;
              const place = set.add(value);
              plain.push(value);
              plain.sort(byNumber);
              expect(place).toEqual({
                value,
                below: plain.indexOf(value),
                count: plain.lastIndexOf(value) - plain.indexOf(value) + 1,
              });
            } else {
              const rank = x % plain.length;
              const value = plain[rank];
              const below = plain.indexOf(value);
              expect(set.at(rank)).toEqual({ value, below, count: plain.lastIndexOf(value) - below + 1 });
              set.removeAt(rank);
              plain.splice(rank, 1);
            }
            expect(set.size).toBe(plain.length);
          }
          expect(set.values()).toEqual(plain);
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it('grows to many levels', () => {
    const set = new OrderedMultiset<number>(byNumber);
    for (let i = 0; i < 20000; i++) set.add((i * 7919) % 20011);
    for (let rank = 0; rank < 20000; rank += 371) expect(set.at(rank).below).toBe(rank);
    expect(() => set.at(20000)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(() => set.at(-1)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  });
});

describe('multisets', () => {
  const sorted = (list: number[]) => [...list].sort(byNumber);

  it('are codecs', () => {
    checkCodec(multiset(uniform(10), { size: 12 }), {
      values: fc.array(fc.nat(9), { minLength: 12, maxLength: 12 }).map(sorted),
      refuses: [new Array(11).fill(0), [...new Array(11).fill(0), 10], 'x', new Array(12).fill(Number.NaN)],
    });
    checkCodec(multiset(uniformBig(10n ** 30n), { maxSize: 9 }), {
      values: fc
        .array(fc.bigInt(0n, 10n ** 30n - 1n), { maxLength: 9 })
        .map((list) => list.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))),
      refuses: [new Array(10).fill(1n)],
    });
    checkCodec(multiset(text({ maxLength: 40 }), { maxSize: 20 }), {
      values: fc.array(fc.string({ maxLength: 3 }), { maxLength: 20 }).map((list) => list.sort(byText)),
      complete: false,
      words: 300,
    });
    checkCodec(multiset(tuple(uniform(3), uniform(3)), { size: 5 }), {
      values: fc
        .array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: 5, maxLength: 5 })
        .map((list) => list.sort((a, b) => a[0] - b[0] || a[1] - b[1])),
    });
    checkCodec(multiset(multiset(uniform(4), { size: 2 }), { size: 3 }), {
      values: fc.constant<number[][]>([
        [0, 1],
        [0, 3],
        [2, 2],
      ]),
    });
  });

  it('do not depend on the order that they come in', () => {
    const codec = multiset(uniform(1000), { size: 50 });
    const list = Array.from({ length: 50 }, (_, i) => (i * i * 37) % 1000);
    const words = [list, [...list].reverse(), sorted(list)].map((each) => {
      const stack = new BitStack({ initial: randomWords(2, 1) });
      codec.push(stack, each);
      return [...stack.getCompressed()];
    });
    expect(words[1]).toEqual(words[0]);
    expect(words[2]).toEqual(words[0]);
  });

  it('saves what an order costs', () => {
    const weights = Array.from({ length: 100 }, (_, i) => 1 / (i + 1));
    const codec = multiset(fromModel(new Categorical(weights, { perfect: true })), { size: 3000 });
    const list = Array.from({ length: 3000 }, (_, i) => Math.floor(100 * ((i * 0.618034) % 1) ** 3));
    const stack = new BitStack({ initial: randomWords(1, 1) });
    const before = stack.exactBits();
    codec.push(stack, list);
    expect(Math.abs(stack.exactBits() - before - codec.bits(list)!)).toBeLessThan(1);
    expect(codec.pop(stack)).toEqual(sorted(list));
    expect(stack.netBits()).toBe(0);
  });

  it('says what it cannot take', () => {
    expect(() => multiset(uniform(2), {})).toThrow(expect.objectContaining({ code: 'invalid-type' }));
    expect(() => multiset(uniform(2), { size: 1, maxSize: 2 })).toThrow(
      expect.objectContaining({ code: 'invalid-type' }),
    );
    expect(() => multiset(uniform(2), { size: -1 })).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    const objects = multiset(uniform(2) as never, { size: 2 });
    expect(() => objects.push(new BitStack({ initial: randomWords(4) }), [{}, {}] as never)).toThrow(
      expect.objectContaining({ code: 'invalid-type' }),
    );
  });
});
