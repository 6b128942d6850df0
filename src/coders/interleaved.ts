/**
 * Interleaved coding of bytes with one static model: 32 ANS states side by side in one stream, for throughput.
 *
 * Each state is an rANS coder (Duda 2013, arXiv:1311.2540) of 32 bits with probabilities of 12 bits and words of 16;
 * they take turns, and their words lie in one stream in the order in which the decoder wants them (Giesen 2014,
 * arXiv:1402.3392). Nothing but turns ties them together, so that a processor works on all of them at once. The stream
 * is a format of this package (docs/interleaved.md), not constriction's.
 *
 * Which model it was, and how many bytes, the stream does not say: {@link packBytes} writes that too.
 */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { decodeStates, encodeStates, type Frequencies, survey } from '../kernels/interleaved.ts';
import { BitBuffer } from './bits.ts';

/** Frequencies of a model sum to this. */
const TOTAL = 4096;

/**
 * How likely each byte is, in units of 1/4096.
 *
 * @example
 * const bytes = new TextEncoder().encode('she sells sea shells');
 * const model = InterleavedModel.of(bytes);
 * const data = encodeInterleaved(bytes, model);
 * decodeInterleaved(data, model, bytes.length); // the bytes again
 */
export class InterleavedModel {
  /** 256 frequencies, whole numbers that sum to 4096; a byte of frequency 0 is impossible. */
  readonly frequencies: Frequencies;
  /** The only possible byte, which costs no bits, where there is but one. */
  readonly only: number | undefined;

  /**
   * Makes counts or probabilities the nearest frequencies. What is not 0 gets a frequency of at least 1.
   *
   * @param weights - how likely the bytes 0, 1, 2, ... are, in any scale: 1 to 256 finite numbers, none negative, not
   *   all 0. The bytes that are not listed are impossible.
   * @throws RangeError for anything else, with the index that is wrong.
   */
  constructor(weights: ArrayLike<number>) {
    this.frequencies = quantised(weights);
    const only = this.frequencies.indexOf(TOTAL);
    this.only = only < 0 ? undefined : only;
  }

  /**
   * The model of how often each value occurs in these bytes.
   *
   * @throws RangeError when there are none.
   */
  static of(bytes: Uint8Array): InterleavedModel {
    checkBytes(bytes, 'bytes');
    if (bytes.length === 0) throw rangeError('no model of no bytes: there is nothing to count');
    return new InterleavedModel(survey(bytes).counts);
  }

  /**
   * Reads what {@link toBytes} wrote. What follows in `bytes` is left alone.
   *
   * @param at - where it begins.
   * @returns the model and where it ends.
   * @throws SurprisalError `corrupt` or `truncated` when it is no model.
   */
  static read(bytes: Uint8Array, at = 0): { model: InterleavedModel; end: number } {
    checkBytes(bytes, 'bytes');
    const reader = new BitReader(bytes, at);
    const frequencies = new Float64Array(256);
    const order = reader.bits(4);
    if (order > 11) throw reader.corrupt(`the order of its codes is 0 to 11, not ${order}`);
    let left = TOTAL;
    let symbol = 0;
    while (left > 0) {
      symbol += reader.gamma() - 1;
      const end = symbol + reader.gamma();
      if (end > 256) throw reader.corrupt(`a model has 256 symbols, not ${end}`);
      for (; symbol < end; symbol++) {
        const high = reader.gamma() - 1;
        const frequency = high * 2 ** order + reader.bits(order) + 1;
        if (frequency > left) throw reader.corrupt(`the frequencies sum to more than ${TOTAL} at symbol ${symbol}`);
        frequencies[symbol] = frequency;
        left -= frequency;
      }
    }
    return { model: new InterleavedModel(frequencies), end: reader.finish() };
  }

