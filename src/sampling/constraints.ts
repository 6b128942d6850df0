/**
 * Constraints: which tokens may come next. Their states are values that never change, so that beams and particles can
 * keep as many as they like.
 */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { bytes, type Tokens } from './tokens.ts';

/**
 * What may follow what. A sampler gives tokens that are not allowed no probability and shares theirs among the others.
 */
export interface Constraint<S = unknown> {
  /** The state before the first token. Never `undefined`. */
  readonly start: S;
  /** The state after one token more, or `undefined` when it is not allowed here. Changes nothing. */
  step(state: S, token: number): S | undefined;
  /** Whether a string may end here. Without it, anywhere. */
  accepts?(state: S): boolean;
  /**
   * The fewest tokens from here to a state that accepts, 0 where it is one. Samplers of a given length stay where that
   * can still be reached; without it, they take their chance.
   */
  shortest?(state: S): number;
}

/**
 * Which tokens may come next, and the states after them.
 *
 * @param constraint - The constraint.
 * @param state - Its present state.
 * @param count - Number of tokens there are.
 * @param left - How many tokens may still come, this one included; Infinity where there is no end.
 * @param into - Is emptied, then gets the allowed tokens in order.
 * @param states - Is emptied, then gets the state after each.
 */
export function nextAllowed<S>(
  constraint: Constraint<S>,
  state: S,
  count: number,
  left: number,
  into: number[],
  states: S[],
): void {
  into.length = 0;
  states.length = 0;
  for (let token = 0; token < count; token++) {
    const next = constraint.step(state, token);
    if (next === undefined) continue;
    if (constraint.shortest !== undefined && constraint.shortest(next) > left - 1) continue;
    into.push(token);
    states.push(next);
  }
}

/** Whether a string may end in this state. */
export function mayEnd<S>(constraint: Constraint<S> | undefined, state: S): boolean {
  return constraint?.accepts === undefined || constraint.accepts(state);
}

/**
 * The state after some tokens.
 *
 * @throws RangeError for the first that is not allowed.
 */
export function stateAfter<S>(constraint: Constraint<S>, list: ArrayLike<number>, from: S = constraint.start): S {
  let state = from;
  for (let i = 0; i < list.length; i++) {
    const next = constraint.step(state, list[i]);
    if (next === undefined) throw rangeError(`the constraint forbids token ${list[i]} at position ${i} of the prompt`);
    state = next;
  }
  return state;
}

/** What samplers throw where nothing may follow and nothing may end. */
export function deadEnd(position: number): SurprisalError {
  return new SurprisalError(
    'impossible-symbol',
    `the constraint allows no token at position ${position}, nor the end: loosen it, or ask for another length`,
  );
}

/**
 * States of UTF-8 (Unicode 16, table 3-7): 0 between characters; 1, 2, 3 with so many continuation bytes to come; then
 * those whose next byte has a smaller range: after e0 (no overlong form), ed (no surrogate), f0 (no overlong form) and
 * f4 (nothing above U+10FFFF).
 */
function utf8Step(state: number, byte: number): number {
  switch (state) {
    case 0:
      if (byte < 0x80) return 0;
      if (byte < 0xc2) return -1;
      if (byte < 0xe0) return 1;
      if (byte < 0xf0) return byte === 0xe0 ? 4 : byte === 0xed ? 5 : 2;
      return byte > 0xf4 ? -1 : byte === 0xf0 ? 6 : byte === 0xf4 ? 7 : 3;
    case 4:
      return byte >= 0xa0 && byte <= 0xbf ? 1 : -1;
    case 5:
      return byte >= 0x80 && byte <= 0x9f ? 1 : -1;
    case 6:
      return byte >= 0x90 && byte <= 0xbf ? 2 : -1;
    case 7:
      return byte >= 0x80 && byte <= 0x8f ? 2 : -1;
    default:
      return byte >= 0x80 && byte <= 0xbf ? state - 1 : -1;
  }
}

