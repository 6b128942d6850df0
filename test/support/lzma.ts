/** Texts on which the parts of LZMA show: repeats near and far, records, runs, noise. */
import { randomBytes, randomOf, textBytes } from './random.ts';

/** Records of 12 bytes: a counter, what changes rarely, noise. */
export function records(length: number, seed: number): Uint8Array {
  const random = randomOf(seed);
  const bytes = new Uint8Array(length);
  let kind = 7;
  for (let i = 0; i < length; i++) {
    const at = i % 12;
    const row = Math.floor(i / 12);
    if (at === 0 && random(9) === 0) kind = random(256);
    bytes[i] = at < 2 ? row >> (8 * at) : at < 9 ? kind + at : at === 9 ? random(256) : 0;
  }
  return bytes;
}

/** Parts of itself, copied from anywhere, with some bytes changed. */
export function copies(length: number, seed: number): Uint8Array {
  const random = randomOf(seed);
  const bytes = randomBytes(length, seed + 1);
  for (let at = 200; at < length; ) {
    const from = random(at);
    const n = 1 + random(random(3) === 0 ? 900 : 20);
    for (let i = 0; i < n && at < length; i++, at++) bytes[at] = random(60) === 0 ? random(256) : bytes[from + i];
  }
  return bytes;
}

/** Texts of about a length, by name. */
export const texts = (length: number): Record<string, Uint8Array> => ({
  nothing: new Uint8Array(0),
  'one byte': Uint8Array.of(200),
  text: textBytes(length, 1),
  noise: randomBytes(length, 2),
  zeros: new Uint8Array(length),
  records: records(length, 3),
  copies: copies(length, 4),
  'two letters': Uint8Array.from(randomBytes(length, 5), (byte) => 97 + (byte & 1)),
});
