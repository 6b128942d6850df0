// Kernels of the stream coders and of their models: src/kernels/coding.ts (coders) and src/kernels/models.ts (models) are the other side of this border.
//
// A loop exists once for each preset and each source of intervals: `small` and `mode` choose. Range coders need
// intervals in one piece, so they have none for alias tables, and the host refuses those before it comes here.

import { decodeLoop as ansDecodeLoop, encodeLoop as ansEncodeLoop } from './ans';
import { decodeLoop as chainDecodeLoop, encodeLoop as chainEncodeLoop } from './chain';
import { decodeLoop as rangeDecodeLoop, encodeLoop as rangeEncodeLoop } from './range';

export { useAlias } from './alias';
export { useConstants } from './constants';
export { block, buildLookup, CHUNK, others, parameters, symbols, tables, useFamily, useMixture, useTable, words } from './tables';

// Sources by the number that the host knows them by; any other is a table.
const FAMILY: u32 = 1;
const ALIAS: u32 = 2;

export function ansEncode(n: i32, small: bool, mode: u32): i32 {
  if (mode == ALIAS) return small ? ansEncodeLoop<u16, u16>(n) : ansEncodeLoop<u32, u16>(n);
  if (mode == FAMILY) return small ? ansEncodeLoop<u16, f64>(n) : ansEncodeLoop<u32, f64>(n);
  return small ? ansEncodeLoop<u16, u8>(n) : ansEncodeLoop<u32, u8>(n);
}

export function ansDecode(n: i32, small: bool, mode: u32): i32 {
  if (mode == ALIAS) return small ? ansDecodeLoop<u16, u16>(n) : ansDecodeLoop<u32, u16>(n);
  if (mode == FAMILY) return small ? ansDecodeLoop<u16, f64>(n) : ansDecodeLoop<u32, f64>(n);
  return small ? ansDecodeLoop<u16, u8>(n) : ansDecodeLoop<u32, u8>(n);
}

export function rangeEncode(n: i32, small: bool, mode: u32): i32 {
  if (mode == FAMILY) return small ? rangeEncodeLoop<u16, f64>(n) : rangeEncodeLoop<u32, f64>(n);
  return small ? rangeEncodeLoop<u16, u8>(n) : rangeEncodeLoop<u32, u8>(n);
}

export function rangeDecode(n: i32, small: bool, mode: u32): i32 {
  if (mode == FAMILY) return small ? rangeDecodeLoop<u16, f64>(n) : rangeDecodeLoop<u32, f64>(n);
  return small ? rangeDecodeLoop<u16, u8>(n) : rangeDecodeLoop<u32, u8>(n);
}

export function chainEncode(n: i32, small: bool, mode: u32): i32 {
  if (mode == ALIAS) return small ? chainEncodeLoop<u16, u16>(n) : chainEncodeLoop<u32, u16>(n);
  if (mode == FAMILY) return small ? chainEncodeLoop<u16, f64>(n) : chainEncodeLoop<u32, f64>(n);
  return small ? chainEncodeLoop<u16, u8>(n) : chainEncodeLoop<u32, u8>(n);
}

export function chainDecode(n: i32, small: bool, mode: u32): i32 {
  if (mode == ALIAS) return small ? chainDecodeLoop<u16, u16>(n) : chainDecodeLoop<u32, u16>(n);
  if (mode == FAMILY) return small ? chainDecodeLoop<u16, f64>(n) : chainDecodeLoop<u32, f64>(n);
  return small ? chainDecodeLoop<u16, u8>(n) : chainDecodeLoop<u32, u8>(n);
}

export * from './single';
