/**
 * Parameters that two machines agree on, though their floats differ in the last bits.
 *
 * A server computes means and scales in one runtime and a page computes them again in another; a single parameter that
 * differs garbles all that is coded after it. So parameters are quantised before they are used: scales to a table, means
 * to a grid, and coders get the levels, which are the same numbers everywhere. Ballé, Minnen, Singh, Hwang and Johnston,
 * "Variational image compression with a scale hyperprior" (2018), arXiv:1802.01436, has such a table of scales; Ballé,
 * Johnston and Minnen, "Integer networks for data compression with latent-variable models" (ICLR 2019), shows what goes
 * wrong without, and networks of integers that need nothing else.
 *
 * **Quantising alone makes disagreement rare, not impossible**: a value near a boundary can fall on different sides. So
 * the sender finds the values within a tolerance of a boundary ({@link ScaleTable.corrections},
 * {@link MeanGrid.corrections}) and sends which side each of them is on; `surprisal/coders/corrections.js` codes that.
 * The tolerance is a claim about two runtimes that nobody checks: {@link fingerprint} tells the receiver when it failed.
 */
import { rangeError, typeError } from '../errors.ts';
import { exp, log } from '../kernels/math.ts';

/** Parameters as a network gives them. Float32 widens exactly. */
export type Floats = Float64Array | Float32Array;

/** How far the receiver's number y may be from the sender's x: |y - x| <= absolute + relative |x|. */
export interface Tolerance {
  /** In the values' own unit. Default 0. */
  readonly absolute?: number;
  /** As a share of the value: 1e-6 is about 8 units in the last place of a float32. Default 0. */
  readonly relative?: number;
}

/** Which side of the nearest boundary the values near one are on. All others need no word. */
export interface Corrections {
  /** Where they are in the array, ascending. */
  readonly positions: Uint32Array;
  /** For each: 1 when the value belongs to the level above the boundary nearest to it, 0 when to the one below. */
  readonly upper: Uint8Array;
}

/** What a quantiser does with numbers outside its domain. */
export interface ClampOptions {
  /**
   * Take infinities, and what else lies outside the domain, for the nearest level. Default false: they throw. A NaN
   * throws in any case, since it says that something else is wrong.
   */
  readonly clamp?: boolean;
}

/** How a table of scales is laid out. */
export interface ScaleTableOptions {
  /** The lowest level. Default 0.11. */
  readonly min?: number;
  /** The highest level. Default 256. */
  readonly max?: number;
  /** How many there are, 2 to 65,536. Default 64. */
  readonly levels?: number;
}

const { floor, abs } = Math;

function checkFloats(owner: string, what: string, values: unknown): asserts values is Floats {
  if (!(values instanceof Float64Array || values instanceof Float32Array))
    throw typeError(`${owner}: ${what} are a Float64Array or a Float32Array`);
}

/** Absolute and relative part, both from 0 up. */
function parts(owner: string, { absolute = 0, relative = 0 }: Tolerance): [number, number] {
  for (const [name, x] of [
    ['absolute', absolute],
    ['relative', relative],
  ] as const)
    if (!(x >= 0 && x <= Number.MAX_VALUE))
      throw rangeError(`${owner}: the ${name} tolerance is a finite number from 0, not ${x}`);
  return [absolute, relative];
}

/** A tolerance must leave no doubt which boundary is meant: the receiver sees up to twice of it. */
function tooWide(owner: string, index: number, value: number, reach: number, room: number): RangeError {
  return rangeError(
    `${owner}: a tolerance of ${reach} for the value ${value} at ${index} is too wide for levels whose boundaries are` +
      ` ${room} apart: more than 4 tolerances are needed, so use fewer levels, or send the parameters`,
  );
}

function checkCorrections(owner: string, corrections: Corrections, length: number): void {
  const { positions, upper } = corrections;
  if (!(positions instanceof Uint32Array && upper instanceof Uint8Array))
    throw typeError(`${owner}: corrections have positions, a Uint32Array, and upper, a Uint8Array`);
  if (positions.length !== upper.length)
    throw rangeError(`${owner}: corrections with ${positions.length} positions and ${upper.length} sides`);
  for (let i = 0; i < positions.length; i++)
    if (positions[i] >= length || (i > 0 && positions[i] <= positions[i - 1]) || upper[i] > 1)
      throw rangeError(
        `${owner}: correction ${i} (position ${positions[i]}, side ${upper[i]}) fits no ${length} values`,
      );
}

