/**
 * The kernel of interleaved states, one instance a realm: 384 KiB of memory, through which data go in chunks.
 *
 * Not for use on its own: {@link encodeInterleaved} and {@link packBytes} check what they are given.
 */
import { SurprisalError } from '../errors.ts';
import { hex } from './generated/interleaved.ts';
import { instantiate, kernelModule } from './load.ts';

/** States of a stream. Symbol i belongs to state i mod 32. */
export const STATES = 32;

/** Where every state starts and ends. */
const LEAST = 0x10000;

/** What assembly/interleaved/index.ts exports. */
interface InterleavedKernel {
  readonly CHUNK: WebAssembly.Global;
  readonly WINDOW: WebAssembly.Global;
  counters(): number;
  frequencies(): number;
  states(): number;
  symbols(): number;
  words(): number;
  size(): number;
  prepare(): void;
  buildEntries(): void;
  buildSlots(): void;
  count(n: number): void;
  encode(n: number, end: number): number;
  decode(n: number, from: number, end: number): number;
  startHash(): void;
  hash(n: number): void;
  finishHash(n: number, total: number): number;
}

/** 256 frequencies that sum to 4096, frozen. Tables in the kernel's memory are theirs as long as it is the same array. */
export type Frequencies = readonly number[];

class Interleaved {
  readonly kernel: InterleavedKernel;
  /** Symbols that one call codes at most. */
  readonly chunk: number;
  /** Bytes of words at hand at once. */
  readonly window: number;
  readonly bytes: Uint8Array;
  readonly counters: Uint32Array;
  readonly states: Uint32Array;
  private readonly frequencies: Uint16Array;
  private readonly built: { encoder?: Frequencies; decoder?: Frequencies } = {};

  constructor() {
    const { exports, memory } = instantiate<InterleavedKernel>(kernelModule('interleaved', hex), 6);
    if (exports.size() > memory.buffer.byteLength) throw new Error('the interleaved kernel does not fit its memory');
    this.kernel = exports;
    this.chunk = exports.CHUNK.value as number;
    this.window = exports.WINDOW.value as number;
    this.bytes = new Uint8Array(memory.buffer);
    this.counters = new Uint32Array(memory.buffer, exports.counters(), 1024);
    this.states = new Uint32Array(memory.buffer, exports.states(), STATES);
    this.frequencies = new Uint16Array(memory.buffer, exports.frequencies(), 256);
    exports.prepare();
  }

  /** Builds one of the tables, unless it is this model's already. */
  use(frequencies: Frequencies, side: 'encoder' | 'decoder'): void {
    if (this.built[side] === frequencies) return;
    let sum = 0;
    for (let s = 0; s < 256; s++) sum += this.frequencies[s] = frequencies[s];
    // A sum beyond the table would write over what lies behind it.
    if (sum !== 4096) throw new Error(`the frequencies of an interleaved model sum to ${sum}`);
    if (side === 'encoder') this.kernel.buildEntries();
    else this.kernel.buildSlots();
    this.built[side] = frequencies;
  }
}

let instance: Interleaved | undefined;

function interleaved(): Interleaved {
  instance ??= new Interleaved();
  return instance;
}

/**
 * Reads bytes once.
 *
 * @returns how often each of the 256 values occurs, and the XXH32 of all.
 */
export function survey(bytes: Uint8Array): { counts: Float64Array; hash: number } {
  const { kernel, bytes: memory, chunk, counters } = interleaved();
  const to = kernel.symbols();
  counters.fill(0);
  kernel.startHash();
  let n = 0;
  for (let at = 0; at < bytes.length; at += n) {
    n = Math.min(chunk, bytes.length - at);
    memory.set(bytes.subarray(at, at + n), to);
    kernel.count(n);
    kernel.hash(n);
  }
  const counts = new Float64Array(256);
  for (let i = 0; i < 1024; i++) counts[i & 255] += counters[i];
  return { counts, hash: kernel.finishHash(n, bytes.length) >>> 0 };
}

