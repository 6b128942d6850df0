/**
 * Context models of a fixed order that learn as they go: after the last n symbols, what came next, smoothed with what came
 * after the last n - 1, and so on down to no context, and then to all symbols alike.
 *
 * - `witten-bell`: Witten and Bell 1991, "The zero-frequency problem: estimating the probabilities of novel events in
 *   adaptive text compression" (method C), interpolated. After a context seen C times with T different symbols, the
 *   shorter context has the share T / (C + T).
 * - `kneser-ney`: Kneser and Ney 1995, "Improved backing-off for m-gram language modeling", interpolated and with three
 *   discounts a length, as Chen and Goodman 1999 modified it ("An empirical study of smoothing techniques for language
 *   modeling"). Only the longest context counts symbols; a shorter one counts in how many different contexts, one symbol
 *   longer, a symbol was seen. Discounts follow from the numbers of counts of 1, 2, 3 and 4 so far, to which a few are
 *   added, so that they are sound from the first symbol on.
 */
import { rangeError } from '../errors.ts';
import { JournalledInts } from './journal.ts';
import { checkAlphabetSize, checkSymbol, type Mark, type SequenceModel, tile } from './model.ts';

/** How counts become probabilities: see the head of this module. */
export type Smoothing = 'witten-bell' | 'kneser-ney';

/** What decides an {@link NgramModel}. */
export interface NgramOptions {
  /** Number of symbols. 256 unless given. */
  readonly alphabetSize?: number;
  /** Length of the longest context in symbols: 0 to 16. By default 6, or 4 with `witten-bell`. */
  readonly order?: number;
  /** `kneser-ney` unless given. */
  readonly smoothing?: Smoothing;
  /**
   * Most strings that are counted, each of at most order + 1 symbols: 1 to 2^26, of 24 bytes each. 2^22 unless given,
   * for 96 MiB; memory grows towards it as strings come. When there are so many, new ones are not counted, and a context
   * that is not known leaves the prediction to the shorter ones.
   */
  readonly maxNodes?: number;
}

// Registers, at the start of the numbers: the number of nodes, and of symbols seen, up to the order.
const NODES = 0;
/** Places of the nodes of the last 0, 1, ... order symbols: 0 where there is none. */
const CONTEXTS = 1;

// A node is a string; its children are what followed it.
const SYMBOL = 0;
const NEXT = 1;
const COUNT = 2;
const FIRST = 3;
/** Sum of its children's counts. */
const SUM = 4;
/** Number of its children. */
const TYPES = 5;
const NODE = 6;

const MOST = 0x7fffffff;
/** Added to the numbers of counts of 1, 2, 3 and 4. */
const FEW = [8, 3, 1.5, 1];
/** Counts from this on share a discount. */
const BINS = 3;

/**
 * An n-gram model that learns as it goes: {@link NgramOptions} says what can be chosen.
 *
 * Memory: 4 bytes a symbol of the alphabet, 24 bytes a string that was seen, doubled as it grows; while marks are held,
 * an undo log of about 24 (order + 1) bytes a symbol.
 *
 * @example
 * const model = new NgramModel({ order: 5 });
 * const words = encodeSymbols(model, bytes);
 */
export class NgramModel implements SequenceModel {
  readonly alphabetSize: number;
  /** Length of the longest context, in symbols. */
  readonly order: number;
  /** How counts become probabilities. */
  readonly smoothing: Smoothing;
  private readonly maxNodes: number;
  private readonly state: JournalledInts;
  /** Place of the numbers of counts of 1 to 4, by the length of context. */
  private readonly tallies: number;
  /** Place of a table of the root's children by symbol: 0 where there is none. */
  private readonly children: number;
  private readonly root: number;
  private readonly weights: Float64Array;
  private readonly discounts = new Float64Array(BINS + 1);

