// Special functions whose bits are the same in every engine and on every processor: nothing but IEEE additions,
// multiplications, divisions, square roots and integer operations, in a fixed order. Written out here and not taken
// from the compiler's library, so that a newer compiler cannot change what has been coded with them.
//
// Argument reduction: exp to |r| <= ln2 / 2, log to a mantissa in [sqrt(1/2), sqrt(2)), then the Taylor series (the
// ranges are small enough for it). ln2 is split in two so that k * LN2_HI is exact for |k| < 2^20.
// Every function returns the one NaN that the constant below is: sign and payload of a computed NaN differ between
// processors. Denormal arguments and results are exact to the same bounds as others, never flushed.
// Bounds, measured against test/reference/special.ts: docs of src/kernels/math.ts.

import { atan, digamma, lgamma, normalQuantile } from './gamma';

export { atan, digamma, incompleteBeta, lgamma, normalQuantile } from './gamma';

const NOT_A_NUMBER: f64 = reinterpret<f64>(0x7ff8000000000000);
const INV_LN2: f64 = 1.4426950408889634;
const LN2_HI: f64 = reinterpret<f64>(0x3fe62e42fee00000);
const LN2_LO: f64 = 1.9082149292705877e-10;
const SQRT2: f64 = 1.4142135623730951;
const TWO_54: f64 = 18014398509481984.0;
/** Past this exp is infinite; below EXP_LEAST it rounds to 0. */
const EXP_MOST: f64 = 709.782712893384;
const EXP_LEAST: f64 = -745.1332191019412;

/** (exp(r) - 1 - r) / r^2 for |r| <= ln2 / 2. */
// @ts-ignore: decorator
@inline
function expTail(r: f64): f64 {
  return (
    1.0 / 2.0 +
    r * (1.0 / 6.0 +
    r * (1.0 / 24.0 +
    r * (1.0 / 120.0 +
    r * (1.0 / 720.0 +
    r * (1.0 / 5040.0 +
    r * (1.0 / 40320.0 +
    r * (1.0 / 362880.0 +
    r * (1.0 / 3628800.0 +
    r * (1.0 / 39916800.0 +
    r * (1.0 / 479001600.0 +
    r * (1.0 / 6227020800.0 +
    r * (1.0 / 87178291200.0))))))))))))
  );
}

/** 2^k for -1022 <= k <= 1023. */
// @ts-ignore: decorator
@inline
function power(k: i32): f64 {
  return reinterpret<f64>((<u64>(k + 1023)) << 52);
}

/** y * 2^k for 1/2 < y < 2 and any k that exp's range gives, rounded once. */
// @ts-ignore: decorator
@inline
function scale(y: f64, k: i32): f64 {
  if (k > 1023) return y * 2.0 * power(k - 1);
  if (k < -1021) return y * power(k + 54) * (1.0 / TWO_54);
  return y * power(k);
}

export function exp(x: f64): f64 {
  if (x != x) return NOT_A_NUMBER;
  if (x > EXP_MOST) return Infinity;
  if (x < EXP_LEAST) return 0;
  const n = nearest<f64>(x * INV_LN2);
  const hi = x - n * LN2_HI;
  const lo = n * LN2_LO;
  const r = hi - lo;
  // What rounding took from r.
  const c = hi - r - lo;
  return scale(1.0 + (r + (c + r * r * expTail(r))), <i32>n);
}

export function expm1(x: f64): f64 {
  if (x != x) return NOT_A_NUMBER;
  if (x > EXP_MOST) return Infinity;
  if (x < -40.0) return -1.0;
  if (abs<f64>(x) < 1.0 / TWO_54) return x;
  const n = nearest<f64>(x * INV_LN2);
  if (n == 0) return x + x * x * expTail(x);
  const hi = x - n * LN2_HI;
  const lo = n * LN2_LO;
  const r = hi - lo;
  const c = hi - r - lo;
  const q = c + r * r * expTail(r);
  const k = <i32>n;
  // exp(x) - 1 = 2^k ((1 - 2^-k) + r + q). For k = 1 the sum of the first two is exact where there is cancellation.
  if (k == 1) return 2.0 * (0.5 + r + q);
  if (k > 60) return scale(1.0 + (r + q), k);
  return scale(1.0 - power(-k) + (r + q), k);
}

