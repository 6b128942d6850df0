/**
 * The methods that can code a segment's blocks, by the id in the header. A new method joins the list here; the
 * container knows none of them.
 */
import { type Header, MEMORY_UNIT } from '../container/header.ts';
import { SurprisalError } from '../errors.ts';
import {
  fastParameters,
  OnlineDecoder,
  OnlineEncoder,
  type OnlineParameters,
  onlineMemory,
} from '../sequence/online.ts';
import { latentMethod } from './images-method.ts';
import type { BlockDecoder, BlockEncoder, Method, Model } from './method.ts';
import { multisetMethod } from './multiset-method.ts';
import type { Level } from './options.ts';

/** The content kinds by their number in the header. */
export const KINDS = ['file', 'records', 'graphs', 'images'] as const;
/** Content kind of plain bytes. */
export const KIND_FILE = 0;
/** Content kind of records without an order. */
export const KIND_RECORDS = 1;
/** Content kind of graphs whose vertices have no names. */
export const KIND_GRAPHS = 2;
/** Content kind of images. */
export const KIND_IMAGES = 3;

/** Method 0: every block is stored, no model, no memory. */
export const storedMethod: Method = {
  id: 0,
  name: 'stored',
  revision: 0,
  describe: () => ({}),
  open(parameters) {
    if (parameters.length > 0)
      throw new SurprisalError('corrupt', 'The archive is damaged: method stored has no parameters.');
    return { method: storedMethod, parameters, memory: 0, encoder: () => undefined, decoder: () => undefined };
  },
};

/** Memory that the engine refuses is a limit like any other, not a mistake of the caller's. */
function allocate<T>(memory: number, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SurprisalError('limit', `This engine cannot allocate the ${megabytes(memory)} MB of the model.`, {
      cause: error,
    });
  }
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0);

/** Method 1: the online compressor; two bytes of parameters, tableBits and historyBits. */
export const onlineMethod: Method = {
  id: 1,
  name: 'online',
  revision: 0,
  describe(parameters): Record<string, number> {
    return parameters.length === 2 ? { tableBits: parameters[0], historyBits: parameters[1] } : {};
  },
  open(parameters) {
    if (parameters.length !== 2)
      throw new SurprisalError(
        'corrupt',
        `The archive is damaged: method online has 2 bytes of parameters, not ${parameters.length}.`,
      );
    try {
      return onlineModel({ tableBits: parameters[0], historyBits: parameters[1] });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new SurprisalError('corrupt', `The archive is damaged: ${error.message}.`, { cause: error });
    }
  },
};

/** The online model of given parameters. */
export function onlineModel(parameters: OnlineParameters): Model {
  const memory = onlineMemory(parameters);
  return {
    method: onlineMethod,
    parameters: Uint8Array.of(parameters.tableBits, parameters.historyBits),
    memory,
    encoder: () => allocate(memory, () => new OnlineEncoder(parameters)),
    decoder: () => allocate(memory, () => new OnlineDecoder(parameters)),
  };
}

/**
 * The coders of one segment after another: only one at a time, made again only when the parameters change, so that the
 * memory is that of one model. What it gave before must not be used after it has given the next.
 */
export class Coders {
  private model: Model | undefined;
  private encoding: BlockEncoder | undefined;
  private decoding: BlockDecoder | undefined;

  /** An encoder as new; undefined when the method only stores. */
  encoder(model: Model): BlockEncoder | undefined {
    if (this.encoding !== undefined && this.fits(model)) this.encoding.reset();
    else {
      this.drop();
      this.encoding = model.encoder();
      this.model = model;
    }
    return this.encoding;
  }

  /** A decoder as new; undefined when the method only stores. */
  decoder(model: Model): BlockDecoder | undefined {
    if (this.decoding !== undefined && this.fits(model)) this.decoding.reset();
    else {
      this.drop();
      this.decoding = model.decoder();
      this.model = model;
    }
    return this.decoding;
  }

