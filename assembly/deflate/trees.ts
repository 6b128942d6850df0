// Lengths of Huffman codes exactly as zlib builds them, ties and all, and of the header that sends them.
//
// A tree is built over ranks: the symbols that occur, in order. Which of several symbols of one frequency gets the
// shorter code follows from the steps of a binary heap, so these are done one by one; the sum of frequency times length
// does not depend on it, but the header does.
import { HEADERS, HEADER_ENTRIES, HEADER_ENTRY, LENGTHS_TREE, RUNS, RUNS_SIZE } from './layout';

// Arrays of a tree, from its address.
/** Frequencies by rank, u32. */
export const KEYS: u32 = 0;
/** The heap from its place 1 on: frequency << 16 | height << 10 | node, u32. */
const HEAP: u32 = 1216;
/** Parents by node, u16: ranks come first, then inner nodes as they are made. */
const PARENTS: u32 = 2432;
/** Code lengths by node, u8. */
export const LENGTHS: u32 = 3584;
/** Nodes in the order in which they left the heap, u16. */
const ORDER: u32 = 4160;
/** Symbols by rank, u16. */
export const SYMBOLS: u32 = 5312;

const NODE: u32 = 1023;

/** Lets a value sink from a place of the heap, which has a larger value than any behind its end. */
// @ts-ignore: decorator
@inline
function sink(heap: u32, value: u32, from: u32, size: u32): void {
  const last = heap + (size << 2);
  let at = heap + (from << 2);
  let child = heap + (from << 3);
  while (child <= last) {
    let smaller = load<u32>(child);
    const right = load<u32>(child, 4);
    // On a tie the right child, and the value before its child: by frequency and height, never by node.
    if (right <= (smaller | NODE)) {
      smaller = right;
      child += 4;
    }
    if (value <= (smaller | NODE)) break;
    store<u32>(at, smaller);
    at = child;
    child = heap + ((child - heap) << 1);
  }
  store<u32>(at, value);
}

/**
 * Builds the code of `n` >= 2 ranks; fills in their lengths and returns the sum of frequency times length.
 * Frequencies add up to less than 2^16, so that no tree is higher than 23.
 */
export function build(tree: u32, n: u32, longest: u32): u32 {
  const heap = tree + HEAP;
  for (let i: u32 = 0; i < n; i++)
    store<u32>(heap + (i << 2), (load<u32>(tree + KEYS + (i << 2)) << 16) | i, 4);
  store<u32>(heap + (n << 2), 0xffffffff, 4);
  for (let i = n >> 1; i > 0; i--) sink(heap, load<u32>(heap + (i << 2)), i, n);

  let size = n;
  let node = n;
  let cost: u32 = 0;
  let out = tree + ORDER;
  do {
    const a = load<u32>(heap, 4);
    const moved = load<u32>(heap + (size << 2));
    store<u32>(heap + (size << 2), 0xffffffff);
    size--;
    sink(heap, moved, 1, size);
    const b = load<u32>(heap, 4);
    const weight = (a >> 16) + (b >> 16);
    const height = max((a >> 10) & 63, (b >> 10) & 63) + 1;
    const first = a & NODE;
    const second = b & NODE;
    store<u16>(tree + PARENTS + (first << 1), node);
    store<u16>(tree + PARENTS + (second << 1), node);
    store<u16>(out, first);
    store<u16>(out, second, 2);
    out += 4;
    cost += weight;
    sink(heap, (weight << 16) | (height << 10) | node, 1, size);
    node++;
  } while (size >= 2);

  const lengths = tree + LENGTHS;
  const root = node - 1;
  let overflow: i32 = 0;
  store<u8>(lengths + root, 0);
  for (let i = <i32>root - 1; i >= 0; i--) {
    let length = <u32>load<u8>(lengths + load<u16>(tree + PARENTS + (i << 1))) + 1;
    if (length > longest) {
      length = longest;
      overflow++;
    }
    store<u8>(lengths + i, length);
  }
  return overflow == 0 ? cost : limitLengths(tree, n, longest, overflow);
}

