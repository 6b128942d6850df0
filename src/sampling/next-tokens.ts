/**
 * Sampling by completions: each round completes the prompt by a few tokens and takes one of the completions at random.
 * This is `get_next_token` of the notebook "Codecs as generative models".
 */
import { rangeError } from '../errors.ts';
import { Random } from '../kernels/random.ts';
import { Choices, checkCount, type Distribution } from './choices.ts';
import { type CompleteOptions, completeFrom } from './complete.ts';
import { stateAfter } from './constraints.ts';
import type { Prompt, Samplable } from './oracle.ts';
import { Trail } from './trail.ts';

/** How {@link nextTokens} samples. `width` and `height` are 2 unless given, as in the notebook. */
export interface NextTokensOptions extends Omit<CompleteOptions, 'length'> {
  /** Rounds. Default 5. */
  readonly n?: number;
  /** Tokens of a round. Default 3. */
  readonly size?: number;
  /** Seed of the choices. Default 0. */
  readonly seed?: number;
  /** Chooses a completion: its number, from 0 to below `count`. Default at random, each as likely as the others. */
  readonly choose?: (count: number, round: number) => number;
}

/** One round of {@link nextTokens}. */
export interface Round {
  /** What it added. */
  readonly tokens: readonly number[];
  /** The same in the codec's symbols. */
  readonly symbols: readonly number[];
  /** Length in bits of all there is now. */
  readonly bits: number;
  /** Which of the completions it is, and of how many. */
  readonly choice: number;
  readonly choices: number;
  /** Likely strings are looked for; only which of them is drawn. */
  readonly distribution: Distribution;
}

/**
 * Adds tokens round by round. That draws from no distribution that has a name: likely strings, some of them at random.
 * Codec and prompt are as in {@link complete}, but rounds have only what they add; a constraint must allow the text to
 * end after every round. The codec is left as it was once the generator ends or is ended.
 *
 * @throws RangeError, SurprisalError as {@link complete}.
 * @example
 * for (const { symbols } of nextTokens(oracle, 'abcdabcd', { width: 5, n: 10 })) write(symbols);
 */
export function* nextTokens(
  codec: Samplable,
  prompt: Prompt,
  options: NextTokensOptions = {},
): Generator<Round, void, undefined> {
  const { n = 5, size = 3, seed = 0, width = 2, height = 2 } = options;
  checkCount('n', n, 0);
  checkCount('size', size, 1);
  const random = new Random(seed);
  const choose = options.choose ?? ((count: number) => random.below(count));
  const choices = new Choices(codec, options);
  const start = choices.prompt(prompt);
  const trail = new Trail(choices.oracle);
  try {
    let state = choices.after(start);
    trail.go(choices.tokens.symbols(start));
    for (let round = 0; round < n; round++) {
      // What a round adds depends on what the codec holds, and not on the tokens' number.
      const { completions } = completeFrom(choices, [], state, { ...options, width, height, length: size });
      const choice = choose(completions.length, round);
      if (!(Number.isInteger(choice) && choice >= 0 && choice < completions.length))
        throw rangeError(`a choice is from 0 to ${completions.length - 1}, not ${choice}`);
      const { tokens, symbols, bits } = completions[choice];
      if (choices.constraint !== undefined) state = stateAfter(choices.constraint, tokens, state);
      for (const symbol of symbols) trail.push(symbol);
      yield { tokens, symbols, bits, choice, choices: completions.length, distribution: 'search' };
    }
  } finally {
    trail.go([]);
  }
}
