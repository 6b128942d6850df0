/** Uses of codecs as models: any oracle as a compressor. */
import { deflate } from 'pako';
import { describe, expect, it } from 'vitest';
import { blackBox } from '../src/sampling/black-box.ts';
import { DeflateOracle } from '../src/sampling/deflate.ts';
import { Lz78Oracle } from '../src/sampling/lz78.ts';
import { LzmaOracle } from '../src/sampling/lzma.ts';
import { LzwOracle } from '../src/sampling/lzw.ts';
import { type LengthOracle, ModelOracle } from '../src/sampling/oracle.ts';
import { OracleModel } from '../src/sampling/oracle-model.ts';
import { RleOracle } from '../src/sampling/rle.ts';
import { decodeSymbols, encodeSymbols } from '../src/sequence/coding.ts';
import { Lz78Model } from '../src/sequence/lz78.ts';
import { type Mark, Marks, TOTAL } from '../src/sequence/model.ts';
import { checkSequenceModel } from './support/sequences.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** An oracle whose lengths after one symbol are given. */
class GivenOracle implements LengthOracle {
  readonly alphabetSize: number;
  private readonly lengths: readonly number[];
  private readonly symbols: number[] = [];
  private readonly marks = new Marks();

  constructor(lengths: readonly number[]) {
    this.lengths = lengths;
    this.alphabetSize = lengths.length;
  }
  push(symbol: number): void {
    this.symbols.push(symbol);
  }
  bits(): number {
    return this.lengths[this.symbols[0]];
  }
  mark(): Mark {
    return this.marks.add(this.symbols.length);
  }
  rollback(mark: Mark): void {
    this.symbols.length = this.marks.drop(mark);
  }
  release(mark: Mark): void {
    this.marks.drop(mark);
  }
}

/** Frequencies that one prediction gives for given lengths. */
function frequencies(lengths: readonly number[], options = {}): number[] {
  const oracle = new GivenOracle(lengths);
  const cuts = new Uint32Array(lengths.length + 1);
  new OracleModel(oracle, options).intervals(cuts);
  return lengths.map((_, s) => cuts[s + 1] - cuts[s]);
}

describe('an oracle as a model', () => {
  it('keeps the laws of sequence models', () => {
    checkSequenceModel(() => new OracleModel(new RleOracle({ alphabetSize: 6 })), { seed: 1, runs: 20 });
    checkSequenceModel(() => new OracleModel(new ModelOracle(new Lz78Model({ alphabetSize: 8 }))), {
      seed: 2,
      runs: 20,
    });
    checkSequenceModel(() => new OracleModel(new RleOracle({ alphabetSize: 6 }), { temperature: 2.5, least: 1000 }), {
      seed: 3,
      runs: 20,
    });
  });

  it('gives whole bits their powers of two', () => {
    expect(frequencies([10, 11, 12, 12])).toEqual([8388607, 4194304, 2097152, 2097153]);
    expect(frequencies([0, 1, 2, 2], { temperature: 0.5 })).toEqual(frequencies([0, 2, 4, 4]));
    expect(frequencies([5])).toEqual([TOTAL]);
  });

  it('leaves no symbol out, whatever the lengths', () => {
    expect(frequencies([0, 1e9, Infinity, 3000])).toEqual([TOTAL - 3, 1, 1, 1]);
    expect(frequencies([Infinity, Infinity])).toEqual([TOTAL / 2, TOTAL / 2]);
    expect(frequencies([0, 100], { least: 5000 })).toEqual([TOTAL - 5000, 5000]);
    const many = frequencies(Array.from({ length: 4096 }, (_, s) => (s % 97) * 0.37));
    expect(many.reduce((sum, f) => sum + f)).toBe(TOTAL);
    expect(Math.min(...many)).toBeGreaterThanOrEqual(1);
    const ratio = frequencies([0, 0.5]);
    expect(ratio[0] / ratio[1]).toBeCloseTo(Math.SQRT2, 5);
    expect(() => frequencies([0, Number.NaN])).toThrow(/no length/);
  });

  it('refuses options that make no sense', () => {
    const oracle = new RleOracle();
    for (const temperature of [0, -1, NaN, 65])
      expect(() => new OracleModel(oracle, { temperature })).toThrow(RangeError);
    for (const least of [0, 0.5, 32769]) expect(() => new OracleModel(oracle, { least })).toThrow(RangeError);
  });

  it('makes a compressor of any codec', () => {
    const text = bytesOf('she sells sea shells by the sea shore; the shells she sells are sea shells');
    const runs = bytesOf(`${'a'.repeat(20)}${'b'.repeat(20)}${'c'.repeat(20)}`);
    const cases: [string, Uint8Array, () => LengthOracle, number][] = [
      ['RLE', runs, () => new RleOracle(), 30],
      ['LZ78', text, () => new Lz78Oracle(), 74],
      ['LZW', text, () => new LzwOracle({ convention: 'gif' }), 74],
      ['deflate', text, () => new DeflateOracle({ level: 9 }), 56],
      ['gzip', text, () => new DeflateOracle({ format: 'gzip' }), 56],
      ['LZMA', text, () => new LzmaOracle(), 56],
      ['LZMA in chunks', text, () => new LzmaOracle({ format: 'xz' }), 74],
      ['the lengths of a model', text, () => new ModelOracle(new Lz78Model()), 74],
    ];
    for (const [name, raw, create, most] of cases)
      for (const options of [{}, { temperature: 1.7, least: 3 }]) {
        const words = encodeSymbols(new OracleModel(create(), options), raw);
        expect(decodeSymbols(new OracleModel(create(), options), words, raw.length), name).toEqual(raw);
        expect(4 * words.length, name).toBeLessThanOrEqual(most);
      }
  });

  it('makes a compressor of a black box', () => {
    const text = bytesOf('abracadabra abracadabra');
    const small = { legacyHash: true, memLevel: 1 as const, windowBits: 9 as const };
    const box = () => new OracleModel(blackBox((bytes) => deflate(bytes, small).length));
    const words = encodeSymbols(box(), text);
    expect(decodeSymbols(box(), words, text.length)).toEqual(text);
    expect(4 * words.length).toBeLessThan(text.length);
  });

  it('has the bits that it had', () => {
    // Any change of these is a change of what archives hold.
    const text = bytesOf('abracadabra');
    const words = (oracle: LengthOracle) => Array.from(encodeSymbols(new OracleModel(oracle), text));
    expect(words(new DeflateOracle({ format: 'raw' }))).toMatchInlineSnapshot(`
      [
        2093636120,
        3765448858,
        1272443761,
      ]
    `);
    expect(words(new LzwOracle())).toMatchInlineSnapshot(`
      [
        1633841761,
        3391269250,
        3471058350,
      ]
    `);
    expect(words(new LzmaOracle())).toMatchInlineSnapshot(`
      [
        1634961148,
        3018331072,
        3437821654,
      ]
    `);
    expect(words(new ModelOracle(new Lz78Model()))).toMatchInlineSnapshot(`
      [
        1637296382,
        2050352671,
        1707994434,
      ]
    `);
  });
});
