import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { lzwEncode } from '../src/sampling/lzw.ts';
import { randomBytes, textBytes } from './support/random.ts';

const gzip = (args: string[], input: Uint8Array) => spawnSync('gzip', args, { input, maxBuffer: 2 ** 28 });
const present = gzip(['--version'], new Uint8Array(0)).status === 0;

test('gzip -d reads .Z files', ({ skip }) => {
  if (!present) skip('there is no gzip');
  for (const [n, maxBits] of [
    [1, 16],
    [257, 16],
    [5000, 12],
    [30_000, 10],
    [150_000, 16],
  ]) {
    const bytes = Uint8Array.from([...textBytes(n, n), ...randomBytes(n, n)]);
    const { status, stdout } = gzip(['-dc'], lzwEncode(bytes, { convention: 'compress', maxBits }).bytes);
    expect(status).toBe(0);
    expect(Buffer.compare(stdout, bytes)).toBe(0);
  }
});
