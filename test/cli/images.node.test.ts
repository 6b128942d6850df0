/** `surprisal images`: what a user sees of it, on small images made here and models trained on them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { curveFile, sparkline } from '../../src/cli/curves.ts';
import { readImages, writeImages } from '../../src/formats/image-files.ts';
import { openImageModel } from '../../src/formats/image-models.ts';
import { compressImages, type Image } from '../../src/formats/images.ts';
import { readSafetensors, writeSafetensors } from '../../src/networks/safetensors.ts';
import { linearFile, linearKind } from '../support/image_models.ts';
import { built, folder, hasTerminal, onTerminal, run, TEMPORARY } from './command.ts';

/** Crosses of 6 x 6 pixels somewhere, grey or in colour. */
function crosses(count: number, channels = 1, light = 255, side = 6): Image[] {
  let state = 7;
  const below = (n: number) => ((state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 16) % n;
  return Array.from({ length: count }, () => {
    const [row, column] = [below(side), below(side)];
    const pixels = new Uint8Array(side * side * channels);
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        if (y === row || x === column)
          pixels.fill(light - (light < 255 ? below(9) : 0), (y * side + x) * channels, (y * side + x + 1) * channels);
    return { shape: { height: side, width: side, channels }, pixels };
  });
}

describe.skipIf(!built)('surprisal images', () => {
  const at = folder();
  const inside = (args: string[], input?: Uint8Array | string) => run(['images', ...args], { cwd: at.path, input });
  const small = ['--set', 'hidden=[16]', '--set', 'latents=4', '--batch', '20', '--epochs', '4', '--rate', '0.01'];
  const train = (output: string, ...args: string[]) =>
    inside(['train', '--data', 'crosses.idx.gz', '--model', 'vae-binary', '-o', output, ...small, ...args]);
  const images = crosses(200);

  beforeAll(() => {
    writeFileSync(at.file('crosses.idx.gz'), gzipSync(writeImages(images, 'idx')));
    mkdirSync(at.file('set/below'), { recursive: true });
    crosses(12).forEach((image, i) => {
      writeFileSync(at.file(`set/${i}.png`), writeImages([image], 'png'));
    });
    writeFileSync(at.file('set/below/a.pbm'), writeImages([crosses(1)[0]], 'pnm', true));
    writeFileSync(at.file('set/below/b.pgm'), writeImages([crosses(2)[1]], 'pnm'));
    writeFileSync(at.file('set/notes.txt'), 'no image');
    const made = train('m.safetensors', '-v', '--curve', 'c.svg', '--test', 'set', '--test-images', '5');
    expect(made.stderr).toContain('epoch 4/4: bound');
    expect(made.code).toBe(0);
  });
  afterAll(() => at.remove());

  it('trains: a file of weights, a curve, the same bits with any threads, in one go or resumed', () => {
    const model = at.read('m.safetensors');
    expect(existsSync(at.file('m.safetensors.checkpoint'))).toBe(false);
    expect(at.read('c.svg').toString()).toContain('<polyline');
    const about = JSON.parse(readSafetensors(model).metadata.get('training')!);
    expect(about).toMatchObject({ epochs: 4, batch: 20, rate: 0.01, seed: 1, images: 200 });
    const rows = about.curve as { bound: number }[];
    expect(rows.length).toBe(4);
    expect(rows[3].bound).toBeLessThan(rows[0].bound);
    const weights = (file: string) => readSafetensors(at.read(file)).tensors.get('encoder.0.weight')?.bytes;
    expect(train('t.safetensors', '-T', '2').code).toBe(0);
    expect(weights('t.safetensors')).toEqual(weights('m.safetensors'));
    const stopped = train('r.safetensors', '--stop', '2', '--json');
    expect(JSON.parse(stopped.stdout.toString())).toMatchObject({ ok: true, finished: false, epochs: 2, steps: 20 });
    expect(existsSync(at.file('r.safetensors'))).toBe(false);
    expect(train('r.safetensors').stderr).toContain('Go on from it with --resume');
    expect(train('r.safetensors', '--resume', '--seed', '2').stderr).toContain('is of a training with --seed 1');
    expect(train('r.safetensors', '--resume', '--set', 'latents=5').stderr).toContain('--set latents=4');
    expect(
      inside(['train', '--data', 'set', '--model', 'vae-binary', '-o', 'r.safetensors', '--resume']).stderr,
    ).toContain('with other images');
    // What was asked for at first need not be said again.
    const again = inside([
      'train',
      '--data',
      'crosses.idx.gz',
      '--model',
      'vae-binary',
      '-o',
      'r.safetensors',
      '--resume',
    ]);
    expect(again.stderr).toBe('');
    expect(weights('r.safetensors')).toEqual(weights('m.safetensors'));
    expect(existsSync(at.file('r.safetensors.checkpoint'))).toBe(false);
    expect(train('m.safetensors').stderr).toContain('already exists');
    expect(train('s.safetensors', '--seed', '2', '--half').code).toBe(0);
    expect(weights('s.safetensors')).not.toEqual(weights('m.safetensors'));
    expect(statSync(at.file('s.safetensors')).size).toBeLessThan(0.6 * model.length);
  });

  it('says what is wrong with what it is to train', () => {
    const wrong = (...args: string[]) => {
      const { code, stderr } = inside(['train', '--data', 'set', '--model', 'vae-binary', '-o', 'w', ...args]);
      expect(code).toBe(1);
      return stderr;
    };
    expect(wrong('--epochs', '0')).toContain("'0' is not a whole number from 1");
    expect(wrong('--rate', 'x')).toContain("'x' is not a number");
    expect(wrong('--rate', '-1')).toContain('the learning rate is above 0');
    expect(wrong('--set', 'latents')).toContain('not NAME=VALUE');
    expect(wrong('--set', 'latents="many"')).toContain('latents is a whole number');
    expect(wrong('--set', 'height=9')).toContain('the model is for other images');
    expect(wrong('--resume')).toContain('there is no checkpoint');
    expect(wrong('--tiles', '7')).toContain('no image is as large as 7 x 7');
    expect(wrong('--data', 'nowhere')).toContain('no such file');
    expect(existsSync(at.file('w'))).toBe(false);
    writeFileSync(at.file('w.checkpoint'), 'not one');
    expect(wrong('--resume')).toContain('is no checkpoint');
  });

  it('compresses a folder and gives it back: names, pixels, formats', () => {
    const { code, stderr } = inside(['compress', '-v', '-m', 'm.safetensors', 'set']);
    expect(stderr).toContain('1 file that are no images left out');
    expect(stderr).toContain('14 images of 6 x 6, two greys (0 and 255)');
    expect(stderr).toMatch(/bits a dimension: net 0\.\d{4}/);
    expect(code).toBe(0);
    expect(inside(['decompress', '-m', 'm.safetensors', 'set.srp']).stderr).toContain('set already exists');
    expect(inside(['decompress', '-m', 'm.safetensors', '-o', 'back', 'set.srp']).code).toBe(0);
    expect(readdirSync(at.file('back')).sort()).toEqual(
      readdirSync(at.file('set'))
        .filter((n) => n !== 'notes.txt')
        .sort(),
    );
    for (const name of ['0.png', '11.png', 'below/a.pbm', 'below/b.pgm']) {
      const [before, after] = ['set', 'back'].map((dir) => readImages(new Uint8Array(at.read(join(dir, name)))));
      expect(after).toEqual(before);
      if (!name.endsWith('png')) expect(at.read(join('back', name)).equals(at.read(join('set', name)))).toBe(true);
    }
    expect(inside(['decompress', '-f', '-m', 'm.safetensors', '-o', 'back', 'set.srp']).code).toBe(0);
    expect(inside(['decompress', '-m', 'm.safetensors', '--format', 'pnm', '-o', 'pnm', 'set.srp']).code).toBe(0);
    expect(readdirSync(at.file('pnm'))).toContain('0.pgm');
    expect(readdirSync(at.path).filter((name) => TEMPORARY.test(name))).toEqual([]);
  });

  it('compresses IDX files, pipes and single images', () => {
    expect(inside(['compress', '-m', 'm.safetensors', 'crosses.idx.gz']).code).toBe(0);
    expect(inside(['decompress', '-m', 'm.safetensors', 'crosses.idx.gz.srp']).code).toBe(0);
    expect(readImages(new Uint8Array(at.read('crosses.idx'))).images).toEqual(images);
    const piped = inside(['compress', '-m', 'm.safetensors'], at.read('crosses.idx'));
    expect(piped.stderr).toBe('');
    const restored = inside(['decompress', '-m', 'm.safetensors'], piped.stdout);
    expect(restored.stdout.equals(at.read('crosses.idx'))).toBe(true);
    expect(inside(['compress', '-m', 'm.safetensors', 'set/3.png', '-o', 'one.srp']).code).toBe(0);
    expect(inside(['decompress', '-m', 'm.safetensors', '-o', 'one.png', 'one.srp']).code).toBe(0);
    expect(at.read('one.png').equals(at.read('set/3.png'))).toBe(true);
    expect(inside(['compress', '-m', 'm.safetensors', 'set/1.png', 'set/2.png']).stderr).toContain('Name it with -o');
    expect(inside(['compress', '-m', 'm.safetensors', '-o', 'p.srp', 'set/1.png', 'set/1.png']).stderr).toContain(
      'two images are called 1.png',
    );
    const idx = inside(['compress', '-m', 'm.safetensors', '-o', 'p.srp', 'set', 'crosses.idx']);
    expect(idx.stderr).toContain('Name an IDX file alone');
    expect(existsSync(at.file('p.srp'))).toBe(false);
  });

  it('tells all it knows as JSON, without the model', () => {
    const made = inside(['compress', '--json', '-m', 'm.safetensors', '--latent-bits', '6', '-o', 'j.srp', 'set']);
    const facts = JSON.parse(made.stdout.toString());
    expect(facts).toMatchObject({
      ok: true,
      images: 14,
      pixels: 504,
      named: true,
      idx: false,
      two: [0, 255],
      coding: { latentBits: 6 },
      model: { name: 'm', file: statSync(at.file('m.safetensors')).size },
      verified: true,
    });
    expect(facts.bits.archive).toBe(8 * statSync(at.file('j.srp')).size);
    expect(facts.bits.initial % 32).toBe(0);
    const info = JSON.parse(inside(['info', '--json', 'j.srp']).stdout.toString());
    expect(info.bits).toEqual(facts.bits);
    expect(info.bitsPerDimension).toEqual(facts.bitsPerDimension);
    expect(inside(['info', 'j.srp']).stdout.toString()).toContain('coded with latentBits 6');
    expect(inside(['info', 'm.safetensors']).stdout.toString()).toContain('model of kind vae-binary');
    const listed = JSON.parse(run(['list', '--json', 'j.srp'], { cwd: at.path }).stdout.toString());
    expect(listed.members[0]).toMatchObject({ kind: 'images', method: 'latent' });
    expect(listed.raw).toBe(504);
  });

  it('refuses the wrong model, no model, and files that are none', () => {
    expect(inside(['compress', '-m', 'm.safetensors', '-o', 'k.srp', 'set']).code).toBe(0);
    expect(train('other.safetensors', '--seed', '9', '--epochs', '1').code).toBe(0);
    const wrong = inside(['decompress', '-m', 'other.safetensors', '-o', 'k', 'k.srp']);
    expect(wrong.stderr).toMatch(/with the model 'm' \(SHA-256 [0-9a-f]{12}…\), not with 'other' \([0-9a-f]{12}…\)/);
    expect(inside(['decompress', '-o', 'k', 'k.srp']).stderr).toMatch(/which is not here\n.*with -m/);
    expect(existsSync(at.file('k'))).toBe(false);
    expect(run(['decompress', 'k.srp'], { cwd: at.path }).stderr).toContain("Use 'surprisal images decompress'");
    expect(run(['test', 'k.srp'], { cwd: at.path }).stderr).toContain("Use 'surprisal images decompress'");
    expect(inside(['compress', '-m', 'nothing', '-o', 'l.srp', 'set']).stderr).toContain('there is no model nothing');
    const said = (bytes: Uint8Array | string) => {
      writeFileSync(at.file('bad.safetensors'), bytes);
      const { code, stderr } = inside(['compress', '-m', 'bad.safetensors', '-o', 'l.srp', 'set']);
      expect(code).toBe(1);
      expect(existsSync(at.file('l.srp'))).toBe(false);
      return stderr;
    };
    expect(said('')).toContain('has no header');
    expect(said('PK not a model at all')).toContain('model bad.safetensors: this is no file of safetensors');
    expect(said(new Uint8Array(64).fill(255))).toContain('this is no file of safetensors');
    expect(said(at.read('m.safetensors').subarray(0, -4))).toContain('ends at');
    expect(said(writeSafetensors([]))).toContain('no model of ours');
    const { tensors, metadata } = readSafetensors(at.read('m.safetensors'));
    const list = [...tensors.values()].map(({ name, shape, float32 }) => ({ name, shape, data: float32() }));
    expect(said(writeSafetensors(list.slice(1), metadata))).toContain('is missing');
    const huge = metadata.get('surprisal')!.replace('"latents":4', '"latents":60000');
    expect(said(writeSafetensors(list, { surprisal: huge }))).toContain('the config wants');
    expect(said(linearFile({ height: 6, width: 6 }))).toContain("no kind of model 'linear'");
  });

  it('says what images a model is not for', () => {
    mkdirSync(at.file('grey'));
    writeFileSync(at.file('grey/a.png'), writeImages(crosses(1, 1, 200), 'png'));
    const grey = inside(['compress', '-m', 'm.safetensors', 'grey']);
    expect(grey.stderr).toMatch(/codes images of two values.*\n.*--threshold 128/);
    expect(inside(['compress', '-m', 'm.safetensors', '--threshold', '100', 'grey']).code).toBe(0);
    mkdirSync(at.file('large'));
    writeFileSync(at.file('large/a.png'), writeImages(crosses(1, 3, 255, 7), 'png'));
    expect(inside(['compress', '-m', 'm.safetensors', 'large']).stderr).toContain(
      "'a.png' is 7 x 7 x 3; the model codes images of 6 x 6",
    );
    mkdirSync(at.file('broken'));
    writeFileSync(at.file('broken/a.png'), at.read('set/0.png').subarray(0, 50));
    expect(inside(['compress', '-m', 'm.safetensors', 'broken']).stderr).toContain('broken/a.png: the PNG ends');
    mkdirSync(at.file('empty'));
    expect(inside(['compress', '-m', 'm.safetensors', 'set/notes.txt']).stderr).toContain('neither PNG');
    expect(inside(['compress', '-m', 'm.safetensors', 'empty']).stderr).toContain('no images there');
    expect(inside(['compress', '-m', 'm.safetensors', '--rm', 'set']).stderr).toContain("unknown option '--rm'");
  });

  it('keeps the names of an archive within the folder', async () => {
    const file = new Uint8Array(at.read('m.safetensors'));
    const model = openImageModel(file, { name: 'm' });
    for (const [i, name] of [
      '../evil.png',
      '/tmp/evil.png',
      'a/../../b.png',
      'a\\b.png',
      'c:d.png',
      'x\u001b[2J.png',
    ].entries()) {
      const { archive } = await compressImages(crosses(2), model, { names: [name, 'good.png'] });
      writeFileSync(at.file('e.srp'), archive);
      const { code, stderr } = inside(['decompress', '-m', 'm.safetensors', '-o', `e${i}`, 'e.srp']);
      expect(code).toBe(1);
      expect(stderr).toContain('which is no name within a folder: nothing was written');
      expect(existsSync(at.file(`e${i}`))).toBe(false);
    }
    expect(readdirSync(at.path).filter((name) => TEMPORARY.test(name))).toEqual([]);
    expect(linearKind.kind).toBe('linear');
  });

  it('makes a model of tensors and layers from PyTorch', () => {
    const tensor = (name: string, ...shape: number[]) => {
      const size = shape.reduce((product, axis) => product * axis, 1);
      return { name, shape, data: Float32Array.from({ length: size }, (_, i) => ((i * 7) % 5) / 10 - 0.2) };
    };
    const list = ['mu', 'scale'].flatMap((name) => [tensor(`${name}.weight`, 2, 36), tensor(`${name}.bias`, 2)]);
    list.push(tensor('dec.weight', 36, 2), tensor('dec.bias', 36));
    writeFileSync(at.file('torch.safetensors'), writeSafetensors(list));
    const linear = (name: string) => [{ type: 'flatten' }, { type: 'linear', name }];
    const layers = {
      image: { height: 6, width: 6, channels: 1 },
      latents: 2,
      encoder: [],
      mean: linear('mu'),
      scale: linear('scale'),
      decoder: [{ type: 'linear', name: 'dec' }],
      likelihood: 'bernoulli',
    };
    writeFileSync(at.file('vae.json'), JSON.stringify(layers));
    const from = (...args: string[]) => inside(['import', '--layers', 'vae.json', '-o', 'own.safetensors', ...args]);
    expect(from('torch.safetensors').stderr).toBe('');
    expect(from('torch.safetensors').stderr).toContain('already exists');
    expect(inside(['compress', '-m', 'own.safetensors', '-o', 'own.srp', 'set']).code).toBe(0);
    expect(from('-f', 'm.safetensors').stderr).toMatch(/tensor/);
    writeFileSync(at.file('vae.json'), '{');
    expect(from('-f', 'torch.safetensors').stderr).toContain('vae.json is no JSON');
  });

  it.skipIf(!hasTerminal)('refuses to write to a terminal', () => {
    const { code, text } = onTerminal('surprisal images compress -c -m m.safetensors set', { cwd: at.path });
    expect(code).toBe(1);
    expect(text).toContain('not written to a terminal');
  });

  it('finds the models that come along by their names and hashes', () => {
    const weights = new URL('../../weights', import.meta.url);
    if (!existsSync(weights)) return;
    const names = readdirSync(weights).filter((name) => name.endsWith('.safetensors'));
    for (const name of names) {
      const found = JSON.parse(inside(['info', '--json', name.replace('.safetensors', '')]).stdout.toString());
      expect(found.hash).toBe(openImageModel(new Uint8Array(readFileSync(new URL(name, `${weights}/`)))).hash);
    }
  });
});

describe('curves', () => {
  const curve = Array.from({ length: 100 }, (_, i) => ({ epoch: i + 1, bound: 1 / (i + 1), test: 2 / (i + 1) }));

  it('are bars in a line, tables and pictures', () => {
    expect(sparkline([3, 2, 1])).toBe('█▅▁');
    expect(sparkline([1, 1])).toBe('▁▁');
    expect(sparkline(curve.map(({ bound }) => bound)).length).toBe(40);
    const text = (path: string, points = curve) => new TextDecoder().decode(curveFile(path, points, 'x'));
    expect(text('c.tsv').split('\n')[2]).toBe('2\t0.500000\t1.000000');
    expect(text('c.svg').match(/<polyline/g)?.length).toBe(2);
    expect(text('c.svg', curve.slice(0, 1))).not.toContain('NaN');
  });
});
