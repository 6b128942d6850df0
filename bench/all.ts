/** `npm run bench -- --corpus DIR [--repeat N]`: every benchmark one after another, then the README's tables. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const args = process.argv.slice(2);
const here = import.meta.dirname;
const steps: { title: string; argv: string[] }[] = [
  { title: 'Files beside other compressors', argv: ['--import', 'tsx', join(here, 'files.ts'), ...args] },
  { title: 'Entropy coders beside constriction', argv: ['--import', 'tsx', join(here, 'coders.ts')] },
  { title: 'Models', argv: ['--import', 'tsx', join(here, 'models.ts')] },
  { title: 'Interleaved coding of bytes', argv: ['--import', 'tsx', join(here, 'interleaved.ts')] },
  { title: 'Node and Chromium', argv: ['--import', 'tsx', join(here, 'engines.ts')] },
  { title: 'Tables of the README', argv: [join(here, '../scripts/readme-tables.mjs')] },
];
for (const { title, argv } of steps) {
  console.log(`\n${title}\n${'='.repeat(title.length)}\n`);
  const { status } = spawnSync(process.execPath, argv, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
