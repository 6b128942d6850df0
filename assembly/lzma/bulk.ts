// Lengths after each of 256 bytes at once. The way to what is there is common to all; what a byte adds is a literal, whose
// costs are one tree, or a source that goes on with it, and sources go on with one byte each. Only searches along chains
// are made for many bytes together. The offers come in the order of `push`, so that ties fall as there.
import { DETOUR_BYTES, DETOURS, HEADS, RESULTS, TREE, WINNERS } from './layout';
import { logging, mark, rollback } from './journal';
import { byteAt, cursor, depthOfSearch, farthest, findPair, findQuad, findTriple, search, searchAny, steps } from './finder';
import { BIT, codeMatch, FIRST, isLiteralCost, LITERAL, literalTree, matchCost, setSpent, spent } from './model';
import {
  BACK,
  CLOSED,
  codePath,
  codeStep,
  CURSOR,
  D_BACK,
  D_DISTANCE,
  D_LENGTH,
  D_STATE,
  DETOUR_COUNT,
  detourPrice,
  endTaking,
  FIRST_BACK,
  FIRST_LENGTH,
  isRepeated,
  LEFT,
  LENGTH,
  LONGEST,
  MATCH,
  MATCH_SOURCE,
  NEVER,
  nice,
  nodeAt,
  PARENT,
  PRICE,
  RUNNING,
  STATE,
  TAKE_BACK,
  TAKE_DISTANCE,
  TAKE_FROM,
  TAKING,
  TOTAL,
} from './parse';

// Of a winner, where nodes have their last distances: the next of the same parent, the position + 1 of a long match that
// is going to be taken, and the last position + 1 that a chain offered.
const NEXT: u32 = 0;
const TAKEN: u32 = 4;
const STAMP: u32 = 8;
const NONE: u32 = 0xffffffff;

const UNIT: f64 = 1.0 / BIT;

// @ts-ignore: decorator
@inline
function winnerOf(byte: u32): u32 {
  return WINNERS + (byte << 6);
}

function offer(byte: u32, price: u64, from: u32, back: u32, length: u32): void {
  const winner = winnerOf(byte);
  const taken = load<u32>(winner + TAKEN);
  if (taken != 0) {
    if (taken != from + 1) return;
  } else if (length >= nice) {
    store<u32>(winner + TAKEN, from + 1);
    store<u64>(winner + PRICE, NEVER);
  }
  if (price >= load<u64>(winner + PRICE)) return;
  store<u64>(winner + PRICE, price);
  store<u32>(winner + PARENT, from);
  store<u32>(winner + BACK, back);
  store<u32>(winner + FIRST_LENGTH, 0);
}

// @ts-ignore: decorator
@inline
function offerMatch(j: u32, at: u64, state: u32, distance: u32, length: u32, byte: u32): void {
  const node = nodeAt(j);
  if (isRepeated(node, load<u32>(node + RUNNING), distance)) return;
  offer(byte, at + matchCost(j, state, distance - 1 + FIRST, length), j, distance - 1 + FIRST, length);
}

/** Bits of all that there is. */
export function bits(): f64 {
  const was = logging;
  const place = mark();
  setSpent(load<u64>(TOTAL));
  const n = load<u32>(LENGTH);
  if (load<u32>(TAKING) != 0) {
    const from = load<u32>(TAKE_FROM);
    codeMatch(from, load<u32>(nodeAt(from) + STATE), load<u32>(TAKE_BACK), n - from);
  } else codePath(n, false);
  rollback(place, was);
  return <f64>spent * UNIT;
}

/** Fills RESULTS with bits after each byte. */
export function candidates(): void {
  if (load<u32>(TAKING) == 0) {
    compare();
    return;
  }
  const was = logging;
  const n = load<u32>(LENGTH);
  const from = load<u32>(TAKE_FROM);
  const back = load<u32>(TAKE_BACK);
  const place = mark();
  endTaking();
  compare();
  rollback(place, was);
  if (n - from == LONGEST) return;
  mark();
  setSpent(load<u64>(TOTAL));
  codeMatch(from, load<u32>(nodeAt(from) + STATE), back, n + 1 - from);
  rollback(place, was);
  store<f64>(RESULTS + byteAt(n - load<u32>(TAKE_DISTANCE)) * 8, <f64>spent * UNIT);
}

