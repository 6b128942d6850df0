import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fastParameters,
  OnlineDecoder,
  OnlineEncoder,
  type OnlineParameters,
  onlineMemory,
} from '../src/sequence/online.ts';
import { OnlineModel } from '../src/sequence/online-bits.ts';
import { counting, json, mixture, noise, records, runs, words } from './support/inputs.ts';
import { checkBitModel, learnBytes } from './support/laws.ts';
import { journalledKernel, layout, plainKernel } from './support/online_kernel.ts';
import { randomBytes, randomOf } from './support/random.ts';

const small = { tableBits: 16, historyBits: 12 };

/** Codes each part as a block of one model, in calls of the given lengths, which repeat. */
function encodeBlocks(encoder: OnlineEncoder, parts: readonly Uint8Array[], lengths: readonly number[] = [Infinity]) {
  let call = 0;
  return parts.map((part) => {
    encoder.begin();
    for (let at = 0; at < part.length; ) {
      const length = lengths[call++ % lengths.length];
      encoder.encode(part.subarray(at, at + length));
      at += length;
    }
    return encoder.end();
  });
}

const encode = (bytes: Uint8Array, parameters: OnlineParameters = small) =>
  encodeBlocks(new OnlineEncoder(parameters), [bytes])[0];

function decode(decoder: OnlineDecoder, coded: Uint8Array, length: number): Uint8Array {
  decoder.begin(coded);
  const bytes = new Uint8Array(length);
  decoder.decode(bytes);
  return bytes;
}

const inputs: Record<string, Uint8Array> = {
  nothing: new Uint8Array(0),
  'a zero': Uint8Array.of(0),
  'a 255': Uint8Array.of(255),
  text: words(30_000),
  JSON: json(30_000),
  random: noise(10_000),
  runs: runs(60_000),
  zeros: new Uint8Array(50_000),
  records: records(30_000),
  counting: counting(20_000),
  mixture: mixture(60_000),
};

describe('coding blocks', () => {
  test.each(Object.entries(inputs))('decoding undoes encoding: %s', (_, bytes) => {
    for (const parameters of [small, fastParameters(bytes.length)]) {
      const coded = encode(bytes, parameters);
      const decoder = new OnlineDecoder(parameters);
      expect(decode(decoder, coded, bytes.length)).toEqual(bytes);
      expect(decoder.finished).toBe(true);
      expect(decoder.overrun).toBe(false);
    }
  });

  test('an empty block is no bytes, and random bytes take 2 % more than they are at most', () => {
    expect(encode(new Uint8Array(0))).toEqual(new Uint8Array(0));
    expect(encode(randomBytes(10_000, 8)).length).toBeLessThan(10_200);
  });

  test('where input is cut into calls changes no bit, on neither side', () => {
    const bytes = inputs.mixture.subarray(0, 20_000);
    const whole = encode(bytes);
    const encoder = new OnlineEncoder(small);
    const decoder = new OnlineDecoder(small);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 8 }), (lengths) => {
        expect(encodeBlocks(new OnlineEncoder(small), [bytes], lengths)).toEqual([whole]);
        const fresh = new OnlineDecoder(small);
        fresh.begin(whole);
        const decoded = new Uint8Array(bytes.length);
        for (let at = 0, call = 0; at < bytes.length; at += lengths[call++ % lengths.length])
          fresh.decode(decoded.subarray(at, at + lengths[call % lengths.length]));
        expect(decoded).toEqual(bytes);
        expect(fresh.finished).toBe(true);
      }),
      { seed: 11, numRuns: 8 },
    );
    expect(encodeBlocks(encoder, [bytes], [1])).toEqual([whole]);
    expect(decode(decoder, whole, bytes.length)).toEqual(bytes);
    encoder.begin();
    encoder.encode(new Uint8Array(0));
    expect(encoder.end()).toEqual(new Uint8Array(0));
  });

  test('blocks of one model decode in order, and later ones profit from earlier ones', () => {
    const text = words(20_000);
    const parts = [text, new Uint8Array(0), text.subarray(17_000), noise(500), text.subarray(18_000)];
    const blocks = encodeBlocks(new OnlineEncoder(small), parts);
    expect(blocks[2].length).toBeLessThan(encode(parts[2]).length / 2);
    const decoder = new OnlineDecoder(small);
    for (const [i, block] of blocks.entries()) {
      expect(decode(decoder, block, parts[i].length)).toEqual(parts[i]);
      expect(decoder.finished).toBe(true);
    }
  });

  test('learning leaves the model as coding the same bytes does, in encoders and decoders', () => {
    fc.assert(
      fc.property(fc.nat(20_000), fc.nat(9000), fc.nat(20_000), (from, length, after) => {
        const first = inputs.mixture.subarray(from, from + length);
        const second = inputs.mixture.subarray(after, after + 1500);
        const coded = encodeBlocks(new OnlineEncoder(small), [first, second])[1];
        const encoder = new OnlineEncoder(small);
        encoder.learn(first);
        expect(encodeBlocks(encoder, [second])[0]).toEqual(coded);
        const decoder = new OnlineDecoder(small);
        decoder.learn(first.subarray(0, length >> 1));
        decoder.learn(first.subarray(length >> 1));
        expect(decode(decoder, coded, second.length)).toEqual(second);
      }),
      { seed: 12, numRuns: 12 },
    );
  });

  test('after a reset a coder is as new', () => {
    const encoder = new OnlineEncoder(small);
    const decoder = new OnlineDecoder(small);
    for (const name of ['mixture', 'a 255', 'JSON', 'a zero', 'text', 'text']) {
      const bytes = inputs[name].subarray(0, 15_000);
      const coded = encode(bytes);
      expect(encodeBlocks(encoder, [bytes])[0]).toEqual(coded);
      expect(decode(decoder, coded, bytes.length)).toEqual(bytes);
      encoder.reset();
      decoder.reset();
    }
  });
});

