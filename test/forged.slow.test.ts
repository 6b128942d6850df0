/** What a hostile archive can make a process take, measured from outside. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { encodeHeader, parseHeader } from '../src/container/header.ts';
import { onlineModel } from '../src/formats/methods.ts';
import { compressSync } from '../src/index.ts';
import { built } from './cli/command.ts';
import { forgedBlock } from './support/mutations.ts';
import { textBytes } from './support/random.ts';

const index = new URL('../dist/index.js', import.meta.url).href;

/** Decodes an archive in a process of its own: the error's code, and the most memory the process has had, in bytes. */
function decoding(archive: Uint8Array): { code: string | null; peak: number } {
  const program = `
    const { decompressSync } = await import(${JSON.stringify(index)});
    const parts = [];
    for await (const part of process.stdin) parts.push(part);
    const archive = Buffer.concat(parts);
    let code = null;
    try {
      decompressSync(archive, { maxOutputSize: Infinity });
    } catch (error) {
      code = error.code ?? String(error);
    }
    console.log(JSON.stringify({ code, peak: 1024 * process.resourceUsage().maxRSS }));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    input: archive,
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe.skipIf(!built)('a process that decodes a forged archive', () => {
  const archive = compressSync(textBytes(3000, 1));
  const { header, length } = parseHeader(archive, 0, archive.length)!;
  const body = archive.subarray(length);
  const withHeader = (change: object) => Uint8Array.from([...encodeHeader({ ...header, ...change }), ...body]);
  const withModel = (tableBits: number, historyBits: number) => {
    const { parameters, memory } = onlineModel({ tableBits, historyBits });
    return { parameters, memory };
  };
  // What Node and the package take by themselves.
  const least = decoding(compressSync(new Uint8Array(0))).peak;
  const room = 64e6;

  test.each<[string, Uint8Array, string | null, number]>([
    ['nothing forged', archive, null, header.memory],
    ['a size of a petabyte', withHeader({ size: 2 ** 50 }), 'corrupt', header.memory],
    ['the largest model', withHeader(withModel(26, 24)), 'corrupt', withModel(26, 24).memory],
    ['the largest history', withHeader(withModel(16, 24)), 'corrupt', withModel(16, 24).memory],
    ['more memory than the model', withHeader({ memory: 2 ** 40 }), 'corrupt', 0],
    ['a block that claims a MiB', forgedBlock(archive, 1_048_576), 'corrupt', header.memory],
    [
      'a block that claims a MiB of the largest model',
      forgedBlock(archive, 1_048_576, withModel(26, 24)),
      'corrupt',
      withModel(26, 24).memory,
    ],
    [
      'a thousand members',
      Uint8Array.from(Array.from({ length: 1000 }, () => [...archive]).flat()),
      null,
      header.memory,
    ],
  ])('%s', (_, forged, code, memory) => {
    const seen = decoding(forged);
    expect(seen.code).toBe(code);
    expect(seen.peak).toBeLessThan(least + memory + room);
  });
});
