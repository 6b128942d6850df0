// Prints the coefficients of assembly/math's erf and erfc, from the definition alone:
// erf's Taylor series in x^2 for |x| < 3/4, and the Chebyshev series of (1 + 2x) exp(x^2) erfc(x) for 3/4 <= x <= 28
// in u = (x - K) / (x + K) / S, after Shepherd and Laframboise, Mathematics of Computation 36 (1981).
import { BITS, cos, erfcx, pi, sqrt, toNumber } from '../test/reference/special.ts';

const one = 1n << BigInt(BITS);
const mul = (a: bigint, b: bigint) => (a * b) >> BigInt(BITS);
const div = (a: bigint, b: bigint) => (a << BigInt(BITS)) / b;
const print = (name: string, values: number[]) =>
  console.log(`// ${name}\n${values.map((v, i) => `  ${v}, // ${i}`).join('\n')}`);

const scale = div(2n * one, sqrt(pi()));
const taylor: number[] = [];
for (let n = 0n, factorial = 1n; n < 19n; factorial *= ++n) {
  const c = scale / (factorial * (2n * n + 1n)) - (n === 0n ? one : 0n);
  taylor.push(toNumber(n & 1n ? -c : c));
}
print('erf(x) = x + x * sum c[n] x^(2n)', taylor);

const K = (9n * one) / 2n;
const S = (3n * one) / 4n;
const N = 48;
const nodes = Array.from({ length: N }, (_, j) => cos((pi() * BigInt(2 * j + 1)) / BigInt(2 * N)));
const values = nodes.map((u) => {
  const t = mul(u, S);
  const x = div(mul(K, one + t), one - t);
  return mul(one + 2n * x, erfcx(x, x > 4n * one ? 3000 : 20000));
});
const chebyshev: number[] = [];
for (let n = 0; n < 30; n++) {
  let sum = 0n;
  for (let j = 0; j < N; j++) sum += mul(values[j], cos((pi() * BigInt(n * (2 * j + 1))) / BigInt(2 * N)));
  chebyshev.push(toNumber((2n * sum) / BigInt(n === 0 ? 2 * N : N)));
}
print('(1 + 2x) exp(x^2) erfc(x) = sum c[n] T_n(u), u = (x - 4.5) / (x + 4.5) / 0.75', chebyshev);
