// Mixtures of logistic and of normal distributions as intervals of integers, cut leakily as families.ts cuts one: the
// left end of a symbol s > min is trunc(free * F(s - 1/2)) + (s - min), where F is the mixture's cdf.
//
// No two symbols may get ends out of order, so F as computed never falls as x rises:
// - (x - mean) / scale, cut at both ends and rounded to whole numbers of 2^-28, never falls, whatever is rounded;
// - from one such number below 0 to the next a component's cdf grows by a relative 2^-29 at least (by z 2^-28 where the
//   normal one is at -z, far out), and its series is wrong by less than a quarter of that: 2^-38 for the logistic one,
//   2^-27 at the normal one's end. Above 0 it is 1 less the value at the mirrored place;
// - products with a weight >= 0, their sum in a fixed order, and the quotient by the sum of the weights, each round to
//   numbers that do not fall when none of the terms does; and none is above 1.

import { erfc, exp } from './libm';

const GAUSSIAN_MIXTURE: u32 = 65;

/** The interval last asked for. */
export let mixtureLeft: u32 = 0;
export let mixtureWidth: u32 = 0;

/** Coefficients of a piece, whose width is 1 when t is scaled. */
const TERMS: i32 = 6;
const BYTES: usize = 48;
/** Pieces of a unit of z, and those of [-32, 0] and of [-8, 0], centred at whole numbers. */
const LOGISTIC_SCALE: f64 = 16.0;
const NORMAL_SCALE: f64 = 32.0;
const LOGISTIC_PIECES: i32 = 513;
const NORMAL_PIECES: i32 = 257;
const LOGISTIC_LEAST: f64 = -512.0;
const NORMAL_LEAST: f64 = -256.0;
/** Added and taken off again, they round to whole numbers of 2^-28 of a unit of z, which has 16 or 32 pieces. */
const LOGISTIC_GRID: f64 = 402653184.0;
const NORMAL_GRID: f64 = 805306368.0;
/** The same for whole numbers, which are then in the low bits: 1.5 2^52. */
const WHOLE: f64 = 6755399441055744.0;

const tables: usize = memory.data(48 * (513 + 257), 64);
let filled: bool = false;

let components: i32 = 0;
let spacing: usize = 0;

/** Numbers of a row, and bytes from the weights to the means and from those to the scales. */
export function shapeMixture(count: i32, bytes: usize): void {
  components = count;
  spacing = bytes;
  if (!filled) fillTables();
}

/**
 * Whether `n` rows at `row` and what belongs to them can be coded with: numbers finite, no weight negative, every sum
 * of weights finite and above 0, every scale above 0.
 */
export function mixturesHold(row: usize, n: i32): bool {
  const end = row + (<usize>(n * components) << 3);
  const most = f64x2.splat(f64.MAX_VALUE);
  const zero = f64x2.splat(0.0);
  let good = f64x2.eq(zero, zero);
  let at = row;
  for (; at + 16 <= end; at += 16) {
    const scales = v128.load(at + 2 * spacing);
    good = v128.and(good, f64x2.ge(v128.load(at), zero));
    good = v128.and(good, f64x2.le(f64x2.abs(v128.load(at + spacing)), most));
    good = v128.and(good, v128.and(f64x2.gt(scales, zero), f64x2.le(scales, most)));
  }
  if (at < end) {
    const scale = load<f64>(at + 2 * spacing);
    if (!(load<f64>(at) >= 0.0 && abs(load<f64>(at + spacing)) <= f64.MAX_VALUE)) return false;
    if (!(scale > 0.0 && scale <= f64.MAX_VALUE)) return false;
  }
  if (!i64x2.all_true(good)) return false;
  for (let i = 0; i < n; i++) {
    const sum = weightOf(row + (<usize>(i * components) << 3));
    if (!(sum > 0.0 && sum <= f64.MAX_VALUE)) return false;
  }
  return true;
}

