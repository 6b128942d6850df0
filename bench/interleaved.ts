/**
 * `npm run bench:interleaved [-- --file FILE] [--symbols N] [--rounds N] [--out FILE]`
 *
 * Interleaved coding of bytes in Node and in Chromium, in turns, on one thread: nanoseconds a byte on the clock,
 * medians, copying in and out included. Both engines must write the same bytes.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium as playwright } from 'playwright-core';
import { rolldown } from 'rolldown';
import { chromium, chromiumArguments } from '../scripts/chromium.mjs';
import { generator } from './coder-cases.ts';
import { type Machine, machine, median } from './measure.ts';
import { table } from './table.ts';

/** What was measured in each engine. */
const ways = ['model', 'encode', 'decode', 'decodeInto', 'pack', 'unpack'] as const;

/** Nanoseconds a byte. */
type Speed = Record<(typeof ways)[number], number>;

/** One kind of data. */
interface InterleavedRow {
  title: string;
  bytes: number;
  /** Bits a byte of the empirical distribution. */
  entropy: number;
  /** Bytes of the stream with one model, and of its table. */
  encoded: number;
  table: number;
  /** Bytes of the packed form. */
  packed: number;
  node: Speed;
  chromium: Speed;
}

/** What is written to bench/results/interleaved.json. */
export interface InterleavedResults {
  date: string;
  rounds: number;
  machine: Machine;
  chromium: string;
  /** Bytes of WASM. */
  kernel: number;
  rows: InterleavedRow[];
}

interface Round {
  speed: Speed;
  encoded: Uint8Array;
  packed: Uint8Array;
  table: number;
}

const cache = join(import.meta.dirname, '../.cache/bench');
const program = join(cache, 'interleaved.mjs');

/** One round. Its source also runs in the page: it must not use anything from outside. */
async function round(library: string, bytes: Uint8Array): Promise<Round> {
  const it = (await import(library)) as {
    InterleavedModel: typeof import('../src/coders/interleaved.ts').InterleavedModel;
    encodeInterleaved: typeof import('../src/coders/interleaved.ts').encodeInterleaved;
    decodeInterleaved: typeof import('../src/coders/interleaved.ts').decodeInterleaved;
    packBytes: typeof import('../src/coders/packed-bytes.ts').packBytes;
    unpackBytes: typeof import('../src/coders/packed-bytes.ts').unpackBytes;
  };
  // Long enough for a page's clock.
  const times = Math.max(1, Math.round(1e7 / bytes.length));
  const speed: Record<string, number> = {};
  const timed = <T>(name: string, call: () => T): T => {
    const start = performance.now();
    let result = call();
    for (let i = 1; i < times; i++) result = call();
    speed[name] = ((performance.now() - start) * 1e6) / (bytes.length * times);
    return result;
  };
  const model = timed('model', () => it.InterleavedModel.of(bytes));
  const encoded = timed('encode', () => it.encodeInterleaved(bytes, model));
  const decoded = timed('decode', () => it.decodeInterleaved(encoded, model, bytes.length));
  // Memory that was used before: a new array's pages cost as much as a third of the rest.
  timed('decodeInto', () => it.decodeInterleaved(encoded, model, decoded));
  const packed = timed('pack', () => it.packBytes(bytes));
  const unpacked = timed('unpack', () => it.unpackBytes(packed));
  for (let i = 0; i < bytes.length; i++)
    if (decoded[i] !== bytes[i] || unpacked[i] !== bytes[i]) throw new Error(`byte ${i} is not restored`);
  return { speed: speed as Speed, encoded, packed, table: model.toBytes().length };
}

/** Bytes with weights 1, 1/2, 1/3, ... */
function zipf(count: number): Uint8Array {
  const next = generator(1);
  const slots = new Uint8Array(2 ** 16);
  let sum = 0;
  for (let s = 0; s < 256; s++) sum += 1 / (s + 1);
  let at = 0;
  let until = 0;
  for (let s = 0; s < 256; s++) {
    until += (2 ** 16 / (s + 1)) * (1 / sum);
    for (; at < Math.round(until); at++) slots[at] = s;
  }
  return Uint8Array.from({ length: count }, () => slots[next() >>> 16]);
}

function uniform(count: number): Uint8Array {
  const next = generator(2);
  return Uint8Array.from({ length: count }, () => next() >>> 24);
}

function entropy(bytes: Uint8Array): number {
  const counts = new Float64Array(256);
  for (const byte of bytes) counts[byte]++;
  return counts.reduce((bits, n) => (n === 0 ? bits : bits - (n / bytes.length) * Math.log2(n / bytes.length)), 0);
}

