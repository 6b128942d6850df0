/**
 * Regular expressions as constraints.
 *
 * A pattern becomes a non-deterministic automaton over characters (Thompson, "Regular expression search algorithm",
 * 1968), that becomes a deterministic one by the construction of subsets (Rabin and Scott, "Finite automata and their
 * decision problems", 1959), and each of its states a small tree of states over the bytes of UTF-8. No code of a
 * character begins another's, so the result is deterministic, too. It knows, then, how far every state is from a match.
 */
import { rangeError } from '../errors.ts';
import { type Constraint, overBytes } from './constraints.ts';
import { type Pattern, parsePattern, type Ranges } from './pattern.ts';
import { bytes, type Tokens } from './tokens.ts';

/** Of each automaton. */
const MOST_STATES = 65536;

/** Steps from state to state while subsets are built: half a second. */
const MOST_STEPS = 1 << 23;

/**
 * A constraint that lets texts match a regular expression from their first byte to their last. Its states know the
 * fewest tokens to the end of a match, so that samplers of a given length never begin what they cannot finish.
 *
 * The syntax is JavaScript's with the flag u, and means the same: literals, `.`, classes `[a-z]` and `[^a-z]`, the escapes
 * `\d \D \w \W \s \S \t \n \v \f \r \0 \cX \xhh \uhhhh \u{…}` and a backslash before one of `^$\.*+?()[]{}|/`, groups
 * `(…)` and `(?:…)`, `|`, and the repetitions `* + ? {m} {m,} {m,n}`. The pattern is anchored at both ends; outside groups
 * `^` and `$` may say so. Characters are Unicode's, and become their bytes in UTF-8: `\xe9` is é, two bytes. There are no
 * backreferences, no looking around, no edges of words, no lazy repetitions, no named groups, no Unicode properties, no
 * flags.
 *
 * @param pattern - The regular expression.
 * @param alphabet - The tokens; they may begin and end inside characters. Default bytes.
 * @throws TypeError for a pattern that is no string.
 * @throws RangeError for a pattern that is wrong, with the position; for one that needs more than 65,536 states, or,
 *   times the number of tokens, more than 2^24; and where no string of tokens matches.
 * @example
 * const date = matching('\\d{4}-(?:0[1-9]|1[0-2])');
 * [...ancestral(oracle, 'It happened on ', { constraint: date })]; // ends by itself
 */
export function matching(pattern: string, alphabet: Tokens = bytes()): Constraint<number> {
  const automaton = inBytes(determined(parsePattern(pattern)));
  const { rows, accepting } = automaton;
  const constraint = overBytes(
    alphabet,
    rows.length,
    automaton.start,
    (state, byte) => rows[state][byte],
    (state) => state < accepting.length && accepting[state],
  );
  if (constraint.shortest?.(constraint.start) === Infinity)
    throw rangeError('nothing matches the pattern, or nothing that the tokens spell');
  return constraint;
}

const tooMany = (): RangeError =>
  rangeError(
    `the pattern's automaton gets too large (more than ${MOST_STATES} states, or too long in the making): make ` +
      'repetitions smaller, or branches such that their first characters differ',
  );

/** How many states a pattern has as {@link Branches}, at most. */
function sizeOf(pattern: Pattern): number {
  switch (pattern.kind) {
    case 'set':
      return 1;
    case 'repeat': {
      const { least, most } = pattern;
      const size = sizeOf(pattern.part);
      return least * size + (most === Infinity ? 1 : most - least) * (size + 1);
    }
    default:
      return pattern.parts.reduce((sum, part) => sum + sizeOf(part), 1);
  }
}

/** A non-deterministic automaton. State 0 accepts; the others read a character of a set, or branch without reading. */
class Branches {
  readonly start: number;
  /** What each state reads, as a number of `sets`, -1 for branches. */
  readonly reads: number[] = [-1];
  /** Where it goes then; more than one for branches. */
  readonly to: number[][] = [[]];
  readonly sets: Ranges[] = [];
  private readonly known = new Map<string, number>();

  constructor(pattern: Pattern) {
    if (!(sizeOf(pattern) <= MOST_STATES)) throw tooMany();
    this.start = this.build(pattern, 0);
  }

  /** Adds the states of a pattern that goes on at `next`. @returns its first one. */
  private build(pattern: Pattern, next: number): number {
    switch (pattern.kind) {
      case 'set': {
        const key = pattern.ranges.join();
        let set = this.known.get(key);
        if (set === undefined) {
          this.known.set(key, (set = this.sets.length));
          this.sets.push(pattern.ranges);
        }
        return this.add(set, [next]);
      }
      case 'sequence':
        return pattern.parts.reduceRight((after, part) => this.build(part, after), next);
      case 'choice':
        return this.add(
          -1,
          pattern.parts.map((part) => this.build(part, next)),
        );
      case 'repeat': {
        const { part, least, most } = pattern;
        let first = next;
        if (most === Infinity) {
          first = this.add(-1, [next]);
          this.to[first].push(this.build(part, first));
        } else {
          for (let i = least; i < most; i++) first = this.add(-1, [next, this.build(part, first)]);
        }
        for (let i = 0; i < least; i++) first = this.build(part, first);
        return first;
      }
    }
  }

