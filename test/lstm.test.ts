import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { notebook, notebookData, walk } from '../examples/notebook.ts';
import { compressLines, decompressLines } from '../src/sequence/lines.ts';
import { Lstm, type LstmLoss, type LstmParameters, type LstmShape } from '../src/sequence/lstm.ts';
import vectors from './vectors/online_lstm_notebook.json' with { type: 'json' };

const misuse = expect.objectContaining({ code: 'invalid-argument' });
const corrupt = expect.objectContaining({ code: 'corrupt' });

describe('the notebook', () => {
  test('its first cell: all parameters 0.1 give one half each', () => {
    const network = new Lstm({ inputs: 6, hidden: 10, outputs: 2 });
    network.fill(0.1);
    expect([...network.forward([[-1, -1, -1, -1, -1, -1]])]).toEqual([0.5, 0.5]);
  });

  test('its printout: 210 bytes, 148, the ratio, the same lines again', () => {
    const printed: string[] = [];
    const result = notebook((text) => printed.push(text));
    expect(printed).toContain('Compressed (2): 01');
    expect(printed).toContain('Compression ratio: 3.00');
    expect(printed).toContain('Output: 0.5,0.5');
    expect(printed).toContain('Size data 210, size compressed 148, compression ratio 1.4189189189189189');
    expect(printed.at(-1)).toBe('True');
    expect(result.payload).toEqual({ data: 180, compressed: 118 });
    expect(notebookData()).toEqual(vectors.data.trim().split('\n'));
    expect(result.compressed).toEqual(vectors.compressed.trim().split('\n'));
    expect(result.decompressed).toEqual(notebookData());
  });

  test('counting gives 164 bytes', () => {
    const { data, compressed, size } = vectors.extra_counting;
    const result = walk(data, () => {});
    expect(result.compressed).toEqual(compressed.trim().split('\n'));
    expect(result.sizes.compressed).toBe(size);
    expect(size).toBe(164);
    expect(result.decompressed).toEqual(data);
  });

  test('every probability is the notebook’s: of its printout, of its f32 run, and of the same run in f64', () => {
    const cases = [
      [notebookData(), vectors.steps_f64, 1e-14],
      [notebookData(), vectors.steps_f32, 1e-6],
      [vectors.extra_counting.data, vectors.extra_counting.steps_f64, 1e-14],
    ] as const;
    for (const [lines, steps, tolerance] of cases) {
      let seen = 0;
      compressLines(lines, {
        onStep: ({ line, step, output, target }) => {
          steps[line].outputs[step].forEach((p, k) => {
            expect(Math.abs(output[k] - p)).toBeLessThan(tolerance);
          });
          expect(target).toBe(Number(lines[line][step + 1]));
          seen++;
        },
      });
      expect(seen).toBe(29 * 5);
    }
    const first: number[] = [];
    compressLines(notebookData(), { onStep: ({ output }) => first.push(output[0]) });
    vectors.printedOutputsP0.forEach((p, i) => {
      expect(Math.abs(first[i] - p)).toBeLessThan(1e-7);
    });
    expect(vectors.printedOutputsP0.length).toBe(9);
  });
});

