/** An array of ten million symbols with each coder: the same words on both sides, and each side restores them. */
import { type CoderName, coderCases } from '../../bench/coder-cases.ts';
import { Constriction } from '../../bench/peers/coders.ts';
import { AnsCoder } from '../../src/coders/ans.ts';
import { ChainCoder } from '../../src/coders/chain.ts';
import { RangeEncoder } from '../../src/coders/range.ts';
import type { EntropyModel } from '../../src/models/model.ts';

const COUNT = 10_000_000;

type Words = Uint32Array | Int32Array;
const same = (a: Words, b: Words) => a.length === b.length && a.every((word, i) => word === b[i]);

function joined([a, b]: readonly [Uint32Array, Uint32Array]): Uint32Array {
  const both = new Uint32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** What is wrong with each coder's array, or undefined. */
export async function largeArrays(
  python: string,
  folder: string,
): Promise<{ title: string; wrong: string | undefined }[]> {
  const native = await Constriction.start(python, folder);
  try {
    const one = coderCases[0](COUNT);
    await native.load(one, 0);
    const { symbols, data } = one;
    const model = one.source as EntropyModel;
    const ans = new AnsCoder();
    const range = new RangeEncoder();
    const chain = new ChainCoder(data, { seal: true });
    const work: Record<CoderName, { words: () => Uint32Array; decode: () => Int32Array }> = {
      ANS: {
        words: () => {
          ans.encodeReverse(symbols, model);
          return ans.getCompressed();
        },
        decode: () => ans.decode(model, COUNT),
      },
      range: {
        words: () => {
          range.encode(symbols, model);
          return range.getCompressed();
        },
        decode: () => range.getDecoder().decode(model, COUNT),
      },
      // Its words are the remainders of what it decodes.
      chain: {
        words: () => {
          if (!same(chain.decode(model, COUNT), symbols)) throw new Error('other symbols come of the data');
          return joined(chain.getRemainders());
        },
        decode: () => {
          chain.encodeReverse(symbols, model);
          return same(joined(chain.getData({ unseal: true })), data) ? symbols : new Int32Array(0);
        },
      },
    };
    const results: { title: string; wrong: string | undefined }[] = [];
    for (const coder of ['ANS', 'range', 'chain'] as const) {
      const { words, decode } = work[coder];
      let wrong: string | undefined;
      try {
        const ours = words();
        // The peer holds what it decodes against the symbols that it was given.
        await native.time(coder === 'chain' ? 'decode' : 'encode', coder);
        if (!same(ours, await native.words(coder))) wrong = 'the words differ';
        await native.time(coder === 'chain' ? 'encode' : 'decode', coder);
        if (!same(decode(), symbols)) wrong = 'other symbols come back';
      } catch (error) {
        wrong = String(error);
      }
      results.push({ title: `${COUNT} symbols in one array, ${coder}`, wrong });
    }
    return results;
  } finally {
    native.stop();
  }
}
