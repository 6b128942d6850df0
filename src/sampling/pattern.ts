/**
 * Regular expressions as trees: the part of JavaScript's syntax (ECMA-262, with the flag u) that speaks of whole texts
 * alone. What depends on how a match is looked for (lazy repetition, looking around, going back) is refused by name.
 */
import { rangeError, typeError } from '../errors.ts';

/** Code points as first, last, first, last, ...: ascending, disjoint, not touching, and none of a surrogate. */
export type Ranges = readonly number[];

/** A regular expression as a tree. */
export type Pattern =
  | { readonly kind: 'set'; readonly ranges: Ranges }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly part: Pattern; readonly least: number; readonly most: number };

const LAST = 0x10ffff;
const MOST_NESTED = 200;
const MOST_CHARACTERS = 1 << 20;

const DIGITS: Ranges = [0x30, 0x39];
const WORD: Ranges = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
/** WhiteSpace and LineTerminator of ECMA-262. */
const SPACES: Ranges = [
  9, 13, 32, 32, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f, 0x3000,
  0x3000, 0xfeff, 0xfeff,
];
const LINE_ENDS: Ranges = [10, 10, 13, 13, 0x2028, 0x2029];
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };
const SYNTAX = '^$\\.*+?()[]{}|/';

/** Ranges in any order, put in order: joined where they overlap or touch, and without surrogates. */
function tidy(list: readonly number[]): number[] {
  const pairs: [number, number][] = [];
  for (let i = 0; i < list.length; i += 2) {
    const [first, last] = [list[i], list[i + 1]];
    if (first < 0xd800) pairs.push([first, Math.min(last, 0xd7ff)]);
    if (last > 0xdfff) pairs.push([Math.max(first, 0xe000), last]);
  }
  // Equal pairs are alike, so the order is total.
  pairs.sort(([a, b], [c, d]) => a - c || b - d);
  const tidied: number[] = [];
  for (const [first, last] of pairs) {
    const end = tidied.length - 1;
    if (end > 0 && first <= tidied[end] + 1) tidied[end] = Math.max(tidied[end], last);
    else tidied.push(first, last);
  }
  return tidied;
}

/** All other characters. */
function complement(ranges: Ranges): number[] {
  const rest: number[] = [];
  let from = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    if (ranges[i] > from) rest.push(from, ranges[i] - 1);
    from = ranges[i + 1] + 1;
  }
  if (from <= LAST) rest.push(from, LAST);
  return tidy(rest);
}

/** Reads a pattern from left to right. */
class Parser {
  private readonly text: string;
  private at = 0;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  whole(): Pattern {
    const pattern = this.choice();
    // Only a bracket that nothing opened ends a choice before the end.
    if (this.at < this.text.length) throw this.fault("')' closes no group: write \\) for the character");
    return pattern;
  }

  private fault(what: string, at = this.at): RangeError {
    return rangeError(`the pattern is wrong at position ${at}: ${what}`);
  }

  private refused(what: string, at: number): RangeError {
    return rangeError(`the pattern has what is not supported at position ${at}: ${what}`);
  }

  private next(): string | undefined {
    return this.text[this.at];
  }

  private follows(piece: string): boolean {
    return this.text.startsWith(piece, this.at);
  }

  private takes(piece: string): boolean {
    if (!this.follows(piece)) return false;
    this.at += piece.length;
    return true;
  }

  private choice(): Pattern {
    const parts = [this.sequence()];
    while (this.takes('|')) parts.push(this.sequence());
    return parts.length === 1 ? parts[0] : { kind: 'choice', parts };
  }

  private sequence(): Pattern {
    const parts: Pattern[] = [];
    // The pattern is anchored anyway: outside groups, ^ at the beginning of a branch and $ at its end say nothing more.
    if (this.depth === 0) this.takes('^');
    for (;;) {
      const char = this.next();
      if (char === undefined || char === '|' || char === ')') break;
      const { at } = this;
      if (this.depth === 0 && this.takes('$')) {
        const after = this.next();
        if (after === undefined || after === '|') break;
        throw this.refused('the anchor $ other than at the end, for the pattern is anchored at both ends', at);
      }
      const atom = this.atom();
      parts.push(this.repeated(atom));
    }
    return parts.length === 1 ? parts[0] : { kind: 'sequence', parts };
  }

