/**
 * Alphabets: what a sampler chooses from. A token is one or more symbols of the codec, and is known by its number.
 */
import { rangeError, typeError } from '../errors.ts';
import { bitsAfter, type LengthOracle } from './oracle.ts';
import { Trail } from './trail.ts';
import { Trie } from './trie.ts';

/** Tokens that are the same but for their last symbol: one visit to the oracle measures them together. */
interface Group {
  readonly prefix: readonly number[];
  readonly tokens: readonly number[];
  readonly lasts: readonly number[];
}

/** Tokens by their text: where it ends in a dictionary, and -1 where none does. */
interface Texts {
  readonly trie: Trie;
  readonly tokenAt: readonly number[];
}

const MOST_TOKENS = 1 << 20;
const MOST_SYMBOLS = 4096;

/**
 * A list of tokens, each a string of one or more symbols of a codec. Make one with {@link bytes}, {@link symbols},
 * {@link tokens}, {@link characters} or {@link indexed}.
 *
 * Where one token is the beginning of another, or two of them make a third, a string has several spellings in tokens,
 * and samplers speak of spellings: the probability of a string is the sum over its own.
 *
 * @example
 * const pairs = tokens(['ab', 'cd', 'e ']);
 * pairs.symbolsOf(1); // [99, 100]
 */
export class Tokens {
  /** Number of tokens: they are 0 to count - 1. */
  readonly count: number;
  /** Symbols that a codec must have at least: 1 more than the largest. */
  readonly alphabetSize: number;
  /** Whether every token is one symbol. */
  readonly single: boolean;
  private readonly strings: readonly (readonly number[])[];
  private readonly written: readonly Uint8Array[] | undefined;
  /** First symbols: all of a token where `single`. */
  private readonly firsts: Uint16Array;
  private groups: readonly Group[] | undefined;
  private texts: Texts | undefined;
  private readonly chosen: Uint16Array;

  /**
   * @param strings - What each token pushes to the codec: 1 to 4,096 symbols from 0 to 65,535. 1 to 2^20 tokens.
   * @param written - What each token is in a text, where that is not its symbols as bytes.
   * @throws RangeError for an empty list, an empty token, two equal tokens, or no such symbol.
   */
  constructor(strings: readonly ArrayLike<number>[], written?: readonly Uint8Array[]) {
    if (!(strings.length >= 1 && strings.length <= MOST_TOKENS))
      throw rangeError(`a sampler chooses from 1 to ${MOST_TOKENS} tokens, not ${strings.length}`);
    if (written !== undefined && written.length !== strings.length)
      throw rangeError(`${strings.length} tokens have as many texts, not ${written.length}`);
    this.count = strings.length;
    this.strings = strings.map((string, i) => checkString(string, i));
    this.written = written;
    this.firsts = Uint16Array.from(this.strings, (string) => string[0]);
    this.chosen = new Uint16Array(this.count);
    let largest = 0;
    let longest = 0;
    for (const string of this.strings) {
      for (const symbol of string) if (symbol > largest) largest = symbol;
      if (string.length > longest) longest = string.length;
    }
    this.alphabetSize = largest + 1;
    this.single = longest === 1;
    const seen = new Map<string, number>();
    for (let i = 0; i < this.count; i++) {
      const key = String.fromCharCode(...this.strings[i]);
      const before = seen.get(key);
      if (before !== undefined) throw rangeError(`tokens ${before} and ${i} are the same: keep one of them`);
      seen.set(key, i);
    }
  }

  /**
   * The symbols of a token.
   *
   * @throws RangeError when there is no such token.
   */
  symbolsOf(token: number): readonly number[] {
    this.check(token);
    return this.strings[token];
  }

  /**
   * A token as it stands in a text.
   *
   * @throws RangeError when there is no such token, or when it has symbols above 255 and no text.
   */
  bytesOf(token: number): Uint8Array {
    this.check(token);
    if (this.written !== undefined) return this.written[token].slice();
    const string = this.strings[token];
    for (const symbol of string) if (symbol > 255) throw rangeError(`token ${token} has symbol ${symbol}: not a byte`);
    return Uint8Array.from(string);
  }

