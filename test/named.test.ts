/** Codecs by name, and streams of samples from them. */
import { describe, expect, it } from 'vitest';
import { both, printable, utf8Valid } from '../src/sampling/constraints.ts';
import { CODECS, openCodec, parseCodec } from '../src/sampling/named.ts';
import { sampleStream } from '../src/sampling/stream.ts';

const inBrowser = typeof process === 'undefined' || process.versions?.node === undefined;
const PRIME = new TextEncoder().encode(
  'she sells sea shells by the sea shore; the shells she sells are sea shells. '.repeat(3),
);
const text = (bytes: Iterable<number>) => new TextDecoder().decode(Uint8Array.from(bytes));

describe('codecs by name', () => {
  it('are taken apart', () => {
    expect(parseCodec('zlib:9')).toMatchObject([{ codec: { name: 'zlib' }, parameter: 9 }]);
    expect(parseCodec('gzip')[0].parameter).toBe(9);
    expect(parseCodec('rle')[0].parameter).toBe(0);
    expect(parseCodec('ppm:4+online').map(({ codec }) => codec.name)).toEqual(['ppm', 'online']);
    const faults = {
      zip: /no codec/,
      'ppm:17': /from 1 to 16/,
      'ppm:x': /from 1/,
      'rle:3': /no number/,
      'ppm:1:2': /no codec/,
      '': /no codec/,
    };
    for (const [name, message] of Object.entries(faults)) expect(() => parseCodec(name), name).toThrow(message);
    expect(() => parseCodec('ppm+zlib')).toThrow(/only models can be mixed/);
    expect(() => parseCodec('lz78+'.repeat(16) + 'ppm')).toThrow(/16 models/);
  });

  const here = CODECS.filter(({ kind }) => kind !== 'estimate');
  it.each(here.map(({ name, kind }) => ({ name, kind })))(
    '$name opens, learns and is sampled, alike each time',
    async ({ name, kind }) => {
      const sampled = async () => {
        const codec = await openCodec(name, { size: 1000 });
        expect(codec.kind).toBe(kind);
        expect(codec.model !== undefined).toBe(kind === 'model');
        expect(codec.oracle.alphabetSize).toBe(256);
        codec.learn(PRIME);
        const stream = sampleStream(codec, { n: 12, constraint: printable(), seed: 3 });
        const bytes = [...stream.bytes];
        expect(bytes.length).toBe(12);
        expect(bytes.every((byte) => byte === 9 || byte === 10 || (byte >= 32 && byte < 127))).toBe(true);
        expect(stream.distribution).toBe('one-step');
        return { bytes, bits: stream.bits() };
      };
      const first = await sampled();
      expect(await sampled()).toEqual(first);
    },
  );

  it('of a mixture are one model', async () => {
    const codec = await openCodec('ppm:3+ngram:2+lz78');
    codec.learn(PRIME);
    expect(codec.oracle.bits()).toBe(0);
    for (const byte of new TextEncoder().encode('she sells')) codec.oracle.push(byte);
    expect(codec.oracle.bits()).toBeLessThan(20);
  });

  it.skipIf(inBrowser)('may be estimates, or not to be had', async () => {
    const brotli = await openCodec('brotli:5');
    brotli.learn(PRIME);
    expect(brotli.kind).toBe('estimate');
    expect(brotli.oracle.bits() % 8).toBe(0);
    const zstd = await openCodec('zstd').catch((error) => error);
    expect(zstd.code ?? zstd.kind).toMatch(/unsupported|estimate/);
  });
});

describe('streams of samples', () => {
  it('are exact for models, bit by bit or symbol by symbol', async () => {
    for (const name of ['lz78', 'ppm:2', 'online', 'ctw:2']) {
      const codec = await openCodec(name, { size: 1000 });
      codec.learn(PRIME);
      // The first byte of many streams against the distribution that the model states.
      const model = codec.model!;
      const cuts = new Uint32Array(257);
      model.intervals(cuts);
      const runs = 3000;
      const seen = new Float64Array(256);
      for (let seed = 0; seed < runs; seed++) {
        const mark = model.mark();
        const { bytes, distribution } = sampleStream(codec, { n: 1, seed });
        expect(distribution).toBe('exact');
        for (const byte of bytes) seen[byte]++;
        model.rollback(mark);
      }
      let squares = 0;
      let bins = 0;
      let rest = [0, 0];
      for (let s = 0; s < 256; s++) {
        const expected = (runs * (cuts[s + 1] - cuts[s])) / 2 ** 24;
        if (expected < 8) rest = [rest[0] + expected, rest[1] + seen[s]];
        else {
          squares += (seen[s] - expected) ** 2 / expected;
          bins++;
        }
      }
      if (rest[0] > 4) squares += (rest[1] - rest[0]) ** 2 / rest[0];
      // Five standard deviations above the mean of a chi-squared with as many degrees of freedom.
      expect(squares, name).toBeLessThan(bins + 1 + 5 * Math.sqrt(2 * (bins + 1)));
    }
  });

  it('keep to a constraint to the end, and count their bits', async () => {
    const limit = both(utf8Valid(), printable());
    for (const [name, shape] of [
      ['lz78', {}],
      ['online', {}],
      ['zlib', { temperature: 0.5 }],
      ['ppm', { topK: 3 }],
    ] as const) {
      const codec = await openCodec(name, { size: 1000 });
      codec.learn(PRIME);
      const stream = sampleStream(codec, { n: 40, constraint: limit, seed: 1, ...shape });
      const written = text(stream.bytes);
      expect(written.length).toBe(40);
      expect(Number.isFinite(stream.bits())).toBe(true);
      if (name !== 'zlib') expect(stream.bits()).toBeGreaterThan(0);
    }
  });

  it('end where a constraint lets nothing follow, and say so where it should have gone on', async () => {
    const codec = await openCodec('ppm:2');
    const three = { start: 0, step: (state: number) => (state < 3 ? state + 1 : undefined) };
    expect([...sampleStream(codec, { n: 9, constraint: three }).bytes].length).toBe(3);
    const stuck = { ...three, accepts: (state: number) => state > 5 };
    expect(() => [...sampleStream(codec, { n: 9, constraint: stuck }).bytes]).toThrow(/allows no token/);
    const rare = { start: 0, step: (_: number, token: number) => (token === 1 ? 0 : undefined) };
    expect([...sampleStream(codec, { n: 3, constraint: rare }).bytes]).toEqual([1, 1, 1]);
    const online = await openCodec('online', { size: 10 });
    online.learn(PRIME);
    expect([...sampleStream(online, { n: 2, constraint: rare }).bytes]).toEqual([1, 1]);
    expect(() => sampleStream(codec, { n: -1 })).toThrow(RangeError);
  });
});
