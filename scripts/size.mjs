// Size budgets: bundles what a page would load, minified, and holds the gzipped size against .size-limit.json.
// `npm run size`; ends in a line `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setup } from './setup.mjs';

setup();
const { rolldown } = await import('rolldown');
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, '.cache/size');

/** What a page imports, by the name of the budget's file. */
const uses = {
  both: `export { compress, decompress } from '../../dist/index.js';`,
  decompress: `export { decompress } from '../../dist/index.js';`,
  worker: `export { WorkerPool } from '../../dist/worker.js';`,
  errors: `export * from '../../dist/errors.js';`,
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const [name, code] of Object.entries(uses)) {
  const input = join(out, `${name}.entry.js`);
  writeFileSync(input, code);
  const build = await rolldown({ input, platform: 'browser', external: [/^node:/], cwd: root, logLevel: 'silent' });
  await build.write({ file: join(out, `${name}.js`), format: 'esm', minify: true, codeSplitting: false });
  await build.close();
}
const budgets = JSON.parse(readFileSync(join(root, '.size-limit.json'), 'utf8'));
const program = join(root, 'node_modules/size-limit/bin.js');
const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--json'], { cwd: root, encoding: 'utf8' });
if (!stdout.trim().startsWith('[')) {
  console.log(`${stdout}${stderr}\n0 passed, ${budgets.length} failed`);
  process.exit(1);
}
const results = JSON.parse(stdout);
for (const { name, size, passed } of results)
  console.log(
    `${passed ? 'ok' : 'FAILED'}: ${name}: ${(size / 1000).toFixed(1)} kB gzipped, of ${budgets.find((b) => b.name === name).limit}`,
  );
const failed = results.filter(({ passed }) => !passed).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(status ?? 1);
