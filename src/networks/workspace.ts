/**
 * The memory that networks compute in: one instance of their kernels, parameters at the bottom, the values of a pass
 * above them. A pass is thrown away as a whole, so space is handed out by raising a mark, and nothing is ever searched.
 */
import { rangeError, SurprisalError } from '../errors.ts';
import { hex } from '../kernels/generated/networks.ts';
import { kernelModule } from '../kernels/load.ts';
import type { LossKernel } from './loss-kernel.ts';

/** The kernels' functions. Pointers and strides are in bytes, counts in floats. */
export interface NetworkKernel extends LossKernel {
  heap(): number;
  gemmScratch(n: number): number;
  gemm(
    m: number,
    n: number,
    k: number,
    a: number,
    rowA: number,
    stepA: number,
    b: number,
    strideK: number,
    strideN: number,
    c: number,
    rowC: number,
    accumulate: number,
    scratch: number,
  ): void;
  packPanels(
    depth: number,
    n: number,
    b: number,
    strideK: number,
    strideN: number,
    first: number,
    total: number,
    panels: number,
  ): void;
  panelSize(total: number, n: number): number;
  edgeScratch(): number;
  pad(
    images: number,
    h: number,
    row: number,
    x: number,
    rows: number,
    wide: number,
    top: number,
    left: number,
    to: number,
  ): void;
  convolve(
    images: number,
    oh: number,
    ow: number,
    a: number,
    imageA: number,
    rowA: number,
    pixelA: number,
    lineA: number,
    segments: number,
    depth: number,
    panels: number,
    n: number,
    c: number,
    imageC: number,
    rowC: number,
    pixelC: number,
    bias: number,
    accumulate: number,
    edge: number,
  ): void;
  weightsScratch(rowA: number, ow: number, n: number): number;
  convolveWeights(
    images: number,
    oh: number,
    ow: number,
    a: number,
    imageA: number,
    rowA: number,
    pixelA: number,
    lineA: number,
    segments: number,
    depth: number,
    b: number,
    n: number,
    c: number,
    scratch: number,
  ): void;
  columnDots(m: number, n: number, a: number, b: number, mean: number, factor: number, out: number): void;
  columnSquares(m: number, n: number, x: number, mean: number, factor: number, out: number): void;
  normaliseColumns(m: number, n: number, x: number, mean: number, scale: number, shift: number, y: number): void;
  addNormalisedColumns(
    m: number,
    n: number,
    dy: number,
    x: number,
    mean: number,
    by0: number,
    by1: number,
    by2: number,
    dx: number,
  ): void;
  layerNorm(
    m: number,
    n: number,
    x: number,
    weight: number,
    bias: number,
    epsilon: number,
    y: number,
    stats: number,
  ): void;
  layerNormBackward(
    m: number,
    n: number,
    x: number,
    weight: number,
    stats: number,
    dy: number,
    dx: number,
    dweight: number,
    dbias: number,
  ): void;
  copyBlocks(
    lines: number,
    m: number,
    n: number,
    from: number,
    fromLine: number,
    fromRun: number,
    to: number,
    toLine: number,
    toRun: number,
  ): void;
  addBlocks(
    lines: number,
    m: number,
    n: number,
    from: number,
    fromLine: number,
    fromRun: number,
    factor: number,
    to: number,
    toLine: number,
    toRun: number,
  ): void;
  gatherRows(m: number, n: number, table: number, indices: number, y: number): void;
  addToTable(m: number, n: number, dy: number, indices: number, table: number): void;
  unary(op: number, n: number, x: number, y: number): void;
  unaryBackward(op: number, n: number, x: number, y: number, dy: number, dx: number): void;
  binary(op: number, m: number, n: number, a: number, b: number, strideB: number, y: number): void;
  affine(n: number, x: number, factor: number, offset: number, y: number): void;
  addScaled(n: number, x: number, factor: number, to: number): void;
  addProduct(m: number, n: number, a: number, b: number, strideB: number, to: number): void;
  addColumnSums(m: number, n: number, x: number, factor: number, to: number): void;
  addColumnProducts(m: number, n: number, a: number, b: number, to: number): void;
  rowSums(m: number, n: number, x: number, y: number): void;
  addToRows(m: number, n: number, dy: number, factor: number, x: number): void;
  addRowScaled(m: number, n: number, x: number, w: number, to: number): void;
  copyRows(m: number, n: number, from: number, strideFrom: number, to: number, strideTo: number): void;
  addRows(m: number, n: number, from: number, strideFrom: number, to: number, strideTo: number): void;
  firstNotFinite(n: number, x: number): number;
  adam(
    n: number,
    w: number,
    g: number,
    m: number,
    v: number,
    rate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    inverse1: number,
    inverse2: number,
    decay: number,
  ): void;
  sgd(n: number, w: number, g: number, m: number, rate: number, momentum: number, decay: number): void;
  average(n: number, w: number, a: number, rate: number): void;
  squareSum(n: number, x: number): number;
}

