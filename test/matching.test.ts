/** Regular expressions as constraints of samplers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ancestral } from '../src/sampling/ancestral.ts';
import { beamSearch } from '../src/sampling/beam.ts';
import { both, type Constraint, callback, compiled, longest, printable } from '../src/sampling/constraints.ts';
import { Lz78Oracle } from '../src/sampling/lz78.ts';
import { matching } from '../src/sampling/matching.ts';
import { openCodec } from '../src/sampling/named.ts';
import { sampleParticles } from '../src/sampling/particles.ts';
import { sampleStream } from '../src/sampling/stream.ts';
import { tokens } from '../src/sampling/tokens.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

const follows = (constraint: Constraint<number>, list: ArrayLike<number>): boolean => {
  let state: number | undefined = constraint.start;
  for (let i = 0; i < list.length && state !== undefined; i++) state = constraint.step(state, list[i]);
  return state !== undefined && constraint.accepts!(state);
};

const host = (pattern: string) => new RegExp(`^(?:${pattern})$`, 'u');

/** The same as the host of some texts. */
const agree = (pattern: string, texts: readonly string[]) => {
  const constraint = matching(pattern);
  const expected = host(pattern);
  const wrong = texts.filter((text) => follows(constraint, utf8(text)) !== expected.test(text));
  expect({ pattern, wrong }).toEqual({ pattern, wrong: [] });
};

/** The fewest of these tokens that match, by trying all strings up to a length. */
const fewest = (pattern: string, pieces: readonly string[], most: number): number => {
  const expected = host(pattern);
  let texts = [''];
  for (let length = 0; length <= most; length++) {
    if (texts.some((text) => expected.test(text))) return length;
    texts = texts.flatMap((text) => pieces.map((piece) => text + piece));
  }
  return Infinity;
};

const CHARACTERS = ['a', 'b', 'c', '1', '_', '-', ' ', '\n', 'é', 'ÿ', '€', '\u2028', '\ud7ff', '\ue000', '😀', '𝄞'];

const atom = fc.constantFrom(
  ...[
    'a',
    'b',
    'c',
    'é',
    '€',
    '😀',
    '.',
    '\\d',
    '\\w',
    '\\W',
    '\\s',
    '\\S',
    '\\D',
    '[ab]',
    '[^a]',
    '[^é-€]',
    '[]',
    '[^]',
  ],
  ...[
    '[a-c1]',
    '[\\w-]',
    '[^\\s😀]',
    '\\xe9',
    '\\u20ac',
    '\\u{1f600}',
    '\\ud83d\\ude00',
    '\\-'.slice(1),
    '[é-😀]',
    '\\n',
  ],
);
const suffix = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{0}', '{1,}', '{0,2}', '{1,3}');
const { pattern } = fc.letrec<{ pattern: string; branch: string; piece: string }>((tie) => ({
  piece: fc
    .tuple(
      fc.oneof(
        { maxDepth: 3, depthIdentifier: 'pattern' },
        atom,
        tie('pattern').map((inner) => `(?:${inner})`),
        tie('pattern').map((inner) => `(${inner})`),
      ),
      suffix,
    )
    .map(([one, repeat]) => one + repeat),
  branch: fc.array(tie('piece'), { maxLength: 3, depthIdentifier: 'pattern' }).map((list) => list.join('')),
  pattern: fc
    .array(tie('branch'), { minLength: 1, maxLength: 3, depthIdentifier: 'pattern' })
    .map((list) => list.join('|')),
}));

