// Contexts and what followed them: hash tables of slots of 16 bytes, a check byte and the bit-history states of the 15
// nodes of a nibble's tree. Four slots share a cache line. Both nibbles of a byte have a slot of their own; the second
// lies in the same page of 4 KiB as the first, since finding a page costs time as fetching the line does.
import { CHECKS, HASHED, HASHES, NEXT, LINES, ORDER0, ORDER1, SLOTS, STATE_MAPS, STRETCH, X } from './layout';
import { put8, putVector } from './journal';
import { adapt } from './counters';
import { state } from './state';
import { HISTORY_LIMIT } from './tuning';

let table: u32 = 0;
let lines: u32 = 0;

export function historiesInit(address: u32, bytes: u32): void {
  table = address;
  lines = bytes >> 6;
}

// @ts-ignore: decorator
@inline
function lineOf(hash: u32): u32 {
  return table + (<u32>((<u64>hash * <u64>lines) >> 32) << 6);
}

/** Notes a context's line and check for the next nibble, and reads the line to have it fetched. */
// @ts-ignore: decorator
@inline
function touch(i: u32, line: u32, check: u32): u32 {
  store<u32>(CHECKS + (i << 2), check);
  store<u32>(LINES + (i << 2), line);
  return load<u8>(line);
}

/** Starts fetching the slots of the next byte's first nibble. */
export function fetchFirst(): void {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < HASHED; i++) {
    const h = load<u32>(HASHES + (i << 2));
    sum ^= touch(i, lineOf(h), h & 255);
  }
  state().touched = sum;
}

/** Starts fetching the slots of the second nibble; `c0` holds the first behind its 1. */
export function fetchSecond(c0: u32): void {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < HASHED; i++) {
    const h = load<u32>(HASHES + (i << 2));
    let x = (h + c0) * 0x9e3779b1;
    x ^= x >> 15;
    sum ^= touch(i, lineOf(h) ^ ((x & 63) << 6), (x >> 8) & 255);
  }
  state().touched = sum;
}

/** The slot with this check in a line: found, or taken from what has least to lose. */
// @ts-ignore: decorator
@inline
function find(line: u32, check: u32): u32 {
  const found =
    <u32>(load<u8>(line) == check) |
    (<u32>(load<u8>(line, 16) == check) << 1) |
    (<u32>(load<u8>(line, 32) == check) << 2) |
    (<u32>(load<u8>(line, 48) == check) << 3);
  if (found) return line + (ctz(found) << 4);
  let victim = line;
  let least = <u32>load<u8>(line, 1);
  for (let k: u32 = 16; k < 64; k += 16) {
    const priority = <u32>load<u8>(line + k, 1);
    if (priority < least) {
      least = priority;
      victim = line + k;
    }
  }
  putVector(victim, i64x2(0, 0));
  put8(victim, check);
  return victim;
}

/** Finds the slots that were fetched. `direct` is the offset of the nibble in the directly addressed contexts. */
export function findSlots(c1: u32, direct: u32): void {
  for (let i: u32 = 0; i < HASHED; i++)
    store<u32>(SLOTS + (i << 2), find(load<u32>(LINES + (i << 2)), load<u32>(CHECKS + (i << 2))));
  store<u32>(SLOTS + (HASHED << 2), ORDER0 + direct);
  store<u32>(SLOTS + (HASHED << 2), ORDER1 + (c1 << 9) + direct, 4);
}

/** How many of the first n contexts have seen their first nibble before. */
export function known(n: u32): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < n; i++) count += <u32>(load<u8>(load<u32>(SLOTS + (i << 2)), 1) != 0);
  return count;
}

// @ts-ignore: decorator
@inline
function cellOf(i: u32, history: u32): u32 {
  return STATE_MAPS + (i << 10) + (history << 2);
}

/** Learns a bit in a context; returns its slot. */
// @ts-ignore: decorator
@inline
function learnIn(i: u32, node: u32, bit: u32): u32 {
  const slot = load<u32>(SLOTS + (i << 2));
  const history = <u32>load<u8>(slot + node);
  adapt(cellOf(i, history), bit, HISTORY_LIMIT);
  put8(slot + node, load<u8>(NEXT + (history << 1) + bit));
  return slot;
}

/** Address of the stretched prediction of a context. */
// @ts-ignore: decorator
@inline
function predictIn(i: u32, slot: u32, node: u32): u32 {
  return STRETCH + ((load<u32>(cellOf(i, load<u8>(slot + node))) >> 20) << 2);
}

/** Writes four inputs at once: a vector read back from four scalar stores would wait for all of them. */
// @ts-ignore: decorator
@inline
function gather(i: u32, a: u32, b: u32, c: u32, d: u32): void {
  let x = v128.load_zero<u32>(a);
  x = v128.load_lane<u32>(b, x, 1);
  x = v128.load_lane<u32>(c, x, 2);
  x = v128.load_lane<u32>(d, x, 3);
  v128.store(X + (i << 2), x);
}

// @ts-ignore: decorator
@inline
function predict4(i: u32): void {
  const a = predictIn(i, load<u32>(SLOTS + (i << 2)), 1);
  const b = predictIn(i + 1, load<u32>(SLOTS + (i << 2), 4), 1);
  const c = predictIn(i + 2, load<u32>(SLOTS + (i << 2), 8), 1);
  const d = predictIn(i + 3, load<u32>(SLOTS + (i << 2), 12), 1);
  gather(i, a, b, c, d);
}

// @ts-ignore: decorator
@inline
function advance4(i: u32, node: u32, bit: u32, next: u32): void {
  const a = predictIn(i, learnIn(i, node, bit), next);
  const b = predictIn(i + 1, learnIn(i + 1, node, bit), next);
  const c = predictIn(i + 2, learnIn(i + 2, node, bit), next);
  const d = predictIn(i + 3, learnIn(i + 3, node, bit), next);
  gather(i, a, b, c, d);
}

/** Learns the last bit of a nibble in all contexts. */
export function learnHistories(node: u32, bit: u32): void {
  for (let i: u32 = 0; i < HASHED + 2; i++) learnIn(i, node, bit);
}

/** Predicts the first bit of a nibble. The last two contexts share a vector with the match models. */
export function predictHistories(match0: f32, match1: f32): void {
  for (let i: u32 = 0; i < HASHED; i += 4) predict4(i);
  const a = predictIn(HASHED, load<u32>(SLOTS + (HASHED << 2)), 1);
  const b = predictIn(HASHED + 1, load<u32>(SLOTS + (HASHED << 2), 4), 1);
  gatherLast(a, b, match0, match1);
}

// @ts-ignore: decorator
@inline
function gatherLast(a: u32, b: u32, match0: f32, match1: f32): void {
  let x = v128.load_zero<u32>(a);
  x = v128.load_lane<u32>(b, x, 1);
  x = f32x4.replace_lane(x, 2, match0);
  x = f32x4.replace_lane(x, 3, match1);
  v128.store(X + (HASHED << 2), x);
}

/** Learns a bit and predicts the next, which is of the same nibble. */
export function advanceHistories(node: u32, bit: u32, match0: f32, match1: f32): void {
  const next = (node << 1) | bit;
  for (let i: u32 = 0; i < HASHED; i += 4) advance4(i, node, bit, next);
  const a = predictIn(HASHED, learnIn(HASHED, node, bit), next);
  const b = predictIn(HASHED + 1, learnIn(HASHED + 1, node, bit), next);
  gatherLast(a, b, match0, match1);
}
