/**
 * Classifying texts by how well they compress with others.
 *
 * k nearest neighbours by the normalised compression distance (Jiang, Yang, Tsirlin, Tang, Dai and Lin 2023, "'Low-Resource'
 * Text Classification: A Parameter-Free Classification Method with Compressors", Findings of ACL, arXiv 2212.09410). In
 * the code of that paper a tie between classes counted as right when the text's own label was among those tied, so that
 * its accuracies for k = 2 are those of "either of the two nearest" (Schutte 2023, "Bad numbers in the 'gzip beats BERT'
 * paper?"). Nothing here is ever told the label of a text that it classifies.
 *
 * And the cheaper way, which needs no neighbours: the class whose texts, learnt first, make the text shortest (Teahan 2000,
 * "Text classification and segmentation using minimum cross-entropy"; Frank, Chui and Witten 2000).
 */

import { rangeError, typeError } from '../errors.ts';
import { Random } from '../kernels/random.ts';
import { Distances, type Measure, symbolsOf, type Text } from './distance.ts';
import { type LengthOracle, pushAll } from './oracle.ts';

/** How votes that tie are settled, without a look at any label but those of the neighbours: see {@link KnnOptions}. */
export type TieBreak = 'nearest' | 'random' | 'decrement';

/** What {@link Knn} is made of. */
export interface KnnOptions {
  /** Texts whose labels are known. */
  readonly train: readonly Text[];
  /** Their labels. */
  readonly labels: readonly string[];
  /** What measures lengths. */
  readonly measure: Measure;
  /** Neighbours that vote, 1 to the number of texts. Default 1. */
  readonly k?: number;
  /**
   * When classes have as many votes: the one that has the nearest neighbour of them (`nearest`, the default), one at
   * random (`random`), or the votes of one neighbour fewer, again and again until they settle it (`decrement`).
   */
  readonly tie?: TieBreak;
  /** What is put between two texts. Default nothing; the paper puts a space. */
  readonly separator?: Text;
  /** Seed of what is random: ties, and which of equally near neighbours come first. Default 0. */
  readonly seed?: number;
}

/** A neighbour. */
export interface Neighbour {
  /** Its place among the training texts. */
  readonly index: number;
  /** Its label. */
  readonly label: string;
  /** Normalised compression distance. */
  readonly distance: number;
}

/** What was found about a text. */
export interface Classified {
  /** The label. */
  readonly label: string;
  /** Whether votes tied, and how they were settled mattered. */
  readonly tied: boolean;
  /** The k nearest, the nearest first. */
  readonly neighbours: readonly Neighbour[];
}

function checkLabels(train: readonly Text[], labels: readonly string[]): void {
  if (train.length === 0) throw rangeError('there must be at least one text whose label is known');
  if (labels.length !== train.length)
    throw rangeError(`${train.length} texts need as many labels, not ${labels.length}`);
  for (const label of labels)
    if (typeof label !== 'string') throw typeError(`a label is a string, not ${typeof label}`);
}

/** A seed from a text itself, so that what is random does not depend on the order in which texts are asked for. */
function seedOf(symbols: ArrayLike<number>): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < symbols.length; i++) hash = Math.imul(hash ^ symbols[i], 0x01000193);
  return hash >>> 0;
}

/**
 * Finds the neighbours that vote, and settles the vote.
 *
 * @param distances - From the text to each training text.
 * @param labels - Of the training texts.
 * @param k - Neighbours that vote.
 * @param tie - How ties are settled.
 * @param random - Decides what is random. Equally near neighbours come in the order that it gives them: the order of the
 *   training texts may be that of their labels, and would favour the first.
 */
export function vote(
  distances: ArrayLike<number>,
  labels: readonly string[],
  k: number,
  tie: TieBreak,
  random: Random,
): Classified {
  const lots = Uint32Array.from({ length: labels.length }, () => random.next());
  const order = Uint32Array.from({ length: labels.length }, (_, i) => i);
  order.sort((a, b) => distances[a] - distances[b] || lots[a] - lots[b] || a - b);
  const neighbours = Array.from(order.subarray(0, k), (index) => ({
    index,
    label: labels[index],
    distance: distances[index],
  }));
  const leading = (count: number): string[] => {
    const votes = new Map<string, number>();
    // A Map keeps the order in which its keys came: the nearest first.
    for (const { label } of neighbours.slice(0, count)) votes.set(label, (votes.get(label) ?? 0) + 1);
    let most = 0;
    for (const number of votes.values()) if (number > most) most = number;
    return [...votes.keys()].filter((label) => votes.get(label) === most);
  };
  const first = leading(k);
  const tied = first.length > 1;
  let [label] = first;
  if (tied && tie === 'random') label = first[random.below(first.length)];
  if (tied && tie === 'decrement') for (let n = k - 1, left = first; left.length > 1; n--) [label] = left = leading(n);
  return { label, tied, neighbours };
}

