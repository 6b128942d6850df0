/** Lengths of length oracles, which every engine must come to. */
import { DeflateOracle } from '../../src/sampling/deflate.ts';
import { Lz78Oracle } from '../../src/sampling/lz78.ts';
import { LzmaOracle } from '../../src/sampling/lzma.ts';
import { LzwOracle } from '../../src/sampling/lzw.ts';
import { bitsAfter, type LengthOracle } from '../../src/sampling/oracle.ts';
import { RleOracle } from '../../src/sampling/rle.ts';
import { json, noise, records, runs, words } from './inputs.ts';

const oracles: Record<string, () => LengthOracle> = {
  'deflate 1': () => new DeflateOracle({ level: 1, format: 'raw' }),
  'zlib 6': () => new DeflateOracle(),
  'gzip 9': () => new DeflateOracle({ level: 9, format: 'gzip' }),
  lzma: () => new LzmaOracle(),
  'lzma of other parameters': () => new LzmaOracle({ lc: 0, lp: 2, pb: 1, format: 'xz', dictionarySize: 4096 }),
  lzw3: () => new LzwOracle(),
  gif: () => new LzwOracle({ convention: 'gif' }),
  compress: () => new LzwOracle({ convention: 'compress' }),
  lz78: () => new Lz78Oracle(),
  rle: () => new RleOracle(),
  'rle in decimal digits': () => new RleOracle({ code: 'decimal' }),
};

/** The length of five inputs in a row, and a hash of the lengths after each byte along the way, by oracle. */
export function oraclesGolden(): Record<string, string> {
  const input = Uint8Array.of(...words(900), ...json(700), ...records(500), ...runs(300), ...noise(200));
  const all = Uint16Array.from({ length: 256 }, (_, byte) => byte);
  const lengths = new Float64Array(256);
  const result: Record<string, string> = {};
  for (const [name, create] of Object.entries(oracles)) {
    const oracle = create();
    let hash = 0x811c9dc5;
    for (const [i, byte] of input.entries()) {
      if (i % 23 === 0) {
        bitsAfter(oracle, all, lengths);
        // Lengths are multiples of 2^-20 bits.
        for (const bits of lengths) {
          const units = bits * 2 ** 20;
          hash = Math.imul(hash ^ (units % 2 ** 32), 0x01000193);
          hash = Math.imul(hash ^ Math.floor(units / 2 ** 32), 0x01000193);
        }
      }
      oracle.push(byte);
    }
    result[name] = `${oracle.bits()} ${(hash >>> 0).toString(16).padStart(8, '0')}`;
  }
  return result;
}
