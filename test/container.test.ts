import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32c, startSha256 } from '../src/container/checksums.ts';
import {
  codedFrame,
  encodeIndex,
  endFrame,
  FOOTER_LENGTH,
  indexedMember,
  parseFooter,
  parseHead,
  parseIndex,
  segmentFrame,
  storedFrame,
} from '../src/container/frames.ts';
import { encodeHeader, type Header, MAGIC, parseHeader } from '../src/container/header.ts';
import { type ContainerEvent, ContainerReader } from '../src/container/reader.ts';
import { Cursor, pushUint32, pushVarint, varintLength } from '../src/container/varint.ts';
import { ContainerWriter } from '../src/container/writer.ts';
import { randomOf } from './support/random.ts';

const ascii = (text: string) => new TextEncoder().encode(text);
const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const varint = (value: number) => {
  const bytes: number[] = [];
  pushVarint(bytes, value);
  return Uint8Array.from(bytes);
};
const basic: Header = { kind: 0, method: 9, revision: 3, parameters: Uint8Array.of(1, 2), memory: 65536 };

/** A header of given fields, correct but for what they say. */
function rawHeader(fields: number[]): Uint8Array {
  const bytes = [...MAGIC, 1];
  pushVarint(bytes, fields.length);
  bytes.push(...fields);
  pushUint32(bytes, crc32c(Uint8Array.from(bytes)));
  return Uint8Array.from(bytes);
}

describe('checksums', () => {
  test('published vectors', () => {
    expect(crc32c(ascii('123456789'))).toBe(0xe3069283);
    // RFC 3720, B.4: 32 bytes of zeros, of ones, and ascending.
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(crc32c(ascii('56789'), crc32c(ascii('1234')))).toBe(0xe3069283);
    const hash = startSha256();
    hash.update(ascii('abc'));
    expect(hex(hash.digest())).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('varints', () => {
  const vectors: [number, string][] = [
    [0, '00'],
    [1, '01'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [16383, 'ff7f'],
    [16384, '808001'],
    [2 ** 32 - 1, 'ffffffff0f'],
    [2 ** 32, '8080808010'],
    [2 ** 49, '8080808080808001'],
    [Number.MAX_SAFE_INTEGER, 'ffffffffffffff0f'],
  ];
  test.each(vectors)('%d', (value, expected) => {
    expect(hex(varint(value))).toBe(expected);
    expect(varintLength(value)).toBe(expected.length / 2);
    const cursor = new Cursor(varint(value));
    expect(cursor.varint()).toBe(value);
    expect(cursor.at).toBe(expected.length / 2);
  });
  test('overlong forms and 2^53 are refused', () => {
    for (const bytes of [
      [0x80, 0],
      [0xff, 0x80, 0],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
    ])
      expect(() => new Cursor(Uint8Array.from(bytes)).varint()).toThrow(expect.objectContaining({ code: 'corrupt' }));
    expect(() => varint(2 ** 53)).toThrow(RangeError);
    expect(() => varint(-1)).toThrow(RangeError);
  });
  test('an incomplete one waits', () => {
    const cursor = new Cursor(Uint8Array.of(0x80, 0x80));
    expect(cursor.varint()).toBeUndefined();
    expect(cursor.at).toBe(0);
  });
  test('any value comes back', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => new Cursor(varint(value)).varint() === value),
      { seed: 1 },
    );
  });
});

describe('headers', () => {
  const headers = fc.record(
    {
      kind: fc.maxSafeNat(),
      method: fc.maxSafeNat(),
      revision: fc.maxSafeNat(),
      parameters: fc.uint8Array({ maxLength: 20 }),
      memory: fc.nat({ max: 2 ** 20 }).map((pages) => pages * 65536),
      size: fc.maxSafeNat(),
      segmentSize: fc.integer({ min: 1 }),
      name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
      mtime: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
    },
    { requiredKeys: ['kind', 'method', 'revision', 'parameters', 'memory'] },
  );
  test('any header comes back, and every prefix waits', () => {
    fc.assert(
      fc.property(headers, (header) => {
        const bytes = encodeHeader(header);
        const parsed = parseHeader(bytes, 0, bytes.length);
        expect(parsed?.header).toEqual(header);
        expect(parsed?.length).toBe(bytes.length);
        for (let n = 0; n < bytes.length; n++) expect(parseHeader(bytes, 0, n)).toBeUndefined();
      }),
      { seed: 2 },
    );
  });
  test('any flipped bit is found', () => {
    const bytes = encodeHeader({ ...basic, size: 1000, name: 'a.txt' });
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] ^= 1 << (bit & 7);
      // A longer length waits for bytes that never come.
      expect(() => {
        if (parseHeader(flipped, 0, flipped.length) === undefined)
          throw Object.assign(new Error(), { code: 'corrupt' });
      }).toThrow(expect.objectContaining({ code: expect.stringMatching(/^(corrupt|not-srp|unsupported)$/) }));
    }
  });
  test('an odd field is skipped, an even one must be known', () => {
    const identity = [0, 3, 0, 9, 0];
    const parse = (fields: number[]) => parseHeader(rawHeader(fields), 0, 1000);
    const parsed = (fields: number[]) => () => parse(fields);
    expect(parse([...identity, 77, 2, 5, 5])?.header).toMatchObject({ kind: 0, method: 9, revision: 0 });
    expect(parsed([...identity, 78, 2, 5, 5])).toThrow(expect.objectContaining({ code: 'unsupported' }));
    const corrupt = expect.objectContaining({ code: 'corrupt' });
    expect(parsed([])).toThrow(corrupt);
    expect(parsed([...identity, ...identity])).toThrow(corrupt);
    expect(parsed([...identity, 4, 1, 5, 2, 1, 1])).toThrow(corrupt);
    expect(parsed([0, 3, 0, 9])).toThrow(corrupt);
    expect(parsed([...identity, 1, 1, 0xff])).toThrow(corrupt);
    expect(parsed([...identity, 4, 2, 0x80, 0])).toThrow(corrupt);
    expect(parsed([...identity, 4, 2, 1, 1])).toThrow(corrupt);
    expect(parsed([...identity, 6, 1, 0])).toThrow(corrupt);
    expect(parsed([...identity, 2, 8, 255, 255, 255, 255, 255, 255, 255, 15])).toThrow(corrupt);
  });
  test('another format version is named', () => {
    const bytes = encodeHeader(basic);
    bytes[8] = 2;
    expect(() => parseHeader(bytes, 0, bytes.length)).toThrow(
      expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('version 2') }),
    );
  });
});

