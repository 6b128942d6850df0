/**
 * The kernel of the forward filter of hidden Markov models. Instances are shared by models of a size, in a realm, and
 * hold the transitions of the model that used them last.
 *
 * Not for use on its own: {@link HiddenMarkov} checks what it is given.
 */
import { hex } from './generated/markov.ts';
import { instantiate, kernelModule } from './load.ts';

/** What assembly/markov/index.ts exports. */
interface MarkovKernel {
  setUp(states: number): number;
  transitions(): number;
  stride(): number;
  mass(): number;
  emission(): number;
  cumulative(): number;
  begin(): void;
  step(): void;
}

/** Masses of the states given the symbols so far, in whole units of 2^-24. One at a time is in use. */
export class MarkovFilter {
  /** Where the masses add up, from 0 to 2^24. */
  readonly cumulative: Uint32Array;
  private readonly kernel: MarkovKernel;
  private readonly transitions: Float64Array;
  private readonly mass: Float64Array;
  private readonly emission: Float64Array;
  private owner: Float64Array | undefined;

  /**
   * A kernel for so many states.
   *
   * @throws RangeError when the engine cannot allocate 8 bytes for each pair of states.
   */
  constructor(states: number) {
    const pages = Math.ceil((8 * (states + 4) * (states + 8)) / 65536) + 1;
    const { exports, memory } = instantiate<MarkovKernel>(kernelModule('markov', hex), pages);
    if (exports.setUp(states) > memory.buffer.byteLength)
      throw new Error('the kernel of a filter does not fit its memory');
    const { buffer } = memory;
    this.kernel = exports;
    this.transitions = new Float64Array(buffer, exports.transitions(), states * exports.stride());
    this.mass = new Float64Array(buffer, exports.mass(), states);
    this.emission = new Float64Array(buffer, exports.emission(), states);
    this.cumulative = new Uint32Array(buffer, exports.cumulative(), states + 1);
  }

  /** Takes a model's transitions, row j those into state j, unless it has them already. */
  use(into: Float64Array): void {
    if (this.owner === into) return;
    const { length: states } = this.mass;
    const stride = this.kernel.stride();
    for (let j = 0; j < states; j++) this.transitions.set(into.subarray(j * states, (j + 1) * states), j * stride);
    this.owner = into;
  }

  /** Starts with the masses of the first state and the first symbol's masses under the states, from `at` on. */
  begin(initial: Float64Array, emitting: Float64Array, at: number): void {
    this.mass.set(initial);
    this.emit(emitting, at);
    this.kernel.begin();
  }

  /** Goes on to the next state, given its symbol's masses under the states, from `at` on. */
  step(emitting: Float64Array, at: number): void {
    this.emit(emitting, at);
    this.kernel.step();
  }

  private emit(emitting: Float64Array, at: number): void {
    const { emission } = this;
    for (let j = 0; j < emission.length; j++) emission[j] = emitting[at + j];
  }
}

/** Above it an instance, of 2 MiB and more, lives and dies with its model. */
const SHARED = 512;

const filters = new Map<number, MarkovFilter>();

/** A filter for models of so many states, shared among small ones. */
export function markovFilter(states: number): MarkovFilter {
  let filter = filters.get(states);
  if (filter === undefined) {
    filter = new MarkovFilter(states);
    if (states <= SHARED) filters.set(states, filter);
  }
  return filter;
}
