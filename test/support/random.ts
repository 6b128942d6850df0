/** Seeded random numbers and bytes for tests: the same on every machine (mulberry32, public domain). */
export function randomOf(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Random bytes, which no model can code. */
export function randomBytes(length: number, seed: number): Uint8Array {
  const random = randomOf(seed);
  return Uint8Array.from({ length }, () => random(256));
}

/** Bytes that look a little like text, which any model can code. */
export function textBytes(length: number, seed: number): Uint8Array {
  const random = randomOf(seed);
  const words = Array.from({ length: 40 }, () => Array.from({ length: 2 + random(7) }, () => 97 + random(26)));
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    for (const letter of [...words[Math.min(random(40), random(40))], 32]) if (at < length) bytes[at++] = letter;
  }
  return bytes;
}
