import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CanonicalHuffman, limitedLengths } from '../src/coders/canonical-huffman.ts';
import { ExpGolomb } from '../src/coders/exp-golomb.ts';
import { GolombRice, unzigzag, zigzag } from '../src/coders/golomb-rice.ts';
import { DecoderHuffmanTree, EncoderHuffmanTree } from '../src/coders/huffman.ts';
import {
  codewordOf,
  type DecoderCodebook,
  type EncoderCodebook,
  QueueDecoder,
  QueueEncoder,
  StackCoder,
} from '../src/coders/symbol-coders.ts';
import { randomOf } from './support/random.ts';
import vectors from './vectors/constriction_symbol.json' with { type: 'json' };

const seed = 20260;
const { documented } = vectors;

function codewords(codebook: EncoderCodebook, count: number): string[] {
  return Array.from({ length: count }, (_, symbol) => codewordOf(codebook, symbol));
}

function queueOf(symbols: ArrayLike<number>, codebook: EncoderCodebook): QueueEncoder {
  const encoder = new QueueEncoder();
  encoder.encodeSymbols(symbols, codebook);
  return encoder;
}

/** Encodes one by one, so that the last symbol is on top. */
function stackOf(symbols: readonly number[], codebook: EncoderCodebook): StackCoder {
  const coder = new StackCoder();
  for (const symbol of symbols) coder.encodeSymbol(symbol, codebook);
  return coder;
}

/** The words and bits of a stack whose first symbol is on top. */
function reverseStack(symbols: readonly number[], codebook: EncoderCodebook): StackCoder {
  const coder = new StackCoder();
  coder.encodeReverse(symbols, codebook);
  return coder;
}

/** Both coders give back what they were given, and use the bits that they say. */
function roundTrip(symbols: readonly number[], encoder: EncoderCodebook, decoder: DecoderCodebook): void {
  const queue = queueOf(symbols, encoder);
  const reader = new QueueDecoder(queue.getCompressed());
  expect(Array.from(reader.decodeSymbols(decoder, symbols.length))).toEqual(symbols);
  expect(reader.pos()).toBe(queue.numBits());
  expect(reader.maybeExhausted()).toBe(true);
  const stack = reverseStack(symbols, encoder);
  expect(stack.numBits()).toBe(queue.numBits());
  const reloaded = new StackCoder(stack.getCompressed());
  expect(Array.from(reloaded.decodeSymbols(decoder, symbols.length))).toEqual(symbols);
  expect(reloaded.isEmpty()).toBe(true);
}

function codeOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'no error';
}

