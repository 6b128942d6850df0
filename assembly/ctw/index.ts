// Context-tree weighting of symbols of up to 8 bits, decomposed into binary decisions. src/sequence/ctw.ts is the other
// side of this border and explains the method; test/reference/ctw.ts does the same with plain objects.
//
// A context, the last d symbols for d = 0 .. depth, has an entry in a hash table: 32 bits of check and a link to its
// tree of bits. A link is
//   0             nothing was seen here,
//   TAIL | s      the one symbol seen here was s, once,
//   else          the address of a node: two links, the weight ratio, the counts of zeros and of ones.
// Most contexts are seen once, so most entries have no node. That is exact: such a node would have a count of 1 and a
// ratio of 1, as all contexts that continue it would. Entries and nodes are never removed; when there is no room, the
// model goes on with what it has.
import { forget, journalFree, journalInit, mark, put, undo } from './journal';

export { forget, journalFree, mark };

const TAIL: u32 = 0x80000000;
const NODE: usize = 20;
const RATIO: usize = 8;
const ZEROS: usize = 12;
const ONES: usize = 16;
/** Most symbols of a context. */
const DEEPEST: i32 = 32;
/** A row of links, one for each depth. */
const ROW: usize = 4 * <usize>(DEEPEST + 1);
/** Ratios stay between its inverse and this. */
const MOST: f64 = 1267650600228229401496703205376.0; // 2^100
/** Entries that a search for a context looks at. */
const PROBES: u32 = 32;
/** Runs of one bit with a probability of their own, for the zero-redundancy estimator. */
const RUNS: i32 = 4096;
/** Symbols of the buffer. */
export const CAPACITY: i32 = 4096;

let size: i32 = 0;
let width: i32 = 0;
let depth: i32 = 0;
let zeroRedundancy: bool = false;
let alpha: f64 = 0;
let limit: f64 = 0;
let switching: f64 = 0;

let cuts: usize = 0;
let symbols: usize = 0;
/** Words that a mark saves: where the next node goes, the bits of the symbol so far below a 1, the last symbols. */
let registers: usize = 0;
let history: usize = 0;
let runs: usize = 0;
/** Links of the contexts that know the present place in the tree of bits, a row for each number of bits. */
let rows: usize = 0;
/** Of each row, the deepest context that has a link there; -1 for none. */
let deepest: usize = 0;
let addresses: usize = 0;
let estimates: usize = 0;
let weighted: usize = 0;
let table: usize = 0;
let mask: u32 = 0;
let end: usize = 0;
/** Whether the rows are not those of the registers. */
let stale: bool = true;
/** Probability of a 1 after a single 0, and after a single 1. */
let afterZero: f64 = 0;
let afterOne: f64 = 0;

/** Lays out memory, all zeros so far; returns how many bytes it takes. */
export function setUp(
  alphabetSize: i32,
  deep: i32,
  tableBits: i32,
  nodes: i32,
  journalBytes: i32,
  estimator: i32,
  pseudoCount: f64,
  countLimit: f64,
  switchingRate: f64,
): usize {
  size = alphabetSize;
  width = 32 - clz<u32>(alphabetSize - 1);
  depth = deep;
  zeroRedundancy = estimator != 0;
  alpha = pseudoCount;
  limit = countLimit;
  switching = switchingRate;
  let at: usize = (__heap_base + 15) & ~15;
  cuts = at;
  at += 4 * 260;
  symbols = at;
  at += CAPACITY;
  registers = at;
  history = at + 8;
  at += 8 + DEEPEST;
  const registersEnd = at;
  estimates = at;
  at += 8 * <usize>(DEEPEST + 1);
  weighted = at;
  at += 8 * <usize>(DEEPEST + 2);
  runs = at;
  at += 8 * <usize>RUNS;
  rows = at;
  at += ROW * 9;
  deepest = at;
  at += 4 * 9;
  addresses = at;
  at += ROW;
  at = (at + 63) & ~63;
  table = at;
  mask = (1 << tableBits) - 1;
  at += 8 << tableBits;
  store<u32>(registers, <u32>at);
  store<u32>(registers, 1, 4);
  at += NODE * <usize>nodes;
  end = at;
  at = (at + 7) & ~7;
  journalInit(at, at + journalBytes, registers, registersEnd);
  if (zeroRedundancy) {
    // What Krichevsky and Trofimov give a run of n, and to its continuation.
    let run: f64 = 1;
    for (let n = 0; n < RUNS; n++) {
      const next = (run * (<f64>n + 0.5)) / (<f64>n + 1);
      store<f64>(runs + 8 * n, (0.5 * next + 0.25) / (0.5 * run + 0.25));
      run = next;
    }
    store<f64>(runs, 0.5);
  }
  afterZero = estimate(1, 0);
  afterOne = estimate(0, 1);
  return at + journalBytes;
}

