/**
 * PPM once more, plainly: contexts are objects with lists of states, the undo log and the arena are gone (of memory only
 * the sizes are counted), and every prediction is made from nothing. The kernel of `assembly/ppm` equals it bit for bit.
 */
import { exp, log } from '../../src/kernels/math.ts';
import { tile } from '../../src/sequence/model.ts';

/** What follows a state: nothing known, a place in the text whose context was not needed yet, or a context. */
type Successor = null | number | Context;

interface State {
  symbol: number;
  frequency: number;
  successor: Successor;
}

interface Context {
  suffix: Context | null;
  states: State[];
  /** Frequencies and escapes, where there are several states. */
  sum: number;
}

interface Level {
  context: Context;
  depth: number;
  excluded: number;
  values: number[];
  first: number;
  most: number;
  sum: number;
  escape: Decision | null;
  choice: Decision | null;
}

/** Values of a context's states, their sum with escapes, and values of the same symbols in the suffix. */
interface Blend {
  values: number[];
  total: number;
  below: number[];
  suffix: Blend | null;
}

/** An adaptive probability in units of 2^-22, the number of bits it has seen, and its logit in single precision. */
interface Cell {
  p: number;
  n: number;
  logit: number;
}

interface Decision {
  p: number;
  own: number;
  mixer: Mixer;
  cells: Cell[];
  inputs: number[];
}

interface Mixer {
  weights: number[];
  n: number;
}

const MOST = 124;
const CAPACITY = [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256];
const START = [25, 14, 9, 7, 5, 5, 4, 4, 4, 3, 3, 3, 2, 2, 2, 2];

const capacity = (n: number) => CAPACITY.find((c) => c >= n)!;
const stretch = (p: number) => log(p / (1 - p));
const bitsOf = (x: number) => 32 - Math.clz32(x);
const steps = (logit: number) => Math.min(15, Math.max(0, Math.floor(logit * 1.5 + 8)));

/** The reference of `PpmModel`. */
export class ReferencePpm {
  restarts = 0;
  private readonly order: number;
  private readonly arenaBytes: number;
  private context!: Context;
  private depth = 0;
  private success = 0;
  private run = 0;
  private escape = 0;
  private last = 0;
  /** Text since the last restart, bytes left between it and the contexts, and free blocks of each capacity. */
  private text: number[] = [];
  private room = 0;
  private free = new Map<number, number>();
  private readonly mixers = new Map<string, Mixer>();
  private readonly cells = new Map<string, Cell>();

  constructor(order: number, memory: number) {
    this.order = order;
    this.arenaBytes = memory - (memory % 16);
    this.restart();
  }

  intervals(into: Uint32Array): void {
    const weights = new Float64Array(256);
    let mass = 1;
    const seen = new Set<number>();
    for (const level of this.levels()) {
      let share = mass;
      if (level.escape !== null) {
        share = mass * (1 - level.escape.p);
        mass *= level.escape.p;
      }
      let chosen = share;
      let sum = level.sum;
      if (level.choice !== null) {
        chosen = share * level.choice.p;
        share -= chosen;
        sum -= level.most;
      }
      const unit = share / sum;
      level.context.states.forEach(({ symbol }, i) => {
        if (seen.has(symbol)) return;
        seen.add(symbol);
        weights[symbol] = i === level.first ? chosen : unit * level.values[i];
      });
    }
    tile(weights, into);
  }

  update(symbol: number): void {
    const levels = this.levels();
    const at = levels.findIndex(({ context }) => context.states.some((s) => s.symbol === symbol));
    const { context, depth, escape: escaping, choice, first } = levels[at];
    const state = context.states.find((s) => s.symbol === symbol)!;
    for (let i = 0; i < at; i++) this.learn(levels[i].escape!, 1);
    if (escaping !== null) this.learn(escaping, 0);
    if (choice !== null) this.learn(choice, state === context.states[first] ? 1 : 0);
    if (at > 0) {
      const top = levels[0];
      if (top.context.states.length === 1) this.escape = START[Math.min(15, Math.floor((1 - top.escape!.p) * 16))];
      this.success = 0;
      this.run = this.runStart();
      this.count(context, state);
    } else if (context.states.length === 1) {
      if (state.frequency < 128) state.frequency++;
      this.success = 1;
      this.run++;
    } else {
      this.success = state === context.states[0] && 2 * state.frequency > context.sum ? 1 : 0;
      this.run += this.success;
      this.count(context, state);
    }
    if (!this.grow(context, state, depth)) {
      this.restart();
      this.restarts++;
    }
    this.last = symbol;
  }

