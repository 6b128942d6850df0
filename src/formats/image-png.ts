/**
 * PNG files, by way of a library: greys, greys with alpha, colours, colours with alpha, palettes, 8 bits a sample. What
 * the library would be led astray by is looked at first: sizes, lengths of chunks, and how much the data inflate to.
 *
 * PNG (ISO/IEC 15948:2003; W3C Recommendation "Portable Network Graphics", third edition, 2025).
 */
import { convertIndexedToRgb, type DecodedPng, decode, encode } from 'fast-png';
import { Unzlib } from 'fflate';
import { rangeError } from '../errors.ts';
import { type Image, pixelsOf, shapeName } from '../latent/model.ts';
import { type ImageLimits, imageFault, limitOf } from './image-limits.ts';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Samples of a pixel by colour type. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const GREY = 0;
const COLOUR = 2;
const PALETTE = 3;
/** Inflates to at most a thousand times as much: 8 MB that nobody has asked for. */
const SLICE = 8192;
/** First column and row, and steps, of the seven passes of interlacing. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/** Whether these bytes begin as a PNG does. */
export function isPng(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && SIGNATURE.every((byte, i) => bytes[i] === byte);
}

interface Chunks {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly type: number;
  readonly interlaced: boolean;
  /** All chunks that pixels depend on, as they are, in order. */
  readonly kept: readonly Uint8Array[];
  /** What is deflated. */
  readonly data: readonly Uint8Array[];
  readonly palette: Uint8Array | undefined;
  readonly transparency: Uint8Array | undefined;
}

/**
 * Reads a PNG. Pixels are what is kept: a palette becomes colours, transparency becomes alpha, samples of 1, 2 and 4
 * bits are spread over 0..255, and chunks of text, time, gamma or colour profile are passed over.
 *
 * @throws SurprisalError `corrupt` or `truncated` for a damaged file, `limit` for more pixels than allowed, and
 *   `unsupported` for samples of 16 bits, animations, and interlaced images of fewer than 8 bits.
 */
export function readPng(bytes: Uint8Array, limits: ImageLimits = {}): Image {
  if (!isPng(bytes)) throw imageFault('corrupt', limits, 'this is no PNG');
  const chunks = chunksOf(bytes, limits);
  checkInflated(chunks, limits);
  const file = joinedPieces([SIGNATURE, ...chunks.kept]);
  let png: DecodedPng;
  try {
    png = decode(file, { checkCrc: true });
    if (chunks.type === PALETTE) return ofPalette(png);
  } catch (error) {
    throw imageFault('corrupt', limits, `the PNG is damaged: ${(error as Error).message}`, error);
  }
  const { width, height } = png;
  const channels = SAMPLES[chunks.type];
  const pixels = chunks.depth === 8 ? Uint8Array.from(png.data) : spread(png);
  const image = { shape: { height, width, channels }, pixels };
  return chunks.transparency === undefined ? image : withAlpha(image, chunks.transparency, chunks.depth);
}

function chunksOf(bytes: Uint8Array, limits: ImageLimits): Chunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [];
  const data: Uint8Array[] = [];
  const own = new Map<string, Uint8Array>();
  for (let at = 8; ; ) {
    if (at + 12 > bytes.length) throw imageFault('truncated', limits, 'the PNG ends too early');
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 12 + length;
    if (end > bytes.length) throw imageFault('truncated', limits, `the PNG ends in its chunk ${type}`);
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (own.size === 0 && type !== 'IHDR') throw imageFault('corrupt', limits, 'the PNG does not begin with IHDR');
    if (type === 'acTL') throw imageFault('unsupported', limits, 'an animated PNG: save its frames as files');
    if (type === 'IDAT') data.push(content);
    else if (/^(IHDR|PLTE|tRNS|IEND)$/.test(type)) {
      if (own.has(type)) throw imageFault('corrupt', limits, `the PNG has the chunk ${type} twice`);
      own.set(type, content);
      if (type === 'IHDR') checkHeader(content, limits);
    } else if (/^[A-Z]/.test(type)) throw imageFault('unsupported', limits, `the PNG needs a chunk ${type}`);
    // The palette of a colour image is only a suggestion.
    const [, , , , , , , , , colour] = own.get('IHDR')!;
    if (/^(IHDR|IDAT|IEND)$/.test(type) || (colour === PALETTE && /^(PLTE|tRNS)$/.test(type)))
      kept.push(bytes.subarray(at, end));
    at = end;
    if (type === 'IEND') break;
  }
  const header = own.get('IHDR')!;
  const size = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [depth, type, interlaced] = [header[8], header[9], header[12] === 1];
  const [palette, transparency] = [own.get('PLTE'), own.get('tRNS')];
  if (data.length === 0) throw imageFault('corrupt', limits, 'the PNG has no pixels');
  if (type === PALETTE) {
    const colours = (palette?.length ?? 0) / 3;
    if (colours < 1 || colours > 2 ** depth || !Number.isInteger(colours))
      throw imageFault('corrupt', limits, 'the PNG has no palette, or one of another size than it says');
  } else if (transparency !== undefined && transparency.length !== (type === GREY ? 2 : type === COLOUR ? 6 : -1))
    throw imageFault('corrupt', limits, 'the transparency of the PNG does not go with its colours');
  return {
    width: size.getUint32(0),
    height: size.getUint32(4),
    depth,
    type,
    interlaced,
    kept,
    data,
    palette,
    transparency,
  };
}

