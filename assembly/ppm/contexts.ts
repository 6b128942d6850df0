// The contexts: how they grow, what their frequencies learn. D. Shkarin, "PPM: one step to practicality" (2002).
import { ARENA, SORTED, WAITING } from './layout';
import { put16, put32, put64, put8 } from './journal';
import { countOf, find, FREE, FREQUENCY, registers, statesOf, suffixOf, sumOf, SYMBOL } from './state';

/** Frequencies above this are halved. */
export const MOST: u32 = 124;

/** States that a block of each size class holds. */
const CAPACITY: StaticArray<u8> = [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 255];

/** The size class of n states, at least 2. 256 go into the last: one more is allocated than its number says. */
function classOf(n: u32): u32 {
  let k: u32 = 0;
  while (k < 14 && <u32>unchecked(CAPACITY[k]) < n) k++;
  return k;
}

// @ts-ignore: decorator
@inline
function bytesOf(k: u32): u32 {
  return k == 14 ? 2048 : (<u32>unchecked(CAPACITY[k])) << 3;
}

/** A block for n states, or 0. */
function allocate(n: u32): u32 {
  const k = classOf(n);
  const head = load<u32>(FREE + (k << 2));
  if (head != 0) {
    store<u32>(FREE + (k << 2), load<u32>(head));
    return head;
  }
  return take(bytesOf(k));
}

/** Fresh memory, or 0. */
function take(bytes: u32): u32 {
  if (registers.low - registers.text < bytes + 16) return 0;
  registers.low -= bytes;
  return registers.low;
}

function release(block: u32, n: u32): void {
  const head = FREE + (classOf(n) << 2);
  put32(block, load<u32>(head));
  store<u32>(head, block);
}

// @ts-ignore: decorator
@inline
function setState(at: u32, successor: u32, symbol: u32, frequency: u32): void {
  put64(at, <u64>successor | ((<u64>symbol) << 32) | ((<u64>frequency) << 40));
}

/** Forgets all contexts: order 0 alone is left, with every symbol once. */
export function restart(): void {
  registers.text = ARENA;
  registers.low = registers.end;
  for (let k: u32 = 0; k < 15; k++) store<u32>(FREE + (k << 2), 0);
  const context = take(16);
  const states = take(2048);
  put32(context, 0);
  put16(context + 4, 256);
  put16(context + 6, 257);
  put32(context + 8, states);
  for (let s: u32 = 0; s < 256; s++) setState(states + (s << 3), 0, s, 1);
  registers.context = context;
  registers.depth = 0;
  registers.success = 0;
  registers.run = runStart();
  registers.escape = 7;
}

/** What `run` is set back to by an escape. */
export function runStart(): i32 {
  return -<i32>min<u32>(registers.order, 12) - 1;
}

/** Halves the frequencies of a context, and puts the likeliest first. */
function rescale(context: u32): void {
  const n: u32 = countOf(context);
  const states = statesOf(context);
  let escapes = sumOf(context);
  let sum: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const s = states + (i << 3);
    const word = load<u64>(s);
    const frequency = <u32>(word >> 40);
    escapes -= frequency;
    const half = (frequency + 1) >> 1;
    sum += half;
    const moved = (word & 0xffffffffff) | ((<u64>half) << 40);
    let at = SORTED + (i << 3);
    while (at > SORTED && <u32>(load<u64>(at - 8) >> 40) < half) {
      store<u64>(at, load<u64>(at - 8));
      at -= 8;
    }
    store<u64>(at, moved);
  }
  for (let i: u32 = 0; i < n; i++) put64(states + (i << 3), load<u64>(SORTED + (i << 3)));
  put16(context + 6, sum + escapes - (escapes >> 1));
}

/**
 * Counts a symbol that a context with several symbols has predicted.
 *
 * @returns where its state is now.
 */
export function count(context: u32, state: u32): u32 {
  const frequency = <u32>load<u8>(state, FREQUENCY) + 4;
  put16(context + 6, sumOf(context) + 4);
  put8(state + <u32>FREQUENCY, frequency);
  const first = statesOf(context);
  if (state > first && frequency > <u32>load<u8>(state - 8, FREQUENCY)) {
    swapBack(state);
    state -= 8;
  }
  if (frequency > MOST) {
    const symbol = load<u8>(state, SYMBOL);
    rescale(context);
    state = find(context, symbol);
  }
  return state;
}

// @ts-ignore: decorator
@inline
function swapBack(state: u32): void {
  const a = load<u64>(state - 8);
  put64(state - 8, load<u64>(state));
  put64(state, a);
}

/**
 * The contexts that a symbol leads to, made where there are none: those of its state in `context` and of its suffixes,
 * as long as these stand for the same raw text.
 *
 * @param skip - Not for `context` itself, whose order is the longest.
 * @returns the longest of them, or 0 when memory is full.
 */
