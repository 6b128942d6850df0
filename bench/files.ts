/**
 * `npm run bench:files -- --corpus DIR [--files a,b] [--peers a,b] [--repeat N] [--out FILE]`
 *
 * Compresses and restores the files of a folder with this package and with what else there is, in the same run: every
 * repeat goes through all peers before the next begins, so that a machine that slows down slows them all. Each file is
 * restored and compared byte by byte. Medians of the repeats are kept.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { accounted, machine, medianCost, run } from './measure.ts';
import { type Peer, peers } from './peers/peers.ts';
import { type FileResults, type Measured, seconds, totals } from './results.ts';
import { scatter } from './scatter.ts';
import { table } from './table.ts';

function listed(corpus: string, names: string | undefined): string[] {
  if (names !== undefined) return names.split(',').map((name) => join(corpus, name));
  return readdirSync(corpus, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => (a < b ? -1 : 1));
}

function once(peer: Peer, raw: string, scratch: string) {
  const folder = mkdtempSync(join(scratch, 'run-'));
  try {
    const packed = join(folder, 'packed');
    const restored = join(folder, 'restored');
    // zpaq adds its extension to a name without one; 7-Zip does too.
    const names = { zpaq: `${packed}.zpaq`, '7z-ppmd': `${packed}.7z` };
    const out = names[peer.id as keyof typeof names] ?? packed;
    const compress = run(peer.compress(raw, out), folder);
    const decompress = run(peer.decompress(out, restored, raw), folder);
    if (!readFileSync(restored).equals(readFileSync(raw)))
      throw new Error(`${peer.title} did not restore ${basename(raw)}: the figures of this run are void`);
    return { packed: statSync(out).size, compress, decompress };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measure(corpus: string, paths: string[], chosen: readonly Peer[], repeats: number): FileResults {
  const there = chosen.flatMap((peer) => {
    const version = peer.version();
    return version === undefined ? [] : [{ peer, version }];
  });
  const missing = chosen.filter((peer) => !there.some((one) => one.peer === peer));
  const scratch = mkdtempSync(join(tmpdir(), 'surprisal-bench-'));
  const samples = new Map<string, ReturnType<typeof once>[]>();
  try {
    for (let repeat = 1; repeat <= repeats; repeat++) {
      for (const path of paths) {
        for (const { peer } of there) {
          process.stderr.write(`repeat ${repeat} of ${repeats}: ${relative(corpus, path)}, ${peer.title}\n`);
          const key = `${peer.id}\0${path}`;
          const before = samples.get(key) ?? [];
          samples.set(key, [...before, once(peer, path, scratch)]);
        }
      }
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const runs = paths.flatMap((path) =>
    there.map(({ peer }): Measured => {
      const all = samples.get(`${peer.id}\0${path}`)!;
      return {
        peer: peer.id,
        file: relative(corpus, path),
        packed: all[0]!.packed,
        compress: medianCost(all.map((one) => one.compress)),
        decompress: medianCost(all.map((one) => one.decompress)),
      };
    }),
  );
  return {
    date: new Date().toISOString().slice(0, 10),
    repeats,
    machine: machine(),
    peers: there.map(({ peer: { id, title, kind }, version }) => ({ id, title, kind, version })),
    skipped: missing.map(({ id, title }) => ({ id, title, reason: 'not installed' })),
    files: paths.map((path) => ({ name: relative(corpus, path), bytes: statSync(path).size })),
    runs,
  };
}

const mebibytes = (bytes: number | null) => (bytes ? (bytes / 2 ** 20).toFixed(0) : '–');
const rate = (mbs: number) => (mbs >= 100 ? mbs.toFixed(0) : mbs >= 10 ? mbs.toFixed(1) : mbs.toFixed(2));

/** The tables of a run, as printed. */
export function tables(results: FileResults): string {
  const parts = results.files.map(({ name, bytes }) => {
    const rows = results.runs
      .filter((one) => one.file === name)
      .sort((a, b) => a.packed - b.packed)
      .map((one) => [
        results.peers.find((peer) => peer.id === one.peer)!.title,
        String(one.packed),
        ((8 * one.packed) / bytes).toFixed(3),
        seconds(one.compress).toFixed(2),
        seconds(one.decompress).toFixed(2),
        mebibytes(one.compress.memory),
        mebibytes(one.decompress.memory),
      ]);
    const head = ['', 'bytes', 'bits a byte', 'compress s', 'restore s', 'compress MiB', 'restore MiB'];
    return `${name}, ${bytes} bytes\n${table(head, rows)}`;
  });
  const rows = totals(results).map((one) => [
    `${one.title} (${one.version})`,
    String(one.packed),
    one.bitsPerByte.toFixed(3),
    rate(one.compressSpeed),
    rate(one.decompressSpeed),
    mebibytes(one.compressMemory),
    mebibytes(one.decompressMemory),
  ]);
  const head = ['', 'bytes', 'bits a byte', 'compress MB/s', 'restore MB/s', 'compress MiB', 'restore MiB'];
  parts.push(`All ${results.files.length} files\n${table(head, rows)}`);
  for (const { title, reason } of results.skipped) parts.push(`skipped: ${title} (${reason})`);
  const { processor, cores, node } = results.machine;
  const what = accounted ? 'processor time' : 'clock time (install the package `time` for processor time and memory)';
  parts.push(`${processor}, ${cores} cores, Node ${node}; ${what}, medians of ${results.repeats}, one thread each.`);
  return parts.join('\n\n');
}

function main(): void {
  const { values } = parseArgs({
    options: {
      corpus: { type: 'string' },
      files: { type: 'string' },
      peers: { type: 'string' },
      repeat: { type: 'string', default: '3' },
      out: { type: 'string', default: 'bench/results/files.json' },
    },
  });
  if (values.corpus === undefined || !existsSync(values.corpus))
    throw new Error('say which folder of files to compress: npm run bench:files -- --corpus DIR');
  const repeats = Number(values.repeat);
  if (!Number.isInteger(repeats) || repeats < 1) throw new Error(`--repeat is a whole number, not ${values.repeat}`);
  const chosen = values.peers?.split(',').map((id) => {
    const peer = peers.find((one) => one.id === id);
    if (!peer) throw new Error(`no peer is called ${id}: there are ${peers.map((one) => one.id).join(', ')}`);
    return peer;
  });
  const corpus = resolve(values.corpus);
  const results = measure(corpus, listed(corpus, values.files), chosen ?? peers, repeats);
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(values.out.replace(/\.json$/, '.svg'), scatter(results));
  console.log(tables(results));
}

if (process.argv[1] === import.meta.filename) main();
