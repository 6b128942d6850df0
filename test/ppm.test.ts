import { describe, expect, it } from 'vitest';
import { decodeSymbols, encodeSymbols } from '../src/sequence/coding.ts';
import { PpmModel } from '../src/sequence/ppm.ts';
import { ReferencePpm } from './reference/ppm.ts';
import { counting, json, mixture, noise, words } from './support/inputs.ts';
import { ppmGolden } from './support/ppm_golden.ts';
import { randomOf } from './support/random.ts';
import { checkSequenceModel, sumOfIntervals } from './support/sequences.ts';
import golden from './vectors/ppm_golden.json' with { type: 'json' };

const SMALL = 2 ** 16;

function teach(model: PpmModel, bytes: Uint8Array): PpmModel {
  for (const byte of bytes) model.update(byte);
  return model;
}

/** Steps through bytes with the kernel and its reference; intervals must be equal at every step. */
function sameAsReference(order: number, memory: number, bytes: Uint8Array): PpmModel {
  const model = new PpmModel({ order, memory });
  const reference = new ReferencePpm(order, memory);
  const cuts = new Uint32Array(257);
  const expected = new Uint32Array(257);
  for (const [at, byte] of bytes.entries()) {
    model.intervals(cuts);
    reference.intervals(expected);
    for (let s = 0; s <= 256; s++)
      if (cuts[s] !== expected[s])
        throw new Error(`order ${order}, byte ${at}: interval ${s} starts at ${cuts[s]}, not ${expected[s]}`);
    model.update(byte);
    reference.update(byte);
  }
  expect(model.restarts).toBe(reference.restarts);
  return model;
}

/** Letters of a small alphabet, which fill memory with contexts. */
function letters(length: number, size: number): Uint8Array {
  const random = randomOf(size);
  return Uint8Array.from({ length }, () => 97 + random(size));
}

describe('PPM', () => {
  for (const order of [1, 2, 5, 16])
    it(`order ${order} keeps the laws of sequence models`, () => {
      checkSequenceModel(() => new PpmModel({ order, memory: 2 ** 20 }), { seed: order, runs: 20 });
      checkSequenceModel(() => new PpmModel({ order, memory: SMALL }), {
        seed: order,
        runs: 4,
        warm: words(1500),
        data: mixture(700),
        step: 300,
      });
    });

  for (const order of [1, 3, 6, 16])
    it(`order ${order} is the reference, bit for bit`, () => {
      sameAsReference(order, 2 ** 20, words(900));
      sameAsReference(order, 2 ** 20, json(600));
      sameAsReference(order, 2 ** 20, noise(500));
    });

  it('halves frequencies as the reference does', () => {
    // 31 of the same halve a frequency; others keep the context from being one of a single symbol.
    const bytes = Uint8Array.from({ length: 900 }, (_, i) => (i % 7 === 0 ? 98 + (i % 3) : 97));
    for (const order of [1, 4]) sameAsReference(order, 2 ** 20, bytes);
  });

  it('has contexts that know every byte, as the reference has', () => {
    sameAsReference(
      2,
      2 ** 20,
      Uint8Array.from({ length: 1100 }, (_, i) => (i % 2 === 0 ? 7 : (i >> 1) * 37)),
    );
  });

  it('starts again when memory is full, as the reference does', () => {
    for (const order of [2, 16])
      expect(sameAsReference(order, SMALL, letters(2800, order === 2 ? 40 : 4)).restarts).toBeGreaterThan(0);
  });

  it('goes back over a restart, and over more than its log holds', () => {
    const start = words(500);
    const more = letters(6000, 12);
    const model = teach(new PpmModel({ order: 8, memory: SMALL }), start);
    const cuts = new Uint32Array(257);
    const outer = model.mark();
    const sums: number[] = [];
    teach(model, more.subarray(0, 3000));
    const inner = model.mark();
    sums.push(sumOfIntervals(model, cuts));
    teach(model, more.subarray(3000));
    expect(model.restarts).toBeGreaterThan(1);
    model.rollback(inner);
    sums.push(sumOfIntervals(model, cuts));
    expect(sums[1]).toBe(sums[0]);
    teach(model, more.subarray(3000));
    model.rollback(outer);
    expect(model.restarts).toBe(0);
    const fresh = teach(new PpmModel({ order: 8, memory: SMALL }), start);
    const expected = new Uint32Array(257);
    for (const byte of words(700)) {
      model.intervals(cuts);
      fresh.intervals(expected);
      expect(cuts).toEqual(expected);
      model.update(byte);
      fresh.update(byte);
    }
  });

  it('learns the same whether it is asked or not', () => {
    const bytes = mixture(3000);
    const asked = new PpmModel({ order: 5 });
    const cuts = new Uint32Array(257);
    for (const byte of bytes) {
      asked.intervals(cuts);
      asked.update(byte);
    }
    expect(sumOfIntervals(asked, cuts)).toBe(sumOfIntervals(teach(new PpmModel({ order: 5 }), bytes), cuts));
  });

  it('comes back through the range coder', () => {
    for (const bytes of [words(5000), noise(2000), counting(2000), new Uint8Array(0), new Uint8Array(5000)]) {
      const coded = encodeSymbols(new PpmModel({ order: 4 }), bytes);
      expect(decodeSymbols(new PpmModel({ order: 4 }), coded, bytes.length)).toEqual(bytes);
    }
  });

  it('predicts what its golden sums say', () => {
    expect(ppmGolden()).toEqual(golden);
  });

  it('refuses orders and amounts of memory that it does not have', () => {
    for (const order of [0, 17, 1.5, Number.NaN]) expect(() => new PpmModel({ order })).toThrow(RangeError);
    for (const memory of [0, 2 ** 16 - 1, 2 ** 30 + 1, 2 ** 20 + 0.5])
      expect(() => new PpmModel({ memory })).toThrow(RangeError);
  });
});
