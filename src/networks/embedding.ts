/** Rows of tables, by their numbers. */
import { rangeError } from '../errors.ts';
import { type Tensor, tapeOf } from './tape.ts';

/**
 * Rows of a table, by whole numbers: symbols as vectors.
 *
 * @param table - [n, size], or more dimensions, of which the first is counted.
 * @param indices - Numbers from 0 to n - 1. What flows back is added in their order.
 * @param shape - What comes before the dimensions of a row in the result. Default: the number of indices.
 * @returns [...shape, size]
 * @throws RangeError (`invalid-argument`) for an index that is none, naming the first.
 * @example
 * embedding(tape.parameter(table), Int32Array.of(3, 1, 3)); // 3 x size
 */
export function embedding(
  table: Tensor,
  indices: Int32Array | Uint8Array | Uint32Array | readonly number[],
  shape: readonly number[] = [indices.length],
): Tensor {
  const tape = tapeOf(table);
  const [n, ...row] = table.shape;
  const width = table.size / n;
  if (shape.reduce((size, d) => size * d, 1) !== indices.length || indices.length === 0)
    throw rangeError(`${indices.length} indices do not make ${shape.join(' x ')}`);
  const wrong = indices.findIndex((i) => !(Number.isInteger(i) && i >= 0 && i < n));
  if (wrong >= 0) throw rangeError(`index ${wrong} is ${indices[wrong]}; the table has rows 0 to ${n - 1}`);
  const { kernel, workspace } = tape;
  const at = workspace.allocate(indices.length);
  workspace.integers(at, indices.length).set(indices);
  const y = tape.result([...shape, ...row], table);
  kernel.gatherRows(indices.length, width, table.pointer, at, y.pointer);
  tape.record(y, () => kernel.addToTable(indices.length, width, y.gradient(), at, table.gradient()));
  return y;
}

/**
 * Rows of a tensor by their numbers: a batch in another order, or part of it.
 *
 * @param x - [n, ...]
 * @returns [indices, ...]
 * @throws RangeError (`invalid-argument`) for an index that is none.
 */
export const gatherRows = (x: Tensor, indices: Int32Array | Uint32Array | readonly number[]): Tensor =>
  embedding(x, indices);
