// The model: everything put together. probability() predicts a bit, update() learns it.
//
// Memory is the bottleneck: a fetch from the tables takes as long as a few hundred instructions. So update() first
// works out which lines the next bits will need and touches them, then learns, and only then reads them.
import { CONTEXTS, FIXED_END, MAP0, MAP1, MAP2, MAP_ROWS } from './layout';
import { buildTables } from './tables';
import { hash2 } from './counters';
import { hashContexts, learnIndirect } from './contexts';
import { advanceHistories, fetchFirst, fetchSecond, findSlots, historiesInit, known, learnHistories, predictHistories } from './histories';
import { fetchMatches, followMatches, learnMatch, lengthStep, match, matchesInit, predictMatch, remember } from './matches';
import { mix, mixerInit, select, train } from './mixer';
import { mapPosition, mapRead, mapRow, mapStep, mapTrain } from './maps';
import { state } from './state';
import { RATE_END, RATE_FALL, RATE_START } from './tuning';

/** Lays the model out and sets it to its beginning. Returns the first address behind it. */
export function init(tableBits: u32, historyBits: u32): u32 {
  buildTables();
  const headBits = max<u32>(min<u32>(historyBits - 1, 16), 10);
  const heads = FIXED_END + (1 << historyBits);
  const table = heads + (8 << headBits);
  matchesInit(FIXED_END, historyBits, heads, headBits);
  historiesInit(table, 1 << tableBits);
  mixerInit(CONTEXTS + 2);
  const s = state();
  s.c0 = 1;
  s.node = 1;
  s.rate = RATE_START;
  hashContexts();
  fetchFirst();
  findSlots(0, 0);
  firstRows();
  fetchRows(1, 1);
  predictHistories(0, 0);
  predict();
  return table + (1 << tableBits);
}

/** Rows of the maps for a byte's first nibble. */
// @ts-ignore: decorator
@inline
function firstRows(): void {
  const s = state();
  const m = match(0);
  s.mapBase1 = (hash2(s.c4 & 0xffff, 222) & ((MAP_ROWS >> 4) - 1)) << 4;
  s.mapBase2 = (m.expected != 0 ? hash2(m.expected, lengthStep(m.length)) : hash2(s.word, 99)) & (MAP_ROWS - 16);
}

/** Starts fetching the next bit's rows of the maps. */
// @ts-ignore: decorator
@inline
function fetchRows(c0: u32, node: u32): void {
  const s = state();
  const a = mapRow(MAP0, ((s.c4 & 255) << 8) | c0);
  const b = mapRow(MAP1, s.mapBase1 | node);
  const c = mapRow(MAP2, s.mapBase2 | node);
  s.map0 = a;
  s.map1 = b;
  s.map2 = c;
  s.touched = <u32>load<u8>(a) ^ <u32>load<u8>(b) ^ <u32>load<u8>(c);
}

/** From the inputs to the probability. */
// @ts-ignore: decorator
@inline
function predict(): void {
  const s = state();
  const c0 = s.c0, bits = s.bits;
  const a = match(0), b = match(1);
  select(0, (a.cell ? lengthStep(a.length) + 1 : 0) * 33 + (b.cell ? lengthStep(b.length) + 1 : 0));
  select(1, c0 | (s.word != 0 ? 256 : 0));
  select(2, (s.c4 & 255) | (bits << 8));
  select(3, s.hits * 8 + bits);
  select(4, (s.classes & 511) | ((bits >> 1) << 9));
  select(5, a.cell ? (a.expected & 255) | (bits << 8) : (s.c4 >> 8) & 255);
  mix(c0);
  const position = mapPosition(s.mixed);
  const step = mapStep(position);
  const above = position - <f32>step;
  s.mapStep = step;
  s.map0 += step << 1;
  s.map1 += step << 1;
  s.map2 += step << 1;
  const refined = mapRead(s.map0, step, above) + mapRead(s.map1, step, above) + mapRead(s.map2, step, above);
  // Rounded by adding 2^23: the integer is in the low bits.
  const p = <i32>(reinterpret<u32>(s.chance * 16384 + refined * <f32>0.25 + <f32>8388608) & 0x1ffff);
  s.probability = max<i32>(1, min<i32>(65535, p));
}

/** The probability that the next bit is 1, in 1/65536: 1..65535. */
// @ts-ignore: decorator
@inline
export function probability(): u32 {
  return state().probability;
}

function learnMixed(bit: u32): void {
  const s = state();
  train(bit);
  s.rate += (RATE_END - s.rate) * RATE_FALL;
  const step = s.mapStep;
  mapTrain(s.map0, step, bit);
  mapTrain(s.map1, step, bit);
  mapTrain(s.map2, step, bit);
}

export function update(bit: u32): void {
  const s = state();
  const bits = s.bits, node = s.node;
  const c0 = (s.c0 << 1) | bit;
  learnMatch(0, bits, bit);
  learnMatch(1, bits, bit);
  if (bits == 7) {
    const byte = c0 & 255;
    const position = s.position;
    learnIndirect(s.c4, byte);
    remember(position, byte);
    s.c8 = (s.c8 << 8) | (s.c4 >> 24);
    s.c4 = (s.c4 << 8) | byte;
    s.position = position + 1;
    s.c0 = 1;
    s.bits = 0;
    s.node = 1;
    fetchMatches(s.c4, s.c8, position + 1);
    learnMixed(bit);
    followMatches(position + 1);
    hashContexts();
    fetchFirst();
    firstRows();
    fetchRows(1, 1);
    learnHistories(node, bit);
    findSlots(byte, 0);
    s.hits = known(5);
    predictHistories(predictMatch(0, 1, 0), predictMatch(1, 1, 0));
  } else {
    s.c0 = c0;
    s.bits = bits + 1;
    if (bits == 3) {
      s.node = 1;
      fetchSecond(c0);
      s.mapBase1 = (s.mapBase1 + hash2(c0, 3)) & (MAP_ROWS - 16);
      s.mapBase2 = (s.mapBase2 + hash2(c0, 4)) & (MAP_ROWS - 16);
      learnMixed(bit);
      fetchRows(c0, 1);
      learnHistories(node, bit);
      findSlots(s.c4 & 255, 16 + ((c0 & 15) << 4));
      predictHistories(predictMatch(0, c0, 4), predictMatch(1, c0, 4));
    } else {
      learnMixed(bit);
      s.node = (node << 1) | bit;
      fetchRows(c0, s.node);
      advanceHistories(node, bit, predictMatch(0, c0, bits + 1), predictMatch(1, c0, bits + 1));
    }
  }
  predict();
}
