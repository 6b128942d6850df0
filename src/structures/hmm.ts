/**
 * Hidden Markov models as codecs: Townsend and Murray, "Lossless compression with state space models using bits back
 * coding", arXiv:2103.10150 (2021).
 *
 * The states are the latent variable. A whole sequence of them has far too many values to be popped at once, but given
 * the symbols they are a Markov chain backwards, whose probabilities the forward filter gives. So states are popped and
 * pushed in turns, and a sequence needs the same few initial bits whatever its length.
 *
 * The filter works on integers: every mass is a whole number of units of 2^-24, products and sums stay below 2^53.
 */
import { type Codec, codec } from '../codecs/codec.ts';
import { log2 } from '../codecs/log2.ts';
import type { BitStack } from '../codecs/stack.ts';
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { type MarkovFilter, markovFilter } from '../kernels/markov.ts';
import { Categorical } from '../models/categorical.ts';

/** Probabilities of a hidden Markov model with K states and M symbols. Rows need not sum to 1 exactly. */
export interface HmmParameters {
  /** Of the first state: K numbers. */
  readonly initial: Float64Array;
  /** Of the next state given the present one: K rows of K numbers. */
  readonly transition: Float64Array;
  /** Of the symbol given the state: K rows of M numbers. */
  readonly emission: Float64Array;
}

/** Symbols of a sequence: whole numbers from 0 to M - 1. */
export type HmmSymbols = Int32Array | Uint8Array | Uint16Array;

const BITS = 24;
const UNIT = 2 ** BITS;
/** 512 MiB of transitions. */
const MAX_STATES = 8192;

/** Cumulative masses of rows of numbers, each row with one entry more than the numbers, from 0 to 2^24. */
function cumulative(values: Float64Array, columns: number): Uint32Array {
  const rows = values.length / columns;
  const all = new Uint32Array(rows * (columns + 1));
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * columns, (r + 1) * columns);
    const { kernel } = new Categorical(row, { perfect: true });
    all.set((kernel as { table: Uint32Array }).table, r * (columns + 1));
  }
  return all;
}

/** Differences of the cumulative masses: the masses, row by row. */
function masses(table: Uint32Array, columns: number): Float64Array {
  const rows = table.length / (columns + 1);
  const all = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      all[r * columns + c] = table[r * (columns + 1) + c + 1] - table[r * (columns + 1) + c];
  return all;
}

/** Pushes entry `symbol` of the table's row that starts at `at`. */
function pushEntry(stack: BitStack, table: Uint32Array, at: number, symbol: number): void {
  const left = table[at + symbol];
  stack.pushInterval(left, table[at + symbol + 1] - left, UNIT);
}

/** Pops an entry of the table's row of `size` entries that starts at `at`. */
function popEntry(stack: BitStack, table: Uint32Array, at: number, size: number): number {
  const slot = stack.peek(UNIT);
  let low = 0;
  let high = size;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (table[at + middle] <= slot) low = middle;
    else high = middle;
  }
  const left = table[at + low];
  stack.take(left, table[at + low + 1] - left, UNIT);
  return low;
}

/**
 * A hidden Markov model. The probabilities are rounded to 2^-24, none below one such unit: what is impossible in the
 * parameters costs 24 bits.
 *
 * @example
 * const model = new HiddenMarkov({ initial, transition, emission });
 * model.codec(text.length).push(stack, text);
 */
export class HiddenMarkov {
  /** Number of states. */
  readonly states: number;
  /** Number of symbols. */
  readonly symbols: number;
  private readonly initial: Uint32Array;
  private readonly transition: Uint32Array;
  private readonly emission: Uint32Array;
  private readonly initialMass: Float64Array;
  /** Transposed, so that the filter runs along rows: row j holds the masses into state j. */
  private readonly into: Float64Array;
  /** Transposed: row x holds the masses of symbol x under each state. */
  private readonly emitting: Float64Array;
  private filter: MarkovFilter | undefined;

  /**
   * A model with these probabilities, which are copied.
   *
   * @throws TypeError for anything but Float64Arrays, RangeError for lengths that do not fit, for fewer than 2 states
   *   or symbols, more than 8192 states, and for numbers that are no probabilities.
   */
  constructor({ initial, transition, emission }: HmmParameters) {
    for (const [name, values] of Object.entries({ initial, transition, emission }))
      if (!(values instanceof Float64Array)) throw typeError(`${name} is a Float64Array of probabilities`);
    const states = initial.length;
    if (states < 2 || states > MAX_STATES) throw rangeError(`a model has 2 to ${MAX_STATES} states, not ${states}`);
    if (transition.length !== states * states)
      throw rangeError(`transition has ${states} x ${states} probabilities, not ${transition.length}`);
    const symbols = emission.length / states;
    if (!Number.isInteger(symbols) || symbols < 2)
      throw rangeError(`emission has ${states} rows of 2 probabilities or more, not ${emission.length} in all`);
    this.states = states;
    this.symbols = symbols;
    this.initial = cumulative(initial, states);
    this.transition = cumulative(transition, states);
    this.emission = cumulative(emission, symbols);
    this.initialMass = masses(this.initial, states);
    this.into = transposed(masses(this.transition, states), states, states);
    this.emitting = transposed(masses(this.emission, symbols), states, symbols);
  }

