/** Convolutions and what else moves pixels. */
import { describe, expect, it } from 'vitest';
import { Random } from '../src/kernels/random.ts';
import {
  convolution,
  type Padding,
  type TransposedConvolutionOptions,
  transposedConvolution,
} from '../src/networks/convolution.ts';
import { Convolution, causalMask } from '../src/networks/layers.ts';
import { Parameters } from '../src/networks/parameters.ts';
import { averagePool, depthToSpace, spaceToDepth, upsample } from '../src/networks/pixels.ts';
import { Tape, type Tensor } from '../src/networks/tape.ts';
import { Workspace } from '../src/networks/workspace.ts';
import * as reference from './reference/networks.ts';
import { backward, checkOperation, checkRows, type Operation, unlike, workspace } from './support/networks.ts';

/** A convolution: batch, size, channels, taps, stride, and what the padding should come to. */
interface Case {
  image: [batch: number, h: number, w: number, cin: number];
  cout: number;
  taps: [number, number];
  stride: number;
  padding: Padding;
  /** Zeros above and to the left, and the size that comes out. */
  expected: { top: number; left: number; oh: number; ow: number };
}

const cases: Case[] = [
  {
    image: [1, 5, 5, 1],
    cout: 1,
    taps: [3, 3],
    stride: 1,
    padding: 'same',
    expected: { top: 1, left: 1, oh: 5, ow: 5 },
  },
  {
    image: [2, 7, 6, 3],
    cout: 5,
    taps: [3, 3],
    stride: 1,
    padding: 'same',
    expected: { top: 1, left: 1, oh: 7, ow: 6 },
  },
  { image: [3, 8, 8, 4], cout: 8, taps: [3, 3], stride: 2, padding: 1, expected: { top: 1, left: 1, oh: 4, ow: 4 } },
  {
    image: [2, 8, 7, 2],
    cout: 9,
    taps: [5, 4],
    stride: 2,
    padding: 'same',
    expected: { top: 1, left: 1, oh: 4, ow: 4 },
  },
  {
    image: [1, 4, 4, 9],
    cout: 12,
    taps: [1, 1],
    stride: 1,
    padding: 'valid',
    expected: { top: 0, left: 0, oh: 4, ow: 4 },
  },
  {
    image: [2, 6, 6, 17],
    cout: 3,
    taps: [3, 2],
    stride: 1,
    padding: [0, 2, 1, 0],
    expected: { top: 0, left: 1, oh: 6, ow: 6 },
  },
  {
    image: [2, 8, 8, 4],
    cout: 4,
    taps: [2, 2],
    stride: 2,
    padding: 'valid',
    expected: { top: 0, left: 0, oh: 4, ow: 4 },
  },
  // Strides wider than the taps: pixels that no output sees.
  {
    image: [2, 7, 9, 3],
    cout: 2,
    taps: [2, 1],
    stride: 3,
    padding: 'same',
    expected: { top: 0, left: 0, oh: 3, ow: 3 },
  },
  // More zeros than taps reach across.
  { image: [2, 4, 5, 2], cout: 3, taps: [3, 3], stride: 1, padding: 4, expected: { top: 4, left: 4, oh: 10, ow: 11 } },
  {
    image: [1, 3, 9, 18],
    cout: 2,
    taps: [3, 3],
    stride: 1,
    padding: 'valid',
    expected: { top: 0, left: 0, oh: 1, ow: 7 },
  },
];

const sizes = ({ image: [batch, h, w, cin], cout, taps: [kh, kw], stride, expected }: Case): reference.Sizes => ({
  ...{ batch, h, w, cin, cout, kh, kw, stride },
  ...expected,
});

const title = ({ image, cout, taps, stride, padding }: Case): string =>
  `${image.join(' x ')} to ${cout}, ${taps.join(' x ')} taps, stride ${stride}, padding ${padding}`;

const convolutions = cases.map((c): Operation => {
  const [kh, kw] = c.taps;
  return {
    name: title(c),
    shapes: [c.image, [kh, kw, c.image[3], c.cout], [c.cout]],
    apply: (x, w, b) => convolution(x, w, b, c),
    reference: (round, x, w, b) => reference.convolution(round, sizes(c), x, w, b),
    exact: true,
  };
});

const transposes: [name: string, image: number[], cout: number, k: number, TransposedConvolutionOptions, number[]][] = [
  ['same', [2, 4, 3, 3], 5, 3, { stride: 2, padding: 'same' }, [8, 6, 0]],
  ["PyTorch's way to twice the size", [2, 4, 4, 3], 4, 3, { stride: 2, padding: 1, extra: 1 }, [8, 8, 1]],
  ['four taps', [1, 3, 3, 2], 1, 4, { stride: 2, padding: 1 }, [6, 6, 1]],
  ['all of it', [1, 3, 5, 2], 3, 5, { stride: 3, padding: 'valid', extra: 2 }, [13, 19, 0]],
  ['fewer taps than the stride', [1, 3, 5, 2], 2, 2, { stride: 3, padding: 'same' }, [9, 15, 0]],
  ['stride 1', [2, 5, 5, 2], 2, 3, {}, [5, 5, 1]],
];

