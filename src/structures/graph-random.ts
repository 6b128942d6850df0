/** Slices of Erdős–Rényi graphs. */
import { type BitStack, MAX_TOTAL } from '../codecs/stack.ts';
import { SurprisalError } from '../errors.ts';
import { Chosen, popUniform, pushUniform } from './chosen.ts';
import { type GraphShape, possibleEdges, type Slices, slotsOf } from './graph-shape.ts';

/** A window of counts ends where weights fall below this part of the largest. */
const EDGE = 2 ** -10;
/** What lies beyond a window is summed up to this part of its first weight. */
const LEAST = 2 ** -40;

/**
 * A distribution of counts that has one peak, given by the ratios of neighbouring probabilities: only additions,
 * multiplications and divisions, in a fixed order. A window around the peak is coded in one step; what lies beyond
 * either end of it has an interval there and windows of its own, so that no count is too unlikely to be coded exactly.
 */
class Counts {
  private min = 0;
  private max = 0;
  private peak = 0;
  private ratio: (k: number) => number = () => 0;
  /** The window: counts from `low` on, and cumulative units, of which the first are those of the lower tail. */
  private low = 0;
  private size = 0;
  private units = new Uint32Array(64);
  private weights = new Float64Array(64);

  /**
   * Sets the distribution on min..max.
   *
   * @param peak - Some count near the most likely one.
   * @param ratio - P(k + 1) / P(k), which falls as k grows.
   */
  set(min: number, max: number, peak: number, ratio: (k: number) => number): void {
    this.min = min;
    this.max = max;
    this.ratio = ratio;
    let mode = Math.max(min, Math.min(max, peak));
    while (mode < max && ratio(mode) > 1) mode++;
    while (mode > min && ratio(mode - 1) < 1) mode--;
    this.peak = mode;
  }

  push(stack: BitStack, count: number): void {
    const { min, max } = this;
    if (!(count >= min && count <= max))
      throw new SurprisalError('impossible-symbol', `${min} to ${max} edges are possible here, not ${count}`);
    const steps: number[] = [];
    this.window(this.peak, true, true);
    while (count < this.low || count >= this.low + this.size) {
      const { low, size, units } = this;
      if (count < low) {
        steps.push(0, units[0], units[size + 1]);
        this.window(low - 1, true, false);
      } else {
        steps.push(units[size], units[size + 1] - units[size], units[size + 1]);
        this.window(low + size, false, true);
      }
    }
    const i = count - this.low;
    const { units } = this;
    stack.pushInterval(units[i], units[i + 1] - units[i], units[this.size + 1]);
    for (let at = steps.length - 3; at >= 0; at -= 3) stack.pushInterval(steps[at], steps[at + 1], steps[at + 2]);
  }

  pop(stack: BitStack): number {
    this.window(this.peak, true, true);
    while (true) {
      const { low, size, units } = this;
      const total = units[size + 1];
      const slot = stack.peek(total);
      if (slot < units[0]) {
        stack.take(0, units[0], total);
        this.window(low - 1, true, false);
      } else if (slot >= units[size]) {
        stack.take(units[size], total - units[size], total);
        this.window(low + size, false, true);
      } else {
        let from = 0;
        let to = size;
        while (to - from > 1) {
          const middle = (from + to) >> 1;
          if (units[middle] <= slot) from = middle;
          else to = middle;
        }
        stack.take(units[from], units[from + 1] - units[from], total);
        return low + from;
      }
    }
  }

