/** Random cases of the interop test, and what this package makes of them. */
import { AnsCoder } from '../../src/coders/ans.ts';
import { ChainCoder } from '../../src/coders/chain.ts';
import { DecoderHuffmanTree, EncoderHuffmanTree } from '../../src/coders/huffman.ts';
import { RangeDecoder, RangeEncoder } from '../../src/coders/range.ts';
import { QueueDecoder, QueueEncoder, StackCoder } from '../../src/coders/symbol-coders.ts';
import { Bernoulli } from '../../src/models/bernoulli.ts';
import { Binomial } from '../../src/models/binomial.ts';
import { Categorical } from '../../src/models/categorical.ts';
import type { EntropyModel, ModelFamily, RowFamily } from '../../src/models/model.ts';
import { QuantizedCauchy, QuantizedGaussian, QuantizedLaplace } from '../../src/models/quantized.ts';
import { Uniform } from '../../src/models/uniform.ts';
import { randomOf } from '../support/random.ts';

type Type = 'f32' | 'f64';
/** One model for all symbols, a family with parameters for each symbol, or a call for each symbol. */
type Form = 'model' | 'family' | 'single';
export type Coder = 'ans' | 'range' | 'chain' | 'queue' | 'stack';

export interface Case {
  readonly coder: Coder;
  readonly model: string;
  /** What the model is made with before its parameters. */
  readonly args: readonly (number | string)[];
  readonly type: Type;
  readonly form: Form;
  /** An array for each parameter; a Categorical has one, its rows one after another. */
  readonly parameters: readonly (readonly number[])[];
  /** Which parameters are whole numbers. */
  readonly whole: readonly boolean[];
  /** Of a Categorical's alphabet. */
  readonly size: number;
  readonly symbols: number[];
  /** What a ChainCoder starts from. */
  readonly data: readonly number[];
  readonly seal: boolean;
  /** What this package wrote: compressed words, or remainders. */
  words: readonly number[];
}

type Random = (below: number) => number;
type Draft = Pick<Case, 'model' | 'args' | 'type' | 'form' | 'parameters' | 'whole' | 'size'>;

const unit = (random: Random): number => (random(2 ** 26) + random(2 ** 26) / 2 ** 26) / 2 ** 26;
const floats = (type: Type, values: readonly number[]): Float32Array | Float64Array =>
  type === 'f32' ? Float32Array.from(values) : Float64Array.from(values);
const repeat = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

function probabilities(random: Random, size: number, type: Type): number[] {
  const power = 1 + random(8);
  const row = repeat(size, () => (random(20) === 0 ? 0 : unit(random) ** power));
  row[random(size)] += 0.01;
  const sum = random(2) === 0 ? 1 : row.reduce((a, b) => a + b);
  return [
    ...floats(
      type,
      row.map((p) => p / sum),
    ),
  ];
}

const LOCATION_SCALE = { QuantizedGaussian, QuantizedLaplace, QuantizedCauchy } as const;
const CATEGORICAL = /^Categorical (fast|perfect|lazy) (f32|f64)$/;

/** The models, by the names in the table that the test prints. */
export const MODELS = [
  'Categorical fast f64',
  'Categorical fast f32',
  'Categorical perfect f64',
  'Categorical perfect f32',
  'Categorical lazy f64',
  'Categorical lazy f32',
  'Uniform',
  'Bernoulli',
  'Binomial',
  'QuantizedGaussian',
  'QuantizedLaplace',
  'QuantizedCauchy',
] as const;

function draft(name: string, form: Form, count: number, random: Random): Draft {
  const rows = form === 'model' ? 1 : count;
  const categorical = CATEGORICAL.exec(name);
  if (categorical !== null) {
    const type = categorical[2] as Type;
    const size = 2 + random(random(20) === 0 ? 300 : 20);
    const matrix = repeat(rows, () => probabilities(random, size, type)).flat();
    return { model: 'Categorical', args: [categorical[1]], type, form, parameters: [matrix], whole: [false], size };
  }
  // Single numbers are doubles on both sides.
  const type: Type = form === 'family' && random(3) === 0 ? 'f32' : 'f64';
  const column = (make: () => number) => [...floats(type, repeat(rows, make))];
  const base = { model: name, args: [], type, form, size: 0 };
  switch (name) {
    case 'Uniform': {
      const sizes = repeat(rows, () => 2 + random(2 ** (1 + random(24)) - 2));
      return { ...base, type: 'f64', parameters: [sizes], whole: [true] };
    }
    case 'Bernoulli':
      return {
        ...base,
        parameters: [column(() => [0, 1, unit(random) ** 6][random(8)] ?? unit(random))],
        whole: [false],
      };
    case 'Binomial': {
      // Within [0.001, 0.999], as singles too.
      const shares = column(() => 0.0011 + 0.9978 * unit(random));
      const trials = () => 1 + random(random(4) === 0 ? 5000 : 60);
      if (form === 'family' && random(2) === 0)
        return { ...base, args: [trials()], parameters: [shares], whole: [false] };
      return { ...base, parameters: [repeat(rows, trials), shares], whole: [true, false] };
    }
    default: {
      const min = -random(2 ** (1 + random(12)));
      const max = min + 1 + random(2 ** (1 + random(13)));
      const location = column(() => (unit(random) * 1.4 - 0.2) * (max - min) + min);
      const scale = column(() => 10 ** (unit(random) * 6 - 2));
      return { ...base, args: [min, max], parameters: [location, scale], whole: [false, false] };
    }
  }
}

