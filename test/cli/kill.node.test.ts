import { describe, expect, it } from 'vitest';
import { built } from './command.ts';
import { killAtRandom } from './kill.ts';

describe.skipIf(!built)('kill -9', () => {
  it('never damages an original nor leaves half a result under its name', async () => {
    const { cut } = await killAtRandom(5);
    expect(cut).toBeGreaterThan(0);
  }, 120_000);
});
