import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { MATH_FUNCTIONS, type MathFunction, mapMath } from '../../src/kernels/math.ts';

/** Where each function is neither saturated nor trivial. */
const ranges: Record<MathFunction, readonly [number, number]> = {
  exp: [-750, 715],
  expm1: [-42, 42],
  log: [0, 1024],
  log1p: [-1, 63],
  tanh: [-12, 12],
  logistic: [-40, 40],
  erf: [-6.5, 6.5],
  erfc: [-6.5, 28.5],
  atan: [-40, 40],
  lgamma: [0, 200],
  digamma: [0, 60],
  normalQuantile: [0, 1],
};

/**
 * n arguments from an integer generator: of every four, two spread over the function's range, one near 0, and one of
 * any 64 bits whatever (denormals, infinities and NaNs among them).
 */
export function goldenArguments(name: MathFunction, n: number): Float64Array<ArrayBuffer> {
  const values = new Float64Array(n);
  const words = new Uint32Array(values.buffer);
  let state = 0x9e3779b9 ^ Math.imul(MATH_FUNCTIONS.indexOf(name) + 1, 0x85ebca6b);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return (z ^ (z >>> 14)) >>> 0;
  };
  const [low, high] = ranges[name];
  for (let i = 0; i < n; i++) {
    const a = next();
    const b = next();
    if ((i & 3) === 3) {
      words[2 * i] = a;
      words[2 * i + 1] = b;
    } else {
      const u = (a + b / 4294967296) / 4294967296;
      values[i] = (i & 3) === 2 ? (u - 0.5) * 2 : low + (high - low) * u;
    }
  }
  return values;
}

/** SHA-256 of the results' bytes. */
export function goldenHash(name: MathFunction, n: number, float = false): string {
  const values = goldenArguments(name, n);
  const results = float ? mapMath(name, Float32Array.from(values)) : mapMath(name, values, values);
  return bytesToHex(sha256(new Uint8Array(results.buffer)));
}

export interface MathGolden {
  f64: Record<string, Record<MathFunction, string>>;
  f32: Record<string, Record<MathFunction, string>>;
}

/** Numbers of arguments: a million, and few enough for an emulated processor. */
export const GOLDEN_COUNTS = [1_000_000, 20_000] as const;

export function mathGolden(counts: readonly number[]): MathGolden {
  const of = (n: number, float: boolean) =>
    Object.fromEntries(MATH_FUNCTIONS.map((name) => [name, goldenHash(name, n, float)])) as Record<
      MathFunction,
      string
    >;
  return {
    f64: Object.fromEntries(counts.map((n) => [String(n), of(n, false)])),
    f32: Object.fromEntries(counts.map((n) => [String(n), of(n, true)])),
  };
}
