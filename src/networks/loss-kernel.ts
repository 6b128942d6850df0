/** The part of the kernels that losses use. */

/** What the kernels have for losses. Counts in floats, addresses in bytes; derivatives go nowhere at 0. */
export interface LossKernel {
  bernoulli(n: number, l: number, x: number, loss: number, dl: number): void;
  divergence(n: number, m: number, s: number, loss: number, dm: number, ds: number): void;
  divergenceBetween(
    n: number,
    m: number,
    s: number,
    p: number,
    t: number,
    loss: number,
    dm: number,
    ds: number,
    dp: number,
    dt: number,
  ): void;
  logDensity(
    logistic: number,
    n: number,
    z: number,
    m: number,
    s: number,
    value: number,
    dz: number,
    dm: number,
    ds: number,
  ): void;
  squaredDifference(n: number, x: number, y: number, loss: number, dx: number, dy: number): void;
  sample(n: number, m: number, s: number, noise: number, y: number): void;
  sampleBackward(n: number, s: number, noise: number, dy: number, ds: number): void;
  logits(n: number, u: number, y: number): void;
  crossEntropy(m: number, n: number, x: number, labels: number, loss: number, dx: number): void;
  firstOutside(n: number, x: number, low: number, high: number, whole: number): number;
  logisticMixtures(
    n: number,
    components: number,
    x: number,
    most: number,
    w: number,
    m: number,
    s: number,
    stride: number,
    step: number,
    centre: number,
    spread: number,
    loss: number,
    dw: number,
    dm: number,
    ds: number,
    scratch: number,
  ): void;
  logChoices(n: number, to: number): void;
  betaBinomials(
    n: number,
    trials: number,
    choices: number,
    a: number,
    b: number,
    x: number,
    loss: number,
    da: number,
    db: number,
  ): void;
}
