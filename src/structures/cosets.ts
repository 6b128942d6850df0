/** Stabiliser chains: what tells the cosets of a group of permutations apart. (Sims, 1970; Seress 2003.) */
import { log2 } from '../codecs/log2.ts';
import type { SparsePermutation, SymmetryGroup } from './symmetry.ts';

interface Level {
  /** Where the base's point goes under what fixes those before it, ascending. */
  readonly orbit: Uint32Array;
  /** For each point of the orbit, the last generator on the way there, and -1 for the base's point itself. */
  readonly by: Map<number, { readonly generator: SparsePermutation; readonly from: number } | undefined>;
}

/** The chain of stabilisers of a base's points. */
export class StabiliserChain {
  private readonly chain: Level[];

  /** The chain of a group, whose generators have to be strong ones. */
  constructor({ base, generators, levels }: SymmetryGroup) {
    const moving = new Map<number, { level: number; generator: SparsePermutation; image: number }[]>();
    generators.forEach((generator, i) => {
      generator.moved.forEach((v, at) => {
        const list = moving.get(v) ?? [];
        moving.set(v, list);
        list.push({ level: levels[i], generator, image: generator.images[at] });
      });
    });
    this.chain = base.map((point, level) => {
      const by: Level['by'] = new Map([[point, undefined]]);
      const queue = [point];
      for (let at = 0; at < queue.length; at++)
        for (const each of moving.get(queue[at]) ?? [])
          if (each.level >= level && !by.has(each.image)) {
            by.set(each.image, { generator: each.generator, from: queue[at] });
            queue.push(each.image);
          }
      return { orbit: Uint32Array.from(queue).sort(), by };
    });
  }

  /** Sizes of the orbits; their product is the order of the group. */
  sizes(): number[] {
    return this.chain.map(({ orbit }) => orbit.length);
  }

  /** log2 of the number of automorphisms. */
  orderBits(): number {
    return this.sizes().reduce((sum, size) => sum + log2(size), 0);
  }

  /**
   * Makes of names of points the least ones among those that an element of the group makes of them, in place.
   *
   * @returns Which one that was: a number below the size of each orbit.
   */
  reduce(names: Uint32Array): number[] {
    return this.chain.map(({ orbit, by }) => {
      let least = 0;
      for (let i = 1; i < orbit.length; i++) if (names[orbit[i]] < names[orbit[least]]) least = i;
      const path: SparsePermutation[] = [];
      for (let step = by.get(orbit[least]); step !== undefined; step = by.get(step.from)) path.push(step.generator);
      // names after u, where u takes the base's point to the chosen one by the generators of the path, last one first.
      for (const generator of path) apply(names, generator);
      return least;
    });
  }

  /** Undoes {@link reduce}. */
  restore(names: Uint32Array, which: readonly number[]): void {
    for (let level = this.chain.length - 1; level >= 0; level--) {
      const { orbit, by } = this.chain[level];
      const path: SparsePermutation[] = [];
      for (let step = by.get(orbit[which[level]]); step !== undefined; step = by.get(step.from))
        path.push(step.generator);
      for (let i = path.length - 1; i >= 0; i--) applyInverse(names, path[i]);
    }
  }
}

/** names[v] becomes names[g(v)]. */
function apply(names: Uint32Array, { moved, images }: SparsePermutation): void {
  const moving = images.map((v) => names[v]);
  for (let i = 0; i < moved.length; i++) names[moved[i]] = moving[i];
}

/** names[g(v)] becomes names[v]. */
function applyInverse(names: Uint32Array, { moved, images }: SparsePermutation): void {
  const moving = moved.map((v) => names[v]);
  for (let i = 0; i < moved.length; i++) names[images[i]] = moving[i];
}