/** s (hfsq + R) + rest of log(1 + f) = f - (hfsq - s (hfsq + R)), by log((1 + s) / (1 - s)) = 2 atanh(s). */
// @ts-ignore: decorator
@inline
function logTail(s: f64): f64 {
  const z = s * s;
  return (
    z * (2.0 / 3.0 +
    z * (2.0 / 5.0 +
    z * (2.0 / 7.0 +
    z * (2.0 / 9.0 +
    z * (2.0 / 11.0 +
    z * (2.0 / 13.0 +
    z * (2.0 / 15.0 +
    z * (2.0 / 17.0 +
    z * (2.0 / 19.0 +
    z * (2.0 / 21.0 +
    z * (2.0 / 23.0)))))))))))
  );
}

export function log(x: f64): f64 {
  if (x != x || x < 0) return NOT_A_NUMBER;
  if (x == 0) return -Infinity;
  if (x == Infinity) return x;
  let k: i32 = 0;
  if (x < 2.2250738585072014e-308) {
    x *= TWO_54;
    k = -54;
  }
  const bits = reinterpret<u64>(x);
  k += <i32>(bits >> 52) - 1023;
  let m = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  if (m > SQRT2) {
    m *= 0.5;
    k++;
  }
  const f = m - 1.0;
  const half = 0.5 * f * f;
  const s = f / (2.0 + f);
  const n = <f64>k;
  return n * LN2_HI - (half - (s * (half + logTail(s)) + n * LN2_LO) - f);
}

export function log1p(x: f64): f64 {
  if (x != x || x < -1.0) return NOT_A_NUMBER;
  if (x == -1.0) return -Infinity;
  if (x == Infinity || abs<f64>(x) < 1.0 / TWO_54) return x;
  let f = x;
  let n: f64 = 0;
  let c: f64 = 0;
  if (x <= -0.29289321881345254 || x >= 0.41421356237309515) {
    const u = 1.0 + x;
    const bits = reinterpret<u64>(u);
    let k = <i32>(bits >> 52) - 1023;
    let m = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
    if (m > SQRT2) {
      m *= 0.5;
      k++;
    }
    f = m - 1.0;
    n = <f64>k;
    // What 1 + x lost, as a part of the logarithm.
    if (k < 54) c = (k >= 2 ? 1.0 - (u - x) : x - (u - 1.0)) / u;
  }
  const half = 0.5 * f * f;
  const s = f / (2.0 + f);
  return n * LN2_HI - (half - (s * (half + logTail(s)) + (n * LN2_LO + c)) - f);
}

export function tanh(x: f64): f64 {
  if (x != x) return NOT_A_NUMBER;
  const a = abs<f64>(x);
  let y: f64;
  if (a > 22.0) y = 1.0;
  else if (a > 0.5493061443340549) y = 1.0 - 2.0 / (expm1(2.0 * a) + 2.0);
  else if (a > 0.25) {
    const t = expm1(2.0 * a);
    y = t / (t + 2.0);
  } else if (a > 1.0 / 268435456.0) {
    const t = expm1(-2.0 * a);
    y = -t / (t + 2.0);
  } else y = a;
  return copysign<f64>(y, x);
}

/** 1 / (1 + exp(-x)). */
export function logistic(x: f64): f64 {
  if (x != x) return NOT_A_NUMBER;
  const e = exp(-abs<f64>(x));
  return (x < 0 ? e : 1.0) / (1.0 + e);
}

// Coefficients: scripts/erf-coefficients.ts.

/** erf(x) / x - 1 for |x| <= 3/4, of z = x^2: Taylor. */
// @ts-ignore: decorator
@inline
function erfTail(z: f64): f64 {
  return (
    0.1283791670955126 +
    z * (-0.37612638903183754 +
    z * (0.11283791670955126 +
    z * (-0.026866170645131252 +
    z * (0.005223977625442188 +
    z * (-0.0008548327023450853 +
    z * (0.00012055332981789664 +
    z * (-0.00001492565035840625 +
    z * (0.0000016462114365889248 +
    z * (-1.6365844691234924e-7 +
    z * (1.4807192815879218e-8 +
    z * (-1.2290555301717928e-9 +
    z * (9.422759064650411e-11 +
    z * (-6.7113668551641105e-12 +
    z * (4.4632242632864775e-13 +
    z * (-2.7835162072109215e-14 +
    z * (1.6342614095367152e-15 +
    z * -9.063970842808673e-17))))))))))))))))
  );
}

