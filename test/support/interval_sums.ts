/** Predictions as one number, for golden sums: needs nothing that only a test runner has. */
import { type SequenceModel, TOTAL } from '../../src/sequence/model.ts';

/** A sum over a prediction, after the check that its intervals tile [0, 2^24) and none is empty. */
export function sumOfIntervals(model: SequenceModel, cuts: Uint32Array): number {
  const n = model.alphabetSize;
  model.intervals(cuts);
  if (cuts[0] !== 0 || cuts[n] !== TOTAL) throw new Error(`intervals from ${cuts[0]} to ${cuts[n]}`);
  let hash = 0;
  for (let s = 0; s < n; s++) {
    if (cuts[s + 1] <= cuts[s]) throw new Error(`the interval of symbol ${s} goes from ${cuts[s]} to ${cuts[s + 1]}`);
    hash = (Math.imul(hash, 0x01000193) ^ cuts[s + 1]) >>> 0;
  }
  return hash;
}
