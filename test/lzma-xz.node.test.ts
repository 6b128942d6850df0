/** Both directions with xz, where it is installed. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { lzmaDecode } from '../src/sampling/lzma-decode.ts';
import { lzmaEncode } from '../src/sampling/lzma-encode.ts';
import { copies, texts } from './support/lzma.ts';

const missing = spawnSync('xz', ['--version']).status !== 0;

function xz(options: string[], input: Uint8Array): Uint8Array {
  const { status, stdout, stderr } = spawnSync('xz', [...options, '-c'], { input, maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`xz ${options.join(' ')} failed: ${stderr}`);
  return new Uint8Array(stdout);
}

const samples = Object.entries({ ...texts(8000), 'more than a chunk': copies(160_000, 3) });

describe.skipIf(missing)(`xz decodes what is written${missing ? ' (skipped: there is no xz)' : ''}`, () => {
  it.each(samples)('%s', (_, text) => {
    for (const check of ['none', 'crc32', 'crc64'] as const)
      expect(xz(['-d', '--format=xz'], lzmaEncode(text, { check }))).toEqual(text);
    expect(xz(['-d', '--format=lzma'], lzmaEncode(text, { format: 'alone' }))).toEqual(text);
    const other = { lc: 1, lp: 3, pb: 4, dictionarySize: 2 ** 14, niceLength: 273, depth: 5 };
    expect(xz(['-d', '--format=xz'], lzmaEncode(text, other))).toEqual(text);
    expect(xz(['-d', '--format=lzma'], lzmaEncode(text, { ...other, format: 'alone' }))).toEqual(text);
  });
});

describe.skipIf(missing)(`what xz writes is decoded${missing ? ' (skipped: there is no xz)' : ''}`, () => {
  const options = [
    ...Array.from({ length: 10 }, (_, level) => [`-${level}`]),
    ['-6e', '--check=none'],
    ['-6', '--check=crc32'],
    ['--block-size=30000'],
    ['--lzma2=preset=6,lc=0,lp=4,pb=0,dict=4096'],
    ['-6', '--format=lzma'],
    ['--format=lzma', '--lzma1=lc=2,lp=2,pb=1,mode=fast'],
  ];
  it.each(options.map((list) => [list.join(' '), list] as const))('xz %s', (_, list) => {
    for (const [, text] of samples) expect(lzmaDecode(xz(list, text))).toEqual(text);
  });

  it('is as long as ours, about', () => {
    for (const [name, text] of Object.entries(texts(30_000))) {
      const ours = lzmaEncode(text, { format: 'alone' }).length;
      expect(ours, name).toBeLessThanOrEqual(xz(['-6', '--format=lzma'], text).length * 1.05 + 12);
    }
  });
});