const transposed = transposes.map(([name, image, cout, k, options, [h, w, before]]): Operation => {
  const [batch, oh, ow, cin] = image;
  const s = { batch, h, w, cin: cout, oh, ow, cout: cin, kh: k, kw: k, stride: options.stride ?? 1 };
  return {
    name: `transposed: ${name}`,
    shapes: [image, [k, k, cout, cin], [cout]],
    apply: (x, wt, b) => transposedConvolution(x, wt, b, options),
    reference: (round, x, wt, b) => reference.transposed(round, { ...s, top: before, left: before }, x, wt, b),
    exact: true,
  };
});

const shape: [number, number, number, number] = [2, 3, 2, 5];
const large = (f: number): number[] => [shape[0], shape[1] * f, shape[2] * f, shape[3]];
const moves: Operation[] = [2, 3].flatMap((f): Operation[] => {
  const order = reference.depthOrder(shape, f);
  return [
    {
      name: `spaceToDepth by ${f}`,
      shapes: [large(f)],
      apply: (x) => spaceToDepth(x, f),
      reference: (_, x) => order.map((at) => x[at]),
      exact: true,
    },
    {
      name: `depthToSpace by ${f}`,
      shapes: [[shape[0], shape[1], shape[2], shape[3] * f * f]],
      apply: (x) => depthToSpace(x, f),
      reference: (_, x) => {
        const y: number[] = [];
        for (const [i, at] of order.entries()) y[at] = x[i];
        return y;
      },
      exact: true,
    },
    {
      name: `upsample by ${f}`,
      shapes: [shape],
      apply: (x) => upsample(x, f),
      reference: (_, x) => reference.upsample(x, shape, f),
      exact: true,
    },
    {
      name: `averagePool by ${f}`,
      shapes: [large(f)],
      apply: (x) => averagePool(x, f),
      reference: (round, x) => reference.averagePool(round, x, shape, f),
      exact: true,
    },
  ];
});

const operations = [...convolutions, ...transposed, ...moves];

/** Bits of the gradients that the definition fixes, beside those that finite differences only come near. */
function gradients(s: reference.Sizes, apply: (x: Tensor, w: Tensor) => Tensor, fromTransposed: boolean): void {
  const random = new Random(5);
  const tape = new Tape(workspace);
  const small = [s.batch, s.h, s.w, s.cin];
  const reduced = [s.batch, s.oh, s.ow, s.cout];
  const [from, to] = fromTransposed ? [reduced, small] : [small, reduced];
  const count = (dims: number[]): number => dims.reduce((n, d) => n * d, 1);
  const x = tape.variable(random.normals(new Float32Array(count(from))), from);
  const taps = [s.kh, s.kw, s.cin, s.cout];
  const w = tape.variable(random.normals(new Float32Array(count(taps))), taps);
  const y = apply(x, w);
  expect(y.shape).toEqual(to);
  const dy = random.normals(new Float32Array(y.size));
  backward(y, dy);
  const { single } = reference;
  const dx = fromTransposed
    ? reference.convolution(single, s, dy, w.copy())
    : reference.transposed(single, s, dy, w.copy());
  const dw = fromTransposed
    ? reference.slopeOfWeights(single, s, dy, x.copy())
    : reference.slopeOfWeights(single, s, x.copy(), dy);
  expect(unlike(x.gradientValues(), dx)).toEqual([]);
  expect(unlike(w.gradientValues(), dw)).toEqual([]);
  tape.reset();
}

