/** A small model of sequences for tests: counts of what followed the last symbol. */
import { checkSymbol, type Mark, Marks, type SequenceModel, tile } from '../../src/sequence/model.ts';

/** P(b | a) = (times b followed a + alpha) / (times anything followed a + alpha n). */
export class CountModel implements SequenceModel {
  readonly alphabetSize: number;
  readonly counts: Float64Array;
  private last = 0;
  private readonly marks = new Marks();
  /** Last symbol and entry of the counts of every update, while a mark is held. */
  private readonly log: number[] = [];

  constructor(alphabetSize = 256, alpha = 0.05, data: ArrayLike<number> = []) {
    this.alphabetSize = alphabetSize;
    this.counts = new Float64Array(alphabetSize * alphabetSize).fill(alpha);
    for (let i = 0; i < data.length; i++) this.update(data[i]);
  }

  intervals(into: Uint32Array): void {
    const from = this.last * this.alphabetSize;
    tile(this.counts.subarray(from, from + this.alphabetSize), into);
  }

  update(symbol: number): void {
    checkSymbol(symbol, this.alphabetSize);
    const entry = this.last * this.alphabetSize + symbol;
    if (this.marks.held > 0) this.log.push(this.last, entry, this.counts[entry]);
    this.counts[entry]++;
    this.last = symbol;
  }

  mark(): Mark {
    return this.marks.add(this.log.length);
  }

  rollback(mark: Mark): void {
    const to = this.marks.drop(mark);
    while (this.log.length > to) {
      const count = this.log.pop()!;
      this.counts[this.log.pop()!] = count;
      this.last = this.log.pop()!;
    }
  }

  release(mark: Mark): void {
    this.marks.drop(mark);
    if (this.marks.held === 0) this.log.length = 0;
  }
}
