/** Where images come from, and where they go: folders, single files, IDX. */
import { createHash } from 'node:crypto';
import { lstat, open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type Image,
  type ImageFormat,
  type ImageShape,
  imageFormatOf,
  readImages,
  writeImages,
} from '../formats/image-files.ts';
import { pixelsOf, shapeName } from '../latent/model.ts';
import { CliError, shown } from './messages.ts';
import { openSource } from './source.ts';

/** Images as they were found. */
export interface FoundImages {
  readonly images: Image[];
  /** Paths below the folder, or names of files; undefined for one IDX file. */
  readonly names: string[] | undefined;
  /** Bytes of the files. */
  readonly bytes: number;
  /** SHA-256 of all pixels with their shapes, in hex. */
  readonly sha256: string;
  /** Files in folders that are no images. */
  readonly skipped: number;
}

/** First bytes by which an image is known. */
const HEAD = 32;
/** Folders within folders. */
const MAX_DEPTH = 16;

/** A fault of the reader about one file, as the command says it. */
function explained(error: unknown): unknown {
  const { name, code, message } = error as { name?: string; code?: string; message: string };
  return name === 'SurprisalError' ? new CliError(code ?? 'images', message) : error;
}

/**
 * Reads images: one IDX file, or files and folders in any number.
 *
 * @param maxPixels - most bytes of pixels in all
 * @throws CliError naming the file that cannot be read.
 */
export async function findImages(paths: readonly string[], maxPixels: number): Promise<FoundImages> {
  const images: Image[] = [];
  const names: string[] = [];
  let bytes = 0;
  let pixels = 0;
  let skipped = 0;
  let idx = false;
  const take = async (file: Uint8Array, path: string, name: string): Promise<void> => {
    bytes += file.length;
    try {
      const found = readImages(file, { file: shown(path), maxPixels: maxPixels - pixels });
      if (found.format === 'idx') {
        if (paths.length > 1 || path !== paths[0])
          throw new CliError('images', `${shown(path)} holds many images`, 'Name an IDX file alone.');
        idx = true;
      }
      for (const image of found.images) {
        images.push(image);
        names.push(name);
        pixels += image.pixels.length;
      }
    } catch (error) {
      throw explained(error);
    }
  };
  for (const path of paths) {
    if (path === '-') {
      const source = await openSource(path, { links: true, special: true, single: false });
      const pieces: Uint8Array[] = [];
      for await (const chunk of source.chunks()) pieces.push(chunk.slice());
      await take(new Uint8Array(Buffer.concat(pieces)), path, 'image');
    } else if ((await stat(path)).isDirectory()) {
      for (const name of await filesBelow(path)) {
        // What is no image is not read: it may be a film.
        if (imageFormatOf(await headOf(join(path, name))) === undefined) skipped++;
        else await take(new Uint8Array(await readFile(join(path, name))), join(path, name), name);
      }
    } else {
      if (imageFormatOf(await headOf(path)) === undefined)
        throw new CliError(
          'images',
          `${shown(path)} is neither PNG, PBM, PGM, PPM nor IDX`,
          'Convert it to PNG first.',
        );
      await take(new Uint8Array(await readFile(path)), path, basename(path));
    }
  }
  if (images.length === 0 && !idx)
    throw new CliError('images', 'no images there', 'PNG, PBM, PGM, PPM and IDX files are read.');
  const order = images.map((_, i) => i);
  if (!idx) {
    const taken = new Set<string>();
    for (const name of names) {
      if (taken.has(name))
        throw new CliError('images', `two images are called ${shown(name)}`, 'Put them in one folder, and name that.');
      taken.add(name);
    }
    // Shapes in the order in which they come, so that networks run on many images at once.
    const groups = new Map<string, number>();
    const group = images.map(({ shape }) => {
      const title = shapeName(shape);
      if (!groups.has(title)) groups.set(title, groups.size);
      return groups.get(title)!;
    });
    order.sort((a, b) => group[a] - group[b] || a - b);
  }
  const sorted = order.map((i) => images[i]);
  const hash = createHash('sha256');
  for (const { shape, pixels: own } of sorted) hash.update(`${shapeName(shape)}\n`).update(own);
  return {
    images: sorted,
    names: idx ? undefined : order.map((i) => names[i]),
    bytes,
    sha256: hash.digest('hex'),
    skipped,
  };
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD), 0, HEAD, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Names of the files below a folder, in the order of their code units; links are not followed. */
async function filesBelow(path: string, prefix = '', depth = 0): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(join(path, prefix), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const entry of entries) {
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isFile()) found.push(name);
    else if (entry.isDirectory() && depth < MAX_DEPTH) found.push(...(await filesBelow(path, name, depth + 1)));
  }
  return found;
}

