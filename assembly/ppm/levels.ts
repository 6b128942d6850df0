// Predictions. A prediction is made of levels: the contexts from the longest on that know a symbol which no longer one
// knows, each with the probability that it is none of its symbols (an escape) and that it is the likeliest of them.
import {
  BELOW,
  BY_SYMBOL,
  CUTS,
  LEVEL_BYTES,
  LEVELS,
  MASK,
  TOTALS,
  VALUES,
  WEIGHTS,
} from './layout';
import { advance, count, runStart } from './contexts';
import { put8 } from './journal';
import { cellAt, decide, Decision, DECISION_BYTES, learn, mixerAt, stretch } from './decide';
import { countOf, find, FREQUENCY, registers, statesOf, suffixOf, sumOf, SYMBOL } from './state';

/** Kinds of decisions: escapes from a single symbol, from several, from those that are not excluded; choices of the
 * likeliest of all, of those that are not excluded. */
const SINGLE: u32 = 0;
const SEVERAL: u32 = 1;
const MASKED: u32 = 2;
const LIKELIEST: u32 = 3;
const MASKED_LIKELIEST: u32 = 4;

/** A level. After these fields come the two decisions. */
@unmanaged
class Level {
  context: u32;
  depth: u32;
  /** Symbols that longer contexts know, which are excluded. */
  excluded: u32;
  /** Where the values of the context's states lie. */
  values: u32;
  /** The state with the greatest value that is not excluded. */
  first: u32;
  /** Whether the symbol may be another one than the context's. */
  escapes: u32;
  /** Whether the context has a choice. */
  chooses: u32;
  unused: u32;
  /** Value of `first`, and the sum of all that are not excluded. */
  most: f64;
  sum: f64;
}

const ESCAPE: u32 = 48;
const CHOICE: u32 = ESCAPE + DECISION_BYTES;

/** Levels that are there, and whether they are of the present state. */
let levels: u32 = 0;
let fresh: bool = false;

// @ts-ignore: decorator
@inline
function levelAt(i: u32): Level {
  return changetype<Level>(LEVELS + i * LEVEL_BYTES);
}

// @ts-ignore: decorator
@inline
function escapeOf(level: Level): Decision {
  return changetype<Decision>(changetype<u32>(level) + ESCAPE);
}

// @ts-ignore: decorator
@inline
function choiceOf(level: Level): Decision {
  return changetype<Decision>(changetype<u32>(level) + CHOICE);
}

/** Says that the state has changed. */
export function forgetLevels(): void {
  fresh = false;
}

/** Bits of a number: 0, 1, 2, 3, 4 ... for 0, 1, 2 to 3, 4 to 7, 8 to 15 ... */
// @ts-ignore: decorator
@inline
function bitsOf(x: u32): u32 {
  return 32 - clz(x);
}

/** A logit in 16 steps. */
// @ts-ignore: decorator
@inline
function steps(logit: f64): u32 {
  const at = <i32>floor(logit * 1.5 + 8.0);
  return at < 0 ? 0 : at > 15 ? 15 : at;
}

/**
 * Values of the states of a context and, before them, of its suffixes. A value is the frequency and a share of what the
 * suffix says, of 4 + 3 n units in all: interpolation, as of Kneser and Ney, beside the exclusion.
 *
 * @param i - How many symbols shorter than the longest context this one is.
 */
