/** The figures of the page, and what codecs wrote for it, are what its script makes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { figures, page } from '../scripts/codecs-figures.ts';

const docs = join(import.meta.dirname, '../docs');

it('docs/figures is what scripts/codecs-figures.ts writes', async () => {
  for (const [name, content] of await figures())
    expect(readFileSync(join(docs, 'figures', name), 'utf8'), name).toBe(content);
}, 60_000);

it('docs/codecs-as-models.md has what the codecs write', async () => {
  const text = readFileSync(join(docs, 'codecs-as-models.md'), 'utf8');
  expect(await page(text)).toBe(text);
}, 60_000);