describe('damaged and hostile blocks', () => {
  const text = inputs.text.subarray(0, 6000);
  const coded = encode(text);

  test('a decoder is finished only when it has read the whole of a block, and overrun only past it', () => {
    const decoder = new OnlineDecoder(small);
    decoder.begin(coded);
    const part = new Uint8Array(1000);
    for (let at = 0; at < text.length; at += 1000) {
      expect(decoder.finished).toBe(false);
      expect(decoder.overrun).toBe(false);
      decoder.decode(part);
      expect(part).toEqual(text.subarray(at, at + 1000));
    }
    expect(decoder.finished).toBe(true);
  });

  test('a block that ends too early decodes to something, and says so', () => {
    for (const length of [0, 1, 5, coded.length >> 1, coded.length - 8]) {
      const decoder = new OnlineDecoder(small);
      const bytes = decode(decoder, coded.subarray(0, length), text.length);
      expect(bytes).not.toEqual(text);
      if (decoder.overrun) expect(decoder.finished).toBe(false);
    }
    const decoder = new OnlineDecoder(small);
    decode(decoder, new Uint8Array(0), 100_000);
    // Zeros for ever: the model learns them, so that they hardly take a byte.
    expect(decoder.finished || decoder.overrun).toBe(true);
  });

  test('any bytes decode to something, without end or error', () => {
    const random = randomOf(13);
    for (let i = 0; i < 60; i++) {
      const length = random(3000);
      const bytes = i % 3 === 0 ? randomBytes(length, i) : Uint8Array.from(coded.subarray(0, length));
      if (i % 3 === 1 && length > 0) bytes[random(length)] ^= 1 << random(8);
      if (i % 3 === 2) bytes.fill(random(2) * 255, random(length + 1));
      const decoder = new OnlineDecoder(small);
      const raw = decode(decoder, bytes, 3000);
      expect(raw.length).toBe(3000);
      expect(decoder.finished && decoder.overrun).toBe(false);
    }
  });

  test('bits that the model thinks impossible, chunk after chunk, stay within the window', () => {
    // Coded bytes that say at every bit what is less likely: the most coded bytes that raw ones can take.
    const model = new OnlineModel({ parameters: small });
    const bytes = new Uint8Array(3 * 4096).map(() => {
      let byte = 0;
      for (let k = 0; k < 8; k++) {
        const bit = model.predict() < 32768 ? 1 : 0;
        model.update(bit);
        byte = 2 * byte + bit;
      }
      return byte;
    });
    const worst = encode(bytes);
    expect(worst.length).toBeGreaterThan(bytes.length);
    expect(decode(new OnlineDecoder(small), worst, bytes.length)).toEqual(bytes);
    // Long agreement, then contradiction at the least probability.
    const zeros = new Uint8Array(60_000);
    zeros.fill(255, 50_000);
    expect(decode(new OnlineDecoder(small), encode(zeros), zeros.length)).toEqual(zeros);
  });
});

