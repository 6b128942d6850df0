/** `surprisal sample`, `complete`, `profile`, `distance` and `classify`, as a user calls them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { built, folder, hasTerminal, onTerminal, run, shell, text } from './command.ts';

const at = folder();
const ok = (args: string[], input?: string) => {
  const { code, stdout, stderr } = run(args, input === undefined ? { cwd: at.path } : { cwd: at.path, input });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.toString();
};
const fails = (...args: string[]) => {
  const { code, stdout, stderr } = run(args, { cwd: at.path });
  expect(code).toBe(1);
  expect(stdout.length).toBe(0);
  return stderr;
};

beforeAll(() => {
  writeFileSync(at.file('prime.txt'), text(6000));
  writeFileSync(at.file('counting.txt'), Array.from({ length: 900 }, (_, i) => `${i}\n`).join(''));
  writeFileSync(
    at.file('binary'),
    Uint8Array.from({ length: 3000 }, (_, i) => (i * i) >> 3),
  );
  for (const [kind, source] of [
    ['words', text(3000).toString()],
    ['numbers', Array.from({ length: 600 }, (_, i) => `${i * 7}\n`).join('')],
  ]) {
    mkdirSync(at.file(`train/${kind}`), { recursive: true });
    for (let i = 0; i < 3; i++) writeFileSync(at.file(`train/${kind}/${i}.txt`), source.slice(i * 700, (i + 1) * 700));
  }
  mkdirSync(at.file('unknown'));
  writeFileSync(at.file('unknown/a'), text(9000).toString().slice(-500));
  writeFileSync(at.file('unknown/b'), '4214\n4221\n4228\n4235\n4242\n4249\n4256\n4263\n');
});

afterAll(() => at.remove());

describe.skipIf(!built)('sample', () => {
  it('writes text like its prime, the same for the same seed', () => {
    const one = ok(['sample', '--prime', 'prime.txt', '-n', '300', '--seed', '5']);
    expect(one.length).toBe(300);
    const words = new Set(text(6000).toString().split(/\s+/));
    const written = one.split(/\s+/).slice(1, -1);
    expect(written.filter((word) => words.has(word)).length / written.length).toBeGreaterThan(0.7);
    expect(ok(['sample', '--prime', 'prime.txt', '-n', '300', '--seed', '5'])).toBe(one);
    expect(ok(['s', '--prime', 'prime.txt', '-n', '300', '--seed', '6'])).not.toBe(one);
  });

  it('takes any codec, a prompt, and ways to sharpen', () => {
    for (const codec of ['zlib', 'gzip:1', 'lzma', 'lzw', 'lz78', 'ctw:3', 'ppm+ngram', 'online', 'rle'])
      expect(ok(['sample', '-C', codec, '--prime', 'prime.txt', '-n', '20', '-a', 'ascii']).length, codec).toBe(20);
    expect(ok(['sample', '-p', 'abcabcabc', '-n', '6', '-t', '0', '-C', 'lzma', '--echo'])).toBe('abcabcabcabcabc');
    expect(ok(['sample', '--prompt-file', '-', '-n', '4', '-t', '0', '-C', 'lzma'], 'xyxyxyxyxy')).toBe('xyxy');
    const shaped = ['--top-k', '5', '--top-p', '0.9', '--min-p', '0.01', '--repetition', '2', '-t', '0.8'];
    expect(ok(['sample', '--prime', 'prime.txt', '-n', '50', ...shaped]).length).toBe(50);
  });

  it('writes valid UTF-8 unless bytes are asked for', () => {
    writeFileSync(at.file('greek.txt'), 'ἄνδρα μοι ἔννεπε, μοῦσα, πολύτροπον, ὃς μάλα πολλὰ\n'.repeat(20));
    const { stdout } = run(['sample', '-C', 'lz78', '--prime', 'greek.txt', '-n', '400'], { cwd: at.path });
    expect(stdout.length).toBe(400);
    expect(stdout.toString()).not.toContain('\ufffd');
    const raw = run(['sample', '-C', 'lz78', '--prime', 'binary', '-n', '200', '-a', 'bytes'], { cwd: at.path });
    expect(raw.stdout.length).toBe(200);
    expect(JSON.parse(ok(['sample', '-C', 'lz78', '-n', '9', '-a', 'bytes', '--json', '-q'])).base64).toHaveLength(12);
  });

  it('writes what matches a pattern, and ends with it', () => {
    const form = '(?:19|20)\\d\\d-\\d{2}: [a-zé]+[.!]';
    for (const codec of ['ppm', 'zlib', 'ctw:2', 'online'])
      for (const shape of [[], ['-n', '12'], ['-t', '0.5'], ['-a', 'ascii']]) {
        const args = ['sample', '-C', codec, '--prime', 'prime.txt', '-n', '30', '--matching', form, ...shape];
        expect(ok(args), args.join(' ')).toMatch(new RegExp(`^${form}$`, 'u'));
      }
    expect(ok(['sample', '--prime', 'prime.txt', '--matching', 'x{7}'])).toBe('xxxxxxx');
    // Of one length: the longest there is.
    const prompt = ['-p', 'yes or no, yes or no', '--matching', 'yes|(?:no)+'];
    expect(ok(['complete', ...prompt, '-n', '3'])).toBe('yes');
    expect(ok(['complete', ...prompt, '-n', '7'])).toBe('nonono');
    expect(ok(['sample', '-C', 'zlib', ...prompt, '-n', '7', '--particles', '4'])).toBe('nonono');
  });

  it('says what is wrong with a pattern', () => {
    const matching = (...args: string[]) => fails('sample', '--prime', 'prime.txt', '--matching', ...args);
    expect(matching('a(b')).toContain('--matching: the pattern is wrong at position 1');
    expect(matching('(a)\\1')).toContain('a backreference (\\1)');
    expect(matching('(a|b)*a(a|b){40}')).toContain('too large');
    expect(matching('a{9}', '-n', '8')).toContain('at least 9 bytes');
    expect(matching('é', '-a', 'ascii')).toContain('nothing that -a ascii allows matches');
  });

  it('samples whole strings with particles, and says how well', () => {
    const args = ['sample', '-C', 'zlib', '--prime', 'prime.txt', '-n', '8', '--particles', '8'];
    const found = JSON.parse(ok([...args, '--json']));
    expect(found).toMatchObject({ ok: true, codec: 'zlib', distribution: 'encoder', bytes: 8 });
    expect(found.text.length).toBe(8);
    expect(found.effectiveSampleSize).toBeGreaterThanOrEqual(1);
    expect(ok(args)).toBe(found.text);
    const { stderr } = run([...args, '-v'], { cwd: at.path });
    expect(stderr).toMatch(/^zlib, encoder: 8 bytes of .* bits.*effective sample size/);
  });

  it('says what is wrong', () => {
    expect(fails('sample', '-C', 'zip')).toContain("--codec: there is no codec 'zip': deflate, zlib");
    expect(fails('sample', '-C', 'ppm:99')).toContain('from 1 to 16');
    expect(fails('sample', '--particles', '4', '--top-k', '3')).toContain('--particles samples whole strings');
    expect(fails('sample', '--prime', 'none.txt')).toContain('none.txt: no such file');
    expect(fails('sample', '-p', 'a', '--prompt-file', 'prime.txt')).toContain('exclude each other');
    expect(fails('sample', '-a', 'seen')).toContain('nothing has been seen');
    expect(fails('sample', '--prime', 'binary', '-a', 'text')).toContain('valid UTF-8');
    expect(fails('sample', '-n', '-3')).toContain('whole number');
    const { code, stdout } = run(['sample', '-C', 'zip', '--json'], { cwd: at.path });
    expect(code).toBe(1);
    expect(stdout.length).toBe(0);
    const failed = run(['sample', '--prime', 'none.txt', '--json'], { cwd: at.path });
    expect(JSON.parse(failed.stdout.toString())).toMatchObject({ ok: false, error: { code: 'ENOENT' } });
  });

  it('streams, and ends when its reader goes', () => {
    const { code, stdout } = shell('surprisal sample --prime prime.txt -n 10000000 | head -c 100 | wc -c', {
      cwd: at.path,
    });
    expect({ code, bytes: Number(stdout.toString()) }).toEqual({ code: 0, bytes: 100 });
  });

  it.skipIf(!hasTerminal)('keeps bytes and control characters off a terminal', () => {
    const { code, text: said } = onTerminal(`cd ${at.path}; surprisal sample --prime binary -n 20`);
    expect(code).toBe(1);
    expect(said).toContain('not written to a terminal');
    const shown = onTerminal(`cd ${at.path}; surprisal sample -C zlib -p '' -n 60 -a text`).text;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(shown.replaceAll('\r\n', '')).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  });

  it('writes to a file that appears whole, and overwrites none', () => {
    ok(['sample', '--prime', 'prime.txt', '-n', '100', '-o', 'out.txt']);
    expect(at.read('out.txt').length).toBe(100);
    expect(fails('sample', '--prime', 'prime.txt', '-n', '10', '-o', 'out.txt')).toContain('already exists');
    ok(['sample', '--prime', 'prime.txt', '-n', '10', '-o', 'out.txt', '-f']);
    expect(at.read('out.txt').length).toBe(10);
  });
});

describe.skipIf(!built)('complete', () => {
  it('finds the likeliest continuation', () => {
    expect(ok(['complete', '-p', 'abcdefabcdefabcdef', '-n', '6', '-C', 'lzma'])).toBe('abcdef');
    expect(ok(['complete', '-p', 'abcdefabcdefabcdef', '-n', '4', '-e', '-C', 'lzma'])).toBe('abcdefabcdefabcdefabcd');
    const { completions } = JSON.parse(ok(['complete', '-p', 'abcabcabcab', '-n', '5', '--best', '3', '--json']));
    expect(completions.length).toBe(3);
    expect(completions[0].bits).toBeLessThanOrEqual(completions[2].bits);
    expect(ok(['complete', '-p', 'abcabcabcab', '-n', '5', '--best', '2'])).toMatch(/ bits\n.{5}\n\n.* bits\n.{5}\n$/s);
  });
});

describe.skipIf(!built)('profile', () => {
  it('prints a summary, and writes tables and pictures by the name of the result', () => {
    expect(ok(['profile', 'prime.txt', '--limit', '500'])).toContain('online (exact): 500 bytes');
    expect(ok(['profile', '-C', 'zlib', '--limit', '100'], 'abcabc'.repeat(50))).toContain(
      'zlib (one-step): 100 bytes',
    );
    for (const name of ['a.html', 'a.svg', 'a.tsv', 'a.json', 'a.txt'])
      ok(['profile', '-C', 'ppm', 'prime.txt', '--limit', '300', '-o', name]);
    expect(at.read('a.html').toString()).toMatch(/^<!doctype html>/i);
    expect(at.read('a.svg').toString()).toContain('</svg>');
    expect(at.read('a.tsv').toString().split('\n').length).toBe(302);
    const { totalBits, bits } = JSON.parse(at.read('a.json').toString());
    expect(bits.reduce((sum: number, b: number) => sum + b, 0)).toBeCloseTo(totalBits, 2);
    ok(['profile', '-C', 'ppm', '--with', 'lz78', '--with', 'zlib:9', 'prime.txt', '--limit', '200', '-o', 'b.html']);
    expect(at.read('b.html').toString()).toContain('zlib:9');
  });

  it('is as one whole: pieces of a text change nothing', () => {
    const whole = JSON.parse(ok(['profile', '-C', 'ngram', 'prime.txt', '--json', '--limit', '1000']));
    const { bits } = whole.profiles[0];
    ok(['profile', '-C', 'ngram', 'prime.txt', '--limit', '1000', '-o', 'n.json']);
    expect(JSON.parse(at.read('n.json').toString()).totalBits).toBeCloseTo(bits, 3);
    const { stderr } = run(['profile', '-C', 'ngram', 'prime.txt', '-o', 'n.tsv', '-v'], { cwd: at.path });
    expect(stderr).toMatch(/prime.txt -> n.tsv: ngram \(exact\)/);
  });

  it('says what is wrong', () => {
    expect(fails('profile', 'prime.txt', '-o', 'x.png')).toContain('.html, .svg');
    expect(fails('profile', 'prime.txt', '--with', 'zlib', '-o', 'x.svg')).toContain('shows one codec');
    expect(fails('profile', 'none')).toContain('no such file');
    expect(fails('profile', 'prime.txt', '--with', 'zip')).toContain('no codec');
  });
});

describe.skipIf(!built)('results', () => {
  it('never replace what was read, also with -f, and are refused before the work', () => {
    const same = (...args: string[]) => {
      expect(fails(...args)).toContain('the same file');
      expect(at.read('prime.txt').equals(text(6000))).toBe(true);
    };
    writeFileSync(at.file('same.txt'), 'as it was');
    expect(fails('profile', 'same.txt', '-f', '-o', 'same.txt')).toContain('the same file');
    same('sample', '--prime', 'prime.txt', '-f', '-o', 'prime.txt', '-n', '4');
    same('classify', '--train', 'train', 'prime.txt', '-f', '-o', 'prime.txt');
    same('distance', 'same.txt', 'prime.txt', '-f', '-o', './prime.txt');
    expect(at.read('same.txt').toString()).toBe('as it was');
    expect(fails('distance', 'train', '-o', 'same.txt')).toContain('already exists');
    expect(fails('distance', 'train', '-o', 'none/x.svg')).toContain('no such file or folder');
    expect(fails('sample', '--prime', 'train')).toContain('train: is a directory');
  });
});

describe.skipIf(!built)('distance and classify', () => {
  it('measures files and draws a tree', () => {
    const near = Number(ok(['distance', 'train/words/0.txt', 'train/words/1.txt']));
    const far = Number(ok(['distance', 'train/words/0.txt', 'train/numbers/1.txt']));
    expect(near).toBeLessThan(far);
    expect(ok(['distance', 'train', '-C', 'zlib']).split('\n').length).toBe(7);
    for (const name of ['t.svg', 't.nwk', 't.tsv', 't.json']) ok(['distance', 'train', '-o', name]);
    expect(at.read('t.svg').toString()).toContain('</svg>');
    expect(at.read('t.nwk').toString()).toMatch(/;\n$/);
    expect(at.read('t.tsv').toString().split('\n').length).toBe(8);
    expect(JSON.parse(at.read('t.json').toString()).distances.length).toBe(6);
    expect(fails('distance', 'prime.txt')).toContain('between two files');
    expect(fails('distance', 'prime.txt', 'none')).toContain('none: no such file');
  });

  it('sorts files by examples', () => {
    for (const by of ['nearest', 'length'])
      expect(ok(['classify', '--train', 'train', '--by', by, 'unknown'])).toBe(
        'unknown/a\twords\nunknown/b\tnumbers\n',
      );
    const { files, classes } = JSON.parse(ok(['classify', '--train', 'train', '-k', '3', '--json', 'unknown']));
    expect(classes).toEqual(['numbers', 'words']);
    expect(files[0].neighbours.length).toBe(3);
    ok(['classify', '--train', 'train', 'unknown', '-o', 'c.tsv']);
    expect(at.read('c.tsv').toString()).toContain('file\tclass\nunknown/a\twords');
    expect(fails('classify', '--train', 'unknown', 'prime.txt')).toContain('0 folders of examples');
    expect(fails('classify', 'prime.txt')).toContain('--train');
    expect(fails('classify', '--train', 'train', '-k', '99', 'prime.txt')).toContain('there are 6 examples');
  });
});
