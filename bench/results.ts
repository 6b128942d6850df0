/** What a run of `npm run bench:files` found: its file, and the sums over it. */
import type { Cost, Machine } from './measure.ts';
import type { Peer } from './peers/peers.ts';

/** What is written to bench/results/files.json. */
export interface FileResults {
  date: string;
  repeats: number;
  machine: Machine;
  peers: { id: string; title: string; kind: Peer['kind']; version: string }[];
  skipped: { id: string; title: string; reason: string }[];
  files: { name: string; bytes: number }[];
  runs: Measured[];
}

/** One file with one peer: the size it came to and the median cost each way. */
export interface Measured {
  peer: string;
  file: string;
  packed: number;
  compress: Cost;
  decompress: Cost;
}

/**
 * Seconds of a cost: processor time (own and the system's), or the clock where that is not told. The system counts in
 * steps of 10 ms; what it calls nothing is taken as half a step.
 */
export function seconds(cost: Cost): number {
  return Math.max(cost.user === null ? cost.wall : cost.user + (cost.system ?? 0), 0.005);
}

/** Sums over all files, in the order of the total size. */
export function totals(results: FileResults) {
  const raw = results.files.reduce((sum, file) => sum + file.bytes, 0);
  return results.peers
    .map((peer) => {
      const runs = results.runs.filter((one) => one.peer === peer.id);
      const packed = runs.reduce((sum, one) => sum + one.packed, 0);
      const time = (way: 'compress' | 'decompress') => runs.reduce((sum, one) => sum + seconds(one[way]), 0);
      const memory = (way: 'compress' | 'decompress') => Math.max(...runs.map((one) => one[way].memory ?? 0));
      return {
        ...peer,
        packed,
        bitsPerByte: (8 * packed) / raw,
        compressSpeed: raw / 1e6 / time('compress'),
        decompressSpeed: raw / 1e6 / time('decompress'),
        compressMemory: memory('compress'),
        decompressMemory: memory('decompress'),
      };
    })
    .sort((a, b) => a.packed - b.packed);
}

/** Nanoseconds a symbol. */
export interface Nanoseconds {
  encode: number;
  decode: number;
}

/** What is written to bench/results/coders.json. */
export interface CoderResults {
  date: string;
  /** Symbols of a bulk call. */
  symbols: number;
  rounds: number;
  machine: Machine;
  /** Versions of constriction, numpy and Python, or null without them. */
  native: Record<string, string> | null;
  bulk: CoderRow[];
  /** Loops of single calls on the first `singleSymbols` symbols. */
  single: SingleRow[];
  singleSymbols: number;
  npm: { coders: { id: string; version: string; note: string }[]; symbols: number; rows: NpmRow[] };
  /** Bytes that one bulk call took, besides what it was given. */
  memory: { symbols: number; kernel: number; encode: number; decode: number; packed: number; symbolBytes: number };
}

/** One case with one coder. */
export interface CoderRow {
  case: string;
  title: string;
  coder: string;
  ours: Nanoseconds;
  /** The same of constriction's native core, where it has the model. */
  native: Nanoseconds | null;
  /** Ours by native: below 1 is faster than native. */
  ratio: Nanoseconds | null;
  /** Whether native wrote the same words; null where it does not have the model. */
  identical: boolean | null;
  /** Bits written, null for a chain coder, which writes what it was given. */
  bits: number | null;
  nativeBits: number | null;
  /** Bits that the symbols tell under the quantised probabilities, and under the exact ones where these are known. */
  information: { quantised: number; exact: number | null };
}

/** One case with one coder, called for each symbol. */
export interface SingleRow {
  case: string;
  title: string;
  coder: string;
  ours: Nanoseconds;
  /** A loop in Python over the same calls. */
  python: Nanoseconds | null;
}

/** One case of bytes with one of npm's coders, or with ours on as many. */
export interface NpmRow {
  case: string;
  title: string;
  coder: string;
  time: Nanoseconds;
  bits: number;
  information: number;
}

/** What was written beyond the information, in percent. */
export function overhead(bits: number, information: number): number {
  return (bits / information - 1) * 100;
}
