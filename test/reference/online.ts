/**
 * The online compressor's model and coder once more, plainly: no memory layout, no prefetching, no SIMD, one thing after
 * another. The kernels of `assembly/online` equal it bit for bit. Single precision is `Math.fround` after every
 * operation; sums run in the kernel's order. 32-bit words are kept unsigned by `>>> 0`.
 */
import { exp, log } from '../../src/kernels/math.ts';
import type { OnlineParameters } from '../../src/sequence/online.ts';

const f32 = Math.fround;
const word = new DataView(new ArrayBuffer(4));

function bitsOf(x: number): number {
  word.setFloat32(0, x);
  return word.getUint32(0);
}

function floatOf(bits: number): number {
  word.setUint32(0, bits >>> 0);
  return word.getFloat32(0);
}

/** A mixed hash of two words. */
function hash2(a: number, b: number): number {
  let h = (Math.imul(a, 0x9e3779b1) + Math.imul(b, 0x85ebca6b) + 0x27d4eb2f) >>> 0;
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}

// ---- Adaptive probabilities ----------------------------------------------------------------------------------------

/** A probability of 22 bits with the number of bits it has seen. */
class Cell {
  p: number;
  n = 0;

  constructor(probability: number) {
    this.p = Math.floor(probability * 4194303);
  }

  /** A step of about 1 / (n + 1.6) towards the bit; n stops at the limit. */
  adapt(bit: number, limit: number): void {
    const target = bit ? 0x3fffff : 0;
    this.p += Math.floor(((target - this.p) * Math.floor(65536 / (this.n + 1.6))) / 65536);
    if (this.n < limit) this.n++;
  }

  /** ln(p / (1 - p)) from the upper 12 bits. */
  get stretched(): number {
    return STRETCH[this.p >>> 10];
  }
}

// Logarithm and exponential are those of `surprisal/kernels/math.js`; the kernel's tables come from the compiler's own.
// Rounded to single precision and to integers they are the same.
export const STRETCH = Float32Array.from({ length: 4096 }, (_, i) => {
  const p = (i + 0.5) / 4096;
  return log(p / (1 - p));
});

// ---- Bit histories -------------------------------------------------------------------------------------------------

/** What followed a context: the exact bits while there are at most four, then bounded counts and the latest bit. */
type History = { readonly exact: string } | { readonly counts: readonly [number, number]; readonly latest: number };

const allowed = (a: number, b: number) => Math.max(a, b) <= ([44, 24, 12, 8, 6, 5][Math.min(a, b)] ?? -1);

/** What is left of a count that the next bit contradicts. */
const discount = (n: number) => (n <= 2 ? n : n === 3 ? 2 : n <= 6 ? 3 : n <= 12 ? 4 : 5);

function countsOf(history: History): [number, number] {
  if ('counts' in history) return [...history.counts];
  const ones = [...history.exact].filter((bit) => bit === '1').length;
  return [history.exact.length - ones, ones];
}

function follow(history: History, bit: number): History {
  if ('exact' in history && history.exact.length < 4) return { exact: history.exact + bit };
  const counts = countsOf(history);
  let same = counts[bit];
  let other = discount(counts[1 - bit]);
  if (allowed(same + 1, other)) same++;
  else if (same < other) {
    same++;
    while (!allowed(same, other)) other--;
  }
  return { counts: bit ? [other, same] : [same, other], latest: bit };
}

const total = (history: History) => countsOf(history)[0] + countsOf(history)[1];

/** All histories in the order of their numbers: by total, and among equals as they are reached from the empty one. */
function allHistories(): History[] {
  const found: History[] = [{ exact: '' }];
  const known = new Set(found.map((h) => JSON.stringify(h)));
  for (const history of found)
    for (const bit of [0, 1]) {
      const next = follow(history, bit);
      if (!known.has(JSON.stringify(next))) found.push(next);
      known.add(JSON.stringify(next));
    }
  const most = Math.max(...found.map(total));
  return Array.from({ length: most + 1 }, (_, n) => found.filter((h) => total(h) === n)).flat();
}

export const HISTORIES: readonly History[] = allHistories();
const numbers = new Map(HISTORIES.map((history, i) => [JSON.stringify(history), i]));
export const SUCCESSORS = HISTORIES.map((h) => [0, 1].map((bit) => numbers.get(JSON.stringify(follow(h, bit)))!));
const HISTORY_LIMIT = 255;

