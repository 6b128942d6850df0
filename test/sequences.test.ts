/** The laws themselves, what bit models become, coding with any model, and the trail. */
import { describe, expect, it } from 'vitest';
import { bitsAfter, type LengthOracle, ModelOracle, surprisal } from '../src/sampling/oracle.ts';
import { Trail } from '../src/sampling/trail.ts';
import { BitTreeModel, splitUnits } from '../src/sequence/bit-tree.ts';
import { decodeSymbols, encodeSymbols } from '../src/sequence/coding.ts';
import {
  type Mark,
  Marks,
  type SequenceModel,
  symbolAt,
  TOTAL,
  tile,
  type UndoableBitModel,
} from '../src/sequence/model.ts';
import { OnlineModel } from '../src/sequence/online-bits.ts';
import { checkOracle, checkSequenceModel } from './support/sequences.ts';

/** Counts of what followed the last symbol: the plainest model that has a context. `fault` plants a mistake. */
class Pairs implements SequenceModel {
  readonly alphabetSize: number;
  private readonly history: number[] = [];
  private readonly marks = new Marks();
  private readonly fault: string;
  private asked = false;

  constructor(alphabetSize: number, fault = '') {
    this.alphabetSize = alphabetSize;
    this.fault = fault;
  }

  intervals(into: Uint32Array): void {
    const weights = new Float64Array(this.alphabetSize).fill(0.5);
    const { history } = this;
    for (let i = 1; i < history.length; i++) if (history[i - 1] === history[history.length - 1]) weights[history[i]]++;
    tile(weights, into);
    if (this.fault === 'asking') history.push(0);
    this.asked = true;
    if (this.fault === 'empty') into[1] = 0;
    if (this.fault === 'beyond') into[this.alphabetSize + 1] = 1;
  }

  update(symbol: number): void {
    if (this.fault !== 'unchecked' && !(Number.isInteger(symbol) && symbol >= 0 && symbol < this.alphabetSize))
      throw new RangeError('no such symbol');
    this.history.push(symbol);
    if (this.fault === 'unasked' && !this.asked) this.history.push(0);
    this.asked = false;
  }

  mark(): Mark {
    return this.marks.add(this.history.length);
  }

  rollback(mark: Mark): void {
    this.history.length = this.marks.drop(mark);
    if (this.fault === 'rollback') this.history.push(0);
  }

  release(mark: Mark): void {
    if (this.fault !== 'release') this.marks.drop(mark);
  }
}

describe('laws of sequence models', () => {
  it('hold for a plain model, and find planted faults', () => {
    checkSequenceModel(() => new Pairs(7), { seed: 1, runs: 40 });
    for (const fault of ['asking', 'unasked', 'empty', 'beyond', 'unchecked', 'rollback', 'release'])
      expect(() => checkSequenceModel(() => new Pairs(7, fault), { seed: 1, runs: 40 }), fault).toThrow();
  });

  it('hold for models seen as oracles', () => {
    checkOracle(() => new ModelOracle(new Pairs(9)), { seed: 2, runs: 40 });
  });

  it('hold for an oracle without bulk lengths, and find a length that is not restored', () => {
    class Counter implements LengthOracle {
      readonly alphabetSize = 3;
      private total = 0;
      private readonly totals: number[] = [];
      private readonly marks = new Marks();
      private readonly fault: number;
      constructor(fault: number) {
        this.fault = fault;
      }
      push(symbol: number): void {
        if (![0, 1, 2].includes(symbol)) throw new RangeError('no such symbol');
        this.total += 1 + symbol;
      }
      bits(): number {
        return this.total;
      }
      mark(): Mark {
        this.totals.push(this.total);
        return this.marks.add(this.totals.length - 1);
      }
      rollback(mark: Mark): void {
        const i = this.marks.drop(mark);
        this.total = this.totals[i] + this.fault;
        this.totals.length = i;
      }
      release(mark: Mark): void {
        this.totals.length = this.marks.drop(mark);
      }
    }
    const exact = (symbols: number[]) => symbols.reduce((sum, symbol) => sum + 1 + symbol, 0);
    checkOracle(() => new Counter(0), { seed: 3, runs: 40 }, exact);
    expect(() => checkOracle(() => new Counter(1), { seed: 3, runs: 40 })).toThrow();
    expect(() =>
      checkOracle(
        () => new Counter(0),
        { seed: 3, runs: 4 },
        (symbols) => exact(symbols) + 1,
      ),
    ).toThrow();
  });
});

describe('intervals', () => {
  it('tile in proportion, none empty', () => {
    const cuts = new Uint32Array(5);
    tile([1, 1, 2, 0], cuts);
    expect([...cuts]).toEqual([0, 4194304, 8388608, 16777215, TOTAL]);
    for (const wrong of [
      [0, 0],
      [NaN, 1],
      [Infinity, 1],
    ])
      expect(() => tile(wrong, cuts)).toThrow(RangeError);
    const many = new Uint32Array(65537);
    tile(new Float64Array(65536).fill(1e-300), many);
    for (let s = 0; s < 65536; s++) if (many[s + 1] <= many[s]) throw new Error(`empty: ${s}`);
  });

  it('are searched', () => {
    const cuts = Uint32Array.of(0, 5, 6, TOTAL);
    expect([0, 4, 5, 6, TOTAL - 1].map((q) => symbolAt(cuts, q, 3))).toEqual([0, 0, 1, 2, 2]);
  });

  it('of a tree leave both sides what they need', () => {
    expect(splitUnits(TOTAL, 32768, 128)).toBe(TOTAL / 2);
    expect(splitUnits(4, 65535, 2)).toBe(2);
    expect(splitUnits(TOTAL, 65535, 128)).toBe(256);
    expect(splitUnits(TOTAL, 1, 300)).toBe(TOTAL - 300);
  });
});

