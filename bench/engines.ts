/**
 * `npm run bench:speed [-- --file FILE] [--bytes N] [--rounds N] [--out FILE]`
 *
 * The same build in Node and in Chromium, in turns, on one thread: MB a second on the clock, medians. It also compares
 * what came out: both engines must give the same archive.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium as playwright } from 'playwright-core';
import { chromium, chromiumArguments } from '../scripts/chromium.mjs';
import { type Machine, machine, median } from './measure.ts';
import { table } from './table.ts';

/** MB a second each way, in one engine. */
interface Speed {
  version: string;
  compress: number;
  decompress: number;
}

/** What is written to bench/results/engines.json. */
export interface EngineResults {
  date: string;
  machine: Machine;
  file: string;
  bytes: number;
  rounds: number;
  node: Speed;
  chromium: Speed;
  ratio: { compress: number; decompress: number };
}

interface Round {
  /** Seconds. */
  compress: number;
  decompress: number;
  packed: number;
  sha256: string;
}

const dist = join(import.meta.dirname, '../dist');

/** One round. Its source also runs in the page: it must not use anything from outside. */
async function round(library: string, bytes: Uint8Array): Promise<Omit<Round, 'sha256'> & { archive: Uint8Array }> {
  const { compressSync, decompressSync } = await import(library);
  const start = performance.now();
  const archive = compressSync(bytes);
  const middle = performance.now();
  const restored = decompressSync(archive);
  const end = performance.now();
  for (let i = 0; i < bytes.length; i++) if (restored[i] !== bytes[i]) throw new Error(`byte ${i} is not restored`);
  return { compress: (middle - start) / 1000, decompress: (end - middle) / 1000, packed: archive.length, archive };
}

async function inNode(bytes: Uint8Array): Promise<Round> {
  const { archive, ...rest } = await round(join(dist, 'index.js'), bytes);
  return { ...rest, sha256: createHash('sha256').update(archive).digest('hex') };
}

/** Serves dist/ and the sample to a page of this machine only. */
async function serve(bytes: Uint8Array) {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    try {
      if (path === '/') response.setHeader('content-type', 'text/html').end('<!doctype html><title>bench</title>');
      else if (path === '/sample') response.end(bytes);
      else if (/^\/dist\/[\w/.-]+\.js$/.test(path) && !path.includes('..'))
        response.setHeader('content-type', 'text/javascript').end(readFileSync(join(dist, path.slice(6))));
      else response.writeHead(404).end();
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: `http://localhost:${(server.address() as AddressInfo).port}/` };
}

async function compare(file: string, bytes: Uint8Array, rounds: number): Promise<EngineResults> {
  const executablePath = chromium();
  if (executablePath === undefined) throw new Error('no Chromium: set CHROMIUM to its path');
  const { server, address } = await serve(bytes);
  const browser = await playwright.launch({ executablePath, args: chromiumArguments });
  try {
    const page = await browser.newPage();
    await page.goto(address);
    // The helper stands in for what the TypeScript loader wraps functions in.
    const code = `(async () => {
      const __name = (f) => f;
      const round = ${round.toString()};
      const bytes = new Uint8Array(await (await fetch('/sample')).arrayBuffer());
      const { archive, ...rest } = await round('/dist/index.js', bytes);
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', archive));
      return { ...rest, sha256: Array.from(hash, (b) => b.toString(16).padStart(2, '0')).join('') };
    })()`;
    const node: Round[] = [];
    const page_: Round[] = [];
    for (let i = 0; i <= rounds; i++) {
      process.stderr.write(i === 0 ? 'warming up\n' : `round ${i} of ${rounds}\n`);
      const one = await inNode(bytes);
      const other = (await page.evaluate(code)) as Round;
      if (one.sha256 !== other.sha256)
        throw new Error(`not the same bits: Node's archive has SHA-256 ${one.sha256}, Chromium's ${other.sha256}`);
      if (i > 0) {
        node.push(one);
        page_.push(other);
      }
    }
    const speed = (version: string, all: Round[]): Speed => ({
      version,
      compress: bytes.length / 1e6 / median(all.map((one) => one.compress)),
      decompress: bytes.length / 1e6 / median(all.map((one) => one.decompress)),
    });
    const ours = speed(process.version.slice(1), node);
    const theirs = speed(browser.version(), page_);
    return {
      date: new Date().toISOString().slice(0, 10),
      machine: machine(),
      file: basename(file),
      bytes: bytes.length,
      rounds,
      node: ours,
      chromium: theirs,
      ratio: { compress: theirs.compress / ours.compress, decompress: theirs.decompress / ours.decompress },
    };
  } finally {
    await browser.close();
    server.close();
  }
}

const { values } = parseArgs({
  options: {
    file: { type: 'string', default: 'node_modules/typescript/lib/lib.dom.d.ts' },
    bytes: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '5' },
    out: { type: 'string', default: 'bench/results/engines.json' },
  },
});
const [limit, rounds] = [Number(values.bytes), Number(values.rounds)];
if (!Number.isInteger(limit) || limit < 1) throw new Error(`--bytes is a whole number, not ${values.bytes}`);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds is a whole number, not ${values.rounds}`);
const results = await compare(values.file, new Uint8Array(readFileSync(values.file)).slice(0, limit), rounds);
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`);
const row = (name: string, { compress, decompress }: { compress: number; decompress: number }) => [
  name,
  compress.toFixed(3),
  decompress.toFixed(3),
];
console.log(
  table(
    ['MB a second', 'compress', 'restore'],
    [
      row(`Node ${results.node.version}`, results.node),
      row(`Chromium ${results.chromium.version}`, results.chromium),
      row('Chromium / Node', results.ratio),
    ],
  ),
);
console.log('The archives are the same in both, byte for byte.');
