/**
 * The kernels of stream coders, one instance each a realm: that of tables here, that of families in families.ts, so that
 * a page which uses no family does not load them.
 *
 * Everything goes through its memory: a chunk of symbols and parameters, two stacks of words, one block of slots for a
 * coder's state (64-bit integers as two slots, low one first, since an i64 at the border would cost a BigInt), and the
 * tables of models, which stay between calls.
 */
import { hex } from './generated/tabled.ts';
import { instantiate, kernelModule } from './load.ts';

/** What assembly/coding/tabled.ts and index.ts export for the coders. Loops return the first place that failed, or -1. */
export interface CodingKernel {
  /** Symbols that one call codes at most. */
  readonly CHUNK: WebAssembly.Global;
  /** Address of the block of slots. */
  block(): number;
  /** Address of the chunk's symbols, i32. */
  symbols(): number;
  /** Address of the chunk's first parameters, f64; the second ones follow after a whole chunk. */
  parameters(): number;
  /** Address of the words, u32, whatever the preset. */
  words(): number;
  /** Address of the second stack of words, u32. */
  others(): number;
  /** Address of the first byte for tables. */
  tables(): number;
  /** With tables only, as are useTable and useAlias. */
  buildLookup(at: number, entries: number, lookupAt: number, lookupShift: number, bits: number): void;
  useTable(
    at: number,
    entries: number,
    lookupAt: number,
    lookupShift: number,
    min: number,
    divisorsAt: number,
    guess: number,
  ): void;
  useDivisors(at: number): void;
  buildDivisors(at: number, entries: number, to: number): void;
  useAlias(at: number, buckets: number, symbols: number, shift: number): void;
  /** With families only, as are useMixture and useConstants. */
  useFamily(kind: number, min: number, max: number, stride: number): void;
  useMixture(kind: number, min: number, max: number, components: number, stride: number, spacing: number): void;
  checkMixtures(n: number): boolean | number;
  /** Whether the chunk's first or second parameters are all from `least` to `most`. */
  parametersHold(n: number, second: boolean, least: number, most: number): boolean | number;
  useConstants(at: number): void;
  ansEncode(n: number, small: boolean, mode: SourceMode): number;
  ansDecode(n: number, small: boolean, mode: SourceMode): number;
  rangeEncode(n: number, small: boolean, mode: SourceMode): number;
  rangeDecode(n: number, small: boolean, mode: SourceMode): number;
  chainEncode(n: number, small: boolean, mode: SourceMode): number;
  chainDecode(n: number, small: boolean, mode: SourceMode): number;
}

/** Where a loop's intervals come from, as assembly/coding/tabled.ts numbers it. */
export const Mode = { table: 0, family: 1, alias: 2, divided: 3, dividedLikely: 4 } as const;

/** One of {@link Mode}. */
export type SourceMode = (typeof Mode)[keyof typeof Mode];

/** Slots of the block, as assembly/coding/tables.ts numbers them. */
export const Slot = {
  state: 0,
  range: 2,
  offset: 4,
  wordCount: 6,
  inverted: 7,
  first: 8,
  otherCount: 9,
  head: 10,
  padded: 11,
  reason: 12,
} as const;

/** Values of the slot `reason`. */
export const Reason = { impossible: 1, outOfData: 2, outOfRemainders: 3, corrupt: 4 } as const;

/** Bytes for resident tables: about a million symbols, or some hundred models of 256. */
const TABLE_BYTES = 8 * 2 ** 20;

/** Where a table lies, and what the loops know of it besides. */
interface Place {
  readonly at: number;
  readonly lookup: number;
  readonly shift: number;
  /** The place of a symbol that nearly every quantile belongs to; -1 if there is none. */
  readonly guess: number;
  /** Address of the reciprocals, 0 until there are some. */
  divisors: number;
  /** Symbols that have been encoded with the table. */
  encoded: number;
}

const placeOf = (at: number, lookup = 0, shift = 0, guess = -1): Place => ({
  at,
  lookup,
  shift,
  guess,
  divisors: 0,
  encoded: 0,
});

/** From which share on of all quantiles a symbol is tried before any search: below it, too many tries fail. */
const GUESSED = 0.75;

/** Tables up to this size get reciprocals, which take eight times the room. */
const MOST_DIVIDED = 8192;

/** The instance with views of its memory. */
export class Coding {
  readonly kernel: CodingKernel;
  /** Symbols that one call codes at most. */
  readonly chunk: number;
  readonly slots: Uint32Array;
  readonly symbols: Int32Array;
  /** First parameters of the chunk. */
  readonly first: Float64Array;
  /** Second parameters of the chunk. */
  readonly second: Float64Array;
  /** Both of them in one, for sources with other numbers of parameters. */
  readonly parameters: Float64Array;
  /** Words going in or out: room for twice the chunk. */
  readonly words: Uint32Array;
  /** The second stack of words: room for twice the chunk. */
  readonly others: Uint32Array;
  private readonly memory: Uint32Array;
  private readonly tables: number;
  private readonly end: number;
  private top: number;
  /** Where tables lie. Replaced by an empty one when there is no more room: all must then be copied in again. */
  private resident = new WeakMap<Uint32Array, Place>();
  /** Where the table in use lies, its number of symbols, and whether reciprocals would serve it. */
  private place: Place | undefined;
  private size = 0;
  private divisible = false;

