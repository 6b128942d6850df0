/**
 * `npm run bench:images-baselines -- --mnist DIR --binarized DIR [--jbig2 PATH] [--quick] [--images N] [--out FILE]`
 *
 * What other compressors make of MNIST's test set, binarised and raw: each at its smallest, in each layout that it takes
 * (a mosaic of 100 x 100 images, all images one below the other, or their bytes one after another). All results are
 * decoded again and compared. Takes about six minutes, most of them JPEG XL's; `--quick` leaves the slow ones out, and a
 * program that is not installed is left out and named. `--jbig2` is the encoder `jbig2` of agl/jbig2enc where it is not
 * on the path. Programs: gzip, bzip2, xz, cjxl and djxl, cwebp and dwebp, zopflipng, pbmtojbg and jbgtopbm, jbig2 and
 * jbig2dec.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { crc32, deflateSync } from 'node:zlib';
import { readPng } from '../src/formats/image-png.ts';
import { readPnm } from '../src/formats/image-pnm.ts';
import { binarised, first, type ImageSet, mnist, mosaic, packBits, stack } from './image-sets.ts';
import { type Machine, machine, run } from './measure.ts';
import { table } from './table.ts';

/** One compressor with one layout. */
export interface BaselineRow {
  set: 'binarised' | 'raw';
  id: string;
  title: string;
  version: string;
  command: string;
  layout: string;
  bytes: number;
  bitsPerPixel: number;
  /** Of processor time where it is told, else on the clock. */
  seconds: { compress: number; decompress: number };
}

/** What is written to bench/results/images-baselines.json. */
export interface BaselineResults {
  date: string;
  machine: Machine;
  images: number;
  pixels: number;
  rows: BaselineRow[];
  /** Programs that were not there. */
  missing: string[];
}

/** How an image goes into a file for a program. */
type Format = 'bytes' | 'bits' | 'pnm' | 'png';

interface Program {
  id: string;
  title: string;
  sets: readonly BaselineRow['set'][];
  layouts: readonly ('mosaic' | 'stack')[];
  format: Format;
  /** Both ways; {in} and {out} are files. Without {in}, {out} it is a filter. */
  pack: readonly string[];
  unpack: readonly string[] | null;
  version: readonly string[];
  /** What of its output counts, where that is not all. */
  counted?: (bytes: Uint8Array) => number;
  slow?: boolean;
}

const cli = join(import.meta.dirname, '../dist/cli.js');

function png({ height, width, pixels, most }: ImageSet): Uint8Array {
  const [bits, rows] = most === 1 ? [1, packBits({ images: 1, height, width, pixels, most }, true)] : [8, pixels];
  const stride = rows.length / height;
  const filtered = new Uint8Array(rows.length + height);
  for (let y = 0; y < height; y++) filtered.set(rows.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header[8] = bits;
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(filtered, { level: 9 })),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** Bytes of a PNG's data chunks. */
function dataChunks(bytes: Uint8Array): number {
  const file = Buffer.from(bytes);
  let sum = 0;
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at))
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT') sum += file.readUInt32BE(at);
  return sum;
}

function file(image: ImageSet, format: Format): Uint8Array {
  if (format === 'bytes') return image.pixels;
  if (format === 'bits') return packBits(image, false);
  if (format === 'png') return png(image);
  const [kind, data] = image.most === 1 ? ['P4', packBits(image, true)] : ['P5', image.pixels];
  const head = `${kind}\n${image.width} ${image.height}\n${image.most === 1 ? '' : '255\n'}`;
  return Buffer.concat([Buffer.from(head), data]);
}

/** The pixels of what was decoded, 0 or 1 where that is the most. */
function pixelsIn(bytes: Uint8Array, most: number): Uint8Array {
  const image = bytes[0] === 137 ? readPng(bytes) : readPnm(bytes);
  const channels = image.pixels.length / (image.shape.height * image.shape.width);
  const one = image.pixels.filter((_, i) => i % channels === 0);
  if (most === 255) return one;
  // In a bitmap a 1 is black.
  const bitmap = bytes[0] === 0x50 && bytes[1] === 0x34;
  return one.map((value) => Number(value > 0 !== bitmap));
}

