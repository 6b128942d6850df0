// Memory of the interleaved coder, and its tables. Everything is laid out from __heap_base on.

/** States, side by side in one stream. Symbol i belongs to state i mod STATES. */
export const STATES: i32 = 32;

/** Bits of a probability; frequencies sum to 1 << BITS. */
export const BITS: u32 = 12;

/** States lie in LEAST .. 2^32 - 1 between symbols; this is also where each of them starts and ends. */
export const LEAST: u32 = 0x10000;

/** Symbols that one call codes at most: a multiple of STATES and of XXH32's 16 bytes. */
export const CHUNK: i32 = 32768;

/** Bytes of words at hand at once. A chunk takes 2 * CHUNK at most, so that this holds four chunks or more. */
export const WINDOW: i32 = 262144;

/** The decoder may load this far past the last word; it never uses what it loads there. */
const SLACK: usize = 96;

// @ts-ignore: decorator
@inline
function base(): usize {
  return (__heap_base + 63) & ~63;
}

/** Decoding: one entry a slot: frequency << 20 | distance from the symbol's first slot << 8 | symbol. */
// @ts-ignore: decorator
@inline
export function slots(): usize {
  return base();
}

/** Encoding: 8 bytes a symbol: floor((2^32 - 1) / frequency), then frequency << 20 | first slot + 4096; 0 if impossible. */
// @ts-ignore: decorator
@inline
export function entries(): usize {
  return base() + 0x4000;
}

/** For each set of 8 states that take a word: the swizzle that hands 8 words out in order, zero for the others. */
// @ts-ignore: decorator
@inline
export function spread(): usize {
  return base() + 0x5000;
}

/** For each set of 8 states that give a word: the swizzle that moves these words together at the upper end. */
// @ts-ignore: decorator
@inline
export function gathered(): usize {
  return base() + 0x6000;
}

/** Four histograms of 256 counters, u32: neighbouring bytes count in different ones. */
// @ts-ignore: decorator
@inline
export function counters(): usize {
  return base() + 0x7000;
}

/** The model: 256 frequencies, u16. */
// @ts-ignore: decorator
@inline
export function frequencies(): usize {
  return base() + 0x8000;
}

/** The states, u32. */
// @ts-ignore: decorator
@inline
export function states(): usize {
  return base() + 0x8200;
}

/** The four lanes of the hash, u32. */
// @ts-ignore: decorator
@inline
export function lanes(): usize {
  return base() + 0x8300;
}

/** A chunk of symbols, u8. */
// @ts-ignore: decorator
@inline
export function symbols(): usize {
  return base() + 0x8400;
}

/** The window of words. An encoder fills it from its end, and may write up to 16 bytes below its words. */
// @ts-ignore: decorator
@inline
export function words(): usize {
  return symbols() + CHUNK + 64;
}

/** Bytes of memory in all. */
export function size(): usize {
  return words() + WINDOW + SLACK;
}

/** Fills both tables of swizzles; once an instance. */
export function prepare(): void {
  for (let set = 0; set < 256; set++) {
    const out = spread() + (<usize>set << 4);
    const into = gathered() + (<usize>set << 4);
    v128.store(into, i8x16.splat(-1));
    let taken = 0;
    let place = 8 - popcnt(set);
    for (let i = 0; i < 8; i++) {
      const word = <usize>i << 1;
      if (set & (1 << i)) {
        store<u16>(out + word, (2 * taken) | ((2 * taken + 1) << 8));
        store<u16>(into + (<usize>place << 1), (2 * i) | ((2 * i + 1) << 8));
        taken++;
        place++;
      } else {
        store<u16>(out + word, 0xffff);
      }
    }
  }
}

/** Builds the encoder's table from the frequencies. */
export function buildEntries(): void {
  let start: u32 = 0;
  for (let s: usize = 0; s < 256; s++) {
    const f = <u32>load<u16>(frequencies() + (s << 1));
    const at = entries() + (s << 3);
    store<u32>(at, f ? 0xffffffff / f : 0);
    store<u32>(at, f ? (f << 20) | (start + (1 << BITS)) : 0, 4);
    start += f;
  }
}

/** Builds the decoder's table from the frequencies, of which none is 4096: a model of one symbol needs no decoding. */
export function buildSlots(): void {
  let at = slots();
  for (let s: usize = 0; s < 256; s++) {
    const f = <u32>load<u16>(frequencies() + (s << 1));
    const entry = (f << 20) | <u32>s;
    for (let i: u32 = 0; i < f; i++) {
      store<u32>(at, entry | (i << 8));
      at += 4;
    }
  }
}
