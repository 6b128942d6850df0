/**
 * The stack of bits that codecs run on: an ANS coder that says when it runs out, and that takes intervals of any total.
 *
 * A bare {@link AnsCoder} decodes zeros from nothing, as constriction's does. Bits-back coding on it would silently take
 * the first latent, and lose what it pretends to get back. So this stack keeps its state at 2^32 or above, starts with
 * words that are explicit and counted, and throws where a word is missing.
 */
import { AnsCoder } from '../coders/ans.ts';
import { divide, multiplyAdd, product, rest } from '../coders/wide.ts';
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { log2 } from './log2.ts';

/** How a stack starts. */
export interface BitStackOptions {
  /** Words of 32 bits to start with, low ones first, such as an earlier message or random ones. Copied. Default none. */
  readonly initial?: Uint32Array;
}

/** The largest total that intervals may have. */
export const MAX_TOTAL = 2 ** 24;

/**
 * A stack of bits for codecs. A call that fails leaves it as it was.
 *
 * @example
 * const stack = new BitStack({ initial: randomWords(4, 1) });
 * stack.pushUniform(7, 10);
 * stack.netBits(); // 3.32 or so: a whole number of bits more than before
 * stack.popUniform(10); // 7
 */
export class BitStack extends AnsCoder {
  /** Bits that the stack started with. */
  readonly initialBits: number;
  /** What {@link peek} has split the state into, until something else happens. */
  private quotient = 0;
  private slot = 0;
  private scale = 1;
  private spills = false;
  private depth = 0;

  /**
   * A stack on the words given, or an empty one.
   *
   * @throws TypeError (`invalid-type`) for anything but a Uint32Array.
   */
  constructor({ initial }: BitStackOptions = {}) {
    if (initial !== undefined && !(initial instanceof Uint32Array))
      throw typeError('the initial words of a stack are a Uint32Array');
    super(withOne(initial));
    this.initialBits = this.numValidBits();
  }

  /**
   * The stack whose words {@link AnsCoder.getCompressed} has returned.
   *
   * @throws SurprisalError (`corrupt`) for words that no stack has: fewer than two, or the last one 0.
   */
  static from(words: Uint32Array): BitStack {
    if (!(words instanceof Uint32Array)) throw typeError('the words of a stack are a Uint32Array');
    if (words.length < 2 || words[words.length - 1] === 0)
      throw new SurprisalError(
        'corrupt',
        words.length < 2 ? `a stack has two words at least, not ${words.length}` : 'the last word of a stack is not 0',
      );
    const stack = new BitStack();
    stack.load(words);
    return stack;
  }

  /** Bits that the stack has more than when it was made: negative when more was popped than pushed. */
  netBits(): number {
    return this.numValidBits() - this.initialBits;
  }

  /** log2 of the state and 32 for each word: the length with the fraction of a bit that {@link numValidBits} cuts off. */
  exactBits(): number {
    const { state } = this;
    return 32 * this.words.length + log2(state[1] * 4294967296 + state[0]);
  }

  /** An independent copy. */
  override clone(): BitStack {
    const copy = BitStack.from(this.getCompressed());
    (copy as { initialBits: number }).initialBits = this.initialBits;
    return copy;
  }

  /** Back to the state without words; what it started with is gone. */
  override clear(): void {
    this.load(Uint32Array.of(0, 1));
  }

  /**
   * Pushes the interval [left, left + p) of [0, total): lengthens the stack by log2(total / p) bits.
   *
   * @param left - Where the interval starts: a whole number from 0.
   * @param p - Its size: a whole number from 1.
   * @param total - At most 2^24, not necessarily a power of two.
   * @throws RangeError (`invalid-argument`) for numbers that are no such interval.
   */
  pushInterval(left: number, p: number, total: number): void {
    checkInterval(left, p, total);
    if (p === total) return;
    const scale = scaleOf(total);
    const n = total * scale;
    const f = p * scale;
    const { state, words } = this;
    let low = state[0];
    let high = state[1];
    if (high >= f * Math.floor(4294967296 / n)) {
      words.push(low);
      low = high;
      high = 0;
    }
    const quotient = divide(high, low, f);
    multiplyAdd(quotient, n, left * scale + rest[0]);
    if (product[1] === 0) this.set(product[0], words.pop());
    else this.set(product[1], product[0]);
  }

  /**
   * The slot in [0, total) that the stack points at: uniform on random bits. {@link take} then takes off the interval
   * that it lies in. Changes nothing.
   *
   * @throws RangeError (`invalid-argument`) for a total that is not a whole number from 1 to 2^24.
   */
  peek(total: number): number {
    checkTotal(total);
    const scale = scaleOf(total);
    const n = total * scale;
    const { state } = this;
    const spills = state[1] >= n * Math.floor(4294967296 / n);
    this.quotient = spills ? divide(0, state[1], n) : divide(state[1], state[0], n);
    this.spills = spills;
    this.slot = rest[0];
    this.scale = scale;
    return scale === 1 ? rest[0] : Math.floor(rest[0] / scale);
  }

  /**
   * Pops the interval that the slot lies in which {@link peek} has just returned for the same total.
   *
   * @throws SurprisalError (`out-of-data`) when the stack has not enough bits.
   * @throws RangeError (`invalid-argument`) when the slot does not lie in the interval.
   */
  take(left: number, p: number, total: number): void {
    checkInterval(left, p, total);
    const { scale, slot } = this;
    const offset = slot - left * scale;
    if (!(offset >= 0 && offset < p * scale)) throw rangeError('the slot does not lie in the interval that is taken');
    if (p === total) return;
    const { state, words } = this;
    multiplyAdd(this.quotient, p * scale, offset);
    if (this.spills) {
      // What is left is below 2^32 then only if it is to be filled up with the very word that spilt.
      if (product[1] === 0) {
        this.set(product[0], state[0]);
      } else {
        words.push(state[0]);
        this.set(product[1], product[0]);
      }
    } else if (product[1] === 0) {
      if (words.length === 0) throw ranOut();
      this.set(product[0], words.pop());
    } else this.set(product[1], product[0]);
  }

