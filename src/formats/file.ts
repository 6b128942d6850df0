/** Content kind `file`: bytes coded by a method, in segments and blocks. */
import type { Header } from '../container/header.ts';
import type { DecodeOptions, EncodeOptions } from './options.ts';

/**
 * What a coder does when pushed: it yields pieces of output, and `undefined` now and then (every 8 KiB of work, some
 * 20 ms) so that whoever drives it can look after the event loop, progress and cancelling. Drain it to the end.
 */
export type Work = Generator<Uint8Array | undefined, void, void>;

/** Compresses a stream of bytes into one archive member. How the input is cut into pushes never changes a byte. */
export class FileEncoder {
  constructor(options?: EncodeOptions) {
    void options;
  }
  /** Raw bytes coded so far. */
  get done(): number {
    throw new Error('to come');
  }
  /** Takes input. The bytes may be reused once the generator is drained. */
  push(bytes: Uint8Array): Work {
    void bytes;
    throw new Error('to come');
  }
  /** Codes what is left and the archive's end. */
  end(): Work {
    throw new Error('to come');
  }
}

/** Decompresses a stream of archive bytes, concatenated members included. Each block is put out only once verified. */
export class FileDecoder {
  constructor(options?: DecodeOptions) {
    void options;
  }
  /** Raw bytes put out so far. */
  get done(): number {
    throw new Error('to come');
  }
  /** Raw bytes that the headers seen so far state; undefined where one does not say. */
  get total(): number | undefined {
    throw new Error('to come');
  }
  /** The header of the member being decoded, once it has been read. */
  get header(): Header | undefined {
    throw new Error('to come');
  }
  push(bytes: Uint8Array): Work {
    void bytes;
    throw new Error('to come');
  }
  /** @throws SurprisalError `truncated` when the archive is not complete. */
  end(): Work {
    throw new Error('to come');
  }
}
