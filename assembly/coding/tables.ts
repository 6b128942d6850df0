// Memory that the coders' kernels share, the models they run on, and the search in tables of cumulative frequencies.
//
// Symbols, parameters and words are copied in and out in chunks; a model's table is copied in once and stays. What a
// coder is made of passes through one block of 32-bit slots, so that no 64-bit integer crosses the border.
//
// The loops are generic: W is the coder's word (u32: states of 64 bits, probabilities of 24; u16: 32 and 12), and M
// says where intervals come from (u8: a table, f64: a family whose parameters may differ from symbol to symbol, u16: an
// alias table, whose symbols have their units scattered: for coders that need no interval in one piece, i8: a table with
// reciprocals, to encode with, i32: such a table whose words come so seldom that a branch for them is guessed right).

import { pairOf, sideOf } from './alias';
import { dividedStart, divisorOf, ENTRY_BITS } from './divisors';
import { familyInterval, familySymbolAt, left, probability } from './families';
import { locationIntervals, locationSymbolAt, LOGISTIC } from './locations';
import { logitCuts } from './logits';
import { mixtureInterval, mixtureLeft, mixtureSymbolAt, mixturesHold, mixtureWidth, shapeMixture } from './mixtures';
import { BERNOULLI_LOGITS } from './resident';

/** Symbols that one call codes at most. */
export const CHUNK: i32 = 4096;

/** Why a loop stopped early; the host restores the coder and says it in words. */
export const IMPOSSIBLE: u32 = 1;
export const OUT_OF_DATA: u32 = 2;
export const OUT_OF_REMAINDERS: u32 = 3;
export const CORRUPT: u32 = 4;

/** Kinds from here on are mixtures, the ones below families with two parameters at most. */
const FIRST_MIXTURE: u32 = 64;

// Slots of the block, in bytes.
export const STATE: usize = 0;
export const RANGE: usize = 8;
export const OFFSET: usize = 16;
export const WORD_COUNT: usize = 24;
export const INVERTED: usize = 28;
export const FIRST: usize = 32;
export const OTHER_COUNT: usize = 36;
export const HEAD: usize = 40;
export const PADDED: usize = 44;
export const REASON: usize = 48;

// The table in use is described in the same block, which is quicker to get at than globals are.
const CUMULATIVE: usize = 64;
const SIZE: usize = 68;
const LEAST: usize = 72;
const LOOKUP: usize = 76;
const SHIFT: usize = 80;
const DIVISORS: usize = 84;
const GUESS_START: usize = 88;
const GUESS_WIDTH: usize = 92;
const GUESS: usize = 96;

// @ts-ignore: decorator
@inline
export function block(): usize {
  return (__heap_base + 15) & ~15;
}

// @ts-ignore: decorator
@inline
export function symbols(): usize {
  return block() + 128;
}

// @ts-ignore: decorator
@inline
export function parameters(): usize {
  return symbols() + (CHUNK << 2);
}

/**
 * Room for twice the chunk, since a range encoder may hold back as many words as a chunk makes. The word before them is
 * always 0: a range encoder adds carries to the word before the next, and must not find the parameters there.
 */
// @ts-ignore: decorator
@inline
export function words(): usize {
  return parameters() + (CHUNK << 4) + 64;
}

// @ts-ignore: decorator
@inline
export function others(): usize {
  return words() + (CHUNK << 3) + 64;
}

// @ts-ignore: decorator
@inline
export function tables(): usize {
  return others() + (CHUNK << 3) + 64;
}

// The model in use. `stride` is 8 when each symbol has parameters of its own and 0 when all share the first.
let kind: u32 = 0;
let least: i32 = 0;
let most: i32 = 0;
let stride: usize = 0;

export function useFamily(which: u32, min: i32, max: i32, step: usize): void {
  kind = which;
  least = min;
  most = max;
  stride = step;
}

/** `spacing`: bytes from all weights to all means, and from those to all scales. */
export function useMixture(which: u32, min: i32, max: i32, components: i32, step: usize, spacing: usize): void {
  useFamily(which, min, max, step);
  shapeMixture(components, spacing);
}

/** Whether the parameters of the chunk's `n` mixtures are such as can be coded with. */
export function checkMixtures(n: i32): bool {
  return mixturesHold(parameters(), n);
}

/**
 * Makes the table at `at` the one in use. `divisorsAt`: its reciprocals, if there are any. `guess`: the place of a symbol
 * that nearly every quantile belongs to, or a place outside.
 */
export function useTable(
  at: usize, entries: u32, lookupAt: usize, lookupShift: u32, min: i32, divisorsAt: usize, guess: u32,
): void {
  store<u32>(block(), <u32>at, CUMULATIVE);
  store<u32>(block(), entries, SIZE);
  store<i32>(block(), min, LEAST);
  store<u32>(block(), <u32>lookupAt, LOOKUP);
  store<u32>(block(), lookupShift, SHIFT);
  store<u32>(block(), <u32>divisorsAt, DIVISORS);
  const place = at + (<usize>guess << 2);
  const start: u32 = guess < entries ? load<u32>(place) : 0;
  store<u32>(block(), start, GUESS_START);
  store<u32>(block(), guess < entries ? load<u32>(place, 4) - start : 0, GUESS_WIDTH);
  store<i32>(block(), <i32>guess + min, GUESS);
}