const PAGE = 65536;
/** What is handed out begins at a multiple of this many bytes. */
const ALIGNMENT = 64;

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** How large a workspace may become. */
export interface WorkspaceOptions {
  /** The most bytes that it may take. It starts small and grows. Default 2^30. */
  readonly maxMemory?: number;
}

/**
 * An instance of the kernels with a memory that grows to a limit.
 *
 * @example
 * const workspace = new Workspace({ maxMemory: 2 ** 28 });
 */
export class Workspace {
  /** The kernels. */
  readonly kernel: NetworkKernel;
  private readonly memory: WebAssembly.Memory;
  private readonly maxMemory: number;
  private base: number;
  private top: number;
  private scratchAt = 0;
  private scratchBytes = 0;

  /**
   * @throws RangeError (`invalid-argument`) for a limit that is not from 2^20 to 2^32 - 65536 bytes.
   */
  constructor({ maxMemory = 2 ** 30 }: WorkspaceOptions = {}) {
    if (!(maxMemory >= 2 ** 20 && maxMemory <= 2 ** 32 - PAGE))
      throw rangeError(`a workspace may take from 2^20 to 2^32 - 65536 bytes, not ${maxMemory}`);
    this.maxMemory = maxMemory;
    this.memory = new WebAssembly.Memory({ initial: 16, maximum: Math.floor(maxMemory / PAGE) });
    const instance = new WebAssembly.Instance(kernelModule('networks', hex), {
      env: {
        memory: this.memory,
        abort: () => {
          throw new Error('a kernel aborted');
        },
      },
    });
    this.kernel = instance.exports as unknown as NetworkKernel;
    this.base = this.kernel.heap();
    this.top = this.base;
  }

  /** Bytes that the memory has now. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** True while a pass has values here. */
  get busy(): boolean {
    return this.top > this.base;
  }

  /**
   * The address of `length` zeros that stay for good: parameters, moments, running statistics.
   *
   * @throws RangeError (`invalid-argument`) during a pass, SurprisalError (`limit`) when the limit is reached.
   */
  reserve(length: number): number {
    if (this.busy) throw rangeError('what stays is reserved before a pass, not during one: call reset() of the tape');
    const at = this.allocate(length);
    this.base = this.top;
    this.floats(at, length).fill(0);
    return at;
  }

  /**
   * The address of `length` floats that last until {@link release}; what they hold is undefined.
   *
   * @throws SurprisalError (`limit`) when the limit is reached.
   */
  allocate(length: number): number {
    const at = this.top;
    const end = at + aligned(4 * length);
    if (end > this.bytes) {
      // Half as much again, so that a pass that grows bit by bit does not copy each time.
      const wanted = Math.min(Math.max(end, 1.5 * this.bytes), Math.floor(this.maxMemory / PAGE) * PAGE);
      let grown = end <= wanted;
      try {
        if (grown) this.memory.grow(Math.ceil((wanted - this.bytes) / PAGE));
      } catch {
        grown = false;
      }
      if (!grown)
        throw new SurprisalError(
          'limit',
          `The network takes more than the ${this.maxMemory} bytes that its workspace may have. Use smaller batches, or raise maxMemory.`,
        );
    }
    this.top = end;
    return at;
  }

  /** Where {@link release} goes back to. */
  mark(): number {
    return this.top;
  }

  /** Gives back all that was allocated since the mark, or since the last {@link reserve}. */
  release(mark: number = this.base): void {
    this.top = Math.max(mark, this.base);
    if (this.scratchAt + this.scratchBytes > this.top) this.scratchBytes = 0;
  }

  /** Scratch of so many bytes for one call of a kernel; the next call may get the same. */
  scratch(bytes: number): number {
    if (bytes > this.scratchBytes) {
      this.scratchAt = this.allocate(Math.ceil(bytes / 4));
      this.scratchBytes = bytes;
    }
    return this.scratchAt;
  }

  /** The floats at an address. A view: gone when the memory grows, so take it anew for each use. */
  floats(at: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, length);
  }

  /** The bytes at an address, as {@link floats}. */
  view(at: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, length);
  }

  /** Integers at an address, as {@link floats}. */
  integers(at: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, at, length);
  }
}
