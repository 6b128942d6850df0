/** The worked example of multisets, with the figures that it prints. */
import { expect, it } from 'vitest';
import { multisets } from '../examples/multiset.ts';

it('a multiset saves what its order costs, whatever the elements', () => {
  const lines: string[] = [];
  const { ids, vectors } = multisets((line) => lines.push(line));
  expect(lines).toEqual([
    '10,000 ids of 32 bits: 320000 bits in order, 201541 without; saved 118459, an order holds 118458.1',
    '10,000 vectors of 4 coordinates: 208885 bits in order, 90470 without; saved 118415, an order holds 118415.6',
  ]);
  for (const { ordered, unordered, order } of [ids, vectors])
    expect(Math.abs(ordered - unordered - order)).toBeLessThan(0.001 * unordered);
});
