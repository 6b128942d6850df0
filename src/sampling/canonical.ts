/**
 * Sampling by decoding random bits where a code is redundant: several codes decode to the same string, and many
 * sequences of bits to none.
 *
 * Random bits begin with a code c with probability 2^-|c|. So what decodes comes from the decoder's distribution, q(x) =
 * the sum of 2^-|c| over the codes of x; and if only those codes are accepted that the encoder itself would have
 * written, x comes with probability proportional to 2^-L(x): an exact sample of the encoder's distribution. The fraction
 * that is accepted is the code's Kraft sum, the sum over x of 2^-L(x).
 */
import { rangeError, SurprisalError } from '../errors.ts';
import { Random } from '../kernels/random.ts';
import { BitReader } from './bits.ts';
import { checkCount, type Distribution } from './choices.ts';
import { deflateEncoder } from './deflate-encode.ts';
import { tryInflate } from './inflate.ts';
import { type Lz78CodeOptions, lz78Encode, lz78Read } from './lz78.ts';
import { type LzwCodeOptions, lzwEncode, lzwRead } from './lzw.ts';
import { type RleOptions, rleEncode, rleRead } from './rle.ts';

/** A code as its two functions. No code may be the beginning of another. */
export interface RedundantCode {
  /** Which bit of a byte comes first: its highest or its lowest. */
  readonly order: 'msb' | 'lsb';
  /**
   * Decodes what a sequence of bits begins with; `undefined` where it begins with no code. It must give up at a limit of
   * its own on what it returns.
   *
   * @returns the symbols and how many bits they took.
   */
  decode(bytes: Uint8Array): { readonly symbols: ArrayLike<number>; readonly bits: number } | undefined;
  /** The code of some symbols, its last byte filled up with zeros. */
  encode(symbols: ArrayLike<number>): Uint8Array;
}

/** How random bits are drawn. */
export interface RejectionOptions {
  /** Seed of the random bits. Default 0. */
  readonly seed?: number;
  /**
   * Bytes of random bits a try: a string with a longer code is never drawn, which changes the distribution by what those
   * have together. Default 512.
   */
  readonly maxBytes?: number;
}

/** Options of {@link decodeRandom}. */
export interface DecodeRandomOptions extends RejectionOptions {
  /** Gives up after so many tries without a sample. Default 1,000,000. */
  readonly maxTries?: number;
  /** Which are accepted: codes as the encoder writes them, or all that decode. Default `canonical`. */
  readonly accept?: 'canonical' | 'decodable';
}

/** A string that random bits decoded to. */
export interface DecodedSample {
  /** `encoder` where only canonical codes are accepted, `decoder` where all are. */
  readonly distribution: Distribution;
  readonly symbols: ArrayLike<number>;
  /** Length of its code in bits. */
  readonly bits: number;
  /** Tries that it took, this one included. */
  readonly tries: number;
}

/** What {@link kraftSum} measured. */
export interface KraftEstimate {
  /** Random sequences that were tried. */
  readonly tries: number;
  /** How many of them began with a code. */
  readonly decodable: number;
  /** How many with one that the encoder writes. */
  readonly canonical: number;
  /** The estimate of the Kraft sum, the sum over x of 2^-L(x): `canonical` / `tries`. */
  readonly kraft: number;
  /** Its standard error. */
  readonly error: number;
  /** The sum over all codes c of 2^-|c|, `decodable` / `tries`. */
  readonly codes: number;
  /** Its standard error. */
  readonly codesError: number;
}

function checkCode(code: RedundantCode): void {
  if (code.order !== 'msb' && code.order !== 'lsb') throw rangeError(`bits are in order 'msb' or 'lsb'`);
}

/** Fills a buffer with random bits. */
function refill(bytes: Uint8Array, random: Random): void {
  for (let i = 0; i < bytes.length; i += 4) {
    const word = random.next();
    bytes[i] = word;
    bytes[i + 1] = word >>> 8;
    bytes[i + 2] = word >>> 16;
    bytes[i + 3] = word >>> 24;
  }
}

