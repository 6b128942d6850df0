/**
 * The decoder of LZMA's range-coded decisions, for any encoder's stream.
 *
 * What has been decoded is the window: it stays in memory as a whole, and no distance reaches past its start.
 */
import { SurprisalError } from '../errors.ts';

/** Where decoded bytes go: a buffer that grows, up to a limit. */
export class Output {
  bytes: Uint8Array = new Uint8Array(0);
  length = 0;
  readonly limit: number;

  /** @param limit - Most bytes. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * Makes room for bytes that come next.
   *
   * @throws SurprisalError (`limit`) for more than the limit.
   */
  reserve(count: number): void {
    const need = this.length + count;
    if (need <= this.bytes.length) return;
    if (need > this.limit)
      throw new SurprisalError('limit', `more than ${this.limit} bytes come out: pass a higher maxOutputSize`);
    const larger = new Uint8Array(Math.min(this.limit, Math.max(need, 2 * this.bytes.length, 4096)));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

// Where the probabilities are.
const IS_MATCH = 0;
const IS_REP = IS_MATCH + 192;
const IS_REP_G0 = IS_REP + 12;
const IS_REP_G1 = IS_REP_G0 + 12;
const IS_REP_G2 = IS_REP_G1 + 12;
const IS_REP0_LONG = IS_REP_G2 + 12;
const SLOTS = IS_REP0_LONG + 192;
const SPECIAL = SLOTS + 256;
const ALIGN = SPECIAL + 128;
const MATCH_LENGTHS = ALIGN + 16;
const LOW = 2;
const MIDDLE = LOW + 128;
const HIGH = MIDDLE + 128;
const REP_LENGTHS = MATCH_LENGTHS + HIGH + 256;
const LITERALS = REP_LENGTHS + HIGH + 256;

/** The distance that ends a stream of unknown length. */
const END = 0xffffffff;

/** LZMA's state and range decoder. */
export class LzmaDecoder {
  private readonly output: Output;
  private probabilities = new Uint16Array(0);
  private lc = 0;
  private lpMask = 0;
  private pbMask = 0;
  private state = 0;
  /** The four last distances, from 0. */
  private rep0 = 0;
  private rep1 = 0;
  private rep2 = 0;
  private rep3 = 0;
  /** Where the window starts in the output: distances and positions count from here. */
  private start = 0;
  private dictionarySize: number;
  // The range decoder.
  private input: Uint8Array;
  /** Next byte of the input. */
  at = 0;
  private end = 0;
  private range = 0;
  private code = 0;

  /** @param dictionarySize - Bytes that distances may reach. */
  constructor(input: Uint8Array, output: Output, dictionarySize: number) {
    this.input = input;
    this.output = output;
    this.dictionarySize = Math.max(dictionarySize, 4096);
  }

  /** New properties, from their byte; every probability starts afresh. Returns whether there are such. */
  setProperties(byte: number, mostLiteralBits: number): boolean {
    if (byte >= 225) return false;
    const lc = byte % 9;
    const rest = (byte - lc) / 9;
    const lp = rest % 5;
    if (lc + lp > mostLiteralBits) return false;
    this.lc = lc;
    this.lpMask = (1 << lp) - 1;
    this.pbMask = (1 << ((rest - lp) / 5)) - 1;
    const count = LITERALS + (0x300 << (lc + lp));
    if (this.probabilities.length !== count) this.probabilities = new Uint16Array(count);
    this.resetState();
    return true;
  }

  /** All probabilities and the state as at a start. */
  resetState(): void {
    this.probabilities.fill(1024);
    this.state = 0;
    this.rep0 = this.rep1 = this.rep2 = this.rep3 = 0;
  }

  /** Nothing before is in the window any more. */
  resetWindow(): void {
    this.start = this.output.length;
  }

  /** Starts to read range-coded bytes from `at` to `end`. */
  startCoder(at: number, end: number): void {
    const { input } = this;
    if (end - at < 5) throw truncated(end);
    if (input[at] !== 0) throw new SurprisalError('corrupt', 'LZMA data starts with a zero', { offset: at });
    this.code = ((input[at + 1] << 24) | (input[at + 2] << 16) | (input[at + 3] << 8) | input[at + 4]) >>> 0;
    this.range = 0xffffffff;
    this.at = at + 5;
    this.end = end;
  }

  /** Whether the coder stands where an encoder ends. */
  get finished(): boolean {
    return this.code === 0;
  }

  private normalise(): void {
    if (this.range < 0x1000000) {
      if (this.at >= this.end) throw truncated(this.end);
      this.range = (this.range << 8) >>> 0;
      this.code = ((this.code << 8) | this.input[this.at++]) >>> 0;
    }
  }

  private bit(index: number): number {
    this.normalise();
    const p = this.probabilities[index];
    const bound = (this.range >>> 11) * p;
    if (this.code < bound) {
      this.range = bound;
      this.probabilities[index] = p + ((2048 - p) >>> 5);
      return 0;
    }
    this.range -= bound;
    this.code -= bound;
    this.probabilities[index] = p - (p >>> 5);
    return 1;
  }

  private tree(index: number, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = (node << 1) | this.bit(index + node);
    return node - (1 << bits);
  }

  private reverse(index: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(index + node);
      node = (node << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  private direct(bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i++) {
      this.normalise();
      this.range >>>= 1;
      const bit = this.code >= this.range ? 1 : 0;
      if (bit === 1) this.code -= this.range;
      value = value * 2 + bit;
    }
    return value;
  }

  private lengthOf(index: number, place: number): number {
    if (this.bit(index) === 0) return 2 + this.tree(index + LOW + place * 8, 3);
    if (this.bit(index + 1) === 0) return 10 + this.tree(index + MIDDLE + place * 8, 3);
    return 18 + this.tree(index + HIGH, 8);
  }

  private distanceOf(length: number): number {
    const slot = this.tree(SLOTS + Math.min(length - 2, 3) * 64, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = ((2 | (slot & 1)) << bits) >>> 0;
    if (slot < 14) return base + this.reverse(SPECIAL + base - slot, bits);
    return base + this.direct(bits - 4) * 16 + this.reverse(ALIGN, 4);
  }

  private literal(position: number): number {
    const { bytes, length } = this.output;
    const before = position > 0 ? bytes[length - 1] : 0;
    const at = LITERALS + 0x300 * (((position & this.lpMask) << this.lc) + (before >> (8 - this.lc)));
    let symbol = 1;
    if (this.state >= 7) {
      let matched = bytes[length - this.rep0 - 1];
      do {
        matched <<= 1;
        const expected = matched & 0x100;
        const bit = this.bit(at + 0x100 + expected + symbol);
        symbol = (symbol << 1) | bit;
        if (expected >> 8 !== bit) break;
      } while (symbol < 0x100);
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.bit(at + symbol);
    return symbol & 255;
  }

  /** Reads a repeat's or a match's decision; the length, 0 at the end of the stream. */
  private matchLength(place: number): number {
    const { state } = this;
    if (this.bit(IS_REP + state) === 0) {
      const length = this.lengthOf(MATCH_LENGTHS, place);
      this.rep3 = this.rep2;
      this.rep2 = this.rep1;
      this.rep1 = this.rep0;
      this.rep0 = this.distanceOf(length);
      this.state = state < 7 ? 7 : 10;
      return this.rep0 === END ? 0 : length;
    }
    if (this.bit(IS_REP_G0 + state) === 0) {
      if (this.bit(IS_REP0_LONG + state * 16 + place) === 0) {
        this.state = state < 7 ? 9 : 11;
        return 1;
      }
    } else {
      const distance = this.repeated(state);
      this.rep1 = this.rep0;
      this.rep0 = distance;
    }
    this.state = state < 7 ? 8 : 11;
    return this.lengthOf(REP_LENGTHS, place);
  }

  /** One of the last three distances, taken out of their row. */
  private repeated(state: number): number {
    if (this.bit(IS_REP_G1 + state) === 0) return this.rep1;
    let distance = this.rep2;
    if (this.bit(IS_REP_G2 + state) === 1) {
      distance = this.rep3;
      this.rep3 = this.rep2;
    }
    this.rep2 = this.rep1;
    return distance;
  }

  /**
   * Decodes until `count` bytes have come out, or the stream ends itself.
   *
   * @returns Whether the stream ended itself.
   * @throws SurprisalError `corrupt`, `truncated` or `limit`.
   */
  decode(count: number): boolean {
    const { output } = this;
    const end = output.length + count;
    while (output.length < end) {
      const position = output.length - this.start;
      const place = position & this.pbMask;
      if (this.bit(IS_MATCH + this.state * 16 + place) === 0) {
        output.reserve(1);
        output.bytes[output.length] = this.literal(position);
        output.length++;
        const { state } = this;
        this.state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
        continue;
      }
      const length = this.matchLength(place);
      if (length === 0) {
        this.normalise();
        return true;
      }
      if (this.rep0 >= position || this.rep0 >= this.dictionarySize)
        throw new SurprisalError('corrupt', `a distance of ${this.rep0 + 1} at byte ${position}`, { offset: this.at });
      if (length > end - output.length)
        throw new SurprisalError('corrupt', 'a match goes on past the end', { offset: this.at });
      this.copy(length);
    }
    this.normalise();
    return false;
  }

  /** Whether the stream ends itself here: for streams that state their length, and have an end all the same. */
  decodeEnd(): boolean {
    const place = (this.output.length - this.start) & this.pbMask;
    if (this.bit(IS_MATCH + this.state * 16 + place) === 0 || this.matchLength(place) !== 0) return false;
    this.normalise();
    return this.finished;
  }

  private copy(length: number): void {
    const { output } = this;
    output.reserve(length);
    const { bytes } = output;
    const to = output.length;
    const from = to - this.rep0 - 1;
    for (let i = 0; i < length; i++) bytes[to + i] = bytes[from + i];
    output.length = to + length;
  }
}

/** The input ends too early. */
export function truncated(at: number): SurprisalError {
  return new SurprisalError('truncated', 'LZMA data ends before it is complete', { offset: at });
}
