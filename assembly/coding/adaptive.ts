// An adaptive model's counts, coded with and updated in one go: single bits of Fenwick's tree (1994) decide where the
// sum of the first counts lies, so that a symbol costs about log2(n) steps. src/models/adaptive.ts has the same state:
//
//   u32 n, increment, limit, total, top (the highest power of two <= n), 3 unused; n counts; a tree of n + 1 sums,
//   tree[i] = counts[i - lowbit(i)] + ... + counts[i - 1].
//
// left(s) = floor(2^bits * (count 0 + ... + count s - 1) / total), where total <= limit <= 2^bits. The product is a
// whole number up to 2^48. Its quotient q + r / total (0 <= r < total) as a double is right after truncation: it is at
// most q + 1 - 1 / total, and the spacing of doubles below q + 1 <= 2^24 is 2^-29 at most, so that rounding to nearest
// reaches q + 1 only within 2^-30 of it.

import { constants } from './constants';
import { setInterval } from './families';

const COUNTS: usize = 32;

// @ts-ignore: decorator
@inline
function treeOf(state: usize, n: u32): usize {
  return state + COUNTS + (<usize>n << 2);
}

/** Counts the symbol; halves all counts, rounding up, where the total passes the limit. */
function update(state: usize, symbol: u32, n: u32): void {
  const increment = load<u32>(state, 4);
  const at = state + (<usize>symbol << 2);
  store<u32>(at, load<u32>(at, COUNTS) + increment, COUNTS);
  const total = load<u32>(state, 12) + increment;
  store<u32>(state, total, 12);
  const tree = treeOf(state, n);
  if (total <= load<u32>(state, 8)) {
    for (let i = symbol + 1; i <= n; i += i & -i) {
      const node = tree + (<usize>i << 2);
      store<u32>(node, load<u32>(node) + increment);
    }
    return;
  }
  let sum: u32 = 0;
  for (let i: u32 = 1; i <= n; i++) store<u32>(tree + (<usize>i << 2), 0);
  for (let i: u32 = 1; i <= n; i++) {
    const place = state + (<usize>(i - 1) << 2);
    const count = (load<u32>(place, COUNTS) + 1) >> 1;
    store<u32>(place, count, COUNTS);
    sum += count;
    // The node is whole once its own count is in; then its parent gets it.
    const node = tree + (<usize>i << 2);
    const whole = load<u32>(node) + count;
    store<u32>(node, whole);
    const parent = i + (i & -i);
    if (parent <= n) {
      const above = tree + (<usize>parent << 2);
      store<u32>(above, load<u32>(above) + whole);
    }
  }
  store<u32>(state, sum, 12);
}

/** Sets the interval of a symbol with `before` units of `total` below it. */
// @ts-ignore: decorator
@inline
function cut(before: u32, count: u32, total: f64, units: f64): void {
  const from = <u32>((<f64>before * units) / total);
  setInterval(from, <u32>((<f64>(before + count) * units) / total) - from);
}

/** Sets the interval of a symbol and counts it; false when there is no such symbol. */
export function adaptiveInterval(symbol: i32, bits: u32): bool {
  const state = constants;
  const n = load<u32>(state);
  if (<u32>symbol >= n) return false;
  const tree = treeOf(state, n);
  let before: u32 = 0;
  for (let i: u32 = symbol; i != 0; i &= i - 1) before += load<u32>(tree + (<usize>i << 2));
  cut(before, load<u32>(state + (<usize>symbol << 2), COUNTS), <f64>load<u32>(state, 12), <f64>(<u32>1 << bits));
  update(state, symbol, n);
  return true;
}

/** The symbol at a quantile, which is counted; sets its interval as it was before. */
export function adaptiveSymbolAt(quantile: u32, bits: u32): i32 {
  const state = constants;
  const n = load<u32>(state);
  const total = load<u32>(state, 12);
  const tree = treeOf(state, n);
  // floor(c 2^bits / total) <= quantile as long as c < (quantile + 1) total / 2^bits.
  let rest = <u32>((<u64>(quantile + 1) * <u64>total - 1) >> bits);
  const most = rest;
  let symbol: u32 = 0;
  for (let step = load<u32>(state, 16); step != 0; step >>= 1) {
    const next = symbol + step;
    if (next > n) continue;
    const part = load<u32>(tree + (<usize>next << 2));
    if (part > rest) continue;
    symbol = next;
    rest -= part;
  }
  cut(most - rest, load<u32>(state + (<usize>symbol << 2), COUNTS), <f64>total, <f64>(<u32>1 << bits));
  update(state, symbol, n);
  return symbol;
}
