/**
 * Autoencoders that were trained in PyTorch: the tensors of a `state_dict`, saved as safetensors, and a description of
 * the layers that they belong to.
 *
 * PyTorch keeps weights as [outputs, inputs] and images channel by channel, this package has inputs first and the
 * channels of a pixel side by side. So weights are turned once, here, and numbers are never moved when coding: where an
 * image becomes a row of numbers or the other way round, the neighbouring dense layer takes them in the other order.
 *
 * What comes out computes with floats in an order of its own. It agrees with PyTorch to a relative 10^-5 or so, and with
 * itself to the last bit on every machine, which is what coding needs: encode and decode both here.
 */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { type Activation, UNARY } from '../networks/activations.ts';
import type { NamedTensor } from '../networks/parameters.ts';
import type { StoredTensor } from '../networks/safetensors.ts';
import { Workspace } from '../networks/workspace.ts';
import { type Likelihood, likelihood } from './likelihoods.ts';
import type { ImageShape, ModelConfig } from './model.ts';
import { pixelsOf } from './model.ts';
import { wholeNumber } from './saved.ts';
import { type VaeDescription, VaeModel } from './vae-model.ts';

/**
 * A layer in PyTorch's terms: sizes are read from the tensors.
 *
 * | type | tensors | besides |
 * | --- | --- | --- |
 * | `linear` | `name.weight` [out, in], `name.bias` | |
 * | `conv2d` | `name.weight` [out, in, k, k], `name.bias` | `stride`, `padding` |
 * | `convTranspose2d` | `name.weight` [in, out, k, k], `name.bias` | `stride`, `padding`, `outputPadding` |
 * | `batchNorm` | `name.weight`, `.bias`, `.running_mean`, `.running_var` | `epsilon` |
 * | `flatten` | | |
 * | `unflatten` | | `shape`: [channels, height, width] |
 * | `relu`, `sigmoid`, `tanh`, `softplus`, `elu`, `silu`, `gelu` (its tanh form), `leakyRelu` (0.01) | | |
 */
export interface TorchLayer {
  /** One of the above. */
  readonly type: string;
  /** Its name in the `state_dict`. */
  readonly name?: string;
  readonly stride?: number;
  readonly padding?: number;
  readonly outputPadding?: number;
  readonly epsilon?: number;
  readonly shape?: readonly number[];
}

/** An autoencoder in PyTorch's terms. As {@link VaeDescription}, but for the layers. */
export interface TorchVae extends Omit<VaeDescription, 'encoder' | 'mean' | 'scale' | 'decoder'> {
  /** From images [batch, channels, height, width], or rows of them when it starts with a `linear`. */
  readonly encoder: readonly TorchLayer[];
  /** From there to the means. Left out when the encoder ends in means and scales side by side. */
  readonly mean?: readonly TorchLayer[];
  /** From there to the scales. */
  readonly scale?: readonly TorchLayer[];
  /**
   * From codes [batch, latents] to [batch, planes x channels, height, width], or as many numbers in a row: channel by
   * channel the first number of the likelihood, then the second.
   */
  readonly decoder: readonly TorchLayer[];
}

/** A tensor of a file or of an array. */
export type GivenTensor = NamedTensor | StoredTensor;

/** Where number i of ours is among PyTorch's. */
type Order = (i: number) => number;

/** What is between two layers: [numbers] or [height, width, channels], and how PyTorch orders the numbers of a row. */
interface Place {
  readonly shape: readonly number[];
  readonly order: Order | undefined;
}

/** Pixels with `channels` numbers each, which PyTorch has channel by channel. */
const channelsFirst = (pixels: number, channels: number): Order | undefined =>
  pixels === 1 || channels === 1 ? undefined : (i) => (i % channels) * pixels + Math.floor(i / channels);

/** Turns the tensors of a description. */
class Import {
  readonly tensors = new Map<string, NamedTensor>();
  private readonly given: ReadonlyMap<string, GivenTensor>;
  private readonly used = new Set<string>();

  constructor(given: ReadonlyMap<string, GivenTensor>) {
    this.given = given;
  }

  /** Layers of this package for those of PyTorch. `last`: how PyTorch orders what comes out, if that is a row. */
  layers(what: string, layers: unknown, from: Place, last?: Order): { layers: Record<string, unknown>[]; to: Place } {
    if (!Array.isArray(layers)) throw typeError(`${what} is a list of layers`);
    const made: Record<string, unknown>[] = [];
    let place = from;
    for (const [i, layer] of layers.entries()) {
      const at = `layer ${i} of ${what}`;
      if (typeof layer !== 'object' || layer === null) throw typeError(`${at} is an object with a type`);
      const next = this.layer(at, layer, place, () => this.orderBefore(at, layers.slice(i + 1), last));
      made.push(next.layer);
      place = next.place;
    }
    return { layers: made, to: place };
  }

