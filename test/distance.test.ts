/** Distances of texts, and trees of them. */
import { describe, expect, it } from 'vitest';
import { dendrogramSvg, neighbourJoining, newick, type Tree, upgma } from '../src/sampling/dendrogram.ts';
import { Distances, distance, distances, distancesTsv } from '../src/sampling/distance.ts';
import { ModelOracle } from '../src/sampling/oracle.ts';
import { Lz78Model } from '../src/sequence/lz78.ts';
import { words } from './support/inputs.ts';
import { randomBytes } from './support/random.ts';

const oracle = () => new ModelOracle(new Lz78Model());
/** The same lengths, of whole strings. */
function whole(bytes: Uint8Array): number {
  const one = oracle();
  for (const byte of bytes) one.push(byte);
  return one.bits();
}

const half = words(3000);
const texts = [half.subarray(0, 1500), half.subarray(1500), randomBytes(700, 1), 'she sells sea shells', ''];

describe('a distance', () => {
  it('is the published formula', () => {
    const length = (bytes: Uint8Array) => [0, 5, 7, 10][bytes.length];
    expect(distance([1], [1, 2], length)).toBe((10 - 5) / 7);
    expect(distance([1], [1], length, { separator: [9] })).toBe((10 - 5) / 5);
    expect(distance('', '', length)).toBe(0);
  });

  it('is the same by an oracle that goes back as by whole strings', () => {
    const one = oracle();
    const matrix = distances(texts, one, { separator: ' ' });
    expect(matrix).toEqual(distances(texts, whole, { separator: ' ' }));
    expect(one.bits()).toBe(0);
    const raw = distances(texts, one, { symmetric: false });
    for (const [i, x] of texts.entries())
      for (const [j, y] of texts.entries()) {
        expect(raw.distances[i * 5 + j]).toBe(distance(x, y, whole));
        expect(matrix.distances[i * 5 + j]).toBe(matrix.distances[j * 5 + i]);
      }
    const from = new Distances(texts, one);
    expect([...from.to(texts[1])]).toEqual([...raw.distances.subarray(5, 10)]);
  });

  it('is less between texts of one kind', () => {
    const { distances: d } = distances(texts, oracle());
    expect(d[1]).toBeLessThan(d[2]);
    expect(d[1]).toBeLessThan(d[3]);
    expect(d[2]).toBeGreaterThan(0.9);
  });

  it('refuses what is no measure and no length, and leaves the oracle as it was', () => {
    expect(() => distance('a', 'b', {} as Lz78Model as never)).toThrow(TypeError);
    expect(() => distance(undefined as never, 'b', whole)).toThrow(TypeError);
    for (const wrong of [NaN, -1, Infinity]) expect(() => distance('a', 'b', () => wrong)).toThrow(RangeError);
    const one = new ModelOracle(new Lz78Model({ alphabetSize: 3 }));
    expect(() => distances([[0, 1], [1, 7], [2]], one)).toThrow(RangeError);
    expect(one.bits()).toBe(0);
  });

  it('makes a table', () => {
    const matrix = distances(['ab', 'cd'], (bytes) => bytes.length + 1);
    expect(distancesTsv(matrix, ['a\tb', 'c'])).toBe('\ta b\tc\na b\t0.666667\t0.666667\nc\t0.666667\t0.666667\n');
    expect(() => distancesTsv(matrix, ['a'])).toThrow(RangeError);
  });
});

/** Distances of leaves along a tree. */
function along(tree: Tree, n: number): Float64Array {
  const found = new Float64Array(n * n);
  const walk = (node: Tree): Map<number, number> => {
    const below = new Map<number, number>();
    if (node.children.length === 0) below.set(node.index, 0);
    for (const child of node.children) {
      const its = Array.from(walk(child), ([leaf, depth]) => [leaf, depth + child.length] as const);
      for (const [leaf, far] of its)
        for (const [other, apart] of below) found[leaf * n + other] = found[other * n + leaf] = apart + far;
      for (const [leaf, far] of its) below.set(leaf, far);
    }
    return below;
  };
  walk(tree);
  return found;
}

