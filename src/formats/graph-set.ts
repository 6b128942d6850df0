/** Data sets of graphs as files hold them: graphs, the names of their labels, and what tells two of them apart. */
import { rangeError } from '../errors.ts';
import type { Graph } from '../structures/graph.ts';
import { canonicalForm } from '../structures/symmetry.ts';

/** Labels as a file names them: graphs hold places in the list. */
export interface LabelNames {
  /** What the labels are called, each once: numbers ascending, or else in the order of their UTF-16 units. */
  readonly names: readonly string[];
  /** Name of the attribute in GraphML. `label` in other files. */
  readonly attribute: string;
}

/** Graphs that belong together, one or thousands: all directed or none, all with labels or none. */
export interface GraphSet {
  readonly graphs: readonly Graph[];
  /** Set when graphs have labels on vertices. */
  readonly vertexLabels?: LabelNames;
  /** Set when graphs have labels on edges. */
  readonly edgeLabels?: LabelNames;
  /** Set when graphs themselves have labels, such as classes to learn; `of` has the place of each graph's. */
  readonly graphLabels?: LabelNames & { readonly of: Uint32Array };
}

const WHOLE = /^(0|-?[1-9]\d{0,14})$/;

/** Whether all names are whole numbers, written the one way that comes back. */
export function areNumbers(names: readonly string[]): boolean {
  return names.every((name) => WHOLE.test(name));
}

/**
 * The names that occur, sorted, and the place of each.
 *
 * @param given - A name for each vertex, edge or graph.
 */
export function labelsOf(given: readonly string[], attribute = 'label'): LabelNames & { of: Uint32Array } {
  const names = [...new Set(given)];
  if (areNumbers(names)) names.sort((a, b) => Number(a) - Number(b));
  else names.sort();
  const places = new Map(names.map((name, i) => [name, i]));
  return { names, attribute, of: Uint32Array.from(given, (name) => places.get(name)!) };
}

/**
 * That a value is a data set whose parts agree.
 *
 * @throws RangeError (`invalid-argument`) when they do not.
 */
export function checkGraphSet(set: GraphSet): void {
  const { graphs, vertexLabels, edgeLabels, graphLabels } = set;
  if (!Array.isArray(graphs) || graphs.length === 0) throw rangeError('a data set has one graph or more');
  for (const [i, graph] of graphs.entries()) {
    if (graph.directed !== graphs[0].directed) throw rangeError(`graph ${i} and graph 0: only one of them is directed`);
    for (const [labels, own, what] of [
      [vertexLabels, graph.vertexLabels, 'vertex'],
      [edgeLabels, graph.edgeLabels, 'edge'],
    ] as const) {
      if ((labels === undefined) !== (own === undefined))
        throw rangeError(`graph ${i} has ${own === undefined ? 'no' : ''} ${what} labels, unlike its data set`);
      const wrong = own?.find((label: number) => label >= labels!.names.length);
      if (wrong !== undefined) throw rangeError(`graph ${i} has the ${what} label ${wrong}, which has no name`);
    }
  }
  for (const labels of [vertexLabels, edgeLabels, graphLabels])
    if (labels !== undefined && new Set(labels.names).size !== labels.names.length)
      throw rangeError('two labels have the same name');
  if (graphLabels !== undefined && graphLabels.of.length !== graphs.length)
    throw rangeError(`a label for each of the ${graphs.length} graphs is wanted, not ${graphLabels.of.length}`);
}

/** Rounds of colour refinement for a hash where the search for a canonical form takes too long. */
const HASH_ROUNDS = 8;

/** Edges that a search for symmetries may look at: in proportion to the graph, so that all of them stay in bounds. */
export function effortFor(vertices: number, edges: number): number {
  return Math.min(2 ** 30, 2 ** 14 * (vertices + 2 * edges + 64));
}

/** How sure it is that two data sets are the same but for the names of vertices. */
export interface Comparison {
  readonly same: boolean;
  /** Graphs whose canonical forms were compared: a proof. */
  readonly proven: number;
  /** Graphs for which only hashes of colours were, as the search would have taken too long. */
  readonly hashed: number;
}

/**
 * Compares data sets up to the names of vertices, graph by graph: by canonical forms where they can be found, else by
 * {@link Graph.hash} with 8 rounds, which tells nearly all different graphs apart but proves nothing.
 */
export function compareGraphSets(a: GraphSet, b: GraphSet): Comparison {
  let [proven, hashed] = [0, 0];
  const different = (): Comparison => ({ same: false, proven, hashed });
  const labels = ({ vertexLabels, edgeLabels, graphLabels }: GraphSet): string =>
    JSON.stringify([vertexLabels, edgeLabels, graphLabels].map((one) => one && [one.attribute, one.names]));
  if (a.graphs.length !== b.graphs.length || labels(a) !== labels(b)) return different();
  if (a.graphLabels?.of.some((label, i) => label !== b.graphLabels!.of[i])) return different();
  for (const [i, one] of a.graphs.entries()) {
    const other = b.graphs[i];
    if (one.vertices !== other.vertices || one.edges !== other.edges) return different();
    const found = compareGraphs(one, other);
    if (found === 'different') return different();
    if (found === 'proven') proven++;
    else hashed++;
  }
  return { same: true, proven, hashed };
}

function compareGraphs(a: Graph, b: Graph): 'different' | 'proven' | 'hashed' {
  // The search that fails costs its whole effort: a large graph is given less of it.
  const effort = Math.min(2 ** 27, effortFor(a.vertices, a.edges));
  try {
    return canonicalForm(a, effort).equals(canonicalForm(b, effort)) ? 'proven' : 'different';
  } catch (error) {
    if ((error as { code?: string }).code !== 'limit') throw error;
    return a.hash(HASH_ROUNDS) === b.hash(HASH_ROUNDS) ? 'hashed' : 'different';
  }
}
