import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { compressSync, decompressSync } from '../src/index.ts';
import { randomBytes, textBytes } from './support/random.ts';

// Threads run the built package: a thread of Node 20 cannot import TypeScript.
const built = new URL('../dist/worker.js', import.meta.url);
const missing = !existsSync(built) || !existsSync(new URL('../dist/worker-thread.js', import.meta.url));
if (missing) console.warn('dist/worker.js is missing: run `npm run build` to have the worker threads tested');
type Pool = import('../src/worker.ts').WorkerPool;

const pool = async (threads = 1): Promise<Pool> => new (await import(built.href)).WorkerPool({ threads }) as Pool;
const bytes = new Uint8Array(180_000);
bytes.set(textBytes(120_000, 1));
bytes.set(randomBytes(60_000, 2), 120_000);
const options = { segmentSize: 65_536 };

describe.skipIf(missing)('a pool of threads', () => {
  test('gives the same archives whatever the number of threads, and reads them', async () => {
    const expected = compressSync(bytes, options);
    for (const threads of [1, 3]) {
      const workers = await pool(threads);
      expect(await workers.compress(bytes, options)).toEqual(expected);
      expect(await workers.decompress(expected)).toEqual(bytes);
      const stream = new Blob([bytes]).stream().pipeThrough(workers.compressStream({ ...options, size: bytes.length }));
      const archive = new Uint8Array(await new Response(stream).arrayBuffer());
      expect(archive).toEqual(expected);
      const back = new Blob([archive, archive]).stream().pipeThrough(workers.decompressStream());
      expect((await new Response(back).arrayBuffer()).byteLength).toBe(2 * bytes.length);
      await workers.terminate();
    }
  });

  test('small and empty inputs, and several jobs at once', async () => {
    const workers = await pool(2);
    const inputs = [new Uint8Array(0), Uint8Array.of(5), textBytes(900, 3), randomBytes(900, 4), textBytes(5000, 5)];
    const archives = await Promise.all(inputs.map((input) => workers.compress(input)));
    expect(archives).toEqual(inputs.map((input) => compressSync(input)));
    expect(await Promise.all(archives.map((archive) => workers.decompress(archive)))).toEqual(inputs);
    await workers.terminate();
  });

  test('progress reaches the total', async () => {
    const workers = await pool();
    const seen: { done: number; total?: number }[] = [];
    const archive = await workers.compress(bytes, { progress: (p) => seen.push(p) });
    expect(seen.at(-1)).toEqual({ done: bytes.length, total: bytes.length });
    await workers.decompress(archive, { progress: (p) => seen.push(p) });
    expect(seen.at(-1)).toEqual({ done: bytes.length, total: bytes.length });
    await workers.terminate();
  });

  test('errors keep their class and code, and the pool goes on', async () => {
    const workers = await pool(2);
    const archive = compressSync(bytes, options);
    const damaged = archive.slice();
    damaged[2000] ^= 1;
    const outcome = await workers.decompress(damaged).catch((error) => error);
    expect(outcome).toMatchObject({ name: 'SurprisalError', code: 'corrupt' });
    expect(() => decompressSync(damaged)).toThrow(outcome.message);
    await expect(workers.decompress(archive.subarray(0, 500))).rejects.toMatchObject({ code: 'truncated' });
    await expect(workers.decompress(archive, { maxMemory: 1 })).rejects.toMatchObject({ code: 'limit' });
    await expect(workers.decompress(archive, { maxOutputSize: 1 })).rejects.toMatchObject({ code: 'limit' });
    await expect(workers.compress(bytes, { maxMemory: 1 })).rejects.toMatchObject({ code: 'limit' });
    await expect(workers.compress('x' as never)).rejects.toMatchObject({ code: 'invalid-type' });
    expect(await workers.decompress(archive)).toEqual(bytes);
    await workers.terminate();
  });

  test('a signal stops a job at once, and the thread serves the next', async () => {
    const workers = await pool();
    const aborter = new AbortController();
    const long = textBytes(3_000_000, 6);
    const job = workers.compress(long, { signal: aborter.signal });
    setTimeout(() => aborter.abort(new Error('enough')), 30);
    await expect(job).rejects.toThrow('enough');
    expect(await workers.compress(bytes.subarray(0, 100))).toEqual(compressSync(bytes.subarray(0, 100)));
    await workers.terminate();
  });

  test('a pool that is terminated, or whose thread dies, rejects its jobs', async () => {
    const workers = await pool();
    const job = workers.compress(textBytes(3_000_000, 7));
    setTimeout(() => void workers.terminate(), 30);
    await expect(job).rejects.toMatchObject({ name: 'SurprisalError', code: 'worker' });
    await expect(workers.compress(bytes)).rejects.toMatchObject({ code: 'worker' });

    const { postMessage } = Worker.prototype;
    const fragile = await pool();
    Worker.prototype.postMessage = function (this: Worker, message: unknown, transfer?: never) {
      Worker.prototype.postMessage = postMessage;
      // The first message after the start: the thread dies before it answers.
      void this.terminate();
      return postMessage.call(this, message, transfer);
    };
    await expect(fragile.compress(bytes)).rejects.toMatchObject({ code: 'worker' });
    expect(await fragile.compress(bytes.subarray(0, 50))).toEqual(compressSync(bytes.subarray(0, 50)));
    await fragile.terminate();
  });

  test('wrong options are refused', async () => {
    await expect(pool(0)).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(pool(1.5)).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});
