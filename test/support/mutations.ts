/** Damaging archives in ways that a checksum alone finds, and in ways that only the checks behind it find. */
import { expect } from 'vitest';
import { crc32c } from '../../src/container/checksums.ts';
import { parseHead } from '../../src/container/frames.ts';
import { encodeHeader, parseHeader } from '../../src/container/header.ts';
import { Cursor, pushUint32, pushVarint } from '../../src/container/varint.ts';
import { SurprisalError } from '../../src/errors.ts';
import { list } from '../../src/formats/archive.ts';
import { compressSync, decompressSync } from '../../src/index.ts';
import { randomBytes, randomOf, textBytes } from './random.ts';

type Random = (below: number) => number;

interface Sample {
  readonly raw: Uint8Array;
  readonly archive: Uint8Array;
  /** Offsets and lengths of its block frames. */
  readonly blocks: readonly { offset: number; length: number }[];
}

const concat = (...parts: (Uint8Array | number[])[]) => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** Archives to be damaged: coded, stored, of nothing, of several segments. */
export async function samples(): Promise<Sample[]> {
  const segmented = new Uint8Array(66_000);
  segmented.set(randomBytes(200, 3), 65_600);
  const made: [Uint8Array, object][] = [
    [textBytes(400, 1), {}],
    [textBytes(3000, 2), { name: 'sample.txt', mtime: 1_700_000_000_000 }],
    [randomBytes(300, 4), {}],
    [new Uint8Array(0), {}],
    [segmented, { segmentSize: 65_536 }],
  ];
  return Promise.all(
    made.map(async ([raw, options]) => {
      const archive = compressSync(raw, options);
      const { members } = await list(archive);
      return { raw, archive, blocks: members[0].segments.flatMap(({ blocks }) => blocks) };
    }),
  );
}

/** Changes one thing in the header's fields and mends its checksum. */
function headerChanged(archive: Uint8Array, random: Random): Uint8Array {
  const { length } = parseHeader(archive, 0, archive.length)!;
  const copy = archive.slice();
  copy[8 + random(length - 12)] = random(4) === 0 ? random(256) : random(12);
  const crc: number[] = [];
  pushUint32(crc, crc32c(copy.subarray(0, length - 4)));
  copy.set(crc, length - 4);
  return copy;
}

/** A block's frame with checksums that hold, whatever the lengths; `rawCrc` undefined for a stored one. */
function blockFrame(rawLength: number, codedLength: number, rawCrc: number | undefined, bytes: Uint8Array): Uint8Array {
  const start: number[] = [];
  pushVarint(start, rawLength * 4 + (rawCrc === undefined ? 2 : 1));
  if (rawCrc !== undefined) {
    pushVarint(start, codedLength);
    pushUint32(start, rawCrc);
  }
  const crc: number[] = [];
  pushUint32(crc, crc32c(bytes, crc32c(Uint8Array.from(start))));
  return concat(start, crc, bytes);
}

/** An archive of one coded block that claims another raw length, under checksums that hold and a header that agrees. */
export function forgedBlock(archive: Uint8Array, rawLength: number, change: object = {}): Uint8Array {
  const { header, length } = parseHeader(archive, 0, archive.length)!;
  const cursor = new Cursor(archive, length);
  const head = parseHead(cursor);
  if (head?.type !== 'block' || head.stored) throw new Error('a coded block was expected');
  const payload = archive.subarray(cursor.at, cursor.at + head.payloadLength);
  const frame = blockFrame(rawLength, payload.length, head.rawCrc!, payload);
  return concat(encodeHeader({ ...header, size: rawLength, ...change }), frame);
}

