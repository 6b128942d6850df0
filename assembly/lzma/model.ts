// LZMA's model of decisions: which probabilities a literal, a match or a repeat uses, what it costs under them, and how
// they learn. Distances are counted from 0 as in the format: 0 is the byte before.
import { COSTS, PARAMETERS, TREE } from './layout';
import { logging, put16 } from './journal';
import { emit, emitDirect, emitting } from './range';

/** A decision: a repeat of one of four distances, or this; or FIRST + a distance. */
export const LITERAL: u32 = 0xffffffff;
export const FIRST: u32 = 4;

/** 2^20 units are a bit. */
export const BIT: u32 = 1 << 20;

// Addresses of the probabilities, u16 each: that of a 0, of 2048.
const IS_MATCH: u32 = PARAMETERS;
const IS_REP: u32 = IS_MATCH + 12 * 16 * 2;
const IS_REP_G0: u32 = IS_REP + 12 * 2;
const IS_REP_G1: u32 = IS_REP_G0 + 12 * 2;
const IS_REP_G2: u32 = IS_REP_G1 + 12 * 2;
const IS_REP0_LONG: u32 = IS_REP_G2 + 12 * 2;
const SLOTS: u32 = IS_REP0_LONG + 12 * 16 * 2;
const SPECIAL: u32 = SLOTS + 4 * 64 * 2;
const ALIGN: u32 = SPECIAL + 128 * 2;
// A coder of lengths: two choices, then trees of 8, 8 for each position state and of 256.
const CHOICE2: u32 = 2;
const LOW: u32 = 4;
const MIDDLE: u32 = LOW + 16 * 8 * 2;
const HIGH: u32 = MIDDLE + 16 * 8 * 2;
const LENGTHS_BYTES: u32 = HIGH + 256 * 2;
const MATCH_LENGTHS: u32 = ALIGN + 16 * 2;
const REP_LENGTHS: u32 = MATCH_LENGTHS + LENGTHS_BYTES;
export const LITERALS: u32 = REP_LENGTHS + LENGTHS_BYTES;

let lc: u32 = 3;
let lpMask: u32 = 0;
let pbMask: u32 = 3;
let end: u32 = 0;
/** Costs of what was coded since it was set to 0. */
export let spent: u64 = 0;

/** Returns where the probabilities end. */
export function modelInit(lcBits: u32, lp: u32, pb: u32): u32 {
  lc = lcBits;
  lpMask = (1 << lp) - 1;
  pbMask = (1 << pb) - 1;
  end = LITERALS + (0x600 << (lc + lp));
  for (let at = IS_MATCH; at < end; at += 2) store<u16>(at, 1024);
  return end;
}

export function setSpent(to: u64): void {
  spent = to;
}

// @ts-ignore: decorator
@inline
function cost0(at: u32): u32 {
  return load<u32>(COSTS + (<u32>load<u16>(at) << 2));
}

// @ts-ignore: decorator
@inline
function cost1(at: u32): u32 {
  return load<u32>(COSTS + ((2048 - <u32>load<u16>(at)) << 2));
}

// @ts-ignore: decorator
@inline
function cost(at: u32, bit: u32): u32 {
  const p: u32 = load<u16>(at);
  return load<u32>(COSTS + ((bit != 0 ? 2048 - p : p) << 2));
}

function code(at: u32, bit: u32): void {
  const p: u32 = load<u16>(at);
  if (emitting && !logging) emit(p, bit);
  if (bit != 0) {
    spent += load<u32>(COSTS + ((2048 - p) << 2));
    put16(at, p - (p >>> 5));
  } else {
    spent += load<u32>(COSTS + (p << 2));
    put16(at, p + ((2048 - p) >>> 5));
  }
}

export function afterLiteral(state: u32): u32 {
  return state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
}

/** The state after a match or repeat of a length; `back` is no literal. */
export function afterMatch(state: u32, back: u32, length: u32): u32 {
  if (back >= FIRST) return state < 7 ? 7 : 10;
  if (length == 1) return state < 7 ? 9 : 11;
  return state < 7 ? 8 : 11;
}

// ---- literals

// @ts-ignore: decorator
@inline
export function literalsAt(position: u32, before: u32): u32 {
  return LITERALS + (((position & lpMask) << lc) + (before >>> (8 - lc))) * 0x600;
}

