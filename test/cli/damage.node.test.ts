import { existsSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { built, folder, run, text } from './command.ts';

const sample = text(200_000);

describe.skipIf(!built)('archives that are none, or damaged, or too large', () => {
  let at: ReturnType<typeof folder>;
  const surprisal = (...args: string[]) => run(args, { cwd: at.path });
  beforeEach(() => {
    at = folder();
    writeFileSync(at.file('a'), sample);
    surprisal('compress', '-S', '64K', 'a');
  });
  afterEach(() => at.remove());

  it('guesses what a file is that is no archive', () => {
    writeFileSync(at.file('x.srp'), gzipSync('x'));
    for (const command of ['decompress', 'test', 'list']) {
      const { code, stderr, stdout } = surprisal(command, 'x.srp');
      expect(code).toBe(1);
      expect(stderr).toBe('surprisal: x.srp: not an .srp archive (starts with 1f 8b: gzip?)\n');
      expect(stdout.length).toBe(0);
    }
    expect(existsSync(at.file('x'))).toBe(false);
    writeFileSync(at.file('x.srp'), '');
    expect(surprisal('test', 'x.srp').stderr).toContain('it is empty');
    writeFileSync(at.file('x.srp'), 'hello');
    expect(surprisal('test', 'x.srp').stderr).toContain('(starts with 68 65)');
    const mangled = at.read('a.srp').toString('latin1').replaceAll('\r\n', '\n');
    writeFileSync(at.file('x.srp'), Buffer.from(mangled, 'latin1'));
    expect(surprisal('test', 'x.srp').stderr).toContain('line ends were changed');
  });

  it('finds damage, leaves no output, and points to --recover', () => {
    const archive = at.read('a.srp');
    for (const where of [40, archive.length >> 1, archive.length - 3]) {
      const damaged = Buffer.from(archive);
      damaged[where] ^= 0x10;
      writeFileSync(at.file('b.srp'), damaged);
      const { code, stderr } = surprisal('decompress', 'b.srp');
      expect(code).toBe(1);
      expect(stderr).toMatch(/^surprisal: b\.srp: /);
      expect(existsSync(at.file('b'))).toBe(false);
      expect(surprisal('test', 'b.srp').code).toBe(1);
    }
    writeFileSync(at.file('b.srp'), archive.subarray(0, archive.length - 100));
    expect(surprisal('decompress', 'b.srp').stderr).toContain('--recover');
    writeFileSync(at.file('b.srp'), Buffer.concat([archive, Buffer.from('rubbish')]));
    expect(surprisal('decompress', 'b.srp').code).toBe(1);
  });

  it('recovers the intact segments at their places, and says what is lost', () => {
    const archive = at.read('a.srp');
    const damaged = Buffer.from(archive);
    damaged[archive.length >> 1] ^= 1;
    writeFileSync(at.file('b.srp'), damaged);
    const { code, stdout, stderr } = surprisal('decompress', '--recover', '--json', 'b.srp');
    expect(code).toBe(1);
    const result = JSON.parse(stdout.toString());
    expect(result.lost.length).toBe(1);
    const { from, to } = result.lost[0];
    expect(from % 65536).toBe(0);
    expect(to - from).toBe(65536);
    expect(stderr).toContain(`bytes ${from} to ${to - 1}`);
    const expected = Buffer.from(sample);
    expected.fill(0, from, to);
    expect(at.read('b').equals(expected)).toBe(true);
    // The same through a pipe.
    const piped = run(['decompress', '--recover'], { input: damaged });
    expect(piped.code).toBe(1);
    expect(piped.stdout.equals(expected)).toBe(true);
    // An intact one loses nothing.
    const whole = surprisal('decompress', '--recover', '-c', 'a.srp');
    expect(whole.code).toBe(0);
    expect(whole.stdout.equals(sample)).toBe(true);
    // With losses the archive stays, whatever --rm says.
    expect(surprisal('decompress', '--recover', '--rm', '-f', 'b.srp').code).toBe(1);
    expect(existsSync(at.file('b.srp'))).toBe(true);
  });

  it('keeps to --memory and --max-output', () => {
    const memory = surprisal('decompress', '--memory', '1M', '-c', 'a.srp');
    expect(memory.code).toBe(1);
    expect(memory.stderr).toContain('--memory SIZE (now 1.00 MiB)');
    const output = surprisal('decompress', '--max-output', '100K', '-o', 'out', 'a.srp');
    expect(output.code).toBe(1);
    expect(output.stderr).toContain('--max-output SIZE');
    expect(existsSync(at.file('out'))).toBe(false);
    expect(surprisal('compress', '--memory', '64K', '-c', 'a').code).toBe(1);
  });
});
