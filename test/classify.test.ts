/** Classifying and scoring by compression; nobody is told the answer. */
import { describe, expect, it } from 'vitest';
import { Random } from '../src/kernels/random.ts';
import { AnomalyScorer } from '../src/sampling/anomaly.ts';
import { ClassCodes, Knn, vote } from '../src/sampling/classify.ts';
import { distance } from '../src/sampling/distance.ts';
import { ModelOracle } from '../src/sampling/oracle.ts';
import { Lz78Model } from '../src/sequence/lz78.ts';

const oracle = () => new ModelOracle(new Lz78Model());

/** Texts of two kinds: words of one alphabet or of another. */
function texts(kind: 'a' | 'n', count: number, seed: number): string[] {
  const random = new Random(seed);
  const letters = kind === 'a' ? 'abcdefg' : 'nopqrst';
  const word = () => Array.from({ length: 2 + random.below(3) }, () => letters[random.below(7)]).join('');
  return Array.from({ length: count }, () => Array.from({ length: 12 }, word).join(' '));
}
const train = [...texts('a', 8, 1), ...texts('n', 8, 2)];
const labels = train.map((_, i) => (i < 8 ? 'early' : 'late'));

describe('a vote', () => {
  const random = () => new Random(3);
  const of = (k: number, tie: 'nearest' | 'random' | 'decrement', labelled: string) =>
    vote([0.1, 0.2, 0.3, 0.4, 0.5], [...labelled], k, tie, random());

  it('goes to the majority', () => {
    expect(of(3, 'nearest', 'xyyzz')).toMatchObject({ label: 'y', tied: false });
    expect(of(5, 'nearest', 'xyzzz').label).toBe('z');
    expect(of(1, 'nearest', 'xyzzz').neighbours).toEqual([{ index: 0, label: 'x', distance: 0.1 }]);
  });

  it('that ties goes to the nearest, to one of them at random, or to what fewer say', () => {
    expect(of(2, 'nearest', 'xyzzz')).toMatchObject({ label: 'x', tied: true });
    expect(of(4, 'nearest', 'yxxyz')).toMatchObject({ label: 'y', tied: true });
    expect(of(4, 'decrement', 'yxxyz')).toMatchObject({ label: 'x', tied: true });
    expect(of(2, 'decrement', 'yxxyz').label).toBe('y');
    const drawn = new Set(
      Array.from({ length: 50 }, (_, seed) => vote([1, 2, 3], ['x', 'y', 'y'], 2, 'random', new Random(seed)).label),
    );
    expect(drawn).toEqual(new Set(['x', 'y']));
  });

  it('does not favour what comes first among the equally near', () => {
    const counts = { x: 0, y: 0 };
    for (let seed = 0; seed < 400; seed++)
      counts[vote([1, 1, 1, 1], ['x', 'x', 'y', 'y'], 1, 'nearest', new Random(seed)).label as 'x' | 'y']++;
    expect(Math.abs(counts.x - 200)).toBeLessThan(50);
  });
});

