// The chain coder (Bamler, arXiv:2201.01741): asymmetric numeral systems whose returned bits go to a second stack, so
// that a symbol takes exactly 24 bits of the first, whatever its model.

import { slotOf } from './alias';
import { quotientOfHalves } from './divisors';
import {
  block, HEAD, IMPOSSIBLE, intervalOf, isAlias, isDivided, OTHER_COUNT, others, OUT_OF_DATA, OUT_OF_REMAINDERS,
  precision, REASON, startAt, STATE, symbolOf, symbols, widthAt, WORD_COUNT, wordBits, words,
} from './tables';

/** Codes the chunk's `n` symbols, last first: takes from the remainders (`others`), adds to the data (`words`). */
export function encodeLoop<W, M>(n: i32): i32 {
  const spare = wordBits<W>() - precision<W>();
  const wordMask: u64 = (<u64>1 << wordBits<W>()) - 1;
  let rest = load<u64>(block(), STATE);
  let head = load<u32>(block(), HEAD);
  let out = words();
  const first = others();
  let end = first + (<usize>load<u32>(block(), OTHER_COUNT) << 2);
  for (let i = n - 1; i >= 0; i--) {
    const at = intervalOf<W, M>(i);
    if (at == 0) {
      store<u32>(block(), IMPOSSIBLE, REASON);
      return i;
    }
    const start = isAlias<M>() ? 0 : startAt<M>(at);
    const p: u64 = widthAt<M>(at, start);
    // Whether a word is needed cannot be guessed, hence no branch.
    const word = <u64>load<u32>(end - 4);
    end -= select<usize>(4, 0, rest >> spare < p);
    if (end < first) {
      store<u32>(block(), OUT_OF_REMAINDERS, REASON);
      return i;
    }
    let offset: u32;
    if (isDivided<M>()) {
      const low = select<u64>(word, rest & 0xffffffff, rest < p << spare);
      const high = select<u64>(rest, rest >> 32, <u32>(rest >> spare) < <u32>p);
      rest = quotientOfHalves(high, low, p, at);
      offset = <u32>low - <u32>rest * <u32>p;
    } else {
      const whole = select<u64>((rest << wordBits<W>()) | word, rest, rest < p << spare);
      rest = whole / p;
      offset = <u32>(whole - rest * p);
    }
    const quantile = isAlias<M>() ? slotOf(at, offset) : start + offset;
    if (head < <u32>1 << spare) {
      head = (head << precision<W>()) | quantile;
    } else {
      store<u32>(out, <u32>(((<u64>head << precision<W>()) | quantile) & wordMask));
      out += 4;
      head >>= spare;
    }
  }
  store<u64>(block(), rest, STATE);
  store<u32>(block(), head, HEAD);
  store<u32>(block(), <u32>(out - words()) >> 2, WORD_COUNT);
  store<u32>(block(), <u32>(end - first) >> 2, OTHER_COUNT);
  return -1;
}

/**
 * Takes `n` quantiles from the data, first first, and leaves them in the places of their symbols: models do not matter to
 * this, and so it has a loop of its own. Four of them are three words whenever the head is a lone 1. Returns how many
 * there were.
 */
function takeData<W>(n: i32): i32 {
  const spare = wordBits<W>() - precision<W>();
  const mask: u32 = (1 << precision<W>()) - 1;
  let head = load<u32>(block(), HEAD);
  const first = words();
  let end = first + (<usize>load<u32>(block(), WORD_COUNT) << 2);
  let i = 0;
  while (i < n) {
    const to = symbols() + (<usize>i << 2);
    if (sizeof<W>() == 4 && head == 1 && i + 4 <= n && end - first >= 12) {
      end -= 12;
      const a = load<u32>(end, 8);
      const b = load<u32>(end, 4);
      const c = load<u32>(end);
      store<u32>(to, a & mask);
      store<u32>(to, b & mask, 4);
      store<u32>(to, c & mask, 8);
      store<u32>(to, ((a >> 24) << 16) | ((b >> 24) << 8) | (c >> 24), 12);
      i += 4;
      continue;
    }
    let word = head;
    if (head <= mask) {
      if (end == first) return i;
      end -= 4;
      word = load<u32>(end);
      head = (head << spare) | (word >> precision<W>());
    } else {
      head >>= precision<W>();
    }
    store<u32>(to, word & mask);
    i++;
  }
  store<u32>(block(), head, HEAD);
  store<u32>(block(), <u32>(end - first) >> 2, WORD_COUNT);
  return n;
}

/** Decodes `n` symbols: takes from the data (`words`), adds to the remainders (`others`). */
export function decodeLoop<W, M>(n: i32): i32 {
  const known = takeData<W>(n);
  if (known < n) {
    store<u32>(block(), OUT_OF_DATA, REASON);
    return known;
  }
  let rest = load<u64>(block(), STATE);
  let out = others();
  for (let i = 0; i < n; i++) {
    const quantile = load<u32>(symbols() + (<usize>i << 2));
    const at = symbolOf<W, M>(i, quantile);
    const start = startAt<M>(at);
    const width = widthAt<M>(at, start);
    rest = rest * width + (quantile - start);
    store<u32>(out, <u32>(rest & ((<u64>1 << wordBits<W>()) - 1)));
    out += select<usize>(4, 0, rest >> (2 * wordBits<W>() - precision<W>()) != 0);
    rest = select<u64>(rest >> wordBits<W>(), rest, rest >= <u64>1 << (2 * wordBits<W>() - precision<W>()));
  }
  store<u64>(block(), rest, STATE);
  store<u32>(block(), <u32>(out - others()) >> 2, OTHER_COUNT);
  return -1;
}
