import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnsCoder } from '../src/coders/ans.ts';
import { decodeCorrections, encodeCorrections } from '../src/coders/corrections.ts';
import { RangeDecoder, RangeEncoder } from '../src/coders/range.ts';
import { exp, log } from '../src/kernels/math.ts';
import type { Interval } from '../src/models/model.ts';
import { type Corrections, fingerprint, MeanGrid, ScaleTable } from '../src/models/parameters.ts';
import { QuantizedGaussian } from '../src/models/quantized.ts';
import { Uniform } from '../src/models/uniform.ts';
import { randomOf } from './support/random.ts';

const seed = 20261122;
const misuse = (call: () => unknown, says: RegExp) => {
  expect(call).toThrow(says);
  expect(call).toThrow(expect.objectContaining({ code: expect.stringMatching(/^invalid-/) }));
};

/** The double `ulps` places further up. */
function nudge(x: number, ulps: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(ulps));
  return view.getFloat64(0);
}

const layouts = [
  {},
  { min: 0.5, max: 2, levels: 2 },
  { min: 1e-3, max: 1e3, levels: 300 },
  { min: 1e-10, max: 1e10, levels: 5000 },
  [0.25, 1, 3.7, 1e30],
];

describe('ScaleTable', () => {
  it('has the customary levels, the same as NumPy computes them', () => {
    const { levels, boundaries } = new ScaleTable();
    // np.exp(np.linspace(np.log(0.11), np.log(256), 64)).astype(np.float32)
    expect([...levels.subarray(0, 4)]).toEqual([
      0.10999999940395355, 0.12440410256385803, 0.14069436490535736, 0.15911778807640076,
    ]);
    expect([...levels.subarray(30, 33)]).toEqual([4.4121809005737305, 4.9899396896362305, 5.643354415893555]);
    expect([...levels.subarray(61)]).toEqual([200.150146484375, 226.35910034179688, 256]);
    expect(levels.length).toBe(64);
    expect(boundaries.length).toBe(63);
    expect([...levels]).toEqual([...levels].map(Math.fround));
  });

  it.each(layouts.map((layout) => [layout]))('takes a scale to the nearest level in ratio: %o', (layout) => {
    const table = new ScaleTable(layout);
    const { levels, boundaries } = table;
    expect([...table.quantize(levels)]).toEqual([...levels.keys()]);
    expect(table.scales(table.quantize(levels))).toEqual(levels);
    // At each boundary and a unit in the last place to both sides of it.
    expect([...table.quantize(boundaries)]).toEqual([...boundaries.keys()].map((i) => i + 1));
    expect([...table.quantize(boundaries.map((b) => nudge(b, -1)))]).toEqual([...boundaries.keys()]);
    expect(table.boundaryDistance(boundaries)).toEqual(new Float64Array(boundaries.length));
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-12, max: 1e12, noNaN: true })), (list) => {
        const scales = Float64Array.from(list);
        const indices = table.quantize(scales);
        expect(indices).toBeInstanceOf(levels.length > 256 ? Uint16Array : Uint8Array);
        const slow = list.map((x) => boundaries.filter((b) => b <= x).length);
        expect([...indices]).toEqual(slow);
        const distances = list.map((x) => Math.min(...boundaries.map((b) => Math.abs(x - b))));
        expect([...table.boundaryDistance(scales)]).toEqual(distances);
      }),
      { seed, numRuns: 50 },
    );
  });

  it('widens float32 exactly', () => {
    const scales = Float32Array.from({ length: 500 }, (_, i) => 0.1 + i * i * 0.002);
    const table = new ScaleTable();
    expect(table.quantize(scales)).toEqual(table.quantize(Float64Array.from(scales)));
  });

  it('names what is wrong, or clamps it', () => {
    const table = new ScaleTable();
    const bad = [0, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const x of [...bad, Number.NaN])
      for (const call of [
        () => table.quantize(Float64Array.of(1, 2, x)),
        () => table.corrections(Float64Array.of(1, 2, x), {}),
      ])
        misuse(call, new RegExp(`finite number above 0, not ${x}, which is at 2`));
    expect([...table.quantize(Float64Array.from(bad), { clamp: true })]).toEqual([0, 0, 63, 0]);
    expect(table.corrections(Float64Array.from(bad), { relative: 1e-3 }, { clamp: true }).positions.length).toBe(0);
    misuse(() => table.quantize(Float64Array.of(Number.NaN), { clamp: true }), /not NaN, which is at 0/);
    misuse(() => table.quantize([1] as unknown as Float64Array), /Float64Array or a Float32Array/);
    misuse(() => table.scales(Uint8Array.of(3, 64)), /0 to 63, not 64, at 1/);
    misuse(() => table.scales([0.5]), /not 0.5, at 0/);
    misuse(() => new ScaleTable([1]), /from 2 to 65536/);
    misuse(() => new ScaleTable([1, 1 + 1e-12]), /apart in float32/);
    misuse(() => new ScaleTable([1, Number.NaN]), /NaN, at 1/);
    misuse(() => new ScaleTable([0, 1]), /0, at 0/);
    expect([...new ScaleTable([1e-45, 3e-45]).quantize(Float64Array.of(1.9e-45, 2.1e-45))]).toEqual([0, 1]);
    misuse(() => new ScaleTable({ min: 2, max: 1 }), /ascending/);
    misuse(() => new ScaleTable({ levels: 1 }), /from 2 to 65536/);
    misuse(() => table.corrections(Float64Array.of(1), { relative: -1 }), /relative tolerance/);
    misuse(() => table.corrections(Float64Array.of(1), { absolute: Number.NaN }), /absolute tolerance/);
    misuse(() => table.corrections(table.boundaries, { relative: 0.05 }), /too wide/);
  });
});

