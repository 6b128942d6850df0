/**
 * Interleaved coding of bytes as docs/interleaved.md describes it, a symbol at a time, with divisions and without
 * tables; and XXH32. Slow and plain: the kernel equals it byte for byte.
 */
const STATES = 32;
const LEAST = 2 ** 16;

/** Units below a symbol. */
function startOf(frequencies: ArrayLike<number>, symbol: number): number {
  let start = 0;
  for (let s = 0; s < symbol; s++) start += frequencies[s];
  return start;
}

export function referenceEncode(bytes: Uint8Array, frequencies: ArrayLike<number>): Uint8Array {
  const states = new Array<number>(STATES).fill(LEAST);
  const words: number[] = [];
  for (let i = bytes.length - 1; i >= 0; i--) {
    const frequency = frequencies[bytes[i]];
    if (frequency === 0) throw new Error(`byte ${i} is impossible`);
    let x = states[i % STATES];
    if (x >= frequency * 2 ** 20) {
      words.push(x % 2 ** 16);
      x = Math.floor(x / 2 ** 16);
    }
    states[i % STATES] = Math.floor(x / frequency) * 4096 + startOf(frequencies, bytes[i]) + (x % frequency);
  }
  const out: number[] = [];
  for (const state of states.slice(0, Math.min(STATES, bytes.length)))
    out.push(state % 256, Math.floor(state / 256) % 256, Math.floor(state / 65536) % 256, Math.floor(state / 2 ** 24));
  for (const word of words.reverse()) out.push(word % 256, Math.floor(word / 256));
  return Uint8Array.from(out);
}

/** The bytes, or undefined when the stream is none of these frequencies and length. */
export function referenceDecode(
  data: Uint8Array,
  frequencies: ArrayLike<number>,
  length: number,
): Uint8Array | undefined {
  const count = Math.min(STATES, length);
  const states: number[] = [];
  for (let i = 0; i < count; i++) {
    const [a, b, c, d] = data.subarray(4 * i, 4 * i + 4);
    if (d === undefined) return undefined;
    const state = a + b * 256 + c * 65536 + d * 2 ** 24;
    if (state < LEAST) return undefined;
    states.push(state);
  }
  let at = 4 * count;
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const x = states[i % STATES];
    const slot = x % 4096;
    let symbol = 0;
    let start = 0;
    while (slot >= start + frequencies[symbol]) start += frequencies[symbol++];
    out[i] = symbol;
    let next = frequencies[symbol] * Math.floor(x / 4096) + slot - start;
    if (next < LEAST) {
      if (at + 2 > data.length) return undefined;
      next = next * 2 ** 16 + data[at] + data[at + 1] * 256;
      at += 2;
    }
    states[i % STATES] = next;
  }
  return at === data.length && states.every((state) => state === LEAST) ? out : undefined;
}

const rotl = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits));

/** XXH32 with seed 0. */
export function xxh32(bytes: Uint8Array): number {
  const [p1, p2, p3, p4, p5] = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1];
  const word = (i: number) => bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
  let at = 0;
  let h = p5;
  if (bytes.length >= 16) {
    const v = [(p1 + p2) | 0, p2 | 0, 0, -p1 | 0];
    for (; at + 16 <= bytes.length; at += 16)
      for (let i = 0; i < 4; i++) v[i] = Math.imul(rotl((v[i] + Math.imul(word(at + 4 * i), p2)) | 0, 13), p1);
    h = (rotl(v[0], 1) + rotl(v[1], 7) + rotl(v[2], 12) + rotl(v[3], 18)) | 0;
  }
  h = (h + bytes.length) | 0;
  for (; at + 4 <= bytes.length; at += 4) h = Math.imul(rotl((h + Math.imul(word(at), p3)) | 0, 17), p4);
  for (; at < bytes.length; at++) h = Math.imul(rotl((h + Math.imul(bytes[at], p5)) | 0, 11), p1);
  h = Math.imul(h ^ (h >>> 15), p2);
  h = Math.imul(h ^ (h >>> 13), p3);
  return (h ^ (h >>> 16)) >>> 0;
}