/** Gives the table in use its reciprocals. */
export function useDivisors(at: usize): void {
  store<u32>(block(), <u32>at, DIVISORS);
}

/** Where the interval of the symbol starts that is tried before any search. */
// @ts-ignore: decorator
@inline
export function guessStart(): u32 {
  return load<u32>(block(), GUESS_START);
}

/** The size of that symbol's interval; 0 when no symbol is worth it. */
// @ts-ignore: decorator
@inline
export function guessWidth(): u32 {
  return load<u32>(block(), GUESS_WIDTH);
}

/** Writes that symbol to place `i` of the chunk. */
// @ts-ignore: decorator
@inline
export function takeGuess(i: i32): void {
  store<i32>(symbols() + (<usize>i << 2), load<i32>(block(), GUESS));
}

/**
 * Fills a look-up table for the cumulative frequencies at `at`: entry j is the address of the entry whose interval
 * holds quantile j << lookupShift, and one entry more is that of the last symbol.
 */
export function buildLookup(at: usize, entries: u32, lookupAt: usize, lookupShift: u32, bits: u32): void {
  const last = at + ((entries - 1) << 2);
  const count: u32 = 1 << (bits - lookupShift);
  let symbol = at;
  for (let j: u32 = 0; j < count; j++) {
    while (symbol < last && load<u32>(symbol, 4) <= j << lookupShift) symbol += 4;
    store<u32>(lookupAt + (j << 2), <u32>symbol);
  }
  store<u32>(lookupAt + (count << 2), <u32>last);
}

/** Intervals of the chunk's symbols where a family computes them: left end and width. A decoder uses the first one. */
const INTERVALS: usize = memory.data((4096 << 3) + 16, 16);

// @ts-ignore: decorator
@inline
function setInterval(at: usize, start: u32, width: u32): void {
  store<u32>(at, start);
  store<u32>(at, width, 4);
}

/**
 * Computes the intervals of the chunk's `n` symbols, of width 0 for a symbol that has none: what an encoder's loop then
 * runs on. Its own steps wait for one another; these do not, and go faster without them in between.
 */
export function familyIntervals(n: i32, bits: u32): void {
  if (kind <= LOGISTIC) {
    locationIntervals(kind, n, symbols(), parameters(), CHUNK << 3, stride, least, most, bits, INTERVALS);
    return;
  }
  if (logitsOf(n, bits)) {
    for (let i = 0; i < n; i++) {
      const to = INTERVALS + (<usize>i << 3);
      const cut = load<u32>(to);
      const symbol = load<u32>(symbols() + (<usize>i << 2));
      setInterval(to, symbol == 0 ? 0 : cut, symbol == 0 ? cut : symbol == 1 ? (<u32>1 << bits) - cut : 0);
    }
    return;
  }
  for (let i = 0; i < n; i++) {
    const at = parameters() + <usize>i * stride;
    const symbol = load<i32>(symbols() + (<usize>i << 2));
    const to = INTERVALS + (<usize>i << 3);
    if (kind >= FIRST_MIXTURE) {
      const found = mixtureInterval(at, kind, symbol, least, most, bits);
      setInterval(to, mixtureLeft, found ? mixtureWidth : 0);
    } else {
      const found = familyInterval(kind, symbol, least, most, bits, load<f64>(at), load<f64>(at, CHUNK << 3));
      setInterval(to, left, found ? probability : 0);
    }
  }
}

/** Whether the model is a coin with log odds for each of the `n` symbols; then their {@link cutAt} is known. */
export function logitsOf(n: i32, bits: u32): bool {
  if (kind != BERNOULLI_LOGITS || stride == 0) return false;
  logitCuts(parameters(), n, bits, INTERVALS);
  return true;
}

/** Where the intervals of 0 and 1 meet for the chunk's symbol `i`. */
// @ts-ignore: decorator
@inline
export function cutAt(i: i32): u32 {
  return load<u32>(INTERVALS + (<usize>i << 3));
}

/** Whether the chunk's first parameters (or the second ones) are numbers from `low` to `high`. */
export function parametersHold(n: i32, second: bool, low: f64, high: f64): bool {
  let at = parameters() + (second ? CHUNK << 3 : 0);
  const end = at + (<usize>n << 3);
  let held = i64x2.splat(-1);
  for (; at + 8 < end; at += 16) {
    const x = v128.load(at);
    held = v128.and(held, v128.and(f64x2.ge(x, f64x2.splat(low)), f64x2.le(x, f64x2.splat(high))));
  }
  if (at < end && !(load<f64>(at) >= low && load<f64>(at) <= high)) return false;
  return v128.all_true<i64>(held);
}

