// Range coding as a queue (Martin, 1979), with the carry settled late: while the interval straddles a multiple of
// 2^64 (situation "inverted"), words are counted and not written, since all that is open is a carry through them.

import {
  block, CORRUPT, cut, FIRST, IMPOSSIBLE, intervalOf, INVERTED, OUT_OF_DATA, PADDED, POINT, precision, RANGE, REASON,
  startAt, STATE, symbolOf, widthAt, WORD_COUNT, wordBits, words,
} from './tables';

/** Codes the chunk's `n` symbols, first first. Returns the first place that cannot be coded, or -1. */
export function encodeLoop<W, M>(n: i32): i32 {
  let lower = load<u64>(block(), STATE);
  let range = load<u64>(block(), RANGE);
  let inverted = load<u32>(block(), INVERTED);
  let first = load<u32>(block(), FIRST);
  let out = words();
  for (let i = 0; i < n; i++) {
    const at = intervalOf<W, M>(i);
    if (at == 0) {
      store<u32>(block(), IMPOSSIBLE, REASON);
      return i;
    }
    const start = startAt<M>(at);
    const scale = range >> precision<W>();
    range = scale * widthAt<M>(at, start);
    const next = cut<W>(lower + scale * start);
    if (inverted != 0 && cut<W>(next + range) > next) {
      const carry = next < lower;
      store<u32>(out, first + u32(carry));
      out += 4;
      const fill: u32 = carry ? 0 : <u32>((<u64>1 << wordBits<W>()) - 1);
      while (--inverted != 0) {
        store<u32>(out, fill);
        out += 4;
      }
    }
    lower = next;
    if (range < <u64>1 << wordBits<W>()) {
      range <<= wordBits<W>();
      const word = <u32>(lower >> wordBits<W>());
      lower = cut<W>(lower << wordBits<W>());
      if (inverted != 0) {
        inverted++;
      } else if (cut<W>(lower + range) > lower) {
        store<u32>(out, word);
        out += 4;
      } else {
        inverted = 1;
        first = word;
      }
    }
  }
  store<u64>(block(), lower, STATE);
  store<u64>(block(), range, RANGE);
  store<u32>(block(), inverted, INVERTED);
  store<u32>(block(), first, FIRST);
  store<u32>(block(), <u32>(out - words()) >> 2, WORD_COUNT);
  return -1;
}

/**
 * Decodes `n` symbols; leaves how many of the window's words it has read. `PADDED` counts zeros read past the end: an
 * intact message needs one at most, so a second one shows that there was no such symbol.
 */
export function decodeLoop<W, M>(n: i32): i32 {
  let lower = load<u64>(block(), STATE);
  let range = load<u64>(block(), RANGE);
  let point = load<u64>(block(), POINT);
  let padded = load<u32>(block(), PADDED);
  let at = words();
  const end = at + (<usize>load<u32>(block(), WORD_COUNT) << 2);
  for (let i = 0; i < n; i++) {
    const scale = range >> precision<W>();
    const wide = cut<W>(point - lower) / scale;
    if (wide >= <u64>1 << precision<W>()) {
      store<u32>(block(), CORRUPT, REASON);
      return i;
    }
    const found = symbolOf<W, M>(i, <u32>wide);
    const start = startAt<M>(found);
    const width = widthAt<M>(found, start);
    lower = cut<W>(lower + scale * start);
    range = scale * width;
    if (range < <u64>1 << wordBits<W>()) {
      range <<= wordBits<W>();
      lower = cut<W>(lower << wordBits<W>());
      point = cut<W>(point << wordBits<W>());
      if (at != end) {
        point |= load<u32>(at);
        at += 4;
      } else if (++padded > 1) {
        store<u32>(block(), OUT_OF_DATA, REASON);
        return i;
      }
    }
  }
  store<u64>(block(), lower, STATE);
  store<u64>(block(), range, RANGE);
  store<u64>(block(), point, POINT);
  store<u32>(block(), padded, PADDED);
  store<u32>(block(), <u32>(at - words()) >> 2, WORD_COUNT);
  return -1;
}
