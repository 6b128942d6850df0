/**
 * Completion by exhaustive search: at every node of a tree of strings the few tokens that cost least, at the end the few
 * leaves that cost least. This is `complete` of the notebook "Codecs as generative models", with its order kept and its
 * faults mended: it gives back symbols, ends when there is nothing to add, and says what it will cost.
 */
import { rangeError } from '../errors.ts';
import { Choices, checkCount, type Distribution, type SamplerOptions } from './choices.ts';
import { deadEnd, mayEnd } from './constraints.ts';
import type { Prompt, Samplable } from './oracle.ts';
import { Trail } from './trail.ts';

/**
 * Picks the k smallest of some lengths, smallest first.
 *
 * @returns their places: k of them, or all when there are fewer.
 */
export type Select = (lengths: Float64Array, k: number) => ArrayLike<number>;

/** How {@link complete} searches. */
export interface CompleteOptions extends SamplerOptions {
  /** Tokens of a whole string, the prompt's included. Default 10, the notebook's: for prompts that are shorter. */
  readonly length?: number;
  /** Children of a node: those that cost least. Default 2. */
  readonly width?: number;
  /** Leaves that are given back: those that cost least. Default 3; where there are fewer leaves, all of them. */
  readonly height?: number;
  /** Which of equal lengths come first. Default {@link stableSelect}. */
  readonly select?: Select;
  /** Refuses a search of more leaves. Default 65,536. */
  readonly maxLeaves?: number;
  /** Hears of progress at every node: leaves found and leaves in all. */
  readonly onProgress?: (leaves: number, all: number) => void;
}

/** One string that was found. */
export interface Completion {
  /** The whole string in tokens, the prompt's first. */
  readonly tokens: readonly number[];
  /** The same in the codec's symbols. */
  readonly symbols: readonly number[];
  /** Its length in bits (whole bytes where asked for), together with what the oracle already held. */
  readonly bits: number;
}

/** What {@link complete} found. */
export interface Completions {
  /** Likely strings are looked for, not drawn. */
  readonly distribution: Distribution;
  /** The strings, shortest code first. */
  readonly completions: readonly Completion[];
  /** Leaves that the search saw. */
  readonly leaves: number;
  /** Lengths that it asked the codec for. */
  readonly lengths: number;
}

/** A leaf: what it adds to the prompt. */
interface Leaf {
  readonly added: readonly number[];
  readonly bits: number;
}

