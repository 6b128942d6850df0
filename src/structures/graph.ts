/**
 * Graphs, held in typed arrays: directed or not, with loops or without, with labels on vertices, edges, both or none.
 * Two edges between the same vertices in the same direction are refused.
 */
import { rangeError, typeError } from '../errors.ts';
import { invariantHash } from './refinement.ts';

/** The most vertices that a graph may have. */
export const MAX_VERTICES = 2 ** 26;

/** What a graph is made of. */
export interface GraphParts {
  /** Number of vertices, up to 2^26. They are the numbers from 0. */
  readonly vertices: number;
  /** One end of each edge; where it starts, when the graph is directed. */
  readonly sources: ArrayLike<number>;
  /** The other end of each edge. */
  readonly targets: ArrayLike<number>;
  /** Whether edges have a direction. Default false. */
  readonly directed?: boolean;
  /** Set when every undirected edge is listed in both directions, as many files do. A loop is listed once or twice. */
  readonly bothDirections?: boolean;
  /** A whole number from 0 to 2^32 - 1 for each vertex. */
  readonly vertexLabels?: ArrayLike<number>;
  /** A whole number from 0 to 2^32 - 1 for each edge. */
  readonly edgeLabels?: ArrayLike<number>;
}

/** The edges at each vertex: those of vertex v are at offsets[v] up to offsets[v + 1]. */
export interface Adjacency {
  readonly offsets: Uint32Array;
  /** The vertex at the other end. A loop is there once. */
  readonly neighbours: Uint32Array;
  /** Which edge it is. */
  readonly edges: Uint32Array;
}

/**
 * A graph that does not change. Edges are in order of their sources, then of their targets; an undirected edge is held
 * once, its smaller end as the source.
 *
 * @example
 * const path = Graph.fromEdges(4, [[0, 1], [1, 2], [2, 3]]);
 * path.degrees(); // Uint32Array [1, 2, 2, 1]
 */
export class Graph {
  /** Number of vertices. */
  readonly vertices: number;
  /** Whether edges have a direction. */
  readonly directed: boolean;
  /** Where edges start, in ascending order. */
  readonly sources: Uint32Array;
  /** Where edges end, ascending among those of one source. */
  readonly targets: Uint32Array;
  /** Labels of the vertices, when they have any. */
  readonly vertexLabels: Uint32Array | undefined;
  /** Labels of the edges, when they have any. */
  readonly edgeLabels: Uint32Array | undefined;
  /** Edges from a vertex to itself. */
  readonly loops: number;
  private lists: Adjacency | undefined;

  /**
   * A graph of these parts, which are copied.
   *
   * @throws TypeError (`invalid-type`) for lists that are not as long as they have to be; RangeError
   *   (`invalid-argument`) for an end that is no vertex, an edge that is there twice, or a label out of range.
   */
  constructor(parts: GraphParts) {
    const { vertices, directed = false, bothDirections = false, vertexLabels, edgeLabels } = parts;
    if (!(Number.isInteger(vertices) && vertices >= 0 && vertices <= MAX_VERTICES))
      throw rangeError(`a number of vertices is a whole number from 0 to 2^26, not ${vertices}`);
    const { length } = parts.sources;
    if (parts.targets.length !== length)
      throw typeError(`as many targets as sources are wanted, not ${parts.targets.length} and ${length}`);
    if (length >= 2 ** 31) throw rangeError(`a graph has fewer than 2^31 edges, not ${length}`);
    if (directed && bothDirections)
      throw typeError('directed edges have one direction: bothDirections is not for them');
    if (vertexLabels !== undefined && vertexLabels.length !== vertices)
      throw typeError(`a label for each of the ${vertices} vertices is wanted, not ${vertexLabels.length}`);
    if (edgeLabels !== undefined && edgeLabels.length !== length)
      throw typeError(`a label for each of the ${length} edges is wanted, not ${edgeLabels.length}`);
    this.vertices = vertices;
    this.directed = directed;
    this.vertexLabels = vertexLabels && labelsOf(vertexLabels, 'vertex');
    const labels = edgeLabels && labelsOf(edgeLabels, 'edge');
    const sources = new Uint32Array(length);
    const targets = new Uint32Array(length);
    for (let i = 0; i < length; i++) {
      const a = parts.sources[i];
      const b = parts.targets[i];
      if (!(isVertex(a, vertices) && isVertex(b, vertices)))
        throw rangeError(`edge ${i} joins ${a} and ${b}, but the vertices are 0 to ${vertices - 1}`);
      sources[i] = directed || a <= b ? a : b;
      targets[i] = directed || a <= b ? b : a;
    }
    const order = orderOf(sources, targets, vertices);
    const keep = bothDirections ? pairsOf(parts.sources, sources, targets, labels, order) : order;
    this.sources = keep.map((i) => sources[i]);
    this.targets = keep.map((i) => targets[i]);
    this.edgeLabels = labels && keep.map((i) => labels[i]);
    let loops = 0;
    for (let i = 0; i < keep.length; i++) {
      if (this.sources[i] === this.targets[i]) loops++;
      if (i > 0 && this.sources[i] === this.sources[i - 1] && this.targets[i] === this.targets[i - 1])
        throw rangeError(
          `edges ${keep[i - 1]} and ${keep[i]} both join ${this.sources[i]} and ${this.targets[i]}: ` +
            `a graph has an edge once${directed ? '' : ' (is every edge listed in both directions?)'}`,
        );
    }
    this.loops = loops;
  }

  /**
   * An undirected graph without labels, of pairs of vertices.
   *
   * @throws RangeError, TypeError as the constructor does.
   */
  static fromEdges(vertices: number, edges: Iterable<readonly [number, number]>): Graph {
    const sources: number[] = [];
    const targets: number[] = [];
    for (const [a, b] of edges) {
      sources.push(a);
      targets.push(b);
    }
    return new Graph({ vertices, sources, targets });
  }