describe('MeanGrid', () => {
  it('takes a mean to the nearest multiple, the higher of two', () => {
    for (const bits of [0, 1, 4, 20]) {
      const grid = new MeanGrid({ bits });
      const step = 2 ** -bits;
      fc.assert(
        fc.property(fc.integer({ min: -2000, max: 2000 }), fc.integer({ min: -2, max: 2 }), (k, ulps) => {
          const half = (k + 0.5) * step;
          const x = nudge(half, half < 0 ? -ulps : ulps);
          expect([...grid.quantize(Float64Array.of(x, k * step))]).toEqual([x >= half ? k + 1 : k, k]);
          expect(grid.boundaryDistance(Float64Array.of(half, k * step))).toEqual(Float64Array.of(0, step / 2));
          expect([...grid.means([k])]).toEqual([k * step]);
        }),
        { seed, numRuns: 100 },
      );
    }
    // floor(x + 0.5) would be 1.
    expect([...new MeanGrid({ bits: 0 }).quantize(Float64Array.of(nudge(0.5, -1)))]).toEqual([0]);
    expect(Object.is(new MeanGrid().means(new MeanGrid().quantize(Float64Array.of(-0.01)))[0], 0)).toBe(true);
  });

  it('names what is wrong, or clamps it', () => {
    const grid = new MeanGrid();
    const [least, most] = [-(2 ** 27), 2 ** 27 - 1 / 16];
    expect([...grid.quantize(Float64Array.of(least, most))]).toEqual([-(2 ** 31), 2 ** 31 - 1]);
    const bad = [2 ** 27, -(2 ** 27) - 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const x of [...bad, Number.NaN]) {
      misuse(() => grid.quantize(Float64Array.of(0, x)), /which is at 1/);
      misuse(() => grid.corrections(Float64Array.of(0, x), {}), /which is at 1/);
    }
    expect([...grid.quantize(Float64Array.from(bad), { clamp: true })]).toEqual([
      2 ** 31 - 1,
      -(2 ** 31),
      2 ** 31 - 1,
      -(2 ** 31),
    ]);
    expect(grid.corrections(Float64Array.from(bad), { relative: 1e-3 }, { clamp: true }).positions.length).toBe(0);
    misuse(() => grid.quantize(Float64Array.of(Number.NaN), { clamp: true }), /NaN/);
    misuse(() => new MeanGrid({ bits: 21 }), /0 to 20/);
    misuse(() => new MeanGrid({ bits: 0.5 }), /0 to 20/);
    misuse(() => grid.corrections(Float64Array.of(1 / 32), { absolute: 1 / 64 }), /too wide/);
  });
});

