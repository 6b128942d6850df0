import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  erf,
  erfc,
  exp,
  expm1,
  log,
  log1p,
  logistic,
  logisticTables,
  MATH_FUNCTIONS,
  type MathFunction,
  mapMath,
  tanh,
} from '../src/kernels/math.ts';
import {
  fixed,
  erf as refErf,
  erfc as refErfc,
  exp as refExp,
  expm1 as refExpm1,
  log as refLog,
  log1p as refLog1p,
  logistic as refLogistic,
  tanh as refTanh,
  ulps,
} from './reference/special.ts';
import { goldenArguments, goldenHash } from './support/math_golden.ts';
import golden from './vectors/math_golden.json' with { type: 'json' };

const scalar = { exp, expm1, log, log1p, tanh, logistic, erf, erfc };
const exact = {
  exp: refExp,
  expm1: refExpm1,
  log: refLog,
  log1p: refLog1p,
  tanh: refTanh,
  logistic: refLogistic,
  erf: refErf,
  erfc: refErfc,
};
const DENORMAL = 5e-324;

/** Bounds of the docs, and the ranges they are held against. */
const bounds: Record<MathFunction, readonly [number, ...(readonly [number, number])[]]> = {
  exp: [0.8, [-745, 709], [-1, 1]],
  expm1: [1.1, [-40, 60], [-1, 1], [0.3, 1.1], [-2e-3, 2e-3]],
  log: [0.8, [0, 2], [0.6, 1.5], [0, 1e6]],
  log1p: [0.8, [-1, 1], [-0.3, 0.45], [0.4, 5], [-1e-5, 1e-5]],
  tanh: [2.5, [-1, 1], [0.2, 0.6], [-10, 10]],
  logistic: [2, [-40, 40], [-2, 2], [-745, 0]],
  erf: [1.5, [-0.76, 0.76], [0.7, 6]],
  erfc: [5, [-1, 1], [0.7, 6], [6, 27.3]],
};

describe('accuracy', () => {
  test.each(MATH_FUNCTIONS)('%s is within its bound of the exact value', (name) => {
    const [bound, ...spans] = bounds[name];
    const uniform = goldenArguments('logistic', 4000).filter((x) => x > -40 && x < 40);
    let at = 0;
    for (const [low, high] of spans) {
      for (let i = 0; i < 60; i++) {
        const x = low + ((high - low) * (uniform[at++] + 40)) / 80;
        const error = ulps(scalar[name](x), exact[name](fixed(x)));
        expect(error, `${name}(${x})`).toBeLessThan(bound);
      }
    }
  });

  test('denormals are exact: kept as arguments and as results', () => {
    for (const f of [expm1, log1p, tanh]) {
      expect(f(DENORMAL)).toBe(DENORMAL);
      expect(f(-3 * DENORMAL)).toBe(-3 * DENORMAL);
    }
    expect(erf(4 * DENORMAL)).toBe(5 * DENORMAL);
    expect(log(DENORMAL)).toBe(-744.4400719213812);
    for (const x of [-708.5, -720.25, -740.125, -745.1]) expect(ulps(exp(x), refExp(fixed(x)))).toBeLessThan(0.8);
    expect(logistic(-745.1)).toBe(DENORMAL);
    expect(erfc(27.2)).toBeGreaterThan(0);
  });
});

