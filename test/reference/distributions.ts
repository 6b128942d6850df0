/**
 * Plain forms of what the kernels compute for beta-binomial, Student's t and bucketed distributions and for adaptive
 * frequencies: whole tables of left ends, without any of the kernels' ways to save time.
 */
import { modelKernel } from '../../src/kernels/models.ts';

/** Cuts shares of the symbols before each into left ends, with a unit for each symbol. */
function leaky(shares: readonly number[], bits: number): number[] {
  const free = 2 ** bits - shares.length;
  return [...shares.map((share, i) => (i === 0 ? 0 : Math.floor(free * share) + i)), 2 ** bits];
}

/** Left ends of a beta-binomial distribution from the ratios of neighbours. */
export function betaBinomialLefts(n: number, bits: number, a: number, b: number): number[] {
  let [alpha, beta] = [a, b];
  if (a > 2 ** 60 && b > 2 ** 60) {
    const factor = 2 ** 60 / Math.min(a, b);
    [alpha, beta] = [a * factor, b * factor];
  } else if (a < 2 ** -60 && b < 2 ** -60) {
    const factor = 2 ** -60 / Math.max(a, b);
    [alpha, beta] = [a * factor, b * factor];
  }
  alpha = Math.min(Math.max(alpha, 2 ** -120), 2 ** 120);
  beta = Math.min(Math.max(beta, 2 ** -120), 2 ** 120);
  const sums: number[] = [];
  let w = 1;
  let sum = 0;
  for (let k = 0; k <= n; k++) {
    sums.push(sum);
    sum += w;
    w *= ((n - k) * (k + alpha)) / ((k + 1) * (n - k - 1 + beta));
    if (w > 2 ** 500) {
      w *= 2 ** -500;
      sum *= 2 ** -500;
      for (let i = sums.length - 1; i >= 0 && sums[i] > 0; i--) sums[i] *= 2 ** -500;
    }
  }
  const free = 2 ** bits - 1 - n;
  return [...sums.map((before, k) => Math.floor(before * (free / sum)) + k), 2 ** bits];
}

/** Student's cdf at the knots, and what lies between them. */
export function studentCdf(df: number): (t: number) => number {
  const { exp, log1p } = modelKernel();
  const density = (t: number) => exp(-0.5 * (df + 1) * log1p((t / df) * t));
  const mass = (from: number, to: number) => {
    const half = 0.5 * (to - from);
    const middle = from + half;
    const off = half * 0.7745966692414834;
    return half * ((density(middle - off) + density(middle + off)) * (5 / 9) + density(middle) * (8 / 9));
  };
  const first = 2 ** Math.floor(Math.log2((Math.min(1, Math.sqrt(df)) * 1) / 4096));
  const knots = [first];
  const parts = [mass(0, first)];
  let total = parts[0];
  for (let octave = first; ; octave *= 2) {
    for (let i = 1; i <= 128; i++) {
      const right = octave + (octave / 128) * i;
      parts.push(mass(knots[knots.length - 1], right));
      total += parts[parts.length - 1];
      knots.push(right);
    }
    const right = 2 * octave;
    if (right > 1 && right * density(right) < total * Math.min(df, 1) * 1e-11) break;
  }
  const last = knots[knots.length - 1];
  const factor = 0.5 / (total + (last * density(last)) / df);
  const masses: number[] = [];
  let sum = 0;
  for (const part of parts) masses.push((sum += part) * factor);
  const upTo = (t: number): number => {
    if (t < first) return Math.min(t * ((parts[0] / first) * factor), masses[0]);
    if (t >= last) return masses[masses.length - 1];
    let i = 1;
    for (let step = 2 ** 20; step >= 1; step /= 2) if (i + step < knots.length && knots[i + step - 1] <= t) i += step;
    const width = knots[i] - knots[i - 1];
    const bend = Math.max(0.5 * (density(knots[i - 1]) - density(knots[i])) * width, 0);
    const g = (knots[i] - t) / width;
    const rest = g * (Math.max(parts[i] - bend, 0) * factor + bend * factor * g);
    return Math.max(masses[i - 1], masses[i] - rest);
  };
  return (t) => (t < 0 ? 0.5 - upTo(-t) : 0.5 + upTo(t));
}

/** Left ends of a quantised t distribution. */
export function studentLefts(
  min: number,
  max: number,
  bits: number,
  cdf: (t: number) => number,
  loc: number,
  scale: number,
): number[] {
  return leaky(
    Array.from({ length: max - min + 1 }, (_, i) => cdf((min + i - 0.5 - loc) / scale)),
    bits,
  );
}

/** Standard cdfs as constriction computes them. */
const cdfs: Record<string, (x: number, a: number, b: number) => number> = {
  gaussian: (x, a, b) => (1 + modelKernel().erf((x - a) / (b * Math.SQRT2))) / 2,
  laplace: (x, a, b) => (x <= a ? 0.5 * modelKernel().exp((x - a) / b) : 1 - 0.5 * modelKernel().exp(-(x - a) / b)),
  logistic: (x, a, b) => 1 / (1 + modelKernel().exp(-(x - a) / b)),
};

/** Left ends of a distribution over buckets. */
export function bucketLefts(name: string, edges: Float64Array, bits: number, a: number, b: number): number[] {
  return leaky([0, ...Array.from(edges, (x) => cdfs[name](x, a, b))], bits);
}

/** Adaptive frequencies as an array of counts, and big integers. */
export class PlainCounts {
  readonly counts: number[];
  private readonly bits: number;
  private readonly increment: number;
  private readonly limit: number;

  constructor(n: number, bits: number, increment: number, limit: number, initial: number) {
    this.counts = new Array<number>(n).fill(initial);
    this.bits = bits;
    this.increment = increment;
    this.limit = limit;
  }

  lefts(): number[] {
    const total = this.counts.reduce((a, b) => a + b, 0);
    const lefts: number[] = [];
    let before = 0;
    for (const count of this.counts) {
      lefts.push(Number((BigInt(before) << BigInt(this.bits)) / BigInt(total)));
      before += count;
    }
    return [...lefts, 2 ** this.bits];
  }

  update(symbol: number): void {
    this.counts[symbol] += this.increment;
    if (this.counts.reduce((a, b) => a + b, 0) > this.limit)
      for (let i = 0; i < this.counts.length; i++) this.counts[i] = Math.floor((this.counts[i] + 1) / 2);
  }
}
