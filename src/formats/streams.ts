/** Web streams around async generators, and waiting that a signal can end. */
import { type Chunks, checkedBytes } from './options.ts';

/** A chunk, or the end, on its way from the writer to the coder. */
interface Handed {
  readonly chunk: Uint8Array | undefined;
  done(): void;
  fail(error: unknown): void;
}

/**
 * A pair of streams with `through` between them. Unlike with a TransformStream's own `transform`, the writer waits for
 * the reader between any two pieces of output (a few bytes of an archive can be many megabytes), and a chunk counts as
 * written once it has been used up: the writer may then overwrite it.
 */
export function streamThrough(
  through: (chunks: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array, void, void>,
): TransformStream<Uint8Array, Uint8Array> {
  let handed: Handed | undefined;
  let wake: () => void = () => {};
  let failure: { readonly error: unknown } | undefined;
  let sink: WritableStreamDefaultController;

  const fail = (error: unknown) => {
    failure ??= { error };
    handed?.fail(failure.error);
    handed = undefined;
    wake();
  };
  const hand = (chunk: Uint8Array | undefined) =>
    new Promise<void>((resolve, reject) => {
      if (failure !== undefined) return reject(failure.error);
      handed = { chunk, done: resolve, fail: reject };
      wake();
    });
  async function* chunks(): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      while (handed === undefined && failure === undefined)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      if (failure !== undefined) throw failure.error;
      const { chunk, done } = handed!;
      // The end is done with only when the last of the output is.
      if (chunk === undefined) return;
      yield chunk;
      handed = undefined;
      done();
    }
  }
  const output = through(chunks());
  const writable = new WritableStream<Uint8Array>({
    start(controller) {
      sink = controller;
      // What is being written would otherwise be waited for, without a reader for ever.
      controller.signal?.addEventListener('abort', () => fail(controller.signal.reason), { once: true });
    },
    write: (chunk) => hand(chunk),
    close: () => hand(undefined),
    abort: fail,
  });
  const readable = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await output.next();
          if (!done) return controller.enqueue(value);
          controller.close();
          handed?.done();
          handed = undefined;
        } catch (error) {
          // Whoever writes learns of it too, instead of waiting for ever.
          fail(error);
          sink.error(error);
          throw error;
        }
      },
      async cancel(reason) {
        // To the coder it is a failure: an end would have it finish an archive that nobody wants.
        const error = reason ?? new Error('the output has been cancelled');
        fail(error);
        sink.error(error);
        await output.return().catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
  return { readable, writable };
}

/** Rejects with the signal's reason as soon as it is aborted, whatever the promise waits for. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  // Nobody else may be waiting for it any more.
  promise.catch(() => {});
  signal.throwIfAborted();
  let stop: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The chunks, each one checked; once the signal is aborted it rejects with the reason, even while it waits. */
export async function* abortableChunks(
  chunks: Chunks,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  const iterator = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  let complete = false;
  try {
    for (;;) {
      const step = await abortable(Promise.resolve(iterator.next()), signal);
      if (step.done) {
        complete = true;
        return;
      }
      yield checkedBytes('each chunk', step.value);
    }
  } finally {
    // Not awaited: a source that hangs in its next chunk would hang here too.
    if (!complete) void leave(iterator);
  }
}

async function leave(iterator: AsyncIterator<unknown> | Iterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // It is being left because of another fault, which is the one to report.
  }
}