/** Taylor's series about the middle of each piece: the cdfs' own differential equations give the coefficients. */
function fillTables(): void {
  let at = tables;
  for (let j = 0; j < LOGISTIC_PIECES; j++) {
    // y' = (y - y^2) / 16
    store<f64>(at, 1.0 / (1.0 + exp(-(<f64>j + LOGISTIC_LEAST) / LOGISTIC_SCALE)));
    for (let n = 0; n < TERMS - 1; n++) {
      let square: f64 = 0.0;
      for (let i = 0; i <= n; i++) square += load<f64>(at + (i << 3)) * load<f64>(at + ((n - i) << 3));
      store<f64>(at + ((n + 1) << 3), (load<f64>(at + (n << 3)) - square) / (<f64>(n + 1) * LOGISTIC_SCALE));
    }
    at += BYTES;
  }
  for (let j = 0; j < NORMAL_PIECES; j++) {
    // y' = p, p' = -z p / 32
    const z = (<f64>j + NORMAL_LEAST) / NORMAL_SCALE;
    store<f64>(at, 0.5 * erfc(-z * 0.7071067811865476));
    let before: f64 = 0.0;
    let density = (exp(-0.5 * z * z) * 0.3989422804014327) / NORMAL_SCALE;
    for (let n = 1; n < TERMS; n++) {
      store<f64>(at + (n << 3), density / <f64>n);
      const next = -(z * density + before / NORMAL_SCALE) / (<f64>n * NORMAL_SCALE);
      before = density;
      density = next;
    }
    at += BYTES;
  }
  filled = true;
}

/** The sum of a piece's series over even powers, and that over odd ones without a t: u is t^2. */
// @ts-ignore: decorator
@inline
function halves(at: usize, u: v128): v128 {
  const sum = f64x2.add(v128.load(at, 16), f64x2.mul(u, v128.load(at, 32)));
  return f64x2.add(v128.load(at), f64x2.mul(u, sum));
}

/** A component's cdf at two places z, normal if D is f64 and else logistic. Without branches: nobody could predict them. */
// @ts-ignore: decorator
@inline
function cdfsAt<D>(z: v128): v128 {
  const normal = isFloat<D>();
  const least = normal ? NORMAL_LEAST : LOGISTIC_LEAST;
  const grid = normal ? NORMAL_GRID : LOGISTIC_GRID;
  const last = normal ? tables + BYTES * (LOGISTIC_PIECES + NORMAL_PIECES - 1) : tables + BYTES * (LOGISTIC_PIECES - 1);
  z = f64x2.mul(z, f64x2.splat(normal ? NORMAL_SCALE : LOGISTIC_SCALE));
  z = f64x2.pmax(f64x2.splat(least), f64x2.pmin(f64x2.splat(-least), z));
  z = f64x2.sub(f64x2.add(z, f64x2.splat(grid)), f64x2.splat(grid));
  const sign = v128.and(z, f64x2.splat(-0.0));
  z = v128.or(z, f64x2.splat(-0.0));
  const index = f64x2.add(z, f64x2.splat(WHOLE));
  const t = f64x2.sub(z, f64x2.sub(index, f64x2.splat(WHOLE)));
  const u = f64x2.mul(t, t);
  const one = halves(last + <usize>i32x4.extract_lane(index, 0) * BYTES, v128.shuffle<f64>(u, u, 0, 0));
  const two = halves(last + <usize>i32x4.extract_lane(index, 2) * BYTES, v128.shuffle<f64>(u, u, 1, 1));
  const value = f64x2.add(v128.shuffle<f64>(one, two, 0, 2), f64x2.mul(t, v128.shuffle<f64>(one, two, 1, 3)));
  // 1/2 - (1/2 - value) below 0, 1/2 + (1/2 - value) above.
  const half = f64x2.splat(0.5);
  return f64x2.add(half, v128.xor(f64x2.sub(half, value), sign));
}

/** The sum of the weights, in the order in which every sum is taken. */
function weightOf(row: usize): f64 {
  let sum: f64 = 0.0;
  for (let k = 0; k < components; k++) sum += load<f64>(row + (<usize>k << 3));
  return sum;
}

/** The mixture's cdf at two places at once. */
function shares<D>(row: usize, x: v128): v128 {
  let sum = f64x2.splat(0.0);
  let total = f64x2.splat(0.0);
  const end = row + (<usize>components << 3);
  const toMeans = spacing;
  const toScales = 2 * spacing;
  for (let at = row; at < end; at += 8) {
    const weight = v128.load64_splat(at);
    const z = f64x2.div(f64x2.sub(x, v128.load64_splat(at + toMeans)), v128.load64_splat(at + toScales));
    total = f64x2.add(total, weight);
    sum = f64x2.add(sum, f64x2.mul(weight, cdfsAt<D>(z)));
  }
  return f64x2.div(sum, total);
}

/** Left ends of two symbols, neither of which is the first: as 32-bit lanes. */
// @ts-ignore: decorator
@inline
function lefts(row: usize, normal: bool, first: i32, second: i32, min: i32, free: f64): v128 {
  const x = f64x2(<f64>first - 0.5, <f64>second - 0.5);
  const share = normal ? shares<f64>(row, x) : shares<u64>(row, x);
  const cut = i32x4.trunc_sat_f64x2_s_zero(f64x2.mul(f64x2.splat(free), share));
  return i32x4.add(cut, i32x4(first - min, second - min, 0, 0));
}

