/**
 * Random edge coding: a graph as the set of its edges, each drawn from an urn in which vertices with many edges lie often
 * (Severo, Townsend, Khisti, Makhzani, "Random edge coding: one-shot bits-back coding of large labeled graphs",
 * arXiv:2305.09705, 2023). Integers only. Names of vertices are kept.
 */
import { type Codec, codec, sumOfBits } from '../codecs/codec.ts';
import { mapped } from '../codecs/compose.ts';
import { log2 } from '../codecs/log2.ts';
import type { BitStack } from '../codecs/stack.ts';
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { popUniform, pushUniform } from './chosen.ts';
import { Fenwick } from './fenwick.ts';
import { Graph } from './graph.ts';
import { checkEdges, checkGraph, labelBits } from './graph-models.ts';
import { checkShape, type GraphShape, possibleEdges } from './graph-shape.ts';
import { byNumber, OrderedMultiset } from './ordered.ts';

/** Graphs with so many edges. */
export interface EdgesShape extends GraphShape {
  /** Number of edges. */
  readonly edges: number;
}

/**
 * The codec of graphs as sets of edges. To push one: while edges are left, pop one of them, each equally likely, and
 * which end comes first, and push both ends, each in proportion to 1 and the edges that the vertex still has. That costs
 * 2 log2(n) bits or so an edge less log2(m!) + m for all of them, and less where few vertices have many edges. A
 * directed graph has an urn for sources and one for targets, and no end to choose.
 *
 * The urn would also yield an edge twice, and loops: what pops them throws, and their probability is lost.
 *
 * @throws RangeError for a number of edges that is none, or more than there can be.
 * @example
 * const codec = randomEdges({ vertices: 1000, edges: graph.edges });
 * codec.push(stack, graph);
 */
export function randomEdges(shape: EdgesShape): Codec<Graph> {
  return urn(shape, false);
}

/**
 * Pólya's urn over graphs without loops: as {@link randomEdges}, but what an end is already joined to is left out of the
 * urn, so no probability is lost. That takes time in proportion to the sum of squared degrees. Undirected graphs only.
 *
 * @throws RangeError as {@link randomEdges} does; TypeError for directed graphs or loops.
 */
export function polyaUrn(shape: EdgesShape): Codec<Graph> {
  if (shape.directed === true || shape.loops === true)
    throw typeError('polyaUrn is for undirected graphs without loops: take randomEdges or erdosRenyi');
  return urn(shape, true);
}

/**
 * Lists of neighbours, as a graph index of a vector search holds them: list i has the ids that vector i points to, in no
 * order. They come back ascending.
 *
 * @param lists - Number of lists; ids are below it.
 * @param ids - Number of ids in all lists.
 * @param options - Set `loops` when a list may hold its own number.
 * @example
 * neighbourLists(3, 4).push(stack, [[1, 2], [0], [0]]);
 */
export function neighbourLists(
  lists: number,
  ids: number,
  options: { readonly loops?: boolean } = {},
): Codec<ArrayLike<number>[]> {
  const inner = randomEdges({ vertices: lists, edges: ids, directed: true, loops: options.loops ?? false });
  return mapped<Graph, ArrayLike<number>[]>(
    inner,
    (value) => {
      const sources: number[] = [];
      const targets: number[] = [];
      if (!Array.isArray(value) || value.length !== lists)
        throw new SurprisalError('impossible-symbol', `${lists} lists of ids are wanted`);
      for (let i = 0; i < lists; i++)
        for (let j = 0; j < value[i].length; j++) {
          sources.push(i);
          targets.push(value[i][j]);
        }
      try {
        return new Graph({ vertices: lists, directed: true, sources, targets });
      } catch (error) {
        throw new SurprisalError('impossible-symbol', `no lists of neighbours: ${(error as Error).message}`, {
          cause: error,
        });
      }
    },
    ({ sources, targets }) => {
      let at = 0;
      return Array.from({ length: lists }, (_, i) => {
        const from = at;
        while (at < sources.length && sources[at] === i) at++;
        return targets.slice(from, at);
      });
    },
  );
}

