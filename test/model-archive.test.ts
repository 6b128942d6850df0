/** Archives of sequence models: they come back, and are refused by name where they could not. */
import { describe, expect, it } from 'vitest';
import { SurprisalError } from '../src/errors.ts';
import { hex as mathKernel } from '../src/kernels/generated/math.ts';
import { hex as onlineKernel } from '../src/kernels/generated/online_bits.ts';
import {
  type ArchiveParameters,
  type CodecRegistry,
  decodeArchive,
  encodeArchive,
  kernelHash,
  readArchiveHeader,
} from '../src/sampling/archive.ts';
import { crc32c, readParts, writeArchive } from '../src/sampling/archive-layout.ts';
import { blackBox } from '../src/sampling/black-box.ts';
import { OracleModel } from '../src/sampling/oracle-model.ts';
import { RleOracle } from '../src/sampling/rle.ts';
import { Lz78Model } from '../src/sequence/lz78.ts';
import { words } from './support/inputs.ts';
import { randomOf } from './support/random.ts';

const registry: CodecRegistry = (name, parameters) => {
  if (name === 'lz78') {
    const { alphabetSize = 256 } = parameters as { alphabetSize?: number };
    return { model: new Lz78Model({ alphabetSize, maxNodes: 10_000 }), kernels: 'pure' };
  }
  // Not true, but kernels that are there in every build.
  if (name === 'rle') return { model: new OracleModel(new RleOracle()), kernels: [mathKernel] };
  return undefined;
};
const text = words(600);

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SurprisalError) return error.code;
    throw error;
  }
  return 'none';
}

