/**
 * Content kind `graphs`: data sets of graphs whose vertices have no names and no order. What comes back is isomorphic,
 * graph by graph, with all labels; the graphs keep their order.
 */
import { crc32c, startSha256 } from '../container/checksums.ts';
import { ContainerReader } from '../container/reader.ts';
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { checkSha256 } from './file.ts';
import {
  codingOf,
  GRAPH_FORMS,
  GRAPH_MODELS,
  type GraphBits,
  type GraphForm,
  type GraphModelName,
  orderedBits,
  pushGraphs,
} from './graph-code.ts';
import { type Comparison, checkGraphSet, compareGraphSets, type GraphSet } from './graph-set.ts';
import { writeGraphMl } from './graphml-write.ts';
import {
  joined,
  parseShuffle,
  popPayload,
  type ShuffleParameters,
  shuffleBytes,
  shuffleMemory,
  shuffleMethod,
  shufflePayload,
} from './graphs-method.ts';
import { addMethod, checkMemory, KIND_GRAPHS, modelOf } from './methods.ts';
import {
  checkDecodeOptions,
  checkEncodeOptions,
  checkedBytes,
  DEFAULT_MAX_BUFFER,
  DEFAULT_MAX_MEMORY,
  type DecompressOptions,
  type Progress,
} from './options.ts';
import { storedArchive } from './stored.ts';

export type { GraphBits, GraphForm, GraphModelName } from './graph-code.ts';
export { type Comparison, compareGraphSets, type GraphSet, type LabelNames } from './graph-set.ts';

/** Options of {@link compressGraphs}. */
export interface GraphsOptions {
  /** `er`, `polya` or `ap`. Default: the smallest of those tried. */
  readonly model?: GraphModelName;
  /** Keeps the names of the vertices, as numbers. Default false. */
  readonly ordered?: boolean;
  /** How names are forgotten. Default: the smallest of those tried. */
  readonly form?: Exclude<GraphForm, 'ordered'>;
  /** Rounds of colour refinement, 0 to 16. Default 4. */
  readonly rounds?: number;
  /** As in `compress`. */
  readonly maxMemory?: number;
  /** A file name to keep. */
  readonly name?: string;
  /** Time of last change to keep, in whole milliseconds since 1970 (UTC). */
  readonly mtime?: number;
  /** Stops the job between graphs: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called before each model that is tried; counts tries, not bytes. */
  readonly progress?: (progress: Progress) => void;
}

/** What is known of an archive of graphs. */
export interface GraphsInfo {
  readonly graphs: number;
  readonly vertices: number;
  readonly edges: number;
  readonly directed: boolean;
  readonly loops: boolean;
  /** Different labels of vertices; undefined where there are none. */
  readonly vertexLabels: number | undefined;
  /** Different labels of edges; undefined where there are none. */
  readonly edgeLabels: number | undefined;
  /** Different labels of graphs; undefined where there are none. */
  readonly graphLabels: number | undefined;
  /** Different sizes of graphs. */
  readonly sizes: number;
  readonly model: GraphModelName;
  readonly form: GraphForm;
  /** Bits of the stream by what they are for. */
  readonly bits: GraphBits;
  /** Bits that the graphs would take with names of vertices, under the same model. */
  readonly orderedBits: number;
}

/** What {@link compressGraphs} has found. */
export interface CompressedGraphs extends GraphsInfo {
  readonly archive: Uint8Array;
  /** How it was verified that the decoded graphs are isomorphic. */
  readonly verified: Comparison;
  /** Words of the streams that were tried, in bits, by `model form`. */
  readonly tried: Readonly<Record<string, number>>;
}

/**
 * Teaches `decompress`, `list`, `test` and the workers of this thread to open archives of graphs, as GraphML. They do
 * not know it from the start, as the code of graphs is larger than all of theirs.
 */
export function openGraphs(): void {
  addMethod(shuffleMethod);
}

interface Choice {
  readonly model: GraphModelName;
  readonly form: GraphForm;
}

/** Edges up to which exact symmetries are looked for unasked, and up to which all models are. */
const EXACT_EDGES = 2 ** 17;
const MANY_EDGES = 2 ** 19;
const MAX_EXACT_VERTICES = 2 ** 10;

