/**
 * Prediction by partial matching with information inheritance: a model of bytes, exact, adaptive, and with a way back.
 *
 * Contexts of all orders up to a longest one are kept where they occurred twice, each with the symbols that followed
 * and their frequencies. A prediction starts in the longest context and escapes to shorter ones, whose symbols that
 * were ruled out already are excluded. New contexts inherit their first frequency from shorter ones, and only the
 * contexts that took part learn (D. Shkarin, "PPM: one step to practicality", Data Compression Conference 2002; J.
 * Cleary and I. Witten, "Data compression using adaptive coding and partial string matching", 1984). Whether a context
 * escapes, and whether its likeliest symbol comes, is estimated secondarily.
 *
 * Two things go further than PPMII: the secondary estimates are mixtures in the logistic domain, of the adaptive
 * probabilities of four situations with what the frequencies of the context and of its suffix say; and frequencies of
 * a context are interpolated with those of its suffix (R. Kneser and H. Ney, "Improved backing-off for m-gram language
 * modeling", 1995) where symbols share what an escape leaves them.
 *
 * The model runs inside WASM and its bits are the same on every engine.
 */
import { rangeError } from '../errors.ts';
import { hex } from '../kernels/generated/ppm.ts';
import { instantiate, kernelModule } from '../kernels/load.ts';
import { checkSymbol, type Mark, Marks, type SequenceModel } from './model.ts';

interface Kernel {
  init(order: number, arenaBytes: number): void;
  cuts(): number;
  intervals(): void;
  update(symbol: number): void;
  restarts(): number;
  mark(): void;
  rollbackTo(length: number): void;
  logAddress(): number;
  logLength(): number;
  setLogLength(length: number): void;
  logFree(): number;
  setLogging(on: number): void;
}

const PAGE = 65536;

/** Where the kernel's arena starts, and the bytes of its undo log: see assembly/ppm/layout.ts. */
const FIXED = 0x280000;
const LOG_BYTES = 2 ** 20;

/**
 * Bytes that one symbol may add to the undo log, in entries of 16: 16 contexts whose 255 states move into larger blocks,
 * one sorted, a restart that writes 256, and 12 for each of two decisions at 17 levels. The kernel traps rather than
 * write past the log, so this must never be too small.
 */
const LONGEST_STEP = 16 * (16 * 260 + 256 + 270 + 2 * 17 * 12);

/** Options of {@link PpmModel}. */
export interface PpmOptions {
  /** Longest context in bytes, 1 to 16. Default 6. */
  readonly order?: number;
  /**
   * Bytes of text and contexts that the model may hold, from 2^16 to 2^30. Default 2^26. When they are full it forgets
   * its contexts and starts again; what it has learnt about estimating stays.
   */
  readonly memory?: number;
}

/**
 * PPM as a model of sequences of bytes.
 *
 * @example
 * const model = new PpmModel({ order: 5 });
 * const words = encodeSymbols(model, bytes);
 * const restored = decodeSymbols(new PpmModel({ order: 5 }), words, bytes.length);
 */
export class PpmModel implements SequenceModel {
  readonly alphabetSize = 256;
  /** Longest context in bytes. */
  readonly order: number;
  /** Bytes that text and contexts may take. */
  readonly memory: number;
  private readonly kernel: Kernel;
  private readonly cuts: Uint32Array;
  private readonly log: Uint8Array;
  private readonly marks = new Marks();
  /** What was taken out of the undo log when it was full, oldest first, and the bytes of all that. */
  private taken: Uint8Array[] = [];
  private takenBytes = 0;

  /**
   * A model that has learnt nothing.
   *
   * @throws RangeError for another order or amount of memory, and when the engine has no such memory.
   */
  constructor(options: PpmOptions = {}) {
    const { order = 6, memory = 2 ** 26 } = options;
    if (!(Number.isInteger(order) && order >= 1 && order <= 16))
      throw rangeError(`an order is a whole number from 1 to 16, not ${order}`);
    if (!(Number.isInteger(memory) && memory >= 2 ** 16 && memory <= 2 ** 30))
      throw rangeError(`memory is a whole number of bytes from 2^16 to 2^30, not ${memory}`);
    this.order = order;
    this.memory = memory;
    const module = kernelModule('ppm', hex);
    const { exports, memory: wasm } = instantiate<Kernel>(module, Math.ceil((FIXED + memory) / PAGE));
    exports.init(order, memory);
    this.kernel = exports;
    this.cuts = new Uint32Array(wasm.buffer, exports.cuts(), 257);
    this.log = new Uint8Array(wasm.buffer, exports.logAddress(), LOG_BYTES);
  }

  /** How often memory was full. */
  get restarts(): number {
    return this.kernel.restarts();
  }

  /**
   * Fills in cumulative frequencies of the next byte: see {@link SequenceModel.intervals}.
   *
   * @param into - 257 entries at least.
   */
  intervals(into: Uint32Array): void {
    this.kernel.intervals();
    into.set(this.cuts);
  }

  /**
   * Learns the next byte.
   *
   * @throws RangeError when it is none; the model is as before.
   */
  update(symbol: number): void {
    checkSymbol(symbol, 256);
    if (this.marks.held > 0 && this.kernel.logFree() < LONGEST_STEP) this.take();
    this.kernel.update(symbol);
  }

  /** Marks the present state. The undo log grows with what is learnt under a mark, about 500 bytes a symbol. */
  mark(): Mark {
    const { kernel, marks } = this;
    if (marks.held === 0) kernel.setLogging(1);
    else if (kernel.logFree() < LONGEST_STEP) this.take();
    const mark = marks.add(this.takenBytes + kernel.logLength());
    kernel.mark();
    return mark;
  }

  /**
   * Goes back to a mark, to the bit, and forgets it and all later ones.
   *
   * @throws RangeError when it is not a mark that is held.
   */
  rollback(mark: Mark): void {
    const { kernel } = this;
    const place = this.marks.drop(mark);
    while (place < this.takenBytes) {
      kernel.rollbackTo(0);
      const chunk = this.taken.pop()!;
      this.takenBytes -= chunk.length;
      this.log.set(chunk);
      kernel.setLogLength(chunk.length);
    }
    kernel.rollbackTo(place - this.takenBytes);
    this.letGo();
  }

  /**
   * Forgets a mark and all later ones, and keeps what came after them.
   *
   * @throws RangeError when it is not a mark that is held.
   */
  release(mark: Mark): void {
    this.marks.drop(mark);
    this.letGo();
  }

  /** Without a mark the log is not needed. */
  private letGo(): void {
    if (this.marks.held > 0) return;
    this.kernel.setLogging(0);
    this.taken = [];
    this.takenBytes = 0;
  }

  /** Takes what the undo log holds away, so that there is room. */
  private take(): void {
    const { kernel } = this;
    const chunk = this.log.slice(0, kernel.logLength());
    this.taken.push(chunk);
    this.takenBytes += chunk.length;
    kernel.setLogLength(0);
  }
}
