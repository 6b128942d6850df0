/** The same seed gives the same text in every engine, and in every version. */
import { expect, test } from 'vitest';
import { samplersGolden } from './support/samplers_golden.ts';
import golden from './vectors/samplers_golden.json' with { type: 'json' };

test('texts of every sampler', () => {
  expect(samplersGolden()).toEqual(golden);
});