const extension: Record<Format, string> = { bytes: 'bin', bits: 'bin', pnm: 'pnm', png: 'png' };
const jxl = (id: string, title: string, sets: Program['sets'], options: string[], slow = true): Program => ({
  id,
  title,
  sets,
  layouts: ['mosaic'],
  format: 'png',
  pack: ['cjxl', '{in}', '{out}', '-d', '0', '-e', '9', ...options, '--num_threads=0', '--quiet'],
  unpack: ['djxl', '{in}', '{out}', '--num_threads=0', '--quiet'],
  version: ['cjxl', '--version'],
  slow,
});
const all = ['binarised', 'raw'] as const;
const filters = [
  ['gzip', 'gzip -9', ['gzip', '-9', '-n', '-c'], ['gzip', '-d', '-c'], ['gzip', '--version']],
  ['bzip2', 'bzip2 -9', ['bzip2', '-9', '-c'], ['bzip2', '-d', '-c'], ['bzip2', '--help']],
  ['xz', 'xz -9e', ['xz', '-9e', '-T1', '-c'], ['xz', '-d', '-T1', '-c'], ['xz', '--version']],
] as const;

function programs(jbig2: string): Program[] {
  const bytes = (format: Format, sets: Program['sets']): Program[] => [
    ...filters.map(
      ([id, title, pack, unpack, version]): Program => ({
        ...{ id, title, sets, format, pack, unpack, version },
        layouts: ['stack', 'mosaic'],
      }),
    ),
    {
      id: 'surprisal',
      title: 'surprisal compress',
      sets,
      layouts: ['stack', 'mosaic'],
      format,
      pack: [process.execPath, cli, 'compress', '--no-verify', '-q', '-f', '{in}', '-o', '{out}'],
      unpack: [process.execPath, cli, 'decompress', '-q', '-f', '{in}', '-o', '{out}'],
      version: [process.execPath, cli, '--version'],
      slow: format === 'bytes',
    },
  ];
  return [
    ...bytes('bits', ['binarised']),
    ...bytes('bytes', all),
    {
      id: 'png',
      title: 'PNG, zopflipng',
      sets: all,
      layouts: ['mosaic', 'stack'],
      format: 'png',
      pack: ['zopflipng', '-y', '--filters=0me', '{in}', '{out}'],
      unpack: null,
      version: [],
      counted: dataChunks,
      slow: true,
    },
    {
      id: 'webp',
      title: 'WebP, lossless, -z 9',
      sets: all,
      layouts: ['mosaic'],
      format: 'png',
      pack: ['cwebp', '-quiet', '-lossless', '-z', '9', '-exact', '{in}', '-o', '{out}'],
      unpack: ['dwebp', '-quiet', '{in}', '-ppm', '-o', '{out}'],
      version: ['cwebp', '-version'],
    },
    jxl('jxl', 'JPEG XL, -d 0 -e 9', all, []),
    jxl('jxl-tuned', 'JPEG XL, -d 0 -e 9 -g 3 -I 100', all, ['-g', '3', '-I', '100']),
    {
      id: 'jbig',
      title: 'JBIG1',
      sets: ['binarised'],
      layouts: ['mosaic', 'stack'],
      format: 'pnm',
      pack: ['pbmtojbg', '-q', '{in}', '{out}'],
      unpack: ['jbgtopbm', '{in}', '{out}'],
      version: ['pbmtojbg', '--help'],
    },
    {
      id: 'jbig2',
      title: 'JBIG2, one generic region',
      sets: ['binarised'],
      layouts: ['mosaic'],
      format: 'pnm',
      pack: [jbig2, '{in}'],
      unpack: ['jbig2dec', '-t', 'pbm', '-o', '{out}', '{in}'],
      version: [jbig2, '--version'],
    },
  ];
}

