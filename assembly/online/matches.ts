// Match models: the longest earlier occurrence of the last bytes predicts the byte that followed it. A contradicted
// model keeps its place for a few bytes, since records and edited copies agree again after a difference.
import { MATCH, MATCH_MAPS } from './layout';
import { put32, put8 } from './journal';
import { adapt, hash2 } from './counters';
import { state } from './state';
import { stretch } from './tables';
import { MATCH_LIMIT } from './tuning';

/** Contradictions after which an occurrence is given up. */
const PATIENCE: u32 = 8;

// @ts-ignore: decorator
@unmanaged
export class Match {
  /** Where the predicted byte stands in the history. */
  pointer: u32;
  /** Bytes agreed since the last contradiction. */
  length: u32;
  misses: u32;
  /** The predicted byte behind a leading 1; 0: none. */
  expected: u32;
  /** The adaptive probability that the predicted bit is right; 0: it does not apply. */
  cell: u32;
  /** The entry of the hash table for the current position. */
  entry: u32;
}

// @ts-ignore: decorator
@inline
export function match(i: u32): Match {
  return changetype<Match>(MATCH + i * 32);
}

let history: u32 = 0;
let mask: u32 = 0;
let heads: u32 = 0;
let headMask: u32 = 0;

export function matchesInit(historyAt: u32, historyBits: u32, headsAt: u32, headBits: u32): void {
  history = historyAt;
  mask = (1 << historyBits) - 1;
  heads = headsAt;
  headMask = (1 << headBits) - 1;
  for (let i: u32 = 0; i < 512; i++) {
    const p = 0.5 + 0.5 * <f64>min<u32>(i & 31, 30) / 31.0;
    store<u32>(MATCH_MAPS + i * 4, <u32>(p * 4194303.0) << 10);
  }
}

/** The byte at a position of the input. */
// @ts-ignore: decorator
@inline
export function byteAt(position: u32): u32 {
  return load<u8>(history + (position & mask));
}

// @ts-ignore: decorator
@inline
export function remember(position: u32, byte: u32): void {
  put8(history + (position & mask), byte);
}

/** Lengths in 32 steps. */
// @ts-ignore: decorator
@inline
export function lengthStep(length: u32): u32 {
  if (length < 16) return length;
  const log = 31 - clz(length);
  return min<u32>(16 + ((log - 4) << 1) + ((length >> (log - 1)) & 1), 31);
}

/** How many bytes before `candidate` equal those before `position`, at most 32. */
// @ts-ignore: decorator
@inline
function agreement(candidate: u32, position: u32): u32 {
  let n: u32 = 0;
  while (n < 32 && byteAt(candidate - 1 - n) == byteAt(position - 1 - n)) n++;
  return n;
}

/** After a byte: starts fetching the table entries for the new position. */
export function fetchMatches(c4: u32, c8: u32, position: u32): void {
  const s = state();
  const h0 = hash2(c4, c8 & 0xff);
  const last4 = byteAt(position - 9) | (byteAt(position - 10) << 8) | (byteAt(position - 11) << 16) | (byteAt(position - 12) << 24);
  const h1 = hash2(hash2(c4, c8), last4);
  const a = match(0), b = match(1);
  a.entry = heads + ((h0 >> 8 & headMask) << 2);
  b.entry = heads + ((headMask + 1 + (h1 >> 8 & headMask)) << 2);
  s.touched = load<u32>(a.entry) ^ load<u32>(b.entry);
}

// @ts-ignore: decorator
@inline
function follow(i: u32, position: u32, enough: u32, least: u32): void {
  const m = match(i);
  const entry = m.entry;
  let length = m.length;
  if (m.expected != 0) {
    m.pointer++;
    if (length > 0 && length < 65535) m.length = ++length;
  }
  if (length < enough) {
    const candidate = load<u32>(entry);
    if (candidate > 0) {
      const n = agreement(candidate, position);
      if (n > length && n >= least) {
        m.length = n;
        m.pointer = candidate;
        m.misses = 0;
        m.expected = 1;
      }
    }
  }
  put32(entry, position);
  m.expected = m.expected != 0 && m.misses < PATIENCE ? byteAt(m.pointer) | 256 : 0;
}

/** After a byte: follows the occurrences, or finds better ones. */
export function followMatches(position: u32): void {
  follow(0, position, 16, 5);
  follow(1, position, 24, 12);
}

/** A model's prediction of the next bit in the logistic domain; 0 where it has none. */
// @ts-ignore: decorator
@inline
export function predictMatch(i: u32, c0: u32, bits: u32): f32 {
  const m = match(i);
  const expected = m.expected;
  m.cell = 0;
  if (expected >> (8 - bits) != c0) return 0;
  const cell = MATCH_MAPS + (i << 10) + (((min<u32>(m.misses, 7) << 5) | lengthStep(m.length)) << 2);
  m.cell = cell;
  const s = stretch(load<u32>(cell) >> 20);
  return reinterpret<f32>(reinterpret<u32>(s) ^ (~(expected << (24 + bits)) & 0x80000000));
}

/** Learns whether the predicted bit was right. `bits` counts those before it. */
// @ts-ignore: decorator
@inline
export function learnMatch(i: u32, bits: u32, bit: u32): void {
  const m = match(i);
  if (m.cell == 0) return;
  const right = <u32>(((m.expected >> (7 - bits)) & 1) == bit);
  adapt(m.cell, right, MATCH_LIMIT);
  if (!right) {
    m.length = 0;
    m.misses++;
  }
}