/** Collects positions and sides. */
function collect(length: number, sideOf: (i: number) => number): Corrections {
  const positions: number[] = [];
  const upper: number[] = [];
  for (let i = 0; i < length; i++) {
    const side = sideOf(i);
    if (side < 0) continue;
    positions.push(i);
    upper.push(side);
  }
  return { positions: Uint32Array.from(positions), upper: Uint8Array.from(upper) };
}

/**
 * Levels for scales, and the rule that takes a scale to one of them: the nearest in ratio.
 *
 * Levels are float32 numbers; the boundary between two of them is the square root of their product, rounded once to a
 * double. A scale on a boundary belongs to the level above, one outside the table to the first or the last level. So the
 * same scale gives the same index wherever IEEE 754 is kept: `numpy.searchsorted(boundaries, scales, side='right')`.
 * Rounding the levels to float32 lets others compute the table too: of the default one, no level is within 7 million
 * units in the last place of a double of where it would round to another float32.
 *
 * @example
 * const table = new ScaleTable(); // 64 levels from 0.11 to 256, each 13 % above the one below
 * const indices = table.quantize(Float32Array.of(0.5, 3, 1000)); // Uint8Array [12, 27, 63]
 * table.scales(indices); // Float64Array [0.4816…, 3.0501…, 256]
 */
export class ScaleTable {
  /** The levels, ascending. Do not write to them. */
  readonly levels: Float64Array;
  /** Entry i lies between levels i and i + 1. Do not write to them. */
  readonly boundaries: Float64Array;

  /**
   * @param layout - Levels spaced evenly in the logarithm, computed by this package's own exp and log; or the levels
   *   themselves, which are rounded to float32.
   * @throws RangeError for levels that are not finite, above 0 and ascending, or fewer than 2 or more than 65,536.
   */
  constructor(layout: ScaleTableOptions | ArrayLike<number> = {}) {
    const given = 'length' in layout ? Float64Array.from(layout) : spaced(layout);
    if (!(given.length >= 2 && given.length <= 65536))
      throw rangeError(`ScaleTable: a table has from 2 to 65536 levels, not ${given.length}`);
    this.levels = given.map(Math.fround);
    for (const [i, level] of this.levels.entries())
      if (!(level > 0 && level <= Number.MAX_VALUE && (i === 0 || level > this.levels[i - 1])))
        throw rangeError(
          `ScaleTable: levels are finite, above 0, ascending and apart in float32; ${given[i]}, at ${i}, is not`,
        );
    // The product of two float32 is exact in a double, and a square root is rounded correctly.
    this.boundaries = Float64Array.from({ length: given.length - 1 }, (_, i) =>
      Math.sqrt(this.levels[i] * this.levels[i + 1]),
    );
  }

  /**
   * The level of each scale.
   *
   * @param scales - Finite and above 0, unless `clamp`: then 0, negative scales and infinity go to the ends.
   * @param options - Besides `clamp`, what the sender said of the values near a boundary.
   * @returns Indices into `levels`: a Uint8Array up to 256 levels, else a Uint16Array.
   * @throws RangeError naming the first bad scale and its index.
   */
  quantize(
    scales: Floats,
    options: ClampOptions & { readonly corrections?: Corrections } = {},
  ): Uint8Array | Uint16Array {
    this.check(scales, options.clamp === true);
    const { corrections } = options;
    if (corrections !== undefined) checkCorrections('ScaleTable', corrections, scales.length);
    const indices = this.levels.length > 256 ? new Uint16Array(scales.length) : new Uint8Array(scales.length);
    for (let i = 0; i < scales.length; i++) indices[i] = this.indexOf(scales[i]);
    if (corrections !== undefined)
      for (const [i, at] of corrections.positions.entries())
        indices[at] = this.nearest(scales[at]) + corrections.upper[i];
    return indices;
  }

