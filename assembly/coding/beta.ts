// Sums of binomial and of Poisson probabilities, as incomplete beta and gamma functions.

import { exp, lgamma, log, pow } from './libm';

const ENOUGH: f64 = 1e-15;

/** log B(p, q) */
function logBeta(p: f64, q: f64): f64 {
  return lgamma(p) + lgamma(q) - lgamma(p + q);
}

/**
 * The regularised incomplete beta function I_x(p, q), by Soper's reductions (Majumder and Bhattacharjee 1973, AS 63;
 * Cran, Martin and Thomas 1977, AS R19 and AS 109). constriction uses it, so the order of operations is fixed.
 */
export function incompleteBeta(x: f64, p: f64, q: f64): f64 {
  if (x == 0.0 || x == 1.0) return x;
  const logB = logBeta(p, q);
  let sum = p + q;
  let ours = x;
  let theirs = 1.0 - x;
  const flip = p < sum * x;
  if (flip) {
    ours = 1.0 - x;
    theirs = x;
    const swap = p;
    p = q;
    q = swap;
  }
  let term: f64 = 1.0;
  let step: f64 = 1.0;
  let a: f64 = 1.0;
  let parts = <i32>(q + theirs * sum);
  let ratio = parts == 0 ? ours : ours / theirs;
  let factor = q - step;
  while (true) {
    term = (term * factor * ratio) / (p + step);
    a += term;
    const size = abs(term);
    if (size <= ENOUGH && size <= ENOUGH * a) break;
    step += 1.0;
    parts -= 1;
    if (parts >= 0) {
      factor = q - step;
      if (parts == 0) ratio = ours;
    } else {
      factor = sum;
      sum += 1.0;
    }
  }
  a = (a * exp(p * log(ours) + (q - 1.0) * log(theirs) - logB)) / p;
  return flip ? 1.0 - a : a;
}

/** P(X <= k) of n trials with probability p each, for whole k >= 0. */
export function binomialSum(k: f64, n: f64, p: f64): f64 {
  const q = 1.0 - p;
  if (k == 0.0) return pow(q, n);
  if (k >= n) return 1.0;
  return incompleteBeta(q, n - k, k + 1.0);
}

/** Steps after which a series is left: more than the largest mean that the models take needs. */
const MOST_STEPS: i32 = 1 << 20;

/**
 * P(X <= k) of a Poisson variable, for whole k >= 0: the regularised incomplete gamma function Q(k + 1, mean), by its
 * series below the mean and by its continued fraction (Lentz's method) above. Either has a small relative error in
 * the tail that it computes, which is what keeps the sums in order.
 */
export function poissonSum(k: f64, mean: f64): f64 {
  const a = k + 1.0;
  const scale = exp(a * log(mean) - mean - lgamma(a));
  if (mean < a + 1.0) {
    let term = 1.0 / a;
    let sum = term;
    let at = a;
    for (let i = 0; i < MOST_STEPS; i++) {
      at += 1.0;
      term *= mean / at;
      sum += term;
      if (term <= sum * 1e-17) break;
    }
    const lower = sum * scale;
    return lower < 1.0 ? 1.0 - lower : 0.0;
  }
  let b = mean + 1.0 - a;
  let c: f64 = 1e300;
  let d = 1.0 / b;
  let h = d;
  for (let i = 1; i < MOST_STEPS; i++) {
    const factor = -(<f64>i) * (<f64>i - a);
    b += 2.0;
    d = factor * d + b;
    if (abs(d) < 1e-300) d = 1e-300;
    c = b + factor / c;
    if (abs(c) < 1e-300) c = 1e-300;
    d = 1.0 / d;
    const change = d * c;
    h *= change;
    if (abs(change - 1.0) <= 1e-16) break;
  }
  const upper = h * scale;
  return upper < 1.0 ? upper : 1.0;
}