  /** The order that a dense layer's outputs are wanted in: that of the image they become, if they do before the next one. */
  private orderBefore(at: string, after: readonly TorchLayer[], last: Order | undefined): Order | undefined {
    for (const { type, shape } of after) {
      if (type === 'linear') return undefined;
      if (type === 'unflatten') {
        const [c, h, w] = sides(at, shape);
        return channelsFirst(h * w, c);
      }
    }
    return last;
  }

  private layer(at: string, layer: TorchLayer, place: Place, wanted: () => Order | undefined) {
    const { type } = layer;
    const { shape, order } = place;
    if (type === 'linear') {
      const name = nameOf(at, layer);
      const weight = this.take(`${name}.weight`, 2);
      const [outputs, inputs] = weight.shape;
      const to = wanted();
      const data = new Float32Array(inputs * outputs);
      for (let i = 0; i < inputs; i++) {
        const column = order?.(i) ?? i;
        for (let o = 0; o < outputs; o++) data[i * outputs + o] = weight.data[(to?.(o) ?? o) * inputs + column];
      }
      this.tensors.set(`${name}.weight`, { shape: [inputs, outputs], data });
      const bias = this.bias(name, outputs, to);
      return {
        layer: { type, name, inputs, outputs, bias },
        place: { shape: [outputs], order: to },
      };
    }
    if (type === 'conv2d' || type === 'convTranspose2d') return this.convolution(at, layer, place);
    if (type === 'batchNorm') {
      const name = nameOf(at, layer);
      const features = shape[shape.length - 1];
      for (const suffix of ['weight', 'bias', 'running_mean', 'running_var'])
        this.row(`${name}.${suffix}`, features, shape.length === 1 ? order : undefined);
      const { epsilon } = layer;
      return { layer: { type, name, features, ...(epsilon === undefined ? {} : { epsilon }) }, place };
    }
    if (type === 'flatten') {
      if (shape.length !== 3) throw rangeError(`${at}: there is no image to be flattened`);
      const [h, w, c] = shape;
      return { layer: { type }, place: { shape: [h * w * c], order: channelsFirst(h * w, c) } };
    }
    if (type === 'unflatten') {
      const [c, h, w] = sides(at, layer.shape);
      if (order === undefined && channelsFirst(h * w, c) !== undefined)
        throw rangeError(`${at}: a linear layer has to come before an image of several channels and pixels`);
      return { layer: { type, shape: [h, w, c] }, place: { shape: [h, w, c], order: undefined } };
    }
    if (!UNARY.includes(type as Activation))
      throw rangeError(`${at}: no type '${String(type)}': see TorchLayer for those that there are`);
    return { layer: { type }, place };
  }

  private convolution(at: string, layer: TorchLayer, { shape }: Place) {
    const { type, stride = 1, padding = 0, outputPadding = 0 } = layer;
    const name = nameOf(at, layer);
    if (shape.length !== 3) throw rangeError(`${at}: a convolution takes an image: unflatten comes first`);
    const weight = this.take(`${name}.weight`, 4);
    const [first, second, kernel, other] = weight.shape;
    if (kernel !== other) throw rangeError(`${at}: a kernel has as many rows as columns, not ${kernel} x ${other}`);
    // PyTorch: [a, b, k, k]; ours: [k, k, b, a], for both, as the transpose has its outputs second.
    const data = new Float32Array(weight.data.length);
    const taps = kernel * kernel;
    for (let a = 0; a < first; a++)
      for (let b = 0; b < second; b++)
        for (let k = 0; k < taps; k++) data[(k * second + b) * first + a] = weight.data[(a * second + b) * taps + k];
    this.tensors.set(`${name}.weight`, { shape: [kernel, kernel, second, first], data });
    const transposed = type === 'convTranspose2d';
    const [inputs, outputs] = transposed ? [first, second] : [second, first];
    const bias = this.bias(name, outputs, undefined);
    for (const [what, x] of Object.entries({ stride, padding, outputPadding }))
      wholeNumber(`${at}: ${what}`, x, what === 'stride' ? 1 : 0, 64);
    const side = (size: number): number =>
      transposed
        ? (size - 1) * stride - 2 * padding + kernel + outputPadding
        : Math.floor((size + 2 * padding - kernel) / stride) + 1;
    return {
      layer: { type, name, inputs, outputs, kernel, stride, padding, bias, ...(transposed ? { outputPadding } : {}) },
      place: { shape: [side(shape[0]), side(shape[1]), outputs], order: undefined },
    };
  }

  /** Takes the bias of a layer, if it has one. */
  private bias(name: string, size: number, order: Order | undefined): boolean {
    if (!this.given.has(`${name}.bias`)) return false;
    this.row(`${name}.bias`, size, order);
    return true;
  }

