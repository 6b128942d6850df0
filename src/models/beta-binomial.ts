/** Successes among trials whose probability of success is itself uncertain. */
import { roomyKernel } from '../kernels/models.ts';
import { checkParameter, count, KernelFamily, positive, splitArguments } from './family.ts';
import {
  checkQuantile,
  type EntropyModel,
  type Interval,
  impossibleSymbol,
  Kind,
  type ModelFamily,
  type ModelOptions,
  type Precision,
  precisionOf,
  type TableKernel,
} from './model.ts';

/** Makes the family of beta-binomial distributions of n trials, or one of them. */
export interface BetaBinomialConstructor {
  /**
   * A family: `alpha` and `beta` come with each symbol, in this order.
   *
   * @param n - The number of trials, from 1 to 65,535 (4,095 with 12 bits).
   */
  new (n: number, options?: ModelOptions): ModelFamily;
  /**
   * A model of the symbols 0 to `n`.
   *
   * @param alpha - Any finite number above 0.
   * @param beta - Any finite number above 0.
   * @throws RangeError when a parameter is out of range.
   */
  new (n: number, alpha: number, beta: number, options?: ModelOptions): EntropyModel;
}

const NAME = 'BetaBinomial';

/** A distribution with its parameters: a table, since one interval takes as long as all of them. */
class BetaBinomialModel implements EntropyModel {
  readonly precision: Precision;
  private readonly parameters: readonly [n: number, alpha: number, beta: number];
  private made: TableKernel | undefined;

  constructor(n: number, alpha: number, beta: number, precision: Precision) {
    this.precision = precision;
    this.parameters = [n, alpha, beta];
  }

  /** The table, made when it is first asked for. */
  get kernel(): TableKernel {
    if (this.made !== undefined) return this.made;
    const [n, alpha, beta] = this.parameters;
    const { exports, memory } = roomyKernel(4 * (n + 2));
    exports.betaBinomialTable(n, this.precision, alpha, beta);
    this.made = { table: new Uint32Array(memory.buffer, exports.scratch(), n + 2).slice() };
    return this.made;
  }

  /** Writes the interval of a symbol to `into`. */
  interval(symbol: number, into: Interval): void {
    const [n] = this.parameters;
    if (!(Number.isInteger(symbol) && symbol >= 0 && symbol <= n)) throw impossibleSymbol(symbol, 0, n);
    const { table } = this.kernel;
    into.left = table[symbol];
    into.probability = table[symbol + 1] - table[symbol];
  }

  /** The symbol whose interval holds `quantile`; its interval goes to `into`. */
  symbolAt(quantile: number, into: Interval): number {
    checkQuantile(quantile, this.precision);
    const { table } = this.kernel;
    let low = 0;
    let high = table.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (table[middle] <= quantile) low = middle;
      else high = middle;
    }
    into.left = table[low];
    into.probability = table[high] - table[low];
    return low;
  }
}

function build(n: number, ...args: (number | ModelOptions | undefined)[]): EntropyModel | ModelFamily {
  const { numbers, options } = splitArguments(NAME, [n, ...args]);
  const precision = precisionOf(options);
  const trials = count('n', 1, precision === 24 ? 65535 : 4095);
  const [first = n, ...rest] = numbers;
  checkParameter(NAME, trials, first);
  const family = new KernelFamily({
    name: NAME,
    kind: Kind.betaBinomial,
    min: 0,
    max: first,
    precision,
    rules: [positive('alpha'), positive('beta')],
    make: ([alpha, beta]) => new BetaBinomialModel(first, alpha, beta, precision),
  });
  return rest.length === 0 ? family : family.model(...rest);
}

/**
 * Beta-binomial distributions: successes among `n` trials, whose probability of success is the same for all and has
 * the density of a beta distribution, proportional to p^(alpha - 1) (1 - p)^(beta - 1). Quantised leakily.
 * `new BetaBinomial(n)` is a family with the parameters `alpha` and `beta`. For n = 255 it is what bits-back coding
 * with variational autoencoders models pixels with (Townsend, Bird and Barber 2019, arXiv:1901.04866).
 *
 * A symbol of a family takes time in proportion to n: the sum over all symbols has to be known for any interval.
 *
 * @example
 * new BetaBinomial(255, 3.5, 0.8);
 */
export const BetaBinomial: BetaBinomialConstructor = build as unknown as BetaBinomialConstructor;
