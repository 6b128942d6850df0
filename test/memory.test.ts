/** What the library holds and for how long: models, the caller's bytes, the input of a stream. */
import { describe, expect, test } from 'vitest';
import { parseHeader } from '../src/container/header.ts';
import { list, type RecoveredPiece, recover } from '../src/formats/archive.ts';
import { FileDecoder, FileEncoder, type Work } from '../src/formats/file.ts';
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
import { countMemories } from './support/memories.ts';
import { forgedBlock } from './support/mutations.ts';
import { randomBytes, textBytes } from './support/random.ts';

const joined = (parts: readonly Uint8Array[]) => {
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
  for await (const part of parts) all.push(part.slice());
  return joined(all);
};

/**
 * Bytes whose `slice` is a view, as that of a Node Buffer is, in a buffer that they do not begin. Where there are
 * Buffers they are one.
 */
function bufferOf(bytes: Uint8Array): Uint8Array {
  const { Buffer } = globalThis as { Buffer?: { from(a: ArrayBuffer, offset: number, length: number): Uint8Array } };
  const whole = new ArrayBuffer(bytes.length + 7);
  let made: Uint8Array;
  if (Buffer !== undefined) made = Buffer.from(whole, 5, bytes.length);
  else {
    made = new Uint8Array(whole, 5, bytes.length);
    made.slice = made.subarray as typeof made.slice;
  }
  made.set(bytes);
  return made;
}

/** One buffer for every chunk, overwritten as soon as the next is asked for. */
function* reused(bytes: Uint8Array, length: number): Generator<Uint8Array, void, void> {
  const shared = bufferOf(new Uint8Array(length));
  for (let at = 0; at < bytes.length; at += length) {
    const part = bytes.subarray(at, at + length);
    shared.set(part);
    yield shared.subarray(0, part.length);
    shared.fill(0xee);
  }
}

const raw = joined([textBytes(70_000, 1), randomBytes(3000, 2), textBytes(66_000, 3)]);
const options = { segmentSize: 65_536, size: raw.length, name: 'buffers' };
const archive = compressSync(raw, options);
const small = compressSync(textBytes(50, 4), { name: 'small' });

describe('bytes that belong to the caller', () => {
  test('are read, and may be overwritten: pushed', () => {
    for (const length of [1, 7, 40_000]) {
      const input = length === 1 ? raw.subarray(0, 500) : raw;
      const known = length === 1 ? { ...options, segmentSize: undefined, size: 500 } : options;
      const expected = compressSync(input, known);
      const drive = (coder: { push(bytes: Uint8Array): Work; end(): Work }, bytes: Uint8Array) => {
        const out: Uint8Array[] = [];
        for (const chunk of reused(bytes, length)) for (const piece of coder.push(chunk)) if (piece) out.push(piece);
        for (const piece of coder.end()) if (piece) out.push(piece);
        return joined(out);
      };
      expect(drive(new FileEncoder(known), input)).toEqual(expected);
      expect(drive(new FileDecoder(), expected)).toEqual(input);
    }
    // The header is kept by the decoder.
    const decoder = new FileDecoder();
    for (const chunk of reused(archive.subarray(0, 200), 200)) for (const _ of decoder.push(chunk));
    expect(decoder.header).toEqual(parseHeader(archive, 0, archive.length)!.header);
  });

  test('are read, and may be overwritten: in one call', async () => {
    for (const [bytes, coded] of [
      [raw, archive],
      [textBytes(50, 4), small],
    ] as const) {
      const known = coded === archive ? options : { name: 'small' };
      const input = bufferOf(bytes);
      const output = bufferOf(coded);
      const made = [compressSync(input, known), await compress(input, known)];
      const restored = [decompressSync(output), await decompress(output)];
      input.fill(1);
      output.fill(1);
      for (const one of made) expect(one).toEqual(coded);
      for (const one of restored) expect(one).toEqual(bytes);
    }
  });

  test('are read, and may be overwritten: chunks and streams', async () => {
    expect(await collect(compressChunks(reused(raw, 5000), options))).toEqual(archive);
    expect(await collect(decompressChunks(reused(archive, 333)))).toEqual(raw);
    const through = async (bytes: Uint8Array, length: number, pair: TransformStream<Uint8Array, Uint8Array>) => {
      const writer = pair.writable.getWriter();
      const writing = (async () => {
        // `reused` overwrites a chunk once its write has resolved.
        for (const chunk of reused(bytes, length)) await writer.write(chunk);
        await writer.close();
      })();
      const reader = pair.readable.getReader();
      const out: Uint8Array[] = [];
      for (let step = await reader.read(); !step.done; step = await reader.read()) out.push(step.value);
      await writing;
      return joined(out);
    };
    expect(await through(raw, 5000, compressStream(options))).toEqual(archive);
    expect(await through(archive, 333, decompressStream())).toEqual(raw);
  });

  test('are read, and may be overwritten: archives that are looked into', async () => {
    const buffer = bufferOf(archive);
    const listing = await list({
      size: archive.length,
      read: (at, length) => bufferOf(archive.subarray(at, at + length)),
    });
    expect(await list(buffer)).toEqual(listing);
    buffer[300] ^= 1;
    const pieces: RecoveredPiece[] = [];
    for await (const piece of recover(buffer)) pieces.push(piece);
    const { members } = await list(buffer);
    buffer.fill(0);
    expect(members).toEqual(listing.members);
    expect(pieces.map(({ type }) => type)).toEqual(['lost', 'data', 'data']);
    for (const piece of pieces)
      if (piece.type === 'data')
        expect(piece.bytes).toEqual(raw.subarray(piece.rawOffset, piece.rawOffset + piece.bytes.length));
  });
});