/** The smallest lengths; of equal ones the first. */
export function stableSelect(lengths: Float64Array, k: number): Uint32Array {
  const n = Math.min(k, lengths.length);
  if (n <= 32) return insertSelect(lengths, n);
  const order = new Uint32Array(lengths.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  // The places differ, so the order is total.
  return order.sort((a, b) => lengths[a] - lengths[b] || a - b).slice(0, n);
}

/** For few of many: one pass with an insertion. */
function insertSelect(lengths: Float64Array, n: number): Uint32Array {
  const best = new Uint32Array(n);
  let held = 0;
  for (let i = 0; i < lengths.length && n > 0; i++) {
    const length = lengths[i];
    if (held === n && !(length < lengths[best[n - 1]])) continue;
    let at = held === n ? n - 1 : held++;
    for (; at > 0 && length < lengths[best[at - 1]]; at--) best[at] = best[at - 1];
    best[at] = i;
  }
  return best;
}

/**
 * Completes a prompt: a tree of all ways to add the `width` cheapest tokens again and again, deepest first, and of its
 * leaves the `height` cheapest. That is a search and no sample, and a greedy one: a leaf whose beginning is not among
 * the cheapest is never seen. It asks for (width^n - 1) / (width - 1) times as many lengths as there are tokens, n being
 * the tokens added; {@link beamSearch} asks for n times the width.
 *
 * @param codec - An oracle, or a model. What it holds already is a condition; it is left as it was.
 * @param prompt - Tokens that come first, or a text, which is cut into tokens. The strings that are given back begin with
 * it, as the notebook's do: it is searched for whole strings.
 * @throws RangeError for a prompt above `length`, a token that is not allowed, a search above `maxLeaves`.
 * @throws SurprisalError (`impossible-symbol`) when the constraint allows no string of that length.
 * @example
 * const oracle = new DeflateOracle({ format: 'zlib', level: 6 });
 * const { completions } = complete(oracle, [1, 2, 3, 1, 2], { length: 9 });
 * completions[0].symbols; // [1, 2, 3, 1, 2, 3, 1, 2, 3]
 */
export function complete(codec: Samplable, prompt: Prompt, options: CompleteOptions = {}): Completions {
  const choices = new Choices(codec, options);
  const trail = new Trail(choices.oracle);
  try {
    const start = choices.prompt(prompt);
    const state = choices.after(start);
    trail.go(choices.tokens.symbols(start));
    return completeFrom(choices, start, state, options);
  } finally {
    trail.go([]);
  }
}

/** A string that awaits its children: the one that the search was at when it had `depth` - 1 tokens, and this token. */
interface Node {
  readonly depth: number;
  readonly token: number;
  readonly state: unknown;
}

/**
 * Completes a prompt that the oracle of `choices` has already taken in, and leaves the oracle as it was: for samplers
 * that complete again and again.
 *
 * @param choices - The codec, the tokens, the constraint.
 * @param prompt - Tokens that have been pushed.
 * @param state - The constraint's state after them.
 * @throws RangeError, SurprisalError as {@link complete}.
 */
export function completeFrom(
  choices: Choices,
  prompt: readonly number[],
  state: unknown,
  options: CompleteOptions = {},
): Completions {
  const { length = 10, width = 2, height = 3, select = stableSelect, maxLeaves = 65536, onProgress } = options;
  const { tokens, constraint } = choices;
  checkCount('length', length, 0);
  checkCount('width', width, 1);
  checkCount('height', height, 1);
  if (!(maxLeaves >= 1)) throw rangeError(`maxLeaves is a number from 1, not ${maxLeaves}`);
  if (prompt.length > length || (options.length === undefined && prompt.length === length))
    throw rangeError(
      `the prompt has ${prompt.length} tokens, and length counts those of the whole string: give { length: ${prompt.length + 10} } ` +
        `to add 10${options.length === undefined ? `, for its default is ${length}` : `, not ${length}`}`,
    );
  const depth = length - prompt.length;
  const all = countLeaves(Math.min(width, tokens.count), depth, maxLeaves);
  const finish = ({ added, bits }: Leaf): Completion => {
    const list = [...prompt, ...added];
    return { tokens: list, symbols: tokens.symbols(list), bits };
  };
  if (depth === 0) {
    if (!mayEnd(constraint, state)) throw deadEnd(prompt.length);
    const completions = [finish({ added: [], bits: choices.bits() })];
    return { distribution: 'search', completions, leaves: 1, lengths: 1 };
  }
  const trail = new Trail(choices.oracle);
  const queue: Node[] = [{ depth: 0, token: -1, state }];
  const leaves: Leaf[] = [];
  // The node's tokens, and the length of the trail before each.
  const path: number[] = [];
  const ends: number[] = [];
  let asked = 0;
  try {
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      const { depth: at, token } = node;
      if (at > 0) {
        if (ends.length >= at) trail.back(trail.length - ends[at - 1]);
        ends.length = path.length = at - 1;
        ends.push(trail.length);
        path.push(token);
        for (const symbol of tokens.symbolsOf(token)) trail.push(symbol);
      }
      const left = depth - at;
      const n = choices.look(node.state, left);
      asked += n;
      const lengths = choices.lengths.subarray(0, n);
      const chosen = select(lengths, Math.min(width, n));
      for (let i = 0; i < chosen.length; i++) {
        const place = chosen[i];
        if (!(lengths[place] < Infinity)) continue;
        const next = choices.tokenAt(place);
        const after = choices.stateAt(place);
        if (left > 1) queue.push({ depth: at + 1, token: next, state: after });
        else if (mayEnd(constraint, after)) leaves.push({ added: [...path, next], bits: lengths[place] });
      }
      onProgress?.(leaves.length, all);
    }
  } finally {
    trail.go([]);
  }
  if (leaves.length === 0) throw deadEnd(length);
  const best = select(
    Float64Array.from(leaves, ({ bits }) => bits),
    Math.min(height, leaves.length),
  );
  const completions = Array.from(best, (place) => finish(leaves[place]));
  return { distribution: 'search', completions, leaves: leaves.length, lengths: asked };
}

/** width^depth, @throws RangeError above `most`. */
function countLeaves(width: number, depth: number, most: number): number {
  let leaves = 1;
  for (let i = 0; i < depth && width > 1; i++) {
    leaves *= width;
    if (leaves > most)
      throw rangeError(
        `${width} children a node and ${depth} tokens to add are ${width}^${depth} leaves, more than maxLeaves (${most}): ` +
          'make the width or the length smaller, or search with a beam',
      );
  }
  return leaves;
}