/**
 * k nearest neighbours by compression.
 *
 * An oracle is pushed the text once and each training text after it, so that a text takes about as long as compressing
 * all of the training texts.
 *
 * @example
 * const knn = new Knn({ train, labels, measure: new DeflateOracle({ format: 'gzip', level: 9 }), k: 2, separator: ' ' });
 * knn.classify('a text of unknown kind').label;
 */
export class Knn {
  /** Neighbours that vote. */
  readonly k: number;
  /** How ties are settled. */
  readonly tie: TieBreak;
  private readonly labels: readonly string[];
  private readonly from: Distances;
  private readonly seed: number;

  /** @throws RangeError or TypeError for options that make no sense. */
  constructor(options: KnnOptions) {
    const { train, labels, measure, k = 1, tie = 'nearest', separator, seed = 0 } = options;
    checkLabels(train, labels);
    if (!(Number.isInteger(k) && k >= 1 && k <= train.length))
      throw rangeError(`1 to ${train.length} neighbours can vote, not ${k}`);
    if (!['nearest', 'random', 'decrement'].includes(tie))
      throw rangeError(`a tie is settled by 'nearest', 'random' or 'decrement', not '${tie}'`);
    // Refuses what is no seed now.
    new Random(seed);
    this.k = k;
    this.tie = tie;
    this.labels = [...labels];
    this.from = new Distances(train, measure, { separator });
    this.seed = seed;
  }

  /** The label of a text: only its symbols are looked at. */
  classify(text: Text): Classified {
    const symbols = symbolsOf(text);
    return vote(this.from.to(symbols), this.labels, this.k, this.tie, new Random(this.seed, seedOf(symbols)));
  }
}

/** What {@link ClassCodes} is made of. */
export interface ClassCodesOptions {
  /** Texts whose labels are known. */
  readonly train: readonly Text[];
  /** Their labels. */
  readonly labels: readonly string[];
  /** Makes a new oracle: one a class, which is pushed all of its texts. */
  readonly oracle: () => LengthOracle;
  /** What follows each text of a class. Default a line break. */
  readonly separator?: Text;
}

/** Bits of a text given each class. */
export interface ClassifiedByCode {
  /** The class that needs the fewest; of equals the first, in the order of labels. */
  readonly label: string;
  /** Bits that the text takes after the texts of each class. */
  readonly bits: ReadonlyMap<string, number>;
}

/**
 * A code for each class: a text belongs where it takes the fewest bits, C(class, text) - C(class). One compression a class
 * instead of one a training text. Codecs that look back a window only see the end of a class: take one that remembers.
 *
 * @example
 * const codes = new ClassCodes({ train, labels, oracle: () => new ModelOracle(new PpmModel()) });
 * codes.classify('a text of unknown kind').label;
 */
export class ClassCodes {
  private readonly codes: readonly { readonly label: string; readonly oracle: LengthOracle; readonly start: number }[];

  /** @throws RangeError or TypeError for options that make no sense. */
  constructor(options: ClassCodesOptions) {
    const { train, labels, oracle, separator = '\n' } = options;
    checkLabels(train, labels);
    const between = symbolsOf(separator);
    const classes = [...new Set(labels)].sort((a, b) => (a < b ? -1 : 1));
    this.codes = classes.map((label) => {
      const primed = oracle();
      for (const [i, text] of train.entries())
        if (labels[i] === label) for (const part of [symbolsOf(text), between]) pushAll(primed, part);
      return { label, oracle: primed, start: primed.bits() };
    });
  }

  /** Labels of the classes, in order. */
  get labels(): string[] {
    return this.codes.map(({ label }) => label);
  }

  /** The class of a text: only its symbols are looked at. */
  classify(text: Text): ClassifiedByCode {
    const symbols = symbolsOf(text);
    const bits = new Map<string, number>();
    let [best, least] = ['', Infinity];
    for (const { label, oracle, start } of this.codes) {
      const mark = oracle.mark();
      try {
        pushAll(oracle, symbols);
        const taken = oracle.bits() - start;
        bits.set(label, taken);
        if (taken < least) [best, least] = [label, taken];
      } finally {
        oracle.rollback(mark);
      }
    }
    return { label: best, bits };
  }
}
