/**
 * Colour refinement: what a vertex sees around it, as a number. Two vertices that an automorphism exchanges always get
 * the same number, and two that none does mostly get different ones. (Weisfeiler and Leman, "The reduction of a graph
 * to canonical form and the algebra which appears therein", 1968.)
 *
 * Only 32-bit integers, and sums that do not depend on the order of their terms: the same in every engine.
 */

/** Edges as they are given to {@link refine}: those at `count` and above do not count. */
export interface EdgeList {
  readonly sources: Uint32Array;
  readonly targets: Uint32Array;
  readonly labels: Uint32Array | undefined;
  readonly count: number;
  readonly directed: boolean;
}

/** A bijection of 32-bit numbers that spreads every bit (the finaliser of splitmix32). */
export function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

const LOOP = 0x51ed270b;
const BACK = 0x2545f491;
const LABEL = 0x6c078965;

/**
 * Refines colours: after each round the colour of a vertex holds its old one and the multiset of those around it.
 *
 * @param colours - One for each vertex; overwritten.
 * @param edges - The edges. Those between two fixed vertices make no difference.
 * @param rounds - How often.
 * @param fixed - Vertices whose colours stay (1), others 0. Default: none.
 */
export function refine(colours: Uint32Array, edges: EdgeList, rounds: number, fixed?: Uint8Array): void {
  const { sources, targets, labels, count, directed } = edges;
  const n = colours.length;
  const sums = new Uint32Array(n);
  const mixed = new Uint32Array(n);
  const back = directed ? new Uint32Array(n) : mixed;
  for (let round = 0; round < rounds; round++) {
    sums.fill(0);
    for (let v = 0; v < n; v++) mixed[v] = mix(colours[v] + round);
    if (directed) for (let v = 0; v < n; v++) back[v] = mix(mixed[v] ^ BACK);
    for (let i = 0; i < count; i++) {
      const a = sources[i];
      const b = targets[i];
      if (labels === undefined) {
        if (a === b) sums[a] += LOOP;
        else {
          sums[a] += mixed[b];
          sums[b] += back[a];
        }
      } else {
        const label = mix(labels[i] ^ LABEL);
        if (a === b) sums[a] += mix(label ^ LOOP);
        else {
          sums[a] += mix(mixed[b] ^ label);
          sums[b] += mix(back[a] ^ label);
        }
      }
    }
    if (fixed === undefined) for (let v = 0; v < n; v++) colours[v] = mix(Math.imul(colours[v], 0x9e3779b1) + sums[v]);
    else for (let v = 0; v < n; v++) if (fixed[v] === 0) colours[v] = mix(Math.imul(colours[v], 0x9e3779b1) + sums[v]);
  }
}

/** What {@link invariantHash} and {@link coloursOf} take of a graph. */
export interface Colourable {
  readonly vertices: number;
  readonly directed: boolean;
  readonly sources: Uint32Array;
  readonly targets: Uint32Array;
  readonly vertexLabels: Uint32Array | undefined;
  readonly edgeLabels: Uint32Array | undefined;
}

/** The colours of a graph's vertices: labels and degrees first, then so many rounds. */
export function coloursOf(graph: Colourable, rounds: number, seed = 0): Uint32Array {
  const { vertices, sources, targets, directed, vertexLabels, edgeLabels } = graph;
  const colours = new Uint32Array(vertices);
  for (let v = 0; v < vertices; v++) colours[v] = mix((vertexLabels === undefined ? 0 : vertexLabels[v] + 1) ^ seed);
  refine(colours, { sources, targets, labels: edgeLabels, count: sources.length, directed }, rounds + 1);
  return colours;
}

/** 64 bits that do not depend on the names of the vertices. */
export function invariantHash(graph: Colourable, rounds: number): bigint {
  const { vertices, sources, directed, vertexLabels, edgeLabels } = graph;
  let hash = 0n;
  for (const seed of [0, 0x3c6ef372]) {
    let sum = mix(vertices ^ seed) + mix(sources.length + 0x1000193);
    sum = mix(sum + (directed ? 1 : 0) + (vertexLabels ? 2 : 0) + (edgeLabels ? 4 : 0));
    for (const colour of coloursOf(graph, rounds, seed)) sum = (sum + mix(colour ^ seed)) | 0;
    hash = (hash << 32n) | BigInt(mix(sum) >>> 0);
  }
  return hash;
}
