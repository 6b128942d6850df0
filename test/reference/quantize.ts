/** Units of given probabilities with the least cross entropy, with every trade found by looking at all symbols. */
import { modelKernel } from '../../src/kernels/models.ts';

/**
 * Cumulative frequencies of n probabilities: n + 1 numbers from 0 to 2^bits.
 *
 * @param probabilities - Valid ones, in any scale.
 */
export function quantizedPerfectly(probabilities: Float64Array, bits: number): number[] {
  const { log1p } = modelKernel();
  const n = probabilities.length;
  const sum = probabilities.reduce((a, b) => a + b, 0);
  let free = 2 ** bits - n;
  const scale = free / sum;
  const weights = Array.from(probabilities, (p) => Math.floor(p * scale) + 1);
  for (const weight of weights) free -= weight - 1;
  const winOf = (i: number) => probabilities[i] * log1p(1 / weights[i]);
  const lossOf = (i: number) => (weights[i] === 1 ? Infinity : -probabilities[i] * log1p(-1 / weights[i]));
  const wins = weights.map((_, i) => winOf(i));
  const losses = weights.map((_, i) => lossOf(i));
  const give = (i: number, units: number) => {
    weights[i] += units;
    wins[i] = winOf(i);
    losses[i] = lossOf(i);
  };
  let order = weights.map((_, i) => i);
  while (free > 0) {
    order = [...order].sort((i, j) => wins[j] - wins[i]);
    const batch = order.slice(0, Math.min(free, n));
    for (const i of batch) give(i, 1);
    free -= batch.length;
  }
  for (; free < 0; free++)
    give(
      order.reduce((least, i) => (losses[i] < losses[least] ? i : least)),
      -1,
    );
  for (;;) {
    const buyer = order.reduce((most, i) => (wins[i] >= wins[most] ? i : most));
    const seller = order.reduce((least, i) => (losses[i] < losses[least] ? i : least));
    if (buyer === seller || wins[buyer] <= losses[seller]) break;
    give(seller, -1);
    wins[seller] = -Infinity;
    give(buyer, 1);
    losses[buyer] = Infinity;
  }
  const table = [0];
  for (const weight of weights) table.push(table[table.length - 1] + weight);
  return table;
}
