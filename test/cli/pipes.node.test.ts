import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { built, folder, hasTerminal, onTerminal, run, shell, start, TEMPORARY, text } from './command.ts';

const sample = text(100_000);

describe.skipIf(!built)('pipes and signals', () => {
  let at: ReturnType<typeof folder>;
  beforeEach(() => {
    at = folder();
    writeFileSync(at.file('a'), sample);
  });
  afterEach(() => at.remove());

  it('compresses and decompresses through pipes', () => {
    expect(shell('surprisal compress < a | surprisal decompress', { cwd: at.path }).stdout.equals(sample)).toBe(true);
    expect(shell('cat a | surprisal c - | surprisal d -', { cwd: at.path }).stdout.equals(sample)).toBe(true);
    expect(shell('cat a | surprisal c -o x.srp && surprisal d -o - x.srp', { cwd: at.path }).code).toBe(0);
    const empty = run(['compress'], { input: '' });
    expect(empty.code).toBe(0);
    const nothing = run(['decompress'], { input: empty.stdout });
    expect(nothing).toMatchObject({ code: 0, stderr: '' });
    expect(nothing.stdout.length).toBe(0);
    expect(run(['decompress'], { input: '' })).toMatchObject({ code: 1 });
    expect(run(['test'], { input: empty.stdout }).stdout.toString()).toContain('standard input: intact');
  });

  it('gives the mode of any new file to what comes through a pipe', () => {
    const { stdout } = shell(
      'umask 027; cat a | surprisal c -o x.srp && cat x.srp | surprisal d -o y && stat -c %a x.srp y',
      {
        cwd: at.path,
      },
    );
    expect(stdout.toString()).toBe('640\n640\n');
  });

  it('fits the model to --size-hint', () => {
    const hinted = run(['compress', '--size-hint', '100K'], { input: sample });
    expect(hinted.code).toBe(0);
    expect(run(['decompress'], { input: hinted.stdout }).stdout.equals(sample)).toBe(true);
  });

  it('says nothing when its reader leaves, and ends as by SIGPIPE', () => {
    writeFileSync(at.file('big'), text(1_000_000));
    const { stderr, stdout } = shell(
      'surprisal compress -q -S 64K -c big > x.srp; surprisal decompress -c x.srp | head -c 10 >/dev/null; echo "$PIPESTATUS"',
      { cwd: at.path },
    );
    expect(stderr).toBe('');
    expect(stdout.toString()).toBe('141\n');
  });

  it.skipIf(!existsSync('/dev/full'))('says that the disk is full', () => {
    const { code, stderr } = shell('surprisal compress -c a > /dev/full', { cwd: at.path });
    expect(code).toBe(1);
    expect(stderr).toContain('no space left on the disk');
    expect(shell('surprisal list x > /dev/full; surprisal --help > /dev/full', { cwd: at.path }).code).toBe(1);
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    it(`removes its temporary file on ${signal}, at once`, async () => {
      // An input that does not end: a pipe that is held open.
      const child = start(['compress', '-o', 'x.srp'], { cwd: at.path, stdio: ['pipe', 'ignore', 'pipe'] });
      child.stdin!.write(text(3_000_000));
      child.stdin!.on('error', () => {});
      while (!readdirSync(at.path).some((name) => TEMPORARY.test(name))) await sleep(20);
      await sleep(300);
      const sent = performance.now();
      child.kill(signal);
      const [code, by] = await once(child, 'exit');
      expect(performance.now() - sent).toBeLessThan(500);
      expect(code).toBe(null);
      expect(by).toBe(signal);
      expect(readdirSync(at.path)).toEqual(['a']);
    });

  describe.skipIf(!hasTerminal)('on a terminal', () => {
    it('does not write compressed data to it, nor read any from it', () => {
      const out = onTerminal('surprisal compress -c a', { cwd: at.path });
      expect(out.text).toContain('compressed data is not written to a terminal');
      expect(onTerminal('surprisal decompress', { cwd: at.path }).text).toContain('not read from a terminal');
      expect(onTerminal('surprisal compress', { cwd: at.path }).text).toContain('not written to a terminal');
    });

    it('shows a bar for what takes longer than a second, and only then', () => {
      // Slow whatever the speed of the model: the second half comes late.
      const slow = '(head -c 50000 a; sleep 2; tail -c +50001 a) | surprisal compress -o x.srp';
      const { text: shown, code } = onTerminal(slow, { cwd: at.path });
      expect(code).toBe(0);
      expect(shown).toMatch(/standard input .*KiB\/s/);
      // The cursor is shown again and lines wrap again.
      expect(shown.lastIndexOf('\u001b[?25h')).toBeGreaterThan(shown.lastIndexOf('\u001b[?25l'));
      expect(shown.lastIndexOf('\u001b[?7h')).toBeGreaterThan(shown.lastIndexOf('\u001b[?7l'));
      expect(shown).toMatch(/standard input -> x\.srp: 97\.7 KiB to /);
      writeFileSync(at.file('small'), 'small');
      expect(onTerminal('surprisal compress small', { cwd: at.path }).text).toBe('');
      expect(onTerminal(`${slow} -q -f`, { cwd: at.path }).text).toBe('');
    });

    it('colours its messages, but not with NO_COLOR', () => {
      expect(onTerminal('surprisal compress missing', { cwd: at.path }).text).toContain('\u001b[31msurprisal:');
      const plain = onTerminal('surprisal compress missing', { cwd: at.path, env: { NO_COLOR: '1' } }).text;
      expect(plain).toContain('surprisal: missing');
      expect(plain).not.toContain('\u001b[');
    });
  });
});
