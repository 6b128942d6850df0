import { describe, expect, it } from 'vitest';
import { kinds, survey, sweep, sweepEdges } from './support/locations.ts';

// The Gaussian is the one that models of latents use most, so it gets most of the time.
describe.each(Object.entries(kinds))('%s intervals from the table, at length', (name, kind) => {
  const share = name === 'gaussian' ? 4 : 1;

  it('are those of the exact path', () => {
    expect(sweep(kind, share * 2_000_000, 11)).toBe('');
  });

  it('are those of the exact path next to whole numbers', () => {
    const { fault, found } = sweepEdges(kind, share * 100_000, 12);
    expect(fault).toBe('');
    expect(found).toBeGreaterThan(share * 80_000);
  });

  it('have a cdf as exact as is claimed', () => {
    const { error } = survey(kind, name === 'gaussian' ? 5.5 : 17, share * 20_000_000, 13);
    expect(error).toBeLessThan(2 ** -37);
  });
});
