/**
 * Training of image models in several threads, in Node, browsers, Bun and Deno: the same weights to the bit as in one.
 *
 * @example
 * ```ts
 * import { TrainingThreads } from 'surprisal/trainer.js';
 * const threads = await TrainingThreads.start(model, { shape, seed: 1, threads: 2 });
 * while (!training.done) await training.stepWith(threads);
 * await threads.terminate();
 * ```
 */
import { rangeError } from './errors.ts';
import { hasWebWorkers, type MessagePortTo, nodePort, webPort, workerError } from './formats/ports.ts';
import { revivedError } from './formats/protocol.ts';
import type { ImageModel, ImageShape } from './latent/model.ts';
import type { Shard, ShardResult, ShardThreads } from './latent/training.ts';
import type { TrainingReply, TrainingRequest } from './trainer-thread.ts';

/** How threads are started. */
export interface TrainingThreadsOptions {
  /** Shape of the images. */
  readonly shape: ImageShape;
  /** Seed of the training. */
  readonly seed: number;
  /** Number of threads. */
  readonly threads: number;
  /** The most bytes that each thread's workspace may take. Default 2^30. */
  readonly maxMemory?: number;
}

interface Waiting {
  resolve(results: readonly ShardResult[]): void;
  reject(error: Error): void;
}

class TrainingThread {
  private port: MessagePortTo<TrainingRequest> | undefined;
  private waiting: Waiting | undefined;
  private failure: Error | undefined;

  async start(): Promise<void> {
    const reply = (message: TrainingReply): void => {
      if (message.type === 'error') this.fail(revivedError(message.error));
      else this.waiting?.resolve(message.results);
      this.waiting = undefined;
    };
    const fail = (error: Error): void => this.fail(error);
    if (hasWebWorkers()) {
      const worker = new Worker(new URL('./trainer-thread.js', import.meta.url), { type: 'module' });
      this.port = webPort(worker, reply, fail);
      return;
    }
    const { Worker: Thread } = await import('node:worker_threads');
    this.port = nodePort(new Thread(new URL('./trainer-thread.js', import.meta.url), { execArgv: [] }), reply, fail);
  }

  open(request: TrainingRequest): void {
    this.port!.post(request, []);
  }

  run(request: TrainingRequest): Promise<readonly ShardResult[]> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure);
      this.waiting = { resolve, reject };
      this.port!.post(request, []);
    });
  }

  fail(error: Error): void {
    this.failure ??= error;
    this.waiting?.reject(this.failure);
    this.waiting = undefined;
  }

  async terminate(): Promise<void> {
    this.fail(workerError('The threads were terminated.'));
    await this.port?.terminate();
  }
}

/** Threads that compute the shards of an `ImageTraining`. Each has the model, and gets the parameters anew each step. */
export class TrainingThreads implements ShardThreads {
  private readonly threads: readonly TrainingThread[];

  private constructor(threads: readonly TrainingThread[]) {
    this.threads = threads;
  }

  /**
   * Starts threads for a model.
   *
   * @throws RangeError (`invalid-argument`) for a number of threads below 1, SurprisalError (`worker`) when none starts.
   */
  static async start(
    model: ImageModel,
    { shape, seed, threads, maxMemory = 2 ** 30 }: TrainingThreadsOptions,
  ): Promise<TrainingThreads> {
    if (!(Number.isInteger(threads) && threads >= 1))
      throw rangeError(`threads is a whole number from 1, not ${threads}`);
    const started = Array.from({ length: threads }, () => new TrainingThread());
    try {
      await Promise.all(started.map((thread) => thread.start()));
    } catch (error) {
      await Promise.all(started.map((thread) => thread.terminate()));
      throw workerError(`No worker could be started: ${(error as Error).message}`, error);
    }
    const { kind, config } = model;
    for (const thread of started) thread.open({ type: 'open', kind, config, shape, seed, maxMemory });
    return new TrainingThreads(started);
  }

  /** The results of all shards: thread i computes every shard whose number leaves i. */
  async run(values: Float32Array, fixed: Float32Array, shards: readonly Shard[]): Promise<readonly ShardResult[]> {
    const n = this.threads.length;
    const mine = this.threads.map((_, i) => shards.filter((__, s) => s % n === i));
    const results = await Promise.all(
      this.threads.map((thread, i) =>
        mine[i].length === 0 ? [] : thread.run({ type: 'run', values, fixed, shards: mine[i] }),
      ),
    );
    return shards.map((_, s) => results[s % n][Math.floor(s / n)]);
  }

  /** Ends the threads. */
  async terminate(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.terminate()));
  }
}
