// Student's t distribution as a table: its cdf has no form whose rounding is known to keep it rising, and a coder
// needs it rising. Between knots, of which there are 128 an octave of t, the density is taken as linear. Every operation
// on the way from t to the cdf keeps the order of its arguments, so that the cdf rises by construction.
//
// At `constants`: i32 first cell, i32 number of cells, f64 slope below the first; f64 the half's mass at the first
// knot; then for each cell f64 A, B and the mass M at its right end. With g = 1 - (t - left) / width, the mass up to t
// is M - g (A + B g). All masses are of t > 0, so from 0 to 1/2. src/models/student.ts has the same.

import { constants } from './constants';
import { exp, log1p } from './libm';
import { scratch } from './quantize';

/** Bits of a double's mantissa that choose a cell of an octave. */
const CELL_BITS: u64 = 7;
const REST_BITS: u64 = 52 - CELL_BITS;
const HEADER: usize = 24;

// @ts-ignore: decorator
@inline
function knot(cell: i32): f64 {
  return reinterpret<f64>(<u64>cell << REST_BITS);
}

/** The density but for a factor. */
function density(t: f64, df: f64): f64 {
  return exp(-0.5 * (df + 1.0) * log1p((t / df) * t));
}

/** Gauss and Legendre's rule of three points. */
function mass(from: f64, to: f64, df: f64): f64 {
  const half = 0.5 * (to - from);
  const middle = from + half;
  const off = half * 0.7745966692414834;
  return (
    half * ((density(middle - off, df) + density(middle + off, df)) * (5.0 / 9.0) + density(middle, df) * (8.0 / 9.0))
  );
}

/** Fills the table at scratch(); returns its bytes. df from 0.1 to 1e300. */
export function studentTable(df: f64): i32 {
  const base = scratch();
  // The first knot is where the density has hardly fallen.
  const near = min(1.0, sqrt(df)) * (1.0 / 4096.0);
  const first = <i32>(reinterpret<u64>(near) >> 52) << <i32>CELL_BITS;
  let at = base + HEADER;
  const start = mass(0.0, knot(first), df);
  let sum = start;
  let cell = first;
  let height = density(knot(cell), df);
  while (true) {
    const left = knot(cell);
    const right = knot(cell + 1);
    const next = density(right, df);
    const part = mass(left, right, df);
    sum += part;
    const bend = max(0.5 * (height - next) * (right - left), 0.0);
    store<f64>(at, max(part - bend, 0.0));
    store<f64>(at, bend, 8);
    store<f64>(at, sum, 16);
    at += 24;
    cell++;
    height = next;
    // What is beyond is t density / df, where that is not nothing anyway.
    if ((cell & ((1 << <i32>CELL_BITS) - 1)) == 0 && right > 1.0 && right * height < sum * min(df, 1.0) * 1e-11) break;
  }
  const right = knot(cell);
  const factor = 0.5 / (sum + (right * height) / df);
  store<i32>(base, first);
  store<i32>(base, cell - first, 4);
  store<f64>(base, (start / knot(first)) * factor, 8);
  store<f64>(base, start * factor, 16);
  for (let i = base + HEADER; i < at; i += 8) store<f64>(i, load<f64>(i) * factor);
  return <i32>(at - base);
}

/** P(T <= t) of the table in use. */
export function studentCdf(t: f64): f64 {
  const bits = reinterpret<u64>(t) & 0x7fffffffffffffff;
  const size = reinterpret<f64>(bits);
  const cell = <i32>(bits >> REST_BITS) - load<i32>(constants);
  const count = load<i32>(constants, 4);
  let part: f64;
  if (cell < 0) {
    part = min(size * load<f64>(constants, 8), load<f64>(constants, 16));
  } else if (cell >= count) {
    part = load<f64>(constants + <usize>count * 24, 16);
  } else {
    const at = constants + HEADER + <usize>cell * 24;
    const whole: u64 = (<u64>1 << REST_BITS) - 1;
    const g = <f64>(whole + 1 - (bits & whole)) * (1.0 / <f64>(<u64>1 << REST_BITS));
    part = max(load<f64>(at - 8), load<f64>(at, 16) - g * (load<f64>(at) + load<f64>(at, 8) * g));
  }
  return t < 0.0 ? 0.5 - part : 0.5 + part;
}

/** About where the cdf is p. */
export function studentQuantile(p: f64): f64 {
  const part = abs(p - 0.5);
  const start = load<f64>(constants, 16);
  if (part <= start) return (p - 0.5) / load<f64>(constants, 8);
  let low: i32 = 0;
  let high = load<i32>(constants, 4) - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<f64>(constants + HEADER + <usize>middle * 24, 16) < part) low = middle + 1;
    else high = middle;
  }
  const at = constants + HEADER + <usize>low * 24;
  const from = load<f64>(at - 8);
  const left = knot(load<i32>(constants) + low);
  const width = knot(load<i32>(constants) + low + 1) - left;
  const t = left + width * ((part - from) / (load<f64>(at, 16) - from));
  return p < 0.5 ? -t : t;
}