describe('models', () => {
  test('one memory serves all segments and members of equal parameters', async () => {
    expect((await countMemories(() => compressSync(raw, options))).length).toBe(1);
    expect((await countMemories(() => decompressSync(archive))).length).toBe(1);
    expect((await countMemories(() => decompressSync(joined([archive, archive])))).length).toBe(1);
    expect((await countMemories(() => collect(compressChunks([raw], options)))).length).toBe(1);
    const damaged = archive.slice();
    damaged[300] ^= 1;
    const recovering = async () => {
      for await (const _ of recover(damaged));
    };
    expect((await countMemories(recovering)).length).toBe(1);
  });

  test('other parameters take another', async () => {
    const other = compressSync(textBytes(9000, 5));
    const seen = await countMemories(() => {
      const both = decompressSync(joined([archive, other, other]));
      expect(both.length).toBe(raw.length + 18_000);
    });
    expect(seen.length).toBe(2);
    expect(seen[0]).toBeGreaterThan(seen[1]);
  });

  test('stored archives take none', async () => {
    const stored = compressSync(randomBytes(3000, 6));
    expect(await countMemories(() => decompressSync(stored))).toEqual([]);
  });
});

describe('streams', () => {
  test('the writer waits for the reader', async () => {
    const { readable, writable } = compressStream();
    const writer = writable.getWriter();
    let written = 0;
    const chunk = randomBytes(65_536, 7);
    const writing = (async () => {
      for (let i = 0; i < 60; i++) {
        await writer.ready;
        void writer.write(chunk).catch(() => {});
        written += chunk.length;
      }
    })().catch(() => {});
    const reader = readable.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 100));
    // The first piece is the header, which comes with the first block: 1 MiB, a chunk that has been begun, one more.
    expect(written).toBeLessThanOrEqual(1_048_576 + 3 * 65_536);
    await reader.cancel('enough');
    await writing;
    await expect(writer.closed).rejects.toBeDefined();
  });

  test('a writer that gives up fails the reader, even in the middle of a write', async () => {
    const { readable, writable } = compressStream();
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    const writing = expect(writer.write(textBytes(100, 8))).rejects.toBeDefined();
    const closing = expect(writer.write(textBytes(100, 8))).rejects.toBeDefined();
    await writer.abort(new Error('given up'));
    await expect(readable.getReader().read()).rejects.toThrow('given up');
    await Promise.all([writing, closing]);
  });

  test('closing resolves when all has been read, and fails with the archive', async () => {
    const cut = archive.subarray(0, archive.length - 1);
    const { readable, writable } = decompressStream();
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    const writing = (async () => {
      await writer.write(cut);
      await writer.close();
    })();
    const failed = expect(writing).rejects.toMatchObject({ code: 'truncated' });
    await expect(new Response(readable as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer()).rejects.toBeDefined();
    await failed;
  });

  test('listeners of a signal do not pile up', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(signal, args);
    };
    await collect(compressChunks(reused(raw, 5000), { signal }));
    expect(listeners).toBe(0);
  });
});

describe('a forged block', () => {
  test('is given up when its coded bytes run out', () => {
    const forged = forgedBlock(compressSync(textBytes(5000, 9)), 1_048_576);
    const start = performance.now();
    expect(() => decompressSync(forged)).toThrow(expect.objectContaining({ code: 'corrupt' }));
    // A whole MiB takes some 2 s.
    expect(performance.now() - start).toBeLessThan(500);
  });
});
