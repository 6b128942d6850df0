/**
 * Bins of equal width for latents whose distribution is not known when they are popped, as Bit-Swap has them.
 *
 * A distribution over n bins needs a unit of 2^-24 for each bin, or some latent could not be coded. For narrow
 * distributions that is too much: with 2^10 bins and 500 latents an image, one in 30 images gets a latent that is far from
 * anything likely, and with 2^14 every image does. So a latent is coded within a window about its mean, where its
 * distribution has all its mass but 2^-24 or so; one symbol more says that it lies outside, and then where. What is far
 * out keeps a code, and comes up once in 2^24 latents.
 */
import type { Codec } from '../codecs/codec.ts';
import { fromFamily } from '../codecs/models.ts';
import { rangeError, SurprisalError } from '../errors.ts';
import type { ModelFamily } from '../models/model.ts';
import { QuantizedGaussian, QuantizedLogistic } from '../models/quantized.ts';
import type { Diagonal } from './hierarchy.ts';

/** What distributions latents have: normal ones, or logistic ones as in the paper on Bit-Swap. */
export type Bell = 'gaussian' | 'logistic';

const FAMILIES = { gaussian: QuantizedGaussian, logistic: QuantizedLogistic } as const;
/** Scales from the mean beyond which there is about 2^-24. */
const REACH = { gaussian: 5.4, logistic: 17.3 } as const;
/** The least reach of a window, in bins. */
const LEAST = 4;

/** Bins that a layer of latents is cut into. */
export interface LatentBins {
  /** The latents that bins stand for: their middles, in 32-bit floats. */
  latents(bins: Int32Array): Float32Array;
  /**
   * Codes a bin for each of the distributions.
   *
   * @param stretch - How many times as far as usual windows go. Wide ones cost a little everywhere and save much where
   *   what comes is often far from the mean: a symbol within costs 24 bits at most. Default 1.
   */
  codec(distributions: Diagonal, stretch?: number): Codec<Int32Array>;
}

/** Latents whose windows are of one size. */
interface Group {
  /** Bins that a window goes to either side of its middle. */
  readonly reach: number;
  /** Which of the latents. */
  readonly members: Int32Array;
  /** Of the middles from their bins' middles, and scales, both in bins. */
  readonly codec: Codec<Int32Array>;
}

/**
 * n bins of equal width from `low` to `high`; what lies outside is in the bins at the ends.
 *
 * @param n - From 2 to 2^16.
 * @throws RangeError for a range that does not go from a finite number to a larger one.
 * @example
 * const bins = equalWidthBins('gaussian', 1024, -8, 8);
 * const found = bins.codec({ means, scales }).pop(stack);
 * bins.latents(found);
 */
export function equalWidthBins(bell: Bell, n: number, low: number, high: number): LatentBins {
  const width = (high - low) / n;
  if (!(width > 0 && width < Number.MAX_VALUE && low - low === 0))
    throw rangeError(`a range goes from a finite number to a larger one, not ${low} to ${high}`);
  // A bin at least stays outside the widest window.
  const most = n / 2 - 1;
  const families = new Map<number, ModelFamily>();
  const familyOf = (reach: number): ModelFamily => {
    let family = families.get(reach);
    if (family === undefined) {
      family = new FAMILIES[bell](-reach, reach + 1);
      families.set(reach, family);
    }
    return family;
  };

  /** Latents in groups, and the bins that their windows' middles are. */
  const windows = ({ means, scales }: Diagonal, stretch: number): { groups: Group[]; middles: Int32Array } => {
    const members = new Map<number, number[]>();
    const middles = new Int32Array(means.length);
    const offsets = new Float64Array(means.length);
    const spreads = new Float64Array(means.length);
    for (let i = 0; i < means.length; i++) {
      spreads[i] = scales[i] / width;
      let reach = LEAST;
      while (reach < REACH[bell] * stretch * spreads[i] && reach < most) reach *= 2;
      if (reach > most) reach = most;
      const place = (means[i] - low) / width - 0.5;
      const nearest = Math.floor(place + 0.5);
      middles[i] = nearest < reach ? reach : nearest > n - 1 - reach ? n - 1 - reach : nearest;
      offsets[i] = place - middles[i];
      const group = members.get(reach);
      if (group === undefined) members.set(reach, [i]);
      else group.push(i);
    }
    const groups = [...members]
      .sort(([a], [b]) => a - b)
      .map(([reach, list]) => ({
        reach,
        members: Int32Array.from(list),
        codec: fromFamily(
          familyOf(reach),
          Float64Array.from(list, (i) => offsets[i]),
          Float64Array.from(list, (i) => spreads[i]),
        ),
      }));
    return { groups, middles };
  };

  return {
    latents: (bins) => Float32Array.from(bins, (bin) => low + (bin + 0.5) * width),
    codec(distributions, stretch = 1) {
      const { groups, middles } = windows(distributions, stretch);
      const { length } = middles;
      return {
        push(stack, bins) {
          if (bins?.length !== length)
            throw new SurprisalError('impossible-symbol', `the codec codes ${length} bins, not ${bins?.length}`);
          const bad = bins.findIndex((bin) => !(bin >= 0 && bin < n));
          if (bad >= 0)
            throw new SurprisalError('impossible-symbol', `bins are from 0 to ${n - 1}, not ${bins[bad]}, at ${bad}`);
          stack.atomic(() => {
            for (let g = groups.length - 1; g >= 0; g--) {
              const { reach, members } = groups[g];
              for (let j = members.length - 1; j >= 0; j--) {
                const i = members[j];
                const from = middles[i] - reach;
                if (bins[i] < from) stack.pushUniform(bins[i], n - 2 * reach - 1);
                else if (bins[i] > from + 2 * reach) stack.pushUniform(bins[i] - 2 * reach - 1, n - 2 * reach - 1);
              }
            }
            for (let g = groups.length - 1; g >= 0; g--) {
              const { reach, members, codec } = groups[g];
              codec.push(
                stack,
                Int32Array.from(members, (i) => {
                  const from = bins[i] - middles[i];
                  return from < -reach || from > reach ? reach + 1 : from;
                }),
              );
            }
          });
        },
        pop: (stack) =>
          stack.atomic(() => {
            const found = groups.map(({ codec }) => codec.pop(stack));
            const bins = new Int32Array(length);
            for (const [g, { reach, members }] of groups.entries())
              for (const [j, i] of members.entries()) {
                const symbol = found[g][j];
                if (symbol <= reach) bins[i] = middles[i] + symbol;
                else {
                  const outside = stack.popUniform(n - 2 * reach - 1);
                  bins[i] = outside < middles[i] - reach ? outside : outside + 2 * reach + 1;
                }
              }
            return bins;
          }),
        bits: () => undefined,
      };
    },
  };
}
