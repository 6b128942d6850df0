/** The compressors that are compared, each at its smallest output on one thread, and how to run them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from '../measure.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');

/** A compressor under test. Paths are absolute; `packed` does not exist before compress. */
export interface Peer {
  /** A short stable name. */
  id: string;
  /** As a reader would write it, with its settings. */
  title: string;
  /** What it is written in, for the reader: what can run in a page and what cannot. */
  kind: 'ours' | 'JavaScript' | 'native';
  /** The version, or undefined when it is not installed. */
  version(): string | undefined;
  compress(raw: string, packed: string): Command;
  /** Restores to `restored`. */
  decompress(packed: string, restored: string, raw: string): Command;
}

/** The first version number that a program says, on either stream. */
function said(argv: readonly string[]): string | undefined {
  const { error, stdout, stderr } = spawnSync(argv[0]!, argv.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  if (error) return undefined;
  return /\d+\.\d+(?:\.\d+)?/.exec(String(stdout) + String(stderr))?.[0];
}

/** A filter with gzip's habits. */
function filter(id: string, title: string, pack: string[], unpack: string[], version: string[]): Peer {
  return {
    id,
    title,
    kind: 'native',
    version: () => said(version),
    compress: (raw, packed) => ({ argv: pack, stdin: raw, stdout: packed }),
    decompress: (packed, restored) => ({ argv: unpack, stdin: packed, stdout: restored }),
  };
}

function javascript(id: string, title: string, kind: Peer['kind'], manifest: string): Peer {
  const driver = (...rest: string[]) => ({ argv: [process.execPath, join(here, 'javascript.mjs'), id, ...rest] });
  return {
    id,
    title,
    kind,
    version: () => JSON.parse(readFileSync(join(root, manifest), 'utf8')).version,
    compress: (raw, packed) => driver('compress', raw, packed),
    decompress: (packed, restored) => driver('decompress', packed, restored),
  };
}

/** 7-Zip under the name that it has here. */
function sevenZip(): Peer {
  const program = ['7zz', '7z'].find((name) => said([name]) !== undefined) ?? '7zz';
  return {
    id: '7z-ppmd',
    title: '7-Zip PPMd o16',
    kind: 'native',
    version: () => said([program]),
    compress: (raw, packed) => ({
      argv: [program, 'a', '-t7z', '-m0=PPMd:o=16:mem=256m', '-mmt=1', '-bd', '-bso0', '-y', packed, raw],
    }),
    decompress: (packed, restored) => ({
      argv: [program, 'e', '-so', '-mmt=1', '-bd', '-y', packed],
      stdout: restored,
    }),
  };
}

function zpaq(): Peer {
  return {
    id: 'zpaq',
    title: 'zpaq -m5',
    kind: 'native',
    version: () => said(['zpaq']),
    compress: (raw, packed) => ({ argv: ['zpaq', 'add', packed, raw, '-m5', '-t1', '-noattributes'] }),
    decompress: (packed, restored, raw) => ({
      argv: ['zpaq', 'extract', packed, raw, '-to', restored, '-t1', '-noattributes', '-force'],
    }),
  };
}

/** Every peer, installed or not. */
export const peers: readonly Peer[] = [
  javascript('surprisal', 'surprisal', 'ours', 'package.json'),
  filter('gzip', 'gzip -9', ['gzip', '-9', '-n', '-c'], ['gzip', '-d', '-c'], ['gzip', '--version']),
  filter('bzip2', 'bzip2 -9', ['bzip2', '-9', '-c'], ['bzip2', '-d', '-c'], ['bzip2', '--help']),
  filter('xz', 'xz -9e', ['xz', '-9e', '-T1', '-c'], ['xz', '-d', '-T1', '-c'], ['xz', '--version']),
  filter(
    'zstd',
    'zstd --ultra -22',
    ['zstd', '--ultra', '-22', '--single-thread', '-q', '-c'],
    ['zstd', '-d', '-q', '-c'],
    ['zstd', '--version'],
  ),
  filter(
    'brotli',
    'brotli -q 11 -w 24',
    ['brotli', '-q', '11', '-w', '24', '-c'],
    ['brotli', '-d', '-c'],
    ['brotli', '--version'],
  ),
  sevenZip(),
  zpaq(),
  javascript('fflate', 'fflate, level 9', 'JavaScript', 'node_modules/fflate/package.json'),
  javascript('pako', 'pako, level 9', 'JavaScript', 'node_modules/pako/package.json'),
  javascript('brotli-wasm', 'brotli-wasm, quality 11', 'JavaScript', 'node_modules/brotli-wasm/package.json'),
];
