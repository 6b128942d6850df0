/** Files of graphs, data sets on one stack, and their archives. */
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { storedFrame } from '../src/container/frames.ts';
import { ContainerWriter } from '../src/container/writer.ts';
import { SurprisalError } from '../src/errors.ts';
import { list, recover, test as testArchive } from '../src/formats/archive.ts';
import {
  codingOf,
  type GraphForm,
  type GraphModelName,
  popNumbers,
  pushGraphs,
  pushNumbers,
} from '../src/formats/graph-code.ts';
import {
  parseEdgeList,
  parseGraphMl,
  parseTu,
  readGraphs,
  writeEdgeList,
  writeGraphMl,
  writeGraphs,
  writeTu,
} from '../src/formats/graph-files.ts';
import { compareGraphSets, type GraphSet } from '../src/formats/graph-set.ts';
import { compressGraphs, decompressGraphs, openGraphs } from '../src/formats/graphs.ts';
import {
  parseShuffle,
  type ShuffleParameters,
  shuffleBytes,
  shuffleMemory,
  shufflePayload,
} from '../src/formats/graphs-method.ts';
import { decompress, decompressSync } from '../src/index.ts';
import { Graph } from '../src/structures/graph.ts';
import { type Kind, randomSet } from './support/graph_sets.ts';
import { growingGraph, randomNames } from './support/graphs.ts';
import { randomOf } from './support/random.ts';
import golden from './vectors/graphs.json' with { type: 'json' };

const ascii = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (two) => Number.parseInt(two, 16));
const hexOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** The same graphs under other names. */
function renamed(set: GraphSet, seed: number): GraphSet {
  return { ...set, graphs: set.graphs.map((graph, i) => graph.renamed(randomNames(graph.vertices, seed + i))) };
}

const same = (a: GraphSet, b: GraphSet) => expect(compareGraphSets(a, b).same).toBe(true);
const says = (run: () => unknown, part: string) =>
  expect(run).toThrow(expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining(part) }));

describe('edge lists', () => {
  it('reads names of any kind, divided in any way', () => {
    for (const text of ['1 2\n2 3\n', '% c\na,b\nb , c', '# c\r\nx\ty\r\ny\tz # last\r\n', 'u;v\n\nv;w\n']) {
      const [graph] = parseEdgeList(text).graphs;
      expect([graph.vertices, graph.edges, [...graph.degrees()]]).toEqual([3, 2, [1, 2, 1]]);
    }
    expect(parseEdgeList('').graphs[0].vertices).toBe(0);
    expect(parseEdgeList('0 1\n7\n').graphs[0].vertices).toBe(3);
    expect(parseEdgeList('0 1\n1 0\n2 2\n').graphs[0]).toMatchObject({ edges: 2, loops: 1 });
    expect(parseEdgeList('0 1\n1 0\n', { directed: true }).graphs[0]).toMatchObject({ edges: 2, directed: true });
  });

  it('reads a third column as a label', () => {
    const set = parseEdgeList('a b 10\nb c 9\nc d -1\n');
    expect(set.edgeLabels?.names).toEqual(['-1', '9', '10']);
    expect([...set.graphs[0].edgeLabels!]).toEqual([2, 1, 0]);
    expect(parseEdgeList('a b red\nb c blue\n').edgeLabels?.names).toEqual(['blue', 'red']);
  });

  it('refuses what it would lose, by file and line', () => {
    says(() => parseEdgeList('a b\n\na b\n', { file: 'x.txt' }), 'x.txt, line 3: the edge of line 1 again');
    says(() => parseEdgeList('a b\nb a\nb c\n'), 'line 2: an edge that is there the other way too');
    says(() => parseEdgeList('a b 1\nb a 2\n'), 'with another label');
    says(() => parseEdgeList('a b 1\nb c\n'), 'line 2: the edges before have labels');
    says(() => parseEdgeList('a b\nb c 1\n'), 'line 2: the edges before have no label');
    says(() => parseEdgeList('a b 0.5\n'), "line 1: '0.5' is a real number");
    says(() => parseEdgeList('a b c d\n'), 'line 1: an edge is two names');
    says(() => parseEdgeList('a b 1e-3\n'), 'real number');
  });

  it('writes what it has read', () => {
    expect(writeEdgeList(parseEdgeList('5 6 x\n6 7 y\n8'))).toBe('3\n0 1 x\n1 2 y\n');
    says(() => writeEdgeList(randomSet(2, 1)), 'several graphs');
    says(() => writeEdgeList(randomSet(1, 5, { vertexLabels: ['a'] })), 'labels of vertices');
  });
});

