/**
 * Any model of sequences as a compressor: its predictions drive the range coder, symbol by symbol, and the decoder
 * learns the same from what it decodes. The bits carry neither a length nor a checksum.
 */
import { RangeDecoder, RangeEncoder } from '../coders/range.ts';
import { rangeError, SurprisalError } from '../errors.ts';
import type { EntropyModel, Interval } from '../models/model.ts';
import { checkSymbol, PRECISION, type SequenceModel, symbolAt } from './model.ts';

/** The prediction of the moment as an entropy model, for any coder that takes single symbols. */
export class Prediction implements EntropyModel {
  /** Bits of the probabilities. */
  readonly precision = PRECISION;
  /** None: this model changes with every symbol. */
  readonly kernel = undefined;
  /** Cumulative frequencies, alphabetSize + 1 of them: what {@link SequenceModel.intervals} fills in. */
  readonly cuts: Uint32Array;
  private readonly size: number;

  /** @param size - Size of the alphabet. */
  constructor(size: number) {
    this.size = size;
    this.cuts = new Uint32Array(size + 1);
  }

  /** Writes the interval of a symbol to `into`. */
  interval(symbol: number, into: Interval): void {
    into.left = this.cuts[symbol];
    into.probability = this.cuts[symbol + 1] - into.left;
  }

  /** The symbol whose interval holds `quantile`; its interval goes to `into`. */
  symbolAt(quantile: number, into: Interval): number {
    const symbol = symbolAt(this.cuts, quantile, this.size);
    this.interval(symbol, into);
    return symbol;
  }
}

/**
 * Codes symbols with a model, which learns them.
 *
 * @param model - A model in any state; afterwards it has learnt the symbols.
 * @param symbols - Symbols of the model's alphabet.
 * @returns words of the range coder: the sum of the surprisals, and at most two words more.
 * @throws RangeError for a symbol that the alphabet lacks, before anything is learnt.
 * @example
 * const words = encodeSymbols(new Lz78Model(), bytes);
 * const restored = decodeSymbols(new Lz78Model(), words, bytes.length);
 */
export function encodeSymbols(model: SequenceModel, symbols: ArrayLike<number>): Uint32Array {
  const size = model.alphabetSize;
  for (let i = 0; i < symbols.length; i++) checkSymbol(symbols[i], size);
  const encoder = new RangeEncoder();
  const prediction = new Prediction(size);
  for (let i = 0; i < symbols.length; i++) {
    model.intervals(prediction.cuts);
    encoder.encode(symbols[i], prediction);
    model.update(symbols[i]);
  }
  return encoder.getCompressed();
}

/**
 * Decodes what {@link encodeSymbols} coded.
 *
 * @param model - A model in the state that the encoder's had; afterwards it has learnt the symbols.
 * @param words - What encodeSymbols returned.
 * @param count - Number of symbols.
 * @returns the symbols: a Uint8Array for alphabets up to 256, else a Uint16Array.
 * @throws SurprisalError (`corrupt`) for words that no encoder wrote, where that shows: guard data with a checksum.
 */
export function decodeSymbols(model: SequenceModel, words: Uint32Array, count: number): Uint8Array | Uint16Array {
  if (!(Number.isSafeInteger(count) && count >= 0)) throw rangeError(`a count is a whole number from 0, not ${count}`);
  const size = model.alphabetSize;
  const decoder = new RangeDecoder(words);
  const prediction = new Prediction(size);
  const symbols = size <= 256 ? new Uint8Array(count) : new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    model.intervals(prediction.cuts);
    symbols[i] = decoder.decode(prediction);
    model.update(symbols[i]);
  }
  if (!decoder.maybeExhausted()) throw new SurprisalError('corrupt', 'there is more data than these symbols take');
  return symbols;
}
