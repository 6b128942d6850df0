/**
 * Models of records, for multisets of them: what is the probability of a record, given the multiset of the others?
 *
 * A multiset's elements come off the stack in an order that the stack decides. A model that learns from element to
 * element still works, on one condition: it may depend on *which* elements the decoder has already, never on their
 * order. The encoder starts with the counts of all records and takes a record's counts away before it pushes it; the
 * decoder pops a record and then adds its counts. So both have the counts of the same multiset, that of the others,
 * whenever a record is coded. Counts that add and subtract are all it takes: the model need not be exchangeable, hashed
 * counts may collide, and a record's probability may be any function of the sums.
 *
 * Only + - * / on doubles and operations on integers decide the bits.
 */
import { type BitStack, MAX_TOTAL } from '../codecs/stack.ts';
import { rangeError, SurprisalError } from '../errors.ts';

/** A model of records that counts those it knows. */
export interface RecordModel {
  /** Bytes of its tables. */
  readonly memory: number;
  /** Adds a record to those it knows (1) or takes it away again (-1). */
  count(bytes: Uint8Array, from: number, to: number, amount: 1 | -1): void;
  /** Pushes the record bytes[from..to). */
  push(stack: BitStack, bytes: Uint8Array, from: number, to: number): void;
  /**
   * Pops a record, its bytes appended to `into`.
   *
   * @throws SurprisalError `corrupt` for a record that is too long, `out-of-data`.
   */
  pop(stack: BitStack, into: RecordSink): void;
}

/** Bytes that are appended one by one, in a buffer that grows no further than `most`. */
export class RecordSink {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  length = 0;
  private readonly most: number;

  /** A sink of at most `most` bytes. */
  constructor(most: number) {
    this.most = most;
  }

  /** Appends a byte. Throws SurprisalError `corrupt` when there is no room for it. */
  put(byte: number): void {
    if (this.length === this.bytes.length) {
      const grown = new Uint8Array(Math.min(2 * this.length, Math.max(this.most, this.length)));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    if (this.length >= this.most)
      throw new SurprisalError('corrupt', 'The archive is damaged: its records take more bytes than it says.');
    this.bytes[this.length++] = byte;
  }
}

/** Longest record that {@link TextRecords} takes, its end included: 65,536 bytes. */
export const MAX_TEXT_RECORD = 65536;

const TEXT_TOTAL = 2 ** 20;
const LF = 10;
const QUOTE = 34;

/**
 * What the order below is worth at a node, in counts: at one that has seen both bits, and at one that has seen only one.
 * Tuned on lists of addresses, words and log lines.
 */
const SPLIT = [4, 12, 12, 8, 6, 6];
const SURE = [1, 1, 2, 3, 4, 4];
const ORDERS = 6;

/**
 * Records that end in a line feed: lines, JSON lines, CSV rows. Bits are coded one at a time, the highest of a byte
 * first; a bit's probability blends the counts of the contexts of 0, 1, 2, 3, 4 and 6 bytes before it within the
 * record, each order's prior being the order below. (As in prediction by partial matching: Cleary and Witten, "Data
 * compression using adaptive coding and partial string matching", 1984, with bits in place of symbols and blending in
 * place of escapes.)
 */
export class TextRecords implements RecordModel {
  readonly memory: number;
  private readonly quotes: boolean;
  private readonly mask: number;
  private readonly tables: Uint32Array[];
  /** Where each order's nodes for the current half of a byte lie. */
  private readonly base = new Int32Array(ORDERS);
  /** Hashes of the contexts of orders 2 and up. */
  private readonly hashes = new Int32Array(ORDERS);
  private last = 0;
  private before = 0;
  private readonly ones = new Uint32Array(8 * MAX_TEXT_RECORD);

