import { expect, test } from 'vitest';
import { Random } from '../src/kernels/random.ts';
import { AnomalyScorer } from '../src/sampling/anomaly.ts';
import { vote } from '../src/sampling/classify.ts';
import { complete } from '../src/sampling/complete.ts';
import { LzwOracle } from '../src/sampling/lzw.ts';
import { openCodec } from '../src/sampling/named.ts';
import { sampleParticles } from '../src/sampling/particles.ts';
import { exp2 } from '../src/sampling/powers.ts';
import { RleOracle } from '../src/sampling/rle.ts';
import { resampleSpans } from '../src/sampling/spans.ts';
import { sampleStream } from '../src/sampling/stream.ts';
import { indexed, tokens } from '../src/sampling/tokens.ts';
import { CtwModel } from '../src/sequence/ctw.ts';
import { MixtureModel } from '../src/sequence/mixture.ts';
import { TOTAL, tile } from '../src/sequence/model.ts';
import { NgramModel } from '../src/sequence/ngram.ts';

test('weights near the smallest number keep their proportions', () => {
  const cuts = new Uint32Array(3);
  tile([0, 1e-320], cuts);
  expect(Array.from(cuts)).toEqual([0, 1, TOTAL]);
  tile([3e-310, 1e-310], cuts);
  expect(cuts[1] / TOTAL).toBeCloseTo(0.75, 6);
});

test('powers of infinite numbers are numbers', () => {
  expect([exp2(-Infinity), exp2(Infinity)]).toEqual([0, Infinity]);
});

test('spans get away from an unlikely text at a low temperature', () => {
  const { bits } = resampleSpans(new RleOracle(), 'qxjklzvb', { steps: 300, temperature: 0.001 });
  expect(bits).toBeLessThan(60);
});

test('a search without a bound that is a number is refused', () => {
  expect(() => complete(new RleOracle(), [], { length: 4, maxLeaves: Number.NaN })).toThrow(RangeError);
});

test('a temperature whose inverse is no number is refused', () => {
  expect(() => resampleSpans(new RleOracle(), 'ab', { temperature: 1e-308 })).toThrow(RangeError);
  expect(() => sampleParticles(new RleOracle(), 'ab', { temperature: 5e-324 })).toThrow(RangeError);
});

test('long pieces and long tokens are found in long texts', () => {
  const long = 'a'.repeat(200_000);
  expect(indexed([long, 'b', 'ab']).split(`b${long}abb`)).toEqual([1, 0, 2, 1]);
  expect(tokens(['b'.repeat(4095), 'b', 'bb']).split('b'.repeat(20_000)).length).toBe(4 + 1810);
  expect(() => tokens(['ab']).split('aba')).toThrow(/offset 2/);
});

test('a constraint that throws leaves a model of bits without a mark, and as it was', async () => {
  const codec = await openCodec('online');
  const { oracle, bitModel } = codec;
  const before = bitModel?.predict();
  const constraint = {
    start: 0,
    step(): number {
      throw new Error('no');
    },
  };
  expect(() => sampleStream(codec, { n: 3, constraint }).bytes.next()).toThrow('no');
  expect(bitModel?.predict()).toBe(before);
  const mark = oracle.mark();
  oracle.rollback(mark);
});

test('a mixture is as before when the undo log of a model is full', () => {
  const make = () =>
    new MixtureModel({ models: [new NgramModel({ order: 2 }), new CtwModel({ depth: 8, journalBytes: 2 ** 16 })] });
  const model = make();
  const mark = model.mark();
  const cuts = new Uint32Array(257);
  const learnt: number[] = [];
  expect(() => {
    for (let i = 0; i < 10_000; i++) {
      model.update((i * i) & 255);
      learnt.push((i * i) & 255);
    }
  }).toThrow(/undo log/);
  model.intervals(cuts);
  const other = make();
  for (const symbol of learnt) other.update(symbol);
  const expected = new Uint32Array(257);
  other.intervals(expected);
  expect(cuts).toEqual(expected);
  model.rollback(mark);
  model.intervals(cuts);
  make().intervals(expected);
  expect(cuts).toEqual(expected);
});

test('votes of very many classes are counted', () => {
  const n = 150_000;
  const labels = Array.from({ length: n }, (_, i) => `${i}`);
  expect(vote(new Float64Array(n), labels, n, 'nearest', new Random(1)).tied).toBe(true);
});

test('quantiles are not one too far by rounding', () => {
  const scorer = new AnomalyScorer(new LzwOracle(), ['aaa']);
  const texts = Array.from({ length: 100 }, (_, i) => 'ab'.repeat(i + 1));
  scorer.calibrate(texts);
  const scores = texts.map((text) => scorer.score(text).score).sort((a, b) => a - b);
  for (const percent of [7, 14, 28, 29, 55, 57]) expect(scorer.quantile(percent / 100)).toBe(scores[percent - 1]);
});
