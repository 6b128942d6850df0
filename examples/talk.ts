/**
 * The first steps of the talk "Latent variables and lossless compression" (Townsend 2022), with a bigint as the stack:
 * what rANS does before anything is done about the number's growth, every step in the open.
 *
 *     npx tsx examples/talk.ts
 *
 * A coder is two functions, inverse to each other: `encode` makes the number larger by a value, `decode` takes that
 * value out again. decode also makes sense on a number that nothing was encoded into: then it samples.
 */

/** A stack with all that is on it, as one number. */
export type Stack = bigint;

/** Inverse functions on a stack. */
export interface Coder<X> {
  encode(s: Stack, x: X): Stack;
  decode(s: Stack): [Stack, X];
}

/** u in {0, ..., n - 1}: a digit in base n. Costs log2(n) bits. */
export function uniform(n: number): Coder<number> {
  const base = BigInt(n);
  return {
    encode: (s, u) => s * base + BigInt(u),
    decode: (s) => [s / base, Number(s % base)],
  };
}

/** Encodes a list, last element first, so that decoding gives its order back. */
export function encodeList<X>(s: Stack, coder: Coder<X>, list: readonly X[]): Stack {
  for (const x of [...list].reverse()) s = coder.encode(s, x);
  return s;
}

/** Decodes a list of a known length. */
export function decodeList<X>(s: Stack, coder: Coder<X>, length: number): [Stack, X[]] {
  const list: X[] = [];
  for (let i = 0; i < length; i++) {
    const [rest, x] = coder.decode(s);
    s = rest;
    list.push(x);
  }
  return [s, list];
}

/** A coder of pairs (x, z), and one of z for each x: what bits-back makes a coder of x from. */
export interface Latent<X, Z> {
  readonly joint: Coder<readonly [X, Z]>;
  readonly given: (x: X) => Coder<Z>;
}

/** H(X) = H(X, Z) - H(Z | X), made to work: decode a latent, encode it together with x. */
export function bitsBack<X, Z>({ joint, given }: Latent<X, Z>): Coder<X> {
  return {
    encode(s, x) {
      const [rest, z] = given(x).decode(s);
      return joint.encode(rest, [x, z]);
    },
    decode(s) {
      const [rest, [x, z]] = joint.decode(s);
      return [given(x).encode(rest, z), x];
    },
  };
}

/** Masses of symbols, whole numbers: P(x) = masses[x] / total. */
export type Masses = readonly number[];

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/**
 * Example 1: u uniform on all slots is the latent variable, and x the symbol whose slots it falls into. x follows from
 * u, so coding both is coding u. Decoding has to search. This is rANS.
 */
export function cdfCoder(masses: Masses): Coder<number> {
  const starts = masses.map((_, x) => sum(masses.slice(0, x)));
  const slots = uniform(sum(masses));
  return bitsBack<number, number>({
    joint: {
      encode: (s, [, u]) => slots.encode(s, u),
      decode(s) {
        const [rest, u] = slots.decode(s);
        let x = 0;
        while (u >= starts[x] + masses[x]) x++;
        return [rest, [x, u]];
      },
    },
    given: (x) => ({
      encode: (s, u) => uniform(masses[x]).encode(s, u - starts[x]),
      decode(s) {
        const [rest, i] = uniform(masses[x]).decode(s);
        return [rest, i + starts[x]];
      },
    }),
  });
}

/** Walker's tables: column i is `height` slots, the first `switches[i]` of them alias[i]'s, the others i's own. */
export interface AliasTables {
  readonly height: number;
  readonly alias: readonly number[];
  readonly switches: readonly number[];
}

