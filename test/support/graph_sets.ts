/** Data sets of graphs for tests. */
import { type GraphSet, labelsOf } from '../../src/formats/graph-set.ts';
import { Graph } from '../../src/structures/graph.ts';
import { randomOf } from './random.ts';

/** What the graphs of a set have. */
export interface Kind {
  readonly directed?: boolean;
  readonly loops?: boolean;
  readonly vertexLabels?: readonly string[];
  readonly edgeLabels?: readonly string[];
  readonly graphLabels?: readonly string[];
}

/** Random graphs of a few vertices that belong together. */
export function randomSet(count: number, seed: number, kind: Kind = {}): GraphSet {
  const { directed = false, loops = false } = kind;
  const random = randomOf(seed);
  const drawn = (names: readonly string[], n: number) => Array.from({ length: n }, () => names[random(names.length)]);
  const vertexNames: string[] = [];
  const edgeNames: string[] = [];
  const parts = Array.from({ length: count }, () => {
    const vertices = random(9);
    const edges: [number, number][] = [];
    for (let a = 0; a < vertices; a++)
      for (let b = directed ? 0 : a; b < vertices; b++) if ((a !== b || loops) && random(3) === 0) edges.push([a, b]);
    if (kind.vertexLabels) vertexNames.push(...drawn(kind.vertexLabels, vertices));
    if (kind.edgeLabels) edgeNames.push(...drawn(kind.edgeLabels, edges.length));
    return { vertices, edges };
  });
  const vertexLabels = kind.vertexLabels && labelsOf(vertexNames);
  const edgeLabels = kind.edgeLabels && labelsOf(edgeNames);
  const graphLabels = kind.graphLabels && labelsOf(drawn(kind.graphLabels, count));
  let [v, e] = [0, 0];
  const graphs = parts.map(({ vertices, edges }) => {
    [v, e] = [v + vertices, e + edges.length];
    return new Graph({
      vertices,
      directed,
      sources: edges.map(([a]) => a),
      targets: edges.map(([, b]) => b),
      vertexLabels: vertexLabels?.of.subarray(v - vertices, v),
      edgeLabels: edgeLabels?.of.subarray(e - edges.length, e),
    });
  });
  const name = (labels: ReturnType<typeof labelsOf> | undefined) =>
    labels && { names: labels.names, attribute: labels.attribute };
  return { graphs, vertexLabels: name(vertexLabels), edgeLabels: name(edgeLabels), graphLabels };
}
