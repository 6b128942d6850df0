/** Graphs whose vertices have no names: symmetries, and shuffle coding in its three forms. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Codec } from '../src/codecs/codec.ts';
import { uniform } from '../src/codecs/integers.ts';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { StabiliserChain } from '../src/structures/cosets.ts';
import { Graph } from '../src/structures/graph.ts';
import { autoregressivePolya, erdosRenyi, named } from '../src/structures/graph-models.ts';
import { polyaUrn, randomEdges } from '../src/structures/random-edges.ts';
import { shuffled, shuffledByColours } from '../src/structures/shuffle.ts';
import { shuffledExactly } from '../src/structures/shuffle-joint.ts';
import { automorphisms, canonicalForm, imageOf } from '../src/structures/symmetry.ts';
import { checkCodec } from './support/codecs.ts';
import {
  allGraphs,
  bruteAutomorphisms,
  bruteForm,
  graphs,
  growingGraph,
  randomNames,
  textOf,
} from './support/graphs.ts';

const limit = expect.objectContaining({ code: 'limit' });
const isomorphic = (a: Graph, b: Graph): void => expect(bruteForm(a)).toBe(bruteForm(b));
const order = (graph: Graph): number => {
  const sizes = new StabiliserChain(automorphisms(graph)).sizes();
  return sizes.reduce((product, size) => product * size, 1);
};

function cycle(n: number, from = 0): [number, number][] {
  return Array.from({ length: n }, (_, i) => [from + i, from + ((i + 1) % n)]);
}

/** Graphs whose symmetries are known. */
const known: readonly (readonly [string, Graph, number])[] = [
  ['nothing', Graph.fromEdges(0, []), 1],
  ['a cycle', Graph.fromEdges(50, cycle(50)), 100],
  ['three cycles', Graph.fromEdges(12, [...cycle(3), ...cycle(4, 3), ...cycle(5, 7)]), 6 * 8 * 10],
  ['two cycles of a size', Graph.fromEdges(12, [...cycle(6), ...cycle(6, 6)]), 12 * 12 * 2],
  ['Petersen', Graph.fromEdges(10, [...cycle(5), ...petersen()]), 120],
  ['a cube of 5 dimensions', cube(5), 32 * 120],
  ['a rook on 5 x 5', Graph.fromEdges(25, rook(5)), 2 * 120 * 120],
  ['Shrikhande', Graph.fromEdges(16, shrikhande()), 192],
  [
    'a star',
    Graph.fromEdges(
      9,
      Array.from({ length: 8 }, (_, i) => [0, i + 1] as const),
    ),
    40320,
  ],
  [
    'a tree',
    Graph.fromEdges(
      31,
      Array.from({ length: 30 }, (_, i) => [i + 1, i >> 1] as const),
    ),
    2 ** 15,
  ],
  [
    'one end of a tree',
    Graph.fromEdges(7, [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
      [2, 6],
    ]),
    1,
  ],
];

function petersen(): [number, number][] {
  return Array.from({ length: 5 }, (_, i): [number, number][] => [
    [i, i + 5],
    [5 + i, 5 + ((i + 2) % 5)],
  ]).flat();
}

function cube(dimensions: number): Graph {
  const edges: [number, number][] = [];
  for (let v = 0; v < 1 << dimensions; v++)
    for (let b = 0; b < dimensions; b++) if (((v >> b) & 1) === 0) edges.push([v, v | (1 << b)]);
  return Graph.fromEdges(1 << dimensions, edges);
}

function rook(k: number): [number, number][] {
  const edges: [number, number][] = [];
  for (let a = 0; a < k * k; a++)
    for (let b = 0; b < a; b++) if (Math.floor(a / k) === Math.floor(b / k) || a % k === b % k) edges.push([a, b]);
  return edges;
}

