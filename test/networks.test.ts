/** Operations on tensors: products of matrices, functions of each number, sums and products, shapes. */
import { describe, expect, it } from 'vitest';
import { Random } from '../src/kernels/random.ts';
import { activate, UNARY } from '../src/networks/activations.ts';
import { add, affine, divide, multiply, subtract, sumRows } from '../src/networks/arithmetic.ts';
import { linear } from '../src/networks/linear.ts';
import { columns, concatenate, reshape, split } from '../src/networks/shape.ts';
import { Tape, type Tensor } from '../src/networks/tape.ts';
import { Workspace } from '../src/networks/workspace.ts';
import * as reference from './reference/networks.ts';
import { checkOperation, checkRows, distance, type Operation, unlike, workspace } from './support/networks.ts';

const linears: Operation[] = [
  [1, 5, 3],
  [2, 3, 40],
  [3, 9, 1],
  [4, 7, 4],
  [6, 33, 13],
  [9, 6, 16],
].map(([m, k, n]) => ({
  name: `${m} x ${k} by ${k} x ${n}`,
  shapes: [[m, k], [k, n], [n]],
  apply: (x, w, b) => linear(x, w, b),
  reference: (round, x, w, b) => reference.linear(round, x, w, b, k, n),
  exact: true,
}));

const positive = (random: Random): number => 0.1 + 3 * random.uniform();

const functions: Operation[] = UNARY.map((name) => ({
  name,
  shapes: [[3, 7]],
  ...(name === 'log' ? { draw: positive } : {}),
  apply: (x) => activate(name, x),
  reference: (_, x) => Array.from(x, reference.activations[name]),
  exact: name === 'relu',
}));

const each =
  (f: (a: number, b: number) => number): Operation['reference'] =>
  (round, a, b) =>
    Array.from(a, (v, i) => round(f(v, b[i % b.length])));

const binaries: Operation[] = (
  [
    ['add', add, (a, b) => a + b],
    ['subtract', subtract, (a, b) => a - b],
    ['multiply', multiply, (a, b) => a * b],
  ] as [string, (a: Tensor, b: Tensor) => Tensor, (a: number, b: number) => number][]
).flatMap(([name, apply, f]) =>
  [[3, 7], [7], [1, 7]].map((shape) => ({
    name: `${name} of ${shape.join(' x ')}`,
    shapes: [[3, 7], shape],
    apply,
    reference: each(f),
    exact: true,
  })),
);

const others: Operation[] = [
  {
    name: 'divide',
    shapes: [
      [3, 7],
      [3, 7],
    ],
    draw: positive,
    apply: divide,
    reference: each((a, b) => a / b),
    exact: true,
    tolerance: 1e-4,
  },
  {
    name: 'affine',
    shapes: [[3, 7]],
    apply: (x) => affine(x, 0.5, 3),
    reference: (round, x) => Array.from(x, (v) => round(round(v * 0.5) + 3)),
    exact: true,
  },
  ...[1, 4, 7, 18].map(
    (n): Operation => ({
      name: `sumRows of ${n}`,
      shapes: [[3, n]],
      apply: sumRows,
      reference: (round, x) => reference.sumRows(round, x, n),
      exact: true,
    }),
  ),
  {
    name: 'columns',
    shapes: [[4, 7]],
    apply: (x) => columns(x, 2, 5),
    reference: (_, x) => Array.from(x).filter((_, i) => i % 7 >= 2 && i % 7 < 5),
    exact: true,
  },
  {
    name: 'split and concatenate the other way round',
    shapes: [
      [4, 7],
      [4, 2],
    ],
    apply: (x, y) => concatenate(y, ...split(x, 3, 4).reverse()),
    reference: (_, x, y) =>
      Array.from({ length: 36 }, (_, at) => {
        const [i, j] = [Math.floor(at / 9), at % 9];
        return j < 2 ? y[2 * i + j] : j < 6 ? x[7 * i + j + 1] : x[7 * i + j - 6];
      }),
    exact: true,
  },
  {
    name: 'reshape, twice used',
    shapes: [[4, 6]],
    apply: (x) => multiply(reshape(x, [8, 3]), reshape(activate('square', x), [8, 3])),
    reference: (round, x) => Array.from(x, (v) => round(v * round(v * v))),
    exact: true,
    tolerance: 1e-4,
  },
];

const operations = [...linears, ...functions, ...binaries, ...others];

