/**
 * A data set of graphs on one stack: the names and frequencies of its labels and sizes, then each graph with its size,
 * then the labels of the graphs themselves. docs/format.md describes it.
 */
import type { Codec } from '../codecs/codec.ts';
import { naturals } from '../codecs/integers.ts';
import { log2 } from '../codecs/log2.ts';
import { BitStack, MAX_TOTAL, randomWords } from '../codecs/stack.ts';
import { text } from '../codecs/text.ts';
import { SurprisalError } from '../errors.ts';
import { Fenwick } from '../structures/fenwick.ts';
import { Graph } from '../structures/graph.ts';
import { autoregressivePolya, erdosRenyi, named } from '../structures/graph-models.ts';
import { type GraphModel, type GraphShape, possibleEdges } from '../structures/graph-shape.ts';
import { polyaUrn } from '../structures/random-edges.ts';
import { shuffled, shuffledByColours } from '../structures/shuffle.ts';
import { shuffledExactly } from '../structures/shuffle-joint.ts';
import { areNumbers, effortFor, type GraphSet, type LabelNames } from './graph-set.ts';

/** Models of graphs, by their numbers in the header: Erdős–Rényi, Pólya's urn, autoregressive Pólya. */
export const GRAPH_MODELS = ['er', 'polya', 'ap'] as const;
/** A model of graphs. */
export type GraphModelName = (typeof GRAPH_MODELS)[number];
/** How names of vertices are forgotten, by numbers in the header; `ordered` keeps them. */
export const GRAPH_FORMS = ['ordered', 'joint', 'incomplete', 'autoregressive'] as const;
/** A form of shuffle coding. */
export type GraphForm = (typeof GRAPH_FORMS)[number];

/** What decides how a data set is coded: what the parameters in the header say. */
export interface GraphCoding {
  readonly directed: boolean;
  readonly loops: boolean;
  readonly vertexLabels: boolean;
  readonly edgeLabels: boolean;
  readonly graphLabels: boolean;
  readonly graphs: number;
  /** Of all graphs together. */
  readonly vertices: number;
  /** Of all graphs together. */
  readonly edges: number;
  readonly model: GraphModelName;
  readonly form: GraphForm;
  /** Rounds of colour refinement, of the forms that have such. */
  readonly rounds: number;
  /** Of the last graph, in the autoregressive form: vertices that go first without being chosen at random. */
  readonly hubs: number;
}

/** Bits of the stream by what they are for. */
export interface GraphBits {
  /** Names and frequencies of labels and sizes. */
  readonly parameters: number;
  /** Which graph has which size. */
  readonly sizes: number;
  /** The graphs, with labels of vertices and edges. */
  readonly graphs: number;
  /** Labels of the graphs. */
  readonly graphLabels: number;
  /** What the stack starts with. */
  readonly initial: number;
  /** All of the stack, in whole words. */
  readonly stream: number;
}

const damaged = (what: string): SurprisalError => new SurprisalError('corrupt', `The archive is damaged: ${what}.`);

/** Polya's urn takes time in proportion to squares of degrees: more than this is not coded, and not decoded. */
export const MAX_POLYA_WORK = 2 ** 29;
const MAX_NAME = 2 ** 16;
const MAX_LABELS = 2 ** 20;
const SEED = 1;

/** The codec of graphs of a size. */
export function graphCodec(
  coding: Pick<GraphCoding, 'model' | 'form' | 'rounds'>,
  shape: GraphShape & { readonly edges: number | undefined },
  hubs = 0,
): Codec<Graph> {
  const { model, form, rounds } = coding;
  const { edges, ...rest } = shape;
  if (shape.vertices === 0) return emptyGraph(shape.directed === true, rest);
  if (model === 'polya') {
    const urn = polyaUrn({ ...rest, edges: edges! });
    if (form === 'ordered') return urn;
    return form === 'joint'
      ? shuffledExactly(urn, { effort: effortFor(shape.vertices, edges!) })
      : shuffledByColours(urn, rounds);
  }
  const slices: GraphModel = model === 'er' ? erdosRenyi({ ...rest, edges: edges! }) : autoregressivePolya(rest);
  if (form === 'ordered') return named(slices);
  if (form === 'autoregressive') return shuffled(slices, { rounds, hubs });
  // What a search may take must be known to the decoder before the edges are, where the model does not tell them.
  if (form === 'joint')
    return shuffledExactly(named(slices), { effort: effortFor(shape.vertices, edges ?? 4 * shape.vertices) });
  return shuffledByColours(named(slices), rounds);
}

