/**
 * LZW as a model: the distribution of the next symbol when every phrase of the dictionary is as likely as any other.
 *
 * Welch 1984, "A technique for high-performance data compression". The dictionary starts with all single symbols. The
 * text is cut greedily: a phrase goes on as long as the dictionary knows it; the first symbol b that it does not know after
 * phrase w begins the next phrase, and wb becomes an entry. LZW writes every phrase as the number of its entry, in
 * log2(D) bits rounded up, for D entries.
 *
 * This is the one-step distribution of that code, with bits not rounded. After the part u of a phrase, of the entries that
 * begin with u, n(u) in all, one is u itself: then the phrase ends, and the next one begins.
 *
 *     P(a | u) = n(ua) / n(u)             where ua is known
 *     P(b | u) = 1 / n(u) x n(b) / R      where it is not; R: sum of n(b) over all such b
 *
 * Entries for the next phrase that begin with an a for which ua is known are left out, since the greedy parse never writes
 * them: LZW itself wastes that. When ua is known for every symbol, u itself never ends, and n(u) - 1 stands for n(u). So the
 * bits of a whole text are at most log2(D) for each phrase: those of LZW, as far as its code words were not rounded up.
 */
import { rangeError } from '../errors.ts';
import { JournalledInts } from './journal.ts';
import { checkAlphabetSize, checkSymbol, type Mark, type SequenceModel, TOTAL } from './model.ts';

/** What decides an {@link LzwModel}. */
export interface LzwOptions {
  /** Number of symbols. 256 unless given. */
  readonly alphabetSize?: number;
  /**
   * Most entries of the dictionary, of 20 bytes each, from alphabetSize to 2^25: 2^16 unless given, as `compress` has it;
   * GIF has 2^12. Memory grows towards it as entries come.
   */
  readonly maxEntries?: number;
  /** What a full dictionary does: stay as it is (`freeze`, the default), or start again at the next phrase (`clear`). */
  readonly whenFull?: 'freeze' | 'clear';
}

// Registers, at the start of the numbers.
/** Place of the part of a phrase so far, 0 at the start of the text. */
const CURRENT = 0;
/** Number of entries. */
const ENTRIES = 1;
/** A Fenwick tree of the entries by their first symbol: its entry i, from 1, is here + i. */
const FENWICK = 1;

// An entry. The single symbols are the first; the others are in lists of children in the order of their symbols.
const SYMBOL = 0;
const NEXT = 1;
const FIRST = 2;
/** Number of entries that begin with this one, itself among them. */
const SIZE = 3;
const PARENT = 4;
const ENTRY = 5;

/**
 * LZW with exact conditionals: {@link LzwOptions} says what can be chosen.
 *
 * Memory: 24 bytes a symbol of the alphabet, 20 bytes an entry, doubled as it grows; while marks are held, an undo log of
 * about 8 bytes a symbol and 150 a phrase.
 *
 * @example
 * const model = new LzwModel({ maxEntries: 4096, whenFull: 'clear' }); // as GIF has it
 * for (const byte of text) model.update(byte);
 * const next = model.symbolAt(random.next() >>> 8); // a sample of the next byte
 */
export class LzwModel implements SequenceModel {
  readonly alphabetSize: number;
  private readonly maxEntries: number;
  private readonly clears: boolean;
  private readonly state: JournalledInts;
  /** Place of the first entry. */
  private readonly base: number;
  private readonly stride: number;
  private readonly free: number;

  /**
   * @throws RangeError for an option out of its range.
   */
  constructor(options: LzwOptions = {}) {
    const { alphabetSize = 256, maxEntries = Math.max(1 << 16, alphabetSize), whenFull = 'freeze' } = options;
    checkAlphabetSize(alphabetSize);
    if (!(Number.isInteger(maxEntries) && maxEntries >= alphabetSize && maxEntries <= 2 ** 25))
      throw rangeError(`maxEntries is a whole number from ${alphabetSize} to 2^25, not ${maxEntries}`);
    if (whenFull !== 'freeze' && whenFull !== 'clear')
      throw rangeError(`whenFull is 'freeze' or 'clear', not '${String(whenFull)}'`);
    this.alphabetSize = alphabetSize;
    this.maxEntries = maxEntries;
    this.clears = whenFull === 'clear';
    this.base = FENWICK + alphabetSize + 1;
    this.stride = 2 ** (31 - Math.clz32(alphabetSize));
    this.free = TOTAL - alphabetSize;
    this.state = new JournalledInts(this.base + ENTRY * Math.min(maxEntries, alphabetSize + 256));
    this.clear();
  }

  /** Number of entries of the dictionary, the single symbols among them. */
  get size(): number {
    return this.state.values[ENTRIES];
  }

