/** Files of images, of whatever format is read: told apart by their first bytes, never by their names. */
import { rangeError, typeError } from '../errors.ts';
import type { Image } from '../latent/model.ts';
import { isIdx, readIdx, writeIdx } from './image-idx.ts';
import { type ImageLimits, imageFault } from './image-limits.ts';
import { isPng, readPng, writePng } from './image-png.ts';
import { isPnm, readPnm, writePnm } from './image-pnm.ts';

export type { Image, ImageShape } from '../latent/model.ts';
export type { ImageLimits } from './image-limits.ts';

/** Formats that are read and written. */
export type ImageFormat = 'png' | 'pnm' | 'idx';

/** What {@link readImages} gives. */
export interface ImageFile {
  readonly format: ImageFormat;
  /** One, or those of an IDX file. */
  readonly images: readonly Image[];
}

/** The format that a file's first bytes say, or undefined. */
export function imageFormatOf(bytes: Uint8Array): ImageFormat | undefined {
  return isPng(bytes) ? 'png' : isPnm(bytes) ? 'pnm' : isIdx(bytes) ? 'idx' : undefined;
}

/**
 * Reads the images of a file: PNG with 8 bits a sample or fewer; PBM, PGM and PPM with samples to 255; IDX, also
 * gzipped. Only pixels are kept.
 *
 * @throws SurprisalError `unsupported` for another format, and what {@link readPng}, {@link readPnm} and
 *   {@link readIdx} throw.
 * @example
 * ```ts
 * const { images } = readImages(await readFile('t10k-images-idx3-ubyte.gz'));
 * images[0].shape; // { height: 28, width: 28, channels: 1 }
 * ```
 */
export function readImages(bytes: Uint8Array, limits: ImageLimits = {}): ImageFile {
  if (!(bytes instanceof Uint8Array)) throw typeError('a file of images is a Uint8Array');
  const format = imageFormatOf(bytes);
  switch (format) {
    case 'png':
      return { format, images: [readPng(bytes, limits)] };
    case 'pnm':
      return { format, images: [readPnm(bytes, limits)] };
    case 'idx':
      return { format, images: readIdx(bytes, limits) };
    case undefined:
      throw imageFault('unsupported', limits, 'neither PNG, PBM, PGM, PPM nor IDX: convert it to PNG first');
  }
}

/**
 * Writes images in a format, IDX any number of them, else one.
 *
 * @param bitmap - with `pnm`, as a PBM
 * @throws RangeError for images that the format cannot hold.
 */
export function writeImages(images: readonly Image[], format: ImageFormat, bitmap = false): Uint8Array {
  if (format === 'idx') return writeIdx(images);
  if (images.length !== 1) throw rangeError(`a file of format ${format} holds one image, not ${images.length}`);
  return format === 'png' ? writePng(images[0]) : writePnm(images[0], bitmap);
}