describe('TU data sets', () => {
  const files = (parts: Record<string, string>) =>
    new Map(Object.entries(parts).map(([suffix, text]) => [`X_${suffix}.txt`, text]));
  const good = { A: '1, 2\n2, 1\n4,3\n3,4\n', graph_indicator: '1\n1\n2\n2\n2\n' };

  it('reads graphs with all their labels', () => {
    const set = parseTu(
      files({ ...good, node_labels: '3\n1\n3\n3\n-1\n', edge_labels: '0\n0\n5\n5\n', graph_labels: '1\n-1\n' }),
    );
    expect(set.graphs.map(({ vertices, edges }) => [vertices, edges])).toEqual([
      [2, 1],
      [3, 1],
    ]);
    expect(set.vertexLabels?.names).toEqual(['-1', '1', '3']);
    expect([...set.graphs[1].vertexLabels!]).toEqual([2, 2, 0]);
    expect([...set.graphs[1].edgeLabels!]).toEqual([1]);
    expect([...set.graphLabels!.of]).toEqual([1, 0]);
    same(set, parseTu(writeTu(set, 'X') as Map<string, string>));
  });

  it('refuses what is none, by file and line', () => {
    says(() => parseTu(new Map()), 'NAME_A.txt');
    says(() => parseTu(files({ A: '' })), 'X_graph_indicator.txt is missing');
    says(() => parseTu(files({ ...good, node_attributes: '1.0\n' })), 'X_node_attributes.txt, line 1: real-valued');
    says(() => parseTu(files({ ...good, A: '1, 3\n' })), 'X_A.txt, line 1: an edge between graphs 1 and 2');
    says(() => parseTu(files({ ...good, A: '1, 2\n1, x\n' })), 'X_A.txt, line 2: a whole number');
    says(() => parseTu(files({ ...good, A: '1, 2\n2, 1\n3, 4\n' })), 'line 2: an edge that is there the other way too');
    says(() => parseTu(files({ ...good, A: '1, 9\n' })), 'vertices are numbers from 1 to 5');
    says(() => parseTu(files({ ...good, node_labels: '1\n' })), '5 lines are wanted');
    says(() => parseTu(files({ ...good, node_labels: '1\n2\n0.5\n1\n1\n' })), 'line 3');
  });

  it('reads zips of them', () => {
    const set = randomSet(5, 3, { graphLabels: ['1', '2'] });
    const zip = zipSync({
      'X/X_A.txt': ascii(''),
      ...prefixed(writeGraphs(set, 'tu', 'X')),
      'X/README.txt': ascii('?'),
    });
    same(set, readGraphs(new Map([['X.zip', zip]])));
    says(() => readGraphs(new Map([['X.zip', zip.slice(0, 200)]])), 'cannot be unpacked');
  });
  const prefixed = (all: Map<string, Uint8Array>) =>
    Object.fromEntries([...all].map(([name, bytes]) => [`X/${name}`, bytes]));
});

