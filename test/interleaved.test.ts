/** Interleaved coding of bytes: against its reference, at its edges, and with damaged input. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeInterleaved, encodeInterleaved, InterleavedModel } from '../src/coders/interleaved.ts';
import { survey } from '../src/kernels/interleaved.ts';
import { referenceDecode, referenceEncode, xxh32 } from './reference/interleaved.ts';
import { randomBytes, randomOf, textBytes } from './support/random.ts';
import vectors from './vectors/interleaved.json' with { type: 'json' };

const CHUNK = 32768;

const hex = (bytes: Uint8Array) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
const unhex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Bytes drawn from a model's own frequencies. */
function drawn(model: InterleavedModel, length: number, seed: number): Uint8Array {
  const random = randomOf(seed);
  const slots: number[] = [];
  for (let s = 0; s < 256; s++) for (let i = 0; i < model.frequencies[s]; i++) slots.push(s);
  return Uint8Array.from({ length }, () => slots[random(4096)]);
}

function thrown(call: () => unknown): Error & { code?: string; offset?: number } {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

/** Where they differ first, or -1: for arrays too long to be shown. */
function difference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  return a.findIndex((byte, i) => byte !== b[i]);
}

const codeOf = (call: () => unknown) => thrown(call).code;

/** Weights of very different sizes, with zeros among them; at least two are not zero. */
const weights = fc
  .array(
    fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 10 }), fc.double({ min: 1e-300, max: 1e300, noNaN: true })),
    {
      minLength: 1,
      maxLength: 256,
    },
  )
  .filter((list) => list.filter((w) => w > 0).length >= 2);

