// What deflate decides: zlib's search for matches and its greedy (levels 1 to 3) and lazy (4 to 9) parsing.
//
// zlib is given all its input at once and knows where it ends; here bytes come one at a time. A step is done for good
// (OPEN) only when no byte to come can change it: every string that the search looks at differs from what was pushed
// before its end. What is left, mostly a few bytes, is done under a mark when a length is asked for: as the end of the
// input (CLOSED), or with one byte more that lengthens no match (ANY), noting which bytes would.
import {
  EXTENDS,
  HASHES,
  HEADS,
  MAX_DISTANCE,
  MAX_MATCH,
  MIN_LOOKAHEAD,
  MIN_MATCH,
  MIRROR,
  PREVIOUS,
  RING,
  RING_MASK,
  RING_SIZE,
  TOO_FAR,
  WINDOW,
  WINDOW_MASK,
} from './layout';
import { endBlock, literal, match } from './blocks';
import { put32, put8 } from './journal';
import { state } from './state';

export const OPEN: u32 = 0;
export const CLOSED: u32 = 1;
export const ANY: u32 = 2;

/** What a search returns when bytes to come decide. */
const UNDECIDED: u32 = 0xffffffff;

/** Whether parsing is lazy, and zlib's four numbers of a level. */
let lazy: bool = false;
let goodLength: u32 = 0;
let maxLazy: u32 = 0;
let niceLength: u32 = 0;
let maxChain: u32 = 0;

/** Sets the level's numbers. */
export function tune(isLazy: bool, good: u32, longestLazy: u32, nice: u32, chain: u32): void {
  lazy = isLazy;
  goodLength = good;
  maxLazy = longestLazy;
  niceLength = nice;
  maxChain = chain;
}

// @ts-ignore: decorator
@inline
function pointer(position: u32): u32 {
  return RING + (position & RING_MASK);
}

// @ts-ignore: decorator
@inline
function byteAt(position: u32): u32 {
  return <u32>load<u8>(pointer(position));
}

/** Puts a byte at a position. */
export function putByte(position: u32, byte: u32): void {
  const at = position & RING_MASK;
  put8(RING + at, byte);
  if (at < MIRROR) put8(RING + RING_SIZE + at, byte);
}

// @ts-ignore: decorator
@inline
function hash(a: u32, b: u32, c: u32): u32 {
  return ((a << 10) ^ (b << 5) ^ c) & (HASHES - 1);
}

// @ts-ignore: decorator
@inline
function hashAt(position: u32): u32 {
  const at = pointer(position);
  return hash(<u32>load<u8>(at), <u32>load<u8>(at, 1), <u32>load<u8>(at, 2));
}

// @ts-ignore: decorator
@inline
function before(position: u32): u32 {
  return load<u32>(PREVIOUS + ((position & WINDOW_MASK) << 2));
}

/** Enters a string of three bytes; returns the latest of the same hash. */
function insert(position: u32): u32 {
  const head = HEADS + (hashAt(position) << 2);
  const latest = load<u32>(head);
  put32(PREVIOUS + ((position & WINDOW_MASK) << 2), latest);
  put32(head, position);
  return latest;
}

/** The lazy levels enter every string whatever they decide, so it can be done as soon as its third byte is there. */
export function enterEarly(): void {
  if (lazy && state.count >= MIN_MATCH) insert(state.count - MIN_MATCH);
}

/** How far two positions agree, up to `bound` <= 258. */
// @ts-ignore: decorator
@inline
function agreement(a: u32, b: u32, bound: u32): u32 {
  let length: u32 = 0;
  while (length < bound) {
    const different = load<u64>(a + length) ^ load<u64>(b + length);
    if (different != 0) {
      length += <u32>ctz(different) >> 3;
      break;
    }
    length += 8;
  }
  return min(length, bound);
}

/** Start of the match that a search found, if it found one. */
let found: u32 = 0;

/**
 * Length of the longest match at a position, from the candidate `start` on back, if it is longer than `best`.
 *
 * @param known - End of the bytes that are known.
 * @param end - End of the input; with ANY one more than `known`.
 */
function search(position: u32, start: u32, best: u32, known: u32, end: u32, mode: u32): u32 {
  const bound = min(MAX_MATCH, known - position);
  let nice = niceLength;
  if (mode != OPEN) {
    const ahead = end - position;
    if (best >= ahead) return ahead;
    nice = min(nice, ahead);
  }
  let chain = best >= goodLength ? maxChain >> 2 : maxChain;
  const limit = max(state.base, position > MAX_DISTANCE ? position - MAX_DISTANCE : 0);
  const here = pointer(position);
  const ends = bound < MAX_MATCH;
  let probe = min(best, bound - 1) - 1;
  let pair = load<u16>(here + probe);
  let candidate = start;
  do {
    const there = pointer(candidate);
    if (load<u16>(there + probe) == pair) {
      const length = agreement(there, here, bound);
      if (length == bound && ends) {
        if (mode == OPEN) {
          state.reaching = candidate;
          return UNDECIDED;
        }
        if (mode == ANY) store<u8>(EXTENDS + byteAt(candidate + bound), 1);
      }
      if (length > best) {
        found = candidate;
        best = length;
        if (length >= nice) break;
        probe = min(best, bound - 1) - 1;
        pair = load<u16>(here + probe);
      }
    }
    candidate = before(candidate);
  } while (candidate > limit && --chain != 0);
  return best;
}