describe('nearest neighbours', () => {
  it('tell texts of two kinds apart', () => {
    for (const [k, tie] of [
      [1, 'nearest'],
      [2, 'random'],
      [3, 'decrement'],
    ] as const) {
      const knn = new Knn({ train, labels, measure: oracle(), k, tie, separator: ' ' });
      for (const text of texts('a', 4, 7)) expect(knn.classify(text).label).toBe('early');
      for (const text of texts('n', 4, 8)) expect(knn.classify(text).label).toBe('late');
    }
  });

  it('are at the published distance, the text first', () => {
    const [text] = texts('a', 1, 9);
    const { neighbours } = new Knn({ train, labels, measure: oracle(), k: 16, separator: ' ' }).classify(text);
    for (const { index, distance: d } of neighbours)
      expect(d).toBe(distance(text, train[index], oracle(), { separator: ' ' }));
    const far = neighbours.map(({ distance: d }) => d);
    expect(far).toEqual([...far].sort((a, b) => a - b));
  });

  it('say the same of a text whatever was asked before, and never learn from it', () => {
    const make = () =>
      new Knn({
        train: ['', '', '', ''],
        labels: [...'xyzw'],
        measure: (bytes) => bytes.length,
        k: 2,
        tie: 'random',
        seed: 4,
      });
    const asked = make();
    const answers = Array.from({ length: 30 }, (_, i) => asked.classify(`text ${i}`));
    expect(answers.map((_, i) => make().classify(`text ${i}`))).toEqual(answers);
    expect(new Set(answers.map(({ label }) => label)).size).toBe(4);
  });

  it('cannot be told the answer: labels are copied, and texts are all that is asked', () => {
    const mine = [...labels];
    const knn = new Knn({ train, labels: mine, measure: oracle() });
    mine.fill('late');
    expect(knn.classify(texts('a', 1, 7)[0]).label).toBe('early');
    expect(Knn.prototype.classify.length).toBe(1);
    expect(ClassCodes.prototype.classify.length).toBe(1);
  });

  it('refuse what makes no sense', () => {
    const measure = oracle();
    expect(() => new Knn({ train: [], labels: [], measure })).toThrow(RangeError);
    expect(() => new Knn({ train, labels: ['a'], measure })).toThrow(RangeError);
    expect(() => new Knn({ train: ['a'], labels: [1 as never], measure })).toThrow(TypeError);
    for (const k of [0, 1.5, 17]) expect(() => new Knn({ train, labels, measure, k })).toThrow(RangeError);
    expect(() => new Knn({ train, labels, measure, tie: 'optimistic' as never })).toThrow(RangeError);
    expect(() => new Knn({ train, labels, measure, seed: -1 })).toThrow(RangeError);
  });
});

describe('codes of classes', () => {
  it('tell texts of two kinds apart', () => {
    const codes = new ClassCodes({ train, labels, oracle });
    expect(codes.labels).toEqual(['early', 'late']);
    for (const text of texts('a', 4, 7)) expect(codes.classify(text).label).toBe('early');
    for (const text of texts('n', 4, 8)) {
      const { label, bits } = codes.classify(text);
      expect(label).toBe('late');
      expect(bits.get('late')).toBeLessThan(bits.get('early')!);
      expect(codes.classify(text)).toEqual({ label, bits });
    }
  });

  it('count the bits given the class', () => {
    const codes = new ClassCodes({ train: ['abab', 'ab'], labels: ['x', 'x'], oracle, separator: '|' });
    const one = oracle();
    for (const byte of new TextEncoder().encode('abab|ab|')) one.push(byte);
    const before = one.bits();
    for (const byte of new TextEncoder().encode('aba')) one.push(byte);
    expect(codes.classify('aba').bits.get('x')).toBe(one.bits() - before);
  });
});

describe('an anomaly', () => {
  const scorer = new AnomalyScorer(oracle(), texts('a', 60, 1));

  it('takes more bits a byte than what the corpus is made of', () => {
    expect(scorer.score('anything').p).toBe(1);
    expect(() => scorer.quantile(0.5)).toThrow(RangeError);
    scorer.calibrate(texts('a', 99, 5));
    expect(scorer.calibrated).toBe(99);
    for (const text of texts('n', 5, 6)) {
      const { score, bits, p } = scorer.score(text);
      expect(bits).toBeCloseTo(score * text.length, 9);
      expect(p).toBe(0.01);
      expect(score).toBeGreaterThan(scorer.quantile(1));
    }
    expect(scorer.score('').score).toBe(0);
  });

  it('of texts like those of the calibration is as rare as p says', () => {
    scorer.calibrate(texts('a', 199, 5));
    const p = texts('a', 200, 11).map((text) => scorer.score(text).p);
    expect(p.filter((value) => value <= 0.1).length).toBeLessThan(45);
    expect(p.filter((value) => value <= 0.5).length).toBeGreaterThan(60);
    expect(p.filter((value) => value <= 0.5).length).toBeLessThan(140);
    expect(scorer.quantile(0)).toBeLessThan(scorer.quantile(0.5));
    for (const part of [-1, 1.5, NaN]) expect(() => scorer.quantile(part)).toThrow(RangeError);
  });
});
