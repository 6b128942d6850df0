/**
 * Data sets of graphs without the names of their vertices: bits an edge, by model and by what they are for.
 *
 * `npm run bench:graphs -- --graphs DIR` measures the data sets of a folder: `tu/NAME` in the format of TUDataset,
 * `szip/NAME.zip`, `dgcnn/NAME.txt`; and a graph of a million edges, drawn here. Without the folder only that one.
 * Writes bench/results/graphs.json, from which `npm run readme` makes tables. --smoke is quick and writes elsewhere.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { mapped } from '../src/codecs/compose.ts';
import { uniform } from '../src/codecs/integers.ts';
import { readGraphs } from '../src/formats/graph-files.ts';
import { compressGraphs, decompressGraphs, type GraphSet } from '../src/formats/graphs.ts';
import { Graph } from '../src/structures/graph.ts';
import { erdosRenyi, named } from '../src/structures/graph-models.ts';
import { shuffledExactly } from '../src/structures/shuffle-joint.ts';
import { generator } from './coder-cases.ts';
import { type Machine, machine } from './measure.ts';

/** Bits of a stream by what they are for. */
export interface Part {
  model: string;
  form: string;
  /** Graphs with their labels, as the stack grew by them. */
  graphs: number;
  ordered: number;
  sizes: number;
  parameters: number;
  initial: number;
  /** All of the archive. */
  archive: number;
}

/** A data set of many graphs. */
export interface TuRow {
  name: string;
  graphs: number;
  vertices: number;
  edges: number;
  /** Erdős–Rényi with one probability of an edge for all graphs, names forgotten: by its definition, without labels. */
  ideal: number;
  /** The same with the labels of vertices, each as likely as it is frequent. */
  idealLabelled: number | null;
  /** Entropy of the sizes, vertices and edges, of all graphs. */
  sizeEntropy: number;
  plain: Part;
  labelled: Part | null;
  /** With all that the data set has, by the model and form that turned out the smallest. */
  all: Part;
  seconds: { compress: number; decompress: number };
}

/** A single graph. */
export interface SzipRow {
  name: string;
  vertices: number;
  edges: number;
  /** By its definition: Erdős–Rényi with so many edges, names forgotten. */
  ideal: number;
  er: Part;
  ap: Part;
  /** Bits an edge of SZIP, as its paper says. */
  szip: number | null;
  seconds: { compress: number; decompress: number };
}

/** What is written to bench/results/graphs.json. Figures are bits, not bits an edge. */
export interface GraphsResults {
  date: string;
  machine: Machine;
  tu: TuRow[];
  szip: SzipRow[];
  large: {
    vertices: number;
    edges: number;
    ap: Part;
    memory: number;
    seconds: { compress: number; decompress: number };
  };
}

/** Choi and Szpankowski, "Compression of graphical structures", IEEE Transactions on Information Theory, 2012. */
const SZIP: Record<string, number> = { USAir97: 3.82, YeastS: 7.06, geom: 5.36 };

const progress = (text: string) => process.stderr.write(`${text}\n`);

async function measured(set: GraphSet, options: object): Promise<{ part: Part; seconds: TuRow['seconds'] }> {
  const start = performance.now();
  const { archive, bits, model, form, orderedBits, verified } = await compressGraphs(set, options);
  const middle = performance.now();
  await decompressGraphs(archive);
  const end = performance.now();
  if (!verified.same) throw new Error('not isomorphic: the figures of this run are void');
  const { graphs, sizes, parameters, initial } = bits;
  const part = { model, form, graphs, ordered: orderedBits, sizes, parameters, initial, archive: 8 * archive.length };
  return { part, seconds: { compress: (middle - start) / 1000, decompress: (end - middle) / 1000 } };
}

