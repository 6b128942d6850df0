/** What test/vectors/online_golden.json promises: bits of the method `online` and of whole archives. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js';
import { compressSync } from '../../src/index.ts';
import { OnlineEncoder, type OnlineParameters } from '../../src/sequence/online.ts';
import { archiveInputs, counting, json, mixture, noise, records, runs, SEGMENTED, words } from './inputs.ts';

interface Sum {
  length: number;
  sha256: string;
}

export interface OnlineGolden {
  /** Coded bytes of blocks, one after another, by input and parameters. */
  coded: Record<string, Sum>;
  /** Archives of generated inputs. */
  archives: Record<string, Sum>;
  /** Archives of short texts, in hexadecimal digits. */
  whole: Record<string, string>;
}

const sumOf = (bytes: Uint8Array): Sum => ({ length: bytes.length, sha256: bytesToHex(sha256(bytes)) });

function encode(bytes: Uint8Array, parameters: OnlineParameters, blocks: number): Uint8Array {
  const encoder = new OnlineEncoder(parameters);
  const size = Math.ceil(bytes.length / blocks);
  return concatBytes(
    ...Array.from({ length: blocks }, (_, i) => {
      encoder.begin();
      encoder.encode(bytes.subarray(i * size, (i + 1) * size));
      return encoder.end();
    }),
  );
}

/** Name, input, tableBits, historyBits, blocks. */
const coded: readonly [string, (size: number) => Uint8Array, number, number, number, number][] = [
  ['words', words, 40_000, 16, 12, 1],
  ['words', words, 40_000, 21, 16, 3],
  ['words', words, 3000, 26, 24, 1],
  ['json', json, 40_000, 18, 14, 1],
  ['records', records, 40_000, 17, 20, 2],
  ['runs', runs, 60_000, 16, 13, 1],
  ['noise', noise, 10_000, 16, 12, 1],
  ['counting', counting, 10_000, 19, 15, 1],
  ['mixture', mixture, 80_000, 20, 17, 4],
];

/** Texts whose archives are short enough to be read. */
export const SHORT: readonly string[] = [
  '',
  'a',
  'hello hello hello',
  'to be or not to be, that is the question: whether to be',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
];

export function shortArchives(): OnlineGolden['whole'] {
  return Object.fromEntries(
    SHORT.map((text) => [text, bytesToHex(compressSync(new TextEncoder().encode(text)))] as const),
  );
}

export function codedSums(): OnlineGolden['coded'] {
  return Object.fromEntries(
    coded.map(([name, make, size, tableBits, historyBits, blocks]) => [
      `${name} ${size}, tableBits ${tableBits}, historyBits ${historyBits}, blocks ${blocks}`,
      sumOf(encode(make(size), { tableBits, historyBits }, blocks)),
    ]),
  );
}

export function archiveSums(): OnlineGolden['archives'] {
  const inputs = archiveInputs();
  const sums = Object.fromEntries(Object.entries(inputs).map(([name, make]) => [name, sumOf(compressSync(make()))]));
  const { input, name, segmentSize } = SEGMENTED;
  return { ...sums, [name]: sumOf(compressSync(inputs[input](), { segmentSize })) };
}

export function onlineGolden(): OnlineGolden {
  return { coded: codedSums(), archives: archiveSums(), whole: shortArchives() };
}
