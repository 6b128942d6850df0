/**
 * Special functions that give the same bits in every JavaScript engine and on every processor.
 *
 * The host's `Math.exp`, `Math.log` and `Math.tanh` differ between engines in the last place, so nothing that decides
 * a coded bit may use them. These run in WASM and use only operations that IEEE 754 defines to the bit.
 *
 * Largest errors against exact values at 3,000 arguments in each of up to five ranges a function, in units in the last
 * place, and the bounds that the tests hold them to ({@link incompleteBeta} states its own):
 *
 * | | `exp` | `expm1` | `log` | `log1p` | `tanh` | `logistic` | `erf` | `erfc` |
 * | --- | --- | --- | --- | --- | --- | --- | --- | --- |
 * | seen | 0.78 | 1.05 | 0.74 | 0.74 | 2.12 | 1.67 | 1.31 | 4.18 |
 * | bound | 0.8 | 1.1 | 0.8 | 0.8 | 2.5 | 2 | 1.5 | 5 |
 *
 * | | `atan` | `lgamma` | `digamma` | `normalQuantile` |
 * | --- | --- | --- | --- | --- |
 * | seen | 0.73 | 1.77 | 2.71 | 4.22 |
 * | bound | 0.9 | 2.5 | 3.5 | 5 |
 *
 * Denormal arguments and results are kept, never flushed to zero. There is one NaN: positive, quiet, no payload.
 * A `Float32Array` is computed in doubles and rounded once.
 */
import { rangeError, typeError } from '../errors.ts';
import { hex } from './generated/math.ts';
import { instantiate, kernelModule } from './load.ts';

/** Names of the functions, in the order of the kernel's numbers. */
export const MATH_FUNCTIONS = [
  'exp',
  'expm1',
  'log',
  'log1p',
  'tanh',
  'logistic',
  'erf',
  'erfc',
  'atan',
  'lgamma',
  'digamma',
  'normalQuantile',
] as const;

/** Name of one of the functions. */
export type MathFunction = (typeof MATH_FUNCTIONS)[number];

interface Kernel extends Record<MathFunction, (x: number) => number> {
  readonly CAPACITY: WebAssembly.Global;
  buffer(): number;
  incompleteBeta(x: number, a: number, b: number): number;
  bulk64(which: number, n: number): void;
  bulk32(which: number, n: number): void;
}

interface Loaded {
  readonly kernel: Kernel;
  readonly doubles: Float64Array;
  readonly floats: Float32Array;
}

let loaded: Loaded | undefined;

function load(): Loaded {
  if (loaded !== undefined) return loaded;
  const { exports, memory } = instantiate<Kernel>(kernelModule('math', hex), 1);
  const at = exports.buffer();
  const capacity = exports.CAPACITY.value as number;
  loaded = {
    kernel: exports,
    doubles: new Float64Array(memory.buffer, at, capacity),
    floats: new Float32Array(memory.buffer, at, capacity),
  };
  return loaded;
}

/**
 * e to the power of x. 0 below -745.13, infinite above 709.78.
 *
 * @example
 * exp(1); // 2.718281828459045
 */
export function exp(x: number): number {
  return (loaded ?? load()).kernel.exp(x);
}

/** exp(x) - 1, exact near 0 as well. */
export function expm1(x: number): number {
  return (loaded ?? load()).kernel.expm1(x);
}

/** The natural logarithm. -Infinity at 0, NaN below. */
export function log(x: number): number {
  return (loaded ?? load()).kernel.log(x);
}

/** log(1 + x), exact near 0 as well. -Infinity at -1, NaN below. */
export function log1p(x: number): number {
  return (loaded ?? load()).kernel.log1p(x);
}

/** The hyperbolic tangent. */
export function tanh(x: number): number {
  return (loaded ?? load()).kernel.tanh(x);
}

/** 1 / (1 + exp(-x)), the probability whose log odds are x. logistic(-x) is 1 - logistic(x) but for rounding. */
export function logistic(x: number): number {
  return (loaded ?? load()).kernel.logistic(x);
}

/** The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
export function erf(x: number): number {
  return (loaded ?? load()).kernel.erf(x);
}

/** 1 - erf(x), with its relative precision kept where erf(x) is nearly 1. */
export function erfc(x: number): number {
  return (loaded ?? load()).kernel.erfc(x);
}

/** The arc tangent, from -pi/2 to pi/2. The bits of libm 0.2.16. */
export function atan(x: number): number {
  return (loaded ?? load()).kernel.atan(x);
}

/**
 * The logarithm of the gamma function for x >= 0: log((n - 1)!) at whole numbers n. Infinite at 0, NaN below. The bits
 * of libm 0.2.16.
 *
 * @example
 * lgamma(5); // 3.1780538303479458, the logarithm of 24
 */
export function lgamma(x: number): number {
  return (loaded ?? load()).kernel.lgamma(x);
}

/**
 * The derivative of {@link lgamma} for x >= 0. -Infinity at 0, NaN below. Exact near its root at 1.46… as well.
 *
 * @example
 * digamma(1); // -0.5772156649015329, Euler's constant below 0
 */
