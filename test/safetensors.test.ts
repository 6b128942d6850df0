import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SurprisalError } from '../src/errors.ts';
import {
  readSafetensors,
  type SafetensorsLimits,
  type TensorToWrite,
  writeSafetensors,
} from '../src/networks/safetensors.ts';
import vectors from './vectors/safetensors.json' with { type: 'json' };

const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** A file with this header, unpadded, and so many bytes of numbers. */
function file(header: string | Uint8Array, data: Uint8Array | number = 0, length?: number): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const numbers = typeof data === 'number' ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.length + numbers.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? text.length), true);
  bytes.set(text, 8);
  bytes.set(numbers, 8 + text.length);
  return bytes;
}

const entry = (dtype: string, shape: unknown, offsets: unknown) =>
  JSON.stringify({ dtype, shape, data_offsets: offsets });

function fault(bytes: Uint8Array, limits?: SafetensorsLimits): string {
  try {
    for (const tensor of readSafetensors(bytes, limits).tensors.values()) tensor.float32();
  } catch (error) {
    if (!(error instanceof SurprisalError)) throw error;
    return `${error.code}: ${error.message}`;
  }
  return 'no error';
}

describe('safetensors', () => {
  it('reads what the reference implementation writes', () => {
    for (const { bytes, tensors, metadata } of vectors.files) {
      const found = readSafetensors(bytesOf(bytes));
      expect([...found.tensors.keys()].sort()).toEqual(tensors.map(({ name }) => name).sort());
      expect(Object.fromEntries(found.metadata)).toEqual(metadata);
      for (const { name, shape, values } of tensors) {
        const tensor = found.tensors.get(name)!;
        expect(tensor.shape).toEqual(shape);
        // JSON has written -0.0 and 65504.0; F64 is rounded.
        expect(tensor.float32()).toEqual(Float32Array.from(values));
      }
    }
  });

  it('writes the bytes of the reference implementation, in whatever order the tensors come', () => {
    let written = 0;
    for (const { bytes, tensors, metadata } of vectors.files) {
      const types: Record<string, 'F32' | 'F16'> = { 'torch.float32': 'F32', 'torch.float16': 'F16' };
      if (tensors.some(({ dtype }) => types[dtype] === undefined)) continue;
      const ours: TensorToWrite[] = tensors.map(({ name, shape, values, dtype }) => ({
        name,
        shape,
        data: Float32Array.from(values as number[]),
        type: types[dtype],
      }));
      expect(writeSafetensors(ours, metadata as Record<string, string>)).toEqual(bytesOf(bytes));
      expect(writeSafetensors(ours.reverse(), new Map(Object.entries(metadata)))).toEqual(bytesOf(bytes));
      written++;
    }
    expect(written).toBe(4);
  });

  it('rounds to F16 as PyTorch does', () => {
    const data = new Float32Array(bytesOf(vectors.halves.floats).buffer);
    const bytes = writeSafetensors([{ name: 'x', shape: [data.length], data, type: 'F16' }]);
    expect(bytes.subarray(-2 * data.length)).toEqual(bytesOf(vectors.halves.halves));
    const read = readSafetensors(bytes).tensors.get('x')!.float32();
    const again = writeSafetensors([{ name: 'x', shape: [data.length], data: read, type: 'F16' }]);
    expect(again).toEqual(bytes);
  });

  it('reads every F16, and writes it again', () => {
    const finite = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((half) => (half & 0x7c00) !== 0x7c00);
    const shape = [finite.length];
    const header = `{"x":${entry('F16', shape, [0, 2 * finite.length])}}`;
    const bytes = file(header.padEnd(8 * Math.ceil(header.length / 8)), new Uint8Array(finite.buffer));
    const data = readSafetensors(bytes).tensors.get('x')!.float32();
    expect(writeSafetensors([{ name: 'x', shape, data, type: 'F16' }])).toEqual(bytes);
  });

  it('gives back what was written', () => {
    const name = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !/^__/.test(text));
    const tensor = fc
      .tuple(
        name,
        fc.array(fc.nat(4), { maxLength: 3 }),
        fc.infiniteStream(fc.float({ noNaN: true, noDefaultInfinity: true })),
      )
      .map(([name, shape, values]) => {
        const size = shape.reduce((product, axis) => product * axis, 1);
        return { name, shape, data: Float32Array.from({ length: size }, () => values.next().value) };
      });
    fc.assert(
      fc.property(
        fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 }),
        fc.dictionary(name, fc.string({ unit: 'grapheme' })),
        (tensors, metadata) => {
          const bytes = writeSafetensors(tensors, metadata);
          const found = readSafetensors(bytes);
          expect(found.metadata).toEqual(new Map(Object.entries(metadata)));
          expect(found.tensors.size).toBe(tensors.length);
          for (const { name, shape, data } of tensors) {
            expect(found.tensors.get(name)!.shape).toEqual(shape);
            expect(found.tensors.get(name)!.float32()).toEqual(data);
          }
          expect(writeSafetensors([...tensors].reverse(), found.metadata)).toEqual(bytes);
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  it('refuses a header that does not fit the file, before it reads it', () => {
    expect(fault(new Uint8Array(7))).toMatch(/^truncated/);
    expect(fault(file('{}', 0, 3))).toMatch(/^truncated: .*a header of 3 bytes in a file of 10/);
    expect(fault(file('{}', 0, 100_000_001))).toMatch(/^limit/);
    expect(fault(file('{}', 0, 2 ** 53))).toMatch(/^limit/);
    const all = new Uint8Array(16).fill(255);
    expect(fault(all)).toMatch(/^limit/);
    expect(fault(file('{  }'), { maxHeader: 3 })).toMatch(/^limit/);
    expect(fault(file(`{"a":${entry('F32', [0], [0, 0])}}`), { maxTensors: 0 })).toMatch(/^limit/);
    expect(() => readSafetensors(file('{}'), { maxHeader: Number.NaN })).toThrow(RangeError);
    expect(() => readSafetensors('{}' as never)).toThrow(TypeError);
  });

  it('refuses a header that is not the JSON that it must be', () => {
    const one = entry('F32', [1], [0, 4]);
    const wrong: [string | Uint8Array, RegExp][] = [
      ['', /brace/],
      [' {}', /brace/],
      ['[]', /brace/],
      ['{} {}', /more after/],
      ['{', /quotes/],
      ['{"a":1}', /'\{' was expected/],
      ['{"a', /without an end/],
      ['{"a\\', /without an end/],
      ['{"a\\q":{}}', /none in JSON/],
      ['{"a\u0001":{}}', /none in JSON/],
      ['{"\\ud800":{}}', /surrogate/],
      [Uint8Array.of(123, 34, 0xc3, 0x28, 34, 125), /UTF-8/],
      [Uint8Array.of(0xef, 0xbb, 0xbf, 123, 125), /brace/],
      [`{"a":${one},"a":${one}}`, /two tensors are called 'a'/],
      [`{"a":${one},"\\u0061":${one}}`, /two tensors are called 'a'/],
      [`{"__proto__":${one}}`, /__proto__/],
      ['{"__metadata__":{"__proto__":"x"}}', /__proto__/],
      ['{"__metadata__":{"a":"x","a":"y"}}', /twice/],
      ['{"__metadata__":{"a":1}}', /quotes/],
      ['{"__metadata__":{},"__metadata__":{}}', /two tensors/],
      [`{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, /twice/],
      [`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}`, /nothing that a tensor has/],
      [`{"a":{"dtype":"F32","shape":[1]}}`, /lacks/],
      [`{"a":${one},}`, /quotes/],
      [`{"a":${'['.repeat(100000)}`, /'\{' was expected/],
      [`{"a":${'{"a":'.repeat(100000)}`, /nothing that a tensor has/],
      [`{"a":${entry('F32', [-1], [0, 4])}}`, /whole number/],
      [`{"a":${entry('F32', [1.5], [0, 4])}}`, /whole number/],
      [`{"a":{"dtype":"F32","shape":[1e3],"data_offsets":[0,4000]}}`, /whole number/],
      [`{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}`, /whole number/],
      [`{"a":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]}}`, /whole number/],
      [`{"a":${entry('F32', Array(65).fill(1), [0, 4])}}`, /more than 64/],
      [`{"a":${entry('F32', [2 ** 30, 2 ** 30], [0, 4])}}`, /beyond all memory/],
      [`{"a":${entry('F32', [2 ** 30, 2 ** 30, 0], [0, 0])}}`, /beyond all memory/],
      [`{"a":${entry('F32', [2], [0, 4])}}`, /takes 8 bytes/],
      [`{"a":${entry('F32', [1], [4, 0])}}`, /takes 4 bytes/],
      [`{"a":${entry('F32', [1], [0, 4, 8])}}`, /more than 2/],
    ];
    for (const [header, message] of wrong) {
      expect(fault(file(header, 4))).toMatch(message);
      expect(fault(file(header, 4))).toMatch(/^corrupt/);
    }
    for (const type of ['F8_E4M3', 'C64', 'f32', 'constructor', '__proto__'])
      expect(fault(file(`{"a":${entry(type, [1], [0, 4])}}`, 4))).toMatch(/^unsupported: .*save it as F32/);
    expect(({} as Record<string, unknown>).shape).toBe(undefined);
  });

  it('refuses tensors that overlap, leave holes, or do not end with the file', () => {
    const two = (a: number[], b: number[], size: number) =>
      fault(file(`{"a":${entry('U8', [a[1] - a[0]], a)},"b":${entry('U8', [b[1] - b[0]], b)}}`, size));
    expect(two([0, 4], [4, 8], 8)).toBe('no error');
    expect(two([4, 8], [0, 4], 8)).toBe('no error');
    expect(two([0, 4], [4, 4], 4)).toBe('no error');
    expect(two([0, 4], [3, 8], 8)).toMatch(/^corrupt: .*'b' begins at 3/);
    expect(two([0, 4], [5, 8], 8)).toMatch(/^corrupt: .*'b' begins at 5/);
    expect(two([1, 4], [4, 8], 8)).toMatch(/^corrupt: .*'a' begins at 1/);
    expect(two([0, 4], [0, 4], 8)).toMatch(/^corrupt/);
    expect(two([0, 4], [4, 8], 7)).toMatch(/^truncated/);
    expect(two([0, 4], [4, 8], 9)).toMatch(/^corrupt: .*1 bytes after/);
  });

  it('names the tensor whose number is no number', () => {
    const wrong: [string, number[]][] = [
      ['F32', [0, 0, 192, 127]],
      ['F32', [1, 0, 128, 127]],
      ['F32', [0, 0, 128, 255]],
      ['F16', [0, 124, 0, 0]],
      ['BF16', [0, 0, 128, 127]],
      ['F64', [0, 0, 0, 0, 0, 0, 240, 127]],
      ['F64', [0, 0, 0, 0, 0, 0, 224, 127]],
    ];
    for (const [type, bytes] of wrong) {
      const size = bytes.length / Number(/\d+/.exec(type)![0]) / (1 / 8);
      const header = `{"layer.weight":${entry(type, [size], [0, bytes.length])}}`;
      expect(fault(file(header, Uint8Array.from(bytes)))).toMatch(/^corrupt: .*'layer.weight' .* not finite/);
    }
    const large = file(`{"steps":${entry('I64', [1], [0, 8])}}`, Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 0));
    expect(fault(large)).toMatch(/^unsupported: .*'steps' \(I64\)/);
    expect(fault(file(`{"steps":${entry('U64', [1], [0, 8])}}`, new Uint8Array(8).fill(255)))).toMatch(/^unsupported/);
  });

  it('refuses to write what cannot be read', () => {
    const data = Float32Array.of(1);
    const write = (tensor: object, metadata = {}) =>
      writeSafetensors([{ name: 'a', shape: [1], data, ...tensor } as TensorToWrite], metadata);
    expect(() => write({ data: Float32Array.of(Number.NaN) })).toThrow(/'a': the number at index 0 is NaN/);
    expect(() => write({ data: Float32Array.of(65520), type: 'F16' })).toThrow(/beyond F16/);
    expect(() => write({ shape: [2] })).toThrow(RangeError);
    expect(() => write({ shape: [-1, -1] })).toThrow(RangeError);
    expect(() => write({ type: 'F64' })).toThrow(RangeError);
    expect(() => write({ name: '__metadata__' })).toThrow(RangeError);
    expect(() => write({ name: '\ud800' })).toThrow(RangeError);
    expect(() => write({ data: [1] })).toThrow(TypeError);
    expect(() => write({}, { note: 1 })).toThrow(TypeError);
    expect(() => writeSafetensors([1, 2].map(() => ({ name: 'a', shape: [1], data })))).toThrow(/two tensors/);
  });

  it('survives any damage with an error or with numbers', () => {
    const original = bytesOf(vectors.files[1].bytes);
    const other = bytesOf(vectors.files[2].bytes);
    const change = fc
      .tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(...'{}[],:"0159eE-\\_', ' ')))
      .map(([at, to]) => ({
        at,
        to: typeof to === 'number' ? to : to.charCodeAt(0),
      }));
    let refused = 0;
    fc.assert(
      fc.property(fc.boolean(), fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(3), (which, changes, cut) => {
        const bytes = (which ? original : other).slice(0, cut === 0 ? undefined : -cut);
        for (const { at, to } of changes) bytes[at % bytes.length] = to;
        if (fault(bytes) !== 'no error') refused++;
      }),
      { seed: 2, numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(1000);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void fault(bytes)),
      { seed: 3, numRuns: 1000 },
    );
  });
});
