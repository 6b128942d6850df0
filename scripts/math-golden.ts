// Writes test/vectors/math_golden.json. The hashes are a promise: bits coded with these functions depend on them, so
// this is for a new function, never for a changed one.
import { writeFileSync } from 'node:fs';
import { GOLDEN_COUNTS, mathGolden } from '../test/support/math_golden.ts';

const path = new URL('../test/vectors/math_golden.json', import.meta.url);
writeFileSync(path, JSON.stringify(mathGolden(GOLDEN_COUNTS), null, 2) + '\n');
