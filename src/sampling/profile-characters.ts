/** Symbols as characters to look at: UTF-8 put together, and a picture of what cannot be seen. */
import type { Profile } from './profile.ts';

/** A character of a text, or a symbol that is part of none. */
export interface ProfiledCharacter {
  /** Place of its first symbol. */
  readonly at: number;
  /** Number of symbols. */
  readonly length: number;
  /** Bits of its symbols together. */
  readonly bits: number;
  /** What is shown. */
  readonly text: string;
  /**
   * `text` is the character itself; `space`, `tab` and `newline` are drawn as such by a page; `picture` stands for a
   * control character, `byte` for a byte outside UTF-8, or a symbol of another alphabet.
   */
  readonly kind: 'text' | 'space' | 'tab' | 'newline' | 'picture' | 'byte';
  /** What it is called: U+0041, byte 0xff, symbol 300. */
  readonly label: string;
}

const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');

/** Length of the UTF-8 character at a place, 0 where there is none (Unicode 15, table 3-7). */
function utf8Length(bytes: ArrayLike<number>, at: number): number {
  const first = bytes[at];
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const second = bytes[at + 1];
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = 2; i < length; i++) if ((bytes[at + i] & 0xc0) !== 0x80) return 0;
  return length;
}

function codePoint(bytes: ArrayLike<number>, at: number, length: number): number {
  if (length === 1) return bytes[at];
  let point = bytes[at] & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) point = (point << 6) | (bytes[at + i] & 0x3f);
  return point;
}

/** What stands for a code point that cannot be seen, or that would turn the text around it: controls, formats. */
function picture(point: number): string | undefined {
  if (point < 0x20 || point === 0x7f) return shownSymbol(point, 256);
  const character = String.fromCodePoint(point);
  if (/^[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]$/u.test(character)) return `[${hex(point, 4)}]`;
  return undefined;
}

/** Marks that stand on the character before them. */
const joins = (point: number) => /^\p{M}$/u.test(String.fromCodePoint(point)) || (point >= 0x1f3fb && point <= 0x1f3ff);
const JOINER = 0x200d;

/**
 * A profile's text as characters: bytes put together where they are UTF-8, marks and joined emoji with what they stand
 * on, and controls, also those that turn the direction of text, as pictures. Alphabets other than 256 bytes have one
 * character a symbol.
 *
 * @param limit - Most characters. Default all.
 * @param show - What each symbol looks like, where they are not bytes of UTF-8.
 */
export function characters(
  profiled: Profile,
  limit = Infinity,
  show?: (symbol: number) => string,
): ProfiledCharacter[] {
  const { symbols, bits, alphabetSize } = profiled;
  const found: ProfiledCharacter[] = [];
  let joined = false;
  for (let at = 0; at < symbols.length; ) {
    const length = alphabetSize === 256 && show === undefined ? utf8Length(symbols, at) : 0;
    if (length === 0) {
      if (found.length >= limit) break;
      const symbol = symbols[at];
      const text = show === undefined ? shownSymbol(symbol, alphabetSize) : show(symbol);
      const label = alphabetSize === 256 ? `byte 0x${hex(symbol, 2)}` : `symbol ${symbol}`;
      found.push({ at, length: 1, bits: bits[at], text, kind: 'byte', label });
      joined = false;
      at++;
      continue;
    }
    let sum = 0;
    for (let i = at; i < at + length; i++) sum += bits[i];
    const point = codePoint(symbols, at, length);
    const last = found.at(-1);
    const joining: boolean = joined || joins(point) || point === JOINER;
    joined = false;
    if (joining && last?.kind === 'text' && last.length < 64) {
      found[found.length - 1] = {
        ...last,
        length: last.length + length,
        bits: last.bits + sum,
        text: last.text + String.fromCodePoint(point),
        label: `${last.label} U+${hex(point, 4)}`,
      };
      joined = point === JOINER;
    } else {
      if (found.length >= limit) break;
      const instead = picture(point);
      const kind =
        point === 10 ? 'newline' : point === 9 ? 'tab' : point === 32 ? 'space' : instead ? 'picture' : 'text';
      const text = instead ?? String.fromCodePoint(point);
      found.push({ at, length, bits: sum, text, kind, label: `U+${hex(point, 4)}` });
    }
    at += length;
  }
  return found;
}

/** A symbol alone, in ASCII without tabs and newlines: the character, or \n, \t, \xff; a number outside bytes. */
export function shownSymbol(symbol: number, alphabetSize: number): string {
  if (alphabetSize !== 256) return `<${symbol}>`;
  if (symbol === 9) return '\\t';
  if (symbol === 10) return '\\n';
  if (symbol === 13) return '\\r';
  if (symbol === 92) return '\\\\';
  return symbol >= 32 && symbol < 127 ? String.fromCharCode(symbol) : `\\x${hex(symbol, 2).toLowerCase()}`;
}