/** Bits of a probability. */
// @ts-ignore: decorator
@inline
export function precision<W>(): u32 {
  return sizeof<W>() == 4 ? 24 : 12;
}

/** Bits of a word. */
// @ts-ignore: decorator
@inline
export function wordBits<W>(): u32 {
  return sizeof<W>() == 4 ? 32 : 16;
}

/** Whether the source is a table of intervals. */
// @ts-ignore: decorator
@inline
export function isTable<M>(): bool {
  return isInteger<M>() && sizeof<M>() == 1;
}

/** Whether that has reciprocals. */
// @ts-ignore: decorator
@inline
export function isDivided<M>(): bool {
  return isInteger<M>() && isSigned<M>();
}

/** Whether branches that depend on the state are guessed wrong too often to be left as such. */
// @ts-ignore: decorator
@inline
export function isRestless<M>(): bool {
  return isInteger<M>() && isSigned<M>() && sizeof<M>() == 1;
}

/** Whether the source is an alias table. */
// @ts-ignore: decorator
@inline
export function isAlias<M>(): bool {
  return isInteger<M>() && sizeof<M>() == 2;
}

/** Cuts a sum to the bits of a state, as 64-bit integers are cut by themselves. */
// @ts-ignore: decorator
@inline
export function cut<W>(x: u64): u64 {
  return sizeof<W>() == 4 ? x : x & 0xffffffff;
}

/**
 * Where the interval of the chunk's symbol `i` is, for {@link startAt} and {@link widthAt}; 0 when it has none. An
 * address and not two globals: those would go through memory, and cost as much as the rest of a symbol.
 */
// @ts-ignore: decorator
@inline
export function intervalOf<W, M>(i: i32): usize {
  if (isFloat<M>()) {
    const at = INTERVALS + (<usize>i << 3);
    return load<u32>(at, 4) != 0 ? at : 0;
  }
  const symbol = load<i32>(symbols() + (<usize>i << 2));
  if (isAlias<M>()) {
    return pairOf(symbol);
  } else {
    const index: u32 = symbol - load<i32>(block(), LEAST);
    if (index >= load<u32>(block(), SIZE)) return 0;
    if (isDivided<M>()) return <usize>load<u32>(block(), DIVISORS) + (<usize>index << ENTRY_BITS);
    return <usize>load<u32>(block(), CUMULATIVE) + (<usize>index << 2);
  }
}

/** Writes the symbol that holds `quantile` to place `i` of the chunk; returns where its interval is. */
// @ts-ignore: decorator
@inline
export function symbolOf<W, M>(i: i32, quantile: u32): usize {
  const to = symbols() + (<usize>i << 2);
  if (isFloat<M>()) {
    const at = parameters() + <usize>i * stride;
    if (kind >= FIRST_MIXTURE) {
      store<i32>(to, mixtureSymbolAt(at, kind, quantile, least, most, precision<W>()));
      setInterval(INTERVALS, mixtureLeft, mixtureWidth);
      return INTERVALS;
    }
    const a = load<f64>(at);
    const b = load<f64>(at, CHUNK << 3);
    if (kind <= LOGISTIC) {
      store<u64>(INTERVALS, locationSymbolAt(kind, quantile, least, most, precision<W>(), a, b, to));
    } else {
      store<i32>(to, familySymbolAt(kind, quantile, least, most, precision<W>(), a, b));
      setInterval(INTERVALS, left, probability);
    }
    return INTERVALS;
  } else if (isAlias<M>()) {
    const side = sideOf(quantile);
    store<i32>(to, load<i32>(side, 8));
    return side;
  } else {
    const entry = <usize>load<u32>(block(), LOOKUP) + (<usize>(quantile >> load<u32>(block(), SHIFT)) << 2);
    let low: usize = load<u32>(entry);
    let high: usize = load<u32>(entry, 4);
    // The symbol lies from low to high, both included: halve while that is much, then walk.
    while (high - low > 32) {
      const middle = low + (((high - low) >> 3) << 2);
      if (load<u32>(middle) <= quantile) low = middle;
      else high = middle - 4;
    }
    while (load<u32>(low, 4) <= quantile) low += 4;
    store<i32>(to, <i32>(<u32>(low - load<u32>(block(), CUMULATIVE)) >> 2) + load<i32>(block(), LEAST));
    return low;
  }
}

/** Where the interval at `at` starts: for an alias table when decoding only, and mod 2^32. */
// @ts-ignore: decorator
@inline
export function startAt<M>(at: usize): u32 {
  return isDivided<M>() ? dividedStart(at) : load<u32>(at);
}

/** The size of the interval at `at`, which starts at `start`. */
// @ts-ignore: decorator
@inline
export function widthAt<M>(at: usize, start: u32): u32 {
  if (isDivided<M>()) return divisorOf(at);
  return isFloat<M>() || isAlias<M>() ? load<u32>(at, 4) : load<u32>(at, 4) - start;
}
