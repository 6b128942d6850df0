/** Codecs of entropy models: a symbol, an array of them, and arrays whose model depends on what comes before. */
import type { Parameters, Source, Symbols } from '../coders/stream.ts';
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import type { EntropyModel, Interval, ModelFamily } from '../models/model.ts';
import { type Codec, codec } from './codec.ts';
import { log2 } from './log2.ts';

const interval: Interval = { left: 0, probability: 0 };

function modelBits(model: EntropyModel, symbol: number): number {
  model.interval(symbol, interval);
  return model.precision - log2(interval.probability);
}

function checkModel(model: EntropyModel | ModelFamily): void {
  if (model?.precision === 24) return;
  if (model?.precision === undefined)
    throw typeError('not an entropy model: models have a precision, interval and symbolAt');
  throw rangeError(`codecs take models of precision 24, not ${model.precision}`);
}

/**
 * One symbol under a model.
 *
 * @throws RangeError (`invalid-argument`) for a model of another precision than 24.
 * @example
 * fromModel(new Categorical([0.2, 0.5, 0.3], { perfect: true }));
 */
export function fromModel(model: EntropyModel): Codec<number> {
  checkModel(model);
  return {
    push: (stack, symbol) => stack.encodeReverse(symbol, model),
    pop: (stack) => stack.decode(model),
    bits: (symbol) => modelBits(model, symbol),
  };
}

/**
 * `length` symbols, all under one model, in bulk.
 *
 * @example
 * symbolsOf(new Categorical([0.2, 0.5, 0.3], { perfect: true }), 1000); // Codec<Int32Array>
 */
export function symbolsOf(model: EntropyModel, length: number): Codec<Int32Array> {
  checkModel(model);
  return arrayCodec(model, [], length, () => model);
}

/**
 * Symbols that each come with parameters of their own, known to both sides, in bulk.
 *
 * @param family - Such as `new QuantizedGaussian(-100, 100)`.
 * @param parameters - The family's arrays, all of one length: that of the coded array.
 * @example
 * fromFamily(new QuantizedGaussian(-100, 100), means, stds); // Codec<Int32Array>
 */
export function fromFamily(family: ModelFamily, ...parameters: Parameters[]): Codec<Int32Array> {
  checkModel(family);
  if (parameters.length !== family.parameterCount)
    throw typeError(`the family takes ${family.parameterCount} arrays of parameters, not ${parameters.length}`);
  const { length } = parameters[0];
  family.check(parameters, length);
  return arrayCodec(family, parameters, length, (i) => family.model(...parameters.map((values) => values[i])));
}

function arrayCodec(
  source: Source,
  parameters: readonly Parameters[],
  length: number,
  model: (i: number) => EntropyModel,
): Codec<Int32Array> {
  if (!(Number.isInteger(length) && length >= 0 && length < 2 ** 32))
    throw rangeError(`a number of symbols is a whole number from 0 to 2^32 - 1, not ${length}`);
  const check = (symbols: Symbols): void => {
    if (symbols?.length !== length)
      throw new SurprisalError('impossible-symbol', `the codec codes ${length} symbols, not ${symbols?.length}`);
  };
  return {
    push(stack, symbols) {
      check(symbols);
      stack.encodeReverse(symbols, source as ModelFamily, ...parameters);
    },
    pop: (stack) =>
      parameters.length > 0
        ? stack.decode(source as ModelFamily, ...parameters)
        : stack.decode(source as EntropyModel, length),
    bits(symbols) {
      check(symbols);
      let sum = 0;
      for (let i = 0; i < length; i++) sum += modelBits(model(i), symbols[i]);
      return sum;
    },
  };
}

/**
 * A codec whose parameters are a function of side information, which both sides have by the time they need it: what a
 * likelihood or a posterior is. A name for the pattern, and the place where the parameters are checked.
 *
 * @param family - The family that the symbols are of.
 * @param parameters - From the side information to the family's arrays. Must give the same bits on both sides.
 * @example
 * const likelihood = substituted(new QuantizedGaussian(-100, 100), (z: number) => [means[z], stds[z]]);
 * likelihood(2); // Codec<Int32Array>
 */
export function substituted<S>(
  family: ModelFamily,
  parameters: (side: S) => readonly Parameters[],
): (side: S) => Codec<Int32Array> {
  checkModel(family);
  return (side) => fromFamily(family, ...parameters(side));
}

/** What {@link autoregressive} needs. */
export interface Autoregressive {
  /** Number of symbols. */
  readonly length: number;
  /** The model of symbol `i`, for which `symbols` holds all before it; what lies from `i` on must not be looked at. */
  readonly next: (symbols: Int32Array, i: number) => EntropyModel;
  /**
   * The models of all symbols at once, when that is faster: a push knows all symbols. Has to give the same intervals as
   * `next`.
   */
  readonly all?: (symbols: Int32Array) => { readonly family: ModelFamily; readonly parameters: readonly Parameters[] };
}

/**
 * An array in which every symbol has a model that those before it decide. It is pushed in bulk, all models being known
 * then, and popped one by one.
 *
 * @example
 * autoregressive({ length: 100, next: (symbols, i) => (i > 0 && symbols[i - 1] === 1 ? often : seldom) });
 */
export function autoregressive({ length, next, all }: Autoregressive): Codec<Int32Array> {
  const check = (symbols: Int32Array): void => {
    if (!(symbols instanceof Int32Array) || symbols.length !== length)
      throw new SurprisalError('impossible-symbol', `the codec codes Int32Arrays of ${length} symbols`);
  };
  return codec<Int32Array>({
    push(stack, symbols) {
      check(symbols);
      if (all !== undefined) {
        const { family, parameters } = all(symbols);
        stack.encodeReverse(symbols, family, ...parameters);
        return;
      }
      for (let i = length - 1; i >= 0; i--) stack.encodeReverse(symbols[i], next(symbols, i));
    },
    pop(stack) {
      const symbols = new Int32Array(length);
      for (let i = 0; i < length; i++) symbols[i] = stack.decode(next(symbols, i));
      return symbols;
    },
    bits(symbols) {
      check(symbols);
      let sum = 0;
      for (let i = 0; i < length; i++) sum += modelBits(next(symbols, i), symbols[i]);
      return sum;
    },
  });
}
