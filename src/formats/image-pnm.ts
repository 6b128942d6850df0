/**
 * PBM, PGM and PPM, in plain and raw form, as the Netpbm manual describes them (https://netpbm.sourceforge.net/doc/).
 * Samples are 0..255; a bitmap's black is 0 and its white 255.
 */
import { rangeError } from '../errors.ts';
import { type Image, pixelsOf, shapeName } from '../latent/model.ts';
import { type ImageLimits, imageFault, limitOf } from './image-limits.ts';

/** Whether these bytes begin as one of the six kinds does. */
export function isPnm(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 3 &&
    bytes[0] === 0x50 &&
    bytes[1] >= 0x31 &&
    bytes[1] <= 0x36 &&
    (blank(bytes[2]) || bytes[2] === 35)
  );
}

const blank = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13);

/**
 * Reads one image: P1 or P4 (bitmap), P2 or P5 (grey), P3 or P6 (colour), with a largest sample of 255.
 *
 * @throws SurprisalError `corrupt`, `truncated`, `limit`, or `unsupported` for another largest sample and for several
 *   images in one file.
 */
export function readPnm(bytes: Uint8Array, limits: ImageLimits = {}): Image {
  if (!isPnm(bytes)) throw imageFault('corrupt', limits, 'this is no PBM, PGM or PPM');
  const kind = bytes[1] - 0x30;
  const cursor = { bytes, at: 2, limits };
  const [width, height] = [number(cursor, 'width', true), number(cursor, 'height', true)];
  const bitmap = kind === 1 || kind === 4;
  const most = bitmap ? 1 : number(cursor, 'largest sample', true);
  if (width === 0 || height === 0 || most === 0 || most > 65535)
    throw imageFault('corrupt', limits, `an image of ${width} x ${height} pixels with samples to ${most}`);
  if (!bitmap && most !== 255)
    throw imageFault('unsupported', limits, `samples of 0 to ${most}, and models code 0 to 255: convert it first`);
  const shape = { height, width, channels: kind === 3 || kind === 6 ? 3 : 1 };
  const size = limitOf(limits, shape);
  if (kind <= 3) return { shape, pixels: plain(cursor, size, kind) };
  if (!blank(bytes[cursor.at] ?? 0)) throw imageFault('corrupt', limits, 'no blank between header and pixels');
  const start = cursor.at + 1;
  const line = Math.ceil(width / 8);
  const end = start + (bitmap ? height * line : size);
  if (end > bytes.length) throw imageFault('truncated', limits, `the pixels end ${end - bytes.length} bytes too early`);
  if (end < bytes.length)
    throw imageFault('unsupported', limits, `${bytes.length - end} bytes after the pixels: one image a file is read`);
  if (!bitmap) return { shape, pixels: bytes.slice(start, end) };
  const pixels = new Uint8Array(size);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++)
      pixels[i] = (bytes[start + y * line + (x >>> 3)] >>> (7 - (x & 7))) & 1 ? 0 : 255;
  return { shape, pixels };
}

interface Place {
  readonly bytes: Uint8Array;
  at: number;
  readonly limits: ImageLimits;
}

/** Passes over blanks, and over comments, which reach to the end of the line. */
function skip(cursor: Place, comments: boolean): void {
  const { bytes } = cursor;
  for (; cursor.at < bytes.length; cursor.at++) {
    if (comments && bytes[cursor.at] === 35)
      while (cursor.at < bytes.length && bytes[cursor.at] !== 10 && bytes[cursor.at] !== 13) cursor.at++;
    else if (!blank(bytes[cursor.at])) return;
  }
}

function number(cursor: Place, what: string, comments: boolean): number {
  skip(cursor, comments);
  const { bytes, limits } = cursor;
  if (cursor.at >= bytes.length) throw imageFault('truncated', limits, `it ends before its ${what}`);
  let value = 0;
  let digits = 0;
  for (; bytes[cursor.at] >= 48 && bytes[cursor.at] <= 57; cursor.at++, digits++)
    if (digits < 10) value = 10 * value + bytes[cursor.at] - 48;
  if (digits === 0 || digits > 9) throw imageFault('corrupt', limits, `the ${what} is no number below 10^9`);
  return value;
}

function plain(cursor: Place, size: number, kind: number): Uint8Array {
  const { bytes, limits } = cursor;
  // Each sample takes a letter at least, so that this is not more than a few times the file.
  if (size > bytes.length)
    throw imageFault('truncated', limits, `${size} samples do not fit into ${bytes.length} letters`);
  const pixels = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    if (kind === 1) {
      skip(cursor, true);
      const letter = bytes[cursor.at++];
      if (letter === undefined) throw imageFault('truncated', limits, `${size - i} samples are missing`);
      if (letter !== 48 && letter !== 49) throw imageFault('corrupt', limits, 'a bitmap has another sign than 0 and 1');
      pixels[i] = letter === 49 ? 0 : 255;
    } else {
      const value = number(cursor, `sample ${i}`, true);
      if (value > 255) throw imageFault('corrupt', limits, `a sample of ${value}, with 255 the largest`);
      pixels[i] = value;
    }
  }
  skip(cursor, true);
  if (cursor.at < bytes.length) throw imageFault('corrupt', limits, 'more samples than pixels');
  return pixels;
}

/**
 * Writes a raw PGM of one channel, a PPM of three, or a PBM.
 *
 * @param bitmap - as a PBM, for pixels of 0 and 255 only
 * @throws RangeError for another number of channels, and for other greys in a bitmap.
 */
export function writePnm({ shape, pixels }: Image, bitmap = false): Uint8Array<ArrayBuffer> {
  const { width, height, channels } = shape;
  if ((channels !== 1 && (channels !== 3 || bitmap)) || pixels.length !== pixelsOf(shape))
    throw rangeError(`no ${bitmap ? 'PBM' : 'PGM or PPM'} holds ${shapeName(shape)} pixels: write a PNG`);
  const header = new TextEncoder().encode(
    bitmap ? `P4\n${width} ${height}\n` : `P${channels === 1 ? 5 : 6}\n${width} ${height}\n255\n`,
  );
  const line = Math.ceil(width / 8);
  const bytes = new Uint8Array(header.length + (bitmap ? height * line : pixels.length));
  bytes.set(header);
  if (!bitmap) {
    bytes.set(pixels, header.length);
    return bytes;
  }
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      if (pixels[i] !== 0 && pixels[i] !== 255) throw rangeError(`a bitmap has no grey of ${pixels[i]}: write a PGM`);
      if (pixels[i] === 0) bytes[header.length + y * line + (x >>> 3)] |= 128 >>> (x & 7);
    }
  return bytes;
}
