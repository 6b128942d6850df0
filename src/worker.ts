/**
 * Compressing and decompressing off the main thread, in Node, browsers, Bun and Deno.
 *
 * The main thread cuts the input into blocks, computes checksums and keeps the order; a thread codes the blocks of one
 * segment. So one large segment keeps one thread busy, and `segmentSize` lets several work side by side.
 *
 * @example
 * ```ts
 * import { WorkerPool } from 'surprisal/worker.js';
 * const pool = new WorkerPool({ threads: 4 });
 * const archive = await pool.compress(bytes, { segmentSize: 4 << 20 });
 * await pool.terminate();
 * ```
 */
import { type Hash, startSha256 } from './container/checksums.ts';
import type { Header } from './container/header.ts';
import { ContainerReader } from './container/reader.ts';
import { ContainerWriter } from './container/writer.ts';
import { rangeError } from './errors.ts';
import { Collector, collected, Pacer, paced } from './formats/drive.ts';
import { BlockCutter, checkOutput, checkSha256, type Plan, planFile, singleBlock } from './formats/file.ts';
import type { Expansion } from './formats/method.ts';
import { modelOf, storedMethod } from './formats/methods.ts';
import {
  type Chunks,
  type CompressOptions,
  checkChunks,
  checkDecodeOptions,
  checkEncodeOptions,
  checkedBytes,
  DEFAULT_MAX_BUFFER,
  DEFAULT_MAX_MEMORY,
  type DecompressOptions,
  sized,
} from './formats/options.ts';
import { hasWebWorkers, nodePort, webPort, workerError } from './formats/ports.ts';
import type { Reply } from './formats/protocol.ts';
import { abortableChunks, streamThrough } from './formats/streams.ts';
import { Job, type Port, Queue, Session, Thread } from './formats/threads.ts';

/** How a pool is made. */
export interface PoolOptions {
  /**
   * Threads at most; default 1. They start when needed, and a job uses no more than `maxMemory` has room for (but one
   * at least).
   */
  readonly threads?: number;
}

/** Raw bytes that a job hands out ahead of its output at least, and at most. */
const AHEAD_LEAST = 4 * 1048576;
const AHEAD_MOST = 256 * 1048576;

async function start(onReply: (reply: Reply) => void, onFailure: (error: Error) => void): Promise<Port> {
  // Web workers first: Bun has both, and bundlers look for this very expression.
  if (hasWebWorkers())
    return webPort(new Worker(new URL('./worker-thread.js', import.meta.url), { type: 'module' }), onReply, onFailure);
  const { Worker: Thread } = await import('node:worker_threads');
  // Without the flags of this process: --input-type, for one, refuses to run a file.
  return nodePort(new Thread(new URL('./worker-thread.js', import.meta.url), { execArgv: [] }), onReply, onFailure);
}

/**
 * Threads that compress and decompress. The archive is the same as the main thread makes, whatever the number of
 * threads. Several jobs share them.
 */
export class WorkerPool {
  /** Threads at most. */
  readonly threads: number;
  private readonly all = new Set<Thread>();
  private readonly idle: Thread[] = [];
  private waiting: (() => void)[] = [];
  private ended = false;
  private nextSession = 1;

  /** @throws TypeError or RangeError with a `code` on wrong options. */
  constructor(options: PoolOptions = {}) {
    const { threads = 1 } = options;
    if (!Number.isSafeInteger(threads) || threads < 1)
      throw rangeError(`threads is a whole number of at least 1, not ${threads}`);
    this.threads = threads;
  }

  /** As `compress` of the main entry, off the main thread; rejects with SurprisalError `worker` when a thread fails. */
  async compress(bytes: Uint8Array, options: CompressOptions = {}): Promise<Uint8Array> {
    return collected(this.compressChunks([bytes], sized(bytes, options)), new Collector());
  }

  /** As `decompress` of the main entry, off the main thread; rejects with SurprisalError `worker` when a thread fails. */
  async decompress(archive: Uint8Array, options: DecompressOptions = {}): Promise<Uint8Array> {
    const bytes = checkedBytes('the archive', archive);
    checkDecodeOptions(options);
    const maxOutputSize = options.maxOutputSize ?? DEFAULT_MAX_BUFFER;
    return collected(this.decompressChunks([bytes], { ...options, maxOutputSize }), new Collector());
  }

