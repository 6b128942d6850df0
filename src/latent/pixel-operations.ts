/**
 * Operations on a tape for models that look at pixels which are already coded: gathering what a pixel may be told from,
 * tables of learned rows, sums over the rows above, and softmaxes that can point at a neighbour's value.
 */
import { rangeError } from '../errors.ts';
import { multiplyInto } from '../networks/linear.ts';
import { type Tape, Tensor, tapeOf } from '../networks/tape.ts';

/** The part of the kernels that these operations use. Addresses and strides in bytes, counts in numbers. */
interface PixelKernel {
  windowSize(up: number, side: number, channels: number): number;
  windows(
    n: number,
    list: number,
    pixels: number,
    height: number,
    width: number,
    up: number,
    side: number,
    channels: number,
    to: number,
    stride: number,
  ): void;
  greysSize(): number;
  greys(n: number, list: number, pixels: number, height: number, width: number, to: number, stride: number): void;
  near(
    n: number,
    list: number,
    pixels: number,
    height: number,
    width: number,
    up: number,
    side: number,
    to: number,
  ): void;
  neighbours(n: number, list: number, pixels: number, height: number, width: number, count: number, to: number): void;
  pick(m: number, n: number, table: number, index: number, to: number): void;
  addPicked(m: number, n: number, x: number, index: number, table: number): void;
  addValues(m: number, n: number, count: number, table: number, values: number, y: number): void;
  addToValues(m: number, n: number, count: number, dy: number, values: number, table: number): void;
  pointingLoss(
    m: number,
    count: number,
    copies: number,
    x: number,
    targets: number,
    sources: number,
    loss: number,
    dx: number,
    scratch: number,
  ): void;
  pointingMasses(
    m: number,
    count: number,
    copies: number,
    x: number,
    sources: number,
    to: number,
    scratch: number,
  ): void;
}

const kernelOf = (tape: Tape): PixelKernel => tape.kernel as unknown as PixelKernel;

/** Neighbours whose values can be asked for. */
export const MOST_NEIGHBOURS = 16;

