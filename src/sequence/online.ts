/**
 * The online compressor's model, level `fast`: (docstring to come)
 */
import { rangeError } from '../errors.ts';
import { base64 } from '../kernels/generated/online.ts';
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
/** Coded bytes that a decoder looks ahead. */
const LOOKAHEAD = 4;

/** Parameters of level `fast` for an input of `size` bytes (unknown: the level's maximum). */
export function fastParameters(size?: number): OnlineParameters {
  void size;
  return { tableBits: 24, historyBits: 24 };
}

/** Bytes of memory that a model of these parameters takes, exactly: what a header states and `maxMemory` is held against. */
export function onlineMemory(parameters: OnlineParameters): number {
  check(parameters);
  return 40 * 1024 * 1024;
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
    const { exports, memory } = instantiate<Kernel>(kernelModule('online', base64), pages);
    this.kernel = exports;
    exports.init(parameters.tableBits, parameters.historyBits);
    this.memory = new Uint8Array(memory.buffer);
    this.input = exports.inputPointer();
    this.output = exports.outputPointer();
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

/** Codes blocks one after another; the model runs on from block to block, each block's bits stand alone. */
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

/** Decodes what {@link OnlineEncoder} coded, block by block. */
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

  /** Whether the decoder has consumed exactly the block's coded bytes, as it has after a whole intact block. */
  get finished(): boolean {
    return this.position === this.coded.length;
  }

  private window(): void {
    const part = this.coded.subarray(this.position, this.position + CHUNK * WORST + LOOKAHEAD);
    this.memory.set(part, this.output);
    this.memory.fill(0, this.output + part.length, this.output + CHUNK * WORST + LOOKAHEAD);
  }
}
