/**
 * What a symbol costs: `npx tsx bench/coders.ts [symbols]`. Nanoseconds, the median of interleaved runs, for bulk and
 * single calls of each coder and model. Nothing is written: `ns` alone says which loop to look at.
 */
import { AnsCoder } from '../src/coders/ans.ts';
import { ChainCoder } from '../src/coders/chain.ts';
import { RangeEncoder } from '../src/coders/range.ts';
import { Categorical } from '../src/models/categorical.ts';
import type { EntropyModel, ModelFamily } from '../src/models/model.ts';
import { QuantizedGaussian } from '../src/models/quantized.ts';

const count = Number(process.argv[2] ?? 1_000_000);
const runs = 5;

let state = 1;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

/** Symbols that the model itself would draw: what an ideal source of it sends. */
function drawn(model: EntropyModel, n: number): Int32Array {
  const into = { left: 0, probability: 0 };
  return Int32Array.from({ length: n }, () => model.symbolAt(Math.floor(random() * 2 ** 24), into));
}

interface Case {
  readonly name: string;
  readonly symbols: Int32Array;
  readonly source: EntropyModel | ModelFamily;
  readonly parameters: readonly Float64Array[];
  readonly single: (i: number) => EntropyModel;
}

function iid(name: string, weights: number[]): Case {
  const model = new Categorical(weights, { perfect: false });
  return { name, symbols: drawn(model, count), source: model, parameters: [], single: () => model };
}

function gaussian(): Case {
  const family = new QuantizedGaussian(-100, 100);
  const means = Float64Array.from({ length: count }, () => (random() - 0.5) * 60);
  const stds = Float64Array.from({ length: count }, () => 1 + random() * 10);
  const into = { left: 0, probability: 0 };
  const symbols = Int32Array.from(means, (mean, i) =>
    family.model(mean, stds[i]).symbolAt(Math.floor(random() * 2 ** 24), into),
  );
  const models = Array.from({ length: Math.min(count, 100_000) }, (_, i) => family.model(means[i], stds[i]));
  return {
    name: 'Gaussian for each symbol',
    symbols,
    source: family,
    parameters: [means, stds],
    single: (i) => models[i % models.length],
  };
}

const cases = [
  iid(
    '256 symbols, Zipf',
    Array.from({ length: 256 }, (_, i) => 1 / (i + 1)),
  ),
  iid('256 symbols, uniform', new Array(256).fill(1)),
  iid(
    'geometric, 0.3 bits',
    Array.from({ length: 16 }, (_, i) => 0.95 * 0.05 ** i),
  ),
  gaussian(),
];

/** Encodes and decodes; whatever the coder, decoding comes back to where encoding started. */
type Pair = { encode: () => void; decode: () => void };

function bulk({ symbols, source, parameters }: Case): Record<string, Pair> {
  const decodeWith = (coder: { decode: AnsCoder['decode'] }) =>
    parameters.length > 0
      ? coder.decode(source as ModelFamily, ...parameters)
      : coder.decode(source as EntropyModel, symbols.length);
  let ans = new AnsCoder();
  let range = new RangeEncoder();
  const words = Uint32Array.from({ length: Math.ceil(symbols.length * 0.75) + 8 }, () =>
    Math.floor(random() * 2 ** 32),
  );
  const side = new ChainCoder(words, { seal: true });
  const decoded = decodeWith(side);
  let chain = side.clone();
  const start = new ChainCoder(words, { seal: true });
  return {
    ANS: {
      encode: () => {
        ans = new AnsCoder();
        ans.encodeReverse(symbols, source as ModelFamily, ...parameters);
      },
      decode: () => void decodeWith(ans),
    },
    range: {
      encode: () => {
        range = new RangeEncoder();
        range.encode(symbols, source as ModelFamily, ...parameters);
      },
      decode: () => void decodeWith(range.getDecoder()),
    },
    chain: {
      encode: () => {
        chain = side.clone();
        chain.encodeReverse(decoded, source as ModelFamily, ...parameters);
      },
      decode: () => void decodeWith(start.clone()),
    },
  };
}

function singles(one: Case, n: number): Record<string, Pair> {
  const symbols =
    one.parameters.length > 0 ? one.symbols.subarray(0, Math.min(n, 100_000)) : one.symbols.subarray(0, n);
  const ans = new AnsCoder();
  let range = new RangeEncoder();
  return {
    'ANS, single': {
      encode: () => {
        for (let i = symbols.length - 1; i >= 0; i--) ans.encodeReverse(symbols[i], one.single(i));
      },
      decode: () => {
        for (let i = 0; i < symbols.length; i++) ans.decode(one.single(i));
      },
    },
    'range, single': {
      encode: () => {
        range = new RangeEncoder();
        for (let i = 0; i < symbols.length; i++) range.encode(symbols[i], one.single(i));
      },
      decode: () => {
        const decoder = range.getDecoder();
        for (let i = 0; i < symbols.length; i++) decoder.decode(one.single(i));
      },
    },
  };
}

const median = (list: number[]) => [...list].sort((a, b) => a - b)[list.length >> 1];

for (const one of cases) {
  const all = [
    { n: count, pairs: bulk(one) },
    { n: Math.min(count, 100_000), pairs: singles(one, 100_000) },
  ];
  const times = new Map<string, { encode: number[]; decode: number[] }>();
  for (let run = 0; run < runs; run++)
    for (const { n, pairs } of all)
      for (const [name, pair] of Object.entries(pairs)) {
        const entry = times.get(name) ?? { encode: [], decode: [] };
        times.set(name, entry);
        for (const way of ['encode', 'decode'] as const) {
          const from = performance.now();
          pair[way]();
          entry[way].push(((performance.now() - from) * 1e6) / n);
        }
      }
  console.log(one.name);
  for (const [name, { encode, decode }] of times)
    console.log(`  ${name.padEnd(16)} ${median(encode).toFixed(1).padStart(8)} / ${median(decode).toFixed(1)} ns`);
}