describe('frames', () => {
  const head = (bytes: Uint8Array) => parseHead(new Cursor(bytes));
  test('what is written is read, and every prefix waits', () => {
    const raw = ascii('abababab');
    const coded = codedFrame(raw, ascii('xyz'));
    expect(head(coded)).toMatchObject({ type: 'block', stored: false, rawLength: 8, payloadLength: 3 });
    expect(head(storedFrame(raw))).toMatchObject({ type: 'block', stored: true, rawLength: 8, payloadLength: 8 });
    const segment = segmentFrame(300, 0xdeadbeef);
    expect(head(segment)).toEqual({ type: 'segment', number: 300, headerCrc: 0xdeadbeef, headLength: segment.length });
    const end = endFrame(2 ** 40, new Uint8Array(32).fill(7), true);
    expect(head(end)).toMatchObject({ type: 'end', size: 2 ** 40, indexed: true, headLength: end.length });
    for (const frame of [segment, end])
      for (let n = 0; n < frame.length; n++) expect(head(frame.subarray(0, n))).toBeUndefined();
  });
  test('impossible heads are refused', () => {
    const corrupt = expect.objectContaining({ code: 'corrupt' });
    for (const bytes of [
      [3], // a reserved type
      [12], // a reserved control frame
      [1, 0], // a block of nothing
      [2],
      [...varint(1048577 * 4 + 2)], // more than a block holds
      [...varint(8 * 4 + 1), 8], // a block that did not shrink
      [8, 0x53, 0x45, 0x46], // a mark that is none
    ])
      expect(() => head(Uint8Array.from([...bytes, ...new Array(20).fill(0)]))).toThrow(corrupt);
    const segment = segmentFrame(1, 5);
    segment[5] ^= 1;
    expect(() => head(segment)).toThrow(corrupt);
  });
  test('index and footer', () => {
    const header = parseHeader(encodeHeader({ ...basic, segmentSize: 65536 }), 0, 1000)!;
    const index = { header, size: 131073, segmentLengths: [100, 200, 30] };
    const bytes = encodeIndex(index);
    const footer = bytes.slice(bytes.length - FOOTER_LENGTH);
    const distance = parseFooter(footer);
    expect(distance).toBe(bytes.length - FOOTER_LENGTH);
    expect(parseIndex(bytes.slice(0, distance))).toEqual(index);
    const at = 50 + header.length + 330 + 1 + 3 + 32;
    expect(indexedMember(index, at)).toEqual({ offset: 50, segments: [50, 150, 350].map((n) => n + header.length) });
    for (let i = 0; i < bytes.length; i++) {
      const flipped = bytes.slice();
      flipped[i] ^= 4;
      const d = parseFooter(flipped.slice(-FOOTER_LENGTH));
      if (d !== undefined)
        expect(() => parseIndex(flipped.slice(0, d))).toThrow(expect.objectContaining({ code: 'corrupt' }));
    }
  });
});

