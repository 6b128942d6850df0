import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packBytes, unpackBytes } from '../src/coders/packed-bytes.ts';
import { damagePacked } from './support/packed.ts';
import { randomBytes, textBytes } from './support/random.ts';

function thrown(call: () => unknown): Error & { code?: string; offset?: number } {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

const codeOf = (call: () => unknown) => thrown(call).code;

/** Packs, unpacks, compares; the length packed. */
function packed(bytes: Uint8Array, blockSize?: number): number {
  const data = packBytes(bytes, blockSize === undefined ? {} : { blockSize });
  const back = unpackBytes(data);
  expect(back.length).toBe(bytes.length);
  expect(back.findIndex((byte, i) => byte !== bytes[i])).toBe(-1);
  const blocks = Math.ceil(bytes.length / (blockSize ?? 2 ** 17));
  expect(data.length).toBeLessThanOrEqual(bytes.length + 6 * blocks + 14);
  return data.length;
}

describe('packed bytes', () => {
  test('come back, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(255), fc.nat(255), fc.integer({ min: 1, max: 900 })), { maxLength: 6 }),
        fc.constantFrom(1024, 2048, 131072),
        (parts, blockSize) => {
          const bytes = parts.flatMap(([value, mask, length]) =>
            Array.from(randomBytes(length, value), (byte) => (byte & mask) ^ value),
          );
          packed(Uint8Array.from(bytes), blockSize);
        },
      ),
      { seed: 4, numRuns: 200 },
    );
  });

  test('edges', () => {
    expect(packed(new Uint8Array(0))).toBe(6);
    expect(packed(Uint8Array.of(7))).toBe(12);
    expect(packed(new Uint8Array(1_000_000))).toBeLessThan(80);
    expect(packed(randomBytes(300_000, 1))).toBe(300_000 + 8 + 3 * 5);
    for (const length of [131071, 131072, 131073]) packed(textBytes(length, 2));
  });

  test('a table is used again where a new one would cost more', () => {
    const text = textBytes(40_000, 3);
    const once = packed(text, 2 ** 16);
    expect(packed(text, 2 ** 13) - once).toBeLessThan(4 * 135);
    // Different halves need different tables.
    const halves = new Uint8Array(2 ** 14);
    halves.set(textBytes(2 ** 13, 4).map((byte) => byte ^ 128));
    halves.set(textBytes(2 ** 13, 4), 2 ** 13);
    expect(packed(halves, 2 ** 13)).toBeLessThan(packed(halves, 2 ** 14));
  });

  test('golden', () => {
    const bytes = Uint8Array.from({ length: 1100 }, (_, i) => (i < 1024 ? (i % 7 === 0 ? 1 : 0) : i));
    const data = packBytes(bytes, { blockSize: 1024 });
    const hex = Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join('');
    expect(data.length).toBe(292);
    expect(hex.slice(0, 40)).toBe('494c42010acc0801c00158e8592f01490f100056');
    expect(hex.slice(-12)).toBe('4a4b64eb3ca5');
    const offset = new Uint8Array(400);
    offset.set(data, 33);
    expect(unpackBytes(offset.subarray(33, 33 + data.length))).toEqual(bytes);
  });

  test('what is wrong has a code', () => {
    const text = textBytes(3000, 5);
    const data = packBytes(text, { blockSize: 1024 });
    for (let n = 0; n < data.length; n++) expect(codeOf(() => unpackBytes(data.subarray(0, n)))).toMatch(/truncated/);
    const changed = (at: number, value: number) => {
      const bad = data.slice();
      bad[at] = value;
      return bad;
    };
    expect(codeOf(() => unpackBytes(changed(0, 65)))).toBe('corrupt');
    expect(codeOf(() => unpackBytes(changed(3, 2)))).toBe('unsupported');
    expect(codeOf(() => unpackBytes(changed(4, 9)))).toBe('corrupt');
    expect(codeOf(() => unpackBytes(changed(4, 21)))).toBe('corrupt');
    expect(codeOf(() => unpackBytes(changed(7, 3)))).toBe('corrupt');
    expect(thrown(() => unpackBytes(changed(7, 2))).message).toContain('there is none');
    expect(thrown(() => unpackBytes(changed(data.length - 1, data[data.length - 1] ^ 1))).message).toContain('hash');
    expect(codeOf(() => unpackBytes(Uint8Array.from([...data, 0])))).toBe('corrupt');
    expect(codeOf(() => unpackBytes(data, { maxLength: 2999 }))).toBe('limit');
    expect(unpackBytes(data, { maxLength: 3000 })).toEqual(text);
    expect(thrown(() => packBytes(text, { blockSize: 1000 }))).toBeInstanceOf(RangeError);
    expect(thrown(() => packBytes(text, { blockSize: 512 }))).toBeInstanceOf(RangeError);
    expect(thrown(() => packBytes('text' as never))).toBeInstanceOf(TypeError);
    expect(thrown(() => unpackBytes(data, { maxLength: -1 }))).toBeInstanceOf(RangeError);
  });

  test('a claim of much needs much', () => {
    // 2^30 bytes in blocks of 2^10, and of 2^20: nothing of that size is allocated.
    for (const exponent of [10, 20]) {
      const claim = Uint8Array.of(0x49, 0x4c, 0x42, 1, exponent, 0x80, 0x80, 0x80, 0x80, 4, 0, 0, 0, 0, 0);
      expect(codeOf(() => unpackBytes(claim))).toBe('truncated');
    }
    const more = Uint8Array.of(0x49, 0x4c, 0x42, 1, 20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1);
    expect(codeOf(() => unpackBytes(more))).toBe('limit');
    const overlong = Uint8Array.of(0x49, 0x4c, 0x42, 1, 20, 0x80, 0);
    expect(codeOf(() => unpackBytes(overlong))).toBe('corrupt');
  });

  test('500 damaged packings give their bytes or an error with a code', () => {
    const codes = damagePacked(500, 1);
    expect([...codes.keys()].filter((code) => code === 'other bytes')).toEqual([]);
    expect([...codes.keys()]).toEqual(expect.arrayContaining(['corrupt', 'truncated', 'unsupported', 'limit']));
  });
});
