/**
 * Automorphisms and canonical forms, by individualisation and refinement with the automorphisms found used to prune.
 * (McKay, "Practical graph isomorphism", 1981; McKay and Piperno, "Practical graph isomorphism, II", arXiv:1301.1493.)
 */
import { SurprisalError } from '../errors.ts';
import type { Graph } from './graph.ts';
import { Arcs, Partition } from './partition.ts';

/** A permutation by the points that it moves, ascending, and where they go. */
export interface SparsePermutation {
  readonly moved: Uint32Array;
  readonly images: Uint32Array;
}

/** A group of permutations by a base and a strong generating set. */
export interface SymmetryGroup {
  /** Points of which only the identity fixes all. */
  readonly base: readonly number[];
  /** Generators; `levels[i]` says that generator i fixes that many points of the base, from the first on. */
  readonly generators: readonly SparsePermutation[];
  readonly levels: readonly number[];
}

/** Arcs that a search may look at by default. */
export const DEFAULT_EFFORT = 2 ** 30;

interface Frame {
  readonly mark: number;
  readonly cell: number;
  readonly choices: number[];
  next: number;
}

/**
 * The search for what a graph looks like whatever its vertices are called. Throws when it takes too long.
 */
export class Search {
  /** Vertices that were individualised on the first path, which are a base of the group. */
  readonly base: number[] = [];
  /** Automorphisms that generate the group. */
  readonly generators: SparsePermutation[] = [];
  /** How many points of the base each of them fixes, from the first on. */
  readonly levels: number[] = [];
  private readonly arcs: Arcs;
  private readonly partition: Partition;
  private readonly effort: number;
  private readonly traces: number[] = [];
  private readonly cells: number[] = [];
  private readonly marks: number[] = [];
  /** Vertices of the first leaf in their order. */
  private readonly leaf: Uint32Array;
  /** What else there is to try at each level of the first path: one vertex of each other orbit. */
  private readonly others: number[][] = [];

  /**
   * Finds the automorphisms.
   *
   * @throws SurprisalError (`limit`) after `effort` arcs.
   */
  constructor(graph: Graph, effort = DEFAULT_EFFORT) {
    this.effort = effort;
    this.arcs = new Arcs(graph);
    const partition = new Partition(this.arcs);
    this.partition = partition;
    for (let cell = partition.open(0); cell >= 0; cell = partition.open(cell)) {
      this.marks.push(partition.mark());
      this.cells.push(cell);
      const v = partition.elements[cell];
      this.base.push(v);
      partition.individualise(v);
      this.traces.push(partition.trace);
      this.check();
    }
    this.leaf = partition.elements.slice();
    const orbits = new Orbits(graph.vertices);
    for (let level = this.base.length - 1; level >= 0; level--) {
      partition.undo(this.marks[level]);
      const cell = this.cells[level];
      const members = partition.elements.slice(cell, cell + partition.sizes[cell]).sort();
      const others: number[] = [];
      for (const w of members) {
        const root = orbits.find(w);
        if (root === orbits.find(this.base[level]) || others.some((other) => orbits.find(other) === root)) continue;
        const found = this.mapping(level, w);
        if (found === undefined) others.push(w);
        else {
          this.generators.push(found);
          this.levels.push(level);
          orbits.join(found);
        }
      }
      this.others[level] = others;
    }
  }

  private check(): void {
    if (this.partition.work > this.effort)
      throw new SurprisalError(
        'limit',
        `the search for the graph's symmetries looked at more than ${this.effort} edges: take shuffled() or shuffledByColours()`,
      );
  }

