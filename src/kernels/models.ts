/**
 * The kernel's functions that models call for one symbol, one number or one table: single.ts of the module `coding`.
 */
import { rangeError } from '../errors.ts';
import { hex } from './generated/coding.ts';
import { instantiate, kernelModule } from './load.ts';

/** Functions that are equal to libm 0.2.16's to the last bit, by name. */
export interface Libm {
  exp(x: number): number;
  log(x: number): number;
  log1p(x: number): number;
  atan(x: number): number;
  erf(x: number): number;
  erfc(x: number): number;
  /** log gamma(x) for x > 0; NaN below. */
  lgamma(x: number): number;
  /** x^y for finite x >= 0 and finite y; NaN for others. */
  pow(x: number, y: number): number;
}

/** What assembly/coding/single.ts exports. Intervals are packed: left 2^25 + probability. */
export interface ModelKernel extends Libm {
  /** Where {@link intervalOf} and {@link symbolAt} leave an interval: {@link foundInterval} reads it. */
  found(): number;
  /** Whether a symbol has an interval. */
  intervalOf(
    kind: number,
    symbol: number,
    min: number,
    max: number,
    bits: number,
    a: number,
    b: number,
  ): boolean | number;
  /** The symbol at a quantile. */
  symbolAt(kind: number, quantile: number, min: number, max: number, bits: number, a: number, b: number): number;
  /** The packed interval of the symbol of a mixture that was found last. */
  lastInterval(): number;
  /** Where the tables and the probabilities go: everything from here on is the caller's. */
  scratch(): number;
  /** Writes a family's table at scratch(); the place, from 1, of the first symbol without an interval, or 0. */
  fillTable(kind: number, min: number, max: number, bits: number, a: number, b: number): number;
  /** How many components the mixtures have that follow; bytes from weights to means, and from those to scales. */
  shapeMixture(components: number, spacing: number): void;
  /** The packed interval of a symbol of the mixture whose parameters are at `row`. */
  mixtureIntervalOf(row: number, kind: number, symbol: number, min: number, max: number, bits: number): number;
  /** The symbol of a mixture at a quantile. */
  mixtureSymbolOf(row: number, kind: number, quantile: number, min: number, max: number, bits: number): number;
  /** Writes a mixture's table to the address `to`. */
  fillMixtureTable(row: number, kind: number, min: number, max: number, bits: number, to: number): void;
  /** P(X <= x) of a family of {@link Kind}. */
  cdf(kind: number, x: number, a: number, b: number): number;
  /** cdf() of the first four kinds to 2^-37, from the table that mostly replaces it; NaN outside the table. */
  tableCdf(kind: number, x: number, a: number, b: number): number;
  /** About where the cdf is p. */
  guess(kind: number, p: number, a: number, b: number): number;
  /** Writes n + 2 left ends of a beta-binomial distribution at scratch(). */
  betaBinomialTable(n: number, bits: number, alpha: number, beta: number): void;
  /** Writes a table of Student's t at scratch(); returns its bytes. */
  studentTable(df: number): number;
  /** The standard normal quantile function, AS 241. */
  normalQuantile(p: number): number;
  /** The regularised incomplete beta function, AS 63 and AS 109. */
  incompleteBeta(x: number, p: number, q: number): number;
  /** P(X <= k) of a Poisson variable. */
  poissonSum(k: number, mean: number): number;
}

interface Instance {
  readonly exports: ModelKernel;
  readonly memory: WebAssembly.Memory;
}

/** Pages that the resident instance has: tables of 16,000 probabilities fit. */
const PAGES = 10;

let resident: Instance | undefined;

function load(): Instance {
  resident ??= instantiate<ModelKernel>(kernelModule('coding', hex), PAGES);
  return resident;
}

/** The resident instance's functions, instantiated at the first call. */
export function modelKernel(): ModelKernel {
  return load().exports;
}

let place: Uint32Array | undefined;

/** The interval that the resident instance found last for a family, its left end before its size: read it at once. */
export function foundInterval(): Uint32Array {
  place ??= new Uint32Array(load().memory.buffer, modelKernel().found(), 2);
  return place;
}

/** An instance with `bytes` from scratch() on: the resident one where that is enough, else one that may be dropped. */
export function roomyKernel(bytes: number): Instance {
  const pages = Math.ceil((bytes + modelKernel().scratch()) / 65536);
  if (pages <= PAGES) return load();
  if (pages > 65536) throw rangeError(`a table of this size takes ${bytes} bytes, more than WASM can address`);
  return instantiate<ModelKernel>(kernelModule('coding', hex), pages);
}
