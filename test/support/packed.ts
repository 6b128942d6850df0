/** Damaged packed bytes, for the normal suite and the slow one. */
import { packBytes, unpackBytes } from '../../src/coders/packed-bytes.ts';
import { SurprisalError } from '../../src/errors.ts';
import { randomBytes, randomOf, textBytes } from './random.ts';

/**
 * Unpacks `count` damaged versions of several packings: bits flipped, bytes replaced, cut, doubled or put in, and
 * headers made of noise.
 *
 * @returns how often each code came; throws when anything but the bytes or a SurprisalError did.
 */
export function damagePacked(count: number, seed: number): Map<string, number> {
  const random = randomOf(seed);
  const text = textBytes(5000, seed);
  const mixed = new Uint8Array(6000);
  mixed.set(text.subarray(0, 2000));
  mixed.set(randomBytes(2000, seed), 2000);
  const originals = [text, mixed, randomBytes(1500, seed + 1), text.subarray(0, 20), new Uint8Array(3000)];
  const packings = originals.map((bytes) => packBytes(bytes, { blockSize: 1024 }));
  const codes = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const which = random(packings.length);
    let bad = packings[which].slice();
    for (let faults = 1 + random(3); faults > 0; faults--) {
      // Half of them near the start, where the fields are.
      const at = random(random(2) === 0 ? Math.min(40, bad.length) : bad.length);
      const kind = random(6);
      if (kind === 0) bad[at] ^= 1 << random(8);
      else if (kind === 1) bad[at] = random(256);
      else if (kind === 2) bad = bad.slice(0, at + 1);
      else if (kind === 3) bad = Uint8Array.from([...bad.subarray(0, at), random(256), ...bad.subarray(at)]);
      else if (kind === 4) bad = Uint8Array.from([...bad.subarray(0, at + 1), ...bad.subarray(at)]);
      else for (let j = at; j < Math.min(bad.length, at + 8); j++) bad[j] = random(256) | random(256);
    }
    let code = 'same';
    try {
      const out = unpackBytes(bad, { maxLength: 1 << 24 });
      const same = out.length === originals[which].length && out.every((byte, j) => byte === originals[which][j]);
      if (!same) code = 'other bytes';
    } catch (error) {
      if (!(error instanceof SurprisalError)) throw error;
      code = error.code;
    }
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  return codes;
}
