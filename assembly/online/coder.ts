// A carryless binary range coder: 32-bit bounds, probabilities of 16 bits, bytes leave when both bounds agree on them.
import { CHUNK, CODED, RAW } from './layout';
import { probability, update } from './model';

let low: u32 = 0;
let high: u32 = 0xffffffff;
let code: u32 = 0;

// @ts-ignore: decorator
@inline
function split(): u32 {
  return low + <u32>((<u64>(high - low) * <u64>probability()) >> 16);
}

/** Starts a block. */
export function encodeStart(): void {
  low = 0;
  high = 0xffffffff;
}

/** Codes n bytes from the input; returns how many coded bytes stand in the output. */
export function encode(n: u32): u32 {
  let out: u32 = CODED;
  const end = RAW + min<u32>(n, CHUNK);
  for (let at: u32 = RAW; at < end; at++) {
    const byte = <u32>load<u8>(at);
    for (let k: u32 = 8; k > 0; k--) {
      const bit = (byte >> (k - 1)) & 1;
      const middle = split();
      if (bit) high = middle;
      else low = middle + 1;
      while (((low ^ high) & 0xff000000) == 0) {
        store<u8>(out++, high >> 24);
        low <<= 8;
        high = (high << 8) | 255;
      }
      update(bit);
    }
  }
  return out - CODED;
}

/** Ends a block with as few bytes as name a number within the bounds when zeros follow; returns how many. */
export function encodeEnd(): u32 {
  if (low == 0) return 0;
  let n: u32 = 1;
  let value: u32 = 0;
  for (; n < 4; n++) {
    const rest: u32 = 0xffffffff >> (8 * n);
    value = (low + rest) & ~rest;
    if (value >= low && value <= high) break;
  }
  if (n == 4) value = low;
  store<u32>(CODED, bswap<u32>(value));
  return n;
}

/** Learns n bytes from the input without coding them. */
export function learn(n: u32): void {
  const end = RAW + min<u32>(n, CHUNK);
  for (let at: u32 = RAW; at < end; at++) {
    const byte = <u32>load<u8>(at);
    for (let k: u32 = 8; k > 0; k--) update((byte >> (k - 1)) & 1);
  }
}

/** Starts a block whose coded bytes stand in the output; returns how many were taken. */
export function decodeStart(): u32 {
  low = 0;
  high = 0xffffffff;
  code = bswap<u32>(load<u32>(CODED));
  return 4;
}

/** Decodes n bytes into the input from the coded bytes in the output; returns how many of these were taken. */
export function decode(n: u32): u32 {
  let from: u32 = CODED;
  const end = RAW + min<u32>(n, CHUNK);
  for (let at: u32 = RAW; at < end; at++) {
    let byte: u32 = 1;
    while (byte < 256) {
      const middle = split();
      const bit = <u32>(code <= middle);
      if (bit) high = middle;
      else low = middle + 1;
      while (((low ^ high) & 0xff000000) == 0) {
        low <<= 8;
        high = (high << 8) | 255;
        code = (code << 8) | <u32>load<u8>(from++);
      }
      update(bit);
      byte = (byte << 1) | bit;
    }
    store<u8>(at, byte);
  }
  return from - CODED;
}
