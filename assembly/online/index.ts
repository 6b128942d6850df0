// Placeholder of the online kernel's interface (order 2, direct): replaced by the mixing network.
const CHUNK: u32 = 4096;
const OUT: u32 = CHUNK * 16 + 64;
let inPtr: u32 = 0, outPtr: u32 = 0, table: u32 = 0, end_: u32 = 0;
let c1: u32 = 0, c2: u32 = 0, x1: u32 = 0, x2: u32 = 0xffffffff, x: u32 = 0, pos: u32 = 0;
export function init(tableBits: u32, bufferBits: u32): u32 {
  inPtr = 65536; outPtr = inPtr + 65536 * 2; table = outPtr + 65536 * 2; end_ = table + (1 << 25);
  for (let i: u32 = 0; i < 1 << 24; i++) store<u16>(table + i * 2, 32768);
  return end_;
}
export function inputPointer(): u32 { return inPtr; }
export function outputPointer(): u32 { return outPtr; }
@inline function out(b: u32): void { store<u8>(outPtr + pos, b); pos++; }
@inline function clamp(p: u32): u32 { return p < 1 ? 1 : p > 65535 ? 65535 : p; }
function byteE(c: u32, coding: bool): void {
  let ctx: u32 = 1;
  for (let i = 7; i >= 0; i--) {
    const bit = (c >> i) & 1; const a = table + ((((c2 << 8) | c1) << 8 | ctx) << 1);
    const p: u32 = load<u16>(a); const q = clamp(p);
    if (coding) { const m = x1 + <u32>((<u64>(x2 - x1) * q) >> 16); if (bit) x2 = m; else x1 = m + 1;
      while (((x1 ^ x2) & 0xff000000) == 0) { out(x2 >> 24); x1 <<= 8; x2 = (x2 << 8) | 255; } }
    store<u16>(a, bit ? p + ((65535 - p) >> 4) : p - (p >> 4)); ctx = (ctx << 1) | bit;
  }
  c2 = c1; c1 = c;
}
export function encodeStart(): void { x1 = 0; x2 = 0xffffffff; }
export function encode(n: u32): u32 { pos = 0; for (let i: u32 = 0; i < n; i++) byteE(load<u8>(inPtr + i), true); return pos; }
export function encodeEnd(): u32 { pos = 0; out(x1 >> 24); out(x1 >> 16); out(x1 >> 8); out(x1); return pos; }
export function learn(n: u32): void { for (let i: u32 = 0; i < n; i++) byteE(load<u8>(inPtr + i), false); }
export function decodeStart(): u32 { x1 = 0; x2 = 0xffffffff; x = bswap<u32>(load<u32>(outPtr)); return 4; }
export function decode(n: u32): u32 {
  let r: u32 = 0;
  for (let k: u32 = 0; k < n; k++) {
    let ctx: u32 = 1;
    for (let i = 7; i >= 0; i--) {
      const a = table + ((((c2 << 8) | c1) << 8 | ctx) << 1); const p: u32 = load<u16>(a); const q = clamp(p);
      const m = x1 + <u32>((<u64>(x2 - x1) * q) >> 16); const bit: u32 = x <= m ? 1 : 0; if (bit) x2 = m; else x1 = m + 1;
      while (((x1 ^ x2) & 0xff000000) == 0) { x1 <<= 8; x2 = (x2 << 8) | 255; x = (x << 8) | load<u8>(outPtr + r); r++; }
      store<u16>(a, bit ? p + ((65535 - p) >> 4) : p - (p >> 4)); ctx = (ctx << 1) | bit;
    }
    c2 = c1; c1 = ctx & 255; store<u8>(inPtr + k, c1);
  }
  return r;
}