/** The graphs without labels, or with those of vertices alone. */
function bare(set: GraphSet, vertexLabels = false): GraphSet {
  const graphs = set.graphs.map(
    (graph) =>
      new Graph({
        vertices: graph.vertices,
        sources: graph.sources,
        targets: graph.targets,
        vertexLabels: vertexLabels ? graph.vertexLabels : undefined,
      }),
  );
  return { graphs, vertexLabels: vertexLabels ? set.vertexLabels : undefined };
}

/** Bits under one probability of an edge for all graphs, symmetries exact. */
function idealBits({ graphs, vertexLabels }: GraphSet): number {
  const sum = (of: (graph: Graph) => number) => graphs.reduce((all, graph) => all + of(graph), 0);
  const probability = sum(({ edges }) => edges) / sum(({ vertices }) => (vertices * (vertices - 1)) / 2);
  const counts = (vertexLabels?.names ?? []).map((_, label) =>
    sum((g) => g.vertexLabels!.filter((l) => l === label).length),
  );
  const all = counts.reduce((a, b) => a + b, 0);
  const labels = vertexLabels && {
    ...mapped<number, number>(
      uniform(counts.length),
      (l) => l,
      (l) => l,
    ),
    bits: (label: number) => Math.log2(all / counts[label]!),
  };
  return sum((graph) => {
    const shape = { vertices: graph.vertices, vertexLabels: labels };
    return graph.vertices === 0 ? 0 : shuffledExactly(named(erdosRenyi({ ...shape, probability }))).bits(graph)!;
  });
}

function sizeEntropy({ graphs }: GraphSet): number {
  const counts = new Map<string, number>();
  for (const { vertices, edges } of graphs) {
    const size = `${vertices} ${edges}`;
    counts.set(size, (counts.get(size) ?? 0) + 1);
  }
  return [...counts.values()].reduce((bits, count) => bits + count * Math.log2(graphs.length / count), 0);
}

async function measureSet(name: string, set: GraphSet): Promise<TuRow> {
  progress(`${name}: ${set.graphs.length} graphs`);
  const plain = bare(set);
  const labelled = set.vertexLabels && bare(set, true);
  const all = await measured(set, {});
  return {
    name,
    graphs: set.graphs.length,
    vertices: set.graphs.reduce((sum, graph) => sum + graph.vertices, 0),
    edges: set.graphs.reduce((sum, graph) => sum + graph.edges, 0),
    ideal: idealBits(plain),
    idealLabelled: labelled ? idealBits(labelled) : null,
    sizeEntropy: sizeEntropy(set),
    plain: (await measured(plain, { model: 'er', form: 'joint' })).part,
    labelled: labelled ? (await measured(labelled, { model: 'er', form: 'joint' })).part : null,
    all: all.part,
    seconds: all.seconds,
  };
}

async function measureSingle(name: string, set: GraphSet): Promise<SzipRow> {
  const [graph] = set.graphs;
  progress(`${name}: ${graph!.edges} edges`);
  const { vertices, edges } = graph!;
  const er = await measured(set, { model: 'er' });
  const ap = await measured(set, { model: 'ap' });
  const ideal = shuffledExactly(named(erdosRenyi({ vertices, edges }))).bits(graph!)!;
  return { name, vertices, edges, ideal, er: er.part, ap: ap.part, szip: SZIP[name] ?? null, seconds: ap.seconds };
}

/** A graph that grows, the same in every run: vertices are joined rather to those that have many edges. */
function powerLaw(edges: number, each: number): Graph {
  const next = generator(5);
  const below = (n: number) => Math.floor((next() / 2 ** 32) * n);
  const sources: number[] = [];
  const targets: number[] = [];
  let vertices = each;
  for (; sources.length < edges; vertices++) {
    const chosen = new Set<number>();
    while (chosen.size < each && sources.length + chosen.size < edges) {
      const edge = below(sources.length);
      chosen.add(sources.length === 0 || below(4) === 0 ? below(vertices) : [sources, targets][below(2)]![edge]!);
    }
    for (const other of chosen) {
      sources.push(vertices);
      targets.push(other);
    }
  }
  return new Graph({ vertices, sources, targets });
}

