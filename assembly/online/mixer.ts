// The network: a first layer of SETS logistic neurons, each with many weight vectors of which a small context chooses
// one, and a second layer of one neuron over their outputs. Each neuron learns by online gradient descent on its own
// coding cost: for p = squash(w . x) the gradient of -log2 p(bit) with respect to w is (p - bit) x (up to ln 2), so the
// problem is convex in w (Mattern 2012). Sums run in a fixed order: lanes of four, then a fixed tree.
import { CHANCES, CHOSEN, FINAL, OUTPUT_LANES, OUTPUTS, SETS, SET_SIZE, STRIDE, WEIGHTS, X } from './layout';
import { putVector } from './journal';
import { state } from './state';
import { ENOUGH, RATE_FINAL, WEIGHT } from './tuning';

/** Logistic outputs are cut off here: squash(11.5) is 1 - 1e-5. */
// @ts-ignore: decorator
@inline const CUT: f32 = 11.5;

// @ts-ignore: decorator
@inline
function clamp(x: v128): v128 {
  return f32x4.pmin(f32x4.splat(CUT), f32x4.pmax(f32x4.splat(-CUT), x));
}

/** 1 / (1 + exp(-x)), relative error about 3e-6, for |x| <= CUT. exp is a power of two and a polynomial. */
// @ts-ignore: decorator
@inline
function squash4(x: v128): v128 {
  const t = f32x4.mul(x, f32x4.splat(-1.44269504));
  const shifted = f32x4.add(t, f32x4.splat(12582912)); // 1.5 * 2^23: rounds to an integer in the low bits
  const f = f32x4.sub(t, f32x4.sub(shifted, f32x4.splat(12582912)));
  let e = f32x4.add(f32x4.mul(f, f32x4.splat(0.0013333558)), f32x4.splat(0.0096181291));
  e = f32x4.add(f32x4.mul(e, f), f32x4.splat(0.0555041087));
  e = f32x4.add(f32x4.mul(e, f), f32x4.splat(0.2402265070));
  e = f32x4.add(f32x4.mul(e, f), f32x4.splat(0.6931471806));
  e = f32x4.add(f32x4.mul(e, f), f32x4.splat(1));
  e = i32x4.add(e, i32x4.shl(shifted, 23));
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), e));
}

/** Chooses the weight vector of a set. */
// @ts-ignore: decorator
@inline
export function select(set: u32, context: u32): void {
  store<u32>(CHOSEN + (set << 2), WEIGHTS + (set * SET_SIZE + context) * STRIDE);
}

export function mixerInit(inputs: u32): void {
  for (let i: u32 = 0; i < SETS * SET_SIZE; i++)
    for (let k: u32 = 0; k < inputs; k++) store<f32>(WEIGHTS + i * STRIDE + k * 4, WEIGHT);
  for (let i: u32 = 0; i < 256 * OUTPUT_LANES; i++) store<f32>(FINAL + i * 4, <f32>1.0 / <f32>SETS);
}

/** Products of a set's weights with the inputs, summed to four lanes. */
// @ts-ignore: decorator
@inline
function lanes(set: u32, x0: v128, x1: v128, x2: v128, x3: v128, x4: v128): v128 {
  const w = load<u32>(CHOSEN + (set << 2));
  return f32x4.add(
    f32x4.add(
      f32x4.add(f32x4.mul(v128.load(w), x0), f32x4.mul(v128.load(w, 16), x1)),
      f32x4.add(f32x4.mul(v128.load(w, 32), x2), f32x4.mul(v128.load(w, 48), x3)),
    ),
    f32x4.mul(v128.load(w, 64), x4),
  );
}