describe('the words of constriction', () => {
  it('has the documented trees', () => {
    for (const one of documented['huffman-trees'].cases) {
      const weights = one.weights ?? Float32Array.from(one.weights_f32!);
      const encoder = new EncoderHuffmanTree(weights);
      expect(Array.from(encoder.nodes())).toEqual(one.encoder_nodes);
      expect(codewords(encoder, weights.length)).toEqual(one.codewords);
      expect(Array.from(encoder.codewordLengths())).toEqual(one.codewords.map((word) => word.length));
      if (one.decoder_nodes) expect(new DecoderHuffmanTree(weights).nodes()).toEqual(one.decoder_nodes);
    }
  });

  it('writes the documented queues', () => {
    const first = documented['huffman-queue'];
    const short = queueOf(first.symbols, new EncoderHuffmanTree(first.probabilities_f64));
    expect(short.getCompressedAndBitrate()).toEqual([Uint32Array.from(first.words), first.bits]);
    const second = documented['huffman-queue-doc'];
    for (const probabilities of [second.probabilities, Float32Array.from(second.probabilities)]) {
      const queue = queueOf(second.symbols, new EncoderHuffmanTree(probabilities));
      expect(queue.getCompressedAndBitrate()).toEqual([Uint32Array.from(second.words), second.bits]);
      roundTrip(second.symbols, new EncoderHuffmanTree(probabilities), new DecoderHuffmanTree(probabilities));
    }
  });

  it('writes the documented stack, and reloads it', () => {
    const { probabilities, symbols_encoded_in_reverse: symbols, ...one } = documented['huffman-stack-doc'];
    const coder = reverseStack(symbols, new EncoderHuffmanTree(probabilities));
    expect(coder.getCompressedAndBitrate()).toEqual([Uint32Array.from(one.words_incl_seal_bit), one.bits]);
    const reloaded = new StackCoder(Uint32Array.from(one.words_incl_seal_bit));
    expect(reloaded.numBits()).toBe(one.bits);
    expect(Array.from(reloaded.decodeSymbols(new DecoderHuffmanTree(probabilities), symbols.length))).toEqual(symbols);
    expect(reloaded.isEmpty()).toBe(true);
    expect(Array.from(reloaded.getCompressed())).toEqual([1]);
  });

  it('has the documented exponential Golomb codewords', () => {
    for (const [symbol, word] of Object.entries(documented['exp-golomb'].cases)) {
      expect(codewordOf(new ExpGolomb(), Number(symbol))).toBe(word);
      roundTrip([Number(symbol), 5, Number(symbol)], new ExpGolomb(), new ExpGolomb());
    }
    const { symbols, bit_string_lsb_first_per_word: bits } = documented['exp-golomb-queue'];
    const [word] = queueOf(symbols, new ExpGolomb()).getCompressed();
    expect([...word.toString(2).padStart(32, '0')].reverse().join('')).toBe(bits);
  });

  it('agrees on every generated Huffman code', () => {
    for (const one of vectors.huffman) {
      const encoder = new EncoderHuffmanTree(one.probs);
      const decoder = new DecoderHuffmanTree(one.probs);
      expect(codewords(encoder, one.probs.length)).toEqual(one.codewords);
      const queue = queueOf(one.symbols, encoder);
      expect(queue.getCompressedAndBitrate()).toEqual([Uint32Array.from(one.queue_words), one.queue_bits]);
      const stack = reverseStack(one.symbols, encoder);
      expect(stack.getCompressedAndBitrate()).toEqual([
        Uint32Array.from(one.stack_words_with_seal_bit),
        one.stack_bits,
      ]);
      expect(queue.numWords()).toBe(one.queue_words.length);
      expect(stack.numWords()).toBe(one.stack_words_with_seal_bit.length);
      roundTrip(one.symbols, encoder, decoder);
    }
  });

  it('agrees on every generated exponential Golomb row', () => {
    for (const one of vectors.exp_golomb) {
      const code = new ExpGolomb();
      const queue = queueOf(one.symbols, code);
      expect(queue.getCompressedAndBitrate()).toEqual([Uint32Array.from(one.queue_words), one.queue_bits]);
      const stack = reverseStack(one.symbols, code);
      expect(stack.getCompressedAndBitrate()).toEqual([
        Uint32Array.from(one.stack_words_with_seal_bit),
        one.stack_bits,
      ]);
      roundTrip(one.symbols, code, code);
    }
  });
});

/** Weights with ties, zeros and wide ratios. */
const weightsOf = (least: number) =>
  fc
    .array(
      fc.oneof(
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 0, max: 1e6 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
      ),
      {
        minLength: least,
        maxLength: 60,
      },
    )
    .filter((weights) => weights.filter((w) => w > 0).length >= least);

/** The slow and obvious way: a list that is searched for the least two, over and over. */
function obviousLengths(weights: readonly number[]): number[] {
  const lengths = weights.map(() => 0);
  let nodes = weights.map((weight, index) => ({ weight, index, symbols: [index] }));
  for (let next = weights.length; nodes.length > 1; next++) {
    nodes.sort((a, b) => a.weight - b.weight || a.index - b.index);
    const symbols = [...nodes[0].symbols, ...nodes[1].symbols];
    for (const s of symbols) lengths[s]++;
    nodes = [...nodes.slice(2), { weight: nodes[0].weight + nodes[1].weight, index: next, symbols }];
  }
  return lengths;
}

