// What happens to each number by itself, or to each row or column. Pointers are in bytes, counts in floats.
import { exp4, loadPart, log4, sigmoid4, softplus4, storePart, tanh4 } from './functions';

// The numbers of the functions: the order of UNARY in src/networks/activations.ts.
const RELU: i32 = 0;
const SIGMOID: i32 = 1;
const TANH: i32 = 2;
const SOFTPLUS: i32 = 3;
const EXP: i32 = 4;
const LOG: i32 = 5;
const SQUARE: i32 = 6;
const ELU: i32 = 7;
const SILU: i32 = 8;
const GELU: i32 = 9;
const LEAKY: i32 = 10;

// @ts-ignore: decorator
@inline
function zero(): v128 {
  return f32x4.splat(0);
}

/** sqrt(2 / pi) (x + 0.044715 x^3), whose tanh gives the usual approximation of the Gaussian's own rectifier. */
// @ts-ignore: decorator
@inline
function geluInner(x: v128): v128 {
  const cube = f32x4.mul(f32x4.mul(x, x), x);
  return f32x4.mul(f32x4.splat(0.7978845608), f32x4.add(x, f32x4.mul(f32x4.splat(0.044715), cube)));
}

// @ts-ignore: decorator
@inline
function apply(op: i32, x: v128): v128 {
  switch (op) {
    case RELU:
      return f32x4.max(x, zero());
    case SIGMOID:
      return sigmoid4(x);
    case TANH:
      return tanh4(x);
    case SOFTPLUS:
      return softplus4(x);
    case EXP:
      return exp4(x);
    case LOG:
      return log4(x);
    case SQUARE:
      return f32x4.mul(x, x);
    case ELU:
      return v128.bitselect(x, f32x4.sub(exp4(f32x4.min(x, zero())), f32x4.splat(1)), f32x4.gt(x, zero()));
    case SILU:
      return f32x4.mul(x, sigmoid4(x));
    case GELU:
      return f32x4.mul(f32x4.mul(f32x4.splat(0.5), x), f32x4.add(f32x4.splat(1), tanh4(geluInner(x))));
    case LEAKY:
      return f32x4.max(x, f32x4.mul(x, f32x4.splat(0.01)));
    default:
      return x;
  }
}

/** The derivative at x, where y is the value. */
// @ts-ignore: decorator
@inline
function slope(op: i32, x: v128, y: v128): v128 {
  const one = f32x4.splat(1);
  switch (op) {
    case RELU:
      return v128.and(one, f32x4.gt(x, zero()));
    case SIGMOID:
      return f32x4.mul(y, f32x4.sub(one, y));
    case TANH:
      return f32x4.sub(one, f32x4.mul(y, y));
    case SOFTPLUS:
      return sigmoid4(x);
    case EXP:
      return y;
    case LOG:
      return f32x4.div(one, f32x4.max(x, f32x4.splat(1.17549435e-38)));
    case SQUARE:
      return f32x4.add(x, x);
    case ELU:
      return v128.bitselect(one, f32x4.add(y, one), f32x4.gt(x, zero()));
    case SILU: {
      const s = sigmoid4(x);
      return f32x4.mul(s, f32x4.add(one, f32x4.mul(x, f32x4.sub(one, s))));
    }
    case GELU: {
      const t = tanh4(geluInner(x));
      const inner = f32x4.mul(
        f32x4.splat(0.7978845608),
        f32x4.add(one, f32x4.mul(f32x4.splat(3.0 * 0.044715), f32x4.mul(x, x))),
      );
      const half = f32x4.splat(0.5);
      return f32x4.add(
        f32x4.mul(half, f32x4.add(one, t)),
        f32x4.mul(f32x4.mul(half, x), f32x4.mul(f32x4.sub(one, f32x4.mul(t, t)), inner)),
      );
    }
    case LEAKY:
      return v128.bitselect(one, f32x4.splat(0.01), f32x4.gt(x, zero()));
    default:
      return one;
  }
}

