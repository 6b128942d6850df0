/**
 * Data sets in the format of TUDataset (chrsmrrs.github.io/datasets/docs/format): files NAME_A.txt with an edge a line,
 * NAME_graph_indicator.txt with the graph of each vertex, and labels beside them.
 */
import { rangeError } from '../errors.ts';
import { Graph } from '../structures/graph.ts';
import { checkEdgeLists, checkLabel, lineError } from './graph-edges.ts';
import { areNumbers, type GraphSet, type LabelNames, labelsOf } from './graph-set.ts';

/** How a data set is read. */
export interface TuOptions {
  /** Whether edges have a direction. Default false: then each is there in both directions, or each in one. */
  readonly directed?: boolean;
}

const SUFFIXES = ['A', 'graph_indicator', 'node_labels', 'edge_labels', 'graph_labels'] as const;
const REAL = ['node_attributes', 'edge_attributes', 'graph_attributes'];

/** The name of the data set among files, or undefined where there is none. */
export function tuName(files: Iterable<string>): string | undefined {
  for (const file of files) {
    const match = /^(.+)_A\.txt$/.exec(file);
    if (match !== null) return match[1];
  }
  return undefined;
}

/**
 * Reads a data set from its files by name, without folders. Files that are none of the format, such as a README, are
 * left alone.
 *
 * @throws RangeError (`invalid-argument`) with file and line for what is no data set, and for real-valued attributes,
 *   which are not dropped.
 */
export function parseTu(files: ReadonlyMap<string, string>, { directed = false }: TuOptions = {}): GraphSet {
  const name = tuName(files.keys());
  if (name === undefined) throw rangeError('no file of this data set is called NAME_A.txt');
  for (const attributes of REAL)
    if (files.has(`${name}_${attributes}.txt`))
      throw lineError(
        `${name}_${attributes}.txt`,
        1,
        'real-valued attributes are not coded: move this file elsewhere to do without them',
      );
  const lines = (suffix: (typeof SUFFIXES)[number]): string[] | undefined => {
    const text = files.get(`${name}_${suffix}.txt`);
    if (text === undefined) return undefined;
    const all = text.split('\n');
    while (all.length > 0 && all[all.length - 1].trim() === '') all.pop();
    return all;
  };
  const file = (suffix: string): string => `${name}_${suffix}.txt`;
  const indicator = lines('graph_indicator');
  if (indicator === undefined) throw rangeError(`${file('graph_indicator')} is missing`);
  const graphOf = new Uint32Array(indicator.length);
  const placeOf = new Uint32Array(indicator.length);
  const classes = lines('graph_labels');
  let count = classes?.length ?? 0;
  indicator.forEach((line, v) => {
    const graph = whole(line, file('graph_indicator'), v + 1);
    if (graph < 1 || graph > 2 ** 24)
      throw lineError(file('graph_indicator'), v + 1, `graphs are numbers from 1, not ${graph}`);
    if (classes !== undefined && graph > classes.length)
      throw lineError(file('graph_indicator'), v + 1, `graph ${graph}, but there are labels for ${classes.length}`);
    graphOf[v] = graph - 1;
    count = Math.max(count, graph);
  });
  const sizes = new Uint32Array(count);
  for (let v = 0; v < graphOf.length; v++) placeOf[v] = sizes[graphOf[v]]++;
  const arcs = lines('A') ?? [];
  const sources = new Uint32Array(arcs.length);
  const targets = new Uint32Array(arcs.length);
  arcs.forEach((line, i) => {
    const ends = line.split(',').map((end) => whole(end, file('A'), i + 1));
    if (ends.length !== 2) throw lineError(file('A'), i + 1, `an edge is two numbers, not '${line.slice(0, 60)}'`);
    for (const end of ends)
      if (end < 1 || end > graphOf.length)
        throw lineError(file('A'), i + 1, `vertices are numbers from 1 to ${graphOf.length}, not ${end}`);
    if (graphOf[ends[0] - 1] !== graphOf[ends[1] - 1])
      throw lineError(
        file('A'),
        i + 1,
        `an edge between graphs ${graphOf[ends[0] - 1] + 1} and ${graphOf[ends[1] - 1] + 1}`,
      );
    sources[i] = ends[0] - 1;
    targets[i] = ends[1] - 1;
  });
  const labelled = (suffix: 'node_labels' | 'edge_labels' | 'graph_labels', wanted: number): Labels | undefined => {
    const all = lines(suffix);
    if (all === undefined) return undefined;
    if (all.length !== wanted)
      throw lineError(file(suffix), all.length, `${wanted} lines are wanted, one a label, not ${all.length}`);
    const names = all.map((line, i) => {
      const label = line.trim();
      if (label === '' || /[,\s]/.test(label)) throw lineError(file(suffix), i + 1, `one label a line, not '${label}'`);
      checkLabel(label, file(suffix), i + 1);
      return label;
    });
    return { ...labelsOf(names), given: names };
  };
  const vertexLabels = labelled('node_labels', indicator.length);
  const edgeLabels = labelled('edge_labels', arcs.length);
  const graphLabels = labelled('graph_labels', count);
  const bothDirections = checkEdgeLists({
    sources,
    targets,
    labels: edgeLabels?.given ?? [],
    directed,
    where: (i) => [file('A'), i + 1],
  });
  const edgesOf: number[][] = Array.from({ length: count }, () => []);
  for (let i = 0; i < arcs.length; i++) edgesOf[graphOf[sources[i]]].push(i);
  const verticesOf: number[][] = Array.from({ length: count }, () => []);
  for (let v = 0; v < graphOf.length; v++) verticesOf[graphOf[v]].push(v);
  const graphs = edgesOf.map(
    (edges, g) =>
      new Graph({
        vertices: sizes[g],
        directed,
        bothDirections: bothDirections && edges.length > 0,
        sources: edges.map((i) => placeOf[sources[i]]),
        targets: edges.map((i) => placeOf[targets[i]]),
        vertexLabels: vertexLabels && verticesOf[g].map((v) => vertexLabels.of[v]),
        edgeLabels: edgeLabels && edges.map((i) => edgeLabels.of[i]),
      }),
  );
  return {
    graphs,
    vertexLabels: named(vertexLabels),
    edgeLabels: named(edgeLabels),
    graphLabels: graphLabels && { ...named(graphLabels)!, of: graphLabels.of },
  };
}

