/** Laws of operations on tensors: the bits of a reference, gradients by finite differences, rows that stand alone. */
import { expect } from 'vitest';
import { Random } from '../../src/kernels/random.ts';
import { sizeOf, Tape, type Tensor } from '../../src/networks/tape.ts';
import { Workspace } from '../../src/networks/workspace.ts';
import { double, type Round, single } from '../reference/networks.ts';

export const workspace = new Workspace();

/** An operation on tensors and what it should give. */
export interface Operation {
  readonly name: string;
  /** Shapes of its inputs. */
  readonly shapes: readonly (readonly number[])[];
  /** Numbers to try; standard normal ones by default. */
  draw?(random: Random): number;
  apply(...inputs: readonly Tensor[]): Tensor;
  reference(round: Round, ...inputs: readonly ArrayLike<number>[]): ArrayLike<number>;
  /** True when the reference gives the same bits. */
  readonly exact: boolean;
  /** What is allowed between f32 and doubles, relative to 1 + |value|. Default 2e-5. */
  readonly tolerance?: number;
}

const drawn = ({ draw }: Operation, shape: readonly number[], random: Random): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, () => (draw ? draw(random) : random.normal()));

/** How far apart two lists of numbers are at most, relative to 1 + |b|. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let most = 0;
  for (let i = 0; i < b.length; i++) {
    const d = Math.abs(a[i] - b[i]) / (1 + Math.abs(b[i]));
    // A NaN is as far as can be.
    most = d <= most ? most : Number.isNaN(d) ? Number.POSITIVE_INFINITY : d;
  }
  return most;
}

/** Indices at which two lists do not have the same bits; +0 and -0 differ. */
export const unlike = (a: ArrayLike<number>, b: ArrayLike<number>): number[] =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i).filter((i) => !Object.is(a[i], b[i]));

/** Puts a gradient on a tensor and lets it flow back. */
export function backward(y: Tensor, dy: Float32Array): void {
  workspace.floats(y.gradient(), y.size).set(dy);
  y.tape.backward(y, 0);
}

/** Checks the forward pass against the reference, and each gradient against differences of the reference in doubles. */
export function checkOperation(operation: Operation, seed = 1): void {
  const { shapes, tolerance = 2e-5 } = operation;
  const tape = new Tape(workspace);
  try {
    const random = new Random(seed);
    const values = shapes.map((shape) => drawn(operation, shape, random));
    const inputs = shapes.map((shape, i) => tape.variable(values[i], shape));
    const y = operation.apply(...inputs);
    const exact = operation.reference(double, ...values);
    expect(distance(y.copy(), exact)).toBeLessThan(tolerance);
    if (operation.exact) expect(unlike(y.copy(), operation.reference(single, ...values))).toEqual([]);
    const dy = random.normals(new Float32Array(y.size));
    backward(y, dy);
    const objective = (inputs: readonly Float64Array[]): number => {
      const out = operation.reference(double, ...inputs);
      let sum = 0;
      for (let i = 0; i < dy.length; i++) sum += out[i] * dy[i];
      return sum;
    };
    for (const [which, input] of inputs.entries()) {
      const moved = values.map((v) => Float64Array.from(v));
      const gradient = input.gradientValues();
      // Some of them where there are many.
      const every = Math.ceil(gradient.length / 16) | 1;
      const places = values[which].map((_, i) => i).filter((i) => i % every === 0);
      const slopes = Float64Array.from(places, (i) => {
        const at = moved[which][i];
        const h = 1e-5;
        moved[which][i] = at + h;
        const up = objective(moved);
        moved[which][i] = at - h;
        const down = objective(moved);
        moved[which][i] = at;
        return (up - down) / (2 * h);
      });
      const found = Array.from(places, (i) => gradient[i]);
      expect(distance(found, slopes), `gradient of input ${which}`).toBeLessThan(5 * tolerance);
    }
  } finally {
    tape.reset();
  }
}

/** Sizes of batches at which rows must have the same bits. */
export const BATCHES = [1, 2, 3, 4, 5, 7, 8, 100];

/**
 * Checks that a row of the result, and of the inputs' gradients, has the same bits in batches of all sizes and at all
 * places: inputs of which `batched` is true have the batch as their first dimension, which is given as 1.
 */
export function checkRows(
  { shapes, apply, ...operation }: Operation,
  batched: readonly boolean[] = shapes.map((_, i) => i === 0),
): void {
  const random = new Random(2);
  const most = Math.max(...BATCHES);
  const shaped = (batch: number): number[][] =>
    shapes.map((shape, i) => (batched[i] ? [batch, ...shape.slice(1)] : [...shape]));
  const values = shaped(most).map((shape) => drawn({ shapes, apply, ...operation }, shape, random));
  const one = shapes.map(sizeOf);
  let dy: Float32Array | undefined;
  const run = (from: number, batch: number): Float32Array[] => {
    const tape = new Tape(workspace);
    try {
      const inputs = shaped(batch).map((shape, i) =>
        tape.variable(batched[i] ? values[i].subarray(from * one[i], (from + batch) * one[i]) : values[i], shape),
      );
      const y = apply(...inputs);
      const row = y.size / batch;
      dy ??= random.normals(new Float32Array(y.size));
      backward(y, dy.subarray(from * row, (from + batch) * row));
      return [y.copy(), ...inputs.filter((_, i) => batched[i]).map((input) => input.gradientValues())];
    } finally {
      tape.reset();
    }
  };
  const all = run(0, most);
  for (const batch of BATCHES)
    for (const from of new Set([0, most - batch, Math.min(3, most - batch)]))
      for (const [i, part] of run(from, batch).entries()) {
        const row = all[i].length / most;
        expect(unlike(part, all[i].subarray(from * row, (from + batch) * row)), `batch of ${batch}`).toEqual([]);
      }
}
