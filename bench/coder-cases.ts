/** What the coders are measured on: symbols drawn from a model, and how much they tell. */
import { ChainCoder } from '../src/coders/chain.ts';
import type { Parameters } from '../src/coders/stream.ts';
import { AliasCategorical } from '../src/models/alias.ts';
import { Categorical } from '../src/models/categorical.ts';
import { LogisticMixture } from '../src/models/mixture.ts';
import type { EntropyModel, MixtureFamily, ModelFamily } from '../src/models/model.ts';
import { QuantizedGaussian } from '../src/models/quantized.ts';

/** Coders that both sides have. */
export type CoderName = 'ANS' | 'range' | 'chain';

const everyCoder: readonly CoderName[] = ['ANS', 'range', 'chain'];

/** One kind of data. */
export interface CoderCase {
  readonly id: string;
  readonly title: string;
  readonly symbols: Int32Array;
  /** A model for all symbols, or a family with `parameters`. */
  readonly source: EntropyModel | ModelFamily | MixtureFamily;
  readonly parameters: readonly Float64Array[];
  /** Coders that take the source. */
  readonly coders: readonly CoderName[];
  /** Words that a chain coder decodes to these symbols. */
  readonly data: Uint32Array;
  /** The model of symbol `i`, for single calls: made beforehand for the first of them. */
  readonly single: (i: number) => EntropyModel;
  /** The same model in the wheel, where it has it. */
  readonly native?: { readonly weights: readonly number[] } | { readonly family: string; readonly args: number[] };
  /** Bits that the symbols tell under the probabilities as they are quantised, and as they were meant if that is known. */
  readonly information: { readonly quantised: number; readonly exact: number | null };
  /** Whether single calls are measured, and whether it is bytes, which npm's own coders take. */
  readonly singles: boolean;
  readonly bytes: boolean;
}

/** Whole numbers below 2^32, the same in every run. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return (x ^ (x >>> 15)) >>> 0;
  };
}

function randomWords(count: number, seed: number): Uint32Array {
  const next = generator(seed);
  const words = new Uint32Array(count);
  for (let i = 0; i < count; i++) words[i] = next();
  return words;
}

/** Symbols as the model draws them: what a chain coder makes of random words, which then serve as its data. */
function draw(source: CoderCase['source'], parameters: readonly Parameters[], count: number, seed: number) {
  const data = randomWords(Math.ceil(count * 0.75) + 8, seed);
  const coder = new ChainCoder(data, { seal: true });
  const symbols = parameters.length
    ? coder.decode(source as ModelFamily, ...parameters)
    : coder.decode(source as EntropyModel, count);
  return { symbols, data };
}

/** What symbols tell under a model, and under the weights that it was made of. */
function bitsOf(model: EntropyModel, weights: readonly number[], symbols: Int32Array) {
  const counts = new Array<number>(weights.length).fill(0);
  for (const symbol of symbols) counts[symbol] = counts[symbol]! + 1;
  const sum = weights.reduce((a, b) => a + b);
  const into = { left: 0, probability: 0 };
  const information = { quantised: 0, exact: 0 };
  for (const [symbol, times] of counts.entries()) {
    model.interval(symbol, into);
    information.quantised -= times * Math.log2(into.probability / 2 ** model.precision);
    information.exact -= times * Math.log2(weights[symbol]! / sum);
  }
  return information;
}

function fromWeights(id: string, title: string, weights: number[], count: number, singles: boolean): CoderCase {
  const model = new Categorical(Float64Array.from(weights), { perfect: false });
  const { symbols, data } = draw(model, [], count, 1);
  const information = bitsOf(model, weights, symbols);
  const common = { parameters: [], native: { weights }, information, singles, bytes: true, coders: everyCoder };
  return { id, title, symbols, data, source: model, single: () => model, ...common };
}

