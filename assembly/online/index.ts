// The online compressor's kernel: the model and the coder, from bytes to bytes.
import { CODED, RAW } from './layout';

export { init } from './model';
export { decode, decodeStart, encode, encodeEnd, encodeStart, learn } from './coder';

/** Where raw bytes go in and come out. */
export function inputPointer(): u32 {
  return RAW;
}

/** Where coded bytes come out and go in. */
export function outputPointer(): u32 {
  return CODED;
}