describe('the model', () => {
  test('frequencies sum to 4096, and what occurs is possible', () => {
    fc.assert(
      fc.property(weights, (list) => {
        const { frequencies } = new InterleavedModel(list);
        expect(frequencies.length).toBe(256);
        let sum = 0;
        for (let s = 0; s < 256; s++) {
          sum += frequencies[s];
          const fine = Number.isInteger(frequencies[s]) && frequencies[s] > 0 === (list[s] ?? 0) > 0;
          if (!fine) throw new Error(`weight ${list[s]} of ${s} has frequency ${frequencies[s]}`);
        }
        expect(sum).toBe(4096);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('no unit is better placed elsewhere, but for 1/20,000 of a bit', () => {
    const random = randomOf(7);
    for (let round = 0; round < 50; round++) {
      const list = Array.from({ length: 2 + random(255) }, () => 2 ** (random(1600) / 100));
      const sum = list.reduce((a, b) => a + b);
      const { frequencies } = new InterleavedModel(list);
      const gain = Math.max(...list.map((w, i) => (w / sum) * Math.log2(1 + 1 / frequencies[i])));
      const costs = list.map((w, i) => (frequencies[i] > 1 ? (w / sum) * -Math.log2(1 - 1 / frequencies[i]) : 1));
      expect(Math.min(...costs) - gain).toBeGreaterThan(-5e-5);
    }
  });

  test('whole frequencies stay as they are', () => {
    const list = [4000, 1, 0, 95];
    expect(Array.from(new InterleavedModel(list).frequencies).slice(0, 4)).toEqual(list);
    expect(new InterleavedModel([0, 7]).only).toBe(1);
    expect(new InterleavedModel([3, 7]).only).toBeUndefined();
    expect(Object.isFrozen(new InterleavedModel([3, 7]).frequencies)).toBe(true);
    expect(new InterleavedModel(new Array(256).fill(5e-324)).frequencies[9]).toBe(16);
  });

  test('is written and read', () => {
    fc.assert(
      fc.property(weights, fc.nat(3), (list, before) => {
        const model = new InterleavedModel(list);
        const table = model.toBytes();
        const bytes = new Uint8Array(before + table.length + 2).fill(0xa5);
        bytes.set(table, before);
        const read = InterleavedModel.read(bytes, before);
        expect(read.end).toBe(before + table.length);
        expect(read.model.frequencies).toEqual(model.frequencies);
        for (let n = 0; n < table.length; n++)
          expect(codeOf(() => InterleavedModel.read(table.subarray(0, n)))).toBe('truncated');
      }),
      { seed: 2, numRuns: 100 },
    );
    const one = new InterleavedModel([0, 0, 5]);
    expect(InterleavedModel.read(one.toBytes()).model.only).toBe(2);
    expect(new InterleavedModel(new Array(256).fill(1)).toBytes().length).toBeLessThan(300);
  });

  test('read refuses what is none', () => {
    expect(codeOf(() => InterleavedModel.read(Uint8Array.of(0x0c, 0)))).toBe('corrupt');
    expect(codeOf(() => InterleavedModel.read(new Uint8Array(100)))).toBe('corrupt');
    const random = randomOf(3);
    const codes = new Set<string | undefined>();
    for (let i = 0; i < 2000; i++) {
      const bytes = Uint8Array.from({ length: 400 }, () => random(256) | random(256));
      try {
        const { model } = InterleavedModel.read(bytes);
        let sum = 0;
        for (let s = 0; s < 256; s++) sum += model.frequencies[s];
        expect(sum).toBe(4096);
        codes.add('model');
      } catch (error) {
        codes.add((error as { code?: string }).code);
      }
    }
    for (const code of codes) expect(['model', 'corrupt', 'truncated']).toContain(code);
  });

  test('misuse', () => {
    expect(thrown(() => new InterleavedModel([])).message).toContain('1 to 256 weights, not 0');
    expect(thrown(() => new InterleavedModel(new Array(257).fill(1)))).toBeInstanceOf(RangeError);
    expect(thrown(() => new InterleavedModel([1, Number.NaN])).message).toContain('not NaN, which is at 1');
    expect(thrown(() => new InterleavedModel([1, -1])).message).toContain('-1, which is at 1');
    expect(thrown(() => new InterleavedModel([0, 0])).message).toContain('sum to 0');
    expect(thrown(() => new InterleavedModel([1e308, 1e308])).message).toContain('sum to Infinity');
    expect(thrown(() => InterleavedModel.of(new Uint8Array(0)))).toBeInstanceOf(RangeError);
    expect(thrown(() => InterleavedModel.of([1] as never))).toBeInstanceOf(TypeError);
    const model = new InterleavedModel([1, 1]);
    expect(thrown(() => encodeInterleaved([0] as never, model))).toBeInstanceOf(TypeError);
    expect(thrown(() => encodeInterleaved(new Uint8Array(1), {} as never))).toBeInstanceOf(TypeError);
    expect(thrown(() => decodeInterleaved(new Uint8Array(4), model, '4' as never))).toBeInstanceOf(TypeError);
    for (const length of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(thrown(() => decodeInterleaved(new Uint8Array(4), model, length))).toBeInstanceOf(RangeError);
  });
});

describe('the stream', () => {
  test('equals the reference, byte for byte', () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 0, max: 200 }), fc.nat(), (list, length, seed) => {
        const model = new InterleavedModel(list);
        const bytes = drawn(model, length, seed);
        const data = encodeInterleaved(bytes, model);
        expect(data).toEqual(referenceEncode(bytes, model.frequencies));
        expect(decodeInterleaved(data, model, length)).toEqual(bytes);
        expect(referenceDecode(data, model.frequencies, length)).toEqual(bytes);
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  test('every frequency divides as it should', () => {
    const random = randomOf(11);
    for (let f = 1; f < 4096; f += f < 70 || f > 4000 ? 1 : 13) {
      const model = new InterleavedModel([f, 4096 - f]);
      const bytes = Uint8Array.from({ length: 260 }, () => random(2));
      const data = encodeInterleaved(bytes, model);
      expect(data).toEqual(referenceEncode(bytes, model.frequencies));
      expect(decodeInterleaved(data, model, 260)).toEqual(bytes);
    }
  });

  test('lengths around those of chunks and groups', () => {
    const model = InterleavedModel.of(textBytes(10_000, 5));
    const lengths = [0, 1, 2, 31, 32, 33, 63, 64, 65, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 33, 3 * CHUNK];
    for (const length of lengths) {
      const bytes = drawn(model, length, length);
      const data = encodeInterleaved(bytes, model);
      expect(difference(decodeInterleaved(data, model, length), bytes)).toBe(-1);
      const out = new Uint8Array(length).fill(255);
      expect(decodeInterleaved(data, model, out)).toBe(out);
      expect(difference(out, bytes)).toBe(-1);
      expect(difference(data, referenceEncode(bytes, model.frequencies))).toBe(-1);
    }
  });

  test('many windows, at one word a symbol and at hardly any', () => {
    const rare = new InterleavedModel([1, 4095]);
    for (const [model, value] of [
      [rare, 0],
      [rare, 1],
    ] as const) {
      const bytes = new Uint8Array(300_000).fill(value);
      const data = encodeInterleaved(bytes, model);
      expect(Math.abs(data.length - (300_000 * (value === 0 ? 12 : Math.log2(4096 / 4095))) / 8)).toBeLessThan(140);
      expect(difference(decodeInterleaved(data, model, bytes.length), bytes)).toBe(-1);
    }
    const noise = randomBytes(400_000, 9);
    const uniform = new InterleavedModel(new Array(256).fill(1));
    const data = encodeInterleaved(noise, uniform);
    expect(data.length).toBe(400_128);
    expect(difference(decodeInterleaved(data, uniform, noise.length), noise)).toBe(-1);
  });

  test('one possible symbol costs nothing', () => {
    const model = new InterleavedModel([0, 0, 0, 1]);
    const bytes = new Uint8Array(1000).fill(3);
    expect(encodeInterleaved(bytes, model).length).toBe(0);
    expect(decodeInterleaved(new Uint8Array(0), model, 1000)).toEqual(bytes);
    expect(codeOf(() => decodeInterleaved(new Uint8Array(4), model, 1000))).toBe('corrupt');
    bytes[77] = 4;
    expect(thrown(() => encodeInterleaved(bytes, model)).message).toContain('byte 4, at index 77,');
  });

  test('an impossible symbol is named, wherever it is, and the next call is as before', () => {
    const model = new InterleavedModel([1, 2, 3]);
    const good = drawn(model, 100_000, 1);
    const data = encodeInterleaved(good, model);
    for (const at of [0, 5, 31, 32, CHUNK - 1, CHUNK, 99_990, 99_999]) {
      const bytes = good.slice();
      bytes[at] = 3;
      const error = thrown(() => encodeInterleaved(bytes, model));
      expect(error.code).toBe('impossible-symbol');
      expect(error.message).toContain(`byte 3, at index ${at},`);
    }
    expect(difference(encodeInterleaved(good, model), data)).toBe(-1);
  });

  test('golden vectors', () => {
    for (const { name, weights: list, bytes, table, stream } of vectors) {
      const model = new InterleavedModel(list);
      expect(hex(model.toBytes()), name).toBe(table);
      expect(hex(encodeInterleaved(unhex(bytes), model)), name).toBe(stream);
      expect(hex(decodeInterleaved(unhex(stream), model, bytes.length / 2)), name).toBe(bytes);
    }
  });

  test('models in turn do not mix', () => {
    const models = [new InterleavedModel([1, 2]), new InterleavedModel([5, 4, 3]), new InterleavedModel([1, 2])];
    const all = models.map((model, i) => drawn(model, 1000, i));
    const streams = models.map((model, i) => encodeInterleaved(all[i], model));
    for (const i of [2, 0, 1, 0, 2]) {
      expect(decodeInterleaved(streams[i], models[i], 1000)).toEqual(all[i]);
      expect(encodeInterleaved(all[i], models[i])).toEqual(streams[i]);
    }
  });
});

describe('damage', () => {
  const text = textBytes(3000, 21);
  const model = InterleavedModel.of(text);
  const data = encodeInterleaved(text, model);

  test('a shorter stream is cut short', () => {
    for (let n = 0; n < data.length; n += 7)
      expect(['truncated', 'corrupt']).toContain(codeOf(() => decodeInterleaved(data.subarray(0, n), model, 3000)));
    expect(codeOf(() => decodeInterleaved(data.subarray(0, data.length - 2), model, 3000))).toBe('truncated');
    expect(codeOf(() => decodeInterleaved(data.subarray(0, 127), model, 3000))).toBe('truncated');
    expect(codeOf(() => decodeInterleaved(new Uint8Array(0), model, 1))).toBe('truncated');
  });

  test('more than the stream is too much', () => {
    const longer = new Uint8Array(data.length + 2);
    longer.set(data);
    expect(thrown(() => decodeInterleaved(longer, model, 3000))).toMatchObject({
      code: 'corrupt',
      offset: data.length,
    });
    expect(codeOf(() => decodeInterleaved(data, model, 2999))).toBe('corrupt');
    expect(codeOf(() => decodeInterleaved(data, model, 3001))).toMatch(/corrupt|truncated/);
    expect(codeOf(() => decodeInterleaved(new Uint8Array(2), model, 0))).toBe('corrupt');
    expect(thrown(() => decodeInterleaved(new Uint8Array(4), model, 1)).message).toContain('state 0 is 0');
  });

  test('a changed bit gives an error, or the very stream of other bytes', () => {
    const random = randomOf(5);
    let missed = 0;
    for (let i = 0; i < 300; i++) {
      const bad = data.slice();
      bad[random(bad.length)] ^= 1 << random(8);
      const expected = referenceDecode(bad, model.frequencies, 3000);
      if (expected === undefined) {
        expect(codeOf(() => decodeInterleaved(bad, model, 3000))).toMatch(/corrupt|truncated/);
      } else {
        missed++;
        expect(decodeInterleaved(bad, model, 3000)).toEqual(expected);
        expect(encodeInterleaved(expected, model)).toEqual(bad);
      }
    }
    // docs/interleaved.md says how often.
    expect(missed).toBeLessThan(15);
  });
});

test('the hash is XXH32', () => {
  expect(xxh32(new Uint8Array(0))).toBe(0x02cc5d05);
  expect(xxh32(new TextEncoder().encode('Nobody inspects the spammish repetition'))).toBe(0xe2293b2f);
  for (const length of [0, 1, 4, 15, 16, 17, 31, 32, 100, CHUNK, CHUNK + 7, 2 * CHUNK + 16]) {
    const bytes = randomBytes(length, length);
    const { counts, hash } = survey(bytes);
    expect(hash).toBe(xxh32(bytes));
    const plain = new Float64Array(256);
    for (const byte of bytes) plain[byte]++;
    expect(counts).toEqual(plain);
  }
});
