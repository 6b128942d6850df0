/**
 * Look-up decoders: any model's intervals written out, so that single calls find a symbol by reading a table. As
 * constriction's ContiguousLookupDecoderModel and NonContiguousLookupDecoderModel; the words stay those of the model.
 */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import {
  checkQuantile,
  type EntropyModel,
  type Interval,
  impossibleSymbol,
  type Precision,
  type TableKernel,
} from './model.ts';

/** How much memory a look-up decoder may take. */
export interface LookupOptions {
  /**
   * true: an entry for each of the 2^precision quantiles, 1, 2 or 4 bytes each as the number of symbols needs. With 24
   * bits these are 16 to 64 MiB, in which most reads miss the caches: slower than the default nearly always. false, the default with 24 bits: entries for the quantile's top bits, at least eight a symbol
   * up to 2^16, then a search among the few symbols that share an entry. With 12 bits there is always a full table.
   */
  readonly full?: boolean;
}

/** Symbols that a model may have: writing out more of them takes longer than it saves. */
const MOST_SYMBOLS = 2 ** 20;

type Entries = Uint8Array | Uint16Array | Uint32Array;

/** A model with its cumulative frequencies, its symbols and a table from quantiles to places in both. */
export class LookupModel implements EntropyModel {
  readonly precision: Precision;
  /** The table for bulk calls, where the symbols are consecutive; else these go by single calls. */
  readonly kernel: TableKernel | undefined;
  private readonly table: Uint32Array;
  private readonly min: number;
  /** The symbols in the order of their intervals and their places, unless they are consecutive from `min` on. */
  private readonly symbols: Int32Array | undefined;
  private readonly places: ReadonlyMap<number, number> | undefined;
  private readonly entries: Entries;
  private readonly shift: number;

  /**
   * @param table - Cumulative frequencies, strictly increasing: n + 1 from 0 to 2^precision. Kept, and never written to.
   * @param symbols - The n symbols in the order of the table, or the first of them where they are consecutive.
   */
  constructor(table: Uint32Array, precision: Precision, symbols: number | Int32Array, full: boolean) {
    const size = table.length - 1;
    this.precision = precision;
    this.table = table;
    if (typeof symbols === 'number') {
      this.min = symbols;
      this.kernel = { table, min: symbols };
    } else {
      this.min = 0;
      this.symbols = symbols;
      this.places = new Map(Array.from(symbols, (symbol, place) => [symbol, place]));
    }
    const bits = full || precision === 12 ? precision : Math.min(16, 35 - Math.clz32(size));
    this.shift = precision - bits;
    const Entries = size <= 2 ** 8 ? Uint8Array : size <= 2 ** 16 ? Uint16Array : Uint32Array;
    this.entries = new Entries(2 ** bits);
    // An entry's place is that of its first quantile.
    const step = 2 ** this.shift;
    for (let place = 0; place < size; place++)
      this.entries.fill(place, Math.ceil(table[place] / step), Math.ceil(table[place + 1] / step));
  }

  /**
   * Writes the interval of a symbol to `into`.
   *
   * @throws SurprisalError with code 'impossible-symbol' when the model does not have the symbol.
   */
  interval(symbol: number, into: Interval): void {
    const { table, min } = this;
    const last = table.length - 2;
    let place = symbol - min;
    if (this.places !== undefined) {
      place = this.places.get(symbol) ?? -1;
      if (place < 0)
        throw new SurprisalError(
          'impossible-symbol',
          `no interval for symbol ${symbol}: it is none of the ${last + 1} symbols that the model lists`,
        );
    } else if (!(Number.isInteger(place) && place >= 0 && place <= last)) {
      throw impossibleSymbol(symbol, min, min + last);
    }
    into.left = table[place];
    into.probability = table[place + 1] - table[place];
  }

  /** The symbol whose interval holds `quantile`; its interval goes to `into`. */
  symbolAt(quantile: number, into: Interval): number {
    const { precision, table, shift } = this;
    if (quantile >>> 0 !== quantile || quantile >>> precision !== 0) checkQuantile(quantile, precision);
    let place = this.entries[quantile >>> shift];
    let end = table[place + 1];
    if (end <= quantile) {
      // Steps that double, then halves: few symbols share an entry, but those in a tail are many.
      let step = 1;
      while (place + step < table.length && table[place + step] <= quantile) {
        place += step;
        step *= 2;
      }
      for (; step >= 1; step >>>= 1) if (place + step < table.length && table[place + step] <= quantile) place += step;
      end = table[place + 1];
    }
    const left = table[place];
    into.left = left;
    into.probability = end - left;
    return this.symbols === undefined ? this.min + place : this.symbols[place];
  }
}

/** The intervals of a model that has no table, one after another. */
function writeOut(model: EntropyModel): { table: Uint32Array; symbols: Int32Array } {
  const top = 2 ** model.precision;
  const at: Interval = { left: 0, probability: 0 };
  const ends: number[] = [0];
  const symbols: number[] = [];
  for (let end = 0; end < top; ends.push(end)) {
    symbols.push(model.symbolAt(end, at));
    if (at.left !== end || !(at.probability >= 1))
      throw rangeError(`lookupDecoder: the model's intervals do not follow one another: at ${end} one of ${at.left}`);
    end += at.probability;
    if (symbols.length > MOST_SYMBOLS) throw tooMany('more than 2^20');
  }
  return { table: Uint32Array.from(ends), symbols: Int32Array.from(symbols) };
}

const tooMany = (many: number | string): RangeError =>
  rangeError(
    `lookupDecoder: the model has ${many} symbols; writing out more than 2^20 of them costs more than it saves`,
  );

/**
 * The same model with its intervals written out: single calls of `decode` read a table instead of computing or
 * searching. Intervals and words are those of the model. Worth it once some hundred symbols are decoded with one model.
 *
 * @param model - Any model with up to 2^20 symbols that does not change: not an adaptive one.
 * @throws RangeError for a model of more symbols, TypeError for a family and for an alias table, which has no intervals
 *   in one piece and needs no search.
 *
 * @example
 * const model = lookupDecoder(new QuantizedGaussian(-100, 100, 3.2, 9.6));
 * new AnsCoder(words).decode(model);
 */
export function lookupDecoder(model: EntropyModel, options: LookupOptions = {}): EntropyModel {
  const { precision } = model ?? {};
  if (precision === undefined || typeof model.symbolAt !== 'function')
    throw typeError('lookupDecoder: a model is needed, and a family is none without its parameters');
  if (model.slots !== undefined)
    throw typeError(
      'lookupDecoder: an alias table has no intervals in one piece, and is decoded without a search anyway',
    );
  const { full = false } = options;
  const { kernel } = model;
  if (kernel !== undefined && 'table' in kernel) {
    const { table, min = 0 } = kernel;
    if (table.length - 1 > MOST_SYMBOLS) throw tooMany(table.length - 1);
    return new LookupModel(table, precision, min, full);
  }
  const { table, symbols } = writeOut(model);
  const consecutive = symbols.every((symbol, i) => symbol === symbols[0] + i);
  return new LookupModel(table, precision, consecutive ? symbols[0] : symbols, full);
}