function compare(): void {
  const n = load<u32>(LENGTH);
  const closed = load<u32>(CLOSED);
  let node = nodeAt(n);
  const state = load<u32>(node + STATE);
  const price = load<u64>(node + PRICE);
  const rep0 = load<u32>(node);

  // Literals and repeats from the last node.
  const before = byteAt(n - 1);
  const matched = byteAt(n - rep0);
  literalTree(n, before, state, matched);
  const literal = price + isLiteralCost(n, state);
  for (let b: u32 = 0; b < 256; b++) {
    const winner = winnerOf(b);
    store<u64>(winner, 0);
    store<u32>(winner + STAMP, 0);
    store<u64>(winner + PRICE, literal + load<u32>(TREE + 1024 + b * 4));
    store<u32>(winner + PARENT, n);
    store<u32>(winner + BACK, LITERAL);
    store<u32>(winner + FIRST_LENGTH, 0);
  }
  if (rep0 <= n && rep0 <= farthest) offer(matched, price + matchCost(n, state, 0, 1), n, 0, 1);

  // All others.
  for (let j = closed; j < n; j++) {
    node = nodeAt(j);
    const running = load<u32>(node + RUNNING);
    const length = n + 1 - j;
    if (running == 0 && length > 4) continue;
    const at = load<u64>(node + PRICE);
    if (at >= NEVER) continue;
    const here = load<u32>(node + STATE);
    for (let k: u32 = 0; k < 4; k++)
      if ((running & (1 << k)) != 0)
        offer(byteAt(n - load<u32>(node + k * 4)), at + matchCost(j, here, k, length), j, k, length);
    if (length == 2) {
      for (let b: u32 = 0; b < 256; b++) {
        const distance = findPair(j, b);
        if (distance != 0) offerMatch(j, at, here, distance, 2, b);
      }
      continue;
    }
    let expected: u32 = 256;
    if ((running & MATCH_SOURCE) != 0) {
      const distance = load<u32>(node + MATCH);
      expected = byteAt(n - distance);
      offerMatch(j, at, here, distance, length, expected);
    }
    if (length <= 4) {
      // What follows has been seen after the last byte, or it is nowhere to be found.
      for (let b: u32 = 0; b < 256; b++) {
        if (b == expected || findPair(n - 1, b) == 0) continue;
        const distance = length == 3 ? findTriple(j, b) : search(j, 3, b, findQuad(j, b), depthOfSearch());
        if (distance != 0) offerMatch(j, at, here, distance, length, b);
      }
      continue;
    }
    if (expected == 256) continue;
    let from = load<u32>(node + CURSOR);
    let left = load<u32>(node + LEFT);
    while (true) {
      const distance = searchAny(j, length - 1, from, left);
      if (distance == 0) break;
      from = cursor;
      left = steps;
      const b = byteAt(n - distance);
      const winner = winnerOf(b);
      if (b == expected || load<u32>(winner + STAMP) == j + 1) continue;
      store<u32>(winner + STAMP, j + 1);
      offerMatch(j, at, here, distance, length, b);
    }
  }

  const detours = load<u32>(DETOUR_COUNT);
  for (let i: u32 = 0; i < detours; i++) {
    const at = DETOURS + i * DETOUR_BYTES;
    const from = load<u32>(at);
    if (from < closed || load<u64>(nodeAt(from) + PRICE) >= NEVER) continue;
    const start = from + load<u32>(at + D_LENGTH) + 1;
    const length = n + 1 - start;
    if (length > LONGEST || length < 2) continue;
    const winner = winnerOf(byteAt(n - load<u32>(at + D_DISTANCE)));
    if (load<u32>(winner + TAKEN) != 0) continue;
    const sum = detourPrice(at) + matchCost(start, load<u32>(at + D_STATE), 0, length);
    if (sum >= load<u64>(winner + PRICE)) continue;
    store<u64>(winner + PRICE, sum);
    store<u32>(winner + PARENT, from);
    store<u32>(winner + BACK, 0);
    store<u32>(winner + FIRST_BACK, load<u32>(at + D_BACK));
    store<u32>(winner + FIRST_LENGTH, load<u32>(at + D_LENGTH) + 1);
  }
  measure(n, closed, before, state, matched);
}

/** What the winners cost when their ways are coded, the probabilities learning on the way. */
function measure(n: u32, closed: u32, before: u32, state: u32, matched: u32): void {
  for (let j = closed; j <= n; j++) store<u32>(HEADS + (j - closed) * 4, NONE);
  for (let b: u32 = 0; b < 256; b++) {
    const winner = winnerOf(b);
    if (load<u32>(winner + BACK) == LITERAL) continue;
    const head = HEADS + (load<u32>(winner + PARENT) - closed) * 4;
    store<u32>(winner + NEXT, load<u32>(head));
    store<u32>(head, b);
  }
  const was = logging;
  const total = load<u64>(TOTAL);
  for (let j = closed; j <= n; j++) {
    const head = load<u32>(HEADS + (j - closed) * 4);
    if (head == NONE && j != n) continue;
    const place = mark();
    setSpent(total);
    codePath(j, false);
    const common = spent;
    for (let b = head; b != NONE; b = load<u32>(winnerOf(b) + NEXT)) {
      const inner = mark();
      setSpent(common);
      codeStep(j, n + 1, winnerOf(b));
      store<f64>(RESULTS + b * 8, <f64>spent * UNIT);
      rollback(inner, true);
    }
    if (j == n) {
      literalTree(n, before, state, matched);
      const literal = common + isLiteralCost(n, state);
      for (let b: u32 = 0; b < 256; b++)
        if (load<u32>(winnerOf(b) + BACK) == LITERAL)
          store<f64>(RESULTS + b * 8, <f64>(literal + load<u32>(TREE + 1024 + b * 4)) * UNIT);
    }
    rollback(place, was);
  }
}
