/**
 * Arithmetic on 64-bit integers as two u32 halves, exact and without BigInt, for the coders' single calls.
 *
 * A double is exact below 2^53, so a factor of 40 bits is split at 16 bits, and a dividend goes in steps of 16 bits.
 */

/** Where {@link multiplyAdd} leaves its result: low half, high half. */
export const product = new Uint32Array(2);

/** Sets {@link product} to a * b + c, for a < 2^40, b <= 2^24, c < 2^32 and a result below 2^64. */
export function multiplyAdd(a: number, b: number, c: number): void {
  const high = Math.floor(a / 65536);
  const x = (a - high * 65536) * b + c;
  const carry = Math.floor(x / 65536);
  const t = high * b + carry;
  const top = Math.floor(t / 65536);
  product[0] = ((t - top * 65536) << 16) | (x - carry * 65536);
  product[1] = top;
}

/** What {@link divide} leaves over. */
export const rest = new Uint32Array(1);

/** (high * 2^32 + low) div p, for 0 < p < 2^24 and high < p * 2^8; the remainder goes to {@link rest}. */
export function divide(high: number, low: number, p: number): number {
  const q1 = Math.floor(high / p);
  const x2 = (high - q1 * p) * 65536 + (low >>> 16);
  const q2 = Math.floor(x2 / p);
  const x3 = (x2 - q2 * p) * 65536 + (low & 0xffff);
  const q3 = Math.floor(x3 / p);
  rest[0] = x3 - q3 * p;
  return q1 * 4294967296 + q2 * 65536 + q3;
}

/** The bigint of two halves. */
export function join(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}
