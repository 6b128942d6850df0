/**
 * Shuffle coding: graphs whose vertices have no names, from models of graphs whose vertices have some. The names are the
 * latent variable: choosing them takes off the stack nearly all of the log2(n!) bits that they cost. Kunze, Severo,
 * Zani, van de Meent, Townsend, "Entropy coding of unordered data structures", ICLR 2024 (arXiv:2408.08837), and Kunze,
 * Severo, van de Meent, Townsend, "Practical shuffle coding", NeurIPS 2024.
 */
import { type Codec, codec } from '../codecs/codec.ts';
import type { BitStack } from '../codecs/stack.ts';
import { rangeError, SurprisalError } from '../errors.ts';
import { Fenwick } from './fenwick.ts';
import type { Graph } from './graph.ts';
import { checkIsGraph, GrowingGraph, SlicePusher } from './graph-models.ts';
import type { GraphModel } from './graph-shape.ts';
import { coloursOf, mix, refine } from './refinement.ts';

/** How names are forgotten. */
export interface ShuffleOptions {
  /** How many rounds of colour refinement tell vertices apart. Default 4. */
  readonly rounds?: number;
  /**
   * How often colours are made anew, and a few times more at the start: the more often, the fewer bits. Default: at
   * every vertex up to 1,024 vertices, above that 2^20 / vertices times, at least 16.
   */
  readonly chunks?: number;
  /**
   * How many vertices go first without being chosen at random: those with the most edges. Each loses log2(n) bits or so,
   * but the stack has its edges from then on, so fewer initial words are needed: what counts for a single graph, not
   * for many on one stack. With 'best' a push tries six numbers up to 2.5 sqrt(n), and codes which of them it took; that
   * takes it seven times as long. Default 0.
   */
  readonly hubs?: number | 'best';
}

/**
 * Graphs without names of vertices, the autoregressive form: vertices are taken off one by one, each chosen at random
 * among all with its colour counting as one, and then its edges to those taken off before are pushed. A graph that is
 * popped is isomorphic to the one that was pushed. Needs few initial words, and time linear in edges and chunks.
 *
 * Colours may fail to tell vertices apart that no automorphism exchanges: that costs bits, never correctness.
 *
 * @example
 * const stack = new BitStack({ initial: randomWords(8, 1) });
 * const codec = shuffled(autoregressivePolya({ vertices: graph.vertices }));
 * codec.push(stack, graph);
 * codec.pop(stack); // isomorphic to graph
 */
export function shuffled(model: GraphModel, options: ShuffleOptions = {}): Codec<Graph> {
  const { vertices } = model.shape;
  const { hubs = 0, chunks } = options;
  const rounds = checkRounds(options.rounds);
  if (hubs === 'best') {
    const root = Math.sqrt(vertices);
    return bestOf([0, 0.25, 0.5, 1, 1.5, 2.5].map((part) => fromHubs(model, Math.ceil(part * root), rounds, chunks)));
  }
  if (!(Number.isInteger(hubs) && hubs >= 0))
    throw rangeError(`a number of hubs is a whole number from 0, not ${hubs}`);
  return fromHubs(model, hubs, rounds, chunks);
}

function fromHubs(model: GraphModel, hubs: number, rounds: number, chunks: number | undefined): Codec<Graph> {
  const { shape } = model;
  const first = Math.max(0, shape.vertices - hubs);
  const bounds = chunkBounds(first, chunks);
  return codec<Graph>({
    push(stack, graph) {
      model.check(graph);
      const pusher = new SlicePusher(graph, shape, model.slices('push'));
      const live = new LiveEdges(graph);
      hubsOf(graph, shape.vertices - first).forEach((v, i) => {
        pusher.push(stack, v, shape.vertices - 1 - i);
      });
      for (let i = bounds.length - 1; i > 0; i--) {
        live.drop(pusher.places);
        const taken = chooseNames(stack, graph, live, pusher.places, bounds[i], bounds[i - 1], rounds);
        for (let at = 0; at < taken.length; at++) pusher.push(stack, taken[at], bounds[i] - 1 - at);
      }
    },
    pop(stack) {
      const growing = new GrowingGraph(shape, model.slices('pop'));
      for (let i = 1; i < bounds.length; i++) {
        while (growing.known < bounds[i]) growing.pop(stack);
        returnNames(stack, growing, shape.vertices, shape.directed === true, bounds[i - 1], rounds);
      }
      while (growing.known < shape.vertices) growing.pop(stack);
      return growing.graph();
    },
    bits(graph) {
      model.check(graph);
      return undefined;
    },
  });
}

