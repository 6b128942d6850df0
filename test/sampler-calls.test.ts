/** How samplers are called: codecs or models, prompts as text or tokens, and what they say of anything else. */
import { describe, expect, it } from 'vitest';
import { ancestral } from '../src/sampling/ancestral.ts';
import { beamSearch } from '../src/sampling/beam.ts';
import { complete } from '../src/sampling/complete.ts';
import { DeflateOracle } from '../src/sampling/deflate.ts';
import { exactBits, exactSample, exactStream } from '../src/sampling/exact.ts';
import { LzmaOracle } from '../src/sampling/lzma.ts';
import { openCodec } from '../src/sampling/named.ts';
import { nextTokens } from '../src/sampling/next-tokens.ts';
import { ModelOracle, oracleOf, type Prompt, pushAll, type Samplable } from '../src/sampling/oracle.ts';
import { sampleParticles } from '../src/sampling/particles.ts';
import { resampleSpans } from '../src/sampling/spans.ts';
import { sampleStream } from '../src/sampling/stream.ts';
import { tokens } from '../src/sampling/tokens.ts';
import { topK } from '../src/sampling/top-k.ts';
import { BitTreeModel } from '../src/sequence/bit-tree.ts';
import { CtwBits, CtwModel } from '../src/sequence/ctw.ts';
import { Lz78Model } from '../src/sequence/lz78.ts';
import { MixtureModel } from '../src/sequence/mixture.ts';
import { NgramModel } from '../src/sequence/ngram.ts';

const TEXT = 'she sells sea shells by the sea shore; the shells she sells are sea shells, naïve or not. '.repeat(3);
const BYTES = new TextEncoder().encode(TEXT);
const model = () => pushAll(new NgramModel({ order: 3 }), TEXT);
const text = (bytes: Iterable<number>) => new TextDecoder().decode(Uint8Array.from(bytes));

const samplers: Record<string, (codec: Samplable, prompt: Prompt) => unknown> = {
  ancestral: (codec, prompt) => [...ancestral(codec, prompt, { n: 8, seed: 1 })],
  topK: (codec, prompt) => [...topK(codec, prompt, { n: 8, seed: 1 })],
  nextTokens: (codec, prompt) => [...nextTokens(codec, prompt, { n: 3, seed: 1 })],
  complete: (codec, prompt) => complete(codec, prompt, { length: 8 }).completions,
  beamSearch: (codec, prompt) => beamSearch(codec, prompt, { n: 5, width: 4 }).completions,
  sampleParticles: (codec, prompt) => sampleParticles(codec, prompt, { n: 5, particles: 8, seed: 1 }),
  resampleSpans: (codec, start) => resampleSpans(codec, start, { steps: 10, seed: 1 }),
};

describe('samplers', () => {
  it.each(Object.entries(samplers))('%s takes an oracle or a model, and a text or its bytes', (_, sample) => {
    const one = model();
    const result = sample(new ModelOracle(one), new TextEncoder().encode('shë '));
    expect(sample(one, 'shë ')).toEqual(result);
    // And the model is as it was.
    expect(sample(one, 'shë ')).toEqual(result);
    const deflate = pushAll(new DeflateOracle(), TEXT);
    const before = deflate.bits();
    expect(sample(deflate, 'she ')).toEqual(sample(deflate, new TextEncoder().encode('she ')));
    expect(deflate.bits()).toBe(before);
  });

  it.each(Object.entries(samplers))('%s says what it cannot take', (_, sample) => {
    const wrong =
      (codec: unknown, prompt: unknown = 'she ') =>
      () =>
        sample(codec as Samplable, prompt as Prompt);
    expect(wrong(new CtwBits())).toThrow(/a model of bits/);
    for (const codec of [{}, undefined, null, 'zlib', { alphabetSize: 256 }])
      expect(wrong(codec)).toThrow(expect.objectContaining({ name: 'TypeError', code: 'invalid-type' }));
    for (const prompt of [null, 5, {}, true])
      expect(wrong(model(), prompt)).toThrow(expect.objectContaining({ name: 'TypeError', code: 'invalid-type' }));
    expect(wrong(model(), [256])).toThrow(RangeError);
  });

  it('cut a text into the tokens that they choose from', () => {
    const words = tokens(['she ', 'sea ', 's', 'sells ']);
    const codec = pushAll(new DeflateOracle(), TEXT);
    const options = { tokens: words, n: 3, seed: 2 };
    expect(sampleParticles(codec, 'she sells ', options)).toEqual(sampleParticles(codec, [0, 3], options));
    expect(() => sampleParticles(codec, 'he', options)).toThrow(/no token fits at offset 0/);
  });

  it('take a prompt for a condition', () => {
    const codec = pushAll(new DeflateOracle(), TEXT);
    const options = { n: 6, particles: 16, seed: 3 };
    const given = sampleParticles(codec, 'she se', options);
    expect(given.sample.tokens.length).toBe(6);
    pushAll(codec, 'she se');
    expect(sampleParticles(codec, [], options)).toEqual(given);
    const never = { start: 0, step: (state: number, token: number) => (token === 33 ? undefined : state) };
    expect(() => sampleParticles(codec, '!', { ...options, constraint: never })).toThrow(/forbids token 33/);
  });

  it('leave what they sampled where they are told to', () => {
    const one = model();
    const added = [...ancestral(one, 'she ', { n: 5, seed: 4, keep: true })].map(({ token }) => token);
    const two = pushAll(pushAll(model(), 'she '), added);
    const cuts = [new Uint32Array(257), new Uint32Array(257)];
    one.intervals(cuts[0]);
    two.intervals(cuts[1]);
    expect(cuts[0]).toEqual(cuts[1]);
  });

  it('complete short prompts to ten tokens, and others to a length that is given', () => {
    const codec = pushAll(new DeflateOracle(), TEXT);
    expect(complete(codec, 'she sells').completions[0].tokens.length).toBe(10);
    expect(() => complete(codec, 'she sells ')).toThrow(
      /10 tokens, and length counts .* \{ length: 20 \} .* default is 10/,
    );
    expect(() => complete(codec, 'she sells', { length: 8 })).toThrow(/length: 19 .*not 8/);
    expect(complete(codec, 'she sells ', { length: 10 }).completions.length).toBe(1);
  });
});