  /** An automorphism that fixes the base above a level and takes the base's point there to w. */
  private mapping(level: number, w: number): SparsePermutation | undefined {
    const { arcs, partition, base, cells, traces } = this;
    const point = base[level];
    this.partition.work += arcs.offsets[w + 1] - arcs.offsets[w] + 1;
    const exchange = (v: number): number => (v === point ? w : v === w ? point : v);
    if (arcs.isAutomorphism([point, w], exchange))
      return { moved: Uint32Array.of(point, w).sort(), images: Uint32Array.of(point, w).sort().reverse() };
    const frames: Frame[] = [{ mark: partition.mark(), cell: cells[level], choices: [w], next: 0 }];
    while (frames.length > 0) {
      const depth = level + frames.length - 1;
      const frame = frames[frames.length - 1];
      partition.undo(frame.mark);
      if (frame.next === 1 && frames.length > 1)
        for (let i = frame.cell; i < frame.cell + partition.sizes[frame.cell]; i++)
          if (partition.elements[i] !== frame.choices[0]) frame.choices.push(partition.elements[i]);
      if (frame.next === frame.choices.length) {
        frames.pop();
        continue;
      }
      partition.individualise(frame.choices[frame.next++]);
      this.check();
      if (partition.trace !== traces[depth]) continue;
      if (depth + 1 < base.length) {
        const cell = cells[depth + 1];
        if (partition.open(frame.cell) !== cell) continue;
        const like = partition.cells[base[depth + 1]] === cell ? base[depth + 1] : partition.elements[cell];
        frames.push({ mark: partition.mark(), cell, choices: [like], next: 0 });
      } else if (partition.count === partition.elements.length) {
        const found = this.between(this.leaf, partition.elements);
        if (found === undefined) continue;
        partition.undo(frames[0].mark);
        return found;
      }
    }
    return undefined;
  }

  /** The permutation that takes one leaf to another, when it is an automorphism. */
  private between(from: Uint32Array, to: Uint32Array): SparsePermutation | undefined {
    const moved: number[] = [];
    const image = new Uint32Array(from.length);
    for (let i = 0; i < from.length; i++) {
      image[from[i]] = to[i];
      if (from[i] !== to[i]) moved.push(from[i]);
    }
    this.partition.work += from.length;
    if (!this.arcs.isAutomorphism(moved, (v) => image[v])) return undefined;
    const points = Uint32Array.from(moved).sort();
    return { moved: points, images: points.map((v) => image[v]) };
  }

  /**
   * Names of the vertices that make isomorphic graphs the same: the leaf with the least traces, then the least edges.
   *
   * @returns The new name of each vertex.
   * @throws SurprisalError (`limit`) when that takes too long.
   */
  canonicalNames(): Uint32Array {
    const { partition, base, others, traces } = this;
    const best: Best = { traces: [...traces], sequence: [...base], leaf: this.leaf };
    partition.undo(this.marks.length > 0 ? this.marks[0] : partition.mark());
    for (let level = 0; level < base.length; level++) {
      for (const w of others[level]) this.explore(level, w, best);
      // The first path is the best no more: what lies below it cannot be either.
      if (best.leaf !== this.leaf && best.traces.slice(0, level + 1).some((trace, i) => trace !== traces[i])) break;
      partition.individualise(base[level]);
    }
    const names = new Uint32Array(best.leaf!.length);
    for (let i = 0; i < names.length; i++) names[best.leaf![i]] = i;
    return names;
  }

  /** Looks for better leaves below the node at a level of the first path, in which w is individualised next. */
  private explore(level: number, w: number, best: Best): void {
    const { partition, base } = this;
    const start = partition.mark();
    const sequence = base.slice(0, level);
    const frames: Frame[] = [{ mark: start, cell: this.cells[level], choices: [w], next: 0 }];
    while (frames.length > 0) {
      const frame = frames[frames.length - 1];
      partition.undo(frame.mark);
      const depth = level + frames.length - 1;
      sequence.length = depth;
      if (frame.next === frame.choices.length) {
        frames.pop();
        continue;
      }
      const choice = frame.choices[frame.next++];
      if (frames.length > 1 && this.prunable(sequence, frame)) continue;
      partition.individualise(choice);
      this.check();
      sequence.push(choice);
      const { trace } = partition;
      if (depth < best.traces.length && trace > best.traces[depth]) continue;
      if (depth >= best.traces.length || trace < best.traces[depth]) {
        best.traces.length = depth;
        best.traces.push(trace);
        best.leaf = undefined;
      }
      const cell = partition.open(frame.cell);
      if (cell >= 0) {
        const choices = Array.from(partition.elements.subarray(cell, cell + partition.sizes[cell]));
        frames.push({ mark: partition.mark(), cell, choices, next: 0 });
        continue;
      }
      const leaf = partition.elements.slice();
      if (best.leaf === undefined) {
        best.leaf = leaf;
        best.sequence = [...sequence];
        continue;
      }
      const symmetry = this.between(best.leaf, leaf);
      if (symmetry !== undefined) {
        this.extra.push(symmetry);
        // All below the place where the two paths part is alike.
        let same = 0;
        while (best.sequence[same] === sequence[same]) same++;
        while (frames.length > Math.max(1, same - level + 1)) frames.pop();
        continue;
      }
      if (this.compare(leaf, best.leaf) < 0) {
        best.leaf = leaf;
        best.sequence = [...sequence];
      }
    }
    partition.undo(start);
  }

