// Mixtures of logistic and of normal distributions as intervals of integers, cut leakily as families.ts cuts one: the
// left end of a symbol s > min is trunc(free * F(s - 1/2)) + (s - min), where F is the mixture's cdf.
//
// No two symbols may get ends out of order, so F as computed never falls:
// - (x - mean) / scale rounds to a number that does not fall as x rises, and the cut to a whole number of 2^-26 neither;
// - between two such numbers below 0 a component's cdf grows by a relative 2^-27 at least, and what `below` computes is
//   wrong by less than 2^-30 of it; above 0 it is 1 less the value at the mirrored place;
// - products with a weight >= 0, their sum in a fixed order, and the quotient by the sum of the weights, all round to
//   numbers that do not fall when none of the terms does. With every cdf at 1 the quotient is 1 exactly.

import { erfc, exp } from './libm';

const GAUSSIAN_MIXTURE: u32 = 65;

/** The interval last asked for. */
export let mixtureLeft: u32 = 0;
export let mixtureWidth: u32 = 0;

/** Coefficients of a piece. */
const TERMS: i32 = 8;
/** Bits of a piece's width: 1/8 for the logistic cdf on [-32, 0), 1/16 for the normal one on [-8, 0). */
const LOGISTIC_SHIFT: i32 = 23;
const NORMAL_SHIFT: i32 = 22;
const LOGISTIC_PIECES: i32 = 256;
const NORMAL_PIECES: i32 = 128;

const tables: usize = memory.data(64 * (256 + 128), 64);
let filled: bool = false;

let components: i32 = 0;
let spacing: usize = 0;

/** Numbers of a row, and bytes from the weights to the means and from those to the scales. */
export function shapeMixture(count: i32, bytes: usize): void {
  components = count;
  spacing = bytes;
  if (!filled) fillTables();
}

/** Taylor's series about the middle of each piece: the cdfs' own differential equations give the coefficients. */
function fillTables(): void {
  for (let j = 0; j < LOGISTIC_PIECES; j++) {
    const at = tables + <usize>(j * TERMS * 8);
    // y' = y - y^2
    store<f64>(at, 1.0 / (1.0 + exp(32.0 - (<f64>j + 0.5) / 8.0)));
    for (let n = 0; n < TERMS - 1; n++) {
      let square: f64 = 0.0;
      for (let i = 0; i <= n; i++) square += load<f64>(at + (i << 3)) * load<f64>(at + ((n - i) << 3));
      store<f64>(at + ((n + 1) << 3), (load<f64>(at + (n << 3)) - square) / <f64>(n + 1));
    }
  }
  for (let j = 0; j < NORMAL_PIECES; j++) {
    const at = tables + <usize>((LOGISTIC_PIECES + j) * TERMS * 8);
    const z = (<f64>j + 0.5) / 16.0 - 8.0;
    // y' = p, p' = -z p
    store<f64>(at, 0.5 * erfc(-z * 0.7071067811865476));
    let before: f64 = 0.0;
    let density = exp(-0.5 * z * z) * 0.3989422804014327;
    for (let n = 1; n < TERMS; n++) {
      store<f64>(at + (n << 3), density / <f64>n);
      const next = -(z * density + before) / <f64>n;
      before = density;
      density = next;
    }
  }
  filled = true;
}

/** A component's cdf at z = place 2^-26, from the piece of its table that holds it. */
// @ts-ignore: decorator
@inline
function cdfAt(place: i32, normal: bool): f64 {
  const upper = place >= 0;
  // The mirrored place of z >= 0: -1 for 0.
  let mirrored = upper ? ~place : place;
  let at: usize;
  let t: f64;
  if (normal) {
    if (mirrored < -(NORMAL_PIECES << NORMAL_SHIFT)) mirrored = -(NORMAL_PIECES << NORMAL_SHIFT);
    const from = mirrored + (NORMAL_PIECES << NORMAL_SHIFT);
    at = tables + <usize>(LOGISTIC_PIECES << 6) + (<usize>(from >> NORMAL_SHIFT) << 6);
    t = <f64>((from & ((1 << NORMAL_SHIFT) - 1)) - (1 << (NORMAL_SHIFT - 1))) * (1.0 / 67108864.0);
  } else {
    const from = <u32>mirrored ^ 0x80000000;
    at = tables + (<usize>(from >> LOGISTIC_SHIFT) << 6);
    t = <f64>(<i32>(from & ((1 << LOGISTIC_SHIFT) - 1)) - (1 << (LOGISTIC_SHIFT - 1))) * (1.0 / 67108864.0);
  }
  // Even and odd terms side by side.
  const u = f64x2.splat(t * t);
  let sum = f64x2.add(v128.load(at, 32), f64x2.mul(u, v128.load(at, 48)));
  sum = f64x2.add(v128.load(at, 16), f64x2.mul(u, sum));
  sum = f64x2.add(v128.load(at), f64x2.mul(u, sum));
  const value = f64x2.extract_lane(sum, 0) + t * f64x2.extract_lane(sum, 1);
  return upper ? 1.0 - value : value;
}

