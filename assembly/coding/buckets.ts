// Buckets with any edges: symbol s is [edge s, edge s + 1), where edges 1 to n - 1 are resident (f64, rising) and the
// outer two are infinite. For latents whose grid is that of another distribution (Townsend, Bird and Barber 2019).

import { constants } from './constants';
import { cdf, guess, setInterval } from './families';

// @ts-ignore: decorator
@inline
function edgeAt(symbol: i32): f64 {
  return load<f64>(constants + (<usize>(symbol - 1) << 3));
}

/** The left end of a symbol that is not the first. */
// @ts-ignore: decorator
@inline
function leftOf(kind: u32, symbol: i32, weight: f64, a: f64, b: f64): u32 {
  return <u32>(weight * cdf(kind, edgeAt(symbol), a, b)) + symbol;
}

/** Sets the interval of a bucket of 0 to `last`; false when there is none. */
export function bucketInterval(kind: u32, symbol: i32, last: i32, bits: u32, a: f64, b: f64): bool {
  if (<u32>symbol > <u32>last) return false;
  const weight = <f64>((1 << bits) - 1 - last);
  const from: u32 = symbol == 0 ? 0 : leftOf(kind, symbol, weight, a, b);
  const to = symbol == last ? <u32>1 << bits : leftOf(kind, symbol + 1, weight, a, b);
  setInterval(from, to - from);
  return to > from;
}

/** The bucket at a quantile; sets its interval, never empty. */
export function bucketSymbolAt(kind: u32, quantile: u32, last: i32, bits: u32, a: f64, b: f64): i32 {
  const weight = <f64>((1 << bits) - 1 - last);
  // left(low) <= quantile < left(high) from here on.
  let low: i32 = 0;
  let high = last + 1;
  let from: u32 = 0;
  let to: u32 = 1 << bits;
  let next = bucketOf(guess(kind, (<f64>quantile + 0.5) / <f64>to, a, b), last);
  if (last > 1 << (bits - 12) && weight > 0.0) {
    // About `next` units of the quantile are the symbols' own: with many symbols the guess has to leave them out.
    const share = (<f64>quantile + 0.5 - <f64>next) / weight;
    if (share > 0.0 && share < 1.0) next = bucketNear(guess(kind, share, a, b), next, last);
  }
  // From the guess in steps that double, first down then up or the other way round, then by halves.
  for (let step: i32 = 1; high - low > 1; step <<= 1) {
    const inside = next > low && next < high;
    const middle = inside ? next : low + ((high - low) >> 1);
    const at = leftOf(kind, middle, weight, a, b);
    if (at <= quantile) {
      low = middle;
      from = at;
      next = inside ? middle + step : 0;
    } else {
      high = middle;
      to = at;
      next = inside ? middle - step : 0;
    }
  }
  setInterval(from, to - from);
  return low;
}

/** The bucket of x, but at least 1 (as for a NaN): where bucket 0 ends is what to ask then. */
function bucketOf(x: f64, last: i32): i32 {
  return bucketFrom(x, 0, last);
}

/** The same, by steps that double from a bucket nearby. */
function bucketNear(x: f64, near: i32, last: i32): i32 {
  let step: i32 = 1;
  if (edgeAt(near) <= x) {
    while (near + step <= last && edgeAt(near + step) <= x) {
      near += step;
      step <<= 1;
    }
    return bucketFrom(x, near, min(step - 1, last - near));
  }
  while (near - step >= 1 && !(edgeAt(near - step) <= x)) {
    near -= step;
    step <<= 1;
  }
  const low = max(near - step, 0);
  return bucketFrom(x, low, near - low - 1);
}

/** The bucket of x among `low` to `low + size`. */
function bucketFrom(x: f64, low: i32, size: i32): i32 {
  // Edges 1 to low are <= x; `size` more are open.
  while (size > 0) {
    const half = (size + 1) >> 1;
    low = edgeAt(low + half) <= x ? low + half : low;
    size -= half;
  }
  return low > 0 ? low : 1;
}
