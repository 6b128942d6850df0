/** What Welch's method leaves open, as three programs settle it: widths of codes, marks, and when to begin anew. */

import { rangeError } from '../errors.ts';
import { widthOf } from './bits.ts';

/**
 * How codes become bits.
 *
 * - `lzw3`: the Python package lzw3 0.4. Codes 0 to 255 are bytes, 256 is the end, entries from 257 on without limit; a
 *   code is as wide as the largest entry needs that the encoder has, the end as wide as the code before it; highest bit
 *   first. The package fills up with 1 to 8 zeros.
 * - `gif`: the code stream of GIF (CompuServe 1989), without its sub-blocks. Symbols have w bits, at least 2; 2^w clears
 *   and comes first, 2^w + 1 ends, entries from 2^w + 2 to 4095; a code has w + 1 to 12 bits, one more as soon as the
 *   next entry of the decoder needs it; cleared when entry 4096 would come; lowest bit first.
 * - `compress`: Unix's `.Z` in block mode, as ncompress 4.2 writes it. 3 bytes of header; 256 clears, entries from 257;
 *   codes of 9 to 16 bits, lowest bit first; a full dictionary stays until, 10,000 bytes apart, the ratio has fallen;
 *   after the mark of it come zeros up to a multiple of 8 codes. Nothing marks the end: its place is the file's.
 */
export type LzwConvention = 'lzw3' | 'gif' | 'compress';

/** Options of everything that is LZW. */
export interface LzwCodeOptions {
  /** `lzw3` unless given. */
  readonly convention?: LzwConvention;
  /** Number of symbols: 256, in `gif` 1 to 256. 256 unless given. */
  readonly alphabetSize?: number;
  /** Widest code of `compress`: 10 to 16. (Its programs cannot read their own 9.) 16 unless given. */
  readonly maxBits?: number;
  /** Whether codes of `gif` widen one code early, as those of TIFF and PDF do. False unless given. */
  readonly early?: boolean;
}

/** Bytes of input from one look at the ratio of `compress` to the next. */
export const CHECK_GAP = 10_000;
/** What a `.Z` starts with. */
export const MAGIC = [0x1f, 0x9d] as const;
/** The bit of the third byte that says that codes may be cleared. */
export const BLOCK_MODE = 0x80;

/** A convention in numbers. */
export interface LzwRules {
  readonly convention: LzwConvention;
  readonly alphabetSize: number;
  /** The code that empties the dictionary, -1 for none. */
  readonly clear: number;
  /** The code after the last, -1 for none. */
  readonly end: number;
  /** The first code of an entry. */
  readonly first: number;
  /** Entries have codes below this. */
  readonly limit: number;
  /** Bits of the first code. */
  readonly narrowest: number;
  /** Bits of the widest code. */
  readonly widest: number;
  /** 1 where codes widen one code early. */
  readonly early: 0 | 1;
}

/** @throws RangeError (`invalid-argument`) for what a convention does not have. */
export function lzwRules(options: LzwCodeOptions = {}): LzwRules {
  const { convention = 'lzw3', alphabetSize = 256, maxBits = 16, early = false } = options;
  if (!(Number.isInteger(alphabetSize) && alphabetSize >= 1 && alphabetSize <= 256))
    throw rangeError(`symbols of LZW are at most 256, not ${alphabetSize}`);
  if (alphabetSize < 256 && convention !== 'gif')
    throw rangeError(`the convention ${convention} has 256 symbols, not ${alphabetSize}`);
  const common = { convention, alphabetSize, early: early && convention === 'gif' ? 1 : 0 } as const;
  switch (convention) {
    case 'lzw3':
      return { ...common, clear: -1, end: 256, first: 257, limit: Infinity, narrowest: 9, widest: 32 };
    case 'gif': {
      const width = Math.max(2, widthOf(alphabetSize));
      const clear = 1 << width;
      const marks = { clear, end: clear + 1, first: clear + 2 };
      return { ...common, ...marks, limit: 4096, narrowest: width + 1, widest: 12 };
    }
    case 'compress':
      if (!(Number.isInteger(maxBits) && maxBits >= 10 && maxBits <= 16))
        throw rangeError(`the widest code of compress has 10 to 16 bits, not ${maxBits}`);
      return { ...common, clear: 256, end: -1, first: 257, limit: 2 ** maxBits, narrowest: 9, widest: maxBits };
    default:
      throw rangeError(`conventions of LZW are lzw3, gif and compress, not ${convention}`);
  }
}

/**
 * Bits of the next code, after `codes` others since the dictionary was empty: the decoder has codes - 1 entries then,
 * for the last one waits for its last symbol.
 */
export function codeWidth(rules: LzwRules, codes: number): number {
  const width = 32 - Math.clz32(rules.first - 1 + codes + rules.early);
  return width < rules.narrowest ? rules.narrowest : width > rules.widest ? rules.widest : width;
}

/** Input to output of `compress` so far, in 1/256, as its programs compute it. */
export function compressRatio(bytesIn: number, bytesOut: number): number {
  // Their integers would overflow from here on.
  if (bytesIn > 0x7fffff) {
    const out = Math.floor(bytesOut / 256);
    return out === 0 ? 0x7fffffff : Math.floor(bytesIn / out);
  }
  return Math.floor((bytesIn * 256) / bytesOut);
}
