/**
 * Where the bits go: how many each symbol of a text takes under a codec.
 *
 * A model of sequences says so exactly: -log2 of the probability that it gave the symbol, the surprisal (Shannon 1948;
 * "self-information"). A codec of which only lengths are known has two answers, and they differ:
 *
 * - `one-step`: -log2 of 2^-L(xb) over the sum of it for all symbols: what the symbol takes when the codec's lengths are
 *   used to predict the next one. Never negative; the total is the length of another code than the codec's own.
 * - `increments`: L(xb) - L(x), what the codec's own output grows by. The total is the codec's length. But codecs decide
 *   late: a symbol may cost nothing, or less than nothing, because it let the codec find a shorter way to say what came
 *   before, and what starts a block may pay for it all.
 */

import { rangeError, typeError } from '../errors.ts';
import { checkSymbol, type SequenceModel } from '../sequence/model.ts';
import { bitsAfter, type LengthOracle, ModelOracle, surprisal } from './oracle.ts';
import { exp2, log2 } from './powers.ts';
import { characters, type ProfiledCharacter, shownSymbol } from './profile-characters.ts';

/** How bits are counted: see {@link profile}. */
export type ProfileMethod = 'exact' | 'one-step' | 'increments';

/** Options of {@link profile}. */
export interface ProfileOptions {
  /** What pictures and tables call the codec. */
  readonly name?: string;
  /** For a length oracle. Default `one-step`, which asks for the lengths after every symbol at each place. */
  readonly method?: 'one-step' | 'increments';
  /** Is told of each symbol's bits as they are found. */
  readonly onSymbol?: (index: number, bits: number) => void;
}

/** Bits of each symbol of a text under one codec. */
export interface Profile {
  /** What the codec is called, '' for none. */
  readonly name: string;
  /** How bits were counted. */
  readonly method: ProfileMethod;
  /** Number of symbols of the alphabet; 256 for bytes. */
  readonly alphabetSize: number;
  /** The text: bytes where the alphabet has at most 256 symbols. */
  readonly symbols: Uint8Array | Uint16Array;
  /** Bits of each symbol; below 0 for some of `increments`. */
  readonly bits: Float64Array;
  /** The sum of `bits`. */
  readonly total: number;
  /** `total` over the number of symbols, 0 for an empty text: bits a byte where symbols are bytes. */
  readonly bitsPerSymbol: number;
  /**
   * Length of the code before the text, in bits: headers and the end, and what was pushed before. In `increments` it
   * and `total` make the codec's length; elsewhere 0.
   */
  readonly start: number;
}

/**
 * How many bits each symbol of a text takes.
 *
 * @param codec - A model or a length oracle in any state: what it has seen before is a condition. Afterwards it has
 *   learnt the text; mark it before, and roll it back, to use it again.
 * @param symbols - Symbols of its alphabet, or a string, which stands for its UTF-8 bytes.
 * @throws RangeError (`invalid-argument`) for a symbol that the alphabet lacks, before anything is learnt.
 * @example
 * const { bits, bitsPerSymbol } = profile(new Lz78Model(), 'she sells sea shells');
 * profile(new LzwOracle(), 'she sells sea shells', { method: 'increments' }).total;
 */
export function profile(
  codec: SequenceModel | LengthOracle,
  symbols: ArrayLike<number> | string,
  options: ProfileOptions = {},
): Profile {
  const { name = '', method = 'one-step', onSymbol } = options;
  if (method !== 'one-step' && method !== 'increments')
    throw rangeError(`a method of profiles is 'one-step' or 'increments', not '${method}'`);
  if (!('push' in codec) && !('intervals' in codec))
    throw typeError('a profile needs a SequenceModel or a LengthOracle');
  const text = typeof symbols === 'string' ? new TextEncoder().encode(symbols) : symbols;
  const { alphabetSize } = codec;
  for (let i = 0; i < text.length; i++) checkSymbol(text[i], alphabetSize);
  const bits = new Float64Array(text.length);
  // Lengths of a model are sums of its surprisals: counted exactly either way.
  const exact = !('push' in codec) || codec instanceof ModelOracle;
  const start = !exact && method === 'increments' ? (codec as LengthOracle).bits() : 0;
  const next = exact
    ? exactly(codec)
    : method === 'increments'
      ? growth(codec as LengthOracle)
      : oneStep(codec as LengthOracle);
  let total = 0;
  for (let i = 0; i < text.length; i++) {
    bits[i] = next(text[i]);
    total += bits[i];
    onSymbol?.(i, bits[i]);
  }
  return {
    name,
    method: exact ? 'exact' : method,
    alphabetSize,
    symbols: alphabetSize <= 256 ? Uint8Array.from(text) : Uint16Array.from(text),
    bits,
    total,
    bitsPerSymbol: text.length === 0 ? 0 : total / text.length,
    start,
  };
}

/** Bits of a symbol, which is then learnt: its surprisal under a model. */
function exactly(codec: SequenceModel | ModelOracle): (symbol: number) => number {
  const oracle = codec instanceof ModelOracle ? codec : new ModelOracle(codec);
  return (symbol) => {
    const frequency = oracle.frequencyOf(symbol);
    oracle.push(symbol);
    return surprisal(frequency);
  };
}

/** Bits of a symbol, which is then pushed: the growth of the length. */
function growth(oracle: LengthOracle): (symbol: number) => number {
  let before = oracle.bits();
  return (symbol) => {
    oracle.push(symbol);
    const after = oracle.bits();
    const bits = after - before;
    before = after;
    return bits;
  };
}

