/**
 * Functions about gamma and beta distributions in BigInt fixed point, like special.ts: plain, slow, and exact to far
 * more bits than a double holds. Arguments are doubles, results are in units of 2^-BITS.
 */
import { BITS, erfc, exp, fixed, log, pi, sqrt } from './special.ts';

/** Fractional bits of the work: enough for 53 bits of results down to 2^-300. */
const WORK = 400;
const ONE = 1n << BigInt(WORK);
const widen = (x: bigint): bigint => x << BigInt(BITS - WORK);
const times = (x: bigint, y: bigint): bigint => (x * y) >> BigInt(WORK);
const over = (x: bigint, y: bigint): bigint => (x << BigInt(WORK)) / y;

/** B(2), B(4), ... as fractions. */
const bernoulli: (readonly [bigint, bigint])[] = [];
{
  // Akiyama and Tanigawa's triangle.
  const row: [bigint, bigint][] = [];
  for (let m = 0n; m <= 90n; m++) {
    row.push([1n, m + 1n]);
    for (let j = Number(m); j > 0; j--) {
      const [[a, b], [c, d]] = [row[j - 1], row[j]];
      let [top, bottom] = [BigInt(j) * (a * d - c * b), b * d];
      let [x, y] = [top < 0n ? -top : top, bottom];
      while (y !== 0n) [x, y] = [y, x % y];
      if (x > 1n) [top, bottom] = [top / x, bottom / x];
      row[j - 1] = [top, bottom];
    }
    if (m > 0n && m % 2n === 0n) bernoulli.push(row[0]);
  }
}

/** How far the argument is shifted up to where the asymptotic series are exact. */
const SHIFT = 120n;

/** The derivative of log gamma, for x > 0. */
export function digamma(x: number): bigint {
  const from = fixed(x, WORK);
  let sum = 0n;
  for (let k = 0n; k < SHIFT; k++) sum += over(ONE, from + k * ONE);
  const y = from + SHIFT * ONE;
  const square = times(y, y);
  let power = ONE;
  let series = log(y, WORK) - over(ONE, 2n * y);
  for (const [k, [top, bottom]] of bernoulli.entries()) {
    power = over(power, square);
    series -= (power * top) / (bottom * BigInt(2 * k + 2));
  }
  return widen(series - sum);
}

function logGamma(from: bigint): bigint {
  let product = ONE;
  for (let k = 0n; k < SHIFT; k++) product = times(product, from + k * ONE);
  const y = from + SHIFT * ONE;
  const square = times(y, y);
  let power = y;
  let series = times(y - ONE / 2n, log(y, WORK)) - y + log(2n * pi(WORK), WORK) / 2n;
  for (const [k, [top, bottom]] of bernoulli.entries()) {
    power = over(power, square);
    series += (power * top) / (bottom * BigInt((2 * k + 2) * (2 * k + 1)));
  }
  return series - log(product, WORK);
}

/** log gamma(x) for x > 0. */
export const lgamma = (x: number): bigint => widen(logGamma(fixed(x, WORK)));

/** The arc tangent. */
export function atan(x: number): bigint {
  let z = fixed(x, WORK);
  if (z < 0n) return -atan(-x);
  const steep = z > ONE;
  if (steep) z = over(ONE, z);
  // Half the angle, eight times.
  for (let i = 0; i < 8; i++) z = over(z, ONE + sqrt(ONE + times(z, z), WORK));
  const square = times(z, z);
  let power = z;
  let sum = 0n;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += power / n;
    power = -times(power, square);
  }
  sum <<= 8n;
  return widen(steep ? pi(WORK) / 2n - sum : sum);
}

/** The standard normal quantile of p, by one of Newton's steps from a number that is right to 20 bits or more. */
export function normalQuantile(p: number, near: number): bigint {
  const one = 1n << BigInt(BITS);
  const x = fixed(near);
  const root = sqrt(2n * one);
  const density = (exp(-(x * x) >> BigInt(BITS + 1)) << BigInt(BITS)) / sqrt(2n * pi());
  // From the end that p is near to.
  const below = erfc((-x << BigInt(BITS)) / root) / 2n;
  const error = below - fixed(p);
  const step = (error << BigInt(BITS)) / density;
  // The next term of the series of the inverse: x step^2 / 2.
  return x - step + ((x * ((step * step) >> BigInt(BITS))) >> BigInt(BITS)) / 2n;
}

/** I_x(a, b), by the series of positive terms for the smaller side. */
export function incompleteBeta(x: number, a: number, b: number): bigint {
  const at = fixed(x, WORK);
  const [p, q] = [fixed(a, WORK), fixed(b, WORK)];
  const flip = times(at, p + q + 2n * ONE) > p + ONE;
  const [z, s, t] = flip ? [ONE - at, q, p] : [at, p, q];
  let term = ONE;
  let sum = ONE;
  for (let n = 0n; term > 0n; n++) {
    term = over(times(times(term, s + t + n * ONE), z), s + (n + 1n) * ONE);
    sum += term;
  }
  const logFactor =
    times(s, log(z, WORK)) + times(t, log(ONE - z, WORK)) + logGamma(s + t) - logGamma(s) - logGamma(t) - log(s, WORK);
  const value = times(exp(logFactor, WORK), sum);
  return widen(flip ? ONE - value : value);
}
