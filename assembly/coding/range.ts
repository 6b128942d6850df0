// Range coding as a queue (Martin, 1979), with the carry settled late: while the interval straddles a multiple of
// 2^64 (situation "inverted"), words are counted and not written, since all that is open is a carry through them.

import {
  block, CORRUPT, cut, FIRST, guessStart, guessWidth, IMPOSSIBLE, intervalOf, INVERTED, isTable, OFFSET, OUT_OF_DATA,
  PADDED, precision, RANGE, REASON, startAt, STATE, symbolOf, takeGuess, widthAt, WORD_COUNT, wordBits, words,
} from './tables';

/** A word of ones. */
// @ts-ignore: decorator
@inline
function fullWord<W>(): u32 {
  return sizeof<W>() == 4 ? 0xffffffff : 0xffff;
}

/** Codes the chunk's `n` symbols, first first. Returns the first place that cannot be coded, or -1. */
export function encodeLoop<W, M>(n: i32): i32 {
  let lower = load<u64>(block(), STATE);
  let range = load<u64>(block(), RANGE);
  let inverted = load<u32>(block(), INVERTED);
  let first = load<u32>(block(), FIRST);
  const begin = words();
  let out = begin;
  // Words held back are written, too: should there be a carry, it runs back through them.
  for (let held = inverted; held != 0; held--) {
    store<u32>(out, held == inverted ? first : fullWord<W>());
    out += 4;
  }
  for (let i = 0; i < n; i++) {
    const at = intervalOf<W, M>(i);
    if (at == 0) {
      store<u32>(block(), IMPOSSIBLE, REASON);
      return i;
    }
    const start = startAt<M>(at);
    const scale = range >> precision<W>();
    const next = cut<W>(lower + scale * start);
    // A carry is as likely as not, so it is added in any case; that it runs on through a full word is rare.
    const carry = u32(next < lower);
    const last = load<u32>(out - 4) + carry;
    store<u32>(out - 4, last);
    if (sizeof<W>() == 4 ? last < carry : last > 0xffff) {
      let back = out - 4;
      store<u32>(back, 0);
      do {
        back -= 4;
        store<u32>(back, (load<u32>(back) + 1) & fullWord<W>());
      } while (load<u32>(back) == 0);
    }
    range = scale * widthAt<M>(at, start);
    const small = range >> wordBits<W>() == 0;
    store<u32>(out, <u32>(next >> wordBits<W>()));
    out += <usize>small << 2;
    lower = select<u64>(cut<W>(next << wordBits<W>()), next, small);
    range = select<u64>(range << wordBits<W>(), range, range < <u64>1 << wordBits<W>());
  }
  // While the interval straddles the end, the last word that is not full, and all after it, may still change.
  inverted = 0;
  if (cut<W>(lower + range) <= lower) {
    do {
      out -= 4;
      inverted++;
      first = load<u32>(out);
    } while (first == fullWord<W>());
  }
  store<u64>(block(), lower, STATE);
  store<u64>(block(), range, RANGE);
  store<u32>(block(), inverted, INVERTED);
  store<u32>(block(), first, FIRST);
  store<u32>(block(), <u32>(out - begin) >> 2, WORD_COUNT);
  return -1;
}

/**
 * Decodes `n` symbols; leaves how many of the window's words it has read. `PADDED` counts zeros read past the end: an
 * intact message needs one at most, so a second one shows that there was no such symbol.
 */
export function decodeLoop<W, M>(n: i32): i32 {
  let range = load<u64>(block(), RANGE);
  let offset = load<u64>(block(), OFFSET);
  let padded = load<u32>(block(), PADDED);
  let at = words();
  const end = at + (<usize>load<u32>(block(), WORD_COUNT) << 2);
  for (let i = 0; i < n; i++) {
    const scale = range >> precision<W>();
    let below: u64 = isTable<M>() ? scale * guessStart() : 0;
    range = isTable<M>() ? scale * guessWidth() : 0;
    // The processor goes on with its own guess at this branch, and need not wait for the division.
    if (isTable<M>() && offset - below < range) {
      takeGuess(i);
    } else {
      const wide = offset / scale;
      if (wide >= <u64>1 << precision<W>()) {
        store<u32>(block(), CORRUPT, REASON);
        return i;
      }
      const found = symbolOf<W, M>(i, <u32>wide);
      const start = startAt<M>(found);
      below = scale * start;
      range = scale * widthAt<M>(found, start);
    }
    offset -= below;
    if (range < <u64>1 << wordBits<W>()) {
      range <<= wordBits<W>();
      offset <<= wordBits<W>();
      if (at != end) {
        offset |= load<u32>(at);
        at += 4;
      } else if (++padded > 1) {
        store<u32>(block(), OUT_OF_DATA, REASON);
        return i;
      }
    }
  }
  store<u64>(block(), offset, OFFSET);
  store<u64>(block(), range, RANGE);
  store<u32>(block(), padded, PADDED);
  store<u32>(block(), <u32>(at - words()) >> 2, WORD_COUNT);
  return -1;
}