describe('corrections', () => {
  it('bring every receiver within the tolerance to the indices of the sender', () => {
    const grid = new MeanGrid();
    const table = new ScaleTable();
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(1e-9, 1e-6, 1e-3), fc.boolean(), (start, relative, extreme) => {
        const random = randomOf(start);
        const unit = () => random(2 ** 32) / 2 ** 32;
        // Values on and beside boundaries among others.
        const scales = Float64Array.from({ length: 200 }, (_, i) =>
          i % 2 ? exp(unit() * 8 - 2.5) : table.boundaries[random(63)] * (1 + (unit() - 0.5) * 3 * relative),
        );
        const means = Float64Array.from({ length: 200 }, (_, i) =>
          i % 2 ? unit() * 10 - 5 : (random(200) - 100.5) / 16 + (unit() - 0.5) * 3 * relative,
        );
        const tolerance = { relative: relative * 1.0001, absolute: relative / 100 };
        const off = () => 1 + relative * (extreme ? random(2) * 2 - 1 : unit() * 2 - 1);
        const theirScales = scales.map((x) => x * off());
        const theirMeans = means.map((x) => x * off());
        const forScales = table.corrections(scales, tolerance);
        expect(table.quantize(theirScales, { corrections: forScales })).toEqual(table.quantize(scales));
        expect(table.quantize(scales, { corrections: forScales })).toEqual(table.quantize(scales));
        const forMeans = grid.corrections(means, tolerance);
        expect(grid.quantize(theirMeans, { corrections: forMeans })).toEqual(grid.quantize(means));
        expect(grid.quantize(means, { corrections: forMeans })).toEqual(grid.quantize(means));
      }),
      { seed, numRuns: 300 },
    );
  });

  const some = fc
    .tuple(fc.integer({ min: 1, max: 200_000 }), fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 300 }))
    .map(([length, list]) => {
      const at = new Map(list.map(([i, side]) => [i % length, side]));
      const positions = Uint32Array.from(at.keys()).sort();
      const corrections: Corrections = { positions, upper: Uint8Array.from(positions, (i) => Number(at.get(i))) };
      return { length, corrections };
    });

  it.each(['default', 'small'] as const)('travel on a stack and in a queue, preset %s', (preset) => {
    fc.assert(
      fc.property(some, ({ length, corrections }) => {
        const stack = new AnsCoder<'default' | 'small'>(undefined, { preset });
        encodeCorrections(stack, corrections, length);
        expect(decodeCorrections(stack, length)).toEqual(corrections);
        expect(stack.isEmpty()).toBe(true);
        const queue = new RangeEncoder<'default' | 'small'>({ preset });
        encodeCorrections(queue, corrections, length);
        encodeCorrections(queue, corrections, length);
        const decoder = new RangeDecoder<'default' | 'small'>(queue.getCompressed(), { preset });
        expect(decodeCorrections(decoder, length)).toEqual(corrections);
        expect(decodeCorrections(decoder, length)).toEqual(corrections);
      }),
      { seed, numRuns: 100 },
    );
  });

  it('cost little more than what they say', () => {
    const random = randomOf(7);
    const costs = [0, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.5].map((share) => {
      const length = 1_000_000;
      const list = Uint32Array.from(
        new Set(Array.from({ length: share * length }, () => random(length))).values(),
      ).sort();
      const coder = new AnsCoder(Uint32Array.of(1, 2, 3));
      const before = coder.numValidBits();
      const corrections = { positions: list, upper: Uint8Array.from(list, () => random(2)) };
      encodeCorrections(coder, corrections, length);
      const s = list.length / length;
      const entropy = s === 0 ? 0 : -(s * log(s) + (1 - s) * log(1 - s)) / log(2);
      return { bits: coder.numValidBits() - before, least: length * (entropy + s) };
    });
    for (const { bits, least } of costs) {
      expect(bits).toBeGreaterThanOrEqual(0.95 * least);
      expect(bits).toBeLessThan(1.04 * least + 30);
    }
    expect(costs[0].bits).toBeLessThan(2);
  });

  it('that do not fit are refused, and coders stay as they were', () => {
    const table = new ScaleTable();
    const fine = { positions: Uint32Array.of(1, 3), upper: Uint8Array.of(0, 1) };
    const scales = Float64Array.of(1, 2, 3, 4);
    for (const corrections of [
      { ...fine, positions: Uint32Array.of(3, 1) },
      { ...fine, positions: Uint32Array.of(1, 1) },
      { ...fine, positions: Uint32Array.of(1, 4) },
      { ...fine, upper: Uint8Array.of(0, 2) },
      { ...fine, upper: Uint8Array.of(0) },
      { ...fine, upper: [0, 1] as unknown as Uint8Array },
    ]) {
      misuse(() => table.quantize(scales, { corrections }), /correction/);
      misuse(() => new MeanGrid().quantize(scales, { corrections }), /correction/);
      const coder = new AnsCoder();
      misuse(() => encodeCorrections(coder, corrections, 4), /correction/);
      expect(coder.isEmpty()).toBe(true);
    }
    misuse(() => encodeCorrections(new AnsCoder(), fine, -1), /whole number/);
    misuse(() => encodeCorrections({} as AnsCoder, fine, 4), /AnsCoder or a RangeEncoder/);
    misuse(() => decodeCorrections(new RangeEncoder() as unknown as AnsCoder, 4), /AnsCoder or a RangeDecoder/);
    const bit = new Uniform(2);
    const two = [0, 1, 1];
    for (const [bits, length, says] of [
      [two, 0, /2 corrections among 0 values/],
      [two, 1, /2 corrections among 1 values/],
      [[...two, 0, 0, 0, 1, 1], 4, /correction 1 lies beyond the 4 values/],
      [[...two, 1, 0, 0, 0, 0, 1], 4, /correction 1 lies beyond the 4 values/],
      [new Array(40).fill(0), 4, /33 bits/],
    ] as [number[], number, RegExp][]) {
      const encoder = new RangeEncoder();
      encoder.encode(Uint8Array.from(bits), bit);
      const decoder = encoder.getDecoder();
      expect(() => decodeCorrections(decoder, length)).toThrow(
        expect.objectContaining({ code: 'corrupt', message: expect.stringMatching(says) }),
      );
      expect([...decoder.decode(bit, bits.length)]).toEqual(bits);
    }
    const stack = new AnsCoder(Uint32Array.of(1, 2, 3));
    const before = stack.getCompressed();
    encodeCorrections(stack, fine, 4);
    expect(() => decodeCorrections(stack, 1)).toThrow(expect.objectContaining({ code: 'corrupt' }));
    expect(decodeCorrections(stack, 4)).toEqual(fine);
    expect(stack.getCompressed()).toEqual(before);
  });
});

