import { expect, test } from 'vitest';
import { crc32c } from '../src/container/checksums.ts';
import { encodeHeader, parseHeader } from '../src/container/header.ts';
import { list } from '../src/formats/archive.ts';
import { compressSync, decompressSync } from '../src/index.ts';
import { runMutations } from './support/mutations.ts';
import { textBytes } from './support/random.ts';

test('500 damaged archives give their bytes or an error with a code, in time', async () => {
  const { codes, slowest } = await runMutations(500, 20261121);
  expect([...codes.keys()]).toEqual(expect.arrayContaining(['corrupt', 'truncated', 'not-srp', 'unsupported']));
  expect(slowest).toBeLessThan(2000);
});

/** Decodes and counts the bytes of all WebAssembly memories made meanwhile. */
function memoryOf(archive: Uint8Array, options: object): { code: string | undefined; bytes: number } {
  const { Memory } = WebAssembly;
  let bytes = 0;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      bytes += descriptor.initial * 65536;
    }
  };
  try {
    decompressSync(archive, options);
    return { code: undefined, bytes };
  } catch (error) {
    return { code: (error as { code?: string }).code, bytes };
  } finally {
    WebAssembly.Memory = Memory;
  }
}

test('memory is what the header says, and what is refused is never allocated', async () => {
  const archive = compressSync(textBytes(2000, 5));
  const { header } = (await list(archive)).members[0];
  expect(memoryOf(archive, {})).toEqual({ code: undefined, bytes: header.memory });
  expect(memoryOf(archive, { maxMemory: header.memory - 1 })).toEqual({ code: 'limit', bytes: 0 });
  expect(memoryOf(archive, { maxOutputSize: 1999 })).toEqual({ code: 'limit', bytes: 0 });
  const { length } = parseHeader(archive, 0, archive.length)!;
  const body = [...archive.subarray(length)];
  const changed = (change: object) => Uint8Array.from([...encodeHeader({ ...header, ...change }), ...body]);
  // A claim that is not what the parameters give, parameters that are none, a method or revision that does not exist.
  expect(memoryOf(changed({ memory: header.memory + 65536 }), {})).toEqual({ code: 'corrupt', bytes: 0 });
  expect(memoryOf(changed({ parameters: Uint8Array.of(60, 24) }), {})).toEqual({ code: 'corrupt', bytes: 0 });
  expect(memoryOf(changed({ parameters: Uint8Array.of(20) }), {})).toEqual({ code: 'corrupt', bytes: 0 });
  expect(memoryOf(changed({ method: 99 }), {})).toEqual({ code: 'unsupported', bytes: 0 });
  expect(memoryOf(changed({ revision: 99 }), {})).toEqual({ code: 'unsupported', bytes: 0 });
  expect(memoryOf(changed({ kind: 2 }), {})).toEqual({ code: 'unsupported', bytes: 0 });
  // A size that is not there: no buffer of that size, and no time.
  expect(memoryOf(changed({ size: 2 ** 30 }), {})).toMatchObject({ code: 'corrupt' });
  expect(memoryOf(changed({ size: 1999 }), {})).toEqual({ code: 'corrupt', bytes: 0 });
  expect(crc32c(archive.subarray(0, length - 4))).toBe(parseHeader(archive, 0, length)!.crc);
});