/** The one graph without vertices. */
function emptyGraph(directed: boolean, { vertexLabels, edgeLabels }: GraphShape): Codec<Graph> {
  const none = new Uint32Array(0);
  const parts = { vertices: 0, directed, sources: none, targets: none };
  const labels = { vertexLabels: vertexLabels && none, edgeLabels: edgeLabels && none };
  return { push() {}, pop: () => new Graph({ ...parts, ...labels }), bits: () => 0 };
}

/** Numbers that are like one another: how many bits each has learns from those before. */
export function pushNumbers(stack: BitStack, values: readonly number[]): void {
  const lengths = new Lengths();
  const steps = values.map((value) => {
    const length = 32 - Math.clz32(value + 1);
    const step = [lengths.below(length), lengths.counts[length], lengths.total];
    lengths.learn(length);
    return { step, length, rest: value + 1 - 2 ** (length - 1) };
  });
  for (const { step, length, rest } of steps.reverse()) {
    if (length > 1) pushBits(stack, rest, length - 1);
    stack.pushInterval(step[0], step[1], step[2]);
  }
}

/** Undoes {@link pushNumbers}. */
export function popNumbers(stack: BitStack, count: number): number[] {
  const lengths = new Lengths();
  const values: number[] = [];
  for (let i = 0; i < count; i++) {
    const slot = stack.peek(lengths.total);
    let length = 1;
    while (lengths.below(length + 1) <= slot) length++;
    stack.take(lengths.below(length), lengths.counts[length], lengths.total);
    lengths.learn(length);
    values.push(length > 1 ? popBits(stack, length - 1) + 2 ** (length - 1) - 1 : 0);
  }
  return values;
}

function pushBits(stack: BitStack, value: number, count: number): void {
  if (count > 16) {
    stack.pushUniform(value % 65536, 65536);
    stack.pushUniform(Math.floor(value / 65536), 2 ** (count - 16));
  } else stack.pushUniform(value, 2 ** count);
}

function popBits(stack: BitStack, count: number): number {
  if (count <= 16) return stack.popUniform(2 ** count);
  const high = stack.popUniform(2 ** (count - 16));
  return high * 65536 + stack.popUniform(65536);
}

/** How often numbers of 1 to 31 bits have come: long ones are thought rare at first. */
class Lengths {
  readonly counts = Uint32Array.from({ length: 32 }, (_, i) => (i === 0 ? 0 : i < 8 ? 4 : 1));
  total = 52;

  below(length: number): number {
    let sum = 0;
    for (let i = 1; i < length; i++) sum += this.counts[i];
    return sum;
  }

  learn(length: number): void {
    // Halved before the total could pass what intervals may have.
    if (this.total > MAX_TOTAL - 64) {
      this.total = 0;
      for (let i = 1; i < 32; i++) this.total += this.counts[i] = (this.counts[i] + 1) >>> 1;
    }
    this.counts[length] += 12;
    this.total += 12;
  }
}

const signed = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
const unsigned = (value: number): number => (value % 2 === 1 ? -(value + 1) / 2 : value / 2);

/** Differences of ascending numbers, the first from 0, less one. */
function gaps(values: readonly number[]): number[] {
  return values.map((value, i) => value - (i === 0 ? 0 : values[i - 1] + 1));
}

/** Names of labels, and how often each occurs. */
interface Frequencies extends LabelNames {
  readonly counts: readonly number[];
}

const nameText = text({ maxLength: MAX_NAME });
const labelCount = naturals({ max: MAX_LABELS });

