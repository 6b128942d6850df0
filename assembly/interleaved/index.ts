// Interleaved rANS for static byte models: src/kernels/interleaved.ts is the other side of this border, docs/interleaved.md
// says what the stream is, and test/reference/interleaved.ts does the same a symbol at a time.
//
// Thirty-two states of 32 bits take turns; renormalisation moves words of 16 bits, at most one a symbol. Four states lie
// in one vector, and eight share a load or a store of words: a table of 256 swizzles, by which of the eight take or give
// one, puts the words in the order of the symbols (Giesen 2014, arXiv:1402.3392, "Interleaved entropy coders").

import {
  BITS,
  CHUNK,
  counters,
  entries,
  gathered,
  LEAST,
  slots,
  spread,
  STATES,
  states,
  symbols,
} from './layout';

export {
  buildEntries,
  buildSlots,
  CHUNK,
  counters,
  frequencies,
  prepare,
  size,
  STATES,
  states,
  symbols,
  WINDOW,
  words,
} from './layout';
export { finishHash, hash, startHash } from './hash';

/** Adds the first n symbols to the histograms. */
export function count(n: i32): void {
  const at = counters();
  const end = symbols() + n;
  let p = symbols();
  for (; p + 8 <= end; p += 8) {
    const eight = load<u64>(p);
    let c = at + (<usize>(eight & 255) << 2);
    store<u32>(c, load<u32>(c) + 1);
    c = at + (<usize>((eight >> 8) & 255) << 2);
    store<u32>(c, load<u32>(c, 0x400) + 1, 0x400);
    c = at + (<usize>((eight >> 16) & 255) << 2);
    store<u32>(c, load<u32>(c, 0x800) + 1, 0x800);
    c = at + (<usize>((eight >> 24) & 255) << 2);
    store<u32>(c, load<u32>(c, 0xc00) + 1, 0xc00);
    c = at + (<usize>((eight >> 32) & 255) << 2);
    store<u32>(c, load<u32>(c) + 1);
    c = at + (<usize>((eight >> 40) & 255) << 2);
    store<u32>(c, load<u32>(c, 0x400) + 1, 0x400);
    c = at + (<usize>((eight >> 48) & 255) << 2);
    store<u32>(c, load<u32>(c, 0x800) + 1, 0x800);
    c = at + (<usize>(eight >> 56) << 2);
    store<u32>(c, load<u32>(c, 0xc00) + 1, 0xc00);
  }
  for (; p < end; p++) {
    const c = at + (<usize>load<u8>(p) << 2);
    store<u32>(c, load<u32>(c) + 1);
  }
}

/** The entries of two neighbouring symbols. */
// @ts-ignore: decorator
@inline
function two(at: usize): v128 {
  const first = v128.load_zero<u64>(entries() + (<usize>load<u8>(at) << 3));
  return v128.load_lane<u64>(entries() + (<usize>load<u8>(at, 1) << 3), first, 1);
}

/**
 * Four states, renormalised already, take a symbol each. With x < f * 2^20 and r = floor((2^32 - 1) / f), the high half
 * of x * r is floor(x / f) or one less: what is left, minus f once more, is negative when it was right.
 */
// @ts-ignore: decorator
@inline
function push(x: v128, r: v128, e: v128): v128 {
  const f = v128.shr<u32>(e, 20);
  const q = v128.shuffle<i32>(i64x2.extmul_low_i32x4_u(x, r), i64x2.extmul_high_i32x4_u(x, r), 1, 3, 5, 7);
  const rest = v128.sub<i32>(v128.sub<i32>(x, v128.mul<i32>(q, f)), f);
  const fix = v128.and(v128.shr<i32>(rest, 31), v128.sub<i32>(f, i32x4.splat(1 << BITS)));
  const start = v128.and(e, i32x4.splat(0xfffff));
  return v128.add<i32>(v128.add<i32>(v128.add<i32>(rest, v128.shl<i32>(q, BITS)), start), fix);
}