/** y = f(x). */
export function unary(op: i32, n: usize, x: usize, y: usize): void {
  const end = x + ((n & ~3) << 2);
  while (x < end) {
    v128.store(y, apply(op, v128.load(x)));
    x += 16;
    y += 16;
  }
  if (n & 3) storePart(y, n & 3, apply(op, loadPart(x, n & 3)));
}

/** dx += dy f'(x). */
export function unaryBackward(op: i32, n: usize, x: usize, y: usize, dy: usize, dx: usize): void {
  const end = x + ((n & ~3) << 2);
  while (x < end) {
    v128.store(dx, f32x4.add(v128.load(dx), f32x4.mul(v128.load(dy), slope(op, v128.load(x), v128.load(y)))));
    x += 16;
    y += 16;
    dy += 16;
    dx += 16;
  }
  const rest = n & 3;
  if (rest) {
    const by = f32x4.mul(loadPart(dy, rest), slope(op, loadPart(x, rest), loadPart(y, rest)));
    storePart(dx, rest, f32x4.add(loadPart(dx, rest), by));
  }
}

// The numbers of what two operands give: the order of BINARY in src/networks/arithmetic.ts.
const ADD: i32 = 0;
const SUBTRACT: i32 = 1;
const MULTIPLY: i32 = 2;
const DIVIDE: i32 = 3;

// @ts-ignore: decorator
@inline
function combine(op: i32, a: v128, b: v128): v128 {
  if (op == ADD) return f32x4.add(a, b);
  if (op == SUBTRACT) return f32x4.sub(a, b);
  if (op == MULTIPLY) return f32x4.mul(a, b);
  return f32x4.div(a, b);
}

