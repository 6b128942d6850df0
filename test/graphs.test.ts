/** Graphs with named vertices: the type, what codes them, and random edge coding. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uniform } from '../src/codecs/integers.ts';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { Chosen } from '../src/structures/chosen.ts';
import { Fenwick } from '../src/structures/fenwick.ts';
import { Graph } from '../src/structures/graph.ts';
import { autoregressivePolya, erdosRenyi, named } from '../src/structures/graph-models.ts';
import { neighbourLists, polyaUrn, randomEdges } from '../src/structures/random-edges.ts';
import { checkCodec } from './support/codecs.ts';
import { allGraphs, graphs, growingGraph, randomNames } from './support/graphs.ts';
import { randomOf } from './support/random.ts';

const sameGraph = (a: Graph, b: Graph): void => expect(a.equals(b)).toBe(true);
const invalid = expect.objectContaining({ code: 'invalid-argument' });
const wrongType = expect.objectContaining({ code: 'invalid-type' });

/** Bits that pushing a value adds. */
function costOf<T>(codec: { push(stack: BitStack, value: T): void }, value: T, seed = 1): number {
  const stack = new BitStack({ initial: randomWords(4000, seed) });
  const before = stack.exactBits();
  codec.push(stack, value);
  return stack.exactBits() - before;
}

describe('a graph', () => {
  it('holds its edges in order', () => {
    const graph = new Graph({
      vertices: 4,
      sources: [3, 0, 2, 1],
      targets: [1, 2, 2, 0],
      edgeLabels: [7, 8, 9, 10],
      vertexLabels: [5, 5, 6, 6],
    });
    expect([...graph.sources]).toEqual([0, 0, 1, 2]);
    expect([...graph.targets]).toEqual([1, 2, 3, 2]);
    expect([...graph.edgeLabels!]).toEqual([10, 8, 7, 9]);
    expect(graph.edges).toBe(4);
    expect(graph.loops).toBe(1);
    expect([...graph.degrees()]).toEqual([2, 2, 2, 1]);
    expect([...graph.adjacency().neighbours]).toEqual([1, 2, 0, 3, 0, 2, 1]);
  });

  it('takes edges that are listed in both directions', () => {
    const graph = new Graph({
      vertices: 3,
      sources: [0, 1, 1, 2, 2],
      targets: [1, 0, 2, 1, 2],
      edgeLabels: [4, 4, 5, 5, 6],
      bothDirections: true,
    });
    sameGraph(graph, new Graph({ vertices: 3, sources: [0, 1, 2], targets: [1, 2, 2], edgeLabels: [4, 5, 6] }));
    const both = (sources: number[], targets: number[], edgeLabels?: number[]) => () =>
      new Graph({ vertices: 3, sources, targets, edgeLabels, bothDirections: true });
    expect(both([0, 1], [1, 2])).toThrow(invalid);
    expect(both([0, 0], [1, 1])).toThrow(invalid);
    expect(both([0, 1], [1, 0], [1, 2])).toThrow(invalid);
    expect(both([0, 1, 0, 1], [1, 0, 1, 0])).toThrow(invalid);
  });

  it('refuses what it cannot hold', () => {
    const one = { vertices: 3, sources: [0], targets: [1] };
    expect(() => new Graph({ ...one, targets: [3] })).toThrow(/edge 0 joins 0 and 3/);
    expect(() => new Graph({ ...one, sources: [-1] })).toThrow(invalid);
    expect(() => new Graph({ ...one, sources: [0.5] })).toThrow(invalid);
    expect(() => new Graph({ ...one, vertices: -1 })).toThrow(invalid);
    expect(() => new Graph({ ...one, targets: [] })).toThrow(wrongType);
    expect(() => new Graph({ ...one, vertexLabels: [1] })).toThrow(wrongType);
    expect(() => new Graph({ ...one, edgeLabels: [] })).toThrow(wrongType);
    expect(() => new Graph({ ...one, edgeLabels: [-1] })).toThrow(invalid);
    expect(() => new Graph({ ...one, directed: true, bothDirections: true })).toThrow(wrongType);
    expect(() =>
      Graph.fromEdges(3, [
        [0, 1],
        [1, 0],
      ]),
    ).toThrow(/edges 0 and 1 both join 0 and 1/);
    expect(new Graph({ vertices: 2, sources: [0, 1], targets: [1, 0], directed: true }).edges).toBe(2);
    expect(() => Graph.fromEdges(2, []).renamed([0, 0])).toThrow(invalid);
    expect(() => Graph.fromEdges(2, []).renamed([0])).toThrow(invalid);
  });

  it('has a hash that names do not change', () => {
    fc.assert(
      fc.property(
        graphs(7, { directed: true, loops: true, vertexLabels: 3, edgeLabels: 3 }),
        fc.integer(),
        (graph, seed) => {
          expect(graph.renamed(randomNames(7, seed)).hash()).toBe(graph.hash());
        },
      ),
      { seed: 1, numRuns: 50 },
    );
    const hashes = new Set(allGraphs(5).map((graph) => graph.hash()));
    expect(hashes.size).toBe(34);
    const path = new Graph({ vertices: 3, sources: [0, 1], targets: [1, 2], directed: true });
    const fork = new Graph({ vertices: 3, sources: [1, 1], targets: [0, 2], directed: true });
    expect(path.hash()).not.toBe(fork.hash());
    expect(Graph.fromEdges(0, []).hash()).not.toBe(Graph.fromEdges(1, []).hash());
  });
});