const newHistoryCells = () => HISTORIES.map((h) => new Cell((countsOf(h)[1] + 0.3) / (total(h) + 0.6)));

/** The histories of the 15 nodes of a nibble's tree, numbered from 1, behind the check byte: a view of a table. */
type Slot = Uint8Array;

/** A hash table of lines of four slots. */
class SlotTable {
  private readonly bytes: Uint8Array;
  private readonly lines: number;

  constructor(tableBits: number) {
    this.bytes = new Uint8Array(2 ** tableBits);
    this.lines = 2 ** tableBits / 64;
  }

  private lineOf(hash: number): number {
    return Math.floor((hash * this.lines) / 2 ** 32);
  }

  first(hash: number): Slot {
    return this.find(this.lineOf(hash), hash & 255);
  }

  /** The second nibble's slot lies in the same 64 lines as the first's. */
  second(hash: number, c0: number): Slot {
    let x = Math.imul(hash + c0, 0x9e3779b1);
    x ^= x >>> 15;
    return this.find(this.lineOf(hash) ^ (x & 63), (x >>> 8) & 255);
  }

  /** The first slot with this check; else the first of those whose root history is least, cleared. */
  private find(line: number, check: number): Slot {
    const { bytes } = this;
    const slots = [0, 16, 32, 48].map((at) => line * 64 + at);
    let at = slots.find((slot) => bytes[slot] === check);
    if (at === undefined) {
      const least = Math.min(...slots.map((slot) => bytes[slot + 1]));
      at = slots.find((slot) => bytes[slot + 1] === least)!;
      bytes.fill(0, at, at + 16);
      bytes[at] = check;
    }
    return bytes.subarray(at, at + 16);
  }
}

// ---- Match models --------------------------------------------------------------------------------------------------

const MATCH_LIMIT = 1023;
const PATIENCE = 8;

/** Lengths in 32 steps. */
function lengthStep(length: number): number {
  if (length < 16) return length;
  const log2 = 31 - Math.clz32(length);
  return Math.min(31, 16 + 2 * (log2 - 4) + ((length >>> (log2 - 1)) & 1));
}

/** The bytes seen, as far back as the history reaches; before the beginning there are zeros. */
class Past {
  private readonly bytes: Uint8Array;
  /** Bytes seen. */
  position = 0;

  constructor(historyBits: number) {
    this.bytes = new Uint8Array(2 ** historyBits);
  }

  at(position: number): number {
    return this.bytes[(position & (this.bytes.length - 1)) >>> 0];
  }

  push(byte: number): void {
    this.bytes[this.position++ & (this.bytes.length - 1)] = byte;
  }
}

class MatchModel {
  private readonly heads: Uint32Array;
  private readonly cells = Array.from({ length: 256 }, (_, i) => new Cell(0.5 + (0.5 * Math.min(i & 31, 30)) / 31));
  private readonly enough: number;
  private readonly least: number;
  private pointer = 0;
  private misses = 0;
  length = 0;
  /** The predicted byte behind a leading 1; 0: none. */
  expected = 0;
  /** What predicts the present bit, if anything does. */
  cell: Cell | undefined;

  constructor(headBits: number, enough: number, least: number) {
    this.heads = new Uint32Array(2 ** headBits);
    this.enough = enough;
    this.least = least;
  }

  /** A step for the choice of weights: 0 without a prediction. */
  get step(): number {
    return this.cell ? lengthStep(this.length) + 1 : 0;
  }

  predict(c0: number, bits: number): number {
    this.cell = undefined;
    if (this.expected >> (8 - bits) !== c0) return 0;
    this.cell = this.cells[Math.min(this.misses, 7) * 32 + lengthStep(this.length)];
    const bit = (this.expected >> (7 - bits)) & 1;
    return bit ? this.cell.stretched : -this.cell.stretched;
  }

  learn(bits: number, bit: number): void {
    if (!this.cell) return;
    const right = ((this.expected >> (7 - bits)) & 1) === bit;
    this.cell.adapt(right ? 1 : 0, MATCH_LIMIT);
    if (!right) {
      this.length = 0;
      this.misses++;
    }
  }

