/**
 * A multiset in order that knows ranks: which value has rank r, and how many lie below a value, in O(log n) steps.
 *
 * A B+ tree that counts: leaves hold up to 64 distinct values with their multiplicities, inner nodes the sums below
 * them. Values whose last copy is removed stay with multiplicity 0, so that removing never rebuilds anything.
 */
import { rangeError } from '../errors.ts';

/** Negative, 0 or positive as `a` comes before, is equal to, or comes after `b`: a total order. */
export type Compare<T> = (a: T, b: T) => number;

/** Where a value stands among all: `count` copies, `below` smaller ones. */
export interface Place<T> {
  readonly value: T;
  /** Copies of smaller values. */
  readonly below: number;
  /** Copies of this value. */
  readonly count: number;
}

const WIDTH = 64;

interface Leaf<T> {
  readonly keys: T[];
  readonly counts: number[];
}

interface Inner<T> {
  readonly children: (Leaf<T> | Inner<T>)[];
  /** The smallest value of each child when it was made: all of the child's values are equal to it or above. */
  readonly keys: T[];
  /** Copies under each child. */
  readonly counts: number[];
}

type Node<T> = Leaf<T> | Inner<T>;

const isInner = <T>(node: Node<T>): node is Inner<T> => 'children' in node;

/**
 * A multiset of values in a total order.
 *
 * @example
 * const set = new OrderedMultiset<number>((a, b) => a - b);
 * for (const x of [5, 3, 5]) set.add(x);
 * set.at(1); // { value: 5, below: 1, count: 2 }
 */
export class OrderedMultiset<T> {
  /** Copies of all values. */
  size = 0;
  private readonly compare: Compare<T>;
  private root: Node<T> = { keys: [], counts: [] };

  /**
   * An empty multiset.
   *
   * @param compare - The order of the values. It has to be total, and 0 only for values that count as one.
   */
  constructor(compare: Compare<T>) {
    this.compare = compare;
  }

  /** A multiset of these values, which need not be in order. O(n log n). */
  static of<T>(values: readonly T[], compare: Compare<T>): OrderedMultiset<T> {
    const set = new OrderedMultiset(compare);
    const sorted = sortedBy(values, compare);
    let level: Node<T>[] = [];
    let keys: T[] = [];
    let counts: number[] = [];
    const close = (): void => {
      if (keys.length > 0) level.push({ keys, counts });
      keys = [];
      counts = [];
    };
    for (const value of sorted) {
      if (keys.length > 0 && compare(keys[keys.length - 1], value) === 0) counts[counts.length - 1]++;
      else {
        if (keys.length === WIDTH) close();
        keys.push(value);
        counts.push(1);
      }
    }
    close();
    while (level.length > 1) {
      const above: Node<T>[] = [];
      for (let i = 0; i < level.length; i += WIDTH) {
        const children = level.slice(i, i + WIDTH);
        above.push({ children, keys: children.map((child) => child.keys[0]), counts: children.map(total) });
      }
      level = above;
    }
    if (level.length > 0) set.root = level[0];
    set.size = sorted.length;
    return set;
  }

  /** Adds a copy of a value; returns where it then stands. */
  add(value: T): Place<T> {
    const place = { value, below: 0, count: 0 };
    const split = this.insert(this.root, value, place);
    if (split !== undefined) {
      const children = [this.root, split];
      this.root = { children, keys: children.map((child) => child.keys[0]), counts: children.map(total) };
    }
    this.size++;
    return place;
  }

  /** Returns the new right sibling where the node had to be split. */
  private insert(node: Node<T>, value: T, place: { below: number; count: number }): Node<T> | undefined {
    const { keys, counts } = node;
    let i = this.search(keys, value);
    if (isInner(node)) {
      if (i < 0) {
        i = 0;
        keys[0] = value;
      }
      for (let j = 0; j < i; j++) place.below += counts[j];
      const split = this.insert(node.children[i], value, place);
      if (split === undefined) {
        counts[i]++;
        return undefined;
      }
      node.children.splice(i + 1, 0, split);
      keys.splice(i + 1, 0, split.keys[0]);
      counts[i] = total(node.children[i]);
      counts.splice(i + 1, 0, total(split));
      return keys.length > WIDTH ? halve(node) : undefined;
    }
    for (let j = 0; j < i; j++) place.below += counts[j];
    if (i >= 0 && this.compare(keys[i], value) === 0) {
      place.count = ++counts[i];
      return undefined;
    }
    if (i >= 0) place.below += counts[i];
    place.count = 1;
    keys.splice(i + 1, 0, value);
    counts.splice(i + 1, 0, 1);
    return keys.length > WIDTH ? halve(node) : undefined;
  }

  /** The last place whose key is not above the value, or -1. */
  private search(keys: readonly T[], value: T): number {
    let low = -1;
    let high = keys.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.compare(keys[middle], value) <= 0) low = middle;
      else high = middle;
    }
    return low;
  }

  /**
   * The value at a rank, the smallest being at 0.
   *
   * @throws RangeError for a rank that is not in [0, size).
   */
  at(rank: number): Place<T> {
    return this.take(rank, 0);
  }

  /**
   * Removes the copy at a rank; returns where its value stood before.
   *
   * @throws RangeError for a rank that is not in [0, size).
   */
  removeAt(rank: number): Place<T> {
    const place = this.take(rank, 1);
    this.size--;
    return place;
  }

  private take(rank: number, remove: 0 | 1): Place<T> {
    if (!(Number.isInteger(rank) && rank >= 0 && rank < this.size))
      throw rangeError(`a rank is a whole number from 0 to ${this.size - 1}, not ${rank}`);
    let node = this.root;
    let below = 0;
    while (true) {
      const { counts } = node;
      let i = 0;
      while (below + counts[i] <= rank) below += counts[i++];
      const count = counts[i];
      counts[i] -= remove;
      if (!isInner(node)) return { value: node.keys[i], below, count };
      node = node.children[i];
    }
  }

  /** All copies, in order. */
  values(): T[] {
    const all: T[] = [];
    const visit = (node: Node<T>): void => {
      if (isInner(node)) for (const child of node.children) visit(child);
      else for (const [i, key] of node.keys.entries()) for (let k = 0; k < node.counts[i]; k++) all.push(key);
    };
    visit(this.root);
    return all;
  }
}

function total<T>({ counts }: Node<T>): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}

/** Moves the upper half of a node to a new one. */
function halve<T>(node: Node<T>): Node<T> {
  const keys = node.keys.splice(WIDTH / 2);
  const counts = node.counts.splice(WIDTH / 2);
  return isInner(node) ? { keys, counts, children: node.children.splice(WIDTH / 2) } : { keys, counts };
}

/** The values in order. Ties go as they came, which Array.sort promises. */
export function sortedBy<T>(values: readonly T[], compare: Compare<T>): T[] {
  return [...values].sort(compare);
}

/** The order of numbers. NaN has no place in it. */
export function byNumber(a: number, b: number): number {
  return a - b;
}

/** The order of bigints. */
export function byBigint(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The order of texts by their UTF-16 units, the same everywhere. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The order of arrays of numbers, element by element; a beginning comes before what it begins. */
export function byElements(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
