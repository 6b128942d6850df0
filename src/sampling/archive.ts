/**
 * Archives that say which model they need: any sequence model, or any codec as one (oracle-model.ts), with the range
 * coder, as a file that is refused where it could not be read back.
 *
 * Who reads must predict to the bit what the writer predicted. So only codecs that come with this package may code:
 * kernels in WASM, of whose bytes the archive keeps a hash, or whole numbers in TypeScript ('pure'). Compressors of the
 * machine, such as `node:zlib`, differ from build to build: they are for looking at, and are refused here.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { SurprisalError, typeError } from '../errors.ts';
import { decodeSymbols, encodeSymbols } from '../sequence/coding.ts';
import { checkSymbol, type SequenceModel, TOTAL } from '../sequence/model.ts';
import {
  type ArchiveHeader,
  type ArchiveParameters,
  checksumOf,
  HASH_BYTES,
  readParts,
  writeArchive,
} from './archive-layout.ts';
import { MAX_OUTPUT } from './bits.ts';
import type { LengthOracle } from './oracle.ts';

export type { ArchiveHeader, ArchiveParameters } from './archive-layout.ts';

/** A model that archives may be coded with. Black boxes have an `estimate` and are none, not even as an OracleModel. */
export type ArchiveModel = SequenceModel & {
  readonly oracle?: LengthOracle & { readonly estimate?: never };
};

/** A codec for archives: a new model, and what its predictions come from. */
export interface ArchiveCodec {
  /** The model, which has seen nothing. */
  readonly model: ArchiveModel;
  /**
   * The kernels that decide its predictions, as their hexadecimal digits (the `hex` of a module in kernels/generated),
   * or 'pure' where they come from whole numbers in TypeScript.
   */
  readonly kernels: readonly string[] | 'pure';
}

/**
 * Opens codecs by name, each time anew; undefined for a name that it does not know. It should refuse, by a RangeError,
 * parameters that make no sense or take more memory than its user wants to give: they may come from an archive.
 */
export type CodecRegistry = (name: string, parameters: ArchiveParameters) => ArchiveCodec | undefined;

/** Options of {@link decodeArchive}. */
export interface DecodeArchiveOptions {
  /** Symbols that there may be; 2^28 unless given. */
  readonly maxOutputSize?: number;
}

