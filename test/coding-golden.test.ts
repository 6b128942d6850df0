/** The coders' words are the same everywhere and in every version; test/engines holds other engines to them. */
import { expect, test } from 'vitest';
import { codingGolden } from './support/coding_golden.ts';
import golden from './vectors/coding_golden.json' with { type: 'json' };

test('words of every model with every coder, in bulk and one by one', () => {
  expect(codingGolden()).toEqual(golden);
});
