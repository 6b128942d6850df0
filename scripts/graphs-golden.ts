// Writes test/vectors/graphs.json: archives of graphs that must never change while the revision of their method is the
// same. Run with `npx tsx scripts/graphs-golden.ts`.
import { writeFileSync } from 'node:fs';
import { compressGraphs } from '../src/formats/graphs.ts';
import { randomSet } from '../test/support/graph_sets.ts';

const golden: object[] = [];
let seed = 70;
for (const [model, form] of [
  ['er', 'joint'],
  ['er', 'autoregressive'],
  ['ap', 'autoregressive'],
  ['ap', 'joint'],
  ['polya', 'joint'],
  ['polya', 'incomplete'],
] as const) {
  seed++;
  const set = randomSet(6, seed, { vertexLabels: ['C', 'N'], graphLabels: ['0', '1'] });
  const { archive } = await compressGraphs(set, { model, form });
  golden.push({ seed, model, form, hex: Buffer.from(archive).toString('hex') });
}
writeFileSync(new URL('../test/vectors/graphs.json', import.meta.url), `${JSON.stringify(golden, null, 2)}\n`);
