/** What records cost under models of columns, without coding them: it decides which model is tried. */
import { log2 } from '../codecs/log2.ts';
import { MAX_TOTAL } from '../codecs/stack.ts';
import { log } from '../kernels/math.ts';
import type { Records } from '../structures/record-sets.ts';

/** Columns of text; what lies behind the last shares its counts. */
const MAX_COLUMNS = 64;
/** Columns of records of one size, above which order 0 or 1 is not tried. */
const MAX_ORDER_0 = 4096;
const MAX_ORDER_1 = 256;
/** What a byte seen may be worth beside one not seen. */
const INCREMENTS = [1, 2, 4, 8, 16, 32, 64, 256, 1024];

/** Parameters of the model that is expected to be the smallest; undefined where the records are too many for any. */
export function bestColumns(
  records: Records,
  recordSize: number,
): { model: number; columns: number; setting: number } | undefined {
  const fixed = recordSize > 0;
  let best = fixed ? { model: 0, columns: 0, setting: 0 } : undefined;
  let least = fixed ? 8 * records.bytes.length : Number.POSITIVE_INFINITY;
  for (const order of [0, 1] as const) {
    const columns = fixed ? recordSize : Math.min(MAX_COLUMNS, longestOf(records));
    if (columns > (order === 0 ? MAX_ORDER_0 : MAX_ORDER_1)) continue;
    const contexts = order === 0 ? columns : 256 * columns;
    const counts = countsOf(records, columns, order);
    const sums = new Float64Array(contexts);
    for (let i = 0; i < counts.length; i++) sums[i >>> 8] += counts[i];
    const most = sums.reduce((a, b) => Math.max(a, b), 0);
    for (const setting of INCREMENTS) {
      if (setting * most + 256 > MAX_TOTAL) break;
      const bits = cost(counts, sums, 1 / setting);
      if (bits >= least) continue;
      least = bits;
      best = { model: 1 + order, columns, setting };
    }
  }
  return best;
}

function longestOf({ starts }: Records): number {
  let most = 1;
  for (let i = 1; i < starts.length; i++) most = Math.max(most, starts[i] - starts[i - 1]);
  return most;
}

function countsOf({ bytes, starts }: Records, columns: number, order: 0 | 1): Uint32Array {
  const counts = new Uint32Array((order === 0 ? columns : 256 * columns) * 256);
  for (let i = 1; i < starts.length; i++) {
    const from = starts[i - 1];
    for (let at = from; at < starts[i]; at++) {
      const column = Math.min(at - from, columns - 1);
      const context = order === 0 ? column : column * 256 + (at > from ? bytes[at - 1] : 0);
      counts[256 * context + bytes[at]]++;
    }
  }
  return counts;
}

/** Bits of bytes with these counts in an adaptive model that has seen each byte `a` times before: in any order the same. */
function cost(counts: Uint32Array, sums: Float64Array, a: number): number {
  const [none, noneOf256] = [logGamma(a), logGamma(256 * a)];
  const table: number[] = [];
  const gammaOf = (count: number): number =>
    count < 4096 ? (table[count] ??= logGamma(count + a) - none) : logGamma(count + a) - none;
  let nats = 0;
  for (let context = 0; context < sums.length; context++) {
    if (sums[context] === 0) continue;
    nats += logGamma(sums[context] + 256 * a) - noneOf256;
    for (let i = 256 * context; i < 256 * context + 256; i++) if (counts[i] > 0) nats -= gammaOf(counts[i]);
  }
  return nats / log(2);
}

/** ln Gamma(x) for x > 0 by Stirling's series: for estimates. */
function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  for (; y < 8; y++) shift += log2(y);
  return (y - 0.5) * log(y) - y + 0.9189385332046727 + 1 / (12 * y) - shift * log(2);
}
