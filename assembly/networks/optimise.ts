// Steps of optimisers, number by number. Moments that fall below 2^-100 become 0: denormal numbers are slow, and
// say nothing.
import { loadPart, storePart } from './functions';

// @ts-ignore: decorator
@inline
const LEAST: f32 = 7.888609e-31;

// @ts-ignore: decorator
@inline
function flushed(x: v128): v128 {
  return v128.and(x, f32x4.ge(f32x4.abs(x), f32x4.splat(LEAST)));
}

/**
 * Adam (Kingma and Ba 2015), with the decay of AdamW (Loshchilov and Hutter 2019): w -= rate (m / c1 / (sqrt(v / c2) +
 * epsilon) + decay w), where c1 and c2 are 1 - beta^t.
 */
export function adam(
  n: usize,
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  rate: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  inverse1: f32,
  inverse2: f32,
  decay: f32,
): void {
  const b1 = f32x4.splat(beta1);
  const b2 = f32x4.splat(beta2);
  const a1 = f32x4.splat(1 - beta1);
  const a2 = f32x4.splat(1 - beta2);
  const i1 = f32x4.splat(inverse1);
  const i2 = f32x4.splat(inverse2);
  const e = f32x4.splat(epsilon);
  const lr = f32x4.splat(rate);
  const d = f32x4.splat(decay);
  for (let i: usize = 0; i < n; i += 4) {
    const at = i << 2;
    const part = min<usize>(4, n - i);
    const full = part == 4;
    const gradient = full ? v128.load(g + at) : loadPart(g + at, part);
    const weight = full ? v128.load(w + at) : loadPart(w + at, part);
    const first = flushed(
      f32x4.add(f32x4.mul(full ? v128.load(m + at) : loadPart(m + at, part), b1), f32x4.mul(gradient, a1)),
    );
    const second = flushed(
      f32x4.add(
        f32x4.mul(full ? v128.load(v + at) : loadPart(v + at, part), b2),
        f32x4.mul(f32x4.mul(gradient, gradient), a2),
      ),
    );
    const step = f32x4.div(f32x4.mul(first, i1), f32x4.add(f32x4.sqrt(f32x4.mul(second, i2)), e));
    const next = f32x4.sub(weight, f32x4.mul(lr, f32x4.add(step, f32x4.mul(d, weight))));
    if (full) {
      v128.store(m + at, first);
      v128.store(v + at, second);
      v128.store(w + at, next);
    } else {
      storePart(m + at, part, first);
      storePart(v + at, part, second);
      storePart(w + at, part, next);
    }
  }
}

/** Stochastic gradient descent with momentum: m = momentum m + g + decay w; w -= rate m. */
export function sgd(n: usize, w: usize, g: usize, m: usize, rate: f32, momentum: f32, decay: f32): void {
  for (let i: usize = 0; i < n; i++) {
    const at = i << 2;
    const weight = load<f32>(w + at);
    let step = momentum * load<f32>(m + at) + (load<f32>(g + at) + decay * weight);
    if (abs(step) < LEAST) step = 0;
    store<f32>(m + at, step);
    store<f32>(w + at, weight - rate * step);
  }
}

/** A moving average: a += (w - a) rate. */
export function average(n: usize, w: usize, a: usize, rate: f32): void {
  for (let i: usize = 0; i < n; i++) {
    const at = i << 2;
    const old = load<f32>(a + at);
    store<f32>(a + at, old + (load<f32>(w + at) - old) * rate);
  }
}

/** The sum of squares, in doubles: sums of even and of odd numbers, added at the end. */
export function squareSum(n: usize, x: usize): f64 {
  let sums = f64x2.splat(0);
  let i: usize = 0;
  for (; i + 2 <= n; i += 2) {
    const v = f64x2.promote_low_f32x4(v128.load_zero<u64>(x + (i << 2)));
    sums = f64x2.add(sums, f64x2.mul(v, v));
  }
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  if (i < n) {
    const last = <f64>load<f32>(x + (i << 2));
    sum += last * last;
  }
  return sum;
}
