/**
 * "Codecs as generative models", the notebook, with this package.
 *
 *     npx tsx examples/codecs-as-models.ts
 *
 * In a project of your own, import from 'surprisal/sampling/complete.js' and so on in place of '../src/'.
 */
import { type CompleteOptions, complete, type Select } from '../src/sampling/complete.ts';
import { DeflateOracle } from '../src/sampling/deflate.ts';
import { type NextTokensOptions, nextTokens } from '../src/sampling/next-tokens.ts';
import { type LengthOracle, pushAll } from '../src/sampling/oracle.ts';
import { RleOracle } from '../src/sampling/rle.ts';
import { chunks, indexed, vocabulary } from '../src/sampling/tokens.ts';

/** The notebook's class: a code, of which only lengths are asked, in whole bytes. */
export class CodecSampler {
  private readonly code: () => LengthOracle;
  private readonly select: Select | undefined;

  /** `select` says which of equal lengths come first; the package's own order unless given. */
  constructor(code: () => LengthOracle, select?: Select) {
    this.code = code;
    this.select = select;
  }

  complete(prompt: ArrayLike<number>, options: CompleteOptions = {}): (readonly number[])[] {
    const { completions } = complete(this.code(), prompt, { unit: 'bytes', select: this.select, ...options });
    return completions.map(({ symbols }) => symbols);
  }

  nextTokens(prompt: ArrayLike<number>, options: NextTokensOptions = {}): number[] {
    const rounds = nextTokens(this.code(), prompt, { unit: 'bytes', select: this.select, ...options });
    return [...Array.from(prompt), ...[...rounds].flatMap(({ symbols }) => symbols)];
  }
}

/** zlib.compress, as Python has it. */
export const zlib = (): LengthOracle => new DeflateOracle({ format: 'zlib', level: 6 });

/** The notebook's own code of runs: the symbol, and its number in decimal digits. */
export const runs = (): LengthOracle => new RleOracle({ code: 'decimal', alphabetSize: 10 });

/** One byte a character. */
export const latin1 = (text: string): number[] => Array.from(text, (char) => char.charCodeAt(0));

/** Bytes as text, those that are not ASCII as in `\xa9`. */
export const shown = (bytes: ArrayLike<number>): string =>
  Array.from(bytes, (byte) =>
    byte === 10
      ? '\\n'
      : byte >= 32 && byte < 127
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('');

/** The notebook's text. */
export const paragraph =
  ' nucleus sampling also called top p sampling is a more advanced version of top sampling that results in ' +
  'a more consistent sampling performance it cuts between selectable and non selectable tokens based on ' +
  'the sum of their probabilities totaled bar heights when going from left to right on the linked picture ' +
  'until the specified cut value p is reached as opposed to top k sampling which cuts based on position ' +
  'index it can be used similarity to top k sampling you can combine low value of nucleus sampling with ' +
  'high value of randomness while the other sampling methods set to off to break out of loops with ' +
  'coherence once you ve got your head around how these work you can try layering settings it is difficult ' +
  'to explain sampling methods in simple terms without getting sloppy but it is not a complicated concept ' +
  'try to visualize the process using the bars as crutches randomness controls bar heights while sampling ' +
  'controls where the dividing line will be between bars that can be selected and bars tokens that will be ' +
  'discarded from participating in a';

/** Bytes of the paragraph's pairs under zlib, when they are numbered in a given order. */
export function pairBytes(order: readonly string[]): number {
  return pushAll(new DeflateOracle(), indexed(order).split(paragraph)).bytes();
}

/** The pairs as they come first, sorted, and the frequent before the rare. */
export function pairOrders(): { first: string[]; sorted: string[]; frequent: string[] } {
  const pieces = chunks(paragraph);
  const first = vocabulary(pieces);
  const count = new Map<string, number>();
  for (const piece of pieces) count.set(piece, (count.get(piece) ?? 0) + 1);
  const place = new Map(first.map((piece, i) => [piece, i]));
  const frequent = [...first].sort((a, b) => count.get(b)! - count.get(a)! || place.get(a)! - place.get(b)!);
  return { first, sorted: [...first].sort(), frequent };
}

/** The draws of `random.choice` that the notebook's printed results imply. */
export const recorded = { zlib: [0, 0, 0, 0, 1, 0, 1, 1, 0, 0], runs: [1, 1, 0, 0, 0, 1, 0, 1, 0, 0] };

/** The cells that print a result. With torch.topk's order as `select` they print what the notebook shows. */
export function notebook(print: (text: string) => void, select?: Select): void {
  const a = new CodecSampler(zlib, select);
  const c = new CodecSampler(runs, select);
  print('complete([1 to 10, 1, 2, 3], length=20):');
  for (const row of a.complete([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2, 3], { length: 20 })) print(`  ${row.join(' ')}`);
  const { first, sorted, frequent } = pairOrders();
  print(`pairs: ${first.length} differ, of ${chunks(paragraph).length}`);
  print(`zlib: ${pairBytes(first)} bytes, sorted ${pairBytes(sorted)}, by frequency ${pairBytes(frequent)}`);
  const drawn = (choices: readonly number[]) => (_: number, round: number) => choices[round];
  const ten = { width: 5, n: 10, choose: drawn(recorded.zlib) };
  print(`get_next_token('abcdabcd', width=5): ${shown(a.nextTokens(latin1('abcdabcd'), ten))}`);
  print(`runs, width=1: ${c.nextTokens([1], { width: 1, height: 1, n: 6 }).join(' ')}`);
  print(`runs, width=4: ${c.nextTokens([1], { width: 4, n: 10, choose: drawn(recorded.runs) }).join(' ')}`);
}

/** A file that TypeScript's package has, for longer texts than this file should have; Node only. */
export const typescript = async (path: string): Promise<Uint8Array> => {
  const { readFile } = await import('node:fs/promises');
  return readFile(new URL(`../node_modules/typescript/lib/${path}`, import.meta.url));
};

/** The first bytes of the interface Document as TypeScript declares it: a text of code, links and prose. */
export async function declarations(size: number): Promise<Uint8Array> {
  const all = new TextDecoder().decode(await typescript('lib.dom.d.ts'));
  const start = all.indexOf('interface Document extends');
  return new TextEncoder().encode(all.slice(start, start + size)).slice(0, size);
}

/** TypeScript's messages in a language, `de` or `pt-br`, about `size` bytes of them. */
export async function messages(language: string, size: number): Promise<Uint8Array> {
  const file = await typescript(`${language}/diagnosticMessages.generated.json`);
  const table: Record<string, string> = JSON.parse(new TextDecoder().decode(file));
  const keys = Object.keys(table).sort((a, b) => (a < b ? -1 : 1));
  return new TextEncoder().encode(keys.map((key) => table[key]).join('\n')).slice(0, size);
}

if (typeof process !== 'undefined' && process.argv?.[1]?.replaceAll('\\', '/').endsWith('examples/codecs-as-models.ts'))
  notebook(console.log);
