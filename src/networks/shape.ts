/** Other shapes of the same numbers: cutting and joining along the last dimension. */
import { rangeError } from '../errors.ts';
import { type Tensor, tapeOf } from './tape.ts';

/** The same numbers under another shape. */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  return x.tape.alias(x, shape);
}

/**
 * Columns `from` to `to - 1` of the last dimension.
 *
 * @throws RangeError (`invalid-argument`) when there are no such columns.
 */
export function columns(x: Tensor, from: number, to: number): Tensor {
  const tape = tapeOf(x);
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= x.columns))
    throw rangeError(`columns ${from} to ${to} do not lie within 0 to ${x.columns}`);
  const { kernel } = tape;
  const n = to - from;
  const y = tape.result([...x.shape.slice(0, -1), n], x);
  const wide = 4 * x.columns;
  kernel.copyRows(x.rows, n, x.pointer + 4 * from, wide, y.pointer, 4 * n);
  tape.record(y, () => kernel.addRows(x.rows, n, y.gradient(), 4 * n, x.gradient() + 4 * from, wide));
  return y;
}

/** Cuts the last dimension into parts of the widths given. */
export function split(x: Tensor, ...widths: readonly number[]): Tensor[] {
  let from = 0;
  const parts = widths.map((width) => {
    from += width;
    return columns(x, from - width, from);
  });
  if (from !== x.columns) throw rangeError(`parts of ${widths.join(' + ')} do not make ${x.columns} columns`);
  return parts;
}

/**
 * Joins tensors along the last dimension.
 *
 * @throws RangeError (`invalid-argument`) when their rows differ in number.
 */
export function concatenate(...parts: readonly Tensor[]): Tensor {
  const tape = tapeOf(...parts);
  const [{ rows, shape }] = parts;
  if (parts.some((p) => p.rows !== rows)) throw rangeError('tensors to be joined have the same number of rows');
  const total = parts.reduce((n, p) => n + p.columns, 0);
  const { kernel } = tape;
  const y = tape.result([...shape.slice(0, -1), total], ...parts);
  let at = 0;
  for (const part of parts) {
    const from = at;
    kernel.copyRows(rows, part.columns, part.pointer, 4 * part.columns, y.pointer + 4 * from, 4 * total);
    at += part.columns;
  }
  tape.record(y, () => {
    let from = 0;
    for (const part of parts) {
      if (part.traced)
        kernel.addRows(rows, part.columns, y.gradient() + 4 * from, 4 * total, part.gradient(), 4 * part.columns);
      from += part.columns;
    }
  });
  return y;
}
