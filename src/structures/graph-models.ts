/**
 * Models of graphs whose vertices have names, as codecs. They go vertex by vertex: the slice of vertex k is its label
 * and its edges to later vertices, with their labels. That is what lets shuffle coding forget the names.
 */
import { type Codec, codec, sumOfBits } from '../codecs/codec.ts';
import { log2 } from '../codecs/log2.ts';
import type { BitStack } from '../codecs/stack.ts';
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { Graph } from './graph.ts';
import { PolyaSlices } from './graph-polya.ts';
import { ErdosRenyiSlices } from './graph-random.ts';
import { checkShape, type GraphModel, type GraphShape, possibleEdges, type Slices, slotsOf } from './graph-shape.ts';

/**
 * Erdős–Rényi graphs. With `edges`: that many, all graphs equally likely, log2 of the number of them bits. With
 * `probability`: each edge is there with it, whatever the others.
 *
 * @throws RangeError for more edges than there can be, or a probability that is not between 0 and 1.
 * @example
 * named(erdosRenyi({ vertices: 5, edges: 4 })).push(stack, Graph.fromEdges(5, [[0, 1], [1, 2], [2, 3], [3, 4]]));
 */
export function erdosRenyi(
  shape: GraphShape & ({ readonly edges: number } | { readonly probability: number }),
): GraphModel {
  const checked = checkShape(shape);
  const all = possibleEdges(checked);
  if ('edges' in shape) {
    const { edges } = shape;
    if (!(Number.isInteger(edges) && edges >= 0 && edges <= all))
      throw rangeError(`${shape.vertices} vertices can have 0 to ${all} edges, not ${edges}`);
    if (edges > checked.maxEdges) throw rangeError(`${edges} edges are more than maxEdges, ${checked.maxEdges}`);
    return {
      shape: checked,
      slices: (direction) => new ErdosRenyiSlices(checked, { edges }, direction),
      check(graph) {
        checkGraph(graph, checked);
        checkEdges(graph, edges);
      },
      bits() {
        let sum = 0;
        for (let i = 0; i < edges; i++) sum += log2(all - i) - log2(edges - i);
        return sum;
      },
    };
  }
  const { probability } = shape;
  if (!(probability > 0 && probability < 1))
    throw rangeError(`the probability of an edge is between 0 and 1, not ${probability}`);
  return {
    shape: checked,
    slices: (direction) => new ErdosRenyiSlices(checked, { probability }, direction),
    check: (graph) => checkGraph(graph, checked),
    bits(graph) {
      return -graph.edges * log2(probability) - (all - graph.edges) * log2(1 - probability);
    },
  };
}

/**
 * The autoregressive Pólya model, for graphs in which few vertices have many edges: a vertex has no later neighbour with
 * probability 0.34, one with 0.34, k with a probability in proportion to 1 / k^2; each of them is chosen in proportion
 * to 1 and the edges that it already has, without replacement. It has no parameters. (Kunze, Severo, van de Meent,
 * Townsend, "Practical shuffle coding", NeurIPS 2024.)
 *
 * @throws TypeError for directed graphs, which the model does not know: {@link erdosRenyi} does.
 */
export function autoregressivePolya(shape: GraphShape): GraphModel {
  const checked = checkShape(shape);
  if (checked.directed)
    throw typeError('the autoregressive Pólya model is of undirected graphs: take erdosRenyi for directed ones');
  return {
    shape: checked,
    slices: (direction) => new PolyaSlices(checked, direction),
    check: (graph) => checkGraph(graph, checked),
    bits: () => undefined,
  };
}

/**
 * The codec of graphs with named vertices under a model: the same graph comes back, name for name.
 *
 * @example
 * named(autoregressivePolya({ vertices: 100 })); // Codec<Graph>
 */