/** Makes greys black and white: from `least` on they are white. What is lost does not come back. */
export function thresholded(images: readonly Image[], least: number): Image[] {
  return images.map(({ shape, pixels }) => ({ shape, pixels: pixels.map((value) => (value >= least ? 255 : 0)) }));
}

/**
 * All images cut into tiles of one size, from the upper left; what is left over at the edges is not used.
 *
 * @throws CliError when none is that large.
 */
export function tiles(images: readonly Image[], height: number, width: number): Image[] {
  const cut: Image[] = [];
  for (const { shape, pixels } of images) {
    const { channels } = shape;
    for (let top = 0; top + height <= shape.height; top += height)
      for (let left = 0; left + width <= shape.width; left += width) {
        const tile = new Uint8Array(height * width * channels);
        for (let y = 0; y < height; y++) {
          const from = ((top + y) * shape.width + left) * channels;
          tile.set(pixels.subarray(from, from + width * channels), y * width * channels);
        }
        cut.push({ shape: { height, width, channels }, pixels: tile });
      }
  }
  if (cut.length === 0) throw new CliError('images', `no image is as large as ${width} x ${height}`);
  return cut;
}

/** Formats by the ends of names. */
const ENDINGS: readonly (readonly [RegExp, ImageFormat, bitmap: boolean])[] = [
  [/\.png$/i, 'png', false],
  [/\.(pgm|ppm|pnm)$/i, 'pnm', false],
  [/\.pbm$/i, 'pnm', true],
];

/** A file to be written. */
export interface ImageToWrite {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The files that images become: each in the format that its name says, or in the one that was asked for.
 *
 * @param names - where there are none, numbers
 * @throws CliError for a name that could lead out of the folder, or an image that the format cannot hold.
 */
export function* filesOf(
  images: readonly Image[],
  names: readonly string[] | undefined,
  format: 'png' | 'pnm' | undefined,
): Generator<ImageToWrite, void, void> {
  const digits = String(images.length - 1).length;
  const taken = new Set<string>();
  for (const [i, image] of images.entries()) {
    const own = names?.[i] ?? `${String(i).padStart(digits, '0')}.png`;
    checkName(own);
    const seen = ENDINGS.find(([end]) => end.test(own));
    let [name, as, bitmap] = [own, seen?.[1] ?? 'png', seen?.[2] ?? false];
    const { channels } = image.shape;
    if (format !== undefined && (seen === undefined || as !== format)) {
      const stem = seen === undefined ? own : own.replace(seen[0], '');
      [name, as, bitmap] = [`${stem}${format === 'png' ? '.png' : channels === 1 ? '.pgm' : '.ppm'}`, format, false];
    } else if (seen === undefined) name = `${own}.png`;
    if (taken.has(name)) throw new CliError('exists', `two images would be called ${shown(name)}`);
    taken.add(name);
    let bytes: Uint8Array;
    try {
      bytes = writeImages([image], as, bitmap && image.pixels.every((value) => value === 0 || value === 255));
    } catch (error) {
      throw new CliError('images', `${shown(name)}: ${(error as Error).message}`, 'Use --format png.');
    }
    yield { name, bytes };
  }
}

/** Names come from archives, and an archive may come from anywhere: none may lead out of the folder. */
function checkName(name: string): void {
  const parts = name.split('/');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  const bad = /[\u0000-\u001f\u007f\\:]/;
  if (
    parts.length > MAX_DEPTH + 1 ||
    parts.some((part) => part === '' || part === '.' || part === '..' || bad.test(part))
  )
    throw new CliError(
      'unsafe-name',
      `an image is called ${shown(name)}, which is no name within a folder: nothing was written`,
      'Names from an archive are used only where they are harmless.',
    );
}

/** Whether a folder is one and no link to one. */
export async function isRealFolder(path: string): Promise<boolean> {
  return (await lstat(path)).isDirectory();
}

/** The one shape of all images. */
export function oneShape(images: readonly Image[], names: readonly string[] | undefined): ImageShape {
  const { shape } = images[0];
  const other = images.findIndex((image) => shapeName(image.shape) !== shapeName(shape) || pixelsOf(image.shape) === 0);
  if (other >= 0)
    throw new CliError(
      'images',
      `images of several shapes: ${shapeName(shape)}, and ${shapeName(images[other].shape)} (${shown(names?.[other] ?? `image ${other}`)})`,
      'Cut them into tiles of one size with --tiles 32x32.',
    );
  return shape;
}
