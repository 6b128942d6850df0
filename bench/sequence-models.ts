/**
 * `npx tsx bench/sequence-models.ts --corpus FOLDER [--samples N] [--rounds N]`
 *
 * LZ78, LZW, n-grams and mixtures on the files of the Calgary and Canterbury corpora that FOLDER has: bits a character
 * (the sum of surprisals; what the range coder writes is at most 64 bits longer) beside what others state, and symbols a
 * second in coding and in sampling.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../src/kernels/random.ts';
import { encodeSymbols } from '../src/sequence/coding.ts';
import { Lz78Model } from '../src/sequence/lz78.ts';
import { LzwModel } from '../src/sequence/lzw.ts';
import { GeometricMixtureModel, MixtureModel } from '../src/sequence/mixture.ts';
import { type SequenceModel, symbolAt, TOTAL } from '../src/sequence/model.ts';
import { NgramModel } from '../src/sequence/ngram.ts';
import { median } from './measure.ts';
import { table } from './table.ts';

/**
 * Bits a character that the authors' own program gives while it learns: github.com/NSagan271/lz78_rust at commit fb7c7ab
 * (the code of Sagan and Weissman 2024, arXiv 2410.06589), LZ78SPA with a Dirichlet prior, gamma = 2/256, built and run
 * on these files on 2026-11-22. The paper has no table of these collections.
 */
const authors: Record<string, number> = {
  bib: 4.043046,
  book1: 3.999909,
  obj1: 5.356286,
  paper1: 4.585857,
  progc: 4.696223,
  'alice29.txt': 4.076895,
  'asyoulik.txt': 4.310186,
  'lcet10.txt': 3.833178,
  'plrabn12.txt': 4.012329,
};

/**
 * Bytes by A. Gleave and C. Steinruecken 2017, "Making compression algorithms for Unicode text", arXiv 1701.04047:
 * github.com/AdamGleave/UnicodeCompressor at commit 7a2452c, experiments/tables/benchmark.csv, columns none_lzw_byte (LZW,
 * code words by arithmetic coding) and ref_PPMd.
 */
const gleave: Record<string, { readonly lzw: number; readonly ppmd: number }> = {
  'alice29.txt': { lzw: 60145, ppmd: 39949 },
  'asyoulik.txt': { lzw: 53194, ppmd: 36615 },
  'cp.html': { lzw: 10879, ppmd: 6685 },
  'fields.c': { lzw: 4753, ppmd: 2736 },
  'grammar.lsp': { lzw: 1719, ppmd: 1073 },
  'kennedy.xls': { lzw: 310723, ppmd: 118240 },
  'lcet10.txt': { lzw: 157634, ppmd: 101168 },
  'plrabn12.txt': { lzw: 191894, ppmd: 134795 },
  ptt5: { lzw: 60115, ppmd: 50092 },
  sum: { lzw: 19286, ppmd: 11801 },
  'xargs.1': { lzw: 2239, ppmd: 1516 },
};

const files = ['bib', 'book1', 'obj1', 'paper1', 'progc', ...Object.keys(gleave)];

const dictionaries: Record<string, () => SequenceModel> = {
  lz78: () => new Lz78Model(),
  'back-shift 4': () => new Lz78Model({ backShift: 4 }),
  'base root': () => new Lz78Model({ base: 'root' }),
  both: () => new Lz78Model({ backShift: 4, base: 'root' }),
  lzw: () => new LzwModel(),
};

const others: Record<string, () => SequenceModel> = {
  'w.-bell 4': () => new NgramModel({ smoothing: 'witten-bell' }),
  'k.-ney 4': () => new NgramModel({ order: 4 }),
  'k.-ney 6': () => new NgramModel(),
  sum: () => new MixtureModel({ models: parts() }),
  product: () => new GeometricMixtureModel({ models: parts() }),
};

const slow = ['sum', 'product'];

/** Mixtures take 50 to 200 us a byte: longer files are left out. */
const LONG = 130_000;

const parts = () => [3, 5, 8].map((order) => new NgramModel({ order }));

function bitsOf(model: SequenceModel, bytes: Uint8Array): number {
  const cuts = new Uint32Array(257);
  let bits = 0;
  for (const byte of bytes) {
    model.intervals(cuts);
    bits -= Math.log2((cuts[byte + 1] - cuts[byte]) / TOTAL);
    model.update(byte);
  }
  return bits / bytes.length;
}

