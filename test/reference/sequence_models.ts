/** Plain and slow models of sequences from maps and strings, which those of src/sequence must equal to the bit. */
import { TOTAL, tile } from '../../src/sequence/model.ts';

/** What a reference does: no way back. */
export interface PlainModel {
  readonly alphabetSize: number;
  intervals(into: Uint32Array): void;
  update(symbol: number): void;
}

/** Cuts at the floor of what all before have, of units that are not needed for one to each symbol. */
function cutsOf(before: (s: number) => number, all: number, n: number, into: Uint32Array): void {
  const free = TOTAL - n;
  const scale = free / all;
  for (let s = 0; s < n; s++) into[s] = Math.min(free, Math.floor(before(s) * scale)) + s;
  into[n] = TOTAL;
}

/** Sums of the counts below each symbol, and of all. */
function sumsBelow(count: (s: number) => number, n: number): number[] {
  const sums = [0];
  for (let s = 0; s < n; s++) sums.push(sums[s] + count(s));
  return sums;
}

const key = (string: readonly number[]): string => string.map((s) => `${s},`).join('');

/** LZ78: how often each string was walked from the root, by the string. */
export class PlainLz78 implements PlainModel {
  readonly alphabetSize: number;
  private readonly counts = new Map<string, number>();
  private node: number[] = [];
  private readonly seen: number[] = [];
  private readonly gamma: number;
  private readonly options: { backShift: number; root: boolean; maxNodes: number };

  constructor(alphabetSize: number, gamma: number, backShift = 0, root = false, maxNodes = Infinity) {
    this.alphabetSize = alphabetSize;
    this.gamma = gamma;
    this.options = { backShift, root, maxNodes };
  }

  private count(node: readonly number[], s: number): number {
    return this.counts.get(key([...node, s])) ?? 0;
  }

  intervals(into: Uint32Array): void {
    const { alphabetSize: n, gamma, node } = this;
    const prior = gamma * n;
    const own = sumsBelow((s) => this.count(node, s), n);
    if (node.length === 0 || !this.options.root) {
      cutsOf((s) => own[s] + gamma * s, own[n] + prior, n, into);
      return;
    }
    const root = sumsBelow((s) => this.count([], s), n);
    const share = prior / (root[n] + prior);
    cutsOf((s) => own[s] + share * (root[s] + gamma * s), own[n] + share * (root[n] + prior), n, into);
  }

  update(symbol: number): void {
    const { backShift, maxNodes } = this.options;
    this.seen.push(symbol);
    const child = [...this.node, symbol];
    const count = this.count(this.node, symbol);
    if (count > 0 || this.counts.size < maxNodes) this.counts.set(key(child), count + 1);
    this.node = count > 0 ? child : [];
    if (count > 0) return;
    for (let m = Math.min(backShift, this.seen.length); m > 0; m--) {
      const last = this.seen.slice(-m);
      const goesOn = Array.from({ length: this.alphabetSize }, (_, s) => this.count(last, s)).some((c) => c > 0);
      if (!goesOn) continue;
      this.node = last;
      return;
    }
  }
}

/** LZW: the strings of the dictionary. */
export class PlainLzw implements PlainModel {
  readonly alphabetSize: number;
  private readonly dictionary = new Set<string>();
  private part: number[] = [];
  private readonly maxEntries: number;
  private readonly clears: boolean;

  constructor(alphabetSize: number, maxEntries: number, clears = false) {
    this.alphabetSize = alphabetSize;
    this.maxEntries = maxEntries;
    this.clears = clears;
    this.start();
  }

  private start(): void {
    this.dictionary.clear();
    for (let s = 0; s < this.alphabetSize; s++) this.dictionary.add(key([s]));
  }

  /** n(u): entries that begin with a string. */
  private beginning(string: readonly number[]): number {
    const prefix = key(string);
    return [...this.dictionary].filter((entry) => entry.startsWith(prefix)).length;
  }

  intervals(into: Uint32Array): void {
    const symbols = Array.from({ length: this.alphabetSize }, (_, s) => s);
    const known = symbols.map((s) => this.part.length > 0 && this.dictionary.has(key([...this.part, s])));
    const rest = symbols.filter((s) => !known[s]).reduce((sum, s) => sum + this.beginning([s]), 0);
    const weights = symbols.map((s) =>
      known[s] ? this.beginning([...this.part, s]) * Math.max(1, rest) : this.beginning([s]),
    );
    tile(weights, into);
  }

  update(symbol: number): void {
    const longer = [...this.part, symbol];
    if (this.dictionary.has(key(longer))) {
      this.part = longer;
      return;
    }
    if (this.dictionary.size < this.maxEntries) this.dictionary.add(key(longer));
    else if (this.clears) this.start();
    this.part = [symbol];
  }
}

