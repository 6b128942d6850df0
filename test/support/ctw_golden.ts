/** What test/vectors/ctw_golden.json promises: sums over the predictions of context-tree weighting. */
import { CtwModel, type CtwOptions } from '../../src/sequence/ctw.ts';
import { counting, json, mixture, noise, records, runs, words } from './inputs.ts';
import { sumOfIntervals } from './interval_sums.ts';

const inputs = { words, json, records, runs, noise, counting, mixture };
const variants: Record<string, CtwOptions> = {
  default: {},
  '1997': { estimator: 'zero-redundancy', switching: 0, limit: 2 ** 24, depth: 12 },
  'five symbols': { alphabetSize: 5, estimator: 'kt', switching: 0.02, limit: 100 },
  bits: { alphabetSize: 2, depth: 20 },
};

export function ctwGolden(): Record<string, number> {
  const result: Record<string, number> = {};
  for (const [input, make] of Object.entries(inputs))
    for (const [variant, options] of Object.entries(variants)) {
      const model = new CtwModel({ ...options, memory: 2 ** 21, journalBytes: 2 ** 16 });
      const cuts = new Uint32Array(model.alphabetSize + 1);
      let sum = 0;
      for (const [k, byte] of make(3000).entries()) {
        if (k % 6 === 0) sum = (Math.imul(sum, 0x01000193) ^ sumOfIntervals(model, cuts)) >>> 0;
        model.update(byte % model.alphabetSize);
      }
      result[`${input}, ${variant}`] = sum;
    }
  return result;
}