  /** Fills in cumulative frequencies of the next symbol: see {@link SequenceModel.intervals}. */
  intervals(into: Uint32Array): void {
    const { alphabetSize: n, base, free } = this;
    const v = this.state.values;
    const node = v[CURRENT];
    const rest = this.rest(node);
    const weight = rest > 0 ? rest : 1;
    const scale = free / this.total(node, rest);
    let child = node === 0 ? 0 : v[node + FIRST];
    let next = child === 0 ? n : v[child + SYMBOL];
    // Whole numbers below 2^53, so exact.
    let sum = 0;
    for (let s = 0; s < n; s++) {
      const at = Math.floor(sum * scale);
      into[s] = (at < free ? at : free) + s;
      if (s === next) {
        sum += v[child + SIZE] * weight;
        child = v[child + NEXT];
        next = child === 0 ? n : v[child + SYMBOL];
      } else sum += v[base + ENTRY * s + SIZE];
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
    const { base, free } = this;
    const v = this.state.values;
    const node = v[CURRENT];
    const rest = this.rest(node);
    const weight = rest > 0 ? rest : 1;
    const scale = free / this.total(node, rest);
    // What the children before have, less what the entries that are left out for them would have.
    let count = 0;
    for (let child = node === 0 ? 0 : v[node + FIRST]; child !== 0; child = v[child + NEXT]) {
      const s = v[child + SYMBOL];
      const before = count + this.beginBelow(s);
      const left = Math.floor(before * scale);
      if (quantile < (left < free ? left : free) + s) break;
      const own = v[child + SIZE] * weight;
      const at = Math.floor((before + own) * scale);
      if (quantile < (at < free ? at : free) + s + 1 || s === this.alphabetSize - 1) return s;
      count += own - v[base + ENTRY * s + SIZE];
    }
    return this.descend(quantile, count, scale);
  }

  /** Learns the next symbol. */
  update(symbol: number): void {
    checkSymbol(symbol, this.alphabetSize);
    const { state, base, maxEntries } = this;
    const node = state.values[CURRENT];
    const child = node === 0 ? base + ENTRY * symbol : this.childOf(node, symbol);
    if (child !== 0) {
      state.put(CURRENT, child);
      return;
    }
    const entries = state.values[ENTRIES];
    if (entries < maxEntries) {
      // Room first: when there is none for memory, nothing has changed.
      if (base + ENTRY * (entries + 1) > state.values.length)
        state.grow(base + ENTRY * Math.min(maxEntries, 2 * entries));
      this.insert(node, symbol);
    } else if (this.clears) this.clear();
    state.put(CURRENT, base + ENTRY * symbol);
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

  /** R: entries that begin with a symbol for which the present part of a phrase would not go on. */
  private rest(node: number): number {
    const { base } = this;
    const v = this.state.values;
    let rest = v[ENTRIES];
    if (node === 0) return rest;
    for (let child = v[node + FIRST]; child !== 0; child = v[child + NEXT])
      rest -= v[base + ENTRY * v[child + SYMBOL] + SIZE];
    return rest;
  }

  /** Sum of all symbols' weights: n(ua) R for those that go on, n(b) for the others. */
  private total(node: number, rest: number): number {
    if (node === 0) return rest;
    const size = this.state.values[node + SIZE];
    return rest > 0 ? size * rest : size - 1;
  }

  /** Number of entries that begin with a symbol below s. */
  private beginBelow(s: number): number {
    const v = this.state.values;
    let sum = 0;
    for (let i = s; i > 0; i &= i - 1) sum += v[FENWICK + i];
    return sum;
  }

  /** The last symbol whose interval starts at most at a quantile, behind a count from elsewhere. */
  private descend(quantile: number, count: number, scale: number): number {
    const { free, alphabetSize } = this;
    const v = this.state.values;
    let symbol = 0;
    let sum = count;
    for (let step = this.stride; step > 0; step >>= 1) {
      const s = symbol + step;
      if (s >= alphabetSize) continue;
      const next = sum + v[FENWICK + s];
      const at = Math.floor(next * scale);
      if ((at < free ? at : free) + s > quantile) continue;
      symbol = s;
      sum = next;
    }
    return symbol;
  }

  private childOf(node: number, symbol: number): number {
    const v = this.state.values;
    let child = v[node + FIRST];
    while (child !== 0 && v[child + SYMBOL] < symbol) child = v[child + NEXT];
    return child !== 0 && v[child + SYMBOL] === symbol ? child : 0;
  }

  /** Adds the entry of a phrase and the symbol after it. */
  private insert(node: number, symbol: number): void {
    const { state, base, alphabetSize } = this;
    const v = state.values;
    const entry = base + ENTRY * v[ENTRIES];
    let before = 0;
    let after = v[node + FIRST];
    while (after !== 0 && v[after + SYMBOL] < symbol) {
      before = after;
      after = v[after + NEXT];
    }
    state.put(ENTRIES, v[ENTRIES] + 1);
    // All fields: an entry of a dictionary that was cleared may have stood here.
    state.put(entry + SYMBOL, symbol);
    state.put(entry + NEXT, after);
    state.put(entry + FIRST, 0);
    state.put(entry + SIZE, 1);
    state.put(entry + PARENT, node);
    state.put(before === 0 ? node + FIRST : before + NEXT, entry);
    let top = node;
    for (let at = node; at !== 0; at = v[at + PARENT]) {
      state.put(at + SIZE, v[at + SIZE] + 1);
      top = at;
    }
    for (let i = v[top + SYMBOL] + 1; i <= alphabetSize; i += i & -i) state.put(FENWICK + i, v[FENWICK + i] + 1);
  }

  /** Leaves only the single symbols. */
  private clear(): void {
    const { state, base, alphabetSize } = this;
    state.put(ENTRIES, alphabetSize);
    for (let s = 0; s < alphabetSize; s++) {
      state.put(base + ENTRY * s + SYMBOL, s);
      state.put(base + ENTRY * s + FIRST, 0);
      state.put(base + ENTRY * s + SIZE, 1);
      state.put(FENWICK + s + 1, (s + 1) & -(s + 1));
    }
  }
}