  /** After a byte: goes on with it, or takes a longer earlier occurrence of the last bytes. */
  follow(past: Past, hash: number): void {
    const { position } = past;
    const head = (hash >>> 8) & (this.heads.length - 1);
    if (this.expected !== 0) {
      this.pointer++;
      if (this.length > 0 && this.length < 65535) this.length++;
    }
    const candidate = this.heads[head];
    if (this.length < this.enough && candidate > 0) {
      let n = 0;
      while (n < 32 && past.at(candidate - 1 - n) === past.at(position - 1 - n)) n++;
      if (n > this.length && n >= this.least) {
        this.length = n;
        this.pointer = candidate;
        this.misses = 0;
        this.expected = 1;
      }
    }
    this.heads[head] = position;
    this.expected = this.expected !== 0 && this.misses < PATIENCE ? past.at(this.pointer) | 256 : 0;
  }
}

// ---- Contexts ------------------------------------------------------------------------------------------------------

const RECORD_MAX = 4096;

/** 1 lower-case letter, 2 capital, 3 digit, 0 space, 4 new line, 5 other control, 6 punctuation, 7 beyond ASCII. */
function classOf(c: number): number {
  if (c >= 128) return 7;
  if (c >= 97 && c <= 122) return 1;
  if (c >= 65 && c <= 90) return 2;
  if (c >= 48 && c <= 57) return 3;
  if (c === 32) return 0;
  if (c === 10) return 4;
  return c < 32 ? 5 : 6;
}

/** Finds the length of the records that the data seems to be made of. */
class RecordFinder {
  private readonly lastSeen = new Uint32Array(4096);
  private readonly gaps = new Uint32Array(4096);
  private readonly votes = new Uint32Array(RECORD_MAX);
  /** 0: none. */
  length = 0;

  /** Three bytes that return again and again at the same distance vote for it; votes are halved every 4096 bytes. */
  see(c4: number, position: number): void {
    const i = Math.imul(c4 & 0xffffff, 0x9e3779b1) >>> 20;
    const gap = (position - this.lastSeen[i]) >>> 0;
    if (gap > 1 && gap < RECORD_MAX && this.gaps[i] === gap) {
      this.votes[gap]++;
      if (gap !== this.length && this.votes[gap] > this.votes[this.length] + 16) this.length = gap;
    }
    this.gaps[i] = gap;
    this.lastSeen[i] = position;
    if (position % 4096 === 0) for (let n = 0; n < RECORD_MAX; n++) this.votes[n] >>>= 1;
  }
}

/** Everything about the past that contexts are made of. */
class Surroundings {
  /** The last four bytes, latest lowest, and the four before them. */
  c4 = 0;
  c8 = 0;
  /** Hashes of the current word and of the two before it. */
  words: [number, number, number] = [0, 0, 0];
  /** Classes of the last bytes, three bits each; the same without repeated letters and digits, four bits each. */
  classes = 0;
  private skeleton = 0;
  /** Where this line and the one before it start. */
  private line = 0;
  private line1 = 0;
  private readonly records = new RecordFinder();
  private readonly indirect = new Uint32Array(65536);

  push(byte: number): void {
    const pair = this.c4 & 0xffff;
    this.indirect[pair] = (this.indirect[pair] << 8) | byte;
    this.c8 = ((this.c8 << 8) | (this.c4 >>> 24)) >>> 0;
    this.c4 = ((this.c4 << 8) | byte) >>> 0;
  }

