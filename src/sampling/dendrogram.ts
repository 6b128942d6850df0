/**
 * Trees of distances: hierarchical clustering by average linkage (UPGMA: Sokal and Michener 1958), neighbour joining
 * (Saitou and Nei 1987; in the form of Studier and Keppler 1988), the Newick format, and a drawing.
 */

import { rangeError } from '../errors.ts';
import { escapeMarkup } from './surprisal-colours.ts';

/** A tree, whose leaves are the texts. */
export interface Tree {
  /** A leaf's name; '' inside. */
  readonly name: string;
  /** A leaf's place among the texts; -1 inside. */
  readonly index: number;
  /** Length of the branch above it, at least 0; 0 at the root. */
  readonly length: number;
  /** Two below each node, and at most three at the root of neighbour joining; none at a leaf. */
  readonly children: readonly Tree[];
}

/** A tree whose branch is not known yet. */
interface Part {
  readonly name: string;
  readonly index: number;
  readonly children: readonly Tree[];
}

function check(distances: ArrayLike<number>, names: readonly string[]): void {
  const n = names.length;
  if (n === 0) throw rangeError('a tree has at least one leaf');
  if (distances.length !== n * n)
    throw rangeError(`${n} names need ${n} x ${n} distances, not ${distances.length} numbers`);
  for (let i = 0; i < distances.length; i++)
    if (!Number.isFinite(distances[i])) throw rangeError(`a distance is a finite number, not ${distances[i]}`);
}

const leaf = (name: string, index: number): Part => ({ name, index, children: [] });
const inner = (children: readonly Tree[]): Part => ({ name: '', index: -1, children });
const hang = (part: Part, length: number): Tree => ({ ...part, length: Math.max(0, length) });

/** A copy in which both halves are their mean, and no distance is below 0. */
function symmetrical(distances: ArrayLike<number>, n: number): Float64Array[] {
  const rows = Array.from({ length: n }, () => new Float64Array(n));
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      rows[i][j] = i === j ? 0 : Math.max(0, (distances[i * n + j] + distances[j * n + i]) / 2);
  return rows;
}

/**
 * Clusters by average linkage: the two nearest clusters become one, at half their distance, until one is left. Of pairs
 * that are equally near the first is taken, in the order of the names.
 *
 * @param distances - n x n, row after row; the two halves are averaged, the diagonal is not looked at.
 * @param names - Of the n leaves.
 * @returns the tree: all leaves are equally far from its root.
 * @throws RangeError (`invalid-argument`) when sizes do not agree, for no leaf, and for what is no finite number.
 */
export function upgma(distances: ArrayLike<number>, names: readonly string[]): Tree {
  check(distances, names);
  const n = names.length;
  const rows = symmetrical(distances, n);
  const parts = names.map(leaf);
  const sizes = new Float64Array(n).fill(1);
  const heights = new Float64Array(n);
  const live = names.map((_, i) => i);
  while (live.length > 1) {
    let [a, b, best] = [0, 1, Infinity];
    for (let p = 0; p < live.length; p++)
      for (let q = p + 1; q < live.length; q++) {
        const d = rows[live[p]][live[q]];
        if (d < best) [a, b, best] = [p, q, d];
      }
    const [i, j] = [live[a], live[b]];
    const height = best / 2;
    parts[i] = inner([hang(parts[i], height - heights[i]), hang(parts[j], height - heights[j])]);
    heights[i] = height;
    for (const k of live) {
      if (k === i || k === j) continue;
      rows[i][k] = (sizes[i] * rows[i][k] + sizes[j] * rows[j][k]) / (sizes[i] + sizes[j]);
      rows[k][i] = rows[i][k];
    }
    sizes[i] += sizes[j];
    live.splice(b, 1);
  }
  return hang(parts[0], 0);
}

/**
 * Joins neighbours: a tree without a root, whose branches add up to the distances as well as a tree's can. It is given
 * one where the last three clusters meet. Of equally good pairs the first is taken; branches below 0 become 0.
 *
 * @param distances - n x n, row after row; the two halves are averaged, the diagonal is not looked at.
 * @param names - Of the n leaves.
 * @throws RangeError (`invalid-argument`) as {@link upgma} does.
 */