/** Refuses what the image is said to be before anything else is looked at. */
function checkHeader(header: Uint8Array, limits: ImageLimits): void {
  if (header.length !== 13) throw imageFault('corrupt', limits, 'the header of the PNG has another length than 13');
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, type, compression, filter, interlace] = header.subarray(8);
  const depths = type === GREY ? [1, 2, 4, 8, 16] : type === PALETTE ? [1, 2, 4, 8] : [8, 16];
  if (SAMPLES[type] === undefined || !depths.includes(depth) || width === 0 || height === 0)
    throw imageFault(
      'corrupt',
      limits,
      `no PNG has ${width} x ${height} pixels of colour type ${type} and ${depth} bits`,
    );
  if (compression !== 0 || filter !== 0 || interlace > 1)
    throw imageFault('unsupported', limits, 'the PNG is packed in a way that this version does not know');
  if (depth === 16)
    throw imageFault('unsupported', limits, 'the PNG has 16 bits a sample, and models code 8: convert it first');
  if (interlace === 1 && depth < 8)
    throw imageFault('unsupported', limits, `an interlaced PNG of ${depth} bits a sample: save it without interlacing`);
  // A palette may have alpha.
  limitOf(limits, { height, width, channels: type === PALETTE ? 4 : SAMPLES[type] });
}

/** Inflates the data, keeping nothing, and refuses any other size than the header's. */
function checkInflated({ width, height, depth, type, interlaced, data }: Chunks, limits: ImageLimits): void {
  const rows = (w: number, h: number): number => (w === 0 ? 0 : h * (1 + Math.ceil((w * depth * SAMPLES[type]) / 8)));
  let expected = 0;
  if (!interlaced) expected = rows(width, height);
  else
    for (const [x, y, stepX, stepY] of PASSES)
      expected += rows(Math.max(0, Math.ceil((width - x) / stepX)), Math.max(0, Math.ceil((height - y) / stepY)));
  let found = 0;
  let ended = false;
  const inflator = new Unzlib((chunk, final) => {
    found += chunk.length;
    ended = final;
  });
  try {
    data.forEach((content, i) => {
      for (let at = 0; at === 0 || at < content.length; at += SLICE) {
        const last = i === data.length - 1 && at + SLICE >= content.length;
        inflator.push(content.subarray(at, at + SLICE), last);
        if (found > expected) throw new Error('more pixels than its header says');
      }
    });
    if (!ended || found !== expected) throw new Error('fewer pixels than its header says');
  } catch (error) {
    throw imageFault('corrupt', limits, `the PNG is damaged: ${(error as Error).message}`, error);
  }
}

function ofPalette(png: DecodedPng): Image {
  const { width, height } = png;
  const pixels = convertIndexedToRgb(png);
  return { shape: { height, width, channels: png.palette![0].length }, pixels };
}

/** Greys of 1, 2 or 4 bits as bytes: the largest becomes 255. */
function spread({ width, height, depth, data }: DecodedPng): Uint8Array {
  const most = 2 ** depth - 1;
  const line = Math.ceil((width * depth) / 8);
  const pixels = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const bit = x * depth;
      const value = (data[y * line + (bit >>> 3)] >>> (8 - depth - (bit & 7))) & most;
      pixels[i] = (value * 255) / most;
    }
  return pixels;
}

/** Adds an alpha channel: 0 for pixels of the one transparent colour, else 255. */
function withAlpha({ shape, pixels }: Image, transparency: Uint8Array, depth: number): Image {
  const { channels } = shape;
  const scale = 255 / (2 ** depth - 1);
  const key = Array.from({ length: channels }, (_, c) => (transparency[2 * c] * 256 + transparency[2 * c + 1]) * scale);
  const wide = new Uint8Array((pixels.length / channels) * (channels + 1));
  for (let from = 0, to = 0; from < pixels.length; from += channels) {
    let same = true;
    for (let c = 0; c < channels; c++) {
      wide[to++] = pixels[from + c];
      same &&= pixels[from + c] === key[c];
    }
    wide[to++] = same ? 0 : 255;
  }
  return { shape: { ...shape, channels: channels + 1 }, pixels: wide };
}

/**
 * Writes a PNG of 8 bits a sample: the same bytes for the same pixels, everywhere.
 *
 * @throws RangeError for more than four channels.
 */
export function writePng({ shape, pixels }: Image): Uint8Array {
  const { width, height, channels } = shape;
  if (!(channels >= 1 && channels <= 4) || pixels.length !== pixelsOf(shape))
    throw rangeError(`no PNG holds ${pixels.length} bytes as ${shapeName(shape)}`);
  return encode({ width, height, channels, depth: 8, data: pixels }, { zlib: { level: 6 } });
}

function joinedPieces(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
