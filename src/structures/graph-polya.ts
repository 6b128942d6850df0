/** Slices of the autoregressive Pólya model. */
import { naturals } from '../codecs/integers.ts';
import type { BitStack } from '../codecs/stack.ts';
import { SurprisalError } from '../errors.ts';
import { Chosen } from './chosen.ts';
import { Fenwick } from './fenwick.ts';
import type { GraphShape, Slices } from './graph-shape.ts';

/** Numbers of neighbours with a probability of their own; those above share one. */
const TABLE = 2048;

/** Of 2^23 and a little more: 34 % for 0 and for 1 each, 32 % in proportion to 1 / k^2 for the others. */
function cumulative(): Uint32Array {
  let sum = 0;
  for (let k = 2; k <= TABLE; k++) sum += 1 / (k * k);
  // What lies beyond the table sums to 1 / TABLE, but for a little.
  sum += 1 / TABLE;
  const sums = new Uint32Array(TABLE + 2);
  const all = 2 ** 23;
  for (let k = 0; k <= TABLE; k++) {
    const mass = k < 2 ? 0.34 : 0.32 / (k * k) / sum;
    sums[k + 1] = sums[k] + Math.max(1, Math.floor(mass * all));
  }
  return sums;
}

let table: Uint32Array | undefined;

/** What all numbers beyond the table get together. */
const BEYOND = Math.floor((2 ** 23 * 0.32) / 0.6449 / TABLE);

/** Pushes how many later neighbours a vertex has, of at most `max`. */
export function pushDegree(stack: BitStack, count: number, max: number): void {
  table ??= cumulative();
  const total = max <= TABLE ? table[max + 1] : table[TABLE + 1] + BEYOND;
  if (count > TABLE) {
    naturals({ max: max - TABLE - 1 }).push(stack, count - TABLE - 1);
    stack.pushInterval(table[TABLE + 1], BEYOND, total);
  } else stack.pushInterval(table[count], table[count + 1] - table[count], total);
}

/** Undoes {@link pushDegree}. */
export function popDegree(stack: BitStack, max: number): number {
  table ??= cumulative();
  const total = max <= TABLE ? table[max + 1] : table[TABLE + 1] + BEYOND;
  const slot = stack.peek(total);
  if (slot >= table[TABLE + 1]) {
    stack.take(table[TABLE + 1], BEYOND, total);
    return TABLE + 1 + naturals({ max: max - TABLE - 1 }).pop(stack);
  }
  let low = 0;
  let high = Math.min(max, TABLE) + 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (table[middle] <= slot) low = middle;
    else high = middle;
  }
  stack.take(table[low], table[low + 1] - table[low], total);
  return low;
}

/** Codes slices: how many neighbours, then which, as a set. */
export class PolyaSlices implements Slices {
  /** The weight of each later vertex: 1 and its edges to vertices that are known. */
  private readonly weights: Fenwick;
  private readonly chosen: Chosen;
  private readonly vertices: number;
  /** The first vertex that vertex k may have an edge to is k + first. */
  private readonly first: 0 | 1;

  /** In the first state of either direction. */
  constructor(shape: GraphShape, direction: 'push' | 'pop') {
    const { vertices, loops } = shape;
    this.vertices = vertices;
    this.first = loops === true ? 0 : 1;
    this.weights = new Fenwick(vertices, direction === 'pop' ? new Uint8Array(vertices).fill(1) : undefined);
    this.chosen = new Chosen(vertices);
    if (direction === 'pop' && this.first === 1 && vertices > 0) this.weights.set(0, 0);
  }

  /** Undoes {@link pop}. */
  push(stack: BitStack, k: number, slots: Uint32Array, earlier: number): void {
    const { weights, chosen, first } = this;
    const count = slots.length;
    const loop = first === 0 && count > 0 && slots[0] === 0;
    if (first === 0) weights.set(k, earlier + 1);
    const kept = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const place = k + first + slots[i];
      kept[i] = weights.set(place, 0) - (loop && i === 0 ? 0 : 1);
      chosen.add(place);
    }
    for (let left = count; left > 0; left--) {
      const place = chosen.popLast(stack);
      weights.set(place, kept[indexOf(slots, place - k - first)]);
      weights.push(stack, place);
    }
    pushDegree(stack, count, this.vertices - k - first);
    if (first === 1) weights.set(k, earlier + 1);
  }

  /** Pops how many neighbours, then each of them, and pushes back the order in which they came. */
  pop(stack: BitStack, k: number, limit: number): Uint32Array {
    const { weights, chosen, first, vertices } = this;
    const count = popDegree(stack, vertices - k - first);
    if (count > limit) throw new SurprisalError('limit', 'the graph has more edges than maxEdges allows');
    const slots = new Uint32Array(count);
    const kept = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const place = weights.pop(stack);
      kept[i] = weights.set(place, 0);
      slots[i] = place;
      chosen.pushLast(stack, place);
    }
    for (let i = 0; i < count; i++) {
      const place = slots[i];
      chosen.remove(place);
      weights.set(place, kept[i] + 1);
      slots[i] = place - k - first;
    }
    if (k + first < vertices) weights.set(k + first, 0);
    return slots.sort();
  }
}

/** Where a number is in an ascending list that has it. */
function indexOf(list: Uint32Array, value: number): number {
  let low = 0;
  let high = list.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (list[middle] <= value) low = middle;
    else high = middle;
  }
  return low;
}
