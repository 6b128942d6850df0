/**
 * `npx tsx bench/ppm.ts --corpus FOLDER [--orders 4,5,6,8] [--symbols N]`
 *
 * PPM on the text files of the Canterbury corpus beside 7-Zip's PPMd, each at the best of its orders: bytes of the range
 * coder's words without a header, beside the packed size that 7-Zip lists, without its container. Then megabytes a second
 * of coding in processor time, and symbols a second in sampling: intervals, a choice, learning. Every best file is
 * decoded again and compared.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../src/kernels/random.ts';
import { decodeSymbols, encodeSymbols } from '../src/sequence/coding.ts';
import { symbolAt } from '../src/sequence/model.ts';
import { PpmModel } from '../src/sequence/ppm.ts';
import { table } from './table.ts';

const names = [
  'alice29.txt',
  'asyoulik.txt',
  'cp.html',
  'fields.c',
  'grammar.lsp',
  'lcet10.txt',
  'plrabn12.txt',
  'xargs.1',
];
const allOrders = Array.from({ length: 15 }, (_, i) => i + 2);
const memory = 2 ** 26;

interface Best {
  bytes: number;
  order: number;
}

function best(orders: readonly number[], size: (order: number) => number): Best {
  return orders
    .map((order) => ({ order, bytes: size(order) }))
    .reduce((a, b) => (b.bytes < a.bytes ? b : a), { order: 0, bytes: Infinity });
}

const sevenZip = ['7zz', '7z'].find((name) => spawnSync(name, ['i']).status === 0);
const scratch = mkdtempSync(join(tmpdir(), 'ppm-'));

/** Bytes that 7-Zip packs a file into. */
function packed(path: string, order: number): number {
  const archive = join(scratch, `${order}.7z`);
  rmSync(archive, { force: true });
  spawnSync(sevenZip!, ['a', `-m0=PPMd:o=${order}:mem=64m`, archive, path]);
  const { stdout } = spawnSync(sevenZip!, ['l', '-slt', archive], { encoding: 'utf8' });
  return Number(/^Packed Size = (\d+)$/m.exec(stdout)![1]);
}

/** Seconds of processor time of some work. */
function seconds(work: () => void): number {
  const start = process.cpuUsage();
  work();
  return process.cpuUsage(start).user / 1e6;
}

const { values } = parseArgs({
  options: {
    corpus: { type: 'string' },
    orders: { type: 'string' },
    symbols: { type: 'string', default: '200000' },
  },
});
if (values.corpus === undefined) throw new Error('--corpus FOLDER is wanted: where the Canterbury corpus lies');
const orders = values.orders?.split(',').map(Number) ?? allOrders;
const folder = [values.corpus, join(values.corpus, 'canterbury')].find((path) => existsSync(join(path, names[0])));
if (folder === undefined) throw new Error(`${names[0]} is not in ${values.corpus}`);
if (sevenZip === undefined) console.log('7-Zip is not here: its columns stay empty.\n');

const rows: string[][] = [];
const speeds: string[][] = [];
let sum = 0;
let theirSum = 0;
for (const name of names) {
  const path = join(folder, name);
  const bytes = new Uint8Array(readFileSync(path));
  const ours = best(orders, (order) => 4 * encodeSymbols(new PpmModel({ order, memory }), bytes).length);
  const { order } = ours;
  let words = new Uint32Array(0);
  const encoding = seconds(() => {
    words = encodeSymbols(new PpmModel({ order, memory }), bytes) as Uint32Array<ArrayBuffer>;
  });
  let decoded: ArrayLike<number> = [];
  const decoding = seconds(() => {
    decoded = decodeSymbols(new PpmModel({ order, memory }), words, bytes.length);
  });
  if (!bytes.every((byte, i) => byte === decoded[i])) throw new Error(`${name} did not come back`);
  const theirs = sevenZip === undefined ? undefined : best(allOrders, (n) => packed(path, n));
  sum += ours.bytes;
  theirSum += theirs?.bytes ?? 0;
  rows.push([
    name,
    `${bytes.length}`,
    theirs === undefined ? '' : `${theirs.bytes} (${theirs.order})`,
    `${ours.bytes} (${order})`,
    ((8 * ours.bytes) / bytes.length).toFixed(3),
    theirs === undefined ? '' : `${(100 * (ours.bytes / theirs.bytes - 1)).toFixed(2)} %`,
  ]);
  if (bytes.length < 100_000) continue;
  const model = new PpmModel({ order: 6, memory });
  for (const byte of bytes) model.update(byte);
  const random = new Random(1);
  const cuts = new Uint32Array(257);
  const count = Number(values.symbols);
  const sampling = seconds(() => {
    for (let i = 0; i < count; i++) {
      model.intervals(cuts);
      model.update(symbolAt(cuts, random.below(2 ** 24), 256));
    }
  });
  const mark = model.mark();
  const marked = seconds(() => {
    for (let i = 0; i < count; i++) {
      const inner = model.mark();
      model.intervals(cuts);
      model.update(symbolAt(cuts, random.below(2 ** 24), 256));
      model.rollback(inner);
    }
  });
  model.rollback(mark);
  speeds.push([
    name,
    (bytes.length / encoding / 1e6).toFixed(3),
    (bytes.length / decoding / 1e6).toFixed(3),
    `${Math.round(count / sampling)}`,
    `${Math.round(count / marked)}`,
  ]);
}
rmSync(scratch, { recursive: true });
if (theirSum > 0) rows.push(['all', '', `${theirSum}`, `${sum}`, '', `${(100 * (sum / theirSum - 1)).toFixed(2)} %`]);
console.log(table(['file', 'bytes', '7-Zip PPMd (order)', 'PPM (order)', 'bits a byte', 'difference'], rows));
console.log(`\n${table(['file', 'MB/s in', 'MB/s out', 'sampled/s', 'marked, sampled, rolled back/s'], speeds)}`);
