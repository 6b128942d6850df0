import { deflateRaw, inflateRaw as pakoInflate } from 'pako';
import { describe, expect, it } from 'vitest';
import { ChainCoder } from '../src/coders/chain.ts';
import { Random } from '../src/kernels/random.ts';
import {
  decodeRandom,
  deflateCode,
  gifCode,
  kraftSum,
  lz78Code,
  type RedundantCode,
  rleCode,
} from '../src/sampling/canonical.ts';
import { chainDecode, chainEncode, exactBits, exactSample, exactStream } from '../src/sampling/exact.ts';
import { inflateRaw, tryInflate } from '../src/sampling/inflate.ts';
import { Lz78Oracle } from '../src/sampling/lz78.ts';
import { encodeSymbols } from '../src/sequence/coding.ts';
import type { BitModel } from '../src/sequence/model.ts';
import { CountModel } from './support/count_model.ts';
import { lengthOf, model, oracle, strings, surprise, TEXT, utf8 } from './support/sampling.ts';

describe('exact sampling', () => {
  it('gives symbols their probabilities, whatever came before', () => {
    const n = 20000;
    const start = new CountModel(5, 0.4, [0, 1, 2, 3, 1, 2, 1, 0, 4, 1, 2, 0, 0]);
    const cuts = new Uint32Array(6);
    const probability = (path: readonly number[]) => {
      const mark = start.mark();
      let p = 1;
      for (const symbol of path) {
        start.intervals(cuts);
        p *= (cuts[symbol + 1] - cuts[symbol]) / 2 ** 24;
        start.update(symbol);
      }
      start.rollback(mark);
      return p;
    };
    const all = strings(5, 3);
    const counts = new Float64Array(125);
    for (let seed = 0; seed < n; seed++) {
      const [a, b, c] = exactSample(start, 3, { seed }).symbols;
      counts[25 * a + 5 * b + c]++;
    }
    expect(Math.abs(surprise(counts, all.map(probability), n))).toBeLessThan(4);
  });

  it('is what a chain coder decodes from random words, which it gives back', () => {
    const n = 300;
    const random = new Random(7);
    const words = Uint32Array.from({ length: (3 * n) / 4 }, () => random.next()).reverse();
    // A last word starts the remainders.
    const data = Uint32Array.of(...words, 12345);
    const coder = new ChainCoder(data, { seal: true });
    const list = chainDecode(coder, model(), n);
    expect([...list]).toEqual([...exactSample(model(), n, { seed: 7 }).symbols]);
    const [, remainders] = coder.getRemainders();
    const back = new ChainCoder(remainders, { isRemainders: true });
    chainEncode(back, model(), list);
    const [before, after] = back.getData({ unseal: true });
    expect([...before, ...after]).toEqual([...data]);
  });

  it('costs a compressor what the random bits were worth', () => {
    const list = exactSample(model(), 3000, { seed: 3 }).symbols;
    const one = oracle();
    for (const symbol of list) one.push(symbol);
    const coded = encodeSymbols(model(), list).length * 32;
    expect(coded).toBeGreaterThan(one.bits() - 1);
    expect(coded).toBeLessThan(one.bits() + 64);
  });

  it('asks the model for a symbol where it can', () => {
    class Direct extends CountModel {
      asked = 0;
      symbolAt(quantile: number): number {
        this.asked++;
        const cuts = new Uint32Array(257);
        this.intervals(cuts);
        return cuts.subarray(1).findIndex((end) => end > quantile);
      }
    }
    const direct = new Direct(256, 0.05, TEXT);
    expect([...exactSample(direct, 100, { seed: 1 }).symbols]).toEqual([
      ...exactSample(model(), 100, { seed: 1 }).symbols,
    ]);
    expect(direct.asked).toBe(100);
  });

  it('can be had symbol by symbol, after a prompt, and leaves the model as it was', () => {
    const one = model();
    const before = [...one.counts];
    const options = { seed: 4, prompt: utf8('the ') };
    const list = exactSample(one, 50, options).symbols;
    expect([...one.counts]).toEqual(before);
    const stream: number[] = [];
    for (const symbol of exactStream(one, options)) {
      stream.push(symbol);
      if (stream.length === 50) break;
    }
    expect(stream).toEqual([...list]);
    expect([...one.counts]).toEqual(before);
    expect([...exactSample(one, 50, { ...options, keep: true }).symbols]).toEqual(stream);
    expect([...one.counts]).not.toEqual(before);
    expect(exactSample(new CountModel(300), 3).symbols).toBeInstanceOf(Uint16Array);
    expect(() => exactSample(one, -1)).toThrow(RangeError);
    expect(() => exactSample(one, 1, { prompt: [256] })).toThrow(RangeError);
  });

  it('decodes bits with a fresh number for each', () => {
    /** P(1) by the bits so far of the symbol. */
    const ps = [0, 20000, 50000, 1, 65535, 30000, 3000, 60000];
    class Bits implements BitModel {
      node = 1;
      predict() {
        return ps[this.node];
      }
      update(bit: number) {
        this.node = this.node >= 4 ? 1 : 2 * this.node + bit;
      }
    }
    const n = 40000;
    const { symbols, distribution } = exactBits(new Bits(), n, { width: 3, seed: 2 });
    expect(distribution).toBe('exact');
    const counts = new Float64Array(8);
    for (const symbol of symbols) counts[symbol]++;
    const expected = Array.from({ length: 8 }, (_, symbol) => {
      let p = 1;
      let node = 1;
      for (let bit = 2; bit >= 0; bit--) {
        const one = (symbol >> bit) & 1;
        p *= one === 1 ? ps[node] / 65536 : 1 - ps[node] / 65536;
        node = 2 * node + one;
      }
      return p;
    });
    expect(Math.abs(surprise(counts, expected, n))).toBeLessThan(4);
    expect(() => exactBits(new Bits(), 1, { width: 17 })).toThrow(RangeError);
    expect(() => exactBits(new Bits(), 1, { width: 3, prompt: [8] })).toThrow(RangeError);
  });
});