  /**
   * @throws RangeError for an option out of its range.
   */
  constructor(options: NgramOptions = {}) {
    const { alphabetSize = 256, smoothing = 'kneser-ney', maxNodes = 1 << 22 } = options;
    const { order = smoothing === 'witten-bell' ? 4 : 6 } = options;
    checkAlphabetSize(alphabetSize);
    if (!(Number.isInteger(order) && order >= 0 && order <= 16))
      throw rangeError(`order is a whole number from 0 to 16, not ${order}`);
    if (smoothing !== 'witten-bell' && smoothing !== 'kneser-ney')
      throw rangeError(`smoothing is 'witten-bell' or 'kneser-ney', not '${String(smoothing)}'`);
    if (!(Number.isInteger(maxNodes) && maxNodes >= 1 && maxNodes <= 2 ** 26))
      throw rangeError(`maxNodes is a whole number from 1 to 2^26, not ${maxNodes}`);
    this.alphabetSize = alphabetSize;
    this.order = order;
    this.smoothing = smoothing;
    this.maxNodes = maxNodes;
    this.tallies = CONTEXTS + order + 1;
    this.children = this.tallies + 4 * (order + 1);
    this.root = this.children + alphabetSize;
    this.weights = new Float64Array(alphabetSize);
    this.state = new JournalledInts(this.root + NODE * (1 + Math.min(maxNodes, 256)));
    this.state.put(CONTEXTS, this.root);
  }

  /** Number of strings that are counted. */
  get size(): number {
    return this.state.values[NODES];
  }

  /** Fills in cumulative frequencies of the next symbol: see {@link SequenceModel.intervals}. */
  intervals(into: Uint32Array): void {
    const { alphabetSize, weights } = this;
    weights.fill(0);
    const left = (this.smoothing === 'witten-bell' ? this.wittenBell() : this.kneserNey()) / alphabetSize;
    for (let s = 0; s < alphabetSize; s++) weights[s] += left;
    tile(weights, into, alphabetSize);
  }

  /** Learns the next symbol. */
  update(symbol: number): void {
    checkSymbol(symbol, this.alphabetSize);
    const { state, order } = this;
    // Room first: when there is none for memory, nothing has changed.
    this.makeRoom();
    const all = this.smoothing === 'witten-bell';
    let counts = true;
    for (let length = order; length >= 0; length--) {
      const context = state.values[CONTEXTS + length];
      if (context === 0) {
        if (length < order) state.put(CONTEXTS + length + 1, 0);
        continue;
      }
      let child = this.childOf(context, symbol);
      const known = child !== 0;
      if (!known) child = this.insert(context, symbol, length);
      else if (counts || all) this.count(context, child, length);
      // What is known after the longer context is so after the shorter one, and has been counted there.
      counts = !known;
      if (length < order) state.put(CONTEXTS + length + 1, child);
    }
  }

  /** Marks the present state. */
  mark(): Mark {
    return this.state.mark();
  }

  /** Goes back to a mark, to the bit, and forgets it and all later ones. */
  rollback(mark: Mark): void {
    this.state.rollback(mark);
  }

  /** Forgets a mark and all later ones, and keeps what came after them. */
  release(mark: Mark): void {
    this.state.release(mark);
  }

  /** Adds up the shares of symbols, the longest context's first, and returns what is left. */
  private wittenBell(): number {
    const { weights } = this;
    const v = this.state.values;
    let left = 1;
    for (let length = this.order; length >= 0; length--) {
      const context = v[CONTEXTS + length];
      if (context === 0 || v[context + SUM] === 0) continue;
      const share = left / (v[context + SUM] + v[context + TYPES]);
      for (let child = v[context + FIRST]; child !== 0; child = v[child + NEXT])
        weights[v[child + SYMBOL]] += v[child + COUNT] * share;
      left = v[context + TYPES] * share;
    }
    return left;
  }

