// The parse: the cheapest way to every position that is still open, found as bytes come.
//
// A node stands for a position and holds the cheapest way to it: price, the last step, LZMA's state and its four last
// distances there. From every node sources run: distances at which what follows equals what came before, each for as long as
// it does (four repeats, and the nearest place that still matches). When a byte comes, every source that goes on offers a
// match that ends just behind it, and the best of these and of a literal is the new node's last step. So a byte costs a
// look at the few sources that run, and no decision ever looks further than the bytes that there are.
//
// Steps are decided for good ("closed": coded, and the probabilities learn them) as far as all ways have in common; or
// when a match has grown long, which then is taken to its end; or when the tail has grown too long, along the best way.
import {
  DETOUR_BYTES,
  DETOURS,
  FLAGS,
  MOST_DETOURS,
  NODE_BYTES,
  NODE_MASK,
  OPEN,
  PATH,
  REGISTERS,
} from './layout';
import { noteNode, put32, put64 } from './journal';
import { byteAt, cursor, depthOfSearch, farthest, findPair, findQuad, findTriple, learn, search, setByte, steps } from './finder';
import {
  afterLiteral,
  afterMatch,
  codeLiteral,
  codeMatch,
  FIRST,
  LITERAL,
  literalCost,
  matchCost,
  setSpent,
  spent,
} from './model';
import { closeChunk } from './chunks';

// Registers.
/** Bytes so far. */
export const LENGTH: u32 = REGISTERS;
/** Steps before this position are closed. */
export const CLOSED: u32 = REGISTERS + 4;
/** Whether a long match is being taken; where it starts, its decision and its distance. */
export const TAKING: u32 = REGISTERS + 8;
export const TAKE_FROM: u32 = REGISTERS + 12;
export const TAKE_BACK: u32 = REGISTERS + 16;
export const TAKE_DISTANCE: u32 = REGISTERS + 20;
/** Costs of the closed steps, u64. */
export const TOTAL: u32 = REGISTERS + 24;
export const DETOUR_COUNT: u32 = REGISTERS + 32;

// Nodes: four last distances, then
export const PRICE: u32 = 16;
export const PARENT: u32 = 24;
export const BACK: u32 = 28;
/** Sources that run: bits 0 to 3 the repeats, bit 4 the match. */
export const RUNNING: u32 = 32;
/** The match's distance, and where the search for others goes on. */
export const MATCH: u32 = 36;
export const CURSOR: u32 = 40;
export const LEFT: u32 = 44;
export const STATE: u32 = 48;
/** A step in three parts: what the first is, and its length + 1; 0 for plain steps. See below. */
export const FIRST_BACK: u32 = 52;
export const FIRST_LENGTH: u32 = 56;

// Detours, which begin with the position they start from: a source broke off, its byte is to be coded as a literal, and
// then its distance goes on as repeat 0.
export const D_BACK: u32 = 4;
export const D_LENGTH: u32 = 8;
export const D_DISTANCE: u32 = 12;
/** Price after the literal, u64; 0: not known yet. */
export const D_PRICE: u32 = 16;
export const D_STATE: u32 = 24;

export const NEVER: u64 = 1 << 60;
export const MATCH_SOURCE: u32 = 16;
export const LONGEST: u32 = 273;

/** A match of this length is taken. */
export let nice: u32 = 64;
/** Most bytes that stay open. */
const MOST_OPEN: u32 = 384;
const KEPT_OPEN: u32 = 192;

// @ts-ignore: decorator
@inline
export function nodeAt(position: u32): u32 {
  return OPEN + (position & NODE_MASK) * NODE_BYTES;
}

export function parseInit(niceLength: u32): void {
  nice = niceLength;
  const node = nodeAt(0);
  for (let k: u32 = 0; k < 4; k++) store<u32>(node + k * 4, 1);
}

// @ts-ignore: decorator
@inline
function distanceOf(node: u32, back: u32): u32 {
  return back >= FIRST ? back - FIRST + 1 : load<u32>(node + back * 4);
}

/** Whether one of the repeats that run has a distance: a match of the same would cost more. */
// @ts-ignore: decorator
@inline
export function isRepeated(node: u32, running: u32, distance: u32): bool {
  return (
    ((running & 1) != 0 && load<u32>(node) == distance) ||
    ((running & 2) != 0 && load<u32>(node, 4) == distance) ||
    ((running & 4) != 0 && load<u32>(node, 8) == distance) ||
    ((running & 8) != 0 && load<u32>(node, 12) == distance)
  );
}