describe('weights that change', () => {
  it('are what a list is', () => {
    const random = randomOf(1);
    for (const size of [1, 2, 3, 7, 8, 100]) {
      const list = Array.from({ length: size }, () => random(5));
      const tree = new Fenwick(size, list);
      for (let step = 0; step < 100; step++) {
        const at = random(size);
        list[at] = random(6);
        tree.set(at, list[at]);
        const below = list.map((_, i) => list.slice(0, i).reduce((a, b) => a + b, 0));
        expect(tree.total).toBe(below[size - 1] + list[size - 1]);
        for (let i = 0; i < size; i++) {
          expect(tree.below(i)).toBe(below[i]);
          if (list[i] > 0) expect(tree.find(below[i] + list[i] - 1)).toBe(i);
        }
      }
    }
  });

  it('are chosen in proportion, whatever their sum', () => {
    const random = randomOf(2);
    for (const scale of [1, 2 ** 20, 2 ** 40])
      for (const size of [1, 2, 5, 33]) {
        const list = Array.from({ length: size }, () => random(4) * scale + (scale > 1 ? random(1000) : 0));
        list[0]++;
        const tree = new Fenwick(size, list);
        for (let i = 0; i < size; i++) {
          if (list[i] === 0) continue;
          const stack = new BitStack({ initial: randomWords(4, i) });
          const before = stack.exactBits();
          tree.push(stack, i);
          // Halves are told apart to 2^-24: what is less likely than that costs less than it should.
          if (list[i] * 2 ** 14 > tree.total)
            expect((2 ** (before - stack.exactBits()) * tree.total) / list[i]).toBeCloseTo(1, 2);
          expect(tree.pop(stack)).toBe(i);
          expect(stack.exactBits()).toBe(before);
        }
        const stack = new BitStack({ initial: randomWords(40, 7) });
        const words = [...stack.getCompressed()];
        const popped = [tree.pop(stack), tree.pop(stack), tree.pop(stack)];
        for (const i of popped.reverse()) tree.push(stack, i);
        expect([...stack.getCompressed()]).toEqual(words);
      }
  });

  it('find places that are free', () => {
    const chosen = new Chosen(10);
    for (const place of [0, 1, 5, 9]) chosen.add(place);
    expect([0, 1, 2, 3, 4, 5].map((rank) => chosen.free(rank))).toEqual([2, 3, 4, 6, 7, 8]);
  });
});

