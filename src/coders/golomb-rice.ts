/**
 * Golomb-Rice codes: the best codes for geometric distributions among those that need nothing but shifts.
 *
 * Golomb, "Run-length encodings", IEEE Trans. Inf. Theory 12 (1966); Rice and Plaunt, "Adaptive variable-length coding
 * for efficient compression of spacecraft television data", IEEE Trans. Commun. 19 (1971). FLAC and JPEG-LS use them.
 */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { checkSymbol, reverseBits, trailingZeros } from './bits.ts';
import type { BitSink, BitSource, DecoderCodebook, EncoderCodebook } from './symbol-coders.ts';

/** The largest symbol: 2^32 - 1. */
const largest = 0xffffffff;

/** Limits of a Golomb-Rice code. They change no bits. */
export interface GolombRiceOptions {
  /**
   * The most ones that a codeword may start with, a whole number from 0 to 2^32 - 1. 65535 unless given: a symbol far
   * from what the parameter was chosen for would otherwise write up to half a gigabyte.
   */
  readonly maxQuotient?: number;
}

/**
 * The Golomb-Rice code with parameter k: `symbol >> k` ones and a 0, then the k low bits, the highest of them first.
 * Immutable.
 *
 * @example
 * const data = [3, 0, 12, 5, 1];
 * const code = new GolombRice(GolombRice.parameterFor(data)); // k = 1
 * const encoder = new QueueEncoder();
 * encoder.encodeSymbols(data, code);
 * encoder.getDecoder().decodeSymbols(code, 5); // [3, 0, 12, 5, 1]
 */
export class GolombRice implements EncoderCodebook, DecoderCodebook {
  /** How many low bits are written as they are, 0 to 31. */
  readonly parameter: number;
  /** The most ones that a codeword may start with. */
  readonly maxQuotient: number;

  /** @throws RangeError (`invalid-argument`) for a parameter that is not a whole number from 0 to 31, or a bad limit. */
  constructor(parameter: number, options: GolombRiceOptions = {}) {
    if (!(Number.isInteger(parameter) && parameter >= 0 && parameter <= 31))
      throw rangeError(`the parameter of a Golomb-Rice code is a whole number from 0 to 31, not ${parameter}`);
    const { maxQuotient = 65535 } = options;
    if (!(Number.isInteger(maxQuotient) && maxQuotient >= 0 && maxQuotient <= largest))
      throw rangeError(`maxQuotient is a whole number from 0 to ${largest}, not ${maxQuotient}`);
    this.parameter = parameter;
    this.maxQuotient = maxQuotient;
  }

  /**
   * The parameter with which these symbols take the fewest bits, the least of several: exact, for all 32 are counted.
   *
   * @throws RangeError (`invalid-argument`) for what is not a whole number from 0 to 2^32 - 1.
   *
   * @example
   * GolombRice.parameterFor([100, 90, 130]); // 6
   */
  static parameterFor(symbols: ArrayLike<number>): number {
    if (typeof symbols?.length !== 'number') throw typeError('symbols come as an array or a typed array');
    // Sums of quotients are exact: 2^53 is far beyond what an array can hold.
    const ones = new Float64Array(32);
    for (let at = 0; at < symbols.length; at++) {
      const symbol = symbols[at];
      if (!(Number.isInteger(symbol) && symbol >= 0 && symbol <= largest))
        throw rangeError(`Golomb-Rice codes whole numbers from 0 to ${largest}, not ${symbol} (at index ${at})`);
      for (let k = 0; k < 32 && symbol >>> k > 0; k++) ones[k] += symbol >>> k;
    }
    let best = 0;
    for (let k = 1; k < 32; k++) if (ones[k] + k * symbols.length < ones[best] + best * symbols.length) best = k;
    return best;
  }

