import { describe, expect, it } from 'vitest';
import { lgamma } from '../src/kernels/math.ts';
import { Random } from '../src/kernels/random.ts';
import { BernoulliLogits } from '../src/models/bernoulli.ts';
import { BetaBinomial } from '../src/models/beta-binomial.ts';
import { Categorical } from '../src/models/categorical.ts';
import { LogisticMixture } from '../src/models/mixture.ts';
import type { EntropyModel } from '../src/models/model.ts';
import { QuantizedLogistic } from '../src/models/quantized.ts';
import { betaBinomialLoss, logisticLoss, logisticMixtureLoss } from '../src/networks/likelihoods.ts';
import {
  bernoulliLoss,
  gaussianDivergence,
  gaussianDivergenceBetween,
  gaussianLogDensity,
  logisticLogDensity,
  sampleGaussian,
  sampleLogistic,
  softmaxCrossEntropy,
  squaredError,
} from '../src/networks/losses.ts';
import { Tape, type Tensor } from '../src/networks/tape.ts';
import { Workspace } from '../src/networks/workspace.ts';

const workspace = new Workspace();

/** A loss, the same in doubles for one row, and numbers to try it on. */
interface Case {
  readonly name: string;
  /** Numbers in a row of each input. */
  readonly widths: readonly number[];
  /** Numbers of input `which`. */
  draw(random: Random, which: number): number;
  /** What belongs to a row and has no gradient. */
  readonly fixed: number;
  drawFixed(random: Random): number;
  loss(inputs: readonly Tensor[], fixed: Tensor, rows: number): Tensor;
  reference(inputs: readonly (readonly number[])[], fixed: readonly number[]): number;
  /** What is allowed between f32 and doubles, relative to 1 + |value|. */
  readonly tolerance?: number;
}

const N = 11;
const sum = (n: number, f: (i: number) => number): number => {
  let total = 0;
  for (let i = 0; i < n; i++) total += f(i);
  return total;
};
const wide = (random: Random): number => 2 * random.normal();
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const logSumExp = (x: readonly number[]): number => {
  const most = Math.max(...x);
  return most + Math.log(x.reduce((s, y) => s + Math.exp(y - most), 0));
};

/** -log of the mass of k under a logistic that is cut to 0 to most. */
function logisticBits(k: number, most: number, mean: number, logScale: number): number {
  const u = Math.exp(-logScale);
  const a = (k + 0.5 - mean) * u;
  const b = (k - 0.5 - mean) * u;
  if (k === 0) return softplus(-a);
  if (k === most) return softplus(b);
  return softplus(-a) + softplus(b) - Math.log(-Math.expm1(-u));
}

const logBeta = (a: number, b: number): number => lgamma(a) + lgamma(b) - lgamma(a + b);

/** Draws at the sizes that trained networks have. */
const small = (random: Random, which: number): number => (which === 0 ? wide(random) : 0.6 * random.normal());

const mixture = (layout: 'pixels' | 'planes', components: number, options: object, scale: number): Case => ({
  name: `mixtures of ${components} logistics in ${layout}, spread ${scale}`,
  widths: [3 * components * N],
  draw: (random) => (scale === 1 ? 1.4 : 0.7) * random.normal(),
  fixed: N,
  drawFixed: (random) => (random.below(4) === 0 ? 15 * random.below(2) : random.below(16)),
  loss: ([outputs], x) => logisticMixtureLoss(x, outputs, { components, most: 15, layout, ...options }),
  reference: ([outputs], x) =>
    sum(N, (i) => {
      const at = (part: number, k: number): number =>
        layout === 'pixels'
          ? outputs[3 * components * i + part * components + k]
          : outputs[(part * components + k) * N + i];
      const ks = Array.from({ length: components }, (_, k) => k);
      const centre = scale === 1 ? 0 : 7.5;
      const weights = ks.map((k) => at(0, k));
      const masses = ks.map(
        (k) => weights[k] - logisticBits(x[i], 15, centre + scale * at(1, k), at(2, k) + Math.log(scale)),
      );
      return logSumExp(weights) - logSumExp(masses);
    }),
});

