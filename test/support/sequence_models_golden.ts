/** Sums of the predictions of models of sequences, which every engine must come to. */
import { Lz78Model } from '../../src/sequence/lz78.ts';
import { LzwModel } from '../../src/sequence/lzw.ts';
import { GeometricMixtureModel, MixtureModel } from '../../src/sequence/mixture.ts';
import type { SequenceModel } from '../../src/sequence/model.ts';
import { NgramModel } from '../../src/sequence/ngram.ts';
import { json, records, words } from './inputs.ts';

/** Models with an interesting choice of options. */
export const sequenceModels: Record<string, () => SequenceModel> = {
  lz78: () => new Lz78Model(),
  'lz78 with back-shift and base': () => new Lz78Model({ backShift: 4, base: 'root', gamma: 0.01 }),
  lzw: () => new LzwModel(),
  'lzw that clears': () => new LzwModel({ maxEntries: 600, whenFull: 'clear' }),
  'witten-bell': () => new NgramModel({ smoothing: 'witten-bell' }),
  'kneser-ney': () => new NgramModel(),
  mixture: () => new MixtureModel({ models: [new NgramModel({ order: 2 }), new Lz78Model(), new LzwModel()] }),
  'geometric mixture': () => new GeometricMixtureModel({ models: [new NgramModel({ order: 2 }), new LzwModel()] }),
};

/** A hash of all predictions along three inputs, by the name of the model. */
export function sequenceModelsGolden(): Record<string, string> {
  const input = Uint8Array.of(...words(600), ...json(500), ...records(300));
  const cuts = new Uint32Array(257);
  const sums: Record<string, string> = {};
  for (const [name, create] of Object.entries(sequenceModels)) {
    const model = create();
    let hash = 0x811c9dc5;
    for (const symbol of input) {
      model.intervals(cuts);
      for (let s = 1; s < 256; s++) hash = Math.imul(hash ^ cuts[s], 0x01000193);
      model.update(symbol);
    }
    sums[name] = (hash >>> 0).toString(16).padStart(8, '0');
  }
  return sums;
}