  private repeated(part: Pattern): Pattern {
    const { at } = this;
    let least: number;
    let most: number;
    if (this.takes('*')) [least, most] = [0, Infinity];
    else if (this.takes('+')) [least, most] = [1, Infinity];
    else if (this.takes('?')) [least, most] = [0, 1];
    else if (this.follows('{')) [least, most] = this.bounds();
    else return part;
    if (least > most) throw this.fault(`{${least},${most}} has more at least than at most`, at);
    if (this.follows('?'))
      throw this.refused('lazy repetition (a ? after a repetition): a whole match is the same without it', this.at);
    if (this.follows('+') || this.follows('*') || this.follows('{'))
      throw this.fault('a repetition of a repetition: put a group (?:…) around the first');
    return { kind: 'repeat', part, least, most };
  }

  private bounds(): [number, number] {
    const found = /^\{(\d+)(,(\d*))?\}/.exec(this.text.slice(this.at, this.at + 64));
    if (found === null) throw this.fault("'{' begins {m}, {m,} or {m,n}: write \\{ for the character");
    this.at += found[0].length;
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : found[3] === '' ? Infinity : Number(found[3]);
    return [least, most];
  }

  private atom(): Pattern {
    const { at } = this;
    const char = this.next();
    switch (char) {
      case '(':
        return this.group();
      case '[':
        return { kind: 'set', ranges: this.set() };
      case '.':
        this.at++;
        return { kind: 'set', ranges: complement(LINE_ENDS) };
      case '\\':
        return { kind: 'set', ranges: this.escape(false) };
      case '^':
      case '$':
        throw this.refused(
          `the anchor ${char} other than at an end of the pattern, which is anchored at both ends: write \\${char} for the character`,
          at,
        );
      case '*':
      case '+':
      case '?':
        throw this.fault(`'${char}' has nothing to repeat: write \\${char} for the character`);
      case '{':
        throw this.fault("'{' has nothing to repeat: write \\{ for the character");
      case ']':
      case '}':
        throw this.fault(`'${char}' closes nothing: write \\${char} for the character`);
      default:
        return { kind: 'set', ranges: one(this.character()) };
    }
  }

  private group(): Pattern {
    const { at } = this;
    this.at++;
    if (this.follows('?') && !this.takes('?:')) {
      for (const [sign, name] of [
        ['?=', 'lookahead'],
        ['?!', 'lookahead'],
        ['?<=', 'lookbehind'],
        ['?<!', 'lookbehind'],
        ['?<', 'a named group: write (?:…)'],
      ])
        if (this.follows(sign)) throw this.refused(`${name} (${sign}`, at);
      if (/^\?[a-z-]*:/.test(this.text.slice(this.at, this.at + 9))) throw this.refused('flags within the pattern', at);
      throw this.fault("a group that begins with '?' is (?:…)", at);
    }
    if (++this.depth > MOST_NESTED) throw this.fault(`more than ${MOST_NESTED} groups within each other`, at);
    const pattern = this.choice();
    this.depth--;
    if (!this.takes(')')) throw this.fault("the group is never closed by ')'", at);
    return pattern;
  }

  /** Characters in square brackets. */
  private set(): Ranges {
    const { at } = this;
    this.at++;
    const negated = this.takes('^');
    const all: number[] = [];
    while (!this.takes(']')) {
      if (this.next() === undefined) throw this.fault("the class is never closed by ']'", at);
      const from = this.at;
      const first = this.member();
      if (this.follows('-') && this.text[this.at + 1] !== ']' && this.at + 1 < this.text.length) {
        this.at++;
        const last = this.member();
        if (first.length !== 2 || first[0] !== first[1] || last.length !== 2 || last[0] !== last[1])
          throw this.fault('a range goes from one character to one character', from);
        if (first[0] > last[0]) throw this.fault('the characters of the range are out of order', from);
        all.push(first[0], last[0]);
      } else {
        for (const bound of first) all.push(bound);
      }
    }
    const ranges = tidy(all);
    return negated ? complement(ranges) : ranges;
  }