/** Sets the interval of a symbol, from the parameters at `row`; false when the model has no such symbol. */
export function mixtureInterval(row: usize, kind: u32, symbol: i32, min: i32, max: i32, bits: u32): bool {
  if (symbol < min || symbol > max) return false;
  const free = <f64>((1 << bits) - 1 - (max - min));
  const both = lefts(row, kind == GAUSSIAN_MIXTURE, symbol, symbol + 1, min, free);
  mixtureLeft = symbol == min ? 0 : i32x4.extract_lane(both, 0);
  mixtureWidth = (symbol == max ? 1 << bits : i32x4.extract_lane(both, 1)) - mixtureLeft;
  return true;
}

/** Writes the cumulative frequencies of all symbols, and the end of the last, to `to`. */
export function fillMixtureTable(row: usize, kind: u32, min: i32, max: i32, bits: u32, to: usize): void {
  for (let symbol = min; symbol < max; symbol++) {
    mixtureInterval(row, kind, symbol, min, max, bits);
    store<u32>(to, mixtureLeft);
    store<u32>(to, mixtureLeft + mixtureWidth, 4);
    to += 4;
  }
  store<u32>(to, 1 << bits, 4);
}

/** log(x) to three digits or so, for x > 0 that is normal. */
// @ts-ignore: decorator
@inline
function roughLog(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  const m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  return (<f64>(<i32>(bits >> 52)) - 1024.674 + m * (2.0 - m * 0.3358) - 0.0105) * 0.6931471805599453;
}

/** About where a component's cdf is p, from log(p / (1 - p)). */
// @ts-ignore: decorator
@inline
function roughQuantile(logit: f64, normal: bool): f64 {
  if (!normal) return logit;
  // Phi(z) is about logistic(1.5976 z + 0.07056 z^3).
  const z = logit / (1.5976 + 0.07 * abs(logit));
  return z - (z * (1.5976 + 0.07056 * z * z) - logit) / (1.5976 + 0.21168 * z * z);
}

// What the guess is made with, in single precision: for each component weight, mean and 1 / scale; four values.
const rough: usize = memory.data(12 * 1024, 16);
const four: usize = memory.data(16, 16);

/** About what the left end is at four places at once, to a part in a thousand or so. */
// @ts-ignore: decorator
@inline
function roughLefts<D>(x: v128, free: f32, offset: f32): v128 {
  const one = f32x4.splat(1.0);
  const most = f32x4.splat(isFloat<D>() ? 9.5 : 83.0);
  const round = f32x4.splat(12582912.0);
  let sum = f32x4.splat(0.0);
  const end = rough + <usize>components * 12;
  for (let at = rough; at < end; at += 12) {
    let y = f32x4.mul(f32x4.sub(v128.load32_splat(at + 4), x), v128.load32_splat(at + 8));
    y = f32x4.pmin(most, f32x4.pmax(f32x4.neg(most), y));
    if (isFloat<D>())
      y = f32x4.mul(y, f32x4.add(f32x4.splat(2.304851), f32x4.mul(f32x4.splat(0.101797), f32x4.mul(y, y))));
    else y = f32x4.mul(y, f32x4.splat(1.442695));
    // 2^y from its whole part and a cubic in the rest.
    const whole = f32x4.add(y, round);
    const t = f32x4.sub(y, f32x4.sub(whole, round));
    let power = f32x4.add(f32x4.splat(0.2402265), f32x4.mul(t, f32x4.splat(0.0555041)));
    power = f32x4.add(f32x4.splat(0.6931472), f32x4.mul(t, power));
    power = f32x4.add(one, f32x4.mul(t, power));
    power = i32x4.add(power, i32x4.shl(whole, 23));
    sum = f32x4.add(sum, f32x4.div(v128.load32_splat(at), f32x4.add(one, power)));
  }
  return f32x4.add(f32x4.mul(sum, f32x4.splat(free)), f32x4.add(x, f32x4.splat(offset)));
}

/** x as a symbol from `low` to `high`, NaN and all. */
// @ts-ignore: decorator
@inline
function symbolNear(x: f64, low: i32, high: i32): i32 {
  x = floor(x);
  return x > <f64>low ? (x < <f64>high ? <i32>x : high) : low;
}

/**
 * The symbol whose interval holds `quantile`; sets the interval. The left end is a function that rises by 1 at least
 * from symbol to symbol. Rough values in single precision say about where to ask for it; then it is asked for at two
 * symbols at a time, further out or in between, wherever the line through what is known leads; by thirds, where that
 * does not help. Guesses decide the time alone.
 */
