/** The notebook's cells as the example prints them. */
import { describe, expect, it } from 'vitest';
import { notebook, pairOrders, paragraph, shown } from '../examples/codecs-as-models.ts';
import type { Select } from '../src/sampling/complete.ts';
import { indexed } from '../src/sampling/tokens.ts';
import { torchTopK } from './support/topk.ts';
import vectors from './vectors/notebook_sampler.json' with { type: 'json' };

const printed = (select?: Select): string[] => {
  const lines: string[] = [];
  notebook((line) => lines.push(line), select);
  return lines;
};
const rows = vectors.complete.rows.map((row) => `  ${row.join(' ')}`);

describe('the example', () => {
  it("prints what the notebook prints, with torch's order", () => {
    const { next_tokens_zlib, next_tokens_rle_1, next_tokens_rle_4 } = vectors;
    const bytes = Array.from(next_tokens_zlib.result_latin1, (char) => char.charCodeAt(0));
    expect(printed(torchTopK)).toEqual([
      'complete([1 to 10, 1, 2, 3], length=20):',
      ...rows,
      'pairs: 184 differ, of 527',
      'zlib: 502 bytes, sorted 509, by frequency 494',
      `get_next_token('abcdabcd', width=5): ${shown(bytes)}`,
      `runs, width=1: ${next_tokens_rle_1.result.join(' ')}`,
      `runs, width=4: ${next_tokens_rle_4.result.join(' ')}`,
    ]);
  });

  it('prints the same rows in the stable order, and other texts', () => {
    const lines = printed();
    expect(lines.slice(1, 4)).toEqual(rows);
    expect(lines[6]).toBe(
      `get_next_token('abcdabcd', width=5): abcdabcdabcdabcdabcdab${shown([0]).repeat(6)}${shown([1, 0]).repeat(5)}`,
    );
    expect(lines[7]).toBe(`runs, width=1: 1${' 0'.repeat(18)}`);
  });

  it("has the notebook's text", () => {
    expect(paragraph).toBe(vectors.pairs.text);
    for (const order of Object.values(pairOrders())) {
      const pairs = indexed(order);
      expect(new TextDecoder().decode(pairs.bytes(pairs.split(paragraph)))).toBe(paragraph);
    }
  });
});
