/** The sets of images that benches of images and networks take: MNIST's idx files, and its static binarisation. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Images of one size, one channel, a byte a pixel, one after another. */
export interface ImageSet {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array;
  /** The highest value: 1 or 255. */
  readonly most: number;
}

/** A part of MNIST: `t10k` or `train`, from the idx file in the folder, packed with gzip or not. */
export function mnist(folder: string, part: 't10k' | 'train'): ImageSet {
  const path = join(folder, `${part}-images-idx3-ubyte`);
  const bytes = existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`));
  const [magic, images, height, width] = [0, 4, 8, 12].map((at) => bytes.readUInt32BE(at)) as [number, ...number[]];
  if (magic !== 0x803 || bytes.length !== 16 + images! * height! * width!) throw new Error(`${path} is no idx file`);
  return { images: images!, height: height!, width: width!, pixels: new Uint8Array(bytes.subarray(16)), most: 255 };
}

/** A part of the static binarisation: files of 98 bytes an image, the high bit first. */
export function binarised(folder: string, part: 'test' | 'valid' | 'train'): ImageSet {
  const bytes = readFileSync(join(folder, `${part}.packed`));
  const pixels = new Uint8Array(8 * bytes.length);
  for (let i = 0; i < pixels.length; i++) pixels[i] = (bytes[i >> 3]! >> (7 - (i & 7))) & 1;
  return { images: pixels.length / 784, height: 28, width: 28, pixels, most: 1 };
}

/** The first images of a set. */
export const first = (set: ImageSet, images: number): ImageSet => ({
  ...set,
  images: Math.min(images, set.images),
  pixels: set.pixels.subarray(0, Math.min(images, set.images) * set.height * set.width),
});

/** All of them side by side: as many columns as rows, or one fewer row. What the last row lacks is 0. */
export function mosaic(set: ImageSet): ImageSet {
  const { images, height, width, pixels } = set;
  const across = Math.ceil(Math.sqrt(images));
  const down = Math.ceil(images / across);
  const all = new Uint8Array(across * down * height * width);
  for (let i = 0; i < images; i++)
    for (let y = 0; y < height; y++) {
      const from = (i * height + y) * width;
      const to = ((Math.floor(i / across) * height + y) * across + (i % across)) * width;
      all.set(pixels.subarray(from, from + width), to);
    }
  return { ...set, images: 1, height: down * height, width: across * width, pixels: all };
}

/** One image, one below the other. */
export const stack = (set: ImageSet): ImageSet => ({ ...set, images: 1, height: set.images * set.height });

/** Bits of binary pixels, the high bit first; rows begin with a byte of their own if `rows`. */
export function packBits({ images, height, width, pixels }: ImageSet, rows: boolean): Uint8Array {
  const line = rows ? width : images * height * width;
  const stride = Math.ceil(line / 8);
  const packed = new Uint8Array(stride * (pixels.length / line));
  for (let i = 0; i < pixels.length; i++) {
    const x = i % line;
    packed[Math.floor(i / line) * stride + (x >> 3)]! |= pixels[i]! << (7 - (x & 7));
  }
  return packed;
}
