// The length of what deflate writes, a byte at a time and with a way back. See parse.ts.
import {
  BLOCK_SYMBOLS,
  END_OF_BLOCK,
  EXTENDS,
  JOURNAL,
  LITERAL_COUNTS,
  RESULTS,
  WANTED,
} from './layout';
import { hold, journalInit, pushFits, room, rollback } from './journal';
import { finished, forgetBlocks, literalsBegin, withLiteral } from './blocks';
import { advance, close, closeAny, enterEarly, putByte, tune } from './parse';
import { state } from './state';

export { mark, release, rollback } from './journal';

/** Largest stored block of level 0. */
const STORED: u32 = 65535;

let stores: bool = false;
let lazyParsing: bool = false;

/** Bytes of memory that are used whatever the undo log takes. */
export function fixedMemory(): u32 {
  return JOURNAL;
}

/** Starts anew: a level from 0 to 9 with zlib's numbers for it, and the most that the undo log may take. */
export function init(level: u32, good: u32, lazy: u32, nice: u32, chain: u32, journalBytes: u32): void {
  if (__heap_base > 0x1000) unreachable();
  stores = level == 0;
  lazyParsing = level > 3;
  tune(lazyParsing, good, lazy, nice, chain);
  journalInit(journalBytes);
  store<u16>(LITERAL_COUNTS + 2 * END_OF_BLOCK, 1);
  state.length = 2;
}

/** Where candidates' lengths come out, and where is said which are wanted. */
export function resultsPointer(): u32 {
  return RESULTS;
}

export function wantedPointer(): u32 {
  return WANTED;
}

/** Bytes pushed. */
export function count(): u32 {
  return state.count;
}

/** Appends a byte; false when the undo log is full, and nothing has changed. */
export function push(byte: u32): bool {
  if (!pushFits()) return false;
  if (!stores) {
    putByte(state.count, byte);
    state.count++;
    enterEarly();
    advance();
  } else state.count++;
  return true;
}

function storedBits(size: u32): f64 {
  const blocks = max(1, (size + STORED - 1) / STORED);
  return 8 * (<f64>size + 5 * <f64>blocks);
}

/** Length in bits of what was pushed, to the end of the last block. */
export function bits(): f64 {
  if (stores) return storedBits(state.count);
  room();
  const mark = hold();
  const end = state.count;
  close(end);
  forgetBlocks();
  const total = finished(end);
  rollback(mark);
  return <f64>total;
}

/** Length with one byte more, under the present mark; the caller goes back. */
function bitsWith(byte: u32): f64 {
  const end = state.count + 1;
  putByte(end - 1, byte);
  close(end);
  return <f64>finished(end);
}

/** Lengths with one byte more, of each that is wanted. */
export function candidates(): void {
  const end = state.count + 1;
  if (stores) {
    for (let byte: u32 = 0; byte < 256; byte++) store<f64>(RESULTS + (byte << 3), storedBits(end));
    return;
  }
  room();
  forgetBlocks();
  const mark = hold();
  closeAny(state.count);
  // A greedy literal can fill its block, and then another ends the stream.
  if (!lazyParsing && state.symbols + 1 >= BLOCK_SYMBOLS) memory.fill(EXTENDS, 1, 256);
  else {
    literalsBegin();
    for (let byte: u32 = 0; byte < 256; byte++)
      if (load<u8>(WANTED + byte) && !load<u8>(EXTENDS + byte))
        store<f64>(RESULTS + (byte << 3), <f64>withLiteral(byte, end));
  }
  rollback(mark);
  for (let byte: u32 = 0; byte < 256; byte++)
    if (load<u8>(WANTED + byte) && load<u8>(EXTENDS + byte)) {
      const mark = hold();
      store<f64>(RESULTS + (byte << 3), bitsWith(byte));
      rollback(mark);
    }
}
