/**
 * The online compressor, level `fast`: a network that learns while it codes. Nothing is stored but the coded bits; the
 * decoder starts from the same fixed weights and learns the same from what it decodes.
 *
 * Bits are predicted one at a time. Eighteen contexts (orders 0 to 6, words, gaps, columns, records, what followed
 * before) each look up the history of what came after them, and two match models point at the latest earlier
 * occurrence. Their predictions, as logits, are the inputs of a gated network of six neurons whose weight vectors are
 * chosen by small contexts, under a final neuron; all of them learn by online gradient descent on the coding cost.
 * Three adaptive maps then correct the probability, and a 32-bit binary range coder codes it with 16 bits. All of it
 * runs in WASM with a fixed order of operations, so that every engine and processor writes the same bits.
 * docs/online-compression.md tells more.
 *
 * Context mixing: Mahoney 2005, "Adaptive weighing of context models for lossless data compression"; why it converges:
 * Mattern 2012, "Mixing strategies in data compression"; as gated linear networks: Veness et al. 2017, arXiv 1712.01897.
 */
import { rangeError } from '../errors.ts';
import { hex } from '../kernels/generated/online.ts';
import { instantiate, kernelModule } from '../kernels/load.ts';

/** What decides the model's shape, and with it the bits. Both sides must use the same. */
export interface OnlineParameters {
  /** log2 of the size of the context tables in bytes, 16..26. */
  readonly tableBits: number;
  /** log2 of the history that the match models can reach, in bytes, 12..24. */
  readonly historyBits: number;
}

interface Kernel {
  init(tableBits: number, historyBits: number): number;
  inputPointer(): number;
  outputPointer(): number;
  encodeStart(): void;
  encode(n: number): number;
  encodeEnd(): number;
  learn(n: number): void;
  decodeStart(): number;
  decode(n: number): number;
}

/** Raw bytes that one kernel call handles. */
const CHUNK = 4096;
/** Most coded bytes that one raw byte can take: 8 bits of at most 16 bits each. */
const WORST = 16;
/** Coded bytes that a decoder reads ahead; past the end of a block they are zeros, which the block does not contain. */
const LOOKAHEAD = 4;

/** Bytes of the model that do not depend on the parameters; the kernel's layout is held against it when it starts. */
const FIXED = 0x490000;

/**
 * Parameters of level `fast` for an input of `size` bytes, or of the level's largest when the size is not known.
 *
 * @param size - Bytes of the input, where known.
 * @returns Tables of about 32 bytes for each byte of the input, from 64 KiB to 64 MiB.
 */
export function fastParameters(size?: number): OnlineParameters {
  const bits = size === undefined ? 32 : Math.max(0, 32 - Math.clz32(Math.min(size, 0x7fffffff)));
  return { tableBits: Math.min(26, Math.max(16, bits + 5)), historyBits: Math.min(24, Math.max(12, bits)) };
}

/**
 * Bytes of memory that a model of these parameters takes, exactly: what a header states and `maxMemory` is held
 * against. A multiple of 65,536.
 *
 * @throws RangeError when there is no model of these parameters.
 */
export function onlineMemory(parameters: OnlineParameters): number {
  check(parameters);
  const { tableBits, historyBits } = parameters;
  const headBits = Math.max(10, Math.min(16, historyBits - 1));
  const bytes = FIXED + 2 ** historyBits + 8 * 2 ** headBits + 2 ** tableBits;
  return Math.ceil(bytes / 65536) * 65536;
}

function check({ tableBits, historyBits }: OnlineParameters): void {
  if (!Number.isInteger(tableBits) || tableBits < 16 || tableBits > 26)
    throw rangeError(`tableBits is a whole number from 16 to 26, not ${tableBits}`);
  if (!Number.isInteger(historyBits) || historyBits < 12 || historyBits > 24)
    throw rangeError(`historyBits is a whole number from 12 to 24, not ${historyBits}`);
}

abstract class OnlineCoder {
  protected readonly kernel: Kernel;
  protected readonly memory: Uint8Array;
  protected readonly input: number;
  protected readonly output: number;

  readonly parameters: OnlineParameters;