const UTF8_STATES = 8;

/**
 * Keeps a text valid UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF, and no open character at the end.
 *
 * @param alphabet - The tokens; they may begin and end inside characters. Default bytes.
 * @param after - Text that is already there; its last character may be open.
 * @throws RangeError when `after` is not the beginning of a valid text.
 */
export function utf8Valid(alphabet: Tokens = bytes(), after: ArrayLike<number> = []): Constraint<number> {
  let start = 0;
  for (let i = 0; i < after.length; i++) {
    start = utf8Step(start, after[i]);
    if (start < 0) throw rangeError(`the text before is not valid UTF-8 at offset ${i}`);
  }
  return overBytes(alphabet, UTF8_STATES, start, utf8Step, (state) => state === 0);
}

/**
 * A finite automaton over bytes as a constraint of tokens, which take it through all their bytes.
 *
 * @param alphabet - The tokens.
 * @param states - Number of states: 1 to 65,536, numbered from 0.
 * @param start - The first one.
 * @param next - The state after a byte, or a number below 0 when it is not allowed.
 * @param accepting - Whether a text may end in a state.
 * @throws RangeError for no such state, or when `states` times the number of tokens exceeds 2^24.
 */
export function overBytes(
  alphabet: Tokens,
  states: number,
  start: number,
  next: (state: number, byte: number) => number,
  accepting: (state: number) => boolean = () => true,
): Constraint<number> {
  const { count } = alphabet;
  if (!(Number.isInteger(states) && states >= 1 && states <= 65536 && states * count <= 1 << 24))
    throw rangeError(`an automaton has 1 to 65,536 states, and with ${count} tokens ${states} are too many`);
  checkState(start, states);
  const texts = Array.from({ length: count }, (_, token) => alphabet.bytesOf(token));
  const table = new Int32Array(states * count);
  for (let state = 0; state < states; state++) {
    for (let token = 0; token < count; token++) {
      let at = state;
      for (const byte of texts[token]) {
        at = next(at, byte);
        if (at < 0) break;
        checkState(at, states);
      }
      table[state * count + token] = at < 0 ? -1 : at;
    }
  }
  return automaton(count, table, start, accepting);
}

function checkState(state: number, states: number): void {
  if (!(Number.isInteger(state) && state >= 0 && state < states))
    throw rangeError(`a state is a whole number from 0 to ${states - 1}, not ${state}`);
}

/**
 * A finite automaton over tokens. Dead ends, from which no accepting state can be reached, are never entered.
 *
 * @param count - Number of tokens.
 * @param table - Entry state * count + token is the next state, or a number below 0 when the token is not allowed.
 * @param start - The first state.
 * @param accepting - Whether a text may end in a state.
 * @throws RangeError for a table that is not whole rows, or a state that it lacks.
 */
export function automaton(
  count: number,
  table: ArrayLike<number>,
  start = 0,
  accepting: (state: number) => boolean = () => true,
): Constraint<number> {
  const states = table.length / count;
  if (!(Number.isInteger(states) && states >= 1)) throw rangeError(`a table has ${count} entries a state`);
  checkState(start, states);
  const next = Int32Array.from(table);
  for (const state of next) if (state >= 0) checkState(state, states);
  const distance = distances(count, next, states, accepting);
  return {
    start,
    step(state, token) {
      const to = next[state * count + token];
      return to >= 0 && distance[to] < Infinity ? to : undefined;
    },
    accepts: (state) => distance[state] === 0,
    shortest: (state) => distance[state],
  };
}

