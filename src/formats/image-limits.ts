/** What readers of image files share: how much they may take, and how they say what is wrong. */
import { SurprisalError, type SurprisalErrorCode } from '../errors.ts';
import { type ImageShape, pixelsOf, shapeName } from '../latent/model.ts';

/** How image files are read. */
export interface ImageLimits {
  /** What messages call the file. */
  readonly file?: string;
  /** Most bytes of pixels that a file may decode to, all its images together. Default 2^28. */
  readonly maxPixels?: number;
}

/** Default of {@link ImageLimits.maxPixels}. */
export const DEFAULT_MAX_PIXELS = 2 ** 28;

/** A fault of an image file. */
export function imageFault(
  code: SurprisalErrorCode,
  { file }: ImageLimits,
  message: string,
  cause?: unknown,
): SurprisalError {
  return new SurprisalError(code, file === undefined ? message : `${file}: ${message}`, { cause });
}

/**
 * Bytes of `count` images of a shape, if they are allowed.
 *
 * @throws SurprisalError `limit`.
 */
export function limitOf(limits: ImageLimits, shape: ImageShape, count = 1): number {
  const { maxPixels = DEFAULT_MAX_PIXELS } = limits;
  const size = count * pixelsOf(shape);
  if (!(size <= maxPixels))
    throw imageFault(
      'limit',
      limits,
      `${count === 1 ? 'an image' : `${count} images`} of ${shapeName(shape)}: more than ${maxPixels} bytes of pixels`,
    );
  return size;
}
