/** The plainest oracle there is: it codes everything anew whenever it is asked. */
import type { LengthOracle } from '../../src/sampling/oracle.ts';
import { checkSymbol, type Mark, Marks } from '../../src/sequence/model.ts';

/** Lengths in bits of a list of symbols, by a function of all of it. */
export class PlainOracle implements LengthOracle {
  readonly alphabetSize: number;
  readonly held: number[];
  private readonly length: (symbols: readonly number[]) => number;
  private readonly marks = new Marks();

  constructor(length: (symbols: readonly number[]) => number, alphabetSize = 256, held: ArrayLike<number> = []) {
    this.length = length;
    this.alphabetSize = alphabetSize;
    this.held = Array.from(held);
  }

  push(symbol: number): void {
    checkSymbol(symbol, this.alphabetSize);
    this.held.push(symbol);
  }

  bits(): number {
    return this.length(this.held);
  }

  mark(): Mark {
    return this.marks.add(this.held.length);
  }

  rollback(mark: Mark): void {
    this.held.length = this.marks.drop(mark);
  }

  release(mark: Mark): void {
    this.marks.drop(mark);
  }
}

/** The notebook's run lengths: the symbol as a byte, then, for runs above 1, the length in decimal digits. */
export function notebookRuns(symbols: readonly number[]): number {
  let bytes = 0;
  for (let i = 0; i < symbols.length; ) {
    let end = i + 1;
    while (end < symbols.length && symbols[end] === symbols[i]) end++;
    bytes += 1 + (end - i > 1 ? String(end - i).length : 0);
    i = end;
  }
  return 8 * bytes;
}