function urn(shape: EdgesShape, simple: boolean): Codec<Graph> {
  const checked = { ...checkShape(shape), edges: shape.edges };
  const { vertices, edges, directed, loops, vertexLabels, edgeLabels } = checked;
  const all = possibleEdges(checked);
  if (!(Number.isInteger(edges) && edges >= 0 && edges <= all))
    throw rangeError(`${vertices} vertices can have 0 to ${all} edges, not ${edges}`);
  if (edges > checked.maxEdges) throw rangeError(`${edges} edges are more than maxEdges, ${checked.maxEdges}`);
  const check = (graph: Graph): void => {
    checkGraph(graph, checked);
    checkEdges(graph, edges);
  };
  return codec<Graph>({
    push(stack, graph) {
      check(graph);
      for (let i = edges - 1; i >= 0; i--) edgeLabels?.push(stack, graph.edgeLabels![i]);
      for (let v = vertices - 1; v >= 0; v--) vertexLabels?.push(stack, graph.vertexLabels![v]);
      const left = OrderedMultiset.of(
        Array.from(graph.sources, (a, i) => a * vertices + graph.targets[i]),
        byNumber,
      );
      const ends = new Ends(vertices, directed, simple ? graph : undefined);
      for (let i = 0; i < edges; i++) ends.move(graph.sources[i], graph.targets[i], 1);
      while (left.size > 0) {
        const { value } = left.removeAt(popUniform(stack, left.size));
        const a = Math.floor(value / vertices);
        const b = value % vertices;
        const turned = !directed && a !== b && stack.popUniform(2) === 1;
        ends.push(stack, turned ? b : a, turned ? a : b);
      }
    },
    pop(stack) {
      const found = new OrderedMultiset(byNumber);
      const ends = new Ends(vertices, directed, simple ? Graph.fromEdges(vertices, []) : undefined);
      for (let i = 0; i < edges; i++) {
        const [a, b] = ends.pop(stack);
        if (a === b && !loops) throw new SurprisalError('corrupt', `edge ${i} joins ${a} and itself`);
        const turned = !directed && a > b;
        if (!directed && a !== b) stack.pushUniform(turned ? 1 : 0, 2);
        const { below, count } = found.add(turned ? b * vertices + a : a * vertices + b);
        if (count > 1) throw new SurprisalError('corrupt', `edge ${i} joins ${a} and ${b} again`);
        pushUniform(stack, below, found.size);
      }
      const keys = found.values();
      return new Graph({
        vertices,
        directed,
        vertexLabels: vertexLabels && Array.from({ length: vertices }, () => vertexLabels.pop(stack)),
        sources: keys.map((key) => Math.floor(key / vertices)),
        targets: keys.map((key) => key % vertices),
        edgeLabels: edgeLabels && keys.map(() => edgeLabels.pop(stack)),
      });
    },
    bits(graph) {
      check(graph);
      return simple ? undefined : sumOfBits([urnBits(graph), labelBits(graph, checked)]);
    },
  });
}

/** The probability of the edges does not depend on their order: rising factorials of degrees. */
function urnBits(graph: Graph): number {
  const { vertices, edges, directed, sources, targets, loops } = graph;
  let sum = directed ? 0 : loops - edges;
  for (let i = 1; i <= edges; i++) sum -= log2(i);
  for (const lists of directed ? [[sources], [targets]] : [[sources, targets]]) {
    const degrees = new Float64Array(vertices);
    let drawn = 0;
    for (const ends of lists) for (const v of ends) sum += log2(vertices + drawn++) - log2(++degrees[v]);
  }
  return sum;
}

/** The urns of the ends of edges. */
class Ends {
  private readonly first: Fenwick;
  private readonly second: Fenwick;
  /** What each vertex is joined to, when that is left out. */
  private readonly joined: Set<number>[] | undefined;

  constructor(vertices: number, directed: boolean, simple: Graph | undefined) {
    const ones = new Uint8Array(vertices).fill(1);
    this.first = new Fenwick(vertices, ones);
    this.second = directed ? new Fenwick(vertices, ones) : this.first;
    this.joined = simple && Array.from({ length: vertices }, () => new Set<number>());
  }

  /** Puts an edge into the urns, or takes it out. */
  move(a: number, b: number, change: 1 | -1): void {
    this.first.add(a, change);
    this.second.add(b, change);
    if (this.joined === undefined) return;
    if (change === 1) {
      this.joined[a].add(b);
      this.joined[b].add(a);
    } else {
      this.joined[a].delete(b);
      this.joined[b].delete(a);
    }
  }

  push(stack: BitStack, a: number, b: number): void {
    if (this.joined !== undefined) {
      this.move(a, b, -1);
      this.without(a, () => this.second.push(stack, b));
      this.first.push(stack, a);
      return;
    }
    this.second.add(b, -1);
    this.second.push(stack, b);
    this.first.add(a, -1);
    this.first.push(stack, a);
  }

  pop(stack: BitStack): [number, number] {
    const a = this.first.pop(stack);
    if (this.joined !== undefined) {
      const b = this.without(a, () => {
        if (this.second.total === 0)
          throw new SurprisalError('corrupt', `vertex ${a} is joined to all others and has another edge`);
        return this.second.pop(stack);
      });
      this.move(a, b, 1);
      return [a, b];
    }
    this.first.add(a, 1);
    const b = this.second.pop(stack);
    this.second.add(b, 1);
    return [a, b];
  }

  /** With nothing in the urn of a vertex and of what it is joined to. */
  private without<T>(a: number, action: () => T): T {
    const { second } = this;
    const left: number[] = [a, second.set(a, 0)];
    for (const v of this.joined![a]) left.push(v, second.set(v, 0));
    const result = action();
    for (let i = 0; i < left.length; i += 2) second.set(left[i], left[i + 1]);
    return result;
  }
}
