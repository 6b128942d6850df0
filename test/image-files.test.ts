import fc from 'fast-check';
import { encode } from 'fast-png';
import { gzipSync, zlibSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { SurprisalError } from '../src/errors.ts';
import { type Image, imageFormatOf, readImages, writeImages } from '../src/formats/image-files.ts';
import { readIdx, writeIdx } from '../src/formats/image-idx.ts';
import type { ImageLimits } from '../src/formats/image-limits.ts';
import { readPng, writePng } from '../src/formats/image-png.ts';
import { readPnm, writePnm } from '../src/formats/image-pnm.ts';
import vectors from './vectors/png.json' with { type: 'json' };

const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const latin = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

function fault(bytes: Uint8Array, limits?: ImageLimits): string {
  try {
    readImages(bytes, limits);
  } catch (error) {
    if (!(error instanceof SurprisalError)) throw error;
    return `${error.code}: ${error.message}`;
  }
  return 'no error';
}

const imageOf = (height: number, width: number, channels: number, values = 256): fc.Arbitrary<Image> =>
  fc
    .uint8Array({ minLength: height * width * channels, maxLength: height * width * channels })
    .map((pixels) => ({ shape: { height, width, channels }, pixels: pixels.map((value) => value % values) }));

const image = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 4 }));

/** Damages a file in a few places and reads it: an image or an error of ours, quickly. */
function survives(files: readonly Uint8Array[], seed: number): void {
  const change = fc.tuple(fc.nat(), fc.nat(255));
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      fc.nat(40),
      (file, changes, cut) => {
        const bytes = file.slice(0, cut > 3 ? file.length : file.length - cut);
        for (const [at, to] of changes) bytes[at % bytes.length] = to;
        void fault(bytes, { maxPixels: 2 ** 20 });
      },
    ),
    { seed, numRuns: 1500 },
  );
}

describe('PNG', () => {
  it('reads the pixels that another reader sees', () => {
    for (const { name, bytes, channels, width, height, pixels } of vectors.files) {
      const { images, format } = readImages(bytesOf(bytes));
      expect(format).toBe('png');
      expect({ name, ...images[0].shape }).toEqual({ name, height, width, channels });
      expect([name, ...images[0].pixels]).toEqual([name, ...bytesOf(pixels)]);
    }
  });

  it('gives back what was written, interlaced as well', () => {
    fc.assert(
      fc.property(
        image.chain((shape) => imageOf(...shape)),
        (one) => {
          expect(readPng(writePng(one))).toEqual(one);
          const { height, width, channels } = one.shape;
          const interlaced = encode({ width, height, channels, data: one.pixels }, { interlace: 'Adam7' });
          expect(readPng(interlaced)).toEqual(one);
        },
      ),
      { seed: 1, numRuns: 100 },
    );
  });

  const file = bytesOf(vectors.files[0].bytes);
  const chunk = (type: string, content: Uint8Array): Uint8Array => {
    const bytes = new Uint8Array(12 + content.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, content.length);
    bytes.set(latin(type), 4);
    bytes.set(content, 8);
    let crc = -1;
    for (const byte of bytes.subarray(4, 8 + content.length)) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    view.setInt32(8 + content.length, ~crc);
    return bytes;
  };
  const made = (
    width: number,
    height: number,
    type: number,
    depth: number,
    data: Uint8Array,
    ...more: Uint8Array[]
  ) => {
    const header = new Uint8Array(13);
    new DataView(header.buffer).setUint32(0, width);
    new DataView(header.buffer).setUint32(4, height);
    header.set([depth, type], 8);
    const parts = [chunk('IHDR', header), ...more, chunk('IDAT', data), chunk('IEND', new Uint8Array(0))];
    return Uint8Array.from([...file.subarray(0, 8), ...parts.flatMap((part) => [...part])]);
  };

  it('refuses what is not to be read, and says what it is', () => {
    const rows = (n: number) => zlibSync(new Uint8Array(n));
    expect(fault(made(2, 2, 0, 8, rows(6)))).toBe('no error');
    expect(fault(bytesOf(vectors.sixteen))).toMatch(/^unsupported: .*16 bits/);
    expect(fault(made(2, 2, 0, 8, rows(5)))).toMatch(/^corrupt: .*fewer pixels/);
    expect(fault(made(2, 2, 0, 8, rows(7)))).toMatch(/^corrupt: .*more pixels/);
    expect(fault(made(2, 2, 0, 8, new Uint8Array(0)))).toMatch(/^corrupt/);
    expect(fault(made(0, 2, 0, 8, rows(2)))).toMatch(/^corrupt/);
    expect(fault(made(2, 2, 1, 8, rows(6)))).toMatch(/^corrupt/);
    expect(fault(made(2, 2, 3, 8, rows(6)))).toMatch(/^corrupt: .*palette/);
    expect(fault(made(2, 2, 3, 1, rows(4), chunk('PLTE', new Uint8Array(9))))).toMatch(/^corrupt: .*palette/);
    expect(fault(made(2, 2, 0, 8, rows(6), chunk('tRNS', new Uint8Array(6))))).toMatch(/^corrupt: .*transparency/);
    expect(fault(made(2, 2, 0, 8, rows(6), chunk('acTL', new Uint8Array(8))))).toMatch(/^unsupported: an animated/);
    expect(fault(made(2, 2, 0, 8, rows(6), chunk('NEWS', new Uint8Array(8))))).toMatch(/^unsupported/);
    expect(fault(made(2, 2, 0, 8, rows(6), chunk('iCCP', new Uint8Array(8))))).toBe('no error');
    expect(fault(file.subarray(0, 60), { file: 'a.png' })).toMatch(/^truncated: a.png: /);
    const flipped = file.slice();
    flipped[45] ^= 1;
    expect(fault(flipped)).toMatch(/^corrupt/);
  });

  it('is not blown up by a small file', () => {
    expect(fault(made(2 ** 31 - 1, 2 ** 31 - 1, 0, 8, zlibSync(new Uint8Array(9))))).toMatch(/^limit/);
    expect(fault(made(16384, 16384, 6, 8, zlibSync(new Uint8Array(9))))).toMatch(/^limit/);
    expect(fault(made(100, 100, 0, 8, zlibSync(new Uint8Array(9))), { maxPixels: 9999 })).toMatch(/^limit/);
    expect(fault(made(2, 2, 0, 8, zlibSync(new Uint8Array(2 ** 22))))).toMatch(/^corrupt: .*more pixels/);
  });

  it('survives any damage with an error or an image', () => {
    survives(
      vectors.files.map(({ bytes }) => bytesOf(bytes)),
      2,
    );
  });
});

