// The functions of libm 0.2.16 that constriction's models are computed with, equal to it bit for bit: what a page
// decodes was encoded with those bits. They are fdlibm's algorithms (Sun Microsystems 1993 and 2004, freely
// distributable with this notice; FreeBSD's msun and musl carry them too), so the constants and the order of every
// operation are theirs and must not be improved. assembly/math has functions of our own for all other purposes.
//
// No operation here is fused, and each rounds once, as WASM's arithmetic does everywhere. A NaN that comes in goes
// out as the one NaN below: the models refuse it before it can get here.

const NOT_A_NUMBER: f64 = reinterpret<f64>(0x7ff8000000000000);
const SMALLEST_NORMAL: f64 = reinterpret<f64>(0x0010000000000000);

// @ts-ignore: decorator
@inline
function highWord(x: f64): u32 {
  return <u32>(reinterpret<u64>(x) >> 32);
}

// @ts-ignore: decorator
@inline
function lowWord(x: f64): u32 {
  return <u32>reinterpret<u64>(x);
}

/** The 32 high bits of x, the low ones 0: a factor whose product with another such is exact. */
// @ts-ignore: decorator
@inline
function headOf(x: f64): f64 {
  return reinterpret<f64>(reinterpret<u64>(x) & 0xffffffff00000000);
}

// @ts-ignore: decorator
@inline
function withHighWord(x: f64, high: u32): f64 {
  return reinterpret<f64>(((<u64>high) << 32) | <u64>lowWord(x));
}

/** x 2^n, in the steps that round once where the result is denormal. */
function scale(x: f64, n: i32): f64 {
  if (n > 1023) {
    x *= reinterpret<f64>(0x7fe0000000000000);
    n -= 1023;
    if (n > 1023) {
      x *= reinterpret<f64>(0x7fe0000000000000);
      n -= 1023;
      if (n > 1023) n = 1023;
    }
  } else if (n < -1022) {
    // 2^(-1022 + 53): the product cannot become denormal before the last step.
    x *= reinterpret<f64>(0x0360000000000000);
    n += 969;
    if (n < -1022) {
      x *= reinterpret<f64>(0x0360000000000000);
      n += 969;
      if (n < -1022) n = -1022;
    }
  }
  return x * reinterpret<f64>((<u64>(1023 + n)) << 52);
}

const LN2_HI: f64 = 6.93147180369123816490e-01;
const LN2_LO: f64 = 1.90821492927058770002e-10;
const INV_LN2: f64 = 1.44269504088896338700e+00;
// exp on [-ln2 / 2, ln2 / 2]; pow uses the same.
const E1: f64 = 1.66666666666666019037e-01;
const E2: f64 = -2.77777777770155933842e-03;
const E3: f64 = 6.61375632143793436117e-05;
const E4: f64 = -1.65339022054652515390e-06;
const E5: f64 = 4.13813679705723846039e-08;

export function exp(x: f64): f64 {
  const high = highWord(x);
  const negative = <i32>(high >> 31);
  const size = high & 0x7fffffff;
  if (size >= 0x4086232b) {
    if (x != x) return NOT_A_NUMBER;
    if (x > 709.782712893383973096) return Infinity;
    if (x < -745.13321910194110842) return 0.0;
  }
  let k: i32 = 0;
  let hi: f64, lo: f64;
  if (size > 0x3fd62e42) {
    if (size >= 0x3ff0a2b2) k = <i32>(INV_LN2 * x + (negative ? -0.5 : 0.5));
    else k = 1 - negative - negative;
    hi = x - <f64>k * LN2_HI;
    lo = <f64>k * LN2_LO;
    x = hi - lo;
  } else if (size > 0x3e300000) {
    hi = x;
    lo = 0.0;
  } else {
    return 1.0 + x;
  }
  const xx = x * x;
  const c = x - xx * (E1 + xx * (E2 + xx * (E3 + xx * (E4 + xx * E5))));
  const y = 1.0 + ((x * c) / (2.0 - c) - lo + hi);
  return k == 0 ? y : scale(y, k);
}

