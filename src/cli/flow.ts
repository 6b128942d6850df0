/** Streams of pieces between the threads: bounded, so that memory stays so. */

/** A queue with one writer and one reader; the writer waits while more than `limit` bytes lie in it. */
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
