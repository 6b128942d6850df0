/**
 * Bulk coding with a model that learns: each symbol is coded with the counts of those before it.
 *
 * For a stack (ANS and chain coders) the encoder first finds all intervals in the order of the symbols and then codes
 * them from the last to the first, so that the decoder meets them in the order in which it learns.
 */
import { rangeError, typeError } from '../errors.ts';
import { familyCoding } from '../kernels/families.ts';
import type { AdaptiveModel } from '../models/adaptive.ts';
import { type EntropyModel, type Interval, Kind, type ModelFamily, type Precision } from '../models/model.ts';
import type { AnsCoder } from './ans.ts';
import type { ChainCoder } from './chain.ts';
import type { RangeDecoder, RangeEncoder } from './range.ts';
import type { Symbols } from './stream.ts';
import { checkPrecision, type Preset, typeName } from './words.ts';

/** A coder that {@link encodeAdaptive} can write to. */
export type AdaptiveEncoder<P extends Preset = Preset> = RangeEncoder<P> | AnsCoder<P> | ChainCoder<P>;

/** A coder that {@link decodeAdaptive} can read from. */
export type AdaptiveDecoder<P extends Preset = Preset> = RangeDecoder<P> | AnsCoder<P> | ChainCoder<P>;

/** Symbols whose intervals are found at once where the order allows it. */
const BATCH = 65536;

/** Intervals as the parameters of a family. */
class Given implements ModelFamily {
  readonly precision: Precision;
  readonly parameterCount = 2;
  readonly kind = Kind.given;
  readonly min = 0;
  readonly max = 0;
  readonly loops = familyCoding;

  constructor(precision: Precision) {
    this.precision = precision;
  }

  model(left: number, probability: number): EntropyModel {
    return {
      precision: this.precision,
      kernel: undefined,
      interval: (_symbol, into) => Object.assign(into, { left, probability }),
      symbolAt: () => {
        throw rangeError('an interval alone does not say which symbol it is');
      },
    };
  }

  check(): void {}
}

/**
 * Encodes symbols with a model that learns from each. With an AnsCoder or a ChainCoder the first symbol is encoded last
 * and decoded first, and 8 bytes a symbol are needed to remember the intervals.
 *
 * @param encoder - A RangeEncoder, AnsCoder or ChainCoder.
 * @param symbols - Whole numbers from 0 to n - 1.
 * @param model - Learns from the symbols; after an error it is as it was, as is the coder.
 * @throws SurprisalError (`impossible-symbol`) for a symbol outside the model, with its index.
 * @throws RangeError (`invalid-argument`) when the model's precision is not that of the coder.
 *
 * @example
 * const encoder = new RangeEncoder();
 * encodeAdaptive(encoder, bytes, new AdaptiveModel(256));
 * const words = encoder.getCompressed();
 */
export function encodeAdaptive<P extends Preset>(
  encoder: AdaptiveEncoder<P>,
  symbols: Symbols,
  model: AdaptiveModel,
): void {
  checkPrecision(model, encoder.preset === 'small' ? 12 : 24);
  if (!ArrayBuffer.isView(symbols)) throw typeError(`symbols are an array of integers, not ${typeName(symbols)}`);
  const { length } = symbols;
  const learner = model.clone();
  learner.checkAll(symbols);
  const given = new Given(model.precision);
  const forward = 'encode' in encoder;
  const size = forward ? Math.min(length, BATCH) : length;
  const lefts = new Float32Array(size);
  const probabilities = new Float32Array(size);
  for (let at = 0; at < length; at += size) {
    const part = symbols.subarray(at, at + size);
    const n = part.length;
    learner.learn(part, lefts, probabilities);
    const [left, probability] = [lefts.subarray(0, n), probabilities.subarray(0, n)];
    if (forward) encoder.encode(part, given, left, probability);
    else encoder.encodeReverse(part, given, left, probability);
  }
  model.assign(learner.snapshot());
}

/**
 * Decodes what {@link encodeAdaptive} has encoded: the model must be as the encoder's was at the start.
 *
 * @param decoder - A RangeDecoder, AnsCoder or ChainCoder.
 * @param countOrInto - How many symbols, or the array to fill.
 * @param model - Learns from the symbols; after an error it is as it was, as is the coder.
 * @returns The symbols: the array given, or an Int32Array.
 * @throws SurprisalError (`corrupt`, `out-of-data`) as the coder's `decode`.
 * @throws RangeError (`invalid-argument`) when the model's precision is not that of the coder, or for a symbol that
 *   the array cannot hold.
 *
 * @example
 * const bytes = decodeAdaptive(new RangeDecoder(words), new Uint8Array(length), new AdaptiveModel(256));
 */
export function decodeAdaptive<P extends Preset>(
  decoder: AdaptiveDecoder<P>,
  count: number,
  model: AdaptiveModel,
): Int32Array;
/** Fills an array with the decoded symbols, and returns it. */
export function decodeAdaptive<P extends Preset, S extends Symbols>(
  decoder: AdaptiveDecoder<P>,
  into: S,
  model: AdaptiveModel,
): S;
/** Both of these forms. */
export function decodeAdaptive<P extends Preset>(
  decoder: AdaptiveDecoder<P>,
  countOrInto: number | Symbols,
  model: AdaptiveModel,
): Symbols {
  const constants = model.snapshot();
  const learner = model.clone();
  const { precision } = model;
  const source: EntropyModel = {
    precision,
    kernel: { kind: Kind.adaptive, min: 0, max: model.size - 1, a: 0, b: 0, constants, loops: familyCoding },
    interval: (symbol, into) => learner.interval(symbol, into),
    // For where the kernel has no room for the counts.
    symbolAt(quantile: number, into: Interval): number {
      const symbol = learner.symbolAt(quantile, into);
      learner.update(symbol);
      return symbol;
    },
  };
  const decode = decoder.decode as (source: EntropyModel, countOrInto: number | Symbols) => Symbols;
  const symbols = decode.call(decoder, source, countOrInto);
  model.assign(familyCoding().constantsNow(constants) ?? learner.snapshot());
  return symbols;
}