  /** Hashes of all contexts of the next byte. */
  hashes(past: Past, match: MatchModel): number[] {
    const { c4, c8 } = this;
    const { position } = past;
    const c1 = c4 & 255;
    const kind = classOf(c1);
    if (kind === 1 || kind === 7) this.words[0] = hash2(this.words[0], c1);
    else if (kind === 2) this.words[0] = hash2(this.words[0], c1 + 32);
    else if (this.words[0] !== 0) this.words = [0, this.words[0], this.words[1]];
    this.classes = ((this.classes << 3) | kind) >>> 0;
    if (kind !== (this.skeleton & 15) || (kind !== 1 && kind !== 3)) this.skeleton = (this.skeleton << 4) | kind;
    if (c1 === 10) {
      this.line1 = this.line;
      this.line = position;
    }
    const column = position - this.line;
    const above = this.line1 + column < this.line ? past.at(this.line1 + column) : 10;
    if (position > 0) this.records.see(c4, position);
    const r = this.records.length;
    const up = r ? past.at(position - r) : 0;
    const up2 = r ? past.at(position - 2 * r) : 0;
    const [w, w1, w2] = this.words;
    const contexts = [
      hash2(c4 & 0xffff, 2),
      hash2(c4 & 0xffffff, 3),
      hash2(c4, 4),
      hash2(c4, (c8 & 0xff) + 0x500),
      hash2(c4, (c8 & 0xffff) + 0x60000),
      hash2(w, c1),
      hash2(w, (w1 + 77) >>> 0),
      hash2((w + c1 * 271) >>> 0, (w2 + 777) >>> 0),
      hash2(c4 & 0xffff00, 9),
      hash2(c4 & 0xffff0000, 11),
      hash2(column, above + 0x1200),
      hash2(this.indirect[c4 & 0xffff] & 0xffffff, 15),
      hash2(match.expected | (Math.min(match.length, 15) << 9), c1 + 0x1600),
      hash2(up | (r << 8), c1 + 0x1700),
      hash2(r ? position % r : 0, up | (up2 << 8) | 0x180000),
      hash2(this.skeleton & 0xffffff, c1 + 0x1900),
    ];
    return contexts.map((hash, i) => {
      let x = Math.imul(hash + i, 0x9e3779b1);
      x ^= x >>> 15;
      x = Math.imul(x, 0x85ebca6b);
      return (x ^ (x >>> 13)) >>> 0;
    });
  }
}

// ---- Network -------------------------------------------------------------------------------------------------------

const INPUTS = 20;
const SETS = 6;
const CUT = 11.5;
const WEIGHT = f32(0.09);
const [RATE_START, RATE_END, RATE_FALL, RATE_FINAL] = [f32(0.02), f32(0.004), f32(0.0002), f32(0.002)];
const ENOUGH = f32(0.002);
/** 1.5 * 2^23: adding it to a small number rounds that to an integer, which is then in the low bits. */
const ROUNDER = 12582912;

const clamp = (x: number) => Math.min(CUT, Math.max(-CUT, x));

/** 1 / (1 + exp(-x)): exp is a power of two and a polynomial. */
export function squash(x: number): number {
  const t = f32(x * f32(-Math.LOG2E));
  const shifted = f32(t + ROUNDER);
  const f = f32(t - f32(shifted - ROUNDER));
  let e = f32(0.0013333558);
  for (const c of [0.0096181291, 0.0555041087, 0.240226507, Math.LN2, 1]) e = f32(f32(e * f) + f32(c));
  const power = floatOf(bitsOf(e) + (bitsOf(shifted) << 23));
  return f32(1 / f32(1 + power));
}

/** A scalar product of 20 numbers in four lanes: vectors of four 0 and 1, 2 and 3, then 4; lanes 0 and 2, 1 and 3. */
function dot(w: Float32Array, x: Float32Array): number {
  const product = (k: number) => f32(w[k] * x[k]);
  const lane = (k: number) =>
    f32(f32(f32(product(k) + product(k + 4)) + f32(product(k + 8) + product(k + 12))) + product(k + 16));
  return f32(f32(lane(0) + lane(2)) + f32(lane(1) + lane(3)));
}

/** The second layer's scalar product, of six numbers, as if two zeros followed. */
function dotFinal(w: Float32Array, x: Float32Array): number {
  const product = (k: number) => f32(w[k] * x[k]);
  return f32(f32(f32(product(0) + product(4)) + product(2)) + f32(f32(product(1) + product(5)) + product(3)));
}

/** w += e x */
function descend(w: Float32Array, e: number, x: Float32Array): void {
  for (let k = 0; k < w.length; k++) w[k] = f32(w[k] + f32(e * x[k]));
}

class Network {
  /** A weight vector for each context of each set, made when it is first chosen. */
  private readonly sets = Array.from({ length: SETS }, () => new Map<number, Float32Array>());
  private readonly finals = Array.from({ length: 256 }, () => new Float32Array(SETS).fill(1 / SETS));
  private inputs: Float32Array = new Float32Array(INPUTS);
  private chosen: Float32Array[] = [];
  private final = this.finals[0];
  private outputs: Float32Array = new Float32Array(SETS);
  private rate = RATE_START;