function pushLabels(stack: BitStack, { names, attribute, counts }: Frequencies): void {
  if (names.length > MAX_LABELS) throw new SurprisalError('limit', `more than ${MAX_LABELS} different labels`);
  pushNumbers(stack, counts);
  const numbers = areNumbers(names) && names.every((name) => Math.abs(Number(name)) < 2 ** 29);
  if (numbers) {
    pushNumbers(stack, names.length > 1 ? gaps(names.map(Number)).slice(1) : []);
    if (names.length > 0) pushNumbers(stack, [signed(Number(names[0]))]);
  } else for (let i = names.length - 1; i >= 0; i--) nameText.push(stack, names[i]);
  stack.pushUniform(numbers ? 1 : 0, 2);
  labelCount.push(stack, names.length);
  const usual = attribute === 'label';
  if (!usual) nameText.push(stack, attribute);
  stack.pushUniform(usual ? 1 : 0, 2);
}

function popLabels(stack: BitStack): Frequencies {
  const attribute = stack.popUniform(2) === 1 ? 'label' : nameText.pop(stack);
  const count = labelCount.pop(stack);
  const names: string[] = [];
  if (stack.popUniform(2) === 1) {
    if (count > 0) {
      let value = unsigned(popNumbers(stack, 1)[0]);
      names.push(String(value));
      for (const gap of popNumbers(stack, count - 1)) {
        value += gap + 1;
        names.push(String(value));
      }
    }
  } else for (let i = 0; i < count; i++) names.push(nameText.pop(stack));
  if (new Set(names).size !== count || !names.every((name) => /^[^\p{Cc}\p{Surrogate}]*$/u.test(name)))
    throw damaged('labels whose names are none');
  return { attribute, names, counts: popNumbers(stack, count) };
}

/** Labels that come as often as they are said to: the exact frequencies, or near ones where 2^24 are too few. */
function labelCodec({ counts }: Frequencies): Codec<number> {
  let total = counts.reduce((sum, count) => sum + count, 0);
  let used = counts;
  if (total > MAX_TOTAL) {
    const scale = (MAX_TOTAL - counts.length) / total;
    used = counts.map((count) => (count === 0 ? 0 : Math.max(1, Math.floor(count * scale))));
    total = used.reduce((sum, count) => sum + count, 0);
  }
  const fenwick = new Fenwick(used.length, used);
  return {
    push(stack, label) {
      if (!(used[label] > 0)) throw new SurprisalError('impossible-symbol', `no label ${label} is there`);
      fenwick.push(stack, label);
    },
    pop(stack) {
      if (total === 0) throw damaged('labels where there are none');
      return fenwick.pop(stack);
    },
    bits: (label) => log2(total) - log2(used[label]),
  };
}

/** Sizes of graphs that occur, and how often each does. Edges only where the model asks for them. */
interface Sizes {
  readonly vertices: number[];
  readonly edges: (number | undefined)[];
  readonly counts: number[];
}

function sizesOf(graphs: readonly Graph[], withEdges: boolean): { sizes: Sizes; of: Uint32Array } {
  const key = (graph: Graph): number => graph.vertices * 2 ** 26 * 2 + (withEdges ? graph.edges : 0);
  const keys = Float64Array.from(new Set(graphs.map(key))).sort();
  const places = new Map(Array.from(keys, (each, i) => [each, i]));
  const sizes: Sizes = { vertices: [], edges: [], counts: Array.from(keys, () => 0) };
  for (const each of keys) {
    sizes.vertices.push(Math.floor(each / 2 ** 27));
    sizes.edges.push(withEdges ? each % 2 ** 27 : undefined);
  }
  const of = Uint32Array.from(graphs, (graph) => places.get(key(graph))!);
  for (const place of of) sizes.counts[place]++;
  return { sizes, of };
}

function pushSizes(stack: BitStack, { vertices, edges, counts }: Sizes, graphs: number): void {
  // For every number of vertices the different numbers of edges: how many, the first, the gaps between the others.
  const distinct: number[] = [];
  const kinds: number[] = [];
  const firsts: number[] = [];
  const others: number[] = [];
  for (let i = 0; i < vertices.length; i++) {
    const again = i > 0 && vertices[i] === vertices[i - 1];
    if (!again) {
      distinct.push(vertices[i]);
      kinds.push(0);
      if (edges[i] !== undefined) firsts.push(signed(edges[i]! - vertices[i]));
    } else {
      kinds[kinds.length - 1]++;
      others.push(edges[i]! - edges[i - 1]! - 1);
    }
  }
  pushNumbers(stack, graphs > 1 ? counts.map((count) => count - 1) : []);
  if (edges[0] !== undefined) {
    pushNumbers(stack, others);
    pushNumbers(stack, firsts);
    if (graphs > 1) pushNumbers(stack, kinds);
  }
  pushNumbers(stack, gaps(distinct));
  naturals({ max: graphs }).push(stack, distinct.length);
}

