/** Image models learn and code alike everywhere and in every version; test/engines holds other engines to them. */
import { expect, test } from 'vitest';
import { imagesGolden } from './support/images_golden.ts';
import golden from './vectors/images_golden.json' with { type: 'json' };

test('weights and words of image models', () => {
  expect(imagesGolden()).toEqual(golden);
});
