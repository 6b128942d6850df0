/**
 * Weights that change, with sums below any of them in O(log n) steps, and the choice of one in proportion to them as
 * bits on a stack (Fenwick, "A new data structure for cumulative frequency tables", 1994).
 */
import { type BitStack, MAX_TOTAL } from '../codecs/stack.ts';

/** Weights from 0 on, whole numbers with a sum below 2^53. */
export class Fenwick {
  /** Number of weights. */
  readonly size: number;
  /** Sum of all weights. */
  total = 0;
  private readonly weights: Float64Array;
  private readonly tree: Float64Array;
  private readonly top: number;

  /** All weights 0, or those given. */
  constructor(size: number, weights?: ArrayLike<number>) {
    this.size = size;
    this.weights = new Float64Array(size);
    const tree = new Float64Array(size + 1);
    this.tree = tree;
    let top = 1;
    while (top < size) top *= 2;
    this.top = top;
    if (weights === undefined) return;
    for (let i = 0; i < size; i++) {
      this.weights[i] = weights[i];
      this.total += weights[i];
      tree[i + 1] += weights[i];
      const above = i + 1 + ((i + 1) & -(i + 1));
      if (above <= size) tree[above] += tree[i + 1];
    }
  }

  /** The weight at a place. */
  get(i: number): number {
    return this.weights[i];
  }

  /** Adds to the weight at a place. */
  add(i: number, change: number): void {
    const { tree, size } = this;
    this.weights[i] += change;
    this.total += change;
    for (let at = i + 1; at <= size; at += at & -at) tree[at] += change;
  }

  /** Makes the weight at a place what is given; returns what it was. */
  set(i: number, weight: number): number {
    const old = this.weights[i];
    if (weight !== old) this.add(i, weight - old);
    return old;
  }

  /** The sum of the weights before a place. */
  below(i: number): number {
    const { tree } = this;
    let sum = 0;
    for (let at = i; at > 0; at &= at - 1) sum += tree[at];
    return sum;
  }

  /** The place whose weight covers `rank`, which is below the total: the sum up to it passes the rank. */
  find(rank: number): number {
    const { tree, size } = this;
    let place = 0;
    let left = rank;
    for (let step = this.top; step > 0; step >>>= 1) {
      const next = place + step;
      if (next <= size && tree[next] <= left) {
        left -= tree[next];
        place = next;
      }
    }
    return place;
  }

  /** When all weights are 0 or 1: the place of weight 0 that has `rank` others of weight 0 before it. */
  findGap(rank: number): number {
    const { tree, size } = this;
    let place = 0;
    let left = rank;
    for (let step = this.top; step > 0; step >>>= 1) {
      const next = place + step;
      if (next <= size && step - tree[next] <= left) {
        left -= step - tree[next];
        place = next;
      }
    }
    return place;
  }

  /** Pushes the choice of a place, in proportion to the weights. Its weight must not be 0. */
  push(stack: BitStack, i: number): void {
    if (this.total <= MAX_TOTAL) stack.pushInterval(this.below(i), this.weights[i], this.total);
    else this.pushLarge(stack, i);
  }

  /** Pops the choice of a place. The total must not be 0. */
  pop(stack: BitStack): number {
    if (this.total > MAX_TOTAL) return this.popLarge(stack);
    const place = this.find(stack.peek(this.total));
    stack.take(this.below(place), this.weights[place], this.total);
    return place;
  }

  /**
   * Totals that no single step has: halves of the places are chosen first, with probabilities rounded to 2^-24, until
   * the weights left sum to 2^24 or less.
   */
  private pushLarge(stack: BitStack, i: number): void {
    const chosen: number[] = [];
    let place = 0;
    let span = this.top;
    let total = this.total;
    while (total > MAX_TOTAL && span > 1) {
      span /= 2;
      const left = this.leftOf(place, span, total);
      const cut = cutOf(left, total);
      if (i < place + span) {
        if (left < total) chosen.push(0, cut);
        total = left;
      } else {
        if (left > 0) chosen.push(cut, MAX_TOTAL - cut);
        place += span;
        total -= left;
      }
    }
    if (span > 1) stack.pushInterval(this.below(i) - this.below(place), this.weights[i], total);
    for (let at = chosen.length - 2; at >= 0; at -= 2) stack.pushInterval(chosen[at], chosen[at + 1], MAX_TOTAL);
  }

  private popLarge(stack: BitStack): number {
    let place = 0;
    let span = this.top;
    let total = this.total;
    while (total > MAX_TOTAL && span > 1) {
      span /= 2;
      const left = this.leftOf(place, span, total);
      const cut = cutOf(left, total);
      const forced = left === 0 || left === total;
      if (forced ? left === total : stack.peek(MAX_TOTAL) < cut) {
        if (!forced) stack.take(0, cut, MAX_TOTAL);
        total = left;
      } else {
        if (!forced) stack.take(cut, MAX_TOTAL - cut, MAX_TOTAL);
        place += span;
        total -= left;
      }
    }
    if (span === 1) return place;
    const below = this.below(place);
    const found = this.find(below + stack.peek(total));
    stack.take(this.below(found) - below, this.weights[found], total);
    return found;
  }

  /** The sum of the `span` weights from `place` on, of which twice as many sum to `total`. */
  private leftOf(place: number, span: number, total: number): number {
    return place + span <= this.size ? this.tree[place + span] : total;
  }
}

/** What of 2^24 goes to the left. */
function cutOf(left: number, total: number): number {
  return Math.max(1, Math.min(MAX_TOTAL - 1, Math.floor((left / total) * MAX_TOTAL)));
}