const cases: readonly Case[] = [
  {
    name: 'bits under their log odds',
    widths: [N],
    draw: (random) => 3 * random.normal(),
    fixed: N,
    drawFixed: (random) => random.below(5) / 4,
    loss: ([logits], x) => bernoulliLoss(logits, x),
    reference: ([logits], x) => sum(N, (i) => softplus(logits[i]) - x[i] * logits[i]),
  },
  {
    name: 'divergence from the standard normal',
    widths: [N, N],
    draw: small,
    fixed: 1,
    drawFixed: () => 0,
    loss: ([m, s]) => gaussianDivergence(m, s),
    reference: ([m, s]) => sum(N, (i) => (m[i] ** 2 + Math.exp(2 * s[i]) - 1) / 2 - s[i]),
  },
  {
    name: 'divergence between normals',
    widths: [N, N, N, N],
    draw: (random, which) => small(random, which % 2),
    fixed: 1,
    drawFixed: () => 0,
    loss: ([m, s, p, t]) => gaussianDivergenceBetween(m, s, p, t),
    reference: ([m, s, p, t]) =>
      sum(N, (i) => t[i] - s[i] + (Math.exp(2 * s[i]) + (m[i] - p[i]) ** 2) / (2 * Math.exp(2 * t[i])) - 0.5),
  },
  {
    name: 'normal densities',
    widths: [N, N, N],
    draw: (random, which) => small(random, which === 2 ? 1 : 0),
    fixed: 1,
    drawFixed: () => 0,
    loss: ([z, m, s]) => gaussianLogDensity(z, m, s),
    reference: ([z, m, s]) =>
      sum(N, (i) => -s[i] - (((z[i] - m[i]) / Math.exp(s[i])) ** 2 + Math.log(2 * Math.PI)) / 2),
  },
  {
    name: 'logistic densities',
    widths: [N, N, N],
    draw: (random, which) => small(random, which === 2 ? 1 : 0),
    fixed: 1,
    drawFixed: () => 0,
    loss: ([z, m, s]) => logisticLogDensity(z, m, s),
    reference: ([z, m, s]) =>
      sum(N, (i) => {
        const d = (z[i] - m[i]) / Math.exp(s[i]);
        return -d - s[i] - 2 * softplus(-d);
      }),
  },
  {
    name: 'squared errors',
    widths: [N, N],
    draw: wide,
    fixed: 1,
    drawFixed: () => 0,
    loss: ([x, y]) => squaredError(x, y),
    reference: ([x, y]) => sum(N, (i) => (x[i] - y[i]) ** 2),
  },
  {
    name: 'labels',
    widths: [N],
    draw: wide,
    fixed: 1,
    drawFixed: (random) => random.below(N),
    loss: ([logits], labels) => softmaxCrossEntropy(logits, Int32Array.from(labels.values)),
    reference: ([logits], [label]) => logSumExp(logits) - logits[label],
  },
  {
    name: 'normal samples, by their density',
    widths: [N, N],
    draw: small,
    fixed: N,
    drawFixed: (random) => random.normal(),
    // Something that falls on samples unevenly.
    loss: ([m, s], noise) => {
      const y = sampleGaussian(m, s, noise);
      return gaussianLogDensity(y, m.tape.input(new Float32Array(y.size), y.shape), s);
    },
    reference: ([m, s], noise) =>
      sum(N, (i) => {
        const y = m[i] + Math.exp(s[i]) * noise[i];
        return -s[i] - ((y / Math.exp(s[i])) ** 2 + Math.log(2 * Math.PI)) / 2;
      }),
  },
  {
    name: 'logistic samples, by a distance',
    widths: [N, N],
    draw: small,
    fixed: N,
    drawFixed: (random) => random.uniform(),
    loss: ([m, s], u) => {
      const y = sampleLogistic(m, s, u);
      return squaredError(y, m.tape.input(new Float32Array(y.size).fill(0.5), y.shape));
    },
    reference: ([m, s], u) => sum(N, (i) => (m[i] + Math.exp(s[i]) * Math.log(u[i] / (1 - u[i])) - 0.5) ** 2),
  },
  {
    name: 'logistics',
    widths: [N, N],
    draw: (random, which) => (which === 0 ? 0.7 * random.normal() : -2 + random.normal()),
    fixed: N,
    drawFixed: (random) => (random.below(4) === 0 ? 255 * random.below(2) : random.below(256)),
    loss: ([m, s], x) => logisticLoss(x, m, s),
    reference: ([m, s], x) => sum(N, (i) => logisticBits(x[i], 255, 127.5 + 127.5 * m[i], s[i] + Math.log(127.5))),
  },
  {
    name: 'logistics in units of the grid',
    widths: [N, N],
    draw: (random, which) => (which === 0 ? 8 + 4 * random.normal() : 2.5 * random.normal()),
    fixed: N,
    drawFixed: (random) => random.below(16),
    loss: ([m, s], x) => logisticLoss(x, m, s, { most: 15, centre: 0, spread: 1 }),
    reference: ([m, s], x) => sum(N, (i) => logisticBits(x[i], 15, m[i], s[i])),
  },
  mixture('pixels', 1, {}, 7.5),
  mixture('pixels', 5, {}, 7.5),
  mixture('planes', 3, { centre: 0, spread: 1 }, 1),
  {
    name: 'beta-binomials',
    widths: [N, N],
    draw: wide,
    fixed: N,
    drawFixed: (random) => (random.below(4) === 0 ? 255 * random.below(2) : random.below(256)),
    loss: ([a, b], x) => betaBinomialLoss(x, a, b),
    reference: ([a, b], x) =>
      sum(N, (i) => {
        const [k, alpha, beta] = [x[i], Math.exp(a[i]), Math.exp(b[i])];
        const choices = lgamma(256) - lgamma(k + 1) - lgamma(256 - k);
        return logBeta(alpha, beta) - logBeta(k + alpha, 255 - k + beta) - choices;
      }),
  },
];