/** `matched`: the byte at the last distance, used where the last decision was no literal. */
export function literalCost(position: u32, before: u32, state: u32, matched: u32, byte: u32): u32 {
  const at = literalsAt(position, before);
  let sum = cost0(IS_MATCH + (state * 16 + (position & pbMask)) * 2);
  let symbol = byte | 0x100;
  if (state < 7) {
    do {
      sum += cost(at + prefix(symbol), symbolBit(symbol));
      symbol <<= 1;
    } while (symbol < 0x10000);
    return sum;
  }
  let offset: u32 = 0x100;
  do {
    matched <<= 1;
    sum += cost(at + (offset + (matched & offset)) * 2 + prefix(symbol), symbolBit(symbol));
    symbol <<= 1;
    offset &= ~(matched ^ symbol);
  } while (symbol < 0x10000);
  return sum;
}

// @ts-ignore: decorator
@inline
function prefix(symbol: u32): u32 {
  return (symbol >>> 8) << 1;
}

// @ts-ignore: decorator
@inline
function symbolBit(symbol: u32): u32 {
  return (symbol >>> 7) & 1;
}

/** Fills TREE: entry 256 + b is the cost of the literal b, without that it is one. */
export function literalTree(position: u32, before: u32, state: u32, matched: u32): void {
  const at = literalsAt(position, before);
  const path = state < 7 ? 0 : matched | 0x100;
  store<u32>(TREE + 4, 0);
  let depth: u32 = 8;
  for (let node: u32 = 1; node < 256; node++) {
    if ((node & (node - 1)) == 0 && node > 1) depth--;
    let p = at + node * 2;
    if (path >>> depth == node) p += 0x200 + (((path >>> (depth - 1)) & 1) << 9);
    const sum = load<u32>(TREE + node * 4);
    store<u32>(TREE + node * 8, sum + cost0(p));
    store<u32>(TREE + node * 8, sum + cost1(p), 4);
  }
}

export function isLiteralCost(position: u32, state: u32): u32 {
  return cost0(IS_MATCH + (state * 16 + (position & pbMask)) * 2);
}

export function codeLiteral(position: u32, before: u32, state: u32, matched: u32, byte: u32): void {
  code(IS_MATCH + (state * 16 + (position & pbMask)) * 2, 0);
  const at = literalsAt(position, before);
  let symbol = byte | 0x100;
  if (state < 7) {
    do {
      code(at + prefix(symbol), symbolBit(symbol));
      symbol <<= 1;
    } while (symbol < 0x10000);
    return;
  }
  let offset: u32 = 0x100;
  do {
    matched <<= 1;
    code(at + (offset + (matched & offset)) * 2 + prefix(symbol), symbolBit(symbol));
    symbol <<= 1;
    offset &= ~(matched ^ symbol);
  } while (symbol < 0x10000);
}

// ---- lengths, 2 to 273

function lengthCost(at: u32, place: u32, length: u32): u32 {
  let rest = length - 2;
  if (rest < 8) return cost0(at) + treeCost(at + LOW + place * 16, 3, rest);
  rest -= 8;
  const sum = cost1(at);
  if (rest < 8) return sum + cost0(at + CHOICE2) + treeCost(at + MIDDLE + place * 16, 3, rest);
  return sum + cost1(at + CHOICE2) + treeCost(at + HIGH, 8, rest - 8);
}

function codeLength(at: u32, place: u32, length: u32): void {
  let rest = length - 2;
  if (rest < 8) {
    code(at, 0);
    codeTree(at + LOW + place * 16, 3, rest);
    return;
  }
  rest -= 8;
  code(at, 1);
  if (rest < 8) {
    code(at + CHOICE2, 0);
    codeTree(at + MIDDLE + place * 16, 3, rest);
  } else {
    code(at + CHOICE2, 1);
    codeTree(at + HIGH, 8, rest - 8);
  }
}

function treeCost(at: u32, bits: u32, value: u32): u32 {
  let sum: u32 = 0;
  let node: u32 = 1;
  while (bits-- != 0) {
    const bit = (value >>> bits) & 1;
    sum += cost(at + node * 2, bit);
    node = (node << 1) | bit;
  }
  return sum;
}

function codeTree(at: u32, bits: u32, value: u32): void {
  let node: u32 = 1;
  while (bits-- != 0) {
    const bit = (value >>> bits) & 1;
    code(at + node * 2, bit);
    node = (node << 1) | bit;
  }
}

