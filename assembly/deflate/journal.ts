// The undo log. Every store to lasting memory goes through put8, put16 or put32, which note the word they change while a
// mark is held. A mark is a copy of the registers, so that these need no entries. The log grows with the memory, to a
// ceiling that the host sets.
//
// Entries are 8 bytes, address and old word; a mark is a frame of FRAME bytes between them.
import { JOURNAL, STATE, STATE_SIZE } from './layout';

const FRAME: u32 = STATE_SIZE + 16;
/** What is always kept free above what marks and pushes take: asking for lengths runs under a mark of its own. */
const RESERVE: u32 = 32768;
/** Most that one push takes: 262 positions of at most 5 entries, and the end of a block. */
const PUSH: u32 = 24576;

let top: u32 = JOURNAL;
let limit: u32 = 0;
let ceiling: u32 = 0;
/** The newest mark's frame; 0: there is none, and nothing is noted. */
let newest: u32 = 0;

/** Sets how many bytes the log may take. */
export function journalInit(bytes: u32): void {
  top = JOURNAL;
  newest = 0;
  ceiling = JOURNAL + bytes;
  limit = min(ceiling, memory.size() << 16);
}

/** Makes room for some more bytes; false when the log may not grow so far. */
function reserve(bytes: u32): bool {
  const needed = top + bytes;
  if (needed <= limit) return true;
  if (needed > ceiling) return false;
  const wanted = min(ceiling, max(needed, JOURNAL + 2 * (limit - JOURNAL)));
  const pages = (wanted + 0xffff) >> 16;
  if (memory.grow(pages - memory.size()) < 0) return false;
  limit = min(ceiling, pages << 16);
  return true;
}

/** Makes sure of the reserve. */
export function room(): void {
  if (!reserve(RESERVE)) unreachable();
}

/** Whether a push has room. */
export function pushFits(): bool {
  return newest == 0 || reserve(PUSH + RESERVE);
}

/** Remembers the present state; returns a mark to go back to, or 0 when the log is full. */
export function mark(): u32 {
  return reserve(FRAME + RESERVE) ? hold() : 0;
}

/** A mark out of the reserve. */
export function hold(): u32 {
  if (top + FRAME > limit) unreachable();
  store<u32>(top, newest);
  newest = top;
  memory.copy(top + 16, STATE, STATE_SIZE);
  top += FRAME;
  return newest;
}

/** Goes back to a mark that is held, and forgets it and all that came after it. */
export function rollback(to: u32): void {
  let here: u32;
  do {
    here = newest;
    const from = here + FRAME;
    while (top > from) {
      top -= 8;
      store<u32>(load<u32>(top), load<u32>(top, 4));
    }
    top = here;
    newest = load<u32>(here);
  } while (here != to);
  memory.copy(STATE, to + 16, STATE_SIZE);
}

/** Forgets a mark that is held and all that came after it, and keeps the state. */
export function release(to: u32): void {
  // Older marks still need the entries. Without one all can go, and so can marks with nothing above them.
  if (load<u32>(to) == 0) {
    top = JOURNAL;
    newest = 0;
    return;
  }
  while (newest >= to && top == newest + FRAME) {
    top = newest;
    newest = load<u32>(top);
  }
}

// @ts-ignore: decorator
@inline
function note(address: u32): void {
  if (newest == 0) return;
  if (top + 8 > limit) unreachable();
  const word = address & ~3;
  store<u32>(top, word);
  store<u32>(top, load<u32>(word), 4);
  top += 8;
}

// @ts-ignore: decorator
@inline
export function put8(address: u32, value: u32): void {
  note(address);
  store<u8>(address, value);
}

// @ts-ignore: decorator
@inline
export function put16(address: u32, value: u32): void {
  note(address);
  store<u16>(address, value);
}

// @ts-ignore: decorator
@inline
export function put32(address: u32, value: u32): void {
  note(address);
  store<u32>(address, value);
}
