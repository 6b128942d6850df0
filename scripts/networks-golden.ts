// Writes test/vectors/networks_golden.json. The hashes are a promise: what a model's weights code must stay decodable, so
// an operation that is there already keeps its bits. This is for new ones.
import { writeFileSync } from 'node:fs';
import { networksGolden } from '../test/support/networks_golden.ts';

const path = new URL('../test/vectors/networks_golden.json', import.meta.url);
writeFileSync(path, JSON.stringify(networksGolden(), null, 2) + '\n');