const kraft = (lengths: ArrayLike<number>) =>
  Array.from(lengths).reduce((sum, length) => sum + (length > 0 ? 2 ** -length : 0), 0);
const cost = (weights: ArrayLike<number>, lengths: ArrayLike<number>) =>
  Array.from(lengths).reduce((sum, length, s) => sum + weights[s] * length, 0);

describe('Huffman trees', () => {
  it('are complete, within a bit of the entropy, and those of a heap', () => {
    fc.assert(
      fc.property(weightsOf(2), (weights) => {
        const lengths = new EncoderHuffmanTree(weights).codewordLengths();
        expect(kraft(lengths)).toBe(1);
        expect(Array.from(lengths)).toEqual(obviousLengths(weights));
        const sum = weights.reduce((a, b) => a + b, 0);
        const entropy = weights.reduce((h, w) => h - (w / sum > 0 ? (w / sum) * Math.log2(w / sum) : 0), 0);
        const expected = cost(weights, lengths) / sum;
        expect(expected).toBeGreaterThanOrEqual(entropy - 1e-9);
        expect(expected).toBeLessThanOrEqual(entropy + 1 + 1e-9);
      }),
      { seed, numRuns: 200 },
    );
  });

  it('give back what was encoded, in either precision', () => {
    fc.assert(
      fc.property(weightsOf(1), fc.array(fc.nat(), { maxLength: 100 }), fc.boolean(), (weights, numbers, single) => {
        const probabilities = single ? Float32Array.from(weights) : weights;
        fc.pre(Array.from(probabilities).some((p) => p > 0));
        const symbols = numbers.map((x) => x % weights.length);
        roundTrip(symbols, new EncoderHuffmanTree(probabilities), new DecoderHuffmanTree(probabilities));
      }),
      { seed, numRuns: 200 },
    );
  });

  it('sum a Float32Array with 32 bits', () => {
    // With 64 bits 0.7 + 0.1 is below 0.8; with 32 bits it is equal, and the symbol comes first.
    const probabilities = [0.7, 0.1, 0.8, 0.9];
    expect(codewords(new EncoderHuffmanTree(probabilities), 4)).toEqual(['101', '100', '11', '0']);
    expect(codewords(new EncoderHuffmanTree(Float32Array.from(probabilities)), 4)).toEqual(['111', '110', '10', '0']);
  });

  it('have codewords longer than a word', () => {
    const weights = Array.from({ length: 100 }, (_, s) => 2 ** s);
    const encoder = new EncoderHuffmanTree(weights);
    expect(encoder.codewordLengths()[0]).toBe(99);
    const symbols = Array.from({ length: 100 }, (_, s) => (s * 37) % 100);
    roundTrip(symbols, encoder, new DecoderHuffmanTree(weights));
  });

  it('take no bits for an only symbol', () => {
    roundTrip([0, 0, 0], new EncoderHuffmanTree([0.3]), new DecoderHuffmanTree([0.3]));
    expect(queueOf([0, 0, 0], new EncoderHuffmanTree([7])).isEmpty()).toBe(true);
  });

  it('refuse what is no distribution', () => {
    for (const Tree of [EncoderHuffmanTree, DecoderHuffmanTree]) {
      for (const bad of [
        [],
        [1, Number.NaN],
        [1, -0.5],
        [1, Infinity],
        [0, 0],
        [1e308, 1e308],
        new Float32Array([3e38, 3e38]),
      ])
        expect(codeOf(() => new Tree(bad))).toBe('invalid-argument');
      expect(() => new Tree([1, 2, -3])).toThrow(/not -3 \(symbol 2\)/);
      expect(codeOf(() => new Tree('ab' as unknown as number[]))).toBe('invalid-type');
      expect(codeOf(() => new Tree(['a'] as unknown as number[]))).toBe('invalid-type');
    }
  });
});