describe('GraphML', () => {
  const graph = (inside: string, keys = '') =>
    `<?xml version="1.0"?>\n<graphml>\n${keys}<graph edgedefault="undirected">\n${inside}</graph>\n</graphml>\n`;
  const nodes = '<node id="a"/><node id="b"/><node id="c"/>\n';

  it('reads names, labels and defaults', () => {
    const keys =
      '<key id="k" for="node" attr.name="colour" attr.type="string"><default>red &amp; hot</default></key>\n';
    const set = parseGraphMl(
      graph('<node id="a"/><node id="b"><data key="k">blue</data></node><edge source="a" target="b"/>', keys),
    );
    expect(set.vertexLabels).toEqual({ names: ['blue', 'red & hot'], attribute: 'colour' });
    expect([...set.graphs[0].vertexLabels!]).toEqual([1, 0]);
    same(set, parseGraphMl(textOf(writeGraphMl(set))));
  });

  it('refuses what it would lose, by file and line', () => {
    const bad = (inside: string, part: string, keys = '') =>
      says(() => parseGraphMl(graph(inside, keys), { file: 'x.graphml' }), part);
    bad(
      `${nodes}<edge source="a" target="b"/>\n<edge source="b" target="c"/>\n<edge source="a" target="b"/>`,
      'line 7',
    );
    bad(`${nodes}<edge source="a" target="b"/><edge source="b" target="a"/>`, 'listed once');
    bad(`${nodes}<edge source="a" target="z"/>`, "x.graphml, line 5: no node 'z'");
    bad(`${nodes}<edge source="a" target="b" directed="true"/>`, 'unlike the others');
    bad(`${nodes}<hyperedge/>`, '<hyperedge> is not coded');
    bad('<node id="a"><graph/></node>', '<graph> is not coded');
    bad(nodes, 'line 3: the attribute', '<key id="w" for="edge" attr.name="weight" attr.type="double"/>\n');
    const two = '<key id="k" for="node"/><key id="l" for="node"/>\n';
    bad(
      '<node id="a"><data key="k">1</data></node><node id="b"><data key="l">1</data></node>',
      'second attribute',
      two,
    );
    bad('<node id="a"><data key="k">1</data></node><node id="b"/>', "node 2 has no 'label'", two);
    says(() => parseGraphMl('<graphml><graph></graphml>'), 'line 1: no XML');
    says(() => parseGraphMl('<html/>'), 'no GraphML');
  });

  it('comes back from every format', () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.boolean(),
        fc.boolean(),
        fc.subarray(['v', 'e', 'g']),
        (seed, directed, loops, has) => {
          const kind: Kind = {
            directed,
            loops,
            vertexLabels: has.includes('v') ? ['1', '2', '30'] : undefined,
            edgeLabels: has.includes('e') ? ['0', '-5'] : undefined,
            graphLabels: has.includes('g') ? ['7', '8'] : undefined,
          };
          const set = randomSet(4, seed, kind);
          if (set.vertexLabels?.names.length === 0 || set.edgeLabels?.names.length === 0) return;
          same(set, readGraphs(writeGraphs(set, 'graphml')));
          const last = set.graphs[3].vertices === 0 && !has.includes('g');
          if (!last) same(set, readGraphs(writeGraphs(set, 'tu', 'set'), { directed }));
          if (has.every((one) => one === 'e')) {
            const one = { ...set, graphs: set.graphs.slice(0, 1), edgeLabels: undefined };
            const bare = has.includes('e') ? undefined : one;
            if (bare) same(bare, readGraphs(writeGraphs(bare, 'edges'), { directed }));
          }
        },
      ),
      { seed: 4, numRuns: 60 },
    );
  });
});

describe('data sets on one stack', () => {
  it('codes numbers that are like one another', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(5), fc.nat(1000), fc.nat(2 ** 31 - 2))), (values) => {
        const stack = new BitStack();
        pushNumbers(stack, values);
        expect(popNumbers(stack, values.length)).toEqual(values);
        expect(stack.netBits()).toBe(0);
      }),
      { seed: 4, numRuns: 100 },
    );
  });

  it('spends no more on sizes than their entropy', async () => {
    const set = randomSet(300, 9);
    const { bits } = await compressGraphs(set, { model: 'er', form: 'autoregressive' });
    const counts = new Map<string, number>();
    for (const { vertices, edges } of set.graphs)
      counts.set(`${vertices} ${edges}`, (counts.get(`${vertices} ${edges}`) ?? 0) + 1);
    let entropy = 0;
    for (const count of counts.values()) entropy += count * Math.log2(300 / count);
    expect(bits.sizes).toBeLessThan(entropy + 1);
  });

  it('comes back isomorphic from every model and form', async () => {
    const kinds: Kind[] = [
      {},
      { vertexLabels: ['a', 'b&"<'], graphLabels: ['1', '-1'] },
      { edgeLabels: ['1', '2', '3'] },
      { loops: true, vertexLabels: ['x'] },
      { directed: true, loops: true, edgeLabels: ['p', 'q'] },
    ];
    const models: [GraphModelName, GraphForm][] = [
      ['er', 'ordered'],
      ['er', 'joint'],
      ['er', 'incomplete'],
      ['er', 'autoregressive'],
      ['ap', 'joint'],
      ['ap', 'autoregressive'],
      ['ap', 'ordered'],
      ['polya', 'joint'],
      ['polya', 'incomplete'],
      ['polya', 'ordered'],
    ];
    for (const [i, kind] of kinds.entries())
      for (const [model, form] of models) {
        if ((kind.directed && model !== 'er') || (kind.loops && model === 'polya')) continue;
        const set = randomSet(12, 40 + i, kind);
        const how = form === 'ordered' ? { model, ordered: true } : { model, form };
        const { archive, verified } = await compressGraphs(set, how);
        expect(verified).toEqual({ same: true, proven: 12, hashed: 0 });
        const back = await decompressGraphs(archive);
        expect(back).toMatchObject({ model, form, graphs: 12 });
        same(set, back.set);
        if (form === 'ordered') expect(back.set.graphs.every((graph, g) => graph.equals(set.graphs[g]))).toBe(true);
      }
  });

  it('costs less without names, and the same whatever they were', async () => {
    const set = { graphs: Array.from({ length: 20 }, (_, i) => growingGraph(30, 2, i)) };
    const one = await compressGraphs(set);
    expect(one.bits.graphs).toBeLessThan(one.orderedBits - 20 * 60);
    const other = await compressGraphs(renamed(set, 5), { model: 'er', form: 'joint' });
    const third = await compressGraphs(set, { model: 'er', form: 'joint' });
    expect(other.archive).toEqual(third.archive);
  });
});

