import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SurprisalError } from '../src/errors.ts';
import { list, test as testArchive } from '../src/formats/archive.ts';
import { modelHash, openImageModel } from '../src/formats/image-models.ts';
import { compressImages, decompressImages, type Image, imagesInfo } from '../src/formats/images.ts';
import { latentBytes, parseLatent } from '../src/formats/images-method.ts';
import { decompress } from '../src/index.ts';
import { readSafetensors, writeSafetensors } from '../src/networks/safetensors.ts';
import { linearFile, linearKind } from './support/image_models.ts';

const kinds = [linearKind];
const open = (options: Record<string, number>, seed = 1, name = 'test') =>
  openImageModel(linearFile(options, seed), { kinds, name });

function greys(count: number, height: number, width: number, channels = 1, seed = 1): Image[] {
  let state = seed;
  const next = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 24;
  return Array.from({ length: count }, () => ({
    shape: { height, width, channels },
    pixels: Uint8Array.from({ length: height * width * channels }, next),
  }));
}

const twoGreys = (images: Image[], dark: number, light: number): Image[] =>
  images.map(({ shape, pixels }) => ({ shape, pixels: pixels.map((value) => (value < 60 ? light : dark)) }));

async function faultOf(job: () => unknown): Promise<string> {
  try {
    await job();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === undefined) throw error;
    return `${code}: ${message}`;
  }
  return 'no error';
}

