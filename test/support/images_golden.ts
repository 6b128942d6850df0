/** Image models whose weights after a short training and whose words are the same everywhere. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { Random } from '../../src/kernels/random.ts';
import { encodeImages } from '../../src/latent/images.ts';
import { modelKind } from '../../src/latent/kinds.ts';
import { binarised, type CodingOptions, type ImageShape, type ModelConfig, pixelsOf } from '../../src/latent/model.ts';
import { ImageTraining } from '../../src/latent/training.ts';
import { Workspace } from '../../src/networks/workspace.ts';

const shape: ImageShape = { height: 8, width: 8, channels: 1 };
const dense = { height: 8, width: 8, hidden: [12], latents: 3 };

/** Kinds with the configs that they are built with, and how their images are coded. */
const models: readonly (readonly [kind: string, config: ModelConfig, coding?: CodingOptions])[] = [
  ['vae-binary', dense],
  ['vae', dense],
  ['vae', { ...dense, likelihood: 'logistic', batchNorm: false, activation: 'silu' }],
  ['vae', { ...dense, likelihood: 'logistic-mixture', components: 3, activation: 'elu' }],
  [
    'vae-layers',
    {
      image: { height: 8, width: 8, channels: 1 },
      latents: 3,
      encoder: [
        { type: 'conv2d', name: 'down', inputs: 1, outputs: 4, kernel: 3, stride: 2, padding: 1 },
        { type: 'batchNorm', name: 'norm', features: 4 },
        { type: 'gelu' },
        { type: 'flatten' },
        { type: 'linear', name: 'code', inputs: 64, outputs: 6 },
      ],
      decoder: [
        { type: 'linear', name: 'image', inputs: 3, outputs: 64 },
        { type: 'unflatten', shape: [4, 4, 4] },
        { type: 'tanh' },
        { type: 'convTranspose2d', name: 'up', inputs: 4, outputs: 2, kernel: 4, stride: 2, padding: 1 },
      ],
      likelihood: 'beta-binomial',
    },
  ],
  ['hilloc', { fineWidth: 4, coarseWidth: 6, coarseLatents: [2, 2], fineLatents: [1], components: 2 }],
  ['bitswap', { fineWidth: 4, coarseWidth: 6, chainWidth: 4, latents: [2, 1], components: 2 }],
  [
    'bitswap',
    { fineWidth: 4, coarseWidth: 6, chainWidth: 4, latents: [1, 1, 1], components: 1 },
    { order: 'bb-ans', latentBits: 8 },
  ],
  ['diffusion', { width: 4 }, { steps: 4 }],
  ['diffusion', { width: 4 }, { steps: 3, order: 'bit-swap' }],
  ['pixels-binary', { height: 8, width: 8, above: 12, context: 6, hidden: 10 }],
  ['pixels', { height: 8, width: 8, above: 12, context: 6, hidden: 10, valueHidden: 12, valueLayers: 2 }],
];

/** Grey images with a bright square each. */
export function greySquares(count: number, { height, width, channels }: ImageShape, seed: number): Uint8Array {
  const random = new Random(seed);
  const size = height * width * channels;
  const pixels = new Uint8Array(count * size);
  for (let n = 0; n < count; n++) {
    const [top, left, grey] = [random.below(height / 2), random.below(width / 2), 128 + random.below(120)];
    for (let y = 0; y < height / 2; y++)
      for (let x = 0; x < width / 2; x++)
        for (let c = 0; c < channels; c++)
          pixels[n * size + ((top + y) * width + left + x) * channels + c] = grey + random.below(8);
  }
  return pixels;
}

const hex = (words: Uint32Array | Float32Array): string => bytesToHex(sha256(new Uint8Array(words.slice().buffer)));

/** SHA-256 of each model's weights after five steps, and of the words of 20 images. */
export function imagesGolden(): Record<string, string> {
  const golden: Record<string, string> = {};
  const grey = greySquares(60, shape, 1);
  for (const [i, [kind, config, coding]] of models.entries()) {
    const model = modelKind(kind).build(config, new Workspace());
    model.parameters.initialise(i);
    const training = new ImageTraining(model, { shape, pixels: grey }, { epochs: 1, batch: 12, rate: 1e-2 });
    while (!training.done) training.step();
    const pixels = model.levels === 2 ? binarised(grey, new Random(2)) : grey;
    const size = pixelsOf(shape);
    const images = Array.from({ length: 20 }, (_, n) => ({ shape, pixels: pixels.slice(n * size, (n + 1) * size) }));
    const { words } = encodeImages(model, images, coding);
    golden[`${i}: ${kind}, weights`] = hex(Float32Array.of(...model.parameters.values, ...model.parameters.fixed));
    golden[`${i}: ${kind}, words`] = hex(words);
  }
  return golden;
}
