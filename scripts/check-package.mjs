// What a user of the package gets: packs it, looks at the tarball, installs it in an empty folder and imports from
// there all that it exports. `npm run check:package`; ends in a line `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setup } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const scratch = mkdtempSync(join(tmpdir(), 'surprisal-package-'));
/** The code, packed; weights of models come on top, and no model may have more than its own limit. */
const limit = 1_400_000;
const weightsLimit = 2_000_000;
let passed = 0;
let failed = 0;

function check(what, test) {
  try {
    const detail = test();
    passed++;
    console.log(`ok: ${what}${detail ? ` (${detail})` : ''}`);
  } catch (error) {
    failed++;
    console.log(`FAILED: ${what}\n${error.message}`);
  }
}

function insist(holds, message) {
  if (!holds) throw new Error(message);
}

function run(command, args, { cwd = root, input = '' } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, input, maxBuffer: 2 ** 28 });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`);
  return stdout;
}

const tool = (path, ...args) => String(run(process.execPath, [join(root, 'node_modules', path), ...args]));
const npm = (args, options) => {
  const path = process.env.npm_execpath;
  return String(path?.endsWith('.js') ? run(process.execPath, [path, ...args], options) : run('npm', args, options));
};

/** Every specifier that the exports map allows, with patterns filled in from the files of the tarball. */
function subpaths(manifest, packed) {
  return Object.entries(manifest.exports).flatMap(([key, target]) => {
    if (!key.includes('*')) return [key];
    const [before, after] = target.default.slice(2).split('*');
    return packed
      .filter((file) => file.startsWith(before) && file.endsWith(after) && file.length > before.length + after.length)
      .map((file) => key.replace('*', file.slice(before.length, file.length - after.length)));
  });
}

setup();
try {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  check('no runtime dependencies', () => {
    const { dependencies = {}, peerDependencies = {}, optionalDependencies = {} } = manifest;
    const all = Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies });
    insist(all.length === 0, `package.json lists ${all.join(', ')}: bundle them as devDependencies`);
  });
  check('the lock file names no registry', () => {
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    insist(
      !/"resolved": "https?:/.test(lock),
      'package-lock.json has "resolved" addresses: run npm install with the .npmrc of this folder',
    );
  });

  let packed = [];
  let tarball = '';
  const weights = existsSync(join(root, 'weights'))
    ? readdirSync(join(root, 'weights')).filter((name) => name.endsWith('.safetensors'))
    : [];
  const weightBytes = (name) => statSync(join(root, 'weights', name)).size;
  check(`models that come along have at most ${weightsLimit} bytes each`, () => {
    const large = weights.filter((name) => weightBytes(name) > weightsLimit);
    insist(large.length === 0, `too large: ${large.join(', ')}`);
    return `${weights.length} models, ${weights.reduce((sum, name) => sum + weightBytes(name), 0)} bytes`;
  });
  check(`npm pack makes at most ${limit} bytes, weights apart`, () => {
    const [report] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', scratch]));
    packed = report.files.map((file) => file.path);
    tarball = join(scratch, report.filename);
    // Weights hardly pack any smaller.
    const most = limit + weights.reduce((sum, name) => sum + weightBytes(name), 0);
    insist(statSync(tarball).size <= most, `${report.filename} has ${statSync(tarball).size} bytes`);
    return `${statSync(tarball).size} bytes, ${packed.length} files`;
  });
  check('the tarball has what it must and nothing else', () => {
    const needed = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'dist/THIRD-PARTY-LICENCES.txt'];
    needed.push('dist/index.js', 'dist/index.d.ts', 'dist/worker.js', 'dist/cli.js');
    const missing = needed.filter((file) => !packed.includes(file));
    insist(missing.length === 0, `missing: ${missing.join(', ')}`);
    const stray = packed.filter(
      (file) =>
        !/^(dist\/|weights\/[\w-]+\.safetensors$|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/.test(file),
    );
    insist(stray.length === 0, `not for users: ${stray.join(', ')}`);
  });
  check('publint', () => void tool('publint/src/cli.js', tarball, '--strict'));
  check(
    'are the types wrong?',
    () => void tool('@arethetypeswrong/cli/dist/index.js', tarball, '--profile', 'esm-only'),
  );

  const user = join(scratch, 'user');
  const installed = join(user, 'node_modules/surprisal');
  check('it installs in an empty folder, alone', () => {
    run('mkdir', ['-p', user]);
    writeFileSync(join(user, 'package.json'), '{ "type": "module", "private": true }\n');
    npm(['install', '--no-audit', '--no-fund', '--no-save', '--ignore-scripts', tarball], { cwd: user });
    const there = readdirSync(join(user, 'node_modules')).filter((name) => !name.startsWith('.'));
    insist(there.join() === 'surprisal', `it brought ${there.join(', ')}`);
  });
  const specifiers = subpaths(manifest, packed).filter((key) => key.endsWith('.js') || key === '.');
  for (const key of specifiers) {
    const name = key.replace(/^\./, 'surprisal');
    check(`import '${name}'`, () => {
      const code = `const m = await import(${JSON.stringify(name)}); process.stdout.write(String(Object.keys(m).length))`;
      const names = run(process.execPath, ['--input-type=module', '-e', code], { cwd: user });
      return `${names} exports`;
    });
  }
  check('its types compile for a user, with strict settings', () => {
    const lines = specifiers.map(
      (key, i) => `import * as m${i} from '${key.replace(/^\./, 'surprisal')}';\nvoid m${i};`,
    );
    writeFileSync(join(user, 'all.ts'), lines.join('\n') + '\n');
    const settings = ['--strict', '--noEmit', '--target', 'es2022', '--module', 'nodenext'];
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...settings, 'all.ts'], { cwd: user });
  });
  const program = join(user, 'node_modules/.bin/surprisal');
  check('the command says its version', () => {
    const said = String(run(program, ['--version'], { cwd: user })).trim();
    insist(said.includes(manifest.version), `it said ${said}`);
    return said;
  });
  check('the command compresses and restores a pipe', () => {
    const text = readFileSync(join(root, 'package.json'));
    const archive = run(program, ['compress', '-c'], { cwd: user, input: text });
    const restored = run(program, ['decompress', '-c'], { cwd: user, input: archive });
    insist(restored.equals(text), 'what came back is not what went in');
    return `${text.length} bytes to ${archive.length}`;
  });
  check('the command trains a model, compresses and restores images', () => {
    const idx = new Uint8Array(16 + 30 * 36);
    idx.set([0, 0, 8, 3, 0, 0, 0, 30, 0, 0, 0, 6, 0, 0, 0, 6]);
    for (let i = 0; i < 30; i++) idx.fill(255, 16 + 36 * i + (i % 6) * 6, 16 + 36 * i + (i % 6) * 6 + 6);
    writeFileSync(join(user, 'bars.idx'), idx);
    const images = (...args) => String(run(program, ['images', ...args], { cwd: user }));
    images(
      'train',
      '--data',
      'bars.idx',
      '--model',
      'vae-binary',
      '--epochs',
      '2',
      '-T',
      '2',
      '-o',
      'bars.safetensors',
    );
    images('compress', '-m', 'bars.safetensors', '-o', 'bars.srp', 'bars.idx');
    images('decompress', '-m', 'bars.safetensors', '-o', 'back.idx', 'bars.srp');
    insist(readFileSync(join(user, 'back.idx')).equals(idx), 'what came back is not what went in');
    const listed = images('models', '--json').split('\n').length - 1;
    insist(listed === weights.length, `it finds ${listed} models of ${weights.length} that come along`);
    return `${idx.length} bytes to ${statSync(join(user, 'bars.srp')).size}`;
  });
  check('the library compresses and restores', () => {
    const code = `import { compress, decompress } from 'surprisal';
      const text = new TextEncoder().encode('what is likely is short, '.repeat(100));
      const archive = await compress(text);
      if (Buffer.compare(text, await decompress(archive)) !== 0) throw new Error('not what went in');
      process.stdout.write(text.length + ' bytes to ' + archive.length);`;
    return String(run(process.execPath, ['--input-type=module', '-e', code], { cwd: user }));
  });
  check('the worker pool starts its threads from there', () => {
    const code = `import { WorkerPool } from 'surprisal/worker.js';
      const text = new TextEncoder().encode('what is likely is short, '.repeat(10000));
      const pool = new WorkerPool({ threads: 2 });
      const archive = await pool.compress(text, { segmentSize: 65536 });
      if (Buffer.compare(text, await pool.decompress(archive)) !== 0) throw new Error('not what went in');
      await pool.terminate();
      process.stdout.write(text.length + ' bytes to ' + archive.length);`;
    writeFileSync(join(user, 'pool.js'), code);
    return String(run(process.execPath, ['pool.js'], { cwd: user }));
  });
  check('licences of what is bundled come along', () => {
    const text = readFileSync(join(installed, 'dist/THIRD-PARTY-LICENCES.txt'), 'utf8');
    insist(/licen[cs]e|permission/i.test(text), 'dist/THIRD-PARTY-LICENCES.txt names no licence');
    insist(existsSync(join(installed, 'LICENSE')), 'LICENSE is missing');
  });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
