/**
 * Hierarchies of latent variables that are Markov chains in both directions: z_1 next to the value, z_L at the top,
 * p(x | z_1) p(z_1 | z_2) ... p(z_L) downwards and q(z_1 | x) q(z_2 | z_1) ... upwards.
 *
 * Bit-Swap (Kingma, Abbeel and Ho, "Bit-Swap: Recursive bits-back coding for lossless compression with hierarchical
 * latent variables", arXiv:1905.06845, 2019) pops a layer and pushes what hangs on it in turns: the bits of the value
 * pay for z_2, those of z_1 for z_3 and so on. The stack never gets much lower than z_1 alone takes it. BB-ANS order
 * pops all layers first: the same net length, and initial bits that grow with the number of layers.
 *
 * Both need bins that do not hang on the layer above, which is not known yet when a layer is popped. So each layer has
 * its own fixed ones: of equal mass under p(z_L) at the top, of equal width below, over a range that the model says.
 */
import { type Codec, codec } from '../codecs/codec.ts';
import { fromFamily } from '../codecs/models.ts';
import type { BitStack } from '../codecs/stack.ts';
import { rangeError } from '../errors.ts';
import { BucketedGaussian, BucketedLogistic, equalMassCentres, equalMassEdges } from '../models/buckets.ts';
import { type Bell, equalWidthBins, type LatentBins } from './bins.ts';
import type { CodingStep, Diagonal, HierarchyOptions } from './hierarchy.ts';
import { binsOf, scrambleFor } from './hierarchy.ts';

export type { Bell } from './bins.ts';

/**
 * A hierarchy that is a Markov chain both ways. Layer 0 is next to the value. The same latents have to give the same
 * numbers on both sides, to the last bit.
 */
export interface MarkovModel<X> {
  /** The shape of all distributions of latents; p of the top layer is the standard one, of mean 0 and scale 1. */
  readonly bell: Bell;
  /** For each layer but the top one, the range that its bins share equally; what lies outside is in the end bins. */
  readonly ranges: readonly (readonly [low: number, high: number])[];
  /**
   * How far p(z_(layer - 1) | z_layer) is told apart from the impossible, in the usual reach: more where q often lies far
   * from it. Default 1.
   */
  readonly stretch?: number;
  /** Number of latents of the top layer for this value, or any value where there is none. */
  readonly top: number;
  /** q(z_0 | value) */
  see(value: X): Diagonal;
  /** q(z_(layer + 1) | z_layer) */
  up(layer: number, latents: Float32Array): Diagonal;
  /** p(z_(layer - 1) | z_layer) */
  down(layer: number, latents: Float32Array): Diagonal;
  /** p(value | z_0) */
  likelihood(latents: Float32Array): Codec<X>;
}

/** How a codec of a Markov hierarchy works. */
export interface BitSwapOptions extends HierarchyOptions {
  /** In turns, which needs few initial bits (default), or all layers before the value, as BB-ANS does. */
  readonly order?: 'bit-swap' | 'bb-ans';
}

/** Bins of equal mass under the standard distribution. */
function equalMassBins(bell: Bell, n: number): LatentBins {
  const centres = equalMassCentres(bell, n);
  const edges = equalMassEdges(bell, n);
  const family = bell === 'gaussian' ? new BucketedGaussian(edges) : new BucketedLogistic(edges);
  return {
    latents: (bins) => Float32Array.from(bins, (bin) => centres[bin]),
    codec: ({ means, scales }) => fromFamily(family, means, scales),
  };
}

/**
 * The codec of a hierarchy that is a Markov chain both ways.
 *
 * @throws RangeError for options out of range, and for ranges that are none.
 * @example
 * const images = bitSwap(model); // and the same model in the other order, to see what it saves:
 * const before = bitSwap(model, { order: 'bb-ans' });
 */
