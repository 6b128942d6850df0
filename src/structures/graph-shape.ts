/** What models of graphs with named vertices have in common: the shape of the graphs, and coding slice by slice. */
import type { Codec } from '../codecs/codec.ts';
import type { BitStack } from '../codecs/stack.ts';
import { rangeError } from '../errors.ts';
import { type Graph, MAX_VERTICES } from './graph.ts';

/** What all graphs of a model have in common. */
export interface GraphShape {
  /** Number of vertices. */
  readonly vertices: number;
  /** Whether edges have a direction. Default false. */
  readonly directed?: boolean;
  /** Whether a vertex may have an edge to itself. Default false. */
  readonly loops?: boolean;
  /** The codec of a vertex's label, when vertices have labels. */
  readonly vertexLabels?: Codec<number>;
  /** The codec of an edge's label, when edges have labels. */
  readonly edgeLabels?: Codec<number>;
  /** The most edges that a pop may yield, so that hostile bits cannot ask for gigabytes. Default 2^26. */
  readonly maxEdges?: number;
}

/**
 * Codes the edges of one vertex to later ones, which are slots: numbers from 0 up to what {@link slotsOf} says. Pushes
 * go from the last vertex to the first, pops from the first to the last.
 */
export interface Slices {
  /**
   * Pushes the slots of vertex k, ascending; `earlier` counts the edges of vertex k to vertices before it.
   */
  push(stack: BitStack, k: number, slots: Uint32Array, earlier: number): void;
  /** Pops the slots of vertex k, ascending. At most `limit` of them, or it throws. */
  pop(stack: BitStack, k: number, limit: number): Uint32Array;
}

/** A model of graphs with named vertices that goes vertex by vertex. */
export interface GraphModel {
  /** What its graphs have in common. */
  readonly shape: GraphShape;
  /** A coder of slices in its first state, for pushes or for pops, never for both. */
  slices(direction: 'push' | 'pop'): Slices;
  /**
   * That the model has the graph.
   *
   * @throws SurprisalError (`impossible-symbol`) when it has not.
   */
  check(graph: Graph): void;
  /** Bits of the edges without labels, where they can be known. */
  bits(graph: Graph): number | undefined;
}

/** The shape with all its defaults, checked. */
export function checkShape(
  shape: GraphShape,
): Required<Pick<GraphShape, 'directed' | 'loops' | 'maxEdges'>> & GraphShape {
  const { vertices, directed = false, loops = false, maxEdges = 2 ** 26 } = shape;
  if (!(Number.isInteger(vertices) && vertices >= 0 && vertices <= MAX_VERTICES))
    throw rangeError(`a number of vertices is a whole number from 0 to 2^26, not ${vertices}`);
  if (!(Number.isInteger(maxEdges) && maxEdges >= 0 && maxEdges < 2 ** 31))
    throw rangeError(`maxEdges is a whole number below 2^31, not ${maxEdges}`);
  return { ...shape, directed, loops, maxEdges };
}

/** Slots of vertex k: edges that it can have to later vertices, and to itself. */
export function slotsOf({ vertices, directed, loops }: GraphShape, k: number): number {
  return (vertices - k - 1) * (directed ? 2 : 1) + (loops ? 1 : 0);
}

/** Edges that a graph of this shape can have. */
export function possibleEdges({ vertices, directed, loops }: GraphShape): number {
  return ((vertices * (vertices - 1)) / 2) * (directed ? 2 : 1) + (loops ? vertices : 0);
}