/** The least cost of any lengths up to a limit that Kraft's inequality allows. */
function leastCost(weights: readonly number[], maxLength: number): number {
  let best = Infinity;
  const lengths: number[] = [];
  const descend = (room: number, sum: number) => {
    if (sum >= best) return;
    if (lengths.length === weights.length) {
      best = sum;
      return;
    }
    for (let length = 1; length <= maxLength; length++) {
      if (2 ** -length > room) continue;
      lengths.push(length);
      descend(room - 2 ** -length, sum + weights[lengths.length - 1] * length);
      lengths.pop();
    }
  };
  descend(1, 0);
  return best;
}

describe('canonical Huffman codes', () => {
  it('are optimal under the limit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1000 })), {
          minLength: 2,
          maxLength: 7,
        }),
        fc.integer({ min: 1, max: 6 }),
        (weights, maxLength) => {
          fc.pre(weights.length <= 2 ** maxLength);
          const lengths = limitedLengths(weights, maxLength);
          expect(Math.max(...lengths)).toBeLessThanOrEqual(maxLength);
          expect(kraft(lengths)).toBe(1);
          expect(cost(weights, lengths)).toBe(leastCost(weights, maxLength));
        },
      ),
      { seed, numRuns: 300 },
    );
  });

  it('cost what Huffman codes cost where the limit does not bind', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 2, maxLength: 80 }), (weights) => {
        expect(cost(weights, limitedLengths(weights, 32))).toBe(
          cost(weights, new EncoderHuffmanTree(weights).codewordLengths()),
        );
      }),
      { seed, numRuns: 100 },
    );
  });

  it('give back what was encoded, by the table and beyond it', () => {
    fc.assert(
      fc.property(
        weightsOf(1),
        fc.array(fc.nat(), { maxLength: 100 }),
        fc.integer({ min: 6, max: 32 }),
        (weights, numbers, maxLength) => {
          const code = CanonicalHuffman.fromWeights(weights, { maxLength });
          const present = weights.flatMap((w, s) => (w > 0 ? [s] : []));
          const symbols = numbers.map((x) => present[x % present.length]);
          roundTrip(symbols, code, new CanonicalHuffman(code.lengths()));
        },
      ),
      { seed, numRuns: 200 },
    );
    const steep = CanonicalHuffman.fromWeights(Array.from({ length: 60 }, (_, s) => 2 ** s));
    expect(Math.max(...steep.lengths())).toBe(32);
    const symbols = Array.from({ length: 60 }, (_, s) => (s * 7) % 60);
    roundTrip(symbols, steep, steep);
  });

  it('are numbered as in RFC 1951', () => {
    const code = new CanonicalHuffman([3, 3, 3, 3, 3, 2, 4, 4]);
    expect(codewords(code, 8)).toEqual(['010', '011', '100', '101', '110', '00', '1110', '1111']);
    expect(code.numSymbols()).toBe(8);
  });

  it('decode large alphabets as the bit by bit tree would', () => {
    const random = randomOf(5);
    const weights = Array.from({ length: 5000 }, () => 1 + random(1000));
    const symbols = Array.from({ length: 5000 }, () => random(5000));
    for (const maxLength of [13, 15, 32]) {
      const code = CanonicalHuffman.fromWeights(weights, { maxLength });
      expect(kraft(code.lengths())).toBe(1);
      roundTrip(symbols, code, code);
    }
  });

  it('refuse impossible lengths, limits and symbols', () => {
    for (const bad of [[], [0, 0], [1, 1, 1], [33], [-1], [1.5], [1, 2, 3, 3, 32]])
      expect(codeOf(() => new CanonicalHuffman(bad))).toBe('invalid-argument');
    for (const bad of [0, 33, 2.5, Number.NaN])
      expect(codeOf(() => limitedLengths([1, 2], bad))).toBe('invalid-argument');
    expect(codeOf(() => limitedLengths([1, 1, 1, 1, 1], 2))).toBe('invalid-argument');
    expect(codeOf(() => CanonicalHuffman.fromWeights([1, Number.NaN]))).toBe('invalid-argument');
    expect(codeOf(() => new CanonicalHuffman(7 as unknown as number[]))).toBe('invalid-type');
    const code = CanonicalHuffman.fromWeights([1, 0, 2]);
    expect(Array.from(code.lengths())).toEqual([1, 0, 1]);
    for (const bad of [1, 3, -1]) expect(codeOf(() => codewordOf(code, bad))).toBe('impossible-symbol');
    // An only symbol leaves half of all bits unused.
    const only = CanonicalHuffman.fromWeights([0, 5]);
    expect(codewordOf(only, 1)).toBe('0');
    expect(codeOf(() => new QueueDecoder(Uint32Array.of(1)).decodeSymbol(only))).toBe('corrupt');
  });
});

