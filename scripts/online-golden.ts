// Writes test/vectors/online_golden.json: npx tsx scripts/online-golden.ts [--force]
//
// The file is a promise: archives that are out there decode only with these bits. It is written again, with --force,
// only together with a new revision of the method in the header and a line in the changelog.
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onlineGolden } from '../test/support/online_golden.ts';

const path = fileURLToPath(new URL('../test/vectors/online_golden.json', import.meta.url));
if (existsSync(path) && !process.argv.includes('--force')) {
  console.error(`${path} exists, and what it says is a promise: changed bits need a new revision of the method.`);
  console.error('Write it again with --force, together with that revision.');
  process.exit(1);
}
writeFileSync(path, JSON.stringify(onlineGolden(), null, 2) + '\n');
