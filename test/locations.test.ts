import { describe, expect, it } from 'vitest';
import { AnsCoder } from '../src/coders/ans.ts';
import { RangeEncoder } from '../src/coders/range.ts';
import { QuantizedGaussian } from '../src/models/quantized.ts';
import { type Case, faultAt, kinds, survey, sweep, sweepEdges } from './support/locations.ts';

/** Scales up to which the tables go. */
const reaches = { gaussian: 5.5, laplace: 17, cauchy: 2 ** 24, logistic: 17 } as const;

describe.each(Object.entries(kinds))('%s intervals from the table', (name, kind) => {
  it('are those of the exact path', () => {
    expect(sweep(kind, 60_000, 1)).toBe('');
  });

  it('are those of the exact path next to whole numbers', () => {
    const { fault, found } = sweepEdges(kind, 2500, 2);
    expect(fault).toBe('');
    expect(found).toBeGreaterThan(2000);
  });

  it('have a cdf as exact as is claimed, which is nearly always enough', () => {
    const { error, unsure } = survey(kind, Math.min(reaches[name as keyof typeof reaches], 64), 200_000, 3);
    expect(error).toBeLessThan(2 ** -37);
    // A table is of use, and its claim is not empty.
    expect(error).toBeGreaterThan(0);
    expect(unsure).toBeLessThan(1e-3);
  });

  it('are those of the exact path where parameters and supports are extreme', () => {
    const tiny = Number.MIN_VALUE;
    const large = Number.MAX_VALUE;
    const scales = [tiny, 3 * tiny, 2 ** -1040, 2 ** -1022, 1e-301, 1e-300, 1.1e-300, 1e-100, 2 ** -60, 2 ** -53, 1e-9];
    scales.push(1e-3, 0.03, 0.0588, 0.0625, 0.0909, 1, 1e3, 1e9, 1e100, 9e299, 1e300, 2e300, 2 ** 1023, large);
    const supports = [
      [0, 1, 24],
      [0, 1, 12],
      [-100, 100, 24],
      [-(2 ** 31), -(2 ** 31) + 1, 24],
      [2 ** 31 - 3, 2 ** 31 - 1, 12],
      [0, 2 ** 12 - 3, 12],
      [0, 2 ** 12 - 1, 12],
      [-(2 ** 23), 2 ** 23 - 3, 24],
      [2 ** 31 - 2 ** 24, 2 ** 31 - 1, 24],
    ] as const;
    let checked = 0;
    for (const [min, max, bits] of supports)
      for (const b of scales)
        for (const a of [
          min,
          min + 0.5,
          min + 0.5 + 2 ** -53,
          (min + max) / 2,
          max - 0.5,
          max + 0.4999,
          1e5,
          -1e300,
          large,
        ]) {
          const one: Case = { kind, min, max, bits, a, b };
          const middle = Math.min(Math.max(Math.round(a), min), max);
          for (const symbol of new Set([min, min + 1, middle, middle + 1, middle - 1, max - 1, max]))
            if (symbol >= min && symbol <= max) {
              const fault = faultAt(one, symbol);
              if (fault !== '') expect.fail(fault);
              checked++;
            }
        }
    expect(checked).toBeGreaterThan(5000);
  });

  it('are those of the exact path on both sides of the ends of the table', () => {
    for (const reach of [0, 5.5, 7.75, 8, 8.25, 8.5, 17, 34, 36, 37, 38, 40, 2 ** 24, 2 ** 53])
      for (const sign of [-1, 1])
        for (let step = -200; step <= 200; step++) {
          const b = 1 + step / 64;
          if (b <= 0) continue;
          for (const bits of [12, 24]) {
            const one: Case = { kind, min: -50, max: 50, bits, a: 0.5 - sign * reach * b * (1 + step * 2 ** -50), b };
            const fault = faultAt(one, 1) || faultAt(one, 0);
            if (fault !== '') expect.fail(fault);
          }
        }
  });
});

describe('parameters that the kernel looks at as they pass', () => {
  const n = 10_000;
  const family = new QuantizedGaussian(-100, 100);
  const means = new Float64Array(n);
  const stds = new Float64Array(n).fill(3);
  const symbols = new Int32Array(n);

  it.each([
    ['mean', 0, 9999, Number.NaN],
    ['mean', 0, 5000, Number.POSITIVE_INFINITY],
    ['std', 1, 4096, 0],
    ['std', 1, 4095, -1],
    ['std', 1, 1, Number.NEGATIVE_INFINITY],
  ])('are refused: %s, array %d, index %d, %d', (name, which, index, value) => {
    const bad = [means.slice(), stds.slice()];
    bad[which][index] = value;
    const coder = new AnsCoder();
    coder.encodeReverse(symbols, family, means, stds);
    const before = coder.getCompressed();
    const wanted = expect.objectContaining({
      code: 'invalid-argument',
      message: expect.stringMatching(`${name} is .*, not ${value}, which is at ${index}`),
    });
    expect(() => coder.encodeReverse(symbols, family, bad[0], bad[1])).toThrow(wanted);
    expect(() => coder.decode(family, bad[0], bad[1])).toThrow(wanted);
    expect(() => new RangeEncoder().encode(symbols, family, bad[0], bad[1])).toThrow(wanted);
    expect(coder.getCompressed()).toEqual(before);
    expect(coder.decode(family, means, stds)).toEqual(symbols);
  });

  it('may be single-precision', () => {
    const coder = new AnsCoder();
    const single = Float32Array.from(stds, (std, i) => std + i / 7);
    coder.encodeReverse(symbols, family, means, single);
    expect(coder.decode(family, means, Float64Array.from(single))).toEqual(symbols);
    single[7000] = 0;
    expect(() => coder.encodeReverse(symbols, family, means, single)).toThrow('which is at 7000');
  });
});
