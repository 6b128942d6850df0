// Functions about gamma and beta distributions, and inverses: those that the models of assembly/coding have too are its
// own, so that there is one of each.

import { incompleteBeta as incompleteBetaOf } from '../coding/beta';
import { normalQuantile as normalQuantileOf } from '../coding/quantile';
import { log, log1p } from './index';

export { atan, lgamma } from '../coding/libm';

const NOT_A_NUMBER: f64 = reinterpret<f64>(0x7ff8000000000000);

/** Where digamma is 0: the sum of both. */
const ROOT: f64 = 1.4616321449683622;
const ROOT_LO: f64 = 9.549995429965697e-17;
/** The root + 10, and 1 over its square. */
const FAR: f64 = 11.461632144968362;
const FAR_U: f64 = 0.007612145277951978;

/**
 * The derivative of lgamma, for x > 0.
 *
 * From 10 on by the asymptotic series, log x - 1 / (2x) - sum of B(2k) / (2k x^2k). Below, as the difference to the root,
 * whose factor x - root is taken out of every term: all terms left are positive, so that nothing cancels.
 */
export function digamma(x: f64): f64 {
  if (x != x || x < 0.0) return NOT_A_NUMBER;
  if (x == 0.0) return -Infinity;
  if (x == Infinity) return x;
  if (x >= 10.0) {
    const u = 1.0 / x / x;
    return (
      log(x) - (0.5 / x +
      u * (1.0 / 12.0 +
      u * (-1.0 / 120.0 +
      u * (1.0 / 252.0 +
      u * (-1.0 / 240.0 +
      u * (1.0 / 132.0 +
      u * (-691.0 / 32760.0 +
      u * (1.0 / 12.0))))))))
    );
  }
  const at = x < 1.0 ? x + 1.0 : x;
  const d = at - ROOT - ROOT_LO;
  let sum: f64 = 0.0;
  for (let k = 9; k >= 0; k--) sum += 1.0 / ((at + <f64>k) * (ROOT + <f64>k));
  const far = at + 10.0;
  const u = 1.0 / (far * far);
  const rest =
    0.08327012691592113 +
    u * (-0.008303364571255892 +
    u * (0.003936966647791543 +
    u * (-0.004110184359335209 +
    u * (0.007420024877225382 +
    u * (-0.02045845065296676 +
    u * (1.0 / 12.0))))));
  sum += 0.5 / (far * FAR) + (far + FAR) * u * FAR_U * rest;
  const y = d * sum + log1p(d / FAR);
  return x < 1.0 ? y - 1.0 / x : y;
}

/** The x with P(X <= x) = p of a standard normal variable. */
export function normalQuantile(p: f64): f64 {
  return p >= 0.0 && p <= 1.0 ? normalQuantileOf(p) : NOT_A_NUMBER;
}

/** Parameters that the series of incompleteBeta is taken to. */
const MOST_BETA: f64 = 1e6;

/** The regularised incomplete beta function I_x(a, b); NaN outside of its domain, and where a parameter is above 10^6. */
export function incompleteBeta(x: f64, a: f64, b: f64): f64 {
  if (!(x >= 0.0 && x <= 1.0 && a > 0.0 && a <= MOST_BETA && b > 0.0 && b <= MOST_BETA)) return NOT_A_NUMBER;
  return incompleteBetaOf(x, a, b);
}