describe('PBM, PGM and PPM', () => {
  it('reads the six kinds, comments included', () => {
    const grey = { shape: { height: 2, width: 2, channels: 1 }, pixels: Uint8Array.of(0, 255, 7, 10) };
    expect(readPnm(latin('P2 # a\n2\t2 # b\r\n255\n0 255\n7\n10 \n# end'))).toEqual(grey);
    expect(readPnm(latin('P5\n2 2\n255\n\x00\xff\x07\x0a'))).toEqual(grey);
    const colours = { shape: { height: 1, width: 2, channels: 3 }, pixels: Uint8Array.of(1, 2, 3, 35, 32, 0) };
    expect(readPnm(latin('P3 2 1 255 1 2 3 35 32 0'))).toEqual(colours);
    expect(readPnm(latin('P6\n# x\n2 1 255 \x01\x02\x03\x23\x20\x00'))).toEqual(colours);
    const bitmap = { shape: { height: 2, width: 9, channels: 1 }, pixels: new Uint8Array(18).fill(255) };
    bitmap.pixels[0] = bitmap.pixels[17] = 0;
    expect(readPnm(latin('P1\n9 2\n100000000 0 0 0 0#\n00001'))).toEqual(bitmap);
    expect(readPnm(latin('P4 9 2\n\x80\x00\x00\x80'))).toEqual(bitmap);
    expect(readPnm(latin('P4 9 2\n\x80\x7f\x00\xff'))).toEqual(bitmap);
  });

  it('gives back what was written', () => {
    fc.assert(
      fc.property(
        image.chain(([h, w, c]) => imageOf(h, w, c < 3 ? 1 : 3)),
        (one) => {
          expect(readPnm(writePnm(one))).toEqual(one);
          if (one.shape.channels === 3) return;
          const bitmap = { ...one, pixels: one.pixels.map((value) => (value < 128 ? 0 : 255)) };
          expect(readPnm(writePnm(bitmap, true))).toEqual(bitmap);
        },
      ),
      { seed: 3, numRuns: 100 },
    );
    const alpha = { shape: { height: 1, width: 1, channels: 2 }, pixels: new Uint8Array(2) };
    expect(() => writePnm(alpha)).toThrow(RangeError);
    expect(() => writePnm({ shape: { height: 1, width: 1, channels: 1 }, pixels: Uint8Array.of(1) }, true)).toThrow(
      /PGM/,
    );
  });

  it('refuses what is not to be read', () => {
    expect(fault(latin('P5 2 2 65535 \0\0\0\0\0\0\0\0'))).toMatch(/^unsupported/);
    expect(fault(latin('P5 2 2 15 \0\0\0\0'))).toMatch(/^unsupported/);
    expect(fault(latin('P5 2 2 255 \0\0\0'))).toMatch(/^truncated: .*1 bytes too early/);
    expect(fault(latin('P5 2 2 255 \0\0\0\0\0'))).toMatch(/^unsupported: 1 bytes after/);
    expect(fault(latin('P5 0 2 255 '))).toMatch(/^corrupt/);
    expect(fault(latin('P5 -1 2 255 '))).toMatch(/^corrupt/);
    expect(fault(latin('P5 99999 99999 255 '))).toMatch(/^limit/);
    expect(fault(latin('P5 9999999999 1 255 '))).toMatch(/^corrupt/);
    expect(fault(latin('P5 2'))).toMatch(/^truncated/);
    expect(fault(latin('P2 9999 999 255 1 2'))).toMatch(/^truncated/);
    expect(fault(latin('P2 1 1 255 256'))).toMatch(/^corrupt/);
    expect(fault(latin('P2 1 1 255 1 2'))).toMatch(/^corrupt/);
    expect(fault(latin('P1 2 1 12'))).toMatch(/^corrupt/);
    expect(fault(latin('P7 2 1 12'))).toMatch(/^unsupported: neither/);
    expect(fault(new Uint8Array(0))).toMatch(/^unsupported: neither/);
  });

  it('survives any damage with an error or an image', () => {
    survives(
      [
        latin('P2 # a\n2\t2 # b\r\n255\n0 255\n7\n10 \n# end'),
        latin('P6\n# x\n2 1 255 \x01\x02\x03\x23\x20\x00'),
        latin('P1\n9 2\n100000000 0 0 0 0#\n00001'),
        latin('P4 9 2\n\x80\x7f\x00\xff'),
      ],
      4,
    );
  });
});

