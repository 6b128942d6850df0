/**
 * Lempel, Ziv and Welch's code: exact lengths, an encoder and a decoder in three conventions.
 *
 * A dictionary of strings starts with all single symbols. The longest entry that the input goes on with is coded as its
 * number, and enters again with the symbol that follows. (Welch, "A technique for high-performance data compression",
 * Computer 17 (1984).)
 */

import { SurprisalError } from '../errors.ts';
import { checkSymbol, type Mark, Marks } from '../sequence/model.ts';
import { BitReader, BitWriter, type CodedBits, checkSymbols, MAX_OUTPUT, Output } from './bits.ts';
import {
  BLOCK_MODE,
  CHECK_GAP,
  codeWidth,
  compressRatio,
  type LzwCodeOptions,
  type LzwRules,
  lzwRules,
  MAGIC,
} from './lzw-conventions.ts';
import type { LengthOracle } from './oracle.ts';
import { Children, Trie } from './trie.ts';

export type { LzwCodeOptions, LzwConvention } from './lzw-conventions.ts';

/**
 * Exact length of a string in LZW. Constant time a symbol, and for all symbols at once hardly more than for one.
 *
 * Lengths count headers, marks and what fills up groups, and the end where the convention marks it; not the zeros that
 * fill the last byte. The empty string has the end alone (the program lzw3 cannot decode what it writes for it).
 *
 * @example
 * const oracle = new LzwOracle({ convention: 'gif', alphabetSize: 4 });
 * pushAll(oracle, [1, 1, 1, 1]);
 * oracle.bits(); // 15: clear, 1, 6, 1, end, of 3 bits each
 */
export class LzwOracle implements LengthOracle {
  readonly alphabetSize: number;
  private readonly rules: LzwRules;
  /** Entries, by the string they stand for; a root for each time that the dictionary was empty. */
  private readonly trie = new Trie();
  private readonly children: Children;
  private readonly marks = new Marks();
  /** State at the marks that are held, eight numbers each. */
  private readonly saved: number[] = [];

  /** Bits of all codes written. */
  private done: number;
  /** The root in use. */
  private root: number;
  /** The entry that the input goes on with and that is not written yet; -1 before the first symbol. */
  private node = -1;
  /** Codes written since the dictionary was empty. */
  private codes = 0;
  /** Symbols pushed. */
  private count = 0;
  /** The best ratio seen, and when to look again: `compress` alone. */
  private ratio = 0;
  private checkpoint = CHECK_GAP;

  /** @throws RangeError (`invalid-argument`) for options that the convention does not have. */
  constructor(options: LzwCodeOptions = {}) {
    this.rules = lzwRules(options);
    this.alphabetSize = this.rules.alphabetSize;
    this.children = new Children(this.alphabetSize);
    this.root = this.trie.addRoot();
    const { convention, narrowest } = this.rules;
    this.done = convention === 'compress' ? 24 : convention === 'gif' ? narrowest : 0;
  }

  /** Appends a symbol. */
  push(symbol: number): void {
    checkSymbol(symbol, this.alphabetSize);
    if (this.mayClear()) this.look();
    const { trie, node, rules } = this;
    this.count++;
    if (node < 0) {
      this.node = this.single(symbol);
      return;
    }
    const child = trie.find(node, symbol);
    if (child >= 0) {
      this.node = child;
      return;
    }
    this.done += codeWidth(rules, this.codes);
    const entry = rules.first + this.codes;
    this.codes++;
    if (entry < rules.limit) trie.add(node, symbol);
    else if (rules.convention === 'gif') {
      this.done += rules.widest;
      this.empty();
    }
    this.node = this.single(symbol);
  }

  /** Length in bits. */
  bits(): number {
    return this.node < 0 ? this.done + this.ending(0) : this.total(this.done, this.codes);
  }

  /** Lengths in bits after each of some symbols. */
  bitsAfter(symbols: ArrayLike<number>, into: Float64Array): void {
    if (!this.mayClear()) {
      this.fill(symbols, into);
      return;
    }
    const mark = this.mark();
    try {
      this.look();
      this.fill(symbols, into);
    } finally {
      this.rollback(mark);
    }
  }