export function mixtureSymbolAt(row: usize, kind: u32, quantile: u32, min: i32, max: i32, bits: u32): i32 {
  const free = <f64>((1 << bits) - 1 - (max - min));
  const normal = kind == GAUSSIAN_MIXTURE;
  // Where the components have this share of their mass: the mixture has it between the first and the last of these.
  const middle = <f64>quantile + 0.5;
  const q = roughQuantile(roughLog(middle / (<f64>(1 << bits) - middle)), normal);
  let first = Infinity;
  let last = -Infinity;
  for (let k = 0; k < components; k++) {
    const at = row + (<usize>k << 3);
    const x = load<f64>(at + spacing) + q * load<f64>(at + 2 * spacing);
    first = x < first ? x : first;
    last = x > last ? x : last;
  }
  const bottom = <f64>min - 0.5;
  const top = <f64>max + 0.5;
  first = first > bottom ? (first < top ? first : top) : bottom;
  last = last > first ? (last < top ? last : top) : first;
  let width = last - first;
  let start = first;
  if (width > 0.25) {
    const total = weightOf(row);
    for (let k = 0; k < components; k++) {
      const at = row + (<usize>k << 3);
      const to = rough + <usize>k * 12;
      store<f32>(to, <f32>(load<f64>(at) / total));
      store<f32>(to, <f32>(load<f64>(at + spacing) - first), 4);
      store<f32>(to, <f32>(1.0 / load<f64>(at + 2 * spacing)), 8);
    }
    // Fifths of what is left, until the symbol is all but known.
    const offset = <f32>(first - bottom);
    let low: f64 = 0.0;
    let share: f64 = 0.5;
    for (let turn = 0; turn < 6; turn++) {
      const fifth = width * 0.2;
      const x = f32x4.add(f32x4.splat(<f32>low), f32x4.mul(f32x4.splat(<f32>fifth), f32x4(1.0, 2.0, 3.0, 4.0)));
      const values = normal ? roughLefts<f64>(x, <f32>free, offset) : roughLefts<u64>(x, <f32>free, offset);
      const count = popcnt(i32x4.bitmask(f32x4.le(values, f32x4.splat(<f32>middle))));
      low += fifth * <f64>count;
      width = fifth;
      if (width > 1.5) continue;
      if (count > 0 && count < 4) {
        v128.store(four, values);
        const here = <f64>load<f32>(four + ((count - 1) << 2));
        share = (middle - here) / (<f64>load<f32>(four + (count << 2)) - here);
      }
      break;
    }
    start = first + low + share * width;
    if (width <= 1.5) width = 0.0;
  }
  let step = width * 0.2;

  // left(low) = from <= quantile < to = left(high)
  let low = min;
  let from: u32 = 0;
  let high = <i64>max + 1;
  let to: u32 = 1 << bits;
  let one = symbolNear(start + 0.5 - step, min, max);
  let two = symbolNear(start + 1.5 + step, min, max);
  for (let turn = 0; ; turn++) {
    const inner = low + 1;
    const outer = <i32>(high - 1);
    one = one < inner ? inner : one > outer ? outer : one;
    two = two < one ? one : two > outer ? outer : two;
    const both = lefts(row, normal, one, two, min, free);
    const a = <u32>i32x4.extract_lane(both, 0);
    const b = <u32>i32x4.extract_lane(both, 1);
    if (quantile < a) {
      high = one;
      to = a;
    } else if (quantile < b) {
      low = one;
      from = a;
      high = two;
      to = b;
    } else {
      low = two;
      from = b;
    }
    const size = <f64>(high - low);
    if (size == 1.0) break;
    if (turn > 5) {
      const third = <i32>(size * 0.3333);
      one = low + third;
      two = <i32>(high - third);
    } else if (low == min && size > 4.0 * step + 8.0) {
      two = <i32>(high - 1) - <i32>step;
      step = step * 4.0 + 4.0;
      one = symbolNear(<f64>high - step, inner, outer);
    } else if (high == <i64>max + 1 && size > 4.0 * step + 8.0) {
      one = low + 1 + <i32>step;
      step = step * 4.0 + 4.0;
      two = symbolNear(<f64>low + step, inner, outer);
    } else {
      const x = <f64>low + (size * (middle - <f64>from)) / <f64>(to - from);
      const margin = size * 0.0625;
      one = symbolNear(x - margin, low, outer);
      two = symbolNear(x + margin + 1.0, low, outer);
    }
  }
  mixtureLeft = from;
  mixtureWidth = to - from;
  return low;
}