  /**
   * A model that knows no records.
   *
   * @param bits - log2 of the nodes of each order's table: 8 to 22.
   * @param quotes - Whether a line feed between quotation marks is no end, as in CSV.
   */
  constructor(bits: number, quotes: boolean) {
    this.memory = TextRecords.memoryOf(bits);
    this.quotes = quotes;
    this.mask = 2 ** bits - 1;
    this.tables = Array.from({ length: ORDERS }, (_, order) => new Uint32Array(2 * nodesOf(order, bits)));
  }

  /** Bytes of memory of a model of so many bits. */
  static memoryOf(bits: number): number {
    if (!(Number.isInteger(bits) && bits >= 8 && bits <= 22))
      throw rangeError(`a text model has 8 to 22 bits, not ${bits}`);
    let nodes = 0;
    for (let order = 0; order < ORDERS; order++) nodes += nodesOf(order, bits);
    return 8 * nodes + 4 * 8 * MAX_TEXT_RECORD;
  }

  /** Bits that suit records of so many bytes in all. */
  static bitsFor(size: number): number {
    return Math.min(22, Math.max(12, 35 - Math.clz32(Math.min(size, 2 ** 30))));
  }

  /** Adds the record bytes[from..to) to those it knows (1) or takes it away again (-1). */
  count(bytes: Uint8Array, from: number, to: number, amount: 1 | -1): void {
    const { tables, base } = this;
    this.start();
    for (let at = from; at < to; at++) {
      const byte = bytes[at];
      this.enter();
      let node = 1;
      for (let k = 7; k >= 0; k--) {
        if (k === 3) {
          this.middle(node);
          node = 1;
        }
        const bit = (byte >> k) & 1;
        for (let order = 0; order < ORDERS; order++) tables[order][2 * (base[order] ^ node) + bit] += amount;
        node = 2 * node + bit;
      }
      this.leave(byte);
    }
  }

  /** Pushes the record bytes[from..to). */
  push(stack: BitStack, bytes: Uint8Array, from: number, to: number): void {
    const { ones } = this;
    let n = 0;
    this.start();
    for (let at = from; at < to; at++) {
      const byte = bytes[at];
      this.enter();
      let node = 1;
      for (let k = 7; k >= 0; k--) {
        if (k === 3) {
          this.middle(node);
          node = 1;
        }
        ones[n++] = this.one(node);
        node = 2 * node + ((byte >> k) & 1);
      }
      this.leave(byte);
    }
    for (let at = to - 1; at >= from; at--) {
      const byte = bytes[at];
      for (let k = 0; k < 8; k++) {
        const one = ones[--n];
        if (((byte >> k) & 1) === 1) stack.pushInterval(0, one, TEXT_TOTAL);
        else stack.pushInterval(one, TEXT_TOTAL - one, TEXT_TOTAL);
      }
    }
  }

  /** Pops a record, its bytes appended to `into`. Throws SurprisalError `corrupt` or `out-of-data`. */
  pop(stack: BitStack, into: RecordSink): void {
    const start = into.length;
    let quoted = false;
    this.start();
    for (;;) {
      let byte = 0;
      this.enter();
      let node = 1;
      for (let k = 7; k >= 0; k--) {
        if (k === 3) {
          this.middle(node);
          node = 1;
        }
        const one = this.one(node);
        const bit = stack.peek(TEXT_TOTAL) < one ? 1 : 0;
        if (bit === 1) stack.take(0, one, TEXT_TOTAL);
        else stack.take(one, TEXT_TOTAL - one, TEXT_TOTAL);
        byte = 2 * byte + bit;
        node = 2 * node + bit;
      }
      into.put(byte);
      if (byte === LF && !quoted) return;
      if (byte === QUOTE && this.quotes) quoted = !quoted;
      if (into.length - start >= MAX_TEXT_RECORD)
        throw new SurprisalError('corrupt', 'The archive is damaged: a record of it has no end.');
      this.leave(byte);
    }
  }

  private start(): void {
    this.last = 0;
    this.before = 0;
  }