export function named(model: GraphModel): Codec<Graph> {
  const { shape } = model;
  return codec<Graph>({
    push(stack, graph) {
      model.check(graph);
      const pusher = new SlicePusher(graph, shape, model.slices('push'));
      for (let k = shape.vertices - 1; k >= 0; k--) pusher.push(stack, k, k);
    },
    pop(stack) {
      const growing = new GrowingGraph(shape, model.slices('pop'));
      for (let k = 0; k < shape.vertices; k++) growing.pop(stack);
      return growing.graph();
    },
    bits(graph) {
      model.check(graph);
      return sumOfBits([model.bits(graph), labelBits(graph, shape)]);
    },
  });
}

/** Bits of all labels, undefined when their codecs do not tell. */
export function labelBits(graph: Graph, { vertexLabels, edgeLabels }: GraphShape): number | undefined {
  return sumOfBits([
    ...Array.from(graph.vertexLabels ?? [], (label) => vertexLabels!.bits(label)),
    ...Array.from(graph.edgeLabels ?? [], (label) => edgeLabels!.bits(label)),
  ]);
}

/**
 * That a graph is of the shape.
 *
 * @throws SurprisalError (`impossible-symbol`) when it is not: nothing of a graph is ever dropped.
 */
export function checkGraph(graph: Graph, shape: GraphShape): void {
  const fail = (message: string): never => {
    throw new SurprisalError('impossible-symbol', message);
  };
  checkIsGraph(graph);
  if (graph.vertices !== shape.vertices)
    fail(`the model is of graphs with ${shape.vertices} vertices, not ${graph.vertices}`);
  if (graph.directed !== (shape.directed ?? false))
    fail(`the graph is ${graph.directed ? '' : 'not '}directed, the model's graphs are${graph.directed ? ' not' : ''}`);
  if (graph.loops > 0 && shape.loops !== true)
    fail(`${graph.loops} edges go from a vertex to itself: give the model loops: true, or remove them`);
  for (const what of ['vertexLabels', 'edgeLabels'] as const)
    if ((graph[what] === undefined) !== (shape[what] === undefined))
      fail(
        `the graph has ${graph[what] === undefined ? 'no ' : ''}${what}, the model has ${shape[what] ? 'a codec' : 'no codec'} for them`,
      );
  if (graph.edges > (shape.maxEdges ?? 2 ** 26))
    fail(`the graph has ${graph.edges} edges, more than maxEdges, ${shape.maxEdges ?? 2 ** 26}`);
}

/** That a value is a graph. */
export function checkIsGraph(value: unknown): void {
  if (!(value instanceof Graph))
    throw new SurprisalError(
      'impossible-symbol',
      `the codec codes Graphs, not ${value === null ? 'null' : typeof value}`,
    );
}

/** That a graph has so many edges. */
export function checkEdges(graph: Graph, edges: number): void {
  if (graph.edges !== edges)
    throw new SurprisalError('impossible-symbol', `the model is of graphs with ${edges} edges, not ${graph.edges}`);
}

/** Takes slices off a graph, of the last vertex first; which one that is may be decided on the way. */
export class SlicePusher {
  /** Where each vertex is, once it has been pushed; 2^32 - 1 before. */
  readonly places: Uint32Array;
  private readonly graph: Graph;
  private readonly shape: GraphShape;
  private readonly slices: Slices;
  private readonly labels: Float64Array;
  private slots = new Uint32Array(16);

  /** For all slices of a graph of the shape. */
  constructor(graph: Graph, shape: GraphShape, slices: Slices) {
    this.graph = graph;
    this.shape = shape;
    this.slices = slices;
    this.places = new Uint32Array(graph.vertices).fill(0xffffffff);
    this.labels = new Float64Array(shape.edgeLabels === undefined ? 0 : Math.max(0, slotsOf(shape, 0)));
  }