  /**
   * The codec of sequences of `length` symbols. Its expected size is the length under the marginal distribution of the
   * symbols, as {@link marginalBits} gives it. Pushing needs a few words to start with, whatever the length; its memory
   * is 4 bytes x states x length.
   */
  codec(length: number): Codec<Int32Array> {
    if (!(Number.isInteger(length) && length >= 0 && length < 2 ** 32))
      throw rangeError(`a length is a whole number from 0 to 2^32 - 1, not ${length}`);
    return codec<Int32Array>({
      push: (stack, values) => this.push(stack, values, length),
      pop: (stack) => this.pop(stack, length),
      bits: (values) => this.marginalBits(values),
    });
  }

  private push(stack: BitStack, values: HmmSymbols, length: number): void {
    const { states, symbols } = this;
    if (values?.length !== length)
      throw new SurprisalError('impossible-symbol', `the codec codes ${length} symbols, not ${values?.length}`);
    this.check(values);
    if (length === 0) return;
    const filter = this.useFilter();
    // Cumulative masses of the filtered states at each time.
    const filtered = new Uint32Array(length * (states + 1));
    for (let t = 0; t < length; t++) {
      if (t === 0) filter.begin(this.initialMass, this.emitting, values[0] * states);
      else filter.step(this.emitting, values[t] * states);
      filtered.set(filter.cumulative, t * (states + 1));
    }
    const back = new Uint32Array(states + 1);
    let state = popEntry(stack, filtered, (length - 1) * (states + 1), states);
    for (let t = length - 1; t > 0; t--) {
      pushEntry(stack, this.emission, state * (symbols + 1), values[t]);
      this.backwards(filtered, (t - 1) * (states + 1), state, back);
      const before = popEntry(stack, back, 0, states);
      pushEntry(stack, this.transition, before * (states + 1), state);
      state = before;
    }
    pushEntry(stack, this.emission, state * (symbols + 1), values[0]);
    pushEntry(stack, this.initial, 0, state);
  }

  private pop(stack: BitStack, length: number): Int32Array {
    const { states, symbols } = this;
    // Grows with what comes: a length that the stack does not hold must not cost memory.
    let values = new Int32Array(Math.min(length, 65536));
    if (length === 0) return values;
    const filter = this.useFilter();
    const back = new Uint32Array(states + 1);
    let state = popEntry(stack, this.initial, 0, states);
    values[0] = popEntry(stack, this.emission, state * (symbols + 1), symbols);
    filter.begin(this.initialMass, this.emitting, values[0] * states);
    for (let t = 1; t < length; t++) {
      if (t === values.length) {
        const larger = new Int32Array(Math.min(length, 2 * t));
        larger.set(values);
        values = larger;
      }
      const next = popEntry(stack, this.transition, state * (states + 1), states);
      this.backwards(filter.cumulative, 0, next, back);
      pushEntry(stack, back, 0, state);
      state = next;
      values[t] = popEntry(stack, this.emission, state * (symbols + 1), symbols);
      filter.step(this.emitting, values[t] * states);
    }
    pushEntry(stack, filter.cumulative, 0, state);
    return values;
  }

  private useFilter(): MarkovFilter {
    this.filter ??= markovFilter(this.states);
    this.filter.use(this.into);
    return this.filter;
  }

  /** Masses of the state before, given the state after it and the symbols before that. */
  private backwards(filtered: Uint32Array, at: number, state: number, out: Uint32Array): void {
    const { states, into } = this;
    const row = state * states;
    let total = 0;
    for (let i = 0; i < states; i++) total += (filtered[at + i + 1] - filtered[at + i]) * into[row + i];
    // One rounding a product, each of a number that only grows: the order of the masses is kept.
    const scale = (UNIT - states) / total;
    let sum = 0;
    out[0] = 0;
    for (let i = 0; i < states; i++) {
      sum += (filtered[at + i + 1] - filtered[at + i]) * into[row + i];
      out[i + 1] = Math.floor(sum * scale) + i + 1;
    }
    out[states] = UNIT;
  }

  /**
   * The length of a sequence under the marginal distribution of its symbols, in bits: -log2 of the sum over all
   * sequences of states, with the probabilities as they are rounded. The codec's expected size.
   *
   * @throws SurprisalError (`impossible-symbol`) for a symbol that the model does not have.
   */
  marginalBits(values: HmmSymbols): number {
    this.check(values);
    const { states, into, initialMass, emitting } = this;
    let alpha = Float64Array.from(initialMass, (mass) => mass / UNIT);
    let next = new Float64Array(states);
    let bits = 0;
    for (let t = 0; t < values.length; t++) {
      const at = values[t] * states;
      let total = 0;
      for (let j = 0; j < states; j++) {
        let sum = alpha[j];
        if (t > 0) {
          sum = 0;
          for (let i = 0; i < states; i++) sum += alpha[i] * into[j * states + i];
          sum /= UNIT;
        }
        next[j] = (sum * emitting[at + j]) / UNIT;
        total += next[j];
      }
      for (let j = 0; j < states; j++) next[j] /= total;
      bits -= log2Small(total);
      [alpha, next] = [next, alpha];
    }
    return bits;
  }

  private check(values: HmmSymbols): void {
    for (let t = 0; t < values.length; t++)
      if (!(values[t] >= 0 && values[t] < this.symbols))
        throw new SurprisalError(
          'impossible-symbol',
          `symbol ${values[t]} at index ${t}: the model's symbols are the whole numbers from 0 to ${this.symbols - 1}`,
        );
  }
}

/** log2 of what may be below 1. */
function log2Small(x: number): number {
  return log2(x * 2 ** 60) - 60;
}

function transposed(values: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c];
  return out;
}
