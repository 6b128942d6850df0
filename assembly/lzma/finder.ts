// Earlier places of the same bytes. The window is a ring; newest places of two and of three bytes have a table each,
// those of four bytes a chain. Tables hold position + 1, so that 0 is none.
import { PAIRS, TRIPLES, TRIPLE_BITS } from './layout';
import { put32, put8 } from './journal';

let text: u32 = 0;
let chain: u32 = 0;
let quads: u32 = 0;
let windowMask: u32 = 0;
let quadShift: u32 = 0;
/** Longest distance that is used: what the open tail reaches is never overwritten. */
export let farthest: u32 = 0;
let depth: u32 = 0;

const TAIL: u32 = 1024;

/** Returns where the finder's memory ends. */
export function finderInit(from: u32, windowLog: u32, searches: u32): u32 {
  text = (from + 63) & ~63;
  windowMask = (1 << windowLog) - 1;
  farthest = windowMask + 1 - TAIL;
  chain = text + windowMask + 1;
  quads = chain + ((windowMask + 1) << 2);
  const quadBits: u32 = windowLog < 12 ? 12 : windowLog > 20 ? 20 : windowLog;
  quadShift = 32 - quadBits;
  depth = searches;
  return quads + (4 << quadBits);
}

// @ts-ignore: decorator
@inline
export function byteAt(position: u32): u32 {
  return load<u8>(text + (position & windowMask));
}

// @ts-ignore: decorator
@inline
export function setByte(position: u32, byte: u32): void {
  put8(text + (position & windowMask), byte);
}

// @ts-ignore: decorator
@inline
function pairAt(a: u32, b: u32): u32 {
  return PAIRS + (((a << 8) | b) << 2);
}

// @ts-ignore: decorator
@inline
function tripleAt(a: u32, b: u32, c: u32): u32 {
  return TRIPLES + (((((a << 16) | (b << 8) | c) * 0x9e3779b1) >>> (32 - TRIPLE_BITS)) << 2);
}

// @ts-ignore: decorator
@inline
function quadAt(a: u32, b: u32, c: u32, d: u32): u32 {
  return quads + (((((a << 24) | (b << 16) | (c << 8) | d) * 0x9e3779b1) >>> quadShift) << 2);
}

// @ts-ignore: decorator
@inline
function same(a: u32, b: u32, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (byteAt(a + i) != byteAt(b + i)) return false;
  return true;
}

/** Distance from `position` to the newest earlier place of its byte and `b`; 0: none near enough. */
export function findPair(position: u32, b: u32): u32 {
  const newest = load<u32>(pairAt(byteAt(position), b));
  if (newest == 0) return 0;
  const distance = position - (newest - 1);
  return distance <= farthest ? distance : 0;
}

/** As findPair, of the two bytes there and `c`. */
export function findTriple(position: u32, c: u32): u32 {
  const newest = load<u32>(tripleAt(byteAt(position), byteAt(position + 1), c));
  if (newest == 0) return 0;
  const distance = position - (newest - 1);
  if (distance > farthest || !same(newest - 1, position, 2) || byteAt(newest + 1) != c) return 0;
  return distance;
}

/** The newest place of the three bytes at `position` and `d`: a cursor for `search`. */
export function findQuad(position: u32, d: u32): u32 {
  return load<u32>(quadAt(byteAt(position), byteAt(position + 1), byteAt(position + 2), d));
}

/** Where a search came to: see `search`. */
export let cursor: u32 = 0;
export let steps: u32 = 0;

export function depthOfSearch(): u32 {
  return depth;
}

/**
 * Goes on along a chain to the next place whose first `length` bytes are those at `position`, after which comes `last`.
 * Returns its distance, or 0 when there is none near enough or `left` places have been looked at. `cursor` and `steps`
 * are where it can go on.
 */
export function search(position: u32, length: u32, last: u32, from: u32, left: u32): u32 {
  const lowest = position > farthest ? position - farthest : 0;
  while (from != 0 && left != 0) {
    const at = from - 1;
    if (at < lowest || at >= position) {
      from = 0;
      break;
    }
    left--;
    from = load<u32>(chain + ((at & windowMask) << 2));
    if (byteAt(at + length) == last && same(at, position, length)) {
      cursor = from;
      steps = left;
      return position - at;
    }
  }
  cursor = 0;
  steps = 0;
  return 0;
}

/**
 * As `search`, for any last byte: returns the distance of the next place with the first `length` bytes; what follows
 * there is for the caller to look at.
 */
export function searchAny(position: u32, length: u32, from: u32, left: u32): u32 {
  const lowest = position > farthest ? position - farthest : 0;
  while (from != 0 && left != 0) {
    const at = from - 1;
    if (at < lowest || at >= position) break;
    left--;
    from = load<u32>(chain + ((at & windowMask) << 2));
    if (byteAt(at + length - 1) == byteAt(position + length - 1) && same(at, position, length - 1)) {
      cursor = from;
      steps = left;
      return position - at;
    }
  }
  cursor = 0;
  steps = 0;
  return 0;
}

/** Takes in what became known with the newest of `n` bytes. */
export function learn(n: u32): void {
  if (n < 2) return;
  const d = byteAt(n - 1);
  const c = byteAt(n - 2);
  put32(pairAt(c, d), n - 1);
  if (n < 3) return;
  const b = byteAt(n - 3);
  put32(tripleAt(b, c, d), n - 2);
  if (n < 4) return;
  const at = quadAt(byteAt(n - 4), b, c, d);
  put32(chain + (((n - 4) & windowMask) << 2), load<u32>(at));
  put32(at, n - 3);
}