  /**
   * The levels with these indices, to be given to a family.
   *
   * @throws RangeError for an index outside the table.
   */
  scales(indices: ArrayLike<number>): Float64Array {
    const { levels } = this;
    const scales = new Float64Array(indices.length);
    for (let i = 0; i < scales.length; i++) {
      const level = levels[indices[i]];
      if (level === undefined)
        throw rangeError(
          `ScaleTable: an index is a whole number from 0 to ${levels.length - 1}, not ${indices[i]}, at ${i}`,
        );
      scales[i] = level;
    }
    return scales;
  }

  /** How far each scale is from the nearest boundary, in the scales' own unit. */
  boundaryDistance(scales: Floats): Float64Array {
    this.check(scales, true);
    return Float64Array.from(scales, (x) => abs(x - this.boundaries[this.nearest(x)]));
  }

  /**
   * The positions of the scales that a receiver, whose numbers differ by up to the tolerance, may take for another
   * level, with the side that they are on here. What {@link quantize} needs over there.
   *
   * @throws RangeError naming a bad scale, or where the tolerance is a quarter of the way between boundaries or more.
   */
  corrections(scales: Floats, tolerance: Tolerance, options: ClampOptions = {}): Corrections {
    this.check(scales, options.clamp === true);
    const [absolute, relative] = parts('ScaleTable', tolerance);
    const { boundaries } = this;
    const last = boundaries.length - 1;
    return collect(scales.length, (i) => {
      const x = scales[i];
      const at = this.nearest(x);
      const b = boundaries[at];
      // A clamped infinity, or what is below 0, is not near any.
      const reach = absolute + relative * abs(x);
      if (!(abs(x - b) <= reach && reach < Number.POSITIVE_INFINITY)) return -1;
      const below = at > 0 ? b - boundaries[at - 1] : Number.POSITIVE_INFINITY;
      const room = at < last ? Math.min(below, boundaries[at + 1] - b) : below;
      if (4 * reach >= room) throw tooWide('ScaleTable', i, x, reach, room);
      return x >= b ? 1 : 0;
    });
  }

  private check(scales: Floats, clamp: boolean): void {
    checkFloats('ScaleTable', 'scales', scales);
    for (let i = 0; i < scales.length; i++) {
      const x = scales[i];
      if (x > 0 && x <= Number.MAX_VALUE) continue;
      if (!clamp || Number.isNaN(x))
        throw rangeError(`ScaleTable: a scale is a finite number above 0, not ${x}, which is at ${i}`);
    }
  }

  /** Boundaries at or below x. */
  private indexOf(x: number): number {
    const { boundaries } = this;
    let low = 0;
    let high = boundaries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (boundaries[middle] <= x) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The index of the boundary nearest to x, which is that of the level below it. */
  private nearest(x: number): number {
    const { boundaries } = this;
    const above = this.indexOf(x);
    if (above === 0) return 0;
    if (above === boundaries.length) return above - 1;
    return x - boundaries[above - 1] <= boundaries[above] - x ? above - 1 : above;
  }
}

function spaced({ min = 0.11, max = 256, levels = 64 }: ScaleTableOptions): Float64Array {
  if (!(min > 0 && max > min && max <= Number.MAX_VALUE))
    throw rangeError(`ScaleTable: min and max are finite, above 0 and ascending, not ${min} and ${max}`);
  if (!(Number.isInteger(levels) && levels >= 2 && levels <= 65536))
    throw rangeError(`ScaleTable: a table has from 2 to 65536 levels, not ${levels}`);
  const first = log(min);
  const step = (log(max) - first) / (levels - 1);
  const table = Float64Array.from({ length: levels }, (_, i) => exp(first + i * step));
  table[0] = min;
  table[levels - 1] = max;
  return table;
}

/** How a grid of means is laid out. */
export interface MeanGridOptions {
  /** Steps in a unit are 2^bits: 0 to 20. Default 4, a sixteenth. */
  readonly bits?: number;
}

/**
 * The multiples of 1 / 2^bits, and the rule that takes a mean to one of them: the nearest, the higher of two.
 *
 * Nothing is rounded on the way: `floor(mean * 2^bits + 1/2)` of the real number.
 *
 * @example
 * const grid = new MeanGrid(); // sixteenths
 * const indices = grid.quantize(Float32Array.of(-0.3, 2.71)); // Int32Array [-5, 43]
 * grid.means(indices); // Float64Array [-0.3125, 2.6875]
 */
export class MeanGrid {
  /** Steps in a unit are 2^bits. */
  readonly bits: number;
  private readonly steps: number;

