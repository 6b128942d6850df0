// Binary decisions: adaptive probabilities of several tables, mixed in the logistic domain.
import { exp, log } from '../math/index';
import { CELLS, INPUTS, KINDS, MIXERS, ORDERS, TABLE_BITS, TABLES } from './layout';
import { put64 } from './journal';

/** A decision with what it was made of. */
@unmanaged
export class Decision {
  /** Probability of a 1. */
  p: f64;
  /** The frequencies' own estimate, and its logit. */
  own: f64;
  /** Address of the weights. */
  mixer: u32;
  /** Addresses of the adaptive probabilities. */
  cell0: u32;
  cell1: u32;
  cell2: u32;
  cell3: u32;
  unused: u32;
  x0: f64;
  x1: f64;
  x2: f64;
  x3: f64;
  x4: f64;
  x5: f64;
}

const SIZE: u32 = 1 << 22;

/** A step of the weights. */
const RATE: f64 = 0.02;
const LIMIT: u32 = 255;

export function decisionsInit(): void {
  for (let i: u32 = 0; i < KINDS * (ORDERS + 1); i++) {
    const w = MIXERS + i * INPUTS * 8;
    store<f64>(w, 0.0);
    store<f64>(w + 8, 0.2);
    for (let k: u32 = 2; k < INPUTS; k++) store<f64>(w + (k << 3), 0.3);
  }
  memory.fill(TABLES, 0, (KINDS * CELLS * 8) << TABLE_BITS);
}

/** ln(p / (1 - p)). */
// @ts-ignore: decorator
@inline
export function stretch(p: f64): f64 {
  return log(p / (1.0 - p));
}

// @ts-ignore: decorator
@inline
export function cellAt(kind: u32, table: u32, index: u32): u32 {
  return TABLES + ((((kind * CELLS + table) << TABLE_BITS) | index) << 3);
}

/** A cell is 22 bits of probability over 10 of a count, then the logit as f32. */
// @ts-ignore: decorator
@inline
function input(cell: u32, fallback: f64): f64 {
  const word = load<u64>(cell);
  return <u32>word & 1023 ? <f64>reinterpret<f32>(<u32>(word >> 32)) : fallback;
}

/** Fills in p, from the addresses and the estimate of the frequencies. */
export function decide(d: Decision, own: f64, logit: f64): void {
  const w = d.mixer;
  d.own = own;
  d.x0 = 0.3;
  d.x1 = logit;
  d.x2 = input(d.cell0, logit);
  d.x3 = input(d.cell1, logit);
  d.x4 = input(d.cell2, logit);
  d.x5 = input(d.cell3, logit);
  let sum = load<f64>(w) * 0.3;
  sum += load<f64>(w, 8) * logit;
  sum += load<f64>(w, 16) * d.x2;
  sum += load<f64>(w, 24) * d.x3;
  sum += load<f64>(w, 32) * d.x4;
  sum += load<f64>(w, 40) * d.x5;
  if (sum > 12.0) sum = 12.0;
  if (sum < -12.0) sum = -12.0;
  d.p = 1.0 / (1.0 + exp(-sum));
}

// @ts-ignore: decorator
@inline
function learnCell(cell: u32, bit: u32, own: f64): void {
  const word = <u32>load<u64>(cell);
  let n = word & 1023;
  const p = n != 0 ? <f64>(word >> 10) : floor<f64>(own * <f64>SIZE);
  const target: f64 = bit ? <f64>(SIZE - 1) : 0.0;
  const next = <u32>(p + (target - p) / (<f64>n + 1.5));
  if (n < LIMIT) n++;
  const logit = <f32>log((<f64>next + 0.5) / (<f64>(SIZE - next) - 0.5));
  put64(cell, <u64>((next << 10) | n) | ((<u64>reinterpret<u32>(logit)) << 32));
}

// @ts-ignore: decorator
@inline
function learnWeight(w: u32, step: f64): void {
  put64(w, reinterpret<u64>(load<f64>(w) + step));
}

/** Learns what came. */
export function learn(d: Decision, bit: u32): void {
  const step = (<f64>bit - d.p) * RATE;
  const w = d.mixer;
  learnWeight(w, step * d.x0);
  learnWeight(w + 8, step * d.x1);
  learnWeight(w + 16, step * d.x2);
  learnWeight(w + 24, step * d.x3);
  learnWeight(w + 32, step * d.x4);
  learnWeight(w + 40, step * d.x5);
  learnCell(d.cell0, bit, d.own);
  learnCell(d.cell1, bit, d.own);
  learnCell(d.cell2, bit, d.own);
  learnCell(d.cell3, bit, d.own);
}