/** Whether the encoder writes these bits: as many bytes, and the bits that were read among them. */
function isCanonical(code: RedundantCode, symbols: ArrayLike<number>, bytes: Uint8Array, bits: number): boolean {
  const written = code.encode(symbols);
  const whole = bits >>> 3;
  if (written.length !== Math.ceil(bits / 8)) return false;
  for (let i = 0; i < whole; i++) if (written[i] !== bytes[i]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  const mask = code.order === 'lsb' ? (1 << rest) - 1 : 0xff00 >>> rest;
  return ((written[whole] ^ bytes[whole]) & mask & 0xff) === 0;
}

/**
 * Samples without end, each from bits of its own.
 *
 * @throws RangeError for options out of range.
 * @throws SurprisalError (`limit`) after `maxTries` tries without a sample.
 * @example
 * const [first] = decodeRandom(deflateCode(), { seed: 1 });
 */
export function* decodeRandom(
  code: RedundantCode,
  options: DecodeRandomOptions = {},
): Generator<DecodedSample, void, undefined> {
  const { seed = 0, maxBytes = 512, maxTries = 1_000_000, accept = 'canonical' } = options;
  checkCode(code);
  checkCount('maxBytes', maxBytes, 1, 1 << 24);
  checkCount('maxTries', maxTries, 1);
  if (accept !== 'canonical' && accept !== 'decodable')
    throw rangeError(`what is accepted is 'canonical' or 'decodable', not '${accept}'`);
  const random = new Random(seed);
  const bytes = new Uint8Array(maxBytes);
  for (;;) {
    let tries = 0;
    for (let found = false; !found; ) {
      if (tries === maxTries)
        throw new SurprisalError('limit', `no sample in ${tries} tries: allow more with maxTries, or longer codes`);
      tries++;
      refill(bytes, random);
      const decoded = code.decode(bytes);
      if (decoded === undefined) continue;
      const { symbols, bits } = decoded;
      if (accept === 'canonical' && !isCanonical(code, symbols, bytes, bits)) continue;
      found = true;
      yield { distribution: accept === 'canonical' ? 'encoder' : 'decoder', symbols, bits, tries };
    }
  }
}

/**
 * Measures a code's Kraft sum, up to codes of `maxBytes` bytes: the fraction of random sequences that begin with a code
 * as the encoder writes it. Of raw deflate as zlib writes it at level 6, that is about 0.005.
 *
 * @param options - With the number of tries: default 100,000.
 * @throws RangeError for options out of range.
 * @example
 * const { kraft, error } = kraftSum(code, { tries: 1_000_000 });
 */
export function kraftSum(
  code: RedundantCode,
  options: RejectionOptions & { readonly tries?: number } = {},
): KraftEstimate {
  const { seed = 0, maxBytes = 512, tries = 100_000 } = options;
  checkCode(code);
  checkCount('maxBytes', maxBytes, 1, 1 << 24);
  checkCount('tries', tries, 1);
  const random = new Random(seed);
  const bytes = new Uint8Array(maxBytes);
  let decodable = 0;
  let canonical = 0;
  for (let i = 0; i < tries; i++) {
    refill(bytes, random);
    const decoded = code.decode(bytes);
    if (decoded === undefined) continue;
    decodable++;
    if (isCanonical(code, decoded.symbols, bytes, decoded.bits)) canonical++;
  }
  const errorOf = (p: number) => Math.sqrt((p * (1 - p)) / tries);
  const kraft = canonical / tries;
  const codes = decodable / tries;
  return { tries, decodable, canonical, kraft, error: errorOf(kraft), codes, codesError: errorOf(codes) };
}

/**
 * Raw deflate as a redundant code. What its encoder writes is what counts as canonical: unless another is given, that is
 * canonical zlib at level 6 ({@link deflateEncoder}). Other encoders choose among the codes of a string in other ways:
 * Node's `deflateRawSync` is a fork that differs between builds, and pako is zlib only with `legacyHash: true`.
 *
 * @param encode - An encoder: bytes to a raw deflate code, the same for the same bytes.
 * @param maxOutputSize - Bytes that a string may have. Default 65,536.
 * @example
 * deflateCode();
 * deflateCode(deflateEncoder({ level: 9, format: 'raw' }));
 */
export function deflateCode(
  encode: (bytes: Uint8Array) => Uint8Array = deflateEncoder({ format: 'raw' }),
  maxOutputSize = 65536,
): RedundantCode {
  return {
    order: 'lsb',
    decode: (bytes) => tryInflate(bytes, { maxOutputSize }),
    encode: (symbols) => encode(symbols instanceof Uint8Array ? symbols : Uint8Array.from(symbols)),
  };
}

/** A code whose decoder reads from a reader, and throws where there is none. */
function readCode(
  order: 'msb' | 'lsb',
  read: (reader: BitReader) => ArrayLike<number>,
  encode: (symbols: ArrayLike<number>) => Uint8Array,
): RedundantCode {
  return {
    order,
    decode(bytes) {
      const reader = new BitReader(bytes, order);
      try {
        const symbols = read(reader);
        return { symbols, bits: reader.at };
      } catch (error) {
        if (error instanceof SurprisalError) return undefined;
        throw error;
      }
    },
    encode,
  };
}

/**
 * The code `gamma` of runs ({@link rleEncode}). With 2, 4, 8, ... symbols all bits are codes and all codes are canonical:
 * its Kraft sum is 1, and every try is a sample.
 *
 * @param maxOutputSize - Symbols that a string may have. Default 65,536.
 */
export function rleCode(options: RleOptions = {}, maxOutputSize = 65536): RedundantCode {
  return readCode(
    'msb',
    (reader) => rleRead(reader, { ...options, maxOutputSize }),
    (symbols) => rleEncode(symbols, options).bytes,
  );
}

/**
 * LZW as GIF has it ({@link lzwEncode}), the one convention whose codes know their end.
 *
 * @param maxOutputSize - Symbols that a string may have. Default 65,536.
 */
export function gifCode(
  options: Omit<LzwCodeOptions, 'convention' | 'maxBits'> = {},
  maxOutputSize = 65536,
): RedundantCode {
  const all = { ...options, convention: 'gif' } as const;
  return readCode(
    'lsb',
    (reader) => lzwRead(reader, { ...all, maxOutputSize }),
    (symbols) => lzwEncode(symbols, all).bytes,
  );
}

/**
 * LZ78 ({@link lz78Encode}), whose code does not tell how long a string is: strings of one length. It is redundant where
 * phrases could be longer than those that are coded.
 *
 * @param length - Symbols of all strings.
 */
export function lz78Code(length: number, options: Lz78CodeOptions = {}): RedundantCode {
  checkCount('length', length, 0, 1 << 24);
  return readCode(
    'msb',
    (reader) => lz78Read(reader, length, options),
    (symbols) => lz78Encode(symbols, options).bytes,
  );
}
