// Every store to the model's lasting state goes through `put`. While a mark is held it first writes what it overwrites
// to an undo log, a stack of entries of 8 bytes: address, old word. A mark pushes an entry for each word of the
// registers, so that stores to these need none, and going back needs no other rule than to undo entries from the top.

let bottom: usize = 0;
let top: usize = 0;
let limit: usize = 0;
let logging: bool = false;
let registers: usize = 0;
let registersEnd: usize = 0;

/** Sets where the log lies, and the registers that a mark saves. */
export function journalInit(from: usize, to: usize, first: usize, end: usize): void {
  bottom = from;
  top = from;
  limit = to;
  registers = first;
  registersEnd = end;
}

/** Bytes of the log that are free. */
export function journalFree(): usize {
  return limit - top;
}

// @ts-ignore: decorator
@inline
function push(address: usize): void {
  if (top + 8 > limit) unreachable();
  store<u32>(top, <u32>address);
  store<u32>(top, load<u32>(address), 4);
  top += 8;
}

/** Starts to log, if it has not; returns the place to go back to. */
export function mark(): usize {
  logging = true;
  const place = top;
  for (let at = registers; at < registersEnd; at += 4) push(at);
  return place;
}

/** Undoes what was logged from a place on. */
export function undo(place: usize): void {
  while (top > place) {
    top -= 8;
    store<u32>(load<u32>(top), load<u32>(top, 4));
  }
}

/** Empties the log and logs no more: no mark is held. */
export function forget(): void {
  top = bottom;
  logging = false;
}

// @ts-ignore: decorator
@inline
export function put(address: usize, value: u32): void {
  if (logging) push(address);
  store<u32>(address, value);
}
