// Builds the package into dist/: kernels, library and command (bundled, so that nothing is left to install), types,
// and the licence notices of what was bundled.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { rolldown } from 'rolldown';
import { buildKernels, root } from './kernels.mjs';

const log = (text) => process.stderr.write(text + '\n');
const dist = join(root, 'dist');

function sources(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && e.name.endsWith('.ts'))
    .map((e) => relative(join(root, folder), join(e.parentPath ?? e.path, e.name)));
}

/** Every module of the library is an entry: what a subpath export names is a file of its own. */
function entries() {
  const found = {};
  for (const file of sources('src')) {
    if (file.startsWith('cli/') || file.startsWith('kernels/generated/')) continue;
    found[file.replace(/\.ts$/, '')] = join(root, 'src', file);
  }
  return found;
}

async function bundle(input, output, platform = 'neutral') {
  // The neutral platform looks at `exports` alone; a package that has none is found by these.
  const resolve = platform === 'neutral' ? { mainFields: ['module', 'main'] } : {};
  const build = await rolldown({ input, platform, resolve, external: [/^node:/], cwd: root, logLevel: 'warn' });
  const { output: files } = await build.write({ dir: dist, format: 'esm', ...output });
  await build.close();
  const packages = new Set();
  for (const file of files) {
    for (const id of file.moduleIds ?? []) {
      const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(id);
      if (match) packages.add(match[1]);
    }
  }
  return packages;
}

function notices(packages) {
  const parts = [...packages].sort().map((name) => {
    const folder = join(root, 'node_modules', name);
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((f) => /^licen[cs]e/i.test(f));
    if (!file) throw new Error(`${name} is bundled but has no licence file to carry along`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  return `Parts of these packages are bundled into this one.\n\n${parts.join('\n----\n\n')}`;
}

await buildKernels({ log });
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
const packages = await bundle(entries(), {
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  minify: false,
});
if (existsSync(join(root, 'src/cli/main.ts'))) {
  for (const name of await bundle(
    { cli: join(root, 'src/cli/main.ts') },
    { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js', banner: '#!/usr/bin/env node' },
    'node',
  ))
    packages.add(name);
  // npm makes it executable when it installs the package; a clone is used as it is.
  chmodSync(join(dist, 'cli.js'), 0o755);
}
writeFileSync(join(dist, 'THIRD-PARTY-LICENCES.txt'), notices(packages));
const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: ['ignore', process.stderr, process.stderr],
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);
