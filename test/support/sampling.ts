/** What tests of samplers share. */
import { type LengthOracle, ModelOracle } from '../../src/sampling/oracle.ts';
import { PlainOracle } from './bytes_oracle.ts';
import { CountModel } from './count_model.ts';

export const utf8 = (text: string) => new TextEncoder().encode(text);
export const TEXT = utf8(
  'she sells sea shells by the sea shore; the shells she sells are sea shells, I am sure. '.repeat(3),
);
export const model = () => new CountModel(256, 0.05, TEXT);
export const oracle = () => new ModelOracle(model());

/** A lumpy length over few symbols, whose likely strings are hard to find step by step. */
export const lumpy = (alphabetSize = 4) =>
  new PlainOracle((held) => {
    let hash = 17;
    for (const symbol of held) hash = Math.imul(hash ^ symbol, 0x9e3779b1) >>> 0;
    return 6 * held.length + ((hash >>> 8) % 13);
  }, alphabetSize);

/** All strings of n symbols. */
export function strings(alphabetSize: number, n: number): number[][] {
  if (n === 0) return [[]];
  return strings(alphabetSize, n - 1).flatMap((string) =>
    Array.from({ length: alphabetSize }, (_, s) => [...string, s]),
  );
}

export function lengthOf(oracle: LengthOracle, string: readonly number[]): number {
  const mark = oracle.mark();
  for (const symbol of string) oracle.push(symbol);
  const bits = oracle.bits();
  oracle.rollback(mark);
  return bits;
}

/** Pearson's statistic over what is expected at least 5 times, in standard deviations above its mean. */
export function surprise(counts: ArrayLike<number>, probabilities: ArrayLike<number>, n: number): number {
  let statistic = 0;
  let cells = 0;
  let restCount = n;
  let rest = n;
  for (let i = 0; i < counts.length; i++) {
    const expected = probabilities[i] * n;
    if (expected < 5) continue;
    statistic += (counts[i] - expected) ** 2 / expected;
    restCount -= counts[i];
    rest -= expected;
    cells++;
  }
  if (rest >= 5) {
    statistic += (restCount - rest) ** 2 / rest;
    cells++;
  }
  return (statistic - (cells - 1)) / Math.sqrt(2 * (cells - 1));
}
