// XXH32 with seed 0 (Collet 2012), which hashes four 32-bit lanes at a time and so fits a vector.

import { lanes, symbols } from './layout';

const PRIME1: u32 = 0x9e3779b1;
const PRIME2: u32 = 0x85ebca77;
const PRIME3: u32 = 0xc2b2ae3d;
const PRIME4: u32 = 0x27d4eb2f;
const PRIME5: u32 = 0x165667b1;

export function startHash(): void {
  v128.store(lanes(), i32x4(<i32>(PRIME1 + PRIME2), <i32>PRIME2, 0, -(<i32>PRIME1)));
}

/** Takes the first n symbols; n is a multiple of 16, but for the last call, which leaves the rest to finishHash. */
export function hash(n: i32): void {
  let x = v128.load(lanes());
  const end = symbols() + (n & ~15);
  for (let p = symbols(); p < end; p += 16) {
    x = v128.add<i32>(x, v128.mul<i32>(v128.load(p), i32x4.splat(PRIME2)));
    x = v128.mul<i32>(v128.or(v128.shl<i32>(x, 13), v128.shr<u32>(x, 19)), i32x4.splat(PRIME1));
  }
  v128.store(lanes(), x);
}

/** The hash of `total` bytes, of which the last total mod 16 lie at the end of the n symbols of the last call. */
export function finishHash(n: i32, total: u32): u32 {
  let h = PRIME5;
  if (total >= 16) {
    h = rotl<u32>(load<u32>(lanes()), 1) + rotl<u32>(load<u32>(lanes(), 4), 7);
    h += rotl<u32>(load<u32>(lanes(), 8), 12) + rotl<u32>(load<u32>(lanes(), 12), 18);
  }
  h += total;
  const end = symbols() + n;
  let p = end - (total & 15);
  for (; p + 4 <= end; p += 4) h = rotl<u32>(h + load<u32>(p) * PRIME3, 17) * PRIME4;
  for (; p < end; p++) h = rotl<u32>(h + <u32>load<u8>(p) * PRIME5, 11) * PRIME1;
  h = (h ^ (h >> 15)) * PRIME2;
  h = (h ^ (h >> 13)) * PRIME3;
  return h ^ (h >> 16);
}
