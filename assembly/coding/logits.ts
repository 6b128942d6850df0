// Coins by their log odds x: the interval of 0 ends at the whole number nearest to 2^bits / (1 + e^x), one unit at least on
// each side. What networks put out for black and white pixels, so a whole chunk is computed two by two before the coder's
// loop runs, with an exponential that is short: right to 2^-36, where the intervals' units are 2^-24.
//
// One number alone gives the same bits as two side by side.

const LOG2_E: f64 = 1.4426950408889634;
/** ln 2 with 32 bits, so that a whole number times it is exact, and the rest of it. */
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
/** Adding it rounds to a whole number, and leaves that in the low bits. */
const ROUND: f64 = 6755399441055744.0;
/** Beyond it every number gives the last unit. */
const MOST: f64 = 40.0;

/** Where the intervals of 0 and 1 meet. */
export function logitCut(x: f64, bits: u32): u32 {
  x = min(max(x, -MOST), MOST);
  const t = x * LOG2_E + ROUND;
  const k = t - ROUND;
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let p: f64 = 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  const power = reinterpret<f64>(reinterpret<u64>(p) + (reinterpret<u64>(t) << 52));
  const units = <f64>(<u32>1 << bits);
  return <u32>min(max(units / (power + 1.0) + 0.5, 1.0), units - 1.0);
}

// @ts-ignore: decorator
@inline
function next(p: v128, r: v128, c: f64): v128 {
  return f64x2.add(f64x2.mul(p, r), f64x2.splat(c));
}

/** The same for `n` numbers from `from` on, each to the first u32 of a place of 8 bytes; one place more may be written. */
export function logitCuts(from: usize, n: i32, bits: u32, to: usize): void {
  const units = <f64>(<u32>1 << bits);
  for (let i = 0; i < n; i += 2) {
    const x = f64x2.min(f64x2.max(v128.load(from + (<usize>i << 3)), f64x2.splat(-MOST)), f64x2.splat(MOST));
    const t = f64x2.add(f64x2.mul(x, f64x2.splat(LOG2_E)), f64x2.splat(ROUND));
    const k = f64x2.sub(t, f64x2.splat(ROUND));
    const r = f64x2.sub(f64x2.sub(x, f64x2.mul(k, f64x2.splat(LN2_HIGH))), f64x2.mul(k, f64x2.splat(LN2_LOW)));
    let p = f64x2.splat(1.0 / 362880.0);
    p = next(p, r, 1.0 / 40320.0);
    p = next(p, r, 1.0 / 5040.0);
    p = next(p, r, 1.0 / 720.0);
    p = next(p, r, 1.0 / 120.0);
    p = next(p, r, 1.0 / 24.0);
    p = next(p, r, 1.0 / 6.0);
    p = next(p, r, 0.5);
    p = next(p, r, 1.0);
    p = next(p, r, 1.0);
    const power = i64x2.add(p, i64x2.shl(t, 52));
    const cut = f64x2.add(f64x2.div(f64x2.splat(units), f64x2.add(power, f64x2.splat(1.0))), f64x2.splat(0.5));
    const whole = i32x4.trunc_sat_f64x2_u_zero(f64x2.min(f64x2.max(cut, f64x2.splat(1.0)), f64x2.splat(units - 1.0)));
    // u32 a, b, 0, 0 becomes a, 0, b, 0.
    v128.store(to + (<usize>i << 3), i8x16.shuffle(whole, whole, 0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 8, 9, 10, 11));
  }
}