  /** An instance of the module `name`, whose bytes are `hex`. */
  constructor(name: string, hex: string) {
    const module = kernelModule(name, hex);
    const { exports, memory } = instantiate<CodingKernel>(module, TABLE_BYTES / 65536 + 8);
    const { buffer } = memory;
    const chunk = exports.CHUNK.value as number;
    this.kernel = exports;
    this.chunk = chunk;
    this.slots = new Uint32Array(buffer, exports.block(), 16);
    this.symbols = new Int32Array(buffer, exports.symbols(), chunk);
    this.first = new Float64Array(buffer, exports.parameters(), chunk);
    this.second = new Float64Array(buffer, exports.parameters() + 8 * chunk, chunk);
    this.parameters = new Float64Array(buffer, exports.parameters(), 2 * chunk);
    this.words = new Uint32Array(buffer, exports.words(), 2 * chunk);
    this.others = new Uint32Array(buffer, exports.others(), 2 * chunk);
    this.memory = new Uint32Array(buffer);
    this.tables = exports.tables();
    this.top = this.tables;
    this.end = buffer.byteLength;
  }

  /**
   * Makes a table of cumulative frequencies the model in use, copied in unless it is there already.
   *
   * @returns false when the table is larger than all the room there is.
   */
  useTable(table: Uint32Array, min: number, precision: number): boolean {
    const size = table.length - 1;
    let place = this.resident.get(table);
    if (place === undefined) {
      // Eight entries a symbol leave a search of a step or less for most; more would only miss the cache.
      const lookupBits = Math.min(precision, 14, Math.max(4, 35 - Math.clz32(size)));
      const shift = precision - lookupBits;
      const at = this.admit(table, 2 ** lookupBits + 1);
      if (at === undefined) return false;
      place = placeOf(at, at + 4 * table.length, shift, guessOf(table));
      this.kernel.buildLookup(at, size, place.lookup, shift, precision);
      this.resident.set(table, place);
    }
    this.kernel.useTable(place.at, size, place.lookup, place.shift, min, place.divisors, place.guess);
    this.place = place;
    this.size = size;
    this.divisible = precision === 24 && size <= MOST_DIVIDED;
    return true;
  }

  /** The loop to encode the next `n` symbols with, for coders that divide. A table that is used much gets reciprocals. */
  dividing(mode: SourceMode, n: number): SourceMode {
    const { place } = this;
    if (mode !== Mode.table || !this.divisible || place === undefined) return mode;
    if (place.divisors === 0) {
      place.encoded += n;
      const bytes = 32 * this.size;
      if (place.encoded < 8 * this.size || this.top + bytes > this.end) return mode;
      place.divisors = this.top;
      this.top += bytes;
      this.kernel.buildDivisors(place.at, this.size, place.divisors);
      this.kernel.useDivisors(place.divisors);
    }
    return place.guess < 0 ? Mode.divided : Mode.dividedLikely;
  }

  /**
   * Makes an alias table the model in use, copied in unless it is there already.
   *
   * @param table - As assembly/coding/alias.ts describes it.
   * @param shift - Bits of a bucket's size.
   * @returns false when the table is larger than all the room there is.
   */
  useAlias(table: Uint32Array, buckets: number, symbols: number, shift: number): boolean {
    let place = this.resident.get(table);
    if (place === undefined) {
      const at = this.admit(table, 0);
      if (at === undefined) return false;
      place = placeOf(at, 0, shift);
      this.resident.set(table, place);
    }
    this.kernel.useAlias(place.at, buckets, symbols, shift);
    return true;
  }

  /**
   * Makes numbers that a family needs beside its parameters those in use, copied in unless they are there already.
   *
   * @returns false when there is no room for them.
   */
  useConstants(constants: Uint32Array): boolean {
    let place = this.resident.get(constants);
    if (place === undefined) {
      const at = this.admit(constants, 0);
      if (at === undefined) return false;
      place = placeOf(at);
      this.resident.set(constants, place);
    }
    this.kernel.useConstants(place.at);
    return true;
  }

  /** What the kernel has made of constants, where it has them: an adaptive model changes its own. */
  constantsNow(constants: Uint32Array): Uint32Array | undefined {
    const place = this.resident.get(constants);
    return place && this.memory.slice(place.at / 4, place.at / 4 + constants.length);
  }

  /** Copies a table in, with room for `more` entries after it; undefined when there can be none. */
  private admit(table: Uint32Array, more: number): number | undefined {
    const bytes = 4 * (table.length + more);
    if (bytes > this.end - this.tables) return undefined;
    if (this.top + bytes > this.end) {
      this.resident = new WeakMap();
      this.top = this.tables;
    }
    const at = this.top;
    this.memory.set(table, at / 4);
    this.top += bytes;
    return at;
  }
}

/** The place of the symbol that has more than {@link GUESSED} of all quantiles, or -1. */
function guessOf(table: Uint32Array): number {
  const least = table[table.length - 1] * GUESSED;
  for (let i = 1; i < table.length; i++) if (table[i] - table[i - 1] > least) return i - 1;
  return -1;
}

let instance: Coding | undefined;

/** The realm's instance for tables, compiled at the first call. */
export function coding(): Coding {
  instance ??= new Coding('tabled', hex);
  return instance;
}
