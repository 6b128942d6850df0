/**
 * Mixtures of a few bell-shaped distributions on the whole numbers from `min` to `max`: what PixelCNN++ and its kin
 * predict a pixel with (Salimans, Karpathy, Chen and Kingma 2017, arXiv 1701.05517). Each symbol comes with weights,
 * means and scales of its own, as the rows of three matrices that a network gives.
 *
 * The mass between s - 1/2 and s + 1/2 goes to s, what lies outside to the first and the last symbol, and every symbol
 * gets a unit of 2^-precision on top. The cdf is computed in a fixed order, by tables of our own, from places rounded
 * to 2^-26 of a scale: the same intervals everywhere, and never an empty one. The words are this library's own.
 */
import { rangeError, typeError } from '../errors.ts';
import { familyCoding } from '../kernels/families.ts';
import { type ModelKernel, roomyKernel } from '../kernels/models.ts';
import { checkParameter, checkSupport, count, finite, positive, type Rule } from './family.ts';
import { LookupModel } from './lookup.ts';
import {
  checkQuantile,
  type EntropyModel,
  type Interval,
  impossibleSymbol,
  Kind,
  type MixtureFamily,
  type MixtureKernel,
  type ModelOptions,
  type Precision,
  precisionOf,
  type TableKernel,
} from './model.ts';

/** The parameters of one mixture: a number for each component. */
export type ComponentNumbers = Float64Array | Float32Array | readonly number[];

/** Makes a family of mixtures, or one of them. */
export interface MixtureConstructor {
  /**
   * A family: weights, means and scales come with the symbols, as three arrays of n rows of `components` numbers.
   *
   * @param min - The first symbol, a 32-bit integer.
   * @param max - The last symbol, above `min`.
   * @param components - Numbers in a row, from 1 to 1024.
   * @throws RangeError when there are more symbols than units, or no such number of components.
   */
  new (min: number, max: number, components: number, options?: ModelOptions): MixtureFamily;
  /**
   * A model.
   *
   * @param weights - Finite, none negative, in any scale: `components` numbers whose sum is finite and above 0.
   * @param means - Finite numbers, in the support or not.
   * @param scales - Finite numbers above 0.
   * @throws RangeError when a parameter is out of range, naming its component.
   */
  new (
    min: number,
    max: number,
    components: number,
    weights: ComponentNumbers,
    means: ComponentNumbers,
    scales: ComponentNumbers,
    options?: ModelOptions,
  ): EntropyModel;
}

type Rows = Float64Array | Float32Array;

interface Spec {
  readonly name: string;
  readonly kind: number;
  readonly min: number;
  readonly max: number;
  readonly components: number;
  readonly precision: Precision;
  readonly rules: readonly Rule[];
}

/** A row of each fits into the kernel's room for parameters. */
const MOST_COMPONENTS = 1024;
/** Symbols up to which a model that is used in bulk gets a table. */
const TABLE_SYMBOLS = 4096;
const UNIT = 2 ** 25;

const weight = (name: string): Rule => ({
  name,
  least: 0,
  most: Number.MAX_VALUE,
  says: 'a finite number that is not negative',
});

/** Holds the lengths of three arrays against the number of symbols. */
function checkLengths({ name, components, rules }: Spec, matrices: readonly Rows[], symbols: number): void {
  if (!Number.isInteger(symbols))
    throw rangeError(
      `${name}: weights are ${components} numbers a symbol, and ${matrices[0].length} make no whole rows`,
    );
  for (const [j, { name: what }] of rules.entries())
    if (matrices[j].length !== symbols * components)
      throw rangeError(
        `${name}: ${what}s are ${components} numbers for each of ${symbols} symbols, ${symbols * components} in all,` +
          ` not ${matrices[j].length}`,
      );
}

/** Holds all numbers of three arrays against the rules. */
function checkNumbers({ name, components, rules }: Spec, matrices: readonly Rows[], alone: boolean): void {
  for (const [j, { name: what, least, most, says }] of rules.entries()) {
    const i = matrices[j].findIndex((x) => !(x >= least && x <= most));
    if (i < 0) continue;
    const [symbol, component] = [Math.floor(i / components), i % components];
    const place = alone ? `component ${i}` : `index ${i}: symbol ${symbol}, component ${component}`;
    throw rangeError(`${name}: a ${what} is ${says}, not ${matrices[j][i]}, which is at ${place}`);
  }
  const [weights] = matrices;
  for (let start = 0; start < weights.length; start += components) {
    let sum = 0;
    for (let i = start; i < start + components; i++) sum += weights[i];
    if (sum > 0 && sum <= Number.MAX_VALUE) continue;
    const whose = alone ? 'the weights' : `the weights of symbol ${start / components}`;
    throw rangeError(`${name}: ${whose} sum to ${sum}, which cannot be scaled to 1`);
  }
}

