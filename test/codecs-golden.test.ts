/** The words of codecs are the same everywhere and in every version; test/engines holds other engines to them. */
import { expect, test } from 'vitest';
import { codecsGolden } from './support/codecs_golden.ts';
import golden from './vectors/codecs_golden.json' with { type: 'json' };

test('words of codecs and structures', () => {
  expect(codecsGolden()).toEqual(golden);
});
