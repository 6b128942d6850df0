/** A coin, by its probability or by its log odds. */
import { finite, KernelFamily, share, splitArguments } from './family.ts';
import { type EntropyModel, Kind, type ModelFamily, type ModelOptions, precisionOf } from './model.ts';

/** What a coin may be told. */
export interface BernoulliOptions extends ModelOptions {
  /**
   * Whether the probability is rounded for the least cross entropy (the default, as in constriction) or the fast way.
   * The two differ by a unit or so of 2^-precision, so both sides must say the same.
   */
  readonly perfect?: boolean;
}

/** Makes the family of coins, or one of them. */
export interface BernoulliConstructor {
  /** A family: the probability of a 1 comes with each symbol. */
  new (options?: BernoulliOptions): ModelFamily;
  /**
   * A model of 0 and 1.
   *
   * @param p - The probability of a 1, from 0 to 1. At 0 and at 1 the other symbol keeps one unit.
   * @throws RangeError when p is out of range.
   */
  new (p: number, options?: BernoulliOptions): EntropyModel;
}

function build(...args: (number | BernoulliOptions | undefined)[]): EntropyModel | ModelFamily {
  const { numbers, options } = splitArguments<BernoulliOptions>('Bernoulli', args);
  const family = new KernelFamily({
    name: 'Bernoulli',
    kind: options?.perfect === false ? Kind.bernoulliFast : Kind.bernoulli,
    min: 0,
    max: 1,
    precision: precisionOf(options),
    rules: [share('p')],
  });
  return numbers.length === 0 ? family : family.model(...numbers);
}

/**
 * Bernoulli distributions: 1 with probability `p`, else 0. `new Bernoulli()` is a family with the parameter `p`. The
 * same words as constriction's.
 *
 * @example
 * new Bernoulli(0.3);
 */
export const Bernoulli: BernoulliConstructor = build as unknown as BernoulliConstructor;

/** Makes the family of coins with log odds, or one of them. */
export interface BernoulliLogitsConstructor {
  /** A family: the log odds of a 1 come with each symbol. */
  new (options?: ModelOptions): ModelFamily;
  /**
   * A model of 0 and 1.
   *
   * @param logit - The log odds of a 1, in nats: any finite number.
   * @throws TypeError or RangeError for anything else.
   */
  new (logit: number, options?: ModelOptions): EntropyModel;
}

function buildLogits(...args: (number | ModelOptions | undefined)[]): EntropyModel | ModelFamily {
  const { numbers, options } = splitArguments<ModelOptions>('BernoulliLogits', args);
  const family = new KernelFamily({
    name: 'BernoulliLogits',
    kind: Kind.bernoulliLogits,
    min: 0,
    max: 1,
    precision: precisionOf(options),
    rules: [finite('logit')],
  });
  return numbers.length === 0 ? family : family.model(...numbers);
}

/**
 * Bernoulli distributions by what networks put out: 1 with probability 1 / (1 + e^-logit), rounded to the nearest unit,
 * one unit at least for either symbol. The family's parameter is `logit`.
 *
 * @example
 * coder.decode(new BernoulliLogits(), logits); // a black or white pixel for each number
 */
export const BernoulliLogits: BernoulliLogitsConstructor = buildLogits as unknown as BernoulliLogitsConstructor;