  /** The model in about 100 bytes for text, 2 to some 300 in general: docs/interleaved.md says how. */
  toBytes(): Uint8Array<ArrayBuffer> {
    let order = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < 12; k++) {
      let length = 0;
      for (let s = 0; s < 256; s++)
        if (this.frequencies[s] > 0) length += k - 2 * Math.clz32(((this.frequencies[s] - 1) >> k) + 1);
      if (length < least) {
        order = k;
        least = length;
      }
    }
    const bits = this.written(order);
    const words = bits.toWords();
    const bytes = new Uint8Array(Math.ceil(bits.length / 8));
    for (let i = 0; i < bytes.length; i++) bytes[i] = words[i >> 2] >>> (8 * (i & 3));
    return bytes;
  }

  private written(order: number): BitBuffer {
    const bits = new BitBuffer();
    bits.push(order, 4);
    let left = TOTAL;
    for (let symbol = 0; left > 0; ) {
      let first = symbol;
      while (this.frequencies[first] === 0) first++;
      pushGamma(bits, first - symbol + 1);
      let end = first;
      while (end < 256 && this.frequencies[end] > 0) end++;
      pushGamma(bits, end - first);
      for (symbol = first; symbol < end; symbol++) {
        pushGamma(bits, ((this.frequencies[symbol] - 1) >> order) + 1);
        bits.push(this.frequencies[symbol] - 1, order);
        left -= this.frequencies[symbol];
      }
    }
    return bits;
  }
}

/**
 * Encodes bytes with one model: 4 bytes for each of 32 states, then the words.
 *
 * @returns about as many bytes as the information in them, and 64 to 128 more; none where the model has one symbol.
 * @throws SurprisalError `impossible-symbol` for a byte that the model gives no probability, with its index.
 * @throws TypeError for what is no Uint8Array or no model.
 * @example
 * const model = new InterleavedModel([5, 1, 1, 1]);
 * encodeInterleaved(Uint8Array.of(0, 0, 3, 1), model).length; // 16: the states of four symbols
 */
export function encodeInterleaved(bytes: Uint8Array, model: InterleavedModel): Uint8Array<ArrayBuffer> {
  checkBytes(bytes, 'bytes');
  checkModel(model);
  const { frequencies, only } = model;
  if (only !== undefined && bytes.every((byte) => byte === only)) return new Uint8Array(0);
  const data = only === undefined ? encodeStates(bytes, frequencies) : undefined;
  if (data !== undefined) return data;
  const at = bytes.findIndex((byte) => frequencies[byte] === 0);
  throw new SurprisalError('impossible-symbol', `The model gives byte ${bytes[at]}, at index ${at}, no probability.`);
}

/**
 * Decodes what {@link encodeInterleaved} made, with the same model.
 *
 * Damage shows when the states do not end where they began. That tells a stream that no bytes at all encode to; a
 * changed bit may well give the stream of other bytes, so use a checksum, as {@link packBytes} does.
 *
 * @param length - how many bytes there were, or an array of that many to be filled, which saves allocating one. Bound
 *   a number that comes from others: a stream of a few bytes may stand for any.
 * @returns the bytes; `length` itself where it is an array, whose contents are undefined after an error.
 * @throws SurprisalError `truncated` when words are missing, `corrupt` when the stream is none of this model and length.
 * @throws RangeError when `length` is no length; TypeError for what is no Uint8Array or no model.
 */
export function decodeInterleaved<T extends Uint8Array = Uint8Array<ArrayBuffer>>(
  data: Uint8Array,
  model: InterleavedModel,
  length: number | T,
): T {
  checkBytes(data, 'data');
  checkModel(model);
  if (typeof length === 'number' && (!Number.isSafeInteger(length) || length < 0))
    throw rangeError(`length is a whole number from 0 on, not ${length}`);
  const out = typeof length === 'number' ? new Uint8Array(length) : length;
  checkBytes(out, 'length, unless it is a number,');
  decodeInto(out, data, model, false);
  return out as T;
}

/**
 * Fills `out` with the bytes of a stream; {@link decodeInterleaved} for those who have checked what they give.
 *
 * @param base - offset of `data` in what the caller was given, for messages.
 * @returns the XXH32 of the bytes, when `hashed`; `undefined` where the model has one symbol, whose bytes need none.
 * @throws SurprisalError as decodeInterleaved does.
 */
export function decodeInto(
  out: Uint8Array,
  data: Uint8Array,
  model: InterleavedModel,
  hashed: boolean,
  base = 0,
): number | undefined {
  if (out.length > 0 && model.only === undefined) return decodeStates(data, model.frequencies, out, hashed, base);
  if (data.length > 0) {
    const what = out.length === 0 ? 'no bytes' : 'bytes of a model with one symbol';
    throw new SurprisalError('corrupt', `The stream of ${what} is empty, not of ${data.length} bytes.`, {
      offset: base,
    });
  }
  out.fill(model.only ?? 0);
  return undefined;
}