const LG1: f64 = 6.666666666666735130e-01;
const LG2: f64 = 3.999999999940941908e-01;
const LG3: f64 = 2.857142874366239149e-01;
const LG4: f64 = 2.222219843214978396e-01;
const LG5: f64 = 1.818357216161805012e-01;
const LG6: f64 = 1.531383769920937332e-01;
const LG7: f64 = 1.479819860511658591e-01;

/** log(1 + f) - f + f^2 / 2, less what the callers add: s (f^2 / 2 + R(s^2)) with s = f / (2 + f). */
// @ts-ignore: decorator
@inline
function logTail(f: f64, hfsq: f64): f64 {
  const s = f / (2.0 + f);
  const z = s * s;
  const w = z * z;
  const t1 = w * (LG2 + w * (LG4 + w * LG6));
  const t2 = z * (LG1 + w * (LG3 + w * (LG5 + w * LG7)));
  const r = t2 + t1;
  return s * (hfsq + r);
}

export function log(x: f64): f64 {
  let high = highWord(x);
  let k: i32 = 0;
  if (high < 0x00100000 || high >> 31 != 0) {
    if (x == 0.0) return -Infinity;
    if (high >> 31 != 0) return NOT_A_NUMBER;
    k = -54;
    x *= 18014398509481984.0;
    high = highWord(x);
  } else if (high >= 0x7ff00000) {
    return x != x ? NOT_A_NUMBER : x;
  } else if (x == 1.0) {
    return 0.0;
  }
  high += 0x3ff00000 - 0x3fe6a09e;
  k += <i32>(high >> 20) - 0x3ff;
  const f = withHighWord(x, (high & 0x000fffff) + 0x3fe6a09e) - 1.0;
  const hfsq = 0.5 * f * f;
  const dk = <f64>k;
  return logTail(f, hfsq) + dk * LN2_LO - hfsq + f + dk * LN2_HI;
}

export function log1p(x: f64): f64 {
  const high = highWord(x);
  let k: i32 = 1;
  let f: f64 = 0.0;
  let c: f64 = 0.0;
  if (high < 0x3fda827a || high >> 31 != 0) {
    if (high >= 0xbff00000) return x == -1.0 ? -Infinity : NOT_A_NUMBER;
    if (high << 1 < 0x3ca00000 << 1) return x;
    if (high <= 0xbfd2bec4) {
      k = 0;
      f = x;
    }
  } else if (high >= 0x7ff00000) {
    return x != x ? NOT_A_NUMBER : x;
  }
  if (k > 0) {
    const u = 1.0 + x;
    const hu = highWord(u) + 0x3ff00000 - 0x3fe6a09e;
    k = <i32>(hu >> 20) - 0x3ff;
    if (k < 54) c = (k >= 2 ? 1.0 - (u - x) : x - (u - 1.0)) / u;
    f = withHighWord(u, (hu & 0x000fffff) + 0x3fe6a09e) - 1.0;
  }
  const hfsq = 0.5 * f * f;
  const dk = <f64>k;
  return logTail(f, hfsq) + (dk * LN2_LO + c) - hfsq + f + dk * LN2_HI;
}

const AT0: f64 = 3.33333333333329318027e-01;
const AT1: f64 = -1.99999999998764832476e-01;
const AT2: f64 = 1.42857142725034663711e-01;
const AT3: f64 = -1.11111104054623557880e-01;
const AT4: f64 = 9.09088713343650656196e-02;
const AT5: f64 = -7.69187620504482999495e-02;
const AT6: f64 = 6.66107313738753120669e-02;
const AT7: f64 = -5.83357013379057348645e-02;
const AT8: f64 = 4.97687799461593236017e-02;
const AT9: f64 = -3.65315727442169155270e-02;
const AT10: f64 = 1.62858201153657823623e-02;

