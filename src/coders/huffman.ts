/**
 * Huffman codes as constriction builds them: the same probabilities give the same codewords, bit for bit.
 *
 * The two least probable subtrees are joined, over and over; of equally probable ones the first come first, and a
 * joined subtree comes after all that were there before. The first of the two gets bit 0. Probabilities are summed in
 * their own precision (32 bits for a Float32Array, 64 for all else), and a different precision may give a different
 * tree. They need not add up to 1, but scaling them can change roundings, and so the tree: encoder and decoder must be
 * given the same numbers.
 *
 * Huffman, "A method for the construction of minimum-redundancy codes", Proc. IRE 40 (1952). The expected codeword is
 * less than one bit longer than the entropy.
 */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { checkSymbol } from './bits.ts';
import type { BitSink, BitSource, DecoderCodebook, EncoderCodebook } from './symbol-coders.ts';

/** As many symbols as leave room for a node's index and a bit in 32 bits. */
const mostSymbols = 2 ** 30;

/**
 * Refuses weights that make no code.
 *
 * @throws TypeError (`invalid-type`) for no array, RangeError (`invalid-argument`) for an empty one, too long a one, a
 *   weight that is negative, infinite or not a number, and weights that sum to 0 or to infinity.
 */
export function checkWeights(weights: ArrayLike<number>, what: string): void {
  if (typeof weights !== 'object' || typeof weights?.length !== 'number')
    throw typeError(`${what} come as an array or a typed array of numbers`);
  if (weights.length === 0 || weights.length > mostSymbols)
    throw rangeError(`${what} are needed for 1 to ${mostSymbols} symbols, not ${weights.length}`);
  const single = weights instanceof Float32Array;
  let sum = 0;
  for (let s = 0; s < weights.length; s++) {
    const weight = weights[s];
    if (typeof weight !== 'number') throw typeError(`${what} are numbers, not ${typeof weight} (symbol ${s})`);
    if (!(weight >= 0 && weight < Infinity))
      throw rangeError(`${what} are finite numbers from 0, not ${weight} (symbol ${s})`);
    sum = single ? Math.fround(sum + weight) : sum + weight;
  }
  if (sum === 0) throw rangeError(`at least one of the ${what} must be above 0`);
  if (sum === Infinity) throw rangeError(`the sum of the ${what} is not finite: scale them down`);
}

/** Symbols by weight, equal ones by index. */
export function symbolsByWeight(weights: ArrayLike<number>): Uint32Array {
  const order = new Uint32Array(weights.length);
  for (let s = 0; s < order.length; s++) order[s] = s;
  // No two symbols compare equal, so every engine's sort gives the same order.
  return order.sort((a, b) => (weights[a] < weights[b] ? -1 : weights[a] > weights[b] ? 1 : a - b));
}

/**
 * The children of the joined nodes in the order in which they were joined: `[2 i]` and `[2 i + 1]` are those of node
 * n + i, the first with bit 0. Nodes 0 to n - 1 are the symbols; the last node is the root.
 *
 * A heap would do; but sums come out in ascending order, so the least two are always at the front of two queues.
 */
function joinedNodes(probabilities: ArrayLike<number>): Uint32Array {
  checkWeights(probabilities, 'probabilities');
  const n = probabilities.length;
  const single = probabilities instanceof Float32Array;
  const leaves = symbolsByWeight(probabilities);
  const sums = new Float64Array(n - 1);
  const children = new Uint32Array(2 * (n - 1));
  let leaf = 0;
  let joined = 0;
  for (let next = 0; next < n - 1; next++) {
    let sum = 0;
    for (let bit = 0; bit < 2; bit++) {
      // Of equals the lower index comes first, and every leaf's is lower than any joined node's.
      const takeLeaf = joined === next || (leaf < n && probabilities[leaves[leaf]] <= sums[joined]);
      children[2 * next + bit] = takeLeaf ? leaves[leaf] : n + joined;
      sum += takeLeaf ? probabilities[leaves[leaf++]] : sums[joined++];
    }
    sums[next] = single ? Math.fround(sum) : sum;
  }
  return children;
}

/**
 * A Huffman tree for encoding. Immutable.
 *
 * A code of a single symbol has one codeword, of no bits.
 *
 * @example
 * const encoder = new QueueEncoder();
 * encoder.encodeSymbols([1, 3, 2], new EncoderHuffmanTree([0.3, 0.2, 0.4, 0.1]));
 */
