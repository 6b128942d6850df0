// Division by a symbol's probability without dividing: a table of reciprocals beside that of cumulative frequencies.

// Bytes of an entry, and where in it what is.
// m, whose upper half comes second
const START: usize = 8;
const DIVISOR: usize = 12;
const LIMIT: usize = 16;
const ADDEND: usize = 24;
const SHIFT: usize = 28;

/** Bits of a symbol's place in the table: 32 bytes an entry. */
export const ENTRY_BITS: usize = 5;

/**
 * Fills in what {@link quotientOf} divides by, for each symbol of the table at `at`.
 *
 * With s = floor(log2 d) and c = 1, x div d is the upper half of (x + c) m, shifted right by s, where m is
 * ceil(2^(64 + s) / d) - 1: exactly, as long as (x + 1) e <= 2^(64 + s) for e = 2^(64 + s) - m d, which is from 1 to d.
 * A coder's x is below 2^40 d, and 2^40 d e <= 2^(64 + s) follows from e <= d if d < 2^23, and from e <= 2^23 if not. If
 * e is larger than that, c = 0 and m + 1 do: its excess, d - e, is below 2^23 (Granlund and Montgomery, "Division by
 * invariant integers using multiplication", 1994; Robison, "N-bit unsigned division via N-bit multiply-add", 2005).
 */
export function buildDivisors(at: usize, entries: u32, to: usize): void {
  for (let i: u32 = 0; i < entries; i++) {
    const start: u64 = load<u32>(at);
    const d: u64 = load<u32>(at, 4) - start;
    const s: u64 = 63 - clz<u64>(d);
    // 2^(64 + s) - 1 by d, in two digits of 32 bits.
    const upper = (<u64>1 << (32 + s)) - 1;
    const high = upper / d;
    const lower = ((upper - high * d) << 32) | 0xffffffff;
    const low = lower / d;
    const excessive = lower - low * d + 1 > 0x800000;
    store<u64>(to, (high << 32) + low + u64(excessive));
    store<u32>(to, <u32>start, START);
    store<u32>(to, <u32>d, DIVISOR);
    store<u64>(to, d << 40, LIMIT);
    store<u32>(to, u32(!excessive), ADDEND);
    store<u32>(to, <u32>s, SHIFT);
    at += 4;
    to += 1 << ENTRY_BITS;
  }
}

/** Where the interval of the entry at `at` starts. */
// @ts-ignore: decorator
@inline
export function dividedStart(at: usize): u32 {
  return load<u32>(at, START);
}

/** The divisor of the entry at `at`: the size of its interval. */
// @ts-ignore: decorator
@inline
export function divisorOf(at: usize): u32 {
  return load<u32>(at, DIVISOR);
}

/** The divisor times 2^40. */
// @ts-ignore: decorator
@inline
export function limitOf(at: usize): u64 {
  return load<u64>(at, LIMIT);
}

/** x div d, for the divisor d of the entry at `at` and x < 2^40 d. */
// @ts-ignore: decorator
@inline
export function quotientOf(x: u64, d: u64, at: usize): u64 {
  // Models of raw bits have nothing but powers of two, and others hardly any: a branch that is guessed right.
  if ((d & (d - 1)) == 0) return x >> <u64>load<u32>(at, SHIFT);
  const y = x + <u64>load<u32>(at, ADDEND);
  return upperHalf(y >> 32, y & 0xffffffff, at);
}

/** The same for x in two halves, which may be ready before x is. */
// @ts-ignore: decorator
@inline
export function quotientOfHalves(high: u64, low: u64, d: u64, at: usize): u64 {
  if ((d & (d - 1)) == 0) return ((high << 32) | low) >> <u64>load<u32>(at, SHIFT);
  return upperHalf(high, low + <u64>load<u32>(at, ADDEND), at);
}

/** (2^32 high + low) m, shifted right by 64 + s. `low` may be 2^32. */
// @ts-ignore: decorator
@inline
function upperHalf(high: u64, low: u64, at: usize): u64 {
  const ml = <u64>load<u32>(at);
  const mh = <u64>load<u32>(at, 4);
  const a = low * mh;
  const b = high * ml;
  const middle = (a & 0xffffffff) + (b & 0xffffffff) + ((low * ml) >> 32);
  return (high * mh + (a >> 32) + (b >> 32) + (middle >> 32)) >> <u64>load<u32>(at, SHIFT);
}
