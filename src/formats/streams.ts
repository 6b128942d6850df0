/** Web streams around async generators, and waiting that a signal can end. */
import { type Chunks, checkBytes } from './options.ts';

/**
 * A pair of streams with `through` between them. Unlike a TransformStream's own `transform`, this waits for the reader
 * between any two pieces of output: a few bytes of an archive can be many megabytes.
 */
export function streamThrough(
  through: (chunks: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array, void, void>,
): TransformStream<Uint8Array, Uint8Array> {
  const input = new TransformStream<Uint8Array, Uint8Array>();
  const reader = input.readable.getReader();
  let cancelled = false;
  // Not every engine can iterate a stream.
  async function* chunks(): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      const { done, value } = await reader.read();
      // Cancelling reads as an end, and the coder would go on to finish an archive that nobody wants.
      if (cancelled) throw new Error('the output has been cancelled');
      if (done) return;
      yield value;
    }
  }
  const output = through(chunks());
  const readable = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await output.next();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          // Whoever writes learns of it too, instead of waiting for ever.
          await reader.cancel(error).catch(() => {});
          throw error;
        }
      },
      async cancel(reason) {
        cancelled = true;
        await reader.cancel(reason).catch(() => {});
        await output.return().catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
  return { readable, writable: input.writable };
}

/** Rejects with the signal's reason as soon as it is aborted, whatever the promise waits for. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  let stop: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  promise.catch(() => {});
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The chunks, until the signal aborts: it does not wait for one that never comes. */
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
      checkBytes('each chunk', step.value);
      yield step.value;
    }
  } finally {
    // Not awaited: a source that hangs in its next chunk would hang here too.
    if (!complete) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