export function neighbourJoining(distances: ArrayLike<number>, names: readonly string[]): Tree {
  check(distances, names);
  const n = names.length;
  const rows = symmetrical(distances, n);
  const parts = names.map(leaf);
  const live = names.map((_, i) => i);
  while (live.length > 3) {
    const sums = new Float64Array(n);
    for (const i of live) for (const k of live) sums[i] += rows[i][k];
    const others = live.length - 2;
    let [a, b, best] = [0, 1, Infinity];
    for (let p = 0; p < live.length; p++)
      for (let q = p + 1; q < live.length; q++) {
        const score = others * rows[live[p]][live[q]] - sums[live[p]] - sums[live[q]];
        if (score < best) [a, b, best] = [p, q, score];
      }
    const [i, j] = [live[a], live[b]];
    const apart = rows[i][j];
    const first = apart / 2 + (sums[i] - sums[j]) / (2 * others);
    parts[i] = inner([hang(parts[i], first), hang(parts[j], apart - first)]);
    for (const k of live) {
      if (k === i || k === j) continue;
      rows[i][k] = (rows[i][k] + rows[j][k] - apart) / 2;
      rows[k][i] = rows[i][k];
    }
    live.splice(b, 1);
  }
  const [i, j, k] = live;
  if (live.length === 1) return hang(parts[i], 0);
  if (live.length === 2) return hang(inner([hang(parts[i], rows[i][j] / 2), hang(parts[j], rows[i][j] / 2)]), 0);
  return hang(
    inner([
      hang(parts[i], (rows[i][j] + rows[i][k] - rows[j][k]) / 2),
      hang(parts[j], (rows[i][j] + rows[j][k] - rows[i][k]) / 2),
      hang(parts[k], (rows[i][k] + rows[j][k] - rows[i][j]) / 2),
    ]),
    0,
  );
}

