/**
 * Random numbers that repeat everywhere: xoshiro128** (Blackman and Vigna 2021) on 32-bit integers, seeded with words
 * that name the stream, so that step 7 of shard 2 has numbers of its own whoever computes it.
 */
import { rangeError } from '../errors.ts';
import { mapMath, normalQuantile } from './math.ts';

const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

/** Mixes 32 bits: a bijection in which every bit of the input moves every bit of the output (the finaliser of Murmur3). */
function mix(x: number): number {
  let h = x ^ (x >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * A generator of random numbers.
 *
 * @example
 * const random = new Random(1, epoch, shard);
 * random.below(6); // 0 to 5
 */
export class Random {
  private readonly state = new Uint32Array(4);

  /**
   * @param stream - Whole numbers that name the stream: a seed first, then what tells this stream from others.
   * @throws RangeError (`invalid-argument`) for anything but whole numbers from 0 to 2^53 - 1.
   */
  constructor(...stream: readonly number[]) {
    let a = 0x9e3779b9;
    let b = 0x243f6a88;
    for (const word of stream) {
      if (!(Number.isSafeInteger(word) && word >= 0)) throw rangeError(`a seed is a whole number from 0, not ${word}`);
      a = mix(a ^ mix((word % 4294967296) ^ b));
      b = mix(b + Math.imul(a, 0x9e3779b1) + Math.floor(word / 4294967296));
    }
    for (let i = 0; i < 4; i++) {
      a = (a + 0x9e3779b9) | 0;
      this.state[i] = mix(a ^ mix(b + i));
    }
    if (this.state.every((word) => word === 0)) this.state[0] = 1;
  }

  /** The next 32 bits, 0 to 2^32 - 1. */
  next(): number {
    const { state: s } = this;
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11);
    return result;
  }

  /**
   * A whole number from 0 to n - 1, each as likely as the others.
   *
   * @throws RangeError (`invalid-argument`) for an n that is not from 1 to 2^32.
   */
  below(n: number): number {
    if (!(Number.isInteger(n) && n >= 1 && n <= 4294967296)) throw rangeError(`n is from 1 to 2^32, not ${n}`);
    const most = 4294967296 - (4294967296 % n);
    let x = this.next();
    while (x >= most) x = this.next();
    return x % n;
  }

  /** A number from 0 to below 1, a multiple of 2^-24: exact in f32. */
  uniform(): number {
    return (this.next() >>> 8) / 16777216;
  }

  /** A standard normal number. */
  normal(): number {
    return normalQuantile((this.next() + 0.5) / 4294967296);
  }

  /** Fills an array with standard normal numbers. */
  normals(into: Float32Array): Float32Array {
    const CHUNK = 1024;
    const quantiles = new Float64Array(Math.min(CHUNK, into.length));
    for (let from = 0; from < into.length; from += CHUNK) {
      const n = Math.min(CHUNK, into.length - from);
      for (let i = 0; i < n; i++) quantiles[i] = (this.next() + 0.5) / 4294967296;
      into.set(mapMath('normalQuantile', quantiles.subarray(0, n)), from);
    }
    return into;
  }

  /** The numbers 0 to n - 1 in a random order (Fisher and Yates). */
  permutation(n: number): Uint32Array {
    const order = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      const j = this.below(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
