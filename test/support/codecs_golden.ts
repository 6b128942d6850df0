import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { bitsBack } from '../../src/codecs/bits-back.ts';
import type { Codec } from '../../src/codecs/codec.ts';
import { dependent, optional, record, repeat, tuple, union } from '../../src/codecs/compose.ts';
import { boolean, integers, naturals, uniform, uniformBig } from '../../src/codecs/integers.ts';
import { mixture } from '../../src/codecs/mixture.ts';
import { autoregressive, fromFamily, fromModel, symbolsOf } from '../../src/codecs/models.ts';
import { BitStack, randomWords } from '../../src/codecs/stack.ts';
import { list, text } from '../../src/codecs/text.ts';
import { AliasCategorical } from '../../src/models/alias.ts';
import { Categorical } from '../../src/models/categorical.ts';
import { QuantizedGaussian } from '../../src/models/quantized.ts';
import { HiddenMarkov } from '../../src/structures/hmm.ts';
import { fitHmm } from '../../src/structures/hmm-fit.ts';
import { multiset } from '../../src/structures/multiset.ts';

const masses = (count: number, seed: number): Float64Array =>
  Float64Array.from(randomWords(count, seed), (word) => 1 + (word >>> 16));
const dice = [masses(6, 1), masses(6, 2)].map((each) => new Categorical(each, { perfect: true }));
const gaussian = new QuantizedGaussian(-500, 500);

function hmm(): HiddenMarkov {
  return new HiddenMarkov({ initial: masses(9, 3), transition: masses(81, 4), emission: masses(9 * 30, 5) });
}

function fitted(): HiddenMarkov {
  const symbols = hmm()
    .codec(400)
    .pop(new BitStack({ initial: randomWords(400, 6) }));
  return new HiddenMarkov(fitHmm([symbols], { states: 6, symbols: 30, iterations: 4 }));
}

const codecs: Readonly<Record<string, () => Codec<unknown>>> = {
  uniform: () => tuple(uniform(6), uniform(2 ** 24 - 3), uniform(10 ** 15)) as Codec<unknown>,
  'bigint, of 300 digits': () => uniformBig(10n ** 300n + 7n) as Codec<unknown>,
  'naturals and integers': () =>
    tuple(naturals({ max: 10 ** 9 }), integers({ max: 10 ** 6 }), boolean) as Codec<unknown>,
  'array of symbols': () => symbolsOf(dice[0], 100) as Codec<unknown>,
  'array under the alias method': () =>
    symbolsOf(new AliasCategorical(masses(50, 7), { perfect: true }), 100) as Codec<unknown>,
  'array of Gaussians': () =>
    fromFamily(
      gaussian,
      masses(40, 8).map((x) => x / 200 - 150),
      masses(40, 9).map((x) => x / 900),
    ) as Codec<unknown>,
  'autoregressive array': () =>
    autoregressive({ length: 50, next: (symbols, i) => dice[i > 0 && symbols[i - 1] > 2 ? 1 : 0] }) as Codec<unknown>,
  'nested values': () =>
    record({
      kind: union({ one: uniform(10), many: list(uniform(3), { maxLength: 9 }) }, { one: 1, many: 2 }),
      maybe: optional(uniform(99), 0.2),
      rolls: dependent(uniform(5), (n) => repeat(fromModel(dice[1]), n)),
    }) as Codec<unknown>,
  mixture: () => repeat(mixture([0.3, 0.7], [gaussian.model(-20, 5), gaussian.model(30, 90)]), 30) as Codec<unknown>,
  'bits-back': () =>
    repeat(
      bitsBack<number, number>({
        prior: uniform(2),
        likelihood: (z) => fromModel(dice[z]),
        posterior: (x) => fromModel(new Categorical([1 + x, 7 - x], { perfect: true })),
      }),
      50,
    ) as Codec<unknown>,
  multiset: () =>
    multiset(fromModel(new Categorical(masses(200, 10), { perfect: true })), { size: 300 }) as Codec<unknown>,
  'hidden Markov model': () => hmm().codec(200) as Codec<unknown>,
  'fitted hidden Markov model': () => fitted().codec(200) as Codec<unknown>,
};

/** SHA-256 of the stack after pops with each codec, and after pushing what a fixed stack gives. */
export function codecsGolden(): Record<string, string> {
  const golden: Record<string, string> = {};
  for (const [name, make] of Object.entries(codecs)) {
    const codec = make();
    const stack = new BitStack({ initial: randomWords(600, 11) });
    const value = codec.pop(stack);
    // On other words than those that it came from: its latent variables are others.
    const other = new BitStack({ initial: randomWords(8, 12) });
    codec.push(other, value);
    const words = Uint32Array.of(...stack.getCompressed(), ...other.getCompressed());
    golden[name] = bytesToHex(sha256(new Uint8Array(words.buffer)));
  }
  // Text has no value for every stack, so it is given.
  const stack = new BitStack({ initial: randomWords(8, 12) });
  text({ maxLength: 100 }).push(stack, 'naïve café, 90 €');
  golden.text = bytesToHex(sha256(new Uint8Array(stack.getCompressed().buffer)));
  return golden;
}
