/**
 * `npx tsx bench/ctw.ts --corpus FOLDER [--rounds N]`
 *
 * Context-tree weighting on the files of the Calgary and Canterbury corpora that FOLDER has: bits a character of coded
 * data (the range coder's words, no header) beside published figures, and symbols a second in learning, coding and
 * sampling. Every file is decoded again and compared.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../src/kernels/random.ts';
import { decodeSymbols, encodeSymbols } from '../src/sequence/coding.ts';
import { CtwBits, CtwModel, type CtwOptions } from '../src/sequence/ctw.ts';
import { symbolAt } from '../src/sequence/model.ts';
import { median } from './measure.ts';
import { table } from './table.ts';

/**
 * Published bits a character.
 *
 * `1997`: F. M. J. Willems, Y. M. Shtarkov and Tj. J. Tjalkens, Reflections on "The context-tree weighting method: basic
 * properties", IEEE Information Theory Society Newsletter, March 1997, last section (www.itsoc.org/publications/nltr/
 * 97_mar/01ref/node17.html): ASCII in 7 binary digits, depth 12, zero-redundancy estimator. It has no figure for obj1.
 *
 * `ctwz`: bytes that github.com/meiji163/ctwz states for its depth 12, over the sizes of the files.
 */
const published: Record<string, { readonly source: '1997' | 'ctwz'; readonly bits: number }> = {
  bib: { source: '1997', bits: 1.825 },
  book1: { source: '1997', bits: 2.18 },
  book2: { source: '1997', bits: 1.875 },
  news: { source: '1997', bits: 2.346 },
  paper1: { source: '1997', bits: 2.29 },
  paper2: { source: '1997', bits: 2.232 },
  progc: { source: '1997', bits: 2.336 },
  'alice29.txt': { source: 'ctwz', bits: (8 * 47_817) / 152_089 },
  'asyoulik.txt': { source: 'ctwz', bits: (8 * 42_720) / 125_179 },
  'plrabn12.txt': { source: 'ctwz', bits: (8 * 151_034) / 481_861 },
};

const files = [...Object.keys(published).slice(0, 7), 'obj1', ...Object.keys(published).slice(7)];

/** The defaults; the same deeper; plain weighting with the article's estimator, and with the defaults' estimator. */
const variants: Record<string, CtwOptions> = {
  default: {},
  'depth 12': { depth: 12, memory: 2 ** 28 },
  'plain, α 1/16': { depth: 12, switching: 0, limit: 2 ** 24, memory: 2 ** 28 },
  'plain, zero-redundancy': {
    depth: 12,
    estimator: 'zero-redundancy',
    switching: 0,
    limit: 2 ** 24,
    memory: 2 ** 28,
  },
};

function find(corpus: string, name: string): string | undefined {
  return ['', 'calgary', 'canterbury'].map((folder) => join(corpus, folder, name)).find((path) => existsSync(path));
}

function coded(bytes: Uint8Array, options: CtwOptions): number {
  const words = encodeSymbols(new CtwModel(options), bytes);
  const restored = decodeSymbols(new CtwModel(options), words, bytes.length);
  if (restored.some((byte, i) => byte !== bytes[i])) throw new Error('what was decoded is not what was coded');
  return (32 * words.length) / bytes.length;
}

/** Symbols a second, median. */
function speed(rounds: number, count: number, prepare: () => () => void): string {
  const times = Array.from({ length: rounds }, () => {
    const run = prepare();
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return Math.round((1000 * count) / median(times)).toLocaleString('en');
}

const { values } = parseArgs({ options: { corpus: { type: 'string' }, rounds: { type: 'string', default: '3' } } });
if (values.corpus === undefined) throw new Error('--corpus FOLDER: where the files of the Calgary corpus lie');
const { corpus } = values;
const rounds = Number(values.rounds);

const rows: string[][] = [];
for (const name of files) {
  const path = find(corpus, name);
  if (path === undefined) continue;
  const bytes = new Uint8Array(readFileSync(path));
  const known = published[name];
  rows.push([
    name,
    known === undefined ? '-' : known.bits.toFixed(3),
    known?.source ?? '-',
    ...Object.values(variants).map((options) => coded(bytes, options).toFixed(3)),
  ]);
}
console.log('Bits a character\n');
console.log(table(['file', 'published', 'by', ...Object.keys(variants)], rows));

const path = find(corpus, 'book1') ?? find(corpus, 'bib');
if (path === undefined) throw new Error(`${corpus} has neither book1 nor bib`);
const text = new Uint8Array(readFileSync(path).subarray(0, 100_000));
const samples = 10_000;
console.log(
  `\nSymbols a second, default depth, the first ${text.length} bytes of ${path.split(/[\\/]/).pop()} learnt\n`,
);
console.log(
  table(
    ['what', 'symbols/s'],
    [
      ['learn', speed(rounds, text.length, () => () => new CtwModel().learn(text))],
      ['encodeSymbols', speed(rounds, text.length, () => () => void encodeSymbols(new CtwModel(), text))],
      [
        'predict and update, bit by bit',
        speed(rounds, text.length, () => () => {
          const model = new CtwBits();
          for (const byte of text)
            for (let shift = 7; shift >= 0; shift--) {
              model.predict();
              model.update((byte >> shift) & 1);
            }
        }),
      ],
      [
        'sample, a symbol at a time',
        speed(rounds, samples, () => {
          const model = new CtwModel();
          model.learn(text);
          const random = new Random(1);
          const cuts = new Uint32Array(257);
          return () => {
            for (let i = 0; i < samples; i++) {
              model.intervals(cuts);
              model.update(symbolAt(cuts, random.next() >>> 8, 256));
            }
          };
        }),
      ],
      [
        'sample, a bit at a time',
        speed(rounds, samples, () => {
          const model = new CtwBits();
          model.learn(text);
          const random = new Random(1);
          return () => {
            for (let i = 0; i < 8 * samples; i++) model.update(random.next() >>> 16 < model.predict() ? 1 : 0);
          };
        }),
      ],
      [
        'the same under a mark, then rolled back',
        speed(rounds, samples, () => {
          const model = new CtwBits();
          model.learn(text);
          const random = new Random(1);
          return () => {
            const mark = model.mark();
            for (let i = 0; i < 8 * samples; i++) model.update(random.next() >>> 16 < model.predict() ? 1 : 0);
            model.rollback(mark);
          };
        }),
      ],
      [
        'intervals alone',
        speed(rounds, samples, () => {
          const model = new CtwModel();
          model.learn(text);
          const cuts = new Uint32Array(257);
          return () => {
            for (let i = 0; i < samples; i++) model.intervals(cuts);
          };
        }),
      ],
    ],
  ),
);
