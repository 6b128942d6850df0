/**
 * The online compressor's model bit by bit: what it predicts, what it learns, and the way back to an earlier state.
 * For compressing, use `surprisal` or {@link OnlineEncoder}, whose loop runs inside WASM and keeps no undo log; the
 * probabilities are the same to the bit.
 */
import { rangeError } from '../errors.ts';
import { hex } from '../kernels/generated/online_bits.ts';
import { instantiate, kernelModule } from '../kernels/load.ts';
import { checkBit, type Mark, Marks, type UndoableBitModel } from './model.ts';
import { fastParameters, type OnlineParameters, onlineMemory } from './online.ts';

export type { BitModel, Mark, UndoableBitModel } from './model.ts';

interface Kernel {
  init(tableBits: number, historyBits: number, journalBytes: number): number;
  probability(): number;
  update(bit: number): void;
  mark(): number;
  rollback(mark: number): number;
  release(mark: number): number;
  journalFree(): number;
}

/** Bytes of an entry of the undo log: an address, a width, what stood there. */
const ENTRY = 32;

/**
 * Most entries that one bit adds to the undo log, a bound and not only a guess: every `put` of assembly/online counted
 * for the last bit of a byte, which does all that other bits do and more. The tests fill all that can be filled and
 * measure. The kernel traps rather than write past the log, so this must never be too small.
 */
const MOST_ENTRIES =
  2 + // learnMatch: a cell each
  2 + // learnIndirect, remember
  (2 + 6 * 5) + // train: two vectors of the final neuron, five of each of six neurons
  3 * 2 + // mapTrain: two points of three maps
  2 + // follow: a head each
  (3 + 4096) + // findRecords: a vote, a gap, a position; every 4096 bytes all votes that are not 0 are halved
  18 * 2 + // learnIn: a cell and a history of each context
  16 * 2; // find: a slot cleared and its check, for each hashed context

const LONGEST_STEP = ENTRY * MOST_ENTRIES;

/** Options of {@link OnlineModel}. */
export interface OnlineModelOptions {
  /** Shape of the model, by default that of level `fast` for an unknown size. */
  readonly parameters?: OnlineParameters;
  /**
   * Bytes of the undo log, from 269,504 to 2^30, by default 16 MiB. Under a mark a byte takes 13 to 21 kB of it, a mark
   * 1 kB, and every 4096th byte up to 131 kB more.
   */
  readonly journalBytes?: number;
}

/**
 * The online model with mark and rollback. Bits come most significant first, eight to a byte: the model knows where
 * bytes begin.
 *
 * @example
 * ```ts
 * import { OnlineModel } from 'surprisal/sequence/online-bits.js';
 *
 * const model = new OnlineModel({ parameters: { tableBits: 16, historyBits: 12 } });
 * const before = model.predict();
 * const mark = model.mark();
 * for (const bit of [0, 1, 1, 0, 0, 0, 0, 1]) model.update(bit);
 * model.rollback(mark);
 * console.log(model.predict() === before); // true
 * ```
 */
export class OnlineModel implements UndoableBitModel {
  readonly parameters: OnlineParameters;
  private readonly kernel: Kernel;
  /** Marks that are held: their places are the kernel's names, which return. */
  private readonly held = new Marks();

  /**
   * @throws RangeError when there is no model of these parameters, or the engine has no memory for it.
   */
  constructor(options: OnlineModelOptions = {}) {
    const { parameters = fastParameters(), journalBytes = 16 * 1024 * 1024 } = options;
    if (!Number.isInteger(journalBytes) || journalBytes < 2 * LONGEST_STEP || journalBytes > 2 ** 30)
      throw rangeError(`journalBytes is a whole number from ${2 * LONGEST_STEP} to ${2 ** 30}, not ${journalBytes}`);
    const pages = Math.ceil((onlineMemory(parameters) + journalBytes) / 65536);
    const { exports } = instantiate<Kernel>(kernelModule('online_bits', hex), pages);
    exports.init(parameters.tableBits, parameters.historyBits, journalBytes);
    this.kernel = exports;
    this.parameters = parameters;
  }

  /** Probability that the next bit is a 1, in 1/65536: 1..65535. Asking changes nothing. */
  predict(): number {
    return this.kernel.probability();
  }

  /**
   * Learns a bit.
   *
   * @throws TypeError when it is neither 0 nor 1.
   * @throws RangeError when a mark is held and the undo log is full; the model is as before.
   */
  update(bit: number): void {
    checkBit(bit);
    if (this.held.held > 0 && this.kernel.journalFree() < LONGEST_STEP)
      throw rangeError('the undo log is full: roll back, release the oldest mark, or give more journalBytes');
    this.kernel.update(bit);
  }

  /**
   * Marks the present state.
   *
   * @throws RangeError when the undo log is full.
   */
  mark(): Mark {
    const at = this.kernel.mark();
    if (at === 0)
      throw rangeError('the undo log is full: roll back, release the oldest mark, or give more journalBytes');
    return this.held.add(at);
  }

  /**
   * Goes back to a mark, to the bit, and forgets it and all later ones.
   *
   * @throws RangeError when it is not a mark that is held.
   */
  rollback(mark: Mark): void {
    this.kernel.rollback(this.held.drop(mark));
  }

  /**
   * Forgets a mark and all later ones, and keeps what came after them. The log is emptied when it is the oldest; under
   * an older mark its entries stay, as that one still needs them.
   *
   * @throws RangeError when it is not a mark that is held.
   */
  release(mark: Mark): void {
    this.kernel.release(this.held.drop(mark));
  }
}
