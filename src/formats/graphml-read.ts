/** Reading GraphML: what a data set can hold of it is read, and what it cannot is refused, line by line. */
import { parseXml, XmlElement, XmlError } from '@rgrove/parse-xml';
import { rangeError, typeError } from '../errors.ts';
import { Graph } from '../structures/graph.ts';
import { checkEdgeLists, checkLabel, lineError } from './graph-edges.ts';
import { type GraphSet, type LabelNames, labelsOf } from './graph-set.ts';

/** How a document is read. */
export interface GraphMlOptions {
  /** What messages call the file. Default `graphml`. */
  readonly file?: string;
}

interface Key {
  readonly attribute: string;
  readonly fallback: string | undefined;
}

type Part = 'graph' | 'node' | 'edge';

/** What is found of the labels of one part: the key that they go by, and a name for each or none at all. */
interface Found {
  key: string | undefined;
  readonly names: (string | undefined)[];
}

/** Largest document that is read: its tree takes many times as much. */
const MAX_DOCUMENT = 2 ** 27;

/**
 * Reads a GraphML document of one graph or many. One attribute each is read of graphs, nodes and edges, as a nominal
 * label, whole numbers (`int`, `long`), `boolean` and `string` alike.
 *
 * @throws RangeError (`invalid-argument`) with file and line for what is no GraphML, and for what a data set cannot hold
 *   and must not be dropped: real-valued attributes, several attributes, hyperedges, ports, nested graphs, edges that
 *   are there twice, edges of both kinds, labels of some only.
 */
export function parseGraphMl(text: string, { file = 'graphml' }: GraphMlOptions = {}): GraphSet {
  if (typeof text !== 'string') throw typeError('a GraphML document is text');
  if (text.length > MAX_DOCUMENT)
    throw rangeError(`${file}: more than ${MAX_DOCUMENT} characters: such a file is not read`);
  return new Reader(text, file).read();
}

class Reader {
  private readonly text: string;
  private readonly file: string;
  private readonly keys = new Map<string, Key & { readonly part: string }>();
  private readonly found: Record<Part, Found>;
  /** Where lines start, made when first asked for. */
  private starts: number[] | undefined;

  constructor(text: string, file: string) {
    this.text = text;
    this.file = file;
    const none = (): Found => ({ key: undefined, names: [] });
    this.found = { graph: none(), node: none(), edge: none() };
  }

  read(): GraphSet {
    const root = this.root();
    for (const one of elements(root)) if (one.name === 'key') this.key(one);
    const graphs: (() => Graph)[] = [];
    const kinds = new Map<boolean, XmlElement>();
    for (const one of elements(root)) {
      if (one.name === 'graph') graphs.push(this.graph(one, kinds));
      else if (one.name === 'data') this.fail(one, 'data of the whole document: a data set has no place for it');
      else if (one.name !== 'key' && one.name !== 'desc') this.fail(one, `<${one.name}> is not read here`);
    }
    if (graphs.length === 0) this.fail(root, 'no <graph>');
    const labels = { graph: this.labels('graph'), node: this.labels('node'), edge: this.labels('edge') };
    this.places = { node: labels.node?.of, edge: labels.edge?.of };
    const name = (one: (LabelNames & { of: Uint32Array }) | undefined): LabelNames | undefined =>
      one && { names: one.names, attribute: one.attribute };
    return {
      graphs: graphs.map((make) => make()),
      vertexLabels: name(labels.node),
      edgeLabels: name(labels.edge),
      graphLabels: labels.graph && { ...name(labels.graph)!, of: labels.graph.of },
    };
  }

  private places: { node?: Uint32Array; edge?: Uint32Array } = {};