/** A bit model that knows only how often each bit of a symbol was 1. */
class Coins implements UndoableBitModel {
  private readonly history: number[] = [];
  private readonly marks = new Marks();
  predict(): number {
    return 1 + ((this.history.reduce((sum, bit, i) => sum + bit * (i + 7), 99) * 40503) % 65535);
  }
  update(bit: number): void {
    this.history.push(bit);
  }
  mark(): Mark {
    return this.marks.add(this.history.length);
  }
  rollback(mark: Mark): void {
    this.history.length = this.marks.drop(mark);
  }
  release(mark: Mark): void {
    this.marks.drop(mark);
  }
}

describe('bit trees', () => {
  it('make a model of symbols from one of bits', () => {
    for (const width of [1, 3, 5])
      checkSequenceModel(() => new BitTreeModel(new Coins(), width), { seed: 4, runs: 20 });
    expect(() => new BitTreeModel(new Coins(), 0)).toThrow(RangeError);
  });

  it('give a symbol the product of its bits', () => {
    const model = new BitTreeModel(new Coins(), 3);
    model.update(5);
    const cuts = new Uint32Array(9);
    model.intervals(cuts);
    for (let symbol = 0; symbol < 8; symbol++) {
      let p = 1;
      const mark = model.mark();
      for (let i = 2; i >= 0; i--) {
        const one = model.bits.predict() / 65536;
        p *= (symbol >> i) & 1 ? one : 1 - one;
        model.bits.update((symbol >> i) & 1);
      }
      model.rollback(mark);
      expect(Math.abs((cuts[symbol + 1] - cuts[symbol]) / TOTAL - p)).toBeLessThan(4 / TOTAL);
    }
  });

  it('of the online model obey the laws', () => {
    const create = () => new BitTreeModel(new OnlineModel({ parameters: { tableBits: 16, historyBits: 12 } }));
    checkSequenceModel(create, { seed: 5, runs: 2, probe: 4, step: 3, data: [97, 98, 97, 99, 0] });
  });
});

describe('coding with any model', () => {
  it('costs what the surprisals say', () => {
    const text = Array.from(new TextEncoder().encode('to be or not to be, that is the question; '.repeat(6)));
    const oracle = new ModelOracle(new Pairs(256));
    for (const byte of text) oracle.push(byte);
    const words = encodeSymbols(new Pairs(256), text);
    expect(words.length * 32).toBeGreaterThan(oracle.bits());
    expect(words.length * 32).toBeLessThan(oracle.bits() + 64);
    expect([...decodeSymbols(new Pairs(256), words, text.length)]).toEqual(text);
    expect(decodeSymbols(new Pairs(256), words.slice(0, 0), 0)).toEqual(new Uint8Array(0));
    expect(surprisal(TOTAL)).toBe(0);
    expect(surprisal(TOTAL / 2)).toBeCloseTo(1, 12);
  });

  it('says when there is more data than symbols', () => {
    const words = encodeSymbols(
      new Pairs(256),
      Array.from({ length: 40 }, (_, i) => (i * 77) % 256),
    );
    expect(() => decodeSymbols(new Pairs(256), words, 3)).toThrow(/more data/);
    expect(() => decodeSymbols(new Pairs(256), words, -1)).toThrow(RangeError);
    expect(() => encodeSymbols(new Pairs(3), [0, 1, 3])).toThrow(RangeError);
  });
});

describe('the trail', () => {
  it('goes from string to string', () => {
    const oracle = new ModelOracle(new Pairs(5));
    for (const symbol of [1, 2, 1, 2, 1]) oracle.push(symbol);
    const start = oracle.bits();
    const trail = new Trail(oracle);
    const alone = (string: number[]) => {
      const other = new ModelOracle(new Pairs(5));
      for (const symbol of [1, 2, 1, 2, 1, ...string]) other.push(symbol);
      return other.bits();
    };
    for (const string of [[1, 2, 3], [1, 2, 4, 4], [], [0], [0, 0, 0], [2, 2]]) {
      trail.go(string);
      expect(trail.length).toBe(string.length);
      expect(oracle.bits()).toBe(alone(string));
    }
    expect(() => trail.push(5)).toThrow(RangeError);
    expect(oracle.bits()).toBe(alone([2, 2]));
    expect(() => trail.back(3)).toThrow(RangeError);
    trail.go([]);
    expect(oracle.bits()).toBe(start);
    trail.push(3);
    trail.keep();
    expect(trail.length).toBe(0);
    expect(oracle.bits()).toBe(alone([3]));
  });

  it('serves bulk lengths at any place', () => {
    const oracle = new ModelOracle(new Pairs(5));
    const trail = new Trail(oracle);
    const lengths = new Float64Array(5);
    trail.go([3, 3, 3]);
    bitsAfter(oracle, [3, 1], lengths);
    expect(lengths[0]).toBeLessThan(lengths[1]);
  });
});
