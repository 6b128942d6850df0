/** Whole numbers with a way back: what models in TypeScript keep their state in. */
import { type Mark, Marks } from './model.ts';

/** Numbers of the log that are kept for the next time, when the last mark goes. */
const KEPT = 1 << 20;

/**
 * An Int32Array whose changes can be taken back. While a mark is held every store puts two numbers, 8 bytes, on an undo
 * log, which grows as needed; without marks a store is a store.
 *
 * @example
 * const state = new JournalledInts(16);
 * const mark = state.mark();
 * state.put(3, 5);
 * state.rollback(mark);
 * state.values[3]; // 0
 */
export class JournalledInts {
  /** The numbers, for reading; `put` writes them. Another array after `grow`. */
  values: Int32Array;
  private log = new Int32Array(64);
  private top = 0;
  private marking = false;
  private readonly marks = new Marks();

  /** @param length - How many numbers: all 0. */
  constructor(length: number) {
    this.values = new Int32Array(length);
  }

  /** Stores a number. */
  put(at: number, value: number): void {
    if (this.marking) {
      if (this.top === this.log.length) this.log = lengthened(this.log, 2 * this.top);
      this.log[this.top++] = at;
      this.log[this.top++] = this.values[at];
    }
    this.values[at] = value;
  }

  /** Makes room for more numbers, 0 all of them. Rollback leaves the room as it is. */
  grow(length: number): void {
    if (length > this.values.length) this.values = lengthened(this.values, length);
  }

  /** Marks the present state. */
  mark(): Mark {
    this.marking = true;
    return this.marks.add(this.top);
  }

  /**
   * Goes back to a mark, and forgets it and all later ones.
   *
   * @throws RangeError when it is not held.
   */
  rollback(mark: Mark): void {
    const { log, values } = this;
    const place = this.marks.drop(mark);
    let top = this.top;
    while (top > place) {
      top -= 2;
      values[log[top]] = log[top + 1];
    }
    this.top = place;
    this.settle();
  }

  /**
   * Forgets a mark and all later ones, and keeps what came after them.
   *
   * @throws RangeError when it is not held.
   */
  release(mark: Mark): void {
    this.marks.drop(mark);
    this.settle();
  }

  private settle(): void {
    if (this.marks.held > 0) return;
    this.marking = false;
    this.top = 0;
    if (this.log.length > KEPT) this.log = new Int32Array(KEPT);
  }
}

function lengthened(from: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(length);
  to.set(from);
  return to;
}
