/** PPM beside 7-Zip's PPMd, each at the best of its orders. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { decodeSymbols, encodeSymbols } from '../src/sequence/coding.ts';
import { PpmModel } from '../src/sequence/ppm.ts';

/** A size and the order that it was reached at. */
export interface BestOrder {
  bytes: number;
  order: number;
}

/** One file. */
export interface PpmRow {
  file: string;
  bytes: number;
  /** The range coder's words, without a header. */
  ours: BestOrder;
  /** What 7-Zip lists as packed, without its container; null where there is no 7-Zip. */
  theirs: BestOrder | null;
}

/** The part `ppm` of bench/results/sequence.json. */
export interface PpmResults {
  orders: number[];
  /** Bytes of memory, on both sides. */
  memory: number;
  sevenZip: string | null;
  rows: PpmRow[];
}

const memory = 2 ** 26;
const said = (name: string) => spawnSync(name, ['i'], { encoding: 'utf8' });
const sevenZip = ['7zz', '7z'].find((name) => said(name).status === 0);

function best(orders: readonly number[], size: (order: number) => number): BestOrder {
  return orders
    .map((order) => ({ order, bytes: size(order) }))
    .reduce((a, b) => (b.bytes < a.bytes ? b : a), { order: 0, bytes: Infinity });
}

/** Bytes that 7-Zip packs a file into. */
function packed(program: string, path: string, order: number, scratch: string): number {
  const archive = join(scratch, `${order}.7z`);
  rmSync(archive, { force: true });
  spawnSync(program, ['a', `-m0=PPMd:o=${order}:mem=64m`, archive, path]);
  const { stdout } = spawnSync(program, ['l', '-slt', archive], { encoding: 'utf8' });
  const size = Number(/^Packed Size = (\d+)$/m.exec(stdout)?.[1]);
  if (!(size > 0)) throw new Error(`${program} did not say into how many bytes it packed ${path}`);
  return size;
}

/** Measures files. Every best one is decoded again and compared. */
export function measurePpm(paths: readonly string[], orders: number[], progress: (text: string) => void): PpmResults {
  const scratch = mkdtempSync(join(tmpdir(), 'surprisal-ppm-'));
  try {
    const rows = paths.map((path) => {
      progress(`PPM: ${basename(path)}`);
      const bytes = new Uint8Array(readFileSync(path));
      const coded = (order: number) => encodeSymbols(new PpmModel({ order, memory }), bytes);
      const ours = best(orders, (order) => 4 * coded(order).length);
      const restored = decodeSymbols(new PpmModel({ order: ours.order, memory }), coded(ours.order), bytes.length);
      if (!bytes.every((byte, i) => byte === restored[i])) throw new Error(`${path} did not come back`);
      const theirs = sevenZip === undefined ? null : best(orders, (order) => packed(sevenZip, path, order, scratch));
      return { file: basename(path), bytes: bytes.length, ours, theirs };
    });
    const version = sevenZip === undefined ? null : (/\d+\.\d+/.exec(said(sevenZip).stdout)?.[0] ?? null);
    return { orders, memory, sevenZip: version, rows };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