/** First bytes of the SHA-256 of kernels, in hexadecimal digits; 'pure' for none. */
export function kernelHash(kernels: readonly string[] | 'pure'): string {
  if (kernels === 'pure') return 'pure';
  const hash = sha256.create();
  for (const hex of kernels) {
    const bytes = new Uint8Array(hex.length / 2);
    for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
    // Each by its own hash, so that no two lists of kernels are the same bytes.
    hash.update(sha256(bytes));
  }
  return Array.from(hash.digest().subarray(0, HASH_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function checkModel({ model }: ArchiveCodec): void {
  // For those who do without types.
  if (model.oracle !== undefined && 'estimate' in model.oracle)
    throw typeError('black boxes are for display: an archive is coded with a codec that comes with this package');
}

/**
 * Codes symbols with a new model into an archive that says how to read it.
 *
 * Layout: the bytes 93 53 51 4D, version 1; the codec's name and its parameters as JSON with sorted names, each after
 * its length; 0, or 8 and the first bytes of a SHA-256 of the kernels; numbers of the alphabet's and of the coded
 * symbols; CRC-32C of the symbols; number of words; CRC-32C of the words; CRC-32C of all so far; the words. Lengths and
 * numbers are LEB128, CRCs and words 32 bits with the low byte first.
 *
 * @param symbols - Symbols of the codec's alphabet.
 * @param codec - Its name, for the registry.
 * @param parameters - Its parameters, for the registry and in the archive.
 * @throws RangeError or TypeError for a codec that the registry does not know, a black box, symbols that the alphabet
 *   lacks.
 * @example
 * const registry: CodecRegistry = (name, { order = 4 }) =>
 *   name === 'ngram' ? { model: new NgramModel({ order: Number(order) }), kernels: 'pure' } : undefined;
 * const archive = encodeArchive(bytes, 'ngram', { order: 3 }, registry);
 * decodeArchive(archive, registry); // bytes
 */
export function encodeArchive(
  symbols: ArrayLike<number>,
  codec: string,
  parameters: ArchiveParameters,
  registry: CodecRegistry,
): Uint8Array {
  const opened = registry(codec, parameters);
  if (opened === undefined) throw typeError(`there is no codec '${codec}' to make archives with`);
  checkModel(opened);
  const { model } = opened;
  const { alphabetSize } = model;
  for (let i = 0; i < symbols.length; i++) checkSymbol(symbols[i], alphabetSize);
  return writeArchive({
    codec,
    parameters,
    kernel: kernelHash(opened.kernels),
    alphabetSize,
    count: symbols.length,
    checksum: checksumOf(symbols, alphabetSize),
    words: encodeSymbols(model, symbols),
  });
}

/**
 * What an archive says about itself; its checksums are checked, and nothing is decoded.
 *
 * @throws SurprisalError as {@link decodeArchive}, but for the codec.
 */
export function readArchiveHeader(archive: Uint8Array): ArchiveHeader {
  const { codec, parameters, kernel, alphabetSize, count, checksum } = readParts(archive);
  return { codec, parameters, kernel, alphabetSize, count, checksum };
}

/**
 * Decodes an archive of {@link encodeArchive}.
 *
 * @returns the symbols: a Uint8Array for alphabets up to 256, else a Uint16Array.
 * @throws SurprisalError `not-srp` for other data; `unsupported` for another version, a codec that the registry does not
 *   know, or parameters that it refuses; `wrong-model` for a codec with other kernels or another alphabet than the
 *   archive's; `limit` for more symbols than allowed; `truncated`; `corrupt`.
 */
export function decodeArchive(
  archive: Uint8Array,
  registry: CodecRegistry,
  options: DecodeArchiveOptions = {},
): Uint8Array | Uint16Array {
  const { maxOutputSize = MAX_OUTPUT } = options;
  const { codec, parameters, kernel, alphabetSize, count, checksum, words } = readParts(archive);
  if (count > maxOutputSize)
    throw new SurprisalError(
      'limit',
      `the archive holds ${count} symbols, more than ${maxOutputSize}; allow more with maxOutputSize`,
    );
  // A symbol has at most 2^24 - (alphabetSize - 1) of 2^24 units, so that it takes some bits; 1 / ln 2 is above 1.44.
  const least = (1.44 * (alphabetSize - 1)) / TOTAL;
  if (count * least > 32 * words.length + 64)
    throw new SurprisalError('corrupt', `${count} symbols cannot come from ${words.length} words`);
  const opened = open(codec, parameters, registry);
  checkModel(opened);
  const here = kernelHash(opened.kernels);
  if (here !== kernel)
    throw new SurprisalError(
      'wrong-model',
      `the archive needs the codec '${codec}' with kernel ${kernel}, and here is ${here}: use the version of this package that wrote it`,
    );
  if (opened.model.alphabetSize !== alphabetSize)
    throw new SurprisalError(
      'wrong-model',
      `the archive is of ${alphabetSize} symbols, and the codec '${codec}' has ${opened.model.alphabetSize}`,
    );
  const symbols = decode(opened.model, words, count);
  if (checksumOf(symbols, alphabetSize) !== checksum)
    throw new SurprisalError('corrupt', 'the decoded symbols are not those that were coded: their checksum is another');
  return symbols;
}

/** Words that end too early are damage: the file is complete, as its length and its checksums say. */
function decode(model: SequenceModel, words: Uint32Array, count: number): Uint8Array | Uint16Array {
  try {
    return decodeSymbols(model, words, count);
  } catch (error) {
    if (!(error instanceof SurprisalError && error.code === 'out-of-data')) throw error;
    throw new SurprisalError('corrupt', `${count} symbols do not come from ${words.length} words`, { cause: error });
  }
}

function open(name: string, parameters: ArchiveParameters, registry: CodecRegistry): ArchiveCodec {
  let opened: ArchiveCodec | undefined;
  try {
    opened = registry(name, parameters);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    const what = `the archive's parameters of the codec '${name}' are refused: ${error.message}`;
    throw new SurprisalError('unsupported', what, { cause: error });
  }
  if (opened === undefined)
    throw new SurprisalError('unsupported', `the archive needs the codec '${name}', which is not known here`);
  return opened;
}
