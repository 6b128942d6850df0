/**
 * Convolutions of images [batch, height, width, channels], and the way back up.
 *
 * An output is a sum from +0 over the rows of taps, the taps of a row and the channels, in rising order, products
 * rounded, the bias last; what lies outside an image is zero. Slopes of weights are sums over the pixels of the batch
 * in their order; slopes of inputs over the outputs that saw the input, in their order, then their channels. So the
 * bits of an image do not depend on the batch that it is in.
 */
import { rangeError } from '../errors.ts';
import { type Tape, type Tensor, tapeOf } from './tape.ts';

/**
 * Zeros around an image: as many as give ceil(size / stride) outputs, the odd one below and right; none; so many on
 * each side, as PyTorch counts them; or [top, bottom, left, right].
 */
export type Padding = 'same' | 'valid' | number | readonly [number, number, number, number];

/** Settings of {@link convolution}. */
export interface ConvolutionOptions {
  /** Pixels from one output to the next, in both directions. Default 1. */
  readonly stride?: number;
  /** Default 'same'. */
  readonly padding?: Padding;
}

/** Settings of {@link transposedConvolution}. */
export interface TransposedConvolutionOptions extends ConvolutionOptions {
  /** Rows and columns more at the bottom and at the right, less than the stride: PyTorch's output_padding. Default 0. */
  readonly extra?: number;
}

/** Sizes of a convolution from [batch, h, w, cin] to [batch, oh, ow, cout]. */
interface Geometry {
  readonly batch: number;
  readonly h: number;
  readonly w: number;
  readonly cin: number;
  readonly oh: number;
  readonly ow: number;
  readonly cout: number;
  readonly kh: number;
  readonly kw: number;
  readonly stride: number;
  readonly top: number;
  readonly left: number;
}

/** Bytes of padded images that are made at a time, where one image is not more. */
const GROUP = 1 << 19;

const text = (t: Tensor): string => t.shape.join(' x ');

function checkSettings(x: Tensor, weight: Tensor, stride: number, padding: Padding): void {
  if (x.shape.length !== 4) throw rangeError(`images are [batch, height, width, channels], not ${text(x)}`);
  if (weight.shape.length !== 4)
    throw rangeError(`weights are [height, width, channels, channels], not ${text(weight)}`);
  if (!(Number.isInteger(stride) && stride >= 1)) throw rangeError(`a stride is a whole number from 1, not ${stride}`);
  const zeros = typeof padding === 'string' ? [] : typeof padding === 'number' ? [padding] : padding;
  if (padding !== 'same' && padding !== 'valid' && !zeros.every((p) => Number.isInteger(p) && p >= 0 && p < 65536))
    throw rangeError(`padding is 'same', 'valid', a whole number from 0, or four of them, not ${String(padding)}`);
}

/** Zeros before and after, for a convolution from `size` pixels. */
function zerosOf(padding: Padding, axis: 0 | 1, size: number, k: number, stride: number): [number, number] {
  if (padding === 'valid') return [0, 0];
  if (padding === 'same') {
    const all = Math.max(0, (Math.ceil(size / stride) - 1) * stride + k - size);
    return [all >> 1, all - (all >> 1)];
  }
  return typeof padding === 'number' ? [padding, padding] : [padding[2 * axis], padding[2 * axis + 1]];
}

function checkBias(bias: Tensor | undefined, outputs: number): void {
  if (bias !== undefined && bias.size !== outputs)
    throw rangeError(`a bias for ${outputs} channels has as many numbers, not ${bias.size}`);
}

/** What a group of images is read from: the images themselves, or a padded copy. */
interface Source {
  /** Rows and floats of a row that an image has there. */
  readonly rows: number;
  readonly wide: number;
  /** Images of a group. */
  readonly group: number;
  /** Bytes that the copy of a group takes; 0 for none. */
  readonly bytes: number;
  /** Address of images `first` to `first + count - 1`, copied to `to` where need be. */
  at(first: number, count: number, to: number): number;
}

