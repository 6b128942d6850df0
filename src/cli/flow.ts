/** Streams of pieces between the threads: bounded, so that memory stays so. */

const nowhere = new MessageChannel();
nowhere.port2.close();

/**
 * Gives the memory of a piece back at once. The collector sees only a small object and would let dozens of megabytes
 * pile up behind such before it looks.
 */
export function release(piece: Uint8Array): void {
  // What goes to a port without another end goes away. A view of a larger buffer does not own it.
  if (piece.buffer instanceof ArrayBuffer && piece.byteLength === piece.buffer.byteLength && piece.byteLength > 0)
    nowhere.port1.postMessage(null, [piece.buffer]);
}

/** A queue with one writer and one reader, whose pieces are released once they are read; the writer waits while more than `limit` bytes lie in it. */
export class BoundedQueue implements AsyncIterable<Uint8Array> {
  private readonly limit: number;
  private readonly pieces: Uint8Array[] = [];
  private bytes = 0;
  private ended = false;
  private failure: { error: unknown } | undefined;
  private wakeReader: (() => void) | undefined;
  private wakeWriter: (() => void) | undefined;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** @throws what the reader failed with. */
  async push(piece: Uint8Array): Promise<void> {
    while (this.bytes > this.limit && this.failure === undefined)
      await new Promise<void>((resolve) => {
        this.wakeWriter = resolve;
      });
    if (this.failure !== undefined) throw this.failure.error;
    this.pieces.push(piece);
    this.bytes += piece.length;
    this.wakeReader?.();
  }

  end(): void {
    this.ended = true;
    this.wakeReader?.();
  }

  /** Ends it for both sides: the writer's next push throws `error`, the reader's next read too. */
  fail(error: unknown): void {
    this.failure ??= { error };
    this.wakeReader?.();
    this.wakeWriter?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const piece = this.pieces.shift();
      if (piece !== undefined) {
        this.bytes -= piece.length;
        this.wakeWriter?.();
        yield piece;
        release(piece);
      } else if (this.failure !== undefined) {
        throw this.failure.error;
      } else if (this.ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.wakeReader = resolve;
        });
      }
    }
  }
}
