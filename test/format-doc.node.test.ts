import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { codedFrame, storedFrame } from '../src/container/frames.ts';
import { ContainerWriter } from '../src/container/writer.ts';
import { compressSync, decompressSync } from '../src/index.ts';

const page = readFileSync(new URL('../docs/format.md', import.meta.url), 'utf8');
const ascii = (text: string) => new TextEncoder().encode(text);

/** The bytes of a dump on the page. */
function dump(name: string): Uint8Array {
  const text = new RegExp('```hex ' + name + '\\n([^`]*)```').exec(page)?.[1];
  if (text === undefined) throw new Error(`docs/format.md has no dump called ${name}`);
  return Uint8Array.from(
    text
      .trim()
      .split('\n')
      .flatMap((line) => line.slice(6).split(' ')),
    (byte) => Number.parseInt(byte, 16),
  );
}

test("the page's examples are what the code writes", () => {
  const small = compressSync(ascii('hi\n'), { name: 'a.txt', mtime: 1_700_000_000_000 });
  expect(dump('small')).toEqual(small);

  const empty = new Uint8Array(0);
  const identity = { kind: 0, method: 0, revision: 0, parameters: empty, memory: 0 };
  const writer = new ContainerWriter({ ...identity, size: 6, segmentSize: 4 });
  const parts = [writer.start];
  for (const raw of [ascii('abcd'), ascii('ef')]) {
    parts.push(writer.segment());
    writer.raw(raw);
    parts.push(writer.block(storedFrame(raw)));
  }
  parts.push(writer.end());
  expect(dump('segments')).toEqual(Uint8Array.from(parts.flatMap((part) => [...part])));
  expect(decompressSync(dump('segments'))).toEqual(ascii('abcdef'));

  expect(dump('coded')).toEqual(codedFrame(ascii('aaaaaaaaaa'), Uint8Array.of(1, 2, 3)));
});
