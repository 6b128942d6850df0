import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { built, folder, run, text } from './command.ts';

/** Most memory that a process has had, in bytes, as it says itself when it ends. */
function peak(args: readonly string[], cwd: string): number {
  const report = "process.on('exit',()=>process._rawDebug('peak '+process.resourceUsage().maxRSS))";
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(report)}` };
  const { code, stderr } = run(args, { cwd, env });
  expect(code).toBe(0);
  return 1024 * Math.max(...[...stderr.matchAll(/^peak (\d+)$/gm)].map((match) => Number(match[1])));
}

describe.skipIf(!built)('memory', () => {
  it('stays within what the header states and 96 MiB for each model', () => {
    const at = folder();
    try {
      writeFileSync(at.file('a'), text(6_000_000));
      const compressing = peak(['compress', 'a'], at.path);
      const { memory } = JSON.parse(run(['list', '--json', 'a.srp'], { cwd: at.path }).stdout.toString()).members[0];
      const most = memory + 96 * 2 ** 20;
      expect(compressing).toBeLessThan(2 * most);
      expect(peak(['compress', '-f', '--no-verify', 'a'], at.path)).toBeLessThan(most);
      expect(peak(['decompress', '-f', 'a.srp'], at.path)).toBeLessThan(most);
      expect(peak(['test', 'a.srp'], at.path)).toBeLessThan(most);
    } finally {
      at.remove();
    }
  });
});
