import { deflate, deflateRaw } from 'pako';
import { expect, it } from 'vitest';
import { Random } from '../src/kernels/random.ts';
import { deflateCode, kraftSum } from '../src/sampling/canonical.ts';
import { exactSample } from '../src/sampling/exact.ts';
import { chunks, indexed, vocabulary } from '../src/sampling/tokens.ts';
import { CtwModel } from '../src/sequence/ctw.ts';
import { Lz78Model } from '../src/sequence/lz78.ts';
import { TOTAL } from '../src/sequence/model.ts';
import { PpmModel } from '../src/sequence/ppm.ts';
import notebook from './vectors/notebook_sampler.json' with { type: 'json' };

it('half a per cent of random bits are deflate: 0.513 % decode, 0.496 % are as zlib writes them', () => {
  const code = deflateCode((bytes) => deflateRaw(bytes, { level: 6, legacyHash: true }));
  const found = kraftSum(code, { tries: 2_000_000, seed: 1 });
  console.log(found);
  expect(Math.abs(found.codes - 0.00513)).toBeLessThan(4 * found.codesError);
  expect(Math.abs(found.kraft - 0.00496)).toBeLessThan(4 * found.error);
});

it("the notebook's 511 is one draw of the order of a set: 504 to 514 over 20,000 orders", () => {
  const { text } = notebook.pairs;
  const pieces = vocabulary(chunks(text));
  const random = new Random(1);
  const sizes = new Map<number, number>();
  for (let i = 0; i < 20_000; i++) {
    const alphabet = indexed([...random.permutation(pieces.length)].map((j) => pieces[j]));
    const symbols = alphabet.symbols(alphabet.split(text));
    const size = deflate(Uint8Array.from(symbols), { level: 6, legacyHash: true }).length;
    sizes.set(size, (sizes.get(size) ?? 0) + 1);
  }
  console.log([...sizes].sort(([a], [b]) => a - b));
  expect(Math.min(...sizes.keys())).toBeGreaterThanOrEqual(502);
  expect(Math.max(...sizes.keys())).toBeLessThanOrEqual(516);
  expect(sizes.get(511)! / 20_000).toBeGreaterThan(0.02);
});

it.each([
  ['LZ78', () => new Lz78Model()],
  ['PPM', () => new PpmModel()],
  ['CTW', () => new CtwModel()],
] as const)('samples of %s cost what its entropy is, symbol for symbol', (_, create) => {
  // Of an exact sample the surprisal less the entropy is a martingale: its sum is within a few standard deviations of 0.
  const model = create();
  for (const byte of new TextEncoder().encode(notebook.pairs.text)) model.update(byte);
  const symbols = exactSample(model, 3000, { seed: 2 }).symbols;
  const cuts = new Uint32Array(model.alphabetSize + 1);
  let sum = 0;
  let variance = 0;
  for (const symbol of symbols) {
    model.intervals(cuts);
    let entropy = 0;
    let squares = 0;
    for (let s = 0; s < model.alphabetSize; s++) {
      const p = (cuts[s + 1] - cuts[s]) / TOTAL;
      entropy -= p * Math.log2(p);
      squares += p * Math.log2(p) ** 2;
    }
    sum -= Math.log2((cuts[symbol + 1] - cuts[symbol]) / TOTAL) + entropy;
    variance += squares - entropy ** 2;
    model.update(symbol);
  }
  expect(Math.abs(sum)).toBeLessThan(4 * Math.sqrt(variance));
});
