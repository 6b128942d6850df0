// Binary decisions: the adaptive probabilities of several situations and what the frequencies say themselves, mixed in
// the logistic domain. Cells and weights learn from every decision that was made.
import { exp, log } from '../math/index';
import { CELLS, INPUTS, KINDS, MIXER_BYTES, MIXERS, ORDERS, TABLE_BITS, TABLES } from './layout';
import { put64 } from './journal';

/** A decision with what it was made of. After these fields come the inputs, f64. */
@unmanaged
export class Decision {
  /** Probability of a 1. */
  p: f64;
  /** The estimate of the frequencies. */
  own: f64;
  /** Address of the weights. */
  mixer: u32;
  /** Addresses of the adaptive probabilities. */
  cell0: u32;
  cell1: u32;
  cell2: u32;
  cell3: u32;
  unused: u32;
}

/** Offsets of the cells' addresses and of the inputs; bytes of it all. */
const CELL: u32 = 20;
const X: u32 = 40;
export const DECISION_BYTES: u32 = X + INPUTS * 8;

/** Probabilities of cells are in units of 2^-22. */
const ONE: u32 = 1 << 22;
/** A cell moves by 1 / (n + 3) of the way, with n up to LIMIT: its first value weighs like two bits. */
const LIMIT: u32 = 255;
/** A step of the weights after n others: SLOWEST + 2 / (n + 100). */
const SLOWEST: f64 = 0.002;
/** The constant input. */
const BIAS: f64 = 0.3;
/** Logits go no further. */
const FAR: f64 = 12.0;

export function decisionsInit(): void {
  for (let i: u32 = 0; i < KINDS * (ORDERS + 1); i++) {
    const w = MIXERS + i * MIXER_BYTES;
    // The sum of them is below 1: at first nothing is trusted fully.
    store<f64>(w, 0.0);
    store<f64>(w, 0.3, 8);
    store<f64>(w, 0.0, 16);
    for (let k: u32 = 3; k < INPUTS; k++) store<f64>(w + (k << 3), 0.15);
    store<f64>(w + (INPUTS << 3), 0.0);
  }
}

/** ln(p / (1 - p)). */
// @ts-ignore: decorator
@inline
export function stretch(p: f64): f64 {
  return log(p / (1.0 - p));
}

/** The weights of a kind of decision at an order. */
// @ts-ignore: decorator
@inline
export function mixerAt(kind: u32, depth: u32): u32 {
  return MIXERS + (kind * (ORDERS + 1) + depth) * MIXER_BYTES;
}

/** A cell of a kind's table. It is 22 bits of probability over 10 of a count, then the logit as f32. */
// @ts-ignore: decorator
@inline
export function cellAt(kind: u32, table: u32, index: u32): u32 {
  return TABLES + ((((kind * CELLS + table) << TABLE_BITS) | index) << 3);
}

/** What a cell says, or `otherwise` when it knows nothing. */
// @ts-ignore: decorator
@inline
function known(cell: u32, otherwise: f64): f64 {
  const word = load<u64>(cell);
  return <u32>word & 1023 ? <f64>reinterpret<f32>(<u32>(word >> 32)) : otherwise;
}

/**
 * Decides, after the addresses have been filled in.
 *
 * @param own - What the frequencies say.
 * @param logit - The same as a logit.
 * @param below - What the suffix says, as a logit; 0 without one.
 */
export function decide(d: Decision, own: f64, logit: f64, below: f64): void {
  const w = d.mixer;
  const at = changetype<u32>(d);
  d.own = own;
  store<f64>(at, BIAS, X);
  store<f64>(at, logit, X + 8);
  store<f64>(at, below, X + 16);
  for (let k: u32 = 0; k < CELLS; k++) store<f64>(at + (k << 3), known(load<u32>(at + (k << 2), CELL), logit), X + 24);
  let sum: f64 = 0.0;
  for (let k: u32 = 0; k < INPUTS; k++) sum += load<f64>(w + (k << 3)) * load<f64>(at + (k << 3), X);
  if (sum > FAR) sum = FAR;
  if (sum < -FAR) sum = -FAR;
  d.p = 1.0 / (1.0 + exp(-sum));
}

function learnCell(cell: u32, bit: u32, own: f64): void {
  const word = <u32>load<u64>(cell);
  let n = word & 1023;
  const p = n != 0 ? <f64>(word >> 10) : floor<f64>(own * <f64>ONE);
  const target: f64 = bit ? <f64>(ONE - 1) : 0.0;
  const next = <u32>(p + (target - p) / (<f64>n + 3.0));
  if (n < LIMIT) n++;
  const logit = <f32>log((<f64>next + 0.5) / (<f64>(ONE - next) - 0.5));
  put64(cell, <u64>((next << 10) | n) | ((<u64>reinterpret<u32>(logit)) << 32));
}

// @ts-ignore: decorator
@inline
function add(at: u32, x: f64): void {
  put64(at, reinterpret<u64>(load<f64>(at) + x));
}

/** Learns how a decision came out. */
export function learn(d: Decision, bit: u32): void {
  const w = d.mixer;
  const at = changetype<u32>(d);
  const step = (<f64>bit - d.p) * (SLOWEST + 2.0 / (load<f64>(w + (INPUTS << 3)) + 100.0));
  add(w + (INPUTS << 3), 1.0);
  for (let k: u32 = 0; k < INPUTS; k++) add(w + (k << 3), step * load<f64>(at + (k << 3), X));
  for (let k: u32 = 0; k < CELLS; k++) learnCell(load<u32>(at + (k << 2), CELL), bit, d.own);
}
