// Tables that are computed once: stretch, reciprocals, the identity map, and the bit-history states.
import { CODED, CONTEXTS, IDENTITY, NEXT, RECIPROCAL, STATE_MAPS, STRETCH } from './layout';

/** ln(p / (1 - p)) of a probability of 12 bits. */
// @ts-ignore: decorator
@inline
export function stretch(p12: u32): f32 {
  return load<f32>(STRETCH + (p12 << 2));
}

// ---- Bit histories -------------------------------------------------------------------------------------------------
// A state of one byte stands for what followed a context: the exact bits while there are at most four of them, then
// the numbers of zeros and ones, bounded, with the latest bit. A bit that contradicts a long run discards most of the
// run's count, since data is rarely stationary. States are numbered by growing total, so that a larger number means
// more to lose: what a full bucket replaces is its smallest.

/** The largest count allowed beside a smaller one of 0, 1, 2, ... */
// @ts-ignore: decorator
@inline
function bound(smaller: u32): u32 {
  if (smaller == 0) return 44;
  if (smaller == 1) return 24;
  if (smaller == 2) return 12;
  if (smaller == 3) return 8;
  if (smaller == 4) return 6;
  return 5;
}

// @ts-ignore: decorator
@inline
function allowed(a: u32, b: u32): bool {
  const smaller = min(a, b);
  return smaller <= 5 && max(a, b) <= bound(smaller);
}

/** What is left of a count that the next bit contradicts. */
function discount(n: u32): u32 {
  if (n <= 2) return n;
  if (n == 3) return 2;
  if (n <= 6) return 3;
  return n <= 12 ? 4 : 5;
}

const EXACT: u32 = 0x10000;

/** A history's key after one more bit. Keys: EXACT | length << 8 | bits, or zeros << 8 | ones << 1 | latest bit. */
function follow(key: u32, bit: u32): u32 {
  let zeros: u32, ones: u32;
  if (key & EXACT) {
    const length = (key >> 8) & 255;
    const bits = key & 255;
    if (length < 4) return EXACT | ((length + 1) << 8) | (bits << 1) | bit;
    ones = popcnt(bits);
    zeros = length - ones;
  } else {
    zeros = key >> 8;
    ones = (key >> 1) & 127;
  }
  let same = bit ? ones : zeros;
  let other = discount(bit ? zeros : ones);
  if (allowed(same + 1, other)) same++;
  else if (same < other) {
    same++;
    while (!allowed(same, other)) other--;
  }
  return bit ? (other << 8) | (same << 1) | 1 : (same << 8) | (other << 1);
}

// @ts-ignore: decorator
@inline
function total(key: u32): u32 {
  return key & EXACT ? (key >> 8) & 255 : (key >> 8) + ((key >> 1) & 127);
}

// @ts-ignore: decorator
@inline
function ones(key: u32): u32 {
  return key & EXACT ? popcnt(key & 255) : (key >> 1) & 127;
}

/** Number of states; must stay within a byte. */
export let states: u32 = 0;

function buildStates(): void {
  const keys: u32 = CODED;
  let count: u32 = 1;
  store<u32>(keys, EXACT);
  for (let i: u32 = 0; i < count; i++) {
    for (let bit: u32 = 0; bit < 2; bit++) {
      const key = follow(load<u32>(keys + i * 4), bit);
      let found = false;
      for (let k: u32 = 0; k < count; k++) if (load<u32>(keys + k * 4) == key) found = true;
      if (!found) store<u32>(keys + 4 * count++, key);
    }
  }
  if (count > 256) {
    states = count;
    return;
  }
  // Insertion sort by total: stable, so the order is the same everywhere.
  for (let i: u32 = 1; i < count; i++) {
    const key = load<u32>(keys + i * 4);
    let k = i;
    while (k > 0 && total(load<u32>(keys + (k - 1) * 4)) > total(key)) {
      store<u32>(keys + k * 4, load<u32>(keys + (k - 1) * 4));
      k--;
    }
    store<u32>(keys + k * 4, key);
  }
  for (let i: u32 = 0; i < count; i++) {
    const key = load<u32>(keys + i * 4);
    for (let bit: u32 = 0; bit < 2; bit++) {
      const next = follow(key, bit);
      for (let k: u32 = 0; k < count; k++) if (load<u32>(keys + k * 4) == next) store<u8>(NEXT + i * 2 + bit, k);
    }
    // Where each context's map starts: the estimate of Krichevsky and Trofimov, a little bolder on pure runs.
    const n = total(key);
    const n1 = ones(key);
    const p = (<f64>n1 + 0.3) / (<f64>n + 0.6);
    const cell = (<u32>(p * 4194303.0) << 10) | 0;
    for (let c: u32 = 0; c < CONTEXTS; c++) store<u32>(STATE_MAPS + c * 1024 + i * 4, cell);
  }
  states = count;
}

export function buildTables(): void {
  for (let i = 0; i < 4096; i++) {
    const p = (<f64>i + 0.5) / 4096.0;
    store<f32>(STRETCH + i * 4, <f32>NativeMath.log(p / (1.0 - p)));
  }
  for (let i = 0; i < 1024; i++) store<u32>(RECIPROCAL + i * 4, <u32>(65536.0 / (<f64>i + 1.6)));
  for (let i = 0; i < 16; i++)
    store<u16>(IDENTITY + i * 2, <u16>(65535.0 / (1.0 + NativeMath.exp(7.5 - <f64>i))));
  buildStates();
}