export function atan(x: f64): f64 {
  const high = highWord(x);
  const negative = high >> 31 != 0;
  const size = high & 0x7fffffff;
  let hi: f64 = 1.57079632679489655800e+00;
  let lo: f64 = 6.12323399573676603587e-17;
  if (size >= 0x44100000) {
    if (x != x) return NOT_A_NUMBER;
    return negative ? -hi : hi;
  }
  const reduced = size >= 0x3fdc0000;
  if (!reduced) {
    if (size < 0x3e400000) return x;
  } else {
    x = abs(x);
    if (size < 0x3fe60000) {
      x = (2.0 * x - 1.0) / (2.0 + x);
      hi = 4.63647609000806093515e-01;
      lo = 2.26987774529616870924e-17;
    } else if (size < 0x3ff30000) {
      x = (x - 1.0) / (x + 1.0);
      hi = 7.85398163397448278999e-01;
      lo = 3.06161699786838301793e-17;
    } else if (size < 0x40038000) {
      x = (x - 1.5) / (1.0 + 1.5 * x);
      hi = 9.82793723247329054082e-01;
      lo = 1.39033110312309984516e-17;
    } else {
      x = -1.0 / x;
    }
  }
  const z = x * x;
  const w = z * z;
  const s1 = z * (AT0 + w * (AT2 + w * (AT4 + w * (AT6 + w * (AT8 + w * AT10)))));
  const s2 = w * (AT1 + w * (AT3 + w * (AT5 + w * (AT7 + w * AT9))));
  if (!reduced) return x - x * (s1 + s2);
  const y = hi - (x * (s1 + s2) - lo - x);
  return negative ? -y : y;
}

const ERX: f64 = 8.45062911510467529297e-01;
const EFX8: f64 = 1.02703333676410069053e+00;
// erf on [0, 0.84375]
const PP0: f64 = 1.28379167095512558561e-01;
const PP1: f64 = -3.25042107247001499370e-01;
const PP2: f64 = -2.84817495755985104766e-02;
const PP3: f64 = -5.77027029648944159157e-03;
const PP4: f64 = -2.37630166566501626084e-05;
const QQ1: f64 = 3.97917223959155352819e-01;
const QQ2: f64 = 6.50222499887672944485e-02;
const QQ3: f64 = 5.08130628187576562776e-03;
const QQ4: f64 = 1.32494738004321644526e-04;
const QQ5: f64 = -3.96022827877536812320e-06;
// on [0.84375, 1.25]
const PA0: f64 = -2.36211856075265944077e-03;
const PA1: f64 = 4.14856118683748331666e-01;
const PA2: f64 = -3.72207876035701323847e-01;
const PA3: f64 = 3.18346619901161753674e-01;
const PA4: f64 = -1.10894694282396677476e-01;
const PA5: f64 = 3.54783043256182359371e-02;
const PA6: f64 = -2.16637559486879084300e-03;
const QA1: f64 = 1.06420880400844228286e-01;
const QA2: f64 = 5.40397917702171048937e-01;
const QA3: f64 = 7.18286544141962662868e-02;
const QA4: f64 = 1.26171219808761642112e-01;
const QA5: f64 = 1.36370839120290507362e-02;
const QA6: f64 = 1.19844998467991074170e-02;
// erfc on [1.25, 1 / 0.35]
const RA0: f64 = -9.86494403484714822705e-03;
const RA1: f64 = -6.93858572707181764372e-01;
const RA2: f64 = -1.05586262253232909814e+01;
const RA3: f64 = -6.23753324503260060396e+01;
const RA4: f64 = -1.62396669462573470355e+02;
const RA5: f64 = -1.84605092906711035994e+02;
const RA6: f64 = -8.12874355063065934246e+01;
const RA7: f64 = -9.81432934416914548592e+00;
const SA1: f64 = 1.96512716674392571292e+01;
const SA2: f64 = 1.37657754143519042600e+02;
const SA3: f64 = 4.34565877475229228821e+02;
const SA4: f64 = 6.45387271733267880336e+02;
const SA5: f64 = 4.29008140027567833386e+02;
const SA6: f64 = 1.08635005541779435134e+02;
const SA7: f64 = 6.57024977031928170135e+00;
const SA8: f64 = -6.04244152148580987438e-02;
// erfc on [1 / 0.35, 28]
const RB0: f64 = -9.86494292470009928597e-03;
const RB1: f64 = -7.99283237680523006574e-01;
const RB2: f64 = -1.77579549177547519889e+01;
const RB3: f64 = -1.60636384855821916062e+02;
const RB4: f64 = -6.37566443368389627722e+02;
const RB5: f64 = -1.02509513161107724954e+03;
const RB6: f64 = -4.83519191608651397019e+02;
const SB1: f64 = 3.03380607434824582924e+01;
const SB2: f64 = 3.25792512996573918826e+02;
const SB3: f64 = 1.53672958608443695994e+03;
const SB4: f64 = 3.19985821950859553908e+03;
const SB5: f64 = 2.55305040643316442583e+03;
const SB6: f64 = 4.74528541206955367215e+02;
const SB7: f64 = -2.24409524465858183362e+01;

