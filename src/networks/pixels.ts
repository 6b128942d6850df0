/** Pixels of images that move: into channels and back, to larger images and smaller ones. */
import { rangeError } from '../errors.ts';
import { type Tensor, tapeOf } from './tape.ts';

function sizes(x: Tensor, factor: number): [batch: number, h: number, w: number, c: number] {
  if (x.shape.length !== 4) throw rangeError(`images are [batch, height, width, channels], not ${x.shape.join(' x ')}`);
  if (!(Number.isInteger(factor) && factor >= 1)) throw rangeError(`a factor is a whole number from 1, not ${factor}`);
  return x.shape as [number, number, number, number];
}

function divided(x: Tensor, factor: number): [batch: number, h: number, w: number, c: number] {
  const [batch, h, w, c] = sizes(x, factor);
  if (h % factor !== 0 || w % factor !== 0)
    throw rangeError(`images of ${h} x ${w} pixels do not fall into squares of ${factor} x ${factor}`);
  return [batch, h / factor, w / factor, c];
}

/**
 * Squares of pixels into channels: [batch, h f, w f, c] to [batch, h, w, f f c], row by row of a square, each pixel with
 * its channels. (PyTorch's pixel_unshuffle orders by channel first, then by pixel.)
 *
 * @throws RangeError (`invalid-argument`) for images that do not fall into squares.
 */
export function spaceToDepth(x: Tensor, factor = 2): Tensor {
  const tape = tapeOf(x);
  const [batch, h, w, c] = divided(x, factor);
  const { kernel } = tape;
  const y = tape.result([batch, h, w, factor * factor * c], x);
  const run = 4 * factor * c;
  for (let i = 0; i < factor; i++) {
    const from = x.pointer + i * w * run;
    kernel.copyBlocks(
      batch * h,
      w,
      factor * c,
      from,
      factor * w * run,
      run,
      y.pointer + i * run,
      w * factor * run,
      factor * run,
    );
  }
  tape.record(y, () => {
    const [dy, dx] = [y.gradient(), x.gradient()];
    for (let i = 0; i < factor; i++) {
      const to = dx + i * w * run;
      kernel.addBlocks(
        batch * h,
        w,
        factor * c,
        dy + i * run,
        w * factor * run,
        factor * run,
        1,
        to,
        factor * w * run,
        run,
      );
    }
  });
  return y;
}

/**
 * Channels into squares of pixels: [batch, h, w, f f c] to [batch, h f, w f, c], what {@link spaceToDepth} undoes.
 *
 * @throws RangeError (`invalid-argument`) for channels that do not make squares.
 */
export function depthToSpace(x: Tensor, factor = 2): Tensor {
  const tape = tapeOf(x);
  const [batch, h, w, all] = sizes(x, factor);
  const c = all / (factor * factor);
  if (!Number.isInteger(c)) throw rangeError(`${all} channels do not make squares of ${factor} x ${factor} pixels`);
  const { kernel } = tape;
  const y = tape.result([batch, h * factor, w * factor, c], x);
  const run = 4 * factor * c;
  for (let i = 0; i < factor; i++) {
    const to = y.pointer + i * w * run;
    kernel.copyBlocks(
      batch * h,
      w,
      factor * c,
      x.pointer + i * run,
      w * factor * run,
      factor * run,
      to,
      factor * w * run,
      run,
    );
  }
  tape.record(y, () => {
    const [dy, dx] = [y.gradient(), x.gradient()];
    for (let i = 0; i < factor; i++) {
      const from = dy + i * w * run;
      kernel.addBlocks(
        batch * h,
        w,
        factor * c,
        from,
        factor * w * run,
        run,
        1,
        dx + i * run,
        w * factor * run,
        factor * run,
      );
    }
  });
  return y;
}

/** Each pixel as a square of `factor` x `factor` like it: [batch, h, w, c] to [batch, h f, w f, c]. */
export function upsample(x: Tensor, factor = 2): Tensor {
  const tape = tapeOf(x);
  const [batch, h, w, c] = sizes(x, factor);
  const { kernel } = tape;
  const y = tape.result([batch, h * factor, w * factor, c], x);
  const [pixel, line] = [4 * c, 4 * w * c];
  const wide = line * factor;
  for (let i = 0; i < factor; i++)
    for (let j = 0; j < factor; j++) {
      const to = y.pointer + i * wide + j * pixel;
      kernel.copyBlocks(batch * h, w, c, x.pointer, line, pixel, to, factor * wide, factor * pixel);
    }
  tape.record(y, () => {
    const [dy, dx] = [y.gradient(), x.gradient()];
    for (let i = 0; i < factor; i++)
      for (let j = 0; j < factor; j++) {
        const from = dy + i * wide + j * pixel;
        kernel.addBlocks(batch * h, w, c, from, factor * wide, factor * pixel, 1, dx, line, pixel);
      }
  });
  return y;
}

/**
 * Means of squares of pixels: [batch, h f, w f, c] to [batch, h, w, c]. The sum of a square, row by row, times 1 / f^2.
 *
 * @throws RangeError (`invalid-argument`) for images that do not fall into squares.
 */
export function averagePool(x: Tensor, factor = 2): Tensor {
  const tape = tapeOf(x);
  const [batch, h, w, c] = divided(x, factor);
  const { kernel } = tape;
  const y = tape.result([batch, h, w, c], x);
  const [pixel, line] = [4 * c, 4 * w * c];
  const wide = line * factor;
  const by = 1 / (factor * factor);
  for (let i = 0; i < factor; i++)
    for (let j = 0; j < factor; j++) {
      const from = x.pointer + i * wide + j * pixel;
      if (i + j === 0) kernel.copyBlocks(batch * h, w, c, from, factor * wide, factor * pixel, y.pointer, line, pixel);
      else kernel.addBlocks(batch * h, w, c, from, factor * wide, factor * pixel, 1, y.pointer, line, pixel);
    }
  kernel.affine(y.size, y.pointer, by, 0, y.pointer);
  tape.record(y, () => {
    const [dy, dx] = [y.gradient(), x.gradient()];
    for (let i = 0; i < factor; i++)
      for (let j = 0; j < factor; j++) {
        const to = dx + i * wide + j * pixel;
        kernel.addBlocks(batch * h, w, c, dy, line, pixel, by, to, factor * wide, factor * pixel);
      }
  });
  return y;
}