/**
 * Encodes bytes: states and words of a stream, as docs/interleaved.md describes it.
 *
 * @param frequencies - two or more of them not zero.
 * @returns undefined when a symbol has frequency zero.
 */
export function encodeStates(bytes: Uint8Array, frequencies: Frequencies): Uint8Array<ArrayBuffer> | undefined {
  const coder = interleaved();
  const { kernel, bytes: memory, chunk, states } = coder;
  coder.use(frequencies, 'encoder');
  states.fill(LEAST);
  const end = kernel.words() + coder.window;
  const start = 4 * Math.min(STATES, bytes.length);
  const pieces: Uint8Array[] = [];
  let length = start;
  let first = end;
  for (let at = bytes.length - 1 - ((bytes.length - 1) % chunk); at >= 0; at -= chunk) {
    const n = Math.min(chunk, bytes.length - at);
    if (first - kernel.words() < 2 * n) {
      pieces.push(memory.slice(first, end));
      length += end - first;
      first = end;
    }
    memory.set(bytes.subarray(at, at + n), kernel.symbols());
    first = kernel.encode(n, first);
    if (first === 0) return undefined;
  }
  const out = new Uint8Array(length + end - first);
  out.set(memory.subarray(kernel.states(), kernel.states() + start));
  out.set(memory.subarray(first, end), start);
  let at = start + end - first;
  for (const piece of pieces.reverse()) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/**
 * Decodes bytes, as many as `out` has, which is at least one.
 *
 * @param base - offset of `data` in what the caller was given, for messages.
 * @param frequencies - two or more of them not zero.
 * @returns the XXH32 of what was decoded, or 0 when it is not `hashed`.
 * @throws SurprisalError `truncated` where words are missing; `corrupt` where states are too small, words are left
 *   over, or the states do not end where they began.
 */
export function decodeStates(
  data: Uint8Array,
  frequencies: Frequencies,
  out: Uint8Array,
  hashed: boolean,
  base = 0,
): number {
  const coder = interleaved();
  const { kernel, bytes: memory, chunk, window, states } = coder;
  const start = 4 * Math.min(STATES, out.length);
  if (data.length < start || (data.length - start) % 2 !== 0)
    throw truncated(base + data.length, `${data.length} bytes do not hold ${start / 4} states and whole words`);
  coder.use(frequencies, 'decoder');
  states.fill(LEAST);
  memory.set(data.subarray(0, start), kernel.states());
  for (let i = 0; i < STATES; i++)
    if (states[i] < LEAST) throw corrupt(base + 4 * i, `state ${i} is ${states[i]}, which is less than ${LEAST}`);
  if (hashed) kernel.startHash();
  const words = kernel.words();
  let n = 0;
  let from = words;
  let end = words;
  let read = start;
  for (let at = 0; at < out.length; at += n) {
    n = Math.min(chunk, out.length - at);
    if (end - from < 2 * n && read < data.length) {
      read -= end - from;
      const taken = data.subarray(read, read + window);
      memory.set(taken, words);
      from = words;
      end = words + taken.length;
      read += taken.length;
    }
    from = kernel.decode(n, from, end);
    if (from > end) throw truncated(base + data.length, `the words end before byte ${at + n} of the output`);
    if (hashed) kernel.hash(n);
    out.set(memory.subarray(kernel.symbols(), kernel.symbols() + n), at);
  }
  if (from < end || read < data.length)
    throw corrupt(base + read - (end - from), `${data.length - read + end - from} bytes are left over`);
  for (let i = 0; i < STATES; i++)
    if (states[i] !== LEAST) throw corrupt(base, `state ${i} ends at ${states[i]}, not at ${LEAST}`);
  return hashed ? kernel.finishHash(n, out.length) >>> 0 : 0;
}

function truncated(offset: number, what: string): SurprisalError {
  return new SurprisalError('truncated', `The interleaved stream is cut short: ${what}.`, { offset });
}

function corrupt(offset: number, what: string): SurprisalError {
  return new SurprisalError('corrupt', `The interleaved stream is damaged: ${what}.`, { offset });
}
