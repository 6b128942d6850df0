/** Normalisation, embeddings, layers and their parameters. */
import { describe, expect, it } from 'vitest';
import { Random } from '../src/kernels/random.ts';
import { square } from '../src/networks/activations.ts';
import { embedding, gatherRows } from '../src/networks/embedding.ts';
import {
  Activate,
  BatchNorm,
  Convolution,
  Dense,
  Embedding,
  type Layer,
  LayerNorm,
  Residual,
  Sequential,
  TransposedConvolution,
} from '../src/networks/layers.ts';
import { batchNorm, layerNorm, weightNorm } from '../src/networks/normalisation.ts';
import { Parameters } from '../src/networks/parameters.ts';
import { summary } from '../src/networks/summary.ts';
import { Tape, type Tensor } from '../src/networks/tape.ts';
import { Workspace } from '../src/networks/workspace.ts';
import * as reference from './reference/networks.ts';
import { checkOperation, checkRows, type Operation, unlike, workspace } from './support/networks.ts';

const running = (n: number) => {
  const parameters = new Parameters(workspace);
  const mean = parameters.declare('running_mean', [n], (into) => void into.fill(0.25), false);
  const variance = parameters.declare('running_var', [n], (into) => void into.fill(2), false);
  parameters.initialise(1);
  return { mean, variance };
};
const statistics = new Map([6, 9].map((n) => [n, running(n)]));

const EPSILON = 1e-5;

const batches = [
  [5, 6],
  [13, 9],
].map(
  ([m, n]): Operation => ({
    name: `batch normalisation of ${m} x ${n}`,
    shapes: [[m, n], [n], [n]],
    apply: (x, w, b) => batchNorm(x, w, b, statistics.get(n)!),
    reference: (round, x, w, b) =>
      reference.normaliseColumns(round, x, reference.columnStatistics(round, x, n, EPSILON), w, b),
    exact: true,
    tolerance: 1e-4,
  }),
);

const layers = [3, 4, 9].flatMap((n): Operation[] => [
  {
    name: `layer normalisation of ${n}`,
    shapes: [[5, n], [n], [n]],
    apply: (x, w, b) => layerNorm(x, w, b),
    reference: (round, x, w, b) => reference.layerNorm(round, x, n, w, b, EPSILON),
    exact: true,
    tolerance: 1e-4,
  },
  {
    name: `layer normalisation of ${n} by itself`,
    shapes: [[5, n]],
    apply: (x) => layerNorm(x, undefined, undefined, 0.1),
    reference: (round, x) => reference.layerNorm(round, x, n, undefined, undefined, 0.1),
    exact: true,
  },
]);

const weights = [
  [5, 6],
  [9, 3],
].map(
  ([m, n]): Operation => ({
    name: `weight normalisation of ${m} x ${n}`,
    shapes: [[m, n], [n]],
    apply: (v, g) => weightNorm(v, g),
    reference: (round, v, g) => reference.weightNorm(round, v, g),
    exact: true,
  }),
);

const rows = [3, 0, 3, 3, 1];
const tables: Operation[] = [
  {
    name: 'embedding',
    shapes: [[4, 5]],
    apply: (table) => embedding(table, rows, [5, 1]),
    reference: (_, table) => rows.flatMap((row) => Array.from(table).slice(5 * row, 5 * row + 5)),
    exact: true,
  },
  {
    name: 'gatherRows',
    shapes: [[4, 2, 3]],
    apply: (x) => gatherRows(x, rows),
    reference: (_, x) => rows.flatMap((row) => Array.from(x).slice(6 * row, 6 * row + 6)),
    exact: true,
  },
];