  /** The symbols of some tokens, one after another. */
  symbols(list: ArrayLike<number>): number[] {
    const all: number[] = [];
    for (let i = 0; i < list.length; i++) for (const symbol of this.symbolsOf(list[i])) all.push(symbol);
    return all;
  }

  /** Some tokens as they stand in a text, one after another. */
  bytes(list: ArrayLike<number>): Uint8Array {
    const parts = Array.from(list, (token) => this.bytesOf(token));
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  /**
   * Cuts a text into tokens, the longest that fits first.
   *
   * @param text - Bytes, or a string that is taken as UTF-8.
   * @throws RangeError where no token fits, with the place.
   * @example
   * tokens(['ab', 'a', 'b']).split('aab'); // [1, 0]
   */
  split(text: string | ArrayLike<number>): number[] {
    const given = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    const { trie, tokenAt } = this.byText();
    const list: number[] = [];
    for (let at = 0; at < given.length; ) {
      let found = -1;
      let end = at;
      for (let node = trie.find(0, given[at]), i = at + 1; node >= 0; node = trie.find(node, given[i++])) {
        if (tokenAt[node] >= 0) [found, end] = [tokenAt[node], i];
        if (i === given.length) break;
      }
      if (found < 0) throw rangeError(`no token fits at offset ${at} (${given[at]}): add one to the alphabet`);
      list.push(found);
      at = end;
    }
    return list;
  }

  /**
   * Appends a token's symbols to a codec, all or none.
   *
   * @throws RangeError when there is no such token, or the codec has no such symbol.
   */
  push(oracle: LengthOracle, token: number): void {
    const string = this.symbolsOf(token);
    if (string.length === 1) {
      oracle.push(string[0]);
      return;
    }
    const mark = oracle.mark();
    try {
      for (const symbol of string) oracle.push(symbol);
    } catch (error) {
      oracle.rollback(mark);
      throw error;
    }
    oracle.release(mark);
  }

  /**
   * Lengths in bits after each of some tokens, as if each alone came next. The oracle is left as it was.
   *
   * @param which - Tokens, each once; `undefined` for all of them in order.
   * @param into - As many entries at least, in the order of `which`.
   * @example
   * const lengths = new Float64Array(256);
   * bytes().lengths(oracle, undefined, lengths);
   */
  lengths(oracle: LengthOracle, which: ArrayLike<number> | undefined, into: Float64Array): void {
    if (this.single) {
      if (which === undefined) {
        bitsAfter(oracle, this.firsts, into);
        return;
      }
      for (let i = 0; i < which.length; i++) this.chosen[i] = this.firsts[which[i]];
      bitsAfter(oracle, this.chosen.subarray(0, which.length), into);
      return;
    }
    const place = new Int32Array(this.count).fill(-1);
    const n = which === undefined ? this.count : which.length;
    for (let i = 0; i < n; i++) place[which === undefined ? i : which[i]] = i;
    const trail = new Trail(oracle);
    const some = new Float64Array(n);
    try {
      for (const group of this.grouped()) {
        const places: number[] = [];
        const lasts: number[] = [];
        for (let i = 0; i < group.tokens.length; i++) {
          const at = place[group.tokens[i]];
          if (at < 0) continue;
          places.push(at);
          lasts.push(group.lasts[i]);
        }
        if (places.length === 0) continue;
        trail.go(group.prefix);
        bitsAfter(oracle, lasts, some);
        for (let i = 0; i < places.length; i++) into[places[i]] = some[i];
      }
    } finally {
      trail.go([]);
    }
  }

  private check(token: number): void {
    if (!(Number.isInteger(token) && token >= 0 && token < this.count))
      throw rangeError(`a token is a whole number from 0 to ${this.count - 1}, not ${token}`);
  }

  /** Tokens by all but their last symbol, those with a common beginning side by side. */
  private grouped(): readonly Group[] {
    if (this.groups !== undefined) return this.groups;
    const byPrefix = new Map<string, { prefix: number[]; tokens: number[]; lasts: number[] }>();
    for (let token = 0; token < this.count; token++) {
      const string = this.strings[token];
      const prefix = string.slice(0, -1);
      const key = String.fromCharCode(...prefix);
      let group = byPrefix.get(key);
      if (group === undefined) byPrefix.set(key, (group = { prefix, tokens: [], lasts: [] }));
      group.tokens.push(token);
      group.lasts.push(string[string.length - 1]);
    }
    // Keys differ, so the order is total; it decides how often the oracle goes back, never a result.
    this.groups = [...byPrefix].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
    return this.groups;
  }

  /** Tokens by their text; the first of those that read the same. */
  private byText(): Texts {
    if (this.texts !== undefined) return this.texts;
    const trie = new Trie();
    trie.addRoot();
    const tokenAt = [-1];
    for (let token = 0; token < this.count; token++) {
      let node = 0;
      for (const symbol of this.written?.[token] ?? this.strings[token]) {
        const child = trie.find(node, symbol);
        node = child >= 0 ? child : trie.add(node, symbol);
        if (child < 0) tokenAt.push(-1);
      }
      if (tokenAt[node] < 0 && node > 0) tokenAt[node] = token;
    }
    this.texts = { trie, tokenAt };
    return this.texts;
  }
}

function checkString(string: ArrayLike<number>, i: number): readonly number[] {
  if (typeof string !== 'object' || string === null)
    throw typeError(`token ${i} is not a list of symbols: for texts call tokens(), characters() or indexed()`);
  if (!(string.length >= 1 && string.length <= MOST_SYMBOLS))
    throw rangeError(`token ${i} has ${string.length} symbols: a token has 1 to ${MOST_SYMBOLS}`);
  const copy = Array.from(string);
  for (const symbol of copy)
    if (!(Number.isInteger(symbol) && symbol >= 0 && symbol <= 65535))
      throw rangeError(`token ${i} has a symbol that is not a whole number from 0 to 65,535: ${symbol}`);
  return copy;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * The symbols 0 to n - 1, each a token: what a sampler takes unless it is told otherwise.
 *
 * @throws RangeError for an n that is not from 1 to 65,536.
 */
export function symbols(n: number): Tokens {
  if (!(Number.isInteger(n) && n >= 1 && n <= 65536)) throw rangeError(`there are 1 to 65,536 symbols, not ${n}`);
  return new Tokens(Array.from({ length: n }, (_, symbol) => [symbol]));
}

/** The 256 bytes. */
export function bytes(): Tokens {
  return symbols(256);
}

/**
 * Any tokens: strings, which stand for their UTF-8 bytes, or lists of symbols.
 *
 * @throws RangeError for an empty list or token, and for two that are the same.
 * @example
 * tokens(['0', '1', '\r\n']);
 */
export function tokens(list: readonly (string | ArrayLike<number>)[]): Tokens {
  return new Tokens(list.map((token) => (typeof token === 'string' ? utf8(token) : token)));
}

/**
 * The Unicode characters of a text in the order in which they first occur, each a token of 1 to 4 bytes.
 *
 * @throws RangeError for a text without any, or with half a surrogate pair.
 */
export function characters(text: string): Tokens {
  const found = [...new Set(text)];
  for (const one of found)
    if (one.length === 1 && one >= '\ud800' && one <= '\udfff') throw rangeError('the text has half a surrogate pair');
  return tokens(found);
}

/**
 * Pieces of text whose *numbers* are what is pushed: piece i is symbol i. So the notebook has its pairs of characters:
 * the codec sees one byte a pair, and never the letters.
 *
 * @throws RangeError for an empty list, or more than 65,536 pieces.
 * @example
 * const pairs = indexed(vocabulary(chunks(text, 2)));
 * const prompt = pairs.split(text);
 */
export function indexed(pieces: readonly (string | ArrayLike<number>)[]): Tokens {
  if (!(pieces.length <= 65536)) throw rangeError(`there are up to 65,536 pieces, not ${pieces.length}`);
  return new Tokens(
    pieces.map((_, i) => [i]),
    pieces.map((piece) => (typeof piece === 'string' ? utf8(piece) : Uint8Array.from(piece))),
  );
}

/**
 * A text cut into pieces of `size` UTF-16 units; the last may be shorter.
 *
 * @throws RangeError for a size that is not a whole number from 1.
 */
export function chunks(text: string, size = 2): string[] {
  if (!(Number.isInteger(size) && size >= 1)) throw rangeError(`a piece has 1 character or more, not ${size}`);
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size));
}

/** What occurs in a list, each once, in the order of first occurrence. */
export function vocabulary<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}
