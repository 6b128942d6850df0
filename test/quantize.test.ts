import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Categorical } from '../src/models/categorical.ts';
import { quantizedPerfectly } from './reference/quantize.ts';

const sizes = fc.oneof(fc.integer({ min: 2, max: 20 }), fc.integer({ min: 2, max: 400 }));
const probability = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: 1e-12, max: 1e-4, noNaN: true }),
  // Few different ones, so that there are ties.
  fc.constantFrom(0, 1e-9, 1e-3, 0.125, 0.25, 1),
);

test.each([24, 12] as const)(
  'perfect models of %i bits equal the reference, which looks at all symbols',
  (precision) => {
    fc.assert(
      fc.property(
        sizes.chain((n) => fc.array(probability, { minLength: n, maxLength: n })),
        (list) => {
          const probabilities = Float64Array.from(list.every((p) => p === 0) ? list.map(() => 1) : list);
          fc.pre(probabilities.reduce((a, b) => a + b, 0) > 1e-300);
          const { kernel } = new Categorical(probabilities, { perfect: true, precision });
          expect([...(kernel as { table: Uint32Array }).table]).toEqual(quantizedPerfectly(probabilities, precision));
        },
      ),
      { seed: 17, numRuns: 400 },
    );
  },
);

test('thousands of symbols whose units change hands often', () => {
  const probabilities = Float64Array.from({ length: 3000 }, (_, i) => 1 / (i + 1) ** 1.5);
  const { kernel } = new Categorical(probabilities, { perfect: true, precision: 12 });
  expect([...(kernel as { table: Uint32Array }).table]).toEqual(quantizedPerfectly(probabilities, 12));
});
