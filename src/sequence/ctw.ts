/**
 * Context-tree weighting (Willems, Shtarkov and Tjalkens 1995, IEEE Transactions on Information Theory 41): a mixture of
 * all tree-shaped models of up to `depth` symbols of context, so that nobody has to choose one.
 *
 * A symbol is decomposed into binary decisions, most significant bit first, each with a context tree of its own over the
 * symbols before it (Volf 2002, *Weighting techniques in data compression*; Willems, Shtarkov and Tjalkens 1997,
 * *Reflections on "The context-tree weighting method: basic properties"*). The node of a context s estimates the next bit
 * from its own counts a of zeros and b of ones, and weighs that against what the node of the context one symbol longer
 * says: `P(1) = (r P_own(1) + P_longer(1)) / (r + 1)`. The ratio r begins at 1 and is multiplied by `P_own / P_longer` of
 * each bit that comes, which makes the root's prediction the weighted probability of the 1995 paper. A node at the full
 * depth, or with nothing below it yet, has 1/2 for the longer context or only its own.
 *
 * - Estimator: `(b + α) / (a + b + 2 α)`. α = 1/2 is that of Krichevsky and Trofimov (`'kt'`), as in the paper; most
 *   decisions of text have one outcome, and 1/16 fits them better. `'zero-redundancy'` is the estimator of the 1997
 *   article, which mixes that of Krichevsky and Trofimov with those of the two constant sequences, 1/2, 1/4 and 1/4.
 * - Switching (Veness, Ng, Hutter and Bowling 2012, *Context tree switching*, arXiv 1111.3182): with a rate above 0 a node
 *   with n bits behind it also reckons with a change of mind between its own estimate and the longer contexts, with
 *   probability `switching / (n + 2)` at each bit. 0 is plain weighting.
 *
 * With two symbols and the defaults this is the textbook's method to the precision of the arithmetic: ratios are kept in
 * 24 bits and between 2^-100 and 2^100. All arithmetic is + - * / of doubles in a WASM kernel: the same bits everywhere.
 */
import { rangeError, typeError } from '../errors.ts';
import { hex } from '../kernels/generated/ctw.ts';
import { instantiate, kernelModule } from '../kernels/load.ts';
import { checkBit, checkSymbol, type Mark, Marks, type SequenceModel, type UndoableBitModel } from './model.ts';

/** What assembly/ctw/index.ts exports. */
interface Kernel {
  readonly CAPACITY: WebAssembly.Global;
  setUp(
    size: number,
    depth: number,
    tableBits: number,
    nodes: number,
    journalBytes: number,
    estimator: number,
    alpha: number,
    limit: number,
    switching: number,
  ): number;
  intervalsAt(): number;
  symbolsAt(): number;
  nodesFree(): number;
  pending(): number;
  journalFree(): number;
  probability(): number;
  update(bit: number): void;
  learn(symbol: number): void;
  learnAll(count: number): void;
  intervals(): void;
  mark(): number;
  rollback(place: number): void;
  forget(): void;
}

/** Options of {@link CtwModel} and {@link CtwBits}. What coded data depends on is all of them but `journalBytes`. */
export interface CtwOptions {
  /** Number of symbols, 2 to 256. Default 256: bytes. */
  readonly alphabetSize?: number;
  /** Symbols of the longest context, 0 to 32. Default 8. Before the first symbol all are taken for 0. */
  readonly depth?: number;
  /**
   * How a node estimates its next bit: the α of its estimator, above 0 to 1024; `'kt'` for α = 1/2; or
   * `'zero-redundancy'`. Default 1/16, and `'kt'` for two symbols.
   */
  readonly estimator?: 'kt' | 'zero-redundancy' | number;
  /** Rate of switching, 0 to 1. Default 1/8, and 0 for two symbols: plain weighting. */
  readonly switching?: number;
  /** A node whose counts add up to more halves them, so as to follow change: 2 to 2^24. Default 1023; 2^24 for two symbols. */
  readonly limit?: number;
  /**
   * Bytes of the model, from 2^16 to 2^30. Default 2^27. A quarter is a table of contexts, the rest are nodes; pages that
   * nothing was learnt into cost no real memory in most engines. When one of the two is full, the model goes on with the
   * contexts that it has: 100 kB of text take about 12 MB at the default depth, 800 kB of it 80 MB.
   */
  readonly memory?: number;
  /**
   * Bytes of the undo log, from 2^16 to 2^30. Default 2^24. It is used under a mark only: a byte takes about 1 kB, a mark
   * 80 bytes.
   */
  readonly journalBytes?: number;
}

const NODE = 20;
const REGISTERS = 10;
const FULL = 'the undo log is full: roll back, release the oldest mark, or give more journalBytes';

function whole(name: string, value: number, least: number, most: number): void {
  if (!(Number.isInteger(value) && value >= least && value <= most))
    throw rangeError(`${name} is a whole number from ${least} to ${most}, not ${value}`);
}

