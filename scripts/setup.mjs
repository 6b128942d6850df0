// Makes a fresh clone ready: installs what package-lock.json names, then builds kernels and dist/. Does nothing when
// nothing changed, so every script may call it first. It runs before anything is installed: node builtins only, and
// it speaks on stderr, so that stdout stays free for what was asked for.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules/.cache/surprisal/built');
const log = (text) => process.stderr.write(text + '\n');

/** What npm recorded about the last install, compared with the lock file: survives interrupted installs. */
function installed() {
  const record = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const have = JSON.parse(readFileSync(record, 'utf8')).packages;
  const want = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(want).every(([path, { version, optional, devOptional, peer }]) => {
    if (path === '') return true;
    if (have[path] === undefined) return Boolean(optional || devOptional || peer);
    return have[path].version === version && existsSync(join(root, path));
  });
}

function run(command, args, what) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    env: { ...process.env, NODE_ENV: 'development' },
  });
  if (status === 0) return;
  log(`${what} failed${error ? `: ${error.message}` : ''}; see above.`);
  process.exit(1);
}

function install() {
  log('Installing the development dependencies (npm ci) …');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm?.endsWith('.js')) run(process.execPath, [npm, ...args], 'npm ci');
  else run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, 'npm ci');
}

function sources() {
  const files = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
  files.push('scripts/build.mjs', 'scripts/kernels.mjs');
  for (const folder of ['src', 'assembly']) {
    for (const e of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      const path = relative(root, join(e.parentPath ?? e.path, e.name));
      if (e.isFile() && !/kernels[\\/]generated/.test(path)) files.push(path);
    }
  }
  const hash = createHash('sha256');
  for (const file of files.sort())
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

function built(hash) {
  return (
    existsSync(join(root, 'dist/THIRD-PARTY-LICENCES.txt')) &&
    existsSync(join(root, 'src/kernels/generated')) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === hash
  );
}

/** Installs and builds what is missing or out of date. `rebuild` builds in any case. */
export function setup({ rebuild = false } = {}) {
  if (!installed()) install();
  const hash = sources();
  if (!rebuild && built(hash)) return;
  if (!rebuild) log('Building the kernels and dist/ …');
  run(process.execPath, [join(root, 'scripts/build.mjs')], 'The build');
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  setup({ rebuild: process.argv.includes('--build') });
