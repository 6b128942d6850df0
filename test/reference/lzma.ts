/**
 * LZMA's model, plainly: reads a .lzma file decision by decision and adds up what each bit costs under the probability it
 * has. Nothing is shared with the library but the logarithm.
 */
import { log } from '../../src/kernels/math.ts';

/** One decision of an encoder. */
export type Decision =
  | { readonly kind: 'literal'; readonly byte: number }
  | { readonly kind: 'match'; readonly distance: number; readonly length: number }
  | { readonly kind: 'repeat'; readonly which: number; readonly length: number };

/** Bits of a probability p / 2048, in 2^-20 bits. */
const cost = (p: number): number => Math.round((11 - log(p) * Math.LOG2E) * 2 ** 20);

const chances = (n: number): number[] => new Array<number>(n).fill(1024);
const table = (rows: number, n: number): number[][] => Array.from({ length: rows }, () => chances(n));

interface Lengths {
  readonly choice: number[];
  readonly low: number[][];
  readonly middle: number[][];
  readonly high: number[];
}

const lengths = (): Lengths => ({ choice: chances(2), low: table(16, 8), middle: table(16, 8), high: chances(256) });

/** Decodes a .lzma file that states its size; returns its decisions and their cost in 2^-20 bits. */
export function readLzma(file: Uint8Array): { bytes: number[]; decisions: Decision[]; cost: number } {
  const lc = file[0] % 9;
  const lp = Math.floor(file[0] / 9) % 5;
  const pb = Math.floor(file[0] / 45);
  const size = new DataView(file.buffer, file.byteOffset).getUint32(5, true);
  let at = 13;
  let code = 0;
  for (let i = 0; i < 5; i++) code = (code * 256 + file[at++]) % 2 ** 32;
  let range = 2 ** 32 - 1;
  let spent = 0;

  const normalise = () => {
    if (range >= 2 ** 24) return;
    range *= 256;
    code = code * 256 + file[at++];
  };
  const bit = (row: number[], i: number): number => {
    normalise();
    const p = row[i];
    const bound = Math.floor(range / 2048) * p;
    const value = code < bound ? 0 : 1;
    if (value === 0) range = bound;
    else {
      range -= bound;
      code -= bound;
    }
    spent += cost(value === 0 ? p : 2048 - p);
    row[i] = value === 0 ? p + Math.floor((2048 - p) / 32) : p - Math.floor(p / 32);
    return value;
  };
  const tree = (row: number[], bits: number): number => {
    let node = 1;
    for (let i = 0; i < bits; i++) node = 2 * node + bit(row, node);
    return node - 2 ** bits;
  };
  const reverse = (row: number[], bits: number): number => {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const b = bit(row, node);
      node = 2 * node + b;
      value += b * 2 ** i;
    }
    return value;
  };

  const isMatch = table(12, 16);
  const isRep = chances(12);
  const isRepG0 = chances(12);
  const isRepG1 = chances(12);
  const isRepG2 = chances(12);
  const isRep0Long = table(12, 16);
  const slots = table(4, 64);
  const special = Array.from({ length: 14 }, () => chances(32));
  const align = chances(16);
  const matchLengths = lengths();
  const repeatLengths = lengths();
  const literals = table(2 ** (lc + lp), 0x300);

  const bytes: number[] = [];
  const decisions: Decision[] = [];
  let state = 0;
  let reps = [1, 1, 1, 1];
  const lengthOf = (coder: Lengths, place: number): number => {
    if (bit(coder.choice, 0) === 0) return 2 + tree(coder.low[place], 3);
    if (bit(coder.choice, 1) === 0) return 10 + tree(coder.middle[place], 3);
    return 18 + tree(coder.high, 8);
  };
  const distanceOf = (length: number): number => {
    const slot = tree(slots[Math.min(length - 2, 3)], 6);
    if (slot < 4) return slot + 1;
    const bits = Math.floor(slot / 2) - 1;
    const base = (2 + (slot % 2)) * 2 ** bits;
    if (slot < 14) return base + reverse(special[slot], bits) + 1;
    let direct = 0;
    for (let i = 4; i < bits; i++) {
      normalise();
      range = Math.floor(range / 2);
      const b = code >= range ? 1 : 0;
      code -= b * range;
      direct = 2 * direct + b;
      spent += 2 ** 20;
    }
    return base + 16 * direct + reverse(align, 4) + 1;
  };
  const copy = (distance: number, length: number) => {
    if (distance > bytes.length) throw new Error(`distance ${distance} at ${bytes.length}`);
    for (let i = 0; i < length; i++) bytes.push(bytes[bytes.length - distance]);
  };

  while (bytes.length < size) {
    const position = bytes.length;
    const place = position % 2 ** pb;
    if (bit(isMatch[state], place) === 0) {
      const before = position > 0 ? bytes[position - 1] : 0;
      const row = literals[(position % 2 ** lp) * 2 ** lc + Math.floor(before / 2 ** (8 - lc))];
      let node = 1;
      let alike = state >= 7;
      const matched = bytes[position - reps[0]];
      for (let i = 7; i >= 0; i--) {
        const expected = (matched >> i) & 1;
        const b = bit(row, alike ? 256 * (1 + expected) + node : node);
        if (b !== expected) alike = false;
        node = 2 * node + b;
      }
      bytes.push(node - 256);
      decisions.push({ kind: 'literal', byte: node - 256 });
      state = [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5][state];
    } else if (bit(isRep, state) === 0) {
      const length = lengthOf(matchLengths, place);
      const distance = distanceOf(length);
      reps = [distance, ...reps.slice(0, 3)];
      copy(distance, length);
      decisions.push({ kind: 'match', distance, length });
      state = state < 7 ? 7 : 10;
    } else {
      let which = 0;
      let short = false;
      if (bit(isRepG0, state) === 0) short = bit(isRep0Long[state], place) === 0;
      else which = bit(isRepG1, state) === 0 ? 1 : 2 + bit(isRepG2, state);
      const length = short ? 1 : lengthOf(repeatLengths, place);
      reps = [reps[which], ...reps.filter((_, i) => i !== which)];
      copy(reps[0], length);
      decisions.push({ kind: 'repeat', which, length });
      state = short ? (state < 7 ? 9 : 11) : state < 7 ? 8 : 11;
    }
  }
  return { bytes, decisions, cost: spent };
}