describe('a tree', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];

  it('by average linkage is that of the textbook', () => {
    // Bacterial 5S ribosomal RNA: the worked example of many textbooks.
    const d = [0, 17, 21, 31, 23, 17, 0, 30, 34, 21, 21, 30, 0, 28, 39, 31, 34, 28, 0, 43, 23, 21, 39, 43, 0];
    expect(newick(upgma(d, names))).toBe(
      '(((a:8.500000,b:8.500000):2.500000,e:11.000000):5.500000,(c:14.000000,d:14.000000):2.500000);\n',
    );
  });

  it('by neighbour joining gives back the distances of any tree', () => {
    const d = [0, 5, 9, 9, 8, 5, 0, 10, 10, 9, 9, 10, 0, 8, 7, 9, 10, 8, 0, 3, 8, 9, 7, 3, 0];
    const tree = neighbourJoining(d, names);
    expect([...along(tree, 5)].map((x) => Math.round(x * 1e9) / 1e9)).toEqual(d);
    expect(newick(tree)).toBe('(((a:2.000000,b:3.000000):3.000000,c:4.000000):2.000000,d:2.000000,e:1.000000);\n');
  });

  it('of few leaves is no exception', () => {
    for (const make of [upgma, neighbourJoining]) {
      expect(newick(make([0.3], ['x']))).toBe('x;\n');
      expect(newick(make([0, 1, 1, 0], ['x', 'y']))).toBe('(x:0.500000,y:0.500000);\n');
      expect(() => make([], [])).toThrow(RangeError);
      expect(() => make([0, 1], ['x', 'y'])).toThrow(RangeError);
      expect(() => make([0, NaN, 1, 0], ['x', 'y'])).toThrow(RangeError);
    }
    expect(newick(neighbourJoining([0, 3, 4, 3, 0, 5, 4, 5, 0], ['x', 'y', 'z']))).toBe(
      '(x:1.000000,y:2.000000,z:3.000000);\n',
    );
  });

  it('takes the first of equals', () => {
    const same = new Float64Array(16).fill(1);
    expect(newick(upgma(same, ['a', 'b', 'c', 'd']))).toBe(
      '(((a:0.500000,b:0.500000):0.000000,c:0.500000):0.000000,d:0.500000);\n',
    );
  });

  it('quotes names as Newick wants it', () => {
    const tree = upgma([0, 1, 1, 0], ["it's (a) tree:[1];", 'a_b\nc']);
    expect(newick(tree)).toBe("('it''s (a) tree:[1];':0.500000,'a_b c':0.500000);\n");
  });

  it('of many leaves in a row is drawn and written', () => {
    const n = 300;
    const d = Float64Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      return i === j ? 0 : Math.max(i, j);
    });
    const many = Array.from({ length: n }, (_, i) => `leaf ${i}`);
    const tree = upgma(d, many);
    expect(newick(tree).match(/leaf/g)?.length).toBe(n);
    expect(dendrogramSvg(tree).match(/<title>/g)?.length).toBe(n);
  });

  it('is drawn', () => {
    const tree = upgma([0, 2, 4, 2, 0, 4, 4, 4, 0], ['first', '<second>', 'third & last of these']);
    const svg = dendrogramSvg(tree, { title: '"T"', width: 100, maxName: 10 });
    expect(svg.replace(/<style>[\s\S]*<\/style>/, '')).toMatchInlineSnapshot(`
      "<svg xmlns="http://www.w3.org/2000/svg" width="227" height="158" viewBox="0 0 227 158" role="img" aria-label="&quot;T&quot;">

      <rect class="p" width="227" height="158"/>
      <text class="h" x="20" y="30">&quot;T&quot;</text>
      <path class="g" d="M20.0 48V122"/><text class="k" x="20.0" y="138">0.0</text>
      <path class="g" d="M45.0 48V122"/><text class="k" x="45.0" y="138">0.5</text>
      <path class="g" d="M70.0 48V122"/><text class="k" x="70.0" y="138">1.0</text>
      <path class="g" d="M95.0 48V122"/><text class="k" x="95.0" y="138">1.5</text>
      <path class="g" d="M120.0 48V122"/><text class="k" x="120.0" y="138">2.0</text>
      <path class="t" d="M20.0 70.0V103.0M20.0 70.0H70.0M70.0 59.0V81.0M70.0 59.0H120.0M70.0 81.0H120.0M20.0 103.0H120.0"/>
      <text x="128.0" y="63.5"><title>first</title>first</text>
      <text x="128.0" y="85.5"><title>&lt;second&gt;</title>&lt;second&gt;</text>
      <text x="128.0" y="107.5"><title>third &amp; last of these</title>third &amp; l…</text>
      </svg>
      "
    `);
    for (const width of [99, NaN]) expect(() => dendrogramSvg(tree, { width })).toThrow(RangeError);
    expect(() => dendrogramSvg(tree, { maxName: 0 })).toThrow(RangeError);
  });
});
