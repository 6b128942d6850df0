// The levels of a prediction: the contexts from the longest on, each with the probability that the symbol is none of
// its own (an escape) and that it is its likeliest one.
import { KINDS, CUTS, INPUTS, LEVEL_BYTES, LEVELS, MASK, MIXERS, ORDERS, WEIGHTS } from './layout';
import { advance, count, runStart } from './contexts';
import { put16, put8 } from './journal';
import { cellAt, decide, Decision, learn, stretch } from './decide';
import { countOf, find, FREQUENCY, registers, statesOf, suffixOf, sumOf, SYMBOL } from './state';

/** A level. Symbols that longer contexts have are excluded. */
@unmanaged
class Level {
  context: u32;
  depth: i32;
  /** Symbols that are excluded. */
  excluded: u32;
  /** Sum of the frequencies of the others. */
  sum: u32;
  /** The first of the others, and its frequency. */
  first: u32;
  firstFrequency: u32;
  /** Whether there are an escape and a choice of the first. */
  escapes: u32;
  chooses: u32;
}

const ESCAPE: u32 = 32;
const CHOICE: u32 = 144;

/** Levels that are there, and whether these are of the present state. */
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

/** The state has changed. */
export function forgetLevels(): void {
  fresh = false;
}

/** 0, 1, 2, 3, 4, ... for 0, 1, 2-3, 4-7, 8-15, ... */
// @ts-ignore: decorator
@inline
function log2(x: u32): u32 {
  return 32 - clz(x);
}

/** A logit in 16 steps. */
// @ts-ignore: decorator
@inline
function steps(logit: f64): u32 {
  const at = <i32>floor(logit * 1.5 + 8.0);
  return at < 0 ? 0 : at > 15 ? 15 : at;
}

// @ts-ignore: decorator
@inline
function mixerOf(kind: u32, depth: i32): u32 {
  return MIXERS + (kind * (ORDERS + 1) + depth) * INPUTS * 8;
}

/** Makes level i, after the one before it; returns false when there is none. */
function addLevel(): bool {
  let context: u32;
  let depth: i32;
  let excluded: u32 = 0;
  if (!fresh) {
    memory.fill(MASK, 0, 256);
    levels = 0;
    context = registers.context;
    depth = registers.depth;
    fresh = true;
  } else {
    const before = levelAt(levels - 1);
    context = before.context;
    depth = before.depth;
    excluded = countOf(context);
    if (excluded == 256) return false;
    const states = statesOf(context);
    for (let i: u32 = 0; i < excluded; i++) store<u8>(MASK + load<u8>(states + (i << 3), SYMBOL), 1);
    do {
      context = suffixOf(context);
      depth--;
    } while (countOf(context) == excluded);
  }
  const level = levelAt(levels++);
  const n: u32 = countOf(context);
  const states = statesOf(context);
  level.context = context;
  level.depth = depth;
  level.excluded = excluded;
  let sum: u32 = 0;
  let first: u32 = 0;
  let most: u32 = 0;
  let all: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const s = states + (i << 3);
    const f: u32 = load<u8>(s, FREQUENCY);
    all += f;
    if (load<u8>(MASK + load<u8>(s, SYMBOL))) continue;
    sum += f;
    if (f > most) {
      most = f;
      first = s;
    }
  }
  level.sum = sum;
  level.first = first;
  level.firstFrequency = most;
  level.escapes = u32(n < 256);
  level.chooses = u32(n - excluded > 1);
  const c1 = registers.last & 255;
  const run = u32(registers.run >= 0);
  const suffix = suffixOf(context);
  const suffixCount: u32 = suffix == 0 ? 256 : countOf(suffix);
  const symbol: u32 = load<u8>(first, SYMBOL);
  // What the suffix thinks of the first symbol.
  let below: f64 = 0.0;
  let belowSteps: u32 = 0;
  if (suffix != 0) {
    const s = find(suffix, symbol);
    const f: f64 = load<u8>(s, FREQUENCY);
    const own = suffixCount == 1 ? f / (f + 1.0) : f / <f64>sumOf(suffix);
    below = stretch(own);
    belowSteps = min<u32>(steps(below) >> 1, 7);
  }
  const d = min<u32>(depth, 16);
  if (level.escapes) {
    const e = escapeOf(level);
    if (n == 1) {
      const f = most;
      const own = 0.9 / (<f64>f + 0.9);
      const logit = stretch(own);
      const q = f < 6 ? f - 1 : min<u32>(15, 5 + ((log2(f) - 3) << 1) + ((f >> (log2(f) - 2)) & 1));
      const few: u32 = suffixCount == 1 ? 0 : suffixCount == 2 ? 1 : suffixCount < 12 ? 2 : 3;
      e.mixer = mixerOf(0, d);
      e.cell0 = cellAt(0, 0, (q << 6) | (registers.success << 5) | (few << 3) | (u32(c1 >= 64) << 2) | (u32(symbol >= 64) << 1) | run);
      e.cell1 = cellAt(0, 1, (symbol << 4) | q);
      e.cell2 = cellAt(0, 2, (c1 << 4) | q);
      e.cell3 = cellAt(0, 3, (d << 7) | (q << 3) | belowSteps);
      decide(e, own, logit);
    } else if (excluded == 0) {
      const own = <f64>(sumOf(context) - all) / <f64>sumOf(context);
      const logit = stretch(own);
      const q = steps(logit);
      const more: u32 = suffixCount - n;
      const relation: u32 = more == 0 ? 0 : more * 2 < n ? 1 : more < 2 * n ? 2 : 3;
      e.mixer = mixerOf(1, d);
      e.cell0 = cellAt(1, 0, (q << 8) | (min<u32>(log2(n), 7) << 5) | (relation << 3) | (registers.success << 2) | (run << 1) | u32(c1 >= 64));
      e.cell1 = cellAt(1, 1, (symbol << 4) | q);
      e.cell2 = cellAt(1, 2, (c1 << 4) | q);
      e.cell3 = cellAt(1, 3, (d << 8) | (q << 4) | min<u32>(15, (most << 4) / all));
      decide(e, own, logit);
    } else {
      const fresh: u32 = n - excluded;
      const esc: f64 = 10.0 + 5.0 * <f64>min<u32>(fresh, 12);
      const own = esc / (esc + <f64>sum);
      const logit = stretch(own);
      const q = steps(logit);
      const more: u32 = suffixCount - n;
      const few: u32 = fresh < 5 ? fresh - 1 : min<u32>(15, 2 + log2(fresh - 1));
      e.mixer = mixerOf(2, d);
      e.cell0 = cellAt(2, 0, (q << 7) | (few << 3) | (u32(fresh < more) << 2) | (u32(sumOf(context) < 11 * n) << 1) | u32(excluded > fresh));
      e.cell1 = cellAt(2, 1, (symbol << 4) | q);
      e.cell2 = cellAt(2, 2, (c1 << 4) | q);
      e.cell3 = cellAt(2, 3, (d << 8) | (q << 4) | min<u32>(15, log2(excluded)));
      decide(e, own, logit);
    }
  }
  if (level.chooses) {
    const c = choiceOf(level);
    const own = <f64>most / <f64>sum;
    const logit = stretch(own);
    const q = min<u32>(15, <u32>(own * 16.0));
    const kind: u32 = excluded == 0 ? 3 : 4;
    c.mixer = mixerOf(kind, d);
    c.cell0 = cellAt(kind, 0, (q << 6) | (min<u32>(log2(n - excluded), 7) << 3) | (registers.success << 2) | (run << 1) | u32(symbol >= 64));
    c.cell1 = cellAt(kind, 1, (symbol << 4) | q);
    c.cell2 = cellAt(kind, 2, (c1 << 4) | q);
    c.cell3 = cellAt(kind, 3, (d << 7) | (q << 3) | belowSteps);
    decide(c, own, logit);
  }
  return true;
}

