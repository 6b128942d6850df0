/**
 * The kernel of stream coders and entropy models, one instance a realm.
 *
 * Everything goes through its memory: a chunk of symbols and parameters, two stacks of words, one block of slots for a
 * coder's state (64-bit integers as two slots, low one first, since an i64 at the border would cost a BigInt), and the
 * tables of models, which stay between calls.
 */
import { hex } from './generated/coding.ts';
import { instantiate, kernelModule } from './load.ts';

/** What assembly/coding/index.ts exports for the coders. Loops return the first place that failed, or -1. */
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
  buildLookup(at: number, entries: number, lookupAt: number, lookupShift: number, bits: number): void;
  useTable(at: number, entries: number, lookupAt: number, lookupShift: number, min: number): void;
  useFamily(kind: number, min: number, max: number, stride: number): void;
  ansEncode(n: number, small: boolean, family: boolean): number;
  ansDecode(n: number, small: boolean, family: boolean): number;
  rangeEncode(n: number, small: boolean, family: boolean): number;
  rangeDecode(n: number, small: boolean, family: boolean): number;
  chainEncode(n: number, small: boolean, family: boolean): number;
  chainDecode(n: number, small: boolean, family: boolean): number;
}

/** Slots of the block, as assembly/coding/tables.ts numbers them. */
export const Slot = {
  state: 0,
  range: 2,
  point: 4,
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
  /** Words going in or out: room for twice the chunk. */
  readonly words: Uint32Array;
  /** The second stack of words: room for twice the chunk. */
  readonly others: Uint32Array;
  private readonly memory: Uint32Array;
  private readonly tables: number;
  private readonly end: number;
  private top: number;
  /** Where tables lie. Replaced by an empty one when there is no more room: all must then be copied in again. */
  private resident = new WeakMap<Uint32Array, { at: number; lookup: number; shift: number }>();

  constructor() {
    const module = kernelModule('coding', hex);
    const { exports, memory } = instantiate<CodingKernel>(module, TABLE_BYTES / 65536 + 8);
    const { buffer } = memory;
    const chunk = exports.CHUNK.value as number;
    this.kernel = exports;
    this.chunk = chunk;
    this.slots = new Uint32Array(buffer, exports.block(), 16);
    this.symbols = new Int32Array(buffer, exports.symbols(), chunk);
    this.first = new Float64Array(buffer, exports.parameters(), chunk);
    this.second = new Float64Array(buffer, exports.parameters() + 8 * chunk, chunk);
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
      const bytes = 4 * (table.length + 2 ** lookupBits + 1);
      if (bytes > this.end - this.tables) return false;
      if (this.top + bytes > this.end) {
        this.resident = new WeakMap();
        this.top = this.tables;
      }
      place = { at: this.top, lookup: this.top + 4 * table.length, shift };
      this.memory.set(table, place.at / 4);
      this.kernel.buildLookup(place.at, size, place.lookup, shift, precision);
      this.top += bytes;
      this.resident.set(table, place);
    }
    this.kernel.useTable(place.at, size, place.lookup, place.shift, min);
    return true;
  }
}

let instance: Coding | undefined;

/** The realm's instance, compiled at the first call. */
export function coding(): Coding {
  instance ??= new Coding();
  return instance;
}
