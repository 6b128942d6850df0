/** Sums, products and their like; a row can be given once for all rows. */
import { rangeError } from '../errors.ts';
import { type Tape, type Tensor, tapeOf } from './tape.ts';

/** Names of the operations in the order of the kernel's numbers. */
const BINARY = ['add', 'subtract', 'multiply', 'divide'] as const;

/** Bytes from one row of b to the next: 0 where b is one row for all. */
function stride(a: Tensor, b: Tensor): number {
  if (b.size === a.size) return 4 * a.columns;
  if (b.size === a.columns && b.columns === a.columns) return 0;
  throw rangeError(`${b.shape.join(' x ')} is neither of the shape ${a.shape.join(' x ')} nor one row of it`);
}

function binary(name: (typeof BINARY)[number], a: Tensor, b: Tensor): { tape: Tape; y: Tensor; by: number } {
  const tape = tapeOf(a, b);
  const by = stride(a, b);
  const y = tape.result(a.shape, a, b);
  tape.kernel.binary(BINARY.indexOf(name), a.rows, a.columns, a.pointer, b.pointer, by, y.pointer);
  return { tape, y, by };
}

/** Lets dy times factor flow to b, which may be one row for all. */
function flow(tape: Tape, y: Tensor, b: Tensor, by: number, factor: number): void {
  if (!b.traced) return;
  if (by === 0) tape.kernel.addColumnSums(y.rows, y.columns, y.gradient(), factor, b.gradient());
  else tape.kernel.addScaled(y.size, y.gradient(), factor, b.gradient());
}

/** a + b, where b is of a's shape or one row. */
export function add(a: Tensor, b: Tensor): Tensor {
  const { tape, y, by } = binary('add', a, b);
  tape.record(y, () => {
    if (a.traced) tape.kernel.addScaled(y.size, y.gradient(), 1, a.gradient());
    flow(tape, y, b, by, 1);
  });
  return y;
}

/** a - b, where b is of a's shape or one row. */
export function subtract(a: Tensor, b: Tensor): Tensor {
  const { tape, y, by } = binary('subtract', a, b);
  tape.record(y, () => {
    if (a.traced) tape.kernel.addScaled(y.size, y.gradient(), 1, a.gradient());
    flow(tape, y, b, by, -1);
  });
  return y;
}

/** a b element by element, where b is of a's shape or one row. */
export function multiply(a: Tensor, b: Tensor): Tensor {
  const { tape, y, by } = binary('multiply', a, b);
  const { kernel } = tape;
  tape.record(y, () => {
    if (a.traced) kernel.addProduct(y.rows, y.columns, y.gradient(), b.pointer, by, a.gradient());
    if (!b.traced) return;
    if (by === 0) kernel.addColumnProducts(y.rows, y.columns, y.gradient(), a.pointer, b.gradient());
    else kernel.addProduct(y.rows, y.columns, y.gradient(), a.pointer, by, b.gradient());
  });
  return y;
}

/** a / b element by element, both of one shape. */
export function divide(a: Tensor, b: Tensor): Tensor {
  if (a.size !== b.size) throw rangeError('divide takes two tensors of one shape');
  const { tape, y, by } = binary('divide', a, b);
  const { kernel, workspace } = tape;
  tape.record(y, () => {
    // dy / b, and from it d(a) = dy / b and d(b) = -y dy / b.
    const da = a.traced ? a.gradient() : 0;
    const db = b.traced ? b.gradient() : 0;
    const mark = workspace.mark();
    const quotient = workspace.allocate(y.size);
    kernel.binary(3, y.rows, y.columns, y.gradient(), b.pointer, by, quotient);
    if (da) kernel.addScaled(y.size, quotient, 1, da);
    if (db) {
      kernel.binary(2, y.rows, y.columns, quotient, y.pointer, by, quotient);
      kernel.addScaled(y.size, quotient, -1, db);
    }
    workspace.release(mark);
  });
  return y;
}

/** x factor + offset. */
export function affine(x: Tensor, factor: number, offset = 0): Tensor {
  const tape = tapeOf(x);
  const y = tape.result(x.shape, x);
  tape.kernel.affine(x.size, x.pointer, factor, offset, y.pointer);
  tape.record(y, () => tape.kernel.addScaled(x.size, y.gradient(), factor, x.gradient()));
  return y;
}

/** The sum of each row: [..., n] to [..., 1]. Four interleaved sums a row, then their sum. */
export function sumRows(x: Tensor): Tensor {
  const tape = tapeOf(x);
  const y = tape.result([...x.shape.slice(0, -1), 1], x);
  tape.kernel.rowSums(x.rows, x.columns, x.pointer, y.pointer);
  tape.record(y, () => tape.kernel.addToRows(x.rows, x.columns, y.gradient(), 1, x.gradient()));
  return y;
}
