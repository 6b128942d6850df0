import { describe, expect, test } from 'vitest';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { exp } from '../src/kernels/math.ts';
import { decodeImages, encodeImages } from '../src/latent/images.ts';
import { importVae, type TorchVae } from '../src/latent/import.ts';
import { IMAGE_MODELS } from '../src/latent/kinds.ts';
import { pixelsOf } from '../src/latent/model.ts';
import { readModel, writeModel } from '../src/latent/saved.ts';
import { readSafetensors } from '../src/networks/safetensors.ts';
import { stateOf } from './support/codecs.ts';
import vectors from './vectors/pytorch_vae.json' with { type: 'json' };

interface Vector {
  readonly name: string;
  readonly description: TorchVae;
  /** A file of safetensors in base64. */
  readonly file: string;
  readonly pixels: readonly number[];
  readonly means: readonly number[];
  readonly scales: readonly number[];
  readonly latents: readonly number[];
  readonly outputs: readonly number[];
}

const models = vectors.models as unknown as readonly Vector[];
const tensorsOf = ({ file }: Vector) => readSafetensors(Uint8Array.from(atob(file), (c) => c.charCodeAt(0))).tensors;

function near(found: Float32Array, wanted: readonly number[]): void {
  expect(found.length).toBe(wanted.length);
  for (const [i, x] of wanted.entries()) expect(Math.abs(found[i] - x)).toBeLessThan(2e-5 * (1 + Math.abs(x)));
}

for (const vector of models)
  describe(`a ${vector.name} autoencoder of PyTorch`, () => {
    const { description } = vector;
    const { latents } = description;
    const size = pixelsOf(description.image);
    const images = Array.from({ length: 3 }, (_, i) => ({
      shape: description.image,
      pixels: Uint8Array.from(vector.pixels.slice(i * size, (i + 1) * size)),
    }));

    test('computes what PyTorch computes', () => {
      const networks = importVae(description, tensorsOf(vector)).networks();
      const { means, deviations } = networks.encode(Uint8Array.from(vector.pixels), 3);
      near(means, vector.means);
      near(
        deviations,
        vector.scales.map((s) => exp(description.scaleIs === 'logVariance' ? s / 2 : s)),
      );
      const outputs = vector.outputs.length / 2;
      for (const i of [0, 1]) {
        const z = Float32Array.from(vector.latents.slice(i * latents, (i + 1) * latents));
        near(networks.decode(z), vector.outputs.slice(i * outputs, (i + 1) * outputs));
      }
    });

    test('codes images, and does so after it was saved', () => {
      const model = importVae(description, tensorsOf(vector));
      const { words } = encodeImages(model, images);
      const again = readModel(writeModel(model), IMAGE_MODELS);
      expect(again.config).toEqual(JSON.parse(JSON.stringify(model.config)));
      expect(
        decodeImages(
          again,
          words,
          images.map(({ shape }) => shape),
        ),
      ).toEqual(images);
      const stack = new BitStack({ initial: randomWords(200, 5) });
      const before = stateOf(stack);
      const codec = again.codec();
      codec.push(stack, codec.pop(stack));
      expect(stateOf(stack)).toEqual(before);
    });

    test('is refused when tensors and description do not fit', () => {
      const tensors = tensorsOf(vector);
      const [first] = tensors.keys();
      const without = new Map(tensors);
      without.delete(first);
      const refused = expect.objectContaining({ code: 'wrong-model' });
      if (!first.endsWith('.bias') && !first.endsWith('num_batches_tracked'))
        expect(() => importVae(description, without)).toThrow(refused);
      expect(() => importVae(description, new Map([...tensors, ['stray', tensors.get(first)!]]))).toThrow(/stray/);
      expect(() => importVae({ ...description, decoder: description.decoder.slice(1) }, tensors)).toThrow();
      expect(() => importVae({ ...description, latents: latents + 1 }, tensors)).toThrow();
      expect(() => importVae({ ...description, encoder: [{ type: 'attention' }] }, tensors)).toThrow(/attention/);
      expect(() => importVae(null as never, tensors)).toThrow(TypeError);
    });
  });