/** A name in Newick: quoted unless it is of letters, digits, '.', '-' and '+' alone. Line breaks become spaces. */
function newickName(name: string): string {
  const plain = name.replace(/[\r\n]+/g, ' ');
  return /^[A-Za-z0-9.+-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", "''")}'`;
}

/**
 * A tree in the Newick format, as phylogenetic programs read it: branch lengths with six digits after the point, names
 * quoted where they need it.
 *
 * @example
 * newick(upgma(matrix.distances, ['en', 'de', 'fr'])); // (fr:0.4100...,(en:0.31...,de:0.31...):0.1...);
 */
export function newick(tree: Tree): string {
  // Trees may be as deep as there are leaves: no recursion.
  const parts: string[] = [];
  const stack: (Tree | string)[] = [tree];
  while (stack.length > 0) {
    const next = stack.pop()!;
    if (typeof next === 'string') {
      parts.push(next);
      continue;
    }
    const end = next === tree ? ';\n' : `:${next.length.toFixed(6)}`;
    if (next.children.length === 0) parts.push(newickName(next.name), end);
    else {
      parts.push('(');
      stack.push(`)${end}`);
      for (let i = next.children.length - 1; i >= 0; i--) {
        stack.push(next.children[i]);
        if (i > 0) stack.push(',');
      }
    }
  }
  return parts.join('');
}

/** Options of {@link dendrogramSvg}. */
export interface DendrogramOptions {
  /** Heading. Default none. */
  readonly title?: string;
  /** Width of the tree without names, in pixels, 100 to 4,000. Default 480. */
  readonly width?: number;
  /** Letters of a name that are shown at most; the rest is in its tooltip. Default 48. */
  readonly maxName?: number;
}

const ROW = 22;
const PAD = 20;
const LETTER = 7.9;

/** A round step for an axis of about five: 1, 2 or 5 times a power of ten. */
function stepFor(most: number): number {
  const factors = [2, 2.5, 2];
  let step = 1e-6;
  for (let i = 0; most / step > 6; i++) step = Number((step * factors[i % 3]).toPrecision(1));
  return step;
}

/**
 * A drawing of a tree: branches as long as they say, from the root at the left to the names at the right, one a line,
 * over a scale. Light and dark as the reader prefers.
 *
 * @returns an SVG document.
 * @throws RangeError (`invalid-argument`) for options out of range.
 * @example
 * await writeFile('tree.svg', dendrogramSvg(upgma(distances(texts, oracle).distances, names)));
 */
export function dendrogramSvg(tree: Tree, options: DendrogramOptions = {}): string {
  const { title = '', width = 480, maxName = 48 } = options;
  if (!(width >= 100 && width <= 4000)) throw rangeError(`a tree is 100 to 4,000 pixels wide, not ${width}`);
  if (!(Number.isInteger(maxName) && maxName >= 1)) throw rangeError(`names have at least 1 letter, not ${maxName}`);
  // Depths on the way down; rows of leaves in the order of the drawing.
  const order: { node: Tree; depth: number; parent: number }[] = [];
  const stack: { node: Tree; depth: number; parent: number }[] = [{ node: tree, depth: 0, parent: -1 }];
  while (stack.length > 0) {
    const entry = stack.pop()!;
    const at = order.push(entry) - 1;
    for (let i = entry.node.children.length - 1; i >= 0; i--) {
      const node = entry.node.children[i];
      stack.push({ node, depth: entry.depth + node.length, parent: at });
    }
  }
  const deepest = order.reduce((most, { depth }) => Math.max(most, depth), 0);
  const scale = deepest === 0 ? 0 : width / deepest;
  const top = title === '' ? PAD : PAD + 28;
  const rows = new Float64Array(order.length);
  const span = order.map(() => [Infinity, -Infinity]);
  let leaves = 0;
  for (const [i, { node }] of order.entries()) if (node.children.length === 0) rows[i] = top + ROW / 2 + ROW * leaves++;
  // Children come after their parent, so that the way back meets them first.
  for (let i = order.length - 1; i >= 0; i--) {
    const { node, parent } = order[i];
    if (node.children.length > 0) rows[i] = (span[i][0] + span[i][1]) / 2;
    if (parent >= 0) {
      span[parent][0] = Math.min(span[parent][0], rows[i]);
      span[parent][1] = Math.max(span[parent][1], rows[i]);
    }
  }
  let lines = '';
  let names = '';
  let longest = 0;
  for (const [i, { node, depth, parent }] of order.entries()) {
    const x = PAD + depth * scale;
    const y = rows[i];
    if (parent >= 0) lines += `M${(PAD + order[parent].depth * scale).toFixed(1)} ${y.toFixed(1)}H${x.toFixed(1)}`;
    if (node.children.length > 0) {
      lines += `M${x.toFixed(1)} ${span[i][0].toFixed(1)}V${span[i][1].toFixed(1)}`;
      continue;
    }
    const letters = [...node.name.replace(/\s+/g, ' ')];
    const shown = letters.length > maxName ? `${letters.slice(0, maxName - 1).join('')}…` : letters.join('');
    longest = Math.max(longest, x + 8 + LETTER * [...shown].length);
    names += `<text x="${(x + 8).toFixed(1)}" y="${(y + 4.5).toFixed(1)}"><title>${escapeMarkup(node.name)}</title>${escapeMarkup(shown)}</text>\n`;
  }
  const bottom = top + ROW * leaves + 8;
  let axis = '';
  if (deepest > 0) {
    const step = stepFor(deepest);
    const digits = Math.max(0, -Math.floor(Number(step.toExponential().split('e')[1])));
    for (let tick = 0; tick * step <= deepest * 1.0000001; tick++) {
      const x = (PAD + tick * step * scale).toFixed(1);
      axis += `<path class="g" d="M${x} ${top}V${bottom}"/><text class="k" x="${x}" y="${bottom + 16}">${(tick * step).toFixed(digits)}</text>\n`;
    }
  }
  const all = Math.ceil(Math.max(longest, PAD + width, title.length * 9 + PAD) + PAD);
  const height = bottom + 16 + PAD;
  const label = escapeMarkup(title === '' ? `Tree of ${leaves} texts` : title);
  const heading = title === '' ? '' : `<text class="h" x="${PAD}" y="30">${label}</text>\n`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${all}" height="${height}" viewBox="0 0 ${all} ${height}" role="img" aria-label="${label}">
<style>
svg{color-scheme:light dark;--page:#fff;--text:#16171d;--faint:#62646e;--line:#e4e5ea;--tree:#3f4fa8}
@media (prefers-color-scheme:dark){svg{--page:#16171d;--text:#ecedf2;--faint:#a0a3b1;--line:#2c2f3a;--tree:#9fb0ff}}
text{font:13px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:var(--text)}
.h{font:600 16px system-ui,sans-serif}
.k{font:12px system-ui,sans-serif;text-anchor:middle;fill:var(--faint)}
.g{stroke:var(--line)}
.t{fill:none;stroke:var(--tree);stroke-width:1.8;stroke-linecap:square}
.p{fill:var(--page)}
</style>
<rect class="p" width="${all}" height="${height}"/>
${heading}${axis}<path class="t" d="${lines}"/>
${names}</svg>
`;
}
