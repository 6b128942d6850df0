// Writes test/vectors/samplers_golden.json. The same seed gives the same text in every engine and version: this is for a
// new sampler, or for a change that was meant and is in the changelog.
import { writeFileSync } from 'node:fs';
import { samplersGolden } from '../test/support/samplers_golden.ts';

const path = new URL('../test/vectors/samplers_golden.json', import.meta.url);
writeFileSync(path, JSON.stringify(samplersGolden(), null, 2) + '\n');
