/** What the stream coders have in common: their arguments, and bulk calls cut into chunks for the kernels. */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { type Coding, Reason, Slot, type SourceMode } from '../kernels/coding.ts';
import { type EntropyModel, type Interval, isMixture, isRowFamily, type Precision } from '../models/model.ts';
import { Bulk, concrete, isSequence, noParameters, type Parameters, type Source } from './bulk.ts';
import { checkPrecision, isSmall, type Preset, typeName } from './words.ts';

export type { Parameters, Source } from './bulk.ts';

/** Arrays of symbols. */
export type Symbols = Int32Array | Uint8Array | Uint16Array | Int8Array | Int16Array;

/** The interval of a single call. Calls do not nest: a model never calls a coder. */
const interval: Interval = { left: 0, probability: 0 };

/** A coder's words and state, as far as a failed call may have changed them. */
export type Mark = readonly number[];

/** Base of the coders. What is protected is for them alone. */
export abstract class StreamCoder<P extends Preset> {
  /** Widths that the coder works with. */
  readonly preset: P;
  protected readonly small: boolean;
  protected readonly precision: Precision;
  protected readonly wordBits: 16 | 32;

  /** Symbols of a bulk call that come after the chunk in hand. */
  protected remaining = 0;

  constructor(preset: P) {
    this.small = isSmall(preset);
    this.preset = preset;
    this.precision = this.small ? 12 : 24;
    this.wordBits = this.small ? 16 : 32;
  }

  /** What {@link restore} needs. */
  protected abstract mark(): Mark;
  /** Undoes whatever was done since the mark. */
  protected abstract restore(mark: Mark): void;

  protected encodeInterval(_left: number, _probability: number): void {
    throw new Error('this coder does not encode');
  }

  /** Whether the coder needs a symbol's units side by side, as a range coder does. */
  protected get contiguous(): boolean {
    return false;
  }

  /** What encoding a symbol of this probability would leave over: which of the symbol's units it takes. */
  protected unitOf(_probability: number): number {
    throw new Error('this coder does not encode');
  }

  /** Encodes by any model: the units of a symbol may be scattered. */
  private encodeWith(model: EntropyModel, symbol: number): void {
    model.interval(symbol, interval);
    const { probability } = interval;
    if (model.slots === undefined) {
      this.encodeInterval(interval.left, probability);
    } else {
      const unit = this.unitOf(probability);
      this.encodeInterval(model.slots.slotOf(symbol, unit) - unit, probability);
    }
  }

  /** The next quantile; changes nothing. */
  protected quantile(): number {
    throw new Error('this coder does not decode');
  }

  /** Goes on past a symbol whose interval holds the quantile. */
  protected advance(_quantile: number, _left: number, _probability: number): void {
    throw new Error('this coder does not decode');
  }

  /** Codes the kernel's chunk; on -1 the coder has moved on, else it is as it was. */
  protected encodeChunk(_kernel: Coding, _n: number, _mode: SourceMode): number {
    throw new Error('this coder does not encode');
  }

  protected decodeChunk(_kernel: Coding, _n: number, _mode: SourceMode): number {
    throw new Error('this coder does not decode');
  }

  /** Whether the next chunk has to be coded by single calls. */
  protected stepwise(_kernel: Coding): boolean {
    return false;
  }

  /** Encodes symbols, last first if `reverse`. */
  protected encodeAny(symbols: number | Symbols, source: Source, parameters: readonly Parameters[], reverse: boolean) {
    if (typeof symbols === 'number') {
      const model = this.single(source, parameters);
      this.encodeWith(model, symbols);
      return;
    }
    checkSymbols(symbols);
    const bulk = new Bulk(source, parameters, symbols.length, this.precision, this.contiguous);
    const mark = this.mark();
    try {
      const { length } = symbols;
      const { kernel } = bulk;
      const step = bulk.chunk(kernel);
      for (let done = 0; done < length; done += step) {
        const n = Math.min(step, length - done);
        const at = reverse ? length - done - n : done;
        if (kernel === undefined || this.stepwise(kernel) || !bulk.prepare(kernel, at, n))
          this.encodeEach(symbols, at, n, bulk, reverse);
        else {
          this.remaining = length - done - n;
          kernel.symbols.set(symbols.subarray(at, at + n));
          const failed = this.encodeChunk(kernel, n, bulk.mode);
          if (failed >= 0) throw this.failure(kernel, at + failed, () => bulk.at(at + failed), symbols);
        }
      }
    } catch (error) {
      this.restore(mark);
      throw error;
    }
  }

  private encodeEach(symbols: Symbols, at: number, n: number, bulk: Bulk, reverse: boolean): void {
    for (let j = 0; j < n; j++) {
      const i = reverse ? at + n - 1 - j : at + j;
      try {
        this.encodeWith(bulk.at(i), symbols[i]);
      } catch (error) {
        throw withIndex(error, i);
      }
    }
  }

  /** The model of a single call. What most calls give is seen at a glance; the rest is looked at in turn. */
  private single(source: Source, parameters: readonly unknown[]): EntropyModel {
    const model = source as EntropyModel;
    if (
      parameters.length === 0 &&
      model?.precision === this.precision &&
      model.interval !== undefined &&
      model.slots === undefined
    )
      return model;
    if (isSequence(source)) throw typeError('a sequence of models needs an array of symbols, not a single one');
    checkPrecision(concrete(source, this.contiguous), this.precision);
    noParameters(parameters, 'a single symbol');
    return model;
  }

  /** Decodes one symbol. */
  protected decodeOne(model: EntropyModel): number {
    const quantile = this.quantile();
    const symbol = model.symbolAt(quantile, interval);
    const { left, probability } = interval;
    if (model.slots === undefined) this.advance(quantile, left, probability);
    else this.advance(left + model.slots.unitAt(quantile), left, probability);
    return symbol;
  }