/** Chebyshev coefficients of (1 + 2x) exp(x^2) erfc(x) in u = (x - 4.5) / (x + 4.5) / 0.75, 3/4 <= x <= 28. */
const ERFC_TERMS: usize = 23;
const ERFC: usize = memory.data<f64>([
  1.2192383758040772,
  -0.07109033802637689,
  -0.01154468915452846,
  0.013902702195639506,
  -0.006537560143811695,
  0.002252726538065826,
  -0.0006312312179487862,
  0.00014829349699729276,
  -0.000029311570620122762,
  0.000004795403966363756,
  -6.199314186241616e-7,
  5.555667902237152e-8,
  -1.5712182848605148e-9,
  -4.660936496872752e-10,
  8.31055149502501e-11,
  -3.665401230021877e-12,
  -8.032848624324349e-13,
  1.3727198898114763e-13,
  9.848746651409631e-17,
  -2.265963143615758e-15,
  1.6751862987804137e-16,
  2.872265220274315e-17,
  -4.736949386389897e-18,
]);

/** erfc for 3/4 <= x <= 28. */
function erfcLarge(x: f64): f64 {
  const u = (x - 4.5) / (x + 4.5) * (4.0 / 3.0);
  let b0: f64 = 0;
  let b1: f64 = 0;
  // Clenshaw's recurrence.
  for (let i = ERFC_TERMS - 1; i > 0; i--) {
    const b2 = b1;
    b1 = b0;
    b0 = 2.0 * u * b1 - b2 + load<f64>(ERFC + (i << 3));
  }
  const series = u * b0 - b1 + load<f64>(ERFC);
  // The square of the upper 26 bits is exact; the rest of x^2 is small.
  const upper = reinterpret<f64>(reinterpret<u64>(x) & 0xfffffffff8000000);
  return exp(-upper * upper) * (exp(-(x - upper) * (x + upper)) * series / (1.0 + 2.0 * x));
}

export function erf(x: f64): f64 {
  if (x != x) return NOT_A_NUMBER;
  const a = abs<f64>(x);
  if (a <= 0.75) return x + x * erfTail(x * x);
  return copysign<f64>(a > 6.0 ? 1.0 : 1.0 - erfcLarge(a), x);
}

/** 1 - erf(x). */
export function erfc(x: f64): f64 {
  if (x != x) return NOT_A_NUMBER;
  if (x > 0.75) return x > 28.0 ? 0.0 : erfcLarge(x);
  if (x < -0.75) return x < -6.0 ? 2.0 : 2.0 - erfcLarge(-x);
  const tail = x * erfTail(x * x);
  return x < 0.25 ? 1.0 - (x + tail) : 0.5 - (x - 0.5 + tail);
}

/** Arguments that one bulk call handles. The host writes them at `buffer()` and reads the results there. */
export const CAPACITY: i32 = 4096;

export function buffer(): usize {
  return (__heap_base + 15) & ~15;
}

// @ts-ignore: decorator
@inline
function apply(which: i32, x: f64): f64 {
  switch (which) {
    case 0: return exp(x);
    case 1: return expm1(x);
    case 2: return log(x);
    case 3: return log1p(x);
    case 4: return tanh(x);
    case 5: return logistic(x);
    case 6: return erf(x);
    case 7: return erfc(x);
    case 8: return atan(x);
    case 9: return lgamma(x);
    case 10: return digamma(x);
    default: return normalQuantile(x);
  }
}

/** Function number `which` of the first n doubles of the buffer, in place. */
export function bulk64(which: i32, n: i32): void {
  let at = buffer();
  for (let end = at + (<usize>n << 3); at < end; at += 8) store<f64>(at, apply(which, load<f64>(at)));
}

/** The same of floats: computed in doubles, rounded once. */
export function bulk32(which: i32, n: i32): void {
  let at = buffer();
  for (let end = at + (<usize>n << 2); at < end; at += 4) {
    const y = apply(which, <f64>load<f32>(at));
    // A NaN's payload is not defined to survive the conversion.
    store<f32>(at, y != y ? reinterpret<f32>(0x7fc00000) : <f32>y);
  }
}