  /** Marks the present state. */
  mark(): Mark {
    const { saved } = this;
    const at = saved.length;
    saved.push(this.trie.size, this.done, this.root, this.node, this.codes, this.count, this.ratio, this.checkpoint);
    return this.marks.add(at);
  }

  /** Goes back to a mark, and forgets it and all later ones. */
  rollback(mark: Mark): void {
    const at = this.marks.drop(mark);
    const { saved } = this;
    this.trie.cut(saved[at]);
    this.done = saved[at + 1];
    this.root = saved[at + 2];
    this.node = saved[at + 3];
    this.codes = saved[at + 4];
    this.count = saved[at + 5];
    this.ratio = saved[at + 6];
    this.checkpoint = saved[at + 7];
    saved.length = at;
  }

  /** Forgets a mark and all later ones, and keeps what came after them. */
  release(mark: Mark): void {
    this.saved.length = this.marks.drop(mark);
  }

  /** The node of a single symbol, which needs no entry. */
  private single(symbol: number): number {
    const { trie, root } = this;
    const node = trie.find(root, symbol);
    return node >= 0 ? node : trie.add(root, symbol);
  }

  /** Empties the dictionary. While a mark is held, all that was there must stay. */
  private empty(): void {
    if (this.marks.held === 0) this.trie.clear();
    this.root = this.trie.addRoot();
    this.codes = 0;
  }

  /** Whether `compress` looks at its ratio before the next symbol: the dictionary is full, and a code has just been written. */
  private mayClear(): boolean {
    return (
      this.count >= this.checkpoint &&
      this.rules.convention === 'compress' &&
      this.rules.first + this.codes >= this.rules.limit &&
      this.trie.parentOf(this.node) === this.root
    );
  }

  /** Looks at the ratio, and empties the dictionary if it has fallen. */
  private look(): void {
    const { rules } = this;
    this.checkpoint = this.count + CHECK_GAP;
    const ratio = compressRatio(this.count, Math.floor(this.done / 8));
    if (ratio >= this.ratio) {
      this.ratio = ratio;
      return;
    }
    this.ratio = 0;
    // Groups of 8 codes: each width before the last had a multiple of 8, so that all codes count.
    this.done += rules.widest * (8 - (this.codes % 8));
    const symbol = this.trie.symbolOf(this.node);
    this.empty();
    this.node = this.single(symbol);
  }

  private fill(symbols: ArrayLike<number>, into: Float64Array): void {
    const { node, rules, children } = this;
    const found = this.total(this.done, this.codes);
    let other = found;
    if (node >= 0) {
      let done = this.done + codeWidth(rules, this.codes);
      let codes = this.codes + 1;
      if (rules.convention === 'gif' && rules.first + this.codes >= rules.limit) {
        done += rules.widest;
        codes = 0;
      }
      other = this.total(done, codes);
    }
    children.of(this.trie, node);
    for (let i = 0; i < symbols.length; i++) {
      const symbol = symbols[i];
      checkSymbol(symbol, this.alphabetSize);
      into[i] = children.has(symbol) ? found : other;
    }
  }

  /** Length with one code more, and the end. */
  private total(done: number, codes: number): number {
    return done + codeWidth(this.rules, codes) + this.ending(codes + 1);
  }

  /** Bits of the end after a number of codes since the dictionary was empty. */
  private ending(codes: number): number {
    const { rules } = this;
    if (rules.end < 0) return 0;
    return codeWidth(rules, rules.convention === 'lzw3' && codes > 0 ? codes - 1 : codes);
  }
}

/**
 * Codes symbols; the bits are those that {@link LzwOracle} tells.
 *
 * @throws RangeError (`invalid-argument`) for a number that is not a symbol, or options that the convention does not have.
 * @example
 * const { bytes } = lzwEncode(text, { convention: 'compress' }); // what `gzip -dc` reads from a .Z
 */