function popSizes(stack: BitStack, coding: GraphCoding): Sizes {
  const { graphs, vertices: all, edges: allEdges } = coding;
  const withEdges = coding.model !== 'ap';
  const count = naturals({ max: graphs }).pop(stack);
  let last = -1;
  const distinct = popNumbers(stack, count).map((gap) => (last += gap + 1));
  const kinds = withEdges && graphs > 1 ? popNumbers(stack, count) : distinct.map(() => 0);
  const pairs = kinds.reduce((sum, kind) => sum + kind, count);
  if (pairs > graphs) throw damaged('more sizes than graphs');
  const firsts = withEdges ? popNumbers(stack, count) : [];
  const others = withEdges ? popNumbers(stack, pairs - count) : [];
  const sizes: Sizes = { vertices: [], edges: [], counts: [] };
  let next = 0;
  for (let i = 0; i < count; i++) {
    let edges = withEdges ? unsigned(firsts[i]) + distinct[i] : undefined;
    for (let j = 0; j <= kinds[i]; j++) {
      if (j > 0) edges = edges! + others[next++] + 1;
      sizes.vertices.push(distinct[i]);
      sizes.edges.push(edges);
    }
  }
  sizes.counts.push(...(graphs > 1 ? popNumbers(stack, pairs).map((n) => n + 1) : [1]));
  let [total, vertices, edges, work, search] = [0, 0, 0, 0, 0];
  for (let i = 0; i < pairs; i++) {
    const shape = { vertices: sizes.vertices[i], directed: coding.directed, loops: coding.loops };
    const own = sizes.edges[i] ?? 0;
    if (shape.vertices > all || !(own >= 0 && own <= possibleEdges(shape))) throw damaged('a size that no graph has');
    total += sizes.counts[i];
    vertices += sizes.counts[i] * shape.vertices;
    edges += sizes.counts[i] * own;
    work += sizes.counts[i] * own * own;
    search += sizes.counts[i] * shape.vertices * shape.vertices;
  }
  if (total !== graphs || vertices !== all || (withEdges && edges !== allEdges))
    throw damaged('sizes of graphs that are not those of the header');
  if (coding.model === 'polya') checkPolyaWork(work);
  if (coding.form === 'joint') checkJointWork(search);
  return sizes;
}

/** Searches for symmetries take time in proportion to squares of vertices, for graphs that have nothing but these. */
const MAX_JOINT_WORK = 2 ** 30;

function checkJointWork(work: number): void {
  if (work > MAX_JOINT_WORK)
    throw new SurprisalError('limit', 'The graphs are too large for the form joint: autoregressive has no such limit.');
}

function checkPolyaWork(work: number): void {
  if (work > MAX_POLYA_WORK)
    throw new SurprisalError('limit', 'The graphs are too large for the model polya: ap and er have no such limit.');
}

/** What of a coding a data set decides by itself. */
export function codingOf(set: GraphSet, choice: Pick<GraphCoding, 'model' | 'form' | 'rounds' | 'hubs'>): GraphCoding {
  const { graphs, vertexLabels, edgeLabels, graphLabels } = set;
  const sum = (of: (graph: Graph) => number): number => graphs.reduce((all, graph) => all + of(graph), 0);
  const coding: GraphCoding = {
    ...choice,
    directed: graphs[0].directed,
    loops: graphs.some(({ loops }) => loops > 0),
    vertexLabels: vertexLabels !== undefined,
    edgeLabels: edgeLabels !== undefined,
    graphLabels: graphLabels !== undefined,
    graphs: graphs.length,
    vertices: sum(({ vertices }) => vertices),
    edges: sum(({ edges }) => edges),
  };
  return coding;
}

function frequencies(labels: LabelNames, lists: Iterable<Uint32Array | undefined>): Frequencies {
  const counts = labels.names.map(() => 0);
  for (const list of lists) for (const label of list ?? []) counts[label]++;
  return { ...labels, counts };
}

