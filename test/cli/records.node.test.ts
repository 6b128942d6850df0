/** `surprisal records` as a user runs it. */
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Context } from '../../src/cli/context.ts';
import { compressRecordsFile, type RecordsCommandOptions } from '../../src/cli/records.ts';
import { compress, decompressChunks } from '../../src/index.ts';
import type { WorkerPool } from '../../src/worker.ts';
import { randomBytes } from '../support/random.ts';
import { built, folder, run, shell, TEMPORARY, text } from './command.ts';

const lines = (count: number) =>
  `${text(count * 20)
    .toString()
    .replaceAll('\n', ' ')
    .match(/.{1,20}/g)!
    .join('\n')}\n`;
const sorted = (file: string) => `${file.trimEnd().split('\n').sort().join('\n')}\n`;

describe.skipIf(!built)('surprisal records', () => {
  let at: ReturnType<typeof folder>;
  beforeEach(() => {
    at = folder();
  });
  afterEach(() => at.remove());

  it('brings lines back sorted, and keeps the original, its mode and its time', () => {
    const file = lines(300);
    writeFileSync(at.file('a.txt'), file, { mode: 0o640 });
    utimesSync(at.file('a.txt'), 1_600_000_000, 1_600_000_000);
    const { code, stdout, stderr } = run(['records', 'compress', '-v', 'a.txt'], { cwd: at.path });
    expect({ code, out: stdout.toString() }).toEqual({ code: 0, out: '' });
    expect(stderr).toMatch(
      /a\.txt -> a\.txt\.srp: .*, verified\n {2}300 records as a sorted file; sorted .*; multiset \(text\) .*; with their order .*; an order alone /,
    );
    expect(at.read('a.txt').toString()).toBe(file);
    expect(statSync(at.file('a.txt.srp')).mode & 0o777).toBe(0o640);
    for (const args of [['decompress'], ['records', 'decompress'], ['r', 'd']]) {
      expect(run([...args, '-f', '-o', 'b.txt', 'a.txt.srp'], { cwd: at.path })).toMatchObject({ code: 0, stderr: '' });
      expect(at.read('b.txt').toString()).toBe(sorted(file));
      expect(statSync(at.file('b.txt')).mtimeMs).toBe(1_600_000_000_000);
    }
    expect(run(['records', 'compress', 'a.txt'], { cwd: at.path })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('already exists'),
    });
    expect(run(['records', 'decompress', 'a.txt.srp'], { cwd: at.path }).stderr).toContain('already exists');
  });

  it('codes binary records as a multiset, which every command reads', () => {
    const ids = randomBytes(8000, 3);
    writeFileSync(at.file('ids'), ids);
    const { code, stdout } = run(['records', 'compress', '--size', '8', '--json', '--rm', 'ids'], { cwd: at.path });
    expect(code).toBe(0);
    const said = JSON.parse(stdout.toString());
    expect(said).toMatchObject({
      ok: true,
      raw: 8000,
      records: 1000,
      coding: 'multiset',
      model: 'uniform',
      verified: true,
    });
    expect(said.sizes.multiset).toBe(said.coded);
    expect(said.sizes.sorted).toBeGreaterThan(said.coded);
    // log2(1000!) is 8530 bits.
    expect(said.order).toBe(1066);
    expect(said.coded).toBeLessThan(8000 - 1066 + 150);
    expect(readdirSync(at.path)).toEqual(['ids.srp']);
    expect(run(['test', 'ids.srp'], { cwd: at.path }).stdout.toString()).toContain('intact: 8000 bytes');
    expect(run(['list', 'ids.srp'], { cwd: at.path }).stdout.toString()).toMatch(/^records multiset\.0 .* 7\.81 KiB /m);
    const [member] = JSON.parse(run(['list', '--json', 'ids.srp'], { cwd: at.path }).stdout.toString()).members;
    expect(member).toMatchObject({
      kind: 'records',
      method: 'multiset',
      raw: 8000,
      parameters: { records: 1000, recordSize: 8 },
    });
    expect(run(['decompress', '--recover', 'ids.srp'], { cwd: at.path })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('comes back whole or not at all'),
    });
    expect(run(['decompress', '--memory', '1K', 'ids.srp'], { cwd: at.path }).stderr).toContain('--memory');
    expect(run(['decompress', '--max-output', '1K', 'ids.srp'], { cwd: at.path }).stderr).toContain('--max-output');
    expect(run(['decompress', 'ids.srp'], { cwd: at.path }).code).toBe(0);
    const found = at.read('ids');
    const records = (bytes: Uint8Array) =>
      Array.from({ length: 1000 }, (_, i) => Buffer.from(bytes.subarray(8 * i, 8 * i + 8)).toString('hex'));
    expect(records(found)).toEqual(records(ids).sort());
  });

  it('works in pipes, and keeps the header of CSV first', () => {
    const csv = 'name,note\nzoe,"two\nlines"\nadam,x\n';
    const { code, stdout } = shell('surprisal records compress --type csv | surprisal records decompress', {
      input: csv,
    });
    expect({ code, out: stdout.toString() }).toEqual({ code: 0, out: 'name,note\nadam,x\nzoe,"two\nlines"\n' });
    writeFileSync(at.file('b.csv'), csv);
    expect(shell('surprisal records compress -c b.csv | surprisal d', { cwd: at.path }).stdout.toString()).toBe(
      stdout.toString(),
    );
    expect(
      shell('surprisal records compress -c --no-header b.csv | surprisal d', { cwd: at.path }).stdout.toString(),
    ).toBe('adam,x\nname,note\nzoe,"two\nlines"\n');
    expect(shell('surprisal r c --type jsonl -c b.csv | surprisal d', { cwd: at.path }).stdout.toString()).toBe(
      sorted(csv),
    );
    expect(shell('surprisal records compress < /dev/null | surprisal d | wc -c').stdout.toString().trim()).toBe('0');
  });

  it('says what is wrong, and leaves nothing behind', () => {
    writeFileSync(at.file('a'), 'abcde');
    writeFileSync(at.file('b.csv'), 'a\n"b\n');
    writeFileSync(at.file('c.srp'), 'x');
    const says = (...args: string[]) => {
      const { code, stderr } = run(['records', ...args], { cwd: at.path });
      expect(code).toBe(1);
      return stderr;
    };
    expect(says('compress', '--size', '2', 'a')).toContain('a: 5 bytes are no whole number of records of 2 bytes');
    expect(says('compress', 'b.csv')).toContain('the quotation mark at byte 2 is never closed');
    expect(says('compress', '--size', '2', '--type', 'csv', 'a')).toContain('exclude each other');
    expect(says('compress', '--size', '0', 'a')).toContain('1 byte to 1M');
    expect(says('compress', '--type', 'rows', 'a')).toContain('allowed choices are lines, jsonl, csv');
    expect(says('compress', 'none')).toContain('no such file');
    expect(says('compress', 'c.srp')).toContain('already has the suffix');
    expect(says('compress', '-c', '-o', 'x', 'a')).toContain('exclude each other');
    expect(says()).toContain('say what to do with records');
    expect(says('pack')).toContain('pack');
    expect(says('decompress', 'a')).toContain('does not end in .srp');
    expect(says('decompress', 'c.srp')).toContain('not an .srp archive');
    expect(readdirSync(at.path).sort()).toEqual(['a', 'b.csv', 'c.srp']);
  });

  it('says in its help that the order is not kept', () => {
    for (const args of [
      ['records', '--help'],
      ['records', 'compress', '--help'],
    ]) {
      const { code, stdout } = run(args);
      expect(code).toBe(0);
      expect(stdout.toString().replace(/\s+/g, ' ')).toMatch(
        /THE ORDER (OF THE RECORDS )?IS NOT KEPT: what comes back is the same multiset of records, sorted/,
      );
    }
    expect(run(['completion', 'bash']).stdout.toString()).toContain("compgen -W 'compress\ndecompress'");
  });
});

describe('the check of records', () => {
  it('finds an encoder that goes wrong, before anything gets its name', async () => {
    const at = folder();
    try {
      writeFileSync(at.file('a'), lines(50));
      const options: RecordsCommandOptions = {
        threads: 1,
        level: 'fast',
        verify: true,
        name: false,
        header: true,
        quiet: true,
      };
      class Faulty extends Context {
        override encoder(): WorkerPool {
          // It forgets what the first byte was.
          const wrong = (bytes: Uint8Array, how: object) =>
            compress(
              bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte)),
              how,
            );
          return { compress: wrong } as unknown as WorkerPool;
        }
        override decoder(): WorkerPool {
          return { decompressChunks } as unknown as WorkerPool;
        }
      }
      await expect(compressRecordsFile(at.file('a'), options, new Faulty(options))).rejects.toMatchObject({
        code: 'verify-failed',
      });
      expect(readdirSync(at.path)).toEqual(['a']);
      expect(readdirSync(at.path).filter((name) => TEMPORARY.test(name))).toEqual([]);
    } finally {
      at.remove();
    }
  });
});
