import { describe, expect, it } from 'vitest';
import { PpmModel } from '../src/sequence/ppm.ts';
import { checkSequenceModel } from './support/sequences.ts';

describe('PPM', () => {
  for (const order of [1, 2, 5, 16])
    it(`order ${order} keeps the laws of sequence models`, () => {
      checkSequenceModel(() => new PpmModel({ order, memory: 2 ** 20 }), { seed: order, runs: 30 });
    });

  it('refuses orders and amounts of memory that it does not have', () => {
    for (const order of [0, 17, 1.5, Number.NaN]) expect(() => new PpmModel({ order })).toThrow(RangeError);
    for (const memory of [0, 2 ** 20 - 1, 2 ** 30 + 1, 2 ** 20 + 0.5])
      expect(() => new PpmModel({ memory })).toThrow(RangeError);
  });
});
