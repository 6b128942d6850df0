/**
 * How strange a text is to a codec that knows a corpus: the bits a symbol that it takes then.
 *
 * What is strange depends on the corpus: scores of texts that are known to be fine give each score a rank. The rank is
 * that of conformal prediction (Vovk, Gammerman and Shafer 2005, "Algorithmic Learning in a Random World"): of texts like
 * those that calibrated it, one in a hundred has p at most 0.01, whatever the codec.
 */

import { rangeError } from '../errors.ts';
import { symbolsOf, type Text } from './distance.ts';
import { type LengthOracle, pushAll } from './oracle.ts';

/** Options of {@link AnomalyScorer}. */
export interface AnomalyOptions {
  /** What follows each text of the corpus. Default a line break. */
  readonly separator?: Text;
}

/** What was found about a text. */
export interface Anomaly {
  /** Bits a symbol, given the corpus. An empty text has 0. */
  readonly score: number;
  /** Bits of the whole text, given the corpus. */
  readonly bits: number;
  /**
   * Of the texts that calibrated it and this one, the part that scores at least as high: from 1 / (n + 1) to 1, where low
   * is strange. 1 before {@link AnomalyScorer.calibrate}.
   */
  readonly p: number;
}

/**
 * Scores texts by their bits a symbol given a corpus. Short texts scatter: calibrate with texts about as long as those
 * that are asked for.
 *
 * @example
 * const scorer = new AnomalyScorer(new ModelOracle(new PpmModel()), goodLines);
 * scorer.calibrate(otherGoodLines);
 * scorer.score('GET /../../etc/passwd').p; // small
 */
export class AnomalyScorer {
  private readonly oracle: LengthOracle;
  private readonly start: number;
  /** Scores of the calibration, in order. */
  private calibration = new Float64Array(0);

  /**
   * @param oracle - It is pushed the corpus, and is the scorer's from then on.
   * @param corpus - Texts to learn.
   */
  constructor(oracle: LengthOracle, corpus: readonly Text[], options: AnomalyOptions = {}) {
    const separator = symbolsOf(options.separator ?? '\n');
    for (const text of corpus) for (const part of [symbolsOf(text), separator]) pushAll(oracle, part);
    this.oracle = oracle;
    this.start = oracle.bits();
  }

  /** Number of texts that calibrated it. */
  get calibrated(): number {
    return this.calibration.length;
  }

  /** Scores texts that are known to be fine and are not in the corpus. They replace earlier ones. */
  calibrate(texts: readonly Text[]): void {
    this.calibration = Float64Array.from(texts, (text) => this.score(text).score).sort();
  }

  /**
   * The score that a part of the calibrating texts does not exceed: a threshold.
   *
   * @param part - From 0 to 1: 0.99 for a score that one text in a hundred exceeds.
   * @throws RangeError (`invalid-argument`) for another part, and before {@link calibrate}.
   */
  quantile(part: number): number {
    if (!(part >= 0 && part <= 1)) throw rangeError(`a quantile is from 0 to 1, not ${part}`);
    const n = this.calibration.length;
    if (n === 0) throw rangeError('calibrate with at least one text first');
    // The fewest of n that are such a part: a product may be rounded up past a whole number.
    let count = Math.ceil(part * n);
    if ((count - 1) / n >= part) count--;
    return this.calibration[Math.max(0, count - 1)];
  }

  /** How strange a text is. Changes nothing. */
  score(text: Text): Anomaly {
    const symbols = symbolsOf(text);
    const { oracle, calibration } = this;
    const mark = oracle.mark();
    let bits = 0;
    try {
      pushAll(oracle, symbols);
      bits = oracle.bits() - this.start;
    } finally {
      oracle.rollback(mark);
    }
    const score = symbols.length === 0 ? 0 : bits / symbols.length;
    // The first that is not below it.
    let low = 0;
    let high = calibration.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (calibration[middle] < score) low = middle + 1;
      else high = middle;
    }
    return { score, bits, p: (calibration.length - low + 1) / (calibration.length + 1) };
  }
}