describe('limits', () => {
  const cases: [MathFunction, number, number][] = [
    ['exp', Infinity, Infinity],
    ['exp', -Infinity, 0],
    ['exp', 0, 1],
    ['exp', -0, 1],
    ['exp', 709.782712893384, 1.7976931348622732e308],
    ['exp', 709.7827128933841, Infinity],
    ['exp', -745.1332191019411, DENORMAL],
    ['exp', -745.1332191019412, 0],
    ['exp', -746, 0],
    ['expm1', Infinity, Infinity],
    ['expm1', -Infinity, -1],
    ['expm1', -0, -0],
    ['expm1', 1e300, Infinity],
    ['log', 0, -Infinity],
    ['log', -0, -Infinity],
    ['log', 1, 0],
    ['log', Infinity, Infinity],
    ['log', -1, NaN],
    ['log', -Infinity, NaN],
    ['log', 1.7976931348623157e308, 709.782712893384],
    ['log1p', -1, -Infinity],
    ['log1p', -0, -0],
    ['log1p', Infinity, Infinity],
    ['log1p', -1.0000000000000002, NaN],
    ['log1p', 1.7976931348623157e308, 709.782712893384],
    ['tanh', Infinity, 1],
    ['tanh', -Infinity, -1],
    ['tanh', -0, -0],
    ['tanh', 23, 1],
    ['logistic', Infinity, 1],
    ['logistic', -Infinity, 0],
    ['logistic', 0, 0.5],
    ['logistic', -0, 0.5],
    ['logistic', 40, 1],
    ['erf', Infinity, 1],
    ['erf', -Infinity, -1],
    ['erf', -0, -0],
    ['erf', 6.5, 1],
    ['erfc', Infinity, 0],
    ['erfc', -Infinity, 2],
    ['erfc', 0, 1],
    ['erfc', -7, 2],
    ['erfc', 28.5, 0],
  ];
  test.each(cases)('%s(%d) is %d', (name, x, y) => {
    expect(scalar[name](x)).toBe(y);
    expect(mapMath(name, Float64Array.of(x))[0]).toBe(y);
  });

  test('every NaN comes out as the one NaN', () => {
    const words = new BigUint64Array([
      0xfff8000000000000n,
      0x7ff0000000000001n,
      0xffffffffffffffffn,
      0x7ff8dead0000beefn,
    ]);
    const small = new Uint32Array([0xffc00000, 0x7f800001, 0xffffffff, 0x7fc0beef]);
    for (const name of MATH_FUNCTIONS) {
      const result = mapMath(name, new Float64Array(words.slice().buffer));
      expect([...new BigUint64Array(result.buffer)]).toEqual(Array(4).fill(0x7ff8000000000000n));
      const floats = mapMath(name, new Float32Array(small.slice().buffer));
      expect([...new Uint32Array(floats.buffer)]).toEqual(Array(4).fill(0x7fc00000));
      expect(scalar[name](NaN)).toBeNaN();
    }
    expect(new BigUint64Array(mapMath('log', Float64Array.of(-1)).buffer)[0]).toBe(0x7ff8000000000000n);
    expect(new Uint32Array(mapMath('log1p', Float32Array.of(-2)).buffer)[0]).toBe(0x7fc00000);
  });
});

