/** A small model of images with weights of its own, for tests of what is around models: an autoencoder of two layers. */
import { rangeError } from '../../src/errors.ts';
import { mapMath } from '../../src/kernels/math.ts';
import { likelihood } from '../../src/latent/likelihoods.ts';
import { type ImageModel, type ImageShape, pixelsOf, sameShape, shapeName } from '../../src/latent/model.ts';
import { type ModelKind, wholeNumber, writeModel } from '../../src/latent/saved.ts';
import { vaeCodec } from '../../src/latent/vae.ts';
import { normal, Parameters } from '../../src/networks/parameters.ts';
import { Workspace } from '../../src/networks/workspace.ts';

/** Sums in f64 in a fixed order, so the same everywhere. */
function product(x: ArrayLike<number>, weights: Float32Array, outputs: number): Float64Array {
  const y = new Float64Array(outputs);
  for (let i = 0; i < x.length; i++) for (let j = 0; j < outputs; j++) y[j] += x[i] * weights[i * outputs + j];
  return y;
}

/** Kind `linear`: config height, width, channels, levels, latents; 0 for the height means any shape of 1 channel. */
export const linearKind: ModelKind = {
  kind: 'linear',
  build(options, workspace): ImageModel {
    const height = wholeNumber('height', options.height, 0, 64);
    const width = wholeNumber('width', options.width, 0, 64);
    const channels = wholeNumber('channels', options.channels ?? 1, 1, 4);
    const latents = wholeNumber('latents', options.latents ?? 4, 1, 64);
    const levels = options.levels === 2 ? 2 : 256;
    const shape = height === 0 ? undefined : { height, width, channels };
    // A model of any shape has one weight for all pixels.
    const size = shape === undefined ? 1 : pixelsOf(shape);
    const parameters = new Parameters(workspace);
    const encode = parameters.declare('encode.weight', [size, latents], normal(0.05));
    const decode = parameters.declare('decode.weight', [latents, size], normal(0.5));
    const pixel = likelihood(levels === 2 ? 'bernoulli' : 'logistic');
    return {
      kind: 'linear',
      config: { height, width, channels, levels, latents },
      parameters,
      shape,
      levels,
      loss: () => {
        throw rangeError('this model is not trained');
      },
      codec(given?: ImageShape, coding = {}) {
        const own = given ?? shape;
        if (own === undefined || (shape !== undefined && !sameShape(own, shape)))
          throw rangeError(`the model codes no images of ${own === undefined ? 'no shape' : shapeName(own)}`);
        const count = pixelsOf(own);
        const [down, up] = [encode.values.slice(), decode.values.slice()];
        const networks = {
          latents,
          encode(pixels: Uint8Array, images: number) {
            const means = new Float32Array(images * latents);
            for (let i = 0; i < images; i++) {
              const image = pixels.subarray(i * count, (i + 1) * count);
              const x = shape === undefined ? [image.reduce((sum, value) => sum + value, 0) / count] : image;
              means.set(mapMath('tanh', product(x, down, latents)), i * latents);
            }
            return { means, deviations: new Float32Array(images * latents).fill(0.5) };
          },
          decode(z: Float32Array) {
            const y = mapMath('tanh', product(z, up, size));
            const planes = new Float32Array(count * pixel.planes).fill(-1);
            for (let i = 0; i < count; i++) planes[i] = y[shape === undefined ? 0 : i];
            return planes;
          },
        };
        return vaeCodec({ ...coding, shape: own, networks, likelihood: pixel });
      },
    };
  },
};

/** A file of such a model. */
export function linearFile(options: Record<string, number>, seed = 1, type?: 'F32' | 'F16'): Uint8Array {
  const model = linearKind.build(options, new Workspace());
  model.parameters.initialise(seed);
  return writeModel(model, { type });
}
