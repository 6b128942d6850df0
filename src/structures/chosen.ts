/** Sets of places that are chosen one after another while the order of the choices goes back to the stack. */
import { uniform } from '../codecs/integers.ts';
import { type BitStack, MAX_TOTAL } from '../codecs/stack.ts';
import { Fenwick } from './fenwick.ts';

/** A set of places below a size. Empties itself as it is used. */
export class Chosen {
  private readonly marks: Fenwick;

  /** None of `size` places. */
  constructor(size: number) {
    this.marks = new Fenwick(size);
  }

  /** Chosen places. */
  get count(): number {
    return this.marks.total;
  }

  /** Adds a place that is not there. */
  add(place: number): void {
    this.marks.add(place, 1);
  }

  /** Removes a place that is there. */
  remove(place: number): void {
    this.marks.add(place, -1);
  }

  /** The place that is not chosen, with `rank` others that are not before it. */
  free(rank: number): number {
    return this.marks.findGap(rank);
  }

  /** Chosen places before this one. */
  below(place: number): number {
    return this.marks.below(place);
  }

  /** Pops which of the chosen ones was the last to be chosen, and removes it. */
  popLast(stack: BitStack): number {
    const rank = popUniform(stack, this.count);
    const place = this.marks.find(rank);
    this.remove(place);
    return place;
  }

  /** Undoes {@link popLast}. */
  pushLast(stack: BitStack, place: number): void {
    const rank = this.below(place);
    this.add(place);
    pushUniform(stack, rank, this.count);
  }
}

/** Pushes one of any number of equally likely numbers. */
export function pushUniform(stack: BitStack, value: number, total: number): void {
  if (total <= MAX_TOTAL) stack.pushUniform(value, total);
  else uniform(total).push(stack, value);
}

/** Undoes {@link pushUniform}. */
export function popUniform(stack: BitStack, total: number): number {
  return total <= MAX_TOTAL ? stack.popUniform(total) : uniform(total).pop(stack);
}
