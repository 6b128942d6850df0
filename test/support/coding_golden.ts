import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { decodeAdaptive, encodeAdaptive } from '../../src/coders/adaptive.ts';
import { AnsCoder } from '../../src/coders/ans.ts';
import { ChainCoder } from '../../src/coders/chain.ts';
import { packBytes, unpackBytes } from '../../src/coders/packed-bytes.ts';
import { RangeDecoder, RangeEncoder } from '../../src/coders/range.ts';
import { AdaptiveModel } from '../../src/models/adaptive.ts';
import { AliasCategorical } from '../../src/models/alias.ts';
import { Bernoulli, BernoulliLogits } from '../../src/models/bernoulli.ts';
import { BetaBinomial } from '../../src/models/beta-binomial.ts';
import { Binomial } from '../../src/models/binomial.ts';
import { BucketedGaussian, equalMassEdges } from '../../src/models/buckets.ts';
import { Categorical } from '../../src/models/categorical.ts';
import { Geometric } from '../../src/models/geometric.ts';
import { GaussianMixture, LogisticMixture } from '../../src/models/mixture.ts';
import type { EntropyModel, MixtureFamily, ModelFamily, ModelOptions } from '../../src/models/model.ts';
import { Poisson } from '../../src/models/poisson.ts';
import { QuantizedCauchy, QuantizedGaussian, QuantizedLaplace, QuantizedLogistic } from '../../src/models/quantized.ts';
import { QuantizedStudentT } from '../../src/models/student.ts';
import { Uniform } from '../../src/models/uniform.ts';
import { randomOf } from './random.ts';

/** Symbols of each model with each coder. */
export const CODING_COUNT = 600;

/** A source of intervals: a model for all symbols, or a family and what its parameters are drawn from, low to high. */
interface GoldenSource {
  readonly name: string;
  readonly make: (options: ModelOptions) => EntropyModel | ModelFamily | MixtureFamily;
  /** Numbers that a symbol takes of each parameter, where these are rows. */
  readonly components?: number;
  readonly ranges: readonly (readonly [low: number, high: number, whole?: boolean])[];
}

const weights = (count: number) => Float64Array.from({ length: count }, (_, i) => 1 / (1 + ((i * 7) % count)));

const sources: readonly GoldenSource[] = [
  { name: 'Categorical, fast', make: (o) => new Categorical(weights(256), { perfect: false, ...o }), ranges: [] },
  { name: 'Categorical, perfect', make: (o) => new Categorical(weights(100), { perfect: true, ...o }), ranges: [] },
  { name: 'Uniform', make: (o) => new Uniform(o), ranges: [[2, 4000, true]] },
  { name: 'Bernoulli', make: (o) => new Bernoulli(o), ranges: [[0, 1]] },
  {
    name: 'Binomial',
    make: (o) => new Binomial(o),
    ranges: [
      [1, 900, true],
      [0.01, 0.99],
    ],
  },
  {
    name: 'Gaussian',
    make: (o) => new QuantizedGaussian(-100, 100, o),
    ranges: [
      [-110, 110],
      [0.01, 30],
    ],
  },
  { name: 'Gaussian, one model', make: (o) => new QuantizedGaussian(-900, 900, 3.25, 70.5, o), ranges: [] },
  {
    name: 'Laplace',
    make: (o) => new QuantizedLaplace(-100, 100, o),
    ranges: [
      [-110, 110],
      [0.01, 30],
    ],
  },
  {
    name: 'Cauchy',
    make: (o) => new QuantizedCauchy(-100, 100, o),
    ranges: [
      [-110, 110],
      [0.01, 30],
    ],
  },
  {
    name: 'Logistic',
    make: (o) => new QuantizedLogistic(-100, 100, o),
    ranges: [
      [-110, 110],
      [0.01, 30],
    ],
  },
  { name: 'Poisson', make: (o) => new Poisson(200, o), ranges: [[0.01, 150]] },
  { name: 'Geometric', make: (o) => new Geometric(300, o), ranges: [[0.01, 0.99]] },
  {
    name: 'Mixture of 5 logistics',
    make: (o) => new LogisticMixture(0, 255, 5, o),
    ranges: [
      [0.01, 1],
      [-10, 265],
      [0.05, 30],
    ],
    components: 5,
  },
  {
    name: 'Mixture of 3 normals',
    make: (o) => new GaussianMixture(0, 255, 3, o),
    ranges: [
      [0.01, 1],
      [-10, 265],
      [0.05, 30],
    ],
    components: 3,
  },
  {
    name: 'Student, 3.5 degrees of freedom',
    make: (o) => new QuantizedStudentT(-100, 100, 3.5, o),
    ranges: [
      [-110, 110],
      [0.01, 30],
    ],
  },
  {
    name: 'Beta-binomial',
    make: (o) => new BetaBinomial(255, o),
    ranges: [
      [0.01, 40],
      [0.01, 40],
    ],
  },
  {
    name: 'Buckets of equal mass',
    make: (o) => new BucketedGaussian(equalMassEdges('gaussian', 256), o),
    ranges: [
      [-3, 3],
      [0.001, 2],
    ],
  },
  { name: 'Bernoulli by log odds', make: (o) => new BernoulliLogits(o), ranges: [[-20, 20]] },
];