/** Cumulative frequencies, filled in by `intervals`. */
export function intervalsAt(): usize {
  return cuts;
}

/** Where symbols are put for `learnAll`, a byte each, CAPACITY at most. */
export function symbolsAt(): usize {
  return symbols;
}

/** Nodes that are free. */
export function nodesFree(): i32 {
  return <i32>((end - load<u32>(registers)) / NODE);
}

/** Whether part of a symbol is known. */
export function pending(): bool {
  return load<u32>(registers, 4) != 1;
}

/** Undoes all that was logged since a mark. */
export function rollback(place: usize): void {
  undo(place);
  stale = true;
}

/** Probability of a 1 where zeros and ones were seen so often. */
function estimate(zeros: f64, ones: f64): f64 {
  if (zeroRedundancy) {
    if (zeros == 0 || ones == 0) {
      const n = min<i32>(<i32>(zeros + ones), RUNS - 1);
      const again = load<f64>(runs + 8 * n);
      return ones == 0 ? 1 - again : again;
    }
    return (ones + 0.5) / (zeros + ones + 1);
  }
  return (ones + alpha) / (zeros + ones + 2 * alpha);
}

let first: u32 = 0;
let second: u32 = 0;

/** Two hashes of 32 bits of a context that is one symbol longer. */
// @ts-ignore: decorator
@inline
function lengthen(symbol: u32): void {
  let h = (first + symbol + 1) * 0x9e3779b1;
  h ^= h >> 15;
  h *= 0x85ebca6b;
  first = h ^ (h >> 13);
  h = (second ^ (symbol + 0x7f4a7c15)) * 0xc2b2ae35;
  h ^= h >> 16;
  h *= 0x27d4eb2f;
  second = h ^ (h >> 15);
}

/** The entry of the context whose hashes these are, the free one where it would go, or 0: there is no room. */
// @ts-ignore: decorator
@inline
function entry(check: u32): usize {
  let i = first & mask;
  for (let n: u32 = 0; n < PROBES; n++) {
    const at = table + ((<usize>i) << 3);
    const there = load<u32>(at);
    if (there == check || there == 0) return at;
    i = (i + 1) & mask;
  }
  return 0;
}

/** Rows of links from the registers. */
function locate(): void {
  if (!stale) return;
  stale = false;
  first = 0;
  second = 0;
  let known = -1;
  for (let d = 0; d <= depth; d++) {
    if (d > 0) lengthen(load<u8>(history + d - 1));
    const check = second | 1;
    const at = entry(check);
    if (at == 0 || load<u32>(at) != check) break;
    store<u32>(rows + 4 * d, load<u32>(at, 4));
    known = d;
  }
  store<i32>(deepest, known);
  const prefix = load<u32>(registers, 4);
  const bits = 31 - <i32>clz<u32>(prefix);
  for (let i = 0; i < bits; i++) follow(i, (prefix >> (bits - 1 - i)) & 1);
}

/** The row after one more bit than `level` bits. */
function follow(level: i32, bit: u32): void {
  const from = rows + ROW * level;
  const to = from + ROW;
  const shift = width - 1 - level;
  const known = load<i32>(deepest + 4 * level);
  let still = -1;
  for (let d = 0; d <= known; d++) {
    let link = load<u32>(from + 4 * d);
    if (link & TAIL) {
      if (((link >> shift) & 1) != bit) break;
    } else {
      link = load<u32>(link + 4 * bit);
      if (link == 0) break;
    }
    store<u32>(to + 4 * d, link);
    still = d;
  }
  store<i32>(deepest + 4 * (level + 1), still);
}

