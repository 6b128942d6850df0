/**
 * Fitting a hidden Markov model by expectation and maximisation (Baum, Petrie, Soules and Weiss 1970), the same to the
 * last bit in every engine: only + * / on doubles, in an order that nothing but the data decides.
 */
import { log2 } from '../codecs/log2.ts';
import { randomWords } from '../codecs/stack.ts';
import { rangeError, typeError } from '../errors.ts';
import type { HmmParameters, HmmSymbols } from './hmm.ts';

/** How {@link fitHmm} goes about it. */
export interface HmmFitOptions {
  /** Number of states, from 2. */
  readonly states: number;
  /** Number of symbols, from 2. */
  readonly symbols: number;
  /** Rounds of expectation and maximisation at most. Default 100. */
  readonly iterations?: number;
  /** Ends when a round saves less than this share of the bits. Default 1e-6. */
  readonly tolerance?: number;
  /** Decides what the parameters start from. Default 0. */
  readonly seed?: number;
  /** What is added to each count, so that nothing gets probability 0. Default 1e-3. */
  readonly smoothing?: number;
  /** Called after each round with its number, from 1, and the bits of all sequences before it. */
  readonly onIteration?: (iteration: number, bits: number) => void;
}

/** What {@link fitHmm} returns. */
export interface HmmFit extends HmmParameters {
  /** Rounds that were run. */
  readonly iterations: number;
  /** Bits of all sequences under the parameters of the round before the last, never rising from round to round. */
  readonly bits: number;
}

/**
 * The parameters that EM arrives at for these sequences from a random start.
 *
 * @param sequences - One at least, each with a symbol at least. Memory: 8 bytes x states x the longest one.
 * @throws RangeError for options out of range and for symbols that are none, TypeError for what is no sequence.
 * @example
 * const fit = fitHmm([text], { states: 32, symbols: 256, iterations: 20 });
 * new HiddenMarkov(fit).marginalBits(text);
 */
export function fitHmm(sequences: readonly HmmSymbols[], options: HmmFitOptions): HmmFit {
  const { states, symbols, iterations = 100, tolerance = 1e-6, seed = 0, smoothing = 1e-3, onIteration } = options;
  checkWhole('states', states, 2, 65536);
  checkWhole('symbols', symbols, 2, 2 ** 24);
  checkWhole('iterations', iterations, 0, 2 ** 31);
  if (!(tolerance >= 0 && smoothing >= 0)) throw rangeError('tolerance and smoothing are numbers from 0');
  checkSequences(sequences, symbols);
  const longest = sequences.reduce((most, { length }) => Math.max(most, length), 0);
  const model = start(states, symbols, seed);
  const work = new Work(states, symbols, longest);
  let bits = Number.POSITIVE_INFINITY;
  let done = 0;
  while (done < iterations) {
    work.begin(model, smoothing);
    let now = 0;
    for (const sequence of sequences) now += work.expect(model, sequence);
    work.maximise(model);
    done++;
    onIteration?.(done, now);
    const saved = bits - now;
    bits = now;
    if (saved < tolerance * now) break;
  }
  return { ...model, iterations: done, bits };
}

interface Model {
  readonly initial: Float64Array;
  readonly transition: Float64Array;
  readonly emission: Float64Array;
}

/** Probabilities near to equal, different enough for the states to part. */
function start(states: number, symbols: number, seed: number): Model {
  const words = randomWords(states + states * states + states * symbols, seed);
  let at = 0;
  const rows = (count: number, columns: number): Float64Array => {
    const all = Float64Array.from({ length: count * columns }, () => 1 + words[at++] / 4294967296);
    normalise(all, columns);
    return all;
  };
  return { initial: rows(1, states), transition: rows(states, states), emission: rows(states, symbols) };
}

function normalise(values: Float64Array, columns: number): void {
  for (let at = 0; at < values.length; at += columns) {
    let sum = 0;
    for (let i = at; i < at + columns; i++) sum += values[i];
    for (let i = at; i < at + columns; i++) values[i] = sum > 0 ? values[i] / sum : 1 / columns;
  }
}

/** Expected counts, and room for the forward pass. */
class Work {
  private readonly states: number;
  private readonly symbols: number;
  private readonly initial: Float64Array;
  private readonly transition: Float64Array;
  /** The counts of emissions, a row for each symbol: what one step of the passes needs lies side by side. */
  private readonly emitted: Float64Array;
  /** The model's emissions, likewise. */
  private readonly emitting: Float64Array;
  /** Distribution of the state given the symbols so far, for each time. */
  private readonly alpha: Float64Array;
  private readonly scale: Float64Array;
  private readonly beta: Float64Array;
  private readonly weighted: Float64Array;

  constructor(states: number, symbols: number, longest: number) {
    this.states = states;
    this.symbols = symbols;
    this.initial = new Float64Array(states);
    this.transition = new Float64Array(states * states);
    this.emitted = new Float64Array(states * symbols);
    this.emitting = new Float64Array(states * symbols);
    this.alpha = new Float64Array(states * longest);
    this.scale = new Float64Array(longest);
    this.beta = new Float64Array(states);
    this.weighted = new Float64Array(states);
  }

  /** A new round on the model as it is now. */
  begin({ emission }: Model, smoothing: number): void {
    for (const counts of [this.initial, this.transition, this.emitted]) counts.fill(smoothing);
    transpose(emission, this.states, this.symbols, this.emitting);
  }

