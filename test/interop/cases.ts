/** Random cases of the interop test, and what this package makes of them. */
import { AnsCoder } from '../../src/coders/ans.ts';
import { ChainCoder } from '../../src/coders/chain.ts';
import { DecoderHuffmanTree, EncoderHuffmanTree } from '../../src/coders/huffman.ts';
import { RangeDecoder, RangeEncoder } from '../../src/coders/range.ts';
import { QueueDecoder, QueueEncoder, StackCoder } from '../../src/coders/symbol-coders.ts';
import { Bernoulli } from '../../src/models/bernoulli.ts';
import { Binomial } from '../../src/models/binomial.ts';
import { Categorical } from '../../src/models/categorical.ts';
import { CustomModel } from '../../src/models/custom.ts';
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
  /** What is extreme about it, if anything. */
  readonly extreme: readonly string[];
  /** What a ChainCoder starts from, and an AnsCoder where `seal` is set. */
  readonly data: readonly number[];
  readonly seal: boolean;
  /** What this package wrote: compressed words, or remainders. */
  words: readonly number[];
}

type Random = (below: number) => number;
type Draft = Pick<Case, 'model' | 'args' | 'type' | 'form' | 'parameters' | 'whole' | 'size' | 'extreme'>;

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
  'CustomModel',
] as const;

const TWO = 'two symbols';

function draft(name: string, form: Form, count: number, random: Random): Draft {
  const rows = form === 'model' ? 1 : count;
  const categorical = CATEGORICAL.exec(name);
  if (categorical !== null) {
    const type = categorical[2] as Type;
    const size = 2 + random(random(20) === 0 ? 300 : 20);
    const matrix = repeat(rows, () => probabilities(random, size, type)).flat();
    const extreme = size === 2 ? [TWO] : [];
    return {
      model: 'Categorical',
      args: [categorical[1]],
      type,
      form,
      parameters: [matrix],
      whole: [false],
      size,
      extreme,
    };
  }
  // Single numbers are doubles on both sides.
  const type: Type = form === 'family' && random(3) === 0 ? 'f32' : 'f64';
  const column = (make: () => number) => [...floats(type, repeat(rows, make))];
  const base = { model: name, args: [], type, form, size: 0, extreme: [] };
  switch (name) {
    case 'Uniform': {
      const sizes = repeat(rows, () => 2 + random(2 ** (1 + random(24)) - 2));
      const largest = random(10) === 0;
      // One less than there are units: more leave no symbol but the last with more than one.
      if (largest) sizes[0] = 2 ** 24 - 1;
      const extreme = [...(sizes.includes(2) ? [TWO] : []), ...(largest ? ['2^24 - 1 symbols'] : [])];
      return { ...base, type: 'f64', parameters: [sizes], whole: [true], extreme };
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
      const two = random(12) === 0;
      const max = min + 1 + (two ? 0 : random(2 ** (1 + random(13))));
      const extreme = max === min + 1 ? [TWO] : [];
      // A third of the cases goes to the ends: what a network gives when it is sure, or has lost its way.
      const odd = random(3) === 0;
      const [far, thin, wide] = [odd && random(2) === 0, odd && random(2) === 0, odd && random(3) === 0];
      const location = column(() => {
        const within = (unit(random) * 1.4 - 0.2) * (max - min) + min;
        return far && random(2) === 0 ? within + (random(2) === 0 ? 1 : -1) * 10 ** (unit(random) * 12) : within;
      });
      const scale = column(() => {
        // Below 1e-37 a CustomModel's cdf would divide infinity by infinity.
        if (thin && random(2) === 0)
          return 10 ** -(unit(random) * (type === 'f32' || name === 'CustomModel' ? 37 : 300));
        if (wide && random(2) === 0) return type === 'f32' ? 10 ** (unit(random) * 38) : 10 ** (unit(random) * 300);
        return 10 ** (unit(random) * 6 - 2);
      });
      if (location.some((x) => x < min - (max - min) || x > max + (max - min))) extreme.push('means far outside');
      if (scale.some((x) => x < 1e-4)) extreme.push('tiny scales');
      if (scale.some((x) => x > 1e6)) extreme.push('huge scales');
      return { ...base, args: [min, max], parameters: [location, scale], whole: [false, false], extreme };
    }
  }
}

type Source = EntropyModel | ModelFamily | RowFamily | readonly EntropyModel[];

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
  if (c.model === 'CustomModel') {
    const [min, max] = args;
    const [middle, width] = given;
    // Nothing but operations that both sides round alike; peer.py has the same.
    const cdf = (x: number) => {
      const t = (x - middle) / width;
      return 0.5 + 0.5 * (t / (1 + Math.abs(t)));
    };
    return new CustomModel(cdf, undefined, min, max);
  }
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

