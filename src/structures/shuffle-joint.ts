/** Shuffle coding in its exact form: every graph without names has the bits that its symmetries leave it. */
import { type Codec, codec } from '../codecs/codec.ts';
import { log2 } from '../codecs/log2.ts';
import type { BitStack } from '../codecs/stack.ts';
import { SurprisalError } from '../errors.ts';
import { popUniform, pushUniform } from './chosen.ts';
import { StabiliserChain } from './cosets.ts';
import type { Graph } from './graph.ts';
import { checkIsGraph } from './graph-models.ts';
import { automorphisms, canonicalForm, DEFAULT_EFFORT, Search } from './symmetry.ts';

/** How hard symmetries are looked for. */
export interface JointOptions {
  /** Edges that a search may look at. Default 2^30, which takes some ten seconds. Both sides need the same. */
  readonly effort?: number;
}

/**
 * Graphs without names of vertices, the exact form: of the n! / |Aut| different ways to name them one is popped, each
 * equally likely, and the graph is pushed with these names. What is pushed depends on the graph up to isomorphism
 * alone. Costs log2(n!) - log2 |Aut| bits less than `inner` does, but needs that many initial bits; for small graphs, or
 * for many, one after another. Automorphisms are found by a search, up to thousands of vertices where graphs are not
 * very regular; {@link shuffled} has no such limit.
 *
 * A push checks that the pop will find its way: what one can do, the other can.
 *
 * @param inner - The codec of graphs with names, such as {@link named} or {@link polyaUrn} make.
 * @throws SurprisalError (`limit`) from a push whose search takes more than the effort.
 */
export function shuffledExactly(inner: Codec<Graph>, { effort = DEFAULT_EFFORT }: JointOptions = {}): Codec<Graph> {
  return codec<Graph>({
    push(stack, graph) {
      checkIsGraph(graph);
      const canonical = canonicalForm(graph, effort);
      const chain = new StabiliserChain(automorphisms(canonical, effort));
      const names = popPermutation(stack, graph.vertices);
      const which = chain.reduce(names);
      const sizes = chain.sizes();
      for (let i = 0; i < sizes.length; i++) pushUniform(stack, which[i], sizes[i]);
      const renamed = canonical.renamed(names);
      if (!canonicalForm(renamed, effort).equals(canonical))
        throw new SurprisalError('limit', 'no canonical form was found: take shuffled() or shuffledByColours()');
      inner.push(stack, renamed);
    },
    pop(stack) {
      const graph = inner.pop(stack);
      const canonicalNames = new Search(graph, effort).canonicalNames();
      const canonical = graph.renamed(canonicalNames);
      const chain = new StabiliserChain(automorphisms(canonical, effort));
      const names = new Uint32Array(graph.vertices);
      for (let v = 0; v < names.length; v++) names[canonicalNames[v]] = v;
      chain.reduce(names);
      const sizes = chain.sizes();
      const which = sizes.map(() => 0);
      for (let i = sizes.length - 1; i >= 0; i--) which[i] = popUniform(stack, sizes[i]);
      chain.restore(names, which);
      pushPermutation(stack, names);
      return canonical;
    },
    bits(graph) {
      checkIsGraph(graph);
      const bits = inner.bits(graph);
      if (bits === undefined) return undefined;
      let ways = -new StabiliserChain(automorphisms(graph, effort)).orderBits();
      for (let i = 2; i <= graph.vertices; i++) ways += log2(i);
      return bits - ways;
    },
  });
}

/** Pops a permutation, all equally likely. */
function popPermutation(stack: BitStack, size: number): Uint32Array {
  const names = Uint32Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = popUniform(stack, i + 1);
    [names[i], names[j]] = [names[j], names[i]];
  }
  return names;
}

/** Undoes {@link popPermutation}. */
function pushPermutation(stack: BitStack, names: Uint32Array): void {
  // The exchanges are done again to see them, and pushed from the last one to the first.
  const current = Uint32Array.from(names, (_, i) => i);
  const places = current.slice();
  const exchanged = new Uint32Array(names.length);
  for (let i = names.length - 1; i > 0; i--) {
    const j = places[names[i]];
    exchanged[i] = j;
    current[j] = current[i];
    places[current[i]] = j;
  }
  for (let i = 1; i < names.length; i++) pushUniform(stack, exchanged[i], i + 1);
}