  private add(reads: number, to: number[]): number {
    this.reads.push(reads);
    this.to.push(to);
    return this.to.length - 1;
  }
}

/** Characters between which a pattern does not tell apart are one class. */
interface Classes {
  /** The classes of each set. */
  readonly ofSet: readonly (readonly number[])[];
  /** The characters of each class. */
  readonly ranges: readonly (readonly number[])[];
}

function classesOf(sets: readonly Ranges[]): Classes {
  const cuts = [...new Set(sets.flatMap((set) => set.map((bound, i) => bound + (i & 1))))].sort((a, b) => a - b);
  const place = new Map(cuts.map((cut, i) => [cut, i]));
  // Class 0 is what no set has. A set divides each class into what it has of it and what not.
  const classAt = new Int32Array(cuts.length);
  let count = 1;
  let steps = 0;
  const covered = (set: Ranges, visit: (piece: number) => void) => {
    for (let i = 0; i < set.length; i += 2) {
      const end = place.get(set[i + 1] + 1)!;
      for (let piece = place.get(set[i])!; piece < end; piece++) visit(piece);
      steps += end - place.get(set[i])!;
    }
    if (steps > MOST_STEPS) throw tooMany();
  };
  for (const set of sets) {
    const divided = new Map<number, number>();
    covered(set, (piece) => {
      let part = divided.get(classAt[piece]);
      if (part === undefined) divided.set(classAt[piece], (part = count++));
      classAt[piece] = part;
    });
  }
  const ranges: number[][] = Array.from({ length: count }, () => []);
  for (let piece = 0; piece + 1 < cuts.length; piece++) ranges[classAt[piece]].push(cuts[piece], cuts[piece + 1] - 1);
  const ofSet = sets.map((set) => {
    const found = new Set<number>();
    covered(set, (piece) => found.add(classAt[piece]));
    return [...found];
  });
  return { ofSet, ranges };
}

/** A deterministic automaton over classes of characters, which starts in state 0. */
interface Determined {
  /** For each state, the state after each class that may come. */
  readonly next: readonly ReadonlyMap<number, number>[];
  readonly accepting: readonly boolean[];
  readonly ranges: readonly (readonly number[])[];
}

function determined(pattern: Pattern): Determined {
  const { start, reads, to, sets } = new Branches(pattern);
  const { ofSet, ranges } = classesOf(sets);
  const numbers = new Map<string, number>();
  const subsets: number[][] = [];
  const next: Map<number, number>[] = [];
  let steps = 0;
  const seen = new Int32Array(to.length).fill(-1);
  let visit = 0;
  /** The number of the subset that can be reached from some states without reading. */
  const numberOf = (from: readonly number[]): number => {
    visit++;
    const stack: number[] = [];
    const subset: number[] = [];
    const reach = (state: number) => {
      if (seen[state] === visit) return;
      seen[state] = visit;
      if (reads[state] >= 0 || state === 0) subset.push(state);
      else stack.push(state);
    };
    for (const state of from) reach(state);
    for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
      steps += to[state].length;
      for (const after of to[state]) reach(after);
    }
    steps += subset.length;
    if (steps > MOST_STEPS) throw tooMany();
    const key = subset.sort((a, b) => a - b).join();
    let number = numbers.get(key);
    if (number === undefined) {
      if (subsets.length === MOST_STATES) throw tooMany();
      numbers.set(key, (number = subsets.length));
      subsets.push(subset);
    }
    return number;
  };
  numberOf([start]);
  for (let number = 0; number < subsets.length; number++) {
    const after = new Map<number, number[]>();
    for (const state of subsets[number]) {
      if (state === 0) continue;
      const classes = ofSet[reads[state]];
      steps += classes.length;
      for (const one of classes) {
        const list = after.get(one);
        if (list === undefined) after.set(one, [to[state][0]]);
        else list.push(to[state][0]);
      }
    }
    next.push(new Map([...after].map(([one, list]) => [one, numberOf(list)])));
  }
  return merged({ next, accepting: subsets.map((subset) => subset[0] === 0), ranges });
}

/**
 * Joins states that go on alike, again and again, from the last state found to the first: the ends of words and
 * repetitions, above all. That need not be the smallest automaton, but it never takes long.
 */
