/** Folders with files that are no texts, or that have names to fool a terminal. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { built, folder, run, text } from './command.ts';

const at = folder();
afterAll(() => at.remove());

describe.skipIf(!built || process.platform === 'win32')('odd files', () => {
  const odd = 'odd\u001b[31m\nname';

  it('pipes in a folder are passed over, and names cannot steer the terminal', () => {
    for (const [i, kind] of ['a', 'b'].entries()) {
      mkdirSync(at.file(`d/${kind}`), { recursive: true });
      writeFileSync(at.file(`d/${kind}/x${i}.txt`), text(2000).subarray(i * 500, i * 500 + 500));
    }
    writeFileSync(at.file(`d/a/${odd}`), 'hello');
    execFileSync('mkfifo', [at.file('d/a/pipe')]);
    const all = run(['distance', 'd'], { cwd: at.path });
    expect({ code: all.code, lines: all.stdout.toString().trim().split('\n').length }).toEqual({ code: 0, lines: 3 });
    expect(all.stdout.toString()).not.toContain('\u001b');
    const one = run(['classify', '--train', 'd', `d/a/${odd}`], { cwd: at.path });
    expect(one.code).toBe(0);
    expect(one.stdout.toString()).toMatch(/^[^\p{Cc}]+\t[ab]\n$/u);
  });
});