/** A kernel with its memory, and the marks that are held. */
class Ctw {
  readonly size: number;
  readonly width: number;
  readonly kernel: Kernel;
  readonly cuts: Uint32Array;
  private readonly symbols: Uint8Array;
  private readonly marks = new Marks();
  /** Most bytes of the undo log that one symbol takes: an entry for each word that it may change. */
  private readonly most: number;

  constructor(options: CtwOptions) {
    const { alphabetSize = 256 } = options;
    const binary = alphabetSize === 2;
    const { depth = 8, estimator = binary ? 'kt' : 1 / 16, switching = binary ? 0 : 1 / 8 } = options;
    const { limit = binary ? 2 ** 24 : 1023, memory = 2 ** 27, journalBytes = 2 ** 24 } = options;
    whole('alphabetSize', alphabetSize, 2, 256);
    whole('depth', depth, 0, 32);
    whole('limit', limit, 2, 2 ** 24);
    whole('memory', memory, 2 ** 16, 2 ** 30);
    whole('journalBytes', journalBytes, 2 ** 16, 2 ** 30);
    if (!(switching >= 0 && switching <= 1)) throw rangeError(`switching is a number from 0 to 1, not ${switching}`);
    if (typeof estimator !== 'number' && estimator !== 'kt' && estimator !== 'zero-redundancy')
      throw typeError(`estimator is 'kt', 'zero-redundancy' or a number, not ${String(estimator)}`);
    const alpha = typeof estimator === 'number' ? estimator : 0.5;
    // Below 2^-20 a sure node's estimate would come too close to 0.
    if (!(alpha >= 2 ** -20 && alpha <= 1024)) throw rangeError(`an estimator's α is from 2^-20 to 1024, not ${alpha}`);
    const tableBits = 28 - Math.clz32(memory) - 2;
    const nodes = Math.floor((memory - 8 * 2 ** tableBits) / NODE);
    const { exports, memory: bytes } = instantiate<Kernel>(
      kernelModule('ctw', hex),
      Math.ceil((memory + journalBytes) / 65536) + 2,
    );
    const end = exports.setUp(
      alphabetSize,
      depth,
      tableBits,
      nodes,
      journalBytes,
      estimator === 'zero-redundancy' ? 1 : 0,
      alpha,
      limit,
      switching,
    );
    if (end > bytes.buffer.byteLength) throw new Error(`the ctw kernel needs ${end} bytes`);
    this.size = alphabetSize;
    this.width = 32 - Math.clz32(alphabetSize - 1);
    this.kernel = exports;
    this.cuts = new Uint32Array(bytes.buffer, exports.intervalsAt(), alphabetSize + 1);
    this.symbols = new Uint8Array(bytes.buffer, exports.symbolsAt(), exports.CAPACITY.value as number);
    this.most = 8 * (depth + 1) * (4 * this.width + 1);
  }

  /** Makes sure that a symbol finds room in the undo log. */
  room(): void {
    if (this.marks.held > 0 && this.kernel.journalFree() < this.most) throw rangeError(FULL);
  }

  learnAll(symbols: ArrayLike<number>): void {
    for (let i = 0; i < symbols.length; i++) checkSymbol(symbols[i], this.size);
    const { kernel } = this;
    if (kernel.pending()) throw rangeError('symbols are learnt between two symbols: this one lacks bits');
    if (this.marks.held === 0) {
      for (let from = 0; from < symbols.length; from += this.symbols.length) {
        const n = Math.min(this.symbols.length, symbols.length - from);
        for (let i = 0; i < n; i++) this.symbols[i] = symbols[from + i];
        kernel.learnAll(n);
      }
      return;
    }
    const start = this.mark();
    try {
      for (let i = 0; i < symbols.length; i++) {
        this.room();
        kernel.learn(symbols[i]);
      }
    } catch (error) {
      this.rollback(start);
      throw error;
    }
    this.release(start);
  }

  mark(): Mark {
    if (this.kernel.journalFree() < 8 * REGISTERS) throw rangeError(FULL);
    return this.marks.add(this.kernel.mark());
  }

  rollback(mark: Mark): void {
    this.kernel.rollback(this.marks.drop(mark));
    if (this.marks.held === 0) this.kernel.forget();
  }

  release(mark: Mark): void {
    this.marks.drop(mark);
    if (this.marks.held === 0) this.kernel.forget();
  }
}

/**
 * Context-tree weighting as a model of symbols. `intervals` walks the tree of bits once for all symbols: on text it takes
 * about four times as long as learning a symbol, so to sample or code symbol after symbol {@link CtwBits} is faster.
 *
 * A decision's share of an interval is rounded down to a whole unit of 2^-24, and no symbol is left without one.
 *
 * @example
 * ```ts
 * import { decodeSymbols, encodeSymbols } from 'surprisal/sequence/coding.js';
 * import { CtwModel } from 'surprisal/sequence/ctw.js';
 *
 * const text = new TextEncoder().encode('how much wood would a woodchuck chuck');
 * const words = encodeSymbols(new CtwModel(), text);
 * const restored = decodeSymbols(new CtwModel(), words, text.length);
 * console.log(new TextDecoder().decode(restored)); // 'how much wood would a woodchuck chuck'
 * ```
 */
