// Writes test/vectors/oracles_golden.json: lengths in bits that every engine must come to. An existing file is replaced
// only with --force: what lengths are decides what is sampled.
import { existsSync, writeFileSync } from 'node:fs';
import { oraclesGolden } from '../test/support/oracles_golden.ts';

const file = new URL('../test/vectors/oracles_golden.json', import.meta.url);
if (existsSync(file) && !process.argv.includes('--force')) throw new Error('the file is there: --force replaces it');
writeFileSync(file, `${JSON.stringify(oraclesGolden(), undefined, 2)}\n`);
