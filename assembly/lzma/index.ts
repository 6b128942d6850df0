// LZMA: its model, a parse that grows with every byte and can be taken back, the length of what there is, and the code
// itself. The format as its author's public-domain specification has it (Igor Pavlov, LZMA specification, 2015).
import { COSTS as COSTS_AT, INBOX, OUT, RESULTS } from './layout';
import { forget, journalInit, journalUsed, logging, mark as note, reserve, rollback as undo } from './journal';
import { finderInit } from './finder';
import { LITERALS, modelInit } from './model';
import { finish, LENGTH, parseInit, push as take } from './parse';
import { bits as measureBits, candidates as measureAll } from './bulk';
import {
  CHUNKS,
  chunkFrom as openFrom,
  chunkSpent as openSpent,
  chunksInit,
  drained as moved,
  endEncoding,
  ready as readyBytes,
  startEncoding as begin,
} from './chunks';

/** The undo log has this much room before every call; no call takes more. */
const ROOM: u32 = 1 << 18;

/** Where the host writes the costs of probabilities, brings bytes, reads lengths and takes code. */
export function costs(): u32 {
  return COSTS_AT;
}
export function inbox(): u32 {
  return INBOX;
}
export function results(): u32 {
  return RESULTS;
}
export function output(): u32 {
  return OUT;
}

/** Sets up a fresh memory. Returns whether there is enough of it. */
export function init(lc: u32, lp: u32, pb: u32, windowLog: u32, nice: u32, depth: u32, chunked: u32): bool {
  const first: u32 = (LITERALS + (0x600 << (lc + lp)) + 0xffff) >> 16;
  const have = <u32>memory.size();
  if (first > have && memory.grow(first - have) < 0) return false;
  const end = finderInit(modelInit(lc, lp, pb), windowLog, depth);
  const pages = (end + ROOM + 0xffff) >> 16;
  const now = <u32>memory.size();
  if (pages > now && memory.grow(pages - now) < 0) return false;
  chunksInit(chunked != 0, (pb * 5 + lp) * 9 + lc);
  parseInit(nice);
  journalInit((end + 15) & ~15);
  return true;
}

/** Appends a byte. False, and nothing has changed, when there is no memory for the undo log. */
export function push(byte: u32): bool {
  if (!reserve(ROOM)) return false;
  take(byte);
  return true;
}

/** Appends bytes of the inbox; returns how many there was memory for. */
export function pushMany(count: u32): u32 {
  for (let i: u32 = 0; i < count; i++) {
    if (logging && !reserve(ROOM)) return i;
    take(load<u8>(INBOX + i));
  }
  return count;
}

/** Bits of all that was pushed; -1 without memory. */
export function bits(): f64 {
  return reserve(ROOM) ? measureBits() : -1;
}

/** Leaves the bits after each byte at results(). */
export function candidates(): bool {
  if (!reserve(ROOM)) return false;
  measureAll();
  return true;
}

/** Chunks of LZMA2 that are complete; bits of their steps, and where the next begins. */
export function chunks(): u32 {
  return load<u32>(CHUNKS);
}
export function chunkSpent(): f64 {
  return openSpent();
}
export function chunkFrom(): u32 {
  return openFrom();
}

/** Marks the present state; 0 without memory. */
export function mark(): u32 {
  return reserve(ROOM) ? note() : 0;
}
export function rollback(place: u32, more: u32): void {
  undo(place, more != 0);
}
/** Forgets all marks and keeps the state. */
export function release(): void {
  forget();
}
export function journalBytes(): u32 {
  return journalUsed();
}

export function startEncoding(): void {
  begin();
}
/** Bytes at output() that can be taken, after which drained() makes room. */
export function ready(): u32 {
  return readyBytes();
}
export function drained(): void {
  moved();
}
export function finishEncoding(): void {
  finish();
  endEncoding(load<u32>(LENGTH));
}
