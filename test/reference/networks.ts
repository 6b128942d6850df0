/**
 * Networks as plain loops. `round` is what happens after each operation: Math.fround gives the kernels' bits, nothing
 * at all gives doubles, whose finite differences are what gradients are held to.
 */

/** What follows an operation. */
export type Round = (x: number) => number;

export const single: Round = Math.fround;
export const double: Round = (x) => x;

/** Numbers of a tensor, row-major. */
export type Numbers = ArrayLike<number>;

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** x [m, k] W [k, n] + b. */
export function linear(round: Round, x: Numbers, w: Numbers, b: Numbers | undefined, k: number, n: number): number[] {
  return range((x.length / k) * n).map((at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let l = 0; l < k; l++) sum = round(sum + round(x[i * k + l] * w[l * n + j]));
    return b === undefined ? sum : round(sum + b[j]);
  });
}

/** Sizes of a convolution from [batch, h, w, cin] to [batch, oh, ow, cout]. */
export interface Sizes {
  batch: number;
  h: number;
  w: number;
  cin: number;
  oh: number;
  ow: number;
  cout: number;
  kh: number;
  kw: number;
  stride: number;
  top: number;
  left: number;
}

/** Calls `visit` for every product of a convolution, in the order of outputs, then taps, then channels. */
function products(s: Sizes, visit: (x: number, w: number, y: number) => void): void {
  for (let i = 0; i < s.batch; i++)
    for (let oy = 0; oy < s.oh; oy++)
      for (let ox = 0; ox < s.ow; ox++)
        for (let ky = 0; ky < s.kh; ky++)
          for (let kx = 0; kx < s.kw; kx++) {
            const [y, x] = [oy * s.stride + ky - s.top, ox * s.stride + kx - s.left];
            if (y < 0 || y >= s.h || x < 0 || x >= s.w) continue;
            for (let c = 0; c < s.cin; c++)
              for (let o = 0; o < s.cout; o++)
                visit(
                  ((i * s.h + y) * s.w + x) * s.cin + c,
                  ((ky * s.kw + kx) * s.cin + c) * s.cout + o,
                  ((i * s.oh + oy) * s.ow + ox) * s.cout + o,
                );
          }
}

const withBias = (round: Round, sums: number[], b: Numbers | undefined): number[] =>
  b === undefined ? sums : sums.map((v, i) => round(v + b[i % b.length]));

/** A convolution. */
export function convolution(round: Round, s: Sizes, x: Numbers, w: Numbers, b?: Numbers): number[] {
  const y = new Array<number>(s.batch * s.oh * s.ow * s.cout).fill(0);
  products(s, (i, k, j) => {
    y[j] = round(y[j] + round(x[i] * w[k]));
  });
  return withBias(round, y, b);
}

/** Its transpose: from [batch, oh, ow, cout] to [batch, h, w, cin]. */
export function transposed(round: Round, s: Sizes, y: Numbers, w: Numbers, b?: Numbers): number[] {
  const x = new Array<number>(s.batch * s.h * s.w * s.cin).fill(0);
  products(s, (i, k, j) => {
    x[i] = round(x[i] + round(y[j] * w[k]));
  });
  return withBias(round, x, b);
}

/** The slope of its weights: a sum over outputs. */
export function slopeOfWeights(round: Round, s: Sizes, x: Numbers, y: Numbers): number[] {
  const w = new Array<number>(s.kh * s.kw * s.cin * s.cout).fill(0);
  products(s, (i, k, j) => {
    w[k] = round(w[k] + round(x[i] * y[j]));
  });
  return w;
}

/** Functions of one number, in doubles. */
export const activations: Record<string, (x: number) => number> = {
  relu: (x) => Math.max(x, 0),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  exp: Math.exp,
  log: Math.log,
  square: (x) => x * x,
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  silu: (x) => x / (1 + Math.exp(-x)),
  gelu: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
  leakyRelu: (x) => (x > 0 ? x : 0.01 * x),
};

/** The sum of each row: four sums of every fourth number, ((0 + 1) + (2 + 3)), then what is left over. */
export function sumRows(round: Round, x: Numbers, n: number): number[] {
  return range(x.length / n).map((i) => {
    const sums = [0, 0, 0, 0];
    const fours = n - (n % 4);
    for (let j = 0; j < fours; j++) sums[j % 4] = round(sums[j % 4] + x[i * n + j]);
    let sum = round(round(sums[0] + sums[1]) + round(sums[2] + sums[3]));
    for (let j = fours; j < n; j++) sum = round(sum + x[i * n + j]);
    return sum;
  });
}

/** Mean and 1 / deviation of each column of [m, n]; sums are in doubles. */
export function columnStatistics(round: Round, x: Numbers, n: number, epsilon: number) {
  const m = x.length / n;
  const column = (j: number): number[] => range(m).map((i) => x[i * n + j]);
  const factor = 1 / m;
  const mean = range(n).map((j) => round(column(j).reduce((s, v) => s + v, 0) * factor));
  const variance = range(n).map((j) =>
    round(column(j).reduce((s, v) => s + round(v - mean[j]) * round(v - mean[j]), 0) * factor),
  );
  return { mean, variance, inverse: variance.map((v) => round(1 / Math.sqrt(v + epsilon))) };
}

