/**
 * LZ78 as a model: every phrase of the incremental parse adds a leaf to a tree, and the symbols that came after a node
 * predict the next one there.
 *
 * Sagan and Weissman 2024, "A Family of LZ78-based Universal Sequential Probability Assignments", arXiv 2410.06589, after
 * Langdon 1983, "A note on the Ziv-Lempel model for compressing individual sequences"; the parse: Ziv and Lempel 1978,
 * "Compression of individual sequences via variable-rate coding". A node that was stood at n times, c_s of them with
 * symbol s to follow, gives s the probability (c_s + gamma) / (n + gamma A), for A symbols in all: the mean of a Dirichlet
 * distribution with parameter gamma.
 *
 * Two options, both off unless asked for, leave the plain parse behind. `backShift` starts a phrase not at the root but
 * below it, with the last symbols as its context, so that a phrase's beginning is predicted too (the back-shift parsing
 * of the paper's authors; parameter M of LZ-MS: Nisenson, Yariv, El-Yaniv and Meir 2003, "Towards behaviometric security
 * systems"). `base: 'root'` lets symbols that a node has not seen be as likely as the root finds them, instead of all
 * alike. Both help with text and harm with tables of numbers: bits a character of alice29.txt and kennedy.xls of the
 * Canterbury collection are 4.08 and 2.01 plain, 3.83 and 2.13 with a back-shift of 4, 3.51 and 2.25 with the root as
 * base, 3.19 and 2.70 with both.
 */
import { rangeError } from '../errors.ts';
import { JournalledInts } from './journal.ts';
import { checkAlphabetSize, checkSymbol, type Mark, type SequenceModel, TOTAL } from './model.ts';

/** What decides an {@link Lz78Model}. */
export interface Lz78Options {
  /** Number of symbols. 256 unless given. */
  readonly alphabetSize?: number;
  /**
   * What every symbol counts before it has been seen, above 0 and at most 1000. By default 2 / alphabetSize, but at most
   * 1/2: what served files of the Calgary and Canterbury collections best.
   */
  readonly gamma?: number;
  /** Symbols of context that a phrase starts with, where the tree has them: 0 to 16. 0, the plain parse, unless given. */
  readonly backShift?: number;
  /**
   * How a node shares out gamma times alphabetSize among the symbols: alike (`uniform`, the default), or as the root
   * predicts them.
   */
  readonly base?: 'uniform' | 'root';
  /**
   * Most nodes of the tree: 1 to 2^26, of 20 bytes each. 2^22 unless given, for about 80 MiB; memory grows towards it
   * as nodes come. A full tree keeps counting what it knows, and adds nothing.
   */
  readonly maxNodes?: number;
}

// Registers, at the start of the numbers.
/** Where the model stands: place of a node, 0 for the root. */
const CURRENT = 0;
/** Number of nodes, without the root. */
const NODES = 1;
/** Symbols counted at the root. */
const ROOT_TOTAL = 2;
/** Symbols seen, up to BACK. */
const SEEN = 3;
/** Place of the next symbol in the ring of the last ones. */
const RING_AT = 4;
const RING = 5;
const MOST_BACK = 16;
const TABLES = RING + MOST_BACK;

// A node. Children are a list in the order of their symbols.
const SYMBOL = 0;
const NEXT = 1;
/** How often it followed its parent. */
const COUNT = 2;
const FIRST = 3;
/** Sum of its children's counts. */
const SUM = 4;
const NODE = 5;

const MOST = 0x7fffffff;

/**
 * The LZ78 sequential probability assignment: {@link Lz78Options} says what can be chosen.
 *
 * Memory: 8 bytes a symbol of the alphabet, 20 bytes a node (about one node for every five bytes of English), doubled as
 * it grows; while marks are held, an undo log of about 30 bytes a symbol.
 *
 * @example
 * const model = new Lz78Model();
 * for (const byte of text) model.update(byte);
 * const next = model.symbolAt(random.next() >>> 8); // an exact sample of the next byte
 */
