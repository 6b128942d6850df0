import { describe, expect, test } from 'vitest';
import { type ByteSource, list, type RecoveredPiece, recover, test as testArchive } from '../src/formats/archive.ts';
import { compressSync, decompressSync } from '../src/index.ts';
import { randomBytes, textBytes } from './support/random.ts';

const SEGMENT = 65_536;
const raw = new Uint8Array(200_000);
raw.set(textBytes(150_000, 1));
raw.set(randomBytes(50_000, 2), 150_000);
const archive = compressSync(raw, { segmentSize: SEGMENT });
const single = compressSync(raw.subarray(0, 20_000));

const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const flipped = (bytes: Uint8Array, at: number) => {
  const copy = bytes.slice();
  copy[at] ^= 1;
  return copy;
};

/** A source as a file is: asked in pieces, later. */
function fileOf(bytes: Uint8Array): ByteSource & { read(offset: number, length: number): Promise<Uint8Array> } {
  return {
    size: bytes.length,
    read: async (offset, length) => {
      if (offset + length > bytes.length) throw new Error('read beyond the end');
      return bytes.slice(offset, offset + length);
    },
  };
}

/** What recover gives, in short; asserts that all data is right. */
async function recovered(bytes: Uint8Array, original = raw): Promise<string[]> {
  const run = async (source: Uint8Array | ByteSource) => {
    const out: string[] = [];
    let last: (RecoveredPiece & { type: 'data' }) | undefined;
    for await (const piece of recover(source)) {
      if (piece.type === 'lost') {
        out.push(`${piece.member} lost ${piece.from}..${piece.to ?? '?'}`);
        continue;
      }
      expect(piece.bytes.every((byte, i) => byte === original[piece.rawOffset + i])).toBe(true);
      if (last?.member === piece.member)
        expect(piece.rawOffset).toBeGreaterThanOrEqual(last.rawOffset + last.bytes.length);
      last = piece;
      out.push(`${piece.member} ${piece.rawOffset}+${piece.bytes.length}`);
    }
    return out;
  };
  const out = await run(bytes);
  expect(await run(fileOf(bytes))).toEqual(out);
  return out;
}

const all = ['0 0+65536', '0 65536+65536', '0 131072+65536', '0 196608+3392'];
const without = (n: number, lost: string) => all.map((line, i) => (i === n ? lost : line));

describe('list', () => {
  test('says what is where, without decoding', async () => {
    const listing = await list(joined(archive, single));
    expect(await list(fileOf(joined(archive, single)))).toEqual(listing);
    expect(listing).toMatchObject({ size: archive.length + single.length, rawSize: 220_000 });
    const [first, second] = listing.members;
    expect(first).toMatchObject({
      methodName: 'online',
      kindName: 'file',
      offset: 0,
      length: archive.length,
      indexed: true,
    });
    expect(first.segments.map(({ number, rawOffset, rawLength }) => [number, rawOffset, rawLength])).toEqual([
      [0, 0, 65536],
      [1, 65536, 65536],
      [2, 131072, 65536],
      [3, 196608, 3392],
    ]);
    for (const [i, segment] of first.segments.entries())
      expect(segment.offset + segment.length).toBe(first.segments[i + 1]?.offset ?? segment.offset + segment.length);
    expect(second).toMatchObject({ offset: archive.length, length: single.length, rawSize: 20_000, indexed: false });
    expect(second.sha256).toMatch(/^[0-9a-f]{64}$/);
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', raw));
    expect(first.sha256).toBe(Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join(''));
    expect((await list(compressSync(new Uint8Array(0)))).members[0].segments).toEqual([]);
  });

  test('damage to the framing is an error', async () => {
    await expect(list(new Uint8Array(0))).rejects.toMatchObject({ code: 'truncated' });
    await expect(list(textBytes(100, 3))).rejects.toMatchObject({ code: 'not-srp' });
    await expect(list(archive.subarray(0, archive.length - 1))).rejects.toMatchObject({ code: 'truncated' });
    await expect(list(flipped(archive, archive.length - 1))).rejects.toMatchObject({ code: 'corrupt' });
    await expect(list(joined(archive, Uint8Array.of(1)))).rejects.toMatchObject({ code: 'corrupt' });
    await expect(list(flipped(archive, 9))).rejects.toMatchObject({ name: 'SurprisalError' });
    await expect(list('archive' as never)).rejects.toMatchObject({ code: 'invalid-type' });
  });
});