/** Images in a workspace: bytes, one image after another. */
export interface PlacedImages {
  /** Address of the first byte. */
  readonly at: number;
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

/** Whole numbers in a workspace, which last as long as the tape's pass. */
export interface Placed {
  /** Address of the first. */
  readonly at: number;
  readonly length: number;
}

/** Puts whole numbers, of 0 to 2^31 - 1, into the workspace for the rest of the pass. */
export function placed({ workspace }: Tape, numbers: Int32Array | readonly number[]): Placed {
  const at = workspace.allocate(numbers.length);
  workspace.integers(at, numbers.length).set(numbers);
  return { at, length: numbers.length };
}

/** Puts images into the workspace for the rest of the pass. */
export function placedImages(
  { workspace }: Tape,
  pixels: Uint8Array,
  count: number,
  height: number,
  width: number,
): PlacedImages {
  const at = workspace.allocate(Math.ceil(pixels.length / 4));
  workspace.view(at, pixels.length).set(pixels);
  return { at, count, height, width };
}

/** What is looked at around a pixel. */
export interface Surroundings {
  /** Rows above. */
  readonly up: number;
  /** Columns on either side. */
  readonly side: number;
  /** Numbers for each pixel there: its value, or its share of 255 and whether it is 0, and with 3 whether it is bright. */
  readonly channels: 1 | 2 | 3;
  /** Whether what tells the levels of an image follows. */
  readonly greys: boolean;
}

/** Numbers that {@link surroundings} gives for each pixel. */
export function surroundingsSize(tape: Pick<Tape, 'kernel'>, { up, side, channels, greys }: Surroundings): number {
  const kernel = tape.kernel as unknown as PixelKernel;
  return kernel.windowSize(up, side, channels) + (greys ? kernel.greysSize() : 0);
}

/**
 * What pixels can be told from: what was coded before each of them in its image.
 *
 * @param list - The pixels: image * height * width + row * width + column.
 * @returns [pixels, {@link surroundingsSize}], a constant.
 */
export function surroundings(tape: Tape, images: PlacedImages, list: Placed, of: Surroundings): Tensor {
  const kernel = kernelOf(tape);
  const columns = surroundingsSize(tape, of);
  const y = tape.result([list.length, columns]);
  const { at, height, width } = images;
  const n = list.length;
  kernel.windows(n, list.at, at, height, width, of.up, of.side, of.channels, y.pointer, 4 * columns);
  const window = kernel.windowSize(of.up, of.side, of.channels);
  if (of.greys) kernel.greys(n, list.at, at, height, width, y.pointer + 4 * window, 4 * columns);
  return y;
}

/** Whether anything was drawn within 2 rows and columns before each pixel: one byte each, a view. */
export function drawnNear(tape: Tape, images: PlacedImages, list: Placed): Uint8Array {
  const { workspace } = tape;
  const to = workspace.allocate(Math.ceil(list.length / 4));
  kernelOf(tape).near(list.length, list.at, images.at, images.height, images.width, 2, 2, to);
  return workspace.view(to, list.length);
}

/**
 * Values of the first `count` of the 16 nearest pixels before each one of the list, 0 outside of the image: above, left,
 * above left, above right, two above, two to the left, and so on.
 */
export function neighbours(tape: Tape, images: PlacedImages, list: Placed, count: number): Placed {
  const length = list.length * count;
  const at = tape.workspace.allocate(length);
  kernelOf(tape).neighbours(list.length, list.at, images.at, images.height, images.width, count, at);
  return { at, length };
}

/**
 * Rows of a table.
 *
 * @param table - [rows, n]
 * @param index - A row's number for each row of the result. Not checked.
 */
export function picked(table: Tensor, index: Placed): Tensor {
  const { tape, columns } = table;
  const y = tape.result([index.length, columns], table);
  const kernel = kernelOf(tape);
  kernel.pick(index.length, columns, table.pointer, index.at, y.pointer);
  tape.record(y, () => kernel.addPicked(index.length, columns, y.gradient(), index.at, table.gradient()));
  return y;
}

/**
 * x, and for each of its rows one row of the table for each of several values.
 *
 * @param x - [rows, n]
 * @param table - [256 count, n]: 256 rows for the first value, 256 for the second, and so on.
 * @param values - count bytes for each row of x.
 */
export function withValues(x: Tensor, table: Tensor, values: Placed): Tensor {
  const tape = tapeOf(x, table);
  const { rows, columns } = x;
  const count = table.rows / 256;
  if (count * rows !== values.length) throw rangeError(`${values.length} values are not ${count} for ${rows} rows`);
  const y = tape.result(x.shape, x, table);
  const kernel = kernelOf(tape);
  tape.kernel.copyRows(rows, columns, x.pointer, 4 * columns, y.pointer, 4 * columns);
  kernel.addValues(rows, columns, count, table.pointer, values.at, y.pointer);
  tape.record(y, () => {
    if (x.traced) tape.kernel.addScaled(y.size, y.gradient(), 1, x.gradient());
    if (table.traced) kernel.addToValues(rows, columns, count, y.gradient(), values.at, table.gradient());
  });
  return y;
}

/** Adds one row of images to the sums over the rows above it: to = from + x W for `images` rows of x. */
export function addRow(
  tape: Tape,
  images: number,
  width: number,
  x: number,
  weight: number,
  columns: number,
  from: number,
  to: number,
): void {
  if (from !== to) tape.kernel.copyRows(images, columns, from, 4 * columns, to, 4 * columns);
  multiplyInto(
    tape,
    [images, columns, width],
    { at: x, row: width, step: 1 },
    { at: weight, row: columns, step: 1 },
    to,
    true,
  );
}

/**
 * For each row of images a linear function of all rows above it: with rows x_0, x_1, .. it is x_0 W_0 + .. + x_(r-1)
 * W_(r-1), summed in that order from zeros.
 *
 * @param x - [height, images, width], no gradient flows to it.
 * @param weight - [height, width, n]
 * @returns [height, images, n]
 */
export function sumsAbove(x: Tensor, weight: Tensor): Tensor {
  const tape = tapeOf(x, weight);
  const [height, images, width] = x.shape;
  const n = weight.columns;
  if (weight.size !== height * width * n) throw rangeError('weights of rows are [height, width, n]');
  const y = tape.result([height, images, n], weight);
  const block = 4 * images * n;
  tape.workspace.floats(y.pointer, images * n).fill(0);
  for (let r = 0; r + 1 < height; r++) {
    const from = y.pointer + r * block;
    addRow(
      tape,
      images,
      width,
      x.pointer + 4 * r * images * width,
      weight.pointer + 4 * r * width * n,
      n,
      from,
      from + block,
    );
  }
  tape.record(y, () => {
    const { workspace, kernel } = tape;
    const dy = y.gradient();
    const dw = weight.gradient();
    const mark = workspace.mark();
    const sum = workspace.allocate(images * n);
    workspace.floats(sum, images * n).fill(0);
    for (let r = height - 1; r > 0; r--) {
      kernel.addScaled(images * n, dy + r * block, 1, sum);
      multiplyInto(
        tape,
        [width, n, images],
        { at: x.pointer + 4 * (r - 1) * images * width, row: 1, step: width },
        { at: sum, row: n, step: 1 },
        dw + 4 * (r - 1) * width * n,
        true,
      );
    }
    workspace.release(mark);
  });
  return y;
}

/**
 * Code lengths of values under softmaxes over all values and over pointers, each of which stands for a neighbour's value
 * (a pointer network's way of copying: Vinyals, Fortunato and Jaitly 2015, arXiv:1506.03134).
 *
 * @param x - [n, values + pointers]
 * @param targets - n values from 1 to `values`.
 * @param sources - The values that the pointers of each row point at; one of 0 is ruled out.
 * @returns [n], nats.
 */
export function pointingLoss(x: Tensor, targets: Placed, sources: Placed): Tensor {
  const { tape, rows } = x;
  const copies = sources.length / rows;
  const count = x.columns - copies;
  if (targets.length !== rows || !Number.isInteger(copies))
    throw rangeError('one target and some sources for each row');
  const { workspace } = tape;
  const loss = tape.result([rows], x);
  const dx = loss.traced ? workspace.allocate(x.size) : 0;
  const kernel = kernelOf(tape);
  const scratch = workspace.scratch(4 * x.columns);
  kernel.pointingLoss(rows, count, copies, x.pointer, targets.at, sources.at, loss.pointer, dx, scratch);
  tape.record(loss, () => tape.kernel.addRowScaled(rows, x.columns, dx, loss.gradient(), x.gradient()));
  return loss;
}

/**
 * The distributions of {@link pointingLoss} in whole numbers.
 *
 * @returns values + 1 sums for each row: the masses of all values before each, then the total of at most 2^24. A view.
 */
export function pointingMasses(x: Tensor, sources: Placed): Uint32Array {
  const { tape, rows } = x;
  const { workspace } = tape;
  const copies = sources.length / rows;
  const count = x.columns - copies;
  const scratch = workspace.scratch(4 * x.columns);
  const to = workspace.allocate(rows * (count + 1));
  kernelOf(tape).pointingMasses(rows, count, copies, x.pointer, sources.at, to, scratch);
  const { buffer, byteOffset, length } = workspace.integers(to, rows * (count + 1));
  return new Uint32Array(buffer, byteOffset, length);
}

/** Losses of pixels, the image that each belongs to, and how much each counts. */
export interface PixelLosses {
  readonly losses: Tensor;
  /** The number of the image. */
  readonly image: Int32Array;
  /** Default 1. */
  readonly weight?: Float32Array;
}

/**
 * The sum of losses by image.
 *
 * @returns [images]
 */
export function lossByImage(tape: Tape, images: number, parts: readonly PixelLosses[]): Tensor {
  const y = tape.result([images], ...parts.map(({ losses }) => losses));
  const sums = new Float64Array(images);
  for (const { losses, image, weight } of parts) {
    const { values } = losses;
    for (let i = 0; i < values.length; i++) sums[image[i]] += values[i] * (weight === undefined ? 1 : weight[i]);
  }
  y.values.set(sums);
  tape.record(y, () => {
    const dy = y.gradientValues();
    for (const { losses, image, weight } of parts) {
      if (!losses.traced) continue;
      const d = tape.workspace.floats(losses.gradient(), losses.size);
      for (let i = 0; i < d.length; i++) d[i] += dy[image[i]] * (weight === undefined ? 1 : weight[i]);
    }
  });
  return y;
}

/** A tensor over numbers that lie in the workspace already: no gradient flows into it. */
export function resident(tape: Tape, at: number, shape: readonly number[]): Tensor {
  return new Tensor(tape, shape, at, false);
}