  /** @throws RangeError for bits that are not a whole number from 0 to 20. */
  constructor({ bits = 4 }: MeanGridOptions = {}) {
    if (!(Number.isInteger(bits) && bits >= 0 && bits <= 20))
      throw rangeError(`MeanGrid: bits is a whole number from 0 to 20, not ${bits}`);
    this.bits = bits;
    this.steps = 2 ** bits;
  }

  /**
   * The place of each mean on the grid.
   *
   * @param means - From -2^31 / 2^bits to (2^31 - 1) / 2^bits, unless `clamp`: then what lies outside goes to the ends.
   * @param options - Besides `clamp`, what the sender said of the values near a boundary.
   * @throws RangeError naming the first bad mean and its index.
   */
  quantize(means: Floats, options: ClampOptions & { readonly corrections?: Corrections } = {}): Int32Array {
    this.check(means, options.clamp === true);
    const { corrections } = options;
    if (corrections !== undefined) checkCorrections('MeanGrid', corrections, means.length);
    const indices = new Int32Array(means.length);
    for (let i = 0; i < means.length; i++) {
      const y = means[i] * this.steps;
      const down = floor(y);
      indices[i] = clamped(y - down >= 0.5 ? down + 1 : down);
    }
    // The boundary nearest to y is the one in its unit interval: floor(y) + 1/2.
    if (corrections !== undefined)
      for (const [i, at] of corrections.positions.entries())
        indices[at] = clamped(floor(means[at] * this.steps) + corrections.upper[i]);
    return indices;
  }

  /** The means at these places, to be given to a family. */
  means(indices: ArrayLike<number>): Float64Array {
    return Float64Array.from(indices, (index) => index / this.steps);
  }

  /** How far each mean is from the nearest boundary, in the means' own unit: at most half a step. */
  boundaryDistance(means: Floats): Float64Array {
    this.check(means, false);
    return Float64Array.from(means, (x) => {
      const y = x * this.steps;
      return abs(y - floor(y) - 0.5) / this.steps;
    });
  }

  /**
   * The positions of the means that a receiver, whose numbers differ by up to the tolerance, may take for another place,
   * with the side that they are on here. What {@link quantize} needs over there.
   *
   * @throws RangeError naming a bad mean, or where the tolerance is a quarter of a step or more.
   */
  corrections(means: Floats, tolerance: Tolerance, options: ClampOptions = {}): Corrections {
    this.check(means, options.clamp === true);
    const [absolute, relative] = parts('MeanGrid', tolerance);
    return collect(means.length, (i) => {
      const y = means[i] * this.steps;
      if (y >= 2 ** 31 || y <= -(2 ** 31)) return -1;
      const offset = y - floor(y) - 0.5;
      const reach = this.steps * (absolute + relative * abs(means[i]));
      if (abs(offset) > reach) return -1;
      if (4 * reach >= 1) throw tooWide('MeanGrid', i, means[i], reach / this.steps, 1 / this.steps);
      return offset >= 0 ? 1 : 0;
    });
  }

  private check(means: Floats, clamp: boolean): void {
    checkFloats('MeanGrid', 'means', means);
    const least = -(2 ** 31) / this.steps;
    const most = (2 ** 31 - 1) / this.steps;
    for (let i = 0; i < means.length; i++) {
      const x = means[i];
      if (x >= least && x <= most) continue;
      if (!clamp || Number.isNaN(x))
        throw rangeError(
          `MeanGrid: with ${this.bits} bits a mean is from ${least} to ${most}, not ${x}, which is at ${i}`,
        );
    }
  }
}

/** Infinities are kept from turning into 0. */
function clamped(index: number): number {
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, index));
}

/**
 * 32 bits that two different lists of indices share once in about 2^32 pairs: sent along, they tell the receiver of
 * parameters that differ by more than the tolerance before it decodes garbage. FNV-1a over 32-bit numbers, with a final
 * mix; no protection against anybody who wants them to agree.
 *
 * @example
 * fingerprint(table.quantize(scales)) === sent || fail();
 */
export function fingerprint(indices: Uint8Array | Uint16Array | Int32Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < indices.length; i++) {
    hash = Math.imul(hash ^ indices[i], 0x01000193);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ indices.length, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
