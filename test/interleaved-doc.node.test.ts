import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodeInterleaved, encodeInterleaved, InterleavedModel } from '../src/coders/interleaved.ts';
import { packBytes, unpackBytes } from '../src/coders/packed-bytes.ts';

const page = readFileSync(new URL('../docs/interleaved.md', import.meta.url), 'utf8');

/** The bytes of a dump on the page. */
function dump(name: string): Uint8Array {
  const text = new RegExp('```hex ' + name + '\\n([^`]*)```').exec(page)?.[1];
  if (text === undefined) throw new Error(`docs/interleaved.md has no dump called ${name}`);
  const lines = text.trim().split('\n');
  return Uint8Array.from(
    lines.flatMap((line) => line.slice(6).split(' ')),
    (byte) => Number.parseInt(byte, 16),
  );
}

test("the page's examples are what the code writes", () => {
  const model = new InterleavedModel([1, 4095]);
  const bytes = new Uint8Array(33).fill(1);
  bytes[0] = bytes[32] = 0;
  expect(encodeInterleaved(bytes, model)).toEqual(dump('stream'));
  expect(decodeInterleaved(dump('stream'), model, 33)).toEqual(bytes);
  expect(model.toBytes()).toEqual(dump('table'));
  expect(InterleavedModel.read(dump('table')).model.frequencies).toEqual(model.frequencies);
  const letters = new Uint8Array(1000).fill(97);
  expect(packBytes(letters)).toEqual(dump('packed'));
  expect(unpackBytes(dump('packed'))).toEqual(letters);
});