/** Bits of the codes themselves: LZ78 writes phrase t as log2(t) + 8 bits rounded up, LZW as log2(entries) rounded up. */
function codesOf(bytes: Uint8Array): { lz78: number; lzw: number } {
  const code = (single: boolean) => {
    const tree = new Map<number, number>();
    let nodes = single ? 256 : 0;
    let node = -1;
    let bits = 0;
    for (const byte of bytes) {
      const key = node * 256 + byte;
      const next = single && node < 0 ? byte : tree.get(key);
      if (next !== undefined) {
        node = next;
        continue;
      }
      bits += Math.ceil(Math.log2(single ? nodes : nodes + 1)) + (single ? 0 : 8);
      if (!single || nodes < 65536) tree.set(key, nodes++);
      node = single ? byte : -1;
    }
    if (node >= 0) bits += Math.ceil(Math.log2(Math.max(2, nodes)));
    return bits / bytes.length;
  };
  return { lz78: code(false), lzw: code(true) };
}

const { values } = parseArgs({
  options: {
    corpus: { type: 'string' },
    samples: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '3' },
  },
});
if (values.corpus === undefined) throw new Error('--corpus FOLDER: where the files of the corpora lie');
const { corpus } = values;
const find = (name: string): string | undefined =>
  ['', 'calgary', 'canterbury'].map((folder) => join(corpus, folder, name)).find((path) => existsSync(path));

const first: string[][] = [];
const second: string[][] = [];
for (const name of files) {
  const path = find(name);
  if (path === undefined) continue;
  const bytes = new Uint8Array(readFileSync(path));
  const codes = codesOf(bytes);
  const known = gleave[name];
  const stated = (size: number | undefined) => (size === undefined ? '-' : ((8 * size) / bytes.length).toFixed(3));
  first.push([
    name,
    codes.lz78.toFixed(3),
    authors[name]?.toFixed(3) ?? '-',
    ...Object.values(dictionaries).map((create) => bitsOf(create(), bytes).toFixed(3)),
    codes.lzw.toFixed(3),
    stated(known?.lzw),
  ]);
  second.push([
    name,
    ...Object.entries(others).map(([title, create]) =>
      slow.includes(title) && bytes.length > LONG ? '-' : bitsOf(create(), bytes).toFixed(3),
    ),
    stated(known?.ppmd),
  ]);
}
console.log('Bits a character: dictionaries\n');
console.log(table(['file', 'LZ78 code', "authors'", ...Object.keys(dictionaries), 'LZW code', 'Gleave LZW'], first));
console.log('\nBits a character: n-grams; mixtures of Kneser-Ney of orders 3, 5 and 8\n');
console.log(table(['file', ...Object.keys(others), 'PPMd'], second));

const path = find('alice29.txt') ?? find('paper1');
if (path === undefined) throw new Error(`${corpus} has neither alice29.txt nor paper1`);
const text = new Uint8Array(readFileSync(path));
const rounds = Number(values.rounds);

/** Symbols a second, median. */
function speed(count: number, prepare: () => () => void): string {
  const times = Array.from({ length: rounds }, () => {
    const run = prepare();
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return Math.round((1000 * count) / median(times)).toLocaleString('en');
}

/** A model that has learnt some bytes. */
function trained(create: () => SequenceModel, bytes: Uint8Array): SequenceModel {
  const model = create();
  for (const byte of bytes) model.update(byte);
  return model;
}

/** Draws symbols, each of which the model learns. */
function sample(model: SequenceModel, count: number): void {
  const random = new Random(1);
  const cuts = new Uint32Array(257);
  for (let i = 0; i < count; i++) {
    const quantile = random.next() >>> 8;
    if (model.symbolAt === undefined) model.intervals(cuts);
    model.update(model.symbolAt?.(quantile) ?? symbolAt(cuts, quantile, 256));
  }
}

const rows: string[][] = [];
for (const [name, create] of Object.entries({ ...dictionaries, ...others })) {
  const mixed = slow.includes(name);
  const samples = Math.ceil(Number(values.samples) / (mixed ? 50 : 1));
  const part = mixed ? text.subarray(0, 10_000) : text;
  const learnt = trained(create, part);
  rows.push([
    name,
    speed(part.length, () => () => void trained(create, part)),
    speed(part.length, () => () => void encodeSymbols(create(), part)),
    speed(samples, () => {
      const model = trained(create, part);
      return () => sample(model, samples);
    }),
    speed(samples, () => () => {
      const mark = learnt.mark();
      sample(learnt, samples);
      learnt.rollback(mark);
    }),
  ]);
}
console.log(`\nSymbols a second: ${path.split(/[\\/]/).pop()}, and samples after it, which the model learns\n`);
console.log(table(['model', 'learn', 'encodeSymbols', 'sample', 'sample and take back'], rows));
