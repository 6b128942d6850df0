/** Files whose records have no order: division, models, multisets of records, archives. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { codedFrame, storedFrame } from '../src/container/frames.ts';
import { encodeHeader, type Header, parseHeader } from '../src/container/header.ts';
import { ContainerWriter } from '../src/container/writer.ts';
import { list, recover, test as testArchive } from '../src/formats/archive.ts';
import { multisetBytes, multisetMemory, parseMultiset } from '../src/formats/multiset-method.ts';
import { joinRecords, sameRecords, sortRecords, splitRecords } from '../src/formats/record-layout.ts';
import { compressRecords, decompressRecords, equalRecords, type RecordsOptions } from '../src/formats/records.ts';
import { compressSync, decompressChunks, decompressSync } from '../src/index.ts';
import {
  ColumnRecords,
  type RecordModel,
  RecordSink,
  TextRecords,
  UniformRecords,
} from '../src/structures/record-models.ts';
import { popRecords, pushRecords } from '../src/structures/record-sets.ts';
import { randomOf } from './support/random.ts';
import golden from './vectors/records.json' with { type: 'json' };

const ascii = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const hexOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (two) => Number.parseInt(two, 16));

/** `count` random records of `size` bytes, each byte below `below`. */
function randomRecords(count: number, size: number, seed: number, below = 256): Uint8Array {
  const random = randomOf(seed);
  return Uint8Array.from({ length: count * size }, () => random(below));
}