describe('two runtimes whose floats differ', () => {
  /** What a network gives in one runtime: n means, n scales in float32. */
  function network(n: number, start: number): { means: Float32Array; scales: Float32Array } {
    const random = randomOf(start);
    const unit = () => random(2 ** 32) / 2 ** 32;
    return {
      means: Float32Array.from({ length: n }, () => unit() * 60 - 30),
      scales: Float32Array.from({ length: n }, () => exp(unit() * 5 - 2)),
    };
  }

  /** The same network in another: each number off by up to one part in a million. */
  function elsewhere(values: Float32Array, start: number, by: (x: number, unit: number) => number): Float32Array {
    const random = randomOf(start);
    return values.map((x) => by(x, random(2 ** 32) / 2 ** 31 - 1));
  }

  const family = new QuantizedGaussian(-200, 200);
  const n = 20_000;
  const ours = network(n, 1);
  /** Exact samples: what random words decode to. */
  const random = randomOf(3);
  const words = Uint32Array.from({ length: n }, () => random(2 ** 32));
  const symbols = new AnsCoder(words, { seal: true }).decode(
    family,
    Float64Array.from(ours.means),
    Float64Array.from(ours.scales),
  );
  const noises: [string, (x: number, unit: number) => number][] = [
    ['float32 numbers off by up to one part in a million', (x, unit) => x * (1 + unit * 1e-6)],
    ['one unit in the last place of a float32', (x, unit) => Math.fround(x * (1 + (unit > 0 ? 1 : -1) * 2 ** -24))],
  ];

  it.each(noises)('decode garbage without quantisation: %s', (_, by) => {
    const encoder = new RangeEncoder();
    encoder.encode(symbols, family, ours.means, ours.scales);
    let same = 0;
    try {
      const decoded = new RangeDecoder(encoder.getCompressed()).decode(
        family,
        elsewhere(ours.means, 5, by),
        elsewhere(ours.scales, 6, by),
      );
      while (same < n && decoded[same] === symbols[same]) same++;
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/corrupt|out-of-data/) });
    }
    expect(same).toBeLessThan(1000);
  });

  it.each(noises)('agree with quantisation and corrections: %s', (_, by) => {
    const table = new ScaleTable();
    const grid = new MeanGrid();
    const tolerance = { relative: 2e-6 };

    const scaleIndices = table.quantize(ours.scales);
    const meanIndices = grid.quantize(ours.means);
    const forScales = table.corrections(ours.scales, tolerance);
    const forMeans = grid.corrections(ours.means, tolerance);
    const encoder = new RangeEncoder();
    encodeCorrections(encoder, forMeans, n);
    encodeCorrections(encoder, forScales, n);
    const side = encoder.numBits();
    encoder.encode(symbols, family, grid.means(meanIndices), table.scales(scaleIndices));

    const theirs = { means: elsewhere(ours.means, 5, by), scales: elsewhere(ours.scales, 6, by) };
    const decoder = new RangeDecoder(encoder.getCompressed());
    const theirMeans = grid.quantize(theirs.means, { corrections: decodeCorrections(decoder, n) });
    const theirScales = table.quantize(theirs.scales, { corrections: decodeCorrections(decoder, n) });
    expect(fingerprint(theirMeans)).toBe(fingerprint(meanIndices));
    expect(fingerprint(theirScales)).toBe(fingerprint(scaleIndices));
    expect(decoder.decode(family, grid.means(theirMeans), table.scales(theirScales))).toEqual(symbols);

    // What it costs: corrections, and coarser parameters.
    const exact = new RangeEncoder();
    exact.encode(symbols, family, ours.means, ours.scales);
    expect(side / n).toBeLessThan(0.02);
    expect(encoder.numBits() / exact.numBits()).toBeLessThan(1.005);
    // Without corrections some index would differ, and one is enough.
    const silent = grid.quantize(theirs.means).filter((index, i) => index !== meanIndices[i]).length;
    expect(forMeans.positions.length).toBeGreaterThanOrEqual(silent);
  });

  /** Bits a symbol of the distribution (mean, scale) under its own code and under another's. */
  function crossEntropy([m, s]: [number, number], [m2, s2]: [number, number]): [own: number, other: number] {
    const wide = new QuantizedGaussian(-2000, 2000);
    const [p, q]: Interval[] = [
      { left: 0, probability: 0 },
      { left: 0, probability: 0 },
    ];
    let [own, other] = [0, 0];
    const [a, b] = [wide.model(m, s), wide.model(m2, s2)];
    const reach = Math.ceil(8 * s + 2);
    for (let x = Math.floor(m) - reach; x <= m + reach; x++) {
      a.interval(x, p);
      b.interval(x, q);
      const share = p.probability / 2 ** 24;
      own -= (share * log(share)) / log(2);
      other -= (share * log(q.probability / 2 ** 24)) / log(2);
    }
    return [own, other];
  }

  it.each([
    [64, 0.001],
    [32, 0.004],
    [128, 0.0005],
  ])('lose little rate to a table of %i scales', (levels, most) => {
    const table = new ScaleTable({ levels });
    const draw = randomOf(11);
    const unit = () => draw(2 ** 32) / 2 ** 32;
    let [own, other] = [0, 0];
    for (let i = 0; i < 300; i++) {
      const mean = unit() * 10;
      const scale = exp(log(0.11) + unit() * (log(64) - log(0.11)));
      const [level] = table.scales(table.quantize(Float64Array.of(scale)));
      const [a, b] = crossEntropy([mean, scale], [mean, level]);
      own += a;
      other += b;
    }
    expect(other / own - 1).toBeGreaterThan(0);
    expect(other / own - 1).toBeLessThan(most);
  });

  it.each([
    [0.25, 4, 0.002],
    [1, 4, 0.0002],
    [1, 2, 0.004],
    [4, 2, 0.0003],
  ])('lose little rate to a grid of means: scale %f, %i bits', (scale, bits, most) => {
    const grid = new MeanGrid({ bits });
    const draw = randomOf(12);
    let [own, other] = [0, 0];
    for (let i = 0; i < 200; i++) {
      const mean = draw(2 ** 20) / 2 ** 18;
      const [place] = grid.means(grid.quantize(Float64Array.of(mean)));
      const [a, b] = crossEntropy([mean, scale], [place, scale]);
      own += a;
      other += b;
    }
    expect((other - own) / 200).toBeLessThan(most * 5);
    expect((other - own) / 200).toBeGreaterThanOrEqual(0);
  });
});
