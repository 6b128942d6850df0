/**
 * What a codec must offer to be sampled fast: the exact length of what has been pushed, in bits, with undo.
 *
 * A code of length L(x) stands for the probabilities p(x) proportional to 2^-L(x) over whole strings (Shannon 1948; Kraft
 * 1949, McMillan 1956). What samplers ask of it is how long x would be with one symbol more, for every symbol there is.
 */

import { rangeError, typeError } from '../errors.ts';
import { log } from '../kernels/math.ts';
import { checkSymbol, type Mark, type SequenceModel, symbolAt, TOTAL, type Undoable } from '../sequence/model.ts';

export type { Mark, Undoable } from '../sequence/model.ts';

/**
 * The exact length of a string under a codec.
 */
export interface LengthOracle extends Undoable {
  /** Number of symbols: they are 0 to alphabetSize - 1. Codecs of bytes have 256. */
  readonly alphabetSize: number;
  /**
   * Appends a symbol.
   *
   * @throws RangeError when there is no such symbol; the oracle is as before.
   */
  push(symbol: number): void;
  /**
   * Length in bits of all that has been pushed, coded whole: headers, the end and all, without padding to bytes. A
   * whole number where the codec writes whole bits. Asking changes nothing.
   */
  bits(): number;
  /**
   * Lengths in bits after each of some symbols, as if each alone were pushed next. Changes nothing. Codecs that can do
   * this faster than by push and rollback have it; call {@link bitsAfter}, which does either.
   *
   * @param symbols - Any symbols, in any order.
   * @param into - As many entries at least.
   */
  bitsAfter?(symbols: ArrayLike<number>, into: Float64Array): void;
  /**
   * Appends symbols, one after another: only where that is faster than to push each. Call {@link pushAll}, which does
   * either.
   *
   * @throws RangeError when one of them is no symbol; the oracle is as before.
   */
  pushAll?(symbols: ArrayLike<number>): void;
}

/** What samplers take: a codec that tells lengths, or a model, whose lengths are sums of its surprisals. */
export type Samplable = LengthOracle | SequenceModel;

/**
 * What comes first: numbers, or a text, which stands for its UTF-8 bytes or, where a sampler is given tokens, for the
 * tokens that `split` finds in it.
 */
export type Prompt = string | ArrayLike<number>;

/**
 * Lengths in bits after each of some symbols, as if each alone were pushed next. Changes nothing.
 *
 * @param symbols - Any symbols of the oracle, in any order.
 * @param into - As many entries at least.
 * @example
 * const lengths = new Float64Array(256);
 * bitsAfter(oracle, Array.from({ length: 256 }, (_, byte) => byte), lengths);
 */
export function bitsAfter(oracle: LengthOracle, symbols: ArrayLike<number>, into: Float64Array): void {
  if (oracle.bitsAfter !== undefined) {
    oracle.bitsAfter(symbols, into);
    return;
  }
  for (let i = 0; i < symbols.length; i++) {
    const mark = oracle.mark();
    try {
      oracle.push(symbols[i]);
      into[i] = oracle.bits();
    } finally {
      oracle.rollback(mark);
    }
  }
}

/** 2^24 as a logarithm. */
const TOTAL_LOG = 24;

/** Bits of a symbol that has `frequency` of the 2^24 units of a prediction. */
export function surprisal(frequency: number): number {
  return frequency === TOTAL ? 0 : TOTAL_LOG - log(frequency) * Math.LOG2E;
}

/**
 * A model of sequences seen as a code: the length of a string is the sum of its symbols' surprisals in bits, what a
 * range coder needs but for the last few bits.
 *
 * @example
 * pushAll(new ModelOracle(new Lz78Model()), text).bits();
 */
export class ModelOracle implements LengthOracle {
  readonly alphabetSize: number;
  /** The model. Push to the oracle and never to it. */
  readonly model: SequenceModel;
  private readonly cuts: Uint32Array;
  /** Whether `cuts` is the prediction of the present state. */
  private fresh = false;
  /** The symbol last asked for in the present state, -1 for none, and its frequency. */
  private asked = -1;
  private answer = 0;
  private total = 0;
  /** Totals at the marks that are held, oldest first. */
  private readonly held: { readonly mark: Mark; readonly total: number }[] = [];

  /** @param model - A model in any state: what it has learnt before is a condition, and costs nothing. */
  constructor(model: SequenceModel) {
    this.model = model;
    this.alphabetSize = model.alphabetSize;
    this.cuts = new Uint32Array(model.alphabetSize + 1);
  }

  /** The model's prediction: alphabetSize + 1 cumulative frequencies. Not to be written to, and gone with the next push. */
  intervals(): Uint32Array {
    if (!this.fresh) {
      this.model.intervals(this.cuts);
      this.fresh = true;
    }
    return this.cuts;
  }

  /** Appends a symbol. */
  push(symbol: number): void {
    const frequency = this.frequencyOf(symbol);
    this.model.update(symbol);
    this.total += surprisal(frequency);
    this.changed();
  }

  /**
   * The size of a symbol's interval in the model's prediction, in 1/2^24.
   *
   * @throws RangeError when there is no such symbol.
   */
  frequencyOf(symbol: number): number {
    if (!this.fresh && this.model.frequencyOf !== undefined) {
      if (symbol !== this.asked) {
        this.answer = this.model.frequencyOf(symbol);
        this.asked = symbol;
      }
      return this.answer;
    }
    checkSymbol(symbol, this.alphabetSize);
    const cuts = this.intervals();
    return cuts[symbol + 1] - cuts[symbol];
  }