/**
 * Images [batch, h, w, c] as images of `rows` x `columns`, their first row being row -top, their first column -left.
 * Zeros are what lies outside.
 */
function source(
  tape: Tape,
  x: number,
  [batch, h, w, c]: readonly [number, number, number, number],
  [rows, columns]: readonly [number, number],
  [top, left]: readonly [number, number],
): Source {
  if (top === 0 && left === 0 && rows <= h && columns <= w)
    return { rows: h, wide: w * c, group: batch, bytes: 0, at: (first) => x + 4 * first * h * w * c };
  const wide = columns * c;
  const group = Math.min(batch, Math.max(1, Math.floor(GROUP / (4 * rows * wide))));
  return {
    rows,
    wide,
    group,
    bytes: 4 * group * rows * wide,
    at: (first, count, to) => {
      tape.kernel.pad(count, h, w * c, x + 4 * first * h * w * c, rows, wide, top, left * c, to);
      return to;
    },
  };
}

/** What the patches of a convolution are read from. */
const patches = (tape: Tape, x: number, g: Geometry): Source =>
  source(
    tape,
    x,
    [g.batch, g.h, g.w, g.cin],
    [(g.oh - 1) * g.stride + g.kh, (g.ow - 1) * g.stride + g.kw],
    [g.top, g.left],
  );

const round64 = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** y (+)= the convolution of x, + bias. */
function gather(
  tape: Tape,
  g: Geometry,
  x: number,
  weight: number,
  bias: number,
  y: number,
  accumulate: boolean,
): void {
  const { kernel, workspace } = tape;
  const from = patches(tape, x, g);
  const total = g.kh * g.kw * g.cin;
  const edge = round64(kernel.edgeScratch());
  const panelBytes = round64(4 * kernel.panelSize(total, g.cout));
  const scratch = workspace.scratch(edge + panelBytes + from.bytes);
  const panels = scratch + edge;
  kernel.packPanels(total, g.cout, weight, 4 * g.cout, 4, 0, total, panels);
  const image = 4 * g.oh * g.ow * g.cout;
  for (let first = 0; first < g.batch; first += from.group) {
    const count = Math.min(from.group, g.batch - first);
    kernel.convolve(
      count,
      g.oh,
      g.ow,
      from.at(first, count, panels + panelBytes),
      4 * from.rows * from.wide,
      4 * from.wide * g.stride,
      4 * g.cin * g.stride,
      4 * from.wide,
      g.kh,
      g.kw * g.cin,
      panels,
      g.cout,
      y + first * image,
      image,
      4 * g.ow * g.cout,
      4 * g.cout,
      bias,
      accumulate ? 1 : 0,
      scratch,
    );
  }
}

/** The slope of the weights += what x and dy give. */
function slopeOfWeights(tape: Tape, g: Geometry, x: number, dy: number, slope: number): void {
  const { kernel, workspace } = tape;
  const from = patches(tape, x, g);
  const row = 4 * from.wide * g.stride;
  const need = round64(kernel.weightsScratch(row, g.ow, g.cout));
  const scratch = workspace.scratch(need + from.bytes);
  for (let first = 0; first < g.batch; first += from.group) {
    const count = Math.min(from.group, g.batch - first);
    kernel.convolveWeights(
      count,
      g.oh,
      g.ow,
      from.at(first, count, scratch + need),
      4 * from.rows * from.wide,
      row,
      4 * g.cin * g.stride,
      4 * from.wide,
      g.kh,
      g.kw * g.cin,
      dy + 4 * first * g.oh * g.ow * g.cout,
      g.cout,
      slope,
      scratch,
    );
  }
}

/** Inputs `phase`, `phase + stride`, ... of one axis: which taps reach them, and from which output on. */
interface Phase {
  readonly phase: number;
  /** How many inputs there are. */
  readonly count: number;
  /** Taps in falling order, which is the order of the outputs that they reach the input from. Empty for none. */
  readonly taps: readonly number[];
  /** The output that the first tap belongs to at the first input. */
  readonly from: number;
}