export class Lz78Model implements SequenceModel {
  readonly alphabetSize: number;
  private readonly gamma: number;
  private readonly backShift: number;
  private readonly fromRoot: boolean;
  private readonly maxNodes: number;
  private readonly state: JournalledInts;
  /** Place of the table of the root's children by symbol: 0 where there is none. */
  private readonly children = TABLES;
  /** Place of a Fenwick tree of the root's counts: its entry i, from 1, is here + i. */
  private readonly fenwick: number;
  /** Place of the first node. */
  private readonly nodes: number;
  /** The highest power of 2 that is at most alphabetSize. */
  private readonly stride: number;
  /** Units that are not given away already as one to each symbol. */
  private readonly free: number;

  /**
   * @throws RangeError for an option out of its range.
   */
  constructor(options: Lz78Options = {}) {
    const { alphabetSize = 256, backShift = 0, base = 'uniform', maxNodes = 1 << 22 } = options;
    checkAlphabetSize(alphabetSize);
    const { gamma = Math.min(0.5, 2 / alphabetSize) } = options;
    if (!(gamma > 0 && gamma <= 1000)) throw rangeError(`gamma is above 0 and at most 1000, not ${gamma}`);
    if (!(Number.isInteger(backShift) && backShift >= 0 && backShift <= MOST_BACK))
      throw rangeError(`backShift is a whole number from 0 to ${MOST_BACK}, not ${backShift}`);
    if (base !== 'uniform' && base !== 'root') throw rangeError(`base is 'uniform' or 'root', not '${String(base)}'`);
    if (!(Number.isInteger(maxNodes) && maxNodes >= 1 && maxNodes <= 2 ** 26))
      throw rangeError(`maxNodes is a whole number from 1 to 2^26, not ${maxNodes}`);
    this.alphabetSize = alphabetSize;
    this.gamma = gamma;
    this.backShift = backShift;
    this.fromRoot = base === 'root';
    this.maxNodes = maxNodes;
    this.fenwick = TABLES + alphabetSize;
    this.nodes = this.fenwick + alphabetSize + 1;
    this.stride = 2 ** (31 - Math.clz32(alphabetSize));
    this.free = TOTAL - alphabetSize;
    this.state = new JournalledInts(this.nodes + NODE * Math.min(maxNodes, 256));
  }

  /** Number of nodes of the tree, without the root: of phrases, in the plain parse. */
  get size(): number {
    return this.state.values[NODES];
  }

  /** Fills in cumulative frequencies of the next symbol: see {@link SequenceModel.intervals}. */
  intervals(into: Uint32Array): void {
    const { alphabetSize: n, gamma, free, children } = this;
    const v = this.state.values;
    const node = v[CURRENT];
    const scale = this.scale(node);
    let count = 0;
    if (node !== 0 && !this.fromRoot) {
      let child = v[node + FIRST];
      let next = child === 0 ? n : v[child + SYMBOL];
      for (let s = 0; s < n; s++) {
        const at = Math.floor((count + gamma * s) * scale);
        into[s] = (at < free ? at : free) + s;
        if (s === next) {
          count += v[child + COUNT];
          child = v[child + NEXT];
          next = child === 0 ? n : v[child + SYMBOL];
        }
      }
    } else if (node === 0) {
      for (let s = 0; s < n; s++) {
        const at = Math.floor((count + gamma * s) * scale);
        into[s] = (at < free ? at : free) + s;
        const child = v[children + s];
        if (child !== 0) count += v[child + COUNT];
      }
    } else {
      const share = this.share();
      let root = 0;
      let child = v[node + FIRST];
      let next = child === 0 ? n : v[child + SYMBOL];
      for (let s = 0; s < n; s++) {
        const at = Math.floor((count + share * (root + gamma * s)) * scale);
        into[s] = (at < free ? at : free) + s;
        const top = v[children + s];
        if (top !== 0) root += v[top + COUNT];
        if (s === next) {
          count += v[child + COUNT];
          child = v[child + NEXT];
          next = child === 0 ? n : v[child + SYMBOL];
        }
      }
    }
    into[n] = TOTAL;
  }