describe('exact samplers', () => {
  it('take a text for a prompt', () => {
    const one = model();
    const options = { prompt: 'naï', seed: 1 };
    const bytes = { prompt: new TextEncoder().encode('naï'), seed: 1 };
    expect(exactSample(one, 9, options)).toEqual(exactSample(one, 9, bytes));
    expect(exactStream(one, options).next()).toEqual(exactStream(one, bytes).next());
    expect(exactBits(new CtwBits(), 9, options)).toEqual(exactBits(new CtwBits(), 9, bytes));
  });

  it('say what to call instead', () => {
    const fault = (message: RegExp) =>
      expect.objectContaining({ code: 'invalid-type', message: expect.stringMatching(message) });
    for (const codec of [new DeflateOracle(), new ModelOracle(model())]) {
      expect(() => exactSample(codec as never, 3)).toThrow(fault(/ancestral or sampleParticles/));
      expect(() => exactStream(codec as never).next()).toThrow(fault(/ancestral or sampleParticles/));
      expect(() => exactBits(codec as never, 3)).toThrow(fault(/ancestral or sampleParticles/));
    }
    expect(() => exactSample(new CtwBits() as never, 3)).toThrow(fault(/exactBits/));
    expect(() => exactBits(model() as never, 3)).toThrow(fault(/exactSample/));
    for (const nothing of [undefined, null, {}, 'ppm']) {
      expect(() => exactSample(nothing as never, 3)).toThrow(fault(/SequenceModel/));
      expect(() => exactBits(nothing as never, 3)).toThrow(fault(/BitModel/));
    }
  });

  it('give what a stream of the same seed gives', async () => {
    for (const name of ['lz78', 'ppm:3', 'ctw:2', 'ngram:2+lz78']) {
      const sampled = async () => {
        const codec = await openCodec(name, { size: 1000 });
        codec.learn(BYTES);
        return codec;
      };
      const stream = [...sampleStream(await sampled(), { n: 40, seed: 5 }).bytes];
      expect([...exactSample((await sampled()).model!, 40, { seed: 5 }).symbols], name).toEqual(stream);
      const shown: number[] = [];
      for (const symbol of exactStream((await sampled()).model!, { seed: 5 })) if (shown.push(symbol) === 40) break;
      expect(shown, name).toEqual(stream);
    }
    const online = async () => {
      const codec = await openCodec('online', { size: 1000 });
      codec.learn(BYTES);
      return codec;
    };
    const stream = [...sampleStream(await online(), { n: 40, seed: 5 }).bytes];
    expect([...exactBits((await online()).bitModel!, 40, { seed: 5 }).symbols]).toEqual(stream);
  });
});

describe('priming', () => {
  it('is to push or learn symbol by symbol', () => {
    const lzma = new LzmaOracle();
    for (const byte of BYTES) lzma.push(byte);
    expect(pushAll(new LzmaOracle(), TEXT).bits()).toBe(lzma.bits());
    expect(pushAll(new LzmaOracle(), [...BYTES]).bits()).toBe(lzma.bits());
    const mixture = () => new MixtureModel({ models: [new NgramModel({ order: 2 }), new Lz78Model()] });
    for (const create of [() => new CtwModel({ depth: 3 }), () => new Lz78Model(), mixture]) {
      const cuts = [new Uint32Array(257), new Uint32Array(257)];
      const plain = create();
      for (const byte of BYTES) plain.update(byte);
      plain.intervals(cuts[0]);
      pushAll(create(), TEXT).intervals(cuts[1]);
      expect(cuts[0]).toEqual(cuts[1]);
    }
    const oracle = new ModelOracle(new Lz78Model());
    expect(pushAll(oracle, text(BYTES))).toBe(oracle);
    expect(oracle.bits()).toBeGreaterThan(100);
  });

  it('is all or nothing, and of codecs', () => {
    for (const codec of [new DeflateOracle(), new LzmaOracle(), new ModelOracle(new Lz78Model())]) {
      const before = codec.bits();
      expect(() => pushAll(codec, [1, 2, 256])).toThrow(RangeError);
      expect(codec.bits()).toBe(before);
    }
    expect(() => pushAll({} as never, 'a')).toThrow(expect.objectContaining({ code: 'invalid-type' }));
    expect(() => pushAll(new DeflateOracle(), 7 as never)).toThrow(expect.objectContaining({ code: 'invalid-type' }));
  });

  it('of models that oracles are made of', async () => {
    const oracle = new DeflateOracle();
    expect(oracleOf(oracle)).toBe(oracle);
    expect(oracleOf(new BitTreeModel(new CtwBits())).bits()).toBe(0);
    const codec = await openCodec('lz78');
    expect(() => oracleOf(codec as never)).toThrow(/give its oracle/);
  });
});
