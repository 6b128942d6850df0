/**
 * The notebook "Codecs as generative models", cell by cell: with its choices and torch's order of equal values, every
 * printed result comes out.
 */
import { deflate } from 'pako';
import { describe, expect, it } from 'vitest';
import { Random } from '../src/kernels/random.ts';
import { complete } from '../src/sampling/complete.ts';
import { DeflateOracle } from '../src/sampling/deflate.ts';
import { nextTokens } from '../src/sampling/next-tokens.ts';
import { RleOracle } from '../src/sampling/rle.ts';
import { chunks, indexed, vocabulary } from '../src/sampling/tokens.ts';
import { torchTopK } from './support/topk.ts';
import notebook from './vectors/notebook_sampler.json' with { type: 'json' };

const zlibBytes = (bytes: ArrayLike<number>) =>
  deflate(Uint8Array.from(bytes as number[]), { level: 6, legacyHash: true }).length;
const zlib = () => new DeflateOracle({ format: 'zlib', level: 6 });
const torch = { unit: 'bytes', select: torchTopK } as const;
const latin1 = (text: string) => Array.from(text, (char) => char.charCodeAt(0));

describe("torch's order of equal values", () => {
  it('is that of the recorded calls', () => {
    for (const [values, k, indices] of notebook.topk.cases as [number[], number, number[]][])
      expect([...torchTopK(values, k)]).toEqual(indices);
  });
});

describe('the notebook', () => {
  it("completes 1, 2, 3, ... in three ways: complete's rows", () => {
    const { prompt, length, width, height, rows, row_bytes } = notebook.complete;
    const found = complete(zlib(), prompt, { length, width, height, ...torch });
    expect(found.completions.map(({ symbols }) => symbols)).toEqual(rows);
    expect(found.completions.map(({ bits }) => bits / 8)).toEqual(row_bytes);
    expect(found.completions.map(({ symbols }) => zlibBytes(symbols))).toEqual(row_bytes);
    expect(found.leaves).toBe(128);
    // The notebook measures the leaves once more.
    expect(found.lengths + found.leaves).toBe(notebook.complete.compressions);
  });

  it("continues 'abcdabcd'", () => {
    const { prompt, width, height, n, choices, result_latin1 } = notebook.next_tokens_zlib;
    const start = latin1(prompt);
    const choose = (_: number, round: number) => choices[round];
    const rounds = [...nextTokens(zlib(), start, { width, height, n, choose, ...torch })];
    expect([...start, ...rounds.flatMap(({ symbols }) => symbols)]).toEqual(latin1(result_latin1));
  });

  it('continues a run by runs', () => {
    const runs = () => new RleOracle({ code: 'decimal', alphabetSize: 10 });
    const one = notebook.next_tokens_rle_1;
    const first = [...nextTokens(runs(), one.prompt, { width: 1, height: 1, n: one.n, ...torch })];
    expect([...one.prompt, ...first.flatMap(({ tokens }) => tokens)]).toEqual(one.result);
    const four = notebook.next_tokens_rle_4;
    const choose = (_: number, round: number) => four.choices[round];
    const second = [...nextTokens(runs(), four.prompt, { width: 4, height: 2, n: four.n, choose, ...torch })];
    expect([...four.prompt, ...second.flatMap(({ tokens }) => tokens)]).toEqual(four.result);
    // In the stable order that users get, the first run is of 0s.
    const stable = [...nextTokens(runs(), one.prompt, { width: 1, height: 1, n: one.n, unit: 'bytes' })];
    expect(new Set(stable.flatMap(({ tokens }) => tokens))).toEqual(new Set([0]));
  });

  it('has 184 pairs and 527 tokens, and as many bytes as the order of its set gives', () => {
    const { text, zlib_bytes, tokens, vocabulary: size } = notebook.pairs;
    const pieces = chunks(text);
    const first = vocabulary(pieces);
    expect([first.length, pieces.length]).toEqual([size, tokens]);
    const bytesIn = (order: readonly string[]) => {
      const alphabet = indexed(order);
      const list = alphabet.split(text);
      expect(new TextDecoder().decode(alphabet.bytes(list))).toBe(text);
      return zlibBytes(alphabet.symbols(list));
    };
    expect(bytesIn(first)).toBe(zlib_bytes.first_occurrence_order);
    expect(bytesIn([...first].sort())).toBe(zlib_bytes.sorted_order);
    const count = new Map(first.map((piece) => [piece, pieces.filter((other) => other === piece).length]));
    const place = new Map(first.map((piece, i) => [piece, i]));
    const byCount = [...first].sort((a, b) => count.get(b)! - count.get(a)! || place.get(a)! - place.get(b)!);
    expect(bytesIn(byCount)).toBe(zlib_bytes.frequency_order);
    // Its 511 came from the order of a set of strings, which Python's hash draws anew in every process.
    const sizes = new Set<number>();
    const random = new Random(511);
    for (let i = 0; i < 400; i++) sizes.add(bytesIn([...random.permutation(first.length)].map((j) => first[j])));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(504);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(514);
    expect(sizes).toContain(511);
    expect(sizes.size).toBeGreaterThanOrEqual(7);
  });
});