/** The fewest steps from each state to one that accepts, Infinity where there is no way: a search from the ends back. */
function distances(
  count: number,
  next: Int32Array,
  states: number,
  accepting: (state: number) => boolean,
): Float64Array {
  const distance = new Float64Array(states).fill(Infinity);
  // Where the steps into each state lie in `from`, which holds the states that they come from.
  const ends = new Int32Array(states + 1);
  for (const to of next) if (to >= 0) ends[to + 1]++;
  for (let state = 0; state < states; state++) ends[state + 1] += ends[state];
  const from = new Int32Array(ends[states]);
  const at = ends.slice();
  for (let i = 0; i < next.length; i++) if (next[i] >= 0) from[at[next[i]]++] = Math.floor(i / count);
  const queue: number[] = [];
  for (let state = 0; state < states; state++) {
    if (!accepting(state)) continue;
    distance[state] = 0;
    queue.push(state);
  }
  for (let head = 0; head < queue.length; head++) {
    const to = queue[head];
    for (let i = ends[to]; i < ends[to + 1]; i++) {
      if (distance[from[i]] < Infinity) continue;
      distance[from[i]] = distance[to] + 1;
      queue.push(from[i]);
    }
  }
  return distance;
}

/** Only these tokens. */
export function allowed(list: Iterable<number>): Constraint<0> {
  const set = new Set(list);
  return { start: 0, step: (_, token) => (set.has(token) ? 0 : undefined) };
}

/** Only tokens of printable ASCII, line ends and tabs. */
export function printable(alphabet: Tokens = bytes()): Constraint<0> {
  const list: number[] = [];
  for (let token = 0; token < alphabet.count; token++)
    if (alphabet.bytesOf(token).every((byte) => (byte >= 32 && byte < 127) || byte === 9 || byte === 10))
      list.push(token);
  return allowed(list);
}

/** A string of tokens, newest first. */
interface Path {
  readonly before: Path | undefined;
  readonly token: number;
  readonly length: number;
}

/**
 * Whatever a function says: a mask, a grammar, a test of the text so far.
 *
 * @param allows - Whether a token may follow the tokens before it. The list is good during the call only, and not to be
 *   changed.
 * @example
 * callback((prefix, token) => prefix.at(-1) !== token); // no token twice in a row
 */
export function callback(allows: (prefix: readonly number[], token: number) => boolean): Constraint<object> {
  const start: Path = { before: undefined, token: -1, length: 0 };
  // The last path asked about, spelt out: all tokens of a step ask about the same, and the next is one longer.
  let known = start;
  let list: number[] = [];
  const spell = (path: Path): readonly number[] => {
    if (path === known) return list;
    if (path.before === known) {
      list.push(path.token);
    } else {
      list = new Array(path.length);
      for (let at: Path | undefined = path; at !== undefined && at.length > 0; at = at.before)
        list[at.length - 1] = at.token;
    }
    known = path;
    return list;
  };
  return {
    start,
    step(state, token) {
      const path = state as Path;
      return allows(spell(path), token) ? ({ before: path, token, length: path.length + 1 } as Path) : undefined;
    },
  };
}

/** What two constraints both allow. */
export function both<A, B>(a: Constraint<A>, b: Constraint<B>): Constraint<readonly [A, B]> {
  return {
    start: [a.start, b.start],
    step([x, y], token) {
      const first = a.step(x, token);
      if (first === undefined) return undefined;
      const second = b.step(y, token);
      return second === undefined ? undefined : [first, second];
    },
    accepts: ([x, y]) => mayEnd(a, x) && mayEnd(b, y),
    // A bound: the way that is short for both may be longer.
    shortest: ([x, y]) => Math.max(a.shortest?.(x) ?? 0, b.shortest?.(y) ?? 0),
  };
}

/** A constraint of finitely many states as a table; the first is 0. */
interface Explored {
  readonly table: Int32Array;
  readonly accepting: readonly boolean[];
}

/** A state's name: that of no other state of the same constraint. */
function keyOf(state: unknown): string {
  if (typeof state === 'number') return String(state);
  if (Array.isArray(state)) return state.map(keyOf).join();
  throw typeError('only states that are numbers, or lists of them, make a table: not those of a callback');
}

