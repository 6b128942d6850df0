// The registers: where the encoder stands. A mark copies them whole. Names in brackets are what the literature on
// zlib calls the same.
import { STATE } from './layout';

// @ts-ignore: decorator
@unmanaged
export class State {
  /** Bits of all finished blocks. */
  done: u64;
  /** Bytes pushed. */
  count: u32;
  /** The next position to decide about [strstart]. All positions count from the first byte of all. */
  position: u32;
  /** Start of the encoder's buffer of two windows: matches start after it, and a stored block not before it. */
  base: u32;
  /** Start of the open block. */
  block: u32;
  /** Length and start of the match at the position before, for the lazy levels; a length of 2 is no match. */
  length: u32;
  start: u32;
  /** 1 while the byte before the position is not coded yet [match_available]. */
  waiting: u32;
  /** Symbols of the open block. */
  symbols: u32;
  /** Bits of the open block's symbols with the fixed code, extra bits included; and the extra bits alone. */
  fixed: u32;
  extra: u32;
  /** What keeps the position undecided: a string whose match reaches the last byte pushed. 0: none. */
  reaching: u32;
}

// @ts-ignore: decorator
@inline
export const state: State = changetype<State>(STATE);
