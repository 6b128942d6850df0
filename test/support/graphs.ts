/** Graphs for tests, and what they have in common whatever their vertices are called, by trying all names. */
import fc from 'fast-check';
import { Graph } from '../../src/structures/graph.ts';
import { randomOf } from './random.ts';

/** All orders of 0 to n - 1. */
export function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((rest) =>
    Array.from({ length: n }, (_, at) => [...rest.slice(0, at), n - 1, ...rest.slice(at)]),
  );
}

/** All undirected graphs with n named vertices. */
export function allGraphs(n: number): Graph[] {
  const pairs: [number, number][] = [];
  for (let a = 0; a < n; a++) for (let b = a + 1; b < n; b++) pairs.push([a, b]);
  return Array.from({ length: 2 ** pairs.length }, (_, mask) =>
    Graph.fromEdges(
      n,
      pairs.filter((_pair, i) => (mask >> i) & 1),
    ),
  );
}

/** A text for a graph with names. */
export function textOf(graph: Graph): string {
  const { vertices, sources, targets, vertexLabels = [], edgeLabels = [] } = graph;
  return [vertices, ...sources, '-', ...targets, '-', ...vertexLabels, '-', ...edgeLabels].join(' ');
}

/** The least text that any names give a graph: the same for isomorphic graphs only. */
export function bruteForm(graph: Graph): string {
  return permutations(graph.vertices)
    .map((names) => textOf(graph.renamed(names)))
    .sort()[0];
}

/** The number of automorphisms, counted. */
export function bruteAutomorphisms(graph: Graph): number {
  return permutations(graph.vertices).filter((names) => graph.renamed(names).equals(graph)).length;
}

/** Random names of n vertices. */
export function randomNames(n: number, seed: number): number[] {
  const random = randomOf(seed);
  const names = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random(i + 1);
    [names[i], names[j]] = [names[j], names[i]];
  }
  return names;
}

/** What a random graph has. */
export interface RandomGraph {
  readonly directed?: boolean;
  readonly loops?: boolean;
  readonly vertexLabels?: number;
  readonly edgeLabels?: number;
  readonly edges?: number;
}

/** Graphs with n vertices. */
export function graphs(n: number, options: RandomGraph = {}): fc.Arbitrary<Graph> {
  const { directed = false, loops = false, vertexLabels, edgeLabels, edges } = options;
  const pairs: [number, number][] = [];
  for (let a = 0; a < n; a++)
    for (let b = 0; b < n; b++) if (a < b || (a === b && loops) || (a > b && directed)) pairs.push([a, b]);
  return fc
    .tuple(
      fc.subarray(pairs, edges === undefined ? {} : { minLength: edges, maxLength: edges }),
      fc.infiniteStream(fc.nat(1000)),
    )
    .map(([chosen, numbers]) => {
      const label = (below: number): number => (numbers.next().value as number) % below;
      return new Graph({
        vertices: n,
        directed,
        sources: chosen.map(([a]) => a),
        targets: chosen.map(([, b]) => b),
        vertexLabels: vertexLabels === undefined ? undefined : Array.from({ length: n }, () => label(vertexLabels)),
        edgeLabels: edgeLabels === undefined ? undefined : chosen.map(() => label(edgeLabels)),
      });
    });
}

/** A graph that grows: every vertex is joined to `each` earlier ones, rather to those with many edges. */
export function growingGraph(vertices: number, each: number, seed: number): Graph {
  const random = randomOf(seed);
  const edges: [number, number][] = [];
  for (let v = 1; v < vertices; v++) {
    const chosen = new Set<number>();
    for (let i = 0; i < each; i++)
      chosen.add(edges.length === 0 || random(4) === 0 ? random(v) : edges[random(edges.length)][random(2)]);
    for (const w of chosen) if (w < v) edges.push([w, v]);
  }
  return Graph.fromEdges(vertices, edges);
}