function phases(size: number, k: number, stride: number, before: number): Phase[] {
  return Array.from({ length: Math.min(stride, size) }, (_, phase) => {
    const least = (phase + before) % stride;
    const taps: number[] = [];
    for (let tap = least; tap < k; tap += stride) taps.unshift(tap);
    const from = taps.length === 0 ? 0 : (phase + before - taps[0]) / stride;
    return { phase, count: Math.ceil((size - phase) / stride), taps, from };
  });
}

/** First output that phases need, and how many from there on. */
function extent(all: readonly Phase[]): [number, number] {
  const first = Math.min(...all.map(({ from }) => from));
  return [first, Math.max(...all.map(({ from, count, taps }) => from + count + Math.max(1, taps.length) - 1)) - first];
}

/** x (+)= what flows back from y through a convolution, + bias: its transpose. Each phase of a stride is a convolution. */
function spread(
  tape: Tape,
  g: Geometry,
  y: number,
  weight: number,
  bias: number,
  x: number,
  accumulate: boolean,
): void {
  const { kernel, workspace } = tape;
  const { cin, cout } = g;
  const down = phases(g.h, g.kh, g.stride, g.top);
  const across = phases(g.w, g.kw, g.stride, g.left);
  const [firstRow, rows] = extent(down);
  const [firstColumn, columns] = extent(across);
  const from = source(tape, y, [g.batch, g.oh, g.ow, cout], [rows, columns], [-firstRow, -firstColumn]);
  const most = Math.max(1, ...down.map((p) => p.taps.length)) * Math.max(1, ...across.map((p) => p.taps.length)) * cout;
  const edge = round64(kernel.edgeScratch());
  const panelBytes = round64(4 * kernel.panelSize(most, cin));
  const scratch = workspace.scratch(edge + panelBytes + from.bytes);
  const panels = scratch + edge;
  const image = 4 * g.h * g.w * cin;
  for (let first = 0; first < g.batch; first += from.group) {
    const count = Math.min(from.group, g.batch - first);
    const a = from.at(first, count, panels + panelBytes);
    for (const v of down)
      for (const u of across) {
        const none = v.taps.length === 0 || u.taps.length === 0;
        if (none && accumulate) continue;
        const [ty, tx] = none ? [[-1], [-1]] : [v.taps, u.taps];
        const total = ty.length * tx.length * cout;
        if (none) workspace.floats(panels, kernel.panelSize(total, cin)).fill(0);
        else
          for (const [i, ky] of ty.entries())
            for (const [j, kx] of tx.entries()) {
              const tap = weight + 4 * (ky * g.kw + kx) * cin * cout;
              kernel.packPanels(cout, cin, tap, 4, 4 * cout, (i * tx.length + j) * cout, total, panels);
            }
        kernel.convolve(
          count,
          v.count,
          u.count,
          a + 4 * ((v.from - firstRow) * from.wide + (u.from - firstColumn) * cout),
          4 * from.rows * from.wide,
          4 * from.wide,
          4 * cout,
          4 * from.wide,
          ty.length,
          tx.length * cout,
          panels,
          cin,
          x + first * image + 4 * (v.phase * g.w + u.phase) * cin,
          image,
          4 * g.stride * g.w * cin,
          4 * g.stride * cin,
          bias,
          accumulate ? 1 : 0,
          scratch,
        );
      }
  }
}

/**
 * Convolution as networks mean it: taps are not mirrored.
 *
 * @param x - [batch, height, width, in]
 * @param weight - [taps down, taps across, in, out]
 * @param bias - [out]
 * @returns [batch, height', width', out]
 * @throws RangeError (`invalid-argument`) for shapes or settings that do not fit.
 * @example
 * convolution(images, tape.parameter(weight), tape.parameter(bias), { stride: 2, padding: 1 });
 */
