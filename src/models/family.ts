/**
 * What the families have in common: rules for parameters, the model that a family with its parameters is, and the
 * search of a leaky cdf.
 */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { familyCoding } from '../kernels/families.ts';
import { foundInterval, modelKernel, roomyKernel } from '../kernels/models.ts';
import {
  checkQuantile,
  type EntropyModel,
  type FamilyKernel,
  type Interval,
  impossibleSymbol,
  type ModelFamily,
  type Precision,
  type TableKernel,
} from './model.ts';

/** What a parameter may be: every number from `least` to `most`, or every whole one. */
export interface Rule {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly whole?: boolean;
  /** The rule in words, after "is". */
  readonly says: string;
}

/** Any finite number. */
export const finite = (name: string): Rule => ({
  name,
  least: -Number.MAX_VALUE,
  most: Number.MAX_VALUE,
  says: 'a finite number',
});

/** Any finite number above 0. */
export const positive = (name: string): Rule => ({
  name,
  least: Number.MIN_VALUE,
  most: Number.MAX_VALUE,
  says: 'a finite number above 0',
});

/** A probability, 0 and 1 included. */
export const share = (name: string): Rule => ({ name, least: 0, most: 1, says: 'a number from 0 to 1' });

/** A whole number from `least` to `most`. */
export const count = (name: string, least: number, most: number): Rule => ({
  name,
  least,
  most,
  whole: true,
  says: `a whole number from ${least} to ${most}`,
});

const allowed = (rule: Rule, x: number): boolean =>
  x >= rule.least && x <= rule.most && (rule.whole !== true || Number.isInteger(x));

/** Holds one parameter against its rule. */
export function checkParameter(owner: string, rule: Rule, x: unknown): asserts x is number {
  if (typeof x !== 'number') throw typeError(`${owner}: ${rule.name} is ${rule.says}, not a ${typeof x}`);
  if (!allowed(rule, x)) throw rangeError(`${owner}: ${rule.name} is ${rule.says}, not ${x}`);
}

/** Where the first number is that breaks the rule, or -1. A loop of its own: it runs over millions of parameters. */
function firstBad(rule: Rule, values: Float64Array | Float32Array): number {
  const { least, most } = rule;
  for (let i = 0; i < values.length; i++) {
    const x = values[i];
    if (!(x >= least && x <= most)) return i;
  }
  return rule.whole === true ? values.findIndex((x) => !Number.isInteger(x)) : -1;
}

/** Refuses supports that are empty, of one symbol, or have more symbols than there are units. */
export function checkSupport(owner: string, min: number, max: number, precision: Precision): void {
  for (const [name, x] of [
    ['min', min],
    ['max', max],
  ] as const)
    checkParameter(owner, count(name, -(2 ** 31), 2 ** 31 - 1), x);
  if (max <= min)
    throw rangeError(`${owner}: max is above min, since a model has at least two symbols; not ${min} to ${max}`);
  if (max - min >= 2 ** precision)
    throw rangeError(
      `${owner}: ${min} to ${max} are ${max - min + 1} symbols, and ${precision} bits give at most ${2 ** precision}` +
        ' of them a probability',
    );
}

/** What a family is made of. */
export interface FamilySpec {
  readonly name: string;
  readonly kind: number;
  readonly min: number;
  readonly max: number;
  readonly precision: Precision;
  readonly rules: readonly Rule[];
  /** Numbers that the kernel needs beside the parameters. */
  readonly constants?: Uint32Array;
  /** The model with these parameters, which are within the rules. Default: a {@link FamilyModel}. */
  make?(parameters: readonly number[]): EntropyModel;
  /** First and last symbol with these parameters. Default: min and max. */
  support?(parameters: readonly number[]): readonly [number, number];
}

/** Symbols up to which a model that is used in bulk gets a table: computing the table costs as much as coding them. */
const TABLE_SYMBOLS = 4096;

/** A family with its parameters, computed by the kernel. */
export class FamilyModel implements EntropyModel {
  readonly precision: Precision;
  private readonly family: FamilyKernel;
  private made: TableKernel | FamilyKernel | undefined;

  constructor(spec: FamilySpec, parameters: readonly number[]) {
    this.precision = spec.precision;
    const [min, max] = spec.support?.(parameters) ?? [spec.min, spec.max];
    const [a, b = 0] = parameters;
    this.family = { kind: spec.kind, min, max, a, b, loops: familyCoding };
  }

  /** A table where there are few symbols, since it is faster than the family. Made when it is first asked for. */
  get kernel(): TableKernel | FamilyKernel {
    this.made ??= this.table() ?? this.family;
    return this.made;
  }

