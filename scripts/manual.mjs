// Puts the command's own help texts into docs/cli.md, between `<!-- surprisal ... -->` and `<!-- end -->`, by running
// dist/cli.js. With --check it writes nothing and fails where the page is out of date.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(fileURLToPath(import.meta.url), '../..');
const page = join(root, 'docs/cli.md');
const cli = process.env.SURPRISAL_CLI ?? join(root, 'dist/cli.js');

function output(args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`surprisal ${args.join(' ')} failed:\n${stderr}`);
  return stdout.trimEnd();
}

const before = readFileSync(page, 'utf8');
const after = before.replace(
  /<!-- surprisal (.*?) -->\n[\s\S]*?<!-- end -->/g,
  (_, args) => `<!-- surprisal ${args} -->\n\`\`\`text\n${output(args.split(' '))}\n\`\`\`\n<!-- end -->`,
);
if (process.argv.includes('--check')) {
  if (before !== after) {
    process.stderr.write('docs/cli.md is out of date: run node scripts/manual.mjs\n');
    process.exitCode = 1;
  }
} else if (before !== after) writeFileSync(page, after);