export function convolution(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  { stride = 1, padding = 'same' }: ConvolutionOptions = {},
): Tensor {
  const tape = tapeOf(x, weight, ...(bias === undefined ? [] : [bias]));
  checkSettings(x, weight, stride, padding);
  const [batch, h, w, cin] = x.shape;
  const [kh, kw, inputs, cout] = weight.shape;
  if (cin !== inputs) throw rangeError(`images of ${cin} channels do not go with weights of ${text(weight)}`);
  checkBias(bias, cout);
  const [top, bottom] = zerosOf(padding, 0, h, kh, stride);
  const [left, right] = zerosOf(padding, 1, w, kw, stride);
  const oh = Math.floor((h + top + bottom - kh) / stride) + 1;
  const ow = Math.floor((w + left + right - kw) / stride) + 1;
  if (!(oh >= 1 && ow >= 1)) throw rangeError(`images of ${text(x)} are smaller than ${kh} x ${kw} taps`);
  const g: Geometry = { batch, h, w, cin, oh, ow, cout, kh, kw, stride, top, left };
  const y = tape.result([batch, oh, ow, cout], x, weight, ...(bias === undefined ? [] : [bias]));
  gather(tape, g, x.pointer, weight.pointer, bias?.pointer ?? 0, y.pointer, false);
  tape.record(y, () => {
    const dy = y.gradient();
    if (bias?.traced) tape.kernel.addColumnSums(batch * oh * ow, cout, dy, 1, bias.gradient());
    if (weight.traced) slopeOfWeights(tape, g, x.pointer, dy, weight.gradient());
    if (x.traced) spread(tape, g, dy, weight.pointer, 0, x.gradient(), true);
  });
  return y;
}

/**
 * The transpose of a convolution: a stride makes images larger.
 *
 * The weights are those of the convolution that goes the other way: first the channels that come out, then those that
 * come in. 'same' gives images `stride` times as large.
 *
 * @param x - [batch, height, width, in]
 * @param weight - [taps down, taps across, out, in]
 * @param bias - [out]
 * @returns [batch, height', width', out]
 * @throws RangeError (`invalid-argument`) for shapes or settings that do not fit.
 * @example
 * transposedConvolution(x, tape.parameter(weight), tape.parameter(bias), { stride: 2, padding: 1, extra: 1 });
 */
export function transposedConvolution(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  { stride = 1, padding = 'same', extra = 0 }: TransposedConvolutionOptions = {},
): Tensor {
  const tape = tapeOf(x, weight, ...(bias === undefined ? [] : [bias]));
  checkSettings(x, weight, stride, padding);
  const [batch, oh, ow, cout] = x.shape;
  const [kh, kw, cin, inputs] = weight.shape;
  if (cout !== inputs) throw rangeError(`images of ${cout} channels do not go with weights of ${text(weight)}`);
  checkBias(bias, cin);
  if (!(Number.isInteger(extra) && extra >= 0 && extra < stride && (extra === 0 || padding !== 'same')))
    throw rangeError(`extra is a whole number from 0 to below the stride, and 0 for 'same', not ${extra}`);
  const [top, bottom] = zerosOf(padding, 0, oh * stride, kh, stride);
  const [left, right] = zerosOf(padding, 1, ow * stride, kw, stride);
  const h = padding === 'same' ? oh * stride : (oh - 1) * stride + kh - top - bottom + extra;
  const w = padding === 'same' ? ow * stride : (ow - 1) * stride + kw - left - right + extra;
  if (!(h >= 1 && w >= 1)) throw rangeError(`images of ${text(x)} have nothing left within the padding`);
  const g: Geometry = { batch, h, w, cin, oh, ow, cout, kh, kw, stride, top, left };
  const y = tape.result([batch, h, w, cin], x, weight, ...(bias === undefined ? [] : [bias]));
  spread(tape, g, x.pointer, weight.pointer, bias?.pointer ?? 0, y.pointer, false);
  tape.record(y, () => {
    const dy = y.gradient();
    if (bias?.traced) tape.kernel.addColumnSums(batch * h * w, cin, dy, 1, bias.gradient());
    if (weight.traced) slopeOfWeights(tape, g, dy, x.pointer, weight.gradient());
    if (x.traced) gather(tape, g, dy, weight.pointer, 0, x.gradient(), true);
  });
  return y;
}