/** Whichever of these codecs makes the stack shortest, with which one it was. */
function bestOf(codecs: readonly Codec<Graph>[]): Codec<Graph> {
  return codec<Graph>({
    push(stack, graph) {
      let best = -1;
      let least = 0;
      let failure: unknown;
      for (let i = 0; i < codecs.length; i++) {
        const copy = stack.clone();
        try {
          codecs[i].push(copy, graph);
        } catch (error) {
          // One that needs more initial words than there are is not the best; what else is wrong is wrong for all.
          if (!(error instanceof SurprisalError && error.code === 'out-of-data')) throw error;
          failure = error;
          continue;
        }
        if (best < 0 || copy.exactBits() < least) {
          best = i;
          least = copy.exactBits();
        }
      }
      if (best < 0) throw failure;
      codecs[best].push(stack, graph);
      stack.pushUniform(best, codecs.length);
    },
    pop: (stack) => codecs[stack.popUniform(codecs.length)].pop(stack),
    bits: (graph) => codecs[0].bits(graph),
  });
}

/**
 * Graphs without names of vertices, the incomplete form: all names are chosen at once, vertices of one colour counting
 * as one, and the graph is pushed with them by any codec of graphs with names. Simple and fast, but it needs up to
 * log2(n!) initial bits, and colours tell less apart than {@link shuffled} does.
 *
 * @param inner - The codec of graphs with names, such as {@link named} or {@link polyaUrn} make.
 * @param rounds - How many rounds of colour refinement tell vertices apart. Default 4.
 */
export function shuffledByColours(inner: Codec<Graph>, rounds = 4): Codec<Graph> {
  checkRounds(rounds);
  return codec<Graph>({
    push(stack, graph) {
      checkIsGraph(graph);
      const { classes, counts } = classesOf(coloursOf(graph, rounds));
      const members = new Members(classes, counts);
      const names = new Uint32Array(graph.vertices);
      for (let name = graph.vertices - 1; name >= 0; name--) names[members.pop(stack)] = name;
      inner.push(stack, graph.renamed(names));
    },
    pop(stack) {
      const graph = inner.pop(stack);
      const { classes, counts } = classesOf(coloursOf(graph, rounds));
      const left = new Fenwick(counts.length);
      for (let name = 0; name < graph.vertices; name++) {
        left.add(classes[name], 1);
        left.push(stack, classes[name]);
      }
      return graph;
    },
    bits: () => undefined,
  });
}

function checkRounds(rounds = 4): number {
  if (!(Number.isInteger(rounds) && rounds >= 0 && rounds <= 1000))
    throw rangeError(`a number of rounds is a whole number from 0 to 1000, not ${rounds}`);
  return rounds;
}

/**
 * The places at which colours are made anew, ascending from 0. Little is pushed for the first vertices that are taken
 * off, so the first chunks are small ones: that keeps the initial bits few.
 */
export function chunkBounds(vertices: number, chunks?: number): number[] {
  if (chunks !== undefined && !(Number.isInteger(chunks) && chunks >= 1))
    throw rangeError(`a number of chunks is a whole number from 1, not ${chunks}`);
  const often = chunks ?? Math.max(16, Math.min(vertices, Math.floor(2 ** 20 / Math.max(1, vertices))));
  const most = Math.ceil(vertices / often);
  const bounds = [vertices];
  for (let left = vertices; left > 0; bounds.push(left))
    left -= Math.min(left, most, Math.floor((vertices - left) / 4) + 1);
  return bounds.reverse();
}

/** The vertices with the most edges, most first. */
function hubsOf(graph: Graph, count: number): Uint32Array {
  const degrees = graph.degrees();
  const order = Uint32Array.from(degrees, (_, v) => v);
  return count === 0 ? order.slice(0, 0) : order.sort((a, b) => degrees[b] - degrees[a] || a - b).slice(0, count);
}

const PINNED = 0x7f4a7c15;

/** Edges of which one end at least is known: those that colours still depend on. */
class LiveEdges {
  readonly sources: Uint32Array;
  readonly targets: Uint32Array;
  readonly labels: Uint32Array | undefined;
  readonly directed: boolean;
  count: number;

  constructor({ sources, targets, edgeLabels, directed }: Graph) {
    this.sources = sources.slice();
    this.targets = targets.slice();
    this.labels = edgeLabels?.slice();
    this.directed = directed;
    this.count = sources.length;
  }

  /** Drops those between two vertices that have places. */
  drop(places: Uint32Array): void {
    const { sources, targets, labels } = this;
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      if (places[sources[i]] !== UNPLACED && places[targets[i]] !== UNPLACED) continue;
      sources[kept] = sources[i];
      targets[kept] = targets[i];
      if (labels !== undefined) labels[kept] = labels[i];
      kept++;
    }
    this.count = kept;
  }
}