describe('Golomb codes', () => {
  const anySymbol = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 2 ** 20 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));

  it('of exponential kind give back what was encoded, at every order', () => {
    fc.assert(
      fc.property(fc.array(anySymbol, { maxLength: 40 }), fc.nat({ max: 31 }), (symbols, order) => {
        const code = new ExpGolomb(order);
        roundTrip([...symbols, 0, 2 ** 32 - 1], code, code);
      }),
      { seed, numRuns: 300 },
    );
  });

  it('of exponential kind and order k are order 0 on the high bits, then the low bits', () => {
    for (const order of [1, 3, 8])
      for (let symbol = 0; symbol < 600; symbol++) {
        const low = (symbol % 2 ** order).toString(2).padStart(order, '0');
        expect(codewordOf(new ExpGolomb(order), symbol)).toBe(codewordOf(new ExpGolomb(), symbol >> order) + low);
      }
  });

  it("of Rice's kind are ones, a zero and the low bits", () => {
    expect(codewords(new GolombRice(0), 4)).toEqual(['0', '10', '110', '1110']);
    expect(codewords(new GolombRice(2), 6)).toEqual(['000', '001', '010', '011', '1000', '1001']);
  });

  it("of Rice's kind give back what was encoded, at every parameter", () => {
    fc.assert(
      fc.property(fc.array(anySymbol, { maxLength: 40 }), fc.nat({ max: 31 }), (numbers, parameter) => {
        const code = new GolombRice(parameter);
        const symbols = numbers.map((x) => Math.min(x, 500 * 2 ** parameter, 2 ** 32 - 1));
        roundTrip(symbols, code, code);
      }),
      { seed, numRuns: 300 },
    );
    roundTrip([65535], new GolombRice(0), new GolombRice(0));
  });

  it('choose the parameter that takes the fewest bits', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 3000 }), { minLength: 1, maxLength: 30 }), (symbols) => {
        const bits = Array.from({ length: 32 }, (_, k) => queueOf(symbols, new GolombRice(k)).numBits());
        expect(GolombRice.parameterFor(symbols)).toBe(bits.indexOf(Math.min(...bits)));
      }),
      { seed, numRuns: 100 },
    );
    expect(GolombRice.parameterFor([])).toBe(0);
    expect(GolombRice.parameterFor([2 ** 32 - 1])).toBe(31);
  });

  it('choose the parameter for a geometric distribution', () => {
    // The expected length of each parameter, summed over the distribution.
    const expected = (mean: number, k: number) => {
      const theta = mean / (mean + 1);
      let length = 0;
      for (let x = 0, p = 1 / (mean + 1); x < mean * 60 + 60; x++, p *= theta)
        length += p * (Math.floor(x / 2 ** k) + 1 + k);
      return length;
    };
    for (const mean of [0, 0.1, 0.5, 1, 1.5, 1.7, 2, 3, 5.1, 10, 33, 100]) {
      const lengths = Array.from({ length: 12 }, (_, k) => expected(mean, k));
      expect(GolombRice.parameterForMean(mean)).toBe(lengths.indexOf(Math.min(...lengths)));
    }
    expect(GolombRice.parameterForMean(2 ** 32)).toBe(31);
    expect(GolombRice.parameterForMean(1e300)).toBe(31);
  });

  it('fold signed numbers', () => {
    expect([0, -1, 1, -2, 2].map(zigzag)).toEqual([0, 1, 2, 3, 4]);
    for (const value of [0, 5, -5, 2 ** 31 - 1, -(2 ** 31)]) expect(unzigzag(zigzag(value))).toBe(value);
    for (const bad of [0.5, 2 ** 31, Number.NaN]) expect(codeOf(() => zigzag(bad))).toBe('invalid-argument');
    for (const bad of [-1, 2 ** 32, 0.5]) expect(codeOf(() => unzigzag(bad))).toBe('invalid-argument');
  });

  it('refuse what they cannot code', () => {
    for (const bad of [-1, 32, 0.5, Number.NaN]) {
      expect(codeOf(() => new ExpGolomb(bad))).toBe('invalid-argument');
      expect(codeOf(() => new GolombRice(bad))).toBe('invalid-argument');
    }
    expect(codeOf(() => new GolombRice(1, { maxQuotient: -1 }))).toBe('invalid-argument');
    for (const bad of [-1, 2 ** 32]) {
      expect(codeOf(() => codewordOf(new ExpGolomb(), bad))).toBe('impossible-symbol');
      expect(codeOf(() => codewordOf(new GolombRice(20), bad))).toBe('impossible-symbol');
      expect(codeOf(() => GolombRice.parameterFor([bad]))).toBe('invalid-argument');
    }
    for (const bad of [-1, Number.NaN, Infinity])
      expect(codeOf(() => GolombRice.parameterForMean(bad))).toBe('invalid-argument');
    expect(codeOf(() => codewordOf(new GolombRice(0), 65536))).toBe('impossible-symbol');
    expect(codeOf(() => codewordOf(new GolombRice(0, { maxQuotient: 9 }), 10))).toBe('impossible-symbol');
  });

  it('tell broken words from words that end', () => {
    const decode = (words: number[], codebook: DecoderCodebook) =>
      codeOf(() => new QueueDecoder(Uint32Array.from(words)).decodeSymbol(codebook));
    expect(decode([0], new ExpGolomb())).toBe('truncated');
    expect(decode([0, 0], new ExpGolomb())).toBe('corrupt');
    expect(decode([0, 0b11, 0], new ExpGolomb())).toBe('corrupt');
    expect(decode([2 ** 31], new ExpGolomb())).toBe('truncated');
    expect(decode([2 ** 31, 0], new ExpGolomb(2))).toBe('corrupt');
    expect(decode([2 ** 32 - 1], new GolombRice(3))).toBe('truncated');
    expect(decode([2 ** 32 - 1, 0], new GolombRice(30))).toBe('corrupt');
    expect(decode([2 ** 32 - 1, 0], new GolombRice(0, { maxQuotient: 31 }))).toBe('corrupt');
  });
});

