// Adaptive probability maps (secondary symbol estimation): what a probability has meant so far in a small context,
// interpolated between 16 points of the logistic domain from -7.5 to 7.5. Rows hold differences to the identity.
import { APM_ROW, IDENTITY } from './layout';
import { put16 } from './journal';
import { MAP_SHIFT } from './tuning';

/** Where on the row a probability falls, from 0 to 15. */
// @ts-ignore: decorator
@inline
export function mapPosition(stretched: f32): f32 {
  return max<f32>(min<f32>(stretched, <f32>7.499), <f32>-7.499) + <f32>7.5;
}

/** The point below a position, or just as well the one above it when it is nearly there: adding 1.5 * 2^23 leaves an
 *  integer in the low bits, which is cheaper than a conversion that has to trap. */
// @ts-ignore: decorator
@inline
export function mapStep(position: f32): u32 {
  return reinterpret<u32>(position - <f32>0.5 + <f32>12582912) & 15;
}

/** A context's row. Reading it early hides the wait for memory behind the mixing. */
// @ts-ignore: decorator
@inline
export function mapRow(map: u32, context: u32): u32 {
  return map + context * APM_ROW;
}

/** A point's value: cells hold it less the identity, modulo 2^16. */
// @ts-ignore: decorator
@inline
function value(cell: u32, step: u32): u32 {
  return (load<u16>(IDENTITY + (step << 1)) + load<u16>(cell)) & 0xffff;
}

/** The refined probability, in 1/65536, between the point of `cell` and the next; `above` is the share of the latter. */
// @ts-ignore: decorator
@inline
export function mapRead(cell: u32, step: u32, above: f32): f32 {
  const low = <f32>value(cell, step), high = <f32>value(cell + 2, step + 1);
  return low + (high - low) * above;
}

// @ts-ignore: decorator
@inline
export function mapTrain(cell: u32, step: u32, bit: u32): void {
  const target = <i32>((0 - bit) & 0xffff);
  put16(cell, load<u16>(cell) + ((target - <i32>value(cell, step)) >> MAP_SHIFT));
  put16(cell + 2, load<u16>(cell, 2) + ((target - <i32>value(cell + 2, step + 1)) >> MAP_SHIFT));
}