const ROWS = 9;

interface Drawn {
  readonly inputs: Float32Array[];
  readonly fixed: Float32Array;
}

function drawn(test: Case, seed: number): Drawn {
  const random = new Random(seed);
  return {
    inputs: test.widths.map((w, which) => Float32Array.from({ length: ROWS * w }, () => test.draw(random, which))),
    fixed: Float32Array.from({ length: ROWS * test.fixed }, () => test.drawFixed(random)),
  };
}

/** Losses of rows `from` to `to` - 1, and gradients of the sum of losses times the weight of a row. */
function run(
  test: Case,
  { inputs, fixed }: Drawn,
  from: number,
  to: number,
): { loss: Float32Array; gradients: Float32Array[] } {
  const tape = new Tape(workspace);
  const cut = (x: Float32Array): Float32Array => x.slice((x.length / ROWS) * from, (x.length / ROWS) * to);
  const rows = to - from;
  const variables = inputs.map((x, i) => tape.variable(cut(x), [rows, test.widths[i]]));
  const loss = test.loss(variables, tape.input(cut(fixed), [rows, test.fixed]), rows);
  expect(loss.shape).toEqual([rows]);
  const result = loss.copy();
  tape.backward(loss, 0.5);
  const gradients = variables.map((v) => v.gradientValues());
  tape.reset();
  return { loss: result, gradients };
}