describe('archives of graphs', () => {
  const set = randomSet(6, 11, { vertexLabels: ['C', 'N'], edgeLabels: ['1', '2'], graphLabels: ['0', '1'] });
  let archive: Uint8Array;
  let coding: ShuffleParameters;
  let code: { words: Uint32Array; initial: number };
  beforeAll(async () => {
    archive = (await compressGraphs(set, { model: 'er', form: 'autoregressive' })).archive;
    coding = parseShuffle((await list(archive)).members[0].header.parameters);
    code = pushGraphs(set, codingOf(set, { model: 'er', form: 'autoregressive', rounds: 4, hubs: 0 }));
  });

  const forged = (parameters: ShuffleParameters, payload: Uint8Array, memory = shuffleMemory(parameters)) => {
    const identity = { kind: 2, method: 3, revision: 0, parameters: shuffleBytes(parameters), memory };
    const writer = new ContainerWriter({ ...identity, size: payload.length });
    const parts = [writer.start];
    writer.segment();
    writer.raw(payload);
    if (payload.length > 0) parts.push(writer.block(storedFrame(payload)));
    parts.push(writer.end());
    return Uint8Array.from(parts.flatMap((part) => [...part]));
  };

  it('opens as GraphML everywhere, once it is asked to', async () => {
    openGraphs();
    const document = await decompress(archive);
    expect(decompressSync(archive)).toEqual(document);
    same(set, parseGraphMl(textOf(document)));
    expect(await testArchive(archive)).toBe(document.length);
    expect((await list(archive)).members[0]).toMatchObject({ kindName: 'graphs', methodName: 'shuffle' });
    await expect(async () => {
      for await (const _ of recover(archive.slice(0, -1)));
    }).rejects.toMatchObject({ code: 'unsupported' });
    await expect(decompress(archive, { maxOutputSize: 10 })).rejects.toMatchObject({ code: 'limit' });
    await expect(decompressGraphs(archive, { maxOutputSize: 10 })).rejects.toMatchObject({ code: 'limit' });
    await expect(decompressGraphs(archive, { maxMemory: 65536 })).rejects.toMatchObject({ code: 'limit' });
  });

  it('is what it was, byte for byte', async () => {
    for (const { seed, model, form, hex } of golden as {
      seed: number;
      model: GraphModelName;
      form: GraphForm;
      hex: string;
    }[]) {
      const one = randomSet(6, seed, { vertexLabels: ['C', 'N'], graphLabels: ['0', '1'] });
      const made = await compressGraphs(one, { model, form: form as 'joint' });
      expect(`${seed} ${model} ${form} ${hexOf(made.archive)}`).toBe(`${seed} ${model} ${form} ${hex}`);
      same(one, (await decompressGraphs(fromHex(hex))).set);
    }
  });

  it('gives the graphs or an error with a code, in time, whatever is damaged under checksums that hold', async () => {
    const random = randomOf(20261122);
    openGraphs();
    const seen = new Map<string, number>();
    let slowest = 0;
    const payload = shufflePayload(0, code.initial, code.words);
    for (let i = 0; i < 500; i++) {
      const changed = payload.slice();
      let parameters = coding;
      if (random(3) > 0) for (let k = random(3); k >= 0; k--) changed[random(changed.length)] ^= 1 << random(8);
      else {
        const size = (): number => random(2 ** (1 + random(20)));
        const which = random(8);
        const change: Partial<ShuffleParameters>[] = [
          { vertices: size() },
          { edges: size() },
          { graphs: 1 + size() },
          {
            model: (['er', 'ap', 'polya'] as const)[random(3)],
            form: (['joint', 'incomplete', 'ordered'] as const)[random(3)],
          },
          { rounds: random(17) },
          { hubs: random(1024) },
          { loops: random(2) === 0, vertexLabels: random(2) === 0 },
          { size: size() },
        ];
        parameters = { ...coding, ...change[which] };
      }
      const cut = random(10) === 0 ? changed.slice(0, random(changed.length)) : changed;
      const start = performance.now();
      try {
        const made = await decompressGraphs(forged(parameters, cut), { maxMemory: 2 ** 28, maxOutputSize: 2 ** 24 });
        same(set, made.set);
      } catch (error) {
        if (!(error instanceof SurprisalError)) throw new Error(`mutation ${i} threw`, { cause: error });
        expect(['corrupt', 'limit']).toContain(error.code);
        seen.set(error.code, (seen.get(error.code) ?? 0) + 1);
      }
      slowest = Math.max(slowest, performance.now() - start);
    }
    expect(seen.get('corrupt')).toBeGreaterThan(300);
    expect(slowest).toBeLessThan(5000);
  });

  it('checks what parameters say before it makes anything of their size', async () => {
    const payload = shufflePayload(0, code.initial, code.words);
    const code_ = (parameters: Partial<ShuffleParameters>, memory?: number) =>
      decompressGraphs(forged({ ...coding, ...parameters }, payload, memory)).then(
        () => 'none',
        (error) => error.code,
      );
    expect(await code_({ vertices: 2 ** 26 })).toBe('limit');
    expect(await code_({ size: 2 ** 39 })).toBe('limit');
    expect(await code_({}, 0)).toBe('corrupt');
    expect(await code_({ vertices: 2 ** 27 })).toBe('corrupt');
    expect(await code_({ graphs: 0 })).toBe('corrupt');
    expect(await code_({ directed: true, model: 'ap' })).toBe('corrupt');
  });

  it('refuses models and forms that would take too long, when coding and when decoding', async () => {
    const star = {
      graphs: [
        Graph.fromEdges(
          40_001,
          Array.from({ length: 40_000 }, (_, i) => [0, i + 1]),
        ),
      ],
    };
    for (const how of [
      { model: 'polya', form: 'incomplete' },
      { model: 'er', form: 'joint' },
    ] as const) {
      await expect(compressGraphs(star, how)).rejects.toMatchObject({ code: 'limit' });
      const easy = codingOf(star, { model: 'er', form: 'ordered', rounds: 4, hubs: 0 });
      const { words, initial } = pushGraphs(star, easy);
      const parameters = { ...easy, ...how, size: 2 ** 22 };
      await expect(decompressGraphs(forged(parameters, shufflePayload(0, initial, words)))).rejects.toMatchObject({
        code: 'limit',
      });
    }
  });

  it('refuses random words', async () => {
    for (let seed = 1; seed < 60; seed++) {
      const words = randomWords(40, seed);
      const parameters = { ...coding, form: (['autoregressive', 'joint', 'incomplete'] as const)[seed % 3] };
      await expect(decompressGraphs(forged(parameters, shufflePayload(0, 0, words)))).rejects.toMatchObject({
        code: expect.stringMatching(/^(corrupt|limit)$/),
      });
    }
  });

  it('says what is wrong with options and sets', async () => {
    const bad = (options: object, part: string, graphs = set) =>
      expect(compressGraphs(graphs, options)).rejects.toThrow(part);
    await bad({ model: 'x' }, 'the model is er, polya or ap');
    await bad({ form: 'ordered' }, 'the form is joint');
    await bad({ form: 'joint', ordered: true }, 'ordered graphs');
    await bad({ model: 'polya', form: 'autoregressive' }, 'no autoregressive form');
    await bad({ rounds: 17 }, 'rounds');
    await bad({ model: 'ap' }, 'undirected', randomSet(3, 1, { directed: true }));
    await bad({ model: 'polya' }, 'without loops', randomSet(9, 1, { loops: true }));
    await bad({}, 'one graph or more', { graphs: [] });
    await bad({}, 'unlike its data set', { ...set, vertexLabels: undefined });
    await expect(compressGraphs(set, { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    await expect(decompressGraphs(ascii('none'))).rejects.toMatchObject({ code: 'not-srp' });
  });
});
