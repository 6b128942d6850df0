/**
 * The exact length of what deflate writes, a byte at a time and with a way back: raw deflate, zlib and gzip at every
 * level, to the bit as canonical zlib 1.2.13 codes the whole input in one call.
 *
 * The format is RFC 1951 (Deutsch 1996), with RFC 1950 and 1952 around it; which of its many codings comes out is up to
 * the encoder, and this one decides as zlib does (Gailly and Adler). Encoders that are not zlib, among them the fork in
 * Node and in Chromium, give other lengths.
 */
import { rangeError } from '../errors.ts';
import { hex } from '../kernels/generated/deflate.ts';
import { kernelModule } from '../kernels/load.ts';
import { checkSymbol, type Mark, Marks } from '../sequence/model.ts';
import { checkLevel, type DeflateFormat, LEVELS, LONGEST, WRAPPERS } from './deflate-levels.ts';
import type { LengthOracle } from './oracle.ts';

export type { DeflateFormat } from './deflate-levels.ts';
export type { LengthOracle, Mark } from './oracle.ts';

interface Kernel {
  fixedMemory(): number;
  init(level: number, good: number, lazy: number, nice: number, chain: number, journalBytes: number): void;
  resultsPointer(): number;
  wantedPointer(): number;
  count(): number;
  push(byte: number): number;
  bits(): number;
  candidates(): void;
  mark(): number;
  rollback(mark: number): void;
  release(mark: number): void;
}

const PAGE = 65536;
/** Pages that an oracle starts with: the window, the hash chains, and the first entries of the undo log. */
const FIRST_PAGES = 7;
/** Options of {@link DeflateOracle}. */
export interface DeflateOracleOptions {
  /** Level, 0 to 9, as zlib's. Default 6, as zlib.compress; gzip and Python's gzip.compress take 9. */
  readonly level?: number;
  /** What is around the stream. Default `zlib`. */
  readonly format?: DeflateFormat;
  /**
   * Most bytes of the undo log, from 2^17 to 2^31, by default 2^26. Under a mark a byte takes about 50 of them, a mark
   * 80. Memory is taken as it is needed.
   */
  readonly journalBytes?: number;
}

/**
 * Lengths of deflate, zlib or gzip streams. It takes 448 KiB, and the undo log while marks are held; without marks any
 * number of bytes up to 2^31 can be pushed.
 *
 * Windows are of 32 KiB and memLevel is 8, as by default everywhere. Level 0 is as with room for the whole output at
 * once: stored blocks of 65,535 bytes. (zlib itself makes shorter ones when it is given its output buffer in pieces.)
 *
 * @example
 * ```ts
 * import { DeflateOracle } from 'surprisal/sampling/deflate.js';
 *
 * const oracle = new DeflateOracle({ level: 9, format: 'gzip' });
 * pushAll(oracle, 'abcabcabc');
 * console.log(oracle.bits(), oracle.bytes()); // 198 25
 * ```
 */
export class DeflateOracle implements LengthOracle {
  readonly alphabetSize = 256;
  readonly level: number;
  readonly format: DeflateFormat;
  private readonly kernel: Kernel;
  private readonly memory: WebAssembly.Memory;
  /** Bits of header and trailer. */
  private readonly around: number;
  private readonly held = new Marks();

  /**
   * @throws RangeError when there is no such level or format, or the engine has no memory for it.
   */
  constructor(options: DeflateOracleOptions = {}) {
    const { level = 6, format = 'zlib', journalBytes = 2 ** 26 } = options;
    checkLevel(level, format);
    if (!(Number.isInteger(journalBytes) && journalBytes >= 2 ** 17 && journalBytes <= 2 ** 31))
      throw rangeError(`journalBytes is a whole number from ${2 ** 17} to ${2 ** 31}, not ${journalBytes}`);
    this.level = level;
    this.format = format;
    const [header, trailer] = WRAPPERS[format];
    this.around = 8 * (header + trailer);
    this.memory = new WebAssembly.Memory({
      initial: FIRST_PAGES,
      maximum: FIRST_PAGES + Math.ceil(journalBytes / PAGE),
    });
    const instance = new WebAssembly.Instance(kernelModule('deflate', hex), {
      env: {
        memory: this.memory,
        abort: () => {
          throw new Error('a kernel aborted');
        },
      },
    });
    this.kernel = instance.exports as unknown as Kernel;
    const [good, lazy, nice, chain] = LEVELS[level];
    this.kernel.init(level, good, lazy, nice, chain, journalBytes);
  }

  /** Bytes that have been pushed. */
  get length(): number {
    return this.kernel.count() >>> 0;
  }

  /** Bytes of memory that this takes now: it grows with the undo log and never shrinks. */
  get memoryBytes(): number {
    return this.memory.buffer.byteLength;
  }

  /**
   * Appends a byte.
   *
   * @throws RangeError when it is none, or a mark is held and the undo log is full; the oracle is as before.
   */
  push(byte: number): void {
    checkSymbol(byte, 256);
    if (this.length >= LONGEST) throw rangeError(`at most ${LONGEST} bytes can be pushed`);
    if (!this.kernel.push(byte)) throw logFull();
  }

  /**
   * Exact length in bits: the header, the stream to the end of its last block's code, the trailer. The bits that fill
   * up the stream's last byte do not count.
   */
  bits(): number {
    return this.kernel.bits() + this.around;
  }

  /** Exact length in bytes of the finished file: what zlib.compress or a gzip writer gives. */
  bytes(): number {
    return Math.ceil(this.bits() / 8);
  }

  /**
   * Lengths in bits after each of some bytes, as if each alone were pushed next. Changes nothing. Bytes that are coded
   * alike share their work, so that 256 cost far less than 256 times one.
   *
   * @param bytes - Any bytes, in any order.
   * @param into - As many entries at least.
   * @throws RangeError when one is no byte.
   */
  bitsAfter(bytes: ArrayLike<number>, into: Float64Array): void {
    const { kernel, around } = this;
    for (let i = 0; i < bytes.length; i++) checkSymbol(bytes[i], 256);
    const wanted = new Uint8Array(this.memory.buffer, kernel.wantedPointer(), 256);
    wanted.fill(0);
    for (let i = 0; i < bytes.length; i++) wanted[bytes[i]] = 1;
    kernel.candidates();
    // The memory may have grown.
    const results = new Float64Array(this.memory.buffer, kernel.resultsPointer(), 256);
    for (let i = 0; i < bytes.length; i++) into[i] = results[bytes[i]] + around;
  }

  /**
   * Marks the present state.
   *
   * @throws RangeError when the undo log is full.
   */
  mark(): Mark {
    const at = this.kernel.mark();
    if (at === 0) throw logFull();
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
   * Forgets a mark and all later ones, and keeps what came after them.
   *
   * @throws RangeError when it is not a mark that is held.
   */
  release(mark: Mark): void {
    this.kernel.release(this.held.drop(mark));
  }
}

function logFull(): RangeError {
  return rangeError('the undo log is full: roll back, release the oldest mark, or give more journalBytes');
}