/** An n-gram model: what followed each string, and how often. */
export class PlainNgram implements PlainModel {
  readonly alphabetSize: number;
  private readonly order: number;
  private readonly discounted: boolean;
  private readonly maxNodes: number;
  private readonly followers = new Map<string, Map<number, number>>([['', new Map()]]);
  private size = 0;
  private readonly seen: number[] = [];

  constructor(alphabetSize: number, order: number, discounted: boolean, maxNodes = Infinity) {
    this.alphabetSize = alphabetSize;
    this.order = order;
    this.discounted = discounted;
    this.maxNodes = maxNodes;
  }

  /** What followed the last symbols, where that string was counted. */
  private after(length: number): Map<number, number> | undefined {
    return length > this.seen.length ? undefined : this.followers.get(key(this.seen.slice(this.seen.length - length)));
  }

  private discountsOf(length: number): number[] {
    const tally = [0, 0, 0, 0, 0];
    for (const [string, counts] of this.followers)
      if (string.split(',').length - 1 === length) for (const c of counts.values()) if (c <= 4) tally[c]++;
    const [, n1, n2, n3, n4] = [0, tally[1] + 8, tally[2] + 3, tally[3] + 1.5, tally[4] + 1];
    const y = n1 / (n1 + 2 * n2);
    const within = (d: number, most: number) => Math.min(most, Math.max(0.1, d));
    return [
      0,
      within(1 - (2 * y * n2) / n1, 0.95),
      within(2 - (3 * y * n3) / n2, 1.95),
      within(3 - (4 * y * n4) / n3, 2.95),
    ];
  }

  intervals(into: Uint32Array): void {
    const n = this.alphabetSize;
    const weights = new Array<number>(n).fill(0);
    let left = 1;
    for (let length = this.order; length >= 0; length--) {
      const counts = this.after(length);
      if (counts === undefined || counts.size === 0) continue;
      const sum = [...counts.values()].reduce((a, b) => a + b, 0);
      if (this.discounted) {
        const discounts = this.discountsOf(length);
        const share = left / sum;
        const bins = [0, 0, 0, 0];
        for (const [s, c] of counts) {
          bins[Math.min(c, 3)]++;
          weights[s] += (c - discounts[Math.min(c, 3)]) * share;
        }
        left = (bins[1] * discounts[1] + bins[2] * discounts[2] + bins[3] * discounts[3]) * share;
      } else {
        const share = left / (sum + counts.size);
        for (const [s, c] of counts) weights[s] += c * share;
        left = counts.size * share;
      }
    }
    for (let s = 0; s < n; s++) weights[s] += left / n;
    tile(weights, into);
  }

  update(symbol: number): void {
    let counts = true;
    for (let length = this.order; length >= 0; length--) {
      const context = this.after(length);
      if (context === undefined) continue;
      const count = context.get(symbol) ?? 0;
      if (count === 0 && this.size < this.maxNodes) {
        this.size++;
        context.set(symbol, 1);
        const string = [...this.seen.slice(this.seen.length - length), symbol];
        if (length < this.order) this.followers.set(key(string), new Map());
      } else if (count > 0 && (counts || !this.discounted)) context.set(symbol, count + 1);
      counts = count === 0;
    }
    this.seen.push(symbol);
  }
}

/** A weighted sum with weights after Bayes, of which a share is dealt out anew. */
export class PlainMixture implements PlainModel {
  readonly alphabetSize: number;
  private readonly models: readonly PlainModel[];
  private readonly share: number;
  private weights: number[];

  constructor(models: readonly PlainModel[], share: number) {
    this.alphabetSize = models[0].alphabetSize;
    this.models = models;
    this.share = share;
    this.weights = models.map(() => 1 / models.length);
  }

  /** Units of a symbol by each model. */
  private units(s: number): number[] {
    const cuts = new Uint32Array(this.alphabetSize + 1);
    return this.models.map((model) => {
      model.intervals(cuts);
      return cuts[s + 1] - cuts[s];
    });
  }

  intervals(into: Uint32Array): void {
    const sums = Array.from({ length: this.alphabetSize }, (_, s) =>
      this.units(s).reduce((sum, units, i) => sum + this.weights[i] * units, 0),
    );
    tile(sums, into);
  }

  update(symbol: number): void {
    const { models, share } = this;
    const scaled = this.units(symbol).map((units, i) => this.weights[i] * units);
    const sum = scaled.reduce((a, b) => a + b, 0);
    this.weights = scaled.map((w) => (1 - share) * (w / sum) + share * (1 / models.length));
    for (const model of models) model.update(symbol);
  }
}
