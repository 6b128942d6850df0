/**
 * How alike texts are, as a codec sees it: the normalised compression distance (Cilibrasi and Vitányi 2005, "Clustering
 * by Compression", arXiv cs/0312044).
 *
 * NCD(x, y) = (C(xy) - min(C(x), C(y))) / max(C(x), C(y)): near 0 where one text tells all about the other, near 1 where
 * it tells nothing, and a little outside with real codecs. What a codec cannot see it does not compare: deflate looks
 * back 32 KiB, so longer texts need a codec with a longer memory.
 */

import { rangeError, typeError } from '../errors.ts';
import { type LengthOracle, pushAll } from './oracle.ts';

/** A text: symbols of the codec, or a string, which stands for its UTF-8 bytes. */
export type Text = ArrayLike<number> | string;

/**
 * What measures: a length oracle, which is left as it was and whose first state is a condition of all lengths, or any
 * function from bytes to a length, in bits or bytes.
 */
export type Measure = LengthOracle | ((bytes: Uint8Array) => number);

/** Options of all distances. */
export interface DistanceOptions {
  /** What is put between two texts. Default nothing. */
  readonly separator?: Text;
}

/** Options of {@link distances}. */
export interface DistancesOptions extends DistanceOptions {
  /**
   * Whether C(xy) is the mean of both orders, which makes the matrix symmetric and costs nothing more. Default true.
   * Codecs look back only, so that the orders differ a little.
   */
  readonly symmetric?: boolean;
  /** Is told how many rows are done, of how many. */
  readonly onRow?: (done: number, rows: number) => void;
}

/** Distances of texts. */
export interface DistanceMatrix {
  /** Number of texts. */
  readonly size: number;
  /** C of each text alone, in what the measure counts. */
  readonly lengths: Float64Array;
  /** size x size distances, row after row; the row's text comes first. The diagonal is NCD(x, x), not 0. */
  readonly distances: Float64Array;
}

/** Symbols of a text. */
export function symbolsOf(text: Text): ArrayLike<number> {
  if (typeof text === 'string') return new TextEncoder().encode(text);
  if (typeof text?.length !== 'number') throw typeError('a text is a string or an array of symbols');
  return text;
}

function normalised(together: number, first: number, second: number): number {
  const most = Math.max(first, second);
  // Two texts that take nothing are the same.
  return most === 0 ? 0 : (together - Math.min(first, second)) / most;
}

function checked(length: number): number {
  if (!(length >= 0 && length < Infinity)) throw rangeError(`a length is a finite number from 0, not ${length}`);
  return length;
}

/** Lengths of a text alone and of it before others, by either kind of measure. */
class Lengths {
  private readonly measure: Measure;
  private readonly separator: ArrayLike<number>;

  constructor(measure: Measure, separator: Text = []) {
    if (typeof measure !== 'function' && typeof measure?.push !== 'function')
      throw typeError('a measure is a LengthOracle, or a function from bytes to a length');
    this.measure = measure;
    this.separator = symbolsOf(separator);
  }

  /** C(x). */
  alone(x: ArrayLike<number>): number {
    const { measure } = this;
    if (typeof measure === 'function') return checked(measure(Uint8Array.from(x)));
    const mark = measure.mark();
    try {
      return this.pushed(measure, x);
    } finally {
      measure.rollback(mark);
    }
  }

  /** C(xy) for several y. An oracle learns x once. */
  before(x: ArrayLike<number>, others: readonly ArrayLike<number>[], into: Float64Array): void {
    const { measure, separator } = this;
    if (typeof measure === 'function') {
      const head = x.length + separator.length;
      for (const [i, y] of others.entries()) {
        const bytes = new Uint8Array(head + y.length);
        bytes.set(x);
        bytes.set(separator, x.length);
        bytes.set(y, head);
        into[i] = checked(measure(bytes));
      }
      return;
    }
    const mark = measure.mark();
    try {
      pushAll(measure, x);
      pushAll(measure, separator);
      for (const [i, y] of others.entries()) into[i] = this.alone(y);
    } finally {
      measure.rollback(mark);
    }
  }

  private pushed(oracle: LengthOracle, x: ArrayLike<number>): number {
    pushAll(oracle, x);
    return checked(oracle.bits());
  }
}