/** (erf(x) - x) / x for |x| < 0.84375. */
// @ts-ignore: decorator
@inline
function erfNear(x: f64): f64 {
  const z = x * x;
  const r = PP0 + z * (PP1 + z * (PP2 + z * (PP3 + z * PP4)));
  const s = 1.0 + z * (QQ1 + z * (QQ2 + z * (QQ3 + z * (QQ4 + z * QQ5))));
  return r / s;
}

/** erfc(|x|) for 0.84375 <= |x| < 28. */
function erfcFar(size: u32, x: f64): f64 {
  x = abs(x);
  if (size < 0x3ff40000) {
    const s = x - 1.0;
    const p = PA0 + s * (PA1 + s * (PA2 + s * (PA3 + s * (PA4 + s * (PA5 + s * PA6)))));
    const q = 1.0 + s * (QA1 + s * (QA2 + s * (QA3 + s * (QA4 + s * (QA5 + s * QA6)))));
    return 1.0 - ERX - p / q;
  }
  const s = 1.0 / (x * x);
  let r: f64, t: f64;
  if (size < 0x4006db6d) {
    r = RA0 + s * (RA1 + s * (RA2 + s * (RA3 + s * (RA4 + s * (RA5 + s * (RA6 + s * RA7))))));
    t = 1.0 + s * (SA1 + s * (SA2 + s * (SA3 + s * (SA4 + s * (SA5 + s * (SA6 + s * (SA7 + s * SA8)))))));
  } else {
    r = RB0 + s * (RB1 + s * (RB2 + s * (RB3 + s * (RB4 + s * (RB5 + s * RB6)))));
    t = 1.0 + s * (SB1 + s * (SB2 + s * (SB3 + s * (SB4 + s * (SB5 + s * (SB6 + s * SB7))))));
  }
  const z = headOf(x);
  return (exp(-z * z - 0.5625) * exp((z - x) * (z + x) + r / t)) / x;
}

export function erf(x: f64): f64 {
  const high = highWord(x);
  const negative = high >> 31 != 0;
  const size = high & 0x7fffffff;
  if (size >= 0x7ff00000) {
    if (x != x) return NOT_A_NUMBER;
    return negative ? -1.0 : 1.0;
  }
  if (size < 0x3feb0000) {
    if (size < 0x3e300000) return 0.125 * (8.0 * x + EFX8 * x);
    return x + x * erfNear(x);
  }
  const y = 1.0 - (size < 0x40180000 ? erfcFar(size, x) : SMALLEST_NORMAL);
  return negative ? -y : y;
}

export function erfc(x: f64): f64 {
  const high = highWord(x);
  const negative = high >> 31 != 0;
  const size = high & 0x7fffffff;
  if (size >= 0x7ff00000) {
    if (x != x) return NOT_A_NUMBER;
    return negative ? 2.0 : 0.0;
  }
  if (size < 0x3feb0000) {
    if (size < 0x3c700000) return 1.0 - x;
    const y = erfNear(x);
    if (negative || size < 0x3fd00000) return 1.0 - (x + x * y);
    return 0.5 - (x - 0.5 + x * y);
  }
  if (size < 0x403c0000) return negative ? 2.0 - erfcFar(size, x) : erfcFar(size, x);
  return negative ? 2.0 : 0.0;
}