describe('a pattern', () => {
  it('allows what the host takes for a match, and nothing else', () => {
    const texts = fc.array(
      fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 6 }).map((list) => list.join('')),
      { minLength: 30, maxLength: 30 },
    );
    let matches = 0;
    fc.assert(
      fc.property(pattern, texts, (one, list) => {
        const expected = host(one);
        let constraint: Constraint<number>;
        try {
          constraint = matching(one);
        } catch (error) {
          // Such a thing as [] matches nothing at all.
          expect((error as Error).message).toContain('nothing matches');
          for (const text of list) expect(expected.test(text)).toBe(false);
          return;
        }
        for (const text of list) {
          const is = expected.test(text);
          if (is) matches++;
          if (follows(constraint, utf8(text)) !== is) throw new Error(`/${one}/ and ${JSON.stringify(text)}`);
        }
      }),
      { seed: 1, numRuns: 250 },
    );
    expect(matches).toBeGreaterThan(200);
  });

  it('has the classes of JavaScript, character by character', () => {
    const all: string[] = [];
    for (let code = 0; code < 0x3100; code++) all.push(String.fromCodePoint(code));
    for (let code = 0xd7f0; code < 0x11000; code += code < 0xe010 || code > 0xff00 ? 1 : 97)
      if (code < 0xd800 || code > 0xdfff) all.push(String.fromCodePoint(code));
    all.push('\u{10ffff}', '\u{fffff}', '\u{100000}', '\u{3ffff}', '\u{40000}');
    for (const one of [
      '\\d',
      '\\D',
      '\\w',
      '\\W',
      '\\s',
      '\\S',
      '.',
      '[^]',
      '[^\\d\\s]',
      '[\\s\\S]',
      '[^\\u{80}-\\u{ffff}]',
    ])
      agree(one, all);
    for (const one of [
      '\\t',
      '\\n',
      '\\v',
      '\\f',
      '\\r',
      '\\0',
      '\\cJ',
      '[\\b]',
      '\\x7f',
      '\\/',
      '[\\-]',
      '[--/]',
      '[a-]',
    ])
      agree(one, all.slice(0, 256));
    agree('[^$\\\\.*+?()[\\]{}|]', all.slice(0, 256));
  });

  it('never leaves valid UTF-8, and reads bytes and characters alike', () => {
    const any = matching('[^]*');
    for (const list of [[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe0, 0x80, 0x80], [0x80], [0xc3]])
      expect(follows(any, list)).toBe(false);
    const halves = tokens([[0xe2], [0x82, 0xac], 'a', 'aé', [0xc3], [0xa9]]);
    const euros = matching('(?:a?€)+', halves);
    expect(follows(euros, [0, 1, 2, 0, 1])).toBe(true);
    expect(follows(euros, [0])).toBe(false);
    expect(euros.step(euros.start, 3)).toBe(undefined);
    expect(follows(matching('aé', halves), [2, 4, 5])).toBe(true);
    expect(follows(matching('aé', halves), [3])).toBe(true);
  });

  it('may say that it is anchored', () => {
    for (const one of ['^ab$', '^a|b$', '^', '$', '^$|a']) agree(one, ['', 'a', 'b', 'ab', 'xab', 'abx']);
  });

  it('knows the fewest tokens to a match', () => {
    const words = ['a', 'b', 'ab', 'bb', 'é'];
    for (const one of ['a{4}', '(?:ab|b)*éé', 'a|bbbb', '(?:a|bb){2,4}b', '[^a]{3}', '', 'a?b?(?:é|abb)']) {
      const constraint = matching(one, tokens(words));
      expect([one, constraint.shortest!(constraint.start)]).toEqual([one, fewest(one, words, 4)]);
      const walk = (state: number, text: string) => {
        if (text.length > 2) return;
        expect(constraint.accepts!(state)).toBe(host(one).test(text));
        let least = constraint.accepts!(state) ? 0 : Infinity;
        for (let i = 0; i < words.length; i++) {
          const next = constraint.step(state, i);
          if (next === undefined) continue;
          least = Math.min(least, 1 + constraint.shortest!(next));
          walk(next, text + words[i]);
        }
        expect(constraint.shortest!(state)).toBe(least);
      };
      walk(constraint.start, '');
    }
    expect(matching('[^]').shortest!(0)).toBe(1);
    expect(matching('[é-€]').shortest!(0)).toBe(2);
    expect(matching('a{9000}').shortest!(0)).toBe(9000);
  });

  it('goes with another constraint into no dead end, as an automaton', () => {
    const limit = compiled(both(printable(), matching('(?:é|[^a]€)*b{3}|cé')), 256);
    expect(limit.step(limit.start, 0xc3)).toBe(undefined);
    expect(limit.step(limit.start, 99)).toBe(undefined);
    expect(limit.shortest!(limit.start)).toBe(3);
    expect(follows(limit, utf8('bbb'))).toBe(true);
    const none = compiled(both(printable(), matching('é')), 256);
    expect(none.shortest!(none.start)).toBe(Infinity);
    const endless: Constraint<number> = { start: 0, step: (state) => state + 1 };
    expect(() => compiled(endless, 256)).toThrow(/65536 states/);
    expect(() => compiled(endless, 1 << 20)).toThrow(/16 states/);
    expect(() =>
      compiled(
        callback(() => true),
        256,
      ),
    ).toThrow(TypeError);
  });

  it('has longest matches, all of one length', () => {
    for (const [one, n, expected] of [
      ['a|(?:bb)*', 7, 6],
      ['yes|no|perhaps', 40, 7],
      ['yes|no|perhaps', 6, 3],
      ['a*', 9, 9],
      ['', 5, 0],
      ['é+', 5, 4],
      ['aaa', 2, undefined],
    ] as const) {
      const found = longest(matching(one), 256, n);
      expect([one, found?.length]).toEqual([one, expected]);
      if (found === undefined) continue;
      for (let seed = 0; seed < 5; seed++) {
        const { tokens } = sampleParticles(new Lz78Oracle(), [], {
          n: found.length,
          particles: 1,
          seed,
          ...found,
        }).sample;
        expect(new TextDecoder().decode(Uint8Array.from(tokens))).toMatch(host(one));
      }
      expect(found.constraint.shortest!(found.constraint.start)).toBe(expected);
    }
    expect(() => longest(matching('a{9000}'), 256, 1e5)).toThrow(/fewer tokens/);
    expect(() => longest(matching('a'), 256, -1)).toThrow(RangeError);
  });

  it('is refused where it is wrong, or has what is not supported, with the position', () => {
    const refused: [string, number, RegExp][] = [
      ['a(b', 1, /never closed/],
      ['ab)', 2, /closes no group/],
      ['a[bc', 1, /never closed/],
      ['a**', 2, /repetition of a repetition/],
      ['*a', 0, /nothing to repeat/],
      ['(?:a|+)', 5, /nothing to repeat/],
      ['a{2,1}', 1, /more at least/],
      ['a{x}', 1, /\{m,n\}/],
      ['a]', 1, /closes nothing/],
      ['[z-a]', 1, /out of order/],
      ['[\\d-z]', 1, /one character to one/],
      ['ab\\', 2, /at the end/],
      ['\\y', 0, /no escape/],
      ['\\x1', 0, /two hexadecimal/],
      ['\\u{110000}', 0, /to 10ffff/],
      ['\\u12', 0, /four hexadecimal/],
      ['a\ud800', 1, /half a surrogate/],
      ['\\ud800\\u0041', 0, /half a surrogate/],
      ['\\00', 0, /octal/],
      ['a*?', 2, /lazy/],
      ['a(?=b)', 1, /lookahead/],
      ['a(?!b)', 1, /lookahead/],
      ['(?<=a)b', 0, /lookbehind/],
      ['(?<!a)b', 0, /lookbehind/],
      ['(?<x>a)', 0, /named group/],
      ['(?i:a)', 0, /flags/],
      ['(?a)', 0, /begins with '\?'/],
      ['(a)\\1', 3, /backreference/],
      ['\\k<x>', 0, /backreference/],
      ['a\\b', 1, /edge of a word/],
      ['\\p{L}', 0, /Unicode property/],
      ['a^b', 1, /anchor/],
      ['a$b', 1, /anchor/],
    ];
    for (const [one, position, what] of refused) {
      const call = () => matching(one);
      expect(call, one).toThrow(RangeError);
      expect(call, one).toThrow(what);
      expect(call, one).toThrow(new RegExp(`at position ${position}:`));
    }
    expect(() => matching(`${'('.repeat(10_000)}${')'.repeat(10_000)}`)).toThrow(/200 groups/);
    expect(() => matching(/a/ as unknown as string)).toThrow(TypeError);
    for (const one of ['[]', 'a[]b', '(?:[])+']) expect(() => matching(one)).toThrow(/nothing matches/);
    expect(() => matching('a+c', tokens(['a', 'b']))).toThrow(/nothing that the tokens spell/);
  });

  it('is refused where its automaton gets too large, before long', () => {
    const large = [
      '(a|b)*a(a|b){30}',
      '(.*a.{20})*',
      '(a{1000}){1000}',
      '((((a{99}){99}){99}){99}){99}',
      'a{9999999999999999}',
    ];
    for (const one of [...large, '.{20000}', '(?:[^x]{0,400}){0,80}', '(?:(?:){1000}){1000}'])
      expect(() => matching(one), one).toThrow(/too large/);
  });
});

