// The kernels are held against the plain reference, bit for bit.
import { describe, expect, test } from 'vitest';
import { exp, log } from '../src/kernels/math.ts';
import { OnlineDecoder, OnlineEncoder, type OnlineParameters } from '../src/sequence/online.ts';
import { OnlineModel } from '../src/sequence/online-bits.ts';
import { HISTORIES, IDENTITY, ReferenceModel, STRETCH, SUCCESSORS, squash } from './reference/online.ts';
import { decodeReference, encodeReference } from './reference/range.ts';
import { counting, json, mixture, noise, records, runs, words } from './support/inputs.ts';
import { layout, plainKernel } from './support/online_kernel.ts';

const small = { tableBits: 16, historyBits: 12 };

/** Bits before the first of which the probabilities differ, or all of them. */
function agreement(parameters: OnlineParameters, bytes: Uint8Array): number {
  const kernel = new OnlineModel({ parameters });
  const reference = new ReferenceModel(parameters);
  let bits = 0;
  for (const byte of bytes)
    for (let k = 7; k >= 0; k--, bits++) {
      if (kernel.predict() !== reference.predict()) return bits;
      kernel.update((byte >> k) & 1);
      reference.update((byte >> k) & 1);
    }
  return kernel.predict() === reference.predict() ? bits : bits - 1;
}

function encode(parameters: OnlineParameters, bytes: Uint8Array): Uint8Array {
  const encoder = new OnlineEncoder(parameters);
  encoder.begin();
  encoder.encode(bytes);
  return encoder.end();
}

// The smallest tables hold 4096 slots and the smallest history 4096 bytes: both are overrun many times.
const cases: readonly [string, () => Uint8Array, OnlineParameters][] = [
  ['nothing', () => new Uint8Array(0), small],
  ['one byte', () => Uint8Array.of(200), small],
  ['text', () => words(24_000), small],
  ['text', () => words(12_000), { tableBits: 20, historyBits: 16 }],
  ['JSON', () => json(20_000), { tableBits: 18, historyBits: 14 }],
  ['random bytes', () => noise(8000), small],
  ['long runs', () => runs(20_000), { tableBits: 16, historyBits: 20 }],
  ['zeros', () => new Uint8Array(9000), small],
  ['ones', () => new Uint8Array(3000).fill(255), small],
  ['records', () => records(20_000), { tableBits: 17, historyBits: 13 }],
  ['every byte value', () => counting(5000), small],
  ['a mixture', () => mixture(32_000), { tableBits: 16, historyBits: 13 }],
];

describe('every probability is the reference’s', () => {
  test.each(cases)('%s', (_, make, parameters) => {
    const bytes = make();
    expect(agreement(parameters, bytes)).toBe(8 * bytes.length);
  });

  test('across a history of more than a lap, with matches that lie a lap back', () => {
    const text = words(4096 + 50);
    expect(agreement(small, Uint8Array.from([...text, ...text, ...noise(40), ...text]))).toBe((3 * 4146 + 40) * 8);
  });
});

describe('every coded byte is the reference’s', () => {
  test.each(cases.filter(([name]) => name !== 'a mixture'))('%s', (_, make, parameters) => {
    const bytes = make().subarray(0, 6000);
    const coded = encode(parameters, bytes);
    expect(coded).toEqual(encodeReference(new ReferenceModel(parameters), bytes));
    expect(decodeReference(new ReferenceModel(parameters), coded, bytes.length)).toEqual(bytes);
  });

  test('what hostile coded bytes decode to', () => {
    for (const coded of [noise(300), new Uint8Array(0), Uint8Array.of(255), new Uint8Array(50).fill(255)]) {
      const decoder = new OnlineDecoder(small);
      decoder.begin(coded);
      const bytes = new Uint8Array(500);
      decoder.decode(bytes);
      expect(bytes).toEqual(decodeReference(new ReferenceModel(small), coded, 500));
    }
  });
});

describe('parts of the reference', () => {
  test('bit histories fit a byte, and larger numbers have seen more', () => {
    expect(HISTORIES.length).toBeLessThanOrEqual(256);
    expect(HISTORIES.length).toBe(193);
    expect(HISTORIES[0]).toEqual({ exact: '' });
  });

  test('its tables are the kernel’s, every entry', () => {
    const { buffer } = plainKernel(small).memory;
    expect(new Float32Array(buffer, layout.STRETCH, 4096)).toEqual(STRETCH);
    expect([...new Uint16Array(buffer, layout.IDENTITY, 16)]).toEqual(IDENTITY);
    expect([...new Uint8Array(buffer, layout.NEXT, 2 * HISTORIES.length)]).toEqual(SUCCESSORS.flat());
  });

  test('squash is within 4e-6 of the logistic function and increases', () => {
    let before = 0;
    for (let x = -11.5; x <= 11.5; x += 1 / 64) {
      const exact = 1 / (1 + exp(-x));
      expect(Math.abs(squash(x) - exact) / exact).toBeLessThan(4e-6);
      expect(squash(x)).toBeGreaterThan(before);
      before = squash(x);
    }
  });

  test('tables do not hang on the last place of the host’s functions', () => {
    for (let i = 0; i < 4096; i++) {
      const p = (i + 0.5) / 4096;
      const exact = log(p / (1 - p));
      for (const ulp of [-1, 1]) expect(Math.fround(exact * (1 + ulp * 2 ** -52))).toBe(Math.fround(exact));
    }
    for (let i = 0; i < 16; i++) {
      const exact = 65535 / (1 + exp(7.5 - i));
      for (const ulp of [-1, 1]) expect(Math.floor(exact * (1 + ulp * 2 ** -51))).toBe(Math.floor(exact));
    }
  });
});