function blend(context: u32, i: u32): void {
  const suffix = suffixOf(context);
  if (suffix != 0) blend(suffix, i + 1);
  else memory.fill(BY_SYMBOL, 0, 2048);
  const n = countOf(context);
  const states = statesOf(context);
  const values = VALUES + (i << 11);
  const below = BELOW + (i << 11);
  const total = TOTALS + (i << 3);
  if (n == 1) {
    const at = BY_SYMBOL + (<u32>load<u8>(states, SYMBOL) << 3);
    const frequency = <f64>load<u8>(states, FREQUENCY);
    store<f64>(below, load<f64>(at));
    store<f64>(at, frequency);
    store<f64>(values, frequency);
    store<f64>(total, frequency + 1.0);
    return;
  }
  let sum: f64 = 0.0;
  for (let k: u32 = 0; k < n; k++) {
    const value = load<f64>(BY_SYMBOL + (<u32>load<u8>(states + (k << 3), SYMBOL) << 3));
    store<f64>(below + (k << 3), value);
    sum += value;
  }
  const share: f64 = suffix != 0 ? <f64>(4 + 3 * n) : 0.0;
  const unit: f64 = suffix != 0 ? share / sum : 0.0;
  for (let k: u32 = 0; k < n; k++) {
    const s = states + (k << 3);
    const value = <f64>load<u8>(s, FREQUENCY) + unit * load<f64>(below + (k << 3));
    store<f64>(BY_SYMBOL + (<u32>load<u8>(s, SYMBOL) << 3), value);
    store<f64>(values + (k << 3), value);
  }
  store<f64>(total, <f64>sumOf(context) + share);
}

/** Starts a prediction: there is one level. */
function firstLevel(): void {
  memory.fill(MASK, 0, 256);
  blend(registers.context, 0);
  levels = 0;
  fresh = true;
  addLevel(registers.context, registers.depth, 0);
}

/** Adds the level after the last one; returns false when that has all symbols. */
function nextLevel(): bool {
  const before = levelAt(levels - 1);
  let context = before.context;
  let depth = before.depth;
  const excluded = countOf(context);
  if (excluded == 256) return false;
  const states = statesOf(context);
  for (let i: u32 = 0; i < excluded; i++) store<u8>(MASK + <u32>load<u8>(states + (i << 3), SYMBOL), 1);
  do {
    context = suffixOf(context);
    depth--;
  } while (countOf(context) == excluded);
  addLevel(context, depth, excluded);
  return true;
}

