import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { parseHeader } from '../src/container/header.ts';
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

  test('a thread has one model at a time', async () => {
    const source = `
      const { Memory } = WebAssembly;
      let made = 0;
      WebAssembly.Memory = class extends Memory { constructor(d) { super(d); made++; } };
      const { parentPort, workerData } = await import('node:worker_threads');
      await import(workerData);
      parentPort.on('message', (message) => { if (message === 'made') parentPort.postMessage({ made }); });`;
    const thread = new URL('../dist/worker-thread.js', import.meta.url);
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
      workerData: thread.href,
      execArgv: [],
    });
    const replies: { type?: string; made?: number }[] = [];
    let arrived = () => {};
    worker.on('message', (reply) => {
      replies.push(reply);
      arrived();
    });
    const reply = async () => {
      while (replies.length === 0)
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      return replies.shift()!;
    };
    const raw = bytes.subarray(0, 1000);
    const archive = compressSync(raw);
    const { header } = parseHeader(archive, 0, archive.length)!;
    for (let session = 1; session <= 3; session++) {
      worker.postMessage({ type: 'open', session, task: 'encode', header });
      worker.postMessage({ type: 'encode', session, raw });
      expect(await reply()).toMatchObject({ type: 'block', session });
      worker.postMessage({ type: 'close', session });
    }
    worker.postMessage('made');
    expect(await reply()).toEqual({ made: 1 });
    await worker.terminate();
  });

  test('a session that cannot be opened says why, and the thread is free again', async () => {
    const workers = await pool();
    const small = bytes.subarray(0, 100);
    await workers.compress(small);
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = () => {
      Worker.prototype.postMessage = postMessage;
      throw new Error('no post today');
    };
    await expect(workers.compress(small)).rejects.toMatchObject({
      code: 'worker',
      message: expect.stringContaining('no post today'),
    });
    expect(await workers.compress(small)).toEqual(compressSync(small));
    await workers.terminate();
  });

  test('the bytes may be overwritten chunk by chunk', async () => {
    const workers = await pool();
    const shared = Buffer.alloc(1000);
    function* reused(from: Uint8Array) {
      for (let at = 0; at < from.length; at += 1000) {
        const part = from.subarray(at, at + 1000);
        shared.set(part);
        yield shared.subarray(0, part.length);
        shared.fill(0);
      }
    }
    const collect = async (pieces: AsyncIterable<Uint8Array>) => {
      const parts: Uint8Array[] = [];
      for await (const piece of pieces) parts.push(piece);
      return new Uint8Array(Buffer.concat(parts));
    };
    const known = { ...options, size: bytes.length };
    const archive = compressSync(bytes, known);
    expect(await collect(workers.compressChunks(reused(bytes), known))).toEqual(archive);
    expect(await collect(workers.decompressChunks(reused(archive)))).toEqual(bytes);
    const [input, output] = [Buffer.from(bytes.subarray(0, 3000)), Buffer.from(archive)];
    const made = await workers.compress(input);
    const restored = await workers.decompress(output);
    expect(input.equals(bytes.subarray(0, 3000)) && output.equals(archive)).toBe(true);
    input.fill(0);
    output.fill(0);
    expect(made).toEqual(compressSync(bytes.subarray(0, 3000)));
    expect(restored).toEqual(bytes);
    await workers.terminate();
  });

  test('threads start whatever flags Node itself was given', () => {
    const program = `
      const { WorkerPool } = await import(${JSON.stringify(built.href)});
      const pool = new WorkerPool();
      const archive = await pool.compress(new Uint8Array(5000));
      console.log((await pool.decompress(archive)).length);
      await pool.terminate();`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(stderr).toBe('');
    expect(stdout).toBe('5000\n');
  });

  test('wrong options are refused', async () => {
    await expect(pool(0)).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(pool(1.5)).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});