  /** Pushes the slice of a vertex, which takes the place k: k is one less at each call. */
  push(stack: BitStack, vertex: number, k: number): void {
    const { graph, places, shape, labels } = this;
    const { offsets, neighbours, edges } = graph.adjacency();
    const start = offsets[vertex];
    const end = offsets[vertex + 1];
    places[vertex] = k;
    const first = k + (shape.loops === true ? 0 : 1);
    const incoming = shape.vertices - first;
    if (this.slots.length < end - start) this.slots = new Uint32Array(2 * (end - start));
    let count = 0;
    for (let i = start; i < end; i++) {
      const other = neighbours[i];
      const place = places[other];
      if (place === 0xffffffff) continue;
      const slot =
        graph.directed && other !== vertex && graph.targets[edges[i]] === vertex
          ? incoming + place - k - 1
          : place - first;
      if (graph.edgeLabels !== undefined) labels[slot] = graph.edgeLabels[edges[i]];
      this.slots[count++] = slot;
    }
    const slots = this.slots.subarray(0, count).sort();
    if (shape.edgeLabels !== undefined)
      for (let i = count - 1; i >= 0; i--) shape.edgeLabels.push(stack, labels[slots[i]]);
    this.slices.push(stack, k, slots, end - start - count);
    shape.vertexLabels?.push(stack, graph.vertexLabels![vertex]);
  }
}

/** A graph that slices are added to, from the first vertex on. */
export class GrowingGraph {
  /** Vertices whose slices are there. */
  known = 0;
  /** Edges that are there. */
  count = 0;
  /** Where they start. */
  sources = new Uint32Array(64);
  /** Where they end. */
  targets = new Uint32Array(64);
  /** Their labels, if they have any. */
  edgeLabels: Uint32Array | undefined;
  /** Labels of known vertices, if they have any. */
  readonly vertexLabels: Uint32Array | undefined;
  private readonly shape: GraphShape;
  private readonly slices: Slices;

  /** One without edges. */
  constructor(shape: GraphShape, slices: Slices) {
    this.shape = shape;
    this.slices = slices;
    this.vertexLabels = shape.vertexLabels && new Uint32Array(shape.vertices);
    this.edgeLabels = shape.edgeLabels && new Uint32Array(64);
  }

  /** Pops the slice of the next vertex. */
  pop(stack: BitStack): void {
    const { shape, known } = this;
    if (shape.vertexLabels !== undefined) this.vertexLabels![known] = shape.vertexLabels.pop(stack);
    const slots = this.slices.pop(stack, known, (shape.maxEdges ?? 2 ** 26) - this.count);
    const first = known + (shape.loops === true ? 0 : 1);
    const incoming = shape.vertices - first;
    this.reserve(this.count + slots.length);
    for (const slot of slots) {
      const out = slot < incoming;
      const other = out ? first + slot : slot - incoming + known + 1;
      this.sources[this.count] = out ? known : other;
      this.targets[this.count] = out ? other : known;
      if (shape.edgeLabels !== undefined) this.edgeLabels![this.count] = shape.edgeLabels.pop(stack);
      this.count++;
    }
    this.known++;
  }

  /** The graph, once all slices are there. */
  graph(): Graph {
    const { shape, count } = this;
    return new Graph({
      vertices: shape.vertices,
      directed: shape.directed,
      sources: this.sources.subarray(0, count),
      targets: this.targets.subarray(0, count),
      vertexLabels: this.vertexLabels,
      edgeLabels: this.edgeLabels?.subarray(0, count),
    });
  }

  private reserve(count: number): void {
    if (count <= this.sources.length) return;
    const grown = (old: Uint32Array): Uint32Array => {
      const more = new Uint32Array(2 * count);
      more.set(old);
      return more;
    };
    this.sources = grown(this.sources) as Uint32Array<ArrayBuffer>;
    this.targets = grown(this.targets) as Uint32Array<ArrayBuffer>;
    if (this.edgeLabels !== undefined) this.edgeLabels = grown(this.edgeLabels);
  }
}
