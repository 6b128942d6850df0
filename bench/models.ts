/**
 * `npm run bench:models [-- --symbols N] [--rounds R] [--out FILE]`
 *
 * What a symbol costs under each family, with parameters of its own: ANS, one call each way, medians of interleaved
 * rounds after one that is not counted. Which model is dear, for docs/models.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeAdaptive, encodeAdaptive } from '../src/coders/adaptive.ts';
import { AnsCoder } from '../src/coders/ans.ts';
import { AdaptiveModel } from '../src/models/adaptive.ts';
import { AliasCategorical } from '../src/models/alias.ts';
import { Bernoulli, BernoulliLogits } from '../src/models/bernoulli.ts';
import { BetaBinomial } from '../src/models/beta-binomial.ts';
import { Binomial } from '../src/models/binomial.ts';
import { BucketedGaussian, equalMassEdges } from '../src/models/buckets.ts';
import { Categorical } from '../src/models/categorical.ts';
import { Geometric } from '../src/models/geometric.ts';
import { GaussianMixture, LogisticMixture } from '../src/models/mixture.ts';
import type { EntropyModel, MixtureFamily, ModelFamily, RowFamily } from '../src/models/model.ts';
import { Poisson } from '../src/models/poisson.ts';
import { QuantizedCauchy, QuantizedGaussian, QuantizedLaplace, QuantizedLogistic } from '../src/models/quantized.ts';
import { QuantizedStudentT } from '../src/models/student.ts';
import { Uniform } from '../src/models/uniform.ts';
import { type Machine, machine, median } from './measure.ts';
import { table } from './table.ts';

/** What is written to bench/results/models.json. */
export interface ModelResults {
  date: string;
  symbols: number;
  rounds: number;
  machine: Machine;
  /** Nanoseconds a symbol. */
  rows: { title: string; encode: number; decode: number }[];
}

type Source = EntropyModel | ModelFamily | MixtureFamily | RowFamily;
type Range = readonly [low: number, high: number, whole?: boolean];

interface Case {
  readonly title: string;
  readonly source: Source;
  readonly ranges: readonly Range[];
  /** Numbers of each parameter that a symbol takes. */
  readonly columns?: number;
}

const bell: Range[] = [
  [-30, 30],
  [1, 11],
];
const rows: Range[] = [
  [0.05, 1],
  [0, 255],
  [2, 20],
];
const zipf = Array.from({ length: 256 }, (_, i) => 1 / (i + 1));

const cases: readonly Case[] = [
  { title: 'Categorical, one model', source: new Categorical(zipf, { perfect: false }), ranges: [] },
  { title: 'AliasCategorical, one model', source: new AliasCategorical(zipf, { perfect: false }), ranges: [] },
  { title: 'Categorical, rows of 16', source: new Categorical({ perfect: false }), ranges: [[0.01, 1]], columns: 16 },
  { title: 'Uniform', source: new Uniform(), ranges: [[2, 1000, true]] },
  { title: 'Bernoulli', source: new Bernoulli(), ranges: [[0.01, 0.99]] },
  { title: 'Bernoulli, not perfect', source: new Bernoulli({ perfect: false }), ranges: [[0.01, 0.99]] },
  { title: 'BernoulliLogits', source: new BernoulliLogits(), ranges: [[-6, 6]] },
  {
    title: 'Binomial, n from 10 to 1,000',
    source: new Binomial(),
    ranges: [
      [10, 1000, true],
      [0.1, 0.9],
    ],
  },
  { title: 'QuantizedGaussian', source: new QuantizedGaussian(-100, 100), ranges: bell },
  { title: 'QuantizedLaplace', source: new QuantizedLaplace(-100, 100), ranges: bell },
  { title: 'QuantizedCauchy', source: new QuantizedCauchy(-100, 100), ranges: bell },
  { title: 'QuantizedLogistic', source: new QuantizedLogistic(-100, 100), ranges: bell },
  { title: 'QuantizedStudentT, df 4', source: new QuantizedStudentT(-100, 100, 4), ranges: bell },
  {
    title: 'LogisticMixture, 5 components',
    source: new LogisticMixture(0, 255, 5),
    ranges: rows,
    columns: 5,
  },
  {
    title: 'GaussianMixture, 5 components',
    source: new GaussianMixture(0, 255, 5),
    ranges: rows,
    columns: 5,
  },
  {
    title: 'BucketedGaussian, 4,096 buckets',
    source: new BucketedGaussian(equalMassEdges('gaussian', 4096)),
    ranges: [
      [-2, 2],
      [0.05, 1],
    ],
  },
  { title: 'Poisson, means to 50', source: new Poisson(200), ranges: [[0.1, 50]] },
  { title: 'Geometric', source: new Geometric(1000), ranges: [[0.05, 0.9]] },
  {
    title: 'BetaBinomial, n = 255',
    source: new BetaBinomial(255),
    ranges: [
      [0.5, 20],
      [0.5, 20],
    ],
  },
];

