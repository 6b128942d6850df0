// Writing blocks (RFC 1951), for the encoder alone: the symbols of the open block are kept, and when it ends its codes,
// whose lengths are known by then, are sent.
import {
  BLOCK_SYMBOLS,
  DISTANCE_CODES,
  DISTANCE_COUNTS,
  DISTANCE_LENGTHS,
  DISTANCE_TREE,
  DISTANCES,
  END_OF_BLOCK,
  LENGTHS_CODES,
  LENGTHS_LENGTHS,
  LENGTHS_TREE,
  LITERAL_CODES,
  LITERAL_COUNTS,
  LITERAL_LENGTHS,
  LITERAL_TREE,
  LITERALS,
  NEXT_CODES,
  OPEN_SYMBOLS,
  OUTPUT,
  RING,
  RING_MASK,
  RING_SIZE,
  RUNS,
} from './layout';
import { state } from './state';
import { buildAtLeastTwo, gather, LENGTHS, sentAt, SYMBOLS } from './trees';

// The three types of a block.
export const STORED: u32 = 0;
export const FIXED: u32 = 1;
export const OWN: u32 = 2;

/** Where the next bytes go, and the bits that are no whole word yet. */
let at: u32 = OUTPUT;
let bits: u64 = 0;
let waiting: u32 = 0;
/** Bytes that the host has fetched. */
let fetched: u64 = 0;

/** Starts an output. */
export function writeInit(): void {
  at = OUTPUT;
  bits = 0;
  waiting = 0;
  fetched = 0;
}

/** Bits that were written since the start. */
export function written(): u64 {
  return ((fetched + (at - OUTPUT)) << 3) + waiting;
}

/** Hands over the whole bytes, and says how many there are; they stand until more is written. */
export function fetch(): u32 {
  while (waiting >= 8) {
    store<u8>(at++, bits);
    bits >>= 8;
    waiting -= 8;
  }
  const size = at - OUTPUT;
  fetched += size;
  at = OUTPUT;
  return size;
}

/** Fills up the last byte. */
export function align(): void {
  put(0, (8 - (waiting & 7)) & 7);
}

/** Appends up to 32 bits, the lowest first. */
// @ts-ignore: decorator
@inline
function put(value: u32, count: u32): void {
  bits |= <u64>value << waiting;
  waiting += count;
  if (waiting >= 32) {
    store<u32>(at, <u32>bits);
    at += 4;
    bits >>= 32;
    waiting -= 32;
  }
}

// @ts-ignore: decorator
@inline
function putCode(codes: u32, symbol: u32): void {
  const code = load<u32>(codes + (symbol << 2));
  put(code & 0xffff, code >> 16);
}

/** Keeps a symbol of the open block. */
// @ts-ignore: decorator
@inline
export function note(symbol: u32): void {
  store<u32>(OPEN_SYMBOLS + (state.symbols << 2), symbol);
}

/** Writes the open block, the last `size` bytes, with the codes that stand in the trees. */
export function writeBlock(type: u32, size: u32, last: bool): void {
  put((last ? 1 : 0) | (type << 1), 3);
  if (type == STORED) return writeStored(size);
  if (type == FIXED) fixedCodes();
  else ownCodes();
  writeSymbols();
}

function writeStored(size: u32): void {
  align();
  put(size | (~size << 16), 32);
  while (waiting >= 8) {
    store<u8>(at++, bits);
    bits >>= 8;
    waiting -= 8;
  }
  const from = state.block & RING_MASK;
  const first = min(size, RING_SIZE - from);
  memory.copy(at, RING + from, first);
  memory.copy(at + first, RING, size - first);
  at += size;
}

function writeSymbols(): void {
  const end = OPEN_SYMBOLS + (state.symbols << 2);
  for (let from = OPEN_SYMBOLS; from < end; from += 4) {
    const symbol = load<u32>(from);
    const l = symbol & 255;
    if (symbol == l) {
      putCode(LITERAL_CODES, l);
      continue;
    }
    if (l == 255) putCode(LITERAL_CODES, END_OF_BLOCK + 29);
    else {
      const extra = l < 8 ? 0 : 29 - clz(l);
      putCode(LITERAL_CODES, END_OF_BLOCK + 1 + (extra << 2) + (l >> extra));
      put(l & ((1 << extra) - 1), extra);
    }
    const d = (symbol >> 8) - 1;
    const more = d < 4 ? 0 : 30 - clz(d);
    putCode(DISTANCE_CODES, (more << 1) + (d >> more));
    put(d & ((1 << more) - 1), more);
  }
  putCode(LITERAL_CODES, END_OF_BLOCK);
}