type Source = EntropyModel | ModelFamily | RowFamily;

function make(c: Draft, parameters: readonly number[] | undefined): Source {
  const given = parameters ?? [];
  const args = c.args as number[];
  if (c.model === 'Categorical') {
    const options = c.args[0] === 'lazy' ? { lazy: true as const } : { perfect: c.args[0] === 'perfect' };
    return parameters ? new Categorical(floats(c.type, parameters), options) : new Categorical(options);
  }
  if (c.model === 'Uniform') return new Uniform(...(given as [number]));
  if (c.model === 'Bernoulli') return new Bernoulli(...(given as [number]));
  if (c.model === 'Binomial') return new Binomial(...([...args, ...given] as [number, number]));
  const Family = LOCATION_SCALE[c.model as keyof typeof LOCATION_SCALE];
  return new Family(...([...args, ...given] as [number, number, number, number]));
}

/** The model of symbol i. */
function modelAt(c: Draft, i: number): EntropyModel {
  const row = c.form === 'model' ? 0 : i;
  const parameters =
    c.model === 'Categorical'
      ? c.parameters[0].slice(row * c.size, (row + 1) * c.size)
      : c.parameters.map((column) => column[row]);
  return make(c, parameters) as EntropyModel;
}

interface Encoder {
  (symbols: Int32Array, family: Source, ...parameters: (Float32Array | Float64Array)[]): void;
  (symbol: number, model: EntropyModel): void;
}
interface Decoder {
  (model: EntropyModel): number;
  (source: Source, ...rest: (number | Float32Array | Float64Array)[]): Int32Array;
}

const columns = (c: Draft) => c.parameters.map((column, i) => floats(c.whole[i] ? 'f64' : c.type, column));

function encode(c: Case, encoder: Encoder, backwards: boolean): void {
  const symbols = Int32Array.from(c.symbols);
  if (c.form === 'family') encoder(symbols, make(c, undefined), ...columns(c));
  else if (c.form === 'model') encoder(symbols, modelAt(c, 0));
  else {
    const order = [...symbols.keys()];
    for (const i of backwards ? order.reverse() : order) encoder(symbols[i], modelAt(c, i));
  }
}

function decode(c: Draft, decoder: Decoder, count: number): number[] {
  if (c.form === 'model') return [...decoder(modelAt(c, 0), count)];
  if (c.form === 'single') return repeat(count, (i) => decoder(modelAt(c, i)));
  const extra = c.model === 'Categorical' ? [count] : [];
  return [...decoder(make(c, undefined), ...columns(c), ...extra)];
}

const join = ([a, b]: readonly [Uint32Array, Uint32Array]): Uint32Array => Uint32Array.of(...a, ...b);

/** Words (of this case's own, or those given) to symbols, and symbols to words; a ChainCoder's data too. */
export interface Outcome {
  words: number[];
  symbols: number[];
  data?: number[];
  bits?: number;
}