type Words = Uint32Array | Uint16Array;

/** A coder's bulk call and its single calls; the second must write what the first does. */
function both<C>(name: string, what: string, bulk: () => C, single: () => C, written: (coder: C) => Words): Words {
  const words = written(bulk());
  const others = written(single());
  if (words.length !== others.length || words.some((word, i) => word !== others[i]))
    throw new Error(`${name}, ${what}: single calls write other words than an array does`);
  return words;
}

/** Symbols drawn by a chain coder from random words, and every coder's words of them, in bulk and one by one. */
function golden({ name, make, ranges, components }: GoldenSource, small: boolean): string {
  const random = randomOf(small ? 12 : 24);
  const preset = small ? 'small' : 'default';
  const source = make({ precision: small ? 12 : 24 });
  const count = CODING_COUNT;
  const parameters = ranges.map(([low, high, whole]) =>
    Float64Array.from({ length: count * (components ?? 1) }, () => {
      // Whole numbers divided by a power of two: the same in every engine.
      const at = low + (high - low) * (random(2 ** 20) / 2 ** 20);
      return whole ? Math.floor(at) : at;
    }),
  );
  const at = (i: number): EntropyModel => {
    if (ranges.length === 0) return source as EntropyModel;
    if (components === undefined) return (source as ModelFamily).model(...parameters.map((column) => column[i]!));
    const [weights, means, scales] = parameters.map((rows) => rows.subarray(i * components, (i + 1) * components));
    return (source as MixtureFamily).model(weights, means, scales);
  };
  const models = Array.from({ length: count }, (_, i) => at(i));
  const rest = ranges.length > 0 ? parameters : [count];
  type Bulk = (source: EntropyModel | ModelFamily | MixtureFamily, ...rest: readonly unknown[]) => Int32Array;
  const Data = small ? Uint16Array : Uint32Array;
  // The preset is known when the program runs only, so the types are those of the default one.
  const data = new Data(count + 8) as Uint32Array;
  for (const i of data.keys()) data[i] = random(small ? 2 ** 16 : 2 ** 32);
  const options = { preset } as { preset: 'default' };
  const start = () => new ChainCoder(data, { ...options, seal: true });
  const drawing = start();
  const symbols = (drawing.decode as unknown as Bulk).call(drawing, source, ...rest);
  const family = source as ModelFamily;
  const join = ([a, b]: readonly [Words, Words]) => Data.from([...a, ...b]);

  const chain = both(
    name,
    'chain',
    () => drawing,
    () => {
      const coder = start();
      for (const [i, model] of models.entries())
        if (coder.decode(model) !== symbols[i]) throw new Error(`${name}, chain: symbol ${i} is another one alone`);
      return coder;
    },
    (coder) => join(coder.getRemainders()),
  );
  drawing.encodeReverse(symbols, family, ...parameters);
  const back = join(drawing.getData({ unseal: true }));
  if (back.some((word, i) => word !== data[i])) throw new Error(`${name}, chain: the data does not come back`);
  const ans = both(
    name,
    'ANS',
    () => {
      const coder = new AnsCoder(undefined, options);
      coder.encodeReverse(symbols, family, ...parameters);
      return coder;
    },
    () => {
      const coder = new AnsCoder(undefined, options);
      for (let i = count - 1; i >= 0; i--) coder.encodeReverse(symbols[i]!, models[i]!);
      return coder;
    },
    (coder) => coder.getCompressed(),
  );
  const range = both(
    name,
    'range',
    () => {
      const coder = new RangeEncoder(options);
      coder.encode(symbols, family, ...parameters);
      return coder;
    },
    () => {
      const coder = new RangeEncoder(options);
      for (const [i, model] of models.entries()) coder.encode(symbols[i]!, model);
      return coder;
    },
    (coder) => coder.getCompressed(),
  );
  for (const decoder of [new AnsCoder(ans as Uint32Array, options), new RangeDecoder(range as Uint32Array, options)]) {
    const decoded = (decoder.decode as unknown as Bulk).call(decoder, source, ...rest);
    if (decoded.some((symbol, i) => symbol !== symbols[i])) throw new Error(`${name}: other symbols come back`);
  }
  const hash = sha256.create();
  for (const words of [symbols, ans, range, chain]) hash.update(littleEndian(words));
  return bytesToHex(hash.digest());
}