/** What is popped: the data set, and the bits of its parts. */
export interface PoppedGraphs {
  readonly set: GraphSet;
  readonly bits: GraphBits;
  readonly sizes: number;
}

/**
 * Codes a data set.
 *
 * @returns The words, and how many of them the stack started with.
 * @throws SurprisalError `limit` where the model or the form does not reach that far; RangeError for too many vertices.
 */
export function pushGraphs(set: GraphSet, coding: GraphCoding): { words: Uint32Array; initial: number } {
  const { graphs } = set;
  if (coding.vertices > 2 ** 26 || coding.edges > 2 ** 26 || graphs.length > 2 ** 24)
    throw new SurprisalError('limit', 'A data set has at most 2^26 vertices and edges, and 2^24 graphs.');
  if (coding.model === 'polya') checkPolyaWork(graphs.reduce((sum, { edges }) => sum + edges * edges, 0));
  if (coding.form === 'joint') checkJointWork(graphs.reduce((sum, { vertices }) => sum + vertices * vertices, 0));
  // What is popped before it is pushed tells how many words are needed, so a first run on plenty of them counts.
  let plenty = 64;
  let bits = 0;
  for (let i = 2; i <= graphs[graphs.length - 1].vertices; i++) bits += log2(i);
  plenty += Math.ceil(bits / 32);
  for (;;) {
    const stack = new CountingStack({ initial: randomWords(plenty, SEED) });
    try {
      pushAll(set, coding, stack);
    } catch (error) {
      if ((error as { code?: string }).code !== 'out-of-data') throw error;
      plenty *= 2;
      continue;
    }
    // Other words below take a little more or less.
    let initial = Math.max(0, plenty - stack.least);
    for (let more = 1; ; more *= 2) {
      try {
        const real = new BitStack({ initial: randomWords(initial, SEED) });
        pushAll(set, coding, real);
        return { words: real.getCompressed(), initial };
      } catch (error) {
        if ((error as { code?: string }).code !== 'out-of-data') throw error;
        initial += more;
      }
    }
  }
}

/** A stack that knows how short it has been. */
class CountingStack extends BitStack {
  least = Number.POSITIVE_INFINITY;

  override take(left: number, p: number, total: number): void {
    super.take(left, p, total);
    // Two more are the state.
    this.least = Math.min(this.least, this.numWords() - 2);
  }
}

function pushAll(set: GraphSet, coding: GraphCoding, stack: BitStack): void {
  const { graphs, vertexLabels, edgeLabels, graphLabels } = set;
  if (graphLabels !== undefined) {
    const left = new Fenwick(graphLabels.names.length);
    for (let i = graphs.length - 1; i >= 0; i--) {
      left.add(graphLabels.of[i], 1);
      left.push(stack, graphLabels.of[i]);
    }
  }
  const found = {
    vertices:
      vertexLabels &&
      frequencies(
        vertexLabels,
        graphs.map((graph) => graph.vertexLabels),
      ),
    edges:
      edgeLabels &&
      frequencies(
        edgeLabels,
        graphs.map((graph) => graph.edgeLabels),
      ),
  };
  const shape = shapeOf(coding, found.vertices, found.edges);
  const { sizes, of } = sizesOf(graphs, coding.model !== 'ap');
  const left = new Fenwick(sizes.counts.length);
  for (let i = graphs.length - 1; i >= 0; i--) {
    const size = { ...shape, vertices: graphs[i].vertices, edges: sizes.edges[of[i]] };
    graphCodec(coding, size, i === graphs.length - 1 ? coding.hubs : 0).push(stack, graphs[i]);
    left.add(of[i], 1);
    left.push(stack, of[i]);
  }
  pushSizes(stack, sizes, graphs.length);
  if (graphLabels !== undefined) pushLabels(stack, frequencies(graphLabels, [graphLabels.of]));
  if (found.edges !== undefined) pushLabels(stack, found.edges);
  if (found.vertices !== undefined) pushLabels(stack, found.vertices);
}

function shapeOf(coding: GraphCoding, vertices?: Frequencies, edges?: Frequencies): Omit<GraphShape, 'vertices'> {
  return {
    directed: coding.directed,
    loops: coding.loops,
    vertexLabels: vertices && labelCodec(vertices),
    edgeLabels: edges && labelCodec(edges),
  };
}

