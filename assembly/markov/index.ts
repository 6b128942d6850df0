// The forward filter of hidden Markov models: src/kernels/markov.ts is the other side of this border, and
// test/reference/markov.ts does the same in plain loops.
//
// All numbers are whole and held in doubles: masses are units of 2^-24, of which the rows below have 2^24 each, so that
// sums stay below 2^53. They are exact, and their order is free.

const UNIT: f64 = 16777216;

let states: i32 = 0;
/** Bytes of a row of the transitions, and of other arrays of doubles: whole vectors. */
let row: usize = 0;
let masses: usize = 0;
let emitting: usize = 0;
let weights: usize = 0;
let sums: usize = 0;

/** Lays memory out for `n` states; returns how many bytes it takes. */
export function setUp(n: i32): usize {
  states = n;
  row = <usize>((n + 1) & ~1) << 3;
  const four = <usize>((n + 3) & ~3);
  masses = transitions() + row * four;
  emitting = masses + row;
  weights = emitting + row;
  sums = weights + (four << 3);
  return sums + (<usize>(n + 1) << 2);
}

/** Masses of the next state: row j has those into state j, padded to whole vectors; rows are padded to fours. */
export function transitions(): usize {
  return (__heap_base + 15) & ~15;
}

/** Doubles from one row to the next. */
export function stride(): i32 {
  return <i32>(row >> 3);
}

/** The mass of each state. */
export function mass(): usize {
  return masses;
}

/** The mass of the symbol under each state. */
export function emission(): usize {
  return emitting;
}

/** Where the masses add up, from 0 to 2^24: one more than the states. */
export function cumulative(): usize {
  return sums;
}

/** From the first state's distribution to that given the first symbol. */
export function begin(): void {
  for (let at: usize = 0; at < row; at += 16)
    v128.store(weights + at, f64x2.mul(v128.load(masses + at), v128.load(emitting + at)));
  quantise();
}

/** From a state's distribution to that of the next, given its symbol. */
export function step(): void {
  const end = masses + row;
  const rows = weights + (<usize>states << 3);
  let from = transitions();
  let symbol = emitting;
  for (let to = weights; to < rows; to += 32, symbol += 32) {
    let a = f64x2.splat(0);
    let b = f64x2.splat(0);
    let c = f64x2.splat(0);
    let d = f64x2.splat(0);
    const second = from + row;
    const third = second + row;
    const fourth = third + row;
    for (let p = masses, at: usize = 0; p < end; p += 16, at += 16) {
      const m = v128.load(p);
      a = f64x2.add(a, f64x2.mul(m, v128.load(from + at)));
      b = f64x2.add(b, f64x2.mul(m, v128.load(second + at)));
      c = f64x2.add(c, f64x2.mul(m, v128.load(third + at)));
      d = f64x2.add(d, f64x2.mul(m, v128.load(fourth + at)));
    }
    from = fourth + row;
    v128.store(to, emitted(a, b, symbol));
    if (to + 16 < rows) v128.store(to + 16, emitted(c, d, symbol + 16));
  }
  quantise();
}

/** Weights of two states: 2^-20 of a sum leaves at most 28 bits, so that the product is exact; none becomes 0. */
// @ts-ignore: decorator
@inline
function emitted(a: v128, b: v128, symbol: usize): v128 {
  const sum = f64x2.add(v128.shuffle<f64>(a, b, 0, 2), v128.shuffle<f64>(a, b, 1, 3));
  const least = f64x2.add(f64x2.floor(f64x2.mul(sum, f64x2.splat(1.0 / 1048576))), f64x2.splat(1));
  return f64x2.mul(least, v128.load(symbol));
}

/** Rounds cumulative sums down, one unit on top for each state: none is left out, or popping it would be for ever. */
function quantise(): void {
  let total: f64 = 0;
  const end = weights + (<usize>states << 3);
  for (let p = weights; p < end; p += 8) total += load<f64>(p);
  const scale = (UNIT - <f64>states) / total;
  let sum: f64 = 0;
  let extra: f64 = 0;
  let before: f64 = 0;
  let at = sums;
  let m = masses;
  store<u32>(at, 0);
  for (let p = weights; p < end; p += 8, m += 8) {
    sum += load<f64>(p);
    extra += 1;
    const here = p + 8 < end ? floor(sum * scale) + extra : UNIT;
    at += 4;
    store<u32>(at, <u32>here);
    store<f64>(m, here - before);
    before = here;
  }
}