function littleEndian(words: Int32Array | Words): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) view.setInt32(4 * i, word, true);
  return bytes;
}

/** SHA-256 of the symbols and words of every model, with both presets. */
export function codingGolden(): Record<string, string> {
  const hashes: Record<string, string> = {};
  for (const small of [false, true])
    for (const source of sources)
      hashes[`${source.name}, ${small ? 'small' : 'default'} preset`] = golden(source, small);
  hashes['alias tables'] = alias();
  hashes['adaptive counts'] = adaptive();
  hashes['packed bytes'] = packed();
  return hashes;
}

const skewed = (count: number, symbols: number): Int32Array => {
  const random = randomOf(5);
  return Int32Array.from({ length: count }, () => {
    const x = random(2 ** 20) / 2 ** 20;
    return Math.floor(symbols * x * x * x);
  });
};

function alias(): string {
  const model = new AliasCategorical(weights(100), { perfect: true });
  const symbols = skewed(CODING_COUNT, 100);
  const coder = new AnsCoder();
  coder.encodeReverse(symbols, model);
  const words = coder.getCompressed();
  if (coder.decode(model, CODING_COUNT).some((symbol, i) => symbol !== symbols[i])) throw new Error('alias: others');
  return bytesToHex(sha256(littleEndian(words)));
}

function adaptive(): string {
  const symbols = skewed(5 * CODING_COUNT, 256);
  const encoder = new RangeEncoder();
  encodeAdaptive(encoder, symbols, new AdaptiveModel(256));
  const words = encoder.getCompressed();
  const decoded = decodeAdaptive(new RangeDecoder(words), symbols.length, new AdaptiveModel(256));
  if (decoded.some((symbol, i) => symbol !== symbols[i])) throw new Error('adaptive: other symbols come back');
  return bytesToHex(sha256(littleEndian(words)));
}

function packed(): string {
  const bytes = Uint8Array.from(skewed(20_000, 256));
  const result = packBytes(bytes, { blockSize: 4096 });
  if (unpackBytes(result).some((byte, i) => byte !== bytes[i])) throw new Error('packed bytes: others come back');
  return bytesToHex(sha256(result));
}