/** Refuses what is no Uint8Array. */
export function checkBytes(bytes: Uint8Array, name: string): void {
  if (!(bytes instanceof Uint8Array)) throw typeError(`${name} is a Uint8Array, not ${typeof bytes}`);
}

function checkModel(model: InterleavedModel): void {
  if (!(model instanceof InterleavedModel)) throw typeError(`model is an InterleavedModel, not ${typeof model}`);
}

/** Frequencies near the weights: rounded, then single units moved where they cost the least. */
function quantised(weights: ArrayLike<number>): Frequencies {
  const n = weights.length;
  if (!(n >= 1 && n <= 256)) throw rangeError(`a model has 1 to 256 weights, not ${n}`);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    if (!(weights[i] >= 0 && weights[i] <= Number.MAX_VALUE))
      throw rangeError(`weights are finite and not negative, not ${weights[i]}, which is at ${i}`);
    sum += weights[i];
  }
  if (!(sum > 0 && sum <= Number.MAX_VALUE)) throw rangeError(`the weights sum to ${sum}, which cannot be scaled to 1`);
  const share = new Float64Array(n);
  let raised = 0;
  let lifted = 0;
  for (let i = 0; i < n; i++) {
    share[i] = (weights[i] / sum) * TOTAL;
    if (weights[i] > 0 && share[i] < 1) {
      raised++;
      lifted += share[i];
    }
  }
  // What lifts the rare ones to 1 comes from the others.
  const scale = (TOTAL - raised) / (TOTAL - lifted);
  const units = new Float64Array(256);
  let over = -TOTAL;
  for (let i = 0; i < n; i++) {
    if (weights[i] > 0) units[i] = Math.max(1, Math.floor(share[i] * scale + 0.5));
    over += units[i];
  }
  // A unit more saves share * log2(1 + 1 / units) bits, near enough share / (units + 1/2); one less costs likewise.
  const step = over < 0 ? 1 : -1;
  const worth = (i: number): number => {
    if (units[i] === 0) return -1;
    if (step > 0) return share[i] / (units[i] + 0.5);
    return units[i] > 1 ? (units[i] - 0.5) / share[i] : -1;
  };
  const worths = Float64Array.from(share, (_, i) => worth(i));
  for (; over !== 0; over += step) {
    let best = 0;
    for (let i = 1; i < n; i++) if (worths[i] > worths[best]) best = i;
    units[best] += step;
    worths[best] = worth(best);
  }
  return Object.freeze(Array.from(units));
}

/** Elias's gamma code of 1, 2, ...: as many zeros as there are bits after the first one, a one, and these bits. */
function pushGamma(bits: BitBuffer, value: number): void {
  const extra = 31 - Math.clz32(value);
  bits.push(2 ** extra, extra + 1);
  bits.push(value, extra);
}

/** Reads what was written to a BitBuffer, from bytes. */
class BitReader {
  private readonly bytes: Uint8Array;
  private at: number;
  private readonly start: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = 8 * at;
    this.start = at;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.at++) {
      const byte = Math.floor(this.at / 8);
      if (byte >= this.bytes.length)
        throw new SurprisalError('truncated', 'The table of frequencies is cut short.', { offset: byte });
      value |= ((this.bytes[byte] >> (this.at % 8)) & 1) << i;
    }
    return value;
  }

  /** A gamma code below 8192; no table needs one as large. */
  gamma(): number {
    let extra = 0;
    while (this.bits(1) === 0) if (++extra > 12) throw this.corrupt('a number is too large');
    return 2 ** extra + this.bits(extra);
  }

  /** The offset behind the last byte, whose unused bits are zeros. */
  finish(): number {
    if (this.at % 8 > 0 && this.bits(8 - (this.at % 8)) !== 0) throw this.corrupt('bits are left over');
    return this.at / 8;
  }

  corrupt(what: string): SurprisalError {
    const message = `The table of frequencies at byte ${this.start} is damaged: ${what}.`;
    return new SurprisalError('corrupt', message, { offset: this.start });
  }
}