  /** Returns the output in the logistic domain. */
  mix(inputs: Float32Array, contexts: readonly number[], c0: number): number {
    this.inputs = inputs;
    this.chosen = contexts.map((context, set) => {
      const weights = this.sets[set].get(context) ?? new Float32Array(INPUTS).fill(WEIGHT);
      this.sets[set].set(context, weights);
      return weights;
    });
    this.final = this.finals[c0];
    this.outputs = Float32Array.of(...this.chosen.map((weights) => clamp(dot(weights, inputs))));
    return clamp(dotFinal(this.final, this.outputs));
  }

  /** Learns the bit, whose predicted probability was `chance`, unless there is too little to learn. */
  train(bit: number, chance: number): void {
    const { rate, inputs, outputs } = this;
    this.rate = f32(rate + f32(f32(RATE_END - rate) * RATE_FALL));
    const error = f32(bit - chance);
    if (Math.abs(error) < ENOUGH) return;
    descend(this.final, f32(error * RATE_FINAL), outputs);
    this.chosen.forEach((weights, set) => {
      descend(weights, f32(f32(bit - squash(outputs[set])) * rate), inputs);
    });
  }
}

// ---- Adaptive probability maps -------------------------------------------------------------------------------------

const MAP_ROWS = 16384;
export const IDENTITY = Array.from({ length: 16 }, (_, i) => Math.floor(65535 / (1 + exp(7.5 - i))));

type Row = Uint16Array;

/** Rows of 16 points of the logistic domain from -7.5 to 7.5, each starting as the identity. */
class ProbabilityMap {
  private readonly rows = new Map<number, Row>();

  row(context: number): Row {
    const row = this.rows.get(context) ?? Uint16Array.from(IDENTITY);
    this.rows.set(context, row);
    return row;
  }
}

/** Where a prediction falls: between the points `step` and `step + 1`, `above` being the share of the latter. */
function place(stretched: number): { step: number; above: number } {
  const position = f32(Math.max(Math.min(stretched, f32(7.499)), f32(-7.499)) + 7.5);
  const step = bitsOf(f32(f32(position - 0.5) + ROUNDER)) & 15;
  return { step, above: f32(position - step) };
}

function readRow(row: Row, step: number, above: number): number {
  return f32(row[step] + f32(f32(row[step + 1] - row[step]) * above));
}

function trainRow(row: Row, step: number, bit: number): void {
  for (const i of [step, step + 1]) row[i] += ((bit ? 65535 : 0) - row[i]) >> 5;
}

// ---- The model -----------------------------------------------------------------------------------------------------

export class ReferenceModel {
  private readonly table: SlotTable;
  private readonly order0 = new Uint8Array(512);
  private readonly order1 = new Uint8Array(256 * 512);
  private readonly historyCells = Array.from({ length: 18 }, newHistoryCells);
  private readonly past: Past;
  private readonly matches: readonly [MatchModel, MatchModel];
  private readonly around = new Surroundings();
  private readonly network = new Network();
  private readonly maps = [new ProbabilityMap(), new ProbabilityMap(), new ProbabilityMap()];

  /** The bits of the current byte so far, and of the current nibble, behind a leading 1. */
  private c0 = 1;
  private node = 1;
  /** Bits of the current byte seen. */
  private bits = 0;
  private hashes: number[];
  private slots: Slot[];
  /** How many of the orders 2 to 6 have seen their context before. */
  private hits = 0;
  private bases: [number, number];
  private rows: Row[];
  private step = 0;
  private chance = 0;
  private probability = 0;

  constructor({ tableBits, historyBits }: OnlineParameters) {
    this.table = new SlotTable(tableBits);
    this.past = new Past(historyBits);
    const headBits = Math.max(10, Math.min(16, historyBits - 1));
    this.matches = [new MatchModel(headBits, 16, 5), new MatchModel(headBits, 24, 12)];
    this.hashes = this.around.hashes(this.past, this.matches[0]);
    this.slots = this.firstSlots();
    this.bases = this.firstBases();
    this.rows = this.chooseRows();
    this.prepare();
  }

  /** Probability that the next bit is a 1, in 1/65536. */
  predict(): number {
    return this.probability;
  }