/** The four last distances after a decision. */
function turn(node: u32, back: u32): void {
  if (back == LITERAL || back == 0) return;
  const distance = distanceOf(node, back);
  let k = back >= FIRST ? 3 : back;
  for (; k > 0; k--) store<u32>(node + k * 4, load<u32>(node + k * 4 - 4));
  store<u32>(node, distance);
}

/** Makes the node of a position. */
function makeNode(position: u32, price: u64, parent: u32, back: u32, firstBack: u32, firstLength: u32): void {
  const node = nodeAt(position);
  noteNode(node);
  const from = nodeAt(parent);
  v128.store(node, v128.load(from));
  store<u64>(node + PRICE, price);
  store<u32>(node + PARENT, parent);
  store<u32>(node + BACK, back);
  store<u32>(node + RUNNING, 0);
  store<u32>(node + FIRST_BACK, firstBack);
  store<u32>(node + FIRST_LENGTH, firstLength);
  let state = load<u32>(from + STATE);
  if (firstLength != 0) {
    if (firstLength > 1) {
      turn(node, firstBack);
      state = afterMatch(state, firstBack, firstLength - 1);
    }
    state = afterMatch(afterLiteral(state), 0, 2);
  } else if (back == LITERAL) state = afterLiteral(state);
  else {
    turn(node, back);
    state = afterMatch(state, back, position - parent);
  }
  store<u32>(node + STATE, state);
}

/** Codes a step. `child` is not a node's place but one that holds BACK, FIRST_BACK and FIRST_LENGTH where nodes do. */
export function codeStep(from: u32, to: u32, child: u32): void {
  const node = nodeAt(from);
  const state = load<u32>(node + STATE);
  const back = load<u32>(child + BACK);
  const first = load<u32>(child + FIRST_LENGTH);
  if (first == 0) {
    if (back == LITERAL) codeLiteral(from, byteAt(from - 1), state, byteAt(from - load<u32>(node)), byteAt(from));
    else codeMatch(from, state, back, to - from);
    return;
  }
  const firstBack = load<u32>(child + FIRST_BACK);
  const at = from + first - 1;
  let middle = state;
  let distance = load<u32>(node);
  if (first > 1) {
    codeMatch(from, state, firstBack, first - 1);
    middle = afterMatch(state, firstBack, first - 1);
    distance = distanceOf(node, firstBack);
  }
  codeLiteral(at, byteAt(at - 1), middle, byteAt(at - distance), byteAt(at));
  codeMatch(at + 1, afterLiteral(middle), 0, to - at - 1);
}

/** Codes the steps from what is closed to a position. `close` for good, else only to see what they cost. */
export function codePath(to: u32, close: bool): void {
  const closed = load<u32>(CLOSED);
  let at = PATH;
  for (let p = to; p != closed; p = load<u32>(nodeAt(p) + PARENT)) {
    store<u32>(at, p);
    at += 4;
  }
  let from = closed;
  while (at > PATH) {
    at -= 4;
    const next = load<u32>(at);
    codeStep(from, next, nodeAt(next));
    from = next;
    if (close) closeChunk(from);
  }
}

/** Closes all steps up to a position. */
export function close(to: u32): void {
  setSpent(load<u64>(TOTAL));
  codePath(to, true);
  store<u64>(TOTAL, spent);
  store<u32>(CLOSED, to);
}

/** Closes the match that is being taken; the next byte starts afresh. */
export function endTaking(): void {
  const n = load<u32>(LENGTH);
  const from = load<u32>(TAKE_FROM);
  const back = load<u32>(TAKE_BACK);
  makeNode(n, 0, from, back, 0, 0);
  store<u32>(TAKING, 0);
  close(n);
}

// What is best so far for the new node.
let bestPrice: u64 = 0;
let bestFrom: u32 = 0;
let bestBack: u32 = 0;
let bestFirstBack: u32 = 0;
let bestFirstLength: u32 = 0;

// @ts-ignore: decorator
@inline
function offer(price: u64, from: u32, back: u32, firstBack: u32, firstLength: u32): void {
  if (price >= bestPrice) return;
  bestPrice = price;
  bestFrom = from;
  bestBack = back;
  bestFirstBack = firstBack;
  bestFirstLength = firstLength;
}

function addDetour(from: u32, back: u32, length: u32, distance: u32): void {
  const count = load<u32>(DETOUR_COUNT);
  if (count == MOST_DETOURS) return;
  const at = DETOURS + count * DETOUR_BYTES;
  put32(at, from);
  put32(at + D_BACK, back);
  put32(at + D_LENGTH, length);
  put32(at + D_DISTANCE, distance);
  put64(at + D_PRICE, 0);
  store<u32>(DETOUR_COUNT, count + 1);
}