describe('archives of images', () => {
  it('give back the images, their order and their names', async () => {
    const model = open({ height: 3, width: 4, channels: 3 });
    const images = greys(20, 3, 4, 3);
    const names = images.map((_, i) => `folder/${String(i).padStart(3, '0')}.png`);
    const found = await compressImages(images, model, { names, name: 'set', mtime: 5 });
    const { archive, bits } = found;
    expect(bits.net).toBeGreaterThan(20 * 36 * 4);
    expect(bits.initial).toBeGreaterThan(0);
    expect(bits.stream).toBeGreaterThanOrEqual(bits.net);
    const back = await decompressImages(archive, model);
    expect(back.content).toEqual(images);
    expect(back.names).toEqual(names);
    const { archive: _, ...info } = found;
    expect(imagesInfo(archive)).toEqual(info);
    expect(info).toMatchObject({
      images: 20,
      pixels: 720,
      named: true,
      idx: false,
      two: undefined,
      model: { hash: model.hash, name: 'test', weights: 288 },
      shapes: [{ shape: { height: 3, width: 4, channels: 3 }, count: 20 }],
    });
    expect(await compressImages(images, model, { names, name: 'set', mtime: 5 })).toEqual(found);
    const [member] = (await list(archive)).members;
    expect(member).toMatchObject({ kindName: 'images', methodName: 'latent' });
  });

  it('have the bytes that they have had', async () => {
    // Whoever changes them changes the format: see docs/format.md.
    const model = open({ height: 2, width: 3, levels: 2 });
    const images = twoGreys(greys(4, 2, 3), 0, 255);
    const { archive } = await compressImages(images, model, { names: ['a', 'b', 'c', 'd'], latentBits: 6 });
    const hex = Array.from(archive, (byte) => byte.toString(16).padStart(2, '0')).join('');
    expect(hex).toBe(
      '895352500d0a1a0a013c0033030400198a60e90c356a2c6bb3146777125492996ed00126f0f862e200d28dfeedcef304' +
        '7465737402300006000004180800ff0202cc0204012053b2a96582014486b061c8c826490101020301040585460c5806' +
        '4a995c497da7ba2689f56d230f0000000020a188320068a22a896bb23f9f8c7c4aa80d0160a9e960bde478b2cbec4c70' +
        '82d1',
    );
    expect((await decompressImages(archive, model)).content).toEqual(images);
  });

  it('hold images of several shapes for a model of any', async () => {
    const model = open({ height: 0, width: 0 });
    const images = [...greys(3, 2, 5), ...greys(1, 7, 1), ...greys(2, 2, 5, 1, 9)];
    const { archive, shapes } = await compressImages(images, model, { idx: true });
    expect(shapes.map(({ count }) => count)).toEqual([3, 1, 2]);
    const back = await decompressImages(archive, model);
    expect(back.content).toEqual(images);
    expect(back.names).toBe(undefined);
    expect(back.idx).toBe(true);
  });

  it('keep the two greys of images for a model of two levels', async () => {
    const model = open({ height: 4, width: 4, levels: 2 });
    for (const [dark, light] of [
      [0, 255],
      [0, 1],
      [7, 200],
    ]) {
      const images = twoGreys(greys(5, 4, 4), dark, light);
      const { archive, two } = await compressImages(images, model);
      expect(two).toEqual([dark, light]);
      expect((await decompressImages(archive, model)).content).toEqual(images);
    }
    for (const [grey, pair] of [
      [0, [0, 255]],
      [1, [0, 1]],
      [255, [0, 255]],
      [9, [9, 255]],
    ] as const) {
      const images = [{ shape: { height: 4, width: 4, channels: 1 }, pixels: new Uint8Array(16).fill(grey) }];
      const { archive, two } = await compressImages(images, model);
      expect(two).toEqual(pair);
      expect((await decompressImages(archive, model)).content).toEqual(images);
    }
    expect(await faultOf(() => compressImages(greys(2, 4, 4), model, { names: ['a.png', 'b'] }))).toMatch(
      /^impossible-symbol: .*'a.png' there are \d+: make them black and white/,
    );
  });

  it('keep what was chosen for coding, and code with it', async () => {
    const model = open({ height: 4, width: 4 });
    const images = greys(10, 4, 4);
    const plain = await compressImages(images, model);
    const coarse = await compressImages(images, model, { latentBits: 5, observationBits: 16 });
    expect(coarse.coding).toEqual({ order: undefined, latentBits: 5, observationBits: 16, steps: undefined });
    expect(coarse.archive).not.toEqual(plain.archive);
    expect((await decompressImages(coarse.archive, model)).content).toEqual(images);
    expect(await faultOf(() => compressImages(images, model, { latentBits: 99 }))).toMatch(/^invalid-argument/);
    expect(await faultOf(() => compressImages(images, model, { order: 'x' as never }))).toMatch(/^invalid-argument/);
  });

  it('refuse the wrong model, naming both, and find the right one among many', async () => {
    const [right, wrong] = [open({ height: 4, width: 4 }, 1, 'right'), open({ height: 4, width: 4 }, 2, 'wrong')];
    const { archive } = await compressImages(greys(2, 4, 4), right);
    expect(await faultOf(() => decompressImages(archive, wrong))).toMatch(
      /^wrong-model: .*the model 'right' \(SHA-256 [0-9a-f]{12}…\), not with 'wrong' \([0-9a-f]{12}…\)\.$/,
    );
    expect(await faultOf(() => decompressImages(archive, () => undefined))).toMatch(/^wrong-model: .*not here/);
    const asked: unknown[] = [];
    const { content } = await decompressImages(archive, async (wanted) => {
      asked.push(wanted);
      return right;
    });
    expect(content).toEqual(greys(2, 4, 4));
    expect(asked).toEqual([{ hash: right.hash, name: 'right' }]);
  });

  it('refuse what no archive of images is made of', async () => {
    const model = open({ height: 4, width: 4 });
    expect(await faultOf(() => compressImages([], model))).toMatch(/^invalid-argument/);
    expect(await faultOf(() => compressImages(greys(2, 4, 5), model, { names: ['a', 'b'] }))).toMatch(
      /^wrong-model: 'a' is 5 x 4; the model codes images of 4 x 4/,
    );
    expect(await faultOf(() => compressImages(greys(2, 4, 4), model, { names: ['a'] }))).toMatch(/^invalid-argument/);
    expect(await faultOf(() => compressImages(greys(2, 4, 4), model, { names: ['a', 'b\0'] }))).toMatch(
      /^invalid-argument/,
    );
    expect(await faultOf(() => compressImages(greys(2, 4, 4), model, { maxMemory: 2 ** 20 }))).toMatch(/^limit/);
    const short = [{ shape: { height: 4, width: 4, channels: 1 }, pixels: new Uint8Array(15) }];
    expect(await faultOf(() => compressImages(short, model))).toMatch(/^invalid-argument/);
  });

  it('are known to all else, which says who opens them', async () => {
    const model = open({ height: 4, width: 4 });
    const { archive } = await compressImages(greys(2, 4, 4), model);
    expect(await faultOf(() => decompress(archive))).toMatch(/^unsupported: The archive holds images/);
    expect(await faultOf(() => testArchive(archive))).toMatch(/^unsupported: The archive holds images/);
    expect(await faultOf(() => decompressImages(archive, model, { maxOutputSize: 31 }))).toMatch(/^limit/);
    expect(await faultOf(() => decompressImages(archive, model, { maxMemory: 2 ** 20 }))).toMatch(/^limit/);
    const both = Uint8Array.from([...archive, ...archive]);
    expect(await faultOf(() => decompressImages(both, model))).toMatch(/^unsupported: Several/);
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    await expect(
      compressImages(greys(9, 4, 4), model, { signal: abort.signal, progress: () => {} }),
    ).resolves.toBeDefined();
  });

  it('survive any damage with an error', async () => {
    const model = open({ height: 4, width: 4 });
    const { archive } = await compressImages(greys(3, 4, 4), model, { names: ['a', 'b', 'c'] });
    const change = fc.tuple(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), fc.nat(20), async (changes, cut) => {
        const bytes = archive.slice(0, cut > 3 ? archive.length : archive.length - cut);
        for (const [at, by] of changes) if (at < bytes.length) bytes[at] ^= by;
        if (bytes.length === archive.length && bytes.every((byte, i) => byte === archive[i])) return;
        expect(await faultOf(() => decompressImages(bytes, model))).not.toBe('no error');
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('have parameters of which none but good ones are read', () => {
    const parameters = {
      hash: 'ab'.repeat(32),
      model: 'm',
      weights: 5,
      two: [0, 255] as const,
      idx: true,
      order: 'bit-swap' as const,
      latentBits: 10,
      observationBits: undefined,
      steps: 7,
      images: 2,
      pixels: 32,
      names: 4,
    };
    const bytes = latentBytes(parameters);
    expect(parseLatent(bytes)).toEqual(parameters);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(2), (at, to, cut) => {
        const other = bytes.slice(0, bytes.length - cut);
        other[at % other.length] = to;
        try {
          expect(latentBytes(parseLatent(other))).toEqual(other);
        } catch (error) {
          if (!(error instanceof SurprisalError) || error.code !== 'corrupt') throw error;
        }
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});

describe('the hash of a model', () => {
  const file = linearFile({ height: 4, width: 4 });
  const { tensors, metadata } = readSafetensors(file);
  const list = [...tensors.values()].map(({ name, shape, float32 }) => ({ name, shape, data: float32() }));

  it('is that of what decides bits, and of nothing else', () => {
    const hash = modelHash(file);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(openImageModel(file, { kinds }).hash).toBe(hash);
    const about = JSON.parse(metadata.get('surprisal')!);
    const shuffled = JSON.stringify({
      config: Object.fromEntries(Object.entries(about.config).reverse()),
      revision: about.revision,
      kind: about.kind,
    });
    expect(modelHash(writeSafetensors([...list].reverse(), { surprisal: shuffled, note: 'x' }))).toBe(hash);
    const half = linearFile({ height: 4, width: 4 }, 1, 'F16');
    expect(modelHash(half)).not.toBe(hash);
    const again = [...readSafetensors(half).tensors.values()];
    const wide = again.map(({ name, shape, float32 }) => ({ name, shape, data: float32() }));
    expect(modelHash(writeSafetensors(wide, metadata))).toBe(modelHash(half));
    expect(modelHash(linearFile({ height: 4, width: 4 }, 2))).not.toBe(hash);
    const other = metadata.get('surprisal')!.replace('"latents":4', '"latents":5');
    expect(modelHash(writeSafetensors(list, { surprisal: other }))).not.toBe(hash);
  });

  it('and the model are not had from a hostile file', async () => {
    const wrong = (about: string, kept = list) =>
      faultOf(() => openImageModel(writeSafetensors(kept, { surprisal: about }), { kinds }));
    const about = metadata.get('surprisal')!;
    expect(await wrong(about)).toBe('no error');
    expect(await wrong('{')).toMatch(/^corrupt/);
    expect(await wrong('null')).toMatch(/^corrupt/);
    expect(await wrong('['.repeat(100000))).toMatch(/^corrupt/);
    expect(await wrong(`${'['.repeat(100000)}${']'.repeat(100000)}`)).toMatch(/^corrupt/);
    expect(await wrong(about.replace('linear', 'other'))).toMatch(/^unsupported: no kind of model 'other'/);
    expect(await wrong(about.replace('"revision":1', '"revision":99'))).toMatch(/^unsupported/);
    expect(await wrong(about.replace('"height":4', '"height":60'))).toMatch(/^wrong-model/);
    expect(await wrong(about.replace('"height":4', '"height":1e9'))).toMatch(/^corrupt/);
    expect(await wrong(about.replace('"height":4', '"height":"4"'))).toMatch(/^corrupt/);
    expect(await wrong(about, list.slice(1))).toMatch(/^wrong-model/);
    expect(await faultOf(() => openImageModel(writeSafetensors(list), { kinds }))).toMatch(
      /^corrupt: no model of ours/,
    );
    expect(await faultOf(() => openImageModel(new Uint8Array(100), { kinds }))).toMatch(/^corrupt|^limit/);
    expect(await faultOf(() => openImageModel('x' as never, { kinds }))).toMatch(/^invalid-type/);
    expect(await faultOf(() => openImageModel(file))).toMatch(/^unsupported: no kind of model 'linear'/);
  });
});
