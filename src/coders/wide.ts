/**
 * Arithmetic on 64-bit integers as two u32 halves, exact and without BigInt, for the coders' single calls.
 *
 * Low halves come exactly from 32-bit integers, which wrap. What is left of a product is then a multiple of 2^32, and of a
 * quotient an integer: the nearest one to what doubles say, whose error is far below a half.
 */

/** Where {@link multiplyAdd} leaves its result: low half, high half. */
export const product = new Uint32Array(2);

/** Sets {@link product} to a * b + c, for a < 2^40, b <= 2^24, c < 2^32 and a result below 2^64. */
export function multiplyAdd(a: number, b: number, c: number): void {
  const low = (Math.imul(a, b) + c) >>> 0;
  product[0] = low;
  product[1] = (a * b + c - low) / 4294967296 + 0.5;
}

/** What {@link divide} leaves over. */
export const rest = new Uint32Array(1);

/** (high * 2^32 + low) div p, for 0 < p < 2^24 and high < p * 2^8; the remainder goes to {@link rest}. */
export function divide(high: number, low: number, p: number): number {
  // Below 2^40, so that two roundings put it off by one at most.
  const quotient = Math.floor((high * 4294967296 + low) / p);
  const left = (low - Math.imul(quotient, p)) | 0;
  if (left < 0) {
    rest[0] = left + p;
    return quotient - 1;
  }
  if (left >= p) {
    rest[0] = left - p;
    return quotient + 1;
  }
  rest[0] = left;
  return quotient;
}

/** The bigint of two halves. */
export function join(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}