/** Makes a code of lengths that were cut off at `longest` complete again; returns the sum of frequency times length. */
function limitLengths(tree: u32, n: u32, longest: u32, overflow: i32): u32 {
  const lengths = tree + LENGTHS;
  const counts = tree + HEAP;
  memory.fill(counts, 0, 64);
  for (let i: u32 = 0; i < n; i++) {
    const at = counts + (<u32>load<u8>(lengths + i) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  do {
    let length = longest - 1;
    while (load<u32>(counts + (length << 2)) == 0) length--;
    const at = counts + (length << 2);
    store<u32>(at, load<u32>(at) - 1);
    store<u32>(at, load<u32>(at, 4) + 2, 4);
    const end = counts + (longest << 2);
    store<u32>(end, load<u32>(end) - 1);
    overflow -= 2;
  } while (overflow > 0);
  // The longest go to the rarest.
  let out = tree + ORDER;
  for (let length = longest; length > 0; length--) {
    let left = load<u32>(counts + (length << 2));
    while (left != 0) {
      const node = <u32>load<u16>(out);
      out += 2;
      if (node >= n) continue;
      store<u8>(lengths + node, length);
      left--;
    }
  }
  let cost: u32 = 0;
  for (let i: u32 = 0; i < n; i++) cost += load<u32>(tree + KEYS + (i << 2)) * <u32>load<u8>(lengths + i);
  return cost;
}

/** Ranks of the symbols whose frequencies, u16, are not 0. */
export function gather(tree: u32, counts: u32, symbols: u32): u32 {
  let n: u32 = 0;
  for (let s: u32 = 0; s < symbols; s++) {
    const count = <u32>load<u16>(counts + (s << 1));
    store<u32>(tree + KEYS + (n << 2), count);
    store<u16>(tree + SYMBOLS + (n << 1), s);
    n += count != 0 ? 1 : 0;
  }
  return n;
}

/**
 * A code must have two symbols at least: fills up with symbols that cost nothing. Returns the sum of frequency times
 * length of the others.
 */
export function buildAtLeastTwo(tree: u32, n: u32, longest: u32): u32 {
  if (n >= 2) return build(tree, n, longest);
  let cost: u32 = 0;
  let other: u32 = 1;
  let only: u32 = 0;
  if (n == 1) {
    cost = load<u32>(tree + KEYS);
    only = <u32>load<u16>(tree + SYMBOLS);
    other = only < 2 ? only + 1 : 0;
  }
  store<u16>(tree + SYMBOLS, min(only, other));
  store<u16>(tree + SYMBOLS, max(only, other), 2);
  store<u8>(tree + LENGTHS, 1);
  store<u8>(tree + LENGTHS, 1, 1);
  return cost;
}

// @ts-ignore: decorator
@inline
function add(runs: u32, symbol: u32, times: u32): void {
  const at = runs + (symbol << 1);
  store<u16>(at, <u32>load<u16>(at) + times);
}

/** Counts what sends a tree's code lengths: lengths, and repetitions (16: of a length, 17 and 18: of zeros). */
export function countRuns(tree: u32, n: u32, runs: u32): void {
  let next: u32 = 0;
  let i: u32 = 0;
  while (i < n) {
    const first = <u32>load<u16>(tree + SYMBOLS + (i << 1));
    let zeros = first - next;
    if (zeros != 0) {
      while (zeros >= 138) {
        add(runs, 18, 1);
        zeros -= 138;
      }
      if (zeros < 3) add(runs, 0, zeros);
      else add(runs, zeros <= 10 ? 17 : 18, 1);
    }
    const length = <u32>load<u8>(tree + LENGTHS + i);
    next = first + 1;
    i++;
    while (i < n && load<u16>(tree + SYMBOLS + (i << 1)) == next && load<u8>(tree + LENGTHS + i) == length) {
      next++;
      i++;
    }
    let run = next - first;
    if (run < 4) add(runs, length, run);
    else {
      // The first seven: once itself and a repetition of up to six; after them up to six more each.
      add(runs, length, 1);
      run--;
      while (run >= 6) {
        add(runs, 16, 1);
        run -= 6;
      }
      if (run >= 3) add(runs, 16, 1);
      else if (run > 0) add(runs, length, run);
    }
  }
}

/** Order in which the lengths of the code of code lengths are sent, the rarest last: 5 bits each, first lowest. */
// @ts-ignore: decorator
@inline
export function sentAt(i: u32): u32 {
  // 16 17 18 0 8 7 9 6 10 5 11 4 12 3 13 2 14 1 15
  return i < 3 ? 16 + i : i == 3 ? 0 : i & 1 ? 8 - ((i - 3) >> 1) : 8 + ((i - 4) >> 1);
}

/** Bits of the header of a block with codes of its own, from the frequencies in RUNS (the sum of both trees). */
export function headerBits(): u32 {
  // Candidates have few different ones: the last are kept by a hash of the frequencies.
  const a = v128.load(RUNS);
  const b = v128.load(RUNS + 16);
  const c = v128.load(RUNS + 32);
  const mixed = i64x2.extract_lane(a, 0) * 0x9e3779b97f4a7c15 +
    i64x2.extract_lane(a, 1) * 0xbf58476d1ce4e5b9 +
    i64x2.extract_lane(b, 0) * 0x94d049bb133111eb +
    i64x2.extract_lane(b, 1) * 0xd6e8feb86659fd93 +
    i64x2.extract_lane(c, 0) * 0xff51afd7ed558ccd;
  const entry = HEADERS + (<u32>(<u64>mixed >> 40) % HEADER_ENTRIES) * HEADER_ENTRY;
  const different = v128.or(
    v128.or(v128.xor(a, v128.load(entry)), v128.xor(b, v128.load(entry, 16))),
    v128.xor(c, v128.load(entry, 32)),
  );
  if (!v128.any_true(different)) return load<u32>(entry, RUNS_SIZE);
  const n = gather(LENGTHS_TREE, RUNS, 19);
  let bits = buildAtLeastTwo(LENGTHS_TREE, n, 7);
  bits += 2 * <u32>load<u16>(RUNS, 2 * 16) + 3 * <u32>load<u16>(RUNS, 2 * 17) + 7 * <u32>load<u16>(RUNS, 2 * 18);
  // The lengths from the end that are 0 are not sent, but four always are.
  const used = max(n, 2);
  let mask: u32 = 0;
  for (let i: u32 = 0; i < used; i++) mask |= 1 << <u32>load<u16>(LENGTHS_TREE + SYMBOLS + (i << 1));
  let last: u32 = 18;
  while (last >= 3 && ((mask >> sentAt(last)) & 1) == 0) last--;
  bits += 3 * (last + 1) + 5 + 5 + 4;
  v128.store(entry, a);
  v128.store(entry, b, 16);
  v128.store(entry, c, 32);
  store<u32>(entry, bits, RUNS_SIZE);
  return bits;
}