export function bitSwap<X>(model: MarkovModel<X>, options: BitSwapOptions = {}): Codec<X> {
  const n = binsOf(options);
  const { order = 'bit-swap', watch, scramble = false } = options;
  if (order !== 'bit-swap' && order !== 'bb-ans') throw rangeError(`an order is 'bit-swap' or 'bb-ans', not ${order}`);
  const { bell, ranges } = model;
  if (bell !== 'gaussian' && bell !== 'logistic')
    throw rangeError(`latents are 'gaussian' or 'logistic', not '${String(bell)}'`);
  const last = ranges.length;
  const cuts = ranges.map(([low, high]) => equalWidthBins(bell, n, low, high));
  cuts.push(equalMassBins(bell, n));
  const over = (layer: number, distributions: Diagonal): Codec<Int32Array> => cuts[layer].codec(distributions);
  const under = (layer: number, distributions: Diagonal): Codec<Int32Array> =>
    cuts[layer].codec(distributions, model.stretch);
  const tell = (stack: BitStack, action: CodingStep['action'], by: CodingStep['by'], layer?: number): void =>
    watch?.(stack, { action, by, layer });

  /** Takes the latents of a layer off with the posterior, given what is below it. */
  const popLatents = (stack: BitStack, layer: number, posterior: Diagonal): [Int32Array, Float32Array] => {
    if (scramble) scrambleFor(stack, posterior.means.length, layer);
    const bins = over(layer, posterior).pop(stack);
    tell(stack, 'pop', 'posterior', layer);
    return [bins, cuts[layer].latents(bins)];
  };
  /** Undoes {@link popLatents}. */
  const pushLatents = (stack: BitStack, layer: number, posterior: Diagonal, bins: Int32Array): void => {
    over(layer, posterior).push(stack, bins);
    if (scramble) scrambleFor(stack, bins.length, layer);
  };
  const pushTop = (stack: BitStack, bins: Int32Array): void => {
    for (let i = bins.length - 1; i >= 0; i--) stack.pushUniform(bins[i], n);
    tell(stack, 'push', 'prior', last);
  };
  const popTop = (stack: BitStack, length: number): Int32Array => {
    const bins = new Int32Array(length);
    for (let i = 0; i < length; i++) bins[i] = stack.popUniform(n);
    return bins;
  };

  const inTurns: Omit<Codec<X>, 'bits'> = {
    push(stack, value) {
      let [bins, latents] = popLatents(stack, 0, model.see(value));
      model.likelihood(latents).push(stack, value);
      tell(stack, 'push', 'likelihood');
      for (let layer = 0; layer < last; layer++) {
        const [aboveBins, above] = popLatents(stack, layer + 1, model.up(layer, latents));
        under(layer, model.down(layer + 1, above)).push(stack, bins);
        tell(stack, 'push', 'prior', layer);
        [bins, latents] = [aboveBins, above];
      }
      pushTop(stack, bins);
    },
    pop(stack) {
      let bins = popTop(stack, model.top);
      let latents = cuts[last].latents(bins);
      for (let layer = last - 1; layer >= 0; layer--) {
        const belowBins = under(layer, model.down(layer + 1, latents)).pop(stack);
        const below = cuts[layer].latents(belowBins);
        pushLatents(stack, layer + 1, model.up(layer, below), bins);
        [bins, latents] = [belowBins, below];
      }
      const value = model.likelihood(latents).pop(stack);
      pushLatents(stack, 0, model.see(value), bins);
      return value;
    },
  };

  const allFirst: Omit<Codec<X>, 'bits'> = {
    push(stack, value) {
      const bins: Int32Array[] = [];
      const latents: Float32Array[] = [];
      for (let layer = 0; layer <= last; layer++) {
        const posterior = layer === 0 ? model.see(value) : model.up(layer - 1, latents[layer - 1]);
        [bins[layer], latents[layer]] = popLatents(stack, layer, posterior);
      }
      model.likelihood(latents[0]).push(stack, value);
      tell(stack, 'push', 'likelihood');
      for (let layer = 0; layer < last; layer++) {
        under(layer, model.down(layer + 1, latents[layer + 1])).push(stack, bins[layer]);
        tell(stack, 'push', 'prior', layer);
      }
      pushTop(stack, bins[last]);
    },
    pop(stack) {
      const bins: Int32Array[] = [];
      const latents: Float32Array[] = [];
      bins[last] = popTop(stack, model.top);
      latents[last] = cuts[last].latents(bins[last]);
      for (let layer = last - 1; layer >= 0; layer--) {
        bins[layer] = under(layer, model.down(layer + 1, latents[layer + 1])).pop(stack);
        latents[layer] = cuts[layer].latents(bins[layer]);
      }
      const value = model.likelihood(latents[0]).pop(stack);
      for (let layer = last; layer >= 0; layer--)
        pushLatents(
          stack,
          layer,
          layer === 0 ? model.see(value) : model.up(layer - 1, latents[layer - 1]),
          bins[layer],
        );
      return value;
    },
  };
  return codec<X>({ ...(order === 'bit-swap' ? inTurns : allFirst), bits: () => undefined });
}