describe('models of graphs with named vertices', () => {
  it('are codecs: Erdős–Rényi', () => {
    checkCodec(named(erdosRenyi({ vertices: 7, edges: 9 })), {
      values: graphs(7, { edges: 9 }),
      equal: sameGraph,
      refuses: [Graph.fromEdges(7, []), Graph.fromEdges(8, []), 'x', growingGraph(7, 1, 1).edges],
    });
    const labels = { vertexLabels: uniform(3), edgeLabels: uniform(4) };
    checkCodec(named(erdosRenyi({ vertices: 6, probability: 0.3, directed: true, loops: true, ...labels })), {
      values: graphs(6, { directed: true, loops: true, vertexLabels: 3, edgeLabels: 4 }),
      equal: sameGraph,
      refuses: [Graph.fromEdges(6, []), new Graph({ vertices: 6, sources: [], targets: [], directed: true })],
    });
    checkCodec(named(erdosRenyi({ vertices: 5, probability: 0.9 })), { values: graphs(5), equal: sameGraph });
    checkCodec(named(erdosRenyi({ vertices: 0, edges: 0 })), { values: graphs(0), equal: sameGraph });
    checkCodec(named(erdosRenyi({ vertices: 60, edges: 300 })), {
      values: graphs(60, { edges: 300 }),
      equal: sameGraph,
      words: 400,
      runs: 10,
    });
  });

  it('are codecs: autoregressive Pólya', () => {
    checkCodec(named(autoregressivePolya({ vertices: 8 })), {
      values: graphs(8),
      equal: sameGraph,
      refuses: [
        Graph.fromEdges(7, []),
        new Graph({ vertices: 8, sources: [], targets: [], directed: true }),
        new Graph({ vertices: 8, sources: [1], targets: [1] }),
        new Graph({ vertices: 8, sources: [], targets: [], vertexLabels: new Array(8).fill(0) }),
        new Graph({ vertices: 8, sources: [], targets: [], edgeLabels: [] }),
      ],
    });
    const labels = { vertexLabels: uniform(3), edgeLabels: uniform(2) };
    checkCodec(named(autoregressivePolya({ vertices: 7, loops: true, ...labels })), {
      values: graphs(7, { loops: true, vertexLabels: 3, edgeLabels: 2 }),
      equal: sameGraph,
    });
    checkCodec(named(autoregressivePolya({ vertices: 1 })), { values: graphs(1), equal: sameGraph });
    const codec = named(autoregressivePolya({ vertices: 3000 }));
    const star = Graph.fromEdges(
      3000,
      Array.from({ length: 2999 }, (_, i) => [0, i + 1] as const),
    );
    for (const graph of [star, growingGraph(3000, 3, 1)]) {
      const stack = new BitStack({ initial: randomWords(2000, 1) });
      const before = stack.exactBits();
      codec.push(stack, graph);
      sameGraph(codec.pop(stack), graph);
      expect(stack.exactBits()).toBe(before);
    }
  });

  it('give all graphs a probability of 1 together', () => {
    for (const model of [
      erdosRenyi({ vertices: 4, edges: 3 }),
      erdosRenyi({ vertices: 4, probability: 0.2 }),
      erdosRenyi({ vertices: 5, probability: 0.5 }),
    ]) {
      const codec = named(model);
      let sum = 0;
      for (const graph of allGraphs(model.shape.vertices)) {
        if ('edges' in model.shape && graph.edges !== model.shape.edges) continue;
        const cost = costOf(codec, graph);
        expect(cost).toBeCloseTo(codec.bits(graph)!, 1);
        sum += 2 ** -cost;
      }
      expect(sum).toBeCloseTo(1, 2);
    }
  });

  it('cost what they should where edges are where none were expected', () => {
    const hub = Graph.fromEdges(
      500,
      Array.from({ length: 499 }, (_, i) => [0, i + 1] as const),
    );
    for (const codec of [
      named(erdosRenyi({ vertices: 500, edges: 499 })),
      named(erdosRenyi({ vertices: 500, probability: 0.01 })),
    ]) {
      const ideal = codec.bits(hub)!;
      expect(Math.abs(costOf(codec, hub) - ideal)).toBeLessThan(2 + ideal * 1e-3);
    }
  });

  it('say what they are not', () => {
    expect(() => erdosRenyi({ vertices: 3, edges: 4 })).toThrow(invalid);
    expect(() => erdosRenyi({ vertices: 3, probability: 0 })).toThrow(invalid);
    expect(() => erdosRenyi({ vertices: 2 ** 27, probability: 0.5 })).toThrow(invalid);
    expect(() => erdosRenyi({ vertices: 100, edges: 50, maxEdges: 40 })).toThrow(invalid);
    expect(() => autoregressivePolya({ vertices: 3, directed: true })).toThrow(wrongType);
  });

  it('keep to the most edges', () => {
    const codec = named(erdosRenyi({ vertices: 40, probability: 0.9, maxEdges: 50 }));
    const stack = new BitStack({ initial: randomWords(200, 1) });
    const words = [...stack.getCompressed()];
    expect(() => codec.pop(stack)).toThrow(expect.objectContaining({ code: 'limit' }));
    expect([...stack.getCompressed()]).toEqual(words);
    expect(() => codec.push(stack, allGraphs(5)[0])).toThrow(expect.objectContaining({ code: 'impossible-symbol' }));
  });
});