describe('samplers', () => {
  const text = 'On 2024-03-17 we met; on 2025-11-02 we parted. Καλά, 1999-12-31 was before: ';
  const patterns = [
    '\\d{4}-(?:0[1-9]|1[0-2])',
    '(?:[a-c]{2}é)+',
    '[^\\w\\s]{2,}|x{9}',
    '(?:yes|no|perhaps)(?:, (?:yes|no))*',
    '(?:aaa)+b',
  ];

  it('end in a match, of whatever length', async () => {
    const oracle = new Lz78Oracle();
    for (const byte of utf8(text)) oracle.push(byte);
    for (const one of patterns) {
      const constraint = matching(one);
      const least = constraint.shortest!(constraint.start);
      for (let n = least; n < least + 8; n++) {
        const list = [...ancestral(oracle, [], { n, seed: n, constraint })].map(({ token }) => token);
        expect(new TextDecoder().decode(Uint8Array.from(list)), one).toMatch(host(one));
      }
      expect(() => [...ancestral(oracle, [], { n: least - 1, constraint })]).toThrow(/allows no token/);
      for (const name of ['lz78', 'ctw', 'zlib']) {
        const codec = await openCodec(name);
        codec.learn(utf8(text));
        const list = [...sampleStream(codec, { n: least + 5, seed: 1, constraint }).bytes];
        expect(new TextDecoder().decode(Uint8Array.from(list)), `${name} ${one}`).toMatch(host(one));
      }
    }
  });

  it('of whole strings find them, too', () => {
    const oracle = new Lz78Oracle();
    for (const byte of utf8(text)) oracle.push(byte);
    const constraint = matching(patterns[0]);
    const { strings } = sampleParticles(oracle, [], { n: 7, particles: 40, constraint, seed: 3 });
    const { completions } = beamSearch(oracle, [], { n: 7, width: 40, best: 9, constraint });
    for (const list of [...strings.map(({ tokens }) => tokens), ...completions.map(({ tokens }) => tokens)])
      expect(String.fromCharCode(...list)).toMatch(host(patterns[0]));
  });
});