/** (x - mean) (weight inverse) + bias for each column. */
export function normaliseColumns(
  round: Round,
  x: Numbers,
  { mean, inverse }: { mean: Numbers; inverse: Numbers },
  weight: Numbers,
  bias: Numbers,
): number[] {
  const n = mean.length;
  return range(x.length).map((at) => {
    const j = at % n;
    return round(round(round(x[at] - mean[j]) * round(weight[j] * inverse[j])) + bias[j]);
  });
}

/** Layer normalisation: sums of even and of odd columns in doubles, then both. */
export function layerNorm(
  round: Round,
  x: Numbers,
  n: number,
  weight: Numbers | undefined,
  bias: Numbers | undefined,
  epsilon: number,
): number[] {
  const y: number[] = [];
  for (let i = 0; i < x.length / n; i++) {
    const row = range(n).map((j) => x[i * n + j]);
    const both = (v: readonly number[]): number =>
      v.filter((_, j) => j % 2 === 0).reduce((s, u) => s + u, 0) +
      v.filter((_, j) => j % 2 === 1).reduce((s, u) => s + u, 0);
    const mean = round(both(row) / n);
    const inverse = round(1 / Math.sqrt(both(row.map((v) => round(v - mean) * round(v - mean))) / n + epsilon));
    for (const [j, v] of row.entries()) {
      let out = round(round(v - mean) * inverse);
      if (weight !== undefined) out = round(out * weight[j]);
      if (bias !== undefined) out = round(out + bias[j]);
      y.push(out);
    }
  }
  return y;
}

/** g v / |v| for each column. */
export function weightNorm(round: Round, v: Numbers, g: Numbers): number[] {
  const n = g.length;
  const scale = range(n).map((j) => {
    let sum = 0;
    for (let i = j; i < v.length; i += n) sum += v[i] * v[i];
    return round(g[j] * round(1 / Math.sqrt(Math.max(round(sum), 1e-30))));
  });
  return range(v.length).map((at) => round(v[at] * scale[at % n]));
}

/** Where a pixel of [batch, h, w, c] lies. */
const pixel = (h: number, w: number, c: number, i: number, y: number, x: number, o: number): number =>
  ((i * h + y) * w + x) * c + o;

/** Calls `visit` for every pixel of [batch, h f, w f, c] with its place there and in a square of [batch, h, w, c]. */
function squares(
  [batch, h, w, c]: readonly [number, number, number, number],
  f: number,
  visit: (large: number, square: number, within: number, channel: number) => void,
): void {
  for (let i = 0; i < batch; i++)
    for (let y = 0; y < h * f; y++)
      for (let x = 0; x < w * f; x++)
        for (let o = 0; o < c; o++)
          visit(
            pixel(h * f, w * f, c, i, y, x, o),
            pixel(h, w, 1, i, Math.floor(y / f), Math.floor(x / f), 0),
            (y % f) * f + (x % f),
            o,
          );
}

/** Places of `spaceToDepth` of images [batch, h f, w f, c]: element i of the result is element [i] of x. */
export function depthOrder([batch, h, w, c]: readonly [number, number, number, number], f: number): number[] {
  const order: number[] = [];
  squares([batch, h, w, c], f, (large, square, within, o) => {
    order[(square * f * f + within) * c + o] = large;
  });
  return order;
}

/** Each pixel of [batch, h, w, c] as a square. */
export function upsample(x: Numbers, shape: readonly [number, number, number, number], f: number): number[] {
  const y: number[] = [];
  squares(shape, f, (large, square, _, o) => {
    y[large] = x[square * shape[3] + o];
  });
  return y;
}

/** Means of squares of [batch, h f, w f, c]. */
export function averagePool(
  round: Round,
  x: Numbers,
  shape: readonly [number, number, number, number],
  f: number,
): number[] {
  const y: number[] = [];
  squares(shape, f, (large, square, within, o) => {
    const at = square * shape[3] + o;
    y[at] = within === 0 ? x[large] : round(y[at] + x[large]);
  });
  return y.map((v) => round(v * round(1 / (f * f))));
}

const LEAST = 2 ** -100;

/** Adam's numbers of one parameter. */
export interface AdamState {
  w: number;
  m: number;
  v: number;
}

/** One step of Adam in f32. */
export function adam(
  { w, m, v }: AdamState,
  g: number,
  step: number,
  { rate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decay = 0 }: Record<string, number>,
): AdamState {
  const f = single;
  let [power1, power2] = [1, 1];
  for (let i = 0; i < step; i++) {
    power1 *= beta1;
    power2 *= beta2;
  }
  const flushed = (x: number): number => (Math.abs(x) < LEAST ? 0 : x);
  const [b1, b2] = [f(beta1), f(beta2)];
  const first = flushed(f(f(m * b1) + f(g * f(1 - b1))));
  const second = flushed(f(f(v * b2) + f(f(g * g) * f(1 - b2))));
  const root = f(Math.sqrt(f(second * f(1 / (1 - power2)))));
  const by = f(f(first * f(1 / (1 - power1))) / f(root + f(epsilon)));
  return { w: f(w - f(f(rate) * f(by + f(f(decay) * w)))), m: first, v: second };
}

/** One step of gradient descent in f32. */
export function sgd(
  { w, m }: { w: number; m: number },
  g: number,
  { rate, momentum = 0, decay = 0 }: Record<string, number>,
): { w: number; m: number } {
  const f = single;
  const step = f(f(f(momentum) * m) + f(g + f(f(decay) * w)));
  const moved = Math.abs(step) < LEAST ? 0 : step;
  return { w: f(w - f(f(rate) * moved)), m: moved };
}
