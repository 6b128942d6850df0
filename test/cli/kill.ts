/** Kills the command at random moments and looks at what it leaves behind. */
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { folder, run, start, TEMPORARY, text } from './command.ts';

/** Compresses with --rm, the most dangerous call there is, and kills it `times` times; returns how often it was cut. */
export async function killAtRandom(times: number): Promise<{ cut: number; leftOver: number }> {
  const at = folder();
  const original = text(400_000);
  let state = 99;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  let cut = 0;
  let leftOver = 0;
  try {
    const restore = () => writeFileSync(at.file('a'), original);
    restore();
    const began = performance.now();
    expect(run(['compress', '--rm', 'a'], { cwd: at.path }).code).toBe(0);
    const whole = performance.now() - began;
    const archive = readFileSync(at.file('a.srp'));
    for (let i = 0; i < times; i++) {
      for (const name of readdirSync(at.path)) rmSync(join(at.path, name));
      restore();
      const child = start(['compress', '--rm', 'a'], { cwd: at.path, stdio: 'ignore' });
      const exited = once(child, 'exit');
      await sleep(whole * (0.2 + 0.85 * random()));
      child.kill('SIGKILL');
      await exited;
      const names = readdirSync(at.path);
      const temporaries = names.filter((name) => TEMPORARY.test(name));
      expect(temporaries.length).toBeLessThanOrEqual(1);
      leftOver += temporaries.length;
      expect(names.filter((name) => !TEMPORARY.test(name) && name !== 'a' && name !== 'a.srp')).toEqual([]);
      // The original is whole, or it is gone and its archive is whole.
      if (existsSync(at.file('a'))) expect(readFileSync(at.file('a')).equals(original)).toBe(true);
      else expect(names).toContain('a.srp');
      if (names.includes('a.srp')) expect(readFileSync(at.file('a.srp')).equals(archive)).toBe(true);
      else cut++;
    }
  } finally {
    at.remove();
  }
  return { cut, leftOver };
}