/** Models and forms to try. */
function choices(set: GraphSet, { model, form, ordered = false }: GraphsOptions): Choice[] {
  const { graphs } = set;
  const loops = graphs.some((graph) => graph.loops > 0);
  const edges = graphs.reduce((sum, graph) => sum + graph.edges, 0);
  const { directed } = graphs[0];
  const all: GraphModelName[] = directed ? ['er'] : edges > MANY_EDGES ? ['ap'] : ['er', 'ap'];
  // Names must be paid for before they are got back: only many graphs on one stack make that worth while.
  const exact =
    graphs.length >= 16 && edges <= EXACT_EDGES && graphs.every(({ vertices }) => vertices <= MAX_EXACT_VERTICES);
  if (!directed && !loops && exact) all.push('polya');
  const found: Choice[] = [];
  for (const each of model === undefined ? all : [model]) {
    const forms: GraphForm[] = ordered
      ? ['ordered']
      : form !== undefined
        ? [form]
        : each === 'polya'
          ? [exact ? 'joint' : 'incomplete']
          : !exact
            ? ['autoregressive']
            : each === 'er'
              ? ['joint', 'autoregressive']
              : ['joint'];
    found.push(...forms.map((one) => ({ model: each, form: one })));
  }
  return found;
}

function checkOptions(set: GraphSet, options: GraphsOptions): number {
  if (typeof options !== 'object' || options === null) throw typeError('options are an object');
  const { model, form, ordered = false, rounds = 4, name, mtime, maxMemory, signal, progress } = options;
  checkEncodeOptions({ name, mtime, maxMemory, signal, progress });
  if (model !== undefined && !GRAPH_MODELS.includes(model))
    throw rangeError(`the model is er, polya or ap, not '${model}'`);
  if (form !== undefined && !(GRAPH_FORMS.includes(form) && (form as string) !== 'ordered'))
    throw rangeError(`the form is joint, incomplete or autoregressive, not '${form}'`);
  if (typeof ordered !== 'boolean') throw typeError(`ordered is true or false, not ${typeof ordered}`);
  if (ordered && form !== undefined) throw rangeError('ordered graphs keep their names: no form forgets them');
  if (model === 'polya' && form === 'autoregressive')
    throw rangeError('the model polya has no autoregressive form: take joint or incomplete, or the model ap');
  if (!(Number.isInteger(rounds) && rounds >= 0 && rounds <= 16))
    throw rangeError(`rounds is a whole number from 0 to 16, not ${rounds}`);
  checkGraphSet(set);
  if (set.graphs[0].directed && model !== undefined && model !== 'er')
    throw rangeError(`the model ${model} is of undirected graphs: take er for directed ones`);
  if (model === 'polya' && set.graphs.some(({ loops }) => loops > 0))
    throw rangeError('the model polya is of graphs without loops: take er or ap');
  return rounds;
}

/**
 * Compresses a data set of graphs without the names of their vertices: what comes back is isomorphic, graph by graph,
 * which is verified before this returns.
 *
 * @throws TypeError or RangeError with a `code` on wrong options or a set whose parts do not agree; SurprisalError
 *   `limit` where the model or form asked for does not reach that far, or for more than `maxMemory`.
 * @example
 * ```ts
 * const { archive, bits } = await compressGraphs({ graphs: [Graph.fromEdges(4, [[0, 1], [1, 2], [2, 3]])] });
 * const { set } = await decompressGraphs(archive); // a path of 4 vertices, whatever they are called
 * ```
 */
export async function compressGraphs(set: GraphSet, options: GraphsOptions = {}): Promise<CompressedGraphs> {
  const rounds = checkOptions(set, options);
  const { signal, progress, maxMemory = DEFAULT_MAX_MEMORY } = options;
  const tried: Record<string, number> = {};
  let best: { words: Uint32Array; initial: number; coding: ReturnType<typeof codingOf> } | undefined;
  const asked = choices(set, options);
  // Each try counts as one, so do decoding and comparing.
  const total = asked.length * (set.graphs.length === 1 ? 4 : 1) + 1;
  let done = 0;
  for (const choice of asked) {
    // The first vertices of a single graph cost initial words, unless some with many edges go before them.
    const single = set.graphs.length === 1 && choice.form === 'autoregressive';
    const { vertices, edges } = set.graphs[0];
    const many = Math.min(65536, vertices >>> 6);
    const hubs = !single ? [0] : edges > EXACT_EDGES ? [many] : [0, 2, 8, many];
    for (const count of hubs) {
      await pause(signal);
      progress?.({ done: done++, total });
      const coding = codingOf(set, { ...choice, rounds, hubs: Math.min(count, vertices) });
      try {
        const found = pushGraphs(set, coding);
        const title = `${choice.model} ${choice.form}`;
        tried[title] = Math.min(tried[title] ?? Number.POSITIVE_INFINITY, 32 * found.words.length);
        if (best === undefined || found.words.length < best.words.length) best = { ...found, coding };
      } catch (error) {
        // A form that does not reach that far is no fault where others were tried.
        if ((error as { code?: string }).code !== 'limit' || asked.length === 1) throw error;
      }
    }
  }
  if (best === undefined) throw new SurprisalError('limit', 'No model and form tried reaches that far: name one.');
  await pause(signal);
  progress?.({ done: total - 1, total });
  const { words, initial, coding } = best;
  // The archive states size and checksum of what it decodes to, so it is decoded here in any case.
  const payload = shufflePayload(0, initial, words);
  const decoded = await finished(popPayload(payload, { ...coding, size: 0 }), signal);
  const verified = compareGraphSets(set, decoded.set);
  if (!verified.same)
    throw new SurprisalError('corrupt', 'The graphs decoded are not those that went in: please report it with them.');
  const document = writeGraphMl(decoded.set);
  const parameters: ShuffleParameters = { ...coding, size: document.length };
  checkMemory(shuffleMemory(parameters), maxMemory);
  const archive = archiveOf(parameters, shufflePayload(crc32c(document), initial, words), options);
  return { ...infoOf(parameters, decoded), archive, verified, tried };
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  signal?.throwIfAborted();
}

