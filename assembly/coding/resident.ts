// Families that look at numbers resident in memory, or that are no cut cdf: beta-binomial distributions, buckets with
// any edges, an adaptive model, coins by their log odds, and intervals that somebody else has found. families.ts hands
// their kinds over.

import { adaptiveInterval, adaptiveSymbolAt } from './adaptive';
import { betaBinomialInterval, betaBinomialSymbolAt } from './beta-binomial';
import { bucketInterval, bucketSymbolAt } from './buckets';
import { setInterval } from './families';
import { logitCut } from './logits';

// The host's names for these: src/models/model.ts.
/** All kinds from here on are handed over. */
export const FIRST_RESIDENT: u32 = 16;
const BETA_BINOMIAL: u32 = 16;
const ADAPTIVE: u32 = 17;
/** The parameters are the interval itself: for encoding only. */
const GIVEN: u32 = 18;
export const BERNOULLI_LOGITS: u32 = 19;
/** Buckets of the Gaussian; of the family `kind` from here on. */
const BUCKETS: u32 = 32;

/** The interval of a symbol; false when it has none. */
export function residentInterval(kind: u32, symbol: i32, max: i32, bits: u32, a: f64, b: f64): bool {
  if (kind >= BUCKETS) return bucketInterval(kind - BUCKETS, symbol, max, bits, a, b);
  if (kind == BETA_BINOMIAL) return betaBinomialInterval(symbol, max, bits, a, b);
  if (kind == ADAPTIVE) return adaptiveInterval(symbol, bits);
  if (kind == BERNOULLI_LOGITS) {
    const cut = logitCut(a, bits);
    setInterval(symbol == 0 ? 0 : cut, symbol == 0 ? cut : (1 << bits) - cut);
    return <u32>symbol <= 1;
  }
  if (kind != GIVEN) return false;
  setInterval(<u32>a, <u32>b);
  return true;
}

/** The symbol at a quantile. */
export function residentSymbolAt(kind: u32, quantile: u32, max: i32, bits: u32, a: f64, b: f64): i32 {
  if (kind >= BUCKETS) return bucketSymbolAt(kind - BUCKETS, quantile, max, bits, a, b);
  if (kind == BETA_BINOMIAL) return betaBinomialSymbolAt(quantile, max, bits, a, b);
  if (kind == BERNOULLI_LOGITS) {
    const cut = logitCut(a, bits);
    const symbol = quantile < cut ? 0 : 1;
    setInterval(symbol ? cut : 0, symbol ? (1 << bits) - cut : cut);
    return symbol;
  }
  return adaptiveSymbolAt(quantile, bits);
}
