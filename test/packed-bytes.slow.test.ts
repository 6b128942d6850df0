import { expect, test } from 'vitest';
import { damagePacked } from './support/packed.ts';

test('20,000 damaged packings', () => {
  for (let seed = 1; seed <= 20; seed++) expect(damagePacked(1000, seed).get('other bytes')).toBeUndefined();
});
