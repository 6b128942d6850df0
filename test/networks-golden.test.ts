/** The same training gives the same weights everywhere and in every version; test/engines holds other engines to it. */
import { expect, test } from 'vitest';
import { networksGolden } from './support/networks_golden.ts';
import golden from './vectors/networks_golden.json' with { type: 'json' };

test('a training run through all layers, losses and optimisers', () => {
  expect(networksGolden()).toEqual(golden);
});