describe('random edge coding', () => {
  it('is a codec', () => {
    checkCodec(randomEdges({ vertices: 9, edges: 12 }), {
      values: graphs(9, { edges: 12 }),
      equal: sameGraph,
      complete: false,
      refuses: [Graph.fromEdges(9, []), 3],
    });
    const labels = { vertexLabels: uniform(3), edgeLabels: uniform(2) };
    checkCodec(randomEdges({ vertices: 6, edges: 8, directed: true, loops: true, ...labels }), {
      values: graphs(6, { edges: 8, directed: true, loops: true, vertexLabels: 3, edgeLabels: 2 }),
      equal: sameGraph,
      complete: false,
    });
    checkCodec(randomEdges({ vertices: 6, edges: 8, loops: true }), {
      values: graphs(6, { edges: 8, loops: true }),
      equal: sameGraph,
      complete: false,
    });
    checkCodec(polyaUrn({ vertices: 7, edges: 10, ...labels }), {
      values: graphs(7, { edges: 10, vertexLabels: 3, edgeLabels: 2 }),
      equal: sameGraph,
    });
  });

  it('loses nothing to edges that cannot be', () => {
    // Whatever the urn yields, taking each edge's turn and order into account, sums to 1 over all graphs.
    const codec = polyaUrn({ vertices: 4, edges: 1 });
    const costs = allGraphs(4)
      .filter(({ edges }) => edges === 1)
      .map((graph) => costOf(codec, graph));
    expect(costs.reduce((sum, cost) => sum + 2 ** -cost, 0)).toBeCloseTo(1, 2);
    expect(() => polyaUrn({ vertices: 4, edges: 1, loops: true })).toThrow(wrongType);
    expect(() => polyaUrn({ vertices: 4, edges: 1, directed: true })).toThrow(wrongType);
    expect(() => randomEdges({ vertices: 4, edges: 7 })).toThrow(invalid);
    expect(() => randomEdges({ vertices: 4, edges: 6, maxEdges: 5 })).toThrow(invalid);
  });

  it('makes lists of neighbours shorter than any list of ids', () => {
    const [n, each] = [2000, 16];
    const random = randomOf(3);
    // As in a search index: neighbours are near, and a few are those of nearly all.
    const lists = Array.from({ length: n }, (_, i) => {
      const list = new Set<number>();
      while (list.size < each) {
        const to = random(3) === 0 ? random(40) * 50 : (i + random(200) + 1900) % n;
        if (to !== i) list.add(to);
      }
      return [...list];
    });
    const codec = neighbourLists(n, n * each);
    const cost = costOf(codec, lists);
    expect(Math.abs(cost - codec.bits(lists)!)).toBeLessThan(2 + cost * 1e-3);
    // 11 bits an id when they are written down, and about 4 fewer for not having an order.
    expect(cost / (n * each)).toBeLessThan(8);
    const stack = new BitStack({ initial: randomWords(20, 1) });
    codec.push(stack, lists);
    expect(codec.pop(stack).map((list) => [...(list as Uint32Array)])).toEqual(
      lists.map((list) => [...list].sort((a, b) => a - b)),
    );
    expect(() => codec.push(stack, lists.slice(1))).toThrow(expect.objectContaining({ code: 'impossible-symbol' }));
    expect(() => neighbourLists(2, 2).push(stack, [[1, 1], []])).toThrow(
      expect.objectContaining({ code: 'impossible-symbol' }),
    );
    expect(() => neighbourLists(2, 2).push(stack, [[1], [1]])).toThrow(
      expect.objectContaining({ code: 'impossible-symbol' }),
    );
  });
});