  /**
   * Pushes one of `total` equally likely numbers.
   *
   * @throws SurprisalError (`impossible-symbol`) for a number that is not whole or not in [0, total).
   */
  pushUniform(value: number, total: number): void {
    checkTotal(total);
    if (!(Number.isInteger(value) && value >= 0 && value < total))
      throw new SurprisalError('impossible-symbol', `a whole number from 0 to ${total - 1} is wanted, not ${value}`);
    this.pushInterval(value, 1, total);
  }

  /**
   * Pops one of `total` equally likely numbers.
   *
   * @throws SurprisalError (`out-of-data`) when the stack has not enough bits.
   */
  popUniform(total: number): number {
    const slot = this.peek(total);
    this.take(slot, 1, total);
    return slot;
  }

  /**
   * Runs `action`; when it throws, everything it did to the stack is undone. Calls may nest: the outermost undoes all.
   *
   * @returns What `action` returns.
   */
  atomic<T>(action: () => T): T {
    if (this.depth > 0) return action();
    const { words, state } = this;
    const { length } = words;
    const low = state[0];
    const high = state[1];
    this.depth = 1;
    words.keep();
    try {
      return action();
    } catch (error) {
      words.goBack(length);
      this.set(high, low);
      throw error;
    } finally {
      words.forget();
      this.depth = 0;
    }
  }

  /**
   * Makes what lies on top look random, by an exclusive or with pseudo-random numbers: where pushes with a distribution
   * that does not quite fit leave bits that are not, and the next pop would be no fair sample. The length stays, and a
   * second call at the same height, with the same arguments, undoes it.
   *
   * @param count - Words below the state, or as many as there are.
   * @param seed - Of the numbers.
   * @example
   * stack.scramble(100, 7);
   * stack.scramble(100, 7); // as before
   */
  scramble(count: number, seed = 0): void {
    const { state, words } = this;
    const n = Math.min(count, words.length);
    const noise = randomWords(n + 1, seed);
    const top = new Uint32Array(n);
    for (let i = 0; i < n; i++) top[i] = words.pop() ^ noise[i];
    for (let i = n - 1; i >= 0; i--) words.push(top[i]);
    // The high half stays what it is: 1 at least.
    this.set(state[1], (state[0] ^ noise[n]) >>> 0);
  }

  /** A single symbol; running out is seen beforehand, since nothing has changed by then. */
  protected override advance(quantile: number, left: number, p: number): void {
    const { state, words } = this;
    if (words.length === 0) {
      multiplyAdd(state[1] * 256 + (state[0] >>> 24), p, quantile - left);
      if (product[1] === 0) throw ranOut();
    }
    super.advance(quantile, left, p);
  }

  protected override decodeChunk(...args: Parameters<AnsCoder['decodeChunk']>): number {
    const failed = super.decodeChunk(...args);
    // Once a word is missing the state stays below 2^32, however many symbols follow.
    if (failed < 0 && this.state[1] === 0) throw ranOut();
    return failed;
  }

  private load(words: Uint32Array): void {
    this.words.drop(this.words.length);
    this.words.append(words, words.length - 2, 1);
    this.set(words[words.length - 1], words[words.length - 2]);
  }
}

function withOne(initial: Uint32Array | undefined): Uint32Array {
  const words = new Uint32Array((initial?.length ?? 0) + 2);
  if (initial !== undefined) words.set(initial);
  // The state 2^32: the least there is.
  words[words.length - 1] = 1;
  return words;
}

/** What a total is multiplied by to lie above 2^23, so that no quotient of the state passes 2^41. */
function scaleOf(total: number): number {
  return total > 8388608 ? 1 : 2 ** (Math.clz32(total - 1) - 8);
}

function checkTotal(total: number): void {
  if (!(Number.isInteger(total) && total >= 1 && total <= MAX_TOTAL))
    throw rangeError(`a total is a whole number from 1 to 2^24, not ${total}`);
}

function checkInterval(left: number, p: number, total: number): void {
  checkTotal(total);
  if (!(Number.isInteger(left) && Number.isInteger(p) && left >= 0 && p >= 1 && left + p <= total))
    throw rangeError(`no interval of [0, ${total}): ${p} from ${left}`);
}

/** The error of a stack without a word that is needed. */
export function ranOut(): SurprisalError {
  return new SurprisalError(
    'out-of-data',
    'the stack has too few bits: what is popped needs more than were pushed, so start with more initial words',
  );
}

/**
 * Words that look random and are the same everywhere, to start a stack with (splitmix32, which is no secret).
 *
 * @param count - How many words of 32 bits.
 * @param seed - A 32-bit integer. Default 0.
 */
export function randomWords(count: number, seed = 0): Uint32Array {
  if (!(Number.isInteger(count) && count >= 0 && count < 2 ** 30))
    throw rangeError(`a number of words is a whole number from 0 to 2^30 - 1, not ${count}`);
  let state = seed | 0;
  return Uint32Array.from({ length: count }, () => {
    state = (state + 0x9e3779b9) | 0;
    let x = state ^ (state >>> 16);
    x = Math.imul(x, 0x21f0aaad);
    x ^= x >>> 15;
    x = Math.imul(x, 0x735a2d97);
    return (x ^ (x >>> 15)) >>> 0;
  });
}