/** Where single calls put their parameters: the resident kernel has room for them, wherever other models write. */
interface Desk {
  readonly kernel: ModelKernel;
  readonly at: number;
  readonly numbers: Float64Array;
}

let desk: Desk | undefined;

function theDesk(): Desk {
  if (desk === undefined) {
    const { exports, memory } = roomyKernel(8 * 3 * MOST_COMPONENTS);
    const at = exports.scratch();
    desk = { kernel: exports, at, numbers: new Float64Array(memory.buffer, at, 3 * MOST_COMPONENTS) };
  }
  return desk;
}

/** A mixture with its parameters, computed by the kernel. */
class MixtureModel implements EntropyModel {
  readonly precision: Precision;
  private readonly mixture: MixtureKernel;
  private made: TableKernel | MixtureKernel | undefined;
  /** The same intervals in a table, once so many single calls have been made that it is worth its making. */
  private quick: LookupModel | undefined;
  private calls = 0;

  constructor({ precision, kind, min, max, components }: Spec, parameters: Float64Array) {
    this.precision = precision;
    this.mixture = { kind, min, max, components, parameters, loops: familyCoding };
  }

  /** A table where there are few symbols. Made when it is first asked for. */
  get kernel(): TableKernel | MixtureKernel {
    this.made ??= this.table() ?? this.mixture;
    return this.made;
  }

  private table(): TableKernel | undefined {
    const { kind, min, max, components, parameters } = this.mixture;
    const size = max - min + 1;
    if (size > TABLE_SYMBOLS) return undefined;
    const { exports, memory } = roomyKernel(8 * parameters.length + 4 * (size + 1));
    const at = exports.scratch();
    const table = at + 8 * parameters.length;
    new Float64Array(memory.buffer, at, parameters.length).set(parameters);
    exports.shapeMixture(components, 8 * components);
    exports.fillMixtureTable(at, kind, min, max, this.precision, table);
    return { table: new Uint32Array(memory.buffer, table, size + 1).slice(), min };
  }

  interval(symbol: number, into: Interval): void {
    if (this.isQuick()) {
      this.quick!.interval(symbol, into);
      return;
    }
    const { kind, min, max } = this.mixture;
    if (!(Number.isInteger(symbol) && symbol >= min && symbol <= max)) throw impossibleSymbol(symbol, min, max);
    const { kernel, at } = this.enter();
    const packed = kernel.mixtureIntervalOf(at, kind, symbol, min, max, this.precision);
    into.left = Math.floor(packed / UNIT);
    into.probability = packed % UNIT;
  }

  symbolAt(quantile: number, into: Interval): number {
    if (this.isQuick()) return this.quick!.symbolAt(quantile, into);
    checkQuantile(quantile, this.precision);
    const { kind, min, max } = this.mixture;
    const { kernel, at } = this.enter();
    const symbol = kernel.mixtureSymbolOf(at, kind, quantile, min, max, this.precision);
    const packed = kernel.lastInterval();
    into.left = Math.floor(packed / UNIT);
    into.probability = packed % UNIT;
    return symbol;
  }

  /** Whether there is a table for single calls: made when as many calls have been as a quarter of it has symbols. */
  private isQuick(): boolean {
    if (this.quick !== undefined) return true;
    const { min, max } = this.mixture;
    if (++this.calls <= (max - min) / 4 || max - min >= TABLE_SYMBOLS) return false;
    this.quick = new LookupModel((this.kernel as TableKernel).table, this.precision, min, false);
    return true;
  }

  /** Puts the parameters where the kernel finds them; other models put theirs there too. */
  private enter(): Desk {
    const { components, parameters } = this.mixture;
    const place = theDesk();
    place.numbers.set(parameters);
    place.kernel.shapeMixture(components, 8 * components);
    return place;
  }
}

class KernelMixtures implements MixtureFamily {
  readonly parameterCount = 3;
  readonly precision: Precision;
  readonly components: number;
  readonly loops = familyCoding;
  readonly kind: number;
  readonly min: number;
  readonly max: number;
  private readonly spec: Spec;