/** @throws RangeError when there are more than 65,536 states, or 2^24 times the number of tokens. */
function explored<S>(constraint: Constraint<S>, count: number): Explored {
  const most = Math.min(65536, Math.floor((1 << 24) / count));
  const states: S[] = [constraint.start];
  const numbers = new Map<string, number>([[keyOf(constraint.start), 0]]);
  const rows: Int32Array[] = [];
  for (let state = 0; state < states.length; state++) {
    const row = new Int32Array(count).fill(-1);
    for (let token = 0; token < count; token++) {
      const next = constraint.step(states[state], token);
      if (next === undefined) continue;
      const key = keyOf(next);
      let number = numbers.get(key);
      if (number === undefined) {
        number = states.length;
        if (number === most)
          throw rangeError(`the constraint has more than ${most} states with ${count} tokens: too many for a table`);
        numbers.set(key, number);
        states.push(next);
      }
      row[token] = number;
    }
    rows.push(row);
  }
  const table = new Int32Array(states.length * count);
  for (let state = 0; state < states.length; state++) table.set(rows[state], state * count);
  return { table, accepting: states.map((state) => mayEnd(constraint, state)) };
}

/**
 * A constraint as an automaton, which goes into no dead end and knows how far the end is: for {@link both}, whose halves
 * know that of themselves alone.
 *
 * @param constraint - One of finitely many states, each a number or a list of numbers, also of lists: all that this file
 *   makes but {@link callback}.
 * @param count - Number of tokens.
 * @throws TypeError for a state that is no number or list.
 * @throws RangeError when it has more than 65,536 states, or, times the number of tokens, more than 2^24.
 * @example
 * const limit = compiled(both(printable(), matching('[^a]+é?')), 256); // never begins an é
 */
export function compiled<S>(constraint: Constraint<S>, count: number): Constraint<number> {
  const { table, accepting } = explored(constraint, count);
  return automaton(count, table, 0, (state) => accepting[state]);
}

/**
 * The longest texts that a constraint allows, all of one length: for samplers whose strings have one.
 *
 * @param constraint - As for {@link compiled}.
 * @param count - Number of tokens.
 * @param n - The most tokens.
 * @returns the length, and the constraint to texts of it; `undefined` when it allows none of n tokens or fewer.
 * @throws TypeError, RangeError as {@link compiled} does, and RangeError when n times the number of states exceeds 2^26.
 * @example
 * longest(matching('a|(bb)*'), 256, 7)?.length; // 6
 */
export function longest<S>(
  constraint: Constraint<S>,
  count: number,
  n: number,
): { readonly length: number; readonly constraint: Constraint<number> } | undefined {
  if (!(Number.isInteger(n) && n >= 0)) throw rangeError(`a length is a whole number from 0, not ${n}`);
  const { table, accepting } = explored(constraint, count);
  const states = accepting.length;
  if ((n + 1) * states > 1 << 26)
    throw rangeError(`texts of ${n} tokens and ${states} states of the constraint are too many: ask for fewer tokens`);
  const after = accepting.map((_, state) => [...new Set(table.subarray(state * count, (state + 1) * count))]);
  // Whether a state can be `left` tokens before the end.
  const possible = new Uint8Array((n + 1) * states);
  for (let state = 0; state < states; state++) possible[state] = accepting[state] ? 1 : 0;
  let length = accepting[0] ? 0 : -1;
  for (let left = 1; left <= n; left++) {
    const before = (left - 1) * states;
    for (let state = 0; state < states; state++)
      if (after[state].some((to) => to >= 0 && possible[before + to] === 1)) possible[left * states + state] = 1;
    if (possible[left * states] === 1) length = left;
  }
  if (length < 0) return undefined;
  // State left * states + state has so many tokens to come.
  return {
    length,
    constraint: {
      start: length * states,
      step(at, token) {
        const to = table[(at % states) * count + token];
        const next = (Math.floor(at / states) - 1) * states + to;
        return to >= 0 && at >= states && possible[next] === 1 ? next : undefined;
      },
      accepts: (at) => at < states,
      shortest: (at) => Math.floor(at / states),
    },
  };
}
