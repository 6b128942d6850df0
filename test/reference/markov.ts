/** The forward filter of hidden Markov models in bigints and plain loops: the kernel equals it. */

/**
 * Cumulative masses of the states after each symbol, in units of 2^-24.
 *
 * @param transition - Row i holds the masses of the states after state i; each row sums to 2^24, as does `initial`.
 * @param emission - Row i holds the masses of the symbols under state i.
 */
export function referenceFilter(
  initial: readonly number[],
  transition: readonly (readonly number[])[],
  emission: readonly (readonly number[])[],
  symbols: ArrayLike<number>,
): number[][] {
  const states = initial.length;
  let mass = initial.map(BigInt);
  return Array.from(symbols, (symbol, t) => {
    const weights = initial.map((_, j) => {
      let sum = mass[j];
      if (t > 0) {
        sum = 0n;
        for (let i = 0; i < states; i++) sum += mass[i] * BigInt(transition[i][j]);
        sum = (sum >> 20n) + 1n;
      }
      return sum * BigInt(emission[j][symbol]);
    });
    // The one step with doubles: whole numbers times one rounded quotient.
    const scale = (2 ** 24 - states) / Number(weights.reduce((a, b) => a + b));
    const cumulative = [0];
    let sum = 0n;
    for (const [j, weight] of weights.entries()) {
      sum += weight;
      cumulative.push(j === states - 1 ? 2 ** 24 : Math.floor(Number(sum) * scale) + j + 1);
    }
    mass = initial.map((_, j) => BigInt(cumulative[j + 1] - cumulative[j]));
    return cumulative;
  });
}