/** y = a op b for one row of n. */
function binaryRow(op: i32, n: usize, a: usize, b: usize, y: usize): void {
  const end = a + ((n & ~3) << 2);
  while (a < end) {
    v128.store(y, combine(op, v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
    y += 16;
  }
  // Division by the zeros after a part of four gives what is not written.
  if (n & 3) storePart(y, n & 3, combine(op, loadPart(a, n & 3), loadPart(b, n & 3)));
}

/** y = a op b for m rows of n; rows of b begin strideB bytes apart: 0 for the same row every time. */
export function binary(op: i32, m: usize, n: usize, a: usize, b: usize, strideB: usize, y: usize): void {
  if (strideB == n << 2) {
    binaryRow(op, m * n, a, b, y);
    return;
  }
  for (let i: usize = 0; i < m; i++) {
    binaryRow(op, n, a, b, y);
    a += n << 2;
    y += n << 2;
    b += strideB;
  }
}

/** y = x * factor + offset. */
export function affine(n: usize, x: usize, factor: f32, offset: f32, y: usize): void {
  const f = f32x4.splat(factor);
  const o = f32x4.splat(offset);
  const end = x + ((n & ~3) << 2);
  while (x < end) {
    v128.store(y, f32x4.add(f32x4.mul(v128.load(x), f), o));
    x += 16;
    y += 16;
  }
  if (n & 3) storePart(y, n & 3, f32x4.add(f32x4.mul(loadPart(x, n & 3), f), o));
}

/** to += x * factor. */
export function addScaled(n: usize, x: usize, factor: f32, to: usize): void {
  const f = f32x4.splat(factor);
  const end = x + ((n & ~3) << 2);
  while (x < end) {
    v128.store(to, f32x4.add(v128.load(to), f32x4.mul(v128.load(x), f)));
    x += 16;
    to += 16;
  }
  if (n & 3) storePart(to, n & 3, f32x4.add(loadPart(to, n & 3), f32x4.mul(loadPart(x, n & 3), f)));
}

/** to += a * b for m rows of n, where strides of rows are given in bytes. */
export function addProduct(m: usize, n: usize, a: usize, b: usize, strideB: usize, to: usize): void {
  for (let i: usize = 0; i < m; i++) {
    let j: usize = 0;
    for (; j + 4 <= n; j += 4) {
      const at = j << 2;
      v128.store(to + at, f32x4.add(v128.load(to + at), f32x4.mul(v128.load(a + at), v128.load(b + at))));
    }
    const rest = n & 3;
    if (rest) {
      const at = j << 2;
      const by = f32x4.mul(loadPart(a + at, rest), loadPart(b + at, rest));
      storePart(to + at, rest, f32x4.add(loadPart(to + at, rest), by));
    }
    a += n << 2;
    b += strideB;
    to += n << 2;
  }
}

/** to[j] += sum over rows i of x[i][j] factor, in the order of the rows. */
export function addColumnSums(m: usize, n: usize, x: usize, factor: f32, to: usize): void {
  const row = n << 2;
  const f = f32x4.splat(factor);
  let j: usize = 0;
  for (; j + 4 <= n; j += 4) {
    let sum = v128.load(to);
    let at = x;
    for (let i: usize = 0; i < m; i++) {
      sum = f32x4.add(sum, f32x4.mul(v128.load(at), f));
      at += row;
    }
    v128.store(to, sum);
    x += 16;
    to += 16;
  }
  for (; j < n; j++) {
    let sum = load<f32>(to);
    let at = x;
    for (let i: usize = 0; i < m; i++) {
      sum += load<f32>(at) * factor;
      at += row;
    }
    store<f32>(to, sum);
    x += 4;
    to += 4;
  }
}

/** to[j] += sum over rows i of a[i][j] b[i][j], in the order of the rows. */
export function addColumnProducts(m: usize, n: usize, a: usize, b: usize, to: usize): void {
  const row = n << 2;
  for (let j: usize = 0; j < n; j++) {
    let sum = load<f32>(to);
    for (let i: usize = 0; i < m; i++) sum += load<f32>(a + i * row) * load<f32>(b + i * row);
    store<f32>(to, sum);
    a += 4;
    b += 4;
    to += 4;
  }
}

/** y[i] = sum of row i: four sums of every fourth number, added as ((0 + 1) + (2 + 3)), then what is left over. */
export function rowSums(m: usize, n: usize, x: usize, y: usize): void {
  for (let i: usize = 0; i < m; i++) {
    let sum = f32x4.splat(0);
    let j: usize = 0;
    for (; j + 4 <= n; j += 4) sum = f32x4.add(sum, v128.load(x + (j << 2)));
    let total =
      f32x4.extract_lane(sum, 0) +
      f32x4.extract_lane(sum, 1) +
      (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3));
    for (; j < n; j++) total += load<f32>(x + (j << 2));
    store<f32>(y + (i << 2), total);
    x += n << 2;
  }
}

/** x[i][j] += dy[i] factor. */
export function addToRows(m: usize, n: usize, dy: usize, factor: f32, x: usize): void {
  for (let i: usize = 0; i < m; i++) {
    const by = load<f32>(dy + (i << 2)) * factor;
    const v = f32x4.splat(by);
    let j: usize = 0;
    for (; j + 4 <= n; j += 4) {
      v128.store(x, f32x4.add(v128.load(x), v));
      x += 16;
    }
    for (; j < n; j++) {
      store<f32>(x, load<f32>(x) + by);
      x += 4;
    }
  }
}

/** to[i][j] += x[i][j] w[i]: a gradient that was found for weight 1, times what flows back to its row. */
export function addRowScaled(m: usize, n: usize, x: usize, w: usize, to: usize): void {
  for (let i: usize = 0; i < m; i++) addScaled(n, x + (i * n << 2), load<f32>(w + (i << 2)), to + (i * n << 2));
}

/** Copies m rows of n floats between rows that begin so many bytes apart. */
export function copyRows(m: usize, n: usize, from: usize, strideFrom: usize, to: usize, strideTo: usize): void {
  for (let i: usize = 0; i < m; i++) memory.copy(to + i * strideTo, from + i * strideFrom, n << 2);
}

/** Adds m rows of n floats to rows that begin so many bytes apart. */
export function addRows(m: usize, n: usize, from: usize, strideFrom: usize, to: usize, strideTo: usize): void {
  for (let i: usize = 0; i < m; i++) addScaled(n, from + i * strideFrom, 1, to + i * strideTo);
}

/** The index of the first number that is not finite, or n. */
export function firstNotFinite(n: usize, x: usize): usize {
  for (let i: usize = 0; i < n; i++)
    if ((load<u32>(x + (i << 2)) & 0x7f800000) == 0x7f800000) return i;
  return n;
}