describe('gradients', () => {
  const parts = (p: LstmParameters) => [
    ...p.layers.flatMap((l) => [l.inputWeights, l.hiddenWeights, l.inputBias, l.hiddenBias]),
    p.outputWeights,
    p.outputBias,
  ];
  const random = (seed: number) => {
    let state = seed;
    return () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return state / 2 ** 31;
    };
  };
  const shapes: [LstmShape, number][] = [
    [{ inputs: 6, hidden: 10, outputs: 2 }, 1],
    [{ inputs: 3, hidden: 4, outputs: 5 }, 6],
    [{ inputs: 2, hidden: 3, outputs: 3, layers: 3 }, 5],
  ];
  const cases = shapes.flatMap(([shape, steps]) => (['logits', 'softmax'] as LstmLoss[]).map((l) => [shape, steps, l]));

  test.each(cases as [LstmShape, number, LstmLoss][])(
    '%o over %i steps, loss on %s, agree with differences',
    (shape, length, loss) => {
      const next = random(length + shape.hidden);
      const network = new Lstm(shape);
      for (const part of parts(network.parameters)) part.set(part.map(() => 0.7 * next()));
      const sequence = Array.from({ length }, () => Array.from({ length: shape.inputs }, next));
      const target = shape.outputs - 1;
      network.forward(sequence);
      network.backward(target, loss);
      const gradients = parts(network.gradients);
      const h = 1e-5;
      let largest = 0;
      parts(network.parameters).forEach((part, a) => {
        for (let i = 0; i < part.length; i++) {
          const value = part[i];
          part[i] = value + h;
          network.forward(sequence);
          const above = network.loss(target, loss);
          part[i] = value - h;
          network.forward(sequence);
          const below = network.loss(target, loss);
          part[i] = value;
          largest = Math.max(largest, Math.abs(gradients[a][i] - (above - below) / (2 * h)));
        }
      });
      expect(largest).toBeLessThan(1e-9);
      if (length > 1) for (const part of gradients) expect(part.some((g) => g !== 0)).toBe(true);
    },
  );

  test('one step from zeros leaves the hidden weights and the forget gate without a gradient', () => {
    const network = new Lstm({ inputs: 6, hidden: 10, outputs: 2 });
    network.fill(-0.1);
    // The first step only makes the two outputs differ.
    for (let i = 0; i < 2; i++) network.train([[0, -1, -1, -1, -1, -1]], 0, 0.1, 'softmax');
    const [layer] = network.gradients.layers;
    expect(layer.hiddenWeights.every((g) => g === 0)).toBe(true);
    expect(layer.inputBias.subarray(10, 20).every((g) => g === 0)).toBe(true);
    expect(layer.inputBias.subarray(0, 10).every((g) => g !== 0)).toBe(true);
  });

  test('gradient descent learns to tell the first of five steps, which needs the way back through time', () => {
    const next = random(5);
    const network = new Lstm({ inputs: 2, hidden: 6, outputs: 2, layers: 2 });
    for (const part of parts(network.parameters)) part.set(part.map(() => 0.8 * next()));
    const sequences = Array.from({ length: 8 }, (_, n) =>
      Array.from({ length: 5 }, (_, t) => [t === 0 ? (n & 1) * 2 - 1 : next(), 1]),
    );
    const loss = () =>
      sequences.reduce((sum, s, n) => {
        network.forward(s);
        return sum + network.loss(n & 1);
      }, 0);
    const before = loss();
    for (let epoch = 0; epoch < 150; epoch++)
      sequences.forEach((s, n) => {
        network.train(s, n & 1, 0.5);
      });
    expect(before).toBeGreaterThan(4);
    expect(loss()).toBeLessThan(0.1);
  });
});

describe('lines', () => {
  test('of any number, length, alphabet and network come back', () => {
    const cases = fc
      .record({
        symbols: fc.integer({ min: 2, max: 10 }),
        length: fc.integer({ min: 2, max: 20 }),
        hidden: fc.integer({ min: 1, max: 6 }),
        initial: fc.constantFrom(-0.1, 0, 0.1, 2),
        rate: fc.constantFrom(0.1, 1, 5),
        loss: fc.constantFrom<LstmLoss>('logits', 'softmax'),
        stateBits: fc.constantFrom(16, 24, 32),
      })
      .chain((options) =>
        fc
          .array(fc.array(fc.nat(options.symbols - 1), { minLength: options.length, maxLength: options.length }), {
            maxLength: 12,
          })
          .map((lines) => ({ options, lines: lines.map((line) => line.join('')) })),
      );
    fc.assert(
      fc.property(cases, ({ options, lines }) => {
        expect(decompressLines(compressLines(lines, options), options)).toEqual(lines);
      }),
      { seed: 4, numRuns: 150 },
    );
  });

  test('a digit that the network had ruled out can still be coded', () => {
    const lines = [...Array(40).fill('00000000'), '11111111', '01010101'];
    const options = { rate: 2, loss: 'logits' } as const;
    const compressed = compressLines(lines, options);
    expect(compressed[39].length).toBeLessThan(3);
    expect(decompressLines(compressed, options)).toEqual(lines);
  });

  test('misuse and corrupt lines have their codes', () => {
    for (const lines of [['0'], [''], ['012'], ['01', '011'], ['01', '0x']])
      expect(() => compressLines(lines)).toThrow(misuse);
    for (const options of [{ symbols: 1 }, { symbols: 11 }, { hidden: 0 }, { rate: NaN }, { initial: Infinity }])
      expect(() => compressLines(['01', '10'], options)).toThrow(misuse);
    for (const lines of [['0'], ['0 1', '1'], ['01', '012'], ['01', '0-']])
      expect(() => decompressLines(lines)).toThrow(corrupt);
    expect([compressLines([]), decompressLines([])]).toEqual([[], []]);
  });

  test('the network refuses wrong shapes, steps and targets', () => {
    for (const bad of [0, 1.5, NaN]) expect(() => new Lstm({ inputs: bad, hidden: 2, outputs: 2 })).toThrow(misuse);
    expect(() => new Lstm({ inputs: 1e5, hidden: 1e5, outputs: 2 })).toThrow(misuse);
    const network = new Lstm({ inputs: 2, hidden: 2, outputs: 2 });
    expect(() => network.backward(0)).toThrow(misuse);
    expect(() => network.forward([])).toThrow(misuse);
    expect(() => network.forward([[1]])).toThrow(misuse);
    network.forward([[1, 2]]);
    expect(() => network.backward(2)).toThrow(misuse);
    expect(() => network.loss(0, 'nll' as LstmLoss)).toThrow(expect.objectContaining({ code: 'invalid-type' }));
  });
});