  /** Automorphisms met on the way to the best leaf. The group has them already, as products. */
  private readonly extra: SparsePermutation[] = [];

  /** Whether an automorphism that fixes the sequence takes an earlier choice to the one just taken. */
  private prunable(sequence: readonly number[], { choices, next }: Frame): boolean {
    if (next === 1) return false;
    const orbits = new Orbits(this.leaf.length);
    for (const each of [...this.generators, ...this.extra])
      if (sequence.every((v) => imageOf(each, v) === v)) orbits.join(each);
    this.partition.work += this.leaf.length + sequence.length * (this.generators.length + this.extra.length);
    const root = orbits.find(choices[next - 1]);
    for (let i = 0; i < next - 1; i++) if (orbits.find(choices[i]) === root) return true;
    return false;
  }

  /** Negative when the graph named by the first leaf comes before the one named by the second. */
  private compare(a: Uint32Array, b: Uint32Array): number {
    const [first, second] = [this.namedArcs(a), this.namedArcs(b)];
    for (let i = 0; i < first.length; i++) if (first[i] !== second[i]) return first[i] - second[i];
    return 0;
  }

  /** What the graph is when the vertices of a leaf are called by their places. */
  private namedArcs(leaf: Uint32Array): number[] {
    const { offsets, neighbours, types } = this.arcs;
    const names = new Uint32Array(leaf.length);
    for (let i = 0; i < leaf.length; i++) names[leaf[i]] = i;
    this.partition.work += neighbours.length;
    const all: number[] = [];
    for (const v of leaf) {
      const arcs: [number, number][] = [];
      for (let at = offsets[v]; at < offsets[v + 1]; at++) arcs.push([names[neighbours[at]], types[at]]);
      arcs.sort((x, y) => x[0] - y[0] || x[1] - y[1]);
      all.push(arcs.length);
      for (const [name, type] of arcs) all.push(name, type);
    }
    return all;
  }
}

interface Best {
  traces: number[];
  sequence: number[];
  leaf: Uint32Array | undefined;
}

/** Where a permutation takes a point. */
export function imageOf({ moved, images }: SparsePermutation, v: number): number {
  let low = 0;
  let high = moved.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (moved[middle] < v) low = middle + 1;
    else high = middle;
  }
  return moved[low] === v ? images[low] : v;
}

/** Points that permutations take to one another. */
class Orbits {
  private readonly parents: Uint32Array;

  constructor(size: number) {
    this.parents = Uint32Array.from({ length: size }, (_, v) => v);
  }

  find(v: number): number {
    const { parents } = this;
    let root = v;
    while (parents[root] !== root) root = parents[root];
    for (let at = v; parents[at] !== root; ) [parents[at], at] = [root, parents[at]];
    return root;
  }

  join({ moved, images }: SparsePermutation): void {
    for (let i = 0; i < moved.length; i++) {
      const a = this.find(moved[i]);
      const b = this.find(images[i]);
      if (a !== b) this.parents[Math.max(a, b)] = Math.min(a, b);
    }
  }
}

/**
 * The canonical form of a graph: the same for all graphs that are isomorphic to it.
 *
 * @param effort - Arcs that the search may look at. Default 2^30, some ten seconds.
 * @throws SurprisalError (`limit`) when the search takes longer, as it does for large graphs that are very regular.
 * @example
 * canonicalForm(a).equals(canonicalForm(b)); // whether a and b are isomorphic
 */
export function canonicalForm(graph: Graph, effort = DEFAULT_EFFORT): Graph {
  return graph.renamed(new Search(graph, effort).canonicalNames());
}

/**
 * The automorphisms of a graph.
 *
 * @param effort - Arcs that the search may look at. Default 2^30, some ten seconds.
 * @throws SurprisalError (`limit`) when the search takes longer.
 */
export function automorphisms(graph: Graph, effort = DEFAULT_EFFORT): SymmetryGroup {
  const { base, generators, levels } = new Search(graph, effort);
  return { base, generators, levels };
}
