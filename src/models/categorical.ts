/**
 * Categorical distributions: any probabilities for the symbols 0 to n - 1.
 *
 * Probabilities become whole units of 2^-precision, at least one each. The fast way rounds cumulative sums, in the
 * type of the array: a Float32Array and a Float64Array of the same numbers give different words, as in constriction,
 * whose words both ways reproduce. The perfect way finds the units with the least cross entropy.
 */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { quantizer } from '../kernels/quantizer.ts';
import {
  checkQuantile,
  type EntropyModel,
  type Interval,
  impossibleSymbol,
  type ModelOptions,
  type Precision,
  precisionOf,
  type RowFamily,
  type TableKernel,
} from './model.ts';

/** How probabilities become units. It has to be said, since it decides the words and constriction's default changes. */
export type CategoricalOptions = ModelOptions &
  (
    | {
        /** true: the least cross entropy, in about 0.1 us a symbol or more; false: rounded sums, in about 5 ns. */
        readonly perfect: boolean;
        readonly lazy?: false;
      }
    | {
        readonly perfect?: false;
        /** The words of `perfect: false`, without a table: each interval is summed up when it is asked for. */
        readonly lazy: true;
      }
  );

/** Probabilities: finite, none negative, in any scale. Plain arrays count as doubles. */
export type Probabilities = Float64Array | Float32Array | readonly number[];

type Row = Float64Array | Float32Array;

/** Makes a categorical distribution, or the family of them. */
export interface CategoricalConstructor {
  /** A family: the probabilities come with each symbol, as a row of a matrix. */
  new (options: CategoricalOptions): RowFamily;
  /**
   * A model of the symbols 0 to n - 1.
   *
   * @param probabilities - n of them, from 2 to 2^precision - 2, copied. Their sum need not be 1.
   * @throws RangeError for a number that is no probability (with its index), for sums that cannot be normalised, and
   *   where the fast way would leave a symbol without an interval.
   */
  new (probabilities: Probabilities, options: CategoricalOptions): EntropyModel;
}

const NAME = 'Categorical';
const SMALLEST_NORMAL = { 4: 2 ** -126, 8: 2 ** -1022 } as const;
const same = (x: number): number => x;

/** Holds n probabilities against what the model takes; returns their sum in their type. */
function checkRow(row: Row, precision: Precision, where: (i: number) => string): number {
  const n = row.length;
  if (n < 2 || n > 2 ** precision - 2)
    throw rangeError(`${NAME}: a model has from 2 to ${2 ** precision - 2} symbols, not ${n}`);
  const round = row.BYTES_PER_ELEMENT === 4 ? Math.fround : same;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const p = row[i];
    if (!(p >= 0 && p <= Number.MAX_VALUE))
      throw rangeError(`${NAME}: probabilities are finite and not negative, not ${p}, which is at ${where(i)}`);
    sum = round(sum + p);
  }
  if (!(sum >= SMALLEST_NORMAL[row.BYTES_PER_ELEMENT as 4 | 8] && sum <= Number.MAX_VALUE))
    throw rangeError(`${NAME}: the probabilities sum to ${sum}, which cannot be scaled to 1`);
  return sum;
}

const plainIndex = (i: number): string => String(i);

const empty = (symbol: number, p: number): RangeError =>
  rangeError(
    `${NAME}: symbol ${symbol}, of probability ${p}, would get an empty interval from the rounding of` +
      ' single-precision sums; use a Float64Array or { perfect: true }',
  );

/** Rounded cumulative sums, in the type of the row. */
function fastTable(row: Row, sum: number, precision: Precision): Uint32Array {
  const n = row.length;
  const round = row.BYTES_PER_ELEMENT === 4 ? Math.fround : same;
  const scale = round((2 ** precision - n) / sum);
  const table = new Uint32Array(n + 1);
  let cumulative = 0;
  let before = -1;
  for (let i = 0; i < n; i++) {
    const left = Math.floor(round(cumulative * scale)) + i;
    if (left <= before) throw empty(i - 1, row[i - 1]);
    table[i] = before = left;
    cumulative = round(cumulative + row[i]);
  }
  if (before >= 2 ** precision) throw empty(n - 1, row[n - 1]);
  table[n] = 2 ** precision;
  return table;
}