export class EncoderHuffmanTree implements EncoderCodebook {
  /** For each node but the root, twice its parent and its bit; 0 for the root. Symbols first. */
  private readonly parents: Uint32Array;
  /** The length of each symbol's codeword. */
  private readonly lengths: Uint32Array;
  /** The codeword of each symbol, its first bit lowest, where it has at most 32 bits. */
  private readonly codes: Uint32Array;

  /**
   * @param probabilities one for each symbol, in any scale: a Float32Array is summed with 32 bits, all else with 64.
   * @throws RangeError (`invalid-argument`) for no symbols, a probability that is negative, infinite or not a number,
   *   and a sum of 0 or infinity; TypeError (`invalid-type`) for what is no array of numbers.
   */
  constructor(probabilities: ArrayLike<number>) {
    const children = joinedNodes(probabilities);
    const n = probabilities.length;
    this.parents = new Uint32Array(2 * n - 1);
    const lengths = new Uint32Array(2 * n - 1);
    const codes = new Uint32Array(2 * n - 1);
    // From the root down: a parent's index is above its children's.
    for (let at = n - 2; at >= 0; at--) {
      for (let bit = 0; bit < 2; bit++) {
        const child = children[2 * at + bit];
        this.parents[child] = (n + at) * 2 + bit;
        lengths[child] = lengths[n + at] + 1;
        if (lengths[child] <= 32) codes[child] = codes[n + at] | (bit << lengths[n + at]);
      }
    }
    this.lengths = lengths.slice(0, n);
    this.codes = codes.slice(0, n);
  }

  /** How many symbols the code has: 0 to `numSymbols() - 1`. */
  numSymbols(): number {
    return this.lengths.length;
  }

  /** The nodes as constriction keeps them, a copy: symbols first; twice the parent's index plus the bit, 0 at the root. */
  nodes(): Uint32Array {
    return this.parents.slice();
  }

  /** The length of each symbol's codeword in bits, a copy. */
  codewordLengths(): Uint32Array {
    return this.lengths.slice();
  }

  /**
   * Writes the symbol's codeword.
   *
   * @throws SurprisalError (`impossible-symbol`) for a symbol outside the code.
   */
  encode(symbol: number, sink: BitSink): void {
    checkSymbol(symbol);
    const n = this.lengths.length;
    if (symbol < 0 || symbol >= n)
      throw new SurprisalError('impossible-symbol', `the code has the symbols 0 to ${n - 1}, not ${symbol}`);
    const length = this.lengths[symbol];
    if (length <= 32) {
      sink.writeBits(this.codes[symbol], length);
      return;
    }
    const bits = new Uint8Array(length);
    for (let node = symbol, at = length; at > 0; node = this.parents[node] >>> 1) bits[--at] = this.parents[node] & 1;
    for (let at = 0; at < length; at++) sink.writeBits(bits[at], 1);
  }
}

/**
 * A Huffman tree for decoding: the other side of an {@link EncoderHuffmanTree} of the same probabilities. Immutable.
 *
 * It goes through the tree bit by bit. A code that is decoded much is faster as a canonical one, which decodes by a
 * look-up in a table; its words are other ones.
 *
 * @example
 * new QueueDecoder(words).decodeSymbols(new DecoderHuffmanTree([0.3, 0.2, 0.4, 0.1]), 3);
 */
export class DecoderHuffmanTree implements DecoderCodebook {
  /** Two children for each joined node; an entry below `count` is a symbol, another one the joined node less `count`. */
  private readonly children: Uint32Array;
  private readonly count: number;

  /**
   * @param probabilities exactly what the encoder's tree was built from.
   * @throws as the constructor of {@link EncoderHuffmanTree}.
   */
  constructor(probabilities: ArrayLike<number>) {
    this.children = joinedNodes(probabilities);
    this.count = probabilities.length;
  }

  /** How many symbols the code has: 0 to `numSymbols() - 1`. */
  numSymbols(): number {
    return this.count;
  }

  /** The joined nodes as constriction keeps them, a copy: each two children, symbols or `numSymbols()` + a node. */
  nodes(): [number, number][] {
    const pairs: [number, number][] = [];
    for (let at = 0; at < this.children.length; at += 2) pairs.push([this.children[at], this.children[at + 1]]);
    return pairs;
  }

  /** Reads one codeword; every row of bits starts with one, so only the source's end can stop it. */
  decode(source: BitSource): number {
    const n = this.count;
    let node = 2 * (n - 1);
    while (node >= n) {
      const window = source.peekBits(32);
      let used = 0;
      for (; used < 32 && node >= n; used++) node = this.children[2 * (node - n) + ((window >>> used) & 1)];
      source.skipBits(used);
    }
    return node;
  }
}
