/**
 * Student's t distributions on the whole numbers, for data whose outliers a normal distribution would make dear.
 *
 * The cdf is a table's: between knots, of which there are 128 an octave, the density is taken as linear. It is within
 * 5e-9 of the exact one, a twelfth of a unit of 24 bits, and it never falls, by construction: an incomplete beta
 * function is not known to keep the order of its arguments to the last bit, and a coder lives by that.
 */
import { familyCoding } from '../kernels/families.ts';
import { roomyKernel } from '../kernels/models.ts';
import { CutModel } from './cut.ts';
import { checkParameter, checkSupport, finite, KernelFamily, positive, type Rule, splitArguments } from './family.ts';
import { type EntropyModel, Kind, type ModelFamily, type ModelOptions, precisionOf } from './model.ts';

/** Makes the family of t distributions with so many degrees of freedom, or one of them. */
export interface StudentConstructor {
  /**
   * A family: `loc` and `scale` come with each symbol, in this order.
   *
   * @param min - The first symbol, a 32-bit integer.
   * @param max - The last symbol, above `min`.
   * @param df - Degrees of freedom, from 0.1 to 1e300: 1 is Cauchy's distribution, many are the normal one.
   * @throws RangeError when df is out of range or there are more symbols than units.
   */
  new (min: number, max: number, df: number, options?: ModelOptions): ModelFamily;
  /**
   * A model.
   *
   * @param loc - Where the middle is: any finite number, in the support or not.
   * @param scale - How wide it is: any finite number above 0.
   * @throws RangeError when a parameter is out of range.
   */
  new (min: number, max: number, df: number, loc: number, scale: number, options?: ModelOptions): EntropyModel;
}

const NAME = 'QuantizedStudentT';
const DF: Rule = { name: 'df', least: 0.1, most: 1e300, says: 'a number from 0.1 to 1e300' };
const RULES = [finite('loc'), positive('scale')] as const;

/** Cells of an octave are 2^CELL_BITS. */
const CELL_BITS = 7;
/** Bits of a double's upper half below those that choose the cell. */
const HIGH_BITS = 20 - CELL_BITS;
/** Bytes that no table needs more of: 370 octaves. */
const MOST_BYTES = 1_200_000;

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

/** A table as assembly/coding/student.ts has it. */
class StudentTable {
  readonly words: Uint32Array;
  private readonly numbers: Float64Array;
  private readonly first: number;
  private readonly cells: number;

  constructor(df: number) {
    const { exports, memory } = roomyKernel(MOST_BYTES);
    const bytes = exports.studentTable(df);
    this.words = new Uint32Array(memory.buffer, exports.scratch(), bytes / 4).slice();
    this.numbers = new Float64Array(this.words.buffer);
    [this.first, this.cells] = this.words;
  }

  /** P(T <= t), with the kernel's operations in their order. */
  cdf(t: number): number {
    const { numbers } = this;
    const size = Math.abs(t);
    double[0] = size;
    const [low, high] = halves;
    const cell = (high >>> HIGH_BITS) - this.first;
    let part: number;
    if (cell < 0) {
      part = Math.min(size * numbers[1], numbers[2]);
    } else if (cell >= this.cells) {
      part = numbers[3 * this.cells + 2];
    } else {
      const at = 3 * cell + 3;
      const rest = (high & (2 ** HIGH_BITS - 1)) * 2 ** 32 + low;
      const g = (2 ** (HIGH_BITS + 32) - rest) / 2 ** (HIGH_BITS + 32);
      part = Math.max(numbers[at - 1], numbers[at + 2] - g * (numbers[at] + numbers[at + 1] * g));
    }
    return t < 0 ? 0.5 - part : 0.5 + part;
  }

  /** About where the cdf is p. */
  quantile(p: number): number {
    const { numbers } = this;
    const part = Math.abs(p - 0.5);
    if (part <= numbers[2]) return (p - 0.5) / numbers[1];
    let low = 0;
    let high = this.cells - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (numbers[3 * middle + 5] < part) low = middle + 1;
      else high = middle;
    }
    const left = knot(this.first + low);
    const t = left + ((knot(this.first + low + 1) - left) * (part - numbers[3 * low + 2])) / numbers[3 * low + 5];
    return p < 0.5 ? -t : t;
  }
}

function knot(cell: number): number {
  halves[1] = cell << HIGH_BITS;
  halves[0] = 0;
  return double[0];
}

/** Tables by their degrees of freedom: a table takes some 100 kB and a few milliseconds. */
const tables = new Map<number, StudentTable>();
const MOST_TABLES = 32;

function tableOf(df: number): StudentTable {
  let table = tables.get(df);
  if (table === undefined) {
    if (tables.size >= MOST_TABLES) tables.clear();
    tables.set(df, (table = new StudentTable(df)));
  }
  return table;
}

function build(min: number, max: number, ...args: (number | ModelOptions | undefined)[]): EntropyModel | ModelFamily {
  const { numbers, options } = splitArguments(NAME, args);
  const precision = precisionOf(options);
  checkSupport(NAME, min, max, precision);
  const [df, ...rest] = numbers;
  checkParameter(NAME, DF, df);
  const table = tableOf(df);
  const kind = Kind.student;
  const family = new KernelFamily({
    name: NAME,
    kind,
    min,
    max,
    precision,
    rules: RULES,
    constants: table.words,
    make: ([loc, scale]) =>
      new CutModel({
        precision,
        family: { kind, min, max, a: loc, b: scale, constants: table.words, loops: familyCoding },
        below: (symbol) => table.cdf((symbol - 0.5 - loc) / scale),
        guess: (p) => loc + scale * table.quantile(p),
      }),
  });
  return rest.length === 0 ? family : family.model(...rest);
}

/**
 * Student's t distributions ("The probable error of a mean", Biometrika 1908) with fixed degrees of freedom, quantised
 * leakily: `new QuantizedStudentT(min, max, df)` is a family with parameters `loc`, the middle, and `scale` for each
 * symbol, `new QuantizedStudentT(min, max, df, loc, scale)` a model.
 *
 * @example
 * new QuantizedStudentT(-100, 100, 4, 0.5, 2.25);
 */
export const QuantizedStudentT: StudentConstructor = build as unknown as StudentConstructor;
