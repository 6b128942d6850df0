// A block: counting its symbols, and its length in bits by the cheapest of zlib's three ways.
import {
  BLOCK_ENTRIES,
  BLOCK_ENTRY,
  BLOCK_SYMBOLS,
  BLOCKS,
  COUNTS_SIZE,
  DISTANCE_COUNTS,
  DISTANCE_TREE,
  DISTANCES,
  END_OF_BLOCK,
  LITERAL_COUNTS,
  LITERAL_TREE,
  LITERALS,
  RUNS,
  RUNS_SIZE,
} from './layout';
import { put16 } from './journal';
import { state } from './state';
import { build, buildAtLeastTwo, countRuns, gather, headerBits, KEYS, SYMBOLS } from './trees';
import { FIXED, note, OWN, STORED, writeBlock, written } from './write';

// @ts-ignore: ENCODE is given by the build, 0 or 1
const ENCODING: bool = ENCODE != 0;

/** Bits of a literal with the fixed code. */
// @ts-ignore: decorator
@inline
export function fixedLiteral(byte: u32): u32 {
  return byte < 144 ? 8 : 9;
}

// @ts-ignore: decorator
@inline
function count(at: u32): void {
  put16(at, <u32>load<u16>(at) + 1);
}

/** Counts a literal; true when the block is full. */
export function literal(byte: u32): bool {
  if (ENCODING) note(byte);
  count(LITERAL_COUNTS + (byte << 1));
  state.fixed += fixedLiteral(byte);
  return ++state.symbols == BLOCK_SYMBOLS;
}

/** Counts a match; true when the block is full. */
export function match(distance: u32, length: u32): bool {
  const l = length - 3;
  if (ENCODING) note(l | (distance << 8));
  let code = l;
  let extra: u32 = 0;
  if (l == 255) code = 28;
  else if (l >= 8) {
    extra = 29 - clz(l);
    code = (extra << 2) + (l >> extra);
  }
  count(LITERAL_COUNTS + ((END_OF_BLOCK + 1 + code) << 1));
  let bits: u32 = (code < 23 ? 7 : 8) + 5;
  const d = distance - 1;
  code = d;
  if (d >= 4) {
    const more = 30 - clz(d);
    code = (more << 1) + (d >> more);
    extra += more;
  }
  count(DISTANCE_COUNTS + (code << 1));
  state.extra += extra;
  state.fixed += bits + extra;
  return ++state.symbols == BLOCK_SYMBOLS;
}

/**
 * Where the output stands after a block that begins at `done` bits.
 *
 * @param fixed - Bits of its symbols with the fixed code, without the end of the block.
 * @param own - Bits with codes of its own, header included, without the block's first three.
 * @param size - Bytes that it stands for.
 */
export function after(done: u64, fixed: u32, own: u32, size: u32, storable: bool): u64 {
  fixed += 7;
  // zlib compares whole bytes.
  const fixedBytes = (fixed + 10) >> 3;
  let bytes = (own + 10) >> 3;
  if (fixedBytes <= bytes) bytes = fixedBytes;
  if (storable && size + 4 <= bytes) return ((done + 10) & ~7) + 32 + (<u64>size << 3);
  return done + 3 + (bytes == fixedBytes ? fixed : own);
}

/** Cost and runs of the distances' code, from the frequencies: the candidates share it. */
export function distances(): u32 {
  const n = gather(DISTANCE_TREE, DISTANCE_COUNTS, DISTANCES);
  const cost = buildAtLeastTwo(DISTANCE_TREE, n, 15);
  memory.fill(RUNS + 2 * RUNS_SIZE, 0, RUNS_SIZE);
  countRuns(DISTANCE_TREE, max(n, 2), RUNS + 2 * RUNS_SIZE);
  return cost;
}

/** Bits of the header, from the code of literals as it stands in its tree and the runs of the distances'. */
export function header(n: u32): u32 {
  const from = RUNS + 2 * RUNS_SIZE;
  v128.store(RUNS, v128.load(from));
  v128.store(RUNS, v128.load(from, 16), 16);
  v128.store(RUNS, v128.load(from, 32), 32);
  countRuns(LITERAL_TREE, n, RUNS);
  return headerBits();
}

/** Bits of the open block with codes of its own, without its first three. */
function own(): u32 {
  const cost = distances();
  const n = gather(LITERAL_TREE, LITERAL_COUNTS, LITERALS);
  const literals = buildAtLeastTwo(LITERAL_TREE, n, 15);
  return literals + cost + state.extra + header(max(n, 2));
}

let kept: u32 = 0;

/** Forgets the blocks that {@link ownKept} has seen. */
export function forgetBlocks(): void {
  kept = 0;
}

/** The same, looked up among what was asked for since {@link forgetBlocks}: candidates often have the same symbols. */
export function ownKept(): u32 {
  for (let i: u32 = 0; i < kept; i++) {
    const entry = BLOCKS + i * BLOCK_ENTRY;
    if (load<u32>(entry, COUNTS_SIZE + 4) == state.extra && sameCounts(entry)) return load<u32>(entry, COUNTS_SIZE);
  }
  const bits = own();
  if (kept < BLOCK_ENTRIES) {
    const entry = BLOCKS + kept++ * BLOCK_ENTRY;
    memory.copy(entry, LITERAL_COUNTS, COUNTS_SIZE);
    store<u32>(entry, bits, COUNTS_SIZE);
    store<u32>(entry, state.extra, COUNTS_SIZE + 4);
  }
  return bits;
}

