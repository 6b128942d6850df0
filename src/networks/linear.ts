/** Products of matrices. */
import { rangeError } from '../errors.ts';
import { type Tape, type Tensor, tapeOf } from './tape.ts';

/** C = or += op(A) op(B), where a transpose is only other strides. */
export function multiplyInto(
  tape: Tape,
  [m, n, k]: readonly [number, number, number],
  a: { readonly at: number; readonly row: number; readonly step: number },
  b: { readonly at: number; readonly row: number; readonly step: number },
  c: number,
  accumulate: boolean,
): void {
  const { kernel, workspace } = tape;
  const scratch = workspace.scratch(kernel.gemmScratch(n));
  kernel.gemm(m, n, k, a.at, 4 * a.row, 4 * a.step, b.at, 4 * b.row, 4 * b.step, c, 4 * n, accumulate ? 1 : 0, scratch);
}

/**
 * x W + b for each row of x.
 *
 * Each element is a sum over the inputs in rising order from +0, products rounded, and the bias last.
 *
 * @param x - [..., in]
 * @param weight - [in, out]
 * @param bias - [out]
 * @returns [..., out]
 * @throws RangeError (`invalid-argument`) for shapes that do not fit.
 * @example
 * linear(x, tape.parameter(weight), tape.parameter(bias));
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const tape = tapeOf(x, weight, ...(bias === undefined ? [] : [bias]));
  const [inputs, outputs] = weight.shape;
  if (weight.shape.length !== 2 || x.columns !== inputs)
    throw rangeError(`x is ${x.shape.join(' x ')}, which does not go with weights of ${weight.shape.join(' x ')}`);
  if (bias !== undefined && bias.size !== outputs)
    throw rangeError(`a bias for ${outputs} outputs has as many numbers, not ${bias.size}`);
  const { rows } = x;
  const y = tape.result([...x.shape.slice(0, -1), outputs], x, weight, ...(bias === undefined ? [] : [bias]));
  const { kernel } = tape;
  multiplyInto(
    tape,
    [rows, outputs, inputs],
    { at: x.pointer, row: inputs, step: 1 },
    { at: weight.pointer, row: outputs, step: 1 },
    y.pointer,
    false,
  );
  if (bias !== undefined) kernel.binary(0, rows, outputs, y.pointer, bias.pointer, 0, y.pointer);
  tape.record(y, () => {
    const dy = y.gradient();
    if (bias?.traced) kernel.addColumnSums(rows, outputs, dy, 1, bias.gradient());
    if (weight.traced)
      multiplyInto(
        tape,
        [inputs, outputs, rows],
        { at: x.pointer, row: 1, step: inputs },
        { at: dy, row: outputs, step: 1 },
        weight.gradient(),
        true,
      );
    if (x.traced)
      multiplyInto(
        tape,
        [rows, inputs, outputs],
        { at: dy, row: outputs, step: 1 },
        { at: weight.pointer, row: 1, step: outputs },
        x.gradient(),
        true,
      );
  });
  return y;
}