  private changed(): void {
    this.fresh = false;
    this.asked = -1;
  }

  /** The sum of the surprisals, in bits. */
  bits(): number {
    return this.total;
  }

  /** Lengths in bits after each of some symbols. */
  bitsAfter(symbols: ArrayLike<number>, into: Float64Array): void {
    const cuts = this.intervals();
    for (let i = 0; i < symbols.length; i++) {
      const symbol = symbols[i];
      if (!(Number.isInteger(symbol) && symbol >= 0 && symbol < this.alphabetSize))
        throw rangeError(`a symbol is a whole number from 0 to ${this.alphabetSize - 1}, not ${symbol}`);
      into[i] = this.total + surprisal(cuts[symbol + 1] - cuts[symbol]);
    }
  }

  /** The symbol at a quantile of the prediction, an integer from 0 to 2^24 - 1. */
  symbolAt(quantile: number): number {
    if (!this.fresh && this.model.symbolAt !== undefined) return this.model.symbolAt(quantile);
    return symbolAt(this.intervals(), quantile, this.alphabetSize);
  }

  /** Marks the present state. */
  mark(): Mark {
    const mark = this.model.mark();
    this.held.push({ mark, total: this.total });
    return mark;
  }

  /** Goes back to a mark, to the bit, and forgets it and all later ones. */
  rollback(mark: Mark): void {
    this.model.rollback(mark);
    this.total = this.drop(mark);
    this.changed();
  }

  /** Forgets a mark and all later ones, and keeps what came after them. */
  release(mark: Mark): void {
    this.model.release(mark);
    this.drop(mark);
  }

  /** Forgets a mark that the model knew, and all later ones; returns the total that was its. */
  private drop(mark: Mark): number {
    const i = this.held.findLastIndex((entry) => entry.mark === mark);
    const { total } = this.held[i];
    this.held.length = i;
    return total;
  }
}

const METHODS: readonly string[] = ['mark', 'rollback', 'release'];

function has(what: unknown, ...methods: readonly string[]): boolean {
  return (
    typeof what === 'object' &&
    what !== null &&
    methods.every((name) => typeof (what as Record<string, unknown>)[name] === 'function')
  );
}

/** Whether something tells lengths. */
export function isOracle(what: unknown): what is LengthOracle {
  return has(what, 'push', 'bits', ...METHODS);
}

/** Whether something is a model of sequences. */
export function isModel(what: unknown): what is SequenceModel {
  return has(what, 'intervals', 'update', ...METHODS);
}

/** Whether something is a model of bits. */
export function isBitModel(what: unknown): boolean {
  return has(what, 'predict', 'update');
}

/**
 * The lengths of what a sampler is given: an oracle's own; a model's are the sums of its surprisals.
 *
 * @throws TypeError (`invalid-type`) for anything else.
 * @example
 * oracleOf(new Lz78Model()).bits(); // 0
 */
export function oracleOf(codec: Samplable): LengthOracle {
  if (isOracle(codec)) return codec;
  if (isModel(codec)) return new ModelOracle(codec);
  if (isBitModel(codec))
    throw typeError('this is a model of bits: make a model of bytes of it, new BitTreeModel(model), or call exactBits');
  throw typeError(
    has((codec as { oracle?: unknown } | null | undefined)?.oracle, 'push')
      ? 'this is a named codec: give its oracle, or call sampleStream'
      : 'a sampler takes a LengthOracle or a SequenceModel: for any other compressor call blackBox',
  );
}

/**
 * The numbers of a prompt: a text's are its UTF-8 bytes.
 *
 * @throws TypeError (`invalid-type`) for what is neither a text nor a list.
 */
export function promptSymbols(prompt: Prompt): ArrayLike<number> {
  if (typeof prompt === 'string') return new TextEncoder().encode(prompt);
  if (typeof prompt !== 'object' || prompt === null || typeof prompt.length !== 'number')
    throw typeError(`a prompt is a text or a list of numbers, not ${prompt === null ? 'null' : typeof prompt}`);
  return prompt;
}

/**
 * Has a codec or a model see a text, in the fastest way that it has: for priming.
 *
 * @param text - Symbols, or a text that is taken as UTF-8.
 * @returns the codec.
 * @throws RangeError when it lacks one of the symbols; it is as before then.
 * @throws TypeError (`invalid-type`) for what is no codec, or no text.
 * @example
 * const oracle = pushAll(new DeflateOracle(), 'It was a bright cold day in April, and the ');
 */
export function pushAll<C extends Samplable>(codec: C, text: Prompt): C {
  const symbols = promptSymbols(text);
  const given: Samplable = codec;
  if (!isOracle(given) && !isModel(given)) oracleOf(given);
  for (let i = 0; i < symbols.length; i++) checkSymbol(symbols[i], given.alphabetSize);
  if (isOracle(given)) {
    if (given.pushAll !== undefined) given.pushAll(symbols);
    else for (let i = 0; i < symbols.length; i++) given.push(symbols[i]);
  } else if (given.learn !== undefined) {
    given.learn(symbols);
  } else {
    for (let i = 0; i < symbols.length; i++) given.update(symbols[i]);
  }
  return codec;
}