/** Units with the least cross entropy. */
function perfectTable(row: Row, precision: Precision): Uint32Array {
  const n = row.length;
  const { exports, memory } = quantizer(n);
  new Float64Array(memory.buffer, exports.scratch(), n).set(row);
  return new Uint32Array(memory.buffer, exports.quantizePerfectly(n, precision), n + 1).slice();
}

/** Single decodings that are searched for by halving, before a model makes itself a table for them. */
const SEARCHES = 64;

/** A model with a table. */
class TableModel implements EntropyModel {
  readonly precision: Precision;
  readonly kernel: TableKernel;
  /** Entry j is the symbol at quantile j << shift, once so much has been decoded that it is worth its making. */
  private lookup: Uint32Array | undefined;
  private shift = 0;
  private searches = 0;

  constructor(table: Uint32Array, precision: Precision) {
    this.precision = precision;
    this.kernel = { table };
  }

  interval(symbol: number, into: Interval): void {
    const { table } = this.kernel;
    const last = table.length - 2;
    if (!(Number.isInteger(symbol) && symbol >= 0 && symbol <= last)) throw impossibleSymbol(symbol, 0, last);
    into.left = table[symbol];
    into.probability = table[symbol + 1] - table[symbol];
  }

  symbolAt(quantile: number, into: Interval): number {
    const { precision } = this;
    if (quantile >>> 0 !== quantile || quantile >>> precision !== 0) checkQuantile(quantile, precision);
    const { table } = this.kernel;
    let low = 0;
    let end = table.length - 1;
    const { lookup } = this;
    if (lookup !== undefined) {
      const place = quantile >>> this.shift;
      low = lookup[place];
      end = lookup[place + 1] + 1;
    } else if (++this.searches > SEARCHES) {
      this.fillLookup();
    }
    while (end - low > 8) {
      const middle = (low + end) >>> 1;
      if (table[middle] <= quantile) low = middle;
      else end = middle;
    }
    let right = table[low + 1];
    while (right <= quantile) right = table[++low + 1];
    const left = table[low];
    into.left = left;
    into.probability = right - left;
    return low;
  }

  /** Eight entries a symbol, as in the kernels. */
  private fillLookup(): void {
    const { table } = this.kernel;
    const bits = Math.min(this.precision, 14, 35 - Math.clz32(table.length - 1));
    const shift = this.precision - bits;
    const lookup = new Uint32Array(2 ** bits + 1);
    let symbol = 0;
    for (let j = 0; j < 2 ** bits; j++) {
      while (table[symbol + 1] <= j << shift) symbol++;
      lookup[j] = symbol;
    }
    lookup[2 ** bits] = table.length - 2;
    this.shift = shift;
    this.lookup = lookup;
  }
}

/** A model that sums up what it is asked for. */
class LazyModel implements EntropyModel {
  readonly precision: Precision;
  private readonly row: Row;
  private readonly sum: number;
  private readonly scale: number;
  private readonly round: (x: number) => number;
  private made: TableKernel | undefined;

  constructor(row: Row, sum: number, precision: Precision) {
    this.precision = precision;
    this.row = row;
    this.sum = sum;
    this.round = row.BYTES_PER_ELEMENT === 4 ? Math.fround : same;
    this.scale = this.round((2 ** precision - row.length) / sum);
  }

  /** Bulk calls need the table after all. Made when it is first asked for. */
  get kernel(): TableKernel {
    this.made ??= { table: fastTable(this.row, this.sum, this.precision) };
    return this.made;
  }

  interval(symbol: number, into: Interval): void {
    const { row, round } = this;
    const last = row.length - 1;
    if (!(Number.isInteger(symbol) && symbol >= 0 && symbol <= last)) throw impossibleSymbol(symbol, 0, last);
    let cumulative = 0;
    for (let i = 0; i < symbol; i++) cumulative = round(cumulative + row[i]);
    this.set(symbol, cumulative, into);
  }