describe('inflate', () => {
  const text = TEXT.slice(0, 200);

  it('reads what deflate wrote, to the bit', () => {
    for (const level of [0, 1, 6, 9] as const) {
      const code = deflateRaw(text, { level });
      const { symbols, bits } = inflateRaw(code);
      expect(symbols).toEqual(text);
      expect(Math.ceil(bits / 8)).toBe(code.length);
      // What follows is not looked at.
      const longer = new Uint8Array(code.length + 9).fill(0xa5);
      longer.set(code);
      expect(inflateRaw(longer)).toEqual({ symbols, bits });
    }
    expect(inflateRaw(Uint8Array.of(0x4b, 0x04, 0x00))).toEqual({ symbols: Uint8Array.of(97), bits: 18 });
  });

  it('refuses what pako refuses, and never returns another text', () => {
    const random = new Random(1);
    const codes = ([1, 6, 9] as const).map((level) => deflateRaw(text, { level }));
    let both = 0;
    for (let i = 0; i < 1500; i++) {
      const code = codes[i % 3].slice();
      for (let flips = 1 + random.below(3); flips > 0; flips--) code[random.below(code.length)] ^= 1 << random.below(8);
      const ours = tryInflate(code, { maxOutputSize: 100_000 });
      let theirs: Uint8Array | undefined;
      try {
        theirs = pakoInflate(code);
      } catch {
        theirs = undefined;
      }
      expect(ours?.symbols).toEqual(theirs);
      if (theirs !== undefined) both++;
    }
    expect(both).toBeGreaterThan(20);
  });

  it('says why', () => {
    const code = deflateRaw(text);
    expect(() => inflateRaw(code.slice(0, 40))).toThrow(expect.objectContaining({ code: 'truncated' }));
    expect(() => inflateRaw(code, { maxOutputSize: 10 })).toThrow(expect.objectContaining({ code: 'limit' }));
    expect(() => inflateRaw(Uint8Array.of(7))).toThrow(expect.objectContaining({ code: 'corrupt' }));
    expect(() => inflateRaw('x' as never)).toThrow(TypeError);
  });
});