  /** Sets the window that starts at `start`, where the weight is 1, and goes down, up or both ways. */
  private window(start: number, down: boolean, up: boolean): void {
    const { min, max, ratio } = this;
    let low = start;
    let tailBelow = 0;
    if (down) {
      let weight = 1;
      for (; low > min; low--) {
        const next = weight / ratio(low - 1);
        if (next < EDGE) break;
        weight = next;
      }
      let k = low;
      for (let next = weight; k > min && next >= LEAST; k--) {
        next /= ratio(k - 1);
        tailBelow += next;
      }
    }
    // The weights from the lowest on: those below the start again, the other way round.
    let size = 0;
    const put = (weight: number): void => {
      if (size === this.weights.length) {
        const more = new Float64Array(2 * size);
        more.set(this.weights);
        this.weights = more;
      }
      this.weights[size++] = weight;
    };
    let weight = 1;
    for (let k = start; k > low; k--) {
      weight /= ratio(k - 1);
      put(weight);
    }
    this.weights.subarray(0, size).reverse();
    put(1);
    let tailAbove = 0;
    weight = 1;
    let high = start;
    if (up) {
      for (; high < max; high++) {
        const next = weight * ratio(high);
        if (next < EDGE) break;
        weight = next;
        put(weight);
      }
      let k = high;
      for (let next = weight; k < max && next >= LEAST; k++) {
        next *= ratio(k);
        tailAbove += next;
      }
    }
    let sum = tailBelow + tailAbove;
    for (let i = 0; i < size; i++) sum += this.weights[i];
    if (this.units.length < size + 2) this.units = new Uint32Array(2 * size + 2);
    const scale = (MAX_TOTAL - size - 4) / sum;
    const { units } = this;
    units[0] = down && low > min ? Math.max(1, Math.floor(tailBelow * scale + 0.5)) : 0;
    for (let i = 0; i < size; i++) units[i + 1] = units[i] + Math.max(1, Math.floor(this.weights[i] * scale));
    units[size + 1] = units[size] + (up && high < max ? Math.max(1, Math.floor(tailAbove * scale + 0.5)) : 0);
    this.low = low;
    this.size = size;
  }
}

/** Codes slices: how many edges, then which, all sets of as many equally likely. */
export class ErdosRenyiSlices implements Slices {
  private readonly shape: GraphShape;
  private readonly edges: number | undefined;
  private readonly odds: number;
  private readonly mean: number;
  private readonly counts = new Counts();
  private readonly chosen: Chosen;
  /** Slots of the slices from the next one on, and edges in them. */
  private slotsLeft: number;
  private edgesLeft: number;

  /** In the first state of either direction. */
  constructor(
    shape: GraphShape,
    { edges, probability = 0.5 }: { readonly edges?: number; readonly probability?: number },
    direction: 'push' | 'pop',
  ) {
    this.shape = shape;
    this.edges = edges;
    this.odds = probability / (1 - probability);
    this.mean = probability;
    this.slotsLeft = direction === 'pop' ? possibleEdges(shape) : 0;
    this.edgesLeft = direction === 'pop' ? (edges ?? 0) : 0;
    this.chosen = new Chosen(shape.vertices > 0 ? slotsOf(shape, 0) : 0);
  }

  /** The distribution of the number of edges in `slots` slots: hypergeometric or binomial. */
  private prepare(slots: number): void {
    const { edges, odds, counts, slotsLeft, edgesLeft } = this;
    if (edges === undefined) {
      counts.set(0, slots, Math.floor((slots + 1) * this.mean), (k) => ((slots - k) / (k + 1)) * odds);
      return;
    }
    const rest = slotsLeft - slots;
    counts.set(
      Math.max(0, edgesLeft - rest),
      Math.min(slots, edgesLeft),
      Math.floor(((edgesLeft + 1) * (slots + 1)) / (slotsLeft + 2)),
      (k) => ((slots - k) / (k + 1)) * ((edgesLeft - k) / (rest - edgesLeft + k + 1)),
    );
  }

  /** Undoes {@link pop}. */
  push(stack: BitStack, k: number, slots: Uint32Array): void {
    const { chosen } = this;
    const size = slotsOf(this.shape, k);
    for (const slot of slots) chosen.add(slot);
    for (let left = slots.length; left > 0; left--) {
      const slot = chosen.popLast(stack);
      pushUniform(stack, slot - chosen.below(slot), size - left + 1);
    }
    this.slotsLeft += size;
    this.edgesLeft += slots.length;
    this.prepare(size);
    this.counts.push(stack, slots.length);
  }

  /** Pops how many edges, then each slot, and pushes back the order in which they came. */
  pop(stack: BitStack, k: number, limit: number): Uint32Array {
    const { chosen } = this;
    const size = slotsOf(this.shape, k);
    this.prepare(size);
    const count = this.counts.pop(stack);
    if (count > limit) throw new SurprisalError('limit', 'the graph has more edges than maxEdges allows');
    this.slotsLeft -= size;
    this.edgesLeft -= count;
    const slots = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      slots[i] = chosen.free(popUniform(stack, size - i));
      chosen.pushLast(stack, slots[i]);
    }
    for (const slot of slots) chosen.remove(slot);
    return slots.sort();
  }
}