  private member(): Ranges {
    return this.follows('\\') ? this.escape(true) : one(this.character());
  }

  private character(): number {
    const code = this.text.codePointAt(this.at)!;
    if (isSurrogate(code)) throw this.fault('half a surrogate pair, which is no character');
    this.at += code > 0xffff ? 2 : 1;
    return code;
  }

  private escape(inClass: boolean): Ranges {
    const { at } = this;
    const char = this.text[at + 1];
    if (char === undefined) throw this.fault("a '\\' at the end: write \\\\ for the character");
    this.at += 2;
    switch (char) {
      case 'd':
        return DIGITS;
      case 'D':
        return complement(DIGITS);
      case 'w':
        return WORD;
      case 'W':
        return complement(WORD);
      case 's':
        return SPACES;
      case 'S':
        return complement(SPACES);
      case 'x':
        return one(this.hexadecimal(/^[\da-f]{2}/i, at, '\\xhh has two hexadecimal digits'));
      case 'u':
        return one(this.unicode(at));
      case 'c': {
        const letter = this.next() ?? '';
        if (!/^[a-z]$/i.test(letter)) throw this.fault('\\c is followed by a letter', at);
        this.at++;
        return one(letter.charCodeAt(0) & 31);
      }
      case 'b':
        if (inClass) return one(8);
        throw this.refused('the edge of a word (\\b)', at);
      case 'B':
        throw this.refused('the edge of a word (\\B)', at);
      case 'k':
        throw this.refused('a backreference (\\k)', at);
      case 'p':
      case 'P':
        throw this.refused(`a Unicode property (\\${char}): write the ranges in a class`, at);
      case '0':
        if (/^\d/.test(this.next() ?? '')) throw this.fault('octal escapes are not allowed: write \\xhh', at);
        return one(0);
    }
    if (/^\d$/.test(char)) {
      if (inClass) throw this.fault(`'\\${char}' means nothing in a class`, at);
      throw this.refused(`a backreference (\\${char})`, at);
    }
    if (CONTROLS[char] !== undefined) return one(CONTROLS[char]);
    if (SYNTAX.includes(char) || (inClass && char === '-')) return one(char.charCodeAt(0));
    const whole = String.fromCodePoint(this.text.codePointAt(at + 1)!);
    throw this.fault(`'\\${whole}' is no escape: write ${whole} without '\\'`, at);
  }

  /** The digits that follow, as a number. */
  private hexadecimal(form: RegExp, at: number, what: string): number {
    const found = form.exec(this.text.slice(this.at, this.at + 64));
    if (found === null) throw this.fault(what, at);
    this.at += found[0].length;
    return Number.parseInt(found[0].replace('{', ''), 16);
  }

  private unicode(at: number): number {
    const what = '\\uhhhh has four hexadecimal digits, \\u{…} a code point to 10ffff';
    if (this.follows('{')) {
      const code = this.hexadecimal(/^\{[\da-f]+(?=\})/i, at, what);
      this.at++;
      if (code > LAST) throw this.fault(what, at);
      if (isSurrogate(code)) throw this.fault('half a surrogate pair, which is no character', at);
      return code;
    }
    const code = this.hexadecimal(/^[\da-f]{4}/i, at, what);
    if (!isSurrogate(code)) return code;
    if (code < 0xdc00 && this.takes('\\u')) {
      const low = this.hexadecimal(/^[\da-f]{4}/i, at, what);
      if (low >= 0xdc00 && low <= 0xdfff) return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    throw this.fault('half a surrogate pair, which is no character', at);
  }
}

const one = (code: number): Ranges => [code, code];

const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff;

/**
 * Reads a regular expression: see {@link matching} for what may be in it.
 *
 * @throws TypeError for what is no string.
 * @throws RangeError for what is wrong or not supported, with its position: an index into the string.
 * @example
 * parsePattern('a|b'); // { kind: 'choice', parts: [...] }
 */
export function parsePattern(pattern: string): Pattern {
  if (typeof pattern !== 'string') throw typeError('a pattern is a string: of a RegExp give its source');
  if (pattern.length > MOST_CHARACTERS) throw rangeError(`a pattern has up to ${MOST_CHARACTERS} characters`);
  return new Parser(pattern).whole();
}
