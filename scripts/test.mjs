// Runs the tests: `node scripts/test.mjs node|browser|slow [vitest's arguments]`, after setting up what is missing.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from './chromium.mjs';
import { setup } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [suite = 'node', ...rest] = process.argv.slice(2);

setup();
if (suite === 'browser' && chromium() === undefined) {
  console.log('skipped: no Chromium (set CHROMIUM to its path, or install the package `chromium`)');
  console.log('0 passed, 0 failed');
  process.exit(0);
}
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
if (!existsSync(vitest)) throw new Error('vitest is not installed: run `npm ci --include=dev`');
const { status } = spawnSync(process.execPath, [vitest, 'run', '--project', suite, ...rest], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, SURPRISAL_SUITE: suite },
});
process.exit(status ?? 1);