  /**
   * The parameter with the shortest expected codeword for a geometric distribution of this mean (a number from 0 up).
   *
   * With t = mean / (mean + 1), parameter k takes k + 1 + T / (1 - T) bits for T = t^(2^k), and k + 1 is no better
   * once T^2 + T <= 1: so the least k with T <= (sqrt(5) - 1) / 2 (Kiely, "Selecting the Golomb parameter in Rice
   * coding", IPN Progress Report 42-159, 2004). Only multiplications: the same on every machine.
   *
   * @throws RangeError (`invalid-argument`) for a mean that is negative, infinite or not a number.
   *
   * @example
   * GolombRice.parameterForMean(100); // 6
   */
  static parameterForMean(mean: number): number {
    if (!(mean >= 0 && mean < Infinity)) throw rangeError(`a mean is a finite number from 0, not ${mean}`);
    let k = 0;
    for (let t = mean / (mean + 1); k < 31 && t > 0.6180339887498949; t *= t) k++;
    return k;
  }

  /**
   * Writes the symbol's codeword, of `(symbol >> k) + 1 + k` bits.
   *
   * @throws SurprisalError (`impossible-symbol`) for a symbol below 0, above 2^32 - 1, or beyond `maxQuotient`.
   */
  encode(symbol: number, sink: BitSink): void {
    checkSymbol(symbol);
    if (symbol < 0 || symbol > largest)
      throw new SurprisalError(
        'impossible-symbol',
        `Golomb-Rice codes whole numbers from 0 to ${largest}, not ${symbol}`,
      );
    const quotient = symbol >>> this.parameter;
    if (quotient > this.maxQuotient)
      throw new SurprisalError(
        'impossible-symbol',
        `symbol ${symbol} would take ${quotient} ones with parameter ${this.parameter}; maxQuotient is ` +
          `${this.maxQuotient}: choose a larger parameter`,
      );
    const { parameter } = this;
    if (quotient + 1 + parameter <= 32) {
      const low = reverseBits(symbol, parameter);
      sink.writeBits(((1 << quotient) - 1) | (low << (quotient + 1)), quotient + 1 + parameter);
      return;
    }
    let left = quotient;
    for (; left >= 32; left -= 32) sink.writeBits(0xffffffff, 32);
    sink.writeBits(2 ** left - 1, left);
    sink.writeBits(0, 1);
    sink.writeBits(reverseBits(symbol, parameter), parameter);
  }

  /**
   * Reads one codeword.
   *
   * @throws SurprisalError (`corrupt`) for more than `maxQuotient` ones, or a number above 2^32 - 1.
   */
  decode(source: BitSource): number {
    const { parameter } = this;
    const window = source.peekBits(32);
    const run = trailingZeros(~window >>> 0);
    if (run + 1 + parameter <= 32 && run <= this.maxQuotient) {
      source.skipBits(run + 1 + parameter);
      return (run << parameter) + reverseBits(window >>> (run + 1), parameter);
    }
    let quotient = 0;
    for (;;) {
      const ones = trailingZeros(~source.peekBits(32) >>> 0);
      source.skipBits(ones);
      quotient += ones;
      if (quotient > this.maxQuotient)
        throw new SurprisalError('corrupt', `a codeword starts with more than ${this.maxQuotient} ones`);
      if (ones < 32) break;
    }
    source.skipBits(1);
    const low = reverseBits(source.peekBits(parameter), parameter);
    source.skipBits(parameter);
    const symbol = quotient * 2 ** parameter + low;
    if (symbol > largest) throw new SurprisalError('corrupt', `the codeword means ${symbol}, above ${largest}`);
    return symbol;
  }
}

/**
 * A signed number among the unsigned ones, the small ones first: 0, -1, 1, -2, 2, ... become 0, 1, 2, 3, 4, ...
 *
 * @throws RangeError (`invalid-argument`) for what is not a whole number from -2^31 to 2^31 - 1.
 *
 * @example
 * encoder.encodeSymbol(zigzag(-3), new GolombRice(2)); // the symbol 5
 */
export function zigzag(value: number): number {
  if ((value | 0) !== value) throw rangeError(`zigzag takes whole numbers from -2^31 to 2^31 - 1, not ${value}`);
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

/**
 * What {@link zigzag} made `symbol` of.
 *
 * @throws RangeError (`invalid-argument`) for what is not a whole number from 0 to 2^32 - 1.
 *
 * @example
 * unzigzag(5); // -3
 */
export function unzigzag(symbol: number): number {
  if (symbol >>> 0 !== symbol) throw rangeError(`unzigzag takes whole numbers from 0 to 2^32 - 1, not ${symbol}`);
  return (symbol >>> 1) ^ -(symbol & 1);
}