describe('reading a stream', () => {
  const raw = Array.from({ length: 5 }, (_, i) => ascii('abc '.repeat(10 + i)));
  function archive(): Uint8Array {
    const writer = new ContainerWriter({ ...basic, segmentSize: raw[0].length + raw[1].length, size: 240 });
    const parts = [writer.start];
    raw.forEach((bytes, i) => {
      if (i === 0 || i === 2) parts.push(writer.segment());
      writer.raw(bytes);
      parts.push(writer.block(i === 1 ? storedFrame(bytes) : codedFrame(bytes, bytes.subarray(0, i))));
    });
    parts.push(writer.end());
    return Uint8Array.from(parts.flatMap((part) => [...part]));
  }
  const summary = (event: ContainerEvent) =>
    event.type === 'block' ? [event.offset, event.rawOffset, hex(event.payload)] : [event.type, event.offset];

  // The third segment would start too late: only two, so the second is allowed to be the last, whatever its size.
  const whole = (() => {
    const writer = new ContainerWriter({ ...basic, segmentSize: 84 });
    const parts = [writer.start];
    for (const [i, bytes] of [raw[0], raw[1], raw[2]].entries()) {
      if (i !== 1) parts.push(writer.segment());
      writer.raw(bytes);
      parts.push(writer.block(i === 1 ? storedFrame(bytes) : codedFrame(bytes, bytes.subarray(0, i))));
    }
    parts.push(writer.end());
    return Uint8Array.from(parts.flatMap((part) => [...part]));
  })();

  test('any chunking gives the same events', () => {
    const all = Uint8Array.from([...whole, ...whole]);
    const read = (cuts: number[]) => {
      const reader = new ContainerReader();
      const events: unknown[] = [];
      let from = 0;
      for (const to of [...cuts.map((cut) => cut % (all.length + 1)).sort((a, b) => a - b), all.length]) {
        for (const event of reader.push(all.subarray(from, to))) events.push(summary(event));
        from = to;
      }
      reader.end();
      return events;
    };
    const expected = read([]);
    expect(expected.length).toBe(2 * 6);
    expect(read(Array.from({ length: all.length }, (_, i) => i))).toEqual(expected);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 10000 }), { maxLength: 20 }), (cuts) => {
        expect(read(cuts)).toEqual(expected);
      }),
      { seed: 3 },
    );
  });

  test('every prefix is truncated, every flipped bit is found but in the end hash', () => {
    const read = (bytes: Uint8Array) => {
      const reader = new ContainerReader();
      for (const _ of reader.push(bytes));
      reader.end();
    };
    read(whole);
    for (let n = 0; n < whole.length; n++)
      expect(() => read(whole.subarray(0, n))).toThrow(expect.objectContaining({ code: 'truncated' }));
    const random = randomOf(4);
    let unseen = 0;
    for (let i = 0; i < whole.length; i++) {
      const flipped = whole.slice();
      flipped[i] ^= 1 << random(8);
      try {
        read(flipped);
        unseen++;
      } catch (error) {
        expect(error).toMatchObject({ name: 'SurprisalError' });
      }
    }
    // The hash is the decoder's to check.
    expect(unseen).toBe(32);
    expect(() => read(Uint8Array.from([...whole, 1]))).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  test('sizes that do not add up are refused', () => {
    expect(() => {
      const reader = new ContainerReader();
      for (const _ of reader.push(archive()));
    }).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });
});