async function bundle(): Promise<void> {
  const entry = join(cache, 'interleaved-entry.ts');
  mkdirSync(cache, { recursive: true });
  const names = ['coders/interleaved.ts', 'coders/packed-bytes.ts', 'kernels/generated/interleaved.ts'];
  writeFileSync(entry, names.map((name) => `export * from '../../src/${name}';\n`).join(''));
  const build = await rolldown({ input: entry, platform: 'neutral' });
  await build.write({ file: program, format: 'esm' });
  await build.close();
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      file: { type: 'string', default: 'node_modules/typescript/lib/lib.dom.d.ts' },
      symbols: { type: 'string', default: '10000000' },
      rounds: { type: 'string', default: '7' },
      out: { type: 'string', default: 'bench/results/interleaved.json' },
    },
  });
  const [symbols, rounds] = [Number(values.symbols), Number(values.rounds)];
  if (!Number.isInteger(symbols) || symbols < 1) throw new Error(`--symbols is a whole number, not ${values.symbols}`);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds is a whole number, not ${values.rounds}`);
  const executablePath = chromium();
  if (executablePath === undefined) throw new Error('no Chromium: set CHROMIUM to its path');
  await bundle();
  const samples = [
    { title: 'Zipf over 256', bytes: zipf(symbols) },
    { title: 'uniform', bytes: uniform(symbols) },
    { title: basename(values.file), bytes: new Uint8Array(readFileSync(values.file)) },
  ];
  const server = createServer((request, response) => {
    const sample = samples[Number(/^\/sample\/(\d)$/.exec(request.url ?? '')?.[1])];
    if (request.url === '/') response.setHeader('content-type', 'text/html').end('<!doctype html><title>bench</title>');
    else if (request.url === '/interleaved.mjs')
      response.setHeader('content-type', 'text/javascript').end(readFileSync(program));
    else if (sample !== undefined) response.end(sample.bytes);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await playwright.launch({ executablePath, args: chromiumArguments });
  try {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    const { bytes: kernel } = (await import(pathToFileURL(program).href)) as { bytes: number };
    const rows: InterleavedRow[] = [];
    for (const [i, { title, bytes }] of samples.entries()) {
      // The helper stands in for what the TypeScript loader wraps functions in.
      const code = `(async () => {
        const __name = (f) => f;
        const round = ${round.toString()};
        globalThis.sample ??= {};
        sample[${i}] ??= new Uint8Array(await (await fetch('/sample/${i}')).arrayBuffer());
        const { speed, encoded, packed } = await round('/interleaved.mjs', sample[${i}]);
        const hex = async (bytes) => Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)),
          (b) => b.toString(16).padStart(2, '0')).join('');
        return { speed, encoded: await hex(encoded), packed: await hex(packed) };
      })()`;
      const node: Speed[] = [];
      const there: Speed[] = [];
      let last: Round | undefined;
      for (let n = 0; n <= rounds; n++) {
        process.stderr.write(n === 0 ? `${title}: warming up\n` : `${title}: round ${n} of ${rounds}\n`);
        const ours = await round(pathToFileURL(program).href, bytes);
        const theirs = (await page.evaluate(code)) as { speed: Speed; encoded: string; packed: string };
        if (sha256(ours.encoded) !== theirs.encoded || sha256(ours.packed) !== theirs.packed)
          throw new Error(`${title}: Node and Chromium do not write the same bytes`);
        last = ours;
        if (n === 0) continue;
        node.push(ours.speed);
        there.push(theirs.speed);
      }
      const middle = (all: Speed[]) =>
        Object.fromEntries(ways.map((way) => [way, median(all.map((one) => one[way]))])) as Speed;
      rows.push({
        title,
        bytes: bytes.length,
        entropy: entropy(bytes),
        encoded: last!.encoded.length,
        table: last!.table,
        packed: last!.packed.length,
        node: middle(node),
        chromium: middle(there),
      });
    }
    const results: InterleavedResults = {
      date: new Date().toISOString().slice(0, 10),
      rounds,
      machine: machine(),
      chromium: browser.version(),
      kernel,
      rows,
    };
    mkdirSync(dirname(values.out), { recursive: true });
    writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`);
    const over = (bytes: number, row: InterleavedRow) =>
      `${(((8 * bytes) / (row.bytes * row.entropy) - 1) * 100).toFixed(3)} %`;
    const line = (row: InterleavedRow, engine: 'node' | 'chromium') => [
      `${row.title}, ${engine}`,
      ...ways.map((way) => row[engine][way].toFixed(2)),
      row.entropy.toFixed(3),
      over(row.encoded, row),
      over(row.packed, row),
    ];
    console.log(
      table(
        ['ns a byte', ...ways, 'entropy', 'stream over it', 'packed over it'],
        rows.flatMap((row) => [line(row, 'node'), line(row, 'chromium')]),
      ),
    );
    console.log(`Kernel: ${kernel} bytes. Both engines wrote the same bytes.`);
  } finally {
    await browser.close();
    server.close();
  }
}

await main();