/** The price after a detour's literal, which it also notes together with the state. */
export function detourPrice(at: u32): u64 {
  let price = load<u64>(at + D_PRICE);
  if (price != 0) return price;
  const from = load<u32>(at);
  const node = nodeAt(from);
  const length = load<u32>(at + D_LENGTH);
  const back = load<u32>(at + D_BACK);
  let state = load<u32>(node + STATE);
  price = load<u64>(node + PRICE);
  if (length != 0) {
    price += matchCost(from, state, back, length);
    state = afterMatch(state, back, length);
  }
  const position = from + length;
  price += literalCost(position, byteAt(position - 1), state, byteAt(position - load<u32>(at + D_DISTANCE)), byteAt(position));
  put64(at + D_PRICE, price);
  put32(at + D_STATE, afterLiteral(state));
  return price;
}

/** Drops detours that do not go on with the newest byte, and offers the others. */
function followDetours(before: u32, n: u32): void {
  const closed = load<u32>(CLOSED);
  const last = byteAt(n - 1);
  let count = load<u32>(DETOUR_COUNT);
  let kept: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const at = DETOURS + i * DETOUR_BYTES;
    const from = load<u32>(at);
    if (i < before) {
      if (from < closed || load<u64>(nodeAt(from) + PRICE) >= NEVER) continue;
      const start = from + load<u32>(at + D_LENGTH) + 1;
      const length = n - start;
      if (length > LONGEST || byteAt(n - 1 - load<u32>(at + D_DISTANCE)) != last) continue;
      if (length > 1) {
        const price = detourPrice(at);
        offer(price + matchCost(start, load<u32>(at + D_STATE), 0, length), from, 0, load<u32>(at + D_BACK), load<u32>(at + D_LENGTH) + 1);
      }
    }
    if (kept != i) {
      const to = DETOURS + kept * DETOUR_BYTES;
      for (let k: u32 = 0; k < 16; k += 4) put32(to + k, load<u32>(at + k));
      put64(to + D_PRICE, load<u64>(at + D_PRICE));
      put32(to + D_STATE, load<u32>(at + D_STATE));
    }
    kept++;
  }
  store<u32>(DETOUR_COUNT, kept);
}

