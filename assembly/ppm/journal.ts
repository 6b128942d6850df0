// Every store to the model's lasting state, registers apart, goes through these: while a mark is held they write what
// they overwrite to an undo log first. The log is a stack of entries of 16 bytes: what stood there (8 bytes), address,
// width. A mark pushes a copy of the registers, which ends in an entry of width 0.
//
// The log is a window: the host takes what is in it away when it fills up and hands it back on the way down
// (`setLogLength`), so that there may be more of it than fits.
import { LOG, LOG_BYTES, REGISTER_BYTES, REGISTERS } from './layout';

const ENTRY: u32 = 16;

let top: u32 = LOG;
let on: bool = false;

/** Address of the log. */
export function logAddress(): u32 {
  return LOG;
}

/** Bytes in the log. */
export function logLength(): u32 {
  return top - LOG;
}

/** Says how many bytes the log holds: 0 when the host has taken them. */
export function setLogLength(length: u32): void {
  top = LOG + length;
}

/** Bytes of the log that are free. */
export function logFree(): u32 {
  return LOG + LOG_BYTES - top;
}

/** Whether stores are logged: while a mark is held. */
export function setLogging(value: bool): void {
  on = value;
  if (!value) top = LOG;
}

/** Pushes a copy of the registers. */
export function mark(): void {
  if (logFree() < REGISTER_BYTES + ENTRY) unreachable();
  memory.copy(top, REGISTERS, REGISTER_BYTES);
  top += REGISTER_BYTES;
  store<u64>(top, 0);
  store<u64>(top, 0, 8);
  top += ENTRY;
}

/** Undoes all entries from the newest down to the one at `length` bytes. */
export function undo(length: u32): void {
  const end = LOG + length;
  while (top > end) {
    top -= ENTRY;
    const address = load<u32>(top, 8);
    const width = load<u32>(top, 12);
    if (width == 0) {
      top -= REGISTER_BYTES;
      memory.copy(REGISTERS, top, REGISTER_BYTES);
    } else if (width == 8) store<u64>(address, load<u64>(top));
    else if (width == 4) store<u32>(address, load<u32>(top));
    else if (width == 2) store<u16>(address, load<u16>(top));
    else store<u8>(address, load<u8>(top));
  }
}

// @ts-ignore: decorator
@inline
function push(address: u32, width: u32, old: u64): void {
  if (top + ENTRY > LOG + LOG_BYTES) unreachable();
  store<u64>(top, old);
  store<u32>(top, address, 8);
  store<u32>(top, width, 12);
  top += ENTRY;
}

// @ts-ignore: decorator
@inline
export function put8(address: u32, value: u32): void {
  if (on) push(address, 1, <u64>load<u8>(address));
  store<u8>(address, value);
}

// @ts-ignore: decorator
@inline
export function put16(address: u32, value: u32): void {
  if (on) push(address, 2, <u64>load<u16>(address));
  store<u16>(address, value);
}

// @ts-ignore: decorator
@inline
export function put32(address: u32, value: u32): void {
  if (on) push(address, 4, <u64>load<u32>(address));
  store<u32>(address, value);
}

// @ts-ignore: decorator
@inline
export function put64(address: u32, value: u64): void {
  if (on) push(address, 8, load<u64>(address));
  store<u64>(address, value);
}
