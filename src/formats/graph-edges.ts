/** Edge lists: a line for each edge, two columns, or three where edges have labels. */
import { rangeError, typeError } from '../errors.ts';
import { Graph } from '../structures/graph.ts';
import { type GraphSet, labelsOf } from './graph-set.ts';

/** How an edge list is read. */
export interface EdgeListOptions {
  /** Whether edges have a direction, which the file does not say. Default false. */
  readonly directed?: boolean;
  /** What messages call the file. Default `edges`. */
  readonly file?: string;
}

/** What is wrong in a line of a file. */
export function lineError(file: string, line: number, reason: string): RangeError {
  return rangeError(`${file}, line ${line}: ${reason}`);
}

/**
 * Reads an edge list. Columns are divided by blanks, tabs, commas or semicolons; what follows # or % is left out. A
 * vertex is called anything: numbers from 0 or 1 are names like any other. A line with one column is a vertex without
 * edges. An undirected edge may be listed in both directions if all of them are.
 *
 * @throws RangeError (`invalid-argument`) with file and line for what is no graph: a line of more columns, an edge that is
 *   there twice, labels on some edges only, labels that are fractions.
 */
export function parseEdgeList(text: string, { directed = false, file = 'edges' }: EdgeListOptions = {}): GraphSet {
  if (typeof text !== 'string') throw typeError('an edge list is text');
  const vertices = new Map<string, number>();
  const sources: number[] = [];
  const targets: number[] = [];
  const lines: number[] = [];
  const labels: string[] = [];
  const vertex = (name: string): number => {
    let place = vertices.get(name);
    if (place === undefined) {
      place = vertices.size;
      vertices.set(name, place);
    }
    return place;
  };
  let at = 0;
  for (let line = 1; at < text.length; line++) {
    let end = text.indexOf('\n', at);
    if (end < 0) end = text.length;
    const content = text
      .slice(at, end)
      .replace(/[#%].*$/s, '')
      .trim();
    at = end + 1;
    if (content === '') continue;
    const columns = content.split(/\s*[,;\t]\s*|\s+/);
    if (columns.length > 3 || columns.includes(''))
      throw lineError(file, line, `an edge is two names and perhaps a label, not '${content.slice(0, 60)}'`);
    if (columns.length === 1) {
      vertex(columns[0]);
      continue;
    }
    if (columns.length === 3) {
      if (labels.length !== sources.length) throw lineError(file, line, 'the edges before have no label, this one has');
      checkLabel(columns[2], file, line);
      labels.push(columns[2]);
    } else if (labels.length > 0) throw lineError(file, line, 'the edges before have labels, this one has none');
    sources.push(vertex(columns[0]));
    targets.push(vertex(columns[1]));
    lines.push(line);
  }
  const edgeLabels = labels.length > 0 ? labelsOf(labels) : undefined;
  const bothDirections = checkEdgeLists({ sources, targets, labels, directed, where: (i) => [file, lines[i]] });
  const graph = new Graph({
    vertices: vertices.size,
    directed,
    bothDirections,
    sources,
    targets,
    edgeLabels: edgeLabels?.of,
  });
  return { graphs: [graph], edgeLabels: edgeLabels && { names: edgeLabels.names, attribute: 'label' } };
}

/** That a label is no measurement. */
export function checkLabel(label: string, file: string, line: number): void {
  if (/^[+-]?(\d+\.\d*|\.\d+|\d+(\.\d*)?e[+-]?\d+|nan|inf(inity)?)$/i.test(label) && !/^[+-]?\d+\.0*$/.test(label))
    throw lineError(file, line, `'${label}' is a real number: labels are whole numbers or names`);
}

/** Edges as a file lists them. */
export interface ListedEdges {
  readonly sources: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  /** Empty where there are none. */
  readonly labels: readonly string[];
  readonly directed: boolean;
  /** File and line of an edge. */
  readonly where: (i: number) => readonly [file: string, line: number];
}

/**
 * That no edge is there twice, but for undirected ones that are all there in both directions.
 *
 * @returns Whether they are.
 * @throws RangeError with file and line.
 */
export function checkEdgeLists({ sources, targets, labels, directed, where }: ListedEdges): boolean {
  if (sources.length > 2 ** 23) throw lineError(...where(2 ** 23), 'more than 2^23 edges: such a file is not read');
  const seen = new Map<number, number>();
  const key = (a: number, b: number): number => a * 2 ** 26 + b;
  let loops = 0;
  for (let i = 0; i < sources.length; i++) {
    const before = seen.get(key(sources[i], targets[i]));
    if (before !== undefined)
      throw lineError(...where(i), `the edge of line ${where(before)[1]} again: a graph has an edge once`);
    seen.set(key(sources[i], targets[i]), i);
    if (sources[i] === targets[i]) loops++;
  }
  if (directed) return false;
  let back = 0;
  let single = -1;
  let twice = -1;
  for (let i = 0; i < sources.length; i++) {
    if (sources[i] === targets[i]) continue;
    const other = seen.get(key(targets[i], sources[i]));
    if (other === undefined) single = i;
    else {
      back++;
      twice = Math.max(i, other);
      if (labels.length > 0 && labels[i] !== labels[other])
        throw lineError(
          ...where(Math.max(i, other)),
          `the edge of line ${where(Math.min(i, other))[1]} the other way, with another label: is the graph directed?`,
        );
    }
  }
  if (back > 0 && back < sources.length - loops)
    throw lineError(
      ...where(twice),
      `an edge that is there the other way too, but that of line ${where(single)[1]} is not: is the graph directed?`,
    );
  return back > 0;
}

/**
 * Writes an edge list: vertices are numbers from 0, those without edges on lines of their own.
 *
 * @throws RangeError (`invalid-argument`) for what an edge list cannot say: several graphs, labels of vertices or graphs,
 *   labels of edges with blanks or signs that divide columns.
 */
export function writeEdgeList({ graphs, vertexLabels, edgeLabels, graphLabels }: GraphSet): string {
  const fail = (what: string): never => {
    throw rangeError(`an edge list has no ${what}: write graphml or tu`);
  };
  if (graphs.length !== 1) fail('place for several graphs');
  if (vertexLabels !== undefined) fail('labels of vertices');
  if (graphLabels !== undefined) fail('labels of graphs');
  const wrong = edgeLabels?.names.find((name) => name === '' || /[\s,;#%]/.test(name));
  if (wrong !== undefined) fail(`label '${wrong}'`);
  const [graph] = graphs;
  const lines: string[] = [];
  const degrees = graph.degrees();
  for (let v = 0; v < graph.vertices; v++) if (degrees[v] === 0) lines.push(String(v));
  for (let i = 0; i < graph.edges; i++) {
    const label = edgeLabels === undefined ? '' : ` ${edgeLabels.names[graph.edgeLabels![i]]}`;
    lines.push(`${graph.sources[i]} ${graph.targets[i]}${label}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}