  private row(name: string, size: number, order: Order | undefined): void {
    const { data, shape } = this.take(name, 1);
    if (shape[0] !== size) throw wrong(`the tensor ${name} has ${shape[0]} numbers; the layer has ${size}`);
    const turned = order === undefined ? data : Float32Array.from(data, (_, i) => data[order(i)]);
    this.tensors.set(name, { shape: [size], data: turned });
  }

  private take(name: string, dimensions: number): NamedTensor {
    const tensor = this.given.get(name);
    if (tensor === undefined) throw wrong(`the description speaks of a tensor ${name}, and the file has none`);
    if (tensor.shape.length !== dimensions)
      throw wrong(`the tensor ${name} is [${tensor.shape}], and ${dimensions} dimensions are wanted`);
    this.used.add(name);
    return { shape: tensor.shape, data: 'data' in tensor ? tensor.data : tensor.float32() };
  }

  /** @throws SurprisalError (`wrong-model`) when a tensor belongs to no layer. */
  checkUsed(): void {
    for (const name of this.given.keys())
      if (!this.used.has(name) && !name.endsWith('.num_batches_tracked'))
        throw wrong(`the file has a tensor ${name} of which the description does not speak: it lacks a layer`);
  }
}

const wrong = (message: string): SurprisalError => new SurprisalError('wrong-model', message);

function nameOf(at: string, { name }: TorchLayer): string {
  if (typeof name !== 'string') throw rangeError(`${at}: a layer with tensors has a name`);
  return name;
}

function sides(at: string, shape: unknown): readonly number[] {
  if (!Array.isArray(shape) || shape.length !== 3) throw rangeError(`${at}: shape is [channels, height, width]`);
  return shape.map((size) => wholeNumber(`${at}: a side`, size, 1, 65536));
}

/** How PyTorch orders the numbers of a decoder that ends in a row: for each plane channel by channel. */
function lastOrder(image: ImageShape, { planes }: Likelihood): Order | undefined {
  const size = pixelsOf(image);
  const within = channelsFirst(image.height * image.width, image.channels);
  return within === undefined || planes < 1 ? undefined : (i) => i - (i % size) + within(i % size);
}

/**
 * The autoencoder that a description and tensors from PyTorch make: an image model of the kind `vae-layers`, which can
 * be saved, coded with, and trained further.
 *
 * @param description - The layers, such as JSON holds them.
 * @param tensors - By their names in the `state_dict`: what `readSafetensors` gives, or arrays. All are needed, but
 *   for counters of batches.
 * @param workspace - Where it computes. Default: one of its own.
 * @throws SurprisalError (`wrong-model`) for tensors that are missing, too many or of another shape; TypeError or
 *   RangeError for a description that makes no sense, naming the layer.
 * @example
 * const { tensors } = readSafetensors(await readFile('vae.safetensors'));
 * const model = importVae(JSON.parse(await readFile('vae.json', 'utf8')), tensors);
 * await writeFile('model.safetensors', writeModel(model));
 */
export function importVae(
  description: TorchVae,
  tensors: ReadonlyMap<string, GivenTensor>,
  workspace: Workspace = new Workspace(),
): VaeModel {
  if (typeof description !== 'object' || description === null) throw typeError('a description is an object');
  const { image, encoder, mean, scale, decoder } = description;
  const shape: ImageShape = {
    height: wholeNumber('height', image?.height, 1, 65536),
    width: wholeNumber('width', image?.width, 1, 65536),
    channels: wholeNumber('channels', image?.channels, 1, 4),
  };
  const { height, width, channels } = shape;
  const first = Array.isArray(encoder) ? encoder[0]?.type : undefined;
  const flat = first === 'linear' || first === 'batchNorm';
  const turning = new Import(tensors);
  const seen = turning.layers('the encoder', encoder, {
    shape: flat ? [pixelsOf(shape)] : [height, width, channels],
    order: flat ? channelsFirst(height * width, channels) : undefined,
  });
  const heads = Object.fromEntries(
    Object.entries({ mean, scale })
      .filter(([, layers]) => layers !== undefined)
      .map(([name, layers]) => [name, turning.layers(name, layers, seen.to).layers]),
  );
  const latents = wholeNumber('latents', description.latents, 1, 65536);
  const pixels = likelihood(description.likelihood, description.components);
  const drawn = turning.layers(
    'the decoder',
    decoder,
    { shape: [latents], order: undefined },
    lastOrder(shape, pixels),
  );
  turning.checkUsed();
  const { input, scaleIs, components } = description;
  const config = {
    image: { ...shape },
    ...(input === undefined ? {} : { input: { ...input } }),
    latents,
    encoder: seen.layers,
    ...heads,
    ...(scaleIs === undefined ? {} : { scaleIs }),
    decoder: drawn.layers,
    likelihood: pixels.name,
    ...(components === undefined ? {} : { components }),
  };
  const model = new VaeModel(
    'vae-layers',
    config as unknown as ModelConfig,
    config as unknown as VaeDescription,
    workspace,
  );
  model.parameters.load(turning.tensors);
  return model;
}
