/**
 * Errors that callers can tell apart.
 *
 * Misuse (a wrong type, a value out of range) throws the built-in TypeError or RangeError with a `code` on it; all
 * else that can go wrong with data is a {@link SurprisalError}. Test `code`: it is stable, it survives the way out of
 * a worker, and messages may be reworded.
 */
export type SurprisalErrorCode =
  /** The data is not what it says it is: a checksum, a length or a field is wrong. */
  | 'corrupt'
  /** The data ends before it is complete. */
  | 'truncated'
  /** Not this format at all. */
  | 'not-srp'
  /** Written by another version of the format or of a method, which the message names. */
  | 'unsupported'
  /** More memory or output than the caller's limits allow. */
  | 'limit'
  /** A symbol that the model gives no probability. */
  | 'impossible-symbol'
  /** The archive needs another model than the one given. */
  | 'wrong-model'
  /** The stack of bits has run out. */
  | 'out-of-data'
  /** A worker thread could not be started, or ended before its work was done. */
  | 'worker';

/** What an error may carry besides its message. */
export interface SurprisalErrorOptions extends ErrorOptions {
  /** Offset of the fault in the input, in bytes. */
  offset?: number;
}

/**
 * Anything that can go wrong with data, told apart by `code`.
 *
 * @example
 * try {
 *   await decompress(bytes);
 * } catch (error) {
 *   if (error instanceof SurprisalError && error.code === 'truncated') console.log('the end is missing');
 * }
 */
export class SurprisalError extends Error {
  override readonly name = 'SurprisalError';
  readonly code: SurprisalErrorCode;
  /** Offset of the fault in the input, in bytes, where it is known. */
  readonly offset: number | undefined;

  constructor(code: SurprisalErrorCode, message: string, options: SurprisalErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.offset = options.offset;
  }
}

/** Codes of misuse: mistakes in a program, not in data. */
export type MisuseCode = 'invalid-argument' | 'invalid-type';

/** A TypeError with a stable code. */
export function typeError(message: string): TypeError & { code: MisuseCode } {
  return Object.assign(new TypeError(message), { code: 'invalid-type' as const });
}

/** A RangeError with a stable code. */
export function rangeError(message: string): RangeError & { code: MisuseCode } {
  return Object.assign(new RangeError(message), { code: 'invalid-argument' as const });
}