/** Weighted probability of a 1 after `level` bits, from the links of its row. */
function predict(level: i32): f64 {
  const row = rows + ROW * level;
  const shift = width - 1 - level;
  let p: f64 = 0.5;
  for (let d = load<i32>(deepest + 4 * level); d >= 0; d--) {
    const link = load<u32>(row + 4 * d);
    let own: f64;
    let ratio: f64 = 1;
    if (link & TAIL) own = (link >> shift) & 1 ? afterOne : afterZero;
    else {
      own = estimate(load<f32>(link + ZEROS), load<f32>(link + ONES));
      ratio = load<f32>(link + RATIO);
    }
    p = d == depth ? own : (ratio * own + p) / (ratio + 1);
  }
  return p;
}

/** Probability that the next bit is a 1, in 1/65536: 1 .. 65535. For alphabets of 2^width symbols. */
export function probability(): i32 {
  locate();
  const p = predict(31 - <i32>clz<u32>(load<u32>(registers, 4)));
  return max(1, min(65535, <i32>floor(p * 65536 + 0.5)));
}

/** Takes a bit; learns a symbol when it is complete. */
export function update(bit: u32): void {
  const prefix = load<u32>(registers, 4);
  const next = (prefix << 1) | bit;
  if (next >> width) learn(next - (1 << width));
  else {
    if (!stale) follow(31 - <i32>clz<u32>(prefix), bit);
    store<u32>(registers, next, 4);
  }
}

/** Learns as many symbols as lie in the buffer, between symbols. */
export function learnAll(count: i32): void {
  for (let i = 0; i < count; i++) learn(load<u8>(symbols + i));
}

/** Learns a symbol: `m` is the deepest context that still takes part. */
export function learn(symbol: u32): void {
  first = 0;
  second = 0;
  let m = -1;
  for (let d = 0; d <= depth; d++) {
    if (d > 0) lengthen(load<u8>(history + d - 1));
    const check = second | 1;
    const at = entry(check);
    if (at == 0) break;
    if (load<u32>(at) == 0) put(at, check);
    store<u32>(addresses + 4 * d, <u32>at + 4);
    m = d;
  }
  for (let shift = width - 1; shift >= 0 && m >= 0; shift--) {
    // A bit that the alphabet leaves no choice is no decision.
    if ((((symbol >> (shift + 1)) << (shift + 1)) | (1 << shift)) >= <u32>size) continue;
    m = decide(symbol, shift, m);
  }
  memory.copy(history + 1, history, DEEPEST - 1);
  store<u8>(history, <u8>symbol);
  store<u32>(registers, 1, 4);
  stale = true;
}

/** Learns one bit of a symbol, and returns the deepest context that takes part in the next. */
function decide(symbol: u32, shift: i32, m: i32): i32 {
  const bit = (symbol >> shift) & 1;
  let known = -1;
  while (known < m && load<u32>(load<u32>(addresses + 4 * (known + 1))) != 0) known++;
  let p: f64 = 0.5;
  for (let d = known; d >= 0; d--) {
    const link = load<u32>(load<u32>(addresses + 4 * d));
    let own: f64;
    let ratio: f64 = 1;
    if (link & TAIL) own = (link >> shift) & 1 ? afterOne : afterZero;
    else {
      own = estimate(load<f32>(link + ZEROS), load<f32>(link + ONES));
      ratio = load<f32>(link + RATIO);
    }
    store<f64>(estimates + 8 * d, own);
    store<f64>(weighted + 8 * d, p);
    p = d == depth ? own : (ratio * own + p) / (ratio + 1);
  }
  let left = known;
  for (let d = 0; d <= known; d++) {
    const address = load<u32>(addresses + 4 * d);
    let link = load<u32>(address);
    if (link & TAIL) {
      const node = grow(link, shift);
      if (node == 0) {
        // The nodes are used up: what is known of this context stays the one symbol.
        if (((link >> shift) & 1) != bit && left >= d) left = d - 1;
        continue;
      }
      put(address, node);
      link = node;
    }
    if (d < depth) {
      const own = load<f64>(estimates + 8 * d);
      const below = load<f64>(weighted + 8 * d);
      reweigh(link, bit ? own : 1 - own, bit ? below : 1 - below);
    }
    count(link, bit);
    store<u32>(addresses + 4 * d, link + 4 * bit);
  }
  for (let d = known + 1; d <= m; d++) put(load<u32>(addresses + 4 * d), TAIL | symbol);
  return left;
}