describe('parameters', () => {
  test('level fast gives valid ones for every size', () => {
    let before = fastParameters(0);
    expect(before).toEqual({ tableBits: 16, historyBits: 12 });
    for (let bits = 0; bits <= 40; bits += 1 / 8) {
      const parameters = fastParameters(Math.floor(2 ** bits));
      expect(onlineMemory(parameters)).toBeGreaterThan(0);
      expect(parameters.tableBits).toBeGreaterThanOrEqual(before.tableBits);
      expect(parameters.historyBits).toBeGreaterThanOrEqual(before.historyBits);
      if (bits < 23) expect(2 ** parameters.historyBits).toBeGreaterThan(2 ** bits - 1);
      before = parameters;
    }
    expect(before).toEqual({ tableBits: 26, historyBits: 24 });
    expect(fastParameters()).toEqual(before);
  });

  test('the memory stated is what the kernel takes, rounded up to pages', () => {
    for (const tableBits of [16, 17, 21])
      for (let historyBits = 12; historyBits <= 24; historyBits += 3) {
        const { end, memory } = plainKernel({ tableBits, historyBits });
        expect(onlineMemory({ tableBits, historyBits })).toBe(memory.buffer.byteLength);
        expect(Math.ceil(end / 65536) * 65536).toBe(memory.buffer.byteLength);
      }
    expect(onlineMemory(fastParameters())).toBe(0x490000 + 2 ** 24 + 8 * 2 ** 16 + 2 ** 26);
  });

  test('others are refused', () => {
    const bad = [15, 27, 16.5, Number.NaN, -1, 2 ** 32 + 16];
    const parameters = [
      ...bad.map((tableBits) => ({ tableBits, historyBits: 12 })),
      ...[11, 25, 12.5, Number.NaN].map((historyBits) => ({ tableBits: 16, historyBits })),
    ];
    for (const each of parameters)
      for (const make of [
        () => onlineMemory(each),
        () => new OnlineEncoder(each),
        () => new OnlineDecoder(each),
        () => new OnlineModel({ parameters: each }),
      ]) {
        expect(make).toThrow(RangeError);
        expect(make).toThrow(/is a whole number from \d+ to \d+, not/);
      }
    for (const journalBytes of [0, 1000, 269_503, 2 ** 30 + 1, 300_000.5, Number.NaN])
      expect(() => new OnlineModel({ parameters: small, journalBytes })).toThrow('journalBytes is a whole number');
  });
});

