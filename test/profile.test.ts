/** Bits a symbol, counted in three ways, and what shows them. */
import { describe, expect, it } from 'vitest';
import { bitsAfter, ModelOracle } from '../src/sampling/oracle.ts';
import { OracleModel } from '../src/sampling/oracle-model.ts';
import { type Profile, profile, profileJson, profileText, profileTsv } from '../src/sampling/profile.ts';
import { characters } from '../src/sampling/profile-characters.ts';
import { RleOracle } from '../src/sampling/rle.ts';
import { encodeSymbols } from '../src/sequence/coding.ts';
import { Lz78Model } from '../src/sequence/lz78.ts';

const text = 'she sells sea shells by the sea shore';
const bytes = new TextEncoder().encode(text);

describe('a profile', () => {
  it('of a model is what its coder writes', () => {
    const profiled = profile(new Lz78Model(), text, { name: 'LZ78' });
    expect(profiled).toMatchObject({ name: 'LZ78', method: 'exact', alphabetSize: 256, start: 0, symbols: bytes });
    expect(profiled.bits.length).toBe(bytes.length);
    const coded = 32 * encodeSymbols(new Lz78Model(), bytes).length;
    expect(coded - profiled.total).toBeGreaterThan(-1);
    expect(coded - profiled.total).toBeLessThan(64);
    expect(profiled.bitsPerSymbol).toBe(profiled.total / bytes.length);
    const oracle = new ModelOracle(new Lz78Model());
    expect(profile(oracle, text, { name: 'LZ78', method: 'increments' })).toEqual(profiled);
    expect(oracle.bits()).toBeCloseTo(profiled.total, 9);
  });

  it('of an oracle adds up to its length, or to that of the one-step code', () => {
    const options = { alphabetSize: 4 };
    const runs = [0, 0, 0, 1, 1, 1, 1, 1, 3, 3, 0, 2, 2, 2, 2, 2, 2, 2];
    const oracle = new RleOracle(options);
    const grown = profile(oracle, runs, { method: 'increments' });
    expect(grown.start + grown.total).toBe(oracle.bits());
    expect(grown.start).toBe(new RleOracle(options).bits());
    const onwards: number[] = [];
    const stepped = profile(new RleOracle(options), runs, {
      onSymbol: (index, bits) => onwards.splice(index, 0, bits),
    });
    expect(onwards).toEqual([...stepped.bits]);
    const walked = new RleOracle(options);
    const lengths = new Float64Array(4);
    for (const [i, symbol] of runs.entries()) {
      bitsAfter(walked, [0, 1, 2, 3], lengths);
      let sum = 0;
      for (const length of lengths) sum += 2 ** -length;
      expect(stepped.bits[i]).toBeCloseTo(lengths[symbol] + Math.log2(sum), 9);
      walked.push(symbol);
    }
    const integers = profile(new OracleModel(new RleOracle(options)), runs);
    expect(integers.total).toBeCloseTo(stepped.total, 2);
  });

  it('of nothing is nothing', () => {
    const nothing = profile(new Lz78Model(), '');
    expect(nothing).toMatchObject({ total: 0, bitsPerSymbol: 0 });
    expect(profileText(nothing)).toBe('codec (exact): 0 bytes, 0.00 bits, 0.0000 bits a byte\n');
    expect(profileTsv(nothing)).toBe('index\tsymbol\tshown\tbits\n');
  });

  it('refuses what is no symbol, before it learns anything', () => {
    const model = new Lz78Model({ alphabetSize: 3 });
    const before = profile(new Lz78Model({ alphabetSize: 3 }), [1, 2]);
    expect(() => profile(model, [1, 2, 3])).toThrow(RangeError);
    expect(profile(model, [1, 2])).toEqual(before);
    expect(() => profile({} as Lz78Model, [1])).toThrow(TypeError);
    expect(() => profile(model, [1], { method: 'increment' as 'increments' })).toThrow(RangeError);
  });
});