  // ---- Contexts ------------------------------------------------------------------------------------------------------

  private restart(): void {
    this.text = [];
    this.free.clear();
    this.room = this.arenaBytes - 16 - 2048;
    const states = Array.from({ length: 256 }, (_, symbol) => ({ symbol, frequency: 1, successor: null }));
    this.context = { suffix: null, states, sum: 257 };
    this.depth = 0;
    this.success = 0;
    this.run = this.runStart();
    this.escape = 7;
  }

  private runStart(): number {
    return -Math.min(this.order, 12) - 1;
  }

  /** Takes memory, or says that there is none. */
  private take(bytes: number): boolean {
    if (this.room < bytes + 16) return false;
    this.room -= bytes;
    return true;
  }

  private allocate(states: number): boolean {
    const free = this.free.get(states) ?? 0;
    if (free === 0) return this.take(8 * states);
    this.free.set(states, free - 1);
    return true;
  }

  private count(context: Context, state: State): void {
    state.frequency += 4;
    context.sum += 4;
    const { states } = context;
    const i = states.indexOf(state);
    if (i > 0 && state.frequency > states[i - 1].frequency) [states[i - 1], states[i]] = [state, states[i - 1]];
    if (state.frequency <= MOST) return;
    let escapes = context.sum;
    let sum = 0;
    for (const s of states) {
      escapes -= s.frequency;
      s.frequency = (s.frequency + 1) >> 1;
      sum += s.frequency;
    }
    // Sorting is stable.
    states.sort((a, b) => b.frequency - a.frequency);
    context.sum = sum + escapes - (escapes >> 1);
  }

  private countInSuffix(context: Context, symbol: number): void {
    const { states } = context;
    const i = states.findIndex((s) => s.symbol === symbol);
    const state = states[i];
    if (states.length === 1) {
      if (state.frequency < 32) state.frequency++;
      return;
    }
    if (i > 0 && state.frequency >= states[i - 1].frequency) [states[i - 1], states[i]] = [state, states[i - 1]];
    if (state.frequency >= MOST - 9) return;
    state.frequency += 2;
    context.sum += 2;
  }

  /** Moves on; returns false when memory is full. */
  private grow(context: Context, state: State, depth: number): boolean {
    const { symbol, frequency, successor: branch } = state;
    if (depth === this.order && branch !== null && typeof branch === 'object') {
      this.context = branch;
      this.depth = depth;
      return true;
    }
    if (frequency < MOST / 4 && context.suffix !== null) this.countInSuffix(context.suffix, symbol);
    if (depth === this.order) {
      const made = this.createSuccessors(context, state, true);
      if (made === null) return false;
      state.successor = made;
      this.context = made;
      return true;
    }
    this.text.push(symbol);
    this.room--;
    if (this.room < 16) return false;
    let successor: Successor = this.text.length;
    let next = context;
    const longest = this.context;
    if (branch === null) state.successor = successor;
    else {
      const made = typeof branch === 'number' ? this.createSuccessors(context, state, false) : branch;
      if (made === null) return false;
      next = made;
      depth++;
      if (depth === this.order) {
        successor = next;
        if (longest !== context) {
          this.text.pop();
          this.room++;
        }
      }
    }
    const found = context.states.length;
    const others = context.sum - found - (frequency - 1);
    for (let c = longest; c !== context; c = c.suffix!)
      if (!this.append(c, { symbol, frequency, successor }, found, others)) return false;
    this.context = next;
    this.depth = depth;
    return true;
  }

  private createSuccessors(context: Context, state: State, skip: boolean): Context | null {
    const branch = state.successor as number;
    const waiting = skip ? [] : [state];
    let c = context;
    while (c.suffix !== null) {
      c = c.suffix;
      const s = c.states.find(({ symbol }) => symbol === state.symbol)!;
      if (s.successor !== branch) {
        c = s.successor as Context;
        break;
      }
      waiting.push(s);
    }
    if (waiting.length === 0) return c;
    const symbol = this.text[branch];
    let { frequency } = c.states.find((s) => s.symbol === symbol)!;
    if (c.states.length !== 1) {
      const cf = frequency - 1;
      const rest = c.sum - c.states.length - cf;
      frequency = 2 * cf <= rest ? (5 * cf > rest ? 2 : 1) : 1 + Math.floor((2 * cf + 3 * rest - 1) / (2 * rest));
    }
    for (const s of waiting.reverse()) {
      if (!this.take(16)) return null;
      c = { suffix: c, states: [{ symbol, frequency, successor: branch + 1 }], sum: 0 };
      s.successor = c;
    }
    return c;
  }

