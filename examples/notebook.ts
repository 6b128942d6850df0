/**
 * "Neural Network Decompression Without Storing Weights", the notebook, from start to end.
 *
 *     npx tsx examples/notebook.ts
 *
 * In a project of your own, import from 'surprisal/coders/arithmetic.js' and so on in place of '../src/'.
 */
import { ArithmeticCoder, StaticModel } from '../src/coders/arithmetic.ts';
import { compressLines, decompressLines, type LineOptions } from '../src/sequence/lines.ts';
import { Lstm } from '../src/sequence/lstm.ts';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** The notebook's data.txt: fifteen six-bit numbers, twice. */
export function notebookData(): string[] {
  const block = [...range(0, 6), ...range(8, 10), ...range(0, 4)];
  return [...block, ...block].map((n) => n.toString(2).padStart(6, '0'));
}

const file = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

export interface WalkResult {
  compressed: string[];
  decompressed: string[];
  /** Bytes of data.txt and compressed.txt: ASCII digits and newlines. */
  sizes: { data: number; compressed: number; ratio: number };
  /** What is in those digits: bits. */
  payload: { data: number; compressed: number };
}

/** Compresses lines, decompresses them without a weight having been stored, and prints what the notebook prints. */
export function walk(lines: readonly string[], print: (text: string) => void, options: LineOptions = {}): WalkResult {
  const compressed = compressLines(lines, {
    ...options,
    onStep: (step) => {
      if (step.line < 3) print(`Input: ${step.input}  Output: ${[...step.output]}  Target: ${step.target}`);
    },
  });
  for (let n = 1; n < lines.length; n++) {
    const ratio = lines[n].length / compressed[n].length;
    print(`Original sentence: ${lines[n]}  Compressed: ${compressed[n]}  Compression ratio: ${ratio}`);
  }
  const data = file(lines).length;
  const size = file(compressed).length;
  const sizes = { data, compressed: size, ratio: data / size };
  const payload = { data: lines.join('').length, compressed: compressed.join('').length };
  print(`Size data ${data}, size compressed ${size}, compression ratio ${sizes.ratio}`);
  print(
    `(These are bytes of ASCII digits and newlines. The digits are bits: ${payload.data} of data, ` +
      `${payload.compressed} compressed, and where a line's bits end has to be known as well.)`,
  );
  const decompressed = decompressLines(compressed, options);
  print('Check that decompressed data is the same as the original dataset');
  print(file(decompressed) === file(lines) ? 'True' : 'False');
  return { compressed, decompressed, sizes, payload };
}

/** The notebook's cells before the walk. */
export function firstCells(print: (text: string) => void): void {
  const coder = new ArithmeticCoder(StaticModel.fromProbabilities([0.8, 0.2]));
  const data = '000000';
  const bits = coder.compress([...data].map(Number));
  print(`Data: (${data.length}): ${data}`);
  print(`Compressed (${bits.length}): ${bits.join('')}`);
  print(`Decoded (${data.length}): ${coder.decompress(bits, data.length).join('')}`);
  print(`Compression ratio: ${(data.length / bits.length).toFixed(2)}`);

  const network = new Lstm({ inputs: 6, hidden: 10, outputs: 2 });
  network.fill(0.1);
  print(`Output: ${[...network.forward([[-1, -1, -1, -1, -1, -1]])]}`);
}

/** Everything, on the notebook's data. */
export function notebook(print: (text: string) => void = console.log): WalkResult {
  firstCells(print);
  return walk(notebookData(), print);
}

if (typeof process !== 'undefined' && process.argv?.[1]?.replaceAll('\\', '/').endsWith('examples/notebook.ts'))
  notebook();