describe('tables of a profile', () => {
  const odd = profile(new RleOracle(), 'aa\t\n\\é', { method: 'increments', name: 'RLE' });

  it('are tab-separated', () => {
    expect(profileTsv(odd)).toBe(
      [
        'index\tsymbol\tshown\tbits',
        '0\t97\ta\t9.000000',
        '1\t97\ta\t2.000000',
        '2\t9\t\\t\t9.000000',
        '3\t10\t\\n\t9.000000',
        '4\t92\t\\\\\t9.000000',
        '5\t195\t\\xc3\t9.000000',
        '6\t169\t\\xa9\t9.000000',
        '',
      ].join('\n'),
    );
  });

  it('are JSON', () => {
    expect(JSON.parse(profileJson(odd))).toEqual({
      name: 'RLE',
      method: 'increments',
      alphabetSize: 256,
      count: 7,
      totalBits: odd.total,
      bitsPerSymbol: Number(odd.bitsPerSymbol.toFixed(6)),
      startBits: odd.start,
      symbols: [97, 97, 9, 10, 92, 195, 169],
      bits: [...odd.bits],
    });
  });

  it('are text', () => {
    expect(profileText(odd, { most: 2 })).toBe(
      `RLE (increments): 7 bytes, 56.00 bits, 8.0000 bits a byte
and ${odd.start.toFixed(2)} bits before the text

bits        characters
below 0.5          0
0.5 to 1           0
1 to 2             0
2 to 4             1  #######
4 to 8             0
8 to 16            4  ###########################
16 or more         1  #######

most surprising
   18.00 bits at 5: é after "aa\\t\\n\\"
    9.00 bits at 0: a after ""
`,
    );
  });
});

describe('characters of a profile', () => {
  const shown = (symbols: ArrayLike<number> | string) =>
    characters(profile(new Lz78Model(), symbols)).map(({ text, length, kind }) => `${text}|${length}|${kind}`);

  it('are those of UTF-8, marks and joined ones together', () => {
    expect(shown('aé漢😀')).toEqual(['a|1|text', 'é|2|text', '漢|3|text', '😀|4|text']);
    expect(shown('e\u0301x')).toEqual(['e\u0301|3|text', 'x|1|text']);
    expect(shown('👩\u200d🚀!')).toEqual(['👩\u200d🚀|11|text', '!|1|text']);
    expect(shown('a'.repeat(3) + '\u0301'.repeat(40)).length).toBeGreaterThan(3);
  });

  it('never hide a control or turn the direction', () => {
    expect(shown('\0\r\u007f\u202e\u2066\ufeff')).toEqual([
      '\\x00|1|picture',
      '\\r|1|picture',
      '\\x7f|1|picture',
      '[202E]|3|picture',
      '[2066]|3|picture',
      '[FEFF]|3|picture',
    ]);
  });

  it('are single bytes where there is no UTF-8', () => {
    expect(shown([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xc0, 0x80, 0xf5, 0xe2, 0x82])).toEqual(
      ['\\xff', '\\xc3', '(', '\\xed', '\\xa0', '\\x80', '\\xc0', '\\x80', '\\xf5', '\\xe2', '\\x82'].map((text) =>
        text === '(' ? '(|1|text' : `${text}|1|byte`,
      ),
    );
    const profiled = profile(new Lz78Model({ alphabetSize: 300 }), [1, 299]);
    expect(characters(profiled).map(({ text }) => text)).toEqual(['<1>', '<299>']);
    expect(characters(profiled, Infinity, (symbol) => `w${symbol}`)[1]).toMatchObject({ text: 'w299' });
  });

  it('keep all bits', () => {
    const profiled = profile(new Lz78Model(), 'naïve e\u0301 漢字\xff\n');
    const sum = characters(profiled).reduce((total, { bits }) => total + bits, 0);
    expect(sum).toBeCloseTo(profiled.total, 9);
    expect(characters(profiled, 4).length).toBe(4);
  });

  it('summarises a long text in pieces that cut no character', () => {
    const text = new TextEncoder().encode('aé€😀'.repeat(9000));
    const bits = Float64Array.from(text, (_, i) => (i === 70_001 ? 40 : 1));
    const made: Profile = {
      name: 'made',
      method: 'exact',
      alphabetSize: 256,
      symbols: text,
      bits,
      total: text.length + 39,
      bitsPerSymbol: 1,
      start: 0,
    };
    const lines = profileText(made, { most: 3 }).split('\n');
    const counts = lines
      .filter((line) => /^(below|[\d.]+ (to|or))/.test(line))
      .map((line) => Number(line.slice(12, 20)));
    expect(counts).toEqual([0, 0, 9000, 17999, 9000, 0, 1]);
    // A round of four characters is 10 bytes: byte 70,001 begins an é.
    const [first, second] = lines.slice(-4);
    expect(first).toBe(`   41.00 bits at 70001: é after "${'aé€😀'.repeat(5).slice(1)}a"`);
    expect(second).toContain('4.00 bits at 6: 😀 after "aé€"');
  });
});
