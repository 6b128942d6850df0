import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { codedFrame, storedFrame } from '../src/container/frames.ts';
import { ContainerWriter } from '../src/container/writer.ts';
import { compressSync, decompressSync } from '../src/index.ts';
import { onlineMemory } from '../src/sequence/online.ts';

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

  const online = ascii('surprise '.repeat(20));
  expect(dump('online')).toEqual(compressSync(online));
  expect(decompressSync(dump('online'))).toEqual(online);
});

test("the page's formula of the memory is the model's", () => {
  const formula =
    /```\n([\d,]+) \+ 2\^historyBits \+ 8 \* 2\^min\(16, max\(10, historyBits - 1\)\) \+ 2\^tableBits\n```/;
  const fixed = Number(formula.exec(page)?.[1].replaceAll(',', ''));
  for (let tableBits = 16; tableBits <= 26; tableBits++)
    for (let historyBits = 12; historyBits <= 24; historyBits++) {
      const heads = 8 * 2 ** Math.min(16, Math.max(10, historyBits - 1));
      const bytes = fixed + 2 ** historyBits + heads + 2 ** tableBits;
      expect(onlineMemory({ tableBits, historyBits })).toBe(Math.ceil(bytes / 65536) * 65536);
    }
});
