/** What surrounds LZMA in files: the .xz format (its specification, version 1.0.4) and the 13 bytes of .lzma. */

/** Formats of files: `.lzma`, which decoders call LZMA_alone, and `.xz`, which holds LZMA2. */
export type LzmaFormat = 'alone' | 'xz';
/** What an .xz file is checked by. */
export type XzCheck = 'none' | 'crc32' | 'crc64';

/** Bytes of header of a .lzma file. */
export const ALONE_HEADER = 13;
/** Bytes that the range coder needs beyond its whole bytes of code: a zero at the start, four at the end. */
export const CODER_BYTES = 5;
/** Most bytes of an LZMA2 chunk that is stored. */
export const STORED_CHUNK = 65536;

/** The first bytes of a stream. */
export const XZ_MAGIC: readonly number[] = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
/** The last bytes of a stream, "YZ". */
export const XZ_END: readonly number[] = [0x59, 0x5a];
/** Of the header of a stream, and of its footer. */
export const XZ_ENDS = 12;
/** Of the header of a block that has LZMA2 alone and states no sizes. */
const XZ_BLOCK_HEADER = 12;
/** The number of the filter that is LZMA2. */
export const LZMA2_FILTER = 0x21;

/** Numbers of checks, and how long they are. */
export const CHECKS: Readonly<Record<XzCheck, { readonly id: number; readonly size: number }>> = {
  none: { id: 0, size: 0 },
  crc32: { id: 1, size: 4 },
  crc64: { id: 4, size: 8 },
};

let table32: Uint32Array | undefined;

function makeTable32(): Uint32Array {
  const table = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    let r = i;
    for (let k = 0; k < 8; k++) r = (r >>> 1) ^ (0xedb88320 & -(r & 1));
    table[i] = r;
  }
  return table;
}

/** CRC-32 (that of gzip and Ethernet) of bytes. */
export function crc32(bytes: Uint8Array): number {
  table32 ??= makeTable32();
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table32[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}

/** Low words, then high words. */
let table64: Uint32Array | undefined;

function makeTable64(): Uint32Array {
  const table = new Uint32Array(512);
  for (let i = 0; i < 256; i++) {
    let low = i;
    let high = 0;
    for (let k = 0; k < 8; k++) {
      const odd = -(low & 1);
      low = ((low >>> 1) | (high << 31)) ^ (0xd7870f42 & odd);
      high = (high >>> 1) ^ (0xc96c5795 & odd);
    }
    table[i] = low;
    table[256 + i] = high;
  }
  return table;
}

/** CRC-64 (ECMA-182, reflected) of bytes, as 8 bytes, the least significant first. */
function crc64(bytes: Uint8Array): Uint8Array {
  table64 ??= makeTable64();
  let low = -1;
  let high = -1;
  for (let i = 0; i < bytes.length; i++) {
    const k = (low ^ bytes[i]) & 255;
    low = ((low >>> 8) | (high << 24)) ^ table64[k];
    high = (high >>> 8) ^ table64[256 + k];
  }
  const out = new Uint8Array(8);
  put32(out, 0, ~low);
  put32(out, 4, ~high);
  return out;
}

/** The check of a block's bytes. */
export function checkOf(check: XzCheck, bytes: Uint8Array): Uint8Array {
  if (check === 'crc64') return crc64(bytes);
  const out = new Uint8Array(CHECKS[check].size);
  if (check === 'crc32') put32(out, 0, crc32(bytes));
  return out;
}

/** Writes 32 bits, the least significant byte first. */
export function put32(into: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) into[at + i] = value >>> (8 * i);
}

/** Bytes of a number in groups of 7 bits. */
function numberBytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return bytes;
}

/** The index before its padding and checksum. */
function indexBytes(unpadded: number, length: number): number[] {
  return length === 0 ? [0, 0] : [0, 1, ...numberBytes(unpadded), ...numberBytes(length)];
}

/** Bytes of LZMA2 that stores. */
export function storedBytes(length: number): number {
  return length + 3 * Math.ceil(length / STORED_CHUNK) + 1;
}

/** Bytes of an .xz file without padding around LZMA2 of some bytes, with CRC32. */
export function xzBytes(lzma2: number, length: number): number {
  const block = length === 0 ? 0 : XZ_BLOCK_HEADER + lzma2 + CHECKS.crc32.size;
  return 2 * XZ_ENDS + block + indexBytes(block, length).length + 4;
}

const padding = (n: number) => (4 - (n & 3)) & 3;

/**
 * Puts the code of a text into an .xz file of one block; of none when the text is empty.
 *
 * @param lzma2 - Chunks and the zero that ends them.
 * @param dictionaryLog - log2 of the size of the window.
 */
export function writeXz(lzma2: Uint8Array, text: Uint8Array, check: XzCheck, dictionaryLog: number): Uint8Array {
  const { id, size } = CHECKS[check];
  const flags = [0, id];
  const unpadded = XZ_BLOCK_HEADER + lzma2.length + size;
  const block = text.length === 0 ? 0 : unpadded + padding(lzma2.length);
  const index = indexBytes(unpadded, text.length);
  while ((index.length & 3) !== 0) index.push(0);
  const out = new Uint8Array(2 * XZ_ENDS + block + index.length + 4);
  out.set(XZ_MAGIC);
  out.set(flags, 6);
  put32(out, 8, crc32(out.subarray(6, 8)));
  let at = XZ_ENDS;
  if (text.length > 0) {
    out.set([XZ_BLOCK_HEADER / 4 - 1, 0, LZMA2_FILTER, 1, 2 * (dictionaryLog - 12)], at);
    put32(out, at + 8, crc32(out.subarray(at, at + 8)));
    out.set(lzma2, at + XZ_BLOCK_HEADER);
    at += block;
    out.set(checkOf(check, text), at - size);
  }
  out.set(index, at);
  put32(out, at + index.length, crc32(out.subarray(at, at + index.length)));
  at += index.length + 4;
  put32(out, at + 4, index.length / 4);
  out.set(flags, at + 8);
  put32(out, at, crc32(out.subarray(at + 4, at + 10)));
  out.set(XZ_END, at + 10);
  return out;
}