const UNPLACED = 0xffffffff;

/** Pops which vertices take the places from `to` - 1 down to `from`, in that order. */
function chooseNames(
  stack: BitStack,
  graph: Graph,
  live: LiveEdges,
  places: Uint32Array,
  to: number,
  from: number,
  rounds: number,
): Uint32Array {
  const n = graph.vertices;
  const colours = new Uint32Array(n);
  const fixed = new Uint8Array(n);
  const known = new Uint32Array(to);
  let count = 0;
  for (let v = 0; v < n; v++) {
    if (places[v] === UNPLACED) {
      known[count++] = v;
      colours[v] = mix(graph.vertexLabels === undefined ? 0 : graph.vertexLabels[v] + 1);
    } else {
      fixed[v] = 1;
      colours[v] = mix(places[v] ^ PINNED);
    }
  }
  refine(colours, live, rounds + 1, fixed);
  const seen = new Uint32Array(to);
  for (let i = 0; i < to; i++) seen[i] = colours[known[i]];
  const { classes, counts } = classesOf(seen);
  const members = new Members(classes, counts);
  const taken = new Uint32Array(to - from);
  for (let i = 0; i < taken.length; i++) taken[i] = known[members.pop(stack)];
  return taken;
}

/** Undoes {@link chooseNames}, for the places from `from` on. */
function returnNames(
  stack: BitStack,
  growing: GrowingGraph,
  n: number,
  directed: boolean,
  from: number,
  rounds: number,
): void {
  const { known, sources, targets, edgeLabels, vertexLabels, count } = growing;
  const colours = new Uint32Array(n);
  const fixed = new Uint8Array(n).fill(1, known);
  for (let v = 0; v < known; v++) colours[v] = mix(vertexLabels === undefined ? 0 : vertexLabels[v] + 1);
  for (let v = known; v < n; v++) colours[v] = mix(v ^ PINNED);
  refine(colours, { sources, targets, labels: edgeLabels, count, directed }, rounds + 1, fixed);
  const { classes, counts } = classesOf(colours.subarray(0, known));
  counts.fill(0);
  for (let v = 0; v < from; v++) counts[classes[v]]++;
  const left = new Fenwick(counts.length, counts);
  for (let v = from; v < known; v++) {
    left.add(classes[v], 1);
    left.push(stack, classes[v]);
  }
}

/** For each colour its rank among the different ones, and how often each is there. */
function classesOf(colours: Uint32Array): { classes: Uint32Array; counts: Uint32Array } {
  const n = colours.length;
  const order = orderBy(colours);
  const classes = new Uint32Array(n);
  const counts = new Uint32Array(n);
  let size = 0;
  let last = -1;
  for (let i = 0; i < n; i++) {
    const v = order[i];
    if (colours[v] !== last) {
      last = colours[v];
      size++;
    }
    classes[v] = size - 1;
    counts[size - 1]++;
  }
  return { classes, counts: counts.slice(0, size) };
}

/** Indices in order of the numbers there. */
function orderBy(numbers: Uint32Array): Uint32Array {
  const n = numbers.length;
  let order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  if (n < 2048) return order.sort((a, b) => numbers[a] - numbers[b]);
  let next = new Uint32Array(n);
  const starts = new Uint32Array(2049);
  for (let shift = 0; shift < 32; shift += 11) {
    starts.fill(0);
    for (let i = 0; i < n; i++) starts[((numbers[i] >>> shift) & 2047) + 1]++;
    for (let digit = 0; digit < 2048; digit++) starts[digit + 1] += starts[digit];
    for (let i = 0; i < n; i++) next[starts[(numbers[order[i]] >>> shift) & 2047]++] = order[i];
    [order, next] = [next, order];
  }
  return order;
}

/** Members of classes, taken out one by one. */
class Members {
  private readonly left: Fenwick;
  private readonly ends: Uint32Array;
  private readonly list: Uint32Array;

  constructor(classes: Uint32Array, counts: Uint32Array) {
    this.left = new Fenwick(counts.length, counts);
    this.list = new Uint32Array(classes.length);
    const ends = new Uint32Array(counts.length);
    for (let c = 1; c < ends.length; c++) ends[c] = ends[c - 1] + counts[c - 1];
    for (let v = 0; v < classes.length; v++) this.list[ends[classes[v]]++] = v;
    this.ends = ends;
  }

  /** Pops a class, in proportion to its members, and takes out one of them. */
  pop(stack: BitStack): number {
    const chosen = this.left.pop(stack);
    this.left.add(chosen, -1);
    return this.list[--this.ends[chosen]];
  }
}
