// Registers and records.
import { REGISTERS } from './layout';

/** Registers of the model. */
@unmanaged
export class Registers {
  /** Where the next raw byte goes. */
  text: u32;
  /** Where the lowest block of the arena starts: raw text lies below, contexts above. */
  low: u32;
  /** Where the arena ends. */
  end: u32;
  /** Longest order of a context. */
  order: u32;
  /** The context of the next symbol: the longest there is. */
  context: u32;
  /** Its order. */
  depth: u32;
  /** Whether the last symbol was the likeliest of its context. */
  success: u32;
  /** Symbols of that sort in a row, less a start that escapes set it back to. */
  run: i32;
  /** What new contexts of several symbols begin their escapes with. */
  escape: u32;
  /** The last byte. */
  last: u32;
  /** Number of times that memory was full. */
  restarts: u32;
  /** Freed blocks by size class, linked through their first word: 15 of them. */
  free: u32;
}

export const registers = changetype<Registers>(REGISTERS);
/** Offset of the lists of free blocks. */
export const FREE: u32 = REGISTERS + 44;

// A state is 8 bytes: the successor, the symbol, the frequency. A successor is 0, an address in the raw text (below
// `low`: the context that it stands for was not needed yet), or a context.
//
// A context is 16 bytes: the suffix (0 for order 0), the number of symbols, the sum of frequencies with escapes, and
// then either its only state or the address of its states.

// @ts-ignore: decorator
@inline
export const SYMBOL: usize = 4;
// @ts-ignore: decorator
@inline
export const FREQUENCY: usize = 5;

// @ts-ignore: decorator
@inline
export function suffixOf(context: u32): u32 {
  return load<u32>(context);
}

// @ts-ignore: decorator
@inline
export function countOf(context: u32): u32 {
  return <u32>load<u16>(context, 4);
}

// @ts-ignore: decorator
@inline
export function sumOf(context: u32): u32 {
  return <u32>load<u16>(context, 6);
}

/** Address of the first state. */
// @ts-ignore: decorator
@inline
export function statesOf(context: u32): u32 {
  return countOf(context) == 1 ? context + 8 : load<u32>(context, 8);
}

/** Address of the state of a symbol, or 0. */
export function find(context: u32, symbol: u32): u32 {
  const n = countOf(context);
  let s = statesOf(context);
  for (let i: u32 = 0; i < n; i++, s += 8) if (load<u8>(s, SYMBOL) == symbol) return s;
  return 0;
}
