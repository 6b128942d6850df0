/**
 * Exponential Golomb codes: a code for all whole numbers from 0 to 2^32 - 1, short for the small ones, that needs no
 * table and no parameters but its order. Order 0 is constriction's `ExpGolomb<u32>`.
 *
 * Teuhola, "A compression method for clustered bit-vectors", Information Processing Letters 7 (1978). H.264 and later
 * video formats write their headers with it.
 */
import { rangeError, SurprisalError } from '../errors.ts';
import { checkSymbol, reverseBits, trailingZeros } from './bits.ts';
import type { BitSink, BitSource, DecoderCodebook, EncoderCodebook } from './symbol-coders.ts';

/** The largest symbol: 2^32 - 1. */
const largest = 0xffffffff;

/**
 * The exponential Golomb code of order k: with v = symbol + 2^k, as many zeros as v has bits beyond its k + 1 lowest,
 * then v in binary, its leading 1 first. Small symbols take k + 1 bits, and twice the symbol takes two bits more.
 * Immutable.
 *
 * @example
 * const encoder = new QueueEncoder();
 * encoder.encodeSymbols([3, 7, 0, 1], new ExpGolomb());
 * encoder.getDecoder().decodeSymbols(new ExpGolomb(), 4); // [3, 7, 0, 1]
 */
export class ExpGolomb implements EncoderCodebook, DecoderCodebook {
  /** How many low bits are written as they are, 0 to 31. */
  readonly order: number;
  /** 2^order: what is added to a symbol. */
  private readonly base: number;

  /** @throws RangeError (`invalid-argument`) for an order that is not a whole number from 0 to 31. */
  constructor(order = 0) {
    if (!(Number.isInteger(order) && order >= 0 && order <= 31))
      throw rangeError(`the order of an exponential Golomb code is a whole number from 0 to 31, not ${order}`);
    this.order = order;
    this.base = 2 ** order;
  }

  /**
   * Writes the symbol's codeword, of up to 65 bits.
   *
   * @throws SurprisalError (`impossible-symbol`) for a symbol below 0 or above 2^32 - 1.
   */
  encode(symbol: number, sink: BitSink): void {
    checkSymbol(symbol);
    if (symbol < 0 || symbol > largest)
      throw new SurprisalError(
        'impossible-symbol',
        `ExpGolomb codes whole numbers from 0 to ${largest}, not ${symbol}`,
      );
    const v = symbol + this.base;
    // v may have 33 bits; what follows its leading 1 never has more than 32.
    const below = v > largest ? 32 : 31 - Math.clz32(v);
    const zeros = below - this.order;
    const low = reverseBits(v, below);
    if (zeros + 1 + below <= 32) {
      sink.writeBits((1 << zeros) | (low << (zeros + 1)), zeros + 1 + below);
      return;
    }
    sink.writeBits(0, zeros);
    sink.writeBits(1, 1);
    sink.writeBits(low, below);
  }

  /**
   * Reads one codeword.
   *
   * @throws SurprisalError (`corrupt`) for more zeros than a codeword starts with, or a number above 2^32 - 1.
   */
  decode(source: BitSource): number {
    const window = source.peekBits(32);
    const zeros = trailingZeros(window);
    const below = zeros + this.order;
    if (zeros + 1 + below <= 32) {
      source.skipBits(zeros + 1 + below);
      return ((1 << below) >>> 0) + reverseBits(window >>> (zeros + 1), below) - this.base;
    }
    if (below > 32) {
      source.skipBits(zeros + 1);
      throw new SurprisalError('corrupt', `no codeword of ExpGolomb(${this.order}) starts with ${zeros} zeros`);
    }
    source.skipBits(zeros);
    // After 32 zeros the 1 was not among the bits looked at.
    if (source.peekBits(1) === 0) {
      source.skipBits(1);
      throw new SurprisalError('corrupt', `no codeword of ExpGolomb(${this.order}) starts with ${zeros + 1} zeros`);
    }
    source.skipBits(1);
    const bits = reverseBits(source.peekBits(below), below);
    source.skipBits(below);
    const symbol = 2 ** below + bits - this.base;
    if (symbol > largest) throw new SurprisalError('corrupt', `the codeword means ${symbol}, above ${largest}`);
    return symbol;
  }
}
