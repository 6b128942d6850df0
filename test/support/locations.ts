/** The exact path of location-scale families in plain TypeScript, and cases that the fast path is held to it with. */
import { foundInterval, modelKernel } from '../../src/kernels/models.ts';
import { Kind } from '../../src/models/model.ts';
import { randomOf } from './random.ts';

/** The families, by name. */
export const kinds = {
  gaussian: Kind.gaussian,
  laplace: Kind.laplace,
  cauchy: Kind.cauchy,
  logistic: Kind.logistic,
} as const;

/** A family's support, precision and parameters. */
export interface Case {
  readonly kind: number;
  readonly min: number;
  readonly max: number;
  readonly bits: number;
  readonly a: number;
  readonly b: number;
}

/** What the cdf's values are multiplied by. */
export const weightOf = ({ min, max, bits }: Case): number => 2 ** bits - 1 - (max - min);

/** The left end of a symbol's interval, or the end of the last one for max + 1, as constriction computes it. */
export function exactLeft(one: Case, symbol: number): number {
  const { kind, min, max, bits, a, b } = one;
  if (symbol === min) return 0;
  if (symbol === max + 1) return 2 ** bits;
  return Math.trunc(weightOf(one) * modelKernel().cdf(kind, symbol - 0.5, a, b)) + (symbol - min);
}

/** What is wrong with the interval of a symbol, and with the way back from it; '' when nothing is. */
export function faultAt(one: Case, symbol: number): string {
  const { kind, min, max, bits, a, b } = one;
  const kernel = modelKernel();
  const left = exactLeft(one, symbol);
  const probability = exactLeft(one, symbol + 1) - left;
  const found = foundInterval();
  const got = kernel.intervalOf(kind, symbol, min, max, bits, a, b);
  const says = `symbol ${symbol} of ${JSON.stringify(one)}`;
  if (Boolean(got) !== probability > 0) return `${says}: ${got}, and it has ${probability} units`;
  if (probability < 1) return '';
  if (found[0] !== left || found[1] !== probability) return `${says}: ${found}, not ${left},${probability}`;
  for (const quantile of [left, left + probability - 1]) {
    const at = kernel.symbolAt(kind, quantile, min, max, bits, a, b);
    if (at !== symbol || found[0] !== left || found[1] !== probability)
      return `${says}: quantile ${quantile} has ${at} with ${found}`;
  }
  return '';
}

/** Random symbols of random cases of a family; the first fault, or ''. */
export function sweep(kind: number, count: number, seed: number): string {
  const random = randomOf(seed);
  const unit = (): number => random(2 ** 32) / 2 ** 32;
  for (let i = 0; i < count; i++) {
    const bits = random(4) === 0 ? 12 : 24;
    const most = 2 ** bits - 2;
    const width = random(8) === 0 ? most - random(16) : Math.floor(Math.min(most, 2 ** (unit() * bits))) + 1;
    const min = random(2) === 0 ? -(width >> 1) : random(2 ** 30) - 2 ** 29;
    const max = min + Math.min(width, most);
    const b = 2 ** (unit() * (Math.log2(width) + 8) - 6);
    const a = random(16) === 0 ? min + random(max - min + 1) : min + (max - min) * (unit() * 1.4 - 0.2);
    const one = { kind, min, max, bits, a, b };
    for (let j = 0; j < 4; j++) {
      // About half of the symbols where the mass is, the others anywhere.
      const near = Math.round(a + (unit() - 0.5) * 8 * b);
      const symbol = j < 2 && near > min && near < max ? near : min + random(max - min + 1);
      const fault = faultAt(one, symbol);
      if (fault !== '') return fault;
    }
  }
  return '';
}

const view = new DataView(new ArrayBuffer(8));

/** The number that is `steps` numbers further from 0. */
export function further(x: number, steps: number): number {
  view.setFloat64(0, x);
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(steps));
  return view.getFloat64(0);
}

/**
 * Cases next to an integer: the last locations for which a left end is k - 1 and the first for which it is k, with
 * those around them. The first fault, or '', and how many such places were found.
 */
export function sweepEdges(kind: number, count: number, seed: number): { fault: string; found: number } {
  const random = randomOf(seed);
  const unit = (): number => random(2 ** 32) / 2 ** 32;
  const kernel = modelKernel();
  let found = 0;
  for (let i = 0; i < count; i++) {
    const bits = random(4) === 0 ? 12 : 24;
    const min = -100;
    const max = 2 + random(300);
    const symbol = min + 1 + random(max - min);
    const b = 2 ** (unit() * 12 - 3);
    const at = (a: number): Case => ({ kind, min, max, bits, a, b });
    const weight = weightOf(at(0));
    const k = random(3) === 0 ? 1 + random(9) : random(2) === 0 ? weight - random(9) : 1 + random(weight);
    const wanted = k + symbol - min;
    // The left end falls as the location rises.
    const centre = symbol - 0.5 - b * kernel.guess(kind, Math.min(k / weight, 1 - 2 ** -40), 0, 1);
    let low = centre - b;
    let high = centre + b;
    if (!(exactLeft(at(low), symbol) >= wanted && exactLeft(at(high), symbol) < wanted)) continue;
    for (;;) {
      const middle = (low + high) / 2;
      if (middle <= low || middle >= high) break;
      if (exactLeft(at(middle), symbol) >= wanted) low = middle;
      else high = middle;
    }
    for (let step = -4; step <= 4; step++) {
      const fault = faultAt(at(further(low, step)), symbol) || faultAt(at(further(low, step)), symbol - 1);
      if (fault !== '') return { fault, found };
    }
    found++;
  }
  return { fault: '', found };
}

/** Of the cdf at arguments up to `reach` scales: the largest error of the table, and how often it cannot say. */
export function survey(kind: number, reach: number, count: number, seed: number): { error: number; unsure: number } {
  const random = randomOf(seed);
  const unit = (): number => random(2 ** 32) / 2 ** 32;
  const kernel = modelKernel();
  const weight = 2 ** 24 - 201;
  let error = 0;
  let unsure = 0;
  for (let i = 0; i < count; i++) {
    const [x, b] = [random(2 ** 12) - 0.5, 0.5 + 20 * unit()];
    const a = x - (2 * unit() - 1) * reach * b;
    const value = kernel.tableCdf(kind, x, a, b);
    error = Math.max(error, Math.abs(value - kernel.cdf(kind, x, a, b)));
    const part = weight * value - Math.floor(weight * value);
    if (!(Math.min(part, 1 - part) >= 2 ** -13)) unsure++;
  }
  return { error, unsure: unsure / count };
}