describe('normalisation and tables', () => {
  it.each([...batches, ...layers, ...weights, ...tables])(
    '$name: the reference forward, finite differences backward',
    (o) => {
      checkOperation(o);
    },
  );

  it.each(layers)('$name: a row does not see the others', (o) => {
    checkRows({ ...o, shapes: [[1, o.shapes[0][1]], ...o.shapes.slice(1)] });
  });

  it('moves running statistics in training, and takes them as they are otherwise', () => {
    const memory = new Workspace();
    const parameters = new Parameters(memory);
    const norm = new BatchNorm(parameters, 'norm', 3, { momentum: 0.5 });
    parameters.initialise(1);
    const numbers = new Random(1).normals(new Float32Array(8 * 3)).map((x, i) => x * 2 + (i % 3));
    const tape = new Tape(memory);
    norm.apply(tape.input(numbers, [2, 4, 3]));
    tape.reset();
    const { mean, variance } = reference.columnStatistics(reference.single, numbers, 3, EPSILON);
    const kept = parameters.tensors();
    for (let j = 0; j < 3; j++) {
      expect(kept.get('norm.running_mean')!.data[j]).toBeCloseTo(mean[j] / 2, 6);
      expect(kept.get('norm.running_var')!.data[j]).toBeCloseTo(0.5 + (variance[j] * (8 / 7)) / 2, 6);
    }
    const steady = new Tape(memory, { gradients: true, training: false });
    const x = steady.variable(numbers, [8, 3]);
    const y = norm.apply(x);
    const { data: m } = kept.get('norm.running_mean')!;
    const inverse = kept.get('norm.running_var')!.data.map((v) => 1 / Math.sqrt(v + EPSILON));
    const expected = reference.normaliseColumns(reference.single, numbers, { mean: m, inverse }, [1, 1, 1], [0, 0, 0]);
    expect(unlike(y.copy(), expected)).toEqual([]);
    steady.backward(y);
    expect([...x.gradientValues()]).toEqual(Array.from(numbers, (_, i) => inverse[i % 3]));
    expect(parameters.tensors()).toEqual(kept);
    steady.reset();
    const alone = new Tape(memory);
    expect(() => norm.apply(alone.input([1, 2, 3], [1, 3]))).toThrow(/two rows/);
  });

  it('is still finite where nothing varies', () => {
    const tape = new Tape(workspace);
    const x = tape.variable(new Float32Array(12).fill(3), [3, 4]);
    const one = tape.variable([1, 1, 1, 1], [4]);
    for (const y of [layerNorm(x), weightNorm(tape.variable(new Float32Array(12), [3, 4]), one)]) {
      tape.backward(y);
      expect([...y.copy()]).toEqual(new Array(12).fill(0));
    }
    expect([...x.gradientValues()].every(Number.isFinite)).toBe(true);
    tape.reset();
  });

  it('refuses what does not fit', () => {
    const tape = new Tape(workspace);
    const of = (...dims: number[]): Tensor => tape.input(new Float32Array(dims.reduce((n, d) => n * d, 1)), dims);
    const kept = statistics.get(6)!;
    for (const wrong of [
      () => layerNorm(of(2, 3), of(2)),
      () => layerNorm(of(2, 3), undefined, of(4)),
      () => weightNorm(of(2, 3), of(2)),
      () => batchNorm(of(2, 3), of(3), of(3), kept),
      () => batchNorm(of(2, 6), of(5), of(6), kept),
      () => embedding(of(4, 2), [4]),
      () => embedding(of(4, 2), [0, -1]),
      () => embedding(of(4, 2), [0.5]),
      () => embedding(of(4, 2), [0, 1, 2], [2, 2]),
      () => embedding(of(4, 2), []),
    ])
      expect(wrong).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    tape.reset();
  });
});

/** A network of its own with what `build` declares, applied to normal numbers. */
function applied(build: (parameters: Parameters) => Layer, shape: number[]) {
  const memory = new Workspace();
  const parameters = new Parameters(memory);
  const layer = build(parameters);
  parameters.initialise(7);
  const tape = new Tape(memory);
  const x = tape.variable(new Random(1).normals(new Float32Array(shape.reduce((n, d) => n * d, 1))), shape);
  const y = layer.apply(x);
  tape.backward(square(y));
  return { parameters, x, y };
}

const named = (parameters: Parameters): string[] => parameters.all.map(({ name, shape }) => `${name} ${shape.join()}`);

