// Convolutions of images [batch, height, width, channels] in f32. What a tap reads lies side by side in memory for all
// taps of a row: a patch is `segments` runs of floats, and nothing need be copied but the images' padding. Sums run
// over k in rising order as everywhere here: rows of taps, taps of a row, channels; or pixels, for slopes of weights.
import { EDGE, packPanels, panelWidth, panelsWidth, tile4, tileRow } from './tiles';

export { packPanels };

/** Bytes of scratch that {@link convolve} and {@link convolveWeights} need besides panels. */
export function edgeScratch(): usize {
  return EDGE;
}

/** Floats that `total` rows of n columns take in panels. */
export function panelSize(total: usize, n: usize): usize {
  return total * panelsWidth(n);
}

/**
 * Images of h rows of `row` floats into images of H rows of `wide` floats: row 0 becomes row `top`, float 0 becomes float
 * `left`, either of which may be negative; what does not fit is left out, what is not reached is zero.
 */
export function pad(
  images: usize,
  h: usize,
  row: usize,
  x: usize,
  H: usize,
  wide: usize,
  top: isize,
  left: isize,
  to: usize,
): void {
  const skip: usize = left < 0 ? min<usize>(-left, row) : 0;
  const before: usize = left > 0 ? min<usize>(left, wide) : 0;
  const count = min(row - skip, wide - before);
  for (let i: usize = 0; i < images; i++) {
    for (let y: isize = 0; y < <isize>H; y++) {
      const from = y - top;
      if (from < 0 || from >= <isize>h) memory.fill(to, 0, wide << 2);
      else {
        memory.fill(to, 0, before << 2);
        memory.copy(to + (before << 2), x + ((<usize>from * row + skip) << 2), count << 2);
        memory.fill(to + ((before + count) << 2), 0, (wide - before - count) << 2);
      }
      to += wide << 2;
    }
    x += (h * row) << 2;
  }
}

/** Pixels that are computed panel after panel while what they read stays in the first cache. */
const PIXELS: usize = 96;

/** The address of pixel p of [images, oh, ow] where strides are given in bytes. */
// @ts-ignore: decorator
@inline
function pixelAt(base: usize, p: usize, oh: usize, ow: usize, image: usize, row: usize, pixel: usize): usize {
  const line = p / ow;
  return base + (line / oh) * image + (line % oh) * row + (p % ow) * pixel;
}

/**
 * For each pixel of [images, oh, ow]: n sums over `segments` runs of `depth` floats, times panels of as many rows, into
 * C. Strides of images, rows and pixels are in bytes, for what is read (A) and what is written (C).
 */
export function convolve(
  images: usize,
  oh: usize,
  ow: usize,
  a: usize,
  imageA: usize,
  rowA: usize,
  pixelA: usize,
  lineA: usize,
  segments: usize,
  depth: usize,
  panels: usize,
  n: usize,
  c: usize,
  imageC: usize,
  rowC: usize,
  pixelC: usize,
  bias: usize,
  accumulate: bool,
  edge: usize,
): void {
  const total = segments * depth;
  const jump = lineA - (depth << 2);
  const pixels = images * oh * ow;
  for (let p0: usize = 0; p0 < pixels; p0 += PIXELS) {
    const p1 = min(p0 + PIXELS, pixels);
    for (let j: usize = 0; j < n; j += 8) {
      const width = panelWidth(j, n);
      const columns = min(width, n - j);
      const panel = panels + (j * total << 2);
      const to = c + (j << 2);
      const by = bias ? bias + (j << 2) : 0;
      let p = p0;
      for (; p + 4 <= p1; p += 4) {
        const x = p % ow;
        let a0 = pixelAt(a, p, oh, ow, imageA, rowA, pixelA);
        let c0 = pixelAt(to, p, oh, ow, imageC, rowC, pixelC);
        let a1 = a0 + pixelA;
        let a2 = a1 + pixelA;
        let a3 = a2 + pixelA;
        let c1 = c0 + pixelC;
        let c2 = c1 + pixelC;
        let c3 = c2 + pixelC;
        if (x + 4 > ow) {
          a1 = pixelAt(a, p + 1, oh, ow, imageA, rowA, pixelA);
          a2 = pixelAt(a, p + 2, oh, ow, imageA, rowA, pixelA);
          a3 = pixelAt(a, p + 3, oh, ow, imageA, rowA, pixelA);
          c1 = pixelAt(to, p + 1, oh, ow, imageC, rowC, pixelC);
          c2 = pixelAt(to, p + 2, oh, ow, imageC, rowC, pixelC);
          c3 = pixelAt(to, p + 3, oh, ow, imageC, rowC, pixelC);
        }
        tile4(a0, a1, a2, a3, 4, depth, segments, jump, panel, width, columns, c0, c1, c2, c3, !accumulate, by, edge);
      }
      for (; p < p1; p++)
        tileRow(
          pixelAt(a, p, oh, ow, imageA, rowA, pixelA),
          4,
          depth,
          segments,
          jump,
          panel,
          width,
          columns,
          pixelAt(to, p, oh, ow, imageC, rowC, pixelC),
          !accumulate,
          by,
          edge,
        );
    }
  }
}

/** Floats of what is read, above which a block of {@link convolveWeights} takes no further row of pixels. */
const BLOCK: usize = 4096;

