/**
 * Arithmetic coding bit by bit: the textbook coder, with integers of a chosen width.
 *
 * The interval [low, high] of `stateBits`-bit integers narrows with every symbol to the part that the symbol's
 * frequency takes; a leading bit that low and high share is written (E1, E2), and when the interval straddles the
 * middle inside the two inner quarters it is doubled and the bit that will decide is remembered as pending (E3).
 *
 * The end is a single 1, pending bits or not, and the decoder reads zeros past the end. That is always decodable: low
 * is below the middle and high is not, so the middle, a 1 followed by zeros, lies in the interval; and doubling about
 * the middle leaves the middle where it is, so the bits still pending would all be zeros, which the decoder supplies.
 *
 * A bit costs tens of nanoseconds: this coder is for learning, for small data and for agreement with others. Witten,
 * Neal and Cleary, "Arithmetic Coding for Data Compression", 1987; the arrangement is Project Nayuki's "Reference
 * arithmetic coding", the coder of the Python package arithmetic_compressor, whose bits these are.
 */
import { rangeError, SurprisalError, typeError } from '../errors.ts';

/** How probabilities become integer frequencies. */
export interface FrequencyOptions {
  /** What a probability of 1 becomes, a positive integer. 4096 unless given. */
  readonly scale?: number;
  /** The least frequency of any symbol: 0 (a rare symbol may become impossible) unless given. */
  readonly least?: number;
}

/** Frequencies of the symbols 0, 1, 2, ... of an alphabet, the same at every place. Immutable. */
export class StaticModel {
  /** `cumulative[s]` is the sum of the frequencies below symbol s; one longer than the alphabet. */
  private readonly cumulative: Float64Array;

  private constructor(cumulative: Float64Array) {
    this.cumulative = cumulative;
  }

  /**
   * The model of these whole, non-negative frequencies. A frequency of 0 makes a symbol impossible.
   *
   * @throws RangeError (`invalid-argument`) for a frequency that is not such a number, or when all are 0.
   *
   * @example
   * StaticModel.fromFrequencies([3, 1]);
   */
  static fromFrequencies(frequencies: ArrayLike<number>): StaticModel {
    const cumulative = new Float64Array(frequencies.length + 1);
    for (let s = 0; s < frequencies.length; s++) {
      const f = frequencies[s];
      if (!Number.isInteger(f) || f < 0)
        throw rangeError(`a frequency is a whole number from 0, not ${f} (symbol ${s})`);
      cumulative[s + 1] = cumulative[s] + f;
    }
    const total = cumulative[frequencies.length];
    if (total === 0) throw rangeError('at least one frequency must be above 0');
    if (total > Number.MAX_SAFE_INTEGER) throw rangeError(`the frequencies' sum ${total} is not exact`);
    return new StaticModel(cumulative);
  }

  /**
   * The model of these probabilities: the frequency is `scale` times the probability, rounded to the nearest whole
   * number (halves to the even one). The sum of the frequencies is the total, whatever it comes to.
   *
   * @throws RangeError (`invalid-argument`) for a probability outside 0..1, and when all frequencies round to 0.
   *
   * @example
   * StaticModel.fromProbabilities([0.8, 0.2]); // frequencies 3277 and 819
   */
  static fromProbabilities(probabilities: ArrayLike<number>, options: FrequencyOptions = {}): StaticModel {
    const { scale = 4096, least = 0 } = options;
    if (!Number.isInteger(scale) || scale < 1 || scale > 2 ** 32)
      throw rangeError(`scale is a whole number from 1 to 2^32, not ${scale}`);
    if (!Number.isInteger(least) || least < 0 || least > scale)
      throw rangeError(`least is a whole number from 0 to the scale, not ${least}`);
    const frequencies = new Float64Array(probabilities.length);
    for (let s = 0; s < frequencies.length; s++) {
      const p = probabilities[s];
      if (!(p >= 0 && p <= 1)) throw rangeError(`a probability is a number from 0 to 1, not ${p} (symbol ${s})`);
      frequencies[s] = Math.max(least, roundHalfEven(scale * p));
    }
    return StaticModel.fromFrequencies(frequencies);
  }

  /** Number of symbols. */
  get size(): number {
    return this.cumulative.length - 1;
  }

  /** Sum of all frequencies. */
  get total(): number {
    return this.cumulative[this.size];
  }

