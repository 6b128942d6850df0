/**
 * `npm run bench:sequence -- --corpus FOLDER [--only PARTS] [--models IDS] [--out FILE] [--smoke]`
 *
 * What models of sequences compress the text files of the Calgary and Canterbury corpora in FOLDER to: PPM beside 7-Zip's
 * PPMd, each at its best order; then LZ78, LZW, n-grams, context-tree weighting and others beside published figures. All
 * of it is coded with the range coder; files of less than 60,000 bytes, and each best one of PPM, are decoded again and
 * compared. `--only ppm,models` measures one part and keeps what the file of results has of the other; `--models lz78,ctw`
 * does so with some models.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Lz78Oracle } from '../src/sampling/lz78.ts';
import { LzwOracle } from '../src/sampling/lzw.ts';
import type { LengthOracle } from '../src/sampling/oracle.ts';
import { decodeSymbols, encodeSymbols } from '../src/sequence/coding.ts';
import { CtwModel } from '../src/sequence/ctw.ts';
import { Lz78Model } from '../src/sequence/lz78.ts';
import { LzwModel } from '../src/sequence/lzw.ts';
import { GeometricMixtureModel } from '../src/sequence/mixture.ts';
import type { SequenceModel } from '../src/sequence/model.ts';
import { NgramModel } from '../src/sequence/ngram.ts';
import { PpmModel } from '../src/sequence/ppm.ts';
import { type Machine, machine } from './measure.ts';
import { measurePpm, type PpmResults } from './sequence-ppm.ts';
import { type Published, published } from './sequence-published.ts';
import { table } from './table.ts';

/** One file under all models. */
export interface ModelRow {
  file: string;
  bytes: number;
  /** Bits a character by the id of the model. */
  bits: Record<string, number>;
}

/** Bits a character of models and of others. */
export interface ModelResults {
  models: { id: string; title: string }[];
  rows: ModelRow[];
  published: readonly Published[];
}

/** What is written to bench/results/sequence.json. */
export interface SequenceResults {
  date: string;
  machine: Machine;
  ppm?: PpmResults;
  models?: ModelResults;
}

const calgary = ['bib', 'book1', 'book2', 'news', 'paper1', 'paper2', 'progc', 'obj1'];
const canterbury = [
  'alice29.txt',
  'asyoulik.txt',
  'cp.html',
  'fields.c',
  'grammar.lsp',
  'lcet10.txt',
  'plrabn12.txt',
  'xargs.1',
];
const progress = (text: string) => process.stderr.write(`${text}\n`);

const zeroRedundancy = {
  depth: 12,
  estimator: 'zero-redundancy',
  switching: 0,
  limit: 2 ** 24,
  memory: 2 ** 28,
} as const;

/** Models, and codes that are no models: their lengths are exact. */
const models: readonly { id: string; title: string; create: () => SequenceModel | LengthOracle }[] = [
  { id: 'lz78-code', title: 'LZ78, its code', create: () => new Lz78Oracle() },
  { id: 'lz78', title: 'LZ78', create: () => new Lz78Model() },
  { id: 'lz78-shift', title: 'LZ78, back-shift 4', create: () => new Lz78Model({ backShift: 4, base: 'root' }) },
  { id: 'lzw-code', title: 'LZW, its code', create: () => new LzwOracle({ convention: 'compress' }) },
  { id: 'lzw', title: 'LZW', create: () => new LzwModel() },
  { id: 'witten-bell', title: 'Witten–Bell, order 4', create: () => new NgramModel({ smoothing: 'witten-bell' }) },
  { id: 'kneser-ney', title: 'Kneser–Ney, order 6', create: () => new NgramModel() },
  {
    id: 'product',
    title: 'Kneser–Ney, orders 3, 5 and 8 multiplied',
    create: () => new GeometricMixtureModel({ models: [3, 5, 8].map((order) => new NgramModel({ order })) }),
  },
  { id: 'ppm', title: 'PPM, order 6', create: () => new PpmModel() },
  { id: 'ctw', title: 'context-tree weighting, depth 8', create: () => new CtwModel() },
  {
    id: 'ctw-12',
    title: 'context-tree weighting, depth 12',
    create: () => new CtwModel({ depth: 12, memory: 2 ** 28 }),
  },
  {
    id: 'ctw-1997',
    title: 'context-tree weighting as in 1997: depth 12, zero-redundancy, no switching',
    create: () => new CtwModel(zeroRedundancy),
  },
];

