/** Categorical distributions of any symbols, as constriction's NonContiguousCategoricalEntropyModel. */
import { rangeError, typeError } from '../errors.ts';
import { Categorical, type Probabilities } from './categorical.ts';
import { LookupModel, type LookupOptions } from './lookup.ts';
import type { ModelOptions, TableKernel } from './model.ts';

/** How probabilities become units, and how they are looked up. */
export interface NonContiguousOptions extends ModelOptions, LookupOptions {
  /** true: the least cross entropy; false: rounded sums, much faster. It decides the words: see {@link Categorical}. */
  readonly perfect: boolean;
}

/**
 * A categorical distribution of any distinct 32-bit integers: the words are those of a {@link Categorical} of the same
 * probabilities whose symbols are places in the list. Arrays of symbols are coded one by one, since the kernels know
 * consecutive symbols only.
 *
 * @example
 * const model = new NonContiguousCategorical([-7, 1_000_000, 3], [0.2, 0.5, 0.3], { perfect: true });
 * coder.encodeReverse(Int32Array.of(3, -7, 1_000_000), model);
 */
export class NonContiguousCategorical extends LookupModel {
  /**
   * @param symbols - From 2 to 2^precision - 2 distinct whole numbers from -2^31 to 2^31 - 1, in any order. Copied.
   * @param probabilities - One for each, finite, none negative, in any scale.
   * @throws RangeError for a symbol that is none or comes twice, naming its place, for lists of different lengths, and
   *   where {@link Categorical} throws one.
   */
  constructor(symbols: ArrayLike<number>, probabilities: Probabilities, options: NonContiguousOptions) {
    if (typeof symbols !== 'object' || symbols === null || typeof symbols.length !== 'number')
      throw typeError('NonContiguousCategorical: the symbols are a list of whole numbers');
    if (symbols.length !== probabilities?.length)
      throw rangeError(
        `NonContiguousCategorical: ${symbols.length} symbols and ${probabilities?.length} probabilities: one for each is needed`,
      );
    const seen = new Map<number, number>();
    for (let i = 0; i < symbols.length; i++) {
      const symbol = symbols[i];
      if ((symbol | 0) !== symbol)
        throw rangeError(`NonContiguousCategorical: a symbol is a 32-bit integer, not ${symbol}, which is at ${i}`);
      const before = seen.get(symbol);
      if (before !== undefined)
        throw rangeError(`NonContiguousCategorical: symbol ${symbol} comes twice, at ${before} and at ${i}`);
      seen.set(symbol, i);
    }
    const { perfect, precision, full = false } = options ?? {};
    const model = new Categorical(probabilities, { perfect, precision });
    super((model.kernel as TableKernel).table, model.precision, Int32Array.from(symbols), full);
  }
}