/** Fills in the weights of all symbols. They add up to 1. */
function weigh(): void {
  if (!fresh) addLevel();
  let i: u32 = 0;
  let mass: f64 = 1.0;
  memory.fill(WEIGHTS, 0, 2048);
  do {
    const level = levelAt(i++);
    const n: u32 = countOf(level.context);
    const states = statesOf(level.context);
    let share = mass;
    if (level.escapes) {
      const e = escapeOf(level).p;
      share = mass * (1.0 - e);
      mass *= e;
    }
    let sum = <f64>level.sum;
    let chosen = share;
    if (level.chooses) {
      const p = choiceOf(level).p;
      chosen = share * p;
      share -= chosen;
      sum -= <f64>level.firstFrequency;
    }
    const unit = share / sum;
    const first = level.first;
    for (let k: u32 = 0; k < n; k++) {
      const s = states + (k << 3);
      const at = WEIGHTS + (<u32>load<u8>(s, SYMBOL) << 3);
      if (load<f64>(at) != 0.0) continue;
      store<f64>(at, s == first ? chosen : unit * <f64>load<u8>(s, FREQUENCY));
    }
  } while (i < levels || addLevel());
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
  store<u32>(CUTS + 1024, 16777216);
}

/** Learns a symbol. */
export function update(symbol: u32): void {
  if (!fresh) addLevel();
  let i: u32 = 0;
  let level = levelAt(0);
  let state = find(level.context, symbol);
  while (state == 0) {
    learn(escapeOf(level), 1);
    i++;
    if (i == levels) addLevel();
    level = levelAt(i);
    state = find(level.context, symbol);
  }
  if (level.escapes) learn(escapeOf(level), 0);
  if (level.chooses) learn(choiceOf(level), u32(state == level.first));
  fresh = false;
  const context = level.context;
  const n: u32 = countOf(context);
  if (i > 0) {
    // Escapes from a single symbol say how new contexts start.
    const top = levelAt(0);
    if (countOf(top.context) == 1) registers.escape = escapeStart(escapeOf(top).p);
    registers.success = 0;
    state = count(context, state);
    registers.run = runStart();
  } else if (n == 1) {
    const f: u32 = load<u8>(state, FREQUENCY);
    if (f < 128) put8(state + <u32>FREQUENCY, f + 1);
    registers.success = 1;
    registers.run++;
  } else if (state == statesOf(context)) {
    registers.success = u32(2 * <u32>load<u8>(state, FREQUENCY) > sumOf(context));
    registers.run += registers.success;
    state = count(context, state);
  } else {
    registers.success = 0;
    state = count(context, state);
  }
  advance(context, state, level.depth);
  registers.last = (registers.last << 8) | symbol;
}

/** Escapes that a context of several symbols starts with: fewer where they were likelier. */
function escapeStart(p: f64): u32 {
  return <u32>unchecked(START[min<u32>(15, <u32>((1.0 - p) * 16.0))]);
}

const START: StaticArray<u8> = [25, 14, 9, 7, 5, 5, 4, 4, 4, 3, 3, 3, 2, 2, 2, 2];
