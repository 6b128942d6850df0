/** GraphML (graphml.graphdrawing.org): the document of a data set of graphs, one spelling for each. */
import { areNumbers, type GraphSet, type LabelNames } from './graph-set.ts';

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escaped = (text: string): string => text.replace(/[&<>"]/g, (letter) => ESCAPES[letter]);

/** Characters collected before they become bytes. */
const CHUNK = 1 << 16;

/**
 * The GraphML document of a data set: vertices are called n0, n1 and so on, labels are nominal attributes, whole
 * numbers as `long` and others as `string`. One graph is one `graph` element.
 *
 * @example
 * new TextDecoder().decode(writeGraphMl({ graphs: [Graph.fromEdges(2, [[0, 1]])] }));
 */
export function writeGraphMl({ graphs, vertexLabels, edgeLabels, graphLabels }: GraphSet): Uint8Array {
  const pieces: Uint8Array[] = [];
  const encoder = new TextEncoder();
  let text = '';
  let length = 0;
  const flush = (): void => {
    const piece = encoder.encode(text);
    pieces.push(piece);
    length += piece.length;
    text = '';
  };
  const line = (content: string): void => {
    text += `${content}\n`;
    if (text.length >= CHUNK) flush();
  };
  line('<?xml version="1.0" encoding="UTF-8"?>');
  line('<graphml xmlns="http://graphml.graphdrawing.org/xmlns">');
  const key = (id: string, labels: LabelNames | undefined, what: string): void => {
    if (labels === undefined) return;
    const type = areNumbers(labels.names) ? 'long' : 'string';
    line(`<key id="${id}" for="${what}" attr.name="${escaped(labels.attribute)}" attr.type="${type}"/>`);
  };
  key('v', vertexLabels, 'node');
  key('e', edgeLabels, 'edge');
  key('g', graphLabels, 'graph');
  const data = (id: string, labels: LabelNames, place: number): string =>
    `<data key="${id}">${escaped(labels.names[place])}</data>`;
  for (const [i, graph] of graphs.entries()) {
    line(`<graph id="g${i}" edgedefault="${graph.directed ? '' : 'un'}directed">`);
    if (graphLabels !== undefined) line(data('g', graphLabels, graphLabels.of[i]));
    for (let v = 0; v < graph.vertices; v++)
      if (vertexLabels === undefined) line(`<node id="n${v}"/>`);
      else line(`<node id="n${v}">${data('v', vertexLabels, graph.vertexLabels![v])}</node>`);
    for (let e = 0; e < graph.edges; e++) {
      const ends = `source="n${graph.sources[e]}" target="n${graph.targets[e]}"`;
      if (edgeLabels === undefined) line(`<edge ${ends}/>`);
      else line(`<edge ${ends}>${data('e', edgeLabels, graph.edgeLabels![e])}</edge>`);
    }
    line('</graph>');
  }
  line('</graphml>');
  flush();
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