function bitsOf(create: () => SequenceModel | LengthOracle, bytes: Uint8Array, title: string): number {
  const one = create();
  if ('push' in one) {
    for (const byte of bytes) one.push(byte);
    return one.bits() / bytes.length;
  }
  const words = encodeSymbols(one, bytes);
  if (bytes.length < 60_000) {
    const restored = decodeSymbols(create() as SequenceModel, words, bytes.length);
    if (!bytes.every((byte, i) => byte === restored[i])) throw new Error(`${title}: the bytes did not come back`);
  }
  return (32 * words.length) / bytes.length;
}

function measureModels(paths: Record<string, string>, wanted: string | undefined, kept?: ModelResults): ModelResults {
  const ids = wanted?.split(',') ?? models.map(({ id }) => id);
  const unknown = ids.find((id) => models.every((one) => one.id !== id));
  if (unknown !== undefined)
    throw new Error(`--models names some of ${models.map(({ id }) => id).join(', ')}, not ${unknown}`);
  const rows = Object.entries(paths).map(([file, path]) => {
    const bytes = new Uint8Array(readFileSync(path));
    const bits: Record<string, number> = { ...kept?.rows.find((row) => row.file === file)?.bits };
    for (const { id, title, create } of models) {
      if (!ids.includes(id)) continue;
      progress(`${file}: ${title}`);
      bits[id] = bitsOf(create, bytes, `${file}, ${title}`);
    }
    return { file, bytes: bytes.length, bits };
  });
  return { models: models.map(({ id, title }) => ({ id, title })), rows, published };
}

function printed({ ppm, models }: SequenceResults): string {
  const parts: string[] = [];
  if (ppm !== undefined) {
    const shown = (one: { bytes: number; order: number } | null) => (one === null ? '' : `${one.bytes} (${one.order})`);
    parts.push(
      `PPM beside 7-Zip ${ppm.sevenZip ?? '(which is not here)'}: bytes, and the best order`,
      table(
        ['file', 'bytes', 'PPM', 'PPMd', 'difference'],
        ppm.rows.map(({ file, bytes, ours, theirs }) => [
          file,
          String(bytes),
          shown(ours),
          shown(theirs),
          theirs === null ? '' : `${(100 * (ours.bytes / theirs.bytes - 1)).toFixed(2)} %`,
        ]),
      ),
    );
  }
  if (models !== undefined) {
    const files = models.rows.map(({ file }) => file);
    parts.push(
      'Bits a character',
      table(
        ['', ...files],
        [
          ...models.models.map(({ id, title }) => [
            title,
            ...models.rows.map(({ bits }) => bits[id]?.toFixed(3) ?? ''),
          ]),
          ...models.published.map(({ title, bits }) => [title, ...files.map((file) => bits[file]?.toFixed(3) ?? '')]),
        ],
      ),
    );
  }
  return parts.join('\n\n');
}

const { values } = parseArgs({
  options: {
    corpus: { type: 'string' },
    only: { type: 'string', default: 'ppm,models' },
    models: { type: 'string' },
    out: { type: 'string', default: 'bench/results/sequence.json' },
    smoke: { type: 'boolean', default: false },
  },
});
const { corpus, smoke } = values;
if (corpus === undefined && !smoke) throw new Error('--corpus FOLDER: where the files of the corpora lie');

/** Paths of the files of some names; for a smoke run, a file that is always there. */
function found(names: readonly string[]): Record<string, string> {
  if (corpus === undefined) return { 'tsconfig.json': join(import.meta.dirname, '../tsconfig.json') };
  const pairs = names.flatMap((name) => {
    const path = ['', 'calgary', 'canterbury']
      .map((folder) => join(corpus, folder, name))
      .find((one) => existsSync(one));
    return path === undefined ? [] : [[name, path] as const];
  });
  if (pairs.length === 0) throw new Error(`${corpus} has none of ${names.join(', ')}`);
  return Object.fromEntries(pairs);
}

const wanted = values.only.split(',');
if (wanted.some((part) => part !== 'ppm' && part !== 'models'))
  throw new Error(`--only names ppm or models, not ${values.only}`);
const kept: Partial<SequenceResults> =
  (wanted.length < 2 || values.models !== undefined) && existsSync(values.out)
    ? JSON.parse(readFileSync(values.out, 'utf8'))
    : {};
const orders = smoke ? [2, 4] : Array.from({ length: 15 }, (_, i) => i + 2);
const results: SequenceResults = {
  ...kept,
  date: new Date().toISOString().slice(0, 10),
  machine: machine(),
};
if (wanted.includes('ppm')) results.ppm = measurePpm(Object.values(found(canterbury)), orders, progress);
if (wanted.includes('models'))
  results.models = measureModels(found([...calgary, ...canterbury]), values.models, kept.models);
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`);
console.log(printed(results));