describe('layers', () => {
  it.each<[string, (p: Parameters) => Layer, number[], number[], string[]]>([
    ['Dense', (p) => new Dense(p, 'a', 5, 3), [2, 5], [2, 3], ['a.weight 5,3', 'a.bias 3']],
    ['Dense without bias', (p) => new Dense(p, 'a', 5, 3, { bias: false }), [2, 5], [2, 3], ['a.weight 5,3']],
    [
      'Dense with weight normalisation',
      (p) => new Dense(p, 'a', 5, 3, { weightNorm: true }),
      [2, 5],
      [2, 3],
      ['a.weight_v 5,3', 'a.weight_g 3', 'a.bias 3'],
    ],
    [
      'Convolution',
      (p) => new Convolution(p, 'c', 2, 6, { stride: 2, taps: [3, 5] }),
      [1, 5, 4, 2],
      [1, 3, 2, 6],
      ['c.weight 3,5,2,6', 'c.bias 6'],
    ],
    [
      'Convolution with weight normalisation',
      (p) => new Convolution(p, 'c', 2, 6, { weightNorm: 0.5 }),
      [1, 5, 4, 2],
      [1, 5, 4, 6],
      ['c.weight_v 3,3,2,6', 'c.weight_g 6', 'c.bias 6'],
    ],
    [
      'TransposedConvolution',
      (p) => new TransposedConvolution(p, 't', 2, 6, { stride: 2, taps: 4 }),
      [1, 3, 4, 2],
      [1, 6, 8, 6],
      ['t.weight 4,4,6,2', 't.bias 6'],
    ],
    [
      'BatchNorm',
      (p) => new BatchNorm(p, 'n', 4),
      [3, 4],
      [3, 4],
      ['n.weight 4', 'n.bias 4', 'n.running_mean 4', 'n.running_var 4'],
    ],
    ['LayerNorm', (p) => new LayerNorm(p, 'n', 4), [3, 4], [3, 4], ['n.weight 4', 'n.bias 4']],
    [
      'Residual with a short cut',
      (p) =>
        new Residual(new Sequential(new Activate('elu'), new Dense(p, 'r.0', 4, 2)), new Dense(p, 'r.short', 4, 2)),
      [3, 4],
      [3, 2],
      ['r.0.weight 4,2', 'r.0.bias 2', 'r.short.weight 4,2', 'r.short.bias 2'],
    ],
  ])('%s: names, shapes, and gradients that arrive', (_, build, from, to, names) => {
    const { parameters, x, y } = applied(build, from);
    expect(y.shape).toEqual(to);
    expect(named(parameters)).toEqual(names);
    for (const p of parameters.all) {
      if (!p.learned) continue;
      const gradient = parameters.gradients.subarray(p.offset, p.offset + p.size);
      expect(gradient.every(Number.isFinite), p.name).toBe(true);
      expect(
        gradient.some((g) => g !== 0),
        p.name,
      ).toBe(true);
    }
    expect(x.gradientValues().some((g) => g !== 0)).toBe(true);
  });

  it('Residual adds what it was given', () => {
    const { x, y } = applied(
      (p) => new Residual(new Dense(p, 'r', 3, 3, { initialiser: (w) => void w.fill(0) })),
      [2, 3],
    );
    expect(unlike(y.copy(), x.copy())).toEqual([]);
  });

  it('Embedding looks symbols up', () => {
    const memory = new Workspace();
    const parameters = new Parameters(memory);
    const table = new Embedding(parameters, 'symbols', 5, 3);
    parameters.initialise(1);
    const tape = new Tape(memory);
    const y = table.lookup(tape.input([0], [1]), Int32Array.of(4, 4, 2, 0), [2, 2]);
    expect(y.shape).toEqual([2, 2, 3]);
    const { data } = parameters.tensors().get('symbols.weight')!;
    expect([...y.copy().subarray(0, 6)]).toEqual([...data.subarray(12), ...data.subarray(12)]);
    tape.backward(y);
    expect([...parameters.gradients.subarray(0, 15)]).toEqual([1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 2, 2, 2]);
  });

  it('weight normalisation gives outputs the length that it says', () => {
    const { parameters, y } = applied((p) => new Dense(p, 'a', 50, 4, { weightNorm: 0.5, bias: false }), [50, 50]);
    const { data } = parameters.tensors().get('a.weight_v')!;
    const norms = [0, 1, 2, 3].map((j) => Math.sqrt(data.reduce((s, v, i) => s + (i % 4 === j ? v * v : 0), 0)));
    const unit = data.map((v, i) => (v * 0.5) / norms[i % 4]);
    const x = new Random(1).normals(new Float32Array(2500));
    const expected = reference.linear(reference.double, x, unit, undefined, 50, 4);
    for (const [i, v] of y.copy().entries()) expect(v).toBeCloseTo(expected[i], 4);
  });

  it('refuses settings that mean nothing', () => {
    const parameters = new Parameters(new Workspace());
    expect(() => new Convolution(parameters, 'c', 1, 1, { mask: new Float32Array(8) })).toThrow(/mask/);
    expect(() => new TransposedConvolution(parameters, 't', 1, 1, { weightNorm: true })).toThrow(/transposed/);
  });

  it('summary lists layers with shapes, numbers and bytes', () => {
    const parameters = new Parameters(new Workspace());
    new Dense(parameters, 'encoder.hidden', 784, 100);
    new BatchNorm(parameters, 'norm', 100);
    parameters.declare('scale', [1], () => {});
    expect(summary(parameters)).toBe(
      [
        'layer           parameters                                               numbers    bytes',
        'encoder.hidden  weight 784 x 100, bias 100                                78,500  314,000',
        'norm            weight 100, bias 100, running_mean 100, running_var 100      400    1,600',
        'scale           1                                                              1        4',
        'all                                                                       78,901  315,604',
      ].join('\n'),
    );
  });
});