export function lzwEncode(symbols: ArrayLike<number>, options: LzwCodeOptions = {}): CodedBits {
  const rules = lzwRules(options);
  const { convention } = rules;
  checkSymbols(symbols, rules.alphabetSize);
  const writer = new BitWriter(convention === 'lzw3' ? 'msb' : 'lsb');
  /** Node n of the trie has the code n; the marks and the roots of single symbols take the first numbers. */
  const trie = new Trie();
  const empty = () => {
    trie.clear();
    for (let code = 0; code < rules.first; code++) trie.addRoot();
  };
  empty();
  if (convention === 'compress') {
    for (const byte of MAGIC) writer.write(byte, 8);
    writer.write(BLOCK_MODE | rules.widest, 8);
  } else if (convention === 'gif') writer.write(rules.clear, rules.narrowest);
  let codes = 0;
  let ratio = 0;
  let checkpoint = CHECK_GAP;
  let node = symbols.length > 0 ? symbols[0] : -1;
  for (let at = 1; at < symbols.length; at++) {
    if (convention === 'compress' && trie.size >= rules.limit && at >= checkpoint && node < 256) {
      checkpoint = at + CHECK_GAP;
      const now = compressRatio(at, Math.floor(writer.bits / 8));
      if (now < ratio) {
        writer.write(rules.clear, rules.widest);
        codes++;
        while (codes++ % 8 !== 0) writer.skip(rules.widest);
        codes = 0;
        empty();
      }
      ratio = now < ratio ? 0 : now;
    }
    const symbol = symbols[at];
    const child = trie.find(node, symbol);
    if (child >= 0) {
      node = child;
      continue;
    }
    writer.write(node, codeWidth(rules, codes++));
    if (trie.size < rules.limit) trie.add(node, symbol);
    else if (convention === 'gif') {
      writer.write(rules.clear, rules.widest);
      codes = 0;
      empty();
    }
    node = symbol;
  }
  if (node >= 0) writer.write(node, codeWidth(rules, codes++));
  if (convention === 'gif') writer.write(rules.end, codeWidth(rules, codes));
  if (convention === 'lzw3') writer.write(rules.end, codeWidth(rules, Math.max(0, codes - 1)));
  const { bits } = writer;
  // lzw3 writes its last byte even when none of its bits is in use.
  if (convention === 'lzw3' && bits % 8 === 0) writer.skip(8);
  return { bytes: writer.result().bytes, bits };
}

/** Options of {@link lzwDecode}. */
export interface LzwDecodeOptions extends LzwCodeOptions {
  /** Symbols that there may be; 2^28 unless given. */
  readonly maxOutputSize?: number;
}

/** What a decoder knows of its entries: where in the output each stands, and its length. */
class Entries {
  private starts = new Float64Array(512);
  private lengths = new Int32Array(512);

  set(entry: number, start: number, length: number): void {
    if (entry >= this.starts.length) {
      const starts = new Float64Array(this.starts.length * 2);
      const lengths = new Int32Array(this.starts.length * 2);
      starts.set(this.starts);
      lengths.set(this.lengths);
      this.starts = starts;
      this.lengths = lengths;
    }
    this.starts[entry] = start;
    this.lengths[entry] = length;
  }

  start(entry: number): number {
    return this.starts[entry];
  }

  length(entry: number): number {
    return this.lengths[entry];
  }
}

/**
 * Decodes what {@link lzwEncode} or a program of the convention wrote; a dictionary that is cleared at other times, or
 * never, is read too. Of `compress` the header counts, not `maxBits`.
 *
 * @throws SurprisalError (`truncated`, `corrupt`, `unsupported` for a `.Z` of codes that are not 10 to 16 bits wide, or
 *   `limit` for more than maxOutputSize symbols). Bits that `compress` lost at its end cannot be told.
 * @example
 * lzwDecode(bytes, { convention: 'compress' });
 */
