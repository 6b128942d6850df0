/** Laws that every instance of an interface is tested with. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { BitModel } from '../../src/sequence/online-bits.ts';

/** A BitModel with a way back, as {@link checkBitModel} needs it. */
export interface UndoableBitModel<Mark> extends BitModel {
  mark(): Mark;
  rollback(mark: Mark): void;
  release(mark: Mark): void;
}

/** Options of {@link checkBitModel}. */
export interface CheckOptions {
  seed: number;
  /** Programs of marks, bits and rollbacks that are run. */
  runs: number;
  /** Bytes learnt before each program. */
  warm?: Uint8Array;
  /** Bits of the data that programs draw from. */
  data?: Uint8Array;
  /** Bits after which both models are compared once more. */
  probe?: number;
}

type Step =
  | { readonly do: 'bits'; readonly n: number; readonly from: number }
  | { readonly do: Verb; readonly i: number };
type Verb = 'mark' | 'rollback' | 'release';

const verb = (name: Verb, weight: number) => ({
  weight,
  arbitrary: fc.record({ do: fc.constant(name), i: fc.nat(20) }),
});

const steps = (length: number): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof<{ weight: number; arbitrary: fc.Arbitrary<Step> }[]>(
      {
        weight: 5,
        arbitrary: fc.record({ do: fc.constant('bits'), n: fc.integer({ min: 1, max: 40 }), from: fc.nat(length) }),
      },
      verb('mark', 4),
      verb('rollback', 3),
      verb('release', 1),
    ),
    { minLength: 3, maxLength: 40 },
  );

const bitAt = (bytes: Uint8Array, i: number) => (bytes[(i >> 3) % bytes.length] >> (7 - (i & 7))) & 1;

export function learnBytes(model: BitModel, bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length * 8; i++) model.update(bitAt(bytes, i));
}

/**
 * Probabilities lie in 1..65535 and asking for one changes nothing; the same bits give the same probabilities; after any
 * program of bits, nested marks, rollbacks and releases the model is to the bit what a new one is that never saw the
 * bits that were taken back.
 */
export function checkBitModel<Mark>(create: () => UndoableBitModel<Mark>, options: CheckOptions): void {
  const { seed, runs, warm = new Uint8Array(0), probe = 64 } = options;
  const data = options.data ?? new TextEncoder().encode('she sells sea shells, she sells sea shells by the sea');
  fc.assert(
    fc.property(steps(data.length * 8), (program) => {
      const model = create();
      learnBytes(model, warm);
      // What has happened and was not taken back: bits, each with what was predicted before it.
      const bits: number[] = [];
      const predicted: number[] = [];
      let marks: { mark: Mark; length: number }[] = [];
      const see = (bit: number) => {
        const p = model.predict();
        if (p !== model.predict() || !Number.isInteger(p) || p < 1 || p > 65535) throw new Error(`probability ${p}`);
        predicted.push(p);
        bits.push(bit);
        model.update(bit);
      };
      for (const step of program) {
        if (step.do === 'bits') for (let k = 0; k < step.n; k++) see(bitAt(data, step.from + k));
        else if (step.do === 'mark') marks.push({ mark: model.mark(), length: bits.length });
        else if (marks.length > 0) {
          const i = step.i % marks.length;
          if (step.do === 'release') model.release(marks[i].mark);
          else {
            model.rollback(marks[i].mark);
            bits.length = predicted.length = marks[i].length;
          }
          marks = marks.slice(0, i);
        }
      }
      for (let k = 0; k < probe; k++) see(bitAt(data, k));
      const fresh = create();
      learnBytes(fresh, warm);
      const expected = bits.map((bit) => {
        const p = fresh.predict();
        fresh.update(bit);
        return p;
      });
      expect(predicted).toEqual(expected);
    }),
    { seed, numRuns: runs },
  );
}