  /** Adds a state to a context, with a frequency that it inherits from the context that knew it. */
  private append(context: Context, from: State, found: number, others: number): boolean {
    const { states } = context;
    const n = states.length;
    if (n === 1) {
      if (!this.allocate(2)) return false;
      const f = states[0].frequency;
      states[0].frequency = f < MOST / 4 - 1 ? 2 * f : MOST - 4;
      context.sum = states[0].frequency + this.escape + (found > 3 ? 1 : 0);
    } else {
      if (capacity(n + 1) !== capacity(n)) {
        if (!this.allocate(capacity(n + 1))) return false;
        this.free.set(capacity(n), (this.free.get(capacity(n)) ?? 0) + 1);
      }
      const doubled = 4 * n <= found && context.sum <= 8 * n ? 2 : 0;
      context.sum += (2 * n < found ? 1 : 0) + doubled;
    }
    const cf = 2 * from.frequency * (context.sum + 6);
    const sf = others + context.sum;
    let frequency: number;
    if (cf < 6 * sf) {
      frequency = 1 + (cf > sf ? 1 : 0) + (cf >= 4 * sf ? 1 : 0);
      context.sum += 3;
    } else {
      frequency = 4 + (cf >= 9 * sf ? 1 : 0) + (cf >= 12 * sf ? 1 : 0) + (cf >= 15 * sf ? 1 : 0);
      context.sum += frequency;
    }
    states.push({ symbol: from.symbol, frequency, successor: from.successor });
    return true;
  }

  // ---- Levels --------------------------------------------------------------------------------------------------------

  /** Values of a context's states, after its suffix's. */
  private blend(context: Context): Blend {
    const { states, suffix } = context;
    const n = states.length;
    const frequencies = states.map(({ frequency }) => frequency);
    if (suffix === null) return { values: frequencies, total: context.sum, below: states.map(() => 0), suffix: null };
    const lower = this.blend(suffix);
    const below = states.map(({ symbol }) => lower.values[suffix.states.findIndex((s) => s.symbol === symbol)]);
    if (n === 1) return { values: frequencies, total: frequencies[0] + 1, below, suffix: lower };
    const share = 4 + 3 * n;
    const unit = share / below.reduce((a, b) => a + b, 0);
    const values = frequencies.map((frequency, i) => frequency + unit * below[i]);
    return { values, total: context.sum + share, below, suffix: lower };
  }

  private levels(): Level[] {
    const levels: Level[] = [];
    let excluded = 0;
    let depth = this.depth;
    let blend: Blend | null = this.blend(this.context);
    for (let c: Context | null = this.context; c !== null && blend !== null; c = c.suffix) {
      if (c.states.length > excluded) {
        const masked = new Set(levels.at(-1)?.context.states.map(({ symbol }) => symbol));
        levels.push(this.level(c, depth, masked, blend));
        excluded = c.states.length;
      }
      depth--;
      blend = blend.suffix;
    }
    return levels;
  }