  /** The contexts of the next byte. */
  private enter(): void {
    const { base, hashes, last, before, mask } = this;
    base[0] = 0;
    base[1] = (last & 255) << 8;
    hashes[2] = Math.imul((last & 0xffff) + 1, 0x2c1b3c6d);
    hashes[3] = Math.imul((last & 0xffffff) + 1, 0x297a2d39);
    hashes[4] = Math.imul(last ^ (last >>> 15), 0x1b56c4e9);
    hashes[5] = Math.imul(Math.imul(last, 0x7feb352d) ^ (before & 0xffff) ^ (last >>> 16), 0x846ca68b);
    for (let order = 2; order < ORDERS; order++) {
      const h = hashes[order];
      base[order] = (h ^ (h >>> 16)) & mask;
    }
  }

  /** The same contexts, for the second half of the byte. */
  private middle(node: number): void {
    const { base, hashes, mask } = this;
    // Second halves lie behind all first ones, 16 nodes for each.
    const half = (node & 15) << 4;
    base[0] = 256 + half;
    base[1] = 65536 + base[1] + half;
    for (let order = 2; order < ORDERS; order++) {
      const h = Math.imul(hashes[order] + node, 0x9e3779b1);
      base[order] = (h ^ (h >>> 15)) & mask;
    }
  }

  private leave(byte: number): void {
    this.before = (this.before << 8) | (this.last >>> 24);
    this.last = (this.last << 8) | byte;
  }

  /** How many of TEXT_TOTAL slots a 1 has at this node. */
  private one(node: number): number {
    const { tables, base } = this;
    let p = 0.5;
    for (let order = 0; order < ORDERS; order++) {
      const table = tables[order];
      const at = 2 * (base[order] ^ node);
      const zeros = table[at];
      const ones = table[at + 1];
      if (zeros + ones === 0) {
        if (order > 1) break;
        continue;
      }
      const weight = zeros === 0 || ones === 0 ? SURE[order] : SPLIT[order];
      p = (ones + weight * p) / (zeros + ones + weight);
    }
    return 1 + Math.floor(p * (TEXT_TOTAL - 2));
  }
}

/** Nodes of an order's table. Orders 0 and 1 need no hashing. */
function nodesOf(order: number, bits: number): number {
  return order === 0 ? 512 : order === 1 ? 131072 : 2 ** bits;
}

/**
 * Records of one size as bytes that are equally likely: 8 bits a byte, no tables, nothing to learn. For hashes and
 * random ids.
 */
export class UniformRecords implements RecordModel {
  readonly memory = 0;
  private readonly size: number;

  /** A model of records of `size` bytes. */
  constructor(size: number) {
    this.size = size;
  }

  /** Knows nothing, so counts nothing. */
  count(): void {}

  /** Pushes the record bytes[from..to). */
  push(stack: BitStack, bytes: Uint8Array, from: number, to: number): void {
    let at = to;
    for (; at - 3 >= from; at -= 3)
      stack.pushInterval((bytes[at - 3] << 16) | (bytes[at - 2] << 8) | bytes[at - 1], 1, MAX_TOTAL);
    while (at > from) stack.pushInterval(bytes[--at], 1, 256);
  }

  /** Pops a record, its bytes appended to `into`. Throws SurprisalError `corrupt` or `out-of-data`. */
  pop(stack: BitStack, into: RecordSink): void {
    for (let i = this.size % 3; i > 0; i--) into.put(stack.popUniform(256));
    for (let i = Math.floor(this.size / 3); i > 0; i--) {
      const three = stack.popUniform(MAX_TOTAL);
      into.put(three >>> 16);
      into.put((three >>> 8) & 255);
      into.put(three & 255);
    }
  }
}

/** What {@link ColumnRecords} needs to know. */
export interface ColumnOptions {
  /** Bytes of a record; undefined for records that end in a line feed. */
  readonly size?: number;
  /** Whether a line feed between quotation marks is no end. */
  readonly quotes?: boolean;
  /** Positions with counts of their own; those behind the last share its counts. */
  readonly columns: number;
  /** Whether the byte before is a part of the context. */
  readonly order: 0 | 1;
  /** What a byte seen is worth beside one not seen: a whole number from 1. */
  readonly increment: number;
}

/**
 * Records whose bytes depend on their position, and with order 1 on the byte before too: numbers, keys of one size, rows
 * of binary tables. Each context has counts of its own, and a byte the probability (increment x count + 1) of the sum.
 */
export class ColumnRecords implements RecordModel {
  readonly memory: number;
  private readonly options: ColumnOptions;
  private readonly counts: Uint32Array;
  /** Sums of 16 counts each, and of all 256. */
  private readonly groups: Uint32Array;
  private readonly sums: Uint32Array;

