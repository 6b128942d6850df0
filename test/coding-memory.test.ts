/** A call on any number of symbols goes through the kernel in chunks: its memory never grows, and none is added. */
import { expect, test } from 'vitest';
import { AnsCoder } from '../src/coders/ans.ts';
import { ChainCoder } from '../src/coders/chain.ts';
import { RangeEncoder } from '../src/coders/range.ts';
import { coding } from '../src/kernels/coding.ts';
import { familyCoding } from '../src/kernels/families.ts';
import { Categorical } from '../src/models/categorical.ts';
import { QuantizedGaussian } from '../src/models/quantized.ts';
import { countMemories } from './support/memories.ts';

const COUNT = 10_000_000;

/** Whether two arrays are equal, without a message of ten million numbers. */
const equal = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((value, i) => value === b[i]);

test(`${COUNT} symbols pass through a kernel of fixed size`, async () => {
  const model = new Categorical(Float64Array.of(8, 4, 2, 1, 1), { perfect: false });
  const symbols = Uint8Array.from({ length: COUNT }, (_, i) => (Math.imul(i, 0x9e3779b1) >>> 29) % 5);
  const warm = new AnsCoder();
  warm.encodeReverse(symbols.subarray(0, 10), model);
  warm.decode(model, 10);
  const buffers = () => [coding().slots.buffer, familyCoding().slots.buffer];
  const before = buffers();
  const sizes = before.map(({ byteLength }) => byteLength);
  expect(Math.max(...sizes)).toBeLessThan(16 * 2 ** 20);
  const memories = await countMemories(() => {
    const ans = new AnsCoder();
    ans.encodeReverse(symbols, model);
    expect(equal(ans.decode(model, new Uint8Array(COUNT)), symbols)).toBe(true);
    expect(ans.isEmpty()).toBe(true);
    const range = new RangeEncoder();
    range.encode(symbols, model);
    const words = range.getCompressed();
    expect(equal(range.getDecoder().decode(model, new Uint8Array(COUNT)), symbols)).toBe(true);
    // What a coder of 24 bits a symbol takes of these words is a ninth of the symbols and more.
    const few = Math.floor((words.length * 32) / 24) - 4;
    const chain = new ChainCoder(words, { seal: true });
    const family = new QuantizedGaussian(-100, 100);
    const means = Float32Array.from({ length: few }, (_, i) => (i % 101) - 50);
    const stds = new Float32Array(few).fill(7);
    const drawn = chain.decode(family, means, stds);
    chain.encodeReverse(drawn, family, means, stds);
    const [untouched, data] = chain.getData({ unseal: true });
    expect(untouched.length + data.length).toBe(words.length);
  });
  expect(memories).toEqual([]);
  for (const [i, buffer] of buffers().entries()) {
    expect(buffer).toBe(before[i]);
    expect(buffer.byteLength).toBe(sizes[i]);
  }
});