  /** Lets go of the memory. */
  drop(): void {
    this.model = undefined;
    this.encoding = undefined;
    this.decoding = undefined;
  }

  private fits({ method, parameters }: Model): boolean {
    const mine = this.model!;
    return (
      mine.method === method &&
      mine.parameters.length === parameters.length &&
      mine.parameters.every((byte, i) => byte === parameters[i])
    );
  }
}

const METHODS: Map<number, Method> = new Map(
  [storedMethod, onlineMethod, multisetMethod, latentMethod].map((method) => [method.id, method]),
);

/** Adds a method that is not there from the start, because few want its code. Again does nothing. */
export function addMethod(method: Method): void {
  METHODS.set(method.id, method);
}

/** The method of an id, or undefined. */
export const methodOf = (id: number): Method | undefined => METHODS.get(id);

/** The parameters of a header by name; nothing for a method that this version does not know. */
export const describeParameters = (header: Header): Record<string, number> =>
  methodOf(header.method)?.describe(header.parameters) ?? {};

/** The model that a level uses for a segment of `size` bytes (undefined: unknown, so the level's largest). */
export function levelModel(level: Level, size: number | undefined): Model {
  switch (level) {
    case 'fast':
      return onlineModel(fastParameters(size));
  }
}

/** @throws SurprisalError `limit` when a model takes more than `maxMemory` bytes. */
export function checkMemory(memory: number, maxMemory: number): void {
  if (memory > maxMemory)
    throw new SurprisalError(
      'limit',
      `The model takes ${megabytes(memory)} MB of memory, more than the limit of ${megabytes(maxMemory)} MB. Raise maxMemory (${memory} bytes) to go on.`,
    );
}

/**
 * The model that a header asks for, checked against the header's own claim and the limit.
 *
 * @throws SurprisalError `unsupported`, `corrupt` or `limit`.
 */
export function modelOf(header: Header, maxMemory: number): Model {
  const { kind } = header;
  if (kind === KIND_IMAGES)
    throw new SurprisalError(
      'unsupported',
      'The archive holds images: decompressImages() of surprisal/formats/images.js opens it, with the model that it names.',
    );
  if (kind !== KIND_FILE && kind !== KIND_RECORDS && kind !== KIND_GRAPHS)
    throw new SurprisalError(
      'unsupported',
      `The archive holds ${KINDS[kind] ?? `content of kind ${kind}`}: this version opens only files, records and graphs.`,
    );
  const method = methodOf(header.method);
  if (method === undefined && kind === KIND_GRAPHS)
    throw new SurprisalError(
      'unsupported',
      'The archive holds graphs: decompressGraphs() of surprisal/formats/graphs.js opens it, and openGraphs() there teaches it to all else.',
    );
  if (method === undefined)
    throw new SurprisalError(
      'unsupported',
      `The archive was written by method ${header.method}, which this version does not know. Try a newer one.`,
    );
  if (header.revision !== method.revision)
    throw new SurprisalError(
      'unsupported',
      `The archive was written by revision ${header.revision} of method ${method.name}; this version reads revision ${method.revision}.`,
    );
  const model = method.open(header.parameters);
  if (method.kind !== undefined && (kind !== method.kind || header.segmentSize !== undefined))
    throw new SurprisalError(
      'corrupt',
      `The archive is damaged: method ${method.name} is for ${KINDS[method.kind]}, in one segment.`,
    );
  if (kind === KIND_GRAPHS && method.kind !== KIND_GRAPHS)
    throw new SurprisalError('unsupported', `The archive holds graphs by method ${method.name}: try a newer version.`);
  // Round up first: a claim is in whole pages.
  const pages = Math.ceil(model.memory / MEMORY_UNIT);
  if (header.memory !== pages * MEMORY_UNIT)
    throw new SurprisalError(
      'corrupt',
      `The archive is damaged: it claims ${header.memory} bytes of memory where its model takes ${pages * MEMORY_UNIT}.`,
    );
  checkMemory(model.memory, maxMemory);
  return model;
}
