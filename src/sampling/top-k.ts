/**
 * The Method section of the notebook "Codecs as generative models": at every step the k tokens that cost least, one of
 * them drawn by a length that is divided by the length of the sequence. The notebook has it as a comment.
 */
import { rangeError } from '../errors.ts';
import { Random } from '../kernels/random.ts';
import { Choices, checkCount, type Distribution, type SamplerOptions } from './choices.ts';
import { type Select, stableSelect } from './complete.ts';
import { deadEnd, mayEnd } from './constraints.ts';
import { type Prompt, pushAll, type Samplable } from './oracle.ts';
import { pick } from './pick.ts';
import { weigh } from './powers.ts';

/** How {@link topK} samples. */
export interface TopKOptions extends SamplerOptions {
  /** Tokens to add. Default 10, the notebook's. */
  readonly n?: number;
  /** How many of the tokens are drawn from: those that cost least. Default 2, the notebook's. */
  readonly k?: number;
  /**
   * The notebook's formula: p(b | x) proportional to 2^-(8 L(xb) / |x|), |x| being the tokens before b. Default true.
   * False is 2^-L(xb), what the notebook's text says.
   */
  readonly normalise?: boolean;
  /** Seed of the choices. Default 0. */
  readonly seed?: number;
  /** Which of equal lengths come first. Default {@link stableSelect}. */
  readonly select?: Select;
  /** Draws a place from weights, the largest of which is 1. Default at random, by weight. */
  readonly choose?: (weights: Float64Array, step: number) => number;
}

/** One token of a sampler that goes token by token. */
export interface Sampled {
  readonly token: number;
  /** Its symbols. */
  readonly symbols: readonly number[];
  /** Length in bits of all there is now. */
  readonly bits: number;
  /** How likely it was drawn. */
  readonly probability: number;
  readonly distribution: Distribution;
}

/**
 * Length-normalised sampling among the k shortest. Three oddities are the notebook's: L is in bits and is multiplied by 8
 * all the same; it is divided by the tokens *before* the new one, so that an empty prompt has no answer; and the quotient
 * makes the draw less greedy the longer the sequence gets, until all k are alike. Its 2^-x becomes 0 for every choice
 * where x is above 1,074, and then it fails; here only differences of x count, so it does not.
 *
 * The oracle is left as it was once the generator ends or is ended.
 *
 * @param codec - An oracle, or a model. What it holds already is a condition.
 * @param prompt - What comes first, at least a token unless `normalise` is false: tokens, or a text, which is cut into
 * tokens. A condition too: it is not given back.
 * @throws RangeError for an empty prompt, and for options out of range.
 * @throws SurprisalError (`impossible-symbol`) where the constraint allows nothing.
 * @example
 * for (const { symbols } of topK(oracle, [1, 2, 3, 1, 2, 3], { n: 20, k: 4, unit: 'bytes', seed: 1 })) write(symbols);
 */
export function* topK(
  codec: Samplable,
  prompt: Prompt,
  options: TopKOptions = {},
): Generator<Sampled, void, undefined> {
  const { n = 10, k = 2, normalise = true, seed = 0, select = stableSelect } = options;
  checkCount('n', n, 0);
  checkCount('k', k, 1);
  const choices = new Choices(codec, options);
  const { oracle } = choices;
  const start = choices.prompt(prompt);
  if (normalise && start.length === 0)
    throw rangeError('lengths are divided by that of the sequence: give a prompt, or { normalise: false }');
  const random = new Random(seed);
  const choose = options.choose ?? ((weights: Float64Array) => pick(random, weights));
  const mark = oracle.mark();
  try {
    let state = choices.after(start);
    pushAll(oracle, choices.tokens.symbols(start));
    for (let step = 0; step < n; step++) {
      const count = choices.look(state, n - step);
      if (!choices.possible(count)) {
        if (mayEnd(choices.constraint, state)) return;
        throw deadEnd(start.length + step);
      }
      const lengths = choices.lengths.subarray(0, count);
      const best = select(lengths, Math.min(k, count));
      const chosen = Float64Array.from(best, (place) => lengths[place]);
      const weights = new Float64Array(chosen.length);
      weigh(chosen, weights, normalise ? 8 / (start.length + step) : 1);
      const place = choose(weights, step);
      if (!(Number.isInteger(place) && place >= 0 && place < weights.length))
        throw rangeError(`a choice is from 0 to ${weights.length - 1}, not ${place}`);
      let total = 0;
      for (const weight of weights) total += weight;
      const token = choices.tokenAt(best[place]);
      const bits = chosen[place];
      state = choices.stateAt(best[place]);
      choices.tokens.push(oracle, token);
      const symbols = choices.tokens.symbolsOf(token);
      yield { token, symbols, bits, probability: weights[place] / total, distribution: 'one-step' };
    }
  } finally {
    oracle.rollback(mark);
  }
}