/** Entries of the impossible symbols met are zero, and so is then a lane of this. */
let least: v128 = i32x4.splat(-1);

/** Eight states take the eight symbols at `at`; their words go below p. Returns the new p. */
// @ts-ignore: decorator
@inline
function pushEight(at: usize, state: usize, p: usize): usize {
  const a = two(at);
  const b = two(at + 2);
  const c = two(at + 4);
  const d = two(at + 6);
  const lowEntries = v128.shuffle<i32>(a, b, 1, 3, 5, 7);
  const highEntries = v128.shuffle<i32>(c, d, 1, 3, 5, 7);
  const low = v128.load(state);
  const high = v128.load(state, 16);
  // A state gives a word when it is f * 2^20 or more.
  const lowGives = v128.ge<u32>(low, v128.and(lowEntries, i32x4.splat(0xfff00000)));
  const highGives = v128.ge<u32>(high, v128.and(highEntries, i32x4.splat(0xfff00000)));
  const set = <usize>v128.bitmask<i16>(i16x8.narrow_i32x4_s(lowGives, highGives));
  const given = i16x8.narrow_i32x4_u(
    v128.and(low, i32x4.splat(0xffff)),
    v128.and(high, i32x4.splat(0xffff)),
  );
  v128.store(p - 16, v128.swizzle(given, v128.load(gathered() + (set << 4))));
  v128.store(
    state,
    push(v128.bitselect(v128.shr<u32>(low, 16), low, lowGives), v128.shuffle<i32>(a, b, 0, 2, 4, 6), lowEntries),
  );
  v128.store(
    state,
    push(v128.bitselect(v128.shr<u32>(high, 16), high, highGives), v128.shuffle<i32>(c, d, 0, 2, 4, 6), highEntries),
    16,
  );
  least = v128.min<u32>(least, v128.min<u32>(lowEntries, highEntries));
  return p - (popcnt(set) << 1);
}

/**
 * Encodes the first n symbols, last one first, which have to begin with state 0's. The words go below p, where there
 * is room for one a symbol.
 *
 * @returns the address of the first word, or 0 when a symbol is impossible.
 */
export function encode(n: i32, p: usize): usize {
  const groups = symbols() + (n & ~(STATES - 1));
  for (let at = symbols() + n; at > groups; ) {
    at--;
    const state = states() + ((at - groups) << 2);
    const e = load<u32>(entries() + (<usize>load<u8>(at) << 3), 4);
    if (e == 0) return 0;
    const f = e >> 20;
    let x = load<u32>(state);
    if (x >= f << 20) {
      p -= 2;
      store<u16>(p, x);
      x >>= 16;
    }
    store<u32>(state, ((x / f) << BITS) + (x % f) + (e & 0xfffff) - (1 << BITS));
  }
  least = i32x4.splat(-1);
  for (let at = groups; at > symbols(); ) {
    at -= STATES;
    p = pushEight(at + 24, states() + 96, p);
    p = pushEight(at + 16, states() + 64, p);
    p = pushEight(at + 8, states() + 32, p);
    p = pushEight(at, states(), p);
  }
  return v128.all_true<i32>(least) ? p : 0;
}

/** The table's entries for the slots of four states. */
// @ts-ignore: decorator
@inline
function look(x: v128): v128 {
  const offsets = v128.shl<i32>(v128.and(x, i32x4.splat((1 << BITS) - 1)), 2);
  const low = v128.extract_lane<u64>(offsets, 0);
  const high = v128.extract_lane<u64>(offsets, 1);
  let e = v128.load_zero<u32>(slots() + <usize>(<u32>low));
  e = v128.load_lane<u32>(slots() + <usize>(low >> 32), e, 1);
  e = v128.load_lane<u32>(slots() + <usize>(<u32>high), e, 2);
  return v128.load_lane<u32>(slots() + <usize>(high >> 32), e, 3);
}