describe('canonical rejection', () => {
  /** Two bits a symbol of 0, 1 and the end, 11; 10 is a second code of symbol 1. */
  const toy: RedundantCode = {
    order: 'msb',
    decode(bytes) {
      const symbols: number[] = [];
      for (let at = 0; at < 8 * bytes.length; at += 2) {
        const pair = (bytes[at >> 3] >> (6 - (at & 7))) & 3;
        if (pair === 3) return { symbols, bits: at + 2 };
        symbols.push(pair === 0 ? 0 : 1);
      }
      return undefined;
    },
    encode(symbols) {
      const bytes = new Uint8Array(Math.ceil((symbols.length + 1) / 4));
      for (let i = 0; i <= symbols.length; i++)
        bytes[i >> 2] |= (i === symbols.length ? 3 : symbols[i]) << (6 - 2 * (i & 3));
      return bytes;
    },
  };

  it("draws from the encoder's distribution, and from the decoder's", () => {
    const n = 4000;
    for (const accept of ['canonical', 'decodable'] as const) {
      // p(x) is proportional to 4^-(n + 1) for the encoder: 1/2 end at once, ...; q(x) counts 1s twice.
      const counts = new Float64Array(7);
      let tries = 0;
      let i = 0;
      for (const sample of decodeRandom(toy, { seed: 5, maxBytes: 16, accept })) {
        const list = Array.from(sample.symbols);
        if (list.length < 3) counts[list.reduce((at, symbol) => 2 * at + 1 + symbol, 0)]++;
        tries += sample.tries;
        expect(sample.bits).toBe(2 * list.length + 2);
        expect(sample.distribution).toBe(accept === 'canonical' ? 'encoder' : 'decoder');
        if (++i === n) break;
      }
      const expected =
        accept === 'canonical'
          ? [1 / 2, 1 / 8, 1 / 8, 1 / 32, 1 / 32, 1 / 32, 1 / 32]
          : [1 / 4, 1 / 16, 1 / 8, 1 / 64, 1 / 32, 1 / 32, 1 / 16];
      expect(Math.abs(surprise(counts, expected, n))).toBeLessThan(4);
      expect(n / tries).toBeCloseTo(accept === 'canonical' ? 1 / 2 : 1, 1);
    }
  });

  it('measures the Kraft sum', () => {
    const { kraft, error, codes } = kraftSum(toy, { tries: 20000, maxBytes: 16 });
    expect(Math.abs(kraft - 1 / 2)).toBeLessThan(4 * error);
    expect(codes).toBeGreaterThan(0.99);
  });

  it('finds that half a per cent of random bits are deflate', () => {
    // Codes of up to 64 bytes. Of 3,000,000 tries with 512 bytes 0.5046 % (give or take 0.0041 %) decoded, where stored
    // and fixed blocks alone come to 0.5034 % by reckoning, and 0.4824 % were as zlib writes them. First measured were
    // 0.513 % and 0.496 %.
    const code = deflateCode((bytes) => deflateRaw(bytes, { level: 6, legacyHash: true }));
    const found = kraftSum(code, { tries: 60_000, maxBytes: 64, seed: 1 });
    expect(Math.abs(found.codes - 0.00513)).toBeLessThan(4 * found.codesError);
    expect(Math.abs(found.kraft - 0.00496)).toBeLessThan(4 * found.error);
    expect(found.canonical).toBeLessThan(found.decodable);
    const [sample] = decodeRandom(code, { seed: 1 });
    expect(inflateRaw(deflateRaw(Uint8Array.from(sample.symbols as number[]), { legacyHash: true })).bits).toBe(
      sample.bits,
    );
  });

  it('is exact for LZ78, as enumeration says', () => {
    const n = 5;
    const all = strings(2, n);
    const shares = all.map((string) => 2 ** -lengthOf(new Lz78Oracle({ alphabetSize: 2 }), string));
    const kraft = shares.reduce((sum, share) => sum + share);
    const code = lz78Code(n, { alphabetSize: 2 });
    const found = kraftSum(code, { tries: 20_000, maxBytes: 8 });
    expect(Math.abs(found.kraft - kraft)).toBeLessThan(4 * found.error);
    const counts = new Float64Array(all.length);
    let drawn = 0;
    for (const { symbols } of decodeRandom(code, { seed: 1, maxBytes: 8 })) {
      counts[Array.from(symbols).reduce((at, symbol) => 2 * at + symbol, 0)]++;
      if (++drawn === 5000) break;
    }
    const p = shares.map((share) => share / kraft);
    expect(Math.abs(surprise(counts, p, drawn))).toBeLessThan(4);
  });

  it('takes all bits for codes of runs, and few for those of GIF', () => {
    const runs = kraftSum(rleCode({ alphabetSize: 4 }), { tries: 2000 });
    // What is missing are strings above the limit.
    expect(runs.canonical).toBe(runs.decodable);
    expect(runs.kraft).toBeGreaterThan(0.995);
    const gif = kraftSum(gifCode({ alphabetSize: 4 }), { tries: 4000, maxBytes: 64 });
    expect(gif.decodable).toBeGreaterThan(4 * gif.canonical);
    expect(gif.canonical).toBeGreaterThan(0);
  });

  it('gives up', () => {
    const never: RedundantCode = { order: 'lsb', decode: () => undefined, encode: () => new Uint8Array() };
    expect(() => decodeRandom(never, { maxTries: 100 }).next()).toThrow(expect.objectContaining({ code: 'limit' }));
    expect(() => decodeRandom(never, { maxBytes: 0 }).next()).toThrow(RangeError);
    expect(() => kraftSum({ ...never, order: 'x' as never })).toThrow(RangeError);
  });
});