describe('IDX', () => {
  const header = (...sizes: number[]) => [0, 0, 8, sizes.length, ...sizes.flatMap((n) => [0, 0, 0, n])];

  it('reads and writes images of one shape, gzipped or not', () => {
    const bytes = Uint8Array.from([...header(2, 1, 3), 1, 2, 3, 4, 5, 6]);
    const images = readIdx(bytes);
    expect(images.map(({ pixels }) => [...pixels])).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(images[0].shape).toEqual({ height: 1, width: 3, channels: 1 });
    expect(writeIdx(images)).toEqual(bytes);
    expect(readImages(gzipSync(bytes)).images).toEqual(images);
    const colours = Uint8Array.from([...header(1, 1, 2, 3), 1, 2, 3, 4, 5, 6]);
    expect(writeIdx(readIdx(colours))).toEqual(colours);
    expect(readIdx(colours)[0].shape).toEqual({ height: 1, width: 2, channels: 3 });
    expect(readIdx(Uint8Array.from(header(0, 1, 3)))).toEqual([]);
    const large = new Uint8Array(16 + 784 * 100).map((_, i) => (i * i) >>> 4);
    large.set(header(100, 28, 28));
    expect(writeIdx(readIdx(gzipSync(large)))).toEqual(large);
    expect(() => writeIdx([])).toThrow(RangeError);
    expect(() =>
      writeImages([...images, { ...images[0], shape: { height: 3, width: 1, channels: 1 } }], 'idx'),
    ).toThrow(/one shape/);
    expect(() => writeImages(images, 'png')).toThrow(RangeError);
  });

  it('refuses labels, other elements, other lengths', () => {
    expect(fault(Uint8Array.from([...header(2), 1, 2]))).toMatch(/^unsupported: 1 axis: labels/);
    expect(fault(Uint8Array.from([0, 0, 13, 3, ...new Uint8Array(16)]))).toMatch(/^unsupported: elements of type 13/);
    expect(fault(Uint8Array.from([...header(2, 1, 3), 1, 2, 3, 4, 5]))).toMatch(/^truncated: 5 bytes of pixels/);
    expect(fault(Uint8Array.from([...header(2, 1, 3), 1, 2, 3, 4, 5, 6, 7]))).toMatch(/^corrupt/);
    expect(fault(Uint8Array.from(header(2, 0, 3)))).toMatch(/^unsupported/);
    expect(fault(Uint8Array.from(header(2, 1, 1, 5)))).toMatch(/^unsupported: .*one to four channels/);
    expect(fault(Uint8Array.from([0, 0, 8, 3, ...new Uint8Array(12).fill(255)]))).toMatch(/^limit/);
    expect(fault(Uint8Array.of(0, 0, 8, 3, 0))).toMatch(/^truncated/);
  });

  it('is not blown up by a small gzip, and sees its checksum', () => {
    const bomb = new Uint8Array(2 ** 22);
    bomb.set(header(1, 2, 2));
    expect(fault(gzipSync(bomb))).toMatch(/^corrupt: .*more than the images/);
    expect(fault(gzipSync(new Uint8Array(2 ** 22)))).toMatch(/^unsupported/);
    const good = gzipSync(Uint8Array.from([...header(2, 1, 3), 1, 2, 3, 4, 5, 6]));
    good[good.length - 7] ^= 1;
    expect(fault(good)).toMatch(/^corrupt: .*checksum/);
    expect(fault(gzipSync(latin('no images at all')))).toMatch(/^corrupt: this is no IDX/);
  });

  it('survives any damage with an error or images', () => {
    const bytes = Uint8Array.from([...header(2, 1, 3), 1, 2, 3, 4, 5, 6]);
    survives([bytes, gzipSync(bytes)], 5);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (some) => {
        void fault(some);
        void imageFormatOf(some);
      }),
      { seed: 6, numRuns: 500 },
    );
  });
});