  /**
   * The symbol whose interval holds a quantile: the same as by {@link intervals}, without the others.
   *
   * @param quantile - A whole number from 0 to 2^24 - 1. A random one gives an exact sample.
   * @throws RangeError for another one.
   */
  symbolAt(quantile: number): number {
    if (!(Number.isInteger(quantile) && quantile >= 0 && quantile < TOTAL))
      throw rangeError(`a quantile is a whole number from 0 to 2^24 - 1, not ${quantile}`);
    const node = this.state.values[CURRENT];
    const scale = this.scale(node);
    if (node === 0) return this.descend(quantile, 0, 1, scale);
    return this.fromRoot ? this.fromBoth(node, quantile, scale) : this.fromNode(node, quantile, scale);
  }

  /** Learns the next symbol. */
  update(symbol: number): void {
    checkSymbol(symbol, this.alphabetSize);
    const { state } = this;
    const node = state.values[CURRENT];
    const child = node === 0 ? state.values[this.children + symbol] : this.childOf(node, symbol);
    // Room first: when there is none for memory, nothing has changed.
    if (child === 0) this.makeRoom();
    if (this.backShift > 0) this.remember(symbol);
    if (child !== 0) {
      this.count(node, child, symbol);
      state.put(CURRENT, child);
    } else {
      this.insert(node, symbol);
      state.put(CURRENT, this.backShift > 0 ? this.start() : 0);
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

  /** What the root's counts, and gamma for each symbol, are multiplied with at a node below it. */
  private share(): number {
    const prior = this.gamma * this.alphabetSize;
    return prior / (this.state.values[ROOT_TOTAL] + prior);
  }

  /** Units that a count of 1 is worth. */
  private scale(node: number): number {
    const v = this.state.values;
    const prior = this.gamma * this.alphabetSize;
    if (node === 0) return this.free / (v[ROOT_TOTAL] + prior);
    if (!this.fromRoot) return this.free / (v[node + SUM] + prior);
    return this.free / (v[node + SUM] + this.share() * (v[ROOT_TOTAL] + prior));
  }

  /** By the counts of a node, walking along its children. */
  private fromNode(node: number, quantile: number, scale: number): number {
    const { gamma, free } = this;
    const v = this.state.values;
    let count = 0;
    for (let child = v[node + FIRST]; child !== 0; child = v[child + NEXT]) {
      const s = v[child + SYMBOL];
      const own = v[child + COUNT];
      const at = Math.floor((count + own + gamma * (s + 1)) * scale);
      if (quantile < (at < free ? at : free) + s + 1) {
        const left = Math.floor((count + gamma * s) * scale);
        if (quantile >= (left < free ? left : free) + s) return s;
        break;
      }
      count += own;
    }
    // Between two children, or beyond the last, boundaries rise evenly but for rounding.
    const cut = (s: number) => {
      const at = Math.floor((count + gamma * s) * scale);
      return (at < free ? at : free) + s;
    };
    let s = Math.floor((quantile - count * scale) / (gamma * scale + 1));
    s = Math.max(0, Math.min(this.alphabetSize - 1, s));
    while (cut(s) > quantile) s--;
    while (s + 1 < this.alphabetSize && cut(s + 1) <= quantile) s++;
    return s;
  }

  /** By the counts of a node and of the root. */
  private fromBoth(node: number, quantile: number, scale: number): number {
    const { gamma, free } = this;
    const v = this.state.values;
    const share = this.share();
    let count = 0;
    for (let child = v[node + FIRST]; child !== 0; child = v[child + NEXT]) {
      const s = v[child + SYMBOL];
      const own = v[child + COUNT];
      const root = this.rootBefore(s);
      const left = Math.floor((count + share * (root + gamma * s)) * scale);
      if (quantile < (left < free ? left : free) + s) break;
      const top = v[this.children + s];
      const after = root + (top === 0 ? 0 : v[top + COUNT]);
      count += own;
      const at = Math.floor((count + share * (after + gamma * (s + 1))) * scale);
      if (quantile < (at < free ? at : free) + s + 1) return s;
    }
    return this.descend(quantile, count, share, scale);
  }

  /** Sum of the root's counts of symbols below s. */
  private rootBefore(s: number): number {
    const { fenwick } = this;
    const v = this.state.values;
    let sum = 0;
    for (let i = s; i > 0; i &= i - 1) sum += v[fenwick + i];
    return sum;
  }

  /** The last symbol whose interval starts at most at a quantile, by the root's counts and a count from elsewhere. */
  private descend(quantile: number, count: number, share: number, scale: number): number {
    const { gamma, free, fenwick, alphabetSize } = this;
    const v = this.state.values;
    let symbol = 0;
    let root = 0;
    for (let step = this.stride; step > 0; step >>= 1) {
      const s = symbol + step;
      if (s >= alphabetSize) continue;
      const sum = root + v[fenwick + s];
      const at = Math.floor((count + share * (sum + gamma * s)) * scale);
      if ((at < free ? at : free) + s > quantile) continue;
      symbol = s;
      root = sum;
    }
    return symbol;
  }

  private childOf(node: number, symbol: number): number {
    const v = this.state.values;
    let child = v[node + FIRST];
    while (child !== 0 && v[child + SYMBOL] < symbol) child = v[child + NEXT];
    return child !== 0 && v[child + SYMBOL] === symbol ? child : 0;
  }

  /** Counts that a child followed a node. */
  private count(node: number, child: number, symbol: number): void {
    const { state } = this;
    const v = state.values;
    const sum = node === 0 ? ROOT_TOTAL : node + SUM;
    // Counts stop where their numbers end, after 2^31 symbols at one node.
    if (v[sum] === MOST) return;
    state.put(sum, v[sum] + 1);
    state.put(child + COUNT, v[child + COUNT] + 1);
    if (node === 0) this.countRoot(symbol);
  }

  private countRoot(symbol: number): void {
    const { state, fenwick, alphabetSize } = this;
    const v = state.values;
    for (let i = symbol + 1; i <= alphabetSize; i += i & -i) state.put(fenwick + i, v[fenwick + i] + 1);
  }

  private makeRoom(): void {
    const { state, maxNodes } = this;
    const used = state.values[NODES];
    if (used === maxNodes || this.nodes + NODE * (used + 1) <= state.values.length) return;
    state.grow(this.nodes + NODE * Math.min(maxNodes, 2 * used));
  }

  /** Adds a leaf, unless the tree is full. */
  private insert(node: number, symbol: number): void {
    const { state } = this;
    const v = state.values;
    const used = v[NODES];
    const sum = node === 0 ? ROOT_TOTAL : node + SUM;
    if (used === this.maxNodes || v[sum] === MOST) return;
    const leaf = this.nodes + NODE * used;
    state.put(NODES, used + 1);
    // A leaf that was rolled back leaves nothing here: all its fields are 0 but the ones that are written now.
    state.put(leaf + SYMBOL, symbol);
    if (node === 0) state.put(this.children + symbol, leaf);
    else {
      let before = 0;
      let after = v[node + FIRST];
      while (after !== 0 && v[after + SYMBOL] < symbol) {
        before = after;
        after = v[after + NEXT];
      }
      state.put(leaf + NEXT, after);
      state.put(before === 0 ? node + FIRST : before + NEXT, leaf);
    }
    this.count(node, leaf, symbol);
  }

  private remember(symbol: number): void {
    const { state, backShift } = this;
    const v = state.values;
    const at = v[RING_AT];
    state.put(RING + at, symbol);
    state.put(RING_AT, at + 1 === backShift ? 0 : at + 1);
    if (v[SEEN] < backShift) state.put(SEEN, v[SEEN] + 1);
  }

  /** Where the next phrase starts: the node of the most last symbols, up to backShift, that has children. */
  private start(): number {
    const { backShift } = this;
    const v = this.state.values;
    for (let length = v[SEEN]; length > 0; length--) {
      let at = v[RING_AT] - length;
      if (at < 0) at += backShift;
      let node = v[this.children + v[RING + at]];
      for (let i = 1; i < length && node !== 0; i++) {
        at = at + 1 === backShift ? 0 : at + 1;
        node = this.childOf(node, v[RING + at]);
      }
      if (node !== 0 && v[node + FIRST] !== 0) return node;
    }
    return 0;
  }
}
