/** What the check after compressing is for: an encoder that goes wrong. */
import { readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CompressCommandOptions, compressFile } from '../../src/cli/compress.ts';
import { Context } from '../../src/cli/context.ts';
import { BoundedQueue } from '../../src/cli/flow.ts';
import { compressChunks, decompressChunks } from '../../src/index.ts';
import type { WorkerPool } from '../../src/worker.ts';
import { folder, text } from './command.ts';

const options: CompressCommandOptions = { threads: 1, level: 'fast', verify: true, name: false, quiet: true };

type Chunks = AsyncIterable<Uint8Array>;
/** Turns over a bit of the byte at `position`. */
async function* flipped(chunks: Chunks, position: number): AsyncGenerator<Uint8Array, void, void> {
  let at = 0;
  for await (const chunk of chunks) {
    const copy = chunk.slice();
    if (position >= at && position < at + copy.length) copy[position - at] ^= 1;
    at += copy.length;
    yield copy;
  }
}

/** Codes and decodes in this thread, with a fault between. */
class FaultyContext extends Context {
  private readonly raw: number;
  private readonly coded: number;

  constructor(raw: number, coded: number) {
    super(options);
    this.raw = raw;
    this.coded = coded;
  }

  override encoder(): WorkerPool {
    const compress = (chunks: Chunks, o: object) => flipped(compressChunks(flipped(chunks, this.raw), o), this.coded);
    return { compressChunks: compress } as unknown as WorkerPool;
  }

  override decoder(): WorkerPool {
    return { decompressChunks } as unknown as WorkerPool;
  }
}

describe('the check while compressing', () => {
  let at: ReturnType<typeof folder>;
  beforeEach(() => {
    at = folder();
    writeFileSync(at.file('a'), text(200_000));
  });
  afterEach(() => at.remove());

  it('lets a good archive pass', async () => {
    const result = await compressFile(at.file('a'), options, new FaultyContext(-1, -1));
    expect(result).toMatchObject({ raw: 200_000, verified: true });
    expect(readdirSync(at.path).sort()).toEqual(['a', 'a.srp']);
  });

  for (const [what, raw, coded] of [
    ['codes other bytes than were read', 100_000, -1],
    ['writes a damaged header', -1, 9],
    ['writes a damaged block', -1, 5000],
  ] as const)
    it(`refuses what an encoder makes that ${what}`, async () => {
      await expect(compressFile(at.file('a'), options, new FaultyContext(raw, coded))).rejects.toMatchObject({
        code: 'verify-failed',
      });
      expect(readdirSync(at.path)).toEqual(['a']);
    });

  it('keeps no more than its limit between writer and reader', async () => {
    const queue = new BoundedQueue(100);
    let pushed = 0;
    const writer = (async () => {
      for (; pushed < 50; pushed++) await queue.push(new Uint8Array(30));
      queue.end();
    })();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(pushed).toBeLessThan(6);
    let read = 0;
    for await (const piece of queue) read += piece.length;
    await writer;
    expect(read).toBe(1500);
    const failing = new BoundedQueue(10);
    await failing.push(new Uint8Array(20));
    const stuck = failing.push(new Uint8Array(20));
    failing.fail(new Error('the reader is gone'));
    await expect(stuck).rejects.toThrow('the reader is gone');
  });
});
