import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { built, folder, run, shell, start, TEMPORARY, text } from './command.ts';

const sample = text(30_000);

describe.skipIf(!built)('files', () => {
  let at: ReturnType<typeof folder>;
  const surprisal = (...args: string[]) => run(args, { cwd: at.path });
  beforeEach(() => {
    at = folder();
    writeFileSync(at.file('a.txt'), sample);
  });
  afterEach(() => at.remove());

  it('goes to FILE.srp and back, keeping the original, its mode and its time', () => {
    chmodSync(at.file('a.txt'), 0o640);
    utimesSync(at.file('a.txt'), 1_000_000_000, 1_000_000_000);
    const there = surprisal('compress', 'a.txt');
    expect(there).toMatchObject({ code: 0, stderr: '' });
    expect(there.stdout.length).toBe(0);
    expect(at.read('a.txt').equals(sample)).toBe(true);
    expect(statSync(at.file('a.txt.srp')).mode & 0o777).toBe(0o640);
    expect(statSync(at.file('a.txt.srp')).mtimeMs).toBe(1e12);
    expect(at.read('a.txt.srp').length).toBeLessThan(sample.length / 2);

    expect(surprisal('decompress', '--rm', '-f', 'a.txt.srp')).toMatchObject({ code: 0, stderr: '' });
    expect(at.read('a.txt').equals(sample)).toBe(true);
    expect(statSync(at.file('a.txt')).mode & 0o777).toBe(0o640);
    expect(statSync(at.file('a.txt')).mtimeMs).toBe(1e12);
    expect(readdirSync(at.path)).toEqual(['a.txt']);
  });

  it('checks what it wrote unless told not to', () => {
    for (const [option, verified] of [
      [[], true],
      [['--verify'], true],
      [['--no-verify'], false],
    ] as const) {
      const { code, stdout } = surprisal('compress', '-f', '--json', ...option, 'a.txt');
      expect(code).toBe(0);
      expect(JSON.parse(stdout.toString())).toMatchObject({ ok: true, verified });
    }
  });

  it('takes an empty file and one byte', () => {
    writeFileSync(at.file('empty'), '');
    writeFileSync(at.file('one'), 'x');
    expect(surprisal('c', 'empty', 'one').code).toBe(0);
    expect(surprisal('d', '-f', '--rm', 'empty.srp', 'one.srp').code).toBe(0);
    expect(at.read('empty').length).toBe(0);
    expect(at.read('one').toString()).toBe('x');
  });

  it('removes the original with --rm only, after success only', () => {
    expect(surprisal('compress', '--rm', 'a.txt').code).toBe(0);
    expect(readdirSync(at.path)).toEqual(['a.txt.srp']);
    writeFileSync(at.file('a.txt'), sample);
    expect(surprisal('compress', '--rm', 'a.txt').code).toBe(1);
    expect(existsSync(at.file('a.txt'))).toBe(true);
    expect(surprisal('compress', '-k', '-f', 'a.txt').code).toBe(0);
    expect(existsSync(at.file('a.txt'))).toBe(true);
    linkSync(at.file('a.txt'), at.file('other'));
    const linked = surprisal('compress', '--rm', '-o', 'x.srp', 'a.txt');
    expect(linked.code).toBe(1);
    expect(linked.stderr).toContain('other hard link');
    expect(surprisal('compress', '--rm', '-c', 'a.txt').stderr).toContain('--rm needs a result on disk');
    expect(surprisal('compress', '--rm', '-k', 'a.txt').code).toBe(1);
  });

  it('overwrites with -f only', () => {
    writeFileSync(at.file('a.txt.srp'), 'precious');
    const refused = surprisal('compress', 'a.txt');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('surprisal: a.txt: a.txt.srp already exists');
    expect(at.read('a.txt.srp').toString()).toBe('precious');
    expect(surprisal('compress', '-f', 'a.txt').code).toBe(0);
    expect(surprisal('test', 'a.txt.srp').code).toBe(0);
    expect(readdirSync(at.path).length).toBe(2);
  });

  it('goes on after a file that fails, and exits with 1', () => {
    writeFileSync(at.file('b.txt'), sample);
    mkdirSync(at.file('folder'));
    const { code, stderr } = surprisal('compress', 'missing', 'folder', 'a.txt', 'b.txt');
    expect(code).toBe(1);
    expect(stderr).toContain('surprisal: missing: no such file or folder');
    expect(stderr).toContain('surprisal: folder: is a directory');
    expect(existsSync(at.file('a.txt.srp'))).toBe(true);
    expect(existsSync(at.file('b.txt.srp'))).toBe(true);
  });

  it('refuses what has the suffix already, and what has none', () => {
    surprisal('compress', 'a.txt');
    expect(surprisal('compress', 'a.txt.srp')).toMatchObject({ code: 1 });
    expect(surprisal('compress', '-f', 'a.txt.srp').code).toBe(0);
    writeFileSync(at.file('b'), at.read('a.txt.srp'));
    const refused = surprisal('decompress', 'b');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('does not end in .srp');
    expect(surprisal('decompress', '-o', 'out', 'b').code).toBe(0);
    expect(at.read('out').equals(sample)).toBe(true);
    expect(surprisal('decompress', '-c', 'b').stdout.equals(sample)).toBe(true);
  });

  it('refuses to write to its own input', () => {
    const same = surprisal('compress', '-f', '-o', 'a.txt', 'a.txt');
    expect(same.code).toBe(1);
    expect(same.stderr).toContain('same file');
    expect(at.read('a.txt').equals(sample)).toBe(true);
    linkSync(at.file('a.txt'), at.file('b.txt'));
    expect(surprisal('compress', '-f', '-o', 'b.txt', 'a.txt').code).toBe(1);
    expect(at.read('a.txt').equals(sample)).toBe(true);
  });

  it('follows symbolic links with -f, -c and -o only', () => {
    symlinkSync('a.txt', at.file('link'));
    const refused = surprisal('compress', 'link');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('is a symbolic link');
    expect(surprisal('compress', '-f', 'link').code).toBe(0);
    expect(surprisal('decompress', '-c', 'link.srp').stdout.equals(sample)).toBe(true);
    expect(surprisal('compress', '-c', 'link').code).toBe(0);
    expect(surprisal('compress', '-o', 'x', 'link').code).toBe(0);
  });

  it('takes names that begin with a dash or hold a newline', () => {
    for (const name of ['-n', 'a\nb', "it's", 'ä€😀']) {
      writeFileSync(at.file(name), sample);
      expect(surprisal('compress', '--', name).code).toBe(0);
      expect(surprisal('decompress', '-f', '--', `${name}.srp`).code).toBe(0);
      expect(at.read(name).equals(sample)).toBe(true);
    }
    const { stderr } = surprisal('compress', '--', 'a\nb');
    expect(stderr.split('\n')[0]).toBe("surprisal: $'a\\nb': $'a\\nb.srp' already exists");
    const long = 'x'.repeat(250);
    writeFileSync(at.file(long), sample);
    expect(surprisal('compress', '-v', long)).toMatchObject({ code: 0 });
    writeFileSync(at.file('y'.repeat(252)), sample);
    expect(surprisal('compress', 'y'.repeat(252)).stderr).toContain('the file name is too long');
  });

  it('writes several files one after another with -c, which decompress as one', () => {
    writeFileSync(at.file('b.txt'), 'and more');
    const both = surprisal('compress', '-c', 'a.txt', 'b.txt').stdout;
    expect(run(['decompress'], { input: both }).stdout.toString()).toBe(`${sample}and more`);
    expect(surprisal('compress', '-o', 'x', 'a.txt', 'b.txt').stderr).toContain('-o names one result');
  });

  it('decodes the same bytes whatever the segments and threads are', () => {
    const big = text(300_000);
    writeFileSync(at.file('big'), big);
    expect(surprisal('compress', '-S', '64K', '-T', '1', '-o', 'one.srp', 'big').code).toBe(0);
    expect(surprisal('compress', '-S', '64K', '-T', '3', '-o', 'three.srp', 'big').code).toBe(0);
    expect(at.read('one.srp').equals(at.read('three.srp'))).toBe(true);
    expect(surprisal('decompress', '-T', '2', '-c', 'one.srp').stdout.equals(big)).toBe(true);
    expect(surprisal('compress', '-T', '2', '-c', 'a.txt').stderr).toContain('changes nothing without -S');
    expect(surprisal('compress', '-q', '-T', '2', '-c', 'a.txt').stderr).toBe('');
  });

  it('keeps name and time with --name, and never uses the name as a path', () => {
    utimesSync(at.file('a.txt'), 1_000_000_000, 1_000_000_000);
    surprisal('compress', '--name', 'a.txt');
    const [listed] = surprisal('list', '--json', 'a.txt.srp')
      .stdout.toString()
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l));
    expect(listed.members[0]).toMatchObject({ name: 'a.txt', mtime: '2001-09-09T01:46:40.000Z' });
    writeFileSync(at.file('moved.srp'), at.read('a.txt.srp'));
    expect(surprisal('decompress', 'moved.srp').code).toBe(0);
    expect(at.read('moved').equals(sample)).toBe(true);
    expect(statSync(at.file('moved')).mtimeMs).toBe(1e12);
    surprisal('compress', '-f', 'a.txt');
    const plain = JSON.parse(surprisal('list', '--json', 'a.txt.srp').stdout.toString());
    expect(plain.members[0]).toMatchObject({ name: null, mtime: null });
  });

  it.skipIf(process.getuid?.() === 0)('says when a folder cannot be written', () => {
    mkdirSync(at.file('closed'), { mode: 0o555 });
    const { code, stderr } = surprisal('compress', '-o', 'closed/x', 'a.txt');
    expect(code).toBe(1);
    expect(stderr).toContain('permission denied');
  });

  it('says when the target folder does not exist or is no folder', () => {
    expect(surprisal('compress', '-o', 'nowhere/x', 'a.txt').stderr).toContain(
      'a.txt: cannot write nowhere/x: no such file or folder',
    );
    expect(surprisal('compress', '-o', 'a.txt/x', 'a.txt').stderr).toContain('not a folder');
    expect(surprisal('compress', '-o', '.', 'a.txt').stderr).toContain('is a directory');
  });

  it('finds that a file changes while it is read', async () => {
    writeFileSync(at.file('log'), text(500_000));
    const child = start(['compress', 'log'], { cwd: at.path, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr!.on('data', (chunk) => (stderr += chunk));
    // The temporary file comes after the opening of the input and before its last look at it.
    while (!readdirSync(at.path).some((name) => TEMPORARY.test(name))) await sleep(5);
    appendFileSync(at.file('log'), 'one more line\n');
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(stderr).toContain('surprisal: log: changed while it was being read');
    expect(readdirSync(at.path).sort()).toEqual(['a.txt', 'log']);
    // A file that the system makes up says that it has 0 bytes, and has more.
    if (existsSync('/proc/version'))
      expect(surprisal('compress', '-o', 'x.srp', '/proc/version').stderr).toContain('changed while it was being read');
  });

  it('reads named pipes and writes devices where that is asked for', () => {
    expect(shell('mkfifo p; surprisal compress p', { cwd: at.path }).stderr).toContain('is not a regular file');
    const piped = shell('surprisal compress -c <(cat a.txt) > x.srp', { cwd: at.path });
    expect(piped).toMatchObject({ code: 0, stderr: '' });
    expect(surprisal('decompress', '-c', 'x.srp').stdout.equals(sample)).toBe(true);
    expect(surprisal('decompress', '-o', '/dev/null', 'x.srp').code).toBe(0);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('shows what an archive holds', () => {
    surprisal('compress', '-S', '64K', 'a.txt');
    const table = surprisal('list', 'a.txt.srp');
    expect(table.code).toBe(0);
    expect(table.stdout.toString()).toMatch(
      /^method +segments +blocks +size +archive +ratio +bits\/byte +memory +check +file\n/,
    );
    expect(table.stdout.toString()).toMatch(/\nonline.* SHA-256 [0-9a-f]{8} +a\.txt\.srp\n$/);
    const details = surprisal('list', '-v', 'a.txt.srp').stdout.toString();
    expect(details).toContain('30000 raw');
    const several = surprisal('list', 'a.txt.srp', 'a.txt', 'a.txt.srp');
    expect(several.code).toBe(1);
    expect(several.stdout.toString()).toContain('2 archives');
    expect(run(['list'], { input: readFileSync(at.file('a.txt.srp')) }).stdout.toString()).toContain('standard input');
  });

  it('says what was checked, and nothing with -q', () => {
    surprisal('compress', 'a.txt');
    const { code, stdout } = surprisal('test', 'a.txt.srp');
    expect(code).toBe(0);
    expect(stdout.toString()).toBe(
      'a.txt.srp: intact: 30000 bytes, 1 segment, 1 block; every CRC-32C and SHA-256 agrees\n',
    );
    expect(surprisal('test', '-q', 'a.txt.srp')).toMatchObject({ code: 0, stderr: '' });
    expect(surprisal('test', '-q', 'a.txt.srp').stdout.length).toBe(0);
    expect(surprisal('decompress', '-t', 'a.txt.srp').stdout.toString()).toContain('intact');
  });

  it('prints one JSON object a file', () => {
    const json = (out: Buffer) =>
      out
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
    const [done, failed] = json(surprisal('compress', '--json', 'a.txt', 'missing').stdout);
    expect(done).toMatchObject({ ok: true, file: 'a.txt', output: 'a.txt.srp', raw: 30000, verified: true });
    expect(done.coded).toBe(at.read('a.txt.srp').length);
    expect(done.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(failed).toEqual({
      ok: false,
      file: 'missing',
      error: { code: 'ENOENT', message: 'no such file or folder' },
    });
    const [listed] = json(surprisal('list', '--json', 'a.txt.srp').stdout);
    expect(listed).toMatchObject({ ok: true, file: 'a.txt.srp', raw: 30000, coded: done.coded });
    expect(listed.members[0]).toMatchObject({
      kind: 'file',
      method: 'online',
      segments: 1,
      blocks: 1,
      sha256: done.sha256,
    });
    const [tested] = json(surprisal('test', '--json', 'a.txt.srp').stdout);
    expect(tested).toMatchObject({ ok: true, raw: 30000, segments: 1, blocks: 1, sha256: done.sha256 });
    // With -c the data has the standard output to itself.
    const both = surprisal('decompress', '--json', '-c', 'a.txt.srp');
    expect(both.stdout.equals(sample)).toBe(true);
    expect(JSON.parse(both.stderr)).toMatchObject({ ok: true, output: 'standard output' });
  });
});
