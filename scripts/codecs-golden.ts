// Writes test/vectors/codecs_golden.json. The hashes are a promise: what was coded with these codecs must stay decodable,
// so this is for a new codec, never for a changed one.
import { writeFileSync } from 'node:fs';
import { codecsGolden } from '../test/support/codecs_golden.ts';

const path = new URL('../test/vectors/codecs_golden.json', import.meta.url);
writeFileSync(path, JSON.stringify(codecsGolden(), null, 2) + '\n');