/** Walker's tables (1974) by Vose's method (1991). The number of symbols has to divide the sum of the masses. */
export function aliasTables(masses: Masses): AliasTables {
  const height = sum(masses) / masses.length;
  if (!Number.isInteger(height)) throw new RangeError(`${masses.length} columns do not divide ${sum(masses)} slots`);
  const alias = masses.map((_, i) => i);
  const switches = masses.map(() => 0);
  const left = [...masses];
  const poor = left.flatMap((mass, i) => (mass < height ? [i] : []));
  // What a column lacks the richest gives, which may make it poor itself.
  for (let i = poor.shift(); i !== undefined; i = poor.shift()) {
    const rich = left.indexOf(Math.max(...left));
    alias[i] = rich;
    switches[i] = height - left[i];
    left[rich] -= switches[i];
    left[i] = height;
    if (left[rich] < height) poor.push(rich);
  }
  return { height, alias, switches };
}

/**
 * Example 2: a column i and a place u in it are the latent variables, and x is i or its alias. Decoding looks into two
 * tables and never searches; the search has moved to the encoder, which has to find the slot of a given rank.
 */
export function aliasCoder({ height, alias, switches }: AliasTables): Coder<number> {
  const columns = uniform(alias.length);
  const places = uniform(height);
  const slotsOf = alias.map((): (readonly [i: number, u: number])[] => []);
  const rank = alias.map((): number[] => []);
  for (const i of alias.keys())
    for (let u = 0; u < height; u++) {
      const x = u < switches[i] ? alias[i] : i;
      rank[i].push(slotsOf[x].length);
      slotsOf[x].push([i, u]);
    }
  return bitsBack<number, readonly [i: number, u: number]>({
    joint: {
      encode: (s, [, [i, u]]) => columns.encode(places.encode(s, u), i),
      decode(s) {
        const [half, i] = columns.decode(s);
        const [rest, u] = places.decode(half);
        return [rest, [u < switches[i] ? alias[i] : i, [i, u]]];
      },
    },
    given: (x) => ({
      encode: (s, [i, u]) => uniform(slotsOf[x].length).encode(s, rank[i][u]),
      decode(s) {
        const [rest, k] = uniform(slotsOf[x].length).decode(s);
        return [rest, slotsOf[x][k]];
      },
    }),
  });
}

/** Bits of the number. */
export const sizeOf = (s: Stack): number => s.toString(2).length;

/** The talk, step by step. */
export function talk(print: (text: string) => void = console.log): void {
  const digits = [3, 1, 4, 1, 5, 9, 2, 6];
  const s = encodeList(1n, uniform(10), digits);
  print(`the list ${digits} in base 10 on top of 1: ${s}, ${sizeOf(s)} bits`);
  print(`and back: ${decodeList(s, uniform(10), digits.length)[1]}`);

  const letters = 'abcd';
  const text = 'cacbdccbadcbcbcc';
  const message = [...text].map((letter) => letters.indexOf(letter));
  for (const [name, masses, coder] of [
    ['cdf, masses 3 5 8 4 of 20', [3, 5, 8, 4], cdfCoder([3, 5, 8, 4])],
    ['alias, masses 17 28 36 19 of 100', [17, 28, 36, 19], aliasCoder(aliasTables([17, 28, 36, 19]))],
  ] as const) {
    // Something has to be on the stack for the first latents to come from.
    const start = 123456789123456789n;
    const coded = encodeList(start, coder, message);
    const [rest, decoded] = decodeList(coded, coder, message.length);
    const ideal = -sum(message.map((x) => Math.log2(masses[x] / sum(masses))));
    print(`${name}: ${text} makes ${sizeOf(start)} bits ${sizeOf(coded)}; -log2 P is ${ideal.toFixed(2)} bits`);
    print(`and back: ${decoded.map((x) => letters[x]).join('')}, the stack as before: ${rest === start}`);
  }
  const { alias, switches } = aliasTables([17, 28, 36, 19]);
  print(`alias ${alias.map((x, i) => (x === i ? '-' : letters[x])).join(' ')}, switch ${switches.join(' ')} of 25`);
}

if (typeof process !== 'undefined' && process.argv?.[1]?.replaceAll('\\', '/').endsWith('examples/talk.ts')) talk();
