import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NpyData, readNpy, writeNpy } from '../src/coders/npy.ts';
import { SurprisalError } from '../src/errors.ts';

const latin = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** A file with this header text, unpadded, and these bytes of elements. */
function file(header: string, data: number[] = [], version = 1): Uint8Array {
  const size = [header.length & 255, header.length >> 8];
  if (version === 2) size.push(0, 0);
  return Uint8Array.from([...latin('\x93NUMPY'), version, 0, ...size, ...latin(header), ...data]);
}

const codeOf = (bytes: Uint8Array, type?: typeof Uint32Array) => {
  try {
    if (type) readNpy(bytes, type);
    else readNpy(bytes);
  } catch (error) {
    return (error as SurprisalError).code;
  }
  return 'no error';
};

describe('.npy', () => {
  it('writes the bytes of numpy.save', () => {
    const text = "{'descr': '<u4', 'fortran_order': False, 'shape': (2,), }";
    const bytes = writeNpy(Uint32Array.of(1, 0xdeadbeef));
    expect([...bytes]).toEqual([
      ...latin(`\x93NUMPY\x01\0\x76\0${text.padEnd(117)}\n`),
      ...[1, 0, 0, 0, 0xef, 0xbe, 0xad, 0xde],
    ]);
  });

  it('reads what other writers may write: version 2, other orders of the keys, other quotes, no padding', () => {
    const { data, shape } = readNpy(
      file('{"shape":(2,1),"fortran_order":False,"descr":"<u2"}', [1, 0, 0, 2], 2),
      Uint16Array,
    );
    expect(data).toEqual(Uint16Array.of(1, 512));
    expect(shape).toEqual([2, 1]);
    expect(readNpy(file("{'descr': '|u1', 'fortran_order': True, 'shape': (), }\n", [7]))).toEqual({
      data: Uint8Array.of(7),
      shape: [],
    });
    expect(readNpy(file("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 9007199254740991), }"))).toEqual({
      data: new Float64Array(0),
      shape: [0, 9007199254740991],
    });
  });

  it('restores arrays of every type, from any offset', () => {
    const arrays: NpyData[] = [
      Uint8Array.of(255, 0),
      Int8Array.of(-128, 127),
      Uint16Array.of(65535, 1),
      Int16Array.of(-32768, 2),
      Uint32Array.of(2 ** 32 - 1, 3),
      Int32Array.of(-(2 ** 31), 4),
      Float32Array.of(Math.fround(0.1), -0),
      Float64Array.of(NaN, 5e-324),
      new Uint32Array(0),
      new Uint32Array([9, 8, 7, 6]).subarray(1, 3),
    ];
    for (const array of arrays) {
      const bytes = new Uint8Array(writeNpy(array).length + 3);
      bytes.set(writeNpy(array), 3);
      expect(readNpy(bytes.subarray(3))).toEqual({ data: array, shape: [array.length] });
    }
    expect(readNpy(writeNpy(Int32Array.of(1, 2, 3, 4, 5, 6), [2, 3])).shape).toEqual([2, 3]);
  });

  it('says what is wrong', () => {
    const good = "{'descr': '<u4', 'fortran_order': False, 'shape': (1,), }";
    expect(codeOf(latin('PK\x03\x04 something else'))).toBe('corrupt');
    expect(codeOf(file(good, [0, 0, 0, 0], 3))).toBe('unsupported');
    expect(codeOf(file(good, [0, 0, 0, 0, 0]))).toBe('corrupt');
    expect(codeOf(file(good.replace('<u4', '<i8'), [0, 0, 0, 0]))).toBe('unsupported');
    expect(codeOf(file(good.replace('<u4', '>u4'), [0, 0, 0, 0]))).toBe('unsupported');
    expect(codeOf(file(good.replace('<u4', 'constructor'), [0, 0, 0, 0]))).toBe('unsupported');
    expect(codeOf(file(good.replace("'<u4'", "[('a', '<u4')]"), [0, 0, 0, 0]))).toBe('unsupported');
    expect(codeOf(file(good.replace('(1,)', '(1, 1)').replace('False', 'True'), [0, 0, 0, 0]))).toBe('unsupported');
    expect(codeOf(file(good.replace('<u4', '<f4'), [0, 0, 0, 0]), Uint32Array)).toBe('unsupported');
    for (const header of [
      '',
      'None',
      good + 'x',
      good.replace('(1,)', '(-1,)'),
      good.replace('(1,)', '(01,)'),
      good.replace('(1,)', '(1 1)'),
      good.replace('(1,)', '1'),
      good.replace('(1,)', `(${'1, '.repeat(65)})`),
      good.replace("'shape': (1,), ", ''),
      good.replace("'shape'", "'descr': '<u4', 'shape'"),
      good.replace('False', '0'),
      good.replace('descr', 'other'),
    ])
      expect(codeOf(file(header, [0, 0, 0, 0])), header).toBe('corrupt');
    expect(codeOf(Uint8Array.of(...latin('\x93NUMPY\x02\0'), 255, 255, 255, 255))).toBe('unsupported');
    const whole = writeNpy(Float64Array.of(1, 2, 3));
    for (let length = 0; length < whole.length; length++) expect(codeOf(whole.subarray(0, length))).toBe('truncated');
    expect(codeOf(file(good.replace('(1,)', '(9007199254740991, 9007199254740991)')))).toBe('truncated');

    expect(() => readNpy('text' as unknown as Uint8Array)).toThrow(TypeError);
    expect(() => readNpy(whole, BigInt64Array as unknown as typeof Uint32Array)).toThrow(TypeError);
    expect(() => writeNpy([1, 2] as unknown as Uint32Array)).toThrow(TypeError);
    expect(() => writeNpy(Uint32Array.of(1, 2), [3])).toThrow(RangeError);
    expect(() => writeNpy(Uint32Array.of(1, 2), [-1, -2])).toThrow(RangeError);
  });

  it('takes any damage', () => {
    const whole = writeNpy(Int32Array.of(1, 2, 3, 4), [2, 2]);
    const edit = fc.record({ at: fc.nat(whole.length - 1), kind: fc.nat(2), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
        const bytes = [...whole];
        for (const { at, kind, byte } of edits) bytes.splice(at, kind === 0 ? 0 : 1, ...(kind === 1 ? [] : [byte]));
        try {
          const { data, shape } = readNpy(Uint8Array.from(bytes));
          expect(shape.reduce((count, size) => count * size, 1)).toBe(data.length);
        } catch (error) {
          expect(error).toBeInstanceOf(SurprisalError);
        }
      }),
      { seed: 7, numRuns: 3000 },
    );
    // Long headers that are nearly right take time that grows with their length only.
    for (const filler of [' ', '1, ', "'a':", '((((', '\n'])
      expect(codeOf(file(`{'shape': (${filler.repeat(10000)}`, [0]))).toMatch(/corrupt|truncated/);
  });
});
