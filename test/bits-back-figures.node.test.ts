/** The figures of the page are those that its script draws. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { figures } from '../scripts/bits-back-figures.ts';

it('docs/figures is what scripts/bits-back-figures.ts writes', () => {
  for (const [name, content] of figures())
    expect(readFileSync(join(import.meta.dirname, '../docs/figures', name), 'utf8'), name).toBe(content);
}, 60_000);