const A0: f64 = 7.72156649015328655494e-02;
const A1: f64 = 3.22467033424113591611e-01;
const A2: f64 = 6.73523010531292681824e-02;
const A3: f64 = 2.05808084325167332806e-02;
const A4: f64 = 7.38555086081402883957e-03;
const A5: f64 = 2.89051383673415629091e-03;
const A6: f64 = 1.19270763183362067845e-03;
const A7: f64 = 5.10069792153511336608e-04;
const A8: f64 = 2.20862790713908385557e-04;
const A9: f64 = 1.08011567247583939954e-04;
const A10: f64 = 2.52144565451257326939e-05;
const A11: f64 = 4.48640949618915160150e-05;
/** Where gamma is least, and log gamma there. */
const TC: f64 = 1.46163214496836224576e+00;
const TF: f64 = -1.21486290535849611461e-01;
const TT: f64 = -3.63867699703950536541e-18;
const T0: f64 = 4.83836122723810047042e-01;
const T1: f64 = -1.47587722994593911752e-01;
const T2: f64 = 6.46249402391333854778e-02;
const T3: f64 = -3.27885410759859649565e-02;
const T4: f64 = 1.79706750811820387126e-02;
const T5: f64 = -1.03142241298341437450e-02;
const T6: f64 = 6.10053870246291332635e-03;
const T7: f64 = -3.68452016781138256760e-03;
const T8: f64 = 2.25964780900612472250e-03;
const T9: f64 = -1.40346469989232843813e-03;
const T10: f64 = 8.81081882437654011382e-04;
const T11: f64 = -5.38595305356740546715e-04;
const T12: f64 = 3.15632070903625950361e-04;
const T13: f64 = -3.12754168375120860518e-04;
const T14: f64 = 3.35529192635519073543e-04;
const U0: f64 = -7.72156649015328655494e-02;
const U1: f64 = 6.32827064025093366517e-01;
const U2: f64 = 1.45492250137234768737e+00;
const U3: f64 = 9.77717527963372745603e-01;
const U4: f64 = 2.28963728064692451092e-01;
const U5: f64 = 1.33810918536787660377e-02;
const V1: f64 = 2.45597793713041134822e+00;
const V2: f64 = 2.12848976379893395361e+00;
const V3: f64 = 7.69285150456672783825e-01;
const V4: f64 = 1.04222645593369134254e-01;
const V5: f64 = 3.21709242282423911810e-03;
const S0: f64 = -7.72156649015328655494e-02;
const S1: f64 = 2.14982415960608852501e-01;
const S2: f64 = 3.25778796408930981787e-01;
const S3: f64 = 1.46350472652464452805e-01;
const S4: f64 = 2.66422703033638609560e-02;
const S5: f64 = 1.84028451407337715652e-03;
const S6: f64 = 3.19475326584100867617e-05;
const R1: f64 = 1.39200533467621045958e+00;
const R2: f64 = 7.21935547567138069525e-01;
const R3: f64 = 1.71933865632803078993e-01;
const R4: f64 = 1.86459191715652901344e-02;
const R5: f64 = 7.77942496381893596434e-04;
const R6: f64 = 7.32668430744625636189e-06;
const W0: f64 = 4.18938533204672725052e-01;
const W1: f64 = 8.33333333333329678849e-02;
const W2: f64 = -2.77777777728775536470e-03;
const W3: f64 = 7.93650558643019558500e-04;
const W4: f64 = -5.95187557450339963135e-04;
const W5: f64 = 8.36339918996282139126e-04;
const W6: f64 = -1.63092934096575273989e-03;

/** log gamma(x) for 0 < x < 2, x no 1: on three pieces, after one step up where x < 0.9. */
function lgammaBelow2(size: u32, x: f64): f64 {
  let r: f64 = 0.0;
  let y: f64;
  let piece: i32;
  if (size <= 0x3feccccc) {
    r = -log(x);
    if (size >= 0x3fe76944) {
      y = 1.0 - x;
      piece = 0;
    } else if (size >= 0x3fcda661) {
      y = x - (TC - 1.0);
      piece = 1;
    } else {
      y = x;
      piece = 2;
    }
  } else if (size >= 0x3ffbb4c3) {
    y = 2.0 - x;
    piece = 0;
  } else if (size >= 0x3ff3b4c4) {
    y = x - TC;
    piece = 1;
  } else {
    y = x - 1.0;
    piece = 2;
  }
  if (piece == 0) {
    const z = y * y;
    const p1 = A0 + z * (A2 + z * (A4 + z * (A6 + z * (A8 + z * A10))));
    const p2 = z * (A1 + z * (A3 + z * (A5 + z * (A7 + z * (A9 + z * A11)))));
    const p = y * p1 + p2;
    return r + (p - 0.5 * y);
  }
  if (piece == 1) {
    const z = y * y;
    const w = z * y;
    const p1 = T0 + w * (T3 + w * (T6 + w * (T9 + w * T12)));
    const p2 = T1 + w * (T4 + w * (T7 + w * (T10 + w * T13)));
    const p3 = T2 + w * (T5 + w * (T8 + w * (T11 + w * T14)));
    const p = z * p1 - (TT - w * (p2 + y * p3));
    return r + (TF + p);
  }
  const p1 = y * (U0 + y * (U1 + y * (U2 + y * (U3 + y * (U4 + y * U5)))));
  const p2 = 1.0 + y * (V1 + y * (V2 + y * (V3 + y * (V4 + y * V5))));
  return r + (-0.5 * y + p1 / p2);
}

