// Writes test/vectors/coding_golden.json. The hashes are a promise: what was coded with these models must stay decodable,
// so this is for a new model, never for a changed one.
import { writeFileSync } from 'node:fs';
import { codingGolden } from '../test/support/coding_golden.ts';

const path = new URL('../test/vectors/coding_golden.json', import.meta.url);
writeFileSync(path, JSON.stringify(codingGolden(), null, 2) + '\n');
