/** Web streams around async generators. */

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