/** log gamma(x) for x > 0, which is all that counts need; NaN for x < 0. */
export function lgamma(x: f64): f64 {
  const size = highWord(x);
  if (x != x || x < 0.0) return NOT_A_NUMBER;
  if (size >= 0x7ff00000) return Infinity;
  if (size < (0x3ff - 70) << 20) return -log(x);
  if (x == 1.0 || x == 2.0) return 0.0;
  if (size < 0x40000000) return lgammaBelow2(size, x);
  if (size < 0x40200000) {
    const i = <i32>x;
    const y = x - <f64>i;
    const p = y * (S0 + y * (S1 + y * (S2 + y * (S3 + y * (S4 + y * (S5 + y * S6))))));
    const q = 1.0 + y * (R1 + y * (R2 + y * (R3 + y * (R4 + y * (R5 + y * R6)))));
    const r = 0.5 * y + p / q;
    if (i < 3) return r;
    let z: f64 = 1.0;
    for (let j = i; j >= 3; j--) z *= y + <f64>(j - 1);
    return r + log(z);
  }
  if (size < 0x43900000) {
    const t = log(x);
    const z = 1.0 / x;
    const y = z * z;
    const w = W0 + z * (W1 + y * (W2 + y * (W3 + y * (W4 + y * (W5 + y * W6)))));
    return (x - 0.5) * (t - 1.0) + w;
  }
  return x * (log(x) - 1.0);
}

const DP_HI: f64 = 5.84962487220764160156e-01;
const DP_LO: f64 = 1.35003920212974897128e-08;
const L1: f64 = 5.99999999999994648725e-01;
const L2: f64 = 4.28571428578550184252e-01;
const L3: f64 = 3.33333329818377432918e-01;
const L4: f64 = 2.72728123808534006489e-01;
const L5: f64 = 2.30660745775561754067e-01;
const L6: f64 = 2.06975017800338417784e-01;
const LN2: f64 = 6.93147180559945286227e-01;
const LN2_HEAD: f64 = 6.93147182464599609375e-01;
const LN2_TAIL: f64 = -1.90465429995776804525e-09;
/** 2 / (3 ln 2), its head and its tail. */
const CP: f64 = 9.61796693925975554329e-01;
const CP_HI: f64 = 9.61796700954437255859e-01;
const CP_LO: f64 = -7.02846165095275826516e-09;
const INV_LN2_HI: f64 = 1.44269502162933349609e+00;
const INV_LN2_LO: f64 = 1.92596299112661746887e-08;
/** -(1024 - log2(the largest number and half a unit)) */
const OVERFLOW: f64 = 8.0085662595372944372e-17;