/**
 * The normalised compression distance of two texts, with x before y.
 *
 * @returns about 0 to 1.
 * @throws RangeError (`invalid-argument`) for a symbol that the codec lacks, or a measure that gives no length.
 * @example
 * distance('she sells sea shells', 'sea shells she sells', new LzwOracle());
 * distance(x, y, (bytes) => gzipSync(bytes).length);
 */
export function distance(x: Text, y: Text, measure: Measure, options: DistanceOptions = {}): number {
  const lengths = new Lengths(measure, options.separator);
  const [first, second] = [symbolsOf(x), symbolsOf(y)];
  const together = new Float64Array(1);
  lengths.before(first, [second], together);
  return normalised(together[0], lengths.alone(first), lengths.alone(second));
}

/**
 * All distances of some texts. An oracle learns each text once, and each other one after it.
 *
 * @throws RangeError (`invalid-argument`) as {@link distance} does.
 * @example
 * const matrix = distances(texts, new DeflateOracle());
 * newick(upgma(matrix.distances, names));
 */
export function distances(texts: readonly Text[], measure: Measure, options: DistancesOptions = {}): DistanceMatrix {
  const steps = distanceSteps(texts, measure, options);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    options.onRow?.(value, texts.length);
  }
}

/**
 * {@link distances}, a row at a time, so that a caller may show how far it is, or stop.
 *
 * @returns a generator of the number of rows that are done.
 * @throws RangeError (`invalid-argument`) as {@link distance} does.
 * @example
 * for (const rows of distanceSteps(texts, new DeflateOracle())) show(rows / texts.length);
 */
export function* distanceSteps(
  texts: readonly Text[],
  measure: Measure,
  options: Omit<DistancesOptions, 'onRow'> = {},
): Generator<number, DistanceMatrix, undefined> {
  const { symmetric = true } = options;
  const lengths = new Lengths(measure, options.separator);
  const all = texts.map(symbolsOf);
  const size = all.length;
  const alone = Float64Array.from(all, (x) => lengths.alone(x));
  const together = new Float64Array(size * size);
  for (const [i, x] of all.entries()) {
    lengths.before(x, all, together.subarray(i * size, (i + 1) * size));
    yield i + 1;
  }
  const found = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      const one = together[i * size + j];
      found[i * size + j] = normalised(symmetric ? (one + together[j * size + i]) / 2 : one, alone[i], alone[j]);
    }
  return { size, lengths: alone, distances: found };
}

/**
 * Distances from one text to many, whose own lengths are found once: what classifying asks for.
 *
 * @example
 * const from = new Distances(texts, new DeflateOracle());
 * from.to('another text'); // as many distances as texts
 */
export class Distances {
  private readonly lengths: Lengths;
  private readonly texts: readonly ArrayLike<number>[];
  private readonly alone: Float64Array;

  constructor(texts: readonly Text[], measure: Measure, options: DistanceOptions = {}) {
    this.lengths = new Lengths(measure, options.separator);
    this.texts = texts.map(symbolsOf);
    this.alone = Float64Array.from(this.texts, (x) => this.lengths.alone(x));
  }

  /** Number of texts. */
  get size(): number {
    return this.texts.length;
  }

  /** Distances of a text, which comes first, to all others. */
  to(text: Text): Float64Array {
    const x = symbolsOf(text);
    const found = new Float64Array(this.size);
    this.lengths.before(x, this.texts, found);
    const own = this.lengths.alone(x);
    for (let i = 0; i < found.length; i++) found[i] = normalised(found[i], own, this.alone[i]);
    return found;
  }
}

/**
 * A matrix as tab-separated values, six digits after the point, with names above and at the left. Tabs and line breaks
 * in names become spaces.
 */
export function distancesTsv(matrix: DistanceMatrix, names: readonly string[]): string {
  const { size, distances: values } = matrix;
  if (names.length !== size) throw rangeError(`${size} texts need as many names, not ${names.length}`);
  const plain = names.map((name) => name.replace(/[\t\r\n]+/g, ' '));
  const lines = [['', ...plain].join('\t')];
  for (let i = 0; i < size; i++)
    lines.push([plain[i], ...Array.from(values.subarray(i * size, (i + 1) * size), (d) => d.toFixed(6))].join('\t'));
  return `${lines.join('\n')}\n`;
}
