import { describe, expect, it } from 'vitest';
import { deflateEncoder } from '../src/sampling/deflate-encode.ts';
import { canonicalFile, FORMATS, structured } from './support/deflate.ts';
import { randomOf } from './support/random.ts';

/** That two codes are the same, without a printout of megabytes. */
function same(code: Uint8Array, expected: Uint8Array): boolean {
  return code.length === expected.length && code.every((byte, i) => byte === expected[i]);
}

describe.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('level %i', (level) => {
  it('400 inputs are coded as by canonical zlib', { timeout: 600_000 }, () => {
    const below = randomOf(100 + level);
    const encoders = FORMATS.map((format) => deflateEncoder({ level, format }));
    for (let i = 0; i < 400; i++) {
      const data = structured(below, below([100, 3000, 30_000, 100_000][i % 4]));
      const which = below(3);
      const where = `input ${i}, ${FORMATS[which]}, ${data.length} bytes`;
      expect(same(encoders[which](data), canonicalFile(data, level, FORMATS[which])), where).toBe(true);
    }
  });

  it('so are eight million bytes', { timeout: 600_000 }, () => {
    const data = structured(randomOf(200 + level), 8_000_000);
    expect(same(deflateEncoder({ level })(data), canonicalFile(data, level, 'zlib'))).toBe(true);
  });
});