describe('test', () => {
  test('counts the bytes of an intact archive and rejects a damaged one', async () => {
    expect(await testArchive(fileOf(archive))).toBe(raw.length);
    await expect(testArchive(flipped(archive, 1000))).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('recover', async () => {
  const { segments } = (await list(archive)).members[0];

  test('gives all of an intact archive', async () => {
    expect(await recovered(archive)).toEqual(all);
    expect(await recovered(joined(single, single))).toEqual(['0 0+20000', '1 0+20000']);
  });

  test('loses only the segment that is damaged', async () => {
    for (const n of [0, 1, 2])
      expect(await recovered(flipped(archive, segments[n].offset + 500))).toEqual(
        without(n, `0 lost ${n * SEGMENT}..${(n + 1) * SEGMENT}`),
      );
    expect(await recovered(flipped(archive, segments[3].offset + 100))).toEqual(without(3, '0 lost 196608..200000'));
  });

  test('does without a mark, a header, an index or an end', async () => {
    expect(await recovered(flipped(archive, segments[2].offset + 1))).toEqual(all);
    expect(await recovered(flipped(archive, 9))).toEqual(all);
    expect(await recovered(flipped(archive, archive.length - 20))).toEqual(all);
    expect(await recovered(flipped(archive, archive.length - 1))).toEqual(all);
    const { offset, length } = segments[3];
    expect(await recovered(flipped(archive, offset + length + 10))).toEqual([...all, '0 lost 200000..200000']);
  });

  test('finds its way after bytes were cut, put in, or lost at the end', async () => {
    const at = segments[1].offset + 50;
    const lost = without(1, '0 lost 65536..131072');
    expect(await recovered(joined(archive.subarray(0, at), archive.subarray(at + 9)))).toEqual(lost);
    expect(await recovered(joined(archive.subarray(0, at), raw.subarray(0, 70), archive.subarray(at)))).toEqual(lost);
    expect(await recovered(archive.subarray(0, segments[2].offset + 400))).toEqual([
      ...all.slice(0, 2),
      '0 lost 131072..200000',
    ]);
  });

  test('goes on with the next member', async () => {
    const damaged = flipped(archive, segments[3].offset + 100);
    expect(await recovered(joined(damaged, single))).toEqual([...without(3, '0 lost 196608..200000'), '1 0+20000']);
    expect(await recovered(joined(flipped(single, 9), single))).toEqual(['0 lost 0..?', '1 0+20000']);
    expect(await recovered(joined(flipped(single, 200), single))).toEqual(['0 lost 0..20000', '1 0+20000']);
    expect(await recovered(joined(single, Uint8Array.of(1, 2, 3)))).toEqual(['0 0+20000', '1 lost 0..?']);
  });

  test('limits hold, and what is no archive has nothing', async () => {
    const drain = async (bytes: Uint8Array, options: object) => {
      for await (const _ of recover(bytes, options));
    };
    await expect(drain(archive, { maxMemory: 1000 })).rejects.toMatchObject({ code: 'limit' });
    await expect(drain(archive, { maxOutputSize: 100_000 })).rejects.toMatchObject({ code: 'limit' });
    expect(await recovered(textBytes(2000, 4))).toEqual(['0 lost 0..?']);
    expect(await recovered(new Uint8Array(0))).toEqual(['0 lost 0..?']);
  });

  test('what it saves is what decompress gives', () => {
    expect(decompressSync(archive)).toEqual(raw);
  });
});
