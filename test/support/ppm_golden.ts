/** What test/vectors/ppm_golden.json promises: sums over the predictions of PPM. */
import { PpmModel } from '../../src/sequence/ppm.ts';
import { counting, json, mixture, noise, records, runs, words } from './inputs.ts';
import { sumOfIntervals } from './interval_sums.ts';

const inputs = { words, json, records, runs, noise, counting, mixture };

export function ppmGolden(): Record<string, number> {
  const result: Record<string, number> = {};
  for (const [input, make] of Object.entries(inputs))
    for (const [order, memory] of [
      [1, 2 ** 20],
      [4, 2 ** 16],
      [6, 2 ** 26],
      [16, 2 ** 20],
    ]) {
      const model = new PpmModel({ order, memory });
      const cuts = new Uint32Array(257);
      let sum = 0;
      for (const [k, byte] of make(3000).entries()) {
        if (k % 4 === 0) sum = (Math.imul(sum, 0x01000193) ^ sumOfIntervals(model, cuts)) >>> 0;
        model.update(byte);
      }
      result[`${input}, order ${order}, ${memory} bytes`] = sum;
    }
  return result;
}