describe('convolutions', () => {
  it.each(operations)('$name: the reference forward, finite differences backward', (operation) => {
    checkOperation(operation);
  });

  it.each(operations)('$name: an image does not see the others', ({ shapes, ...operation }) => {
    checkRows({ ...operation, shapes: [[1, ...shapes[0].slice(1)], ...shapes.slice(1)] });
  });

  it.each(cases.map((c) => ({ name: title(c), c })))('$name: gradients in the order of the definition', ({ c }) => {
    gradients(sizes(c), (x, w) => convolution(x, w, undefined, c), false);
    if (c.padding === 'same' && (c.image[1] % c.stride || c.image[2] % c.stride)) return;
    const [h, w] = [c.image[1], c.image[2]];
    const zeros = typeof c.padding === 'number' ? c.padding : undefined;
    // Only sizes that a transposed convolution comes to by itself.
    if (zeros === undefined || (c.expected.oh - 1) * c.stride + c.taps[0] - 2 * zeros !== h) return;
    if ((c.expected.ow - 1) * c.stride + c.taps[1] - 2 * zeros !== w) return;
    gradients(sizes(c), (x, wt) => transposedConvolution(x, wt, undefined, c), true);
  });

  it('has the bits of plain loops for any sizes', () => {
    const random = new Random(8);
    for (let tried = 0; tried < 40; ) {
      const [batch, h, w, kh, kw] = [3, 8, 8, 4, 4].map((most) => 1 + random.below(most));
      const [cin, cout, stride] = [10, 13, 3].map((most) => 1 + random.below(most));
      const padding = [0, 1, 2, 3].map(() => random.below(3)) as [number, number, number, number];
      const [top, bottom, left, right] = padding;
      const [oh, ow] = [h + top + bottom - kh, w + left + right - kw].map((n) => Math.floor(n / stride) + 1);
      if (oh < 1 || ow < 1) continue;
      tried++;
      const s = { batch, h, w, cin, oh, ow, cout, kh, kw, stride, top, left };
      gradients(s, (x, wt) => convolution(x, wt, undefined, { stride, padding }), false);
      const tape = new Tape(workspace);
      const x = tape.input(random.normals(new Float32Array(batch * h * w * cin)), [batch, h, w, cin]);
      const wt = tape.input(random.normals(new Float32Array(kh * kw * cin * cout)), [kh, kw, cin, cout]);
      const bias = tape.input(random.normals(new Float32Array(cout)), [cout]);
      const y = convolution(x, wt, bias, { stride, padding });
      const expected = reference.convolution(reference.single, s, x.copy(), wt.copy(), bias.copy());
      expect(unlike(y.copy(), expected), JSON.stringify(s)).toEqual([]);
      tape.reset();
    }
  });

  it('computes batches larger than it pads at a time', () => {
    const s = { batch: 5, h: 28, w: 28, cin: 40, oh: 28, ow: 28, cout: 2, kh: 3, kw: 3, stride: 1, top: 1, left: 1 };
    gradients(s, (x, w) => convolution(x, w), false);
  });

  it('looks only back where a mask says so', () => {
    const memory = new Workspace();
    const parameters = new Parameters(memory);
    const layers = [false, true].map(
      (itself, i) => new Convolution(parameters, `${i}`, 2, 2, { mask: causalMask([3, 3, 2, 2], itself) }),
    );
    parameters.initialise(1);
    const tape = new Tape(memory);
    const x = tape.variable(new Float32Array(2 * 25).fill(1), [1, 5, 5, 2]);
    const y = layers.reduce((t, layer) => layer.apply(t), x);
    const dy = new Float32Array(y.size);
    // The output of pixel 12, in the middle.
    dy[24] = 1;
    memory.floats(y.gradient(), y.size).set(dy);
    tape.backward(y, 0);
    const reached = Array.from(x.gradientValues(), (g, i) => (g === 0 ? -1 : i >> 1)).filter((p) => p >= 0);
    expect(Math.max(...reached)).toBe(11);
    expect(new Set(reached).size).toBeGreaterThan(5);
    tape.reset();
  });

  it('refuses shapes and settings that do not fit', () => {
    const tape = new Tape(workspace);
    const of = (...dims: number[]): Tensor => tape.input(new Float32Array(dims.reduce((n, d) => n * d, 1)), dims);
    const x = of(1, 4, 4, 2);
    const w = of(3, 3, 2, 2);
    for (const wrong of [
      () => convolution(of(4, 4, 2), w),
      () => convolution(x, of(3, 3, 2)),
      () => convolution(x, of(3, 3, 1, 2)),
      () => convolution(x, w, of(3)),
      () => convolution(x, w, undefined, { stride: 0 }),
      () => convolution(x, w, undefined, { padding: -1 }),
      () => convolution(x, w, undefined, { padding: 'full' as Padding }),
      () => convolution(x, of(5, 5, 2, 2), undefined, { padding: 'valid' }),
      () => transposedConvolution(x, of(3, 3, 2, 1)),
      () => transposedConvolution(x, w, undefined, { stride: 2, padding: 1, extra: 2 }),
      () => transposedConvolution(x, w, undefined, { stride: 2, extra: 1 }),
      () => transposedConvolution(x, w, undefined, { padding: 3 }),
      () => spaceToDepth(of(1, 3, 4, 1)),
      () => depthToSpace(of(1, 2, 2, 6)),
      () => averagePool(of(1, 4, 5, 1)),
      () => upsample(x, 0),
      () => causalMask([2, 3, 1, 1], false),
    ])
      expect(wrong).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    tape.reset();
  });
});
