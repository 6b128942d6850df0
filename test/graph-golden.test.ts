/** The words of graphs: what has been written can be read by every later version, in every engine. */
import { describe, expect, it } from 'vitest';
import type { Codec } from '../src/codecs/codec.ts';
import { uniform } from '../src/codecs/integers.ts';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { Graph } from '../src/structures/graph.ts';
import { autoregressivePolya, erdosRenyi, named } from '../src/structures/graph-models.ts';
import { polyaUrn, randomEdges } from '../src/structures/random-edges.ts';
import { shuffled, shuffledByColours } from '../src/structures/shuffle.ts';
import { shuffledExactly } from '../src/structures/shuffle-joint.ts';
import { growingGraph } from './support/graphs.ts';

const graph = growingGraph(300, 2, 8);
const { vertices, edges, sources, targets } = graph;
const labelled = new Graph({
  vertices,
  directed: true,
  sources: targets,
  targets: sources,
  vertexLabels: sources.slice(0, vertices).map((v) => v % 3),
  edgeLabels: targets.map((v) => v % 5),
});
const labels = { vertexLabels: uniform(3), edgeLabels: uniform(5) };

const golden: readonly (readonly [string, Codec<Graph>, Graph, number, number])[] = [
  ['Erdős–Rényi, edges', named(erdosRenyi({ vertices, edges })), graph, 243, 3027901418],
  ['Erdős–Rényi, probability', named(erdosRenyi({ vertices, probability: 0.01 })), graph, 244, 1664919031],
  ['Erdős–Rényi, labels', named(erdosRenyi({ vertices, edges, directed: true, ...labels })), labelled, 319, 1867228412],
  ['Pólya', named(autoregressivePolya({ vertices })), graph, 247, 2727150390],
  ['random edges', randomEdges({ vertices, edges }), graph, 242, 3056033306],
  ['an urn', polyaUrn({ vertices, edges }), graph, 241, 1624542124],
  ['shuffled', shuffled(autoregressivePolya({ vertices })), graph, 179, 1721514954],
  [
    'shuffled, chunks',
    shuffled(autoregressivePolya({ vertices }), { chunks: 16, rounds: 3, hubs: 9 }),
    graph,
    182,
    530282760,
  ],
  ['shuffled, labels', shuffled(erdosRenyi({ vertices, edges, directed: true, ...labels })), labelled, 255, 110732309],
  ['by colours', shuffledByColours(randomEdges({ vertices, edges })), graph, 178, 3161991479],
  ['exactly', shuffledExactly(named(erdosRenyi({ vertices, edges }))), graph, 179, 3992032852],
];

describe('the words of graphs', () => {
  it.each(golden)('stay what they are: %s', (_name, codec, value, count, hash) => {
    const stack = new BitStack({ initial: randomWords(100, 1) });
    codec.push(stack, value);
    const words = stack.getCompressed();
    let sum = 0x811c9dc5;
    for (const word of words) sum = Math.imul(sum ^ word ^ (word >>> 13), 0x01000193);
    expect([words.length, sum >>> 0]).toEqual([count, hash]);
    codec.pop(stack);
    expect([...stack.getCompressed()]).toEqual([...new BitStack({ initial: randomWords(100, 1) }).getCompressed()]);
  });
});
