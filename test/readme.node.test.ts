/** The examples of the documents run, against the built package under its own name. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const folder = join(root, '.cache/examples');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]!);

describe('README.md', () => {
  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('has examples', () => {
    expect(blocks.length).toBeGreaterThan(1);
  });

  it.each(blocks.map((code, i) => ({ code, i })))('runs example $i', async ({ code, i }) => {
    const file = join(folder, `readme-${i}.mjs`);
    writeFileSync(file, code);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { cwd: root });
    expect(stderr).toBe('');
    expect(stdout).not.toBe('');
    if (i === 0) expect(stdout).toMatch(/^1000 \d+ true\n$/);
  });

  it('has the tables of bench/results, as docs/benchmarks.md has', async () => {
    const script = join(root, 'scripts/readme-tables.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [script, '--check']);
    expect(stdout).toMatch(/^[1-9]\d* passed, 0 failed\n$/);
  });

  it('links only to files that are there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1]!);
    const missing = links.filter((link) => {
      try {
        readFileSync(join(root, link));
        return false;
      } catch {
        return true;
      }
    });
    expect(missing.filter((link) => link !== 'bench/results/files.svg')).toEqual([]);
  });
});