  /** Sum of the frequencies below `symbol`. */
  below(symbol: number): number {
    return this.cumulative[symbol];
  }

  /** The frequency of `symbol`. */
  frequency(symbol: number): number {
    return this.cumulative[symbol + 1] - this.cumulative[symbol];
  }

  /** The symbol s with below(s) <= value < below(s + 1), for a value of 0..total - 1. */
  symbolAt(value: number): number {
    let low = 0;
    let high = this.size;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.cumulative[middle] <= value) low = middle;
      else high = middle;
    }
    return low;
  }
}

function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest < 0.5) return down;
  if (rest > 0.5) return down + 1;
  return down % 2 === 0 ? down : down + 1;
}

/** What both sides of the coder must agree on. */
export interface ArithmeticOptions {
  /** Width of the coder's integers in bits, 8..32. 16 unless given. Encoder and decoder must agree. */
  readonly stateBits?: number;
}

/** The interval, common to both directions. Invariant between symbols: low < half <= high, high - low > quarter. */
abstract class Interval {
  /** Width of the integers in bits. */
  readonly stateBits: number;
  protected low = 0;
  protected high: number;
  protected readonly half: number;
  protected readonly quarter: number;
  /** The largest total whose symbols all keep a part of the interval, and whose products are exact in a double. */
  private readonly most: number;

  constructor(options: ArithmeticOptions) {
    const { stateBits = 16 } = options;
    if (!Number.isInteger(stateBits) || stateBits < 8 || stateBits > 32)
      throw rangeError(`stateBits is a whole number from 8 to 32, not ${stateBits}`);
    this.stateBits = stateBits;
    this.half = 2 ** (stateBits - 1);
    this.quarter = 2 ** (stateBits - 2);
    this.high = 2 ** stateBits - 1;
    this.most = Math.min(this.quarter + 2, 2 ** (53 - stateBits));
  }

  protected check(model: StaticModel): void {
    if (!(model instanceof StaticModel)) throw typeError('the model is a StaticModel');
    if (model.total > this.most)
      throw rangeError(
        `the frequencies' sum ${model.total} is above ${this.most}, the most that ${this.stateBits} state bits allow: ` +
          'scale the frequencies down or choose other stateBits',
      );
  }

  protected narrow(model: StaticModel, symbol: number): void {
    const range = this.high - this.low + 1;
    const total = model.total;
    const low = this.low;
    this.low = low + Math.floor((model.below(symbol) * range) / total);
    this.high = low + Math.floor((model.below(symbol + 1) * range) / total) - 1;
    for (;;) {
      if (this.high < this.half) this.shift(0);
      else if (this.low >= this.half) {
        this.shift(1);
        this.low -= this.half;
        this.high -= this.half;
      } else if (this.low >= this.quarter && this.high < this.half + this.quarter) {
        this.straddle();
        this.low -= this.quarter;
        this.high -= this.quarter;
      } else return;
      this.low *= 2;
      this.high = this.high * 2 + 1;
    }
  }

  /** The interval's leading bit is decided (E1, E2). */
  protected abstract shift(bit: number): void;
  /** The interval lies in the inner quarters (E3). */
  protected abstract straddle(): void;
}

/**
 * Codes symbols one by one; the model may change from symbol to symbol.
 *
 * @example
 * const encoder = new ArithmeticEncoder();
 * encoder.encode(0, StaticModel.fromProbabilities([0.8, 0.2]));
 * encoder.finish(); // bits
 */
export class ArithmeticEncoder extends Interval {
  private bits = new Uint8Array(64);
  private count = 0;
  /** Bits that will be the opposite of the next one. */
  private pending = 0;

  constructor(options: ArithmeticOptions = {}) {
    super(options);
  }

  /**
   * Codes one symbol.
   *
   * @throws SurprisalError (`impossible-symbol`) when its frequency is 0; the encoder is as it was.
   * @throws RangeError (`invalid-argument`) for a symbol outside the alphabet, or a model whose total is too large.
   */
  encode(symbol: number, model: StaticModel): void {
    this.check(model);
    if (!Number.isInteger(symbol) || symbol < 0 || symbol >= model.size)
      throw rangeError(`a symbol is a whole number from 0 to ${model.size - 1}, not ${symbol}`);
    if (model.frequency(symbol) === 0)
      throw new SurprisalError(
        'impossible-symbol',
        `the model gives symbol ${symbol} no probability (its frequency is 0): give every symbol that occurs at least 1`,
      );
    this.narrow(model, symbol);
  }

