/** What samplers share: their options, and a look at all that may come next. */

import { rangeError } from '../errors.ts';
import { type Constraint, nextAllowed, stateAfter } from './constraints.ts';
import { type LengthOracle, oracleOf, type Prompt, promptSymbols, type Samplable } from './oracle.ts';
import { symbols, type Tokens } from './tokens.ts';

/**
 * Which distribution a sampler draws from.
 *
 * - `encoder`: p(x) proportional to 2^-L(x) over whole strings.
 * - `decoder`: q(x) = the sum of 2^-|c| over the codes c that decode to x.
 * - `one-step`: p(b | x) proportional to 2^-L(xb), token by token.
 * - `exact`: all three, which are one where a model's conditionals are exact.
 * - `search`: none; likely strings are looked for, not drawn.
 */
export type Distribution = 'encoder' | 'decoder' | 'one-step' | 'exact' | 'search';

/** What lengths count: bits as they are, or whole bytes (in bits: the next multiple of 8), as files have them. */
export type Unit = 'bits' | 'bytes';

/** Options that most samplers take. */
export interface SamplerOptions {
  /** What is chosen from. Default the oracle's symbols. */
  readonly tokens?: Tokens;
  /** What may follow what. Default anything. */
  // biome-ignore lint/suspicious/noExplicitAny: the state is the constraint's own affair
  readonly constraint?: Constraint<any>;
  /** What lengths count. Default `bits`. */
  readonly unit?: Unit;
}

/**
 * The tokens that may come next and the lengths after them.
 *
 * @example
 * const choices = new Choices(oracle, { constraint: utf8Valid() });
 * const n = choices.look(choices.start);
 * choices.tokenAt(0); choices.lengths[0]; choices.stateAt(0, choices.start);
 */
export class Choices {
  /** The codec. */
  readonly oracle: LengthOracle;
  /** What is chosen from. */
  readonly tokens: Tokens;
  /** The constraint's first state. */
  readonly start: unknown;
  /** The constraint, where there is one. */
  readonly constraint: Constraint | undefined;
  /** Lengths in bits after each choice of the last look, in whole bytes where asked for. */
  readonly lengths: Float64Array;
  private readonly whole: boolean;
  private readonly list: number[] = [];
  private readonly states: unknown[] = [];

  /**
   * @param codec - The codec, or a model.
   * @throws RangeError when the tokens have symbols that the codec lacks.
   * @throws TypeError (`invalid-type`) for what is no codec.
   */
  constructor(codec: Samplable, options: SamplerOptions = {}) {
    const oracle = oracleOf(codec);
    const { tokens = symbols(oracle.alphabetSize), constraint, unit = 'bits' } = options;
    if (tokens.alphabetSize > oracle.alphabetSize)
      throw rangeError(
        `the tokens have symbols up to ${tokens.alphabetSize - 1}, the codec's alphabet ends at ${oracle.alphabetSize - 1}`,
      );
    if (unit !== 'bits' && unit !== 'bytes') throw rangeError(`a unit is 'bits' or 'bytes', not '${unit}'`);
    this.oracle = oracle;
    this.tokens = tokens;
    this.constraint = constraint;
    this.start = constraint?.start;
    this.whole = unit === 'bytes';
    this.lengths = new Float64Array(tokens.count);
  }

  /**
   * Looks at all that may come next.
   *
   * @param state - The constraint's present state.
   * @param left - How many tokens may still come, this one included. Default Infinity.
   * @returns how many choices there are.
   */
  look(state: unknown, left = Infinity): number {
    const { constraint, tokens, lengths } = this;
    let n = tokens.count;
    if (constraint === undefined) {
      tokens.lengths(this.oracle, undefined, lengths);
    } else {
      nextAllowed(constraint, state, n, left, this.list, this.states);
      n = this.list.length;
      if (n > 0) tokens.lengths(this.oracle, this.list, lengths);
    }
    if (this.whole) for (let i = 0; i < n; i++) lengths[i] = 8 * Math.ceil(lengths[i] / 8);
    return n;
  }

  /** Whether any of the first n choices of the last look is possible: an infinite length stands for what may not be. */
  possible(n: number): boolean {
    for (let i = 0; i < n; i++) if (this.lengths[i] < Infinity) return true;
    return false;
  }

  /** The token of choice i of the last look. */
  tokenAt(i: number): number {
    return this.constraint === undefined ? i : this.list[i];
  }

  /** The constraint's state after choice i of the last look. */
  stateAt(i: number): unknown {
    return this.states[i];
  }

  /**
   * The tokens of a prompt.
   *
   * @param prompt - Tokens, or a text, which is cut into tokens, the longest that fits first.
   * @throws RangeError where no token fits.
   * @throws TypeError (`invalid-type`) for what is neither a text nor a list.
   */
  prompt(prompt: Prompt): number[] {
    return typeof prompt === 'string' ? this.tokens.split(prompt) : Array.from(promptSymbols(prompt));
  }

  /** The constraint's state after some tokens. */
  after(list: ArrayLike<number>): unknown {
    return this.constraint === undefined ? undefined : stateAfter(this.constraint, list);
  }

  /** The present length, in the unit asked for. */
  bits(): number {
    const bits = this.oracle.bits();
    return this.whole ? 8 * Math.ceil(bits / 8) : bits;
  }
}

/** @throws RangeError for what is not a whole number from `least` to `most`. */
export function checkCount(what: string, n: number, least: number, most: number = Number.MAX_SAFE_INTEGER): void {
  if (!(Number.isSafeInteger(n) && n >= least && n <= most))
    throw rangeError(
      `${what} is a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`}, not ${n}`,
    );
}

/** @throws RangeError for what is not a finite number from 2^-900: below, lengths over it are no numbers any more. */
export function checkTemperature(temperature: number): void {
  if (!(temperature >= 2 ** -900 && temperature < Infinity))
    throw rangeError(`a temperature is a finite number above 0, from 2^-900, not ${temperature}`);
}
