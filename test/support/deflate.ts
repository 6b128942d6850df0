/** Where a deflate stream ends, to the bit, which its length in bytes does not tell; and pako as canonical zlib. */
import { deflate, deflateRaw, gzip } from 'pako';
import type { DeflateFormat } from '../../src/sampling/deflate-levels.ts';

/** What a deflate stream holds. */
export interface StreamLength {
  /** Bits up to the end of the last block's code. */
  bits: number;
  /** Bytes that it decodes to. */
  size: number;
  blocks: { stored: number; fixed: number; dynamic: number };
}

/** A canonical code: how many codes there are of each length, and the symbols by code. */
interface Code {
  counts: Uint16Array;
  symbols: Uint16Array;
}

function codeOf(lengths: ArrayLike<number>): Code {
  const counts = new Uint16Array(16);
  for (let s = 0; s < lengths.length; s++) counts[lengths[s]]++;
  const at = new Uint16Array(17);
  for (let l = 1; l < 16; l++) at[l + 1] = at[l] + counts[l];
  const symbols = new Uint16Array(lengths.length);
  for (let s = 0; s < lengths.length; s++) if (lengths[s] > 0) symbols[at[lengths[s]]++] = s;
  counts[0] = 0;
  return { counts, symbols };
}

const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const FIXED = codeOf(Array.from({ length: 288 }, (_, s) => (s < 144 ? 8 : s < 256 ? 9 : s < 280 ? 7 : 8)));
const FIXED_DISTANCES = codeOf(new Array(30).fill(5));
/** Extra bits and base of the codes of lengths. */
const LENGTHS = Array.from({ length: 29 }, (_, c) => {
  const extra = c < 8 || c === 28 ? 0 : (c >> 2) - 1;
  return { extra, base: c === 28 ? 258 : c < 8 ? c + 3 : ((4 + (c & 3)) << extra) + 3 };
});

/** Walks through a raw deflate stream (RFC 1951). */
export function walk(stream: Uint8Array): StreamLength {
  let bits = 0;
  let size = 0;
  const blocks = { stored: 0, fixed: 0, dynamic: 0 };
  const take = (n: number): number => {
    let value = 0;
    for (let i = 0; i < n; i++, bits++) value |= ((stream[bits >> 3] >> (bits & 7)) & 1) << i;
    return value;
  };
  const symbol = ({ counts, symbols }: Code): number => {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let l = 1; l < 16; l++, bits++) {
      code |= (stream[bits >> 3] >> (bits & 7)) & 1;
      if (code - first < counts[l]) {
        bits++;
        return symbols[index + code - first];
      }
      index += counts[l];
      first = (first + counts[l]) << 1;
      code <<= 1;
    }
    throw new Error(`no code at bit ${bits}`);
  };
  const body = (literals: Code, distances: Code): void => {
    for (;;) {
      const s = symbol(literals);
      if (s === 256) return;
      if (s < 256) size++;
      else {
        const { extra, base } = LENGTHS[s - 257];
        size += base + take(extra);
        const d = symbol(distances);
        bits += d < 4 ? 0 : (d >> 1) - 1;
      }
    }
  };
  for (let last = 0; !last; ) {
    last = take(1);
    const type = take(2);
    if (type === 0) {
      bits = (bits + 7) & ~7;
      const n = take(16);
      bits += 16 + 8 * n;
      size += n;
      blocks.stored++;
    } else if (type === 1) {
      body(FIXED, FIXED_DISTANCES);
      blocks.fixed++;
    } else {
      const literals = take(5) + 257;
      const distances = take(5) + 1;
      const sent = take(4) + 4;
      const ofLengths = new Uint8Array(19);
      for (let i = 0; i < sent; i++) ofLengths[LENGTH_ORDER[i]] = take(3);
      const code = codeOf(ofLengths);
      const lengths: number[] = [];
      while (lengths.length < literals + distances) {
        const s = symbol(code);
        if (s < 16) lengths.push(s);
        else {
          const value = s === 16 ? lengths[lengths.length - 1] : 0;
          for (let n = s === 16 ? 3 + take(2) : s === 17 ? 3 + take(3) : 11 + take(7); n > 0; n--) lengths.push(value);
        }
      }
      body(codeOf(lengths.slice(0, literals)), codeOf(lengths.slice(literals)));
      blocks.dynamic++;
    }
  }
  if ((bits + 7) >> 3 !== stream.length) throw new Error(`ends at bit ${bits} of ${stream.length} bytes`);
  return { bits, size, blocks };
}

/** What can be around a stream. */
export const FORMATS: readonly DeflateFormat[] = ['raw', 'zlib', 'gzip'];

/** What canonical zlib writes, coded in one call, for which the buffer has to take it whole. */
export function canonicalFile(data: Uint8Array, level: number, format: DeflateFormat): Uint8Array {
  const encode = { raw: deflateRaw, zlib: deflate, gzip }[format];
  return encode(data, { level: level as 6, legacyHash: true, chunkSize: data.length + (data.length >> 3) + 1024 });
}

/** The raw stream of canonical zlib. */
export function canonical(data: Uint8Array, level: number): Uint8Array {
  return canonicalFile(data, level, 'raw');
}

/** Bits of the raw stream of canonical zlib. */
export function canonicalBits(data: ArrayLike<number>, level: number): number {
  const bytes = Uint8Array.from(data);
  const { bits, size } = walk(canonical(bytes, level));
  if (size !== bytes.length) throw new Error(`${size} bytes instead of ${bytes.length}`);
  return bits;
}

/**
 * Data of many kinds by turns, so that blocks of every type, lazy matches, runs, far matches and hash collisions occur.
 *
 * @param below - Random whole numbers from 0 to below the argument.
 */
export function structured(below: (n: number) => number, size: number): Uint8Array {
  const data = new Uint8Array(size);
  let i = 0;
  while (i < size) {
    const n = Math.min(size - i, 1 + below([30, 400, 6000, 60000][below(4)]));
    const end = i + n;
    const alphabet = [1, 2, 4, 26, 100, 256][below(6)];
    const origin = below(257 - alphabet);
    const kind = below(6);
    while (i < end) {
      if (kind === 0) data[i++] = origin + below(alphabet);
      // Skewed, as far as codes of 15 bits.
      else if (kind === 1) data[i++] = origin + Math.min(alphabet - 1, Math.clz32(below(0x40000000)));
      else if (kind === 2 || i === 0) {
        data[i] = i > 0 && below(20) ? data[i - 1] : origin + below(alphabet);
        i++;
      } else if (kind === 3 || below(3) === 0) data[i++] = origin + ((i * i * 7 + below(3)) % alphabet);
      else {
        // A copy of what came before, near or as far as the window's end and beyond.
        const back = 1 + below(Math.min(i, [8, 300, 5000, 33000][below(4)]));
        const length = Math.min(end - i, 2 + below([4, 12, 300][below(3)]));
        for (let k = 0; k < length; k++, i++) data[i] = data[i - back];
      }
    }
  }
  return data;
}
