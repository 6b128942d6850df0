/**
 * Codecs by name, loaded when they are asked for: what a command or a page offers its users.
 *
 * A name may have a parameter, as in `zlib:9` or `ppm:4`, and models may be mixed, as in `ppm+ctw`.
 */
import { rangeError, SurprisalError } from '../errors.ts';
import type { SequenceModel, UndoableBitModel } from '../sequence/model.ts';
import { type LengthOracle, ModelOracle, pushAll } from './oracle.ts';

/**
 * What a named codec is.
 * - `model`: exact conditionals; sampled exactly, and a compressor by itself.
 * - `lengths`: exact lengths in bits, the same everywhere.
 * - `estimate`: lengths in bytes of a compressor that depends on the machine: for display.
 */
export type CodecKind = 'model' | 'lengths' | 'estimate';

/** A codec that has a name. */
export interface NamedCodec {
  /** Its name, in lower case. */
  readonly name: string;
  /** What it is. */
  readonly kind: CodecKind;
  /** A line about it. */
  readonly summary: string;
  /** Its number, where it takes one. */
  readonly parameter?: {
    /** What help calls it. */
    readonly sign: string;
    /** The least it may be. */
    readonly least: number;
    /** The most it may be. */
    readonly most: number;
    /** What it is when it is not given. */
    readonly fallback: number;
  };
}

/** A codec, ready for use. */
export interface OpenCodec {
  /** As it was asked for: `ppm:4`. */
  readonly name: string;
  /** What it is. */
  readonly kind: CodecKind;
  /** Its lengths. Those of a model are the sums of its surprisals. */
  readonly oracle: LengthOracle;
  /** The model, where it is one: the one that the oracle asks. */
  readonly model?: SequenceModel;
  /** The same model as one of bits, where it is made of these: faster to sample, eight bits a byte. */
  readonly bitModel?: UndoableBitModel;
  /** Has it see bytes, as cheaply as it can: before anything is marked or measured. */
  learn(bytes: Uint8Array): void;
}

/** Options of {@link openCodec}. */
export interface OpenCodecOptions {
  /** About how many bytes it will see: some models take less memory for less. */
  readonly size?: number;
}

/** All codecs that have a name. */
export const CODECS: readonly NamedCodec[] = [
  level('deflate', 'deflate without header and checksum: repeats within 32 KiB, and frequent bytes', 6),
  level('zlib', "the same in zlib's format, exact to the bit", 6),
  level('gzip', "the same in gzip's format", 9),
  { name: 'lzma', kind: 'lengths', summary: "LZMA, xz's method: repeats anywhere, with adaptive probabilities" },
  { name: 'rle', kind: 'lengths', summary: 'run lengths: a symbol and how often it comes' },
  { name: 'lzw', kind: 'lengths', summary: 'LZW as the Unix program compress has it' },
  { name: 'gif', kind: 'lengths', summary: 'LZW as in GIF images' },
  { name: 'lz78-code', kind: 'lengths', summary: 'LZ78 as its authors coded it: a phrase number and a symbol' },
  { name: 'lz78', kind: 'model', summary: 'LZ78 as a model: what came after this phrase before' },
  { name: 'lzw-model', kind: 'model', summary: 'LZW as a model: what its phrases say comes next' },
  {
    name: 'ppm',
    kind: 'model',
    summary: 'PPM: what came after the last n bytes, or fewer',
    parameter: { sign: 'n', least: 1, most: 16, fallback: 6 },
  },
  {
    name: 'ctw',
    kind: 'model',
    summary: 'context-tree weighting: all contexts of up to n bytes at once',
    parameter: { sign: 'n', least: 0, most: 32, fallback: 8 },
  },
  {
    name: 'ngram',
    kind: 'model',
    summary: 'counts after the last n bytes, Kneser and Ney smoothing',
    parameter: { sign: 'n', least: 0, most: 16, fallback: 6 },
  },
  {
    name: 'witten-bell',
    kind: 'model',
    summary: 'counts after the last n bytes, Witten and Bell smoothing',
    parameter: { sign: 'n', least: 0, most: 16, fallback: 4 },
  },
  { name: 'online', kind: 'model', summary: "the network that 'surprisal compress' trains while it reads" },
  {
    name: 'brotli',
    kind: 'estimate',
    summary: "Node's brotli, in whole bytes and slow",
    parameter: { sign: 'q', least: 0, most: 11, fallback: 11 },
  },
  {
    name: 'zstd',
    kind: 'estimate',
    summary: "Node's Zstandard, the same, from Node 22.15 on",
    parameter: { sign: 'l', least: 1, most: 22, fallback: 19 },
  },
];

function level(name: string, summary: string, fallback: number): NamedCodec {
  return { name, kind: 'lengths', summary, parameter: { sign: 'l', least: 0, most: 9, fallback } };
}

/** A codec and its number. */
export interface ParsedCodec {
  /** The codec. */
  readonly codec: NamedCodec;
  /** Its parameter, 0 for one that has none. */
  readonly parameter: number;
}

/**
 * Takes a name apart.
 *
 * @returns one codec, or the models of a mixture.
 * @throws RangeError for an unknown name, a parameter out of range, or a mixture of what is no model.
 * @example
 * parseCodec('ppm:4+online').length; // 2
 */