  /** As `compressStream` of the main entry, off the main thread. */
  compressStream(options: CompressOptions = {}): TransformStream<Uint8Array, Uint8Array> {
    checkEncodeOptions(options);
    return streamThrough((chunks) => this.compressChunks(chunks, options));
  }

  /** As `decompressStream` of the main entry, off the main thread. */
  decompressStream(options: DecompressOptions = {}): TransformStream<Uint8Array, Uint8Array> {
    checkDecodeOptions(options);
    return streamThrough((chunks) => this.decompressChunks(chunks, options));
  }

  /** As `compressChunks` of the main entry, off the main thread. */
  compressChunks(chunks: Chunks, options: CompressOptions = {}): AsyncGenerator<Uint8Array, void, void> {
    checkChunks(chunks);
    checkEncodeOptions(options);
    return this.encode(chunks, options);
  }

  /** As `decompressChunks` of the main entry, off the main thread. */
  decompressChunks(chunks: Chunks, options: DecompressOptions = {}): AsyncGenerator<Uint8Array, void, void> {
    checkChunks(chunks);
    checkDecodeOptions(options);
    return this.decode(chunks, options);
  }

  /** Ends all threads; jobs under way reject, and so do later ones. */
  async terminate(): Promise<void> {
    this.ended = true;
    const threads = [...this.all];
    this.all.clear();
    this.idle.length = 0;
    await Promise.all(threads.map((thread) => thread.terminate()));
    this.notify();
  }

  private async *encode(chunks: Chunks, options: CompressOptions): AsyncGenerator<Uint8Array, void, void> {
    const job = new Job(this, 'encode', options);
    const cutter = new BlockCutter(options);
    const queue = new Queue();
    let plan: Plan | undefined = options.size === undefined ? undefined : planFile(options.size, options);
    let writer: ContainerWriter | undefined;
    let session: Session | undefined;
    let taken = 0;
    job.total = () => options.size;
    const send = async (raw: Uint8Array, starts: boolean) => {
      taken += raw.length;
      writer!.raw(raw);
      if (starts) session = await job.open(plan!);
      queue.add({ type: 'block', bytes: session!.encode(raw.slice()), raw: raw.length, starts });
    };
    async function* ready(limit: number): AsyncGenerator<Uint8Array, void, void> {
      for (let item = queue.take(limit); item !== undefined; item = queue.take(limit)) {
        if (item.type !== 'block') continue;
        const frame = await job.wait(item.bytes);
        if (item.starts) {
          const mark = writer!.segment();
          if (mark.length > 0) yield mark;
        }
        yield writer!.block(frame);
      }
    }
    try {
      for await (const chunk of abortableChunks(chunks, options.signal)) {
        for (const { raw, starts } of cutter.push(chunk)) {
          if (writer === undefined) {
            plan ??= planFile(undefined, options);
            writer = new ContainerWriter(plan.header);
            yield writer.start;
          }
          await send(raw, starts);
          yield* ready(aheadLimit(job.room(plan!.model), options.segmentSize));
        }
      }
      const { raw, starts } = cutter.end();
      if (writer !== undefined) {
        await send(raw, starts);
        job.finishSegment();
        yield* ready(-1);
        yield writer.end();
      } else {
        taken = raw.length;
        let frame: Uint8Array | undefined;
        if (raw.length > 0) frame = await job.wait((await job.open(planFile(raw.length, options))).encode(raw.slice()));
        job.finishSegment();
        for (const piece of singleBlock(raw, frame, options)) if (piece !== undefined) yield piece;
      }
      job.report(true, taken);
    } finally {
      job.close();
    }
  }

