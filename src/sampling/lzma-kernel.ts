/** The LZMA kernel for the oracle and the encoder: options, memory, and bytes in and out. */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { hex } from '../kernels/generated/lzma.ts';
import { kernelModule } from '../kernels/load.ts';
import { log } from '../kernels/math.ts';

/** What decides the model and the parse. */
export interface LzmaParameters {
  /** Literal context bits: how many high bits of the byte before choose a literal's probabilities. 0..8, default 3. */
  readonly lc?: number;
  /** Literal position bits, 0..4, default 0. LZMA2, and with it the format `xz`, allows lc + lp up to 4. */
  readonly lp?: number;
  /** Position bits of matches and lengths, 0..4, default 2. */
  readonly pb?: number;
  /**
   * Window in bytes, a power of 2 from 2^12 to 2^26, default 2^20. Matches reach 1,024 bytes less. Memory is about 5
   * times this, and 1.3 to 12 MB more; what is not used yet costs address space alone.
   */
  readonly dictionarySize?: number;
  /** A match of this length is taken without looking further, 8..273, default 64. */
  readonly niceLength?: number;
  /** Most places that are looked at for one position, 1..4096, default 256. */
  readonly depth?: number;
}

/** Parameters with all defaults. */
export type FullParameters = Required<LzmaParameters>;

/** Units of a bit in the kernel's costs. */
export const UNITS = 2 ** 20;

interface Exports {
  costs(): number;
  inbox(): number;
  results(): number;
  output(): number;
  init(lc: number, lp: number, pb: number, windowLog: number, nice: number, depth: number, chunked: number): number;
  push(byte: number): number;
  pushMany(count: number): number;
  bits(): number;
  candidates(): number;
  chunks(): number;
  chunkSpent(): number;
  chunkFrom(): number;
  mark(): number;
  rollback(place: number, more: number): void;
  release(): void;
  journalBytes(): number;
  startEncoding(): void;
  ready(): number;
  drained(): void;
  finishEncoding(): void;
}

/** What fills a chunk of LZMA2, as in assembly/lzma/chunks.ts: bits of its steps, or bytes. */
const CHUNK_BITS = (65536 - 512) * 8;
const CHUNK_BYTES = 2 ** 21 - 1024;

/** Bytes that one call takes in. */
const INBOX = 4096;
/** Pages before the kernel asks for what its parameters need, and the 1 GiB that its undo log can address. */
const FIRST_PAGES = 16;
const MOST_PAGES = 16384;

function whole(name: string, value: number, min: number, max: number): number {
  if (typeof value !== 'number') throw typeError(`${name} is a number, not ${typeof value}`);
  if (!(Number.isInteger(value) && value >= min && value <= max))
    throw rangeError(`${name} is a whole number from ${min} to ${max}, not ${value}`);
  return value;
}

/**
 * Fills in defaults.
 *
 * @param lzma2 - Whether the limits of LZMA2 hold.
 * @throws RangeError (`invalid-argument`) for values out of range.
 */
export function fullParameters(parameters: LzmaParameters, lzma2: boolean): FullParameters {
  const { lc = 3, lp = 0, pb = 2, dictionarySize = 2 ** 20, niceLength = 64, depth = 256 } = parameters;
  whole('lc', lc, 0, 8);
  whole('lp', lp, 0, 4);
  whole('pb', pb, 0, 4);
  whole('dictionarySize', dictionarySize, 2 ** 12, 2 ** 26);
  if ((dictionarySize & (dictionarySize - 1)) !== 0)
    throw rangeError(`dictionarySize is a power of 2, not ${dictionarySize}`);
  whole('niceLength', niceLength, 8, 273);
  whole('depth', depth, 1, 4096);
  if (lzma2 && lc + lp > 4) throw rangeError(`the format xz has lc + lp of at most 4, not ${lc + lp}`);
  return { lc, lp, pb, dictionarySize, niceLength, depth };
}

let costTable: Uint32Array | undefined;

/** What a bit costs that had p of 2048, in 2^-20 bits: the logarithm is the same on every engine. */
export function costs(): Uint32Array {
  if (costTable === undefined) {
    costTable = new Uint32Array(2049);
    for (let p = 1; p <= 2048; p++) costTable[p] = Math.round((11 - log(p) * Math.LOG2E) * UNITS);
  }
  return costTable;
}

/** A kernel in a memory of its own. */
export class LzmaKernel {
  readonly exports: Exports;
  private readonly memory: WebAssembly.Memory;
  private bytes = new Uint8Array(0);

  /**
   * @param lzma2 - Whether the code is cut into chunks.
   * @throws SurprisalError (`limit`) when there is not enough memory.
   */
  constructor(parameters: FullParameters, lzma2: boolean) {
    this.memory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MOST_PAGES });
    const instance = new WebAssembly.Instance(kernelModule('lzma', hex), {
      env: {
        memory: this.memory,
        abort: () => {
          throw new Error('a kernel aborted');
        },
      },
    });
    this.exports = instance.exports as unknown as Exports;
    const { lc, lp, pb, dictionarySize, niceLength, depth } = parameters;
    const windowLog = 31 - Math.clz32(dictionarySize);
    if (!this.exports.init(lc, lp, pb, windowLog, niceLength, depth, Number(lzma2)))
      throw new SurprisalError('limit', `no memory for a window of ${dictionarySize} bytes`);
    new Uint32Array(this.memory.buffer, this.exports.costs(), 2049).set(costs());
  }

  /** The whole memory. */
  view(): Uint8Array {
    if (this.bytes.buffer !== this.memory.buffer) this.bytes = new Uint8Array(this.memory.buffer);
    return this.bytes;
  }

  /** Lengths that the last call of `candidates` left. */
  results(): Float64Array {
    return new Float64Array(this.memory.buffer, this.exports.results(), 256);
  }

  /**
   * Appends bytes. `drain` is called with code that is ready, a view that is gone with the next call.
   *
   * @throws SurprisalError (`limit`) without memory for the undo log; some bytes may have been appended.
   */
  append(data: Uint8Array, drain?: (code: Uint8Array) => void): void {
    const { exports } = this;
    for (let from = 0; from < data.length; from += INBOX) {
      const part = data.subarray(from, from + INBOX);
      this.view().set(part, exports.inbox());
      if (exports.pushMany(part.length) !== part.length) throw noMemory();
      if (drain !== undefined) this.drain(drain);
    }
  }

  /**
   * Chunks of LZMA2 of a text that is all that there is, or a byte longer. What the open tail fills is counted as well,
   * so that this depends on the text and not on how much of it is decided.
   */
  chunksOf(bits: number, length: number): number {
    const { exports } = this;
    const full = bits - exports.chunkSpent() >= CHUNK_BITS || length - exports.chunkFrom() >= CHUNK_BYTES;
    return exports.chunks() + (full ? 2 : 1);
  }

  /** Hands over code that is ready. */
  drain(drain: (code: Uint8Array) => void): void {
    const { exports } = this;
    const from = exports.output();
    const n = exports.ready();
    if (n === 0) return;
    drain(this.view().subarray(from, from + n));
    exports.drained();
  }
}

/** The undo log has filled the memory. */
export function noMemory(): SurprisalError {
  return new SurprisalError(
    'limit',
    'no memory for the undo log: release marks that are not needed before so much is pushed',
  );
}