function shrikhande(): [number, number][] {
  const edges: [number, number][] = [];
  for (let a = 0; a < 16; a++)
    for (let b = 0; b < a; b++) {
      const x = ((a >> 2) - (b >> 2)) & 3;
      const y = ((a & 3) - (b & 3)) & 3;
      if ([1, 3, 4, 12, 5, 15].includes(4 * x + y)) edges.push([a, b]);
    }
  return edges;
}

describe('symmetries', () => {
  it('are those that counting finds, and canonical forms tell all small graphs apart', () => {
    const counts = [1, 1, 2, 4, 11, 34];
    for (let n = 0; n <= 5; n++) {
      const forms = new Map<string, string>();
      for (const graph of allGraphs(n)) {
        const brute = bruteForm(graph);
        const form = textOf(canonicalForm(graph));
        expect(forms.get(brute) ?? form).toBe(form);
        forms.set(brute, form);
        expect(order(graph)).toBe(bruteAutomorphisms(graph));
      }
      expect(forms.size).toBe(counts[n]);
      expect(new Set(forms.values()).size).toBe(counts[n]);
    }
  });

  it('know of directions, loops and labels', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          graphs(5, { directed: true, loops: true }),
          graphs(6, { vertexLabels: 2 }),
          graphs(5, { loops: true, edgeLabels: 2 }),
          graphs(5, { directed: true, vertexLabels: 2, edgeLabels: 2 }),
          graphs(6, { edges: 7 }),
        ),
        fc.integer(),
        (graph, seed) => {
          const form = canonicalForm(graph);
          expect(bruteForm(form)).toBe(bruteForm(graph));
          expect(canonicalForm(graph.renamed(randomNames(graph.vertices, seed))).equals(form)).toBe(true);
          expect(order(graph)).toBe(bruteAutomorphisms(graph));
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it('are known of regular graphs', () => {
    for (const [name, graph, symmetries] of known) {
      expect(order(graph), name).toBe(symmetries);
      const form = canonicalForm(graph);
      for (let seed = 0; seed < 5; seed++)
        expect(canonicalForm(graph.renamed(randomNames(graph.vertices, seed))).equals(form), name).toBe(true);
      for (const each of automorphisms(graph).generators)
        expect(graph.renamed(Array.from({ length: graph.vertices }, (_, v) => imageOf(each, v))).equals(graph)).toBe(
          true,
        );
    }
    // Alike to all who only look at neighbours.
    const [a, b] = [known[6], known[7]].map(() => Graph.fromEdges(16, rook(4)));
    expect(canonicalForm(a).equals(canonicalForm(b))).toBe(true);
    expect(canonicalForm(a).equals(canonicalForm(Graph.fromEdges(16, shrikhande())))).toBe(false);
    expect(a.hash()).toBe(Graph.fromEdges(16, shrikhande()).hash());
  });

  it('tell cosets apart', () => {
    for (const [, graph] of known) {
      const chain = new StabiliserChain(automorphisms(graph));
      for (let seed = 0; seed < 3; seed++) {
        const names = Uint32Array.from(randomNames(graph.vertices, seed));
        const least = names.slice();
        const which = chain.reduce(least);
        // All names that an automorphism makes of these have the same least ones.
        for (const each of automorphisms(graph).generators) {
          const other = Uint32Array.from(names, (_, v) => names[imageOf(each, v)]);
          chain.reduce(other);
          expect(other).toEqual(least);
        }
        expect(graph.renamed(least).equals(graph.renamed(names))).toBe(true);
        chain.restore(least, which);
        expect(least).toEqual(names);
      }
    }
  });

  it('are not searched for ever', () => {
    expect(() => canonicalForm(cube(8), 1000)).toThrow(limit);
    const stack = new BitStack({ initial: randomWords(400, 1) });
    const words = [...stack.getCompressed()];
    const graph = cube(6);
    const codec = shuffledExactly(named(erdosRenyi({ vertices: 64, edges: graph.edges })), { effort: 1000 });
    expect(() => codec.push(stack, graph)).toThrow(limit);
    expect([...stack.getCompressed()]).toEqual(words);
  });
});

describe('shuffle coding', () => {
  const labels = { vertexLabels: uniform(2), edgeLabels: uniform(3) };

  it('holds for the graph without vertices', () => {
    const none = new Uint32Array(0);
    const graph = new Graph({ vertices: 0, sources: none, targets: none, vertexLabels: none, edgeLabels: none });
    for (const model of [
      erdosRenyi({ vertices: 0, edges: 0, ...labels }),
      autoregressivePolya({ vertices: 0, ...labels }),
    ])
      for (const codec of [
        named(model),
        shuffled(model),
        shuffledByColours(named(model)),
        shuffledExactly(named(model)),
      ]) {
        const stack = new BitStack({ initial: randomWords(4) });
        codec.push(stack, graph);
        expect(codec.pop(stack).equals(graph)).toBe(true);
        expect(stack.netBits()).toBe(0);
      }
  });
  const forms: readonly (readonly [string, (n: number) => Codec<Graph>, fc.Arbitrary<Graph>])[] = [
    ['vertex by vertex', (n) => shuffled(erdosRenyi({ vertices: n, probability: 0.4 })), graphs(5)],
    ['vertex by vertex, Pólya', (n) => shuffled(autoregressivePolya({ vertices: n })), graphs(5)],
    [
      'vertex by vertex, labels',
      (n) => shuffled(autoregressivePolya({ vertices: n, loops: true, ...labels })),
      graphs(5, { loops: true, vertexLabels: 2, edgeLabels: 3 }),
    ],
    [
      'vertex by vertex, directed',
      (n) => shuffled(erdosRenyi({ vertices: n, probability: 0.4, directed: true, loops: true, ...labels })),
      graphs(5, { directed: true, loops: true, vertexLabels: 2, edgeLabels: 3 }),
    ],
    ['by colours', (n) => shuffledByColours(named(erdosRenyi({ vertices: n, probability: 0.4 })), 6), graphs(5)],
    ['exactly', (n) => shuffledExactly(named(erdosRenyi({ vertices: n, probability: 0.4 }))), graphs(5)],
    ['exactly, Pólya', (n) => shuffledExactly(named(autoregressivePolya({ vertices: n }))), graphs(5)],
    [
      'exactly, directed',
      (n) =>
        shuffledExactly(named(erdosRenyi({ vertices: n, probability: 0.4, directed: true, loops: true, ...labels }))),
      graphs(5, { directed: true, loops: true, vertexLabels: 2, edgeLabels: 3 }),
    ],
    ['exactly, an urn', () => shuffledExactly(polyaUrn({ vertices: 5, edges: 5 })), graphs(5, { edges: 5 })],
  ];

  it.each(forms)('is a codec: %s', (_name, codec, values) => {
    // Colours tell apart all that is different in graphs of five vertices: then nothing is lost, in any form.
    checkCodec(codec(5), { values, equal: isomorphic, runs: 25, refuses: [Graph.fromEdges(6, []), 0] });
  });

  it('is a codec where colours cannot tell', () => {
    checkCodec(shuffled(erdosRenyi({ vertices: 7, edges: 7 }), { rounds: 1, chunks: 2 }), {
      values: fc.oneof(
        graphs(7, { edges: 7 }),
        fc.constant(Graph.fromEdges(7, [...cycle(3), ...cycle(4, 3)])),
        fc.constant(Graph.fromEdges(7, cycle(7))),
      ),
      equal: (a, b) => expect(canonicalForm(a).equals(canonicalForm(b))).toBe(true),
      complete: false,
    });
    checkCodec(shuffledByColours(randomEdges({ vertices: 7, edges: 7 }), 0), {
      values: fc.constant(Graph.fromEdges(7, [...cycle(3), ...cycle(4, 3)])),
      equal: isomorphic,
      complete: false,
      runs: 5,
    });
  });

  it('gives all graphs without names a probability of 1 together', () => {
    for (let n = 0; n <= 5; n++) {
      const codec = shuffledExactly(named(erdosRenyi({ vertices: n, probability: 0.3 })));
      const seen = new Set<string>();
      let sum = 0;
      let measured = 0;
      for (const graph of allGraphs(n)) {
        const form = textOf(canonicalForm(graph));
        if (seen.has(form)) continue;
        seen.add(form);
        const stack = new BitStack({ initial: randomWords(20, n) });
        const before = stack.exactBits();
        codec.push(stack, graph);
        measured += 2 ** (before - stack.exactBits());
        sum += 2 ** -codec.bits(graph)!;
      }
      expect(sum).toBeCloseTo(1, 9);
      expect(measured).toBeCloseTo(1, 2);
    }
  });

  it('has the same words whatever the vertices are called', () => {
    const graph = growingGraph(60, 2, 4);
    for (const codec of [
      shuffledExactly(named(autoregressivePolya({ vertices: 60 }))),
      shuffledExactly(randomEdges({ vertices: 60, edges: graph.edges })),
    ]) {
      const words = [graph, ...[1, 2, 3].map((seed) => graph.renamed(randomNames(60, seed)))].map((each) => {
        const stack = new BitStack({ initial: randomWords(20, 1) });
        codec.push(stack, each);
        return [...stack.getCompressed()];
      });
      for (const each of words) expect(each).toEqual(words[0]);
    }
  });

  it('brings back large graphs, and saves what names cost', () => {
    const graph = growingGraph(600, 2, 1);
    const form = canonicalForm(graph);
    const model = erdosRenyi({ vertices: 600, edges: graph.edges });
    let names = 0;
    for (let i = 2; i <= 600; i++) names += Math.log2(i);
    names -= new StabiliserChain(automorphisms(graph)).orderBits();
    const ideal = named(model).bits(graph)! - names;
    for (const [codec, slack] of [
      [shuffledExactly(named(model)), 0.001],
      [shuffled(model), 0.02],
      [shuffled(model, { chunks: 1 }), 0.02],
      [shuffled(model, { hubs: 30 }), 0.05],
      [shuffledByColours(named(model), 8), 0.02],
    ] as const) {
      const stack = new BitStack({ initial: randomWords(400, 1) });
      const words = [...stack.getCompressed()];
      const before = stack.exactBits();
      codec.push(stack, graph);
      const cost = stack.exactBits() - before;
      expect(Math.abs(cost - ideal)).toBeLessThan(2 + slack * ideal);
      expect(canonicalForm(codec.pop(stack)).equals(form)).toBe(true);
      expect([...stack.getCompressed()]).toEqual(words);
    }
  });

  it('needs hardly any initial words when the hubs go first', () => {
    const graph = growingGraph(2000, 3, 2);
    const codec = shuffled(autoregressivePolya({ vertices: 2000 }), { hubs: 80 });
    const stack = new BitStack();
    codec.push(stack, graph);
    const cost = stack.netBits();
    expect(codec.pop(stack).hash()).toBe(graph.hash());
    const best = shuffled(autoregressivePolya({ vertices: 2000 }), { hubs: 'best' });
    const other = new BitStack();
    best.push(other, graph);
    expect(other.netBits()).toBeLessThan(1.01 * cost);
    expect(best.pop(other).hash()).toBe(graph.hash());
    expect(other.netBits()).toBe(0);
    const plain = shuffled(autoregressivePolya({ vertices: 2000 }));
    expect(() => plain.push(new BitStack(), graph)).toThrow(expect.objectContaining({ code: 'out-of-data' }));
  });

  it('says what it cannot do', () => {
    const model = autoregressivePolya({ vertices: 5 });
    for (const options of [{ rounds: -1 }, { rounds: 0.5 }, { chunks: 0 }, { hubs: -1 }])
      expect(() => shuffled(model, options)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(() => shuffledByColours(named(model), -1)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    const few = shuffled(erdosRenyi({ vertices: 40, probability: 0.9, maxEdges: 20 }));
    expect(() => few.pop(new BitStack({ initial: randomWords(100) }))).toThrow(limit);
  });
});