  constructor(parameters: OnlineParameters) {
    this.parameters = parameters;
    const pages = onlineMemory(parameters) / 65536;
    const { exports, memory } = instantiate<Kernel>(kernelModule('online', hex), pages);
    this.kernel = exports;
    const end = exports.init(parameters.tableBits, parameters.historyBits);
    if (end > memory.buffer.byteLength)
      throw new Error(`the online kernel needs ${end} bytes, not ${memory.buffer.byteLength}`);
    this.memory = new Uint8Array(memory.buffer);
    this.input = exports.inputPointer();
    this.output = exports.outputPointer();
  }

  /** Sets the model to its beginning, as new: cheaper than another instance with another memory. */
  reset(): void {
    this.memory.fill(0, this.input);
    this.kernel.init(this.parameters.tableBits, this.parameters.historyBits);
  }

  /** Learns bytes that are not coded: a stored block does this on both sides. */
  learn(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      const part = bytes.subarray(at, at + CHUNK);
      this.memory.set(part, this.input);
      this.kernel.learn(part.length);
    }
  }
}

/**
 * Codes blocks one after another; the model runs on from block to block, each block's bits stand alone. The bits carry
 * neither lengths nor checksums: for files use `compress` of the entry `surprisal`.
 *
 * @throws RangeError when there is no model of these parameters, or the engine has no memory for it.
 * @example
 * ```ts
 * import { fastParameters, OnlineDecoder, OnlineEncoder } from 'surprisal/sequence/online.js';
 *
 * const raw = new TextEncoder().encode('surprise '.repeat(100));
 * const parameters = fastParameters(raw.length);
 * const encoder = new OnlineEncoder(parameters);
 * encoder.begin();
 * encoder.encode(raw);
 * const coded = encoder.end();
 *
 * const decoder = new OnlineDecoder(parameters);
 * const restored = new Uint8Array(raw.length);
 * decoder.begin(coded);
 * decoder.decode(restored);
 * console.log(raw.length, coded.length, restored.every((byte, i) => byte === raw[i]));
 * ```
 */
export class OnlineEncoder extends OnlineCoder {
  private parts: Uint8Array[] = [];

  /** Starts a block. */
  begin(): void {
    this.parts = [];
    this.kernel.encodeStart();
  }

  /** Codes bytes of the block. How the block is cut into calls never changes its bits. Takes about 2 us a byte. */
  encode(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      const part = bytes.subarray(at, at + CHUNK);
      this.memory.set(part, this.input);
      const n = this.kernel.encode(part.length);
      this.parts.push(this.memory.slice(this.output, this.output + n));
    }
  }

  /** Ends the block and returns its coded bytes. */
  end(): Uint8Array {
    const n = this.kernel.encodeEnd();
    this.parts.push(this.memory.slice(this.output, this.output + n));
    const whole = new Uint8Array(this.parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.parts) {
      whole.set(part, at);
      at += part.length;
    }
    this.parts = [];
    return whole;
  }
}

/**
 * Decodes what {@link OnlineEncoder} coded, block by block. Any bytes decode to something: hold the result against a
 * checksum of your own.
 *
 * @throws RangeError when there is no model of these parameters, or the engine has no memory for it.
 */
export class OnlineDecoder extends OnlineCoder {
  private coded: Uint8Array = new Uint8Array(0);
  private position = 0;

  /** Starts a block of coded bytes. */
  begin(coded: Uint8Array): void {
    this.coded = coded;
    this.position = 0;
    this.window();
    this.position = this.kernel.decodeStart();
  }

  /** Fills `into` with the block's next bytes. Past the end of the coded bytes it reads zeros: check the result. */
  decode(into: Uint8Array): void {
    for (let at = 0; at < into.length; at += CHUNK) {
      const n = Math.min(CHUNK, into.length - at);
      this.window();
      this.position += this.kernel.decode(n);
      into.set(this.memory.subarray(this.input, this.input + n), at);
    }
  }

  /** Whether the decoder stands where it does after the whole of an intact block. */
  get finished(): boolean {
    return this.position >= this.coded.length && !this.overrun;
  }

  /** Whether the decoder has read further than the block goes, which shows that the block is damaged. */
  get overrun(): boolean {
    return this.position > this.coded.length + LOOKAHEAD;
  }

  private window(): void {
    const part = this.coded.subarray(this.position, this.position + CHUNK * WORST + LOOKAHEAD);
    this.memory.set(part, this.output);
    this.memory.fill(0, this.output + part.length, this.output + CHUNK * WORST + LOOKAHEAD);
  }
}
