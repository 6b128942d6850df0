/**
 * The special functions from their series, in BigInt fixed point: plain, slow, and exact to far more bits than a
 * double holds. What assembly/math is measured against.
 */

/** Fractional bits of the fixed-point numbers: the least denormal, 2^-1074, keeps 200 bits. */
export const BITS = 1280;

/** The exact value of a finite double, in units of 2^-bits. */
export function fixed(x: number, bits = BITS): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const word = view.getBigUint64(0);
  const exponent = Number((word >> 52n) & 0x7ffn);
  const fraction = word & ((1n << 52n) - 1n);
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n);
  const shift = Math.max(exponent, 1) - 1075 + bits;
  const value = shift >= 0 ? mantissa << BigInt(shift) : mantissa >> BigInt(-shift);
  return word >> 63n ? -value : value;
}

const constants = new Map<string, bigint>();
function constant(name: string, bits: number, make: () => bigint): bigint {
  const key = `${name} ${bits}`;
  let value = constants.get(key);
  if (value === undefined) constants.set(key, (value = make()));
  return value;
}

/** atanh(1/n) or, alternating, atan(1/n). */
function inverseSeries(n: bigint, bits: number, alternating: boolean): bigint {
  let term = (1n << BigInt(bits)) / n;
  let sum = 0n;
  for (let k = 0n; term !== 0n; k++) {
    const part = term / (2n * k + 1n);
    sum += alternating && k & 1n ? -part : part;
    term /= n * n;
  }
  return sum;
}

export const ln2 = (bits = BITS): bigint =>
  constant('ln2', bits, () => {
    const work = bits + 64;
    return (
      (18n * inverseSeries(26n, work, false) -
        2n * inverseSeries(4801n, work, false) +
        8n * inverseSeries(8749n, work, false)) >>
      64n
    );
  });

export const pi = (bits = BITS): bigint =>
  constant('pi', bits, () => {
    const work = bits + 64;
    return (4n * (4n * inverseSeries(5n, work, true) - inverseSeries(239n, work, true))) >> 64n;
  });

/** The square root of a non-negative fixed-point number. */
export function sqrt(x: bigint, bits = BITS): bigint {
  const n = x << BigInt(bits);
  if (n === 0n) return 0n;
  let root = 1n << BigInt((n.toString(2).length >> 1) + 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

const shift = (x: bigint, by: number): bigint => (by >= 0 ? x << BigInt(by) : x >> BigInt(-by));

export function exp(x: bigint, bits = BITS): bigint {
  const work = bits + 128;
  const wide = x << 128n;
  const two = ln2(work);
  let k = wide / two;
  if (k * two > wide) k -= 1n;
  // exp(r) = exp(r / 2^32)^(2^32): the series of a small number is short.
  const r = (wide - k * two) >> 32n;
  let term = 1n << BigInt(work);
  let sum = term;
  for (let n = 1n; term !== 0n; n++) {
    term = ((term * r) >> BigInt(work)) / n;
    sum += term;
  }
  for (let i = 0; i < 32; i++) sum = (sum * sum) >> BigInt(work);
  return shift(sum, Number(k) - 128);
}

export function log(x: bigint, bits = BITS): bigint {
  if (x <= 0n) throw new RangeError('log of a number that is not positive');
  const one = 1n << BigInt(bits);
  const k = x.toString(2).length - 1 - bits;
  const m = shift(x, -k);
  const s = ((m - one) << BigInt(bits)) / (m + one);
  const z = (s * s) >> BigInt(bits);
  let power = s;
  let sum = 0n;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += power / n;
    power = (power * z) >> BigInt(bits);
  }
  return 2n * sum + BigInt(k) * ln2(bits);
}

export const expm1 = (x: bigint): bigint => exp(x) - (1n << BigInt(BITS));
export const log1p = (x: bigint): bigint => log(x + (1n << BigInt(BITS)));

export function tanh(x: bigint): bigint {
  const t = exp(2n * x);
  const one = 1n << BigInt(BITS);
  return ((t - one) << BigInt(BITS)) / (t + one);
}

export function logistic(x: bigint): bigint {
  const one = 1n << BigInt(BITS);
  const e = exp(x);
  return (e << BigInt(BITS)) / (one + e);
}

/** erf(x) = 2/sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (2n+1)!!: all terms of one sign. */
export function erf(x: bigint, bits = BITS): bigint {
  const work = bits + 64;
  const wide = x << 64n;
  const square = (wide * wide) >> BigInt(work);
  let term = wide;
  let sum = 0n;
  for (let n = 0n; term !== 0n && term !== -1n; n++) {
    sum += term;
    term = ((term * 2n * square) >> BigInt(work)) / (2n * n + 3n);
  }
  const scaled = (2n * sum * exp(-square, work)) >> BigInt(work);
  return ((scaled << BigInt(work)) / sqrt(pi(work), work)) >> 64n;
}

/** 1 - erf(x), with enough bits for what the subtraction takes: erfc(27) is about 2^-1057. */
export function erfc(x: bigint): bigint {
  const bits = BITS + 1200;
  return ((1n << BigInt(bits)) - erf(x << 1200n, bits)) >> 1200n;
}

/** exp(x^2) erfc(x) for x >= 1/2, the continued fraction evaluated backwards. */
export function erfcx(x: bigint, terms = 20000): bigint {
  const one = 1n << BigInt(2 * BITS);
  let tail = x;
  for (let n = BigInt(terms); n > 0n; n--) tail = x + (n * one) / (2n * tail);
  return ((one / tail) << BigInt(BITS)) / sqrt(pi());
}

export function cos(x: bigint): bigint {
  const square = (x * x) >> BigInt(BITS);
  let term = 1n << BigInt(BITS);
  let sum = 0n;
  for (let n = 1n; term !== 0n && term !== -1n; n += 2n) {
    sum += term;
    term = -((term * square) >> BigInt(BITS)) / (n * (n + 1n));
  }
  return sum;
}

/** The double nearest to a fixed-point number (normal range, ties to even by the last conversion). */
export function toNumber(x: bigint, bits = BITS): number {
  const magnitude = x < 0n ? -x : x;
  if (magnitude === 0n) return 0;
  const drop = magnitude.toString(2).length - 64;
  // 64 bits and a sticky one below them round once, in Number().
  const top =
    drop > 0
      ? ((magnitude >> BigInt(drop)) << 1n) | (magnitude & ((1n << BigInt(drop)) - 1n) ? 1n : 0n)
      : magnitude << 1n;
  const value = Number(top) * 2 ** (Math.max(drop, 0) - 1 - bits);
  return x < 0n ? -value : value;
}

/** How far `got` is from the exact value, in units of the exact value's last place as a double (or float). */
export function ulps(got: number, exact: bigint, precision: 24 | 53 = 53): number {
  const magnitude = exact < 0n ? -exact : exact;
  const least = precision === 53 ? -1074 : -149;
  const exponent = magnitude === 0n ? least : Math.max(magnitude.toString(2).length - BITS - precision, least);
  const error = fixed(got) - exact;
  const scaled = Number(shift(error < 0n ? -error : error, 32 - exponent) >> BigInt(BITS));
  return scaled / 2 ** 32;
}
