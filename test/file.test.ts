import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { list } from '../src/formats/archive.ts';
import { FileEncoder } from '../src/formats/file.ts';
import {
  compress,
  compressChunks,
  compressStream,
  compressSync,
  decompress,
  decompressChunks,
  decompressStream,
  decompressSync,
} from '../src/index.ts';
import { randomBytes, randomOf, textBytes } from './support/random.ts';

const joined = (parts: Uint8Array[]) => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};
const collect = async (parts: AsyncIterable<Uint8Array>) => {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return joined(all);
};
const streamed = async (chunks: Uint8Array[], through: TransformStream<Uint8Array, Uint8Array>) => {
  const writer = through.writable.getWriter();
  const writing = (async () => {
    for (const chunk of chunks) await writer.write(chunk);
    await writer.close();
  })();
  const out = new Uint8Array(
    await new Response(through.readable as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
  await writing;
  return out;
};
/** toEqual on long arrays is slow. */
const same = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);

const mixed = joined([textBytes(70_000, 1), randomBytes(50_000, 2), textBytes(30_000, 3)]);

describe('round trips', () => {
  test('any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => same(decompressSync(compressSync(bytes)), bytes)),
      { seed: 5, numRuns: 60 },
    );
  });

  test('text, random bytes, several blocks and segments, in all variants', async () => {
    for (const [bytes, options] of [
      [new Uint8Array(0), {}],
      [textBytes(5000, 4), {}],
      [mixed, { segmentSize: 65_536 }],
    ] as const) {
      const archive = compressSync(bytes, options);
      expect(same(decompressSync(archive), bytes)).toBe(true);
      expect(same(await compress(bytes, options), archive)).toBe(true);
      expect(same(await decompress(archive), bytes)).toBe(true);
      const size = { ...options, size: bytes.length };
      expect(same(await collect(compressChunks([bytes], size)), archive)).toBe(true);
      expect(same(await streamed([bytes], compressStream(size)), archive)).toBe(true);
      expect(same(await streamed([archive], decompressStream()), bytes)).toBe(true);
      expect(same(await collect(decompressChunks([archive])), bytes)).toBe(true);
    }
  });

  test('the cut of the input never changes a byte, nor that of the archive', () => {
    const random = randomOf(7);
    for (const options of [{}, { segmentSize: 65_536 }, { segmentSize: 80_000, size: mixed.length }]) {
      const reference = [...chunked(mixed, [])];
      expect(reference.length).toBe(1);
      const encode = (cuts: number[]) => {
        const encoder = new FileEncoder(options);
        const parts: Uint8Array[] = [];
        for (const chunk of chunked(mixed, cuts))
          for (const piece of encoder.push(chunk)) if (piece) parts.push(piece.slice());
        for (const piece of encoder.end()) if (piece) parts.push(piece.slice());
        return joined(parts);
      };
      const expected = encode([]);
      for (let i = 0; i < 2; i++) {
        const cuts = Array.from({ length: 1 + random(30) }, () => random(mixed.length));
        expect(same(encode(cuts), expected)).toBe(true);
      }
      // Below one block an input's size need not be told.
      if (!('size' in options))
        expect(same(encode([]), compressSync(mixed, options))).toBe(options.segmentSize === undefined);
    }
  });

  function* chunked(bytes: Uint8Array, cuts: number[]): Generator<Uint8Array> {
    let from = 0;
    for (const to of [...cuts].sort((a, b) => a - b)) {
      yield bytes.slice(from, to);
      from = to;
    }
    yield bytes.slice(from);
  }

  test('concatenated archives decode in sequence', async () => {
    const [a, b] = [textBytes(3000, 8), randomBytes(500, 9)];
    const archive = joined([compressSync(a), compressSync(new Uint8Array(0)), compressSync(b)]);
    expect(same(decompressSync(archive), joined([a, b]))).toBe(true);
    expect(same(await streamed([archive], decompressStream()), joined([a, b]))).toBe(true);
    expect(() => decompressSync(joined([archive, Uint8Array.of(0)]))).toThrow(
      expect.objectContaining({ code: 'corrupt' }),
    );
  });
});

describe('size', () => {
  test('an archive is at most 0.1 % and 64 bytes larger than its input', async () => {
    const lengths = [0, 1, 2, 31, 32, 100, 127, 128, 129, 999, 1000, 4095, 4096, 5000, 16_384, 20_000, 65_536];
    for (const length of lengths)
      expect(compressSync(randomBytes(length, length)).length).toBeLessThanOrEqual(length * 1.001 + 64);
    const large = randomBytes(140_000, 10);
    for (const options of [{}, { segmentSize: 65_536 }])
      expect(compressSync(large, options).length).toBeLessThanOrEqual(large.length * 1.001 + 64);
    const { members } = await list(compressSync(large, { segmentSize: 65_536 }));
    expect(members[0].segments.flatMap(({ blocks }) => blocks.map(({ stored }) => stored))).toEqual([true, true, true]);
  });

  test('a stored block teaches the model of both sides', () => {
    const noise = randomBytes(1_048_576, 11);
    const bytes = joined([noise, textBytes(40_000, 12)]);
    expect(same(decompressSync(compressSync(bytes)), bytes)).toBe(true);
  });
});