/** The first version number that a program says; undefined when it is not there. */
function versionOf(argv: readonly string[]): string | undefined {
  const { error, stdout, stderr } = spawnSync(argv[0]!, argv.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  if (error) return undefined;
  return /\d+\.\d+(?:\.\d+)?/.exec(String(stdout) + String(stderr))?.[0] ?? '';
}

const seconds = ({ wall, user, system }: { wall: number; user: number | null; system: number | null }) =>
  user === null ? wall : user + (system ?? 0);

/** One program on one image; `null` where the program refuses. */
function measure(program: Program, image: ImageSet, scratch: string) {
  const [input, packed, back] = [`in.${extension[program.format]}`, 'packed', `out.${extension[program.format]}`].map(
    (name) => join(scratch, name),
  ) as [string, string, string];
  // Names decide formats for some of these programs.
  const names: Record<string, string> = { webp: 'webp', jbig: 'jbg', jbig2: 'jb2', png: 'png' };
  const out = `${packed}.${program.id.startsWith('jxl') ? 'jxl' : (names[program.id] ?? program.id)}`;
  const source = file(image, program.format);
  writeFileSync(input, source);
  const command = (argv: readonly string[], from: string, to: string) => ({
    argv: argv.map((word) => (word === '{in}' ? from : word === '{out}' ? to : word)),
    ...(argv.includes('{in}') ? {} : { stdin: from }),
    ...(argv.includes('{out}') ? {} : { stdout: to }),
  });
  const compress = run(command(program.pack, input, out), scratch);
  const bytes = new Uint8Array(readFileSync(out));
  let decompress = 0;
  let restored: Uint8Array = bytes;
  if (program.unpack !== null) {
    // WebP comes back in colours.
    const to = program.id === 'webp' ? join(scratch, 'out.ppm') : back;
    decompress = seconds(run(command(program.unpack, out, to), scratch));
    restored = new Uint8Array(readFileSync(to));
  }
  const raw = program.format === 'bytes' || program.format === 'bits';
  const [found, wanted] = raw ? [restored, source] : [pixelsIn(restored, image.most), image.pixels];
  if (Buffer.compare(found, wanted) !== 0)
    throw new Error(`${program.title} did not restore the images: its figures are void`);
  for (const name of readdirSync(scratch)) rmSync(join(scratch, name));
  return { bytes: program.counted?.(bytes) ?? bytes.length, compress: seconds(compress), decompress };
}

const layoutName = (layout: 'mosaic' | 'stack', format: Format, set: string) => {
  const unit = format === 'bits' ? ', packed bits' : format === 'bytes' && set === 'binarised' ? ', bytes' : '';
  return `${layout}${unit}`;
};

function main(): void {
  const { values } = parseArgs({
    options: {
      mnist: { type: 'string' },
      binarized: { type: 'string' },
      jbig2: { type: 'string', default: 'jbig2' },
      images: { type: 'string', default: '10000' },
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      out: { type: 'string', default: 'bench/results/images-baselines.json' },
    },
  });
  if (values.mnist === undefined || values.binarized === undefined)
    throw new Error('--mnist names the folder of the idx files, --binarized the one with test.packed');
  const count = Number(values.images);
  const sets = {
    binarised: first(binarised(values.binarized, 'test'), count),
    raw: first(mnist(values.mnist, 't10k'), count),
  };
  const scratch = mkdtempSync(join(tmpdir(), 'surprisal-baselines-'));
  const rows: BaselineRow[] = [];
  const missing = new Set<string>();
  try {
    for (const program of programs(values.jbig2)) {
      if (values.only !== undefined && program.id !== values.only) continue;
      if (values.quick && program.slow) continue;
      // zopflipng tells no version of its own.
      const version = program.version.length > 0 ? versionOf(program.version) : versionOf([program.pack[0]!, '--help']);
      const name = program.pack[0]!.split('/').pop()!;
      if (version === undefined) missing.add(name);
      else
        for (const set of program.sets)
          for (const layout of program.layouts) {
            const image = (layout === 'mosaic' ? mosaic : stack)(sets[set]);
            process.stderr.write(`${set}: ${program.title}, ${layoutName(layout, program.format, set)}\n`);
            const { bytes, compress, decompress } = measure(program, image, scratch);
            rows.push({
              ...{ set, id: program.id, title: program.title, version, bytes },
              command: program.pack.map((word) => (word.startsWith('/') ? word.split('/').pop()! : word)).join(' '),
              layout: layoutName(layout, program.format, set),
              bitsPerPixel: (8 * bytes) / sets[set].pixels.length,
              seconds: { compress, decompress },
            });
          }
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const { images, pixels } = sets.raw;
  const results: BaselineResults = {
    ...{ date: new Date().toISOString().slice(0, 10), machine: machine(), images, pixels: pixels.length, rows },
    missing: [...missing],
  };
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`);
  const cells = [...rows]
    .sort((a, b) => (a.set === b.set ? a.bytes - b.bytes : a.set < b.set ? -1 : 1))
    .map((row) => [
      `${row.set}: ${row.title} ${row.version}, ${row.layout}`,
      String(row.bytes),
      row.bitsPerPixel.toFixed(4),
      row.seconds.compress.toFixed(1),
      row.seconds.decompress.toFixed(1),
    ]);
  console.log(table(['', 'bytes', 'bits a pixel', 'compress s', 'restore s'], cells));
  if (missing.size > 0) console.log(`not there: ${[...missing].join(', ')}`);
}

if (process.argv[1] === import.meta.filename) main();
