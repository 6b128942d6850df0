/** What every sampler gives with fixed seeds: the same text in every engine. One char a byte. */
import { ancestral } from '../../src/sampling/ancestral.ts';
import { beamSearch } from '../../src/sampling/beam.ts';
import { decodeRandom, gifCode, rleCode } from '../../src/sampling/canonical.ts';
import { complete } from '../../src/sampling/complete.ts';
import { utf8Valid } from '../../src/sampling/constraints.ts';
import { DeflateOracle } from '../../src/sampling/deflate.ts';
import { exactBits, exactSample } from '../../src/sampling/exact.ts';
import { nextTokens } from '../../src/sampling/next-tokens.ts';
import { type LengthOracle, ModelOracle } from '../../src/sampling/oracle.ts';
import { sampleParticles } from '../../src/sampling/particles.ts';
import { RleOracle } from '../../src/sampling/rle.ts';
import { resampleSpans } from '../../src/sampling/spans.ts';
import { tokens } from '../../src/sampling/tokens.ts';
import { topK } from '../../src/sampling/top-k.ts';
import { CountModel } from './count_model.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const latin1 = (symbols: ArrayLike<number>) => Array.from(symbols, (symbol) => String.fromCharCode(symbol)).join('');

const TEXT = utf8(
  'The best code of a text is as long as the text is surprising; and what is not surprising is likely, naïve or not. '.repeat(
    3,
  ),
);
const PROMPT = utf8('The ');

function deflate(): LengthOracle {
  const oracle = new DeflateOracle({ format: 'raw' });
  for (const byte of TEXT) oracle.push(byte);
  return oracle;
}

const model = () => new CountModel(256, 0.02, TEXT);

function runs(): LengthOracle {
  const oracle = new RleOracle({ alphabetSize: 256 });
  for (const symbol of utf8('aaaabbbb')) oracle.push(symbol);
  return oracle;
}

/** Names of samplers and codecs, and what they sampled. */
export function samplersGolden(): Record<string, string> {
  const golden: Record<string, string> = {};
  const words = tokens(['the ', 'is ', 'as ', 'likely ', 'text ', 'not ', 'surprising ', 'a ', ', ']);
  for (const [name, make] of [
    ['deflate', deflate],
    ['counts', () => new ModelOracle(model())],
    ['runs', runs],
  ] as const) {
    const oracle = make();
    const text = (list: Iterable<{ readonly symbols: readonly number[] }>) =>
      latin1([...list].flatMap(({ symbols }) => symbols));
    const length = PROMPT.length + 3;
    golden[`complete ${name}`] = complete(oracle, PROMPT, { length, width: 3, height: 4 })
      .completions.map(({ symbols }) => latin1(symbols))
      .join('|');
    golden[`next tokens ${name}`] = text(nextTokens(oracle, PROMPT, { n: 6, width: 3, height: 3, seed: 1 }));
    golden[`top k ${name}`] = text(topK(oracle, PROMPT, { n: 24, k: 4, seed: 2 }));
    golden[`top k by bytes ${name}`] = text(topK(oracle, PROMPT, { n: 24, k: 4, seed: 2, unit: 'bytes' }));
    golden[`beam ${name}`] = latin1(beamSearch(oracle, PROMPT, { n: 16, width: 8 }).completions[0].symbols);
    golden[`beam of words ${name}`] = latin1(beamSearch(oracle, [0], { n: 8, tokens: words }).completions[0].symbols);
    golden[`greedy ${name}`] = text(ancestral(oracle, PROMPT, { n: 24, temperature: 0 }));
    golden[`one-step ${name}`] = text(ancestral(oracle, PROMPT, { n: 32, seed: 3, constraint: utf8Valid() }));
    const shape = {
      temperature: 1.3,
      topK: 40,
      topP: 0.95,
      minP: 0.001,
      repetitionPenalty: 1.2,
      frequencyPenalty: 0.5,
    };
    golden[`sharpened ${name}`] = text(ancestral(oracle, PROMPT, { n: 32, seed: 4, ...shape }));
    golden[`particles ${name}`] = latin1(sampleParticles(oracle, [], { n: 12, particles: 16, seed: 5 }).sample.tokens);
    golden[`spans ${name}`] = latin1(resampleSpans(oracle, PROMPT, { steps: 20, seed: 6 }).tokens);
  }
  golden.exact = latin1(exactSample(model(), 60, { prompt: PROMPT, seed: 7 }).symbols);
  let state = 1;
  const bits = {
    predict: () => 1 + ((state >>> 8) % 65535),
    update(bit: number) {
      state = (Math.imul(state, 0x9e3779b1) + bit) >>> 0;
    },
  };
  golden['exact bits'] = latin1(exactBits(bits, 40, { seed: 8 }).symbols);
  const drawn: string[] = [];
  for (const { symbols, tries } of decodeRandom(gifCode({ alphabetSize: 4 }), { seed: 9, maxBytes: 64 })) {
    drawn.push(`${Array.from(symbols).join('')}/${tries}`);
    if (drawn.length === 6) break;
  }
  golden['canonical gif'] = drawn.join(' ');
  for (const { symbols } of decodeRandom(rleCode({ alphabetSize: 4 }), { seed: 10 })) {
    if (symbols.length < 20) continue;
    golden['canonical runs'] = Array.from(symbols).join('');
    break;
  }
  return golden;
}