/** Whether a string is where matches may start. */
// @ts-ignore: decorator
@inline
function inReach(candidate: u32, position: u32): bool {
  return candidate > state.base && position - candidate <= MAX_DISTANCE;
}

/** Notes the bytes that make a match of three with the last two known. */
function extendTwo(position: u32): void {
  const a = byteAt(position);
  const b = byteAt(position + 1);
  const limit = max(state.base, position > MAX_DISTANCE ? position - MAX_DISTANCE : 0);
  for (let c: u32 = 0; c < 256; c++) {
    let candidate = load<u32>(HEADS + (hash(a, b, c) << 2));
    if (!inReach(candidate, position)) continue;
    let chain = maxChain;
    do {
      const at = pointer(candidate);
      if (<u32>load<u8>(at) == a && <u32>load<u8>(at, 1) == b && <u32>load<u8>(at, 2) == c) {
        if (!lazy || position - candidate <= TOO_FAR) store<u8>(EXTENDS + c, 1);
        break;
      }
      candidate = before(candidate);
    } while (candidate > limit && --chain != 0);
  }
}

/** Moves the encoder's buffer on when a position is near its end, as zlib does before it decides there. */
export function slide(position: u32, end: u32): void {
  const at = position - state.base;
  if (at > 2 * WINDOW - MIN_LOOKAHEAD || (at == 2 * WINDOW - MIN_LOOKAHEAD && end - position < MIN_LOOKAHEAD))
    state.base += WINDOW;
}

/** Decides about one position; false when bytes to come decide. */
function step(known: u32, end: u32, mode: u32): bool {
  const position = state.position;
  if (mode == OPEN && position - state.base == 2 * WINDOW - MIN_LOOKAHEAD && known - position < MIN_LOOKAHEAD)
    return false;
  slide(position, mode == OPEN ? position + MIN_LOOKAHEAD : end);
  return lazy ? stepLazily(position, known, end, mode) : stepGreedily(position, known, end, mode);
}

function stepLazily(position: u32, known: u32, end: u32, mode: u32): bool {
  const length = state.length;
  let better: u32 = 2;
  let start: u32 = 0;
  if (length < maxLazy) {
    if (known - position >= MIN_MATCH) {
      // What was entered early knows what stood there before it.
      const candidate =
        position + MIN_MATCH <= state.count ? before(position) : load<u32>(HEADS + (hashAt(position) << 2));
      if (inReach(candidate, position)) {
        better = search(position, candidate, length, known, end, mode);
        if (better == UNDECIDED) return false;
        start = found;
        if (better == MIN_MATCH && better > length && position - start > TOO_FAR) better = 2;
      }
    } else if (mode == OPEN) return false;
    else if (mode == ANY && known - position == 2 && length == 2) extendTwo(position);
  }
  if (length >= MIN_MATCH && better <= length) {
    const full = match(position - 1 - state.start, length);
    state.position = position - 1 + length;
    state.waiting = 0;
    state.length = 2;
    if (full) endBlock(state.position);
    return true;
  }
  if (state.waiting) {
    if (literal(byteAt(position - 1))) endBlock(position);
  } else state.waiting = 1;
  state.position = position + 1;
  state.length = better;
  state.start = start;
  return true;
}

function stepGreedily(position: u32, known: u32, end: u32, mode: u32): bool {
  let length: u32 = 0;
  if (known - position >= MIN_MATCH) {
    const candidate = load<u32>(HEADS + (hashAt(position) << 2));
    if (inReach(candidate, position)) {
      length = search(position, candidate, 2, known, end, mode);
      if (length == UNDECIDED) return false;
    }
    // All strings of a short match are entered, for which two bytes behind it must be known.
    if (mode == OPEN && length >= MIN_MATCH && length <= maxLazy && position + length + 2 > known) return false;
    insert(position);
  } else if (mode == OPEN) return false;
  else if (mode == ANY && known - position == 2) extendTwo(position);
  let full: bool;
  if (length >= MIN_MATCH) {
    full = match(position - found, length);
    const next = position + length;
    // At the end of the input nothing is looked up any more.
    if (length <= maxLazy && (mode == OPEN || end - next >= MIN_MATCH))
      for (let p = position + 1; p < next; p++) insert(p);
    state.position = next;
  } else {
    full = literal(byteAt(position));
    state.position = position + 1;
  }
  if (full) endBlock(state.position);
  return true;
}

/** Decides all that no byte to come can change. */
export function advance(): void {
  const count = state.count;
  if (state.reaching != 0) {
    const length = count - 1 - state.position;
    if (length + 1 < MAX_MATCH && byteAt(state.reaching + length) == byteAt(count - 1)) return;
    state.reaching = 0;
  }
  while (state.position < count && step(count, 0, OPEN)) {}
}

/** Decides all that is left, with the input's end after `count` bytes; the last block stays open. */
export function close(count: u32): void {
  while (state.position < count) step(count, count, CLOSED);
  slide(count, count);
  if (state.waiting) literal(byteAt(count - 1));
}

/** Decides as far as the bytes at hand allow, of an input that is known to end after `end` bytes. */
export function advanceTo(end: u32): void {
  while (state.count - state.position >= MIN_LOOKAHEAD) step(end, end, CLOSED);
}

/** The same as close with one byte more that lengthens no match, and which is still to be counted as a literal. */
export function closeAny(count: u32): void {
  memory.fill(EXTENDS, 0, 256);
  const last = lazy ? count + 1 : count;
  while (state.position < last) step(count, count + 1, ANY);
  if (!lazy) slide(count, count + 1);
  slide(count + 1, count + 1);
}