type Labels = LabelNames & { readonly of: Uint32Array; readonly given: readonly string[] };

function named(labels: Labels | undefined): LabelNames | undefined {
  return labels && { names: labels.names, attribute: labels.attribute };
}

function whole(text: string, file: string, line: number): number {
  const trimmed = text.trim();
  if (!/^\d{1,12}$/.test(trimmed))
    throw lineError(file, line, `a whole number is wanted, not '${trimmed.slice(0, 60)}'`);
  return Number(trimmed);
}

/**
 * The files of a data set, by name. Undirected edges are listed in both directions, as TUDataset does.
 *
 * @param name - What the data set is called.
 * @throws RangeError (`invalid-argument`) for labels that are no whole numbers, and for graphs without vertices at the end.
 */
export function writeTu(set: GraphSet, name: string): Map<string, string> {
  const { graphs, vertexLabels, edgeLabels, graphLabels } = set;
  for (const labels of [vertexLabels, edgeLabels, graphLabels])
    if (labels !== undefined && !areNumbers(labels.names))
      throw rangeError('labels of TU data sets are whole numbers: write graphml');
  if (graphs[graphs.length - 1].vertices === 0 && graphLabels === undefined)
    throw rangeError('a TU data set cannot say that its last graph has no vertices: write graphml');
  const text = { A: '', graph_indicator: '', node_labels: '', edge_labels: '', graph_labels: '' };
  let first = 1;
  for (const [g, graph] of graphs.entries()) {
    for (let v = 0; v < graph.vertices; v++) {
      text.graph_indicator += `${g + 1}\n`;
      if (vertexLabels !== undefined) text.node_labels += `${vertexLabels.names[graph.vertexLabels![v]]}\n`;
    }
    for (let i = 0; i < graph.edges; i++) {
      const [a, b] = [first + graph.sources[i], first + graph.targets[i]];
      const both = !graph.directed && a !== b;
      text.A += both ? `${a}, ${b}\n${b}, ${a}\n` : `${a}, ${b}\n`;
      if (edgeLabels !== undefined)
        text.edge_labels += `${edgeLabels.names[graph.edgeLabels![i]]}\n`.repeat(both ? 2 : 1);
    }
    if (graphLabels !== undefined) text.graph_labels += `${graphLabels.names[graphLabels.of[g]]}\n`;
    first += graph.vertices;
  }
  const files = new Map<string, string>([
    [`${name}_A.txt`, text.A],
    [`${name}_graph_indicator.txt`, text.graph_indicator],
  ]);
  if (vertexLabels !== undefined) files.set(`${name}_node_labels.txt`, text.node_labels);
  if (edgeLabels !== undefined) files.set(`${name}_edge_labels.txt`, text.edge_labels);
  if (graphLabels !== undefined) files.set(`${name}_graph_labels.txt`, text.graph_labels);
  return files;
}