function merged({ next, accepting, ranges }: Determined): Determined {
  const same = Int32Array.from(next, (_, state) => state);
  for (let round = 0, joined = 1; round < 8 && joined > 0; round++) {
    joined = 0;
    const known = new Map<string, number>();
    for (let state = next.length - 1; state >= 0; state--) {
      if (same[state] !== state) continue;
      const row = [...next[state]].map(([one, after]) => [one, rootOf(same, after)] as const);
      // Classes differ, so the order is total.
      const key = `${accepting[state]} ${row.sort(([a], [b]) => a - b).join(' ')}`;
      const before = known.get(key);
      if (before === undefined) known.set(key, state);
      else {
        same[state] = before;
        joined++;
      }
    }
  }
  const number = new Int32Array(next.length).fill(-1);
  const order: number[] = [];
  const visit = (state: number): number => {
    const kept = rootOf(same, state);
    if (number[kept] < 0) number[kept] = order.push(kept) - 1;
    return number[kept];
  };
  visit(0);
  const rows: Map<number, number>[] = [];
  for (let i = 0; i < order.length; i++)
    rows.push(new Map([...next[order[i]]].map(([one, after]) => [one, visit(after)])));
  return { next: rows, accepting: order.map((state) => accepting[state]), ranges };
}

function rootOf(same: Int32Array, state: number): number {
  let root = state;
  while (same[root] !== root) root = same[root];
  return root;
}

/** A deterministic automaton over bytes. */
interface InBytes {
  readonly start: number;
  /** For each state and byte the state after it, or -1. */
  readonly rows: readonly Int32Array[];
  /** Whether a text may end in a state; in none beyond these, which are inside characters. */
  readonly accepting: readonly boolean[];
}

/** Characters and what comes after them: first, last, state, first, last, state, ... */
type Segments = readonly number[];

/** The first characters of codes of 1, 2, 3 and 4 bytes, and what the first bytes of these begin with. */
const LENGTHS = [
  { from: 0, to: 0x7f, mark: 0 },
  { from: 0x80, to: 0x7ff, mark: 0xc0 },
  { from: 0x800, to: 0xffff, mark: 0xe0 },
  { from: 0x10000, to: 0x10ffff, mark: 0xf0 },
];

/** The part of some segments that lies in a range, counted from its first character. */
function within(segments: Segments, from: number, to: number): number[] {
  const part: number[] = [];
  for (let i = 0; i < segments.length; i += 3) {
    const first = Math.max(segments[i], from);
    const last = Math.min(segments[i + 1], to);
    if (first <= last) part.push(first - from, last - from, segments[i + 2]);
  }
  return part;
}

function inBytes({ next, accepting, ranges }: Determined): InBytes {
  const rows = next.map(() => new Int32Array(256).fill(-1));
  const known = new Map<string, number>();
  /** Fills a row from `mark` on: the bytes that 6 * `more` bits follow, in as many continuation bytes. */
  const fill = (row: Int32Array, mark: number, more: number, segments: Segments) => {
    const size = 2 ** (6 * more);
    let done = -1;
    for (let i = 0; i < segments.length; i += 3) {
      const last = Math.floor(segments[i + 1] / size);
      for (let unit = Math.max(Math.floor(segments[i] / size), done + 1); unit <= last; unit++) {
        row[mark + unit] =
          more === 0 ? segments[i + 2] : inside(more, within(segments.slice(i), unit * size, unit * size + size - 1));
        done = unit;
      }
    }
  };
  /** The state with so many continuation bytes to come. */
  const inside = (more: number, segments: Segments): number => {
    const key = `${more} ${segments.join()}`;
    let state = known.get(key);
    if (state === undefined) {
      if (rows.length === MOST_STATES) throw tooMany();
      known.set(key, (state = rows.length));
      const row = new Int32Array(256).fill(-1);
      rows.push(row);
      fill(row, 0x80, more - 1, segments);
    }
    return state;
  };
  for (let state = 0; state < next.length; state++) {
    const segments = segmentsOf(next[state], ranges);
    LENGTHS.forEach(({ from, to, mark }, more) => {
      // Counted from 0 and not from the first such character, as UTF-8 counts.
      const part = within(segments, from, to).map((value, i) => (i % 3 === 2 ? value : value + from));
      fill(rows[state], mark, more, part);
    });
  }
  return { start: 0, rows, accepting };
}

/** What may come in a state, by character: in order, with neighbours joined that lead to the same. */
function segmentsOf(after: ReadonlyMap<number, number>, ranges: readonly (readonly number[])[]): number[] {
  const list: [number, number, number][] = [];
  for (const [one, state] of after)
    for (let i = 0; i < ranges[one].length; i += 2) list.push([ranges[one][i], ranges[one][i + 1], state]);
  // Classes are disjoint, so the order is total.
  list.sort(([a], [b]) => a - b);
  const segments: number[] = [];
  for (const [first, last, state] of list) {
    const end = segments.length;
    if (end > 0 && segments[end - 2] === first - 1 && segments[end - 1] === state) segments[end - 2] = last;
    else segments.push(first, last, state);
  }
  return segments;
}