  /** Number of edges. */
  get edges(): number {
    return this.sources.length;
  }

  /** The edges at each vertex, whichever their direction. Made at the first call, then kept. */
  adjacency(): Adjacency {
    if (this.lists !== undefined) return this.lists;
    const { vertices, sources, targets } = this;
    const offsets = new Uint32Array(vertices + 1);
    for (let i = 0; i < sources.length; i++) {
      offsets[sources[i]]++;
      if (sources[i] !== targets[i]) offsets[targets[i]]++;
    }
    let sum = 0;
    for (let v = 0; v <= vertices; v++) {
      sum += offsets[v];
      offsets[v] = sum;
    }
    const neighbours = new Uint32Array(sum);
    const edges = new Uint32Array(sum);
    for (let i = sources.length - 1; i >= 0; i--) {
      const a = sources[i];
      const b = targets[i];
      neighbours[--offsets[a]] = b;
      edges[offsets[a]] = i;
      if (a === b) continue;
      neighbours[--offsets[b]] = a;
      edges[offsets[b]] = i;
    }
    this.lists = { offsets, neighbours, edges };
    return this.lists;
  }

  /** Edges at each vertex, whichever their direction; a loop counts once. */
  degrees(): Uint32Array {
    const { offsets } = this.adjacency();
    return Uint32Array.from({ length: this.vertices }, (_, v) => offsets[v + 1] - offsets[v]);
  }

  /**
   * The same graph with other names for its vertices.
   *
   * @param names - What vertex v is called then: every number from 0 to vertices - 1 once.
   * @throws RangeError (`invalid-argument`) for anything else.
   */
  renamed(names: ArrayLike<number>): Graph {
    const { vertices, vertexLabels, edgeLabels, directed } = this;
    const seen = new Uint8Array(vertices);
    if (names.length !== vertices) throw rangeError(`${vertices} names are wanted, not ${names.length}`);
    for (let v = 0; v < vertices; v++) {
      if (!isVertex(names[v], vertices) || seen[names[v]] === 1)
        throw rangeError(`the name ${names[v]} of vertex ${v} is taken, or none of 0 to ${vertices - 1}`);
      seen[names[v]] = 1;
    }
    let labels: Uint32Array | undefined;
    if (vertexLabels !== undefined) {
      labels = new Uint32Array(vertices);
      for (let v = 0; v < vertices; v++) labels[names[v]] = vertexLabels[v];
    }
    return new Graph({
      vertices,
      directed,
      sources: this.sources.map((v) => names[v]),
      targets: this.targets.map((v) => names[v]),
      vertexLabels: labels,
      edgeLabels,
    });
  }

  /** Whether the other graph is the same one, names of vertices included. */
  equals(other: Graph): boolean {
    return (
      this.vertices === other.vertices &&
      this.directed === other.directed &&
      same(this.sources, other.sources) &&
      same(this.targets, other.targets) &&
      same(this.vertexLabels, other.vertexLabels) &&
      same(this.edgeLabels, other.edgeLabels)
    );
  }

  /**
   * A number below 2^64 that does not depend on the names of the vertices: graphs with different hashes are not
   * isomorphic. Colour refinement; graphs that it cannot tell apart (regular ones of one degree) have the same hash.
   *
   * @param rounds - How far each vertex looks. Default 4.
   */
  hash(rounds = 4): bigint {
    return invariantHash(this, rounds);
  }
}

function isVertex(v: number, vertices: number): boolean {
  return Number.isInteger(v) && v >= 0 && v < vertices;
}

function same(a: Uint32Array | undefined, b: Uint32Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function labelsOf(labels: ArrayLike<number>, what: string): Uint32Array {
  for (let i = 0; i < labels.length; i++)
    if (!(Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < 2 ** 32))
      throw rangeError(`the label of ${what} ${i} is a whole number from 0 to 2^32 - 1, not ${labels[i]}`);
  return Uint32Array.from(labels);
}

/** Indices of the edges in order of sources, then targets. */
function orderOf(sources: Uint32Array, targets: Uint32Array, vertices: number): Uint32Array {
  let order = Uint32Array.from({ length: sources.length }, (_, i) => i);
  for (const ends of [targets, sources]) {
    const starts = new Uint32Array(vertices + 1);
    for (let i = 0; i < ends.length; i++) starts[ends[i] + 1]++;
    for (let v = 0; v < vertices; v++) starts[v + 1] += starts[v];
    const next = new Uint32Array(order.length);
    for (const i of order) next[starts[ends[i]]++] = i;
    order = next;
  }
  return order;
}

/** One of the two entries of every edge. */
function pairsOf(
  given: ArrayLike<number>,
  sources: Uint32Array,
  targets: Uint32Array,
  labels: Uint32Array | undefined,
  order: Uint32Array,
): Uint32Array {
  const keep = new Uint32Array(order.length);
  let count = 0;
  for (let at = 0; at < order.length; ) {
    const i = order[at];
    const j = order[at + 1];
    const loop = sources[i] === targets[i];
    const pair = at + 1 < order.length && sources[i] === sources[j] && targets[i] === targets[j];
    if (!loop && (!pair || given[i] === given[j]))
      throw rangeError(
        `edge ${i}, which joins ${sources[i]} and ${targets[i]}, is not there in both directions, once in each`,
      );
    if (pair && labels !== undefined && labels[i] !== labels[j])
      throw rangeError(`edge ${i} has the label ${labels[i]}, and back again, as edge ${j}, the label ${labels[j]}`);
    keep[count++] = i;
    at += pair ? 2 : 1;
  }
  return keep.slice(0, count);
}