describe.each(cases.map((test) => [test.name, test] as const))('the loss of %s', (_, test) => {
  const tolerance = test.tolerance ?? 4e-6;
  const data = drawn(test, 1);
  const rowOf = (x: Float32Array, i: number): number[] =>
    Array.from(x.subarray((x.length / ROWS) * i, (x.length / ROWS) * (i + 1)));
  const { loss, gradients } = run(test, data, 0, ROWS);

  it('is what doubles give', () => {
    for (let i = 0; i < ROWS; i++) {
      const wanted = test.reference(
        data.inputs.map((x) => rowOf(x, i)),
        rowOf(data.fixed, i),
      );
      expect(Math.abs(loss[i] - wanted) / (1 + Math.abs(wanted))).toBeLessThan(tolerance);
    }
  });

  it('has the slopes of differences in doubles', () => {
    for (let row = 0; row < ROWS; row++) {
      const inputs = data.inputs.map((x) => rowOf(x, row));
      const fixed = rowOf(data.fixed, row);
      for (const [j, numbers] of inputs.entries()) {
        for (let i = 0; i < numbers.length; i++) {
          const at = numbers[i];
          const h = 1e-4;
          const value = (x: number): number => {
            numbers[i] = x;
            return test.reference(inputs, fixed);
          };
          const slope = (8 * (value(at + h) - value(at - h)) - (value(at + 2 * h) - value(at - 2 * h))) / (12 * h);
          numbers[i] = at;
          const found = 2 * gradients[j][row * numbers.length + i];
          expect(Math.abs(found - slope) / (1 + Math.abs(slope)), `input ${j}, number ${i}`).toBeLessThan(1e-5);
        }
      }
    }
  });

  it('has the same bits in batches of every size', () => {
    for (const [from, to] of [
      [0, 1],
      [3, 4],
      [2, 7],
      [8, 9],
    ]) {
      const part = run(test, data, from, to);
      expect(part.loss).toEqual(loss.subarray(from, to));
      for (const [j, gradient] of part.gradients.entries()) {
        const width = test.widths[j];
        expect(gradient).toEqual(gradients[j].subarray(from * width, to * width));
      }
    }
  });

  it('is finite for extreme outputs, and so are its slopes', () => {
    const random = new Random(2);
    const extremes = [-1000, 1000, -88, 88, 0, 1e-30, -12, 12, 1e10, -1e10];
    for (let round = 0; round < 8; round++) {
      const inputs = data.inputs.map((x) => x.map(() => extremes[random.below(extremes.length)]));
      const result = run(test, { inputs, fixed: data.fixed }, 0, ROWS);
      expect(result.loss.every(Number.isFinite)).toBe(true);
      expect(result.gradients.every((g) => g.every(Number.isFinite))).toBe(true);
    }
  });

  it('gives the same without gradients', () => {
    const tape = new Tape(workspace, { gradients: false });
    const inputs = data.inputs.map((x, i) => tape.input(x, [ROWS, test.widths[i]]));
    expect(test.loss(inputs, tape.input(data.fixed, [ROWS, test.fixed]), ROWS).copy()).toEqual(loss);
    tape.reset();
  });

  it('gives the same gradients when only one input wants one', () => {
    for (const j of test.widths.keys()) {
      const tape = new Tape(workspace);
      const inputs = data.inputs.map((x, i) =>
        i === j ? tape.variable(x, [ROWS, test.widths[i]]) : tape.input(x, [ROWS, test.widths[i]]),
      );
      const fixed = tape.input(data.fixed, [ROWS, test.fixed]);
      tape.backward(test.loss(inputs, fixed, ROWS), 0.5);
      expect(inputs[j].gradientValues()).toEqual(gradients[j]);
      tape.reset();
    }
  });
});

describe('a loss is the code length', () => {
  const bits = (model: EntropyModel, symbol: number): number => {
    const interval = { left: 0, probability: 0 };
    model.interval(symbol, interval);
    return Math.log2(2 ** model.precision / interval.probability);
  };
  const SIZE = 400;
  const draw = (f: (random: Random) => number, seed = 3): Float32Array => {
    const random = new Random(seed);
    return Float32Array.from({ length: SIZE }, () => f(random));
  };
  const check = (loss: (tape: Tape) => Tensor, code: (i: number) => number): void => {
    const tape = new Tape(workspace, { gradients: false });
    const nats = loss(tape).values[0];
    tape.reset();
    const length = sum(SIZE, code);
    expect(Math.abs(nats / Math.LN2 / length - 1)).toBeLessThan(1e-3);
  };

  it('of bits', () => {
    const logits = draw((r) => 3 * r.normal());
    const x = draw((r) => (r.uniform() < 0.5 ? 1 : 0), 4).map((v, i) =>
      Math.abs(logits[i]) > 2 ? +(logits[i] > 0) : v,
    );
    check(
      (tape) => bernoulliLoss(tape.input(logits, [1, SIZE]), tape.input(x, [1, SIZE])),
      (i) => bits(new BernoulliLogits(logits[i]), x[i]),
    );
  });

  it('of labels', () => {
    const logits = draw((r) => r.normal());
    const labels = Int32Array.from({ length: SIZE / 10 }, (_, i) => i % 10);
    check(
      (tape) => softmaxCrossEntropy(tape.input(logits, [1, SIZE / 10, 10]), labels),
      (i) => {
        if (i % 10 !== 0) return 0;
        const weights = Float64Array.from(logits.subarray(i, i + 10), (l) => Math.exp(l));
        return bits(new Categorical(weights, { perfect: true }), labels[i / 10]);
      },
    );
  });

  it('of logistics and their mixtures', () => {
    const means = draw((r) => 0.5 * r.normal());
    const logScales = draw((r) => -3 + 0.7 * r.normal(), 4);
    const x = draw((r) => r.normal(), 5).map((v, i) =>
      Math.min(255, Math.max(0, Math.round(127.5 + 127.5 * (means[i] + 1.5 * v * Math.exp(logScales[i]))))),
    );
    const mean = (i: number): number => 127.5 + 127.5 * means[i];
    const scale = (i: number): number => 127.5 * Math.exp(logScales[i]);
    check(
      (tape) => logisticLoss(tape.input(x, [1, SIZE]), tape.input(means, [1, SIZE]), tape.input(logScales, [1, SIZE])),
      (i) => bits(new QuantizedLogistic(0, 255, mean(i), scale(i)), x[i]),
    );
    // The second component is the next value's.
    const weights = draw((r) => r.normal(), 6);
    const pair = (i: number): number[] => [i, (i + 1) % SIZE];
    const outputs = Float32Array.from({ length: 6 * SIZE }, (_, j) => {
      const i = pair(Math.floor(j / 6))[j % 2];
      return [weights, means, logScales][Math.floor((j % 6) / 2)][i];
    });
    check(
      (tape) => logisticMixtureLoss(tape.input(x, [1, SIZE]), tape.input(outputs, [1, SIZE, 6]), { components: 2 }),
      (i) =>
        bits(
          new LogisticMixture(
            0,
            255,
            2,
            pair(i).map((j) => Math.exp(weights[j])),
            pair(i).map(mean),
            pair(i).map(scale),
          ),
          x[i],
        ),
    );
  });

  it('of beta-binomials', () => {
    const a = draw((r) => 1 + 1.5 * r.normal());
    const b = draw((r) => 1 + 1.5 * r.normal(), 4);
    const x = a.map((v, i) => Math.round(255 / (1 + Math.exp(b[i] - v))));
    check(
      (tape) => betaBinomialLoss(tape.input(x, [1, SIZE]), tape.input(a, [1, SIZE]), tape.input(b, [1, SIZE])),
      (i) => bits(new BetaBinomial(255, Math.exp(a[i]), Math.exp(b[i])), x[i]),
    );
  });
});