export function digamma(x: number): number {
  return (loaded ?? load()).kernel.digamma(x);
}

/**
 * Where the cdf of the standard normal distribution is p: -Infinity at 0, Infinity at 1, NaN outside (Wichura, "The
 * percentage points of the normal distribution", 1988, AS 241).
 *
 * @example
 * normalQuantile(0.975); // 1.9599639845400536
 */
export function normalQuantile(p: number): number {
  return (loaded ?? load()).kernel.normalQuantile(p);
}

/**
 * The regularised incomplete beta function I_x(a, b): the cdf of a beta distribution at x, for x from 0 to 1 and a and b
 * above 0, up to a million; NaN for others. For a and b from 0.01 to 1,000 it is wrong by less than 2e-12, and by a
 * relative 2e-11, which the logarithms of gamma functions cost. It takes time that grows with the square root of the larger one (Majumder and Bhattacharjee
 * 1973, AS 63; Cran, Martin and Thomas 1977, AS 109).
 *
 * @example
 * incompleteBeta(0.25, 2, 3); // 0.26171875000000006, P(X <= 0.25)
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  return (loaded ?? load()).kernel.incompleteBeta(x, a, b);
}

/**
 * A function of every element, as the scalar calls give it (a `Float32Array`: rounded to f32), about twice as fast.
 *
 * @param name - the function.
 * @param input - the arguments. Not changed unless it is also `output`.
 * @param output - where the results go: as long as the input and of its type. A new array unless given.
 * @returns `output`.
 * @throws TypeError (`invalid-type`) when the arrays are not both Float64Array or both Float32Array.
 * @throws RangeError (`invalid-argument`) for an unknown name or lengths that differ.
 *
 * @example
 * mapMath('logistic', Float64Array.of(-1, 0, 1)); // Float64Array [0.2689…, 0.5, 0.7310…]
 */
export function mapMath<A extends Float64Array | Float32Array>(name: MathFunction, input: A, output?: A): A {
  const which = MATH_FUNCTIONS.indexOf(name);
  if (which < 0) throw rangeError(`no function '${name}': there are ${MATH_FUNCTIONS.join(', ')}`);
  const { kernel, doubles, floats } = load();
  if (input instanceof Float64Array) {
    const into = output ?? new Float64Array(input.length);
    if (!(into instanceof Float64Array)) throw typeError('the results of a Float64Array go into a Float64Array');
    run(input, into, doubles, (n) => kernel.bulk64(which, n));
    return into as A;
  }
  if (!(input instanceof Float32Array)) throw typeError('the arguments are a Float64Array or a Float32Array');
  const into = output ?? new Float32Array(input.length);
  if (!(into instanceof Float32Array)) throw typeError('the results of a Float32Array go into a Float32Array');
  run(input, into, floats, (n) => kernel.bulk32(which, n));
  return into as A;
}

function run<A extends Float64Array | Float32Array>(input: A, output: A, window: A, call: (n: number) => void): void {
  if (input.length !== output.length)
    throw rangeError(`${input.length} arguments, but room for ${output.length} results: the lengths must be equal`);
  for (let at = 0; at < input.length; at += window.length) {
    const n = Math.min(window.length, input.length - at);
    window.set(input.subarray(at, at + n));
    call(n);
    output.set(window.subarray(0, n), at);
  }
}

/**
 * Integer tables of the logistic function, as bitwise mixing uses them (Mahoney, "Adaptive Weighing of Context Models
 * for Lossless Data Compression", 2005).
 *
 * - A probability is an integer p of 0..4095 that stands for p / 4096.
 * - A log odds is an integer d of -2047..2047 that stands for d / 256, so +-8 at the ends.
 */
export interface LogisticTables {
  /** `stretch[p]` is round(256 ln(p / (4096 - p))), limited to -2047..2047; p = 0 gives -2047. */
  readonly stretch: Int16Array;
  /** `squash[d + 2048]` is round(4096 / (1 + exp(-d / 256))), limited to 1..4095; d = -2048 is as d = -2047. */
  readonly squash: Uint16Array;
}

let tables: LogisticTables | undefined;

/** The tables, computed at the first call by the kernels above: the same integers everywhere. Do not write to them. */
export function logisticTables(): LogisticTables {
  if (tables !== undefined) return tables;
  const stretch = new Int16Array(4096);
  stretch[0] = -2047;
  for (let p = 1; p <= 2048; p++) {
    const d = Math.max(-2047, -Math.floor(256 * log((4096 - p) / p) + 0.5));
    stretch[p] = d;
    // From one half of the odds, so that stretch(1 - p) = -stretch(p) whatever the rounding does.
    stretch[4096 - p] = d === 0 ? 0 : -d;
  }
  const squash = new Uint16Array(4096);
  for (let i = 0; i < 4096; i++) {
    const d = Math.max(i - 2048, -2047);
    squash[i] = Math.min(4095, Math.max(1, Math.floor(4096 * logistic(d / 256) + 0.5)));
  }
  tables = { stretch, squash };
  return tables;
}
