/** Uses of codecs as models: any oracle as a compressor. */
import { deflate } from 'pako';
import { describe, expect, it } from 'vitest';
import { type LengthOracle, ModelOracle } from '../src/sampling/oracle.ts';
import { OracleModel } from '../src/sampling/oracle-model.ts';
import { RleOracle } from '../src/sampling/rle.ts';
import { decodeSymbols, encodeSymbols } from '../src/sequence/coding.ts';
import { Lz78Model } from '../src/sequence/lz78.ts';
import { type Mark, Marks, TOTAL } from '../src/sequence/model.ts';
import { checkSequenceModel } from './support/sequences.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** An oracle of any function of bytes. */
class FunctionOracle implements LengthOracle {
  readonly alphabetSize: number;
  private readonly length: (symbols: Uint8Array) => number;
  private readonly symbols: number[] = [];
  private readonly marks = new Marks();

  constructor(length: (symbols: Uint8Array) => number, alphabetSize = 256) {
    this.length = length;
    this.alphabetSize = alphabetSize;
  }
  push(symbol: number): void {
    if (!(Number.isInteger(symbol) && symbol >= 0 && symbol < this.alphabetSize)) throw new RangeError('no symbol');
    this.symbols.push(symbol);
  }
  bits(): number {
    return this.length(Uint8Array.from(this.symbols));
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
  const oracle = new FunctionOracle((symbols) => lengths[symbols[0]], lengths.length);
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

  it('makes a compressor of run lengths and of a black box', () => {
    const runs = bytesOf('aaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbcccccccccccccccccccc');
    const rle = encodeSymbols(new OracleModel(new RleOracle()), runs);
    expect(decodeSymbols(new OracleModel(new RleOracle()), rle, runs.length)).toEqual(runs);
    expect(rle.length * 4).toBeLessThan(runs.length / 2);
    const text = bytesOf('abracadabra abracadabra abra');
    const small = { legacyHash: true, memLevel: 1 as const, windowBits: 9 as const };
    const box = () => new OracleModel(new FunctionOracle((bytes) => 8 * deflate(bytes, small).length));
    const words = encodeSymbols(box(), text);
    expect(decodeSymbols(box(), words, text.length)).toEqual(text);
    expect(words.length * 4).toBeLessThan(text.length);
  });
});
