/**
 * Context-tree weighting in plain objects: a map of contexts by their text, a node for everything that was ever seen, and
 * no limit on memory. The kernel equals it bit for bit while its own memory suffices.
 */

/** What is set in the model. */
export interface CtwReferenceOptions {
  alphabetSize: number;
  depth: number;
  estimator: 'zero-redundancy' | number;
  switching: number;
  limit: number;
}

interface Node {
  zeros: number;
  ones: number;
  ratio: number;
}

const LARGEST = 2 ** 100;

export class CtwReference {
  readonly width: number;
  private readonly options: CtwReferenceOptions;
  private readonly nodes = new Map<string, Node>();
  private readonly past: number[] = [];
  private readonly runs: number[] = [];

  constructor(options: CtwReferenceOptions) {
    this.options = options;
    this.width = 32 - Math.clz32(options.alphabetSize - 1);
    let run = 1;
    for (let n = 0; n < 4096; n++) {
      const next = (run * (n + 0.5)) / (n + 1);
      this.runs.push(n === 0 ? 0.5 : (0.5 * next + 0.25) / (0.5 * run + 0.25));
      run = next;
    }
  }

  /** Probability of a 1 after the bits of `prefix` below its leading 1. */
  predict(prefix: number): number {
    return this.mix(prefix).p;
  }

  /** Cumulative frequencies of the next symbol. */
  intervals(): Uint32Array {
    const { alphabetSize: n } = this.options;
    const cuts = new Uint32Array(n + 1);
    const fill = (prefix: number, from: number, half: number, left: number, units: number) => {
      if (half < 1) return;
      const middle = from + half;
      if (middle >= n) {
        fill(2 * prefix, from, half / 2, left, units);
        return;
      }
      const wanted = Math.floor(units * (1 - this.predict(prefix)));
      const zeros = Math.max(half, Math.min(wanted, units - Math.min(half, n - middle)));
      cuts[middle] = left + zeros;
      fill(2 * prefix, from, half / 2, left, zeros);
      fill(2 * prefix + 1, middle, half / 2, left + zeros, units - zeros);
    };
    fill(1, 0, 2 ** (this.width - 1), 0, 2 ** 24);
    cuts[n] = 2 ** 24;
    return cuts;
  }

  update(symbol: number): void {
    let prefix = 1;
    for (let shift = this.width - 1; shift >= 0; shift--) {
      const bit = (symbol >> shift) & 1;
      const middle = ((symbol >> (shift + 1)) << (shift + 1)) + 2 ** shift;
      if (middle < this.options.alphabetSize) this.learn(prefix, bit);
      prefix = 2 * prefix + bit;
    }
    this.past.push(symbol);
  }

  private name(prefix: number, depth: number): string {
    const context = Array.from({ length: depth }, (_, i) => this.past[this.past.length - 1 - i] ?? 0);
    return `${prefix}:${context}`;
  }

  private estimate({ zeros, ones }: Node): number {
    const { estimator } = this.options;
    if (estimator === 'zero-redundancy') {
      if (zeros === 0 || ones === 0) {
        const again = this.runs[Math.min(Math.trunc(zeros + ones), this.runs.length - 1)];
        return ones === 0 ? 1 - again : again;
      }
      return (ones + 0.5) / (zeros + ones + 1);
    }
    return (ones + estimator) / (zeros + ones + 2 * estimator);
  }

  private mix(prefix: number): { p: number; own: number[]; longer: number[] } {
    const { depth } = this.options;
    const path: Node[] = [];
    for (let d = 0; d <= depth; d++) {
      const node = this.nodes.get(this.name(prefix, d));
      if (node === undefined) break;
      path.push(node);
    }
    const own: number[] = [];
    const longer: number[] = [];
    let p = 0.5;
    for (let d = path.length - 1; d >= 0; d--) {
      own[d] = this.estimate(path[d]);
      longer[d] = p;
      p = d === depth ? own[d] : (path[d].ratio * own[d] + p) / (path[d].ratio + 1);
    }
    return { p, own, longer };
  }

  private learn(prefix: number, bit: number): void {
    const { depth, switching, limit } = this.options;
    const { own, longer } = this.mix(prefix);
    for (let d = 0; d <= depth; d++) {
      const name = this.name(prefix, d);
      let node = this.nodes.get(name);
      if (node === undefined) {
        node = { zeros: 0, ones: 0, ratio: 1 };
        this.nodes.set(name, node);
      } else if (d < depth) {
        const a = bit ? own[d] : 1 - own[d];
        const below = bit ? longer[d] : 1 - longer[d];
        let next: number;
        if (switching > 0) {
          const before = node.ratio * a;
          const share = switching / (node.zeros + node.ones + 2);
          const both = share * (before + below);
          const keep = 1 - 2 * share;
          next = (both + keep * before) / (both + keep * below);
        } else next = (node.ratio * a) / below;
        node.ratio = Math.fround(Math.max(1 / LARGEST, Math.min(LARGEST, next)));
      }
      if (bit) node.ones = Math.fround(node.ones + 1);
      else node.zeros = Math.fround(node.zeros + 1);
      if (node.zeros + node.ones > limit) {
        node.zeros = Math.fround(node.zeros / 2);
        node.ones = Math.fround(node.ones / 2);
      }
    }
  }
}

/** The weighted block probability of the 1995 paper, recursively over whole sequences: log2, two symbols, past of zeros. */
export function log2Weighted(bits: readonly number[], depth: number): number {
  const total = (positions: number[], d: number): number => {
    let zeros = 0;
    let ones = 0;
    let estimate = 0;
    for (const i of positions) {
      estimate += Math.log2(((bits[i] ? ones : zeros) + 0.5) / (zeros + ones + 1));
      if (bits[i]) ones++;
      else zeros++;
    }
    if (d === depth || positions.length === 0) return estimate;
    const before = (i: number) => bits[i - 1 - d] ?? 0;
    const children =
      total(
        positions.filter((i) => before(i) === 0),
        d + 1,
      ) +
      total(
        positions.filter((i) => before(i) === 1),
        d + 1,
      );
    const most = Math.max(estimate, children);
    return most + Math.log2(2 ** (estimate - most) + 2 ** (children - most)) - 1;
  };
  return total(
    bits.map((_, i) => i),
    0,
  );
}