  /** All forms of a decoder's `decode`. */
  protected decodeForms(source: Source, rest: readonly (number | Symbols | Parameters)[]): number | Symbols {
    if (rest.length === 0 && !isSequence(source)) return this.decodeOne(this.single(source, rest));
    // The rows of a matrix do not say how many they are; other parameters say it by their length.
    const last = rest[rest.length - 1];
    const counted = typeof last === 'number' || isSymbols(last);
    const parameters = counted ? rest.slice(0, -1) : rest;
    if (counted && parameters.length > 0 && (isSequence(source) || !isRowFamily(source)))
      throw typeError('parameters come without a number of symbols: their length says it');
    return this.decodeAny(source, counted ? last : undefined, parameters as readonly Parameters[]);
  }

  /** Decodes symbols, first first. */
  protected decodeAny(
    source: Source,
    countOrInto: number | Symbols | undefined,
    parameters: readonly Parameters[],
  ): Symbols {
    const length = lengthOf(source, countOrInto, parameters);
    const bulk = new Bulk(source, parameters, length, this.precision, this.contiguous);
    const into = typeof countOrInto === 'object' ? countOrInto : new Int32Array(length);
    const mark = this.mark();
    try {
      const { kernel } = bulk;
      const step = bulk.chunk(kernel);
      for (let at = 0; at < length; at += step) {
        const n = Math.min(step, length - at);
        if (kernel === undefined || !bulk.prepare(kernel, at, n)) {
          for (let i = at; i < at + n; i++) {
            const symbol = this.decodeOne(bulk.at(i));
            into[i] = symbol;
            if (into[i] !== symbol) throw doesNotFit(symbol, i, into);
          }
        } else {
          this.remaining = length - at - n;
          const failed = this.decodeChunk(kernel, n, bulk.mode);
          if (failed >= 0) throw this.failure(kernel, at + failed, undefined, into);
          const symbols = kernel.symbols.subarray(0, n);
          into.set(symbols, at);
          if (!(into instanceof Int32Array))
            for (let i = 0; i < n; i++) if (into[at + i] !== symbols[i]) throw doesNotFit(symbols[i], at + i, into);
        }
      }
    } catch (error) {
      this.restore(mark);
      throw error;
    }
    return into;
  }

  /** The error for a kernel's reason, which the symbol's model can often say better. */
  private failure(kernel: Coding, index: number, model: (() => EntropyModel) | undefined, symbols: Symbols): Error {
    const reason = kernel.slots[Slot.reason];
    if (reason === Reason.impossible && model !== undefined) {
      try {
        model().interval(symbols[index], interval);
      } catch (error) {
        return withIndex(error, index);
      }
      return new SurprisalError('impossible-symbol', `symbol ${symbols[index]} at index ${index} has no interval`);
    }
    if (reason === Reason.outOfRemainders) return outOfRemainders(index);
    if (reason === Reason.outOfData) return outOfData(index);
    return invalidData(index);
  }
}

function isSymbols(value: unknown): value is Symbols {
  return (
    value instanceof Int32Array ||
    value instanceof Uint8Array ||
    value instanceof Uint16Array ||
    value instanceof Int8Array ||
    value instanceof Int16Array
  );
}

function checkSymbols(symbols: unknown): void {
  if (!isSymbols(symbols))
    throw typeError(
      `symbols are a number, an Int32Array, Int16Array, Int8Array, Uint16Array or Uint8Array, not ${typeName(symbols)}`,
    );
}

function lengthOf(source: Source, countOrInto: number | Symbols | undefined, parameters: readonly Parameters[]) {
  if (typeof source !== 'object' || source === null) throw typeError(`not an entropy model but ${typeName(source)}`);
  if (typeof countOrInto === 'number') {
    if (!(Number.isInteger(countOrInto) && countOrInto >= 0))
      throw rangeError(`a number of symbols is a whole number from 0, not ${countOrInto}`);
    return countOrInto;
  }
  if (countOrInto !== undefined) {
    checkSymbols(countOrInto);
    return countOrInto.length;
  }
  if (isSequence(source)) return source.length;
  const [first] = parameters;
  if (first !== undefined && isRowFamily(source))
    throw typeError('say how many rows the matrix has: how many symbols to decode, or the array to fill');
  if (first === undefined) {
    throw typeError('say how many symbols to decode, or give the array to fill');
  }
  return isMixture(source) ? first.length / source.components : first.length;
}

function withIndex(error: unknown, index: number): Error {
  if (!(error instanceof SurprisalError)) return error as Error;
  return new SurprisalError(error.code, `symbol at index ${index}: ${error.message}`, { cause: error });
}

function doesNotFit(symbol: number, index: number, into: Symbols): RangeError {
  return rangeError(`the decoded symbol ${symbol} at index ${index} does not fit in a ${typeName(into)}`);
}

/** `at index 5`, where an index is known. */
function place(index: number | undefined): string {
  return index === undefined ? '' : ` at index ${index}`;
}

/** The error for a decoder without data. */
export function outOfData(index?: number): SurprisalError {
  return new SurprisalError('out-of-data', `the data ends before the symbol${place(index)}`);
}

/** The error for a chain coder that cannot encode for want of remainders. */
export function outOfRemainders(index?: number): SurprisalError {
  return new SurprisalError(
    'out-of-data',
    `no remainders are left to encode the symbol${place(index)} with: a chain coder encodes only what was decoded with it`,
  );
}

/** The error for data that no range encoder writes with these models. */
export function invalidData(index?: number): SurprisalError {
  return new SurprisalError(
    'corrupt',
    `no encoder writes such data with these models: found at the symbol${place(index)}`,
  );
}