  /** Ends the code and returns its bits, a byte of 0 or 1 each. The encoder then starts anew. */
  finish(): Uint8Array {
    this.write(1);
    const bits = this.bits.slice(0, this.count);
    this.count = this.pending = this.low = 0;
    this.high = this.half * 2 - 1;
    return bits;
  }

  protected shift(bit: number): void {
    this.write(bit);
    for (; this.pending > 0; this.pending--) this.write(bit ^ 1);
  }

  protected straddle(): void {
    this.pending++;
  }

  private write(bit: number): void {
    if (this.count === this.bits.length) {
      const larger = new Uint8Array(this.count * 2);
      larger.set(this.bits);
      this.bits = larger;
    }
    this.bits[this.count++] = bit;
  }
}

/** Decodes what {@link ArithmeticEncoder} coded, with the same models in the same order. */
export class ArithmeticDecoder extends Interval {
  private readonly bits: ArrayLike<number>;
  private position = 0;
  private code = 0;

  /**
   * @param bits - what {@link ArithmeticEncoder.finish} gave. Past their end the decoder reads zeros: a code cut short
   * decodes to other symbols, and nothing can tell.
   * @throws SurprisalError (`corrupt`) when something other than 0 and 1 is among them.
   */
  constructor(bits: ArrayLike<number>, options: ArithmeticOptions = {}) {
    super(options);
    for (let i = 0; i < bits.length; i++) {
      if (bits[i] !== 0 && bits[i] !== 1)
        throw new SurprisalError('corrupt', `a bit is 0 or 1, not ${bits[i]} (number ${i})`, { offset: i });
    }
    this.bits = bits;
    for (let i = 0; i < this.stateBits; i++) this.code = this.code * 2 + this.read();
  }

  /**
   * The next symbol.
   *
   * @throws RangeError (`invalid-argument`) for a model whose total is too large.
   */
  decode(model: StaticModel): number {
    this.check(model);
    const range = this.high - this.low + 1;
    const value = Math.floor(((this.code - this.low + 1) * model.total - 1) / range);
    const symbol = model.symbolAt(value);
    this.narrow(model, symbol);
    return symbol;
  }

  protected shift(bit: number): void {
    this.code = (this.code - bit * this.half) * 2 + this.read();
  }

  protected straddle(): void {
    this.code = (this.code - this.quarter) * 2 + this.read();
  }

  private read(): number {
    return this.position < this.bits.length ? this.bits[this.position++] : 0;
  }
}

/**
 * A model and a coder together: whole messages to bits and back.
 *
 * @example
 * const coder = new ArithmeticCoder(StaticModel.fromProbabilities([0.8, 0.2]));
 * const bits = coder.compress([0, 0, 0, 0, 0, 0]); // 0, 1
 * coder.decompress(bits, 6); // 0, 0, 0, 0, 0, 0
 */
export class ArithmeticCoder {
  readonly model: StaticModel;
  private readonly options: ArithmeticOptions;

  constructor(model: StaticModel, options: ArithmeticOptions = {}) {
    this.model = model;
    this.options = options;
  }

  /**
   * The bits of a message, a byte of 0 or 1 each.
   *
   * @throws SurprisalError (`impossible-symbol`), RangeError: see {@link ArithmeticEncoder.encode}.
   */
  compress(symbols: ArrayLike<number>): Uint8Array {
    const encoder = new ArithmeticEncoder(this.options);
    for (let i = 0; i < symbols.length; i++) encoder.encode(symbols[i], this.model);
    return encoder.finish();
  }

  /**
   * The message of `count` symbols that {@link compress} made these bits of.
   *
   * @throws SurprisalError (`corrupt`) when there is something other than bits.
   * @throws RangeError (`invalid-argument`) for a count that is none.
   */
  decompress(bits: ArrayLike<number>, count: number): Uint32Array {
    if (!Number.isInteger(count) || count < 0 || count > 2 ** 30)
      throw rangeError(`the number of symbols is a whole number from 0 to 2^30, not ${count}`);
    const decoder = new ArithmeticDecoder(bits, this.options);
    const symbols = new Uint32Array(count);
    for (let i = 0; i < count; i++) symbols[i] = decoder.decode(this.model);
    return symbols;
  }
}
