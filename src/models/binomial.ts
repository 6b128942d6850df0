/** Successes among trials. */
import { count, KernelFamily, type Rule, share, splitArguments } from './family.ts';
import { type EntropyModel, Kind, type ModelFamily, type ModelOptions, precisionOf } from './model.ts';

/** Makes one of the families of binomial distributions, or one of the distributions. */
export interface BinomialConstructor {
  /** A family: the number of trials and the probability of success come with each symbol, in this order. */
  new (options?: ModelOptions): ModelFamily;
  /** A family: the probability of success comes with each symbol. */
  new (n: number, options?: ModelOptions): ModelFamily;
  /**
   * A model of the symbols 0 to `n`.
   *
   * @param n - The number of trials, from 1 to 2^precision - 1.
   * @param p - The probability of success, from 0 to 1.
   * @throws RangeError when a parameter is out of range.
   */
  new (n: number, p: number, options?: ModelOptions): EntropyModel;
}

const NAME = 'Binomial';

function build(...args: (number | ModelOptions | undefined)[]): EntropyModel | ModelFamily {
  const { numbers, options } = splitArguments(NAME, args);
  const precision = precisionOf(options);
  const most = 2 ** precision - 1;
  const p = share('p');
  const trials: Rule = count('n', 1, most);
  const both = new KernelFamily({
    name: NAME,
    kind: Kind.binomial,
    min: 0,
    max: most,
    precision,
    rules: [trials, p],
    support: ([n]) => [0, n],
  });
  if (numbers.length === 0) return both;
  if (numbers.length > 1) return both.model(...numbers);
  const [n] = numbers;
  both.check([Float64Array.of(n), Float64Array.of(0)], 1);
  return new KernelFamily({ name: NAME, kind: Kind.binomialOfP, min: 0, max: n, precision, rules: [p] });
}

/**
 * Binomial distributions: successes among `n` trials with probability `p` each, quantised leakily. `new Binomial()` is
 * a family with the parameters `n` and `p`, `new Binomial(n)` one with the parameter `p`. The same words as
 * constriction's; the sums are incomplete beta functions (AS 63, Majumder and Bhattacharjee 1973; AS 109, Cran, Martin
 * and Thomas 1977) and take time that grows with the square root of n.
 *
 * @example
 * new Binomial(1000, 0.1);
 */
export const Binomial: BinomialConstructor = build as unknown as BinomialConstructor;