describe('bit by bit', () => {
  const create = (journalBytes?: number) => new OnlineModel({ parameters: small, journalBytes });

  test('the law finds a model that does not go all the way back', () => {
    // Predicts by a count of ones; the broken one goes back to one too few.
    const counter = (slip: number) => () => {
      let ones = 0;
      return {
        predict: () => 1 + ones,
        update: (bit: number) => {
          ones += bit;
        },
        mark: () => ones,
        rollback: (mark: number) => {
          ones = Math.max(0, mark - slip);
        },
        release: () => {},
      };
    };
    checkBitModel(counter(0), { seed: 20, runs: 30 });
    expect(() => checkBitModel(counter(1), { seed: 20, runs: 30 })).toThrow('Property failed');
  });

  test('rollback restores to the bit, under nested marks', () => {
    checkBitModel(create, { seed: 21, runs: 60 });
  });

  test('rollback restores to the bit, deep in text with matches and slots that are taken', () => {
    checkBitModel(create, {
      seed: 22,
      runs: 25,
      warm: inputs.text.subarray(0, 5000),
      data: inputs.text.subarray(4900, 5400),
    });
  });

  test.each([4095, 8190, 12_287])(
    'rollback restores to the bit, across the halving of votes: %i bytes in',
    (length) => {
      const warm = inputs.records.subarray(0, length);
      checkBitModel(create, { seed: length, runs: 12, warm, data: inputs.records.subarray(length, length + 300) });
    },
  );

  test('rollback restores to the bit, on bytes that surprise', () => {
    checkBitModel(create, { seed: 23, runs: 20, warm: noise(4090), data: randomBytes(400, 9) });
  });

  test('the probabilities are those that the compressing kernel codes with', () => {
    for (const bytes of [inputs.mixture.subarray(0, 20_000), inputs.runs.subarray(0, 20_000)]) {
      const model = create();
      const coded: number[] = [];
      let [low, high] = [0, 0xffffffff];
      for (const byte of bytes)
        for (let k = 7; k >= 0; k--) {
          const bit = (byte >> k) & 1;
          const middle = low + Math.floor(((high - low) * model.predict()) / 65536);
          if (bit) high = middle;
          else low = middle + 1;
          for (; low >>> 24 === high >>> 24; low = (low << 8) >>> 0, high = ((high << 8) | 255) >>> 0)
            coded.push(high >>> 24);
          model.update(bit);
        }
      expect([...encode(bytes).subarray(0, coded.length)]).toEqual(coded);
    }
  });

  test('marks that were rolled back or released are refused, also when others have come since', () => {
    const model = create();
    const [a, b, c] = [model.mark(), model.mark(), model.mark()];
    model.rollback(b);
    for (const mark of [b, c]) {
      expect(() => model.rollback(mark)).toThrow('this mark is not held');
      expect(() => model.release(mark)).toThrow('this mark is not held');
    }
    const d = model.mark();
    expect(() => model.rollback(b)).toThrow('this mark is not held');
    model.release(d);
    expect(() => model.rollback(d)).toThrow('this mark is not held');
    model.rollback(a);
    const e = model.mark();
    expect(() => model.release(a)).toThrow('this mark is not held');
    model.release(e);
    expect(() => model.rollback(e)).toThrow(RangeError);
  });

  test('bits are 0 or 1', () => {
    const model = create();
    const before = model.predict();
    for (const bit of [2, -1, 0.5, Number.NaN, '1', true, undefined])
      expect(() => model.update(bit as number)).toThrow(TypeError);
    expect(model.predict()).toBe(before);
  });

  test('a full undo log is an error that leaves the model as it was', () => {
    const model = create(269_504);
    const text = inputs.text;
    learnBytes(model, text.subarray(0, 1000));
    const first = model.mark();
    const before = model.predict();
    const inner = model.mark();
    let bits = 0;
    const step = () => model.update((text[1000 + (bits >> 3)] >> (7 - (bits & 7))) & 1);
    const fill = () => {
      for (; ; bits++) step();
    };
    expect(fill).toThrow('the undo log is full');
    expect(bits).toBeGreaterThan(40);
    const full = model.predict();
    expect(step).toThrow(RangeError);
    expect(model.predict()).toBe(full);
    // Marks still fit, in what a step may need: at some time they do not.
    expect(() => {
      for (;;) model.mark();
    }).toThrow('the undo log is full');
    expect(model.predict()).toBe(full);
    model.rollback(inner);
    expect(model.predict()).toBe(before);
    bits = 0;
    expect(fill).toThrow('the undo log is full');
    expect(model.predict()).toBe(full);
    // Without a mark nothing is logged, so there is nothing to be full.
    model.release(first);
    const other = create();
    learnBytes(other, text.subarray(0, 1000));
    for (let i = 0; i < bits; i++) other.update((text[1000 + (i >> 3)] >> (7 - (i & 7))) & 1);
    for (let i = 0; i < 80_000; i++) {
      expect(model.predict()).toBe(other.predict());
      model.update(i % 3 === 0 ? 1 : 0);
      other.update(i % 3 === 0 ? 1 : 0);
    }
    model.rollback(model.mark());
    expect(model.predict()).toBe(other.predict());
  });

  test('no bit takes more of the undo log than is kept for it', () => {
    const most = 4211 * 32;
    const { exports, memory, end } = journalledKernel(small, 2 * most);
    expect(end).toBeLessThanOrEqual(memory.buffer.byteLength);
    const votes = new Uint32Array(memory.buffer, layout.VOTES, 4096);
    const text = inputs.mixture;
    let largest = 0;
    let ordinary = 0;
    for (let i = 0; i < 5 * 4096 * 8; i++) {
      // Before the last bit of each 4096th byte all votes are set: more than any input does, as two never are.
      const last = i % (4096 * 8) === 4096 * 8 - 1;
      if (last) votes.fill(3);
      const mark = exports.mark();
      const before = exports.journalFree();
      exports.update((text[i >> 3] >> (7 - (i & 7))) & 1);
      const taken = before - exports.journalFree();
      if (last) largest = Math.max(largest, taken);
      else ordinary = Math.max(ordinary, taken);
      exports.release(mark);
    }
    expect(largest).toBeLessThanOrEqual(most);
    expect(largest).toBeGreaterThan(4096 * 32);
    expect(ordinary).toBeLessThanOrEqual(most - 4096 * 32);
    expect(ordinary).toBeGreaterThan(most - 4096 * 32 - 8 * 32);
  });
});