describe('operations on tensors', () => {
  it.each(operations)('$name: the reference forward, finite differences backward', (operation) => {
    checkOperation(operation);
  });

  it.each([
    ...[
      [5, 3],
      [3, 40],
      [400, 9],
      [33, 13],
      [12, 1],
    ].map(([k, n]): [Operation] => [
      {
        ...linears[0],
        name: `${k} inputs, ${n} outputs`,
        shapes: [[1, k], [k, n], [n]],
      },
    ]),
    ...[...functions, ...others.filter(({ name }) => /^(affine|sumRows|columns)/.test(name))].map((o): [Operation] => [
      { ...o, shapes: [[1, o.shapes[0][1]]] },
    ]),
    [{ ...binaries[1], name: 'adding a row', shapes: [[1, 7], [7]] }],
  ] as [Operation][])('a row does not see the others: %o', (operation) => {
    checkRows(operation);
  });

  it('multiplies as plain loops do, whatever is transposed and however the sizes fall', () => {
    const random = new Random(3);
    const { kernel } = workspace;
    for (let round = 0; round < 60; round++) {
      const [m, n] = [1 + random.below(round % 3 === 0 ? 140 : 13), 1 + random.below(round % 2 === 0 ? 21 : 110)];
      const k = round % 7 === 0 ? 380 + random.below(20) : random.below(20);
      const a = random.normals(new Float32Array(m * k));
      const b = random.normals(new Float32Array(k * n));
      const c = random.normals(new Float32Array(m * n));
      // What follows a rectifier has zeros, which the kernel may leave out.
      const zeros = round % 5 === 0 ? 0 : random.uniform();
      for (let i = 0; i < a.length; i++) if (random.uniform() < zeros) a[i] = random.below(2) === 0 ? 0 : -0;
      const [acrossA, acrossB] = [random.below(2) === 1, random.below(2) === 1];
      const accumulate = random.below(2);
      const expected = c.slice();
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++) {
          let sum = accumulate ? c[i * n + j] : 0;
          for (let l = 0; l < k; l++)
            sum = Math.fround(
              sum + Math.fround(a[acrossA ? l * m + i : i * k + l] * b[acrossB ? j * k + l : l * n + j]),
            );
          expected[i * n + j] = sum;
        }
      const mark = workspace.mark();
      const [atA, atB, atC] = [a, b, c].map((v) => {
        const at = workspace.allocate(Math.max(1, v.length));
        workspace.floats(at, v.length).set(v);
        return at;
      });
      const scratch = workspace.scratch(kernel.gemmScratch(n));
      const [rowA, stepA] = acrossA ? [4, 4 * m] : [4 * k, 4];
      const [strideK, strideN] = acrossB ? [4, 4 * k] : [4 * n, 4];
      kernel.gemm(m, n, k, atA, rowA, stepA, atB, strideK, strideN, atC, 4 * n, accumulate, scratch);
      expect(unlike(workspace.floats(atC, m * n), expected), `${m} x ${k} x ${n}`).toEqual([]);
      workspace.release(mark);
    }
  });

  it('keeps what the docs promise of functions', () => {
    const tape = new Tape(workspace);
    const random = new Random(4);
    // Largest errors against doubles: relative to 1 + |value| is what fits all of these.
    for (const name of UNARY) {
      const spread = name === 'exp' ? 4 : 12;
      const x = Float32Array.from({ length: 20_000 }, () =>
        name === 'log' ? Math.exp(20 * (random.uniform() - 0.5)) : spread * (2 * random.uniform() - 1),
      );
      const y = activate(name, tape.input(x, [x.length]));
      expect(distance(y.copy(), Array.from(x, reference.activations[name])), name).toBeLessThan(1.5e-7);
    }
    const ends = tape.input([-1e30, -200, 0, 200, 1e30], [5]);
    for (const name of ['sigmoid', 'tanh', 'softplus', 'exp'] as const)
      expect([...activate(name, ends).copy()].every(Number.isFinite), name).toBe(true);
    expect([...activate('tanh', ends).copy()]).toEqual([-1, -1, 0, 1, 1]);
    tape.reset();
  });

  it('refuses shapes that do not fit', () => {
    const tape = new Tape(workspace);
    const x = tape.input(new Float32Array(12), [3, 4]);
    const refusal = expect.objectContaining({ code: 'invalid-argument' });
    for (const wrong of [
      () => linear(x, tape.input(new Float32Array(6), [3, 2])),
      () => linear(x, x, tape.input([1, 2, 3, 4, 5], [5])),
      () => add(x, tape.input([1, 2, 3], [3])),
      () => divide(x, tape.input([1, 2, 3, 4], [4])),
      () => columns(x, 3, 5),
      () => split(x, 1, 2),
      () => concatenate(x, tape.input([1, 2], [2, 1])),
      () => reshape(x, [5, 2]),
      () => add(x, new Tape(new Workspace()).input(new Float32Array(12), [3, 4])),
      () => tape.input([1], [0]),
      () => tape.input([1], []),
    ])
      expect(wrong).toThrow(refusal);
    expect(() => tape.input([1, 2], [3])).toThrow(expect.objectContaining({ code: 'invalid-type' }));
    tape.reset();
  });

  it('adds gradients of what is used twice, and none where none is wanted', () => {
    const tape = new Tape(workspace);
    const x = tape.variable([1, 2, 3], [3]);
    const constant = tape.input([4, 5, 6], [3]);
    tape.backward(add(multiply(x, x), multiply(x, constant)), 0.5);
    expect([...x.gradientValues()]).toEqual([3, 4.5, 6]);
    expect(constant.traced).toBe(false);
    tape.reset();
    const silent = new Tape(workspace, { gradients: false });
    expect(activate('tanh', silent.variable([1], [1])).traced).toBe(false);
    silent.reset();
  });

  it('says what is not finite, and where', () => {
    const tape = new Tape(workspace);
    const bad = tape.input([1, 2, Number.NaN], [3]);
    expect(() => tape.finite(bad, 'The mean')).toThrow(/mean is not a finite number at index 2/);
    expect(tape.finite(tape.input([1, 2], [2]), 'x').size).toBe(2);
    tape.reset();
  });
});
