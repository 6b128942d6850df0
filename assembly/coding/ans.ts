// Asymmetric numeral systems as a stack (Duda, arXiv:0902.0271): the loops over a chunk of symbols.

import { slotOf } from './alias';
import { limitOf, quotientOf } from './divisors';
import {
  block, cutAt, guessStart, guessWidth, IMPOSSIBLE, intervalOf, isAlias, isDivided, isRestless, isTable, precision, REASON, startAt,
  STATE, symbolOf, symbols, takeGuess, widthAt, WORD_COUNT, wordBits, words,
} from './tables';

/** Codes the chunk's `n` symbols, last first. Returns the first place that cannot be coded, or -1. */
export function encodeLoop<W, M>(n: i32): i32 {
  let state = load<u64>(block(), STATE);
  let out = words();
  for (let i = n - 1; i >= 0; i--) {
    const at = intervalOf<W, M>(i);
    if (at == 0) {
      store<u32>(block(), IMPOSSIBLE, REASON);
      return i;
    }
    const start = isAlias<M>() ? 0 : startAt<M>(at);
    const p: u64 = widthAt<M>(at, start);
    if (isRestless<M>()) {
      // Written in any case, kept if the state is too large.
      store<u32>(out, <u32>(state & ((<u64>1 << wordBits<W>()) - 1)));
      out += select<usize>(4, 0, <u32>(state >> (2 * wordBits<W>() - precision<W>())) >= <u32>p);
      state = select<u64>(state >> wordBits<W>(), state, state >= limitOf(at));
    } else if (state >> (2 * wordBits<W>() - precision<W>()) >= p) {
      store<u32>(out, <u32>(state & ((<u64>1 << wordBits<W>()) - 1)));
      out += 4;
      state >>= wordBits<W>();
    }
    if (isAlias<M>()) {
      const quotient = state / p;
      state = (quotient << precision<W>()) + slotOf(at, <u32>(state - quotient * p));
      continue;
    }
    // (state div p) 2^precision + start + state mod p, with one product less to wait for.
    const quotient = isDivided<M>() ? quotientOf(state, p, at) : state / p;
    state = state + start + quotient * ((<u64>1 << precision<W>()) - p);
  }
  store<u64>(block(), state, STATE);
  store<u32>(block(), <u32>(out - words()) >> 2, WORD_COUNT);
  return -1;
}

/** Decodes `n` symbols from the state and the words before the window's end; leaves how many words are left of it. */
export function decodeLoop<W, M>(n: i32): i32 {
  let state = load<u64>(block(), STATE);
  const first = words();
  let end = first + (<usize>load<u32>(block(), WORD_COUNT) << 2);
  for (let i = 0; i < n; i++) {
    const quantile = <u32>state & ((1 << precision<W>()) - 1);
    let start = guessStart();
    let width = guessWidth();
    // The processor goes on with its own guess at this branch, and need not wait for the search.
    if (isTable<M>() && quantile - start < width) {
      takeGuess(i);
    } else {
      const at = symbolOf<W, M>(i, quantile);
      start = startAt<M>(at);
      width = widthAt<M>(at, start);
    }
    state = (state >> precision<W>()) * width + (quantile - start);
    if (state < <u64>1 << wordBits<W>() && end != first) {
      end -= 4;
      state = (state << wordBits<W>()) | load<u32>(end);
    }
  }
  store<u64>(block(), state, STATE);
  store<u32>(block(), <u32>(end - first) >> 2, WORD_COUNT);
  return -1;
}

/** {@link decodeLoop} for coins whose cuts are known: no branch depends on the state. */
export function decodeCoins<W>(n: i32): i32 {
  let state = load<u64>(block(), STATE);
  const first = words();
  let end = first + (<usize>load<u32>(block(), WORD_COUNT) << 2);
  for (let i = 0; i < n; i++) {
    const quantile = <u32>state & ((1 << precision<W>()) - 1);
    const cut = cutAt(i);
    const one = quantile >= cut;
    store<u32>(symbols() + (<usize>i << 2), <u32>one);
    const width = select<u32>((1 << precision<W>()) - cut, cut, one);
    state = (state >> precision<W>()) * width + (quantile - select<u32>(cut, 0, one));
    if (state < <u64>1 << wordBits<W>() && end != first) {
      end -= 4;
      state = (state << wordBits<W>()) | load<u32>(end);
    }
  }
  store<u64>(block(), state, STATE);
  store<u32>(block(), <u32>(end - first) >> 2, WORD_COUNT);
  return -1;
}