function createSuccessors(context: u32, state: u32, skip: bool): u32 {
  const symbol = load<u8>(state, SYMBOL);
  const branch = load<u32>(state);
  let n: u32 = 0;
  if (!skip) store<u32>(WAITING + (n++ << 2), state);
  let c = context;
  while (suffixOf(c) != 0) {
    c = suffixOf(c);
    const s = find(c, symbol);
    const successor = load<u32>(s);
    if (successor != branch) {
      c = successor;
      break;
    }
    store<u32>(WAITING + (n++ << 2), s);
  }
  if (n == 0) return c;
  const next = load<u8>(branch);
  const s = find(c, next);
  let frequency: u32 = load<u8>(s, FREQUENCY);
  if (countOf(c) != 1) {
    const cf: u32 = frequency - 1;
    const rest: u32 = sumOf(c) - countOf(c) - cf;
    const twice: u32 = 2 * cf;
    frequency = 1 + (twice <= rest ? u32(5 * cf > rest) : (twice + 3 * rest - 1) / (2 * rest));
  }
  while (n > 0) {
    const made = take(16);
    if (made == 0) return 0;
    put32(made, c);
    put32(made + 4, 1);
    setState(made + 8, branch + 1, next, frequency);
    put32(load<u32>(WAITING + (--n << 2)), made);
    c = made;
  }
  return c;
}

/** Adds a symbol to a context. Returns false when memory is full. */
function append(context: u32, symbol: u32, successor: u32, found: u32, foundFrequency: u32, others: u32): bool {
  const n: u32 = countOf(context);
  let sum: u32;
  let states: u32;
  if (n == 1) {
    states = allocate(2);
    if (states == 0) return false;
    const only = load<u64>(context, 8);
    let frequency = <u32>(only >> 40);
    frequency = frequency < MOST / 4 - 1 ? frequency * 2 : MOST - 4;
    put64(states, (only & 0xffffffffff) | ((<u64>frequency) << 40));
    put32(context + 8, states);
    sum = frequency + registers.escape + u32(found > 3);
  } else {
    states = load<u32>(context, 8);
    const k = classOf(n);
    if (classOf(n + 1) != k) {
      const grown = allocate(n + 1);
      if (grown == 0) return false;
      for (let i: u32 = 0; i < n; i++) put64(grown + (i << 3), load<u64>(states + (i << 3)));
      release(states, n);
      states = grown;
      put32(context + 8, states);
    }
    sum = sumOf(context);
    sum += u32(2 * n < found) + 2 * (u32(4 * n <= found) & u32(sum <= 8 * n));
  }
  let cf: u32 = 2 * foundFrequency * (sum + 6);
  const sf: u32 = others + sum;
  if (cf < 6 * sf) {
    cf = 1 + u32(cf > sf) + u32(cf >= 4 * sf);
    sum += 3;
  } else {
    cf = 4 + u32(cf >= 9 * sf) + u32(cf >= 12 * sf) + u32(cf >= 15 * sf);
    sum += cf;
  }
  setState(states + (n << 3), successor, symbol, cf);
  put16(context + 4, n + 1);
  put16(context + 6, sum);
  return true;
}

/**
 * Moves on to the context of the next symbol.
 *
 * @param context - The one that predicted the symbol, of order `depth`.
 * @param state - The symbol's state there, counted already.
 */
export function advance(context: u32, state: u32, depth: u32): void {
  if (!grow(context, state, depth)) {
    restart();
    registers.restarts++;
  }
}

function grow(context: u32, state: u32, depth: u32): bool {
  const order = registers.order;
  const branch = load<u32>(state);
  const symbol: u32 = load<u8>(state, SYMBOL);
  const frequency: u32 = load<u8>(state, FREQUENCY);
  if (depth == order && branch >= registers.low) {
    registers.context = branch;
    registers.depth = order;
    return true;
  }
  if (frequency < MOST / 4 && suffixOf(context) != 0) countInSuffix(suffixOf(context), symbol);
  if (depth == order) {
    const made = createSuccessors(context, state, true);
    if (made == 0) return false;
    put32(state, made);
    registers.context = made;
    return true;
  }
  put8(registers.text, symbol);
  registers.text++;
  if (registers.low - registers.text < 16) return false;
  let successor = registers.text;
  let next: u32;
  const longest = registers.context;
  if (branch != 0) {
    next = branch;
    if (branch < registers.low) {
      next = createSuccessors(context, state, false);
      if (next == 0) return false;
    }
    depth++;
    if (depth == order) {
      successor = next;
      if (longest != context) registers.text--;
    }
  } else {
    put32(state, successor);
    next = context;
  }
  const found: u32 = countOf(context);
  const others: u32 = sumOf(context) - found - (frequency - 1);
  for (let c = longest; c != context; c = suffixOf(c))
    if (!append(c, symbol, successor, found, frequency, others)) return false;
  registers.context = next;
  registers.depth = depth;
  return true;
}

/** A context's suffix learns a little from what the context has seen. */
function countInSuffix(context: u32, symbol: u32): void {
  let s = find(context, symbol);
  const frequency: u32 = load<u8>(s, FREQUENCY);
  if (countOf(context) == 1) {
    if (frequency < 32) put8(s + <u32>FREQUENCY, frequency + 1);
    return;
  }
  if (s > statesOf(context) && frequency >= <u32>load<u8>(s - 8, FREQUENCY)) {
    swapBack(s);
    s -= 8;
  }
  if (frequency < MOST - 9) {
    put8(s + <u32>FREQUENCY, frequency + 2);
    put16(context + 6, sumOf(context) + 2);
  }
}
