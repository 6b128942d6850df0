// Writes test/vectors/sequence_models_golden.json. The sums are a promise: what a model coded must stay decodable, so a
// model that is there already keeps its bits. This is for new ones.
import { writeFileSync } from 'node:fs';
import { sequenceModelsGolden } from '../test/support/sequence_models_golden.ts';

const path = new URL('../test/vectors/sequence_models_golden.json', import.meta.url);
writeFileSync(path, JSON.stringify(sequenceModelsGolden(), null, 2) + '\n');
