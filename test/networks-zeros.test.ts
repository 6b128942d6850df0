/** Products of matrices that are mostly zeros, as black and white images are: nothing of how they are computed shows. */
import { describe, expect, it } from 'vitest';
import { Random } from '../src/kernels/random.ts';
import { unlike, workspace } from './support/networks.ts';

interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Whether the matrices are read as transposes. */
  readonly across: readonly [boolean, boolean];
  readonly accumulate: boolean;
}

/** C = or += A B by the kernel; rows `first` to `first + rows - 1` of A alone. */
function product(p: Product, a: Float32Array, b: Float32Array, c: Float32Array, first = 0, rows = p.m): Float32Array {
  const { m, n, k, across } = p;
  const { kernel } = workspace;
  const mark = workspace.mark();
  const [atA, atB, atC] = [a, b, c.subarray(first * n, (first + rows) * n)].map((v) => {
    const at = workspace.allocate(v.length);
    workspace.floats(at, v.length).set(v);
    return at;
  }) as [number, number, number];
  const scratch = workspace.scratch(kernel.gemmScratch(n));
  const [rowA, stepA] = across[0] ? [4, 4 * m] : [4 * k, 4];
  const [strideK, strideN] = across[1] ? [4, 4 * k] : [4 * n, 4];
  const [from, add] = [atA + first * rowA, p.accumulate ? 1 : 0];
  kernel.gemm(rows, n, k, from, rowA, stepA, atB, strideK, strideN, atC, 4 * n, add, scratch);
  const result = workspace.floats(atC, rows * n).slice();
  workspace.release(mark);
  return result;
}

/** The same by a plain loop. */
function plain({ m, n, k, across, accumulate }: Product, a: Float32Array, b: Float32Array, c: Float32Array): number[] {
  const result: number[] = [];
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = accumulate ? c[i * n + j]! : 0;
      for (let l = 0; l < k; l++)
        sum = Math.fround(
          sum + Math.fround(a[across[0] ? l * m + i : i * k + l]! * b[across[1] ? j * k + l : l * n + j]!),
        );
      result.push(sum);
    }
  return result;
}

describe('products with many zeros', () => {
  const sizes = [
    [60, 100, 784],
    [400, 37, 50],
    [33, 45, 400],
    [7, 203, 385],
    [2, 83, 800],
    [1, 6, 401],
  ];
  for (const [m, n, k] of sizes as [number, number, number][])
    it(`${m} x ${k} by ${k} x ${n}: as a plain loop has them, and each row as it is alone`, () => {
      const random = new Random(m, n, k);
      for (const [round, share] of [0, 0.1, 0.3, 0.5, 0.9].entries()) {
        const across = [round % 2 === 1, round % 3 === 1] as const;
        const p = { m, n, k, across, accumulate: round > 2 };
        const a = random.normals(new Float32Array(m * k)).map((x) => (random.uniform() < share ? x : 0));
        // Minus zero is a zero too.
        for (let i = 0; i < a.length; i += 13) if (a[i] === 0) a[i] = -0;
        const b = random.normals(new Float32Array(k * n));
        const c = random.normals(new Float32Array(m * n));
        const found = product(p, a, b, c);
        expect(unlike(found, plain(p, a, b, c)), `${share}`).toEqual([]);
        for (const row of [0, m - 1])
          expect(product(p, a, b, c, row, 1)).toEqual(found.subarray(row * n, (row + 1) * n));
      }
    });
});