function addLevel(context: u32, depth: u32, excluded: u32): void {
  const level = levelAt(levels++);
  const n = countOf(context);
  const states = statesOf(context);
  const i = registers.depth - depth;
  const values = VALUES + (i << 11);
  const below = BELOW + (i << 11);
  let sum: f64 = 0.0;
  let first: u32 = 0;
  let most: f64 = 0.0;
  let all: u32 = 0;
  // The same sums of the suffix's values: of the symbols that are excluded and of the others.
  let belowMasked: f64 = 0.0;
  let belowSum: f64 = 0.0;
  let belowFirst: f64 = 0.0;
  for (let k: u32 = 0; k < n; k++) {
    const s = states + (k << 3);
    const x = load<f64>(below + (k << 3));
    all += load<u8>(s, FREQUENCY);
    if (load<u8>(MASK + <u32>load<u8>(s, SYMBOL))) {
      belowMasked += x;
      continue;
    }
    const value = load<f64>(values + (k << 3));
    sum += value;
    belowSum += x;
    if (value > most) {
      most = value;
      first = s;
      belowFirst = x;
    }
  }
  level.context = context;
  level.depth = depth;
  level.excluded = excluded;
  level.values = values;
  level.first = first;
  level.most = most;
  level.sum = sum;
  level.escapes = u32(n < 256);
  level.chooses = u32(n - excluded > 1);
  const frequency: u32 = load<u8>(first, FREQUENCY);
  const symbol: u32 = load<u8>(first, SYMBOL);
  const suffix = suffixOf(context);
  const last: u32 = registers.last;
  const high = u32(last >= 64);
  const run = u32(registers.run >= 0);
  const success = registers.success;
  if (level.escapes) {
    const e = escapeOf(level);
    const more: u32 = countOf(suffix) - n;
    // What the suffix says of its other symbols together.
    const others = load<f64>(TOTALS + ((i + 1) << 3)) - belowMasked;
    const novel = stretch((others - belowSum) / others);
    if (n == 1) {
      const own = 0.9 / (<f64>frequency + 0.9);
      const bits = bitsOf(frequency);
      const q = frequency < 6 ? frequency - 1 : min<u32>(15, 2 * bits - 1 + ((frequency >> (bits - 2)) & 1));
      const few: u32 = more == 0 ? 0 : more == 1 ? 1 : more < 11 ? 2 : 3;
      e.mixer = mixerAt(SINGLE, depth);
      e.cell0 = cellAt(SINGLE, 0, (q << 6) | (success << 5) | (few << 3) | (high << 2) | (u32(symbol >= 64) << 1) | run);
      e.cell1 = cellAt(SINGLE, 1, (symbol << 4) | q);
      e.cell2 = cellAt(SINGLE, 2, (last << 4) | q);
      e.cell3 = cellAt(SINGLE, 3, (depth << 7) | (q << 3) | (steps(novel) >> 1));
      decide(e, own, stretch(own), novel);
    } else if (excluded == 0) {
      const own = <f64>(sumOf(context) - all) / <f64>sumOf(context);
      const logit = stretch(own);
      const q = steps(logit);
      const size = min<u32>(bitsOf(n), 7);
      const relation: u32 = more == 0 ? 0 : more << 1 < n ? 1 : more < n << 1 ? 2 : 3;
      e.mixer = mixerAt(SEVERAL, depth);
      e.cell0 = cellAt(SEVERAL, 0, (q << 8) | (size << 5) | (relation << 3) | (success << 2) | (run << 1) | high);
      e.cell1 = cellAt(SEVERAL, 1, (symbol << 4) | q);
      e.cell2 = cellAt(SEVERAL, 2, (last << 4) | q);
      e.cell3 = cellAt(SEVERAL, 3, (depth << 8) | (q << 4) | min<u32>(15, (frequency << 4) / all));
      decide(e, own, logit, novel);
    } else {
      const rest: u32 = n - excluded;
      const escapes = <f64>(10 + 5 * min<u32>(rest, 12));
      const own = escapes / (escapes + sum);
      const logit = stretch(own);
      const q = steps(logit);
      const size = rest < 5 ? rest - 1 : 2 + bitsOf(rest - 1);
      const thin = u32(sumOf(context) < 11 * n);
      e.mixer = mixerAt(MASKED, depth);
      e.cell0 = cellAt(MASKED, 0, (q << 7) | (size << 3) | (u32(rest < more) << 2) | (thin << 1) | u32(excluded > rest));
      e.cell1 = cellAt(MASKED, 1, (symbol << 4) | q);
      e.cell2 = cellAt(MASKED, 2, (last << 4) | q);
      e.cell3 = cellAt(MASKED, 3, (depth << 8) | (q << 4) | bitsOf(excluded));
      decide(e, own, logit, novel);
    }
  }
  if (level.chooses) {
    const c = choiceOf(level);
    const own = most / sum;
    const q = min<u32>(15, <u32>(own * 16.0));
    const size = min<u32>(bitsOf(n - excluded), 7);
    // What the suffix says of the first symbol.
    const likely: f64 = suffix != 0 ? stretch(belowFirst / belowSum) : 0.0;
    const kind = excluded == 0 ? LIKELIEST : MASKED_LIKELIEST;
    c.mixer = mixerAt(kind, depth);
    c.cell0 = cellAt(kind, 0, (q << 6) | (size << 3) | (success << 2) | (run << 1) | u32(symbol >= 64));
    c.cell1 = cellAt(kind, 1, (symbol << 4) | q);
    c.cell2 = cellAt(kind, 2, (last << 4) | q);
    c.cell3 = cellAt(kind, 3, (depth << 7) | (q << 3) | (steps(likely) >> 1));
    decide(c, own, stretch(own), likely);
  }
}