describe('symbol coders', () => {
  const encoder = new EncoderHuffmanTree([0.3, 0.2, 0.4, 0.1]);
  const decoder = new DecoderHuffmanTree([0.3, 0.2, 0.4, 0.1]);

  it('keep the queue as it was after an error', () => {
    const queue = queueOf([1, 3, 2], encoder);
    const before = queue.getCompressedAndBitrate();
    expect(() => queue.encodeSymbols([0, 3, 4], encoder)).toThrow(/not 4 \(at index 2\)/);
    expect(codeOf(() => queue.encodeSymbols([0, 4], encoder))).toBe('impossible-symbol');
    expect(codeOf(() => queue.encodeSymbol(0.5, encoder))).toBe('invalid-argument');
    expect(codeOf(() => queue.encodeSymbol('1' as unknown as number, encoder))).toBe('invalid-type');
    expect(codeOf(() => queue.encodeSymbol(1, decoder as unknown as EncoderCodebook))).toBe('invalid-type');
    expect(codeOf(() => queue.encodeSymbols([1, 2], [encoder]))).toBe('invalid-argument');
    expect(codeOf(() => queue.encodeSymbols(7 as unknown as number[], encoder))).toBe('invalid-type');
    const halfway: EncoderCodebook = {
      encode(_, sink) {
        sink.writeBits(2 ** 32 - 1, 32);
        throw new Error('no more');
      },
    };
    expect(() => queue.encodeSymbol(0, halfway)).toThrow('no more');
    expect(queue.getCompressedAndBitrate()).toEqual(before);
    queue.encodeSymbol(0, encoder);
    expect(queue.getCompressed()).toEqual(queueOf([1, 3, 2, 0], encoder).getCompressed());
  });

  it('keep the stack as it was after an error', () => {
    const stack = stackOf([1, 3, 2], encoder);
    const before = stack.getCompressedAndBitrate();
    expect(() => stack.encodeReverse([4, 3, 1], encoder)).toThrow(/\(at index 0\)/);
    expect(codeOf(() => stack.decodeSymbols(decoder, 4))).toBe('out-of-data');
    expect(codeOf(() => stack.decodeSymbols(decoder, -1))).toBe('invalid-argument');
    expect(codeOf(() => stack.decodeSymbols([decoder, decoder], 3))).toBe('invalid-argument');
    expect(codeOf(() => stack.decodeSymbol(encoder as unknown as DecoderCodebook))).toBe('invalid-type');
    expect(stack.getCompressedAndBitrate()).toEqual(before);
    expect(Array.from(stack.decodeSymbols([decoder, decoder, decoder]))).toEqual([2, 3, 1]);
    expect(codeOf(() => stack.decodeSymbol(decoder))).toBe('out-of-data');
  });

  it('keep the reader where it was after an error', () => {
    const reader = queueOf([1, 3, 2], new ExpGolomb()).getDecoder();
    reader.decodeSymbol(new ExpGolomb());
    const place = reader.pos();
    expect(() => reader.decodeSymbols(new ExpGolomb(), 3)).toThrow(/within a codeword \(at index 2\)/);
    expect(reader.pos()).toBe(place);
    expect(Array.from(reader.clone().decodeSymbols(new ExpGolomb(), 2))).toEqual([3, 2]);
    reader.seek(0);
    expect(reader.decodeSymbol(new ExpGolomb())).toBe(1);
    for (const bad of [-1, 33, 0.5]) expect(codeOf(() => reader.seek(bad))).toBe('invalid-argument');
  });

  it('refuse words that are none', () => {
    expect(codeOf(() => new QueueDecoder([1] as unknown as Uint32Array))).toBe('invalid-type');
    expect(codeOf(() => new StackCoder([1] as unknown as Uint32Array))).toBe('invalid-type');
    expect(codeOf(() => new StackCoder(Uint32Array.of(5, 0)))).toBe('corrupt');
    expect(new StackCoder(new Uint32Array(0)).isEmpty()).toBe(true);
  });

  it('go on after decoding, with different codebooks', () => {
    const code = new ExpGolomb();
    const stack = new StackCoder();
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 1e9 })), { maxLength: 60 }), (steps) => {
        stack.clear();
        const model: number[] = [];
        for (const [push, value] of steps) {
          if (push || model.length === 0) {
            model.push(value);
            stack.encodeSymbol(value, code);
          } else expect(stack.decodeSymbol(code)).toBe(model.pop());
        }
        const reloaded = new StackCoder(stack.getCompressed());
        expect(reloaded.numBits()).toBe(stack.numBits());
        expect(Array.from(reloaded.decodeSymbols(code, model.length))).toEqual(model.reverse());
      }),
      { seed, numRuns: 200 },
    );
    const mixed = [code, new GolombRice(2), new ExpGolomb(4)];
    const queue = new QueueEncoder();
    queue.encodeSymbols(Uint16Array.of(9, 8, 700), mixed);
    expect(Array.from(queue.getDecoder().decodeSymbols(mixed))).toEqual([9, 8, 700]);
  });

  it('copy and clear', () => {
    const queue = queueOf([1, 2], encoder);
    const copy = queue.clone();
    copy.encodeSymbol(3, encoder);
    expect(queue.getCompressed()).toEqual(queueOf([1, 2], encoder).getCompressed());
    expect(copy.getCompressed()).toEqual(queueOf([1, 2, 3], encoder).getCompressed());
    queue.clear();
    expect(queue.getCompressed()).toEqual(new Uint32Array(0));
    queue.encodeSymbol(3, encoder);
    expect(queue.getCompressed()).toEqual(queueOf([3], encoder).getCompressed());
    const stack = stackOf([1, 2], encoder);
    const twin = stack.clone();
    expect(twin.decodeSymbol(decoder)).toBe(2);
    expect(stack.getCompressed()).toEqual(stackOf([1, 2], encoder).getCompressed());
    expect(codeOf(() => queue.writeBits(0, 33))).toBe('invalid-argument');
  });

  it('meet any words with symbols or an error that has a code', () => {
    const codebooks: DecoderCodebook[] = [
      decoder,
      new ExpGolomb(),
      new ExpGolomb(7),
      new GolombRice(0, { maxQuotient: 40 }),
      new GolombRice(29),
      CanonicalHuffman.fromWeights(Array.from({ length: 40 }, (_, s) => 2 ** s)),
      new CanonicalHuffman([3, 14, 14, 5]),
    ];
    const word = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 2 ** 32 - 1, 1, 2 ** 31));
    const seen = new Set<unknown>();
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), fc.constantFrom(...codebooks), (words, codebook) => {
        const reader = new QueueDecoder(Uint32Array.from(words));
        const stack = new StackCoder(Uint32Array.from([...words, 1]));
        for (const source of [reader, stack]) {
          let code: unknown = 'no error';
          for (let symbols = 0; code === 'no error'; symbols++) {
            expect(symbols).toBeLessThanOrEqual(words.length * 32);
            code = codeOf(() => source.decodeSymbol(codebook));
          }
          expect([source === reader ? 'truncated' : 'out-of-data', 'corrupt']).toContain(code);
          seen.add(code);
        }
      }),
      { seed, numRuns: 500 },
    );
    expect(seen.size).toBe(3);
  });

  it('know the stack at every bit length around a word', () => {
    for (let bits = 0; bits <= 70; bits++) {
      const coder = stackOf(new Array(bits).fill(0), new GolombRice(0));
      expect(coder.getCompressed().length).toBe(coder.numWords());
      const reloaded = new StackCoder(coder.getCompressed());
      expect(reloaded.numBits()).toBe(bits);
      expect(reloaded.decodeSymbols(new GolombRice(0), bits)).toEqual(new Uint32Array(bits));
    }
  });
});

describe('the examples of the documentation', () => {
  it('say what happens', () => {
    expect(codewordOf(new ExpGolomb(), 3)).toBe('00100');
    expect(Array.from(new QueueDecoder(Uint32Array.of(0b110_1)).decodeSymbols(new ExpGolomb(), 2))).toEqual([0, 2]);
    expect(Array.from(limitedLengths([1, 1, 2, 4, 8], 3))).toEqual([3, 3, 3, 3, 1]);
    expect(Array.from(limitedLengths([1, 1, 2, 4, 8], 32))).toEqual([4, 4, 3, 2, 1]);
    expect(Array.from(CanonicalHuffman.fromWeights([3, 1, 1]).lengths())).toEqual([1, 2, 2]);
    expect(GolombRice.parameterFor([3, 0, 12, 5, 1])).toBe(1);
    expect(GolombRice.parameterFor([100, 90, 130])).toBe(6);
    expect(GolombRice.parameterForMean(100)).toBe(6);
    expect([zigzag(-3), unzigzag(5)]).toEqual([5, -3]);
  });
});