/** A byte comes. */
export function push(byte: u32): void {
  if (load<u32>(TAKING) != 0) {
    const n = load<u32>(LENGTH);
    if (n - load<u32>(TAKE_FROM) < LONGEST && byteAt(n - load<u32>(TAKE_DISTANCE)) == byte) {
      setByte(n, byte);
      store<u32>(LENGTH, n + 1);
      learn(n + 1);
      return;
    }
    endTaking();
  }
  const m = load<u32>(LENGTH);
  const n = m + 1;
  setByte(m, byte);
  store<u32>(LENGTH, n);
  const closed = load<u32>(CLOSED);
  const detours = load<u32>(DETOUR_COUNT);

  // A literal, and repeats from the last node.
  let node = nodeAt(m);
  const state = load<u32>(node + STATE);
  const price = load<u64>(node + PRICE);
  const rep0 = load<u32>(node);
  bestPrice = price + literalCost(m, byteAt(m - 1), state, byteAt(m - rep0), byte);
  bestFrom = m;
  bestBack = LITERAL;
  bestFirstLength = 0;
  bestFirstBack = 0;
  let running: u32 = 0;
  for (let k: u32 = 0; k < 4; k++) {
    const distance = load<u32>(node + k * 4);
    if (distance > m || distance > farthest || byteAt(m - distance) != byte || isRepeated(node, running, distance)) continue;
    running |= 1 << k;
  }
  if ((running & 1) != 0) offer(price + matchCost(m, state, 0, 1), m, 0, 0, 0);
  else if (rep0 <= m && rep0 <= farthest) addDetour(m, LITERAL, 0, rep0);
  put32(node + RUNNING, running);

  // All others.
  let taken = false;
  for (let j = closed; j < m; j++) {
    node = nodeAt(j);
    running = load<u32>(node + RUNNING);
    const length = n - j;
    if (running == 0 && length > 4) continue;
    const at = load<u64>(node + PRICE);
    if (at >= NEVER) continue;
    const here = load<u32>(node + STATE);
    const otherwise = bestPrice;
    if (length >= nice) bestPrice = NEVER;
    let left: u32 = 0;
    for (let k: u32 = 0; k < 4; k++) {
      if ((running & (1 << k)) == 0) continue;
      const distance = load<u32>(node + k * 4);
      if (byteAt(m - distance) != byte) {
        if (length > 2) addDetour(j, k, length - 1, distance);
        continue;
      }
      left |= 1 << k;
      offer(at + matchCost(j, here, k, length), j, k, 0, 0);
    }
    // The nearest place of what follows the node: by two bytes, by three, and along the chain of four.
    let distance: u32 = 0;
    if ((running & MATCH_SOURCE) != 0) {
      distance = load<u32>(node + MATCH);
      if (byteAt(m - distance) != byte) {
        if (!isRepeated(node, running, distance)) addDetour(j, distance - 1 + FIRST, length - 1, distance);
        distance = 0;
      }
    }
    if (length == 2) distance = findPair(j, byte);
    else if (length == 3) {
      if (distance == 0) distance = findTriple(j, byte);
    } else if (length == 4) {
      const start = findQuad(j, byte);
      if (distance == 0) {
        distance = search(j, 3, byte, start, depthOfSearch());
        put32(node + CURSOR, cursor);
        put32(node + LEFT, steps);
      } else {
        put32(node + CURSOR, start);
        put32(node + LEFT, depthOfSearch());
      }
    } else if (distance == 0 && (running & MATCH_SOURCE) != 0) {
      distance = search(j, length - 1, byte, load<u32>(node + CURSOR), load<u32>(node + LEFT));
      put32(node + CURSOR, cursor);
      put32(node + LEFT, steps);
    }
    if (distance != 0) {
      left |= MATCH_SOURCE;
      if ((running & MATCH_SOURCE) == 0 || load<u32>(node + MATCH) != distance) put32(node + MATCH, distance);
      if (!isRepeated(node, left, distance))
        offer(at + matchCost(j, here, distance - 1 + FIRST, length), j, distance - 1 + FIRST, 0, 0);
    }
    if (left != running) put32(node + RUNNING, left);
    if (length >= nice) {
      if (left != 0) {
        taken = true;
        break;
      }
      bestPrice = otherwise;
    }
  }
  learn(n);
  if (taken) {
    const distance = distanceOf(nodeAt(bestFrom), bestBack);
    close(bestFrom);
    store<u32>(TAKING, 1);
    store<u32>(TAKE_FROM, bestFrom);
    store<u32>(TAKE_BACK, bestBack);
    store<u32>(TAKE_DISTANCE, distance);
    store<u32>(DETOUR_COUNT, 0);
    return;
  }
  followDetours(detours, n);
  makeNode(n, bestPrice, bestFrom, bestBack, bestFirstBack, bestFirstLength);
  if (n - closed > MOST_OPEN) prune(n);
  else if ((n & 7) == 0 && n - closed > 16) join(n);
}

/** Closes what all ways have in common. */
function join(n: u32): void {
  const closed = load<u32>(CLOSED);
  memory.fill(FLAGS, 0, n - closed + 1);
  let count: u32 = 0;
  // The last positions may still begin matches.
  for (let p = closed; p <= n; p++) {
    const node = nodeAt(p);
    if (load<u64>(node + PRICE) < NEVER && (p + 4 > n || load<u32>(node + RUNNING) != 0)) {
      store<u8>(FLAGS + (p - closed), 1);
      count++;
    }
  }
  const detours = load<u32>(DETOUR_COUNT);
  for (let i: u32 = 0; i < detours; i++) {
    const from = load<u32>(DETOURS + i * DETOUR_BYTES);
    if (from < closed || load<u64>(nodeAt(from) + PRICE) >= NEVER) continue;
    if (load<u8>(FLAGS + (from - closed)) == 0) {
      store<u8>(FLAGS + (from - closed), 1);
      count++;
    }
  }
  for (let p = n; p > closed; p--) {
    if (load<u8>(FLAGS + (p - closed)) == 0) continue;
    if (count == 1) {
      close(p);
      return;
    }
    const to = load<u32>(nodeAt(p) + PARENT) - closed;
    count--;
    if (load<u8>(FLAGS + to) == 0) {
      store<u8>(FLAGS + to, 1);
      count++;
    }
  }
}

/** Closes the older part of the best way, and gives up all ways that do not go through where it ends. */
function prune(n: u32): void {
  let to = n;
  while (to + KEPT_OPEN > n) to = load<u32>(nodeAt(to) + PARENT);
  close(to);
  for (let p = to + 1; p <= n; p++) {
    const node = nodeAt(p);
    const parent = load<u32>(node + PARENT);
    if (parent < to || load<u64>(nodeAt(parent) + PRICE) >= NEVER) put64(node + PRICE, NEVER);
  }
}

/** Closes everything. */
export function finish(): void {
  if (load<u32>(TAKING) != 0) endTaking();
  else close(load<u32>(LENGTH));
}