/** Fills in the weights of all symbols, which add up to about 1. */
function weigh(): void {
  if (!fresh) firstLevel();
  let i: u32 = 0;
  let mass: f64 = 1.0;
  memory.fill(WEIGHTS, 0, 2048);
  do {
    const level = levelAt(i++);
    const n = countOf(level.context);
    const states = statesOf(level.context);
    let share = mass;
    if (level.escapes) {
      const p = escapeOf(level).p;
      share = mass * (1.0 - p);
      mass *= p;
    }
    let chosen = share;
    let sum = level.sum;
    if (level.chooses) {
      chosen = share * choiceOf(level).p;
      share -= chosen;
      sum -= level.most;
    }
    const unit = share / sum;
    for (let k: u32 = 0; k < n; k++) {
      const s = states + (k << 3);
      const at = WEIGHTS + (<u32>load<u8>(s, SYMBOL) << 3);
      // Weights are never 0, so that this one is excluded. `unit` may be infinite where there is no choice.
      if (load<f64>(at) != 0.0) continue;
      store<f64>(at, s == level.first ? chosen : unit * load<f64>(level.values + (k << 3)));
    }
  } while (i < levels || nextLevel());
}

/** Fills in the cumulative frequencies: what `tile` of src/sequence/model.ts makes of the weights. */
export function intervals(): void {
  weigh();
  let total: f64 = 0.0;
  for (let s: u32 = 0; s < 256; s++) total += load<f64>(WEIGHTS + (s << 3));
  const free: f64 = 16777216.0 - 256.0;
  const scale = free / total;
  let sum: f64 = 0.0;
  store<u32>(CUTS, 0);
  for (let s: u32 = 0; s < 256; s++) {
    sum += load<f64>(WEIGHTS + (s << 3));
    const at = floor<f64>(sum * scale);
    store<u32>(CUTS + (s << 2), <u32>(at < free ? at : free) + s + 1, 4);
  }
  store<u32>(CUTS, 16777216, 1024);
}

/** Learns a symbol. */
export function update(symbol: u32): void {
  if (!fresh) firstLevel();
  let i: u32 = 0;
  let level = levelAt(0);
  let state = find(level.context, symbol);
  // All that is decided is decided before any of it is learnt: levels share cells and weights.
  while (state == 0) {
    if (++i == levels) nextLevel();
    level = levelAt(i);
    state = find(level.context, symbol);
  }
  for (let k: u32 = 0; k < i; k++) learn(escapeOf(levelAt(k)), 1);
  if (level.escapes) learn(escapeOf(level), 0);
  if (level.chooses) learn(choiceOf(level), u32(state == level.first));
  fresh = false;
  const context = level.context;
  if (i > 0) {
    // Escapes from a single symbol say how contexts of several start.
    const top = levelAt(0);
    if (countOf(top.context) == 1) registers.escape = escapeStart(escapeOf(top).p);
    registers.success = 0;
    registers.run = runStart();
    state = count(context, state);
  } else if (countOf(context) == 1) {
    const frequency: u32 = load<u8>(state, FREQUENCY);
    if (frequency < 128) put8(state + <u32>FREQUENCY, frequency + 1);
    registers.success = 1;
    registers.run++;
  } else {
    registers.success =
      state == statesOf(context) && <u32>load<u8>(state, FREQUENCY) << 1 > sumOf(context) ? 1 : 0;
    registers.run += registers.success;
    state = count(context, state);
  }
  advance(context, state, level.depth);
  registers.last = symbol;
}

/** Escapes that a context of several symbols starts with, by the probability of the escape that makes it one. */
function escapeStart(p: f64): u32 {
  return <u32>unchecked(START[min<u32>(15, <u32>((1.0 - p) * 16.0))]);
}

const START: StaticArray<u8> = [25, 14, 9, 7, 5, 5, 4, 4, 4, 3, 3, 3, 2, 2, 2, 2];
