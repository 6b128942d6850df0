// Writes test/vectors/images_golden.json. The hashes are a promise: what was coded with a model must stay decodable, so
// this is for a new model, never for a changed one.
import { writeFileSync } from 'node:fs';
import { imagesGolden } from '../test/support/images_golden.ts';

const path = new URL('../test/vectors/images_golden.json', import.meta.url);
writeFileSync(path, JSON.stringify(imagesGolden(), null, 2) + '\n');
