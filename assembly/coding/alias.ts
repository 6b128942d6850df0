// Walker's alias method as a source of intervals (Walker 1974; Vose 1991; in a coder: Giesen 2014): quantiles are cut
// into buckets of one size, each of which holds units of two symbols at most, so that a bucket number and one
// comparison find the symbol. A symbol's units then lie scattered: `slot` is where one of them is.
//
// src/models/alias.ts lays a table out, as 32-bit numbers:
// - a record of 8 for each bucket: two sides of three (the slot that offset 0 of the symbol would have if all its units
//   lay beside those here, mod 2^32; the symbol's units; the symbol), the first slot of the second side, and a spare;
// - a pair for each symbol: its first piece, its units; and one pair more whose first piece is the end;
// - a pair for each piece: its first unit among the symbol's, and the slot of that.

let buckets: usize = 0;
let pairs: usize = 0;
let pieces: usize = 0;
let shift: u32 = 0;
let size: u32 = 0;

/** Makes the table at `at` the one in use. */
export function useAlias(at: usize, bucketCount: u32, symbolCount: u32, bucketShift: u32): void {
  buckets = at;
  pairs = at + (<usize>bucketCount << 5);
  pieces = pairs + (<usize>(symbolCount + 1) << 3);
  shift = bucketShift;
  size = symbolCount;
}

/** Where the pair of a symbol is; 0 for a symbol that the model does not have. */
// @ts-ignore: decorator
@inline
export function pairOf(symbol: i32): usize {
  return <u32>symbol < size ? pairs + (<usize>symbol << 3) : 0;
}

/** Where the side is whose units hold the slot. */
// @ts-ignore: decorator
@inline
export function sideOf(slot: u32): usize {
  const record = buckets + (<usize>(slot >> shift) << 5);
  return record + (slot >= load<u32>(record, 24) ? 12 : 0);
}

/** The slot of unit `offset` of the symbol whose pair is at `pair`: the last piece that starts no later holds it. */
export function slotOf(pair: usize, offset: u32): u32 {
  let low = pieces + (<usize>load<u32>(pair) << 3);
  let count = load<u32>(pair, 8) - load<u32>(pair);
  while (count > 1) {
    const half = count >> 1;
    const middle = low + (<usize>half << 3);
    low = load<u32>(middle) <= offset ? middle : low;
    count -= half;
  }
  return load<u32>(low, 4) + (offset - load<u32>(low));
}
