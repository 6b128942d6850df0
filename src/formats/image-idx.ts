/**
 * IDX, the format of MNIST's files: many images of one shape, also gzipped. Two zeros, the type of the elements (8 for
 * bytes), the number of axes, their sizes in 32 bits, big-endian, and the elements.
 */
import CRC32 from 'crc-32';
import { Gunzip } from 'fflate';
import { rangeError } from '../errors.ts';
import { type Image, type ImageShape, pixelsOf, sameShape, shapeName } from '../latent/model.ts';
import { type ImageLimits, imageFault, limitOf } from './image-limits.ts';

const BYTES = 8;
/** Inflates to at most a thousand times as much. */
const SLICE = 8192;

/** Whether these bytes begin as an IDX file does, or as a gzipped file, which then is taken for one. */
export function isIdx(bytes: Uint8Array): boolean {
  return isGzip(bytes) || (bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 0 && bytes[2] >= 8 && bytes[2] <= 14);
}

const isGzip = (bytes: Uint8Array): boolean => bytes.length >= 18 && bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Reads the images of an IDX file: axes count, height, width, and maybe channels.
 *
 * @param bytes - the file, gzipped or not
 * @returns views of one array
 * @throws SurprisalError `corrupt`, `truncated`, `limit`, or `unsupported` for what is no images of bytes, such as
 *   labels.
 */
export function readIdx(bytes: Uint8Array, limits: ImageLimits = {}): Image[] {
  const plain = isGzip(bytes) ? inflated(bytes, limits) : bytes;
  const header = headerOf(plain, limits);
  if (header === undefined) throw imageFault('truncated', limits, 'the file ends in its header');
  const { start, count, shape, size } = header;
  if (plain.length !== start + size)
    throw imageFault(
      plain.length < start + size ? 'truncated' : 'corrupt',
      limits,
      `${plain.length - start} bytes of pixels where ${count} images of ${shapeName(shape)} take ${size}`,
    );
  const one = pixelsOf(shape);
  return Array.from({ length: count }, (_, i) => ({
    shape,
    pixels: plain.subarray(start + i * one, start + (i + 1) * one),
  }));
}

interface IdxHeader {
  readonly start: number;
  readonly count: number;
  readonly shape: ImageShape;
  readonly size: number;
}

/** The header, or undefined while it is incomplete. */
function headerOf(bytes: Uint8Array, limits: ImageLimits): IdxHeader | undefined {
  if (bytes.length < 4) return undefined;
  const [zero, one, type, axes] = bytes;
  if (zero !== 0 || one !== 0) throw imageFault('corrupt', limits, 'this is no IDX file: it starts with other bytes');
  if (type !== BYTES) throw imageFault('unsupported', limits, `elements of type ${type}, and images have bytes (8)`);
  if (axes !== 3 && axes !== 4)
    throw imageFault('unsupported', limits, `${axes} ax${axes === 1 ? 'is' : 'es'}: labels and vectors are no images`);
  const start = 4 + 4 * axes;
  if (bytes.length < start) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, start);
  const [count, height, width, channels = 1] = Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i));
  const shape = { height, width, channels };
  if (height === 0 || width === 0 || channels === 0 || channels > 4)
    throw imageFault('unsupported', limits, `images of ${shapeName(shape)}: one to four channels, the last axis`);
  return { start, count, shape, size: limitOf(limits, shape, count) };
}

/** Inflates no more than the header of the images says. */
function inflated(bytes: Uint8Array, limits: ImageLimits): Uint8Array {
  let pieces: Uint8Array[] = [];
  let length = 0;
  let most = 20;
  let known = false;
  const whole = (): Uint8Array => {
    const joined = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    pieces = [joined];
    return joined;
  };
  const inflator = new Gunzip((chunk) => {
    pieces.push(chunk);
    length += chunk.length;
  });
  try {
    for (let at = 0; at < bytes.length; at += SLICE) {
      inflator.push(bytes.subarray(at, at + SLICE), at + SLICE >= bytes.length);
      if (!known && length >= 4) {
        const header = headerOf(whole(), limits);
        if (header !== undefined) {
          known = true;
          most = header.start + header.size;
        }
      }
      if (known && length > most)
        throw imageFault('corrupt', limits, 'it holds more than the images that it speaks of');
    }
  } catch (error) {
    if ((error as { name?: string }).name === 'SurprisalError') throw error;
    throw imageFault('corrupt', limits, `it does not unpack: ${(error as Error).message}`, error);
  }
  const plain = whole();
  const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  if (view.getUint32(4, true) !== length % 2 ** 32 || view.getInt32(0, true) !== CRC32.buf(plain))
    throw imageFault('corrupt', limits, 'its checksum does not match: it is damaged, or has several members');
  return plain;
}

/**
 * Writes images as an IDX file: three axes for one channel, else four.
 *
 * @throws RangeError for no image at all, and for images of several shapes.
 */
export function writeIdx(images: readonly Image[]): Uint8Array<ArrayBuffer> {
  if (images.length === 0) throw rangeError('an IDX file of no images has no shape');
  const { shape } = images[0];
  const other = images.find((image) => !sameShape(image.shape, shape) || image.pixels.length !== pixelsOf(shape));
  if (other !== undefined)
    throw rangeError(`an IDX file holds one shape, not ${shapeName(shape)} and ${shapeName(other.shape)}: write PNG`);
  const sizes = [images.length, shape.height, shape.width, ...(shape.channels === 1 ? [] : [shape.channels])];
  const start = 4 + 4 * sizes.length;
  const one = pixelsOf(shape);
  const bytes = new Uint8Array(start + images.length * one);
  bytes.set([0, 0, BYTES, sizes.length]);
  const view = new DataView(bytes.buffer);
  sizes.forEach((size, i) => {
    view.setUint32(4 + 4 * i, size);
  });
  images.forEach(({ pixels }, i) => {
    bytes.set(pixels, start + i * one);
  });
  return bytes;
}