  private fail(where: XmlElement | number, reason: string): never {
    const offset = typeof where === 'number' ? where : where.start;
    if (this.starts === undefined) {
      this.starts = [0];
      for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) this.starts.push(at + 1);
    }
    let line = this.starts.length;
    while (line > 1 && this.starts[line - 1] > offset) line--;
    throw lineError(this.file, line, reason);
  }

  private root(): XmlElement {
    let document: ReturnType<typeof parseXml>;
    try {
      document = parseXml(this.text, { includeOffsets: true });
    } catch (error) {
      if (!(error instanceof XmlError)) throw error;
      throw lineError(this.file, error.line, `no XML: ${error.message.split('\n')[0]}`);
    }
    const { root } = document;
    if (root === null || root.name !== 'graphml') throw lineError(this.file, 1, 'no GraphML: it has no <graphml>');
    return root;
  }

  private key(element: XmlElement): void {
    const {
      id,
      for: part = 'all',
      'attr.name': attribute = 'label',
      'attr.type': type = 'string',
    } = element.attributes;
    if (id === undefined) this.fail(element, '<key> without an id');
    if (this.keys.has(id)) this.fail(element, `the key '${id}' again`);
    if (!['boolean', 'int', 'long', 'string', 'float', 'double'].includes(type))
      this.fail(element, `the type '${type}' of the key '${id}' is none`);
    if (type === 'float' || type === 'double')
      this.fail(element, `the attribute '${attribute}' is real-valued, which is not coded: remove it to do without`);
    const fallback = elements(element).find((one) => one.name === 'default');
    this.keys.set(id, { part, attribute, fallback: fallback?.text });
    // A default is the label of whatever has none of its own.
    if (fallback !== undefined)
      for (const each of ['graph', 'node', 'edge'] as const) if (part === each) this.claim(each, id, element);
  }

  private claim(part: Part, id: string, element: XmlElement): void {
    const found = this.found[part];
    if (found.key !== undefined && found.key !== id)
      this.fail(element, `a second attribute of a ${part}: a data set has one label for each`);
    found.key = id;
  }

  /** The label of an element, or undefined. */
  private label(element: XmlElement, part: Part): string | undefined {
    let label: string | undefined;
    for (const one of elements(element)) {
      if (one.name !== 'data') continue;
      const id = one.attributes.key;
      const key = this.keys.get(id);
      if (key === undefined) this.fail(one, `no <key> has the id '${id}'`);
      if (key.part !== part && key.part !== 'all') this.fail(one, `the key '${id}' is not for a ${part}`);
      if (label !== undefined) this.fail(one, `a second value of '${id}'`);
      if (elements(one).length > 0) this.fail(one, 'data that is no text');
      this.claim(part, id, one);
      label = one.text;
      if (part !== 'node' || label.length < 40) this.real(label, one);
    }
    return label ?? (this.found[part].key === undefined ? undefined : this.keys.get(this.found[part].key)?.fallback);
  }

  private real(label: string, element: XmlElement): void {
    try {
      checkLabel(label, this.file, 1);
    } catch {
      this.fail(element, `'${label}' is a real number: labels are whole numbers or names`);
    }
  }

  private labels(part: Part): (LabelNames & { of: Uint32Array }) | undefined {
    const { key, names } = this.found[part];
    if (key === undefined) return undefined;
    const { attribute, fallback } = this.keys.get(key)!;
    const all = names.map((name, i) => {
      const label = name ?? fallback;
      if (label === undefined) throw rangeError(`${this.file}: ${part} ${i + 1} has no '${attribute}', others have`);
      return label;
    });
    return labelsOf(all, attribute);
  }

  /** Reads a graph; it is made later, when all labels are known. */
  private graph(element: XmlElement, kinds: Map<boolean, XmlElement>): () => Graph {
    const edgedefault = element.attributes.edgedefault ?? 'undirected';
    if (!['directed', 'undirected'].includes(edgedefault)) this.fail(element, `edgedefault '${edgedefault}' is none`);
    const directed = edgedefault === 'directed';
    kinds.set(directed, element);
    if (kinds.size > 1) this.fail(element, 'graphs of which some are directed and some are not');
    this.found.graph.names.push(this.label(element, 'graph'));
    const nodes = new Map<string, number>();
    const firstNode = this.found.node.names.length;
    const firstEdge = this.found.edge.names.length;
    const edges: XmlElement[] = [];
    for (const one of elements(element)) {
      if (one.name === 'node') {
        const { id } = one.attributes;
        if (id === undefined) this.fail(one, '<node> without an id');
        if (nodes.has(id)) this.fail(one, `the node '${id}' again`);
        this.inside(one);
        nodes.set(id, nodes.size);
        this.found.node.names.push(this.label(one, 'node'));
      } else if (one.name === 'edge') edges.push(one);
      else if (one.name !== 'data' && one.name !== 'desc')
        this.fail(one, `<${one.name}> is not coded: it would be lost`);
    }
    const end = (one: XmlElement, which: 'source' | 'target'): number => {
      const name = one.attributes[which];
      const place = name === undefined ? undefined : nodes.get(name);
      if (place === undefined) this.fail(one, name === undefined ? `<edge> without a ${which}` : `no node '${name}'`);
      if (one.attributes[`${which}port`] !== undefined) this.fail(one, 'ports of nodes are not coded');
      return place;
    };
    const sources: number[] = [];
    const targets: number[] = [];
    for (const one of edges) {
      const own = one.attributes.directed;
      if (own !== undefined && (own === 'true') !== directed)
        this.fail(one, `an edge that is ${own === 'true' ? '' : 'not '}directed, unlike the others`);
      this.inside(one);
      sources.push(end(one, 'source'));
      targets.push(end(one, 'target'));
      this.found.edge.names.push(this.label(one, 'edge'));
    }
    const labels = this.found.edge.names.slice(firstEdge);
    let bothDirections = false;
    try {
      const given = labels.every((label) => label !== undefined) ? (labels as string[]) : [];
      bothDirections = checkEdgeLists({ sources, targets, labels: given, directed, where: (i) => [this.file, i + 1] });
    } catch (error) {
      const line = Number(/line (\d+):/.exec((error as Error).message)?.[1]);
      const reason = (error as Error).message.replace(/^.*?line \d+: /s, '').replaceAll(/of line (\d+)/g, 'number $1');
      this.fail(edges[line - 1], reason);
    }
    if (bothDirections) this.fail(edges[0], 'undirected edges are listed once, not in both directions');
    return () =>
      new Graph({
        vertices: nodes.size,
        directed,
        sources,
        targets,
        vertexLabels: this.places.node?.subarray(firstNode, firstNode + nodes.size),
        edgeLabels: this.places.edge?.subarray(firstEdge, firstEdge + sources.length),
      });
  }

  /** That there is nothing in an element but its label. */
  private inside(element: XmlElement): void {
    for (const one of elements(element))
      if (one.name !== 'data' && one.name !== 'desc') this.fail(one, `<${one.name}> is not coded: it would be lost`);
  }
}

function elements(element: XmlElement): XmlElement[] {
  return element.children.filter((child): child is XmlElement => child instanceof XmlElement);
}
