import { describe, expect, test } from 'vitest';
import { Random } from '../src/kernels/random.ts';
import { decodeImages, encodeImages } from '../src/latent/images.ts';
import { IMAGE_MODELS } from '../src/latent/kinds.ts';
import { type ImageModel, type ImageShape, type ModelConfig, pixelsOf } from '../src/latent/model.ts';
import { readModel, writeModel } from '../src/latent/saved.ts';
import { ImageTraining } from '../src/latent/training.ts';
import { type VaeModel, vaeBinaryKind, vaeKind, vaeLayersKind } from '../src/latent/vae-model.ts';
import { Tape } from '../src/networks/tape.ts';
import { Workspace } from '../src/networks/workspace.ts';
import { greySquares } from './support/images_golden.ts';

const shape: ImageShape = { height: 6, width: 6, channels: 1 };
const small = { height: 6, width: 6, hidden: [16], latents: 3 };

/** Bits of the bound, mean of several draws. */
function bound(model: ImageModel, pixels: Uint8Array): number {
  const tape = new Tape(model.parameters.workspace, { gradients: false });
  const count = pixels.length / pixelsOf(shape);
  let sum = 0;
  for (let draw = 0; draw < 20; draw++) {
    for (const nats of model.loss(tape, { shape, count, pixels }, new Random(draw)).total.values) sum += nats;
    tape.reset();
  }
  return sum / 20 / Math.LN2;
}

