// `npm start`: sets up a fresh clone, then shows what the package does on a real file, beside what is at hand.
// `npm start -- ARGUMENTS` is the `surprisal` command instead, run in the folder that npm was called from.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import { setup } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sample = 'node_modules/typescript/lib/lib.dom.d.ts';

/** Hands over to the command: its streams, its folder, its exit code, its death by a signal. */
function command(args) {
  const cli = join(root, 'dist/cli.js');
  if (!existsSync(cli)) {
    process.stderr.write('dist/cli.js is missing: run `npm run build` and see what it says\n');
    process.exit(1);
  }
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`the command did not start: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

const number = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
const timed = async (work) => {
  const start = performance.now();
  const result = await work();
  return [result, (performance.now() - start) / 1000];
};

/** A line that shows how far a job is, on a terminal only. */
function progress(what) {
  if (!process.stderr.isTTY) return { tick() {}, clear() {} };
  const start = performance.now();
  return {
    tick(done, total) {
      const part = total ? done / total : 0;
      const bar = '━'.repeat(Math.round(30 * part)).padEnd(30, '·');
      const rate = (done / 1e3 / Math.max(performance.now() - start, 1)).toFixed(2);
      process.stderr.write(`\r  ${what.padEnd(12)} ${bar} ${(100 * part).toFixed(0).padStart(3)} %  ${rate} MB/s `);
    },
    clear: () => process.stderr.write('\r\x1b[2K'),
  };
}

/** A compressor of Node's own or a program that reads stdin, as [compress, decompress]. */
function peers() {
  const { constants } = zlib;
  const brotli = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
  const program = (pack, unpack) => {
    if (spawnSync(pack[0], ['--version'], { stdio: 'ignore' }).error) return undefined;
    return [pack, unpack].map(([name, ...args]) => (input) => {
      const { status, stdout, error } = spawnSync(name, args, {
        input,
        maxBuffer: 2 ** 28,
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      if (status !== 0) throw error ?? new Error(`${name} failed with exit code ${status}`);
      return stdout;
    });
  };
  return {
    'xz -9e': program(['xz', '-9e', '-T1', '-c'], ['xz', '-d', '-c']),
    'zstd --ultra -22': program(['zstd', '--ultra', '-22', '-q', '-c'], ['zstd', '-d', '-q', '-c']),
    'brotli -q 11': [
      (bytes) => zlib.brotliCompressSync(bytes, { params: { ...brotli } }),
      (bytes) => zlib.brotliDecompressSync(bytes),
    ],
    'gzip -9': [(bytes) => zlib.gzipSync(bytes, { level: 9 }), (bytes) => zlib.gunzipSync(bytes)],
  };
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

async function demonstrate() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { compress, decompress } = await import('../dist/index.js');
  const raw = new Uint8Array(readFileSync(join(root, sample)));
  console.log(`\nsurprisal ${version}: lossless compression with a model that learns as it reads\n`);
  console.log(`Here it compresses ${sample} (${number(raw.length)} bytes) and restores it.`);
  console.log('It starts from nothing and stores no model: the decoder learns the same as it restores, bit for bit.\n');

  const bar = [progress('compressing'), progress('restoring')];
  const watch = (i) => ({ progress: ({ done, total }) => bar[i].tick(done, total ?? raw.length) });
  const [packed, compressTime] = await timed(() => compress(raw, { size: raw.length, ...watch(0) }));
  bar[0].clear();
  const [restored, restoreTime] = await timed(() => decompress(packed, watch(1)));
  bar[1].clear();
  const identical = Buffer.from(raw).equals(restored);

  const rows = [['surprisal', packed.length, compressTime, restoreTime]];
  const missing = [];
  for (const [title, pair] of Object.entries(peers())) {
    if (!pair) {
      missing.push(title.split(' ')[0]);
      continue;
    }
    if (process.stderr.isTTY) process.stderr.write(`  ${title} …`);
    const [small, there] = await timed(() => pair[0](raw));
    const [, back] = await timed(() => pair[1](small));
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
    rows.push([title, small.length, there, back]);
  }
  rows.sort((a, b) => a[1] - b[1]);

  const line = (cells) =>
    '  ' +
    cells[0].padEnd(18) +
    cells
      .slice(1)
      .map((cell, i) => cell.padStart([9, 9, 13, 12, 12][i]))
      .join('');
  console.log(line(['', 'bytes', 'ratio', 'bits a byte', 'compress', 'restore']));
  for (const [title, size, there, back] of rows) {
    const cells = [number(size), (raw.length / size).toFixed(2), ((8 * size) / raw.length).toFixed(3)];
    console.log(line([title, ...cells, `${there.toFixed(2)} s`, `${back.toFixed(2)} s`]));
  }
  if (missing.length > 0) console.log(`  skipped: ${missing.join(', ')} (not installed)`);
  console.log(identical ? `\nrestored: identical (SHA-256 ${sha256(restored)})` : '\nrestored: NOT identical');
  if (!identical) process.exit(1);
  console.log(`
Try it on files of yours:
  npm start -- compress FILE          writes FILE.srp and keeps FILE
  npm start -- decompress FILE.srp    restores it
  npm start -- --help                 everything else
In a pipe, call the command itself: node ${join(root, 'dist/cli.js').replace(process.cwd() + '/', '')} compress -c < FILE > FILE.srp`);
}

setup();
if (process.argv.length > 2) command(process.argv.slice(2));
else await demonstrate();
