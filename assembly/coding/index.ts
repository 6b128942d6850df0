// Kernels of the stream coders where a family computes the intervals, and of the models: src/kernels/families.ts (coders)
// and src/kernels/models.ts (models) are the other side of this border. Tables have a module of their own, tabled.ts.
//
// A loop exists once for each preset; `small` chooses.

import { decodeCoins, decodeLoop as ansDecodeLoop, encodeLoop as ansEncodeLoop } from './ans';
import { decodeLoop as chainDecodeLoop, encodeLoop as chainEncodeLoop } from './chain';
import { decodeLoop as rangeDecodeLoop, encodeLoop as rangeEncodeLoop } from './range';
import { familyIntervals, logitsOf } from './tables';

export { useConstants } from './constants';
export { block, CHUNK, checkMixtures, others, parameters, parametersHold, symbols, tables, useFamily, useMixture, words } from './tables';

export function ansEncode(n: i32, small: bool, _mode: u32): i32 {
  familyIntervals(n, small ? 12 : 24);
  return small ? ansEncodeLoop<u16, f64>(n) : ansEncodeLoop<u32, f64>(n);
}

export function ansDecode(n: i32, small: bool, _mode: u32): i32 {
  if (logitsOf(n, small ? 12 : 24)) return small ? decodeCoins<u16>(n) : decodeCoins<u32>(n);
  return small ? ansDecodeLoop<u16, f64>(n) : ansDecodeLoop<u32, f64>(n);
}

export function rangeEncode(n: i32, small: bool, _mode: u32): i32 {
  familyIntervals(n, small ? 12 : 24);
  return small ? rangeEncodeLoop<u16, f64>(n) : rangeEncodeLoop<u32, f64>(n);
}

export function rangeDecode(n: i32, small: bool, _mode: u32): i32 {
  return small ? rangeDecodeLoop<u16, f64>(n) : rangeDecodeLoop<u32, f64>(n);
}

export function chainEncode(n: i32, small: bool, _mode: u32): i32 {
  familyIntervals(n, small ? 12 : 24);
  return small ? chainEncodeLoop<u16, f64>(n) : chainEncodeLoop<u32, f64>(n);
}

export function chainDecode(n: i32, small: bool, _mode: u32): i32 {
  return small ? chainDecodeLoop<u16, f64>(n) : chainDecodeLoop<u32, f64>(n);
}

export * from './single';
