/** What measuring and writing deflate share: levels, and what is around a stream. */
import { rangeError, typeError } from '../errors.ts';

/** What is written around a deflate stream. */
export type DeflateFormat = 'raw' | 'zlib' | 'gzip';

/** Bytes before and after the stream. A gzip header without a name is meant. */
export const WRAPPERS: Record<DeflateFormat, readonly [header: number, trailer: number]> = {
  raw: [0, 0],
  zlib: [2, 4],
  gzip: [10, 8],
};

/** zlib's numbers of levels 0 to 9: good length, longest lazy match, nice length, longest chain. */
export const LEVELS: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 0, 0],
  [4, 4, 8, 4],
  [4, 5, 16, 8],
  [4, 6, 32, 32],
  [4, 4, 16, 16],
  [8, 16, 32, 32],
  [8, 16, 128, 128],
  [8, 32, 128, 256],
  [32, 128, 258, 1024],
  [32, 258, 258, 4096],
];

/** Most bytes of an input: positions are numbers of 32 bits, and so are the bits of a block. */
export const LONGEST = 2 ** 31;

/**
 * Refuses what is no level or no format.
 *
 * @throws RangeError when there is no such level.
 * @throws TypeError when there is no such format.
 */
export function checkLevel(level: number, format: DeflateFormat): void {
  if (!(Number.isInteger(level) && level >= 0 && level <= 9))
    throw rangeError(`a level is a whole number from 0 to 9, not ${level}`);
  if (!Object.hasOwn(WRAPPERS, format)) throw typeError(`a format is 'raw', 'zlib' or 'gzip', not ${format}`);
}