  private async *decode(chunks: Chunks, options: DecompressOptions): AsyncGenerator<Uint8Array, void, void> {
    const { maxMemory = DEFAULT_MAX_MEMORY, maxOutputSize = Number.POSITIVE_INFINITY } = options;
    const job = new Job(this, 'decode', options);
    const reader = new ContainerReader();
    const queue = new Queue();
    let plan: Plan | undefined;
    let session: Session | undefined;
    let hash: Hash | undefined;
    /** Raw bytes of the members before. */
    let before = 0;
    /** Raw bytes of the member that has ended last. */
    let size = 0;
    let done = 0;
    /** Of the member that is being read, and of the one that is being put out. */
    let reading: Expansion | undefined;
    let expansion: Expansion | undefined;
    const stated = () => (reading === undefined ? plan?.header.size : reading.size);
    job.total = () => {
      const own = stated();
      return own === undefined ? undefined : before + own;
    };
    const limit = () => aheadLimit(job.room(plan!.model), plan!.header.segmentSize);
    async function* ready(most: number): AsyncGenerator<Uint8Array, void, void> {
      for (let item = queue.take(most); item !== undefined; item = queue.take(most)) {
        if (item.type === 'start') {
          hash = startSha256();
          expansion = item.expansion;
        } else if (item.type === 'end') {
          checkSha256(hash!, item.sha256, item.offset);
          if (expansion === undefined) continue;
          const { signal, progress } = options;
          const current = expansion;
          const pacer = new Pacer({ signal, progress }, () => ({ done: done + current.done, total: job.total() }));
          for await (const piece of paced(current.end(), pacer)) {
            done += piece.length;
            yield piece;
          }
        } else {
          const raw = await job.wait(item.bytes);
          hash!.update(raw);
          if (expansion !== undefined) {
            expansion.push(raw);
            continue;
          }
          done += raw.length;
          yield raw;
        }
      }
    }
    try {
      let failure: unknown;
      try {
        for await (const chunk of abortableChunks(chunks, options.signal)) {
          for (const event of reader.push(chunk)) {
            if (event.type === 'header') {
              const { header } = event.header;
              before += size;
              size = 0;
              plan = { header, model: modelOf(header, maxMemory) };
              reading = plan.model.expansion?.();
              const content = stated();
              if (content !== undefined) checkOutput(before + content, maxOutputSize);
              session = undefined;
              queue.add({ type: 'start', expansion: reading });
            } else if (event.type === 'segment') {
              job.finishSegment();
              session = undefined;
            } else if (event.type === 'block') {
              const { payload, offset, head, rawOffset } = event;
              if (reading === undefined) checkOutput(before + rawOffset + head.rawLength, maxOutputSize);
              let bytes = Promise.resolve(payload);
              const plain = plan!.model.method === storedMethod || reading !== undefined;
              if (!plain || !head.stored) {
                session ??= await job.open(plan!);
                bytes = session.decode(payload, head.rawLength, head.rawCrc, offset);
              }
              queue.add({ type: 'block', bytes, raw: head.rawLength, starts: false });
              // One chunk may hold a whole archive: what it brings must not pile up.
              yield* ready(limit());
            } else {
              job.finishSegment();
              queue.add({ type: 'end', sha256: event.sha256, offset: event.offset });
              size = reading?.size ?? event.size;
            }
          }
          if (plan !== undefined) yield* ready(limit());
        }
        reader.end();
      } catch (error) {
        options.signal?.throwIfAborted();
        failure = error;
      }
      // What came before the fault is good, and a fault before it is the one to report.
      job.finishSegment();
      yield* ready(-1);
      if (failure !== undefined) throw failure;
      job.report(true, done);
    } finally {
      job.close();
    }
  }

  /** A free thread, with a session on it. For jobs only. */
  async acquire(task: 'encode' | 'decode', header: Header, onEnd: (session: Session) => void): Promise<Session> {
    let thread: Thread | undefined;
    for (;;) {
      if (this.ended) throw workerError('The pool was terminated.');
      thread = this.idle.pop();
      if (thread !== undefined) break;
      if (this.all.size < this.threads) {
        thread = await this.spawn();
        break;
      }
      await this.change();
    }
    // It may have gone between its start and this turn.
    thread.check();
    const chosen = thread;
    chosen.hold(true);
    const session = new Session(this.nextSession++, chosen, (ended) => {
      onEnd(ended);
      chosen.hold(false);
      if (!chosen.failed) this.idle.push(chosen);
      this.notify();
    });
    session.open(task, header);
    return session;
  }

  /** Resolves when a thread has become free, or has gone. For jobs only. */
  change(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private notify(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private async spawn(): Promise<Thread> {
    const thread = new Thread(start, (failed) => {
      this.all.delete(failed);
      const at = this.idle.indexOf(failed);
      if (at >= 0) this.idle.splice(at, 1);
      this.notify();
    });
    this.all.add(thread);
    await thread.start();
    return thread;
  }
}

/** Raw bytes that a job may hand out ahead of its output: as much as keeps its threads busy. */
function aheadLimit(room: number, segmentSize: number | undefined): number {
  return Math.min(AHEAD_MOST, Math.max(AHEAD_LEAST, room * (segmentSize ?? 0)));
}
