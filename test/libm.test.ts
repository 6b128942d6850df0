import { expect, test } from 'vitest';
import { type Libm, modelKernel } from '../src/kernels/models.ts';
import vectors from './vectors/constriction_models.json' with { type: 'json' };

const view = new DataView(new ArrayBuffer(8));
const number = (bits: string): number => {
  view.setBigUint64(0, BigInt(`0x${bits}`));
  return view.getFloat64(0);
};
const bitsOf = (x: number): string => {
  view.setFloat64(0, x);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
};

const names: Record<string, keyof Libm | 'normalQuantile'> = {
  lgamma_r: 'lgamma',
  'probability::Gaussian(0,1).inverse': 'normalQuantile',
};

test.each(vectors.libm.map((one) => [one.fn, one] as const))('%s has the bits of libm 0.2.16', (fn, one) => {
  const f = modelKernel()[names[fn] ?? (fn as keyof Libm)] as (...x: number[]) => number;
  const got = one.in_f64_bits.map((x) => bitsOf(f(...(typeof x === 'string' ? [x] : x).map(number))));
  expect(one.in_f64_bits.length).toBeGreaterThanOrEqual(100);
  expect(got).toEqual(one.out_f64_bits);
});

test('the ends of the functions', () => {
  const { exp, log, log1p, atan, erf, erfc, lgamma, pow } = modelKernel();
  const { POSITIVE_INFINITY: most, NEGATIVE_INFINITY: least, NaN: none, MIN_VALUE: tiny } = Number;
  const cases: readonly (readonly [number, number])[] = [
    [exp(most), most],
    [exp(least), 0],
    [exp(709.79), most],
    [exp(-745.14), 0],
    [exp(-745.13), tiny],
    [exp(-0), 1],
    [exp(none), none],
    [log(0), least],
    [log(-0), least],
    [log(-1), none],
    [log(most), most],
    [log(tiny), -744.4400719213812],
    [log(1), 0],
    [log1p(-1), least],
    [log1p(-2), none],
    [log1p(most), most],
    [log1p(tiny), tiny],
    [log1p(-0), -0],
    [atan(most), Math.PI / 2],
    [atan(least), -Math.PI / 2],
    [atan(-0), -0],
    [atan(none), none],
    [erf(most), 1],
    [erf(least), -1],
    [erf(7), 1],
    [erf(-0), -0],
    [erfc(most), 0],
    [erfc(least), 2],
    [erfc(27), 105999 * tiny],
    [erfc(-30), 2],
    [erfc(none), none],
    [lgamma(1), 0],
    [lgamma(2), 0],
    [lgamma(0), most],
    [lgamma(most), most],
    [lgamma(-1), none],
    [pow(0, 3), 0],
    [pow(0, -3), most],
    [pow(2, 10), 1024],
    [pow(2, -1074), tiny],
    [pow(2, 1024), most],
    [pow(0.5, 3e9), 0],
    [pow(2, 3e9), most],
    [pow(1 - 2 ** -53, 2 ** 33), 0.9999990463261383],
    [pow(1, 1e300), 1],
    [pow(3, 0), 1],
    [pow(-2, 2), none],
    [pow(2, none), none],
  ];
  for (const [got, want] of cases) expect(bitsOf(got)).toBe(bitsOf(want));
});

test('erfc is 1 - erf to a unit in the last place of 1', () => {
  const { erf, erfc } = modelKernel();
  for (let x = -6; x <= 6; x += 0.01) expect(Math.abs(erf(x) + erfc(x) - 1)).toBeLessThan(2 ** -51);
});