describe('autoencoders', () => {
  test("the paper's networks have its numbers of parameters", () => {
    expect(vaeBinaryKind.build({}, new Workspace()).parameters.count).toBe(169_864);
    const raw = vaeKind.build({}, new Workspace());
    expect(raw.parameters.count).toBe(503_268);
    expect(raw.shape).toEqual({ height: 28, width: 28, channels: 1 });
    expect(raw.levels).toBe(256);
  });

  for (const [kind, config] of [
    [vaeBinaryKind, small],
    [vaeKind, small],
    [vaeKind, { ...small, likelihood: 'logistic', hidden: [16, 12], batchNorm: false }],
    [vaeKind, { ...small, likelihood: 'logistic-mixture', components: 2 }],
  ] as const)
    test(`${kind.kind}, ${'likelihood' in config ? config.likelihood : 'as it is'}: learns, and codes near its bound`, () => {
      const model = kind.build(config as unknown as ModelConfig, new Workspace());
      model.parameters.initialise(1);
      const grey = greySquares(200, shape, 1);
      // Black and white, so that the training's own draws of them change nothing.
      if (model.levels === 2) for (let i = 0; i < grey.length; i++) grey[i] = grey[i] > 0 ? 255 : 0;
      const pixels = model.levels === 2 ? grey.map((x) => Math.sign(x)) : grey;
      const before = bound(model, pixels);
      const training = new ImageTraining(model, { shape, pixels: grey }, { epochs: 12, batch: 20, rate: 5e-3 });
      while (!training.done) training.step();
      const after = bound(model, pixels);
      expect(after).toBeLessThan(0.9 * before);
      const images = Array.from({ length: 200 }, (_, i) => ({ shape, pixels: pixels.slice(i * 36, (i + 1) * 36) }));
      const { words, netBits } = encodeImages(model, images, { latentBits: 9 });
      expect(Math.abs(netBits / after - 1)).toBeLessThan(0.04);
      const again = readModel(writeModel(model), IMAGE_MODELS);
      expect(
        decodeImages(
          again,
          words,
          images.map((image) => image.shape),
          { latentBits: 9 },
        ),
      ).toEqual(images);
    });

  test('rows of the encoder do not depend on the batch, batch normalisation included', () => {
    const model = vaeKind.build(small, new Workspace());
    model.parameters.initialise(3);
    const training = new ImageTraining(model, { shape, pixels: greySquares(40, shape, 2) }, { epochs: 1, batch: 10 });
    while (!training.done) training.step();
    const networks = (model as VaeModel).networks();
    const pixels = greySquares(9, shape, 4);
    const all = networks.encode(pixels, 9);
    for (let i = 0; i < 9; i++) {
      const one = networks.encode(pixels.subarray(i * 36, (i + 1) * 36), 1);
      expect(one.means).toEqual(all.means.slice(3 * i, 3 * i + 3));
      expect(one.deviations).toEqual(all.deviations.slice(3 * i, 3 * i + 3));
    }
  });

  test('configs that make no model are refused', () => {
    const bad = (config: unknown, message: RegExp): void => {
      expect(() => vaeBinaryKind.build(config as ModelConfig, new Workspace())).toThrow(message);
    };
    bad({ colour: 1 }, /no option 'colour'/);
    bad({ hidden: [] }, /hidden/);
    bad({ hidden: 3 }, /hidden/);
    bad({ hidden: [0.5] }, /hidden size/);
    bad({ latents: 0 }, /latents/);
    bad({ height: -1 }, /height/);
    bad({ likelihood: 'normal' }, /likelihood is one of/);
    bad({ activation: 'sin' }, /activation is one of/);
    bad({ batchNorm: 1 }, /batchNorm/);
    const layers = {
      image: { height: 4, width: 4, channels: 1 },
      latents: 2,
      encoder: [{ type: 'flatten' }, { type: 'linear', name: 'a', inputs: 16, outputs: 4 }],
      decoder: [{ type: 'linear', name: 'b', inputs: 2, outputs: 16 }],
      likelihood: 'bernoulli',
    };
    const wrong = (change: object, message: RegExp): void => {
      const config = { ...layers, ...change } as unknown as ModelConfig;
      expect(() => vaeLayersKind.build(config, new Workspace())).toThrow(message);
    };
    expect(vaeLayersKind.build(layers as unknown as ModelConfig, new Workspace()).levels).toBe(2);
    wrong({ image: undefined }, /height/);
    wrong({ encoder: undefined }, /the encoder is a list/);
    wrong({ encoder: [null] }, /layer 0 of the encoder/);
    wrong({ encoder: [{ type: 'linear', name: 'a', inputs: 15, outputs: 4 }] }, /inputs is 16/);
    wrong({ encoder: [{ type: 'flatten' }] }, /4 numbers for 2 latents/);
    wrong({ encoder: [{ type: 'linear', inputs: 16, outputs: 4 }] }, /has a name/);
    wrong({ encoder: [{ type: 'pool' }] }, /no type 'pool'/);
    wrong({ encoder: Array(300).fill({ type: 'relu' }) }, /at most 256/);
    wrong({ decoder: [{ type: 'linear', name: 'b', inputs: 2, outputs: 15 }] }, /the decoder ends in 16/);
    wrong({ decoder: [{ type: 'linear', name: 'a', inputs: 2, outputs: 16 }] }, /called a\.weight/);
    wrong(
      {
        decoder: [
          { type: 'unflatten', shape: [1, 1, 2] },
          { type: 'conv2d', name: 'c', inputs: 2, outputs: 1, kernel: 3 },
        ],
      },
      /nothing is left/,
    );
    wrong({ mean: [] }, /two heads/);
    wrong({ input: { scale: 'x' } }, /scale/);
  });

  test('codec options that an autoencoder does not have are refused', () => {
    const model = vaeBinaryKind.build(small, new Workspace());
    model.parameters.initialise(1);
    expect(() => model.codec({ ...shape, width: 7 })).toThrow(/6 x 6/);
    expect(() => model.codec(shape, { order: 'bit-swap' })).toThrow(/one order/);
    expect(() => model.codec(shape, { steps: 3 })).toThrow(/steps/);
    expect(() => model.codec(shape, { latentBits: 3 })).toThrow(/latentBits/);
    expect(() => model.codec(shape, { observationBits: 25 })).toThrow(/observationBits/);
  });
});
