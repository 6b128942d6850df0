/** The figures of the page, and what codecs wrote for it, are what its script makes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { figures, pages, withSamples } from '../scripts/codecs-figures.ts';

const root = join(import.meta.dirname, '..');

it('docs/figures is what scripts/codecs-figures.ts writes', async () => {
  for (const [name, content] of await figures())
    expect(readFileSync(join(root, 'docs/figures', name), 'utf8'), name).toBe(content);
}, 60_000);

it.each(pages)(
  '%s has what the codecs write',
  async (path, write) => {
    const text = readFileSync(join(root, path), 'utf8');
    expect(text).toContain('<!-- written by the codecs -->');
    expect(await withSamples(text, write)).toBe(text);
  },
  60_000,
);