/** Graphs of a file of the repository pytorch_DGCNN: its labels are of its own making and left out. */
function parseDgcnn(path: string): GraphSet {
  const lines = readFileSync(path, 'utf8').split('\n');
  const count = Number(lines[0]);
  let at = 1;
  const graphs = Array.from({ length: count }, () => {
    const vertices = Number(lines[at++]!.split(' ')[0]);
    const edges: [number, number][] = [];
    for (let v = 0; v < vertices; v++) {
      const [, , ...others] = lines[at++]!.trim().split(/\s+/).map(Number);
      for (const other of others) if (v < other) edges.push([v, other]);
    }
    return Graph.fromEdges(vertices, edges);
  });
  return { graphs };
}

function readFolder(folder: string): GraphSet {
  const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  return readGraphs(new Map(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))])));
}

const { values } = parseArgs({
  options: {
    graphs: { type: 'string' },
    out: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
});
const { smoke } = values;
const folder = values.graphs ?? '';
const inside = (name: string) =>
  folder !== '' && existsSync(join(folder, name)) ? readdirSync(join(folder, name)).sort() : [];
if (folder === '') progress('without data sets: --graphs names their folder');
const tu: TuRow[] = [];
for (const name of inside('tu'))
  if (!smoke || name === 'MUTAG') tu.push(await measureSet(name, readFolder(join(folder, 'tu', name))));
for (const file of inside('dgcnn'))
  if (!smoke && file.startsWith('IMDB'))
    tu.push(await measureSet(file.replace('.txt', ''), parseDgcnn(join(folder, 'dgcnn', file))));
const szip: SzipRow[] = [];
for (const file of inside('szip')) {
  const name = file.replace('.zip', '');
  if (!file.endsWith('.zip') || (smoke && name !== 'USAir97')) continue;
  szip.push(
    await measureSingle(name, readGraphs(new Map([[file, new Uint8Array(readFileSync(join(folder, 'szip', file)))]]))),
  );
}
szip.sort((a, b) => a.edges - b.edges);
const large = powerLaw(smoke ? 10_000 : 1_000_000, 5);
progress(`a graph of ${large.edges} edges`);
const found = await measured({ graphs: [large] }, { model: 'ap', form: 'autoregressive' });
const results: GraphsResults = {
  date: new Date().toISOString().slice(0, 10),
  machine: machine(),
  tu,
  szip,
  large: {
    vertices: large.vertices,
    edges: large.edges,
    ap: found.part,
    memory: process.resourceUsage().maxRSS * 1024,
    seconds: found.seconds,
  },
};
const out = values.out ?? (smoke ? '.cache/graphs.json' : 'bench/results/graphs.json');
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, `${JSON.stringify(results, null, 2)}\n`);
for (const row of tu)
  console.log(
    `${row.name}: by definition ${(row.ideal / row.edges).toFixed(3)}, graphs ${(row.plain.graphs / row.edges).toFixed(3)}, ` +
      `sizes ${(row.plain.sizes / row.edges).toFixed(3)} (entropy ${(row.sizeEntropy / row.edges).toFixed(3)}), all ${(row.all.archive / row.edges).toFixed(3)}`,
  );
for (const row of szip)
  console.log(
    `${row.name}: er ${(row.er.graphs / row.edges).toFixed(3)} of ${(row.ideal / row.edges).toFixed(3)}, ap ${(row.ap.graphs / row.edges).toFixed(3)}, ` +
      `archive ${(row.ap.archive / row.edges).toFixed(3)}, SZIP ${row.szip ?? '-'}`,
  );
console.log(
  `${large.edges} edges: ${found.seconds.compress.toFixed(1)} s and ${found.seconds.decompress.toFixed(1)} s`,
);
