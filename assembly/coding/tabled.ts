// Kernels of the stream coders on tables, of cumulative frequencies or for the alias method: what a page needs that has
// no families. src/kernels/coding.ts is the other side of this border; index.ts has the loops of families.
//
// A loop exists once for each preset and each kind of table: `small` and `mode` choose. Range coders need intervals in
// one piece, so they have none for alias tables, and the host refuses those before it comes here. Where a coder divides
// by probabilities of 24 bits, it can do so by a table with reciprocals.

import { decodeLoop as ansDecodeLoop, encodeLoop as ansEncodeLoop } from './ans';
import { decodeLoop as chainDecodeLoop, encodeLoop as chainEncodeLoop } from './chain';
import { decodeLoop as rangeDecodeLoop, encodeLoop as rangeEncodeLoop } from './range';

export { useAlias } from './alias';
export { buildDivisors } from './divisors';
export { quantizePerfectly, scratch } from './quantize';
export {
  block, buildLookup, CHUNK, others, parameters, symbols, tables, useDivisors, useTable, words,
} from './tables';

// Kinds by the numbers that the host knows them by; any other is a table of cumulative frequencies alone.
const ALIAS: u32 = 2;
const DIVIDED: u32 = 3;
const DIVIDED_LIKELY: u32 = 4;

export function ansEncode(n: i32, small: bool, mode: u32): i32 {
  if (mode == ALIAS) return small ? ansEncodeLoop<u16, u16>(n) : ansEncodeLoop<u32, u16>(n);
  if (mode == DIVIDED) return ansEncodeLoop<u32, i8>(n);
  if (mode == DIVIDED_LIKELY) return ansEncodeLoop<u32, i32>(n);
  return small ? ansEncodeLoop<u16, u8>(n) : ansEncodeLoop<u32, u8>(n);
}

export function ansDecode(n: i32, small: bool, mode: u32): i32 {
  if (mode == ALIAS) return small ? ansDecodeLoop<u16, u16>(n) : ansDecodeLoop<u32, u16>(n);
  return small ? ansDecodeLoop<u16, u8>(n) : ansDecodeLoop<u32, u8>(n);
}

export function rangeEncode(n: i32, small: bool, _mode: u32): i32 {
  return small ? rangeEncodeLoop<u16, u8>(n) : rangeEncodeLoop<u32, u8>(n);
}

export function rangeDecode(n: i32, small: bool, _mode: u32): i32 {
  return small ? rangeDecodeLoop<u16, u8>(n) : rangeDecodeLoop<u32, u8>(n);
}

export function chainEncode(n: i32, small: bool, mode: u32): i32 {
  if (mode == ALIAS) return small ? chainEncodeLoop<u16, u16>(n) : chainEncodeLoop<u32, u16>(n);
  if (mode >= DIVIDED) return chainEncodeLoop<u32, i8>(n);
  return small ? chainEncodeLoop<u16, u8>(n) : chainEncodeLoop<u32, u8>(n);
}

export function chainDecode(n: i32, small: bool, mode: u32): i32 {
  if (mode == ALIAS) return small ? chainDecodeLoop<u16, u16>(n) : chainDecodeLoop<u32, u16>(n);
  return small ? chainDecodeLoop<u16, u8>(n) : chainDecodeLoop<u32, u8>(n);
}