/** Changes a block's lengths or raw checksum and mends the block's checksum. */
function blockChanged({ archive, blocks }: Sample, random: Random): Uint8Array {
  if (blocks.length === 0) return headerChanged(archive, random);
  const { offset, length } = blocks[random(blocks.length)];
  const cursor = new Cursor(archive, offset);
  const head = parseHead(cursor);
  if (head?.type !== 'block') throw new Error('a block was expected');
  const payload = archive.subarray(cursor.at, offset + length);
  const near = (n: number) => Math.max(0, n + random(7) - 3);
  const what = random(4);
  const rawLength = what === 0 ? near(head.rawLength) : what === 1 ? random(2 ** (random(20) + 1)) : head.rawLength;
  const codedLength = what === 2 && !head.stored ? near(head.payloadLength) : head.payloadLength;
  const rawCrc = what === 3 && !head.stored ? (head.rawCrc! ^ (1 << random(32))) >>> 0 : head.rawCrc;
  const bytes = payload.slice();
  if (what === 3 && bytes.length > 0) bytes[random(bytes.length)] ^= 1 << random(8);
  const frame = blockFrame(rawLength, codedLength, rawCrc, bytes);
  return concat(archive.subarray(0, offset), frame, archive.subarray(offset + length));
}

function mutate(sample: Sample, others: readonly Sample[], random: Random): Uint8Array {
  const { archive } = sample;
  const at = random(archive.length);
  switch (random(7)) {
    case 0: {
      const copy = archive.slice();
      for (let i = random(3); i >= 0; i--) copy[random(copy.length)] ^= 1 << random(8);
      return copy;
    }
    case 1:
      return archive.slice(0, at);
    case 2:
      return concat(archive.subarray(0, at), archive.subarray(Math.min(archive.length, at + 1 + random(40))));
    case 3: {
      const other = others[random(others.length)].archive;
      const from = random(other.length);
      return concat(archive.subarray(0, at), other.subarray(from, from + 1 + random(60)), archive.subarray(at));
    }
    case 4: {
      const other = others[random(others.length)].archive;
      return concat(archive.subarray(0, at), other.subarray(Math.min(other.length, at)));
    }
    case 5:
      return headerChanged(archive, random);
    default:
      return blockChanged(sample, random);
  }
}

/** Milliseconds that this process has worked, where the host tells: a busy machine makes nothing slower by that. */
function clock(): number {
  const host = (globalThis as { process?: { cpuUsage?: () => { user: number; system: number } } }).process;
  if (host?.cpuUsage === undefined) return performance.now();
  const { user, system } = host.cpuUsage();
  return (user + system) / 1000;
}

/** What a run of mutations saw. */
export interface Seen {
  intact: number;
  readonly codes: Map<string, number>;
  /** Longest time that one took, in ms. */
  slowest: number;
}

/** Decodes `count` damaged archives: each must give the bytes that went in, or an error with a code. */
export async function runMutations(count: number, seed: number): Promise<Seen> {
  const random = randomOf(seed);
  const all = await samples();
  const seen: Seen = { intact: 0, codes: new Map(), slowest: 0 };
  for (let i = 0; i < count; i++) {
    const sample = all[random(all.length)];
    const damaged = mutate(sample, all, random);
    const start = clock();
    try {
      const out = decompressSync(damaged, { maxMemory: 64 * 2 ** 20, maxOutputSize: 2 ** 20 });
      // A cut or a splice may leave another sample whole: those bytes went in too.
      const same = all.some(({ raw }) => raw.length === out.length && raw.every((byte, k) => byte === out[k]));
      expect(same, `mutation ${i} of seed ${seed} gave other bytes`).toBe(true);
      seen.intact++;
    } catch (error) {
      if (!(error instanceof SurprisalError)) throw new Error(`mutation ${i} of seed ${seed} threw`, { cause: error });
      expect(['corrupt', 'truncated', 'not-srp', 'unsupported', 'limit']).toContain(error.code);
      seen.codes.set(error.code, (seen.codes.get(error.code) ?? 0) + 1);
    }
    seen.slowest = Math.max(seen.slowest, clock() - start);
  }
  return seen;
}
