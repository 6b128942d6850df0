/** Symbols a second of exact sampling. */

import { exactBits, exactSample } from '../src/sampling/exact.ts';
import { CtwBits, CtwModel } from '../src/sequence/ctw.ts';
import { Lz78Model } from '../src/sequence/lz78.ts';
import { LzwModel } from '../src/sequence/lzw.ts';
import type { BitModel, SequenceModel } from '../src/sequence/model.ts';
import { NgramModel } from '../src/sequence/ngram.ts';
import { OnlineModel } from '../src/sequence/online-bits.ts';
import { PpmModel } from '../src/sequence/ppm.ts';
import { median } from './measure.ts';

/** One model. */
export interface SpeedRow {
  model: string;
  /** How it is sampled: symbol by symbol, or bit by bit. */
  by: 'symbols' | 'bits';
  /** Symbols of a sample. */
  symbols: number;
  /** Symbols a second, learning them included. */
  rate: number;
  /** Symbols a second that are learnt, without being predicted. */
  learnt: number;
}

/** The part `speed` of bench/results/sampling.json. */
export interface SpeedResults {
  text: string;
  /** Bytes that the models learnt first. */
  primed: number;
  rounds: number;
  rows: SpeedRow[];
}

type Case =
  | { model: string; by: 'symbols'; symbols: number; create: () => SequenceModel }
  | { model: string; by: 'bits'; symbols: number; create: () => BitModel };

const cases: readonly Case[] = [
  { model: 'LZ78', by: 'symbols', symbols: 1_000_000, create: () => new Lz78Model() },
  { model: 'LZW', by: 'symbols', symbols: 1_000_000, create: () => new LzwModel() },
  { model: 'PPM, order 6', by: 'symbols', symbols: 200_000, create: () => new PpmModel() },
  { model: 'Kneser–Ney, order 6', by: 'symbols', symbols: 200_000, create: () => new NgramModel() },
  { model: 'context-tree weighting', by: 'bits', symbols: 40_000, create: () => new CtwBits() },
  { model: 'context-tree weighting', by: 'symbols', symbols: 4000, create: () => new CtwModel() },
  { model: 'the online model', by: 'bits', symbols: 20_000, create: () => new OnlineModel() },
];

/** Symbols a second of one sample after the prompt, and of learning that. */
function rates(one: Case, prompt: Uint8Array, symbols: number, seed: number): { rate: number; learnt: number } {
  let learn: () => void;
  let sample: () => unknown;
  if (one.by === 'symbols') {
    const model = one.create();
    learn = () => {
      for (const byte of prompt) model.update(byte);
    };
    sample = () => exactSample(model, symbols, { seed, keep: true });
  } else {
    const model = one.create();
    learn = () => exactBits(model, 0, { prompt });
    sample = () => exactBits(model, symbols, { seed });
  }
  const start = performance.now();
  learn();
  const middle = performance.now();
  sample();
  return {
    rate: (1000 * symbols) / (performance.now() - middle),
    learnt: (1000 * prompt.length) / (middle - start),
  };
}

/** Measures all models in turns; `share` of their symbols, to be done sooner. */
export function measureSpeed(
  text: Uint8Array,
  title: string,
  rounds: number,
  share: number,
  progress: (text: string) => void,
): SpeedResults {
  const prompt = text.subarray(0, 100_000);
  const found: ReturnType<typeof rates>[][] = cases.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    progress(round === 0 ? 'exact sampling: warming up' : `exact sampling: round ${round} of ${rounds}`);
    cases.forEach((one, i) => {
      // The first round warms the engine up.
      if (round === 0) rates(one, prompt.subarray(0, 5000), Math.ceil((one.symbols * share) / 20), 0);
      else found[i].push(rates(one, prompt, Math.ceil(one.symbols * share), round));
    });
  }
  const rows = cases.map(({ model, by, symbols }, i) => ({
    model,
    by,
    symbols: Math.ceil(symbols * share),
    rate: median(found[i].map(({ rate }) => rate)),
    learnt: median(found[i].map(({ learnt }) => learnt)),
  }));
  return { text: title, primed: prompt.length, rounds, rows };
}