  update(bit: number): void {
    this.matches.forEach((match) => {
      match.learn(this.bits, bit);
    });
    this.network.train(bit, this.chance);
    for (const row of this.rows) trainRow(row, this.step, bit);
    this.slots.forEach((slot, i) => {
      const history = slot[this.node];
      this.historyCells[i][history].adapt(bit, HISTORY_LIMIT);
      slot[this.node] = SUCCESSORS[history][bit];
    });

    this.c0 = this.c0 * 2 + bit;
    this.node = this.node * 2 + bit;
    this.bits++;
    if (this.bits === 8) this.nextByte();
    else if (this.bits === 4) this.nextNibble();
    this.rows = this.chooseRows();
    this.prepare();
  }

  private nextByte(): void {
    const { past, around } = this;
    const byte = this.c0 & 255;
    past.push(byte);
    around.push(byte);
    this.c0 = 1;
    this.node = 1;
    this.bits = 0;
    const back = (n: number) => past.at(past.position - n);
    const four = (back(9) | (back(10) << 8) | (back(11) << 16) | (back(12) << 24)) >>> 0;
    this.matches[0].follow(past, hash2(around.c4, around.c8 & 255));
    this.matches[1].follow(past, hash2(hash2(around.c4, around.c8), four));
    this.hashes = around.hashes(past, this.matches[0]);
    this.bases = this.firstBases();
    this.slots = this.firstSlots();
    this.hits = this.slots.slice(0, 5).filter((slot) => slot[1] !== 0).length;
  }

  private nextNibble(): void {
    this.node = 1;
    const [a, b] = this.bases;
    this.bases = [(a + hash2(this.c0, 3)) & (MAP_ROWS - 16), (b + hash2(this.c0, 4)) & (MAP_ROWS - 16)];
    const at = 16 + 16 * (this.c0 & 15);
    this.slots = [...this.hashes.map((hash) => this.table.second(hash, this.c0)), ...this.directSlots(at)];
  }

  private firstSlots(): Slot[] {
    return [...this.hashes.map((hash) => this.table.first(hash)), ...this.directSlots(0)];
  }

  /** Orders 0 and 1 have tables without hashing. */
  private directSlots(at: number): Slot[] {
    const from = (this.around.c4 & 255) * 512 + at;
    return [this.order0.subarray(at, at + 16), this.order1.subarray(from, from + 16)];
  }

  private firstBases(): [number, number] {
    const { expected, length } = this.matches[0];
    const { c4, words } = this.around;
    return [
      (hash2(c4 & 0xffff, 222) & (MAP_ROWS / 16 - 1)) * 16,
      (expected !== 0 ? hash2(expected, lengthStep(length)) : hash2(words[0], 99)) & (MAP_ROWS - 16),
    ];
  }

  private chooseRows(): Row[] {
    const order1 = ((this.around.c4 & 255) << 8) | this.c0;
    return [order1, this.bases[0] | this.node, this.bases[1] | this.node].map((c, i) => this.maps[i].row(c));
  }

  /** Predicts the next bit. */
  private prepare(): void {
    const { c0, bits, around } = this;
    const [long, longer] = this.matches;
    const histories = this.slots.map((slot, i) => this.historyCells[i][slot[this.node]].stretched);
    const inputs = Float32Array.of(...histories, long.predict(c0, bits), longer.predict(c0, bits));
    const contexts = [
      long.step * 33 + longer.step,
      c0 | (around.words[0] !== 0 ? 256 : 0),
      (around.c4 & 255) | (bits << 8),
      this.hits * 8 + bits,
      (around.classes & 511) | ((bits >> 1) << 9),
      long.cell ? (long.expected & 255) | (bits << 8) : (around.c4 >>> 8) & 255,
    ];
    const mixed = this.network.mix(inputs, contexts, c0);
    this.chance = squash(mixed);
    const { step, above } = place(mixed);
    this.step = step;
    const [a, b, c] = this.rows.map((row) => readRow(row, step, above));
    const refined = f32(f32(a + b) + c);
    // A quarter of the network's probability and three of the maps'; adding 2^23 rounds to an integer.
    const sum = f32(f32(f32(this.chance * 16384) + f32(refined * 0.25)) + 8388608);
    this.probability = Math.max(1, Math.min(65535, bitsOf(sum) & 0x1ffff));
  }
}
