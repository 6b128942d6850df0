// Kernels of the stream coders and of their models: src/kernels/coding.ts (coders) and src/kernels/models.ts (models) are the other side of this border.
//
// Every loop exists four times: for both presets, with a table and with a family. `small` and `family` choose.

import { decodeLoop as ansDecodeLoop, encodeLoop as ansEncodeLoop } from './ans';
import { decodeLoop as chainDecodeLoop, encodeLoop as chainEncodeLoop } from './chain';
import { decodeLoop as rangeDecodeLoop, encodeLoop as rangeEncodeLoop } from './range';

export { block, buildLookup, CHUNK, others, parameters, symbols, tables, useFamily, useTable, words } from './tables';

export function ansEncode(n: i32, small: bool, family: bool): i32 {
  if (small) return family ? ansEncodeLoop<u16, f64>(n) : ansEncodeLoop<u16, u8>(n);
  return family ? ansEncodeLoop<u32, f64>(n) : ansEncodeLoop<u32, u8>(n);
}

export function ansDecode(n: i32, small: bool, family: bool): i32 {
  if (small) return family ? ansDecodeLoop<u16, f64>(n) : ansDecodeLoop<u16, u8>(n);
  return family ? ansDecodeLoop<u32, f64>(n) : ansDecodeLoop<u32, u8>(n);
}

export function rangeEncode(n: i32, small: bool, family: bool): i32 {
  if (small) return family ? rangeEncodeLoop<u16, f64>(n) : rangeEncodeLoop<u16, u8>(n);
  return family ? rangeEncodeLoop<u32, f64>(n) : rangeEncodeLoop<u32, u8>(n);
}

export function rangeDecode(n: i32, small: bool, family: bool): i32 {
  if (small) return family ? rangeDecodeLoop<u16, f64>(n) : rangeDecodeLoop<u16, u8>(n);
  return family ? rangeDecodeLoop<u32, f64>(n) : rangeDecodeLoop<u32, u8>(n);
}

export function chainEncode(n: i32, small: bool, family: bool): i32 {
  if (small) return family ? chainEncodeLoop<u16, f64>(n) : chainEncodeLoop<u16, u8>(n);
  return family ? chainEncodeLoop<u32, f64>(n) : chainEncodeLoop<u32, u8>(n);
}

export function chainDecode(n: i32, small: bool, family: bool): i32 {
  if (small) return family ? chainDecodeLoop<u16, f64>(n) : chainDecodeLoop<u16, u8>(n);
  return family ? chainDecodeLoop<u32, f64>(n) : chainDecodeLoop<u32, u8>(n);
}

export * from './single';
