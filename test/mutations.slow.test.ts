import { expect, test } from 'vitest';
import { runMutations } from './support/mutations.ts';

test('20,000 damaged archives', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { slowest } = await runMutations(1000, seed);
    expect(slowest).toBeLessThan(2000);
  }
});