/** What this package makes of a case: it writes, and reads what is given, or what it wrote. */
export function outcome(c: Case, given?: readonly number[]): Outcome {
  const count = c.symbols.length;
  const read = (written: Uint32Array) => (given ? Uint32Array.from(given) : written);
  if (c.coder === 'ans') {
    const writer = new AnsCoder();
    encode(c, writer.encodeReverse.bind(writer) as Encoder, true);
    const words = writer.getCompressed();
    const reader = new AnsCoder(read(words));
    return { words: [...words], symbols: decode(c, reader.decode.bind(reader) as Decoder, count) };
  }
  if (c.coder === 'range') {
    const writer = new RangeEncoder();
    encode(c, writer.encode.bind(writer) as Encoder, false);
    const words = writer.getCompressed();
    const reader = new RangeDecoder(read(words));
    return { words: [...words], symbols: decode(c, reader.decode.bind(reader) as Decoder, count) };
  }
  if (c.coder === 'chain') {
    const coder = new ChainCoder(Uint32Array.from(c.data), { seal: c.seal });
    const symbols = decode(c, coder.decode.bind(coder) as Decoder, count);
    const words = join(coder.getRemainders());
    const back = new ChainCoder(read(words), { isRemainders: true });
    encode({ ...c, symbols }, back.encodeReverse.bind(back) as Encoder, true);
    return { words: [...words], symbols, data: [...join(back.getData({ unseal: c.seal }))] };
  }
  const weights = floats(c.type, c.parameters[0]);
  const tree = new DecoderHuffmanTree(weights);
  if (c.coder === 'queue') {
    const writer = new QueueEncoder();
    writer.encodeSymbols(c.symbols, new EncoderHuffmanTree(weights));
    const words = writer.getCompressed();
    const symbols = [...new QueueDecoder(read(words)).decodeSymbols(tree, count)];
    return { words: [...words], symbols, bits: writer.numBits() };
  }
  const writer = new StackCoder();
  writer.encodeReverse(c.symbols, new EncoderHuffmanTree(weights));
  const words = writer.getCompressed();
  return {
    words: [...words],
    symbols: [...new StackCoder(read(words)).decodeSymbols(tree, count)],
    bits: writer.numBits(),
  };
}

function huffmanCase(coder: Coder, random: Random): Case {
  const type: Type = random(2) === 0 ? 'f32' : 'f64';
  const size = 2 + random(random(10) === 0 ? 400 : 30);
  // Equal weights, too: ties are decided by the order of the heap.
  const weights =
    random(3) === 0 ? repeat(size, (i) => (i === 0 ? 1 : random(4)) / 4) : probabilities(random, size, type);
  const symbols = repeat(random(40), () => random(size));
  const parts = { parameters: [weights], whole: [false], size, symbols, data: [], seal: false, words: [] };
  return { coder, model: 'Huffman', args: [], type, form: 'model', ...parts };
}

/** One random case, with the words of this package in it. */
function drawCase(coder: Coder, name: string, random: Random): Case {
  const form = (['model', 'family', 'single'] as const)[random(3)];
  // Single-precision sums can leave a symbol without an interval, which is refused here. Another case is drawn then.
  for (;;) {
    const count = 1 + random(random(10) === 0 ? 60 : 12);
    const c = draft(name, form, count, random);
    const interval = { left: 0, probability: 0 };
    try {
      const likely = random(2) === 0;
      const symbols = repeat(count, (i) => {
        const model = modelAt(c, i);
        if (likely) return model.symbolAt(random(2 ** 24), interval);
        if (c.model === 'Categorical') return random(c.size);
        if (c.model === 'Bernoulli') return random(2);
        const [a, b] = c.args as number[];
        if (c.model === 'Uniform') return random(c.parameters[0][c.form === 'model' ? 0 : i]);
        if (c.model === 'Binomial') return random((a ?? c.parameters[0][c.form === 'model' ? 0 : i]) + 1);
        return a + random(b - a + 1);
      });
      if (coder !== 'chain') {
        const whole = { coder, ...c, symbols, data: [], seal: false, words: [] };
        outcome(whole);
        return whole;
      }
      const seal = random(2) === 0;
      const data = repeat(Math.ceil((count * 24) / 32) + 2 + random(4), () => random(2 ** 32));
      if (!seal) data.push(1 + random(2 ** 32 - 1));
      const reader = new ChainCoder(Uint32Array.from(data), { seal });
      const taken = decode(c, reader.decode.bind(reader) as Decoder, count);
      const whole = { coder, ...c, symbols: taken, data, seal, words: [] };
      outcome(whole);
      return whole;
    } catch (error) {
      if (!/would get an empty interval/.test(String(error))) throw error;
    }
  }
}

/** `count` random cases of each coder with each model. */
export function drawCases(seed: number, count: number): Case[] {
  const random = randomOf(seed);
  const stream = (['ans', 'range', 'chain'] as const).flatMap((coder) =>
    MODELS.flatMap((name) => repeat(count, () => drawCase(coder, name, random))),
  );
  const symbol = (['queue', 'stack'] as const).flatMap((coder) => repeat(count, () => huffmanCase(coder, random)));
  return [...stream, ...symbol];
}

/** What a case is a case of. */
export const titleOf = (c: Case): string =>
  `${c.coder} ${c.model === 'Categorical' ? `Categorical ${c.args[0]} ${c.type}` : c.model}`;
