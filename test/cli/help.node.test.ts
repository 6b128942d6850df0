import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { barLine } from '../../src/cli/progress.ts';
import { formatSeconds, formatSize, parseSize, parseThreads } from '../../src/cli/sizes.ts';
import { built, cli, folder, root, run } from './command.ts';

describe.skipIf(!built)('help, usage and completions', () => {
  it('prints the version and help on the standard output', () => {
    expect(run(['--version']).stdout.toString()).toMatch(/^surprisal \d+\.\d+\.\d+/);
    for (const args of [['--help'], ['help'], ['-h']]) {
      const { code, stdout, stderr } = run(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.toString()).toContain('Examples:');
    }
    for (const command of [
      'compress',
      'decompress',
      'test',
      'list',
      'sample',
      'complete',
      'profile',
      'distance',
      'classify',
      'completion',
    ]) {
      const { code, stdout } = run([command, '--help']);
      expect(code).toBe(0);
      expect(stdout.toString()).toContain(`surprisal ${command}`);
      expect(stdout.toString()).toContain('Examples:');
      expect(run(['help', command]).stdout.equals(stdout)).toBe(true);
    }
  });

  it('suggests what was meant', () => {
    const hint = (...args: string[]) => {
      const { code, stdout, stderr } = run(args);
      expect(code).toBe(1);
      expect(stdout.length).toBe(0);
      return stderr;
    };
    expect(hint('book.txt')).toContain("Did you mean 'surprisal compress book.txt'?");
    expect(hint('-k', 'book.txt')).toContain("Did you mean 'surprisal compress book.txt'?");
    expect(hint('book.srp')).toContain("Did you mean 'surprisal decompress book.srp'?");
    expect(hint('-d', 'book.srp')).toContain("Did you mean 'surprisal decompress book.srp'?");
    expect(hint('comprss', 'x')).toContain("Did you mean 'surprisal compress'?");
    expect(hint('compress', '--forse', 'x')).toContain('--force');
    expect(hint('-f', 'compress', 'x')).toContain('options come after the command');
    expect(hint()).toContain('say what to do');
    expect(hint('-v')).toContain('-v needs a command before it');
    expect(hint('compress', '-L', 'max', 'x')).toContain("level 'max' is planned and not there yet: use 'fast'");
    expect(hint('compress', '-9', 'x')).toContain('there is no option -9: levels have names');
    expect(hint('compress', '-L', 'best', 'x')).toContain("no level 'best'");
    expect(hint('compress', '-S', '12', 'x')).toContain('--segment: a segment takes at least 64K');
    expect(hint('compress', '-S', 'x', 'x')).toContain("'x' is not a size");
    expect(hint('compress', '-T', 'x', 'x')).toContain("'x' is not a number of threads");
    expect(hint('compress', '-c', '-o', 'x', 'y')).toContain('exclude each other');
    expect(hint('compress', '-', '-')).toContain('only once');
    expect(hint('completion', 'tcsh')).toContain('bash, zsh, fish');
  });

  it('completes every command and option in every shell', () => {
    const options = [
      ...run(['compress', '--help'])
        .stdout.toString()
        .matchAll(/^ +(?:-\w, )?--([\w-]+)/gm),
    ].map((m) => m[1]);
    expect(options.length).toBeGreaterThan(12);
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, stdout } = run(['completion', shell]);
      expect(code).toBe(0);
      for (const option of options) expect(stdout.toString()).toContain(option);
      for (const command of ['compress', 'decompress', 'test', 'list']) expect(stdout.toString()).toContain(command);
      const at = folder();
      writeFileSync(at.file('script'), stdout);
      const checked = spawnSync(shell, ['-n', at.file('script')]);
      at.remove();
      if (checked.error === undefined) expect(`${shell}: ${checked.stderr}`).toBe(`${shell}: `);
    }
    const script = `source <('${process.execPath}' '${cli}' completion bash)
      complete_it() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _surprisal surprisal "\${@: -1}" "\${@: -2:1}" 2>/dev/null; echo "\${COMPREPLY[*]}"; }
      complete_it surprisal comp
      complete_it surprisal compress --no-v
      complete_it surprisal compress --level ''`;
    const { stdout, error } = spawnSync('bash', ['-c', script]);
    if (error === undefined) expect(stdout.toString()).toBe('compress complete completion\n--no-verify\nfast\n');
  });

  it('has a manual that is up to date', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/manual.mjs'), '--check']);
    expect(stderr.toString()).toBe('');
    expect(status).toBe(0);
  });
});

describe('sizes and times', () => {
  it('reads and writes them', () => {
    expect(['0', '500', '64K', '64k', '8M', '1.5G', '8MiB', '8MB', '1 T'].map(parseSize)).toEqual([
      0, 500, 65536, 65536, 8388608, 1610612736, 8388608, 8000000, 1099511627776,
    ]);
    for (const wrong of ['', '-1', 'M', '1.5', '1e3', '8 M B', '99999999T']) expect(() => parseSize(wrong)).toThrow();
    expect(parseThreads('0', 4)).toBe(4);
    for (const wrong of ['', '-1', '1.5', '65']) expect(() => parseThreads(wrong, 4)).toThrow();
    expect([0, 1023, 1024, 1048575, 1048576, 5 * 2 ** 40].map(formatSize)).toEqual([
      '0 B',
      '1023 B',
      '1.00 KiB',
      '1.00 MiB',
      '1.00 MiB',
      '5.00 TiB',
    ]);
    expect([0.4, 59.7, 61, 3600, 36000].map(formatSeconds)).toEqual(['0s', '1m00s', '1m01s', '1h00m', '10h00m']);
  });

  it('draws a bar that fits every width', () => {
    const standing = { raw: 50 << 20, coded: 10 << 20, ratioRaw: 40 << 20, done: 50 << 20, total: 100 << 20 };
    expect(barLine('enwik8', standing, 450_000, 120, 100)).toBe(
      `enwik8  ${'█'.repeat(15)}${'░'.repeat(15)}  50%  50.0 MiB  439.5 KiB/s  25.0 %  2m00s left`,
    );
    for (let width = 20; width < 200; width++)
      for (const total of [undefined, standing.total])
        expect(
          barLine('a-name-that-is-rather-long.tar', { ...standing, total }, 4e5, 1, width).length,
        ).toBeLessThanOrEqual(width);
  });
});
