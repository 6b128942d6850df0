/**
 * Any codec as a compressor: its lengths predict the next symbol, and the range coder does the rest.
 *
 * A code of length L(x) gives the next symbol b the probability 2^-L(xb), over the sum of these for all symbols: the
 * one-step distribution (Delétang et al. 2023, "Language Modeling Is Compression", arXiv 2309.10668, use it so). Coding
 * with it takes other lengths than the codec's own: a codec that settles for whole bytes or holds a decision back loses
 * or gains by it. What it needs is a decoder that repeats the same lengths, and nothing else of the codec.
 */

import { rangeError, SurprisalError } from '../errors.ts';
import { checkAlphabetSize, type Mark, type SequenceModel, TOTAL } from '../sequence/model.ts';
import { bitsAfter, type LengthOracle } from './oracle.ts';

/** Options of {@link OracleModel}. */
export interface OracleModelOptions {
  /**
   * What differences in length are divided by, from 1/64 to 64: above 1 the codec is trusted less, below 1 more.
   * Default 1.
   */
  readonly temperature?: number;
  /**
   * The least probability of a symbol, in 1/2^24: at least 1, and at most 2^23 over all symbols together. A mixture with
   * the uniform distribution. Default 1: no symbol takes more than 24 bits.
   */
  readonly least?: number;
}

/** Lengths are compared in 1/256 bit: what a codec of whole bits says is exact. */
const FRACTIONS = 256;
/** The weight of the shortest. */
const WEIGHT_BITS = 24;
/** Differences from here on weigh nothing. */
const NOTHING = (WEIGHT_BITS + 1) * FRACTIONS;
/** Sums of weights are cut to this, so that times 2^24 they are whole numbers in doubles. */
const MOST_SUM = 2 ** 29;

/** 2^24 2^-(f/256), rounded, for f from 0 to 255. */
let powers: Float64Array | undefined;

/** The table of fractional powers: of square roots and products, which every engine rounds alike. */
function fractionalPowers(): Float64Array {
  if (powers !== undefined) return powers;
  powers = new Float64Array(FRACTIONS);
  for (let f = 0; f < FRACTIONS; f++) {
    let power = 2 ** WEIGHT_BITS;
    let root = 0.5;
    for (let bit = FRACTIONS >> 1; bit > 0; bit >>= 1) {
      root = Math.sqrt(root);
      if ((f & bit) !== 0) power *= root;
    }
    powers[f] = Math.floor(power + 0.5);
  }
  return powers;
}

/**
 * A length oracle as a model of sequences: symbol b weighs 2^-(L(xb) - the least of all L(xb)).
 *
 * Differences are rounded to 1/256 bit, and from there all is done in whole numbers: a table of 256 fractional powers,
 * shifts, and quotients that are exact. So the bits that it codes are the same in every engine, if the lengths are.
 * Black boxes that differ from one machine to another (`node:zlib` does) make archives that only the same build reads.
 *
 * Each prediction asks for the lengths after all symbols.
 *
 * @example
 * const words = encodeSymbols(new OracleModel(new LzwOracle()), bytes);
 * const restored = decodeSymbols(new OracleModel(new LzwOracle()), words, bytes.length);
 */
export class OracleModel<O extends LengthOracle = LengthOracle> implements SequenceModel {
  readonly alphabetSize: number;
  /** The oracle. Update the model and never push to it. */
  readonly oracle: O;
  /** What differences in length are divided by. */
  readonly temperature: number;
  /** The least probability of a symbol, in 1/2^24. */
  readonly least: number;
  private readonly symbols: Uint16Array;
  private readonly lengths: Float64Array;

  /**
   * @param oracle - An oracle in any state: what it has been pushed is a condition.
   * @throws RangeError (`invalid-argument`) for an option out of range, or more than 65,536 symbols.
   */
  constructor(oracle: O, options: OracleModelOptions = {}) {
    const { temperature = 1, least = 1 } = options;
    const n = oracle.alphabetSize;
    checkAlphabetSize(n);
    if (!(temperature >= 1 / 64 && temperature <= 64))
      throw rangeError(`a temperature is a number from 1/64 to 64, not ${temperature}`);
    if (!(Number.isInteger(least) && least >= 1 && least * n <= TOTAL / 2))
      throw rangeError(
        `the least probability of one of ${n} symbols is a whole number from 1 to ${Math.floor(TOTAL / 2 / n)}, in 1/2^24, not ${least}`,
      );
    this.oracle = oracle;
    this.alphabetSize = n;
    this.temperature = temperature;
    this.least = least;
    this.symbols = Uint16Array.from({ length: n }, (_, s) => s);
    this.lengths = new Float64Array(n);
  }

  /**
   * Fills in cumulative frequencies of the next symbol: see {@link SequenceModel.intervals}.
   *
   * @throws SurprisalError (`corrupt`) when the oracle gives a length that is no number.
   */
  intervals(into: Uint32Array): void {
    const { lengths, alphabetSize: n, least } = this;
    bitsAfter(this.oracle, this.symbols, lengths);
    let shortest = Infinity;
    for (let s = 0; s < n; s++) {
      if (Number.isNaN(lengths[s]) || lengths[s] === -Infinity)
        throw new SurprisalError('corrupt', `the codec's length with symbol ${s} is ${lengths[s]}, which is no length`);
      if (lengths[s] < shortest) shortest = lengths[s];
    }
    // Lengths become sums of weights, from left to right: whole numbers of at most 40 bits.
    const scale = FRACTIONS / this.temperature;
    const table = fractionalPowers();
    let sum = 0;
    for (let s = 0; s < n; s++) {
      // Where nothing is possible, all are alike.
      const difference = shortest === Infinity ? 0 : (lengths[s] - shortest) * scale;
      if (difference < NOTHING) {
        const steps = Math.floor(difference + 0.5);
        sum += Math.floor(table[steps & (FRACTIONS - 1)] / 2 ** Math.floor(steps / FRACTIONS));
      }
      lengths[s] = sum;
    }
    let unit = 1;
    while (sum / unit >= MOST_SUM) unit *= 2;
    const total = Math.floor(sum / unit);
    const free = TOTAL - n * least;
    into[0] = 0;
    // A product below 2^53 over a number below 2^29, with a quotient up to 2^24: the floor is that of the true quotient.
    for (let s = 0; s < n; s++)
      into[s + 1] = Math.floor((Math.floor(lengths[s] / unit) * free) / total) + (s + 1) * least;
  }

  /** Learns the next symbol. */
  update(symbol: number): void {
    this.oracle.push(symbol);
  }

  /** Marks the present state. */
  mark(): Mark {
    return this.oracle.mark();
  }

  /** Goes back to a mark, to the bit, and forgets it and all later ones. */
  rollback(mark: Mark): void {
    this.oracle.rollback(mark);
  }

  /** Forgets a mark and all later ones, and keeps what came after them. */
  release(mark: Mark): void {
    this.oracle.release(mark);
  }
}