  symbolAt(quantile: number, into: Interval): number {
    checkQuantile(quantile, this.precision);
    const { row, round } = this;
    const last = row.length - 1;
    let cumulative = 0;
    let symbol = 0;
    for (; symbol < last; symbol++) {
      const next = round(cumulative + row[symbol]);
      if (this.left(symbol + 1, next) > quantile) break;
      cumulative = next;
    }
    this.set(symbol, cumulative, into);
    return symbol;
  }

  private left(symbol: number, cumulative: number): number {
    return Math.floor(this.round(cumulative * this.scale)) + symbol;
  }

  private set(symbol: number, cumulative: number, into: Interval): void {
    const { row } = this;
    const left = this.left(symbol, cumulative);
    const end =
      symbol === row.length - 1 ? 2 ** this.precision : this.left(symbol + 1, this.round(cumulative + row[symbol]));
    if (end <= left) throw new SurprisalError('impossible-symbol', empty(symbol, row[symbol]).message);
    into.left = left;
    into.probability = end - left;
  }
}

function modelOf(row: Row, sum: number, { perfect, lazy }: CategoricalOptions, precision: Precision): EntropyModel {
  if (lazy === true) return new LazyModel(row, sum, precision);
  return new TableModel(perfect ? perfectTable(row, precision) : fastTable(row, sum, precision), precision);
}

class CategoricalFamily implements RowFamily {
  readonly precision: Precision;
  private readonly options: CategoricalOptions;

  constructor(options: CategoricalOptions, precision: Precision) {
    this.precision = precision;
    // One symbol a row: a table would cost more than the sum.
    this.options = options.perfect === true ? options : { lazy: true };
  }

  row(probabilities: Row): EntropyModel {
    return modelOf(probabilities, checkRow(probabilities, this.precision, plainIndex), this.options, this.precision);
  }

  checkRows(matrix: Row, rows: number): number {
    if (!(matrix instanceof Float64Array || matrix instanceof Float32Array))
      throw typeError(`${NAME}: the probabilities are a Float64Array or a Float32Array, a row for each symbol`);
    const n = rows === 0 ? 0 : matrix.length / rows;
    if (!Number.isInteger(n)) throw rangeError(`${NAME}: ${matrix.length} probabilities make no ${rows} rows`);
    for (let r = 0; r < rows; r++)
      checkRow(matrix.subarray(r * n, (r + 1) * n), this.precision, (i) => `row ${r}, column ${i}`);
    return n;
  }
}

function build(first: Probabilities | CategoricalOptions, second?: CategoricalOptions): EntropyModel | RowFamily {
  const isRow = Array.isArray(first) || first instanceof Float64Array || first instanceof Float32Array;
  const options = (isRow ? second : first) as CategoricalOptions | undefined;
  if (options === undefined || (options.perfect === undefined && options.lazy === undefined))
    throw typeError(`${NAME}: say { perfect: true }, { perfect: false } or { lazy: true }, since it decides the words`);
  if (options.perfect === true && (options.lazy as boolean | undefined) === true)
    throw typeError(`${NAME}: a lazy model cannot be perfect, which takes all probabilities together`);
  const precision = precisionOf(options);
  if (!isRow) return new CategoricalFamily(options, precision);
  const row = first instanceof Float32Array ? first.slice() : Float64Array.from(first as ArrayLike<number>);
  return modelOf(row, checkRow(row, precision, plainIndex), options, precision);
}

/**
 * Categorical distributions of the symbols 0 to n - 1. `new Categorical(probabilities, options)` is a model,
 * `new Categorical(options)` the family whose probabilities come as rows of a matrix. The same words as constriction's
 * for `perfect: true`, for `perfect: false` and for `lazy: true`, in single and in double precision.
 *
 * @example
 * new Categorical([0.2, 0.4, 0.1, 0.3], { perfect: false });
 */
export const Categorical: CategoricalConstructor = build as unknown as CategoricalConstructor;