function sameCounts(entry: u32): bool {
  for (let i: u32 = 0; i < COUNTS_SIZE; i += 64) {
    const different = v128.or(
      v128.or(
        v128.xor(v128.load(entry + i), v128.load(LITERAL_COUNTS + i)),
        v128.xor(v128.load(entry + i, 16), v128.load(LITERAL_COUNTS + i, 16)),
      ),
      v128.or(
        v128.xor(v128.load(entry + i, 32), v128.load(LITERAL_COUNTS + i, 32)),
        v128.xor(v128.load(entry + i, 48), v128.load(LITERAL_COUNTS + i, 48)),
      ),
    );
    if (v128.any_true(different)) return false;
  }
  return true;
}

/** Where the output stands after the open block, which ends before position `end`. */
export function finished(end: u32): u64 {
  return after(state.done, state.fixed, ownKept(), end - state.block, state.block >= state.base);
}

/** Writes the open block, which ends before a position and is the input's last or not. */
export function putBlock(position: u32, last: bool): void {
  const bits = own();
  const size = position - state.block;
  const storable = state.block >= state.base;
  writeBlock(typeOf(bits, size, storable), size, last);
  state.done = after(state.done, state.fixed, bits, size, storable);
  // What was written is what was reckoned.
  if (written() != state.done) unreachable();
}

/** The type that {@link after} reckons with. */
function typeOf(own: u32, size: u32, storable: bool): u32 {
  const fixedBytes = (state.fixed + 7 + 10) >> 3;
  const bytes = min(fixedBytes, (own + 10) >> 3);
  if (storable && size + 4 <= bytes) return STORED;
  return bytes == fixedBytes ? FIXED : OWN;
}

/** Ends the block before a position and opens the next. */
export function endBlock(position: u32): void {
  if (ENCODING) putBlock(position, false);
  else state.done = after(state.done, state.fixed, own(), position - state.block, state.block >= state.base);
  state.block = position;
  state.symbols = 0;
  state.fixed = 0;
  state.extra = 0;
  for (let at = LITERAL_COUNTS; at < LITERAL_COUNTS + COUNTS_SIZE; at += 2)
    if (load<u16>(at) != 0) put16(at, at == LITERAL_COUNTS + 2 * END_OF_BLOCK ? 1 : 0);
}

// ---- Candidates that are one more literal ---------------------------------------------------------------------------
// A byte that lengthens no match is coded as a literal behind symbols that all such bytes share. Bytes that are new to
// the block and lie between the same two of its symbols have one tree; the others have one each.

let ranks: u32 = 0;
let distanceCost: u32 = 0;
/** Rank of the next symbol that is not below the last byte asked about. */
let rank: u32 = 0;
/** Rank at which the tree has a new symbol; -1: it has none. */
let inserted: i32 = -1;
let literalCost: u32 = 0;

/** Prepares for bytes, asked about in rising order. */
export function literalsBegin(): void {
  distanceCost = distances();
  ranks = gather(LITERAL_TREE, LITERAL_COUNTS, LITERALS);
  rank = 0;
  inserted = -1;
}

/** Where the output stands after the open block with one more literal, the last byte before position `end`. */
export function withLiteral(byte: u32, end: u32): u64 {
  const keys = LITERAL_TREE + KEYS;
  const symbols = LITERAL_TREE + SYMBOLS;
  // The end of the block is a symbol too, so there always is one.
  while (inserted >= 0 ? next(symbols) < byte : <u32>load<u16>(symbols + (rank << 1)) < byte) {
    if (inserted >= 0) remove(keys, symbols);
    rank++;
  }
  let n = ranks;
  if (load<u16>(LITERAL_COUNTS + (byte << 1)) != 0) {
    if (inserted >= 0) remove(keys, symbols);
    const at = keys + (rank << 2);
    store<u32>(at, load<u32>(at) + 1);
    literalCost = build(LITERAL_TREE, n, 15);
    store<u32>(at, load<u32>(at) - 1);
  } else {
    n++;
    if (inserted < 0) {
      const left = ranks - rank;
      memory.copy(keys + ((rank + 1) << 2), keys + (rank << 2), left << 2);
      memory.copy(symbols + ((rank + 1) << 1), symbols + (rank << 1), left << 1);
      store<u32>(keys + (rank << 2), 1);
      inserted = rank;
      literalCost = build(LITERAL_TREE, n, 15);
    }
    store<u16>(symbols + (rank << 1), byte);
  }
  const own = literalCost + distanceCost + state.extra + header(n);
  return after(state.done, state.fixed + fixedLiteral(byte), own, end - state.block, state.block >= state.base);
}

/** The symbol behind the new one. */
// @ts-ignore: decorator
@inline
function next(symbols: u32): u32 {
  return <u32>load<u16>(symbols + ((rank + 1) << 1));
}

/** Takes the new symbol out. */
function remove(keys: u32, symbols: u32): void {
  const left = ranks - rank;
  memory.copy(keys + (rank << 2), keys + ((rank + 1) << 2), left << 2);
  memory.copy(symbols + (rank << 1), symbols + ((rank + 1) << 1), left << 1);
  inserted = -1;
}
