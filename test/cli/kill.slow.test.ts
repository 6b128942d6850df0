import { describe, expect, it } from 'vitest';
import { built } from './command.ts';
import { killAtRandom } from './kill.ts';

describe.skipIf(!built)('kill -9, fifty times', () => {
  it('never damages an original nor leaves half a result under its name', async () => {
    const { cut, leftOver } = await killAtRandom(50);
    expect(cut).toBeGreaterThan(5);
    expect(leftOver).toBeGreaterThan(0);
  }, 600_000);
});