  /** The same with discounts. */
  private kneserNey(): number {
    const { weights, discounts } = this;
    const v = this.state.values;
    let left = 1;
    for (let length = this.order; length >= 0; length--) {
      const context = v[CONTEXTS + length];
      if (context === 0 || v[context + SUM] === 0) continue;
      this.setDiscounts(length);
      const share = left / v[context + SUM];
      // Counts of 1 and of 2, so that the sum of discounts does not hang on the order of the children.
      let ones = 0;
      let twos = 0;
      for (let child = v[context + FIRST]; child !== 0; child = v[child + NEXT]) {
        const count = v[child + COUNT];
        weights[v[child + SYMBOL]] += (count - discounts[count < BINS ? count : BINS]) * share;
        if (count === 1) ones++;
        else if (count === 2) twos++;
      }
      const more = v[context + TYPES] - ones - twos;
      left = (ones * discounts[1] + twos * discounts[2] + more * discounts[3]) * share;
    }
    return left;
  }

  /** Chen and Goodman's three discounts of contexts of a length, kept away from their ends. */
  private setDiscounts(length: number): void {
    const { discounts } = this;
    const v = this.state.values;
    const at = this.tallies + 4 * length;
    const ones = v[at] + FEW[0];
    const twos = v[at + 1] + FEW[1];
    const threes = v[at + 2] + FEW[2];
    const fours = v[at + 3] + FEW[3];
    const y = ones / (ones + 2 * twos);
    discounts[1] = within(1 - (2 * y * twos) / ones, 0.95);
    discounts[2] = within(2 - (3 * y * threes) / twos, 1.95);
    discounts[3] = within(3 - (4 * y * fours) / threes, 2.95);
  }

  /** The child of a node for a symbol, or 0. */
  private childOf(node: number, symbol: number): number {
    const v = this.state.values;
    if (node === this.root) return v[this.children + symbol];
    let child = v[node + FIRST];
    while (child !== 0 && v[child + SYMBOL] !== symbol) child = v[child + NEXT];
    return child;
  }

  private makeRoom(): void {
    const { state, maxNodes } = this;
    const needed = Math.min(maxNodes, state.values[NODES] + this.order + 1);
    if (this.root + NODE * (1 + needed) <= state.values.length) return;
    state.grow(this.root + NODE * (1 + Math.min(maxNodes, 2 * needed)));
  }

  /** Adds a child with a count of 1; returns 0 when there is no more room. */
  private insert(node: number, symbol: number, length: number): number {
    const { state, root } = this;
    const v = state.values;
    const used = v[NODES];
    if (used === this.maxNodes) return 0;
    const leaf = root + NODE * (used + 1);
    state.put(NODES, used + 1);
    // What was rolled back left zeros, so the other fields are 0.
    state.put(leaf + SYMBOL, symbol);
    if (node === root) state.put(this.children + symbol, leaf);
    // At the end: what comes early is often frequent, and found soon there.
    let last = v[node + FIRST];
    if (node === root) {
      // The order of the root's children does not matter, and this list is long.
      state.put(leaf + NEXT, last);
      state.put(node + FIRST, leaf);
    } else if (last === 0) state.put(node + FIRST, leaf);
    else {
      while (v[last + NEXT] !== 0) last = v[last + NEXT];
      state.put(last + NEXT, leaf);
    }
    state.put(node + TYPES, v[node + TYPES] + 1);
    this.count(node, leaf, length);
    return leaf;
  }

  private count(node: number, child: number, length: number): void {
    const { state } = this;
    const v = state.values;
    // Counts stop where their numbers end, after 2^31 symbols at one node.
    if (v[node + SUM] === MOST) return;
    const count = v[child + COUNT];
    state.put(node + SUM, v[node + SUM] + 1);
    state.put(child + COUNT, count + 1);
    const tally = this.tallies + 4 * length + count;
    if (count > 0 && count <= 4) state.put(tally - 1, v[tally - 1] - 1);
    if (count < 4) state.put(tally, v[tally] + 1);
  }
}

/** A discount, not below 0.1 nor above what the smallest of its counts allows. */
function within(discount: number, most: number): number {
  return Math.min(most, Math.max(0.1, discount));
}