describe('laws', () => {
  const real = (max: number) => fc.double({ min: -max, max, noNaN: true });
  const options = { seed: 1, numRuns: 2000 };

  test('logistic(-x) is 1 - logistic(x), exp and log undo each other, tanh and erf are odd', () => {
    fc.assert(
      fc.property(real(700), (x) => {
        expect(Math.abs(logistic(-x) - (1 - logistic(x)))).toBeLessThan(3e-16);
        expect(Math.abs(log(exp(x)) - x)).toBeLessThanOrEqual(3e-16 * Math.max(1, Math.abs(x)));
        expect(tanh(-x)).toBe(-tanh(x));
        expect(erf(-x)).toBe(-erf(x));
        expect(Math.abs(erf(x) + erfc(x) - 1)).toBeLessThan(4e-16);
      }),
      options,
    );
  });

  test('expm1 and log1p undo each other', () => {
    fc.assert(
      fc.property(real(30), (x) => {
        const tolerance = 1e-15 * Math.abs(x) + (x < 0 ? 3e-16 * exp(-x) : 0);
        expect(Math.abs(log1p(expm1(x)) - x)).toBeLessThanOrEqual(tolerance);
      }),
      options,
    );
  });

  test('a bulk call gives the bits of the scalar calls, at any length and place, in place or not', () => {
    for (const name of MATH_FUNCTIONS) {
      const input = goldenArguments(name, 9001);
      const copy = input.slice();
      const whole = mapMath(name, input);
      expect(input).toEqual(copy);
      expect(whole).toEqual(input.map((x) => scalar[name](x)));
      expect(mapMath(name, input.subarray(4090, 4103))).toEqual(whole.slice(4090, 4103));
      const floats = Float32Array.from(input);
      expect(mapMath(name, floats)).toEqual(floats.map((x) => scalar[name](x)));
      expect(mapMath(name, copy, copy)).toBe(copy);
      expect(copy).toEqual(whole);
    }
  });

  test('misuse is refused with a code', () => {
    const misuse = { code: 'invalid-argument' };
    expect(() => mapMath('sin' as MathFunction, new Float64Array(1))).toThrow(expect.objectContaining(misuse));
    expect(() => mapMath('exp', new Float64Array(2), new Float64Array(1))).toThrow(expect.objectContaining(misuse));
    const type = { code: 'invalid-type' };
    const mixed = new Float32Array(1) as Float64Array | Float32Array;
    expect(() => mapMath(`exp`, new Float64Array(1) as typeof mixed, mixed)).toThrow(expect.objectContaining(type));
    expect(() => mapMath(`exp`, mixed, new Float64Array(1))).toThrow(expect.objectContaining(type));
    expect(() => mapMath('exp', [1] as unknown as Float64Array)).toThrow(expect.objectContaining(type));
  });
});

describe('logistic tables', () => {
  const { stretch, squash } = logisticTables();

  test('are what they are defined to be', () => {
    for (let p = 1; p < 4096; p++) {
      const exact = 256 * Math.log(p / (4096 - p));
      expect(Math.abs(stretch[p] - Math.max(-2047, Math.min(2047, exact)))).toBeLessThan(0.5 + 1e-9);
    }
    for (let d = -2047; d <= 2047; d++) {
      const exact = 4096 / (1 + Math.exp(-d / 256));
      expect(Math.abs(squash[d + 2048] - Math.max(1, Math.min(4095, exact)))).toBeLessThan(0.5 + 1e-9);
    }
  });

  test('are monotone and symmetric, and squash(stretch(p)) is p within the step of stretch', () => {
    expect([stretch[0], stretch[2048], stretch[4095], squash[0], squash[2048], squash[4095]]).toEqual([
      -2047, 0, 2047, 1, 2048, 4095,
    ]);
    for (let i = 1; i < 4096; i++) {
      expect(stretch[i]).toBeGreaterThanOrEqual(stretch[i - 1]);
      expect(squash[i]).toBeGreaterThanOrEqual(squash[i - 1]);
      expect(stretch[4096 - i] + stretch[i]).toBe(0);
      expect(Math.abs(squash[stretch[i] + 2048] - i)).toBeLessThanOrEqual(2);
      if (i > 1) expect(Math.abs(squash[4096 - i] + squash[i] - 4096)).toBeLessThanOrEqual(1);
    }
  });

  test('have their golden sums', () => {
    const sum = (table: Iterable<number>) => [...table].reduce((h, v) => (Math.imul(h, 31) + v) | 0, 7);
    expect([sum(stretch), sum(squash)]).toEqual([1374515238, 1259506982]);
  });
});

describe('golden hashes', () => {
  test.each(MATH_FUNCTIONS)('a million doubles and a million floats of %s', (name) => {
    expect(goldenHash(name, 1_000_000)).toBe(golden.f64['1000000'][name]);
    expect(goldenHash(name, 1_000_000, true)).toBe(golden.f32['1000000'][name]);
    expect(goldenHash(name, 20_000)).toBe(golden.f64['20000'][name]);
  });
});