function drain<T>(work: Generator<unknown, T, void>): T {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

describe('division into records', () => {
  const back = (file: string, options: object = {}) => {
    const split = splitRecords(ascii(file), options);
    return textOf(joinRecords(sortRecords(split), split.frame));
  };

  it('sorts lines and keeps whether the last one ends', () => {
    expect(back('b\na\nb\n')).toBe('a\nb\nb\n');
    expect(back('b\na')).toBe('a\nb');
    expect(back('b\r\na\r\nc')).toBe('a\r\nb\r\nc');
    expect(back('b\r\na\n')).toBe('a\nb\r\n');
    expect(back('a\t\na\n')).toBe('a\na\t\n');
    expect([back(''), back('\n'), back('\n\n'), back('x')]).toEqual(['', '\n', '\n\n', 'x']);
  });

  it('keeps the header of CSV first and line ends in quotes together', () => {
    const options = { layout: 'csv' };
    expect(back('z,y\n2,"a\nb"\n1,x\n', options)).toBe('z,y\n1,x\n2,"a\nb"\n');
    expect(back('z,y\n2,"a ""\n"" b"\n1,x', options)).toBe('z,y\n1,x\n2,"a ""\n"" b"');
    expect(back('z,y\n1,x\n', { ...options, header: false })).toBe('1,x\nz,y\n');
    expect(back('z,y', options)).toBe('z,y');
    expect(back('z,y\n', options)).toBe('z,y\n');
    expect(() => back('a\n"b\nc\n', options)).toThrow(/byte 2 is never closed/);
  });

  it('divides bytes by their number', () => {
    const { starts, frame } = splitRecords(Uint8Array.of(3, 4, 1, 2), { size: 2 });
    expect([...starts]).toEqual([0, 2, 4]);
    expect(frame).toMatchObject({ layout: 'fixed', recordSize: 2 });
    expect(() => splitRecords(new Uint8Array(5), { size: 2 })).toThrow(/no whole number of records/);
  });

  it('says what is wrong with options', async () => {
    for (const wrong of [
      { layout: 'rows' },
      { layout: 'fixed' },
      { layout: 'csv', size: 3 },
      { size: 0 },
      { size: 1.5 },
    ])
      expect(() => splitRecords(new Uint8Array(0), wrong as object)).toThrow(
        expect.objectContaining({ code: 'invalid-argument' }),
      );
    expect(() => splitRecords(new Uint8Array(0), { header: 1 } as object)).toThrow(
      expect.objectContaining({ code: 'invalid-type' }),
    );
    await expect(compressRecords('a' as never)).rejects.toMatchObject({ code: 'invalid-type' });
    await expect(compressRecords(new Uint8Array(3), { size: 2 })).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  it('knows files with the same records', () => {
    const same = (a: string, b: string, options: object = {}) => equalRecords(ascii(a), ascii(b), options);
    expect(same('b\na\n', 'a\nb\n')).toBe(true);
    expect(same('b\na\n', 'a\na\n')).toBe(false);
    expect(same('ab\nc\n', 'a\nbc\n')).toBe(false);
    expect(same('b\na', 'a\nb')).toBe(true);
    // Only the other file looks as if its lines ended in CR LF.
    expect(same('b\na\r', 'a\r\nb')).toBe(true);
    expect(same('h\nb\na\n', 'b\nh\na\n', { layout: 'csv' })).toBe(false);
    expect(same('h\na\n', 'h\n"\n', { layout: 'csv' })).toBe(false);
  });
});

describe('multisets of records', () => {
  const models: [string, (size: number | undefined, quotes: boolean) => RecordModel, boolean][] = [
    ['uniform', (size) => new UniformRecords(size!), true],
    ['columns', (size, quotes) => new ColumnRecords({ size, quotes, columns: 5, order: 0, increment: 7 }), false],
    [
      'columns of order 1',
      (size, quotes) => new ColumnRecords({ size, quotes, columns: 3, order: 1, increment: 1 }),
      false,
    ],
    ['text', (_, quotes) => new TextRecords(10, quotes), false],
  ];

  it.each(models)('come back from a stack: %s', (name, make, fixedOnly) => {
    const lines = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '"', ',', 'é'), maxLength: 9 }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(lines, fc.boolean(), fc.integer(), (list, csv, seed) => {
        const rows = csv ? list.map((row) => (row.split('"').length % 2 === 0 ? `${row}\n"` : row)) : list;
        const file = fixedOnly
          ? splitRecords(randomRecords(rows.length, 5, seed, 3), { size: 5 })
          : splitRecords(ascii(`${rows.join('\n')}\n`), { layout: csv ? 'csv' : 'lines', header: false });
        const records = sortRecords(file);
        const size = fixedOnly ? 5 : undefined;
        const { words, initial } = drain(pushRecords(records, () => make(size, csv), seed));
        const count = records.starts.length - 1;
        const found = drain(popRecords(words, make(size, csv), count, records.bytes.length));
        expect(found.left).toEqual(new BitStack({ initial: randomWords(initial, seed) }).getCompressed());
        expect(joinRecords(found, file.frame, undefined, found.order)).toEqual(joinRecords(records, file.frame));
      }),
      { seed: 4, numRuns: 60 },
    );
    expect(name).not.toBe('');
  });

  it.each(models)('take away what they add: %s', (_, make, fixedOnly) => {
    const stack = new BitStack({ initial: randomWords(40, 3) });
    const record = ascii('abca\n');
    const fresh = make(5, false);
    const used = make(5, false);
    for (const other of ['bbcb\n', 'abca\n', 'cccc\n']) used.count(ascii(other), 0, 5, 1);
    for (const other of ['cccc\n', 'bbcb\n', 'abca\n']) used.count(ascii(other), 0, 5, -1);
    const [a, b] = [stack.clone(), stack.clone()];
    fresh.push(a, record, 0, 5);
    used.push(b, record, 0, 5);
    expect(b.getCompressed()).toEqual(a.getCompressed());
    const sink = new RecordSink(5);
    used.pop(b, sink);
    expect(sink.bytes.subarray(0, 5)).toEqual(record);
    expect(b.getCompressed()).toEqual(stack.getCompressed());
    if (!fixedOnly) expect(() => used.pop(a, new RecordSink(3))).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  it('cost what the elements cost but for their order', () => {
    const records = sortRecords(splitRecords(randomRecords(20000, 6, 9), { size: 6 }));
    const { words } = drain(pushRecords(records, () => new UniformRecords(6), 1));
    let ideal = 20000 * 48;
    for (let i = 2; i <= 20000; i++) ideal -= Math.log2(i);
    expect(Math.abs(32 * words.length - ideal)).toBeLessThan(0.0001 * ideal + 120);
  });

  it('start with more words where records cost less than their order', () => {
    // 256 different records that the model knows nothing about, but for their one byte.
    const records = sortRecords(
      splitRecords(
        Uint8Array.from({ length: 256 }, (_, i) => i),
        { size: 1 },
      ),
    );
    const make = () => new UniformRecords(1);
    const { words, initial } = drain(pushRecords(records, make, 5));
    const found = drain(popRecords(words, make(), 256, 256));
    expect(found.bytes.length).toBe(256);
    expect(initial).toBeGreaterThan(0);
  });
});

describe('archives of records', () => {
  const ids = randomRecords(400, 4, 1);
  const words = ascii(`${Array.from({ length: 300 }, (_, i) => `word ${(i * 37) % 100}`).join('\n')}\n`);

  async function roundTrip(bytes: Uint8Array, options: RecordsOptions = {}) {
    const result = await compressRecords(bytes, options);
    const restored = await decompressRecords(result.archive);
    expect(equalRecords(bytes, restored, options)).toBe(true);
    expect(decompressSync(result.archive)).toEqual(restored);
    const file = splitRecords(bytes, { layout: options.layout, size: options.size, header: options.header });
    expect(sameRecords(file, splitRecords(restored, options, file.frame.crlf))).toBe(true);
    return { ...result, restored };
  }

  it('come back as the same records, whatever they are', async () => {
    const file = fc.oneof(
      fc
        .string({ unit: fc.constantFrom('a', 'b', '\n', '\r', '\r\n', ','), maxLength: 60 })
        .map((text) => ({ text, csv: false })),
      fc
        .array(fc.constantFrom('a', 'b,c', '"x\ny"', ''), { maxLength: 20 })
        .map((rows) => ({ text: rows.join('\n'), csv: true })),
    );
    await fc.assert(
      fc.asyncProperty(file, async ({ text, csv }) => {
        await roundTrip(ascii(text), { layout: csv ? 'csv' : 'lines' });
      }),
      { seed: 2, numRuns: 150 },
    );
  });

  it('are the smaller of two, and say which', async () => {
    const random = await roundTrip(ids, { size: 4, name: 'ids', mtime: 12345 });
    expect(random).toMatchObject({ coding: 'multiset', model: 'uniform', records: 400 });
    expect(random.archive.length).toBe(random.multiset);
    expect(random.multiset).toBeLessThan(random.sorted);
    // log2(400!) is 2887.9 bits.
    expect(random.order).toBeCloseTo(361.0, 0);
    expect(random.multiset! + random.order).toBeLessThan(ids.length + 130);
    const listed = (await list(random.archive)).members[0];
    expect(listed).toMatchObject({
      kindName: 'records',
      methodName: 'multiset',
      header: { name: 'ids', mtime: 12345 },
    });
    const text = await roundTrip(words);
    expect(text.coding).toBe('sorted');
    expect((await list(text.archive)).members[0]).toMatchObject({ kindName: 'records', methodName: 'online' });
    const none = await roundTrip(new Uint8Array(0));
    expect(none).toMatchObject({ records: 0, multiset: undefined, reason: 'there are no records' });
  });

  it('open in every way that files do', async () => {
    const { archive, restored } = await compressRecords(ids, { size: 4 }).then(async (found) => ({
      ...found,
      restored: await decompressRecords(found.archive),
    }));
    const two = Uint8Array.from([...archive, ...compressSync(words), ...archive]);
    const all = [...restored, ...words, ...restored];
    expect(decompressSync(two)).toEqual(Uint8Array.from(all));
    const pieces: number[] = [];
    const cut = [...two].map((byte) => Uint8Array.of(byte));
    const seen: { done: number; total?: number }[] = [];
    for await (const piece of decompressChunks(cut, { progress: (now) => seen.push(now) })) pieces.push(...piece);
    expect(pieces).toEqual(all);
    expect(seen.at(-1)!.done).toBe(all.length);
    expect(await testArchive(archive)).toBe(1600);
    const saved = async () => {
      for await (const _ of recover(archive));
    };
    await expect(saved()).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('are the ones of before', async () => {
    for (const { file, options, coding, archive, restored } of golden.archives) {
      const found = await compressRecords(fromHex(file), options as RecordsOptions);
      expect(found.coding).toBe(coding);
      expect(hexOf(found.archive)).toBe(archive);
      expect(hexOf(decompressSync(fromHex(archive)))).toBe(restored);
    }
  });

  it('have the words of before, with the model of text too', () => {
    const records = sortRecords(splitRecords(ascii(golden.text.file)));
    const { words, initial } = drain(pushRecords(records, () => new TextRecords(12, false), 7));
    expect({ words: [...words], initial }).toEqual({ words: golden.text.words, initial: golden.text.initial });
  });

  it('keep to limits, before anything is allocated', async () => {
    const { archive } = await compressRecords(ids, { size: 4 });
    const { header } = (await list(archive)).members[0];
    const code = (options: object) => {
      try {
        decompressSync(archive, options);
      } catch (error) {
        return (error as { code: string }).code;
      }
      return undefined;
    };
    expect(code({ maxMemory: header.memory, maxOutputSize: 1600 })).toBe(undefined);
    expect(code({ maxMemory: header.memory - 1 })).toBe('limit');
    expect(code({ maxOutputSize: 1599 })).toBe('limit');
    const poor = await compressRecords(ids, { size: 4, maxMemory: 5 << 20 });
    expect(poor.coding).toBe('multiset');
    await expect(compressRecords(ids, { size: 4, maxMemory: 1 << 16 })).rejects.toMatchObject({ code: 'limit' });
    const stopped = AbortSignal.abort(new Error('enough'));
    await expect(compressRecords(ids, { size: 4, signal: stopped })).rejects.toThrow('enough');
  });
});

describe('damaged archives of records', () => {
  /** An archive of a payload and parameters, with checksums that hold. */
  function forged(header: Header, payload: Uint8Array): Uint8Array {
    const writer = new ContainerWriter({ ...header, size: payload.length });
    writer.segment();
    writer.raw(payload);
    const parts = [writer.start, writer.block(storedFrame(payload)), writer.end()];
    return Uint8Array.from(parts.flatMap((part) => [...part]));
  }

  async function sample(bytes: Uint8Array, options: RecordsOptions) {
    const { archive, coding } = await compressRecords(bytes, options);
    expect(coding).toBe('multiset');
    const { length, header } = parseHeader(archive, 0, archive.length)!;
    const { segments } = (await list(archive)).members[0];
    const block = segments[0].blocks[0];
    const payload = archive.slice(block.offset + block.length - block.rawLength, block.offset + block.length);
    return { archive, header, length, payload, raw: decompressSync(archive) };
  }

  it('give their records or an error with a code, in time', async () => {
    const hexIds = Array.from({ length: 1500 }, (_, i) => hexOf(randomRecords(1, 8, i)));
    const samples = [
      await sample(randomRecords(300, 4, 1), { size: 4 }),
      await sample(randomRecords(500, 6, 2, 100), { size: 6 }),
      await sample(ascii(`${hexIds.join('\n')}\n`), {}),
      await sample(ascii(`id\n${hexIds.join('\n')}`), { layout: 'csv' }),
    ];
    const random = randomOf(77);
    const codes = new Map<string, number>();
    const limits = { maxMemory: 64 << 20, maxOutputSize: 1 << 20 };
    for (let i = 0; i < 600; i++) {
      const { archive, header, payload, raw } = samples[random(samples.length)];
      let damaged: Uint8Array;
      if (i % 3 === 0) {
        damaged = archive.slice(0, random(4) === 0 ? random(archive.length) : archive.length);
        if (damaged.length > 0) damaged[random(damaged.length)] ^= 1 << random(8);
      } else if (i % 3 === 1) {
        // A payload that is changed, cut or random, under checksums that hold.
        let bytes = payload.slice(0, random(3) === 0 ? random(payload.length) : payload.length);
        if (random(4) === 0) bytes = Uint8Array.from({ length: bytes.length }, () => random(256));
        else if (bytes.length > 0) bytes[random(bytes.length)] ^= 1 << random(8);
        damaged = bytes.length === 0 ? archive.slice(0, 20) : forged(header, bytes);
      } else {
        // Parameters that are changed, with the memory that they ask for.
        const now = parseMultiset(header.parameters);
        const keys = ['recordSize', 'count', 'size', 'model', 'columns', 'setting'] as const;
        const key = keys[random(keys.length)];
        const value = random(3) === 0 ? random(2 ** random(30)) : Math.max(0, now[key] + random(5) - 2);
        const changed = { ...now, [key]: value, open: random(5) === 0 ? !now.open : now.open };
        const parameters = multisetBytes(changed);
        let memory = header.memory;
        try {
          memory = multisetMemory(changed);
        } catch {
          // No such model.
        }
        damaged = forged({ ...header, parameters, memory }, payload);
      }
      try {
        const out = decompressSync(damaged, limits);
        expect(hexOf(out)).toBe(hexOf(raw));
      } catch (error) {
        const { code } = error as { code?: string };
        expect(['corrupt', 'truncated', 'not-srp', 'unsupported', 'limit'], String(error)).toContain(code);
        codes.set(code!, (codes.get(code!) ?? 0) + 1);
      }
    }
    expect(codes.get('corrupt')).toBeGreaterThan(300);
  });

  it('are refused where the method has no place', async () => {
    const { archive, header, length, payload } = await sample(randomRecords(300, 4, 1), { size: 4 });
    const changed = (change: object) =>
      Uint8Array.from([...encodeHeader({ ...header, ...change }), ...archive.subarray(length)]);
    const code = (bytes: Uint8Array) => {
      try {
        decompressSync(bytes, { maxOutputSize: 1 << 24 });
      } catch (error) {
        return (error as { code: string }).code;
      }
      return 'none';
    };
    expect(code(changed({ kind: 0 }))).toBe('corrupt');
    expect(code(changed({ segmentSize: 65536 }))).toBe('corrupt');
    expect(code(changed({ memory: header.memory + 65536 }))).toBe('corrupt');
    expect(code(changed({ parameters: header.parameters.slice(1) }))).toBe('corrupt');
    expect(code(changed({ revision: 9 }))).toBe('unsupported');
    // A coded block, and more raw bytes than any multiset takes.
    const coded = [encodeHeader({ ...header, size: 100 }), codedFrame(new Uint8Array(100), payload.subarray(0, 9))];
    expect(code(Uint8Array.from(coded.flatMap((part) => [...part])))).toBe('corrupt');
    expect(code(forged(header, new Uint8Array(70_000)))).toBe('corrupt');
  });
});