function reverseCost(at: u32, bits: u32, value: u32): u32 {
  let sum: u32 = 0;
  let node: u32 = 1;
  while (bits-- != 0) {
    const bit = value & 1;
    value >>>= 1;
    sum += cost(at + node * 2, bit);
    node = (node << 1) | bit;
  }
  return sum;
}

function codeReverse(at: u32, bits: u32, value: u32): void {
  let node: u32 = 1;
  while (bits-- != 0) {
    const bit = value & 1;
    value >>>= 1;
    code(at + node * 2, bit);
    node = (node << 1) | bit;
  }
}

// ---- distances

// @ts-ignore: decorator
@inline
function slotOf(distance: u32): u32 {
  if (distance < 4) return distance;
  const high = 31 - clz(distance);
  return (high << 1) | ((distance >>> (high - 1)) & 1);
}

function distanceCost(distance: u32, length: u32): u32 {
  const slot = slotOf(distance);
  const sum = treeCost(SLOTS + (length < 6 ? length - 2 : 3) * 128, 6, slot);
  if (slot < 4) return sum;
  const bits = (slot >>> 1) - 1;
  const base = (2 | (slot & 1)) << bits;
  // One tree after another; each uses its entries from 1.
  if (slot < 14) return sum + reverseCost(SPECIAL + (base - slot) * 2, bits, distance - base);
  return sum + (bits - 4) * BIT + reverseCost(ALIGN, 4, distance & 15);
}

function codeDistance(distance: u32, length: u32): void {
  const slot = slotOf(distance);
  codeTree(SLOTS + (length < 6 ? length - 2 : 3) * 128, 6, slot);
  if (slot < 4) return;
  let bits = (slot >>> 1) - 1;
  const base = (2 | (slot & 1)) << bits;
  if (slot < 14) {
    codeReverse(SPECIAL + (base - slot) * 2, bits, distance - base);
    return;
  }
  spent += (bits - 4) * BIT;
  if (emitting && !logging) while (bits-- > 4) emitDirect((distance >>> bits) & 1);
  codeReverse(ALIGN, 4, distance & 15);
}

// ---- matches and repeats

/** What a match or a repeat costs; `length` 1 only for the repeat 0. */
export function matchCost(position: u32, state: u32, back: u32, length: u32): u32 {
  const place = position & pbMask;
  const sum = cost1(IS_MATCH + (state * 16 + place) * 2);
  const at = IS_REP + state * 2;
  if (back >= FIRST) return sum + cost0(at) + lengthCost(MATCH_LENGTHS, place, length) + distanceCost(back - FIRST, length);
  return sum + cost1(at) + repeatCost(place, state, back, length);
}

function repeatCost(place: u32, state: u32, back: u32, length: u32): u32 {
  let sum: u32;
  if (back == 0) {
    sum = cost0(IS_REP_G0 + state * 2);
    const long = IS_REP0_LONG + (state * 16 + place) * 2;
    if (length == 1) return sum + cost0(long);
    sum += cost1(long);
  } else {
    sum = cost1(IS_REP_G0 + state * 2);
    if (back == 1) sum += cost0(IS_REP_G1 + state * 2);
    else sum += cost1(IS_REP_G1 + state * 2) + cost(IS_REP_G2 + state * 2, back - 2);
  }
  return sum + lengthCost(REP_LENGTHS, place, length);
}

export function codeMatch(position: u32, state: u32, back: u32, length: u32): void {
  const place = position & pbMask;
  code(IS_MATCH + (state * 16 + place) * 2, 1);
  if (back >= FIRST) {
    code(IS_REP + state * 2, 0);
    codeLength(MATCH_LENGTHS, place, length);
    codeDistance(back - FIRST, length);
    return;
  }
  code(IS_REP + state * 2, 1);
  if (back == 0) {
    code(IS_REP_G0 + state * 2, 0);
    code(IS_REP0_LONG + (state * 16 + place) * 2, length == 1 ? 0 : 1);
    if (length == 1) return;
  } else {
    code(IS_REP_G0 + state * 2, 1);
    if (back == 1) code(IS_REP_G1 + state * 2, 0);
    else {
      code(IS_REP_G1 + state * 2, 1);
      code(IS_REP_G2 + state * 2, back - 2);
    }
  }
  codeLength(REP_LENGTHS, place, length);
}