  private table(): TableKernel | undefined {
    const { kind, min, max, a, b } = this.family;
    const size = max - min + 1;
    if (size > TABLE_SYMBOLS) return undefined;
    const { exports, memory } = roomyKernel(4 * (size + 1));
    if (exports.fillTable(kind, min, max, this.precision, a, b) !== 0) return undefined;
    return { table: new Uint32Array(memory.buffer, exports.scratch(), size + 1).slice(), min };
  }

  /** Writes the interval of a symbol to `into`. */
  interval(symbol: number, into: Interval): void {
    const { kind, min, max, a, b } = this.family;
    if (!(Number.isInteger(symbol) && symbol >= min && symbol <= max)) throw impossibleSymbol(symbol, min, max);
    // The last bit of a cdf can be out of order; then a symbol between two others has nothing.
    if (!modelKernel().intervalOf(kind, symbol, min, max, this.precision, a, b))
      throw new SurprisalError('impossible-symbol', `rounding leaves symbol ${symbol} no interval in this model`);
    const found = foundInterval();
    into.left = found[0];
    into.probability = found[1];
  }

  /** The symbol whose interval holds `quantile`; its interval goes to `into`. */
  symbolAt(quantile: number, into: Interval): number {
    const { precision } = this;
    if (quantile >>> 0 !== quantile || quantile >>> precision !== 0) checkQuantile(quantile, precision);
    const { kind, min, max, a, b } = this.family;
    const symbol = modelKernel().symbolAt(kind, quantile, min, max, precision, a, b);
    const found = foundInterval();
    into.left = found[0];
    into.probability = found[1];
    return symbol;
  }
}

/** A family that the kernel computes. */
export class KernelFamily implements ModelFamily {
  readonly precision: Precision;
  readonly parameterCount: number;
  readonly kind: number;
  readonly min: number;
  readonly max: number;
  readonly constants: Uint32Array | undefined;
  readonly limits: readonly (readonly [number, number])[] | undefined;
  readonly loops = familyCoding;
  private readonly spec: FamilySpec;

  constructor(spec: FamilySpec) {
    this.spec = spec;
    this.precision = spec.precision;
    this.parameterCount = spec.rules.length;
    this.kind = spec.kind;
    this.min = spec.min;
    this.max = spec.max;
    this.constants = spec.constants;
    const whole = spec.rules.some((rule) => rule.whole === true);
    this.limits = whole ? undefined : spec.rules.map(({ least, most }) => [least, most]);
  }

  /** The model with these parameters, once they are within the rules. */
  model(...parameters: number[]): EntropyModel {
    const { name, rules } = this.spec;
    if (parameters.length !== rules.length)
      throw typeError(`${name} has ${names(rules)} as parameters; ${parameters.length} were given`);
    for (const [i, rule] of rules.entries()) checkParameter(name, rule, parameters[i]);
    return this.spec.make?.(parameters) ?? new FamilyModel(this.spec, parameters);
  }

  /** Holds the arrays against the family, but no number of theirs against the rules. */
  checkShape(parameters: readonly (Float64Array | Float32Array)[], length: number): void {
    const { name, rules } = this.spec;
    if (parameters.length !== rules.length)
      throw typeError(
        `${name} has ${names(rules)} as parameters, an array each; ${parameters.length} arrays were given`,
      );
    for (const [i, rule] of rules.entries()) {
      const values = parameters[i];
      if (!(values instanceof Float64Array || values instanceof Float32Array))
        throw typeError(`${name}: ${rule.name} is a Float64Array or a Float32Array with a number for each symbol`);
      if (values.length !== length)
        throw rangeError(`${name}: ${rule.name} has ${values.length} numbers for ${length} symbols`);
    }
  }

  /** Holds arrays of parameters against the rules. */
  check(parameters: readonly (Float64Array | Float32Array)[], length: number): void {
    this.checkShape(parameters, length);
    const { name, rules } = this.spec;
    for (const [i, rule] of rules.entries()) {
      const values = parameters[i];
      const bad = firstBad(rule, values);
      if (bad >= 0) throw rangeError(`${name}: ${rule.name} is ${rule.says}, not ${values[bad]}, which is at ${bad}`);
    }
  }
}

const names = (rules: readonly Rule[]): string => rules.map((rule) => rule.name).join(' and ');

/** Splits constructor arguments into the numbers that lead and the options that may follow. */
export function splitArguments<Options extends object>(
  owner: string,
  args: readonly (number | Options | undefined)[],
): { numbers: number[]; options: Options | undefined } {
  const last = args.at(-1);
  const options = typeof last === 'object' && last !== null ? last : undefined;
  const numbers = (options === undefined ? args : args.slice(0, -1)).filter((x) => x !== undefined);
  for (const x of numbers)
    if (typeof x !== 'number') throw typeError(`${owner}: parameters are numbers, not ${typeof x}`);
  return { numbers: numbers as number[], options };
}
