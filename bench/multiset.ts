/**
 * `npm run bench:multiset [-- --most N] [--rounds N] [--out FILE] [FILE[:SIZE]...]`
 *
 * What a record of a multiset costs, in bits and in time, for n = 10 to 1,000,000 random ids of 8 bytes, and what files
 * of records take with their order, sorted, and as a multiset: some that are made here, and any that are named, with the
 * size of a record for binary ones. Writes a file of results and a plot beside it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { BitStack } from '../src/codecs/stack.ts';
import { joinRecords, type SplitOptions, sortRecords, splitRecords } from '../src/formats/record-layout.ts';
import { compressRecords } from '../src/formats/records.ts';
import { compressSync } from '../src/index.ts';
import { UniformRecords } from '../src/structures/record-models.ts';
import { popRecords, pushRecords } from '../src/structures/record-sets.ts';
import { generator } from './coder-cases.ts';
import { type Machine, machine } from './measure.ts';
import { plot } from './multiset-plot.ts';
import { table } from './table.ts';

/** What is written to bench/results/multiset.json. Times in nanoseconds, the least of all rounds. */
export interface MultisetResults {
  date: string;
  machine: Machine;
  /** Bytes of a record. */
  size: number;
  rounds: number;
  rows: {
    n: number;
    /** Net bits of the stack, and those of a list less log2 of the number of its orders. */
    bits: number;
    ideal: number;
    /** Sorting included. */
    pushTime: number;
    popTime: number;
  }[];
  files: {
    title: string;
    records: number;
    bytes: number;
    /** Whole archives, in bytes. */
    kept: number;
    sorted: number;
    multiset: number;
    model: string;
    /** Bytes that an order alone takes. */
    order: number;
    /** Seconds that both ways take together. */
    seconds: number;
  }[];
}

const root = join(import.meta.dirname, '..');