  /** Adds a sequence's expected counts; returns its bits. */
  expect(model: Model, sequence: HmmSymbols): number {
    const bits = this.forward(model, sequence);
    this.backward(model, sequence);
    return bits;
  }

  private forward({ initial, transition }: Model, sequence: HmmSymbols): number {
    const { states, alpha, scale, emitting: emission } = this;
    let bits = 0;
    for (let t = 0; t < sequence.length; t++) {
      const here = t * states;
      const at = sequence[t] * states;
      if (t === 0) alpha.set(initial, 0);
      else {
        // Along the rows of the transitions: neighbours in memory. Four at a time, each sum in the order of the states.
        const before = here - states;
        let i = 0;
        for (; i + 4 <= states; i += 4) {
          const a = i * states;
          const b = a + states;
          const c = b + states;
          const d = c + states;
          const p = alpha[before + i];
          const q = alpha[before + i + 1];
          const r = alpha[before + i + 2];
          const s = alpha[before + i + 3];
          for (let j = 0; j < states; j++)
            alpha[here + j] =
              (i === 0 ? 0 : alpha[here + j]) +
              p * transition[a + j] +
              q * transition[b + j] +
              r * transition[c + j] +
              s * transition[d + j];
        }
        if (i === 0) alpha.fill(0, here, here + states);
        for (; i < states; i++) {
          const mass = alpha[before + i];
          const row = i * states;
          for (let j = 0; j < states; j++) alpha[here + j] += mass * transition[row + j];
        }
      }
      let sum = 0;
      for (let j = 0; j < states; j++) {
        alpha[here + j] *= emission[at + j];
        sum += alpha[here + j];
      }
      scale[t] = sum;
      for (let j = 0; j < states; j++) alpha[here + j] /= sum;
      bits -= log2(sum * 2 ** 60) - 60;
    }
    return bits;
  }

  private backward({ transition }: Model, sequence: HmmSymbols): void {
    const { states, alpha, beta, weighted, scale, emitting, emitted, transition: counts } = this;
    const last = sequence.length - 1;
    beta.fill(1);
    for (let t = last; t >= 0; t--) {
      const here = t * states;
      const at = sequence[t] * states;
      for (let i = 0; i < states; i++) {
        const share = alpha[here + i] * beta[i];
        emitted[at + i] += share;
        if (t === 0) this.initial[i] += share;
      }
      if (t === 0) return;
      for (let j = 0; j < states; j++) weighted[j] = (emitting[at + j] * beta[j]) / scale[t];
      const before = here - states;
      let i = 0;
      // Four rows side by side: one sum alone would wait for its own last addition.
      for (; i + 4 <= states; i += 4) {
        const a = i * states;
        const b = a + states;
        const c = b + states;
        const d = c + states;
        const [p, q, r, s] = [alpha[before + i], alpha[before + i + 1], alpha[before + i + 2], alpha[before + i + 3]];
        let [x, y, z, w] = [0, 0, 0, 0];
        for (let j = 0; j < states; j++) {
          const weight = weighted[j];
          const e = transition[a + j] * weight;
          const f = transition[b + j] * weight;
          const g = transition[c + j] * weight;
          const h = transition[d + j] * weight;
          x += e;
          y += f;
          z += g;
          w += h;
          counts[a + j] += p * e;
          counts[b + j] += q * f;
          counts[c + j] += r * g;
          counts[d + j] += s * h;
        }
        beta[i] = x;
        beta[i + 1] = y;
        beta[i + 2] = z;
        beta[i + 3] = w;
      }
      for (; i < states; i++) {
        const row = i * states;
        const mass = alpha[before + i];
        let sum = 0;
        for (let j = 0; j < states; j++) {
          const each = transition[row + j] * weighted[j];
          sum += each;
          counts[row + j] += mass * each;
        }
        beta[i] = sum;
      }
    }
  }

  maximise(model: Model): void {
    const { states, symbols } = this;
    model.initial.set(this.initial);
    model.transition.set(this.transition);
    transpose(this.emitted, symbols, states, model.emission);
    normalise(model.initial, states);
    normalise(model.transition, states);
    normalise(model.emission, symbols);
  }
}

function transpose(from: Float64Array, rows: number, columns: number, to: Float64Array): void {
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) to[c * rows + r] = from[r * columns + c];
}

function checkWhole(name: string, x: number, least: number, most: number): void {
  if (!(Number.isInteger(x) && x >= least && x <= most))
    throw rangeError(`${name} is a whole number from ${least} to ${most}, not ${x}`);
}

function checkSequences(sequences: readonly HmmSymbols[], symbols: number): void {
  if (!Array.isArray(sequences) || sequences.length === 0) throw typeError('a fit takes an array of sequences');
  for (const [i, sequence] of sequences.entries() as IterableIterator<[number, HmmSymbols]>) {
    if (!ArrayBuffer.isView(sequence) || sequence.length === 0)
      throw typeError(`sequence ${i} is a typed array with a symbol or more`);
    for (let t = 0; t < sequence.length; t++)
      if (!(sequence[t] >= 0 && sequence[t] < symbols))
        throw rangeError(
          `sequence ${i} has the symbol ${sequence[t]} at ${t}; symbols are whole numbers from 0 to ${symbols - 1}`,
        );
  }
}