describe('an archive of a model', () => {
  it('comes back', () => {
    for (const [name, parameters] of [
      ['lz78', { alphabetSize: 256 }],
      ['lz78', {}],
      ['rle', { b: 'x"y', a: -0.5, flag: true }],
    ] as const)
      for (const raw of [text, new Uint8Array(0), Uint8Array.of(7)]) {
        const archive = encodeArchive(raw, name, parameters, registry);
        expect(decodeArchive(archive, registry)).toEqual(raw);
        expect(readArchiveHeader(archive)).toMatchObject({ codec: name, parameters, count: raw.length });
      }
    const large = Uint16Array.from({ length: 300 }, (_, i) => (i * i) % 1000);
    const archive = encodeArchive(large, 'lz78', { alphabetSize: 1000 }, registry);
    expect(decodeArchive(archive, registry)).toEqual(large);
  });

  it('is what it was', () => {
    const archive = encodeArchive(new TextEncoder().encode('abracadabra'), 'lz78', { alphabetSize: 256 }, registry);
    const digits = Array.from(archive, (byte) => byte.toString(16).padStart(2, '0')).join('');
    expect(digits).toMatchInlineSnapshot(
      `"9353514d01046c7a3738147b22616c70686162657453697a65223a3235367d0080020bea58382c0361655ee9e34a0471de25976123fb3ffd0be5aee8"`,
    );
    expect(kernelHash('pure')).toBe('pure');
    expect(kernelHash(['00ff'])).toMatchInlineSnapshot(`"63e16be7c46701e1"`);
    expect(kernelHash(['00', 'ff'])).not.toBe(kernelHash(['00ff']));
    expect(kernelHash([mathKernel])).not.toBe(kernelHash([onlineKernel]));
  });

  it('is refused by name where it could not be read', () => {
    const archive = encodeArchive(text, 'rle', {}, registry);
    expect(codeOf(() => decodeArchive(archive, () => undefined))).toBe('unsupported');
    expect(() => decodeArchive(archive, () => undefined)).toThrow(/'rle'/);
    const other: CodecRegistry = (name, parameters) => ({ ...registry(name, parameters)!, kernels: [onlineKernel] });
    expect(codeOf(() => decodeArchive(archive, other))).toBe('wrong-model');
    const pure: CodecRegistry = (name, parameters) => ({ ...registry(name, parameters)!, kernels: 'pure' });
    expect(codeOf(() => decodeArchive(archive, pure))).toBe('wrong-model');
    const smaller: CodecRegistry = () => ({ model: new Lz78Model({ alphabetSize: 9 }), kernels: [mathKernel] });
    expect(codeOf(() => decodeArchive(archive, smaller))).toBe('wrong-model');
    const fussy: CodecRegistry = () => {
      throw new RangeError('no');
    };
    expect(codeOf(() => decodeArchive(archive, fussy))).toBe('unsupported');
    expect(codeOf(() => decodeArchive(archive, registry, { maxOutputSize: 599 }))).toBe('limit');
    expect(codeOf(() => decodeArchive(text, registry))).toBe('not-srp');
    expect(codeOf(() => decodeArchive(new Uint8Array(0), registry))).toBe('truncated');
    const later = archive.slice();
    later[4] = 2;
    expect(codeOf(() => decodeArchive(later, registry))).toBe('unsupported');
  });

  it('is not made with a black box, nor with what no archive can say', () => {
    const box = new OracleModel(blackBox((bytes) => bytes.length, { estimate: false }));
    // @ts-expect-error: types refuse it too
    const boxes: CodecRegistry = () => ({ model: box, kernels: 'pure' });
    expect(() => encodeArchive(text, 'box', {}, boxes)).toThrow(TypeError);
    expect(() => encodeArchive(text, 'zip', {}, registry)).toThrow(TypeError);
    expect(() => encodeArchive([256], 'lz78', {}, registry)).toThrow(RangeError);
    const any: CodecRegistry = () => registry('rle', {});
    for (const name of ['', 'A', 'a b', 'x'.repeat(65)])
      expect(() => encodeArchive([], name, {}, any)).toThrow(RangeError);
    for (const wrong of [{ a: NaN }, { 'a b': 1 }, { a: 'x'.repeat(5000) }] as ArchiveParameters[])
      expect(() => encodeArchive([], 'a', wrong, any)).toThrow(RangeError);
    expect(() => encodeArchive([], 'a', { a: {} } as never, any)).toThrow(TypeError);
  });

  it('never promises more than its words can hold', () => {
    const parts = readParts(encodeArchive(text, 'lz78', {}, registry));
    expect(codeOf(() => decodeArchive(writeArchive({ ...parts, count: 2 ** 28 }), registry))).toBe('corrupt');
    expect(codeOf(() => decodeArchive(writeArchive({ ...parts, count: 2 ** 40 }), registry))).toBe('limit');
    expect(codeOf(() => decodeArchive(writeArchive({ ...parts, checksum: 1 }), registry))).toBe('corrupt');
    expect(codeOf(() => decodeArchive(writeArchive({ ...parts, count: 599 }), registry))).toBe('corrupt');
    expect(codeOf(() => decodeArchive(writeArchive({ ...parts, alphabetSize: 255 }), registry))).toBe('wrong-model');
    expect(codeOf(() => decodeArchive(writeArchive({ ...parts, alphabetSize: 70_000 }), registry))).toBe('corrupt');
  });

  it('finds every damage, and fails in no other way', () => {
    const archive = encodeArchive(text.subarray(0, 60), 'rle', { order: 3 }, registry);
    for (let length = 0; length < archive.length; length++)
      expect(
        codeOf(() => decodeArchive(archive.subarray(0, length), registry)),
        `${length} bytes`,
      ).toBe('truncated');
    expect(codeOf(() => decodeArchive(Uint8Array.of(...archive, 0), registry))).toBe('corrupt');
    const random = randomOf(5);
    const seen = new Set<string>();
    for (let n = 0; n < 3000; n++) {
      const damaged = archive.slice(0, random(4) === 0 ? random(archive.length) : archive.length);
      for (let k = random(3); k >= 0; k--) if (damaged.length > 0) damaged[random(damaged.length)] = random(256);
      // Half of them with a header whose checksum holds.
      const headerEnd = archive.length - 4 * readParts(archive).words.length;
      if (random(2) === 0 && damaged.length >= headerEnd)
        new DataView(damaged.buffer).setUint32(headerEnd - 4, crc32c(damaged.subarray(0, headerEnd - 4)), true);
      if (damaged.length === archive.length && damaged.every((byte, i) => byte === archive[i])) continue;
      seen.add(codeOf(() => decodeArchive(damaged, registry, { maxOutputSize: 1000 })));
    }
    // Parameters and names that are others, and well formed, are read as such.
    for (const code of seen)
      expect(['corrupt', 'truncated', 'unsupported', 'not-srp', 'wrong-model', 'limit', 'none']).toContain(code);
    expect(seen).toContain('corrupt');
    expect(seen).toContain('wrong-model');
  });
});
