// Writes test/vectors/ppm_golden.json: npx tsx scripts/ppm-golden.ts [--force]
//
// The file is a promise: what was coded with a model of PPM decodes only with these predictions.
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ppmGolden } from '../test/support/ppm_golden.ts';

const path = fileURLToPath(new URL('../test/vectors/ppm_golden.json', import.meta.url));
if (existsSync(path) && !process.argv.includes('--force')) {
  console.error(`${path} exists, and what it says is a promise. Write it again with --force.`);
  process.exit(1);
}
writeFileSync(path, `${JSON.stringify(ppmGolden(), null, 2)}\n`);