/** The sum of the weights, in the order in which every sum is taken. */
function weightOf(row: usize): f64 {
  let sum: f64 = 0.0;
  for (let k = 0; k < components; k++) sum += load<f64>(row + (<usize>k << 3));
  return sum;
}

/** The weighted sums of the components' cdfs at two places at once. */
function sums(row: usize, normal: bool, x: v128): v128 {
  let sum = f64x2.splat(0.0);
  const end = row + (<usize>components << 3);
  const toMeans = spacing;
  const toScales = 2 * spacing;
  for (let at = row; at < end; at += 8) {
    const z = f64x2.div(f64x2.sub(x, v128.load64_splat(at + toMeans)), v128.load64_splat(at + toScales));
    const places = i32x4.trunc_sat_f64x2_s_zero(f64x2.mul(z, f64x2.splat(67108864.0)));
    const low = cdfAt(i32x4.extract_lane(places, 0), normal);
    const high = cdfAt(i32x4.extract_lane(places, 1), normal);
    const both = f64x2.replace_lane(f64x2.splat(low), 1, high);
    sum = f64x2.add(sum, f64x2.mul(v128.load64_splat(at), both));
  }
  return sum;
}

/** Left ends of two symbols, neither of which is the first: as 32-bit lanes. */
// @ts-ignore: decorator
@inline
function lefts(row: usize, normal: bool, first: i32, second: i32, min: i32, free: f64, total: f64): v128 {
  const x = f64x2(<f64>first - 0.5, <f64>second - 0.5);
  const share = f64x2.div(normal ? sums(row, true, x) : sums(row, false, x), f64x2.splat(total));
  const cut = i32x4.trunc_sat_f64x2_u_zero(f64x2.mul(f64x2.splat(free), share));
  return i32x4.add(cut, i32x4(first - min, second - min, 0, 0));
}

/** Sets the interval of a symbol, from the parameters at `row`; false when the model has no such symbol. */
export function mixtureInterval(row: usize, kind: u32, symbol: i32, min: i32, max: i32, bits: u32): bool {
  if (symbol < min || symbol > max) return false;
  const free = <f64>((1 << bits) - 1 - (max - min));
  const both = lefts(row, kind == GAUSSIAN_MIXTURE, symbol, symbol + 1, min, free, weightOf(row));
  mixtureLeft = symbol == min ? 0 : i32x4.extract_lane(both, 0);
  mixtureWidth = (symbol == max ? 1 << bits : i32x4.extract_lane(both, 1)) - mixtureLeft;
  return true;
}

/** The symbol whose interval holds `quantile`; sets the interval. */
export function mixtureSymbolAt(row: usize, kind: u32, quantile: u32, min: i32, max: i32, bits: u32): i32 {
  const free = <f64>((1 << bits) - 1 - (max - min));
  const normal = kind == GAUSSIAN_MIXTURE;
  const total = weightOf(row);
  // left(low) = from <= quantile < to = left(low + size)
  let low = min;
  let from: u32 = 0;
  let size: u32 = max - min + 1;
  let to: u32 = 1 << bits;
  while (size > 1) {
    const third = size < 3 ? 1 : size / 3;
    const both = lefts(row, normal, low + third, low + <i32>(size - third), min, free, total);
    const one = <u32>i32x4.extract_lane(both, 0);
    const two = <u32>i32x4.extract_lane(both, 1);
    if (quantile < one) {
      to = one;
      size = third;
    } else if (quantile < two) {
      low += third;
      from = one;
      size -= 2 * third;
      to = two;
    } else {
      low += size - third;
      from = two;
      size = third;
    }
  }
  mixtureLeft = from;
  mixtureWidth = to - from;
  return low;
}
