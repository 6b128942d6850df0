/** What a candidate costs: how long the code would be with one byte more, for all 256 bytes, and a search made of that. */
import { deflateSync } from 'node:zlib';
import { deflate as pakoDeflate } from 'pako';
import { DeflateOracle } from '../src/sampling/deflate.ts';
import { Lz78Oracle } from '../src/sampling/lz78.ts';
import { LzmaOracle } from '../src/sampling/lzma.ts';
import { LzwOracle } from '../src/sampling/lzw.ts';
import { bitsAfter, type LengthOracle } from '../src/sampling/oracle.ts';
import { RleOracle } from '../src/sampling/rle.ts';
import { median } from './measure.ts';

/** Deflate after a prompt of one length. Microseconds a candidate are medians over the places of the text. */
export interface CandidateRow {
  /** Bytes of the prompt. */
  prompt: number;
  /** Ours, all 256 at once. */
  ours: number;
  /** Ours, 256 times mark, push, bits and rollback. */
  single: number;
  /** The whole prompt and the candidate compressed again, by Node's own zlib. */
  node: number;
  /** The same with pako. */
  pako: number;
  /** Tokens a second of the greedy search that takes the shortest. */
  tokens: { ours: number; node: number; pako: number };
}

/** Another codec: microseconds a candidate after prompts of the same lengths. */
export interface OracleRow {
  oracle: string;
  microseconds: number[];
}

/** The part `candidates` of bench/results/sampling.json. */
export interface CandidateResults {
  text: string;
  level: number;
  /** Places of the text where ours was measured; Node and pako at fewer of them. */
  positions: number;
  rows: CandidateRow[];
  others: OracleRow[];
}

const ALL = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const lengths = new Float64Array(256);

/** Microseconds that a call takes. */
function clock(call: () => void): number {
  const start = performance.now();
  call();
  return (performance.now() - start) * 1000;
}

function primed(oracle: LengthOracle, prompt: Uint8Array): LengthOracle {
  for (const byte of prompt) oracle.push(byte);
  return oracle;
}

function shortest(): number {
  let best = 0;
  for (let i = 1; i < 256; i++) if (lengths[i] < lengths[best]) best = i;
  return best;
}

/** All candidates by compressing everything again, in whole bytes. The last byte is overwritten. */
function naively(compress: (bytes: Uint8Array) => Uint8Array, bytes: Uint8Array): void {
  for (const byte of ALL) {
    bytes[bytes.length - 1] = byte;
    lengths[byte] = 8 * compress(bytes).length;
  }
}

/** Microseconds of a greedy search for so many tokens. */
function search(compress: (bytes: Uint8Array) => Uint8Array, prompt: Uint8Array, tokens: number): number {
  const bytes = new Uint8Array(prompt.length + tokens);
  bytes.set(prompt);
  return clock(() => {
    for (let n = prompt.length; n < bytes.length; n++) {
      naively(compress, bytes.subarray(0, n + 1));
      bytes[n] = shortest();
    }
  });
}

/** Beginnings of prompts of `size` bytes, evenly spread. */
function places(text: Uint8Array, size: number, count: number): number[] {
  const room = text.length - size;
  if (room < 0) throw new Error(`a text of ${text.length} bytes is too short for a prompt of ${size}`);
  return Array.from({ length: count }, (_, i) => Math.floor((i * room) / count));
}

/** One length of prompt, ours and theirs in turns. */
function row(text: Uint8Array, size: number, level: 6, positions: number): CandidateRow {
  const node = (bytes: Uint8Array) => deflateSync(bytes, { level });
  const pako = (bytes: Uint8Array) => pakoDeflate(bytes, { level });
  const ours: number[] = [];
  const single: number[] = [];
  const theirs = { node: [] as number[], pako: [] as number[] };
  const tokens = { ours: [] as number[], node: [] as number[], pako: [] as number[] };
  const few = Math.max(1, Math.floor(positions / 8));
  places(text, size, positions).forEach((at, i) => {
    const prompt = text.slice(at, at + size);
    const oracle = primed(new DeflateOracle({ level }), prompt);
    ours.push(clock(() => oracle.bitsAfter?.(ALL, lengths)) / 256);
    single.push(
      clock(() => {
        for (const byte of ALL) {
          const mark = oracle.mark();
          oracle.push(byte);
          lengths[byte] = oracle.bits();
          oracle.rollback(mark);
        }
      }) / 256,
    );
    if (i % 8 !== 0 || theirs.node.length === few) return;
    const longer = new Uint8Array(size + 1);
    longer.set(prompt);
    for (const [name, compress] of [['node', node] as const, ['pako', pako] as const]) {
      theirs[name].push(clock(() => naively(compress, longer)) / 256);
      const n = size > 10_000 ? 2 : 8;
      tokens[name].push(n / (search(compress, prompt, n) / 1e6));
    }
    const n = 64;
    const time = clock(() => {
      for (let step = 0; step < n; step++) {
        oracle.bitsAfter?.(ALL, lengths);
        oracle.push(shortest());
      }
    });
    tokens.ours.push(n / (time / 1e6));
  });
  return {
    prompt: size,
    ours: median(ours),
    single: median(single),
    node: median(theirs.node),
    pako: median(theirs.pako),
    tokens: { ours: median(tokens.ours), node: median(tokens.node), pako: median(tokens.pako) },
  };
}

const oracles: Record<string, () => LengthOracle> = {
  LZMA: () => new LzmaOracle(),
  'LZW, as `compress`': () => new LzwOracle({ convention: 'compress' }),
  'LZW, as GIF': () => new LzwOracle({ convention: 'gif' }),
  LZ78: () => new Lz78Oracle(),
  'run lengths': () => new RleOracle(),
};

/**
 * Measures all.
 *
 * @param positions - Places of the text: 8 or more.
 */
export function measureCandidates(
  text: Uint8Array,
  title: string,
  sizes: readonly number[],
  positions: number,
  progress: (text: string) => void,
): CandidateResults {
  const level = 6;
  // Kernels are compiled once more, and better, when they have run for a while.
  for (const create of [() => new DeflateOracle({ level }), ...Object.values(oracles)]) {
    const oracle = primed(create(), text.subarray(0, 2000));
    for (let i = 0; i < 200; i++) bitsAfter(oracle, ALL, lengths);
  }
  const rows = sizes.map((size) => {
    progress(`deflate, a prompt of ${size} bytes`);
    return row(text, size, level, positions);
  });
  const others = Object.entries(oracles).map(([oracle, create]) => {
    progress(oracle);
    const microseconds = sizes.map((size) =>
      median(
        places(text, size, Math.ceil(positions / 4)).map((at) => {
          const one = primed(create(), text.subarray(at, at + size));
          return clock(() => bitsAfter(one, ALL, lengths)) / 256;
        }),
      ),
    );
    return { oracle, microseconds };
  });
  return { text: title, level, positions, rows, others };
}