function drain<T>(work: Generator<unknown, T, void>): T {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

/** Pseudo-random bytes, always the same. */
function randomBytes(count: number, seed: number): Uint8Array {
  const next = generator(seed);
  return Uint8Array.from({ length: count }, () => next() >>> 24);
}

function shuffled<T>(list: T[], seed: number): T[] {
  const next = generator(seed);
  for (let i = list.length - 1; i > 0; i--) {
    const j = (next() >>> 8) % (i + 1);
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}

function measure(n: number, size: number, rounds: number): MultisetResults['rows'][number] {
  const bytes = randomBytes(n * size, n);
  let [pushTime, popTime, bits] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
  // Small ones many times: a clock has no nanoseconds.
  const times = Math.max(1, Math.floor(20_000 / n));
  for (let round = 0; round < rounds; round++) {
    let start = performance.now();
    let pushed = { words: new Uint32Array(0) as Uint32Array, initial: 0 };
    for (let i = 0; i < times; i++)
      pushed = drain(pushRecords(sortRecords(splitRecords(bytes, { size })), () => new UniformRecords(size), 1));
    pushTime = Math.min(pushTime, ((performance.now() - start) * 1e6) / times);
    bits = BitStack.from(pushed.words).numValidBits() - (32 * pushed.initial + 33);
    start = performance.now();
    for (let i = 0; i < times; i++) {
      const found = drain(popRecords(pushed.words, new UniformRecords(size), n, n * size));
      if (found.order.length !== n) throw new Error('records are lost');
    }
    popTime = Math.min(popTime, ((performance.now() - start) * 1e6) / times);
  }
  const { bytes: sorted, starts } = sortRecords(splitRecords(bytes, { size }));
  let ideal = 8 * size * n;
  let copies = 1;
  for (let i = 1; i < n; i++) {
    const same = sorted.subarray(starts[i - 1], starts[i]).every((byte, k) => byte === sorted[starts[i]! + k]);
    copies = same ? copies + 1 : 1;
    ideal -= Math.log2(i + 1) - Math.log2(copies);
  }
  return { n, bits, ideal, pushTime, popTime };
}

async function measureFile(title: string, bytes: Uint8Array, options: SplitOptions) {
  const kept = compressSync(bytes).length;
  const start = performance.now();
  const { sorted, multiset, model, records, order } = await compressRecords(bytes, options);
  const seconds = (performance.now() - start) / 1000;
  const split = splitRecords(bytes, options);
  if (joinRecords(sortRecords(split), split.frame).length !== bytes.length) throw new Error('records are lost');
  return {
    title,
    records,
    bytes: bytes.length,
    kept,
    sorted,
    multiset: multiset ?? 0,
    model: model ?? '',
    order,
    seconds,
  };
}

/** Addresses of 10,000 of the files that are installed here, in no order. */
function addresses(): Uint8Array {
  const folder = join(root, 'node_modules');
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `https://unpkg.com/${relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/')}`)
    .sort();
  return new TextEncoder().encode(`${shuffled(paths, 5).slice(0, 10_000).join('\n')}\n`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      most: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '3' },
      out: { type: 'string', default: 'bench/results/multiset.json' },
    },
  });
  const [most, rounds] = [Number(values.most), Number(values.rounds)];
  if (!Number.isInteger(most) || most < 10) throw new Error(`--most is a whole number from 10, not ${values.most}`);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds is a whole number, not ${values.rounds}`);
  const size = 8;
  measure(20_000, size, 3);
  const rows: MultisetResults['rows'] = [];
  for (let n = 10; n <= most; n *= 10) {
    process.stderr.write(`n = ${n}\n`);
    rows.push(measure(n, size, rounds));
  }
  const hex = (count: number) =>
    Array.from(randomBytes(8 * count, 3)).map((byte) => byte.toString(16).padStart(2, '0'));
  const lines = hex(20_000).join('').match(/.{16}/g)!;
  const files: MultisetResults['files'] = [];
  const named = positionals.map((name): [string, Uint8Array, SplitOptions] => {
    const [, path, digits] = /^(.*?)(?::(\d+))?$/.exec(name)!;
    const options = digits === undefined ? {} : { size: Number(digits) };
    return [basename(path!), new Uint8Array(readFileSync(path!)), options];
  });
  for (const [title, bytes, options] of [
    ['addresses of files', addresses(), {}],
    ['ids of 16 hex digits, lines', new TextEncoder().encode(`${lines.join('\n')}\n`), {}],
    ['ids of 4 bytes', randomBytes(40_000, 4), { size: 4 }],
    ['ids of 8 bytes', randomBytes(800_000, 4), { size: 8 }],
    ...named,
  ] as [string, Uint8Array, SplitOptions][]) {
    process.stderr.write(`${title}\n`);
    files.push(await measureFile(title, bytes, options));
  }
  const results: MultisetResults = {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    size,
    rounds,
    rows,
    files,
  };
  const out = join(root, values.out);
  writeFileSync(out, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(out.replace(/\.json$/, '.svg'), plot(results));
  console.log(
    table(
      ['n', 'bits a record', 'ideal', 'compress, ns a record', 'restore, ns a record'],
      rows.map((row) => [
        row.n.toLocaleString('en'),
        (row.bits / row.n).toFixed(3),
        (row.ideal / row.n).toFixed(3),
        (row.pushTime / row.n).toFixed(0),
        (row.popTime / row.n).toFixed(0),
      ]),
    ),
  );
  console.log(
    table(
      ['', 'records', 'bytes', 'order kept', 'sorted', 'multiset', 'model', 'log2(n!) / 8', 's'],
      files.map((file) => [
        file.title,
        file.records.toLocaleString('en'),
        ...[file.bytes, file.kept, file.sorted, file.multiset].map((bytes) => bytes.toLocaleString('en')),
        file.model,
        Math.round(file.order).toLocaleString('en'),
        file.seconds.toFixed(1),
      ]),
    ),
  );
}

await main();