  private level(context: Context, depth: number, masked: Set<number>, blend: Blend): Level {
    const { states, suffix } = context;
    const n = states.length;
    const excluded = masked.size;
    const { values, below } = blend;
    let belowMasked = 0;
    let belowSum = 0;
    let sum = 0;
    let first = 0;
    let most = 0;
    let all = 0;
    states.forEach((s, i) => {
      all += s.frequency;
      if (masked.has(s.symbol)) {
        belowMasked += below[i];
        return;
      }
      belowSum += below[i];
      sum += values[i];
      if (values[i] > most) {
        most = values[i];
        first = i;
      }
    });
    const { symbol, frequency } = states[first];
    const others = (blend.suffix?.total ?? 0) - belowMasked;
    const novel = suffix === null ? 0 : stretch((others - belowSum) / others);
    const likely = suffix === null ? 0 : stretch(below[first] / belowSum);
    const { last, success } = this;
    const high = last >= 64 ? 1 : 0;
    const run = this.run >= 0 ? 1 : 0;
    const more = (suffix === null ? 256 : suffix.states.length) - n;
    let escaping: Decision | null = null;
    if (n === 1) {
      const own = 0.9 / (frequency + 0.9);
      const bits = bitsOf(frequency);
      const q = frequency < 6 ? frequency - 1 : Math.min(15, 2 * bits - 1 + ((frequency >> (bits - 2)) & 1));
      const few = more === 0 ? 0 : more === 1 ? 1 : more < 11 ? 2 : 3;
      const a = (q << 6) | (success << 5) | (few << 3) | (high << 2) | ((symbol >= 64 ? 1 : 0) << 1) | run;
      escaping = this.decide('single', depth, q, symbol, a, (q << 3) | (steps(novel) >> 1), own, novel);
    } else if (n < 256 && excluded === 0) {
      const own = (context.sum - all) / context.sum;
      const q = steps(stretch(own));
      const size = Math.min(bitsOf(n), 7);
      const relation = more === 0 ? 0 : 2 * more < n ? 1 : more < 2 * n ? 2 : 3;
      const a = (q << 8) | (size << 5) | (relation << 3) | (success << 2) | (run << 1) | high;
      const share = Math.min(15, Math.floor((16 * frequency) / all));
      escaping = this.decide('several', depth, q, symbol, a, (q << 4) | share, own, novel);
    } else if (n < 256) {
      const rest = n - excluded;
      const escapes = 10 + 5 * Math.min(rest, 12);
      const own = escapes / (escapes + sum);
      const q = steps(stretch(own));
      const size = rest < 5 ? rest - 1 : 2 + bitsOf(rest - 1);
      const thin = context.sum < 11 * n ? 1 : 0;
      const a = (q << 7) | (size << 3) | ((rest < more ? 1 : 0) << 2) | (thin << 1) | (excluded > rest ? 1 : 0);
      escaping = this.decide('masked', depth, q, symbol, a, (q << 4) | bitsOf(excluded), own, novel);
    }
    let choice: Decision | null = null;
    if (n - excluded > 1) {
      const own = most / sum;
      const q = Math.min(15, Math.floor(own * 16));
      const size = Math.min(bitsOf(n - excluded), 7);
      const a = (q << 6) | (size << 3) | (success << 2) | (run << 1) | (symbol >= 64 ? 1 : 0);
      const kind = excluded === 0 ? 'likeliest' : 'masked likeliest';
      choice = this.decide(kind, depth, q, symbol, a, (q << 3) | (steps(likely) >> 1), own, likely);
    }
    return { context, depth, excluded, values, first, most, sum, escape: escaping, choice };
  }

  // ---- Decisions -----------------------------------------------------------------------------------------------------

  /** A decision: `a` and `d` are situations of its kind, `d` apart for each order. */
  private decide(
    kind: string,
    depth: number,
    q: number,
    symbol: number,
    a: number,
    d: number,
    own: number,
    below: number,
  ): Decision {
    const logit = stretch(own);
    const keys = [a, `${symbol} ${q}`, `${this.last} ${q}`, `${depth} ${d}`];
    const cells = keys.map((key, table) => {
      const name = `${kind} ${table} ${key}`;
      let cell = this.cells.get(name);
      if (cell === undefined) {
        cell = { p: 0, n: 0, logit: 0 };
        this.cells.set(name, cell);
      }
      return cell;
    });
    let mixer = this.mixers.get(`${kind} ${depth}`);
    if (mixer === undefined) {
      mixer = { weights: [0, 0.3, 0, 0.15, 0.15, 0.15, 0.15], n: 0 };
      this.mixers.set(`${kind} ${depth}`, mixer);
    }
    const inputs = [0.3, logit, below, ...cells.map((cell) => (cell.n > 0 ? cell.logit : logit))];
    let sum = 0;
    inputs.forEach((x, i) => {
      sum += mixer.weights[i] * x;
    });
    sum = Math.max(-12, Math.min(12, sum));
    return { p: 1 / (1 + exp(-sum)), own, mixer, cells, inputs };
  }

  private learn({ p, own, mixer, cells, inputs }: Decision, bit: number): void {
    const step = (bit - p) * (0.002 + 2 / (mixer.n + 100));
    mixer.n++;
    mixer.weights = mixer.weights.map((w, i) => w + step * inputs[i]);
    const one = 2 ** 22;
    for (const cell of cells) {
      const before = cell.n > 0 ? cell.p : Math.floor(own * one);
      cell.p = Math.floor(before + ((bit ? one - 1 : 0) - before) / (cell.n + 3));
      cell.logit = Math.fround(log((cell.p + 0.5) / (one - cell.p - 0.5)));
      if (cell.n < 255) cell.n++;
    }
  }
}