/** Bits of a symbol, which is then pushed: -log2 of its share of the sum of 2^-L(xb). */
function oneStep(oracle: LengthOracle): (symbol: number) => number {
  const all = Uint16Array.from({ length: oracle.alphabetSize }, (_, s) => s);
  const lengths = new Float64Array(all.length);
  return (symbol) => {
    bitsAfter(oracle, all, lengths);
    let least = Infinity;
    for (let s = 0; s < lengths.length; s++) if (lengths[s] < least) least = lengths[s];
    let sum = 0;
    for (let s = 0; s < lengths.length; s++) sum += exp2(least - lengths[s]);
    oracle.push(symbol);
    return lengths[symbol] - least + log2(sum);
  };
}

/** Options of {@link profileText}. */
export interface ProfileTextOptions {
  /** How many of the most surprising characters are listed. Default 10. */
  readonly most?: number;
}

/**
 * A summary to read: totals, how many characters take how many bits, and those that take the most.
 *
 * @example
 * console.log(profileText(profile(new Lz78Model(), text)));
 */
export function profileText(profiled: Profile, options: ProfileTextOptions = {}): string {
  const { most = 10 } = options;
  const { name, method, total, bitsPerSymbol, symbols, alphabetSize, start } = profiled;
  const unit = alphabetSize === 256 ? 'byte' : 'symbol';
  const lines = [
    `${name === '' ? 'codec' : name} (${method}): ${symbols.length} ${unit}s, ${total.toFixed(2)} bits, ${bitsPerSymbol.toFixed(4)} bits a ${unit}`,
  ];
  if (start !== 0) lines.push(`and ${start.toFixed(2)} bits before the text`);
  if (symbols.length === 0) return `${lines[0]}\n`;
  const limits = [0.5, 1, 2, 4, 8, 16];
  const labels = ['below 0.5', '0.5 to 1', '1 to 2', '2 to 4', '4 to 8', '8 to 16', '16 or more'];
  const bins = new Uint32Array(labels.length);
  // The most surprising so far, with what stands before each.
  let found: { at: number; bits: number; text: string; before: string }[] = [];
  let count = 0;
  let before: string[] = [];
  for (const piece of pieces(profiled)) {
    count += piece.length;
    const texts = [...before, ...piece.map(({ text }) => text)];
    for (const [i, { at, bits, text }] of piece.entries()) {
      const place = limits.findIndex((limit) => bits < limit);
      bins[place < 0 ? limits.length : place]++;
      if (found.length >= most && bits <= (found[most - 1]?.bits ?? Infinity)) continue;
      const end = before.length + i;
      const shown = texts.slice(Math.max(0, end - BEFORE), end).join('');
      // Behind those that are as surprising: they came first.
      const after = found.findIndex((other) => other.bits < bits);
      found.splice(after < 0 ? found.length : after, 0, { at, bits, text, before: shown });
      found = found.slice(0, most);
    }
    before = texts.slice(-BEFORE);
  }
  lines.push('', `${'bits'.padEnd(12)}characters`);
  for (const [i, label] of labels.entries()) {
    const bar = '#'.repeat(Math.ceil((bins[i] / count) * 40));
    lines.push(`${label.padEnd(12)}${String(bins[i]).padStart(8)}  ${bar}`.trimEnd());
  }
  if (most > 0) lines.push('', 'most surprising');
  for (const one of found)
    lines.push(`${one.bits.toFixed(2).padStart(8)} bits at ${one.at}: ${one.text} after "${one.before}"`);
  return `${lines.join('\n')}\n`;
}

/** Characters that are shown before a surprising one. */
const BEFORE = 20;
/** Symbols whose characters are looked at together. */
const PIECE = 16384;

/** The characters of a profile, some thousands at a time, so that a long text does not become as many objects. */
function* pieces(profiled: Profile): Generator<readonly ProfiledCharacter[], void, undefined> {
  const { symbols, bits, alphabetSize } = profiled;
  for (let from = 0; from < symbols.length; ) {
    let to = Math.min(symbols.length, from + PIECE);
    // Not within a character of UTF-8.
    for (let i = 0; i < 3 && alphabetSize === 256 && to < symbols.length && (symbols[to] & 0xc0) === 0x80; i++) to++;
    const part = { ...profiled, symbols: symbols.subarray(from, to), bits: bits.subarray(from, to) };
    const base = from;
    yield characters(part).map((one) => ({ ...one, at: one.at + base }));
    from = to;
  }
}

/**
 * A table of tab-separated values with a line of names: the place of each symbol from 0, the symbol, what it looks like,
 * and its bits with six digits after the point.
 */
export function profileTsv(profiled: Profile): string {
  const { symbols, bits, alphabetSize } = profiled;
  const lines = ['index\tsymbol\tshown\tbits'];
  for (let i = 0; i < symbols.length; i++)
    lines.push(`${i}\t${symbols[i]}\t${shownSymbol(symbols[i], alphabetSize)}\t${bits[i].toFixed(6)}`);
  return `${lines.join('\n')}\n`;
}

/** All of a profile as JSON, bits with six digits after the point. */
export function profileJson(profiled: Profile): string {
  const { name, method, alphabetSize, total, bitsPerSymbol, start, symbols, bits } = profiled;
  const six = (x: number) => Number(x.toFixed(6));
  return JSON.stringify({
    name,
    method,
    alphabetSize,
    count: symbols.length,
    totalBits: six(total),
    bitsPerSymbol: six(bitsPerSymbol),
    startBits: six(start),
    symbols: Array.from(symbols),
    bits: Array.from(bits, six),
  });
}