export function lzwDecode(bytes: Uint8Array, options: LzwDecodeOptions = {}): Uint8Array {
  const { convention } = lzwRules(options);
  const reader = new BitReader(bytes, convention === 'lzw3' ? 'msb' : 'lsb');
  const symbols = lzwRead(reader, options);
  if (convention === 'lzw3' && reader.left === 8) reader.read(8);
  reader.finish();
  return symbols;
}

/**
 * Decodes one code where a reader stands, and leaves the reader behind it. Only codes of the convention `gif` know their
 * end: those of `compress` and `lzw3` take what the reader has for theirs.
 *
 * @param reader - Of the convention's order of bits: `msb` for `lzw3`, `lsb` for the others.
 * @throws SurprisalError as {@link lzwDecode}.
 */
export function lzwRead(reader: BitReader, options: LzwDecodeOptions = {}): Uint8Array {
  let rules = lzwRules(options);
  const { convention, alphabetSize } = rules;
  if (convention === 'compress') rules = readHeader(reader, rules);
  const output = new Output(256, options.maxOutputSize ?? MAX_OUTPUT);
  const entries = new Entries();
  /** Codes since the dictionary was empty, and where the last one's string stands. */
  let codes = 0;
  let start = 0;
  let length = 0;
  /** Where the codes of this width began, for `compress`. */
  let group = reader.at;
  let last = rules.narrowest;
  for (;;) {
    let width = codeWidth(rules, codes);
    if (convention === 'compress') {
      if (width !== last) align(reader, group, last);
      if (width !== last) group = reader.at;
      last = width;
      if (reader.left < width) break;
    }
    // The end is as wide as the code before it, and up to 8 zeros follow: no code and end have room there.
    const narrow = codes > 0 ? codeWidth(rules, codes - 1) : width;
    if (convention === 'lzw3' && reader.left <= narrow + 8) width = narrow;
    const { offset } = reader;
    const code = reader.read(width);
    if (code === rules.end) break;
    if (code === rules.clear) {
      codes = 0;
      if (convention === 'compress') {
        align(reader, group, width);
        group = reader.at;
        last = rules.narrowest;
      }
      continue;
    }
    // The entry that the code before left open: its string, and the first symbol of this one.
    const open = rules.first + codes - 1;
    const known = open < rules.limit ? open : rules.limit - 1;
    if (codes > 0 && open < rules.limit) entries.set(open - rules.first, start, length + 1);
    const single = code < alphabetSize;
    if (!single && !(code >= rules.first && codes > 0 && code <= known))
      throw new SurprisalError('corrupt', `at byte ${offset} stands the code ${code}, which means nothing there`, {
        offset,
      });
    const from = single ? 0 : entries.start(code - rules.first);
    const count = single ? 1 : entries.length(code - rules.first);
    start = output.length;
    length = count;
    const symbols = output.grow(count);
    if (single) symbols[start] = code;
    else {
      // The open entry's last symbol is this string's first, which the copy itself puts there.
      for (let i = 0; i < count; i++) symbols[start + i] = symbols[from + i];
    }
    codes++;
  }
  return output.result() as Uint8Array;
}

/** Reads the three bytes before the codes of `compress`. */
function readHeader(reader: BitReader, rules: LzwRules): LzwRules {
  if (reader.read(8) !== MAGIC[0] || reader.read(8) !== MAGIC[1])
    throw new SurprisalError('corrupt', 'this is not a .Z file: it does not start with 1f 9d', { offset: 0 });
  const flags = reader.read(8);
  const widest = flags & 31;
  if ((flags & 0x60) !== 0 || widest < 10 || widest > 16)
    throw new SurprisalError('unsupported', `a .Z with the options ${flags} cannot be read`, { offset: 2 });
  const block = (flags & BLOCK_MODE) !== 0;
  return { ...rules, widest, limit: 2 ** widest, clear: block ? 256 : -1, first: block ? 257 : 256 };
}

/** Skips to a multiple of 8 codes from where their width began, or to the end. */
function align(reader: BitReader, group: number, width: number): void {
  const rest = (reader.at - group) % (8 * width);
  if (rest > 0) reader.at = Math.min(reader.end, reader.at + 8 * width - rest);
}