/** x^y for finite x >= 0 and finite y, which is all that probabilities need; NaN for others. */
export function pow(x: f64, y: f64): f64 {
  if (y == 0.0 || x == 1.0) return 1.0;
  if (!(x >= 0.0 && x < Infinity) || !(abs(y) < Infinity)) return NOT_A_NUMBER;
  if (y == 1.0) return x;
  if (y == -1.0) return 1.0 / x;
  if (y == 2.0) return x * x;
  if (y == 0.5) return sqrt(x);
  if (x == 0.0) return y < 0.0 ? Infinity : 0.0;

  const sizeY = highWord(y) & 0x7fffffff;
  let size = <i32>highWord(x);
  let t1: f64, t2: f64;
  if (sizeY > 0x41e00000) {
    // |y| > 2^31: all but the x next to 1 run out of range, and for those the series of log(x) is short.
    if (size <= 0x3fefffff && (sizeY > 0x43f00000 || size < 0x3fefffff)) return y < 0.0 ? Infinity : 0.0;
    if (size >= 0x3ff00000 && (sizeY > 0x43f00000 || size > 0x3ff00000)) return y > 0.0 ? Infinity : 0.0;
    const t = x - 1.0;
    const w = t * t * (0.5 - t * (0.3333333333333333333333 - t * 0.25));
    const u = INV_LN2_HI * t;
    const v = t * INV_LN2_LO - w * INV_LN2;
    t1 = headOf(u + v);
    t2 = v - (t1 - u);
  } else {
    let n: i32 = 0;
    if (size < 0x00100000) {
      x *= 9007199254740992.0;
      n = -53;
      size = <i32>highWord(x);
    }
    n += (size >> 20) - 0x3ff;
    const j = size & 0x000fffff;
    size = j | 0x3ff00000;
    // x is taken relative to 1 or, in the middle of its binade, to 3/2.
    let k: i32 = 0;
    if (j > 0x3988e) {
      if (j < 0xbb67a) {
        k = 1;
      } else {
        n += 1;
        size -= 0x00100000;
      }
    }
    const base: f64 = k ? 1.5 : 1.0;
    x = withHighWord(x, <u32>size);
    const u = x - base;
    const v = 1.0 / (x + base);
    const ss = u * v;
    const sh = headOf(ss);
    let th = withHighWord(0.0, ((<u32>size >> 1) | 0x20000000) + 0x00080000 + ((<u32>k) << 18));
    let tl = x - (th - base);
    const sl = v * (u - sh * th - sh * tl);
    let s2 = ss * ss;
    let r = s2 * s2 * (L1 + s2 * (L2 + s2 * (L3 + s2 * (L4 + s2 * (L5 + s2 * L6)))));
    r += sl * (sh + ss);
    s2 = sh * sh;
    th = headOf(3.0 + s2 + r);
    tl = r - (th - 3.0 - s2);
    const uu = sh * th;
    const vv = sl * th + tl * ss;
    const ph = headOf(uu + vv);
    const pl = vv - (ph - uu);
    const zh = CP_HI * ph;
    const zl = CP_LO * ph + pl * CP + (k ? DP_LO : 0.0);
    const dp: f64 = k ? DP_HI : 0.0;
    const t = <f64>n;
    t1 = headOf(zh + zl + dp + t);
    t2 = zl - (t1 - t - dp - zh);
  }

  // y log2(x) as p + a tail
  const y1 = headOf(y);
  const tail = (y - y1) * t1 + y * t2;
  let p = y1 * t1;
  let z = tail + p;
  let j = <i32>highWord(z);
  const low = lowWord(z);
  if (j >= 0x40900000) {
    if (((j - 0x40900000) | <i32>low) != 0 || tail + OVERFLOW > z - p) return Infinity;
  } else if ((j & 0x7fffffff) >= 0x4090cc00) {
    if (((<u32>j - 0xc090cc00) | low) != 0 || tail <= z - p) return 0.0;
  }
  const i = j & 0x7fffffff;
  let n: i32 = 0;
  if (i > 0x3fe00000) {
    n = j + (0x00100000 >> ((i >> 20) - 0x3ff + 1));
    const k = ((n & 0x7fffffff) >> 20) - 0x3ff;
    p -= withHighWord(0.0, <u32>(n & ~(0x000fffff >> k)));
    n = ((n & 0x000fffff) | 0x00100000) >> (20 - k);
    if (j < 0) n = -n;
  }
  const t = headOf(tail + p);
  const u = t * LN2_HEAD;
  const v = (tail - (t - p)) * LN2 + t * LN2_TAIL;
  z = u + v;
  const w = v - (z - u);
  const zz = z * z;
  const c = z - zz * (E1 + zz * (E2 + zz * (E3 + zz * (E4 + zz * E5))));
  const r = (z * c) / (c - 2.0) - (w + z * w);
  z = 1.0 - (r - z);
  j = <i32>highWord(z) + (n << 20);
  return j >> 20 <= 0 ? scale(z, n) : withHighWord(z, <u32>j);
}
