/** LZMA files from the decisions of the oracle: what it measures is what is written here. */
import { typeError } from '../errors.ts';
import { fullParameters, LzmaKernel, type LzmaParameters } from './lzma-kernel.ts';
import {
  ALONE_HEADER,
  CHECKS,
  type LzmaFormat,
  put32,
  STORED_CHUNK,
  storedBytes,
  writeXz,
  type XzCheck,
} from './lzma-xz.ts';

/** Options of {@link lzmaEncode}. */
export interface LzmaEncodeOptions extends LzmaParameters {
  /** Default `xz`. */
  readonly format?: LzmaFormat;
  /** What an .xz file is checked by. Default `crc32`. */
  readonly check?: XzCheck;
}

/** The smallest window by default, that of the oracle, and the largest. */
const SMALLEST = 20;
const LARGEST = 24;
/** Bytes of the window that matches do not reach. */
const UNREACHED = 1024;

/**
 * Compresses bytes to a .lzma or .xz file, which xz and every other decoder of LZMA reads. Deterministic on every
 * engine. Its range-coded bytes are the `bits()` of an {@link LzmaOracle} of the same parameters, and up to 5 more.
 *
 * @param options - `dictionarySize` is by default 2^20, more where the bytes need it, up to 2^24.
 * @throws TypeError (`invalid-type`) for an unknown format or check, RangeError (`invalid-argument`) for values out of
 * range; SurprisalError (`limit`) when there is not enough memory for the window.
 * @example
 * const file = lzmaEncode(new TextEncoder().encode('banana banana'), { format: 'xz' });
 */
export function lzmaEncode(bytes: Uint8Array, options: LzmaEncodeOptions = {}): Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw typeError('bytes to compress are a Uint8Array');
  const { format = 'xz', check = 'crc32' } = options;
  if (format !== 'alone' && format !== 'xz') throw typeError(`the format is 'alone' or 'xz', not ${String(format)}`);
  if (!Object.hasOwn(CHECKS, check)) throw typeError(`the check is 'none', 'crc32' or 'crc64', not ${String(check)}`);
  let windowLog = SMALLEST;
  while (windowLog < LARGEST && 2 ** windowLog - UNREACHED < bytes.length) windowLog++;
  const lzma2 = format === 'xz';
  const parameters = fullParameters({ dictionarySize: 2 ** windowLog, ...given(options) }, lzma2);
  const kernel = new LzmaKernel(parameters, lzma2);

  let out = new Uint8Array((bytes.length >> 1) + 256);
  let at = lzma2 ? 0 : ALONE_HEADER;
  const drain = (code: Uint8Array) => {
    // One byte is left for the end of LZMA2.
    if (at + code.length + 1 > out.length) {
      const larger = new Uint8Array(2 * (at + code.length));
      larger.set(out);
      out = larger;
    }
    out.set(code, at);
    at += code.length;
  };
  kernel.exports.startEncoding();
  kernel.append(bytes, drain);
  kernel.exports.finishEncoding();
  kernel.drain(drain);
  if (lzma2) {
    const code = at + 1 < storedBytes(bytes.length) ? out.subarray(0, at + 1) : store(bytes);
    code[code.length - 1] = 0;
    return writeXz(code, bytes, check, 31 - Math.clz32(parameters.dictionarySize));
  }
  const { lc, lp, pb, dictionarySize } = parameters;
  out[0] = (pb * 5 + lp) * 9 + lc;
  put32(out, 1, dictionarySize);
  put32(out, 5, bytes.length);
  put32(out, 9, Math.floor(bytes.length / 2 ** 32));
  return out.slice(0, at);
}

/** Options without those that are undefined. */
function given(options: LzmaParameters): LzmaParameters {
  const { dictionarySize, ...rest } = options;
  return dictionarySize === undefined ? rest : options;
}

/** Chunks of LZMA2 that store. */
function store(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(storedBytes(bytes.length));
  let at = 0;
  for (let from = 0; from < bytes.length; from += STORED_CHUNK) {
    const part = bytes.subarray(from, from + STORED_CHUNK);
    out[at] = from === 0 ? 1 : 2;
    out[at + 1] = (part.length - 1) >> 8;
    out[at + 2] = part.length - 1;
    out.set(part, at + 3);
    at += 3 + part.length;
  }
  return out;
}
