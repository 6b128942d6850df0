import { expect, it } from 'vitest';
import { oraclesGolden } from './support/oracles_golden.ts';
import golden from './vectors/oracles_golden.json' with { type: 'json' };

it('lengths of oracles are the golden ones', () => {
  expect(oraclesGolden()).toEqual(golden);
});
