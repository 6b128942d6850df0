// LZMA's range coder, on only while an encoder asks for bytes, and the chunks of LZMA2, whose headers are written here.
import { OUT } from './layout';

export let emitting: bool = false;
/** Where the next byte goes. */
export let out: u32 = OUT;
let low: u64 = 0;
let range: u32 = 0xffffffff;
let cache: u32 = 0;
let pending: u32 = 1;

export function startCoder(): void {
  emitting = true;
  low = 0;
  range = 0xffffffff;
  cache = 0;
  pending = 1;
}

export function setOut(to: u32): void {
  out = to;
}

function shiftLow(): void {
  const carry = <u32>(low >> 32);
  if (<u32>low < 0xff000000 || carry != 0) {
    let byte = cache;
    do {
      store<u8>(out++, byte + carry);
      byte = 0xff;
    } while (--pending != 0);
    cache = <u32>low >>> 24;
  }
  pending++;
  low = (low & 0x00ffffff) << 8;
}

/** One bit whose 0 had p / 2048. */
export function emit(p: u32, bit: u32): void {
  const bound = (range >>> 11) * p;
  if (bit == 0) range = bound;
  else {
    low += bound;
    range -= bound;
  }
  while (range < 0x1000000) {
    range <<= 8;
    shiftLow();
  }
}

/** One bit of equal chances. */
export function emitDirect(bit: u32): void {
  range >>>= 1;
  if (bit != 0) low += range;
  while (range < 0x1000000) {
    range <<= 8;
    shiftLow();
  }
}

export function finishCoder(): void {
  for (let i = 0; i < 5; i++) shiftLow();
}
