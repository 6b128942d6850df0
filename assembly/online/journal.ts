// Every store to the model's lasting state goes through these. With JOURNAL they write what they overwrite to an undo
// log first; without it they are plain stores, and no trace of the log is left in the module.
//
// The log is a stack of entries of 32 bytes: address, width, old value. A mark pushes a copy of the registers instead,
// so that stores to these need no entry each.
import { REGISTERS, REGISTERS_END } from './layout';

// @ts-ignore: JOURNAL is given by the build, 0 or 1
const ON: bool = JOURNAL != 0;

let bottom: u32 = 0;
let top: u32 = 0;
let limit: u32 = 0;
/** Where the newest mark's copy starts; 0: there is no mark, and nothing is logged. */
let newest: u32 = 0;

const COPY: u32 = (REGISTERS_END - REGISTERS + 31) & ~31;

/** Sets where the log lies. */
export function journalInit(from: u32, to: u32): void {
  if (ON) {
    bottom = from;
    top = from;
    limit = to;
    newest = 0;
  }
}

/** Bytes of the log that are free. */
export function journalFree(): u32 {
  return ON ? limit - top : 0;
}

/** Remembers the present state; returns a mark to go back to, or 0 when the log is full. */
export function mark(): u32 {
  if (!ON || top + COPY + 32 > limit) return 0;
  store<u32>(top, newest);
  newest = top;
  memory.copy(top + 32, REGISTERS, REGISTERS_END - REGISTERS);
  top += COPY + 32;
  return newest;
}

/** Goes back to the newest mark, which stays. */
function undo(): void {
  const from = newest + 32 + COPY;
  while (top > from) {
    top -= 32;
    const address = load<u32>(top);
    const width = load<u32>(top, 4);
    if (width == 16) v128.store(address, v128.load(top, 16));
    else if (width == 4) store<u32>(address, load<u32>(top, 16));
    else if (width == 2) store<u16>(address, load<u16>(top, 16));
    else store<u8>(address, load<u8>(top, 16));
  }
  memory.copy(REGISTERS, newest + 32, REGISTERS_END - REGISTERS);
}

/** Goes back to a mark, and forgets it and all that came after it. Returns false for what is no mark. */
export function rollback(to: u32): bool {
  if (!ON || !isMark(to)) return false;
  let here: u32;
  do {
    undo();
    here = newest;
    top = here;
    newest = load<u32>(here);
  } while (here != to);
  return true;
}

/** Forgets a mark and all that came after it, and keeps the state. Returns false for what is no mark. */
export function release(to: u32): bool {
  if (!ON || !isMark(to)) return false;
  // The entries are still needed by older marks: only the copies could go. Without an older mark all goes.
  if (load<u32>(to) == 0) {
    top = bottom;
    newest = 0;
  }
  return true;
}

function isMark(at: u32): bool {
  for (let m = newest; m != 0; m = load<u32>(m)) if (m == at) return true;
  return false;
}

// @ts-ignore: decorator
@inline
function log(address: u32, width: u32): void {
  if (newest == 0) return;
  if (top + 32 > limit) unreachable();
  store<u32>(top, address);
  store<u32>(top, width, 4);
  if (width == 16) v128.store(top, v128.load(address), 16);
  else if (width == 4) store<u32>(top, load<u32>(address), 16);
  else if (width == 2) store<u16>(top, load<u16>(address), 16);
  else store<u8>(top, load<u8>(address), 16);
  top += 32;
}

// @ts-ignore: decorator
@inline
export function put8(address: u32, value: u32): void {
  if (ON) log(address, 1);
  store<u8>(address, value);
}

// @ts-ignore: decorator
@inline
export function put16(address: u32, value: u32): void {
  if (ON) log(address, 2);
  store<u16>(address, value);
}

// @ts-ignore: decorator
@inline
export function put32(address: u32, value: u32): void {
  if (ON) log(address, 4);
  store<u32>(address, value);
}

// @ts-ignore: decorator
@inline
export function putVector(address: u32, value: v128): void {
  if (ON) log(address, 16);
  v128.store(address, value);
}
