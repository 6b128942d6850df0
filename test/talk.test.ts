/** The talk's first steps, with its own numbers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import page from '../docs/talk.md?raw';
import {
  aliasCoder,
  aliasTables,
  type Coder,
  cdfCoder,
  decodeList,
  encodeList,
  sizeOf,
  talk,
  uniform,
} from '../examples/talk.ts';
import { mixture } from '../src/codecs/mixture.ts';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { Categorical } from '../src/models/categorical.ts';
import { QuantizedGaussian } from '../src/models/quantized.ts';
import { checkCodec } from './support/codecs.ts';

describe('the talk', () => {
  it('codes a list as digits', () => {
    expect(encodeList(1n, uniform(10), [3, 1, 4])).toBe(1413n);
    expect(decodeList(1413n, uniform(10), 3)).toEqual([1n, [3, 1, 4]]);
  });

  it('has the tables of the slides', () => {
    expect(aliasTables([17, 28, 36, 19])).toEqual({ height: 25, alias: [2, 2, 2, 1], switches: [8, 3, 0, 6] });
    expect(() => aliasTables([1, 2])).toThrow(RangeError);
  });

  it.each<[string, Coder<number>, number[]]>([
    ['cdf', cdfCoder([3, 5, 8, 4]), [3, 5, 8, 4]],
    ['alias', aliasCoder(aliasTables([3, 5, 8, 4])), [3, 5, 8, 4]],
    ['alias of the slides', aliasCoder(aliasTables([17, 28, 36, 19])), [17, 28, 36, 19]],
  ])('%s: inverse both ways, net bits those of the masses', (_, coder, masses) => {
    const total = BigInt(masses.reduce((a, b) => a + b));
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 200n), fc.nat(3), (s, x) => {
        const coded = coder.encode(s, x);
        expect(coder.decode(coded)).toEqual([s, x]);
        const [rest, y] = coder.decode(s);
        expect(coder.encode(rest, y)).toBe(s);
        // s becomes s total / mass, but for a remainder below the total.
        const exact = (s / BigInt(masses[x])) * total;
        expect(coded >= exact && coded < exact + total).toBe(true);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('gives alias and cdf the same net bits', () => {
    const message = Array.from({ length: 400 }, (_, i) => (i * i * 7 + (i >> 2)) % 4);
    const start = 2n ** 64n;
    const [a, b] = [cdfCoder([3, 5, 8, 4]), aliasCoder(aliasTables([3, 5, 8, 4]))].map((coder) =>
      sizeOf(encodeList(start, coder, message)),
    );
    expect(Math.abs(a - b)).toBeLessThanOrEqual(1);
  });

  it('prints what it did', () => {
    const lines: string[] = [];
    talk((line) => lines.push(line));
    expect(lines[0]).toBe('the list 3,1,4,1,5,9,2,6 in base 10 on top of 1: 162951413, 28 bits');
    expect(lines.filter((line) => line.includes('the stack as before: true'))).toHaveLength(2);
    expect(page).toContain(`\n${lines.join('\n')}\n`);
    expect(lines.at(-1)).toBe('alias c c - b, switch 8 3 0 6 of 25');
  });
});

describe('a mixture with its component as the latent variable', () => {
  const weights = [0.3, 0.7];
  const models = [new QuantizedGaussian(-99, 99, -20, 5), new QuantizedGaussian(-99, 99, 30, 9)];
  const gaussians = mixture(weights, models);

  it('is a codec', () => {
    checkCodec(gaussians, { values: fc.integer({ min: -60, max: 90 }), slack: 0.5, refuses: [100, 0.5] });
    checkCodec(mixture([1], [models[0]]), { values: fc.integer({ min: -30, max: 0 }) });
    checkCodec(mixture([1, 0, 2], [models[0], models[1], models[0]]), {
      values: fc.integer({ min: -30, max: 50 }),
      slack: 0.5,
    });
  });

  it('costs what the mixture itself costs', () => {
    const into = { left: 0, probability: 0 };
    const density = Array.from({ length: 199 }, (_, i) =>
      weights.reduce((sum, weight, k) => {
        models[k].interval(i - 99, into);
        return sum + weight * into.probability;
      }, 0),
    );
    const direct = new Categorical(density, { perfect: true });
    const symbols = Int32Array.from({ length: 5000 }, (_, i) => Math.round(30 + 40 * Math.sin(i)) - 10);
    const stack = new BitStack({ initial: randomWords(2, 1) });
    const plain = new BitStack({ initial: randomWords(2, 1) });
    const before = stack.exactBits();
    let known = 0;
    for (const x of symbols) {
      gaussians.push(stack, x);
      known += gaussians.bits(x)!;
    }
    plain.encodeReverse(
      Int32Array.from(symbols, (x) => x + 99),
      direct,
    );
    const [hidden, open] = [stack, plain].map((each) => each.exactBits() - before);
    expect(Math.abs(hidden - open)).toBeLessThan(open * 1e-4 + 1);
    expect(Math.abs(hidden - known)).toBeLessThan(known * 1e-4 + 1);
  });

  it('refuses weights without models', () => {
    expect(() => mixture([1], models)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(() => mixture([], [])).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  });
});
