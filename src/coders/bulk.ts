/** What a bulk call of a stream coder codes with, cut into chunks for the kernels. */
import { rangeError, typeError } from '../errors.ts';
import { type Coding, coding, Mode, type SourceMode } from '../kernels/coding.ts';
import {
  type EntropyModel,
  isFamily,
  isMixture,
  isRowFamily,
  type MixtureFamily,
  type ModelFamily,
  type Precision,
  type RowFamily,
} from '../models/model.ts';
import { checkPrecision, typeName } from './words.ts';

/** One of a family's parameters: a value for each symbol, or a row of them. */
export type Parameters = Float64Array | Float32Array;

/** What a bulk call codes with: a model for all symbols, one for each, or a family with parameters for each. */
export type Source = EntropyModel | ModelFamily | MixtureFamily | RowFamily | readonly EntropyModel[];

/** A bulk call's models, and what the kernels know of them. */
export class Bulk {
  /** The kernel with loops for it, undefined where there are none. */
  readonly kernel: Coding | undefined;
  /** Which of the kernels' loops those are. */
  readonly mode: SourceMode;
  private readonly source: Source;
  private readonly parameters: readonly Parameters[];
  private readonly model: EntropyModel | undefined;
  /** Numbers in a row of the matrix that a row family's parameters are. */
  private readonly columns: number = 0;

  constructor(
    source: Source,
    parameters: readonly Parameters[],
    length: number,
    precision: Precision,
    contiguous: boolean,
  ) {
    this.source = source;
    this.parameters = parameters;
    this.model = undefined;
    this.kernel = undefined;
    this.mode = Mode.family;
    if (isSequence(source)) {
      noParameters(parameters, 'a sequence of models');
      if (source.length !== length)
        throw rangeError(`${length} symbols, but ${source.length} models: one for each is needed`);
      for (const model of source) checkPrecision(concrete(model, contiguous), precision);
    } else if (isRowFamily(source)) {
      checkPrecision(source, precision);
      checkCount(1, parameters);
      this.columns = source.checkRows(parameters[0], length);
    } else if (isFamily(source)) {
      checkPrecision(source, precision);
      checkCount(source.parameterCount, parameters);
      // Looking at all numbers costs as much as fetching them: the kernel does it as they pass.
      if (isMixture(source)) source.checkShape(parameters, length);
      else if (source.limits !== undefined) source.checkShape?.(parameters, length);
      else source.check(parameters, length);
      this.kernel = source.loops();
    } else {
      noParameters(parameters, 'a model that has its parameters');
      checkPrecision(concrete(source, contiguous), precision);
      this.model = source;
      const { kernel } = source;
      if (kernel === undefined) return;
      if ('table' in kernel) this.mode = Mode.table;
      if ('buckets' in kernel) this.mode = Mode.alias;
      this.kernel = 'loops' in kernel ? kernel.loops() : coding();
    }
  }

  /** The model of symbol `i`. */
  at(i: number): EntropyModel {
    if (this.model !== undefined) return this.model;
    if (isSequence(this.source)) return this.source[i];
    if (isRowFamily(this.source))
      return this.source.row(this.parameters[0].subarray(i * this.columns, (i + 1) * this.columns));
    const { source, parameters } = this;
    if (isMixture(source as ModelFamily | MixtureFamily)) {
      const { components } = source as MixtureFamily;
      const [weights, means, scales] = parameters.map((rows) => rows.subarray(i * components, (i + 1) * components));
      return (source as MixtureFamily).model(weights, means, scales);
    }
    return (source as ModelFamily).model(...parameters.map((values) => values[i]));
  }

  /** How many symbols a chunk may have: as many as there is room for their parameters. */
  chunk(kernel: Coding | undefined): number {
    if (kernel === undefined) return 4096;
    const { source } = this;
    if (isSequence(source) || !isMixture(source)) return kernel.chunk;
    return Math.min(kernel.chunk, Math.floor(kernel.parameters.length / (3 * source.components)));
  }

  /** Makes the model that of the kernel for symbols at..at + n; false when it has to be done without. */
  prepare(to: Coding, at: number, n: number): boolean {
    const known = this.model?.kernel;
    if (known === undefined) {
      const { kind, min, max, constants } = this.source as ModelFamily;
      const [first, second, third] = this.parameters;
      if (constants !== undefined && !to.useConstants(constants)) return false;
      if (third !== undefined) {
        const { components } = this.source as MixtureFamily;
        const [start, end] = [at * components, (at + n) * components];
        for (const [j, rows] of this.parameters.entries())
          to.parameters.set(rows.subarray(start, end), j * (end - start));
        to.kernel.useMixture(kind, min, max, components, 8 * components, 8 * (end - start));
        if (to.kernel.checkMixtures(n)) return true;
        (this.source as MixtureFamily).check(this.parameters, first.length / components);
        return false;
      }
      if (first !== undefined) to.first.set(first.subarray(at, at + n));
      if (second !== undefined) to.second.set(second.subarray(at, at + n));
      to.kernel.useFamily(kind, min, max, 8);
      const { limits } = this.source as ModelFamily;
      if (limits?.some(([least, most], j) => !to.kernel.parametersHold(n, j === 1, least, most)) === true)
        (this.source as ModelFamily).check(this.parameters, first.length);
      return true;
    }
    if ('table' in known) return to.useTable(known.table, known.min ?? 0, this.model!.precision);
    if ('buckets' in known) return to.useAlias(known.slots, known.buckets, known.symbols, known.shift);
    if ('components' in known) {
      to.parameters.set(known.parameters);
      to.kernel.useMixture(known.kind, known.min, known.max, known.components, 0, 8 * known.components);
      return true;
    }
    if (known.constants !== undefined && !to.useConstants(known.constants)) return false;
    to.first[0] = known.a;
    to.second[0] = known.b;
    to.kernel.useFamily(known.kind, known.min, known.max, 0);
    return true;
  }
}

/** Whether a source is a model for each symbol. */
export function isSequence(source: Source): source is readonly EntropyModel[] {
  return Array.isArray(source);
}

/** A source that is one model, or the error that it is none. */
export function concrete(
  model: EntropyModel | ModelFamily | MixtureFamily | RowFamily,
  contiguous: boolean,
): EntropyModel {
  if (typeof model !== 'object' || model === null) throw typeError(`not an entropy model but ${typeName(model)}`);
  if (isFamily(model) || isRowFamily(model))
    throw typeError('a family has no intervals without parameters: give it some, or pass them with the symbols');
  if (contiguous && model.slots !== undefined)
    throw typeError(
      'a range coder needs the units of a symbol side by side, and those of an alias table are scattered: use a' +
        ' Categorical with the same probabilities, or an AnsCoder or ChainCoder',
    );
  return model;
}

/** Refuses parameters where none belong. */
export function noParameters(parameters: readonly unknown[], what: string): void {
  if (parameters.length > 0) throw typeError(`parameters come with a family and an array of symbols, not with ${what}`);
}

function checkCount(count: number, parameters: readonly unknown[]): void {
  if (parameters.length !== count)
    throw typeError(
      `the family takes ${count} ${count === 1 ? 'array' : 'arrays'} of parameters, not ${parameters.length}`,
    );
  for (const values of parameters)
    if (!(values instanceof Float64Array || values instanceof Float32Array))
      throw typeError(`parameters are a Float64Array or a Float32Array, not ${typeName(values)}`);
}