export function parseCodec(text: string): readonly ParsedCodec[] {
  const parts = text.split('+').map(parseOne);
  if (parts.length > 1)
    for (const { codec } of parts)
      if (codec.kind !== 'model')
        throw rangeError(`only models can be mixed, and ${codec.name} is none: give it alone`);
  if (parts.length > 16) throw rangeError(`a mixture has 16 models at most, not ${parts.length}`);
  return parts;
}

function parseOne(text: string): ParsedCodec {
  const [name, number, ...more] = text.split(':');
  const codec = CODECS.find((known) => known.name === name);
  if (codec === undefined || more.length > 0)
    throw rangeError(`there is no codec '${text}': ${CODECS.map((known) => known.name).join(', ')}`);
  const { parameter } = codec;
  if (number === undefined) return { codec, parameter: parameter?.fallback ?? 0 };
  if (parameter === undefined) throw rangeError(`${name} takes no number`);
  const value = Number(number);
  if (!/^\d+$/.test(number) || value < parameter.least || value > parameter.most)
    throw rangeError(`${name} takes a number from ${parameter.least} to ${parameter.most}, not '${number}'`);
  return { codec, parameter: value };
}

/**
 * Loads a codec of bytes by its name.
 *
 * @throws RangeError as {@link parseCodec} does, or when the engine has no memory for it.
 * @throws SurprisalError (`unsupported`) for an estimate that this machine cannot give.
 * @example
 * const { oracle, learn } = await openCodec('ppm:4');
 */
export async function openCodec(text: string, options: OpenCodecOptions = {}): Promise<OpenCodec> {
  const parts = parseCodec(text);
  if (parts.length > 1) {
    const { GeometricMixtureModel } = await import('../sequence/mixture.ts');
    const models = await Promise.all(parts.map(async (part) => (await openModel(part, options)).model));
    return fromModel(text, { model: new GeometricMixtureModel({ models }) });
  }
  const [part] = parts;
  if (part.codec.kind === 'model') return fromModel(text, await openModel(part, options));
  const oracle = await openOracle(part, options);
  return {
    name: text,
    kind: part.codec.kind,
    oracle,
    learn: (bytes) => void pushAll(oracle, bytes),
  };
}

interface Model {
  readonly model: SequenceModel;
  readonly bitModel?: UndoableBitModel;
}

function fromModel(name: string, { model, bitModel }: Model): OpenCodec {
  return {
    name,
    kind: 'model',
    oracle: new ModelOracle(model),
    model,
    ...(bitModel && { bitModel }),
    learn: (bytes) => void pushAll(model, bytes),
  };
}

async function openModel({ codec, parameter }: ParsedCodec, { size }: OpenCodecOptions): Promise<Model> {
  switch (codec.name) {
    case 'lz78':
      return { model: new (await import('../sequence/lz78.ts')).Lz78Model() };
    case 'lzw-model':
      return { model: new (await import('../sequence/lzw.ts')).LzwModel() };
    case 'ppm':
      return { model: new (await import('../sequence/ppm.ts')).PpmModel({ order: parameter }) };
    case 'ngram':
    case 'witten-bell': {
      const { NgramModel } = await import('../sequence/ngram.ts');
      return {
        model: new NgramModel({ order: parameter, smoothing: codec.name === 'ngram' ? 'kneser-ney' : 'witten-bell' }),
      };
    }
    case 'ctw': {
      const { CtwModel } = await import('../sequence/ctw.ts');
      return { model: new CtwModel({ depth: parameter }) };
    }
    default: {
      const [{ OnlineModel }, { BitTreeModel }, { fastParameters }] = await Promise.all([
        import('../sequence/online-bits.ts'),
        import('../sequence/bit-tree.ts'),
        import('../sequence/online.ts'),
      ]);
      const bitModel = new OnlineModel({ parameters: fastParameters(size) });
      return { model: new BitTreeModel(bitModel), bitModel };
    }
  }
}

/** A window that reaches back over so many bytes: a power of two from 2^16 to 2^26, 2^20 where it is not known. */
function windowFor(size = 2 ** 20 - 4096): number {
  let window = 2 ** 16;
  // Matches reach a little less than the window.
  while (window < size + 4096 && window < 2 ** 26) window *= 2;
  return window;
}

async function openOracle({ codec, parameter }: ParsedCodec, { size }: OpenCodecOptions): Promise<LengthOracle> {
  switch (codec.name) {
    case 'deflate':
    case 'zlib':
    case 'gzip': {
      const { DeflateOracle } = await import('./deflate.ts');
      return new DeflateOracle({ level: parameter, format: codec.name === 'deflate' ? 'raw' : codec.name });
    }
    case 'lzma':
      return new (await import('./lzma.ts')).LzmaOracle({ dictionarySize: windowFor(size) });
    case 'rle':
      return new (await import('./rle.ts')).RleOracle();
    case 'lzw':
    case 'gif': {
      const { LzwOracle } = await import('./lzw.ts');
      return new LzwOracle({ convention: codec.name === 'gif' ? 'gif' : 'compress' });
    }
    case 'lz78-code':
      return new (await import('./lz78.ts')).Lz78Oracle();
    default: {
      const [{ nodeZlib }, { blackBox }] = await Promise.all([import('./black-box-node.ts'), import('./black-box.ts')]);
      const zlib = await nodeZlib();
      const opaque = codec.name === 'brotli' ? zlib.brotli(parameter) : zlib.zstd?.(parameter);
      if (opaque === undefined)
        throw new SurprisalError('unsupported', `this Node has no ${codec.name}: Node 22.15 or newer has`);
      return blackBox(opaque);
    }
  }
}
