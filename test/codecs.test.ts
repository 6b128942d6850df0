/** Codecs and what combines them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitsBack } from '../src/codecs/bits-back.ts';
import type { Codec } from '../src/codecs/codec.ts';
import {
  constant,
  dependent,
  generated,
  lazy,
  mapped,
  optional,
  record,
  repeat,
  tuple,
  union,
} from '../src/codecs/compose.ts';
import { bits, boolean, integers, naturals, uniform, uniformBig } from '../src/codecs/integers.ts';
import { autoregressive, fromFamily, fromModel, substituted, symbolsOf } from '../src/codecs/models.ts';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { bytes, list, text } from '../src/codecs/text.ts';
import { Categorical } from '../src/models/categorical.ts';
import { QuantizedGaussian } from '../src/models/quantized.ts';
import { checkCodec, stateOf } from './support/codecs.ts';

const dice = [
  [1, 2, 3, 4, 5, 6],
  [9, 1, 1, 1, 1, 1],
].map((weights) => new Categorical(weights, { perfect: true }));

describe('the stack', () => {
  it('is a bijection for intervals of any total', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 24 }), fc.nat(), fc.nat(), fc.integer(), (total, a, b, seed) => {
        const left = a % total;
        const p = 1 + (b % (total - left));
        const stack = new BitStack({ initial: randomWords(3, seed) });
        const before = stateOf(stack);
        const exact = stack.exactBits();
        stack.pushInterval(left, p, total);
        expect(Math.abs(stack.exactBits() - exact - Math.log2(total / p))).toBeLessThan(0.006);
        const slot = stack.peek(total);
        expect(slot >= left && slot < left + p).toBe(true);
        stack.take(left, p, total);
        expect(stateOf(stack)).toEqual(before);
        const other = stack.peek(total);
        stack.take(other, 1, total);
        stack.pushInterval(other, 1, total);
        expect(stateOf(stack)).toEqual(before);
      }),
      { seed: 1, numRuns: 20000 },
    );
  });

  it('is scrambled and comes back', () => {
    for (const [size, count] of [
      [0, 0],
      [0, 5],
      [3, 1],
      [50, 20],
      [50, 1000],
    ]) {
      const stack = new BitStack({ initial: new Uint32Array(size) });
      const before = stateOf(stack);
      const bits = stack.numValidBits();
      stack.scramble(count, 3);
      expect(stateOf(stack)).not.toEqual(before);
      expect(stack.numValidBits()).toBe(bits);
      expect(stateOf(stack).slice(0, Math.max(0, size - count))).toEqual(before.slice(0, Math.max(0, size - count)));
      stack.scramble(count, 3);
      expect(stateOf(stack)).toEqual(before);
    }
    // What fails afterwards undoes it too.
    const stack = new BitStack({ initial: randomWords(9, 1) });
    const before = stateOf(stack);
    expect(() =>
      stack.atomic(() => {
        stack.scramble(4, 1);
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(stateOf(stack)).toEqual(before);
  });

  it('agrees with the coder where the total is 2^24', () => {
    const stack = new BitStack({ initial: randomWords(10, 5) });
    const twin = stack.clone();
    const into = { left: 0, probability: 0 };
    for (const symbol of [0, 5, 3, 3, 1]) {
      dice[0].interval(symbol, into);
      stack.pushInterval(into.left, into.probability, 2 ** 24);
      twin.encodeReverse(symbol, dice[0]);
      expect(stateOf(stack)).toEqual(stateOf(twin));
    }
  });

  it('says when it runs out, and stays as it was', () => {
    const stack = new BitStack();
    expect(stack.netBits()).toBe(0);
    expect(() => stack.popUniform(2)).toThrow(expect.objectContaining({ code: 'out-of-data' }));
    expect(() => stack.decode(dice[0], 5)).toThrow(expect.objectContaining({ code: 'out-of-data' }));
    expect(() => stack.decode(dice[0])).toThrow(expect.objectContaining({ code: 'out-of-data' }));
    expect(stateOf(stack)).toEqual([0, 1]);
    stack.pushUniform(1, 2);
    expect(stack.netBits()).toBe(1);
    expect(() => stack.popUniform(1000)).toThrow(expect.objectContaining({ code: 'out-of-data' }));
    expect(stack.popUniform(2)).toBe(1);
    expect(stack.netBits()).toBe(0);
  });

  it('comes back from its words, and refuses those of none', () => {
    const stack = new BitStack({ initial: randomWords(3, 1) });
    stack.pushUniform(77, 1000);
    const copy = BitStack.from(stack.getCompressed());
    expect(copy.popUniform(1000)).toBe(77);
    for (const words of [[], [1], [3, 0]])
      expect(() => BitStack.from(Uint32Array.from(words))).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  it('undoes whatever an action did that fails', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 2 ** 24 })), { maxLength: 60 }),
        (steps) => {
          const stack = new BitStack({ initial: randomWords(20, 3) });
          const before = stateOf(stack);
          expect(() =>
            stack.atomic(() => {
              for (const [push, total] of steps) {
                if (push) stack.pushUniform(total - 1, total);
                else if (stack.numValidBits() > 64) stack.popUniform(total);
                if (total % 7 === 0) stack.decode(dice[0], 3);
              }
              throw new Error('enough');
            }),
          ).toThrow(/enough|too few/);
          expect(stateOf(stack)).toEqual(before);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('codecs of numbers', () => {
  it.each([1, 2, 3, 10, 255, 256, 1000, 2 ** 24 - 1, 2 ** 24, 2 ** 24 + 1, 10 ** 9, 2 ** 40 + 12345, 2 ** 53])(
    'uniform over %d numbers',
    (n) => {
      checkCodec(uniform(n), {
        values: fc.oneof(
          fc.constant(0),
          fc.constant(n - 1),
          fc.maxSafeNat().map((x) => x % n),
        ),
        refuses: [-1, n, 0.5, Number.NaN],
      });
    },
  );

  it('uniform over bigints loses less than 0.001 bits', () => {
    for (const n of [1n, 2n, 1000n, 2n ** 24n + 1n, 2n ** 64n, 2n ** 64n - 1n, 3n ** 100n, 10n ** 300n + 1n]) {
      const codec = uniformBig(n);
      checkCodec(codec, {
        values: fc.bigInt(0n, n - 1n),
        words: 100,
        refuses: [-1n, n, 1],
      });
      let sum = 0;
      const count = 200;
      for (let i = 0; i < count; i++) {
        const stack = new BitStack({ initial: randomWords(200, i) });
        const before = stack.exactBits();
        codec.pop(stack);
        sum += before - stack.exactBits();
      }
      expect(
        sum / count -
          (n.toString(2).length - 53 < 0
            ? Math.log2(Number(n))
            : Math.log2(Number(n >> BigInt(n.toString(2).length - 53))) + n.toString(2).length - 53),
      ).toBeLessThan(0.002);
    }
  });

  it('naturals and integers', () => {
    for (const max of [0, 1, 2, 6, 7, 1000, 2 ** 31, 2 ** 53 - 2])
      checkCodec(naturals({ max }), {
        values: fc.maxSafeNat().map((x) => x % (max + 1)),
        refuses: [-1, max + 1, 0.5],
      });
    for (const max of [0, 1, 100, 2 ** 52 - 2])
      checkCodec(integers({ max }), {
        values: fc.maxSafeInteger().map((x) => (x % (max + 1)) + 0),
        refuses: [-max - 1, max + 1],
      });
    expect(naturals({ max: 1000 }).bits(0)).toBeCloseTo(Math.log2(10));
  });

  it('bits and booleans', () => {
    checkCodec(bits(0), { values: fc.constant(0), refuses: [1] });
    checkCodec(bits(31), { values: fc.nat(), refuses: [2 ** 31] });
    checkCodec(boolean, { values: fc.boolean(), refuses: [0, undefined] });
  });

  it('refuses what makes no codec', () => {
    for (const n of [0, -1, 1.5, 2 ** 53 + 2, Number.NaN])
      expect(() => uniform(n)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    for (const max of [-1, 0.5, 2 ** 53]) {
      expect(() => naturals({ max })).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
      expect(() => integers({ max })).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    }
    expect(() => uniformBig(0n)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(() => uniformBig(5 as unknown as bigint)).toThrow(expect.objectContaining({ code: 'invalid-type' }));
    expect(() => bits(54)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  });
});

describe('codecs of models', () => {
  it('a symbol, an array, an array with parameters', () => {
    checkCodec(fromModel(dice[0]), { values: fc.nat(5), refuses: [6, -1, 0.5] });
    checkCodec(symbolsOf(dice[1], 20), {
      values: fc.array(fc.nat(5), { minLength: 20, maxLength: 20 }).map((list) => Int32Array.from(list)),
      refuses: [new Int32Array(19), Int32Array.from({ length: 20 }, () => 6)],
    });
    const means = Float64Array.of(0, 5, -7);
    const codec = fromFamily(new QuantizedGaussian(-100, 100), means, Float64Array.of(1, 3, 20));
    checkCodec(codec, {
      values: fc
        .array(fc.integer({ min: -30, max: 30 }), { minLength: 3, maxLength: 3 })
        .map((x) => Int32Array.from(x)),
      refuses: [new Int32Array(2), Int32Array.of(0, 0, 101)],
    });
    const given = substituted(new QuantizedGaussian(-100, 100), (side: number) => [
      Float64Array.of(side),
      Float64Array.of(1 + side),
    ]);
    checkCodec(given(3), { values: fc.integer({ min: -9, max: 9 }).map((x) => Int32Array.of(x)) });
  });

  it('arrays whose models depend on what came before', () => {
    const next = (symbols: Int32Array, i: number) => (i > 0 && symbols[i - 1] > 2 ? dice[1] : dice[0]);
    checkCodec(autoregressive({ length: 12, next }), {
      values: fc.array(fc.nat(5), { minLength: 12, maxLength: 12 }).map((list) => Int32Array.from(list)),
      refuses: [new Int32Array(11), [1, 2]],
    });
    const family = new QuantizedGaussian(-100, 100);
    const walk = autoregressive({
      length: 50,
      next: (symbols, i) => family.model(i > 0 ? symbols[i - 1] : 0, 2),
      all: (symbols) => ({
        family,
        parameters: [Float64Array.from(symbols, (_, i) => (i > 0 ? symbols[i - 1] : 0)), new Float64Array(50).fill(2)],
      }),
    });
    checkCodec(walk, {
      values: fc
        .array(fc.integer({ min: -3, max: 3 }), { minLength: 50, maxLength: 50 })
        .map((steps) => Int32Array.from(steps).map((_, i) => steps.slice(0, i + 1).reduce((a, b) => a + b) % 100)),
    });
  });

  it('refuses models of the small preset', () => {
    const small = new Categorical([1, 2], { perfect: true, precision: 12 });
    expect(() => fromModel(small)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(() => fromModel({} as never)).toThrow(expect.objectContaining({ code: 'invalid-type' }));
    expect(() => fromFamily(new QuantizedGaussian(0, 9), new Float64Array(2))).toThrow(
      expect.objectContaining({ code: 'invalid-type' }),
    );
  });
});

describe('what combines codecs', () => {
  it('tuples, records, repetitions', () => {
    checkCodec(tuple(uniform(6), boolean, uniform(52)), {
      values: fc.tuple(fc.nat(5), fc.boolean(), fc.nat(51)),
      refuses: [[1, true], [6, true, 0], 'no', undefined, [0, 1, 2]],
    });
    checkCodec(record({ face: uniform(6), cards: repeat(uniform(52), 3) }), {
      values: fc.record({ face: fc.nat(5), cards: fc.array(fc.nat(51), { minLength: 3, maxLength: 3 }) }),
      refuses: [{ face: 1 }, null, { face: 1, cards: [1, 2] }],
    });
    checkCodec(tuple(), { values: fc.constant([]) });
    checkCodec(repeat(uniform(3), 0), { values: fc.constant<number[]>([]) });
  });

  it('says where a value is wrong', () => {
    const codec = record({ rolls: repeat(tuple(uniform(6), uniform(6)), 2) });
    const stack = new BitStack();
    expect(() =>
      codec.push(stack, {
        rolls: [
          [1, 2],
          [3, 6],
        ],
      }),
    ).toThrow("property 'rolls': value 1: value 1: a whole number from 0 to 5 is wanted, not 6");
    expect(stateOf(stack)).toEqual([0, 1]);
  });

  it('values that depend on earlier ones', () => {
    const rolls = dependent(uniform(9), (n) => repeat(uniform(6), n));
    checkCodec(rolls, {
      values: fc.array(fc.nat(5), { maxLength: 8 }).map((list): [number, number[]] => [list.length, list]),
      refuses: [[2, [1]], [9, []], 3],
    });
    const shuffle = generated(function* () {
      const n: number = yield naturals({ max: 20 });
      for (let i = n; i > 1; i--) yield uniform(i);
    });
    checkCodec(shuffle, {
      values: fc.nat(20).map((n) => [n, ...Array.from({ length: Math.max(n - 1, 0) }, (_, i) => (i * 7) % (n - i))]),
      refuses: [[3, 1], [], 'x', [3, 1, 1, 1]],
    });
  });

  it('bijections, constants, options and unions', () => {
    checkCodec(
      mapped(
        uniform(7),
        (x: number) => x + 3,
        (x) => x - 3,
      ),
      { values: fc.integer({ min: -3, max: 3 }), refuses: [4, -4] },
    );
    checkCodec(constant('here'), { values: fc.constant('here'), refuses: ['there'] });
    checkCodec(optional(uniform(6), 0.9), { values: fc.option(fc.nat(5), { nil: undefined }), refuses: [6] });
    const shape = union({ circle: uniform(10), box: tuple(uniform(10), uniform(10)) }, { circle: 3, box: 1 });
    checkCodec(shape, {
      values: fc.oneof(
        fc.record({ tag: fc.constant('circle' as const), value: fc.nat(9) }),
        fc.record({ tag: fc.constant('box' as const), value: fc.tuple(fc.nat(9), fc.nat(9)) }),
      ),
      refuses: [{ tag: 'line', value: 1 }, undefined, { tag: 'circle', value: 10 }, { tag: 'toString', value: 1 }],
    });
    checkCodec(union({ only: uniform(3) }), {
      values: fc.record({ tag: fc.constant('only' as const), value: fc.nat(2) }),
    });
    for (const p of [0, 1, Number.NaN])
      expect(() => optional(uniform(2), p)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(() => union({})).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  });

  it('lists, bytes and text', () => {
    checkCodec(list(uniform(5), { maxLength: 30 }), {
      values: fc.array(fc.nat(4), { maxLength: 30 }),
      refuses: [new Array(31).fill(0), 'x'],
    });
    checkCodec(bytes({ maxLength: 100 }), {
      values: fc.uint8Array({ maxLength: 100 }),
      refuses: [new Uint8Array(101), [1, 2]],
    });
    checkCodec(bytes({ maxLength: 10, byte: fromModel(new Categorical(new Array(256).fill(1), { perfect: true })) }), {
      values: fc.uint8Array({ maxLength: 10 }),
    });
    checkCodec(text({ maxLength: 400 }), {
      values: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constant('\ufeffBOM')),
      complete: false,
      refuses: ['\ud800', 7],
    });
  });

  it('does not allocate what the stack does not hold', () => {
    const stack = new BitStack();
    naturals({ max: 2 ** 40 }).push(stack, 2 ** 40 - 7);
    expect(() => bytes({ maxLength: 2 ** 40 }).pop(stack)).toThrow(expect.objectContaining({ code: 'out-of-data' }));
  });

  it('holds for codecs of codecs, four deep', () => {
    type Any = Codec<unknown>;
    const { made } = fc.letrec<{ made: { codec: Any; values: fc.Arbitrary<unknown> } }>((tie) => ({
      made: fc.oneof(
        { depthSize: 'max', maxDepth: 4, withCrossShrink: true },
        fc.integer({ min: 1, max: 2 ** 30 }).map((n) => ({ codec: uniform(n) as Any, values: fc.nat(n - 1) })),
        fc.constant({ codec: fromModel(dice[0]) as Any, values: fc.nat(5) }),
        fc.constant({ codec: text({ maxLength: 30 }) as Any, values: fc.string({ maxLength: 7 }) }),
        fc.tuple(tie('made'), tie('made')).map(([a, b]) => ({
          codec: tuple(a.codec, b.codec) as Any,
          values: fc.tuple(a.values, b.values),
        })),
        tie('made').map((a) => ({
          codec: list(a.codec, { maxLength: 5 }) as Any,
          values: fc.array(a.values, { maxLength: 5 }),
        })),
        tie('made').map((a) => ({
          codec: optional(a.codec) as Any,
          values: fc.option(a.values, { nil: undefined }),
        })),
        fc.tuple(tie('made'), tie('made')).map(([a, b]) => ({
          codec: union({ a: a.codec, b: b.codec }) as Any,
          values: fc.oneof(
            fc.record({ tag: fc.constant('a'), value: a.values }),
            fc.record({ tag: fc.constant('b'), value: b.values }),
          ),
        })),
        tie('made').map((a) => ({
          codec: bitsBack({
            prior: uniform(2),
            likelihood: () => a.codec,
            posterior: () => uniform(2),
            example: () => 0,
          }) as Any,
          values: a.values,
        })),
      ),
    }));
    const samples = fc.sample(made, { seed: 3, numRuns: 60 });
    for (const { codec, values } of samples) checkCodec(codec, { values, runs: 8, complete: false, words: 200 });
  });

  it('types that contain themselves', () => {
    type Tree = readonly Tree[];
    const tree: Codec<Tree> = lazy(() => list(tree, { maxLength: 3 }) as unknown as Codec<Tree>);
    const value: Tree = [[], [[], []], [[[]]]];
    const stack = new BitStack();
    tree.push(stack, value);
    expect(tree.pop(stack)).toEqual(value);
  });
});

describe('bits-back', () => {
  const weights = [0.3, 0.7];
  const into = { left: 0, probability: 0 };
  const share = (z: number, x: number): number => {
    dice[z].interval(x, into);
    return (weights[z] * into.probability) / 2 ** 24;
  };
  const marginal = (x: number): number => share(0, x) + share(1, x);
  const prior = fromModel(new Categorical(weights, { perfect: true }));
  const posteriors = Array.from({ length: 6 }, (_, x) =>
    fromModel(new Categorical([share(0, x), share(1, x)], { perfect: true })),
  );
  const mixture = bitsBack({
    prior,
    likelihood: (z: number) => fromModel(dice[z]),
    posterior: (x: number) => posteriors[x],
    example: () => 0,
  });

  it('is a codec', () => {
    checkCodec(mixture, { values: fc.nat(5), refuses: [] });
  });

  it('costs what the marginal says', () => {
    for (let x = 0; x < 6; x++) expect(mixture.bits(x)).toBeCloseTo(-Math.log2(marginal(x)), 5);
    const stack = new BitStack({ initial: randomWords(2, 9) });
    const start = stack.exactBits();
    let ideal = 0;
    const message = Array.from({ length: 10000 }, (_, i) => (i * i * 7 + (i >> 3)) % 6);
    for (const x of message) {
      ideal -= Math.log2(marginal(x));
      mixture.push(stack, x);
    }
    expect(Math.abs(stack.exactBits() - start - ideal)).toBeLessThan(ideal * 1e-5 + 0.1);
    for (const x of message.reverse()) expect(mixture.pop(stack)).toBe(x);
    expect(stack.netBits()).toBe(0);
  });

  it('gives its latent back when it fails half-way', () => {
    const broken = bitsBack({
      prior,
      likelihood: () => {
        throw new Error('the network is gone');
      },
      posterior: (x: number) => posteriors[x],
    });
    const stack = new BitStack({ initial: randomWords(4, 2) });
    const before = stateOf(stack);
    expect(() => broken.push(stack, 3)).toThrow('the network is gone');
    expect(stateOf(stack)).toEqual(before);
    expect(() => mixture.push(stack, 6)).toThrow();
    expect(stateOf(stack)).toEqual(before);
  });
});