  constructor(spec: Spec) {
    this.spec = spec;
    this.precision = spec.precision;
    this.components = spec.components;
    this.kind = spec.kind;
    this.min = spec.min;
    this.max = spec.max;
  }

  model(...parameters: ArrayLike<number>[]): EntropyModel {
    const { name, components, rules } = this.spec;
    const rows = rules.map((rule, j) => {
      const given: unknown = parameters[j];
      if (given instanceof Float64Array || given instanceof Float32Array) return given;
      if (!Array.isArray(given))
        throw typeError(
          `${name}: ${rule.name}s are ${components} numbers, in a Float64Array, a Float32Array or a list; not ${typeof given}`,
        );
      for (const x of given) checkParameter(name, rule, x);
      return Float64Array.from(given as number[]);
    });
    for (const [j, row] of rows.entries())
      if (row.length !== components)
        throw rangeError(`${name}: ${rules[j].name}s are ${components} numbers, not ${row.length}`);
    checkNumbers(this.spec, rows, true);
    const all = new Float64Array(3 * components);
    for (const [j, row] of rows.entries()) all.set(row, j * components);
    return new MixtureModel(this.spec, all);
  }

  checkShape(parameters: readonly Rows[], length: number): void {
    const { name, rules } = this.spec;
    if (parameters.length !== rules.length)
      throw typeError(`${name} has weights, means and scales as parameters, not ${parameters.length} arrays`);
    for (const [j, values] of parameters.entries())
      if (!(values instanceof Float64Array || values instanceof Float32Array))
        throw typeError(`${name}: ${rules[j].name}s are a Float64Array or a Float32Array with a row for each symbol`);
    checkLengths(this.spec, parameters, length);
  }

  check(parameters: readonly Rows[], length: number): void {
    this.checkShape(parameters, length);
    checkNumbers(this.spec, parameters, false);
  }
}

function mixtureOf(name: string, kind: number, scale: string): MixtureConstructor {
  const rules = [weight('weight'), finite('mean'), positive(scale)];
  function build(
    min: number,
    max: number,
    components: number,
    ...args: (ComponentNumbers | ModelOptions | undefined)[]
  ): EntropyModel | MixtureFamily {
    const isRow = (x: unknown): boolean => Array.isArray(x) || ArrayBuffer.isView(x);
    const last = args.at(-1);
    const options = isRow(last) ? undefined : (last as ModelOptions | undefined);
    const rows = (isRow(last) ? args : args.slice(0, -1)).filter((x) => x !== undefined);
    if (options !== undefined && typeof options !== 'object')
      throw typeError(`${name}: weights, means and ${scale}s are arrays or lists of numbers, not a ${typeof options}`);
    if (rows.length !== 0 && rows.length !== 3)
      throw typeError(`${name}: weights, means and ${scale}s come together or not at all; ${rows.length} were given`);
    const precision = precisionOf(options);
    checkSupport(name, min, max, precision);
    checkParameter(name, count('components', 1, MOST_COMPONENTS), components);
    const family = new KernelMixtures({ name, kind, min, max, components, precision, rules });
    return rows.length === 0 ? family : family.model(...(rows as ComponentNumbers[]));
  }
  return build as unknown as MixtureConstructor;
}

/**
 * Mixtures of logistic distributions, whose cdf is 1 / (1 + exp(-(x - mean) / scale)).
 * `new LogisticMixture(min, max, components)` is a family, with weights, means and scales for each symbol;
 * `new LogisticMixture(min, max, components, weights, means, scales)` a model.
 *
 * @example
 * // Two pixels, three components each.
 * const family = new LogisticMixture(0, 255, 3);
 * const weights = Float32Array.of(0.2, 0.5, 0.3, 1, 1, 2);
 * const means = Float32Array.of(10, 120, 200, 50, 60, 255);
 * const scales = Float32Array.of(4, 9, 3, 0.7, 20, 2);
 * coder.encodeReverse(Uint8Array.of(117, 251), family, weights, means, scales);
 * coder.decode(family, weights, means, scales); // Int32Array [117, 251]
 */
export const LogisticMixture: MixtureConstructor = mixtureOf('LogisticMixture', Kind.logisticMixture, 'scale');

/**
 * Mixtures of normal distributions: as {@link LogisticMixture}, with standard deviations for scales.
 *
 * @example
 * new GaussianMixture(-100, 100, 2, [1, 3], [-4.5, 20], [3, 8]); // a model
 */
export const GaussianMixture: MixtureConstructor = mixtureOf('GaussianMixture', Kind.gaussianMixture, 'std');