/** Sums the lanes of four vectors into one. */
// @ts-ignore: decorator
@inline
function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/** Runs the network on X with the chosen weights; `c0` chooses those of the second layer. */
// @ts-ignore: decorator
@inline
export function mix(c0: u32): void {
  const x0 = v128.load(X), x1 = v128.load(X, 16), x2 = v128.load(X, 32), x3 = v128.load(X, 48);
  const x4 = v128.load(X, 64);
  const a = clamp(sums(
    lanes(0, x0, x1, x2, x3, x4), lanes(1, x0, x1, x2, x3, x4),
    lanes(2, x0, x1, x2, x3, x4), lanes(3, x0, x1, x2, x3, x4),
  ));
  const b = clamp(sums(
    lanes(4, x0, x1, x2, x3, x4), lanes(5, x0, x1, x2, x3, x4),
    f32x4.splat(0), f32x4.splat(0),
  ));
  v128.store(OUTPUTS, a);
  v128.store(OUTPUTS, b, 16);
  v128.store(CHANCES, squash4(a));
  v128.store(CHANCES, squash4(b), 16);
  const w = FINAL + (c0 << 5);
  const products = f32x4.add(f32x4.mul(a, v128.load(w)), f32x4.mul(b, v128.load(w, 16)));
  const output = clamp(sums(products, products, products, products));
  const s = state();
  s.final = w;
  s.mixed = f32x4.extract_lane(output, 0);
  s.chance = f32x4.extract_lane(squash4(output), 0);
}

// @ts-ignore: decorator
@inline
function trainSet(set: u32, e: v128, x0: v128, x1: v128, x2: v128, x3: v128, x4: v128): void {
  const w = load<u32>(CHOSEN + (set << 2));
  putVector(w, f32x4.add(v128.load(w), f32x4.mul(e, x0)));
  putVector(w + 16, f32x4.add(v128.load(w, 16), f32x4.mul(e, x1)));
  putVector(w + 32, f32x4.add(v128.load(w, 32), f32x4.mul(e, x2)));
  putVector(w + 48, f32x4.add(v128.load(w, 48), f32x4.mul(e, x3)));
  putVector(w + 64, f32x4.add(v128.load(w, 64), f32x4.mul(e, x4)));
}

/** One step of gradient descent for every neuron. */
// @ts-ignore: decorator
@inline
export function train(bit: u32): void {
  const y = f32x4.splat(<f32>bit);
  const s = state();
  const w = s.final;
  const error = <f32>bit - s.chance;
  if (abs<f32>(error) < ENOUGH) return;
  const e2 = f32x4.splat(error * RATE_FINAL);
  putVector(w, f32x4.add(v128.load(w), f32x4.mul(e2, v128.load(OUTPUTS))));
  putVector(w + 16, f32x4.add(v128.load(w, 16), f32x4.mul(e2, v128.load(OUTPUTS, 16))));
  const ea = f32x4.mul(f32x4.sub(y, v128.load(CHANCES)), f32x4.splat(s.rate));
  const eb = f32x4.mul(f32x4.sub(y, v128.load(CHANCES, 16)), f32x4.splat(s.rate));
  const x0 = v128.load(X), x1 = v128.load(X, 16), x2 = v128.load(X, 32), x3 = v128.load(X, 48);
  const x4 = v128.load(X, 64);
  trainSet(0, v128.shuffle<f32>(ea, ea, 0, 0, 0, 0), x0, x1, x2, x3, x4);
  trainSet(1, v128.shuffle<f32>(ea, ea, 1, 1, 1, 1), x0, x1, x2, x3, x4);
  trainSet(2, v128.shuffle<f32>(ea, ea, 2, 2, 2, 2), x0, x1, x2, x3, x4);
  trainSet(3, v128.shuffle<f32>(ea, ea, 3, 3, 3, 3), x0, x1, x2, x3, x4);
  trainSet(4, v128.shuffle<f32>(eb, eb, 0, 0, 0, 0), x0, x1, x2, x3, x4);
  trainSet(5, v128.shuffle<f32>(eb, eb, 1, 1, 1, 1), x0, x1, x2, x3, x4);
}
