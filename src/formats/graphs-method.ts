/**
 * Method 3, `shuffle`: graphs without the names of their vertices. The member's raw bytes are the code; what it decodes
 * to is a GraphML document of the graphs. docs/format.md describes every byte.
 */
import { crc32c } from '../container/checksums.ts';
import { MEMORY_UNIT } from '../container/header.ts';
import { Cursor, pushVarint } from '../container/varint.ts';
import { SurprisalError } from '../errors.ts';
import { GRAPH_FORMS, GRAPH_MODELS, type GraphCoding, type PoppedGraphs, popGraphs } from './graph-code.ts';
import { writeGraphMl } from './graphml-write.ts';
import type { Expansion, Method, Model } from './method.ts';

/** What the parameters of the method say. */
export interface ShuffleParameters extends GraphCoding {
  /** Bytes of the GraphML document. */
  readonly size: number;
}

/** The parameters as the header holds them. */
export function shuffleBytes(parameters: ShuffleParameters): Uint8Array {
  const { directed, loops, vertexLabels, edgeLabels, graphLabels, graphs, vertices, edges, size } = parameters;
  const flags = [directed, loops, vertexLabels, edgeLabels, graphLabels].reduce(
    (sum, on, i) => sum + (on ? 2 ** i : 0),
    0,
  );
  const model = GRAPH_MODELS.indexOf(parameters.model);
  const form = GRAPH_FORMS.indexOf(parameters.form);
  const bytes: number[] = [];
  for (const value of [flags, model, form, parameters.rounds, parameters.hubs, graphs, vertices, edges, size])
    pushVarint(bytes, value);
  return Uint8Array.from(bytes);
}

const damaged = (what: string): SurprisalError => new SurprisalError('corrupt', `The archive is damaged: ${what}.`);

/**
 * The parameters that a header holds.
 *
 * @throws SurprisalError `corrupt` when there are no such.
 */
export function parseShuffle(bytes: Uint8Array): ShuffleParameters {
  const cursor = new Cursor(bytes);
  const values = Array.from({ length: 9 }, () => cursor.varint());
  if (values.includes(undefined) || cursor.at !== bytes.length)
    throw damaged('the parameters of method shuffle are nine numbers');
  const [flags, modelNumber, formNumber, rounds, hubs, graphs, vertices, edges, size] = values as number[];
  const model = GRAPH_MODELS[modelNumber];
  const form = GRAPH_FORMS[formNumber];
  const bit = (i: number): boolean => ((flags >>> i) & 1) === 1;
  const [directed, loops] = [bit(0), bit(1)];
  const good =
    flags < 32 &&
    model !== undefined &&
    form !== undefined &&
    !(model === 'polya' && (directed || loops || form === 'autoregressive')) &&
    !(model === 'ap' && directed) &&
    rounds <= 16 &&
    hubs <= (form === 'autoregressive' ? 65536 : 0) &&
    graphs >= 1 &&
    graphs <= 2 ** 24 &&
    vertices <= 2 ** 26 &&
    edges <= 2 ** 26 &&
    size <= 2 ** 40;
  if (!good) throw damaged('parameters of method shuffle that are none');
  const labels = { vertexLabels: bit(2), edgeLabels: bit(3), graphLabels: bit(4) };
  return { directed, loops, ...labels, model, form, rounds, hubs, graphs, vertices, edges, size };
}

/** Bytes of memory that a decoder takes: graphs and what is worked out about them, and the document twice. */
export function shuffleMemory({ graphs, vertices, edges, size }: ShuffleParameters): number {
  return Math.ceil((2 ** 20 + 512 * graphs + 128 * (vertices + edges) + 2 * size) / MEMORY_UNIT) * MEMORY_UNIT;
}

/** The payload: checksum of the GraphML document, initial words, and the words of the stack. */
export function shufflePayload(crc: number, initial: number, words: Uint32Array): Uint8Array {
  const start: number[] = [crc & 255, (crc >>> 8) & 255, (crc >>> 16) & 255, crc >>> 24];
  pushVarint(start, initial);
  const payload = new Uint8Array(start.length + 4 * words.length);
  payload.set(start);
  const view = new DataView(payload.buffer, start.length);
  for (let i = 0; i < words.length; i++) view.setUint32(4 * i, words[i], true);
  return payload;
}