describe('options', () => {
  test('name and time are kept, and off by default', async () => {
    const bytes = textBytes(100, 13);
    const { members } = await list(compressSync(bytes, { name: 'grüße.txt', mtime: -1500 }));
    expect(members[0].header).toMatchObject({ name: 'grüße.txt', mtime: -1500, size: 100 });
    const bare = (await list(compressSync(bytes))).members[0].header;
    expect(bare.name).toBeUndefined();
    expect(bare.mtime).toBeUndefined();
  });

  test('wrong arguments are refused with a code', async () => {
    const type = expect.objectContaining({ name: 'TypeError', code: 'invalid-type' });
    const range = expect.objectContaining({ name: 'RangeError', code: 'invalid-argument' });
    const none = new Uint8Array(0);
    expect(() => compressSync('text' as never)).toThrow(type);
    expect(() => compressSync(none, { level: 7 as never })).toThrow(type);
    expect(() => compressSync(none, { level: 'max' as never })).toThrow(/use 'fast'/);
    expect(() => compressSync(none, { level: 'best' as never })).toThrow(range);
    expect(() => compressSync(none, { segmentSize: 1000 })).toThrow(range);
    expect(() => compressSync(none, { size: 1 })).toThrow(range);
    expect(() => compressSync(none, { mtime: 0.5 })).toThrow(range);
    expect(() => compressSync(none, { name: '' })).toThrow(range);
    expect(() => compressSync(none, { name: 'x'.repeat(5000) })).toThrow(range);
    expect(() => decompressSync(none, { maxMemory: -1 })).toThrow(range);
    expect(() => decompressSync(none, null as never)).toThrow(type);
    await expect(compress(none, { signal: 'now' as never })).rejects.toEqual(type);
    await expect(compress(none, { progress: 5 as never })).rejects.toEqual(type);
    expect(() => compressChunks(none as never)).toThrow(type);
    await expect(collect(compressChunks(['text'] as never))).rejects.toEqual(type);
    await expect(collect(compressChunks([Uint8Array.of(1, 2)], { size: 1 }))).rejects.toEqual(range);
    await expect(collect(compressChunks([Uint8Array.of(1)], { size: 2 }))).rejects.toEqual(range);
  });

  test('limits hold before anything is allocated', async () => {
    const limit = expect.objectContaining({ name: 'SurprisalError', code: 'limit' });
    const bytes = textBytes(3000, 14);
    const archive = compressSync(bytes);
    expect(() => compressSync(bytes, { maxMemory: 65_536 })).toThrow(limit);
    expect(() => decompressSync(archive, { maxMemory: 65_536 })).toThrow(limit);
    expect(() => decompressSync(archive, { maxOutputSize: 2999 })).toThrow(limit);
    expect(decompressSync(archive, { maxOutputSize: 3000 }).length).toBe(3000);
    // The limit counts all members, and a stream's blocks where no size is stated.
    expect(() => decompressSync(joined([archive, archive]), { maxOutputSize: 5999 })).toThrow(limit);
    const large = await collect(compressChunks([mixed], { segmentSize: 65_536 }));
    await expect(collect(decompressChunks([large], { maxOutputSize: 100_000 }))).rejects.toEqual(limit);
  });
});

describe('jobs', () => {
  test('progress rises to the total', async () => {
    const bytes = textBytes(300_000, 15);
    const seen: { done: number; total?: number }[] = [];
    const archive = await compress(bytes, { progress: (p) => seen.push(p) });
    expect(seen.at(-1)).toEqual({ done: bytes.length, total: bytes.length });
    expect(seen.every(({ done }, i) => i === 0 || done >= seen[i - 1].done)).toBe(true);
    seen.length = 0;
    await decompress(archive, { progress: (p) => seen.push(p) });
    expect(seen.at(-1)).toEqual({ done: bytes.length, total: bytes.length });
  });

  test('the event loop gets its turn', async () => {
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    await compress(textBytes(600_000, 16));
    clearInterval(timer);
    // 50 ms on a quiet machine; this one may be busy.
    expect(longest).toBeLessThan(500);
  });

  test('a signal stops a job with its reason', async () => {
    const bytes = textBytes(900_000, 17);
    await expect(compress(bytes, { signal: AbortSignal.abort(new Error('early')) })).rejects.toThrow('early');
    const aborter = new AbortController();
    const progress = () => aborter.abort(new Error('enough'));
    await expect(compress(bytes, { signal: aborter.signal, progress })).rejects.toThrow('enough');
  });

  test('a signal stops a job that waits for its input', async () => {
    const aborter = new AbortController();
    setTimeout(() => aborter.abort(new Error('enough')), 10);
    const silent = new ReadableStream<Uint8Array>();
    await expect(
      collect(
        compressChunks(
          (async function* () {
            await silent.getReader().read();
            yield new Uint8Array(0);
          })(),
          { signal: aborter.signal },
        ),
      ),
    ).rejects.toThrow('enough');
  });

  test('a stream fails on both sides', async () => {
    const { readable, writable } = decompressStream();
    const writer = writable.getWriter();
    const writing = expect(writer.write(textBytes(100, 18))).rejects.toMatchObject({ code: 'not-srp' });
    await expect(readable.getReader().read()).rejects.toMatchObject({ code: 'not-srp' });
    await writing;
    await expect(writer.write(textBytes(100, 18))).rejects.toMatchObject({ code: 'not-srp' });
    await writer.closed.catch(() => {});
  });

  test('a stream whose reader leaves stops', async () => {
    const { readable, writable } = compressStream();
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    const reading = readable.cancel('gone');
    await expect(writer.write(textBytes(100, 19)).then(() => writer.write(textBytes(100, 19)))).rejects.toBeDefined();
    await reading;
  });
});