/** A family of CustomModels is an array of models here. */
const asSequence = (c: Draft) => c.model === 'CustomModel' && c.form === 'family';
const modelsOf = (c: Draft, count: number) => repeat(count, (i) => modelAt(c, i));

const columns = (c: Draft) => c.parameters.map((column, i) => floats(c.whole[i] ? 'f64' : c.type, column));

function encode(c: Case, encoder: Encoder, backwards: boolean): void {
  const symbols = Int32Array.from(c.symbols);
  if (asSequence(c)) encoder(symbols, modelsOf(c, symbols.length));
  else if (c.form === 'family') encoder(symbols, make(c, undefined), ...columns(c));
  else if (c.form === 'model') encoder(symbols, modelAt(c, 0));
  else {
    const order = [...symbols.keys()];
    for (const i of backwards ? order.reverse() : order) encoder(symbols[i], modelAt(c, i));
  }
}

function decode(c: Draft, decoder: Decoder, count: number): number[] {
  if (c.form === 'model') return [...decoder(modelAt(c, 0), count)];
  if (c.form === 'single') return repeat(count, (i) => decoder(modelAt(c, i)));
  if (asSequence(c)) return [...decoder(modelsOf(c, count))];
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
    const writer = c.seal ? new AnsCoder(Uint32Array.from(c.data), { seal: true }) : new AnsCoder();
    encode(c, writer.encodeReverse.bind(writer) as Encoder, true);
    const words = writer.getCompressed();
    const reader = new AnsCoder(read(words));
    const symbols = decode(c, reader.decode.bind(reader) as Decoder, count);
    const sealed = c.seal ? { data: [...reader.getCompressed({ unseal: true })] } : {};
    return { words: [...words], symbols, ...sealed };
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
  const parts = { parameters: [weights], whole: [false], size, symbols, extreme: [], data: [], seal: false, words: [] };
  return { coder, model: 'Huffman', args: [], type, form: 'model', ...parts };
}

const SEALED = 'sealed words';

/** Words that no coder wrote: some are 0, also the last. */
const sealable = (random: Random): number[] => repeat(random(5), () => (random(3) === 0 ? 0 : random(2 ** 32)));

/** One random case, with the words of this package in it. */
function drawCase(coder: Coder, name: string, random: Random): Case {
  const form = (['model', 'family', 'single'] as const)[random(3)];
  // Single-precision sums can leave a symbol without an interval, and a CustomModel's cdf can fall by its last bit; both
  // are refused here. Another case is drawn then.
  for (;;) {
    const count = 1 + random(random(10) === 0 ? 60 : 12);
    const c = draft(name, form, count, random);
    const interval = { left: 0, probability: 0 };
    try {
      // The wheel never comes back from decoding some unlikely symbols of a binomial with many trials: 131 of (956, 0.553).
      const many = c.model === 'Binomial' && [...(c.args as number[]), ...c.parameters[0]].some((n) => n > 60);
      const likely = random(2) === 0 || many;
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
        // On an AnsCoder the message may lie on other words, which are sealed, as in bits-back coding.
        const seal = coder === 'ans' && random(4) === 0;
        const data = seal ? sealable(random) : [];
        const whole = {
          coder,
          ...c,
          symbols,
          data,
          seal,
          words: [],
          extreme: [...c.extreme, ...(seal ? [SEALED] : [])],
        };
        outcome(whole);
        return whole;
      }
      const seal = random(2) === 0;
      const data = repeat(Math.ceil((count * 24) / 32) + 2 + random(4), () => random(2 ** 32));
      if (!seal) data.push(1 + random(2 ** 32 - 1));
      else if (random(3) === 0) data.push(0);
      const reader = new ChainCoder(Uint32Array.from(data), { seal });
      const taken = decode(c, reader.decode.bind(reader) as Decoder, count);
      const extreme = [...c.extreme, ...(seal ? [SEALED] : [])];
      const whole = { coder, ...c, symbols: taken, data, seal, words: [], extreme };
      outcome(whole);
      return whole;
    } catch (error) {
      if (!/would get an empty interval|since the cdf falls/.test(String(error))) throw error;
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

/** A case's model, by its name in {@link MODELS}. */
export const modelOf = (c: Case): string =>
  c.model === 'Categorical' ? `Categorical ${c.args[0]} ${c.type}` : c.model;