let state = 1;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

type Call = (first: unknown, ...rest: unknown[]) => Int32Array;

/** Nanoseconds a symbol to decode symbols from random words, as the model draws them, and to encode them again. */
function work({ source, ranges, columns = 1 }: Case, count: number): () => { encode: number; decode: number } {
  const parameters = ranges.map(([low, high, whole]) =>
    Float64Array.from({ length: count * columns }, () => {
      const x = low + (high - low) * random();
      return whole === true ? Math.floor(x) : x;
    }),
  );
  const words = Uint32Array.from({ length: count + 2 }, () => Math.floor(random() * 2 ** 32));
  const isRow = 'checkRows' in source;
  const rest = ranges.length === 0 ? [count] : isRow ? [...parameters, count] : parameters;
  return () => {
    const coder = new AnsCoder(words, { seal: true });
    const start = performance.now();
    const symbols = (coder.decode as unknown as Call).call(coder, source, ...rest);
    const middle = performance.now();
    (coder.encodeReverse as unknown as Call).call(coder, symbols, source, ...parameters);
    const end = performance.now();
    const back = coder.getCompressed({ unseal: true });
    if (back.some((word, i) => word !== words[i])) throw new Error('the words do not come back');
    return { encode: ((end - middle) * 1e6) / count, decode: ((middle - start) * 1e6) / count };
  };
}

function adaptive(count: number): () => { encode: number; decode: number } {
  const symbols = Int32Array.from({ length: count }, () => Math.floor(256 * random() * random()));
  return () => {
    const coder = new AnsCoder();
    const start = performance.now();
    encodeAdaptive(coder, symbols, new AdaptiveModel(256));
    const middle = performance.now();
    const decoded = decodeAdaptive(coder, count, new AdaptiveModel(256));
    const end = performance.now();
    if (decoded.some((symbol, i) => symbol !== symbols[i])) throw new Error('the symbols do not come back');
    return { encode: ((middle - start) * 1e6) / count, decode: ((end - middle) * 1e6) / count };
  };
}

const { values } = parseArgs({
  options: {
    symbols: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '9' },
    out: { type: 'string', default: 'bench/results/models.json' },
  },
});
const [symbols, rounds] = [Number(values.symbols), Number(values.rounds)];
const all = [
  ...cases.map((one) => ({ title: one.title, run: work(one, symbols) })),
  { title: 'AdaptiveModel, 256 symbols', run: adaptive(symbols) },
];
const found = all.map(() => ({ encode: [] as number[], decode: [] as number[] }));
for (let round = 0; round <= rounds; round++)
  for (const [i, { run }] of all.entries()) {
    const { encode, decode } = run();
    if (round === 0) continue;
    found[i].encode.push(encode);
    found[i].decode.push(decode);
  }
const results: ModelResults = {
  date: new Date().toISOString().slice(0, 10),
  symbols,
  rounds,
  machine: machine(),
  rows: all.map(({ title }, i) => ({
    title,
    encode: median(found[i].encode),
    decode: median(found[i].decode),
  })),
};
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`);
console.log(
  table(
    ['ns a symbol', 'encode', 'decode'],
    results.rows.map(({ title, encode, decode }) => [title, encode.toFixed(1), decode.toFixed(1)]),
  ),
);