export class CtwModel implements SequenceModel {
  readonly alphabetSize: number;
  private readonly core: Ctw;

  /**
   * A model that has seen nothing.
   *
   * @throws RangeError for options out of range, or when the engine has no memory for it.
   * @throws TypeError for an estimator of no such name.
   */
  constructor(options: CtwOptions = {}) {
    this.core = new Ctw(options);
    this.alphabetSize = this.core.size;
  }

  /** Fills in cumulative frequencies of the next symbol: see {@link SequenceModel.intervals}. */
  intervals(into: Uint32Array): void {
    this.core.kernel.intervals();
    into.set(this.core.cuts);
  }

  /**
   * Learns the next symbol.
   *
   * @throws RangeError when there is no such symbol, or a mark is held and the undo log is full; the model is as before.
   */
  update(symbol: number): void {
    checkSymbol(symbol, this.alphabetSize);
    this.core.room();
    this.core.kernel.learn(symbol);
  }

  /**
   * Learns many symbols, faster than one by one: what a prompt or a corpus is for.
   *
   * @throws RangeError as {@link update} does; the model is as before.
   */
  learn(symbols: ArrayLike<number>): void {
    this.core.learnAll(symbols);
  }

  /** Nodes that are free: 0 says that `memory` is used up. */
  get nodesFree(): number {
    return this.core.kernel.nodesFree();
  }

  /**
   * Marks the present state.
   *
   * @throws RangeError when the undo log is full.
   */
  mark(): Mark {
    return this.core.mark();
  }

  /**
   * Goes back to a mark, to the bit, and forgets it and all later ones.
   *
   * @throws RangeError when it is not a mark that is held.
   */
  rollback(mark: Mark): void {
    this.core.rollback(mark);
  }

  /**
   * Forgets a mark and all later ones, and keeps what came after them. The log is emptied when it is the oldest.
   *
   * @throws RangeError when it is not a mark that is held.
   */
  release(mark: Mark): void {
    this.core.release(mark);
  }
}

/**
 * Context-tree weighting as a model of bits, most significant first, for alphabets of a power of two: the model of
 * {@link CtwModel}, with a fresh integer of 16 bits a decision.
 *
 * @example
 * ```ts
 * import { Random } from 'surprisal/kernels/random.js';
 * import { CtwBits } from 'surprisal/sequence/ctw.js';
 *
 * const model = new CtwBits();
 * model.learn(new TextEncoder().encode('to be or not to be, '.repeat(20)));
 * const random = new Random(1);
 * // An exact sample: a bit is 1 where 16 random bits are below its probability.
 * const sample = () => {
 *   let byte = 0;
 *   for (let i = 0; i < 8; i++) {
 *     const bit = random.next() >>> 16 < model.predict() ? 1 : 0;
 *     model.update(bit);
 *     byte = 2 * byte + bit;
 *   }
 *   return byte;
 * };
 * console.log(String.fromCharCode(...Array.from({ length: 12 }, sample)));
 * ```
 */
export class CtwBits implements UndoableBitModel {
  /** Bits of a symbol: 8 for bytes. */
  readonly width: number;
  private readonly core: Ctw;

  /**
   * A model that has seen nothing.
   *
   * @throws RangeError for options out of range, or when the engine has no memory for it.
   * @throws TypeError for an estimator of no such name.
   */
  constructor(options: CtwOptions = {}) {
    const { alphabetSize = 256 } = options;
    if (alphabetSize > 0 && (alphabetSize & (alphabetSize - 1)) !== 0)
      throw rangeError(`bits need an alphabet of a power of two, not of ${alphabetSize} symbols`);
    this.core = new Ctw(options);
    this.width = this.core.width;
  }

  /** Probability that the next bit is a 1, in 1/65536: 1..65535. Asking changes nothing. */
  predict(): number {
    return this.core.kernel.probability();
  }

  /**
   * Learns a bit; a symbol is learnt with its last.
   *
   * @throws TypeError when it is neither 0 nor 1.
   * @throws RangeError when a mark is held and the undo log is full; the model is as before.
   */
  update(bit: number): void {
    checkBit(bit);
    this.core.room();
    this.core.kernel.update(bit);
  }

  /**
   * Learns many symbols, faster than bit by bit.
   *
   * @throws RangeError for what is no symbol, within a symbol, or as {@link update} does; the model is as before.
   */
  learn(symbols: ArrayLike<number>): void {
    this.core.learnAll(symbols);
  }

  /**
   * Marks the present state, between two bits.
   *
   * @throws RangeError when the undo log is full.
   */
  mark(): Mark {
    return this.core.mark();
  }

  /**
   * Goes back to a mark, to the bit, and forgets it and all later ones.
   *
   * @throws RangeError when it is not a mark that is held.
   */
  rollback(mark: Mark): void {
    this.core.rollback(mark);
  }

  /**
   * Forgets a mark and all later ones, and keeps what came after them. The log is emptied when it is the oldest.
   *
   * @throws RangeError when it is not a mark that is held.
   */
  release(mark: Mark): void {
    this.core.release(mark);
  }
}
