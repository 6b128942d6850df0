import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  atan,
  digamma,
  erf,
  erfc,
  exp,
  expm1,
  incompleteBeta,
  lgamma,
  log,
  log1p,
  logistic,
  logisticTables,
  MATH_FUNCTIONS,
  type MathFunction,
  mapMath,
  normalQuantile,
  tanh,
} from '../src/kernels/math.ts';
import {
  atan as refAtan,
  digamma as refDigamma,
  incompleteBeta as refIncompleteBeta,
  lgamma as refLgamma,
  normalQuantile as refNormalQuantile,
} from './reference/gamma.ts';
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
  toNumber,
  ulps,
} from './reference/special.ts';
import { goldenArguments, goldenHash } from './support/math_golden.ts';
import golden from './vectors/math_golden.json' with { type: 'json' };

const scalar = { exp, expm1, log, log1p, tanh, logistic, erf, erfc, atan, lgamma, digamma, normalQuantile };
/** The exact value; what the function gave may be where a search for it starts. */
const exact: Record<MathFunction, (x: number, near: number) => bigint> = {
  exp: (x) => refExp(fixed(x)),
  expm1: (x) => refExpm1(fixed(x)),
  log: (x) => refLog(fixed(x)),
  log1p: (x) => refLog1p(fixed(x)),
  tanh: (x) => refTanh(fixed(x)),
  logistic: (x) => refLogistic(fixed(x)),
  erf: (x) => refErf(fixed(x)),
  erfc: (x) => refErfc(fixed(x)),
  atan: refAtan,
  lgamma: refLgamma,
  digamma: refDigamma,
  normalQuantile: refNormalQuantile,
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
  atan: [0.9, [-0.5, 0.5], [0, 3], [-40, 40]],
  lgamma: [2.5, [1e-9, 1], [0.9, 1.11], [1.9, 2.12], [2, 9], [8, 200]],
  digamma: [3.5, [1e-9, 1], [1, 2], [1.46, 1.463], [2, 10], [9, 1e5]],
  normalQuantile: [5, [1e-12, 1], [1e-12, 0.08], [1e-12, 1e-6], [0.499, 0.501], [0.92, 1]],
};

describe('accuracy', () => {
  test.each(MATH_FUNCTIONS)('%s is within its bound of the exact value', (name) => {
    const [bound, ...spans] = bounds[name];
    const uniform = goldenArguments('logistic', 4000).filter((x) => x > -40 && x < 40);
    let at = 0;
    for (const [low, high] of spans) {
      for (let i = 0; i < 60; i++) {
        const x = low + ((high - low) * (uniform[at++] + 40)) / 80;
        const got = scalar[name](x);
        const error = ulps(got, exact[name](x, got));
        expect(error, `${name}(${x})`).toBeLessThan(bound);
      }
    }
  });

  test('the incomplete beta function is within its bounds of the exact value', () => {
    const uniform = goldenArguments('logistic', 2000)
      .filter((x) => x > -40 && x < 40)
      .map((x) => (x + 40) / 80);
    const difference = (got: number, want: bigint) => Math.abs(toNumber(fixed(got) - want));
    for (let i = 0; i + 3 < uniform.length; i += 4) {
      const [u, v, w, spread] = uniform.subarray(i, i + 4);
      const [a, b] = [10 ** (5 * u - 2), 10 ** (5 * v - 2)];
      const mean = a / (a + b);
      const near = mean + Math.sqrt((mean * (1 - mean)) / (a + b + 1)) * (8 * spread - 4);
      const x = i % 8 === 0 ? w : Math.min(Math.max(near, 1e-12), 1 - 1e-12);
      const want = refIncompleteBeta(x, a, b);
      const error = difference(incompleteBeta(x, a, b), want);
      expect(error, `I_${x}(${a}, ${b})`).toBeLessThan(2e-12);
      if (toNumber(want) > 1e-200) expect(error / toNumber(want), `I_${x}(${a}, ${b})`).toBeLessThan(2e-11);
    }
    // Whole numbers give polynomials.
    expect(Math.abs(incompleteBeta(0.25, 2, 3) - 67 / 256)).toBeLessThan(1e-15);
    expect([incompleteBeta(0, 3, 4), incompleteBeta(1, 3, 4)]).toEqual([0, 1]);
    expect(Math.abs(incompleteBeta(0.5, 1e6, 1e6) - 0.5)).toBeLessThan(1e-8);
    for (const [x, a, b] of [
      [-0.1, 1, 1],
      [1.1, 1, 1],
      [Number.NaN, 1, 1],
      [0.5, 0, 1],
      [0.5, 1, -1],
      [0.5, 1, Number.NaN],
      [0.5, 1e6 + 1, 1],
      [0.5, 1, Infinity],
    ])
      expect(incompleteBeta(x, a, b)).toBeNaN();
  });

  test('digamma and lgamma at whole numbers', () => {
    let harmonic = -0.5772156649015329;
    let factorial = 1;
    for (let n = 1; n < 20; n++) {
      expect(Math.abs(digamma(n) - harmonic)).toBeLessThan(1e-15 * Math.max(1, Math.abs(harmonic)));
      expect(Math.abs(lgamma(n) - log(factorial))).toBeLessThan(1e-15 * Math.max(1, log(factorial)));
      harmonic += 1 / n;
      factorial *= n;
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
    ['atan', Infinity, 1.5707963267948966],
    ['atan', -Infinity, -1.5707963267948966],
    ['atan', -0, -0],
    ['atan', DENORMAL, DENORMAL],
    ['lgamma', 0, Infinity],
    ['lgamma', -0, Infinity],
    ['lgamma', 1, 0],
    ['lgamma', 2, 0],
    ['lgamma', Infinity, Infinity],
    ['lgamma', -1.5, NaN],
    ['lgamma', DENORMAL, 744.4400719213812],
    ['digamma', 0, -Infinity],
    ['digamma', -0, -Infinity],
    ['digamma', Infinity, Infinity],
    ['digamma', -0.5, NaN],
    ['digamma', DENORMAL, -Infinity],
    ['digamma', 1e-300, -1 / 1e-300],
    ['digamma', 1.7976931348623157e308, 709.782712893384],
    ['normalQuantile', 0, -Infinity],
    ['normalQuantile', 1, Infinity],
    ['normalQuantile', 0.5, 0],
    ['normalQuantile', -DENORMAL, NaN],
    ['normalQuantile', 1.0000000000000002, NaN],
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