/**
 * Decodes a payload to graphs, pausing now and then: yields how many vertices and edges are there.
 *
 * @throws SurprisalError `corrupt`, or `limit` for a model that takes too long.
 */
export function* popPayload(
  payload: Uint8Array,
  parameters: ShuffleParameters,
): Generator<number, PoppedGraphs & { readonly crc: number }, void> {
  const cursor = new Cursor(payload);
  const crc = cursor.uint32();
  const initial = cursor.varint();
  const left = payload.length - cursor.at;
  if (crc === undefined || initial === undefined || left % 4 !== 0 || 4 * initial > left)
    throw damaged('graphs that do not begin as such');
  const words = new Uint32Array(left / 4);
  for (let i = 0; i < words.length; i++) words[i] = cursor.uint32()!;
  try {
    return { ...(yield* popGraphs(words, initial, parameters)), crc };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === 'corrupt' || code === 'limit') throw error;
    // What no push has written: a stack that runs out, an edge that is there twice, more than there can be.
    if (code !== undefined)
      throw new SurprisalError('corrupt', `The archive is damaged: ${message}.`, { cause: error });
    throw error;
  }
}

/** Collects the raw bytes of a member and makes of them the document that they stand for. */
export class ShuffleExpansion implements Expansion {
  /** Bytes of the document. */
  readonly size: number;
  private readonly parameters: ShuffleParameters;
  private readonly pieces: Uint8Array[] = [];
  private length = 0;
  private finished = 0;

  /** An expansion of nothing so far. */
  constructor(parameters: ShuffleParameters) {
    this.parameters = parameters;
    this.size = parameters.size;
  }

  /** Bytes of the document that are decoded, about. */
  get done(): number {
    const { vertices, edges } = this.parameters;
    return Math.floor((this.finished / Math.max(1, vertices + edges)) * this.size);
  }

  /** Takes raw bytes of the member. @throws SurprisalError `corrupt` for more than graphs take. */
  push(raw: Uint8Array): void {
    this.length += raw.length;
    // No writer needs more than the document itself but for its initial words.
    if (this.length > 2 * this.size + 65536) throw damaged('graphs that take more room than their GraphML');
    this.pieces.push(raw);
  }

  /**
   * Decodes it, pausing now and then: yields `undefined`, and the document at the end.
   *
   * @throws SurprisalError `corrupt`.
   */
  *end(): Generator<Uint8Array | undefined, void, void> {
    const payload = joined(this.pieces.splice(0), this.length);
    const work = popPayload(payload, this.parameters);
    let step = work.next();
    for (; !step.done; step = work.next()) {
      this.finished = step.value;
      yield undefined;
    }
    const document = writeGraphMl(step.value.set);
    if (document.length !== this.size || crc32c(document) !== step.value.crc)
      throw damaged('the checksum of the graphs does not match');
    yield document;
  }
}

/** Pieces put together. */
export function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Method 3: the raw bytes of the member are the code of a data set of graphs. */
export const shuffleMethod: Method = {
  id: 3,
  name: 'shuffle',
  revision: 0,
  kind: 2,
  describe(bytes): Record<string, number> {
    try {
      const { graphs, vertices, edges, size, model, form, rounds } = parseShuffle(bytes);
      const numbers = { model: GRAPH_MODELS.indexOf(model), form: GRAPH_FORMS.indexOf(form) };
      return { graphs, vertices, edges, size, ...numbers, rounds };
    } catch {
      return {};
    }
  },
  open(bytes): Model {
    const parameters = parseShuffle(bytes);
    return {
      method: shuffleMethod,
      parameters: bytes,
      memory: shuffleMemory(parameters),
      encoder: () => undefined,
      decoder: () => undefined,
      expansion: () => new ShuffleExpansion(parameters),
    };
  },
};
