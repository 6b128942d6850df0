/** What a pool and its threads say to each other. A session codes the blocks of one segment, one after another. */
import type { Header } from '../container/header.ts';
import { SurprisalError, type SurprisalErrorCode } from '../errors.ts';

/** From the pool to a thread. */
export type Request =
  /** The compiled kernel, so that a thread need not compile it again. */
  | { readonly type: 'kernel'; readonly name: string; readonly module: WebAssembly.Module }
  | {
      readonly type: 'open';
      readonly session: number;
      readonly task: 'encode' | 'decode';
      readonly header: Header;
    }
  /** A raw block to be coded. */
  | { readonly type: 'encode'; readonly session: number; readonly raw: Uint8Array }
  /** A coded block (`rawCrc` set) or a stored one to be decoded. */
  | {
      readonly type: 'decode';
      readonly session: number;
      readonly payload: Uint8Array;
      readonly rawLength: number;
      readonly rawCrc: number | undefined;
      readonly offset: number;
    }
  /** No more blocks, or none wanted any more: the model goes. */
  | { readonly type: 'close'; readonly session: number };

/** From a thread to the pool. Blocks are answered in order. */
export type Reply =
  | { readonly type: 'block'; readonly session: number; readonly bytes: Uint8Array }
  /** Raw bytes of the session so far. */
  | { readonly type: 'progress'; readonly session: number; readonly done: number }
  | { readonly type: 'error'; readonly session: number; readonly error: PlainError };

/** An error as it can be posted: the classes and codes of errors do not survive structured cloning everywhere. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly offset: number | undefined;
  readonly stack: string | undefined;
}

/** An error to be posted. */
export function plainError(error: unknown): PlainError {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const { code, offset } = (error ?? {}) as { code?: unknown; offset?: unknown };
  return {
    name,
    message,
    stack,
    code: typeof code === 'string' ? code : undefined,
    offset: typeof offset === 'number' ? offset : undefined,
  };
}

/** The error that was posted, with its class and code. */
export function revivedError({ name, message, code, offset, stack }: PlainError): Error {
  let error: Error;
  if (name === 'SurprisalError') error = new SurprisalError(code as SurprisalErrorCode, message, { offset });
  else {
    error =
      name === 'TypeError'
        ? new TypeError(message)
        : name === 'RangeError'
          ? new RangeError(message)
          : new Error(message);
    if (code !== undefined) Object.assign(error, { code });
  }
  // Where it went wrong, not where it arrived.
  if (stack !== undefined) error.stack = stack;
  return error;
}