/** Runs a decoder to its end, letting others run now and then. */
async function finished<T>(work: Generator<number, T, void>, signal: AbortSignal | undefined): Promise<T> {
  let next = performance.now() + 40;
  for (let step = work.next(); ; step = work.next()) {
    if (step.done) return step.value;
    if (performance.now() < next) continue;
    await pause(signal);
    next = performance.now() + 40;
  }
}

function infoOf(
  parameters: ShuffleParameters,
  { set, bits, sizes }: { readonly set: GraphSet; readonly bits: GraphBits; readonly sizes: number },
): GraphsInfo {
  const { graphs, vertices, edges, directed, loops, model, form } = parameters;
  return {
    graphs,
    vertices,
    edges,
    directed,
    loops,
    vertexLabels: set.vertexLabels?.names.length,
    edgeLabels: set.edgeLabels?.names.length,
    graphLabels: set.graphLabels?.names.length,
    sizes,
    model,
    form,
    bits,
    orderedBits: orderedBits(set, parameters),
  };
}

function archiveOf(parameters: ShuffleParameters, payload: Uint8Array, { name, mtime }: GraphsOptions): Uint8Array {
  const { id: method, revision } = shuffleMethod;
  return storedArchive(
    {
      kind: KIND_GRAPHS,
      method,
      revision,
      parameters: shuffleBytes(parameters),
      memory: shuffleMemory(parameters),
      name,
      mtime,
    },
    payload,
  );
}

/** What {@link decompressGraphs} gives. */
export interface DecompressedGraphs extends GraphsInfo {
  readonly set: GraphSet;
}

/**
 * Decompresses an archive of graphs: each isomorphic to the one that went in, its vertices in some order.
 * `decompress` of the entry `surprisal` gives a GraphML document of the same graphs.
 *
 * @param options - `maxOutputSize` bounds the bytes of that document.
 * @throws as `decompress` of the entry `surprisal`; SurprisalError `unsupported` for an archive of something else.
 */
export async function decompressGraphs(
  archive: Uint8Array,
  options: DecompressOptions = {},
): Promise<DecompressedGraphs> {
  const bytes = checkedBytes('the archive', archive);
  checkDecodeOptions(options);
  const { maxMemory = DEFAULT_MAX_MEMORY, maxOutputSize = DEFAULT_MAX_BUFFER, signal } = options;
  const reader = new ContainerReader();
  const pieces: Uint8Array[] = [];
  const hash = startSha256();
  let parameters: ShuffleParameters | undefined;
  for (const event of reader.push(bytes)) {
    if (event.type === 'header') {
      if (parameters !== undefined)
        throw new SurprisalError('unsupported', 'Several archives of graphs in one file: split them first.');
      const { header } = event.header;
      if (header.kind !== KIND_GRAPHS)
        throw new SurprisalError('unsupported', 'The archive holds no graphs: decompress it as a file.');
      openGraphs();
      modelOf(header, maxMemory);
      parameters = parseShuffle(header.parameters);
      if (parameters.size > maxOutputSize)
        throw new SurprisalError(
          'limit',
          `The archive holds graphs of ${parameters.size} bytes as GraphML, more than the limit of ${maxOutputSize}. Raise maxOutputSize to go on.`,
        );
    } else if (event.type === 'block') {
      if (!event.head.stored) throw new SurprisalError('corrupt', 'The archive is damaged: graphs in a coded block.');
      hash.update(event.payload);
      pieces.push(event.payload.slice());
    } else if (event.type === 'end') checkSha256(hash, event.sha256, event.offset);
  }
  reader.end();
  const payload = joined(
    pieces,
    pieces.reduce((sum, piece) => sum + piece.length, 0),
  );
  const decoded = await finished(popPayload(payload, parameters!), signal);
  const document = writeGraphMl(decoded.set);
  if (document.length !== parameters!.size || crc32c(document) !== decoded.crc)
    throw new SurprisalError('corrupt', 'The archive is damaged: the checksum of the graphs does not match.');
  return { ...infoOf(parameters!, decoded), set: decoded.set };
}