function gaussian(count: number): CoderCase {
  const [min, max] = [-100, 100] as const;
  const family = new QuantizedGaussian(min, max);
  const next = generator(2);
  const unit = () => next() / 2 ** 32;
  const means = Float64Array.from({ length: count }, () => (unit() - 0.5) * 60);
  const stds = Float64Array.from({ length: count }, () => 1 + unit() * 10);
  const { symbols, data } = draw(family, [means, stds], count, 3);
  const models = Array.from({ length: Math.min(count, 100_000) }, (_, i) => family.model(means[i]!, stds[i]!));
  const into = { left: 0, probability: 0 };
  let quantised = 0;
  for (let i = 0; i < count; i++) {
    family.model(means[i]!, stds[i]!).interval(symbols[i]!, into);
    quantised -= Math.log2(into.probability / 2 ** family.precision);
  }
  return {
    id: 'gaussian',
    title: 'Gaussian of its own for each symbol',
    symbols,
    data,
    source: family,
    parameters: [means, stds],
    single: (i) => models[i]!,
    native: { family: 'QuantizedGaussian', args: [min, max] },
    // The symbols were drawn from the quantised model, whose tails are heavier: the exact one would call some impossible.
    information: { quantised, exact: null },
    coders: everyCoder,
    singles: true,
    bytes: false,
  };
}

/** 256 symbols, each from a mixture of five logistic distributions of its own, as of a pixel. */
function mixture(count: number): CoderCase {
  const [min, max, components] = [0, 255, 5] as const;
  const family = new LogisticMixture(min, max, components);
  const next = generator(4);
  const unit = () => next() / 2 ** 32;
  const column = (make: () => number) => Float64Array.from({ length: count * components }, make);
  const weights = column(() => unit() + 0.01);
  const means = column(() => unit() * 256);
  const scales = column(() => 0.5 + unit() * 12);
  const parameters = [weights, means, scales];
  const { symbols, data } = draw(family, parameters, count, 5);
  const at = (i: number) => {
    const row = (values: Float64Array) => values.subarray(i * components, (i + 1) * components);
    return family.model(row(weights), row(means), row(scales));
  };
  const models = Array.from({ length: Math.min(count, 100_000) }, (_, i) => at(i));
  const into = { left: 0, probability: 0 };
  let quantised = 0;
  for (let i = 0; i < count; i++) {
    (models[i] ?? at(i)).interval(symbols[i]!, into);
    quantised -= Math.log2(into.probability / 2 ** family.precision);
  }
  return {
    id: 'mixture',
    title: '5 logistics of its own for each symbol',
    symbols,
    data,
    source: family,
    parameters,
    single: (i) => models[i]!,
    information: { quantised, exact: null },
    coders: everyCoder,
    singles: false,
    bytes: false,
  };
}

/** As the first case, by the alias method: the same lengths, other words. */
function alias(count: number): CoderCase {
  const weights = Array.from({ length: 256 }, (_, i) => 1 / (i + 1));
  const { native, ...rest } = fromWeights('alias', '256 symbols, Zipf, alias method', weights, count, false);
  const source = new AliasCategorical(Float64Array.from(weights), { perfect: false });
  const { symbols, data } = draw(source, [], count, 1);
  const information = bitsOf(source, weights, symbols);
  return { ...rest, source, symbols, data, information, single: () => source, coders: ['ANS', 'chain'], bytes: false };
}

/** The cases one after another: each is made when its turn has come, so that only one takes memory. */
export const coderCases: readonly ((count: number) => CoderCase)[] = [
  (count) => {
    const weights = Array.from({ length: 256 }, (_, i) => 1 / (i + 1));
    return fromWeights('zipf', '256 symbols, Zipf', weights, count, true);
  },
  (count) => fromWeights('uniform', '256 symbols, uniform', new Array(256).fill(1), count, false),
  (count) => {
    const weights = Array.from({ length: 16 }, (_, i) => 0.95 * 0.05 ** i);
    return fromWeights('geometric', 'geometric, 0.3 bits', weights, count, false);
  },
  gaussian,
  mixture,
  alias,
];