/**
 * Decodes a data set: yields how many vertices and edges are there now and then.
 *
 * @throws SurprisalError `corrupt`, or `limit` for more than the parameters say.
 */
export function* popGraphs(
  words: Uint32Array,
  initial: number,
  coding: GraphCoding,
): Generator<number, PoppedGraphs, void> {
  const stack = BitStack.from(words);
  let before = stack.exactBits();
  const since = (): number => {
    const [then, now] = [before, stack.exactBits()];
    before = now;
    return then - now;
  };
  const vertices = coding.vertexLabels ? popLabels(stack) : undefined;
  const edges = coding.edgeLabels ? popLabels(stack) : undefined;
  const classes = coding.graphLabels ? popLabels(stack) : undefined;
  const sizes = popSizes(stack, coding);
  const parameters = since();
  const shape = shapeOf(coding, vertices, edges);
  const left = new Fenwick(sizes.counts.length, sizes.counts);
  const graphs: Graph[] = [];
  let [sizeBits, graphBits, edgesLeft, done] = [0, 0, coding.edges, 0];
  for (let i = 0; i < coding.graphs; i++) {
    const place = left.pop(stack);
    left.add(place, -1);
    sizeBits += since();
    const size = {
      ...shape,
      vertices: sizes.vertices[place],
      edges: sizes.edges[place],
      maxEdges: sizes.edges[place] ?? edgesLeft,
    };
    const graph = graphCodec(coding, size, i === coding.graphs - 1 ? coding.hubs : 0).pop(stack);
    graphBits += since();
    edgesLeft -= graph.edges;
    graphs.push(graph);
    done += graph.vertices + graph.edges;
    yield done;
  }
  if (edgesLeft !== 0) throw damaged('fewer edges than the header says');
  const set: GraphSet = {
    graphs,
    vertexLabels: vertices && { names: vertices.names, attribute: vertices.attribute },
    edgeLabels: edges && { names: edges.names, attribute: edges.attribute },
    graphLabels: classes && popClasses(stack, classes, coding.graphs),
  };
  const graphLabels = since();
  const rest = stack.getCompressed();
  const seed = randomWords(initial, SEED);
  if (
    rest.length !== initial + 2 ||
    rest[initial] !== 0 ||
    rest[initial + 1] !== 1 ||
    seed.some((w, i) => w !== rest[i])
  )
    throw damaged('graphs that do not end where their coding began');
  const bits: GraphBits = {
    parameters,
    sizes: sizeBits,
    graphs: graphBits,
    graphLabels,
    initial: 32 * initial,
    stream: 32 * words.length,
  };
  return { set, bits, sizes: sizes.counts.length };
}

function popClasses(stack: BitStack, classes: Frequencies, count: number): GraphSet['graphLabels'] {
  if (classes.counts.reduce((sum, one) => sum + one, 0) !== count) throw damaged('labels of more graphs, or of fewer');
  const left = new Fenwick(classes.counts.length, classes.counts);
  const of = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    of[i] = left.pop(stack);
    left.add(of[i], -1);
  }
  return { names: classes.names, attribute: classes.attribute, of };
}

/** Bits that the graphs would take with the names of their vertices, under the same model. */
export function orderedBits(set: GraphSet, coding: GraphCoding): number {
  // Orders of edges are popped before the edges are pushed.
  const stack = new BitStack({ initial: randomWords(16 + coding.edges, SEED) });
  const before = stack.exactBits();
  const { vertexLabels, edgeLabels, graphs } = set;
  const shape = shapeOf(
    coding,
    vertexLabels &&
      frequencies(
        vertexLabels,
        graphs.map((graph) => graph.vertexLabels),
      ),
    edgeLabels &&
      frequencies(
        edgeLabels,
        graphs.map((graph) => graph.edgeLabels),
      ),
  );
  const ordered = { ...coding, form: 'ordered' as const };
  for (const graph of graphs)
    graphCodec(ordered, { ...shape, vertices: graph.vertices, edges: graph.edges }).push(stack, graph);
  return stack.exactBits() - before;
}