function fixedCodes(): void {
  memory.fill(LITERAL_LENGTHS, 8, 288);
  memory.fill(LITERAL_LENGTHS + 144, 9, 112);
  memory.fill(LITERAL_LENGTHS + 256, 7, 24);
  memory.fill(DISTANCE_LENGTHS, 5, 32);
  assign(LITERAL_LENGTHS, 288, LITERAL_CODES);
  assign(DISTANCE_LENGTHS, 32, DISTANCE_CODES);
}

/** Codes of the block's own, and the header that sends them. */
function ownCodes(): void {
  const literals = spread(LITERAL_TREE, ranks(LITERAL_COUNTS, LITERALS), LITERAL_LENGTHS, 288);
  const distances = spread(DISTANCE_TREE, ranks(DISTANCE_COUNTS, DISTANCES), DISTANCE_LENGTHS, 32);
  assign(LITERAL_LENGTHS, literals, LITERAL_CODES);
  assign(DISTANCE_LENGTHS, distances, DISTANCE_CODES);
  // The header's length may have been known, and then this tree is not built yet.
  const n = gather(LENGTHS_TREE, RUNS, 19);
  buildAtLeastTwo(LENGTHS_TREE, n, 7);
  assign(LENGTHS_LENGTHS, spread(LENGTHS_TREE, n, LENGTHS_LENGTHS, 32), LENGTHS_CODES);
  let last: u32 = 18;
  while (last >= 4 && load<u8>(LENGTHS_LENGTHS + sentAt(last)) == 0) last--;
  put((literals - 257) | ((distances - 1) << 5) | ((last - 3) << 10), 14);
  for (let i: u32 = 0; i <= last; i++) put(load<u8>(LENGTHS_LENGTHS + sentAt(i)), 3);
  sendLengths(LITERAL_LENGTHS, literals);
  sendLengths(DISTANCE_LENGTHS, distances);
}

/** Symbols that occur. */
function ranks(counts: u32, symbols: u32): u32 {
  let n: u32 = 0;
  for (let s: u32 = 0; s < symbols; s++) n += load<u16>(counts + (s << 1)) != 0 ? 1 : 0;
  return n;
}

/** Code lengths of a tree of n ranks by symbol; returns one more than the last symbol that has a code. */
function spread(tree: u32, n: u32, lengths: u32, size: u32): u32 {
  memory.fill(lengths, 0, size);
  n = max(n, 2);
  let symbol: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    symbol = load<u16>(tree + SYMBOLS + (i << 1));
    store<u8>(lengths + symbol, load<u8>(tree + LENGTHS + i));
  }
  return symbol + 1;
}

/** Codes of some lengths: shorter ones first, by symbol among those of one length, sent from their highest bit. */
function assign(lengths: u32, n: u32, codes: u32): void {
  memory.fill(NEXT_CODES, 0, 64);
  for (let s: u32 = 0; s < n; s++) {
    const next = NEXT_CODES + (<u32>load<u8>(lengths + s) << 2);
    store<u32>(next, load<u32>(next) + 1);
  }
  let code: u32 = 0;
  for (let length: u32 = 1; length < 16; length++) {
    const next = NEXT_CODES + (length << 2);
    const count = load<u32>(next);
    code <<= 1;
    store<u32>(next, code);
    code += count;
  }
  for (let s: u32 = 0; s < n; s++) {
    const length = <u32>load<u8>(lengths + s);
    if (length == 0) continue;
    const next = NEXT_CODES + (length << 2);
    let forward = load<u32>(next);
    store<u32>(next, forward + 1);
    let reversed: u32 = 0;
    for (let i: u32 = 0; i < length; i++) {
      reversed = (reversed << 1) | (forward & 1);
      forward >>= 1;
    }
    store<u32>(codes + (s << 2), reversed | (length << 16));
  }
}

/** Sends code lengths in the runs that countRuns counts. */
function sendLengths(lengths: u32, n: u32): void {
  let i: u32 = 0;
  while (i < n) {
    const length = <u32>load<u8>(lengths + i);
    const first = i;
    while (++i < n && load<u8>(lengths + i) == length) {}
    let run = i - first;
    if (length == 0) {
      for (; run >= 138; run -= 138) sendRun(18, 127, 7);
      if (run > 10) sendRun(18, run - 11, 7);
      else if (run > 2) sendRun(17, run - 3, 3);
      else for (; run > 0; run--) putCode(LENGTHS_CODES, 0);
      continue;
    }
    if (run >= 4) {
      putCode(LENGTHS_CODES, length);
      run--;
      for (; run >= 6; run -= 6) sendRun(16, 3, 2);
      if (run >= 3) {
        sendRun(16, run - 3, 2);
        continue;
      }
    }
    for (; run > 0; run--) putCode(LENGTHS_CODES, length);
  }
}

function sendRun(symbol: u32, value: u32, count: u32): void {
  putCode(LENGTHS_CODES, symbol);
  put(value, count);
}
