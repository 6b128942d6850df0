// Every store to what lasts goes through these: while anything may be taken back they write what they overwrite to an undo log.
//
// The log is a stack. Each entry ends in a word that holds the address and, in its two highest bits, the kind; the old
// value stands before it. A mark is an entry too, with a copy of the registers, so that stores to these need none.
import { REGISTERS, REGISTERS_BYTES } from './layout';

const BYTE: u32 = 0;
const HALF: u32 = 1 << 30;
const WORD: u32 = 2 << 30;
/** 16 bytes, or the registers where the address is theirs. */
const BLOCK: u32 = 3 << 30;
const ADDRESS: u32 = (1 << 30) - 1;

let bottom: u32 = 0;
let limit: u32 = 0;
export let top: u32 = 0;
/** Whether anything may be taken back. */
export let logging: bool = false;

export function journalInit(from: u32): void {
  bottom = from;
  top = from;
  limit = <u32>memory.size() << 16;
  logging = false;
}

/** Bytes that the log takes. */
export function journalUsed(): u32 {
  return top - bottom;
}

/** Makes room for some bytes more. Returns whether there is. */
export function reserve(bytes: u32): bool {
  if (top + bytes <= limit) return true;
  let more = (top - bottom) >> 1;
  if (more < bytes) more = bytes;
  if (memory.grow((more + 0xffff) >> 16) < 0 && memory.grow((bytes + 0xffff) >> 16) < 0) return false;
  limit = <u32>memory.size() << 16;
  return true;
}

/** Remembers the present state; returns a place to go back to. */
export function mark(): u32 {
  const place = top;
  memory.copy(top, REGISTERS, REGISTERS_BYTES);
  store<u32>(top + REGISTERS_BYTES, REGISTERS | BLOCK);
  top += REGISTERS_BYTES + 4;
  logging = true;
  return place;
}

/** Goes back to a place. `more`: whether older ones are held. */
export function rollback(place: u32, more: bool): void {
  while (top > place) {
    const word = load<u32>(top - 4);
    const address = word & ADDRESS;
    const kind = word & ~ADDRESS;
    if (kind == HALF) {
      top -= 8;
      store<u16>(address, load<u16>(top));
    } else if (kind == WORD) {
      top -= 8;
      store<u32>(address, load<u32>(top));
    } else if (kind == BYTE) {
      top -= 8;
      store<u8>(address, load<u8>(top));
    } else if (address == REGISTERS) {
      top -= REGISTERS_BYTES + 4;
      memory.copy(REGISTERS, top, REGISTERS_BYTES);
    } else {
      top -= 20;
      v128.store(address, v128.load(top));
    }
  }
  logging = more;
}

/** Forgets that anything may be taken back. */
export function forget(): void {
  top = bottom;
  logging = false;
}

// @ts-ignore: decorator
@inline
function note(address: u32, kind: u32, old: u32): void {
  store<u32>(top, old);
  store<u32>(top, address | kind, 4);
  top += 8;
}

// @ts-ignore: decorator
@inline
export function put8(address: u32, value: u32): void {
  if (logging) note(address, BYTE, load<u8>(address));
  store<u8>(address, value);
}

// @ts-ignore: decorator
@inline
export function put16(address: u32, value: u32): void {
  if (logging) note(address, HALF, load<u16>(address));
  store<u16>(address, value);
}

// @ts-ignore: decorator
@inline
export function put32(address: u32, value: u32): void {
  if (logging) note(address, WORD, load<u32>(address));
  store<u32>(address, value);
}

/** Notes the 64 bytes from an address. */
export function noteNode(address: u32): void {
  if (!logging) return;
  for (let i: u32 = 0; i < 64; i += 16) {
    v128.store(top, v128.load(address + i));
    store<u32>(top, (address + i) | BLOCK, 16);
    top += 20;
  }
}

export function put64(address: u32, value: u64): void {
  if (logging) {
    note(address, WORD, load<u32>(address));
    note(address + 4, WORD, load<u32>(address, 4));
  }
  store<u64>(address, value);
}
