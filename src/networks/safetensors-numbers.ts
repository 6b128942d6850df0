/**
 * Numbers of files of tensors, turned into floats by integer operations and exact arithmetic, so that every engine
 * gets the same bits. Functions that read return -1, or the index of the first number that cannot be had.
 */

/** The types of numbers that a file can name and that are read. */
export type TensorType =
  | 'BOOL'
  | 'U8'
  | 'I8'
  | 'U16'
  | 'I16'
  | 'F16'
  | 'BF16'
  | 'U32'
  | 'I32'
  | 'F32'
  | 'U64'
  | 'I64'
  | 'F64';

/** Bytes of one number, by type. */
const WIDTHS: Readonly<Record<TensorType, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
};

/** Bytes that one number of a type takes; undefined for what is no type that is read. */
export function tensorTypeBytes(type: string): number | undefined {
  return Object.hasOwn(WIDTHS, type) ? WIDTHS[type as TensorType] : undefined;
}

/** Bits of a float, and the float of bits, through one piece of memory. */
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Reads F32; refuses what is not finite before a NaN's payload is copied anywhere. */
export function float32To(into: Float32Array<ArrayBuffer>, view: DataView): number {
  const words = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let i = 0; i < words.length; i++) {
    const word = view.getUint32(4 * i, true);
    if ((word & 0x7f800000) === 0x7f800000) return i;
    words[i] = word;
  }
  return -1;
}

/** Reads BF16, the upper halves of F32. */
export function bfloat16To(into: Float32Array<ArrayBuffer>, view: DataView): number {
  const words = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let i = 0; i < words.length; i++) {
    const half = view.getUint16(2 * i, true);
    if ((half & 0x7f80) === 0x7f80) return i;
    words[i] = half << 16;
  }
  return -1;
}

/** Reads F16: every one of them is a float. */
export function float16To(into: Float32Array, view: DataView): number {
  for (let i = 0; i < into.length; i++) {
    const half = view.getUint16(2 * i, true);
    const exponent = (half >>> 10) & 31;
    const mantissa = half & 1023;
    if (exponent === 31) return i;
    // Without an exponent the leading one is missing, and the unit is that of the smallest exponent.
    const size = exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25);
    into[i] = half >= 32768 ? -size : size;
  }
  return -1;
}

/** Reads F64, rounded to the nearest float. */
export function float64To(into: Float32Array, view: DataView): number {
  for (let i = 0; i < into.length; i++) {
    const value = Math.fround(view.getFloat64(8 * i, true));
    if (!Number.isFinite(value)) return i;
    into[i] = value;
  }
  return -1;
}

/** Reads integers, all of which must be floats. */
export function integersTo(into: Float32Array, view: DataView, type: string): number {
  const read: (i: number) => number =
    type === 'I8'
      ? (i) => view.getInt8(i)
      : type === 'U16'
        ? (i) => view.getUint16(2 * i, true)
        : type === 'I16'
          ? (i) => view.getInt16(2 * i, true)
          : type === 'U32'
            ? (i) => view.getUint32(4 * i, true)
            : type === 'I32'
              ? (i) => view.getInt32(4 * i, true)
              : type === 'U64'
                ? (i) => safe(view.getBigUint64(8 * i, true))
                : type === 'I64'
                  ? (i) => safe(view.getBigInt64(8 * i, true))
                  : (i) => view.getUint8(i);
  for (let i = 0; i < into.length; i++) {
    const value = read(i);
    if (Math.fround(value) !== value) return i;
    into[i] = value;
  }
  return -1;
}

/** A big integer as a number, NaN where it is none exactly. */
function safe(value: bigint): number {
  return BigInt.asIntN(54, value) === value ? Number(value) : Number.NaN;
}

/**
 * The bits of the F16 nearest to a finite float, ties to even.
 *
 * @returns 16 bits, or undefined where that would be infinite: from 65,520 on
 */
export function toFloat16(value: number): number | undefined {
  float[0] = value;
  const word = bits[0];
  const sign = (word >>> 16) & 0x8000;
  const size = word & 0x7fffffff;
  // Half of the last step above 65504 rounds to even, which is infinity.
  if (size >= 0x477ff000) return undefined;
  if (size >= 0x38800000) {
    // 13 bits are dropped; adding just under half of their unit, and one more to an odd rest, rounds ties to even.
    return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
  }
  // Below 2^-14 the unit is 2^-24. The product is exact; so are the part below it and what is compared.
  const units = Math.abs(float[0]) * 2 ** 24;
  const below = Math.floor(units);
  const rest = units - below;
  return sign | (below + (rest > 0.5 || (rest === 0.5 && (below & 1) === 1) ? 1 : 0));
}