/** One row of C: += sums over pixels of a run of A times one number of each pixel. */
function weightsRow(
  rows: usize,
  ow: usize,
  a: usize,
  rowA: usize,
  pixelA: usize,
  depth: usize,
  b: usize,
  pixelB: usize,
  c: usize,
  strideC: usize,
): void {
  let r: usize = 0;
  for (; r + 16 <= depth; r += 16) {
    const to = c + r * strideC;
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    let s3 = f32x4.splat(0);
    s0 = gather4(to, strideC);
    s1 = gather4(to + 4 * strideC, strideC);
    s2 = gather4(to + 8 * strideC, strideC);
    s3 = gather4(to + 12 * strideC, strideC);
    let from = b;
    for (let y: usize = 0; y < rows; y++) {
      let at = a + y * rowA + (r << 2);
      for (let x: usize = 0; x < ow; x++) {
        const f = v128.load_splat<f32>(from);
        s0 = f32x4.add(s0, f32x4.mul(f, v128.load(at)));
        s1 = f32x4.add(s1, f32x4.mul(f, v128.load(at, 16)));
        s2 = f32x4.add(s2, f32x4.mul(f, v128.load(at, 32)));
        s3 = f32x4.add(s3, f32x4.mul(f, v128.load(at, 48)));
        from += pixelB;
        at += pixelA;
      }
    }
    scatter4(to, strideC, s0);
    scatter4(to + 4 * strideC, strideC, s1);
    scatter4(to + 8 * strideC, strideC, s2);
    scatter4(to + 12 * strideC, strideC, s3);
  }
  for (; r < depth; r++) {
    const to = c + r * strideC;
    let sum = load<f32>(to);
    let from = b;
    for (let y: usize = 0; y < rows; y++) {
      let at = a + y * rowA + (r << 2);
      for (let x: usize = 0; x < ow; x++) {
        sum += load<f32>(from) * load<f32>(at);
        from += pixelB;
        at += pixelA;
      }
    }
    store<f32>(to, sum);
  }
}

// @ts-ignore: decorator
@inline
function gather4(at: usize, stride: usize): v128 {
  let v = v128.load_splat<f32>(at);
  v = f32x4.replace_lane(v, 1, load<f32>(at + stride));
  v = f32x4.replace_lane(v, 2, load<f32>(at + 2 * stride));
  return f32x4.replace_lane(v, 3, load<f32>(at + 3 * stride));
}

// @ts-ignore: decorator
@inline
function scatter4(at: usize, stride: usize, v: v128): void {
  store<f32>(at, f32x4.extract_lane(v, 0));
  store<f32>(at + stride, f32x4.extract_lane(v, 1));
  store<f32>(at + 2 * stride, f32x4.extract_lane(v, 2));
  store<f32>(at + 3 * stride, f32x4.extract_lane(v, 3));
}

/** Bytes of scratch that {@link convolveWeights} needs for a row of ow pixels, of which each has n numbers. */
export function weightsScratch(rowA: usize, ow: usize, n: usize): usize {
  return EDGE + blockRows(rowA) * ow * panelsWidth(n) * 4;
}

function blockRows(rowA: usize): usize {
  return max<usize>(1, (BLOCK << 2) / rowA);
}

/**
 * C [segments * depth, n] += the sum over all pixels of [images, oh, ow], in their order, of what A has there (runs as
 * in {@link convolve}) times the pixel's n numbers at B (dense).
 */
export function convolveWeights(
  images: usize,
  oh: usize,
  ow: usize,
  a: usize,
  imageA: usize,
  rowA: usize,
  pixelA: usize,
  lineA: usize,
  segments: usize,
  depth: usize,
  b: usize,
  n: usize,
  c: usize,
  scratch: usize,
): void {
  const edge = scratch;
  const panels = scratch + EDGE;
  const rowB = n << 2;
  const total = segments * depth;
  const most = blockRows(rowA);
  for (let i: usize = 0; i < images; i++) {
    for (let y: usize = 0; y < oh; y += most) {
      const rows = min(most, oh - y);
      const pixels = rows * ow;
      const from = a + y * rowA;
      if (n < 4) {
        for (let j: usize = 0; j < n; j++)
          for (let s: usize = 0; s < segments; s++)
            weightsRow(
              rows,
              ow,
              from + s * lineA,
              rowA,
              pixelA,
              depth,
              b + (j << 2),
              rowB,
              c + ((s * depth * n + j) << 2),
              rowB,
            );
      } else {
        packPanels(pixels, n, b, rowB, 4, 0, pixels, panels);
        const jump = rowA - ow * pixelA;
        for (let j: usize = 0; j < n; j += 8) {
          const width = panelWidth(j, n);
          const columns = min(width, n - j);
          const panel = panels + (j * pixels << 2);
          let to = c + (j << 2);
          let r: usize = 0;
          for (; r + 4 <= total; r += 4) {
            tile4(
              from + (r / depth) * lineA + ((r % depth) << 2),
              from + ((r + 1) / depth) * lineA + (((r + 1) % depth) << 2),
              from + ((r + 2) / depth) * lineA + (((r + 2) % depth) << 2),
              from + ((r + 3) / depth) * lineA + (((r + 3) % depth) << 2),
              pixelA,
              ow,
              rows,
              jump,
              panel,
              width,
              columns,
              to,
              to + rowB,
              to + 2 * rowB,
              to + 3 * rowB,
              false,
              0,
              edge,
            );
            to += 4 * rowB;
          }
          for (; r < total; r++) {
            tileRow(
              from + (r / depth) * lineA + ((r % depth) << 2),
              pixelA,
              ow,
              rows,
              jump,
              panel,
              width,
              columns,
              to,
              false,
              0,
              edge,
            );
            to += rowB;
          }
        }
      }
      b += pixels * rowB;
    }
    a += imageA;
  }
}
