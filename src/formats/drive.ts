/** Driving a coder: at once, or in slices that leave the event loop room, with progress and cancelling. */
import { SurprisalError } from '../errors.ts';
import type { Work } from './file.ts';
import type { Chunks, JobOptions, Progress } from './options.ts';
import { abortableChunks } from './streams.ts';

/** Most milliseconds of work before the event loop gets its turn; a slice more may pass. */
const TURN = 20;
/** Fewest milliseconds between two reports of progress. */
const REPORT = 50;

/** What a page or a server waits for: its next turn. Timers are slowed in background tabs; messages are not. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    // Node's, and passes through its input and output, which a message does not always.
    const { setImmediate } = globalThis as { setImmediate?: (f: () => void) => unknown };
    if (setImmediate !== undefined) setImmediate(resolve);
    else if (typeof MessageChannel === 'function') {
      const { port1, port2 } = new MessageChannel();
      port2.onmessage = () => {
        port1.close();
        resolve();
      };
      port1.postMessage(0);
    } else setTimeout(resolve, 0);
  });
}

/** Paces a job. */
export class Pacer {
  private readonly job: JobOptions;
  private readonly state: () => Progress;
  private turned = performance.now();
  private reported = Number.NEGATIVE_INFINITY;

  constructor(job: JobOptions, state: () => Progress) {
    this.job = job;
    this.state = state;
    job.signal?.throwIfAborted();
  }

  /** Whether {@link pause} is due. */
  get due(): boolean {
    return performance.now() - this.turned >= TURN;
  }

  /** Gives way, reports, and throws the signal's reason once it has been aborted. */
  async pause(): Promise<void> {
    const { signal, progress } = this.job;
    signal?.throwIfAborted();
    if (progress !== undefined && performance.now() - this.reported >= REPORT) {
      progress(this.state());
      this.reported = performance.now();
    }
    await turn();
    this.turned = performance.now();
    signal?.throwIfAborted();
  }

  /** The last report. */
  finish(): void {
    this.job.signal?.throwIfAborted();
    this.job.progress?.(this.state());
  }
}

/** Does the work and yields its output, giving way when it is time. */
export async function* paced(work: Work, pacer: Pacer): AsyncGenerator<Uint8Array, void, void> {
  for (const piece of work) {
    if (pacer.due) await pacer.pause();
    if (piece !== undefined && piece.length > 0) yield piece;
  }
}

/** What compresses or decompresses: it is pushed bytes and yields work. */
interface Coder {
  push(bytes: Uint8Array): Work;
  end(): Work;
}

/** Runs chunks through a coder, giving way when it is time, and yields the output. */
export async function* running(
  chunks: Chunks,
  coder: Coder,
  job: JobOptions,
  state: () => Progress,
): AsyncGenerator<Uint8Array, void, void> {
  const pacer = new Pacer(job, state);
  for await (const chunk of abortableChunks(chunks, job.signal)) yield* paced(coder.push(chunk), pacer);
  yield* paced(coder.end(), pacer);
  pacer.finish();
}

/** How far a coder is: without a total where none is known. */
export function standing(coder: { readonly done: number; readonly total?: number | undefined }): () => Progress {
  return () => {
    const { done, total } = coder;
    return total === undefined ? { done } : { done, total };
  };
}

/** All output of a job in one buffer. */
export async function collected(pieces: AsyncIterable<Uint8Array>, collector: Collector): Promise<Uint8Array> {
  for await (const piece of pieces) collector.add(piece);
  return collector.finish();
}

/** All output of works that are driven without a pause. */
export function drained(works: Iterable<Work>, collector: Collector): Uint8Array {
  for (const work of works) for (const piece of work) if (piece !== undefined) collector.add(piece);
  return collector.finish();
}

/** A buffer that grows with what is put in it: no length that an archive states is allocated before its bytes exist. */
export class Collector {
  private buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  private filled = 0;
  /** The size that is expected, if any: growing stops at it. */
  private readonly expected: () => number | undefined;

  constructor(expected: () => number | undefined = () => undefined) {
    this.expected = expected;
  }

  /** Appends a copy of the bytes. Throws SurprisalError `limit` when the engine has no room. */
  add(bytes: Uint8Array): void {
    const length = this.filled + bytes.length;
    if (length > this.buffer.length) {
      const doubled = Math.max(length, this.buffer.length * 2);
      const expected = this.expected();
      const size = expected !== undefined && expected >= length ? Math.min(doubled, expected) : doubled;
      try {
        const grown = new Uint8Array(size);
        grown.set(this.buffer.subarray(0, this.filled));
        this.buffer = grown;
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new SurprisalError('limit', `This engine cannot allocate ${size} bytes: decode it as a stream.`, {
          cause: error,
        });
      }
    }
    this.buffer.set(bytes, this.filled);
    this.filled = length;
  }

  /** All bytes, in a buffer of just their size. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.filled === this.buffer.length ? this.buffer : this.buffer.slice(0, this.filled);
  }
}