/** Four states give the symbols of their entries. */
// @ts-ignore: decorator
@inline
function pop(x: v128, e: v128): v128 {
  const distance = v128.and(v128.shr<u32>(e, 8), i32x4.splat((1 << BITS) - 1));
  return v128.add<i32>(v128.mul<i32>(v128.shr<u32>(e, 20), v128.shr<u32>(x, BITS)), distance);
}

/** All ones where a state has to take a word. */
// @ts-ignore: decorator
@inline
function takes(x: v128): v128 {
  return v128.eq<i32>(v128.min<u32>(x, i32x4.splat(LEAST - 1)), x);
}

/** States with the words they take. A state that takes one becomes larger by it, and the others' word is zero. */
// @ts-ignore: decorator
@inline
function refilled(x: v128, mask: v128, word: v128): v128 {
  return v128.max<u32>(v128.or(v128.shl<i32>(v128.and(x, mask), 16), word), x);
}

/** Sixteen states give the sixteen symbols at `at`, and take words from p on. Returns the new p. */
// @ts-ignore: decorator
@inline
function popSixteen(at: usize, state: usize, p: usize): usize {
  let a = v128.load(state);
  let b = v128.load(state, 16);
  let c = v128.load(state, 32);
  let d = v128.load(state, 48);
  const ea = look(a);
  const eb = look(b);
  const ec = look(c);
  const ed = look(d);
  const byte = i32x4.splat(255);
  v128.store(
    at,
    i8x16.narrow_i16x8_u(
      i16x8.narrow_i32x4_s(v128.and(ea, byte), v128.and(eb, byte)),
      i16x8.narrow_i32x4_s(v128.and(ec, byte), v128.and(ed, byte)),
    ),
  );
  a = pop(a, ea);
  b = pop(b, eb);
  const ma = takes(a);
  const mb = takes(b);
  let set = <usize>v128.bitmask<i16>(i16x8.narrow_i32x4_s(ma, mb));
  let w = v128.swizzle(v128.load(p), v128.load(spread() + (set << 4)));
  p += popcnt(set) << 1;
  v128.store(state, refilled(a, ma, i32x4.extend_low_i16x8_u(w)));
  v128.store(state, refilled(b, mb, i32x4.extend_high_i16x8_u(w)), 16);
  c = pop(c, ec);
  d = pop(d, ed);
  const mc = takes(c);
  const md = takes(d);
  set = <usize>v128.bitmask<i16>(i16x8.narrow_i32x4_s(mc, md));
  w = v128.swizzle(v128.load(p), v128.load(spread() + (set << 4)));
  p += popcnt(set) << 1;
  v128.store(state, refilled(c, mc, i32x4.extend_low_i16x8_u(w)), 32);
  v128.store(state, refilled(d, md, i32x4.extend_high_i16x8_u(w)), 48);
  return p;
}

/**
 * Decodes n symbols, the first one state 0's, from the words at p on.
 *
 * @returns where the next word is. Beyond `end` it says that words were missing: the symbols are then not to be used.
 *   It stops there, so that it reads at most 96 bytes past `end`.
 */
export function decode(n: i32, p: usize, end: usize): usize {
  const groups = symbols() + (n & ~(STATES - 1));
  let at = symbols();
  for (; at < groups; at += STATES) {
    if (p > end) return p;
    p = popSixteen(at, states(), p);
    p = popSixteen(at + 16, states() + 64, p);
  }
  for (; at < symbols() + n; at++) {
    if (p > end) return p;
    const state = states() + ((at - groups) << 2);
    let x = load<u32>(state);
    const e = load<u32>(slots() + <usize>((x & ((1 << BITS) - 1)) << 2));
    store<u8>(at, e);
    x = (e >> 20) * (x >> BITS) + ((e >> 8) & ((1 << BITS) - 1));
    if (x < LEAST) {
      x = (x << 16) | <u32>load<u16>(p);
      p += 2;
    }
    store<u32>(state, x);
  }
  return p;
}
