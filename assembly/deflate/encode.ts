// What deflate writes: the decisions of parse.ts and blocks.ts, with their bits. Built with ENCODE = 1.
import {
  COUNTS_SIZE,
  END_OF_BLOCK,
  HASHES,
  HEADS,
  INPUT,
  LITERAL_COUNTS,
  OUTPUT,
  OUTPUT_SIZE,
  STATE,
} from './layout';
import { putBlock } from './blocks';
import { advanceTo, close, enterEarly, putByte, tune } from './parse';
import { state } from './state';
import { align, fetch, writeInit } from './write';

/** The whole input's length. */
let total: u32 = 0;

/** Bytes of memory that are used. */
export function fixedMemory(): u32 {
  return OUTPUT + OUTPUT_SIZE;
}

/** Where up to INPUT_SIZE bytes are put, and where the output stands. */
export function inputPointer(): u32 {
  return INPUT;
}

export function outputPointer(): u32 {
  return OUTPUT;
}

/** Starts an input of some bytes: a level from 1 to 9 with zlib's numbers for it. */
export function init(level: u32, good: u32, lazy: u32, nice: u32, chain: u32, size: u32): void {
  if (__heap_base > 0x1000) unreachable();
  memory.fill(STATE, 0, LITERAL_COUNTS + COUNTS_SIZE - STATE);
  memory.fill(HEADS, 0, HASHES * 4);
  tune(level > 3, good, lazy, nice, chain);
  store<u16>(LITERAL_COUNTS + 2 * END_OF_BLOCK, 1);
  state.length = 2;
  total = size;
  writeInit();
}

/** Takes some bytes of the input; returns how many bytes of output there are. */
export function encode(size: u32): u32 {
  for (let from = INPUT; from < INPUT + size; from++) {
    putByte(state.count, load<u8>(from));
    state.count++;
    enterEarly();
    advanceTo(total);
  }
  return fetch();
}

/** Ends the output after the last byte of the input; returns how many bytes there are. */
export function finish(): u32 {
  if (state.count != total) unreachable();
  close(total);
  putBlock(total, true);
  align();
  return fetch();
}