/** A node for the one symbol that was seen here; 0 when there is no room. */
function grow(link: u32, shift: i32): u32 {
  const node = load<u32>(registers);
  if (node + NODE > end) return 0;
  store<u32>(registers, node + <u32>NODE);
  const bit = (link >> shift) & 1;
  store<u32>(node, bit ? 0 : link);
  store<u32>(node, bit ? link : 0, 4);
  store<f32>(node, 1, RATIO);
  store<f32>(node, bit ? 0 : 1, ZEROS);
  store<f32>(node, bit ? 1 : 0, ONES);
  return node;
}

/** Weighs a node's own estimate anew against the longer contexts, after what each gave the bit that came. */
// @ts-ignore: decorator
@inline
function reweigh(node: usize, own: f64, below: f64): void {
  const ratio: f64 = load<f32>(node, RATIO);
  let next: f64;
  if (switching > 0) {
    const a = ratio * own;
    const share = switching / (<f64>load<f32>(node, ZEROS) + <f64>load<f32>(node, ONES) + 2);
    const both = share * (a + below);
    const keep = 1 - 2 * share;
    next = (both + keep * a) / (both + keep * below);
  } else next = (ratio * own) / below;
  put(node + RATIO, reinterpret<u32>(<f32>max(1 / MOST, min(MOST, next))));
}

/** Counts a bit; both counts are halved when there are too many. */
// @ts-ignore: decorator
@inline
function count(node: usize, bit: u32): void {
  const at = node + (bit ? ONES : ZEROS);
  const other = node + (bit ? ZEROS : ONES);
  let n: f32 = load<f32>(at) + 1;
  const rest: f32 = load<f32>(other);
  if (<f64>n + <f64>rest > limit) {
    n *= 0.5;
    put(other, reinterpret<u32>(<f32>(rest * 0.5)));
  }
  put(at, reinterpret<u32>(n));
}

/** Fills in the cumulative frequencies of the next symbol, between symbols. */
export function intervals(): void {
  locate();
  store<u32>(cuts, 0);
  fill(0, 0, 0, 1 << 24);
  store<u32>(cuts + 4 * size, 1 << 24);
}

/** What `fill` does where no context knows anything, for 2^(shift + 1) symbols of the alphabet. */
function halve(shift: i32, from: i32, left: u32, units: u32): void {
  const middle = from + (1 << shift);
  const zeros = units >> 1;
  store<u32>(cuts + 4 * middle, left + zeros);
  if (shift == 0) return;
  halve(shift - 1, from, left, zeros);
  halve(shift - 1, middle, left + zeros, units - zeros);
}

/** Cuts what belongs to the symbols from `from` on that share `level` bits. */
function fill(level: i32, from: i32, left: u32, units: u32): void {
  const shift = width - 1 - level;
  const half = 1 << shift;
  const middle = from + half;
  if (load<i32>(deepest + 4 * level) < 0 && middle + half <= size) {
    halve(shift, from, left, units);
    return;
  }
  if (middle >= size) {
    if (shift == 0) return;
    memory.copy(rows + ROW * (level + 1), rows + ROW * level, ROW);
    store<i32>(deepest + 4 * (level + 1), load<i32>(deepest + 4 * level));
    fill(level + 1, from, left, units);
    return;
  }
  const least = <u32>min(half, size - middle);
  let zeros = <u32>floor(<f64>units * (1 - predict(level)));
  zeros = max<u32>(half, min<u32>(zeros, units - least));
  store<u32>(cuts + 4 * middle, left + zeros);
  if (shift == 0) return;
  follow(level, 0);
  fill(level + 1, from, left, zeros);
  follow(level, 1);
  fill(level + 1, middle, left + zeros, units - zeros);
}