  /** A model that knows no records. */
  constructor(options: ColumnOptions) {
    this.options = options;
    this.memory = ColumnRecords.memoryOf(options.columns, options.order);
    const contexts = contextsOf(options.columns, options.order);
    this.counts = new Uint32Array(contexts * 256);
    this.groups = new Uint32Array(contexts * 16);
    this.sums = new Uint32Array(contexts);
  }

  /** Bytes of memory of a model of so many columns. */
  static memoryOf(columns: number, order: 0 | 1): number {
    return contextsOf(columns, order) * 4 * (256 + 16 + 1);
  }

  private context(position: number, before: number): number {
    const { columns, order } = this.options;
    const column = position < columns ? position : columns - 1;
    return order === 0 ? column : column * 256 + before;
  }

  /** Adds the record bytes[from..to) to those it knows (1) or takes it away again (-1). */
  count(bytes: Uint8Array, from: number, to: number, amount: 1 | -1): void {
    const { counts, groups, sums } = this;
    let before = 0;
    for (let at = from; at < to; at++) {
      const byte = bytes[at];
      const context = this.context(at - from, before);
      counts[256 * context + byte] += amount;
      groups[16 * context + (byte >> 4)] += amount;
      sums[context] += amount;
      before = byte;
    }
  }

  /** Pushes the record bytes[from..to). */
  push(stack: BitStack, bytes: Uint8Array, from: number, to: number): void {
    const { counts, groups, sums, options } = this;
    const { increment } = options;
    for (let at = to - 1; at >= from; at--) {
      const byte = bytes[at];
      const context = this.context(at - from, at > from ? bytes[at - 1] : 0);
      let below = 0;
      for (let g = 16 * context; g < 16 * context + (byte >> 4); g++) below += groups[g];
      for (let i = 256 * context + (byte & 240); i < 256 * context + byte; i++) below += counts[i];
      const count = counts[256 * context + byte];
      stack.pushInterval(increment * below + byte, increment * count + 1, increment * sums[context] + 256);
    }
  }

  /** Pops a record, its bytes appended to `into`. Throws SurprisalError `corrupt` or `out-of-data`. */
  pop(stack: BitStack, into: RecordSink): void {
    const { counts, groups, sums, options } = this;
    const { increment, size, quotes = false } = options;
    let before = 0;
    let quoted = false;
    for (let position = 0; position !== size; position++) {
      const context = this.context(position, before);
      const total = increment * sums[context] + 256;
      if (total > MAX_TOTAL) throw new SurprisalError('corrupt', 'The archive is damaged: its records are too many.');
      const slot = stack.peek(total);
      let left = 0;
      let group = 0;
      for (; ; group++) {
        const next = left + increment * groups[16 * context + group] + 16;
        if (slot < next) break;
        left = next;
      }
      let byte = 16 * group;
      for (; ; byte++) {
        const next = left + increment * counts[256 * context + byte] + 1;
        if (slot < next) break;
        left = next;
      }
      stack.take(left, increment * counts[256 * context + byte] + 1, total);
      into.put(byte);
      before = byte;
      if (size !== undefined) continue;
      if (byte === LF && !quoted) return;
      if (byte === QUOTE && quotes) quoted = !quoted;
    }
  }
}

function contextsOf(columns: number, order: 0 | 1): number {
  return order === 0 ? columns : columns * 256;
}