describe('what losses refuse', () => {
  const tape = new Tape(workspace);
  const zeros = (...shape: number[]): Tensor => tape.input(new Float32Array(shape.reduce((n, d) => n * d, 1)), shape);

  it('shapes that do not fit', () => {
    expect(() => bernoulliLoss(zeros(2, 3), zeros(3, 2))).toThrow('one shape');
    expect(() => gaussianDivergenceBetween(zeros(2, 3), zeros(2, 3), zeros(1, 3), zeros(1, 3))).toThrow('one shape');
    expect(() => softmaxCrossEntropy(zeros(2, 3), Int32Array.of(1))).toThrow('have 2 labels, not 1');
    expect(() => softmaxCrossEntropy(zeros(3), Int32Array.of(1))).toThrow('[batch, classes]');
    expect(() => logisticMixtureLoss(zeros(2, 3), zeros(2, 26), { components: 3 })).toThrow('have 9 outputs each');
  });

  it('numbers that are no values', () => {
    const x = (...values: number[]): Tensor => tape.input(values, [1, values.length]);
    expect(() => bernoulliLoss(zeros(1, 2), x(0, 1.5))).toThrow('not 1.5, which is at index 1');
    expect(() => bernoulliLoss(zeros(1, 2), x(Number.NaN, 1))).toThrow('not NaN, which is at index 0');
    expect(() => logisticLoss(x(0, 256), zeros(1, 2), zeros(1, 2))).toThrow('from 0 to 255, not 256');
    expect(() => betaBinomialLoss(x(0, 0.5), zeros(1, 2), zeros(1, 2))).toThrow('whole numbers');
    expect(() => softmaxCrossEntropy(zeros(2, 3), Int32Array.of(1, 3))).toThrow('from 0 to 2, not 3');
  });

  it('options out of range', () => {
    expect(() => logisticLoss(zeros(1, 2), zeros(1, 2), zeros(1, 2), { most: 0 })).toThrow(RangeError);
    expect(() => logisticLoss(zeros(1, 2), zeros(1, 2), zeros(1, 2), { spread: 0 })).toThrow(RangeError);
    expect(() => logisticMixtureLoss(zeros(1, 2), zeros(1, 6), { components: 0 })).toThrow(RangeError);
    expect(() => betaBinomialLoss(zeros(1, 2), zeros(1, 2), zeros(1, 2), 70000)).toThrow(RangeError);
  });
});
